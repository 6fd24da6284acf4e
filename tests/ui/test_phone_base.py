"""The worker's frame: languages, large type, tabs of pages that exist, dark without a script, and its weight."""

import gzip
import importlib.util
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils.translation import override

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src/nuanxin/ui/static/nuanxin"
FIRST_LOAD = 60 * 1024
PAGE = """{% extends "ui/phone_base.html" %}{% block title %}自测{% endblock %}{% block heading %}自测结果{% endblock %}
{% block lead %}<p class="w-lead">一句话</p>{% endblock %}{% block content %}<p id="body">内容</p>{% endblock %}
{% block action %}<div class="w-actions">下一步</div>{% endblock %}"""


def base(rf, language: str = "zh-hans", cookies: dict[str, str] | None = None, **context: object) -> str:
    request = rf.get("/me/?q=1")
    request.COOKIES.update(cookies or {})
    with override(language):
        return engines["django"].from_string(PAGE).render(context, request)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


class TwoTabs:
    urlpatterns = [path("", include(([path("home/", page, name="home"), path("me/", page, name="me")], "phone")))]


def test_page_has_its_blocks_in_their_order(rf):
    drawn = base(rf, org_name="青河市<总>工会", back_url="/home/", back_label="我的事")
    assert "<title>自测 · 青河市&lt;总&gt;工会</title>" in drawn
    marks = [
        'href="#main"',
        'href="/home/"',
        "<main",
        'role="status"',
        "<h1",
        "w-lead",
        'id="body"',
        "w-actions",
        "</main>",
    ]
    places = [drawn.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "我的事</a>" in drawn


@pytest.mark.parametrize(("language", "lang", "other"), [("zh-hans", "zh-Hans", "en"), ("en", "en", "zh-hans")])
def test_language_and_type_are_switched_by_forms(rf, language, lang, other):
    drawn = base(rf, language)
    assert f'<html lang="{lang}">' in drawn
    forms = re.findall(r'<form class="u-switch" method="post".*?</form>', drawn, re.DOTALL)
    assert len(forms) == 2
    assert all("csrfmiddlewaretoken" in form and 'name="next" value="/me/?q=1"' in form for form in forms)
    assert 'action="/text-size/"' in forms[0]
    assert f'name="language" value="{other}"' in forms[1]


def test_large_type_is_a_cookie_set_by_a_post(rf, client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    assert "data-size" not in base(rf)
    answer = client.post("/text-size/", {"size": "large", "next": "/me/?q=1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/?q=1")
    cookie = answer.cookies["nuanxin_size"].value
    drawn = base(rf, cookies={"nuanxin_size": cookie})
    assert '<body class="face-worker wx-root" data-weui-theme="light" data-size="large">' in drawn
    assert 'value="normal">标准字' in drawn
    answer = client.post("/text-size/", {"size": "normal", "next": "/me/"})
    assert answer.cookies["nuanxin_size"].value == ""
    assert "data-size" not in base(rf, cookies={"nuanxin_size": '"><x'})


@pytest.mark.parametrize("away", ["https://other.example/", "//other.example", "javascript:1", ""])
def test_the_way_back_never_leads_to_another_site(client, settings, tmp_path, away):
    settings.STATIC_ROOT = tmp_path
    assert client.post("/text-size/", {"size": "large", "next": away}).headers["Location"] == "/"


def test_type_is_not_changed_by_a_get(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    assert client.get("/text-size/?size=large").status_code == 405


def test_only_tabs_whose_page_exists(rf, settings):
    settings.ROOT_URLCONF = TwoTabs
    drawn = base(rf, section="me", tab_counts={"home": 3})
    bar = re.search(r'<nav class="w-tabbar".*?</nav>', drawn, re.DOTALL)
    assert bar
    assert re.findall(r'<a href="([^"]+)"', bar[0]) == ["/home/", "/me/"]
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', bar[0]) == ["/me/"]
    assert '<em>3<span class="u-vh"> 件有新进展</span></em>' in bar[0]
    assert bar[0].count("<em>") == 1
    assert "w-tabbar" not in base(rf)


def test_page_in_english_has_no_chinese_left(rf):
    drawn = re.sub(
        r"(?s)<p .*?</p>|<title>.*?</title>|<h1.*?</h1>|<div class=\"w-actions\">.*?</div>", "", base(rf, "en")
    )
    drawn = drawn.replace('lang="zh-Hans">中文<', "<").replace('aria-hidden="true">工<', "<")
    assert re.findall(r"[\u4e00-\u9fff]+", drawn) == []


def test_first_load_weighs_at_most_sixty_kilobytes(rf):
    asked = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', base(rf))
    assert len(asked) == 8
    weight = {name: len(gzip.compress(Path(finders.find(name)).read_bytes(), 6, mtime=0)) for name in asked}
    assert sum(weight.values()) <= FIRST_LOAD, weight


def test_dark_is_made_from_the_tokens():
    spec = importlib.util.spec_from_file_location("make_dark", ROOT / "scripts/make_dark.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    for name, text in made.make().items():
        assert (STATIC / name).read_text(encoding="utf-8") == text, f"run python scripts/make_dark.py: {name}"
    source = '[data-theme="dark"], .x { --a: 1; } .b { c: d } [data-theme="dark"] .d-paper { e: f } [data-bs-theme=dark].g .h { i: j }'
    assert made.dark(source, lambda one: not made.DESK.search(one)) == [":root { --a: 1; }"]
    assert made.dark(source, lambda one: True) == [":root { --a: 1; }", ".d-paper { e: f }"]
