"""Sending returns: files are looked at first, row by row, and taken when the sender confirms (``sheets``); a button says "nobody"."""

import tempfile
from functools import partial
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from nuanxin.care.models import Return, Round
from nuanxin.care.services import returns
from nuanxin.desk import exports, imports, queries, words
from nuanxin.desk.views import sheets
from nuanxin.desk.views.rounds import find_round
from nuanxin.desk.views.sheets import ACCEPTED, FilesField
from nuanxin.sheets import mark_up, read_file
from nuanxin.ui.forms import Form, ManyFiles
from nuanxin.ui.pages import choice, done, export, framed, lang, listed, paged, seen_by, sent_file, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org


class Upload(Form):
    """The files of one or several unions."""

    sheets = FilesField(
        label=gettext_lazy("选择表格"), widget=ManyFiles(attrs={"accept": ACCEPTED}),
        help_text=gettext_lazy("一家工会一个文件，文件名前写工会代码；可以一次选几个。上传后先检查，您确认了才收。"),
    )  # fmt: skip


def _open(seen: Viewer, round_code: str) -> Round:
    round_ = find_round(seen, round_code)
    if round_.state == "closed":
        raise Http404
    return round_


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("return.receive")
def send(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """Choose files; below, the viewer's unions that owe a return, until when, and whether it has come."""
    round_ = _open(seen, round_code)
    state, text = choice(request.GET, "state", words.RETURN), typed(request.GET)
    owing = queries.owing(seen, round_).filter(org__in=seen.reach("return.receive"))
    owing = queries.filtered_returns(owing.filter(state=state) if state else owing, "unions", "", text)
    if "purpose" in request.POST:
        titles, lines = exports.RETURN_SHEETS["unions"]
        return export(request, seen, f"round:{round_.code}", f"returns-{round_.code}-unions", titles, lines(owing))
    form = Upload(request.POST or None, request.FILES or None) if request.method == "POST" else Upload()
    if request.method == "POST" and form.is_valid():
        token, _paths = imports.keep(seen.user.username, form.cleaned_data["sheets"])
        return sheets.looked_at(request, seen, sheets.SURVEY, token, round_, reverse("desk:send", args=[round_code]))
    page = paged(request, owing)
    files = queries.files_of([row.file for row in page])
    fields = [
        Filter("state", _("全部状态"), state, words.options(words.RETURN)),
        Filter("q", _("工会名称或代码"), text),
    ]
    shown = listed(
        request, "desk/send.html",
        framed("rounds", round=round_, form=form, page=page, lines=[(row, files.get(row.file)) for row in page], steps=sheets.steps(0), fields=fields),
    )  # fmt: skip
    shown.status_code = 422 if form.errors else shown.status_code
    return shown


@require_POST
@seen_by("return.receive")
def nil(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """A union has nobody to report: one button."""
    round_ = _open(seen, round_code)
    org = Org.objects.filter(pk__in=seen.reach("return.receive"), code=request.POST.get("union", "")).first()
    if org is None:
        raise Http404
    call = partial(returns.receive_nil, round_=round_, org=org, by=seen.user, on=seen.today)
    done(request, call, _("已记下：%(union)s 本季度没有困难家庭。") % {"union": org.name})
    return redirect("desk:send", round_code)


@require_POST
@seen_by("return.receive")
def marked(request: HttpRequest, seen: Viewer, round_code: str, code: str) -> HttpResponseBase:
    """The sender's own file with a comment at each refused cell."""
    round_ = find_round(seen, round_code)
    found = queries.files_sent(seen, round_).select_related("attachment").filter(code=code).first()
    if found is None or not (found.by == seen.user.username or found.org_id in seen.reach("return.receive")):
        raise Http404
    try:
        content = _marked(found)
    except ValueError as unreadable:
        messages.error(request, str(unreadable))
        return redirect("desk:returns", round_code)
    returns.tell_marked(found, by=seen.user, on=seen.today)
    return sent_file(content, f"{found.org.code if found.org else 'return'}-{round_.quarter}-marked", "xlsx")


def _marked(found: Return) -> bytes:
    reading = read_file(found.attachment.path, expect={"survey", "matters"})
    with tempfile.TemporaryDirectory() as folder:
        return mark_up(found.attachment.path, reading.refusals, Path(folder) / "marked.xlsx", lang=lang()).read_bytes()
