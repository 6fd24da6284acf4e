"""The dashboard: what was done in a range of quarters, drawn and as tables; every number opens the records that it counts."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.care import rules
from nuanxin.desk import exports, words
from nuanxin.desk.views.brief import records_url, span_asked, suffix_of, town_rows, unions_of
from nuanxin.reports import dashboard as figures
from nuanxin.reports.figures import Range, Value
from nuanxin.reports.towns import Town, towns
from nuanxin.ui.pages import framed, seen_by, send_sheet
from nuanxin.ui.parts import Chart, Map, Place
from nuanxin.ui.templatetags.nuanxin_ui import quarter_name
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org
from nuanxin.union.queries import city_of

# A card: the figure in large, and the one under it.
CARDS = (
    ("households_on_file", "households_filed"), ("visits", "households_refused"), ("wishes", "wishes_done"), ("jobs", "job_fairs"),
    ("spent_yuan", "people_visited"),
)  # fmt: skip
MATTERS = ("problems", "problems_done", "problems_overdue", "wishes", "wishes_done", "wishes_overdue")
ATTENTION = ("inpatients", "mutual_aid_yuan")
RETURNS, ON_FILE = ("returns_received", "returns_nil", "returns_silent"), "households_on_file"
AID = tuple(f"aid_{item}_yuan" for item in words.ITEM)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("brief.read", change="list.export")
def dashboard(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Cards, three charts, the quarters side by side, what needs attention, the returns by town and the map of the towns; each table is
    sent out by POST."""
    span, known, wrong = span_asked(request, seen)
    numbers = figures.values(
        span, list(dict.fromkeys([*(name for card in CARDS for name in card), *MATTERS, *AID, *ATTENTION]))
    )
    quarters = figures.quarters(span)
    found = towns(span, (*RETURNS, ON_FILE))
    cards = [(_stat(large, numbers, span), _stat(small, numbers, span)) for large, small in CARDS]
    charts = [_on_file(span, quarters.on_file), _aid(span, numbers), _matters(span, numbers)]
    if request.method == "POST":
        sheets = {one.code: exports.chart_sheet(one) for one in charts} | {
            "returns": exports.town_sheet(found, RETURNS),
            "quarters": exports.quarter_sheet(quarters.became),
        }
        name = f"dashboard-{span.first}-{span.last}"
        return send_sheet(request, seen, f"org:{span.org.code}", name, sheets)
    return render(
        request, "desk/dashboard.html",
        framed("dashboard", span=span, wrong=wrong, known=sorted({*known, span.first, span.last}), suffix=suffix_of(span), unions=unions_of(span, seen),
            cards=cards, charts=charts, attention=_attention(seen, span, numbers, quarters),
            columns=[figures.OPENED[name].label(words.spoken()) for name in figures.QUARTERLY],
            rounds=[
                (quarter, [(n, records_url(name, Range(span.org, quarter, quarter, span.orgs))) for name, n in row.items()])
                for quarter, row in reversed(quarters.became.items())
            ],
            towns=town_rows(span, found, RETURNS),
            map=_map(span, [town for town in found if town.code]),
        ),
    )  # fmt: skip


def _stat(name: str, numbers: dict[str, Value], span: Range) -> tuple[str, str, str, str]:
    """A figure on a card: its label, its value in words, its unit and the page of its records."""
    figure = figures.OPENED[name]
    value, unit = numbers[name], figure.unit[words.spoken()]
    shown = f"{value:,}"
    if isinstance(value, Decimal):
        shown, unit = f"{value / 10000:,.1f}", _("万元")
    return figure.label(words.spoken()), shown, unit, records_url(name, span)


