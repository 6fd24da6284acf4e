"""The sheets that may be sent in: what each is for, and its blank form."""

import tempfile
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nuanxin.desk.imports import kinds_for
from nuanxin.sheets import forms, write_template
from nuanxin.ui.pages import framed, seen_by, sent_file
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org
from nuanxin.union.rules import QUARTER, quarter_zh


@require_safe
@seen_by("sheet.send")
def sheets(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The kinds that the viewer may send in, with their blank forms."""
    return render(request, "desk/sheets.html", framed("sheets", kinds=kinds_for(seen)))


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
    title = f"{org.name if org else ''}{quarter_zh(quarter) if quarter else ''}{forms()[form].title}"
    with tempfile.TemporaryDirectory() as folder:
        content = write_template(form, Path(folder) / "blank.xlsx", title=title).read_bytes()
    return sent_file(content, "-".join(filter(None, (org.code if org else form, quarter))), "xlsx")
