"""A brief is sent for approval, and approved or returned by another person."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from nuanxin.records.rules import UnknownYear
from nuanxin.records.services import Refused, move, workday_after, write_events
from nuanxin.reports.brief import LANGS, PARTS, Brief, Stated, beside, framed, stated, written
from nuanxin.reports.figures import FIGURES, Range, make_range, measure
from nuanxin.reports.flows import ISSUE
from nuanxin.reports.models import Issue
from nuanxin.reports.towns import Town
from nuanxin.sheets.masks import mask_digits
from nuanxin.union.models import Org, User
from nuanxin.union.queries import nearest_holders, require
from nuanxin.union.services import tell

APPROVED_IN = 3  # working days


def digest_of(issue: Issue) -> str:
    """The SHA-256 of what an issue says."""
    said = [
        issue.org.code, issue.first, issue.last, issue.parts, issue.plans, issue.figures, issue.paragraphs, issue.taken_at.astimezone(UTC).isoformat(),
    ]  # fmt: skip
    # Not said of a brief without: one that was sent before there were any keeps its digest.
    said += [issue.towns] if issue.towns else []
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def send(*, span: Range, parts: Sequence[str], plans: str, by: User, on: date, at: datetime) -> Issue:
    """Send the brief of a range for approval, as its figures stand now; the nearest approvers but the sender are told.

    The same while it waits is the same issue. Raises Refused without a post, without a section, or while another of the range waits.
    """
    require(by, "brief.send", span.org, on)
    chosen = [part for part in PARTS if part in parts]
    plans = mask_digits(plans.strip())
    missing = []
    if not chosen:
        missing.append("请至少选一项内容 / choose at least one section")
    if len(plans) > 1000:
        missing.append("下一步打算不超过 1000 字 / what is planned has at most 1000 characters")
    approvers = nearest_holders("brief.approve", span.org, on, but=[by.username])
    if not approvers:
        missing.append("没有可以审批的另一个人 / there is nobody else who may approve it")
    if missing:
        raise Refused(*missing)
    # Two windows that send at once: the second waits, and finds the first one's.
    Org.objects.select_for_update().get(pk=span.org.pk)
    waiting = Issue.objects.filter(org=span.org, first=span.first, last=span.last, state="sent").first()
    if waiting is not None:
        if (waiting.parts, waiting.plans) == (chosen, plans):
            return waiting
        raise Refused("这个季度范围已有一份简报在等审批 / a brief of this range waits for approval already")
    figures = stated(span)
    try:
        due = workday_after(on, APPROVED_IN)
    except UnknownYear as unknown:
        raise Refused(str(unknown)) from None
    texts = {
        lang: [list(one) for one in written(span, figures, made_at=at, lang=lang, parts=chosen, plans=plans).paragraphs]
        for lang in LANGS
    }
    number = Issue.objects.filter(org=span.org).count() + 1
    issue = Issue(
        code=f"{span.org.code}-B{number:04d}", org=span.org, first=span.first, last=span.last, parts=chosen, plans=plans,
        figures={one.figure.name: [str(one.value), one.records] for one in figures}, paragraphs=texts, taken_at=at,
        towns=[[town.code, town.name, town.values] for town in beside(span)] if "towns" in chosen else [],
        sent_by=by.username, sent_on=on, due_on=due,
    )  # fmt: skip
    issue.digest = digest_of(issue)
    issue.save()
    subject = f"issue:{issue.code}"
    line = ("issue.send", subject, {"from": issue.first, "until": issue.last, "digest": issue.digest})
    write_events(chain=span.org.code, lines=[line], by=by.username, on=on)
    tell([(user, "issue.sent", subject, {}) for user in approvers], on=on)
    return issue


@transaction.atomic
def approve(*, issue: Issue, digest: str, by: User, on: date) -> None:
    """Approve a brief: another person than sent it, who looked at what ``digest`` stands for. It gets its number of the year.

    Raises Refused without a post, for the sender, when it says something else than was looked at, or when it has ended.
    """
    Org.objects.select_for_update().get(pk=issue.org_id)
    last = Issue.objects.filter(org=issue.org_id, year=on.year).aggregate(last=Max("number"))["last"] or 0
    missing = []
    if digest != issue.digest or digest_of(issue) != issue.digest:
        missing.append("内容和您看到的不同，请刷新后再看 / it says something else than you looked at: look at it again")
    _end(issue, "approve", missing, by, on, year=on.year, number=last + 1)


@transaction.atomic
def send_back(*, issue: Issue, reason: str, by: User, on: date) -> None:
    """Return a brief with a reason: another person than sent it. Raises Refused without a post, for the sender, without a reason, or when it has ended."""
    reason = mask_digits(reason.strip())
    missing = [] if reason else ["请写明退回的理由 / say why it is returned"]
    if len(reason) > 500:
        missing.append("理由不超过 500 字 / a reason has at most 500 characters")
    _end(issue, "return", missing, by, on, reason=reason)


def _end(issue: Issue, verb: str, missing: list[str], by: User, on: date, **changes: Any) -> None:
    roles = require(by, "brief.approve", issue.org, on)
    if issue.sent_by == by.username:
        missing.insert(0, "送审的人不能自己审批，请另一个人办 / who sent it may not approve or return it")
    move(
        ISSUE, verb, Issue.objects.filter(pk=issue.pk), by=by.username, on=on, roles=roles, chain=issue.org.code, missing=missing,
        facts={"digest": issue.digest}, ended_by=by.username, ended_on=on, **changes,
    )  # fmt: skip
    issue.refresh_from_db()
    sender = User.objects.filter(username=issue.sent_by).values_list("pk", flat=True)
    tell([(user, f"issue.{issue.state}", f"issue:{issue.code}", {}) for user in sender], on=on)


def kept_brief(issue: Issue, lang: str) -> Brief:
    """The brief as it was sent: its own text and figures. The queries of the figures are not kept."""
    span = make_range(issue.org, issue.first, issue.last)
    figures = tuple(
        Stated(FIGURES[name], Decimal(value) if "." in value else int(value), records, "")
        for name, (value, records) in issue.figures.items()
        if name in FIGURES
    )
    number = f"{issue.year}年第{issue.number}期" if lang == "zh" else f"No. {issue.number} of {issue.year}"
    paragraphs = tuple((heading, text) for heading, text in issue.paragraphs[lang])
    return framed(
        span, figures, paragraphs, made_at=issue.taken_at, lang=lang, parts=issue.parts, plans=issue.plans,
        number=number if issue.number else "", towns=tuple(Town(code, name, values) for code, name, values in issue.towns),
    )  # fmt: skip


def changed_since(issue: Issue) -> dict[str, tuple[Any, Any]]:
    """Which figures differ by now from those that were sent: {name: (then, now)}."""
    found = measure(FIGURES.values(), make_range(issue.org, issue.first, issue.last))
    return {
        name: (value, found[name].value)
        for name, (value, _records) in issue.figures.items()
        if name in found and str(found[name].value) != value
    }
