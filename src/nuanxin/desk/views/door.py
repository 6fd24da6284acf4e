"""At the family's door: a visitor's own visits of the day on the phone, the form of one, and what keeps it while there is no line.

Everything works without a script; ``visits.js`` adds signatures on the glass, photos made smaller, and a draft that outlives a lost
connection. Only the two visitors of a visit reach these pages.
"""

import base64
import binascii
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care.models import Consent, Visit, VisitPaper
from nuanxin.care.services import visit_plan
from nuanxin.care.services import visits as service
from nuanxin.care.services.reading import opened
from nuanxin.care.services.visits import Paper
from nuanxin.desk import words
from nuanxin.desk.round_acts import ExcuseForm
from nuanxin.desk.visit_queries import address_of, own_visits
from nuanxin.records.services import Refused
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import done, in_language, seen_by, sent_paper
from nuanxin.ui.parts import Fact
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import hour
from nuanxin.union.rules import mask_name

GLASS = "data:image/png;base64,"


def _visit(seen: Viewer, pk: int) -> Visit:
    found = own_visits(seen).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _framed(seen: Viewer, **more: Any) -> dict[str, Any]:
    """A page of the visitor's phone."""
    return {"token": seen.mark, "script_words": SCRIPT_WORDS, **more}


SCRIPT_WORDS = {
    "unsent": gettext_lazy("未发出 {n} 份"),
    "kept": gettext_lazy("没有网络。填好的已存在手机上，有网时自动发出。"),
    "sent": gettext_lazy("已发出"),
    "signedOut": gettext_lazy("登录已过期，请重新登录；没发出的还在手机上。"),
    "gone": gettext_lazy("这次走访已改派给别人或已取消，请联系市总工会。"),
    "drop": gettext_lazy("从手机上删掉"),
    "remove": gettext_lazy("去掉这张照片"),
    "photo": gettext_lazy("照片 {n}"),
    "wrong": gettext_lazy("有 {n} 处要改"),
    "restored": gettext_lazy("已接着上次填的内容。"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.record")
@never_cache
def mine(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The viewer's visits: today's in order, those of days gone by that are still to be made, the days to come. POST starts the day."""
    if request.method == "POST":
        done(
            request, lambda: service.start_day(by=seen.user, on=seen.today),
            lambda count: _("可以出发了：%(count)d 户的门牌地址今天显示给您，已留下记录") % {"count": count},
        )  # fmt: skip
        return redirect("desk:my_visits")
    open_ = list(own_visits(seen).filter(visited_on=None)[:200])
    known = service.addressed([visit.lead.code for visit in open_], by=seen.user, on=seen.today)
    stops = [(visit, address_of(visit, known)) for visit in open_]
    today = [stop for stop in stops if stop[0].planned_on == seen.today]
    behind = [stop for stop in stops if stop[0].planned_on and stop[0].planned_on < seen.today]
    return render(
        request, "desk/my_visits.html",
        _framed(
            seen, today_stops=today, behind=behind, later=[s for s in stops if s[0].planned_on and s[0].planned_on > seen.today],
            made=own_visits(seen).filter(visited_on=seen.today).count(),
            started=bool(known), fresh=any(visit.lead.code not in known for visit, _address in [*today, *behind]),
            open_urls=[reverse("desk:door", args=[visit.pk]) for visit, _address in [*behind, *today]],
            back_url=reverse("desk:home"), back_label=_("今天的工作"),
            greeting=_("%(name)s，今天是 %(day)s") % {"name": str(seen.user), "day": words.short_day(seen.today)},
        ),
    )  # fmt: skip


class DoorForm(Form):
    """What two visitors write down at the door: each reported figure as it is or otherwise, who was there, who signed."""

    home = forms.ChoiceField(
        label=gettext_lazy("家里有人吗"), widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("有人，已入户")), ("no", gettext_lazy("家中无人"))],
    )  # fmt: skip
    visited_on = forms.DateField(
        label=gettext_lazy("走访日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=gettext_lazy("补充说明"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=gettext_lazy("不要写身份证号、电话和银行卡号"),
    )  # fmt: skip
    consented = forms.BooleanField(label=gettext_lazy("家庭当面同意核查，并在下面签字"), required=False)
    submission = forms.CharField(max_length=36, widget=forms.HiddenInput)
    family_glass = forms.CharField(required=False, widget=forms.HiddenInput)
    visitors_glass = forms.CharField(required=False, widget=forms.HiddenInput)
    family_typed = forms.CharField(label=gettext_lazy("家庭签字人姓名"), required=False, max_length=60)
    visitors_typed = forms.CharField(label=gettext_lazy("两位走访人姓名"), required=False, max_length=60)
    family_confirmed = forms.BooleanField(label=gettext_lazy("本人在场，确认以上内容"), required=False)
    visitors_confirmed = forms.BooleanField(label=gettext_lazy("两人都在场，对以上内容负责"), required=False)

    def __init__(self, visit: Visit, consent: Consent | None, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.visit, self.consent = visit, consent
        if consent is not None:
            del self.fields["consented"]
        for name, (label, kind) in words.FIGURES.items():
            self.fields[f"is_{name}"] = forms.ChoiceField(
                label=str(label), required=False, widget=forms.RadioSelect,
                choices=[("same", _("属实")), ("differs", _("不符"))],
            )  # fmt: skip
            self.fields[f"found_{name}"] = _figure_field(kind, _("%(item)s核实为") % {"item": label})

    @property
    def items(self) -> list[tuple[str, Any, str, Any, Any]]:
        """For each figure its name, what was reported, its kind, and its two fields."""
        return [
            (name, getattr(self.visit.lead, name), kind, self[f"is_{name}"], self[f"found_{name}"])
            for name, (_label, kind) in words.FIGURES.items()
        ]

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or {})
        nobody = told.get("home") == "no"
        found: dict[str, Any] = {}
        for name in words.FIGURES if told.get("home") == "yes" else ():
            answer, value = told.get(f"is_{name}"), told.get(f"found_{name}")
            if not answer:
                self.add_error(f"is_{name}", _("请选属实或不符"))
            elif answer == "differs" and f"found_{name}" not in self.errors:
                if value is None or value == "":
                    self.add_error(f"found_{name}", _("请填核实后的数"))
                elif (value := _plain(value)) == (getattr(self.visit.lead, name) or 0):
                    self.add_error(f"found_{name}", _("和上报的一样，请选属实"))
                else:
                    found[name] = value
        if self.consent is None and not nobody and not told.get("consented"):
            self.add_error("consented", _("没有授权不能核实；家庭不同意时请登记延期并写明"))
        papers = [paper for who in ("family", "visitors") if (paper := self._signature(who, told, nobody=nobody))]
        return told | {"found": found, "nobody": nobody, "papers": papers}

    def _signature(self, who: str, told: dict[str, Any], *, nobody: bool) -> Paper | None:
        if nobody and who == "family":
            return None
        drawn = told.get(f"{who}_glass", "")
        if drawn.startswith(GLASS):
            try:
                return Paper(who, content=base64.b64decode(drawn.removeprefix(GLASS), validate=True))
            except binascii.Error:
                self.add_error(f"{who}_typed", _("签字没有收全，请重签"))
                return None
        if not told.get(f"{who}_typed"):
            self.add_error(f"{who}_typed", _("请签字，或填姓名"))
        elif not told.get(f"{who}_confirmed"):
            self.add_error(f"{who}_confirmed", _("请本人确认后打勾"))
        else:
            return Paper(who, typed=told[f"{who}_typed"])
        return None


def _figure_field(kind: str, label: str) -> forms.Field:
    """The field of what was found, by the figure's kind."""
    if kind == "flag":
        answers = [("", "—"), ("yes", _("是")), ("no", _("否"))]
        return forms.ChoiceField(label=label, required=False, choices=answers)
    if kind == "yuan":
        amount = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"})
        return forms.DecimalField(
            label=label, required=False, min_value=0, max_digits=14, decimal_places=2, widget=amount
        )
    number = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    return forms.IntegerField(
        label=label, required=False, min_value=1 if kind == "people" else 0, max_value=99, widget=number
    )


def _plain(value: Any) -> int | Decimal | bool:
    """A found figure as the register holds it."""
    return {"yes": True, "no": False}[value] if isinstance(value, str) else value


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.record")
@never_cache
def door(request: HttpRequest, seen: Viewer, pk: int) -> HttpResponseBase:
    """The form of one visit, sent whole in one POST. A script asks for JSON, so that nothing typed is lost when something is missing."""
    visit = _visit(seen, pk)
    if visit.visited_on and request.method != "POST":
        return render(request, "desk/door_done.html", _framed(seen, visit=visit, back_url=reverse("desk:my_visits")))
    consent = Consent.objects.filter(household=visit.lead.household, withdrawn_on=None).first()
    first: dict[str, Any] = {
        "visited_on": seen.today, "submission": str(uuid.uuid4()),
        "visitors_typed": f"{visit.visitor_one}、{visit.visitor_two}",
    }  # fmt: skip
    form = DoorForm(visit, consent, request.POST if request.method == "POST" else None, initial=first)
    by_script = request.headers.get("Accept", "").startswith("application/json")
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        sent = [file for file in request.FILES.getlist("photos") if isinstance(file, UploadedFile)][
            : service.PHOTOS + 1
        ]
        photos = [Paper(VisitPaper.PHOTO, content=file.read(service.PHOTO_BYTES + 1)) for file in sent]
        try:
            service.record_one(
                visit=visit, submission=told["submission"], visited_on=told["visited_on"], nobody_home=told["nobody"],
                found=told["found"], note=told["note"], consented=told.get("consented", False), papers=[*told["papers"], *photos],
                by=seen.user, on=seen.today,
            )  # fmt: skip
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error(None, in_language(reason))
        else:
            done(request, lambda: None, _("已登记：%(name)s") % {"name": mask_name(visit.lead.worker_name)})
            url = reverse("desk:my_visits")
            return JsonResponse({"url": url}) if by_script else redirect(url)
    if by_script and form.errors:
        return JsonResponse({"errors": _lines(form)}, status=422)
    known = service.addressed([visit.lead.code], by=seen.user, on=seen.today)
    return render(
        request, "desk/door.html",
        _framed(seen, visit=visit, form=form, consent=consent, address=address_of(visit, known), started=bool(known),
            back_url=reverse("desk:my_visits"), back_label=_("我的走访"),
        ),
        status=422 if form.errors else 200,
    )  # fmt: skip


def _lines(form: DoorForm) -> list[dict[str, str]]:
    """The form's errors for the script: where, and what to do."""
    lines = [{"target": "", "text": str(text)} for text in form.non_field_errors()]
    for bound in form:
        lines += [{"target": bound.auto_id or "", "text": f"{bound.label}：{text}"} for text in bound.errors]
    return lines


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.excuse")
def excuse(request: HttpRequest, seen: Viewer, pk: int) -> HttpResponseBase:
    """A visitor excuses a visit that cannot be made in time; it then waits to be planned anew."""
    visit = _visit(seen, pk)
    if visit.visited_on:
        raise Http404
    back = reverse("desk:my_visits")
    form = ExcuseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = done(
            request, lambda: visit_plan.excuse(lead=visit.lead, by=seen.user, on=seen.today, **form.cleaned_data),
            _("已登记延期，等重新安排"),
        )  # fmt: skip
        return redirect(back if made else request.path)
    return render(
        request, "ui/phone_confirm.html",
        _framed(seen, question=_("登记走访延期"), verb=_("登记延期"), back_url=back, back_label=_("我的走访"), form=form,
            facts=[
                Fact(_("家庭"), mask_name(visit.lead.worker_name)), Fact(_("工会"), visit.lead.org.name),
                Fact(_("现在的最迟日期"), words.day(visit.lead.clock_on)),
            ],
        ),
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_safe
@seen_by("visit.paper")
@never_cache
def paper(request: HttpRequest, seen: Viewer, pk: int, paper: int) -> HttpResponseBase:
    """A photo or a signature of a visit, as a file to keep, for whoever opened the family's papers today."""
    found = (
        seen.rows(VisitPaper).filter(visit=pk, pk=paper).select_related("attachment", "visit__lead__household").first()
    )
    if found is None or found.attachment is None or not found.attachment.path.exists():
        raise Http404
    house = found.visit.lead.household
    if house is None:
        raise Http404
    if not opened(house, seen.user, seen.today, "papers"):
        return redirect(f"{reverse('desk:household', args=[house.code])}?tab=papers")
    return sent_paper(found.attachment.path.read_bytes(), f"visit-{pk}-{found.kind}")


@require_safe
@seen_by("visit.record")
@never_cache
def calendar(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The viewer's visits for a calendar: days, hours, order and unions; no family's name and no address leaves in it. What has an hour
    stands at its hour, whatever clock the calendar goes by; the rest of a day, or of its half, together."""
    stamp = f"{seen.today:%Y%m%d}T000000Z"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//nuanxin//visits//ZH"]
    days: dict[tuple[date, str], list[Visit]] = {}
    for visit in own_visits(seen).filter(visited_on=None).exclude(planned_on=None)[:500]:
        days.setdefault((visit.planned_on, visit.when), []).append(visit)  # type: ignore[arg-type,index]
    for (day, when), stops in days.items():
        at = stops[0].planned_at
        start = f"DTSTART:{day:%Y%m%d}T{at:%H%M}00" if at else f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
        said = _("走访 %(count)d 户") % {"count": len(stops)}
        unions = "、".join(dict.fromkeys(words.short_union(stop.lead.org.name) for stop in stops))
        lines += [
            "BEGIN:VEVENT", f"UID:visits-{seen.user.pk}-{day:%Y%m%d}{when.replace(':', '')}@nuanxin", f"DTSTAMP:{stamp}", start,
            f"SUMMARY:{_escaped(f'{said} {hour(when)}'.strip())}", f"DESCRIPTION:{_escaped(unions)}", "END:VEVENT",
        ]  # fmt: skip
    text = "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="visits.ics"'
    return answer


def _escaped(text: str) -> str:
    """Text as RFC 5545 wants it."""
    for mark in "\\;,":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, cut between characters."""
    pieces, width = [""], 0
    for letter in line:
        size = len(letter.encode())
        if width + size > 74:
            pieces.append(" ")
            width = 1
        pieces[-1] += letter
        width += size
    return "\r\n".join(pieces)


@require_safe
@login_not_required
def worker(request: HttpRequest) -> HttpResponseBase:
    """The script that answers for the visitor's pages while there is no line. Served here, since a script may only answer for pages
    below its own address; it holds nothing of anybody."""
    found = finders.find("nuanxin/visits-worker.js")
    if not found:
        raise Http404
    text = Path(str(found)).read_text(encoding="utf-8")
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer
