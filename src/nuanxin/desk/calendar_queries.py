"""The calendar: the working days of the official calendar, what falls due on each day, and what is missing in it."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from nuanxin.desk import words
from nuanxin.desk.today import Queue
from nuanxin.records.services import next_year_missing, official_days, official_years
from nuanxin.ui.viewer import Viewer

TITLES = ("日期", "星期", "是否上班", "放假或调休", "到期件数")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the month shown. ``worked`` is None where its year has no official calendar; ``named`` says why it differs from the plain
    week; ``due`` is how much of the viewer's work falls due."""

    on: date
    worked: bool | None
    named: str
    due: int

    @property
    def kind(self) -> str:
        return "open" if self.worked is None else "work" if self.worked else "rest"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is missing or wrong, and what to do about it; ``bad``: deadlines cannot be counted now."""

    what: str
    do: str
    bad: bool


def month(seen: Viewer, first: date) -> list[Day]:
    """The days of the month that begins on ``first``."""
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    special, years = official_days(first, last), official_years()
    due = Queue(seen).by_day(first, last)
    days = [first + timedelta(days=n) for n in range(last.day)]
    return [
        Day(
            day, special[day][0] if day in special else day.weekday() < 5 if day.year in years else None,
            str(words.HOLIDAY.get(special[day][1], special[day][1])) if day in special else "", due.get(day, 0),
        )
        for day in days
    ]  # fmt: skip


def weeks(days: list[Day]) -> list[list[Day | None]]:
    """The days in rows from Monday to Sunday, with None for what belongs to the months beside."""
    cells: list[Day | None] = [*[None] * days[0].on.weekday(), *days]
    cells += [None] * (-len(cells) % 7)
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]


def alarms(seen: Viewer, days: list[Day]) -> list[Alarm]:
    """What is to be done about the calendar, the worst first."""
    loads = seen.may("calendar.load")
    do = (
        _("按国务院办公厅的放假通知，在本页下方录入。") if loads
        else _("请系统管理员按国务院办公厅的放假通知录入；录入前，跨到这一年的期限算不出来。")
    )  # fmt: skip
    years = official_years()
    missing = {year: True for year in (seen.today.year, days[0].on.year) if year not in years}
    if (following := next_year_missing(seen.today)) is not None:
        missing.setdefault(following, False)
    found = [
        Alarm(
            _("%(year)d 年没有放假调休安排，工作日的期限无法推算。") % {"year": year} if bad
            else _("%(year)d 年的放假调休还没有录入。") % {"year": year},
            do, bad,
        )
        for year, bad in missing.items()
    ]  # fmt: skip
    if resting := [day for day in days if day.worked is False and day.due and day.on >= seen.today]:
        said = "、".join(words.short_day(day.on) for day in resting)
        found.append(Alarm(_("有期限落在休息日：%(days)s。") % {"days": said}, _("请在前一个工作日办完。"), False))
    return found


def rows(days: list[Day]) -> list[list[object]]:
    """The month for a spreadsheet."""
    said = {"work": "上班", "rest": "休息", "open": "未录入"}
    return [[day.on, words.weekday(day.on), said[day.kind], day.named, day.due] for day in days]
