"""A worker's application: kept step by step, sent once, matched like a return, decided like any family."""

from datetime import date
from decimal import Decimal

import pytest

from nuanxin.care.models import Consent, HardshipApplication, Lead, ReportedMember
from nuanxin.care.services import apply, rounds
from nuanxin.care.services.register import judge
from nuanxin.records.models import Event, Job
from nuanxin.records.services import Refused, verify_chain
from nuanxin.union.models import Household, Kinship, Notice, Org, Person, User
from nuanxin.union.rules import WORKER
from nuanxin.union.services import appoint
from tests.care.paper import number

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)
ASKED = ("income", "medical", "schooling", "loss", "homes", "runs_business", "costly_school")
FIGURES = {
    "income": "24000", "medical": "3000.50", "schooling": "0", "loss": "0", "homes": "1", "runs_business": "否",
    "costly_school": "否", "cause": "本人大病", "note": "住院三次", "address": "古峡街道 8 号",
}  # fmt: skip
SELF = {"name": "丁一禾", "relation": "本人", "resident_id": number("19800101"), "phone": "13800000011"}
CHILD = {"name": "丁小满", "relation": "子女", "resident_id": number("20120303", 5), "study_stage": "小学"}


@pytest.fixture
def round_(city, cast):
    made, _ = rounds.open_round(org=city, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=DAY)
    return made


def worker(name: str, person: Person | None = None) -> User:
    works = Org.objects.get(code="QTX-01-E01")
    appoint(user=name, name="丁一禾", org=works, role=WORKER, from_on=date(2022, 1, 1), by="setup")
    account = User.objects.get(username=name)
    account.person = person
    account.save()
    return account


def person(name="丁一禾", id_number=SELF["resident_id"], phone="13900000099") -> Person:
    from nuanxin.union import secrets

    return Person.objects.create(
        name=name, id_hash=secrets.find_key(id_number), id_cipher=secrets.seal(id_number), id_mask=id_number[:4] + "*" * 10 + id_number[-4:],
        born_on=date(1980, 1, 1), sex="m", phone_hash=secrets.find_key(phone), phone_cipher=secrets.seal(phone), phone_mask="139****0099",
    )  # fmt: skip


def household(head: Person) -> Household:
    house = Household.objects.create(
        code="QTX-H000009", org=Org.objects.get(code="QTX-01-E01"), worker=head, worker_name=head.name
    )
    Kinship.objects.create(household=house, person=head, relation="self", from_on=date(2022, 1, 1))
    return house


def filled(by: User, *members) -> HardshipApplication:
    application = apply.begin(by=by, on=DAY)
    said = apply.told(application)["members"]
    for n, fields in enumerate(members or (SELF, CHILD)):
        place = 0 if n == 0 and said else None
        apply.keep_member(application=application, place=place, fields=fields, by=by, on=DAY)
    apply.keep_figures(application=application, fields=FIGURES, by=by, on=DAY)
    return application


def sent(application, by, signed="丁一禾"):
    return apply.send(application=application, signed=signed, agreed=True, truthful=True, asked=ASKED, by=by, on=DAY)


def test_what_is_typed_is_read_as_a_sheet_reads_it(round_):
    by = worker("w1")
    application = apply.begin(by=by, on=DAY)
    assert apply.begin(by=by, on=DAY) == application
    with pytest.raises(apply.Misread) as refused:
        apply.keep_member(
            application=application, place=0, fields=SELF | {"resident_id": "640381198002310011", "phone": "123"}, by=by, on=DAY
        )  # fmt: skip
    assert set(refused.value.fields) == {"resident_id", "phone"}
    assert "1980-02-31 不存在" in refused.value.fields["resident_id"]
    assert "640381198002310011" not in str(refused.value)
    with pytest.raises(apply.Misread) as refused:
        apply.keep_figures(application=application, fields=FIGURES | {"income": "很少", "homes": ""}, by=by, on=DAY)
    assert set(refused.value.fields) == {"income", "homes"}


def test_the_number_is_sealed_in_the_draft_and_stays_when_not_typed_again(round_):
    by = worker("w1")
    application = filled(by)
    assert SELF["resident_id"].encode() not in bytes(application.sealed)
    apply.keep_member(application=application, place=0, fields=SELF | {"resident_id": "", "phone": ""}, by=by, on=DAY)
    me = apply.told(HardshipApplication.objects.get())["members"][0]
    assert (me["resident_id"], me["phone"]) == (SELF["resident_id"], SELF["phone"])
    with pytest.raises(apply.Misread):
        apply.keep_member(application=application, place=None, fields=CHILD, by=by, on=DAY)
    apply.drop_member(application=application, place=1, by=by, on=DAY)
    assert len(apply.told(HardshipApplication.objects.get())["members"]) == 1


