"""The desk's pages. A page is only read; a list sent out as a file is an Event, so its button posts."""

import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any, Literal

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import activate, get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care.models import Lead, Round
from nuanxin.care.services.decide import explain
from nuanxin.desk import queries, words
from nuanxin.desk.linked import Piece, linked
from nuanxin.desk.viewer import Viewer, viewer
from nuanxin.records.services import Refused, write_events
from nuanxin.reports import household_file, prints
from nuanxin.reports import queries as reports
from nuanxin.reports.brief import make_brief, plain
from nuanxin.reports.figures import FIGURES, Range, make_range
from nuanxin.sheets import write_table
from nuanxin.ui.parts import Filter
from nuanxin.union.models import Org

PAGE = 50
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
View = Callable[..., HttpResponseBase]


def seen_by_officer(section: str) -> Callable[[View], View]:
    """Give a page its viewer and the context that the frame needs; an installation without officers says what to do first."""

    def wrap(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, **address: Any) -> HttpResponseBase:
            # Chinese first: English comes by the switch alone, not by what a browser was installed with.
            if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                activate(settings.LANGUAGE_CODE)
            seen = viewer()
            if seen is None:
                return render(request, "desk/nobody.html", {"section": section})
            return view(request, seen, **address)

        return page

    return wrap


def _frame(seen: Viewer, section: str, **more: Any) -> dict[str, Any]:
    return {
        "section": section, "org_name": seen.org.name, "officer": str(seen.user), "officer_post": _("市总工会经办"),
        "today": seen.today, **more,
    }  # fmt: skip


def _page(request: HttpRequest, rows: Any, size: int = PAGE) -> Page[Any]:
    return Paginator(rows, size).get_page(request.GET.get("page"))


def _lang() -> str:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def _choice(query: QueryDict, name: str, known: Iterable[str]) -> str:
    """A GET parameter that is one of the known values, else empty: an unknown one filters nothing."""
    value = query.get(name, "")
    return value if value in known else ""


def _options(table: words.Toned, keys: Iterable[str] | None = None) -> list[tuple[str, str]]:
    return [(key, str(table[key][0])) for key in (keys or table)]


def _file(content: bytes, name: str, form: str) -> HttpResponse:
    response = HttpResponse(content, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _export(
    request: HttpRequest, seen: Viewer, subject: str, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]]
) -> HttpResponse:
    """A list as a spreadsheet, masked as on the page; that it was sent out is written down."""
    form: Literal["xlsx", "csv"] = "csv" if request.POST.get("format") == "csv" else "xlsx"
    out = io.BytesIO()
    write_table(out, titles, rows, format=form)
    with transaction.atomic():
        facts = {"list": name, "format": form, "rows": len(rows), "demo": True}
        write_events(chain=seen.org.code, lines=[("list.export", subject, facts)], by=seen.user.username, on=seen.today)
    return _file(out.getvalue(), name, form)


# ------------------------------------------------------------------------------------------------------------------ rounds


