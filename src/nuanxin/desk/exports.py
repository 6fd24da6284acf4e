"""Lists as spreadsheets: their titles, in Chinese like all that is sent out, and their rows, masked as on the page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from nuanxin.desk import queries, words
from nuanxin.reports.brief import TOWN_HEADS, Brief, town_name
from nuanxin.reports.dashboard import QUARTERLY
from nuanxin.reports.figures import OPENED
from nuanxin.reports.models import Issue
from nuanxin.reports.towns import Town
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.queries import Version
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.parts import Chart, Sheet
from nuanxin.ui.words import PROOF, ROLE, notice
from nuanxin.union.models import Claim, Notice
from nuanxin.union.rules import mask_name

CLAIM_TITLES = ("职工", "身份证号", "工会代码", "工会", "提交日期", "状态")
NOTICE_TITLES = ("日期", "通知", "编号", "状态")
DRAFT_TITLES = ("草稿", "政策", "从哪一版改起", "起草人", "起草日期", "状态", "发布的版本")
FIGURE_TITLES = ("指标", "数值", "单位", "记录")
ISSUE_TITLES = ("编号", "工会", "季度", "状态", "期号", "送审", "送审日期", "审批日期")
CASE_TITLES = ("算例", "结果", "期望", "算出", "用到的规则")


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a list as a spreadsheet; ``operation`` is what seeing it needs."""

    title: str
    operation: str
    value: Callable[[Any], Any]


ROUND_COLUMNS = (
    SheetColumn("季度", "round.read", lambda row: row.quarter), SheetColumn("工会", "round.read", lambda row: row.org.name),
    SheetColumn("状态", "round.read", lambda row: str(words.ROUND[row.state][0])),
    SheetColumn("开展日期", "round.read", lambda row: row.opened_on), SheetColumn("走访截止", "round.read", lambda row: row.visits_due_on),
    SheetColumn("应报", "return.read", lambda row: row.owing), SheetColumn("上报有户", "return.read", lambda row: row.with_families),
    SheetColumn("零报告", "return.read", lambda row: row.nil), SheetColumn("未报", "return.read", lambda row: row.silent),
    SheetColumn("审定", "family.read", lambda row: row.certified), SheetColumn("新建档", "family.read", lambda row: row.filed),
    SheetColumn("不符合", "family.read", lambda row: row.refused),
)  # fmt: skip


def _refused_lines(rows: QuerySet[Any]) -> list[list[Any]]:
    return [
        [
            row.source.org.code if row.source.org else "", row.source.org.name if row.source.org else "", mask_digits(row.source.file_name),
            mask_digits(row.sheet), row.row, row.column, mask_digits(row.found), mask_digits(row.why_zh), mask_digits(row.mend_zh),
        ]
        for row in rows
    ]  # fmt: skip


def _owing_lines(rows: QuerySet[Any]) -> list[list[Any]]:
    lines = list(rows)
    files = queries.files_of([row.file for row in lines])
    found = [(row, files.get(row.file)) for row in lines]
    return [
        [
            row.org.code, row.org.name, str(words.RETURN[row.state][0]),
            *((mask_digits(file.file_name), file.received_on, file.families, file.accepted, file.refused) if file else (None,) * 5),  # type: ignore[attr-defined]
        ]
        for row, file in found
    ]  # fmt: skip


def _file_lines(rows: QuerySet[Any]) -> list[list[Any]]:
    return [
        [
            mask_digits(file.file_name), file.org.code if file.org else "", file.org.name if file.org else "", file.received_on,
            mask_digits((file.refused_whole or {}).get("zh", "")),
            *((mask_digits(file.replaced_by.file_name), file.replaced_by.received_on) if file.replaced_by else (None, None)),
        ]
        for file in rows.select_related("org", "replaced_by")
    ]  # fmt: skip


_REFUSED = ("工会代码", "工会", "文件", "工作表", "行", "列", "填的内容", "问题", "改法")
_FILES = ("文件", "工会代码", "工会", "收到日期", "整份退回的原因", "更正为", "更正收到")
# Each part of the returns page as a spreadsheet: titles, and the lines of its rows, masked.
RETURN_SHEETS: dict[str, tuple[tuple[str, ...], Callable[[QuerySet[Any]], list[list[Any]]]]] = {
    "rows": (_REFUSED, _refused_lines), "warnings": (_REFUSED, _refused_lines),
    "unions": (("工会代码", "工会", "状态", "文件", "收到日期", "家庭", "接受行", "退回行"), _owing_lines),
    "back": (_FILES, _file_lines), "history": (_FILES, _file_lines),
}  # fmt: skip


