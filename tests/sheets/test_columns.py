import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.sheets.columns import BLANK, MARK, REFUSED, VALUE, check_ids, shown, type_column
from nuanxin.sheets.form import Field, forms

TODAY = dt.date(2023, 6, 30)
SURVEY = forms()["survey"].fields
VISITS = forms()["visits"].fields
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def one(field: Field, cell: object, unit: int = 1) -> tuple[object, int, str]:
    """The value, state and problem code of a single cell."""
    typed = type_column(field, [cell], unit, TODAY)
    return typed.values[0], int(typed.state[0]), typed.problems[0].code if typed.problems else ""


def number(stem: str) -> str:
    return stem + "10X98765432"[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]


@pytest.mark.parametrize(
    ("cell", "unit", "fen"),
    [
        (38000.0, 1, 3_800_000),
        (51479.99, 1, 5_147_999),
        (1.631999, 10_000, 1_631_999),
        (3.10007, 10_000, 3_100_070),
        (0.1 + 0.2, 1, 30),
        ("9,000.00", 1, 900_000),
        ("２０００．０３", 1, 200_003),
        ("1.74万元", 1, 1_740_000),
        ("4000元", 10_000, 400_000),
        ("2万", 1, 2_000_000),
        ("¥ 1,234.50", 1, 123_450),
        ("￥36000元整", 1, 3_600_000),
        ("RMB500", 1, 50_000),
        ("3.6千元", 1, 360_000),
        ("36000元/年", 1, 3_600_000),
        ("​12 000 ", 1, 1_200_000),
        ("0元", 10_000, 0),
        ("1.632", 10_000, 1_632_000),
    ],
)
def test_amounts_are_exact_fen(cell: object, unit: int, fen: int) -> None:
    assert one(SURVEY["income"], cell, unit) == (fen, VALUE, "")


@pytest.mark.parametrize(
    "cell",
    [
        "约3万",
        "每月3000",
        "3000/月",
        "3-5万",
        ">1万",
        "三万",
        "3万左右",
        "1,23",
        "36000~40000",
        "#N/A",
        "1e5",
        "见附件",
        "12.5%",
        True,
        dt.date(2022, 1, 1),
    ],
)
def test_an_amount_that_is_no_figure_for_a_year_is_refused(cell: object) -> None:
    assert one(SURVEY["income"], cell) == (None, REFUSED, "amount_unclear")


@pytest.mark.parametrize("cell", ["-5", -5.0, "－500元", "(5,000)", "-1万"])
def test_negative_amounts_are_refused(cell: object) -> None:
    assert one(SURVEY["income"], cell) == (None, REFUSED, "amount_negative")


def test_an_absurd_amount_is_refused() -> None:
    assert one(SURVEY["income"], 1e15)[2] == "amount_too_large"
    assert one(SURVEY["income"], "9" * 40)[1] == REFUSED
    assert one(SURVEY["income"], float("inf"))[2] == "amount_unclear"


@pytest.mark.parametrize(("cell", "fen"), [("0.005", 1), ("1.114", 111), (1.115, 112), ("1.6319995", 163)])
def test_finer_than_a_fen_is_rounded_half_up_with_a_warning(cell: object, fen: int) -> None:
    assert one(SURVEY["income"], cell) == (fen, VALUE, "amount_rounded")


@pytest.mark.parametrize("cell", ["无", "/", "—", "－", "-", "\\", "空", "——", "／"])
def test_marks_follow_the_blank_meaning(cell: str) -> None:
    assert one(SURVEY["medical"], cell) == (0, MARK, "")
    expected = (0, MARK, "") if cell == "无" else (None, BLANK, "")
    assert one(VISITS["medical"], cell) == expected


def test_an_empty_cell_is_blank() -> None:
    assert one(SURVEY["medical"], "") == (None, BLANK, "")
    assert one(SURVEY["medical"], " 　​") == (None, BLANK, "")
    assert one(VISITS["income"], "0") == (0, VALUE, "")


