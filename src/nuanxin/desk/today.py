"""Today's work: everything that waits for somebody, of whatever kind, in one list in the order of its latest date.

A kind is one row of ``KINDS``: a queryset that gives ``COLUMNS``, the operation that lets a viewer see it, the one that its next
action needs, and the page where that is done. All kinds are one UNION in the database: one query counts it by every axis that the
page filters by, one reads a page of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Coalesce
from django.urls import resolve
from django.utils.translation import gettext_lazy as _

from nuanxin.care import queries as care
from nuanxin.care.models import Consent, Finding, Lead, Objection, Offer, Owed, Posted, Return, Review, Round, Visit
from nuanxin.desk.words import Words
from nuanxin.matters.models import Matter
from nuanxin.records.services import next_year_missing
from nuanxin.reports.models import Issue
from nuanxin.rulebook.models import Draft
from nuanxin.ui.menu import page_url
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org
from nuanxin.union.queries import Reach
from nuanxin.union.rules import CITY, STEWARD, VISITOR, quarter_of, quarter_span

COLUMNS = (
    "row_kind", "row_ref", "row_round", "row_who", "row_many", "row_what", "row_org", "row_union", "row_due", "row_since",
    "row_at", "row_owner", "row_mine", "row_unit",
)  # fmt: skip
WHEN: dict[str, Words] = {"over": _("已超期"), "soon": _("今明两天到期"), "ok": _("时间充足")}
TABS: dict[str, Words] = {"mine": _("我负责的"), "unit": _("本单位"), "all": _("全部")}


@dataclass(frozen=True)
class Desk:
    """Who looks, and what all kinds need of them: asked once for the whole list."""

    viewer: Viewer

    @property
    def today(self) -> date:
        return self.viewer.today

    @cached_property
    def own_orgs(self) -> list[int]:
        return sorted({post.org_id for post in self.viewer.posts})

    @cached_property
    def rounds(self) -> list[Round]:
        """The rounds that are not closed, in any tree that the viewer holds a post in."""
        return list(self.viewer.rows(Round).exclude(state="closed"))

    def reach(self, operation: str, *, but: str = "") -> Reach:
        """The organisations that the viewer's posts cover for an operation; ``but``: posts of that role do not count."""
        return self.viewer.reach(operation, but=but)

    def quarter_end(self, path: str) -> Any:
        """The last day of the round at ``path``: what is not given another date is ended within its quarter."""
        ends = [When(**{path: round_.pk, "then": _day(quarter_span(round_.quarter)[1])}) for round_ in self.rounds]
        return Case(*ends, default=_day(quarter_span(quarter_of(self.today))[1]), output_field=DateField())


def _day(day: date) -> Value:
    return Value(day, output_field=DateField())


def _flag(condition: Q | None) -> Any:
    if condition is None:
        return Value(0, output_field=IntegerField())
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _text(text: str = "") -> Value:
    return Value(text, output_field=CharField())


def _given(
    rows: QuerySet[Any], desk: Desk, kind: str, *, ref: Any, round_: Any, org: str, due: Any, since: Any, at: Any,
    who: Any = None, what: Any = None, many: Any = None, owner: Any = None, owner_org: str = "", mine: Q | None = None,
) -> QuerySet[Any]:  # fmt: skip
    """The rows with ``COLUMNS``; ``org`` and ``owner_org`` are paths (empty: the row itself) to the union it is about and to the one that has to act."""
    unit = Q(**{f"{owner_org or org or 'pk'}__in": desk.own_orgs})
    of = f"{org}__" if org else ""
    return rows.order_by().annotate(
        row_kind=_text(kind), row_ref=ref, row_round=round_, row_who=_text() if who is None else who,
        row_many=Value(1, output_field=IntegerField()) if many is None else many,
        row_what=_text() if what is None else what, row_org=F(f"{of}code"), row_union=F(f"{of}name"), row_due=due,
        row_since=since, row_at=at, row_owner=_text() if owner is None else owner, row_mine=_flag(mine), row_unit=_flag(unit),
    ).values_list(*COLUMNS)  # fmt: skip


