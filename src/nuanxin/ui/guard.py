"""Guards around every page: strict content policy, nothing left on the device, no write in a GET, Chinese first."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from nuanxin.ui.viewer import mark_of
from nuanxin.union.models import User

Answer = Callable[[HttpRequest], HttpResponse]
Response = TypeVar("Response", bound=HttpResponse)

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:{tiles}; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class WriteInGet(RuntimeError):
    """A page that is only read tried to change something: a fault of ours, so it is loud."""


def ContentPolicy(answer: Answer) -> Answer:  # noqa: N802 — named as Django names middleware
    policy = POLICY.format(tiles=_origin(settings.NUANXIN_TILES))

    def page(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers["Content-Security-Policy"] = policy
        return response

    return page


def _origin(tiles: str) -> str:
    """Where the map's pictures come from, as a source of the policy: the only address outside that a page may ask."""
    address = urlsplit(tiles.replace("{s}.", "*."))
    return f" {address.scheme}://{address.netloc}" if address.netloc else ""


# The one exception, not routed where WeChat is off: a worker's browser is sent to WeChat and comes back by GETs. The first keeps the state
# of this one login in the session, the second signs the worker in if the state is that one, good once (docs/operate.md).
WRITES_IN_GET = frozenset({"weixin_login", "weixin_callback"})


# Whose device it is: of the account that signed in on it last. Its drafts may be there, and others' wrong passwords do not keep it out.
LAST = "nuanxin_account"


def known_here(response: Response, user: User) -> Response:
    """The device is the account's own from now on."""
    response.set_cookie(
        LAST,
        mark_of(user),
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def ForgetAtLogout(answer: Answer) -> Answer:  # noqa: N802
    """Whoever signs out, and whoever another signs in after, leaves nothing on the device: what scripts kept there (drafts, copies of pages)
    is deleted by the browser. Who signs in again after a session that ended by itself finds the own drafts."""

    def page(request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        was_in = user is not None and user.is_authenticated
        response = answer(request)
        if request.method != "POST" or user is None:
            return response
        if was_in and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"storage"'
        elif not was_in and isinstance(request.user, User):
            mark = mark_of(request.user)
            if request.COOKIES.get(LAST, mark) != mark:
                response.headers["Clear-Site-Data"] = '"storage"'
            known_here(response, request.user)
        return response

    return page


def NoStore(answer: Answer) -> Answer:  # noqa: N802
    """What a session was shown stays in no cache, so that the back button shows nothing once it has ended. A page that says itself how it is
    kept is left alone."""

    def page(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        # Not signed in yet, but on the way: such a page may hold a code.
        if request.user.is_authenticated or not request.session.is_empty():
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return page


# Whatever else a browser or a program sends (GET, HEAD, OPTIONS, a method of its own) is only read, and is not asked for a token either.
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def ReadOnlyGet(answer: Answer) -> Answer:  # noqa: N802
    """Refuse every statement that writes while a request that only reads is answered."""

    def page(request: HttpRequest) -> HttpResponse:
        if request.method in WRITING or _named(request) in WRITES_IN_GET:
            return answer(request)
        with _read_only():
            response = answer(request)
        if response.streaming and not response.is_async:  # type: ignore[attr-defined]
            # What is sent piece by piece is asked for after the page has answered.
            response.streaming_content = _guarded(response.streaming_content)  # type: ignore[attr-defined]
        return response

    return page


@contextmanager
def _read_only() -> Iterator[None]:
    with ExitStack() as guards:
        for connection in connections.all():
            guards.enter_context(connection.execute_wrapper(_reads_only))
        yield


def _guarded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    with _read_only():
        yield from pieces


def _named(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


_READS = ("SELECT", "WITH", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK TO")
# A statement that begins as a question can still write: WITH … INSERT, EXPLAIN ANALYZE DELETE, SELECT … INTO.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_WRITES_WITHIN = re.compile(
    r"\b(?:INSERT|REPLACE|MERGE|SELECT\b[^;]*?)\s+INTO\b|\bDELETE\s+FROM\b|\bUPDATE\s+\S+\s+SET\b", re.IGNORECASE
)


def _reads_only(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    bare = _QUOTED.sub("x", sql)
    if not bare.lstrip(" (\n").upper().startswith(_READS) or _WRITES_WITHIN.search(bare):
        raise WriteInGet(f"a page that is only read tried: {sql[:80]}")
    return execute(sql, params, many, context)


def ChineseFirst(answer: Answer) -> Answer:  # noqa: N802
    """Chinese first: English comes by the switch alone, not by what a browser was installed with."""

    def page(request: HttpRequest) -> HttpResponse:
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = answer(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return page
