"""Matters: problems at work and wishes, with both clocks; answered, given to another owner, written down."""

from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.desk import matter_queries as queries
from nuanxin.desk import words
from nuanxin.desk.bulk import bulk_acts
from nuanxin.desk.queries import union_choices
from nuanxin.matters import services
from nuanxin.matters.models import Matter
from nuanxin.matters.queries import with_clock
from nuanxin.records.models import Attachment
from nuanxin.ui.forms import ASKED, Form
from nuanxin.ui.pages import choice, done, export, framed, listed, paged, seen_by, sent_paper, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Addition, Org


class Answer(Form):
    """How a matter ended, in words for the person who raised it."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("怎么办结"), widget=forms.RadioSelect,
        choices=[(Matter.DONE, gettext_lazy("已经办好")), (Matter.DECLINED, gettext_lazy("不能办理"))],
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("给职工的答复"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("说清办了什么；不能办的，说清为什么、还可以找谁。"),
    )  # fmt: skip


class Assign(Form):
    """Who has the matter from now on."""

    owner = forms.ChoiceField(label=gettext_lazy("交给"))

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]


class Enter(Form):
    """A matter that somebody raised by word of mouth."""

    kind = forms.ChoiceField(
        label=gettext_lazy("是什么事"), widget=forms.RadioSelect, choices=list(words.MATTER_KIND.items())
    )
    content = forms.CharField(
        label=gettext_lazy("内容"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("写清在哪里、是什么事；不要写身份证号、手机号。"),
    )  # fmt: skip
    raised_by = forms.CharField(
        label=gettext_lazy("提出人"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("联系电话"), required=False, max_length=20,
        widget=forms.TextInput(attrs={**ASKED["phone"], "autocomplete": "off"}),
    )  # fmt: skip
    org = forms.ChoiceField(label=gettext_lazy("哪个工会的职工"))
    clock = forms.ChoiceField(
        label=gettext_lazy("时限"), required=False, widget=forms.RadioSelect,
        choices=[("", gettext_lazy("按内容判断")), *words.CLOCK.items()],
    )  # fmt: skip

    def __init__(self, *args: Any, orgs: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["org"].choices = orgs  # type: ignore[attr-defined]


def asked_matters(query: QueryDict) -> queries.AskedMatters:
    """The filter of the matters list as an address has it."""
    return queries.AskedMatters(
        choice(query, "kind", words.MATTER_KIND), choice(query, "state", [queries.LATE, *words.MATTER]),
        choice(query, "clock", words.CLOCK), typed(query, "union"), typed(query),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("matter.read", change="list.export")
def matters(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The matters, what is late first; sent out as a spreadsheet by POST."""
    states = {queries.LATE: _("已超期"), **{key: str(label) for key, (label, _tone) in words.MATTER.items()}}
    kind, state, clock, union, text = asked = asked_matters(request.GET)
    found = queries.matters(seen)
    rows = queries.filtered(found, seen.today, asked)
    if request.method == "POST":
        name = "-".join(["matters", *filter(None, [kind, state, clock])])
        return export(request, seen, f"org:{seen.org.code}", name, queries.TITLES, queries.rows(rows))
    fields = [
        Filter("kind", _("全部类型"), kind, [(key, str(label)) for key, label in words.MATTER_KIND.items()]),
        Filter("state", _("全部状态"), state, list(states.items())),
        Filter("clock", _("全部时限"), clock, [(key, str(label)) for key, label in words.CLOCK.items()]),
        Filter("union", _("全部工会"), union, union_choices(found)),
        Filter("q", _("内容、提出人、编号或工会"), text),
    ]
    return listed(
        request, "desk/matters.html",
        framed("matters", page=paged(request, rows), fields=fields, bulk=bulk_acts(seen, "desk:matters")),
    )  # fmt: skip


def _matter(seen: Viewer, code: str) -> Any:
    found = (
        with_clock(queries.matters(seen), seen.today).select_related("org__parent__parent", "owner").filter(code=code)
    )
    matter = found.first()
    if matter is None:
        raise Http404
    return matter


def _shown(
    request: HttpRequest, seen: Viewer, matter: Any, *, answered: Answer | None = None, assigned: Assign | None = None
) -> HttpResponse:
    running = matter.state == Matter.OPEN
    answers = running and seen.may("matter.answer") and matter.owner_id in seen.reach("matter.answer")
    assigns = running and seen.may("matter.assign") and matter.org_id in seen.reach("matter.assign")
    wrong = answered or assigned
    return render(
        request, "desk/matter.html",
        framed("matters", matter=matter, history=queries.history(matter),
            answer_form=(answered or Answer()) if answers else None,
            assign_form=(assigned or Assign(owners=queries.owners(seen, matter), initial={"owner": matter.owner.code})) if assigns else None,
        ),
        status=422 if wrong else 200,
    )  # fmt: skip


@require_safe
@seen_by("matter.read")
def matter(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """One matter: what it is, who has it until when, what happened, and what may be done."""
    return _shown(request, seen, _matter(seen, code))


@require_safe
@seen_by("matter.read")
def photo(request: HttpRequest, seen: Viewer, code: str, pk: int) -> HttpResponseBase:
    """A photo that the worker added to a matter."""
    found = Addition.objects.filter(subject=f"matter:{_matter(seen, code).code}", pk=pk)
    row = get_object_or_404(Attachment, additions__in=found)
    return sent_paper(row.path.read_bytes(), f"{code}-{pk}")


@require_POST
@seen_by("matter.answer")
def answer(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """End a matter with the answer given."""
    found = _matter(seen, code)
    form = Answer(request.POST)
    if not form.is_valid():
        return _shown(request, seen, found, answered=form)
    said = form.cleaned_data
    call = partial(services.answer, found, text=said["text"], outcome=said["outcome"], by=seen.user, on=seen.today)
    done(request, call, _("已答复并办结。"))
    return redirect("desk:matter", code)


@require_POST
@seen_by("matter.assign")
def assign(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Give a matter to another owner."""
    found = _matter(seen, code)
    form = Assign(request.POST, owners=queries.owners(seen, found))
    if not form.is_valid():
        return _shown(request, seen, found, assigned=form)
    owner = Org.objects.get(code=form.cleaned_data["owner"])
    done(request, partial(services.assign, found, owner=owner, by=seen.user, on=seen.today), _("已交办。"))
    return redirect("desk:matter", code)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("matter.raise")
def enter(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Write down a matter that came by word of mouth."""
    orgs = list(Org.objects.filter(pk__in=seen.reach("matter.raise")).order_by("code").values_list("code", "name"))
    form = Enter(request.POST or None, orgs=orgs)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made: list[Matter] = []
        call = partial(
            services.enter, kind=said["kind"], content=said["content"], raised_by=said["raised_by"], phone=said["phone"],
            org=Org.objects.get(code=said["org"]), meeting={"": None, "at_once": False, "meeting": True}[said["clock"]],
            by=seen.user, on=seen.today,
        )  # fmt: skip
        if done(request, lambda: made.append(call()), _("已登记。")):
            return redirect("desk:matter", made[0].code) if seen.may("matter.read") else redirect("desk:home")
    return render(request, "desk/enter.html", framed("matters", form=form), status=422 if form.errors else 200)
