"""Reading a family's file is an Event, so that the family can see who looked. A GET writes nothing: the file is opened by a POST, once
per officer and day, and pages show it only when it was opened today.
"""

from datetime import date
from typing import Literal

from django.db import transaction

from nuanxin.records.models import Event
from nuanxin.records.services import Refused, write_events
from nuanxin.union.models import Household, User
from nuanxin.union.queries import city_of, posts_of, require
from nuanxin.union.rules import PERMITS

What = Literal["file", "papers", "print", "export"]


def open_file(
    *, household: Household, by: User, on: date, reason: str, what: What = "file", operation: str = "family.read"
) -> bool:
    """An officer opens a family's file (or its papers, a print, an export), with a reason that the family will read.

    Writes the Event ``household.read`` once per officer, day and kind; returns whether it was written now. The page of a household
    asks ``opened`` in its GET: when False it shows only the family's masked name, the union and a POST button 打开档案 with a field
    for the reason, whose view calls this and redirects back. Prints and exports call it in their POST.
    Raises Refused without a post that permits ``operation`` at the household's union, or without a reason.
    """
    roles = require(by, operation, household.org, on)
    if not reason.strip():
        raise Refused("请写明查看理由：这户人家看得到 / say why the file is opened: the family can read it")
    if opened(household, by, on, what):
        return False
    post = (
        posts_of(by, on).filter(role__in=roles & set(PERMITS[operation])).select_related("org").order_by("pk").first()
    )
    assert post is not None, "required above"
    facts = {"what": what, "role": post.role, "org": post.org.code, "reason": reason.strip()[:100]}
    with transaction.atomic():
        line = ("household.read", f"household:{household.code}", facts)
        write_events(chain=city_of(household.org).code, lines=[line], by=by.username, on=on)
    return True


def opened(household: Household, by: User, on: date, what: What = "file") -> bool:
    """Whether ``by`` opened the file on this day: what a GET asks before it shows one."""
    read = Event.objects.filter(subject=f"household:{household.code}", verb="household.read", by=by.username, on=on)
    return read.filter(facts__what=what).exists()
