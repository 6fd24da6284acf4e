"""The first page: what is under way, and the ways to ask."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nuanxin.phone import queries, words
from nuanxin.phone.views.mine import notice_rows
from nuanxin.ui.pages import framed, seen_by
from nuanxin.ui.viewer import Viewer
from nuanxin.union.queries import notices_of

# The messages that the first page shows; the others stand on their own page.
NEWEST = 3


@require_safe
@seen_by("own.read")
def home(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """My open matter on top, the ways to ask below, then the newest messages."""
    waiting = [case for case in queries.cases(seen) if case.open]
    name = seen.user.first_name
    greeting = (_("%(name)s，您好") % {"name": name}) if name else _("您好")
    return render(
        request, "phone/home.html",
        framed("home", rows=notice_rows(notices_of(seen.user)[:NEWEST]), first=waiting[0] if waiting else None, more=len(waiting) - 1, greeting=f"{greeting} · {seen.own_org.name.removesuffix(words.COMMITTEE)}",
            org_name=queries.city_of(seen.own_org).name, tab_counts={"messages": seen.unread}),
    )  # fmt: skip
