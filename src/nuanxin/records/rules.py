"""Pure rules of the ground floor: the hash of an event, the working days of a deadline, whether a balance holds."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class UnknownYear(ValueError):
    """A working-day clock needs a year for which no official calendar has been entered."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            f"{year} 年的放假调休安排尚未录入，无法推算工作日；请管理员按国务院通知录入后再办。"
            f" / The official calendar of {year} is not entered yet: add it before deadlines of that year are computed."
        )


def event_hash(previous: str, fields: Mapping[str, Any]) -> str:
    """SHA-256 over the previous hash and the event's own fields as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"an event holds no {type(value).__name__}")


def is_workday(day: date, exceptions: Mapping[date, bool], years: frozenset[int]) -> bool:
    """Whether ``day`` is worked: the exception of the official calendar, else Monday to Friday."""
    if day.year not in years:
        raise UnknownYear(day.year)
    return exceptions.get(day, day.weekday() < 5)


def add_workdays(start: date, days: int, exceptions: Mapping[date, bool], years: frozenset[int]) -> date:
    """The ``days``-th working day after ``start`` (the day itself does not count: 民法典 第二百零一条)."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day, exceptions, years)
    return day


def workdays_between(start: date, end: date, exceptions: Mapping[date, bool], years: frozenset[int]) -> int:
    """How many working days lie after ``start`` up to and including ``end``."""
    return sum(
        is_workday(start + timedelta(days=i), exceptions, years) for i in range(1, max(0, (end - start).days) + 1)
    )


def add_months(start: date, months: int) -> date:
    """The same day ``months`` later, or that month's last day (民法典 第二百零二条)."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    first_of_next = date(year + (month0 == 11), (month0 + 1) % 12 + 1, 1)
    return min(
        date(year, month0 + 1, min(start.day, 28)) + timedelta(days=max(0, start.day - 28)),
        first_of_next - timedelta(days=1),
    )


def balanced(balance: Mapping[str, Mapping[str, int]]) -> bool:
    """Counts in = counts out."""
    return sum(balance["in"].values()) == sum(balance["out"].values())


def parts(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """A long list in parts: a database takes only so many parameters in one statement, and memory only so many rows."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
