"""Acts on one family: opening its file, what is done to it, showing a full number, printing."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.care.queries import papers_of
from nuanxin.care.services.reading import open_file, opened
from nuanxin.desk.household_acts import HOUSEHOLD_ACTS, Family, HouseholdAct, first_values, said_before
from nuanxin.records.services import Refused
from nuanxin.reports import household_file, prints
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import done, framed, in_language, seen_by, sent_file, sent_paper
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Household, Kinship
from nuanxin.union.rules import mask_name
from nuanxin.union.services import reveal


def find_household(seen: Viewer, code: str) -> Household:
    """The household of a code, or 404."""
    found = seen.rows(Household).filter(code=code).select_related("org", "worker", "merged_into").first()
    if found is None:
        raise Http404
    return found


def page(act: HouseholdAct) -> Callable[..., HttpResponseBase]:
    """The page of an act on a family: GET asks, POST does it if nothing has changed since."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @seen_by(act.operation)
    def view(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
        house = find_household(seen, code)
        family = Family(seen, house)
        back = reverse("desk:household", args=[code])
        if not seen.may_at(act.operation, act.at(family)):
            raise Http404
        acting = request.method == "POST"
        if (acting and request.POST.get("mark") != family.mark) or not act.open(family):
            messages.error(request, _("这一步现在不能办：可能已经办过，或有人先办了一步。本次未作任何更改。"))
            return redirect(back)
        told, files = (request.POST, request.FILES) if acting else (None, None)
        form = act.form(told, files, initial=first_values(family, act)) if act.form else None
        if acting and (form is None or form.is_valid()):
            said = form.cleaned_data if form else {}
            done(request, partial(act.call, family, said), str(act.told))
            return redirect(f"{back}?tab={act.tab}" if act.tab else back)
        touched = [
            f"{mask_name(house.worker_name)} · {house.code} · {house.org.name}",
            *map(mask_digits, said_before(family, act)),
        ]
        return render(
            request, "ui/confirm.html",
            framed("files", question=act.question, verb=act.label, form=form, touched=touched, warning=act.warning, back_url=back,
                carried={"mark": family.mark},
            ),
            status=422 if acting else 200,
        )  # fmt: skip

    view.__name__ = act.key
    return view


PAGES = {act.key: page(act) for act in HOUSEHOLD_ACTS}

WHY = (
    ("certify", gettext_lazy("办理季度认证")), ("visit", gettext_lazy("准备走访")), ("check", gettext_lazy("核对上报和材料")),
    ("answer", gettext_lazy("答复这户人家")), ("other", gettext_lazy("其他：写在下面")),
)  # fmt: skip


class Why(Form):
    """Why a file is opened; the family reads it on its phone."""

    why = forms.ChoiceField(label=gettext_lazy("为什么查看"), choices=WHY, widget=forms.RadioSelect, initial="certify")
    other = forms.CharField(label=gettext_lazy("其他理由"), max_length=100, required=False)

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        if said.get("why") == "other" and not said.get("other", "").strip():
            self.add_error("other", _("请写明理由：这户人家看得到"))

    def reason(self) -> str:
        """In Chinese, whatever the officer's page is in: the family reads it."""
        said = self.cleaned_data
        with override("zh-hans"):
            return said["other"].strip() or str(dict(WHY)[said["why"]])


@require_POST
@seen_by("family.read")
def open_papers(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Open the papers of a file that stands open: that they were looked at is written down beside it."""
    house = find_household(seen, code)
    if opened(house, seen.user, seen.today):
        with override("zh-hans"):
            reason = str(dict(WHY)["check"])
        open_file(household=house, by=seen.user, on=seen.today, reason=reason, what="papers")
    return redirect(f"{reverse('desk:household', args=[code])}?tab=papers")


@require_safe
@seen_by("family.read")
@never_cache
def paper(request: HttpRequest, seen: Viewer, code: str, pk: int) -> HttpResponseBase:
    """A paper of a family, for whoever opened its papers today."""
    house = find_household(seen, code)
    found = get_object_or_404(papers_of(house).select_related("attachment"), pk=pk)
    if not opened(house, seen.user, seen.today, "papers"):
        return redirect(f"{reverse('desk:household', args=[code])}?tab=papers")
    return sent_paper(found.attachment.path.read_bytes(), f"{code}-{found.kind}-{pk}")


@require_POST
@seen_by("family.read")
def open_(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Open the file for today; who opened it and why is written down."""
    house = find_household(seen, code)
    form = Why(request.POST)
    if not form.is_valid():
        return render(request, "desk/sealed.html", framed("files", house=house, form=form), status=422)
    try:
        open_file(household=house, by=seen.user, on=seen.today, reason=form.reason())
    except Refused as refused:
        messages.error(request, in_language(str(refused)))
    return redirect("desk:household", code)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("family.read")
def print_(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The household file as the paper form, for a reason that is written down."""
    house = find_household(seen, code)
    form = Why(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = prints.render("household_file", household_file.values(house, seen.today))
        except prints.PrintError as error:
            return render(request, "desk/unprinted.html", framed("files", house=house, why=str(error)), status=422)
        open_file(household=house, by=seen.user, on=seen.today, reason=form.reason(), what="print")
        return sent_file(content, code, "pdf")
    touched = [f"{mask_name(house.worker_name)} · {house.code} · {house.org.name}"]
    return render(
        request, "ui/confirm.html",
        framed("files", question=_("打印档案"), verb=_("生成 PDF"), form=form, touched=touched, touches_title=_("将要打印"),
            warning=_("打印会记下您的姓名、时间和理由，这户人家看得到。"), back_url=reverse("desk:household", args=[code]),
        ),
        status=422 if form.errors else 200,
    )  # fmt: skip


class Reveal(Form):
    whose = forms.ChoiceField(label=gettext_lazy("谁的"))
    what = forms.ChoiceField(
        label=gettext_lazy("哪个号码"), widget=forms.RadioSelect, initial="id",
        choices=[("id", gettext_lazy("身份证号")), ("phone", gettext_lazy("手机"))],
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("为什么要看完整号码"), max_length=200, help_text=gettext_lazy("这户人家看得到"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[Kinship], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["whose"].choices = [(str(k.pk), f"{mask_name(k.person.name)} {k.person.id_mask}") for k in people]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("person.reveal")
def reveal_(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """A full number against a reason: shown once, in the answer to the POST, and kept by nobody."""
    house = find_household(seen, code)
    if not seen.may_at("person.reveal", house.org):
        raise Http404
    people = list(house.members.filter(until_on=None).select_related("person").order_by("pk"))
    form = Reveal(request.POST or None, people=people)
    back = reverse("desk:household", args=[code])
    number, shown = "", None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        shown = next(k.person for k in people if str(k.pk) == said["whose"])
        try:
            number = reveal(shown, org=house.org, reason=said["reason"], what=said["what"], by=seen.user, on=seen.today)
        except Refused as refused:
            form.add_error("reason", in_language(str(refused)))
    if number and shown:
        answer = render(
            request, "desk/revealed.html",
            framed("files", house=house, number=number, name=mask_name(shown.name), what=form.cleaned_data["what"], back_url=back),
        )  # fmt: skip
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return render(
        request, "ui/confirm.html",
        framed("files", question=_("显示完整号码"), verb=_("显示一次"), form=form, back_url=back, touches_title=_("这户人家"),
            touched=[f"{mask_name(house.worker_name)} · {house.code} · {house.org.name}"],
            warning=_("看了谁的号码、为什么，都会记下来。号码只在下一页显示一次。"),
        ),
        status=422 if form.errors else 200,
    )  # fmt: skip
