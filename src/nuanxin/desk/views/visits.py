"""The visit plan: by day and team beside a map, planned with a look first, excused where a visit cannot be made in time."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care import rules
from nuanxin.care.models import Lead, Round
from nuanxin.care.routing import Hours
from nuanxin.care.services import visit_plan
from nuanxin.care.services.reading import all_opened, open_routes
from nuanxin.desk import queries, visit_queries, words
from nuanxin.desk.round_acts import ExcuseForm
from nuanxin.desk.views.rounds import find_round
from nuanxin.records.services import Refused, workdays_from
from nuanxin.ui.forms import ASKED, Form
from nuanxin.ui.pages import done, export, framed, in_language, listed, paged, seen_by, typed
from nuanxin.ui.parts import Fact, Filter
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import HALF
from nuanxin.union.models import User
from nuanxin.union.rules import VISITOR, mask_name

DAYS = 15
MAX_TEAMS = 12


@require_safe
@seen_by("visit.read")
def latest(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The plan of the round that is under way, or of the last one."""
    rounds = seen.rows(Round).order_by("-quarter", "pk").values_list("code", flat=True)
    found = rounds.exclude(state="closed").first() or rounds.first()
    return redirect("desk:visits", found) if found else redirect("desk:rounds")


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.read", change="list.export")
def plan(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """A round's visits, a day at a time: the teams' lists beside the map; sent out as a spreadsheet by POST."""
    round_ = find_round(seen, round_code)
    all_ = visit_queries.visits(seen, round_)
    days, made = visit_queries.open_days(all_)
    waiting = visit_queries.unplanned(seen, round_)
    counts = {"none": waiting.count(), "done": made}
    tab = request.GET.get("day", "")
    if tab not in ("none", "done", *(day.isoformat() for day, _count in days)):
        tab = next((day.isoformat() for day, _count in days if day >= seen.today), "")
        tab = tab or (days[0][0].isoformat() if days else "none" if counts["none"] or not counts["done"] else "done")
    if tab == "none":
        rows: Any = waiting
    elif tab == "done":
        rows = all_.exclude(visited_on=None).order_by("-visited_on", "visitor_one", "pk")
    else:
        rows = all_.filter(planned_on=date.fromisoformat(tab))
    numbered = {team: n for n, team in enumerate(visit_queries.teams(rows))} if tab != "none" else {}
    team = request.GET.get("team", "")
    if team in {str(n + 1) for n in numbered.values()}:
        one, two = next(pair for pair, n in numbered.items() if str(n + 1) == team)
        rows = rows.filter(visitor_one=one, visitor_two=two)
    else:
        team = ""
    union, text = typed(request.GET, "union"), typed(request.GET)
    path = "" if tab == "none" else "lead__"
    unions = queries.union_choices(rows, f"{path}org")
    rows = visit_queries.named(rows.filter(**{f"{path}org__code": union}) if union else rows, path, text)
    if request.method == "POST":
        name = f"visits-{round_.code}-{tab}"
        if tab == "none":
            return export(
                request,
                seen,
                f"round:{round_.code}",
                name,
                visit_queries.UNPLANNED_TITLES,
                visit_queries.unplanned_rows(rows),
            )
        return export(
            request, seen, f"round:{round_.code}", name, visit_queries.PLAN_TITLES, visit_queries.plan_rows(rows)
        )
    page = paged(request, rows)
    shown = list(page.object_list)
    tabs = [
        *((day.isoformat(), f"{words.short_day(day)} {words.weekday(day)}", n) for day, n in days),
        ("none", _("还没排"), counts["none"]), ("done", _("已走访"), counts["done"]),
    ]  # fmt: skip
    options = [(str(n + 1), f"{one}、{two}") for (one, two), n in numbered.items()]
    sums = visit_queries.per_team(all_, [day for day, _n in days]) if days else []
    fields = [
        Filter("day", "", tab), Filter("team", _("全部小组"), team, options if len(options) > 1 or team else []),
        Filter("union", _("全部工会"), union, unions),
        Filter("q", _("姓名、编号或工会"), text),
    ]  # fmt: skip
    return listed(
        request, "desk/visits.html",
        framed("visits", round=round_, page=page, tab=tab, tabs=tabs, fields=fields,
            teams=visit_queries.by_team(shown, numbered) if numbered else [], leads=shown if tab == "none" else [],
            map=visit_queries.route_map(shown, round_, numbered, "visits") if tab not in ("none", "done") else None,
            may_plan=seen.may("visit.plan") and round_.state != "closed", may_excuse=seen.may("visit.plan"),
            opens=seen.may("family.read"), day=date.fromisoformat(tab) if tab not in ("none", "done") else None, days=days,
            evening=rules.EVENING, sums=sums if len(sums) > 1 or len(days) > 1 else [], may_order=seen.may_at("visit.plan", round_.org) and round_.state != "closed",
        ),
    )  # fmt: skip


def _of_day(seen: Viewer, round_: Round, day: date, team: str) -> tuple[list[Any], list[tuple[str, str, str]], str]:
    """A day's visits that the viewer may see, of one team where it is asked for; each team of the day with its number; and the one asked
    for, empty for all."""
    rows = (
        visit_queries.visits(seen, round_)
        .filter(planned_on=day)
        .select_related("lead__org__parent", "lead__household", "lead__round")
    )
    pairs = visit_queries.teams(rows)
    numbers = {str(n): pair for n, pair in enumerate(pairs, 1)}
    if team in numbers:
        one, two = numbers[team]
        rows = rows.filter(visitor_one=one, visitor_two=two)
    shown = visit_queries.by_team(list(rows), {pair: n for n, pair in enumerate(pairs)})
    return shown, [(number, *pair) for number, pair in numbers.items()], team if team in numbers else ""


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.read")
@never_cache
def sheet(request: HttpRequest, seen: Viewer, round_code: str, day: date) -> HttpResponseBase:
    """The route sheets of a day, one for each team, to be printed and taken along. They are shown to who has opened them today, which the
    families can see; POST opens them, or sends them out as a spreadsheet."""
    round_ = find_round(seen, round_code)
    shown, teams, team = _of_day(seen, round_, day, request.GET.get("team", ""))
    visits = [visit for one in shown for visit in one.visits]
    opened = all_opened(visits, seen.user, seen.today)
    if request.method == "POST" and "format" in request.POST:
        if not opened:
            return redirect(request.get_full_path())
        rows = visit_queries.sheet_rows(visit_queries.sheeted(seen, visits))
        name = f"route-{day}-{team or 'all'}"
        return export(request, seen, f"round:{round_.code}", name, visit_queries.SHEET_TITLES, rows)
    if request.method == "POST":
        done(
            request, lambda: open_routes(visits=visits, by=seen.user, on=seen.today),
            _("路线单已打开；谁在什么时候打开过，会留下记录"),
        )  # fmt: skip
        return redirect(request.get_full_path())
    return render(
        request, "desk/visit_sheet.html",
        framed("visits", round=round_, day=day, teams=shown, choices=teams, team=team, count=len(visits),
            opened=opened and visits, sheeted=visit_queries.sheeted(seen, visits) if opened else {},
        ),
    )  # fmt: skip


class RouteForm(Form):
    """The hour, or the half of the day, of each place on a route."""

    def __init__(self, asked: QueryDict | None, count: int, **more: Any) -> None:
        super().__init__(asked, **more)
        self.places = range(count)
        for n in self.places:
            self.fields[f"at_{n}"] = hour_field(_("第 %(number)d 户几点") % {"number": n + 1})
            self.fields[f"half_{n}"] = forms.ChoiceField(
                label=_("第 %(number)d 户上午还是下午") % {"number": n + 1}, required=False, choices=[("", _("不定")), *HALF.items()],
            )  # fmt: skip

    def says_optional(self, name: str) -> bool:
        return False

    def clean(self) -> dict[str, Any]:
        found = dict(super().clean() or {})
        for n in self.places:
            if found.get(f"at_{n}") and found.get(f"half_{n}"):
                self.add_error(f"half_{n}", _("写了钟点，就不用选上午下午"))
        return found

    def hours(self) -> list[tuple[Any, str]]:
        return [(self.cleaned_data[f"at_{n}"], self.cleaned_data[f"half_{n}"]) for n in self.places]


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.plan")
def order(request: HttpRequest, seen: Viewer, round_code: str, day: date) -> HttpResponseBase:
    """The order and the hours of one team's day. A stop moved up or down takes the hour of the place it comes to. What was on the page goes
    along with the form, so that the same press twice moves a stop once."""
    round_ = find_round(seen, round_code)
    if round_.state == "closed" or not seen.may_at("visit.plan", round_.org):
        raise Http404
    asked = request.GET.get("team", "") or "1"
    shown, teams, team = _of_day(seen, round_, day, asked)
    visits = [visit for one in shown[:1] for visit in one.visits if visit.visited_on is None]
    here = f"{request.path}?team={team}"
    status = 200
    stand = {f"at_{n}": visit.planned_at for n, visit in enumerate(visits)}
    stand |= {f"half_{n}": visit.planned_half for n, visit in enumerate(visits)}
    form = RouteForm(None, len(visits), initial=stand)
    if request.method == "POST":
        keys = [int(key) for key in request.POST.getlist("key")[:200] if key.isdecimal() and len(key) < 19]
        form = RouteForm(request.POST, len(keys))
        if form.is_valid():
            keys, moved = _moved(keys, request.POST.get("move", ""), visits)
            route = [(key, *when) for key, when in zip(keys, form.hours(), strict=False)]
            done(
                request, lambda: visit_plan.arrange_route(round_=round_, route=route, shown=request.POST.get("shown", ""), by=seen.user, on=seen.today),
                lambda count: _("路线已改，%(count)d 户的顺序或时间变了") % {"count": count} if count else _("路线已经是这样，没有更改"),
            )  # fmt: skip
            return redirect(f"{here}#stop-{moved}" if moved else here)
        status = 422
    return render(
        request, "desk/visit_order.html",
        framed("visits", round=round_, day=day, teams=shown[:1], choices=teams, team=team, form=form, shown=visit_plan.standing_route(visits),
            stops=[(visit, form[f"at_{n}"], form[f"half_{n}"]) for n, visit in enumerate(visits) if n in form.places],
        ),
        status=status,
    )  # fmt: skip


def _moved(keys: list[int], move: str, visits: Sequence[Any]) -> tuple[list[int], int]:
    """The visits in the order that a button asks for (up-7: visit 7 one place up; way: by the shortest way), and the one that was moved."""
    if move == "way":
        by_key = {visit.pk: visit for visit in visits}
        return [visit.pk for visit in visit_plan.by_shortest_way([by_key[key] for key in keys if key in by_key])], 0
    way, _dash, key = move.partition("-")
    place = keys.index(int(key)) if key.isdecimal() and int(key) in keys else -1
    other = place + {"up": -1, "down": 1}.get(way, 0)
    if place < 0 or not 0 <= other < len(keys):
        return keys, 0
    keys[place], keys[other] = keys[other], keys[place]
    return keys, int(key)


def hour_field(label: Any) -> forms.TimeField:
    """An hour of the day, which may be left open."""
    return forms.TimeField(
        label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": gettext_lazy("请写成 9:00 这样的钟点")},
    )  # fmt: skip


class PlanForm(Form):
    """Which teams, on which days, how many families a day; a row of two visitors for each team."""

    per_day = forms.IntegerField(
        label=gettext_lazy("每组每天几户"),
        min_value=1,
        max_value=20,
        initial=8,
        widget=forms.NumberInput(attrs=dict(ASKED["number"])),
    )
    start = hour_field(gettext_lazy("第一户几点"))
    rest_from = hour_field(gettext_lazy("中间休息，从"))
    rest_to = hour_field(gettext_lazy("休息到"))

    def __init__(self, asked: QueryDict | None, visitors: Sequence[User], days: Sequence[date]) -> None:
        super().__init__(asked)
        self.accounts = {user.username: user for user in visitors}
        people = [("", _("不安排")), *((user.username, str(user)) for user in visitors)]
        given = max((n for n in range(MAX_TEAMS) if asked and asked.get(f"one_{n}")), default=-1)
        self.rows = range(min(max(3, given + 2), MAX_TEAMS))
        for n in self.rows:
            for half in ("one", "two"):
                self.fields[f"{half}_{n}"] = forms.ChoiceField(
                    choices=people, required=False,
                    label=_("第 %(number)d 组，%(half)s") % {"number": n + 1, "half": _("甲") if half == "one" else _("乙")},
                )  # fmt: skip
        self.fields["day"] = forms.MultipleChoiceField(
            label=_("哪几天走访"), widget=forms.CheckboxSelectMultiple,
            choices=[(day.isoformat(), f"{words.short_day(day)} {words.weekday(day)}") for day in days],
        )  # fmt: skip

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """The fields of each team, for the page."""
        return [(self[f"one_{n}"], self[f"two_{n}"]) for n in self.rows]

    def clean(self) -> dict[str, Any]:
        found = dict(super().clean() or {})
        teams: list[tuple[User, User]] = []
        for n in self.rows:
            one, two = found.get(f"one_{n}"), found.get(f"two_{n}")
            if one and two:
                teams.append((self.accounts[one], self.accounts[two]))
            elif one or two:
                self.add_error(f"two_{n}" if one else f"one_{n}", _("每组须两个人，请再选一人"))
        people = [user for team in teams for user in team]
        if len(set(people)) < len(people):
            self.add_error(None, _("一人只能在一个组里，请换一人"))
        if not teams and not self.errors:
            self.add_error("one_0", _("请至少安排一组，每组两个人"))
        return found | {
            "teams": teams, "days": [date.fromisoformat(day) for day in found.get("day", [])], "hours": self._hours(found),
        }  # fmt: skip

    def _hours(self, found: dict[str, Any]) -> Hours | None:
        start, since, until = (found.get(name) for name in ("start", "rest_from", "rest_to"))
        rest = (since, until) if since and until and since < until else None
        if (since or until) and not rest:
            self.add_error("rest_to", _("休息从几点到几点都要写，先早后晚"))
        if rest and not start:
            self.add_error("start", _("写了休息时间，请再写第一户几点"))
        return Hours(start, rest) if start else None


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.plan")
def plan_new(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """Choose teams and days, look at who would go where, then confirm by POST what was looked at."""
    round_ = find_round(seen, round_code)
    if round_.state == "closed" or not seen.may_at("visit.plan", round_.org):
        raise Http404
    people = visit_queries.visitors(round_, seen.today)
    days = workdays_from(seen.today, DAYS)
    asked = request.POST if request.method == "POST" else request.GET
    form = PlanForm(asked or None, people, days)
    here = reverse("desk:visits_new", args=[round_code])
    if asked.get("look") and form.is_valid():
        wanted = {
            "round_": round_, "teams": form.cleaned_data["teams"], "days": form.cleaned_data["days"],
            "per_day": form.cleaned_data["per_day"], "hours": form.cleaned_data["hours"], "by": seen.user, "on": seen.today,
        }  # fmt: skip
        if request.method == "POST":
            made = done(
                request, lambda: visit_plan.plan(**wanted, seen=asked.get("seen", "")),
                lambda got: _("已安排 %(planned)d 户，%(left)d 户没有排进") % {"planned": len(got[0]), "left": len(got[1])},
            )  # fmt: skip
            return redirect("desk:visits", round_code) if made else redirect(f"{here}?{request.GET.urlencode()}")
        try:
            return _look(request, seen, round_, visit_plan.propose(**wanted))
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error(None, in_language(reason))
    elif not form.is_bound:
        # Those who do nothing but visit are proposed first.
        able = [user.username for user in people if VISITOR in {post.role for post in user.posts.all()}]
        for n, (one, two) in enumerate(zip(able[::2], able[1::2], strict=False)):
            if n in form.rows:
                form.initial.update({f"one_{n}": one, f"two_{n}": two})
    return render(
        request, "desk/visits_new.html",
        framed("visits", round=round_, form=form, waiting=visit_queries.waiting(round_), people=people),
        status=422 if form.errors else 200,
    )  # fmt: skip


def _look(request: HttpRequest, seen: Viewer, round_: Round, proposal: visit_plan.Proposal) -> HttpResponseBase:
    rows = sorted(proposal.visits, key=lambda v: (v.planned_on, v.visitor_one, v.place_in_day))  # type: ignore[arg-type]
    pairs = sorted({(visit.visitor_one, visit.visitor_two) for visit in rows})
    numbered = {pair: n for n, pair in enumerate(pairs)}
    left = [(lead, visit_queries.REASON[why]) for lead, why in proposal.left]
    standing = visit_queries.visits(seen, round_).filter(visited_on=None).count()
    return render(
        request, "desk/visits_look.html",
        framed("visits", round=round_, teams=visit_queries.by_team(rows, numbered), left=left, seen_digest=proposal.digest,
            planned=len(rows), standing=standing, map=visit_queries.route_map(rows, round_, numbered, "look"),
            carried=[(name, value) for name, values in request.GET.lists() for value in values],
        ),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("visit.plan", change="visit.excuse")
def excuse(request: HttpRequest, seen: Viewer, round_code: str, code: str) -> HttpResponseBase:
    """Excuse a family's visit: why, and a new latest date; it then waits for a new day."""
    round_ = find_round(seen, round_code)
    lead = seen.rows(Lead).filter(round=round_, code=code, state__in=["due", "away"]).select_related("org").first()
    if lead is None:
        raise Http404
    back = reverse("desk:visits", args=[round_code])
    form = ExcuseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = done(
            request, lambda: visit_plan.excuse(lead=lead, by=seen.user, on=seen.today, **form.cleaned_data),
            _("已登记延期，等重新安排"),
        )  # fmt: skip
        return redirect(f"{back}?day=none" if made else request.path)
    return render(
        request, "ui/confirm.html",
        framed("visits", question=_("登记走访延期"), verb=_("登记延期"), back_url=back, form=form,
            facts=[
                Fact(_("家庭"), mask_name(lead.worker_name)), Fact(_("工会"), lead.org.name),
                Fact(_("现在的最迟日期"), words.day(lead.clock_on)),
            ],
        ),
        status=422 if form.errors else 200,
    )  # fmt: skip
