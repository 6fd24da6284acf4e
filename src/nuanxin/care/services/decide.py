"""Step 5: the policy decides every visited family at once; each finding keeps the version, the rule and the figures it used.

households = sum over rules + problems + unchanged.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.db.models import Max

from nuanxin.care import rules
from nuanxin.care.flows import ROUND
from nuanxin.care.models import Finding, HouseholdFile, Lead, Round, Visit
from nuanxin.care.queries import to_decide
from nuanxin.policy import Explanation, Policy
from nuanxin.policy.compare import Comparison, compare
from nuanxin.records.rules import parts
from nuanxin.records.services import Line, Refused, insert, job, move, write_events
from nuanxin.rulebook.queries import version_at, version_recorded, versions
from nuanxin.union.models import Org, User
from nuanxin.union.queries import below, require
from nuanxin.union.rules import quarter_span

MONEY = ("income", "medical_paid", "schooling_paid", "loss")
# The policy's inputs, each from the lead's field (after what the visit found).
INPUTS = {
    "income": "income", "medical_paid": "medical", "schooling_paid": "schooling", "loss": "loss", "members": "members",
    "homes": "homes", "runs_business": "runs_business", "costly_school": "costly_school",
    "children_compulsory": "children_compulsory", "children_upper": "children_upper",
}  # fmt: skip
AID = ("living", "medical", "schooling", "accident", "total")


def _from_input(name: str) -> Callable[[dict[str, Any]], Any]:
    key = next(k for k, v in INPUTS.items() if v == name)
    return lambda inputs: None if inputs.get(key) is None else (Decimal(inputs[key]) if key in MONEY else inputs[key])


# From a finding's stored inputs back to the lead's fields.
FROM_INPUT = {name: _from_input(name) for name in rules.FIGURES}


def policy_of(round_: Round) -> Policy:
    """The policy of a round, in the version in force for its city on its date."""
    return version_at(round_.policy, round_.org, as_of(round_)).policy


def area_for(policy: str, org: Org) -> str:
    """Whose standard counts for a city union: its own, or the policy's only one. Raises Refused when neither is clear."""
    areas = {standard.area for version in versions(policy, org) for standard in version.policy.model.standards}
    if org.code in areas or "" in areas or not areas:
        return org.code
    if len(areas) == 1:
        return next(iter(areas))
    raise Refused(
        f"政策「{policy}」没有 {org.code} 的标准，请用 --area 指明（{'、'.join(sorted(areas))}） / name the area of the standard with --area"
    )


def as_of(round_: Round) -> date:
    """The date whose policy and standards count: the last day of the quarter in which the family is decided."""
    return quarter_span(round_.quarter)[1]


def inputs_of(round_: Round, leads: list[Lead]) -> list[dict[str, Any]]:
    """What the policy is asked with, a row a lead: reported figures, overridden item by item by the visits."""
    visits: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for part in parts([lead.pk for lead in leads]):
        made = Visit.objects.filter(lead__in=part, visited_on__isnull=False).order_by("visited_on", "pk")
        for visit in made.values("lead_id", *rules.VISITED):
            visits[visit.pop("lead_id")].append(visit)
    rows = []
    for lead in leads:
        used = rules.used_figures({name: getattr(lead, name) for name in rules.FIGURES}, visits[lead.pk])
        row = {name: used[field] for name, field in INPUTS.items()}
        for name in MONEY:
            row[name] = None if row[name] is None else Decimal(row[name])
        for name in ("runs_business", "costly_school"):
            row[name] = bool(row[name])
        row["homes"] = row["homes"] or 0
        rows.append({**row, "area": round_.area})
    return rows


_TYPES = {name: pa.decimal128(16, 2) for name in MONEY} | {
    "members": pa.int32(), "homes": pa.int32(), "children_compulsory": pa.int32(), "children_upper": pa.int32(),
    "runs_business": pa.bool_(), "costly_school": pa.bool_(), "area": pa.string(),
}  # fmt: skip
_FINDING = [
    "code", "lead", "round", "household", "policy", "policy_version", "policy_digest", "as_of", "tier", "rule", "problem",
    "figures", "income", "deductions", "net", "members", "standard", "living", "medical", "schooling", "accident", "total",
    "new", "state", "proposed_by", "proposed_on", "certified_by", "return_reason",
]  # fmt: skip


