"""What a person sets for their own browser; nothing of it is stored here. The language switch is Django's own."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

SIZE_COOKIE = "nuanxin_size"
_YEAR = 365 * 24 * 3600


@login_not_required
@require_POST
def text_size(request: HttpRequest) -> HttpResponseBase:
    """Large type (大字) on or off, kept in a cookie for a year; comes back to the page it was asked on."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = redirect(back)
    if request.POST.get("size") == "large":
        answer.set_cookie(
            SIZE_COOKIE, "large", max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    else:
        answer.delete_cookie(SIZE_COOKIE)
    return answer
