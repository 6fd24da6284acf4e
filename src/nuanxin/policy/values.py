"""The values of a policy: reading them from cells and Python objects, and writing them for people.

number, integer and money are `Fraction` (yuan); string `str`; boolean `bool`; date `datetime.date`; time `datetime.time`; date and time
`datetime.datetime`; durations `Months` and `Seconds`; list `list`; context `dict`; nothing `None`. `UNKNOWN` stands for a
figure that is needed and missing: it is not null, it is not known.
"""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

TYPES: Final = (
    "number",
    "integer",
    "money",
    "string",
    "boolean",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
    "list",
    "context",
    "any",
)
NUMERIC: Final = ("number", "integer", "money")


class _Unknown:
    """The one value that stands for a missing figure; false in no test, equal to nothing."""

    _one: "_Unknown | None" = None

    def __new__(cls) -> "_Unknown":
        cls._one = cls._one or super().__new__(cls)
        return cls._one

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of years and months."""

    months: int

    def __str__(self) -> str:
        sign, whole = ("-" if self.months < 0 else ""), abs(self.months)
        years, months = divmod(whole, 12)
        return f"{sign}P{f'{years}Y' if years else ''}{f'{months}M' if months or not years else ''}"


@dataclass(frozen=True, slots=True, order=True)
class Seconds:
    """A duration of days and time."""

    seconds: Fraction

    def __str__(self) -> str:
        sign, whole = ("-" if self.seconds < 0 else ""), abs(self.seconds)
        days, rest = divmod(whole, 86400)
        hours, rest = divmod(rest, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = "".join(
            f"{number_text(Fraction(n))}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n
        )
        day = f"{days}D" if days else ""
        if not day and not clock:
            return "PT0S"
        return f"{sign}P{day}{'T' + clock if clock else ''}"


class Unreadable(ValueError):
    """A cell that is no value of its type."""


NUMBER_TEXT: Final = re.compile(
    r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?|[+-]?\.\d+(?:[eE][+-]?\d{1,3})?"
)
_DATE_TEXT = re.compile(r"(\d{4})(?:[-/](\d{1,2})[-/](\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_DURATION = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
TRUE_WORDS: Final = ("true", "1", "是", "yes", "有")
FALSE_WORDS: Final = ("false", "0", "否", "no", "无")


def read_number(value: Any) -> Fraction:
    """A figure as written: `1234.5`, `1,234.5`, an int, Decimal or float (read as its shortest decimal text)."""
    if type(value) is Fraction:
        return value
    if isinstance(value, bool):
        raise Unreadable(value)
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 999:
            raise Unreadable(value)
        return Fraction(value)
    if isinstance(value, str) and NUMBER_TEXT.fullmatch(text := value.strip()):
        return Fraction(text.replace(",", ""))
    if hasattr(value, "item"):  # a NumPy scalar
        return read_number(value.item())
    raise Unreadable(value)


def read_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text.endswith(".0"):
        text = text[:-2]
    if text in TRUE_WORDS:
        return True
    if text in FALSE_WORDS:
        return False
    raise Unreadable(value)


def read_date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        text = value.strip()
        text = text[:10] if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]00:00(:00(\.0+)?)?", text) else text
        if found := _DATE_TEXT.fullmatch(text):
            try:
                return dt.date(*(int(part) for part in found.groups() if part))
            except ValueError:
                raise Unreadable(value) from None
    raise Unreadable(value)


def read_time(value: Any) -> dt.time:
    if isinstance(value, dt.time):
        return value
    try:
        return dt.time.fromisoformat(str(value).strip())
    except ValueError:
        raise Unreadable(value) from None


def read_datetime(value: Any) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    try:
        return dt.datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise Unreadable(value) from None


def read_duration(value: Any) -> Months | Seconds:
    if isinstance(value, Months | Seconds):
        return value
    if isinstance(value, dt.timedelta):
        return Seconds(Fraction(value.days * 86400 + value.seconds) + Fraction(value.microseconds, 10**6))
    found = _DURATION.fullmatch(str(value).strip())
    if not found or not any(found.groups()[1:]) or str(value).strip().endswith("T"):
        raise Unreadable(value)
    sign, years, months, days, hours, minutes, seconds = found.groups()
    factor = -1 if sign else 1
    if years or months:
        if days or hours or minutes or seconds:
            raise Unreadable(value)
        return Months(factor * (int(years or 0) * 12 + int(months or 0)))
    whole = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60
    return Seconds(factor * (whole + Fraction(seconds or 0)))


def _read_months(value: Any) -> Months:
    found = read_duration(value)
    if not isinstance(found, Months):
        raise Unreadable(value)
    return found


def _read_seconds(value: Any) -> Seconds:
    found = read_duration(value)
    if not isinstance(found, Seconds):
        raise Unreadable(value)
    return found


def read_list(value: Any, item_type: str = "any") -> list[Any]:
    """A list, tuple or array; a text of items parted by ; ； 、 or | (an optional pair of brackets and quotes goes)."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        items = list(value)
    elif isinstance(value, str):
        body = value.strip()
        if body.startswith("[") and body.endswith("]"):
            items = [part.strip() for part in re.findall(r'"[^"]*"|[^,]+', body[1:-1])]
        else:
            items = [part.strip() for part in re.split(r"[;；、|]", body)]
        items = [part[1:-1] if len(part) > 1 and part[0] == part[-1] == '"' else part for part in items if part]
    else:
        items = [value]
    return [read(item, item_type) for item in items]


