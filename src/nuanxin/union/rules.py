"""Pure rules about people and organisations: masks, quarters, roles."""

import re
from collections.abc import Iterable
from datetime import date

QUARTER = re.compile(r"^(\d{4})Q([1-4])$")
STAR = "＊"


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


def quarter_zh(quarter: str) -> str:
    """2022年第三季度."""
    return f"{quarter[:4]}年第{'一二三四'[int(quarter[5]) - 1]}季度"


# Who may do what: operation → roles. A role is held at an Org and covers its subtree. Generated docs and the walk over every
# URL read this table; a later programme adds rows, not code.
CITY, APPROVER, VISITOR, GRASSROOTS, AUDITOR = "city_officer", "approver", "visitor", "grassroots_officer", "auditor"
ROLES = (CITY, APPROVER, VISITOR, GRASSROOTS, AUDITOR)
PERMITS: dict[str, tuple[str, ...]] = {
    "round.open": (CITY,),
    "round.close": (CITY, APPROVER),
    "return.receive": (CITY, GRASSROOTS),
    "lead.urgent": (CITY, GRASSROOTS),
    "consent.record": (CITY, VISITOR, GRASSROOTS),
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
    "matter.assign": (CITY,),
    "matter.answer": (CITY, GRASSROOTS),
    "book.import": (CITY,),
    "person.reveal": (CITY, APPROVER),
    "register.load": (CITY,),
    "read": ROLES,
}


def may(operation: str, roles: Iterable[str]) -> bool:
    return bool(set(PERMITS[operation]) & set(roles))
