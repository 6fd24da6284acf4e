"""What would have to change, and what would follow: every answer tried, and nothing nearer found by trying every cent."""

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
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
    assert {(change.name, change.result.text) for change in money} >= {
        ("income", "relative"),
        ("income", "deep"),
        ("medical_paid", "relative"),
        ("loss", "accident"),
    }
    for change in money:
        step = Fraction(1, 100) if change.new_value > change.value else Fraction(-1, 100)
        assert policy.evaluate({**FAMILY, change.name: change.new_value}, ON)["tier"] == change.result.text
        assert policy.evaluate({**FAMILY, change.name: change.new_value - step}, ON)["tier"] != change.result.text


def test_the_smallest_change_of_a_head_count_and_of_a_flag(policy: Policy) -> None:
    found = {(change.name, change.result.text): change.new_value for change in tier(policy).changes}
    heads = {policy.evaluate({**FAMILY, "members": n}, ON)["tier"]: n for n in range(12, 3, -1)}
    assert found["members", "relative"] == heads["relative"]
    assert found["members", "deep"] == heads["deep"]
    poor = {(change.name, change.result.text): change.new_value for change in tier(policy, income="0").changes}
    assert poor["runs_business", "none"] is True
    assert poor["homes", "none"] == 2


def test_a_missing_figure_comes_with_what_would_follow_on_each_side(policy: Policy) -> None:
    sides = tier(policy, income=None).sides
    assert [(side.text.zh, side.result.text) for side in sides] == [
        ("低于 25,840.00 元", "deep"),
        ("25,840.00 元 起、低于 51,580.00 元", "relative"),
        ("51,580.00 元 及以上", "none"),
    ]
    assert [side.result.text for side in tier(policy, runs_business=None, income="0").sides] == ["none", "deep"]
    assert [side.result.text for side in tier(policy, income=None, members=None).sides] == [""]  # cannot be told


def test_the_sheet_says_so_in_words(policy: Policy) -> None:
    sheet = policy.explain({**FAMILY, "income": None}, ON)
    assert "如果 家庭年收入 低于 25,840.00 元：深度困难（deep）" in sheet.text("zh")
    assert "if Yearly household income below 25,840.00 yuan: deep hardship (deep)" in sheet.text("en")
    assert sheet.to_dict()["decisions"][0]["sides"][0]["result"] == "deep"


def test_the_problem_of_a_table_says_so_too(policy: Policy) -> None:
    """The sentence is the same in `evaluate` and `decide`, and only the decisions that need the figure have one."""
    row = {**FAMILY, "income": None}
    alone = policy.evaluate(row, ON)
    said = {
        lang: policy.decide(pa.Table.from_pylist([row]), ON, lang=lang).to_pylist()[0] for lang in ("zh", "en", "both")
    }
    assert said["zh"]["tier_problem"] == (
        "缺少 income；如果 家庭年收入 低于 25,840.00 元：深度困难（deep）；"
        "如果 家庭年收入 25,840.00 元 起、低于 51,580.00 元：相对困难（relative）；如果 家庭年收入 51,580.00 元 及以上：不符合（none）"
    )
    assert said["en"]["tier_problem"].startswith(
        "needs income; if Yearly household income below 25,840.00 yuan: deep hardship (deep); "
    )
    assert (
        said["both"]["tier_problem"]
        == alone["tier_problem"]
        == " / ".join(said[lang]["tier_problem"] for lang in ("zh", "en"))
    )
    settled = {**row, "runs_business": "是", "children_upper": None}  # excluded whatever the income is
    found = policy.decide(pa.Table.from_pylist([settled]), ON, lang="en").to_pylist()[0]
    assert (found["tier"], found["tier_problem"]) == ("none", None)


def test_what_cannot_be_read_comes_with_its_sides_and_two_missing_figures_do_not(policy: Policy) -> None:
    unreadable = policy.decide(pa.Table.from_pylist([{**FAMILY, "income": "约3万"}]), ON, lang="zh").to_pylist()[0]
    assert unreadable["tier_problem"].startswith(
        "income 的值“约3万”无法识别为金额；如果 家庭年收入 低于 25,840.00 元："
    )
    both = policy.decide(
        pa.Table.from_pylist([{**FAMILY, "income": None, "members": None}]), ON, lang="zh"
    ).to_pylist()[0]
    assert both["tier_problem"] == "缺少 income、members；如果 家庭年收入、共同生活人口 补齐：事先无法判断结果"


