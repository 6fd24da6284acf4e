from datetime import date

import pytest

from nuanxin.books import rules


@pytest.mark.parametrize(
    ("stem", "correction", "base"),
    [
        ("慰问支出", False, "慰问支出"), ("慰问支出（更正）", True, "慰问支出"), ("慰问支出(更正)", True, "慰问支出"),
        ("慰问支出 更正表", True, "慰问支出"), ("慰问支出-更正", True, "慰问支出"), ("慰问支出【修正版】", True, "慰问支出"),
        ("慰问 支出", False, "慰问支出"), ("Jobs（更正）", True, "jobs"), ("更正", True, ""),
    ],
)  # fmt: skip
def test_a_correction_is_told_by_its_name(stem, correction, base):
    assert (rules.corrects(stem), rules.base_name(stem)) == (correction, base)


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ([date(2022, 7, 1)], [date(2022, 9, 30)], True),
        ([date(2022, 9, 30)], [date(2022, 10, 1)], False),
        ([date(2022, 7, 1), date(2023, 6, 30)], [date(2023, 1, 1)], True),
        ([], [date(2023, 1, 1)], True),
    ],
)
def test_sheets_meet_when_their_quarters_overlap(first, second, meet):
    assert rules.quarters_meet(first, second) is meet
    assert rules.quarters_meet(second, first) is meet


def test_a_text_is_cut_where_the_column_ends():
    assert [rules.fit(text, 3) for text in (None, "", "三个字", "四个字了")] == ["", "", "三个字", "四个…"]
