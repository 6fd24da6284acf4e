"""From a file to grids of cells: what the content is (not what the name says), whether it is safe to read, and reading it.

Everything that could cost unbounded time or memory is refused here, before a reader sees it: what an archive unpacks to is
measured by unpacking it under a cap, not by what its directory declares, and the extent of a sheet is measured before a
reader lays it out.
"""

import csv
import hashlib
import html
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import olefile
from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from nuanxin.sheets.messages import Message

MAX_FILE = 64 << 20
MAX_UNPACKED = 200 << 20
MAX_RATIO = 100
RATIO_FROM = 24 << 20
"""Bytes unpacked below which a high ratio is no offence: blank formatted rows compress very well."""
MAX_CELLS = 3_000_000
MAX_MEMBERS = 5_000

Row = list[object]


@dataclass(frozen=True, slots=True)
class Grid:
    """A visible sheet: its rows from the first row of the sheet on, so that row ``i`` is the spreadsheet's row ``i + 1``."""

    name: str
    rows: list[Row]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was looked into: its grids, or why it is refused whole. ``kind`` is what its content is."""

    path: Path
    size: int
    sha256: str
    kind: str
    grids: tuple[Grid, ...]
    refused: Message | None
    suffix_differs: bool = False
    hidden: tuple[str, ...] = field(default=())


class Refused(Exception):
    """A whole file cannot be read; carries the sentence."""

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code)
        self.message = Message(code, args)


def open_file(path: Path) -> Opened:
    """Look into a file. Never raises for what the file holds: a refusal is part of the answer."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            return Opened(
                path, size, _digest_of(path), "", (), Message("too_big", {"size": _mib(size), "limit": _mib(MAX_FILE)})
            )
        content = path.read_bytes()
    except OSError as error:
        return Opened(path, 0, "", "", (), Message("unreadable", {"reason": error.strerror or str(error)}))
    digest = hashlib.sha256(content).hexdigest()
    kind = ""
    try:
        kind = _kind(content, path.suffix.lower())
        grids, hidden = _READERS[kind](content, path)
        differs = path.suffix.lower() not in _SUFFIXES[kind]
        return Opened(path, len(content), digest, kind, tuple(grids), None, differs, tuple(hidden))
    except Refused as refused:
        return Opened(path, len(content), digest, kind, (), refused.message)


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB"


# --- what it is -------------------------------------------------------------------------------------------------------

_SUFFIXES = {
    "xlsx": {".xlsx", ".xlsm", ".xltx", ".et"},
    "xls": {".xls", ".xlt", ".et"},
    "ods": {".ods", ".ots"},
    "csv": {".csv", ".tsv", ".txt"},
}
_SPREADSHEET_SUFFIXES = {".xlsx", ".xlsm", ".xls", ".ods", ".et", ".xltx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", ""),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
)


def _kind(content: bytes, suffix: str) -> str:
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise Refused("empty_file")
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_kind(content)
    if content.startswith(_OLE):
        return _ole_kind(content)
    for signature, name in _SIGNATURES:
        if name and content.startswith(signature):
            raise _not_spreadsheet(name, suffix)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "csv"
    if b"\x00" in content or _control_share(content[:4096]) > 0.1:
        raise _not_spreadsheet("二进制文件", suffix)
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        raise _not_spreadsheet("网页", suffix)
    if start.startswith(b"<?xml"):
        raise Refused("unsupported", kind="XML 表格")
    return "csv"


def _not_spreadsheet(kind: str, suffix: str) -> Refused:
    if suffix in _SPREADSHEET_SUFFIXES:
        return Refused("not_what_it_says", suffix=suffix, kind=kind)
    return Refused("not_spreadsheet", kind=kind)


def _control_share(content: bytes) -> float:
    controls = sum(content.count(bytes((c,))) for c in (*range(1, 9), 11, *range(14, 27), *range(28, 32)))
    return controls / max(1, len(content))


