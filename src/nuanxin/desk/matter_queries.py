"""Reading matters for the desk: the list with both clocks, and one matter's history."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.urls import reverse

from nuanxin.desk import words
from nuanxin.desk.queries import named, who_did
from nuanxin.matters.models import Matter
from nuanxin.matters.queries import late_at, with_clock
from nuanxin.records.models import Event
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.parts import Happening
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Addition, Org
from nuanxin.union.queries import city_of, line_of
from nuanxin.union.rules import mask_name

LATE = "late"
TITLES = (
    "编号", "类别", "内容", "提出人", "工会代码", "工会", "收到日期", "时限", "最迟日期", "负责工会", "状态", "办结日期", "答复",
)  # fmt: skip


def matters(viewer: Viewer) -> QuerySet[Any]:
    """The matters that a union in the viewer's reach reported, or has to act on."""
    orgs = viewer.reach("matter.read")
    return Matter.objects.filter(Q(org__in=orgs) | Q(owner__in=orgs))


class AskedMatters(NamedTuple):
    """The filter of the matters; empty texts mean all. ``state`` may be ``LATE``: open past the latest date."""

    kind: str = ""
    state: str = ""
    clock: str = ""
    union: str = ""
    text: str = ""


def filtered(found: QuerySet[Any], today: date, asked: AskedMatters) -> QuerySet[Any]:
    """A part of the matters. What is open comes first, by its latest date."""
    kind, state, clock, union, text = asked
    if kind:
        found = found.filter(kind=kind)
    if state == LATE:
        found = found.filter(late_at(today), state=Matter.OPEN)
    elif state:
        found = found.filter(state=state)
    if clock:
        found = found.filter(meeting=clock == "meeting")
    if union:
        found = found.filter(Q(org__code=union) | Q(owner__code=union))
    if text := "".join(text.split()):
        found = found.filter(
            Q(content__contains=text)
            | Q(raised_by__contains=text)
            | Q(code__icontains=text)
            | Q(org__name__contains=text)
        )
    return with_clock(found, today).select_related("org", "owner").order_by("ended_on", "due_on", "pk")


def history(matter: Matter) -> list[Happening]:
    """What happened to a matter, the newest first."""
    events = Event.objects.filter(subject=f"matter:{matter.code}").annotate(**who_did("by")).order_by("-pk")
    added = Addition.objects.in_bulk([e.facts["addition"] for e in events if "addition" in e.facts])
    unions = dict(Org.objects.filter(code__in=[e.facts.get("owner") for e in events]).values_list("code", "name"))
    shown: list[Happening] = []
    for event in events:
        more = added.get(event.facts.get("addition"))
        photo = reverse("desk:matter_photo", args=[matter.code, more.pk]) if more and more.photo_id else ""
        facts = {**event.facts, "owner": unions.get(event.facts.get("owner"), event.facts.get("owner"))}
        shown.append(
            Happening(
                f"{words.day(event.on)} · {named(event, event.by)}",
                words.event("matter.photo" if photo else event.verb, facts), mask_digits(more.text) if more else "", photo, now=not shown,
            )
        )  # fmt: skip
    return shown


def owners(viewer: Viewer, matter: Matter) -> list[tuple[str, str]]:
    """Who a matter may be given to: the reporting union, those above it up to its city, and the unions of its street as far as the viewer
    gives out what they do."""
    line = line_of(matter.org)
    line = line[: line.index(city_of(matter.org)) + 1]
    street = line[-2] if len(line) > 1 else line[-1]
    below = Org.objects.filter(parent=street, pk__in=viewer.reach("matter.assign")).order_by("code")
    found = {org.code: org.name for org in [*line, *below]}
    return sorted(found.items())


def rows(found: Iterable[Any]) -> list[list[Any]]:
    """The matters of a list for a spreadsheet, masked."""
    return [
        [
            row.code, str(words.MATTER_KIND[row.kind]), mask_digits(row.content), mask_name(row.raised_by), row.org.code, row.org.name,
            row.received_on, str(words.CLOCK["meeting" if row.meeting else "at_once"]), row.due_on, row.owner.name,
            str(words.MATTER[row.state][0]), row.ended_on, mask_digits(row.answer),
        ]
        for row in found
    ]  # fmt: skip
