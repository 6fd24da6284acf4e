"""Step 4, before the visits: who goes where, on which day, in which order and at which hour; and which visit is excused."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from nuanxin.care.models import Lead, Round, Visit
from nuanxin.care.queries import visits_by
from nuanxin.care.routing import REASONS, Hours, Stop, Team, hours_of, plan_days, route_minutes, shortest
from nuanxin.care.services import notices
from nuanxin.records.rules import parts
from nuanxin.records.services import Many, Refused, sort_out, write_events
from nuanxin.union.models import User
from nuanxin.union.queries import covered, covering, require
from nuanxin.union.rules import VISITOR

# What a plan says of a visit.
PLANNED = (
    "planned_on", "place_in_day", "planned_at", "planned_half", "visitor_one", "visitor_two", "account_one", "account_two",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan would be: the visits, not saved, in the order of day, team and place; and who did not fit, with a code of ``REASONS``."""

    visits: list[Visit]
    left: list[tuple[Lead, str]]

    @property
    def digest(self) -> str:
        """Changes when a visit, its day, hour, team or place does: what was looked at is what is confirmed."""
        told = [
            [v.lead_id, f"{v.planned_on}", v.place_in_day, v.when, v.visitor_one, v.visitor_two] for v in self.visits
        ]
        return hashlib.sha256(json.dumps([told, [lead.pk for lead, _ in self.left]]).encode()).hexdigest()[:16]


def propose(
    *,
    round_: Round,
    teams: Sequence[tuple[User | str, User | str]],
    days: Sequence[date],
    by: User,
    on: date,
    per_day: int = 8,
    hours: Hours | None = None,
) -> Proposal:
    """What ``plan`` would do; changes nothing. A visitor is an account, or a name of somebody who may have none. With ``hours`` each
    visit has its hour, by the ways and by what a visit takes.

    Visits planned for ``on`` itself are under way and stay, unless that day is among ``days``.
    """
    require(by, "visit.plan", round_.org, on)
    due = round_.leads.filter(state__in=["due", "away"])
    if on not in days:
        due = due.exclude(visits__planned_on=on, visits__visited_on=None)
    leads = list(due.select_related("org", "org__parent", "household").order_by("clock_on", "pk"))
    stops = [_stop(lead) for lead in leads]
    known = _visitors([one for team in teams for one in team], round_, on)
    visitors = {key: (name, account) for key, name, account in known}
    keys = iter(key for key, _, _ in known)
    try:
        planned = plan_days(stops, [Team(next(keys), next(keys)) for _ in teams], list(days), per_day=per_day)
    except ValueError:
        raise Refused(
            "每组须两个不同的人，一人只能在一个组，每组每天至少 1 户"
            " / a team is two people, a person is in one team only, and a team makes at least one visit a day"
        ) from None
    by_key = {str(lead.pk): lead for lead in leads}
    minutes = {stop.key: stop.minutes for stop in stops}
    legs: dict[tuple[date, str], list[tuple[int, int]]] = {}
    proposal = Proposal([], [])
    for place in planned:
        if place.on is None or place.team is None:
            proposal.left.append((by_key[place.key], place.reason))
            continue
        (name_one, one), (name_two, two) = visitors[place.team.one], visitors[place.team.two]
        proposal.visits.append(
            Visit(
                lead=by_key[place.key], planned_on=place.on, place_in_day=place.order, visitor_one=name_one, visitor_two=name_two,
                account_one=one, account_two=two,
            )
        )  # fmt: skip
        legs.setdefault((place.on, place.team.one), []).append((place.way_minutes, minutes[place.key]))
    if hours is not None:
        # The visits come day by day, team by team, in order: so do the hours.
        at = [hour for day in legs.values() for hour in hours_of(day, hours)]
        for visit, hour in zip(proposal.visits, at, strict=True):
            visit.planned_at = hour
    return proposal


def _stop(lead: Lead) -> Stop:
    """A family's place on a route: that of its union."""
    return Stop(
        key=str(lead.pk), town=lead.org.parent.name if lead.org.parent else lead.org.name, due_on=lead.clock_on,
        lat=None if lead.org.latitude is None else float(lead.org.latitude),
        lon=None if lead.org.longitude is None else float(lead.org.longitude), urgent=lead.source == Lead.URGENT,
    )  # fmt: skip


def minutes_of(visits: Sequence[Visit]) -> int:
    """How long these visits of a team and day, in their order, are likely to take."""
    return route_minutes([_stop(visit.lead) for visit in visits])


def _planned_facts(visit: Visit) -> dict[str, str]:
    """What a family is told of its visit."""
    return {"day": f"{visit.planned_on}"} | ({"at": at} if (at := visit.when) else {})