# --- archives: xlsx and ods -------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _directory(content: bytes) -> list[zipfile.ZipInfo]:
    """The archive's directory; kept for the moment between recognising a file and reading it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.comment and b"PK\x05\x06" in archive.comment:
                raise Refused("doubled_member", member="PK")
            return archive.infolist()
    except (
        zipfile.BadZipFile,
        ValueError,
        struct.error,
        NotImplementedError,
        UnicodeDecodeError,
        OSError,
        IndexError,
    ) as error:
        raise Refused("corrupt") from error


def _zip_kind(content: bytes) -> str:
    names = {info.filename for info in _directory(content)}
    folded = {_folded(name) for name in names}
    if "xl/workbook.bin" in folded:
        raise Refused("unsupported", kind="xlsb")
    if any(name.startswith("xl/") for name in folded):
        return "xlsx"
    if "content.xml" in folded:
        return "ods"
    if any(name.startswith("word/") for name in folded):
        raise Refused("not_spreadsheet", kind="文字文档")
    if any(name.startswith("ppt/") for name in folded):
        raise Refused("not_spreadsheet", kind="演示文稿")
    raise Refused("not_spreadsheet", kind="压缩包")


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    """A member's name as a careless reader may take it: case, backslashes, leading slashes and dots do not count."""
    parts = [part for part in name.replace("\\", "/").lower().split("/") if part not in ("", ".")]
    return "/".join(parts)


def _members(content: bytes) -> dict[str, bytes]:
    """Every XML part of an archive, unpacked under the cap. Refuses doubled, overlapping, hidden, encrypted and lying members."""
    infos = _directory(content)
    if len(infos) > MAX_MEMBERS:
        raise Refused("zip_bomb", limit=f"{MAX_MEMBERS}")
    seen: set[str] = set()
    for info in infos:
        name = _folded(info.filename)
        if name in seen and not info.is_dir():
            raise Refused("doubled_member", member=info.filename[:60])
        seen.add(name)
        if info.flag_bits & 0x1:
            raise Refused("encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("corrupt")
    parts: dict[str, bytes] = {}
    total, end_before = 0, 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        start = info.header_offset
        if content[start : start + 4] != b"PK\x03\x04" or len(content) < start + 30:
            raise Refused("corrupt")
        if start < end_before or b"PK\x03\x04" in content[end_before:start]:
            # Overlapping members, or one that stands in the file but not in its directory.
            raise Refused("doubled_member", member=info.filename[:60])
        name_length, extra_length = struct.unpack_from("<HH", content, start + 26)
        stored_name = content[start + 30 : start + 30 + name_length]
        if stored_name not in (
            info.orig_filename.encode("utf-8", "replace"),
            info.orig_filename.encode("cp437", "replace"),
        ):
            raise Refused("doubled_member", member=info.filename[:60])
        begin = start + 30 + name_length + extra_length
        end_before = begin + info.compress_size
        if end_before > len(content):
            raise Refused("corrupt")
        packed = content[begin:end_before]
        if info.compress_type == zipfile.ZIP_STORED:
            unpacked = packed
        else:
            room = MAX_UNPACKED - total
            reader = zlib.decompressobj(-15)
            try:
                unpacked = reader.decompress(packed, room + 1)
            except zlib.error as error:
                raise Refused("corrupt") from error
            if len(unpacked) > room:
                raise Refused("zip_bomb", limit=_mib(MAX_UNPACKED))
            if not reader.eof:
                raise Refused("corrupt")
        total += len(unpacked)
        if total > RATIO_FROM and total > MAX_RATIO * len(content):
            raise Refused("zip_bomb", limit=f"{_mib(RATIO_FROM)}, {MAX_RATIO}:1")
        if len(unpacked) != info.file_size or zlib.crc32(unpacked) != info.CRC:
            raise Refused("corrupt")
        name = _folded(info.filename)
        if name.endswith((".xml", ".rels")):
            if (b"<!" in unpacked and (b"<!DOCTYPE" in unpacked or b"<!ENTITY" in unpacked)) or unpacked[:2] in (
                b"\xff\xfe",
                b"\xfe\xff",
            ):
                raise Refused("xml_entity", member=info.filename[:60])
            parts[name] = unpacked
    return parts


_FAR = re.compile(rb' r="(?:[A-Za-z]{2,}|[A-Za-z]?[0-9]{5,})')
_OTHER_WRITINGS = (b"r =", b'= "')
"""With quotation marks ', tabs and line ends, which are looked for first: every other way to write r="A1"."""
_ROW_OR_CELL = re.compile(rb"""<(?:\w+:)?(row|c)\b([^>]*)>(\s*</(?:\w+:)?c>)?""")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d*)["']""")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _xlsx_extent(sheet: bytes) -> int:
    """How many cells the rectangle around a sheet's filled cells has."""
    start = sheet.find(b"?>") + 2
    while start < len(sheet) and sheet[start] in b"\r\n":
        start += 1
    usual = not any(sheet.find(mark, start) >= 0 for mark in (b"'", b"\t", b"\n", b"\r", *_OTHER_WRITINGS))
    if usual and not _FAR.search(sheet):
        return min(9_999, sheet.count(b"<")) * 26
    low_row = low_column = 1 << 62
    row = column = high_row = high_column = 0
    for match in _ROW_OR_CELL.finditer(sheet):
        reference = _REFERENCE.search(match[2])
        if match[1] == b"row":
            row = int(reference[2]) if reference and reference[2] else row + 1
            column = 0
            continue
        column = _column_number(reference[1]) if reference and reference[1] else column + 1
        at = int(reference[2]) if reference and reference[2] else row
        if match[3] or match[2].endswith(b"/"):
            continue
        low_row, high_row = min(low_row, at), max(high_row, at)
        low_column, high_column = min(low_column, column), max(high_column, column)
    return max(0, high_row) * max(0, high_column)


