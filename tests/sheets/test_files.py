"""Files that must be refused in one sentence, and files that must be read, whatever they are called."""

import io
import resource
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import msoffcrypto.format.ooxml as ooxml
import openpyxl
import pytest

from nuanxin.sheets import read_file
from nuanxin.sheets.files import MAX_FILE, Opened, _biff_text_lengths, open_file

EXPECT = {"survey", "matters"}


def code(path: Path) -> str | None:
    """Why a file is refused whole; the sentence must stand in both languages with no argument left open."""
    reading = read_file(path, expect=EXPECT)
    if reading.refused_whole is None:
        return None
    for lang in ("zh", "en"):
        said = reading.refused_whole.text(lang)
        assert said
        assert "{" not in said
    assert not reading.tables
    return reading.refused_whole.code


def repack(
    path: Path, out: Path, change: dict[str, bytes] | None = None, extra: list[tuple[str, bytes]] | None = None
) -> Path:
    """A copy of an archive with members changed or added."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info.filename, (change or {}).get(info.filename, source.read(info)))
        written = set(source.namelist())
        for name, content in [*(change or {}).items(), *(extra or [])]:
            if name not in written:
                target.writestr(name, content)
    return out


@pytest.fixture
def good(write, make: SimpleNamespace) -> Path:
    return write("good.xlsx", [make.HEADER, *make.family()])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xlsx", b"", "empty_file"),
        ("a.csv", b"  \r\n\r\n", "empty_file"),
        ("a.xlsx", b"PK\x03\x04 this is no archive", "corrupt"),
        ("a.xlsx", b"this is no workbook at all", "not_what_it_says"),
        ("a.xlsx", b"<html><table><tr><td>1</td></tr></table></html>", "not_what_it_says"),
        ("a.xls", b"<?xml version='1.0'?><Workbook/>", "unsupported"),
        ("a.pdf", b"%PDF-1.7 ...", "not_spreadsheet"),
        ("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(100), "not_what_it_says"),
        ("a.csv", bytes(range(256)) * 4, "not_spreadsheet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "corrupt"),
        ("a.csv", "说明\n随便写的".encode(), "no_form"),
        ("a.csv", b"\xff\xff\xfa\xfb\xfc,1\n\x81,2\n", "encoding"),
    ],
)
def test_what_is_no_return(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert code(path) == expected


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    assert code(tmp_path / "nowhere.xlsx") == "unreadable"
    assert code(tmp_path) == "unreadable"


def test_other_office_documents(tmp_path: Path) -> None:
    for member, expected in (
        ("word/document.xml", "not_spreadsheet"),
        ("xl/workbook.bin", "unsupported"),
        ("a.txt", "not_spreadsheet"),
    ):
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "<x/>")
        assert code(path) == expected


def test_cut_off_and_flipped_bytes(tmp_path: Path, good: Path) -> None:
    content = good.read_bytes()
    path = tmp_path / "cut.xlsx"
    for end in (30, 200, len(content) // 2, len(content) - 10):
        path.write_bytes(content[:end])
        assert code(path) == "corrupt"
    for place in range(40, len(content), max(1, len(content) // 60)):
        changed = bytearray(content)
        changed[place] ^= 0x55
        path.write_bytes(bytes(changed))
        opened = open_file(path)
        assert isinstance(opened, Opened)


def test_a_workbook_part_that_is_no_xml(tmp_path: Path, good: Path) -> None:
    assert code(repack(good, tmp_path / "a.xlsx", {"xl/workbook.xml": b"<workbook><sheets>"})) in (
        "corrupt",
        "no_sheet",
    )
    assert code(repack(good, tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row><c"})) in (
        "corrupt",
        "no_sheet",
    )


def test_encrypted_xlsx(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "locked.xlsx"
    with good.open("rb") as plain, path.open("wb") as locked:
        ooxml.OOXMLFile(plain).encrypt("secret", locked)
    assert code(path) == "encrypted"


def test_encrypted_xls(tmp_path: Path, write, make: SimpleNamespace) -> None:
    content = bytearray(write("a.xls", [make.HEADER, *make.family()]).read_bytes())
    # The record of a password (FILEPASS) in the place of the first record after the beginning of the workbook.
    begin = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    content[begin + 20 : begin + 22] = b"\x2f\x00"
    path = tmp_path / "locked.xls"
    path.write_bytes(bytes(content))
    assert code(path) == "encrypted"


def test_encrypted_members(tmp_path: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    path = tmp_path / "a.xlsx"
    path.write_bytes(bytes(content))
    assert code(path) == "encrypted"


@pytest.mark.parametrize(
    "name",
    [
        "xl/worksheets/sheet1.xml",
        "XL/Worksheets/Sheet1.xml",
        "xl\\worksheets\\sheet1.xml",
        "/xl/worksheets/sheet1.xml",
        "xl/./worksheets/sheet1.xml",
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubled_members(tmp_path: Path, good: Path, name: str) -> None:
    path = tmp_path / "twice.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info))
        info = zipfile.ZipInfo()
        info.filename = name
        target.writestr(info, source.read("xl/worksheets/sheet1.xml"))
    assert code(path) == "doubled_member"


def test_a_member_outside_the_directory(tmp_path: Path, good: Path) -> None:
    """A program that reads from the front sees another sheet than one that reads the directory."""
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    piece = hidden.getvalue()[: hidden.getvalue().index(b"PK\x01\x02")]
    path = tmp_path / "front.xlsx"
    path.write_bytes(piece + good.read_bytes())
    assert code(path) == "doubled_member"


def test_two_names_for_one_member(tmp_path: Path, good: Path) -> None:
    content = good.read_bytes()
    local = content.index(b"xl/workbook.xml")
    assert local < content.index(b"PK\x01\x02")
    path = tmp_path / "names.xlsx"
    path.write_bytes(content[:local] + b"xl/workbooK.xml" + content[local + 15 :])
    assert code(path) == "doubled_member"


def test_entities_are_refused(tmp_path: Path, good: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><sst>&b;</sst>'
    assert code(repack(good, tmp_path / "a.xlsx", {"xl/sharedStrings.xml": bomb})) == "xml_entity"
    assert (
        code(repack(good, tmp_path / "b.xlsx", extra=[("xl/other.xml", "<!DOCTYPE a>".encode("utf-16"))]))
        == "xml_entity"
    )


def bomb(path: Path, good: Path, *, lie: bool) -> Path:
    """An archive with a sheet that unpacks to 600 MiB; when it lies, its directory declares a few bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b" " * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(600)) + packer.flush()
    plain = good.read_bytes()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info))
        target.writestr(zipfile.ZipInfo("xl/worksheets/sheet9.xml"), packed)
    content = bytearray(path.read_bytes())
    size = (1000 if lie else 600 << 20).to_bytes(4, "little")
    for signature, method, place in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        at = content.rindex(
            signature,
            0,
            content.rindex(b"xl/worksheets/sheet9.xml")
            if signature == b"PK\x01\x02"
            else content.index(b"xl/worksheets/sheet9.xml"),
        )
        content[at + method : at + method + 2] = b"\x08\x00"
        content[at + place : at + place + 4] = size
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("lie", [False, True])
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, good: Path, lie: bool) -> None:
    path = bomb(tmp_path / "bomb.xlsx", good, lie=lie)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert code(path) == "zip_bomb"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500 * 1024


