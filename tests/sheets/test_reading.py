import csv
import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.sheets import Field, Reading, Refusal, forms, read_file, read_files
from nuanxin.sheets.arrays import arrow_array
from nuanxin.sheets.columns import ARROW, MARK, VALUE, type_column

EXPECT = {"survey", "matters"}
TODAY = dt.date(2023, 6, 30)


@pytest.fixture
def survey(write, make: SimpleNamespace):
    """Read data rows under the usual header."""

    def read(
        rows: list[list[object]], *, header: list[str] | None = None, suffix: str = ".xlsx", **options: object
    ) -> Reading:
        path = write(
            f"a{suffix}", [["甲工会2022年第三季度困难职工家庭摸排表"], header or make.HEADER, *rows], **options
        )
        reading = read_file(path, expect=EXPECT, today=TODAY)
        assert reading.refused_whole is None, reading.refused_whole
        check(reading)
        return reading

    return read


def check(reading: Reading) -> None:
    """What holds for every reading: it balances, every sentence is whole, nothing personal is in the open."""
    for name, balance in reading.balance.items():
        table = reading.tables[name]
        assert balance["rows"] == balance["accepted"] + balance["refused"] + sum(balance["skipped"].values())  # type: ignore[attr-defined,operator]
        assert balance["cells"] == balance["typed"] + balance["refused_cells"] + balance["blank"]  # type: ignore[operator]
        assert len(table) == balance["accepted"] + balance["refused"]  # type: ignore[operator]
        assert sum(table["accepted"].to_pylist()) == balance["accepted"]
    for entry in [*reading.refusals, *reading.warnings]:
        for lang in ("zh", "en"):
            said = entry.sentence(lang)
            assert entry.file in said
            assert not re.search(r"\{\w*\}", said)
            assert not re.search(r"\d{11,}", said.replace(entry.file, "")), said
            assert entry.mend(lang)
    for table in reading.tables.values():
        refused = {
            (s, r)
            for s, r, a in zip(
                table["sheet"].to_pylist(), table["row"].to_pylist(), table["accepted"].to_pylist(), strict=True
            )
            if not a
        }
        assert refused == {(e.sheet, e.row) for e in reading.refusals} & {
            (s, r) for s, r in zip(table["sheet"].to_pylist(), table["row"].to_pylist(), strict=True)
        }


def found(reading: Reading) -> list[tuple[int, str, str]]:
    return [(r.row, r.field, r.code) for r in reading.refusals]


def column(reading: Reading, name: str) -> list[object]:
    return reading.tables["survey"][name].to_pylist()


def test_a_family_in_order(survey, make: SimpleNamespace) -> None:
    reading = survey(make.family())
    assert found(reading) == []
    table = reading.tables["survey"]
    assert table.column_names[:5] == ["sheet", "row", "family", "accepted", "worker_row"]
    assert table.schema.field("income").type == pa.int64()
    assert table.schema.field("homes").type == pa.int32()
    assert table.schema.field("consent_on").type == pa.date32()
    assert column(reading, "worker_row") == [True, False, False]
    assert column(reading, "income") == [3_800_000] * 3
    assert column(reading, "loss") == [0] * 3
    assert column(reading, "runs_business") == [False] * 3
    assert column(reading, "cars") == [0] * 3
    assert column(reading, "card") == [None] * 3
    assert not reading.nil
    assert (reading.quarter, reading.org_name) == ("2022Q3", "甲工会")
    assert len(reading.sha256) == 64


def test_every_field_of_the_form_is_a_column(survey, make: SimpleNamespace) -> None:
    assert set(forms()["survey"].fields) <= set(survey(make.family()).tables["survey"].column_names)


def test_an_absent_optional_column_is_unknown_not_zero(survey, make: SimpleNamespace) -> None:
    header = [t for t in make.HEADER if "机动车" not in t]
    assert column(survey(make.family(header), header=header), "cars") == [None] * 3


# --- rows that are no data