def test_amounts_with_different_units_in_one_column() -> None:
    typed = type_column(SURVEY["income"], [1.5, 15000.0, "2万元", "约1万"], [10_000, 1, 1, 10_000], TODAY)
    assert typed.values == [1_500_000, 1_500_000, 2_000_000, None]
    assert [p.at for p in typed.problems] == [3]


@given(st.integers(0, 10**11), st.sampled_from([1, 1_000, 10_000]))
def test_amount_round_trip(fen: int, unit: int) -> None:
    figure = Decimal(fen) / 100 / unit
    assert one(SURVEY["income"], f"{figure:f}", unit)[0] == fen
    assert one(SURVEY["income"], f"{Decimal(fen) / 100:,.2f}元", unit)[0] == fen
    assert one(SURVEY["income"], float(figure), unit)[0] == fen


@given(st.dates(dt.date(1900, 1, 1), TODAY), st.integers(0, 999), st.sampled_from(["640381", "110101", "999999"]))
def test_id_round_trip(born: dt.date, order: int, area: str) -> None:
    good = number(f"{area}{born:%Y%m%d}{order:03d}")
    spaced = f"​{good[:6]} {good[6:14]} {good[14:]} ".replace("X", "x")
    wide = "".join(chr(ord(c) + 0xFEE0) for c in good)
    typed = type_column(SURVEY["resident_id"], [good, spaced, wide], 1, TODAY)
    assert typed.values == [good] * 3
    assert typed.births is not None
    assert typed.births.tolist() == [int(f"{born:%Y%m%d}")] * 3


@given(st.dates(dt.date(1900, 1, 1), TODAY), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_character_never_passes(born: dt.date, place: int, add: int) -> None:
    good = number(f"640381{born:%Y%m%d}101")
    old = good[place]
    new = "0123456789X"[("0123456789X".index(old) + add) % 11] if place == 17 else str((int(old) + add) % 10)
    wrong = good[:place] + new + good[place + 1 :]
    typed = type_column(SURVEY["resident_id"], [wrong], 1, TODAY)
    assert typed.values == [None]
    assert typed.state.tolist() == [REFUSED]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (640381197402175011.0, "id_as_number"),
        (6.4e17, "id_as_number"),
        ("6.40381E+17", "id_as_number"),
        ("640381197402175000.0", "id_as_number"),
        ("6.40381197402175e+17", "id_as_number"),
        (dt.date(1974, 2, 17), "id_as_number"),
        (True, "id_as_number"),
        ("640381740217501", "id_old"),
        ("64038119740217501", "id_length"),
        ("6403811974021750111", "id_length"),
        ("64038119740217501A", "id_characters"),
        ("6403811974O2175011", "id_characters"),
        ("六40381197402175011", "id_characters"),
        ("证件遗失", "id_characters"),
        (number("64038119740230501"), "id_date"),
        (number("64038120100231907"), "id_date"),
        (number("64038119001301501"), "id_date"),
        (number("64038118991231501"), "id_future"),
        (number("64038120230701501"), "id_future"),
        ("640381197506164400", "id_check"),
    ],
)
def test_ids_that_are_refused(cell: object, code: str) -> None:
    assert one(SURVEY["resident_id"], cell) == (None, REFUSED, code)


def test_ids_are_checked_in_columns() -> None:
    good = number("64038119740217501")
    checked = check_ids([good, "64038119740217501a", number("64038119740230501")], TODAY)
    assert checked.characters.tolist() == [False, True, False]
    assert checked.date.tolist() == [False, False, True]
    assert checked.births.tolist()[0] == 19740217
    assert check_ids([], TODAY).numbers == []


def test_leap_days() -> None:
    assert one(SURVEY["resident_id"], number("64038120000229101"))[1] == VALUE
    assert one(SURVEY["resident_id"], number("64038119000229101"))[2] == "id_date"
    assert one(SURVEY["resident_id"], number("64038119960229101"))[1] == VALUE


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (13722479758.0, "13722479758"),
        ("13722479758.0", "13722479758"),
        (" 137 2247 9758 ", "13722479758"),
        ("１３７２２４７９７５８", "13722479758"),
        ("+86 137-2247-9758", "13722479758"),
        ("0953-3021234", "0953-3021234"),
        ("（0953）3021234", "0953-3021234"),
    ],
)
def test_phones(cell: object, expected: str) -> None:
    assert str(one(SURVEY["phone"], cell)[0]).lstrip("-") == expected


