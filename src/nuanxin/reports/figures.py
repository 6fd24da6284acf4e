"""The named figures: each a question to the database, with the records it counts. Nothing is typed, nothing is stored.

A figure has one or more parts; a part is a queryset and a measure of it (rows, a sum, distinct things). The statement that gives the
value is the statement that is shown: ``Part.statement`` wraps the records' own SQL, so value and records cannot differ.
How to add one: docs/brief.md.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BigIntegerField,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Cast, Coalesce, Round

from nuanxin.books.models import Consolation, JobOffer, MutualAid, StudentGrant
from nuanxin.books.queries import counting
from nuanxin.care import queries as care
from nuanxin.care.models import AidPlan, Finding, HouseholdFile, Offer, Owed, Return, Visit
from nuanxin.matters.models import Matter
from nuanxin.matters.queries import late_at
from nuanxin.records.services import Refused
from nuanxin.union.models import Org
from nuanxin.union.queries import Reach, below
from nuanxin.union.rules import mask_id, mask_name, mask_phone, quarter_span

Value = int | Decimal
TIERS = ("deep", "relative", "accident")
Words = dict[str, str]
Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Range:
    """The quarters from ``first`` to ``last``, both included, and the organisations counted: ``org`` and all below."""

    org: Org
    first: str
    last: str
    orgs: Reach

    @property
    def start(self) -> date:
        return quarter_span(self.first)[0]

    @property
    def end(self) -> date:
        return quarter_span(self.last)[1]


def make_range(org: Org, first: str, last: str) -> Range:
    """Raises Refused when the range runs backwards, ValueError for what is no quarter."""
    quarter_span(first), quarter_span(last)
    if first > last:
        raise Refused(f"季度范围倒置：{first} 在 {last} 之后 / the range runs backwards: {first} is after {last}")
    return Range(org, first, last, below([org]))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the list of records: ``value`` of a record, masked where it is personal."""

    key: str
    zh: str
    en: str
    value: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Records and how they are measured: ``total`` names a field to sum (``yuan``: an amount, summed in fen), ``distinct`` the
    fields whose different combinations are counted; neither: rows are counted."""

    records: Callable[[Range], QuerySet[Any]]
    columns: tuple[Column, ...]
    total: str = ""
    yuan: bool = False
    distinct: tuple[str, ...] = ()

    def statement(self, span: Range) -> Statement:
        """The SQL that gives ``value`` and ``records``, with its parameters. Sums are of whole numbers, hence exact on every database."""
        rows = self.records(span).order_by()
        value, records = "COUNT(*)", "COUNT(*)"
        measured: QuerySet[Any, Any]
        if self.distinct:
            records, measured = 'COALESCE(SUM("n"), 0)', rows.values(*self.distinct).annotate(n=Count("pk"))
        elif self.total:
            fen = ExpressionWrapper(F(self.total) * 100, output_field=DecimalField(max_digits=20, decimal_places=2))
            amount = Cast(Round(fen), BigIntegerField()) if self.yuan else Cast(F(self.total), BigIntegerField())
            value, measured = 'COALESCE(SUM("n"), 0)', rows.annotate(n=amount).values("n")
        else:
            measured = rows.values("pk")
        try:
            sql, parameters = measured.query.sql_with_params()
        except EmptyResultSet:
            # No organisation is counted: there is nothing to look through.
            return 'SELECT 0 AS "value", 0 AS "records"', ()
        return f'SELECT {value} AS "value", {records} AS "records" FROM ({sql}) AS "counted"', parameters  # noqa: S608 (our own SQL around Django's)

    def read(self, value: Any) -> Value:
        """A value as the database gave it: yuan from fen."""
        return Decimal(int(value)).scaleb(-2) if self.yuan else int(value)


@dataclass(frozen=True, slots=True)
class Figure:
    """A named figure of a range."""

    name: str
    zh: str
    en: str
    unit: Words
    parts: tuple[Part, ...]

    def label(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def value(self, span: Range) -> Value:
        return measure([self], span)[self.name].value

    def records(self, span: Range) -> list[QuerySet[Any]]:
        """The records counted, a queryset for each part."""
        return [part.records(span) for part in self.parts]

    def count(self, span: Range) -> int:
        return measure([self], span)[self.name].records

    @property
    def columns(self) -> list[Column]:
        """The columns of all parts, each key once; those of a later part stand before the next column that it shares."""
        merged: list[Column] = []
        for part in self.parts:
            place = len(merged)
            for column in reversed(part.columns):
                at = next((i for i, known in enumerate(merged) if known.key == column.key), None)
                if at is None:
                    merged.insert(place, column)
                else:
                    place = at
        return merged


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a range as it was measured: its value, how many records it counts, the statements that gave it, for people."""

    value: Value
    records: int
    query: str


