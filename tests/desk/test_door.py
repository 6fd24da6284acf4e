"""The visitor's phone: only one's own visits, the address for those who asked for it, one form sent once, with or without a script."""

import base64
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.pictures import jpeg, png

from nuanxin.care.models import Consent, Lead, Round, Visit, VisitPaper
from nuanxin.care.services import visit_plan
from nuanxin.records.models import Event
from nuanxin.union.models import Household, Org
from nuanxin.union.rules import VISITOR
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2022, 9, 5)
PNG = png(grey=1)
GLASS, OTHER_GLASS = ("data:image/png;base64," + base64.b64encode(drawn).decode() for drawn in (PNG, png(grey=2)))
FIGURES = ("members", "income", "medical", "schooling", "loss", "homes", "runs_business", "costly_school")


@pytest.fixture
def visit(city, cast, monkeypatch):
    """A family's visit of today, planned for bai and luo; the family has not consented yet."""
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    for name, said in (("luo", "罗小满"), ("lu", "陆路")):
        appoint(user=name, name=said, org=city, role=VISITOR, from_on=date(2022, 1, 1), by="setup")
        cast[name] = type(cast["he"]).objects.get(username=name)
    round_ = Round.objects.create(
        code="QTX-2022Q3", org=city, quarter="2022Q3", opened_on=date(2022, 7, 1), returns_due_on=date(2022, 8, 31),
        visits_due_on=date(2022, 9, 30), policy="qingtongxia", area="QTX",
    )  # fmt: skip
    house = Household.objects.create(
        code="QTX-H1",
        org=Org.objects.get(code="QTX-01-E01"),
        worker_name="欧阳独一",
        address="古峡街道永安路 8 号 301 室",
    )
    lead = Lead.objects.create(
        code="QTX-L1", round=round_, source="reported", org=house.org, household=house, worker_name=house.worker_name,
        opened_on=DAY, clock_on=date(2022, 9, 10), state="due", members=3, income=12000, homes=1,
    )  # fmt: skip
    visit_plan.plan(round_=round_, teams=[(cast["bai"], cast["luo"])], days=[DAY], by=cast["he"], on=DAY)
    return Visit.objects.get(lead=lead)


def filled(**more):
    """The form of a family where everything is as reported."""
    told = {
        "home": "yes", "visited_on": "2022-09-05", "note": "", "consented": "on", "submission": "s-1", "family_glass": GLASS,
        "visitors_glass": OTHER_GLASS,
    }  # fmt: skip
    return told | {f"is_{name}": "same" for name in FIGURES} | more


