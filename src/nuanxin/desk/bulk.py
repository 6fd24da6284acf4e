"""What an officer does to many rows of a list: ticked ones, or all that the list's filter finds; first what it will touch, then the act.

An act is one row of ``BULK``: one operation, one service call on a set. The page that shows what it will touch carries each row back with how
it stood; the service leaves those alone that have changed since, and says which. Rows that cannot be touched are counted with the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.care.models import Round, Visit
from nuanxin.care.services import reminders, visit_plan
from nuanxin.desk import visit_queries, words
from nuanxin.desk.round_acts import ExcuseForm
from nuanxin.matters import services as matters
from nuanxin.matters.models import Matter
from nuanxin.records.services import Many, workdays_from
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.forms import Form
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import HALF, hour, notice
from nuanxin.union.models import Org, User
from nuanxin.union.rules import mask_name
from nuanxin.union.services import mark_many_read

MOST, SHOWN, DAYS = 2000, 50, 15


@dataclass(frozen=True, slots=True)
class Row:
    """One row that will be touched, masked: its code, how it stands as the service compares it, and what the page shows of it."""

    code: str
    was: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """Rows that will not be touched, and why, with the first of them."""

    count: int
    why: words.Words
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    rows: list[Row]
    left: list[Left]

    @property
    def shown(self) -> list[Row]:
        return self.rows[:SHOWN]

    @property
    def more(self) -> int:
        return len(self.rows) - len(self.shown)


@dataclass(frozen=True, slots=True)
class Bulk:
    """An act on many rows of the list ``page``. ``key`` names a row in a form. ``look`` sorts the rows into those that it will touch and
    those that it will not; ``call`` gets the viewer, the round (where the list has one), each code with how it stood, and what the form
    says."""

    name: str
    page: str
    path: str
    operation: str
    label: words.Words
    question: words.Words
    icon: str
    unit: words.Words
    columns: tuple[words.Words, ...]
    key: str
    look: Callable[[Viewer, QuerySet[Any]], Look]
    call: Callable[[Viewer, Any, Mapping[str, str], dict[str, Any]], Many]
    form: Callable[[Any, Viewer, Any], Form] | None = None


def bulk_acts(seen: Viewer, page: str) -> list[tuple[str, Bulk]]:
    """The acts on many rows of a list that the viewer may do somewhere, each with the name of its address."""
    return [(act.name, act) for act in BULK if act.page == page and seen.may(act.operation)]


def _left(*sorts: tuple[words.Words, Iterable[str]]) -> list[Left]:
    found = [(why, list(codes)) for why, codes in sorts]
    return [Left(len(codes), why, tuple(codes[:5])) for why, codes in found if codes]


# ----------------------------------------------------------------------------------------------------------------- matters


class Owner(Form):
    owner = forms.ChoiceField(label=gettext_lazy("交给"))

    def __init__(self, asked: Any, seen: Viewer, place: Any) -> None:
        super().__init__(asked)
        orgs = Org.objects.filter(pk__in=seen.reach("matter.assign")).order_by("code").values_list("code", "name")
        self.fields["owner"].choices = [("", _("请选择")), *orgs]  # type: ignore[attr-defined]


def _look_matters(seen: Viewer, found: QuerySet[Any]) -> Look:
    all_ = list(found.select_related("org", "owner"))
    reach = seen.reach("matter.assign")
    able = [one for one in all_ if one.state == Matter.OPEN and one.org_id in reach]
    rows = [
        Row(
            one.code, one.owner.code, (mask_digits(one.content), words.short_union(one.org.name), words.short_union(one.owner.name))
        )
        for one in able
    ]  # fmt: skip
    return Look(rows, _left(
        (gettext_lazy("已经办结或撤回"), (one.code for one in all_ if one.state != Matter.OPEN)),
        (gettext_lazy("不归您交办"), (one.code for one in all_ if one.state == Matter.OPEN and one.org_id not in reach)),
    ))  # fmt: skip


def _assign_matters(seen: Viewer, place: Any, shown: Mapping[str, str], said: dict[str, Any]) -> Many:
    owner = Org.objects.get(code=said["owner"])
    return matters.assign_many(shown=shown, owner=owner, by=seen.user, on=seen.today)


# ---------------------------------------------------------------------------------------------------------------- families


class TeamDay(Form):
    """Two visitors and a day."""

    one = forms.ChoiceField(label=gettext_lazy("走访人甲"))
    two = forms.ChoiceField(label=gettext_lazy("走访人乙"))
    day = forms.ChoiceField(label=gettext_lazy("哪天走访"))
    half = forms.ChoiceField(
        label=gettext_lazy("上午还是下午"), required=False, choices=[("", gettext_lazy("不定")), *HALF.items()]
    )

    def __init__(self, asked: Any, seen: Viewer, place: Any) -> None:
        super().__init__(asked)
        self.people = {user.username: user for user in visit_queries.visitors(place, seen.today)}
        choices: dict[str, list[tuple[str, str]]] = {
            name: [("", _("请选择")), *((key, str(user)) for key, user in self.people.items())]
            for name in ("one", "two")
        }
        choices["day"] = [
            (day.isoformat(), f"{words.short_day(day)} {words.weekday(day)}") for day in workdays_from(seen.today, DAYS)
        ]
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = dict(super().clean() or {})
        if said.get("one") and said.get("one") == said.get("two"):
            self.add_error("two", _("每组须两个人，请再选一人"))
        users: dict[str, User] = self.people
        return {
            "one": users.get(said.get("one", "")), "two": users.get(said.get("two", "")),
            "day": date.fromisoformat(said["day"]) if said.get("day") else None, "half": said.get("half", ""),
        }  # fmt: skip


def _look_families(standing: Callable[[Any, Any], str]) -> Callable[[Viewer, QuerySet[Any]], Look]:
    def look(seen: Viewer, found: QuerySet[Any]) -> Look:
        all_ = list(found.select_related("org", "household"))
        reach = seen.reach("visit.plan")
        waits = [lead for lead in all_ if lead.state in ("due", "away")]
        able = [lead for lead in waits if lead.org_id in reach]
        planned = {
            visit.lead_id: visit for visit in Visit.objects.filter(lead__in=able, visited_on=None).order_by("pk")
        }
        rows = []
        for lead in able:
            visit = planned.get(lead.pk)
            plan = (
                f"{words.short_day(visit.planned_on)} {hour(visit.when)} {visit.visitor_one}、{visit.visitor_two}"
                if visit
                else "—"
            )
            cells = (
                mask_name(lead.worker_name) or "—",
                words.short_union(lead.org.name),
                words.day(lead.clock_on),
                plan,
            )
            rows.append(Row(lead.code, standing(lead, visit), cells))
        code = {lead.pk: lead.household.code if lead.household else lead.code for lead in all_}
        return Look(rows, _left(
            (gettext_lazy("不在待走访的环节"), (code[lead.pk] for lead in all_ if lead.state not in ("due", "away"))),
            (gettext_lazy("不归您安排"), (code[lead.pk] for lead in waits if lead.org_id not in reach)),
        ))  # fmt: skip

    return look


def _excuse(seen: Viewer, place: Round, shown: Mapping[str, str], said: dict[str, Any]) -> Many:
    return visit_plan.excuse_many(round_=place, shown=shown, by=seen.user, on=seen.today, **said)


def _team(seen: Viewer, place: Round, shown: Mapping[str, str], said: dict[str, Any]) -> Many:
    return visit_plan.assign_team(round_=place, shown=shown, by=seen.user, on=seen.today, **said)


# ----------------------------------------------------------------------------------------------------------------- notices


def _look_notices(seen: Viewer, found: QuerySet[Any]) -> Look:
    all_ = list(found)
    rows = [
        Row(str(one.pk), "unread", (words.day(one.on), notice(one.what, one.facts))) for one in all_ if not one.read_at
    ]
    return Look(rows, _left((gettext_lazy("已经读过"), (words.day(one.on) for one in all_ if one.read_at))))


# ----------------------------------------------------------------------------------------------------------------- returns


def _look_silent(seen: Viewer, found: QuerySet[Any]) -> Look:
    all_ = list(found.select_related("round"))
    reach = seen.reach("return.remind")
    able = [owed for owed in all_ if owed.org_id in reach]
    now = reminders.standing(able[0].round, able, seen.today) if able else {}
    rows = []
    for owed in able:
        state, hears = now[owed.org.code]
        if state == reminders.SILENT:
            last = {"n": owed.reminders, "day": words.short_day(owed.reminded_on)}
            so_far = _("已催 %(n)d 次，上次 %(day)s") % last if owed.reminders else _("还没有催过")
            rows.append(Row(owed.org.code, state, (owed.org.name, so_far, _("%(n)d 人") % {"n": len(hears)})))

    def standing(state: str) -> list[str]:
        return [code for code, (stood, _users) in now.items() if stood == state]

    return Look(rows, _left(
        (gettext_lazy("已经上报"), standing(reminders.SENT)),
        (gettext_lazy("今天已经催过"), standing(reminders.REMINDED)),
        (gettext_lazy("没有基层经办账号，收不到，请打电话"), standing(reminders.UNHEARD)),
        (gettext_lazy("不归您催报"), (owed.org.code for owed in all_ if owed.org_id not in reach)),
    ))  # fmt: skip


def _remind(seen: Viewer, place: Round, shown: Mapping[str, str], said: dict[str, Any]) -> Many:
    return reminders.remind(round_=place, shown=shown, by=seen.user, on=seen.today)


_FAMILY = (gettext_lazy("职工"), gettext_lazy("工会"), gettext_lazy("最迟日期"), gettext_lazy("现在的安排"))
BULK: tuple[Bulk, ...] = (
    Bulk(
        "matters_assign", "desk:matters", "matters/many/assign/", "matter.assign", gettext_lazy("交办"), gettext_lazy("把这些事交给同一个负责人"), "send",
        gettext_lazy("件"), (gettext_lazy("事项"), gettext_lazy("工会"), gettext_lazy("现在的负责人")), "code", _look_matters,
        _assign_matters, Owner,
    ),
    Bulk(
        "returns_remind", "desk:returns", "rounds/<round:round_code>/many/remind/", "return.remind", gettext_lazy("催报"), gettext_lazy("催这些工会上报摸排表"), "bell",
        gettext_lazy("家"), (gettext_lazy("工会"), gettext_lazy("催过几次"), gettext_lazy("谁会收到通知")), "org__code", _look_silent, _remind,
    ),
    Bulk(
        "families_excuse", "desk:families", "rounds/<round:round_code>/many/excuse/", "visit.plan", gettext_lazy("走访延期"), gettext_lazy("登记这些家庭的走访延期"),
        "calendar", gettext_lazy("户"), _FAMILY, "code", _look_families(lambda lead, _visit: str(lead.clock_on)), _excuse, lambda asked, _seen, _place: ExcuseForm(asked),
    ),
    Bulk(
        "families_team", "desk:families", "rounds/<round:round_code>/many/team/", "visit.plan", gettext_lazy("安排走访人"), gettext_lazy("把这些家庭安排给两位走访人"),
        "users", gettext_lazy("户"), _FAMILY, "code", _look_families(lambda _lead, visit: visit_plan.standing_visit(visit)), _team,
        TeamDay,
    ),
    Bulk(
        "notices_read", "desk:notices", "notices/many/read/", "account.own", gettext_lazy("标为已读"), gettext_lazy("把这些通知标为已读"), "check",
        gettext_lazy("条"), (gettext_lazy("日期"), gettext_lazy("通知")), "pk", _look_notices,
        lambda seen, _place, shown, _said: mark_many_read(shown=shown, by=seen.user),
    ),
)  # fmt: skip
