"""What the desk calls things: states, tiers, steps and events in words, as tables; the Chinese term is the message's key."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.ui import words as shared

Words = str | Promise
Toned = dict[str, tuple[Words, str]]

# Where a family stands in a round: the five columns of the board, then those beside it. (words, tone of its chip)
COLUMNS: Toned = {
    "survey": (_("摸排"), "amber"),
    "visit": (_("走访"), "amber"),
    "decide": (_("认定"), "blue"),
    "file": (_("建档"), "blue"),
    "aid": (_("帮扶"), "green"),
    "refused": (_("不符合"), "grey"),
    "known": (_("在档不变"), "green"),
    "gone": (_("已更正或重复"), "grey"),
}
BOARD = ("survey", "visit", "decide", "file", "aid")
COLUMN_NOTES: dict[str, Words] = {
    "survey": _("待核对"),
    "visit": _("2 人一组"),
    "decide": _("政策建议"),
    "file": _("公示中"),
    "aid": _("本季度审定"),
}
COLUMN_EMPTY: dict[str, Words] = {
    "survey": _("没有等更正或待比对的家庭"),
    "visit": _("没有待走访的家庭"),
    "decide": _("没有待认定的家庭"),
    "file": _("没有公示中的家庭"),
    "aid": _("本季度还没有审定的家庭"),
}
TIERS: Toned = shared.TIERS
ROUND: Toned = {
    "open": (_("进行中"), "blue"),
    "decided": (_("已认定"), "blue"),
    "published": (_("公示中"), "amber"),
    "closed": (_("已办结"), "green"),
}
LEAD: Toned = {
    "reported": (_("待比对"), "amber"),
    "held": (_("等更正"), "amber"),
    "doubtful": (_("疑似重复"), "amber"),
    "due": (_("待走访"), "amber"),
    "away": (_("家中无人"), "amber"),
    "visited": (_("待认定"), "blue"),
    "decided": (_("已认定"), "blue"),
    "known": (_("在档不变"), "green"),
    "repeated": (_("重复上报"), "grey"),
    "replaced": (_("已更正"), "grey"),
}
FINDING: Toned = {
    "proposed": (_("待公示"), "blue"),
    "published": (_("公示中"), "amber"),
    "objected": (_("有异议"), "red"),
    "certified": (_("已审定"), "green"),
    "refused": (_("不符合"), "grey"),
    "closed": (_("不符合，已转介"), "grey"),
    "returned": (_("退回重办"), "amber"),
    "superseded": (_("已被替代"), "grey"),
}
HOUSEHOLD: Toned = {
    "on_file": (_("在档"), "green"),
    "left": (_("已退出"), "grey"),
    "refused": (_("不符合"), "grey"),
    "held": (_("未认定"), "amber"),
}
# Parts of the families list that a step of the round waits for; (words, tone) as for the states of a lead and of a finding.
STATES: Toned = {
    **{key: LEAD[key] for key in ("held", "doubtful", "due", "away", "visited")},
    "problem": (_("政策无法认定"), "red"),
    "proposed": FINDING["proposed"],
    "running": FINDING["published"],
    "objected": FINDING["objected"],
    "ready": (_("公示期满，待认证"), "blue"),
    "to_refuse": (_("不符合，待确认"), "grey"),
    "returned": FINDING["returned"],
    "certified": FINDING["certified"],
    "bare": (_("不符合，未转介"), "amber"),
    "refused": (_("已确认不符合"), "grey"),
    "unended": (_("意见未办结"), "amber"),
}
# What was looked at in a family's file.
LOOK: dict[str, Words] = {
    "file": _("档案"), "papers": _("材料"), "print": _("打印的档案"), "export": _("导出的名单"), "route": _("走访路线单"), "id": _("完整身份证号"), "phone": _("完整手机号"),
}  # fmt: skip
# The steps of a round.
TASK: dict[str, Words] = {
    "returns": _("收表"), "visits": _("走访"), "decide": _("认定"), "publish": _("公示"), "certify": _("认证"),
    "offers": _("转介帮扶"), "close": _("办结"),
}  # fmt: skip
RETURN: Toned = {
    "returned": (_("已报"), "green"),
    "nil": (_("零报告"), "grey"),
    "silent": (_("未报"), "red"),
}
SOURCE: dict[str, Words] = {
    "reported": _("摸排上报"),
    "urgent": _("急难"),
    "again": _("上季度未访"),
    "review": _("复核"),
    "applied": _("手机申报"),
}
RELATION: dict[str, Words] = shared.RELATION
STUDY: dict[str, Words] = {
    "preschool": _("学前"), "compulsory": _("义务教育"), "upper_secondary": _("高中"), "university": _("大学"),
}  # fmt: skip
SEX: dict[str, Words] = {"m": _("男"), "f": _("女")}
CONCLUSION: Toned = {
    "as_reported": (_("属实"), "green"),
    "differs": (_("与申报不符，以核实为准"), "amber"),
    "nobody_home": (_("家中无人"), "grey"),
}
ITEM: dict[str, Words] = shared.ITEM
CEILED: dict[str, Words] = ITEM | {"*": _("全部项目")}
PER: dict[str, Words] = {"item": _("每次"), "year": _("每年"), "total": _("累计")}
OFFER: dict[str, Words] = shared.OFFER
CONSENT: dict[str, Words] = shared.CONSENT
# What a visit brought back.
PAPER: dict[str, Words] = {"photo": _("照片"), "family": _("家庭签字"), "visitors": _("走访人签字")}
# Figures that are reported and looked at in a visit, with their kind.
FIGURES: dict[str, tuple[Words, str]] = {
    "members": (_("共同生活人口"), "people"),
    "income": (_("家庭年收入"), "yuan"),
    "medical": (_("自付医疗费"), "yuan"),
    "schooling": (_("教育支出"), "yuan"),
    "loss": (_("意外损失"), "yuan"),
    "homes": (_("住房套数"), "homes"),
    "runs_business": (_("经商办企业"), "flag"),
    "costly_school": (_("高收费私立学校或自费留学"), "flag"),
}
HELD: dict[str, Words] = {
    "refused_row": _("有退回的行，等更正"), "no_members": _("户内没有可用的成员行"), "doubtful": _("疑似重复，待人工比对"),
    "not_visited": _("尚未走访"), "nobody_home": _("家中无人，下季度再访"), "not_decided": _("已走访，待认定"),
    "problem": _("政策无法认定"),
}  # fmt: skip
MATTER_KIND: dict[str, Words] = {"problem": _("工作难题"), "wish": _("微心愿")}
MATTER: Toned = {
    "open": (_("办理中"), "amber"),
    "done": (_("已办结"), "green"),
    "declined": (_("不予办理"), "grey"),
    "withdrawn": (_("已撤回"), "grey"),
}
CLOCK: dict[str, Words] = {"at_once": _("马上办"), "meeting": _("需会议决策，三个月内")}
# An event in words. Facts stand in it by name; tiers and kinds of help are said in words.
EVENTS: dict[str, Words] = {
    "application.send": _("职工在手机上提交困难申报"),
    "application.begin": _("职工开始填写困难申报"),
    "application.paper_back": _("职工撤回材料"),
    "application.withdraw": _("职工撤回困难申报"),
    "application.paper": _("职工补交材料"),
    "application.more": _("职工补充情况"),
    "lead.more": _("职工补充情况"),
    "household.read": _("打开档案查看"),
    "household.move": _("档案转到现在上报的工会（%(to)s）"),
    "return.take": _("摸排上报已收"),
    "return.refuse": _("上报文件退回"),
    "return.replace": _("上报文件已更正"),
    "lead.urgent": _("急难线索登记"),
    "lead.paper": _("补交材料：%(kind)s"),
    "lead.replace": _("上报已更正，原线索作废"),
    "match.accept": _("确认与在册家庭是同一户"),
    "match.reject": _("确认是另一户"),
    "match.undo": _("撤回比对结论"),
    "consent.record": _("登记核查授权"),
    "consent.withdraw": _("撤回核查授权"),
    "check.import": _("民政比对结果已导入"),
    "return.remind": _("催报摸排表"),
    "visit.plan": _("安排走访"),
    "visit.record": _("入户走访：%(conclusion)s"),
    "visit.correct": _("走访记录更正：%(conclusion)s"),
    "visit.address": _("走访人查看门牌地址"),
    "visit.assign": _("走访安排到 %(day)s"),
    "visit.order": _("调整 %(day)s 的走访路线"),
    "visit.hour": _("走访定在 %(day)s %(at)s"),
    "visit.excuse": _("走访延期"),
    "finding.propose": _("按政策提出认定意见"),
    "finding.publish": _("开始公示"),
    "finding.object": _("公示期内有异议"),
    "finding.dismiss": _("异议不成立，继续公示"),
    "finding.uphold": _("异议成立，退回重办"),
    "finding.certify": _("审定通过"),
    "finding.refuse": _("审定为不符合"),
    "finding.return": _("退回重办"),
    "finding.close": _("不符合的意见办结"),
    "finding.supersede": _("认定意见被新的意见替代"),
    "finding.offer": _("转介帮扶：%(kind)s"),
    "review.ask": _("申请复核"),
    "review.end": _("复核办结"),
    "file.open": _("建档：%(tier)s"),
    "file.tier": _("类别变更：%(from)s → %(to)s"),
    "file.close": _("脱困退出"),
    "matter.receive": _("收到"),
    "matter.assign": _("交由 %(owner)s 办理"),
    "matter.done": _("办结答复"),
    "matter.declined": _("答复不予办理"),
    "matter.withdraw": _("随上报更正撤回"),
    "matter.more": _("职工补充情况"),
    "matter.photo": _("职工补充情况，有照片"),
    "matter.take_back": _("职工撤回"),
    "matter.reopen": _("职工反映没有解决，重新办理"),
}
_FACTS: tuple[Mapping[str, Any], ...] = (TIERS, OFFER, CONCLUSION, {"declined": OFFER[""]}, shared.PROOF, shared.HALF)

_SUFFIX = re.compile(r"(?:工会委员会|工会联合会|总工会|工会)$")
_STREET = re.compile(r".*?(?:街道|镇|乡|社区|路|街|巷|村)")


def event(verb: str, facts: Mapping[str, Any]) -> str:
    """An event as a sentence; a verb that the table does not know is shown as it is written."""
    said = {name: _fact(value) for name, value in facts.items()}
    try:
        return str(EVENTS[verb]) % said if verb in EVENTS else verb
    except KeyError:
        return str(EVENTS[verb]).partition("%(")[0].rstrip("：: ")


def _fact(value: Any) -> str:
    for table in _FACTS:
        if isinstance(value, str) and value in table:
            found = table[value]
            return str(found[0] if isinstance(found, tuple) else found)
    return str(value)


def short_union(name: str) -> str:
    """A union's name as a card shows it: 古峡社区工会联合会 → 古峡社区."""
    return _SUFFIX.sub("", name) or name


