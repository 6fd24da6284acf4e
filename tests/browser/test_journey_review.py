"""A family that was refused reads why, asks for another person, and hears the end; who refused it cannot end it, and the officer of another town sees nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.table import FILE, FILE_LEAD, FILE_PROBLEM, OTHER, THIRD

HOUSE = "QTX-H000010"


@pytest.fixture(scope="module")
def site(walked_site: str) -> str:
    return walked_site


def test_another_person_looks_again(open_window: Opener, size: tuple[int, int]):
    worker = open_window(FILE, size)
    worker.go("/my/matters/")
    page = worker.page
    page.locator(f"main a[href$='/hardship/{FILE_LEAD}/']").click()
    expect(page.get_by_role("heading", name="为什么")).to_be_visible()
    refused = page.url
    page.get_by_role("link", name="不同意，请另一个人复核").click()
    page.get_by_role("textbox").fill("去年住院三次，票据都在")
    page.locator(".w-actions button").dblclick()
    expect(page.get_by_text("正由另一个人来看。")).to_have_count(1)

    # He proposed the refusal and xu confirmed it: the end is neither's.
    windows = {who: open_window(who, size) for who in ("he", "xu", THIRD)}
    ends = {}
    for who, visit in windows.items():
        visit.go(f"/households/{HOUSE}/")
        reason = visit.page.get_by_role("button", name="打开档案")
        if reason.count():
            visit.page.get_by_role("radio").first.check()
            reason.click()
            expect(reason).to_have_count(0)
        ends[who] = visit.page.get_by_role("link", name="办结复核").count()
    assert ends == {"he": 0, "xu": 0, THIRD: 1}
    third = windows[THIRD].page
    third.get_by_role("link", name="办结复核").click()
    third.get_by_role("radio", name="维持原意见").check()
    third.locator("main textarea").fill("票据不在政策的范围内，另行转介医疗互助")
    third.get_by_role("button", name="办结复核").dblclick()
    third.wait_for_url(f"**/households/{HOUSE}/")

    page.goto(refused)
    expect(page.get_by_text("正由另一个人来看。")).to_have_count(0)
    # The worker reads who has read the file: somebody of the union, and what for.
    page.goto(f"{worker.site}/my/me/readers/")
    expect(page.get_by_text("办理季度认证").first).to_be_visible()
    assert [line for visit in (worker, *windows.values()) for line in visit.wrong] == []


def test_the_officer_of_another_town_finds_nothing_of_it(open_window: Opener, size: tuple[int, int]):
    other = open_window(OTHER, size)
    for address in (f"/households/{HOUSE}/", f"/matters/{FILE_PROBLEM}/"):
        answer = other.page.goto(other.site + address)
        assert answer
        assert answer.status == 404, address
    for address in (
        "/desk/?tab=all",
        "/households/",
        "/matters/",
        "/rounds/QTX-2022Q4/families/",
        "/notices/",
        "/dashboard/",
        "/calendar/",
    ):
        other.go(address)
        source = other.page.content()
        assert HOUSE not in source, address
        assert FILE_PROBLEM not in source, address
    city = open_window("he", size)
    city.go("/households/")
    assert HOUSE in city.page.content()
