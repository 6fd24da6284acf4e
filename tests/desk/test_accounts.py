"""Accounts and posts on the desk: given, ended, handed over, unlocked; and the other city's, which are not there."""

import re
from datetime import date

import pytest
from django.test import Client

from nuanxin.records import clock
from nuanxin.records.models import Event
from nuanxin.union import accounts, rules, secrets
from nuanxin.union.models import Claim, Household, Kinship, Org, Person, Post, User
from nuanxin.union.queries import posts_of
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)
NUMBER = "640381197112122498"


@pytest.fixture(autouse=True)
def day(settings, tmp_path):
    settings.NUANXIN_HOME = tmp_path
    clock.set_demo_day(DAY)


@pytest.fixture
def guan(sign_in):
    return sign_in("guan")


@pytest.fixture
def fang(cast, sign_in, city):
    """The administrator of the other city."""
    appoint(
        user="fang",
        name="方外人",
        org=Org.objects.get(code="WZ"),
        role=rules.ADMIN,
        from_on=date(2022, 1, 1),
        by="setup",
    )
    cast["fang"] = User.objects.get(username="fang")
    return sign_in("fang")


def text(answer):
    return answer.content.decode()


def test_the_list_shows_ours_and_nothing_of_the_other_city(guan, fang):
    ours = text(guan.get("/accounts/"))
    assert "何秋实" in ours
    assert "吴外人" not in ours
    theirs = text(fang.get("/accounts/"))
    assert "吴外人" in theirs
    assert "何秋实" not in theirs
    for url in ("/accounts/he/", "/accounts/he/password/", "/accounts/ma/grassroots_officer/QTX-01/end/"):
        assert fang.get(url).status_code == 404
        assert fang.post(url, {"last_on": DAY, "reason": "x"}).status_code == 404
    assert fang.post("/accounts/he/act/", {"act": "sessions"}).status_code == 404
    # Where nobody is signed in, nothing is ended and nothing written down.
    assert "没有在任何地方登录" in text(guan.post("/accounts/he/act/", {"act": "sessions"}, follow=True))
    assert not Event.objects.filter(verb="account.sessions_end").exists()
    sent = fang.post("/accounts/", {"format": "csv", "purpose": "核对账号"}).content.decode("utf-8-sig")
    assert "何秋实" not in sent
    assert "吴外人" in sent


@pytest.mark.parametrize("who", ["he", "xu", "ma", "bai", "pan", "wu"])
def test_who_does_not_look_after_accounts_finds_none(sign_in, who):
    for url in ("/accounts/", "/accounts/new/", "/accounts/he/"):
        assert sign_in(who).get(url).status_code == 404


def test_the_auditor_looks_and_changes_nothing(sign_in):
    shen = sign_in("shen")
    page = text(shen.get("/accounts/ma/"))
    assert "马国强" in page
    assert "重设密码" not in page
    assert shen.post("/accounts/ma/act/", {"act": "sessions"}).status_code == 404
    assert shen.get("/accounts/ma/password/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ("role=visitor", "白秀磊", "何秋实"),
        ("q=何", "何秋实", "白秀磊"),
        ("q=QTX-01-E01", "田小组", "何秋实"),
        ("state=without", "没有符合", "何秋实"),
    ],
)
def test_filters(guan, query, found, not_found):
    page = text(guan.get(f"/accounts/?{query}"))
    assert found in page
    assert not_found not in page


def test_as_many_queries_whatever_the_length(guan, django_assert_max_num_queries):
    for n in range(30):
        appoint(
            user=f"extra-{n}", name="某人", org=Org.objects.get(code="QTX"), role="visitor", from_on=DAY, by="setup"
        )
    with django_assert_max_num_queries(12):
        guan.get("/accounts/")


NEW = {"name": "赵新人", "username": "zhao", "role": "visitor", "org": "QTX-02", "from_on": "2023-07-07"}


def handed(page):
    """The token that an administrator hands over."""
    return re.search(r"/account/password/choose/#[\w.-]+/([\w-]+)", page)[1]


CHOSEN = "my-own-lamp-41"


def choose(name, token, password=CHOSEN, again=None):
    browser = Client(HTTP_HOST="127.0.0.1")
    told = {"login": name, "token": token, "password1": password, "password2": again or password}
    return browser, browser.post("/account/password/choose/", told, follow=True)


