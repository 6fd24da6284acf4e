"""The ways in, worked as a person does: an officer by password and second step, a worker by phone and code, at both window sizes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Opener

SIZE = [SIZES["desk"][0], SIZES["phone"][0]]


def sign_in(page: Page, site: str, account: str) -> None:
    """From the front door to the own pages, with what the demo prints."""
    page.goto(site)
    page.get_by_role("link", name="账号登录").click()
    password = page.locator(".o-login").inner_text()
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/account/login/"))
    if page.url.endswith("/second/code/"):
        page.get_by_role("textbox").fill(page.locator(".o-code").inner_text().replace(" ", ""))
        page.locator(".w-actions button").click()
        page.wait_for_url(lambda url: not url.endswith("/second/code/"))


@pytest.mark.parametrize("size", SIZE, ids=["desk", "phone"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_an_officer_comes_in_by_password_and_second_step_and_leaves(open_window: Opener, size, javascript):
    visit = open_window("", size, javascript=javascript)
    page = visit.page
    sign_in(page, visit.site, "xu")
    expect(page).to_have_url(f"{visit.site}/desk/")
    expect(page.locator(".d-top")).to_contain_text("许安然")
    page.goto(f"{visit.site}/account/logout/")
    page.locator("main button").last.click()
    page.goto(f"{visit.site}/desk/")
    expect(page).to_have_url(re.compile("/account/login/"))
    assert visit.wrong == []


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_the_back_button_shows_nothing_once_signed_out(open_window: Opener, where):
    visit = open_window("", SIZE[0])
    page = visit.page
    sign_in(page, visit.site, "he")
    page.goto(f"{visit.site}/rounds/QTX-2022Q4/families/")
    assert "QTX-H" in page.content()
    page.goto(f"{visit.site}/account/logout/")
    if where == "here":
        page.locator("main button").last.click()
        expect(page).to_have_url(f"{visit.site}/")
        page.go_back()
    else:
        # The cookie stays what it was: a copy kept under it would be shown.
        other = open_window("", SIZE[0]).page
        sign_in(other, visit.site, "he")
        other.goto(f"{visit.site}/account/sessions/")
        other.get_by_role("button", name="退出其他所有地方").click()
        expect(other.get_by_role("listitem").filter(has_text="当前")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("/account/login/"))
    assert "QTX-H" not in page.content()


def test_a_wrong_password_says_so_and_lets_nobody_in(open_window: Opener):
    visit = open_window("", SIZE[1])
    page = visit.page
    page.goto(f"{visit.site}/account/login/?next=/rounds/")
    page.get_by_label("账号").fill("shen")
    page.get_by_label("密码").fill("not-this-one")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert "not-this-one" not in page.content()
    page.goto(f"{visit.site}/rounds/")
    expect(page).to_have_url(re.compile("/account/login/"))


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_a_worker_comes_in_by_phone_and_code(open_window: Opener, javascript):
    visit = open_window("", SIZE[1], javascript=javascript)
    page = visit.page
    page.goto(visit.site)
    number = re.findall(r"1\d{2} \d{4} \d{4}", page.locator("main").inner_text())[0]
    page.get_by_role("link", name="手机号登录").click()
    page.get_by_role("textbox").fill(number)
    page.locator(".w-actions button").click()
    page.get_by_role("link", name="演示收件箱").click()
    page.wait_for_url("**/inbox/")
    code = re.findall(r"\b\d{6}\b", page.locator("main").inner_text())[0]
    page.goto(f"{visit.site}/account/phone/code/")
    assert visit.numbers() == []
    page.get_by_role("textbox").fill("000000" if code != "000000" else "111111")
    page.locator(".w-actions button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox").fill(code)
    page.locator(".w-actions button").click()
    page.goto(f"{visit.site}/account/me/")
    expect(page).to_have_url(f"{visit.site}/account/me/")
    # The desk is not there for a worker.
    answer = page.goto(f"{visit.site}/rounds/")
    assert answer
    assert answer.status == 404


# What each printed login comes for, by what stands in the middle of its first page.
WORK = {
    "tian": "难题与微心愿", "ma": "去上报", "he": "去认定", "xu": "去认定", "wen": "去认定", "bai": "去走访", "luo": "去走访",
    "pan": "政策与标准", "qin": "政策与标准", "shen": "查看", "guan": "账号与任职",
}  # fmt: skip


@pytest.mark.parametrize("who", WORK)
def test_the_first_page_leads_to_the_posts_own_work(look: Opener, who: str):
    visit = look(who, SIZE[0])
    visit.go("/desk/")
    visit.page.locator("main").get_by_role("link", name=re.compile(WORK[who])).first.click()
    expect(visit.page.locator("main h1")).to_be_visible()
    assert not visit.page.url.endswith("/desk/")
    assert visit.wrong == []
