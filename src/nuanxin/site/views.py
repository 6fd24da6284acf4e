"""The front door: everybody is led to the own pages; a demo's day is moved here."""

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nuanxin.records import clock
from nuanxin.records.services import workday_after
from nuanxin.site import demo
from nuanxin.site.entrance import weixin_on
from nuanxin.ui.menu import page_url
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import ROLE
from nuanxin.union.models import Post, User

# Where each is led after the login: the first of these pages that a post of theirs may see.
FIRST_PAGES = ("phone:home", "desk:home", "desk:policies", "desk:accounts")


@require_safe
@never_cache
@login_not_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Officers go to the desk, workers to the phone's pages; who is not signed in, or holds no post today, is told what to do."""
    seen = getattr(request, "viewer", None)
    if seen is not None and (url := first_page(seen)):
        return redirect(url)
    ended = None
    if seen is None and request.user.is_authenticated:
        ended = Post.objects.filter(user=request.user).select_related("org").order_by("-until_on", "-pk").first()
    shown = {
        "accounts": demo.table(), "password": demo.PASSWORD, "role_words": ROLE, "weixin": weixin_on(), "ended": ended,
        "nobody": seen is None and request.user.is_authenticated, "no_accounts": not User.objects.exists(),
    }  # fmt: skip
    return render(request, "site/home.html", shown)


def first_page(seen: Viewer) -> str:
    for page in FIRST_PAGES:
        if (url := page_url(page)) and seen.may(getattr(resolve(url).func, "operation", "account.own")):
            return url
    return ""


@require_POST
@login_not_required
def demo_day(request: HttpRequest) -> HttpResponseBase:
    """Move the demo to its next working day, or to a day that was chosen; not there outside a demo."""
    if not settings.NUANXIN_DEMO:
        raise Http404
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        day = workday_after(clock.today(), 1)
    clock.set_demo_day(day)
    messages.success(request, _("演示日期：%(day)s") % {"day": day.isoformat()})
    back = request.POST.get("next", "/")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "/")
