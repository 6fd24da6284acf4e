"""Evaluates S-FEEL trees for one family, in exact rational arithmetic.

A tree becomes a Python closure over an environment (name → value). Two treatments of what is missing:

- `strict=False` (policies): a missing figure is `UNKNOWN` and stays unknown through everything that depends on it, so that the
  decision can say what it needs. A comparison with a figure that may be left out (null) is false.
- `strict=True` (the DMN standard to the letter): everything missing is null; an ordering comparison with null is null, an equality
  with null is false, a division by zero is null.
"""

import datetime as dt
import math
import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DecimalException, localcontext
from fractions import Fraction
from typing import Any

from nuanxin.policy.feel import Arith, Call, Compare, Expr, ListOf, Lit, Logic, Match, Name, Neg, Not, Path
from nuanxin.policy.values import (
    UNKNOWN,
    Months,
    Seconds,
    Unreadable,
    number_text,
    read_date,
    read_datetime,
    read_duration,
    read_number,
    read_time,
    round_half_up,
)

Env = Mapping[str, Any]
Closure = Callable[[Env], Any]
MAX_BITS = 40_000  # a power that would need more is null: nobody's aid has ten thousand digits

_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def kind(value: Any) -> str:
    """The FEEL kind of a value; values of different kinds are not comparable."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Fraction):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dt.datetime):
        return "date and time"
    if isinstance(value, dt.date):
        return "date"
    return type(value).__name__


def equal(left: Any, right: Any) -> bool | None:
    """FEEL equality: null equals only null; different kinds are not comparable (null)."""
    if left is None or right is None:
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    if isinstance(left, list) and len(left) == 1 and not isinstance(right, list):
        return equal(left[0], right)
    if isinstance(right, list) and len(right) == 1 and not isinstance(left, list):
        return equal(left, right[0])
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) is True for key in left)
    if kind(left) != kind(right):
        return None
    return bool(left == right)


def ordered(op: str, left: Any, right: Any) -> bool | None:
    if isinstance(left, list) and len(left) == 1:
        left = left[0]
    if left is None or right is None or kind(left) != kind(right) or isinstance(left, bool | list | dict):
        return None
    try:
        return bool(_ORDER[op](left, right))
    except TypeError:  # a time with a zone beside one without
        return None


def add_months(start: dt.date, months: int) -> dt.date | None:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        return None
    last = (
        (dt.date(year + month // 11, (month + 1) % 12 + 1, 1) - dt.timedelta(1)).day
        if year < 9999 or month < 11
        else 31
    )
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


def _span(later: dt.date, earlier: dt.date) -> Seconds | None:
    a, b = read_datetime(later), read_datetime(earlier)
    if (a.tzinfo is None) != (b.tzinfo is None):
        return None
    gap = a - b
    return Seconds(Fraction(gap.days * 86400 + gap.seconds) + Fraction(gap.microseconds, 10**6))


def _shift(start: Any, span: Seconds, sign: int) -> Any:
    """A day, an instant or a time of day moved by a duration; a time goes round the clock."""
    if isinstance(start, dt.time):
        day = dt.datetime.combine(dt.date(2000, 1, 1), start)
        return _shift(day, Seconds(span.seconds % 86400), sign).timetz()
    try:
        moved = read_datetime(start) + sign * dt.timedelta(
            seconds=math.floor(span.seconds), microseconds=int(span.seconds % 1 * 10**6)
        )
    except OverflowError:
        return None
    return moved if isinstance(start, dt.datetime) else moved.date()


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.months + right.months)
    if isinstance(left, Seconds) and isinstance(right, Seconds):
        return Seconds(left.seconds + right.seconds)
    if isinstance(left, Months | Seconds) and isinstance(right, dt.date | dt.time):
        left, right = right, left
    if isinstance(left, dt.time) and isinstance(right, Seconds):
        return _shift(left, right, 1)
    if isinstance(left, dt.date):
        if isinstance(right, Months):
            return add_months(left, right.months)
        if isinstance(right, Seconds):
            return _shift(left, right, 1)
    return None


def _minus(left: Any, right: Any) -> Any:
    if isinstance(left, dt.time) and isinstance(right, dt.time):
        left, right = (dt.datetime.combine(dt.date(2000, 1, 1), time) for time in (left, right))
    if isinstance(left, dt.date) and isinstance(right, dt.date):
        return _span(left, right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.months - right.months)
    if isinstance(left, Seconds) and isinstance(right, Seconds):
        return Seconds(left.seconds - right.seconds)
    if isinstance(left, dt.date) and isinstance(right, Months):
        return add_months(left, -right.months)
    if isinstance(left, dt.date | dt.time) and isinstance(right, Seconds):
        return _shift(left, right, -1)
    return None


def _times(left: Any, right: Any) -> Any:
    if isinstance(left, Fraction):
        left, right = right, left
    if not isinstance(right, Fraction):
        return None
    if isinstance(left, Months):
        return Months(math.trunc(left.months * right))
    return Seconds(left.seconds * right) if isinstance(left, Seconds) else None


def _over(left: Any, right: Any) -> Any:
    if isinstance(right, Fraction):
        return _times(left, 1 / right) if right and not isinstance(left, Fraction) else None
    if isinstance(left, Months) and isinstance(right, Months):
        return Fraction(left.months, right.months) if right.months else None
    if isinstance(left, Seconds) and isinstance(right, Seconds):
        return left.seconds / right.seconds if right.seconds else None
    return None


def power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """Exact for whole exponents; a root is the decimal of 34 digits, as DMN's numbers have."""
    if exponent.denominator == 1:
        n = exponent.numerator
        bits = max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(n)
        if bits > MAX_BITS and abs(base) not in (0, 1):
            return None
        return None if base == 0 and n < 0 else base**n
    if base < 0:
        return None
    try:
        with localcontext(Context(prec=34)):
            left = Decimal(base.numerator) / Decimal(base.denominator)
            return Fraction(left ** (Decimal(exponent.numerator) / Decimal(exponent.denominator)))
    except (DecimalException, ValueError, OverflowError):
        return None


