"""Pure rules about people and organisations: masks, quarters, roles."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

QUARTER = re.compile(r"^(\d{4})Q([1-4])$")
STAR = "＊"
ID_NUMBER = re.compile(r"\d{17}[\dXx]")


def mask_name(name: str) -> str:
    """韩＊晓 (middle hidden), 田＊ (two characters), 欧＊＊娜; the first and the last character stay."""
    name = "".join(name.split())
    if len(name) < 2:
        return STAR if name else ""
    return name[0] + STAR if len(name) == 2 else name[0] + STAR * (len(name) - 2) + name[-1]


def mask_id(number: str) -> str:
    """``6403**********0428``: the first and the last four characters stay."""
    return number[:4] + "*" * (len(number) - 8) + number[-4:] if len(number) > 8 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """``138****6021``."""
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 9 else "*" * len(phone)


def mask_address(address: str) -> str:
    """``203.0.*.*``, ``2001:db8:*``: the network, not the machine."""
    return ":".join(address.split(":")[:2]) + ":*" if ":" in address else ".".join(address.split(".")[:2]) + ".*.*"


PHONE = re.compile(r"^1[3-9]\d{9}$")


def clean_phone(text: str) -> str:
    """A mobile number as 11 digits, from ``138 0000 6021`` or ``+86-138…`` too; empty when it is none."""
    digits = re.sub(r"[\s\-()（）]", "", text)
    digits = digits.removeprefix("+86") if digits.startswith("+86") else digits
    return digits if digits.isascii() and PHONE.match(digits) else ""


def number_in(text: str) -> tuple[Literal["id", "phone"], str] | None:
    """The whole ID or phone number that a text is, if it is one; spaces and hyphens do not count."""
    plain = re.sub(r"[\s-]", "", text)
    if ID_NUMBER.fullmatch(plain):
        return "id", plain.upper()
    phone = clean_phone(plain)
    return ("phone", phone) if phone else None


def mask_card(card: str) -> str:
    """尾号 2290: the last four digits stay."""
    return f"尾号 {card[-4:]}" if card else ""


def quarter_span(quarter: str) -> tuple[date, date]:
    """First and last day of ``2022Q3``. Raises ValueError with a sentence for anything else."""
    match = QUARTER.match(quarter)
    if not match:
        raise ValueError(f"「{quarter}」不是季度，应写作 2022Q3 / “{quarter}” is no quarter: write 2022Q3")
    year, number = int(match[1]), int(match[2])
    first = date(year, 3 * number - 2, 1)
    last = {1: date(year, 3, 31), 2: date(year, 6, 30), 3: date(year, 9, 30), 4: date(year, 12, 31)}[number]
    return first, last


def quarter_of(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


def next_quarter(quarter: str) -> str:
    """``2022Q4`` → ``2023Q1``."""
    year, number = int(quarter[:4]), int(quarter[5])
    return f"{year + number // 4}Q{number % 4 + 1}"


def quarter_zh(quarter: str) -> str:
    """2022年第三季度."""
    return f"{quarter[:4]}年第{'一二三四'[int(quarter[5]) - 1]}季度"


# Who may do what: operation → roles. A role is held at an Org and covers its subtree; a worker's covers nobody but the worker
# and the worker's own family (``union.queries.own``). docs/permissions.csv and the walk over every address read this table; a
# later programme adds rows, not code.
WORKER, STEWARD, GRASSROOTS, VISITOR = "worker", "steward", "grassroots_officer", "visitor"
CITY, APPROVER, POLICY, AUDITOR, ADMIN = "city_officer", "approver", "policy_officer", "auditor", "administrator"
ROLES = (WORKER, STEWARD, GRASSROOTS, VISITOR, CITY, APPROVER, POLICY, AUDITOR, ADMIN)
PERMITS: dict[str, tuple[str, ...]] = {
    # What is seen of others, within the subtree of the post.
    "desk.read": ROLES[1:],
    "calendar.read": (CITY, AUDITOR, ADMIN),
    "round.read": (STEWARD, GRASSROOTS, VISITOR, CITY, APPROVER, AUDITOR),
    "return.read": (STEWARD, GRASSROOTS, CITY, APPROVER, AUDITOR),
    "family.read": (GRASSROOTS, CITY, APPROVER, AUDITOR),
    "visit.read": (VISITOR, CITY, APPROVER, AUDITOR),
    # Photos and signatures: not the visitor's any more, once they are sent.
    "visit.paper": (CITY, APPROVER, AUDITOR),
    "matter.read": (STEWARD, GRASSROOTS, CITY, APPROVER, AUDITOR),
    "brief.read": (CITY, APPROVER, AUDITOR),
    "book.read": (CITY, APPROVER, AUDITOR),
    "event.read": (APPROVER, AUDITOR),
    "policy.read": (CITY, APPROVER, POLICY, AUDITOR),
    "account.read": (ADMIN, AUDITOR),
    "account.link": (GRASSROOTS, CITY),
    "inbox.read": (ADMIN,),
    # Whoever may send in a sheet of some kind; each kind asks for its own operation besides.
    "sheet.send": (GRASSROOTS, VISITOR, CITY),
    # What a worker does for the own family.
    "own.read": (WORKER,),
    "own.apply": (WORKER,),
    "own.raise": (WORKER,),
    "own.consent": (WORKER,),
    "own.review": (WORKER,),
    # What changes something.
    "round.open": (CITY,),
    "round.close": (CITY, APPROVER),
    "return.receive": (CITY, GRASSROOTS),
    "return.remind": (CITY,),
    "lead.urgent": (CITY, GRASSROOTS),
    "consent.record": (CITY, VISITOR, GRASSROOTS),
    "paper.add": (CITY, GRASSROOTS),
    "check.import": (CITY,),
    "match.judge": (CITY,),
    "visit.plan": (CITY,),
    "visit.record": (CITY, VISITOR),
    "visit.excuse": (CITY, VISITOR),
    "round.decide": (CITY,),
    "round.publish": (CITY,),
    "finding.object": (CITY, APPROVER),
    "finding.certify": (APPROVER,),
    "finding.offer": (CITY,),
    "finding.review": (CITY, APPROVER),
    "matter.raise": (STEWARD, GRASSROOTS, CITY),
    "matter.assign": (CITY,),
    "matter.answer": (CITY, GRASSROOTS),
    "brief.send": (CITY,),
    "brief.approve": (APPROVER,),
    "book.import": (CITY,),
    "person.reveal": (CITY, APPROVER),
    "list.export": (GRASSROOTS, CITY, APPROVER, POLICY, AUDITOR),
    "filter.share": (CITY,),
    "register.load": (CITY, ADMIN),
    "calendar.load": (ADMIN,),
    "policy.edit": (POLICY,),
    "policy.publish": (POLICY,),
    "account.change": (ADMIN,),
    "account.export": (ADMIN, AUDITOR),
    # Every account, whatever its role.
    "account.own": ROLES,
}
# Posts that decide, pay or export: their holders sign in with a second factor.
SECOND_FACTOR: frozenset[str] = frozenset(
    role
    for operation in (
        "round.decide", "round.publish", "finding.certify", "person.reveal", "list.export", "policy.publish",
        "account.change",
    )
    for role in PERMITS[operation]
)  # fmt: skip


def may(operation: str, roles: Iterable[str]) -> bool:
    return bool(set(PERMITS[operation]) & set(roles))


# Where the object stands, seen from the post: a worker's own, the post's own union, below it, above it, beside it, in another city.
PLACES = ("self", "own", "below", "above", "beside", "other_city")


def reach(operation: str) -> frozenset[str]:
    """The places that an operation reaches, for whoever holds a role that permits it."""
    if operation.startswith(("own.", "account.own")):
        return frozenset({"self"})
    if operation in ("policy.edit", "policy.publish"):
        # A union's rules are its own: nobody above writes them, and both who put them in force are its officers.
        return frozenset({"own"})
    if operation == "round.read":
        # A round is its city's: whoever holds a post in the city's tree sees when returns are due.
        return frozenset({"own", "below", "above"})
    return frozenset({"own", "below"})


def permission_rows() -> list[list[str]]:
    """docs/permissions.csv: a row an operation and role, a column a place, yes or no."""
    head = ["operation", "role", *PLACES]
    rows = [
        [operation, role, *("yes" if role in roles and place in reach(operation) else "no" for place in PLACES)]
        for operation, roles in sorted(PERMITS.items())
        for role in ROLES
    ]
    return [head, *rows]


# The notices that an officer may do without being reminded of: the work itself stands in today's work. Those to a worker are never muted.
MUTABLE = (
    "application.sent",
    "claim.asked",
    "issue.sent",
    "matter.more",
    "matter.raised",
    "matter.reopened",
    "review.asked",
)


# What is counted, and how often it may happen: (times, minutes). A wrong password locks its account and its address out until the
# oldest of the last tries is that old.
LIMITS: dict[str, tuple[int, int]] = {
    "password.account": (5, 15),
    "password.address": (30, 15),
    "text.phone": (5, 10),
    "text.phone.day": (15, 24 * 60),
    "text.address": (60, 60),
    "claim.account": (5, 24 * 60),
}
CODE_MINUTES, CODE_TRIES = 5, 5
