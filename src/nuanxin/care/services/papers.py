"""Papers that prove what a family reported: added to an application or to the family's open round, taken back while nothing was sent."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from nuanxin.care.models import HardshipApplication, Lead, Paper
from nuanxin.care.queries import papers_of, takes_papers
from nuanxin.records.pictures import keep_paper
from nuanxin.records.services import Refused, write_events
from nuanxin.union.models import User
from nuanxin.union.queries import city_of, owns, require

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
    return made


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
