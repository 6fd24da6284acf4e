"""Reading the main job across its models: what programs and pages show of a round, its returns, a family."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, FilteredRelation, OuterRef, Q, QuerySet, When

from nuanxin.care import rules
from nuanxin.care.models import (
    Finding,
    HardshipApplication,
    HouseholdFile,
    Lead,
    Offer,
    Paper,
    Posted,
    Refusal,
    ReportedMember,
    Return,
    Round,
)
from nuanxin.records.flows import Move
from nuanxin.records.services import Refused
from nuanxin.union.models import Household, Org, User
from nuanxin.union.queries import below
from nuanxin.union.rules import mask_name

# States of a finding that has ended, and of a lead with which nothing more is done: another took its place, or it was known.
ENDED = ("certified", "refused", "closed")
ASIDE = ("replaced", "repeated", "known")
FIGURES = ("income", "deductions", "net", "members", "M")
AID = ("living", "medical", "schooling", "accident", "total")
# A file that is its union's return: it stands, is not the second file of a CSV return, nor sent between rounds for a family in need.
RETURNED = Q(state=Return.TAKEN, companion_of=None, urgent=False)


def held_of(lead: Lead) -> str:
    """Why a lead that has no finding is undecided: a key of ``rules.HELD``."""
    by_state = {"doubtful": "doubtful", "away": "nobody_home", "due": "not_visited", "visited": "not_decided"}
    return lead.held_code if lead.state == "held" else by_state[lead.state]


def live_findings(round_: Round) -> QuerySet[Finding]:
    return round_.findings.exclude(state="superseded").select_related("household__worker", "lead__org")


def with_live_finding() -> FilteredRelation:
    """A lead beside its finding that was not superseded, to be annotated: at most one."""
    return FilteredRelation("findings", condition=~Q(findings__state="superseded"))


def on_file_before(round_: Round) -> QuerySet[HouseholdFile]:
    """Files that were open when the round began."""
    return (
        HouseholdFile.objects.filter(opened_in__lt=round_.quarter)
        .filter(Q(closed_on__isnull=True) | Q(closed_in__gte=round_.quarter))
        .filter(household__org__in=round_.org.descendants(include_self=True))
    )


def takes_papers(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """Of these leads those whose family may still add papers: known by its household, and the round not done with it, the latest first."""
    done = Finding.objects.filter(lead=OuterRef("pk"), state__in=ENDED)
    return (
        leads.filter(household__isnull=False).exclude(state__in=ASIDE)
        .exclude(round__state="closed").exclude(Exists(done)).order_by("-round__quarter", "-pk")
    )  # fmt: skip


def papers_of(household: Household | OuterRef) -> QuerySet[Paper]:
    """The papers that a family's rounds hold, from whoever added them; those of a withdrawn application are not read any more. An
    ``OuterRef`` stands for the family of an outer query."""
    return standing_papers().filter(lead__household=household)


def standing_papers() -> QuerySet[Paper]:
    """All papers but those of a withdrawn application."""
    return Paper.objects.exclude(application__state=HardshipApplication.WITHDRAWN)


def visited_rounds(org: Org) -> QuerySet[Round]:
    """The rounds of a city, or of the cities below a province, in which somebody was visited, newest first: what a policy can be tried on."""
    visited = Lead.objects.filter(round=OuterRef("pk"), state__in=["visited", "decided"])
    return (
        Round.objects.filter(Exists(visited), org__in=below([org]))
        .select_related("org")
        .order_by("-quarter", "org__code")
    )


def visits_by(user: User) -> Q:
    """The visits of which an account is one of the two visitors."""
    return Q(account_one=user) | Q(account_two=user)


def undecided(round_: Round) -> QuerySet[Lead]:
    """Leads that the round holds undecided; a family on file that is not decided again is carried instead."""
    files = on_file_before(round_).filter(household=OuterRef("household"))
    decided = round_.findings.exclude(state="superseded").filter(lead=OuterRef("pk"))
    return (
        round_.leads.filter(state__in=["held", "doubtful", "due", "away", "visited"])
        .exclude(Exists(files)).exclude(Exists(decided))
        .select_related("household__worker", "org", "candidate")
    )  # fmt: skip


def carried(round_: Round) -> QuerySet[HouseholdFile]:
    """Families on file before the round that it did not decide."""
    decided = round_.findings.exclude(state="superseded").filter(tier__isnull=False, household=OuterRef("household"))
    return (
        on_file_before(round_).exclude(Exists(decided)).select_related("household__worker", "household__org", "finding")
    )


def show_round(round_: Round) -> dict[str, Any]:
    """The round as programs read it: every family decided or held, and the families on file that it did not decide."""
    families = [_decided(finding) for finding in live_findings(round_).order_by("household__code")]
    worker_ids = _worker_masks(round_)
    families += [_undecided(lead, worker_ids) for lead in undecided(round_).order_by("pk")]
    return {
        "quarter": round_.quarter,
        "state": round_.state,
        "families": sorted(families, key=lambda family: family["code"]),
        "carried": [
            {
                "code": file.household.code, "worker": mask_name(file.household.worker_name),
                "worker_id": file.household.worker.id_mask if file.household.worker else None,
                "union": file.household.org.code, "tier": _tier_then(file, round_),
            }
            for file in carried(round_).order_by("household__code")
        ],
    }  # fmt: skip


def _worker_masks(round_: Round) -> dict[int, str]:
    """The worker's masked ID number by lead, also where another cell of the row was refused; a refused number is not there."""
    rows = ReportedMember.objects.filter(lead__round=round_, relation="self").values_list("lead_id", "id_mask")
    return {lead: mask for lead, mask in rows if mask}


