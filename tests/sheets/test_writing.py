import csv
import datetime as dt
import io
import unicodedata
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.sheets import check_lines, forms, inert, mark_up, read_file, write_table, write_template

EXPECT = {"survey", "matters"}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


# --- blank forms


@pytest.mark.parametrize("name", sorted(forms()))
@pytest.mark.parametrize("full", [False, True])
def test_a_blank_form_reads_back_as_nothing(tmp_path: Path, name: str, full: bool) -> None:
    path = write_template(name, tmp_path / "f.xlsx", title="甲工会2022年第三季度", full=full)
    reading = read_file(path, expect={name})
    assert reading.refused_whole is None
    assert not reading.refusals
    assert not reading.warnings
    assert reading.balance[name]["skipped"] == {"example": 1}
    assert reading.quarter == "2022Q3"
    assert reading.nil is (name == "survey")


def test_a_blank_form_helps_who_fills_it_in(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_template("survey", tmp_path / "f.xlsx")).worksheets[0]
    titles = [cell.value for cell in sheet[2]]
    assert "*身份证号" in titles
    assert "家庭年收入（元）" in titles
    number = titles.index("*身份证号")
    assert sheet.cell(10, number + 1).number_format == "@"
    assert sheet.column_dimensions[sheet.cell(2, number + 1).column_letter].width > 20
    assert sheet.cell(2, number + 1).comment is not None
    lists = [v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"]
    assert any("配偶" in str(words) for words in lists)
    assert any("高中" in str(words) for words in lists)
    assert sheet.freeze_panes == "A3"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.cell(3, 1).value == "例"
    assert sheet.cell(2, 1).font.name == "宋体"


def test_a_filled_in_form_is_read(tmp_path: Path, make: SimpleNamespace) -> None:
    path = write_template("survey", tmp_path / "f.xlsx")
    book = openpyxl.load_workbook(path)
    for at, row in enumerate(make.family(), 4):
        for place, value in enumerate(row, 1):
            book.worksheets[0].cell(at, place).value = None if value == "" else value
    book.save(path)
    reading = read_file(path, expect=EXPECT)
    assert not reading.refusals
    assert reading.tables["survey"]["row"].to_pylist() == [4, 5, 6]


def test_an_unknown_form_has_no_blank(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        write_template("nothing", tmp_path / "f.xlsx")


# --- the sender's file, marked


def comments(path: Path) -> dict[str, str]:
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def test_marking_the_senders_own_file(tmp_path: Path, write, make: SimpleNamespace) -> None:
    rows = make.family(身份证号=6.40381197112122e17, 家庭年收入="约3万")
    path = write(
        "a.xlsx",
        {"摸排表": [["2022年第三季度摸排表"], make.HEADER, *rows], "参考": [["下拉选项"]]},
        hidden=["参考"],
        merges=["A1:S1", "I3:I5"],
    )
    book = openpyxl.load_workbook(path)
    book["摸排表"]["R3"] = "=1+1"
    book["摸排表"]["B2"].font = openpyxl.styles.Font(bold=True)
    book.save(path)
    reading = read_file(path, expect=EXPECT)
    out = mark_up(path, reading.refusals, tmp_path / "out.xlsx")
    marked = openpyxl.load_workbook(out)
    sheet = marked["摸排表"]
    assert set(comments(out)) == {"摸排表!F3", "摸排表!I3"}
    assert "以数字保存" in comments(out)["摸排表!F3"]
    assert sheet["F3"].fill.fgColor.rgb == "FFFDE2DC"
    assert sheet["R3"].value == "=1+1"
    assert sheet["B2"].font.bold
    assert marked["参考"].sheet_state == "hidden"
    assert {str(r) for r in sheet.merged_cells.ranges} == {"A1:S1", "I3:I5"}
    assert comments(path) == {}


def test_a_refusal_inside_a_merged_range_is_marked_on_its_first_cell(
    tmp_path: Path, write, make: SimpleNamespace
) -> None:
    path = write("a.xlsx", [make.HEADER, *make.family(家庭年收入="每月3000")], merges=["I2:I4"])
    reading = read_file(path, expect=EXPECT)
    assert list(comments(mark_up(path, reading.refusals, tmp_path / "out.xlsx"))) == ["摸排表!I2"]


@pytest.mark.parametrize("suffix", [".csv", ".xls", ".ods"])
def test_other_formats_come_back_as_an_xlsx_copy(tmp_path: Path, write, make: SimpleNamespace, suffix: str) -> None:
    path = write(f"a{suffix}", [make.HEADER, *make.family(家庭年收入="约3万", 备注="=cmd()")])
    reading = read_file(path, expect=EXPECT)
    out = mark_up(path, reading.refusals, tmp_path / "out.xlsx", lang="en")
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert sheet["I2"].comment is not None
    assert "definite figure" in sheet["I2"].comment.text
    assert sheet["S2"].value == "'=cmd()"
    assert sheet["D3"].value == "马敏"


def test_an_example_marked(tmp_path: Path, make: SimpleNamespace) -> None:
    path = make.EXAMPLES / "2022Q4" / "QTX-03-C5-利民社区工会联合会.csv"
    reading = read_file(path, expect=EXPECT)
    (place,) = comments(mark_up(path, reading.refusals, tmp_path / "out.xlsx"))
    assert place.endswith("!F4")


def test_what_cannot_be_read_cannot_be_marked(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="损坏"):
        mark_up(tmp_path / "a.xlsx", [], tmp_path / "out.xlsx")


# --- the lines of a check


def test_the_lines_of_a_check(write, make: SimpleNamespace) -> None:
    path = write(
        "a.xlsx",
        [["甲工会2022年第三季度困难职工家庭摸排表"], make.HEADER, *make.family(家庭年收入="约3万"), ["填表人：张三"]],
    )
    lines = check_lines(read_file(path, expect=EXPECT), "zh")
    assert "甲工会" in lines[0]
    assert "2022Q3" in lines[0]
    assert "表头以下 4 行，接收 2，退回 1，略过 落款 1；共 1 户，其中 1 户" in lines[1]
    assert any("第 3 行" in line and "约3万" in line for line in lines)
    english = "\n".join(check_lines(read_file(path, expect=EXPECT), "en"))
    assert "4 rows below the header, 2 accepted, 1 refused, footer 1 skipped; 1 families, 1 of them held" in english


def test_the_lines_of_a_nil_and_of_a_refused_file(write, make: SimpleNamespace, tmp_path: Path) -> None:
    nil = read_file(write("a.xlsx", [make.HEADER, ["无"]]), expect=EXPECT)
    assert any("零报告" in line for line in check_lines(nil, "zh"))
    (tmp_path / "b.xlsx").write_bytes(b"")
    whole = check_lines(read_file(tmp_path / "b.xlsx", expect=EXPECT), "en")
    assert whole == ["b.xlsx: refused whole. The file is empty. Save it again and resend."]


# --- tables for people


VALUES: list[object] = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\tx",
    "\rx",
    "\nx",
    "\0x",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "  =1",
    "　＝1",
    "​=1",
    "好",
    Decimal("-3.5"),
    -4,
    -1.5,
    None,
    True,
    dt.date(2022, 9, 16),
]


def cells(path: Path) -> list[object]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [cell for row in csv.reader(stream) for cell in row]
    book = openpyxl.load_workbook(path)
    found = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in found)
    return [cell.value for cell in found]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_exports_are_inert(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"o{suffix}"
    write_table(path, ["=列", "数"], [[value, 1] for value in VALUES], title="=标题")
    for cell in cells(path):
        if isinstance(cell, str) and cell:
            assert not unicodedata.normalize("NFKC", cell).lstrip().startswith(("=", "+", "-", "@")), cell
            assert cell[0] not in DANGEROUS, cell


def test_exports_keep_what_things_are(tmp_path: Path) -> None:
    path = tmp_path / "o.xlsx"
    write_table(
        path,
        ["a"],
        [[Decimal("1234.50")], [7], [dt.date(2022, 9, 16)], ["007"], ["640381197112122498"], [None], [False]],
    )
    assert cells(path) == ["a", 1234.5, 7, dt.datetime(2022, 9, 16), "007", "640381197112122498", None, "否"]


def test_exports_to_a_buffer(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    write_table(buffer, ["姓名"], [["=x"], ["a,b"]], format="csv")
    assert buffer.getvalue().decode("utf-8-sig") == '姓名\r\n\'=x\r\n"a,b"\r\n'
    assert not buffer.closed
    book = io.BytesIO()
    write_table(book, ["姓名"], [["=x"]])
    assert openpyxl.load_workbook(io.BytesIO(book.getvalue())).worksheets[0]["A2"].value == "'=x"
    with pytest.raises(ValueError, match="pdf"):
        write_table(tmp_path / "o.pdf", ["a"], [])


@given(st.text())
def test_inert_text_never_starts_a_formula(text: str) -> None:
    made = inert(text)
    assert made.removeprefix("'") == text or made == text
    assert not unicodedata.normalize("NFKC", made[:1]).startswith(DANGEROUS)
    assert inert(made) == made
