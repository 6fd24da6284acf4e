"""The desk's left menu, as a table. A new page is one row here; a row whose page is not built yet is not shown."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    """``section`` is what a page puts in its context to be the current one; ``page`` is the name of its URL; ``operation`` is what
    a viewer must be permitted to see the entry (that of the page), empty where the frame alone decides."""

    section: str
    label: str | Promise
    icon: str
    page: str
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    heading: str | Promise
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    icon: str
    url: str
    current: bool
    section: str


MENU = (
    Group("", (Entry("today", _("今天的工作"), "list-check", "desk:home", "desk.read"),)),
    Group(
        _("困难职工"),
        (
            Entry("rounds", _("季度认证"), "layout-kanban", "desk:rounds", "round.read"),
            Entry("matches", _("疑似重复"), "git-compare", "desk:matches", "match.judge"),
            Entry("files", _("一户一档"), "folder", "desk:files", "family.read"),
            Entry("visits", _("走访安排"), "map-2", "desk:visits_latest", "visit.read"),
            Entry("my_visits", _("我的走访"), "route", "desk:my_visits", "visit.record"),
        ),
    ),
    Group(_("服务职工"), (Entry("matters", _("难题与微心愿"), "message-report", "desk:matters", "matter.read"),)),
    Group(
        _("台账与统计"),
        (
            Entry("dashboard", _("统计看板"), "layout-dashboard", "desk:dashboard", "brief.read"),
            Entry("brief", _("统计与简报"), "chart-bar", "desk:brief", "brief.read"),
            Entry("sheets", _("上传表格"), "table-import", "desk:sheets", "sheet.send"),
            Entry("calendar", _("工作日历"), "calendar", "desk:calendar", "calendar.read"),
        ),
    ),
    Group(_("政策"), (Entry("policies", _("政策与标准"), "book-2", "desk:policies", "policy.read"),)),
    Group(
        _("账号"),
        (
            Entry("claims", _("核对职工身份"), "id", "desk:claims", "account.link"),
            Entry("accounts", _("账号与任职"), "users", "desk:accounts", "account.read"),
            Entry("inbox", _("短信收件箱"), "inbox", "inbox", "inbox.read"),
        ),
    ),
)


def links(section: str, may: Callable[[str], bool]) -> list[tuple[str | Promise, list[Link]]]:
    """The menu's headings with their links, those alone that ``may`` permits; pages without a URL and headings without a page are
    left out."""
    shown = []
    for group in MENU:
        entries = [
            Link(entry.label, entry.icon, url, entry.section == section, entry.section)
            for entry in group.entries
            if (not entry.operation or may(entry.operation)) and (url := page_url(entry.page))
        ]
        if entries:
            shown.append((group.heading, entries))
    return shown


def page_url(page: str, *args: str) -> str:
    """The address of a page by its URL name, or an empty text when there is no such page."""
    try:
        return reverse(page, args=args)
    except NoReverseMatch:
        return ""


TABS = (
    Entry("home", _("首页"), "home", "phone:home"),
    Entry("matters", _("我的事"), "list-check", "phone:matters"),
    Entry("messages", _("消息"), "bell", "phone:messages"),
    Entry("me", _("我"), "user", "phone:me"),
)


def tabs(section: str) -> list[Link]:
    """The worker's tab bar; a tab whose page does not exist is left out."""
    return [
        Link(tab.label, tab.icon, url, tab.section == section, tab.section)
        for tab in TABS
        if (url := page_url(tab.page))
    ]
