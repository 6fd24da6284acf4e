"""Every row of the table, in a real browser: nothing that axe-core minds (WCAG 2.2 AA), nothing on the console (so no broken content policy), no failed
request, no sideways scroll at either width, a language, no whole personal number in the source, the same content without JavaScript, no Chinese left on
what one presses or reads as a heading of a table in English; in dark too, and on the phone in large type at 340 pixels.
"""

import hashlib
import os
import re
from pathlib import Path

import pytest
from django.urls import get_resolver, reverse

from tests.browser.conftest import SIZES, Opener, Visit
from tests.browser.table import NO_PAGE, NOT_OURS, PAGES, Row, send_empty, send_without_a_day

HAN = re.compile(r"[\u3400-\u9fff]")
# What is the product's words, never data.
WORDS = "button, thead th, .d-nav, .w-tabbar, summary:not(.d-officer), .u-field > label, .w-field > label, legend, .u-tabs, .u-linetabs, .btn, .w-btn"
# A script draws charts and maps beside what the server sent; what is marked live (a save note, a code of thirty seconds) differs from one moment to the next;
# hidden texts count on both sides.
CONTENT = """async sent => {
  const page = sent ? new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html") : document;
  const main = page.querySelector("main").cloneNode(true);
  main.querySelectorAll("script, .u-figure__plot, .u-map, [data-live]").forEach(part => part.remove());
  return main.textContent.replace(/\\s+/g, " ").trim();
}"""
# The page as it stands before the person, or as the server sends it, which is what a browser without JavaScript shows.
DRAWN, SENT = False, True
# What a part says in our own words: without the data in it that is marked as Chinese (a name, a union).
OURS = """parts => parts.filter(part => !part.closest("[lang=zh-Hans], [data-words]")).map(part => {
  const ours = part.cloneNode(true);
  ours.querySelectorAll("[lang=zh-Hans]").forEach(data => data.remove());
  return ours.textContent.trim();
})"""
SHOTS = os.environ.get("NUANXIN_SHOTS")


def address(row: Row) -> str:
    return reverse(row.page, args=row.args) + row.query


def arrive(visit: Visit, row: Row) -> None:
    visit.go(address(row))
    if row.do is not None:
        row.do(visit.page)
        visit.settle()


def keep(visit: Visit, row: Row, how: str) -> None:
    if SHOTS:
        visit.page.screenshot(path=Path(SHOTS) / f"{row.id}-{how}.png", full_page=True)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.id)
def test_every_page(row: Row, open_window: Opener, look: Opener):
    wide, narrow = SIZES[row.face]
    # A deed may leave something in its window.
    opened = look if row.do is None else open_window
    visit = opened(row.who, wide)
    arrive(visit, row)
    page = visit.page
    keep(visit, row, "wide")
    assert visit.wrong == []
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.title()
    assert page.locator("h1").count() == 1
    assert visit.axe() == []
    assert visit.numbers() == []
    assert visit.overflow() == [], wide
    page.set_viewport_size({"width": narrow[0], "height": narrow[1]})
    keep(visit, row, "narrow")
    assert visit.overflow() == [], narrow
    # A table scrolls in its frame where the window is narrower than a desk's.
    page.set_viewport_size({"width": 390, "height": 844})
    assert visit.axe("scrollable-region-focusable") == []
    page.set_viewport_size({"width": narrow[0], "height": narrow[1]})
    drawn = page.evaluate(CONTENT, DRAWN)

    if row.do is None:
        assert page.evaluate(CONTENT, SENT) == drawn
    elif row.do in (send_empty, send_without_a_day):
        plain = open_window(row.who, wide, javascript=False)
        arrive(plain, row)
        assert plain.page.evaluate(CONTENT, DRAWN) == drawn

    if row.face == "phone":
        page.emulate_media(color_scheme="dark")
        page.evaluate("document.body.dataset.size = 'large'")
        keep(visit, row, "dark")
        # What a colour and a size can break.
        assert visit.axe("color-contrast", "target-size", "link-in-text-block") == []
        assert visit.overflow() == [], "large type"

    else:
        page.emulate_media(color_scheme="dark")
        keep(visit, row, "dark")
        assert visit.axe("color-contrast", "link-in-text-block") == [], "dark"

    english = opened(row.who, narrow, language="en")
    arrive(english, row)
    keep(english, row, "english")
    assert english.page.locator("html").get_attribute("lang") == "en"
    said = english.page.eval_on_selector_all(WORDS, OURS)
    assert [words for words in said if HAN.search(words)] == []
    assert english.overflow() == [], "English"
    assert english.wrong == []


@pytest.mark.parametrize("who", ["", "he", "w-demo"])
def test_where_there_is_no_page(open_window: Opener, who: str):
    visit = open_window(who, SIZES["phone"][1])
    visit.go("/public/notices/QTX-9999Q9-P1/")
    assert visit.page.locator("h1").inner_text() == "没有这一页"
    assert visit.axe() == []
    assert visit.overflow() == []
    assert [line for line in visit.wrong if "status of 404" not in line] == []
    visit.page.get_by_role("link", name="回首页").click()
    visit.page.wait_for_url(lambda address: "9999" not in address)


def names(resolver, space: str = "") -> set[str]:
    """The names of all addresses under a resolver."""
    found: set[str] = set()
    for part in resolver.url_patterns:
        if hasattr(part, "url_patterns"):
            found |= names(part, f"{space}{part.namespace}:" if part.namespace else space)
        elif part.name:
            found.add(space + part.name)
        else:
            found.add(f"{space}{part.pattern} has no name")
    return found


def test_every_address_is_a_row():
    ours = {name for name in names(get_resolver("nuanxin.site.urls")) if not name.startswith(NOT_OURS)}
    rows = {row.page for row in PAGES}
    assert ours - rows - NO_PAGE.keys() == set(), "a row in tests/browser/table.py for each of these"
    assert NO_PAGE.keys() <= ours
    assert not NO_PAGE.keys() & rows


def test_rows_have_names_of_their_own():
    ids = [row.id for row in PAGES]
    assert len(set(ids)) == len(ids)


def test_vendored_files_are_those_of_the_checksum_list():
    vendor = Path(__file__).parent / "vendor"
    listed = dict(line.split()[::-1] for line in (vendor / "SHA256SUMS").read_text().splitlines())
    found = {
        f"./{path.relative_to(vendor).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == listed
