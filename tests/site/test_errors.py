"""What is told where there is no page, and for a form that was open while somebody signed in again: a page of ours, in the reader's language."""

from html import unescape

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", ["he", ""])
def test_an_address_that_is_none_is_told_on_a_page(sign_in, cast, who):
    client = sign_in(who) if who else Client(HTTP_HOST="127.0.0.1")
    # Whoever is not signed in is led to the login from everywhere but what is for everybody.
    answer = client.get("/households/QTX-H999999/" if who else "/public/notices/QTX-9999Q9-P1/")
    assert answer.status_code == 404
    page = unescape(answer.content.decode())
    assert "没有这一页" in page
    assert "没有作任何更改" in page
    assert 'href="/"' in page
    client.cookies["django_language"] = "en"
    assert "There is no such page" in client.get(answer.request["PATH_INFO"]).content.decode()


def test_a_form_from_before_another_login_is_told_on_a_page(cast):
    client = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    answer = client.post("/account/login/", {"login": "he", "password": "x", "csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 403
    page = unescape(answer.content.decode())
    assert "这一页过期了" in page
    assert "没有作任何更改" in page