def measure(figures: Iterable[Figure], span: Range) -> dict[str, Measured]:
    """Figures by name, all from one statement: they show one state of the database. A part that several share is measured once."""
    figures = list(figures)
    parts = list(dict.fromkeys(part for figure in figures for part in figure.parts))
    if not parts:
        return {}
    statements = [part.statement(span) for part in parts]
    sql = " UNION ALL ".join(
        f'SELECT {n} AS "part", "value", "records" FROM ({one}) AS "measured"'  # noqa: S608 (our own statements)
        for n, (one, _) in enumerate(statements)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [parameter for _, parameters in statements for parameter in parameters])
        rows = {parts[n]: (parts[n].read(value), int(records)) for n, value, records in cursor.fetchall()}
    # For people: parameters masked.
    shown = {part: one.replace("%s", "?") for part, (one, _) in zip(parts, statements, strict=True)}
    found = {}
    for figure in figures:
        values, counts = zip(*(rows[part] for part in figure.parts), strict=True)
        query = "\n+ ".join(shown[part] for part in figure.parts)
        found[figure.name] = Measured(sum(values[1:], start=values[0]), sum(counts), query)
    return found


# ---------------------------------------------------------------------------------------------------- what a list shows


def free_text(text: str) -> str:
    """Free text as a list shows it: ID numbers and phones that somebody wrote into it are masked, control characters gone."""
    text = re.sub(r"(?<!\d)\d{17}[\dXx](?!\d)", lambda found: mask_id(found[0]), text)
    text = re.sub(r"(?<!\d)1\d{10}(?!\d)", lambda found: mask_phone(found[0]), text)
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def _text(key: str, zh: str, en: str, path: str = "") -> Column:
    return Column(key, zh, en, lambda record: free_text(str(_follow(record, path or key))))


def _name(key: str, zh: str, en: str, path: str = "") -> Column:
    return Column(key, zh, en, lambda record: mask_name(_follow(record, path or key)))


def _raw(key: str, zh: str, en: str, path: str = "") -> Column:
    return Column(key, zh, en, lambda record: _follow(record, path or key))


def _chosen(key: str, zh: str, en: str) -> Column:
    """A field of choices by its label; the labels are Chinese terms."""
    return Column(key, zh, en, lambda record: getattr(record, f"get_{key}_display")())


def _follow(record: Any, path: str) -> Any:
    for step in path.split("."):
        record = getattr(record, step)
    return record


_ON = _raw("on", "日期", "date")
_AMOUNT = _raw("amount", "金额（元）", "amount (yuan)")
_ROW = (_text("file", "来源文件", "source file", "source.file_name"), _raw("row", "行", "row"))
_WORKER = _name("worker", "职工", "worker", "household.worker_name")
_HOUSEHOLD = (_text("household", "户编号", "household", "household.code"), _WORKER)
_UNION = _text("union", "工会", "union", "org.name")
_QUARTER = _raw("quarter", "季度", "quarter", "round.quarter")

