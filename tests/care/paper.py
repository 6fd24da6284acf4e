"""Papers that the tests send in: survey returns and visit sheets, written as a union would."""

from datetime import date
from pathlib import Path

import openpyxl

TITLES = [
    "序号", "户编号", "职工姓名", "家庭成员姓名", "与职工关系", "身份证号", "联系电话", "就业状况", "家庭年收入（元）", "自付医疗费（元）",
    "教育支出（元）", "在读情况", "住房套数", "机动车（辆）", "是否经商办企业", "是否高收费私立学校或自费留学", "意外损失（元）", "主要致困原因", "备注",
]  # fmt: skip
VISIT_TITLES = [
    "走访日期", "职工姓名", "身份证号", "走访人一", "走访人二", "核实家庭人口", "核实家庭年收入（元）", "核实住房套数", "核实自付医疗费（元）",
    "走访结论", "备注",
]  # fmt: skip
NUMERAL = "一二三四"


def number(born: str, seq: int = 1, area: str = "640381") -> str:
    """A resident ID number whose check digit fits."""
    stem = f"{area}{born}{seq:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return stem + "10X98765432"[sum(int(d) * w for d, w in zip(stem, weights, strict=True)) % 11]


def family(
    worker: str,
    born: str = "19750101",
    seq: int = 1,
    *,
    spouse: str | None = None,
    children: tuple[str, ...] = (),
    **figures,
):
    """One family as rows of the form: the worker, a spouse, children by school stage."""
    told = {
        "phone": "13800000001", "income": 12000, "medical": 0, "schooling": 0, "homes": 1, "cars": 0, "business": "否",
        "school": "否", "loss": 0, "cause": "收入低", "id": number(born, seq),
    } | figures  # fmt: skip
    rows = [[
        worker, worker, "本人", told["id"], told["phone"], "在岗", told["income"], told["medical"], told["schooling"], "",
        told["homes"], told["cars"], told["business"], told["school"], told["loss"], told["cause"], "",
    ]]  # fmt: skip
    if spouse:
        rows.append(["", spouse, "配偶", number("19760202", seq), "", "务农", *[""] * 11])
    for n, stage in enumerate(children):
        rows.append(
            ["", f"{worker[0]}小{n}", "子女", number(f"20{10 + n}0303", seq), "", "学生", "", "", "", stage, *[""] * 7]
        )
    return rows


def survey(folder: Path, code: str, union: str, quarter: str, families, *, wishes=(), name: str | None = None) -> Path:
    """A return of one union, with its second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "困难职工家庭摸排表"
    sheet.append([f"{union}{quarter[:4]}年第{NUMERAL[int(quarter[5]) - 1]}季度困难职工家庭摸排表"])
    sheet.append(TITLES)
    for n, rows in enumerate(families, 1):
        for i, row in enumerate(rows):
            sheet.append([n if i == 0 else "", f"{n:02d}" if i == 0 else "", *row])
    if not families:
        sheet.append(["无"])
    second = book.create_sheet("难题和微心愿")
    second.append(["序号", "类别", "内容", "提出人", "联系电话"])
    for n, (kind, content) in enumerate(wishes, 1):
        second.append([n, kind, content, "某某", "13900000000"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or f"{code}-{union}.xlsx")
    book.save(path)
    return path


def visit_sheet(folder: Path, rows, name: str = "走访记录.xlsx") -> Path:
    """``rows``: (day, worker, id, conclusion, {members, income, homes, medical})."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "走访记录"
    sheet.append(VISIT_TITLES)
    for day, worker, id_, conclusion, found in rows:
        sheet.append([
            day.isoformat() if isinstance(day, date) else day, worker, id_, "白秀磊", "程国", found.get("members"), found.get("income"),
            found.get("homes"), found.get("medical"), conclusion, "",
        ])  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    book.save(path)
    return path
