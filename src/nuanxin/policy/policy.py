"""The library's face: `Policy` and `PolicySet`."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from nuanxin.policy import folder
from nuanxin.policy.check import check
from nuanxin.policy.dmn import read_dmn
from nuanxin.policy.engine import Engine, dates_of, result_schema, to_arrow
from nuanxin.policy.explain import Explanation, explainer
from nuanxin.policy.messages import PolicyError, Problem
from nuanxin.policy.model import Case, CaseResult, Model
from nuanxin.policy.nearby import with_nearby, with_sides
from nuanxin.policy.rows import Outcome, RowDecider
from nuanxin.policy.stream import decide_parquet
from nuanxin.policy.values import UNKNOWN, Unreadable, read, read_date, show

CHINA = ZoneInfo("Asia/Shanghai")
START = "effective_from"


def today() -> dt.date:
    return dt.datetime.now(CHINA).date()


class Policy:
    """A policy in use: what a union's document says, ready to decide one family or a million.

    Load with `Policy.load(path)`. Everything is exact: figures are rational numbers until an amount of money is written down.
    """

    def __init__(self, model: Model, home: str = "") -> None:
        """`home`: the folder's name where it is one of several versions; problems name it before the file."""
        self.model, self.home = model, home

    @classmethod
    def load(cls, path: str | Path) -> "Policy":
        """Reads a policy folder or a DMN file. Raises PolicyError with file, line and a sentence."""
        found = Path(path)
        return cls(read_dmn(found) if found.suffix.lower() in (".dmn", ".xml") else folder.read_folder(found))

    # what it is
    @property
    def id(self) -> str:
        return self.model.id

    @property
    def name(self) -> str:
        return self.model.name.zh

    @property
    def version(self) -> str:
        return self.model.version

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides, for the record of what decided; labels and worked cases do not count."""
        return self.model.digest()

    def digest_on(self, on: dt.date) -> str:
        """The digest without the standards that begin after a day: a new year's figure leaves an old decision's digest as it was."""
        return self.model.digest(on)

    @cached_property
    def _engine(self) -> Engine:
        return Engine(self.model)

    @property
    def _rows(self) -> RowDecider:
        return self._engine.rows

    def _on(self, as_of: dt.date | str | None, what_if: bool) -> dt.date:
        """The date of a decision. Raises PolicyError where the policy is not in force on it."""
        try:
            on = today() if as_of is None else read_date(as_of)
        except Unreadable:
            raise PolicyError("bad-date", value=as_of) from None
        if not what_if and not self.model.in_force(on):
            raise PolicyError("not-in-force", id=self.id, on=on.isoformat())
        return on

    def _when(self, as_of: dt.date | str | None, columns: Collection[str], what_if: bool) -> dt.date | str:
        """The date of all rows, or the name of the column that holds each one's. Raises PolicyError where it is neither, and as `_on` does."""
        if isinstance(as_of, str) and as_of in columns:
            return as_of
        if isinstance(as_of, str) and not as_of[:4].isdigit():
            raise PolicyError("no-as-of", name=as_of)
        return self._on(as_of, what_if)

    # deciding
    def decide(
        self,
        table: Any,
        as_of: dt.date | str | None = None,
        *,
        lang: str = "both",
        figures: bool = False,
        what_if: bool = False,
    ) -> pa.Table:
        """Decides every row of an Arrow, pandas or Polars table or a DuckDB relation.

        `as_of`: a date, the name of a date column, or None for today. Returns the same rows in the same order: the input's columns, then
        for each decision its output columns, `<decision>_rule` and `<decision>_problem` (a sentence in `lang`: "zh", "en" or "both"; the
        outputs are null then). `figures` adds the derived figures and the standards used. `what_if` decides although the policy is
        not in force on the date. Of a date column, a row whose date is missing, unreadable or one on which the policy is not in force has a
        problem in each decision. Raises PolicyError where the table lacks a column.
        """
        arrow = to_arrow(table)
        return self._engine.decide(arrow, self._when(as_of, arrow.column_names, what_if), lang, figures, what_if)

    def decide_parquet(
        self, source: Path, out: Path, as_of: dt.date | str | None = None, *, lang: str = "both"
    ) -> dict[str, Any]:
        """Decides a Parquet file into another without holding it: {rows, decisions: {name: {decided, problems, rules: {id: rows}}}}."""
        return decide_parquet(self._engine, source, out, self._on(as_of, False), lang)

    def evaluate(
        self, row: Mapping[str, Any], as_of: dt.date | str | None = None, *, what_if: bool = False
    ) -> dict[str, Any]:
        """Decides one family; figures as exact Fractions.

        Returns per decision its output columns, `<decision>_rule` and `<decision>_problem` as `decide` does, and the derived figures
        and standards under their names (None where they could not be computed).
        """
        state = self._rows.decide(row, self._on(as_of, what_if))
        found: dict[str, Any] = {}
        for name in (*self.model.standard_names, *(figure.name for figure in self.model.figures)):
            value = state.env.get(name)
            found[name] = None if value is UNKNOWN else value
        columns = self._rows.columns(with_sides(self._rows, state), "both")
        for decision in self.model.decisions:
            outcome: Outcome = state.outcomes[decision.name]
            for output in decision.outputs:
                found[output.column] = outcome.output(decision, output)
            for end in ("rule", "problem"):
                found[f"{decision.name}_{end}"] = columns[f"{decision.name}_{end}"]
        return found

    def explain(
        self,
        row: Mapping[str, Any],
        as_of: dt.date | str | None = None,
        *,
        changes: bool = False,
        what_if: bool = False,
    ) -> Explanation:
        """Why one family is decided as it is: figures with their terms, every rule tried, limits and distances, clauses.

        Where a figure is missing, what would follow on each side of it. `changes`: also the smallest change of each figure that would reach
        another result.
        """
        state = self._rows.decide(row, self._on(as_of, what_if))
        return with_nearby(explainer(self._rows).sheet(state), self._rows, changes)

    # looking after it
    def run_cases(self) -> list[CaseResult]:
        """Tries the worked cases of cases.csv; only the columns that a case fills in are compared."""
        return [self._case(case) for case in self.model.cases]

    def _case(self, case: Case) -> CaseResult:
        on = case.as_of or self.model.effective_from or today()
        state = self._rows.decide(case.row, on)
        columns = self._rows.columns(with_sides(self._rows, state), "both")
        outputs = {output.column: output for decision in self.model.decisions for output in decision.outputs}
        differences: dict[str, tuple[str, str]] = {}
        why = {o.column: columns[f"{item.name}_problem"] for item in self.model.decisions for o in item.outputs}
        for name, expected in case.expected.items():
            found = columns[name]
            if name in outputs and found is not None:
                kind = outputs[name].type
                value = read(str(found), kind) if kind in ("money", "number", "integer") else found
                text = show(value, kind).replace(",", "")
                try:
                    same = read(expected, kind) == value if kind != "any" else expected == text
                except Unreadable:
                    same = False
            elif name.endswith("_problem") and expected not in ("", "-"):
                text, same = found or "", found is not None and expected in found
            else:
                text = "" if found is None else str(found)
                same = text == ("" if expected == "-" else expected) or expected == ""
            if not same and expected != "":
                differences[name] = (expected, text or why.get(name) or "")
        return CaseResult(case, differences, {name: outcome.rules for name, outcome in state.outcomes.items()})

    def check(self) -> list[Problem]:
        """What is wrong with the policy although it can be read. Errors in reading it are raised by `load`."""
        return [_in(self.home, problem) for problem in check(self.model, self.run_cases())]


