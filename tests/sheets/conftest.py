"""Builders of real files for the tests of nuanxin.sheets."""

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
import xlwt
from hypothesis import settings
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import Table, TableCell, TableRow
from odf.text import P

# Other work shares the machine: an example of hypothesis may take longer than its usual deadline.
settings.register_profile("sheets", deadline=None)
settings.load_profile("sheets")

HEADER = [
    "序号", "户编号", "职工姓名", "家庭成员姓名", "与职工关系", "身份证号", "联系电话", "就业状况", "家庭年收入（元）", "自付医疗费（元）",
    "教育支出（元）", "在读情况", "住房套数", "机动车（辆）", "是否经商办企业", "是否高收费私立学校或自费留学", "意外损失（元）", "主要致困原因", "备注",
]  # fmt: skip
EXAMPLES = Path(__file__).parents[2] / "examples"


def number(born: str, order: int = 101, area: str = "640381") -> str:
    """A resident ID number that checks: ``born`` as yyyymmdd."""
    stem = f"{area}{born}{order:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return stem + "10X98765432"[sum(int(d) * w for d, w in zip(stem, weights, strict=True)) % 11]


def member(
    relation: str, name: str, born: str, *, first: bool = False, header: Sequence[str] = HEADER, **cells: object
) -> list[object]:
    """A row of the survey. ``cells`` by (beginning of) title; the first row of a family has its household cells filled."""
    values: dict[str, object] = {"家庭成员姓名": name, "与职工关系": relation, "身份证号": number(born)}
    if first:
        values |= {
            "序号": 1, "户编号": "01", "职工姓名": name, "联系电话": "13722479758", "就业状况": "在岗", "家庭年收入": 38000, "自付医疗费": 21000,
            "教育支出": 0, "住房套数": 1, "机动车": 0, "是否经商办企业": "否", "是否高收费私立学校或自费留学": "否", "意外损失": "/",
            "主要致困原因": "本人大病",
        }  # fmt: skip
    values |= cells
    used: set[str] = set()

    def cell(title: str) -> object:
        key = title if title in values else title.split("（")[0]
        used.add(key)
        return values.get(key, "")

    row = [cell(title) for title in header]
    unknown = set(cells) - used
    assert not unknown, f"no such column: {unknown}"
    return row


def family(header: Sequence[str] = HEADER, **cells: object) -> list[list[object]]:
    """A family of three that is in order; ``cells`` change the worker's row."""
    return [
        member("本人", "张刚", "19711212", first=True, header=header, **cells),
        member("配偶", "马敏", "19750110", header=header),
        member("子女", "张霞凤", "20050809", header=header),
    ]


def _xlsx(path: Path, sheets: dict[str, list[list[object]]], hidden: Sequence[str], merges: Sequence[str]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if c == "" else c for c in row])
        if name in hidden:
            sheet.sheet_state = "hidden"
    for merge in merges:
        book.worksheets[0].merge_cells(merge)
    book.save(path)


def _xls(path: Path, sheets: dict[str, list[list[object]]], hidden: Sequence[str], merges: Sequence[str]) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value != "":
                    sheet.write(i, j, value, day) if isinstance(value, dt.date) else sheet.write(i, j, value)
        if name in hidden:
            sheet.visibility = 1
    book.save(str(path))


def _ods(path: Path, sheets: dict[str, list[list[object]]], hidden: Sequence[str], merges: Sequence[str]) -> None:
    book = OpenDocumentSpreadsheet()
    style = Style(name="gone", family="table")
    style.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(style)
    for name, rows in sheets.items():
        table = Table(name=name, stylename="gone") if name in hidden else Table(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                if value == "":
                    line.addElement(TableCell())
                    continue
                if isinstance(value, dt.date):
                    cell = TableCell(valuetype="date", datevalue=value.isoformat())
                elif isinstance(value, int | float):
                    cell = TableCell(valuetype="float", value=str(value))
                else:
                    cell = TableCell(valuetype="string")
                cell.addElement(P(text=str(value)))
                line.addElement(cell)
            table.addElement(line)
        book.spreadsheet.addElement(table)
    book.save(str(path))


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file by its suffix: ``write("a.xlsx", rows)`` or ``write("a.xlsx", {"sheet": rows}, hidden=["sheet"])``."""

    def make(
        name: str,
        rows: list[list[object]] | dict[str, list[list[object]]],
        *,
        hidden: Sequence[str] = (),
        merges: Sequence[str] = (),
        encoding: str = "utf-8",
        delimiter: str = ",",
    ) -> Path:
        path = tmp_path / name
        sheets = rows if isinstance(rows, dict) else {"摸排表": rows}
        if path.suffix == ".csv":
            (only,) = sheets.values()
            with path.open("w", encoding=encoding, newline="") as stream:
                csv.writer(stream, delimiter=delimiter).writerows(only)
        else:
            {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods}[path.suffix](path, sheets, hidden, merges)
        return path

    return make


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders above, for tests: HEADER, number(), member(), family() and the folder of the examples."""
    return SimpleNamespace(
        HEADER=HEADER,
        number=number,
        member=member,
        family=family,
        EXAMPLES=EXAMPLES,
        write={"_xlsx": _xlsx, "_xls": _xls, "_ods": _ods},
    )
