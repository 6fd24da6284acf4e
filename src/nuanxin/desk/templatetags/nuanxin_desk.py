"""Filters of the desk's pages: a code as its words, free text without numbers of people, a day as people write it."""

import json
from datetime import date
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from nuanxin.care.models import Round
from nuanxin.desk import visit_queries, words
from nuanxin.desk.today import WHEN
from nuanxin.policy.model import Label
from nuanxin.sheets.masks import mask_digits
from nuanxin.ui.pages import lang
from nuanxin.ui.templatetags.nuanxin_ui import amount, chip, quarter_name
from nuanxin.ui.words import CAUSE, PROOF, hour
from nuanxin.union.rules import mask_name

register = template.Library()

_TABLES: dict[str, Any] = {
    "column": words.COLUMNS, "tier": words.TIERS, "round": words.ROUND, "lead": words.LEAD, "finding": words.FINDING,
    "household": words.HOUSEHOLD, "return": words.RETURN, "source": words.SOURCE, "relation": words.RELATION,
    "study": words.STUDY, "sex": words.SEX, "conclusion": words.CONCLUSION, "item": words.ITEM, "ceiled": words.CEILED, "per": words.PER, "offer": words.OFFER,
    "consent": words.CONSENT, "paper": words.PAPER, "proof": PROOF, "held": words.HELD, "when": WHEN, "matter_kind": words.MATTER_KIND, "matter": words.MATTER, "draft": words.DRAFT,
    "issue": words.ISSUE, "cause": CAUSE,
}  # fmt: skip


@register.filter
def word(code: str | None, table: str) -> str:
    """A stored code in words, by the table of that name; what is not in it stays as it is."""
    found = _TABLES[table].get(code, code or "")
    return str(found[0] if isinstance(found, tuple) else found)


@register.filter
def spoken(label: Label) -> str:
    """What a policy calls something, in the page's language."""
    return label.text(lang())


@register.filter
def at(table: dict[Any, Any], key: Any) -> Any:
    """What a table has under a key."""
    return table.get(key)


@register.filter
def about_minutes(minutes: int) -> str:
    """约 2 小时 10 分: how long something is likely to take, to the next ten minutes."""
    hours, rest = divmod(-(-minutes // 10) * 10, 60)
    if not rest:
        return gettext("约 %(hours)d 小时") % {"hours": hours}
    return (
        gettext("约 %(hours)d 小时 %(rest)d 分") % {"hours": hours, "rest": rest}
        if hours
        else gettext("约 %(rest)d 分") % {"rest": rest}
    )


@register.filter
def weekday(value: date) -> str:
    """周四, or Thu."""
    return words.weekday(value)


@register.filter
def when_tone(when: str) -> str:
    """The tone of a part of today's work."""
    return {"over": "red", "soon": "amber", "ok": "green"}[when]


@register.filter
def state_chip(code: str | None, table: str) -> str:
    """A stored code as a chip in its tone; nothing for none."""
    if not code:
        return ""
    text, tone = _TABLES[table].get(code, (code, "grey"))
    return chip(str(text), tone)


@register.filter
def round_name(round_: Round) -> str:
    """Whose quarter and which: 青铜峡市总工会 2023年第三季度. A province reads those of several cities."""
    return format_html('<span lang="zh-Hans">{}</span> {}', round_.org.name, quarter_name(round_.quarter))


@register.simple_tag
def household_url(act: str, code: str) -> str:
    """Where an act on a family is done."""
    return reverse(f"desk:household_{act}", args=[code])


@register.simple_tag
def bulk_url(act: str, round_code: str = "") -> str:
    """Where rows that were ticked are posted for an act."""
    return reverse(f"desk:{act}", args=[round_code] if round_code else [])


@register.filter
def private(text: str | None) -> str:
    """Free text as a page shows it: numbers of eleven and more digits are masked."""
    return mask_digits(text or "")


@register.filter
def family_name(name: str | None) -> str:
    """A worker's masked name; a dash when the name itself was refused."""
    return mask_name(name or "") or "—"


register.filter("short_union", words.short_union)
register.filter("town", visit_queries.town)
register.filter("yes_no", words.yes_no)
register.filter("day", words.day)
register.filter("hour", hour)
register.filter("short_day", words.short_day)


@register.filter("json")
def as_json(value: Any) -> str:
    """A value for a ``data-`` attribute that a script reads."""
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


@register.filter
def file_number(code: str | None) -> str:
    """The running number of a file's code: QTX-2022-0006 as 第 0006 档."""
    return gettext("第 %(number)s 档") % {"number": code.rsplit("-", 1)[-1]} if code else ""


@register.filter
def figure(value: Any, kind: str) -> str:
    """A figure of a family in its unit: people, yuan, homes, flag."""
    if value is None:
        return "—"
    if kind == "flag":
        return words.yes_no(value)
    if kind == "yuan":
        return format_html('<span class="u-num">{}</span>', f"{amount(value)} {gettext('元')}")
    unit = {"people": gettext("人"), "homes": gettext("套")}[kind]
    return format_html('<span class="u-num">{}</span>', f"{value} {unit}")


@register.filter
def cell(value: Any) -> str:
    """A value in a list of records: days and amounts as people write them, a dash for nothing."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return words.yes_no(value)
    if isinstance(value, date):
        return words.day(value)
    return f"{value:,.2f}" if hasattr(value, "as_tuple") else str(value)
