"""Step 4: visits are planned for two visitors each, recorded from their sheet or from a visitor's phone, or excused; consent comes first.

leads due = visited + nobody home + excused + overdue + not yet due.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from nuanxin.care import rules
from nuanxin.care.matching import name_key
from nuanxin.care.models import Consent, Finding, HouseholdFile, Lead, Round, Visit, VisitPaper
from nuanxin.care.queries import ENDED
from nuanxin.care.routing import REASONS, Hours, Stop, Team, hours_of, plan_days, route_minutes, shortest
from nuanxin.care.services import notices
from nuanxin.care.services.returns import files_in
from nuanxin.care.services.rounds import CARRIED
from nuanxin.records.models import Attachment, Event
from nuanxin.records.pictures import keep_picture, kind_of
from nuanxin.records.previews import Remark
from nuanxin.records.rules import parts
from nuanxin.records.services import Many, Refused, insert, job, keep_file, sort_out, write_events
from nuanxin.sheets import read_file
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, User
from nuanxin.union.queries import below, covered, covering, require
from nuanxin.union.rules import VISITOR, mask_name, quarter_span

# What a plan says of a visit.
PLANNED = (
    "planned_on", "place_in_day", "planned_at", "planned_half", "visitor_one", "visitor_two", "account_one", "account_two",
)  # fmt: skip
UNKNOWN = {
    "unknown_family": (
        "本轮没有这户人家：身份证号不在上报或在册家庭中", "no family of this round or on file has this ID number",
        "请核对身份证号；新发现的家庭请先由其工会上报", "check the number; a family newly found is reported by its union first",
    ),
    "other_name": (
        "这个身份证号是另一个人的", "this ID number is another person's", "请核对姓名和身份证号", "check the name and the number",
    ),
    "future": (
        "走访日期晚于办理日期", "the visit is dated after the day of this act", "请核对走访日期", "check the date of the visit",
    ),
    "before": (
        "走访日期早于本季度", "the visit is dated before this quarter",
        "请核对走访日期；是上一季度的走访，请选那个季度", "check the date; for a visit of an earlier quarter choose that quarter",
    ),
    "no_consent": (
        "家庭未授权核查，不能走访核实", "the family has not consented to checks",
        "先取得签字的授权书", "get the signed consent first",
    ),
    "already_certified": (
        "该户本季度已认定，走访不能再改", "this family's finding is certified: its visit can no longer change",
        "如有新情况，请下季度上报或申请复核", "report it next quarter or ask for a review",
    ),
}  # fmt: skip


# What is told of the day; everything else is told of the person.
OF_THE_DAY = ("future", "before")


@dataclass
class Recorded:
    """What one visit sheet gave: rows recorded, the same as before, refused (each with where, what, why, how to mend)."""

    file: str
    rows: int = 0
    recorded: int = 0
    same: int = 0
    refusals: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    refused_whole: str | None = None
    refused_whole_en: str = ""


def record(
    *, round_: Round, paths: Iterable[Path], by: User, on: date, show: Callable[[int, int], None] | None = None
) -> list[Recorded]:
    """Record visit sheets. A sheet is taken with its refused rows named; the same sheet again changes nothing. Families of unions that
    ``by`` holds no post over are unknown: absent and forbidden give the same answer."""
    # Read once: asked for within each query, the recursive tree would be built anew each time.
    orgs = covered(by, "visit.record", on) & below([round_.org])
    if not orgs:
        require(by, "visit.record", round_.org, on)
    if round_.state == "closed":
        raise Refused(f"{round_.quarter} 已办结 / {round_.quarter} is closed")
    done = []
    paths = list(paths)
    files = [p for p in files_in(paths) if p in paths or "走访" in p.name]
    for path in files:
        reading = read_file(path, expect={"visits"})
        outcome = Recorded(reading.name)
        done.append(outcome)
        if reading.refused_whole is not None:
            outcome.refused_whole, outcome.refused_whole_en = (
                reading.refused_whole.text(lang) for lang in ("zh", "en")
            )
            continue
        with (
            job(step="visit sheet", key=round_.code, by=by.username, on=on, show=show) as progress,
            transaction.atomic(),
        ):
            for refusal in reading.refusals:
                outcome.refusals.append(Remark.of(refusal))
            outcome.warnings += [Remark.of(warning) for warning in reading.warnings]
            kept = keep_file(path, sha256=reading.sha256, name=reading.name)
            rows = reading.tables["visits"].to_pylist()
            outcome.rows = len(rows)
            progress.count("in", "rows", len(rows))
            _record(round_, orgs, rows, kept, outcome, by=by, on=on)
            progress.count("out", "recorded", outcome.recorded)
            progress.count("out", "same", outcome.same)
            progress.count("out", "refused", len(rows) - outcome.recorded - outcome.same)
    return done


_VISIT = [
    "lead", "consent", "visitor_one", "visitor_two", "visited_on", "conclusion", "members", "income", "medical", "schooling",
    "loss", "homes", "runs_business", "costly_school", "note", "attachment", "row",
]  # fmt: skip


def _record(
    round_: Round,
    orgs: Set[int],
    rows: Sequence[dict[str, Any]],
    kept: Attachment,
    outcome: Recorded,
    *,
    by: User,
    on: date,
) -> None:
    rows = [row for row in rows if row["accepted"]]
    book = _Book(round_, orgs, secrets.find_keys([row["resident_id"] for row in rows]))
    due: list[tuple[dict[str, Any], Household]] = []
    for row, key in zip(rows, book.keys, strict=True):
        house, problem = book.household(key, row["worker_name"])
        if problem is None and house is not None:
            problem = _hindrance(
                round_=round_, visited_on=row["visited_on"], on=on, conclusion=row["conclusion"], consent=row.get("consent"),
                ended=book.certified(house) and not book.known_visit(house, row),
            )  # fmt: skip
        if problem is not None or house is None:
            column, said = "身份证号", mask_name(row["worker_name"] or "")
            if problem in OF_THE_DAY:
                column, said = "走访日期", row["visited_on"].isoformat()
            outcome.refusals.append(
                Remark(row["sheet"], row["row"], column, said, *UNKNOWN[problem or "unknown_family"])
            )
        else:
            due.append((row, house))
    _consents(due, by=by)
    consents = _consents_of(due)
    fresh, lines, states = [], [], {}
    for row, house in sorted(due, key=lambda pair: (pair[0]["visited_on"], pair[0]["row"])):
        lead = book.lead(house, on)
        figures = {name: _value(name, row.get(name)) for name in rules.VISITED}
        values = {
            "consent_id": consents.get(house.pk), "visitor_one": row["visitor_one"] or "", "conclusion": row["conclusion"],
            "visitor_two": row["visitor_two"] or "", "note": (row["note"] or "")[:300], "attachment_id": kept.pk,
            "row": row["row"], **figures,
        }  # fmt: skip
        found = book.visits.get((lead.pk, row["visited_on"]))
        if found is not None:
            changed = [
                k
                for k, v in values.items()
                if k not in ("attachment_id", "row", "consent_id") and getattr(found, k) != v
            ]
            if not changed:
                outcome.same += 1
                continue
            Visit.objects.filter(pk=found.pk).update(**values)
            lines.append(("visit.correct", f"lead:{lead.code}", {"changed": ",".join(changed)}))
        else:
            fresh.append((lead.pk, *(values[k] for k in ("consent_id", "visitor_one", "visitor_two")), row["visited_on"],
                          *(values[k] for k in ("conclusion", *_VISIT[6:14], "note", "attachment_id", "row"))))  # fmt: skip
            lines.append(("visit.record", f"lead:{lead.code}", {"conclusion": row["conclusion"]}))
        outcome.recorded += 1
        if lead.state not in ("held", "doubtful"):
            states[lead.pk] = "away" if row["conclusion"] == "nobody_home" else "visited"
    # A planned visit that has now been made is the same visit.
    for part in parts([row[0] for row in fresh]):
        Visit.objects.filter(lead__in=part, visited_on__isnull=True).delete()
    insert(Visit, _VISIT, fresh)
    for state in ("away", "visited"):
        keys = [key for key, to in states.items() if to == state]
        for part in parts(keys):
            Lead.objects.filter(pk__in=part).update(state=state)
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)


def _hindrance(
    *, round_: Round, visited_on: date, on: date, conclusion: str, consent: bool | None, ended: bool
) -> str | None:
    """Why a visit cannot be recorded (a key of ``UNKNOWN``), whether a sheet or a phone brings it. ``consent`` False: refused at the
    door; ``ended``: the family's finding of this round stands."""
    if visited_on > on:
        return "future"
    # A round may be opened a little before its quarter begins.
    if visited_on < min(round_.opened_on, quarter_span(round_.quarter)[0]):
        return "before"
    if consent is False and conclusion != "nobody_home":
        return "no_consent"
    return "already_certified" if ended else None


