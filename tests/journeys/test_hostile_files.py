"""Bad input one by one through the commands: a sentence each, nothing lost, nothing half-written, bounded time."""

import io
import random
import re
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

from .desk import ID_NUMBER, Desk
from .worlds import build, check_digit

QUARTER = "2022Q3"
UNION = "QTX-01-E01"
NAME = "峡光铝材工会委员会"
OTHER = "QTX-04-C1"
OTHER_NAME = "东街社区工会联合会"
ACT = ("--quarter", QUARTER, "--by", "he", "--on", "2022-08-20")
HEADER = [
    "序号", "户编号", "职工姓名", "家庭成员姓名", "与职工关系", "身份证号", "联系电话", "就业状况", "家庭年收入（元）",
    "自付医疗费（元）", "教育支出（元）", "在读情况", "住房套数", "机动车（辆）", "是否经商办企业", "是否高收费私立学校或自费留学",
    "意外损失（元）", "主要致困原因", "备注",
]  # fmt: skip


def number(born: str, order: int) -> str:
    body = f"640381{born}{order:03d}"
    return body + check_digit(body)


LEAVES = [
    row.split(",")[:2]
    for row in (Path(__file__).parents[2] / "examples/unions.csv").read_text(encoding="utf-8-sig").splitlines()
    if row.endswith((",enterprise", ",community"))
]


@dataclass(frozen=True, slots=True)
class People:
    """The ID numbers of one case: Ann's family, and two people more."""

    ann: str
    spouse: str
    child: str
    bo: str
    cy: str

    @property
    def family(self) -> list[list[Any]]:
        return [
            head(1, "安春梅", self.ann),
            member("何大山", "配偶", self.spouse),
            member("何小川", "子女", self.child, "义务教育"),
        ]


def people(case: int) -> People:
    return People(
        *(number(born, 10 * case + 1) for born in ("19750304", "19760809", "20080102", "19800101", "19820202"))
    )


def head(i: int, name: str, ident: Any, income: Any = 12000, **cells: Any) -> list[Any]:
    row: list[Any] = [
        i,
        f"{i:02d}",
        name,
        name,
        "本人",
        ident,
        "13912345678",
        "在岗",
        income,
        0,
        0,
        None,
        1,
        0,
        "否",
        "否",
        0,
        "收入低",
        None,
    ]
    for title, value in cells.items():
        row[HEADER.index(title)] = value
    return row


def member(name: str, relation: str, ident: Any, study: str | None = None) -> list[Any]:
    return [None, None, None, name, relation, ident, None, "务农", None, None, None, study, *[None] * 7]


FIRST = people(0)
ANN, ANN_SPOUSE, BO, CY = FIRST.ann, FIRST.spouse, FIRST.bo, FIRST.cy
ANN_FAMILY = FIRST.family