@require_safe
@seen_by_officer("rounds")
def home(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The latest round's board, or the list of rounds while there is none."""
    latest = seen.rows(Round).order_by("-quarter").values_list("quarter", flat=True).first()
    return redirect("desk:board", latest) if latest else redirect("desk:rounds")


@require_safe
@seen_by_officer("rounds")
def rounds(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The rounds, newest first."""
    return render(request, "desk/rounds.html", _frame(seen, "rounds", page=_page(request, queries.rounds(seen), 20)))


def _round(seen: Viewer, quarter: str) -> Round:
    found = queries.find_round(seen, quarter)
    if found is None:
        raise Http404
    return found


@require_safe
@seen_by_officer("rounds")
def board(request: HttpRequest, seen: Viewer, quarter: str) -> HttpResponseBase:
    """A round at a glance: steps, returns, five columns of families."""
    round_ = _round(seen, quarter)
    shown = queries.board(seen, round_)
    return render(
        request, "desk/board.html",
        _frame(
            seen, "rounds", round=round_, board=shown, refused=shown.counts.get("refused", 0), known=shown.counts.get("known", 0),
        ),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by_officer("rounds")
def families(request: HttpRequest, seen: Viewer, quarter: str) -> HttpResponseBase:
    """The families of a round, filtered; sent out as a spreadsheet by POST."""
    round_ = _round(seen, quarter)
    column = _choice(request.GET, "column", words.COLUMNS)
    tier = _choice(request.GET, "tier", words.TIERS)
    union, text = request.GET.get("union", ""), request.GET.get("q", "")
    rows = queries.described(queries.filtered_families(queries.families(seen, round_), column, tier, union, text))
    if request.method == "POST":
        name = "-".join(["families", quarter, *filter(None, [column, tier])])
        return _export(request, seen, f"round:{round_.code}", name, queries.FAMILY_TITLES, queries.family_rows(rows))
    unions = Org.objects.filter(pk__in=Lead.objects.filter(round=round_).values("org")).values_list("code", "name")
    fields = [
        Filter("column", _("全部环节"), column, _options(words.COLUMNS)),
        Filter("tier", _("全部类别"), tier, _options(words.TIERS)),
        Filter("union", _("全部工会"), union, [(code, words.short_union(name)) for code, name in unions]),
        Filter("q", _("姓名、编号或工会"), text),
    ]
    heading = words.COLUMNS[column][0] if column else _("全部家庭")
    return render(
        request, "desk/families.html",
        _frame(seen, "rounds", round=round_, page=_page(request, rows), fields=fields, heading=heading),
    )  # fmt: skip


PARTS = ("rows", "unions", "back", "history", "warnings")


@require_safe
@seen_by_officer("rounds")
def returns(request: HttpRequest, seen: Viewer, quarter: str) -> HttpResponseBase:
    """What the unions sent: rows to mend, who owes, what was sent back, replaced or only warned of."""
    round_ = _round(seen, quarter)
    counts = queries.return_counts(round_)
    part = _choice(request.GET, "tab", PARTS) or ("rows" if counts["rows"] else "unions")
    state = _choice(request.GET, "state", words.RETURN)
    owing = queries.owing(round_)
    states = dict.fromkeys(words.RETURN, 0)
    for found in owing.values_list("state", flat=True):
        states[found] += 1
    lists: dict[str, Any] = {
        "rows": lambda: queries.refusals(round_, warning=False),
        "warnings": lambda: queries.refusals(round_, warning=True),
        "unions": lambda: owing.filter(state=state) if state else owing,
        "back": lambda: queries.sent_back(round_),
        "history": lambda: queries.corrected(round_),
    }
    page = _page(request, lists[part]())
    files = queries.files_of([row.file for row in page]) if part == "unions" else {}
    tabs = [
        ("rows", _("要改的行"), counts["rows"]), ("unions", _("应报工会"), sum(states.values())),
        ("back", _("整份退回"), counts["back"]), ("history", _("已更正的文件"), counts["history"]),
        ("warnings", _("提醒（已照收）"), counts["warnings"]),
    ]  # fmt: skip
    return render(
        request, "desk/returns.html",
        _frame(
            seen, "rounds", round=round_, page=page, part=part, state=state, counts=counts, states=states, tabs=tabs, lang=_lang(),
            lines=[(row, files.get(row.file)) for row in page] if part == "unions" else [],
            fields=[Filter("state", _("全部状态"), state, _options(words.RETURN))],
        ),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- households


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by_officer("files")
def files(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The households, filtered; sent out as a spreadsheet by POST."""
    state = _choice(request.GET, "state", words.HOUSEHOLD)
    tier = _choice(request.GET, "tier", words.TIERS)
    text = request.GET.get("q", "")
    rows = queries.households(seen, state, tier, text)
    if request.method == "POST":
        name = "-".join(["households", *filter(None, [state, tier])])
        return _export(
            request, seen, f"org:{seen.org.code}", name, queries.HOUSEHOLD_TITLES, queries.household_rows(rows)
        )
    fields = [
        Filter("state", _("全部状态"), state, _options(words.HOUSEHOLD)),
        Filter("tier", _("全部类别"), tier, _options(words.TIERS, ("deep", "relative", "accident"))),
        Filter("q", _("姓名、编号或工会"), text),
    ]
    return render(
        request, "desk/files.html", _frame(seen, "files", page=_page(request, rows), fields=fields, search_text=text)
    )


TABS = ("decision", "members", "visits", "aid", "history")


@require_safe
@seen_by_officer("files")
def household(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The file of one household, a tab at a time."""
    page = queries.file_page(seen, code, request.GET.get("finding", ""))
    if page is None:
        raise Http404
    if page.household.merged_into:
        return redirect("desk:household", page.household.merged_into.code)
    tab = _choice(request.GET, "tab", TABS) or "decision"
    visits = [(lead, visit) for lead in page.leads for visit in lead.visits.all()]
    more: dict[str, Any] = {}
    if tab == "decision" and page.finding:
        try:
            more["explained"] = queries.told(explain(page.finding), _lang())
        except Refused as refused:
            more["unexplained"] = str(refused)
    if tab in ("decision", "aid") and page.finding and page.finding.tier not in (None, "none"):
        more["aid"] = queries.aid_of(page.finding)
    if tab in ("decision", "aid") and page.finding and page.finding.tier == "none":
        more["offers"] = list(page.finding.offers.order_by("offered_on", "pk"))
    if tab == "members":
        more["members"] = queries.members(page.household, page.lead, seen.today)
    if tab == "visits":
        more["visits"] = [(lead, visit, queries.compared(lead, visit)) for lead, visit in reversed(visits)]
    tabs = [
        ("decision", _("认定"), None), ("members", _("家庭成员"), page.household.people or 0), ("visits", _("走访记录"), len(visits)),
        ("aid", _("帮扶"), None), ("history", _("历次认定和办理经过"), len(page.findings)),
    ]  # fmt: skip
    age = queries.age_on(page.household.worker.born_on, seen.today) if page.household.worker else None
    return render(
        request, "desk/household.html",
        _frame(
            seen, "files", file=page, house=page.household, finding=page.finding, tab=tab, tabs=tabs, age=age,
            address=words.street(page.household.address), recent=page.timeline[:7], **more,
        ),
    )  # fmt: skip


@require_safe
@seen_by_officer("files")
def household_pdf(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The household file as the paper form."""
    page = queries.file_page(seen, code)
    if page is None:
        raise Http404
    try:
        return _file(prints.render("household_file", household_file.values(page.household, seen.today)), code, "pdf")
    except prints.PrintError as error:
        return render(
            request, "desk/unprinted.html", _frame(seen, "files", house=page.household, why=str(error)), status=422
        )


# ------------------------------------------------------------------------------------------------------------------- brief


def _span(request: HttpRequest, seen: Viewer) -> tuple[Range, list[str], str]:
    """The quarters asked for, those there are, and a sentence when what was asked for is none."""
    known = list(seen.rows(Round).order_by("quarter").values_list("quarter", flat=True).distinct())
    first, last = request.GET.get("from", ""), request.GET.get("to", "")
    wrong = ""
    if first or last:
        try:
            return make_range(seen.org, first or last, last or first), known, ""
        except (Refused, ValueError) as error:
            wrong = str(error)
    return reports.whole_range(seen.org, seen.today), known, wrong


@require_safe
@seen_by_officer("brief")
def brief(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The brief of a range of quarters; every figure opens its records."""
    span, known, wrong = _span(request, seen)
    made = make_brief(seen.org, span.first, span.last, made_at=timezone.localtime(), lang=_lang())
    suffix = f"?from={span.first}&to={span.last}"
    paragraphs = [(heading, _drawn(pieces, suffix)) for heading, pieces in linked(made)]
    figures = [
        (stated, plain(stated.value), stated.figure.label(_lang()), stated.figure.unit[_lang()])
        for stated in made.figures
    ]
    quarters = sorted({*known, span.first, span.last})
    return render(
        request, "desk/brief.html",
        _frame(
            seen, "brief", brief=made, span=span, paragraphs=paragraphs, figures=figures, quarters=quarters, wrong=wrong, suffix=suffix
        ),
    )  # fmt: skip


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


@require_safe
@seen_by_officer("brief")
def brief_document(request: HttpRequest, seen: Viewer, form: str) -> HttpResponseBase:
    """The brief as PDF or Word document."""
    span, _known, _wrong = _span(request, seen)
    made = make_brief(seen.org, span.first, span.last, made_at=timezone.localtime(), lang=_lang())
    content = prints.render("brief", made.values()) if form == "pdf" else prints.render_docx(made.values())
    return _file(content, f"brief-{span.first}-{span.last}", form)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by_officer("brief")
def figure(request: HttpRequest, seen: Viewer, figure: str) -> HttpResponseBase:
    """The records that a figure of the brief counts; sent out as a spreadsheet by POST."""
    found = FIGURES.get(figure)
    if found is None:
        raise Http404
    span, _known, _wrong = _span(request, seen)
    lang = _lang()
    titles = [column.zh if lang == "zh" else column.en for column in found.columns]
    if request.method == "POST":
        rows = list(reports.all_rows(found, span))
        return _export(request, seen, f"figure:{figure}", f"{figure}-{span.first}-{span.last}", titles, rows)
    asked = request.GET.get("page", "1")
    shown = reports.page_of(
        found, span, page=max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1, size=PAGE
    )
    keys = [column.key for column in found.columns]
    numeric = [any(_is_number(row[n]) for row in shown.rows) for n in range(len(keys))]
    return render(
        request, "desk/figure.html",
        _frame(
            seen, "brief", figure=found, label=found.label(lang), unit=found.unit[lang], value=plain(found.value(span)), span=span,
            titles=list(zip(titles, numeric, strict=True)), rows=[list(zip(keys, row, numeric, strict=True)) for row in shown.rows], shown=shown, suffix=f"?from={span.first}&to={span.last}",
            before=shown.page - 1, after=shown.page + 1 if shown.page < shown.pages else 0,
        ),
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