def _value(name: str, value: Any) -> Any:
    if value is None or name not in ("income", "medical", "schooling", "loss"):
        return value
    return Decimal(value).scaleb(-2)


class _Book:
    """The round's families by ID hash, read once for a sheet."""

    def __init__(self, round_: Round, orgs: Set[int], keys: list[str | None]) -> None:
        self.round, self.keys = round_, keys
        self.people: dict[str, list[Kinship]] = {}
        for part in parts([key for key in keys if key]):
            found = Kinship.objects.select_related("person", "household").filter(person__id_hash__in=part)
            for kinship in found.defer("person__id_cipher", "person__phone_cipher"):
                if kinship.household.org_id in orgs and kinship.household.merged_into_id is None:
                    self.people.setdefault(kinship.person.id_hash, []).append(kinship)
        houses = sorted({kinship.household_id for many in self.people.values() for kinship in many})
        self.leads: dict[int, Lead] = {}
        self.last: dict[int, Lead] = {}
        self.visits: dict[tuple[int, date], Visit] = {}
        self.ended: set[int] = set()
        # Asked by household alone, and sorted out here: with the round beside it the database may walk the whole round each time.
        leads = Lead.objects.select_related("round").defer("more", "reasons").order_by("round__quarter", "pk")
        for some in parts(houses):
            doubted = leads.filter(candidate__in=some, household__isnull=True)
            for lead in [*leads.filter(household__in=some), *doubted]:
                house = lead.household_id or lead.candidate_id or 0
                if lead.state in ("replaced", "repeated") or lead.round.org_id != round_.org_id:
                    continue
                if lead.round_id == round_.pk:
                    self.leads[house] = lead
                if lead.round.quarter <= round_.quarter:
                    self.last[house] = lead
            findings = Finding.objects.filter(household__in=some).values_list("round_id", "state", "household_id")
            self.ended |= {h for r, state, h in findings if r == round_.pk and state in ENDED}
        for some in parts([lead.pk for lead in self.leads.values()]):
            made = Visit.objects.filter(lead__in=some, visited_on__isnull=False)
            self.visits |= {(v.lead_id, v.visited_on): v for v in made if v.visited_on}

    def household(self, key: str | None, name: str | None) -> tuple[Household | None, str | None]:
        found = self.people.get(key or "", [])
        if not found:
            return None, "unknown_family"
        # A person may stand in two households (a parent of two workers): the one that is at work in this round comes first.
        found = sorted(
            found, key=lambda k: (k.household_id not in self.leads, k.relation != "self", k.until_on is not None, k.pk)
        )
        kinship = found[0]
        if kinship.household_id not in self.last:
            return None, "unknown_family"
        names = {name_key(kinship.person.name), name_key(kinship.household.worker_name)}
        if name and name_key(name) not in names and not any(_near(name_key(name), other) for other in names):
            return None, "other_name"
        return kinship.household, None

    def certified(self, house: Household) -> bool:
        return house.pk in self.ended

    def known_visit(self, house: Household, row: dict[str, Any]) -> bool:
        lead = self.leads.get(house.pk)
        return lead is not None and (lead.pk, row["visited_on"]) in self.visits

    def lead(self, house: Household, on: date) -> Lead:
        """The family's lead in this round; one for a review is opened where it was not reported again."""
        if house.pk not in self.leads:
            last = self.last[house.pk]
            self.leads[house.pk] = Lead.objects.create(
                code=f"{self.round.code}-R{self.round.leads.filter(source=Lead.REVIEW).count() + 1:04d}", round=self.round,
                source=Lead.REVIEW, again_of=last, opened_on=on, clock_on=max(on, self.round.visits_due_on), state="due",
                from_return=last.from_return, family=last.family, grade=last.grade or "exact", score=last.score,
                reasons=last.reasons, **{name: getattr(last, name) for name in CARRIED} | {
                    "household_id": house.pk,
                    "new": not HouseholdFile.objects.filter(household=house, closed_on__isnull=True).exists(),
                },
            )  # fmt: skip
        return self.leads[house.pk]


