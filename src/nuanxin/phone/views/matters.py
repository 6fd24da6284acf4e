"""Problems at work and wishes: raised, followed, said to be unsolved once, taken back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.matters import services
from nuanxin.matters.models import Matter
from nuanxin.phone import forms, queries, words
from nuanxin.phone.views.apply import _try
from nuanxin.records.models import Attachment
from nuanxin.ui.pages import done, seen_by, sent_paper
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Addition


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.raise")
def raise_(request: HttpRequest, seen: Viewer, kind: str) -> HttpResponseBase:
    """Say a problem or a wish in one's own words."""
    if kind not in words.KIND:
        raise Http404
    form = forms.Matter(request.POST if request.method == "POST" else None)
    form.fields["content"].label = _("遇到了什么难题？") if kind == Matter.PROBLEM else _("想要什么？")
    form.fields["content"].help_text = (
        _("在哪儿、什么事、多久了") if kind == Matter.PROBLEM else _("一件小事也行，写清楚要什么、给谁")
    )
    made: list[Matter] = []
    if request.method == "POST" and _try(
        form, request,
        lambda: made.append(
            services.raise_one(kind=kind, content=form.cleaned_data["content"], org=seen.own_org, by=seen.user, on=seen.today)
        ),
    ):  # fmt: skip
        messages.success(request, _("已交给工会"))
        return redirect("phone:matter", made[0].code)
    return render(
        request, "phone/raise.html",
        {"form": form, "kind": kind, "org": seen.own_org, "back_url": reverse("phone:home")}, status=422 if form.errors else 200,
    )  # fmt: skip


def _own(seen: Viewer, code: str) -> Matter:
    return get_object_or_404(queries.matters(seen), code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read", change="own.raise")
def matter(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """One matter: where it is, who has it, the answer. A POST takes it back."""
    one = _own(seen, code)
    if request.method == "POST":
        done(request, lambda: services.take_back(matter=one, by=seen.user, on=seen.today), _("已撤回"))
        return redirect("phone:matter", code)
    return render(
        request, "phone/matter.html",
        {"case": queries.matter_case(one, seen), "matter": one, "kind": words.word(words.KIND, one.kind), "back_url": reverse("phone:matters"),
            "back_label": _("我的事"), "timeline": queries.timeline(seen, [f"matter:{one.code}"], one.owner.name),
            "may_reopen": one.state in (Matter.DONE, Matter.DECLINED) and one.reopened_on is None},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read", change="own.raise")
def more(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Add something to a matter that is still open: words, a photo, or both."""
    one = _own(seen, code)
    asked = request.method == "POST"
    if one.state != Matter.OPEN and not asked:
        return redirect("phone:matter", code)
    form = forms.More(request.POST if asked else None, request.FILES if asked else None)
    if asked and _try(form, request, lambda: _add(one, form, seen)):
        messages.success(request, _("补充的情况已交给工会"))
        return redirect("phone:matter", code)
    return render(
        request, "phone/more.html",
        {"form": form, "matter": one, "back_url": reverse("phone:matter", args=[code])}, status=422 if form.errors else 200,
    )  # fmt: skip


def _add(one: Matter, form: forms.More, seen: Viewer) -> None:
    said = form.cleaned_data
    photo = said["photo"].read() if said["photo"] else b""
    services.add(matter=one, text=said["text"], photo=photo, by=seen.user, on=seen.today)


@require_safe
@seen_by("own.read")
def photo(request: HttpRequest, seen: Viewer, key: int) -> HttpResponseBase:
    """A photo that the worker added."""
    row = get_object_or_404(Attachment, additions__in=seen.own(Addition).filter(pk=key))
    return sent_paper(row.path.read_bytes(), f"photo-{key}")


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read", change="own.raise")
def unsolved(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Not solved: said once, looked at again by the city union."""
    one = _own(seen, code)
    form = forms.Unsolved(request.POST if request.method == "POST" else None)
    if request.method == "POST" and _try(
        form, request,
        lambda: services.reopen(
            matter=one, why="：".join(filter(None, [form.cleaned_data["what"], form.cleaned_data["more"].strip()])),
            by=seen.user, on=seen.today,
        ),
    ):  # fmt: skip
        messages.success(request, _("已转给市总工会复查，2 个工作日内回复您"))
        return redirect("phone:matter", code)
    return render(
        request, "phone/unsolved.html",
        {"form": form, "matter": one, "back_url": reverse("phone:matter", args=[code])}, status=422 if form.errors else 200,
    )  # fmt: skip
