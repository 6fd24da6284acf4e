"""The worker's entrance: a phone, a code, the first login; and what is kept and told of them."""

import logging
import re
from datetime import date, timedelta

import pytest
from django.test import Client

from nuanxin.union import accounts, rules, secrets
from nuanxin.union.models import Attempt, OneTimeCode, Org, TextMessage, User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
PHONE = "13800002023"
FIRST_DAY = date(2022, 1, 1)


@pytest.fixture
def browser(city):
    return Client(HTTP_HOST="127.0.0.1")


def latest_code():
    message = TextMessage.objects.order_by("-pk").first()
    return re.search(r"\d{6}", secrets.unseal(bytes(message.text_cipher)))[0]


def ask(browser, phone=PHONE):
    return browser.post("/account/phone/", {"phone": phone})


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def enter(browser, name="韩梅晓", org="QTX-01-E01", phone=PHONE):
    ask(browser, phone)
    answer = browser.post("/account/phone/code/", {"code": latest_code()})
    if answer.headers["Location"] == "/account/phone/join/":
        answer = browser.post("/account/phone/join/", {"name": name, "org": org})
    return answer


def test_a_first_login_makes_the_account_with_its_post_and_a_second_one_finds_it(browser):
    assert enter(browser, phone="+86 138-0000 2023").status_code == 302
    worker = User.objects.get(phone_hash=secrets.find_key(PHONE))
    assert [(post.role, post.org.code) for post in worker.posts.all()] == [("worker", "QTX-01-E01")]
    assert (worker.first_name, worker.phone_mask, worker.has_usable_password()) == ("韩梅晓", "138****2023", False)
    assert browser.session["_auth_user_id"] == str(worker.pk)
    again = Client(HTTP_HOST="127.0.0.1")
    ask(again)
    assert again.post("/account/phone/code/", {"code": latest_code()}).status_code == 302
    assert again.session["_auth_user_id"] == str(worker.pk)
    assert User.objects.exclude(phone_hash="").count() == 1


def test_without_a_union_the_citys_is_taken_and_a_union_is_found_by_its_name(browser):
    ask(browser)
    browser.post("/account/phone/code/", {"code": latest_code()})
    found = browser.post("/account/phone/join/", {"name": "韩梅晓", "q": "铝材", "find": "1"}).content.decode()
    assert "峡光铝材工会委员会" in found
    assert "东街社区" not in found
    assert "韩梅晓" in found
    assert "请选择您的工会" in browser.post("/account/phone/join/", {"name": "韩梅晓"}).content.decode()
    # A street's union has no members of its own, and no code of it is taken.
    assert browser.post("/account/phone/join/", {"name": "韩梅晓", "org": "QTX-01"}).status_code == 200
    browser.post("/account/phone/join/", {"name": "韩梅晓", "org": "QTX"})
    assert User.objects.get(phone_hash=secrets.find_key(PHONE)).posts.get().org.code == "QTX"


def test_who_has_no_union_says_which_city_and_is_no_other_citys(browser):
    """Whoever looks after a worker reads the name: never the first city there is, and never the province above them."""
    above = Org.objects.create(code="HB", name="上面的省总工会", level=Org.PROVINCE)
    Org.objects.filter(code__in=("QTX", "WZ")).update(parent=above)
    ask(browser)
    browser.post("/account/phone/code/", {"code": latest_code()})
    asked = browser.get("/account/phone/join/").content.decode()
    assert ('value="QTX"' in asked, 'value="WZ"' in asked, 'value="HB"' in asked) == (True, True, False)
    for code in ("HB", "-"):
        assert browser.post("/account/phone/join/", {"name": "韩梅晓", "org": code}).status_code == 200
    browser.post("/account/phone/join/", {"name": "韩梅晓", "org": "WZ"})
    assert User.objects.get(phone_hash=secrets.find_key(PHONE)).posts.get().org.code == "WZ"


def test_a_wrong_code_says_how_many_tries_are_left_and_after_five_the_right_one_is_refused(browser):
    ask(browser)
    code = latest_code()
    for left in (4, 3, 2, 1):
        assert f"还可以试 {left} 次" in browser.post("/account/phone/code/", {"code": wrong(code)}).content.decode()
    for tried in (wrong(code), code):
        assert "试了 5 次都不对" in browser.post("/account/phone/code/", {"code": tried}).content.decode()
    assert "_auth_user_id" not in browser.session


def test_a_code_is_good_for_five_minutes_and_once(browser):
    ask(browser)
    OneTimeCode.objects.update(
        sent_at=OneTimeCode.objects.get().sent_at - timedelta(minutes=rules.CODE_MINUTES, seconds=1)
    )
    assert "已失效" in browser.post("/account/phone/code/", {"code": latest_code()}).content.decode()
    ask(browser)
    code, sent = latest_code(), OneTimeCode.objects.order_by("-pk").first()
    browser.post("/account/phone/code/", {"code": code})
    session = browser.session
    session["code_sent"] = sent.pk
    session.save()
    assert "已经用过" in browser.post("/account/phone/code/", {"code": code}).content.decode()