def street(address: str) -> str:
    """An address to the street, the rest hidden."""
    found = _STREET.match(address)
    return f"{found[0]}＊＊" if found else ("＊＊" if address else "")


def yes_no(value: bool | None) -> str:
    """是, 否, or a dash for what nobody has said."""
    return "—" if value is None else gettext("是") if value else gettext("否")


def day(value: date | None) -> str:
    """2022年9月28日, or 28 Sep 2022."""
    if not value:
        return "—"
    return f"{value.year}年{value.month}月{value.day}日" if _zh() else f"{value:%-d %b %Y}"


def short_day(value: date | None) -> str:
    """9月28日, or 28 Sep: where the year stands near."""
    if not value:
        return "—"
    return f"{value.month}月{value.day}日" if _zh() else f"{value:%-d %b}"


# The names that a seeded calendar has; an administrator's stay as they are typed.
HOLIDAY: dict[str, Words] = {
    "New Year's Day": _("元旦"), "Spring Festival": _("春节"), "Tomb-sweeping Day": _("清明节"), "Labour Day": _("劳动节"),
    "Dragon Boat Festival": _("端午节"), "National Day": _("国庆节"), "Mid-autumn Festival": _("中秋节"),
    "Anti-Fascist 70th Day": _("抗战胜利纪念日"),
}  # fmt: skip
WEEKDAYS: tuple[Words, ...] = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))


