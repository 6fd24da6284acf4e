"""The visit plan's pages: planned with a look first, seen by day and team, each role its own."""

from datetime import date

import pytest

from nuanxin.care.models import Lead, Round, Visit
from nuanxin.records.models import Event
from nuanxin.union.models import Household, Org
from nuanxin.union.rules import VISITOR
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2022, 9, 5)
HERE = "/rounds/2022Q3/visits/"
LOOK = "look=1&one_0=bai&two_0=luo&day=2022-09-05&day=2022-09-06&per_day=2"


@pytest.fixture
def round_(city, cast, monkeypatch):
    """A quarter with three families to be visited, and one of the other city that could leak."""
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    appoint(user="luo", name="罗小满", org=city, role=VISITOR, from_on=date(2022, 1, 1), by="setup")
    cast["luo"] = type(cast["he"]).objects.get(username="luo")
    other = Org.objects.get(code="WZ")
    for org, code, unions in ((city, "QTX", ("QTX-01-E01", "QTX-03-C2", "QTX-01-E01")), (other, "WZ", ("WZ-01-E01",))):
        made = Round.objects.create(
            code=f"{code}-2022Q3", org=org, quarter="2022Q3", opened_on=date(2022, 7, 1), returns_due_on=date(2022, 8, 31),
            visits_due_on=date(2022, 9, 30), policy="qingtongxia", area="QTX",
        )  # fmt: skip
        for n, union in enumerate(unions, 1):
            house = Household.objects.create(
                code=f"{code}-H{n}", org=Org.objects.get(code=union), worker_name=f"{'外' if code == 'WZ' else '欧司孟'[n - 1]}阳独{n}",
                address=f"古峡街道永安路 {n} 号",
            )  # fmt: skip
            Lead.objects.create(
                code=f"{code}-2022Q3/L{n}", round=made, source="reported", org=house.org, household=house, worker_name=house.worker_name,
                opened_on=DAY, clock_on=date(2022, 9, 10), state="due", members=3, income=12000, homes=1,
            )  # fmt: skip
    return Round.objects.get(code="QTX-2022Q3")


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def confirm(client, query=LOOK):
    """Look at a plan and confirm what was looked at."""
    page = client.get(f"{HERE}plan/?{query}")
    carried = [pair.split("=") for pair in query.split("&")]
    told = {"seen": page.context["seen_digest"]}
    for name, value in carried:
        told.setdefault(name, []).append(value)
    return client.post(f"{HERE}plan/?{query}", told, follow=True)


def test_a_plan_is_looked_at_before_anything_is_changed(sign_in, round_):
    client = sign_in("he")
    assert "待走访 3 户" in text(client.get(f"{HERE}plan/"))
    look = text(client.get(f"{HERE}plan/?{LOOK.replace('&day=2022-09-06', '')}"))
    assert "这样安排 2 户" in look
    assert "走访力量不足" in look
    assert not Visit.objects.exists()
    page = text(confirm(client))
    assert "已安排 3 户，0 户没有排进" in page
    assert "白秀磊" in page
    assert Visit.objects.filter(account_one__username="bai", account_two__username="luo").count() == 3
    assert Event.objects.filter(verb="visit.plan").count() == 1


