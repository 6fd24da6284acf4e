"""Reading doubtful matches: which wait for a person, which were judged, and a pair side by side."""

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nuanxin.care.matching import name_key, say
from nuanxin.care.models import Lead, ReportedMember
from nuanxin.desk import words
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Household, Kinship
from nuanxin.union.rules import mask_name

JUDGED = ("accepted-by:", "rejected-by:", "undone-by:")


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing of both families, and in words whether it is the same; ``alike`` None: one of them is not known."""

    label: str
    left: str
    right: str
    alike: bool | None

    @property
    def said(self) -> str:
        return _("无法比较") if self.alike is None else _("相同") if self.alike else _("不同")

    @property
    def tone(self) -> Literal["green", "amber", "grey"]:
        return "grey" if self.alike is None else "green" if self.alike else "amber"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of one of the two families, masked; ``both``: the same ID number stands in the other."""

    name: str
    relation: str
    id_mask: str
    both: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A reported family beside the household that it may be."""

    lead: Any
    house: Household
    rows: list[Compared]
    reported: list[Member]
    known: list[Member]
    reasons: list[str]


def matches(viewer: Viewer, judged: bool = False) -> QuerySet[Any]:
    """The leads that wait for a person, or that a person (or a probable match) has joined and that can still be undone.

    They are for who may judge them, over the round's whole city: the household that a lead may be is another union's as often as not.
    """
    found = Lead.objects.filter(round__org__in=viewer.reach("match.judge")).select_related(
        "org", "household", "candidate", "candidate__org", "round"
    )
    if not judged:
        return found.filter(state="doubtful").order_by("clock_on", "pk")
    joined = Q(candidate__isnull=False) | Q(grade="probable", household__isnull=False)
    undoable = ("due", "known", "repeated", "held", "away", "visited")
    return found.filter(joined, state__in=undoable).exclude(round__state="closed").order_by("-pk")


TITLES = ("最迟日期", "上报的家庭", "工会", "可能是在册的", "户编号", "分值", "季度")


def filtered(found: QuerySet[Any], union: str = "", text: str = "") -> QuerySet[Any]:
    """A part of the pairs: of a union, with a text in a name, a code or the union's name; empty texts mean all."""
    if union:
        found = found.filter(org__code=union)
    if text:
        paths = ("worker_name", "code", "org__name", "candidate__code", "candidate__worker_name", "household__code")
        found = found.filter(Q(*((f"{path}__icontains", text) for path in paths), _connector=Q.OR))
    return found


def rows(found: QuerySet[Any]) -> list[list[Any]]:
    """The pairs for a spreadsheet, masked."""
    return [
        [
            lead.clock_on, mask_name(lead.worker_name), lead.org.name, mask_name(house.worker_name) if house else "",
            house.code if house else "", lead.score, lead.round.quarter,
        ]
        for lead in found
        for house in [lead.candidate or lead.household]
    ]  # fmt: skip


def pair(lead: Any, lang: Literal["zh", "en"]) -> Pair:
    """The lead and its candidate, field by field."""
    house = lead.candidate or lead.household
    reported = list(ReportedMember.objects.filter(lead=lead).order_by("row", "pk"))
    known = list(Kinship.objects.filter(household=house, until_on=None).select_related("person").order_by("pk"))
    hashes = {row.id_hash for row in reported if row.id_hash}
    theirs = {kin.person.id_hash for kin in known}
    worker = next((row for row in reported if row.relation == Kinship.SELF), None)
    head = house.worker
    rows = [
        _compared(_("姓名"), mask_name(lead.worker_name), mask_name(house.worker_name), name_key(lead.worker_name), name_key(house.worker_name)),
        _compared(_("身份证号"), worker and worker.id_mask, head and head.id_mask, worker and worker.id_hash, head and head.id_hash),
        _compared(_("出生日期"), worker and words.day(worker.born_on), head and words.day(head.born_on), worker and worker.born_on, head and head.born_on),
        _compared(_("手机号"), worker and worker.phone_mask, head and head.phone_mask, worker and worker.phone_hash, head and head.phone_hash),
        _compared(_("工会"), lead.org.name, house.org.name, lead.org_id, house.org_id),
        _compared(_("住址"), words.street(lead.more.get("address", "")), words.street(house.address), lead.more.get("address"), house.address),
        _compared(_("家庭人口"), str(lead.members), str(len(known)), lead.members, len(known)),
    ]  # fmt: skip
    return Pair(
        lead, house, rows,
        [Member(mask_name(row.name), row.relation, row.id_mask, bool(row.id_hash) and row.id_hash in theirs) for row in reported],
        [Member(mask_name(kin.person.name), kin.relation, kin.person.id_mask, kin.person.id_hash in hashes) for kin in known],
        [say(reason, lang) for reason in lead.reasons if not reason.startswith(JUDGED)],
    )  # fmt: skip


def _compared(label: str, left: Any, right: Any, one: Any, other: Any) -> Compared:
    return Compared(label, left or "—", right or "—", one == other if one and other else None)