def workbook(rows: list[list[Any]], *, name: str = NAME, quarter: str = "2022年第三季度") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "困难职工家庭摸排表"
    sheet.append([f"{name}{quarter}困难职工家庭摸排表"])
    sheet.append(HEADER)
    for row in rows:
        sheet.append(row)
    asks = book.create_sheet("难题和微心愿")
    asks.append(["序号", "类别", "内容", "提出人", "联系电话"])
    asks.append([1, "微心愿", "一盏台灯", "何小川", "13912345678"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def doubled_members() -> bytes:
    """An archive with two first sheets: two readers would read two returns."""
    source = zipfile.ZipFile(io.BytesIO(workbook(ANN_FAMILY)))
    other = zipfile.ZipFile(io.BytesIO(workbook([head(1, "白一", BO)])))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in source.namelist():
            made.writestr(entry, source.read(entry))
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("xl/worksheets/sheet1.xml", other.read("xl/worksheets/sheet1.xml"))
    return stream.getvalue()


def bomb() -> bytes:
    """A sheet of 600 MB that packs to about half a megabyte."""
    source = zipfile.ZipFile(io.BytesIO(workbook(ANN_FAMILY)))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in source.namelist():
            if entry != "xl/worksheets/sheet1.xml":
                made.writestr(entry, source.read(entry))
        with made.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            block = b'<row r="1"><c r="A1"><v>1</v></c></row>' * 27000
            for _ in range(600):
                sheet.write(block)
            sheet.write(b"</sheetData></worksheet>")
    return stream.getvalue()


def string_bomb() -> bytes:
    """Entities that grow: ten levels of ten inside one cell of the sheet."""
    source = zipfile.ZipFile(io.BytesIO(workbook(ANN_FAMILY)))
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    head_of_it = f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY l0 "无无无无无无无无无无">{levels}]>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in source.namelist():
            text = source.read(entry).decode()
            if "13912345678" in text:
                body = text.partition("?>")[2] if text.startswith("<?xml") else text
                text = head_of_it + body.replace("13912345678", "&l9;", 1)
            made.writestr(entry, text)
    assert any(b"&l9;" in zipfile.ZipFile(stream).read(entry) for entry in source.namelist())
    return stream.getvalue()


def encrypted() -> bytes:
    """What a password makes of an xlsx: a compound file whose stream is an EncryptedPackage."""
    book = xlwt.Workbook()
    book.add_sheet("a")
    stream = io.BytesIO()
    book.save(stream)
    made = bytearray(stream.getvalue())
    old = "Workbook".encode("utf-16-le") + b"\0\0"
    at = made.index(old)
    new = "EncryptedPackage".encode("utf-16-le") + b"\0\0"
    made[at : at + 64] = new.ljust(64, b"\0")
    made[at + 64 : at + 66] = struct.pack("<H", len(new))
    return bytes(made)


def noise() -> bytes:
    return random.Random(1).randbytes(20000)


WHOLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "noise": (".xlsx", noise),
    "cut in half": (".xlsx", lambda: workbook(ANN_FAMILY)[:4000]),
    "a picture": (".xlsx", lambda: b"\x89PNG\r\n\x1a\n" + noise()),
    "nothing": (".xlsx", lambda: b""),
    "nothing in a csv": (".csv", lambda: b""),
    "a web page": (".xls", lambda: "<html><body>请登录</body></html>".encode()),
    "noise as xls": (".xls", noise),
    "noise as ods": (".ods", noise),
    "an xls signature alone": (".xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise()),
    "a picture as csv": (".csv", lambda: b"\x89PNG\r\n\x1a\n" + noise()),
    "a document": (".docx", lambda: b"PK\x05\x06" + b"\0" * 18),
    "an empty archive": (".xlsx", lambda: b"PK\x05\x06" + b"\0" * 18),
    "doubled members": (".xlsx", doubled_members),
    "bomb": (".xlsx", bomb),
    "encrypted": (".xlsx", encrypted),
    "another quarter": (".xlsx", lambda: workbook(ANN_FAMILY, quarter="2022年第二季度")),
    "no form": (".xlsx", lambda: unrelated()),
}


def unrelated() -> bytes:
    book = openpyxl.Workbook()
    for row in (["职工运动会报名表"], ["姓名", "项目"], ["安春梅", "跳绳"]):
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo union and an open round; copied for each test."""
    desk = Desk(tmp_path_factory.mktemp("ready") / "home")
    desk.ok("demo", "load")
    desk.ok("round", "open", QUARTER, "--by", "he", "--on", "2022-07-01")
    return desk.home


@pytest.fixture
def desk(ready: Path, tmp_path: Path) -> Desk:
    shutil.copytree(ready, tmp_path / "home")
    return Desk(tmp_path / "home")


def put(
    tmp_path: Path, made: bytes, suffix: str = ".xlsx", *, code: str = UNION, name: str = NAME, mark: str = ""
) -> Path:
    path = tmp_path / f"{code}-{name}{mark}{suffix}"
    path.write_bytes(made)
    return path


def one_sentence(text: str) -> None:
    assert 4 <= len(text) <= 300, text
    assert "\n" not in text.strip()
    assert "Traceback" not in text
    assert re.search(r"[\u4e00-\u9fff]", text), text
    assert not ID_NUMBER.search(text), text


def shown(desk: Desk, file: Path) -> dict[str, Any]:
    files = [entry for entry in desk.data("returns", "show", QUARTER)["files"] if entry["file"] == file.name]
    assert len(files) == 1, f"{file.name} stands {len(files)} times"
    return dict(files[0])


def state(desk: Desk, code: str) -> str:
    return next(u["state"] for u in desk.data("returns", "show", QUARTER)["unions"] if u["code"] == code)


def test_files_that_cannot_be_read_are_one_sentence_each(desk: Desk, tmp_path: Path) -> None:
    """All of them and one good file in one import: the good one is kept, the rest leave nothing behind."""
    (code, name), *rest = LEAVES
    good = put(tmp_path, workbook(ANN_FAMILY, name=name), code=code, name=name)
    sent = {
        case: put(tmp_path, make(), suffix, code=code, name=name)
        for (case, (suffix, make)), (code, name) in zip(WHOLE.items(), rest, strict=False)
    }
    assert len(sent) == len(WHOLE)
    answer, peak = desk.measured("returns", "import", *sent.values(), good, *ACT, "--json", seconds=120)
    assert answer.code == 0, answer.err
    answer.json()
    assert "Traceback" not in answer.err
    told = desk.data("returns", "show", QUARTER)
    files = {entry["file"]: entry for entry in told["files"]}
    states = {union["code"]: union["state"] for union in told["unions"]}
    silent = []
    for case, file in sent.items():
        entry = files.get(file.name)
        if not entry or not entry["refused_whole"]:
            silent.append((case, entry))
            continue
        one_sentence(entry["refused_whole"])
        assert (entry["rows_accepted"], entry["households"], entry["wishes"]) == (0, 0, 0), case
    assert not silent
    assert [code for code, state in states.items() if state != "silent"] == [code]
    kept = files[good.name]
    assert (kept["rows_accepted"], kept["households"], kept["refused_whole"]) == (3, 1, None)
    desk.ok("verify")
    assert peak < 1024 * 1024


@pytest.mark.parametrize("case", [case for case in WHOLE if case != "another quarter"])
def test_check_says_so_before_it_is_sent(case: str, desk: Desk, tmp_path: Path) -> None:
    suffix, make = WHOLE[case]
    told = desk.run("sheet", "check", put(tmp_path, make(), suffix), "--json", seconds=60)
    assert told.code == 0, told.out + told.err
    one_sentence(told.json()["refused_whole"])


def test_growing_entities_stay_small(desk: Desk, tmp_path: Path) -> None:
    told, peak = desk.measured("sheet", "check", put(tmp_path, string_bomb()), "--json", seconds=60)
    assert told.code == 0, told.err
    assert len(told.out) < 20000
    told.json()
    assert peak < 1024 * 1024


def test_a_union_that_does_not_exist(desk: Desk, tmp_path: Path) -> None:
    stranger = put(
        tmp_path, workbook(ANN_FAMILY, name="海市蜃楼工会委员会"), code="QTX-77-E99", name="海市蜃楼工会委员会"
    )
    desk.ok("returns", "import", stranger, *ACT)
    one_sentence(shown(desk, stranger)["refused_whole"])
    assert desk.data("round", "show", QUARTER)["families"] == []


BAD_ROWS: dict[str, Callable[[People], list[list[Any]]]] = {
    "two heads": lambda p: [head(2, "白一", p.bo), member("蔡二", "本人", p.cy)],
    "a child older than the parent": lambda p: [head(2, "白一", p.bo), member("蔡二", "子女", number("19700505", 67))],
    "negative income": lambda p: [head(2, "白一", p.bo, -5000)],
    "an ID of a person of the family above": lambda p: [head(2, "白一", p.spouse)],
    "an ID twice in a family": lambda p: [head(2, "白一", p.bo), member("蔡二", "配偶", p.bo)],
    "income of words": lambda p: [head(2, "白一", p.bo, "不知道")],
    "about": lambda p: [head(2, "白一", p.bo, "约3万")],
    "monthly": lambda p: [head(2, "白一", p.bo, "每月3000")],
    "an ID as a number": lambda p: [head(2, "白一", float(p.bo[:17] + "0"))],
    "an ID as a whole number": lambda p: [head(2, "白一", int(p.bo[:17] + "0"))],
    "an ID in scientific text": lambda p: [head(2, "白一", "6.40381E+17")],
    "a wrong check digit": lambda p: [head(2, "白一", p.bo[:-1] + ("1" if p.bo[-1] != "1" else "2"))],
    "no such date": lambda p: [head(2, "白一", number("19830231", 5))],
    "no ID": lambda p: [head(2, "白一", None)],
    "fifteen digits": lambda p: [head(2, "白一", "640381750304123")],
    "homes of words": lambda p: [head(2, "白一", p.bo, 住房套数="几套")],
    "an endless number": lambda p: [head(2, "白一", p.bo, "9" * 400)],
    "not a number": lambda p: [head(2, "白一", p.bo, "NaN")],
    "an error of the spreadsheet": lambda p: [head(2, "白一", p.bo, "#REF!")],
}


def vary(rows: list[list[Any]], case: int) -> list[list[Any]]:
    """The rows with other given names and phones, so that no case looks like a family of another."""
    given = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"[case - 1]
    for i, row in enumerate(rows):
        for at in (2, 3):
            row[at] = row[at] and row[at][0] + given + row[at][-1]
        row[6] = row[6] and f"139{case:04d}{i:04d}"
    return rows


@pytest.fixture(scope="module")
def bad_rows(
    ready: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each bad row in a file of its own union, all imported at once: the file's entry and the union's families."""
    folder = tmp_path_factory.mktemp("bad-rows")
    shutil.copytree(ready, folder / "home")
    desk = Desk(folder / "home")
    sent = {}
    for k, ((case, rows), (code, name)) in enumerate(zip(BAD_ROWS.items(), LEAVES, strict=False), start=1):
        persons = people(k)
        mixed = vary(persons.family + rows(persons), k)
        sent[case] = put(folder, workbook(mixed, name=name), code=code, name=name)
    assert len(sent) == len(BAD_ROWS)
    desk.ok("returns", "import", *sent.values(), *ACT, "--json").json()
    files = {entry["file"]: entry for entry in desk.data("returns", "show", QUARTER)["files"]}
    families = desk.data("round", "show", QUARTER)["families"]
    assert not ID_NUMBER.search(desk.said), ID_NUMBER.search(desk.said)
    return {
        case: (files[file.name], [f for f in families if f["union"] == files[file.name]["union"]])
        for case, file in sent.items()
    }


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_holds_its_family_and_keeps_the_rest(
    case: str, bad_rows: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]
) -> None:
    entry, families = bad_rows[case]
    rows = BAD_ROWS[case](FIRST)
    assert entry["refused_whole"] is None
    assert entry["refusals"], f"nothing is said about {case}: {entry}"
    for refusal in entry["refusals"]:
        one_sentence(refusal["why"])
        assert refusal["column"]
        assert refusal["sheet"]
    assert entry["households"] == 1, entry
    assert {refusal["row"] for refusal in entry["refusals"]} <= {6, 7}
    assert entry["rows_accepted"] + entry["rows_refused"] == 3 + len(rows)
    # Nobody was visited yet: Ann's family waits for that, the other for its corrected row.
    assert [family["worker"][0] for family in families] == ["安", "白"]
    assert families[1]["held"] not in (None, families[0]["held"])


