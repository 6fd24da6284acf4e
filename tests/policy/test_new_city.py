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
