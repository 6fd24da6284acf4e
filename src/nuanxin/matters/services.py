"""What happens to matters: received in sets, withdrawn with their source, assigned, answered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models.functions import Length

from nuanxin.matters import rules
from nuanxin.matters.flows import MATTER
from nuanxin.matters.models import Matter
from nuanxin.records.services import Line, insert, move, reserve, workday_after, write_events
from nuanxin.union import secrets
from nuanxin.union.models import Org, User
from nuanxin.union.queries import city_of, roles_at
from nuanxin.union.rules import mask_phone

_FIELDS = [
    "code", "kind", "content", "raised_by", "phone_hash", "phone_cipher", "phone_mask", "org_id", "owner_id", "source", "quarter",
    "received_on", "meeting", "due_on", "state", "ended_on", "answer",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MatterRow:
    """One row to receive. ``kind``: Matter.WISH or Matter.PROBLEM; ``source``: the code of what it came in by; ``phone``: as
    written, sealed here; ``explicit_class``: what the sender said of the deadline class, None to go by the words of the content."""

    kind: str
    content: str
    raised_by: str
    phone: str | None
    org: Org
    source: str
    quarter: str
    received_on: date
    explicit_class: bool | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an earlier report of the same matter leaves to the corrected one: its clock and, when answered, its end."""

    received_on: date
    owner_id: int
    owner_given: bool
    state: str
    ended_on: date | None
    answer: str


class _Tree:
    """The organisations by id, read once: the city union above each, and its working days for what is done at once."""

    def __init__(self) -> None:
        rows = Org.objects.values_list("pk", "code", "parent_id", "at_once_days")
        self.code = {pk: code for pk, code, _, _ in rows}
        self._parent = {pk: parent for pk, _, parent, _ in rows}
        self._days = {pk: days for pk, _, _, days in rows}

    def city(self, org: int) -> int:
        while (parent := self._parent[org]) is not None:
            org = parent
        return org

    def at_once_days(self, org: int | None) -> int:
        """The union's own, else that of the nearest union above it, else the next working day."""
        while org is not None:
            if (days := self._days[org]) is not None:
                return days
            org = self._parent[org]
        return rules.AT_ONCE_DAYS


@transaction.atomic
def receive_many(rows: Sequence[MatterRow], *, by: User, on: date, replacing: Iterable[str] = ()) -> list[int]:
    """Receive matters; returns their ids in the order of ``rows``. The caller has checked that ``by`` may receive them.

    Codes run per city and quarter (``QTX-M-2022Q3-0001``). What is done at once is owned by the reporting union, what needs a
    meeting by the city union. ``replacing`` names sources that these rows correct: their matters are withdrawn here, and a
    row that says the same as one of them keeps its clock, its owner when one was given, and its answer.
    """
    kept = _withdraw_keeping(replacing, by=by, on=on)
    if not rows:
        return []
    tree = _Tree()
    cities = sorted({tree.city(row.org.pk) for row in rows})
    # Two imports for one city would give the same numbers: the second waits for the first.
    list(Org.objects.select_for_update().filter(pk__in=cities).values_list("pk"))
    last: dict[str, int] = {}
    due: dict[tuple[date, int], date] = {}
    ready: list[list[object]] = []
    lines: dict[int, list[Line]] = defaultdict(list)
    phones = [row.phone or None for row in rows]
    for row, phone, hash_, cipher in zip(
        rows, phones, secrets.find_keys(phones), secrets.seal_all(phones), strict=True
    ):
        city = tree.city(row.org.pk)
        head = f"{tree.code[city]}-M-{row.quarter}-"
        last[head] = (last[head] if head in last else _last_number(head)) + 1
        code = f"{head}{last[head]:04d}"
        meeting = rules.deadline_class(row.content, row.explicit_class)
        before = kept.get(_sameness(row.org.pk, row.kind, row.content, row.raised_by))
        earlier = before.pop(0) if before else None
        received_on = min(row.received_on, earlier.received_on) if earlier else row.received_on
        days = tree.at_once_days(row.org.pk)

        def after(day: date, days: int = days) -> date:
            if (day, days) not in due:
                due[day, days] = workday_after(day, days)
            return due[day, days]

        owner = city if meeting else row.org.pk
        ready.append([
            code, row.kind, _fit(row.content, 500), _fit(row.raised_by, 60), hash_ or "", cipher,
            mask_phone(phone) if phone else "", row.org.pk,
            earlier.owner_id if earlier and earlier.owner_given else owner,
            row.source, row.quarter, received_on, meeting, rules.due_on(received_on, meeting=meeting, after_workdays=after),
            earlier.state if earlier else Matter.OPEN, earlier.ended_on if earlier else None, earlier.answer if earlier else "",
        ])  # fmt: skip
        facts = {"kind": row.kind, "meeting": meeting, "source": row.source}
        lines[city].append(("matter.receive", f"matter:{code}", facts))
    ids = reserve(Matter, len(ready))
    insert(Matter, ["id", *_FIELDS], [[pk, *values] for pk, values in zip(ids, ready, strict=True)])
    for city, told in lines.items():
        write_events(chain=tree.code[city], lines=told, by=by.username, on=on)
    return ids


