"""What a worker has under way: applications, the family's own case, matters; each with its step, who has it and the latest date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from nuanxin.care import rules
from nuanxin.care.models import Finding, HardshipApplication, Lead, Paper, Posted, Round, Visit
from nuanxin.care.queries import ENDED, papers_of, takes_papers
from nuanxin.care.services import apply
from nuanxin.care.services.decide import as_of, policy_of
from nuanxin.matters.models import Matter
from nuanxin.phone import words
from nuanxin.policy import Policy
from nuanxin.records.models import Event
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.parts import Happening, Step
from nuanxin.ui.templatetags.nuanxin_ui import quarter_name
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import PROOF, notice
from nuanxin.union.models import Addition, Org
from nuanxin.union.queries import city_of


@dataclass(slots=True)
class Case:
    """One thing that is under way, or ended. ``due`` is its latest date, ``due_label`` says of what; ``owner`` is who has it now."""

    title: str
    note: str
    url: str
    steps: list[Step]
    owner: str
    began_on: date
    due: date | None = None
    due_label: str = ""
    open: bool = True
    told: str = ""
    kind: str = "hardship"


@dataclass(slots=True)
class Hardship(Case):
    """A family's case: its application (None when a union reported it), its lead and finding; ``own``: the account is known to be one of
    the household, and sees figures and reasons."""

    application: HardshipApplication | None = None
    lead: Lead | None = None
    finding: Any = None
    own: bool = False
    subjects: list[str] = field(default_factory=list)


def cases(seen: Viewer) -> list[Case]:
    """Everything of the worker, what is open first, by its latest date."""
    found: list[Case] = [*hardships(seen), *(matter_case(one, seen) for one in matters(seen))]
    far = date.max
    return sorted(found, key=lambda one: (not one.open, one.due or far, -one.began_on.toordinal()))


def matters(seen: Viewer) -> QuerySet[Matter]:
    return seen.own(Matter).select_related("org", "owner").order_by("-pk")


def matter_case(one: Matter, seen: Viewer) -> Case:
    ended = one.state != Matter.OPEN
    labels = [_("已提交"), _("正在办理"), _("已撤回") if one.state == Matter.WITHDRAWN else _("办结")]
    if one.reopened_on:
        labels.insert(2, _("复查"))
    at = len(labels) - 1 if ended else len(labels) - 2
    return Case(
        one.content, words.word(words.KIND, one.kind), reverse("phone:matter", args=[one.code]), _steps(labels, at, ended),
        one.owner.name, one.received_on, None if ended else one.due_on, _("最晚办结"), not ended,
        words.word(words.MATTER, one.state), one.kind,
    )  # fmt: skip


def _steps(labels: Sequence[str], at: int, ended: bool = False) -> list[Step]:
    return [Step(label, "done" if n < at or ended else "now" if n == at else "todo") for n, label in enumerate(labels)]


def hardships(seen: Viewer) -> list[Hardship]:
    """The worker's applications, and the cases of the own household that are none of them: the latest, and each that ended with a decision,
    whose reasons are still read and which another person may be asked to look at again."""
    applications = list(
        seen.own(HardshipApplication).exclude(state=HardshipApplication.WITHDRAWN).select_related("org").order_by("-pk")
    )
    own = {
        lead.pk: lead
        for lead in _leads(seen.own(Lead).exclude(state__in=["replaced", "repeated"])).order_by("round__quarter", "pk")
    }
    keys = [one.lead_id for one in applications if one.lead_id is not None]
    applied = {lead.pk: lead for lead in _leads(Lead.objects.filter(pk__in=keys))}
    findings = _findings([*own, *applied])
    shown: list[Hardship] = []
    used: set[int] = set()
    latest = next(reversed(own), 0)
    decided = {key for key, finding in findings.items() if finding.state in ENDED}
    for one in applications:
        lead = applied.get(one.lead_id or 0)
        if lead is not None and lead.state == "repeated":
            # The union had reported the family already: the case that is at work is the one to follow.
            same = [
                other
                for other in own.values()
                if other.household_id == lead.household_id and other.round_id == lead.round_id
            ]
            lead = same[-1] if same else lead
        if lead is not None:
            used.add(lead.pk)
        shown.append(_hardship(seen, one, lead, findings, own=lead is not None and lead.pk in own))
    shown += [
        _hardship(seen, None, lead, findings, own=True)
        for lead in own.values()
        if lead.pk not in used and (lead.pk == latest or lead.pk in decided)
    ]
    return shown


def hardship(seen: Viewer, code: str) -> Hardship | None:
    """The case of an application's code, or of a lead of the own household; None when it is nobody's of the worker."""
    application = seen.own(HardshipApplication).filter(code=code).select_related("org").first()
    if application is None:
        lead = _leads(seen.own(Lead).exclude(state__in=["replaced", "repeated"]).filter(code=code)).first()
        return None if lead is None else _hardship(seen, None, lead, _findings([lead.pk]), own=True)
    lead = _leads(Lead.objects.filter(application=application)).first()
    if lead is not None and lead.state == "repeated":
        same = _leads(seen.own(Lead).filter(household=lead.household_id, round=lead.round_id))
        lead = same.exclude(state__in=["replaced", "repeated"]).last() or lead
    own = lead is not None and seen.own(Lead).filter(pk=lead.pk).exists()
    return _hardship(seen, application, lead, _findings([lead.pk] if lead else []), own=own)


def _leads(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    planned = Visit.objects.filter(lead=OuterRef("pk"), visited_on=None).order_by("planned_on")
    told = {name: Subquery(planned.values(name)[:1]) for name in ("planned_on", "planned_at", "planned_half")}
    return leads.select_related("round__org", "org", "household").annotate(**told)


def _findings(leads: Sequence[int]) -> dict[int, Any]:
    until = Posted.objects.filter(finding=OuterRef("pk")).order_by("-pk").values("until_on")[:1]
    rows = Finding.objects.filter(lead__in=leads).exclude(state="superseded").select_related("round__org", "household")
    return {one.lead_id: one for one in rows.annotate(until_on=Subquery(until)).order_by("pk")}


def _hardship(
    seen: Viewer, application: HardshipApplication | None, lead: Any, findings: dict[int, Any], *, own: bool
) -> Hardship:
    code = application.code if application else lead.code
    finding = findings.get(lead.pk) if lead is not None else None
    made = Hardship(
        _("困难申报") if application else _("困难家庭帮扶"), code if application else quarter_name(lead.round.quarter),
        reverse("phone:hardship", args=[code]), [], "", lead.opened_on if lead else application.started_on if application else seen.today,
        application=application, lead=lead, finding=finding, own=own,
    )  # fmt: skip
    made.subjects = [f"application:{application.code}"] if application else []
    made.subjects += [f"lead:{lead.code}"] if lead else []
    made.subjects += [f"finding:{finding.code}"] if finding else []
    _stage(made)
    return made


def _stage(case: Hardship) -> None:
    """Where the case is: its step, whose turn it is, the latest date, and a sentence."""
    lead, finding, application = case.lead, case.finding, case.application
    labels = [_("提交"), _("走访"), _("认定"), _("公示"), _("结果")]
    at, ended = 0, False
    if lead is None:
        assert application is not None
        case.owner = application.org.name
        if application.state == HardshipApplication.DRAFT:
            case.told, case.note = _("还没交：接着填完就能提交"), _("草稿")
            case.owner = _("您")
            case.url = reverse("phone:family")
        elif application.state == HardshipApplication.WITHDRAWN:
            case.told, ended = _("您已撤回"), True
        else:
            case.told = _("已收到，下个季度开展时办理")
    else:
        city: Org = lead.round.org
        case.owner = city.name
        if finding is not None and finding.state in ENDED:
            at, ended = 4, True
            case.told = _("审定通过") if finding.state == "certified" else _("这次不符合，理由和其他帮扶见下")
        elif finding is not None and finding.state in ("published", "objected"):
            at, case.due, case.due_label = 3, finding.until_on, _("公示到")
            case.told = _("公示期内有异议，正在核实") if finding.state == "objected" else _("认定意见正在公示")
        elif finding is not None or lead.state in ("visited", "decided"):
            at, case.due, case.due_label = 2, as_of(lead.round), _("最晚告诉您结果")
            case.told = _("已经走访，正在按政策认定")
        elif lead.round.state == "closed" and lead.state not in ("known", "repeated", "replaced"):
            at, ended, case.told = 0, True, _("那个季度没有定下来；还有困难可以再申报")
        elif lead.state in ("due", "away"):
            at = 1
            planned = lead.planned_on  # type: ignore[attr-defined]
            case.due, case.due_label = (planned, _("上门走访")) if planned else (lead.clock_on, _("最晚上门走访"))
            case.told = _("上次家里没人，会再上门") if lead.state == "away" else _("等工会上门走访")
            planned_visit = Visit(planned_on=planned, planned_at=lead.planned_at, planned_half=lead.planned_half or "")  # type: ignore[attr-defined]
            if planned_visit.when:
                case.told = notice("visit.planned", {"day": f"{planned}", "at": planned_visit.when})
        elif lead.state == "known":
            at, ended, case.told = 4, True, _("您家在档，情况没有变化，帮扶照旧")
        elif lead.state == "repeated":
            at, ended, case.told = 4, True, _("您家这个季度已经报过，并到那一件一起办")
        elif lead.state == "replaced":
            at, ended, case.told = 0, True, _("您已撤回")
        else:
            case.owner = lead.org.name if lead.state == "held" else city.name
            case.told = (
                _("有一个身份证号和姓名对不上，请打电话核对") if lead.state == "held" else _("正在核对您家的信息")
            )
            case.due, case.due_label = lead.clock_on, _("最晚上门走访")
    if finding is not None and finding.tier == Finding.NONE and case.own:
        labels.pop(3)  # a refusal is not published
        at = min(at, 3)
    case.open = not ended
    case.steps = _steps(labels, at, ended and (finding is not None or (lead is not None and lead.state == "known")))


def papers(seen: Viewer) -> QuerySet[Paper]:
    """The papers that the worker may look at: those of the own applications, and those that the own family's rounds hold. What somebody
    else of the household sent with an application of theirs stays theirs."""
    families = Q(lead__in=seen.own(Lead), application=None)
    return Paper.objects.filter(Q(application__in=seen.own(HardshipApplication)) | families)


def papers_in(case: Hardship, seen: Viewer) -> QuerySet[Paper]:
    """The papers of a case."""
    rows = Q(application=case.application) if case.application else Q(pk__in=[])
    if case.own and case.lead is not None and case.lead.household is not None:
        rows |= Q(pk__in=papers_of(case.lead.household).filter(lead__round=case.lead.round_id).values("pk"))
    return papers(seen).filter(rows)


def papers_go_to(case: Hardship) -> HardshipApplication | Lead | None:
    """What the worker's papers are added to: the application that was sent, else the round of the own family; None when it is done."""
    if not case.open:
        return None
    if case.application is not None:
        return case.application if case.application.state == HardshipApplication.SENT else None
    return (
        takes_papers(Lead.objects.filter(pk=case.lead.pk)).select_related("org", "household").first()
        if case.own and case.lead
        else None
    )