def _attention(
    seen: Viewer, span: Range, numbers: dict[str, Value], quarters: figures.Quarters
) -> list[tuple[str, str, str, str, str]]:
    """What needs attention in the range, and what went well: mark (no, ask, yes), a sentence, the page of its records, a second line and
    where that leads, if the viewer may go there."""

    def opened(operation: str, page: str, asked: str, *args: str) -> str:
        return reverse(page, args=args) + asked if seen.may(operation) else ""

    lines = [
        (
            "no", f"{figures.OPENED[name].label(words.spoken())} {numbers[name]:,}", records_url(name, span), _("去看谁在办"),
            opened("matter.read", "desk:matters", f"?state=late&kind={kind}"),
        )
        for name, kind in (("problems_overdue", "problem"), ("wishes_overdue", "wish")) if numbers[name]
    ] or [("yes", _("没有超期的难题和微心愿"), "", "", "")]  # fmt: skip
    if quarters.silent:
        said = {"n": f"{quarters.silent:,}", "quarter": quarter_name(span.last)}
        reminded = _("已催 %(n)s 次") % {"n": f"{quarters.reminders:,}"} if quarters.reminders else _("还没有催过")
        city = city_of(span.org)
        # Of several cities the list says which one's unions have not sent.
        owing = opened("round.read", "desk:rounds", f"?q={span.last}")
        if city.level == Org.CITY:
            owing = opened(
                "return.read", "desk:returns", "?tab=unions&state=silent", rules.round_code(city.code, span.last)
            )
        lines.append(
            (
                "ask",
                _("%(n)s 家工会还没报%(quarter)s") % said,
                records_url("returns_silent", figures.last_quarter(span)),
                reminded,
                owing,
            )
        )
    if numbers["inpatients"]:
        label, yuan, unit, records = _stat("mutual_aid_yuan", numbers, span)
        people = _("%(n)s 名住院职工") % {"n": f"{numbers['inpatients']:,}"}
        lines.append(("yes", f"{label} {yuan} {unit}", records, people, records_url("inpatients", span)))
    return lines


def _on_file(span: Range, found: dict[str, dict[str, int]]) -> Chart:
    last = found[span.last]
    return Chart(
        "on-file", _("在档家庭"), kind="bars", unit=_("户"), first_column=_("季度末"), categories=[quarter_name(q) for q in found],
        sentence=_("%(quarter)s末在档：深度困难 %(deep)d 户，相对困难 %(relative)d 户，意外致困 %(accident)d 户")
        % {"quarter": quarter_name(span.last), **last},
        series=[(str(words.TIERS[tier][0]), [found[q][tier] for q in found]) for tier in figures.TIERS],
        urls=[records_url("households_on_file", Range(span.org, q, q, span.orgs)) for q in found],
        value_urls=[[records_url(f"on_file_{tier}", Range(span.org, q, q, span.orgs)) for q in found] for tier in figures.TIERS],
    )  # fmt: skip


def _aid(span: Range, numbers: dict[str, Value]) -> Chart:
    total = sum((Decimal(numbers[name]) for name in AID), Decimal(0))
    return Chart(
        "aid", _("帮扶计划用在哪里"), kind="ring", unit=_("元"), first_column=_("项目"), categories=[str(words.ITEM[item]) for item in words.ITEM],
        sentence=_("帮扶计划共 %(total)s 元") % {"total": f"{total:,.2f}"}, series=[(_("金额"), [Decimal(numbers[name]) for name in AID])],
        urls=[records_url(name, span) for name in AID],
    )  # fmt: skip


def _matters(span: Range, numbers: dict[str, Value]) -> Chart:
    labels = [figures.OPENED[name].label(words.spoken()) for name in MATTERS]
    return Chart(
        "matters", _("难题和微心愿"), kind="rows", first_column=_("项目"), categories=labels,
        sentence="，".join(f"{label} {numbers[name]}" for label, name in zip(labels, MATTERS, strict=True)),
        series=[(_("件数"), [int(numbers[name]) for name in MATTERS])], urls=[records_url(name, span) for name in MATTERS],
    )  # fmt: skip


def _map(span: Range, found: list[Town]) -> Map:
    names = [words.short_union(town.name) for town in found]
    places = [
        Place(
            label=_("%(town)s：期末在档 %(count)d 户") % {"town": name, "count": town.values[ON_FILE]}, town=name, mark=str(town.values[ON_FILE]),
            url=records_url("households_on_file", span, org=town.code), tone="green" if town.values[ON_FILE] else "grey",
            latitude=town.latitude, longitude=town.longitude,
        )
        for name, town in zip(names, found, strict=True)
    ]  # fmt: skip
    return Map("towns", _("各镇（街道）期末在档户数，旁边的列表内容相同"), places, names)
