"""The counts of the menu: what waits behind each entry, as its page counts it, and of nobody else's."""

import re

import pytest
from tests.desk.one_family import DAY, world

from nuanxin.care.models import Visit
from nuanxin.matters.models import Matter
from nuanxin.union.models import Org, User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
__all__ = ["world"]


def counts(client):
    text = client.get("/desk/counts/").content.decode()
    return {section: int(n) for section, n in re.findall(r'id="count-(\w+)" hx-swap-oob="true">(\d+)<', text)}


def test_each_count_is_what_its_page_lists(sign_in, world, cast):
    Visit.objects.filter(pk=777777).update(account_one=cast["he"])
    Matter.objects.create(
        code="QTX-M-DONE", kind="wish", content="办完的", org=Org.objects.get(code="QTX"), owner=Org.objects.get(code="QTX"), source="test",
        quarter="2023Q3", received_on=DAY, meeting=False, due_on=DAY, state="done", ended_on=DAY, answer="好",
    )  # fmt: skip
    client = sign_in("he")
    assert set(counts(client)) == {"today", "matches", "my_visits", "matters", "claims"}
    today = client.get("/desk/?tab=mine").context["page"].paginator.count
    pages = {
        "today": today,
        **{
            section: client.get(address).context["page"].paginator.count
            for section, address in (
                ("matches", "/matches/"), ("matters", "/matters/?state=open"), ("claims", "/claims/?state=waiting"),
            )
        },
        "my_visits": len(client.get("/visits/").context["today_stops"]),
    }  # fmt: skip
    assert counts(client) == pages
    assert today > 1


def test_the_page_asks_for_them_and_has_a_place_for_each(sign_in, world):
    text = sign_in("he").get("/rounds/").content.decode()
    assert 'hx-get="/desk/counts/" hx-trigger="load"' in text
    for section in ("today", "matches", "my_visits", "matters", "claims"):
        assert text.count(f'id="count-{section}"') == 1


def test_nothing_of_what_others_do_is_counted(sign_in, world, cast):
    assert counts(sign_in("wu")) == {}
    beside = Org.objects.get(code="QTX-01-E06")
    appoint(user="near", name="旁边", org=beside, role="grassroots_officer", from_on=DAY, by="setup")
    cast["near"] = User.objects.get(username="near")
    # That its own return is due is its own.
    assert counts(sign_in("near")) == {"today": 1}
    assert "claims" not in counts(sign_in("shen"))
    assert counts(sign_in("pan")) == {}