def test_a_member_that_lies_about_its_size(tmp_path: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (5).to_bytes(4, "little")
    path = tmp_path / "a.xlsx"
    path.write_bytes(bytes(content))
    assert code(path) == "corrupt"


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        b'<row r="1"><c r="A1"><v>1</v></c></row><row\nr = "1048576"><c  r\t=\t"xfd1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1000000"><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c></row>',
    ],
)
def test_a_sheet_that_spans_everything(tmp_path: Path, good: Path, cells: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert code(repack(good, tmp_path / "wide.xlsx", {"xl/worksheets/sheet1.xml": SHEET % cells})) == "too_many_cells"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_formatted_blanks_far_away_do_no_harm(tmp_path: Path, good: Path) -> None:
    book = openpyxl.load_workbook(good)
    book.worksheets[0]["XFD1048576"].number_format = "0.00"
    book.save(tmp_path / "far.xlsx")
    assert code(tmp_path / "far.xlsx") is None


def test_shared_text_that_multiplies(tmp_path: Path, good: Path) -> None:
    text = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"x" * 100_000
        + b"</t></si></sst>"
    )
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 9_000))
    path = repack(good, tmp_path / "s.xlsx", {"xl/worksheets/sheet1.xml": SHEET % rows, "xl/sharedStrings.xml": text})
    assert code(path) == "zip_bomb"


def ods(path: Path, table: str) -> Path:
    names = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet><table:table table:name="a">{table}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return path