@pytest.mark.parametrize("cell", ["1372247975", "1.37225E+10", 1.5, "没有电话的", "12345678901"])
def test_an_unreadable_phone_is_dropped_with_a_warning(cell: object) -> None:
    typed = type_column(SURVEY["phone"], [cell], 1, TODAY)
    assert typed.values == [None]
    assert [(p.code, p.refused) for p in typed.problems] == [("phone_unreadable", False)]


def test_two_phones_give_the_first() -> None:
    assert one(SURVEY["phone"], "13722479758/13900001111") == ("13722479758", VALUE, "phone_second")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("2", 2), (2.0, 2), ("2套", 2), ("３ 人", 3), ("两套", 2), ("0", 0), ("1.0", 1), ("1辆", 1), ("1,200", 1200)],
)
def test_integers(cell: object, expected: int) -> None:
    assert one(SURVEY["homes"], cell) == (expected, VALUE, "")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.5", "integer_unclear"),
        (1.5, "integer_unclear"),
        ("-1", "integer_negative"),
        (-2.0, "integer_negative"),
        ("多套", "integer_unclear"),
        ("2021-03-01", "integer_unclear"),
    ],
)
def test_integers_that_are_refused(cell: object, code: str) -> None:
    assert one(SURVEY["homes"], cell) == (None, REFUSED, code)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("是", True),
        ("否", False),
        ("有", True),
        ("√", True),
        ("×", False),
        ("Y", True),
        ("n", False),
        (1.0, True),
        (True, True),
        (False, False),
        ("是（小卖部）", True),
        ("有，一家小店", True),
    ],
)
def test_flags(cell: object, expected: bool) -> None:
    assert one(SURVEY["runs_business"], cell)[:2] == (expected, VALUE)


def test_flags_that_are_blank_or_unclear() -> None:
    assert one(SURVEY["runs_business"], "/") == (False, MARK, "")
    assert one(VISITS["runs_business"], "/") == (None, BLANK, "")
    assert one(VISITS["runs_business"], "无") == (False, VALUE, "")
    assert one(SURVEY["runs_business"], "可能") == (None, REFUSED, "flag_unclear")


def test_logical_cells_and_ones_in_one_column_stay_apart() -> None:
    typed = type_column(SURVEY["runs_business"], [True, 1.0, False, 0.0], 1, TODAY)
    assert typed.values == [True, True, False, False]
    assert type_column(SURVEY["homes"], [1.0, True], 1, TODAY).state.tolist() == [VALUE, REFUSED]


@pytest.mark.parametrize(
    "cell",
    [
        "2022-09-16",
        "2022/9/16",
        "2022.9.16",
        "2022年9月16日",
        "２０２２年９月１６日",
        "20220916",
        20220916.0,
        44820.0,
        "44820",
        dt.date(2022, 9, 16),
        dt.datetime(2022, 9, 16, 8),
        "2022-09-16 00:00:00",
        " 2022 年 9 月 16 日 ",
        "2022-9-16 14:30",
    ],
)
def test_dates(cell: object) -> None:
    assert one(VISITS["visited_on"], cell) == (dt.date(2022, 9, 16), VALUE, "")


@pytest.mark.parametrize("cell", ["2022-02-30", "9月16日", "2022-13-01", "20221301", 5.0, "下周", "2022", True])
def test_dates_that_are_refused(cell: object) -> None:
    assert one(VISITS["visited_on"], cell) == (None, REFUSED, "date_unclear")