def text(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode()


def test_the_address_is_shown_once_it_was_asked_for_and_that_is_on_record(sign_in, visit):
    client = sign_in("bai")
    before = text(client.get("/visits/"))
    assert "欧＊＊一" in before
    assert "古峡街道＊＊" in before
    assert "8 号" not in before + text(client.get(f"/visits/{visit.pk}/"))
    assert "1 户的门牌地址" in text(client.post("/visits/", follow=True))
    assert "永安路 8 号 301 室" in text(client.get("/visits/"))
    assert "永安路 8 号 301 室" in text(client.get(f"/visits/{visit.pk}/"))
    assert list(Event.objects.filter(verb="visit.address").values_list("by", "subject")) == [("bai", "lead:QTX-L1")]
    # The other of the two has not asked.
    assert "8 号" not in text(sign_in("luo").get("/visits/"))


def test_who_said_where_to_come_is_visited_there(sign_in, visit):
    """The register keeps the address that it met first; a family that applied by phone said where it lives now."""
    visit.lead.more = {"address": "古峡街道新居路 5 号 201 室"}
    visit.lead.save()
    client = sign_in("bai")
    assert "新居路 5" not in text(client.get("/visits/"))
    client.post("/visits/")
    for url in ("/visits/", f"/visits/{visit.pk}/"):
        page = text(client.get(url))
        assert "新居路 5 号 201 室" in page
        assert "永安路" not in page


def test_nobody_else_reaches_a_visit(sign_in, visit):
    addresses = (f"/visits/{visit.pk}/", f"/visits/{visit.pk}/excuse/")
    for who in ("lu", "he", "xu", "ma", "tian", "shen", "guan", "wu"):
        client = sign_in(who)
        for url in addresses:
            assert client.get(url).status_code == 404, who
            assert client.post(url, filled(reason="住院", until="2022-10-08")).status_code == 404, who
        if who in ("lu", "he", "xu", "wu"):
            assert "欧＊＊一" not in text(client.get("/visits/"))
            assert "没有安排给您的走访" in text(client.post("/visits/", follow=True))
        else:
            assert client.get("/visits/").status_code == client.post("/visits/").status_code == 404
    assert not Visit.objects.exclude(visited_on=None).exists()
    assert not Event.objects.filter(verb__in=["visit.address", "visit.record"]).exists()


def test_a_visit_in_one_post(sign_in, visit):
    client = sign_in("luo")
    photo = SimpleUploadedFile("../../IMG 1.html", jpeg(1, b"GPS"), content_type="text/html")
    told = filled(
        is_income="differs",
        found_income="18000.50",
        is_runs_business="differs",
        found_runs_business="yes",
        photos=[photo],
    )
    page = text(client.post(f"/visits/{visit.pk}/", told, follow=True))
    assert "已登记：欧＊＊一" in page
    assert "今天已登记 1 户" in page
    visit.refresh_from_db()
    assert (visit.conclusion, visit.income, visit.runs_business, visit.homes) == (
        "differs",
        Decimal("18000.50"),
        True,
        None,
    )
    assert Consent.objects.get().how == "door"
    assert sorted(visit.papers.values_list("kind", "attachment__name")) == [
        ("family", "family.png"), ("photo", "photo.jpg"), ("visitors", "visitors.png"),
    ]  # fmt: skip
    done = text(client.get(f"/visits/{visit.pk}/"))
    assert "不再保存" in done
    assert "永安路" not in done


def test_the_same_form_twice_is_one_visit(sign_in, visit):
    client = sign_in("luo")
    script = {"HTTP_ACCEPT": "application/json"}
    for _ in range(2):
        answer = client.post(f"/visits/{visit.pk}/", filled(), **script)
        assert (answer.status_code, answer.json()) == (200, {"url": "/visits/"})
    assert VisitPaper.objects.count() == 2
    assert Event.objects.filter(verb="visit.record").count() == 1
    answer = sign_in("bai").post(f"/visits/{visit.pk}/", filled(submission="s-2"), **script)
    assert answer.status_code == 422
    assert "已登记" in answer.json()["errors"][0]["text"]


@pytest.mark.parametrize(
    ("change", "target", "why"),
    [
        ({"home": ""}, "id_home", "请选择一项"),
        ({"is_income": ""}, "id_is_income", "请选属实或不符"),
        ({"is_income": "differs"}, "id_found_income", "请填核实后的数"),
        ({"is_income": "differs", "found_income": "12000"}, "id_found_income", "请选属实"),
        ({"is_income": "differs", "found_income": "一万"}, "id_found_income", ""),
        ({"is_runs_business": "differs", "found_runs_business": "no"}, "id_found_runs_business", "请选属实"),
        ({"consented": ""}, "id_consented", "没有授权"),
        ({"family_glass": ""}, "id_family_typed", "请签字"),
        ({"family_glass": "", "family_typed": "欧阳独一"}, "id_family_confirmed", "打勾"),
        ({"visitors_glass": "data:image/png;base64,!!"}, "id_visitors_typed", "重签"),
        ({"visitors_glass": "data:image/svg+xml;base64,PHN2Zz4="}, "id_visitors_typed", "请签字"),
        ({"visited_on": "2022-09-06"}, "", "晚于"),
        ({"family_glass": "data:image/png;base64," + base64.b64encode(b"<svg>").decode()}, "", "照片须是"),
    ],
)
def test_what_is_missing_is_said_where_it_is(sign_in, visit, change, target, why):
    answer = sign_in("luo").post(f"/visits/{visit.pk}/", filled(**change), HTTP_ACCEPT="application/json")
    assert answer.status_code == 422
    assert any(line["target"] == target and why in line["text"] for line in answer.json()["errors"]), answer.json()
    page = text(sign_in("luo").post(f"/visits/{visit.pk}/", filled(**change)), 422)
    assert 'class="u-errors"' in page
    if target:
        assert f'id="{target}"' in page
    assert not Visit.objects.exclude(visited_on=None).exists()


def test_without_a_script_names_are_typed(sign_in, visit):
    told = filled(
        family_glass="", visitors_glass="", family_typed="欧阳独一", family_confirmed="on", visitors_typed="白秀磊、罗小满",
        visitors_confirmed="on",
    )  # fmt: skip
    assert sign_in("luo").post(f"/visits/{visit.pk}/", told).status_code == 302
    assert [paper.typed for paper in visit.papers.all()] == ["欧阳独一", "白秀磊、罗小满"]


def test_nobody_home(sign_in, visit):
    told = {"home": "no", "visited_on": "2022-09-05", "submission": "s-1", "visitors_glass": GLASS}
    assert sign_in("luo").post(f"/visits/{visit.pk}/", told).status_code == 302
    assert Lead.objects.get().state == "away"
    assert not Consent.objects.exists()


def test_excused_by_the_visitor(sign_in, visit):
    client = sign_in("bai")
    assert "登记走访延期" in text(client.get(f"/visits/{visit.pk}/excuse/"))
    assert "已登记延期" in text(
        client.post(f"/visits/{visit.pk}/excuse/", {"reason": "住院", "until": "2022-10-08"}, follow=True)
    )
    assert Lead.objects.get().excuse == "住院"
    assert client.get(f"/visits/{visit.pk}/").status_code == 404


def test_photos_and_signatures_are_files_to_keep_for_those_who_may(sign_in, visit):
    sign_in("luo").post(f"/visits/{visit.pk}/", filled())
    paper = VisitPaper.objects.get(kind="family")
    url = f"/visits/{visit.pk}/papers/{paper.pk}/"
    for who in ("he", "xu", "shen"):
        client = sign_in(who)
        assert client.get(url).status_code == 302, "not before the papers were opened"
        client.post("/households/QTX-H1/open/", {"why": "certify"})
        client.post("/households/QTX-H1/papers/")
        answer = client.get(url)
        assert answer.content == PNG
        assert answer.headers["Content-Disposition"] == f'attachment; filename="visit-{visit.pk}-family.png"'
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]
    for who in ("luo", "bai", "ma", "tian", "guan", "wu"):
        assert sign_in(who).get(url).status_code == 404, who
    assert sign_in("he").get(f"/visits/{visit.pk + 1}/papers/{paper.pk}/").status_code == 404
    he = sign_in("he")
    shown = text(he.get("/households/QTX-H1/?tab=papers"))
    assert shown.count(url) == 2
    assert "走访人签字" in shown