def weekday(value: date) -> str:
    """周四, or Thu."""
    return str(WEEKDAYS[value.weekday()])


def span(first: date | None, last: date | None) -> str:
    """A span of days: 12月20日–27日, 10月1日–11月30日, or one day; empty for none."""
    if first is None or last is None or first == last:
        return short_day(first or last) if first or last else ""
    if (first.year, first.month) != (last.year, last.month):
        return f"{short_day(first)}–{short_day(last)}"
    return f"{short_day(first)}–{last.day}日" if _zh() else f"{first.day}–{short_day(last)}"


def spoken() -> Literal["zh", "en"]:
    """The page's language."""
    return "zh" if _zh() else "en"


def _zh() -> bool:
    return (get_language() or "zh").startswith("zh")


VALUE_TYPES: dict[str, Words] = {
    "money": _("金额，元"), "number": _("数"), "integer": _("整数"), "boolean": _("是或否"), "string": _("文字"), "date": _("日期"),
}  # fmt: skip
ISSUE: Toned = {
    "sent": (_("待审批"), "amber"),
    "returned": (_("已退回"), "red"),
    "approved": (_("已审定"), "green"),
}
# What a brief may hold.
PARTS: dict[str, Words] = {
    "overview": _("总体情况"), "done": _("服务职工"), "open": _("尚未办好的事"), "towns": _("附：各镇（街道）对比"), "figures": _("附：主要数据"),
}  # fmt: skip
DRAFT: Toned = {
    "draft": (_("编写中"), "amber"),
    "submitted": (_("待发布"), "blue"),
    "published": (_("已发布"), "green"),
    "discarded": (_("已放弃"), "grey"),
}


def options(table: Toned, keys: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """The choices of a filter, from a table of words."""
    return [(key, str(table[key][0])) for key in (keys or table)]
