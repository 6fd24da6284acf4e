"""Acts on many rows: a look first, what cannot be touched is counted, the confirmed act is one set, and what somebody changed is left alone."""

import html
import json
import re
from datetime import date, timedelta

import pytest
from tests.desk.one_family import DAY, world

from nuanxin.care.models import Lead, Visit
from nuanxin.matters.models import Matter
from nuanxin.records.models import Event
from nuanxin.union.models import Household, Notice, Org
from nuanxin.union.services import tell

pytestmark = pytest.mark.django_db
__all__ = ["world"]
ASSIGN, EXCUSE, TEAM = "/matters/many/assign/", "/rounds/QTX-2023Q3/many/excuse/", "/rounds/QTX-2023Q3/many/team/"


@pytest.fixture
def matters(world, city):
    """Three open wishes and one that has ended, beside the planted matters; and one of the other city."""
    union, other = Org.objects.get(code="QTX-01-E01"), Org.objects.get(code="WZ")
    for n, state in enumerate(("open", "open", "open", "done")):
        Matter.objects.create(
            code=f"QTX-M-{n}", kind="wish", content=f"第{n}件", org=union, owner=city, source="test", quarter="2023Q3",
            received_on=DAY, meeting=False, due_on=DAY, state=state, ended_on=DAY if state == "done" else None, answer="好" if state == "done" else "",
        )  # fmt: skip
    Matter.objects.create(
        code="WZ-M-1", kind="wish", content="外市的事", org=other, owner=other, source="test", quarter="2023Q3", received_on=DAY,
        meeting=False, due_on=DAY,
    )  # fmt: skip


@pytest.fixture
def families(world):
    """Three families that wait for a visit at one union, beside the planted ones."""
    union, round_ = Org.objects.get(code="QTX-01-E01"), Lead.objects.get(code="QTX-2023Q3-PLANT").round
    for n in range(3):
        house = Household.objects.create(code=f"QTX-H8{n}", org=union, worker_name=f"待访{n}")
        Lead.objects.create(
            code=f"QTX-2023Q3-W{n}", round=round_, source="again", org=union, household=house, worker_name=f"待访{n}", members=2,
            opened_on=DAY, clock_on=DAY + timedelta(days=n), state="due",
        )  # fmt: skip
    return round_


def carried(answer):
    """What the page of an act carries back."""
    found = re.search(r'name="shown" value="([^"]*)"', answer.content.decode())
    return html.unescape(found[1]) if found else ""


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_ticked_matters_are_shown_then_given_to_one_owner(sign_in, matters):
    client = sign_in("he")
    page = client.get("/matters/").content.decode()
    assert f'formaction="{ASSIGN}"' in page
    look = client.post(ASSIGN, {"keys": ["QTX-M-0", "QTX-M-1", "QTX-M-3", "WZ-M-1"]})
    text = look.content.decode()
    assert json.loads(carried(look)) == {"QTX-M-0": "QTX", "QTX-M-1": "QTX"}
    assert "1 件这次不动：已经办结或撤回" in text
    assert "外市的事" not in text
    assert "WZ-M-1" not in text
    assert not Matter.objects.filter(owner__code="QTX-01-E06").exists(), "looking changes nothing"
    before = Event.objects.count()
    done = client.post(ASSIGN, {"shown": carried(look), "owner": "QTX-01-E06"}, follow=True)
    assert told(done) == ["已办 2 条。"]
    assert set(Matter.objects.filter(owner__code="QTX-01-E06").values_list("code", flat=True)) == {"QTX-M-0", "QTX-M-1"}
    assert Event.objects.filter(verb="matter.assign").count() == Event.objects.count() - before == 2
    # A double click: nothing again, and it says so.
    again = client.post(ASSIGN, {"shown": carried(look), "owner": "QTX-01-E06"}, follow=True)
    assert told(again) == ["2 条已经是这样，没有重复办。"]
    assert Event.objects.count() == before + 2


def test_what_somebody_changed_meanwhile_is_left_alone_and_named(sign_in, matters):
    client = sign_in("he")
    look = client.post(ASSIGN, {"keys": ["QTX-M-0", "QTX-M-1", "QTX-M-2"]})
    Matter.objects.filter(code="QTX-M-0").update(owner=Org.objects.get(code="QTX-01"))
    Matter.objects.filter(code="QTX-M-1").update(state="done", ended_on=DAY, answer="好了")
    done = client.post(ASSIGN, {"shown": carried(look), "owner": "QTX-01-E06"}, follow=True)
    assert told(done) == ["已办 1 条。", "2 条在您看过之后有人动过，没有办：QTX-M-0、QTX-M-1。请再看一遍。"]
    assert Matter.objects.get(code="QTX-M-0").owner.code == "QTX-01"
    assert Matter.objects.get(code="QTX-M-1").owner.code == "QTX"