def test_a_new_account_gets_a_link_and_its_own_person_chooses_the_password(guan):
    page = text(guan.post("/accounts/new/", NEW))
    token = handed(page)
    zhao = User.objects.get(username="zhao")
    assert zhao.password_due
    assert [(p.role, p.org.code) for p in zhao.posts.all()] == [("visitor", "QTX-02")]
    assert token not in text(guan.get("/accounts/zhao/"))
    assert token not in repr(list(Event.objects.values()))
    browser, answer = choose("zhao", token)
    assert "密码已设好" in text(answer)
    browser.post("/account/login/", {"login": "zhao", "password": CHOSEN})
    assert browser.get("/account/sessions/").status_code == 200
    assert set(Event.objects.filter(subject="user:zhao").values_list("verb", "by")) == {
        ("account.open", "guan"),
        ("post.give", "guan"),
        ("account.password", "zhao"),
    }
    # Good for once.
    _browser, again = choose("zhao", token, "somebody-elses-99")
    assert "已经用过或过期" in text(again)
    assert User.objects.get(username="zhao").check_password(CHOSEN)


@pytest.mark.parametrize("wrong", ["password123", "short-1", "zhao-zhao-zhao", ("my-own-lamp-41", "my-own-lamp-42")])
def test_the_chosen_password_is_looked_at_and_the_link_stays_good(guan, wrong):
    token = handed(text(guan.post("/accounts/new/", NEW | {"username": "zhao-zhao"})))
    first, second = wrong if isinstance(wrong, tuple) else (wrong, wrong)
    _browser, answer = choose("zhao-zhao", token, first, second)
    assert "u-errors" in text(answer)
    assert User.objects.get(username="zhao-zhao").password_due
    _browser, answer = choose("zhao-zhao", token)
    assert "密码已设好" in text(answer)