def test_rows_that_are_skipped(survey, make: SimpleNamespace) -> None:
    example = [
        "例",
        "00",
        "张某某",
        "张某某",
        "本人",
        "640381198001011234",
        "13800000000",
        "在岗",
        36000,
        0,
        0,
        "",
        1,
        0,
        "否",
        "否",
        0,
        "本人大病",
        "示例，请删除",
    ]
    partner = make.member("配偶", "李某某", "19820202")
    rows = [
        example,
        partner,
        *make.family(),
        [],
        ["合计", "1户", *[""] * 6, 38000],
        make.HEADER,
        ["", "", "以上情况属实"],
        ["填表人：严海", *[""] * 6, "审核人：龙磊"],
    ]
    reading = survey(rows)
    assert column(reading, "row") == [5, 6, 7]
    assert reading.balance["survey"]["skipped"] == {
        "example": 2,
        "blank": 1,
        "total": 1,
        "header": 1,
        "remark": 1,
        "footer": 1,
    }
    assert [w.code for w in reading.warnings if w.code != "id_area"] == ["remark_row"]


def test_an_example_that_is_marked_only_in_the_note(survey, make: SimpleNamespace) -> None:
    reading = survey([*make.family(备注="示例，请删除")])
    assert reading.nil
    assert reading.balance["survey"]["skipped"] == {"example": 3}


def test_data_after_a_footer_are_read(survey, make: SimpleNamespace) -> None:
    second = make.member("本人", "李强", "19700101", first=True, 户编号="02", 序号=2)
    reading = survey([*make.family(), ["填表人：张三"], ["备注："], second])
    assert column(reading, "family") == [0, 0, 0, 1]
    assert found(reading) == []


def test_numbered_lines_that_are_not_filled_in(survey, make: SimpleNamespace) -> None:
    reading = survey([*make.family(), [2, "02"], [3, "03"], [4.0]])
    assert reading.balance["survey"]["skipped"] == {"blank": 3}


def test_column_numbers_below_the_header(survey, make: SimpleNamespace) -> None:
    assert survey([[str(n) for n in range(1, 20)], *make.family()]).balance["survey"]["skipped"] == {"header": 1}


@pytest.mark.parametrize(
    "said", ["无", "本季度无困难职工家庭", "本季度无困难职工", "零报告", "无上报", "本单位无困难职工家庭。", "暂无"]
)
def test_nil_statements(survey, said: str) -> None:
    for row in ([said], ["", "", said], [1, "", "", said], [1, "01", said, said]):
        reading = survey([row, [], ["填表人：邓敏"]])
        assert reading.nil, row
        assert found(reading) == []


def test_nothing_below_the_header_is_nil(survey) -> None:
    assert survey([]).nil
    assert survey([["无"] * 19]).nil
    assert survey([["/"] * 19]).nil


def test_a_file_with_only_wishes_is_not_nil(write) -> None:
    path = write(
        "QTX-01-E01-甲工会-难题和微心愿.csv",
        [
            ["序号", "类别", "内容", "提出人", "联系电话"],
            [1, "微心愿", "一个头盔", "黄丽", "15060898730"],
            [2, "难题", "修路灯", "", ""],
        ],
        encoding="gb18030",
    )
    reading = read_file(path, expect=EXPECT)
    assert not reading.nil
    assert set(reading.tables) == {"matters"}
    assert reading.tables["matters"]["kind"].to_pylist() == ["wish", "problem"]
    assert reading.quarter is None


def test_a_row_with_too_little_is_refused_not_lost(survey, make: SimpleNamespace) -> None:
    reading = survey(
        [*make.family(), make.member("", "马小", "20100101", 身份证号=""), make.member("子女", "", "20100101")]
    )
    assert found(reading) == [
        (6, "relation", "missing_value"),
        (6, "resident_id", "missing_value"),
        (7, "name", "missing_value"),
    ]
    assert column(reading, "family") == [0] * 5


# --- families


def test_merged_household_cells(survey, make: SimpleNamespace) -> None:
    reading = survey(make.family(), merges=["A3:A5", "B3:B5", "C3:C5", "I3:I5", "R3:R5"])
    assert column(reading, "income") == [3_800_000] * 3
    assert column(reading, "cause") == ["本人大病"] * 3


def test_two_families_by_number(survey, make: SimpleNamespace) -> None:
    second = [make.member("本人", "李强", "19700101", first=True, 户编号="02"), make.member("配偶", "王芳", "19710101")]
    assert column(survey([*make.family(), *second]), "family") == [0, 0, 0, 1, 1]


