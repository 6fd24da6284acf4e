"""One family with all that hangs on it, for the tests of the desk's lists and tables."""

from datetime import date

import pytest

from nuanxin.records import clock

DAY = date(2023, 7, 7)


@pytest.fixture
def world(city, cast, settings, tmp_path):
    """One family, reported and visited, with a matter and a draft, at one enterprise; nothing of it may be seen from elsewhere."""
    from nuanxin.care.models import Consent, Finding, HardshipApplication, HouseholdFile, Lead, Paper, Return
    from nuanxin.care.services import rounds
    from nuanxin.matters.models import Matter
    from nuanxin.records.services import keep_content
    from nuanxin.rulebook import services as rulebook
    from nuanxin.union.models import Claim, Household, Org, SavedFilter, User
    from nuanxin.union.services import appoint

    settings.NUANXIN_HOME = tmp_path
    clock.set_demo_day(DAY)
    union = Org.objects.get(code="QTX-01-E01")
    Org.objects.filter(pk=union.pk).update(name="隐泉工会委员会")
    Org.objects.create(code="QTX-01-E01-A", name="分工会", level="enterprise", parent=union)
    round_, _ = rounds.open_round(
        org=city, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2023, 7, 1)
    )
    house = Household.objects.create(
        code="QTX-H777777", org=union, worker_name="独孤无痕", address="隐泉巷 9 号 3 单元 201"
    )
    consent = Consent.objects.create(household=house, signed_on=DAY, how="paper", recorded_by="he")
    lead = Lead.objects.create(
        code="QTX-2023Q3-PLANT", round=round_, source="urgent", org=union, household=house, worker_name="独孤无痕", members=2,
        income=12000, medical=0, schooling=0, loss=0, homes=1, runs_business=False, costly_school=False, opened_on=DAY, clock_on=DAY,
        state="decided", cause="隐泉重病",
    )  # fmt: skip
    lead.visits.create(
        visitor_one="白秀磊", visitor_two="罗小满", visited_on=DAY, conclusion="as_reported", consent=consent
    )
    waiting = Lead.objects.create(
        code="QTX-2023Q3-PLANTED-AGAIN", round=round_, source="review", org=union, household=house, worker_name="独孤无痕",
        members=2, opened_on=DAY, clock_on=DAY, state="due",
    )  # fmt: skip
    planned = waiting.visits.create(
        pk=777777,
        visitor_one="白秀磊",
        visitor_two="罗小满",
        planned_on=DAY,
        account_one=cast["bai"],
        account_two=cast["xu"],
    )
    signed = keep_content(b"\x89PNG", name="family.png")
    planned.papers.create(pk=777777, kind="family", attachment=signed)
    finding = Finding.objects.create(
        code="QTX-2023Q3-F77777", lead=lead, round=round_, household=house, policy="qingtongxia", policy_version="2022-1",
        policy_digest="0" * 64, as_of=date(2023, 9, 30), tier="deep", rule="deep", figures={"inputs": {}}, income=12000, total=8580,
        new=True, proposed_by="he", proposed_on=DAY, state="proposed",
    )  # fmt: skip
    HouseholdFile.objects.create(
        code="QTX-2023-7777", household=house, tier="deep", finding=finding, opened_on=DAY, opened_in="2023Q3"
    )
    Matter.objects.create(
        code="QTX-M-PLANT", kind="problem", content="隐泉车间没有热水", org=union, owner=city, source="test", quarter="2023Q3",
        received_on=DAY, meeting=False, due_on=DAY,
    )  # fmt: skip
    worker = User.objects.create(username="w-plant", first_name="独孤无痕", phone_hash="x", phone_mask="138****0000")
    appoint(user="w-plant", name="独孤无痕", org=union, role="worker", from_on=DAY, by="setup")
    Matter.objects.filter(code="QTX-M-PLANT").update(account=worker)
    asked = HardshipApplication.objects.create(
        code="QTX-A-PLANT", user=worker, org=union, state="sent", started_on=DAY, sent_on=DAY, lead=lead
    )
    Paper.objects.create(pk=777777, application=asked, lead=lead, attachment=signed, added_on=DAY, added_by="w-plant")
    Lead.objects.create(
        code="QTX-2023Q3-PLANT-DOUBT", round=round_, source="reported", org=union, candidate=house, worker_name="独孤无痕", members=2,
        opened_on=DAY, clock_on=DAY, state="doubtful", grade="doubtful",
    )  # fmt: skip
    Return.objects.create(
        code="QTX-2023Q3-PLANT-RETURN", round=round_, org=union, file_name="隐泉.csv", received_on=DAY, late=False, by="ma", state="taken",
        attachment=keep_content("姓名,身份证号\n".encode(), name="隐泉.csv"),
    )  # fmt: skip
    Claim.objects.create(
        user=worker, org=union, name="独孤无痕", id_hash="x", id_cipher=b"x", id_mask="6403**********0000", asked_on=DAY
    )
    SavedFilter.objects.create(
        pk=777777, user=cast["he"], org=city, page="desk:matters", query="q=a", name="隐泉", shared=False
    )
    rulebook.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)
