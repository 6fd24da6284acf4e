"""Tables of families in files: CSV, XLSX and Parquet in and out, by extension.

For programs: cells go through unchanged, nothing is escaped, nothing guessed. CSV cells are text (UTF-8, with or without a byte order mark, or
GB18030); what type they have, the policy's inputs say. An empty cell is nothing.
"""

import csv
import datetime as dt
import io
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from nuanxin.policy.engine import text_of
from nuanxin.policy.folder import parted_by
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.values import number_text, read_number

FORMATS = (".csv", ".xlsx", ".parquet")
XLSX_ROWS, XLSX_TEXT = 1_048_576, 32_767  # what a sheet and a cell can hold


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
    except UnicodeError:
        raise PolicyError("bad-text", str(path)) from None
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
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
    """The header of a CSV file. Raises PolicyError where there is none, or no commas part its cells."""
    if not any(name.strip() for name in names):
        raise PolicyError("no-header", str(path), 1)
    if len(names) == 1 and (sign := parted_by(names[0])):
        raise PolicyError("bad-separator", str(path), 1, sign=sign)
    return names


def _read_csv(path: Path) -> pa.Table:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        names = _headers(next(csv.reader(stream), []), path)
    places = [str(place) for place in range(len(names))]  # names may stand twice, or be empty
    try:
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(
                encoding="utf8" if encoding.startswith("utf") else encoding,
                column_names=places,
                skip_rows=0,
                skip_rows_after_names=1,
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        _refuse_record(path, encoding, len(names))
        raise
    return table.rename_columns(names)


def _refuse_record(path: Path, encoding: str, width: int) -> None:
    """Raises PolicyError for the first record that has another number of cells than the header, or an open quote."""
    line = 1
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            for record in reader:
                if record and len(record) != width:
                    raise PolicyError("cells", str(path), line, found=len(record), expected=width)
                line = reader.line_num + 1
        except csv.Error:
            raise PolicyError("bad-csv-quotes", str(path), line) from None


def _read_xlsx(path: Path) -> pa.Table:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise PolicyError("bad-table", str(path), name=path.name, why=str(error)) from error
    head = [_cell_text(cell) for cell in rows[0]] if rows else []
    width = max((place for row in rows for place, cell in enumerate(row, 1) if cell != ""), default=0)
    if not any(name.strip() for name in head):
        raise PolicyError("no-header", str(path), 1)
    columns = [_xlsx_column([row[place] for row in rows[1:]]) for place in range(width)]
    return pa.Table.from_arrays(columns, names=head[:width])


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
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool) and math.isfinite(value):
        return number_text(read_number(value))
    return text_of(value)


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
    """Makes the folder, and sees that the file can be written; raises OSError, which the libraries that write tables do not all do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    there = path.exists()
    path.open("ab").close()
    if not there:
        path.unlink()


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
    names = table.column_names
    # DuckDB would give a name of its own to a column whose name is empty, or another's but for its case
    plain = all(names) and len({name.casefold() for name in names}) == len(names)
    columns = [_plain(column) for column in table.columns]
    ready = pa.Table.from_arrays(columns, names=names if plain else [str(place) for place in range(len(names))])
    con = duckdb.connect(":memory:")
    con.register("ready", ready)
    con.sql("SELECT * FROM ready").write_csv(str(path), header=plain, na_rep="")
    con.close()
    if not plain:
        head = io.StringIO(newline="")
        csv.writer(head, lineterminator="\n").writerow(names)
        path.write_bytes(head.getvalue().encode() + path.read_bytes())


def _fits_a_cell(value: int | float | Decimal) -> bool:
    """Whether a spreadsheet's number, which is a float, is the figure: a long number is written as text instead."""
    return math.isfinite(value) and Decimal(repr(float(value))) == Decimal(str(value))


def _write_xlsx(table: pa.Table, path: Path) -> None:
    import xlsxwriter

    if table.num_rows >= XLSX_ROWS:
        raise PolicyError("too-many-rows", str(path), rows=f"{table.num_rows:,}", most=f"{XLSX_ROWS - 1:,}")
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
                    elif isinstance(value, int | float | Decimal) and _fits_a_cell(value):
                        sheet.write_number(row, index, float(value), formats[index])
                    elif isinstance(value, dt.date) and getattr(value, "tzinfo", None) is None and value.year >= 1900:
                        sheet.write_datetime(row, index, value, date)
                    else:
                        text = value if isinstance(value, str) else shown(value)
                        if len(text) > XLSX_TEXT:
                            name = table.column_names[index]
                            raise PolicyError("too-long", str(path), row + 1, name=name, most=f"{XLSX_TEXT:,}")
                        sheet.write_string(row, index, text)
                row += 1
