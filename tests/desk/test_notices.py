"""The desk's notices: the bell counts the unread, the list is the officer's own, reading is a POST."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from nuanxin.records.services import Refused
from nuanxin.union.models import Muted, Notice
from nuanxin.union.rules import MUTABLE
from nuanxin.union.services import mute, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(cast):
    tell([(cast["xu"].pk, "review.asked", "household:QTX-H000001", {})], on=date(2023, 7, 7))


def test_an_officer_sees_the_bell_and_reads(sign_in, told):
    client = sign_in("xu")
    assert '<em aria-hidden="true">1</em>' in client.get("/rounds/").content.decode()
    page = client.get("/notices/").content.decode()
    assert "有家庭申请复核" in page
    assert "/households/QTX-H000001/" in page
    assert Notice.objects.get().read_at is None
    answer = client.post("/notices/", {"notice": Notice.objects.get().pk})
    assert answer.headers["Location"] == "/notices/"
    assert Notice.objects.get().read_at is not None
    assert '<em aria-hidden="true">' not in client.get("/rounds/").content.decode()


def test_another_officer_sees_nothing_of_it(sign_in, told):
    for other in ("he", "wu", "guan"):
        client = sign_in(other)
        assert "还没有通知" in client.get("/notices/").content.decode()
        client.post("/notices/", {"notice": Notice.objects.get().pk})
        assert Notice.objects.get().read_at is None


def test_in_english(sign_in, told):
    client = sign_in("xu")
    client.cookies["django_language"] = "en"
    assert "A family asks for a review by another person" in client.get("/notices/").content.decode()


def test_what_is_not_wanted_comes_as_read_and_can_be_wanted_again(sign_in, cast):
    client = sign_in("xu")
    page = client.get("/notices/choices/").content.decode()
    assert page.count(" checked") == len(MUTABLE)
    assert "提醒设置" in client.get("/notices/").content.decode()
    client.post("/notices/choices/", {"what": [what for what in MUTABLE if what != "review.asked"]})
    day = date(2023, 7, 7)
    lines = [
        (cast[who].pk, what, "matter:QTX-M-1", {}) for who in ("xu", "he") for what in ("review.asked", "matter.raised")
    ]
    tell(lines, on=day)
    unread = set(Notice.objects.filter(read_at=None).values_list("user__username", "what"))
    assert unread == {("xu", "matter.raised"), ("he", "matter.raised"), ("he", "review.asked")}
    assert "有家庭申请复核" in client.get("/notices/").content.decode(), "it still comes"
    assert '<em aria-hidden="true">1</em>' in client.get("/rounds/").content.decode()
    assert client.get("/notices/choices/").content.decode().count(" checked") == len(MUTABLE) - 1
    assert client.post("/notices/choices/", {"what": ["finding.certified"]}).status_code == 422
    client.post("/notices/choices/", {"what": list(MUTABLE)})
    assert not Muted.objects.exists()


def test_a_workers_notice_is_never_muted(cast):
    with pytest.raises(Refused, match="不能免提醒"):
        mute(whats=["finding.certified"], by=cast["xu"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Muted.objects.create(user=cast["xu"], what="finding.certified")