def test_a_link_is_good_for_its_own_account_for_three_days_until_the_next_one(guan, cast, monkeypatch):
    from datetime import datetime, timedelta

    token = handed(text(guan.post("/accounts/bai/password/")))
    for name, tried in (("ma", token), ("nobody", token), ("bai", token[:-1] + "!"), ("bai", ""), ("w-1", token)):
        _browser, answer = choose(name, tried)
        assert "u-errors" in text(answer)
    now = datetime.now()
    with monkeypatch.context() as later:
        later.setattr(
            "django.contrib.auth.tokens.PasswordResetTokenGenerator._now",
            lambda _self: now + timedelta(days=3, hours=1),
        )
        assert "过期" in text(choose("bai", token)[1])
    newer = handed(text(guan.post("/accounts/bai/password/")))
    assert "已经用过或过期" in text(choose("bai", token)[1])
    assert "密码已设好" in text(choose("bai", newer)[1])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"username": "he"}, "已经有了"), ({"username": "赵"}, "只用小写字母"), ({"username": "w-1"}, "只用小写字母"), ({"org": "WZ"}, "没有这个工会"),
        ({"from_on": "2023-07-01"}, "不能从过去开始"), ({"role": "worker"}, "u-errors"), ({"name": ""}, "请填写"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_new_account_is_told_and_none_is_made(guan, wrong, sentence):
    before = User.objects.count()
    assert sentence in text(guan.post("/accounts/new/", NEW | wrong))
    assert User.objects.count() == before


def test_a_post_is_given_and_not_twice_and_not_to_oneself(guan, cast):
    give = {"role": "auditor", "org": "QTX", "from_on": "2023-07-07"}
    guan.post("/accounts/bai/", give)
    assert posts_of(cast["bai"], DAY).filter(role="auditor").count() == 1
    assert "已有这个任职" in text(guan.post("/accounts/bai/", give, follow=True))
    assert "不能给自己任职" in text(guan.post("/accounts/guan/", give, follow=True))
    assert not posts_of(cast["guan"], DAY).filter(role="auditor").exists()


def sign_in_by_password(user, password="a-quiet-lamp-17"):
    user.set_password(password)
    user.save()
    client = Client(HTTP_HOST="127.0.0.1")
    client.post("/account/login/", {"login": user.username, "password": password})
    return client


def test_an_ended_post_ends_the_sessions_at_once_and_the_old_cookie_gets_the_door(guan, cast):
    bai = sign_in_by_password(cast["bai"])
    assert bai.get("/account/sessions/").status_code == 200
    url = "/accounts/bai/visitor/QTX/end/"
    assert "白秀磊" in text(guan.get(url))
    assert "请填写" in text(guan.post(url, {"last_on": "2023-07-06", "reason": ""}))
    told = text(guan.post(url, {"last_on": "2023-07-06", "reason": "调离"}, follow=True))
    assert "退出了 1 处登录" in told
    assert not accounts.sessions_of(cast["bai"])
    assert bai.get("/account/sessions/").headers["Location"].startswith("/account/login/")
    event = Event.objects.get(verb="post.end")
    assert (event.subject, event.by, event.chain, event.facts["role"]) == ("user:bai", "guan", "QTX", "visitor")
    assert guan.get(url).status_code == 404


def test_another_post_keeps_the_sessions(guan, cast):
    appoint(user="bai", name="白秀磊", org=Org.objects.get(code="QTX"), role="steward", from_on=DAY, by="setup")
    bai = sign_in_by_password(cast["bai"])
    guan.post("/accounts/bai/visitor/QTX/end/", {"last_on": "2023-07-06", "reason": "调离"})
    assert bai.get("/account/sessions/").status_code == 200


def test_a_post_that_ends_later_is_held_until_then(guan, cast):
    guan.post("/accounts/bai/visitor/QTX/end/", {"last_on": "2023-07-31", "reason": "退休"})
    assert posts_of(cast["bai"], date(2023, 7, 31)).exists()
    assert not posts_of(cast["bai"], date(2023, 8, 1)).exists()


def test_a_post_that_ends_by_its_date_gives_nothing_the_next_morning_in_a_session_that_was_open(cast, city, sign_in):
    """The rights of one post go with it, those of the other stay; with the last one every page is the door's."""
    appoint(user="bai", name="白秀磊", org=city, role="auditor", from_on=DAY, by="setup")
    ends = {"auditor": date(2023, 7, 31), "visitor": date(2023, 8, 31)}
    for role, last_on in ends.items():
        Post.objects.filter(user=cast["bai"], role=role).update(until_on=last_on)
    bai, seen = sign_in("bai"), []
    for day in (date(2023, 7, 31), date(2023, 8, 1), date(2023, 8, 31), date(2023, 9, 1)):
        clock.set_demo_day(day)
        seen.append([bai.get(url).status_code for url in ("/accounts/", "/visits/")])
    assert seen == [[200, 200], [404, 200], [404, 200], [302, 302]]
    assert bai.post("/visits/").headers["Location"] == "/"


def test_a_post_given_today_by_mistake_is_taken_back(guan, cast):
    guan.post("/accounts/bai/", {"role": "auditor", "org": "QTX", "from_on": "2023-07-07"})
    guan.post("/accounts/bai/auditor/QTX/end/", {"last_on": "2023-07-06", "reason": "给错了"})
    assert not Post.objects.filter(user=cast["bai"], role="auditor").exists()


def test_the_last_administrator_stays(guan, cast):
    url = "/accounts/guan/administrator/QTX/end/"
    assert "最后一位管理员" in text(guan.post(url, {"last_on": "2023-07-06", "reason": "退休"}))
    assert posts_of(cast["guan"], DAY).exists()
    guan.post("/accounts/qin/", {"role": "administrator", "org": "QTX", "from_on": "2023-07-07"})
    assert guan.post(url, {"last_on": "2023-07-06", "reason": "退休"}).status_code == 302
    assert not posts_of(cast["guan"], DAY).exists()


def test_a_password_is_reset_in_two_steps_and_the_old_one_is_gone(guan, cast):
    bai = sign_in_by_password(cast["bai"])
    assert "只显示一次" in text(guan.get("/accounts/bai/password/"))
    assert cast["bai"].__class__.objects.get(username="bai").check_password("a-quiet-lamp-17")
    handed(text(guan.post("/accounts/bai/password/")))
    assert User.objects.get(username="bai").password_due
    assert bai.get("/account/sessions/").status_code == 302
    assert Event.objects.filter(verb="account.password_reset", subject="user:bai", by="guan").exists()


def test_a_locked_account_is_seen_and_unlocked(guan, cast, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    bai = sign_in_by_password(cast["bai"])
    bai.post("/account/logout/")
    for _ in range(rules.LIMITS["password.account"][0]):
        bai.post("/account/login/", {"login": "bai", "password": "wrong-wrong-1"})
    assert "锁定到" in text(guan.get("/accounts/"))
    assert "已解锁" in text(guan.post("/accounts/bai/act/", {"act": "unlock"}, follow=True))
    assert bai.post("/account/login/", {"login": "bai", "password": "a-quiet-lamp-17"}).status_code == 302
    assert "没有被锁定" in text(guan.post("/accounts/bai/act/", {"act": "unlock"}, follow=True))


def test_a_lost_second_factor_is_taken_away(guan, cast):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(cast["ma"], "A" * 32)
    assert "已重设" in text(guan.post("/accounts/ma/act/", {"act": "factor"}, follow=True))
    assert not Authenticator.objects.filter(user=cast["ma"]).exists()
    assert Event.objects.filter(verb="account.factor_reset", subject="user:ma", by="guan").count() == 1
    # The next login sets it up anew before anything else.
    ma = sign_in_by_password(cast["ma"])
    assert ma.get("/rounds/").headers["Location"] == "/account/second/"


# ------------------------------------------------------------------------------------------------------------------- this is me


@pytest.fixture
def person(city):
    """Zhang Gang, in the register of one enterprise."""
    made = Person.objects.create(
        name="张刚", id_hash=secrets.find_key(NUMBER), id_cipher=secrets.seal(NUMBER), id_mask=rules.mask_id(NUMBER),
        born_on=date(1971, 12, 12), sex="m", phone_hash=secrets.find_key("13800002023"), phone_cipher=secrets.seal("13800002023"),
        phone_mask="138****2023",
    )  # fmt: skip
    house = Household.objects.create(
        code="QTX-H1", org=Org.objects.get(code="QTX-01-E01"), worker=made, worker_name="张刚"
    )
    Kinship.objects.create(household=house, person=made, relation="self", from_on=date(2022, 1, 1))
    return made


@pytest.fixture
def worker(cast, sign_in):
    """A worker's browser, with a phone and a union."""

    def worker(phone="13800002023", org="QTX-01-E01"):
        made = User.objects.create(
            username="w-1", first_name="张刚", phone_hash=secrets.find_key(phone), phone_cipher=secrets.seal(phone),
            phone_mask=rules.mask_phone(phone),
        )  # fmt: skip
        appoint(
            user="w-1", name="张刚", org=Org.objects.get(code=org), role="worker", from_on=date(2022, 1, 1), by="setup"
        )
        cast["w-1"] = made
        return sign_in("w-1")

    return worker


def test_number_name_and_phone_together_link_at_once(worker, person):
    page = text(worker().post("/account/me/", {"name": "张 刚", "number": NUMBER}, follow=True))
    assert User.objects.get(username="w-1").person == person
    assert "已核实" in page
    assert NUMBER not in page
    event = Event.objects.get(verb="account.link")
    assert NUMBER not in repr(event.facts)


@pytest.mark.parametrize(
    ("phone", "name", "number"),
    [("13900002023", "张刚", NUMBER), ("13800002023", "张强", NUMBER), ("13800002023", "张刚", "640381197112122519")],
)
def test_anything_else_waits_and_tells_nothing_of_the_register(worker, person, phone, name, number):
    page = text(worker(phone).post("/account/me/", {"name": name, "number": number}, follow=True))
    assert "正在核对" in page
    assert User.objects.get(username="w-1").person is None


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("123", "应是 18 位"),
        ("640381197112122499", "最后一位对不上"),
        ("640381197113122498", "出生日期不存在"),
        ("64038119711212249A", "只能是数字"),
    ],
)
def test_what_is_wrong_with_a_number_is_told(worker, person, number, sentence):
    page = text(worker().post("/account/me/", {"name": "张刚", "number": number}))
    assert sentence in page
    assert not Claim.objects.exists()