_OTHER = {"+": _plus, "-": _minus, "*": _times, "/": _over}
_PLAIN = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def arithmetic(op: str, left: Any, right: Any) -> Any:
    """null where either side is null, the kinds do not go together, or the divisor is zero."""
    if left is None or right is None:
        return None
    if type(left) is Fraction and type(right) is Fraction:
        if op == "/":
            return left / right if right else None
        return power(left, right) if op == "**" else _PLAIN[op](left, right)
    return _OTHER[op](left, right) if op in _OTHER else None


# functions -----------------------------------------------------------------------------------------------------------


def _items(args: tuple[Any, ...]) -> list[Any]:
    return args[0] if len(args) == 1 and isinstance(args[0], list) else list(args)


def _extreme(op: str) -> Callable[..., Any]:
    def best(*args: Any) -> Any:
        items = _items(args)
        if not items or any(item is None for item in items):
            return None
        found = items[0]
        for item in items[1:]:
            better = ordered(op, item, found)
            if better is None:
                return None
            found = item if better else found
        return found

    return best


def _numbers(args: tuple[Any, ...]) -> list[Fraction] | None:
    items = _items(args)
    return items if items and all(type(item) is Fraction for item in items) else None


def _sum(*args: Any) -> Fraction | None:
    items = _numbers(args)
    return None if items is None else sum(items, Fraction(0))


def _mean(*args: Any) -> Fraction | None:
    items = _numbers(args)
    return None if items is None else sum(items, Fraction(0)) / len(items)


def _count(*args: Any) -> Fraction | None:
    return None if args == (None,) else Fraction(len(_items(args)))


def _rounding(rule: Callable[[Fraction], int]) -> Callable[..., Any]:
    def rounded(value: Any, digits: Any = Fraction(0)) -> Fraction | None:
        if type(value) is not Fraction or type(digits) is not Fraction or digits.denominator != 1 or abs(digits) > 6000:
            return None
        factor = Fraction(10) ** digits.numerator
        return rule(value * factor) / factor

    return rounded


def _half_even(value: Fraction) -> int:
    return round(value)


def _away(value: Fraction) -> int:
    return math.ceil(value) if value >= 0 else math.floor(value)


def _half_down(value: Fraction) -> int:
    whole = math.ceil(abs(value) - Fraction(1, 2))
    return whole if value >= 0 else -whole


def _absolute(value: Any) -> Any:
    if type(value) is Fraction:
        return abs(value)
    if isinstance(value, Months):
        return Months(abs(value.months))
    return Seconds(abs(value.seconds)) if isinstance(value, Seconds) else None


def _modulo(left: Any, right: Any) -> Any:
    return (
        left - right * math.floor(left / right)
        if type(left) is Fraction and type(right) is Fraction and right
        else None
    )


