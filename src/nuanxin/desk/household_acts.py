"""What an officer does to one family, as a table: when it can be done, what is asked, and the one service call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.care.flows import FINDING
from nuanxin.care.models import Consent, Finding, Lead, Objection, Review
from nuanxin.care.queries import ASIDE, ENDED, takes_papers
from nuanxin.care.services import offers, papers, publish, visit_plan
from nuanxin.desk import words
from nuanxin.desk.queries import FilePage
from nuanxin.desk.round_acts import DECLINED, ExcuseForm, OfferForm, Reason, mark
from nuanxin.ui.forms import ASKED, PAPER_HELP, Form
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import PROOF
from nuanxin.union.models import Household, Org


def _words(label: Any, limit: int, hint: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, help_text=hint, widget=forms.Textarea(attrs={"rows": 3}))


@dataclass(frozen=True)
class Family:
    """One family as the acts look at it: its latest finding, what waits for an answer, its consent."""

    seen: Viewer
    house: Household

    @cached_property
    def finding(self) -> Finding | None:
        live = self.house.findings.exclude(state="superseded").select_related("round__org", "household")
        return live.order_by("-round__quarter", "-pk").first()

    @cached_property
    def objection(self) -> Objection | None:
        return (
            Objection.objects.filter(posted__finding=self.finding, answered_on=None).first() if self.finding else None
        )

    @cached_property
    def review(self) -> Review | None:
        if not self.finding:
            return None
        found = self.finding.reviews.select_related("finding__round__org", "finding__household", "finding__lead")
        return found.filter(ended_on=None).first()

    @cached_property
    def consent(self) -> Consent | None:
        return self.house.consents.filter(withdrawn_on=None).first()

    @cached_property
    def lead(self) -> Lead | None:
        """The lead that waits for a visit in a round that is not closed."""
        waiting = self.house.leads.filter(state__in=["due", "away"]).exclude(round__state="closed")
        return waiting.select_related("round__org").order_by("-round__quarter", "-pk").first()

    @cached_property
    def at_work(self) -> Lead | None:
        """The lead of the round that is not done with the family: what papers are added to."""
        return takes_papers(self.house.leads.all()).select_related("round__org", "org", "household").first()

    @property
    def objected(self) -> bool:
        return self.objection is not None

    @property
    def under_review(self) -> bool:
        return self.review is not None

    @property
    def agreed(self) -> bool:
        """Whether the family's consent to be looked up stands."""
        return self.consent is not None

    @property
    def state(self) -> str:
        return self.finding.state if self.finding else ""

    @property
    def mine(self) -> bool:
        """Whether the viewer proposed the finding, or certified it."""
        return self.finding is not None and self.seen.user.username in (
            self.finding.proposed_by,
            self.finding.certified_by,
        )

    @property
    def mark(self) -> str:
        """What an act's page carries back: another one when somebody was faster."""
        told = Finding.objects.filter(household=self.house).values_list(
            "code", "state", "offers__kind", "offers__declined"
        )
        one = [part.pk if part else None for part in (self.objection, self.review, self.consent, self.lead)]
        clock = (self.lead.clock_on, self.lead.source, self.lead.excused_on) if self.lead else ()
        return mark([*told, one, clock])


@dataclass(frozen=True)
class ShownFamily(Family):
    """The family of a page that was read already: what can be done is told from it, without asking again."""

    page: FilePage

    @cached_property
    def finding(self) -> Finding | None:
        return self.page.latest

    @cached_property
    def at_work(self) -> Lead | None:
        # As ``takes_papers``, from what the page has read.
        done = {finding.lead_id for finding in self.page.findings if finding.state in ENDED}
        under_way = (lead for lead in self.page.leads if lead.round.state != "closed" and lead.state not in ASIDE)
        return next((lead for lead in under_way if lead.pk not in done), None)

    @cached_property
    def lead(self) -> Lead | None:
        waiting = (lead for lead in self.page.leads if lead.state in ("due", "away") and lead.round.state != "closed")
        return next(waiting, None)

    @property
    def objected(self) -> bool:
        return self.page.latest is not None and self.page.latest.objected

    @property
    def under_review(self) -> bool:
        return self.page.latest is not None and self.page.latest.under_review

    @property
    def agreed(self) -> bool:
        return self.page.household.consent_on is not None


class ObjectionForm(Form):
    text = _words(gettext_lazy("异议内容"), 500, gettext_lazy("写明谁在什么时候反映了什么；公示的时钟停下，等核实"))