def test_the_number_on_every_row_is_one_family(survey, make: SimpleNamespace) -> None:
    rows = make.family()
    for row, number in zip(rows, ("01", 1, "1"), strict=True):
        row[1] = number
    reading = survey(rows)
    assert column(reading, "family") == [0, 0, 0]
    assert found(reading) == []


def test_without_numbers_the_sequence_or_the_worker_starts_a_family(survey, make: SimpleNamespace) -> None:
    header = [t for t in make.HEADER if t != "户编号"]

    def people(**cells: object) -> list[list[object]]:
        return [
            make.member("本人", "张刚", "19711212", first=True, header=header),
            make.member("配偶", "马敏", "19750110", header=header, **cells),
            make.member("本人", "李强", "19700101", first=True, header=header, 序号=2 if not cells else 3),
            make.member("子女", "李小", "20050101", header=header, **({"序号": 4} if cells else {})),
        ]

    assert column(survey(people(), header=header), "family") == [0, 0, 1, 1]
    assert column(survey(people(序号=2), header=header), "family") == [0, 0, 1, 1], "序号 may count members"
    bare = [t for t in header if t not in ("序号", "职工姓名")]
    rows = [[c for c, t in zip(row, header, strict=True) if t in bare] for row in people()]
    reading = survey(rows, header=bare)
    assert column(reading, "family") == [0, 0, 1, 1]
    assert column(reading, "worker_name") == ["张刚", "张刚", "李强", "李强"]


def test_a_sequence_number_without_a_worker_is_a_family_without_head(survey, make: SimpleNamespace) -> None:
    header = [t for t in make.HEADER if t != "户编号"]
    rows = [
        *make.family(header),
        make.member("配偶", "王芳", "19710101", header=header, 序号=2, 职工姓名="李强", 家庭年收入=1),
    ]
    rows[1][0] = ""
    reading = survey(rows, header=header)
    assert column(reading, "family") == [0, 0, 0, 1]
    assert found(reading) == [(6, "relation", "no_head")]


def test_household_values_may_be_repeated_or_stand_later(survey, make: SimpleNamespace) -> None:
    rows = make.family(家庭年收入="", 教育支出="")
    rows[1][8] = "3.8万元"
    rows[2][8] = 38000
    rows[1][16] = rows[2][16] = "/"
    reading = survey(rows)
    assert found(reading) == []
    assert column(reading, "income") == [3_800_000] * 3
    assert column(reading, "schooling") == [0] * 3


def test_household_values_that_differ_are_refused(survey, make: SimpleNamespace) -> None:
    rows = make.family()
    rows[2][8] = 40000
    reading = survey(rows)
    assert found(reading) == [(5, "income", "household_differs")]
    assert column(reading, "income") == [3_800_000] * 3
    assert "38000" in reading.refusals[0].why()
    assert "40000" in reading.refusals[0].why("en")


def test_a_dash_on_a_later_row_gives_way(survey, make: SimpleNamespace) -> None:
    rows = make.family(意外损失=5000)
    rows[1][16], rows[2][16] = "/", "无"
    reading = survey(rows)
    assert column(reading, "loss") == [500_000] * 3
    assert found(reading) == []


def test_a_refused_household_figure_is_null_not_zero(survey, make: SimpleNamespace) -> None:
    reading = survey(make.family(家庭年收入="约3万"))
    assert found(reading) == [(3, "income", "amount_unclear")]
    assert column(reading, "income") == [None] * 3
    assert column(reading, "accepted") == [False, True, True]
    refusal = reading.refusals[0]
    assert (refusal.found, refusal.column, refusal.sheet) == ("约3万", "家庭年收入（元）", "摸排表")


def test_an_empty_income_is_zero_with_a_warning(survey, make: SimpleNamespace) -> None:
    reading = survey(make.family(家庭年收入=""))
    assert column(reading, "income") == [0] * 3
    assert [(w.row, w.code) for w in reading.warnings if w.code == "blank_as_zero"] == [(3, "blank_as_zero")]


def test_no_head_and_two_heads(survey, make: SimpleNamespace) -> None:
    no_head = [make.member("配偶", "马丽", "19750111", 户编号="09", 家庭年收入=1)]
    two = [
        make.member("本人", "李强", "19700101", first=True, 户编号="02"),
        make.member("本人", "王芳", "19710101", 户编号="02"),
    ]
    reading = survey([*make.family(), *no_head, *two])
    assert found(reading) == [(6, "relation", "no_head"), (8, "relation", "two_heads")]
    assert "第 7 行" in reading.refusals[1].why()


