"""What every list of the desk does the same way, walked over all of them: they are found from the addresses, and each has a row in ``LISTS``.

A list pages, searches, filters, swaps by htmx as the very part of the page, says what an address asks in vain, and is sent out.
"""

import csv
import inspect
import io
import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from tests.desk.one_family import DAY, world
from tests.planted import PLANT
from tests.test_permissions import OBJECTS, ours

from nuanxin.records import clock
from nuanxin.records.models import Event
from nuanxin.reports.brief import PARTS
from nuanxin.reports.figures import make_range
from nuanxin.reports.services import send
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
__all__ = ["world"]
SECRETS = (PLANT.name, *PLANT.numbers)
# Each list: who looks at it, and the parameters that it cannot do without.
LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "desk:home": ("he", {"tab": "all"}),
    "desk:rounds": ("he", {}),
    "desk:families": ("he", {}),
    "desk:returns": ("he", {"tab": "unions"}),
    "desk:send": ("he", {}),
    "desk:visits": ("he", {}),
    "desk:files": ("he", {}),
    "desk:matches": ("he", {}),
    "desk:matters": ("he", {}),
    "desk:figure": ("he", {"from": "2023Q3", "to": "2023Q3"}),
    "desk:search": ("he", {"kind": "households", "q": "独孤"}),
    "desk:notices": ("he", {}),
    "desk:claims": ("he", {}),
    "desk:accounts": ("guan", {}),
    "desk:policies": ("pan", {}),
    "desk:draft_cases": ("pan", {}),
    "desk:issues": ("he", {}),
}
# Lists whose filters are part of what they are: another value is another list.
WHOLE = ("desk:figure", "desk:search")
WORDS = {"desk:figure": {"figure": "problems"}}


@pytest.fixture
def opened(world, sign_in, cast):
    """A list's address with its parameters, and a browser that may see it."""
    from nuanxin.union.services import tell

    tell([(cast["he"].pk, "matter.raised", "matter:QTX-M-PLANT", {})], on=DAY)
    span = make_range(Org.objects.get(code="QTX"), "2023Q3", "2023Q3")
    send(span=span, parts=PARTS, plans=PLANT.word, by=cast["he"], on=DAY, at=clock.now())

    def open_(name, **more):
        who, asked = LISTS[name]
        sample = OBJECTS.get(name)
        path = reverse(name, kwargs=WORDS.get(name) or (sample.words if sample else None))
        return sign_in(who), f"{path}?{urlencode(asked | more)}"

    return open_


class List(HTMLParser):
    """The element with the id ``list``: its controls."""

    def __init__(self, text):
        super().__init__()
        self.search, self.selects, self.forms, self.pager = [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("type") == "search":
            self.search.append(given["name"])
        if tag == "select":
            self.selects.append(given["name"])
        if tag == "form":
            self.forms.append(given)
        self.pager += tag == "nav" and given.get("class") == "u-pager"


def part_of(client, url, **headers):
    return client.get(url, headers={"HX-Request": "true", "HX-Target": "list", **headers})


def without_token(text):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_every_list_has_its_row():
    """A page that pages is a list, whatever it is called."""
    found = {
        name for name, entry in ours().items()
        if name.startswith("desk:") and {"paged", "listed"} & set(inspect.unwrap(entry.callback).__code__.co_names)
    }  # fmt: skip
    assert found == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_pages_searches_filters_and_swaps_as_the_same_part_of_the_page(opened, name):
    client, url = opened(name)
    whole, part = client.get(url), part_of(client, url)
    text = part.content.decode()
    assert whole.status_code == part.status_code == 200
    assert re.match(r'<(section|div) class="[\w -]+" id="list">', text), text[:200]
    assert without_token(text) in without_token(whole.content.decode())
    shown = List(text)
    assert "q" in shown.search
    assert shown.selects, "nothing to filter by"
    assert shown.pager >= 1
    assert any(form.get("method") == "get" and form.get("hx-push-url") == "true" for form in shown.forms)
    for answer in (whole, part):
        assert {"HX-Request", "HX-Target", "HX-History-Restore-Request"} <= set(answer.headers["Vary"].split(", "))
    # The back button asks for the whole page.
    back = part_of(client, url, **{"HX-History-Restore-Request": "true"})
    assert back.content.decode().startswith("<!doctype html>")


@pytest.mark.parametrize("name", LISTS)
def test_what_an_address_asks_in_vain_is_said(opened, name):
    client, url = opened(name, page="999")
    assert "没有这一页，下面是第 1 页。" in client.get(url).content.decode()
    assert "没有这一页" in part_of(client, opened(name, page="x")[1]).content.decode()
    assert "没有这一页" not in client.get(opened(name)[1]).content.decode()
    shown = List(part_of(client, opened(name)[1]).content.decode())
    select = next(select for select in shown.selects if select not in LISTS[name][1] or name in WHOLE)
    for nonsense in ("no-such-value", "\x00", "%27%22<b>"):
        answer = client.get(opened(name, **{select: nonsense})[1])
        assert answer.status_code == 200
        assert '"<b>' not in answer.content.decode()
    said = client.get(opened(name, **{select: "no-such-value"})[1]).content.decode()
    assert "的值不在可选项里。" in said or name == "desk:search"


@pytest.mark.parametrize("name", [name for name in LISTS if name != "desk:search"])
def test_a_search_finds_and_leaves_out(opened, name):
    client, url = opened(name, q="绝无此文")
    assert client.get(url).context["page"].paginator.count == 0
    assert client.get(opened(name)[1]).context["page"].paginator.count > 0
    assert client.get(opened(name, q="a\x00%_'\"")[1]).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_number_of_a_person_is_taken_out_of_the_address(opened, name):
    client, url = opened(name, q="640300199001010011")
    answer = client.get(url)
    assert answer.status_code == 302
    assert "6403" not in answer.headers["Location"]
    swapped = part_of(client, opened(name, q="138 0000 6021")[1])
    assert "HX-Redirect" in swapped.headers or swapped.status_code == 302


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_sent_out_with_a_purpose_masked_and_written_down(opened, name, form):
    client, url = opened(name)
    assert 'name="purpose"' in client.get(url).content.decode()
    before = Event.objects.filter(verb="list.export").count()
    refused = client.post(url, {"purpose": " ", "format": form})
    assert refused.status_code == 302
    assert Event.objects.filter(verb="list.export").count() == before
    answer = client.post(url, {"purpose": "核对", "format": form})
    assert answer.headers["Content-Disposition"].endswith(f'.{form}"')
    event = Event.objects.filter(verb="list.export").latest("pk")
    assert event.facts["purpose"] == "核对"
    count = client.get(url).context["page"].paginator.count
    assert event.facts["rows"] == count
    if form == "csv":
        text = answer.content.decode("utf-8-sig")
        assert not [secret for secret in SECRETS if secret in text]
        assert len(list(csv.reader(io.StringIO(text)))) == count + 1


@pytest.mark.parametrize("name", LISTS)
def test_the_other_citys_officer_finds_nothing_of_it(opened, sign_in, name):
    _client, url = opened(name)
    answer = sign_in("wu").get(url)
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert not [
            word
            for word in ("独", "隐泉", "QTX-H73917", "QTX-M-PLANT", "w-plant")
            if word
            in answer.content.decode().replace('value="独孤"', "").replace("「独孤」", "").replace("%E7%8B%AC", "")
        ]
