"""Around the decision: other help for the refused, reviews by another person, consents, urgent leads, civil affairs' register."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef

from nuanxin.care import rules
from nuanxin.care.flows import FINDING
from nuanxin.care.models import Consent, Finding, Lead, Offer, RegisterCheck, Review, Round
from nuanxin.care.queries import bare, of_households
from nuanxin.care.services import notices
from nuanxin.care.services.rounds import CARRIED
from nuanxin.records.previews import Looked, Remark
from nuanxin.records.services import Line, Refused, insert, keep_file, move, workday_after, write_events
from nuanxin.sheets import read_file
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, Org, User
from nuanxin.union.queries import city_of, owns, require
from nuanxin.union.rules import quarter_of


def propose_offers(*, round_: Round, by: User, on: date) -> int:
    """Offer every refused family that has no offer yet the help that fits its main cause. Returns how many were offered."""
    require(by, "finding.offer", round_.org, on)
    waiting = bare(round_)
    with transaction.atomic():
        rows = [
            (pk, rules.offer_for(cause), False, "", on, by.username)
            for pk, cause in waiting.order_by("pk").values_list("pk", "lead__cause")
        ]
        codes = dict(waiting.values_list("pk", "code"))
        insert(Offer, ["finding", "kind", "declined", "note", "offered_on", "by"], rows)
        lines = [("finding.offer", f"finding:{codes[row[0]]}", {"kind": row[1]}) for row in rows]
        write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(rows)


def offer(*, round_: Round, codes: Sequence[str], kind: str | None, note: str, by: User, on: date) -> int:
    """Record an offer of a kind to households (by code), or (kind None) that they declined every help. Recording it again changes
    nothing. Returns how many are new."""
    require(by, "finding.offer", round_.org, on)
    kinds = dict(Offer.KINDS)
    if kind is not None and kind not in kinds:
        raise Refused(f"帮扶种类应为 {'、'.join(f'{k}（{v}）' for k, v in kinds.items())} / unknown kind of help")
    findings = of_households(round_, codes)
    good = "、".join(findings.exclude(tier="none").values_list("household__code", flat=True)[:5])
    if good:
        raise Refused(f"{good} 符合标准，不需转介 / {good} meet the standard and need no other offer")
    with transaction.atomic():
        had = Offer.objects.filter(finding=OuterRef("pk"), kind=kind or "", declined=kind is None)
        fresh = list(findings.exclude(Exists(had)).order_by("pk").values_list("pk", "code"))
        rows = [(pk, kind or "", kind is None, note.strip()[:200], on, by.username) for pk, _ in fresh]
        insert(Offer, ["finding", "kind", "declined", "note", "offered_on", "by"], rows)
        lines = [("finding.offer", f"finding:{code}", {"kind": kind or "declined"}) for _, code in fresh]
        write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(fresh)


def ask_review(*, finding: Finding, text: str, by: User, on: date) -> Review:
    """A family asks for its refusal to be looked at by another person: on its phone, or through an officer."""
    org = finding.round.org
    if not owns(by, "own.review", finding, on):
        require(by, "finding.review", org, on)
    if finding.state not in ("refused", "closed"):
        raise Refused(f"{finding.code} 不是已确认的不符合意见 / {finding.code} is not a confirmed refusal")
    if finding.reviews.filter(ended_on=None).exists():
        raise Refused("已有一件复核在办 / a review is under way")
    if not text.strip():
        raise Refused("请写明申请复核的理由 / say why a review is asked for")
    with transaction.atomic():
        review = Review.objects.create(finding=finding, asked_on=on, text=text.strip()[:500])
        lines: list[Line] = [("review.ask", f"finding:{finding.code}", {})]
        write_events(chain=org.code, lines=lines, by=by.username, on=on)
        notices.tell_officers(
            "review.asked", "finding.review", org, f"household:{finding.household.code}", on=on,
            but=(finding.proposed_by, finding.certified_by),
        )  # fmt: skip
    return review


def end_review(*, review: Review, upheld: bool, outcome: str, by: User, on: date) -> Review:
    """Another person than proposed and confirmed the refusal ends the review; upheld by the family: it is visited and decided again
    (in the current round)."""
    finding = review.finding
    org = finding.round.org
    roles = require(by, "finding.review", org, on)
    missing = []
    if by.username in (finding.proposed_by, finding.certified_by):
        missing.append("复核人不能是原提出人或认证人 / the reviewer is neither the proposer nor the certifier")
    if review.ended_on is not None:
        missing.append("该复核已办结 / the review is ended")
    if not outcome.strip():
        missing.append("请写明复核结论 / say what the review found")
    if missing:
        raise Refused(*missing)
    with transaction.atomic():
        Review.objects.filter(pk=review.pk).update(
            ended_on=on, reviewer=by.username, upheld=upheld, outcome=outcome.strip()[:500]
        )
        lines = [("review.end", f"finding:{finding.code}", {"upheld": upheld})]
        write_events(chain=org.code, lines=lines, by=by.username, on=on)
        notices.tell_of_findings("review.ended", [finding.pk], on=on)
        if upheld:
            now = Round.objects.filter(org=org).exclude(state="closed").order_by("-quarter").first()
            if now is None:
                raise Refused("没有进行中的季度认证，请先开展本季度 / no round is open: open this quarter's first")
            if now.pk == finding.round_id:
                move(
                    FINDING, "supersede", Finding.objects.filter(pk=finding.pk), by=by.username, on=on, roles=roles,
                    chain=org.code,
                )  # fmt: skip
                Lead.objects.filter(pk=finding.lead_id).update(
                    state="due", clock_on=workday_after(on, rules.URGENT_DAYS)
                )
            elif not now.leads.filter(household=finding.household).exclude(state__in=["replaced", "repeated"]).exists():
                old = finding.lead
                number = now.leads.filter(source=Lead.REVIEW).count() + 1
                Lead.objects.create(
                    code=f"{now.code}-R{number:04d}", round=now, source=Lead.REVIEW, again_of=old, opened_on=on,
                    clock_on=workday_after(on, rules.URGENT_DAYS), state="due", grade=old.grade, score=old.score,
                    from_return=old.from_return, family=old.family, reasons=old.reasons,
                    **{name: getattr(old, name) for name in CARRIED},
                )  # fmt: skip
    review.refresh_from_db()
    return review


def consent(*, household: Household, signed_on: date, how: str, by: User, on: date) -> Consent:
    """Record a signed consent to checks: an officer records a paper, a worker signs for the own family on the phone. One is in force at a
    time; recording it again changes nothing."""
    if not (how == "phone" and owns(by, "own.consent", household, on)):
        require(by, "consent.record", household.org, on)
    if signed_on > on:
        raise Refused("签字日期晚于今天 / the signature is dated in the future")
    with transaction.atomic():
        made, new = Consent.objects.get_or_create(
            household=household,
            withdrawn_on=None,
            defaults={"signed_on": signed_on, "how": how, "recorded_by": by.username},
        )
        if new:
            lines = [("consent.record", f"household:{household.code}", {"how": how})]
            write_events(chain=household.org.code, lines=lines, by=by.username, on=on)
    return made


def withdraw_consent(*, household: Household, by: User, on: date) -> None:
    """The family withdraws its consent: from now on nobody is visited and nothing is compared until there is another."""
    if not owns(by, "own.consent", household, on):
        require(by, "consent.record", household.org, on)
    with transaction.atomic():
        if not Consent.objects.filter(household=household, withdrawn_on=None).update(withdrawn_on=on):
            raise Refused(f"{household.code} 没有生效的授权 / no consent of {household.code} is in force")
        lines: list[Line] = [("consent.withdraw", f"household:{household.code}", {})]
        write_events(chain=household.org.code, lines=lines, by=by.username, on=on)


def urgent(*, household: Household, reason: str, by: User, on: date) -> Lead:
    """Open a lead of its own between rounds, with its own clock: a visit within three working days. It is decided in the
    quarter's round, which must be open."""
    require(by, "lead.urgent", household.org, on)
    if not reason.strip():
        raise Refused("请写明急难情况 / say what the need is")
    top = city_of(household.org)
    rounds = Round.objects.filter(org=top).exclude(state="closed")
    round_ = rounds.filter(quarter=quarter_of(on)).first() or rounds.order_by("-quarter").first()
    if round_ is None:
        raise Refused("没有进行中的季度认证，请先开展本季度 / no round is open: open this quarter's first")
    last = household.leads.exclude(state__in=["replaced", "repeated"]).order_by("pk").last()
    with transaction.atomic():
        number = round_.leads.filter(source=Lead.URGENT).count() + 1
        figures = {name: getattr(last, name) for name in CARRIED} if last else {
            "org_id": household.org_id, "household_id": household.pk, "worker_name": household.worker_name, "new": True,
            "members": household.members.filter(until_on=None).count(),
        }  # fmt: skip
        waiting = round_.leads.filter(household=household, state__in=["due", "away"]).first()
        if waiting is not None:
            # Due already: its clock is brought forward, once.
            if waiting.source == Lead.URGENT:
                raise Refused(
                    f"{household.code} 已登记急难，最迟 {waiting.clock_on} 走访 / {household.code} is an urgent lead already: visit by {waiting.clock_on}"
                )
            waiting.source, waiting.clock_on = Lead.URGENT, min(waiting.clock_on, workday_after(on, rules.URGENT_DAYS))
            waiting.save(update_fields=["source", "clock_on"])
            lines = [("lead.urgent", f"lead:{waiting.code}", {"clock": waiting.clock_on.isoformat()})]
            write_events(chain=top.code, lines=lines, by=by.username, on=on)
            return waiting
        if round_.leads.filter(household=household, state="visited").exists():
            raise Refused(
                f"{household.code} 本季度已走访，待认定 / {household.code} has been visited and waits for its decision"
            )
        lead = Lead.objects.create(
            code=f"{round_.code}-U{number:04d}", round=round_, source=Lead.URGENT, again_of=last, opened_on=on,
            clock_on=workday_after(on, rules.URGENT_DAYS), state="due", grade="exact", reasons=["urgent"],
            **{**figures, "note": reason.strip()[:300]},
        )  # fmt: skip
        lines = [("lead.urgent", f"lead:{lead.code}", {"clock": lead.clock_on.isoformat()})]
        write_events(chain=top.code, lines=lines, by=by.username, on=on)
    return lead


