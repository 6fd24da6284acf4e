"""The values of the printed household file: from the rows of a household, masked, of the shape that the form asks for."""

from datetime import date
from decimal import Decimal

import pytest

from nuanxin.care.models import Consent, Lead
from nuanxin.reports import household_file, prints
from nuanxin.union import secrets
from nuanxin.union.models import Kinship, Person

pytestmark = pytest.mark.django_db
TODAY = date(2022, 10, 1)
NUMBER = "640381197501010022"


def person(name="韩梅晓", number=NUMBER):
    return Person.objects.create(
        name=name, id_hash=f"hash of {number}", id_cipher=secrets.seal(number), id_mask="6403**********0022",
        born_on=date(1975, 1, 1), sex="f", phone_mask="138****6021",
    )  # fmt: skip


@pytest.fixture
def household(rows):
    """A household on file with a worker, a child, a visit that found another income, and aid of the year."""
    made = rows.household()
    made.worker = person()
    made.address = "小坝镇利民街12号 13800001111"
    made.save()
    child = person("韩小", "640381201001010011")
    Kinship.objects.create(household=made, person=made.worker, relation="self", from_on=TODAY)
    Kinship.objects.create(household=made, person=child, relation="child", from_on=TODAY)
    visit = rows.visit(made)
    Lead.objects.filter(pk=visit.lead_id).update(
        income=Decimal("36000.00"),
        cause="本人大病",
        more={"card_mask": "2290", "bank": "宁夏银行", "single_parent": True},
    )
    visit.income, visit.conclusion, visit.note = Decimal("40000.00"), "differs", "电话13800001111"
    visit.save()
    return made


def test_the_form_is_filled_and_masked(household):
    values = household_file.values(household, TODAY)
    assert values["worker"]["name"] == "韩＊晓"
    assert values["worker"]["id_number"] == "6403**********0022"
    assert [member["relation"] for member in values["members"]] == ["子女"]
    assert (values["yearly_income"], values["monthly_income"]) == (Decimal("36000.00"), Decimal("3000.00"))
    assert values["card"] == "尾号 2290"
    assert values["single_parent"] is True
    assert values["consent_on"] == Consent.objects.get().signed_on
    [visit] = values["visits"]
    assert visit["visitors"] == "白＊磊、马＊强"
    assert "年收入 40000.00 元" in visit["found"]
    printed = str(values)
    for secret in (NUMBER, "13800001111", "韩梅晓", "白秀磊"):
        assert secret not in printed
    assert prints.render("household_file", values).startswith(b"%PDF")


def test_a_policy_that_changed_leaves_the_terms_blank(rows):
    """The finding's digest is of no policy there is: what decided is not told by today's rules."""
    household = rows.file().household
    values = household_file.values(household, TODAY)
    assert values["decision"]["tier"] == "深度困难"
    assert values["decision"]["terms"] == []
    assert values["opened_on"] == date(2022, 9, 30)


def test_the_aid_of_the_year_is_added_up(rows):
    file = rows.file()
    rows.plan(file.finding, "8160.00")
    rows.plan(file.finding, "2000.50", item="medical")
    rows.plan(file.finding, "999.00", item="schooling", superseded=True)
    values = household_file.values(file.household, TODAY)
    assert values["aid_total"] == Decimal("10160.50")
    assert [line["item"] for line in values["aid"]] == ["生活", "医疗"]


def test_a_household_of_which_nothing_is_known_is_a_form_to_fill_in(rows):
    values = household_file.values(rows.household(), TODAY)
    assert values["decision"]["tier"] is None
    assert values["aid_total"] is None
    assert prints.render("household_file", values).startswith(b"%PDF")
