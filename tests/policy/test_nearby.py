"""What would have to change, and what would follow: every answer tried, and nothing nearer found by trying every cent."""

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from nuanxin.policy import Policy
from nuanxin.policy.explain import DecisionSheet

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
ON = dt.date(2023, 3, 31)
FAMILY = {
    "area": "QTX",
    "income": "51655.60",
    "medical_paid": "100",
    "schooling_paid": "0",
    "members": "3",
    "homes": "1",
    "runs_business": "否",
    "costly_school": "否",
    "loss": "0",
    "children_compulsory": "0",
    "children_upper": "1",
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load(POLICIES / "qingtongxia")


def tier(policy: Policy, **changed: Any) -> DecisionSheet:
    return policy.explain({**FAMILY, **changed}, ON, changes=True).decisions[0]


def test_a_change_reaches_its_result_and_a_cent_less_does_not(policy: Policy) -> None:
    sheet = tier(policy)
    money = [change for change in sheet.changes if change.type == "money"]
    assert {(change.name, change.result) for change in money} >= {
        ("income", "relative"),
        ("income", "deep"),
        ("medical_paid", "relative"),
        ("loss", "accident"),
    }
    for change in money:
        step = Fraction(1, 100) if change.new_value > change.value else Fraction(-1, 100)
        assert policy.evaluate({**FAMILY, change.name: change.new_value}, ON)["tier"] == change.result
        assert policy.evaluate({**FAMILY, change.name: change.new_value - step}, ON)["tier"] != change.result


def test_the_smallest_change_of_a_head_count_and_of_a_flag(policy: Policy) -> None:
    found = {(change.name, change.result): change.new_value for change in tier(policy).changes}
    heads = {policy.evaluate({**FAMILY, "members": n}, ON)["tier"]: n for n in range(12, 3, -1)}
    assert found["members", "relative"] == heads["relative"]
    assert found["members", "deep"] == heads["deep"]
    poor = {(change.name, change.result): change.new_value for change in tier(policy, income="0").changes}
    assert poor["runs_business", "none"] is True
    assert poor["homes", "none"] == 2


def test_a_missing_figure_comes_with_what_would_follow_on_each_side(policy: Policy) -> None:
    sides = tier(policy, income=None).sides
    assert [(side.text.zh, side.result) for side in sides] == [
        ("低于 25,840.00 元", "deep"),
        ("25,840.00 元 起、低于 51,580.00 元", "relative"),
        ("51,580.00 元 及以上", "none"),
    ]
    assert [side.result for side in tier(policy, runs_business=None, income="0").sides] == ["none", "deep"]
    assert tier(policy, income=None, members=None).sides == ()


def test_the_sheet_says_so_in_words(policy: Policy) -> None:
    sheet = policy.explain({**FAMILY, "income": None}, ON)
    assert "如果 家庭年收入 低于 25,840.00 元：深度困难（deep）" in sheet.text("zh")
    assert "if Yearly household income below 25,840.00 yuan: deep hardship (deep)" in sheet.text("en")
    assert sheet.to_dict()["decisions"][0]["sides"][0]["result"] == "deep"
