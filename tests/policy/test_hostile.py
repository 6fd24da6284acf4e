"""Policies, cells and tables from people who have not read the manual: one row a case — what, given, said.

Add a line to a table; each was wrong once, or is near to what was.
"""

import csv
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from nuanxin.policy import PolicyError
from nuanxin.policy import tables as policy_tables
from nuanxin.policy.cli import app
from nuanxin.policy.commands import check
from nuanxin.policy.compare import compare
from nuanxin.policy.policy import Policy, PolicySet
from nuanxin.policy.tck import answers

ON = dt.date(2023, 6, 30)


def folder(path: Path, toml: str, **tables: str) -> Path:
    """A policy folder: `tables` are its CSV files by name."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "policy.toml").write_text(f'id = "p"\n{toml}', encoding="utf-8")
    for name, text in tables.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def asked(name: str, kind: str, more: str = "") -> str:
    return f'[[input]]\nname = {json.dumps(name, ensure_ascii=False)}\ntype = "{kind}"\n{more}\n'


def one_cell(path: Path, cell: str, kind: str) -> Policy:
    """Yes where the cell holds for x, else no."""
    toml = asked("x", kind) + '[[decision]]\nname = "t"\nhit_policy = "F"\noutputs = [{name = "t", type = "string"}]\n'
    quoted = cell.replace('"', '""')
    rows = f'rule,x,→ t,clause\na,"{quoted}","""yes""",c\nb,-,"""no""",c\n'
    return Policy.load(folder(path, toml, t=rows))


def formula(path: Path, text: str) -> Policy:
    toml = f'{asked("k", "number")}[[decision]]\nname = "v"\nexpression = {json.dumps(text)}\n'
    return Policy.load(folder(path, toml))


# a missing figure: what would follow on each side of it ---------------------------------------------------------------

UNTOLD = "if x is given: cannot tell what would follow"
SIDES = [
    # cell, type of x, said
    ("1", "number", "if x below 1: no; if x exactly 1: yes; if x above 1: no"),
    ("<= 2", "number", "if x not above 2: yes; if x above 2: no"),
    ("[1..2]", "number", "if x below 1: no; if x from 1 to 2: yes; if x above 2: no"),
    ("(1..3)", "number", "if x not above 1: no; if x above 1 and below 3: yes; if x 3 or more: no"),
    ("(1..3]", "number", "if x not above 1: no; if x above 1 and not above 3: yes; if x above 3: no"),
    ("-1", "number", "if x below -1: no; if x exactly -1: yes; if x above -1: no"),
    ("not(-1)", "number", "if x below -1: yes; if x exactly -1: no; if x above -1: yes"),
    ("> -5", "integer", "if x below -4: no; if x -4 or more: yes"),
    ("<= 700", "money", "if x not above 700.00 yuan: yes; if x above 700.00 yuan: no"),
    ("700", "money", "if x below 700.00 yuan: no; if x exactly 700.00 yuan: yes; if x above 700.00 yuan: no"),
    ("modulo(?, 2) = 0", "integer", UNTOLD),
    ("? ** 2 < 4", "integer", UNTOLD),
    ('date("2023-01-31")', "date", "if x before 2023-01-31: no; if x exactly 2023-01-31: yes; if x 2023-02-01 or later: no"),
    ("?.year = 2023", "date", UNTOLD),
    ('? + duration("P18Y") <= date("2023-01-31")', "date", UNTOLD),
    ('"a"', "string", "if x a: yes; if x is anything else: no"),
    ('? in ["a", "b"]', "string", "if x a: yes; if x b: yes; if x is anything else: no"),
    ('> "a"', "string", UNTOLD),
    ('["a".."c"]', "string", UNTOLD),
    ('starts with(?, "a")', "string", UNTOLD),
    ('upper case(?) = "A"', "string", UNTOLD),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "kind", "said"), SIDES, ids=[f"{kind} {cell}" for cell, kind, _ in SIDES])
def test_what_would_follow_is_so_on_every_side(tmp_path: Path, cell: str, kind: str, said: str) -> None:
    policy = one_cell(tmp_path, cell, kind)
    found = policy.decide(pa.table({"x": pa.array([None], pa.string())}), ON, lang="en")
    assert found["t_problem"].to_pylist() == [f"needs x; {said}"]


# values -------------------------------------------------------------------------------------------------------------

VALUES = [
    # expression, value
    ('years and months duration(date("2000-02-29"), date and time("2023-02-28T10:00:00"))', "P22Y11M"),
    ('time("10:30:00") - time("09:00:00")', "PT1H30M"),
    ('time("23:30:00") + duration("PT1H")', "00:30:00"),
    ('time("00:30:00") - duration("PT1H")', "23:30:00"),
    ('date and time("2023-01-01T10:00:00")', "2023-01-01T10:00:00"),
    ("round half up(-1.005, 2)", "-1.01"),
    ("-2 ** 2", "4"),
    ("1 / (k - k)", None),
    ('"a" + k', None),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_a_formula_has_the_value_that_dmn_says(tmp_path: Path, text: str, value: str | None) -> None:
    policy = formula(tmp_path, text)
    found = policy.decide(pa.table({"k": [1]}), ON, lang="en")
    assert found["v"].to_pylist() == [value]
    why = "v cannot be computed (a division by zero, or values that do not go together)"
    assert found["v_problem"].to_pylist() == [why if value is None else None]


UNREADABLE = [
    # type, cell: the duration of the other kind is none
    ("years and months duration", "P1D"),
    ("days and time duration", "P1Y"),
    ("integer", "1.5"),
    ("boolean", "maybe"),
    ("date", "2023-02-30"),
]


@pytest.mark.parametrize(("kind", "cell"), UNREADABLE)
def test_a_value_of_another_kind_is_said_to_be_unreadable(tmp_path: Path, kind: str, cell: str) -> None:
    policy = one_cell(tmp_path, "? != null", kind)
    found = policy.decide(pa.table({"x": [cell]}), ON, lang="en")
    assert found["t"].to_pylist() == ["no"]  # null
    policy = one_cell(tmp_path / "b", "not(null)", kind)
    shown = policy.explain({"x": cell}, ON).state.bad["x"]
    assert shown[0] == "unreadable"


def test_what_is_allowed_is_said(tmp_path: Path) -> None:
    toml = (
        asked("n", "integer", 'allowed = "> 0"') + '[[decision]]\nname = "v"\nexpression = "100 / n"\ntype = "money"\n'
    )
    found = Policy.load(folder(tmp_path, toml)).decide(pa.table({"n": [0]}), ON, lang="en")
    assert "n: “0” is not an allowed value (it must be > 0)" in found["v_problem"][0].as_py()


def test_names_that_differ_by_case_are_two_names(tmp_path: Path) -> None:
    toml = asked("m", "number") + asked("M", "number")
    toml += '[[decision]]\nname = "Y"\nexpression = "m - M"\ntype = "money"\n'
    toml += '[[decision]]\nname = "y"\nexpression = "m + M"\ntype = "money"\n'
    found = Policy.load(folder(tmp_path, toml)).decide(pa.table({"M": [3], "m": [9]}), ON)
    assert (found["Y"].to_pylist(), found["y"].to_pylist()) == ([Decimal("6.00")], [Decimal("12.00")])


def test_a_share_among_the_standards_is_not_money(tmp_path: Path) -> None:
    toml = '[standards]\nfile = "standards.csv"\n' + asked("born", "date") + asked("x", "number")
    toml += '[[derived]]\nname = "since"\nexpression = "born.year + share"\ntype = "number"\n'
    toml += '[[decision]]\nname = "v"\nexpression = "x * share"\ntype = "number"\n'
    rows = "area,name,from,value,document\n*,share,2022-01-01,0.155,d\n"
    policy = Policy.load(folder(tmp_path, toml, standards=rows))
    text = policy.explain({"born": "2001-05-05", "x": 2}, ON).text("en")
    assert "Standard share = 0.155（d）" in text
    assert "2001 + 0.155" in text
    for _ in range(2):
        found = policy.decide(pa.table({"born": [dt.date(2001, 5, 5)], "x": [2]}), ON, figures=True)
        assert found["share"].to_pylist() == [Decimal("0.155")]


# tables of families ---------------------------------------------------------------------------------------------------

HEAD = "编号,家庭 年收入,人口\n"


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toml = asked("家庭 年收入", "money") + asked("人口", "integer", 'allowed = "> 0"')
    toml += '[[decision]]\nname = "每人"\nexpression = "家庭 年收入 / 人口"\ntype = "money"\n'
    return folder(tmp_path_factory.mktemp("heads"), toml)


def decide(policy: Path, table: Path, out: Path) -> str:
    """What the command says on stderr; "" where it did the work."""
    result = CliRunner().invoke(
        app, ["decide", str(policy), str(table), "-o", str(out), "--as-of", "2023-06-30", "--lang", "en"]
    )
    assert result.exit_code == (1 if result.stderr else 0), result.output
    return result.stderr.strip()


TOLD = [
    # what, the file's bytes, said
    ("semicolons", HEAD.replace(",", ";").encode(), ":1: ", "parted by ; where commas are needed"),
    ("tabs", HEAD.replace(",", "\t").encode(), ":1: ", "parted by Tab"),
    ("full-width commas", HEAD.replace(",", "，").encode(), ":1: ", "parted by ，"),
    ("UTF-16", HEAD.encode("utf-16"), ": ", "save it as “CSV UTF-8 (comma delimited)”"),
    ("nothing", b"", ":1: ", "the first row should hold the names of the columns"),
    ("a mark only", b"\xef\xbb\xbf", ":1: ", "the first row should hold the names of the columns"),
    ("a short row", f"{HEAD}1,100,1\n\n2,100\n".encode(), ":4: ", "this row has 2 cells, the header 3"),
    ("a long row", f"{HEAD}1,100,1,9\n".encode(), ":2: ", "this row has 4 cells, the header 3"),
    ("an open quote", f'{HEAD}1,100,1\n"2,100,1\n'.encode(), ":3: ", "a quote is not closed from this line on"),
    ("a title above", f"摸排表,,\n{HEAD}".encode(), ":1: ", "its first row, where the names stand, has 摸排表"),
    ("a column missing", "编号,人口\n1,2\n".encode(), ":1: ", "lacks the columns 家庭 年收入; its first row, where the names stand, has 编号, 人口"),
    ("a column twice", "人口,家庭 年收入,人口 \n1,2,3\n".encode(), ":1: ", "the column 人口 stands twice"),
    ("a column taken", "人口,家庭 年收入,每人\n1,2,3\n".encode(), ":1: ", "already has a column 每人"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "place", "said"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_a_table_that_cannot_be_used_is_told_with_its_line(
    tmp_path: Path, heads: Path, content: bytes, place: str, said: str
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    told = decide(heads, tmp_path / "in.csv", tmp_path / "out.csv")
    assert f"in.csv{place}" in told
    assert said in told
    assert not (tmp_path / "out.csv").exists()


READ = [
    # what, header, encoding
    ("plain", "编号,家庭 年收入,人口", "utf-8"),
    ("marked", "编号,家庭 年收入,人口", "utf-8-sig"),
    ("GBK", "编号,家庭 年收入,人口", "gbk"),
    ("spaces around and within", " 编号 , 家庭  年收入,人口 ", "utf-8"),
    ("an unnamed column", ",家庭 年收入,人口", "utf-8"),
    ("another column's name but for case", "a,家庭 年收入,人口,A", "utf-8"),
    ("two columns of one name", "备注,家庭 年收入,人口,备注", "utf-8"),
    ("two unnamed columns", ",家庭 年收入,人口,", "utf-8"),
]


@pytest.mark.parametrize(("head", "encoding"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_a_table_keeps_its_columns_as_they_are_called(tmp_path: Path, heads: Path, head: str, encoding: str) -> None:
    more = ["z"] * (head.count(",") - 2)
    (tmp_path / "in.csv").write_text("\r\n".join([head, ",".join(["01", "１００", "3", *more]), ""]), encoding=encoding)
    assert decide(heads, tmp_path / "in.csv", tmp_path / "out.csv") == ""
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        found = list(csv.reader(stream))
    assert found[0] == [*head.split(","), "每人", "每人_rule", "每人_problem"]
    assert found[1] == ["01", "１００", "3", *more, "33.33", "", ""]


def test_a_sheet_keeps_its_columns(tmp_path: Path, heads: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["人口 ", None, " 家庭 年收入", 2023], [3, "kept", 100, "y", "no name"]):
        sheet.append(row)
    book.save(tmp_path / "in.xlsx")
    assert decide(heads, tmp_path / "in.xlsx", tmp_path / "out.xlsx") == ""
    active = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert active is not None
    assert [list(row) for row in active.iter_rows(values_only=True)] == [
        ["人口 ", "", " 家庭 年收入", "2023", "", "每人", "每人_rule", "每人_problem"],
        [3, "kept", 100, "y", "no name", 33.33, None, None],
    ]


CELLS: dict[str, pa.Array] = {
    "zone": pa.array([dt.datetime(2023, 1, 1, tzinfo=dt.UTC)]),
    "nan": pa.array([float("nan")]),
    "inf": pa.array([float("-inf")]),
    "long": pa.array([2**60 + 1]),
    "decimal": pa.array([Decimal("12345678901234567.89")]),
    "bytes": pa.array([b"a"]),
    "duration": pa.array([dt.timedelta(1)]),
    "list": pa.array([[1, 2]]),
    "old": pa.array([dt.date(1850, 1, 1)]),
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_any_column_passes_through(tmp_path: Path, heads: Path, name: str, ending: str) -> None:
    table = pa.table({"人口": [1], "家庭 年收入": [1], "z": CELLS[name]})
    pq.write_table(table, tmp_path / "in.parquet")
    assert decide(heads, tmp_path / "in.parquet", tmp_path / f"out.{ending}") == ""
    found = policy_tables.read_table(tmp_path / f"out.{ending}")
    assert found["每人"].cast(pa.float64()).to_pylist() == [1.0]
    if name in ("long", "decimal"):
        assert str(found["z"][0].as_py()) == str(CELLS[name][0].as_py())


def test_a_result_that_fails_leaves_the_old_file(tmp_path: Path, heads: Path) -> None:
    pq.write_table(pa.table({"人口": [1]}), tmp_path / "in.parquet")
    out = tmp_path / "out.parquet"
    assert "lacks the columns" in decide(heads, tmp_path / "in.parquet", out)
    assert not out.exists()
    out.write_bytes(b"old")
    decide(heads, tmp_path / "in.parquet", out)
    assert out.read_bytes() == b"old"


def test_a_sheet_that_cannot_hold_the_result_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heads: Path
) -> None:
    table = pa.table({"人口": [1] * 10, "家庭 年收入": [1] * 10, "z": ["x" * 40_000] * 10})
    pq.write_table(table, tmp_path / "in.parquet")
    assert "a text longer than the 32,767 signs" in decide(heads, tmp_path / "in.parquet", tmp_path / "out.xlsx")
    monkeypatch.setattr(policy_tables, "XLSX_ROWS", 10)
    assert "an xlsx sheet holds 9 rows and there are 10" in decide(
        heads, tmp_path / "in.parquet", tmp_path / "out.xlsx"
    )


FRAMES: list[tuple[str, Any]] = [
    ("mixed figures and texts", pd.DataFrame({"x": [1, "2", None]})),
    ("another column of anything", pd.DataFrame({"x": [1, 2, None], "z": [object(), 1, "a"]})),
    ("a filtered frame", pd.DataFrame({"x": [9, 1, 2, None]})[1:]),
    ("names that are numbers", pd.DataFrame({"x": [1, 2, None], 5: [1, 2, 3]})),
    ("spaces in the name", pa.table({" x ": ["1", "2", None]})),
    ("wide decimals", pa.table({"x": pa.array([1, 2, None]).cast(pa.decimal256(50, 2))})),
    ("a column of another twice", pa.Table.from_arrays([pa.array([1, 2, None])] + [pa.nulls(3)] * 2, ["x", "z", "z"])),
]


@pytest.mark.parametrize("frame", [row[1] for row in FRAMES], ids=[row[0] for row in FRAMES])
def test_frames_of_any_kind(tmp_path: Path, frame: Any) -> None:
    found = one_cell(tmp_path, "< 2", "number").decide(frame, ON)
    assert found["t"].to_pylist() == ["yes", "no", None]
    assert found.column_names == [
        *map(str, frame.columns if isinstance(frame, pd.DataFrame) else frame.column_names),
        "t",
        "t_rule",
        "t_problem",
    ]


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    for frame in (pd.DataFrame([[1, 2]], columns=["x", "x"]), pa.Table.from_arrays([pa.array([1])] * 2, ["x", "x"])):
        with pytest.raises(PolicyError, match="the column x stands twice"):
            one_cell(tmp_path, "< 2", "number").decide(frame, ON)


# to DMN and back ------------------------------------------------------------------------------------------------------

NAMES = [("standards", "cases"), ("a b", "a-b"), ("A", "a"), ("…", "！")]


@pytest.mark.parametrize("names", NAMES)
def test_no_table_takes_another_files_name(tmp_path: Path, names: tuple[str, str]) -> None:
    toml = '[standards]\nfile = "standards.csv"\n' + asked("x", "number")
    tables = {"standards": "area,name,from,value,document\n*,M,2022-01-01,700,d\n"}
    for number, name in enumerate(names):
        toml += (
            f'[[decision]]\nname = "{name}"\nfile = "t{number}.csv"\noutputs = [{{name = "{name}", type = "number"}}]\n'
        )
        tables[f"t{number}"] = f"rule,x,→ {name},clause\n1,< M,{number},c\n甲 一,>= M,{number},c\n"
    policy = Policy.load(folder(tmp_path / "a", toml, **tables))
    for command in (["export", tmp_path / "a", tmp_path / "p.dmn"], ["import", tmp_path / "p.dmn", tmp_path / "b"]):
        assert CliRunner().invoke(app, [str(part) for part in command]).exit_code == 0
    back = Policy.load(tmp_path / "b")
    assert back.digest == Policy.load(tmp_path / "p.dmn").digest == policy.digest
    files = [path.name.casefold() for path in (tmp_path / "b").iterdir()]
    assert len(files) == len(set(files)) == 4


def test_ids_in_a_dmn_file_are_what_xml_allows(tmp_path: Path) -> None:
    from lxml import etree

    toml = asked("x", "number")
    tables = {}
    for name in ("t", "u"):
        toml += f'[[decision]]\nname = "{name}"\nhit_policy = "F"\noutputs = [{{name = "{name}", type = "number"}}]\n'
        tables[name] = f"rule,x,→ {name},clause\ndeep,< 1,1,c\n甲 一,< 2,2,c\n,-,3,c\n_n1,-,3,c\n"
    path = folder(tmp_path, toml, **tables)
    policy = Policy.load(path)
    CliRunner().invoke(app, ["export", str(path), str(tmp_path / "p.dmn")])
    ids = [element.get("id") for element in etree.parse(tmp_path / "p.dmn").iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all((one[0].isalpha() or one[0] == "_") and " " not in one for one in ids)
    read = Policy.load(tmp_path / "p.dmn")
    assert [[rule.id for rule in one.table.rules] for one in read.model.decisions if one.table] == [
        ["deep", "甲 一", "3", "_n1"]
    ] * 2
    assert read.digest == policy.digest


# other vendors' files, comparisons, the adapter -----------------------------------------------------------------------

FOREIGN = """<?xml version="1.0"?>
<dmn:definitions xmlns:dmn="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:v="urn:vendor" namespace="urn:x" name="loan" id="d">
  <dmn:extensionElements><v:policy effective_from="soon"><v:cases>none of ours</v:cases></v:policy></dmn:extensionElements>
  <dmn:inputData name="x" id="i"><dmn:variable name="x" typeRef="number"/></dmn:inputData>
  <dmn:decision name="twice" id="t"><dmn:variable name="twice" typeRef="number"/>
    <dmn:informationRequirement><dmn:requiredInput href="#i"/></dmn:informationRequirement>
    <dmn:literalExpression><dmn:text>x * 2</dmn:text></dmn:literalExpression></dmn:decision>
  <dmn:decisionService name="s" id="s"><dmn:outputDecision href="#t"/><dmn:inputData href="#i"/></dmn:decisionService>
