"""Every sentence of the library, in Chinese and English, by code.

A sentence is written once here; the places that say it pass the values. `both` is used where the reader's language is not
known (a column of a table, a message of an exception).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

CATALOGUE: dict[str, dict[str, str]] = {
    # reading a policy
    "no-folder": {"zh": "没有找到政策：{path}", "en": "no policy found at {path}"},
    "bad-dmn": {"zh": "DMN 文件无法使用：{why_zh}", "en": "the DMN file cannot be used: {why_en}"},
    "no-file": {"zh": "没有文件 {name}", "en": "there is no file {name}"},
    "bad-toml": {"zh": "policy.toml 写法有误：{why}", "en": "policy.toml cannot be read: {why}"},
    "bad-toml-signs": {
        "zh": "引号、等号和括号要用英文（半角）的，这一行有 {signs}",
        "en": "quotes, equals signs and brackets must be plain ones; this line has {signs}",
    },
    "bad-toml-key": {
        "zh": '等号左边是中文时要加引号，如 {{"深" = …}}；各项之间用英文逗号',
        "en": 'what stands before an equals sign needs quotes when it is Chinese, as in {{"深" = …}}; commas are plain ones',
    },
    "bad-text": {
        "zh": "文件不是 UTF-8 文本。在 Excel 中另存为“CSV UTF-8（逗号分隔）”，在 WPS 或记事本中另存时选 UTF-8 编码",
        "en": "the file is not UTF-8 text; save it as “CSV UTF-8 (comma delimited)”, or with the encoding UTF-8",
    },
    "control-sign": {
        "zh": "这一行有看不见的控制字符 {sign}，请删去（多半是从别处粘贴带来的）",
        "en": "this line has the invisible control sign {sign}: delete it; it mostly comes with pasted text",
    },
    "bad-separator": {
        "zh": "各格之间用的是 {sign}，应是英文逗号；另存为“CSV（逗号分隔）”",
        "en": "the cells are parted by {sign} where commas are needed; save the file as comma delimited",
    },
    "bad-csv-quotes": {
        "zh": "从这一行起引号没有配对：整格加引号时，格内的引号要写两次；用电子表格软件打开和保存就不会错",
        "en": "a quote is not closed from this line on: inside a quoted cell quotes are doubled; a spreadsheet program writes them correctly",
    },
    "block-form": {
        "zh": "{key} 应写作 {form}",
        "en": "{key} is written {form}",
    },
    "bad-flag": {"zh": "{key} 应写 true 或 false", "en": "{key} must be true or false"},
    "empty-name": {"zh": "名称一格是空的", "en": "the name is empty"},
    "duplicate-column": {"zh": "列 {name} 出现了两次", "en": "the column {name} stands twice"},
    "no-value": {
        "zh": "“{text}”中的 {part} 算不出值",
        "en": "“{text}”: {part} has no value",
    },
    "arguments": {
        "zh": "“{text}”：{name} 要 {expected} 个参数，写了 {found} 个",
        "en": "“{text}”: {name} takes {expected} arguments and has {found}",
    },
    "missing-key": {"zh": "{where} 缺少 {key}", "en": "{where} lacks {key}"},
    "unknown-key": {"zh": "{where} 中有不认识的项 {key}", "en": "{where} has an unknown key {key}"},
    "bad-type": {
        "zh": "{name} 的类型 {type} 不认识，可用：{known}",
        "en": "{name} has the unknown type {type}; known are {known}",
    },
    "bad-date": {"zh": "{value} 不是日期（写作 2023-01-31）", "en": "{value} is not a date (write 2023-01-31)"},
    "bad-number": {"zh": "{value} 不是数字", "en": "{value} is not a number"},
    "bad-hit-policy": {
        "zh": "命中策略 {value} 不认识，可用：{known}",
        "en": "unknown hit policy {value}; known are {known}",
    },
    "duplicate-name": {"zh": "名称 {name} 用了两次", "en": "the name {name} is used twice"},
    "bad-name": {
        "zh": "{name} 在公式里另有含义（如 ? 是单元格所在的列，数字、引号里的文字和 true 是值），不能作名称；请换一个名称",
        "en": "{name} means something else in expressions (? is a cell's column; a figure, a quoted text and true are values) and cannot be a name: choose another",
    },
    "duplicate-rule": {"zh": "规则编号 {rule} 用了两次", "en": "the rule id {rule} is used twice"},
    "no-decision": {"zh": "政策中没有任何决定", "en": "the policy has no decision"},
    "cycle": {"zh": "{names} 互相引用，无法计算", "en": "{names} refer to each other and cannot be computed"},
    "no-output-column": {
        "zh": "表头没有输出列（写作“→ 名称”）",
        "en": "the header has no output column (written “→ name”)",
    },
    "outputs-differ": {
        "zh": "表头的输出列是 {found}，policy.toml 写的是 {expected}",
        "en": "the header has the outputs {found}, policy.toml says {expected}",
    },
    "no-rules": {"zh": "表中没有规则", "en": "the table has no rules"},
    "cells": {
        "zh": "这一行有 {found} 格，表头有 {expected} 格；格内有逗号时整格要加英文双引号，空着的格也要留逗号",
        "en": "this row has {found} cells, the header {expected}; a cell with a comma in it stands in double quotes, an empty one keeps its comma",
    },
    "empty-cell": {
        "zh": "规则 {rule} 的“{column}”一格是空的；任何值都可以时写 -",
        "en": "rule {rule}: the cell “{column}” is empty; write - for any value",
    },
    "syntax": {"zh": "“{text}”看不懂：{why_zh}", "en": "“{text}” cannot be read: {why_en}"},
    "unknown-name": {
        "zh": '“{text}”中的 {name} 不认识；文字要加引号，如 "{name}"',
        "en": '“{text}” uses the unknown name {name}; a text needs quotes, as in "{name}"',
    },
    "bad-allowed": {
        "zh": "输出 {name} 的 values 里的“{value}”不是 {type} 类型的值",
        "en": "“{value}” among the values of the output {name} is no value of the type {type}",
    },
    "not-listed": {
        "zh": "规则 {rule} 的结果 {value} 不在输出 {name} 列出的 values 里；改正错字，或在 policy.toml 里补上",
        "en": "rule {rule} gives {value}, which is not among the values of the output {name}: mend it, or add it to the values",
    },
    "priority-values": {
        "zh": "命中策略 {hit} 需要输出列写明先后次序（values）",
        "en": "hit policy {hit} needs the order of the output's values",
    },
    "aggregate-outputs": {
        "zh": "命中策略 {hit} 只能有一个输出列",
        "en": "hit policy {hit} takes one output only",
    },
    "no-area-input": {
        "zh": "标准表按地区分列，但没有输入 {name}",
        "en": "standards differ by area, but there is no input {name}",
    },
    # reading a table of families
    "bad-format": {"zh": "{name} 的格式不支持，可用：{known}", "en": "{name} has an unknown format; known are {known}"},
    "bad-table": {"zh": "{name} 无法读取：{why}", "en": "{name} cannot be read: {why}"},
    "no-access": {"zh": "无法读写：{why}", "en": "cannot be read or written: {why}"},
    "not-a-table": {
        "zh": "{kind} 不是表：可用 Arrow、pandas、Polars 的表或 DuckDB 的查询",
        "en": "{kind} is no table: an Arrow, pandas or Polars table or a DuckDB relation is needed",
    },
    "nothing-shared": {"zh": "{old} 与 {new} 没有同名的结果可比", "en": "{old} and {new} share no result to compare"},
    "no-row": {"zh": "表中没有第 {row} 行", "en": "the table has no row {row}"},
    "bad-pair": {"zh": "{text} 应写作 名称=值", "en": "{text} should be written name=value"},
    "unknown-input": {"zh": "政策没有名为 {name} 的输入", "en": "the policy has no input {name}"},
    "not-empty": {"zh": "{path} 已存在且不是空文件夹", "en": "{path} exists and is not an empty folder"},
    "no-spark": {"zh": "Spark 不可用：{why}", "en": "Spark is not available: {why}"},
    "no-pyspark": {
        "zh": "没有安装 PySpark，见 docs/operate-spark.md",
        "en": "PySpark is not installed, see docs/operate-spark.md",
    },
    "no-java": {
        "zh": "没有找到 Java（需要 17），见 docs/operate-spark.md",
        "en": "no Java was found (17 is needed), see docs/operate-spark.md",
    },
    "not-on-spark": {"zh": "这个政策不能在 Spark 上运行：{why}", "en": "this policy does not run on Spark: {why}"},
    "no-columns": {
        "zh": "表中缺少列：{names}；表头应在第一行，写的是：{found}",
        "en": "the table lacks the columns {names}; its first row, where the names stand, has {found}",
    },
    "no-header": {
        "zh": "第一行应是列名，却是空的",
        "en": "the first row should hold the names of the columns and is empty",
    },
    "too-many-rows": {
        "zh": "xlsx 最多 {most} 行，这里有 {rows} 行；结果请存为 csv 或 parquet",
        "en": "an xlsx sheet holds {most} rows and there are {rows}: let the result be csv or parquet",
    },
    "too-long": {
        "zh": "列 {name} 的文字超过 xlsx 一格的 {most} 字；结果请存为 csv 或 parquet",
        "en": "the column {name} has a text longer than the {most} signs of an xlsx cell: let the result be csv or parquet",
    },
    "column-taken": {
        "zh": "表中已有名为 {name} 的列，而结果也叫这个名称；请在表里改名，或删去上次认定留下的列",
        "en": "the table already has a column {name}, which is what a result is called: rename it, or take out what an earlier decision left",
    },
    "no-as-of": {"zh": "表中没有日期列 {name}", "en": "the table has no date column {name}"},
    "not-in-force": {"zh": "政策 {id} 在 {on} 不生效", "en": "policy {id} is not in force on {on}"},
    "no-version": {"zh": "没有在 {on} 生效的政策", "en": "no policy is in force on {on}"},
    "two-versions": {"zh": "{on} 有几个版本同时生效：{names}", "en": "several versions are in force on {on}: {names}"},
    "versions-differ": {
        "zh": "两个版本的结果列不同，不能放在一张表里：{names}；请按日期分开认定（--as-of 日期）",
        "en": "the versions give other columns, which do not fit into one table: {names}; decide them one after another with --as-of DATE",
    },
    "unknown-decision": {"zh": "没有名为 {name} 的决定", "en": "there is no decision {name}"},
    # one family's outcome
    "needs": {"zh": "缺少 {names}", "en": "needs {names}"},
    "would-follow": {"zh": "如果 {name} {side}：{result}", "en": "if {name} {side}: {result}"},
    "cannot-follow": {"zh": "事先无法判断结果", "en": "cannot tell what would follow"},
    "needs-none": {
        "zh": "{name} 无法计算（除数为零，或数值的种类不合）",
        "en": "{name} cannot be computed (a division by zero, or values that do not go together)",
    },
    "unreadable": {
        "zh": "{name} 的值“{value}”无法识别为{type_zh}",
        "en": "{name} is unreadable: “{value}” is not {type_en}",
    },
    "not-allowed": {
        "zh": "{name} 的值“{value}”不在允许范围内（应为 {allowed}）",
        "en": "{name}: “{value}” is not an allowed value (it must be {allowed})",
    },
    "zero-division": {
        "zh": "{name} 无法计算（除数为零或无意义）",
        "en": "{name} cannot be computed (a division by zero)",
    },
    "no-standard": {"zh": "没有 {area} 在 {on} 的标准 {name}", "en": "no standard {name} for {area} on {on}"},
    "no-standard-yet": {
        "zh": "{on} 还没有{where}标准 {name}，最早的从 {first} 起",
        "en": "there is no standard {name}{where} on {on} yet; the first begins on {first}",
    },
    "not-decided": {"zh": "未作决定：没有规则适用", "en": "not decided: no rule matches"},
    "two-rules": {
        "zh": "规则冲突：{rules} 同时适用，而此表只许一条",
        "en": "conflict: the rules {rules} all match where only one may",
    },
    "rules-disagree": {
        "zh": "规则冲突：{rules} 同时适用而结果不同",
        "en": "conflict: the rules {rules} match with different results",
    },
    "wrong-type": {"zh": "{name} 的结果“{value}”不是{type_zh}", "en": "{name}: the result “{value}” is not {type_en}"},
    "too-large": {"zh": "{name} 的数值太大", "en": "{name} is too large"},
    "bad-household": {"zh": "户的数据有误：{why}", "en": "bad data: {why}"},
    # check
    "no-clause": {"zh": "规则 {rule} 没有写明条款", "en": "rule {rule} names no clause"},
    "overlap": {
        "zh": "规则 {a} 与 {b} 会同时适用，例如 {example}",
        "en": "rules {a} and {b} can both match, for example {example}",
    },
    "gap": {
        "zh": "{where_zh}有些情形没有规则适用{example_zh}",
        "en": "no rule matches some families{where_en}{example_en}",
    },
    "unreachable": {"zh": "规则 {rule} 永远不会适用", "en": "rule {rule} can never apply"},
    "cannot-tell": {"zh": "无法判断{what_zh}：{why_zh}", "en": "cannot tell {what_en}: {why_en}"},
    "unused-input": {"zh": "输入 {name} 没有用到", "en": "the input {name} is never used"},
    "always-holds": {
        "zh": "规则 {rule} 的“{text}”任何值都符合：逗号的意思是“或”；两边都要满足写作 [a..b) 或 ? >= a and ? < b",
        "en": "rule {rule}: “{text}” holds for any value, since a comma means or; for both sides write [a..b) or ? >= a and ? < b",
    },
    "untyped": {
        "zh": "输入 {name} 没有类型：表格里的文字不会当作数字或日期；请在 DMN 文件里给它 typeRef（number、string、date……）",
        "en": "the input {name} has no type: what stands as text in a table is read as no figure and no date; give it a typeRef (number, string, date …)",
    },
    "left-out": {
        "zh": "{name} 可以不填，“{text}”却用它计算：没填时算不出，与结果的比较都不成立，会落到别的规则。应填 0 的请去掉 optional，没填就会说明“缺少”",
        "en": "{name} may be left out and “{text}” calculates with it: left out, there is no result and no comparison with it holds, so another rule applies; where 0 should be given, take optional away and a missing figure is asked for",
    },
    "no-case": {"zh": "没有算例用到规则 {rule}", "en": "no worked case exercises rule {rule}"},
    "no-cases": {"zh": "没有算例文件 cases.csv", "en": "there is no cases.csv with worked cases"},
    "case-fails": {
        "zh": "算例 {case}：{column} 应为 {expected}，算得 {found}",
        "en": "case {case}: {column} should be {expected} and is {found}",
    },
    "bad-case": {"zh": "算例的列 {name} 不认识", "en": "the worked cases have an unknown column {name}"},
    "dates-overlap": {
        "zh": "{area} 的标准 {name} 在 {on} 起有两个值",
        "en": "{area} has two values of the standard {name} from {on}",
    },
    "effective-order": {"zh": "生效日 {start} 晚于失效日 {end}", "en": "effective from {start} is after {end}"},
    "type-mismatch": {"zh": "“{text}”的类型不合：{why_zh}", "en": "“{text}” has the wrong type: {why_en}"},
}

TYPE_WORDS: dict[str, tuple[str, str]] = {
    "number": ("数字", "a number"),
    "integer": ("整数", "a whole number"),
    "money": ("金额", "an amount"),
    "string": ("文字", "a text"),
    "boolean": ("是或否", "true or false"),
    "date": ("日期", "a date"),
    "time": ("时间", "a time"),
    "date and time": ("日期时间", "a date and time"),
    "days and time duration": ("时长", "a duration"),
    "years and months duration": ("年月时长", "a duration in years and months"),
    "list": ("列表", "a list"),
    "context": ("组合", "a context"),
}


def say(code: str, lang: str, **values: Any) -> str:
    """The sentence `code` in `lang`: "zh", "en", or "both" (Chinese / English in one line)."""
    texts = CATALOGUE[code]
    if lang == "both":
        return f"{texts['zh'].format(**values)} / {texts['en'].format(**values)}"
    return texts[lang].format(**values)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a policy, a row or a case.

    `severity`: "error" (cannot be used), "warning" (should be mended), "unknown" (could not be told). `line` counts from 1;
    0 where no line is meant.
    """

    code: str
    file: str = ""
    line: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    severity: str = "error"

    def sentence(self, lang: str = "both") -> str:
        return say(self.code, lang, **self.values)

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "zh": self.sentence("zh"),
            "en": self.sentence("en"),
        }

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.sentence()


class PolicyError(Exception):
    """A policy or a table that cannot be used. Carries the `Problem` with file, line and sentence; `others` were found with it."""

    def __init__(self, code: str, file: str = "", line: int = 0, **values: Any) -> None:
        self.problem = Problem(code, file, line, values)
        self.others: tuple[Problem, ...] = ()
        super().__init__(str(self.problem))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return (self.problem, *self.others)

    @property
    def code(self) -> str:
        return self.problem.code

    def with_others(self, others: Iterable[Problem]) -> "PolicyError":
        """The same error, told together with others."""
        self.others = tuple(others)
        return self

    def at(self, file: str, line: int = 0) -> "PolicyError":
        """The same error, placed in a file."""
        return PolicyError(self.problem.code, file, line or self.problem.line, **self.problem.values)
