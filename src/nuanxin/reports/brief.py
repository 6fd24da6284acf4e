"""The brief (简报): a union's report with its figures woven in, and the table of all figures with the query of each.

Sentences are data: a clause is said when its figure is not zero, so a range with little in it gives a short brief and an empty one
says so. No figure stands in a sentence but by its name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from nuanxin.reports.figures import FIGURES, Figure, Range, Value, make_range, measure
from nuanxin.reports.towns import Town
from nuanxin.reports.towns import towns as towns_of
from nuanxin.union.models import Org
from nuanxin.union.rules import quarter_zh

if TYPE_CHECKING:  # the printers are slow to load, and most briefs are only read
    from nuanxin.reports.prints import BriefValues

LANGS = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Clause:
    """Said when the figure ``when`` is not zero; ``{name}`` in the text is a figure."""

    when: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and sentences of clauses: a sentence is its clauses that are said, joined."""

    key: str
    zh: str
    en: str
    sentences: tuple[tuple[Clause, ...], ...]


SECTIONS = (
    Section("overview", "总体情况", "Overview", (
        (
            Clause("returns_owed", "应报工会 {returns_owed} 家次，其中上报困难职工家庭 {returns_received} 家次、零报告 {returns_nil} 家次",
                   "Of {returns_owed} returns owed by the unions, {returns_received} reported families and {returns_nil} were nil returns"),
            Clause("visits", "走访困难职工家庭 {visits} 户次", "families were visited {visits} times"),
        ),
        (
            Clause("households_filed", "经摸排、走访、公示和审定，将 {households_filed} 户困难职工家庭纳入建档帮扶",
                   "After survey, visit, publication and certification, {households_filed} households in difficulty were taken on file"),
            Clause("households_deep", "其中深度困难 {households_deep} 户", "{households_deep} of them in deep hardship"),
            Clause("households_relative", "相对困难 {households_relative} 户", "{households_relative} in relative hardship"),
            Clause("households_accident", "意外致困 {households_accident} 户", "{households_accident} after an accident"),
        ),
        (
            Clause("households_left", "{households_left} 户脱困退出", "{households_left} households left the file"),
            Clause("households_on_file", "期末在档 {households_on_file} 户", "{households_on_file} were on file at the end"),
        ),
        (
            Clause("household_aid_yuan", "按政策为建档家庭制定帮扶计划，合计 {household_aid_yuan}",
                   "Aid of {household_aid_yuan} was planned for the households under the policy"),
        ),
        (
            Clause("households_refused", "经审核不符合建档条件的家庭 {households_refused} 户次",
                   "{households_refused} families were found not to qualify"),
            Clause("offers", "转介法律援助、子女教育、健康体检等帮扶 {offers} 项次", "{offers} offers of other help were made"),
        ),
    )),
    Section("done", "服务职工", "What was done", (
        (
            Clause("spent_yuan", "投入慰问和助学资金 {spent_yuan}", "{spent_yuan} were spent on consolation and student grants"),
            Clause("people_visited", "慰问一线职工、困难职工和新就业形态劳动者 {people_visited} 人",
                   "{people_visited} front-line, hardship and gig workers were reached by consolation"),
            Clause("students", "资助学生 {students} 人", "{students} students were helped"),
        ),
        (
            Clause("inpatients", "医疗互助为 {inpatients} 名住院职工报销 {mutual_aid_yuan}",
                   "The medical mutual-aid fund reimbursed {mutual_aid_yuan} to {inpatients} workers in hospital"),
        ),
        (
            Clause("job_fairs", "举办招聘活动 {job_fairs} 场", "{job_fairs} job fairs were held"),
            Clause("jobs", "为求职者提供就业岗位 {jobs} 个", "{jobs} jobs were offered to job-seekers"),
        ),
        (
            Clause("wishes", "征集职工微心愿 {wishes} 个", "{wishes} micro-wishes were collected"),
            Clause("wishes_done", "已实现 {wishes_done} 个", "{wishes_done} were fulfilled"),
        ),
        (
            Clause("problems", "受理职工反映的难题 {problems} 件", "{problems} problems at work were raised"),
            Clause("problems_done", "已办结 {problems_done} 件", "{problems_done} were settled"),
        ),
    )),
    Section("open", "尚未办好的事", "What is still open", (
        (
            Clause("problems_overdue", "期末超期未办结的难题 {problems_overdue} 件", "{problems_overdue} problems were overdue at the end"),
            Clause("wishes_overdue", "超期未实现的微心愿 {wishes_overdue} 个", "{wishes_overdue} micro-wishes were overdue"),
        ),
        (
            Clause("returns_silent", "未报送的工会 {returns_silent} 家次", "{returns_silent} returns were not sent"),
        ),
    )),
)  # fmt: skip
EMPTY = Section("overview", "总体情况", "Overview", ())
EMPTY_TEXT = {
    "zh": "本期没有登记困难职工家庭、诉求和各类台账，各项数据均为零。",
    "en": "Nothing was recorded in this range: no households, no matters, no books. All figures are zero.",
}
TABLE = {"zh": "附：主要数据", "en": "Figures"}
PLANS = {"zh": "下一步", "en": "Next"}
OF_NONE = {"zh": "不属于镇（街道）的工会", "en": "Unions of no town"}
TOWN_TABLE = {"zh": "附：各镇（街道）对比", "en": "Town by town"}
# The columns of that table, as short as they stand in its head.
TOWN_HEADS = {
    "returns_received": {"zh": "有困难家庭", "en": "With families"}, "returns_nil": {"zh": "零报告", "en": "Nil"},
    "returns_silent": {"zh": "未报", "en": "Silent"}, "visits": {"zh": "走访", "en": "Visits"},
    "households_filed": {"zh": "新建档", "en": "Taken on file"}, "households_on_file": {"zh": "期末在档", "en": "On file"},
}  # fmt: skip
# What a brief may hold, besides what is planned: its sections, the towns side by side, and the table of the figures below them. The towns
# stand in it where they are asked for.
USUAL = (*(section.key for section in SECTIONS), "figures")
PARTS = (*USUAL[:-1], "towns", "figures")
_NUMERALS = "一二三四五六七八九"