def _consents_of(due: Sequence[tuple[dict[str, Any], Household]]) -> dict[int, int]:
    """The consents in force, by household."""
    found: dict[int, int] = {}
    for part in parts([house.pk for _, house in due]):
        found |= dict(Consent.objects.filter(household__in=part, withdrawn_on=None).values_list("household_id", "id"))
    return found


def _near(one: str, other: str) -> bool:
    """One character of three differs: a slip of the pen, not another person."""
    return len(one) == len(other) >= 3 and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _consents(due: Sequence[tuple[dict[str, Any], Household]], *, by: User) -> None:
    """Where no consent is in force yet, the visitors take the signature at the door, before they look: it is recorded first."""
    have = _consents_of(due)
    fresh: dict[int, tuple[Any, ...]] = {}
    for row, house in due:
        if house.pk not in have and row["conclusion"] != "nobody_home":
            fresh.setdefault(house.pk, (house.pk, row["visited_on"], "door", by.username))
    insert(Consent, ["household", "signed_on", "how", "recorded_by"], list(fresh.values()))


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
        if roles == {VISITOR} and planned.exclude(_of(by)).exclude(account_one=None, account_two=None).exists():
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


def _of(user: User) -> Q:
    return Q(account_one=user) | Q(account_two=user)


# ------------------------------------------------------------------------------------------------------ at the family's door


