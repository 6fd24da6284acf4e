"""The gate behind the login: posts that decide, pay or export pass a second factor."""

from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import urlencode

from nuanxin.union import rules
from nuanxin.union.models import User

Answer = Callable[[HttpRequest], HttpResponse]

ALWAYS = frozenset({"account_logout", "set_language", "ui:text_size"})
# What is open until a factor is set up, and until it is passed.
TO_SET_UP = ALWAYS | {
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate", "account_change_password",
}  # fmt: skip
TO_PASS = ALWAYS | {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether a second factor was passed in this session."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))  # type: ignore[arg-type]


def Gate(answer: Answer) -> Answer:  # noqa: N802 — named as Django names middleware
    """Stands after ``Viewing``, so that no page of such a post can be forgotten."""

    def page(request: HttpRequest) -> HttpResponse:
        way = _way(request)
        return redirect(way) if way else answer(request)

    return page


def _way(request: HttpRequest) -> str:
    """Where a request is led first; empty when it may pass."""
    user, seen = request.user, getattr(request, "viewer", None)
    if not isinstance(user, User):
        return ""
    try:
        name = resolve(request.path_info).view_name
    except Resolver404:
        return ""
    if seen is None or not seen.roles & rules.SECOND_FACTOR or passed_second_factor(request):
        return ""
    if not Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        request.second_factor_due = True  # type: ignore[attr-defined]
        return "" if name in TO_SET_UP else reverse("mfa_index")
    asked = urlencode({"next": request.get_full_path() if request.method == "GET" else "/"})
    return "" if name in TO_PASS else f"{reverse('mfa_reauthenticate')}?{asked}"


def LastSeen(answer: Answer) -> Answer:  # noqa: N802
    """When a session last did something: written with a POST alone, since looking writes nothing."""

    def page(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if request.method == "POST" and request.session.session_key:
            UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
        return response

    return page
