"""A reach in a filter: one parameter however many organisations, and the same rows as a list of keys gives."""

import pytest
from django.db.models import Case, Q, Value, When

from nuanxin.union.models import Org
from nuanxin.union.queries import Reach, below

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    city = Org.objects.create(code="R", name="市", level=Org.CITY)
    street = Org.objects.create(code="R-1", name="街道", level=Org.STREET, parent=city)
    other = Org.objects.create(code="R-2", name="镇", level=Org.STREET, parent=city)
    shop = Org.objects.create(code="R-1-E1", name="企业", level=Org.ENTERPRISE, parent=street)
    return city, street, other, shop


def test_a_reach_holds_what_lies_below(tree):
    city, street, _other, shop = tree
    assert below([street]) == {street.pk, shop.pk}
    assert below([city]) == {org.pk for org in tree}
    assert below([]) == set()


@pytest.mark.parametrize("negated", [False, True])
def test_it_filters_as_a_list_of_keys_does(tree, negated):
    _city, street, _other, _shop = tree
    reach = below([street])
    for path in ("pk__in", "parent__in"):
        ours, theirs = Q(**{path: reach}), Q(**{path: sorted(reach)})
        rows = Org.objects.filter(~ours if negated else ours)
        assert set(rows) == set(Org.objects.filter(~theirs if negated else theirs))


def test_an_empty_reach_finds_nothing_and_its_opposite_all(tree):
    assert not Org.objects.filter(pk__in=Reach()).exists()
    assert Org.objects.exclude(pk__in=Reach()).count() == len(tree)
    flagged = Org.objects.annotate(mine=Case(When(pk__in=Reach(), then=Value(1)), default=Value(0)))
    assert {org.mine for org in flagged} == {0}


def test_it_is_one_parameter(tree):
    _sql, params = Org.objects.filter(pk__in=below([tree[0]])).query.sql_with_params()
    assert len(params) == 1
