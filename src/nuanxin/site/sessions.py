"""Sessions that end: an officer's at the latest some hours after signing in, whatever is done in it, and sooner when nothing is done."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.core.signing import BadSignature, TimestampSigner, b62_decode
from django.http import HttpRequest, HttpResponse

from nuanxin.records import clock
from nuanxin.union.models import User
from nuanxin.union.queries import is_officer

Answer = Callable[[HttpRequest], HttpResponse]
# In an officer's session: when it began, in seconds. In the browser, signed, when a page was last asked for: kept there, since looking
# writes nothing.
BEGAN, SEEN = "officer_since", "nuanxin_seen"
# The cookie is renewed at most so often.
RENEWED = 60


class SessionStore(db.SessionStore):
    """Django's sessions in the database; an officer's does not slide."""

    def get_expiry_date(self, **more: Any) -> datetime:
        ends = super().get_expiry_date(**more)
        if began := self.get(BEGAN):
            latest = datetime.fromtimestamp(began, UTC) + timedelta(hours=settings.NUANXIN_SESSION_HOURS)
            return min(ends, latest)
        return ends


def begun(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    """A login begins an officer's session anew; a worker's lasts as Django's do."""
    request.session.pop(BEGAN, None)
    if is_officer(user, clock.today()):
        request.session[BEGAN] = int(time.time())


def Idle(answer: Answer) -> Answer:  # noqa: N802 — named as Django names middleware
    """An officer's session in which no page was asked for in the house's idle time is nobody's: the next page is the door."""

    def page(request: HttpRequest) -> HttpResponse:
        began = request.session.get(BEGAN)
        if began is None or not request.user.is_authenticated:
            return answer(request)
        now, last = time.time(), max(began, _seen(request))
        if now - last > settings.NUANXIN_IDLE_MINUTES * 60:
            request.user = AnonymousUser()
            return answer(request)
        response = answer(request)
        if request.user.is_authenticated and now - last > RENEWED:
            response.set_cookie(
                SEEN, _signer(request).sign("-"), httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
            )
        return response

    return page


def _signer(request: HttpRequest) -> TimestampSigner:
    return TimestampSigner(salt=f"{SEEN}:{request.session.session_key}")


def _seen(request: HttpRequest) -> float:
    signed = request.COOKIES.get(SEEN, "")
    try:
        _signer(request).unsign(signed, max_age=settings.NUANXIN_IDLE_MINUTES * 60)
    except BadSignature:
        return 0
    # As signed: a dash, the instant in base 62, the signature.
    return float(b62_decode(signed.split(":")[1]))
