"""Reading cells and writing figures."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from nuanxin.policy.values import (
    Months,
    Seconds,
    Unreadable,
    money_text,
    number_text,
    read,
    round_half_up,
    to_decimal,
)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("1,234.50", "money", Fraction(2469, 2)),
        (" 12 ", "number", 12),
        (".5", "number", Fraction(1, 2)),
        ("1e3", "number", 1000),
        (0.1, "number", Fraction(1, 10)),
        (Decimal("2.30"), "money", Fraction(23, 10)),
        (np.int64(7), "integer", 7),
        (3.0, "integer", 3),
        ("", "money", None),
        ("  ", "string", None),
        (float("nan"), "number", None),
        ("是", "boolean", True),
        ("FALSE", "boolean", False),
        (0, "boolean", False),
        ("2023-02-28", "date", dt.date(2023, 2, 28)),
        ("2023/2/8", "date", dt.date(2023, 2, 8)),
        (dt.datetime(2023, 2, 8), "date", dt.date(2023, 2, 8)),
        (7, "string", "7"),
        (1.5, "string", "1.5"),
        ("a；b、c", "list<string>", ["a", "b", "c"]),
        ('["a", "b"]', "list<string>", ["a", "b"]),
        (["1", "2"], "list<number>", [1, 2]),
        ("P1Y2M", "years and months duration", Months(14)),
        ("P1DT1H", "days and time duration", Seconds(Fraction(90000))),
    ],
)
def test_a_cell_is_read_by_its_type(value: Any, kind: str, expected: Any) -> None:
    assert read(value, kind) == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("约3万", "money"),
        ("1,23", "money"),
        ("--5", "number"),
        ("inf", "number"),
        (float("inf"), "number"),
        (True, "number"),
        ("1.5", "integer"),
        ("maybe", "boolean"),
        ("2", "boolean"),
        ("2023-02-29", "date"),
        ("20230201", "date"),
        ("P", "days and time duration"),
        ("P1M1D", "days and time duration"),
    ],
)
def test_what_is_no_value_of_its_type_is_unreadable(value: Any, kind: str) -> None:
    with pytest.raises(Unreadable):
        read(value, kind)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [("1.005", 2, "1.01"), ("-1.005", 2, "-1.01"), ("2.5", 0, "3"), ("1.004999", 2, "1.00"), ("0", 2, "0.00")],
)
def test_rounding_is_half_up_away_from_zero(value: str, places: int, expected: str) -> None:
    assert str(to_decimal(Fraction(value), places)) == expected
    assert round_half_up(Fraction(value), places) == Fraction(expected)


def test_figures_as_text() -> None:
    assert number_text(Fraction(1, 3)) == "0.333333333333"
    assert number_text(Fraction(1, 1024)) == "0.0009765625"
    assert number_text(Fraction(-5)) == "-5"
    assert money_text(Fraction(1234567, 1000)) == "1,234.57"
    assert str(Months(-14)) == "-P1Y2M"
    assert str(Seconds(Fraction(90061))) == "P1DT1H1M1S"