def test_an_officer_of_the_union_confirms_and_others_see_nothing(worker, person, sign_in):
    worker("13900002023").post("/account/me/", {"name": "张刚", "number": NUMBER})
    ma = sign_in("ma")
    assert "/claims/w-1/" in text(ma.get("/notices/"))
    assert "/claims/w-1/" not in text(sign_in("wu").get("/notices/"))
    assert "张＊" in text(ma.get("/claims/"))
    page = text(ma.get("/claims/w-1/"))
    assert "不一致" in page
    assert NUMBER not in page
    for who in ("wu", "guan", "bai", "tian"):
        assert sign_in(who).get("/claims/w-1/").status_code == 404
        assert sign_in(who).post("/claims/w-1/", {"verdict": "accept"}).status_code == 404
    assert "w-1" not in text(sign_in("wu").get("/claims/"))
    ma.post("/claims/w-1/", {"verdict": "accept"})
    assert User.objects.get(username="w-1").person == person
    assert Claim.objects.get().state == "linked"
    assert "已有人先核对了" in text(ma.post("/claims/w-1/", {"verdict": "accept"}, follow=True))


def test_a_refusal_says_why_and_the_worker_may_ask_again(worker, person, sign_in):
    own = worker("13900002023")
    own.post("/account/me/", {"name": "张刚", "number": NUMBER})
    ma = sign_in("ma")
    assert "请写明" in text(ma.post("/claims/w-1/", {"verdict": "refuse", "reason": ""}, follow=True))
    ma.post("/claims/w-1/", {"verdict": "refuse", "reason": "请带身份证来工会"})
    assert "请带身份证来工会" in text(own.get("/account/me/"))
    own.post("/account/me/", {"name": "张刚", "number": NUMBER})
    assert Claim.objects.filter(state="waiting").count() == 1


