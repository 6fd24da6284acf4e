"""One account with posts in two cities: what a post permits, it permits where it is held."""

from datetime import date

import pytest

from nuanxin.matters import services
from nuanxin.records import clock
from nuanxin.records.models import Event
from nuanxin.union import rules
from nuanxin.union.models import Org
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)


@pytest.fixture
def both(cast, settings, tmp_path):
    """A steward in one city who is a grass-roots officer in the other, and a matter in each."""
    settings.NUANXIN_HOME, settings.NUANXIN_FILES = tmp_path, tmp_path / "files"
    clock.set_demo_day(DAY)
    for code, by, words in (("QTX-01-E01", "he", "这里要一盏灯"), ("WZ-01-E01", "wu", "那里要一口井")):
        org = Org.objects.get(code=code)
        services.enter(
            kind="wish", content=words, raised_by="某人", phone="", org=org, meeting=False, by=cast[by], on=DAY
        )
        role = rules.STEWARD if by == "he" else rules.GRASSROOTS
        appoint(user="shuang", name="双城人", org=org, role=role, from_on=DAY, by="setup")


@pytest.mark.parametrize("page", ["/matters/", "/search/?q=一&kind=matters", "/desk/?tab=all"])
def test_a_list_is_sent_out_as_far_as_the_post_that_sends_it_reaches(both, sign_in, page):
    client = sign_in("shuang")
    shown = client.get(page).content.decode()
    assert ("要一盏灯" in shown, "要一口井" in shown) == (True, True)
    sent = client.post(page, {"purpose": "核对", "format": "csv"}).content.decode("utf-8-sig")
    assert ("要一盏灯" in sent, "要一口井" in sent) == (False, True)
    # It is written down where the post is held, for that city's auditor.
    assert Event.objects.get(verb="list.export").chain == "WZ-01-E01"