def asked(figures: Mapping[str, Any], rows: Sequence[tuple[Paper, str]]) -> list[tuple[str, bool]]:
    """The papers that a family with these reported figures is asked for, in words, and whether each is there."""
    there = {row.kind for row, _name in rows}
    return [(words.word(PROOF, kind), kind in there) for kind in rules.papers_asked(figures)]


def first_lacking(figures: Mapping[str, Any], rows: Sequence[tuple[Paper, str]]) -> str:
    """The kind of paper that is most likely sent next: the first that is asked for and not there."""
    there = {row.kind for row, _name in rows}
    return next((kind for kind in rules.papers_asked(figures) if kind not in there), "")


def figures_of(case: Hardship) -> Mapping[str, Any]:
    """What a case reports."""
    if case.lead is not None:
        return {name: getattr(case.lead, name) for name in rules.FIGURES}
    return apply.told(case.application)["figures"] if case.application else {}


def timeline(seen: Viewer, subjects: Sequence[str], owner: str) -> list[Happening]:
    """What happened, newest first, in the family's words; events that are the office's own are left out."""
    events = list(Event.objects.filter(subject__in=subjects, verb__in=words.EVENTS).order_by("-on", "-pk"))
    added = Addition.objects.in_bulk([event.facts["addition"] for event in events if "addition" in event.facts])
    names = dict(Org.objects.filter(code__in={event.chain for event in events}).values_list("code", "name"))
    shown: list[Happening] = []
    for event in events:
        who = _("您") if event.by == seen.user.username else names.get(event.chain, owner)
        more = added.get(event.facts.get("addition"))
        if more is None or more.user_id != seen.user.pk:  # what another of the household wrote is not read here
            note, url = "", ""
        else:
            note, url = mask_digits(more.text), reverse("phone:photo", args=[more.pk]) if more.photo_id else ""
        at, title = f"{words.day(event.on)} · {who}", words.word(words.EVENTS, "matter.photo" if url else event.verb)
        if shown and not url and (shown[-1].at, shown[-1].title, shown[-1].note) == (at, title, note):
            continue
        shown.append(Happening(at, title, note, url, now=not shown))
    return shown


def city_for(seen: Viewer | None) -> Org | None:
    """The city whose policy counts: the worker's, or the only one, or for a visitor the one that works with the latest round."""
    if seen is not None:
        return city_of(seen.own_org if seen.may("own.read") else seen.org)
    return (
        Org.objects.filter(rounds__isnull=False).annotate(last=Max("rounds__quarter")).order_by("-last", "code").first()
    )  # fmt: skip


def round_for(city: Org | None) -> Round | None:
    """The city's round under way, else its last."""
    rounds = Round.objects.filter(org=city).select_related("org") if city else Round.objects.none()
    return rounds.exclude(state="closed").order_by("-quarter").first() or rounds.order_by("-quarter").first()


def policy_for(round_: Round | None) -> Policy | None:
    return policy_of(round_) if round_ is not None else None
