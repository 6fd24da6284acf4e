"""Tables of families in files: CSV, XLSX and Parquet in and out, by extension.

For programs: cells go through unchanged, nothing is escaped, nothing guessed. CSV cells are text (UTF-8, with or without a byte order mark, or
GB18030); what type they have, the policy's inputs say. An empty cell is nothing.
"""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from nuanxin.policy.engine import text_of
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.values import number_text, read_number

FORMATS = (".csv", ".xlsx", ".parquet")


def format_of(path: Path) -> str:
    """The extension. Raises PolicyError for another than csv, xlsx or parquet."""
    if path.suffix.lower() not in FORMATS:
        raise PolicyError("bad-format", str(path), name=path.name, known=", ".join(FORMATS))
    return path.suffix.lower()


def read_table(path: Path) -> pa.Table:
    """A file as an Arrow table. Raises PolicyError with the file and a sentence where it cannot be read."""
    kind = format_of(path)
    if not path.is_file():
        raise PolicyError("no-file", str(path), name=path.name)
    try:
        return {".csv": _read_csv, ".xlsx": _read_xlsx, ".parquet": pq.read_table}[kind](path)
    except (pa.ArrowException, OSError, UnicodeError, ValueError, csv.Error) as error:
        if isinstance(error, PolicyError):
            raise
        raise PolicyError("bad-table", str(path), name=path.name, why=str(error).splitlines()[0]) from error


def _encoding(path: Path) -> str:
    """UTF-8 where the whole file is, else GB18030."""
    with path.open("rb") as stream:
        head = stream.read(3)
    try:
        with path.open(encoding="utf-8") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig" if head == b"\xef\xbb\xbf" else "utf-8"


def _headers(names: list[str], path: Path) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise PolicyError("duplicate-name", str(path), 1, name=name)
    return names


def _read_csv(path: Path) -> pa.Table:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        names = _headers(next(csv.reader(stream), []), path)
    if not names:
        raise PolicyError("bad-table", str(path), name=path.name, why="no header")
    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(
            encoding="utf8" if encoding.startswith("utf") else encoding,
            column_names=names,
            skip_rows=0,
            skip_rows_after_names=1,
        ),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )


def _read_xlsx(path: Path) -> pa.Table:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise PolicyError("bad-table", str(path), name=path.name, why=str(error)) from error
    if not rows:
        raise PolicyError("bad-table", str(path), name=path.name, why="no header")
    head = [str(cell) for cell in rows[0]]
    while head and not head[-1]:
        head.pop()
    _headers(head, path)
    columns = zip(*(row[: len(head)] for row in rows[1:]), strict=True) if len(rows) > 1 else ([] for _ in head)
    return pa.table({name: _xlsx_column(list(values)) for name, values in zip(head, columns, strict=True)})


def _xlsx_column(cells: list[Any]) -> pa.Array:
    """A column in the one type its cells have; text where they differ."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:
        if all(value is None or float(value).is_integer() for value in values) and kinds:
            return pa.array([None if value is None else int(value) for value in values], pa.int64())
        return pa.array(values, pa.float64())
    if kinds == {dt.datetime} and all(value is None or value.time() == dt.time() for value in values):
        return pa.array([None if value is None else value.date() for value in values], pa.date32())
    if len(kinds) == 1 and kinds <= {str, bool, dt.date, dt.datetime, dt.time}:
        return pa.array(values)
    return pa.array([None if value is None else _cell_text(value) for value in values], pa.string())


def _cell_text(value: Any) -> str:
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return number_text(read_number(value))
    return (
        text_of(value) if isinstance(value, bool) else value.isoformat() if hasattr(value, "isoformat") else str(value)
    )


# writing -------------------------------------------------------------------------------------------------------------


def write_table(table: pa.Table, path: Path) -> None:
    """Writes an Arrow table by extension. Numbers lose trailing zeros in CSV; money keeps its two places. Raises OSError."""
    kind = format_of(path)
    writable(path)
    if kind == ".parquet":
        pq.write_table(table, path, row_group_size=122_880)
    elif kind == ".csv":
        _write_csv(table, path)
    else:
        _write_xlsx(table, path)


def writable(path: Path) -> None:
    """Makes the folder and an empty file; raises OSError, which the libraries that write tables do not all do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.open("wb").close()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as CSV shows it."""
    kind = column.type
    exact = pa.types.is_decimal(kind) and kind.scale > 2
    if not (exact or pa.types.is_floating(kind) or pa.types.is_nested(kind)):
        return column
    return pa.chunked_array(
        [pa.array([None if value is None else shown(value) for value in column.to_pylist()], pa.string())]
    )


def shown(value: Any) -> str:
    """A cell's text: lists as S-FEEL writes them."""
    if isinstance(value, list):
        return (
            "["
            + ", ".join(
                f'"{item}"' if isinstance(item, str) else "null" if item is None else shown(item) for item in value
            )
            + "]"
        )
    if isinstance(value, float) and value != value:
        return ""
    return _cell_text(value)


def _write_csv(table: pa.Table, path: Path) -> None:
    ready = pa.table([_plain(column) for column in table.columns], names=table.column_names)
    con = duckdb.connect(":memory:")
    con.register("ready", ready)
    con.sql("SELECT * FROM ready").write_csv(str(path), header=True, na_rep="")
    con.close()


def _write_xlsx(table: pa.Table, path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(
        str(path),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    ) as book:
        sheet = book.add_worksheet("policy")
        money, date = book.add_format({"num_format": "0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
        for index, name in enumerate(table.column_names):
            sheet.write_string(0, index, name)
        formats = [money if pa.types.is_decimal(f.type) and f.type.scale == 2 else None for f in table.schema]
        row = 1
        for batch in table.to_batches():
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for index, value in enumerate(values):
                    if value is None:
                        continue
                    if isinstance(value, bool):
                        sheet.write_boolean(row, index, value)
                    elif isinstance(value, int | float | Decimal):
                        sheet.write_number(row, index, float(value), formats[index])
                    elif isinstance(value, dt.date):
                        sheet.write_datetime(row, index, value, date)
                    else:
                        sheet.write_string(row, index, value if isinstance(value, str) else shown(value))
                row += 1
