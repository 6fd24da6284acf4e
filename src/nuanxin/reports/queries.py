"""Reading reports: which quarters there are, a figure by name, the records of a figure page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Q

from nuanxin.books.queries import MODELS, counting
from nuanxin.care.models import Return, Round
from nuanxin.matters.models import Matter
from nuanxin.records.services import Refused
from nuanxin.reports.figures import FIGURES, Column, Figure, Measured, Range, make_range, measure
from nuanxin.union.models import Org
from nuanxin.union.queries import Reach, city_of
from nuanxin.union.rules import quarter_of

CHUNK = 2000


def figure(name: str) -> Figure:
    """The figure of a name. Raises Refused, listing the names, when there is none."""
    found = FIGURES.get(name)
    if not found:
        raise Refused(f"没有名为「{name}」的指标，可用：{', '.join(FIGURES)} / there is no figure “{name}”")
    return found


def narrowed(span: Range, text: str) -> Range:
    """The same quarters of those unions alone whose name or code has a text in it."""
    named = Org.objects.filter(Q(name__icontains=text) | Q(code__icontains=text)).values_list("pk", flat=True)
    return replace(span, orgs=Reach(span.orgs & set(named)))


def whole_range(org: Org, today: date) -> Range:
    """From the first round of the city to its last; without rounds, the quarters of its books and matters; else the current one.

    Beside rounds that are under way or closed, one that was just opened and has received nothing does not count: it would only add
    silent unions.
    """
    all_ = Round.objects.filter(org=city_of(org))
    received = Exists(Return.objects.filter(round=OuterRef("pk")))
    known = list(all_.values_list("quarter", "state", received))
    quarters = [quarter for quarter, state, begun in known if begun or state != "open"] or [
        quarter for quarter, *_ in known
    ]
    if not quarters:
        here = make_range(org, quarter_of(today), quarter_of(today)).orgs
        for model in MODELS.values():
            ends = counting(model).filter(source__org__in=here).aggregate(first=Min("on"), last=Max("on"))
            quarters += [quarter_of(day) for day in ends.values() if day]
        matters = Matter.objects.filter(org__in=here).exclude(state=Matter.WITHDRAWN)
        quarters += [end for end in matters.aggregate(first=Min("quarter"), last=Max("quarter")).values() if end]
    quarters = quarters or [quarter_of(today)]
    return make_range(org, min(quarters), max(quarters))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the records of a figure; ``rows`` hold the values of ``columns``, masked. ``measured`` is the whole figure, on ``pages`` pages."""

    columns: list[Column]
    rows: list[list[Any]]
    measured: Measured
    page: int
    pages: int


def page_of(figure: Figure, span: Range, *, page: int = 1, size: int = 50) -> Page:
    """The records that a figure counts, ``size`` on a page; the parts of a composed figure follow one another.

    A page past the end is empty, not an error.
    """
    records = Records(figure, span)
    rows = records[(page - 1) * size : page * size]
    return Page(figure.columns, rows, records.measured, page, max(1, -(-len(records) // size)))


def _part(figure: Figure, span: Range, skip: int, size: int) -> list[list[Any]]:
    rows: list[list[Any]] = []
    columns = figure.columns
    for part, records in zip(figure.parts, figure.records(span), strict=True):
        if len(rows) == size:
            break
        there = records.count()
        taken = records[min(skip, there) : min(skip + size - len(rows), there)]
        rows += [_row(record, part.columns, columns) for record in taken]
        skip = max(0, skip - there)
    return rows


class Records(Sequence[list[Any]]):
    """The records that a figure counts as a paginator reads them: a length, and slices that read their part alone."""

    def __init__(self, figure: Figure, span: Range) -> None:
        self.figure, self.span = figure, span

    @cached_property
    def measured(self) -> Measured:
        return measure([self.figure], self.span)[self.figure.name]

    def __len__(self) -> int:
        return self.measured.records

    def __getitem__(self, at: Any) -> Any:
        if not isinstance(at, slice):
            return self[at : at + 1][0]
        first, last, _step = at.indices(len(self))
        return _part(self.figure, self.span, first, last - first)


def all_rows(figure: Figure, span: Range) -> Iterator[list[Any]]:
    """Every record that a figure counts, for export."""
    columns = figure.columns
    for part, records in zip(figure.parts, figure.records(span), strict=True):
        for record in records.iterator(chunk_size=CHUNK):
            yield _row(record, part.columns, columns)


def _row(record: Any, mine: tuple[Column, ...], columns: list[Column]) -> list[Any]:
    """The record under the columns of the whole figure; a column that its kind does not have stays empty."""
    own = {column.key: column for column in mine}
    return [own[column.key].value(record) if column.key in own else None for column in columns]
