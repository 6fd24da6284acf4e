"""What lies near a family's decision: what would follow on each side of a missing figure, and the smallest change of each figure
that would reach another result.

A limit's margin (value − limit), as a function of one figure, is a fraction of two straight lines as long as no min, max or
rounding bends it; three points give it and its zero exactly. Every answer is then tried by deciding the family with it, so
that what is said is so; the next cent (or the next whole one) on the near side has been tried too and gives another result.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any
from weakref import WeakKeyDictionary

from nuanxin.policy.explain import (
    NO_RESULT,
    Change,
    DecisionSheet,
    Explanation,
    Result,
    Side,
    explainer,
    named,
    result_of,
    say_value,
)
from nuanxin.policy.feel import Arith, Call, Compare, Expr, ListOf, Lit, Match, Name, names_in, resting_on, walk
from nuanxin.policy.model import Decision, Input, Label
from nuanxin.policy.rows import Both, Decided, Outcome, Reason, RowDecider
from nuanxin.policy.values import NUMERIC, UNKNOWN, number_text

CENT = Fraction(1, 100)
PROBES = tuple(Fraction(10) ** power for power in (0, 2, 4, 5, 6, 8))
MAX_CANDIDATES = 60
MAX_STARTS = 16
MAX_KNOWN = 5_000
MAX_TEXTS = 20
MAX_MEMBERS = 3
MISSING = ("needs", "unreadable", "not-allowed")  # the reasons that a figure would take away
OTHER = "\x1f"  # a text that no policy names


def with_nearby(sheet: Explanation, decider: RowDecider, changes: bool) -> Explanation:
    """The sheet with `sides` where a figure is missing and, when asked, `changes` where a decision was made."""
    near = Near(decider, sheet.state)
    done = tuple(near.complete(decision, changes) for decision in sheet.decisions)
    return replace(sheet, decisions=done)


def with_sides(decider: RowDecider, state: Decided) -> Decided:
    """The family with the problem of each decision that lacks one figure followed by what would follow on each side of it."""
    open_ones = [item for item in decider.model.decisions if state.outcomes[item.name].problem]
    missing = [item for item in decider.model.inputs if state.env.get(item.name) is UNKNOWN and not item.optional]
    if not open_ones or not missing:
        return state
    near = Near(decider, state)
    outcomes = dict(state.outcomes)
    for decision in open_ones:
        outcome = outcomes[decision.name]
        outcomes[decision.name] = replace(outcome, problem=(*outcome.problem, *_sides_of(near, decision)))
    return replace(state, outcomes=outcomes)


def _sides_of(near: "Near", decision: Decision) -> tuple[Reason, ...]:
    """The sentences. Families that are equal in all that the decision rests on are worked out once."""
    known = _known.setdefault(near.decider, {})
    env = near.state.env
    standards = near.decider.standards_of(decision)
    names = [*(item.name for item in near.decider.inputs(decision)), *standards]
    if any(env[name] is UNKNOWN for name in standards):
        names.append(near.decider.model.area_input)
    values = (env.get(name) for name in names)
    missing = tuple(code for code, _ in near.state.outcomes[decision.name].problem)
    key = (
        decision.name,
        near.state.as_of,
        missing,
        *(repr(value) if isinstance(value, list | dict) else value for value in values),
    )
    if key not in known:
        if len(known) >= MAX_KNOWN:
            known.clear()
        known[key] = tuple(side.reason() for side in near.sides(decision))
    return known[key]


_known: WeakKeyDictionary[RowDecider, dict[Any, tuple[Reason, ...]]] = WeakKeyDictionary()


class Ground:
    """What a decision rests on, as far as one input moves it: the same for every family, so it is looked over once."""

    def __init__(self, decider: RowDecider, decision: Decision, item: Input) -> None:
        self.item = item
        reached = decider.reached(item.name)
        self.others = reached & {one.name for one in decider.model.decisions}
        self.limits = [limit for limit in explainer(decider).limits(decision) if limit.reads & reached]
        self.whole = any(limit.reads & self.others for limit in self.limits)
        self.straight = all(explainer(decider).straight(one, item.name, self.others) for one in self.limits)
        self.trees = _trees(decider, decision)
        self.parts = [part for tree in self.trees for part in walk(tree)]

    @cached_property
    def constants(self) -> list[Any]:
        """The values of a truth or text input that the decision names."""
        if self.item.type == "boolean":
            return [True, False]
        if self.item.type != "string":
            return []
        named = [
            value.value
            for part in self.parts
            for this, other in _compared(part)
            if this == Name(self.item.name)
            for value in (other.items if isinstance(other, ListOf) else (other,))
            if isinstance(value, Lit) and isinstance(value.value, str)
        ]
        return list(dict.fromkeys(named))

    @cached_property
    def only_compared(self) -> bool:
        """Whether a text or a day is used in comparisons alone, a text in those with constants; else nobody knows where the result turns."""
        uses = asked = 0
        for part in self.parts:
            uses += part == Name(self.item.name)
            for this, other in _compared(part):
                plain = self.item.type == "date" or (
                    not (isinstance(part, Compare) and part.op not in ("=", "!="))
                    and all(isinstance(one, Lit) for one in (other.items if isinstance(other, ListOf) else (other,)))
                )
                asked += this == Name(self.item.name) and plain
        return uses == asked

    @cached_property
    def in_sight(self) -> bool:
        """Whether nothing the decision rests on turns again and again, as a remainder or a power does."""
        return not any(
            (isinstance(part, Call) and part.name == "modulo")
            or (isinstance(part, Arith) and part.op == "**" and names_in(part))
            for part in self.parts
        )

    @cached_property
    def members(self) -> list[str] | None:
        """The texts that a list is asked for; None where it is used in another way too."""
        found: list[str] = []
        for part in self.parts:
            match part:
                case Call("list contains", (Name(name), Lit(str() as value))) if name == self.item.name:
                    found.append(value)
        uses = sum(part == Name(self.item.name) for part in self.parts)
        return list(dict.fromkeys(found)) if len(found) == uses else None


def _trees(decider: RowDecider, decision: Decision) -> list[Expr]:
    """Everything that the decision's result rests on."""
    figures = {figure.name: figure.tree for figure in decider.model.figures}
    read = resting_on(decision.reads(), decider.reads)
    found = [figures[name] for name in read if name in figures]
    for one in decider.upstream(decision):
        found += [one.tree] if one.tree is not None else []
        for rule in one.table.rules if one.table else ():
            found += [*(cell.tree for cell in rule.cells), *rule.outputs]
    return found


