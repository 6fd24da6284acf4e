"""The demo's accounts: one a role with a printed login in a demo, and none outside."""

import os
import subprocess
import sys
from datetime import date

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.forms import ValidationError
from django.test import Client

from nuanxin.site import demo, forms
from nuanxin.union import rules
from nuanxin.union.models import Org, Post, User

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 1)


def load(city):
    demo.load_accounts(city, on=DAY)
    if demo.settings.NUANXIN_DEMO:
        demo.load_worker(on=DAY)


def test_one_account_a_role_and_again_changes_nothing(city):
    for _ in range(2):
        load(city)
        assert set(Post.objects.values_list("role", flat=True)) == set(rules.ROLES)
        assert User.objects.count() == len(demo.DOES)
        assert Authenticator.objects.count() == 8
    assert {row.username for row in demo.table()} == set(demo.DOES)
    for account in User.objects.exclude(username=demo.WORKER):
        assert account.check_password(demo.PASSWORD)


def test_the_front_door_prints_the_logins_and_each_leads_in(city):
    load(city)
    page = Client(HTTP_HOST="127.0.0.1").get("/").content.decode()
    for row in demo.table():
        assert row.login in page
        if row.username == demo.WORKER:
            continue
        client = Client(HTTP_HOST="127.0.0.1")
        answer = client.post("/account/login/", {"login": row.login, "password": demo.PASSWORD})
        if answer.headers["Location"] != "/":
            code = forms.demo_code(User.objects.get(username=row.username))
            answer = client.post(answer.headers["Location"], {"code": code})
        assert answer.headers["Location"] == "/", row.username
        # Everybody has a first page.
        first = client.get("/")
        assert first.status_code == 302, row.username
        assert client.get(first.headers["Location"], follow=True).status_code == 200, row.username


def test_outside_a_demo_there_is_no_password_no_worker_no_table_and_no_day(city, settings):
    settings.NUANXIN_DEMO = False
    load(city)
    assert set(User.objects.values_list("username", flat=True)) == {"he", "xu"}
    assert not any(account.has_usable_password() for account in User.objects.all())
    assert not Authenticator.objects.exists()
    assert demo.table() == []
    client = Client(HTTP_HOST="127.0.0.1")
    assert demo.PASSWORD not in client.get("/").content.decode() + client.get("/account/login/").content.decode()
    assert client.post("/demo/day/").status_code == 404


def test_the_demos_worker_is_somebody_of_the_register_who_is_not_on_file(city):
    """Without examples it is somebody whom the register does not know; with them, tests/site/test_example.py's families."""
    worker = demo.load_worker(on=DAY)
    assert (worker.person, worker.posts.get().org.code) == (None, demo.WORKER_UNION)
    assert Org.objects.get(code=demo.WORKER_UNION).level in Org.OWING


def test_over_https_cookies_travel_encrypted_alone(tmp_path):
    ask = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'nuanxin.site.settings'; from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
    )
    for asked, told in (("1", "True True True"), ("0", "False False False")):
        told_by = {**os.environ, "NUANXIN_HTTPS": asked, "NUANXIN_HOME": str(tmp_path)}
        told_by.pop("DJANGO_SETTINGS_MODULE", None)
        got = subprocess.run([sys.executable, "-c", ask], env=told_by, capture_output=True, text=True, check=True)
        assert got.stdout.strip() == told


def test_a_demos_logins_open_nothing_once_the_same_folder_is_served_for_real(city, settings):
    load(city)
    browser = Client(HTTP_HOST="127.0.0.1")
    he = User.objects.get(username="he")
    totp = Authenticator.objects.get(user=he)
    assert totp.wrap().validate_code(forms.demo_code(he))
    code = forms.demo_code(he)
    settings.NUANXIN_DEMO = False
    for name in ("he", "bai", "guan"):
        answer = browser.post("/account/login/", {"login": name, "password": demo.PASSWORD})
        assert "演示用的密码" in answer.content.decode()
        assert "_auth_user_id" not in browser.session
    # With a new password the printed second factor is still none.
    he.set_password("a-quiet-lamp-17")
    he.save()
    answer = browser.post("/account/login/", {"login": "he", "password": "a-quiet-lamp-17"})
    assert answer.headers["Location"].startswith("/account/second/code/")
    assert browser.post("/account/second/code/", {"code": code}).status_code == 200
    assert "_auth_user_id" not in browser.session


def test_the_printed_password_is_nobodys_own(city):
    with pytest.raises(ValidationError):
        validate_password(demo.PASSWORD)


@pytest.mark.parametrize("demo_mode", ["0", "1"])
def test_a_session_of_a_demo_is_none_elsewhere(demo_mode):
    code = "from django.conf import settings; print(settings.SECRET_KEY.endswith('-demo'))"
    env = os.environ | {"NUANXIN_DEMO": demo_mode}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(demo_mode == "1")
