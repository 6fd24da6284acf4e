"""S-FEEL as the standard says, where the kit's level 2 does not look: intervals, dates, lists, rounding, null, names."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from nuanxin.policy import PolicyError
from nuanxin.policy.evaluate import Evaluator
from nuanxin.policy.feel import Scope, parse, parse_cell
from nuanxin.policy.values import UNKNOWN, Months, Seconds

NAMES = {
    "x": Fraction(7),
    "n": Fraction(3),
    "家庭 年收入": Fraction(60000),
    "pre-tax income/year": Fraction(5),
    "born": dt.date(2000, 2, 29),
    "items": ["illness", "accident"],
    "one": ["illness"],
    "nothing": None,
    "text": "abc",
    "loan": {"rate": Fraction(1, 4), "Approved/Declined": "yes"},
}
SCOPE = Scope(NAMES, {"double it": ("a",), "share of": ("the whole", "人数")}, ("rate", "Approved/Declined"))
KNOWLEDGE = {
    "double it": (("a",), parse("2 * a", Scope(["a"]))),
    "share of": (("the whole", "人数"), parse("the whole / 人数", Scope(["the whole", "人数"]))),
}
STRICT = Evaluator(KNOWLEDGE, strict=True)


def value(text: str) -> Any:
    return STRICT.closure(parse(text, SCOPE))(NAMES)


def cell(text: str, subject: Any, strict: bool = True) -> Any:
    evaluator = STRICT if strict else Evaluator({}, strict=False)
    return evaluator.closure(parse_cell(text, SCOPE))({**NAMES, "?": subject})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/3 + 1/3 + 1/3", 1),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("10 / 4 * 2", 5),
        ("x - n - 1", 3),
        ("家庭 年收入 / 12", 5000),
        ("家庭  年收入 + 1", 60001),
        ("pre-tax income/year - x", -2),
        ("double it(x)", 14),
        ("double it(a: x)", 14),
        ("share of(x, 2)", Fraction(7, 2)),
        ("share of(人数: n - 1, the whole: x)", Fraction(7, 2)),
        ("share of(the whole: x)", None),
        ("round half up(scale: 1, n: 2.25)", Fraction(23, 10)),
        ("floor(n: -1.5)", -2),
        ("date(year: 2023, month: 1, day: 31)", dt.date(2023, 1, 31)),
        ("min(list: [3, x])", 3),
        ("loan.rate * 4", 1),
        ("loan.Approved/Declined", "yes"),
        ("1 / 0", None),
        ("x / (n - 3)", None),
        ("0 ** -1", None),
        ("x + nothing", None),
        ('text + "d"', "abcd"),
        ("text + 1", None),
        ("x = null", False),
        ("nothing = null", True),
        ("nothing != null", False),
        ("nothing < 1", None),
        ('x = "7"', None),
        ("x between 1 and 7", True),
        ("x in [1..7)", False),
        ("x in (1, 7)", True),
        ("x in (< 5, > 6)", True),
        ("true and nothing = 1", False),
        ("true and nothing < 1", None),
        ("false and nothing < 1", False),
        ("true or nothing < 1", True),
        ("not(nothing < 1)", None),
        ("min(x, n, 5)", 3),
        ("max([1, x])", 7),
        ("min(x, nothing)", None),
        ("sum(1, 2, 3.5)", Fraction(13, 2)),
        ("sum([])", None),
        ("count([1, nothing])", 2),
        ("abs(-2.5)", Fraction(5, 2)),
        ("floor(-1.5)", -2),
        ("ceiling(-1.5)", -1),
        ("floor(1.56, 1)", Fraction(3, 2)),
        ("round half up(2.5, 0)", 3),
        ("round half up(-2.5, 0)", -3),
        ("round half up(1.005, 2)", Fraction(101, 100)),
        ("round half up(1250, -2)", 1300),
        ("round half down(2.5, 0)", 2),
        ("round up(1.01, 0)", 2),
        ("round down(-1.99, 0)", -1),
        ("decimal(2.5, 0)", 2),
        ("modulo(-12, 5)", 3),
        ('date("2023-02-29")', None),
        ('date("2023-03-31") - date("2023-01-01")', Seconds(Fraction(89 * 86400))),
        ('date("2023-01-31") + duration("P1M")', dt.date(2023, 2, 28)),
        ('born + duration("P1Y")', dt.date(2001, 2, 28)),
        ('born - duration("P1D")', dt.date(2000, 2, 28)),
        ("born.year + born.month", 2002),
        ("born.weekday", 2),
        ('@"2000-02-29" = born', True),
        ('date("2000-02-29") < date("2000-03-01")', True),
        ('years and months duration(born, date("2023-02-28"))', Months(22 * 12 + 11)),
        ('duration("P1Y2M") > duration("P13M")', True),
        ('duration("P1D") = duration("PT24H")', True),
        ('duration("PT90M").hours', 1),
        ('2 * duration("P1M")', Months(2)),
        ('date and time("2023-01-01T10:00:00") < date and time("2023-01-01T10:00:01")', True),
        ('list contains(items, "accident")', True),
        ("8 ** (1/3)", None),
    ],
)
def test_an_expression(text: str, expected: Any) -> None:
    found = value(text)
    if text == "8 ** (1/3)":
        assert abs(found - 2) < Fraction(1, 10**30)
    else:
        assert found == expected
        assert (found is None) == (expected is None)


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        ("-", None, True),
        ("[15..30)", Fraction(15), True),
        ("[15..30)", Fraction(30), False),
        ("]15..30]", Fraction(15), False),
        ("(15..30[", Fraction(30), False),
        ("[n..x]", Fraction(7), True),
        ("(2 * n..3 * n]", Fraction(6), False),
        ("< x, > 2 * x", Fraction(15), True),
        ("<= 2 * n", Fraction(6), True),
        ("= n", Fraction(3), True),
        ("!= n", Fraction(3), False),
        ("n", Fraction(3), True),
        ("n + 1", Fraction(4), True),
        ('"illness","accident"', "accident", True),
        ('not("other")', "x", True),
        ('not("other", "x")', "x", False),
        ("not([1..3], > 10)", Fraction(5), True),
        ("null", None, True),
        ("null", Fraction(0), False),
        ("not(null)", Fraction(0), True),
        ("not(null)", None, False),
        ("< 5", None, None),
        ("items", "illness", True),
        ("items", "other", False),
        ("items", ["illness", "accident"], True),
        ('"illness"', ["illness"], True),
        ('list contains(?, "illness")', ["a", "illness"], True),
        ("? * 2 > x", Fraction(4), True),
        ("count(?) > 1", ["a", "b"], True),
        ('[date("2000-01-01")..born]', dt.date(2000, 2, 29), True),
        ('< date("2000-02-29")', dt.date(2000, 2, 29), False),
        ('> duration("P1Y")', Months(13), True),
        ("true", True, True),
        ("false", True, False),
        ("＜＝ １０", Fraction(10), True),
        ("≤ 10", Fraction(10), True),
        ("“illness”，“x”", "x", True),
    ],
)
def test_a_cell(text: str, subject: Any, expected: Any) -> None:
    assert cell(text, subject) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("< 5", UNKNOWN),
        ('"a"', UNKNOWN),
        ('not("a")', UNKNOWN),
        ("null", True),
        ("not(null)", False),
        ("-", True),
        ("< 5, null", True),
    ],
)
def test_a_missing_figure_stays_unknown(text: str, expected: Any) -> None:
    assert cell(text, UNKNOWN, strict=False) is expected


@pytest.mark.parametrize(
    "text",
    [
        "1 +",
        "(1",
        "[1..",
        "1..2",
        '"open',
        "min()",
        "nonsense(1)",
        "if x then 1 else 2",
        "x x",
        "1 2",
        "#",
        "not(",
        "abs(1, 2)",
        "-" * 99 + "1",
        "(" * 99,
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_in_both_languages(text: str) -> None:
    for read in (parse, parse_cell):
        with pytest.raises(PolicyError) as caught:
            read(text, SCOPE)
        assert caught.value.problem.sentence("zh") != caught.value.problem.sentence("en")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1,000", "1000"),
        ("> 1,500", "1500"),
        (">= 1，500，000", "1500000"),
        ("< 3 , 4, 12,050", "12050"),
        ("max(x, 1,000)", "1000"),
        ("2023-01-31", 'date("2023-01-31")'),
        ("< 2023/1/1", 'date("2023-01-01")'),
        ("[2023-10-12..2024-10-12)", 'date("2023-10-12")'),
    ],
)
def test_a_figure_or_a_day_as_people_write_it_is_told(text: str, plain: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_cell(text, SCOPE)
    for lang in ("zh", "en"):
        assert plain in caught.value.problem.sentence(lang)


@pytest.mark.parametrize(
    ("text", "value"), [("100,200", 200), ("> 1, 500", 500), ("1, 100", 100), ("0.5,100", 100), ("2023 - 1 - 31", 1991)]
)
def test_several_values_are_several_values(text: str, value: int) -> None:
    assert cell(text, Fraction(value)) is True


def test_a_text_without_quotes_is_told_apart_from_a_figure() -> None:
    with pytest.raises(PolicyError, match='needs quotes, as in "deep"'):
        parse_cell("deep", SCOPE)


def test_a_power_that_would_not_end_is_null() -> None:
    assert value("10 ** 1000000000") is None
