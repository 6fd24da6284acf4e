"""Step 3: reported families are matched against the register, as set operations; what is in doubt waits for a person.

accepted families = known + new + probable + doubtful + repeated within the round.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery

from nuanxin.care import matching, rules
from nuanxin.care.models import (
    Consent,
    Finding,
    HardshipApplication,
    HouseholdFile,
    Lead,
    Refusal,
    ReportedMember,
    Return,
    Round,
    Visit,
)
from nuanxin.records.rules import parts
from nuanxin.records.services import Refused, insert, job, reserve, write_events
from nuanxin.union.models import Household, Kinship, Person, User
from nuanxin.union.queries import Reach, below, require

LIVE = ("due", "away", "visited", "decided", "known")


def match_round(
    round_: Round, *, by: User, on: date, show: Callable[[int, int], None] | None = None
) -> dict[str, dict[str, int]] | None:
    """Match every lead that waits for it. Returns the balance, or None when there was nothing to match."""
    if not round_.leads.filter(state="reported").exists():
        with transaction.atomic():
            follow(_turned(round_), round_, by=by, on=on)
        return None
    with job(step="match", key=round_.code, by=by.username, on=on, show=show) as progress, transaction.atomic():
        waiting = round_.leads.filter(state="reported")
        progress.count("in", "families", waiting.count())
        reported, keys = _reported(waiting)
        known = _known(round_)
        if _clash(reported, keys, known):
            reported, _ = _reported(waiting)
        graded = _grade(reported, known)
        nobody = set(waiting.values_list("pk", flat=True)) - graded.keys()
        Lead.objects.filter(pk__in=nobody).update(state="held", held_code="no_members", grade="new")
        _settle(round_, graded, on=on)
        follow(_turned(round_), round_, by=by, on=on)
        tally: dict[str, int] = defaultdict(int, new=len(nobody))
        for grade, _, _, _, twin in graded.values():
            tally["repeated" if twin and grade != "doubtful" else {"exact": "known"}.get(grade, grade)] += 1
        for name in ("known", "new", "probable", "doubtful", "repeated"):
            progress.count("out", name, tally[name])
        facts = dict(tally)
        write_events(
            chain=round_.org.code, lines=[("round.match", f"round:{round_.code}", facts)], by=by.username, on=on
        )
    return progress.balance


_PERSON = pa.schema([
    ("is_worker", pa.bool_()), ("name", pa.string()), ("id_hash", pa.string()), ("phone_hash", pa.string()),
    ("born_on", pa.date32()), ("union", pa.string()), ("relation", pa.string()),
])  # fmt: skip


def _table(key: str, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * (len(_PERSON) + 1)
    schema = pa.schema([(key, pa.int64()), *_PERSON])
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _reported(leads: Any) -> tuple[pa.Table, list[int]]:
    """The people of the waiting families: accepted rows, and the worker's row even where a cell of it was refused; beside
    them the keys of their rows."""
    rows = list(
        ReportedMember.objects.filter(lead__in=leads).filter(Q(accepted=True) | Q(relation="self")).order_by("lead_id", "pk")
        .values_list("lead_id", "relation", "name", "id_hash", "phone_hash", "born_on", "lead__org__code", "pk")
    )  # fmt: skip
    table = _table(
        "family",
        (
            (lead, rel == "self", name, id_, phone or None, born, org, rel)
            for lead, rel, name, id_, phone, born, org, _ in rows
        ),
    )
    return table, [row[-1] for row in rows]


def _known(round_: Round) -> pa.Table:
    """The people of the register's households in the round's city."""
    rows = (
        Kinship.objects.filter(until_on__isnull=True, household__merged_into__isnull=True)
        .filter(household__org__in=round_.org.descendants(include_self=True))
        .values_list(
            "household_id", "relation", "person__name", "person__id_hash", "person__phone_hash", "person__born_on",
            "household__org__code",
        )
    )  # fmt: skip
    return _table(
        "household",
        ((house, rel == "self", name, id_, phone or None, born, org, rel)
         for house, rel, name, id_, phone, born, org in rows.iterator(chunk_size=20_000)),
    )  # fmt: skip


def _clash(reported: pa.Table, keys: list[int], known: pa.Table) -> int:
    """An ID number that stands in the register, or earlier in this import, under a clearly different name: the later row is
    refused and its family held."""
    found = [
        keys[row["row"]]
        for row in matching.clashes(reported, known).to_pylist()
        if row["household"] is not None or row["other_row"] < row["row"]
    ]
    members = ReportedMember.objects.filter(pk__in=found).select_related("lead__from_return")
    for member in members:
        source = member.lead.from_return
        # A row of a worker's own application stands in no return: the lead is held, and the application says so.
        if source is not None:
            Refusal.objects.create(
                source=source, sheet="困难职工家庭摸排表", row=member.row, column="身份证号", found=member.id_mask,
                code="another_person", why_zh="这个身份证号登记的是另一个人", why_en="this ID number is another person's",
                mend_zh="请核对姓名和身份证号，把写错的一个改正后重报",
                mend_en="check the name and the number, correct the wrong one and send the file again",
            )  # fmt: skip
        if member.accepted:
            if source is not None:
                Return.objects.filter(pk=source.pk).update(accepted=F("accepted") - 1, refused=F("refused") + 1)
            Lead.objects.filter(pk=member.lead_id).update(members=F("members") - 1)
        Lead.objects.filter(pk=member.lead_id).update(held_code="refused_row")
        member.accepted, member.id_hash, member.id_cipher, member.id_mask = False, None, None, ""
        member.save()
    return len(found)


Graded = dict[
    int, tuple[str, int | None, float, list[str], int | None]
]  # lead → grade, household, score, reasons, twin


def _grade(reported: pa.Table, known: pa.Table) -> Graded:
    graded: Graded = {}
    for row in matching.match_families(reported, known).to_pylist():
        graded[row["family"]] = (row["grade"], row["household"], row["score"], row["reasons"], None)
    _without_number(graded, reported)
    _unknown_applicants(graded)
    for row in matching.within_batch(reported).to_pylist():
        # A family that is on file already needs no twin.
        if graded[row["family"]][0] == "new":
            graded[row["family"]] = (row["grade"], None, row["score"], row["reasons"], row["same_as"])
    return graded


def _unknown_applicants(graded: Graded) -> None:
    """An application by an account that is not known to be the person whose number it gives waits for a person, where that person is in
    the register: a typed number proves nothing, and the household's phone and members would follow it."""
    for part in parts([key for key, row in graded.items() if row[0] in ("exact", "probable")]):
        rows = HardshipApplication.objects.filter(lead__in=part).exclude(
            Exists(
                ReportedMember.objects.filter(
                    lead=OuterRef("lead"), relation="self", id_hash=OuterRef("user__person__id_hash")
                )
            )
        )
        for key in rows.values_list("lead_id", flat=True):
            _, household, score, reasons, twin = graded[key]
            graded[key] = ("doubtful", household, score, [*reasons, "applied-by-unknown-account"], twin)


