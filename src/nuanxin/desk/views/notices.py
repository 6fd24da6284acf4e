"""What an officer should know: notices, the newest first; reading them is a POST."""

from django import forms
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from nuanxin.desk import exports
from nuanxin.desk.bulk import bulk_acts
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import choice, done, export, framed, listed, paged, seen_by, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import NOTICE, notice
from nuanxin.union.models import Notice
from nuanxin.union.queries import filtered_notices
from nuanxin.union.rules import MUTABLE
from nuanxin.union.services import mark_read, mute

STATES = {"unread": gettext_lazy("未读"), "read": gettext_lazy("已读")}
KINDS = {
    "application": gettext_lazy("困难申报"), "household": gettext_lazy("一户一档"), "matter": gettext_lazy("难题与微心愿"),
    "claim": gettext_lazy("身份核对"), "issue": gettext_lazy("简报"), "return": gettext_lazy("单位上报"),
}  # fmt: skip


class Reminders(Form):
    """What an officer is reminded of."""

    what = forms.MultipleChoiceField(
        label=gettext_lazy("哪些事要提醒"), widget=forms.CheckboxSelectMultiple, required=False,
        choices=[(what, NOTICE[what]) for what in MUTABLE],
        help_text=gettext_lazy("不勾的不计入未读数，通知里仍查得到；要办的事照样在“今天的工作”里。"),
    )  # fmt: skip

    def says_optional(self, name: str) -> bool:
        """None of them is an answer too: the help says so."""
        return False


def asked_notices(query: QueryDict) -> tuple[str, str, str]:
    """The filter of the notices as an address has it: read or unread, about what, a text."""
    return choice(query, "state", STATES), choice(query, "kind", KINDS), typed(query)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.own")
def notices(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The officer's notices, filtered; a POST sends them out (with a purpose), or marks one (``notice``) or all as read."""
    state, kind, text = asked_notices(request.GET)
    rows = filtered_notices(seen.user, state, kind, text)
    if "purpose" in request.POST:
        return export(
            request, seen, f"org:{seen.org.code}", "notices", exports.NOTICE_TITLES, exports.notice_rows(rows)
        )
    if request.method == "POST":
        asked = request.POST.get("notice", "")
        keys = [int(asked)] if asked.isdigit() else None
        done(request, lambda: mark_read(by=seen.user, keys=keys), _("已标为已读"))
        return redirect("desk:notices")
    page = paged(request, rows)
    lines = [(one, notice(one.what, one.facts), _page_of(one)) for one in page]
    fields = [
        Filter("state", _("已读和未读"), state, [(key, str(label)) for key, label in STATES.items()]),
        Filter("kind", _("全部类型"), kind, [(key, str(label)) for key, label in KINDS.items()]), Filter("q", _("编号"), text),
    ]  # fmt: skip
    return listed(
        request, "desk/notices.html",
        framed("notices", page=page, rows=lines, fields=fields, bulk=bulk_acts(seen, "desk:notices")),
    )  # fmt: skip


def _page_of(one: Notice) -> str:
    """The page of what a notice is about, empty where the desk has none."""
    kind, _sep, code = one.subject.partition(":")
    if kind == "household":
        return reverse("desk:household", args=[code])
    if kind == "application" and "round" in one.facts:
        return f"{reverse('desk:families', args=[one.facts['round']])}?q={one.facts['union']}"
    if kind == "return":
        return reverse("desk:send", args=[code])
    if kind == "issue":
        return reverse("desk:issue", args=[code])
    if kind == "claim":
        return reverse("desk:claim", args=[code])
    return reverse("desk:matter", args=[code]) if kind == "matter" else ""


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("desk.read", change="account.own")
def choices(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Which kinds of notices the bell counts; the others still come, as read."""
    muted = set(seen.user.muted.values_list("what", flat=True))
    form = Reminders(request.POST or None, initial={"what": [what for what in MUTABLE if what not in muted]})
    if request.method == "POST" and form.is_valid():
        wanted = set(form.cleaned_data["what"])
        done(request, lambda: mute(whats=set(MUTABLE) - wanted, by=seen.user), _("已改好。"))
        return redirect("desk:notices")
    return render(request, "desk/notice_choices.html", framed("notices", form=form), status=422 if form.errors else 200)
