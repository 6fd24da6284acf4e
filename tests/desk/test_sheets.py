"""The sheets that may be sent in: blank forms that help who fills them in and come back without a complaint."""

import io
from datetime import date
from html import unescape

import openpyxl
import pytest
from tests.care.paper import number

from nuanxin.desk.imports import KINDS
from nuanxin.sheets import forms, read_file

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
