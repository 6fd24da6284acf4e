"""Applying for help in three steps and a page to check; each step is kept on the server, unsent fields in the browser."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care.models import HardshipApplication
from nuanxin.care.models import Paper as PaperRow
from nuanxin.care.services import apply
from nuanxin.care.services import papers as papering
from nuanxin.care.services.decide import as_of
from nuanxin.phone import forms, queries, words
from nuanxin.policy import Policy
from nuanxin.records.services import Refused
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import done, in_language, seen_by, sent_paper
from nuanxin.ui.parts import Fact, Step
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import PROOF
from nuanxin.union.queries import city_of
from nuanxin.union.rules import mask_id, mask_phone


def _draft(seen: Viewer) -> HardshipApplication | None:
    return seen.own(HardshipApplication).filter(state=HardshipApplication.DRAFT).select_related("org").first()


def _policy(seen: Viewer) -> Policy:
    policy = queries.policy_for(queries.round_for(city_of(seen.own_org)))
    if policy is None:
        raise Http404
    return policy


def _steps(now: int) -> list[Step]:
    labels = [_("家里人"), _("家里情况"), _("材料"), _("核对提交")]
    return [Step(label, "done" if n < now else "now" if n == now else "todo") for n, label in enumerate(labels)]


def _page(
    request: HttpRequest, name: str, now: int, back: str, draft: HardshipApplication, **more: Any
) -> HttpResponseBase:
    frame = {"steps": _steps(now), "back_url": reverse(back), "draft": draft, **more}
    form = more.get("form")
    return render(request, f"phone/{name}.html", frame, status=422 if form is not None and form.errors else 200)


def _try(form: Form, request: HttpRequest, call: Any) -> bool:
    """One service call for a form: what could not be read is told at its field, what is refused above the form."""
    if not form.is_valid():
        return False
    try:
        call()
    except apply.Misread as misread:
        for name, sentence in misread.fields.items():
            form.add_error(name if name in form.fields else None, in_language(sentence))
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(None, in_language(reason))
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.apply")
def start(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """What it takes, before it is begun; a POST begins, with the figures of a self-test where they are sent along."""
    round_ = queries.round_for(city_of(seen.own_org))
    if request.method == "POST" and round_ is None:
        # Without a round there is no policy to ask by: said here, and not after three screens.
        messages.error(request, _("您所在的市还没有开展困难认证，请先打 12351 或找本单位工会。"))
        return redirect("phone:apply")
    if request.method == "POST":
        said = {name: request.POST.get(name, "") for name in apply.ASKED_FIRST}
        figures = {
            name: words.FLAG_READ.get(value, value) if name in apply.FLAGS else value for name, value in said.items()
        }
        apply.begin(by=seen.user, on=seen.today, figures=figures)
        return redirect("phone:family")
    if _draft(seen) is not None:
        return redirect("phone:family")
    return render(
        request, "phone/apply.html",
        {"back_url": reverse("phone:home"), "round": round_, "open": round_ is not None and round_.state != "closed"},
    )  # fmt: skip


@require_safe
@seen_by("own.apply")
def family(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Step 1: the members that stand, and the way to add one."""
    draft = _draft(seen)
    if draft is None:
        return redirect("phone:apply")
    rows = [
        {
            "place": n, "name": row["name"], "relation": words.word(words.RELATION, row["relation"]),
            "id": mask_id(row.get("resident_id", "")), "phone": mask_phone(row.get("phone", "")),
            "study": words.word(words.STUDY, row["study_stage"]) if row.get("study_stage") else "",
        }
        for n, row in enumerate(apply.told(draft)["members"])
    ]  # fmt: skip
    whole = "family" not in apply.lacking(apply.told(draft), ())
    return _page(request, "family", 0, "phone:home", draft, rows=rows, next_place=len(rows), whole=whole)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.apply")
def member(request: HttpRequest, seen: Viewer, place: int) -> HttpResponseBase:
    """One member: added (the place after the last), changed, or taken out."""
    draft = _draft(seen)
    if draft is None:
        return redirect("phone:apply")
    members = apply.told(draft)["members"]
    if place > len(members):
        raise Http404
    row: dict[str, Any] = members[place] if place < len(members) else {}
    if request.method == "POST" and "drop" in request.POST:
        done(
            request, lambda: apply.drop_member(application=draft, place=place, by=seen.user, on=seen.today), _("已删去")
        )
        return redirect("phone:family")
    me = row.get("relation") == "self" or not members
    relations = ["self"] if me else [key for key in words.RELATION if key != "self"]
    form = forms.Member(
        request.POST if request.method == "POST" else None, relations=relations, id_mask=mask_id(row.get("resident_id", "")),
        phone_mask=mask_phone(row.get("phone", "")), initial={name: row.get(name, "") for name in ("name", "relation", "study_stage")},
    )  # fmt: skip
    if request.method == "POST" and _try(
        form, request,
        lambda: apply.keep_member(
            application=draft, place=place if row else None, fields=form.told(), by=seen.user, on=seen.today
        ),
    ):  # fmt: skip
        return redirect("phone:family")
    demo = settings.NUANXIN_DEMO and not row.get("resident_id")
    return _page(request, "member", 0, "phone:family", draft, form=form, row=row, me=me, place=place, demo=demo)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.apply")