def _without_number(graded: Graded, reported: pa.Table) -> None:
    """A household that was only ever held, since its worker's number was refused, raises no doubt: the same name and what they
    share make it the same family, otherwise it is another."""
    unsure = {key: row[1] for key, row in graded.items() if row[0] == "doubtful" and row[1] is not None}
    names: dict[int, str] = {}
    for part in parts(sorted({house for house in unsure.values() if house is not None})):
        names |= dict(Household.objects.filter(pk__in=part, worker=None).values_list("id", "worker_name"))
    if not names:
        return
    columns = reported.select(["family", "is_worker", "name"]).to_pylist()
    workers = {row["family"]: row["name"] for row in columns if row["is_worker"]}
    for key, house in unsure.items():
        if house in names:
            _, _, score, reasons, twin = graded[key]
            same = matching.name_key(workers.get(key, "")) == matching.name_key(names[house])
            graded[key] = ("probable", house, score, reasons, twin) if same else ("new", None, score, reasons, twin)


def _settle(round_: Round, graded: Graded, *, on: date) -> None:
    """Give each lead its household (known, new, or its twin's) and its state; in parts, so that memory stays bounded."""
    heirs = _heirless(round_)
    houses: dict[int, int | None] = {}
    for keys in parts(sorted(graded), 5000):
        leads = [lead for some in parts(keys) for lead in Lead.objects.filter(pk__in=some).defer("note").order_by("pk")]
        fresh: list[Lead] = []
        for lead in leads:
            lead.grade, household, lead.score, lead.reasons, twin = graded[lead.pk]
            heir = None
            if lead.grade != "exact" and heirs:
                # The corrected row of a family whose worker had no good number: the same union, the same name.
                heir = heirs.pop((lead.org_id, matching.name_key(lead.worker_name)), None)
            if heir is not None:
                lead.household_id = heir
            elif twin is not None:
                # Its twin comes first, and may have a new household only below.
                continue
            elif lead.grade == "doubtful":
                lead.candidate_id, lead.state = household, "doubtful"
            elif lead.grade == "new":
                fresh.append(lead)
            else:
                lead.household_id = household
        _new_households(round_, fresh)
        houses |= {lead.pk: lead.household_id or lead.candidate_id for lead in leads}
        for lead in leads:
            grade, _, _, _, twin = graded[lead.pk]
            if twin is None or lead.household_id is not None:
                continue
            houses[lead.pk] = houses[twin]
            if grade == "doubtful":
                lead.candidate_id, lead.state = houses[twin], "doubtful"
            else:
                lead.household_id = houses[twin]
        settled = [lead for lead in leads if lead.state != "doubtful"]
        _people(round_, [lead.pk for lead in settled])
        _states(round_, settled)
        _members(settled, on)
        _consents(settled)
        _bulk_settle(leads)