_grounds: WeakKeyDictionary[RowDecider, dict[tuple[str, str], Ground]] = WeakKeyDictionary()


def ground(decider: RowDecider, decision: Decision, item: Input) -> Ground:
    known = _grounds.setdefault(decider, {})
    key = (decision.name, item.name)
    if key not in known:
        known[key] = Ground(decider, decision, item)
    return known[key]


@dataclass(slots=True)
class Near:
    """One family, and the same with one figure put in place of another."""

    decider: RowDecider
    state: Decided
    _tried: dict[tuple[str, Any], Decided] = field(default_factory=dict)
    _outcomes: dict[Any, Outcome] = field(default_factory=dict)
    _zeros: dict[tuple[str, str, Fraction], set[Fraction]] = field(default_factory=dict)
    _bent: set[tuple[str, str, Fraction]] = field(default_factory=set)

    def complete(self, sheet: DecisionSheet, changes: bool) -> DecisionSheet:
        if sheet.outcome.problem:
            return replace(sheet, sides=tuple(self.sides(sheet.decision)))
        wanted = changes and sheet.decision.table is not None and named(sheet.decision)
        return replace(sheet, changes=tuple(self.changes(sheet.decision))) if wanted else sheet

    def decided(self, item: Input, value: Any) -> Decided:
        """The family with `value` as expressions see it."""
        key = (item.name, tuple(value) if isinstance(value, list) else value)
        if key not in self._tried:
            self._tried[key] = self.decider.again(self.state, item.name, value, self._outcomes)
        return self._tried[key]

    def result(self, decision: Decision, item: Input, value: Any) -> Result | None:
        """What the decision would give; None where it would not be made."""
        return _result(decision, self.decided(item, value))

    # where a limit is met
    def zeros(self, decision: Decision, item: Input, start: Fraction) -> set[Fraction]:
        """Where the margins (value − limit) of the decision's limits, and of those it rests on, are zero, as far as three points from `start` on tell."""
        return {zero for one in self.decider.upstream(decision) for zero in self._own_zeros(one, item, start)}

    def _own_zeros(self, decision: Decision, item: Input, start: Fraction) -> set[Fraction]:
        key = (decision.name, item.name, start)
        if key not in self._zeros:
            about = ground(self.decider, decision, item)
            self._zeros[key] = set()
            if about.limits:
                # downwards from the top of the allowed values: what is not allowed has no margin
                way = next((way for way in (1, -1) if self._allowed_along(item, start, way)), 1)
                envs = [
                    self.decided(item, point).env if about.whole else self.decider.figures(self.state, item.name, point)
                    for point in (start, start + way, start + 2 * way)
                ]
                margins = [[_margin(one.value(env), one.limit(env)) for env in envs] for one in about.limits]
                self._zeros[key] = {start + way * step for found in margins if (step := _to_zero(*found)) is not None}
                if not about.straight or any(None in found for found in margins):
                    self._bent.add((decision.name, item.name, start))
        return self._zeros[key]

    def _allowed_along(self, item: Input, start: Fraction, way: int) -> bool:
        return all(self.decider.allowed(item.name, start + way * step) for step in (1, 2))

    def told(self, decision: Decision, item: Input, start: Fraction) -> bool:
        """Whether the zeros from `start` on are all there are."""
        return not any((one.name, item.name, start) in self._bent for one in self.decider.upstream(decision))

    def unit(self, item: Input) -> Fraction:
        """The step between the values that a person can have."""
        current = self.state.env.get(item.name)
        if item.type == "number" and (type(current) is not Fraction or current.denominator != 1):
            return Fraction(1, 10**4)
        return CENT if item.type == "money" else Fraction(1)

    def grid(self, item: Input, around: Iterable[Fraction]) -> set[Fraction]:
        """The values that a person can have, next to each of the points."""
        current = self.state.env.get(item.name)
        unit = self.unit(item)
        found = set()
        for point in around:
            below, exact = math.floor(point / unit), point % unit == 0
            found |= {(below + n) * unit for n in ((-1, 0, 1) if exact else (0, 1))}
        if type(current) is Fraction:  # a change that turns a figure below zero helps nobody, unless it is below zero
            lowest = Fraction(0) if current >= 0 else -abs(current) * 10
            found = {value for value in found if value >= lowest}
        return {value for value in found if self.decider.allowed(item.name, value)}

    # answers
    def changes(self, decision: Decision) -> list[Change]:
        """Per input and other result, the smallest change that reaches it."""
        now = _result(decision, self.state)
        found: list[Change] = []
        for item in self.decider.inputs(decision):
            value = self.state.env.get(item.name)
            if value is None or value is UNKNOWN:
                continue
            if item.type in NUMERIC:
                candidates: list[Any] = sorted(
                    self._candidates(decision, item, value), key=lambda new: (abs(new - value), new)
                )
            else:
                candidates = [new for new in ground(self.decider, decision, item).constants if new != value]
            reached: set[Result] = set()
            for new in candidates[:MAX_CANDIDATES]:
                result = self.result(decision, item, new)
                if result is None or result == now or result in reached:
                    continue
                reached.add(result)
                found.append(Change(decision.name, item.name, item.label, item.type, item.unit, value, new, result))
        return found

    def _candidates(self, decision: Decision, item: Input, value: Fraction) -> set[Fraction]:
        """The values next to each limit. Where something bends, its lines are others on the far side: they are looked at again from both sides
        of every point that was found, the nearest first."""
        zeros: set[Fraction] = set()
        looked: set[Fraction] = set()
        starts, lowest = [value], min(value, Fraction(0))
        while starts and len(looked) < MAX_STARTS:
            start = starts.pop(0)
            looked.add(start)
            found = self.zeros(decision, item, start) - zeros
            zeros |= found
            if not self.told(decision, item, start):
                beside = {Fraction(side) for zero in found for side in (math.floor(zero) + 1, math.ceil(zero) - 3)}
                beside = {one for one in beside if one >= lowest and self.decider.allowed(item.name, one)}
                starts = sorted({*starts, *beside} - looked, key=lambda point: (abs(point - value), point))
        return self.grid(item, zeros) - {value}

    def sides(self, decision: Decision) -> list[Side]:
        """What would follow for each side of the missing figure; one that says so where that cannot be told."""
        env, model = self.state.env, self.decider.model
        resting = {item.name for item in self.decider.inputs(decision)}
        if self.decider.standards_of(decision):
            resting.add(model.area_input)
        missing = [
            item
            for item in model.inputs
            if item.name in resting and env.get(item.name) is UNKNOWN and not item.optional
        ]
        about = any(code in MISSING for code, _ in self.state.outcomes[decision.name].problem)
        if not missing or not about:
            return []
        found = self._sides(decision, missing[0]) if len(missing) == 1 else None
        if found is not None:
            return found
        label = Label("、".join(item.label.zh for item in missing), ", ".join(item.label.en for item in missing))
        given = Label("补上", "is given") if len(missing) == 1 else Label("补齐", "are given")
        return [Side(", ".join(item.name for item in missing), label, given, NO_RESULT, (("cannot-follow", {}),))]

    def _sides(self, decision: Decision, item: Input) -> list[Side] | None:
        if item.type not in (*NUMERIC, "date"):
            values = self._values(decision, item)
            return (
                [
                    Side(item.name, item.label, label, *outcome)
                    for label, value in values
                    if (outcome := self._follows(decision, item, value)) is not None
                ]
                if values
                else None
            )
        about = ground(self.decider, decision, item)
        if not (about.only_compared if item.type == "date" else about.in_sight):
            return None
        step = dt.timedelta(1) if item.type == "date" else self.unit(item)
        spans: list[tuple[Any, tuple[Result, tuple[Reason, ...]] | None]] = []
        ends: list[Any] = []
        before: Any = None
        for point in self._days(decision, item) if item.type == "date" else self._points(decision, item):
            outcome = self._follows(decision, item, point)
            if not spans or spans[-1][1] != outcome:
                if spans and point - before > step and outcome is not None and spans[-1][1] is not None:
                    return None  # it changes somewhere in between, or with every cent
                ends += [before] if spans else []
                spans.append((point, outcome))
            before = point
        found = []
        for index, (start, outcome) in enumerate(spans):
            if outcome is None:
                continue
            low = (ends[index - 1], start) if index else None
            high = (ends[index], spans[index + 1][0]) if index < len(ends) else None
            found.append(Side(item.name, item.label, _span(item, low, high, step), *outcome))
        return found or None

    def _values(self, decision: Decision, item: Input) -> list[tuple[Label, Any]]:
        """What a text, a truth value or a list of texts may be, as far as it matters; nothing where that is not known, or too much to tell."""
        about = ground(self.decider, decision, item)
        if item.type == "list<string>":
            members = about.members
            if not members or len(members) > MAX_MEMBERS:
                return []
            return [
                (_held(members, held), [name for name, inside in zip(members, held, strict=True) if inside])
                for held in product((True, False), repeat=len(members))
            ]
        if not about.only_compared:
            return []
        values = about.constants
        if item.name == self.decider.model.area_input:
            areas = (one.area for one in self.decider.model.standards if one.area)
            values = list(dict.fromkeys((*values, *areas)))
        told = [
            (Label(say_value(value, item.type, "", "zh"), say_value(value, item.type, "", "en")), value)
            for value in values
        ]
        if item.type == "string" and self.decider.allowed(item.name, OTHER):
            told.append((Label("为其他", "is anything else"), OTHER))
        return told if len(told) <= MAX_TEXTS else []

    def _follows(self, decision: Decision, item: Input, value: Any) -> tuple[Result, tuple[Reason, ...]] | None:
        """The result, or why there would be none, were the missing figure `value`; None where it may not be that."""
        state = self.decided(item, value)
        if item.name in state.bad:
            return None
        problem = tuple(
            (code, {**values, "area": Both(zh="其他地区", en="another area")})
            if values.get("area") == OTHER
            else (code, values)
            for code, values in state.outcomes[decision.name].problem
        )
        return _result(decision, state) or NO_RESULT, problem

    def _points(self, decision: Decision, item: Input) -> list[Fraction]:
        """Figures on every side of every limit, rising."""
        zeros: set[Fraction] = set()
        for probe in PROBES:
            zeros |= self.zeros(decision, item, probe)
            if self.told(decision, item, probe):
                break
        ends = {one for one in (Fraction(0), PROBES[-1]) if self.decider.allowed(item.name, one)}
        return sorted(self.grid(item, zeros) | ends)

    def _days(self, decision: Decision, item: Input) -> list[dt.date]:
        """Days on every side of every day that the date is compared with, rising."""
        envs = [self.decider.figures(self.state, item.name, day) for day in (dt.date(2000, 1, 1), dt.date(2001, 1, 1))]
        limits = {
            first
            for one in self.decider.upstream(decision)
            for limit in explainer(self.decider).limits(one)
            if item.name in limit.reads
            for first, second in (tuple(side(env) for env in envs) for side in (limit.value, limit.limit))
            if type(first) is dt.date and first == second  # the side that is not the date itself
        }
        found = {day + dt.timedelta(n) for day in limits for n in (-1, 0, 1)} | {dt.date(1900, 1, 1)}
        return sorted(day for day in found if self.decider.allowed(item.name, day))