def _decided(finding: Finding) -> dict[str, Any]:
    problem = finding.tier is None
    return {
        "code": finding.household.code,
        "worker": mask_name(finding.household.worker_name),
        "worker_id": finding.household.worker.id_mask if finding.household.worker else None,
        "union": finding.lead.org.code,
        "new": finding.new,
        "tier": finding.tier,
        "rule": finding.rule or None,
        "held": f"{rules.HELD['problem'].zh}：{finding.problem}" if problem else None,
        "figures": None if problem else {
            "income": finding.income, "deductions": finding.deductions, "net": finding.net, "members": finding.members,
            "M": finding.standard,
        },
        "aid": None if problem else {name: getattr(finding, name) for name in AID},
        "state": finding.state,
    }  # fmt: skip


def _undecided(lead: Lead, worker_ids: dict[int, str]) -> dict[str, Any]:
    house = lead.household
    why = rules.HELD.get(held_of(lead), rules.HELD["refused_row"]).zh
    if lead.state == "due" and lead.excused_on:
        why = f"{why}（{lead.excuse}，延至 {lead.clock_on}）"
    mask = worker_ids.get(lead.pk) or (
        house.worker.id_mask if house and house.worker and lead.from_return_id is None else None
    )
    if lead.source == Lead.AGAIN and house and house.worker:
        mask = house.worker.id_mask
    return {
        "code": house.code if house else lead.code, "worker": mask_name(lead.worker_name), "worker_id": mask,
        "union": lead.org.code, "new": True, "tier": None, "rule": None, "held": why, "figures": None, "aid": None,
        "state": lead.state,
    }  # fmt: skip


def _tier_then(file: HouseholdFile, round_: Round) -> str:
    """The tier that a file had in that round: of its last certified finding up to then."""
    last = (
        Finding.objects.filter(household=file.household, state="certified", round__quarter__lte=round_.quarter)
        .order_by("-round__quarter", "-pk").first()
    )  # fmt: skip
    return (last.tier if last else None) or file.tier


