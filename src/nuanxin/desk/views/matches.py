"""Doubtful matches: two families side by side, and a person says whether they are one."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from nuanxin.care.services import register
from nuanxin.desk import match_queries as queries
from nuanxin.desk.queries import union_choices
from nuanxin.ui.pages import choice, done, export, framed, lang, listed, paged, seen_by, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("match.judge", change="list.export")
def matches(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The pairs that wait for a person, or those that were joined and can still be taken back; sent out as a spreadsheet by
    POST."""
    judged = choice(request.GET, "tab", ["judged"]) == "judged"
    union, text = typed(request.GET, "union"), typed(request.GET)
    all_ = queries.matches(seen, judged)
    rows = queries.filtered(all_, union, text)
    if request.method == "POST":
        return export(request, seen, f"org:{seen.org.code}", "matches", queries.TITLES, queries.rows(rows))
    waiting = queries.matches(seen).count()
    fields = [
        Filter("tab", "", "judged" if judged else ""), Filter("union", _("全部工会"), union, union_choices(all_)),
        Filter("q", _("姓名、户编号或工会"), text),
    ]  # fmt: skip
    tabs = [("", _("待比对"), waiting, not judged), ("judged", _("可以撤回的"), None, judged)]
    return listed(
        request,
        "desk/matches.html",
        framed("matches", page=paged(request, rows), tabs=tabs, judged=judged, fields=fields),
    )


def _lead(seen: Viewer, code: str, *, judged: bool) -> Any:
    found = queries.matches(seen, judged).filter(code=code).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("match.judge")
def match(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """One pair. By POST: the same household, or another; then the next one comes."""
    lead = (
        queries.matches(seen).filter(code=code).first() or queries.matches(seen, judged=True).filter(code=code).first()
    )
    if lead is None:
        raise Http404
    if request.method == "POST":
        same = request.POST.get("same")
        if same not in ("yes", "no"):
            raise Http404
        told = _("已记下：是同一户。") if same == "yes" else _("已记下：不是同一户。")
        done(request, partial(register.judge, lead, same=same == "yes", by=seen.user, on=seen.today), told)
        following = queries.matches(seen).exclude(pk=lead.pk).values_list("code", flat=True).first()
        return redirect("desk:match", following) if following else redirect("desk:matches")
    waiting = list(queries.matches(seen).values_list("code", flat=True)[:500])
    at = waiting.index(code) if code in waiting else -1
    return render(
        request, "desk/match.html",
        framed("matches", pair=queries.pair(lead, lang()), lead=lead, doubtful=lead.state == "doubtful", at=at + 1, waiting=len(waiting),
            following=waiting[at + 1] if 0 <= at < len(waiting) - 1 else "",
        ),
    )  # fmt: skip


@require_POST
@seen_by("match.judge")
def undo(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Take a judgement back: the pair waits for a person again."""
    lead = _lead(seen, code, judged=True)
    done(request, partial(register.undo, lead, by=seen.user, on=seen.today), _("已撤回，重新待比对。"))
    return redirect("desk:match", code)