def _date(*args: Any) -> dt.date | None:
    if len(args) == 3 and all(type(arg) is Fraction and arg.denominator == 1 for arg in args):
        try:
            return dt.date(*(arg.numerator for arg in args))
        except (ValueError, OverflowError):
            return None
    if len(args) == 1 and isinstance(args[0], str) and "/" in args[0]:
        return None
    return _reader(read_date)(*args)


def _reader(read: Callable[[Any], Any]) -> Callable[..., Any]:
    def value(*args: Any) -> Any:
        try:
            return read(args[0]) if len(args) == 1 and args[0] is not None else None
        except Unreadable:
            return None

    return value


def _date_and_time(*args: Any) -> dt.datetime | None:
    if len(args) == 2:
        if isinstance(args[0], dt.date) and isinstance(args[1], dt.time):
            return dt.datetime.combine(args[0], args[1])
        return None
    return _reader(read_datetime)(*args)


def _months_between(start: Any, end: Any) -> Months | None:
    if not isinstance(start, dt.date) or not isinstance(end, dt.date):
        return None
    start, end = (day.date() if isinstance(day, dt.datetime) else day for day in (start, end))
    first, last = (start, end) if start <= end else (end, start)
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    return Months(months if start <= end else -months)


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value, 34) if isinstance(value, Fraction) else str(value)


def _texts(rule: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: rule(*args) if all(isinstance(arg, str) for arg in args) else None


def _list_contains(items: Any, item: Any) -> bool | None:
    if items is None:
        return None
    return any(equal(one, item) is True for one in (items if isinstance(items, list) else [items]))


BUILTINS: dict[str, Callable[..., Any]] = {
    "min": _extreme("<"),
    "max": _extreme(">"),
    "sum": _sum,
    "count": _count,
    "mean": _mean,
    "abs": _absolute,
    "floor": _rounding(math.floor),
    "ceiling": _rounding(math.ceil),
    "decimal": _rounding(_half_even),
    "round up": _rounding(_away),
    "round down": _rounding(math.trunc),
    "round half up": _rounding(lambda value: round_half_up(value).numerator),
    "round half down": _rounding(_half_down),
    "modulo": _modulo,
    "date": _date,
    "time": _reader(read_time),
    "date and time": _date_and_time,
    "duration": _reader(read_duration),
    "years and months duration": _months_between,
    "number": _reader(read_number),
    "string": _string,
    "list contains": _list_contains,
    "contains": _texts(lambda text, part: part in text),
    "starts with": _texts(str.startswith),
    "ends with": _texts(str.endswith),
    "string length": _texts(lambda text: Fraction(len(text))),
    "upper case": _texts(str.upper),
    "lower case": _texts(str.lower),
}


def part_of(value: Any, part: str) -> Any:
    """A context's entry, or a property of a date, time or duration; null where there is none."""
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, dt.date) and part == "weekday":
        return Fraction(value.isoweekday())
    if isinstance(value, dt.date | dt.time) and part in ("year", "month", "day", "hour", "minute", "second"):
        found = getattr(value, part, None)
        return None if found is None else Fraction(found)
    if isinstance(value, Months) and part in ("years", "months"):
        years, months = divmod(abs(value.months), 12)
        return Fraction(years if part == "years" else months) * (-1 if value.months < 0 else 1)
    if isinstance(value, Seconds) and part in ("days", "hours", "minutes", "seconds"):
        whole = abs(value.seconds)
        units: dict[str, Fraction | int] = {
            "days": whole // 86400,
            "hours": whole // 3600 % 24,
            "minutes": whole // 60 % 60,
            "seconds": whole % 60,
        }
        return Fraction(units[part]) * (-1 if value.seconds < 0 else 1)
    return None


# trees → closures ----------------------------------------------------------------------------------------------------


