"""Read returns and books of records: files in, typed rows and refusals out, with every row and cell accounted for.

Files are read a chunk at a time. Within a chunk the rows of all sheets of a form are laid end to end and each column is
typed at once; only what is dirty is looked at cell by cell.
"""

import contextlib
import datetime as dt
import gc
import os
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nuanxin.sheets.arrays import arrow_array
from nuanxin.sheets.columns import ARROW, BLANK, MARK, REFUSED, VALUE, Problem, Typed, area_doubtful, shown, type_column
from nuanxin.sheets.files import Grid, Opened, open_file
from nuanxin.sheets.form import HELP_SHEET, Field, Form, forms
from nuanxin.sheets.layout import Layout, Title, find_layout, plausible, read_title, title_of, unit_of
from nuanxin.sheets.messages import Message, Refusal
from nuanxin.sheets.rows import sort_rows

CHUNK_FILES = 128
CHUNK_BYTES = 16 << 20
PARALLEL_FROM = 256
"""Files from which two processes pay for their start."""

_CORRECTION = re.compile(r"更正|修正|订正|改正|补正")


@dataclass(frozen=True)
class Reading:
    """What one file comes to.

    ``tables`` holds a table per form found, one row per data row, the refused ones included (``accepted`` false). A survey
    table has ``family`` (index of the family in the file) and ``worker_row``, and household values on every row of the
    family; amounts are in fen. ``refused_whole`` says why nothing was taken. ``nil``: the survey form is there and reports no
    family. ``balance`` per form: rows = accepted + refused + skipped, cells = typed + refused_cells + blank.
    """

    path: Path
    name: str
    sha256: str
    size: int
    refused_whole: Message | None = None
    title: str = ""
    quarter: str | None = None
    org_name: str | None = None
    filled_on: dt.date | None = None
    correction: bool = False
    nil: bool = False
    tables: dict[str, pa.Table] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[Refusal] = field(default_factory=list)
    balance: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass(slots=True)
class _Sheet:
    """A sheet in which an expected form was found, with its data rows."""

    file: int
    name: str
    layout: Layout
    title: Title
    header: list[object]
    rows: list[list[object]]
    numbers: list[int]
    """The spreadsheet's number of each data row."""
    below: int
    """How many rows stand below the header."""
    skipped: Counter[str]


@dataclass(slots=True)
class _File:
    """A file of the chunk while it is being read."""

    opened: Opened
    sheets: list[_Sheet] = field(default_factory=list)
    title: Title = field(default_factory=Title)
    refused: Message | None = None
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[Refusal] = field(default_factory=list)
    tables: dict[str, pa.Table] = field(default_factory=dict)
    balance: dict[str, dict[str, object]] = field(default_factory=dict)
    families: int = 0


def read_file(path: Path, *, expect: Collection[str], today: dt.date | None = None) -> Reading:
    """Read one file. ``expect`` names the forms that may be in it; ``today`` bounds dates of birth (default: the day in China)."""
    return _read_chunk([Path(path)], tuple(sorted(expect)), today or _today())[0]


def forms_in(path: Path) -> set[str]:
    """The forms that a file's visible sheets hold, by their headers alone; none for a file that cannot be read."""
    opened = open_file(Path(path))
    known = list(forms())
    layouts = [find_layout(grid.rows, known, grid.name) for grid in opened.grids if grid.name != HELP_SHEET]
    return {layout.form for layout in layouts if layout is not None and layout.complete}