def test_all_that_the_filter_finds(sign_in, matters):
    client = sign_in("he")
    look = client.post(ASSIGN, {"all": "1", "filter": "kind=wish"})
    wishes = {"QTX-M-0", "QTX-M-1", "QTX-M-2", "QTX-M-PLANT-W"}
    assert set(json.loads(carried(look))) == wishes
    look = client.post(ASSIGN, {"all": "1", "filter": ""})
    assert set(json.loads(carried(look))) == {*wishes, "QTX-M-PLANT"}


def test_nothing_ticked_too_many_or_nonsense_is_a_sentence(sign_in, matters, monkeypatch):
    client = sign_in("he")
    assert told(client.post(ASSIGN, {}, follow=True)) == ["请先勾选，再办“交办”。"]
    assert told(client.get(ASSIGN, follow=True)) == ["请先勾选，再办“交办”。"]
    for shown in ("nonsense", "[1]", "{}", '{"QTX-M-0": 3}'):
        assert told(client.post(ASSIGN, {"shown": shown, "owner": "QTX"}, follow=True)) == ["没有可以办的。"]
    monkeypatch.setattr("nuanxin.desk.views.bulk.MOST", 2)
    assert told(client.post(ASSIGN, {"all": "1", "filter": ""}, follow=True)) == ["一次最多办 2 条，请先筛选。"]
    wrong = client.post(ASSIGN, {"shown": '{"QTX-M-0": "QTX"}', "owner": ""})
    assert wrong.status_code == 422
    assert json.loads(carried(wrong)) == {"QTX-M-0": "QTX"}


def test_another_citys_matters_cannot_be_named(sign_in, matters):
    client = sign_in("he")
    done = client.post(ASSIGN, {"shown": '{"WZ-M-1": "WZ"}', "owner": "QTX"}, follow=True)
    assert "不归您交办" in told(done)[0]
    assert Matter.objects.get(code="WZ-M-1").owner.code == "WZ"
    stranger = sign_in("wu")
    look = stranger.post(ASSIGN, {"keys": ["QTX-M-0"], "all": "1"})
    assert "第0件" not in look.content.decode()
    refused = stranger.post(ASSIGN, {"shown": '{"QTX-M-0": "QTX"}', "owner": "WZ"}, follow=True)
    assert "不归您交办" in told(refused)[0]
    assert sign_in("ma").post(ASSIGN, {"keys": ["QTX-M-0"]}).status_code == 404


def test_families_are_excused_together(sign_in, families):
    client = sign_in("he")
    assert f'formaction="{EXCUSE}"' in client.get("/rounds/QTX-2023Q3/families/").content.decode()
    look = client.post(EXCUSE, {"keys": ["QTX-2023Q3-W0", "QTX-2023Q3-W1", "QTX-2023Q3-PLANT"]})
    assert "1 户这次不动：不在待走访的环节" in look.content.decode()
    shown = carried(look)
    Lead.objects.filter(code="QTX-2023Q3-W1").update(clock_on=date(2023, 9, 1))
    past = client.post(EXCUSE, {"shown": shown, "reason": "住院", "until": "2023-07-01"}, follow=True)
    assert "新的期限应晚于今天" in told(past)[0]
    said = {"shown": shown, "reason": "防汛，路断了", "until": "2023-08-15"}
    assert told(client.post(EXCUSE, said, follow=True)) == [
        "已办 1 条。", "1 条在您看过之后有人动过，没有办：QTX-2023Q3-W1。请再看一遍。",
    ]  # fmt: skip
    lead = Lead.objects.get(code="QTX-2023Q3-W0")
    assert (lead.clock_on, lead.excuse) == (date(2023, 8, 15), "防汛，路断了")
    assert Event.objects.filter(verb="visit.excuse").count() == 1
    assert told(client.post(EXCUSE, said, follow=True))[0] == "1 条已经是这样，没有重复办。"


def test_families_are_given_to_two_visitors_on_a_day(sign_in, cast, families):
    client = sign_in("he")
    planned = Visit.objects.create(
        lead=Lead.objects.get(code="QTX-2023Q3-W2"), planned_on=DAY, place_in_day=1, visitor_one="许安然", visitor_two="何秋实",
        account_one=cast["xu"], account_two=cast["he"],
    )  # fmt: skip
    look = client.post(TEAM, {"all": "1", "filter": "q=待访"})
    assert set(json.loads(carried(look))) == {"QTX-2023Q3-W0", "QTX-2023Q3-W1", "QTX-2023Q3-W2"}
    alone = client.post(TEAM, {"shown": carried(look), "one": "bai", "two": "bai", "day": "2023-07-10"})
    assert "每组须两个人" in alone.content.decode()
    said = {"shown": carried(look), "one": "bai", "two": "xu", "day": "2023-07-10"}
    assert told(client.post(TEAM, said, follow=True)) == ["已办 3 条。"]
    visits = Visit.objects.filter(planned_on=date(2023, 7, 10)).order_by("place_in_day")
    assert [(visit.lead.code, visit.place_in_day) for visit in visits] == [
        ("QTX-2023Q3-W0", 1), ("QTX-2023Q3-W1", 2), ("QTX-2023Q3-W2", 3),
    ]  # fmt: skip
    assert planned.pk in {visit.pk for visit in visits}, "the visit stays the same row"
    assert told(client.post(TEAM, said, follow=True)) == ["3 条已经是这样，没有重复办。"]
    again = said | {"shown": carried(client.post(TEAM, {"all": "1", "filter": "q=待访"})), "half": "pm"}
    assert told(client.post(TEAM, again, follow=True)) == ["已办 3 条。"]
    assert set(Visit.objects.filter(lead__code__startswith="QTX-2023Q3-W").values_list("planned_half", flat=True)) == {
        "pm"
    }
    assert Visit.objects.filter(lead__code__startswith="QTX-2023Q3-W").count() == 3


