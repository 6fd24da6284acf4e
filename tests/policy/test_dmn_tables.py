"""DMN files that the kit's level 2 does not hold: hit policies and cells as the standard says, names of many kinds, output names used twice."""

import datetime as dt
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.dmn import write_dmn, write_folder
from nuanxin.policy.folder import read_files
from nuanxin.policy.tck import answer

ON = dt.date(2023, 6, 30)
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
GIVEN = {
    "x": {"number": "5"}, "the limit": {"number": "5"}, "日期": {"date": "2023-01-01"}, "名": 'a,"b"', "ok": True, "名单": ["甲", "乙"],
}  # fmt: skip
TYPES = {"x": "number", "the limit": "number", "日期": "date", "名": "string", "ok": "boolean", "名单": "Any"}


def table(hit: str, column: str, outputs: str, rules: list[tuple[str, ...]], name: str = "d") -> str:
    policy, _, aggregation = hit.partition(" / ")
    rows = "".join(
        f"<rule><inputEntry><text>{escape(cell)}</text></inputEntry>"
        + "".join(f"<outputEntry><text>{escape(text)}</text></outputEntry>" for text in texts)
        + "</rule>"
        for cell, *texts in rules
    )
    given = f' aggregation="{aggregation}"' if aggregation else ""
    return (
        f'<decision id="id-{name}" name="{name}"><variable name="{name}"/><decisionTable hitPolicy="{policy}"{given}>'
        f"<input><inputExpression><text>{escape(column)}</text></inputExpression></input>{outputs}{rows}</decisionTable></decision>"
    )


def write(path: Path, *decisions: str) -> Path:
    inputs = "".join(
        f'<inputData id="i{number}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'
        for number, (name, kind) in enumerate(TYPES.items())
    )
    body = (
        f'<definitions xmlns="{NAMESPACE}" id="m" name="m" namespace="urn:m">{inputs}{"".join(decisions)}</definitions>'
    )
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>{body}', encoding="utf-8")
    return path


def number(value: int) -> dict[str, str]:
    return {"number": str(value)}


ONE, LEVELS = '<output typeRef="number"/>', [("> 0", "1"), ("> 5", "2"), ("> 10", "2")]
ORDERED = '<output typeRef="number"><outputValues><text>2, 1</text></outputValues></output>'


@pytest.mark.parametrize(
    ("hit", "outputs", "answers"),
    [
        ("UNIQUE", ONE, {3: number(1), 7: None, -1: None}),
        ("ANY", ONE, {3: number(1), 7: None}),
        ("FIRST", ONE, {11: number(1)}),
        ("PRIORITY", ORDERED, {11: number(2), 3: number(1), 0: None}),
        ("RULE ORDER", ONE, {11: [number(1), number(2), number(2)], 0: None}),
        ("OUTPUT ORDER", ORDERED, {11: [number(2), number(2), number(1)]}),
        ("COLLECT", ONE, {11: [number(1), number(2), number(2)], 3: [number(1)]}),
        ("COLLECT / SUM", ONE, {11: number(5), 0: None}),
        ("COLLECT / MIN", ONE, {11: number(1)}),
        ("COLLECT / MAX", ONE, {11: number(2)}),
        ("COLLECT / COUNT", ONE, {11: number(3)}),
    ],
)
def test_hit_policies(tmp_path: Path, hit: str, outputs: str, answers: dict[int, Any]) -> None:
    model = str(write(tmp_path / "m.dmn", table(hit, "x", outputs, LEVELS)))
    for x, wanted in answers.items():
        assert answer({"model": model, "decision": "d", "inputs": {"x": number(x)}})["value"] == wanted


