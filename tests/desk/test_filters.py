"""Saved filters: kept, opened, renamed, shared, forgotten; sharing one opens nothing."""

from datetime import date
from urllib.parse import quote

import pytest

from nuanxin.matters.models import Matter
from nuanxin.union.models import Org, SavedFilter, User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 1)
ADDRESS = "/matters/?state=open&union=QTX-06-E01&page=2"


def save(client, address=ADDRESS, name="六街道在办"):
    return client.post("/filters/save/", {"address": address, "name": name}, follow=True)


@pytest.fixture
def matters(city):
    for n, code in enumerate(("QTX-01-E01", "QTX-06-E01")):
        org, _new = Org.objects.get_or_create(
            code=code, defaults={"name": f"{code}工会", "level": "enterprise", "parent": Org.objects.get(code="QTX")}
        )
        Matter.objects.create(
            code=f"QTX-M-{n}", kind="problem", content=f"第{n}件要办", org=org, owner=org, source="test", quarter="2023Q3",
            received_on=DAY, meeting=False, due_on=DAY,
        )  # fmt: skip


def test_a_filter_is_saved_shown_opened_and_not_offered_again(sign_in, matters):
    client = sign_in("he")
    page = client.get(ADDRESS).content.decode()
    assert "保存这个筛选" in page
    told = save(client).content.decode()
    assert "已保存" in told
    one = SavedFilter.objects.get()
    assert (one.page, one.query, one.shared) == ("desk:matters", "state=open&union=QTX-06-E01", False)
    assert f'<a href="?{one.query.replace("&", "&amp;")}"' in client.get("/matters/").content.decode()
    shown = client.get(f"/matters/?{one.query}").content.decode()
    assert 'aria-current="true"' in shown
    assert "保存这个筛选" not in shown
    assert f"/filters/{one.pk}/" in shown
    # Another list has none of it, and the fragment is the part of the page.
    assert "六街道在办" not in client.get("/households/").content.decode()
    part = client.get(f"/matters/?{one.query}", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "六街道在办" in part.content.decode()


def test_the_same_name_again_replaces_it_and_a_second_click_adds_none(sign_in, matters):
    client = sign_in("he")
    save(client)
    save(client)
    save(client, "/matters/?state=done")
    assert SavedFilter.objects.get().query == "state=done"


@pytest.mark.parametrize(
    ("address", "name", "said"),
    [
        ("/matters/?state=open", " ", "请写一个不超过 40 个字"),
        ("/matters/?page=3", "空", "请先筛选，再保存"),
        ("/matters/?q=13800006021", "甲", "不要写号码"),
        ("/matters/?state=open", "找 640300199001010011", "不带号码"),
    ],
)
def test_what_cannot_be_saved_says_why(sign_in, matters, address, name, said):
    assert said in save(sign_in("he"), address, name).content.decode()
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("address", ["https://example.org/", "//example.org/matters/?state=open", "/nowhere/?a=b", ""])
def test_an_address_that_is_none_of_ours_is_refused(sign_in, address):
    answer = sign_in("he").post("/filters/save/", {"address": address, "name": "甲"})
    assert answer.status_code == 404 or answer.headers["Location"].startswith("/")
    assert "example.org" not in answer.headers.get("Location", "")


def test_a_list_that_is_not_seen_takes_no_filter(sign_in):
    assert (
        sign_in("bai").post("/filters/save/", {"address": "/accounts/?role=visitor", "name": "甲"}).status_code == 404
    )


def test_it_is_renamed_and_forgotten_by_its_owner_alone(sign_in, matters):
    client = sign_in("he")
    save(client)
    one = SavedFilter.objects.get()
    url = f"/filters/{one.pk}/"
    assert "六街道在办" in client.get(url).content.decode()
    for other in ("xu", "ma", "wu", "guan"):
        assert sign_in(other).get(url).status_code == 404
        assert sign_in(other).post(url, {"act": "drop"}).status_code == 404
    answer = client.post(url, {"name": "新名字", "back": "/matters/"})
    assert answer.headers["Location"] == f"/matters/?{one.query}"
    save(client, "/matters/?state=done", "另一个")
    taken = client.post(url, {"name": "另一个", "back": "/matters/"})
    assert "已经有叫“另一个”的筛选" in str([str(m) for m in taken.context["messages"]])
    assert client.post(url, {"act": "drop", "back": "https://example.org/"}).headers["Location"] == "/desk/"
    assert list(SavedFilter.objects.values_list("name", flat=True)) == ["另一个"]
    assert client.post(url, {"act": "drop"}).status_code == 404


def test_shared_with_the_posts_of_the_same_union_and_nobody_else(sign_in, cast, matters):
    client = sign_in("he")
    save(client)
    one = SavedFilter.objects.get()
    assert "六街道在办" not in sign_in("xu").get("/matters/").content.decode()
    client.post(f"/filters/{one.pk}/", {"name": one.name, "shared": "on", "back": "/matters/"})
    colleague = sign_in("xu").get("/matters/").content.decode()
    assert "六街道在办" in colleague
    assert f"/filters/{one.pk}/" not in colleague
    for other in ("ma", "tian", "wu"):
        assert "六街道在办" not in sign_in(other).get("/matters/").content.decode()


def test_who_may_not_share_is_not_asked_and_cannot(sign_in, matters):
    client = sign_in("ma")
    save(client, "/matters/?state=open", "我的")
    one = SavedFilter.objects.get()
    assert 'name="shared"' not in client.get(f"/filters/{one.pk}/").content.decode()
    client.post(f"/filters/{one.pk}/", {"name": "我的", "shared": "on"})
    assert not SavedFilter.objects.get().shared


def test_a_shared_filter_shows_what_the_readers_own_posts_show(sign_in, cast, matters, passed, client):
    """It was saved by somebody with a post at two unions; a colleague at one of them sees nothing of the other."""
    for org in ("QTX-01", "QTX"):
        appoint(user="zhu", name="朱两地", org=Org.objects.get(code=org), role="city_officer", from_on=DAY, by="setup")
    zhu = User.objects.get(username="zhu")
    SavedFilter.objects.create(
        user=zhu,
        org=Org.objects.get(code="QTX-01"),
        page="desk:matters",
        query="union=QTX-06-E01",
        name="六街道",
        shared=True,
    )
    shown = sign_in("ma").get("/matters/?union=QTX-06-E01").content.decode()
    assert "六街道" in shown
    assert "第1件要办" not in shown
    assert "第1件要办" in sign_in("he").get("/matters/?union=QTX-06-E01").content.decode()


def test_there_is_an_end_to_them(sign_in, matters):
    client = sign_in("he")
    for n in range(12):
        save(client, f"/matters/?q={quote(f'词{n}')}", f"筛选{n}")
    assert "最多保存 12 个" in save(client, "/matters/?state=open", "再一个").content.decode()
    assert SavedFilter.objects.count() == 12
