"""What the pages of the visits show: a round's plan by day and team, a visitor's own day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.care import rules
from nuanxin.care.models import Consent, Lead, Round, Visit
from nuanxin.care.queries import standing_papers, visits_by
from nuanxin.care.services.visit_plan import minutes_of
from nuanxin.care.services.visits import addressed
from nuanxin.desk import words
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.parts import Map, Place, Tone
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import PROOF, hour
from nuanxin.union.models import Org, User
from nuanxin.union.queries import covering
from nuanxin.union.rules import mask_name

# Why a family did not fit into a plan.
REASON: dict[str, words.Words] = {
    "no-team": gettext_lazy("没有走访小组"), "no-day": gettext_lazy("没有可安排的日期"), "too-long": gettext_lazy("一次走访超过一个工作日"),
    "no-room": gettext_lazy("走访力量不足，这些日期已排满"),
}  # fmt: skip
# A team's colour on the map and in the list, in turn.
TONES: tuple[Tone, ...] = ("green", "blue", "amber", "red", "grey")


def visits(viewer: Viewer, round_: Round) -> QuerySet[Visit]:
    """The visits of a round that the viewer may see, day by day, team by team, in their order."""
    return (
        viewer.rows(Visit).filter(lead__round=round_).select_related("lead__org__parent", "lead__household")
        .order_by("planned_on", "visitor_one", "visitor_two", "place_in_day", "pk")
    )  # fmt: skip


def own_visits(viewer: Viewer) -> QuerySet[Visit]:
    """The visits given to the viewer's own account in rounds that are not closed, the next first."""
    own = visits_by(viewer.user)
    return (
        viewer.rows(Visit).filter(own).exclude(lead__round__state="closed")
        .select_related("lead__org__parent", "lead__household", "lead__round").order_by("planned_on", "place_in_day", "pk")
    )  # fmt: skip


def unplanned(viewer: Viewer, round_: Round) -> QuerySet[Lead]:
    """The families that wait for a visit and have no day yet, the most pressing first."""
    planned = Visit.objects.filter(lead=OuterRef("pk"), visited_on=None)
    return (
        viewer.rows(Lead).filter(round=round_, state__in=["due", "away"]).exclude(Exists(planned))
        .select_related("org__parent", "household").order_by("clock_on", "pk")
    )  # fmt: skip


def named(rows: QuerySet[Any], path: str, text: str) -> QuerySet[Any]:
    """Those of visits or leads whose worker's name, code, household or union has a text in it; ``path`` leads to the lead."""
    if not text:
        return rows
    fields = ("worker_name", "code", "household__code", "org__name")
    return rows.filter(Q(*((f"{path}{field}__icontains", text) for field in fields), _connector=Q.OR))


def open_days(rows: QuerySet[Visit]) -> tuple[list[tuple[date, int]], int]:
    """The days on which visits are still to be made, each with all its visits; and how many visits are made, on whatever day."""
    days = rows.order_by("planned_on").values_list("planned_on")
    counted = list(days.annotate(n=Count("pk"), made=Count("visited_on")))
    return [(day, n) for day, n, made in counted if day and made < n], sum(made for *_day, made in counted)


def teams(rows: QuerySet[Visit]) -> list[tuple[str, str]]:
    """The teams of these visits, in the order of their names; a team's place in the list is its number and its colour."""
    pairs = rows.order_by("visitor_one", "visitor_two").values_list("visitor_one", "visitor_two").distinct()
    return [(one, two) for one, two in pairs]


def town(org: Org) -> str:
    """The street or town that an organisation lies in, as a map shows it."""
    above = org.parent if org.parent and org.level != Org.STREET else org
    return words.short_union(above.name if above.level != Org.CITY else org.name)


def towns(round_: Round) -> list[str]:
    """All streets and towns of the round's city."""
    found = Org.objects.filter(parent=round_.org, level=Org.STREET).order_by("code").values_list("name", flat=True)
    return [words.short_union(name) for name in found]


def address_of(visit: Visit, known: set[str]) -> str:
    """The whole address once its visitor started the day (``known``: the leads' codes), else to the street. Where the family says it lives
    this time goes before where the register met it first: who applies by phone says where to come."""
    lead = visit.lead
    address = lead.more.get("address") or (lead.household.address if lead.household else "")
    return mask_digits(address) if lead.code in known else words.street(address)


def pin(lead: Lead, *, mark: str, tone: Tone, group: str = "", url: str = "", note: str = "") -> Place:
    """A family on the map: at its union's place, since a home's is nobody's business."""
    return Place(
        label=mask_name(lead.worker_name) or "—", town=town(lead.org), url=url, mark=mark, tone=tone, group=group, note=note,
        latitude=lead.org.latitude, longitude=lead.org.longitude,
    )  # fmt: skip


def route_map(rows: Sequence[Any], round_: Round, numbered: dict[tuple[str, str], int], code: str) -> Map:
    """The ways of the teams: every visit a pin with its place in the day, each team's joined in its colour."""
    places = [
        pin(
            visit.lead, mark=str(visit.place_in_day or ""), group=f"{visit.planned_on} {team}",
            tone=TONES[numbered[team] % len(TONES)] if visit.visited_on is None else "grey",
            note=f"{visit.visitor_one}、{visit.visitor_two}",
        )
        for visit in rows
        if (team := (visit.visitor_one, visit.visitor_two)) in numbered
    ]  # fmt: skip
    sentence = _("%(count)d 户的走访路线，旁边的列表内容相同") % {"count": len(places)}
    return Map(code, sentence, places, towns(round_))


