from datetime import date

import pytest

from nuanxin.records.flows import Flow, Move
from nuanxin.records.rules import add_months, balanced, event_hash


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2022, 8, 15), 3, date(2022, 11, 15)),
        (date(2022, 11, 30), 3, date(2023, 2, 28)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2022, 12, 31), 12, date(2023, 12, 31)),
        (date(2022, 10, 31), 1, date(2022, 11, 30)),
    ],
)
def test_months_later_is_the_same_day_or_the_last(start, months, expected):
    assert add_months(start, months) == expected


def test_hash_depends_on_what_came_before():
    assert event_hash("", {"a": 1}) != event_hash("x", {"a": 1})
    assert event_hash("", {"a": 1, "b": 2}) == event_hash("", {"b": 2, "a": 1})


def test_balance():
    assert balanced({"in": {"rows": 3}, "out": {"accepted": 1, "refused": 2}})
    assert not balanced({"in": {"rows": 3}, "out": {"accepted": 3, "refused": 2}})


def test_a_flow_names_only_its_states():
    with pytest.raises(ValueError, match="unknown states"):
        Flow("x", ["a"], [Move("go", ("a",), "b", ("r",))])
    flow = Flow("x", ["a", "b"], [Move("go", ("a",), "b", ("r",))])
    assert [move.verb for move in flow.next("a")] == ["go"]
    assert flow.next("b") == []
