"""A new city's document, typed by somebody on a Chinese keyboard and saved by whatever program was at hand."""

import datetime as dt
from pathlib import Path

import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.dmn import write_dmn, write_folder
from nuanxin.policy.folder import read_files
from nuanxin.policy.messages import Problem

ON = dt.date(2023, 6, 30)
TOML = """id = "linxi"
effective_from = 2023-01-01
[standards]
file = "标准.csv"
area = "区 县"
[[input]]
name = "区 县"
type = "string"
[[input]]
name = "家庭年收入（元）"
type = "money"
[[input]]
name = "医疗 自付"
type = "money"
[[input]]
name = "人口２"
type = "integer"
[[derived]]
name = "人均月收入"
expression = "（家庭年收入（元）－　医疗 自付）÷ 12 ÷ 人口２"
type = "money"
[[decision]]
name = "类别"
file = "类别.csv"
hit_policy = "F"
outputs = [{name = "类别", type = "string"}]
"""
RULES = "\ufeff规则,人均月收入,→ 类别,依据,,\r\n深,≤ 低保 标准,“深，度”,一,,\r\n相,（低保 标准．．1.5 × 低保 标准］,“相”,二,,\r\n无,—,“无”,三,,\r\n"
STANDARDS = '\ufeffarea,name,from,value,document,,\r\n城东,低保 标准,2023/1/1,"1,005",文,,\r\n＊,低保 标准,2023年1月1日,800,,,\r\n'


def files(**changed: str) -> dict[str, bytes]:
    texts = {"policy.toml": TOML, "类别.csv": RULES, "标准.csv": STANDARDS}
    for name, text in changed.items():
        texts[next(key for key in texts if key.startswith(name))] = text
    return {name: text.encode() for name, text in texts.items()}


def read(**changed: str) -> Policy:
    return Policy(read_files(files(**changed)))


def row(area: str, income: str) -> dict[str, str]:
    return {"区 县": area, "家庭年收入（元）": income, "医疗 自付": "0", "人口２": "3"}


@pytest.mark.parametrize(
    ("area", "income", "rule"),
    [
        ("城东", "36180", "深"),
        ("城东", "36180.01", "相"),
        ("城东", "54270", "相"),
        ("城东", "54270.01", "无"),
        ("别处", "28800", "深"),
        ("别处", "28800.01", "相"),
    ],
)
def test_full_width_signs_in_names_cells_and_areas_are_understood(area: str, income: str, rule: str) -> None:
    assert read().evaluate(row(area, income), ON)["类别_rule"] == rule


def test_a_dmn_file_has_plain_signs_that_other_tools_read_and_means_the_same(tmp_path: Path) -> None:
    policy = read()
    (tmp_path / "p.dmn").write_bytes(write_dmn(policy.model))
    text = (tmp_path / "p.dmn").read_text(encoding="utf-8")
    for written in (
        "<text>(家庭年收入（元）-　医疗 自付)/ 12 / 人口２</text>",
        "<text>(低保 标准..1.5 * 低保 标准]</text>",
        '<text>"深，度"</text>',
        "<text>-</text>",
    ):
        assert written in text
    there = Policy.load(tmp_path / "p.dmn")
    back = Policy(read_files(write_folder(there.model)))
    assert policy.digest == there.digest == back.digest
    for found in (there, back):
        assert found.evaluate(row("城东", "36180"), ON) == policy.evaluate(row("城东", "36180"), ON)


def left_out(policy: Policy) -> list[Problem]:
    return [found for found in policy.check() if found.code == "left-out"]


def test_a_sum_with_a_figure_that_may_be_left_out_is_told() -> None:
    """A family that leaves it out has no income a head, meets no limit, and would get the last rule without a word."""
    toml = TOML.replace('name = "医疗 自付"', 'name = "医疗 自付"\noptional = true')
    policy = read(policy=toml)
    assert policy.evaluate({**row("城东", "36180"), "医疗 自付": ""}, ON)["类别_rule"] == "无"
    (found,) = left_out(policy)
    assert (found.file, found.severity) == ("policy.toml", "warning")
    assert toml.splitlines()[found.line - 1].startswith("expression")
    assert "take optional away" in found.sentence("en")
    assert left_out(read()) == []