def test_months_and_years() -> None:
    month = Field("m", "月", "year_month")
    assert one(month, "2022年9月")[0] == dt.date(2022, 9, 1)
    assert one(month, "202209")[0] == dt.date(2022, 9, 1)
    assert one(month, "2022.09.16")[0] == dt.date(2022, 9, 1)
    assert one(SURVEY["school_entry"], "2020年9月")[0] == 2020
    assert one(SURVEY["school_entry"], 2020.0)[0] == 2020
    assert one(SURVEY["school_entry"], "很久以前")[2] == "date_unclear"


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("relation", "妻子", "spouse"), ("relation", " 儿 子", "child"), ("relation", "岳父", "parent"), ("relation", "长女（在读）", "child"),
        ("relation", "外婆", "grandparent"), ("relation", "弟弟", "sibling"), ("relation", "儿媳", "other"), ("relation", "孙女", "grandchild"),
        ("study_stage", "小学", "compulsory"), ("study_stage", "技校", "upper_secondary"), ("study_stage", "大专", "university"),
        ("study_stage", "幼儿园", "preschool"), ("study_stage", "已毕业", None), ("study_stage", "无", None),
    ],
)  # fmt: skip
def test_choices(field: str, cell: str, expected: str | None) -> None:
    assert one(SURVEY[field], cell)[0] == expected
    assert one(SURVEY[field], cell)[2] == ""


def test_a_choice_with_a_remark_behind_it() -> None:
    assert one(VISITS["conclusion"], "与申报不符，收入以核实为准")[0] == "differs"
    assert one(forms()["register_check"].fields["result"], "无")[0] == "none"


def test_an_unknown_choice_is_refused_with_the_words_that_are_known() -> None:
    typed = type_column(SURVEY["relation"], ["邻居"], 1, TODAY)
    assert typed.problems[0].code == "choice_unknown"
    assert "配偶" in str(typed.problems[0].args["choices"])


def test_cards() -> None:
    assert one(SURVEY["card"], "6222 0212 3456 7890 123") == ("6222021234567890123", VALUE, "card_luhn")
    assert one(SURVEY["card"], "4111111111111111") == ("4111111111111111", VALUE, "")
    assert one(SURVEY["card"], 6.22202123456789e18)[2] == "card_as_number"
    assert one(SURVEY["card"], "6.22202E+18")[2] == "card_as_number"
    assert one(SURVEY["card"], "1234")[2] == "card_digits"


def test_names_keep_their_inner_characters() -> None:
    assert one(SURVEY["name"], " 张　 刚​\n")[0] == "张 刚"
    assert one(SURVEY["name"], "买买提·艾力")[0] == "买买提·艾力"
    assert one(SURVEY["name"], "𠮷田")[0] == "𠮷田"
    assert one(SURVEY["name"], "无") == (None, BLANK, "")


def test_text_of_numbers_and_dates() -> None:
    assert type_column(SURVEY["note"], [5.0, 0.1, dt.date(2022, 1, 2), "a", ""], 1, TODAY).values == [
        "5",
        "0.1",
        "2022-01-02",
        "a",
        None,
    ]


def test_a_large_clean_column_equals_the_slow_path() -> None:
    numbers = [number(f"640381{1950 + i % 60}0102{i % 1000:03d}") for i in range(3000)]
    assert type_column(SURVEY["resident_id"], list(numbers), 1, TODAY).values == numbers
    dirty = type_column(SURVEY["resident_id"], [f" {n}" for n in numbers], 1, TODAY)
    assert dirty.values == numbers


def test_what_is_shown_is_masked() -> None:
    assert shown(SURVEY["resident_id"], "640381197112122498") == "6403**********2498"
    assert shown(SURVEY["resident_id"], 6.40381197112122e17) == "6.40381E+17"
    assert shown(SURVEY["resident_id"], "640381197402175000.0") == "6.40381E+17"
    assert shown(SURVEY["resident_id"], "6.40381197402175e+17") == "6.40381E+17"
    assert shown(SURVEY["resident_id"], "6.40381E+17") == "6.40381E+17"
    assert shown(SURVEY["name"], "韩春晓") == "韩＊晓"
    assert shown(SURVEY["name"], "田英") == "田＊"
    assert shown(SURVEY["phone"], "13800006021") == "138****6021"
    assert shown(SURVEY["income"], "640381197112122498") == "6403**********2498"
    assert len(shown(SURVEY["note"], "长" * 100)) == 40
