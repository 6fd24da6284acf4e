"""What the pages show of a decision, apart from any page: made, at the line, not made for want of a figure."""

from datetime import date

import pytest

from nuanxin.desk.queries import age_on, told
from nuanxin.rulebook.queries import installed

FAMILY = {
    "area": "QTX", "income": 30000, "medical_paid": 0, "schooling_paid": 0, "members": 3, "homes": 1, "runs_business": False,
    "costly_school": False, "loss": 0, "children_compulsory": 0, "children_upper": 0,
}  # fmt: skip


def explained(lang="zh", **change):
    return told(installed("qingtongxia")[0].policy.explain(FAMILY | change, as_of=date(2022, 12, 31)), lang)


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ({"income": 24479}, "deep", "人均月收入 679.97 元（标准：低于 680.00 元），低 0.03 元"),
        ({"income": 24480}, "relative", "人均月收入 680.00 元（标准：低于 1,360.00 元），低 680.00 元"),
        ({"income": 48960}, "over-line", "人均月收入 1,360.00 元（标准：低于 1,360.00 元），正好在标准上"),
        ({"income": 60000, "loss": 20000}, "accident", "扣除损失后人均月收入 1,111.11 元（标准：低于 2,040.00 元），低 928.89 元"),
        ({"homes": 2}, "excluded-homes", "住房套数 2 套（标准：不低于 2 套），正好在标准上"),
        ({"runs_business": True}, "excluded-business", ""),
    ],
)  # fmt: skip
def test_the_rule_that_decided_and_its_distance(change, rule, reason):
    found = explained(**change)
    assert [tried.name for tried in found.rules if tried.decides] == [rule]
    assert found.reason == reason
    assert found.clause


@pytest.mark.parametrize("change", [{"income": None}, {"area": "nowhere"}, {"members": 0}, {"homes": None}])
def test_a_decision_that_was_not_made_has_no_deciding_rule(change):
    for lang in ("zh", "en"):
        found = explained(lang, **change)
        assert not any(tried.decides for tried in found.rules)
        assert (found.clause, found.reason, found.aid_clauses) == ("", "", [])


def test_the_reason_in_english():
    assert "below 680.00" in explained("en", income=12000).reason


@pytest.mark.parametrize(("day", "age"), [(date(2022, 2, 27), 9), (date(2022, 2, 28), 9), (date(2022, 3, 1), 10)])
def test_age_of_a_child_born_on_the_leap_day(day, age):
    assert age_on(date(2012, 2, 29), day) == age
