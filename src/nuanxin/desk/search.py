"""The search of the top bar: by name, number or union, in what the viewer may see, a group a kind of thing.

Plain ``LIKE '%…%'``, the same on SQLite and PostgreSQL: two Chinese characters are found. A whole ID or phone number is found by
its keyed hash alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Replace
from django.utils.translation import gettext_lazy as _

from nuanxin.care.models import HouseholdFile, Lead
from nuanxin.desk import matter_queries
from nuanxin.desk.queries import opens
from nuanxin.desk.words import LEAD, RELATION, Words
from nuanxin.ui.viewer import Viewer
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, Org
from nuanxin.union.rules import mask_name

FIRST = 8


def _plain(field: str) -> Replace:
    """A name without the spaces that it may be written with."""
    return Replace(field, Value(" "), Value(""))


def _households(viewer: Viewer, text: str) -> QuerySet[Any]:
    files = HouseholdFile.objects.filter(household=OuterRef("pk"), code__icontains=text)
    found = viewer.rows(Household).filter(merged_into=None).annotate(plain=_plain("worker_name"))
    return (
        found.filter(Q(plain__icontains=text) | Q(code__icontains=text) | Exists(files))
        .select_related("org")
        .order_by("code")
    )


def _members(viewer: Viewer, text: str) -> QuerySet[Any]:
    kin = Kinship.objects.filter(
        until_on=None, household__org__in=viewer.reach("family.read"), household__merged_into=None
    )
    kin = kin.exclude(relation=Kinship.SELF).annotate(plain=_plain("person__name"))
    return (
        kin.filter(plain__icontains=text).select_related("person", "household__org").order_by("household__code", "pk")
    )


def _leads(viewer: Viewer, text: str) -> QuerySet[Any]:
    found = viewer.rows(Lead).annotate(plain=_plain("worker_name"), opens=opens(viewer))
    named = Q(plain__icontains=text, household=None) | Q(code__icontains=text)
    return found.filter(named).select_related("org", "household", "round").order_by("-round__quarter", "pk")


def _matters(viewer: Viewer, text: str) -> QuerySet[Any]:
    return matter_queries.filtered(matter_queries.matters(viewer), viewer.today, matter_queries.AskedMatters(text=text))


def _unions(viewer: Viewer, text: str) -> QuerySet[Any]:
    orgs = viewer.reach("return.read") | viewer.reach("family.read")
    return Org.objects.filter(pk__in=orgs).filter(Q(name__icontains=text) | Q(code__icontains=text)).order_by("code")


@dataclass(frozen=True, slots=True)
class Sort:
    """One kind of thing that is looked for; ``operation`` is what seeing it needs, ``lines`` are the rows of a spreadsheet, masked."""

    key: str
    label: Words
    operation: str
    rows: Callable[[Viewer, str], QuerySet[Any]]
    titles: tuple[str, ...]
    lines: Callable[[Iterable[Any]], list[list[Any]]]


SORTS: dict[str, Sort] = {
    sort.key: sort
    for sort in (
        Sort("households", _("职工家庭"), "family.read", _households,
            ("户编号", "职工", "工会代码", "工会"), lambda rows: [[row.code, mask_name(row.worker_name), row.org.code, row.org.name] for row in rows]), Sort("members", _("家庭成员"), "family.read", _members,
            ("家庭成员", "关系", "户编号", "职工", "工会"), lambda rows: [
                [mask_name(row.person.name), str(RELATION.get(row.relation, row.relation)), row.household.code,
                    mask_name(row.household.worker_name), row.household.org.name] for row in rows
            ]),
        Sort("leads", _("线索"), "family.read", _leads,
            ("线索", "上报的家庭", "状态", "季度", "工会"), lambda rows: [
                [row.code, mask_name(row.worker_name), str(LEAD[row.state][0]), row.round.quarter, row.org.name] for row in rows
            ]), Sort("matters", _("难题与微心愿"), "matter.read", _matters,
            matter_queries.TITLES, matter_queries.rows),
        Sort("unions", _("工会"), "return.read", _unions,
            ("代码", "工会"), lambda rows: [[row.code, row.name] for row in rows]),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind: the first of them, and whether there are more."""

    sort: Sort
    rows: list[Any]
    more: bool


def groups(viewer: Viewer, text: str) -> list[Group]:
    """What fits the text, a group a kind; one query each."""
    found = []
    for sort in SORTS.values():
        if viewer.may(sort.operation):
            rows = list(sort.rows(viewer, text)[: FIRST + 1])
            found.append(Group(sort, rows[:FIRST], len(rows) > FIRST))
    return [group for group in found if group.rows]


def by_number(viewer: Viewer, what: Literal["id", "phone"], number: str) -> list[Any]:
    """The households in the viewer's reach where the person of a number lives, each with its place there."""
    field = {"id": "person__id_hash", "phone": "person__phone_hash"}[what]
    kin = Kinship.objects.filter(
        until_on=None, household__org__in=viewer.reach("family.read"), household__merged_into=None
    )
    return list(
        kin.filter(**{field: secrets.find_key(number)}).select_related("person", "household__org").order_by("pk")[:50]
    )
