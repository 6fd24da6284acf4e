"""What every page does the same way: say which operation it is, ask for the viewer, turn a POST into one service call."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.template.context import make_context
from django.template.loader import get_template
from django.template.loader_tags import BlockNode
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nuanxin.records.pictures import paper_kind
from nuanxin.records.services import Refused, write_events
from nuanxin.sheets import write_table
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.parts import Filter, Sheet
from nuanxin.ui.viewer import Viewer
from nuanxin.union.queries import filters_of
from nuanxin.union.rules import number_in

PAGE = 50
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "dmn": "application/xml",
}
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
View = Callable[..., HttpResponseBase]


def seen_by(operation: str, *, change: str = "", sends: str = "list.export") -> Callable[[View], View]:
    """A page that needs ``operation`` to be looked at, and ``change`` as well to be posted to; its lists are sent out, for a purpose, as far
    as ``sends`` reaches.

    The view gets the viewer as its second argument. Without a post that permits it the page is not there (404): absent and
    forbidden give the same answer. The walk over every address reads ``view.operation`` and ``view.change``.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, **address: Any) -> HttpResponseBase:
            seen: Viewer | None = getattr(request, "viewer", None)
            if seen is None:
                return redirect("home")
            changing = request.method not in ("GET", "HEAD")
            if not seen.may(operation) or (changing and not seen.may(change or operation)):
                raise Http404
            if changing and "purpose" in request.POST:
                seen = replace(seen, sends=sends)
            return view(request, seen, **address)

        page.operation, page.change = operation, change or operation  # type: ignore[attr-defined]
        return page

    return wrap


def done(request: HttpRequest, call: Callable[[], Any], told: str | Callable[[Any], str]) -> bool:
    """Make one service call for a POST and tell what came of it in the messages; a refusal is told sentence by sentence.

    ``told`` is the sentence of success, or makes it from what the service returned. Returns whether it was done. The page then
    redirects (a double click or the back button repeats nothing that the service does not allow).
    """
    try:
        got = call()
    except Refused as refused:
        for reason in refused.reasons:
            messages.error(request, in_language(reason))
        return False
    messages.success(request, told(got) if callable(told) else told)
    return True


def in_language(sentence: str) -> str:
    """The half of a service's two-language sentence (中文 / English) that the page's reader reads."""
    zh, sep, en = sentence.partition(" / ")
    return (zh if lang() == "zh" else en) if sep else sentence


def framed(section: str, **more: Any) -> dict[str, Any]:
    """A page's context: which entry of the menu it belongs to, and its own values."""
    return {"section": section, **more}


def paged(request: HttpRequest, rows: Any, size: int = PAGE) -> Page[Any]:
    return Paginator(rows, size).get_page(request.GET.get("page"))


