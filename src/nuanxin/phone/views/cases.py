"""Following a case: where it is, who has it, by when; the result with its reasons; a review; more papers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care.models import Finding, HardshipApplication, Lead
from nuanxin.care.queries import ENDED
from nuanxin.care.services import apply as applying
from nuanxin.care.services import offers, papers
from nuanxin.care.services.decide import explain
from nuanxin.phone import forms, queries, sheet, words
from nuanxin.phone.views.apply import _shown, _try
from nuanxin.records.services import Refused
from nuanxin.ui.menu import page_url
from nuanxin.ui.pages import choice, done, framed, in_language, lang, paged, seen_by
from nuanxin.ui.parts import Fact, Filter
from nuanxin.ui.viewer import Viewer

# A worker with a handful of matters has nothing to filter.
FEW, PAGE = 5, 20


@require_safe
@seen_by("own.read")
def all_(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """我的事: what is open, then what has ended."""
    every = queries.cases(seen)
    state, kind = choice(request.GET, "state", words.STATES), choice(request.GET, "kind", words.CASES)
    found = [case for case in every if kind in ("", case.kind) and (not state or case.open == (state == "open"))]
    page = paged(request, found, PAGE)
    fields = [
        Filter("state", _("全部状态"), state, [(key, str(label)) for key, label in words.STATES.items()]),
        Filter("kind", _("全部类型"), kind, [(key, str(label)) for key, label in words.CASES.items()]),
    ]  # fmt: skip
    return render(
        request, "phone/matters.html",
        framed("matters", open=[case for case in page if case.open], ended=[case for case in page if not case.open],
            page=page, fields=fields if len(every) > FEW or state or kind else [], org_name=queries.city_of(seen.own_org).name, tab_counts={"messages": seen.unread}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read", change="own.apply")
def hardship(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """One family's case. A POST adds a paper, or withdraws the application."""
    case = queries.hardship(seen, code)
    if case is None:
        raise Http404
    application = case.application
    to = queries.papers_go_to(case)
    rows = _shown(queries.papers_in(case, seen))
    first = {"kind": queries.first_lacking(queries.figures_of(case), rows)}
    form = forms.MorePapers(request.POST or None, request.FILES or None, initial=first) if to is not None else None
    if request.method == "POST":
        if application is not None and "withdraw" in request.POST:
            done(request, lambda: applying.withdraw(application=application, by=seen.user, on=seen.today), _("已撤回"))
            return redirect("phone:matters")
        if form is None or to is None:
            raise Http404
        if _try(form, request, lambda: _more(to, form, seen)):
            messages.success(request, _("收到了，可以接着传"))
            return redirect("phone:hardship", code)
    finding = case.finding
    more: dict[str, Any] = {}
    if case.own and finding is not None and finding.state in ENDED:
        more |= _result(finding)
    elif finding is not None and finding.state in ENDED:
        more["unproved"] = page_url("account_claim") or "/account/"
    more["asked"] = queries.asked(queries.figures_of(case), rows) if form else []
    more["lacking"] = ("、" if lang() == "zh" else "; ").join(name for name, there in more["asked"] if not there)
    return render(
        request, "phone/hardship.html",
        {"case": case, "form": form, "rows": rows, "back_url": reverse("phone:matters"),
            "back_label": _("我的事"), "timeline": queries.timeline(seen, case.subjects, case.owner),
            "withdrawable": application is not None and case.open and (case.lead is None or case.lead.state not in ("visited", "decided")),
            **more},
        status=422 if form is not None and form.errors else 200,
    )  # fmt: skip


def _more(to: HardshipApplication | Lead, form: forms.MorePapers, seen: Viewer) -> None:
    said = form.cleaned_data
    photo = said["photo"]
    papers.more(
        to=to, text=said["text"], kind=said["kind"], content=photo.read() if photo else b"", name=photo.name if photo else "",
        by=seen.user, on=seen.today,
    )  # fmt: skip


def _result(finding: Finding) -> dict[str, Any]:
    """The decision for those whom it concerns: tier, aid, reasons, other help, the review."""
    shown: dict[str, Any] = {"finding": finding, "tier": words.word(words.TIERS, finding.tier)}
    try:
        shown["told"] = sheet.read(explain(finding), lang())
    except Refused as refused:
        shown["untold"] = in_language(str(refused))
    shown["aid"] = [
        Fact(_("%(item)s补助") % {"item": words.word(words.ITEM, plan.item)}, words.amount(plan.amount))
        for plan in finding.plans.filter(superseded=False).order_by("pk")
    ]
    shown["offers"] = [
        (words.OFFER[kind], words.OFFERED[kind])
        for kind in finding.offers.filter(declined=False).values_list("kind", flat=True)
        if kind
    ]
    reviews = list(finding.reviews.order_by("-pk"))
    shown["reviews"] = reviews
    shown["may_review"] = finding.state in ("refused", "closed") and not any(one.ended_on is None for one in reviews)
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read", change="own.review")
def review(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Ask for a refusal to be looked at by another person."""
    finding = get_object_or_404(seen.own(Finding).select_related("round__org", "household", "lead"), code=code)
    form = forms.Review(request.POST if request.method == "POST" else None)
    if request.method == "POST" and _try(
        form, request,
        lambda: offers.ask_review(finding=finding, text=form.cleaned_data["text"], by=seen.user, on=seen.today),
    ):  # fmt: skip
        messages.success(request, _("已申请复核，由另一个人来看"))
        return redirect("phone:hardship", finding.lead.code)
    return render(
        request, "phone/review.html",
        {"form": form, "finding": finding, "back_url": reverse("phone:hardship", args=[finding.lead.code])},
        status=422 if form.errors else 200,
    )  # fmt: skip
