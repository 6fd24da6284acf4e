"""Step 4: visits are planned for two visitors each, recorded from their sheet, or excused; consent comes first.

leads due = visited + nobody home + excused + overdue + not yet due.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from nuanxin.care import rules
from nuanxin.care.matching import name_key
from nuanxin.care.models import Consent, Finding, HouseholdFile, Lead, Round, Visit
from nuanxin.care.routing import Stop, Team, plan_days
from nuanxin.care.services.returns import files_in
from nuanxin.care.services.rounds import CARRIED
from nuanxin.records.models import Attachment
from nuanxin.records.rules import parts
from nuanxin.records.services import Refused, insert, job, keep_file, write_events
from nuanxin.sheets import read_file
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, User
from nuanxin.union.queries import require
from nuanxin.union.rules import mask_name

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
    "no_consent": (
        "家庭未授权核查，不能走访核实", "the family has not consented to checks",
        "先取得签字的授权书", "get the signed consent first",
    ),
    "already_certified": (
        "该户本季度已认定，走访不能再改", "this family's finding is certified: its visit can no longer change",
        "如有新情况，请下季度上报或申请复核", "report it next quarter or ask for a review",
    ),
}  # fmt: skip


@dataclass
class Recorded:
    """What one visit sheet gave: rows recorded, the same as before, refused (each with where, what, why, how to mend)."""

    file: str
    recorded: int = 0
    same: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    refused_whole: str | None = None


def record(
    *, round_: Round, paths: Iterable[Path], by: User, on: date, show: Callable[[int, int], None] | None = None
) -> list[Recorded]:
    """Record visit sheets. A sheet is taken with its refused rows named; the same sheet again changes nothing."""
    require(by, "visit.record", round_.org, on)
    if round_.state == "closed":
        raise Refused(f"{round_.quarter} 已办结 / {round_.quarter} is closed")
    done = []
    paths = list(paths)
    files = [p for p in files_in(paths) if p in paths or "走访" in p.name]
    # Read once: asked for within each query, the recursive tree would be built anew each time.
    orgs = set(round_.org.descendants(include_self=True).values_list("pk", flat=True))
    for path in files:
        reading = read_file(path, expect={"visits"})
        outcome = Recorded(reading.name)
        done.append(outcome)
        if reading.refused_whole is not None:
            outcome.refused_whole = reading.refused_whole.text("zh")
            continue
        with (
            job(step="visit sheet", key=round_.code, by=by.username, on=on, show=show) as progress,
            transaction.atomic(),
        ):
            for refusal in reading.refusals:
                outcome.refusals.append(_told(refusal))
            outcome.warnings += [_told(warning) for warning in reading.warnings]
            kept = keep_file(path, sha256=reading.sha256, name=reading.name)
            rows = reading.tables["visits"].to_pylist()
            progress.count("in", "rows", len(rows))
            _record(round_, orgs, rows, kept, outcome, by=by, on=on)
            progress.count("out", "recorded", outcome.recorded)
            progress.count("out", "same", outcome.same)
            progress.count("out", "refused", len(rows) - outcome.recorded - outcome.same)
    return done


def _told(refusal: Any) -> dict[str, Any]:
    return {
        "sheet": refusal.sheet, "row": refusal.row, "column": refusal.column, "found": refusal.found,
        "why": refusal.why("zh"), "why_en": refusal.why("en"), "mend": refusal.mend("zh"),
    }  # fmt: skip


_VISIT = [
    "lead", "consent", "visitor_one", "visitor_two", "visited_on", "conclusion", "members", "income", "medical", "schooling",
    "loss", "homes", "runs_business", "costly_school", "note", "attachment", "row",
]  # fmt: skip


def _record(
    round_: Round,
    orgs: set[int],
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
        if problem is None and row["visited_on"] > on:
            problem = "future"
        if problem is None and row.get("consent") is False and row["conclusion"] != "nobody_home":
            problem = "no_consent"
        if problem is None and house is not None and book.certified(house):
            problem = "already_certified" if not book.known_visit(house, row) else None
        if problem is not None or house is None:
            zh, en, mend, _ = UNKNOWN[problem or "unknown_family"]
            outcome.refusals.append({
                "sheet": row["sheet"], "row": row["row"], "column": "走访日期" if problem == "future" else "身份证号",
                "found": row["visited_on"].isoformat() if problem == "future" else mask_name(row["worker_name"] or ""),
                "why": zh, "why_en": en, "mend": mend,
            })  # fmt: skip
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


def _value(name: str, value: Any) -> Any:
    if value is None or name not in ("income", "medical", "schooling", "loss"):
        return value
    return Decimal(value).scaleb(-2)


class _Book:
    """The round's families by ID hash, read once for a sheet."""

    def __init__(self, round_: Round, orgs: set[int], keys: list[str | None]) -> None:
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
            self.ended |= {
                h for r, state, h in findings if r == round_.pk and state in ("certified", "refused", "closed")
            }
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


def plan(
    *, round_: Round, teams: Sequence[tuple[str, str]], days: Sequence[date], by: User, on: date, per_day: int = 8
) -> tuple[list[Visit], list[tuple[Lead, str]]]:
    """Plan the visits of every lead that is due: who goes where, on which day, in which order.

    Returns (planned visits, [(lead, why it did not fit)]). Planning again replaces the earlier plan.
    """
    require(by, "visit.plan", round_.org, on)
    due = list(
        round_.leads.filter(state__in=["due", "away"])
        .select_related("org", "org__parent", "household")
        .order_by("clock_on", "pk")
    )
    stops = [
        Stop(
            key=str(lead.pk), town=lead.org.parent.name if lead.org.parent else lead.org.name, due_on=lead.clock_on,
            lat=None if lead.org.latitude is None else float(lead.org.latitude),
            lon=None if lead.org.longitude is None else float(lead.org.longitude), urgent=lead.source == Lead.URGENT,
        )
        for lead in due
    ]  # fmt: skip
    by_key = {str(lead.pk): lead for lead in due}
    planned = plan_days(stops, [Team(one, two) for one, two in teams], list(days), per_day=per_day)
    visits, left = [], []
    with transaction.atomic():
        Visit.objects.filter(lead__round=round_, visited_on__isnull=True).delete()
        for place in planned:
            if place.on is None or place.team is None:
                left.append((by_key[place.key], place.reason or ""))
                continue
            visits.append(
                Visit(
                    lead=by_key[place.key], planned_on=place.on, place_in_day=place.order, visitor_one=place.team.one,
                    visitor_two=place.team.two,
                )
            )  # fmt: skip
        Visit.objects.bulk_create(visits, batch_size=500)
        lines = [("visit.plan", f"round:{round_.code}", {"planned": len(visits), "left": len(left)})]
        write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return visits, left


def excuse(*, lead: Lead, reason: str, until: date, by: User, on: date) -> None:
    """Excuse a visit that cannot be made in time: a reason and a new latest date, both visible."""
    require(by, "visit.excuse", lead.round.org, on)
    if not reason.strip():
        raise Refused("请写明原因 / say why")
    if until <= on:
        raise Refused("新的期限应晚于今天 / the new date must be later than today")
    with transaction.atomic():
        changed = Lead.objects.filter(pk=lead.pk, state__in=["due", "away"]).update(
            excused_on=on, excuse=reason.strip()[:200], clock_on=until
        )
        if not changed:
            raise Refused(f"{lead.code} 不在待访状态 / {lead.code} is not due for a visit")
        lines = [("visit.excuse", f"lead:{lead.code}", {"until": until.isoformat()})]
        write_events(chain=lead.round.org.code, lines=lines, by=by.username, on=on)