FILE_COLUMNS = (
    _text("code", "档案编号", "file"), *_HOUSEHOLD, _text("union", "工会", "union", "household.org.name"),
    _chosen("tier", "类别", "tier"), _raw("opened_on", "建档日期", "opened"), _raw("opened_in", "建档季度", "opened in"),
    _raw("closed_on", "退出日期", "left"), _text("close_reason", "退出原因", "reason for leaving"),
)  # fmt: skip
MATTER_COLUMNS = (
    _text("code", "编号", "code"), _chosen("kind", "类别", "kind"), _text("content", "内容", "content"),
    _name("raised_by", "提出人", "raised by"), _text("phone", "电话", "phone", "phone_mask"), _UNION,
    _text("owner", "承办", "owner", "owner.name"), _raw("received_on", "收到日期", "received"),
    _raw("due_on", "应办结日期", "due"), _chosen("state", "状态", "state"), _raw("ended_on", "办结日期", "ended"),
)  # fmt: skip
FINDING_COLUMNS = (
    _text("code", "认定编号", "finding"), *_HOUSEHOLD, _text("union", "工会", "union", "household.org.name"), _QUARTER,
    _chosen("tier", "类别", "tier"), _text("rule", "依据", "rule"), _raw("net", "净收入（元）", "net (yuan)"),
    _raw("certified_on", "审定日期", "certified"),
)  # fmt: skip
OFFER_COLUMNS = (
    _text("finding", "认定编号", "finding", "finding.code"),
    _text("household", "户编号", "household", "finding.household.code"),
    _name("worker", "职工", "worker", "finding.household.worker_name"),
    _chosen("kind", "转介帮扶", "offer"), _raw("offered_on", "日期", "date"), _text("note", "说明", "note"),
)  # fmt: skip
PLAN_COLUMNS = (
    *_HOUSEHOLD, _raw("year", "年度", "year"), _chosen("item", "项目", "item"), _AMOUNT,
    _raw("cut", "限额核减（元）", "cut (yuan)"), _text("finding", "认定编号", "finding", "finding.code"),
)  # fmt: skip
VISIT_COLUMNS = (
    _raw("visited_on", "走访日期", "visited"), _text("lead", "线索编号", "lead", "lead.code"),
    _name("worker", "职工", "worker", "lead.worker_name"), _text("union", "工会", "union", "lead.org.name"),
    _name("visitor_one", "走访人一", "visitor 1"), _name("visitor_two", "走访人二", "visitor 2"),
    _chosen("conclusion", "走访结论", "conclusion"),
)  # fmt: skip
RETURN_COLUMNS = (
    _QUARTER, _text("code", "上报编号", "return"), _UNION, _text("file", "文件", "file", "file_name"),
    _raw("received_on", "收到日期", "received"), _raw("late", "逾期", "late"), _raw("accepted", "接收行数", "rows accepted"),
    _raw("refused", "退回行数", "rows refused"),
)  # fmt: skip
OWED_COLUMNS = (_QUARTER, _text("union_code", "工会代码", "union code", "org.code"), _UNION)
JOB_COLUMNS = (
    _ON, _text("event", "活动", "event"), _text("employer", "用工单位", "employer"), _text("post", "岗位", "post"),
    _raw("places", "岗位数", "places"), *_ROW,
)  # fmt: skip
CONSOLATION_COLUMNS = (
    _ON, _text("campaign", "项目", "campaign"), _text("group", "慰问对象", "group"), _raw("people", "人数", "people"),
    _AMOUNT, *_ROW,
)  # fmt: skip
GRANT_COLUMNS = (
    _ON, _name("student", "学生", "student"), _name("parent", "家长（职工）", "parent"), _text("stage", "学段", "stage"),
    _AMOUNT, *_ROW,
)  # fmt: skip
MUTUAL_AID_COLUMNS = (
    _ON, _name("name", "职工", "worker"), _text("id", "身份证号", "ID number", "id_mask"), _text("hospital", "医院", "hospital"),
    _raw("days", "住院天数", "days"), _AMOUNT, *_ROW,
)  # fmt: skip


# ------------------------------------------------------------------------------------------------- the records of a range


def _files(span: Range) -> QuerySet[HouseholdFile]:
    scope = HouseholdFile.objects.filter(household__org__in=span.orgs)
    return scope.select_related("household__org").order_by("opened_on", "pk")


def _filed(span: Range) -> QuerySet[HouseholdFile]:
    return _files(span).filter(opened_in__range=(span.first, span.last))