def _read_xlsx(content: bytes, path: Path) -> tuple[list[Grid], list[str]]:
    parts = _members(content)
    if "xl/workbook.xml" not in parts:
        raise Refused("corrupt")
    for name, part in parts.items():
        if name.startswith("xl/") and b"sheetData" in part and _xlsx_extent(part) > MAX_CELLS:
            raise Refused("too_many_cells", sheet=name.rpartition("/")[2].removesuffix(".xml"), limit=f"{MAX_CELLS:,}")
    _check_shared_text(parts)
    grids, hidden = _read_calamine(content)
    broken = {name: part for name, part in parts.items() if b't="e"' in part or b"<f" in part}
    if broken:
        _show_errors(grids, parts, broken)
    return grids, hidden


_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.S)
_AT = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_RESULT = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)</")


def _show_errors(grids: list[Grid], parts: dict[str, bytes], broken: dict[str, bytes]) -> None:
    """Put what the reader leaves empty back into the grids: error values (#REF!), and formulas that hold no result. Read as
    nothing, they would be taken for zero."""
    targets = {
        m["id"]: posixpath.normpath(posixpath.join("/xl", m["target"])).lstrip("/").lower()
        for relation in re.findall(rb"<Relationship\b[^>]*>", parts.get("xl/_rels/workbook.xml.rels", b""))
        if (m := _attributes(relation, id=rb'\bId="([^"]*)"', target=rb'\bTarget="([^"]*)"'))
    }
    by_name = {grid.name: grid for grid in grids}
    for sheet in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", parts["xl/workbook.xml"]):
        found = _attributes(sheet, name=rb'\bname="([^"]*)"', id=rb'\b\w+:id="([^"]*)"')
        part = broken.get(targets.get(found.get("id", ""), ""))
        grid = by_name.get(html.unescape(found.get("name", "")))
        if part is None or grid is None:
            continue
        for attributes, inside in _CELL.findall(part):
            error = b't="e"' in attributes
            result = _RESULT.search(inside)
            at = _AT.search(attributes)
            if at and (error or (b"<f" in inside and not (result and result[1]) and b"<is" not in inside)):
                text = result[1].decode("utf-8", "replace") if error and result else "#公式没有结果"
                _put(grid, int(at[2]) - 1, _column_number(at[1]) - 1, text)