def _in(home: str, problem: Problem) -> Problem:
    """The problem with its file in the folder of its version."""
    return replace(problem, file=f"{home}/{problem.file}") if home else problem


def _version(home: Path) -> Policy:
    """One of several versions. Raises PolicyError whose files stand in its folder."""
    try:
        return Policy(folder.read_folder(home), home.name)
    except PolicyError as error:
        first, *others = (_in(home.name, problem) for problem in error.problems)
        raise PolicyError(first.code, first.file, first.line, **first.values).with_others(others) from None


def _named(policies: Iterable[Policy]) -> str:
    return ", ".join(f"{policy.home} {policy.id} {policy.version}".strip() for policy in policies)


class PolicySet:
    """The versions of a policy: the folders of one folder, each in force from a day to a day."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.policies = tuple(sorted(policies, key=lambda policy: policy.model.effective_from or dt.date.min))

    @classmethod
    def load(cls, path: str | Path) -> "PolicySet":
        """Reads every folder in `path` that holds a policy.toml, or `path` itself when it is one."""
        root = Path(path)
        if (root / folder.POLICY_FILE).is_file():
            return cls([Policy.load(root)])
        found = (
            sorted(entry for entry in root.iterdir() if (entry / folder.POLICY_FILE).is_file()) if root.is_dir() else []
        )
        if not found:
            raise PolicyError("no-folder", path=path)
        return cls(map(_version, found))

    def check(self) -> list[Problem]:
        """Versions that are in force on the same day, and days between versions on which none is; each told at the later version's first day."""
        found = []
        for number, policy in enumerate(self.policies[1:], 1):
            model, before = policy.model, self.policies[:number]
            start = model.effective_from or dt.date.min
            ends = [one.model.effective_to or dt.date.max for one in before]
            running = [one for one, end in zip(before, ends, strict=True) if end >= start]
            values: dict[str, Any] = {}
            if running:
                first_end = min(one.model.effective_to or dt.date.max for one in (*running, policy))
                on = model.effective_from or min(first_end, today())
                values = {"on": on.isoformat(), "names": _named([*running, policy])}
                problem = Problem("two-versions", folder.POLICY_FILE, folder.line_of(model.files, START), values)
                found.append(_in(policy.home, problem))
            elif start > max(ends) + dt.timedelta(1):
                values = {"on": (max(ends) + dt.timedelta(1)).isoformat()}
                problem = Problem(
                    "no-version", folder.POLICY_FILE, folder.line_of(model.files, START), values, "warning"
                )
                found.append(_in(policy.home, problem))
        return found

    def at(self, on: dt.date) -> Policy:
        """The version in force on a date. Raises PolicyError where there is none, or more than one."""
        found = [policy for policy in self.policies if policy.model.in_force(on)]
        if not found:
            raise PolicyError("no-version", on=on.isoformat())
        if len(found) > 1:
            raise PolicyError("two-versions", on=on.isoformat(), names=_named(found))
        return found[0]

    def decide_by(self, table: pa.Table, column: str, decide: Callable[[Policy, pa.Table], pa.Table]) -> pa.Table:
        """Decides every row by the version in force on the date that it has in `column`.

        `decide` is given a version and its rows. A row without a date, or with one on which no version is in force, goes to the last version, which says why
        it cannot be decided. Raises PolicyError where two versions are in force on a row's date, and where the versions give other columns.
        """
        last = len(self.policies) - 1
        rows: list[list[int]] = [[] for _ in self.policies]

        @cache
        def place(day: dt.date) -> int:
            found = any(policy.model.in_force(day) for policy in self.policies)
            return self.policies.index(self.at(day)) if found else last

        for row, day in enumerate(dates_of(table, column)):
            rows[place(day) if isinstance(day, dt.date) else last].append(row)
        self._same_columns()
        decided = [
            decide(policy, table.take(pa.array(chosen, pa.int64())))
            for policy, chosen in zip(self.policies, rows, strict=True)
            if chosen or policy is self.policies[last]
        ]
        order = [row for chosen in rows for row in chosen]
        back = sorted(range(len(order)), key=order.__getitem__)
        return pa.concat_tables(decided).take(pa.array(back, pa.int64()))

    def _same_columns(self) -> None:
        """Raises PolicyError where the versions give columns of other names or types."""
        first, *others = [result_schema(policy.model, False) for policy in self.policies]
        for policy, schema in zip(self.policies[1:], others, strict=True):
            if list(schema.items()) != list(first.items()):
                raise PolicyError("versions-differ", names=_named([self.policies[0], policy]))
