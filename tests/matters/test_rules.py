from datetime import date, timedelta

import pytest

from nuanxin.matters import rules


@pytest.mark.parametrize(
    ("content", "meeting"),
    [
        ("职工澡堂重建，需会议决策并招标", True),
        ("厂区道路照明改造，需会议决策并招标", True),
        ("更换食堂灶具（需 采购）", True),
        ("门口加装雨棚,须上会研究", True),
        ("电动车充电难", False),
        ("会议室空调不制冷", False),
        ("会议室重新装修，需会议研究", True),
        ("路灯坏了，无需会议和招标", False),
        ("无需会议，但要招标", True),
        ("食堂采购的菜不新鲜", False),
        ("", False),
    ],
)
def test_the_words_tell_the_deadline_class(content, meeting):
    assert rules.deadline_class(content) is meeting


def test_what_the_sender_said_goes_before_the_words():
    assert rules.deadline_class("电动车充电难", True) is True
    assert rules.deadline_class("澡堂重建，需招标", False) is False


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2022, 9, 16), date(2022, 12, 16)),
        (date(2022, 11, 30), date(2023, 2, 28)),
        (date(2023, 11, 30), date(2024, 2, 29)),
    ],
)
def test_a_meeting_takes_three_months(received, due):
    def never(day):
        raise AssertionError("the working-day calendar is not asked")

    assert rules.due_on(received, meeting=True, after_workdays=never) == due


def test_at_once_asks_the_calendar():
    assert rules.due_on(date(2022, 9, 16), meeting=False, after_workdays=lambda d: d + timedelta(3)) == date(
        2022, 9, 19
    )