def _filed_as(tier: str) -> Callable[[Range], QuerySet[Any]]:
    """Files by the tier of the finding that opened them: a family that moved since still counts where it began."""

    def records(span: Range) -> QuerySet[Any]:
        opening = Finding.objects.filter(
            household=OuterRef("household"),
            round__quarter=OuterRef("opened_in"),
            tier__in=("deep", "relative", "accident"),
        ).exclude(state="superseded")
        began = Coalesce(Subquery(opening.order_by("-pk").values("tier")[:1]), F("tier"))
        return _filed(span).annotate(began=began).filter(began=tier)

    return records


def _on_file(span: Range) -> QuerySet[HouseholdFile]:
    """On file when the range ends."""
    return _files(span).filter(Q(closed_in="") | Q(closed_in__gt=span.last), opened_in__lte=span.last)


def _on_file_as(tier: str) -> Callable[[Range], QuerySet[Any]]:
    """On file when the range ends, by the tier certified last by then."""

    def records(span: Range) -> QuerySet[Any]:
        return with_tier_then(_on_file(span), span).filter(then=tier)

    return records


def with_tier_then(files: QuerySet[HouseholdFile], span: Range) -> QuerySet[Any]:
    """Files with ``then``, the tier that each had when the range ended."""
    certified = Finding.objects.filter(
        household=OuterRef("household"), state="certified", round__quarter__lte=span.last, tier__in=TIERS
    )
    last = Subquery(certified.order_by("-round__quarter", "-pk").values("tier")[:1])
    return files.annotate(then=Coalesce(last, F("tier")))


def _left(span: Range) -> QuerySet[HouseholdFile]:
    return _files(span).filter(closed_in__range=(span.first, span.last))


def _refused(span: Range) -> QuerySet[Finding]:
    return (
        Finding.objects.filter(household__org__in=span.orgs, round__quarter__range=(span.first, span.last))
        .filter(tier=Finding.NONE, state__in=("refused", "closed"))
        .select_related("household__org", "round")
        .order_by("round__quarter", "pk")
    )


def _offers(span: Range) -> QuerySet[Offer]:
    return (
        Offer.objects.filter(finding__household__org__in=span.orgs, declined=False)
        .filter(finding__round__quarter__range=(span.first, span.last))
        .exclude(finding__state="superseded")
        .select_related("finding__household")
        .order_by("offered_on", "pk")
    )


def _plans_of(item: str) -> Callable[[Range], QuerySet[AidPlan]]:
    return lambda span: _plans(span).filter(item=item)


def _plans(span: Range) -> QuerySet[AidPlan]:
    return (
        AidPlan.objects.filter(household__org__in=span.orgs, superseded=False)
        .filter(finding__round__quarter__range=(span.first, span.last))
        .select_related("household", "finding")
        .order_by("year", "household__code", "pk")
    )


def _visits(span: Range) -> QuerySet[Visit]:
    return (
        Visit.objects.filter(lead__org__in=span.orgs, lead__round__quarter__range=(span.first, span.last))
        .filter(visited_on__isnull=False)
        .exclude(conclusion="nobody_home")
        .select_related("lead__org")
        .order_by("visited_on", "pk")
    )


def _returns(span: Range) -> QuerySet[Return]:
    """The returns that stand: a union's one of a round."""
    return (
        Return.objects.filter(care.RETURNED, org__in=span.orgs, round__quarter__range=(span.first, span.last))
        .select_related("org", "round")
        .order_by("round__quarter", "org__code", "pk")
    )


def _silent(span: Range) -> QuerySet[Owed]:
    return (
        Owed.objects.filter(org__in=span.orgs, round__quarter__range=(span.first, span.last))
        .filter(~Exists(care.returned()))
        .select_related("org", "round")
        .order_by("round__quarter", "org__code")
    )


def _owed(span: Range) -> QuerySet[Owed]:
    scope = Owed.objects.filter(org__in=span.orgs, round__quarter__range=(span.first, span.last))
    return scope.select_related("org", "round").order_by("round__quarter", "org__code")


def _matters(kind: str) -> Callable[[Range], QuerySet[Matter]]:
    def records(span: Range) -> QuerySet[Matter]:
        return _all_matters(span, kind).filter(quarter__gte=span.first)

    return records