def _bulk_settle(leads: list[Lead]) -> None:
    """The same update as one statement over a temporary table: an ORM update with a CASE of every row grows quadratically."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS settled")
        cursor.execute(
            "CREATE TEMPORARY TABLE settled (id bigint PRIMARY KEY, household_id bigint, candidate_id bigint, state varchar(10),"
            " new boolean, grade varchar(10), score double precision, reasons text)"
        )
        rows = [
            (
                lead.pk,
                lead.household_id,
                lead.candidate_id,
                lead.state,
                lead.new,
                lead.grade,
                lead.score,
                json.dumps(lead.reasons),
            )
            for lead in leads
        ]
        if connection.vendor == "postgresql":
            with cursor.copy("COPY settled FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            connection.connection.executemany("INSERT INTO settled VALUES (?,?,?,?,?,?,?,?)", rows)
        reasons = "settled.reasons::jsonb" if connection.vendor == "postgresql" else "settled.reasons"
        cursor.execute(
            "UPDATE care_lead SET household_id = settled.household_id, candidate_id = settled.candidate_id,"  # noqa: S608
            f" state = settled.state, new = settled.new, grade = settled.grade, score = settled.score, reasons = {reasons}"
            " FROM settled WHERE settled.id = care_lead.id"
        )
        cursor.execute("DROP TABLE settled")


def _heirless(round_: Round) -> dict[tuple[int, str], int]:
    """Households of replaced leads of this round whose worker had no good ID number: the corrected row inherits them."""
    found = round_.leads.filter(state="replaced", household__worker__isnull=True, household__isnull=False)
    return {
        (org, matching.name_key(name)): house
        for org, name, house in found.values_list("org_id", "worker_name", "household_id")
    }


def _new_households(round_: Round, leads: list[Lead]) -> None:
    last = Household.objects.filter(code__startswith=f"{round_.org.code}-H").aggregate(last=Max("code"))["last"]
    number = int(last.rsplit("H", 1)[1]) if last else 0
    keys = reserve(Household, len(leads))
    for n, (key, lead) in enumerate(zip(keys, leads, strict=True), number + 1):
        lead.household_id = key
        lead._code = f"{round_.org.code}-H{n:06d}"  # type: ignore[attr-defined]
    insert(
        Household, ["id", "code", "org", "worker_name", "address"],
        [(x.household_id, x._code, x.org_id, x.worker_name, x.more.get("address", "")) for x in leads],  # type: ignore[attr-defined]
    )  # fmt: skip


_ROW = (
    "lead_id",
    "id_hash",
    "name",
    "relation",
    "id_cipher",
    "id_mask",
    "born_on",
    "phone_hash",
    "phone_cipher",
    "phone_mask",
)


def _rows_of(lead_ids: list[int]) -> Iterable[tuple[Any, ...]]:
    """The good rows of the leads, family by family; the worker's also where another cell of it was refused."""
    for part in parts(lead_ids):
        found = ReportedMember.objects.filter(lead__in=part, id_hash__isnull=False).filter(
            Q(accepted=True) | Q(relation="self")
        )
        yield from found.order_by("lead_id", "pk").values_list(*_ROW)


