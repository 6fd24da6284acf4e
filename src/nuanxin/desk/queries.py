"""What the desk's pages show, read in a bounded number of queries whatever the length of a list."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Replace
from django.utils.translation import gettext

from nuanxin.care import queries as care
from nuanxin.care import rules
from nuanxin.care.models import (
    AidPlan,
    Consent,
    Finding,
    HouseholdFile,
    Lead,
    Objection,
    Offer,
    Owed,
    Paper,
    Posted,
    Posting,
    Refusal,
    RegisterCheck,
    ReportedMember,
    Return,
    Review,
    Round,
    Visit,
    VisitPaper,
)
from nuanxin.care.queries import held_of
from nuanxin.desk import words
from nuanxin.policy import Explanation
from nuanxin.policy.explain import say_value
from nuanxin.records.models import Event
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.parts import Step
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import PROOF, ROLE
from nuanxin.union.models import Addition, Household, Kinship, Org, User
from nuanxin.union.rules import WORKER, mask_name

CARDS = 3
ITEMS = ("living", "medical", "schooling", "accident")


def _case(*whens: When, default: str) -> Case:
    """A computed text column."""
    return Case(*whens, default=Value(default), output_field=CharField())


# ------------------------------------------------------------------------------------------------------------------ rounds


def rounds(viewer: Viewer, state: str = "", text: str = "") -> QuerySet[Any]:
    """The rounds (of a state; with a text in their quarter or their city's name), newest first, each with its counts among what the viewer may see: owed, returned, nil, silent, filed, refused."""
    sent = care.returned()

    def number(rows: QuerySet[Any]) -> Coalesce:
        counted = rows.order_by().values("round").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(counted), Value(0))

    owed = viewer.rows(Owed).filter(round=OuterRef("pk"))
    findings = viewer.rows(Finding).filter(round=OuterRef("pk"))
    opened = viewer.rows(HouseholdFile).filter(opened_in=OuterRef("quarter"), household__findings__round=OuterRef("pk"))
    filed = opened.order_by().values("opened_in").annotate(n=Count("pk", distinct=True))
    found = viewer.rows(Round).filter(Q(quarter__icontains=text) | Q(org__name__contains=text))
    return (
        (found.filter(state=state) if state else found).select_related("org").order_by("-quarter", "pk")
        .annotate(
            owing=number(owed),
            with_families=number(owed.filter(Exists(sent.filter(nil=False)))),
            nil=number(owed.filter(~Exists(sent.filter(nil=False)), Exists(sent.filter(nil=True)))),
            certified=number(findings.filter(state="certified")),
            refused=number(findings.filter(state__in=["refused", "closed"])),
            filed=Coalesce(Subquery(filed.values("n")), Value(0)),
        ).annotate(silent=F("owing") - F("with_families") - F("nil"))
    )  # fmt: skip


def find_round(viewer: Viewer, code: str) -> Round | None:
    """The round of that code with the days of its posting and its certification, or None."""
    postings = Posting.objects.filter(round=OuterRef("pk")).order_by().values("round")
    findings = Finding.objects.filter(round=OuterRef("pk")).order_by().values("round")
    return (
        viewer.rows(Round).filter(code=code).select_related("org")
        .annotate(
            posted_from=Subquery(postings.annotate(day=Min("from_on")).values("day")),
            posted_until=Subquery(postings.annotate(day=Max("until_on")).values("day")),
            certified_on=Subquery(findings.annotate(day=Max("certified_on")).values("day")),
        ).first()
    )  # fmt: skip


def families(viewer: Viewer, round_: Round) -> QuerySet[Any]:
    """Every family of a round with the column it stands in (``words.COLUMNS``): the columns add up to the leads."""
    return (
        viewer.rows(Lead).filter(round=round_)
        .annotate(live=care.with_live_finding())
        .annotate(
            column=_case(
                When(state__in=["replaced", "repeated"], then=Value("gone")),
                When(state="known", then=Value("known")),
                When(state__in=["reported", "held", "doubtful"], then=Value("survey")),
                When(state__in=["due", "away"], then=Value("visit")),
                When(live__state__in=["refused", "closed"], then=Value("refused")),
                When(live__state="certified", then=Value("aid")),
                When(live__state="published", then=Value("file")),
                default="decide",
            ),
            tier=F("live__tier"), finding_state=F("live__state"), finding_code=F("live__code"),
        )
    )  # fmt: skip