class Evaluator:
    """Turns trees into closures. `functions`: the business knowledge models, name → (parameter names, body)."""

    def __init__(self, functions: Mapping[str, tuple[tuple[str, ...], Expr]], strict: bool) -> None:
        self.strict = strict
        self._functions = functions
        self._knowledge: dict[str, tuple[tuple[str, ...], Closure]] = {}

    def closure(self, tree: Expr) -> Closure:
        match tree:
            case Lit(value):
                return lambda env: value
            case Name(name):
                return lambda env: env[name]
            case Path(base, part):
                return self._lift(lambda value: part_of(value, part), (base,))
            case Neg(arg):
                return self._lift(lambda value: arithmetic("*", value, Fraction(-1)), (arg,))
            case Arith("/" | "**" as op, left, right):
                return self._division(op, left, right)
            case Arith(op, left, right):
                return self._lift(lambda a, b: arithmetic(op, a, b), (left, right))
            case Compare(op, left, right):
                return self._comparison(op, left, right)
            case Match(left, right):
                return self._match(left, right)
            case Not(arg):
                inner = self.closure(arg)

                def negated(env: Env) -> Any:
                    value = inner(env)
                    return value if value is UNKNOWN else (not value) if isinstance(value, bool) else None

                return negated
            case Logic(op, args):
                return self._logic(op, args)
            case ListOf(items):
                return self._lift(lambda *values: list(values), items)
            case Call(name, args):
                return self._call(name, args)
        raise TypeError(tree)

    def _lift(self, rule: Callable[..., Any], args: tuple[Expr, ...]) -> Closure:
        """A closure that is UNKNOWN where an argument is."""
        inner = tuple(self.closure(arg) for arg in args)
        if len(inner) == 1:
            only = inner[0]

            def unary(env: Env) -> Any:
                value = only(env)
                return UNKNOWN if value is UNKNOWN else rule(value)

            return unary
        if len(inner) == 2:
            first, second = inner

            def binary(env: Env) -> Any:
                left, right = first(env), second(env)
                return UNKNOWN if left is UNKNOWN or right is UNKNOWN else rule(left, right)

            return binary

        def many(env: Env) -> Any:
            values = [one(env) for one in inner]
            return UNKNOWN if any(value is UNKNOWN for value in values) else rule(*values)

        return many

    def _division(self, op: str, left: Expr, right: Expr) -> Closure:
        """A division by zero (or a root of a negative) is null in DMN; for a policy it is not known what it should have been."""
        strict = self.strict

        def rule(a: Any, b: Any) -> Any:
            value = arithmetic(op, a, b)
            return UNKNOWN if value is None and not strict and a is not None and b is not None else value

        return self._lift(rule, (left, right))

    def _comparison(self, op: str, left: Expr, right: Expr) -> Closure:
        strict = self.strict
        if op in ("=", "!=") and (left == Lit(None) or right == Lit(None)):
            # an explicit question whether something is there: what is missing is not
            inner = self.closure(left if right == Lit(None) else right)
            wanted = op == "="

            def is_null(env: Env) -> bool:
                value = inner(env)
                return (value is None or value is UNKNOWN) is wanted

            return is_null

        def rule(a: Any, b: Any) -> Any:
            if op in ("=", "!="):
                same = equal(a, b)
                return same if same is None or op == "=" else not same
            if not strict and (a is None or b is None):
                return False
            return ordered(op, a, b)

        return self._lift(rule, (left, right))

    def _match(self, left: Expr, right: Expr) -> Closure:
        if right == Lit(None):
            return self._comparison("=", left, right)

        def rule(a: Any, b: Any) -> Any:
            if isinstance(b, list) and not isinstance(a, list):
                return any(equal(a, item) is True for item in b)
            if isinstance(b, list) and equal(a, b) is not True:
                return any(equal(a, item) is True for item in b)
            return equal(a, b)

        return self._lift(rule, (left, right))

    def _logic(self, op: str, args: tuple[Expr, ...]) -> Closure:
        inner = tuple(self.closure(arg) for arg in args)
        stops = op == "or"

        def combined(env: Env) -> Any:
            result: Any = not stops
            for one in inner:
                value = one(env)
                if value is stops:
                    return stops
                if value is UNKNOWN:
                    result = UNKNOWN
                elif value is not (not stops) and result is not UNKNOWN:
                    result = None
            return result

        return combined

    def _call(self, name: str, args: tuple[Expr, ...]) -> Closure:
        if name not in self._functions:
            return self._lift(BUILTINS[name], args)
        if name not in self._knowledge:
            parameters, body = self._functions[name]
            self._knowledge[name] = (parameters, self.closure(body))
        parameters, body_closure = self._knowledge[name]
        inner = tuple(self.closure(arg) for arg in args)
        if len(inner) != len(parameters):
            return lambda env: None
        return lambda env: body_closure({key: one(env) for key, one in zip(parameters, inner, strict=True)})