def test_a_code_belongs_to_the_browser_that_asked(browser):
    """Somebody who reads the text over the shoulder cannot use it elsewhere."""
    ask(browser)
    other = Client(HTTP_HOST="127.0.0.1")
    assert other.post("/account/phone/code/", {"code": latest_code()}).headers["Location"] == "/account/phone/"


def test_known_and_unknown_phones_get_the_same_answer(browser):
    enter(browser)
    pages = []
    for phone in (PHONE, "13900002023"):
        fresh = Client(HTTP_HOST="127.0.0.1")
        answer = ask(fresh, phone)
        text = fresh.get(answer.headers["Location"]).content.decode()
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text).replace(rules.mask_phone(phone), "")
        pages.append((answer.status_code, answer.headers["Location"], text))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("typed", ["", "12345", "23800002023", "138000020231", "１３８００００２０２３"])
def test_what_is_no_mobile_number_is_told_and_nothing_is_sent(browser, typed):
    assert ask(browser, typed).status_code == 200
    assert not TextMessage.objects.exists()


def test_so_many_texts_to_one_phone_and_no_more(browser):
    for _ in range(rules.LIMITS["text.phone"][0]):
        assert ask(browser).status_code == 302
    assert "请在" in ask(browser).content.decode()
    assert ask(browser, "13900002023").status_code == 302


def test_so_many_texts_from_one_address_and_no_more(browser):
    for _ in range(rules.LIMITS["text.address"][0]):
        accounts.count("text.address", "127.0.0.1")
    assert "这里发出的验证码太多" in ask(browser).content.decode()


def test_no_phone_and_no_code_in_a_log_a_page_an_address_or_the_database(browser, caplog, settings, capsys):
    settings.NUANXIN_DEMO = False
    caplog.set_level(logging.DEBUG)
    answer = ask(browser)
    code = latest_code()
    page = browser.get(answer.headers["Location"]).content.decode()
    bad = browser.post("/account/phone/code/", {"code": wrong(code)}).content.decode()
    assert code in capsys.readouterr().out
    for text in (caplog.text, page, bad, answer.headers["Location"], repr(dict(browser.session))):
        assert PHONE not in text
        assert code not in text
    kept = repr(
        list(OneTimeCode.objects.values()) + list(TextMessage.objects.values()) + list(Attempt.objects.values())
    )
    assert PHONE not in kept
    assert code not in kept
    assert "127.0.0.1" not in kept


def test_the_test_inbox_is_everybodys_in_a_demo_and_administrators_else(browser, sign_in, settings):
    ask(browser)
    assert latest_code() in browser.get("/inbox/").content.decode()
    settings.NUANXIN_DEMO = False
    assert browser.get("/inbox/").status_code == 404
    assert browser.get("/texts/").status_code == 302
    assert sign_in("he").get("/texts/").status_code == 404
    assert sign_in("guan").get("/texts/").status_code == 200
    settings.NUANXIN_TEXTS = "somebody.elses.Gateway"
    assert sign_in("guan").get("/texts/").status_code == 404


def test_an_administrator_reads_of_texts_to_the_own_workers_alone_and_outside_a_demo_no_code(
    browser, cast, sign_in, settings
):
    appoint(user="fang", name="方外人", org=Org.objects.get(code="WZ"), role=rules.ADMIN, from_on=FIRST_DAY, by="setup")
    cast["fang"] = User.objects.get(username="fang")
    enter(browser)
    assert User.objects.filter(phone_hash=secrets.find_key(PHONE)).exists()
    ask(Client(HTTP_HOST="127.0.0.1"), "13900007777")
    unknown = latest_code()
    ask(Client(HTTP_HOST="127.0.0.1"))
    code, mask = latest_code(), rules.mask_phone(PHONE)
    theirs, ours = (sign_in(name).get("/texts/").content.decode() for name in ("fang", "guan"))
    assert mask not in theirs
    assert code not in theirs
    assert code in ours
    # Whose phone it is is not known yet: nobody's.
    assert unknown not in ours
    settings.NUANXIN_DEMO = False
    for name in ("fang", "guan"):
        assert code not in sign_in(name).get("/texts/").content.decode()
    assert mask in sign_in("guan").get("/texts/").content.decode()


class Broken:
    def send(self, phone, text):
        raise ConnectionError("no line")


def test_a_gateway_that_does_not_answer_is_told(browser, settings):
    settings.NUANXIN_TEXTS = f"{__name__}.Broken"
    assert "短信暂时发不出去" in ask(browser).content.decode()


def test_in_english_too(browser):
    browser.cookies["django_language"] = "en"
    assert "11 digits" in ask(browser, "1").content.decode()