def _visitors(wanted: Sequence[User | str], round_: Round, on: date) -> list[tuple[str, str, User | None]]:
    """For each visitor in turn a key, the name and the account: of those who may record visits here, by account or, where only one
    bears it, by name; who is nobody's account is known by the name alone."""
    names = [one for one in wanted if isinstance(one, str)]
    able = covering("visit.record", round_.org, on)
    found: dict[str, list[User]] = {}
    for user in able.filter(Q(username__in=names) | Q(first_name__in=names)) if names else ():
        for name in {user.username, user.first_name}:
            found.setdefault(name, []).append(user)
    strangers = {one for one in wanted if isinstance(one, User)} - set(able)
    if strangers:
        told = "、".join(sorted(map(str, strangers)))
        raise Refused(f"{told} 在这里没有走访的任职 / {told}: no post here that lets them visit")
    visitors: list[tuple[str, str, User | None]] = []
    for one in wanted:
        known = [one] if isinstance(one, User) else found.get(one, [])
        account = known[0] if len(known) == 1 else None
        visitors.append((account.username, str(account), account) if account else (str(one), str(one), None))
    return visitors


def plan(
    *, round_: Round, teams: Sequence[tuple[User | str, User | str]], days: Sequence[date], by: User, on: date, per_day: int = 8,
    hours: Hours | None = None, seen: str = "",
) -> tuple[list[Visit], list[tuple[Lead, str]]]:  # fmt: skip
    """Plan the visits of every lead that is due: who goes where, on which day, in which order.

    Returns (planned visits, [(lead, why it did not fit)]). Planning again replaces the earlier plan; a family's visit stays the same
    row, so that a form which a visitor has begun can still be sent. ``seen``: the digest of the proposal that was looked at; when
    the plan would be another by now, it is refused.
    """
    with transaction.atomic():
        proposal = propose(round_=round_, teams=teams, days=days, by=by, on=on, per_day=per_day, hours=hours)
        if seen and seen != proposal.digest:
            raise Refused("待访家庭或任职刚有变化，请再看一遍安排 / something has just changed: look at the plan again")
        open_ = Visit.objects.filter(lead__round=round_, visited_on=None)
        if on not in days:
            open_ = open_.exclude(planned_on=on)
        standing = list(open_.order_by("-pk"))
        before = {visit.lead_id: visit.pk for visit in standing}
        days_told = {(visit.lead_id, visit.planned_on, visit.when) for visit in standing}
        for visit in proposal.visits:
            visit.pk = before.get(visit.lead_id)
        kept = [visit for visit in proposal.visits if visit.pk]
        gone = set(open_.values_list("pk", flat=True)) - {visit.pk for visit in kept}
        for part in parts(sorted(gone)):
            Visit.objects.filter(pk__in=part).delete()
        Visit.objects.bulk_update(kept, PLANNED, batch_size=100)
        Visit.objects.bulk_create([visit for visit in proposal.visits if not visit.pk], batch_size=500)
        # Who was told of the same day and hour already is not told again.
        fresh = [v for v in proposal.visits if (v.lead_id, v.planned_on, v.when) not in days_told]
        told = [(v.lead_id, v.lead.household_id, _planned_facts(v)) for v in fresh]
        notices.tell_families("visit.planned", told, on=on)
        lines = [("visit.plan", f"round:{round_.code}", {"planned": len(proposal.visits), "left": len(proposal.left)})]
        write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return proposal.visits, [(lead, REASONS[why]["zh"]) for lead, why in proposal.left]


def remind_families(*, on: date) -> int:
    """Tell the families whose visit is planned for the day after ``on`` once more, each once. Returns how many visits that are."""
    due = Visit.objects.filter(planned_on=on + timedelta(days=1), visited_on=None).exclude(reminded_on=on)
    due = due.exclude(lead__round__state="closed").select_related("lead")
    # Asked for again and again: no transaction that would keep a writer of SQLite waiting is begun for nothing.
    if not due.exists():
        return 0
    with transaction.atomic():
        visits = list(due.select_for_update(of=("self",)))
        for part in parts([visit.pk for visit in visits]):
            Visit.objects.filter(pk__in=part).update(reminded_on=on)
        told = [(visit.lead_id, visit.lead.household_id, _planned_facts(visit)) for visit in visits]
        notices.tell_families("visit.tomorrow", told, on=on)
    return len(visits)


def _need_reason(reason: str, until: date, on: date) -> None:
    if not reason.strip():
        raise Refused("请写明原因 / say why")
    if until <= on:
        raise Refused("新的期限应晚于今天 / the new date must be later than today")


