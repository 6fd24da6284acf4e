"""The compiled form and the row evaluator give the same, value by value, for every example policy and for random ones."""

import datetime as dt
import os
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nuanxin.policy import Policy
from nuanxin.policy.model import Input, Model
from nuanxin.policy.nearby import Near
from nuanxin.policy.values import NUMERIC, to_decimal

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
FOLDERS = sorted(path.parent for path in POLICIES.glob("*/policy.toml"))
ROWS = max(400, int(os.environ.get("NUANXIN_PROPERTY", "0")) // 100)
ON = dt.date(2022, 12, 31)


def some_value(item: Input, model: Model, dirt: bool) -> Any:
    if dirt and random.random() < 0.04:
        return random.choice([None, "", " ", "约3万", "n/a"])
    if item.name == model.area_input:
        return random.choice([standard.area or "A" for standard in model.standards] + ["ZZ"] * dirt)
    if item.type == "boolean":
        return random.choice(["true", "false", "是", "否", "1", "0"])
    if item.type == "string":
        return random.choice(["deep", "relative", "accident", "none", "A", "B"])
    if item.type == "date":
        return (dt.date(1950, 1, 1) + dt.timedelta(random.randint(0, 30000))).isoformat()
    if item.type == "integer":
        return str(random.choice([0, 0, 1, 1, 2, 3, 5, 7, 11, 12]))
    size = 10 ** random.randint(1, 7)
    return random.choice(["0", str(random.randint(0, size)), f"{random.randint(0, size)}.{random.randint(0, 99):02}"])


def rows_near_limits(policy: Policy, count: int, dirt: bool) -> list[dict[str, Any]]:
    """Families at the limits of the policy's tables, one cent to either side, and anywhere."""
    model, rows = policy.model, []
    while len(rows) < count:
        row = {item.name: some_value(item, model, dirt) for item in model.inputs}
        rows.append(row)
        state = policy._rows.decide(row, ON)
        near = Near(policy._rows, state)
        decision = random.choice(model.decisions)
        numeric = [
            item
            for item in policy._rows.inputs(decision)
            if item.type in NUMERIC and type(state.env[item.name]) is Fraction
        ]
        if numeric and decision.table:
            item = random.choice(numeric)
            points = [zero for zero in near.zeros(decision, item, state.env[item.name]) if zero >= 0]
            for value in near.grid(item, random.sample(points, min(1, len(points)))):
                rows.append({**row, item.name: str(to_decimal(value, 2) if item.type != "integer" else int(value))})
    return rows[:count]


def same(policy: Policy, rows: list[dict[str, Any]]) -> None:
    table = pa.table(
        {item.name: pa.array([row[item.name] for row in rows], pa.string()) for item in policy.model.inputs}
    )
    for row, found in zip(rows, policy.decide(table, ON).to_pylist(), strict=True):
        alone = policy.evaluate(row, ON)
        for decision in policy.model.decisions:
            names = [output.column for output in decision.outputs] + [
                f"{decision.name}_rule",
                f"{decision.name}_problem",
            ]
            for name in names:
                expected = alone[name]
                if isinstance(expected, Fraction):
                    expected = to_decimal(
                        expected,
                        2 if isinstance(found[name], Decimal) and -found[name].as_tuple().exponent == 2 else 12,
                    )
                assert found[name] == expected, (name, row)


@pytest.mark.parametrize("dirt", [False, True], ids=["clean", "dirty"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_an_example_policy(folder: Path, dirt: bool) -> None:
    random.seed(folder.name)
    policy = Policy.load(folder)
    same(policy, rows_near_limits(policy, ROWS, dirt))


def random_policy(folder: Path) -> Policy:
    """A policy of random figures, tables of random hit policies and cells, over five inputs."""
    folder.mkdir()
    text = ['id = "random"']
    for name, kind in (("a", "money"), ("b", "money"), ("n", "integer"), ("s", "string"), ("f", "boolean")):
        text += ["[[input]]", f'name = "{name}"', f'type = "{kind}"', f"optional = {random.choice(['true', 'false'])}"]

    def number(depth: int, names: list[str]) -> str:
        if depth == 0 or random.random() < 0.3:
            return random.choice([*names, *names, str(random.randint(0, 50)), f"0.{random.randint(1, 99)}"])
        op = random.choice(["+", "-", "*", "/", "min", "max", "round half up", "floor", "abs"])
        left, right = number(depth - 1, names), number(depth - 1, names)
        if op in ("min", "max"):
            return f"{op}({left}, {right})"
        if op in ("round half up", "floor"):
            return f"{op}({left}, {random.randint(0, 2)})"
        return f"abs({left})" if op == "abs" else f"({left} {op} {right})"

    names = ["a", "b", "n"]
    for figure in ("x", "y"):
        text += ["[[derived]]", f'name = "{figure}"', f'expression = "{number(2, names)}"']
        names.append(figure)

    def cell(column: str) -> str:
        if random.random() < 0.35:
            return "-"
        if column == "s":
            return random.choice(['"p"', '"p","q"', 'not("q")', 'not("p","r")'])
        if column == "f":
            return random.choice(["true", "false"])
        limit, other = (
            random.choice([str(random.randint(0, 1000)), f"{random.randint(1, 3)} * {random.choice(names)}"])
            for _ in "ab"
        )
        return random.choice(
            [
                f"< {limit}",
                f">= {limit}",
                f"[{limit}..{other}]",
                f"({limit}..{other})",
                f"not(<= {limit})",
                f"{limit}, > {other}",
            ]
        )

    previous = ""
    for decision in ("d", "e"):
        hit = random.choice(["U", "A", "F", "F", "P", "C+", "C#", "C<", "C>", "R", "O", "C"])
        money = hit in ("C+", "C<", "C>") or random.random() < 0.5
        kind = "money" if money else "integer" if hit == "C#" else "string"
        values = (
            ', values = ["u", "v", "w"]'
            if hit in "PO" and kind == "string"
            else ", values = [1, 2, 3]"
            if hit in "PO"
            else ""
        )
        default = (
            ", default = " + ("'\"w\"'" if kind == "string" else '"7"')
            if hit in "UAFPR" and random.random() < 0.4
            else ""
        )
        text += [
            "[[decision]]",
            f'name = "{decision}"',
            f'hit_policy = "{hit}"',
            f'outputs = [{{name = "{decision}", type = "{kind}"{values}{default}}}]',
        ]
        columns = [*random.sample(names, 2), "s", "f", *(["d"] if decision == "e" and previous == "string" else [])]
        previous = kind if hit not in ("R", "O", "C") else "list"
        lines = [",".join(["rule", *columns, f"→ {decision}", "clause"])]
        for rule in range(random.randint(2, 5)):
            cells = [cell(column) if column != "d" else random.choice(['"u"', "-", 'not("v")']) for column in columns]
            if kind == "string":
                out = f'"{random.choice("uvw")}"'
            elif hit in ("P", "O", "C#"):
                out = str(random.randint(1, 3))
            else:
                out = number(1, names)
            quoted = ['"' + text.replace('"', '""') + '"' for text in [*cells, out]]
            lines.append(",".join([f"r{rule}", *quoted, "c"]))
        (folder / f"{decision}.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "policy.toml").write_text("\n".join(text), encoding="utf-8")
    return Policy.load(folder)


@pytest.mark.parametrize("seed", range(max(40, int(os.environ.get("NUANXIN_PROPERTY", "0")) // 2000)))
def test_a_random_policy(tmp_path: Path, seed: int) -> None:
    random.seed(seed)
    policy = random_policy(tmp_path / "p")
    rows = [
        {
            "a": random.choice(
                [None, str(random.randint(0, 1500)), f"{random.randint(-50, 1500)}.{random.randint(0, 99):02}"]
            ),
            "b": random.choice([None, "0", str(random.randint(0, 99999)), "1e3"]),
            "n": random.choice([None, "0", "1", "3", "7", "11", "2.5", "-2"]),
            "s": random.choice([None, "p", "q", "r", " "]),
            "f": random.choice([None, "true", "false", "maybe"]),
        }
        for _ in range(200)
    ]
    same(policy, rows)
    full = [row for row in rows if None not in row.values()]
    same(policy, full or rows)


@pytest.mark.parametrize("hit", ["F", "U", "A", "P"])
def test_a_table_of_many_rules(tmp_path: Path, hit: str) -> None:
    """Tables beyond the length that is compiled as a chain: by city, with rules for all cities in between."""
    random.seed(hit)
    for attempt in range(3):
        folder = tmp_path / f"p{attempt}"
        folder.mkdir()
        default = ", default = '\"none\"'" if attempt == 1 else ""
        (folder / "policy.toml").write_text(
            'id = "many"\n[[input]]\nname = "city"\ntype = "string"\n[[input]]\nname = "x"\ntype = "integer"\n'
            f'[[decision]]\nname = "d"\nhit_policy = "{hit}"\n'
            f'outputs = [{{name = "d", type = "string", values = ["v0", "v1", "v2"]{default}}}, {{name = "m", type = "money"'
            + (', default = "1.5"' if default else "")
            + '}]\n[[decision]]\nname = "e"\nexpression = "d.m * 2"\ntype = "money"\n',
            encoding="utf-8",
        )
        lines = ["rule,city,x,→ d,→ m,clause"]
        for rule in range(90):
            low = random.randint(0, 40)
            city = random.choice(
                [f'"""C{random.randint(0, 12)}"""', f'"""C{rule % 13}"",""C{rule % 7}"""', "-"][: 2 if rule % 9 else 3]
            )
            cell = random.choice([f'"[{low}..{low + 3}]"', f'"{low}"', "-" if rule % 17 == 16 else f"> {low + 30}"])
            lines.append(f'r{rule},{city},{cell},"""v{random.randint(0, 2)}""",{random.choice(["x", "3", "x / 3"])},c')
        (folder / "d.csv").write_text("\n".join(lines), encoding="utf-8")
        same(
            Policy.load(folder),
            [
                {"city": random.choice(["C1", "C2", "C5", "C12", "C99", None]), "x": str(random.randint(0, 45))}
                for _ in range(400)
            ],
        )


def test_rows_keep_their_order_whatever_the_threads_do() -> None:
    """300,000 text rows in pieces: DuckDB's threads hand them back in any order, and each family must get its own answer."""
    policy = Policy.load(POLICIES / "huzhou")
    incomes = [f"{n * 7 % 160_000}.{n % 100:02}" if n % 50 else "n/a" for n in range(2000)]
    part = pa.table(
        {
            "income": incomes, "in_service": ["是"] * 2000, "unit_has_union": ["true"] * 2000,
            "deductions": [str(n % 300) for n in range(2000)], "members": [str(n % 7) for n in range(2000)],
        }
    )  # fmt: skip
    whole = pa.concat_tables([part] * 150)
    wanted = pa.concat_tables([policy.decide(part, ON)] * 150)
    for table in (whole, whole.combine_chunks(), pa.concat_tables([whole.slice(0, 131_072), whole.slice(131_072)])):
        assert policy.decide(table, ON).equals(wanted)