FAMILY_TITLES = (
    "编号", "职工", "工会代码", "工会", "主要致困原因", "环节", "状态", "认定类别", "依据规则", "净收入（元）", "年度帮扶（元）", "应办日期",
)  # fmt: skip
HOUSEHOLD_TITLES = ("户编号", "职工", "工会代码", "工会", "状态", "档案编号", "类别", "建档日期", "退出日期")


def family_rows(leads: QuerySet[Any]) -> list[list[Any]]:
    """The families of a list for a spreadsheet, masked."""
    return [
        [
            lead.household.code if lead.household else lead.code, mask_name(lead.worker_name), lead.org.code, lead.org.name,
            mask_digits(lead.cause), str(words.COLUMNS[lead.column][0]),
            str((words.FINDING.get(lead.finding_state) or words.LEAD[lead.state])[0]),
            str(words.TIERS[lead.tier][0]) if lead.tier else None, lead.rule, lead.net, lead.total, lead.clock_on,
        ]
        for lead in leads
    ]  # fmt: skip


def household_rows(found: QuerySet[Any]) -> list[list[Any]]:
    """The households of a list for a spreadsheet, masked."""
    return [
        [
            row.code, mask_name(row.worker_name), row.org.code, row.org.name, str(words.HOUSEHOLD[row.state][0]), row.file_code,
            str(words.TIERS[row.tier][0]) if row.tier else None, row.opened_on, row.closed_on,
        ]
        for row in found
    ]  # fmt: skip


def claim_rows(found: Iterable[Claim], states: words.Toned) -> list[list[Any]]:
    return [
        [mask_name(one.name), one.id_mask, one.org.code, one.org.name, one.asked_on, str(states[one.state][0])]
        for one in found
    ]


def notice_rows(found: Iterable[Notice]) -> list[list[Any]]:
    return [
        [one.on, notice(one.what, one.facts), one.subject.partition(":")[2], "已读" if one.read_at else "未读"]
        for one in found
    ]


def draft_rows(found: Iterable[Draft]) -> list[list[Any]]:
    return [
        [
            one.code,
            one.policy,
            one.base_version,
            one.begun_by,
            one.begun_on,
            str(words.DRAFT[one.state][0]),
            one.version,
        ]
        for one in found
    ]


def case_rows(found: Iterable[Any]) -> list[list[Any]]:
    """Worked cases: what was expected, what came out, by which rules."""
    return [
        [
            one.case.name, "一致" if one.holds else "不符",
            *("；".join(f"{column} {pair[n]}" for column, pair in one.differences.items()) for n in (0, 1)),
            " · ".join("+".join(rules) for rules in one.rules.values() if rules),
        ]
        for one in found
    ]  # fmt: skip


