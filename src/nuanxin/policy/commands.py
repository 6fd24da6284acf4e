"""What `nuanxin policy …` does, as plain functions that return plain data."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from nuanxin.policy.dmn import write_dmn, write_folder
from nuanxin.policy.explain import Explanation
from nuanxin.policy.folder import POLICY_FILE
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.policy import Policy, PolicySet, today
from nuanxin.policy.tables import format_of, read_table, writable, write_table
from nuanxin.policy.values import Unreadable, read_date

OF_THE_HEADER = ("no-columns", "duplicate-column", "column-taken", "no-as-of")


def day(text: str | None) -> dt.date | None:
    """A date from the command line. Raises PolicyError."""
    try:
        return read_date(text) if text else None
    except Unreadable:
        raise PolicyError("bad-date", value=text) from None


def load(path: Path, on: dt.date | None = None) -> Policy:
    """A policy folder, a DMN file, or the version in force on a day from a folder of versions."""
    if path.is_dir() and not (path / POLICY_FILE).is_file():
        return PolicySet.load(path).at(on or today())
    return Policy.load(path)


def check(path: Path) -> dict[str, Any]:
    """The problems of a policy: {policy, problems, errors, warnings, cases, cases_hold}. A policy that cannot be read has the errors that were in the way."""
    try:
        alone = not path.is_dir() or (path / POLICY_FILE).is_file()
        versions = PolicySet([Policy.load(path)]) if alone else PolicySet.load(path)
    except PolicyError as error:
        return {
            "policy": str(path),
            "problems": [problem.to_dict() for problem in error.problems],
            "errors": len(error.problems),
            "warnings": 0,
            "cases": 0,
            "cases_hold": 0,
        }
    policies = versions.policies
    problems = [*versions.check(), *(problem for policy in policies for problem in policy.check())]
    results = [result for policy in policies for result in policy.run_cases()]
    count = Counter(problem.severity for problem in problems)
    return {
        "policy": ", ".join(f"{policy.id} {policy.version}".strip() for policy in policies),
        "problems": [problem.to_dict() for problem in problems],
        "errors": count["error"],
        "warnings": count["warning"] + count["unknown"],
        "cases": len(results),
        "cases_hold": sum(result.holds for result in results),
    }


def decide(
    policy_path: Path, table_path: Path, out: Path, as_of: str | None = None, engine: str = "duckdb", lang: str = "both"
) -> dict[str, Any]:
    """Decides a file of families into a file: {rows, decisions: {name: {decided, problems, rules: {id: rows}}}, out}."""
    format_of(table_path), format_of(out)
    on: str | dt.date | None = as_of
    if as_of is None or as_of[:1].isdigit():
        on = day(as_of)
    versions = _versions(policy_path) if isinstance(on, str) else PolicySet([load(policy_path, on)])
    last = versions.policies[-1]
    about = {
        "policy": last.id,
        "version": ", ".join(policy.version for policy in versions.policies),
        "digest": ", ".join(policy.digest for policy in versions.policies),
    }
    try:
        return {**about, **_decided(versions, table_path, out, on, engine, lang), "out": str(out)}
    except PolicyError as error:
        raise error.at(str(table_path), 1) if error.code in OF_THE_HEADER else error from None


def _versions(path: Path) -> PolicySet:
    """All versions of a folder of versions; a policy folder or a DMN file alone."""
    return PolicySet.load(path) if path.is_dir() else PolicySet([Policy.load(path)])


def _decided(
    versions: PolicySet, table_path: Path, out: Path, on: dt.date | str | None, engine: str, lang: str
) -> dict[str, Any]:
    """The file decided and written; its counts."""
    last, alone = versions.policies[-1], len(versions.policies) == 1
    streamed = _both_parquet(table_path, out)
    if engine == "spark":
        from nuanxin.policy import spark

        if streamed and alone:
            return spark.decide_file(last, table_path, out, on, lang)
        session = spark.session()

        def decide_by(policy: Policy, table: pa.Table) -> pa.Table:
            return spark.decide_table(policy, table, on, lang, session)
    else:
        if streamed and not isinstance(on, str):
            return last.decide_parquet(table_path, out, on, lang=lang)

        def decide_by(policy: Policy, table: pa.Table) -> pa.Table:
            return policy.decide(table, on, lang=lang)

    table = read_table(table_path)
    decided = decide_by(last, table) if alone or not isinstance(on, str) else versions.decide_by(table, on, decide_by)
    write_table(decided, out)
    return summary(last, decided)


def _both_parquet(table: Path, out: Path) -> bool:
    if not (format_of(table) == format_of(out) == ".parquet" and table.is_file()):
        return False
    if out.exists() and out.samefile(table):
        return False
    writable(out)
    return True


def summary(policy: Policy, decided: pa.Table) -> dict[str, Any]:
    """Counts in = counts out: every row has a rule, a value or a problem in each decision."""
    decisions: dict[str, Any] = {}
    for decision in policy.model.decisions:
        problems = decided.num_rows - decided.column(f"{decision.name}_problem").null_count
        rules = {
            str(item["values"]): int(item["counts"])
            for item in decided.column(f"{decision.name}_rule").value_counts().to_pylist()
            if item["values"] is not None
        }
        decisions[decision.name] = {"decided": decided.num_rows - problems, "problems": problems, "rules": rules}
    return {"rows": decided.num_rows, "decisions": decisions}


def row_of(policy: Policy, pairs: Iterable[str], table: Path | None, row: int) -> dict[str, Any]:
    """One family from `name=value` pairs, or the row-th row (from 1) of a table with the pairs put over it."""
    found: dict[str, Any] = {}
    if table is not None:
        rows = read_table(table)
        if not 1 <= row <= rows.num_rows:
            raise PolicyError("no-row", str(table), row=row)
        found = rows.slice(row - 1, 1).to_pylist()[0]
    names = {item.name for item in policy.model.inputs}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise PolicyError("bad-pair", text=pair)
        if name.strip() not in names:
            raise PolicyError("unknown-input", name=name.strip())
        found[name.strip()] = value
    return found


def explain(policy_path: Path, pairs: Iterable[str], table: Path | None, row: int, as_of: str | None) -> Explanation:
    """The sheet of one family, with what would have to change."""
    on = day(as_of)
    policy = load(policy_path, on)
    return policy.explain(row_of(policy, pairs, table, row), on, changes=True)


def export(policy_path: Path, out: Path, as_of: str | None = None) -> dict[str, Any]:
    """Writes a policy folder as a DMN file."""
    policy = load(policy_path, day(as_of))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(write_dmn(policy.model))
    return {"policy": policy.id, "out": str(out), "decisions": len(policy.model.decisions)}


def take_in(dmn_path: Path, folder: Path) -> dict[str, Any]:
    """Writes a DMN file as a policy folder."""
    policy = Policy.load(dmn_path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PolicyError("not-empty", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = write_folder(policy.model)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {"policy": policy.id, "out": str(folder), "files": sorted(files)}
