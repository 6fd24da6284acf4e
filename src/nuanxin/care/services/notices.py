"""Families and officers are told of what happened to a case, in the transaction in which it happened."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from nuanxin.care.models import Finding, HardshipApplication, Lead
from nuanxin.records.rules import parts
from nuanxin.union.models import Org
from nuanxin.union.queries import accounts_of, nearest_holders
from nuanxin.union.services import tell

Told = tuple[int, int | None, Mapping[str, Any]]  # lead, household, facts


def tell_families(what: str, leads: Iterable[Told], *, on: date) -> int:
    """Tell whoever lives in the household of a lead, and whoever applied for it. Returns how many notices were made."""
    leads = list(leads)
    homes = accounts_of(house for _, house, _ in leads if house is not None)
    applied: dict[int, tuple[int, str]] = {}
    for part in parts([lead for lead, _, _ in leads]):
        rows = HardshipApplication.objects.filter(lead__in=part).values_list("lead_id", "user_id", "code")
        applied |= {lead: (user, code) for lead, user, code in rows}
    codes: dict[int, str] = {}
    for part in parts([lead for lead, house, _ in leads if house in homes]):
        codes |= dict(Lead.objects.filter(pk__in=part).values_list("pk", "code"))
    lines: list[tuple[int, str, str, dict[str, Any]]] = []
    for lead, house, facts in leads:
        users = list(homes.get(house or 0, []))
        if lead in applied:
            user, code = applied[lead]
            lines.append((user, what, f"application:{code}", dict(facts)))
            users = [one for one in users if one != user]
        lines += [(one, what, f"lead:{codes[lead]}", dict(facts)) for one in users]
    return tell(lines, on=on)


def tell_of_findings(what: str, findings: Iterable[int], *, on: date, **facts: Any) -> int:
    """Tell the families of findings, by their keys, what became of them."""
    told: list[Told] = []
    for part in parts(list(findings)):
        rows = Finding.objects.filter(pk__in=part).order_by("pk").values_list("lead_id", "household_id")
        told += [(lead, house, facts) for lead, house in rows]
    return tell_families(what, told, on=on)


def tell_applicant(what: str, application: HardshipApplication, *, on: date) -> int:
    """Tell the account that applied; the number of the application stands in the notice."""
    line = (application.user_id, what, f"application:{application.code}", {"code": application.code})
    return tell([line], on=on)


def tell_officers(
    what: str, operation: str, org: Org, subject: str, *, on: date, but: Iterable[str] = (), **facts: Any
) -> int:
    """Tell the officers who would act on it: those nearest to ``org`` whose post permits ``operation``, except the accounts named in
    ``but``."""
    return tell([(user, what, subject, facts) for user in nearest_holders(operation, org, on, but=but)], on=on)