def _all_matters(span: Range, kind: str) -> QuerySet[Matter]:
    scope = Matter.objects.filter(org__in=span.orgs, kind=kind, quarter__lte=span.last)
    return scope.exclude(state=Matter.WITHDRAWN).select_related("org", "owner").order_by("code")


def _ended(kind: str) -> Callable[[Range], QuerySet[Matter]]:
    """Of those raised in the range, the ones settled by its end."""
    return lambda span: _matters(kind)(span).filter(state=Matter.DONE, ended_on__lte=span.end)


def _overdue(kind: str) -> Callable[[Range], QuerySet[Matter]]:
    """Overdue when the range ends, raised in it or before."""
    return lambda span: _all_matters(span, kind).filter(late_at(span.end))


def _book(model: type[Model]) -> Callable[[Range], QuerySet[Any]]:
    def records(span: Range) -> QuerySet[Any]:
        rows: QuerySet[Any] = counting(model)  # type: ignore[type-var]
        return (
            rows.filter(source__org__in=span.orgs, on__range=(span.start, span.end))
            .select_related("source")
            .order_by("on", "pk")
        )

    return records


# ---------------------------------------------------------------------------------------------------------------- figures

_FAMILIES, _PEOPLE, _YUAN, _MATTERS = (
    {"zh": "户", "en": "households"}, {"zh": "人", "en": "people"}, {"zh": "元", "en": "yuan"}, {"zh": "件", "en": "matters"},
)  # fmt: skip
_UNIONS, _TIMES = {"zh": "家次", "en": "union-quarters"}, {"zh": "户次", "en": "household-quarters"}

_consolation_yuan = Part(_book(Consolation), CONSOLATION_COLUMNS, "amount", yuan=True)
_grants_yuan = Part(_book(StudentGrant), GRANT_COLUMNS, "amount", yuan=True)

