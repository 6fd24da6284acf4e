"""The policy's explanation in the family's words: what speaks for help, what against, what is missing; each with figure and distance.

The same sheet as the officer's (``Policy.explain``): nothing is computed here.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from django.utils.translation import gettext

from nuanxin.care.models import Finding
from nuanxin.phone.words import TIERS, word
from nuanxin.policy import Explanation
from nuanxin.policy.explain import DecisionSheet, Tested, Tried, say_value
from nuanxin.policy.rows import sentence
from nuanxin.policy.values import UNKNOWN

Mark = Literal["yes", "no", "ask", "other"]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in words. ``mark``: yes speaks for help, no against, ask is missing, other is a rule for other families."""

    mark: Mark
    title: str
    text: str
    clause: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the policy says. ``result``: likely, unlikely, or missing (figures that are not known); ``tier`` in words."""

    result: Literal["likely", "unlikely", "missing"]
    tier: str
    lines: list[Line]
    missing: list[str]
    sides: list[str]
    changes: list[str]
    sums: list[tuple[str, str, str]]
    document: str


def read(explanation: Explanation, lang: str) -> Sheet:
    """The sheet of the tier's decision in words of ``lang``."""
    tier = next(
        (one for one in explanation.decisions if one.decision.name == "tier"), explanation.decisions[0]
    )  # fmt: skip
    unknown = [label.text(lang) for name, label, *_, value in explanation.inputs if value is None or value is UNKNOWN]
    value = "" if tier.outcome.problem else str(tier.outputs[0][3])
    helps = bool(value) and value != Finding.NONE
    lines = [line for tried in tier.tried if (line := _line(tier, tried, helps, lang))]
    sides = [
        gettext("如果%(name)s %(side)s：%(result)s")
        % {
            "name": side.label.text(lang),
            "side": side.text.text(lang),
            "result": sentence(side.problem, lang) if side.problem else word(TIERS, side.result.text),
        }
        for side in tier.sides
    ]
    changes: dict[str, str] = {}
    for change in tier.changes:
        if change.result.text != Finding.NONE:
            changes.setdefault(change.name, change.text(lang, word(TIERS, change.result.text)))
    sums = [
        (figure.label.text(lang), figure.worked, say_value(figure.value, figure.type, figure.unit, lang))
        for figure in explanation.figures
    ]
    return Sheet(
        "likely" if helps else "missing" if tier.outcome.problem else "unlikely", word(TIERS, value),
        sorted(lines, key=lambda line: ("no", "yes", "ask", "other").index(line.mark)), unknown if tier.outcome.problem else [],
        sides, list(changes.values()), sums, explanation.model.document,
    )  # fmt: skip


def _line(sheet: DecisionSheet, tried: Tried, helps: bool, lang: str) -> Line | None:
    rule = next(one for one in sheet.decision.table.rules if one.id == tried.rule) if sheet.decision.table else None
    if rule is None or not tried.cells:
        return None  # the rule for all others has nothing to tell
    gives = rule.output_texts[0].strip("\"'")
    for_help = gives != Finding.NONE
    cells = [cell for cell in tried.cells if cell.result is True] if tried.result is True else [tried.failed]
    told = [cell for cell in cells if cell is not None]
    label = (told[-1] if told else tried.cells[0]).label.text(lang)
    if tried.result is UNKNOWN:
        text = _wanted(told, lang) if for_help else _yours(told, lang)
        return Line("ask", gettext("还差：%(label)s") % {"label": label}, text, tried.clause)
    holds = tried.result is True
    if for_help:
        mark: Mark = "yes" if holds else "other" if helps else "no"
        title = gettext("“%(tier)s”的条件") % {"tier": word(TIERS, gives)}
        return Line(
            mark, title + (gettext("：符合") if holds else gettext("：不符合")), _wanted(told, lang), tried.clause
        )
    if holds:
        return Line("no", gettext("%(label)s：不能帮扶的情形") % {"label": label}, _yours(told, lang), tried.clause)
    flag = bool(told) and told[-1].type == "boolean"
    title = gettext("%(label)s：没有") if flag else gettext("%(label)s：没有超出")
    return Line("yes", title % {"label": label}, _yours(told, lang), tried.clause)


_BARRED = {
    "<": ("低于 {}", "below {}"), "<=": ("不高于 {}", "at most {}"), ">": ("高于 {}", "above {}"), ">=": ("不低于 {}", "at least {}"),
    "=": ("答“{}”", "“{}”"),
}  # fmt: skip


def _found(cell: Tested, lang: str) -> str:
    """The family's figure; below nothing, a figure of money is said in words (−0.08 元 is no income that anybody knows)."""
    if _below_nothing(cell):
        return gettext("不到 0 元（要扣的比收入多）")
    return say_value(cell.value, cell.type, cell.unit, lang, given=cell.given)


def _below_nothing(cell: Tested) -> bool:
    value = cell.value
    return cell.type == "money" and isinstance(value, Fraction) and value < 0


def _yours(cells: list[Tested], lang: str) -> str:
    """您家：2 套（不低于 2 套的不能帮扶）."""
    said = []
    for cell in cells:
        text = gettext("您家：%(found)s") % {"found": _found(cell, lang)}
        for item in cell.comparisons:
            if item.op in _BARRED and item.limit is not None and item.limit is not UNKNOWN:
                limit = _BARRED[item.op][lang == "en"].format(say_value(item.limit, cell.type, cell.unit, lang))
                text += gettext("（%(limit)s的不能帮扶）") % {"limit": limit}
        said.append(text)
    return gettext("；").join(said)


_LIMIT = {
    "<": ("要低于 {}", "must be below {}"), "<=": ("不能高于 {}", "at most {}"), ">": ("要高于 {}", "must be above {}"),
    ">=": ("不能低于 {}", "at least {}"), "=": ("应为 {}", "must be {}"), "!=": ("不能是 {}", "must not be {}"),
}  # fmt: skip


def _wanted(cells: list[Tested], lang: str) -> str:
    """人均月收入 862.00 元，要低于 975.00 元，低 113.00 元."""
    return gettext("；").join(_one(cell, lang) for cell in cells)


def _one(cell: Tested, lang: str) -> str:
    at = 0 if lang == "zh" else 1
    said = [f"{cell.label.text(lang)} {_found(cell, lang)}"]
    for item in cell.comparisons:
        limit: Any = say_value(item.limit, cell.type, cell.unit, lang)
        said.append(_LIMIT.get(item.op, ("{}", "{}"))[at].format(limit))
        if item.distance is not None and item.op not in ("=", "!=") and not _below_nothing(cell):
            gap = say_value(abs(item.distance), cell.type, cell.unit, lang)
            if not item.distance:
                said.append(gettext("正好在标准上"))
            else:
                said.append((gettext("高 %(gap)s") if item.distance > 0 else gettext("低 %(gap)s")) % {"gap": gap})
    return ("，" if lang == "zh" else ", ").join(said)