</dmn:definitions>"""


def test_another_vendors_file_is_read_by_its_namespaces(tmp_path: Path) -> None:
    """A service points at its inputs; an extension that is not ours says nothing to us."""
    file = tmp_path / "loan.dmn"
    file.write_text(FOREIGN, encoding="utf-8")
    policy = Policy.load(file)
    assert policy.model.effective_from is None
    assert policy.decide(pa.table({"x": [21]}), ON).column("twice").to_pylist() == [42]


def test_a_comparison_by_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    policy = one_cell(tmp_path, "> 1", "number")
    with pytest.raises(PolicyError, match=r"town.*union"):
        compare(policy, policy, pa.table({"x": [1], "union": ["E01"]}), ON, by="town")


def test_results_that_are_lists_are_compared(tmp_path: Path) -> None:
    def policy(name: str, limit: int) -> Policy:
        toml = f'{asked("x", "number")}[[decision]]\nname = "t"\nhit_policy = "C"\noutputs = [{{name = "t", type = "string"}}]\n'
        rows = f'rule,x,→ t,clause\na,> {limit},"""yes""",c\nb,> 0,"""yes""",c\n'
        return Policy.load(folder(tmp_path / name, toml, t=rows))

    told = compare(policy("old", 3), policy("new", 9), pa.table({"x": [1, 5]}), ON)
    assert (told.stay, told.move) == (1, 1)


def test_the_adapter_answers_every_line() -> None:
    told = [json.loads(line) for line in answers(["{", "[1]", "", '{"model": "nowhere.dmn", "decision": "t"}'])]
    assert [one["error"] for one in told] == [True, True, True]


# versions, and what stands for a cell's column --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (
            (("2020-01-01", "2025-12-31"), ("2021-01-01", "2021-12-31"), ("2023-01-01", "")),
            ["two-versions", "two-versions"],
        ),
        ((("2020-01-01", "2020-12-31"), ("2022-01-01", "")), ["no-version"]),
        ((("2020-01-01", "2020-12-31"), ("2021-01-01", "")), []),
    ],
)
def test_versions_are_held_against_the_one_that_ends_last(tmp_path: Path, spans: Any, said: list[str]) -> None:
    """A version that outlives the next one leaves no day without a policy after it."""
    for number, (start, end) in enumerate(spans):
        toml = f'version = "{number}"\neffective_from = "{start}"\n' + (f'effective_to = "{end}"\n' if end else "")
        toml += f'{asked("x", "number")}[[decision]]\nname = "v"\nexpression = "x + 1"\n'
        folder(tmp_path / f"v{number}", toml)
    found = PolicySet.load(tmp_path).check()
    assert [problem.code for problem in found] == said
    for problem in found:
        assert problem.file in ("v1/policy.toml", "v2/policy.toml")
        assert (
            (tmp_path / problem.file)
            .read_text(encoding="utf-8")
            .splitlines()[problem.line - 1]
            .startswith("effective_from")
        )


def test_every_version_in_force_on_a_day_is_named_and_its_own_problems_stand_in_its_folder(tmp_path: Path) -> None:
    for number, start in enumerate(("2020-01-01", "2021-01-01", "2022-01-01")):
        toml = f'version = "{number}"\neffective_from = "{start}"\n{asked("x", "number")}{asked("z", "number")}'
        folder(tmp_path / f"v{number}", toml + '[[decision]]\nname = "v"\nexpression = "x + 1"\n')
    told = [item for item in check(tmp_path)["problems"] if item["code"] == "two-versions"]
    assert [(item["file"], item["line"]) for item in told] == [("v1/policy.toml", 3), ("v2/policy.toml", 3)]
    assert told[1]["en"] == "several versions are in force on 2022-01-01: v0 p 0, v1 p 1, v2 p 2"
    unused = [(item["file"], item["line"]) for item in check(tmp_path)["problems"] if item["code"] == "unused-input"]
    assert unused == [(f"v{number}/policy.toml", 8) for number in range(3)]
    (tmp_path / "v1" / "policy.toml").write_text('id = "p"\nvershun = 1\n', encoding="utf-8")
    assert [item["file"] for item in check(tmp_path)["problems"]] == ["v1/policy.toml"]


@pytest.mark.parametrize("text", ["?", "k + ?", "max(k, ?)"])
def test_what_stands_for_a_cells_column_is_refused_elsewhere(tmp_path: Path, text: str) -> None:
    with pytest.raises(PolicyError, match="written in cells alone"):
        formula(tmp_path, text)
