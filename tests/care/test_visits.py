"""Visits that a plan gives to accounts, seen by those alone and recorded from their phone: the rules of the sheet, one visit for one form."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from nuanxin.care.models import Consent, Finding, Lead, Round, Visit, VisitPaper
from nuanxin.care.routing import Hours
from nuanxin.care.services import visit_plan, visits
from nuanxin.care.services.visits import Paper
from nuanxin.records.models import Attachment, Event
from nuanxin.records.services import Refused
from nuanxin.site import setup
from nuanxin.union.models import Household, Kinship, Notice, Org, Person, User
from nuanxin.union.queries import access
from nuanxin.union.rules import AUDITOR, GRASSROOTS, STEWARD, VISITOR
from nuanxin.union.services import appoint
from tests.pictures import jpeg, png

pytestmark = pytest.mark.django_db
DAY = date(2022, 9, 5)
SHANGHAI = ZoneInfo("Asia/Shanghai")
SIGNED = (Paper("family", png(grey=1)), Paper("visitors", png(grey=2)))


@pytest.fixture
def luo(cast, city):
    appoint(user="luo", name="罗小满", org=city, role=VISITOR, from_on=date(2022, 1, 1), by="setup")
    cast["luo"] = type(cast["he"]).objects.get(username="luo")
    return cast["luo"]


@pytest.fixture
def round_(city, cast):
    return Round.objects.create(
        code="QTX-2022Q3", org=city, quarter="2022Q3", opened_on=date(2022, 7, 1), returns_due_on=date(2022, 8, 31),
        visits_due_on=date(2022, 9, 30), policy="qingtongxia", area="QTX",
    )  # fmt: skip


@pytest.fixture
def leads(round_):
    """Three families of two towns that are to be visited."""
    made = []
    for n, code in enumerate(("QTX-01-E01", "QTX-03-C2", "QTX-01-E01"), 1):
        org = Org.objects.get(code=code)
        house = Household.objects.create(
            code=f"QTX-H{n}", org=org, worker_name=f"欧阳独{n}", address=f"古峡街道永安路 {n} 号"
        )
        made.append(
            Lead.objects.create(
                code=f"L{n}", round=round_, source="reported", org=org, household=house, worker_name=house.worker_name,
                opened_on=DAY, clock_on=date(2022, 9, 30), state="due", members=3, income=12000, homes=1,
            )
        )  # fmt: skip
    return made


@pytest.fixture
def planned(round_, leads, cast, luo):
    made, left = visit_plan.plan(round_=round_, teams=[(cast["bai"], luo)], days=[DAY], by=cast["he"], on=DAY)
    assert left == []
    return {visit.lead.code: visit for visit in made}


def sent(visit, by, **more):
    told = {
        "submission": "a-1", "visited_on": DAY, "nobody_home": False, "found": {}, "note": "", "consented": True, "papers": SIGNED,
        "on": DAY,
    }  # fmt: skip
    return visits.record_one(visit=visit, by=by, **(told | more))


@pytest.fixture
def kin(leads, cast):
    """The first family has an account: tian's."""
    kin = Person.objects.create(name="欧阳独一", born_on=date(1980, 1, 1))
    User.objects.filter(pk=cast["tian"].pk).update(person=kin)
    Kinship.objects.create(household=leads[0].household, person=kin, relation="self", from_on=DAY)
    return kin


