"""The base page and every template and style of the package: strict content policy, both languages, vendored files unchanged."""

import hashlib
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.utils.translation import override

UI = Path(__file__).parents[2] / "src" / "nuanxin" / "ui"
VENDOR = UI / "static" / "nuanxin" / "vendor"
PAGE = """{% extends "ui/desk_base.html" %}{% block title %}季度认证{% endblock %}{% block heading %}2023年第二季度{% endblock %}
{% block content %}<p id="body">内容</p>{% endblock %}"""


def base(rf, language: str = "zh-hans", **context: object) -> str:
    with override(language):
        return engines["django"].from_string(PAGE).render(context, rf.get("/desk/rounds/?q=1"))


@pytest.mark.parametrize(("language", "lang", "other"), [("zh-hans", "zh-Hans", "en"), ("en", "en", "zh-hans")])
def test_page_says_its_language_and_offers_the_other_without_javascript(rf, language, lang, other):
    page = base(rf, language)
    assert f'<html lang="{lang}">' in page
    form = re.search(r'<form class="u-switch" method="post" action="/i18n/setlang/">.*?</form>', page, re.DOTALL)
    assert form
    assert "csrfmiddlewaretoken" in form[0]
    assert f'name="language" value="{other}"' in form[0]
    assert 'name="next" value="/desk/rounds/?q=1"' in form[0]


def test_switching_the_language_comes_back_to_the_page(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.NUANXIN_DEMO = True
    answer = client.post("/i18n/setlang/", {"language": "en", "next": "/desk/rounds/"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/desk/rounds/"
    assert answer.cookies["django_language"].value == "en"


def test_page_has_its_blocks_and_context(rf):
    page = base(rf, org_name="青河市<总>工会", officer="何秋实", officer_post="权益保障部", section="rounds")
    assert "<title>季度认证 · 职工服务工作台</title>" in page
    assert "<h1>2023年第二季度</h1>" in page
    assert '<p id="body">内容</p>' in page
    assert "青河市&lt;总&gt;工会" in page
    assert "何秋实 · 权益保障部" in page
    assert 'href="#main"' in page
    assert 'id="main"' in page


def test_page_in_english_has_no_chinese_left(rf):
    page = re.sub(r"(?s)<p id=.*?</p>|<title>.*?</title>|<h1>.*?</h1>", "", base(rf, "en"))
    page = page.replace('lang="zh-Hans">中文<', "<").replace('aria-hidden="true">工<', "<")
    assert re.findall(r"[\u4e00-\u9fff]+", page) == []


def test_every_file_the_page_asks_for_exists(rf):
    asked = re.findall(r'(?:href|src)="/static/([^"]+)"', base(rf))
    assert len(asked) == 9
    for name in asked:
        assert finders.find(name), name


@pytest.mark.parametrize("path", sorted((UI / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_inline_style_or_script(path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:|<style|hx-on", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


def test_styles_load_nothing_from_outside():
    for path in (UI / "static").rglob("*.css"):
        source = re.sub(
            r"""url\(\s*("data:[^"]*"|'data:[^']*'|data:[^)]*)\s*\)""", "", path.read_text(encoding="utf-8")
        )
        assert "@import" not in source
        # "#default#VML" is Leaflet's for Internet Explorer 8: no address.
        for target in set(re.findall(r"url\(\s*[\"']?([^\"')]+)", source)) - {"#default#VML"}:
            assert (path.parent / target).is_file(), (path.name, target)


def test_vendored_files_are_those_of_the_checksum_list():
    listed = dict(line.split()[::-1] for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    found = {
        f"./{path.relative_to(VENDOR).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == listed


def test_each_vendored_work_has_its_licence():
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert len(folders) == 6
    for folder in folders:
        assert (folder / "LICENSE.txt").stat().st_size > 300, folder.name
