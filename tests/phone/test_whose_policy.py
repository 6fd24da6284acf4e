"""A worker is asked and answered by the policy of the own city."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from tests.rulebook.publishing import other_city, published

from nuanxin.care.services import rounds
from nuanxin.union.models import Org, User
from nuanxin.union.rules import WORKER
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)
# Three people on exactly the standard of 715 yuan a head.
ANSWERS = {
    "income": "25740", "medical_paid": "0", "schooling_paid": "0", "members": "3", "homes": "1", "runs_business": "no",
    "costly_school": "no", "loss": "0", "children_compulsory": "0", "children_upper": "0",
}  # fmt: skip


@pytest.mark.parametrize(("where", "tier"), [("QTX-01-E01", "深度困难"), ("WZ-01-E01", "相对困难")])
def test_the_self_test_goes_by_the_own_citys_version(cast, city, workers, settings, tmp_path, where, tier):
    settings.NUANXIN_HOME = tmp_path
    other = other_city()
    published(city, begins="2023-07-01", line="<= M")
    for org, by in ((city, "he"), (other, "wu")):
        rounds.open_round(org=org, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast[by], on=DAY)
    appoint(user="w3", name="职工", org=Org.objects.get(code=where), role=WORKER, from_on=DAY, by="setup")
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username="w3"), backend="django.contrib.auth.backends.ModelBackend")
    told = client.post(reverse("phone:selftest"), ANSWERS)
    assert told.status_code == 200
    assert told.context["told"].tier == tier
    assert tier in told.content.decode()
