"""What an officer does to a whole round or to chosen families of it: each act with what it will touch, said before it is done.

An act is one row of ``ACTS``: one operation, one service call. Its preview names every family that it will touch; the page carries the
preview's ``mark`` back, and when the families are no longer the same (somebody was faster, a second click, another tab, the back button)
nothing is done and the page says so.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.care import queries as care
from nuanxin.care import rules
from nuanxin.care.flows import FINDING, ROUND
from nuanxin.care.models import Finding, Offer, Round
from nuanxin.care.services import decide, offers, publish, rounds
from nuanxin.desk import words
from nuanxin.records.services import workday_after
from nuanxin.ui.forms import ASKED, Form
from nuanxin.ui.pages import in_language
from nuanxin.ui.viewer import Viewer
from nuanxin.union.rules import mask_name

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Touched:
    """One family that an act will touch, masked already."""

    code: str
    name: str
    union: str
    what: str
    total: Any = None


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing or left out, in a sentence, with the part of the families list that shows it."""

    sentence: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act will do: ``lines`` in words, ``families`` the first of ``count``; ``missing`` stops it, ``aside`` only says what is
    left out. ``codes`` are handed to the service."""

    mark: str
    lines: list[str]
    count: int
    families: list[Touched] = field(default_factory=list)
    missing: list[Lack] = field(default_factory=list)
    aside: list[Lack] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    possible: bool = True

    @property
    def more(self) -> int:
        return self.count - len(self.families)


@dataclass(frozen=True, slots=True)
class Act:
    """``chooses``: it is done to families that were ticked, not to the round. ``call`` gets viewer, round, preview and the form's values
    and makes one service call; ``told`` says what came of it."""

    key: str
    operation: str
    label: words.Words
    question: words.Words
    icon: str
    preview: Callable[[Viewer, Round, Sequence[str]], Preview]
    call: Callable[[Viewer, Round, Preview, dict[str, Any]], Any]
    told: Callable[[Any], str]
    form: type[Form] | None = None
    chooses: bool = False


def mark(rows: Iterable[Sequence[Any]]) -> str:
    """A short mark of what somebody looked at: other families or other states give another one."""
    return hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()[:20]


def _touched(findings: QuerySet[Finding], what: Callable[[Finding], str] | None = None) -> list[Touched]:
    rows = findings.select_related("household", "lead__org").defer("figures", "lead__more").order_by("household__code")
    say = what or (lambda finding: str(words.TIERS[finding.tier or "none"][0]))
    return [
        Touched(
            f.household.code, mask_name(f.household.worker_name), words.short_union(f.lead.org.name), say(f), f.total
        )
        for f in rows[:SHOWN]
    ]


def act(key: str) -> Act:
    """The act of a key. Raises StopIteration for one that is not in the table."""
    return next(act for act in ACTS if act.key == key)


def _states(findings: QuerySet[Finding]) -> list[tuple[str, str, str]]:
    return list(findings.order_by("pk").values_list("code", "state", "household__code"))


# ------------------------------------------------------------------------------------------------------------------ decide


def _decide_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    leads = care.to_decide(round_)
    states = list(leads.order_by("pk").values_list("code", "state", "findings__code", "findings__state"))
    count = care.census(round_, by=seen.user.username, on=seen.today)
    total = len({row[0] for row in states})
    policy = decide.policy_of(round_)
    lines = [
        _("按政策逐户认定 %(n)d 户已走访的家庭") % {"n": count.visited},
        _("政策：%(document)s，版本 %(version)s，按 %(day)s 的标准")
        % {"document": policy.model.document, "version": policy.version, "day": words.day(decide.as_of(round_))},
    ]
    if total > count.visited:
        again = total - count.visited
        lines.append(_("另有 %(n)d 户的意见还没公示或已退回：数字变了的重新认定，没变的不动") % {"n": again})  # fmt: skip
    aside = []
    if count.due:
        aside.append(Lack(_("还有 %(n)d 户没走访，这次不认定") % {"n": count.due}, "due"))
    if count.doubtful:
        aside.append(Lack(_("还有 %(n)d 户疑似重复，待人工比对") % {"n": count.doubtful}, "doubtful"))
    rows = leads.select_related("household", "org").defer("more", "reasons").order_by("household__code").distinct()
    families = [
        Touched(
            lead.household.code if lead.household else lead.code, mask_name(lead.worker_name), words.short_union(lead.org.name),
            str(words.LEAD[lead.state][0]),
        )
        for lead in rows[:SHOWN]
    ]  # fmt: skip
    return Preview(mark(states), lines, total, families, aside=aside, possible=total > 0)


def _decided(seen: Viewer, round_: Round) -> tuple[dict[str, int], dict[str, str]]:
    """Decides; the households by the rule that was met, and the tier of each rule."""
    balance = decide.decide(round_=round_, by=seen.user, on=seen.today)
    rules_met = care.live_findings(round_).exclude(rule="").order_by().values_list("rule", "tier").distinct()
    return balance["out"], {rule: tier or "" for rule, tier in rules_met}


def _decide_told(came: tuple[dict[str, int], dict[str, str]]) -> str:
    out, tier_of = dict(came[0]), came[1]
    same = out.pop("unchanged", 0)
    households = sum(out.values())
    if not households:
        return _("没有变化：%(n)d 户的数字和政策都没变，原意见照旧。") % {"n": same}
    by_tier = dict.fromkeys([*(str(name) for name, _tone in words.TIERS.values()), str(words.HELD["problem"])], 0)
    for name, count in out.items():
        by_tier[str(words.HELD["problem"] if name == "problems" else words.TIERS[tier_of[name]][0])] += count
    counted = _("、").join(f"{name} {count}" for name, count in by_tier.items() if count)
    said = _("已认定 %(n)d 户：%(tiers)s。") % {"n": households, "tiers": counted}
    return said + (_("另有 %(n)d 户没有变化。") % {"n": same} if same else "")


# ----------------------------------------------------------------------------------------------------------------- publish


class Days(Form):
    days = forms.IntegerField(
        label=gettext_lazy("公示多少个工作日"), min_value=1, max_value=30, initial=rules.POSTING_DAYS,
        help_text=gettext_lazy("从明天起算，节假日和调休按国务院通知"), widget=forms.NumberInput(attrs=dict(ASKED["number"])),
    )  # fmt: skip


def _publish_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    findings = care.to_publish(round_)
    count = care.census(round_, by=seen.user.username, on=seen.today)
    missing = [
        Lack(in_language(said), STATE_OF[need]) for need, said in care.lacking(ROUND.moves["publish"], count).items()
    ]
    states = _states(findings)
    if states:
        until = workday_after(seen.today, rules.POSTING_DAYS)
        lines = [
            _("公示 %(n)d 户符合标准的家庭，姓名打码") % {"n": len(states)},
            _("按 %(days)d 个工作日，公示到 %(day)s") % {"days": rules.POSTING_DAYS, "day": words.day(until)},
        ]
    else:
        lines = [_("没有符合标准的新家庭，不产生公示；本季度转入认证")]
    aside = []
    if count.refusals:
        aside.append(Lack(_("%(n)d 户不符合的不公示，等认证人确认") % {"n": count.refusals}, "to_refuse"))
    return Preview(
        mark([*states, (round_.state,)]), lines, len(states), _touched(findings), missing, aside,
        possible=round_.state == "decided" or (round_.state == "published" and bool(states)),
    )  # fmt: skip


def _publish_told(posting: Any) -> str:
    if posting is None:
        return _("没有新的公示；本季度已转入认证。")
    n = posting.posted.count()
    return _("已公示 %(n)d 户，到 %(day)s。") % {"n": n, "day": words.day(posting.until_on)}


# ----------------------------------------------------------------------------------------------------------------- certify


def _certify_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    by = seen.user.username
    good, bad = care.ready(round_, seen.today), care.to_refuse(round_)
    asked = round_.findings.exclude(state="superseded")
    if codes:
        asked = asked.filter(household__code__in=codes)
        good, bad = good.filter(household__code__in=codes), bad.filter(household__code__in=codes)
    both = good | bad
    own = both.filter(proposed_by=by).count()
    good, bad, both = (rows.exclude(proposed_by=by) for rows in (good, bad, both))
    states = _states(both)
    certified, refused = good.count(), bad.count()
    lines = []
    if certified:
        new = good.filter(new=True).count()
        lines.append(
            _("认证 %(n)d 户：公示期满，没有异议；其中 %(new)d 户新建档，年度帮扶按政策列入计划")
            % {"n": certified, "new": new}
        )
    if refused:
        lines.append(_("确认 %(n)d 户不符合标准；在档的退出，随后转介其他帮扶") % {"n": refused})
    aside = []
    if own:
        aside.append(Lack(_("%(n)d 条意见由您提出，认证人不能是提出人，请另一人认证") % {"n": own}))
    running = asked.filter(state="published").exclude(pk__in=care.ready(round_, seen.today).values("pk")).count()
    objected = asked.filter(state="objected").count()
    if running:
        aside.append(Lack(_("%(n)d 户公示期未满，这次不认证") % {"n": running}, "running"))
    if objected:
        aside.append(Lack(_("%(n)d 户有异议未答复，这次不认证") % {"n": objected}, "objected"))
    begun = round_.state in ("published", "closed")
    first = _("本季度要先由市总工会经办点“公示”，再认证；只有不符合的家庭时也一样")
    missing = [Lack(first, "proposed")] if states and not begun else []
    chosen = [code for _code, _state, code in states]
    return Preview(
        mark(states), lines, len(states), _touched(both), missing=missing, aside=aside, codes=chosen if codes or own else [],
        possible=bool(states) and begun,
    )  # fmt: skip


def _certify_told(done: dict[str, int]) -> str:
    return _("已认证 %(certified)d 户，确认不符合 %(refused)d 户；公示中或有异议的还有 %(waiting)d 户。") % done


class Reason(Form):
    reason = forms.CharField(
        label=gettext_lazy("退回理由"), max_length=300, help_text=gettext_lazy("提出人会看到，写明哪里要重新核实"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ExcuseForm(Form):
    """Why a visit cannot be made in time, and until when it will be."""

    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, help_text=gettext_lazy("例如：住院，出院后再访")
    )
    until = forms.DateField(
        label=gettext_lazy("新的最迟日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _back_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    chosen = round_.findings.filter(household__code__in=codes).exclude(state="superseded")
    good = chosen.filter(state__in=FINDING.moves["return"].sources).exclude(proposed_by=seen.user.username)
    own = chosen.filter(proposed_by=seen.user.username).count()
    states = _states(good)
    aside = []
    if own:
        aside.append(Lack(_("%(n)d 条意见由您提出，不能自己退回") % {"n": own}))
    if other := len(codes) - len(states) - own:
        aside.append(Lack(_("%(n)d 户不在可退回的环节，这次不动") % {"n": other}))
    lines = [_("退回 %(n)d 户的认定意见，由经办人核实后重新认定") % {"n": len(states)}] if states else []
    return Preview(
        mark(states),
        lines,
        len(states),
        _touched(good),
        aside=aside,
        codes=[row[2] for row in states],
        possible=bool(states),
    )


# ------------------------------------------------------------------------------------------------------------------ offers


def _propose_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    waiting = care.bare(round_)
    states = _states(waiting)
    kinds = Counter(rules.offer_for(cause) for cause in waiting.values_list("lead__cause", flat=True))
    lines = [_("给 %(n)d 户不符合的家庭各提一项帮扶，按主要致困原因") % {"n": len(states)}] if states else []
    lines += [f"{words.OFFER[kind]} {n}" for kind, n in kinds.most_common()]
    return Preview(
        mark(states), lines, len(states), _touched(waiting, lambda f: str(words.OFFER[rules.offer_for(f.lead.cause)])),
        possible=bool(states),
    )  # fmt: skip


DECLINED = "declined"


class OfferForm(Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("提供什么帮扶"), widget=forms.RadioSelect,
        choices=[*((kind, words.OFFER[kind]) for kind, _said in Offer.KINDS), (DECLINED, words.OFFER[""])],
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("说明"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


def _offer_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    chosen = round_.findings.filter(household__code__in=codes).exclude(state="superseded")
    good = chosen.filter(tier="none", state__in=["refused", "closed"])
    states = _states(good)
    had = list(
        Offer.objects.filter(finding__in=good.values("pk"))
        .order_by("pk")
        .values_list("finding__code", "kind", "declined")
    )
    aside = []
    if other := len(codes) - len(states):
        aside.append(Lack(_("%(n)d 户不是已确认的不符合家庭，这次不转介") % {"n": other}))
    lines = [_("给 %(n)d 户不符合的家庭登记同一项帮扶，或登记“不接受”") % {"n": len(states)}] if states else []
    return Preview(
        mark([*states, *had]), lines, len(states), _touched(good), aside=aside, codes=[row[2] for row in states],
        possible=bool(states),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------- close


def _close_preview(seen: Viewer, round_: Round, codes: Sequence[str]) -> Preview:
    count = care.census(round_, by=seen.user.username, on=seen.today)
    missing = [
        Lack(in_language(said), STATE_OF[need]) for need, said in care.lacking(ROUND.moves["close"], count).items()
    ]
    lines = [
        _("本季度认证 %(certified)d 户，不符合 %(refused)d 户")
        % {"certified": count.certified, "refused": count.refused}
    ]
    if left := count.due + count.away:
        lines.append(_("%(n)d 户没走访到，转下季度") % {"n": left})
    lines.append(_("办结后不再收表、认定和公示"))
    return Preview(mark([(round_.state, count)]), lines, 0, missing=missing, possible=round_.state == "published")


# A need of the flow → the part of the families list that shows what is missing.
STATE_OF = {
    "no problem left": "problem", "visited families decided": "visited", "findings ended": "unended", "offer or declined": "bare",
}  # fmt: skip

ACTS: tuple[Act, ...] = (
    Act(
        "decide", "round.decide", gettext_lazy("按政策认定"), gettext_lazy("按政策认定本季度已走访的家庭"), "gavel", _decide_preview,
        lambda seen, round_, shown, said: _decided(seen, round_), _decide_told,
    ),
    Act(
        "publish", "round.publish", gettext_lazy("公示"), gettext_lazy("公示拟认定的家庭"), "speakerphone", _publish_preview,
        lambda seen, round_, shown, said: publish.publish(round_=round_, by=seen.user, on=seen.today, days=said["days"]),
        _publish_told, Days,
    ),
    Act(
        "certify", "finding.certify", gettext_lazy("认证"), gettext_lazy("认证公示期满的家庭"), "rubber-stamp", _certify_preview,
        lambda seen, round_, shown, said: publish.certify(
            round_=round_, by=seen.user, on=seen.today, codes=shown.codes or None
        ),
        _certify_told,
    ),
    Act(
        "back", "finding.certify", gettext_lazy("退回重办"), gettext_lazy("退回认定意见"), "arrow-back-up", _back_preview,
        lambda seen, round_, shown, said: publish.send_back(
            round_=round_, codes=shown.codes, reason=said["reason"], by=seen.user, on=seen.today
        ),
        lambda n: _("已退回 %(n)d 户，等重新认定。") % {"n": n}, Reason, chooses=True,
    ),
    Act(
        "offers", "finding.offer", gettext_lazy("转介帮扶"), gettext_lazy("给不符合的家庭转介帮扶"), "heart-handshake", _propose_preview,
        lambda seen, round_, shown, said: offers.propose_offers(round_=round_, by=seen.user, on=seen.today),
        lambda n: _("已转介 %(n)d 户。") % {"n": n},
    ),
    Act(
        "offer", "finding.offer", gettext_lazy("登记帮扶或不接受"), gettext_lazy("登记帮扶或不接受"), "heart-handshake", _offer_preview,
        lambda seen, round_, shown, said: offers.offer(
            round_=round_, codes=shown.codes, kind=None if said["kind"] == DECLINED else said["kind"], note=said["note"],
            by=seen.user, on=seen.today,
        ),
        lambda n: _("已登记 %(n)d 户。") % {"n": n}, OfferForm, chooses=True,
    ),
    Act(
        "close", "round.close", gettext_lazy("办结本季度"), gettext_lazy("办结本季度"), "circle-check", _close_preview,
        lambda seen, round_, shown, said: rounds.close_round(round_, by=seen.user, on=seen.today),
        lambda _none: _("本季度已办结。"),
    ),
)  # fmt: skip
