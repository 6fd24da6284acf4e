"""The main job through its services, with the fixed cast: he proposes, xu certifies, wu of the other city may nothing."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from nuanxin.care.models import AidPlan, Consent, Finding, HouseholdFile, Lead, Offer, Refusal, Return, Visit
from nuanxin.care.queries import show_returns, show_round, silent
from nuanxin.care.services import decide, offers, publish, register, returns, rounds, visit_plan, visits
from nuanxin.matters.models import Matter
from nuanxin.records.models import Event
from nuanxin.records.services import Refused, verify_chain
from nuanxin.union.models import Household, Kinship, Person
from tests.care.paper import family, number, survey, visit_sheet

pytestmark = pytest.mark.django_db
OPEN, SENT, SEEN, DECIDED = date(2022, 7, 1), date(2022, 8, 31), date(2022, 9, 15), date(2022, 9, 20)
POSTED_UNTIL, CERTIFIED = date(2022, 9, 27), date(2022, 9, 28)
E01, E02, C1 = (
    ("QTX-01-E01", "峡光铝材工会委员会"),
    ("QTX-09-E02", "黄河灌区机电工会委员会"),
    ("QTX-04-C1", "东街社区工会联合会"),
)


class Office:
    """The city union's desk in a test: one call an act."""

    def __init__(self, city, cast, folder):
        self.city, self.cast, self.folder, self.n = city, cast, folder, 0

    def open(self, quarter="2022Q3", on=OPEN):
        self.round, _ = rounds.open_round(
            org=self.city, quarter=quarter, policy="qingtongxia", area="QTX", by=self.cast["he"], on=on
        )
        return self.round

    def send(self, union, *families, on=SENT, by="he", **more):
        self.n += 1
        path = survey(self.folder / str(self.n), *union, self.round.quarter, families, **more)
        return returns.receive(round_=self.round, paths=[path], by=self.cast[by], on=on).returns

    def visit(self, *rows, on=None, day=SEEN, by="he"):
        self.n += 1
        path = visit_sheet(self.folder / str(self.n), [(day, *row) for row in rows])
        return visits.record(round_=self.round, paths=[path], by=self.cast[by], on=on or day)[0]

    def decide(self, on=DECIDED, by="he"):
        return decide.decide(round_=self.round, by=self.cast[by], on=on)

    def publish(self, on=DECIDED, by="he"):
        return publish.publish(round_=self.round, by=self.cast[by], on=on)

    def certify(self, on=CERTIFIED, by="xu", codes=None):
        return publish.certify(round_=self.round, by=self.cast[by], on=on, codes=codes)

    def close(self, on=CERTIFIED, by="xu"):
        rounds.close_round(self.round, by=self.cast[by], on=on)

    def families(self):
        return {f["worker"]: f for f in show_round(self.round)["families"]}


@pytest.fixture
def office(city, cast, tmp_path):
    office = Office(city, cast, tmp_path)
    office.open()
    return office


def certified(office, *families):
    """Run families of one union through to certification."""
    office.send(E01, *families)
    office.visit(*((rows[0][0], rows[0][3], "属实", {}) for rows in families))
    office.decide()
    office.publish()
    return office.certify()


