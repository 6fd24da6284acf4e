"""Why one family is decided as it is: the sheet that the worker, the officer and the auditor all read.

Figures with their terms, every rule tried with the first cell that failed, limits and the distance to them, clauses and document; as text, HTML and
JSON, in Chinese or English.
"""

import datetime as dt
import html
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import Any

from nuanxin.policy.evaluate import Closure, Evaluator
from nuanxin.policy.feel import (
    Arith,
    Call,
    Compare,
    Expr,
    ListOf,
    Lit,
    Match,
    Name,
    Neg,
    Path,
    names_in,
    resting_on,
    walk,
)
from nuanxin.policy.model import Decision, Figure, Label, Model, Output, Rule
from nuanxin.policy.rows import Both, Decided, Outcome, Reason, RowDecider, sentence
from nuanxin.policy.values import NUMERIC, UNKNOWN, money_text, number_text, show, to_json

WORDS: dict[str, tuple[str, str]] = {
    "policy": ("政策", "Policy"),
    "document": ("文件", "Document"),
    "version": ("版本", "Version"),
    "as_of": ("依据日期", "As of"),
    "given": ("申报数据", "Figures given"),
    "figures": ("计算过程", "Figures computed"),
    "standard": ("标准", "Standard"),
    "decision": ("决定", "Decision"),
    "result": ("结果", "Result"),
    "rule": ("规则", "rule"),
    "clause": ("条款", "clause"),
    "problem": ("未能决定", "Not made"),
    "tried": ("逐条核对", "Rules tried"),
    "holds": ("符合", "holds"),
    "fails": ("不符合", "fails"),
    "open": ("缺数据", "not known"),
    "above": ("高出标准", "above the limit by"),
    "below": ("低于标准", "below the limit by"),
    "at": ("等于标准", "exactly at the limit"),
    "required": ("要求", "required"),
    "missing": ("未填", "not given"),
    "no_value": ("算不出", "cannot be computed"),
    "unusable": ("无法使用", "cannot be used"),
    "default": ("无规则适用，取默认值", "no rule matched, the default was taken"),
    "changes": ("怎样会改变结果", "What would have to change"),
    "if_is": ("{name} 为 {value}（{change}）：{result}", "{name} at {value} ({change}): {result}"),
    "true": ("是", "yes"),
    "false": ("否", "no"),
}


def word(key: str, lang: str) -> str:
    return WORDS[key][lang == "en"]


def money_distance(value: Fraction) -> str:
    """An amount for a distance: two places, more where two would show nothing."""
    text = money_text(value)
    return number_text(value, 6) if value and text in ("0.00", "-0.00") else text


@dataclass(frozen=True, slots=True)
class Comparison:
    """One limit of a cell: the value that was compared, the limit, and value − limit where both are figures."""

    op: str
    value: Any
    limit: Any
    holds: Any

    @property
    def distance(self) -> Fraction | None:
        both = type(self.value) is Fraction and type(self.limit) is Fraction
        return self.value - self.limit if both else None


