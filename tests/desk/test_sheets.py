"""The sheets that may be sent in: blank forms that help who fills them in and come back without a complaint."""

import io
from datetime import date
from html import unescape

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.care.paper import family, number, survey

from nuanxin.books.models import BookImport, Consolation
from nuanxin.care.models import Consent, RegisterCheck, Visit
from nuanxin.care.services import returns
from nuanxin.desk.imports import KINDS
from nuanxin.records.models import Attachment, Job
from nuanxin.sheets import forms, read_file
from nuanxin.union.models import Org, User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db

ID = number("20050101")
# What somebody types into each form, by field.
TYPED = {
    "survey": {
        "seq": "1", "family_no": "1", "worker_name": "韩春晓", "name": "韩春晓", "relation": "本人", "resident_id": ID, "phone": "13800000001",
        "income": 12000, "medical": 0, "schooling": 0, "homes": 1, "cars": 0, "runs_business": "否", "costly_school": "否", "loss": 0,
        "cause": "收入低",
    },
    "matters": {"seq": "1", "kind": "难题", "content": "车间没有热水", "name": "韩春晓", "phone": "13800000001"},
    "visits": {
        "seq": "1", "visited_on": date(2022, 9, 15), "worker_name": "韩春晓", "resident_id": ID, "visitor_one": "白秀磊",
        "visitor_two": "罗小满", "conclusion": "属实",
    },
    "jobs": {"seq": "1", "on": date(2022, 9, 15), "event": "秋季招聘会", "employer": "峡光铝材", "post": "钳工", "places": 3},
    "consolation": {
        "seq": "1", "on": date(2022, 9, 15), "campaign": "送清凉", "group": "户外职工", "people": 30, "amount": 4500.5,
    },
    "grants": {
        "seq": "1", "on": date(2022, 9, 15), "student": "韩小一", "parent": "韩春晓", "stage": "高中", "amount": 3000,
    },
    "mutual_aid": {
        "seq": "1", "on": date(2022, 9, 15), "name": "韩春晓", "resident_id": ID, "hospital": "市医院", "days": 9, "amount": 1200,
    },
    "register_check": {"seq": "1", "name": "韩春晓", "resident_id": ID, "result": "低保", "document": "民发1号"},
}  # fmt: skip


