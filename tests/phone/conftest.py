"""A worker with a phone, a neighbour of the same union, and a quarter under way."""

from datetime import date

import pytest
from django.test import Client

from nuanxin.care.services import rounds
from nuanxin.records import clock
from nuanxin.union.models import Org, User
from nuanxin.union.rules import WORKER
from nuanxin.union.services import appoint

DAY = date(2023, 7, 7)


@pytest.fixture
def day(monkeypatch):
    """The demo's day, moved as a test needs it."""
    clock.set_demo_day(DAY)
    yield clock.set_demo_day
    clock._kept().unlink(missing_ok=True)


@pytest.fixture
def workers(cast, day):
    for name, called in (("w1", "丁一禾"), ("w2", "王邻")):
        appoint(
            user=name,
            name=called,
            org=Org.objects.get(code="QTX-01-E01"),
            role=WORKER,
            from_on=date(2022, 1, 1),
            by="setup",
        )
    return {name: User.objects.get(username=name) for name in ("w1", "w2")}


@pytest.fixture
def round_(city, cast):
    made, _ = rounds.open_round(org=city, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=DAY)
    return made


@pytest.fixture
def phone(workers):
    def phone(name="w1", language=""):
        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(workers[name], backend="django.contrib.auth.backends.ModelBackend")
        if language:
            client.cookies["django_language"] = language
        return client

    return phone