def excuse(*, lead: Lead, reason: str, until: date, by: User, on: date) -> None:
    """Excuse a visit that cannot be made in time: a reason and a new latest date, both visible. A visit that was planned is planned
    anew. The same again changes nothing. A visitor excuses what is planned for the own account or for nobody's."""
    roles = require(by, "visit.excuse", lead.org, on)
    _need_reason(reason, until, on)
    with transaction.atomic():
        planned = Visit.objects.filter(lead=lead, visited_on=None)
        if roles == {VISITOR} and planned.exclude(visits_by(by)).exclude(account_one=None, account_two=None).exists():
            raise Refused("这户安排给了别的走访人 / this family's visit is planned for other visitors")
        waiting = Lead.objects.filter(pk=lead.pk, state__in=["due", "away"])
        told = {"excused_on": on, "excuse": reason.strip()[:200], "clock_on": until}
        changed = waiting.exclude(**told).update(**told)
        if not changed and not waiting.exists():
            raise Refused(f"{lead.code} 不在待访状态 / {lead.code} is not due for a visit")
        dropped, _ = planned.delete()
        if not changed and not dropped:
            return
        lines = [("visit.excuse", f"lead:{lead.code}", {"until": until.isoformat()})]
        write_events(chain=lead.round.org.code, lines=lines, by=by.username, on=on)


def _shown_leads(round_: Round, shown: Mapping[str, str], operation: str, by: User, on: date) -> list[Lead]:
    """The leads of a round that are still to be visited, among those shown. Raises Refused for one outside the officer's posts."""
    found = list(
        Lead.objects.select_for_update(of=("self",)).filter(round=round_, code__in=shown, state__in=["due", "away"])
        .order_by("clock_on", "pk")
    )  # fmt: skip
    reach = covered(by, operation, on)
    if beyond := [lead.code for lead in found if lead.org_id not in reach]:
        raise Refused(f"{beyond[0]} 不归您办理 / {beyond[0]} is not yours")
    return found


@transaction.atomic
def excuse_many(*, round_: Round, shown: Mapping[str, str], reason: str, until: date, by: User, on: date) -> Many:
    """``excuse`` for many families at once, those alone whose latest date is still the one they were ``shown`` with (code → ISO date): one
    UPDATE, an Event each; their planned visits go. A family that already has the new date needs nothing."""
    _need_reason(reason, until, on)
    found = _shown_leads(round_, shown, "visit.plan", by, on)
    doing, came_to = sort_out(shown, {lead.code: lead.clock_on.isoformat() for lead in found}, until.isoformat())
    leads = Lead.objects.filter(round=round_, code__in=doing)
    leads.update(excused_on=on, excuse=reason.strip()[:200], clock_on=until)
    Visit.objects.filter(lead__in=leads, visited_on=None).delete()
    lines = [("visit.excuse", f"lead:{code}", {"until": until.isoformat()}) for code in doing]
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return came_to


def standing_visit(visit: Visit | None) -> str:
    """How a family's open visit stands: the day, the hour and the two accounts; empty for none."""
    return f"{visit.planned_on} {visit.when} {visit.account_one_id} {visit.account_two_id}" if visit else ""


@transaction.atomic
def assign_team(
    *, round_: Round, shown: Mapping[str, str], one: User, two: User, day: date, by: User, on: date, half: str = ""
) -> Many:
    """Give families to two visitors on a day, or on a half of it, after those that they visit that day already, the most pressing first; those alone whose open
    visit is still as ``shown`` (code → ``standing_visit``). A family's visit stays the same row."""
    if one == two:
        raise Refused("每组须两个不同的人 / a team is two people")
    if day < on:
        raise Refused("走访日期不能早于今天 / the day of the visit lies in the past")
    able = set(covering("visit.record", round_.org, on))
    if strangers := {one, two} - able:
        told = "、".join(sorted(map(str, strangers)))
        raise Refused(f"{told} 在这里没有走访的任职 / {told}: no post here that lets them visit")
    found = _shown_leads(round_, shown, "visit.plan", by, on)
    open_ = {visit.lead_id: visit for visit in Visit.objects.filter(lead__in=found, visited_on=None).order_by("pk")}
    wanted = Visit(planned_on=day, planned_half=half, account_one=one, account_two=two)
    now = {lead.code: standing_visit(open_.get(lead.pk)) for lead in found}
    doing, came_to = sort_out(shown, now, standing_visit(wanted))
    taken = (
        Visit.objects.filter(planned_on=day, account_one=one, account_two=two).aggregate(n=Max("place_in_day"))["n"]
        or 0
    )
    chosen = [lead for lead in found if lead.code in set(doing)]
    kept: list[Visit] = []
    fresh: list[Visit] = []
    families: list[notices.Told] = []
    for place, lead in enumerate(chosen, taken + 1):
        visit = open_.get(lead.pk) or Visit(lead=lead)
        before = (visit.planned_on, visit.when)
        visit.planned_on, visit.place_in_day, visit.planned_at, visit.planned_half = day, place, None, half
        if before != (day, half):
            families.append((lead.pk, lead.household_id, _planned_facts(visit)))
        visit.visitor_one, visit.visitor_two, visit.account_one, visit.account_two = str(one), str(two), one, two
        (kept if visit.pk else fresh).append(visit)
    Visit.objects.bulk_update(kept, PLANNED, batch_size=100)
    Visit.objects.bulk_create(fresh, batch_size=500)
    notices.tell_families("visit.planned", families, on=on)
    lines = [("visit.assign", f"lead:{lead.code}", {"day": day.isoformat()}) for lead in chosen]
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return came_to


