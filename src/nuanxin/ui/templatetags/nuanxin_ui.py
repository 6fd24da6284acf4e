"""What every page needs: icons, money, masks, quarters, deadlines, and the shared parts of a page.

``{% load nuanxin_ui %}``. No part writes a style or a script attribute, so all of them work under the strict content policy.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from django import forms, template
from django.conf import settings
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from nuanxin.ui import menu, schematic
from nuanxin.ui.parts import Chart, Fact, Filter, Happening, Map, Step
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import ROLE
from nuanxin.union import rules

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "static" / "nuanxin" / "vendor" / "tabler-icons"
NOTHING = "—"

register.filter("mask_name", rules.mask_name)
register.filter("mask_id", rules.mask_id)
register.filter("mask_phone", rules.mask_phone)
register.filter("mask_card", rules.mask_card)
register.filter("mask_address", rules.mask_address)


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
def role_name(role: str) -> str:
    """A post's role in words."""
    return str(ROLE[role])


@register.filter
def number(value: Decimal | int | str | None) -> str:
    """A figure with thousands separators, ``3,584``; a dash when there is none."""
    return NOTHING if value is None or value == "" else f"{value:,}"


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


@register.inclusion_tag("ui/_places.html", takes_context=True)
def desk_places(context: Context, section: str) -> dict[str, object]:
    """The menu once more in the middle of a page on which nothing waits: where the viewer's own work is."""
    seen: Viewer | None = context.get("viewer")
    groups = menu.links(section, seen.may) if seen else []
    return {"links": [link for _heading, links in groups for link in links if not link.current]}


@register.inclusion_tag("ui/_menu.html", takes_context=True)
def desk_menu(context: Context, section: str = "") -> dict[str, object]:
    """The left menu as the viewer may see it; ``section`` is the current entry's (see ``nuanxin.ui.menu``)."""
    seen = context.get("viewer")
    return {"groups": menu.links(section, seen.may) if seen else [], "viewer": seen}


@register.filter
def may(seen: Viewer | None, operation: str) -> bool:
    """``viewer|may:"family.read"``: whether a link to such a page leads anywhere for who looks."""
    return seen is not None and seen.may(operation)


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
    return {"page": page, "unit": unit, "request": context["request"], "swaps": context.get("swaps")}


@register.inclusion_tag("ui/_filters.html", takes_context=True)
def filters(context: Context, fields: Sequence[Filter]) -> dict[str, object]:
    """The filter bar of a list: a GET form that works without JavaScript, and swaps the list alone with it (``pages.listed``)."""
    return {
        "swaps": context.get("swaps"),
        "csrf_token": context.get("csrf_token"),
        **{name: context.get(name) for name in ("odd", "saved", "saves", "address")},
        "path": context["request"].path if "request" in context else "",
        "fields": fields,
        "shown": any(field.label and (field.options is None or field.options) for field in fields),
        "filtered": any(field.value and field.label for field in fields),
    }


@register.inclusion_tag("ui/_empty.html")
def empty(sentence: str, picture: str = "folder", url: str = "", action: str = "") -> dict[str, object]:
    """An empty list: an icon, one sentence, at most one action."""
    return {"sentence": sentence, "picture": picture, "url": url, "action": action}


@register.inclusion_tag("ui/_tabs.html")
def phone_tabs(section: str, counts: Mapping[str, int] | None = None) -> dict[str, object]:
    """The worker's tab bar; ``counts`` is how many matters of a tab have news."""
    counts = counts or {}
    return {"links": [(link, counts.get(link.section, 0)) for link in menu.tabs(section)]}


@register.inclusion_tag("ui/_facts.html")
def facts(facts: Sequence[Fact]) -> dict[str, object]:
    """Facts in rows; those with an address have a 改 link."""
    return {"facts": facts}


@register.inclusion_tag("ui/_timeline.html")
def timeline(happenings: Sequence[Happening]) -> dict[str, object]:
    """What happened, newest first."""
    return {"happenings": happenings}


# The classes of a field on each face; on the worker's, choices are tiles.
_DESK = {
    "field": "u-field",
    "label": "",
    "help": "u-help",
    "input": "form-control",
    "select": "form-select",
    "button": "btn",
    "tiles": "",
}
_WORKER = {
    "field": "w-field",
    "label": "w-label",
    "help": "w-hint",
    "input": "w-input",
    "select": "w-input",
    "button": "w-btn w-btn--quiet",
    "tiles": "yes",
}
_LONG_CHOICE = 6


def _says_optional(bound: BoundField) -> bool:
    """Whether 可不填 helps: a choice that has an answer for nothing (不清楚, 没在上学) is answered by it."""
    if bound.field.required or any(value == "" for value, _label in getattr(bound.field, "choices", ())):
        return False
    says = getattr(bound.form, "says_optional", None)
    return says is None or says(bound.name)


