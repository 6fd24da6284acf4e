"""Can my family get help? The policy's own questions, answered without a login and without anything being kept."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.care.services.decide import INPUTS, as_of
from nuanxin.phone import forms, queries, sheet
from nuanxin.ui.menu import page_url
from nuanxin.ui.pages import lang
from nuanxin.ui.viewer import Viewer


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def selftest(request: HttpRequest) -> HttpResponseBase:
    """A GET asks, a POST answers on the same page: the figures stand in no address and no record."""
    viewer: Viewer | None = getattr(request, "viewer", None)
    worker = viewer is not None and viewer.may("own.apply")
    city = queries.city_for(viewer)
    round_ = queries.round_for(city)
    policy = queries.policy_for(round_)
    frame = {
        "back_url": reverse("phone:home") if worker else page_url("home"), "org_name": city.name if city else "", "worker": worker,
        "round": round_,
    }  # fmt: skip
    if policy is None or round_ is None:
        return render(request, "phone/selftest_none.html", frame)
    if request.method != "POST" or "again" in request.POST:
        form = forms.SelfTest(policy, initial=request.POST.dict() if "again" in request.POST else None)
        return render(request, "phone/selftest.html", frame | {"form": form})
    form = forms.SelfTest(policy, request.POST)
    if not form.is_valid():
        return render(request, "phone/selftest.html", frame | {"form": form}, status=422)
    row = form.row(round_.area, policy.model.area_input)
    told = sheet.read(policy.explain(row, as_of=as_of(round_), changes=True), lang())
    open_ = round_.state != "closed"
    carried = {INPUTS[name]: value for name, value in request.POST.items() if name in INPUTS}
    heads = {
        "likely": _("您家很可能可以得到帮扶"), "unlikely": _("按您填的情况，很可能不符合"), "missing": _("还差几个数才能看出来"),
    }  # fmt: skip
    frame |= {"back_url": reverse("phone:selftest"), "back_label": _("重新填写")}
    return render(
        request, "phone/selftest_result.html",
        frame | {"told": told, "head": heads[told.result], "open": open_, "visit_by": max(round_.visits_due_on, as_of(round_)),
            "result_by": as_of(round_), "carried": carried, "answers": {name: request.POST.get(name, "") for name in form.fields}},
    )  # fmt: skip