def figures(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Step 2: the figures that the policy asks, the cause, and words."""
    draft = _draft(seen)
    if draft is None:
        return redirect("phone:apply")
    form = forms.Figures(
        _policy(seen),
        request.POST if request.method == "POST" else None,
        initial=forms.Figures.initial_of(apply.told(draft)),
    )
    if request.method == "POST" and _try(
        form, request,
        lambda: apply.keep_figures(application=draft, fields=form.told(), by=seen.user, on=seen.today),
    ):  # fmt: skip
        return redirect("phone:papers")
    return _page(request, "figures", 1, "phone:family", draft, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.apply")
def papers(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Step 3: photos of papers, one after another; none is needed to go on."""
    draft = _draft(seen)
    if draft is None:
        return redirect("phone:apply")
    if request.method == "POST" and request.POST.get("drop", "").isdigit():
        row = get_object_or_404(seen.own(PaperRow).select_related("application"), pk=int(request.POST["drop"]))
        done(request, lambda: papering.drop(paper=row, by=seen.user, on=seen.today), _("已删去"))
        return redirect("phone:papers")
    onward = "next" in request.POST
    if onward and not request.FILES:
        return redirect("phone:check")
    rows = _shown(draft.papers.all())
    figures_ = apply.told(draft)["figures"]
    form = forms.Paper(
        request.POST or None, request.FILES or None, initial={"kind": queries.first_lacking(figures_, rows)}
    )
    if request.method == "POST" and _try(form, request, lambda: _add(draft, form, seen)):
        # Who chose a photo and went straight on meant to send it.
        messages.success(request, _("收到了") if onward else _("收到了，可以接着传"))
        return redirect("phone:check" if onward else "phone:papers")
    return _page(
        request, "papers", 2, "phone:figures", draft, form=form, rows=rows, asked=queries.asked(figures_, rows)
    )


def _add(to: HardshipApplication, form: forms.Paper, seen: Viewer) -> None:
    sent_ = form.cleaned_data["photo"]
    papering.add(
        to=to, kind=form.cleaned_data["kind"], content=sent_.read(), name=sent_.name, by=seen.user, on=seen.today
    )


def _shown(rows: QuerySet[PaperRow]) -> list[tuple[PaperRow, str]]:
    return [(row, words.word(PROOF, row.kind)) for row in rows.select_related("attachment")]


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.apply")
def check(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """All answers once more, each with a 改; then the signature. A POST sends."""
    draft = _draft(seen)
    if draft is None:
        return redirect("phone:matters")
    policy, said = _policy(seen), apply.told(draft)
    asked = forms.figures_asked(policy)
    form = forms.Sign(request.POST if request.method == "POST" else None)
    if request.method == "POST" and _try(
        form, request,
        lambda: apply.send(
            application=draft, signed=form.cleaned_data["signed"], agreed=form.cleaned_data["agreed"],
            truthful=form.cleaned_data["truthful"], asked=asked, by=seen.user, on=seen.today,
        ),
    ):  # fmt: skip
        return redirect("phone:sent", draft.code)
    lacking = [(reverse(f"phone:{step}"), in_language(text)) for step, text in apply.lacking(said, asked).items()]
    people = [
        Fact(
            f"{row['name']} · {words.word(words.RELATION, row['relation'])}", mask_id(row.get("resident_id", "")) or "—",
            reverse("phone:member", args=[n]), masked=True,
        )
        for n, row in enumerate(said["members"])
    ]  # fmt: skip
    initial = forms.Figures.initial_of(said)
    answers = []
    shown = forms.Figures(policy)
    for name, field in shown.fields.items():
        value = initial.get(name, "")
        if name in apply.FLAGS:
            value = {"yes": _("是"), "no": _("否")}.get(value, "")
        elif name in apply.MONEY and value:
            value = words.amount(Decimal(value))
        elif name == "cause":
            value = words.word(words.CAUSE, value)
        answers.append(Fact(shown.short.get(name, str(field.label)), str(value), reverse("phone:figures")))
    return _page(
        request,
        "check",
        3,
        "phone:papers",
        draft,
        form=form,
        people=people,
        answers=answers,
        rows=_shown(draft.papers.all()),
        lacking=lacking,
    )


@require_safe
@seen_by("own.apply")
def sent(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The receipt: the number, who comes when, what to have ready."""
    application = get_object_or_404(
        seen.own(HardshipApplication).filter(state=HardshipApplication.SENT).select_related("org", "lead__round__org"),
        code=code,
    )
    rows = [Fact(_("编号"), application.code)]
    if application.lead is not None:
        rows += [
            Fact(_("上门走访"), _("%(day)s前") % {"day": words.day(application.lead.clock_on)}),
            Fact(_("告诉您结果"), _("%(day)s前") % {"day": words.day(as_of(application.lead.round))}),
        ]
    rows.append(Fact(_("请先备好"), _("身份证、户口簿、收入证明、票据")))
    return render(
        request, "phone/sent.html", {"application": application, "rows": rows, "back_url": reverse("phone:home")}
    )


@require_safe
@seen_by("own.read")
def paper(request: HttpRequest, seen: Viewer, key: int) -> HttpResponseBase:
    """A paper of the worker's own, or of the own family's round: as a file to keep."""
    row = get_object_or_404(queries.papers(seen).select_related("attachment"), pk=key)
    return sent_paper(row.attachment.path.read_bytes(), f"{row.kind}-{row.pk}")
