"""A visitor's day without a line: started while there is one, filled in without, sent by itself when it is back; and once."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Opener

VISIT = "/visits/777001/"
FIGURES = ("members", "income", "medical", "schooling", "loss", "homes", "runs_business", "costly_school")
KEPT = """() => new Promise(done => {
  const asked = indexedDB.open("nuanxin-visits");
  asked.onsuccess = () => {
    const all = asked.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => done(all.result.map(one => one.visit + " " + one.state));
  };
})"""
COPIES = (
    "caches.open('visits-pages-1').then(pages => pages.keys()).then(all => all.map(one => new URL(one.url).pathname))"
)


def copies(page: Page, *, kept: bool) -> None:
    """Wait until a copy of the visit's page is kept, or is no more."""
    for _ in range(PATIENCE // 100):
        if (VISIT in page.evaluate(COPIES)) == kept:
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.evaluate(COPIES))


def sign(page: Page, who: str) -> None:
    """Write on the glass."""
    glass = page.locator(f"[data-sign={who}] canvas")
    glass.scroll_into_view_if_needed()
    box = glass.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for n in range(12):
        page.mouse.move(box["x"] + 40 + n * 15, box["y"] + 60 + n % 3 * 25)
    page.mouse.up()


def fill(page: Page) -> None:
    page.locator("[name=home][value=yes]").check()
    for name in FIGURES:
        page.locator(f"[name=is_{name}][value={'differs' if name == 'income' else 'same'}]").check()
    page.fill("[name=found_income]", "18000.50")
    page.fill("[name=note]", "房屋漏雨")
    if page.locator("[name=consented]").count():
        page.locator("[name=consented]").check()
    sign(page, "family")
    sign(page, "visitors")


@pytest.fixture(scope="module")
def site(walked_site: str) -> str:
    return walked_site


@pytest.fixture
def started(open_window: Opener, size: tuple[int, int]):
    visit = open_window("bai", size)
    visit.go("/visits/")
    start = visit.page.get_by_role("button", name="开始今天的走访")
    if start.count():
        start.click()
        visit.settle()
    copies(visit.page, kept=True)
    return visit


def test_the_page_that_asks_last_says_which_copies_are_kept(started):
    """Two pages ask one after the other; the first one's slower answers put nothing back that the second no longer has."""
    started.page.evaluate(
        """([more, fewer]) => navigator.serviceWorker.ready.then(ready => {
          ready.active.postMessage({keep: more});
          ready.active.postMessage({keep: fewer});
        })""",
        [["/visits/", VISIT], ["/visits/"]],
    )
    copies(started.page, kept=False)
    started.page.wait_for_timeout(2_000)
    assert started.page.evaluate(COPIES) == ["/visits/"]


def test_without_a_line_a_visit_is_kept_and_sent_when_it_is_back(started):
    page = started.page
    page.context.set_offline(True)
    page.goto(started.site + VISIT)
    fill(page)
    page.get_by_role("button", name="提交走访").click()
    page.get_by_text("未发出 1 份").wait_for()
    # Another page, the same phone: it is still there, with what was typed and signed.
    page.goto(started.site + "/visits/")
    page.get_by_text("未发出 1 份").wait_for()
    page.goto(started.site + VISIT)
    expect(page.locator("[name=note]")).to_have_value("房屋漏雨")
    assert page.locator("[name=family_glass]").input_value().startswith("data:image/png;base64,")
    assert page.evaluate(KEPT) == ["777001 unsent"]
    page.goto(started.site + "/visits/")
    page.context.set_offline(False)
    page.get_by_text("已登记：").wait_for()
    assert page.evaluate(KEPT) == []
    copies(page, kept=False)
    started.go(VISIT)
    assert "18,000.50" not in page.content()
    page.get_by_text("不再保存").wait_for()
    # Nothing but the missing line was wrong.
    assert [line for line in started.wrong if "INTERNET_DISCONNECTED" not in line] == []