def test_ages_that_cannot_be(survey, make: SimpleNamespace) -> None:
    rows = [
        make.member("本人", "张刚", "19711212", first=True),
        make.member("子女", "张大", "19700101"),
        make.member("子女", "张同", "19711212", 身份证号=make.number("19711212", 205)),
        make.member("父亲", "张老", "19800101"),
        make.member("孙子", "张孙", "19600101"),
        make.member("母亲", "李老", "19500101"),
        make.member("兄弟", "张兄", "19600102"),
    ]
    reading = survey(rows)
    assert found(reading) == [
        (4, "resident_id", "child_older"),
        (5, "resident_id", "child_older"),
        (6, "resident_id", "parent_younger"),
        (7, "resident_id", "child_older"),
    ]
    assert "1971-12-12" in reading.refusals[0].why()


def test_ages_are_not_judged_by_a_refused_number(survey, make: SimpleNamespace) -> None:
    rows = [
        make.member("本人", "张刚", "19711212", first=True, 身份证号=6.40381e17),
        make.member("子女", "张大", "19700101"),
    ]
    assert found(survey(rows)) == [(3, "resident_id", "id_as_number")]


def test_one_person_twice(survey, make: SimpleNamespace) -> None:
    again = make.member("本人", "张刚", "19711212", first=True, 户编号="02", 序号=2)
    reading = survey([*make.family(), again])
    assert found(reading) == [(6, "resident_id", "id_twice")]
    assert "第 3 行" in reading.refusals[0].why()


def test_the_worker_named_otherwise(survey, make: SimpleNamespace) -> None:
    reading = survey(make.family(职工姓名="王大明"))
    assert found(reading) == [(3, "worker_name", "worker_differs")]
    assert "王＊明" in reading.refusals[0].why()
    assert found(survey(make.family(职工姓名="张 刚"))) == []


def test_an_unknown_relation_does_not_also_lose_the_head(survey, make: SimpleNamespace) -> None:
    assert found(survey([make.member("当事人", "张刚", "19711212", first=True)])) == [(3, "relation", "choice_unknown")]


def test_refused_ids_leave_the_rest_of_the_file(survey, make: SimpleNamespace) -> None:
    rows = make.family(身份证号=640381197112122498.0)
    second = make.member("本人", "李强", "19700101", first=True, 户编号="02", 身份证号="640381197001011235")
    reading = survey([*rows, second])
    assert found(reading) == [(3, "resident_id", "id_as_number"), (6, "resident_id", "id_check")]
    assert column(reading, "resident_id")[0] is None
    assert column(reading, "accepted") == [False, True, True, False]


def test_area_codes_only_warn_once_per_file_and_code(survey, make: SimpleNamespace) -> None:
    rows = make.family()
    rows[2][5] = make.number("20050809", area="999999")
    reading = survey(rows)
    assert found(reading) == []
    assert {w.args["area"]: w.args["count"] for w in reading.warnings if w.code == "id_area"} == {
        "640381": 2,
        "999999": 1,
    }


def test_phones_as_numbers(survey, make: SimpleNamespace) -> None:
    reading = survey(make.family(联系电话=13722479758.0))
    assert column(reading, "phone")[0] == "13722479758"
    reading = survey(make.family(联系电话="没有"))
    assert found(reading) == []


def test_optional_columns_of_the_household_file(survey, make: SimpleNamespace) -> None:
    extra = ["健康状况", "银行卡号", "开户行", "核查授权签字日期", "入学年份", "是否单亲", "住房面积（平方米）"]
    header = [*make.HEADER, *extra]
    row = [*make.family()[0], "一般", "6222021234567890123", "建设银行", "2022年8月1日", "2019年9月", "是", "86.5㎡"]
    table = survey([row], header=header).tables["survey"].to_pylist()[0]
    assert table["card"] == "6222021234567890123"
    assert table["consent_on"] == dt.date(2022, 8, 1)
    assert (table["health"], table["bank"], table["school_entry"], table["single_parent"], table["floor_area"]) == (
        "一般",
        "建设银行",
        2019,
        True,
        86.5,
    )