def start_day(*, by: User, on: date) -> int:
    """A visitor starts the day: from now until its end the full addresses of the visits planned for ``by`` up to ``on`` are shown to
    ``by``, and that they are is written down, once a day for each family. Returns how many visits are open."""
    visits = list(
        Visit.objects.filter(_of(by), visited_on=None, planned_on__lte=on)
        .exclude(lead__round__state="closed").select_related("lead__org", "lead__round__org")
    )  # fmt: skip
    if not visits:
        raise Refused("今天没有安排给您的走访 / no visit is planned for you today")
    for org in {visit.lead.org for visit in visits}:
        require(by, "visit.record", org, on)
    known = addressed([visit.lead.code for visit in visits], by=by, on=on)
    with transaction.atomic():
        for round_ in {visit.lead.round for visit in visits}:
            fresh = [v for v in visits if v.lead.round_id == round_.pk and v.lead.code not in known]
            lines: list[Any] = [("visit.address", f"lead:{visit.lead.code}", {}) for visit in fresh]
            write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(visits)


def addressed(codes: Sequence[str], *, by: User, on: date) -> set[str]:
    """Of these leads those whose full address ``by`` has asked for on a day."""
    found = Event.objects.filter(
        verb="visit.address", subject__in=[f"lead:{code}" for code in codes], by=by.username, on=on
    )
    return {subject.removeprefix("lead:") for subject in found.values_list("subject", flat=True)}


@dataclass(frozen=True, slots=True)
class Paper:
    """A photo or a signature as it was sent in: a picture, or the name typed where no glass could be written on."""

    kind: str
    content: bytes = b""
    typed: str = ""


