"""What lies near a family's decision: what would follow on each side of a missing figure, and the smallest change of each figure
that would reach another result.

A limit's margin (value − limit), as a function of one figure, is a fraction of two straight lines as long as no min, max or
rounding bends it; three points give it and its zero exactly. Every answer is then tried by deciding the family with it, so
that what is said is so; the next cent (or the next whole one) on the near side has been tried too and gives another result.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from nuanxin.policy.explain import Change, DecisionSheet, Explanation, Side, explainer, say_value
from nuanxin.policy.feel import Compare, Expr, Lit, Match, Name, walk
from nuanxin.policy.model import Decision, Input, Label
from nuanxin.policy.rows import Decided, RowDecider
from nuanxin.policy.values import NUMERIC, UNKNOWN

CENT = Fraction(1, 100)
PROBES = tuple(Fraction(10) ** power for power in (0, 2, 4, 5, 6, 8))
MAX_CANDIDATES = 60


def with_nearby(sheet: Explanation, decider: RowDecider, row: Mapping[str, Any], changes: bool) -> Explanation:
    """The sheet with `sides` where a figure is missing and, when asked, `changes` where a decision was made."""
    near = _Near(decider, row, sheet.state)
    done = tuple(near.complete(decision, changes) for decision in sheet.decisions)
    return replace(sheet, decisions=done)


@dataclass(slots=True)
class _Near:
    decider: RowDecider
    row: Mapping[str, Any]
    state: Decided

    def complete(self, sheet: DecisionSheet, changes: bool) -> DecisionSheet:
        if sheet.outcome.problem:
            return replace(sheet, sides=tuple(self.sides(sheet.decision)))
        named = any(output.type not in NUMERIC for output in sheet.decision.outputs)
        wanted = changes and sheet.decision.table is not None and named
        return replace(sheet, changes=tuple(self.changes(sheet.decision))) if wanted else sheet

    # deciding with one figure put in place of another
    def given(self, item: Input, value: Any) -> Any:
        """What the row must hold so that expressions see `value`."""
        return value / item.factor if type(value) is Fraction else value

    def decided(self, item: Input, value: Any) -> Decided:
        return self.decider.decide({**self.row, item.name: self.given(item, value)}, self.state.as_of)

    def result(self, decision: Decision, item: Input, value: Any) -> str | None:
        """The decision's result as text; None where there is none."""
        state = self.decided(item, value)
        return result_text(decision, state)

    def inputs(self, decision: Decision) -> list[Input]:
        """The inputs that the decision rests on, through figures and earlier decisions."""
        names: dict[str, None] = {}
        pending = list(decision.reads())
        earlier = {item.name: item for item in self.decider.model.decisions}
        while pending:
            for base in self.decider.bases(pending.pop(0)):
                if base in names:
                    continue
                names[base] = None
                if base in earlier:
                    pending += earlier[base].reads()
        return [item for item in self.decider.model.inputs if item.name in names]

    def upstream(self, decision: Decision) -> list[Decision]:
        """The decision and those it rests on."""
        found = {decision.name: decision}
        earlier = {item.name: item for item in self.decider.model.decisions}
        pending = [decision]
        while pending:
            for name in pending.pop().reads():
                for base in self.decider.bases(name):
                    if base in earlier and base not in found:
                        found[base] = earlier[base]
                        pending.append(earlier[base])
        return list(found.values())

    # where a limit is met
    def margins(self, decision: Decision, item: Input, value: Fraction) -> list[Fraction | None]:
        env = self.decided(item, value).env
        sheet = explainer(self.decider)
        return [margin for one in self.upstream(decision) for margin in sheet.margins(one.name, env)]

    def zeros(self, decision: Decision, item: Input, start: Fraction) -> set[Fraction]:
        """Where the margins of the decision's limits are zero, as far as three points from `start` on tell."""
        step = Fraction(1)
        found = set()
        for a, b, c in zip(*(self.margins(decision, item, start + step * n) for n in range(3)), strict=True):
            if a is None or b is None or c is None or a == b == c:
                continue
            bend = Fraction(0) if c == b else (2 * b - c - a) / (2 * (c - b))
            slope = b * (1 + bend) - a
            if slope:
                found.add(start - a / slope)
        return found

    def grid(self, item: Input, around: Iterable[Fraction]) -> set[Fraction]:
        """The values that a person can have, next to each of the points."""
        current = self.state.env.get(item.name)
        unit = CENT if item.type == "money" else Fraction(1)
        if item.type == "number" and type(current) is Fraction and current.denominator != 1:
            unit = Fraction(1, 10**4)
        found = set()
        for point in around:
            below = math.floor(point / unit)
            found |= {(below + n) * unit for n in (-1, 0, 1, 2)}
        lowest = Fraction(0) if type(current) is not Fraction or current >= 0 else -abs(current) * 10
        return {value for value in found if value >= lowest and self.decider.allowed(item.name, value)}

    def constants(self, item: Input, decision: Decision) -> list[Any]:
        """The other values of a truth or text input that the tables name."""
        if item.type == "boolean":
            return [True, False]
        if item.type != "string":
            return []
        trees: list[Expr] = [
            cell.tree for one in self.upstream(decision) if one.table for rule in one.table.rules for cell in rule.cells
        ]
        named = [
            other.value
            for tree in trees
            for part in walk(tree)
            if isinstance(part, Compare | Match)
            for this, other in ((part.left, part.right), (part.right, part.left))
            if this == Name(item.name) and isinstance(other, Lit) and isinstance(other.value, str)
        ]
        return list(dict.fromkeys(named))[:20]

    # answers
    def changes(self, decision: Decision) -> list[Change]:
        """Per input and other result, the smallest change that reaches it."""
        now = result_text(decision, self.state)
        found: list[Change] = []
        for item in self.inputs(decision):
            value = self.state.env.get(item.name)
            if value is None or value is UNKNOWN:
                continue
            if item.type in NUMERIC:
                candidates: list[Any] = sorted(
                    self._candidates(decision, item, value), key=lambda new: (abs(new - value), new)
                )
            else:
                candidates = [new for new in self.constants(item, decision) if new != value]
            reached: set[str] = set()
            for new in candidates[:MAX_CANDIDATES]:
                result = self.result(decision, item, new)
                if result is None or result == now or result in reached:
                    continue
                reached.add(result)
                found.append(Change(decision.name, item.name, item.label, item.type, item.unit, value, new, result))
        return found

    def _candidates(self, decision: Decision, item: Input, value: Fraction) -> set[Fraction]:
        zeros = self.zeros(decision, item, value)
        for zero in sorted(zeros, key=lambda point: abs(point - value))[:3]:  # beyond a bend, look again from there
            if zero > 0:
                zeros |= self.zeros(decision, item, Fraction(math.floor(zero)) + 1)
        return self.grid(item, zeros) - {value}

    def sides(self, decision: Decision) -> list[Side]:
        """What would follow for each side of the one missing figure; nothing where several are missing."""
        missing = [
            item for item in self.inputs(decision) if self.state.env.get(item.name) is UNKNOWN and not item.optional
        ]
        if len(missing) != 1 or decision.table is None:
            return []
        item = missing[0]
        if item.type not in NUMERIC:
            return [
                Side(
                    item.name,
                    item.label,
                    Label(say_value(value, item.type, "", "zh"), say_value(value, item.type, "", "en")),
                    result,
                )
                for value in self.constants(item, decision)
                if (result := self.result(decision, item, value)) is not None
            ]
        zeros: set[Fraction] = set()
        for probe in PROBES:
            zeros |= self.zeros(decision, item, probe)
        points = sorted(self.grid(item, {*zeros, Fraction(0), PROBES[-1]}))
        spans: list[tuple[Fraction, str | None]] = []
        for point in points:
            result = self.result(decision, item, point)
            if not spans or spans[-1][1] != result:
                spans.append((point, result))
        found = []
        for index, (start, result) in enumerate(spans):
            if result is None:
                continue
            after = spans[index + 1][0] if index + 1 < len(spans) else None
            found.append(Side(item.name, item.label, _span(item, start if index else None, after), result))
        return found


def _span(item: Input, start: Fraction | None, after: Fraction | None) -> Label:
    def say(value: Fraction, lang: str) -> str:
        return say_value(value, item.type, item.unit, lang)

    if start is None and after is None:
        return Label("无论多少", "whatever it is")
    if start is None and after is not None:
        return Label(f"低于 {say(after, 'zh')}", f"below {say(after, 'en')}")
    assert start is not None
    if after is None:
        return Label(f"{say(start, 'zh')} 及以上", f"{say(start, 'en')} or more")
    return Label(
        f"{say(start, 'zh')} 起、低于 {say(after, 'zh')}", f"from {say(start, 'en')} to below {say(after, 'en')}"
    )


def result_text(decision: Decision, state: Decided) -> str | None:
    """The values of a decision in one text, of amounts the rule that gives them; None where it was not made."""
    outcome = state.outcomes[decision.name]
    if outcome.problem:
        return None
    if all(output.type in NUMERIC for output in decision.outputs):
        return "+".join(outcome.rules)
    shown = [
        (f"{output.label.zh} " if len(decision.outputs) > 1 else "")
        + say_value(outcome.output(decision, output), output.type, "", "zh")
        for output in decision.outputs
    ]
    return "，".join(shown)