def _attributes(tag: bytes, **patterns: bytes) -> dict[str, str]:
    found = {name: re.search(pattern, tag) for name, pattern in patterns.items()}
    return {name: match[1].decode("utf-8", "replace") for name, match in found.items() if match}


def _put(grid: Grid, row: int, column: int, text: str) -> None:
    width = max(column + 1, len(grid.rows[0]) if grid.rows else 0)
    if (row + 1) * width > MAX_CELLS:
        raise Refused("too_many_cells", sheet=grid.name, limit=f"{MAX_CELLS:,}")
    while len(grid.rows) <= row:
        grid.rows.append([])
    for cells in grid.rows:
        cells += [""] * (width - len(cells))
    grid.rows[row][column] = text


def _check_shared_text(parts: dict[str, bytes]) -> None:
    """Refuse when the text that cells share comes to more than the cap once every cell has its own copy of it."""
    shared = parts.get("xl/sharedstrings.xml", b"")
    sheets = [part for name, part in parts.items() if name.startswith("xl/worksheets/")]
    if len(shared) * sum(part.count(b"<v>") for part in sheets) <= MAX_UNPACKED:
        return
    lengths = np.array([len(text) for text in re.split(rb"<(?:\w+:)?si\b", shared)[1:]] or [0], dtype=np.int64)
    total = 0
    for part in sheets:
        references = np.array([int(n) for n in re.findall(rb"<v>(\d{1,9})</v>", part)], dtype=np.int64)
        total += int(lengths[references[references < len(lengths)]].sum())
    if total > 2 * MAX_UNPACKED:
        raise Refused("zip_bomb", limit=_mib(2 * MAX_UNPACKED))


_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*?)(/?)>")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(/?)>")
_ODS_REPEAT_ROW = re.compile(rb"""number-rows-repeated\s*=\s*["'](\d+)""")
_ODS_REPEAT_CELL = re.compile(rb"""number-columns-repeated\s*=\s*["'](\d+)""")


def _repeat(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1]) if found else 1


def _ods_extent(sheet: bytes) -> int:
    """How many cells an ODS table comes to when its repeated rows and cells are written out, down to its last filled row."""
    rows = high_row = high_column = text = 0
    for match in _ODS_ROW.finditer(sheet):
        repeated = _repeat(_ODS_REPEAT_ROW, match[1])
        rows += repeated
        if match[2]:
            continue
        end = sheet.find(b"</table:table-row>", match.end())
        columns = 0
        for cell in _ODS_CELL.finditer(sheet, match.end(), end if end >= 0 else len(sheet)):
            columns += _repeat(_ODS_REPEAT_CELL, cell[1])
            if not cell[2] or b"value" in cell[1]:
                high_row, high_column = rows, max(high_column, columns)
                copies = repeated * _repeat(_ODS_REPEAT_CELL, cell[1])
                if copies > 1:
                    closing = sheet.find(b"</table:table-cell>", cell.end())
                    text += copies * max(0, closing - cell.end())
    if text > 2 * MAX_UNPACKED:
        raise Refused("zip_bomb", limit=_mib(2 * MAX_UNPACKED))
    return high_row * high_column


def _read_ods(content: bytes, path: Path) -> tuple[list[Grid], list[str]]:
    parts = _members(content)
    if b"encryption-data" in parts.get("meta-inf/manifest.xml", b""):
        raise Refused("encrypted")
    body = parts.get("content.xml", b"")
    for sheet in body.split(b"<table:table ")[1:]:
        if _ods_extent(sheet) > MAX_CELLS:
            name = re.search(rb'table:name="([^"]*)"', sheet)
            shown = name[1].decode("utf-8", "replace") if name else ""
            raise Refused("too_many_cells", sheet=shown, limit=f"{MAX_CELLS:,}")
    if b"<office:spreadsheet" not in body:
        raise Refused("not_spreadsheet", kind="文字文档")
    return _read_calamine(content)


# --- compound files: xls, and xlsx under a password ---------------------------------------------------------------------


