"""The visit plan's pages: planned with a look first, seen by day and team, each role its own."""

import re
from datetime import date, time

import pytest

from nuanxin.care.models import Lead, Round, Visit
from nuanxin.care.routing import Hours
from nuanxin.care.services import visit_plan
from nuanxin.records.models import Event
from nuanxin.union.models import Household, Org
from nuanxin.union.rules import VISITOR
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2022, 9, 5)
HERE = "/rounds/QTX-2022Q3/visits/"
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
    assert {wu.get(url).status_code for url in days} == {404}
    own = "".join(text(wu.get(url.replace("QTX", "WZ"))) for url in days)
    assert ("外＊" in own, [mark for mark in marks if f"{mark}＊" in own]) == (True, [])
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


ORDER, SHEET = f"{HERE}2022-09-05/order/", f"{HERE}2022-09-05/"


@pytest.fixture
def route(round_, cast, sign_in):
    """The three families on one day of bai and luo, with an hour for each."""
    hours = Hours(time(9), (time(10), time(14)))
    asked = {"round_": round_, "teams": [(cast["bai"], cast["luo"])], "days": [DAY], "by": cast["he"], "on": DAY}
    return visit_plan.plan(**asked, hours=hours)[0]


def stands():
    return [
        (visit.lead.code[-2:], visit.when) for visit in Visit.objects.select_related("lead").order_by("place_in_day")
    ]


def sent(page, **more):
    """The form of a route as the page has it."""
    said = dict(re.findall(r'name="(shown|at_\d|half_\d)"[^>]*value="([^"]*)"', page))
    return {**said, "key": re.findall(r'name="key" value="(\d+)"', page), **more}


def test_a_stop_moves_up_and_takes_the_hour_of_its_place(sign_in, route):
    client = sign_in("he")
    before = stands()
    form = sent(text(client.get(ORDER)), move=f"up-{route[1].pk}")
    answer = client.post(ORDER, form)
    assert answer.headers["Location"].endswith(f"?team=1#stop-{route[1].pk}")
    swapped = [before[1][0], before[0][0], before[2][0]]
    assert stands() == list(zip(swapped, [at for _, at in before], strict=True))
    assert "没有更改" in text(client.post(ORDER, form, follow=True)), "the same press again moves nothing"
    assert Event.objects.filter(verb="visit.order").count() == 1
    assert Event.objects.filter(verb="visit.hour").count() == 2
    assert "3 户" in text(client.get(ORDER))
    down = sent(text(client.get(ORDER)), move=f"down-{route[1].pk}")
    client.post(ORDER, down)
    assert stands() == before


def test_hours_are_changed_and_never_run_backwards(sign_in, route):
    client = sign_in("he")
    page = text(client.get(ORDER))
    assert client.post(ORDER, sent(page, at_0="25:00")).status_code == 422
    both = client.post(ORDER, sent(page, half_0="am"))
    assert "就不用选上午下午" in both.content.decode()
    for wrong in (
        {"at_0": "16:00"},
        {"at_0": "", "half_0": "pm", "at_1": "11:00"},
        {"at_1": "13:00", "at_2": "", "half_2": "am"},
    ):
        assert "早于前面的" in text(client.post(ORDER, sent(page, **wrong), follow=True))
    assert [at for _, at in stands()] == ["9:00", "14:00", "15:10"]
    said = sent(page, at_0="", half_0="am", at_1="09:30", at_2="", half_2="pm")
    client.post(ORDER, said)
    assert [at for _, at in stands()] == ["am", "9:30", "pm"]


def test_a_route_that_changed_meanwhile_is_looked_at_again(sign_in, route, round_):
    client = sign_in("he")
    form = sent(text(client.get(ORDER)), at_2="16:00")
    Visit.objects.filter(pk=route[2].pk).update(planned_at=time(17))
    assert "再看一遍" in text(client.post(ORDER, form, follow=True))
    forged = form | {"key": [route[0].pk, route[0].pk, 10**30, "x"]}
    assert "再看一遍" in text(client.post(ORDER, forged, follow=True))
    Round.objects.filter(pk=round_.pk).update(state="closed", decided_on=DAY)
    assert client.get(ORDER).status_code == 404


def test_a_stop_that_is_made_keeps_its_place(sign_in, route):
    Visit.objects.filter(pk=route[1].pk).update(visited_on=DAY, conclusion="nobody_home")
    client = sign_in("he")
    page = text(client.get(ORDER))
    assert f"up-{route[1].pk}" not in page
    client.post(ORDER, sent(page, move=f"up-{route[2].pk}"))
    assert dict(Visit.objects.values_list("pk", "place_in_day")) == {route[2].pk: 1, route[1].pk: 2, route[0].pk: 3}


