"""Sending in sheets of any kind: their blank forms; files are looked at first, row by row, and taken when the sender confirms."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.books.rules import SUFFIXES
from nuanxin.care.models import Round
from nuanxin.desk import imports, queries
from nuanxin.desk.imports import KINDS, Kind, kind_of, kinds_for
from nuanxin.records.services import drafts_of, drop_drafts
from nuanxin.sheets import forms as sheet_forms
from nuanxin.sheets import write_template
from nuanxin.ui.forms import Form, ManyFiles
from nuanxin.ui.pages import done, framed, in_language, lang, seen_by, sent_file
from nuanxin.ui.parts import Step
from nuanxin.ui.templatetags.nuanxin_ui import quarter_name
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org
from nuanxin.union.rules import QUARTER, quarter_zh

FILES, MEGABYTES = 40, 20
SHOWN = 200
ACCEPTED = ",".join(sorted(SUFFIXES))
SURVEY = KINDS[0]


class FilesField(forms.FileField):
    """Several spreadsheets, each of a known kind and of a size that can be read."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(FilesField, self).clean(one, initial) for one in data or [None]]
        wrong = [one.name for one in files if Path(one.name).suffix.lower() not in SUFFIXES]
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
    """Files of one kind: the one that is chosen, or else the one that is found in them."""

    sheets = FilesField(
        label=gettext_lazy("选择表格"), widget=ManyFiles(attrs={"accept": ACCEPTED}),
        help_text=gettext_lazy("可以一次选几个同一种类的文件。上传后先检查，您确认了才收。"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("种类"), required=False)
    round = forms.ChoiceField(
        label=gettext_lazy("季度"), required=False, help_text=gettext_lazy("摸排表和走访记录是哪个季度的")
    )

    def __init__(self, *args: Any, kinds: Sequence[Kind], rounds: Sequence[Round], **more: Any) -> None:
        super().__init__(*args, **more)
        chosen: Any = self.fields["kind"]
        chosen.choices = [("", _("自动识别")), *((kind.key, kind.label) for kind in kinds)]
        asked: Any = self.fields["round"]
        asked.choices = [(one.code, f"{quarter_name(one.quarter)} · {one.org.name}") for one in rounds]

    def says_optional(self, name: str) -> bool:
        return False


def _open_rounds(seen: Viewer) -> list[Round]:
    """The rounds in sight that still take something in, the newest first."""
    return list(seen.rows(Round).exclude(state="closed").select_related("org").order_by("-quarter", "pk"))


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("sheet.send")
def sheets(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Choose files of any kind; below, the kinds that the viewer may send in, with their blank forms."""
    kinds, rounds = kinds_for(seen), _open_rounds(seen)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = Upload(*given, kinds=kinds, rounds=rounds)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        token, paths = imports.keep(seen.user.username, said["sheets"])
        kind = next((kind for kind in kinds if kind.key == said["kind"]), None) or _found(form, kinds, paths)
        round_ = next((one for one in rounds if one.code == said["round"]), rounds[0] if rounds else None)
        if kind is not None and kind.quarterly and round_ is None:
            form.add_error("round", _("没有进行中的季度，摸排表和走访记录要等季度开展后再传。"))
        if kind is not None and not form.errors:
            return looked_at(request, seen, kind, token, round_ if kind.quarterly else None, reverse("desk:sheets"))
        drop_drafts(seen.user.username, token)
    shown = render(request, "desk/sheets.html", framed("sheets", kinds=kinds, form=form, steps=steps(0)))
    shown.status_code = 422 if form.errors else 200
    return shown


def _found(form: Upload, kinds: Sequence[Kind], paths: Sequence[Path]) -> Kind | None:
    """The one kind that the files are of; else the form says which file is of another, or of none."""
    found = {path.name: kind_of(path) for path in paths}
    unknown = [name for name, kind in found.items() if kind is None]
    known = {kind.key: (name, kind) for name, kind in found.items() if kind is not None}
    if unknown:
        form.add_error("sheets", _("认不出 %(name)s 是哪种表；请用下面的空表填写，或先选种类。") % {"name": unknown[0]})
    elif len(known) > 1:
        (one, first), (other, second) = list(known.values())[:2]
        said = {"one": one, "first": first.label, "other": other, "second": second.label}
        form.add_error("sheets", _("%(one)s 是%(first)s，%(other)s 是%(second)s；请一种一种地传。") % said)
    else:
        ((name, kind),) = known.values()
        if kind in kinds:
            return kind
        form.add_error("sheets", _("%(name)s 是%(kind)s，不由您的岗位上传。") % {"name": name, "kind": kind.label})
    return None


def looked_at(
    request: HttpRequest, seen: Viewer, kind: Kind, token: str, round_: Round | None, back: str
) -> HttpResponseBase:
    """Look at a draft's files and show what they would bring; what the service refuses is told at ``back``."""
    if done(request, lambda: imports.look(seen, token, kind, round_), _("已检查，还没有收。")):
        return redirect(f"desk:look_{kind.key}", token)
    drop_drafts(seen.user.username, token)
    return redirect(back)


def steps(now: int) -> list[Step]:
    labels = (_("选择表格"), _("检查"), _("收到"))
    return [Step(label, "done" if n < now else "now" if n == now else "todo") for n, label in enumerate(labels)]


def _framed(kind: Kind, one: imports.Draft, round_: Round | None, **more: Any) -> dict[str, Any]:
    """A page of a draft. Returns are sent from their round's page, everything else from the page of all kinds."""
    section = "rounds" if kind is SURVEY else "sheets"
    return framed(section, kind=kind, round=round_, back=_back(kind, one), lang=lang(), limit=SHOWN, **more)


def _back(kind: Kind, one: imports.Draft) -> str:
    return reverse("desk:send", args=[one.round]) if kind is SURVEY else reverse("desk:sheets")


def _look(kind: Kind) -> Callable[..., HttpResponseBase]:
    @require_http_methods(["GET", "HEAD", "POST"])
    @seen_by(kind.operation)
    def look(request: HttpRequest, seen: Viewer, token: str) -> HttpResponseBase:
        """What the files would bring: rows good, rows to mend, what would be replaced. By POST they are taken, or given up."""
        one = imports.draft(seen, token, kind)
        round_ = queries.find_round(seen, one.round) if one and one.round else None
        if one is None or (one.round and (round_ is None or round_.state == "closed")):
            raise Http404
        sent = reverse(f"desk:sent_{kind.key}", args=[token])
        part = request.headers.get("HX-Target") == "progress"
        if one.taken:
            # A second click, the back button, another tab; or the work is done that this page waited for.
            return HttpResponse(headers={"HX-Redirect": sent}) if part else redirect(sent)
        job = imports.job_of(token)
        if request.method == "POST" and job is None and request.POST.get("do") == "drop":
            drop_drafts(seen.user.username, token)
            messages.success(request, _("已放弃，什么也没有收。"))
            return redirect(_back(kind, one))
        if request.method == "POST":
            imports.confirm(seen, token, one)
            return redirect(f"desk:look_{kind.key}", token)
        if job is not None:
            why = in_language(job.asked.get("failed", ""))
            values = _framed(kind, one, round_, job=job, why=why, steps=steps(2))
            return render(request, "desk/_progress.html" if part else "desk/progress.html", values)
        names = [path.name for path in drafts_of(seen.user.username, token)]
        return render(
            request, "desk/look.html", _framed(kind, one, round_, shown=one.preview, names=names, steps=steps(1))
        )

    return look


def _sent(kind: Kind) -> Callable[..., HttpResponseBase]:
    @require_safe
    @seen_by(kind.operation)
    def sent(request: HttpRequest, seen: Viewer, token: str) -> HttpResponseBase:
        """What became of the files: the balance line, and for each what was taken; of a return the sender's own file, marked."""
        one = imports.draft(seen, token, kind)
        round_ = queries.find_round(seen, one.round) if one and one.round else None
        if one is None or not one.taken or (one.round and round_ is None):
            raise Http404
        return render(request, "desk/sent.html", _framed(kind, one, round_, shown=one.preview, steps=steps(3)))

    return sent


# Name → (address, page), for the table of addresses.
PAGES = {
    **{f"look_{kind.key}": (f"sheets/{kind.key}/<str:token>/", _look(kind)) for kind in KINDS},
    **{f"sent_{kind.key}": (f"sheets/{kind.key}/<str:token>/sent/", _sent(kind)) for kind in KINDS},
}


@require_safe
@seen_by("sheet.send")
def blank(request: HttpRequest, seen: Viewer, form: str) -> HttpResponseBase:
    """A blank form with what explains its columns; the union (``?union=``) and the quarter (``?quarter=``) stand in its title."""
    kind = next((kind for kind in kinds_for(seen) if form in kind.forms), None)
    if kind is None:
        raise Http404
    org = Org.objects.filter(pk__in=seen.reach(kind.operation), code=request.GET.get("union", "")).first()
    quarter = request.GET.get("quarter", "")
    quarter = quarter if QUARTER.match(quarter) else ""
    title = f"{org.name if org else ''}{quarter_zh(quarter) if quarter else ''}{sheet_forms()[form].title}"
    with tempfile.TemporaryDirectory() as folder:
        content = write_template(form, Path(folder) / "blank.xlsx", title=title).read_bytes()
    return sent_file(content, "-".join(filter(None, (org.code if org else form, quarter))), "xlsx")