@pytest.mark.parametrize(
    ("column", "cell", "holds"),
    [
        ("x", "not(1, 2)", True),
        ("x", "not([1..5])", False),
        ("x", "not(< 3, > 7)", True),
        ("x", "[the limit..10]", True),
        ("x", "(the limit..10]", False),
        ("x", "]1..7[", True),
        ("x", "the limit + 1", False),
        ("x", "< the limit * 2", True),
        ("x", "? > 3 and ? < 7", True),
        ("x", "? in [1..5]", True),
        ("x", "[1, 5, 7]", True),
        ("x", "null", False),
        ("x", "not(null)", True),
        ("x", "max(1, 5)", True),
        ("x", "≥ 5", True),
        ("日期", 'date("2023-01-01")', True),
        ("日期", '[date("2022-01-01")..date("2023-01-01"))', False),
        ("日期", '< date("2022-12-31") + duration("P1M")', True),
        ("日期", 'not(date("2023-01-01"))', False),
        ("名", '"x", "a,\\"b\\""', True),
        ("名", "“甲”、“乙”", False),
        ("名", 'starts with(?, "a")', True),
        ("ok", "true, false", True),
        ("ok", "not(true)", False),
        ("名单", 'list contains(?, "甲")', True),
        ("名单", "count(?) > 2", False),
        ("x + the limit", "10", True),
    ],
)
def test_cells(tmp_path: Path, column: str, cell: str, holds: bool) -> None:
    rules = [(cell, '"yes"'), ("-", '"no"')]
    path = write(tmp_path / "m.dmn", table("FIRST", column, '<output typeRef="string"/>', rules))
    wanted = "yes" if holds else "no"
    assert answer({"model": str(path), "decision": "d", "inputs": GIVEN})["value"] == wanted
    policy = Policy.load(path)
    again = Policy(read_files(write_folder(policy.model)))
    given = {
        name: [value["number"] if name in ("x", "the limit") else value["date"] if isinstance(value, dict) else value]
        for name, value in GIVEN.items()
    }
    for each in (policy, again):
        assert each.digest == policy.digest
        assert each.decide(pa.table(given), ON).column("d").to_pylist() == [wanted]


LEVEL = '<output name="result"/><output name="the level"/>'
CHAIN = (
    table("FIRST", "x", LEVEL, [("> 1", '"big"', "x * 2"), ("-", '"small"', "0.5")], "A"),
    table("FIRST", "A.result", LEVEL, [('"big"', '"b"', "A.the level + 1")], "B"),
    '<decision id="c" name="C c"><variable name="C c"/><literalExpression><text>B.the level + A.the level</text></literalExpression></decision>',
)


def test_decisions_with_the_same_output_names(tmp_path: Path) -> None:
    """Their columns bear the decision's name; a figure without a type is written as its plain text, however it was decided."""
    path = write(tmp_path / "m.dmn", *CHAIN)
    assert answer({"model": str(path), "decision": "C c", "inputs": {"x": number(2)}})["value"] == number(9)
    policy = Policy.load(path)
    plain = {name: ["1"] * 3 for name in TYPES if name != "x"}
    decided = policy.decide(pa.table({"x": ["2", "2.25", "1"], **plain}), ON)
    assert decided.column_names[-11:] == [
        "A.result", "A.the level", "A_rule", "A_problem", "B.result", "B.the level", "B_rule", "B_problem", "C c", "C c_rule", "C c_problem",
    ]  # fmt: skip
    assert decided.column("A.the level").to_pylist() == ["4", "4.5", "0.5"]
    assert decided.column("C c").to_pylist() == ["9", "10", None]
    assert [policy.evaluate({"x": x}, ON)["B.the level"] for x in ("2", "1")] == [5, None]
    (tmp_path / "again.dmn").write_bytes(write_dmn(read_files(write_folder(policy.model))))
    again = Policy.load(tmp_path / "again.dmn")
    assert again.digest == Policy(read_files(write_folder(again.model))).digest
    assert again.decide(pa.table({"x": ["2", "2.25", "1"], **plain}), ON).equals(decided)


def test_an_amount_that_is_too_large_does_not_stop_the_others() -> None:
    policy = Policy.load(Path(__file__).parents[2] / "examples" / "policies" / "measure-x")
    row = {item.name: "0" for item in policy.model.inputs} | {"tier": "deep"}
    table = pa.Table.from_pylist([row, {**row, "children_upper": "1000000000000"}, {**row, "children_upper": "1"}])
    decided = policy.decide(table, ON)
    assert [str(value) for value in decided.column("schooling").to_pylist()] == ["0.00", "None", "10000.00"]
    assert "too large" in decided.column("schooling_problem")[1].as_py()


def knowledge(name: str, text: str) -> str:
    return (
        f'<businessKnowledgeModel name="{name}"><encapsulatedLogic><formalParameter name="n"/><literalExpression><text>{text}</text>'
        "</literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )


def literal(text: str) -> str:
    return f'<decision name="d"><literalExpression><text>{text}</text></literalExpression></decision>'


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ((knowledge("f", "f(n - 1)"), literal("f(x)")), "refer to each other"),
        ((knowledge("f", "g(n)"), knowledge("g", "f(n)"), literal("f(x)")), "refer to each other"),
        ((literal("1e999999999 + x"),), "too large"),
        ((literal(" + ".join(["x"] * 3000)),), "too long"),
        ((table("FIRST", "x", ONE, []),), "no rules"),
    ],
)
def test_a_file_that_would_never_end_is_refused(tmp_path: Path, parts: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence):
        Policy.load(write(tmp_path / "m.dmn", *parts))
