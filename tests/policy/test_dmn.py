"""DMN in and out: what both forms can say survives the way there and back."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.dmn import OURS, write_dmn, write_folder
from nuanxin.policy.folder import read_folder
from nuanxin.policy.model import Decision, Model
from nuanxin.policy.tck import answer

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
FOLDERS = sorted(path.parent for path in POLICIES.glob("*/policy.toml"))


def bare(model: Model) -> Model:
    """The model without where it was read from."""

    def decision(item: Decision) -> Decision:
        table = item.table and replace(item.table, rules=tuple(replace(rule, line=0) for rule in item.table.rules))
        return replace(item, file="", line=0, table=table)

    decisions = tuple(decision(item) for item in model.decisions)
    return replace(
        model,
        inputs=tuple(replace(item, line=0) for item in model.inputs),
        figures=tuple(replace(item, line=0) for item in model.figures),
        knowledge=tuple(replace(item, line=0) for item in model.knowledge),
        standards=tuple(replace(item, line=0) for item in model.standards),
        cases=tuple(replace(case, line=0) for case in model.cases),
        decisions=decisions,
        order=(),
        files={},
    )


def saved(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_survives_the_way_through_dmn(folder: Path, tmp_path: Path) -> None:
    model = read_folder(folder)
    (tmp_path / "policy.dmn").write_bytes(write_dmn(model))
    through = Policy.load(tmp_path / "policy.dmn").model
    assert bare(through) == bare(model)
    assert through.digest() == model.digest()
    assert bare(read_folder(saved(write_folder(through), tmp_path / "back"))) == bare(model)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_worked_cases_hold_after_dmn(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.dmn").write_bytes(write_dmn(read_folder(folder)))
    assert all(result.holds for result in Policy.load(tmp_path / "policy.dmn").run_cases())


def test_a_standard_is_a_table_that_any_engine_can_decide(tmp_path: Path) -> None:
    """Stripped of our marks, the file still gives M by area and date."""
    text = write_dmn(read_folder(POLICIES / "qingtongxia")).decode()
    text = text.replace('nuanxin:standard="true"', "").replace('nuanxin:as_of="true"', "")
    (tmp_path / "plain.dmn").write_text(text, encoding="utf-8")
    request = {
        "model": str(tmp_path / "plain.dmn"),
        "decision": "M",
        "inputs": {"area": "QTX", "as_of": {"date": "2022-12-31"}},
    }
    assert answer(request) == {"value": {"number": "680"}}
    request["inputs"] = {"area": "QTX", "as_of": {"date": "2023-01-01"}}
    assert answer(request) == {"value": {"number": "715"}}


def test_a_folder_with_names_of_every_kind_becomes_a_folder_again(tmp_path: Path) -> None:
    files = {
        "policy.toml": """id = "names"