def test_the_calendar_tells_days_and_unions_alone(sign_in, visit):
    told = text(sign_in("bai").get("/visits/calendar.ics"))
    assert "DTSTART;VALUE=DATE:20220905\r\n" in told
    assert "SUMMARY:走访 1 户" in told
    assert not {"欧", "永安路", "QTX-H1"} & {word for word in ("欧", "永安路", "QTX-H1") if word in told}
    assert all(len(line.encode()) <= 75 for line in told.split("\r\n"))
    assert "VEVENT" not in text(sign_in("lu").get("/visits/calendar.ics"))
    Visit.objects.update(planned_half="pm")
    assert "SUMMARY:走访 1 户 下午" in text(sign_in("bai").get("/visits/calendar.ics"))
    Visit.objects.update(planned_half="", planned_at="09:30")
    told = text(sign_in("bai").get("/visits/calendar.ics"))
    assert "DTSTART:20220905T093000\r\n" in told
    assert "SUMMARY:走访 1 户 9:30" in told


def test_the_hour_stands_on_the_visitors_phone(sign_in, visit):
    Visit.objects.update(planned_at="09:30")
    client = sign_in("bai")
    assert "9:30" in text(client.get("/visits/"))
    assert "9月5日 9:30" in text(client.get(f"/visits/{visit.pk}/"))


def test_nothing_of_a_visitors_day_stays_in_a_cache_or_after_signing_out(sign_in, visit):
    client = sign_in("bai")
    for url in ("/visits/", f"/visits/{visit.pk}/"):
        assert "no-store" in client.get(url).headers["Cache-Control"]
    answer = client.post("/account/logout/")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in client.post("/account/logout/").headers


def test_the_worker_script_is_nobodys_and_stands_below_the_visits(client):
    answer = client.get("/visits/worker.js", HTTP_HOST="127.0.0.1")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "visits-pages" in text(answer)


def test_no_number_of_a_person_stands_on_the_pages_that_a_phone_keeps(sign_in, visit):
    """A phone number and a card number that somebody wrote into the address are masked there too."""
    Household.objects.update(address="古峡街道永安路 8 号 电话13895001234")
    client = sign_in("bai")
    client.post("/visits/")
    assert "13895001234" not in text(client.get("/visits/")) + text(client.get(f"/visits/{visit.pk}/"))


def test_in_english(sign_in, visit):
    client = sign_in("bai")
    client.cookies["django_language"] = "en"
    assert "Start today's visits" in text(client.get("/visits/"))
    assert "As reported" in text(client.get(f"/visits/{visit.pk}/"))


def test_however_many_visits_the_queries_stay_few(sign_in, visit, django_assert_max_num_queries):
    client = sign_in("bai")
    with django_assert_max_num_queries(12):
        client.get("/visits/")
