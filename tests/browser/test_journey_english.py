"""The worker's phone in English: from the front door by a code to an application that is sent; then the own copy, and the consent that is withdrawn."""

import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Visit, plain_copy, served

NUMBERS = {
    "How much does the whole family earn in a year?": "9000",
    "How much did you pay for illness yourselves in a year?": "12000",
    "How much did the children's schooling cost in a year?": "0",
    "How many are you at home?": "1",
    "How many homes do you own?": "1",
    "Any sudden loss this year? How much?": "0",
    "How many children are in kindergarten": "0",
    "How many children are in upper secondary": "0",
}
FLAGS = ("Does anybody at home run a business?", "Is a child at a costly private school")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int]) -> Iterator[str]:
    with served(plain_copy(tmp_path_factory)) as address:
        yield address


def sound(visit: Visit) -> None:
    assert [*visit.axe(), *visit.overflow(), *visit.numbers(), *visit.wrong] == [], visit.page.url


def come_in(page: Page) -> None:
    page.get_by_role("button", name=re.compile("English")).click()
    number = re.findall(r"1\d{2} \d{4} \d{4}", page.locator("main").inner_text())[0]
    page.get_by_role("link", name="Sign in by phone").click()
    page.get_by_role("textbox").fill(number)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("link", name="open the demo inbox to see the code").click()
    page.wait_for_url("**/inbox/")
    code = re.findall(r"\b\d{6}\b", page.locator("main").inner_text())[0]
    page.get_by_role("link", name="Back, to give the code").click()
    page.get_by_role("textbox").fill(code)
    page.get_by_role("button", name="Sign in").click()


def test_a_worker_asks_in_english_takes_a_copy_and_withdraws_consent(
    open_window: Opener, size: tuple[int, int], tmp_path
):
    visit = open_window("", size)
    page = visit.page
    visit.go("/")
    come_in(page)
    expect(page.get_by_role("link", name="Hardship at home")).to_be_visible()

    page.get_by_role("link", name="Self-test").click()
    for question, said in NUMBERS.items():
        page.get_by_label(question).fill(said)
    for question in FLAGS:
        page.get_by_role("group", name=question).get_by_role("radio", name="no", exact=True).check()
    page.get_by_role("button", name="Show the result").click()
    expect(page.get_by_role("heading", name=re.compile("very likely get help"))).to_be_visible()
    sound(visit)
    page.get_by_role("button", name="Apply for help").click()
    page.get_by_role("link", name="Next: your situation").click()
    # Nothing that was said in the self-test is asked again.
    expect(page.get_by_label("How much does the whole family earn in a year?")).to_have_value("9000")
    for question in FLAGS:
        asked = page.get_by_role("group", name=question)
        expect(asked.get_by_role("radio", name="no", exact=True)).to_be_checked()
    page.get_by_label("Main trouble").select_option(label="Own serious illness")
    sound(visit)
    page.get_by_role("button", name="Next: papers").click()
    page.get_by_role("button", name="Next: check").click()
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Signature").fill(page.locator("main dt").first.inner_text().split(" · ")[0])
    sound(visit)
    page.get_by_role("button", name="Apply for help").dblclick()
    expect(page.get_by_role("heading", name="Your application was sent")).to_be_visible()
    # Who has it is the same on the receipt and where it is followed.
    has_it = page.locator(".w-sent p").inner_text().partition(" has it")[0]
    page.get_by_role("link", name="See the progress").click()
    expect(page.get_by_text("Waiting for the union's visit.")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(has_it))).to_be_visible()
    followed = page.url
    # Back is the receipt, and nothing is sent again.
    page.go_back()
    expect(page.get_by_role("heading", name="Your application was sent")).to_be_visible()

    visit.go("/my/")
    page.get_by_role("link", name="Me", exact=True).click()
    page.get_by_role("link", name="A copy of everything about me").click()
    sound(visit)
    with page.expect_download() as got:
        page.get_by_role("button", name="Download").click()
    got.value.save_as(tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as copy:
        assert sorted(copy.namelist()) == ["my-data.html", "my-data.json"]
        assert followed.rsplit("/", 2)[1] in copy.read("my-data.html").decode()

    page.get_by_role("link", name="Me", exact=True).first.click()
    page.get_by_role("link", name="Consent to checks").click()
    page.get_by_role("button", name="Withdraw consent").dblclick()
    expect(page.get_by_text("No consent in force")).to_be_visible()
    expect(page.get_by_text(re.compile("withdrawn on"))).to_have_count(1)
    sound(visit)
