"""Guards around every page: strict content policy, no write in a GET, and no page without demo mode until there are logins."""

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class WriteInGet(RuntimeError):
    """A page that is only read tried to change something: a fault of ours, so it is loud."""


def ContentPolicy(answer: Answer) -> Answer:  # noqa: N802 — named as Django names middleware
    def page(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return page


def ReadOnlyGet(answer: Answer) -> Answer:  # noqa: N802
    """Refuse every statement that writes while a GET or HEAD is answered."""

    def page(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return answer(request)
        with connection.execute_wrapper(_reads_only):
            return answer(request)

    return page


_READS = ("SELECT", "WITH", "EXPLAIN", "PRAGMA", "SAVEPOINT", "RELEASE")


def _reads_only(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    if not sql.lstrip(" (\n").upper().startswith(_READS):
        raise WriteInGet(f"a page that is only read tried: {sql[:80]}")
    return execute(sql, params, many, context)


def DemoOnly(answer: Answer) -> Answer:  # noqa: N802
    """Pages are open on this machine in demo mode alone; accounts come with their own issue."""

    def page(request: HttpRequest) -> HttpResponse:
        if settings.NUANXIN_DEMO and request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS:
            return answer(request)
        return HttpResponseForbidden(
            "<!doctype html><meta charset=utf-8><title>暖心</title><p>页面只在演示模式下、在本机打开（NUANXIN_DEMO=1）。"
            "<p lang=en>Pages open in demo mode on this machine only (NUANXIN_DEMO=1)."
        )

    return page