def test_the_shortest_way_is_asked_for(sign_in, route):
    client = sign_in("he")
    far = {"QTX-01-E01": ("38.00", "106.00"), "QTX-03-C2": ("38.30", "106.30")}
    for code, (lat, lon) in far.items():
        Org.objects.filter(code=code).update(latitude=lat, longitude=lon)
    away = next(visit for visit in route if visit.lead.org.code == "QTX-03-C2")
    for place, visit in enumerate(sorted(route, key=lambda v: (v == away) if v != route[-1] else 2), 1):
        Visit.objects.filter(pk=visit.pk).update(place_in_day=place, planned_at=None)
    client.post(ORDER, sent(text(client.get(ORDER)), move="way"))
    assert Visit.objects.get(pk=away.pk).place_in_day in (1, 3), "the two of one town follow one another"


def test_a_route_sheet_is_opened_once_a_day_and_the_families_see_it(sign_in, route):
    client = sign_in("he")
    closed = text(client.get(SHEET))
    assert "打开路线单" in closed
    assert "要看：" not in closed
    assert client.post(SHEET, {"format": "csv", "purpose": "走访"}).status_code == 302
    assert not Event.objects.filter(verb="household.read").exists()
    opened = text(client.post(SHEET, follow=True))
    for said in (
        "欧＊",
        "9:00",
        "古峡街道＊＊",
        "带核查授权书",
        "要看：身份证、户口簿",
        "走访人 白秀磊 签字",
        "走访人 罗小满 签字",
    ):
        assert said in opened, said
    assert not {"永安路 1", "12000", "12,000"} & {word for word in ("永安路 1", "12000", "12,000") if word in opened}
    client.post(SHEET)
    looks = Event.objects.filter(verb="household.read", by="he")
    assert sorted(looks.values_list("subject", flat=True)) == [
        "household:QTX-H1",
        "household:QTX-H2",
        "household:QTX-H3",
    ]
    assert {look.facts["what"] for look in looks} == {"route"}
    table = client.post(SHEET, {"format": "csv", "purpose": "走访"}).content.decode("utf-8-sig")
    assert table.splitlines()[1].startswith("1,9:00,白秀磊,罗小满,")
    assert table.count("\n") == 4
    assert "先写明导出做什么用" in text(client.post(SHEET, {"format": "csv"}, follow=True))


def test_a_family_that_comes_later_is_opened_too(sign_in, route):
    client = sign_in("he")
    client.post(SHEET)
    Visit.objects.filter(pk=route[0].pk).update(lead=Lead.objects.create(
        code="QTX-2022Q3/L9", round=route[0].lead.round, source="reported", org=route[0].lead.org, worker_name="后来人", opened_on=DAY,
        clock_on=DAY, state="held", held_code="name", members=1, income=1, homes=0,
    ))  # fmt: skip
    assert "打开路线单" in text(client.get(SHEET))
    assert "后＊人" in text(client.post(SHEET, follow=True))
    assert Event.objects.filter(subject="lead:QTX-2022Q3/L9", verb="household.read").count() == 1


def test_a_visitor_opens_the_own_sheet_alone(sign_in, route, cast):
    Visit.objects.filter(pk=route[0].pk).update(account_one=cast["he"])
    client = sign_in("bai")
    page = text(client.post(SHEET, follow=True))
    assert page.count("要看：") == 2
    assert "导出" not in page
    assert "古峡街道＊＊" in page
    client.post("/visits/")
    assert "永安路 " in text(client.get(SHEET)), "who started the day sees the whole address"
    assert client.get(ORDER).status_code == 404
    for who in ("ma", "tian", "pan", "guan"):
        assert sign_in(who).get(SHEET).status_code == sign_in(who).post(SHEET).status_code == 404, who
    assert "这一天没有安排走访" in text(sign_in("bai").get(f"{HERE}2022-09-09/"))


def test_sums_by_team_and_day_and_how_long_a_day_takes(sign_in, round_):
    client = sign_in("he")
    page = text(confirm(client))
    assert "每组每天几户" in page
    row = page.split("每组每天几户")[1].split("<tbody>")[1].split("</tr>")[0]
    assert re.findall(r'class="r">(\d)<', row) == ["2", "1", "3"]
    assert "2 户，约" in page
    assert f'href="{SHEET}"' in page
    assert f'href="{ORDER}?team=1"' in page
    assert ORDER not in text(sign_in("shen").get(HERE))