def filled(content, *rows):
    """A downloaded blank with rows typed in below its example, by the titles of its columns."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    titles = [str(cell.value).strip("*").split("（元）")[0].split("（辆）")[0].split("（天）")[0] for cell in sheet[2]]
    form = next(form for form in forms().values() if form.title[:31] == sheet.title)
    places = {one.field: titles.index(one.title) + 1 for one in form.fields.values() if one.title in titles}
    for at, row in enumerate(rows, 4):
        for name, value in row.items():
            sheet.cell(at, places[name]).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def download(client, form, **words):
    answer = client.get(f"/sheets/{form}.xlsx", words)
    assert answer.status_code == 200
    return answer.content


@pytest.mark.parametrize("form", [form for kind in KINDS for form in kind.forms])
def test_a_blank_is_downloaded_filled_in_and_read_without_a_complaint(sign_in, tmp_path, form):
    client = sign_in("he")
    assert f"/sheets/{form}.xlsx" in client.get("/sheets/").content.decode()
    path = tmp_path / "QTX-01-E01.xlsx"
    path.write_bytes(filled(download(client, form), TYPED[form]))
    reading = read_file(path, expect={form})
    assert (reading.refused_whole, reading.refusals, reading.warnings) == (None, [], [])
    assert reading.tables[form]["accepted"].to_pylist() == [True]
    book = openpyxl.load_workbook(path)
    help_ = {row[0].value: [cell.value for cell in row] for row in book["填表说明"].iter_rows(min_row=2)}
    assert set(help_) == {cell.value for cell in book.worksheets[0][2]}
    assert all(row[2] for row in help_.values())


def test_every_form_of_the_library_is_one_of_a_kind():
    assert sorted(form for kind in KINDS for form in kind.forms) == sorted(forms())


@pytest.mark.parametrize(
    ("who", "there"),
    [("he", ["survey", "visits", "jobs", "register_check"]), ("ma", ["survey", "matters"]), ("bai", ["visits"])],
)
def test_each_sees_the_forms_that_they_may_send_in(sign_in, who, there):
    client = sign_in(who)
    page = client.get("/sheets/").content.decode()
    for form in forms():
        if who != "he":
            assert (f"/sheets/{form}.xlsx" in page) is (form in there)
            assert client.get(f"/sheets/{form}.xlsx").status_code == (200 if form in there else 404)
    assert all(f"/sheets/{form}.xlsx" in page for form in there)


@pytest.mark.parametrize("who", ["tian", "shen", "pan", "guan"])
def test_who_sends_in_nothing_has_no_such_page(sign_in, who):
    assert sign_in(who).get("/sheets/").status_code == 404
    assert sign_in(who).get("/sheets/survey.xlsx").status_code == 404


def test_the_blank_survey_names_union_and_quarter(sign_in):
    def title(client):
        content = download(client, "survey", quarter="2022Q4", union="QTX-01-E06")
        return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]["A1"].value

    assert title(sign_in("ma")) == "红柳酿造工会委员会2022年第四季度困难职工家庭摸排表"
    # Another city's union is not named to its officer.
    assert title(sign_in("wu")) == "2022年第四季度困难职工家庭摸排表"
    assert sign_in("he").get("/sheets/nothing.xlsx").status_code == 404


def test_in_english(sign_in):
    client = sign_in("he")
    client.cookies["django_language"] = "en"
    page = unescape(client.get("/sheets/").content.decode())
    assert "Civil affairs' register check" in page
    assert "Send sheets" in page


# ------------------------------------------------------------------------------------------------- look, then confirm


@pytest.fixture
def send(sign_in, office):
    """Upload bytes by name at the one page for all kinds, as somebody; what comes back."""

    def send(who, files, **said):
        sheets = [SimpleUploadedFile(name, content) for name, content in files.items()]
        return sign_in(who).post("/sheets/", {"sheets": sheets, **said})

    office.on(date(2022, 9, 20))
    return send


@pytest.fixture
def reported(office):
    """A family that was reported and not visited yet, and one of another street."""
    for code, union, worker, born in (
        ("QTX-01-E01", "峡光铝材工会委员会", "韩春晓", "20050101"),
        ("QTX-03-C2", "西苑社区工会联合会", "田静文", "20040202"),
    ):
        paper = survey(office.folder, code, union, "2022Q3", [family(worker, born)])
        returns.receive(round_=office.round, paths=[paper], by=office.cast["he"], on=date(2022, 8, 31))
    office.on(date(2022, 9, 20))


def text(answer):
    return unescape(answer.content.decode())


def visit(worker, born):
    return TYPED["visits"] | {"worker_name": worker, "resident_id": number(born)}


def a_sheet(sign_in, form, *rows):
    return filled(download(sign_in("he"), form), *rows)


SHEETS = {
    "visits": ("走访.xlsx", "visits", [visit("韩春晓", "20050101"), visit("无此人", "20010309")]),
    "books": ("慰问.xlsx", "consolation", [TYPED["consolation"], TYPED["consolation"] | {"people": "三十来个"}]),
    "checks": ("比对.xlsx", "register_check", [TYPED["register_check"], TYPED["register_check"] | {"resident_id": number("20010309")}]),
}  # fmt: skip
KEPT = {"visits": Visit, "books": Consolation, "checks": RegisterCheck}


def stored():
    return [
        model.objects.count() for model in (Visit, Consolation, BookImport, RegisterCheck, Attachment, Job, Consent)
    ]


@pytest.mark.parametrize("kind", SHEETS)
def test_a_sheet_is_recognised_looked_at_and_taken_once(sign_in, send, reported, office, kind):
    name, form, rows = SHEETS[kind]
    house = office.round.leads.get(worker_name="韩春晓").household
    if kind == "checks":
        Consent.objects.create(household=house, signed_on=date(2022, 9, 1), how="paper", recorded_by="he")
    before, content = stored(), a_sheet(sign_in, form, *rows)
    look = send("he", {name: content}).headers["Location"]
    assert look.startswith(f"/sheets/{kind}/")
    client = sign_in("he")
    shown = client.get(look)
    # A look stores nothing, and says what would be taken and what not, where and how to mend it.
    assert stored() == before
    (line,) = shown.context["shown"].files[0].refusals
    assert all((line.sheet, line.row == 5, line.column, line.why_zh, line.why_en, line.mend_zh, line.mend_en))
    assert all(
        said in text(shown) for said in ("第 5 行", line.why_zh, line.mend_zh, "收下 1 行", "接受 1 行，退回 1 行")
    )
    sent = client.post(look, {"do": "receive"}, follow=True)
    assert "2 行 = 接受 1 行 + 退回 1 行" in text(sent)
    assert line.mend_zh in text(sent)
    assert KEPT[kind].objects.count() == 1
    after = stored()
    # A second click, the back button: the page of what was taken, and nothing more.
    assert client.post(look, {"do": "receive"}).headers["Location"] == f"{look}sent/"
    assert client.get(look).headers["Location"] == f"{look}sent/"
    assert stored() == after
    # The same file again takes nothing twice.
    again = send("he", {name: content}).headers["Location"]
    client.post(again, {"do": "receive"})
    assert KEPT[kind].objects.count() == 1
    for who in ("wu", "shen", "xu", "bai"):
        assert sign_in(who).get(look).status_code == 404
        assert sign_in(who).post(look, {"do": "receive"}).status_code == 404


def test_given_up_is_given_up(sign_in, send, reported):
    look = send("he", {"走访.xlsx": a_sheet(sign_in, "visits", visit("韩春晓", "20050101"))}).headers["Location"]
    sign_in("he").post(look, {"do": "drop"})
    assert not Visit.objects.exists()
    assert sign_in("he").get(look).status_code == 404


def test_a_corrected_book_says_first_what_it_replaces(sign_in, send):
    client = sign_in("he")
    client.post(send("he", {"慰问.xlsx": a_sheet(sign_in, "consolation", TYPED["consolation"])}).headers["Location"])
    better = a_sheet(sign_in, "consolation", TYPED["consolation"] | {"amount": 9000})
    look = send("he", {"慰问（更正）.xlsx": better}).headers["Location"]
    assert "收下后替换原来的「慰问.xlsx」" in text(client.get(look))
    client.post(look)
    assert BookImport.objects.get(file_name="慰问.xlsx").replaced_by is not None


def test_a_visitor_of_one_street_records_its_families_alone(sign_in, send, reported, office):
    appoint(
        user="lu", name="陆远", org=Org.objects.get(code="QTX-01"), role="visitor", from_on=date(2022, 1, 1), by="setup"
    )
    office.cast["lu"] = User.objects.get(username="lu")
    content = a_sheet(sign_in, "visits", visit("韩春晓", "20050101"), visit("田静文", "20040202"))
    look = send("lu", {"走访.xlsx": content}).headers["Location"]
    (line,) = sign_in("lu").get(look).context["shown"].files[0].refusals
    # Another street's family is as unknown as one that does not exist.
    assert (line.row, "本轮没有这户人家" in line.why_zh) == (5, True)
    sign_in("lu").post(look)
    assert Visit.objects.get().lead.worker_name == "韩春晓"


def test_what_cannot_be_told_or_may_not_be_sent_is_said(sign_in, send, reported):
    visits, book = a_sheet(sign_in, "visits", TYPED["visits"]), a_sheet(sign_in, "jobs", TYPED["jobs"])

    def said(who, files, **more):
        answer = send(who, files, **more)
        assert answer.status_code == 422
        return text(answer)

    assert "一种一种地传" in said("he", {"a.xlsx": visits, "b.xlsx": book})
    assert "认不出 c.csv 是哪种表" in said("he", {"c.csv": "甲,乙\n1,2\n".encode()})
    assert "b.xlsx 是台账，不由您的岗位上传" in said("bai", {"b.xlsx": book})
    assert said("bai", {"b.xlsx": book}, kind="books")
    # The kind that is chosen is the one that the files are looked at as.
    look = send("he", {"b.xlsx": book}, kind="visits").headers["Location"]
    assert "整份退回" in text(sign_in("he").get(look))
    assert stored()[:4] == [0, 0, 0, 0]