@pytest.fixture
def pension(tmp_path: Path) -> Policy:
    (tmp_path / "policy.toml").write_text(
        'id = "p"\n[[input]]\nname = "joined"\ntype = "date"\n[[input]]\nname = "kind"\ntype = "string"\n'
        '[[input]]\nname = "years"\ntype = "integer"\n'
        '[[decision]]\nname = "pay"\nhit_policy = "F"\noutputs = [{name = "pay", type = "money"}]\n',
        encoding="utf-8",
    )
    (tmp_path / "pay.csv").write_text(
        'rule,joined,kind,years,→ pay,clause\nold,"< date(""2020-02-29"")",-,-,100,1\nretired,-,"""r""",-,years * 10,2\n'
        "rest,-,-,>= 3,0,3\nnone,-,-,-,1,4\n",
        encoding="utf-8",
    )
    return Policy.load(tmp_path)


def test_sides_of_a_date_a_text_and_of_amounts_by_rule(pension: Policy) -> None:
    def problem(lang: str, **row: Any) -> Any:
        given = {"joined": "2021-01-01", "kind": "w", "years": "2", **row}
        return pension.decide(pa.Table.from_pylist([given]), ON, lang=lang).to_pylist()[0]["pay_problem"]

    assert (
        problem("zh", joined=None)
        == "缺少 joined；如果 joined 早于 2020-02-29：规则 old；如果 joined 2020-02-29 及以后：规则 none"
    )
    assert problem("en", kind=None) == "needs kind; if kind r: rule retired; if kind is anything else: rule none"
    assert problem("en", years=None) == "needs years; if years below 3: rule none; if years 3 or more: rule rest"
    assert problem("en", joined="2020-02-28", years=None) is None
    for row in ({"joined": "2020-02-28"}, {"joined": "2020-02-29"}, {"kind": "r"}, {"kind": "other"}, {"years": "3"}):
        assert problem("en", **row) is None


def test_families_that_are_alike_are_worked_out_once_and_others_are_not_mixed_up(policy: Policy) -> None:
    rows = [{**FAMILY, "income": None, "members": str(1 + n % 3), "loss": str(n % 2 * 90000)} for n in range(24)]
    together = policy.decide(pa.Table.from_pylist(rows), ON)["tier_problem"].to_pylist()
    alone = [Policy.load(POLICIES / "qingtongxia").evaluate(row, ON)["tier_problem"] for row in rows[:6]]
    assert together == alone * 4
    assert len(set(together)) == 6