def test_who_has_no_post_for_it_is_not_sent(sign_in, cast, families):
    client = sign_in("he")
    said = {"shown": '{"QTX-2023Q3-W0": ""}', "one": "bai", "two": "tian", "day": "2023-07-10"}
    assert client.post(TEAM, said).status_code == 422
    for other in ("ma", "bai", "shen"):
        assert sign_in(other).post(TEAM, said).status_code == 404
    assert sign_in("wu").post(TEAM, said).status_code in (302, 404, 422)
    assert not Visit.objects.filter(lead__code="QTX-2023Q3-W0").exists()


def test_round_acts_take_all_that_the_filter_finds(sign_in, families):
    client = sign_in("he")
    answer = client.post("/rounds/QTX-2023Q3/back/", {"all": "1", "filter": "q=独孤"})
    assert answer.status_code == 200
    assert "QTX-H73917" in answer.content.decode()
    nobody = client.post("/rounds/QTX-2023Q3/back/", {"all": "1", "filter": "q=待访"}, follow=True)
    assert "请先勾选家庭" in told(nobody)[0]


def test_notices_are_read_together_and_nobody_elses(sign_in, cast):
    lines = [(cast["xu"].pk, "matter.raised", f"matter:QTX-M-{n}", {}) for n in range(3)]
    tell([*lines, (cast["he"].pk, "matter.raised", "matter:QTX-M-9", {})], on=DAY)
    client = sign_in("xu")
    keys = list(Notice.objects.values_list("pk", flat=True))
    look = client.post("/notices/many/read/", {"keys": keys})
    assert len(json.loads(carried(look))) == 3
    client.post("/notices/", {"notice": keys[-1]})
    done = client.post("/notices/many/read/", {"shown": carried(look)}, follow=True)
    assert told(done)[-2:] == ["已办 2 条。", "1 条已经是这样，没有重复办。"]
    assert Notice.objects.filter(read_at=None).count() == 1
    assert Notice.objects.get(read_at=None).user == cast["he"]


REMIND = "/rounds/QTX-2023Q3/many/remind/"


def test_silent_unions_are_reminded_from_the_board_and_the_returns(sign_in, world):
    client = sign_in("he")
    for address in ("/rounds/QTX-2023Q3/", "/rounds/QTX-2023Q3/returns/?tab=unions"):
        assert f'action="{REMIND}"' in client.get(address).content.decode()
    look = client.post(REMIND, {"all": "1", "filter": "tab=unions&state=silent"})
    text = look.content.decode()
    assert set(json.loads(carried(look))) == {"QTX-01-E01-A", "QTX-01-E06", "QTX-01-E09", "QTX-01-E10"}
    assert "没有基层经办账号" in text
    assert not Notice.objects.exists(), "looking tells nobody"
    done = client.post(REMIND, {"shown": carried(look), "filter": "tab=unions&state=silent"}, follow=True)
    assert told(done) == ["已办 4 条。"]
    assert done.redirect_chain[-1][0] == "/rounds/QTX-2023Q3/returns/?state=silent&tab=unions"
    assert "已催 1 次，上次 7月7日" in done.content.decode()
    assert told(client.post(REMIND, {"shown": carried(look)}, follow=True)) == ["4 条已经是这样，没有重复办。"]
    assert Event.objects.filter(verb="return.remind").count() == 4
    again = client.post(REMIND, {"keys": ["QTX-01-E06", "QTX-01-E01"]})
    assert carried(again) == "{}"
    assert "1 家这次不动：今天已经催过" in again.content.decode()
    assert "1 家这次不动：已经上报" in again.content.decode()

    told_officer = sign_in("ma").get("/notices/").content.decode()
    assert "您负责的 4 家工会还没有上报摸排表，最迟 8月31日" in told_officer
    assert 'href="/rounds/QTX-2023Q3/returns/send/"' in told_officer
    assert sign_in("ma").get("/notices/?kind=return").context["page"].paginator.count == 1


def test_who_may_not_remind_has_no_button_and_no_page(sign_in, world):
    for who in ("ma", "shen", "tian"):
        client = sign_in(who)
        assert REMIND not in client.get("/rounds/QTX-2023Q3/returns/?tab=unions").content.decode()
        assert client.post(REMIND, {"all": "1", "filter": ""}).status_code == 404
    stranger = sign_in("wu")
    assert stranger.post(REMIND, {"keys": ["QTX-01-E06"]}).status_code == 404
