"""The search of the top bar. What is typed comes by POST, so that a number of a person never stands in an address."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.desk import search as queries
from nuanxin.ui.pages import choice, export, framed, listed, paged, seen_by, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer
from nuanxin.union.rules import number_in
from nuanxin.union.services import tell_search


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("desk.read")
def search(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """What fits, in groups, or one group page by page. A whole number is looked for by its hash, and that is written down."""
    here = reverse("desk:search")
    if request.method == "POST" and "purpose" not in request.POST:
        text = typed(request.POST)
        number = number_in(text)
        if number is None:
            return redirect(f"{here}?{urlencode({'q': text})}" if text else here)
        found = queries.by_number(seen, *number) if seen.may("family.read") else []
        if seen.may("family.read"):
            tell_search(
                by_what=number[0], found=len(found), org=seen.org_for("family.read"), by=seen.user, on=seen.today
            )
        return render(request, "desk/search.html", framed("search", number=number[0], found=found))
    text = typed(request.GET)
    if number_in(text):
        messages.error(request, _("号码不要放在网址里；请在上面的搜索框里输入。"))
        return redirect(here)
    sort = choice(request.GET, "kind", queries.SORTS)
    if text and sort and seen.may(queries.SORTS[sort].operation):
        chosen = queries.SORTS[sort]
        rows = chosen.rows(seen, text)
        if request.method == "POST":
            return export(request, seen, f"org:{seen.org.code}", f"search-{sort}", chosen.titles, chosen.lines(rows))
        fields = [
            Filter("kind", _("全部结果"), sort, [(key, str(one.label)) for key, one in queries.SORTS.items() if seen.may(one.operation)]),
            Filter("q", _("姓名、编号、工会或事项"), text),
        ]  # fmt: skip
        return listed(
            request, "desk/search.html",
            framed("search", search_text=text, sort=chosen, page=paged(request, rows), fields=fields),
        )  # fmt: skip
    groups = queries.groups(seen, text) if text else []
    return render(request, "desk/search.html", framed("search", search_text=text, groups=groups))
