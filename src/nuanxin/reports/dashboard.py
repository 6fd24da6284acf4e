"""The figures that the dashboard draws: over the quarters, by town, by item. Each equals a named figure of the same range."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import CharField, Count
from django.db.models import Value as Constant

from nuanxin.reports.figures import OPENED, TIERS, Range, Value, make_range, measure, with_tier_then
from nuanxin.union.models import Org

# More quarters than these are not drawn: the last ones are.
DRAWN_QUARTERS = 8
RETURNS = ("returns_received", "returns_nil", "returns_silent")


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


def on_file_by_quarter(span: Range) -> dict[str, dict[str, int]]:
    """Families on file at the end of each quarter by the tier that they had then: {quarter: {tier: families}}; in one query."""
    found = {quarter: dict.fromkeys(TIERS, 0) for quarter in quarters_of(span)}
    ends = []
    for quarter in found:
        then = Range(span.org, quarter, quarter, span.orgs)
        files = OPENED["households_on_file"].parts[0].records(then).order_by()
        at = with_tier_then(files, then).annotate(at=Constant(quarter, output_field=CharField()))
        ends.append(at.values_list("at", "then").annotate(n=Count("pk")))
    for quarter, tier, n in ends[0].union(*ends[1:], all=True):
        found[quarter][tier] = n
    return found


@dataclass(frozen=True, slots=True)
class Town:
    """A street or town with what is counted below it: union-quarters of returns by state, and families on file at the end."""

    org: Org
    returns: dict[str, int]
    on_file: int


def towns(span: Range) -> list[Town]:
    """The streets and towns of the range by code; one query for them and one for what is counted."""
    orgs = {org.pk: org for org in Org.objects.filter(pk__in=span.orgs).order_by("code")}
    streets = [org for org in orgs.values() if org.level == Org.STREET]
    above: dict[int, int] = {}
    for org in orgs.values():
        node: Org | None = org
        while node is not None and node.level != Org.STREET:
            node = orgs.get(node.parent_id or 0)
        if node is not None:
            above[org.pk] = node.pk
    paths = dict.fromkeys(RETURNS, "org") | {"households_on_file": "household__org"}
    counts: dict[str, Counter[int]] = {name: Counter() for name in paths}
    first, *rest = (
        OPENED[name].parts[0].records(span).order_by().annotate(figure=Constant(name, output_field=CharField())).values_list("figure", path)
        .annotate(n=Count("pk")) for name, path in paths.items()
    )  # fmt: skip
    for name, org_id, n in first.union(*rest, all=True):
        if org_id in above:
            counts[name][above[org_id]] += n
    return [
        Town(street, {name: counts[name][street.pk] for name in RETURNS}, counts["households_on_file"][street.pk])
        for street in streets
    ]


def last_quarter(span: Range) -> Range:
    """The last quarter of a range."""
    return make_range(span.org, span.last, span.last)
