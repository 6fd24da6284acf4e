import datetime as dt
from types import SimpleNamespace

import pytest

from nuanxin.sheets import Reading, forms, read_file
from nuanxin.sheets.layout import find_layout, quarter_of, read_title

EXPECT = {"survey", "matters"}


@pytest.mark.parametrize(
    ("text", "quarter"),
    [
        ("甲工会2022年第三季度困难职工家庭摸排表", "2022Q3"),
        ("甲工会2022年三季度摸排表", "2022Q3"),
        ("2022年3季度", "2022Q3"),
        ("２０２２年第３季度", "2022Q3"),
        ("2022Q3", "2022Q3"),
        ("2022年度第四季度", "2022Q4"),
        ("二〇二二年第三季度", "2022Q3"),
        ("二零二三年一季度", "2023Q1"),
        ("2022 年 第 三 季 度", "2022Q3"),
        ("2022年7-9月", "2022Q3"),
        ("2022年第五季度", None),
        ("困难职工家庭摸排表", None),
        ("2022年困难职工3户", None),
    ],
)
def test_quarters(text: str, quarter: str | None) -> None:
    assert quarter_of(text) == quarter


@pytest.mark.parametrize(
    ("rows", "org"),
    [
        ([["峡光铝材工会委员会2022年第三季度困难职工家庭摸排表"]], "峡光铝材工会委员会"),
        ([["2022年第三季度峡光铝材工会委员会困难职工家庭摸排表"]], "峡光铝材工会委员会"),
        ([["2022年第三季度困难职工家庭摸排表"]], None),
        (
            [
                ["2022年第三季度困难职工家庭摸排表"],
                ["填报单位：东街社区工会联合会（盖章）", "", "填报日期：2022年8月15日"],
            ],
            "东街社区工会联合会",
        ),
        ([["青铜峡市总工会2022年第三季度摸排表"], ["填报单位: 东街社区工会联合会(公章)"]], "东街社区工会联合会"),
        ([["2022年第三季度困难职工摸排表"], ["填报单位：", "填报日期："]], None),
    ],
)
def test_the_union_that_the_title_names(rows: list[list[object]], org: str | None) -> None:
    assert read_title(rows).org_name == org


def test_the_rest_of_the_title() -> None:
    title = read_title([["甲工会2022年第三季度摸排表"], ["填报单位：乙工会", "填报日期：2022.8.15", "单位：万元"]])
    assert (title.quarter, title.filled_on, title.unit) == ("2022Q3", dt.date(2022, 8, 15), 10_000)
    assert read_title([["填报日期：2022年13月45日"]]).filled_on is None
    assert read_title([["填报单位：元"]]).unit is None


def read(write, rows: list[list[object]], **options: object) -> Reading:
    return read_file(write("a.xlsx", rows, **options), expect=EXPECT)


def survey(reading: Reading) -> list[dict[str, object]]:
    assert reading.refused_whole is None, reading.refused_whole and reading.refused_whole.text()
    return reading.tables["survey"].to_pylist()


def test_header_below_titles_and_groups(write, make: SimpleNamespace) -> None:
    groups = ["基本情况", *[""] * 7, "收入和支出", *[""] * 3, "住房和资产", *[""] * 3, "其他", "", ""]
    rows = [["甲工会2022年第三季度摸排表"], ["填报单位：甲工会"], [], groups, make.HEADER, *make.family()]
    reading = read(write, rows, merges=["A4:H4", "I4:L4"])
    assert [r["row"] for r in survey(reading)] == [6, 7, 8]
    assert reading.quarter == "2022Q3"


def test_two_row_header_with_vertical_merges(write, make: SimpleNamespace) -> None:
    """Single columns stand in the upper row, merged down; grouped ones have their names below."""
    upper = list(make.HEADER)
    lower: list[object] = [""] * len(upper)
    for place in (8, 9, 10):
        lower[place] = upper[place]
        upper[place] = "收入和支出" if place == 8 else ""
    rows = [["2022年第三季度摸排表"], upper, lower, *make.family()]
    table = survey(read(write, rows, merges=["A2:A3", "B2:B3", "I2:K2"]))
    assert next((r["row"], r["income"], r["name"]) for r in table) == (4, 3_800_000, "张刚")


def test_units_in_a_second_header_row(write, make: SimpleNamespace) -> None:
    upper = [title.split("（")[0] for title in make.HEADER]
    lower: list[object] = ["（万元）" if "（元）" in title else "" for title in make.HEADER]
    table = survey(read(write, [upper, lower, *make.family(家庭年收入=3.8, 自付医疗费="21000元")]))
    assert (table[0]["income"], table[0]["medical"]) == (3_800_000, 2_100_000)


