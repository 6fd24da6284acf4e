"""Figures town by town: every street and town of a range, and what belongs to none of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import CharField, Count
from django.db.models import Value as Constant

from nuanxin.reports.figures import OPENED, Range
from nuanxin.union.models import Org
from nuanxin.union.queries import Reach

# Figures whose records each belong to one union, with the way from a record to it.
UNION_OF = {
    "returns_received": "org", "returns_nil": "org", "returns_silent": "org", "visits": "lead__org",
    "households_filed": "household__org", "households_on_file": "household__org",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Town:
    """A street or town with its figures, all below it counted. Without a code: the unions that are below none."""

    code: str
    name: str
    values: dict[str, int]
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def towns(span: Range, names: Sequence[str] = tuple(UNION_OF)) -> list[Town]:
    """The streets and towns of a range by code with the named figures of ``UNION_OF``, then what belongs to none, if anything does: each
    figure adds up to the one of the range. Two queries."""
    streets, town_of = _layout(span)
    counts: dict[str, Counter[int | None]] = {name: Counter() for name in names}
    first, *rest = (
        OPENED[name].parts[0].records(span).order_by().annotate(figure=Constant(name, output_field=CharField()))
        .values_list("figure", UNION_OF[name]).annotate(n=Count("pk")) for name in names
    )  # fmt: skip
    for name, org, n in first.union(*rest, all=True):
        counts[name][town_of.get(org)] += n

    def values(key: int | None) -> dict[str, int]:
        return {name: counts[name][key] for name in names}

    found = [Town(org.code, org.name, values(org.pk), org.latitude, org.longitude) for org in streets]
    return [*found, Town("", "", values(None))] if found and any(values(None).values()) else found


def without_town(span: Range) -> Range:
    """The same quarters of those unions alone that are below no street or town."""
    return replace(span, orgs=Reach(span.orgs - set(_layout(span)[1])))


def _layout(span: Range) -> tuple[list[Org], dict[int, int]]:
    """The streets and towns of a range, and the one that each union is or is below, by key."""
    orgs = {org.pk: org for org in Org.objects.filter(pk__in=span.orgs).order_by("code")}
    town_of: dict[int, int] = {}
    for org in orgs.values():
        node: Org | None = org
        while node is not None and node.level != Org.STREET:
            node = orgs.get(node.parent_id or 0)
        if node is not None:
            town_of[org.pk] = node.pk
    return [org for org in orgs.values() if org.level == Org.STREET], town_of
