"""Every table on a page of the desk is sent out, or stands in ``NOT_SENT`` with why not: found from the templates."""

import csv
import io
import re
from pathlib import Path

import pytest
from tests.desk.one_family import world
from tests.desk.test_lists import LISTS, SECRETS

import nuanxin.desk
from nuanxin.matters.models import Matter
from nuanxin.records.models import Event

pytestmark = pytest.mark.django_db
__all__ = ["world"]
TEMPLATES = Path(nuanxin.desk.__file__).parent / "templates" / "desk"
HOUSE = "/households/QTX-H73917/"
# The lists, whose export ``test_lists`` tries, by their templates.
OF_LISTS = {
    "accounts", "claims", "draft_cases", "families", "figure", "files", "matches", "matters", "notices", "policies", "returns", "rounds", "issues",
    "send", "today", "visits", "_found",
}  # fmt: skip
# Tables on a page of something else: who looks, the page, the tables by name, and the templates in which they stand.
SHEETS = (
    ("he", HOUSE, ("members", "visits", "papers", "aid", "offers", "findings", "files", "readers"),
     ("_members", "_visits", "_papers", "_aid", "_history", "_readers")),
    ("he", "/brief/?part=towns&part=figures", ("figures", "towns"), ("_figures", "_towns")),
    ("he", "/dashboard/", ("on-file", "aid", "matters", "returns"), ("dashboard",)),
    ("guan", "/accounts/ma/", ("posts",), ("account",)),
    ("pan", "/policies/", ("qingtongxia",), ("policies",)),
)  # fmt: skip
NOT_SENT = {
    "calendar": "its own test tries it: the month is the page",
    "act": "what an act is about to do, for the one who does it",
    "bulk": "what an act is about to do, for the one who does it",
    "visits_look": "a plan that is not made yet",
    "visit_sheet": "its own test tries it: it is opened, and that written down, before it is sent out",
    "_lines": "what is wrong in a file: its marked copy is downloaded",
    "sent": "the receipt of a sending: the returns page sends the same rows out",
    "match": "two families beside one another, for a judgement",
    "claim": "two sides of one claim, for a judgement",
    "_decision": "the explanation of one decision: it stands in the printed file",
    "policy": "the rules: the version is downloaded as a folder and as DMN",
    "draft_table": "an editor: the draft is a folder",
    "draft_compare": "has its own button: tried with the trial run",
    "sheets": "which blank forms there are: each is a download",
    "public_notice": "public: the notice has its PDF",
}


def test_every_table_is_sent_out_or_says_why_not():
    with_table = {path.stem for path in TEMPLATES.glob("*.html") if "<table" in path.read_text(encoding="utf-8")}
    sent = OF_LISTS | {name for _who, _page, _keys, names in SHEETS for name in names}
    assert with_table - sent - set(NOT_SENT) == set(), "give these an export, or say why they have none"
    assert (sent | set(NOT_SENT)) - with_table == set(), "these have no table any more"
    assert len(OF_LISTS) == len(LISTS)


@pytest.fixture
def opened(world, sign_in):
    """A browser at a page; the family's file has been opened with a reason."""
    Matter.objects.filter(code="QTX-M-PLANT").update(content="=HYPERLINK(1)")

    def open_(who):
        client = sign_in(who)
        if who == "he":
            client.post(f"{HOUSE}open/", {"why": "certify"})
        return client

    return open_


CASES = [(who, page, key) for who, page, keys, _names in SHEETS for key in keys]


@pytest.mark.parametrize(("who", "page", "key"), CASES, ids=[f"{page}{key}" for _who, page, key in CASES])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_table_is_sent_out_with_a_purpose_masked_and_written_down(opened, who, page, key, form):
    client = opened(who)
    assert client.get(page).status_code == 200
    before = Event.objects.filter(verb="list.export").count()
    assert client.post(page, {"sheet": key, "purpose": "", "format": form}).status_code == 302
    assert client.post(page, {"sheet": "no-such-table", "purpose": "核对"}).status_code == 302
    assert Event.objects.filter(verb="list.export").count() == before
    answer = client.post(page, {"sheet": key, "purpose": "核对", "format": form})
    assert re.search(rf'filename="[\w.-]+-{key}\.{form}"', answer.headers["Content-Disposition"])
    event = Event.objects.filter(verb="list.export").latest("pk")
    assert (event.facts["purpose"], event.facts["format"]) == ("核对", form)
    if form == "csv":
        text = answer.content.decode("utf-8-sig")
        assert not [secret for secret in SECRETS if secret in text]
        lines = list(csv.reader(io.StringIO(text)))
        assert len(lines) == event.facts["rows"] + 1
        assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize("page", sorted({page for _who, page, _keys, _names in SHEETS}))
def test_the_other_citys_officer_and_who_may_not_export_get_nothing(opened, sign_in, page):
    opened("he")
    key = next(keys[0] for _who, where, keys, _names in SHEETS if where == page)
    assert sign_in("bai").post(page, {"sheet": key, "purpose": "核对"}).status_code == 404
    answer = sign_in("wu").post(page, {"sheet": key, "purpose": "核对", "format": "csv"})
    assert answer.status_code in (200, 404)
    # The page that says there is none leads back, in another language, to the address that was asked.
    said = answer.content.decode("utf-8-sig").replace(page, "")
    assert not [word for word in ("独", "QTX-", "马国强") if word in said]


def test_a_family_that_was_not_opened_is_not_sent_out(world, sign_in):
    answer = sign_in("xu").post(HOUSE, {"sheet": "members", "purpose": "核对", "format": "csv"})
    assert "attachment" not in answer.headers.get("Content-Disposition", "")
    assert not Event.objects.filter(verb="list.export").exists()


def test_a_formula_in_a_list_is_inert(opened):
    answer = opened("he").post("/matters/", {"purpose": "核对", "format": "csv"})
    cells = [cell for line in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert [cell for cell in cells if "HYPERLINK" in cell]
