"""Exact satisfiability of rule conditions: linear arithmetic over the rationals, finite choices, and the conditions built of them.

`Search.find` looks for a point where some conditions hold and none of some others does, by Fourier–Motzkin elimination on exact fractions. It
returns a point, None (proved: there is none), or raises `Undecided` where the work grows beyond its budget.
"""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MAX_CONSTRAINTS = 1500
MAX_NODES = 4000


class Undecided(Exception):
    """The search was given up: neither a point nor a proof."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Σ coefficient · variable + constant < 0 (strict) or ≤ 0. Terms are sorted by variable."""

    terms: tuple[tuple[str, Fraction], ...]
    constant: Fraction
    strict: bool

    def holds(self, point: Mapping[str, Any]) -> bool:
        value = self.constant + sum((factor * point[name] for name, factor in self.terms), Fraction(0))
        return value < 0 if self.strict else value <= 0

    def negated(self) -> "Linear":
        return Linear(tuple((name, -factor) for name, factor in self.terms), -self.constant, not self.strict)


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable is (or is not) one of the values. Values are texts, truth values, or names of unread conditions."""

    name: str
    values: frozenset[Any]
    positive: bool = True

    def holds(self, point: Mapping[str, Any]) -> bool:
        return (point[self.name] in self.values) is self.positive

    def negated(self) -> "Choice":
        return Choice(self.name, self.values, not self.positive)


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Formula", ...]


Formula = Linear | Choice | All | Some
TRUE = All(())
FALSE = Some(())


def negate(formula: Formula) -> Formula:
    if isinstance(formula, All):
        return Some(tuple(negate(part) for part in formula.parts))
    if isinstance(formula, Some):
        return All(tuple(negate(part) for part in formula.parts))
    return formula.negated()


def holds(formula: Formula, point: Mapping[str, Any]) -> bool:
    if isinstance(formula, All):
        return all(holds(part, point) for part in formula.parts)
    if isinstance(formula, Some):
        return any(holds(part, point) for part in formula.parts)
    return formula.holds(point)


def variables(formula: Formula) -> set[str]:
    if isinstance(formula, All | Some):
        return set().union(*(variables(part) for part in formula.parts)) if formula.parts else set()
    return {name for name, _ in formula.terms} if isinstance(formula, Linear) else {formula.name}


def _scaled(terms: dict[str, Fraction], constant: Fraction, strict: bool) -> Linear:
    """The constraint with its first coefficient ±1, so that equal constraints look equal."""
    kept = sorted((name, factor) for name, factor in terms.items() if factor)
    size = abs(kept[0][1]) if kept else Fraction(1)
    return Linear(tuple((name, factor / size) for name, factor in kept), constant / size, strict)


@dataclass(slots=True)
class Search:
    """The variables' domains: `units` gives numeric ones that have whole multiples of a unit only; `domains` the finite ones.

    A finite variable may also have a value that no condition names ("other") when its domain is open (None).
    """

    units: Mapping[str, Fraction]
    domains: Mapping[str, tuple[Any, ...] | None]
    nodes: int = 0

    def find(self, wanted: Iterable[Formula]) -> dict[str, Any] | None:
        """A point where every formula holds."""
        self.nodes = 0
        formulas = list(wanted)
        names = set().union(set(), *(variables(formula) for formula in formulas))
        return self._find(formulas, [], [], names)

    def _find(
        self, formulas: list[Formula], facts: list[Linear | Choice], splits: list[Some], names: set[str]
    ) -> dict[str, Any] | None:
        """`splits`: what is asked beside the facts and the new formulas, of each of which one part must hold."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Undecided
        facts, splits = list(facts), list(splits)
        pending = list(formulas)
        while pending:
            formula = pending.pop()
            if isinstance(formula, All):
                pending += formula.parts
            elif isinstance(formula, Some):
                splits.append(formula)
            else:
                facts.append(formula)
        point = self._solve(facts, names)
        if point is None:
            return None
        for index, split in enumerate(splits):
            if not holds(split, point):
                return self._branch(split.parts, facts, [*splits[:index], *splits[index + 1 :]], names)
        return point

    def _branch(
        self, parts: tuple[Formula, ...], facts: list[Linear | Choice], splits: list[Some], names: set[str]
    ) -> dict[str, Any] | None:
        """Tries the parts in turn; a later part is tried where the earlier ones fail, so that no region is searched twice.

        A part that is given up does not hide a point of another one.
        """
        before: list[Formula] = []
        undecided: Undecided | None = None
        for part in parts:
            try:
                found = self._find([*before, part], facts, splits, names)
            except Undecided as error:
                if self.nodes > MAX_NODES:
                    raise
                found, undecided = None, error
            if found is not None:
                return found
            before.append(negate(part))
        if undecided is not None:
            raise undecided
        return None

    # a conjunction of facts
    def _solve(self, facts: list[Linear | Choice], names: set[str]) -> dict[str, Any] | None:
        point: dict[str, Any] = {}
        chosen: dict[str, list[Choice]] = {}
        linear: list[Linear] = []
        for fact in facts:
            if isinstance(fact, Choice):
                chosen.setdefault(fact.name, []).append(fact)
            else:
                linear.append(fact)
        for name in names:
            if name in self.domains:
                chosen.setdefault(name, [])
        for name, choices in chosen.items():
            value = self._value(name, choices)
            if value is None:
                return None
            point[name] = value[0]
        numbers = self._numbers(linear)
        if numbers is None:
            return None
        point |= numbers
        for name in names:
            point.setdefault(name, Fraction(0))
        return point

    def _value(self, name: str, choices: list[Choice]) -> tuple[Any] | None:
        domain = self.domains.get(name)
        positive = [choice.values for choice in choices if choice.positive]
        excluded = frozenset().union(*(choice.values for choice in choices if not choice.positive))
        if positive:
            candidates = sorted(frozenset.intersection(*positive) - excluded, key=str)
            candidates = [value for value in candidates if domain is None or value in domain]
        elif domain is not None:
            candidates = [value for value in domain if value not in excluded]
        else:
            candidates = [next(f"other{n or ''}" for n in itertools.count() if f"other{n or ''}" not in excluded)]
        return (candidates[0],) if candidates else None

    def _tight(self, fact: Linear) -> Linear:
        """A constraint on whole multiples of units alone, moved to the nearest sum that they can make."""
        if not fact.terms or any(name not in self.units for name, _ in fact.terms):
            return fact
        if len(fact.terms) == 1:
            ((name, factor),) = fact.terms
            unit = self.units[name]
            bound = -fact.constant / factor / unit
            if factor > 0:  # name ≤ bound
                whole = math.ceil(bound) - 1 if fact.strict else math.floor(bound)
                return Linear(((name, Fraction(1)),), -whole * unit, False)
            whole = math.floor(bound) + 1 if fact.strict else math.ceil(bound)
            return Linear(((name, Fraction(-1)),), whole * unit, False)
        steps = [factor * self.units[name] for name, factor in fact.terms]
        step = Fraction(
            math.gcd(*(item.numerator for item in steps)), math.lcm(*(item.denominator for item in steps))
        )  # every sum is a multiple of it, since reduced fractions have no smaller common measure
        bound = -fact.constant / step
        whole = math.ceil(bound) - 1 if fact.strict else math.floor(bound)
        return _scaled(dict(fact.terms), -whole * step, False)

    def _numbers(self, facts: list[Linear]) -> dict[str, Fraction] | None:
        """Fourier–Motzkin: eliminates one variable after another, then chooses values backwards."""
        system = {self._tight(_scaled(dict(fact.terms), fact.constant, fact.strict)) for fact in facts}
        eliminated: list[tuple[str, list[Linear]]] = []
        while True:
            for fact in system:
                if not fact.terms and not fact.holds({}):
                    return None
            system = {fact for fact in system if fact.terms}
            if not system:
                break
            name = self._next(system)
            mine = [fact for fact in system if any(term == name for term, _ in fact.terms)]
            system = {fact for fact in system if fact not in set(mine)}
            eliminated.append((name, mine))
            upper = [fact for fact in mine if dict(fact.terms)[name] > 0]
            lower = [fact for fact in mine if dict(fact.terms)[name] < 0]
            if len(upper) * len(lower) + len(system) > MAX_CONSTRAINTS:
                raise Undecided
            for high in upper:
                for low in lower:
                    system.add(self._tight(_joined(high, low, name)))
        point: dict[str, Fraction] = {}
        for name, mine in reversed(eliminated):
            value = self._between(name, mine, point)
            if value is None:
                raise Undecided  # there is a real value but no multiple of the unit here: other points may have one
            point[name] = value
        return point

    @staticmethod
    def _next(system: set[Linear]) -> str:
        """The variable whose elimination adds fewest constraints."""
        counts: dict[str, list[int]] = {}
        for fact in system:
            for name, factor in fact.terms:
                counts.setdefault(name, [0, 0])[factor > 0] += 1
        return min(sorted(counts), key=lambda name: counts[name][0] * counts[name][1] - sum(counts[name]))

    def _between(self, name: str, mine: list[Linear], point: dict[str, Fraction]) -> Fraction | None:
        low: Fraction | None = None
        high: Fraction | None = None
        low_open = high_open = False
        for fact in mine:
            terms = dict(fact.terms)
            factor = terms.pop(name)
            bound = (
                -(fact.constant + sum((c * point.setdefault(n, Fraction(0)) for n, c in terms.items()), Fraction(0)))
                / factor
            )
            if factor > 0 and (high is None or bound < high or (bound == high and fact.strict)):
                high, high_open = bound, fact.strict
            if factor < 0 and (low is None or bound > low or (bound == low and fact.strict)):
                low, low_open = bound, fact.strict
        unit = self.units.get(name)
        if unit:
            value = Fraction(0)
            if low is not None:
                value = max(value, (math.floor(low / unit) + 1 if low_open else math.ceil(low / unit)) * unit)
            if high is not None:
                value = min(value, (math.ceil(high / unit) - 1 if high_open else math.floor(high / unit)) * unit)
            below = low is not None and (value < low or (low_open and value == low))
            return None if below else value
        if low is None and high is None:
            return Fraction(0)
        if low is None:
            assert high is not None
            return min(Fraction(0), high) if not high_open else Fraction(0) if high > 0 else high - 1
        if high is None:
            return low if not low_open else low + 1
        return low if not low_open else (low + high) / 2


def _joined(high: Linear, low: Linear, name: str) -> Linear:
    """The constraint that follows from an upper and a lower bound on `name`, without it."""
    a, b = dict(high.terms)[name], -dict(low.terms)[name]
    terms: dict[str, Fraction] = {}
    for factor, fact in ((b, high), (a, low)):
        for term, coefficient in fact.terms:
            terms[term] = terms.get(term, Fraction(0)) + factor * coefficient
    terms.pop(name)
    return _scaled(terms, b * high.constant + a * low.constant, high.strict or low.strict)