@dataclass(frozen=True, slots=True)
class Tested:
    """A cell as it was tried. `result`: True, False, None (null) or UNKNOWN."""

    column: str
    label: Label
    cell: str
    result: Any
    type: str
    unit: str
    value: Any  # of the column's expression
    comparisons: tuple[Comparison, ...]
    given: bool = True  # a family brings it; else it is worked out

    def text(self, lang: str) -> str:
        value = say_value(self.value, self.type, self.unit, lang, given=self.given)
        parts = [
            f"{self.label.text(lang)} {value}"
            + (f"，{word('required', lang)} {self.cell}" if lang == "zh" else f", {word('required', lang)} {self.cell}")
        ]
        for item in self.comparisons:
            if item.op not in ("=", "!=") and item.distance is not None:
                side = "at" if item.distance == 0 else "above" if item.distance > 0 else "below"
                gap = abs(item.distance)
                amount = money_distance(gap) if self.type == "money" else number_text(gap, 6)
                limit = say_value(item.limit, self.type, self.unit, lang)
                told = (
                    f"{word(side, lang)} {amount} {unit_text(self.unit, self.type, lang)}".rstrip()
                    if gap
                    else word(side, lang)
                )
                parts.append(f"{'标准' if lang == 'zh' else 'limit'} {limit}")
                parts.append(told)
        return ("，" if lang == "zh" else ", ").join(parts)

    def to_dict(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "label": {"zh": self.label.zh, "en": self.label.en},
            "cell": self.cell,
            "result": to_json(self.result) if self.result is not UNKNOWN else "unknown",
            "value": to_json(self.value),
            "limits": [
                {
                    "op": item.op,
                    "limit": to_json(item.limit),
                    "distance": to_json(item.distance),
                    "holds": to_json(item.holds),
                }
                for item in self.comparisons
            ],
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule as it was tried: its cells up to the first that failed."""

    rule: str
    clause: str
    result: Any
    cells: tuple[Tested, ...]

    @property
    def failed(self) -> Tested | None:
        return next((cell for cell in self.cells if cell.result is not True), None)

    def to_dict(self) -> dict[str, Any]:
        failed = self.failed
        return {
            "rule": self.rule,
            "clause": self.clause,
            "result": "unknown" if self.result is UNKNOWN else self.result is True,
            "failed": failed.to_dict() if failed else None,
            "cells": [cell.to_dict() for cell in self.cells],
        }


@dataclass(frozen=True, slots=True)
class FigureSheet:
    """A derived figure, its formula in names and in values."""

    name: str
    label: Label
    type: str
    unit: str
    value: Any
    formula: str
    worked: str
    terms: tuple[tuple[str, Any], ...]
    clause: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": {"zh": self.label.zh, "en": self.label.en},
            "value": to_json(self.value),
            "unit": self.unit,
            "formula": self.formula,
            "worked": self.worked,
            "terms": {name: to_json(value) for name, value in self.terms},
            "clause": self.clause,
        }


def named(decision: Decision) -> tuple[Output, ...]:
    """The outputs that name a result (a tier, a sign-off); amounts do not."""
    return tuple(output for output in decision.outputs if output.type not in NUMERIC)


@dataclass(frozen=True, slots=True)
class Result:
    """What a decision gives, in one text: as tables keep it (``text``, by which results are compared), and as people call it. Of amounts
    alone it is the rules that give them."""

    text: str
    decision: Decision | None = field(default=None, compare=False)
    outcome: Outcome | None = field(default=None, compare=False)

    def told(self, lang: str) -> str:
        """As people call it."""
        if self.decision is None or self.outcome is None:
            return self.text
        if not _told_by(self.decision):
            return f"{word('rule', lang)} {self.text}" if self.text else word("default", lang)
        return _outputs_text(self.decision, self.outcome, lang, as_called=True)


NO_RESULT = Result("")


def result_of(decision: Decision, outcome: Outcome) -> Result:
    """The result of a decision that was made."""
    by_outputs = _told_by(decision)
    text = _outputs_text(decision, outcome, "zh", as_called=False) if by_outputs else "+".join(outcome.rules)
    return Result(text, decision, outcome)


def _told_by(decision: Decision) -> tuple[Output, ...]:
    """The outputs that tell the result: those that name it; a formula's own figure."""
    return named(decision) if decision.table is not None else decision.outputs


def _outputs_text(decision: Decision, outcome: Outcome, lang: str, *, as_called: bool) -> str:
    outputs = _told_by(decision)
    shown = []
    for one in outputs:
        value = outcome.value if decision.table is None else outcome.output(decision, one)
        told = say_value(one.said(value, lang) if as_called else value, one.type, "", lang)
        shown.append(f"{one.label.text(lang)} {told}" if len(outputs) > 1 else told)
    return ("，" if lang == "zh" else ", ").join(shown)


@dataclass(frozen=True, slots=True)
class Side:
    """What would follow if a missing figure stood on one side of a limit."""

    name: str
    label: Label
    text: Label
    result: Result
    problem: tuple[Reason, ...] = ()  # why nothing would be decided there

    def reason(self) -> Reason:
        """The sentence that says so."""
        return "would-follow", {
            "name": Both(zh=self.label.zh, en=self.label.en),
            "side": Both(zh=self.text.zh, en=self.text.en),
            "result": Both(
                {
                    lang: sentence(self.problem, lang) if self.problem else self.result.told(lang)
                    for lang in ("zh", "en")
                }
            ),
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "side": {"zh": self.text.zh, "en": self.text.en},
            "result": None if self.problem else self.result.text,
            "problem": {lang: sentence(self.problem, lang) for lang in ("zh", "en")} if self.problem else None,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change of one figure that would reach another result, all else as it is."""

    decision: str
    name: str
    label: Label
    type: str
    unit: str
    value: Any
    new_value: Any
    result: Result

    def text(self, lang: str, result: str = "") -> str:
        """The change as a sentence; `result` where the caller calls it otherwise."""
        new = say_value(self.new_value, self.type, self.unit, lang)
        if type(self.value) is Fraction and type(self.new_value) is Fraction:
            by = self.new_value - self.value
            change = ("+" if by > 0 else "−") + (
                money_text(abs(by)) if self.type == "money" else number_text(abs(by), 6)
            )
        else:
            change = say_value(self.value, self.type, self.unit, lang) + " → " + new
        return word("if_is", lang).format(
            name=self.label.text(lang), value=new, change=change, result=result or self.result.told(lang)
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "name": self.name,
            "label": {"zh": self.label.zh, "en": self.label.en},
            "value": to_json(self.value),
            "new_value": to_json(self.new_value),
            "result": self.result.text,
        }


@dataclass(frozen=True, slots=True)
class DecisionSheet:
    decision: Decision
    outcome: Outcome
    outputs: tuple[tuple[str, Label, str, Any], ...]  # column, label, type, value
    rules: tuple[tuple[str, str], ...]  # id, clause
    tried: tuple[Tried, ...]
    worked: str
    sides: tuple[Side, ...] = ()
    changes: tuple[Change, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.decision.name,
            "label": {"zh": self.decision.label.zh, "en": self.decision.label.en},
            "result": {column: to_json(value) for column, _, _, value in self.outputs},
            "said": {
                lang: {
                    column: say_value(output.said(value, lang), kind, "", lang)
                    for (column, _, kind, value), output in zip(self.outputs, self.decision.outputs, strict=True)
                }
                for lang in ("zh", "en")
            },
            "rule": "+".join(self.outcome.rules) or None,
            "clauses": [clause for _, clause in self.rules if clause]
            or ([self.decision.clause] if self.decision.clause else []),
            "problem": {lang: sentence(self.outcome.problem, lang) for lang in ("zh", "en")}
            if self.outcome.problem
            else None,
            "worked": self.worked,
            "tried": [item.to_dict() for item in self.tried],
            "sides": [item.to_dict() for item in self.sides],
            "changes": [item.to_dict() for item in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole sheet for one family."""

    model: Model
    as_of: dt.date
    inputs: tuple[tuple[str, Label, str, str, Any], ...]  # name, label, type, unit, value
    standards: tuple[tuple[str, Any, str], ...]  # name, value, document
    figures: tuple[FigureSheet, ...]
    decisions: tuple[DecisionSheet, ...]
    state: Decided = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: figures as decimal text, results by column name."""
        return {
            "policy": {
                "id": self.model.id,
                "name": {"zh": self.model.name.zh, "en": self.model.name.en},
                "body": self.model.body,
                "document": self.model.document,
                "version": self.model.version,
                "digest": self.model.digest(),
            },
            "as_of": self.as_of.isoformat(),
            "inputs": {name: to_json(value) for name, _, _, _, value in self.inputs},
            "unusable": {
                name: {
                    "value": str(reason[1]["value"]),
                    "zh": sentence((reason,), "zh"),
                    "en": sentence((reason,), "en"),
                }
                for name, reason in self.state.bad.items()
            },
            "standards": [
                {"name": name, "value": to_json(value), "document": document}
                for name, value, document in self.standards
            ],
            "figures": [figure.to_dict() for figure in self.figures],
            "decisions": [decision.to_dict() for decision in self.decisions],
        }

    def _unusable(self, name: str, lang: str) -> str:
        """A value that was given and could not be used, as it was given; "" where there is none."""
        if name not in self.state.bad:
            return ""
        given = self.state.bad[name][1]["value"]
        return f"“{given}”（{word('unusable', lang)}）" if lang == "zh" else f"“{given}” ({word('unusable', lang)})"

    def sections(self, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
        """Headings with their lines (kind, text); `text` and `html` draw the same."""
        comma = "，" if lang == "zh" else ", "
        head = [("line", f"{word('policy', lang)}{'：' if lang == 'zh' else ': '}{self.model.name.text(lang)}")]
        for key, value in (
            ("document", self.model.document),
            ("version", self.model.version),
            ("as_of", self.as_of.isoformat()),
        ):
            if value:
                head.append(("line", f"{word(key, lang)}{'：' if lang == 'zh' else ': '}{value}"))
        found = [("", head)]
        given = [
            ("line", f"{label.text(lang)} {self._unusable(name, lang) or say_value(value, kind, unit, lang)}")
            for name, label, kind, unit, value in self.inputs
        ]
        found.append((word("given", lang), given))
        lines = [
            (
                "line",
                f"{word('standard', lang)} {name} = {say_value(value, self.model.standard_type(name), '', lang)}"
                + (f"（{document}）" if document else ""),
            )
            for name, value, document in self.standards
        ]
        for figure in self.figures:
            value = say_value(figure.value, figure.type, figure.unit, lang, given=False)
            lines.append(
                ("line", f"{figure.label.text(lang)} {figure.name} = {figure.formula} = {figure.worked} = {value}")
            )
        if lines:
            found.append((word("figures", lang), lines))
        for sheet in self.decisions:
            found.append(
                (
                    f"{word('decision', lang)} {sheet.decision.label.text(lang)}",
                    self._decision_lines(sheet, lang, comma),
                )
            )
        return found

    def _decision_lines(self, sheet: DecisionSheet, lang: str, comma: str) -> list[tuple[str, str]]:
        colon = "：" if lang == "zh" else ": "
        lines: list[tuple[str, str]] = []
        if sheet.outcome.problem:
            lines.append(("problem", word("problem", lang) + colon + sentence(sheet.outcome.problem, lang)))
        else:
            shown = comma.join(
                (f"{label.text(lang)} " if len(sheet.outputs) > 1 else "")
                + say_value(output.said(value, lang), kind, "", lang)
                for (_, label, kind, value), output in zip(sheet.outputs, sheet.decision.outputs, strict=True)
            )
            why = comma.join(
                f"{word('rule', lang)} {rule}" + (f"（{clause}）" if clause else "") for rule, clause in sheet.rules
            )
            if not why and sheet.decision.table is not None:
                why = word("default", lang)
            if sheet.worked:
                why = f"{sheet.decision.text} = {sheet.worked}" + (
                    f"（{sheet.decision.clause}）" if sheet.decision.clause else ""
                )
            lines.append(("result", word("result", lang) + colon + shown + (f"  [{why}]" if why else "")))
        for item in sheet.tried:
            key = "open" if item.result is UNKNOWN else "holds" if item.result is True else "fails"
            mark = {"open": "?", "holds": "✓", "fails": "✗"}[key]
            cells = item.cells if item.result is True else ((item.failed,) if item.failed else ())
            detail = (
                "；".join(cell.text(lang) for cell in cells)
                if lang == "zh"
                else "; ".join(cell.text(lang) for cell in cells)
            )
            lines.append((key, f"{mark} {item.rule} {word(key, lang)}" + (f"{colon}{detail}" if detail else "")))
        for side in sheet.sides:
            lines.append(("side", sentence([side.reason()], lang)))
        if sheet.changes:
            lines.append(("line", word("changes", lang) + colon))
            lines += [("change", change.text(lang)) for change in sheet.changes]
        return lines

    def text(self, lang: str = "zh") -> str:
        """The sheet as plain text."""
        out: list[str] = []
        for heading, lines in self.sections(lang):
            if heading:
                out.append(heading)
            out += [("  " if heading else "") + text for _, text in lines]
        return "\n".join(out)

    def html(self, lang: str = "zh") -> str:
        """The sheet as an HTML section without styles of its own; every text is escaped."""
        out = [f'<section class="explanation" lang="{"en" if lang == "en" else "zh-Hans"}">']
        for heading, lines in self.sections(lang):
            if heading:
                out.append(f"<h3>{html.escape(heading)}</h3>")
            out.append("<ul>")
            out += [f'<li class="{kind}">{html.escape(text)}</li>' for kind, text in lines]
            out.append("</ul>")
        return "\n".join([*out, "</section>"])


UNITS = {
    "元": "yuan",
    "人": "",
    "套": "",
    "户": "",
    "个": "",
    "月": "months",
    "年": "years",
    "岁": "years",
    "天": "days",
    "平方米": "m²",
}


def unit_text(unit: str, type_name: str, lang: str) -> str:
    if unit and unit not in ("fen", "分", "万元"):
        return unit if lang == "zh" else UNITS.get(unit, unit)
    if type_name == "money":
        return "元" if lang == "zh" else "yuan"
    return ""


def say_value(value: Any, type_name: str, unit: str, lang: str, *, given: bool = True) -> str:
    """A value with its unit, as a person reads it. `given`: a family brings it, so that where there is none it was left out."""
    if value is None or value is UNKNOWN:
        return word("missing" if given else "no_value", lang)
    if isinstance(value, bool):
        return word("true" if value else "false", lang)
    told = show(value, type_name)
    return f"{told} {unit_text(unit, type_name, lang)}".rstrip() if type(value) is Fraction else told


_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 3}
_SIGN = {"-": "−", "*": "×", "/": "÷"}


def worked(tree: Expr, say: Callable[[Expr], str], level: int = 0) -> str:
    """The formula with each name replaced by its value: 60,000.00 − 24,000.00."""
    match tree:
        case Arith(op, left, right):
            own = _LEVEL[op]
            text = f"{worked(left, say, own)} {_SIGN.get(op, op)} {worked(right, say, own + (op in '-/'))}"
            return f"({text})" if own < level else text
        case Call(name, args):
            return f"{name}({', '.join(worked(arg, say) for arg in args)})"
        case ListOf(items):
            return "[" + ", ".join(worked(item, say) for item in items) + "]"
        case Neg(arg):
            return f"−{worked(arg, say, 3)}"
    return say(tree)


@dataclass(frozen=True, slots=True)
class _Cell:
    column: str
    label: Label
    text: str
    type: str
    unit: str
    value: Closure
    test: Closure
    sides: tuple[tuple[str, Closure, Closure, Closure], ...]  # op, value, limit, the comparison


@dataclass(frozen=True, slots=True)
class Limit:
    """A comparison: the names it reads, the value, what it is compared with, and the one less the other."""

    reads: frozenset[str]
    value: Closure
    limit: Closure
    margin: Expr


def _sides(part: Expr, choices: bool) -> list[tuple[Expr, Expr]]:
    """The two sides of a comparison that may be of figures; `choices`: also those between which a min or max chooses, and where an abs turns."""
    if isinstance(part, Compare | Match):
        plain = any(isinstance(side, Lit) and type(side.value) is not Fraction for side in (part.left, part.right))
        return [] if plain else [(part.left, part.right)]
    if choices and isinstance(part, Call) and part.name in ("min", "max"):
        return list(combinations(part.args, 2))
    if choices and isinstance(part, Call) and part.name == "abs":
        return [(part.args[0], Lit(Fraction(0)))]
    return []


class Explainer:
    """A model made ready to explain: every comparison of every cell as closures."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._make = Evaluator(model.functions(), strict=False)
        self._limits: dict[str, list[Limit]] = {}
        self._figures = {item.name: item.tree for item in model.figures}
        self._reads = {item.name: item.reads() for item in model.figures}
        self._types = {item.name: (item.type, item.unit, item.label) for item in model.inputs}
        self._given = {item.name for item in model.inputs}
        self._types |= {item.name: (item.type, item.unit, item.label) for item in model.figures}
        for name in model.standard_names:
            self._types[name] = (model.standard_type(name), "", Label(name, name))
        for decision in model.decisions:
            if len(decision.outputs) == 1:
                self._types[decision.name] = (decision.outputs[0].type, "", decision.label)
        self._parts = {(one.name, output.name): output.type for one in model.decisions for output in one.outputs}
        self.cells = {
            decision.name: [self._cells(decision, rule) for rule in decision.table.rules]
            for decision in model.decisions
            if decision.table
        }

    def _cells(self, decision: Decision, rule: Rule) -> tuple[_Cell, ...]:
        assert decision.table is not None
        found = []
        for column, cell in zip(decision.table.columns, rule.cells, strict=True):
            if cell.tree == Lit(True):
                continue
            kind, unit, label = self._described(column.tree, column.text)
            sides = tuple(
                (
                    part.op if isinstance(part, Compare) else "=",
                    self._make.closure(part.left),
                    self._make.closure(part.right),
                    self._make.closure(part),
                )
                for part in walk(cell.tree)
                if isinstance(part, Compare | Match)
            )
            value, test = self._make.closure(column.tree), self._make.closure(cell.tree)
            found.append(_Cell(column.text, label, cell.text, kind, unit, value, test, sides))
        return tuple(found)

    def _described(self, tree: Expr, text: str) -> tuple[str, str, Label]:
        if isinstance(tree, Name) and tree.name in self._types:
            return self._types[tree.name]
        kinds = {self._types[name][0] for name in names_in(tree) if name in self._types}
        return ("money" if "money" in kinds else "number", "", Label(text, text))

    def term(self, env: Mapping[str, Any]) -> Callable[[Expr], str]:
        def say(tree: Expr) -> str:
            if isinstance(tree, Name):
                kind = self._types.get(tree.name, ("any",))[0]
                return show(env.get(tree.name), kind)
            if isinstance(tree, Path):
                return show(self._make.closure(tree)(env), self._parts.get((names_in(tree)[0], tree.part), "any"))
            return show(tree.value, "any") if isinstance(tree, Lit) else "…"

        return say

    def limits(self, decision: Decision) -> list[Limit]:
        """Every comparison of the decision's cells, or of its formula, that may be of figures; also what a min, a max or an abs chooses between, in a
        formula and in the figures that are compared."""
        if decision.name not in self._limits:
            rules = decision.table.rules if decision.table else ()
            trees = [cell.tree for rule in rules for cell in rule.cells]
            sides = [pair for tree in trees for part in walk(tree) for pair in _sides(part, False)]
            read = resting_on((name for tree in trees for name in names_in(tree)), self._reads)
            figures = [self._figures[name] for name in read if name in self._figures]
            sides += [
                pair for tree in (*figures, decision.tree) if tree for part in walk(tree) for pair in _sides(part, True)
            ]
            self._limits[decision.name] = [
                Limit(
                    frozenset((*names_in(left), *names_in(right))),
                    self._make.closure(left),
                    self._make.closure(right),
                    Arith("-", left, right),
                )
                for left, right in sides
            ]
        return self._limits[decision.name]

    def straight(self, limit: Limit, name: str, others: Container[str]) -> bool:
        """Whether its margin is a quotient of two straight lines as a function of the input `name`; `others`: the decisions that rest on it."""
        degrees = self._degrees(limit.margin, name, others)
        return degrees is not None and max(degrees) <= 1

    def _degrees(self, tree: Expr, name: str, others: Container[str]) -> tuple[int, int] | None:
        """The degrees of numerator and denominator in `name`, at most; None where a min, a rounding or a decision bends it."""
        match tree:
            case Lit():
                return 0, 0
            case Name(read):
                if read in self._figures:
                    return self._degrees(self._figures[read], name, others)
                return None if read in others else (int(read == name), 0)
            case Neg(arg):
                return self._degrees(arg, name, others)
            case Arith(op, left, right):
                a, b = self._degrees(left, name, others), self._degrees(right, name, others)
                if a is None or b is None:
                    return None
                if op in "+-":
                    return max(a[0] + b[1], b[0] + a[1]), a[1] + b[1]
                return {"*": (a[0] + b[0], a[1] + b[1]), "/": (a[0] + b[1], a[1] + b[0])}.get(op)
        read_by = resting_on(names_in(tree), self._reads)
        return None if name in read_by or any(read in others for read in read_by) else (0, 0)

    def sheet(self, state: Decided) -> Explanation:
        env, model = state.env, self.model
        area = env.get(model.area_input)
        standards = []
        for name in model.standard_names:
            found = model.standard_on(name, area if isinstance(area, str) else None, state.as_of)
            standards.append((name, env.get(name), found.document if found else ""))
        say = self.term(env)
        return Explanation(
            model=model,
            as_of=state.as_of,
            inputs=tuple((item.name, item.label, item.type, item.unit, env.get(item.name)) for item in model.inputs),
            standards=tuple(standards),
            figures=tuple(
                FigureSheet(
                    item.name,
                    item.label,
                    item.type,
                    item.unit,
                    env.get(item.name),
                    item.text,
                    worked(item.tree, say),
                    tuple((name, env.get(name)) for name in names_in(item.tree)),
                    item.clause,
                )
                for item in model.order
                if isinstance(item, Figure)
            ),
            decisions=tuple(self._decision(decision, state, say) for decision in model.decisions),
            state=state,
        )

    def _decision(self, decision: Decision, state: Decided, say: Callable[[Expr], str]) -> DecisionSheet:
        outcome = state.outcomes[decision.name]
        outputs = tuple(
            (output.column, output.label, output.type, outcome.output(decision, output)) for output in decision.outputs
        )
        if decision.table is None:
            return DecisionSheet(
                decision, outcome, outputs, (), (), worked(decision.tree, say) if decision.tree else ""
            )
        clauses = {rule.id: rule.clause for rule in decision.table.rules}
        tried = tuple(
            self._tried(rule, cells, result, state.env)
            for rule, cells, result in zip(decision.table.rules, self.cells[decision.name], outcome.tried, strict=False)
        )
        return DecisionSheet(
            decision, outcome, outputs, tuple((rule, clauses[rule]) for rule in outcome.rules), tried, ""
        )

    def _tried(self, rule: Rule, cells: tuple[_Cell, ...], result: Any, env: Mapping[str, Any]) -> Tried:
        found = []
        for cell in cells:
            holds = cell.test(env)
            if result is not True and holds is True:
                continue
            comparisons = tuple(
                Comparison(op, value(env), limit(env), test(env)) for op, value, limit, test in cell.sides
            )
            own = cell.value(env)
            given = cell.column in self._given
            found.append(
                Tested(cell.column, cell.label, cell.text, holds, cell.type, cell.unit, own, comparisons, given)
            )
            if result is not True:
                break
        return Tried(rule.id, rule.clause, result, tuple(found))


@lru_cache(maxsize=64)
def explainer(decider: RowDecider) -> Explainer:
    """The explainer of a decider's policy, made once."""
    return Explainer(decider.model)
