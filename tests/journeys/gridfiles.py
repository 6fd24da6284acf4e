"""Writes one grid of cells in every kind of file that unions send: xlsx by two writers, xls, ods, csv."""

import csv
import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

Value = str | int | float | date | None

KINDS = ("openpyxl", "openpyxl", "openpyxl", "xlsxwriter", "inline", "xls", "ods", "csv", "csv")
SECOND = "-难题和微心愿"


@dataclass(slots=True)
class Grid:
    """Rows of cells; merges are (row, column, rows below, columns right), counted from 0."""

    name: str
    hidden: bool = False
    rows: list[list[Value]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, row: list[Value]) -> None:
        self.rows.append(row)

    def merge(self, row: int, column: int, down: int, right: int) -> None:
        if down or right:
            self.merges.append((row, column, down, right))


def full_width(text: str) -> str:
    """Digits, letters and points in their full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def write(
    folder: Path, stem: str, kind: str, sheets: list[Grid], *, main: Grid, second: Grid | None, rng: random.Random
) -> str:
    """Write the sheets and give the main file's name."""
    suffix = {"xls": ".xls", "ods": ".ods", "csv": ".csv"}.get(kind, ".xlsx")
    path = folder / f"{stem}{suffix}"
    if kind == "csv":
        encoding = rng.choice(("gb18030", "gb18030", "utf-8", "utf-8-sig"))
        _csv(path, main, encoding)
        if second is not None:
            _csv(folder / f"{stem}{SECOND}.csv", second, encoding)
    elif kind == "openpyxl":
        _openpyxl(path, sheets)
    elif kind in ("xlsxwriter", "inline"):
        _xlsxwriter(path, sheets, inline=kind == "inline")
    elif kind == "xls":
        _xls(path, sheets)
    else:
        _ods(path, sheets)
    return path.name


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        # A spreadsheet writes 15 digits and scientific text from 1E+11 up in a CSV.
        return f"{value:.5E}" if abs(value) >= 1e15 else f"{value:.15g}"
    return str(value)


def _csv(path: Path, grid: Grid, encoding: str) -> None:
    width = max(len(row) for row in grid.rows)
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        for row in grid.rows:
            writer.writerow([_text(value) for value in row] + [""] * (width - len(row)))


def _openpyxl(path: Path, sheets: list[Grid]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for grid in sheets:
        sheet = book.create_sheet(grid.name)
        if grid.hidden:
            sheet.sheet_state = "hidden"
        for r, row in enumerate(grid.rows, start=1):
            for c, value in enumerate(row, start=1):
                if value is not None:
                    sheet.cell(r, c, value)
        for r, c, down, right in grid.merges:
            sheet.merge_cells(start_row=r + 1, start_column=c + 1, end_row=r + 1 + down, end_column=c + 1 + right)
    book.active = next(i for i, grid in enumerate(sheets) if not grid.hidden)
    book.save(path)


def _xlsxwriter(path: Path, sheets: list[Grid], *, inline: bool) -> None:
    options: dict[str, Any] = {"constant_memory": True} if inline else {}
    with xlsxwriter.Workbook(path, options) as book:
        day = book.add_format({"num_format": "yyyy/m/d"})
        shown = False
        for grid in sheets:
            sheet = book.add_worksheet(grid.name)
            if grid.hidden:
                sheet.hide()
            elif not shown:
                sheet.activate()
                sheet.set_first_sheet()
                shown = True
            covered = {
                (r + i, c + j) for r, c, down, right in grid.merges for i in range(down + 1) for j in range(right + 1)
            } - {(r, c) for r, c, _, _ in grid.merges}
            # Merges are declared without cells: constant memory wants rows in order.
            for r, row in enumerate(grid.rows):
                for c, value in enumerate(row):
                    if value is None or (r, c) in covered:
                        continue
                    if isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)
                    elif isinstance(value, str):
                        sheet.write_string(r, c, value)
                    else:
                        sheet.write_number(r, c, value)
            if not inline:
                for r, c, down, right in grid.merges:
                    value = grid.rows[r][c] if r < len(grid.rows) and c < len(grid.rows[r]) else None
                    sheet.merge_range(r, c, r + down, c + right, "")
                    if isinstance(value, str):
                        sheet.write_string(r, c, value)
                    elif isinstance(value, int | float):
                        sheet.write_number(r, c, value)


def _xls(path: Path, sheets: list[Grid]) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for grid in sheets:
        sheet = book.add_sheet(grid.name, cell_overwrite_ok=True)
        if grid.hidden:
            sheet.visibility = 1
        for r, row in enumerate(grid.rows):
            for c, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write(r, c, value, day)
                elif value is not None:
                    sheet.write(r, c, value)
        for r, c, down, right in grid.merges:
            value = grid.rows[r][c] if r < len(grid.rows) and c < len(grid.rows[r]) else None
            sheet.write_merge(r, r + down, c, c + right, "" if value is None else value)
    book.active_sheet = next(i for i, grid in enumerate(sheets) if not grid.hidden)
    book.save(str(path))


def _ods(path: Path, sheets: list[Grid]) -> None:
    from odf.style import Style, TableProperties

    book = OpenDocumentSpreadsheet()
    concealed = Style(name="taHidden", family="table")
    concealed.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(concealed)
    for grid in sheets:
        table = Table(name=grid.name, stylename=concealed) if grid.hidden else Table(name=grid.name)
        spans = {(r, c): (down + 1, right + 1) for r, c, down, right in grid.merges}
        covered = {
            (r + i, c + j) for (r, c), (rows, columns) in spans.items() for i in range(rows) for j in range(columns)
        } - set(spans)
        width = max(len(row) for row in grid.rows)
        for r, row in enumerate(grid.rows):
            line = TableRow()
            for c in range(width):
                value = row[c] if c < len(row) else None
                if (r, c) in covered:
                    line.addElement(CoveredTableCell())
                    continue
                attributes: dict[str, Any] = {}
                if (r, c) in spans:
                    attributes = {"numberrowsspanned": spans[r, c][0], "numbercolumnsspanned": spans[r, c][1]}
                if isinstance(value, date):
                    attributes |= {"valuetype": "date", "datevalue": value.isoformat()}
                elif isinstance(value, int | float):
                    attributes |= {"valuetype": "float", "value": repr(value)}
                elif value is not None:
                    attributes |= {"valuetype": "string"}
                cell = TableCell(**attributes)
                if value is not None:
                    for part in str(value).split("\n"):
                        cell.addElement(P(text=part))
                line.addElement(cell)
            table.addElement(line)
        book.spreadsheet.addElement(table)
    book.save(str(path))
