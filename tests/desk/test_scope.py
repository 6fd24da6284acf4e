"""Nobody finds on the desk what is another union's: every page that a role's links lead to is read for the others' marks."""

import re
from datetime import date
from html import unescape
from urllib.parse import urljoin

import pytest

from nuanxin.care.models import Finding, Lead, Return
from nuanxin.care.services import returns, rounds
from nuanxin.union.models import Household, Org

pytestmark = pytest.mark.django_db
DAY = date(2022, 12, 20)
# A family of another street, by all that a page could show of it.
PLANTED = ("QTX-03-C2", "西苑社区", "QTX-H990099", "欧＊＊兰", "独有的文件", "独有的原因", "西苑路＊＊")


@pytest.fixture
def round_(city, cast, examples, monkeypatch):
    """A quarter with the returns of all unions, and a planted family of the union QTX-03-C2 that has been decided."""
    made, _ = rounds.open_round(
        org=city, quarter="2022Q4", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2022, 10, 1)
    )
    received = returns.receive(round_=made, paths=[examples / "2022Q4"], by=cast["he"], on=DAY)
    union = Org.objects.get(code="QTX-03-C2")
    house = Household.objects.create(code="QTX-H990099", org=union, worker_name="欧阳独兰", address="西苑路 8 号")
    sent = next(made for made in received.returns if made.org_id == union.pk)
    Return.objects.filter(pk=sent.pk).update(file_name="独有的文件.xlsx")
    lead = Lead.objects.create(
        code="planted", round=made, source="reported", org=union, household=house, worker_name="欧阳独兰", opened_on=DAY,
        clock_on=DAY, state="decided", members=2, cause="独有的原因", from_return=sent,
    )  # fmt: skip
    Finding.objects.create(
        code="planted", lead=lead, round=made, household=house, policy="p", policy_version="1", policy_digest="d", as_of=DAY,
        tier="deep", rule="deep", figures={}, new=True, proposed_by="he", proposed_on=DAY, total=1,
    )  # fmt: skip
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    return made


def walked(client, *first):
    """Every page that links lead to, a few of each kind, with its text."""
    waiting, seen, kinds = list(first), {}, {}
    while waiting:
        url = waiting.pop()
        kind = re.sub(r"\d{4}Q\d|\d{4}-\d\d|QTX-[\w-]+|/brief/[a-z_]+/", "*", url)
        if url in seen or kinds.get(kind, 0) >= 3 or re.search(r"^/account/|\.(pdf|docx|xlsx)\b", url):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(url)
        assert answer.status_code in (200, 302), url
        if not answer.headers["Content-Type"].startswith("text/"):
            # A file, such as a policy's folder: what goes out is tested where it is made.
            continue
        seen[url] = unescape(answer.content.decode())
        waiting += [answer.headers["Location"]] if answer.status_code == 302 else []
        waiting += sorted(
            link for found in re.findall(r'<a [^>]*?href="([^"#]+)"', answer.content.decode())
            if (link := urljoin(url, unescape(found))).startswith("/")
        )  # fmt: skip
    return seen


def told(pages, marks):
    return {(mark, url) for url, text in pages.items() for mark in marks if mark in text}


def test_the_city_officer_finds_the_planted_family(sign_in, round_):
    he = sign_in("he")
    he.post("/households/QTX-H990099/open/", {"why": "certify"})
    pages = walked(he, "/rounds/", "/rounds/QTX-2022Q4/families/?q=欧阳", "/households/QTX-H990099/")
    assert {mark for mark, _ in told(pages, PLANTED)} == set(PLANTED)


@pytest.mark.parametrize("who", ["ma", "tian", "bai"])
def test_no_page_that_a_role_reaches_tells_of_another_union(sign_in, round_, who):
    pages = walked(
        sign_in(who), "/desk/", "/rounds/", "/rounds/QTX-2022Q4/", *(
            f"/rounds/QTX-2022Q4/{part}" for part in (
                "families/", "families/?q=欧阳", "families/?union=QTX-03-C2", "families/?q=西苑", "returns/?tab=unions",
                "returns/?tab=rows", "returns/?tab=back", "returns/?tab=history", "returns/?tab=warnings",
            )
            if who == "ma" or (who == "tian" and "returns" in part)
        ),
    )  # fmt: skip
    searched = {url for url in pages if "西苑" in url or "QTX-03-C2" in url}
    assert not {(mark, url) for mark, url in told(pages, PLANTED) if url not in searched}
    # What was typed stands in its own field again, and nowhere else.
    for url in searched:
        assert "没有符合条件的家庭" in pages[url]


def test_the_counts_of_a_street_are_its_own(sign_in, round_):
    text = sign_in("ma").get("/rounds/QTX-2022Q4/").content.decode()
    assert "4 / 4 家" in text
    assert "19 / 20 家" in sign_in("he").get("/rounds/QTX-2022Q4/").content.decode()
    assert "1 / 1 家" in sign_in("tian").get("/rounds/QTX-2022Q4/").content.decode()


def test_the_other_city_sees_nothing_of_it(sign_in, round_):
    client = sign_in("wu")
    for url in (
        "/rounds/QTX-2022Q4/",
        "/rounds/QTX-2022Q4/families/",
        "/rounds/QTX-2022Q4/returns/",
        "/households/QTX-H990099/",
    ):
        assert client.get(url).status_code == 404
    assert not told(walked(client, "/desk/", "/rounds/", "/households/?q=欧阳", "/brief/"), PLANTED)


def test_a_file_that_names_no_union_is_seen_by_its_sender_and_by_the_city(sign_in, round_, cast):
    sample = Return.objects.filter(round=round_).first()
    Return.objects.create(
        code="nobody", round=round_, org=None, file_name="无名的表.xlsx", attachment=sample.attachment, received_on=DAY, late=False,
        by="ma", state="refused", refused_whole={"code": "unknown_union", "zh": "没有指明工会", "en": "names no union"},
    )  # fmt: skip
    seen = {
        who: "无名的表" in sign_in(who).get("/rounds/QTX-2022Q4/returns/?tab=back").content.decode()
        for who in ("he", "ma", "tian")
    }
    assert seen == {"he": True, "ma": True, "tian": False}
