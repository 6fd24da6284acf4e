"""The desk's menu: only pages that exist, one of them the current one."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.urls import include, path, resolve

from nuanxin.ui.menu import MENU, links, page_url
from nuanxin.union.rules import ROLES, may


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def anything(operation: str) -> bool:
    return True


names = [entry.page.removeprefix("desk:") for group in MENU for entry in group.entries]
all_pages = [path(f"{name}/", page, name=name) for name in names]


class Whoever:
    may = staticmethod(anything)


class Whole:
    # Some pages are not the desk's own: their names have no space.
    urlpatterns = [path("desk/", include((all_pages, "desk"))), path("desk/", include(all_pages))]


class OnlyRounds:
    urlpatterns = [path("desk/", include(([path("rounds/", page, name="rounds")], "desk")))]


class Nothing:
    urlpatterns: list[object] = []


@pytest.fixture
def pages(settings):
    def set_pages(urls: type) -> None:
        settings.ROOT_URLCONF = urls

    return set_pages


def test_every_entry_is_shown_once_its_page_exists(pages):
    pages(Whole)
    shown = [link for _, entries in links("files", anything) for link in entries]
    assert [link.url for link in shown] == [f"/desk/{name}/" for name in names]
    assert [link.current for link in shown].count(True) == 1


def test_pages_that_do_not_exist_leave_no_link_and_no_heading(pages):
    pages(OnlyRounds)
    (heading, entries), *rest = links("rounds", anything)
    assert not rest
    assert str(heading) == "困难职工"
    assert [link.url for link in entries] == ["/desk/rounds/"]
    assert page_url("desk:brief") == ""
    pages(Nothing)
    assert links("", anything) == []


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("worker", "administrator")])
def test_a_role_sees_the_pages_that_it_may_open(role):
    shown = {link.section for _, entries in links("", lambda operation: may(operation, [role])) for link in entries}
    wanted = {
        entry.section for group in MENU for entry in group.entries if page_url(entry.page) and may(entry.operation, [role])
    }  # fmt: skip
    assert shown == wanted
    assert ("files" in shown) == (role in ("grassroots_officer", "city_officer", "approver", "auditor"))


def test_the_operation_of_an_entry_is_that_of_its_page():
    for entry in [entry for group in MENU for entry in group.entries]:
        if url := page_url(entry.page):
            assert resolve(url).func.operation == entry.operation, entry.page


def test_menu_is_drawn_with_the_current_page_marked(pages):
    pages(Whole)
    drawn = engines["django"].from_string("{% load nuanxin_ui %}{% desk_menu 'files' %}").render({"viewer": Whoever()})
    assert drawn.count("aria-current") == 1
    assert '<a href="/desk/files/" aria-current="page">' in drawn
    assert "<svg" in drawn


def test_search_is_shown_to_those_who_may_search(pages, rf):
    shown = render_to_string("ui/desk_base.html", {"viewer": Whoever()}, rf.get("/"))
    # What is typed may be a person's number: it never goes into an address.
    assert 'role="search" method="post" action="/search/"' in shown
    pages(Nothing)
    assert 'role="search"' not in render_to_string("ui/desk_base.html", {"viewer": Whoever()}, rf.get("/"))
