"""Step 4: visits are planned for two visitors each, recorded from their sheet or from a visitor's phone, or excused; consent comes first.

leads due = visited + nobody home + excused + overdue + not yet due.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from nuanxin.care import rules
from nuanxin.care.matching import name_key
from nuanxin.care.models import Consent, Finding, HouseholdFile, Lead, Round, Visit, VisitPaper
from nuanxin.care.queries import ENDED, visits_by
from nuanxin.care.services.returns import files_in
from nuanxin.care.services.rounds import CARRIED
from nuanxin.records.models import Attachment, Event
from nuanxin.records.pictures import keep_picture, kind_of
from nuanxin.records.previews import Remark
from nuanxin.records.rules import parts
from nuanxin.records.services import Refused, insert, job, keep_file, write_events
from nuanxin.sheets import read_file
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, User
from nuanxin.union.queries import below, covered, require
from nuanxin.union.rules import VISITOR, mask_name, quarter_span

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


# ------------------------------------------------------------------------------------------------------ at the family's door


def start_day(*, by: User, on: date) -> int:
    """A visitor starts the day: from now until its end the full addresses of the visits planned for ``by`` up to ``on`` are shown to
    ``by``, and that they are is written down, once a day for each family. Returns how many visits are open."""
    visits = list(
        Visit.objects.filter(visits_by(by), visited_on=None, planned_on__lte=on, lead__org__in=covered(by, "visit.record", on))
        .exclude(lead__round__state="closed").select_related("lead__org", "lead__round__org")
    )  # fmt: skip
    if not visits:
        raise Refused("今天没有安排给您的走访 / no visit is planned for you today")
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
        if roles == {VISITOR} and by.pk not in (now.account_one_id, now.account_two_id):
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
