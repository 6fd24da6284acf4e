"""Reading a family's file is an Event, so that the family can see who looked. A GET writes nothing: the file is opened by a POST, once
per officer and day, and pages show it only when it was opened today.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

from django.db import transaction

from nuanxin.care.models import Visit
from nuanxin.records.models import Event
from nuanxin.records.services import Refused, write_events
from nuanxin.union.models import Household, Org, User
from nuanxin.union.queries import access, city_of, covering_orgs, posts_of, require
from nuanxin.union.rules import PERMITS

What = Literal["file", "papers", "print", "export", "route"]


def open_file(
    *, household: Household, by: User, on: date, reason: str, what: What = "file", operation: str = "family.read"
) -> bool:
    """An officer opens a family's file (or its papers, a print, an export), with a reason that the family will read.

    Writes the Event ``household.read`` once per officer, day and kind; returns whether it was written now. The page of a household
    asks ``opened`` in its GET: when False it shows only the family's masked name, the union and a POST button 打开档案 with a field
    for the reason, whose view calls this and redirects back. Prints and exports call it in their POST.
    Raises Refused without a post that permits ``operation`` at the household's union, or without a reason.
    """
    require(by, operation, household.org, on)
    if not reason.strip():
        raise Refused("请写明查看理由：这户人家看得到 / say why the file is opened: the family can read it")
    if opened(household, by, on, what):
        return False
    with transaction.atomic():
        line = ("household.read", f"household:{household.code}", _facts(by, on, household.org, operation, what, reason))
        write_events(chain=city_of(household.org).code, lines=[line], by=by.username, on=on)
    return True


def _facts(by: User, on: date, org: Org, operation: str, what: What, reason: str) -> dict[str, Any]:
    """What is written down of a look at a family of ``org``: by which of the posts there that permit it, and why."""
    held = posts_of(by, on).filter(role__in=PERMITS[operation], org__in=covering_orgs(operation, org))
    post = held.select_related("org").order_by("pk").first()
    assert post is not None, "the caller has required it"
    return {"what": what, "role": post.role, "org": post.org.code, "reason": reason.strip()[:100]}


def open_routes(*, visits: Sequence[Visit], by: User, on: date) -> int:
    """The route sheets of these visits are opened, to be read and printed: ``household.read`` for each family, once per reader and day. Returns
    how many families it was written for now. Raises Refused for a visit that is not the reader's to see."""
    asked = {visit.pk for visit in visits}
    if set(access(by, Visit, on).filter(pk__in=asked).values_list("pk", flat=True)) != asked:
        raise Refused("有的走访不归您看 / some of these visits are not yours to see")
    known = routes_opened(visits, by, on)
    with transaction.atomic():
        for org in {visit.lead.org for visit in visits}:
            require(by, "visit.read", org, on)
            fresh = {_family(v): v for v in visits if v.lead.org_id == org.pk and _family(v) not in known}
            facts = _facts(by, on, org, "visit.read", "route", "")
            lines: list[Any] = [
                ("household.read", family, facts | {"reason": f"走访路线单，{visit.planned_on}"})
                for family, visit in fresh.items()
            ]
            write_events(chain=city_of(org).code, lines=lines, by=by.username, on=on)
    return len({_family(visit) for visit in visits} - known)


def routes_opened(visits: Iterable[Visit], by: User, on: date) -> set[str]:
    """Of the families of these visits those whose route sheet ``by`` has opened on a day, as ``household.read`` names them."""
    families = {_family(visit) for visit in visits}
    read = Event.objects.filter(subject__in=families, verb="household.read", by=by.username, on=on)
    return set(read.filter(facts__what="route").values_list("subject", flat=True))


def all_opened(visits: Sequence[Visit], by: User, on: date) -> bool:
    """Whether the route sheets of these visits may be shown: ``by`` has opened each family's on this day."""
    return {_family(visit) for visit in visits} == routes_opened(visits, by, on)


def _family(visit: Visit) -> str:
    """Whom a look is written down for: the household, or the reported family that has none yet."""
    return f"household:{visit.lead.household.code}" if visit.lead.household else f"lead:{visit.lead.code}"


def opened(household: Household, by: User, on: date, what: What = "file") -> bool:
    """Whether ``by`` opened the file on this day: what a GET asks before it shows one."""
    read = Event.objects.filter(subject=f"household:{household.code}", verb="household.read", by=by.username, on=on)
    return read.filter(facts__what=what).exists()
