"""Words that both faces say: roles, tiers, relations, papers, notices."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

ROLE = {
    "worker": _("职工"),
    "steward": _("工会小组长"),
    "grassroots_officer": _("基层工会经办"),
    "visitor": _("走访人"),
    "city_officer": _("市总工会经办"),
    "approver": _("认证人"),
    "policy_officer": _("政策管理员"),
    "auditor": _("审计"),
    "administrator": _("系统管理员"),
}

# The tiers of hardship, each with the tone of its chip, and how somebody is related to the worker.
TIERS: dict[str, tuple[str | Promise, str]] = {
    "deep": (_("深度困难"), "red"), "relative": (_("相对困难"), "amber"), "accident": (_("意外致困"), "blue"),
    "none": (_("不符合"), "grey"),
}  # fmt: skip
RELATION: dict[str, str | Promise] = {
    "self": _("本人"), "spouse": _("配偶"), "child": _("子女"), "parent": _("父母"), "grandparent": _("祖父母"),
    "grandchild": _("孙子女"), "sibling": _("兄弟姐妹"), "other": _("其他"),
}  # fmt: skip

# The main trouble of a family, as the sheets and the phone offer it; a return may say it in other words.
CAUSE: dict[str, str | Promise] = {
    "本人大病": _("本人大病"), "家属大病": _("家属大病"), "残疾": _("残疾"), "子女上学": _("子女上学"), "意外灾害": _("意外灾害"),
    "下岗失业": _("下岗失业"), "单亲": _("单亲"), "收入低": _("收入低"), "其他": _("其他"),
}  # fmt: skip

# What aid is planned for, other help for who does not meet the standard ("": declined), how consent to the checks was given.
ITEM: dict[str, str | Promise] = {
    "living": _("生活"), "medical": _("医疗"), "schooling": _("助学"), "accident": _("意外"),
}  # fmt: skip
OFFER: dict[str, str | Promise] = {
    "legal_aid": _("法律援助"), "education": _("子女教育"), "health_check": _("健康体检"), "housing": _("住房改善"),
    "training": _("就业培训"), "": _("不接受其他帮扶"),
}  # fmt: skip
CONSENT: dict[str, str | Promise] = {
    "form": _("申报表签字"), "door": _("入户当面签字"), "paper": _("另纸签字"), "phone": _("手机签字"),
}  # fmt: skip

# The papers that prove what a family reported.
PROOF = {
    "identity": _("身份证、户口簿"), "income": _("收入证明"), "medical": _("看病票据"), "school": _("上学证明"),
    "loss": _("受灾、事故证明"), "other": _("其他材料"),
}  # fmt: skip

# A notice in words; facts stand in it by name, days in the reader's language. No word here names a person or a result: who may
# see more opens the page.
NOTICE = {
    "application.received": _("困难申报已收到，编号 %(code)s"),
    "application.waits": _("困难申报已收到，编号 %(code)s；下个季度开展时办理"),
    "application.sent": _("有职工在手机上提交了困难申报"),
    "visit.planned": _("工会定在 %(day)s 上门走访"),
    "visit.tomorrow": _("明天（%(day)s）工会上门走访；不在家请点开，在“补充情况”里告诉我们"),
    "visit.recorded": _("走访已经登记，接下来按政策认定"),
    "finding.published": _("认定意见开始公示，到 %(until)s 为止"),
    "finding.certified": _("认定结果出来了：审定通过"),
    "finding.refused": _("认定结果出来了，请看理由和其他帮扶"),
    "review.asked": _("有家庭申请复核，请由另一人办理"),
    "review.ended": _("您申请的复核有结论了"),
    "application.more": _("有家庭补充了情况或材料"),
    "matter.more": _("有职工给诉求补充了情况"),
    "matter.raised": _("有职工在手机上提了一件诉求"),
    "matter.reopened": _("有职工说诉求没有解决，请复查"),
    "matter.answered": _("您提的事有答复了"),
    "issue.sent": _("有一份简报送审，请审批"),
    "issue.approved": _("您送审的简报已审定"),
    "issue.returned": _("您送审的简报被退回，请看理由"),
    "return.asked": _("您负责的 %(n)s 家工会还没有上报摸排表，最迟 %(until)s"),
    "claim.asked": _("有职工提交“这是我”，请核对身份"),
    "claim.linked": _("已核实您的身份，可以看自己家的档案了"),
    "claim.refused": _("“这是我”没有通过，请看原因"),
}


def notice(what: str, facts: Mapping[str, Any]) -> str:
    """A notice as a sentence; days in its facts are ISO dates."""
    said = {name: _day(value) for name, value in facts.items()}
    if at := facts.get("at"):
        said["day"] = f"{said.get('day')} {hour(at)}"
    try:
        return str(NOTICE[what]) % said
    except KeyError:
        return what


# The halves of a day that a visit may be planned for.
HALF: dict[str, str | Promise] = {"am": _("上午"), "pm": _("下午")}


def hour(at: str) -> str:
    """An hour (9:00), or a half of the day in words."""
    return str(HALF.get(at, at))


def _day(value: Any) -> Any:
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    zh = (get_language() or "zh").startswith("zh")
    return f"{found.month}月{found.day}日" if zh else f"{found:%-d %b}"
