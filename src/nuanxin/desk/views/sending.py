"""Sending returns: files are looked at first, row by row, and taken when the sender confirms."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.care.models import Return, Round
from nuanxin.care.services import returns
from nuanxin.desk import exports, queries, words
from nuanxin.records.services import drafts_of, drop_drafts, keep_drafts, note_draft, noted
from nuanxin.sheets import mark_up, read_file
from nuanxin.ui.forms import Form, ManyFiles
from nuanxin.ui.pages import choice, done, export, framed, lang, listed, paged, seen_by, sent_file, typed
from nuanxin.ui.parts import Filter, Step
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org

FILES, MEGABYTES = 40, 20
SHOWN = 200


class FilesField(forms.FileField):
    """Several spreadsheets, each of a known kind and of a size that can be read."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(FilesField, self).clean(one, initial) for one in data or [None]]
        wrong = [one.name for one in files if Path(one.name).suffix.lower() not in returns.SUFFIXES]
        large = [one.name for one in files if one.size > MEGABYTES * 2**20]
        if wrong:
            raise forms.ValidationError(
                _("%(name)s 不是电子表格；可以上传 xlsx、xls、et、ods 或 csv。") % {"name": wrong[0]}
            )
        if large:
            raise forms.ValidationError(
                _("%(name)s 超过 %(size)d MB；请删去图片，或分成几个文件。") % {"name": large[0], "size": MEGABYTES}
            )
        if len(files) > FILES:
            raise forms.ValidationError(_("一次最多 %(n)d 个文件，请分几次上传。") % {"n": FILES})
        return files


class Upload(Form):
    """The files of one or several unions."""

    sheets = FilesField(
        label=gettext_lazy("选择表格"), widget=ManyFiles(attrs={"accept": ",".join(sorted(returns.SUFFIXES))}),
        help_text=gettext_lazy("一家工会一个文件，文件名前写工会代码；可以一次选几个。上传后先检查，您确认了才收。"),
    )  # fmt: skip


def _round(seen: Viewer, quarter: str) -> Round:
    found = queries.find_round(seen, quarter)
    if found is None:
        raise Http404
    return found


def _open(seen: Viewer, quarter: str) -> Round:
    round_ = _round(seen, quarter)
    if round_.state == "closed":
        raise Http404
    return round_


def _steps(now: int) -> list[Step]:
    labels = (_("选择表格"), _("检查"), _("收到"))
    return [Step(label, "done" if n < now else "now" if n == now else "todo") for n, label in enumerate(labels)]


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("return.receive")
def send(request: HttpRequest, seen: Viewer, quarter: str) -> HttpResponseBase:
    """Choose files; below, the viewer's unions that owe a return, until when, and whether it has come."""
    round_ = _open(seen, quarter)
    state, text = choice(request.GET, "state", words.RETURN), typed(request.GET)
    owing = queries.owing(seen, round_).filter(org__in=seen.reach("return.receive"))
    owing = queries.filtered_returns(owing.filter(state=state) if state else owing, "unions", "", text)
    if "purpose" in request.POST:
        titles, lines = exports.RETURN_SHEETS["unions"]
        return export(request, seen, f"round:{round_.code}", f"returns-{quarter}-unions", titles, lines(owing))
    form = Upload(request.POST or None, request.FILES or None) if request.method == "POST" else Upload()
    if request.method == "POST" and form.is_valid():
        token = keep_drafts(seen.user.username, [(one.name, one.chunks()) for one in form.cleaned_data["sheets"]])
        paths = drafts_of(seen.user.username, token)
        call = partial(returns.look, round_=round_, paths=paths, by=seen.user, on=seen.today)
        looked: list[returns.Preview] = []
        if done(request, lambda: looked.append(call()), _("已检查，还没有收。")):
            note_draft(seen.user.username, token, looked[0].as_text())
            return redirect("desk:look", quarter, token)
        return redirect("desk:send", quarter)
    page = paged(request, owing)
    files = queries.files_of([row.file for row in page])
    fields = [
        Filter("state", _("全部状态"), state, words.options(words.RETURN)),
        Filter("q", _("工会名称或代码"), text),
    ]
    shown = listed(
        request, "desk/send.html",
        framed("rounds", round=round_, form=form, page=page, lines=[(row, files.get(row.file)) for row in page], steps=_steps(0), fields=fields),
    )  # fmt: skip
    shown.status_code = 422 if form.errors else shown.status_code
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("return.receive")
def look(request: HttpRequest, seen: Viewer, quarter: str, token: str) -> HttpResponseBase:
    """What the files would bring: rows good, rows to mend, what would be replaced. By POST they are received, or given up."""
    round_ = _open(seen, quarter)
    paths = drafts_of(seen.user.username, token)
    if not paths:
        raise Http404
    if request.method == "POST" and request.POST.get("do") == "drop":
        drop_drafts(seen.user.username, token)
        messages.success(request, _("已放弃，什么也没有收。"))
        return redirect("desk:send", quarter)
    if request.method == "POST":
        received: list[returns.Received] = []
        call = partial(returns.receive, round_=round_, paths=paths, by=seen.user, on=seen.today)
        if done(request, lambda: received.append(call()), _("已收到。")):
            kept = request.session.get("sent", {})
            codes = [made.code for made in received[0].returns]
            request.session["sent"] = dict(
                [*kept.items(), (token, [codes, received[0].same, received[0].skipped])][-20:]
            )
            drop_drafts(seen.user.username, token)
            return redirect("desk:sent", quarter, token)
        return redirect("desk:send", quarter)
    return render(
        request, "desk/look.html",
        framed("rounds", round=round_, token=token, shown=returns.Preview.from_text(noted(seen.user.username, token)), names=[path.name for path in paths], steps=_steps(1), lang=lang(),
            limit=SHOWN,
        ),
    )  # fmt: skip


