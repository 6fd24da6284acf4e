"""Acts on many rows of a list: a look at what they will touch, then the act (``desk.bulk``)."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.desk import matter_queries, queries
from nuanxin.desk.bulk import BULK, MOST, Bulk
from nuanxin.desk.views import notices, rounds
from nuanxin.desk.views.matters import asked_matters
from nuanxin.records.services import Many, Refused
from nuanxin.ui.pages import framed, in_language, kept, seen_by
from nuanxin.ui.viewer import Viewer
from nuanxin.union.queries import filtered_notices

Rows = Callable[[Viewer, Any, QueryDict], QuerySet[Any]]
# What each list's filter finds; an empty one finds all that the viewer may see.
FOUND: dict[str, Rows] = {
    "desk:matters": lambda seen, _round, query: matter_queries.filtered(
        matter_queries.matters(seen), seen.today, asked_matters(query)
    ),
    "desk:families": lambda seen, round_, query: queries.asked_families(seen, round_, rounds.asked_families(query)),
    "desk:returns": lambda seen, round_, query: rounds.asked_unions(seen, round_, query),
    "desk:notices": lambda seen, _round, query: filtered_notices(seen.user, *notices.asked_notices(query)),
}


def page(act: Bulk) -> Callable[..., HttpResponseBase]:
    """The page of an act: a POST of ticked rows (or ``all``) shows what it will touch, one with ``shown`` does it."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @seen_by(act.operation)
    def view(request: HttpRequest, seen: Viewer, round_code: str = "") -> HttpResponseBase:
        place = rounds.find_round(seen, round_code) if round_code else None
        if place and place.state == "closed":
            raise Http404
        query = QueryDict(request.POST.get("filter", ""))
        address = reverse(act.page, args=[round_code] if round_code else [])
        back = f"{address}?{kept(query)}" if query else address
        acting = "shown" in request.POST
        rows = FOUND[act.page](seen, place, query if request.POST.get("all") and not acting else QueryDict())
        shown = _carried(request.POST.get("shown", "")) if acting else {}
        if not request.POST.get("all") or acting:
            keys = list(shown) or [key for key in request.POST.getlist("keys") if len(key) < 100]
            if act.key == "pk":
                keys = [key for key in keys if key.isdigit() and len(key) < 18]
            rows = rows.filter(**{f"{act.key}__in": keys[: MOST + 1]})
        if rows.count() > MOST:
            messages.error(request, _("一次最多办 %(most)d 条，请先筛选。") % {"most": MOST})
            return redirect(back)
        if not acting and not rows.exists():
            messages.error(request, _("请先勾选，再办“%(act)s”。") % {"act": act.label})
            return redirect(back)
        form = act.form(request.POST if acting else None, seen, place) if act.form else None
        if acting and (form is None or form.is_valid()):
            _tell(request, lambda: act.call(seen, place, shown, form.cleaned_data if form else {}))
            return redirect(back)
        look = act.look(seen, rows)
        carried = shown or {row.code: row.was for row in look.rows}
        return render(
            request, "desk/bulk.html",
            framed(act.page.partition(":")[2], act=act, look=look, form=form, carried=json.dumps(carried), filter=kept(query), back_url=back, round=place),
            status=422 if acting else 200,
        )  # fmt: skip

    view.__name__ = act.name
    return view


def _carried(text: str) -> dict[str, str]:
    """The rows as they were shown: {code: how it stood}; nothing for what no page of ours has carried."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {key: was for key, was in pairs if isinstance(was, str)}


def _tell(request: HttpRequest, call: Callable[[], Many]) -> None:
    """Do it and say what came of it, or why not."""
    try:
        came = call()
    except Refused as refused:
        for reason in refused.reasons:
            messages.error(request, in_language(reason))
        return
    if came.done:
        messages.success(request, _("已办 %(n)d 条。") % {"n": came.done})
    if came.same:
        messages.info(request, _("%(n)d 条已经是这样，没有重复办。") % {"n": came.same})
    if came.changed:
        first = "、".join(came.changed[:5])
        messages.warning(
            request,
            _("%(n)d 条在您看过之后有人动过，没有办：%(codes)s。请再看一遍。")
            % {"n": len(came.changed), "codes": first},
        )
    if came == Many(0, 0, ()):
        messages.error(request, _("没有可以办的。"))


PAGES = {act.name: (act.path, page(act)) for act in BULK}