def opens(viewer: Viewer) -> Case:
    """Whether the family of a lead is one whose file the viewer may see: one that moved is another union's by now, and its report is left."""
    return Case(When(household__org__in=viewer.reach("family.read"), then=True), default=False)


def described(viewer: Viewer, leads: QuerySet[Any]) -> QuerySet[Any]:
    """Leads with what a card or a row of the list says of them beyond their own columns."""
    posted = Posted.objects.filter(finding=OuterRef("live__pk")).order_by("-pk")
    file = viewer.rows(HouseholdFile).filter(household=OuterRef("household")).order_by("-pk")
    visit = Visit.objects.filter(lead=OuterRef("pk")).order_by("-visited_on", "-pk")
    return leads.select_related("org", "household", "round").annotate(
        until=Subquery(posted.values("until_on")[:1]),
        file_code=Subquery(file.values("code")[:1]),
        planned_on=Subquery(visit.values("planned_on")[:1]),
        visited_on=Subquery(visit.values("visited_on")[:1]),
        visitor=Subquery(visit.values("visitor_one")[:1]),
        rule=F("live__rule"),
        net=F("live__net"),
        total=F("live__total"),
        problem=F("live__problem"),
        opens=opens(viewer),
    )


def in_state(leads: QuerySet[Any], round_: Round, state: str, on: date) -> QuerySet[Any]:
    """The families of a round that stand in a state of ``words.STATES`` on a day: what a step of the round waits for."""
    live = round_.findings.exclude(state="superseded")
    parts: dict[str, Callable[[], QuerySet[Finding]]] = {
        "problem": lambda: care.problems(round_),
        "proposed": lambda: care.to_publish(round_),
        "to_refuse": lambda: care.to_refuse(round_),
        "bare": lambda: care.bare(round_),
        "ready": lambda: care.ready(round_, on),
        "running": lambda: live.filter(state="published").exclude(pk__in=care.ready(round_, on).values("pk")),
        "refused": lambda: live.filter(state__in=["refused", "closed"]),
        "unended": lambda: live.exclude(state__in=care.ENDED),
    }
    if state in parts:
        return leads.filter(live__pk__in=parts[state]().values("pk"))
    return leads.filter(live__state=state) if state in words.FINDING else leads.filter(state=state)


class AskedFamilies(NamedTuple):
    """The filter of the families of a round; empty texts mean all."""

    column: str = ""
    state: str = ""
    tier: str = ""
    union: str = ""
    text: str = ""


def asked_families(viewer: Viewer, round_: Round, asked: AskedFamilies) -> QuerySet[Any]:
    """The families of a round that a filter asks for."""
    found = families(viewer, round_)
    found = in_state(found, round_, asked.state, viewer.today) if asked.state else found
    return filtered_families(found, asked.column, asked.tier, asked.union, asked.text)


def filtered_families(leads: QuerySet[Any], column: str, tier: str, union: str, text: str) -> QuerySet[Any]:
    """A part of the families; an empty text means all. ``text`` is looked for in names, codes and unions."""
    if column:
        leads = leads.filter(column=column)
    if tier:
        leads = leads.filter(tier=tier)
    if union:
        leads = leads.filter(org__code=union)
    if text := "".join(text.split()):
        leads = leads.annotate(plain=Replace("worker_name", Value(" "), Value(""))).filter(
            Q(plain__contains=text) | Q(household__code__icontains=text) | Q(org__name__contains=text)
            | Q(org__code__iexact=text)
        )  # fmt: skip
    return leads.order_by("clock_on", "pk")


