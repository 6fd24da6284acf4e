"""Reminding the unions that owe a return and have sent none (催报)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import F

from nuanxin.care.models import Owed, Round
from nuanxin.care.queries import RETURNED
from nuanxin.records.services import Many, Refused, sort_out, write_events
from nuanxin.union.models import User
from nuanxin.union.queries import covered, nearest_of_each
from nuanxin.union.rules import CITY
from nuanxin.union.services import tell

# How a union that owes a return stands: nothing has come, it has sent, it was reminded today, or none of its officers could be told.
SILENT, SENT, REMINDED, UNHEARD = "silent", "sent", "reminded", "unheard"


def standing(round_: Round, owed: Iterable[Owed], on: date) -> dict[str, tuple[str, list[int]]]:
    """How each union stands before a reminder, by its code, and the keys of the accounts that would get it: the officers of the union,
    else of the nearest one above it; the city union's own do not count, they remind."""
    owed = list(owed)
    sent = set(round_.returns.filter(RETURNED).values_list("org", flat=True))
    hears = nearest_of_each("return.receive", (one.org for one in owed), on, but_role=CITY)

    def state(one: Owed) -> str:
        if one.org_id in sent:
            return SENT
        return REMINDED if one.reminded_on == on else SILENT if hears[one.org_id] else UNHEARD

    return {one.org.code: (state(one), hears[one.org_id]) for one in owed}


@transaction.atomic
def remind(*, round_: Round, shown: Mapping[str, str], by: User, on: date) -> Many:
    """Remind unions that have sent nothing, those alone that still stand as they were ``shown`` (code → ``standing``): their officers
    get a notice, the union an Event. A union is reminded once a day; a second click changes nothing. Raises Refused for a union outside
    the officer's posts and for a closed round."""
    if round_.state == "closed":
        raise Refused(f"{round_.quarter} 已办结 / {round_.quarter} is closed")
    rows = Owed.objects.select_for_update(of=("self",)).filter(round=round_, org__code__in=shown)
    owed = list(rows.select_related("org").order_by("org__code"))
    reach = covered(by, "return.remind", on)
    if beyond := [one.org.code for one in owed if one.org_id not in reach]:
        raise Refused(f"{beyond[0]} 不归您催报 / {beyond[0]} is not yours to remind")
    now = standing(round_, owed, on)
    able = {code: state for code, (state, _users) in now.items() if state in (SILENT, REMINDED)}
    doing, came_to = sort_out(shown, able, REMINDED)
    Owed.objects.filter(round=round_, org__code__in=doing).update(reminders=F("reminders") + 1, reminded_on=on)
    # Who answers for several unions gets one notice of all.
    told = Counter(user for code in doing for user in now[code][1])
    facts = {"quarter": round_.quarter, "until": round_.returns_due_on.isoformat()}
    tell(
        [(user, "return.asked", f"return:{round_.code}", {**facts, "n": n}) for user, n in sorted(told.items())], on=on
    )
    lines = [("return.remind", f"org:{code}", {"quarter": round_.quarter, "told": len(now[code][1])}) for code in doing]
    write_events(chain=round_.org.code, lines=lines, by=by.username, on=on)
    return came_to
