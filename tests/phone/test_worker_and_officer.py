"""A worker who also holds an officer's post, in the own city or in another: the phone is the worker's own union's."""

import json
import zipfile
from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse

from nuanxin.matters.models import Matter
from nuanxin.union.models import Org
from nuanxin.union.rules import VISITOR
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)


@pytest.mark.parametrize("where", ["QTX", "WZ"])
def test_what_is_asked_on_the_phone_goes_to_the_own_union(phone, workers, round_, where):
    appoint(user="w1", name="", org=Org.objects.get(code=where), role=VISITOR, from_on=DAY, by="setup")
    client = phone()
    home = client.get(reverse("phone:home")).content.decode()
    assert ("峡光铝材" in home, "吴忠" in home) == (True, False)
    assert "青铜峡市总工会" in client.get(reverse("phone:me")).content.decode()
    told = client.post(reverse("phone:raise", args=["wish"]), {"content": "想要一盏台灯"}, follow=True)
    assert "已交给工会" in told.content.decode()
    assert Matter.objects.get().org.code == "QTX-01-E01"
    # Its city's quarter is under way, and the other's is not.
    assert client.get(reverse("phone:apply")).status_code == 200
    with zipfile.ZipFile(BytesIO(client.post(reverse("phone:copy")).content)) as file:
        (account,) = json.loads(file.read("my-data.json"))["账号 account"]
    assert account["union"].startswith("峡光铝材")