def decide(
    *, round_: Round, by: User, on: date, show: Callable[[int, int], None] | None = None
) -> dict[str, dict[str, int]]:
    """Decide every visited family of the round, and again those whose proposal is not certified and whose figures changed.

    Deciding again with the same figures changes nothing. Returns the balance, what did not change as “unchanged”.
    """
    roles = require(by, "round.decide", round_.org, on)
    if round_.state == "closed":
        raise Refused(f"{round_.quarter} 已办结 / {round_.quarter} is closed")
    policy = policy_of(round_)
    with job(step="decide", key=round_.code, by=by.username, on=on, show=show) as progress, transaction.atomic():
        keys = list(to_decide(round_).order_by("pk").values_list("pk", flat=True))
        number, fresh = round_.findings.count(), 0
        progress.count("in", "households", len(keys))
        for n, part in enumerate(parts(keys, 5000)):
            made, counts = _decide_part(round_, policy, part, number=number + fresh, by=by, on=on)
            for name, count in counts.items():
                progress.count("out", name, count)
            fresh += made
            progress.tick(min((n + 1) * 5000, len(keys)), len(keys))
        round_.leads.filter(state="visited").update(state="decided")
        if fresh or round_.state == "open":
            move(
                ROUND, "decide", Round.objects.filter(pk=round_.pk), by=by.username, on=on, roles=roles,
                chain=round_.org.code, decided_on=on, decided_by=by.username,
            )  # fmt: skip
    round_.refresh_from_db()
    return progress.balance


def _decide_part(
    round_: Round, policy: Policy, keys: Sequence[int], *, number: int, by: User, on: date
) -> tuple[int, dict[str, int]]:
    """Decide some thousands of leads in one call of the policy. Returns (findings made, households by rule, those with nothing new as “unchanged”)."""
    leads = [
        lead for some in parts(keys)
        for lead in Lead.objects.filter(pk__in=some).defer("more", "reasons", "note").order_by("pk")
    ]  # fmt: skip
    day = as_of(round_)
    # Of what counts on the day: next year's standard added to the table leaves old findings as they are.
    digest = policy.digest_on(day)
    rows = inputs_of(round_, leads)
    table = _asked(rows)
    answers = policy.decide(table, as_of=day, lang="zh", figures=True).to_pylist()
    houses = [lead.household_id for lead in leads]
    standing: dict[int | None, Finding] = {}
    on_file: set[int] = set()
    for some in parts(houses):
        standing |= {f.household_id: f for f in round_.findings.exclude(state="superseded").filter(household__in=some)}
        files = HouseholdFile.objects.filter(closed_on__isnull=True, household__in=some)
        on_file |= set(files.values_list("household_id", flat=True))
    fresh: list[tuple[Any, ...]] = []
    superseded: list[int] = []
    lines: list[Line] = []
    counts: dict[str, int] = defaultdict(int)
    for lead, row, got in zip(leads, rows, answers, strict=True):
        rule, problem = got.get("tier_rule") or "", _problem(got)
        figures = {
            "inputs": {k: _text(v) for k, v in row.items()},
            "derived": {name: _text(got[name]) for name in _DERIVED if name in got},
            "aid_rules": {k: v for k, v in got.items() if k.endswith("_rule") and k != "tier_rule"},
        }
        old = standing.get(lead.household_id)
        if old is not None:
            if old.figures == figures and old.policy_digest == digest and old.state == "proposed":
                counts["unchanged"] += 1
                continue
            superseded.append(old.pk)
        counts["problems" if problem else rule] += 1
        code = f"{round_.code}-F{number + len(fresh) + 1:05d}"
        fresh.append((
            code, lead.pk, round_.pk, lead.household_id, policy.id, policy.version, digest, day,
            None if problem else got["tier"], "" if problem else rule, problem, figures, row["income"],
            got.get("deductions"), got.get("net"), row["members"], got.get("M"),
            *((None if problem else got.get(name)) for name in AID), lead.household_id not in on_file, "proposed",
            by.username, on, "", "",
        ))  # fmt: skip
        facts = {
            "rule": rule,
            "policy": policy.id,
            "version": policy.version,
            "digest": digest,
            "problem": bool(problem),
        }
        lines.append(("finding.propose", f"finding:{code}", facts))
    for some in parts(superseded):
        Finding.objects.filter(pk__in=some).update(state="superseded")
    insert(Finding, _FINDING, fresh)
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(fresh), counts