class Answer(Form):
    """``upheld`` is "yes" or "no"."""

    upheld = forms.ChoiceField(label=gettext_lazy("核实结果"), widget=forms.RadioSelect)
    outcome = _words(gettext_lazy("怎么核实的，结论是什么"), 500)
    choices: tuple[tuple[str, Any], ...] = (
        ("no", gettext_lazy("异议不成立，公示继续，时钟接着走")), ("yes", gettext_lazy("异议成立，退回重新认定")),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["upheld"].choices = self.choices  # type: ignore[attr-defined]


class ReviewEnd(Answer):
    choices = (("no", gettext_lazy("维持原意见")), ("yes", gettext_lazy("支持这户人家，重新走访和认定")))


class ReviewAsk(Form):
    text = _words(gettext_lazy("申请复核的理由"), 500, gettext_lazy("按家庭自己的话写；由另一人复核"))


_DAY = {"type": "date"}


class ConsentForm(Form):
    signed_on = forms.DateField(label=gettext_lazy("签字日期"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    how = forms.ChoiceField(
        label=gettext_lazy("怎么签的"),
        widget=forms.RadioSelect,
        choices=[(k, words.CONSENT[k]) for k in ("paper", "form", "door")],
    )


class Need(Form):
    reason = _words(gettext_lazy("急难情况"), 300, gettext_lazy("发生了什么、最急要什么；三个工作日内上门"))


class PaperForm(Form):
    kind = forms.ChoiceField(label=gettext_lazy("是什么材料"), choices=list(PROOF.items()))
    file = forms.FileField(
        label=gettext_lazy("照片或 PDF"), help_text=PAPER_HELP, widget=forms.FileInput(attrs=dict(ASKED["paper"]))
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HouseholdAct:
    """``tab`` is the tab of the file where it stands, for one that is not among the page's actions. ``where`` gives the organisation at which the operation must be held; ``open`` says whether it can be done now."""

    key: str
    operation: str
    label: words.Words
    question: words.Words
    icon: str
    form: type[Form] | None
    open: Callable[[Family], bool]
    call: Callable[[Family, dict[str, Any]], Any]
    told: words.Words
    warning: words.Words = ""
    city: bool = True
    tab: str = ""

    @property
    def waits(self) -> bool:
        """Whether somebody waits for it: then it is the page's one main action."""
        return self.key in ("answer", "help", "review-end")

    def at(self, family: Family) -> Org:
        return family.finding.round.org if self.city and family.finding else family.house.org


def _who(family: Family) -> dict[str, Any]:
    return {"by": family.seen.user, "on": family.seen.today}


def _codes(family: Family) -> dict[str, Any]:
    assert family.finding is not None
    return {"round_": family.finding.round, "codes": [family.house.code]}


HOUSEHOLD_ACTS: tuple[HouseholdAct, ...] = (
    HouseholdAct(
        "object", "finding.object", gettext_lazy("登记异议"), gettext_lazy("登记公示期的异议"), "message-report", ObjectionForm,
        lambda f: f.state == "published",
        lambda f, said: publish.object_(finding=f.finding, text=said["text"], **_who(f)),  # type: ignore[arg-type]
        gettext_lazy("已登记异议，公示的时钟停下了。"), gettext_lazy("异议答复之前，这户不能认证。"),
    ),
    HouseholdAct(
        "answer", "finding.object", gettext_lazy("答复异议"), gettext_lazy("答复异议"), "scale", Answer,
        lambda f: f.objected and not f.mine,
        lambda f, said: publish.answer_objection(
            finding=f.finding, upheld=said["upheld"] == "yes", outcome=said["outcome"], **_who(f)  # type: ignore[arg-type]
        ),
        gettext_lazy("已答复异议。"),
    ),
    HouseholdAct(
        "return", "finding.certify", gettext_lazy("退回重办"), gettext_lazy("退回认定意见"), "arrow-back-up", Reason,
        lambda f: f.state in FINDING.moves["return"].sources and not f.mine,
        lambda f, said: publish.send_back(reason=said["reason"], **_codes(f), **_who(f)),
        gettext_lazy("已退回，等重新认定。"),
    ),
    HouseholdAct(
        "help", "finding.offer", gettext_lazy("登记帮扶或不接受"), gettext_lazy("登记帮扶或不接受"), "heart-handshake", OfferForm,
        lambda f: f.state in ("refused", "closed"),
        lambda f, said: offers.offer(
            kind=None if said["kind"] == DECLINED else said["kind"], note=said["note"], **_codes(f), **_who(f)
        ),
        gettext_lazy("已登记。"),
    ),
    HouseholdAct(
        "review", "finding.review", gettext_lazy("受理复核"), gettext_lazy("家庭申请复核"), "report-search", ReviewAsk,
        lambda f: f.state in ("refused", "closed") and not f.under_review,
        lambda f, said: offers.ask_review(finding=f.finding, text=said["text"], **_who(f)),  # type: ignore[arg-type]
        gettext_lazy("已受理复核，由另一人办。"),
    ),
    HouseholdAct(
        "review-end", "finding.review", gettext_lazy("办结复核"), gettext_lazy("办结复核"), "report-search", ReviewEnd,
        lambda f: f.under_review and not f.mine,
        lambda f, said: offers.end_review(
            review=f.review, upheld=said["upheld"] == "yes", outcome=said["outcome"], **_who(f)  # type: ignore[arg-type]
        ),
        gettext_lazy("复核已办结。"),
    ),
    HouseholdAct(
        "consent", "consent.record", gettext_lazy("登记授权"), gettext_lazy("登记核查授权"), "signature", ConsentForm,
        lambda f: not f.agreed,
        lambda f, said: offers.consent(household=f.house, signed_on=said["signed_on"], how=said["how"], **_who(f)),
        gettext_lazy("已登记核查授权。"), city=False,
    ),
    HouseholdAct(
        "consent-withdraw", "consent.record", gettext_lazy("撤回授权"), gettext_lazy("撤回核查授权"), "ban", None,
        lambda f: f.agreed,
        lambda f, said: offers.withdraw_consent(household=f.house, **_who(f)),
        gettext_lazy("已撤回核查授权。"), gettext_lazy("撤回之后不再走访和比对，直到重新签字。"), city=False,
    ),
    HouseholdAct(
        "urgent", "lead.urgent", gettext_lazy("登记急难"), gettext_lazy("登记急难，三个工作日内走访"), "bolt", Need,
        lambda f: f.lead is None or f.lead.source != Lead.URGENT,
        lambda f, said: offers.urgent(household=f.house, reason=said["reason"], **_who(f)),
        gettext_lazy("已登记急难，三个工作日内走访。"), city=False,
    ),
    HouseholdAct(
        "excuse", "visit.excuse", gettext_lazy("走访延期"), gettext_lazy("不能按期走访"), "hourglass", ExcuseForm,
        lambda f: f.lead is not None,
        lambda f, said: visit_plan.excuse(lead=f.lead, reason=said["reason"], until=said["until"], **_who(f)),  # type: ignore[arg-type]
        gettext_lazy("已延期，原因和新期限都记下了。"),
    ),
    HouseholdAct(
        "paper", "paper.add", gettext_lazy("补材料"), gettext_lazy("替这户人家补一份材料"), "upload", PaperForm,
        lambda f: f.at_work is not None,
        lambda f, said: papers.add(
            to=f.at_work, kind=said["kind"], content=said["file"].read(), name=said["file"].name, **_who(f)  # type: ignore[arg-type]
        ),
        gettext_lazy("材料已收下。"), gettext_lazy("这户人家在手机上看得到这份材料，也看得到谁看过。"), city=False, tab="papers",
    ),
)  # fmt: skip


def open_acts(family: Family) -> list[HouseholdAct]:
    """What the viewer may do to the family now."""
    seen = family.seen
    return [
        act
        for act in HOUSEHOLD_ACTS
        if seen.may(act.operation) and act.open(family) and seen.may_at(act.operation, act.at(family))
    ]


def first_values(family: Family, act: HouseholdAct) -> dict[str, Any]:
    """What a form starts with."""
    until = family.lead.clock_on + timedelta(days=7) if family.lead else None
    return {"signed_on": family.seen.today, "until": until, "how": "paper"}


def said_before(family: Family, act: HouseholdAct) -> list[str]:
    """What the officer must know before: the objection that waits, the reason of the review."""
    said = [f"{words.FINDING[family.state][0]} · {family.finding.round.quarter}"] if family.finding else []
    if act.key == "answer" and family.objection:
        said.append(
            _("异议（%(day)s）：%(text)s")
            % {"day": words.day(family.objection.received_on), "text": family.objection.text}
        )
    if act.key == "review-end" and family.review:
        said.append(
            _("申请理由（%(day)s）：%(text)s") % {"day": words.day(family.review.asked_on), "text": family.review.text}
        )
    return said