def union_choices(rows: QuerySet[Any], path: str = "org") -> list[tuple[str, str]]:
    """The unions that rows are of, as a filter's choices; ``path`` leads from a row to its union."""
    found = Org.objects.filter(pk__in=rows.order_by().values(path)).order_by("code").values_list("code", "name")
    return [(code, words.short_union(name)) for code, name in found]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the board: how many families, and the first of them."""

    key: str
    count: int
    cards: list[Lead]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)

    @property
    def note(self) -> words.Words:
        return words.COLUMN_NOTES[self.key]

    @property
    def empty(self) -> words.Words:
        """The sentence of a column without families."""
        return words.COLUMN_EMPTY[self.key]


@dataclass(frozen=True, slots=True)
class Board:
    """A round at a glance. ``returned`` unions reported ``reported`` families, ``nil`` have none, ``silent`` have sent nothing."""

    steps: list[Step]
    columns: list[Column]
    counts: dict[str, int]
    owed: int
    returned: int
    nil: int
    reported: int
    refused_rows: int
    offers: list[tuple[str, int]]

    @property
    def sent(self) -> int:
        return self.returned + self.nil

    @property
    def silent(self) -> int:
        return self.owed - self.sent


def board(viewer: Viewer, round_: Round) -> Board:
    """The round board."""
    all_ = families(viewer, round_)
    # How many stand in each pair of states: the column of a pair is a computed text, which need not be made for every family.
    counts: dict[str, int] = Counter()
    reported = 0
    for column, state, source, n in all_.order_by().values_list("column", "state", "source").annotate(n=Count("pk")):
        counts[column] += n
        reported += n if source == Lead.REPORTED and state != "replaced" else 0
    # The first of each column, in one query.
    firsts = Q(pk__in=[])
    for key in words.BOARD:
        if counts.get(key):
            firsts |= Q(pk__in=all_.filter(column=key).order_by("clock_on", "pk").values("pk")[:CARDS])
    shown: dict[str, list[Any]] = defaultdict(list)
    for lead in described(viewer, all_.filter(firsts)).order_by("clock_on", "pk"):
        shown[lead.column].append(lead)
    columns = [Column(key, counts.get(key, 0), shown[key]) for key in words.BOARD]
    sent = care.returned()
    owed = viewer.rows(Owed).filter(round=round_).annotate(full=Exists(sent.filter(nil=False)), there=Exists(sent))
    quota = owed.aggregate(
        owed=Count("pk"), returned=Count("pk", filter=Q(full=True)), sent=Count("pk", filter=Q(there=True))
    )
    offers = (
        viewer.rows(Offer).filter(finding__round=round_).exclude(finding__state="superseded").order_by()
        .values_list("kind").annotate(n=Count("pk")).order_by("-n", "kind")
    )  # fmt: skip
    return Board(
        _steps(round_, viewer.today, counts), columns, counts, quota["owed"], quota["returned"],
        quota["sent"] - quota["returned"], reported, refusals(viewer, round_, warning=False).count(), list(offers),
    )  # fmt: skip


def _steps(round_: Any, today: date, counts: dict[str, int]) -> list[Step]:
    notes = {
        "survey": words.span(round_.opened_on, round_.returns_due_on),
        "visit": gettext("%(day)s前") % {"day": words.short_day(round_.visits_due_on)},
        "decide": words.span(round_.decided_on, None),
        "file": words.span(round_.posted_from, round_.posted_until),
        "aid": words.span(round_.certified_on, None),
    }
    if round_.state == "open":
        at = 0 if today <= round_.returns_due_on and not counts.get("visit") else 1
    else:
        at = {"decided": 2, "published": 3, "closed": len(words.BOARD)}[round_.state]
    return [
        Step(str(words.COLUMNS[key][0]), "done" if n < at else "now" if n == at else "todo", notes[key])
        for n, key in enumerate(words.BOARD)
    ]


# ----------------------------------------------------------------------------------------------------------------- returns


def owing(viewer: Viewer, round_: Round) -> QuerySet[Any]:
    """The unions in the viewer's reach that owe a return, each with its state (``words.RETURN``) and the key of the file that stands."""
    sent = care.returned()
    return (
        viewer.rows(Owed).filter(round=round_).select_related("org").order_by("org__code")
        .annotate(file=Subquery(sent.order_by("-pk").values("pk")[:1]))
        .annotate(
            state=_case(
                When(Exists(sent.filter(nil=False)), then=Value("returned")), When(Exists(sent), then=Value("nil")),
                default="silent",
            )
        )
    )  # fmt: skip