def read_any(value: Any) -> Any:
    """A value of no declared type: as it stands, figures as exact numbers."""
    if isinstance(value, bool | str | dt.date | dt.time | Months | Seconds):
        return value
    if isinstance(value, dict):
        return {key: read_any(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [None if item is None else read_any(item) for item in value]
    return read_number(value)


def _read_string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal | Fraction):
        return number_text(read_number(value))
    return str(value)


_READERS: Final = {
    "number": read_number,
    "money": read_number,
    "string": _read_string,
    "boolean": read_boolean,
    "date": read_date,
    "time": read_time,
    "date and time": read_datetime,
    "days and time duration": _read_seconds,
    "years and months duration": _read_months,
    "any": read_any,
}


def is_nothing(value: Any) -> bool:
    """None, NaN, NaT, or a text of spaces only."""
    if value is None or value is UNKNOWN:
        return value is None
    if isinstance(value, str):
        return not value.strip()
    return (
        bool(value != value)
        if isinstance(value, float) or type(value).__name__ in ("NaTType", "float64", "float32")
        else False
    )


def read(value: Any, type_name: str) -> Any:
    """`value` as the type says; None where there is nothing. Raises Unreadable."""
    if is_nothing(value):
        return None
    base, _, item = type_name.partition("<")
    if base == "list":
        return read_list(value, item.rstrip(">") or "any")
    if base == "integer":
        whole = read_number(value)
        if whole.denominator != 1:
            raise Unreadable(value)
        return whole
    if base == "context":
        if not isinstance(value, dict):
            raise Unreadable(value)
        return read_any(value)
    return _READERS[base](value)


def _nearest(value: Fraction, digits: int) -> int:
    """value × 10^digits as a whole number, ties away from zero."""
    numerator, denominator = abs(value.numerator), value.denominator
    if digits >= 0:
        numerator *= 10**digits
    else:
        denominator *= 10**-digits
    whole = (2 * numerator + denominator) // (2 * denominator)
    return whole if value.numerator >= 0 else -whole


def round_half_up(value: Fraction, digits: int = 0) -> Fraction:
    """Ties away from zero, as DMN's `round half up` and as money is rounded."""
    whole = _nearest(value, digits)
    return Fraction(whole, 10**digits) if digits >= 0 else Fraction(whole * 10**-digits)


def to_decimal(value: Fraction, places: int) -> Decimal:
    """`value` rounded half up to `places`, as a Decimal with exactly those places."""
    whole = _nearest(value, places)
    return Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -places))


def _terminates(denominator: int) -> bool:
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1


def number_text(value: Fraction, places: int = 12) -> str:
    """A figure as plain decimal text: exact where it ends, else rounded to `places`."""
    if value.denominator == 1:
        return str(value.numerator)
    if _terminates(value.denominator):
        places = max(value.denominator.bit_length(), places)
    text = format(to_decimal(value, places), "f").rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"


def money_text(value: Fraction) -> str:
    """Yuan with thousands separators and two places, rounded half up: 1,002.10"""
    return format(to_decimal(value, 2), ",.2f")


def show(value: Any, type_name: str = "any") -> str:
    """A value as a person reads it, without a unit."""
    if value is None or value is UNKNOWN:
        return "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return money_text(value) if type_name == "money" else number_text(value, 4)
    if isinstance(value, list):
        return "[" + ", ".join(show(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(item)}" for key, item in value.items()) + "}"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def to_json(value: Any) -> Any:
    """A value for JSON: figures as decimal text, dates and durations as ISO text."""
    if value is None or isinstance(value, bool | str):
        return value
    if value is UNKNOWN:
        return None
    if isinstance(value, Fraction):
        return number_text(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