def test_a_household_with_nobody_in_it(desk: Desk, tmp_path: Path) -> None:
    empty: list[Any] = [
        2,
        "02",
        None,
        None,
        None,
        None,
        "13912345678",
        None,
        12000,
        0,
        0,
        None,
        1,
        0,
        "否",
        "否",
        0,
        "收入低",
        None,
    ]
    file = put(tmp_path, workbook([*ANN_FAMILY, empty]))
    desk.ok("returns", "import", file, *ACT)
    entry = shown(desk, file)
    said = [r["why"] for r in entry["refusals"]] + [w["why"] for w in entry.get("warnings", []) if w["row"] == 6]
    assert said, "nothing is said about a household with nobody in it"
    assert entry["households"] == 1


def test_an_id_of_a_person_known_from_another_union(desk: Desk, tmp_path: Path) -> None:
    first = put(tmp_path, workbook(ANN_FAMILY))
    second = put(
        tmp_path,
        workbook([head(1, "白一", ANN_SPOUSE, 40000), member("蔡二", "配偶", CY)], name=OTHER_NAME),
        code=OTHER,
        name=OTHER_NAME,
    )
    desk.ok("returns", "import", first, *ACT)
    desk.ok("returns", "import", second, *ACT)
    families = desk.data("round", "show", QUARTER)["families"]
    entry = shown(desk, second)
    queue = desk.run("match", "list", QUARTER, "--json").out
    told = entry["refusals"] or [f for f in families if f["worker"] == "白＊" and f["held"]] or "白＊" in queue
    assert told, f"白一 has the ID of 何大山 and nobody says so: {entry} {families}"


