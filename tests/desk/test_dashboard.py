"""The dashboard over the whole example: what is drawn is what the table says, and every number counts the records that it opens."""

import json
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from nuanxin.care.models import Owed
from nuanxin.union.models import Org, User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """The four quarters of the example, run once for this module and taken back."""
    from nuanxin.site.example import run

    with django_db_blocker.unblock(), transaction.atomic():
        run(EXAMPLES, show=lambda done, total: None)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def signed(world, passed):
    def signed(name):
        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
        return passed(client)

    return signed


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def opened(client, url):
    """The figure that a link opens, by its heading: (value as shown, records in its list)."""
    page = text(client.get(unescape(url)))
    heading = re.search(r'<h1>.*?<span class="u-num">([\d,.]+)', page, re.S)
    total = re.search(r"共 (\d+) 条", page)
    return heading[1].replace(",", ""), int(total[1]) if total else 0


def test_what_is_drawn_is_what_the_table_says(signed):
    page = text(signed("he").get("/dashboard/"))
    figures = re.findall(r'<figure class="u-figure" data-chart="([^"]*)">(.*?)</figure>', page, re.S)
    assert len(figures) == 3
    for data, drawn in figures:
        told = json.loads(unescape(data))
        rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr><th.*?</tr>", drawn.split("<tbody>")[1], re.S)]
        cells = [[part for part in row.split("|") if part.strip()] for row in rows]
        assert [row[0] for row in cells] == told["categories"]
        table = [[float(value.replace(",", "")) for value in row[1:]] for row in cells]
        assert table == [list(values) for values in zip(*(one["values"] for one in told["series"]), strict=True)]
        assert any(value for row in table for value in row)
        assert 'role="img"' in drawn


def test_every_number_opens_the_records_that_it_counts(signed):
    client = signed("he")
    answer = client.get("/dashboard/")
    checked = 0
    for chart in answer.context["charts"]:
        for n, (_name, values) in enumerate(chart.series):
            urls = chart.value_urls[n] if chart.value_urls else chart.urls
            for value, url in zip(values, urls, strict=True):
                shown, records = opened(client, url)
                assert float(shown) == float(value), url
                if "yuan" not in url:
                    assert records == value, url
                checked += 1
    for _town, cells in answer.context["towns"]:
        for value, url in cells:
            assert opened(client, url) == (str(value), value), url
            checked += 1
    for _quarter, cells in answer.context["rounds"]:
        for value, url in cells:
            assert opened(client, url) == (str(value), value), url
            checked += 1
    for _mark, sentence, url, _more, _more_url in answer.context["attention"]:
        shown = opened(client, url)[0]
        assert f" {int(shown):,}" in f" {sentence}" or f"{float(shown) / 10000:,.1f}" in sentence, (sentence, url)
    for place in answer.context["map"].places:
        assert opened(client, place.url)[0] == place.mark
    for card in answer.context["cards"]:
        for _label, shown, _unit, url in card:
            found = opened(client, url)[0]
            assert found == shown.replace(",", "") or f"{float(found) / 10000:,.1f}" == shown, url
    assert checked == 12 + 4 + 6 + 27 + 16


def test_what_needs_attention(signed):
    client = signed("he")
    answer = client.get("/dashboard/?from=2022Q3&to=2022Q4")
    lines = {mark: (sentence, more, more_url) for mark, sentence, _url, more, more_url in answer.context["attention"]}
    silent = opened(client, "/brief/returns_silent/?from=2022Q4&to=2022Q4")[0]
    assert lines["ask"] == (
        f"{silent} 家工会还没报2022年第四季度",
        "还没有催过",
        "/rounds/QTX-2022Q4/returns/?tab=unions&state=silent",
    )
    owed = Owed.objects.filter(round__quarter="2022Q4").exclude(org__returns__round__quarter="2022Q4").get()
    Owed.objects.filter(pk=owed.pk).update(reminders=2, reminded_on=date(2022, 11, 20))
    # Reminders of a union that has sent since, and of another quarter, do not count.
    Owed.objects.filter(round__quarter="2022Q3").update(reminders=5, reminded_on=date(2022, 8, 20))
    Owed.objects.filter(round__quarter="2022Q4").exclude(pk=owed.pk).update(reminders=3, reminded_on=date(2022, 11, 20))
    assert "已催 2 次" in text(client.get("/dashboard/?from=2022Q3&to=2022Q4"))


def test_the_towns_add_up_to_the_city(signed):
    answer = signed("he").get("/dashboard/?from=2022Q4&to=2022Q4")
    cards = {resolve(card[0][3].split("?")[0]).kwargs["figure"]: card[0][1] for card in answer.context["cards"]}
    assert sum(int(place.mark) for place in answer.context["map"].places) == int(cards["households_on_file"])
    assert sum(value for _town, cells in answer.context["towns"] for value, _url in cells) == 20


def test_a_range_is_chosen_and_a_wrong_one_is_said(signed):
    client = signed("he")
    answer = client.get("/dashboard/?from=2023Q1&to=2023Q2")
    assert answer.context["charts"][0].categories == ["2023年第一季度", "2023年第二季度"]
    assert "季度范围倒置" in text(client.get("/dashboard/?from=2023Q2&to=2022Q3"))
    assert client.get("/dashboard/?from=2001Q1&to=2022Q4").context["charts"][0].categories[0] == "2021年第一季度"


def test_within_the_viewers_scope_alone(signed, passed):
    other = Org.objects.create(code="WZ", name="吴忠市总工会", level="city")
    appoint(user="wu", name="吴外人", org=other, role="city_officer", from_on=date(2022, 1, 1), by="setup")
    wu = signed("wu")
    answer = wu.get("/dashboard/?from=2022Q3&to=2023Q2")
    assert all(value == 0 for chart in answer.context["charts"] for _, values in chart.series for value in values)
    assert {card[0][1] for card in answer.context["cards"]} == {"0", "0.0"}
    assert answer.context["towns"] == []
    assert "小坝" not in text(answer)
    for org in ("QTX", "QTX-01", "NONE"):
        assert wu.get(f"/brief/households_on_file/?org={org}&from=2022Q3&to=2023Q2").status_code == 404
        assert wu.get(f"/dashboard/?org={org}").status_code == 404


def test_who_sees_it(cast, passed, sign_in):
    for who, status in {
        "he": 200,
        "xu": 200,
        "shen": 200,
        "ma": 404,
        "tian": 404,
        "bai": 404,
        "pan": 404,
        "guan": 404,
    }.items():
        assert sign_in(who).get("/dashboard/").status_code == status, who


def test_an_empty_installation_says_nothing_wrong(sign_in):
    page = text(sign_in("he").get("/dashboard/"))
    assert "看表格" in page


def test_in_english(signed):
    client = signed("he")
    client.cookies["django_language"] = "en"
    page = text(client.get("/dashboard/"))
    assert "Families on file" in page
    assert "households" in page


def test_queries_are_bounded(signed):
    client = signed("he")
    counts = []
    for query in ("?from=2023Q2&to=2023Q2", "?from=2001Q1&to=2023Q2"):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/dashboard/{query}")
        counts.append(len(queries))
    assert counts[1] == counts[0]
    assert counts[0] <= 12
