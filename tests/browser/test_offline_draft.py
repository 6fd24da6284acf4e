"""A connection that breaks while a worker fills in an application: nothing typed is lost, it is sent when the phone is back on line, and no
number of a person is kept in the browser.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Opener
from tests.browser.test_entrance import sign_in


@pytest.fixture(scope="module")
def site(walked_site: str) -> str:
    return walked_site


def test_what_was_typed_survives_and_is_sent_when_back_on_line(open_window: Opener, size: tuple[int, int]):
    visit = open_window("w-new", size)
    page, window = visit.page, visit.page.context
    visit.go("/my/matters/new/wish/")
    page.fill("[name=content]", "给值班室添一张躺椅")
    window.set_offline(True)
    page.click("button[form=raise]")
    expect(page.locator("[data-say=offline]")).to_be_visible()
    assert "给值班室添一张躺椅" in page.evaluate("JSON.stringify(localStorage)")
    window.set_offline(False)
    page.wait_for_url("**/my/matters/QTX-M-*/")
    expect(page.locator("h1")).to_have_text("给值班室添一张躺椅")
    assert page.evaluate("localStorage.length") == 0


def test_a_page_that_was_closed_offline_comes_back_without_the_numbers(open_window: Opener, size: tuple[int, int]):
    visit = open_window("w-demo", size)
    page, window = visit.page, visit.page.context
    visit.go("/my/apply/family/1/")
    page.fill("[name=name]", "丁小满")
    page.fill("[name=resident_id]", "640381201203030051")
    page.fill("[name=phone]", "13800000011")
    window.set_offline(True)
    page.click("button[form=member]")
    expect(page.locator("[data-say=offline]")).to_be_visible()
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "丁小满" in kept
    assert "640381" not in kept
    assert "1380000" not in kept
    page.goto("about:blank")
    window.set_offline(False)
    visit.go("/my/apply/family/1/")
    expect(page.locator("[data-say=restored]")).to_be_visible()
    assert page.input_value("[name=name]") == "丁小满"
    assert page.input_value("[name=resident_id]") == ""


DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('nuanxin-draft:'))"


def enter(visit, phone):
    """By phone and code, with the demo's inbox."""
    page = visit.page
    visit.go("/account/phone/")
    page.get_by_role("textbox").fill(phone)
    page.locator(".w-actions button").click()
    page.get_by_role("link", name="演示收件箱").click()
    page.wait_for_url("**/inbox/")
    code = re.findall(r"\b\d{6}\b", page.locator("main").inner_text())[0]
    visit.go("/account/phone/code/")
    page.get_by_role("textbox").fill(code)
    page.locator(".w-actions button").click()


def begin(visit, words):
    visit.go("/my/matters/new/wish/")
    visit.page.fill("[name=content]", words)
    assert len(visit.page.evaluate(DRAFTS)) == 1


@pytest.fixture
def two(open_window: Opener, size: tuple[int, int]):
    """One browser of two people, one after the other; with the first one's number."""
    visit = open_window("", size)
    visit.go("/")
    first = re.findall(r"1\d{2} \d{4} \d{4}", visit.page.locator("main").inner_text())[0]
    enter(visit, first)
    return visit, first


def test_the_own_draft_is_there_after_a_session_that_ended_and_another_ones_is_not(two):
    visit, first = two
    page = visit.page
    begin(visit, "给值班室添一张躺椅")
    # The session is over without a word to the browser, as when it is ended from elsewhere.
    page.context.clear_cookies(name="sessionid")
    enter(visit, first)
    visit.go("/my/matters/new/wish/")
    assert page.input_value("[name=content]") == "给值班室添一张躺椅"

    page.context.clear_cookies(name="sessionid")
    sign_in(page, visit.site, "bai")
    expect(page).to_have_url(f"{visit.site}/desk/")
    # Gone at the login, before any page of drafts was opened.
    assert page.evaluate(DRAFTS) == []


def test_another_ones_draft_goes_even_where_the_browser_does_not_clear_its_store(two):
    visit, _first = two
    page = visit.page
    begin(visit, "给值班室添一张躺椅")
    page.context.clear_cookies(name="sessionid")
    page.context.clear_cookies(name="nuanxin_account")
    page.context.request.post(f"{visit.site}/gallery/sign-in/w-new/", timeout=PATIENCE)
    visit.go("/my/matters/new/wish/")
    assert page.input_value("[name=content]") == ""
    assert page.evaluate(DRAFTS) == []


def test_nothing_is_left_after_signing_out(two):
    visit, _first = two
    page = visit.page
    begin(visit, "给值班室添一张躺椅")
    visit.go("/account/logout/")
    page.locator("main button").last.click()
    page.wait_for_url(f"{visit.site}/")
    assert page.evaluate(DRAFTS) == []