def _field(bound: BoundField, face: Mapping[str, str]) -> dict[str, object]:
    widget, id_ = bound.field.widget, bound.auto_id
    described_by = " ".join(
        f"{id_}_{part}" for part, stands in (("help", bound.help_text), ("error", bound.errors)) if stands
    )
    shared: dict[str, object] = {
        "face": face, "id": id_, "label": bound.label, "help": bound.help_text, "errors": bound.errors,
        "described_by": described_by, "optional": _says_optional(bound),
    }  # fmt: skip
    if bound.is_hidden:
        return shared | {"kind": "hidden", "input": bound.as_widget()}
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        options = list(bound)
        long = any(len(str(option.choice_label)) > _LONG_CHOICE for option in options)
        return shared | {"kind": "choices", "options": options, "long": long}
    said: dict[str, str | bool] = {"aria-describedby": described_by} if described_by else {}
    if bound.errors:
        said["aria-invalid"] = "true"
    if isinstance(widget, forms.CheckboxInput):
        return shared | {"kind": "check", "input": bound.as_widget(attrs=said)}
    if isinstance(widget, forms.FileInput):
        accepted = str(widget.attrs.get("accept", "")).split(",")
        picture = all(kind.startswith("image/") for kind in accepted)
        return shared | {"kind": "file", "picture": picture, "input": bound.as_widget(attrs=said)}
    look = face["select"] if isinstance(widget, forms.Select) else face["input"]
    classes = " ".join(filter(None, [look, str(widget.attrs.get("class", ""))]))
    return shared | {"kind": "input", "input": bound.as_widget(attrs=said | {"class": classes})}


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField) -> dict[str, object]:
    """A form field of the desk: label, help, error and input, tied together for screen readers."""
    return _field(bound, _DESK)


@register.inclusion_tag("ui/_field.html")
def worker_field(bound: BoundField) -> dict[str, object]:
    """A form field of the worker's face; choices are tiles."""
    return _field(bound, _WORKER)


@register.inclusion_tag("ui/_file.html")
def worker_photos(name: str, accept: str) -> dict[str, object]:
    """A field for several photos on the worker's face whose page shows by itself what was taken."""
    field = format_html(
        '<input type="file" id="{0}" name="{0}" accept="{1}" capture="environment" multiple>', name, accept
    )
    return {"face": _WORKER, "id": name, "picture": True, "input": field}


@register.inclusion_tag("ui/_errors.html")
def errors(*forms_shown: forms.BaseForm | None) -> dict[str, object]:
    """The summary of all errors of the forms, each with a link to its field; nothing when there are none. Stands first on the page."""
    lines: list[dict[str, str]] = []
    for form in forms_shown:
        if form is None or not form.errors:
            continue
        lines += [{"target": "", "label": "", "text": str(text)} for text in form.non_field_errors()]
        lines += [
            {"target": bound.auto_id, "label": str(bound.label).rstrip("？?"), "text": str(text)}
            for bound in form
            for text in bound.errors
        ]
    return {"lines": lines}


@register.inclusion_tag("ui/_chart.html")
def chart(chart: Chart) -> dict[str, object]:
    """A chart with its table. The page also needs ``{% block scripts %}{% chart_scripts %}{% endblock %}``; without scripts the table stands alone."""
    rows = [
        (
            category,
            chart.urls[n] if chart.urls else "",
            [
                (values[n], chart.value_urls[k][n] if chart.value_urls else "")
                for k, (_, values) in enumerate(chart.series)
            ],
        )
        for n, category in enumerate(chart.categories)
    ]
    data = {
        "kind": chart.kind, "categories": list(chart.categories), "unit": chart.unit, "urls": list(chart.urls),
        "value_urls": [list(urls) for urls in chart.value_urls],
        "series": [{"name": name, "values": [float(value) for value in values]} for name, values in chart.series],
    }  # fmt: skip
    return {"chart": chart, "rows": rows, "data": json.dumps(data, ensure_ascii=False)}


@register.inclusion_tag("ui/_chart_scripts.html")
def chart_scripts() -> dict[str, object]:
    """The scripts that draw charts: 240 KB, so only on pages that have one."""
    return {}


@register.inclusion_tag("ui/_map.html")
def map_figure(shown: Map) -> dict[str, object]:
    """The map alone: Leaflet over the installation's tiles where they are set and a script runs, else the schematic map."""
    placed = [place for place in shown.places if place.latitude is not None and place.longitude is not None]
    data = {
        "tiles": settings.NUANXIN_TILES, "attribution": settings.NUANXIN_TILES_ATTRIBUTION,
        "places": [
            {
                "label": place.label, "mark": place.mark, "url": place.url, "tone": place.tone, "group": place.group,
                "at": [float(place.latitude or 0), float(place.longitude or 0)],
            }
            for place in placed
        ],
    }  # fmt: skip
    shows_tiles = bool(settings.NUANXIN_TILES and placed)
    return {
        "map": shown, "drawing": schematic.draw(shown), "data": json.dumps(data, ensure_ascii=False) if shows_tiles else "",
    }  # fmt: skip


@register.inclusion_tag("ui/_map_list.html")
def map_list(shown: Map) -> dict[str, object]:
    """The same places as a list, to stand beside the map."""
    return {"map": shown}


@register.inclusion_tag("ui/_map_scripts.html")
def map_scripts() -> dict[str, object]:
    """What a map over tiles needs; nothing where no tiles are set."""
    return {"tiles": settings.NUANXIN_TILES}
