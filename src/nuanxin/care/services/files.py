"""Certified families are taken on file with their aid of the year planned under ceilings; who no longer qualifies leaves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from nuanxin.care import rules
from nuanxin.care.models import AidPlan, Finding, HouseholdFile, Round
from nuanxin.care.services.decide import as_of
from nuanxin.records.rules import parts
from nuanxin.records.services import insert, reserve, write_events
from nuanxin.rulebook.queries import version_at
from nuanxin.union.models import User
from nuanxin.union.rules import quarter_span

ITEMS = ("living", "medical", "schooling", "accident")


def take_on_file(round_: Round, keys: Sequence[int], *, by: User, on: date) -> int:
    """Open a file for each newly certified household, or move the tier of the one it has; plan the aid. Returns files opened."""
    year = quarter_span(round_.quarter)[1].year
    head = f"{round_.org.code}-{year}-"
    # Files are never deleted and numbered in their order: the newest has the highest number.
    last = HouseholdFile.objects.filter(code__startswith=head).order_by("-pk").first()
    number = int(last.code.rsplit("-", 1)[1]) if last else 0
    opened = 0
    for part in parts(keys, 2000):
        opened += _take_part(round_, part, year, head, number + opened, by=by, on=on)
    return opened


def _take_part(round_: Round, keys: Sequence[int], year: int, head: str, number: int, *, by: User, on: date) -> int:
    findings = [
        finding for some in parts(keys)
        for finding in Finding.objects.filter(pk__in=some).select_related("household", "round").defer("figures").order_by("pk")
    ]  # fmt: skip
    standing: dict[int, HouseholdFile] = {}
    for some in parts([finding.household_id for finding in findings]):
        files = HouseholdFile.objects.filter(closed_on__isnull=True, household__in=some)
        standing |= {file.household_id: file for file in files}
    fresh, lines, moved = [], [], []
    for finding in findings:
        file = standing.get(finding.household_id)
        if file is None:
            number += 1
            code = f"{head}{number:04d}"
            fresh.append((code, finding.household_id, finding.tier, finding.pk, on, round_.quarter, "", ""))
            lines.append(("file.open", f"file:{code}", {"tier": finding.tier, "household": finding.household.code}))
        elif file.finding_id != finding.pk:
            moved.append(file)
            if file.tier != finding.tier:
                lines.append(("file.tier", f"file:{file.code}", {"from": file.tier, "to": finding.tier}))
            file.tier, file.finding = finding.tier or "", finding
    keys_ = reserve(HouseholdFile, len(fresh))
    insert(
        HouseholdFile,
        ["id", "code", "household", "tier", "finding", "opened_on", "opened_in", "closed_in", "close_reason"],
        [(key, *row) for key, row in zip(keys_, fresh, strict=True)],
    )
    HouseholdFile.objects.bulk_update(moved, ["tier", "finding"], batch_size=300)
    _plan_aid(findings, year)
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(fresh)


def leave_file(round_: Round, keys: Sequence[int], *, by: User, on: date) -> int:
    """A household on file whose new finding is a refusal leaves it, with the reason; its plans of the year stay as they were
    given. Returns how many left."""
    lines, left = [], []
    for part in parts(keys):
        by_house = {finding.household_id: finding for finding in Finding.objects.filter(pk__in=part).defer("figures")}
        for file in HouseholdFile.objects.filter(closed_on__isnull=True, household__in=list(by_house)):
            finding = by_house[file.household_id]
            file.closed_on, file.closed_in, file.closing_finding = on, round_.quarter, finding
            file.close_reason = rules.leaves_because(finding.rule, file.tier)
            left.append(file)
            lines.append(("file.close", f"file:{file.code}", {"rule": finding.rule}))
    HouseholdFile.objects.bulk_update(
        left, ["closed_on", "closed_in", "closing_finding", "close_reason"], batch_size=300
    )
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return len(left)


def _plan_aid(findings: Sequence[Finding], year: int) -> None:
    """One plan an item and year: a later finding of the same year replaces the earlier plan; ceilings cut what is over."""
    if not findings:
        return
    round_ = findings[0].round
    ceilings = version_at(round_.policy, round_.org, as_of(round_)).ceilings()
    houses = [finding.household_id for finding in findings]
    for part in parts(houses):
        AidPlan.objects.filter(superseded=False, year=year, household__in=part).update(superseded=True)
    given: dict[int, dict[tuple[str, str], Decimal]] = defaultdict(dict)
    for part in parts(houses) if ceilings else ():
        sums = AidPlan.objects.filter(superseded=False, household__in=part).exclude(year=year)
        for house, item, total in sums.values_list("household_id", "item").annotate(total=Sum("amount")):
            given[house][item, "total"] = total
    rows = []
    for finding in findings:
        wanted = {item: getattr(finding, item) or Decimal(0) for item in ITEMS}
        planned = rules.cut_to_ceilings(wanted, ceilings, given[finding.household_id])
        rows += [
            (finding.pk, finding.household_id, year, item, amount, cut, clause, False)
            for item, (amount, cut, clause) in planned.items()
            if amount or cut
        ]
    fields = ["finding", "household", "year", "item", "amount", "cut", "cut_clause", "superseded"]
    insert(AidPlan, fields, rows)
