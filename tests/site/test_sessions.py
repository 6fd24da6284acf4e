"""When a session ends by itself: an officer's after so many hours whatever is done in it, and when nothing was done for a while."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.core import signing

from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
PAGE = "/account/sessions/"
HOUR = 3600


@pytest.fixture
def after(monkeypatch):
    """Let time go on, for sessions and signatures."""
    began = time.time()

    def after(seconds):
        monkeypatch.setattr("nuanxin.site.sessions.time.time", lambda: began + seconds)
        assert signing.time.time() == began + seconds

    return after


def door(answer):
    return answer.status_code == 302 and answer.headers["Location"].startswith("/account/login/")


def test_an_officers_session_ends_twelve_hours_after_it_began_whatever_is_done_in_it(sign_in, settings):
    settings.NUANXIN_IDLE_MINUTES = 24 * 60
    bai = sign_in("bai")
    session = bai.session
    began = session["officer_since"]
    kept = Session.objects.get(pk=session.session_key)
    assert abs(kept.expire_date.timestamp() - began - 12 * HOUR) < 2
    # Work done in it moves nothing.
    session["something"] = 1
    session.save()
    assert Session.objects.get(pk=session.session_key).expire_date == kept.expire_date
    session["officer_since"] = began - 12 * HOUR
    session.save()
    assert door(bai.get(PAGE))


def test_the_house_says_how_long(sign_in, settings):
    settings.NUANXIN_SESSION_HOURS = 2
    bai = sign_in("bai")
    kept = Session.objects.get(pk=bai.session.session_key)
    assert abs(kept.expire_date.timestamp() - bai.session["officer_since"] - 2 * HOUR) < 2


def test_nothing_asked_for_in_the_idle_time_ends_it_and_a_page_keeps_it(sign_in, after):
    bai = sign_in("bai")
    for seconds in (110 * 60, 220 * 60, 330 * 60):
        after(seconds)
        assert bai.get(PAGE).status_code == 200
    after(330 * 60 + 121 * 60)
    assert door(bai.get(PAGE))
    assert door(bai.post(PAGE, {"session": ""}))


def test_a_cookie_of_ones_own_making_keeps_nothing(sign_in, after):
    bai = sign_in("bai")
    after(110 * 60)
    bai.get(PAGE)
    seen = bai.cookies["nuanxin_seen"].value
    after(240 * 60)
    mark, _at, signature = seen.split(":")
    for forged in ("", "-", f"{mark}:{signing.b62_encode(int(time.time()))}:{signature}"):
        bai.cookies["nuanxin_seen"] = forged
        assert door(bai.get(PAGE))


def test_a_workers_session_lasts_and_ends_when_an_officers_post_is_given(sign_in, cast, city, after):
    from datetime import date

    from nuanxin.union import accounts
    from nuanxin.union.models import User

    appoint(user="w-1", name="张刚", org=city, role="worker", from_on=date(2022, 1, 1), by="setup")
    User.objects.filter(username="w-1").update(phone_hash="x")
    cast["w-1"] = User.objects.get(username="w-1")
    worker = sign_in("w-1")
    after(13 * HOUR)
    assert worker.get(PAGE).status_code == 200
    assert Session.objects.filter(pk=worker.session.session_key).exists()
    # The session row of a login by Django alone is made here by hand, as allauth's own login does.
    from allauth.usersessions.models import UserSession

    UserSession.objects.create(user=cast["w-1"], session_key=worker.session.session_key, ip="127.0.0.1")
    day = date(2023, 7, 7)
    accounts.give_post(account=cast["w-1"], org=city, role="steward", from_on=day, by=cast["guan"], on=day)
    assert door(worker.get(PAGE))


def test_the_page_of_sessions_says_when_each_ends(cast):
    from django.test import Client

    cast["bai"].set_password("a-quiet-lamp-17")
    cast["bai"].save()
    bai = Client(HTTP_HOST="127.0.0.1")
    bai.post("/account/login/", {"login": "bai", "password": "a-quiet-lamp-17"})
    page = bai.get(PAGE).content.decode()
    assert "最迟" in page
    assert "120 分钟没有打开页面" in page
    # The cookie is gone with the browser.
    assert bai.cookies["sessionid"]["max-age"] == ""