def test_the_same_file_twice_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    file = put(tmp_path, workbook(ANN_FAMILY))
    desk.ok("returns", "import", file, *ACT)
    before = (desk.data("returns", "show", QUARTER), desk.data("round", "show", QUARTER), desk.data("verify"))
    desk.ok("returns", "import", file, *ACT)
    renamed = put(tmp_path, file.read_bytes(), mark=" (1)")
    assert before == (desk.data("returns", "show", QUARTER), desk.data("round", "show", QUARTER), desk.data("verify"))
    desk.ok("returns", "import", renamed, *ACT)
    assert before[1] == desk.data("round", "show", QUARTER)
    assert state(desk, UNION) == "returned"


def test_a_corrected_file_replaces_the_earlier(desk: Desk, tmp_path: Path) -> None:
    wrong = put(tmp_path, workbook([head(1, "安春梅", ANN, "约3万"), *ANN_FAMILY[1:]]))
    desk.ok("returns", "import", wrong, *ACT)
    assert shown(desk, wrong)["households"] == 0
    right = put(tmp_path, workbook(ANN_FAMILY), mark="（更正）")
    desk.ok("returns", "import", right, *ACT)
    assert shown(desk, wrong)["replaced_by"] == right.name
    assert shown(desk, right)["households"] == 1
    # The older file once more does not come back over the correction.
    desk.ok("returns", "import", wrong, *ACT)
    assert shown(desk, right)["replaced_by"] is None
    assert shown(desk, wrong)["replaced_by"] == right.name


