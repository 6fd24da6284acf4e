"""The planted families at one enterprise, for the tests of the desk's lists and tables."""

from datetime import date

import pytest
from tests.planted import PLANT, plant

from nuanxin.care.services import rounds
from nuanxin.records import clock
from nuanxin.rulebook import services as rulebook
from nuanxin.union.models import Org

DAY = date(2023, 7, 7)


@pytest.fixture
def world(city, cast, settings, tmp_path):
    """A round with the planted families, and a draft of the policy; nothing of it may be seen from elsewhere."""
    settings.NUANXIN_HOME = tmp_path
    clock.set_demo_day(DAY)
    union = Org.objects.get(code="QTX-01-E01")
    Org.objects.create(code="QTX-01-E01-A", name="分工会", level="enterprise", parent=union)
    round_, _ = rounds.open_round(
        org=city, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2023, 7, 1)
    )
    visitors = (cast["bai"], cast["xu"])
    plant(PLANT, org=union, round_=round_, by=cast["he"], other=cast["xu"], visitors=visitors, on=DAY)
    rulebook.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)