def test_nothing_is_sent_before_it_is_whole_signed_and_pledged(round_):
    by = worker("w1")
    application = apply.begin(by=by, on=DAY)
    with pytest.raises(Refused) as refused:
        apply.send(application=application, signed="", agreed=False, truthful=False, asked=ASKED, by=by, on=DAY)
    assert len(refused.value.reasons) == 5
    with pytest.raises(Refused, match="本人的姓名"):
        sent(filled(by), by, signed="王五")
    assert not Lead.objects.exists()


def test_it_becomes_a_lead_once_and_the_steps_balance(round_, cast):
    by = worker("w1")
    application = sent(filled(by), by)
    assert sent(application, by) == application
    lead = Lead.objects.get()
    assert (lead.source, lead.state, lead.members, lead.children_compulsory) == ("applied", "due", 2, 1)
    assert (lead.income, lead.medical) == (Decimal("24000.00"), Decimal("3000.50"))
    assert lead.household.worker_name == "丁一禾"
    assert application.lead == lead
    assert application.sealed is None
    assert ReportedMember.objects.count() == 2
    assert Consent.objects.get().how == "phone"
    assert Job.objects.get(step="match").balance == {
        "in": [["families", 1]], "out": [["known", 0], ["new", 1], ["probable", 0], ["doubtful", 0], ["repeated", 0]],
    }  # fmt: skip
    assert Event.objects.filter(subject=f"application:{application.code}", verb="application.send").count() == 1
    assert verify_chain("QTX") > 0
    assert Notice.objects.get(user=by).what == "application.received"
    assert [n.user for n in Notice.objects.filter(what="application.sent")] == [cast["ma"]]


def test_a_known_worker_joins_the_own_household(round_):
    me = person()
    house = household(me)
    by = worker("w1", me)
    sent(filled(by), by)
    lead = Lead.objects.get()
    assert (lead.household, lead.grade, lead.state) == (house, "exact", "due")
    assert Household.objects.count() == 1


def test_somebody_elses_number_opens_nothing(round_, cast):
    """Who types another's ID number waits for a person: the household, its members and its phone stay as they were."""
    victim = person()
    house = household(victim)
    by = worker("w1")
    sent(filled(by), by)
    lead = Lead.objects.get()
    assert (lead.state, lead.household, lead.candidate) == ("doubtful", None, house)
    victim.refresh_from_db()
    assert victim.phone_mask == "139****0099"
    assert house.members.count() == 1
    assert not Consent.objects.exists()
    assert not Notice.objects.filter(user=by, what__startswith="finding").exists()
    judge(lead, same=True, by=cast["he"], on=DAY)
    assert Consent.objects.get().household == house


def test_a_number_of_another_name_holds_the_family(round_):
    person(name="欧阳明月")
    house = household(Person.objects.get())
    by = worker("w1")
    sent(filled(by), by)
    lead = Lead.objects.get()
    assert (lead.state, lead.held_code) == ("held", "refused_row")
    assert house.members.count() == 1


def test_without_an_open_round_it_waits_for_the_next(city, cast):
    by = worker("w1")
    application = sent(filled(by), by)
    assert application.lead is None
    assert application.sealed is not None
    assert Notice.objects.get(user=by).what == "application.waits"
    made, _ = rounds.open_round(org=city, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=DAY)
    application.refresh_from_db()
    assert application.lead.round == made
    assert (application.lead.state, application.sealed) == ("due", None)


def test_only_the_worker_who_began_it_may_touch_it(round_, cast):
    by, other = worker("w1"), worker("w2")
    application = filled(by)
    for stranger in (other, cast["he"], cast["wu"]):
        with pytest.raises(Refused):
            apply.keep_member(application=application, place=0, fields=SELF, by=stranger, on=DAY)
        with pytest.raises(Refused):
            sent(application, stranger)
        with pytest.raises(Refused):
            apply.withdraw(application=application, by=stranger, on=DAY)


def test_withdrawing_deletes_a_draft_and_ends_a_lead_that_was_not_visited(round_):
    by = worker("w1")
    draft = filled(by)
    apply.withdraw(application=draft, by=by, on=DAY)
    draft.refresh_from_db()
    assert (draft.state, draft.sealed) == ("withdrawn", None)
    application = sent(filled(by), by)
    apply.withdraw(application=application, by=by, on=DAY)
    assert Lead.objects.get().state == "replaced"
    by.person = Person.objects.get(name="丁一禾")
    by.save()
    again = sent(filled(by), by)
    assert again.lead.state == "due"
    Lead.objects.filter(pk=again.lead.pk).update(state="visited")
    with pytest.raises(Refused, match="已经上门"):
        apply.withdraw(application=again, by=by, on=DAY)