[[input]]
name = "家庭 收入"
type = "money"
[[input]]
name = "birth date"
type = "date"
optional = true
[[knowledge]]
name = "per head"
parameters = ["sum of it", "n"]
expression = "sum of it / n"
[[decision]]
name = "level"
hit_policy = "P"
file = "level.csv"
outputs = [{name = "level", type = "string", values = ["high", "low"], default = '"none"'}]
[[decision]]
name = "each"
expression = 'per head(家庭 收入, 3)'
type = "number"
""".encode(),
        "level.csv": 'rule,家庭 收入,birth date,→ level,clause\na,> 10,"< date(""2000-01-01"")","""low""",x\nb,> 5,-,"""high""",y\n'.encode(),
    }
    model = read_folder(saved(files, tmp_path / "one"))
    (tmp_path / "p.dmn").write_bytes(write_dmn(model))
    again = Policy.load(tmp_path / "p.dmn")
    assert bare(again.model) == bare(model)
    found = again.evaluate({"家庭 收入": 11, "birth date": "1999-12-31"}, dt.date(2023, 1, 1))
    assert (found["level"], found["level_rule"]) == ("high", "b")
    assert again.evaluate({"家庭 收入": 1}, dt.date(2023, 1, 1))["level"] == "none"


OWN = f"<definitions xmlns:n='{OURS}'>\n<extensionElements>"
TABLE = (
    "<inputData name='x'/><decision name='d'><decisionTable>\n<input><inputExpression><text>x</text></inputExpression></input><output><outputValues>"
    "<text>1</text></outputValues><defaultOutputEntry><text>1</text></defaultOutputEntry></output>\n"
    "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable></decision></definitions>"
)
ONE = "<decision name='d'><literalExpression><text>1</text></literalExpression></decision></definitions>"


def in_language(text: str, part: str, language: str) -> str:
    return text.replace(part, f"{part} expressionLanguage='{language}'", 1)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("<a/>", 1, "not a DMN file"),
        ('<!DOCTYPE a [<!ENTITY x "y">]>\n<definitions>&x;</definitions>', 1, "DOCTYPE"),
        ("<definitions>\n<decision name='d'>\n</definitions>", 3, "mismatch"),
        ("<definitions>\n<decision name='d'><relation/></decision></definitions>", 2, "neither a table nor"),
        ("<definitions>\n<decision name='d'>\n<context/></decision></definitions>", 3, "the context has no result"),
        (
            "<definitions>\n<decision name='d'>\n<literalExpression><text>a + 1</text></literalExpression></decision></definitions>",
            3,
            "unknown name a",
        ),
        ("<definitions>\n<inputData id='i'/>\n</definitions>", 2, "this inputData has no name"),
        ("<definitions>\n\n<decision name=' '><literalExpression><text>1</text></literalExpression></decision></definitions>", 3, "has no name"),
        (f"{OWN}<n:policy effective_from='next year'/></extensionElements>\n{ONE}", 2, "next year is not a date"),
        (f"{OWN}<n:policy effective_from='2023-02-01' effective_to='2023-01-01'/></extensionElements>\n{ONE}", 2, "is after"),
        (f"{OWN}</extensionElements>\n<inputData name='x'>\n<variable typeRef='Money'/></inputData>\n{ONE}", 3, "unknown type Money"),
        (f"{OWN}</extensionElements>\n<inputData name='x' n:type='Money'/>\n{ONE}", 3, "unknown type Money"),
        (
            f"{OWN}</extensionElements>\n<decision name='M' n:standard='1'>\n<n:dated area='A' from='soon' value='1'/></decision>\n{ONE}",
            4,
            "soon is not a date",
        ),
        (
            f"{OWN}</extensionElements>\n<decision name='M' n:standard='1'>\n<n:dated area='A' from='2023-01-01' value='1/0'/></decision>\n{ONE}",
            4,
            "1/0 is not a number",
        ),
        (
            f"{OWN}</extensionElements>\n<decision name='d'><decisionTable><output>\n<outputValues><text>&lt;&lt; 1</text></outputValues></output>"
            "<rule><outputEntry><text>1</text></outputEntry></rule></decisionTable></decision></definitions>",
            4,
            "cannot be read",
        ),
        (f"{OWN}</extensionElements>\n<decision name='d' n:words='[1'><literalExpression><text>1</text></literalExpression></decision></definitions>", 3, "nuanxin:words"),
        (
            "<definitions>\n<decision name='a'><literalExpression>\n<text>b</text></literalExpression></decision>\n"
            "<decision name='b'><literalExpression><text>a</text></literalExpression></decision></definitions>",
            2,
            "refer to each other",
        ),
        (f"<definitions>\n<inputData name='?'/>\n{ONE}", 2, "? means something else in expressions"),
        (f"<definitions>\n<inputData name='1'/>\n{ONE}", 2, "1 means something else in expressions"),
        (f"<definitions expressionLanguage='http://www.w3.org/1999/XPath'>\n{ONE}", 1, "Language is http://www.w3.org/1999/XPath: only FEEL"),
        (f"<definitions>\n{in_language(ONE, '<literalExpression', 'JavaScript')}", 2, "Language is JavaScript"),
        *(
            (f"<definitions>\n{in_language(TABLE, part, 'juel')}", line, "Language is juel")
            for part, line in (("<inputExpression", 3), ("<inputEntry", 4), ("<outputEntry", 4), ("<outputValues", 3), ("<defaultOutputEntry", 3))
        ),
        (f"<definitions>\n<itemDefinition name='t'><typeRef>t</typeRef></itemDefinition>\n{ONE}", 2, "the types t → t name each other only"),
        (
            "<definitions>\n<itemDefinition name='z'><typeRef>t</typeRef></itemDefinition>\n<itemDefinition name='t'><typeRef>u</typeRef></itemDefinition>\n"
            f"<itemDefinition name='u' isCollection='true'><typeRef>own:t</typeRef></itemDefinition>\n{ONE}",
            3,
            "the types t → u → t name each other only",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, content: str, line: int, words: str
) -> None:
    (tmp_path / "bad.dmn").write_text(content)
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path / "bad.dmn")
    assert caught.value.problem.line == line
    assert caught.value.problem.file == "bad.dmn"
    assert words in caught.value.problem.sentence("en")


def test_what_is_found_in_a_dmn_file_names_it(tmp_path: Path) -> None:
    """A range is no list of values, and what nothing reads is told with the file and the line it stands on."""
    (tmp_path / "p.dmn").write_text(
        "<definitions>\n<inputData name='x'><variable typeRef='number'/></inputData>\n<inputData name='y'/>\n"
        "<decision name='d'><decisionTable hitPolicy='FIRST'><input><inputExpression><text>x</text></inputExpression></input>\n"
        "<output><outputValues><text>[0..10]</text></outputValues></output>\n"
        '<rule><inputEntry><text>date("2023-02-30")</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>'
        "</decisionTable></decision></definitions>"
    )
    found = Policy.load(tmp_path / "p.dmn").check()
    assert {(item.code, item.file, item.line) for item in found} >= {
        ("unused-input", "p.dmn", 3),
        ("no-value", "p.dmn", 6),
        ("type-mismatch", "p.dmn", 6),
    }
    assert not any(item.file == "policy.toml" for item in found)


@pytest.mark.parametrize(
    "language",
    ["FEEL", "feel", "S-FEEL", "http://www.omg.org/spec/FEEL/20140401", "https://www.omg.org/spec/DMN/20230324/FEEL/"],
)
def test_feel_by_any_of_its_names_is_read(tmp_path: Path, language: str) -> None:
    (tmp_path / "p.dmn").write_text(
        f"<definitions expressionLanguage='{language}'>{in_language(TABLE, '<inputEntry', language)}"
    )
    assert Policy.load(tmp_path / "p.dmn").evaluate({"x": 1})["d"] == 1
    # the file's own language does not matter where every expression states its own
    (tmp_path / "p.dmn").write_text(
        f"<definitions expressionLanguage='XPath'>{in_language(ONE, '<literalExpression', language)}"
    )
    assert Policy.load(tmp_path / "p.dmn").evaluate({})["d"] == 1


def test_a_type_defined_further_down_is_that_type(tmp_path: Path) -> None:
    """Through two names, with the values that are allowed, in whatever order they stand."""
    (tmp_path / "p.dmn").write_text(
        "<definitions><itemDefinition name='a'><typeRef>b</typeRef></itemDefinition>"
        "<itemDefinition name='many' isCollection='true'><typeRef>a</typeRef></itemDefinition>"
        "<itemDefinition name='b'><typeRef>c</typeRef></itemDefinition>"
        "<itemDefinition name='c'><typeRef>number</typeRef><allowedValues><text>[1..9]</text></allowedValues></itemDefinition>"
        "<inputData name='x'><variable name='x' typeRef='a'/></inputData><inputData name='l'><variable name='l' typeRef='many'/></inputData>"
        f"{ONE}"
    )
    found = Policy.load(tmp_path / "p.dmn").model.inputs
    assert [(item.type, item.allowed_text) for item in found] == [("number", "[1..9]"), ("list<number>", "")]


def test_what_is_hard_to_write_survives_the_way_there_and_back(tmp_path: Path) -> None:
    """Every hit policy, several outputs, cells with quotes, commas, ends of lines and signs of formulas: the same model, the same files, the same results."""
    hits = ("U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#")
    head = """id = "hard"
