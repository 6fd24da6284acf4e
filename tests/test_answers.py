"""What the walk reads: a word is found wherever it hides in an answer."""

import io
import zipfile

import openpyxl
import pytest
from django.http import HttpResponse
from openpyxl.comments import Comment

from nuanxin.reports import prints
from tests.answers import Ask, asks, read, words
from tests.reports.test_prints import NOTICE


def workbook(*, title: str = "表", cell: str = "", note: str = "") -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    sheet.title, sheet["C7"] = title, cell
    sheet.sheet_state = "visible"
    hidden = book.create_sheet("里")
    hidden.sheet_state = "hidden"
    if note:
        hidden["A1"].comment = Comment(note, "某人")
    book.save(out)
    return out.getvalue()


def packed(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "姓名\n独孤无痕\n".encode("utf-8-sig"),
        workbook(cell="独孤无痕"),
        workbook(title="独孤无痕"),
        workbook(note="独孤无痕"),
        packed("独孤无痕.png", b"\x89PNG"),
        packed("a/b.zip", packed("c.csv", "独孤无痕".encode())),
        packed("word/document.xml", "<p><t>独孤</t><t>无痕</t></p>".encode()),
        "BEGIN:VCALENDAR\r\nSUMMARY:走访独孤\r\n 无痕\r\n".encode(),
        b'{"name": "\\u72ec\\u5b64\\u65e0\\u75d5"}',
        b"<a href='/search/?q=%E7%8B%AC%E5%AD%A4%E6%97%A0%E7%97%95'>",
        "<p>独孤&#26080;&#30165;</p>".encode(),
    ],
    ids=["csv", "cell", "sheet", "comment", "member", "zip in a zip", "word", "calendar", "json", "address", "entity"],
)  # fmt: skip
def test_a_word_is_found(content):
    assert "独孤无痕" in words(content)


def test_a_word_is_found_in_a_pdf():
    assert NOTICE["families"][0]["name"] in words(prints.render("notice", NOTICE))


def test_the_name_of_a_file_and_where_an_answer_leads_are_read():
    answer = HttpResponse(b"", headers={"Content-Disposition": "attachment; filename*=UTF-8''%E7%8B%AC%E5%AD%A4.png"})
    assert "独孤.png" in read(answer)
    assert "/households/独孤/" in read(
        HttpResponse(status=302, headers={"Location": "/households/%E7%8B%AC%E5%AD%A4/"})
    )


def test_a_page_is_asked_by_its_links_and_by_each_button_of_its_forms():
    page = """<a href="?tab=all#top">a</a><form method="get"><input type="hidden" name="tab" value="all"><input name="q"></form>
    <form method="post" id="many" action="/do/"><select name="to"><option value="">-</option><option value="x">x</option></select>
    <button name="format" value="xlsx">X</button><button name="format" value="csv" formaction="/csv/">C</button></form>
    <input type="checkbox" form="many" name="keys" value="7">"""
    assert list(asks(page, "/list/", {"text": "泉"})) == [
        Ask("/list/?tab=all"),
        Ask("/list/?tab=all&q=%E6%B3%89"),
        Ask("/do/", (("to", "x"), ("keys", "7"), ("format", "xlsx"))),
        Ask("/csv/", (("to", "x"), ("keys", "7"), ("format", "csv"))),
    ]
