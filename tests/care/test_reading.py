"""Who opens a family's file leaves an Event with a reason; once a day, by a post that covers the family."""

from datetime import date

import pytest

from nuanxin.care.services.reading import open_file, opened
from nuanxin.records.models import Event
from nuanxin.records.services import Refused
from nuanxin.union.models import Household, Org, User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)


@pytest.fixture
def house(cast):
    return Household.objects.create(code="QTX-H000001", org=Org.objects.get(code="QTX-01-E01"), worker_name="丁一")


def test_a_file_is_opened_once_a_day_with_its_reason(cast, house):
    assert not opened(house, cast["ma"], DAY)
    assert open_file(household=house, by=cast["ma"], on=DAY, reason="核对电话")
    assert not open_file(household=house, by=cast["ma"], on=DAY, reason="再看一次")
    event = Event.objects.get(verb="household.read")
    assert event.facts == {"what": "file", "role": "grassroots_officer", "org": "QTX-01", "reason": "核对电话"}
    assert event.subject == "household:QTX-H000001"
    assert opened(house, cast["ma"], DAY)
    assert not opened(house, cast["he"], DAY)
    assert not opened(house, cast["ma"], date(2023, 7, 8))
    assert open_file(household=house, by=cast["ma"], on=DAY, reason="打印", what="print")


def test_without_a_reason_or_a_post_nothing_is_opened(cast, house):
    with pytest.raises(Refused, match="理由"):
        open_file(household=house, by=cast["ma"], on=DAY, reason=" ")
    for outsider in ("wu", "bai", "guan", "pan"):
        with pytest.raises(Refused):
            open_file(household=house, by=cast[outsider], on=DAY, reason="看看")
    assert not Event.objects.filter(verb="household.read").exists()


def test_the_family_reads_by_which_post_it_was(cast, house):
    """Who holds the same post in two cities opened it by the one that covers the family."""
    for code in ("WZ", "QTX"):
        appoint(user="liang", name="梁两地", org=Org.objects.get(code=code), role="auditor", from_on=DAY, by="setup")
    assert open_file(household=house, by=User.objects.get(username="liang"), on=DAY, reason="核对")
    assert Event.objects.get(verb="household.read").facts["org"] == "QTX"