def test_a_card_stored_as_a_number_is_refused(survey, make: SimpleNamespace) -> None:
    reading = survey([[*make.family()[0], 6222021234567890123.0]], header=[*make.HEADER, "银行卡号"])
    assert found(reading) == [(3, "card", "card_as_number")]


# --- other forms


def test_visits_keep_empty_apart_from_zero(write, make: SimpleNamespace) -> None:
    header = [
        "走访日期",
        "职工姓名",
        "身份证号",
        "走访人一",
        "走访人二",
        "核实家庭人口",
        "核实家庭年收入（元）",
        "核实住房套数",
        "核实自付医疗费（元）",
        "走访结论",
        "备注",
    ]
    number = make.number("19711212")
    rows: list[list[object]] = [
        header,
        [dt.date(2022, 9, 16), "张刚", number, "白磊", "程国", "", "", "", "", "属实", ""],
        ["2022年6月15日", "张刚", number, "白磊", "程国", "3人", "4.7万元", 0, "无", "与申报不符，以核实为准", ""],
        ["2022.12.17", "张刚", number, "白磊", "程国", "/", "—", "", "", "家中无人", "改下季度再访"],
    ]
    reading = read_file(write("走访记录.xlsx", {"走访记录": rows}), expect={"visits"})
    check(reading)
    table = reading.tables["visits"].to_pylist()
    assert [(r["visited_on"], r["members"], r["income"], r["homes"], r["medical"], r["conclusion"]) for r in table] == [
        (dt.date(2022, 9, 16), None, None, None, None, "as_reported"),
        (dt.date(2022, 6, 15), 3, 4_700_000, 0, 0, "differs"),
        (dt.date(2022, 12, 17), None, None, None, None, "nobody_home"),
    ]
    assert "family" not in table[0]


def test_books_of_records(write, make: SimpleNamespace) -> None:
    rows: list[list[object]] = [
        ["日期", "项目", "慰问对象", "人数", "金额（元）"],
        ["2022-07-02", "夏送清凉", "快递员", 290, 13574],
        ["", "夏送清凉", "困难职工", "174人", "7,085.50"],
        ["2022-07-10", "冬送温暖", "环卫工人", 42, "约8000"],
        ["合计", "", "", 506, 20659.5],
        ["经办人：张三"],
    ]
    path = write("慰问.xlsx", {"慰问": rows})
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("A2:A3")
    book.save(path)
    reading = read_file(path, expect={"consolation", "jobs"})
    check(reading)
    table = reading.tables["consolation"].to_pylist()
    assert [(r["row"], r["on"], r["people"], r["amount"], r["accepted"]) for r in table] == [
        (2, dt.date(2022, 7, 2), 290, 1_357_400, True),
        (3, dt.date(2022, 7, 2), 174, 708_550, True),
        (4, dt.date(2022, 7, 10), 42, None, False),
    ]
    assert reading.balance["consolation"]["skipped"] == {"total": 1, "footer": 1}


def test_a_dated_row_that_lacks_a_figure_is_refused_not_skipped(write) -> None:
    path = write(
        "a.xlsx", [["日期", "活动", "用工单位", "岗位", "岗位数"], ["2022年7月6日", "夜市招聘", "甲公司", "电工", ""]]
    )
    reading = read_file(path, expect={"jobs"})
    assert [(r.row, r.field, r.code) for r in reading.refusals] == [(2, "places", "missing_value")]


def test_register_check(write, make: SimpleNamespace) -> None:
    rows: list[list[object]] = [
        ["姓名", "身份证号", "比对结果", "享受起始日期", "依据文号"],
        ["张刚", make.number("19711212"), "低保边缘", "2021-03-01", "民〔2021〕3号"],
        ["马敏", make.number("19750110"), "无", "", ""],
    ]
    table = read_file(write("a.xlsx", rows), expect={"register_check"}).tables["register_check"].to_pylist()
    assert [(r["result"], r["from"], r["document"]) for r in table] == [
        ("near_minimum", dt.date(2021, 3, 1), "民〔2021〕3号"),
        ("none", None, None),
    ]


# --- files


@pytest.mark.parametrize(
    ("name", "correction"),
    [
        ("QTX-03-C2-西苑（更正）.xlsx", True),
        ("西苑更正表.xlsx", True),
        ("QTX-修正-1.xlsx", True),
        ("QTX-03-C2-西苑.xlsx", False),
    ],
)
def test_corrections_by_the_file_name(write, make: SimpleNamespace, name: str, correction: bool) -> None:
    assert read_file(write(name, [make.HEADER, *make.family()]), expect=EXPECT).correction is correction


