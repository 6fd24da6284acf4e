"""Officers' logins: passwords, locks, the second factor on every page."""

import time
from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import URLPattern, get_resolver

from nuanxin.records.models import Event
from nuanxin.site import demo, forms
from nuanxin.union import accounts, rules
from nuanxin.union.models import Post, User

pytestmark = pytest.mark.django_db
PASSWORD = "a-quiet-lamp-17"


@pytest.fixture
def browser(cast, settings):
    # The slow hash is Django's own and not what is tried here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.update(password=make_password(PASSWORD))
    for user in cast.values():
        user.refresh_from_db()
    return Client(HTTP_HOST="127.0.0.1")


def login(browser, name, password=PASSWORD):
    return browser.post("/account/login/", {"login": name, "password": password})


def test_a_visitor_is_in_with_the_password_alone(browser):
    assert login(browser, "bai").headers["Location"] == "/"
    assert browser.get("/account/sessions/").status_code == 200


def test_a_known_and_an_unknown_account_get_the_same_refusal(browser):
    texts = [login(browser, name, "wrong-wrong-1").content.decode().replace(name, "") for name in ("bai", "nobody")]
    texts = [t.split('id="main-form"')[0].split("u-errors")[1] for t in texts]
    assert texts[0] == texts[1]
    assert "账号或密码不对" in texts[0]


def test_wrong_passwords_lock_the_account_until_a_time_that_is_told_and_written_down(browser):
    times = rules.LIMITS["password.account"][0]
    for _ in range(times):
        login(browser, "bai", "wrong-wrong-1")
    locked = login(Client(HTTP_HOST="127.0.0.1"), "bai").content.decode()
    assert "以后可以再试" in locked
    assert Event.objects.filter(verb="account.lock", subject="user:bai", chain="QTX").count() == 1
    # Another account from the same address may.
    assert login(Client(HTTP_HOST="127.0.0.1"), "tian").status_code == 302


def test_nobody_locks_a_person_out_of_the_own_device(browser):
    times = rules.LIMITS["password.account"][0]
    login(browser, "bai")
    browser.post("/account/logout/")
    guesser = Client(HTTP_HOST="127.0.0.1", REMOTE_ADDR="203.0.113.7")
    for _ in range(times):
        login(guesser, "bai", "wrong-wrong-1")
    assert "以后可以再试" in login(guesser, "bai").content.decode()
    assert "以后可以再试" in login(Client(HTTP_HOST="127.0.0.1"), "bai").content.decode()
    assert login(browser, "bai").status_code == 302
    # What was guessed elsewhere is not forgotten with it.
    assert "以后可以再试" in login(guesser, "bai").content.decode()


def test_a_device_is_known_for_its_own_account_and_locks_by_itself(browser):
    times = rules.LIMITS["password.account"][0]
    login(browser, "bai")
    browser.post("/account/logout/")
    guesser = Client(HTTP_HOST="127.0.0.1", REMOTE_ADDR="203.0.113.7")
    for _ in range(times):
        login(guesser, "tian", "wrong-wrong-1")
    assert "以后可以再试" in login(browser, "tian").content.decode()
    for _ in range(times):
        login(browser, "bai", "wrong-wrong-1")
    assert "以后可以再试" in login(browser, "bai").content.decode()
    assert accounts.locked_accounts(["bai", "tian", "he"]).keys() == {"bai", "tian"}