_TABLE = (
    Figure("returns_owed", "应报工会", "returns owed", _UNIONS, (Part(_owed, OWED_COLUMNS),)),
    Figure("returns_received", "有困难家庭的上报", "returns with families", _UNIONS,
           (Part(lambda span: _returns(span).filter(nil=False), RETURN_COLUMNS),)),
    Figure("returns_nil", "零报告", "nil returns", _UNIONS,
           (Part(lambda span: _returns(span).filter(nil=True), RETURN_COLUMNS),)),
    Figure("returns_silent", "未报工会", "silent unions", _UNIONS, (Part(_silent, OWED_COLUMNS),)),
    Figure("visits", "入户走访", "visits", _TIMES, (Part(_visits, VISIT_COLUMNS),)),
    Figure("households_filed", "新建档困难职工家庭", "households taken on file", _FAMILIES, (Part(_filed, FILE_COLUMNS),)),
    Figure("households_deep", "新建档：深度困难", "taken on file: deep hardship", _FAMILIES,
           (Part(_filed_as("deep"), FILE_COLUMNS),)),
    Figure("households_relative", "新建档：相对困难", "taken on file: relative hardship", _FAMILIES,
           (Part(_filed_as("relative"), FILE_COLUMNS),)),
    Figure("households_accident", "新建档：意外致困", "taken on file: accident", _FAMILIES,
           (Part(_filed_as("accident"), FILE_COLUMNS),)),
    Figure("households_left", "脱困退出", "households that left", _FAMILIES, (Part(_left, FILE_COLUMNS),)),
    Figure("households_on_file", "期末在档", "households on file at the end", _FAMILIES, (Part(_on_file, FILE_COLUMNS),)),
    Figure("households_refused", "不符合建档条件", "households that did not qualify", _TIMES, (Part(_refused, FINDING_COLUMNS),)),
    Figure("offers", "转介其他帮扶", "other help offered", {"zh": "项次", "en": "offers"}, (Part(_offers, OFFER_COLUMNS),)),
    Figure("household_aid_yuan", "建档家庭帮扶计划", "aid planned for households", _YUAN,
           (Part(_plans, PLAN_COLUMNS, "amount", yuan=True),)),
    Figure("wishes", "征集微心愿", "micro-wishes collected", {"zh": "个", "en": "wishes"},
           (Part(_matters(Matter.WISH), MATTER_COLUMNS),)),
    Figure("wishes_done", "已实现微心愿", "micro-wishes fulfilled", {"zh": "个", "en": "wishes"},
           (Part(_ended(Matter.WISH), MATTER_COLUMNS),)),
    Figure("problems", "受理难题", "problems raised", _MATTERS, (Part(_matters(Matter.PROBLEM), MATTER_COLUMNS),)),
    Figure("problems_done", "已办结难题", "problems settled", _MATTERS, (Part(_ended(Matter.PROBLEM), MATTER_COLUMNS),)),
    Figure("problems_overdue", "期末超期未办结难题", "problems overdue at the end", _MATTERS,
           (Part(_overdue(Matter.PROBLEM), MATTER_COLUMNS),)),
    Figure("wishes_overdue", "期末超期未实现微心愿", "micro-wishes overdue at the end", {"zh": "个", "en": "wishes"},
           (Part(_overdue(Matter.WISH), MATTER_COLUMNS),)),
    Figure("job_fairs", "招聘活动", "job fairs", {"zh": "场", "en": "fairs"},
           (Part(_book(JobOffer), JOB_COLUMNS, distinct=("on", "event")),)),
    Figure("jobs", "提供就业岗位", "jobs offered", {"zh": "个", "en": "jobs"}, (Part(_book(JobOffer), JOB_COLUMNS, "places"),)),
    Figure("spent_yuan", "投入资金（慰问和助学）", "spent (consolation and student grants)", _YUAN, (_consolation_yuan, _grants_yuan)),
    Figure("consolation_yuan", "慰问支出", "consolation spending", _YUAN, (_consolation_yuan,)),
    Figure("people_visited", "慰问职工", "people reached by consolation", _PEOPLE,
           (Part(_book(Consolation), CONSOLATION_COLUMNS, "people"),)),
    Figure("grants_yuan", "金秋助学支出", "student grants", _YUAN, (_grants_yuan,)),
    Figure("students", "资助学生", "students helped", _PEOPLE, (Part(_book(StudentGrant), GRANT_COLUMNS),)),
    Figure("inpatients", "医疗互助报销住院职工", "inpatients reimbursed by mutual aid", _PEOPLE,
           (Part(_book(MutualAid), MUTUAL_AID_COLUMNS),)),
    Figure("mutual_aid_yuan", "医疗互助报销", "mutual-aid reimbursements", _YUAN,
           (Part(_book(MutualAid), MUTUAL_AID_COLUMNS, "amount", yuan=True),)),
)  # fmt: skip

FIGURES: dict[str, Figure] = {figure.name: figure for figure in _TABLE}

# What the dashboard draws beyond the brief; each opens its records in the same way.
_DRAWN = (
    Figure("on_file_deep", "期末在档：深度困难", "on file at the end: deep hardship", _FAMILIES, (Part(_on_file_as("deep"), FILE_COLUMNS),)),
    Figure("on_file_relative", "期末在档：相对困难", "on file at the end: relative hardship", _FAMILIES,
           (Part(_on_file_as("relative"), FILE_COLUMNS),)),
    Figure("on_file_accident", "期末在档：意外致困", "on file at the end: accident", _FAMILIES,
           (Part(_on_file_as("accident"), FILE_COLUMNS),)),
    Figure("aid_living_yuan", "帮扶计划：生活", "aid planned: living", _YUAN, (Part(_plans_of("living"), PLAN_COLUMNS, "amount", yuan=True),)),
    Figure("aid_medical_yuan", "帮扶计划：医疗", "aid planned: medical", _YUAN,
           (Part(_plans_of("medical"), PLAN_COLUMNS, "amount", yuan=True),)),
    Figure("aid_schooling_yuan", "帮扶计划：助学", "aid planned: schooling", _YUAN,
           (Part(_plans_of("schooling"), PLAN_COLUMNS, "amount", yuan=True),)),
    Figure("aid_accident_yuan", "帮扶计划：意外", "aid planned: accident", _YUAN,
           (Part(_plans_of("accident"), PLAN_COLUMNS, "amount", yuan=True),)),
)  # fmt: skip
OPENED: dict[str, Figure] = FIGURES | {figure.name: figure for figure in _DRAWN}