def files_of(keys: Sequence[int | None]) -> dict[int, Return]:
    """Files by key, each with how many rows its companion refused as well (``refused_rows``) and its families."""
    found = Return.objects.filter(pk__in=[key for key in keys if key]).annotate(
        families=Count("leads", filter=Q(leads__source=Lead.REPORTED), distinct=True)
    )
    return {file.pk: file for file in found}


def files_sent(viewer: Viewer, round_: Round) -> QuerySet[Return]:
    """The round's files in the viewer's reach. What no union's name could be read from is seen by who sent it, and by whoever sees
    the whole round."""
    files = Return.objects.filter(round=round_).select_related("org")
    if round_.org_id in viewer.reach("return.read"):
        return files
    return files.filter(Q(pk__in=viewer.rows(Return).values("pk")) | Q(org=None, by=viewer.user.username))


def refusals(viewer: Viewer, round_: Round, *, warning: bool) -> QuerySet[Refusal]:
    """Rows to mend (or warnings) of the files that stand."""
    rows = Refusal.objects.filter(source__in=files_sent(viewer, round_), warning=warning)
    return rows.exclude(source__state=Return.REPLACED).select_related("source__org").order_by("source__org__code", "pk")


def sent_back(viewer: Viewer, round_: Round) -> QuerySet[Return]:
    """Files that were refused whole."""
    return files_sent(viewer, round_).filter(state=Return.REFUSED).order_by("pk")


def corrected(viewer: Viewer, round_: Round) -> QuerySet[Return]:
    """Files that a corrected one replaced, kept as history."""
    return files_sent(viewer, round_).filter(state=Return.REPLACED).select_related("replaced_by").order_by("pk")


# The path from a line of each part of the returns page to its union, and what its search looks into.
UNION_OF = {"rows": "source__org", "warnings": "source__org", "unions": "org", "back": "org", "history": "org"}
_SEARCHED = {
    **dict.fromkeys(("rows", "warnings"), ("source__org__name", "source__file_name", "column", "found", "why_zh")),
    "unions": ("org__name", "org__code"), "back": ("org__name", "file_name"), "history": ("org__name", "file_name"),
}  # fmt: skip


def filtered_returns(rows: QuerySet[Any], part: str, union: str, text: str) -> QuerySet[Any]:
    """A part of a list of the returns page: of a union, with a text in it."""
    if union:
        rows = rows.filter(**{f"{UNION_OF[part]}__code": union})
    if text:
        rows = rows.filter(Q(*((f"{path}__icontains", text) for path in _SEARCHED[part]), _connector=Q.OR))
    return rows


def return_counts(viewer: Viewer, round_: Round) -> dict[str, int]:
    """How many lines each part of the returns page has."""
    stands = ~Q(state=Return.REPLACED)
    return files_sent(viewer, round_).aggregate(
        back=Count("pk", filter=Q(state=Return.REFUSED), distinct=True),
        history=Count("pk", filter=~stands, distinct=True),
        rows=Count("refusals", filter=stands & Q(refusals__warning=False)),
        warnings=Count("refusals", filter=stands & Q(refusals__warning=True)),
    )


# -------------------------------------------------------------------------------------------------------------- households


