"""Papers that prove what a family reported: added to an application or to the family's open round, taken back while nothing was sent."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from nuanxin.care.models import HardshipApplication, Lead, Paper
from nuanxin.care.queries import ENDED, papers_of, takes_papers
from nuanxin.records.pictures import keep_paper
from nuanxin.records.services import Refused, write_events
from nuanxin.union.models import User
from nuanxin.union.queries import city_of, nearest_holders, owns, require
from nuanxin.union.services import add_more, tell_unless_unread

MOST = 20
KINDS = tuple(dict(Paper.kind.field.choices or ()))  # type: ignore[attr-defined]


@transaction.atomic
def add(*, to: HardshipApplication | Lead, kind: str, content: bytes, name: str, by: User, on: date) -> Paper:
    """Add a photo or a PDF: a worker to the own application or to the own family's round, an officer to a family's round.

    The same file again changes nothing. Raises Refused for who may not, where the round is done with the family, and as ``keep_paper``.
    """
    if kind not in KINDS:
        raise Refused("请选择是什么材料 / choose what paper it is")
    keys: dict[str, HardshipApplication | Lead]
    if isinstance(to, HardshipApplication):
        if not owns(by, "own.apply", to, on) or to.state == HardshipApplication.WITHDRAWN:
            raise Refused("没有这件申报 / there is no such application")
        keys = {"application": to} | ({"lead": to.lead} if to.lead else {})
        there = Paper.objects.filter(Q(application=to) | Q(lead=to.lead, lead__isnull=False))
        verb = ("application.paper", f"application:{to.code}")
    else:
        if not owns(by, "own.apply", to, on):
            require(by, "paper.add", to.org, on)
        if not takes_papers(Lead.objects.filter(pk=to.pk)).exists():
            raise Refused(
                "这一季度已经办完，不再收材料 / this quarter is done with the family: no papers are taken any more"
            )
        assert to.household is not None, "takes_papers asks for one"
        keys = {"lead": to}
        there, verb = papers_of(to.household).filter(lead__round=to.round_id), ("lead.paper", f"lead:{to.code}")
    kept = keep_paper(content, name)
    standing = there.filter(attachment=kept).first()
    if standing is not None:
        return standing
    if there.count() >= MOST:
        raise Refused(f"最多传 {MOST} 份材料 / at most {MOST} papers")
    said = {"kind": kind, "added_on": on, "added_by": by.username}
    made, new = Paper.objects.get_or_create(**keys, attachment=kept, defaults=said)
    if new:
        write_events(chain=city_of(to.org).code, lines=[(*verb, {"kind": kind})], by=by.username, on=on)
        if owns(by, "own.apply", to, on):
            _tell(to, on)
    return made


@transaction.atomic
def more(
    *, to: HardshipApplication | Lead, text: str, kind: str, content: bytes, name: str, by: User, on: date
) -> None:
    """A worker adds what the union should know besides, while the case is open: words, a paper of a kind, or both; the officers who would
    act on it are told. The same again changes nothing. Raises Refused for who may not, where it is done, or as ``add`` and ``add_more``."""
    type(to).objects.select_for_update().get(pk=to.pk)
    to.refresh_from_db()
    if not owns(by, "own.apply", to, on):
        raise Refused("没有这件申报 / there is no such application")
    lead = to if isinstance(to, Lead) else to.lead
    sent = isinstance(to, Lead) or to.state == HardshipApplication.SENT
    done = lead is not None and (lead.round.state == "closed" or lead.findings.filter(state__in=ENDED).exists())
    if not sent or done:
        raise Refused("这件事已经办完，不能再补充 / this is done: nothing can be added any more")
    if content:
        add(to=to, kind=kind, content=content, name=name, by=by, on=on)
    if text.strip() or not content:
        what = "lead" if isinstance(to, Lead) else "application"
        made, new = add_more(subject=f"{what}:{to.code}", text=text, photo=b"", by=by, on=on)
        if new:
            line = (f"{what}.more", made.subject, {"addition": made.pk})
            write_events(chain=city_of(to.org).code, lines=[line], by=by.username, on=on)
            _tell(to, on)


def _tell(to: HardshipApplication | Lead, on: date) -> None:
    """Tell the officers who would act on a case that was sent that its family added something."""
    if isinstance(to, HardshipApplication) and to.state != HardshipApplication.SENT:
        return
    lead = to if isinstance(to, Lead) else to.lead
    subject, facts = f"application:{to.code}", {}
    if lead is not None and lead.household is not None:
        subject = f"household:{lead.household.code}"
    elif lead is not None:
        facts = {"round": lead.round.code, "union": to.org.code}
    tell_unless_unread(nearest_holders("return.receive", to.org, on), "application.more", subject, facts, on=on)


@transaction.atomic
def drop(*, paper: Paper, by: User, on: date) -> None:
    """Take a paper back, while nothing was sent."""
    application = paper.application
    if (
        application is None
        or not owns(by, "own.apply", application, on)
        or application.state != HardshipApplication.DRAFT
    ):
        raise Refused("已经提交的材料不能撤回 / a paper that was sent cannot be taken back")
    line = ("application.paper_back", f"application:{application.code}", {"kind": paper.kind})
    write_events(chain=city_of(application.org).code, lines=[line], by=by.username, on=on)
    paper.delete()