def read_files(
    paths: Iterable[Path],
    *,
    expect: Collection[str],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    today: dt.date | None = None,
) -> Iterator[Reading]:
    """Read many files, yielding a Reading each in the order given, in bounded memory.

    ``workers``: processes to use (default: two when the files are many and the machine has two cores; 1 reads in this one).
    ``progress(done, total)`` is called after each chunk.
    """
    listed = [Path(path) for path in paths]
    on = today or _today()
    chunks = list(_chunks(listed))
    if workers is None:
        workers = min(2, os.cpu_count() or 1) if len(listed) >= PARALLEL_FROM else 1
    done = 0
    if workers <= 1 or len(chunks) < 2:
        for chunk in chunks:
            readings = _read_chunk(chunk, tuple(sorted(expect)), on)
            done += len(chunk)
            if progress:
                progress(done, len(listed))
            yield from readings
        return
    # Spawned, not forked: the caller may have threads, and a fork of a threaded process can hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[tuple[list[Path], Future[_Packed]]] = deque()
        remaining = iter(chunks)
        for chunk in remaining:
            waiting.append((chunk, pool.submit(_read_packed, chunk, tuple(sorted(expect)), on)))
            if len(waiting) > workers + 1:
                break
        while waiting:
            chunk, future = waiting.popleft()
            readings = _unpack(future.result())
            if (following := next(remaining, None)) is not None:
                waiting.append((following, pool.submit(_read_packed, following, tuple(sorted(expect)), on)))
            done += len(chunk)
            if progress:
                progress(done, len(listed))
            yield from readings


def _today() -> dt.date:
    return dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()


def _chunks(paths: list[Path]) -> Iterator[list[Path]]:
    chunk: list[Path] = []
    size = 0
    for path in paths:
        chunk.append(path)
        with contextlib.suppress(OSError):  # a missing file is refused with a sentence when it is opened
            size += path.stat().st_size
        if len(chunk) >= CHUNK_FILES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


_Packed = tuple[list[Reading], dict[str, tuple[pa.Table, list[tuple[int, int, int]]]]]


def _read_packed(paths: list[Path], expect: tuple[str, ...], today: dt.date) -> _Packed:
    """A chunk for the way between processes: one table per form instead of one per file and form."""
    readings = _read_chunk(paths, expect, today)
    packed: dict[str, tuple[pa.Table, list[tuple[int, int, int]]]] = {}
    for name in {form for reading in readings for form in reading.tables}:
        places, start, tables = [], 0, []
        for index, reading in enumerate(readings):
            if name in reading.tables:
                tables.append(reading.tables[name])
                places.append((index, start, len(tables[-1])))
                start += len(tables[-1])
        packed[name] = (pa.concat_tables(tables).combine_chunks(), places)
    return [replace(reading, tables={}) for reading in readings], packed


def _unpack(packed: _Packed) -> list[Reading]:
    readings, tables = packed
    for name, (table, places) in tables.items():
        for index, start, length in places:
            readings[index].tables[name] = table.slice(start, length)
    return readings


