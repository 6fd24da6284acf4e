"""The figures that the dashboard draws: over the quarters, by town, by item. Each equals a named figure of the same range."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Aggregate, CharField, Count, QuerySet, Sum
from django.db.models import Value as Constant

from nuanxin.reports.figures import OPENED, TIERS, Range, Value, measure, with_tier_then

# More quarters than these are not drawn: the last ones are.
DRAWN_QUARTERS = 8
QUARTERLY = ("visits", "households_filed", "households_left", "households_refused")


def quarters_of(span: Range) -> list[str]:
    """The quarters of a range, the last ``DRAWN_QUARTERS`` of them."""
    found = [span.last]
    while found[0] > span.first and len(found) < DRAWN_QUARTERS:
        year, number = int(found[0][:4]), int(found[0][5])
        found.insert(0, f"{year}Q{number - 1}" if number > 1 else f"{year - 1}Q4")
    return found


def values(span: Range, names: list[str]) -> dict[str, Value]:
    """The named figures of the range, in one query."""
    return {name: one.value for name, one in measure((OPENED[name] for name in names), span).items()}


@dataclass(frozen=True, slots=True)
class Quarters:
    """The last quarters of a range side by side: the families on file at the end of each by the tier that they had then, and what became
    of its round ({quarter: {figure: number}}); how many unions are silent in the last one, and how many reminders they have had together."""

    on_file: dict[str, dict[str, int]]
    became: dict[str, dict[str, int]]
    silent: int
    reminders: int


def quarters(span: Range) -> Quarters:
    """The last quarters of a range; one query."""
    on_file = {quarter: dict.fromkeys(TIERS, 0) for quarter in quarters_of(span)}
    became = {quarter: dict.fromkeys(QUARTERLY, 0) for quarter in on_file}
    others = {"silent": 0, "reminders": 0}
    silent = OPENED["returns_silent"].parts[0].records(last_quarter(span)).order_by()
    asked = [_named(silent, span.last, "silent", Count("pk")), _named(silent, span.last, "reminders", Sum("reminders"))]
    for quarter in on_file:
        then = Range(span.org, quarter, quarter, span.orgs)
        files = with_tier_then(OPENED["households_on_file"].parts[0].records(then).order_by(), then)
        asked.append(
            files.annotate(at=Constant(quarter, output_field=CharField()))
            .values_list("at", "then")
            .annotate(n=Count("pk"))
        )
        asked += [
            _named(OPENED[name].parts[0].records(then).order_by(), quarter, name, Count("pk")) for name in QUARTERLY
        ]
    for quarter, name, n in asked[0].union(*asked[1:], all=True):
        (others if name in others else became[quarter] if name in QUARTERLY else on_file[quarter])[name] = n
    return Quarters(on_file, became, **others)


def _named(rows: QuerySet[Any], quarter: str, name: str, counted: Aggregate) -> QuerySet[Any]:
    """One line of the union: quarter, figure, number; none where there are no rows."""
    named = rows.annotate(at=Constant(quarter, output_field=CharField()), then=Constant(name, output_field=CharField()))
    return named.values_list("at", "then").annotate(n=counted)


def last_quarter(span: Range) -> Range:
    """The last quarter of a range."""
    return Range(span.org, span.last, span.last, span.orgs)
