"""Problems and wishes on the desk: the list with both clocks, one matter, its answer and its owner, and what is written down."""

from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.matters.models import Matter
from nuanxin.matters.services import MatterRow, receive_many
from nuanxin.records.models import Event
from nuanxin.records.services import Refused
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
DAY = date(2022, 9, 1)


def row(code, content, kind="wish", name="田秀兰", on=DAY, meeting=None):
    return MatterRow(
        kind, content, name, "13812346021", Org.objects.get(code=code), f"test:{content}", "2022Q3", on, meeting
    )


@pytest.fixture
def matters(cast, monkeypatch):
    """A wish and a problem of one street, a wish of another, and one of the other city."""
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    rows = [
        row("QTX-01-E01", "一双防滑雨靴"), row("QTX-01-E01", "澡堂重建", "problem", meeting=True),
        row("QTX-03-C2", "独有的台灯", name="欧阳独兰"), row("WZ-01-E01", "吴忠的愿望"),
    ]  # fmt: skip
    ids = receive_many(rows, by=cast["he"], on=DAY)
    return [Matter.objects.get(pk=pk) for pk in ids]


def page(client, url, **more):
    return unescape(client.get(url, **more).content.decode())


def test_the_list_shows_both_clocks_masked_and_in_order(sign_in, matters):
    text = page(sign_in("he"), "/matters/")
    assert text.index("一双防滑雨靴") < text.index("澡堂重建")
    for words in ("马上办", "需会议决策，三个月内", "田＊兰", "办理中", "独有的台灯"):
        assert words in text
    assert "田秀兰" not in text
    assert "吴忠的愿望" not in text


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("kind=problem", "澡堂重建", "雨靴"), ("clock=at_once", "雨靴", "澡堂"), ("q=雨靴", "雨靴", "澡堂"), ("q=田秀", "雨靴", "台灯"),
        ("union=QTX-03-C2", "台灯", "雨靴"), ("state=done", "没有符合条件的事", "雨靴"), ("state=late", "没有符合条件的事", "雨靴"),
    ],
)  # fmt: skip
def test_filters(sign_in, matters, query, shown, hidden):
    text = page(sign_in("he"), f"/matters/?{query}").split('class="u-pager"')[0].split("<tbody>")[-1]
    assert shown in text
    assert hidden not in text


def test_what_is_late_is_found_the_day_after(sign_in, matters, monkeypatch):
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: date(2022, 9, 5))
    text = page(sign_in("ma"), "/matters/?state=late")
    assert "雨靴" in text
    assert "超期" in text
    assert "澡堂" not in text


@pytest.mark.parametrize("who", ["ma", "tian"])
def test_a_street_and_a_steward_find_nothing_of_another_union(sign_in, matters, who):
    client = sign_in(who)
    for url in ("/matters/", "/matters/?q=独有", "/matters/?union=QTX-03-C2", "/desk/?tab=all"):
        text = page(client, url)
        assert "台灯" not in text
        assert "西苑" not in text
    assert "雨靴" in page(client, "/matters/")
    assert client.get(f"/matters/{matters[2].code}/").status_code == 404
    assert client.get(f"/matters/{matters[3].code}/").status_code == 404


@pytest.mark.parametrize("who", ["bai", "pan", "guan"])
def test_roles_without_matters_have_no_such_page(sign_in, matters, who):
    client = sign_in(who)
    for url in ("/matters/", "/matters/new/", f"/matters/{matters[0].code}/"):
        assert client.get(url).status_code == 404


def test_a_grass_roots_officer_answers_and_the_history_says_so(sign_in, matters):
    client, url = sign_in("ma"), f"/matters/{matters[0].code}/"
    assert "答复并办结" in page(client, url)
    assert "交给别的工会办理" not in page(client, url)
    wrong = client.post(f"{url}answer/", {"outcome": "done", "text": ""})
    assert (wrong.status_code, Matter.objects.get(pk=matters[0].pk).state) == (422, "open")
    answer = client.post(f"{url}answer/", {"outcome": "done", "text": "雨靴已经送到"}, follow=True)
    text = unescape(answer.content.decode())
    for words in ("已答复并办结", "雨靴已经送到", "办结答复", "已办结"):
        assert words in text
    again = client.post(f"{url}answer/", {"outcome": "declined", "text": "又一次"}, follow=True)
    assert "可能有人先办了" in unescape(again.content.decode())
    assert Matter.objects.get(pk=matters[0].pk).answer == "雨靴已经送到"


