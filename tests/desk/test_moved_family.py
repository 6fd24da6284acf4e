"""A family that another union reports in a later quarter: its file goes along, and who had it before keeps what it sent in itself."""

from datetime import date

import pytest
from tests.care.paper import family, survey
from tests.desk.office import C1, CERTIFIED, DECIDED, E01

from nuanxin.care.models import Lead
from nuanxin.care.services import register, returns, rounds
from nuanxin.records.models import Event
from nuanxin.union import rules
from nuanxin.union.models import Household, Org
from nuanxin.union.services import appoint, reveal

pytestmark = pytest.mark.django_db
NEXT = date(2022, 11, 1)


@pytest.fixture
def moved(office, sign_in, tmp_path):
    """On file at E01 in the third quarter, reported by C1 in the fourth, with other figures; ``again`` sends C1's return once more."""
    for name, (code, _called) in (("qian", E01), ("hou", C1)):
        appoint(user=name, name=name, org=Org.objects.get(code=code), role=rules.GRASSROOTS, from_on=NEXT, by="setup")
    office.report(E01, family("张刚", seq=1, income=9000))
    office.on(DECIDED)
    office.do("he", "decide")
    office.do("he", "publish", days=5)
    office.on(CERTIFIED)
    office.do("xu", "certify")
    office.on(NEXT)
    later, _ = rounds.open_round(
        org=office.city, quarter="2022Q4", policy="qingtongxia", area="QTX", by=office.officer, on=date(2022, 10, 1)
    )

    def again(*families):
        paper = survey(tmp_path / f"later{len(families)}", *C1, "2022Q4", families)
        returns.receive(round_=later, paths=[paper], by=office.officer, on=NEXT)

    again(family("张刚", seq=1, income=8000, cause="搬来以后"))
    return office, later, again


def opened(client, code):
    """What a family's file shows to somebody, after it was opened; empty where there is none."""
    client.post(f"/households/{code}/open/", {"why": "check"})
    answer = client.get(f"/households/{code}/?tab=history")
    return answer.content.decode() if answer.status_code == 200 else ""


def test_the_file_goes_to_the_union_that_reports_the_family_now(moved, sign_in):
    office, later, _again = moved
    code = office.code("张刚")
    hou, qian = sign_in("hou"), sign_in("qian")
    assert later.leads.get().household.code == code
    # With its history, of the other union too.
    text = opened(hou, code)
    assert "2022年第三季度" in text
    assert "档案转到现在上报的工会（QTX-04-C1）" in text
    assert opened(qian, code) == ""
    assert code not in qian.get("/households/").content.decode()
    assert code not in qian.get("/search/?q=张").content.decode()
    assert qian.post(f"/households/{code}/urgent/", {"reason": "x"}).status_code == 404
    # What it sent in itself stays in its list, and leads nowhere.
    old = qian.get("/rounds/QTX-2022Q3/families/").content.decode()
    assert "张＊" in old
    assert f"/households/{code}/" not in old
    assert "张＊" not in qian.get("/rounds/QTX-2022Q4/families/").content.decode()
    assert f"/households/{code}/" in hou.get("/rounds/QTX-2022Q4/families/").content.decode()
    assert Event.objects.filter(verb="household.move", subject=f"household:{code}").count() == 1


def test_it_comes_back_when_the_report_is_taken_back(moved, sign_in):
    office, _later, again = moved
    code = office.code("张刚")
    again()
    assert "2022年第三季度" in opened(sign_in("qian"), code)
    assert opened(sign_in("hou"), code) == ""


def test_of_two_unions_that_report_it_in_one_quarter_the_first_keeps_it(moved, office, tmp_path):
    _office, later, _again = moved
    paper = survey(tmp_path / "both", *E01, "2022Q4", [family("张刚", seq=1, income=8000)])
    returns.receive(round_=later, paths=[paper], by=office.officer, on=NEXT)
    assert later.leads.get(org__code=E01[0]).state == "repeated"
    assert Lead.objects.get(round=later, org__code=C1[0]).household.org.code == C1[0]


def test_a_judgement_moves_it_and_its_undoing_brings_it_back(moved, cast):
    _office, later, again = moved
    lead = later.leads.get()
    house = lead.household
    Lead.objects.filter(pk=lead.pk).update(state="doubtful", household=None, candidate=house, grade="doubtful")
    again(family("张刚", seq=1, income=8000), family("马有福", seq=3))
    lead = later.leads.exclude(state="replaced").get(worker_name="张刚")
    Lead.objects.filter(pk=lead.pk).update(state="doubtful", household=None, candidate=house, grade="doubtful")
    house.org = Org.objects.get(code=E01[0])
    house.save()
    lead.refresh_from_db()
    register.judge(lead, same=True, by=cast["he"], on=NEXT)
    house.refresh_from_db()
    assert house.org.code == C1[0]
    lead.refresh_from_db()
    register.undo(lead, by=cast["he"], on=NEXT)
    house.refresh_from_db()
    assert house.org.code == E01[0]


def test_a_look_at_who_lives_elsewhere_now_is_told_there_alone(office, sign_in, cast):
    """The child has married into a family of the other city, where its number was looked at."""
    office.report(E01, family("张刚", seq=1, children=("小学",)))
    code = office.code("张刚")
    child = Household.objects.get(code=code).members.get(relation="child").person
    there = Household.objects.create(
        code="WZ-H000001", org=Org.objects.get(code="WZ-01-E01"), worker_name="白云飞", worker=child
    )
    there.members.create(person=child, relation="self", from_on=NEXT)
    reveal(child, org=there.org, reason="吴忠的事", by=cast["wu"], on=NEXT)
    he = sign_in("he")
    opened(he, code)
    reveal(child, org=Org.objects.get(code=E01[0]), reason="自己的事", by=cast["he"], on=NEXT)
    told = he.get(f"/households/{code}/?tab=readers").content.decode()
    assert ("自己的事" in told, "吴忠的事" in told) == (True, False)
