"""What an officer is told of a folder that cannot be used as it is: file, line and a sentence, never a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.cli import app
from nuanxin.policy.folder import read_files

TOML = """id = "c"
effective_from = 2022-01-01
[standards]
file = "standards.csv"
area = "area"
[[input]]
name = "area"
type = "string"
[[input]]
name = "家庭年收入"
type = "money"
[[input]]
name = "人口"
type = "integer"
allowed = "> 0"
[[derived]]
name = "人均月收入"
type = "money"
expression = "家庭年收入 / 12 / 人口"
[[decision]]
name = "层级"
file = "层级.csv"
hit_policy = "U"
outputs = [{name = "层级", type = "string"}]
"""
TIER = 'rule,人均月收入,→ 层级,clause\na,< M,"""deep""",1\nb,[M..2 * M),"""relative""",2\nc,>= 2 * M,"""none""",3\n'
STANDARDS = "area,name,from,value,document\nX,M,2022-01-01,680,doc\n"
CASES = "case,as_of,area,家庭年收入,人口,→ 层级\n一,2022-12-31,X,8159.99,1,deep\n二,2022-12-31,X,8160,1,relative\n三,2022-12-31,X,16320,1,none\n"
FILES = {"policy.toml": TOML, "层级.csv": TIER, "standards.csv": STANDARDS, "cases.csv": CASES}


def write(folder: Path, **changed: str | bytes | None) -> Path:
    names = {"tier": "层级.csv", "toml": "policy.toml", "standards": "standards.csv", "cases": "cases.csv"}
    for name, content in {**FILES, **{names[key]: value for key, value in changed.items()}}.items():
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def told(folder: Path) -> tuple[int, str]:
    """The exit code and what `check` prints; an exception that is not told fails the test."""
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "tier",
    [
        TIER,
        b"\xef\xbb\xbf" + TIER.encode(),
        TIER.replace("\n", "\r\n"),
        TIER + ",,,\n,,,\n\n",
        TIER.replace("\n", ",,,\n"),
        TIER.replace("[M..2 * M)", "［M．．2 × M）").replace("< M", "＜ M").replace('"""deep"""', "“deep”"),
        TIER.replace("→", "=>"),
        TIER.replace("< M", '"<\nM"'),
    ],
)
def test_what_spreadsheet_programs_and_chinese_keyboards_write_is_understood(tmp_path: Path, tier: str | bytes) -> None:
    code, said = told(write(tmp_path, tier=tier))
    assert (code, said.strip()) == (0, "c: 0 错误 errors, 0 提醒 warnings, 3/3 算例 cases hold")


@pytest.mark.parametrize(
    ("changed", "place", "sentence"),
    [
        ({"tier": TIER.encode("gbk")}, "层级.csv:1", "UTF-8"),
        ({"tier": TIER.encode("utf-16")}, "层级.csv:1", "UTF-8"),
        ({"cases": CASES.encode("gbk")}, "cases.csv:1", "UTF-8"),
        ({"toml": TOML.encode("gbk")}, "policy.toml:10", "UTF-8"),
        ({"tier": TIER.replace(",", ";")}, "层级.csv:1", "用的是 ;"),
        ({"tier": TIER.replace(",", "\t")}, "层级.csv:1", "用的是 Tab"),
        ({"tier": None}, "层级.csv", "没有文件"),
        ({"tier": ""}, "层级.csv:1", "没有规则"),
        ({"tier": TIER.replace('"""deep"""', '"""deep""')}, "层级.csv:2", "引号没有配对"),
        ({"tier": TIER.replace('"""deep"""', '"""deep"')}, "层级.csv:2", "引号没有配对"),
        ({"tier": TIER.replace('"""deep"""', "deep")}, "层级.csv:2", "文字要加引号"),
        ({"tier": TIER.replace("[M..2 * M)", "M~2 * M")}, "层级.csv:3", "区间写作 [a..b)"),
        ({"tier": TIER.replace("[M..2 * M)", "[M..2M)")}, "层级.csv:3", "数字后要写乘号：2 * M"),
        ({"tier": TIER.replace("< M", "< 80%")}, "层级.csv:2", "写作 < 0.8"),
        ({"tier": TIER.replace("< M", "if M > 1 then 2 else 3")}, "层级.csv:2", "不支持 if"),
        ({"tier": TIER.replace("< M", "< M / 0")}, "层级.csv:2", "/ 0 算不出值"),
        ({"tier": TIER.replace("< M", "")}, "层级.csv:2", "是空的"),
        ({"tier": TIER.replace("b,[", "a,[")}, "层级.csv:3", "规则编号 a 用了两次"),
        ({"tier": TIER.replace('"""none""",3', '"""none""",3,4')}, "层级.csv:4", "这一行有 5 格"),
        ({"tier": TIER.replace("[M..2", "[M - 1..2")}, "层级.csv:3", "规则 a 与 b 会同时适用"),
        ({"toml": TOML.replace('"U"', '"X"')}, "policy.toml:23", "命中策略 X 不认识"),
        ({"toml": TOML.replace("[[decision]]", "[decision]")}, "policy.toml:20", "应写作 [[decision]]"),
        ({"toml": TOML.replace("[standards]", "[[standards]]")}, "policy.toml:3", "应写作 [standards]"),
        ({"toml": TOML.replace('[{name = "层级", type = "string"}]', '"层级"')}, "policy.toml:24", "outputs 应写作"),
        ({"toml": TOML.replace('id = "c"', "id = “c”")}, "policy.toml:1", "半角"),
        ({"toml": TOML.replace("allowed =", "label = {中文 = 1}\nallowed =")}, "policy.toml:15", "中文时要加引号"),
        ({"toml": TOML.replace("allowed =", 'optional = "no"\nallowed =')}, "policy.toml:15", "true 或 false"),
        ({"toml": TOML.replace("allowed", "alowed")}, "policy.toml:12", "不认识的项 alowed"),
        ({"standards": STANDARDS + "X,,2022-02-01,3,\n"}, "standards.csv:3", "名称一格是空的"),
        ({"standards": ""}, "standards.csv:1", "缺少"),
        ({"standards": STANDARDS.replace("680", "680元")}, "standards.csv:2", "680元 不是数字"),
        ({"standards": STANDARDS + "X,M,2022-01-01,700,\n"}, "standards.csv:3", "有两个值"),
        ({"standards": STANDARDS.replace("document", "value")}, "standards.csv:1", "列 value 出现了两次"),
        ({"cases": CASES.replace("人口", "人数")}, "cases.csv:1", "人数 不认识"),
        ({"cases": CASES.replace("人口,", "人口,人口,")}, "cases.csv:1", "列 人口 出现了两次"),
        ({"cases": CASES.replace("8159.99", "八千")}, "cases.csv:2", "无法识别为金额"),
        ({"cases": CASES.replace("16320,1,none", "16320,1,deep")}, "cases.csv:4", "应为 deep，算得 none"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_sentence(
    tmp_path: Path, changed: dict[str, str | bytes | None], place: str, sentence: str
) -> None:
    code, said = told(write(tmp_path, **changed))
    assert code == 1
    assert any(place + ":" in line and sentence in line for line in said.splitlines()), said


def test_a_column_that_stands_twice_is_doubtful(tmp_path: Path) -> None:
    rows = [row.split(",", 2) for row in TIER.splitlines()]
    twice = [rows[0][:2] + rows[0][1:], *([*row[:1], "-", *row[1:]] for row in rows[1:])]
    found = Policy.load(write(tmp_path, tier="\n".join(",".join(row) for row in twice))).check()
    assert [(item.code, item.severity) for item in found] == [("duplicate-column", "warning")]


def test_a_date_that_there_is_not_is_told(tmp_path: Path) -> None:
    toml = TOML.replace("[[derived]]", '[[input]]\nname = "born"\ntype = "date"\n[[derived]]')
    tier = TIER.replace("人均月收入,→", "人均月收入,born,→").replace("< M", '< M,"< date(""2023-02-30"")"')
    tier = tier.replace("2 * M),", "2 * M),-,").replace(">= 2 * M,", ">= 2 * M,-,")
    found = [item for item in Policy.load(write(tmp_path, toml=toml, tier=tier)).check() if item.code == "no-value"]
    assert [(item.file, item.line) for item in found] == [("层级.csv", 2)]


def test_knowledge_is_given_by_place_or_by_name_and_counted(tmp_path: Path) -> None:
    knowledge = (
        '[[knowledge]]\nname = "人均"\nparameters = ["the income", "人数"]\nexpression = "the income / 12 / 人数"\n'
    )
    toml = TOML.replace("[[derived]]", f"{knowledge}[[derived]]")
    by_name = toml.replace('"家庭年收入 / 12 / 人口"', '"人均(人数: 人口, the income: 家庭年收入)"')
    assert told(write(tmp_path, toml=by_name))[0] == 0
    short = toml.replace('"家庭年收入 / 12 / 人口"', '"人均(家庭年收入)"')
    assert "policy.toml:23: “人均(家庭年收入)”：人均 要 2 个参数，写了 1 个" in told(write(tmp_path, toml=short))[1]
    unknown = toml.replace('"家庭年收入 / 12 / 人口"', '"人均(人口数: 人口)"')
    with pytest.raises(PolicyError, match="没有参数 人口数"):
        Policy.load(write(tmp_path, toml=unknown))


@pytest.mark.parametrize("name", ["?", "？", "-", "12", "true", "null", "-1"])
def test_a_name_that_means_something_else_is_told_where_it_stands(name: str) -> None:
    for before, block, after in (
        ("[[input]]", f'name = "{name}"', ""),
        ("[[derived]]", f'name = "{name}"', 'expression = "x"'),
        ("[[knowledge]]", f'parameters = ["{name}"]', 'name = "k"\nexpression = "1"'),
    ):
        text = (
            f'id = "p"\n[[input]]\nname = "x"\n{before}\n{block}\n{after}\n[[decision]]\nname = "d"\nexpression = "x"\n'
        )
        with pytest.raises(PolicyError, match="means something else in expressions") as caught:
            read_files({"policy.toml": text.encode()})
        assert (caught.value.problem.file, caught.value.problem.line > 3) == ("policy.toml", True)


def test_other_names_of_any_kind_are_names() -> None:
    for name in ("is ok?", "1a", "a+b", "12月", "date", "not", "如果", "a, b"):
        text = f'id = "p"\n[[input]]\nname = "{name}"\n[[decision]]\nname = "d"\nexpression = "{name} * 2"\n'
        assert Policy(read_files({"policy.toml": text.encode()})).evaluate({name: 4})["d"] == 8


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x0b", "\x1f", "\ufffe"])
def test_a_control_sign_is_told_with_its_line(sign: str) -> None:
    """It would be seen by nobody, differ from the same text without it, and could not be saved as DMN."""
    toml = b'id = "p"\n[[input]]\nname = "x"\n[[decision]]\nname = "d"\nfile = "d.csv"\n'
    with pytest.raises(PolicyError) as caught:
        read_files({"policy.toml": toml, "d.csv": f'rule,x,→ d\n1,-,"""a{sign}b"""\n'.encode()})
    assert str(caught.value).startswith("d.csv:2: ")
    assert f"U+{ord(sign):04X}" in str(caught.value)


@pytest.mark.parametrize("written", [r"\u0001", r"\b", r"\U0000000C", r"\\\u001f"])
@pytest.mark.parametrize(
    "place", ['"a{}b"', '{{zh = "甲", en = "a{}"}}', '{{"a{}" = "b"}}', '"""\n{}"""', '["ok", "{}"]']
)
def test_a_control_sign_written_as_an_escape_is_told_with_its_line(written: str, place: str) -> None:
    """Saved as DMN it would be an error of the XML library."""
    toml = f'id = "p"\n# a remark: {written}\ndocument = \'{written}\'\nname = {place.format(written)}\nbody = "\\"\u2028"\n'
    with pytest.raises(PolicyError) as caught:
        read_files({"policy.toml": (toml + '[[decision]]\nname = "d"\nexpression = "1"\n').encode()})
    line = 5 if "\n" in place else 4
    assert str(caught.value).startswith(f"policy.toml:{line}: 这一行有看不见的控制字符 \\")
    assert read_files(
        {"policy.toml": toml.replace(written, r"\u4e00").encode() + b'[[decision]]\nname = "d"\nexpression = "1"\n'}
    )
