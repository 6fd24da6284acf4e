"""The desk where there is little or nothing: before the first officer, the first round, the first return."""

from datetime import date

import pytest
from django.test import Client

from nuanxin.care.services import rounds

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in):
    return sign_in("he")


PAGES = ("/desk/", "/rounds/", "/households/", "/brief/", "/brief/wishes/")


@pytest.mark.parametrize("url", PAGES)
def test_without_a_login_every_page_leads_to_it(url):
    answer = Client(HTTP_HOST="127.0.0.1").get(url)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/account/login/")


@pytest.mark.parametrize("url", PAGES)
def test_without_rounds_every_page_opens(client, cast, url):
    assert client.get(url).status_code == 200


def test_without_rounds_the_first_page_leads_to_the_list(client, cast):
    assert 'href="/rounds/"' in client.get("/desk/").content.decode()
    assert "还没有开展季度认证" in client.get("/rounds/").content.decode()


@pytest.fixture
def round_(city, cast):
    made, _ = rounds.open_round(
        org=city, quarter="2022Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2022, 7, 1)
    )
    return made


def test_an_empty_round_says_so_in_every_column(client, round_):
    text = client.get("/rounds/QTX-2022Q3/").content.decode()
    assert text.count('class="d-nocard"') == 5
    assert "0 / 20 家" in text
    assert "应报工会" in client.get("/rounds/QTX-2022Q3/returns/").content.decode()
    assert client.get("/rounds/QTX-2022Q3/families/").status_code == 200


def test_the_other_city_is_not_seen(client, cast, city):
    """The viewer is he, of QTX; a round, a household and a file of the other city are not there."""
    from nuanxin.care.models import Round
    from nuanxin.union.models import Household, Org

    other = Org.objects.get(code="WZ")
    Round.objects.create(
        code="WZ-2022Q3", org=other, quarter="2022Q3", opened_on=date(2022, 7, 1), returns_due_on=date(2022, 8, 31),
        visits_due_on=date(2022, 9, 30), policy="qingtongxia", area="QTX",
    )  # fmt: skip
    Household.objects.create(code="WZ-H1", org=Org.objects.get(code="WZ-01-E01"), worker_name="吴外人")
    assert client.get("/rounds/QTX-2022Q3/").status_code == 404
    assert client.get("/households/WZ-H1/").status_code == 404
    assert client.post("/households/WZ-H1/print/", {"why": "check"}).status_code == 404
    assert client.post("/households/WZ-H1/open/", {"why": "check"}).status_code == 404
    assert "WZ-H1" not in client.get("/households/").content.decode()


def test_a_household_with_nothing_known_still_has_its_page_and_its_form(client, cast):
    from nuanxin.union.models import Household, Org

    Household.objects.create(code="QTX-H9", org=Org.objects.get(code="QTX-01-E01"), worker_name="")
    client.post("/households/QTX-H9/open/", {"why": "check"})
    for tab in ("decision", "members", "visits", "aid", "history"):
        assert client.get(f"/households/QTX-H9/?tab={tab}").status_code == 200
    assert client.post("/households/QTX-H9/print/", {"why": "check"}).content.startswith(b"%PDF")


def test_a_merged_household_leads_to_the_one_it_was_merged_into(client, cast):
    from nuanxin.union.models import Household, Org

    org = Org.objects.get(code="QTX-01-E01")
    heir = Household.objects.create(code="QTX-H1", org=org, worker_name="韩梅晓")
    Household.objects.create(code="QTX-H2", org=org, worker_name="韩梅晓", merged_into=heir)
    assert client.get("/households/QTX-H2/").headers["Location"] == "/households/QTX-H1/"


def test_what_somebody_typed_is_never_markup(client, cast, round_):
    from nuanxin.union.models import Household, Org

    Household.objects.create(code="QTX-H3", org=Org.objects.get(code="QTX-01-E01"), worker_name="<b>", address="<i>镇")
    client.post("/households/QTX-H3/open/", {"why": "check"})
    text = client.get("/households/QTX-H3/").content.decode() + client.get("/households/?q=<u>").content.decode()
    assert "<i>" not in text
    assert "<u>" not in text
