"""A round opens for every union that owes a return, takes over what was not decided before, and closes when all is ended."""

from datetime import date

from django.db import transaction

from nuanxin.care import rules
from nuanxin.care.flows import FINDING, ROUND
from nuanxin.care.models import Lead, Owed, Round
from nuanxin.care.queries import census, lacking
from nuanxin.care.services import apply
from nuanxin.records.services import Refused, job, move, write_events
from nuanxin.union.models import Org, User
from nuanxin.union.queries import require
from nuanxin.union.rules import quarter_span

# Copied from a lead to the one that stands for the same family in the next round.
CARRIED = (*rules.FIGURES, "cars", "cause", "note", "more", "org_id", "household_id", "worker_name", "new")


def find_round(org: Org, quarter: str) -> Round:
    found = Round.objects.filter(org=org, quarter=quarter).first()
    if not found:
        raise Refused(f"{quarter} 尚未开展季度认证，请先 round open / the round {quarter} has not been opened")
    return found


def open_round(
    *, org: Org, quarter: str, policy: str, area: str, by: User, on: date,
    returns_due_on: date | None = None, visits_due_on: date | None = None,
) -> tuple[Round, bool]:  # fmt: skip
    """Open a quarter: the unions that owe a return are fixed, and families that the round before left unvisited are due again.

    Returns (round, whether it was opened now). Opening again changes nothing.
    """
    require(by, "round.open", org, on)
    first, last = quarter_span(quarter)
    found = Round.objects.filter(org=org, quarter=quarter).first()
    if found:
        return found, False
    later = Round.objects.filter(org=org, quarter__gt=quarter).order_by("quarter").first()
    if later:
        raise Refused(
            f"{later.quarter} 已经开展，不能再开展更早的 {quarter} / {later.quarter} is open: {quarter} came before it"
        )
    due, visits = rules.default_dates(first, last)
    with transaction.atomic():
        round_ = Round.objects.create(
            code=rules.round_code(org.code, quarter), org=org, quarter=quarter, opened_on=on, policy=policy, area=area,
            returns_due_on=max(returns_due_on or due, on), visits_due_on=max(visits_due_on or visits, on),
        )  # fmt: skip
        owing = org.descendants(include_self=True).filter(level__in=Org.OWING)
        Owed.objects.bulk_create([Owed(round=round_, org=member) for member in owing])
        again = _due_again(round_, on)
        applied = apply.take_waiting(round_, by=by, on=on)
        facts = {"owed": len(owing), "again": again, "applied": applied}
        write_events(chain=org.code, lines=[("round.open", f"round:{round_.code}", facts)], by=by.username, on=on)
    return round_, True


def _due_again(round_: Round, on: date) -> int:
    """Families that the round before visited in vain, or not at all, are due in this one; its M will count."""
    before = Round.objects.filter(org=round_.org, quarter__lt=round_.quarter).order_by("-quarter").first()
    if not before:
        return 0
    left = before.leads.filter(state__in=["due", "away"])
    leads = [
        Lead(
            code=f"{round_.code}-A{n:04d}", round=round_, source=Lead.AGAIN, again_of=lead, opened_on=on,
            clock_on=round_.visits_due_on, state="due", from_return=lead.from_return, family=lead.family,
            grade=lead.grade, score=lead.score, reasons=lead.reasons, **{name: getattr(lead, name) for name in CARRIED},
        )
        for n, lead in enumerate(left.order_by("pk").iterator(), 1)
    ]  # fmt: skip
    Lead.objects.bulk_create(leads, batch_size=500)
    return len(leads)


def close_round(round_: Round, *, by: User, on: date) -> None:
    """Close a round whose every finding is ended; refuses with the list of what is still open."""
    roles = require(by, "round.close", round_.org, on)
    if round_.state == "closed":
        return
    # Nothing visited may be left undecided; what was never reached goes on to the next round.
    missing = lacking(ROUND.moves["close"], census(round_, by=by.username, on=on)).values()
    with transaction.atomic():
        closing = round_.findings.filter(state="refused")
        if not missing and closing.exists():
            move(FINDING, "close", closing, by=by.username, on=on, roles=roles, chain=round_.org.code)
        move(
            ROUND, "close", Round.objects.filter(pk=round_.pk), by=by.username, on=on, roles=roles,
            chain=round_.org.code, missing=missing, closed_on=on,
        )  # fmt: skip
    round_.refresh_from_db()


def visit_balance(round_: Round, *, by: User, on: date) -> dict[str, dict[str, int]]:
    """Step 4: leads due = visited + nobody home + excused + overdue + not yet due, as of a day."""
    with job(step="visits", key=round_.code, by=by.username, on=on) as progress:
        due = round_.leads.filter(state__in=["due", "away", "visited", "decided"])
        progress.count("in", "leads due", due.count())
        seen = due.filter(state__in=["visited", "decided"])
        progress.count("out", "visited", seen.count())
        progress.count("out", "nobody home", due.filter(state="away").count())
        left = due.filter(state="due")
        excused = left.filter(excused_on__isnull=False, clock_on__gte=on)
        progress.count("out", "excused", excused.count())
        progress.count("out", "overdue", left.filter(clock_on__lt=on).count())
        progress.count("out", "not yet due", left.filter(clock_on__gte=on, excused_on__isnull=True).count())
    return progress.balance


def certification_balance(round_: Round, *, by: User, on: date) -> dict[str, dict[str, int]]:
    """Step 6: findings = certified + returned + closed + pending."""
    with job(step="certify", key=round_.code, by=by.username, on=on) as progress:
        live = round_.findings.exclude(state="superseded")
        progress.count("in", "findings", live.count())
        for state, name in (("certified", "certified"), ("returned", "returned"), ("closed", "closed")):
            progress.count("out", name, live.filter(state=state).count())
        progress.count("out", "pending", live.exclude(state__in=["certified", "returned", "closed"]).count())
    return progress.balance