class TestReturns:
    def test_a_return_is_taken_with_its_refused_rows(self, office):
        bad = family("李红", seq=3, id="640381197501010011")
        [taken] = office.send(
            E01, family("张刚", spouse="马敏"), bad, wishes=[("微心愿", "一个头盔"), ("难题", "充电难")]
        )
        assert (taken.rows, taken.accepted, taken.refused, taken.state) == (3, 2, 1, "taken")
        refusal = Refusal.objects.get(warning=False)
        assert (refusal.row, refusal.column) == (5, "身份证号")
        assert "校验" in refusal.why_zh
        assert refusal.found.startswith("6403****")
        assert {lead.worker_name: lead.state for lead in Lead.objects.all()} == {"张刚": "due", "李红": "held"}
        assert Matter.objects.count() == 2

    def test_the_same_file_again_changes_nothing(self, office):
        path = survey(office.folder, *E01, "2022Q3", [family("张刚")])
        returns.receive(round_=office.round, paths=[path], by=office.cast["he"], on=SENT)
        before = (Lead.objects.count(), Event.objects.count(), Person.objects.count())
        again = returns.receive(round_=office.round, paths=[path], by=office.cast["he"], on=SENT)
        copy = path.with_name(f"{E01[0]}-副本.xlsx")
        copy.write_bytes(path.read_bytes())
        renamed = returns.receive(round_=office.round, paths=[copy], by=office.cast["he"], on=SENT)
        assert (again.same, renamed.same) == ([path.name], [copy.name])
        assert (Lead.objects.count(), Event.objects.count(), Person.objects.count()) == before

    def test_a_correction_replaces_and_keeps_the_earlier(self, office):
        office.send(E01, family("雷松", income=250000), wishes=[("微心愿", "旧的")])
        house = Household.objects.get()
        office.send(E01, family("雷松", income=12000), wishes=[("微心愿", "新的")], name=f"{E01[0]}（更正）.xlsx")
        old, new = Return.objects.order_by("pk")
        assert (old.state, old.replaced_by, new.state) == ("replaced", new, "taken")
        lead = Lead.objects.get(state="due")
        assert (lead.income, lead.household) == (Decimal(12000), house)
        assert set(Matter.objects.exclude(state="withdrawn").values_list("content", flat=True)) == {"新的"}

    def test_a_correction_stands_against_an_unmarked_file_that_comes_after(self, office):
        office.send(E01, family("雷松", income=12000), name=f"{E01[0]}（更正）.xlsx")
        office.send(E01, family("雷松", income=250000))
        assert Lead.objects.get(state="due").income == Decimal(12000)
        assert show_returns(office.round)["files"][1]["replaced_by"] == f"{E01[0]}（更正）.xlsx"

    def test_the_visit_of_a_corrected_family_stays_with_it(self, office):
        office.send(E01, family("雷松", income=250000))
        office.visit(("雷松", number("19750101"), "属实", {}))
        office.send(E01, family("雷松", income=12000), name=f"{E01[0]}（更正）.xlsx", on=SEEN)
        office.decide()
        assert office.families()["雷＊"]["tier"] == "relative"
        assert Visit.objects.get().lead.income == Decimal(12000)

    def test_a_held_family_is_decided_when_the_corrected_row_comes(self, office):
        office.send(E01, family("杜华", id=6.40381197402175e17, spouse="沈鹏"))
        held = office.families()["杜＊"]
        assert held["held"]
        assert held["worker_id"] is None
        assert held["figures"] is None
        office.send(E01, family("杜华", spouse="沈鹏"), name=f"{E01[0]}（更正）.xlsx")
        office.visit(("杜华", number("19750101"), "属实", {}))
        office.decide()
        now = office.families()["杜＊"]
        assert (now["code"], now["tier"], now["worker_id"]) == (
            held["code"],
            "deep",
            "6403**********" + number("19750101")[-4:],
        )

    @pytest.mark.parametrize(
        ("union", "quarter", "sentence"),
        [
            (("ZZZ-99", "不存在工会委员会"), "2022Q3", "没有指明"),
            (("QTX-01-E01", "黄河灌区机电工会委员会"), "2022Q3", "两个不同的工会"),
            (E01, "2022Q4", "2022Q4"),
            (("WZ-01-E01", "吴忠纺织工会委员会"), "2022Q3", "没有指明"),
        ],
    )
    def test_a_file_that_cannot_be_this_rounds_is_refused_whole(self, office, union, quarter, sentence):
        path = survey(office.folder, *union, quarter, [family("张刚")])
        [refused] = returns.receive(round_=office.round, paths=[path], by=office.cast["he"], on=SENT).returns
        assert refused.state == "refused"
        assert sentence in refused.refused_whole["zh"]
        assert not Lead.objects.exists()
        assert not Person.objects.exists()

    def test_nil_and_silent_differ(self, office):
        office.send(E01)
        office.send(E02, family("张刚"))
        states = {union["code"]: union["state"] for union in show_returns(office.round)["unions"]}
        assert (states["QTX-01-E01"], states["QTX-09-E02"], states["QTX-04-C1"]) == ("nil", "returned", "silent")
        assert silent(office.round).count() == 18

    def test_a_late_return_is_taken_and_marked(self, office):
        [late] = office.send(E01, family("张刚"), on=date(2022, 9, 1))
        assert (late.late, late.state) == (True, "taken")

    def test_an_id_that_is_another_persons_holds_the_later_family(self, office):
        office.send(E01, family("张建国"))
        office.send(E02, family("李红梅", id=number("19750101")))
        assert {lead.worker_name: lead.state for lead in Lead.objects.all()} == {"张建国": "due", "李红梅": "held"}
        assert "另一个人" in Refusal.objects.get(source__org__code="QTX-09-E02", warning=False).why_zh
        assert show_returns(office.round)["files"][1]["rows_refused"] == 1

    def test_a_grass_roots_officer_sends_for_below_only(self, office):
        [own] = office.send(E01, family("张刚"), by="ma")
        [other] = office.send(E02, family("李红", seq=5), by="ma")
        assert (own.state, other.state) == ("taken", "refused")
        with pytest.raises(Refused):
            office.send(C1, family("王强", seq=7), by="wu")

    def test_a_closed_round_takes_nothing(self, office):
        certified(office, family("张刚"))
        office.close()
        with pytest.raises(Refused, match="已办结"):
            office.send(E02, family("李红", seq=5))