@require_safe
@seen_by("return.receive")
def sent(request: HttpRequest, seen: Viewer, quarter: str, token: str) -> HttpResponseBase:
    """What became of the files: the balance line, and for each the sender's own file with the refused cells marked."""
    round_ = _round(seen, quarter)
    if token not in request.session.get("sent", {}):
        raise Http404
    codes, same, skipped = request.session["sent"][token]
    files = list(queries.files_sent(seen, round_).filter(code__in=codes).order_by("pk"))
    totals = {name: sum(getattr(file, name) for file in files) for name in ("rows", "accepted", "refused")}
    return render(
        request, "desk/sent.html",
        framed("rounds", round=round_, files=files, totals=totals, same=same, skipped=skipped, steps=_steps(3), lang=lang()),
    )  # fmt: skip


@require_POST
@seen_by("return.receive")
def nil(request: HttpRequest, seen: Viewer, quarter: str) -> HttpResponseBase:
    """A union has nobody to report: one button."""
    round_ = _open(seen, quarter)
    org = Org.objects.filter(pk__in=seen.reach("return.receive"), code=request.POST.get("union", "")).first()
    if org is None:
        raise Http404
    call = partial(returns.receive_nil, round_=round_, org=org, by=seen.user, on=seen.today)
    done(request, call, _("已记下：%(union)s 本季度没有困难家庭。") % {"union": org.name})
    return redirect("desk:send", quarter)


@require_POST
@seen_by("return.receive")
def marked(request: HttpRequest, seen: Viewer, quarter: str, code: str) -> HttpResponseBase:
    """The sender's own file with a comment at each refused cell."""
    round_ = _round(seen, quarter)
    found = queries.files_sent(seen, round_).select_related("attachment").filter(code=code).first()
    if found is None or not (found.by == seen.user.username or found.org_id in seen.reach("return.receive")):
        raise Http404
    try:
        content = _marked(found)
    except ValueError as unreadable:
        messages.error(request, str(unreadable))
        return redirect("desk:returns", quarter)
    returns.tell_marked(found, by=seen.user, on=seen.today)
    return sent_file(content, f"{found.org.code if found.org else 'return'}-{quarter}-marked", "xlsx")


def _marked(found: Return) -> bytes:
    reading = read_file(found.attachment.path, expect={"survey", "matters"})
    with tempfile.TemporaryDirectory() as folder:
        return mark_up(found.attachment.path, reading.refusals, Path(folder) / "marked.xlsx", lang=lang()).read_bytes()
