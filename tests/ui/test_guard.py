"""The content policy: nothing from outside, but for the map's pictures where an installation has set them. And what only reads does not write."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from nuanxin.records.services import insert
from nuanxin.ui.guard import ContentPolicy, WriteInGet
from nuanxin.union.models import Attempt, User


def policy(rf) -> dict[str, str]:
    answer = ContentPolicy(lambda request: HttpResponse("ok"))(rf.get("/"))
    return dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))


@pytest.mark.parametrize(
    ("tiles", "pictures"),
    [
        ("", "'self' data:"),
        ("/tiles/{z}/{x}/{y}.png", "'self' data:"),
        ("https://tiles.example/{z}/{x}/{y}.png?key=1", "'self' data: https://tiles.example"),
        ("https://{s}.tiles.example:8443/{z}/{x}/{y}.png", "'self' data: https://*.tiles.example:8443"),
    ],
)
def test_only_the_tiles_host_is_let_in_and_only_for_pictures(rf, settings, tiles, pictures):
    settings.NUANXIN_TILES = tiles
    found = policy(rf)
    assert found.pop("img-src") == pictures
    assert set(found.values()) == {"'self'", "'none'"}
    assert {"script-src", "style-src", "default-src"} <= found.keys()


# ------------------------------------------------------------------------------------------------------ nothing left on a device


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/desk/", "/rounds/", "/households/", "/accounts/", "/nothing-there/"])
def test_what_was_shown_to_who_is_signed_in_is_kept_in_no_cache(sign_in, url):
    assert "no-store" in sign_in("guan").get(url).headers["Cache-Control"]


def test_a_page_on_the_way_in_is_kept_in_no_cache_either(planted, db):
    assert "Cache-Control" not in planted.get("/asks", {"sql": "SELECT 1"}).headers
    session = planted.session
    session["code_sent"] = 1
    session.save()
    assert planted.get("/asks", {"sql": "SELECT 1"}).headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_what_a_page_says_of_itself_stands(sign_in):
    assert sign_in("bai").get("/visits/worker.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.django_db
def test_who_signs_in_after_another_finds_nothing_of_the_other(cast):
    User.objects.update(password=make_password("a-quiet-lamp-17"))
    browser = Client(HTTP_HOST="127.0.0.1")

    def cleared(name):
        # As when a session ended by itself: the browser was told nothing.
        browser.cookies.pop("sessionid", None)
        answer = browser.post("/account/login/", {"login": name, "password": "a-quiet-lamp-17"})
        assert answer.status_code == 302
        return answer.headers.get("Clear-Site-Data")

    assert [cleared(name) for name in ("bai", "bai", "tian", "bai")] == [None, None, '"storage"', '"storage"']


@pytest.mark.django_db
def test_no_page_stands_in_anothers_frame(client):
    answer = client.get("/account/login/", headers={"host": "127.0.0.1"})
    assert answer.headers["X-Frame-Options"] == "DENY"


# --------------------------------------------------------------------------------------------------- pages that are only read


def writes(request):
    Attempt.objects.create(key="planted", at=timezone.now())
    return HttpResponse("written")


def writes_past_the_cursor(request):
    insert(Attempt, ["key", "at"], [("planted", timezone.now())])
    return HttpResponse("written")


def writes_unless_got(request):
    """Takes whatever is no GET for the sent form: a HEAD or OPTIONS comes without a token."""
    return HttpResponse("page") if request.method == "GET" else writes(request)


def asks(request):
    with connection.cursor() as cursor:
        cursor.execute(request.GET["sql"])
    return HttpResponse("asked")


def streams(request):
    return StreamingHttpResponse(str(Attempt.objects.create(key="planted", at=timezone.now()).pk) for _ in range(1))


urlpatterns = [
    path(page.__name__, login_not_required(page))
    for page in (writes, writes_past_the_cursor, writes_unless_got, asks, streams)
]


@pytest.fixture
def planted(db, settings):
    settings.ROOT_URLCONF = __name__
    return Client(HTTP_HOST="127.0.0.1")


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("page", ["writes", "writes_past_the_cursor", "writes_unless_got"])
def test_a_page_that_writes_while_it_is_read_fails_loudly(planted, method, page):
    if (method, page) == ("get", "writes_unless_got"):
        return
    with pytest.raises(WriteInGet), transaction.atomic():
        getattr(planted, method)(f"/{page}")
    assert not Attempt.objects.exists()


def test_a_method_of_somebodys_own_is_only_read_too(planted):
    with pytest.raises(WriteInGet), transaction.atomic():
        planted.generic("PURGE", "/writes")
    assert not Attempt.objects.exists()


def test_what_is_sent_piece_by_piece_is_guarded_to_the_last_piece(planted):
    with pytest.raises(WriteInGet), transaction.atomic():
        list(planted.get("/streams").streaming_content)
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("page", ["writes", "writes_past_the_cursor"])
def test_a_form_that_is_sent_writes(planted, page):
    assert planted.post(f"/{page}").content == b"written"
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM union_attempt", "  update union_attempt set key = 'x'", "PRAGMA user_version = 7", "DROP TABLE union_attempt",
        "WITH new AS (SELECT 1) INSERT INTO union_attempt (key) SELECT 'x'", "WITH gone AS (DELETE FROM union_attempt RETURNING key) SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM union_attempt", "SELECT key INTO kept FROM union_attempt", "REPLACE INTO union_attempt (key) VALUES ('x')",
    ],
)  # fmt: skip
def test_a_statement_that_writes_is_refused_however_it_begins(planted, sql):
    with pytest.raises(WriteInGet), transaction.atomic():
        planted.get("/asks", {"sql": sql})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT key FROM union_attempt", "(SELECT 1) ", "WITH one AS (SELECT 1) SELECT * FROM one",
        "SELECT 'UPDATE t SET x, then INSERT INTO y'", "SELECT replace('a', 'b', 'c')",
    ],
)  # fmt: skip
def test_a_question_is_asked(planted, sql):
    if sql.startswith("(") and connection.vendor == "sqlite":
        sql = sql.strip(" ()")
    assert planted.get("/asks", {"sql": sql}).content == b"asked"