class TestRegister:
    def test_reported_by_two_unions_in_one_round_is_one_family(self, office):
        office.send(E01, family("张刚", spouse="马敏"))
        office.send(E02, family("张 刚", spouse="马敏", phone="13911112222"))
        assert [lead.state for lead in Lead.objects.order_by("pk")] == ["due", "repeated"]
        assert Household.objects.count() == 1
        assert Person.objects.get(name="张刚").phone_mask == "139****2222"

    def test_on_file_with_the_same_figures_is_known_and_carried(self, office):
        certified(office, family("张刚"))
        office.close()
        office.open("2022Q4", date(2022, 10, 8))
        office.send(E02, family("张刚"), on=date(2022, 11, 1))
        assert Lead.objects.get(round=office.round).state == "known"
        shown = show_round(office.round)
        assert shown["families"] == []
        assert [c["tier"] for c in shown["carried"]] == ["relative"]

    def test_on_file_with_other_figures_is_due(self, office):
        certified(office, family("张刚"))
        office.close()
        office.open("2022Q4", date(2022, 10, 8))
        office.send(E02, family("张刚", income=20000), on=date(2022, 11, 1))
        assert Lead.objects.get(round=office.round).state == "due"

    def doubt(self, office):
        """The spouse applies this time, with a child of the first family."""
        office.send(E01, family("张刚", spouse="马敏", children=("义务教育",)))
        again = family("马敏", born="19760202", spouse=None)
        again += [["", "张小0", "子女", number("20100303", 1), "", "学生", "", "", "", "义务教育", *[""] * 7]]
        office.send(E02, again)
        return Lead.objects.order_by("pk").last()

    def test_doubt_waits_for_a_person_and_can_be_undone(self, office):
        lead = self.doubt(office)
        if lead.state != "doubtful":
            assert lead.grade == "probable"
            register.undo(lead, by=office.cast["he"], on=SENT)
            lead.refresh_from_db()
        assert lead.state == "doubtful"
        assert lead.household is None
        first = lead.candidate
        register.judge(lead, same=False, by=office.cast["he"], on=SENT)
        lead.refresh_from_db()
        assert lead.state == "due"
        assert lead.household != first
        other = lead.household
        register.undo(lead, by=office.cast["he"], on=SENT)
        lead.refresh_from_db()
        assert lead.state == "doubtful"
        assert not Household.objects.filter(pk=other.pk).exists()
        register.judge(lead, same=True, by=office.cast["he"], on=SENT)
        lead.refresh_from_db()
        assert (lead.household, lead.state) == (first, "repeated")
        assert Kinship.objects.filter(household=first, until_on=None).count() == 3
        assert {e.verb for e in Event.objects.filter(subject=f"lead:{lead.code}")} == {
            "match.reject",
            "match.undo",
            "match.accept",
        }

    def test_only_one_judgement_counts(self, office):
        lead = self.doubt(office)
        if lead.state != "doubtful":
            register.undo(lead, by=office.cast["he"], on=SENT)
        stale = Lead.objects.get(pk=lead.pk)
        register.judge(Lead.objects.get(pk=lead.pk), same=True, by=office.cast["he"], on=SENT)
        with pytest.raises(Refused, match="先办"):
            register.judge(stale, same=False, by=office.cast["xu"], on=SENT)

    def test_the_other_city_judges_nothing(self, office):
        lead = self.doubt(office)
        with pytest.raises(Refused):
            register.undo(lead, by=office.cast["wu"], on=SENT)


