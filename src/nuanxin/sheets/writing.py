"""Spreadsheets out: blank forms, the sender's own file with every refusal marked, tables for people, and the lines of a check."""

import contextlib
import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from nuanxin.sheets.columns import text_of
from nuanxin.sheets.files import Grid, open_file
from nuanxin.sheets.form import HELP_SHEET, Field, Form, forms
from nuanxin.sheets.layout import find_layout
from nuanxin.sheets.messages import Lang, Refusal
from nuanxin.sheets.reading import Reading

if TYPE_CHECKING:
    # Both are slow to import and no reading process needs them; each is imported by the function that writes.
    import xlsxwriter
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FONT = "宋体"
TITLE_FONT = "黑体"
TEMPLATE_ROWS = 500
"""Rows of the blank form that carry drop-downs and text formats."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")
_TEXT_TYPES = frozenset({"resident_id", "card", "phone"})

_EXAMPLE_VALUES: dict[str, object] = {
    "seq": "例",
    "family_no": "00",
    "worker_name": "张某某",
    "name": "张某某",
    "relation": "本人",
    "resident_id": "640381198001011234",
    "phone": "13800000000",
    "work_state": "在岗",
    "income": 36000,
    "medical": 0,
    "schooling": 0,
    "homes": 1,
    "cars": 0,
    "runs_business": "否",
    "costly_school": "否",
    "loss": 0,
    "cause": "本人大病",
    "note": "示例，请删除",
    "kind": "微心愿",
    "content": "一台血压计",
    "visitor_one": "李某",
    "visitor_two": "王某",
    "conclusion": "属实",
}


# --- blank forms --------------------------------------------------------------------------------------------------------


def write_template(form: str | Form, path: Path, *, title: str | None = None, full: bool = False) -> Path:
    """Write the blank form as xlsx: drop-downs, notes, text format where numbers must stay text, an example row, print setup; and a
    second sheet that says of each column how it is filled in, which no reader takes for rows.

    ``title`` stands above the header (default: the form's). ``full`` also gives the optional columns. Raises KeyError for an
    unknown form.
    """
    import xlsxwriter

    one = forms()[form] if isinstance(form, str) else form
    fields = [f for f in one.fields.values() if full or not f.optional or f.field == "note"]
    if "seq" in one.fields and one.fields["seq"] not in fields:
        fields.insert(0, one.fields["seq"])
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet(one.title[:31])
        styles = {
            "title": book.add_format({"font_name": TITLE_FONT, "font_size": 16, "align": "center", "valign": "vcenter"}),
            "head": book.add_format({
                "font_name": FONT, "font_size": 10, "bold": True, "align": "center", "valign": "vcenter",
                "text_wrap": True, "border": 1, "bg_color": "#F2F2F2",
            }),
            "cell": book.add_format({"font_name": FONT, "font_size": 10, "border": 1, "valign": "vcenter"}),
            "text": book.add_format({"font_name": FONT, "font_size": 10, "border": 1, "valign": "vcenter", "num_format": "@"}),
            "date": book.add_format({
                "font_name": FONT, "font_size": 10, "border": 1, "valign": "vcenter", "num_format": "yyyy-mm-dd",
            }),
            "example": book.add_format({
                "font_name": FONT, "font_size": 10, "border": 1, "italic": True, "font_color": "#7F7F7F", "num_format": "@",
            }),
            "example_date": book.add_format({
                "font_name": FONT, "font_size": 10, "border": 1, "italic": True, "font_color": "#7F7F7F",
                "num_format": "yyyy-mm-dd",
            }),
        }  # fmt: skip
        sheet.merge_range(0, 0, 0, len(fields) - 1, title or one.title, styles["title"])
        sheet.set_row(0, 30)
        sheet.set_row(1, 42)
        for index, column in enumerate(fields):
            _template_column(sheet, index, column, styles)
        for row in range(3, 3 + 20):
            for index, column in enumerate(fields):
                sheet.write_blank(row, index, None, _body_style(column, styles))
        sheet.freeze_panes(2, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, 1)
        sheet.set_footer("&C第 &P 页，共 &N 页")
        sheet.ignore_errors(
            {"number_stored_as_text": f"A3:{xlsxwriter.utility.xl_col_to_name(len(fields) - 1)}{TEMPLATE_ROWS + 3}"}
        )
        _help_sheet(book.add_worksheet(HELP_SHEET), fields, styles)
    return path


_HOW = {
    "text": "文字", "name": "姓名", "resident_id": "18 位身份证号，以文本填写", "card": "卡号，以文本填写", "phone": "11 位手机号",
    "amount": "金额，元，只填一个数", "integer": "整数", "number": "数", "flag": "是 或 否", "choice": "从下拉选项里选",
    "date": "日期，如 2022-09-16", "year_month": "年月，如 2022-09", "year": "年份，如 2022",
}  # fmt: skip
_EMPTY = {"zero": "0", "no": "否", "null": ""}


def _help_sheet(
    sheet: "xlsxwriter.worksheet.Worksheet", fields: Sequence[Field], styles: Mapping[str, "xlsxwriter.format.Format"]
) -> None:
    """A row a column: must it be filled in, with what, which words are known, what an empty cell says."""
    heads = (("列", 24), ("必填", 8), ("怎么填", 60), ("可以填的词", 60), ("空着表示", 12))
    for place, (head, width) in enumerate(heads):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, head, styles["head"])
    for row, one in enumerate(fields, 1):
        how = "；".join(filter(None, (_HOW[one.type], one.note)))
        words = "、".join((*one.choice_titles.values(), *one.suggest))
        empty = "" if one.needed else _EMPTY[one.blank]
        for place, text in enumerate((header_title(one), "是" if one.needed else "", how, words, empty)):
            sheet.write_string(row, place, text, styles["cell"])
    sheet.freeze_panes(1, 0)


def _body_style(column: Field, styles: Mapping[str, object]) -> object:
    return styles[
        "text"
        if column.type in _TEXT_TYPES or column.field in ("family_no", "seq")
        else "date"
        if column.type == "date"
        else "cell"
    ]


def header_title(column: Field) -> str:
    """A column's title as the blank form shows it: with its unit, and * where it must be filled in."""
    unit = "（元）" if column.type == "amount" else f"（{column.header_unit}）" if column.header_unit else ""
    return f"{'*' if column.needed else ''}{column.title}{unit}"


def _template_column(
    sheet: "xlsxwriter.worksheet.Worksheet", index: int, column: Field, styles: Mapping[str, object]
) -> None:
    sheet.write_string(1, index, header_title(column), styles["head"])
    sheet.set_column(index, index, column.width, _body_style(column, styles))
    if column.note:
        sheet.write_comment(1, index, column.note, {"x_scale": 1.6, "font_name": FONT})
    if column.type == "date":
        sheet.write_datetime(2, index, dt.datetime(2022, 9, 16), styles["example_date"])  # noqa: DTZ001 - a cell has no zone
    elif column.type in ("amount", "integer") and index > 0:
        sheet.write_number(2, index, int(str(_EXAMPLE_VALUES.get(column.field, 0))), styles["example"])
    else:
        value = "例" if index == 0 else str(_EXAMPLE_VALUES.get(column.field, ""))
        sheet.write_string(2, index, value, styles["example"])
    words = (
        list(column.choice_titles.values()) or list(column.suggest) or (["是", "否"] if column.type == "flag" else [])
    )
    if words:
        sheet.data_validation(2, index, TEMPLATE_ROWS + 2, index, {
            "validate": "list", "source": words, "ignore_blank": True,
            "error_type": "stop" if column.choice_titles or column.type == "flag" else "information",
            "error_title": column.title[:32], "error_message": f"请选择：{'、'.join(words)}"[:255],
        })  # fmt: skip
    elif column.type == "resident_id":
        sheet.data_validation(2, index, TEMPLATE_ROWS + 2, index, {
            "validate": "length", "criteria": "==", "value": 18, "error_type": "warning",
            "error_title": column.title[:32], "error_message": "身份证号应为 18 位，以文本填写。",
        })  # fmt: skip
    elif column.type in ("amount", "integer"):
        kind: Literal["decimal", "integer"] = "decimal" if column.type == "amount" else "integer"
        sheet.data_validation(2, index, TEMPLATE_ROWS + 2, index, {
            "validate": kind, "criteria": ">=", "value": 0, "error_type": "warning",
            "error_title": column.title[:32], "error_message": "请填一个不小于 0 的数。",
        })  # fmt: skip


# --- the sender's file, marked ----------------------------------------------------------------------------------------------

REFUSED_FILL = "FFFDE2DC"


def mark_up(path: Path, refusals: Iterable[Refusal], out: Path, *, lang: Lang = "zh") -> Path:
    """Write a copy of the sender's file in which each refused cell has a comment and a light fill.

    For xlsx it is the own file with everything else kept; for xls, ods and csv an xlsx copy of what was read (visible sheets,
    text made inert). Raises ValueError when the file cannot be read at all; then there is nothing to mark.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    opened = open_file(path)
    if opened.refused:
        raise ValueError(opened.refused.text(lang))
    if opened.kind == "xlsx":
        book = openpyxl.load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm", rich_text=True)
    else:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for grid in opened.grids:
            sheet = book.create_sheet(grid.name[:31] or "1")
            for number, cells in enumerate(grid.rows, 1):
                for place, value in enumerate(cells, 1):
                    if value != "":
                        written = sheet.cell(number, place)
                        written.value = inert(value) if isinstance(value, str) else value  # type: ignore[assignment]
                        if isinstance(value, str):
                            written.data_type = "s"
            for (top, left), (bottom, right) in grid.merged:
                sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    places = {grid.name: _places(grid) for grid in opened.grids}
    sentences: dict[tuple[str, int, int], list[str]] = {}
    for refusal in refusals:
        name = refusal.sheet if refusal.sheet in book.sheetnames else refusal.sheet[:31]
        if refusal.row < 1 or name not in book.sheetnames:
            continue
        index = places.get(refusal.sheet, {}).get(refusal.field, 1)
        sentences.setdefault((name, refusal.row, index), []).append(f"{refusal.why(lang)}。{refusal.mend(lang)}。")
    for (name, row, index), said in sentences.items():
        cell = _writable(book[name], row, index)
        before = cell.comment.text + "\n" if cell.comment else ""
        cell.comment = Comment(before + "\n".join(said), "暖心", width=320, height=60 + 40 * len(said))
        cell.fill = PatternFill("solid", fgColor=REFUSED_FILL)
    book.save(out)
    return out


def _places(grid: Grid) -> dict[str, int]:
    """The 1-based column of each field that the sheet's header names."""
    layout = find_layout(grid.rows, list(forms()), grid.name)
    return {name: column.index + 1 for name, column in layout.columns.items()} if layout else {}


def _writable(sheet: "Worksheet", row: int, index: int) -> "Cell":
    """The cell itself or, inside a merged range, the range's first cell, which alone can hold a comment."""
    for merged in sheet.merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_col <= index <= merged.max_col:
            return sheet.cell(merged.min_row, merged.min_col)  # type: ignore[return-value]
    return sheet.cell(row, index)  # type: ignore[return-value]


# --- the lines of a check -----------------------------------------------------------------------------------------------------

_LINES = {
    "zh": {
        "whole": "{name}：整份退回。{why}",
        "head": "{name}：{title}{quarter}{org}{correction}",
        "quarter": " 季度 {quarter}",
        "org": " 填报单位 {org}",
        "correction": " 更正表",
        "nil": "零报告：本表没有困难职工家庭。",
        "form": "{title}：表头以下 {rows} 行，接收 {accepted}，退回 {refused}，略过 {skipped}{families}",
        "families": "；共 {families} 户，其中 {held} 户因有退回的行暂缓",
        "cells": "  单元格 {cells}：已读 {typed}，退回 {refused_cells}，空 {blank}",
        "refusals": "退回 {count} 处：",
        "warnings": "提醒 {count} 处：",
        "nothing": "没有退回的内容。",
        "none": "0",
    },
    "en": {
        "whole": "{name}: refused whole. {why}",
        "head": "{name}: {title}{quarter}{org}{correction}",
        "quarter": " quarter {quarter}",
        "org": " from {org}",
        "correction": " (a correction)",
        "nil": "A nil return: no family in hardship is reported.",
        "form": "{title}: {rows} rows below the header, {accepted} accepted, {refused} refused, {skipped} skipped{families}",
        "families": "; {families} families, {held} of them held for a refused row",
        "cells": "  cells {cells}: {typed} typed, {refused_cells} refused, {blank} blank",
        "refusals": "{count} refused:",
        "warnings": "{count} warnings:",
        "nothing": "Nothing was refused.",
        "none": "0",
    },
}
_REASONS = {
    "blank": ("空行", "blank"),
    "total": ("合计行", "total"),
    "footer": ("落款", "footer"),
    "example": ("示例", "example"),
    "nil": ("零报告", "nil"),
    "header": ("重复表头", "header"),
    "remark": ("说明文字", "remark"),
}


def check_lines(reading: Reading, lang: Lang = "zh") -> list[str]:
    """What a check of one file says to a person: per form its rows and families, then every refusal and warning as a sentence."""
    words = _LINES[lang]
    if reading.refused_whole:
        return [words["whole"].format(name=reading.name, why=reading.refused_whole.text(lang))]
    lines = [
        words["head"].format(
            name=reading.name,
            title=reading.title,
            quarter=words["quarter"].format(quarter=reading.quarter) if reading.quarter else "",
            org=words["org"].format(org=reading.org_name) if reading.org_name else "",
            correction=words["correction"] if reading.correction else "",
        )
    ]
    for name, balance in reading.balance.items():
        form = forms()[name]
        skipped = balance["skipped"]
        reasons = skipped.items() if isinstance(skipped, dict) else ()
        shown_reasons = (
            " ".join(f"{_REASONS[reason][lang == 'en']} {count}" for reason, count in reasons) or words["none"]
        )
        families = ""
        if form.has_households:
            rows = reading.tables[name].select(["family", "accepted"]).to_pylist()
            known = {row["family"] for row in rows}
            held = {row["family"] for row in rows if not row["accepted"]}
            families = words["families"].format(families=len(known), held=len(held))
        title = form.title if lang == "zh" else form.english
        lines.append(words["form"].format(title=title, families=families, **{**balance, "skipped": shown_reasons}))
        lines.append(words["cells"].format(**balance))
    if reading.nil:
        lines.append(words["nil"])
    for heading, entries in (("refusals", reading.refusals), ("warnings", reading.warnings)):
        if entries:
            lines.append(words[heading].format(count=len(entries)))
            lines += [f"  {entry.sentence(lang)}" for entry in entries]
    if not reading.refusals:
        lines.append(words["nothing"])
    return lines


# --- tables for people ----------------------------------------------------------------------------------------------------------


def inert(text: str) -> str:
    """The text so that no spreadsheet program takes it for a formula: ' before = + - @ and control characters, in any width."""
    folded = unicodedata.normalize("NFKC", text)
    if not folded:
        return text
    stripped = folded.lstrip(" \u00a0\u3000\u200b\ufeff")
    return f"'{text}" if folded[0] in _FORMULA_STARTS or stripped.startswith(_FORMULA_STARTS) else text


def write_table(
    out: Path | IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    format: Literal["xlsx", "csv"] | None = None,
) -> None:
    """Write a table for people as xlsx or CSV (UTF-8 with BOM), by the path's extension or ``format`` for a buffer (xlsx).

    Every text is made inert against formula injection. Dates, whole numbers and Decimals keep their types in xlsx. Raises
    ValueError for another extension.
    """
    kind = format or (out.suffix.lower().lstrip(".") if isinstance(out, Path) else "xlsx")
    if kind == "csv":
        _write_csv(out, columns, rows, title)
    elif kind == "xlsx":
        _write_xlsx(out, columns, rows, title)
    else:
        raise ValueError(f"a table is written as .xlsx or .csv, not as .{kind}")


def _write_csv(
    out: Path | IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None
) -> None:
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(out.open("wb")) if isinstance(out, Path) else out
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\r\n")
        if title:
            writer.writerow([inert(title)])
        writer.writerow([inert(name) for name in columns])
        for row in rows:
            writer.writerow([_csv_cell(value) for value in row])
        text.flush()
        text.detach()


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float | Decimal):
        # A negative figure must not begin with a minus sign that a program reads as a formula.
        return inert(f"{value}")
    return inert(text_of(value))