NOT_COMPARED = {
    "no_consent": (
        "这户没有签字的核查授权，不能比对", "this family has no signed consent to checks and is not compared",
        "先取得签字的授权书并登记", "get the signed consent and record it first",
    ),
    "unknown_person": (
        "台账里没有这个人", "this person is not in the register", "请核对姓名和身份证号", "check the name and the number",
    ),
}  # fmt: skip


def import_checks(*, paths: Iterable[Path], org: Org, by: User, on: date) -> list[Looked]:
    """Import civil affairs' comparison: each person's result goes on the household's file. Who has not consented is not
    compared: the row is refused."""
    require(by, "check.import", org, on)
    outcome = []
    for path in paths:
        reading = read_file(path, expect={"register_check"})
        if reading.refused_whole is not None:
            whole = reading.refused_whole
            outcome.append(Looked(reading.name, why_zh=whole.text("zh"), why_en=whole.text("en")))
            continue
        refusals, same = [Remark.of(refusal) for refusal in reading.refusals], 0
        total = reading.tables["register_check"].num_rows
        rows = [row for row in reading.tables["register_check"].to_pylist() if row["accepted"]]
        keys = secrets.find_keys([row["resident_id"] for row in rows])
        with transaction.atomic():
            kept = keep_file(path, sha256=reading.sha256, name=reading.name)
            people = {
                kinship.person.id_hash: kinship
                for kinship in Kinship.objects.select_related("person", "household").filter(
                    person__id_hash__in=keys, until_on=None, household__org__in=org.descendants(include_self=True)
                )
            }
            agreed = set(Consent.objects.filter(withdrawn_on=None).values_list("household_id", flat=True))
            have = set(RegisterCheck.objects.values_list("household_id", "person_id", "checked_on", "result"))
            fresh, accepted = [], 0
            for row, key in zip(rows, keys, strict=True):
                kinship = people.get(key or "")
                if kinship is None or kinship.household_id not in agreed:
                    why = NOT_COMPARED["no_consent" if kinship else "unknown_person"]
                    refusals.append(Remark(row["sheet"], row["row"], "身份证号", "", *why))
                    continue
                accepted += 1
                checked = row.get("checked_on") or on
                known = (kinship.household_id, kinship.person_id, checked, row["result"])
                if known in have:
                    same += 1
                else:
                    have.add(known)
                    fresh.append(
                        (
                            kinship.household_id,
                            kinship.person_id,
                            row["result"],
                            checked,
                            row.get("document") or "",
                            kept.pk,
                        )
                    )
            insert(RegisterCheck, ["household", "person", "result", "checked_on", "document", "attachment"], fresh)
            lines = [("check.import", f"attachment:{kept.sha256[:12]}", {"accepted": accepted})]
            write_events(chain=org.code, lines=lines, by=by.username, on=on)
        outcome.append(
            Looked(
                reading.name, rows=total, accepted=accepted, refused=total - accepted, same=same, refusals=refusals,
            )
        )  # fmt: skip
    return outcome
