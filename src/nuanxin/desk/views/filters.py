"""Saved filters: kept under a name, renamed, shared, forgotten. They are opened as links above their lists."""

from urllib.parse import urlsplit

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from nuanxin.ui.forms import Form
from nuanxin.ui.pages import done, framed, kept, seen_by
from nuanxin.ui.viewer import Viewer
from nuanxin.union import services
from nuanxin.union.models import SavedFilter


class Naming(Form):
    name = forms.CharField(
        label=gettext_lazy("筛选的名字"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    shared = forms.BooleanField(
        label=gettext_lazy("同单位的人也能用"), required=False,
        help_text=gettext_lazy("他们打开后，只看到自己任职范围内的。"),
    )  # fmt: skip


@require_POST
@seen_by("desk.read")
def save(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Keep the filter of the list at ``address``; back to that list."""
    address = urlsplit(request.POST.get("address", ""))
    found = _ours(address.path)
    if found is None or not seen.may(found.func.operation):  # type: ignore[attr-defined]
        raise Http404
    query = kept(QueryDict(address.query))
    done(
        request,
        lambda: services.save_filter(
            page=found.view_name, query=query, name=request.POST.get("name", ""), org=seen.org, by=seen.user
        ),
        _("已保存，以后在清单上方点开。"),
    )
    return redirect(f"{address.path}?{query}")


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("desk.read")
def saved(request: HttpRequest, seen: Viewer, pk: int) -> HttpResponseBase:
    """One of the viewer's own filters: another name, shared or not, or forgotten."""
    one = SavedFilter.objects.filter(pk=pk, user=seen.user).first()
    if one is None:
        raise Http404
    form = Naming(request.POST or None, initial={"name": one.name, "shared": one.shared})
    if not seen.may("filter.share"):
        del form.fields["shared"]
    back = request.POST.get("back", "") or urlsplit(request.headers.get("Referer", "")).path
    back = back if _ours(back) else ""
    if request.POST.get("act") == "drop":
        done(request, lambda: services.drop_filter(one, by=seen.user), _("已删除。"))
        return redirect(back or "desk:home")
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        changed = done(
            request,
            lambda: services.change_filter(
                one, name=said["name"], shared=said.get("shared", False), by=seen.user, on=seen.today
            ),
            _("已改好。"),
        )
        if changed:
            return redirect(f"{back}?{one.query}" if back else "desk:home")
    return render(
        request, "desk/filter.html", framed("", form=form, one=one, back=back), status=422 if form.errors else 200
    )


def _ours(path: str) -> ResolverMatch | None:
    """What stands at a path, if it is a page of ours."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    return found if hasattr(found.func, "operation") else None