name = {zh = "政 策, \\"引\\"", en = "a < b & c"}
body = "机关\\n两行"
effective_from = 2020-01-01
[standards]
area = "地 区"
[[input]]
name = "地 区"
type = "string"
allowed = '"甲","乙 丙"'
[[input]]
name = "家庭 收入"
type = "money"
unit = "万元"
[[input]]
name = "birth"
type = "date"
optional = true
[[input]]
name = "long"
type = "years and months duration"
optional = true
[[input]]
name = "病 种"
type = "list<string>"
optional = true
[[knowledge]]
name = "per head"
parameters = ["sum of", "人 数"]
expression = "sum of / 人 数"
[[derived]]
name = "人均"
expression = "per head(家庭 收入, 3) /\\n 12"
clause = "第一条, \\"x\\""
[[decision]]
name = "poor, so"
expression = "人均 > M"
outputs = [{name = "out put", type = "boolean", label = {zh = "困难", en = "poor"}}]
[[decision]]
name = "several"
file = "several.csv"
hit_policy = "F"
outputs = [{name = "level", type = "string", words = {"=a" = "甲等"}}, {name = "amount", type = "money", default = "-5"}, {name = "on", type = "date"}]
"""
    files = {
        "standards.csv": 'area,name,from,value,document\r\n甲,M,2020-01-01,100,"文,1"\r\n,M,2021-01-01,200.5,\r\n'.encode(),
        "cases.csv": '\ufeffcase,地 区,家庭 收入,as_of,→ out put,note\r\n"a,b",甲,1,2023-01-01,true,"多\n行"\r\n'.encode(),
        "several.csv": 'no,long,病 种,→ level,→ amount,→ on,c\n,"> duration(""P1Y"")",-,"""=a""",M * 2,birth,"x\ny"\n'
        ',-,"list contains(?, ""癌"")","""-b, \\""c\\""""",-1,"date(""2024-02-29"")",+1\n'.encode(),
    }
    for number, hit in enumerate(hits):
        text = "C" not in hit or hit == "C"
        kind = "string" if text else "number"
        values = ', values = ["高,x", "=低"], default = \'"没, 有"\'' if text else ""
        head += f"""[[decision]]
