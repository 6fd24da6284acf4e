"""The search of the top bar: names of two characters, numbers by their hash alone, nothing of another union; exports with a purpose."""

from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.care.models import Lead
from nuanxin.care.services import rounds
from nuanxin.matters.services import MatterRow, receive_many
from nuanxin.records.models import Event
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, Org, Person

pytestmark = pytest.mark.django_db
DAY = date(2022, 11, 20)
ID, PHONE = "640321198501010428", "13812346021"


@pytest.fixture
def house(city, cast, monkeypatch):
    """A household of one union with a member, a reported family, a matter; its twin by name in another union."""
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    round_, _ = rounds.open_round(
        org=city, quarter="2022Q4", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2022, 10, 1)
    )
    made = []
    for n, code in enumerate(("QTX-01-E01", "QTX-03-C2")):
        union = Org.objects.get(code=code)
        number = ID if n == 0 else "640321198501010999"
        person = Person.objects.create(
            name="欧阳 春晓", id_hash=secrets.find_key(number), id_cipher=secrets.seal(number), id_mask="6403**********0428",
            born_on=date(1985, 1, 1), sex="f", phone_hash=secrets.find_key(PHONE) if n == 0 else "", phone_mask="138****6021",
        )  # fmt: skip
        found = Household.objects.create(code=f"QTX-H00020{n}", org=union, worker=person, worker_name="欧阳 春晓")
        Kinship.objects.create(household=found, person=person, relation="self", from_on=DAY)
        child = Person.objects.create(
            name="欧小米", id_hash=f"c{n}", id_cipher=b"x", id_mask="x", born_on=date(2012, 1, 1), sex="f"
        )
        Kinship.objects.create(household=found, person=child, relation="child", from_on=DAY)
        Lead.objects.create(
            code=f"QTX-2022Q4/{code}/1/1", round=round_, source="reported", org=union, worker_name="欧阳独行", opened_on=DAY,
            clock_on=DAY, state="held", held_code="refused_row", members=1,
        )  # fmt: skip
        receive_many(
            [MatterRow("wish", f"想要雨靴{n}", "欧阳春晓", None, union, f"t{n}", "2022Q4", DAY)], by=cast["he"], on=DAY
        )
        made.append(found)
    return made[0]


def search(client, text):
    answer = client.post("/search/", {"q": text}, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.parametrize(
    "text",
    [
        "春晓",
        "欧阳",
        "阳春",
        "小米",
        "QTX-H000200",
        "qtx-h0002",
        "独行",
        "QTX-2022Q4/QTX-01-E01/1/1",
        "雨靴0",
        "峡光铝材",
        "qtx-01-e01",
    ],
)
def test_the_family_is_found(sign_in, house, text):
    found = search(sign_in("he"), text)
    assert "峡光铝材" in found.split('id="main"')[1].split("</h1>")[1]
    assert "欧阳 春晓" not in found


@pytest.mark.parametrize("who", ["ma", "tian"])
@pytest.mark.parametrize("text", ["欧阳", "雨靴", "QTX-03", "西苑", "独行", "小米", "QTX-H000201"])
def test_another_unions_family_is_found_nowhere(sign_in, house, who, text):
    shown = search(sign_in(who), text).split('id="main"')[1].split("</h1>")[1]
    for mark in ("QTX-03-C2", "西苑", "QTX-H000201", "雨靴1"):
        assert mark not in shown
    if who == "ma" and text in ("欧阳", "雨靴", "独行", "小米"):
        assert "峡光铝材" in shown


@pytest.mark.parametrize("who", ["bai", "pan", "guan", "wu"])
def test_roles_without_families_find_none(sign_in, house, who):
    client = sign_in(who)
    for text in ("欧阳", "雨靴", ID, PHONE, "QTX-H"):
        shown = search(client, text).split('id="main"')[1].split("</h1>")[1]
        assert "QTX-H0" not in shown
        assert "峡光" not in shown


@pytest.mark.parametrize(
    ("number", "what"), [(ID, "id"), (PHONE, "phone"), ("138 1234 6021", "phone"), (f" {ID[:6]} {ID[6:]}", "id")]
)
def test_a_whole_number_is_found_by_its_hash_and_written_down(sign_in, house, number, what):
    client = sign_in("he")
    answer = client.post("/search/", {"q": number})
    # No redirect: the number stands in no address, and in no page either.
    assert answer.status_code == 200
    text = unescape(answer.content.decode())
    assert "QTX-H000200" in text
    assert ID not in text
    assert PHONE not in text
    event = Event.objects.filter(verb="person.search").get()
    assert event.facts == {"by": what, "found": 1}
    assert event.by == "he"


def test_a_number_in_an_address_is_not_looked_for(sign_in, house):
    answer = sign_in("he").get(f"/search/?q={ID}", follow=True)
    assert "号码不要放在网址里" in unescape(answer.content.decode())
    assert ID not in answer.content.decode()
    assert "QTX-H000200" not in answer.content.decode()


def test_one_group_page_by_page(sign_in, house):
    for n in range(60):
        Household.objects.create(code=f"QTX-H1{n:05d}", org=house.org, worker_name="李多多")
    client = sign_in("he")
    assert "kind=households" in search(client, "多多")
    second = unescape(client.get("/search/?q=多多&kind=households&page=2").content.decode())
    assert "共 60 条" in second
    assert second.count('href="/households/QTX-H1') == 10


def test_wildcards_are_letters(sign_in, house):
    for text in ("%", "_", "欧%晓"):
        assert "QTX-H000200" not in search(sign_in("he"), text)


def test_few_queries_whatever_is_found(sign_in, house):
    client, counts = sign_in("he"), []
    for more in (True, False):
        with CaptureQueriesContext(connection) as queries:
            client.get("/search/?q=欧阳")
        counts.append(len(queries))
        for n in range(20 if more else 0):
            Household.objects.create(code=f"QTX-H2{n:05d}", org=house.org, worker_name="欧阳多")
    assert counts[0] == counts[1] <= 12


def test_in_english(sign_in, house):
    client = sign_in("he")
    client.cookies["django_language"] = "en"
    assert "Search “欧”" in search(client, "欧")
    assert "Nothing found" in search(client, "没有这个人")


@pytest.mark.parametrize("url", ["/households/", "/matters/", "/desk/?tab=all", "/rounds/QTX-2022Q4/families/"])
def test_nothing_goes_out_without_a_purpose(sign_in, house, url):
    client = sign_in("he")
    assert "导出做什么用" in unescape(client.get(url).content.decode())
    answer = client.post(url, {"format": "csv", "purpose": "  "}, follow=True)
    assert "请先写明导出做什么用" in unescape(answer.content.decode())
    assert not Event.objects.filter(verb="list.export").exists()
    assert client.post(url, {"format": "csv", "purpose": f"核对 {ID}"}).headers["Content-Type"].startswith("text/csv")
    event = Event.objects.get(verb="list.export")
    assert event.facts["purpose"].startswith("核对")
    assert ID not in str(event.facts)