@pytest.mark.parametrize("later", [0, 25, 45])
def test_a_code_lets_in_once_as_long_as_it_would(browser, cast, settings, monkeypatch, later):
    from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

    settings.NUANXIN_DEMO = False
    secret, began = "JBSWY3DPEHPK3PXP", time.time() // 30 * 30

    def at(seconds):
        monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: began + seconds)
        now = datetime.fromtimestamp(began + seconds, UTC)
        monkeypatch.setattr("django.core.cache.backends.db.tz_now", lambda: now)

    TOTP.activate(cast["he"], secret)
    code = format_hotp_value(hotp_value(secret, int(began // 30)))
    at(0)
    login(browser, "he")
    assert browser.post("/account/second/code/", {"code": code}).status_code == 302
    other = Client(HTTP_HOST="127.0.0.1")
    login(other, "he")
    at(later)
    assert "验证码不对" in other.post("/account/second/code/", {"code": code}).content.decode()
    # A code of another period is not refused with it.
    at(60)
    fresh = format_hotp_value(hotp_value(secret, int(began // 30) + 2))
    assert other.post("/account/second/code/", {"code": fresh}).status_code == 302


def test_wrong_passwords_lock_the_address_too(browser):
    for n in range(rules.LIMITS["password.address"][0]):
        login(browser, f"guess-{n}", "wrong-wrong-1")
    assert "以后可以再试" in login(browser, "bai").content.decode()


def addresses():
    """Every address without parameters, the entrance's own left out."""
    found = []

    def walk(patterns, prefix):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                if "<" not in path and "\\" not in path:
                    found.append(f"/{path}")
            else:
                walk(pattern.url_patterns, path)

    walk(get_resolver().url_patterns, "")
    return [url for url in found if not url.startswith(("/account/", "/i18n/", "/text-size/"))]


@pytest.mark.parametrize("who", ["he", "xu", "ma", "shen", "pan", "guan"])
def test_without_the_second_factor_every_page_leads_to_it(sign_in, who):
    client = sign_in(who, second_factor=False)
    assert len(addresses()) > 5
    for url in addresses():
        for answer in (client.get(url), client.post(url)):
            assert (answer.status_code, answer.headers["Location"]) == (302, "/account/second/"), url


@pytest.mark.parametrize("who", ["bai", "tian"])
def test_posts_that_decide_nothing_need_none(sign_in, who):
    answer = sign_in(who, second_factor=False).get("/account/sessions/")
    assert answer.status_code == 200


def test_setting_it_up_and_passing_it_at_the_next_login(browser, django_capture_on_commit_callbacks):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    login(browser, "he")
    assert browser.get("/rounds/").headers["Location"] == "/account/second/"
    assert "先设好两步验证" in browser.get("/account/second/").content.decode()
    page = browser.get("/account/second/app/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    assert (
        "验证码不对"
        in browser.post("/account/second/app/", {"code": "000000" if code != "000000" else "1"}).content.decode()
    )
    secret = browser.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    # The test's own transaction is never committed: what happens at the commit is run by hand, and the session kept.
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/account/second/app/", {"code": code})
    answer.wsgi_request.session.save()
    assert answer.headers["Location"] == "/account/second/codes/"
    assert browser.get("/rounds/").status_code == 200
    kept = Authenticator.objects.get(user__username="he", type="totp")
    assert secret not in str(kept.data)
    codes = browser.get("/account/second/codes/").context["unused_codes"]
    assert len(codes) == 10

    fresh = Client(HTTP_HOST="127.0.0.1")
    assert login(fresh, "he").headers["Location"] == "/account/second/code/"
    assert fresh.get("/rounds/").headers["Location"].startswith("/account/login/")
    # Not the demo's printed secret: its code is not shown, even in a demo.
    assert "o-code" not in fresh.get("/account/second/code/").content.decode()
    assert fresh.post("/account/second/code/", {"code": codes[0]}).status_code == 302
    assert fresh.get("/rounds/").status_code == 200
    other = Client(HTTP_HOST="127.0.0.1")
    login(other, "he")
    assert "验证码不对" in other.post("/account/second/code/", {"code": codes[0]}).content.decode()


def test_the_demos_code_is_shown_in_a_demo_alone(browser, cast, settings):
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(cast["he"], demo.SECRET)
    login(browser, "he")
    code = forms.demo_code(cast["he"])
    assert code in browser.get("/account/second/code/").content.decode()
    assert browser.post("/account/second/code/", {"code": code}).status_code == 302
    assert browser.get("/rounds/").status_code == 200
    settings.NUANXIN_DEMO = False
    assert forms.demo_code(cast["he"]) == ""


def test_a_second_factor_taken_off_leads_back_to_setting_it_up(browser, cast):
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(cast["he"], demo.SECRET)
    login(browser, "he")
    browser.post("/account/second/code/", {"code": forms.demo_code(cast["he"])})
    assert browser.get("/rounds/").status_code == 200
    browser.post("/account/second/app/off/")
    assert browser.get("/rounds/").headers["Location"] == "/account/second/"


def test_a_session_that_has_not_passed_it_is_asked_and_then_goes_on(sign_in, cast):
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(cast["he"], demo.SECRET)
    client = sign_in("he", second_factor=False)
    asked = client.get("/rounds/").headers["Location"]
    assert asked == "/account/second/again/?next=%2Frounds%2F"
    assert client.get("/account/second/").headers["Location"].startswith("/account/second/again/")
    answer = client.post("/account/second/again/", {"code": forms.demo_code(cast["he"]), "next": "/rounds/"})
    assert answer.headers["Location"] == "/rounds/"
    assert client.get("/rounds/").status_code == 200


@pytest.mark.parametrize("new", ["password123", "1234567890", "short-1", "baixiulei"])
def test_common_and_short_passwords_are_refused(browser, new):
    login(browser, "bai")
    answer = browser.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 200
    assert "u-errors" in answer.content.decode()


def test_a_new_password_ends_the_other_sessions(browser, cast):
    elsewhere = Client(HTTP_HOST="127.0.0.1")
    login(elsewhere, "bai")
    login(browser, "bai")
    new = "another-lamp-23"
    assert (
        browser.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new}).status_code
        == 302
    )
    assert browser.get("/account/sessions/").status_code == 200
    assert elsewhere.get("/account/sessions/").status_code == 302


def test_who_has_no_post_today_is_told_so_and_what_to_do(sign_in, cast):
    client = sign_in("ma")
    Post.objects.filter(user=cast["ma"]).update(until_on="2022-06-30")
    assert client.get("/rounds/").headers["Location"] == "/"
    text = client.get("/").content.decode()
    assert "您今天没有任职" in text
    assert "2022-06-30" in text
    assert "系统管理员" in text


def test_logout_is_by_post(browser):
    login(browser, "bai")
    browser.get("/account/logout/")
    assert browser.get("/account/sessions/").status_code == 200
    assert browser.post("/account/logout/").headers["Location"] == "/"
    assert browser.get("/account/sessions/").status_code == 302


@pytest.mark.parametrize(
    "url", ["/account/signup/", "/account/email/", "/account/3rdparty/", "/account/password/reset/", "/account/weixin/"]
)
def test_what_is_not_used_of_allauth_is_not_there(browser, url):
    assert browser.get(url).status_code == 404