class TestVisits:
    def test_findings_override_item_by_item_and_both_stay(self, office):
        office.send(E01, family("张刚", spouse="马敏", income=190000, medical=5000))
        office.visit(("张刚", number("19750101"), "与申报不符，以核实为准", {"income": 20000, "members": 3}))
        office.decide()
        figures = office.families()["张＊"]["figures"]
        assert (figures["income"], figures["deductions"], figures["members"]) == (Decimal(20000), Decimal(5000), 3)
        lead = Lead.objects.get()
        assert (lead.income, lead.visits.get().income) == (Decimal(190000), Decimal(20000))

    def test_nobody_home_is_due_in_the_next_quarter_with_its_standard(self, office):
        office.send(E01, family("张刚", income=8200))
        office.visit(("张刚", number("19750101"), "家中无人", {}))
        office.decide()
        office.publish()
        assert "家中无人" in office.families()["张＊"]["held"]
        office.close()
        office.open("2023Q1", date(2023, 1, 3))
        office.visit(("张刚", number("19750101"), "属实", {}), day=date(2023, 3, 1))
        office.decide(on=date(2023, 3, 20))
        now = office.families()["张＊"]
        assert (now["figures"]["M"], now["tier"], now["new"], now["union"]) == (Decimal(715), "deep", True, E01[0])

    def test_consent_stands_before_a_visit_and_without_one_none_is_stored(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        assert Consent.objects.get().signed_on == SEEN
        with pytest.raises(DatabaseError), transaction.atomic():
            Visit.objects.update(consent=None)

    def test_a_visit_to_a_stranger_is_refused_with_its_row(self, office):
        office.send(E01, family("张刚"))
        told = office.visit(("王五", number("19800101"), "属实", {}), ("张刚", number("19750101"), "属实", {}))
        assert told.recorded == 1
        assert [(r.row, r.why_zh) for r in told.refusals] == [(2, "本轮没有这户人家：身份证号不在上报或在册家庭中")]

    def test_a_visit_in_the_future_is_refused(self, office):
        office.send(E01, family("张刚"))
        told = office.visit(("张刚", number("19750101"), "属实", {}), on=date(2022, 9, 1))
        assert told.recorded == 0
        assert "晚于" in told.refusals[0].why_zh

    def test_a_visit_of_an_earlier_quarter_is_refused(self, office):
        """Sent for the wrong quarter, a sheet would open reviews of families that nobody visited in it."""
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "家中无人", {}))
        office.decide()
        office.publish()
        office.close()
        office.open("2022Q4", date(2022, 10, 8))
        told = office.visit(("张刚", number("19750101"), "属实", {}), on=date(2022, 11, 1))
        assert (told.recorded, [(r.column, r.found) for r in told.refusals]) == (
            0,
            [("走访日期", SEEN.isoformat())],
        )
        assert "早于本季度" in told.refusals[0].why_zh
        assert not Visit.objects.filter(lead__round=office.round, visited_on__isnull=False).exists()

    def test_the_same_sheet_again_changes_nothing_and_a_corrected_one_corrects(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        events = Event.objects.count()
        assert office.visit(("张刚", number("19750101"), "属实", {})).same == 1
        assert Event.objects.count() == events
        office.visit(("张刚", number("19750101"), "与申报不符，以核实为准", {"homes": 2}))
        office.decide()
        assert office.families()["张＊"]["rule"] == "excluded-homes"

    def test_excused_and_overdue_are_visible(self, office):
        office.send(E01, family("张刚"), family("李红", seq=5), family("王强", seq=7))
        visit_plan.excuse(
            lead=Lead.objects.get(worker_name="张刚"),
            reason="住院",
            until=date(2022, 10, 20),
            by=office.cast["bai"],
            on=SEEN,
        )
        office.visit(("王强", number("19750101", 7), "属实", {}))
        balance = rounds.visit_balance(office.round, by=office.cast["he"], on=date(2022, 10, 8))
        assert balance == {
            "in": {"leads due": 3},
            "out": {"visited": 1, "nobody home": 0, "excused": 1, "overdue": 1, "not yet due": 0},
        }

    def test_a_plan_names_two_visitors_a_day_and_an_order(self, office):
        office.send(E01, family("张刚"), family("李红", seq=5))
        office.send(C1, family("王强", seq=7))
        planned, left = visit_plan.plan(
            round_=office.round, teams=[("何秋实", "白秀磊")], days=[date(2022, 9, 5)], by=office.cast["he"], on=SENT
        )
        assert left == []
        assert sorted(v.place_in_day for v in planned) == [1, 2, 3]
        towns = [v.lead.org.parent.name for v in sorted(planned, key=lambda v: v.place_in_day)]
        assert towns.count("小坝镇总工会") == 2
        assert towns in (sorted(towns), sorted(towns, reverse=True))

    def test_an_unreported_family_on_file_that_is_visited_is_reviewed(self, office):
        certified(office, family("张刚"))
        office.close()
        office.open("2023Q1", date(2023, 1, 3))
        office.visit(("张刚", number("19750101"), "与申报不符，以核实为准", {"income": 99999}), day=date(2023, 3, 1))
        office.decide(on=date(2023, 3, 20))
        now = office.families()["张＊"]
        assert (now["tier"], now["new"]) == ("none", False)


class TestDecision:
    @pytest.mark.parametrize(
        ("income", "tier"),
        [("8159.99", "deep"), ("8160", "relative"), ("16319.99", "relative"), ("16320", "none")],
    )
    def test_exact_at_the_line(self, office, income, tier):
        office.send(E01, family("张刚", income=income))
        office.visit(("张刚", number("19750101"), "属实", {}))
        office.decide()
        assert office.families()["张＊"]["tier"] == tier

    def test_the_whole_sentence_of_what_could_not_be_decided_is_kept(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        Lead.objects.update(income=None)
        office.decide()
        finding = Finding.objects.get()
        assert finding.problem.startswith("缺少 income；如果 ")
        assert "16,320.00 元 及以上：不符合（none）" in finding.problem
        assert Finding._meta.get_field("problem").clean(finding.problem * 20, None) == finding.problem * 20

    def test_deciding_again_changes_nothing_and_a_recomputed_round_is_the_same(self, office):
        certified(office, family("张刚"), family("李红", seq=5, homes=2))
        before = list(Finding.objects.order_by("pk").values())
        assert office.decide()["in"]["households"] == 0
        assert list(Finding.objects.order_by("pk").values()) == before
        assert decide.recompute(office.round) == []

    def test_a_changed_stored_figure_is_noticed_by_recomputing(self, office):
        certified(office, family("张刚"))
        finding = Finding.objects.get()
        finding.figures["inputs"]["income"] = "999999"
        finding.save()
        assert [f.pk for f, _ in decide.recompute(office.round)] == [finding.pk]

    def test_explains_with_the_limit_and_the_distance(self, office):
        certified(office, family("张刚", income=16319.99))
        text = decide.explain(Finding.objects.get()).text("zh")
        assert "人均月收入" in text
        assert "680.00" in text
        assert Finding.objects.get().rule == "relative"

    def test_the_other_city_decides_nothing(self, office):
        with pytest.raises(Refused):
            office.decide(by="wu")


class TestPublication:
    def test_the_certifier_is_not_the_proposer(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        office.decide()
        office.publish()
        with pytest.raises(Refused, match="不能是提出人"):
            office.certify(by="he")
        assert Finding.objects.get().state == "published"
        assert office.certify()["certified"] == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            Finding.objects.update(certified_by="he")

    def test_the_clock_must_run_out(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        office.decide()
        assert office.publish().until_on == POSTED_UNTIL
        assert office.certify(on=POSTED_UNTIL) == {"certified": 0, "refused": 0, "waiting": 1}
        assert office.certify(on=CERTIFIED)["certified"] == 1

    def test_an_objection_stops_the_clock(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        office.decide()
        office.publish()
        finding = Finding.objects.get()
        he, xu = office.cast["he"], office.cast["xu"]
        publish.object_(finding=finding, text="他家有两套房", by=he, on=date(2022, 9, 23))
        finding.refresh_from_db()
        assert finding.state == "objected"
        assert office.certify(on=date(2022, 10, 20))["certified"] == 0
        with pytest.raises(Refused, match="提出人不能答复"):
            publish.answer_objection(finding=finding, upheld=False, outcome="查无此房", by=he, on=date(2022, 10, 11))
        publish.answer_objection(finding=finding, upheld=False, outcome="查无此房", by=xu, on=date(2022, 10, 11))
        # Two working days were left on the day of the objection: 10-12 and 10-13.
        assert finding.posted.get().until_on == date(2022, 10, 13)
        assert office.certify(on=date(2022, 10, 13))["certified"] == 0
        assert office.certify(on=date(2022, 10, 14))["certified"] == 1

    def test_an_upheld_objection_sends_it_back(self, office):
        office.send(E01, family("张刚"))
        office.visit(("张刚", number("19750101"), "属实", {}))
        office.decide()
        office.publish()
        finding = Finding.objects.get()
        publish.object_(finding=finding, text="两套房", by=office.cast["he"], on=date(2022, 9, 23))
        publish.answer_objection(
            finding=finding, upheld=True, outcome="属实", by=office.cast["xu"], on=date(2022, 9, 26)
        )
        office.visit(("张刚", number("19750101"), "与申报不符，以核实为准", {"homes": 2}), on=date(2022, 9, 27))
        office.decide(on=date(2022, 9, 27))
        assert office.families()["张＊"]["rule"] == "excluded-homes"
        assert Finding.objects.filter(state="superseded").count() == 1

    def test_an_objection_after_the_posting_is_too_late(self, office):
        certified(office, family("张刚"))
        with pytest.raises(Refused):
            publish.object_(finding=Finding.objects.get(), text="晚了", by=office.cast["he"], on=date(2022, 10, 20))


class TestFilesAndAid:
    def test_taken_on_file_with_aid_planned(self, office):
        certified(office, family("张刚", income=7000, medical=1000, children=("义务教育", "高中")))
        file = HouseholdFile.objects.get()
        assert (file.code, file.tier, file.opened_in) == ("QTX-2022-0001", "deep", "2022Q3")
        plans = {plan.item: plan.amount for plan in AidPlan.objects.all()}
        assert plans == {"living": Decimal(8160), "medical": Decimal(1000), "schooling": Decimal(13000)}

    def test_leaves_with_a_reason_and_may_come_back(self, office):
        certified(office, family("张刚"))
        office.close()
        for quarter, day, income in (("2022Q4", date(2022, 12, 1), 99999), ("2023Q1", date(2023, 3, 1), 3000)):
            office.open(quarter, date(day.year, day.month - 2, 8))
            office.send(E01, family("张刚", income=income), on=day)
            office.visit(("张刚", number("19750101"), "属实", {}), day=day)
            office.decide(on=day)
            office.publish(on=day)
            office.certify(on=date(day.year, day.month, 15))
            offers.propose_offers(round_=office.round, by=office.cast["he"], on=date(day.year, day.month, 15))
            office.close(on=date(day.year, day.month, 16))
        first, second = HouseholdFile.objects.order_by("pk")
        assert first.close_reason.startswith("脱困")
        assert (first.closed_in, second.opened_in, second.closed_on, second.tier) == ("2022Q4", "2023Q1", None, "deep")
        assert first.household == second.household

    def test_a_second_decision_of_the_year_replaces_the_plan(self, office):
        certified(office, family("张刚", income=7000))
        office.close()
        office.open("2022Q4", date(2022, 10, 8))
        office.visit(("张刚", number("19750101"), "与申报不符，以核实为准", {"income": 12000}), day=date(2022, 12, 1))
        office.decide(on=date(2022, 12, 5))
        office.publish(on=date(2022, 12, 5))
        office.certify(on=date(2022, 12, 15))
        assert [p.amount for p in AidPlan.objects.filter(superseded=False)] == [Decimal(5440)]
        assert HouseholdFile.objects.get().tier == "relative"

    def test_a_refusal_cannot_close_without_an_offer_or_declined(self, office):
        certified(
            office, family("张刚", homes=2, cause="子女上学"), family("李红", seq=5, income=99999, cause="本人大病")
        )
        with pytest.raises(Refused, match="2 户不符合"):
            office.close()
        poor = publish.find_finding(office.round, office.families()["李＊"]["code"])
        offers.offer(
            round_=office.round, codes=[poor.household.code], kind=None, note="", by=office.cast["he"], on=CERTIFIED
        )
        assert offers.propose_offers(round_=office.round, by=office.cast["he"], on=CERTIFIED) == 1
        assert Offer.objects.get(declined=False).kind == "education"
        office.close()
        assert set(Finding.objects.values_list("state", flat=True)) == {"closed"}

    def test_a_review_is_ended_by_another_person(self, office):
        certified(office, family("张刚", homes=2))
        finding = Finding.objects.get()
        review = offers.ask_review(finding=finding, text="那是老宅", by=office.cast["he"], on=CERTIFIED)
        for who in ("he", "xu"):
            with pytest.raises(Refused, match="复核人"):
                offers.end_review(review=review, upheld=True, outcome="属实", by=office.cast[who], on=CERTIFIED)
        with pytest.raises(Refused):
            offers.end_review(review=review, upheld=True, outcome="属实", by=office.cast["wu"], on=CERTIFIED)

    def test_urgent_need_opens_a_lead_with_its_own_clock(self, office):
        certified(office, family("张刚", homes=2))
        house = Household.objects.get()
        lead = offers.urgent(household=house, reason="家中失火", by=office.cast["he"], on=date(2022, 9, 29))
        assert (lead.clock_on, lead.state, lead.source) == (date(2022, 10, 9), "due", "urgent")


def test_every_chain_holds_and_names_nobody(office):
    certified(office, family("张刚"), family("李红", seq=5, homes=2))
    chains = set(Event.objects.values_list("chain", flat=True))
    assert all(verify_chain(chain) for chain in chains)
    told = " ".join(str(event.facts) + event.subject for event in Event.objects.all())
    assert "张刚" not in told
    assert number("19750101") not in told


def test_held_by_the_database(office):
    office.send(E01, family("张刚"))
    for change in ({"state": "decided", "household": None}, {"state": "held", "held_code": ""}, {"excused_on": SEEN}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Lead.objects.update(**change)


class TestUrgent:
    def test_a_family_in_urgent_need_is_sent_without_touching_the_return(self, office):
        office.send(E01, family("张刚"))
        path = survey(office.folder, *E01, "2022Q3", [family("李红", seq=5)], name=f"{E01[0]}-急难.xlsx")
        done = returns.receive(
            round_=office.round, paths=[path], by=office.cast["he"], on=date(2022, 9, 2), urgent=True
        )
        assert done.returns[0].state == "taken"
        leads = {lead.worker_name: (lead.state, lead.source, lead.clock_on) for lead in Lead.objects.all()}
        assert leads == {
            "张刚": ("due", "reported", date(2022, 9, 30)),
            "李红": ("due", "urgent", date(2022, 9, 7)),
        }
        office.visit(("李红", number("19750101", 5), "属实", {}))
        office.decide()
        assert office.families()["李＊"]["tier"] == "relative"

    def test_a_family_that_is_due_is_brought_forward(self, office):
        office.send(E01, family("张刚"))
        lead = offers.urgent(
            household=Household.objects.get(), reason="住院", by=office.cast["he"], on=date(2022, 9, 2)
        )
        assert (lead.source, lead.clock_on, Lead.objects.count()) == ("urgent", date(2022, 9, 7), 1)


def test_a_corrected_return_does_not_restart_the_clock_of_a_wish(office):
    office.send(E01, family("张刚"), wishes=[("微心愿", "一个头盔")], on=date(2022, 8, 1))
    office.send(
        E01, family("张刚", income=9000), wishes=[("微心愿", "一个头盔")], name=f"{E01[0]}（更正）.xlsx", on=SENT
    )
    wish = Matter.objects.exclude(state="withdrawn").get()
    assert (wish.received_on, wish.due_on) == (date(2022, 8, 1), date(2022, 8, 2))


def test_a_file_refused_whole_is_looked_at_again_when_it_is_sent_again(office):
    from nuanxin.union.models import Org

    path = survey(office.folder, "QTX-01-E77", "新厂工会委员会", "2022Q3", [family("张刚")])
    he = office.cast["he"]
    [refused] = returns.receive(round_=office.round, paths=[path], by=he, on=SENT).returns
    assert refused.state == "refused"
    again = returns.receive(round_=office.round, paths=[path], by=he, on=SENT)
    assert (again.returns, again.same) == ([], [path.name])
    Org.objects.create(
        code="QTX-01-E77", name="新厂工会委员会", level="enterprise", parent=Org.objects.get(code="QTX-01")
    )
    [taken] = returns.receive(round_=office.round, paths=[path], by=he, on=SENT).returns
    assert taken.state == "taken"
    files = show_returns(office.round)["files"]
    assert [(f["replaced_by"], f["households"]) for f in files] == [(path.name, 0), (None, 1)]