class TestPlan:
    def test_names_become_the_accounts_of_those_who_may_visit_here(self, round_, leads, cast):
        visit_plan.plan(round_=round_, teams=[("bai", "何秋实")], days=[DAY], by=cast["he"], on=DAY)
        visit = Visit.objects.first()
        assert (visit.visitor_one, visit.account_one, visit.account_two) == ("白秀磊", cast["bai"], cast["he"])
        visit_plan.plan(round_=round_, teams=[("吴外人", "路人")], days=[DAY], by=cast["he"], on=DAY)
        visit = Visit.objects.first()
        assert (visit.visitor_one, visit.account_one, visit.account_two) == ("吴外人", None, None)

    def test_an_account_without_a_post_here_is_refused(self, round_, leads, cast):
        with pytest.raises(Refused, match="没有走访的任职"):
            visit_plan.plan(round_=round_, teams=[(cast["wu"], cast["bai"])], days=[DAY], by=cast["he"], on=DAY)

    def test_one_person_twice_is_refused_in_words(self, round_, leads, cast):
        with pytest.raises(Refused, match="两个不同的人"):
            visit_plan.plan(round_=round_, teams=[("bai", "白秀磊")], days=[DAY], by=cast["he"], on=DAY)
        with pytest.raises(Refused, match="两个不同的人"):
            visit_plan.plan(round_=round_, teams=[(cast["bai"], cast["bai"])], days=[DAY], by=cast["he"], on=DAY)

    def test_a_proposal_changes_nothing_and_what_was_looked_at_is_what_is_planned(self, round_, leads, cast):
        asked = {"round_": round_, "teams": [("bai", "he")], "days": [DAY], "by": cast["he"], "on": DAY}
        proposal = visit_plan.propose(**asked)
        assert len(proposal.visits) == 3
        assert not Visit.objects.exists()
        Lead.objects.filter(code="L2").update(state="visited")
        with pytest.raises(Refused, match="再看一遍"):
            visit_plan.plan(**asked, seen=proposal.digest)
        assert not Visit.objects.exists()
        made, _ = visit_plan.plan(**asked, seen=visit_plan.propose(**asked).digest)
        assert len(made) == 2

    def test_planned_anew_a_visit_stays_the_same_row_and_a_day_under_way_is_left_alone(
        self, round_, planned, cast, luo
    ):
        keys = {code: visit.pk for code, visit in planned.items()}
        later = date(2022, 9, 6)
        visit_plan.plan(
            round_=round_, teams=[(cast["he"], cast["bai"])], days=[later], by=cast["he"], on=date(2022, 9, 4)
        )
        assert {v.lead.code: v.pk for v in Visit.objects.all()} == keys
        assert set(Visit.objects.values_list("planned_on", "account_one__username")) == {(later, "he")}
        visit_plan.plan(round_=round_, teams=[(cast["bai"], luo)], days=[date(2022, 9, 7)], by=cast["he"], on=later)
        assert set(Visit.objects.values_list("planned_on", flat=True)) == {later}

    def test_with_the_hour_of_the_first_visit_each_has_its_own(self, round_, leads, cast):
        asked = {"round_": round_, "teams": [("bai", "he")], "days": [DAY], "by": cast["he"], "on": DAY}
        plain = visit_plan.propose(**asked).digest
        hours = Hours(time(9), (time(10), time(14)))
        assert visit_plan.propose(**asked, hours=hours).digest != plain
        with pytest.raises(Refused, match="再看一遍"):
            visit_plan.plan(**asked, hours=hours, seen=plain)
        made, _ = visit_plan.plan(**asked, hours=hours)
        assert [visit.when for visit in made] == ["9:00", "14:00", "15:10"]

    def test_a_family_is_told_anew_of_another_hour_and_not_of_the_same(self, round_, leads, cast, kin):
        asked = {"round_": round_, "teams": [("bai", "he")], "days": [DAY], "by": cast["he"], "on": DAY}
        for start in (None, 9, 9, 10):
            visit_plan.plan(**asked, hours=Hours(time(start)) if start else None)
        told = list(Notice.objects.filter(what="visit.planned").order_by("pk").values_list("facts", flat=True))
        assert told == [{"day": f"{DAY}"}, {"day": f"{DAY}", "at": "9:00"}, {"day": f"{DAY}", "at": "10:00"}]
        one = {"round_": round_, "shown": {"L1": visit_plan.standing_visit(Visit.objects.get(lead=leads[0]))}}
        for half in ("am", "am"):
            visit_plan.assign_team(**one, one=cast["bai"], two=cast["he"], day=DAY, half=half, by=cast["he"], on=DAY)
        assert Notice.objects.filter(what="visit.planned").latest("pk").facts == {"day": f"{DAY}", "at": "am"}
        assert Notice.objects.filter(what="visit.planned").count() == 4

    def test_the_evening_before_the_family_is_reminded_once(self, round_, leads, cast, kin):
        days = [date(2022, 9, 6), date(2022, 9, 7)]
        visit_plan.plan(
            round_=round_, teams=[("bai", "he")], days=days, by=cast["he"], on=DAY, per_day=2, hours=Hours(time(9))
        )
        mine = Visit.objects.get(lead=leads[0])
        eve, asked = mine.planned_on - timedelta(days=1), Notice.objects.filter(what="visit.tomorrow")
        same_day = Visit.objects.filter(planned_on=mine.planned_on).count()
        evenings = [datetime.combine(eve, time(hour), SHANGHAI) for hour in (17, 18, 18, 23)]
        assert [setup.remind(at) for at in evenings] == [0, same_day, 0, 0]
        assert list(asked.values_list("user__username", "facts")) == [
            ("tian", {"day": f"{mine.planned_on}", "at": mine.when})
        ]
        # Put off, and planned for a later day: that evening again.
        later = mine.planned_on + timedelta(days=3)
        Visit.objects.filter(pk=mine.pk).update(planned_on=later)
        assert visit_plan.remind_families(on=eve) == 0
        assert visit_plan.remind_families(on=later - timedelta(days=1)) == 1
        # Not of what has been visited, nor of a quarter that is closed.
        Visit.objects.filter(pk=mine.pk).update(reminded_on=None, visited_on=DAY, conclusion="nobody_home")
        assert visit_plan.remind_families(on=later - timedelta(days=1)) == 0
        Visit.objects.filter(pk=mine.pk).update(visited_on=None, conclusion="")
        Round.objects.filter(pk=round_.pk).update(state="closed", decided_on=DAY, decided_by="he", closed_on=DAY)
        assert visit_plan.remind_families(on=later - timedelta(days=1)) == 0
        assert asked.count() == 2

    @pytest.mark.parametrize(
        "wrong",
        [
            {"planned_half": "pm", "planned_at": time(9)},
            {"planned_half": "xx"},
            {"planned_on": None, "planned_at": time(9)},
        ],
    )
    def test_an_hour_or_a_half_of_a_planned_day(self, planned, wrong):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.filter(pk=planned["L1"].pk).update(**wrong)

    def test_who_may_not_plan(self, round_, leads, cast):
        for who in ("wu", "bai", "ma", "shen"):
            with pytest.raises(Refused):
                visit_plan.propose(round_=round_, teams=[("bai", "he")], days=[DAY], by=cast[who], on=DAY)