def test_another_citys_register_stays_closed(worker, person, sign_in):
    """The number is in QTX's register; the worker's union is WZ's."""
    worker("13900002023", "WZ-01-E01").post("/account/me/", {"name": "张刚", "number": NUMBER})
    wu = sign_in("wu")
    page = text(wu.get("/claims/w-1/"))
    assert "没有这个身份证号" in page
    assert "138****2023" not in page
    assert "没有这个身份证号" in text(wu.post("/claims/w-1/", {"verdict": "accept"}, follow=True))
    assert User.objects.get(username="w-1").person is None


def test_a_union_is_told_nothing_of_its_neighbours_register(worker, person, sign_in):
    """The number is in a neighbour's register: it is there for who covers both, and for nobody else, seen or guessed."""
    Household.objects.update(org=Org.objects.get(code="QTX-01-E06"))
    worker("13900002023").post("/account/me/", {"name": "张刚", "number": NUMBER})
    appoint(
        user="yi", name="易基层", org=Org.objects.get(code="QTX-01-E01"), role=rules.GRASSROOTS, from_on=DAY, by="setup",
    )  # fmt: skip
    yi = sign_in("yi")
    page = text(yi.get("/claims/w-1/"))
    assert "没有这个身份证号" in page
    assert "138****2023" not in page
    assert "没有这个身份证号" in text(yi.post("/claims/w-1/", {"verdict": "accept"}, follow=True))
    assert User.objects.get(username="w-1").person is None
    sign_in("ma").post("/claims/w-1/", {"verdict": "accept"})
    assert User.objects.get(username="w-1").person == person


@pytest.mark.parametrize("until", [None, date(2023, 7, 1)])
def test_a_streets_administrator_takes_over_nobody_who_also_works_elsewhere(cast, sign_in, until):
    """Who resets a password and a second factor can act as the account: an approver of the city, or of another one, who works (or once
    worked) at a street too is not the street's to reset."""
    appoint(
        user="jie",
        name="街管理",
        org=Org.objects.get(code="QTX-01"),
        role=rules.ADMIN,
        from_on=date(2022, 1, 1),
        by="setup",
    )
    cast["jie"] = User.objects.get(username="jie")
    for name in ("xu", "wu"):
        post = appoint(
            user=name,
            name=str(cast[name]),
            org=Org.objects.get(code="QTX-01"),
            role=rules.STEWARD,
            from_on=date(2022, 1, 1),
            by="setup",
        )
        Post.objects.filter(pk=post.pk).update(until_on=until)
        jie, before = sign_in("jie"), User.objects.get(username=name).password
        page = text(jie.get(f"/accounts/{name}/"))
        # Where else the account works, and what was done to it there, is not the street's to know.
        assert "认证人 · " not in page
        assert not re.search(r"\bWZ\b", page)
        jie.post(f"/accounts/{name}/password/")
        for act in ("factor", "sessions", "unlock"):
            jie.post(f"/accounts/{name}/act/", {"act": act})
        assert User.objects.get(username=name).password == before
        assert not Event.objects.filter(subject=f"user:{name}", by="jie").exists()
    assert "设密码的链接" in text(sign_in("guan").post("/accounts/xu/password/"))
    assert "设密码的链接" in text(sign_in("jie").post("/accounts/ma/password/"))
