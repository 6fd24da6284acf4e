"""The shared parts in a real browser: the gallery on both faces, what its scripts do, and what the keyboard reaches."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Opener

FACES: tuple[Literal["desk", "phone"], ...] = ("desk", "phone")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("dark", [False, True])
def test_gallery_has_no_fault_on_either_face(open_window: Opener, face, dark):
    wide, narrow = SIZES[face]
    visit = open_window("", wide, dark=dark, large=dark)
    visit.go(f"/gallery/{face}/")
    assert visit.axe() == []
    visit.page.set_viewport_size({"width": narrow[0], "height": narrow[1]})
    assert visit.overflow() == []
    assert visit.wrong == []


@pytest.mark.parametrize("face", FACES)
def test_errors_come_first_take_the_focus_and_lead_to_their_field(open_window: Opener, face):
    visit = open_window("", SIZES[face][0])
    visit.go(f"/gallery/{face}/")
    page = visit.page
    page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    page.get_by_role("button", name="提交" if face == "desk" else "下一步").click()
    errors = page.get_by_role("alert")
    expect(errors).to_be_focused()
    expect(errors.get_by_role("link")).to_have_count(4)
    assert visit.axe() == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    name = page.get_by_role("textbox", name="姓名")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description("请填写")


@pytest.mark.parametrize("face", FACES)
def test_a_choice_that_was_missed_is_led_to(open_window: Opener, face):
    visit = open_window("", SIZES[face][0])
    visit.go(f"/gallery/{face}/#id_work")
    expect(visit.page.get_by_role("group", name="您做什么工作")).to_be_focused()


def test_a_chart_is_drawn_and_its_table_opens(open_window: Opener):
    visit = open_window()
    visit.go("/gallery/desk/")
    page = visit.page
    expect(page.locator(".u-figure__plot svg")).to_have_count(5)
    months = page.locator("figure").first
    expect(months.locator(".u-figure__plot")).to_have_accessible_name("6月受理 71 件，办结 58 件")
    expect(months.get_by_role("table")).to_be_hidden()
    months.locator("summary").click()
    expect(months.get_by_role("row", name="6月 71 58")).to_be_visible()
    # Colours are those of the tokens.
    assert "#d9793a" in months.locator("svg").inner_html().lower().replace("rgb(217,121,58)", "#d9793a")


def test_without_javascript_the_table_stands_open_and_the_map_is_drawn(open_window: Opener):
    visit = open_window("", javascript=False)
    visit.go("/gallery/desk/")
    expect(visit.page.locator("figure").first.get_by_role("row", name="6月 71 58")).to_be_visible()
    expect(visit.page.locator(".u-figure__plot").first).to_be_hidden()
    pin = visit.page.get_by_role("link", name="石＊ 1")
    assert pin.evaluate("pin => pin.getBoundingClientRect().width") >= 24
    pin.click()
    assert visit.page.url.endswith("/gallery/desk/")


def test_large_type_and_english_are_switched_without_javascript_and_stay(open_window: Opener):
    visit = open_window("", (340, 700), javascript=False)
    visit.go("/gallery/home/")
    page = visit.page
    small = page.locator("h2").first.evaluate("part => parseFloat(getComputedStyle(part).fontSize)")
    page.get_by_role("button", name="大字").click()
    assert page.url.endswith("/gallery/home/")
    page.goto(f"{visit.site}/gallery/phone/")
    page.goto(f"{visit.site}/gallery/home/")
    assert page.locator("h2").first.evaluate("part => parseFloat(getComputedStyle(part).fontSize)") > small
    page.get_by_role("button", name="EN").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert visit.overflow() == []
    page.get_by_role("button", name="Standard").click()
    assert page.locator("body").get_attribute("data-size") is None


def test_the_fixed_bar_never_hides_what_has_the_focus(open_window: Opener):
    visit = open_window("", (390, 700))
    visit.go("/gallery/phone/")
    page = visit.page
    bar = page.locator(".w-actions").bounding_box()
    assert bar
    page.get_by_label("身份证号").focus()
    for _ in range(14):
        hidden = page.evaluate(
            """top => { const part = document.activeElement; if (part === document.body || part.closest('.w-actions')) { return ''; }
            const box = part.getBoundingClientRect(); return box.top >= top ? part.outerHTML : ''; }""",
            bar["y"],
        )
        assert hidden == ""
        page.keyboard.press("Tab")


def test_skip_link_is_the_first_stop_and_leads_to_the_content(open_window: Opener):
    for face in FACES:
        visit = open_window("", SIZES[face][0])
        visit.go(f"/gallery/{face}/")
        page = visit.page
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