def _write_xlsx(
    out: Path | IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None
) -> None:
    import xlsxwriter

    target = str(out) if isinstance(out, Path) else out
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet()
        plain = book.add_format({"font_name": FONT, "font_size": 10, "valign": "top"})
        head = book.add_format({"font_name": FONT, "font_size": 10, "bold": True, "bottom": 1, "text_wrap": True})
        big = book.add_format({"font_name": TITLE_FONT, "font_size": 14})
        date = book.add_format({"font_name": FONT, "font_size": 10, "num_format": "yyyy-mm-dd"})
        money = book.add_format({"font_name": FONT, "font_size": 10, "num_format": "#,##0.00"})
        at = 0
        if title:
            sheet.write_string(0, 0, inert(title), big)
            at = 1
        widths = [_width(name) for name in columns]
        for index, name in enumerate(columns):
            sheet.write_string(at, index, inert(name), head)
        sheet.freeze_panes(at + 1, 0)
        for row in rows:
            at += 1
            for index, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, bool):
                    sheet.write_string(at, index, "是" if value else "否", plain)
                elif isinstance(value, int) and abs(value) < 10**15:
                    sheet.write_number(at, index, value, plain)
                elif isinstance(value, Decimal) and abs(value) < 10**13:
                    sheet.write_number(at, index, float(value), money)
                elif isinstance(value, float):
                    sheet.write_number(at, index, value, plain)
                elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
                    sheet.write_datetime(at, index, dt.datetime.combine(value, dt.time()), date)
                else:
                    sheet.write_string(at, index, inert(text_of(value)), plain)
                widths[index] = max(widths[index], _width(text_of(value)))
        for index, width in enumerate(widths):
            sheet.set_column(index, index, min(60, width + 2))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text[:60])