def show_returns(round_: Round) -> dict[str, Any]:
    """The returns as programs read them: the unions that owe one, and each file with its refused rows."""
    returns = list(round_.returns.select_related("org", "replaced_by", "companion_of").order_by("pk"))
    firsts = [r for r in returns if r.companion_of_id is None]
    companions: dict[int, list[Return]] = defaultdict(list)
    for r in returns:
        if r.companion_of_id is not None:
            companions[r.companion_of_id].append(r)
    households = dict(
        Lead.objects.filter(from_return__round=round_, source__in=[Lead.REPORTED, Lead.URGENT], held_code="")
        .values_list("from_return").annotate(n=Count("pk")).values_list("from_return", "n")
    )  # fmt: skip
    refusals: dict[int, list[dict[str, Any]]] = defaultdict(list)
    warnings: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for refusal in Refusal.objects.filter(source__round=round_):
        told = {
            "sheet": refusal.sheet, "row": refusal.row, "column": refusal.column, "found": refusal.found,
            "why": refusal.why_zh, "why_en": refusal.why_en, "mend": refusal.mend_zh,
        }  # fmt: skip
        (warnings if refusal.warning else refusals)[refusal.source_id].append(told)
    taken = {r.org_id: r for r in firsts if r.state == Return.TAKEN and not r.urgent}
    owed = Org.objects.filter(owed__round=round_).order_by("code")
    return {
        "quarter": round_.quarter,
        "unions": [
            {"code": org.code, "name": org.name, "state": _state(taken.get(org.pk)), "late": bool(org.pk in taken and taken[org.pk].late)}
            for org in owed
        ],
        "files": [
            {
                "file": r.file_name, "union": r.org.code if r.org else None,
                "rows_accepted": r.accepted, "rows_refused": r.refused, "households": households.get(r.pk, 0),
                "wishes": sum(x.wishes for x in [r, *companions[r.pk]]),
                "problems": sum(x.problems for x in [r, *companions[r.pk]]),
                "nil": r.nil, "late": r.late, "received_on": r.received_on,
                "refusals": [told for x in [r, *companions[r.pk]] for told in refusals[x.pk]]
                + [_second_refused(x) for x in companions[r.pk] if x.refused_whole and not r.refused_whole],
                "warnings": [told for x in [r, *companions[r.pk]] for told in warnings[x.pk]],
                "refused_whole": r.refused_whole["zh"] if r.refused_whole else None,
                "replaced_by": r.replaced_by.file_name if r.replaced_by else None,
                "second_files": [x.file_name for x in companions[r.pk]],
            }
            for r in firsts
        ],
    }  # fmt: skip


def _second_refused(second: Return) -> dict[str, Any]:
    """The second file of a CSV return that was refused whole, told among the refusals of its first."""
    why = second.refused_whole or {}
    return {
        "sheet": second.file_name, "row": 0, "column": "", "found": second.file_name, "why": why.get("zh", ""),
        "why_en": why.get("en", ""), "mend": "",
    }  # fmt: skip


def _state(taken: Return | None) -> str:
    return "silent" if taken is None else "nil" if taken.nil else "returned"


def returned() -> QuerySet[Return]:
    """The return of the union and the round of an outer ``Owed``."""
    return Return.objects.filter(RETURNED, round=OuterRef("round"), org=OuterRef("org"))


def silent(round_: Round) -> QuerySet[Org]:
    """The unions that owe a return and have sent no valid file: the reminders list."""
    taken = round_.returns.filter(RETURNED, org=OuterRef("pk"))
    return Org.objects.filter(owed__round=round_).exclude(Exists(taken)).order_by("code")


def tally(round_: Round) -> dict[str | None, int]:
    """Findings by tier, for the board and the lines of the command."""
    counts = dict(live_findings(round_).values_list("tier").annotate(n=Count("pk")).values_list("tier", "n"))
    return {tier: counts.get(tier, 0) for tier in ("deep", "relative", "accident", "none", None)}


def of_households(round_: Round, codes: Sequence[str]) -> QuerySet[Finding]:
    """The findings of households (by code) in a round. Raises Refused naming those that have none."""
    found = round_.findings.exclude(state="superseded").filter(household__code__in=codes)
    without = set(codes) - set(found.values_list("household__code", flat=True))
    if without or not codes:
        named = "、".join(sorted(without)) or "—"
        raise Refused(f"本轮没有这些户的认定意见：{named} / no finding of this round for {named}")
    return found


# ------------------------------------------------------------------------------------- how far a round is, and what it needs


def to_decide(round_: Round) -> QuerySet[Lead]:
    """Families that deciding looks at: visited, or decided and not yet published."""
    ended = [*ENDED, "published", "objected"]
    return round_.leads.filter(state__in=["visited", "decided"]).exclude(findings__state__in=ended)


def problems(round_: Round) -> QuerySet[Finding]:
    """Findings that the policy could not make."""
    return round_.findings.filter(state="proposed", tier__isnull=True)