def test_who_asks_whether_a_figure_is_left_out_is_not_told() -> None:
    toml = TOML.replace('name = "医疗 自付"', 'name = "医疗 自付"\noptional = true')
    rules = (
        '规则,医疗 自付,人均月收入,→ 类别,依据\n问,null,-,"""问"""，一\n'.replace("，", ",")
        + '深,-,<= 800,"""深""",二\n'
    )
    assert left_out(read(policy=toml, 类别=rules)) == []


def test_a_comma_in_a_cell_without_quotes_is_told_with_how_to_mend_it() -> None:
    with pytest.raises(PolicyError) as caught:
        read(类别=RULES.replace("≤ 低保 标准", "≤ min(低保 标准, 900)"))
    assert str(caught.value).startswith("类别.csv:2: 这一行有 5 格，表头有 4 格；格内有逗号时整格要加英文双引号")


def cell(text: str) -> str:
    """What is said of a cell of the rules, which cannot be read."""
    quoted = text.replace('"', '""')
    with pytest.raises(PolicyError) as caught:
        read(类别=f'规则,人均月收入,→ 类别,依据\n一,"{quoted}","""深""",一\n')
    assert (caught.value.problem.file, caught.value.problem.line) == ("类别.csv", 2)
    return caught.value.problem.sentence("zh")


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("60岁以上", ">= 60（“以上”“以下”含本数）"),
        ("60周岁（含）以上", ""),
        ("≥60（含）", ">= 60"),
        ("1,000元以下", "<= 1000（“以上”“以下”含本数）"),
        ("不满5万元", "< 50000"),
        ("超过 80%", "> 0.8"),
        ("不低于 低保", ">= 低保"),
        ("低保的2倍", "2 * 低保"),
        ("不超过两倍低保", ""),
        ("60至69", "[60..69]"),
        ("60-69", "[60..69]"),
        ("60～69岁", "[60..69]"),
        ("[60,70)", "[60..70)"),
        ("（60，70）", "(60..70)"),
        ("> 5 且 < 10", "? > 5 and ? < 10"),
        (">=5 and <10", "? >= 5 and ? < 10"),
        ("<>3", "not(3)"),
        ("=>5", ">= 5"),
        ("不限", "-"),
        ("/", "-"),
        ("是", 'true；是文字则加引号，如 "是"'),
        ("未填", "null"),
    ],
)
def test_a_cell_worded_as_documents_word_it_is_told_what_to_write(written: str, instead: str) -> None:
    said = cell(written)
    if instead:
        assert said == f"“{written}”看不懂：写作 {instead}"


@pytest.mark.parametrize("written", ["M<=?<=2*M", "5 < ? < 10", "800 ≤ 人均月收入 ＜ 900"])
def test_comparisons_in_a_row_are_refused(written: str) -> None:
    """To FEEL the first gives true or false, which is compared with the third: the cell would never hold."""
    assert "两个比较不能连写，写作 [a..b)" in cell(written.replace("M", "低保 标准"))


def test_texts_with_or_between_them_are_refused() -> None:
    assert '几个文字之间用逗号，如 "甲","乙"' in cell("“甲” or “乙”")


@pytest.mark.parametrize("written", ["TRUE", "True", "true"])
def test_truth_values_as_a_spreadsheet_program_saves_them_are_read(written: str) -> None:
    toml = TOML.replace('name = "医疗 自付"\ntype = "money"', 'name = "外来"\ntype = "boolean"').replace(
        "－　医疗 自付", ""
    )
    policy = read(policy=toml, 类别=f'规则,外来,→ 类别,依据\n一,{written},"""是""",一\n二,FALSE,"""否""",二\n')
    assert policy.evaluate({"区 县": "城东", "外来": "是"}, ON)["类别"] == "是"


def test_an_unknown_name_behind_a_plain_sign_is_still_told() -> None:
    assert "低保标淮 不认识" in cell("< 低保标淮")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (">= 5, < 10", True),
        (">= 低保 标准, < 2 * 低保 标准", True),
        ("< 5, > 10", False),
        ("< 5, > 4", True),
        ("< 5, > 5", False),
    ],
)
def test_two_sides_parted_by_a_comma_are_told_where_every_value_is_on_one(written: str, told: bool) -> None:
    """A comma means or: `>= 5, < 10` holds for whatever there is, which nobody means."""
    policy = read(类别=f'规则,人均月收入,→ 类别,依据\n一,"{written}","""深""",一\n二,-,"""无""",二\n')
    found = [problem for problem in policy.check() if problem.code == "always-holds"]
    assert bool(found) == told
    if told:
        assert (found[0].file, found[0].line, found[0].severity) == ("类别.csv", 2, "error")