def _last_number(head: str) -> int:
    """The highest number given under ``head`` so far: the longest code first, since 10000 sorts before 9999 as text."""
    found = Matter.objects.filter(code__startswith=head).order_by(Length("code").desc(), "-code").first()
    return int(found.code[len(head) :]) if found else 0


def _fit(text: str | None, length: int) -> str:
    """The text, cut with … where the column ends; the kept file has the whole."""
    text = text or ""
    return text if len(text) <= length else text[: length - 1] + "…"


def _sameness(org: int, kind: str, content: str, raised_by: str) -> tuple[int, str, str, str]:
    return org, kind, "".join(_fit(content, 500).split()), "".join((raised_by or "").split())


def _withdraw_keeping(sources: Iterable[str], *, by: User, on: date) -> dict[tuple[int, str, str, str], list[_Kept]]:
    """Withdraw the matters of the sources; returns what each leaves to a corrected one that says the same."""
    kept: dict[tuple[int, str, str, str], list[_Kept]] = defaultdict(list)
    sources = list(sources)
    if not sources:
        return kept
    tree = _Tree()
    for source in sources:
        for old in Matter.objects.filter(source=source).exclude(state=Matter.WITHDRAWN).order_by("pk"):
            first_owner = tree.city(old.org_id) if old.meeting else old.org_id
            kept[_sameness(old.org_id, old.kind, old.content, old.raised_by)].append(
                _Kept(old.received_on, old.owner_id, old.owner_id != first_owner, old.state, old.ended_on, old.answer)
            )
        withdraw(source, by=by, on=on)
    return kept


@transaction.atomic
def withdraw(source: str, *, by: User, on: date) -> int:
    """Withdraw the matters that came in by ``source``, answered ones too; returns how many. Raises Refused without a post.

    None left to withdraw is no fault: the same call again changes nothing.
    """
    standing = Matter.objects.filter(source=source).exclude(state=Matter.WITHDRAWN)
    moved = 0
    for org in Org.objects.filter(pk__in=standing.values("org")):
        moved += move(
            MATTER, "withdraw", Matter.objects.filter(pk__in=list(standing.filter(org=org).values_list("pk", flat=True))),
            by=by.username, on=on, roles=roles_at(by, org, on), chain=city_of(org).code, ended_on=on,
            facts={"source": source},
        )  # fmt: skip
    return moved


def assign(matter: Matter, *, owner: Org, by: User, on: date) -> Matter:
    """Give a matter to an owner of the same city. Raises Refused without a post, for another city's union or an ended matter."""
    city = city_of(matter.org)
    missing = []
    if city_of(owner) != city:
        missing.append(f"{owner} 不在{city}之内 / {owner.code} is not under {city.code}")
    move(
        MATTER, "assign", Matter.objects.filter(pk=matter.pk), by=by.username, on=on, roles=roles_at(by, matter.org, on),
        chain=city.code, missing=missing, facts={"owner": owner.code}, owner=owner,
    )  # fmt: skip
    matter.refresh_from_db()
    return matter


def answer(matter: Matter, *, text: str, outcome: str, by: User, on: date) -> Matter:
    """End a matter as ``outcome`` ("done" or "declined") with the answer given to the person who raised it.

    Raises Refused without a post at the owner, without a text, or when it has ended already.
    """
    missing = []
    if not text.strip():
        missing.append("须填写答复 / an answer is needed")
    if len(text) > 500:
        missing.append("答复不超过 500 字 / an answer has at most 500 characters")
    if on < matter.received_on:
        missing.append(
            f"办理日期早于收到日期 {matter.received_on} / the date lies before the receipt on {matter.received_on}"
        )
    move(
        MATTER, outcome, Matter.objects.filter(pk=matter.pk), by=by.username, on=on, roles=roles_at(by, matter.owner, on),
        chain=city_of(matter.org).code, missing=missing, answer=text.strip(), ended_on=on,
    )  # fmt: skip
    matter.refresh_from_db()
    return matter