def test_what_changed_since_the_look_is_looked_at_again(sign_in, round_):
    client = sign_in("he")
    page = client.get(f"{HERE}plan/?{LOOK}")
    Lead.objects.filter(code="QTX-2022Q3/L1").update(state="visited")
    told = {
        "look": "1", "one_0": "bai", "two_0": "luo", "day": ["2022-09-05", "2022-09-06"], "per_day": "2",
        "seen": page.context["seen_digest"],
    }  # fmt: skip
    answer = client.post(f"{HERE}plan/?{LOOK}", told, follow=True)
    assert "再看一遍" in text(answer)
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("look=1&one_0=bai&day=2022-09-05&per_day=8", "每组须两个人"),
        ("look=1&one_0=bai&two_0=luo&one_1=he&two_1=bai&day=2022-09-05&per_day=8", "一人只能在一个组"),
        ("look=1&one_0=bai&two_0=luo&per_day=8", "哪几天走访"),
        ("look=1&day=2022-09-05&per_day=8", "至少安排一组"),
        ("look=1&one_0=bai&two_0=luo&day=2022-09-04&per_day=8", "哪几天走访"),
        ("look=1&one_0=bai&two_0=wu&day=2022-09-05&per_day=8", "第 1 组"),
        ("look=1&one_0=bai&two_0=luo&day=2022-09-05&per_day=0", "每组每天几户"),
        ("look=1&one_0=bai&two_0=luo&day=2022-09-05&per_day=8&start=25:00", "9:00 这样的钟点"),
        ("look=1&one_0=bai&two_0=luo&day=2022-09-05&per_day=8&rest_from=12:00&rest_to=14:00", "请再写第一户几点"),
        ("look=1&one_0=bai&two_0=luo&day=2022-09-05&per_day=8&start=09:00&rest_from=12:00", "先早后晚"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(sign_in, round_, query, why):
    answer = sign_in("he").get(f"{HERE}plan/?{query}")
    assert answer.status_code == 422
    assert why in answer.content.decode().split('class="u-errors"')[1].split("</div>")[0]


def test_by_day_and_team_with_the_same_on_the_map(sign_in, round_):
    client = sign_in("he")
    confirm(client)
    page = client.get(HERE)
    shown = [visit for team in page.context["teams"] for visit in team.visits]
    assert len(shown) == 2
    assert (
        [place.mark for place in page.context["map"].places]
        == [str(visit.place_in_day) for visit in shown]
        == ["1", "2"]
    )
    assert text(page).count('class="u-map__pin ') == 2
    assert "没有等着安排的家庭" in text(client.get(f"{HERE}?day=none"))
    assert "还没有走访记录" in text(client.get(f"{HERE}?day=done"))
    assert (
        client.post(f"{HERE}?day=2022-09-05", {"format": "csv", "purpose": "走访"})
        .content.decode("utf-8-sig")
        .count("\n")
        == 3
    )


def test_hours_are_planned_and_shown(sign_in, round_):
    client = sign_in("he")
    look = f"{LOOK}&start=09:00&rest_from=10:30&rest_to=14:30"
    shown = text(client.get(f"{HERE}plan/?{look}")), text(confirm(client, look))
    assert all(">9:00<" in page and ">10:05<" not in page for page in shown)
    assert [visit.when for visit in Visit.objects.order_by("planned_on", "place_in_day")][::2] == ["9:00", "9:00"]
    sent = client.post(f"{HERE}?day=2022-09-05", {"format": "csv", "purpose": "走访"}).content.decode("utf-8-sig")
    assert "2022-09-05,9:00,1," in sent


def test_each_role_its_own(sign_in, round_, cast):
    confirm(sign_in("he"))
    Visit.objects.filter(lead__code="QTX-2022Q3/L1").update(account_one=cast["he"])
    marks = [lead.worker_name[0] for lead in Lead.objects.order_by("code")[:3]]
    days = [f"{HERE}?day={day}" for day in ("2022-09-05", "2022-09-06", "none", "done")]
    for who, sees in (("he", 3), ("xu", 3), ("shen", 3), ("luo", 3), ("bai", 2)):
        client = sign_in(who)
        pages = "".join(text(client.get(url)) for url in days)
        assert sum(f"{mark}＊" in pages for mark in marks) == sees, who
        assert "永安路" not in pages
        assert "外＊" not in pages
    for who in ("ma", "tian", "pan", "guan"):
        assert sign_in(who).get(HERE).status_code == 404, who
    wu = sign_in("wu")
    assert not any(f"{mark}＊" in text(wu.get(url)) for url in days for mark in marks)
    assert wu.get(f"{HERE}QTX-2022Q3/L1/excuse/").status_code == 404


def test_who_plans(sign_in, round_):
    for who in ("ma", "tian", "pan", "guan", "bai", "shen"):
        assert sign_in(who).get(f"{HERE}plan/").status_code == 404, who
    for url in (f"{HERE}plan/", f"{HERE}QTX-2022Q3/L1/excuse/", HERE):
        assert sign_in("guan").post(url).status_code == 404


def test_a_closed_quarter_is_not_planned(sign_in, round_):
    Round.objects.filter(pk=round_.pk).update(state="closed", decided_on=DAY)
    assert sign_in("he").get(f"{HERE}plan/").status_code == 404
    assert "安排新的走访" not in text(sign_in("he").get(HERE)).split("d-head")[1].split("</div></div>")[0]


def test_an_excuse_needs_a_reason_and_a_later_day(sign_in, round_):
    client = sign_in("he")
    url = f"{HERE}QTX-2022Q3/L1/excuse/"
    assert "登记走访延期" in text(client.get(url))
    assert client.post(url, {"reason": "", "until": ""}).status_code == 422
    assert "新的期限应晚于今天" in text(client.post(url, {"reason": "住院", "until": "2022-09-05"}, follow=True))
    page = text(client.post(url, {"reason": "住院", "until": "2022-10-08"}, follow=True))
    assert "已登记延期" in page
    assert "住院" in page
    assert Lead.objects.get(code="QTX-2022Q3/L1").clock_on == date(2022, 10, 8)


def test_in_english(sign_in, round_):
    client = sign_in("he")
    client.cookies["django_language"] = "en"
    assert "Plan visits" in text(client.get(HERE))
    assert "3 families to visit" in text(client.get(f"{HERE}plan/"))


def test_however_many_visits_the_queries_stay_few(sign_in, round_, django_assert_max_num_queries):
    client = sign_in("he")
    confirm(client)
    with django_assert_max_num_queries(20):
        client.get(HERE)
    with django_assert_max_num_queries(22):
        client.get(f"{HERE}plan/?{LOOK}")


def test_the_menu_leads_to_the_quarter_under_way(sign_in, round_):
    assert sign_in("bai").get("/visit-plan/").headers["Location"] == HERE
    assert sign_in("ma").get("/visit-plan/").status_code == 404
