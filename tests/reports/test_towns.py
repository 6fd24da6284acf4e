"""Towns side by side: they add up to the range, and what belongs to no town stands beside them."""

from datetime import date, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from nuanxin.care.models import Owed, Round
from nuanxin.reports import services
from nuanxin.reports.brief import TOWN_HEADS, brief_of
from nuanxin.reports.figures import OPENED, make_range
from nuanxin.reports.towns import UNION_OF, towns, without_town
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)
AT = datetime(2023, 7, 7, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def owing(city, cast, monkeypatch):
    """A quarter in which every union owes a return; one of them stands directly below the city."""
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    Org.objects.create(code="QTX-E99", name="市直属工会委员会", level="enterprise", parent=city)
    round_ = Round.objects.create(
        code="QTX-2023Q3", org=city, quarter="2023Q3", opened_on=DAY, returns_due_on=DAY, visits_due_on=DAY, policy="qingtongxia",
        area="qingtongxia",
    )  # fmt: skip
    Owed.objects.bulk_create(
        [Owed(round=round_, org=org) for org in Org.objects.filter(level__in=Org.OWING, code__startswith="QTX")]
    )
    return make_range(city, "2023Q3", "2023Q3")


def silent(span):
    return OPENED["returns_silent"].value(span)


def test_the_towns_and_the_rest_add_up(owing):
    found = towns(owing)
    assert [town.code for town in found if not town.code.startswith("QTX-0")] == [""]
    assert found[-1].values == dict.fromkeys(UNION_OF, 0) | {"returns_silent": 1}
    assert sum(town.values["returns_silent"] for town in found) == silent(owing) > 10
    assert silent(without_town(owing)) == 1
    for town in found[:-1]:
        assert town.values["returns_silent"] == silent(make_range(Org.objects.get(code=town.code), "2023Q3", "2023Q3"))


def test_nothing_below_no_town_is_no_row(owing):
    Owed.objects.filter(org__code="QTX-E99").delete()
    assert all(town.code for town in towns(owing))
    # Below a street there is nothing to put side by side but itself, below one union nothing.
    assert [town.code for town in towns(make_range(Org.objects.get(code="QTX-04"), "2023Q3", "2023Q3"))] == ["QTX-04"]
    assert towns(make_range(Org.objects.get(code="QTX-E99"), "2023Q3", "2023Q3")) == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "不属于镇（街道）的工会：有困难家庭 0，零报告 0，未报 1，"),
        ("en", "Unions of no town: With families 0, Nil 0, Silent 1,"),
    ],
)
def test_in_a_brief_where_they_are_asked_for(owing, lang, said):
    made = brief_of(owing, made_at=AT, lang=lang, parts=("towns",))
    assert said in made.text
    assert made.as_json()["towns"][-1]["figures"] == dict.fromkeys(TOWN_HEADS, 0) | {"returns_silent": 1}
    without = brief_of(owing, made_at=AT, lang=lang)
    assert said not in without.text
    assert "towns" not in without.as_json()
    assert without.values()["towns"] == []


def test_a_brief_keeps_the_towns_as_they_were_sent(owing, cast):
    issue = services.send(span=owing, parts=("towns",), plans="", by=cast["he"], on=DAY, at=AT)
    Owed.objects.filter(org__code="QTX-E99").delete()
    issue.refresh_from_db()
    kept = services.kept_brief(issue, "zh")
    assert kept.towns[-1].values["returns_silent"] == 1
    assert services.digest_of(issue) == issue.digest
    issue.towns[-1][2]["returns_silent"] = 0
    assert services.digest_of(issue) != issue.digest


def test_each_number_of_the_pages_opens_its_records(owing, cast, sign_in):
    he = sign_in("he")
    where = "?org=QTX&from=2023Q3&to=2023Q3"
    brief = he.get(f"/brief/{where}&part=towns")
    assert "各镇（街道）对比" in unescape(brief.content.decode())
    assert he.get(f"/brief/{where}").context["towns"] == []
    for page in (brief, he.get(f"/dashboard/{where}")):
        rows = page.context["towns"]
        assert rows[-1][0] == "不属于镇（街道）的工会"
        for _name, cells in rows:
            for n, url in cells:
                opened = he.get(url)
                assert (opened.status_code, opened.context["value"]) == (200, f"{n:,}"), url
    rest = unescape(he.get(f"/brief/returns_silent/{where}&direct=1").content.decode())
    assert "市直属工会委员会" in rest
    assert Org.objects.get(code="QTX-04-C1").name not in rest


def test_a_refused_sending_keeps_what_was_written(owing, cast, sign_in):
    he = sign_in("he")
    services.send(span=owing, parts=("done",), plans="", by=cast["he"], on=DAY, at=AT)
    answer = he.post("/brief/send/?org=QTX&from=2023Q3&to=2023Q3&part=done", {"plans": "先走访新增的家庭"})
    text = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "已有一份简报在等审批" in text
    assert ">先走访新增的家庭</textarea>" in text.replace("\n", "")
    assert 'action="/brief/"' in text
