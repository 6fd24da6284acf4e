"""The brief, its documents, and the records behind each figure."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from nuanxin.care.models import Round
from nuanxin.desk import exports
from nuanxin.desk.linked import Piece, linked
from nuanxin.records import clock
from nuanxin.records.services import Refused
from nuanxin.reports import prints
from nuanxin.reports import queries as reports
from nuanxin.reports.brief import brief_of, plain
from nuanxin.reports.figures import OPENED, Range, make_range
from nuanxin.ui.pages import (
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
from nuanxin.union.models import Org


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


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("brief.read", change="list.export")
def brief(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The brief of a range of quarters; every figure opens its records; their table is sent out by POST."""
    span, known, wrong = span_asked(request, seen)
    made = brief_of(span, made_at=clock.now(), lang=lang())
    suffix = suffix_of(span)
    paragraphs = [(heading, _drawn(pieces, suffix)) for heading, pieces in linked(made)]
    figures = [
        (stated, plain(stated.value), stated.figure.label(lang()), stated.figure.unit[lang()])
        for stated in made.figures
    ]
    if request.method == "POST":
        sheets = {"figures": Sheet(exports.FIGURE_TITLES, lambda: exports.figure_rows(made))}
        return send_sheet(request, seen, f"brief:{span.first}-{span.last}", f"brief-{span.first}-{span.last}", sheets)
    quarters = sorted({*known, span.first, span.last})
    return render(
        request, "desk/brief.html",
        framed("brief", brief=made, span=span, paragraphs=paragraphs, figures=figures, quarters=quarters, wrong=wrong, suffix=suffix, unions=unions_of(span, seen)
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


@require_POST
@seen_by("brief.read", change="list.export")
def brief_document(request: HttpRequest, seen: Viewer, form: str) -> HttpResponseBase:
    """The brief as PDF or Word document; that it was sent out is written down."""
    span, _known, _wrong = span_asked(request, seen)
    made = brief_of(span, made_at=clock.now(), lang=lang())
    content = prints.render("brief", made.values()) if form == "pdf" else prints.render_docx(made.values())
    write_sent(seen, f"brief:{span.first}-{span.last}", list="brief", format=form)
    return sent_file(content, f"brief-{span.first}-{span.last}", form)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("brief.read", change="list.export")
def figure(request: HttpRequest, seen: Viewer, figure: str) -> HttpResponseBase:
    """The records that a figure of the brief counts; sent out as a spreadsheet by POST."""
    found = OPENED.get(figure)
    if found is None:
        raise Http404
    whole, known, wrong = span_asked(request, seen)
    text = typed(request.GET)
    span = reports.narrowed(whole, text) if text else whole
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
        Filter("org", "", request.GET.get("org", "")), Filter("from", _("从最早的季度"), "" if wrong else request.GET.get("from", ""), quarters),
        Filter("to", _("到最近的季度"), "" if wrong else request.GET.get("to", ""), quarters), Filter("q", _("工会名称或代码"), text),
    ]  # fmt: skip
    return listed(
        request, "desk/figure.html",
        framed("brief", figure=found, label=found.label(spoken), unit=found.unit[spoken], value=plain(records.measured.value), span=span,
            titles=list(zip(titles, numeric, strict=True)), rows=[list(zip(keys, row, numeric, strict=True)) for row in shown], page=page, fields=fields, wrong=wrong, suffix=suffix_of(span),
            under=span.org if span.org != seen.org_for("brief.read") else None,
        ),
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
