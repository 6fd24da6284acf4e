"""Doubtful matches side by side: same and different in words, judged, taken back, the next one after it."""

from datetime import date
from html import unescape

import pytest

from nuanxin.care.models import Lead, ReportedMember
from nuanxin.care.services import rounds
from nuanxin.records.models import Event
from nuanxin.union import secrets
from nuanxin.union.models import Household, Kinship, Org, Person

pytestmark = pytest.mark.django_db
DAY = date(2022, 11, 20)


def number(text):
    return {
        "id_hash": secrets.find_key(text),
        "id_cipher": secrets.seal(text),
        "id_mask": f"{text[:4]}**********{text[-4:]}",
    }


@pytest.fixture
def leads(city, cast, monkeypatch):
    """Two families in doubt: the same name and phone as a household, another ID number of the worker, one child in both."""
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    round_, _ = rounds.open_round(
        org=city, quarter="2022Q4", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2022, 10, 1)
    )
    union = Org.objects.get(code="QTX-01-E01")
    made = []
    for n in range(2):
        worker = Person.objects.create(
            name="韩春晓", **number(f"64032119850101042{n}"), born_on=date(1985, 1, 1), sex="m",
            phone_hash=secrets.find_key("13812346021"), phone_mask="138****6021",
        )  # fmt: skip
        child = Person.objects.create(
            name="韩小米", **number(f"64032120120101042{n}"), born_on=date(2012, 1, 1), sex="f"
        )
        house = Household.objects.create(code=f"QTX-H00010{n}", org=union, worker=worker, worker_name="韩春晓")
        for person, relation in ((worker, "self"), (child, "child")):
            Kinship.objects.create(household=house, person=person, relation=relation, from_on=date(2022, 1, 1))
        lead = Lead.objects.create(
            code=f"QTX-2022Q4/QTX-01-E01/1/{n}", round=round_, source="reported", org=union, worker_name="韩春晓", opened_on=DAY,
            clock_on=DAY, state="doubtful", members=2, grade="doubtful", score=0.71, reasons=["same-name", "shared-members:1"],
            candidate=house,
        )  # fmt: skip
        for row, name, relation, text, born in (
            (3, "韩春晓", "self", f"64032119860606043{n}", date(1986, 6, 6)), (4, "韩小米", "child", f"64032120120101042{n}", date(2012, 1, 1)),
        ):  # fmt: skip
            ReportedMember.objects.create(
                lead=lead, row=row, accepted=True, name=name, relation=relation, **number(text), born_on=born,
                phone_hash=secrets.find_key("13812346021") if relation == "self" else "", phone_mask="138****6021",
            )  # fmt: skip
        made.append(lead)
    return made


def page(client, url):
    return unescape(client.get(url).content.decode())


def test_the_pair_is_compared_in_words_and_masked(sign_in, leads):
    answer = sign_in("he").get(f"/matches/{leads[0].code}/")
    said = {row.label: row.said for row in answer.context["pair"].rows}
    assert said == {
        "姓名": "相同", "身份证号": "不同", "出生日期": "不同", "手机号": "相同", "工会": "相同", "住址": "无法比较", "家庭人口": "相同",
    }  # fmt: skip
    text = unescape(answer.content.decode())
    assert "姓名相同" in text
    assert "有 1 名成员身份证号相同" in text
    assert text.count("两边都有") == 2
    for secret in ("韩春晓", "13812346021", "640321198501010420", "640321198606060430"):
        assert secret not in text


def test_the_same_household_then_the_next_one(sign_in, leads):
    client = sign_in("he")
    assert "QTX-H000100" in page(client, "/matches/")
    answer = client.post(f"/matches/{leads[0].code}/", {"same": "yes"})
    assert answer.headers["Location"] == f"/matches/{leads[1].code}/"
    lead = Lead.objects.get(pk=leads[0].pk)
    assert (lead.household.code, lead.state) == ("QTX-H000100", "due")
    assert Event.objects.filter(verb="match.accept", by="he").exists()
    # Somebody was faster: the second judgement changes nothing.
    again = client.post(f"/matches/{leads[0].code}/", {"same": "no"}, follow=True)
    assert "可能有人先办了" in unescape(again.content.decode())
    assert Lead.objects.get(pk=leads[0].pk).household.code == "QTX-H000100"


def test_another_household_and_back(sign_in, leads):
    client, url = sign_in("he"), f"/matches/{leads[0].code}/"
    client.post(url, {"same": "no"})
    assert Lead.objects.get(pk=leads[0].pk).household.code not in ("QTX-H000100", "QTX-H000101")
    assert "已认作另一户" in page(client, url)
    assert "韩＊晓" in page(client, "/matches/?tab=judged")
    client.post(f"/matches/undo/{leads[0].code}/")
    assert Lead.objects.get(pk=leads[0].pk).state == "doubtful"
    assert "是同一户" in page(client, url)


@pytest.mark.parametrize("who", ["ma", "tian", "bai", "shen", "pan", "guan", "wu"])
def test_nobody_else_sees_or_judges_it(sign_in, leads, who):
    client, url = sign_in(who), f"/matches/{leads[0].code}/"
    assert client.get(url).status_code == 404
    assert client.post(url, {"same": "yes"}).status_code == 404
    assert client.post(f"/matches/undo/{leads[0].code}/").status_code == 404
    if who == "wu":
        assert "韩" not in page(client, "/matches/")
        assert "没有待比对的家庭" in page(client, "/matches/")


def test_it_waits_in_todays_work_and_leads_there(sign_in, leads):
    text = page(sign_in("he"), "/desk/?tab=all&kind=doubtful")
    assert f'href="/matches/{leads[0].code}/"' in text


def test_in_english(sign_in, leads):
    client = sign_in("he")
    client.cookies["django_language"] = "en"
    text = page(client, f"/matches/{leads[0].code}/")
    assert "The same household" in text
    assert "the name is the same" in text
