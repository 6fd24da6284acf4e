"""Unions that have sent no return are reminded: their officers are told, once a day, and it is written down."""

from datetime import date, timedelta

import pytest

from nuanxin.care.models import Owed
from nuanxin.care.services import reminders, returns, rounds
from nuanxin.records.models import Event
from nuanxin.records.services import Many, Refused, verify_chain
from nuanxin.union.models import Notice, Org
from nuanxin.union.services import appoint
from tests.care.paper import survey

pytestmark = pytest.mark.django_db
DAY = date(2022, 7, 5)
E01, E06, FAR = "QTX-01-E01", "QTX-01-E06", "QTX-04-C1"


@pytest.fixture
def round_(city, cast, settings, tmp_path):
    settings.NUANXIN_HOME, settings.NUANXIN_FILES = tmp_path, tmp_path / "files"
    made, _ = rounds.open_round(
        org=city, quarter="2022Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2022, 7, 1)
    )
    return made


def states(round_, on=DAY):
    owed = Owed.objects.filter(round=round_).select_related("org")
    return {code: state for code, (state, _users) in reminders.standing(round_, owed, on).items()}


def test_the_officers_of_silent_unions_are_told_once_a_day(round_, cast, tmp_path):
    returns.receive(
        round_=round_, paths=[survey(tmp_path, E06, "红柳酿造工会委员会", "2022Q3", [])], by=cast["he"], on=DAY
    )
    assert {code: states(round_)[code] for code in (E01, E06, FAR)} == {E01: "silent", E06: "sent", FAR: "unheard"}
    shown = {E01: "silent", "QTX-01-E09": "silent", E06: "silent", FAR: "silent"}
    came = reminders.remind(round_=round_, shown=shown, by=cast["he"], on=DAY)
    assert came == Many(2, 0, (E06, FAR)), "who has sent, and who has nobody to hear it, is left alone and named"
    notice = Notice.objects.get(what="return.asked")
    assert (notice.user, notice.subject, notice.facts) == (
        cast["ma"], "return:QTX-2022Q3", {"quarter": "2022Q3", "until": "2022-08-31", "n": 2},
    )  # fmt: skip
    assert list(Event.objects.filter(verb="return.remind").values_list("subject", "facts")) == [
        (f"org:{code}", {"quarter": "2022Q3", "told": 1}) for code in (E01, "QTX-01-E09")
    ]
    verify_chain("QTX")

    # A second click, and a second officer, change nothing that day; the next day they are reminded again.
    assert reminders.remind(round_=round_, shown=shown, by=cast["xu"], on=DAY) == Many(0, 2, (E06, FAR))
    assert (Notice.objects.count(), Event.objects.filter(verb="return.remind").count()) == (1, 2)
    again = reminders.remind(round_=round_, shown={E01: "silent"}, by=cast["he"], on=DAY + timedelta(days=1))
    assert again == Many(1, 0, ())
    owed = Owed.objects.get(round=round_, org__code=E01)
    assert (owed.reminders, owed.reminded_on) == (2, DAY + timedelta(days=1))


def test_the_unions_own_officer_is_told_before_the_streets(round_, cast):
    union = Org.objects.get(code=E01)
    appoint(user="own", name="本单位", org=union, role="grassroots_officer", from_on=DAY, by="setup")
    reminders.remind(round_=round_, shown={E01: "silent"}, by=cast["he"], on=DAY)
    assert [notice.user.username for notice in Notice.objects.all()] == ["own"]


def test_what_no_page_of_ours_carries_reminds_nobody(round_, cast, tmp_path):
    returns.receive(
        round_=round_, paths=[survey(tmp_path, E06, "红柳酿造工会委员会", "2022Q3", [])], by=cast["he"], on=DAY
    )
    forged = {E06: "sent", FAR: "unheard", "WZ-01-E01": "silent"}
    came = reminders.remind(round_=round_, shown=forged, by=cast["he"], on=DAY)
    assert came == Many(0, 0, tuple(sorted(forged)))
    assert not Notice.objects.exists()


@pytest.mark.parametrize("who", ["wu", "ma", "shen", "bai"])
def test_only_the_citys_own_officers_remind(round_, cast, who):
    with pytest.raises(Refused, match="不归您催报"):
        reminders.remind(round_=round_, shown={E01: "silent"}, by=cast[who], on=DAY)
    assert not Event.objects.filter(verb="return.remind").exists()


def test_a_closed_round_asks_nobody(round_, cast):
    round_.state = "closed"
    with pytest.raises(Refused, match="已办结"):
        reminders.remind(round_=round_, shown={E01: "silent"}, by=cast["he"], on=DAY)