def test_a_marked_copy_has_every_refusal_as_a_comment(desk: Desk, tmp_path: Path) -> None:
    file = put(tmp_path, workbook([*ANN_FAMILY, head(2, "白一", "6.40381E+17"), head(3, "蔡二", CY, "约3万")]))
    copy = tmp_path / "marked.xlsx"
    desk.ok("sheet", "check", file, "-o", copy)
    sheet = openpyxl.load_workbook(copy)["困难职工家庭摸排表"]
    assert sheet["F6"].comment
    assert sheet["I7"].comment
    assert sheet["F3"].value == ANN


def test_the_blank_form_is_a_nil_return(desk: Desk, tmp_path: Path) -> None:
    form = tmp_path / f"{UNION}-{NAME}.xlsx"
    desk.ok("sheet", "template", "survey", "-o", form)
    assert desk.data("sheet", "check", form)["refused_whole"] is None
    desk.ok("returns", "import", form, *ACT)
    entry = shown(desk, form)
    assert entry["nil"] is True
    assert entry["rows_accepted"] == 0


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (("returns", "import", "missing.xlsx", *ACT), {1, 2}),
        (("sheet", "check", "missing.xlsx"), {1, 2}),
        (("returns", "show", "2022Q5"), {1, 2}),
        (("returns", "show", "2031Q1"), {1}),
        (("round", "show", "third quarter"), {1, 2}),
        (("round", "show", "2031Q1"), {1}),
        (("round", "explain", QUARTER, "QTX-H999999"), {1}),
        (("round", "open", QUARTER, "--on", "2022-07-01"), {2}),
        (("round", "open", "2022Q4", "--by", "he", "--on", "2022-13-01"), {2}),
        (("round", "open", "2022Q4", "--by", "nobody", "--on", "2022-10-01"), {1}),
        (("round", "decide", "2031Q1", "--by", "he", "--on", "2031-01-01"), {1}),
        (("brief", "open", "no_such_figure"), {1, 2}),
        (("brief", "--from", "2023Q2", "--to", "2022Q3"), {1, 2}),
        (("no", "such", "command"), {2}),
        (("example", "run", "no-such-folder"), {1, 2}),
        (("books", "import", "missing.xlsx", "--by", "he", "--on", "2022-08-20"), {1, 2}),
        (("visits", "import", "missing.xlsx", *ACT), {1, 2}),
    ],
)
def test_what_is_not_done_says_why(words: tuple[str, ...], codes: set[int], desk: Desk) -> None:
    told = desk.run(*words, "--json")
    assert told.code in codes, told.out + told.err
    assert "Traceback" not in told.err
    assert (told.out + told.err).strip()
    if told.out.strip():
        told.json()


VISITS = [
    "走访日期",
    "职工姓名",
    "身份证号",
    "走访人一",
    "走访人二",
    "核实家庭人口",
    "核实家庭年收入（元）",
    "核实住房套数",
    "核实自付医疗费（元）",
    "走访结论",
    "备注",
]


def visit_sheet(tmp_path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].append(VISITS)
    for row in rows:
        book.worksheets[0].append(row)
    path = tmp_path / "走访记录.xlsx"
    book.save(path)
    return path


def to_decision(desk: Desk, tmp_path: Path) -> str:
    """Ann's family visited, decided and published by he; gives its code."""
    desk.ok("returns", "import", put(tmp_path, workbook(ANN_FAMILY)), *ACT)
    visits = visit_sheet(
        tmp_path, [["2022-09-05", "安春梅", ANN, "赵一", "钱二", None, None, None, None, "属实", None]]
    )
    desk.ok("visits", "import", visits, "--quarter", QUARTER, "--by", "he", "--on", "2022-09-06")
    desk.ok("round", "decide", QUARTER, "--by", "he", "--on", "2022-09-07")
    published = desk.ok("round", "publish", QUARTER, "--by", "he", "--on", "2022-09-08")
    assert "安春梅" not in published.out
    (family,) = desk.data("round", "show", QUARTER)["families"]
    assert family["tier"] == "deep"
    return str(family["code"])