def _ole_kind(content: bytes) -> str:
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as compound:
            names = {"/".join(entry).lower() for entry in compound.listdir()}
    except Exception as error:
        raise Refused("corrupt") from error
    if "encryptedpackage" in names:
        raise Refused("encrypted")
    if names & {"workbook", "book"}:
        return "xls"
    raise Refused("not_spreadsheet", kind="旧版办公文档")


_BIFF_CELLS = frozenset(
    {0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, 0x0002, 0x0003, 0x0004, 0x0005}
)


_BIFF_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def _check_biff(stream: bytes) -> list[tuple[str, int, int, str]]:
    """Walk the records of an xls workbook: refuse a password, filled cells that span too much, and text that multiplies.
    Returns the error values in cells, which the reader leaves empty: (sheet, row, column, text)."""
    names: dict[int, str] = {}
    sheet = ""
    errors: list[tuple[str, int, int, str]] = []
    at, high_row, high_column = 0, 0, 0
    shared: list[bytes] = []
    texts: list[int] = []
    last = 0
    unpack = struct.Struct("<HH").unpack_from
    while at + 4 <= len(stream):
        record, length = unpack(stream, at)
        if record == 0x002F:
            raise Refused("encrypted")
        if record in (0x0809, 0x0009, 0x0209, 0x0409):
            high_row = high_column = 0
            sheet = names.get(at, "")
        elif record == 0x0085 and length >= 8:
            offset, count, wide = *struct.unpack_from("<I", stream, at + 4), stream[at + 10], stream[at + 11] & 1
            raw = stream[at + 12 : at + 12 + count * (2 if wide else 1)]
            names[offset] = raw.decode("utf-16-le" if wide else "latin-1", "replace")
        elif record == 0x00FC or (record == 0x003C and last == 0x00FC):
            shared.append(stream[at + 4 : at + 4 + length])
        elif record in _BIFF_CELLS and length >= 4:
            row, column = unpack(stream, at + 4)
            # An error stands in a record of its own, or is the result of a formula.
            if record == 0x0205 and length >= 8 and stream[at + 11]:
                errors.append((sheet, row, column, _BIFF_ERRORS.get(stream[at + 10], "#N/A")))
            elif (
                record == 0x0006 and length >= 18 and stream[at + 16 : at + 18] == b"\xff\xff" and stream[at + 10] == 2
            ):
                errors.append((sheet, row, column, _BIFF_ERRORS.get(stream[at + 12], "#N/A")))
            if record == 0x00BD and length >= 6:
                column = struct.unpack_from("<H", stream, at + 4 + length - 2)[0]
            elif record == 0x00FD and length >= 10:
                texts.append(int.from_bytes(stream[at + 10 : at + 14], "little"))
            high_row, high_column = max(high_row, row + 1), max(high_column, column + 1)
            if high_row * high_column > MAX_CELLS:
                raise Refused("too_many_cells", sheet="", limit=f"{MAX_CELLS:,}")
        last = last if record == 0x003C else record
        at += 4 + length
    if len(texts) * sum(map(len, shared)) > MAX_UNPACKED:
        lengths = _biff_text_lengths(shared)
        if sum(lengths[text] for text in texts if text < len(lengths)) > 2 * MAX_UNPACKED:
            raise Refused("zip_bomb", limit=_mib(2 * MAX_UNPACKED))
    return errors


def _biff_text_lengths(segments: list[bytes]) -> list[int]:
    """How many characters each shared text of an xls has. Texts run on from one record to the next."""
    lengths: list[int] = []
    part, at = 0, 8
    try:
        while True:
            while part < len(segments) and at >= len(segments[part]):
                part, at = part + 1, at - len(segments[part])
            if part >= len(segments):
                return lengths
            count, flags = struct.unpack_from("<HB", segments[part], at)
            lengths.append(count)
            at += 3
            runs = extension = 0
            if flags & 0x08:
                runs = struct.unpack_from("<H", segments[part], at)[0]
                at += 2
            if flags & 0x04:
                extension = struct.unpack_from("<I", segments[part], at)[0]
                at += 4
            wide = flags & 0x01
            while count:
                taken = min(count, (len(segments[part]) - at) >> wide)
                count -= taken
                at += taken << wide
                if count:
                    # The rest stands in the next record, which begins with its own width.
                    part, at = part + 1, 1
                    wide = segments[part][0] & 0x01
            at += 4 * runs + extension
    except (struct.error, IndexError) as error:
        raise Refused("corrupt") from error