def listed(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page with a list: the context's ``page``, filtered by its ``fields``. Asked for by htmx for the place ``list`` it is the template's
    block of that name alone: the very part of the page. Filters and pages then swap without the rest; without a script, or by the back
    button, it is the whole page. What the address asks for and there is not (a page, a value of a filter) is said in the list."""
    part = request.headers.get("HX-Target") == "list" and "HX-History-Restore-Request" not in request.headers
    fields: Sequence[Filter] = context["fields"]
    if any(number_in(request.GET.get(field.name, "")) for field in fields if field.label and field.options is None):
        messages.error(request, _("号码不要放在网址里；请在上面的搜索框里输入。"))
        return HttpResponse(headers={"HX-Redirect": request.path}) if part else redirect(request.path)
    context |= {"swaps": True, "odd": _odd(request, fields, context["page"]), **_saved(request, fields)}
    if part:
        made: Any = get_template(template)
        block = next(node for node in made.template.nodelist.get_nodes_by_type(BlockNode) if node.name == "list")
        whole = make_context(context, request)
        with whole.bind_template(made.template):
            response = HttpResponse(block.nodelist.render(whole))
    else:
        response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target", "HX-History-Restore-Request"])
    return response


def _odd(request: HttpRequest, fields: Sequence[Filter], page: Page[Any]) -> list[str]:
    """What an address asks of a list and the list does not have, a sentence each."""
    said = []
    for field in fields:
        given = request.GET.get(field.name, "")
        free = field.label and field.options is None
        if (
            given
            and not free
            and (given != field.value or (field.options is not None and given not in dict(field.options)))
        ):
            said.append(_("网址里“%(field)s”的值不在可选项里。") % {"field": field.label or field.name})
    if request.GET.get("page", str(page.number)) != str(page.number):
        said.append(_("没有这一页，下面是第 %(number)d 页。") % {"number": page.number})
    return said


def kept(query: QueryDict) -> str:
    """A filter as it is kept: the parameters of an address that say something, in order, without the page."""
    return urlencode(sorted((name, value) for name, value in query.items() if value and name != "page"))


def _saved(request: HttpRequest, fields: Sequence[Filter]) -> dict[str, Any]:
    """The filters of this list that the viewer has saved or that are shared with them, whether this one may be saved, and this one (``here``)."""
    seen: Viewer = request.viewer  # type: ignore[attr-defined]
    assert request.resolver_match is not None
    here = kept(request.GET)
    found = list(filters_of(seen.user, {post.org_id for post in seen.posts}, request.resolver_match.view_name))
    known = any(one.query == here for one in found)
    return {
        "saved": [(one, one.query == here, one.user_id == seen.user.pk) for one in found],
        "saves": not known and any(field.value and field.label for field in fields),
        "address": request.get_full_path(),
        "here": here,
    }


def lang() -> Literal["zh", "en"]:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def choice(query: QueryDict, name: str, known: Iterable[str]) -> str:
    """A GET parameter that is one of the known values, else empty: an unknown one filters nothing."""
    value = query.get(name, "")
    return value if value in known else ""


def typed(query: QueryDict, name: str = "q") -> str:
    """What was typed into a list's search, without spaces: names are written with and without them. No control characters: a database
    refuses some of them."""
    return "".join(char for char in query.get(name, "") if char.isprintable() and not char.isspace())[:60]


def day_asked(query: QueryDict, name: str) -> date | None:
    """A GET parameter that is a day (2023-07-10), else None."""
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        return None


def sent_file(content: bytes, name: str, form: str) -> HttpResponse:
    response = HttpResponse(content, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def sent_paper(content: bytes, name: str) -> HttpResponse:
    """A photo or a paper to keep and never to run: as a download, of the type that its content tells, in no cache. Raises Http404
    for what is none."""
    kind = paper_kind(content)
    if not kind:
        raise Http404
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{_ENDINGS[kind]}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def export(
    request: HttpRequest, seen: Viewer, subject: str, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]],
    operation: str = "list.export",
) -> HttpResponse:  # fmt: skip
    """A list as a spreadsheet, masked as on the page; that it was sent out, and what for, is written down. Without a purpose it is not. Its rows
    were read by a viewer who ``sends`` (``seen_by``)."""
    if not seen.may(operation):
        raise Http404
    purpose = mask_digits(request.POST.get("purpose", "").strip())
    if not purpose:
        messages.error(request, _("请先写明导出做什么用，再导出。"))
        return redirect(request.get_full_path())
    assert seen.sends == operation, "rows of a viewer who reaches further than the sending does"
    form: Literal["xlsx", "csv"] = "csv" if request.POST.get("format") == "csv" else "xlsx"
    out = io.BytesIO()
    write_table(out, titles, rows, format=form)
    write_sent(seen, subject, list=name, format=form, rows=len(rows), purpose=purpose[:200])
    return sent_file(out.getvalue(), name, form)


def send_sheet(
    request: HttpRequest,
    seen: Viewer,
    subject: str,
    name: str,
    sheets: Mapping[str, Sheet],
    operation: str = "list.export",
) -> HttpResponse:
    """The table of a page that a POST names (``sheet``), sent out as by ``export``; one that the page does not have is said."""
    key = request.POST.get("sheet", "")
    if key not in sheets:
        messages.error(request, _("这一页没有这张表。"))
        return redirect(request.get_full_path())
    return export(request, seen, subject, f"{name}-{key}", sheets[key].titles, sheets[key].rows(), operation)


def write_sent(seen: Viewer, subject: str, **facts: Any) -> None:
    """Write down that a list or a document was sent out, where the post is held that sends it."""
    with transaction.atomic():
        org = seen.org_for(seen.sends or "list.export")
        write_events(chain=org.code, lines=[("list.export", subject, facts)], by=seen.user.username, on=seen.today)
