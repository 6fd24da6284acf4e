"""What the worker's pages call things, in plain words, as tables; the Chinese term is the message's key."""

from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.ui.words import CAUSE as CAUSE
from nuanxin.ui.words import CONSENT as CONSENT
from nuanxin.ui.words import ITEM as ITEM
from nuanxin.ui.words import OFFER as OFFER
from nuanxin.ui.words import RELATION as RELATION
from nuanxin.ui.words import TIERS as TIERS

Words = str | Promise

# What other help means for the worker.
OFFERED: dict[str, Words] = {
    "legal_aid": _("劳动合同、欠薪、工伤等纠纷，工会帮您找律师。"),
    "education": _("助学、辅导和升学的帮助。"),
    "health_check": _("安排体检和就医的帮助。"),
    "housing": _("帮您问公租房和修房的办法。"),
    "training": _("学一门手艺，帮您找活干。"),
}
STUDY: dict[str, Words] = {
    "": _("没在上学"), "preschool": _("幼儿园"), "compulsory": _("小学、初中"), "upper_secondary": _("高中、中职"),
    "university": _("大学、大专"),
}  # fmt: skip
READ: dict[str, Words] = {
    "file": _("打开您家的档案"), "papers": _("看您交的材料"), "print": _("打印您家的档案"), "export": _("导出含您家的名单"),
    "route": _("打开走访路线单，上面有您家"),
    "reveal": _("查看完整号码"),
}  # fmt: skip
# A figure as a person is asked for it: the question and a hint. What a policy asks beyond these is asked by its own label.
QUESTION: dict[str, tuple[Words, Words]] = {
    "income": (_("全家一年一共挣多少钱？"), _("工资、打工、种地、养老金都算，一年的总数")),
    "medical_paid": (_("一年里看病自己掏了多少钱？"), _("报销以后自己花的")),
    "schooling_paid": (_("一年里孩子上学花了多少钱？"), _("学费、书本费、住校费")),
    "loss": (_("今年有没有意外损失？多少钱？"), _("火灾、事故、受灾的损失，没有就填 0")),
    "members": (_("家里几口人？"), _("住在一起、一起过日子的")),
    "homes": (_("家里有几套房？"), _("自己名下的，没有就填 0")),
    "runs_business": (_("家里有人开公司、办企业吗？"), ""),
    "costly_school": (_("孩子上高收费民办学校或自费留学吗？"), ""),
    "children_compulsory": (_("有几个孩子上幼儿园、小学、初中？"), ""),
    "children_upper": (_("有几个孩子上高中、中职、大学？"), ""),
}
# What happened, as the family reads it; what is not here is the office's own business.
EVENTS: dict[str, Words] = {
    "application.send": _("提交了困难申报"),
    "application.paper": _("交了一份材料"),
    "application.more": _("补充了情况"),
    "application.withdraw": _("撤回了申报"),
    "lead.more": _("补充了情况"),
    "lead.paper": _("补了一份材料"),
    "match.accept": _("信息已核对"),
    "match.reject": _("信息已核对"),
    "lead.urgent": _("登记为急难，尽快走访"),
    "visit.record": _("走访人上门核实了情况"),
    "visit.correct": _("走访记录作了更正"),
    "visit.excuse": _("走访改了日期"),
    "finding.propose": _("按政策算出了认定意见"),
    "finding.publish": _("认定意见开始公示"),
    "finding.object": _("公示期内有异议，正在核实"),
    "finding.dismiss": _("异议不成立，继续公示"),
    "finding.uphold": _("退回重新核实"),
    "finding.return": _("退回重新核实"),
    "finding.certify": _("审定通过"),
    "finding.refuse": _("审定为不符合"),
    "finding.offer": _("为您家安排了其他帮扶"),
    "review.ask": _("申请了复核"),
    "review.end": _("复核有了结论"),
    "file.open": _("建了困难档案"),
    "file.tier": _("困难类别有变化"),
    "file.close": _("困难档案已结束"),
    "consent.record": _("登记了核查授权"),
    "consent.withdraw": _("撤回了核查授权"),
    "matter.receive": _("已收到，排上了办理期限"),
    "matter.more": _("补充了情况"),
    "matter.photo": _("补充了情况，有照片"),
    "matter.assign": _("转给了新的办理单位"),
    "matter.done": _("办结，有了答复"),
    "matter.declined": _("不能办理，说明了理由"),
    "matter.reopen": _("您说没解决，转给市总工会复查"),
    "matter.take_back": _("您撤回了这件事"),
}
STATES: dict[str, Words] = {"open": _("正在办"), "ended": _("已经办完")}
KIND: dict[str, Words] = {"wish": _("微心愿"), "problem": _("工作难题")}
CASES: dict[str, Words] = {"hardship": _("困难申报")} | KIND
MATTER: dict[str, tuple[Words, str]] = {
    "open": (_("正在办理"), "blue"), "done": (_("已办结"), "green"), "declined": (_("没能办理"), "grey"),
    "withdrawn": (_("已撤回"), "grey"),
}  # fmt: skip


def _zh() -> bool:
    return (get_language() or "zh").startswith("zh")


def day(value: date | None) -> str:
    """2023年7月20日, or 20 Jul 2023; empty for none."""
    if value is None:
        return ""
    return f"{value.year}年{value.month}月{value.day}日" if _zh() else f"{value:%-d %b %Y}"


def word(table: dict[str, Any], key: str | None) -> str:
    """A stored value in words; what is not in the table stays as it is."""
    found = table.get(key or "", key or "")
    return str(found[0] if isinstance(found, tuple) else found)


def amount(value: Any) -> str:
    return f"{value:,.2f} {gettext('元')}"


# What the reader of sheets understands, for the values that a form stores.
RELATION_READ = {
    "self": "本人", "spouse": "配偶", "child": "子女", "parent": "父母", "grandparent": "祖父母", "grandchild": "孙子女", "sibling": "兄弟姐妹",
    "other": "其他",
}  # fmt: skip
STAGE_READ = {"": "", "preschool": "学前", "compulsory": "义务教育", "upper_secondary": "高中", "university": "大学"}
FLAG_READ = {"yes": "是", "no": "否"}
YUAN = "元"
COMMITTEE = "委员会"
# Kept in the matter as the officer reads it.
UNSOLVED: dict[str, Words] = {
    "还是没解决": _("还是没解决"), "只解决了一部分": _("只解决了一部分"), "没人联系过我": _("没人联系过我"),
}  # fmt: skip
