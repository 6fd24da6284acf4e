"""What every page needs: icons, money, masks, quarters, deadlines, and the shared parts of a page.

``{% load nuanxin_ui %}``. No part writes a style or a script attribute, so all of them work under the strict content policy.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from django import template
from django.core.paginator import Page
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from nuanxin.ui import menu
from nuanxin.ui.parts import Filter, Step
from nuanxin.union import rules

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "static" / "nuanxin" / "vendor" / "tabler-icons"
NOTHING = "—"

register.filter("mask_name", rules.mask_name)
register.filter("mask_id", rules.mask_id)
register.filter("mask_phone", rules.mask_phone)
register.filter("mask_card", rules.mask_card)


@cache
def _icon(name: str) -> SafeString:
    # Only names of the vendored set reach the disk: a path in a name must not.
    path = ICONS / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise ValueError(f"no icon {name!r}: add its svg to {ICONS.name}/ and to the checksum list")
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(encoding="utf-8"), re.DOTALL)
    if drawing is None:
        raise ValueError(f"the icon {name!r} is no svg")
    lines = "".join(line.strip() for line in drawing[1].splitlines())
    # The drawing is our own vendored file, and the name is checked above.
    return mark_safe(  # noqa: S308
        f'<svg class="u-ico" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{lines}</svg>'
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the vendored set, drawn in the text's colour; words must stand beside it. Raises for an unknown name."""
    return _icon(name)


def _grouped(value: Decimal | int | str) -> str:
    """``935000`` as ``935,000.00``; further decimals stay, since a rounded figure could look equal to a limit."""
    if isinstance(value, float):
        raise TypeError("money is Decimal, never float")
    amount = Decimal(value)
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f}"


@register.filter
def amount(value: Decimal | int | str | None) -> str:
    """Yuan as plain text, ``8,000.00``; a dash when there is none."""
    return NOTHING if value is None or value == "" else _grouped(value)


@register.filter
def money(value: Decimal | int | str | None) -> str:
    """Yuan with a small unit, ``8,000.00 元``; a dash when there is none."""
    if value is None or value == "":
        return NOTHING
    return format_html('<span class="u-money">{}<small>{}</small></span>', _grouped(value), gettext("元"))


@register.filter
def fen(value: int | None) -> str:
    """Integer fen, shown as ``money``."""
    return money(None if value is None else Decimal(value) / 100)


@register.filter
def quarter_name(quarter: str) -> str:
    """``2023Q2`` as 2023年第二季度, or 2023 Q2 in English. Raises ValueError for what is no quarter."""
    rules.quarter_span(quarter)
    return rules.quarter_zh(quarter) if (get_language() or "zh").startswith("zh") else f"{quarter[:4]} {quarter[4:]}"


@register.filter
def due(day: date | None, today: date) -> str:
    """The deadline badge for ``day`` as seen on ``today``, in calendar days: 超期 3 天, 今天到期, 明天到期, 还有 5 天."""
    if day is None:
        return ""
    left = (day - today).days
    if left < 0:
        tone, sign, words = "over", "alert-triangle", ngettext("超期 %(days)d 天", "超期 %(days)d 天", -left)
    elif left <= 1:
        tone, sign, words = "soon", "clock", gettext("明天到期") if left else gettext("今天到期")
    else:
        tone, sign, words = "ok", "clock", ngettext("还有 %(days)d 天", "还有 %(days)d 天", left)
    text = words % {"days": abs(left)} if "%" in words else words
    return format_html('<span class="u-due u-due--{}">{}{}</span>', tone, _icon(sign), text)


TONES = ("green", "amber", "red", "blue", "grey")


@register.simple_tag
def chip(text: str, tone: str = "grey") -> str:
    """A status chip; ``tone`` is one of green, amber, red, blue, grey."""
    if tone not in TONES:
        raise ValueError(f"a chip is one of {', '.join(TONES)}, not {tone!r}")
    return format_html('<span class="u-chip u-chip--{}">{}</span>', tone, text)


@register.inclusion_tag("ui/_menu.html")
def desk_menu(section: str = "") -> dict[str, object]:
    """The left menu; ``section`` is the current entry's (see ``nuanxin.ui.menu``)."""
    return {"groups": menu.links(section)}


@register.simple_tag
def page_url(page: str) -> str:
    """The address of a page by its URL name, empty when there is no such page: no dead links."""
    return menu.page_url(page)


@register.inclusion_tag("ui/_steps.html")
def steps(steps: Sequence[Step], label: str) -> dict[str, object]:
    """Two to five steps; ``label`` names the whole, the current step's name is added for screen readers."""
    now = next((step.label for step in steps if step.state == "now"), "")
    return {"steps": steps, "label": f"{label}：{now}" if now else label}


@register.inclusion_tag("ui/_quota.html")
def quota(done: int, total: int, label: str) -> dict[str, object]:
    """A bar, ``done`` of ``total``; ``label`` is its sentence for screen readers. The figures stand beside it on the page."""
    share = min(100.0, 100 * done / total) if total else 0.0
    return {"share": f"{share:.1f}", "label": label}


@register.inclusion_tag("ui/_pager.html", takes_context=True)
def pager(context: Context, page: Page, unit: str = "") -> dict[str, object]:
    """Links to the page before and after; the other GET parameters stay. ``unit`` is the measure word (户)."""
    return {"page": page, "unit": unit, "request": context["request"]}


@register.inclusion_tag("ui/_filters.html")
def filters(fields: Sequence[Filter]) -> dict[str, object]:
    """The filter bar of a list: a GET form that works without JavaScript."""
    return {"fields": fields, "filtered": any(field.value for field in fields)}


@register.inclusion_tag("ui/_empty.html")
def empty(sentence: str, picture: str = "folder", url: str = "", action: str = "") -> dict[str, object]:
    """An empty list: an icon, one sentence, at most one action."""
    return {"sentence": sentence, "picture": picture, "url": url, "action": action}