def test_ods_repeats_are_measured(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}"><text:p>{text}</text:p></table:table-cell>'
    row = '<table:table-row table:number-rows-repeated="{rows}">{cells}</table:table-row>'
    wide = row.format(rows=1048576, cells=cell.format(columns=1024, text="x"))
    assert code(ods(tmp_path / "a.ods", wide)) in ("too_many_cells", "zip_bomb")
    gap = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    assert (
        code(ods(tmp_path / "b.ods", gap + row.format(rows=1, cells=cell.format(columns=30, text="x"))))
        == "too_many_cells"
    )
    assert (
        code(ods(tmp_path / "c.ods", row.format(rows=9000, cells=cell.format(columns=10, text="x" * 9000))))
        == "zip_bomb"
    )
    assert code(ods(tmp_path / "d.ods", row.format(rows=1, cells=cell.format(columns=3, text="x")) + gap)) == "no_form"


def test_encrypted_ods(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/manifest.xml", "<manifest><encryption-data/></manifest>")
        archive.writestr("content.xml", "garbage")
    assert code(path) == "encrypted"


def test_a_file_that_is_too_big(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(MAX_FILE + 1)
    assert code(path) == "too_big"


def test_xls_that_spans_everything(write) -> None:
    rows: list[list[object]] = [["x"], *[[] for _ in range(65_000)], ["" for _ in range(255)] + ["y"]]
    assert code(write("a.xls", rows)) == "too_many_cells"


def test_shared_text_of_an_xls_that_multiplies(write) -> None:
    short: list[list[object]] = [[f"编号{n}" * (n % 50), "x" * 3000] for n in range(2_000)]
    assert code(write("a.xls", short)) == "no_form"
    long = "长" * 20_000
    assert code(write("b.xls", [[long, "x" * 30_000, long + "。"] for _ in range(9_000)])) == "zip_bomb"


def test_the_lengths_of_shared_texts() -> None:
    texts = [("a" * 10, 0), ("长" * 5, 1), ("", 0), ("b" * 300, 0)]
    whole = b"".join(
        len(t).to_bytes(2, "little") + bytes([w]) + t.encode("utf-16-le" if w else "ascii") for t, w in texts
    )
    cut = len(whole) - 100
    segments = [bytes(8) + whole[:cut], b"\x00" + whole[cut:]]
    assert _biff_text_lengths(segments) == [10, 5, 0, 300]


def test_numbers_kept_as_text_in_csv(tmp_path: Path, make: SimpleNamespace) -> None:
    rows = make.family()
    rows[0][5] = f'="{rows[0][5]}"'
    rows[1][5] = f"\t{rows[1][5]}"
    lines = [",".join(f'"{str(c).replace(chr(34), chr(34) * 2)}"' for c in row) for row in [make.HEADER, *rows]]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    reading = read_file(path, expect=EXPECT)
    assert not reading.refusals
    assert len(reading.tables["survey"]) == 3


def test_an_open_quote_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('序号,类别,内容\n1,微心愿,"一台血压计\n2,难题,路灯\n', encoding="utf-8")
    reading = read_file(path, expect=EXPECT)
    assert reading.refused_whole is not None
    assert reading.refused_whole.code == "open_quote"
    assert reading.refused_whole.args["row"] == 2


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods", ".csv"])
def test_every_format_gives_the_same_rows(write, make: SimpleNamespace, suffix: str) -> None:
    rows = [["甲工会2022年第三季度困难职工家庭摸排表"], make.HEADER, *make.family(), [], ["填表人：张三"]]
    reading = read_file(write(f"a{suffix}", rows), expect=EXPECT)
    assert reading.refused_whole is None
    assert not reading.refusals
    table = reading.tables["survey"].to_pylist()
    assert [(r["row"], r["name"], r["relation"], r["income"], r["homes"]) for r in table] == [
        (3, "张刚", "self", 3_800_000, 1),
        (4, "马敏", "spouse", 3_800_000, 1),
        (5, "张霞凤", "child", 3_800_000, 1),
    ]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("gb18030", ","), ("utf-16", "\t")],
)
def test_csv_encodings_and_delimiters(write, make: SimpleNamespace, encoding: str, delimiter: str) -> None:
    rows = [make.HEADER, *make.family(备注="𠮷，\n第二行")]
    reading = read_file(write("a.csv", rows, encoding=encoding, delimiter=delimiter), expect=EXPECT)
    assert reading.refused_whole is None
    assert reading.tables["survey"]["row"].to_pylist() == [2, 3, 4], "records are counted, not lines"
    assert reading.tables["survey"]["note"].to_pylist()[0] == "𠮷，\n第二行"


