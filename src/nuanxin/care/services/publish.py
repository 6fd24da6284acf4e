"""Step 6: findings are published with a working-day clock that an objection stops, then certified by another person.

findings = certified + returned + closed + pending.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from nuanxin.care import rules
from nuanxin.care.flows import FINDING, ROUND
from nuanxin.care.models import Finding, Objection, Posted, Posting, Round
from nuanxin.care.queries import census, lacking, of_households, ready, to_publish
from nuanxin.care.services import files, notices
from nuanxin.records.services import Refused, insert, move, workday_after, workdays_between
from nuanxin.union.models import User
from nuanxin.union.queries import require


def publish(*, round_: Round, by: User, on: date, days: int = rules.POSTING_DAYS) -> Posting | None:
    """Post the proposals that meet the standard, with masked names, for ``days`` working days after ``on``.

    Refusals are not posted: a family that gets nothing is nobody's business. Returns the posting, or None when every finding
    is a refusal or posted already.
    """
    roles = require(by, "round.publish", round_.org, on)
    if round_.state == "open":
        raise Refused(f"{round_.quarter} 尚未认定，不能公示 / {round_.quarter} is not decided yet")
    if round_.state == "closed":
        raise Refused(f"{round_.quarter} 已办结 / {round_.quarter} is closed")
    if missing := lacking(ROUND.moves["publish"], census(round_, by=by.username, on=on)):
        raise Refused(*missing.values())
    waiting = to_publish(round_)
    with transaction.atomic():
        posting = None
        keys = list(waiting.order_by("pk").values_list("pk", flat=True))
        if keys:
            until = workday_after(on, days)
            number = round_.postings.count() + 1
            posting = Posting.objects.create(
                code=f"{round_.code}-P{number}", round=round_, from_on=on, days=days, until_on=until, by=by.username
            )
            insert(Posted, ["posting", "finding", "until_on"], [(posting.pk, key, until) for key in keys])
            move(
                FINDING, "publish", waiting, by=by.username, on=on, roles=roles, chain=round_.org.code,
                facts={"posting": posting.code, "until": until.isoformat()},
            )  # fmt: skip
            notices.tell_of_findings("finding.published", keys, on=on, until=until.isoformat())
        if round_.state == "decided":
            move(
                ROUND, "publish", Round.objects.filter(pk=round_.pk), by=by.username, on=on, roles=roles,
                chain=round_.org.code,
            )  # fmt: skip
    round_.refresh_from_db()
    return posting


def object_(*, finding: Finding, text: str, by: User, on: date) -> Objection:
    """Record an objection; the clock of this finding stops until it is answered."""
    org = finding.round.org
    roles = require(by, "finding.object", org, on)
    posted = finding.posted.order_by("-pk").first()
    missing = []
    if not text.strip():
        missing.append("请写明异议内容 / say what the objection is")
    if posted is None or finding.state != "published":
        missing.append(f"{finding.code} 不在公示中 / {finding.code} is not being published")
    elif on > posted.until_on:
        missing.append(
            f"公示已于 {posted.until_on} 结束，请走复核 / the posting ended on {posted.until_on}: ask for a review"
        )
    elif on < posted.posting.from_on:
        missing.append("公示尚未开始 / the posting has not begun")
    with transaction.atomic():
        move(
            FINDING, "object", Finding.objects.filter(pk=finding.pk), by=by.username, on=on, roles=roles, chain=org.code,
            missing=missing,
        )  # fmt: skip
        assert posted is not None
        return Objection.objects.create(posted=posted, received_on=on, text=text.strip()[:500], by=by.username)


def answer_objection(*, finding: Finding, upheld: bool, outcome: str, by: User, on: date) -> Objection:
    """Answer an objection, by another person than proposed the finding. Dismissed: the clock goes on with the working days that were
    left when it stopped, from today. Upheld: the finding goes back to be decided again."""
    org = finding.round.org
    roles = require(by, "finding.object", org, on)
    objection = Objection.objects.filter(posted__finding=finding, answered_on=None).select_related("posted").first()
    missing = []
    if objection is None:
        missing.append(f"{finding.code} 没有待答复的异议 / no objection to {finding.code} waits for an answer")
    if finding.proposed_by == by.username:
        missing.append(
            "提出人不能答复对自己意见的异议 / the proposer does not answer an objection to their own proposal"
        )
    if not outcome.strip():
        missing.append("请写明核实结果 / say what was found")
    if objection is not None and objection.received_on > on:
        missing.append("答复日期早于异议日期 / the answer is dated before the objection")
    with transaction.atomic():
        move(
            FINDING, "uphold" if upheld else "dismiss", Finding.objects.filter(pk=finding.pk), by=by.username, on=on,
            roles=roles, chain=org.code, missing=missing,
        )  # fmt: skip
        assert objection is not None
        posted = objection.posted
        left = workdays_between(objection.received_on, posted.until_on)
        Objection.objects.filter(pk=objection.pk).update(
            answered_on=on, answered_by=by.username, upheld=upheld, outcome=outcome.strip()[:500]
        )
        if not upheld:
            Posted.objects.filter(pk=posted.pk).update(until_on=max(posted.until_on, workday_after(on, left)))
    objection.refresh_from_db()
    return objection


def certify(*, round_: Round, by: User, on: date, codes: list[str] | None = None) -> dict[str, int]:
    """Certify what is ready (or just the households named), and confirm the refusals: by another person than proposed them.

    Certified families are taken on file with their aid planned; a refused family that was on file leaves it.
    Returns {"certified": n, "refused": n, "waiting": n}.
    """
    org = round_.org
    roles = require(by, "finding.certify", org, on)
    if round_.state not in ("published", "closed"):
        raise Refused(f"{round_.quarter} 尚未公示，不能认证 / {round_.quarter} is not published yet")
    wanted = of_households(round_, codes) if codes else round_.findings.exclude(state="superseded")
    good = ready(round_, on) & wanted.filter(state="published") if codes else ready(round_, on)
    bad = wanted.filter(state="proposed", tier="none")
    missing = []
    own = wanted.filter(state__in=["published", "proposed"], proposed_by=by.username)
    if own.exists():
        missing.append(
            f"认证人不能是提出人：{own.count()} 条由 {by.username} 提出，请另一人认证"
            f" / {own.count()} were proposed by {by.username}: another person certifies"
        )
    waiting = wanted.filter(state__in=["published", "objected"])
    if codes and not good.exists() and not bad.exists() and waiting.exists():
        until = (
            Posted.objects.filter(finding__in=waiting).order_by("-until_on").values_list("until_on", flat=True).first()
        )
        missing.append(
            f"公示期未满（至 {until}）或有异议未答复 / the posting runs until {until}, or an objection is open"
        )
    with transaction.atomic():
        certified_keys = list(good.values_list("pk", flat=True))
        refused_keys = list(bad.values_list("pk", flat=True))
        done = {"certified": 0, "refused": 0}
        if missing:
            raise Refused(*missing)
        if certified_keys:
            done["certified"] = move(
                FINDING, "certify", good, by=by.username, on=on, roles=roles, chain=org.code,
                certified_by=by.username, certified_on=on,
            )  # fmt: skip
        if refused_keys:
            done["refused"] = move(
                FINDING, "refuse", bad, by=by.username, on=on, roles=roles, chain=org.code,
                certified_by=by.username, certified_on=on,
            )  # fmt: skip
        files.take_on_file(round_, certified_keys, by=by, on=on)
        files.leave_file(round_, refused_keys, by=by, on=on)
        notices.tell_of_findings("finding.certified", certified_keys, on=on)
        notices.tell_of_findings("finding.refused", refused_keys, on=on)
        done["waiting"] = round_.findings.filter(state__in=["published", "objected"]).count()
    return done


def send_back(*, round_: Round, codes: Sequence[str], reason: str, by: User, on: date) -> int:
    """The certifier sends the proposals of households (by code) back with a reason: they are decided again. Returns how many."""
    roles = require(by, "finding.certify", round_.org, on)
    findings = of_households(round_, codes)
    missing = [] if reason.strip() else ["请写明退回理由 / say why it is sent back"]
    if findings.filter(proposed_by=by.username).exists():
        missing.append("提出人不能退回自己的意见 / the proposer does not send back their own proposal")
    with transaction.atomic():
        return move(
            FINDING, "return", findings, by=by.username, on=on, roles=roles, chain=round_.org.code, missing=missing,
            return_reason=reason.strip()[:300],
        )  # fmt: skip


def find_finding(round_: Round, code: str) -> Finding:
    """The finding of a household (by the household's code or the finding's own). Raises Refused when there is none."""
    live = round_.findings.exclude(state="superseded").select_related("round__org", "household", "lead")
    found = live.filter(household__code=code).first() or live.filter(code=code).first()
    if not found:
        raise Refused(f"{round_.quarter} 没有「{code}」的认定意见 / {round_.quarter} has no finding of “{code}”")
    return found