def _read_xls(content: bytes, path: Path) -> tuple[list[Grid], list[str]]:
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as compound:
            name = "Workbook" if compound.exists("Workbook") else "Book"
            stream = compound.openstream(name).read()
    except Exception as error:
        raise Refused("corrupt") from error
    errors = _check_biff(stream)
    grids, hidden = _read_calamine(content)
    by_name = {grid.name: grid for grid in grids}
    for name, row, column, text in errors:
        if name in by_name:
            _put(by_name[name], row, column, text)
    return grids, hidden


# --- reading ----------------------------------------------------------------------------------------------------------


def _read_calamine(content: bytes) -> tuple[list[Grid], list[str]]:
    grids: list[Grid] = []
    hidden: list[str] = []
    try:
        workbook = CalamineWorkbook.from_object(io.BytesIO(content))
        for index, sheet in enumerate(workbook.sheets_metadata):
            if sheet.typ is not SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible is not SheetVisibleEnum.Visible:
                hidden.append(sheet.name)
                continue
            cells = workbook.get_sheet_by_index(index)
            merged = tuple(cells.merged_cell_ranges or ())
            grids.append(Grid(sheet.name, cells.to_python(skip_empty_area=False), merged))  # type: ignore[arg-type]
    except PasswordError as error:
        raise Refused("encrypted") from error
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        raise Refused("corrupt") from error
    return grids, hidden


def _decode(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: Iterable[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("encoding")


_KEPT_TEXT = re.compile(r'^="?([^"]*)"$')
_SENTINEL = "\x1dend\x1d"


def _delimiter(text: str) -> str:
    """The delimiter by which the first records fall into most cells."""
    sample = text[:20_000]
    best, best_cells = ",", 0
    for candidate in (",", ";", "\t", "，"):
        try:
            widths = sorted(
                len(row)
                for row, _ in zip(csv.reader(io.StringIO(sample), delimiter=candidate), range(40), strict=False)
            )
        except csv.Error:
            continue
        cells = widths[-1] if widths else 0
        if cells > best_cells:
            best, best_cells = candidate, cells
    return best


def _read_csv(content: bytes, path: Path) -> tuple[list[Grid], list[str]]:
    text = _decode(content)
    delimiter = _delimiter(text)
    if text.count(delimiter) > MAX_CELLS:
        raise Refused("too_many_cells", sheet=path.stem, limit=f"{MAX_CELLS:,}")
    closed = text if text.endswith(("\n", "\r")) else text + "\n"
    rows: list[Row] = []
    try:
        for row in csv.reader(io.StringIO(closed + _SENTINEL, newline=""), delimiter=delimiter):
            rows.append(row)  # type: ignore[arg-type]
    except csv.Error as error:
        raise Refused("open_quote", row=len(rows) + 1) from error
    if not rows or rows[-1] != [_SENTINEL]:
        # The end mark was swallowed: a quotation mark was still open.
        raise Refused("open_quote", row=len(rows))
    rows.pop()
    if '="' in text or '=""' in text:
        # ="640381…" is how some programs keep a number as text in CSV.
        rows = [[_KEPT_TEXT.sub(r"\1", cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    width = max(map(len, rows), default=0)
    if width * len(rows) > MAX_CELLS:
        raise Refused("too_many_cells", sheet=path.stem, limit=f"{MAX_CELLS:,}")
    return [Grid(path.stem, [row + [""] * (width - len(row)) for row in rows])], []


_READERS = {"xlsx": _read_xlsx, "xls": _read_xls, "ods": _read_ods, "csv": _read_csv}