def test_an_unknown_form_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="surveys"):
        read_file(tmp_path / "a.xlsx", expect={"surveys"})


def test_many_files_equal_one_by_one_in_order_and_in_processes(tmp_path: Path, write, make: SimpleNamespace) -> None:
    paths = []
    for index in range(300):
        header = make.HEADER if index % 3 else [t.replace("（元）", "（万元）") for t in make.HEADER]
        income = 3.8 if index % 3 == 0 else "约3万" if index % 7 == 0 else 38000
        rows = make.family(header, 家庭年收入=income, 自付医疗费="/", 备注=str(index))
        paths.append(write(f"f{index:03d}.csv", [[f"甲工会2022年第{'一二三四'[index % 4]}季度摸排表"], header, *rows]))
    (tmp_path / "f300.xlsx").write_bytes(b"broken")
    paths.append(tmp_path / "f300.xlsx")
    seen: list[tuple[int, int]] = []
    alone = [read_file(path, expect=EXPECT, today=TODAY) for path in paths]
    together = list(
        read_files(
            paths, expect=EXPECT, workers=1, today=TODAY, progress=lambda done, total: seen.append((done, total))
        )
    )
    apart = list(read_files(iter(paths), expect=EXPECT, workers=2, today=TODAY))
    assert alone == together == apart
    assert seen[-1] == (301, 301)
    assert alone[-1].refused_whole is not None
    assert sum(len(r.refusals) for r in alone) == sum(1 for i in range(300) if i % 7 == 0 and i % 3)
    for reading in together:
        check(reading)


def test_refusals_hold_what_a_program_needs(survey, make: SimpleNamespace) -> None:
    refusal = survey(make.family(身份证号="6.40381E+17")).refusals[0]
    assert isinstance(refusal, Refusal)
    assert (refusal.file, refusal.sheet, refusal.row, refusal.column, refusal.field, refusal.found) == (
        "a.xlsx",
        "摸排表",
        3,
        "身份证号",
        "resident_id",
        "6.40381E+17",
    )


# --- the examples: what a city union received in four quarters


def returns(make: SimpleNamespace) -> list[Path]:
    return [p for p in sorted(make.EXAMPLES.glob("20*/*")) if "走访" not in p.name]


def test_the_example_returns_are_read(make: SimpleNamespace) -> None:
    readings = list(read_files(returns(make), expect=EXPECT))
    for reading in readings:
        assert reading.refused_whole is None, reading.name
        check(reading)
    refused = [(r.file, r.row, r.code) for reading in readings for r in reading.refusals]
    assert sorted(code for _, _, code in refused) == [
        "amount_unclear",
        "amount_unclear",
        "id_as_number",
        "id_as_number",
        "id_check",
        "id_date",
    ]
    assert {w.code for reading in readings for w in reading.warnings} <= {"id_area"}
    assert sum(reading.balance.get("survey", {}).get("refused", 0) for reading in readings) == 6  # type: ignore[misc]
    wishes = pa.concat_tables([r.tables["matters"] for r in readings if "matters" in r.tables])
    assert set(wishes["kind"].to_pylist()) == {"wish", "problem"}


def test_the_example_files_carry_union_quarter_and_correction(make: SimpleNamespace) -> None:
    unions = {
        line.split(",")[1] for line in (make.EXAMPLES / "unions.csv").read_text(encoding="utf-8-sig").splitlines()
    }
    surveys = [r for r in read_files(returns(make), expect=EXPECT) if "survey" in r.tables]
    assert {r.org_name for r in surveys} <= unions
    other_quarter = [r.name for r in surveys if r.quarter != r.path.parent.name]
    assert len(other_quarter) == 1, "one file names another quarter; its union is then silent"
    assert [r.name for r in surveys if r.correction] == ["QTX-03-C2-西苑社区工会联合会（更正）.xlsx"]


