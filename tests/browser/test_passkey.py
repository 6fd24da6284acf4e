"""What a person holds, in a real browser: the link by which the own password is chosen, and a security key as the second step."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.test_entrance import sign_in

PHONE = (390, 844)
CHOSEN = "my-own-lamp-41"


@pytest.fixture(scope="module")
def site(changed_site: str) -> str:
    # A key belongs to a name, never to a number.
    return changed_site.replace("127.0.0.1", "localhost")


def test_a_link_is_handed_over_and_its_own_person_chooses_the_password(open_window: Opener):
    guan = open_window("guan")
    guan.go("/accounts/bai/password/")
    guan.page.get_by_role("button", name="重设密码").click()
    link = re.search(r"http\S+#bai/\S+", guan.page.locator("main").inner_text())
    assert link
    assert guan.wrong == []
    bai = open_window("", PHONE)
    asked: list[str] = []
    bai.page.on("request", lambda request: asked.append(request.url))
    bai.page.goto(link[0])
    # Filled in from the link, and out of the address; nothing of it was asked for.
    expect(bai.page.get_by_label("账号")).to_have_value("bai")
    assert "#" not in bai.page.url
    token = bai.page.get_by_label("口令").input_value()
    assert len(token) > 30
    bai.page.get_by_label("新密码", exact=True).fill(CHOSEN)
    bai.page.get_by_label("再输一遍新密码").fill(CHOSEN)
    bai.page.get_by_role("button", name="保存新密码").click()
    expect(bai.page).to_have_url(f"{bai.site}/account/login/")
    assert not any(token in url for url in asked)
    bai.page.get_by_label("账号").fill("bai")
    bai.page.get_by_label("密码").fill(CHOSEN)
    bai.page.get_by_role("button", name="登录", exact=True).click()
    expect(bai.page).to_have_url(f"{bai.site}/desk/")
    assert bai.wrong == []


def test_a_key_is_added_lets_its_owner_in_and_is_removed(open_window: Opener):
    visit = open_window("", PHONE)
    page = visit.page
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    held = keys.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }},
    )["authenticatorId"]  # fmt: skip
    sign_in(page, visit.site, "ma")
    visit.go("/account/second/keys/add/")
    page.get_by_role("textbox").fill("办公室的密钥")
    page.get_by_role("button", name="添加").click()
    page.wait_for_url(lambda url: not url.endswith("/keys/add/"))
    assert len(keys.send("WebAuthn.getCredentials", {"authenticatorId": held})["credentials"]) == 1

    visit.go("/account/logout/")
    page.locator("main button").last.click()
    password = page.goto(f"{visit.site}/account/login/") and page.locator(".o-login").inner_text()
    page.get_by_label("账号").fill("ma")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(f"{visit.site}/account/second/code/")
    page.get_by_role("button", name="用安全密钥").click()
    expect(page).to_have_url(f"{visit.site}/desk/")

    visit.go("/account/second/keys/")
    expect(page.locator("main")).to_contain_text("办公室的密钥")
    page.get_by_role("link", name="移除").click()
    page.get_by_role("button", name="移除").click()
    expect(page.locator("main")).to_contain_text("还没有安全密钥")
    assert visit.wrong == []


def test_without_a_key_the_page_says_so_and_nobody_is_in(open_window: Opener):
    """The browser has none, or its owner did not touch it."""
    visit = open_window("", PHONE)
    page = visit.page
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    sign_in(page, visit.site, "tian")
    visit.go("/account/second/keys/add/")
    held = keys.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "automaticPresenceSimulation": True,
                "isUserVerified": False,
            }
        },
    )["authenticatorId"]
    page.get_by_role("textbox").fill("钥匙")
    page.get_by_role("button", name="添加").click()
    page.wait_for_url(lambda url: not url.endswith("/keys/add/"))
    keys.send("WebAuthn.clearCredentials", {"authenticatorId": held})
    visit.go("/account/logout/")
    page.locator("main button").last.click()
    page.goto(f"{visit.site}/account/login/")
    password = page.locator(".o-login").inner_text()
    page.get_by_label("账号").fill("tian")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(f"{visit.site}/account/second/code/")
    page.get_by_role("button", name="用安全密钥").click()
    expect(page.locator("#key-error")).to_be_visible()
    page.goto(f"{visit.site}/desk/")
    expect(page).to_have_url(f"{visit.site}/account/second/code/")