def _people_of(hashes: Iterable[str], *fields: str) -> Iterable[tuple[Any, ...]]:
    """Known people by their ID hash."""
    for part in parts(list(hashes)):
        yield from Person.objects.filter(id_hash__in=part).values_list(*fields)


def _people(round_: Round, lead_ids: list[int]) -> None:
    """The people of the leads enter the register; a new phone of a known person takes the place of the old one, but where the person lives
    in another city's family too: nobody there writes into this one's register, nor the other way round."""
    rows = list(_rows_of(lead_ids))
    known = dict(_people_of({row[1] for row in rows}, "id_hash", "phone_hash"))
    fresh: dict[str, tuple[Any, ...]] = {}
    phones: list[tuple[Any, ...]] = []
    for _, id_hash, name, _, cipher, mask, born, phone_hash, phone_cipher, phone_mask in rows:
        if id_hash in known:
            if phone_hash and known[id_hash] != phone_hash:
                phones.append((phone_hash, phone_cipher, phone_mask, id_hash))
                known[id_hash] = phone_hash
        elif id_hash not in fresh:
            sex = "m" if mask[-2] in "13579" else "f"
            fresh[id_hash] = (
                name,
                id_hash,
                bytes(cipher),
                mask,
                born,
                sex,
                phone_hash,
                phone_cipher and bytes(phone_cipher),
                phone_mask,
            )
    insert(
        Person, ["name", "id_hash", "id_cipher", "id_mask", "born_on", "sex", "phone_hash", "phone_cipher", "phone_mask"],
        list(fresh.values()),
    )  # fmt: skip
    kept = _known_elsewhere(round_, [id_hash for *_phone, id_hash in phones])
    for phone_hash, phone_cipher, phone_mask, id_hash in phones:
        if id_hash in kept:
            continue
        Person.objects.filter(id_hash=id_hash).update(
            phone_hash=phone_hash, phone_cipher=phone_cipher, phone_mask=phone_mask
        )


def _known_elsewhere(round_: Round, hashes: list[str]) -> set[str]:
    """Which of these people live in a family of another city."""
    ours, found = below([round_.org]) if hashes else Reach(), set[str]()
    for part in parts(hashes):
        living = Kinship.objects.filter(person__id_hash__in=part, until_on=None).exclude(household__org__in=ours)
        found |= set(living.values_list("person__id_hash", flat=True))
    return found


def _states(round_: Round, leads: list[Lead]) -> None:
    """known (on file with the same figures), repeated (already at work in this round), held, or due for a visit."""
    houses = sorted({lead.household_id for lead in leads if lead.household_id})
    on_file = _on_file(houses)
    before = _last_figures(on_file)
    active: dict[int, Lead] = {}
    others = round_.leads.exclude(state__in=["reported", "replaced", "repeated", "doubtful"]).only(
        "state", "source", "household_id"
    )
    for part in parts(houses):
        active |= {lead.household_id or 0: lead for lead in others.filter(household__in=part).order_by("pk")}
    stale: list[int] = []
    for lead in leads:
        house = lead.household_id or 0
        lead.new = house not in on_file
        now = active.get(house)
        if lead.held_code:
            lead.state = "repeated" if now is not None and now.state != "held" and now.source != Lead.AGAIN else "held"
        elif now is not None and now.state != "held" and not (now.source == Lead.AGAIN and now.state == "due"):
            lead.state = "repeated"
        elif house in on_file and any(rules.same_figures(_figures(lead), old) for old in before.get(house, ())):
            lead.state = "known"
        else:
            lead.state = "due"
        if lead.state != "repeated":
            if now is not None:
                stale.append(now.pk)
            active[house] = lead
    batch = {lead.pk: lead for lead in leads}
    for key in stale:
        if key in batch:
            batch[key].state = "repeated"
    Lead.objects.filter(pk__in=[key for key in stale if key not in batch]).update(state="repeated")
    _move_visits(round_, {lead.household_id or 0: lead for lead in leads if lead.state in ("due", "held", "known")})


def _move_visits(round_: Round, heirs: dict[int, Lead]) -> None:
    """The visit of a family whose return was corrected stays with the family: it moves to the lead that took the place."""
    gone = Visit.objects.filter(lead__round=round_, lead__state="replaced").select_related("lead")
    for visit in gone:
        heir = heirs.get(visit.lead.household_id or 0)
        if heir is not None:
            Visit.objects.filter(pk=visit.pk).update(lead=heir.pk)
            if heir.state != "held" and visit.visited_on:
                heir.state = "away" if visit.conclusion == "nobody_home" else "visited"


