"""Households: the list, and the file of one."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.care.services.decide import explain
from nuanxin.care.services.reading import opened
from nuanxin.desk import exports, queries, words
from nuanxin.desk.household_acts import ShownFamily, open_acts
from nuanxin.desk.views.household_acts import Why
from nuanxin.records.services import Refused
from nuanxin.ui.pages import choice, export, framed, in_language, lang, listed, paged, seen_by, send_sheet, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("family.read", change="list.export")
def files(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The households, filtered; sent out as a spreadsheet by POST."""
    state = choice(request.GET, "state", words.HOUSEHOLD)
    tier = choice(request.GET, "tier", words.TIERS)
    text = typed(request.GET)
    rows = queries.households(seen, state, tier, text)
    if request.method == "POST":
        name = "-".join(["households", *filter(None, [state, tier])])
        return export(
            request, seen, f"org:{seen.org.code}", name, exports.HOUSEHOLD_TITLES, exports.household_rows(rows)
        )
    fields = [
        Filter("state", _("全部状态"), state, words.options(words.HOUSEHOLD)),
        Filter("tier", _("全部类别"), tier, words.options(words.TIERS, ("deep", "relative", "accident"))),
        Filter("q", _("姓名、编号或工会"), text),
    ]
    return listed(request, "desk/files.html", framed("files", page=paged(request, rows), fields=fields))


TABS = ("decision", "members", "visits", "papers", "aid", "history", "readers")


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("family.read", change="list.export")
def household(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The file of one household, a tab at a time; each table is sent out by POST."""
    page = queries.file_page(seen, code, request.GET.get("finding", ""))
    if page is None:
        raise Http404
    if page.household.merged_into:
        return redirect("desk:household", page.household.merged_into.code)
    if not opened(page.household, seen.user, seen.today):
        return render(request, "desk/sealed.html", framed("files", house=page.household, form=Why()))
    if request.method == "POST":
        sheets = exports.household_sheets(page, seen.today)
        return send_sheet(request, seen, f"household:{page.household.code}", page.household.code, sheets)
    tab = choice(request.GET, "tab", TABS) or "decision"
    visits = [(lead, visit) for lead in page.leads for visit in lead.visits.all()]
    more: dict[str, Any] = {}
    if tab == "decision" and page.finding:
        try:
            more["explained"] = queries.told(explain(page.finding), lang())
        except Refused as refused:
            more["unexplained"] = in_language(str(refused))
    if tab in ("decision", "aid") and page.finding and page.finding.tier not in (None, "none"):
        more["aid"] = queries.aid_of(page.finding)
    if tab in ("decision", "aid") and page.finding and page.finding.tier == "none":
        more["offers"] = list(page.finding.offers.order_by("offered_on", "pk"))
    if tab == "members":
        more["members"] = queries.members(page.household, page.lead, seen.today)
    if tab == "visits":
        more["visits"] = [(lead, visit, queries.compared(lead, visit)) for lead, visit in reversed(visits)]
    if tab == "papers":
        more |= {"papers": queries.papers(seen, page), "shown": opened(page.household, seen.user, seen.today, "papers")}
    if tab == "readers":
        more["readers"] = queries.readers(page.household)
    acts = open_acts(ShownFamily(seen, page.household, page))
    tabs = [
        ("decision", _("认定"), None), ("members", _("家庭成员"), page.household.people or 0), ("visits", _("走访记录"), len(visits)),
        ("papers", _("材料"), page.papers), ("aid", _("帮扶"), None), ("history", _("历次认定和办理经过"), len(page.findings)),
        ("readers", _("谁看过"), None),
    ]  # fmt: skip
    age = queries.age_on(page.household.worker.born_on, seen.today) if page.household.worker else None
    return render(
        request, "desk/household.html",
        framed("files", file=page, house=page.household, finding=page.finding, tab=tab, tabs=tabs, age=age,
            address=words.street(page.household.address), recent=page.timeline[:7], acts=[act for act in acts if not act.tab], tab_acts=[act for act in acts if act.tab == tab], may_reveal=seen.may_at("person.reveal", page.household.org) and page.household.people, **more,
        ),
    )  # fmt: skip