def test_the_city_gives_a_matter_to_another_owner(sign_in, matters):
    client, url = sign_in("he"), f"/matters/{matters[0].code}/"
    client.post(f"{url}assign/", {"owner": "QTX-01"})
    assert Matter.objects.get(pk=matters[0].pk).owner.code == "QTX-01"
    assert "交由 " in page(client, url)
    assert client.post(f"{url}assign/", {"owner": "WZ"}).status_code == 422
    assert sign_in("ma").post(f"{url}assign/", {"owner": "QTX"}).status_code == 404


def test_auditors_and_stewards_change_nothing(sign_in, matters):
    url = f"/matters/{matters[0].code}/"
    for who in ("shen", "tian"):
        assert "答复并办结" not in page(sign_in(who), url)
        assert sign_in(who).post(f"{url}answer/", {"outcome": "done", "text": "x"}).status_code == 404


def test_a_matter_that_came_by_word_of_mouth_is_written_down(sign_in, matters):
    client = sign_in("tian")
    said = {
        "kind": "problem",
        "content": "更衣室漏水",
        "raised_by": "马小明",
        "phone": "138 0013 8000",
        "org": "QTX-01-E01",
        "clock": "",
    }
    text = unescape(client.post("/matters/new/", said, follow=True).content.decode())
    made = Matter.objects.get(content="更衣室漏水")
    assert (made.source, made.phone_mask, made.owner.code) == ("desk", "138****8000", "QTX-01-E01")
    assert "已登记" in text
    assert "13800138000" not in text
    assert Event.objects.filter(verb="matter.receive", subject=f"matter:{made.code}", by="tian").exists()
    client.post("/matters/new/", said)
    assert Matter.objects.filter(content="更衣室漏水").count() == 1
    assert client.post("/matters/new/", said | {"org": "QTX-03-C2"}).status_code == 422
    wrong = unescape(
        client.post("/matters/new/", said | {"content": "另一件", "phone": "123"}, follow=True).content.decode()
    )
    assert "手机号应为 11 位" in wrong


def test_the_service_refuses_who_has_no_post_there(cast, matters):
    from nuanxin.matters.services import enter

    with pytest.raises(Refused):
        enter(
            kind="wish",
            content="x",
            raised_by="",
            phone="",
            org=Org.objects.get(code="QTX-01-E01"),
            meeting=None,
            by=cast["wu"],
            on=DAY,
        )


def test_the_list_goes_out_masked(sign_in, matters):
    answer = sign_in("he").post("/matters/?kind=wish", {"format": "csv", "purpose": "季度汇总"})
    text = answer.content.decode("utf-8-sig")
    assert "田＊兰" in text
    assert "田秀兰" not in text
    assert "澡堂" not in text
    assert sign_in("tian").post("/matters/", {"format": "csv", "purpose": "x"}).status_code == 404


def test_pages_in_english(sign_in, matters):
    client = sign_in("he")
    client.cookies["django_language"] = "en"
    assert "Problems and wishes" in page(client, "/matters/")
    assert "Answer and end" in page(client, f"/matters/{matters[1].code}/")
    assert "Raised by" in page(client, "/matters/new/")


def test_the_number_of_queries_does_not_grow(sign_in, matters, cast):
    client, counts = sign_in("he"), []
    for more in (True, False):
        with CaptureQueriesContext(connection) as queries:
            client.get("/matters/")
        counts.append(len(queries))
        receive_many([row("QTX-01-E06", f"愿望{n}") for n in range(30 if more else 0)], by=cast["he"], on=DAY)
    assert counts[0] == counts[1] <= 12