def _figures(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in rules.FIGURES}


def _on_file(houses: Sequence[int]) -> set[int]:
    """The households among ``houses`` that are on file."""
    files = HouseholdFile.objects.filter(closed_on__isnull=True)
    return {
        house
        for part in parts(houses)
        for house in files.filter(household__in=part).values_list("household_id", flat=True)
    }


def _last_figures(houses: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """For each household its last decision's figures: those reported then, and those used after the visit."""
    found: dict[int, list[dict[str, Any]]] = {}
    findings = Finding.objects.exclude(state="superseded").select_related("lead").order_by("pk")
    for part in parts(sorted(houses)):
        for finding in findings.filter(household__in=part):
            found[finding.household_id] = [_figures(finding.lead), used_of(finding)]
    return found


def used_of(finding: Finding) -> dict[str, Any]:
    """The figures that a finding used, by the names of the lead's fields."""
    from nuanxin.care.services.decide import FROM_INPUT

    return {name: FROM_INPUT[name](finding.figures["inputs"]) for name in rules.FIGURES}


def _members(leads: list[Lead], on: date) -> None:
    """The members of each family as last reported; who no longer lives there leaves with a date."""
    moving = {lead.pk: lead for lead in leads if lead.state not in ("known", "repeated") and lead.household_id}
    rows = list(_rows_of(list(moving)))
    people = dict(_people_of({row[1] for row in rows}, "id_hash", "id"))
    standing: dict[int, dict[int, int]] = defaultdict(dict)
    for part in parts(sorted({lead.household_id for lead in moving.values() if lead.household_id})):
        kin = Kinship.objects.filter(until_on__isnull=True, household__in=part)
        for key, house, person in kin.values_list("id", "household_id", "person_id"):
            standing[house][person] = key
    fresh: list[tuple[Any, ...]] = []
    seen: dict[int, set[int]] = defaultdict(set)
    workers: list[tuple[int, int, int]] = []
    for lead_id, id_hash, _, relation, *_ in rows:
        house, person = moving[lead_id].household_id or 0, people[id_hash]
        if person in seen[house]:
            continue
        seen[house].add(person)
        if person not in standing[house]:
            fresh.append((house, person, relation, on))
        if relation == "self":
            workers.append((person, house, person))
    gone = [
        key
        for lead in moving.values()
        if lead.state != "held"
        for person, key in standing[lead.household_id or 0].items()
        if person not in seen[lead.household_id or 0]
    ]
    insert(Kinship, ["household", "person", "relation", "from_on"], fresh)
    for part in parts(gone):
        Kinship.objects.filter(pk__in=part).update(until_on=on)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE union_household SET worker_id = %s WHERE id = %s AND (worker_id IS NULL OR worker_id <> %s)",
            workers,
        )


def _consents(leads: list[Lead]) -> None:
    """Who applied on the phone signed the consent to checks with it: it is recorded for the household that the application belongs to,
    where none is in force."""
    houses = {lead.pk: lead.household_id for lead in leads if lead.source == Lead.APPLIED and lead.household_id}
    signed = HardshipApplication.objects.filter(lead__in=list(houses), sent_on__isnull=False).select_related("user")
    for application in signed:
        assert application.sent_on is not None, "filtered above"
        Consent.objects.get_or_create(
            household_id=houses[application.lead_id or 0], withdrawn_on=None,
            defaults={"signed_on": application.sent_on, "how": "phone", "recorded_by": application.user.username},
        )  # fmt: skip


def _turned(round_: Round) -> Any:
    """The households of a round that another union reports than has them, or of which a report was taken back."""
    return (
        round_.leads.filter(Q(state="replaced") | ~Q(org=F("household__org")), household__isnull=False)
        .order_by().values("household")
    )  # fmt: skip