def _asked(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({name: pa.array([row[name] for row in rows], type_) for name, type_ in _TYPES.items()})


def decided_until(policy: str, org: Org) -> date | None:
    """The last day as of which families of ``org`` and those below it were decided under a policy."""
    found = Finding.objects.filter(policy=policy, lead__org__in=below([org]))
    return found.aggregate(last=Max("as_of"))["last"]


def what_if(round_: Round, new: Policy, org: Org) -> Comparison:
    """Two policies over the families of ``org`` and below that a round visited, by union: the one that decides it, and another, on the
    round's date."""
    leads = list(
        round_.leads.filter(state__in=["visited", "decided"], org__in=below([org]))
        .select_related("org")
        .defer("more", "reasons", "note")
        .order_by("pk")
    )
    table = _asked(inputs_of(round_, leads)).append_column(
        "union", pa.array([lead.org.name for lead in leads], pa.string())
    )
    return compare(policy_of(round_), new, table, as_of(round_), by="union")


_DERIVED = ("deductions", "net", "M")


def _problem(got: dict[str, Any]) -> str:
    return "；".join(str(value) for key, value in got.items() if key.endswith("_problem") and value)


def _text(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value


def policy_that_decided(finding: Finding) -> Policy:
    """The policy in the version that a finding names. Raises Refused where its files are not those any more."""
    named = finding.policy, finding.policy_version, finding.policy_digest
    return version_recorded(*named, finding.round.org, finding.as_of).policy


def explain(finding: Finding) -> Explanation:
    """The decision of one family, as it was made: each term, the limit, the distance, each rule tried."""
    policy = policy_that_decided(finding)
    inputs = dict(finding.figures["inputs"])
    for name in MONEY:
        inputs[name] = None if inputs[name] is None else Decimal(inputs[name])
    return policy.explain(inputs, as_of=finding.as_of)


def recompute(round_: Round) -> list[tuple[Finding, dict[str, Any]]]:
    """Decide an old round again from the figures that its findings stored, each by the version it names; returns those that would differ
    (none, if all is well)."""
    by_version: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in round_.findings.exclude(state="superseded").select_related("round__org").order_by("pk"):
        by_version[finding.policy, finding.policy_version, finding.policy_digest].append(finding)
    return [differs for findings in by_version.values() for differs in _recomputed(round_, findings)]


def _recomputed(round_: Round, findings: Sequence[Finding]) -> list[tuple[Finding, dict[str, Any]]]:
    """Of findings of one version, those that would differ."""
    policy = policy_that_decided(findings[0])
    columns: dict[str, Any] = {}
    for name, type_ in _TYPES.items():
        values = [finding.figures["inputs"].get(name) for finding in findings]
        if name in MONEY:
            values = [None if value is None else Decimal(value) for value in values]
        columns[name] = pa.array(values, type_)
    answers = policy.decide(pa.table(columns), as_of=as_of(round_)).to_pylist()
    return [
        (finding, got)
        for finding, got in zip(findings, answers, strict=True)
        if (finding.tier, finding.rule) != ((None, "") if _problem(got) else (got["tier"], got["tier_rule"]))
        or (finding.tier and any(getattr(finding, name) != got[name] for name in AID))
    ]