name = "表 {hit}"
file = "t{number}.csv"
hit_policy = "{hit}"
outputs = [{{name = "表 {hit}", type = "{kind}"{values}}}]
"""
        one, two = ('"""高,x"""', '"""高,x"""' if hit == "A" else '"""=低"""') if text else ("100.005", "人均")
        limit = "[0..20000)" if hit == "U" else ">= 0"
        files[f"t{number}.csv"] = (
            f'rule,家庭 收入,地 区,birth,→ 表 {hit},clause\n=a,{limit},-,-,{one},"第 1 条\n""二"""\n'
            f'-b,>= 20000,"""甲"",""乙 丙""",{"-" if hit == "U" else "not(null)"},{two},@x\n'
        ).encode()  # fmt: skip
    files["policy.toml"] = head.encode()
    model = read_folder(saved(files, tmp_path / "one"))
    (tmp_path / "p.dmn").write_bytes(write_dmn(model))
    through = Policy.load(tmp_path / "p.dmn")
    back = Policy.load(saved(write_folder(through.model), tmp_path / "back"))
    assert bare(through.model) == bare(model) == bare(back.model)
    assert write_folder(model) == write_folder(back.model)
    assert write_folder(model)["cases.csv"].startswith(b"\xef\xbb\xbf")  # else a spreadsheet program garbles it
    assert all(result.holds for result in back.run_cases())
    rows = [
        {"地 区": area, "家庭 收入": income, "birth": born, "long": long, "病 种": ill}
        for area in ("甲", "乙 丙", "x", None)
        for income in ("0", "1", "1.99999", "2", "9", "abc", None)
        for born, long, ill in (("2000-01-01", "P1Y", ["癌"]), ("1999-12-31", "P13M", []), (None, None, None))
    ]
    results = [[policy.evaluate(row, "2022-06-01") for row in rows] for policy in (Policy(model), through, back)]
    assert results[0] == results[1] == results[2]
    assert all({row[f"表 {hit}_rule"] for row in results[0]} >= {None, "=a"} for hit in hits)
