"""Notices belong to one account, are read by it alone, and are made in words when they are shown."""

from datetime import date

import pytest
from django.utils.translation import override

from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import NOTICE, notice
from nuanxin.union.models import Household, Kinship, Notice, Org, Person
from nuanxin.union.queries import accounts_of, nearest_holders, nearest_of_each
from nuanxin.union.services import mark_read, tell

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)


def unread(user):
    return Viewer(user, DAY).unread


def test_an_account_reads_its_own_alone(cast):
    tell([(cast["he"].pk, "matter.raised", "matter:1", {}), (cast["xu"].pk, "matter.raised", "matter:1", {})], on=DAY)
    theirs = Notice.objects.get(user=cast["xu"])
    assert mark_read(by=cast["he"], keys=[theirs.pk]) == 0
    assert (unread(cast["he"]), unread(cast["xu"])) == (1, 1)
    assert mark_read(by=cast["he"]) == 1
    assert (unread(cast["he"]), unread(cast["xu"])) == (0, 1)


def test_the_nearest_officers_are_told(cast):
    works = Org.objects.get(code="QTX-01-E01")
    assert nearest_holders("matter.answer", works, DAY) == [cast["ma"].pk]
    assert nearest_holders("finding.review", works, DAY) == sorted([cast["he"].pk, cast["xu"].pk])
    assert nearest_holders("finding.review", works, DAY, but=["he"]) == [cast["xu"].pk]
    assert nearest_holders("matter.answer", works, date(2021, 1, 1)) == []


def test_the_nearest_officers_of_each_of_many_unions(cast, django_assert_max_num_queries):
    works, mill, city = (Org.objects.get(code=code) for code in ("QTX-01-E01", "QTX-04-C1", "QTX"))
    both = sorted([cast["he"].pk, cast["xu"].pk])
    with django_assert_max_num_queries(4):
        found = nearest_of_each("return.receive", [works, mill, city], DAY)
    assert found == {works.pk: [cast["ma"].pk], mill.pk: both, city.pk: both}
    below = nearest_of_each("return.receive", [works, mill], DAY, but_role="city_officer")
    assert below == {works.pk: [cast["ma"].pk], mill.pk: []}
    assert nearest_of_each("return.receive", [], DAY) == {}


def test_who_left_the_household_is_told_no_more(cast):
    house = Household.objects.create(code="QTX-H000001", org=Org.objects.get(code="QTX-01-E01"), worker_name="丁一")
    people = [
        Person.objects.create(
            name=name, id_hash=name, id_cipher=b"x", id_mask="6403**********0001", born_on=DAY, sex="m"
        )
        for name in ("丁一", "丁二")
    ]
    for person, user, until in zip(people, ("tian", "bai"), (None, DAY), strict=True):
        Kinship.objects.create(household=house, person=person, relation="self", from_on=DAY, until_on=until)
        cast[user].person = person
        cast[user].save()
    assert accounts_of([house.pk]) == {house.pk: [cast["tian"].pk]}


@pytest.mark.parametrize("what", NOTICE)
def test_every_notice_has_words_in_both_languages(what):
    facts = {"code": "QTX-W000001", "day": "2023-07-12", "until": "2023-07-14", "n": 2}
    with override("zh-hans"):
        zh = notice(what, facts)
    with override("en"):
        en = notice(what, facts)
    assert "%(" not in zh + en
    assert zh != en
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in en)