def made(folder: Path, toml: str, **tables: str) -> Policy:
    folder.mkdir(exist_ok=True)
    (folder / "policy.toml").write_text(toml, encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Policy.load(folder)


INCOME = '[[input]]\nname = "x"\ntype = "money"\nlabel = {zh = "收入", en = "income"}\n'


@pytest.mark.parametrize(
    ("formula", "kind", "en"),
    [
        ("x < 100", "boolean", ["below 100.00 yuan: yes", "100.00 yuan or more: no"]),
        ("x >= 12.5 * 2 and x <= 30", "boolean", ["below 25.00 yuan: no", "from 25.00 yuan to 30.00 yuan: yes", "above 30.00 yuan: no"]),
        ("x * 0 + 5", "money", ["whatever it is: 5.00 yuan"]),
        ("min(x, 1000)", "money", ["is given: cannot tell what would follow"]),
        ("1 / (x * x - 2) > 0.001", "boolean", ["is given: cannot tell what would follow"]),
    ],
)  # fmt: skip
def test_sides_of_a_formula(tmp_path: Path, formula: str, kind: str, en: list[str]) -> None:
    policy = made(tmp_path, f'id = "p"\n{INCOME}[[decision]]\nname = "d"\nexpression = "{formula}"\ntype = "{kind}"\n')
    found = policy.decide(pa.table({"x": pa.array([None], pa.string())}), ON, lang="en")["d_problem"].to_pylist()
    assert found == ["; ".join(["needs x", *(f"if income {side}" for side in en)])]
    assert policy.explain({"x": None}, ON).text("en").count("if income") == len(en)


LISTED = (
    'id = "p"\n[[input]]\nname = "marks"\ntype = "list<string>"\n'
    '[[decision]]\nname = "d"\nhit_policy = "F"\noutputs = [{name = "d", type = "string"}]\n'
)


def test_sides_of_a_list(tmp_path: Path) -> None:
    head = "rule,marks,→ d,clause\n"
    asked = made(tmp_path / "a", LISTED, d=head + 'r1,"list contains(?, ""低保"")","""yes""",1\nr2,-,"""no""",2\n')
    counted = made(tmp_path / "b", LISTED, d=head + 'r1,count(?) > 2,"""yes""",1\nr2,-,"""no""",2\n')
    table = pa.table({"marks": pa.array([None, "[1, 2]"], pa.string())})
    assert asked.decide(table, ON, lang="zh")["d_problem"].to_pylist()[0] == (
        "缺少 marks；如果 marks 有“低保”：yes；如果 marks 没有“低保”：no"
    )
    assert (
        counted.decide(table, ON, lang="zh")["d_problem"].to_pylist()[0]
        == "缺少 marks；如果 marks 补上：事先无法判断结果"
    )


def test_sides_of_the_area_whose_standards_are_asked(tmp_path: Path) -> None:
    toml = (
        'id = "p"\n[standards]\nfile = "standards.csv"\narea = "city"\n[[input]]\nname = "city"\ntype = "string"\n'
        f'{INCOME}[[decision]]\nname = "d"\nhit_policy = "F"\noutputs = [{{name = "d", type = "string"}}]\n'
    )
    standards = "area,name,from,value,document\n甲,M,2020-01-01,100,a\n乙,M,2020-01-01,300,b\n"
    policy = made(tmp_path, toml, standards=standards, d='rule,x,→ d,clause\nr1,< M,"""yes""",1\nr2,-,"""no""",2\n')
    found = policy.decide(pa.table({"city": pa.array([None], pa.string()), "x": ["200"]}), ON, lang="zh")
    assert found["d_problem"].to_pylist() == [
        "缺少 city；如果 city 甲：no；如果 city 乙：yes；如果 city 为其他：没有 其他地区 在 2023-03-31 的标准 M"
    ]


@pytest.mark.parametrize(("n", "x"), [(8, 40), (7, 40), (1, 100), (1, 99), (4, 0), (2, 60)])
@pytest.mark.parametrize(
    "figure", ["x / n", "abs(x - 60) / n", "max(x - 70, 5) / n", "min(x, 9) + max(x - 80, 0)", "abs(abs(x - 50) - 30)"]
)
def test_the_smallest_change_is_that_of_trying_every_value(tmp_path: Path, figure: str, n: int, x: int) -> None:
    """Also from the top of the values that are allowed, where nothing beyond can be looked at, and beyond bends."""
    (tmp_path / "policy.toml").write_text(
        'id = "p"\n[[input]]\nname = "x"\ntype = "integer"\nallowed = "[0..100]"\n'
        '[[input]]\nname = "n"\ntype = "integer"\nallowed = "[1..8]"\n[[derived]]\nname = "y"\n'
        f'expression = "{figure}"\n'
        '[[decision]]\nname = "t"\nfile = "t.csv"\nhit_policy = "F"\noutputs = [{name = "t", type = "string"}]\n'
    )
    (tmp_path / "t.csv").write_text('rule,y,→ t\n1,< 10,"""a"""\n2,< 25,"""b"""\n3,-,"""c"""\n', encoding="utf-8")
    policy = Policy.load(tmp_path)
    now = policy.evaluate({"x": x, "n": n})["t"]
    smallest: dict[tuple[str, str], int] = {}
    for name, values in (("x", range(101)), ("n", range(1, 9))):
        own = {"x": x, "n": n}[name]
        for value in sorted(values, key=lambda new: (abs(new - own), new), reverse=True):
            result = policy.evaluate({"x": x, "n": n, name: value})["t"]
            if result != now:
                smallest[name, result] = value
    changes = policy.explain({"x": x, "n": n}, changes=True).decisions[0].changes
    assert {(one.name, one.result.text): one.new_value for one in changes} == smallest
