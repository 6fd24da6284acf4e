"""The desk's menu: only pages that exist, one of them the current one."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.urls import include, path

from nuanxin.ui.menu import MENU, links, page_url


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


names = [entry.page.removeprefix("desk:") for group in MENU for entry in group.entries]
all_pages = [path(f"{name}/", page, name=name) for name in names]


class Whole:
    urlpatterns = [path("desk/", include((all_pages, "desk")))]


class OnlyRounds:
    urlpatterns = [path("desk/", include((all_pages[:1], "desk")))]


class Nothing:
    urlpatterns: list[object] = []


@pytest.fixture
def pages(settings):
    def set_pages(urls: type) -> None:
        settings.ROOT_URLCONF = urls

    return set_pages


def test_every_entry_is_shown_once_its_page_exists(pages):
    pages(Whole)
    shown = [link for _, entries in links("files") for link in entries]
    assert [link.url for link in shown] == [f"/desk/{name}/" for name in names]
    assert [link.current for link in shown].count(True) == 1


def test_pages_that_do_not_exist_leave_no_link_and_no_heading(pages):
    pages(OnlyRounds)
    (heading, entries), *rest = links("rounds")
    assert not rest
    assert str(heading) == "困难职工"
    assert [link.url for link in entries] == ["/desk/rounds/"]
    assert page_url("desk:brief") == ""
    pages(Nothing)
    assert links("") == []


def test_menu_is_drawn_with_the_current_page_marked(pages):
    pages(Whole)
    drawn = engines["django"].from_string("{% load nuanxin_ui %}{% desk_menu 'files' %}").render({})
    assert drawn.count("aria-current") == 1
    assert '<a href="/desk/files/" aria-current="page">' in drawn
    assert "<svg" in drawn


def test_search_is_shown_only_where_there_is_something_to_search(pages, rf):
    pages(Whole)
    assert 'role="search" action="/desk/files/"' in render_to_string("ui/desk_base.html", {}, rf.get("/"))
    pages(Nothing)
    assert "search" not in render_to_string("ui/desk_base.html", {}, rf.get("/")).lower().replace("u-ico", "")
