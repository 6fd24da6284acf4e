"""The calendar: what falls due when, which days are worked, and entering a year's official days in two steps."""

from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from nuanxin.desk import calendar_queries as queries
from nuanxin.desk import words
from nuanxin.records.services import Refused, load_calendar, read_calendar
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import day_asked, done, export, framed, in_language, seen_by
from nuanxin.ui.viewer import Viewer

HEAD = "date,worked,name"
YEARS = 30


class Days(Form):
    """Official days as lines: 2027-01-01,0,元旦."""

    days = forms.CharField(
        label=gettext_lazy("每行一天：日期,上班写 1、放假写 0,名称"), max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("例如 2027-01-01,0,元旦。只写和平常周一至周五不同的日子；写过的日子会改成新的。"),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("calendar.read")
def calendar(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """A month; sent out as a spreadsheet by POST (``purpose``), or a look at days that an administrator is about to enter."""
    asked = day_asked(request.GET, "month")
    far = asked is not None and abs(asked.year - seen.today.year) > YEARS
    first = (asked if asked and not far else seen.today).replace(day=1)
    days = queries.month(seen, first)
    if "purpose" in request.POST:
        return export(
            request, seen, f"org:{seen.org.code}", f"calendar-{first:%Y-%m}", queries.TITLES, queries.rows(days)
        )
    form = Days(request.POST or None) if seen.may("calendar.load") else None
    if request.method == "POST" and form is None:
        messages.error(request, _("放假调休由系统管理员录入。"))
        return redirect(request.get_full_path())
    if request.method == "POST" and form is not None and form.is_valid():
        return _enter(request, seen, form)
    if (request.GET.get("month") and asked is None) or far:
        messages.error(request, _("看不懂网址里的月份，下面是本月。"))
    before, after = (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    return render(
        request, "desk/calendar.html",
        framed("calendar", first=first, weeks=queries.weeks(days), alarms=queries.alarms(seen, days), before=before, after=after,
            form=form, weekdays=words.WEEKDAYS, this=seen.today.replace(day=1), due=sum(day.due for day in days),
        ),
        status=422 if form and form.errors else 200,
    )  # fmt: skip


def _enter(request: HttpRequest, seen: Viewer, form: Days) -> HttpResponseBase:
    """First what would be written, then written."""
    text = f"{HEAD}\n{form.cleaned_data['days'].strip()}"
    here = reverse("desk:calendar")
    try:
        rows = read_calendar(text)
    except Refused as refused:
        for reason in refused.reasons:
            messages.error(request, in_language(reason))
        return redirect(here)
    if request.POST.get("sure") != "yes":
        touched = [
            f"{words.day(day)} {words.weekday(day)} · {_('上班') if worked else _('放假')} · {name}"
            for day, worked, name in rows
        ]
        return render(
            request, "ui/confirm.html",
            framed("calendar", form=None, question=_("录入 %(n)d 天") % {"n": len(rows)}, verb=_("录入"), touched=touched, back_url=here,
                carried={"sure": "yes", "days": form.cleaned_data["days"]},
                warning=_("以后推算的期限按新的日历；已经定下的期限不变。"),
            ),
        )  # fmt: skip
    done(
        request, lambda: load_calendar(text, chain=seen.org.code, by=seen.user.username, on=seen.today),
        lambda n: _("已录入 %(n)d 天。") % {"n": n} if n else _("这些日子已经是这样，没有更改。"),
    )  # fmt: skip
    return redirect(f"{here}?month={date(min(row[0].year for row in rows), 1, 1)}" if rows else here)