def households(viewer: Viewer, state: str = "", tier: str = "", text: str = "") -> QuerySet[Any]:
    """Households by where they stand (``words.HOUSEHOLD``), a part of them when asked. ``text``: a name, a code or a union."""
    files = HouseholdFile.objects.filter(household=OuterRef("pk")).order_by("-pk")
    last = (
        Finding.objects.filter(household=OuterRef("pk")).exclude(state="superseded").order_by("-round__quarter", "-pk")
    )
    found = (
        viewer.rows(Household).filter(merged_into=None).select_related("org")
        .annotate(
            file_code=Subquery(files.values("code")[:1]), tier=Subquery(files.values("tier")[:1]),
            opened_on=Subquery(files.values("opened_on")[:1]), closed_on=Subquery(files.values("closed_on")[:1]),
            round_code=Subquery(last.values("round__code")[:1]), quarter=Subquery(last.values("round__quarter")[:1]), total=Subquery(last.values("total")[:1]),
            state=_case(
                When(Exists(files.filter(closed_on=None)), then=Value("on_file")),
                When(Exists(files), then=Value("left")),
                When(Exists(last.filter(state__in=["refused", "closed"])), then=Value("refused")),
                default="held",
            ),
        )
    )  # fmt: skip
    if state:
        found = found.filter(state=state)
    if tier:
        found = found.filter(tier=tier)
    if text := "".join(text.split()):
        found = found.annotate(plain=Replace("worker_name", Value(" "), Value(""))).filter(
            Q(plain__contains=text) | Q(code__icontains=text) | Q(file_code__icontains=text) | Q(org__name__contains=text)
            | Q(org__code__iexact=text)
        )  # fmt: skip
    return found.order_by("code")


@dataclass(frozen=True, slots=True)
class Condition:
    """One cell of a rule as it was tried: its standard and this family's figure in words."""

    label: str
    standard: str
    formula: str
    found: str
    gap: str


@dataclass(frozen=True, slots=True)
class TriedRule:
    """A rule of the policy as it was tried on the family; ``verdict`` is yes, no or open (a figure is missing). ``decides``: it gave
    the decision, which was made."""

    name: str
    verdict: str
    clause: str
    conditions: list[Condition]
    decides: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision as the page tells it: each rule tried, the figures computed, and the sentence that decided. ``first``: the first
    rule that applies decides."""

    document: str
    version: str
    as_of: date
    clause: str
    reason: str
    rules: list[TriedRule]
    sums: list[tuple[str, str, str]]
    aid_clauses: list[str]
    first: bool


def told(explanation: Explanation, lang: str) -> Explained:
    """The decision of the tier, and those that it rests on, rule by rule, in words of ``lang`` (zh or en)."""
    at = next((n for n, sheet in enumerate(explanation.decisions) if sheet.decision.name == "tier"), 0)
    tier = explanation.decisions[at]
    aid = next((sheet for sheet in explanation.decisions[at + 1 :] if sheet.tried and not sheet.outcome.problem), None)
    rules = [
        TriedRule(
            tried.rule, "yes" if tried.result is True else "no" if tried.result in (False, None) else "open", tried.clause,
            [_condition(cell, lang) for cell in tried.cells],
            sheet is tier and not tier.outcome.problem and tried.rule in tier.outcome.rules,
        )
        for sheet in explanation.decisions[: at + 1]
        for tried in sheet.tried
    ]  # fmt: skip
    deciding = next((rule for rule in rules if rule.decides), None)
    # The limit that the document sets (a multiple of the standard) tells more than "above 0".
    close = sorted((c for c in deciding.conditions if c.gap), key=lambda c: not c.formula) if deciding else []
    near = close[0] if close else None
    if deciding and not deciding.conditions:
        # Nothing else fitted: the rule that came nearest says why.
        near = next((c for rule in reversed(rules) for c in rule.conditions if c.gap and c.formula), None)
    said = (
        "{0.label} {0.found}（标准：{0.standard}），{0.gap}"
        if lang == "zh"
        else "{0.label} {0.found} (standard: {0.standard}), {0.gap}"
    )
    reason = said.format(near) if near else ""
    sums = [
        (sheet.label.text(lang), sheet.worked, say_value(sheet.value, sheet.type, sheet.unit, lang))
        for sheet in explanation.figures
    ]
    return Explained(
        explanation.model.document, explanation.model.version, explanation.as_of, deciding.clause if deciding else "", reason,
        rules, sums, aid.to_dict()["clauses"] if aid else [],
        at == 0 and tier.decision.table is not None and tier.decision.table.hit == "F",
    )  # fmt: skip


_OPS = {
    "<": ("低于 {}", "below {}"), "<=": ("不高于 {}", "at most {}"), ">": ("高于 {}", "above {}"), ">=": ("不低于 {}", "at least {}"),
    "=": ("{}", "{}"), "!=": ("不是 {}", "not {}"),
}  # fmt: skip


def _condition(cell: Any, lang: str) -> Condition:
    at = 0 if lang == "zh" else 1
    limits = [
        _OPS.get(item.op, ("{}", "{}"))[at].format(say_value(item.limit, cell.type, cell.unit, lang))
        for item in cell.comparisons
    ]
    gap = ""
    item = cell.comparisons[0] if cell.comparisons else None
    if item is not None and item.distance is not None and item.op not in ("=", "!="):
        amount = say_value(abs(item.distance), cell.type, cell.unit, lang)
        side = ("正好在标准上", "exactly at it") if not item.distance else (
            (f"高 {amount}", f"{amount} above") if item.distance > 0 else (f"低 {amount}", f"{amount} below")
        )  # fmt: skip
        gap = side[at]
    formula = cell.cell if any(letter.isalpha() for letter in cell.cell) and len(cell.comparisons) else ""
    named = formula if item is not None and item.distance is not None else ""
    return Condition(
        cell.label.text(lang), ("、" if lang == "zh" else ", ").join(limits) or cell.cell, named,
        say_value(cell.value, cell.type, cell.unit, lang), gap,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AidLine:
    item: str
    year: int
    amount: Decimal
    cut: Decimal
    clause: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the household as the page shows them: masked already."""

    name: str
    relation: str
    sex: str
    age: int
    id_mask: str
    phone_mask: str
    work_state: str
    study_stage: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure as reported and as the visit found it; ``found`` None: as reported."""

    label: Any
    kind: str
    reported: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Told:
    """An event for people: the day, who did it, the sentence."""

    on: date
    by: str
    text: str


@dataclass(slots=True)
class FilePage:
    """One household with all that its page shows. ``finding`` is the one looked at (the latest, or that of ``?finding=``)."""

    household: Any
    leads: list[Any]
    findings: list[Any]
    files: list[HouseholdFile]
    finding: Any
    lead: Any
    checks: list[RegisterCheck]
    timeline: list[Told]
    papers: int

    @property
    def latest(self) -> Any:
        """The latest finding that stands."""
        return next((finding for finding in self.findings if finding.state != "superseded"), None)

    @property
    def file(self) -> HouseholdFile | None:
        return self.files[0] if self.files else None

    @property
    def state(self) -> str:
        if self.file:
            return "on_file" if self.file.closed_on is None else "left"
        return "refused" if self.latest and self.latest.state in ("refused", "closed") else "held"

    @property
    def tier(self) -> str:
        return self.file.tier if self.file else ""

    @property
    def held(self) -> str:
        """Why the latest lead has no finding, a key of ``words.HELD``; empty when it has one or nothing is open."""
        lead = self.leads[0] if self.leads else None
        if lead is None or lead.state not in ("held", "doubtful", "due", "away", "visited"):
            return ""
        return held_of(lead)


def file_page(viewer: Viewer, code: str, finding_code: str = "") -> FilePage | None:
    """The household of a code, or None when there is none that the viewer may see."""
    consents = Consent.objects.filter(household=OuterRef("pk"), withdrawn_on=None).order_by("-pk")
    household = (
        viewer.rows(Household).filter(code=code).select_related("org__parent__parent", "worker", "merged_into")
        .annotate(
            proofs=_proofs(), people=Subquery(_current(Kinship.objects.filter(household=OuterRef("pk")))),
            consent_on=Subquery(consents.values("signed_on")[:1]), consent_how=Subquery(consents.values("how")[:1]),
        ).first()
    )  # fmt: skip
    if household is None:
        return None
    leads = list(
        household.leads.exclude(state__in=["replaced", "repeated"]).select_related("round__org", "org", "from_return", "application")
        .prefetch_related("visits").order_by("-round__quarter", "-pk")
    )  # fmt: skip
    posted = Posted.objects.filter(finding=OuterRef("pk")).order_by("-pk")
    findings = list(
        household.findings.select_related("round__org").order_by("-round__quarter", "-pk")
        .annotate(
            posted_from=Subquery(posted.values("posting__from_on")[:1]), posted_until=Subquery(posted.values("until_on")[:1]),
            proposer=Subquery(User.objects.filter(username=OuterRef("proposed_by")).values("first_name")[:1]),
            certifier=Subquery(User.objects.filter(username=OuterRef("certified_by")).values("first_name")[:1]),
            objected=Exists(Objection.objects.filter(posted__finding=OuterRef("pk"), answered_on=None)),
            under_review=Exists(Review.objects.filter(finding=OuterRef("pk"), ended_on=None)),
        )
    )  # fmt: skip
    live = [finding for finding in findings if finding.state != "superseded"]
    shown = next((finding for finding in findings if finding.code == finding_code), live[0] if live else None)
    lead = next((lead for lead in leads if shown and lead.pk == shown.lead_id), leads[0] if leads else None)
    files = list(household.files.order_by("-pk"))
    return FilePage(
        household, leads, findings, files, shown, lead,
        list(household.checks.select_related("person").order_by("-checked_on", "-pk")),
        _timeline(household, leads, findings, files), household.proofs,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Papers:
    """A family's papers, the latest first, with who added each; which kinds the round at hand asks for and whether each is
    there; what its visits brought back, for whoever may see that."""

    proofs: list[tuple[Paper, str]]
    asked: list[tuple[words.Words, bool]]
    visits: list[VisitPaper]


def proofs(household: Household) -> list[tuple[Paper, str]]:
    """The papers that prove what a family said, the latest first, with who added each."""
    rows = care.papers_of(household).select_related("attachment", "lead__round").annotate(**who_did("added_by"))
    return [(paper, named(paper, paper.added_by)) for paper in rows.order_by("-added_on", "-pk")]


def papers(viewer: Viewer, page: FilePage) -> Papers:
    """The papers of a household's file."""
    added = proofs(page.household)
    asked: list[tuple[words.Words, bool]] = []
    if page.leads:
        lead = page.leads[0]
        there = {paper.kind for paper, _who in added if paper.lead and paper.lead.round_id == lead.round_id}
        figures = {name: getattr(lead, name) for name in rules.FIGURES}
        asked = [(PROOF[kind], kind in there) for kind in rules.papers_asked(figures)]
    visits = viewer.rows(VisitPaper).filter(visit__lead__household=page.household).select_related("visit", "attachment")
    return Papers(
        added,
        asked,
        list(visits.order_by("-visit__visited_on", "pk")),
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """One look at a family's file: the day, who with which post, what was looked at, why."""

    on: date
    name: str
    post: str
    what: str
    reason: str


def readers(household: Household) -> list[Reader]:
    """Who opened the file, printed it or had a full number shown, the latest first."""
    people = Kinship.objects.filter(household=household).values_list("person_id", flat=True)
    # Who lives in another family too, or does by now, was looked at there as well: that is the other union's.
    unions = Org.objects.filter(Q(pk=household.org_id) | Q(leads__household=household)).values("code")
    mine = Q(subject=f"household:{household.code}", verb="household.read")
    numbers = Q(subject__in=[f"person:{pk}" for pk in people], verb="person.reveal", chain__in=unions)
    looks = Event.objects.filter(mine | numbers)
    return [
        Reader(
            event.on, named(event, event.by), str(ROLE.get(event.facts.get("role", ""), "")),
            str(words.LOOK.get(event.facts.get("what", ""), words.LOOK["id"])), event.facts.get("reason", ""),
        )
        for event in looks.annotate(**who_did("by")).order_by("-pk")
    ]  # fmt: skip


def _proofs() -> Coalesce:
    """How many papers the rounds of an outer household hold."""
    rows = care.papers_of(OuterRef("pk")).order_by()
    return Coalesce(Subquery(rows.values("lead__household").annotate(n=Count("pk")).values("n")), 0)


def who_did(by: str) -> dict[str, Any]:
    """To annotate with: the name of the account in a column, and whether it is a worker's."""
    account = User.objects.filter(username=OuterRef(by))
    return {
        "name": Subquery(account.values("first_name")[:1]),
        "by_worker": Exists(account.filter(posts__role=WORKER)),
    }


def named(row: Any, by: str) -> str:
    """Who did it, by ``who_did``: an officer's name, a worker's masked."""
    return mask_name(row.name) if row.by_worker else row.name or by


def _current(kin: QuerySet[Kinship]) -> QuerySet[Any]:
    rows = kin.filter(until_on=None).order_by().values("household")
    return rows.annotate(n=Count("pk")).values("n")


def _timeline(household: Household, leads: list[Any], findings: list[Any], files: list[Any]) -> list[Told]:
    subjects = [f"household:{household.code}"]
    subjects += [f"lead:{lead.code}" for lead in leads]
    subjects += [f"return:{lead.from_return.code}" for lead in leads if lead.from_return]
    subjects += [f"application:{lead.application.code}" for lead in leads if hasattr(lead, "application")]
    subjects += [f"finding:{finding.code}" for finding in findings]
    subjects += [f"file:{file.code}" for file in files]
    visits = {f"lead:{lead.code}": [v for v in lead.visits.all() if v.visited_on] for lead in leads}
    events = list(
        Event.objects.filter(subject__in=subjects)
        .exclude(verb="household.read")
        .annotate(**who_did("by"))
        .order_by("pk")
    )
    # Most families added nothing: then nothing is asked.
    added = Addition.objects.in_bulk([event.facts["addition"] for event in events if "addition" in event.facts])
    said = []
    for event in events:
        told = Told(event.on, named(event, event.by), words.event(event.verb, event.facts))
        if more := added.get(event.facts.get("addition")):
            told = Told(told.on, told.by, f"{told.text}：{mask_digits(more.text)}")
        if event.verb == "visit.record" and visits.get(event.subject):
            # A visit stands at the day when it was made, by those who made it, not when its sheet was taken in.
            visit = visits[event.subject].pop(0)
            told = Told(visit.visited_on, f"{mask_name(visit.visitor_one)}、{mask_name(visit.visitor_two)}", told.text)
        said.append(told)
    # Of one day the later event first.
    return [told for _, told in sorted(enumerate(said), key=lambda pair: (pair[1].on, pair[0]), reverse=True)]


def aid_of(finding: Finding) -> list[AidLine]:
    """The aid planned by a finding, under its ceilings; before it is certified, what the policy proposes."""
    plans = [
        AidLine(plan.item, plan.year, plan.amount, plan.cut, plan.cut_clause)
        for plan in AidPlan.objects.filter(finding=finding).order_by("year", "pk")
    ]
    return plans or [
        AidLine(item, finding.as_of.year, amount, Decimal(0), "")
        for item in ITEMS
        if (amount := getattr(finding, item))
    ]


def members(household: Household, lead: Lead | None, today: date) -> list[Member]:
    """Who lives in the household, the worker first; work and schooling as the last report says."""
    said = {}
    if lead is not None:
        rows = ReportedMember.objects.filter(lead=lead, accepted=True).exclude(id_hash=None)
        said = {row.id_hash: row for row in rows}
    kin = Kinship.objects.filter(household=household, until_on=None).select_related("person")
    order = list(words.RELATION)
    return [
        Member(
            mask_name(k.person.name), k.relation, k.person.sex, age_on(k.person.born_on, today), k.person.id_mask,
            k.person.phone_mask, row.work_state if row else "", row.study_stage if row else "",
        )
        for k in sorted(kin, key=lambda k: (order.index(k.relation), k.person.born_on))
        for row in [said.get(k.person.id_hash)]
    ]  # fmt: skip


def compared(lead: Lead, visit: Visit) -> list[Compared]:
    """What was reported beside what a visit found."""
    return [
        Compared(label, kind, getattr(lead, name), getattr(visit, name))
        for name, (label, kind) in words.FIGURES.items()
    ]


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
