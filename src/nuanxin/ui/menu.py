"""The desk's left menu, as a table. A new page is one row here; a row whose page is not built yet is not shown."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    """``section`` is what a page puts in its context to be the current one; ``page`` is the name of its URL."""

    section: str
    label: str | Promise
    icon: str
    page: str


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


MENU = (
    Group(
        _("困难职工"),
        (
            Entry("rounds", _("季度认证"), "layout-kanban", "desk:rounds"),
            Entry("files", _("一户一档"), "folder", "desk:files"),
        ),
    ),
    Group(_("台账与统计"), (Entry("brief", _("统计与简报"), "chart-bar", "desk:brief"),)),
)


def links(section: str) -> list[tuple[str | Promise, list[Link]]]:
    """The menu's headings with their links; pages without a URL and headings without a page are left out."""
    shown = []
    for group in MENU:
        entries = [
            Link(entry.label, entry.icon, url, entry.section == section)
            for entry in group.entries
            if (url := page_url(entry.page))
        ]
        if entries:
            shown.append((group.heading, entries))
    return shown


def page_url(page: str) -> str:
    """The address of a page by its URL name, or an empty text when there is no such page."""
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""
