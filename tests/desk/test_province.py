"""An account above two cities: each city's quarter has its own address, its own numbers and its own files."""

from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.care.paper import family, survey
from tests.desk.office import C1, CERTIFIED, DECIDED, E01, Office

from nuanxin.care.models import HouseholdFile, Return
from nuanxin.care.services import rounds
from nuanxin.matters.services import enter
from nuanxin.ui.viewer import Viewer
from nuanxin.union import rules
from nuanxin.union.models import Org, Person, User
from nuanxin.union.queries import covered
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
WZ_E01 = ("WZ-01-E01", "吴忠纺织工会委员会")
LATER = date(2022, 9, 29)
LISTS = ("", "families/", "returns/", "returns/?tab=unions", "visits/")


@pytest.fixture
def both(office, tmp_path):
    """The same quarter in two cities below one province: two families on file here, one there, and one more there to decide."""
    above = Org.objects.create(code="NX", name="宁夏回族自治区总工会", level=Org.PROVINCE)
    Org.objects.filter(code__in=["QTX", "WZ"]).update(parent=above)
    for role in (rules.AUDITOR, rules.CITY):
        appoint(user="zheng", name="郑省一", org=above, role=role, from_on=date(2022, 1, 1), by="setup")
    appoint(
        user="yan",
        name="严复核",
        org=Org.objects.get(code="WZ"),
        role=rules.APPROVER,
        from_on=date(2022, 1, 1),
        by="setup",
    )
    there = Office(Org.objects.get(code="WZ"), office.cast, office.browser, tmp_path / "there", officer="wu")
    office.report(E01, family("张刚", seq=1, income=9000))
    office.report(C1, family("马有福", seq=3, income=9000))
    there.report(WZ_E01, family("白云飞", seq=5, income=9000))
    for city, proposes, certifies in ((office, "he", "xu"), (there, "wu", "yan")):
        city.on(DECIDED)
        city.do(proposes, "decide")
        city.do(proposes, "publish", days=5)
        city.on(CERTIFIED)
        city.do(certifies, "certify")
    office.on(LATER)
    return office, there