@pytest.mark.parametrize(
    ("made", "called"), [(".xlsx", ".xls"), (".xls", ".xlsx"), (".ods", ".xlsx"), (".csv", ".xlsx"), (".xlsx", ".csv")]
)
def test_the_content_counts_and_not_the_name(write, make: SimpleNamespace, made: str, called: str) -> None:
    path = write(f"a{made}", [make.HEADER, *make.family()])
    other = path.with_name(f"b{called}")
    path.rename(other)
    reading = read_file(other, expect=EXPECT)
    assert reading.refused_whole is None
    assert len(reading.tables["survey"]) == 3
    assert [w.code for w in reading.warnings if not w.row] == ["suffix_differs"]


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods"])
def test_hidden_sheets_are_skipped(write, make: SimpleNamespace, suffix: str) -> None:
    old = [make.HEADER, *make.family(职工姓名="旧表人", 家庭成员姓名="旧表人")]
    reading = read_file(
        write(f"a{suffix}", {"参考": old, "摸排表": [make.HEADER, *make.family()]}, hidden=["参考"]), expect=EXPECT
    )
    assert reading.tables["survey"]["sheet"].unique().to_pylist() == ["摸排表"]


def test_very_hidden_sheets_and_no_visible_form(write, make: SimpleNamespace) -> None:
    path = write("a.xlsx", {"摸排表": [make.HEADER, *make.family()], "空": []})
    book = openpyxl.load_workbook(path)
    book["摸排表"].sheet_state = "veryHidden"
    book.save(path)
    assert code(path) == "no_sheet"


def test_hidden_rows_and_columns_are_read(write, make: SimpleNamespace) -> None:
    path = write("a.xlsx", [make.HEADER, *make.family()])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].row_dimensions[3].hidden = True
    book.worksheets[0].column_dimensions["F"].hidden = True
    book.save(path)
    reading = read_file(path, expect=EXPECT)
    assert len(reading.tables["survey"]) == 3
    assert not reading.refusals


def test_rows_are_numbered_as_the_spreadsheet_does(tmp_path: Path, make: SimpleNamespace) -> None:
    """Data that begin at C5: leading empty rows and columns are not counted away."""
    for suffix in (".xlsx", ".xls", ".ods"):
        rows: list[list[object]] = [[], [], [], [], ["", "", *make.HEADER], *[["", "", *row] for row in make.family()]]
        path = tmp_path / f"c5{suffix}"
        maker = {".xlsx": "_xlsx", ".xls": "_xls", ".ods": "_ods"}[suffix]
        make.write[maker](path, {"摸排表": rows}, (), ())
        reading = read_file(path, expect=EXPECT)
        assert reading.tables["survey"]["row"].to_pylist() == [6, 7, 8]


def test_an_xlsx_as_wps_saves_it(tmp_path: Path, good: Path) -> None:
    """WPS adds parts of its own, writes no dimension and prefixes nothing differently."""
    path = repack(
        good,
        tmp_path / "wps.xlsx",
        extra=[("xl/cellimages.xml", b"<etc:cellImages xmlns:etc='x'/>"), ("docProps/custom.xml", b"<Properties/>")],
    )
    reading = read_file(path, expect=EXPECT)
    assert len(reading.tables["survey"]) == 3


def test_an_error_value_is_not_read_as_nothing(tmp_path):
    """#REF! in an amount, in an ID and as the result of a formula; a formula without a result."""
    import openpyxl
    import xlwt
    from tests.care.paper import TITLES, family

    from nuanxin.sheets import read_file

    rows = [[1, "01", *family("张刚")[0]], [2, "02", *family("李红", seq=5)[0]], [3, "03", *family("王强", seq=7)[0]]]
    rows[0][8], rows[1][5], rows[2][8] = "#REF!", "#N/A", "=1+1"
    book = openpyxl.Workbook()
    book.active.append(TITLES)
    for row in rows:
        book.active.append(row)
    path = tmp_path / "x.xlsx"
    book.save(path)
    refused = {(r.row, r.column) for r in read_file(path, expect={"survey"}).refusals}
    assert refused == {(2, TITLES[8]), (3, TITLES[5]), (4, TITLES[8])}

    old = xlwt.Workbook()
    sheet = old.add_sheet("困难职工家庭摸排表")
    for i, row in enumerate([TITLES, *rows[:2]]):
        for j, value in enumerate(row):
            if str(value).startswith("#"):
                sheet.row(i).set_cell_error(j, "#N/A!" if value == "#N/A" else value)
            elif value != "":
                sheet.write(i, j, value)
    path = tmp_path / "x.xls"
    old.save(str(path))
    refused = {(r.row, r.column) for r in read_file(path, expect={"survey"}).refusals}
    assert refused == {(2, TITLES[8]), (3, TITLES[5])}