# A stop of a route: its visit, and the hour or the half of the day.
Timed = tuple[int, time | None, str]


def standing_route(visits: Iterable[Visit]) -> str:
    """How a route stands: its visits in their order, each with its hour."""
    return " ".join(f"{visit.pk}@{visit.when}" for visit in visits)


def by_shortest_way(visits: Sequence[Visit]) -> list[Visit]:
    """Visits of a team and day in the order of the shortest way, where places are known; else as they are."""
    by_key = {str(visit.lead_id): visit for visit in visits}
    day = visits[0].planned_on if visits else None
    return [by_key[stop.key] for stop in shortest([_stop(v.lead) for v in visits], day)] if day else []


def _span(at: time | None, half: str) -> tuple[time, time]:
    """The earliest and the latest that an hour or a half of the day means."""
    noon = time(12)
    return (at, at) if at else (noon if half == "pm" else time.min, noon if half == "am" else time.max)


@transaction.atomic
def arrange_route(*, round_: Round, route: Sequence[Timed], shown: str, by: User, on: date) -> int:
    """Put the visits that a team still makes on a day into another order, and give each its hour; ``shown``: ``standing_route`` as it was
    looked at. A family whose hour changes is told. Returns how many visits changed; a route that stands so already needs nothing."""
    require(by, "visit.plan", round_.org, on)
    anew = "这条路线刚有变化，请再看一遍 / this route has just changed: look at it again"
    open_ = Visit.objects.filter(lead__round=round_, visited_on=None).select_related("lead")
    first = open_.filter(pk__in=[pk for pk, *_ in route]).first()
    if first is None or round_.state == "closed":
        raise Refused(anew)
    same = {name: getattr(first, name) for name in ("planned_on", "visitor_one", "visitor_two")}
    standing = list(open_.filter(**same).select_for_update(of=("self",)).order_by("place_in_day", "pk"))
    if [(v.pk, v.planned_at, v.planned_half) for v in standing] == list(route):
        return 0
    visits = {visit.pk: visit for visit in standing}
    if standing_route(standing) != shown or sorted(visits) != sorted(pk for pk, *_ in route):
        raise Refused(anew)
    spans = [_span(at, half) for _pk, at, half in route]
    latest_yet = time.min
    for n, (since, until) in enumerate(spans, 1):
        if until < latest_yet:
            raise Refused(
                f"第 {n} 户的时间早于前面的，请改时间或顺序 / visit {n} is before an earlier one: change its hour or the order"
            )
        latest_yet = max(latest_yet, since)
    made = Visit.objects.filter(**same, lead__round=round_).exclude(visited_on=None)
    taken = set(made.values_list("place_in_day", flat=True))
    places = (place for place in itertools.count(1) if place not in taken)
    changed: list[Visit] = []
    timed: list[Visit] = []
    for (pk, at, half), place in zip(route, places, strict=False):
        visit = visits[pk]
        before, was = visit.place_in_day, visit.when
        visit.place_in_day, visit.planned_at, visit.planned_half = place, at, half
        if (before, was) != (place, visit.when):
            changed.append(visit)
        if was != visit.when:
            timed.append(visit)
    Visit.objects.bulk_update(changed, PLANNED, batch_size=100)
    told = [(v.lead_id, v.lead.household_id, _planned_facts(v)) for v in timed]
    notices.tell_families("visit.planned", told, on=on)
    lines: list[Any] = [
        ("visit.order", f"round:{round_.code}", {"day": f"{first.planned_on}", "changed": len(changed)})
    ]
    lines += [("visit.hour", f"lead:{v.lead.code}", {"at": "", **_planned_facts(v)}) for v in timed]
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(changed)