def visitors(round_: Round, on: date) -> list[User]:
    """The accounts that can be sent on a round's visits."""
    return list(covering("visit.record", round_.org, on).prefetch_related("posts"))


def waiting(round_: Round) -> int:
    """How many families of a round wait for a visit."""
    return round_.leads.filter(state__in=["due", "away"]).count()


@dataclass(frozen=True, slots=True)
class TeamDay:
    """One team's visits of one day, in order; ``number`` counts the teams from 1, ``tone`` is the team's colour."""

    on: date
    number: int
    tone: Tone
    one: str
    two: str
    visits: list[Any]

    @property
    def minutes(self) -> int:
        """How long the visits that are still to be made are likely to take."""
        return minutes_of([visit for visit in self.visits if visit.visited_on is None])


def by_team(rows: Sequence[Any], numbered: dict[tuple[str, str], int]) -> list[TeamDay]:
    """The visits team by team and day by day, in the order in which they come."""
    found: dict[tuple[date | None, str, str], TeamDay] = {}
    for visit in rows:
        key = (visit.planned_on, visit.visitor_one, visit.visitor_two)
        number = numbered[key[1:]]
        team = found.setdefault(key, TeamDay(visit.planned_on, number + 1, TONES[number % len(TONES)], *key[1:], []))
        team.visits.append(visit)
    return list(found.values())


PLAN_TITLES = [
    "计划日期",
    "时间",
    "顺序",
    "走访人一",
    "走访人二",
    "镇（街道）",
    "工会",
    "职工",
    "户编号",
    "最迟日期",
    "走访日期",
    "结论",
]


def plan_rows(rows: QuerySet[Visit]) -> list[list[Any]]:
    """The visits as rows of a spreadsheet, masked as on the page."""
    return [
        [
            visit.planned_on, hour(visit.when), visit.place_in_day, visit.visitor_one, visit.visitor_two, town(visit.lead.org), visit.lead.org.name,
            mask_name(visit.lead.worker_name), visit.lead.household.code if visit.lead.household else "", visit.lead.clock_on,
            visit.visited_on, visit.get_conclusion_display() if visit.conclusion else "",
        ]
        for visit in rows
    ]  # fmt: skip


def per_team(rows: QuerySet[Visit], days: Sequence[date]) -> list[tuple[str, str, list[int], int]]:
    """How many families each team visits on each of these days, and in all."""
    counts: dict[tuple[str, str], dict[date, int]] = {}
    found = rows.filter(planned_on__in=days).order_by("visitor_one", "visitor_two", "planned_on")
    for one, two, day, n in found.values_list("visitor_one", "visitor_two", "planned_on").annotate(n=Count("pk")):
        if day:
            counts.setdefault((one, two), {})[day] = n
    return [(*team, [of.get(day, 0) for day in days], sum(of.values())) for team, of in counts.items()]


@dataclass(frozen=True, slots=True)
class Sheeted:
    """A family on a route sheet: the visit, the address as far as the reader may see it, what to bring and to ask for."""

    visit: Visit
    address: str
    asks: list[str]


def sheeted(viewer: Viewer, visits: Sequence[Visit]) -> dict[int, Sheeted]:
    """What a route sheet says of each of these visits, by its key: no more than the two who go need at the door."""
    known = addressed([visit.lead.code for visit in visits], by=viewer.user, on=viewer.today)
    houses = [visit.lead.household_id for visit in visits]
    agreed = set(Consent.objects.filter(household__in=houses, withdrawn_on=None).values_list("household_id", flat=True))
    there: dict[int, set[str]] = {}
    for key, kind in standing_papers().filter(lead__in=[v.lead_id for v in visits]).values_list("lead_id", "kind"):
        there.setdefault(key, set()).add(kind)
    found = {}
    for visit in visits:
        lead = visit.lead
        wanted = rules.papers_asked({name: getattr(lead, name) for name in rules.FIGURES})
        papers = [str(PROOF[kind]) for kind in wanted if kind not in there.get(lead.pk, ())]
        asks = [_("上次家里没人")] if lead.state == "away" else []
        asks += [] if lead.household_id in agreed else [_("带核查授权书，先签字再核实")]
        asks += [_("要看：%(papers)s") % {"papers": _("、").join(papers)}] if papers else []
        found[visit.pk] = Sheeted(visit, address_of(visit, known), asks)
    return found


SHEET_TITLES = [
    "顺序",
    "时间",
    "走访人一",
    "走访人二",
    "职工",
    "户编号",
    "镇（街道）",
    "工会",
    "住址",
    "最迟日期",
    "带什么、看什么",
]


def sheet_rows(sheeted_: dict[int, Sheeted]) -> list[list[Any]]:
    """A route sheet as rows of a spreadsheet, masked as on the page."""
    return [
        [
            one.visit.place_in_day, hour(one.visit.when), one.visit.visitor_one, one.visit.visitor_two,
            mask_name(one.visit.lead.worker_name), one.visit.lead.household.code if one.visit.lead.household else "",
            town(one.visit.lead.org), one.visit.lead.org.name, one.address, one.visit.lead.clock_on, "；".join(one.asks),
        ]
        for one in sheeted_.values()
    ]  # fmt: skip


UNPLANNED_TITLES = ["职工", "户编号", "镇（街道）", "工会", "最迟日期", "延期原因"]


def unplanned_rows(leads: QuerySet[Lead]) -> list[list[Any]]:
    return [
        [
            mask_name(lead.worker_name), lead.household.code if lead.household else "", town(lead.org), lead.org.name, lead.clock_on,
            lead.excuse,
        ]
        for lead in leads
    ]  # fmt: skip