def wan(amount: Decimal) -> str:
    """An amount as a report writes it: ``93.5 万元``; below 10,000 in yuan; rounded to 0.01 万 with 约 where that is not exact.

    >>> wan(Decimal("935000")), wan(Decimal("8357")), wan(Decimal("717999.6"))
    ('93.5 万元', '8,357 元', '约 71.8 万元')
    """
    if abs(amount) < 10_000:
        return f"{plain(amount)} 元"
    rounded = (amount / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    about = "" if rounded * 10_000 == amount else "约 "
    text = f"{rounded:,f}".rstrip("0").rstrip(".")
    return f"{about}{text} 万元"


def plain(value: Value) -> str:
    """``3,584``; an amount with its fen only where there are any."""
    if isinstance(value, Decimal) and value != value.to_integral_value():
        return f"{value:,.2f}"
    return f"{int(value):,}"


@dataclass(frozen=True, slots=True)
class Stated:
    """One figure of a brief: its value, how many records it counts, the query that made it."""

    figure: Figure
    value: Value
    records: int
    query: str


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief of one organisation and range, in one language; ``paragraphs`` are (heading, text), the last one what is planned where
    anything is (``plans``). ``parts`` are those of ``PARTS`` that it holds; ``number`` is that of the issue, once it was approved."""

    org: Org
    first: str
    last: str
    lang: str
    made_at: datetime
    title: str
    period: str
    paragraphs: tuple[tuple[str, str], ...]
    figures: tuple[Stated, ...]
    parts: tuple[str, ...] = USUAL
    plans: str = ""
    number: str = ""
    towns: tuple[Town, ...] = ()

    @property
    def table(self) -> tuple[Stated, ...]:
        """The figures that stand in the table below the text."""
        return self.figures if "figures" in self.parts else ()

    @property
    def text(self) -> str:
        """Title, paragraphs and the table of figures."""
        lines = [
            self.title,
            f"{self.org.name}　{self.period}" if self.lang == "zh" else f"{self.org.name}, {self.period}",
        ]
        for heading, text in self.paragraphs:
            lines += ["", heading, f"　　{text}" if self.lang == "zh" else text]
        lines += ["", TOWN_TABLE[self.lang]] if self.towns else []
        lines += [_town_line(town, self.lang) for town in self.towns]
        lines += ["", TABLE[self.lang]] if self.table else []
        for stated in self.table:
            figure, unit = stated.figure, stated.figure.unit[self.lang]
            count = f"（{stated.records:,} 条记录）" if self.lang == "zh" else f" ({stated.records:,} records)"
            colon = "：" if self.lang == "zh" else ": "
            lines.append(f"{figure.label(self.lang)}{colon}{plain(stated.value)} {unit}{count}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """``{org, from, to, made_at, title, text, figures: [{name, label, value, unit, records, query}]}``; a value is a number, or decimal
        text where it has fen."""
        return {
            "org": self.org.code, "from": self.first, "to": self.last, "made_at": self.made_at.isoformat(), "title": self.title,
            "text": self.text,
            "figures": [
                {
                    "name": stated.figure.name, "label": stated.figure.label(self.lang), "value": as_number(stated.value),
                    "unit": stated.figure.unit[self.lang], "records": stated.records, "query": stated.query,
                }
                for stated in self.figures
            ],
        } | ({"towns": [{"org": town.code, "name": town.name, "figures": town.values} for town in self.towns]} if self.towns else {})  # fmt: skip

    def values(self) -> "BriefValues":
        """What the printed brief needs (``prints.render("brief", …)`` and ``prints.render_docx``)."""
        return {
            "issuer": self.org.name, "title": self.title, "number": self.number or None, "period": self.period,
            "issued_on": self.made_at.date(),
            "paragraphs": [{"heading": heading, "text": text} for heading, text in self.paragraphs],
            "figures": [
                {
                    "label": stated.figure.label(self.lang), "value": plain(stated.value),
                    "unit": stated.figure.unit[self.lang], "records": stated.records,
                }
                for stated in self.table
            ],
            "town_heads": [TOWN_HEADS[name][self.lang] for name in TOWN_HEADS] if self.towns else [],
            "towns": [{"name": town_name(town, self.lang), "values": [plain(town.values[name]) for name in TOWN_HEADS]} for town in self.towns],
        }  # fmt: skip


def town_name(town: Town, lang: str) -> str:
    """What a row of the towns is called."""
    return town.name if town.code else OF_NONE[lang]


def _town_line(town: Town, lang: str) -> str:
    comma, colon = ("，", "：") if lang == "zh" else (", ", ": ")
    said = comma.join(f"{TOWN_HEADS[name][lang]} {plain(town.values[name])}" for name in TOWN_HEADS)
    return f"{town_name(town, lang)}{colon}{said}"


def as_number(value: Value) -> int | str:
    """A value in JSON: a whole number as a number, an amount with fen as decimal text, since a float would not be exact."""
    return int(value) if value == int(value) else f"{value:.2f}"


def make_brief(org: Org, first: str, last: str, *, made_at: datetime, lang: str = "zh") -> Brief:
    """The brief of ``org`` and all below for the quarters from ``first`` to ``last``. Raises Refused for a range that runs backwards."""
    return brief_of(make_range(org, first, last), made_at=made_at, lang=lang)


def brief_of(span: Range, *, made_at: datetime, lang: str = "zh", parts: Sequence[str] = USUAL) -> Brief:
    """The brief of a range; all its figures are of one moment."""
    towns = beside(span) if "towns" in parts else ()
    return written(span, stated(span), made_at=made_at, lang=lang, parts=parts, towns=towns)


def beside(span: Range) -> tuple[Town, ...]:
    """The towns of a range side by side, as they stand."""
    return tuple(towns_of(span, tuple(TOWN_HEADS)))


def stated(span: Range) -> tuple[Stated, ...]:
    """All figures of a range as they stand."""
    found = measure(FIGURES.values(), span)
    return tuple(
        Stated(figure, one.value, one.records, one.query)
        for figure, one in ((figure, found[figure.name]) for figure in FIGURES.values())
    )


def written(
    span: Range,
    figures: tuple[Stated, ...],
    *,
    made_at: datetime,
    lang: str,
    parts: Sequence[str] = USUAL,
    plans: str = "",
    towns: tuple[Town, ...] = (),
) -> Brief:
    """The brief that says these figures."""
    values = {one.figure.name: one.value for one in figures}
    said = _said(values, lang, parts)
    if plans:
        said.append((Section("plans", PLANS["zh"], PLANS["en"], ()), plans))
    paragraphs = tuple((_heading(n, section, lang), text) for n, (section, text) in enumerate(said))
    return framed(span, figures, paragraphs, made_at=made_at, lang=lang, parts=parts, plans=plans, towns=towns)


def framed(
    span: Range, figures: tuple[Stated, ...], paragraphs: tuple[tuple[str, str], ...], *, made_at: datetime, lang: str, parts: Sequence[str],
    plans: str = "", number: str = "", towns: tuple[Town, ...] = (),
) -> Brief:  # fmt: skip
    """A brief of this text, under its title and period."""
    period = _period(span.first, span.last, lang)
    return Brief(
        span.org, span.first, span.last, lang, made_at, _title(lang), period, paragraphs, figures, tuple(parts), plans, number, towns
    )  # fmt: skip


def _title(lang: str) -> str:
    return (
        "职工困难季度认证工作简报" if lang == "zh" else "Brief on the quarterly certification of workers in difficulty"
    )


def _period(first: str, last: str, lang: str) -> str:
    if lang == "zh":
        return quarter_zh(first) if first == last else f"{quarter_zh(first)}至{quarter_zh(last)}"
    return first if first == last else f"{first} to {last}"


def _said(values: dict[str, Value], lang: str, parts: Sequence[str]) -> list[tuple[Section, str]]:
    said = []
    for section in SECTIONS:
        sentences = [text for clauses in section.sentences if (text := _sentence(clauses, values, lang))]
        if sentences and section.key in parts:
            said.append((section, ("" if lang == "zh" else " ").join(sentences)))
    # Unions that owe a return are no work done: with nothing else the range is empty.
    if not any(value for name, value in values.items() if name not in ("returns_owed", "returns_silent")):
        said = [(EMPTY, EMPTY_TEXT[lang]), *((section, text) for section, text in said if section is SECTIONS[-1])]
    return said


def _heading(n: int, section: Section, lang: str) -> str:
    return f"{_NUMERALS[n]}、{section.zh}" if lang == "zh" else f"{n + 1}. {section.en}"


def _sentence(clauses: tuple[Clause, ...], values: dict[str, Value], lang: str) -> str:
    said = [clause.zh if lang == "zh" else clause.en for clause in clauses if values[clause.when]]
    if not said:
        return ""
    text = ("，" if lang == "zh" else ", ").join(said)
    text = re.sub(r"\{(\w+)\}", lambda found: _figure(FIGURES[found[1]], values[found[1]], lang), text)
    return text + "。" if lang == "zh" else text[0].upper() + text[1:] + "."


def _figure(figure: Figure, value: Value, lang: str) -> str:
    """A value inside a sentence: amounts bring their unit."""
    if not isinstance(value, Decimal):
        return plain(value)
    return wan(value) if lang == "zh" else f"{plain(value)} yuan"