def _held(members: Sequence[str], held: Sequence[bool]) -> Label:
    """Which texts a list has and which it lacks."""
    zh = "、".join(f"{'有' if inside else '没有'}“{name}”" for name, inside in zip(members, held, strict=True))
    en = ", ".join(f"{'has' if inside else 'lacks'} “{name}”" for name, inside in zip(members, held, strict=True))
    return Label(zh, en)


def _margin(value: Any, limit: Any) -> Fraction | None:
    return value - limit if type(value) is Fraction and type(limit) is Fraction else None


def _to_zero(a: Fraction | None, b: Fraction | None, c: Fraction | None) -> Fraction | None:
    """How far from the first of three points, one apart, a quotient of two straight lines with these values is zero."""
    if a is None or b is None or c is None or a == b == c:
        return None
    bend = Fraction(0) if c == b else (2 * b - c - a) / (2 * (c - b))
    slope = b * (1 + bend) - a
    return -a / slope if slope else None


def _compared(part: Expr) -> tuple[tuple[Expr, Expr], ...]:
    """The two sides of a comparison, either way round."""
    return ((part.left, part.right), (part.right, part.left)) if isinstance(part, Compare | Match) else ()


def _span(item: Input, low: tuple[Any, Any] | None, high: tuple[Any, Any] | None, step: Any) -> Label:
    """A stretch of figures or days. `low`: the last value under it and its first, `high`: its last and the first above it; None where it has no end.

    Of the two values at an end the rounder one is said: the limit itself, not what lies `step` beside it.
    """

    def say(value: Any, lang: str) -> str:
        return say_value(value, item.type, item.unit, lang)

    def rounder(one: Any, other: Any) -> bool:
        fine = type(one) is Fraction and type(other) is Fraction and step < 1 and other - one == step
        return fine and len(number_text(one)) < len(number_text(other))

    day = item.type == "date"
    if low is None and high is None:
        return Label("无论多少", "whatever it is")
    if low is not None and high is not None and low[1] == high[0] and high[1] - high[0] == step:
        return Label(f"恰好 {say(low[1], 'zh')}", f"exactly {say(low[1], 'en')}")
    zh, en = "", ""
    if low is not None:
        over = rounder(*low)
        zh = f"高于 {say(low[0], 'zh')}" if over else say(low[1], "zh")
        en = f"above {say(low[0], 'en')}" if over else say(low[1], "en")
        if high is None:
            return (
                Label(zh, en)
                if over
                else Label(f"{zh} 及以{'后' if day else '上'}", f"{en} or {'later' if day else 'more'}")
            )
        zh, en = (f"{zh}、", f"{en} and ") if over else (f"{zh} 起、", f"from {en} to ")
    if high is not None and rounder(*high):
        return Label(
            f"{zh}不超过 {say(high[0], 'zh')}",
            f"{en}{'not above ' if not en or 'and' in en else ''}{say(high[0], 'en')}",
        )
    assert high is not None
    return Label(
        f"{zh}{'早于' if day else '低于'} {say(high[1], 'zh')}",
        f"{en}{'before' if day else 'below'} {say(high[1], 'en')}",
    )


def _result(decision: Decision, state: Decided) -> Result | None:
    """What the decision gives; None where it was not made."""
    outcome = state.outcomes[decision.name]
    return None if outcome.problem else result_of(decision, outcome)