def household_sheets(page: queries.FilePage, today: date) -> dict[str, Sheet]:
    """The tables of a household's file, masked."""
    house, finding = page.household, page.finding
    return {
        "members": Sheet(
            ("姓名", "关系", "性别", "年龄", "身份证号", "手机", "就业", "就学"),
            lambda: [
                [
                    one.name, str(words.RELATION.get(one.relation, one.relation)), str(words.SEX.get(one.sex, "")), one.age, one.id_mask,
                    one.phone_mask, mask_digits(one.work_state), str(words.STUDY.get(one.study_stage, one.study_stage)),
                ]
                for one in queries.members(house, page.lead, today)
            ],
        ),
        "visits": Sheet(
            ("季度", "走访日期", "走访人一", "走访人二", "结论", "项目", "上报", "走访核实"),
            lambda: [
                [
                    lead.round.quarter, visit.visited_on, mask_name(visit.visitor_one), mask_name(visit.visitor_two),
                    visit.get_conclusion_display(), str(line.label), line.reported, line.reported if line.found is None else line.found,
                ]
                for lead in page.leads for visit in lead.visits.all() if visit.visited_on for line in queries.compared(lead, visit)
            ],
        ),
        "aid": Sheet(
            ("项目", "年度", "限额核减（元）", "依据", "金额（元）"),
            lambda: [
                [str(words.ITEM[line.item]), line.year, line.cut, line.clause, line.amount]
                for line in (queries.aid_of(finding) if finding else [])
            ],
        ),
        "offers": Sheet(
            ("帮扶", "日期", "说明"),
            lambda: [
                [str(words.OFFER.get(one.kind, one.kind)), one.offered_on, mask_digits(one.note)]
                for one in (finding.offers.order_by("offered_on", "pk") if finding else [])
            ],
        ),
        "findings": Sheet(
            ("季度", "认定", "状态", "净收入（元）", "人口", "年度帮扶（元）"),
            lambda: [
                [
                    one.round.quarter, str(words.TIERS[one.tier][0]) if one.tier else one.problem, str(words.FINDING[one.state][0]), one.net,
                    one.members, one.total,
                ]
                for one in page.findings
            ],
        ),
        "files": Sheet(
            ("档案编号", "类别", "建档日期", "退出日期", "退出原因"),
            lambda: [
                [one.code, str(words.TIERS[one.tier][0]), one.opened_on, one.closed_on, mask_digits(one.close_reason)]
                for one in page.files
            ],
        ),
        "papers": Sheet(
            ("材料", "季度", "谁加的", "哪天加的"),
            lambda: [
                [str(PROOF.get(paper.kind, paper.kind)), paper.lead.round.quarter if paper.lead else "", who, paper.added_on]
                for paper, who in queries.proofs(house)
            ],
        ),
        "readers": Sheet(
            ("日期", "谁", "任职", "看了什么", "理由"),
            lambda: [[one.on, one.name, one.post, one.what, mask_digits(one.reason)] for one in queries.readers(house)],
        ),
    }  # fmt: skip


def chart_sheet(chart: Chart) -> Sheet:
    """The table of a chart: a row a category, a column a series."""
    titles = [
        chart.first_column,
        *(f"{name}（{chart.unit}）" if chart.unit else name for name, _values in chart.series),
    ]
    return Sheet(
        titles,
        lambda: [[one, *(values[n] for _name, values in chart.series)] for n, one in enumerate(chart.categories)],
    )


def town_sheet(found: Sequence[Town], names: Sequence[str]) -> Sheet:
    """Named figures town by town."""
    return Sheet(
        ("镇（街道）代码", "镇（街道）", *(TOWN_HEADS[name]["zh"] for name in names)),
        lambda: [[town.code, town_name(town, "zh"), *(town.values[name] for name in names)] for town in found],
    )


def quarter_sheet(quarters: Mapping[str, Mapping[str, int]]) -> Sheet:
    """The quarters of the dashboard side by side."""
    titles = [OPENED[name].label("zh") for name in QUARTERLY]
    return Sheet(("季度", *titles), lambda: [[quarter, *row.values()] for quarter, row in quarters.items()])


def figure_rows(made: Brief) -> list[list[Any]]:
    """The figures of a brief with how many records each counts."""
    return [[one.figure.label(made.lang), one.value, one.figure.unit[made.lang], one.records] for one in made.figures]


def issue_rows(issues: Iterable[tuple[Issue, str, str]]) -> list[list[Any]]:
    """The briefs that were sent for approval, with their quarters and who sent each."""
    return [
        [
            one.code, one.org.name, span, str(words.ISSUE[one.state][0]), f"{one.year}-{one.number}" if one.number else None, who, one.sent_on,
            one.ended_on,
        ]
        for one, span, who in issues
    ]  # fmt: skip


def post_sheet(posts: Iterable[tuple[Any, str]], states: words.Toned) -> Sheet:
    return Sheet(
        ("角色", "工会代码", "工会", "从", "到", "状态"),
        lambda: [
            [str(ROLE[post.role]), post.org.code, post.org.name, post.from_on, post.until_on, str(states[state][0])]
            for post, state in posts
        ],
    )


def version_sheet(versions: Sequence[Version], lang: str) -> Sheet:
    """The versions of a policy, those that count first."""
    return Sheet(
        ("政策", "版本", "施行日期", "文件", "来源"),
        lambda: [
            [
                one.policy.model.name.text(lang), one.policy.version, one.policy.model.effective_from, one.policy.model.document,
                one.org.name if one.org else "随软件附带" if one.shipped else "本系统",
            ]
            for one in versions
        ],
    )  # fmt: skip