def shown(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


@pytest.mark.parametrize("page", LISTS)
def test_each_citys_quarter_has_its_own_pages(both, sign_in, page):
    province = sign_in("zheng")
    for code, own, others in (
        ("QTX", ("张＊", "峡光铝材", "东街"), ("白＊飞", "吴忠纺织")),
        ("WZ", ("白＊飞", "吴忠纺织"), ("张＊", "峡光铝材", "东街")),
    ):
        text = shown(province, f"/rounds/{code}-2022Q3/{page}")
        assert Org.objects.get(code=code).name in text, "it says whose quarter it is"
        assert any(word in text for word in own) or page == "visits/"
        assert [word for word in others if word in text] == []
        # Every way on from here stays with this city.
        other = {"QTX": "WZ", "WZ": "QTX"}[code]
        assert f"/rounds/{other}-2022Q3/" not in text


def test_the_list_of_quarters_counts_each_city_by_itself(both, sign_in):
    text = shown(sign_in("zheng"), "/rounds/")
    assert {
        code: HouseholdFile.objects.filter(household__org__code__startswith=code).count() for code in ("QTX", "WZ")
    } == {"QTX": 2, "WZ": 1}
    filed = {}
    for code in ("QTX", "WZ"):
        assert f"/rounds/{code}-2022Q3/" in text
        address = f"/brief/households_filed/?org={code}&from=2022Q3&to=2022Q3"
        filed[code] = text.split(f'{address}">')[1].split("<")[0]
    assert filed == {"QTX": "2", "WZ": "1"}
    found = shown(sign_in("zheng"), "/rounds/?q=吴忠")
    assert ("/rounds/WZ-2022Q3/" in found, "/rounds/QTX-2022Q3/" in found) == (True, False)


@pytest.mark.parametrize("page", ["/dashboard/", "/brief/"])
def test_the_dashboard_and_the_brief_can_be_narrowed_to_a_city(both, sign_in, page):
    province = sign_in("zheng")
    for org in ("NX", "QTX", "WZ"):
        text = shown(province, f"{page}?org={org}&from=2022Q3&to=2022Q3")
        assert f'<option value="{org}" selected>' in text
        assert f"/households_filed/?org={org}&from=2022Q3&to=2022Q3" in text
    for org, number in (("NX", 3), ("QTX", 2), ("WZ", 1)):
        answer = province.get(f"/brief/households_filed/?org={org}&from=2022Q3&to=2022Q3")
        assert answer.context["value"] == str(number)
    # A city is offered no other.
    city = shown(sign_in("he"), page)
    assert ('name="org" value="QTX"' in city, "吴忠" in city) == (True, False)


def test_what_is_sent_in_goes_to_the_quarter_that_was_chosen(both, sign_in, tmp_path):
    province = sign_in("zheng")
    choices = shown(province, "/sheets/")
    assert "2022年第三季度 · 青铜峡市总工会" in choices
    assert "2022年第三季度 · 吴忠市总工会" in choices
    paper = survey(tmp_path / "late", *WZ_E01, "2022Q3", [family("白云飞", seq=5, income=9000)])
    upload = SimpleUploadedFile(paper.name, paper.read_bytes())
    look = province.post("/sheets/", {"sheets": upload, "kind": "survey", "round": "WZ-2022Q3"}, follow=True)
    assert "吴忠市总工会</span> 2022年第三季度" in look.content.decode()
    address = look.redirect_chain[-1][0]
    before = Return.objects.count()
    province.post(address, {"do": "take"}, follow=True)
    new = Return.objects.order_by("-pk")[: Return.objects.count() - before]
    assert {one.round.code for one in new} == {"WZ-2022Q3"}


def test_todays_work_leads_to_the_quarter_it_is_of(both, sign_in):
    text = shown(sign_in("zheng"), "/desk/?tab=all")
    assert "/rounds/WZ-2022Q3/" in text
    assert "/rounds/QTX-2022Q3/" in text


@pytest.mark.parametrize("page", LISTS)
def test_the_other_citys_quarter_is_not_there(both, sign_in, page):
    for user, other in (("he", "WZ"), ("wu", "QTX")):
        assert sign_in(user).get(f"/rounds/{other}-2022Q3/{page}").status_code == 404


def test_below_a_province_an_urgent_family_is_the_citys(both, cast, sign_in):
    """The round is the city's, whatever stands above it."""
    office, _there = both
    later, _ = rounds.open_round(
        org=office.city, quarter="2022Q4", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2022, 10, 8)
    )
    office.on(date(2022, 10, 8))
    code = office.code("张刚")
    he = sign_in("he")
    look = he.get(f"/households/{code}/urgent/").content.decode()
    he.post(
        f"/households/{code}/urgent/",
        {"reason": "家中失火", "mark": look.split('name="mark" value="')[1].split('"')[0]},
    )
    assert later.leads.get().source == "urgent"


def test_below_a_province_a_matter_is_given_to_the_unions_of_its_street(both, cast, sign_in):
    org = Org.objects.get(code=E01[0])
    one = enter(
        kind="wish", content="要一盏灯", raised_by="某人", phone="", org=org, meeting=False, by=cast["he"], on=LATER
    )
    owners = dict(sign_in("he").get(f"/matters/{one.code}/").context["assign_form"].fields["owner"].choices)
    assert {"QTX", "QTX-01", E01[0], "QTX-01-E06"} <= set(owners)
    assert not {"NX", "QTX-02", C1[0]} & set(owners)


def test_another_citys_return_changes_no_number_of_a_person_who_lives_here(both, tmp_path):
    """By the phone that the register has, a worker is known at once: a typed ID number elsewhere must not put another in its place."""
    _office, there = both
    before = Person.objects.get(name="张刚")
    there.report(WZ_E01, family("张刚", seq=1, phone="13900009999"), family("白云飞", seq=5, phone="13900008888"))
    after = Person.objects.get(name="张刚")
    assert after.kinships.count() == 2
    assert (after.phone_hash, after.phone_mask) == (before.phone_hash, before.phone_mask)
    # Who lives there alone has the new one.
    assert Person.objects.get(name="白云飞").phone_mask == "139****8888"


def test_what_is_a_unions_own_to_do_reaches_nobody_below(both, cast):
    """A policy's draft is put in force by its own union's officers: it is no work of those above it, who read it."""
    appoint(user="sheng", name="省政策", org=Org.objects.get(code="NX"), role=rules.POLICY, from_on=LATER, by="setup")
    sheng = User.objects.get(username="sheng")
    own = {Org.objects.get(code="NX").pk}
    assert Viewer(sheng, LATER).reach("policy.publish") == covered(sheng, "policy.publish", LATER) == own
    assert Viewer(sheng, LATER).reach("policy.read") == covered(sheng, "policy.read", LATER) > own