def _by_round(
    rows: QuerySet[Any], desk: Desk, kind: str, *, path: str, who: str, since: str, mine: Q | None
) -> QuerySet[Any]:
    """One row a round for what is done for many families at once: the first of them, and how many they are."""
    grouped = rows.order_by().annotate(row_mine=_flag(mine)).values(path, "row_mine")
    unit = any(round_.org_id in desk.own_orgs for round_ in desk.rounds)
    return grouped.annotate(
        row_kind=_text(kind), row_ref=F(f"{path}__code"), row_round=F(f"{path}__code"), row_who=Min(who),
        row_many=Count("pk"), row_what=_text(), row_org=F(f"{path}__org__code"), row_union=F(f"{path}__org__name"),
        row_due=desk.quarter_end(path), row_since=Min(since), row_at=_text(kind), row_owner=_text(),
        row_unit=Value(int(unit), output_field=IntegerField()),
    ).values_list(*COLUMNS)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- kinds of work


def _silent(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    orgs = desk.reach("return.read", but=STEWARD)
    rows = Owed.objects.filter(round__in=desk.rounds, org__in=orgs).exclude(Exists(care.returned()))
    late = Q(round__returns_due_on__lt=desk.today)
    own = Q(org__in=desk.reach("return.receive", but=CITY))
    return _given(
        rows, desk, "silent", ref=F("round__code"), round_=F("round__code"), org="org", due=F("round__returns_due_on"),
        since=F("round__opened_on"), at=_text("silent"), owner=F("org__name"),
        mine=own | (late & Q(org__in=desk.reach("return.receive"))),
    )  # fmt: skip


def _mend(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    orgs = desk.reach("return.read", but=STEWARD)
    rows = Return.objects.filter(round__in=desk.rounds, org__in=orgs).filter(
        Q(state=Return.REFUSED) | Q(state=Return.TAKEN, refused__gt=0)
    )
    return _given(
        rows, desk, "mend", ref=F("round__code"), round_=F("round__code"), org="org", what=F("file_name"),
        many=Case(When(state=Return.REFUSED, then=Value(0)), default=F("refused"), output_field=IntegerField()),
        due=F("round__returns_due_on"), since=F("received_on"), at=F("state"), owner=F("org__name"),
        mine=Q(org__in=desk.reach("return.receive", but=CITY)),
    )  # fmt: skip


def _doubtful(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    rows = Lead.objects.filter(round__in=desk.rounds, org__in=orgs, state="doubtful")
    return _given(
        rows, desk, "doubtful", ref=F("code"), round_=F("round__code"), org="org", who=F("worker_name"), what=F("cause"),
        due=F("clock_on"), since=F("opened_on"), at=F("state"), owner_org="round__org", mine=Q(round__org__in=desk.reach("match.judge")),
    )  # fmt: skip


def _visit(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """Families to visit, but those planned for the viewer: ``_door``."""
    planned = Visit.objects.filter(lead=OuterRef("pk"), visited_on=None).order_by("-planned_on", "-pk")
    orgs = desk.reach("visit.read", but=VISITOR)
    rows = Lead.objects.filter(round__in=desk.rounds, org__in=orgs, state="due").annotate(
        name=Subquery(planned.values("visitor_one")[:1])
    )
    rows = rows.exclude(Exists(planned.filter(care.visits_by(desk.viewer.user))))
    own = Q(name=None, org__in=desk.reach("visit.plan"))
    late = Q(clock_on__lt=desk.today, org__in=desk.reach("visit.plan"))
    return _given(
        rows, desk, "visit", ref=F("household__code"), round_=F("round__code"), org="org", who=F("worker_name"),
        what=F("cause"), due=F("clock_on"), since=F("opened_on"),
        at=Case(When(name=None, then=_text("unplanned")), default=_text("planned"), output_field=CharField()),
        owner=F("name"), owner_org="round__org", mine=own | late,
    )  # fmt: skip


def _door(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """Visits planned for the viewer, by the day of the plan: that is the day to go, long before the quarter's latest date."""
    rows = Visit.objects.filter(
        care.visits_by(desk.viewer.user),
        lead__round__in=desk.rounds,
        lead__org__in=orgs,
        lead__state="due",
        visited_on=None,
    )
    return _given(
        rows, desk, "door", ref=F("lead__household__code"), round_=F("lead__round__code"), org="lead__org",
        who=F("lead__worker_name"), what=F("lead__cause"), due=Coalesce("planned_on", "lead__clock_on"),
        since=F("lead__opened_on"), at=_text("planned"), owner=F("visitor_one"), owner_org="lead__round__org", mine=Q(pk__isnull=False),
    )  # fmt: skip


def _decide(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    rows = Lead.objects.filter(round__in=desk.rounds, org__in=orgs, state="visited")
    return _by_round(
        rows, desk, "decide", path="round", who="worker_name", since="opened_on",
        mine=Q(round__org__in=desk.reach("round.decide")),
    )  # fmt: skip


def _again(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """Sent back, or with a problem that the policy could not decide: a person looks at each."""
    rows = Finding.objects.filter(round__in=desk.rounds, lead__org__in=orgs, state__in=["returned", "proposed"]).filter(
        Q(state="returned") | Q(tier=None)
    )
    return _given(
        rows, desk, "again", ref=F("household__code"), round_=F("round__code"), org="lead__org", who=F("lead__worker_name"),
        what=F("return_reason"), due=desk.quarter_end("round"), since=F("proposed_on"), at=F("state"), owner_org="round__org",
        mine=Q(round__org__in=desk.reach("round.decide")),
    )  # fmt: skip


def _publish(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """Those to post; and of a round that was decided, those that do not meet the standard too: with that step it goes on to be certified."""
    rows = Finding.objects.filter(round__in=desk.rounds, lead__org__in=orgs, state="proposed").filter(
        Q(tier__in=["deep", "relative", "accident"]) | Q(tier="none", round__state="decided")
    )
    return _by_round(
        rows, desk, "publish", path="round", who="lead__worker_name", since="proposed_on",
        mine=Q(round__org__in=desk.reach("round.publish")),
    )  # fmt: skip


def _certify(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """Published with the clock run out, or refusals to confirm; by another person than proposed them."""
    running = Posted.objects.filter(finding=OuterRef("pk"), until_on__gte=desk.today)
    rows = Finding.objects.filter(
        round__in=desk.rounds, round__state="published", lead__org__in=orgs, state__in=["published", "proposed"]
    ).filter(Q(state="published") & ~Q(Exists(running)) | Q(state="proposed", tier="none"))
    mine = Q(round__org__in=desk.reach("finding.certify")) & ~Q(proposed_by=desk.viewer.user.username)
    return _by_round(rows, desk, "certify", path="round", who="lead__worker_name", since="proposed_on", mine=mine)


def _objection(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    rows = Objection.objects.filter(answered_on=None, posted__finding__lead__org__in=orgs)
    return _given(
        rows, desk, "objection", ref=F("posted__finding__household__code"), round_=F("posted__finding__round__code"),
        org="posted__finding__lead__org", who=F("posted__finding__lead__worker_name"), due=F("posted__until_on"),
        since=F("received_on"), at=_text("objected"), owner_org="posted__finding__round__org",
        mine=Q(posted__finding__round__org__in=desk.reach("finding.object"))
        & ~Q(posted__finding__proposed_by=desk.viewer.user.username),
    )  # fmt: skip


def _offer(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    rows = Finding.objects.filter(round__in=desk.rounds, lead__org__in=orgs, state="refused").exclude(
        Exists(Offer.objects.filter(finding=OuterRef("pk")))
    )
    return _by_round(
        rows, desk, "offer", path="round", who="lead__worker_name", since="certified_on",
        mine=Q(round__org__in=desk.reach("finding.offer")),
    )  # fmt: skip


def _review(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    user = desk.viewer.user.username
    rows = Review.objects.filter(ended_on=None, finding__lead__org__in=orgs)
    mine = Q(finding__round__org__in=desk.reach("finding.review")) & ~Q(finding__proposed_by=user)
    return _given(
        rows, desk, "review", ref=F("finding__household__code"), round_=F("finding__round__code"), org="finding__lead__org",
        who=F("finding__lead__worker_name"), due=_day(quarter_span(quarter_of(desk.today))[1]), since=F("asked_on"),
        at=_text("review"), owner_org="finding__round__org", mine=mine & ~Q(finding__certified_by=user),
    )  # fmt: skip


def _consent(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    signed = Consent.objects.filter(household=OuterRef("household"), withdrawn_on=None)
    rows = Lead.objects.filter(round__in=desk.rounds, org__in=orgs, state="due").exclude(Exists(signed))
    return _given(
        rows, desk, "consent", ref=F("household__code"), round_=F("round__code"), org="org", who=F("worker_name"),
        due=F("clock_on"), since=F("opened_on"), at=_text("unsigned"), owner=F("org__name"),
        mine=Q(org__in=desk.reach("consent.record", but=CITY)),
    )  # fmt: skip


def _matter(kind: str) -> Callable[[Desk, Reach], QuerySet[Any]]:
    def rows(desk: Desk, orgs: Reach) -> QuerySet[Any]:
        acts = desk.reach("matter.answer")
        own = Q(owner__in=desk.own_orgs) | Q(owner__in=desk.reach("matter.answer", but=CITY))
        found = Matter.objects.filter(Q(org__in=orgs) | Q(owner__in=orgs), kind=kind, state=Matter.OPEN)
        return _given(
            found, desk, kind, ref=F("code"), round_=F("quarter"), org="org", who=F("raised_by"), what=F("content"),
            due=F("due_on"), since=Coalesce("more_on", "received_on"),
            at=Case(
                When(more_on__isnull=False, then=_text("more")), When(meeting=True, then=_text("meeting")), default=_text("at_once"),
                output_field=CharField(),
            ),
            owner=F("owner__name"), owner_org="owner", mine=Q(owner__in=acts) & (own | Q(due_on__lt=desk.today)),
        )  # fmt: skip

    return rows


def _issue(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """A brief that was sent for approval: by another person than sent it."""
    rows = Issue.objects.filter(org__in=orgs, state="sent")
    return _given(
        rows, desk, "issue", ref=F("code"), round_=F("last"), org="org", due=F("due_on"), since=F("sent_on"), at=_text("issue"),
        mine=Q(org__in=desk.reach("brief.approve")) & ~Q(sent_by=desk.viewer.user.username),
    )  # fmt: skip


def _draft(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """A policy's draft that was submitted: by another person than submitted it."""
    rows = Draft.objects.filter(org__in=orgs, state="submitted")
    return _given(
        rows, desk, "draft", ref=F("code"), round_=_text(), org="org", what=F("policy"),
        due=_day(quarter_span(quarter_of(desk.today))[1]), since=F("submitted_on"), at=_text("draft"),
        mine=Q(org__in=desk.reach("policy.publish")) & ~Q(submitted_by=desk.viewer.user.username),
    )  # fmt: skip


def _calendar(desk: Desk, orgs: Reach) -> QuerySet[Any]:
    """The coming year's working days are not entered: without them no deadline can be counted."""
    missing = next_year_missing(desk.today)
    if missing is None:
        return Org.objects.none()
    rows = Org.objects.filter(pk__in=orgs & frozenset(desk.own_orgs))
    return _given(
        rows, desk, "calendar", ref=_text(str(missing)), round_=_text(), org="", what=_text(str(missing)),
        due=_day(desk.today.replace(month=12, day=31)), since=_day(desk.today.replace(month=10, day=1)), at=_text("calendar"),
        mine=Q(pk__in=desk.reach("calendar.load")),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work. ``title`` says it in a sentence (empty: the row does itself); ``sees`` is the operation that lets a viewer see it, ``acts`` that of its next action; ``pages`` are where
    that is done, the first one that exists, with the row's reference or round as the address needs."""

    key: str
    label: Words
    title: Words
    sees: str
    acts: str
    action: Words
    owner: Words
    pages: tuple[tuple[str, str], ...]
    rows: Callable[[Desk, Reach], QuerySet[Any]]


_CITY = _("市总工会经办")
_FAMILY, _BOARD = ("desk:household", "ref"), ("desk:board", "round")
_RETURNS = (("desk:send", "round"), ("desk:returns", "round"))
KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("silent", _("未报"), _("还没有上报摸排表"), "return.read", "return.receive", _("去上报"), "", _RETURNS, _silent),
        Kind("mend", _("上报要改"), _("摸排表有要改的行"), "return.read", "return.receive", _("看要改的行"), "", (("desk:returns", "round"),), _mend),
        Kind("doubtful", _("疑似重复"), _("可能是在册的一户，待比对"), "match.judge", "match.judge", _("去比对"), _CITY, (("desk:match", "ref"), _BOARD), _doubtful),
        Kind("visit", _("走访"), _("入户走访"), "visit.read", "visit.record", _("看走访安排"), "", (("desk:visits", "round"), ("phone:visit", "ref"), _BOARD), _visit),
        Kind("door", _("我的走访"), _("入户走访"), "visit.record", "visit.record", _("去走访"), "", (("desk:my_visits", ""),), _door),
        Kind("consent", _("缺核查授权"), _("还没有核查授权"), "family.read", "consent.record", _("登记授权"), "", (_FAMILY,), _consent),
        Kind("decide", _("待认定"), _("已走访，待认定"), "family.read", "round.decide", _("去认定"), _CITY, (("desk:decide", "round"), _BOARD), _decide),
        Kind("again", _("重新认定"), _("退回或无法认定，待重办"), "family.read", "round.decide", _("看档案"), _CITY, (_FAMILY,), _again),
        Kind("publish", _("待公示"), _("已提出意见，待公示"), "family.read", "round.publish", _("去公示"), _CITY, (("desk:publish", "round"), _BOARD), _publish),
        Kind("objection", _("异议"), _("公示期内有异议，待答复"), "family.read", "finding.object", _("去答复"), _CITY, (_FAMILY,), _objection),
        Kind("certify", _("待认证"), _("公示期满或不符合，待认证"), "family.read", "finding.certify", _("去认证"), _("认证人"), (("desk:certify", "round"), _BOARD), _certify),
        Kind("offer", _("待转介"), _("不符合标准，待转介帮扶"), "family.read", "finding.offer", _("去转介"), _CITY, (("desk:offers", "round"), _BOARD), _offer),
        Kind("review", _("复核"), _("家庭申请复核"), "family.read", "finding.review", _("去复核"), _("另一位认证人"), (_FAMILY,), _review),
        Kind(Matter.PROBLEM, _("工作难题"), "", "matter.read", "matter.answer", _("去办理"), "", (("desk:matter", "ref"),), _matter(Matter.PROBLEM)),
        Kind(Matter.WISH, _("微心愿"), "", "matter.read", "matter.answer", _("去办理"), "", (("desk:matter", "ref"),), _matter(Matter.WISH)),
        Kind("issue", _("简报待审"), _("简报送审，待审批"), "brief.read", "brief.approve", _("去审批"), _("认证人"), (("desk:issue", "ref"),), _issue),
        Kind("draft", _("政策待发布"), _("政策草稿已提交，待发布"), "policy.read", "policy.publish", _("去审核"), _("另一位政策管理员"), (("desk:draft", "ref"),), _draft),
        Kind("calendar", _("放假日历"), _("明年的放假调休还没有录入"), "calendar.read", "calendar.load", _("看日历"), _("系统管理员"), (("desk:calendar", ""),), _calendar),
    )
}  # fmt: skip
AT: dict[str, Words] = {
    "silent": _("还没有上报"), "taken": _("有退回的行"), "refused": _("整份退回"), "doubtful": _("待人工比对"), "unplanned": _("还没有安排"),
    "planned": _("已安排"), "unsigned": _("还没有签字"), "decide": _("已走访"), "returned": _("退回重办"), "proposed": _("政策无法认定"),
    "publish": _("已认定"), "objected": _("公示停钟"), "certify": _("公示期满或不符合"), "offer": _("已确认不符合"), "review": _("申请复核"),
    "more": _("职工补充了情况"), "meeting": _("需会议决策，三个月内"), "at_once": _("马上办"), "issue": _("已送审"), "draft": _("已提交审核"), "calendar": _("还没有录入"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that waits: what it is, whose (a name, not yet masked), where it stands, who has it, until when, and the next action."""

    kind: Kind
    ref: str
    round: str
    who: str
    many: int
    what: str
    org: str
    union: str
    due_on: date
    since_on: date
    at: str
    owner: str
    mine: bool
    url: str

    @property
    def quarter(self) -> str:
        """The quarter of its round, or of the problem; empty where it is of none."""
        return self.round.rpartition("-")[2]

    @property
    def stands(self) -> Words:
        return AT.get(self.at, self.at)


# The columns of the list as a spreadsheet, like all exports in Chinese.
TITLES = ("期限", "季度", "类型", "事项", "职工", "户数", "工会代码", "工会", "现在到", "负责人")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the list is looked at; empty texts mean all."""

    tab: str = "mine"
    when: str = ""
    new: bool = False
    kind: str = ""
    union: str = ""
    text: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class _Cell:
    """How many rows share one kind, union, tab and time."""

    kind: str
    org: str
    union: str
    mine: int
    unit: int
    when: str
    new: int
    count: int
    first: date


class Queue:
    """The work that a viewer may see. Counts are of the whole; ``rows`` reads a part of it, page by page."""

    def __init__(self, viewer: Viewer) -> None:
        self.desk = Desk(viewer)
        self._parts = dict(_statements(self.desk))
        self._counts: dict[tuple[str, date | None], list[_Cell]] = {}
        self._pages: dict[str, tuple[str, str] | None] = {}

    @property
    def _cells(self) -> list[_Cell]:
        return self._cells_of(Asked())

    def _cells_of(self, asked: Asked) -> list[_Cell]:
        """The counts of all, or of what has a text in it or falls due on a day: each asked once."""
        key = (asked.text, asked.day)
        if key not in self._counts:
            self._counts[key] = list(self._counted(Asked("all", text=asked.text, day=asked.day)))
        return self._counts[key]

    def count(self, asked: Asked) -> int:
        return sum(cell.count for cell in self._cells_of(asked) if _fits(cell, asked))

    def oldest(self, asked: Asked) -> date | None:
        """The earliest latest date among the rows."""
        return min((cell.first for cell in self._cells if _fits(cell, asked)), default=None)

    def kinds(self) -> list[str]:
        """The kinds that there is something of."""
        there = {cell.kind for cell in self._cells}
        return [key for key in KINDS if key in there]

    def unions(self) -> list[tuple[str, str]]:
        """The unions that there is something of, with their names."""
        return sorted({(cell.org, cell.union) for cell in self._cells})

    def rows(self, asked: Asked) -> "Part":
        return Part(self, asked)

    def _counted(self, asked: Asked) -> Iterable[_Cell]:
        if not self._parts:
            return
        today = self.desk.today
        sql, params = _union(self._parts.values())
        where, texts = _where(asked, today)
        # Django's own SQL with its parameters.
        statement = (
            "SELECT row_kind, row_org, row_union, row_mine, row_unit, CASE WHEN row_due < %s THEN 'over' WHEN row_due <= %s THEN 'soon'"  # noqa: S608
            " ELSE 'ok' END AS row_when, CASE WHEN row_since >= %s THEN 1 ELSE 0 END AS row_new, COUNT(*), MIN(row_due)"
            f" FROM ({sql}) AS work WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        for row in _asked(statement, [*map(_plain, (today, today + timedelta(days=1), today)), *params, *texts]):
            kind, org, union, mine, unit, when, new, count, first = row
            yield _Cell(kind, org, union, mine, unit, when, new, count, _as_day(first))

    def by_day(self, first: date, last: date) -> dict[date, int]:
        """How much falls due on each day from ``first`` to ``last``; days on which nothing does are left out."""
        if not self._parts:
            return {}
        sql, params = _union(self._parts.values())
        # Django's own SQL with its parameters.
        statement = f"SELECT row_due, COUNT(*) FROM ({sql}) AS work WHERE row_due BETWEEN %s AND %s GROUP BY 1"  # noqa: S608
        return {_as_day(day): n for day, n in _asked(statement, [*params, _plain(first), _plain(last)])}

    def part(self, asked: Asked, first: int, count: int) -> list[Work]:
        """Rows ``first`` to ``first + count`` in the order of their latest date."""
        # Kinds of which nothing fits need not be asked.
        there = {cell.kind for cell in self._cells_of(asked) if _fits(cell, asked)}
        if not there:
            return []
        sql, given = _union(self._parts[key] for key in KINDS if key in there)
        where, params = _where(asked, self.desk.today)
        statement = (
            f"SELECT {', '.join(COLUMNS)} FROM ({sql}) AS work WHERE {where} "  # noqa: S608 — as above
            f"ORDER BY row_due, row_kind, row_org, row_ref LIMIT {count:d} OFFSET {first:d}"
        )
        return [
            Work(
                KINDS[kind], ref, round_, who or "", many, what or "", org, union, _as_day(due), _as_day(since), at,
                owner or "", bool(mine), self._url(KINDS[kind], ref, round_),
            )
            for kind, ref, round_, who, many, what, org, union, due, since, at, owner, mine, _unit
            in _asked(statement, [*given, *params])
        ]  # fmt: skip

    def _url(self, kind: Kind, ref: str, round_: str) -> str:
        """Where the next action is done, or at least seen; empty when the viewer may open none of its pages."""
        given = {"ref": [ref], "round": [round_], "": []}
        if kind.key not in self._pages:
            # Which page it is depends on the viewer's posts alone: asked once for all rows of a kind.
            self._pages[kind.key] = next(
                (one for one in kind.pages if self._opens(page_url(one[0], *given[one[1]]))), None
            )
        page = self._pages[kind.key]
        return page_url(page[0], *given[page[1]]) if page else ""

    def _opens(self, url: str) -> bool:
        page: Any = resolve(url).func if url else None
        return page is not None and self.desk.viewer.may(page.operation)


class Part(Sequence[Work]):
    """A part of the queue as a paginator reads it: its length is known from the counts, a slice is one query."""

    def __init__(self, queue: Queue, asked: Asked) -> None:
        self.queue, self.asked = queue, asked

    def __len__(self) -> int:
        return self.queue.count(self.asked)

    def __getitem__(self, at: Any) -> Any:
        if not isinstance(at, slice):
            return self.queue.part(self.asked, at, 1)[0]
        first, last, _step = at.indices(len(self))
        return self.queue.part(self.asked, first, last - first)


def _statements(desk: Desk) -> Iterable[tuple[str, tuple[str, Sequence[Any]]]]:
    """Each kind that the viewer may see, as a statement with its parameters."""
    for kind in KINDS.values():
        orgs = desk.reach(kind.sees)
        if not orgs:
            continue
        try:
            yield kind.key, kind.rows(desk, orgs).query.sql_with_params()
        except EmptyResultSet:
            continue


def _union(parts: Iterable[tuple[str, Sequence[Any]]]) -> tuple[str, list[Any]]:
    """The UNION of statements. The columns are named as in the first part, on SQLite and PostgreSQL alike."""
    parts = list(parts)
    return " UNION ALL ".join(sql for sql, _ in parts), [value for _, params in parts for value in params]


# A name may be written with spaces; some columns are empty for some kinds of work.
_FOUND = (
    "UPPER(REPLACE("
    + " || '/' || ".join(f"COALESCE({column}, '')" for column in ("row_who", "row_what", "row_union", "row_ref"))
    + ", ' ', '')) LIKE %s ESCAPE '!'"
)


def _where(asked: Asked, today: date) -> tuple[str, list[Any]]:
    tomorrow = today + timedelta(days=1)
    terms: list[tuple[bool, str, list[Any]]] = [
        (asked.tab == "mine", "row_mine = 1", []), (asked.tab == "unit", "row_unit = 1", []),
        (asked.when == "over", "row_due < %s", [today]), (asked.when == "soon", "row_due BETWEEN %s AND %s", [today, tomorrow]),
        (asked.when == "ok", "row_due > %s", [tomorrow]), (asked.new, "row_since >= %s", [today]),
        (bool(asked.kind), "row_kind = %s", [asked.kind]), (bool(asked.union), "row_org = %s", [asked.union]),
        (asked.day is not None, "row_due = %s", [asked.day]), (bool(asked.text), _FOUND, [_like(asked.text)]),
    ]  # fmt: skip
    used = [(term, values) for wanted, term, values in terms if wanted]
    return " AND ".join(["1 = 1", *(term for term, _ in used)]), [
        _plain(value) for _, values in used for value in values
    ]


def _like(text: str) -> str:
    """A text as the right side of LIKE, found anywhere; its own signs mean themselves."""
    return "%" + "".join(f"!{char}" if char in "!%_" else char for char in text.upper()) + "%"


def _fits(cell: _Cell, asked: Asked) -> bool:
    return (
        (asked.tab != "mine" or cell.mine == 1) and (asked.tab != "unit" or cell.unit == 1)
        and asked.when in ("", cell.when) and (not asked.new or cell.new == 1) and asked.kind in ("", cell.kind)
        and asked.union in ("", cell.org)
    )  # fmt: skip


def _asked(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def _plain(value: Any) -> Any:
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _as_day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