def test_the_example_books(make: SimpleNamespace) -> None:
    books = {
        name: read_file(make.EXAMPLES / f"{name}.xlsx", expect={"jobs", "consolation", "grants", "mutual_aid"})
        for name in ("招聘岗位", "慰问支出", "金秋助学", "医疗互助")
    }
    for reading in books.values():
        check(reading)
        assert not reading.refusals
    jobs, consolation = books["招聘岗位"].tables["jobs"], books["慰问支出"].tables["consolation"]
    grants, mutual = books["金秋助学"].tables["grants"], books["医疗互助"].tables["mutual_aid"]
    assert sum(jobs["places"].to_pylist()) == 3584
    assert sum(consolation["people"].to_pylist()) == 11_026
    assert sum(consolation["amount"].to_pylist()) + sum(grants["amount"].to_pylist()) == 935_000_00
    assert (len(grants), len(mutual)) == (95, 276)
    assert sum(mutual["amount"].to_pylist()) == 718_000_00


def test_the_example_visits(make: SimpleNamespace) -> None:
    readings = list(read_files(sorted(make.EXAMPLES.glob("20*/走访记录.xlsx")), expect={"visits"}))
    for reading in readings:
        check(reading)
        assert not reading.refusals
        assert not reading.balance["visits"]["skipped"]
    conclusions = [c for r in readings for c in r.tables["visits"]["conclusion"].to_pylist()]
    assert {"as_reported", "differs", "nobody_home"} == set(conclusions)


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".csv"])
def test_the_examples_say_the_same_in_every_format(write, make: SimpleNamespace, suffix: str) -> None:
    """Each example workbook, written again in another format and with its columns turned round, gives the same rows."""
    for number, path in enumerate(p for p in returns(make) if p.suffix == ".xlsx"):
        (sheet,) = (s for s in openpyxl.load_workbook(path).worksheets if "摸排" in s.title)
        turned = [["" if c is None else c for c in reversed(row)] for row in sheet.iter_rows(values_only=True)]
        rows = [[next((c for c in row if c != ""), "")] if sum(c != "" for c in row) == 1 else row for row in turned]
        again = read_file(write(f"{number}{suffix}", {sheet.title: rows}), expect=EXPECT)
        first = read_file(path, expect=EXPECT)
        assert again.refused_whole is None, path.name
        check(again)
        without = {"sheet"}
        assert again.tables["survey"].drop_columns(list(without)) == first.tables["survey"].drop_columns(
            list(without)
        ), path.name
        assert [(r.row, r.code) for r in again.refusals] == [
            (r.row, r.code) for r in first.refusals if r.field != "kind"
        ]
        assert (again.nil, again.quarter) == (first.nil, first.quarter)
        skipped = again.balance["survey"]["skipped"]
        assert skipped == first.balance["survey"]["skipped"], path.name


ODD = ["", " ", "无", "/", "本人", "配偶", "子女", "邻居", "合计", "例", "填表人：", "1", "01", "约3万", "-5", "3.6万元", "是", "×", "640381197112122498", "6.40381E+17", "张刚", "李 强", "13722479758", "2022-09-16", "小学", "１２３", "\u200b", "'", "=1+1", "9" * 50, "1e999", "nan", "∞", "𠮷"]  # fmt: skip


@given(
    st.lists(st.lists(st.sampled_from(ODD), min_size=19, max_size=19), max_size=12),
    st.sampled_from(["survey", "matters", "visits", "consolation"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_whatever_stands_in_the_cells_it_is_read_and_balances(tmp_path: Path, rows: list[list[str]], name: str) -> None:
    titles = [f.title for f in forms()[name].fields.values()][:19]
    path = tmp_path / "odd.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([titles, *[row[: len(titles)] for row in rows]])
    reading = read_file(path, expect={name}, today=TODAY)
    assert reading.refused_whole is None
    check(reading)
    assert reading.balance[name]["rows"] == len(rows)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.text(max_size=20),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@given(st.sampled_from([f for form in forms().values() for f in form.fields.values()]), st.lists(CELLS, max_size=5))
@settings(max_examples=400, deadline=None)
def test_no_cell_of_any_kind_breaks_a_column(field: Field, cells: list[object]) -> None:
    given_cells = ["" if c is None else float(c) if type(c) is int else c for c in cells]
    typed = type_column(field, given_cells, 1, TODAY)
    assert len(typed.values) == len(typed.state) == len(cells)
    for value, state in zip(typed.values, typed.state.tolist(), strict=True):
        assert (value is not None) == (state in (VALUE, MARK)) or value is None
    arrow_array(typed.values, ARROW[field.type]).validate(full=True)
