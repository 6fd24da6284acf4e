"""The calendar: what is worked and what falls due, what is missing in it and what to do, entered in two steps by an administrator alone."""

from datetime import date

import pytest

from nuanxin.matters.models import Matter
from nuanxin.records import clock
from nuanxin.records.models import CalendarDay, Event
from nuanxin.records.services import seed_calendar

pytestmark = pytest.mark.django_db
DAY = date(2023, 9, 4)
NEXT = "2024-01-01,0,元旦\n2024-02-04,1,春节前补班"


@pytest.fixture
def matter(city):
    seed_calendar(through=2023)
    CalendarDay.objects.filter(on__year__gt=2023).delete()
    clock.set_demo_day(DAY)
    for n, due in enumerate((date(2023, 9, 8), date(2023, 9, 8), date(2023, 10, 2))):
        Matter.objects.create(
            code=f"QTX-M-{n}", kind="wish", content="一件事", org=city, owner=city, source="test", quarter="2023Q3", received_on=DAY,
            meeting=False, due_on=due,
        )  # fmt: skip


def test_a_month_says_what_is_worked_and_what_falls_due(sign_in, matter):
    client = sign_in("he")
    page = client.get("/calendar/?month=2023-10-05")
    text = page.content.decode()
    assert [alarm.what for alarm in page.context["alarms"]] == ["有期限落在休息日：10月2日。"]
    days = {day.on: day for week in page.context["weeks"] for day in week if day}
    assert len(days) == 31
    assert not days[date(2023, 10, 2)].worked
    assert days[date(2023, 10, 7)].worked, "a Saturday that is worked"
    assert "国庆节" in text
    assert (days[date(2023, 10, 2)].due, days[date(2023, 10, 3)].due) == (1, 0)
    assert "/desk/?tab=all&amp;day=2023-10-02" in text
    work = client.get("/desk/?tab=all&day=2023-10-02")
    assert [row.ref for row in work.context["page"]] == ["QTX-M-2"]
    assert "只看 2023年10月2日到期的。" in work.content.decode()
    assert "的值不在可选项里" in client.get("/desk/?day=soon").content.decode()


def test_the_other_city_counts_its_own(sign_in, matter):
    days = [day for week in sign_in("wu").get("/calendar/").context["weeks"] for day in week if day]
    assert sum(day.due for day in days) == 0
    for other in ("ma", "tian", "bai", "pan"):
        assert sign_in(other).get("/calendar/").status_code == 404


def test_a_year_without_an_official_calendar_is_an_alarm_that_says_what_to_do(sign_in, matter):
    far = sign_in("he").get("/calendar/?month=2024-05-01")
    (alarm,) = far.context["alarms"]
    assert alarm.bad
    assert "2024 年没有放假调休安排" in alarm.what
    assert "请系统管理员" in alarm.do
    assert "未录入" in far.content.decode()
    (alarm,) = sign_in("guan").get("/calendar/?month=2024-05-01").context["alarms"]
    assert "在本页下方录入" in alarm.do
    # In the last quarter the coming year is missed before it is too late, and today's work leads here.
    clock.set_demo_day(date(2023, 11, 6))
    (alarm,) = sign_in("he").get("/calendar/").context["alarms"]
    assert (alarm.bad, alarm.what) == (False, "2024 年的放假调休还没有录入。")
    assert 'href="/calendar/"' in sign_in("guan").get("/desk/?tab=all").content.decode().split('id="list"')[1]


def test_official_days_are_looked_at_then_entered(sign_in, matter):
    client = sign_in("guan")
    look = client.post("/calendar/", {"days": NEXT}).content.decode()
    assert "录入 2 天" in look
    assert "2024年1月1日 周一 · 放假 · 元旦" in look
    assert not CalendarDay.objects.filter(on__year=2024).exists()
    done = client.post("/calendar/", {"days": NEXT, "sure": "yes"}, follow=True)
    assert "已录入 2 天。" in done.content.decode()
    assert CalendarDay.objects.filter(on__year=2024).count() == 2
    assert Event.objects.filter(verb="calendar.load", subject="calendar:2024").count() == 1
    assert client.get("/calendar/?month=2024-05-01").context["alarms"] == []


def test_a_line_that_cannot_be_read_is_named(sign_in, matter):
    said = sign_in("guan").post("/calendar/", {"days": "2024-01-01,0,元旦\n明年初二,0,春节"}, follow=True)
    assert "第 3 行应为" in str([str(message) for message in said.context["messages"]])
    assert not CalendarDay.objects.filter(on__year=2024).exists()
    assert sign_in("guan").post("/calendar/", {"days": ""}).status_code == 422


def test_who_may_not_enter_is_not_asked_and_cannot(sign_in, matter):
    for who in ("he", "shen"):
        client = sign_in(who)
        assert "<textarea" not in client.get("/calendar/").content.decode()
        assert client.post("/calendar/", {"days": NEXT, "sure": "yes"}).status_code == 302
    assert not CalendarDay.objects.filter(on__year=2024).exists()


def test_the_month_is_sent_out(sign_in, matter):
    answer = sign_in("he").post("/calendar/?month=2023-10-01", {"purpose": "排班", "format": "csv"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "日期,星期,是否上班,放假或调休,到期件数"
    assert len(lines) == 32


@pytest.mark.parametrize("month", ["x", "2023-13-01", "0001-01-01", "9999-12-31"])
def test_a_month_that_cannot_be_read_is_said(sign_in, matter, month):
    answer = sign_in("he").get("/calendar/", {"month": month})
    assert answer.status_code == 200
    assert "看不懂网址里的月份" in answer.content.decode()
