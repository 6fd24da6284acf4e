"""What happens to matters: received in sets, withdrawn with their source, assigned, answered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models.functions import Length

from nuanxin.matters import rules
from nuanxin.matters.flows import MATTER
from nuanxin.matters.models import Matter
from nuanxin.records.rules import UnknownYear
from nuanxin.records.services import Line, Many, Refused, insert, move, reserve, sort_out, workday_after, write_events
from nuanxin.union import secrets
from nuanxin.union.models import Addition, Org, User
from nuanxin.union.queries import below, city_of, covered, nearest_holders, owns, require, roles_at
from nuanxin.union.rules import clean_phone, mask_phone, quarter_of
from nuanxin.union.services import add_more, tell, tell_unless_unread

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
    """Give a matter to an owner of the same city; given to the owner it has, nothing changes. Raises Refused without a post, for another
    city's union or an ended matter."""
    city = city_of(matter.org)
    missing = []
    if city_of(owner) != city:
        missing.append(f"{owner} 不在{city}之内 / {owner.code} is not under {city.code}")
    elsewhere = Matter.objects.filter(pk=matter.pk).exclude(owner=owner, state=Matter.OPEN)
    move(
        MATTER, "assign", elsewhere, by=by.username, on=on, roles=roles_at(by, matter.org, on), chain=city.code,
        missing=missing, facts={"owner": owner.code}, owner=owner,
    )  # fmt: skip
    matter.refresh_from_db()
    return matter


@transaction.atomic
def assign_many(*, shown: Mapping[str, str], owner: Org, by: User, on: date) -> Many:
    """Give open matters to one owner, those alone that still have the owner they were ``shown`` with (code → the owner's code): one UPDATE,
    an Event each. Raises Refused without a post over every reporting union, or where one of them is not under the owner's city."""
    found = Matter.objects.select_for_update(of=("self",)).filter(code__in=shown, state=Matter.OPEN)
    found = found.select_related("org", "owner")
    now = {matter.code: matter.owner.code for matter in found}
    reach = covered(by, "matter.assign", on)
    if beyond := sorted(matter.code for matter in found if matter.org_id not in reach):
        raise Refused(f"{beyond[0]} 不归您交办 / {beyond[0]} is not yours to assign")
    doing, came_to = sort_out(shown, now, owner.code)
    rows = [matter for matter in found if matter.code in set(doing)]
    city = city_of(owner)
    under = below([city])
    if strange := sorted(matter.code for matter in rows if matter.org_id not in under):
        raise Refused(f"{strange[0]} 不在{city}之内 / {strange[0]} is not under {city.code}")
    if rows:
        move(
            MATTER, "assign", Matter.objects.filter(pk__in=[matter.pk for matter in rows]), by=by.username, on=on,
            roles=roles_at(by, rows[0].org, on), chain=city.code, facts={"owner": owner.code}, owner=owner,
        )  # fmt: skip
    return came_to