class TestSight:
    def test_a_visitor_sees_the_visits_of_the_own_account_alone(self, planned, cast, luo):
        Visit.objects.filter(pk=planned["L2"].pk).update(account_one=cast["he"])
        seen = {name: set(access(cast[name], Visit, DAY).values_list("lead__code", flat=True)) for name in cast}
        assert seen["he"] == seen["xu"] == seen["shen"] == {"L1", "L2", "L3"}
        assert seen["bai"] == {"L1", "L3"}
        assert seen["luo"] == {"L1", "L2", "L3"}
        assert all(not seen[name] for name in ("wu", "ma", "tian", "pan", "guan"))

    def test_a_post_that_ended_or_lies_elsewhere_gives_no_sight(self, planned, cast, luo):
        luo.posts.update(until_on=date(2022, 9, 1))
        assert not access(luo, Visit, DAY).exists()
        appoint(user="luo", name="", org=Org.objects.get(code="QTX-03"), role=VISITOR, from_on=DAY, by="setup")
        assert set(access(luo, Visit, DAY).values_list("lead__code", flat=True)) == {"L2"}


class TestStart:
    def test_that_an_address_is_shown_is_written_down_once_a_day(self, planned, cast, luo):
        codes = list(planned)
        assert visits.addressed(codes, by=luo, on=DAY) == set()
        assert visits.start_day(by=luo, on=DAY) == 3
        assert visits.start_day(by=luo, on=DAY) == 3
        assert Event.objects.filter(verb="visit.address", by="luo").count() == 3
        assert visits.addressed(codes, by=luo, on=DAY) == set(codes)
        assert visits.addressed(codes, by=cast["bai"], on=DAY) == set()
        assert visits.addressed(codes, by=luo, on=date(2022, 9, 6)) == set()

    def test_nothing_is_shown_of_a_later_day_or_to_somebody_else(self, planned, cast, luo):
        for who, on in (("luo", date(2022, 9, 4)), ("wu", DAY), ("ma", DAY)):
            with pytest.raises(Refused, match="没有安排给您"):
                visits.start_day(by=cast[who], on=on)
        assert not Event.objects.filter(verb="visit.address").exists()

    def test_a_post_that_has_ended_elsewhere_keeps_nobody_at_home(self, planned, cast, luo):
        """Visits were planned in two streets, and the post in one of them is over: the day begins in the other."""
        luo.posts.update(until_on=date(2022, 9, 1))
        appoint(user="luo", name="", org=Org.objects.get(code="QTX-03"), role=VISITOR, from_on=DAY, by="setup")
        assert visits.start_day(by=luo, on=DAY) == 1
        assert visits.addressed(list(planned), by=luo, on=DAY) == {"L2"}