def to_publish(round_: Round) -> QuerySet[Finding]:
    """Proposals that meet the standard. Refusals are not posted: a family that gets nothing is nobody's business."""
    return round_.findings.filter(state="proposed", tier__isnull=False).exclude(tier="none")


def to_refuse(round_: Round) -> QuerySet[Finding]:
    """Refusals that nobody has confirmed yet."""
    return round_.findings.filter(state="proposed", tier="none")


def ready(round_: Round, on: date) -> QuerySet[Finding]:
    """Findings that may be certified on a day: their own clock has run out and nobody objects."""
    running = Posted.objects.filter(finding=OuterRef("pk"), until_on__gte=on)
    return round_.findings.filter(state="published").exclude(Exists(running))


def bare(round_: Round) -> QuerySet[Finding]:
    """Confirmed refusals that have neither an offer nor a recorded "declined"."""
    return round_.findings.filter(state="refused").exclude(Exists(Offer.objects.filter(finding=OuterRef("pk"))))


@dataclass(frozen=True, slots=True)
class Census:
    """How many families of a round stand where, on a day. ``own`` counts the proposals of the person who asks, which another
    person must certify; ``running`` are posted and their clock has not run out."""

    reported: int
    held: int
    doubtful: int
    due: int
    away: int
    visited: int
    problems: int
    proposals: int
    refusals: int
    running: int
    ready: int
    objected: int
    returned: int
    certified: int
    refused: int
    bare: int
    own: int
    unended: int


def census(round_: Round, *, by: str, on: date) -> Census:
    """One question to the database, whatever the number of families: each lead beside its live finding."""
    clock = Posted.objects.filter(finding=OuterRef("live__pk"), until_on__gte=on)
    offer = Offer.objects.filter(finding=OuterRef("live__pk"))
    rows = round_.leads.annotate(
        live=with_live_finding(),
        # Looked up only where it matters.
        is_running=Case(When(live__state="published", then=Exists(clock)), default=False),
        has_offer=Case(When(live__state="refused", then=Exists(offer)), default=False),
    )  # fmt: skip
    proposed, published, refused = Q(live__state="proposed"), Q(live__state="published"), Q(live__state="refused")
    tests = {state: Q(state=state) for state in ("reported", "held", "doubtful", "due", "away", "visited")} | {
        "problems": proposed & Q(live__tier__isnull=True),
        "proposals": proposed & Q(live__tier__isnull=False) & ~Q(live__tier="none"),
        "refusals": proposed & Q(live__tier="none"),
        "running": published & Q(is_running=True),
        "ready": published & Q(is_running=False),
        "objected": Q(live__state="objected"),
        "returned": Q(live__state="returned"),
        "certified": Q(live__state="certified"),
        "refused": Q(live__state__in=["refused", "closed"]),
        "bare": refused & Q(has_offer=False),
        "own": Q(live__proposed_by=by) & (published & Q(is_running=False) | proposed & Q(live__tier="none")),
        "unended": Q(live__pk__isnull=False) & ~Q(live__state__in=ENDED),
    }
    return Census(**rows.aggregate(**{name: Count("pk", filter=test) for name, test in tests.items()}))


# The needs that ``flows`` names, as sentences for when they are not met: what a service refuses with is what a page shows.
_LACKING: dict[str, Callable[[Census], tuple[int, str]]] = {
    "no problem left": lambda c: (
        c.problems,
        f"{c.problems} 户政策未能认定，请补正后重新认定 / {c.problems} families have a problem: mend and decide again",
    ),
    "visited families decided": lambda c: (
        c.visited,
        f"还有 {c.visited} 户已走访未认定 / {c.visited} visited families are not decided yet",
    ),
    "findings ended": lambda c: (
        c.unended,
        f"还有 {c.unended} 条认定意见未办结 / {c.unended} findings are not ended yet",
    ),
    "offer or declined": lambda c: (
        c.bare,
        f"{c.bare} 户不符合的家庭还没有转介帮扶或“不接受”记录"
        f" / {c.bare} refused families have neither an offer nor a recorded “declined”",
    ),
}


def lacking(move: Move, count: Census) -> dict[str, str]:
    """What a move of the round needs and does not have: need → sentence. Empty: it may be made."""
    found = {need: _LACKING[need](count) for need in move.needs}
    return {need: sentence for need, (n, sentence) in found.items() if n}