def tier_state(desk: Desk) -> str:
    (family,) = desk.data("round", "show", QUARTER)["families"]
    return str(family["state"])


def test_who_proposed_cannot_certify(desk: Desk, tmp_path: Path) -> None:
    to_decision(desk, tmp_path)
    before = tier_state(desk)
    refused = desk.run("round", "certify", QUARTER, "--by", "he", "--on", "2022-10-20")
    assert refused.code == 1, refused.out
    assert tier_state(desk) == before
    # Five working days have not passed on the next day.
    early = desk.run("round", "certify", QUARTER, "--by", "xu", "--on", "2022-09-09")
    assert tier_state(desk) == before, early.out
    desk.ok("round", "certify", QUARTER, "--by", "xu", "--on", "2022-10-20")
    assert tier_state(desk) != before
    assert not ID_NUMBER.search(desk.said)


def test_an_objection_stops_the_clock(desk: Desk, tmp_path: Path) -> None:
    code = to_decision(desk, tmp_path)
    before = tier_state(desk)
    desk.ok("round", "object", QUARTER, code, "--by", "he", "--on", "2022-09-13", "--text", "家里另有一套住房")
    stopped = tier_state(desk)
    desk.run("round", "certify", QUARTER, "--by", "xu", "--on", "2022-10-20")
    assert tier_state(desk) == stopped
    desk.ok("round", "object", QUARTER, code, "--by", "xu", "--on", "2022-10-20", "--dismiss", "核实只有一套")
    # Published Thu 8 Sept; 9 Sept is one working day, the 12th is 中秋; the objection of the 13th leaves most of the clock.
    desk.run("round", "certify", QUARTER, "--by", "xu", "--on", "2022-10-20")
    assert tier_state(desk) in (before, stopped)
    desk.ok("round", "certify", QUARTER, "--by", "xu", "--on", "2022-11-20")
    assert tier_state(desk) not in (before, stopped)


def test_a_visit_sheet_with_strangers(desk: Desk, tmp_path: Path) -> None:
    desk.ok("returns", "import", put(tmp_path, workbook(ANN_FAMILY)), *ACT)
    sheet = visit_sheet(
        tmp_path,
        [
            ["2022-09-05", "白一", BO, "赵一", "钱二", None, None, None, None, "属实", None],
            ["2022-09-05", "安春梅", ANN, "赵一", "钱二", -2, "约3万", None, None, "与申报不符，以核实为准", None],
            ["不详", "蔡二", float(CY[:17] + "0"), "赵一", None, None, None, None, None, "属实", None],
        ],
    )
    answer = desk.run("visits", "import", sheet, "--quarter", QUARTER, "--by", "he", "--on", "2022-09-06", "--json")
    assert answer.code == 0, answer.err
    answer.json()
    desk.run("round", "decide", QUARTER, "--by", "he", "--on", "2022-09-07")
    assert all(f["worker"] == "安＊梅" for f in desk.data("round", "show", QUARTER)["families"])
    assert not ID_NUMBER.search(desk.said), "a full ID number was printed"


def test_a_second_example_run_changes_nothing(tmp_path: Path) -> None:
    world = build(28, tmp_path / "world")
    desk = Desk(tmp_path / "home")
    desk.ok("example", "run", world.folder, "--json").json()
    rounds = [truth.quarter for truth in world.quarters]

    def all_of_it() -> list[Any]:
        return [[desk.data("round", "show", q), desk.data("returns", "show", q)] for q in rounds] + [
            desk.data("verify"),
            # All but the moment it was made at.
            desk.data("brief", "--from", rounds[0], "--to", rounds[-1]) | {"made_at": None},
        ]

    before = all_of_it()
    desk.ok("example", "run", world.folder)
    assert before == all_of_it()
    code = before[0][0]["families"][0]["code"]
    for words in (
        ("round", "explain", rounds[0], code),
        ("match", "list", rounds[0]),
        ("recompute", rounds[0]),
        ("matter", "list"),
        ("init",),
    ):
        answer = desk.run(*words, "--json")
        assert answer.code in (0, 1), (words, answer.err)
        answer.json()
    assert not world.numbers & set(ID_NUMBER.findall(desk.said.upper()))