def record_one(
    *, visit: Visit, submission: str, visited_on: date, nobody_home: bool, found: Mapping[str, Any], note: str, consented: bool,
    papers: Sequence[Paper], by: User, on: date,
) -> Visit:  # fmt: skip
    """Record a planned visit from the phone of one of its two visitors; the rules are those of the sheet.

    ``found`` holds what is otherwise than reported (keys of ``rules.VISITED``), ``consented`` that the family agreed to the checks at
    the door, where no consent was in force. ``submission`` is made by the phone: the same again changes nothing and gives the same
    visit. Raises Refused with each thing that is missing.
    """
    with transaction.atomic():
        now = (
            Visit.objects.select_for_update(of=("self",)).filter(pk=visit.pk)
            .select_related("lead__round__org", "lead__org", "lead__household__org").first()
        )  # fmt: skip
        if now is None:
            raise Refused("这次走访已重新安排 / this visit has been planned anew")
        lead, house = now.lead, now.lead.household
        roles = require(by, "visit.record", lead.org, on)
        if roles & {VISITOR} == roles and by.pk not in (now.account_one_id, now.account_two_id):
            raise Refused("这户安排给了别的走访人 / this family's visit is planned for other visitors")
        if submission and now.submission == submission:
            return now
        conclusion = "nobody_home" if nobody_home else "differs" if found else "as_reported"
        missing = _missing(now, submission, conclusion, papers)
        ended = Finding.objects.filter(household=house, round=lead.round, state__in=ENDED).exists()
        consent = Consent.objects.filter(household=house, withdrawn_on=None).first()
        hindrance = _hindrance(
            round_=lead.round, visited_on=visited_on, on=on, conclusion=conclusion, consent=bool(consent or consented), ended=ended,
        )  # fmt: skip
        if hindrance:
            zh, en, mend, mend_en = UNKNOWN[hindrance]
            missing.append(f"{zh}，{mend} / {en}: {mend_en}")
        if Visit.objects.filter(lead=lead, visited_on=visited_on).exclude(pk=now.pk).exists():
            missing.append("这户当天已有走访记录 / this family has a visit of that day")
        if missing or house is None:
            raise Refused(*missing)
        lines: list[Any] = []
        if consent is None and not nobody_home:
            consent = Consent.objects.create(household=house, signed_on=visited_on, how="door", recorded_by=by.username)
            lines.append(("consent.record", f"household:{house.code}", {"how": "door"}))
        now.consent, now.visited_on, now.conclusion, now.submission = consent, visited_on, conclusion, submission
        now.note = note.strip()[:300]
        for name in rules.VISITED:
            setattr(now, name, None if nobody_home else found.get(name))
        now.save()
        for paper in papers:
            kept = keep_picture(paper.content, _name(paper)) if paper.content else None
            VisitPaper.objects.create(visit=now, kind=paper.kind, attachment=kept, typed=paper.typed[:120])
        if lead.state not in ("held", "doubtful"):
            Lead.objects.filter(pk=lead.pk).update(state="away" if nobody_home else "visited")
        lines.append(("visit.record", f"lead:{lead.code}", {"conclusion": conclusion, "papers": len(papers)}))
        write_events(chain=lead.round.org.code, lines=lines, by=by.username, on=on)
    return now


PHOTOS, PHOTO_BYTES = 9, 8 * 1024 * 1024


def _name(paper: Paper) -> str:
    """What a photo or signature is called; never as the sender's device called it."""
    return f"{paper.kind}.{'jpg' if kind_of(paper.content) == 'image/jpeg' else 'png'}"


def _missing(visit: Visit, submission: str, conclusion: str, papers: Sequence[Paper]) -> list[str]:
    """What a visit still lacks to be recorded."""
    kinds = [paper.kind for paper in papers]
    signers = ["visitors"] if conclusion == "nobody_home" else ["family", "visitors"]
    signed = {"family": "家庭签字 / the family's signature", "visitors": "走访人签字 / the visitors' signature"}
    checks = [
        (visit.visited_on is not None, "这次走访已登记 / this visit is recorded already"),
        (visit.lead.round.state == "closed", "本季度已办结 / the quarter is closed"),
        (visit.lead.household_id is None, "这户还没有立户 / this family has no household yet"),
        (visit.visitor_one == visit.visitor_two, "走访须两人 / a visit is made by two"),
        (not submission or len(submission) > 36, "没有提交编号 / the submission has no number"),
        (kinds.count("photo") > PHOTOS, f"照片最多 {PHOTOS} 张 / at most {PHOTOS} photos"),
        (any(len(p.content) > PHOTO_BYTES for p in papers), "每张照片不超过 8 MB / a photo has at most 8 MB"),
        (any(p.content and not kind_of(p.content) for p in papers), "照片须是 JPEG 或 PNG / a photo is JPEG or PNG"),
        *((kinds.count(who) != 1, f"缺{signed[who].replace(' / ', ' / missing: ')}") for who in signers),
    ]  # fmt: skip
    return [sentence for wrong, sentence in checks if wrong]