def follow(houses: Any, round_: Round, *, by: User, on: date) -> None:
    """A family is the union's that reported it last, with all that stands in its file; who had it before keeps the own reports of it, and
    has it again when that report is taken back."""
    last = Lead.objects.filter(household=OuterRef("pk"), state__in=LIVE).order_by("-round__quarter", "-pk")
    found = Household.objects.filter(pk__in=houses).annotate(
        now=Subquery(last.values("org")[:1]), union=Subquery(last.values("org__code")[:1])
    )
    moving = list(
        found.exclude(now=None).exclude(now=F("org")).order_by("pk").values_list("pk", "code", "now", "union")
    )
    for org in {now for _pk, _code, now, _union in moving}:
        for part in parts([pk for pk, _code, now, _union in moving if now == org]):
            Household.objects.filter(pk__in=part).update(org=org)
    if moving:
        lines = [("household.move", f"household:{code}", {"to": union}) for _pk, code, _now, union in moving]
        write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)


# --------------------------------------------------------------------------------------------------- a person judges


def doubtful(round_: Round) -> Any:
    """The leads that wait for a person, side by side with their candidate."""
    return round_.leads.filter(state="doubtful").select_related("candidate", "org", "candidate__org").order_by("pk")


def judge(lead: Lead, *, same: bool, by: User, on: date) -> None:
    """A person says whether a doubtful lead is the candidate household. Raises Refused when somebody was faster."""
    require(by, "match.judge", lead.round.org, on)
    with transaction.atomic():
        if not Lead.objects.filter(pk=lead.pk, state="doubtful").update(state="reported"):
            raise Refused(f"{lead.code} 已不在存疑之列，可能有人先办了 / {lead.code} is no longer in doubt")
        lead.refresh_from_db()
        if same:
            lead.household_id, lead.grade = lead.candidate_id, "exact"
            lead.reasons = [*lead.reasons, f"accepted-by:{by.username}"]
        else:
            lead.grade = "new"
            lead.reasons = [*lead.reasons, f"rejected-by:{by.username}"]
            _new_households(lead.round, [lead])
        _people(lead.round, [lead.pk])
        _states(lead.round, [lead])
        _members([lead], on)
        _consents([lead])
        lead.save()
        follow([lead.household_id], lead.round, by=by, on=on)
        verb = "match.accept" if same else "match.reject"
        facts = {
            "household": Household.objects.get(leads=lead.pk).code,
            "candidate": Household.objects.get(candidates=lead.pk).code,
        }
        write_events(chain=lead.round.org.code, lines=[(verb, f"lead:{lead.code}", facts)], by=by.username, on=on)


def undo(lead: Lead, *, by: User, on: date) -> None:
    """Take back a judgement or a probable match, before anything was decided on it: the lead is in doubt again."""
    require(by, "match.judge", lead.round.org, on)
    if lead.state not in ("due", "known", "repeated", "held", "away", "visited"):
        raise Refused(f"{lead.code} 已认定，不能撤销比对 / {lead.code} is decided: its match can no longer be undone")
    joined = lead.candidate_id or (lead.household_id if lead.grade == "probable" else None)
    if joined is None:
        raise Refused(f"{lead.code} 没有可以撤销的比对 / there is no match of {lead.code} to undo")
    with transaction.atomic():
        former, from_join = lead.household_id or 0, lead.household_id == joined
        Lead.objects.filter(pk=lead.pk).update(
            state="doubtful", household=None, candidate=joined, grade="doubtful",
            reasons=[*lead.reasons, f"undone-by:{by.username}"],
        )  # fmt: skip
        if from_join:
            # Members that only this lead brought into the household leave it again.
            own = set(lead.reported.values_list("id_hash", flat=True))
            others = set(
                ReportedMember.objects.filter(lead__household=former)
                .exclude(lead=lead)
                .values_list("id_hash", flat=True)
            )
            Kinship.objects.filter(household=former, person__id_hash__in=own - others).delete()
            # Who was taken to have left, since this lead did not name them, still lives there.
            Kinship.objects.filter(household=former, until_on__gte=lead.opened_on).update(until_on=None)
            heads = Kinship.objects.filter(household=former, relation="self", until_on__isnull=True).order_by("pk")
            head = heads.first()
            Household.objects.filter(pk=former).update(worker=head.person if head else None)
        elif not Lead.objects.filter(household=former).exists():
            Kinship.objects.filter(household=former).delete()
            Household.objects.filter(pk=former).delete()
        follow([former], lead.round, by=by, on=on)
        lines = [("match.undo", f"lead:{lead.code}", {"candidate": Household.objects.get(pk=joined).code})]
        write_events(chain=lead.round.org.code, lines=lines, by=by.username, on=on)
