"""A connection that breaks while a worker fills in an application: nothing typed is lost, it is sent when the phone is back on line, and no
number of a person is kept in the browser.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener

PHONE = (390, 844)


@pytest.fixture(scope="module")
def site(changed_site: str) -> str:
    return changed_site


def test_what_was_typed_survives_and_is_sent_when_back_on_line(open_window: Opener):
    visit = open_window("w-new", PHONE)
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


def test_a_page_that_was_closed_offline_comes_back_without_the_numbers(open_window: Opener):
    visit = open_window("w-demo", PHONE)
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