@pytest.mark.parametrize("besides", [GRASSROOTS, STEWARD, AUDITOR])
def test_another_post_beside_the_visitors_opens_no_others_visit(planned, cast, besides):
    """What is planned for two others is theirs, whatever else a visitor is."""
    for role in (VISITOR, besides):
        appoint(user="ye", name="叶走访", org=Org.objects.get(code="QTX-01-E01"), role=role, from_on=DAY, by="setup")
    ye = type(cast["he"]).objects.get(username="ye")
    with pytest.raises(Refused, match="别的走访人"):
        sent(planned["L1"], ye)
    with pytest.raises(Refused, match="别的走访人"):
        visit_plan.excuse(lead=planned["L1"].lead, reason="外出", until=date(2022, 9, 29), by=ye, on=DAY)
    assert not Visit.objects.exclude(visited_on=None).exists()
    assert Visit.objects.count() == 3


class TestRecord:
    def test_as_reported(self, planned, luo):
        visit = sent(planned["L1"], luo, papers=[*SIGNED, Paper("photo", jpeg(1, b"37.9N 106.0E"))], note=" 房屋漏雨 ")
        assert (visit.conclusion, visit.planned_on, visit.visited_on, visit.note) == (
            "as_reported",
            DAY,
            DAY,
            "房屋漏雨",
        )
        assert Lead.objects.get(code="L1").state == "visited"
        consent = Consent.objects.get()
        assert (visit.consent, consent.how, consent.recorded_by) == (consent, "door", "luo")
        assert [(p.kind, p.attachment.name) for p in visit.papers.all()] == [
            ("family", "family.png"), ("visitors", "visitors.png"), ("photo", "photo.jpg"),
        ]  # fmt: skip
        assert visit.papers.get(kind="photo").attachment.path.read_bytes() == jpeg(1), "the place is kept"
        assert set(Event.objects.filter(by="luo").values_list("verb", "subject")) == {
            ("consent.record", "household:QTX-H1"), ("visit.record", "lead:L1"),
        }  # fmt: skip

    def test_what_is_found_otherwise_stands_beside_what_was_reported(self, planned, luo):
        visit = sent(planned["L1"], luo, found={"income": Decimal("18000.50"), "homes": 2})
        visit.refresh_from_db()
        assert (visit.conclusion, visit.income, visit.homes, visit.medical) == ("differs", Decimal("18000.50"), 2, None)

    def test_nobody_home_needs_no_consent_and_no_family(self, planned, luo):
        visit = sent(planned["L1"], luo, nobody_home=True, consented=False, papers=SIGNED[1:], found={"homes": 2})
        assert (visit.conclusion, visit.homes, visit.consent) == ("nobody_home", None, None)
        assert Lead.objects.get(code="L1").state == "away"
        assert not Consent.objects.exists()

    def test_the_same_form_again_changes_nothing(self, planned, cast, luo):
        first = sent(planned["L1"], luo)
        counts = [model.objects.count() for model in (Event, VisitPaper, Attachment, Visit, Consent)]
        again = sent(planned["L1"], luo, note="又一次")
        assert (again.pk, again.note) == (first.pk, "")
        assert counts == [model.objects.count() for model in (Event, VisitPaper, Attachment, Visit, Consent)]
        with pytest.raises(Refused, match="已登记"):
            sent(planned["L1"], cast["bai"], submission="b-2")

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"visited_on": date(2022, 9, 6)}, "晚于"),
            ({"consented": False}, "未授权"),
            ({"papers": SIGNED[:1]}, "缺走访人签字"),
            ({"papers": SIGNED[1:]}, "缺家庭签字"),
            ({"papers": [*SIGNED, SIGNED[0]]}, "缺家庭签字"),
            ({"papers": [*SIGNED, Paper("photo", b"<svg onload=alert(1)>")]}, "照片须是"),
            ({"papers": [*SIGNED, *[Paper("photo", jpeg(1))] * 10]}, "照片最多"),
            ({"papers": [*SIGNED, Paper("photo", jpeg(1) + bytes(8 * 1024 * 1024))]}, "8 MB"),
            ({"submission": ""}, "提交编号"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_is_kept(self, planned, luo, change, why):
        with pytest.raises(Refused, match=why):
            sent(planned["L1"], luo, **change)
        assert not Visit.objects.exclude(visited_on=None).exists()
        assert not Consent.objects.exists()
        assert not VisitPaper.objects.exists()
        assert Lead.objects.get(code="L1").state == "due"

    def test_typed_names_stand_where_no_glass_could_be_written_on(self, planned, luo):
        visit = sent(planned["L1"], luo, papers=[Paper(kind, typed="白秀磊") for kind in ("family", "visitors")])
        assert [(p.typed, p.attachment) for p in visit.papers.all()] == [("白秀磊", None)] * 2

    def test_a_family_that_was_decided_is_not_changed(self, planned, leads, round_, luo):
        Finding.objects.create(
            code="F", lead=leads[0], round=round_, household=leads[0].household, policy="p", policy_version="1", policy_digest="d",
            as_of=DAY, tier="deep", rule="deep", figures={}, new=True, proposed_by="he", proposed_on=DAY, total=1, state="refused", certified_by="xu",
            certified_on=DAY,
        )  # fmt: skip
        with pytest.raises(Refused, match="已认定"):
            sent(planned["L1"], luo)

    def test_only_the_two_visitors_or_the_city_record_it(self, planned, cast, luo):
        appoint(user="lu", name="陆路", org=Org.objects.get(code="QTX"), role=VISITOR, from_on=DAY, by="setup")
        stranger = type(luo).objects.get(username="lu")
        with pytest.raises(Refused, match="别的走访人"):
            sent(planned["L1"], stranger)
        for who in ("wu", "ma", "shen", "tian"):
            with pytest.raises(Refused, match="任职"):
                sent(planned["L1"], cast[who])
        assert sent(planned["L1"], cast["he"]).conclusion == "as_reported"

    def test_a_visit_that_is_gone_says_so(self, planned, luo):
        gone = planned["L1"]
        Visit.objects.filter(pk=gone.pk).delete()
        with pytest.raises(Refused, match="重新安排"):
            sent(gone, luo)


class TestExcuse:
    def test_an_excused_visit_is_planned_anew(self, planned, leads, cast, luo):
        visit_plan.excuse(lead=leads[0], reason="住院", until=date(2022, 10, 8), by=luo, on=DAY)
        lead = Lead.objects.get(code="L1")
        assert (lead.excuse, lead.clock_on, lead.visits.count()) == ("住院", date(2022, 10, 8), 0)
        # The same once more, from a tab that was open: it stands so, and is not told a second time.
        visit_plan.excuse(lead=lead, reason="住院", until=date(2022, 10, 8), by=cast["he"], on=DAY)
        assert Event.objects.filter(verb="visit.excuse").count() == 1
        visit_plan.excuse(lead=lead, reason="还在住院", until=date(2022, 10, 8), by=cast["he"], on=DAY)
        assert Event.objects.filter(verb="visit.excuse").count() == 2

    def test_another_visitors_visit_is_not_excused(self, planned, leads, cast, luo):
        Visit.objects.filter(pk=planned["L1"].pk).update(account_two=cast["he"])
        with pytest.raises(Refused, match="别的走访人"):
            visit_plan.excuse(lead=leads[0], reason="住院", until=date(2022, 10, 8), by=luo, on=DAY)
