"""Two windows on one list: one is faster, the other is told so and changes nothing; the back button repeats nothing; the keyboard alone, and a browser without
JavaScript, are enough to decide and to publish.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Visit

BOARD = "/rounds/QTX-2023Q3/"


@pytest.fixture(scope="module")
def site(walked_site: str) -> str:
    return walked_site


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def press_to(page: Page, words: str) -> None:
    """Come to a link or a button by the tabulator alone; what has the focus is always to be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if focused(page) == words:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"the tabulator does not come to {words}")


def open_act(visit: Visit, verb: str) -> None:
    visit.go(BOARD)
    visit.page.get_by_role("link", name=verb, exact=True).first.click()
    expect(visit.page.get_by_role("button", name=verb, exact=True)).to_be_visible()


def test_one_decides_by_keyboard_the_other_is_told_that_somebody_was_faster(open_window: Opener, size: tuple[int, int]):
    slow = open_window("xu", size)
    open_act(slow, "按政策认定")
    fast = open_window("he", size)
    fast.go(BOARD)
    page = fast.page
    press_to(page, "按政策认定")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decide/")
    press_to(page, "按政策认定")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已认定 1 户")).to_be_visible()

    slow.page.get_by_role("button", name="按政策认定").click()
    expect(slow.page.get_by_text("有人先办了一步。本次未作任何更改。")).to_be_visible()
    expect(slow.page.get_by_text("没变的不动")).to_be_visible()

    # Back to the form of a deed that is done, and once more: nothing is doubled.
    page.go_back()
    page.wait_for_load_state()
    again = page.get_by_role("button", name="按政策认定", exact=True)
    if again.count():
        again.click()
        page.wait_for_load_state()
    slow.go(f"{BOARD}families/")
    expect(slow.page.get_by_role("row", name="待公示")).to_have_count(1)

    # And without JavaScript what was decided is published, once.
    plain = open_window("he", size, javascript=False)
    open_act(plain, "公示")
    plain.page.get_by_role("button", name="公示", exact=True).click()
    expect(plain.page.get_by_text("已公示 1 户")).to_be_visible()

    # Everybody may read it, with names that are no names, and no address or number.
    public = open_window("", size)
    public.go("/public/notices/")
    public.page.locator("main a").first.click()
    public.settle()
    assert public.numbers() == []
    assert "＊" in public.page.locator("main").inner_text()
    assert "利民路" not in public.page.content()
    assert [line for visit in (slow, fast, plain, public) for line in visit.wrong] == []