@transaction.atomic
def answer(matter: Matter, *, text: str, outcome: str, by: User, on: date) -> Matter:
    """End a matter as ``outcome`` ("done" or "declined") with the answer given to the person who raised it, who is told on the phone.

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
    if matter.account_id is not None:
        tell([(matter.account_id, "matter.answered", f"matter:{matter.code}", {})], on=on)
    return matter


PHONE = "phone"  # the source of what was raised on a phone
DESK = "desk"  # and of what an officer wrote down
REOPENED_DAYS = 2  # working days for looking again


@transaction.atomic
def raise_one(*, kind: str, content: str, org: Org, by: User, on: date) -> Matter:
    """A worker raises a problem or a wish on the phone, at the union of the own post; its nearest officers are told.

    The same words again while the first are open are the same matter. Raises Refused without a worker's post there or without words.
    """
    require(by, "own.raise", org, on)
    text = content.strip()
    if kind not in (Matter.WISH, Matter.PROBLEM):
        raise Refused("请选择是难题还是微心愿 / choose whether it is a problem or a wish")
    if not text or len(text) > 500:
        raise Refused("请写 1 到 500 字 / write 1 to 500 characters")
    same = Matter.objects.filter(account=by, kind=kind, content=text, state=Matter.OPEN).first()
    if same is not None:
        return same
    phone = secrets.unseal(bytes(by.phone_cipher)) if by.phone_cipher else None
    row = MatterRow(kind, text, by.first_name, phone, org, PHONE, quarter_of(on), on)
    try:
        (key,) = receive_many([row], by=by, on=on)
    except UnknownYear as unknown:
        raise Refused(str(unknown)) from None
    Matter.objects.filter(pk=key).update(account=by)
    made = Matter.objects.select_related("org", "owner").get(pk=key)
    _tell_owner("matter.raised", made, on)
    return made


@transaction.atomic
def enter(
    *, kind: str, content: str, raised_by: str, phone: str, org: Org, meeting: bool | None, by: User, on: date
) -> Matter:
    """An officer writes down what somebody raised by word of mouth; ``meeting``: whether it needs a meeting's decision, None to go by
    the words. The owner's nearest officers are told.

    The same words of the same person at the same union while the first are open are the same matter. Raises Refused without a post
    there, without words, or for a phone number that is none.
    """
    require(by, "matter.raise", org, on)
    text, name = content.strip(), raised_by.strip()
    missing = []
    if kind not in (Matter.WISH, Matter.PROBLEM):
        missing.append("请选择是难题还是微心愿 / choose whether it is a problem or a wish")
    if not text or len(text) > 500:
        missing.append("请写 1 到 500 字 / write 1 to 500 characters")
    if phone.strip() and not clean_phone(phone):
        missing.append("手机号应为 11 位 / a phone number has 11 digits")
    if missing:
        raise Refused(*missing)
    same = Matter.objects.filter(org=org, kind=kind, content=text, raised_by=name, state=Matter.OPEN).first()
    if same is not None:
        return same
    row = MatterRow(kind, text, name, clean_phone(phone) or None, org, DESK, quarter_of(on), on, meeting)
    try:
        (key,) = receive_many([row], by=by, on=on)
    except UnknownYear as unknown:
        raise Refused(str(unknown)) from None
    made = Matter.objects.select_related("org", "owner").get(pk=key)
    _tell_owner("matter.raised", made, on)
    return made


def _tell_owner(what: str, matter: Matter, on: date) -> None:
    users = nearest_holders("matter.answer", matter.owner, on)
    tell([(user, what, f"matter:{matter.code}", {}) for user in users], on=on)


@transaction.atomic
def reopen(*, matter: Matter, why: str, by: User, on: date) -> Matter:
    """The worker who raised it says, once, that it is not solved: the city union looks again within two working days.

    The answer given before stays to be read. Raises Refused for another's matter, a second time, or without a reason.
    """
    missing = []
    if not owns(by, "own.raise", matter, on):
        missing.append("没有这件事 / there is no such matter")
    if matter.reopened_on is not None:
        missing.append("已经复查过一次；还没解决请打 12351 / it was looked at again already: call 12351")
    if not why.strip():
        missing.append("请说说哪里没解决 / say what is not solved")
    city = city_of(matter.org)
    try:
        due = workday_after(on, REOPENED_DAYS)
    except UnknownYear as unknown:
        raise Refused(str(unknown)) from None
    move(
        MATTER, "reopen", Matter.objects.filter(pk=matter.pk), by=by.username, on=on, roles=roles_at(by, matter.org, on),
        chain=city.code, missing=missing, facts={"owner": city.code}, owner=city, ended_on=None, due_on=due,
        unsolved=why.strip()[:200], reopened_on=on,
    )  # fmt: skip
    matter.refresh_from_db()
    _tell_owner("matter.reopened", matter, on)
    return matter


@transaction.atomic
def add(*, matter: Matter, text: str, photo: bytes, by: User, on: date) -> Addition:
    """The worker who raised it adds words, a photo or both while it is open; its owner's nearest officers are told.

    The same again changes nothing. Raises Refused for another's matter, an ended one, or as ``add_more``.
    """
    if not owns(by, "own.raise", matter, on):
        raise Refused("没有这件事 / there is no such matter")
    matter = Matter.objects.select_for_update(of=("self",)).select_related("org", "owner").get(pk=matter.pk)
    if matter.state != Matter.OPEN:
        raise Refused("这件事已经办结，不能再补充 / the matter has ended: nothing can be added any more")
    made, new = add_more(subject=f"matter:{matter.code}", text=text, photo=photo, by=by, on=on)
    if new:
        move(
            MATTER, "more", Matter.objects.filter(pk=matter.pk), by=by.username, on=on, roles=roles_at(by, matter.org, on),
            chain=city_of(matter.org).code, facts={"addition": made.pk}, more_on=on,
        )  # fmt: skip
        officers = nearest_holders("matter.answer", matter.owner, on)
        tell_unless_unread(officers, "matter.more", f"matter:{matter.code}", {}, on=on)
    return made


@transaction.atomic
def take_back(*, matter: Matter, by: User, on: date) -> Matter:
    """The worker who raised it takes it back while it is open. Raises Refused for another's matter or an ended one."""
    missing = [] if owns(by, "own.raise", matter, on) else ["没有这件事 / there is no such matter"]
    move(
        MATTER, "take_back", Matter.objects.filter(pk=matter.pk), by=by.username, on=on,
        roles=roles_at(by, matter.org, on), chain=city_of(matter.org).code, missing=missing, ended_on=on,
    )  # fmt: skip
    matter.refresh_from_db()
    return matter
