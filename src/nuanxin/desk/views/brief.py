"""The brief, its documents, and the records behind each figure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.care.models import Round
from nuanxin.desk import exports, words
from nuanxin.desk.linked import Piece, linked
from nuanxin.records import clock
from nuanxin.records.services import Refused
from nuanxin.reports import prints, services
from nuanxin.reports import queries as reports
from nuanxin.reports.brief import OF_NONE, PARTS, TOWN_HEADS, USUAL, Brief, brief_of, plain
from nuanxin.reports.figures import OPENED, Range, make_range
from nuanxin.reports.models import Issue
from nuanxin.reports.towns import Town, without_town
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import (
    choice,
    done,
    export,
    framed,
    in_language,
    lang,
    listed,
    paged,
    seen_by,
    send_sheet,
    sent_file,
    typed,
    write_sent,
)
from nuanxin.ui.parts import Filter, Sheet
from nuanxin.ui.templatetags.nuanxin_ui import quarter_name
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org, User


def span_asked(request: HttpRequest, seen: Viewer) -> tuple[Range, list[str], str]:
    """The quarters asked for (of one organisation of the viewer's, where ``org`` names it), those there are, and a sentence when what
    was asked for is none."""
    known = list(seen.rows(Round).order_by("quarter").values_list("quarter", flat=True).distinct())
    org = seen.org_for("brief.read")
    if code := request.GET.get("org", ""):
        asked = seen.rows(Org).filter(code=code).first()
        if asked is None or not seen.may_at("brief.read", asked):
            raise Http404
        org = asked
    first, last = request.GET.get("from", ""), request.GET.get("to", "")
    wrong = ""
    if first or last:
        try:
            return make_range(org, first or last, last or first), known, ""
        except (Refused, ValueError) as error:
            wrong = in_language(str(error))
    return reports.whole_range(org, seen.today), known, wrong


def unions_of(span: Range, seen: Viewer) -> list[Org]:
    """The organisations to choose from for a range: for an account above the cities all of it and each city; below, the one that is shown."""
    top = seen.org_for("brief.read")
    if top.level != Org.PROVINCE:
        return [span.org]
    return list(dict.fromkeys([top, *seen.rows(Org).filter(level=Org.CITY).order_by("code"), span.org]))


def suffix_of(span: Range, **more: str) -> str:
    """What follows an address that shows a range of an organisation: it means the same to whoever else opens it."""
    return "?" + urlencode({"org": span.org.code, "from": span.first, "to": span.last} | more)


class Send(Form):
    """What the drafter adds to a brief."""

    plans = forms.CharField(
        label=gettext_lazy("下一步打算"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("写进简报最后一节；不要写职工的姓名和号码。"),
    )  # fmt: skip


class End(Form):
    """Why a brief is returned."""

    reason = forms.CharField(
        label=gettext_lazy("退回的理由"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("退回时要写，送审的人看得到。"),
    )  # fmt: skip


def records_url(name: str, span: Range, **more: str) -> str:
    """The page of the records that a figure counts."""
    return reverse("desk:figure", args=[name]) + suffix_of(span, **more)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("brief.read", change="list.export")
def brief(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The brief of a range of quarters; every figure opens its records; their table is sent out by POST."""
    if request.method == "POST":
        span, _known, _wrong = span_asked(request, seen)
        made = brief_of(span, made_at=clock.now(), lang=lang(), parts=PARTS)
        sheets = {
            "figures": Sheet(exports.FIGURE_TITLES, lambda: exports.figure_rows(made)),
            "towns": exports.town_sheet(made.towns, tuple(TOWN_HEADS)),
        }
        return send_sheet(request, seen, f"brief:{span.first}-{span.last}", f"brief-{span.first}-{span.last}", sheets)
    return _brief_page(request, seen, Send())


def _brief_page(request: HttpRequest, seen: Viewer, form: Send, status: int = 200) -> HttpResponseBase:
    span, known, wrong = span_asked(request, seen)
    parts = parts_asked(request.GET)
    made = brief_of(span, made_at=clock.now(), lang=lang(), parts=parts)
    suffix = suffix_of(span)
    whole = f"{suffix}&{urlencode([('part', part) for part in parts])}"
    paragraphs = [(heading, _drawn(pieces, suffix)) for heading, pieces in linked(made)]
    quarters = sorted({*known, span.first, span.last})
    return render(
        request, "desk/brief.html",
        framed("brief", brief=made, span=span, paragraphs=paragraphs, figures=_table(made), quarters=quarters, wrong=wrong, suffix=suffix, parts=_ticked(parts),
            whole=whole, here=reverse("desk:brief") + whole, send_form=form if seen.may_at("brief.send", span.org) else None,
            issues=_issues(seen.rows(Issue)[:5]), unions=unions_of(span, seen), towns=town_rows(span, made.towns, TOWN_HEADS), town_heads=_town_heads(),
        ), status=status,
    )  # fmt: skip


def parts_asked(query: QueryDict) -> list[str]:
    """What of a brief an address asks for; what is usual where it does not say."""
    asked = [part for part in PARTS if part in query.getlist("part")]
    return asked or list(USUAL)


def _ticked(parts: Sequence[str]) -> list[tuple[str, Any, bool]]:
    return [(part, words.PARTS[part], part in parts) for part in PARTS]


def _table(made: Brief) -> list[tuple[Any, str, str, str]]:
    """The table below the text: (figure, value, label, unit)."""
    spoken = lang()
    return [(one, plain(one.value), one.figure.label(spoken), one.figure.unit[spoken]) for one in made.table]


def town_rows(span: Range, found: Iterable[Town], names: Iterable[str]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Rows of the table of the towns: a town, and its figures with the page of the records of each."""
    names = list(names)

    def row(town: Town) -> tuple[str, list[tuple[int, str]]]:
        where = {"org": town.code} if town.code else {"direct": "1"}
        name = words.short_union(town.name) if town.code else OF_NONE[lang()]
        return name, [(town.values[one], records_url(one, span, **where)) for one in names]

    return [row(town) for town in found]


def _town_heads() -> list[str]:
    return [head[lang()] for head in TOWN_HEADS.values()]


def _drawn(pieces: Iterable[Piece], suffix: str) -> SafeString:
    """A paragraph whose figures open their records."""
    drawn = [
        format_html(
            '<a class="d-figure" href="{}">{}</a>', reverse("desk:figure", args=[piece.figure]) + suffix, piece.text
        )
        if piece.figure
        else escape(piece.text)
        for piece in pieces
    ]
    # Each part is escaped above.
    return mark_safe("".join(drawn))  # noqa: S308


@require_POST
@seen_by("brief.read", change="list.export")
def brief_document(request: HttpRequest, seen: Viewer, form: str) -> HttpResponseBase:
    """The brief as PDF or Word document; that it was sent out is written down."""
    span, _known, _wrong = span_asked(request, seen)
    made = brief_of(span, made_at=clock.now(), lang=lang(), parts=parts_asked(request.GET))
    content = prints.render("brief", made.values()) if form == "pdf" else prints.render_docx(made.values())
    write_sent(seen, f"brief:{span.first}-{span.last}", list="brief", format=form)
    return sent_file(content, f"brief-{span.first}-{span.last}", form)


@require_POST
@seen_by("brief.read", change="brief.send")
def send(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Send the brief of a range, with what was chosen, for approval."""
    span, _known, wrong = span_asked(request, seen)
    form, made = Send(request.POST), list[Issue]()

    def call() -> Issue:
        parts, plans = parts_asked(request.GET), form.cleaned_data["plans"]
        return services.send(span=span, parts=parts, plans=plans, by=seen.user, on=seen.today, at=clock.now())

    if form.is_valid() and not wrong and done(request, lambda: made.append(call()), _("已送审，等另一个人审批。")):
        return redirect("desk:issue", made[0].code)
    # What was written stays in the form.
    return _brief_page(request, seen, form, status=422)


def _issues(found: Iterable[Issue]) -> list[tuple[Issue, str, str]]:
    """Issues with the quarters and who sent each."""
    found = list(found)
    names = dict(User.objects.filter(username__in={one.sent_by for one in found}).values_list("username", "first_name"))
    return [(one, _span(one), names.get(one.sent_by) or one.sent_by) for one in found]


def _span(one: Issue) -> str:
    ends = [quarter_name(quarter) for quarter in dict.fromkeys((one.first, one.last))]
    return " – ".join(ends)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("brief.read", change="list.export")
def issues(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The briefs that were sent for approval, the latest first; sent out as a spreadsheet by POST."""
    state, text = choice(request.GET, "state", words.ISSUE), typed(request.GET)
    found = seen.rows(Issue).select_related("org")
    if state:
        found = found.filter(state=state)
    if text:
        found = found.filter(Q(code__icontains=text) | Q(org__name__contains=text))
    if request.method == "POST":
        rows = exports.issue_rows(_issues(found))
        return export(request, seen, f"org:{seen.org.code}", "briefs", exports.ISSUE_TITLES, rows)
    page = paged(request, found)
    fields = [
        Filter("state", _("全部状态"), state, words.options(words.ISSUE)), Filter("q", _("编号或工会"), text),
    ]  # fmt: skip
    return listed(
        request, "desk/issues.html", framed("brief", page=page, rows=_issues(page.object_list), fields=fields)
    )


def _issue(seen: Viewer, code: str) -> Issue:
    return get_object_or_404(seen.rows(Issue).select_related("org"), code=code)


def _issue_page(request: HttpRequest, seen: Viewer, one: Issue, form: End) -> HttpResponseBase:
    made = services.kept_brief(one, lang())
    span = make_range(one.org, one.first, one.last)
    suffix = suffix_of(span)
    changed = [
        (OPENED[name], OPENED[name].label(lang()), plain(then), plain(now))
        for name, (then, now) in services.changed_since(one).items()
    ]
    who = {one.sent_by, one.ended_by}
    names = dict(User.objects.filter(username__in=who).values_list("username", "first_name"))
    ends = one.state == "sent" and seen.may_at("brief.approve", one.org) and one.sent_by != seen.user.username
    return render(
        request, "desk/issue.html",
        framed("brief", issue=one, brief=made, title=_span(one), suffix=suffix, changed=changed, figures=_table(made),
            paragraphs=[(heading, _drawn(pieces, suffix)) for heading, pieces in linked(made)], form=form if ends else None,
            towns=town_rows(span, made.towns, TOWN_HEADS), town_heads=_town_heads(),
            sender=names.get(one.sent_by) or one.sent_by, ender=names.get(one.ended_by) or one.ended_by,
            again=f"{suffix}&{urlencode([('part', part) for part in one.parts])}" if one.state == "returned" and seen.may_at("brief.send", one.org) else "",
        ),
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_safe
@seen_by("brief.read")
def issue(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """A brief as it was sent for approval, what became of it, and which of its figures differ by now."""
    return _issue_page(request, seen, _issue(seen, code), End())


@require_POST
@seen_by("brief.read", change="brief.approve")
def issue_end(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Approve a brief as it was looked at, or return it with a reason."""
    one, form = _issue(seen, code), End(request.POST)
    returns = request.POST.get("verb") == "return"
    if form.is_valid() and returns and not form.cleaned_data["reason"].strip():
        form.add_error("reason", _("请写明退回的理由"))
    if form.errors:
        return _issue_page(request, seen, one, form)
    if returns:
        call = partial(services.send_back, issue=one, reason=form.cleaned_data["reason"], by=seen.user, on=seen.today)
        done(request, call, _("已退回。"))
    else:
        call = partial(services.approve, issue=one, digest=request.POST.get("digest", ""), by=seen.user, on=seen.today)
        done(request, call, _("已审定，可以打印和下载。"))
    return redirect("desk:issue", code)


@require_POST
@seen_by("brief.read", change="list.export")
def issue_document(request: HttpRequest, seen: Viewer, code: str, form: str) -> HttpResponseBase:
    """A brief as it was sent, as PDF or Word document; that it was sent out is written down."""
    made = services.kept_brief(_issue(seen, code), lang())
    content = prints.render("brief", made.values()) if form == "pdf" else prints.render_docx(made.values())
    write_sent(seen, f"issue:{code}", list="brief", format=form)
    return sent_file(content, code, form)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("brief.read", change="list.export")
def figure(request: HttpRequest, seen: Viewer, figure: str) -> HttpResponseBase:
    """The records that a figure of the brief counts; sent out as a spreadsheet by POST."""
    found = OPENED.get(figure)
    if found is None:
        raise Http404
    whole, known, wrong = span_asked(request, seen)
    text, direct = typed(request.GET), choice(request.GET, "direct", ("1",))
    within = without_town(whole) if direct else whole
    span = reports.narrowed(within, text) if text else within
    spoken = lang()
    titles = [column.zh if spoken == "zh" else column.en for column in found.columns]
    if request.method == "POST":
        rows = list(reports.all_rows(found, span))
        return export(request, seen, f"figure:{figure}", f"{figure}-{span.first}-{span.last}", titles, rows)
    records = reports.Records(found, span)
    page = paged(request, records)
    shown = list(page.object_list)
    keys = [column.key for column in found.columns]
    numeric = [any(_is_number(row[n]) for row in shown) for n in range(len(keys))]
    quarters = [(quarter, quarter_name(quarter)) for quarter in sorted({*known, span.first, span.last}, reverse=True)]
    fields = [
        Filter("org", "", request.GET.get("org", "")), Filter("direct", "", direct), Filter("from", _("从最早的季度"), "" if wrong else request.GET.get("from", ""), quarters),
        Filter("to", _("到最近的季度"), "" if wrong else request.GET.get("to", ""), quarters), Filter("q", _("工会名称或代码"), text),
    ]  # fmt: skip
    return listed(
        request, "desk/figure.html",
        framed("brief", figure=found, label=found.label(spoken), unit=found.unit[spoken], value=plain(records.measured.value), span=span,
            titles=list(zip(titles, numeric, strict=True)), rows=[list(zip(keys, row, numeric, strict=True)) for row in shown], page=page, fields=fields, wrong=wrong, suffix=suffix_of(span),
            under=OF_NONE[spoken] if direct else span.org.name if span.org != seen.org_for("brief.read") else "",
        ),
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
