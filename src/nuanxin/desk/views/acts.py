"""Acts on a round: first what will be touched, then the act, in one service call."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.care import rules
from nuanxin.care.services import rounds
from nuanxin.desk import queries
from nuanxin.desk.opening import OpenRound, opened_told, opens_at
from nuanxin.desk.round_acts import ACTS, Act
from nuanxin.desk.views.rounds import asked_families, find_round
from nuanxin.ui.pages import done, framed, seen_by
from nuanxin.ui.viewer import Viewer


def page(act: Act) -> Callable[..., HttpResponseBase]:
    """The page of an act. GET, and a POST of ticked families without a mark, show what it will touch; a POST with the mark does it,
    if the families are still those that were shown."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @seen_by(act.operation)
    def view(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
        round_ = find_round(seen, round_code)
        if not seen.may_at(act.operation, round_.org):
            raise Http404
        listed, here = reverse("desk:families", args=[round_code]), reverse(f"desk:{act.key}", args=[round_code])
        board = reverse("desk:board", args=[round_code])
        codes = request.POST.getlist("codes") or request.POST.get("chosen", "").split()
        if request.POST.get("all"):
            asked = asked_families(QueryDict(request.POST.get("filter", "")))
            found = queries.asked_families(seen, round_, asked).exclude(finding_code=None).exclude(household=None)
            codes = list(found.values_list("household__code", flat=True))
        if act.chooses and not codes:
            messages.error(request, _("请先勾选家庭，再办“%(act)s”。") % {"act": act.label})
            return redirect(listed)
        shown = act.preview(seen, round_, codes)
        acting = request.method == "POST" and "mark" in request.POST
        form = act.form(request.POST if acting else None) if act.form else None
        if acting and request.POST["mark"] != shown.mark:
            messages.error(request, _("名单和您刚才看到的不同：可能已经办过，或有人先办了一步。本次未作任何更改。"))
            return redirect(board if act.chooses or not shown.possible else here)
        if acting and shown.possible and not shown.missing and (form is None or form.is_valid()):
            said: dict[str, Any] = form.cleaned_data if form else {}
            done(request, lambda: act.call(seen, round_, shown, said), act.told)
            return redirect(board)
        back = listed if codes else board
        return render(
            request, "desk/act.html",
            framed("rounds", round=round_, act=act, shown=shown, form=form, chosen=" ".join(codes), back_url=back, listed=listed),
            status=422 if acting else 200,
        )  # fmt: skip

    view.__name__ = act.key
    return view


PAGES = {act.key: page(act) for act in ACTS}


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("round.open")
def open_(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Open the next quarter: the form with its defaults, and what opening it will touch."""
    org = opens_at(seen)
    if org is None:
        raise Http404
    form = OpenRound(request.POST or None, org=org, today=seen.today)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        call = partial(rounds.open_round, org=org, by=seen.user, on=seen.today, **said)
        if done(request, call, lambda got: opened_told(*got)):
            return redirect("desk:board", rules.round_code(org.code, said["quarter"]))
    return render(
        request,
        "desk/open.html",
        framed("rounds", form=form, touched=form.touches()),
        status=422 if form.errors else 200,
    )