def test_group_and_sub_name_together(write) -> None:
    upper = ["日期", "活动", "慰问对象", "慰问", ""]
    lower = ["", "", "", "人数", "金额（元）"]
    path = write("a.xlsx", [upper, lower, ["2022-07-02", "送清凉", "快递员", 290, 13574]])
    table = read_file(path, expect={"consolation"}).tables["consolation"].to_pylist()
    assert (table[0]["people"], table[0]["amount"]) == (290, 1_357_400)


def test_a_unit_above_the_header_holds_for_amounts_without_one(write, make: SimpleNamespace) -> None:
    header = [title.replace("（元）", "") for title in make.HEADER]
    header[9] = "自付医疗费（元）"
    rows = [["2022年第三季度摸排表"], ["填报单位：甲工会", "单位：万元"], header, *make.family(header, 家庭年收入=3.8)]
    table = survey(read(write, rows))
    assert (table[0]["income"], table[0]["medical"]) == (3_800_000, 2_100_000)


def test_other_names_other_order_and_line_breaks(write, make: SimpleNamespace) -> None:
    order = [8, 5, 3, 4, 18, 2, 0, 1, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17]
    names = {
        5: "公民\n身份号码",
        6: " 手机号 ",
        2: "困难职工姓名",
        8: "家庭\n年收入（万元）",
        4: "*与户主关系",
        9: "自付医疗费用（元）",
    }
    header = [names.get(i, make.HEADER[i]) for i in order]
    rows = [[row[i] for i in order] for row in make.family(家庭年收入=3.8)]
    reading = read(write, [header, *rows])
    table = survey(reading)
    assert (table[0]["income"], table[0]["worker_name"], table[0]["relation"], table[0]["phone"]) == (
        3_800_000,
        "张刚",
        "self",
        "13722479758",
    )
    assert not reading.refusals


def test_a_bare_name_column(write, make: SimpleNamespace) -> None:
    member_only = ["姓名" if t == "家庭成员姓名" else t for t in make.HEADER]
    table = survey(read(write, [member_only, *make.family()]))
    assert table[1]["name"] == "马敏"
    both = ["姓名" if t == "职工姓名" else t for t in make.HEADER]
    table = survey(read(write, [both, *make.family()]))
    assert (table[1]["worker_name"], table[1]["name"]) == ("张刚", "马敏")


def test_unknown_columns_are_warned_of(write, make: SimpleNamespace) -> None:
    reading = read(write, [[*make.HEADER, "籍贯"], *[[*row, "宁夏"] for row in make.family()]])
    assert len(survey(reading)) == 3
    assert [(w.code, w.column) for w in reading.warnings if w.code == "unknown_column"] == [("unknown_column", "籍贯")]


def test_two_columns_for_one_field(write, make: SimpleNamespace) -> None:
    reading = read(write, [[*make.HEADER, "年收入（元）"], *[[*row, 1] for row in make.family()]])
    assert reading.refused_whole is not None
    assert reading.refused_whole.code == "doubled_column"
    assert "家庭年收入" in reading.refused_whole.text()


def test_a_missing_column_is_named(write, make: SimpleNamespace) -> None:
    header = make.HEADER[:8] + make.HEADER[9:]
    reading = read(write, [["2022年第三季度摸排表"], header, *[row[:8] + row[9:] for row in make.family()]])
    assert reading.refused_whole is not None
    assert reading.refused_whole.code == "missing_column"
    assert reading.refused_whole.args["columns"] == "家庭年收入"
    assert reading.quarter == "2022Q3"


def test_forms_are_known_by_their_header(write, make: SimpleNamespace) -> None:
    visits = [["走访日期", "职工姓名", "身份证号", "走访结论"], ["2022-09-01", "张刚", make.number("19711212"), "属实"]]
    reading = read_file(write("摸排表.xlsx", {"困难职工家庭摸排表": visits}), expect=EXPECT)
    assert reading.refused_whole is not None
    assert reading.refused_whole.code == "wrong_form"
    assert "走访记录" in reading.refused_whole.text()
    both = {"难题和微心愿": [make.HEADER, *make.family()], "其他": visits, "说明": [["填写说明"], ["一、…"]]}
    reading = read_file(write("b.xlsx", both), expect=EXPECT)
    assert set(reading.tables) == {"survey"}
    assert sorted(w.code for w in reading.warnings if not w.row) == ["other_form", "unknown_sheet"]


def test_header_is_looked_for_in_the_first_rows_only(make: SimpleNamespace) -> None:
    rows: list[list[object]] = [["x"] for _ in range(29)] + [list(make.HEADER)]
    padded = [row + [""] * (19 - len(row)) for row in rows]
    found = find_layout(padded, list(forms()))
    assert found is not None
    assert found.header_row == 29
    assert find_layout([[""] * 19, *padded], list(forms())) is None