def _read_chunk(paths: list[Path], expect: tuple[str, ...], today: dt.date) -> list[Reading]:
    unknown = [name for name in expect if name not in forms()]
    if unknown:
        raise ValueError(f"no such form: {', '.join(unknown)}")
    with _collector_paused():
        files = [_look(index, path, expect) for index, path in enumerate(paths)]
        for name in expect:
            sheets = [s for f in files for s in f.sheets if s.layout.form == name]
            if sheets:
                _type_sheets(forms()[name], sheets, files, today)
        return [_reading(path, f) for path, f in zip(paths, files, strict=True)]


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """A chunk makes rows by the ten thousand and no cycles: looking for some would cost an eighth of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _reading(path: Path, one: _File) -> Reading:
    if one.refused:
        return Reading(
            path, path.name, one.opened.sha256, one.opened.size, one.refused, one.title.text, one.title.quarter,
            one.title.org_name, one.title.filled_on, _is_correction(path, one.title), warnings=one.warnings,
        )  # fmt: skip
    survey = one.tables.get("survey")
    order = {grid.name: index for index, grid in enumerate(one.opened.grids)}
    for entries in (one.refusals, one.warnings):
        entries.sort(key=lambda entry: (order.get(entry.sheet, -1), entry.row))
    return Reading(
        path=path,
        name=path.name,
        sha256=one.opened.sha256,
        size=one.opened.size,
        title=one.title.text,
        quarter=one.title.quarter,
        org_name=one.title.org_name,
        filled_on=one.title.filled_on,
        correction=_is_correction(path, one.title),
        nil=survey is not None and len(survey) == 0,
        tables=one.tables,
        refusals=one.refusals,
        warnings=one.warnings,
        balance=one.balance,
    )


def _is_correction(path: Path, title: Title) -> bool:
    return bool(_CORRECTION.search(path.stem) or _CORRECTION.search(title.text))


# --- looking into one file ----------------------------------------------------------------------------------------------


def _look(index: int, path: Path, expect: tuple[str, ...]) -> _File:
    """Open a file and find the expected forms in its visible sheets."""
    opened = open_file(path)
    one = _File(opened, refused=opened.refused)
    if opened.refused:
        return one
    incomplete: list[tuple[Grid, Layout]] = []
    others: list[tuple[Grid, str]] = []
    strangers: list[Grid] = []
    found: list[tuple[Grid, Layout]] = []
    filled = [
        grid for grid in opened.grids
        if grid.name != HELP_SHEET and any(cell != "" for row in grid.rows for cell in row)
    ]  # fmt: skip
    for grid in filled:
        layout = find_layout(grid.rows, expect, grid.name)
        if layout is not None and layout.complete:
            found.append((grid, layout))
            continue
        other = find_layout(grid.rows, [name for name in forms() if name not in expect], grid.name)
        if other is not None and other.complete and (layout is None or len(other.columns) >= len(layout.columns)):
            others.append((grid, other.form))
        elif layout is not None and plausible(layout):
            incomplete.append((grid, layout))
        else:
            strangers.append(grid)
    complete = {layout.form for _, layout in found}
    for grid, layout in incomplete:
        if layout.doubled or layout.form not in complete:
            one.refused = _incomplete(grid, layout)
            one.title = read_title(grid.rows[: layout.header_row])
            return one
        strangers.append(grid)
    if not found:
        one.refused = _nothing_found(opened, filled, others, expect, path)
        one.title = next((t for grid in filled if (t := read_title(grid.rows[:3])).quarter), Title())
        return one
    for grid, layout in found:
        one.sheets.append(_sheet(index, grid, layout, one, path))
    one.title = next((s.title for s in one.sheets if s.title.quarter), one.sheets[0].title)
    for name in strangers:
        one.warnings.append(Refusal(path.name, name.name, 0, "", "", "", "unknown_sheet"))
    for grid, form_name in others:
        one.warnings.append(
            Refusal(path.name, grid.name, 0, "", "", "", "other_form", {"form": forms()[form_name].title})
        )
    if opened.suffix_differs:
        args = {"suffix": path.suffix, "kind": opened.kind}
        one.warnings.append(Refusal(path.name, "", 0, "", "", "", "suffix_differs", args))
    return one


def _incomplete(grid: Grid, layout: Layout) -> Message:
    form = forms()[layout.form]
    if layout.doubled:
        name, titles = layout.doubled[0]
        return Message(
            "doubled_column", {"sheet": grid.name, "column": form.fields[name].title, "titles": "、".join(titles)}
        )
    return Message("missing_column", {"sheet": grid.name, "columns": "、".join(layout.missing)})


def _nothing_found(
    opened: Opened, filled: list[Grid], others: list[tuple[Grid, str]], expect: tuple[str, ...], path: Path
) -> Message:
    expected = "、".join(forms()[name].title for name in expect)
    if not filled:
        return Message("no_sheet")
    if others:
        return Message("wrong_form", {"found": forms()[others[0][1]].title, "expected": expected})
    if opened.kind == "csv" and opened.suffix_differs:
        return Message("not_what_it_says", {"suffix": path.suffix, "kind": "文本"})
    return Message("no_form", {"sheets": "、".join(grid.name for grid in filled[:5]), "expected": expected})


def _sheet(index: int, grid: Grid, layout: Layout, one: _File, path: Path) -> _Sheet:
    title = read_title(grid.rows[: layout.header_row])
    form = forms()[layout.form]
    rows = _filled_down(grid, layout, form) if grid.merged and not form.has_households else grid.rows
    taken = sort_rows(rows, layout)
    header = rows[layout.body_row - 1]
    for _, unknown in layout.unknown:
        one.warnings.append(Refusal(path.name, grid.name, layout.body_row, unknown, "", "", "unknown_column"))
    for row, column, cell in taken.remarks:
        name = next((c.title for c in layout.columns.values() if c.index == column), "")
        one.warnings.append(Refusal(path.name, grid.name, row + 1, name, "", shown(None, cell), "remark_row"))
    return _Sheet(
        file=index,
        name=grid.name,
        layout=layout,
        title=title,
        header=header,
        rows=[rows[k] for k in taken.data],
        numbers=[k + 1 for k in taken.data],
        below=len(rows) - layout.body_row,
        skipped=taken.skipped,
    )


def _filled_down(grid: Grid, layout: Layout, form: Form) -> list[list[object]]:
    """In a book of records a cell merged downward (one date for several rows) counts for each row; a figure never does."""
    rows = [list(row) for row in grid.rows]
    fields = {c.index: form.fields[name] for name, c in layout.columns.items()}
    for (top, left), (bottom, right) in grid.merged:
        if top < layout.body_row or bottom == top or left != right or left not in fields:
            continue
        if fields[left].type in ("amount", "integer", "number"):
            continue
        for k in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[k]) and rows[k][left] == "" and any(cell != "" for cell in rows[k]):
                rows[k][left] = rows[top][left]
    return rows


# --- typing all sheets of a form ------------------------------------------------------------------------------------------


class _Batch:
    """All data rows of one form in a chunk, laid end to end."""

    def __init__(self, form: Form, sheets: list[_Sheet], files: list[_File]) -> None:
        self.form, self.sheets, self.files = form, sheets, files
        lengths = [len(s.rows) for s in sheets]
        self.count = sum(lengths)
        self.sheet_of: npt.NDArray[np.int64] = np.repeat(np.arange(len(sheets)), lengths)
        self.file_of: npt.NDArray[np.int64] = np.repeat(np.array([s.file for s in sheets], dtype=np.int64), lengths)
        self.numbers = [n for s in sheets for n in s.numbers]
        self.accepted: npt.NDArray[np.bool_] = np.ones(self.count, dtype=np.bool_)
        self.typed: dict[str, Typed] = {}
        self.present: dict[str, npt.NDArray[np.bool_]] = {}
        """Per field: in which sheets the column stands."""

    def type_columns(self, today: dt.date) -> None:
        transposed = [list(zip(*s.rows, strict=True)) for s in self.sheets]
        for name, one in self.form.fields.items():
            here = np.array([name in s.layout.columns for s in self.sheets], dtype=np.bool_)
            self.present[name] = here
            if not here.any():
                continue
            cells: list[object] = []
            for sheet, columns in zip(self.sheets, transposed, strict=True):
                if not columns:
                    continue
                column = sheet.layout.columns.get(name)
                cells.extend(columns[column.index] if column else [""] * len(sheet.rows))
            typed = type_column(one, cells, self._units(name) if one.type == "amount" else 1, today)
            self.typed[name] = typed
            if one.needed:
                empty = np.flatnonzero(typed.state == BLANK)
                typed.state[empty] = REFUSED
                typed.problems += [
                    Problem(int(at), "missing_value", shown(one, cells[at]), {}, True) for at in empty.tolist()
                ]
            for problem in typed.problems:
                self.report(one, problem)

    def _units(self, name: str) -> list[int] | int:
        units = [unit_of(s.layout.columns[name], s.title) if name in s.layout.columns else 1 for s in self.sheets]
        if len(set(units)) == 1:
            return units[0]
        return np.repeat(np.array(units, dtype=np.int64), [len(s.rows) for s in self.sheets]).tolist()

    def report(self, one: Field, problem: Problem) -> None:
        """Put a refusal or warning into its file, and take the row out of the accepted when it is refused."""
        at = problem.at
        sheet = self.sheets[int(self.sheet_of[at])]
        file = self.files[sheet.file]
        entry = Refusal(
            file.opened.path.name, sheet.name, self.numbers[at], title_of(self.form, one.field, sheet.layout.columns),
            one.field, problem.found, problem.code, problem.args,
        )  # fmt: skip
        if problem.refused:
            self.accepted[at] = False
            file.refusals.append(entry)
        else:
            file.warnings.append(entry)

    def refuse(self, name: str, at: int, code: str, found: object, **args: object) -> None:
        """Refuse a row for what a family check found."""
        one = self.form.fields[name]
        typed = self.typed.get(name)
        if typed is not None and typed.state[at] in (VALUE, MARK):
            typed.state[at] = REFUSED
        self.report(one, Problem(at, code, shown(one, found), args, True))

    def text(self, name: str, at: int) -> str:
        value = self.typed[name].values[at] if name in self.typed else None
        return "" if value is None else str(value)


@dataclass(slots=True)
class _Families:
    """Which family each row belongs to (numbered through the chunk), and each family's first and worker's rows (-1: none)."""

    of: npt.NDArray[np.int64]
    first: list[int]
    head: list[int]

    @property
    def count(self) -> int:
        return len(self.first)


@lru_cache(maxsize=65_536)
def _same(text: str) -> str:
    """A name as two writings of it are compared: without spaces and middle dots."""
    return re.sub(r"[\s·•・.]+", "", text)


def _find_families(batch: _Batch) -> _Families:
    """Put the rows of each sheet into families: by the family's number or, without one, the row's, and by who is 本人."""

    def values(name: str) -> list[object]:
        return batch.typed[name].values if name in batch.typed else [None] * batch.count

    numbers, sequence, relations = values("family_no"), values("seq"), values("relation")
    workers, names = values("worker_name"), values("name")
    given = np.zeros(batch.count, dtype=np.bool_)
    for name, one in batch.form.fields.items():
        if one.level == "household" and one.type in ("amount", "integer", "flag") and name in batch.typed:
            given |= batch.typed[name].state != BLANK
    sheets = batch.sheet_of.tolist()
    numbered = {s for s, n in zip(sheets, numbers, strict=True) if n is not None}
    by_member = _numbered_by_member(sheets, sequence, relations, numbered)
    of: list[int] = []
    first: list[int] = []
    head: list[int] = []
    sheet = -1
    number = order = worker = head_name = None
    for at in range(batch.count):
        here, relation = sheets[at], relations[at]
        own_number, own_order, own_worker = numbers[at], sequence[at], workers[at]
        if own_number is not None:
            own_number = str(own_number).lstrip("0") or "0"
        if here != sheet:
            starts = True
        elif own_number is not None:
            starts = own_number != number
        else:
            other_order = here not in numbered and own_order is not None and own_order != order
            other_worker = (
                own_worker is not None and worker is not None and _same(str(own_worker)) != _same(str(worker))
            )
            if relation == "self" and head_name is not None:
                # A second 本人 begins a family of its own where anything of a household stands beside it; where nothing does,
                # the row belongs to the family above, which then has two heads.
                starts = bool(given[at]) or other_worker or (other_order and here not in by_member)
            elif relation == "self":
                starts = other_worker or (other_order and here not in by_member)
            else:
                starts = other_order and (here not in by_member or other_worker)
        if starts:
            sheet, number, order, worker, head_name = here, own_number, own_order, own_worker, None
            first.append(at)
            head.append(-1)
        elif own_order is not None:
            order = own_order
        if worker is None:
            worker = own_worker
        if relation == "self" and head_name is None:
            head_name = _same(str(names[at] or ""))
            head[-1] = at
        of.append(len(first) - 1)
    return _Families(np.array(of, dtype=np.int64), first, head)


def _numbered_by_member(
    sheets: list[int], sequence: list[object], relations: list[object], numbered: set[int]
) -> set[int]:
    """Sheets without family numbers whose 序号 counts members, not families."""
    weight: Counter[int] = Counter()
    for sheet, order, relation in zip(sheets, sequence, relations, strict=True):
        if sheet not in numbered and relation != "self":
            weight[sheet] += 1 if order is not None else -1
    return {sheet for sheet, balance in weight.items() if balance > 0}


def _check_families(batch: _Batch, families: _Families) -> None:
    """One worker per family, ages that can be, each person once in a file, the worker's name as in the worker's own row."""
    relations = batch.typed["relation"].values
    ids = batch.typed["resident_id"]
    births = ids.births if ids.births is not None else np.zeros(batch.count, dtype=np.int32)
    unclear = {int(families.of[at]) for at in np.flatnonzero(batch.typed["relation"].state == REFUSED).tolist()}
    for family, (start, head) in enumerate(zip(families.first, families.head, strict=True)):
        if head < 0 and family not in unclear:
            batch.refuse("relation", start, "no_head", _cell(batch, "relation", start))
    heads = np.array(families.head, dtype=np.int64)
    is_self = np.fromiter((r == "self" for r in relations), np.bool_, batch.count)
    for at in np.flatnonzero(is_self & (heads[families.of] != np.arange(batch.count))).tolist():
        other = batch.numbers[families.head[int(families.of[at])]]
        batch.refuse("relation", at, "two_heads", _cell(batch, "relation", at), other=other)
    _check_ages(batch, families, relations, births, heads)
    _check_once(batch, ids)
    if "worker_name" in batch.typed:
        workers, names = batch.typed["worker_name"].values, batch.typed["name"].values
        for at, worker in enumerate(workers):
            head = families.head[int(families.of[at])]
            if worker is None or head < 0 or (own := names[head]) is None or worker == own:
                continue
            if _same(str(worker)) != _same(str(own)):
                batch.refuse("worker_name", at, "worker_differs", worker, first=shown(batch.form.fields["name"], own))


def _cell(batch: _Batch, name: str, at: int) -> object:
    """The cell as it stands in the sheet."""
    sheet_index = int(batch.sheet_of[at])
    sheet = batch.sheets[sheet_index]
    start = int(np.searchsorted(batch.sheet_of, sheet_index))
    column = sheet.layout.columns.get(name)
    return sheet.rows[at - start][column.index] if column else ""


_DESCENDANTS = frozenset({"child", "grandchild"})
_ANCESTORS = frozenset({"parent", "grandparent"})


def _check_ages(
    batch: _Batch,
    families: _Families,
    relations: list[object],
    births: npt.NDArray[np.int32],
    heads: npt.NDArray[np.int64],
) -> None:
    head_births = np.where(heads >= 0, births[heads], 0)[families.of] if families.count else births
    known = (births > 0) & (head_births > 0)
    younger = np.fromiter((r in _DESCENDANTS for r in relations), np.bool_, batch.count)
    older = np.fromiter((r in _ANCESTORS for r in relations), np.bool_, batch.count)
    for wrong, code in (
        (known & younger & (births <= head_births), "child_older"),
        (known & older & (births >= head_births), "parent_younger"),
    ):
        for at in np.flatnonzero(wrong).tolist():
            number = batch.text("resident_id", at)
            batch.refuse("resident_id", at, code, number, born=_day(int(births[at])), head=_day(int(head_births[at])))


def _day(number: int) -> str:
    return f"{number // 10_000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"


def _check_once(batch: _Batch, ids: Typed) -> None:
    """Within a file each person has one row: the second is refused."""
    pairs = list(zip(batch.file_of.tolist(), ids.values, strict=True))
    given = [pair for pair in pairs if pair[1] is not None]
    if len(set(given)) == len(given):
        return
    seen: dict[tuple[int, object], int] = {}
    for at, pair in enumerate(pairs):
        if pair[1] is None:
            continue
        if pair in seen:
            batch.refuse("resident_id", at, "id_twice", pair[1], other=batch.numbers[seen[pair]])
        else:
            seen[pair] = at


def _household_values(batch: _Batch, families: _Families, name: str) -> list[object]:
    """One value per family for a household field: the figure given, wherever in the family it stands, else what blank means."""
    one = batch.form.fields[name]
    typed = batch.typed[name]
    here = batch.present[name]
    default = {"zero": 0, "no": False}.get(one.blank)
    first_sheets = batch.sheet_of[np.array(families.first, dtype=np.int64)] if families.count else np.empty(0, np.int64)
    present = here[first_sheets]
    values: list[object] = [default if p else None for p in present.tolist()]
    given = np.flatnonzero((typed.state == VALUE) | (typed.state == MARK))
    owners = families.of[given]
    again = np.flatnonzero(owners[1:] == owners[:-1]) if len(given) else np.empty(0, np.int64)
    several = set(owners[again].tolist())
    for at, family in zip(given.tolist(), owners.tolist(), strict=True):
        if family not in several:
            values[family] = typed.values[at]
    if several:
        _settle(batch, families, one, typed, given, owners, several, values)
    answered = np.zeros(families.count, dtype=np.bool_)
    answered[owners] = True
    refused = families.of[np.flatnonzero(typed.state == REFUSED)]
    for family in refused.tolist():
        if not answered[family]:
            values[family] = None
    answered[refused] = True
    if one.warn_blank:
        for family in np.flatnonzero(~answered & present).tolist():
            batch.report(one, Problem(families.first[family], "blank_as_zero", "", {}, False))
    return values


def _settle(
    batch: _Batch,
    families: _Families,
    one: Field,
    typed: Typed,
    given: npt.NDArray[np.int64],
    owners: npt.NDArray[np.int64],
    several: set[int],
    values: list[object],
) -> None:
    """Families with more than one cell for a household value: equal ones agree, a dash on a later row gives way, others are refused."""
    cells: dict[int, list[int]] = {}
    for at, family in zip(given.tolist(), owners.tolist(), strict=True):
        if family in several:
            cells.setdefault(family, []).append(at)
    for family, places in cells.items():
        firm = [
            at
            for at in places
            if typed.state[at] == VALUE or at == families.first[family] or at == families.head[family]
        ]
        base = firm[0] if firm else places[0]
        values[family] = typed.values[base]
        for at in firm[1:]:
            if typed.values[at] == typed.values[base] or one.field in ("family_no", "worker_name"):
                continue
            first = shown(one, _cell(batch, one.field, base))
            batch.refuse(one.field, at, "household_differs", _cell(batch, one.field, at), first=first)


def _warn_areas(batch: _Batch) -> None:
    """Area codes of ID numbers that are unknown or younger than the holder: one warning per file and code."""
    # Area code and year of birth, which are all that decides.
    starts = [str(n)[:10] if n else "" for n in batch.typed["resident_id"].values]
    doubtful = {start for start in set(starts) if start and area_doubtful(start)}
    found: dict[tuple[int, str], list[int]] = {}
    for at in [at for at, start in enumerate(starts) if start in doubtful] if doubtful else ():
        found.setdefault((int(batch.file_of[at]), starts[at][:6]), []).append(at)
    one = batch.form.fields["resident_id"]
    for (_, area), places in found.items():
        batch.report(one, Problem(places[0], "id_area", area, {"area": area, "count": len(places)}, False))


def _type_sheets(form: Form, sheets: list[_Sheet], files: list[_File], today: dt.date) -> None:
    """Type all sheets of a form, check families, and give each file its table, refusals and balance."""
    batch = _Batch(form, sheets, files)
    batch.type_columns(today)
    families = _find_families(batch) if form.has_households else None
    if families is not None and batch.count:
        _check_families(batch, families)
    if "resident_id" in batch.typed:
        _warn_areas(batch)
    arrays: dict[str, pa.Array] = {}
    order = arrow_array(families.of.tolist(), pa.int64()) if families is not None else None
    for name, one in form.fields.items():
        arrow = ARROW[one.type]
        if name not in batch.typed and (families is None or name != "worker_name"):
            arrays[name] = pa.nulls(batch.count, arrow)
        elif families is not None and one.level == "household":
            per_family: list[object] = [None] * families.count
            if name in batch.typed:
                per_family = _household_values(batch, families, name)
            if name == "worker_name":
                per_family = _named_by_head(batch, families, per_family)
            arrays[name] = arrow_array(per_family, arrow).take(order)
        else:
            arrays[name] = arrow_array(batch.typed[name].values, arrow)
    names = {i: s.name for i, s in enumerate(sheets)}
    lead: dict[str, pa.Array] = {
        "sheet": arrow_array([names[i] for i in batch.sheet_of.tolist()], pa.string()),
        "row": arrow_array(batch.numbers, pa.int32()),
    }
    if families is not None:
        lead["family"] = arrow_array(_within_file(batch, families).tolist(), pa.int32())
    lead["accepted"] = arrow_array(batch.accepted.tolist(), pa.bool_())
    if families is not None:
        relations = batch.typed["relation"].values if "relation" in batch.typed else []
        lead["worker_row"] = arrow_array([r == "self" for r in relations], pa.bool_())
    columns = {**lead, **arrays}
    table = pa.Table.from_arrays(list(columns.values()), list(columns))
    _share_out(batch, table)


def _named_by_head(batch: _Batch, families: _Families, per_family: list[object]) -> list[object]:
    """A family whose 职工姓名 is nowhere filled in is named by its worker's own row."""
    own = batch.typed["name"].values
    return [
        value if value is not None else (own[head] if head >= 0 else None)
        for value, head in zip(per_family, families.head, strict=True)
    ]


def _within_file(batch: _Batch, families: _Families) -> npt.NDArray[np.int32]:
    """Family numbers that begin at 0 in each file."""
    if not batch.count:
        return np.empty(0, dtype=np.int32)
    changes = np.flatnonzero(np.diff(batch.file_of)) + 1
    starts = np.concatenate(([0], changes))
    lengths = np.diff(np.concatenate((starts, [batch.count])))
    return (families.of - np.repeat(families.of[starts], lengths)).astype(np.int32)


def _share_out(batch: _Batch, table: pa.Table) -> None:
    """Slice the batch's table into the files' and strike each file's balance."""
    wanted = sorted({s.file for s in batch.sheets})
    by_file: dict[int, list[_Sheet]] = {}
    for sheet in batch.sheets:
        by_file.setdefault(sheet.file, []).append(sheet)
    bins = len(batch.files)
    counts = np.zeros((bins, 4), dtype=np.int64)
    for name, typed in batch.typed.items():
        here = batch.present[name][batch.sheet_of]
        key = batch.file_of[here] * 4 + typed.state[here]
        counts += np.bincount(key, minlength=bins * 4).reshape(bins, 4)
    accepted = np.bincount(batch.file_of[batch.accepted], minlength=bins)
    start = 0
    for index in wanted:
        sheets = by_file[index]
        length = sum(len(s.rows) for s in sheets)
        skipped: Counter[str] = Counter()
        for sheet in sheets:
            skipped.update(sheet.skipped)
        blank, value, refused, mark = counts[index].tolist()
        balance: dict[str, object] = {
            "rows": sum(s.below for s in sheets),
            "accepted": int(accepted[index]),
            "refused": length - int(accepted[index]),
            "skipped": dict(skipped),
            "cells": sum(len(s.rows) * len(s.layout.columns) for s in sheets),
            "typed": value + mark,
            "refused_cells": refused,
            "blank": blank,
        }
        _strike(balance, batch.files[index].opened.path)
        batch.files[index].balance[batch.form.name] = balance
        batch.files[index].tables[batch.form.name] = table.slice(start, length)
        start += length


def _strike(balance: Mapping[str, object], path: Path) -> None:
    """Counts in = counts out, or the program is wrong and says so."""
    number = {key: value for key, value in balance.items() if isinstance(value, int)}
    skipped = balance["skipped"]
    left_out = sum(skipped.values()) if isinstance(skipped, dict) else 0
    if number["rows"] != number["accepted"] + number["refused"] + left_out:
        raise AssertionError(f"{path.name}: rows do not balance: {dict(balance)}")
    if number["cells"] != number["typed"] + number["refused_cells"] + number["blank"]:
        raise AssertionError(f"{path.name}: cells do not balance: {dict(balance)}")
