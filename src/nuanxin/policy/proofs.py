"""What can be proved of a table's rules: that they never overlap, leave no gap, or that one can never apply.

Conditions are turned into exact linear arithmetic (`logic`): either a family is found that shows the fault, or it is proved that there is none. Where
a condition is not linear (a quotient by the head count times a standard), the figures that make it so are tried at several values; where that
shows nothing and proves nothing, the answer is open. `check` tells people, the engine leaves out tests that cannot fail.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nuanxin.policy.evaluate import Evaluator
from nuanxin.policy.feel import (
    SUBJECT,
    Arith,
    Call,
    Compare,
    Expr,
    ListOf,
    Lit,
    Logic,
    Match,
    Name,
    Neg,
    Not,
    Path,
    names_in,
    substitute,
    walk,
)
from nuanxin.policy.logic import FALSE, TRUE, All, Choice, Formula, Linear, Search, Some, Undecided, negate, variables
from nuanxin.policy.model import Model, Rule, Table
from nuanxin.policy.values import NUMERIC, number_text, show

OPAQUE = "§"  # marks a variable that stands for something the reading does not look into
MAX_FIXINGS = 12
MAX_VALUES = 8  # of a standard; more are taken as a range
MAX_PROVED_RULES = 60
MAX_PROVED_PAIRS = 2000
CENT = Fraction(1, 100)


# kinds of expressions -------------------------------------------------------------------------------------------------


class Kinds:
    """The kinds of expressions as far as declarations tell; "" where they do not."""

    def __init__(self, model: Model) -> None:
        self.kinds: dict[str, str] = dict.fromkeys(model.standard_names, "number")
        self.kinds |= {item.name: self._kind(item.type) for item in model.inputs}
        self.kinds |= {item.name: self._kind(item.type) for item in model.figures}
        for decision in model.decisions:
            for output in decision.outputs:
                name = decision.name if decision.single else f"{decision.name}.{output.name}"
                self.kinds[name] = (
                    "" if decision.many and decision.table and decision.table.hit in "ROC" else self._kind(output.type)
                )

    @staticmethod
    def _kind(type_name: str) -> str:
        return "number" if type_name in NUMERIC else type_name if type_name in ("string", "boolean", "date") else ""

    def of(self, tree: Expr) -> str:
        match tree:
            case Lit(bool()) | Compare(_, _, _) | Match(_, _) | Logic(_, _) | Not(_):
                return "boolean"
            case Lit(value):
                return "number" if isinstance(value, Fraction) else "string" if isinstance(value, str) else ""
            case Name(name):
                return self.kinds.get(name, "")
            case Path(Name(base), part):
                return self.kinds.get(f"{base}.{part}", "")
            case Arith(_, left, right):
                both = {self.of(left), self.of(right)}
                return both.pop() if len(both) == 1 else ""
            case Call("date", _):
                return "date"
            case Call("min" | "max" | "sum" | "abs" | "floor" | "ceiling" | "round half up", _) | Neg(_):
                return "number"
        return ""

    def clashes(self, tree: Expr) -> Iterator[tuple[str, str]]:
        """Pairs of kinds that a comparison or a sum sets against each other."""
        for part in walk(tree):
            if isinstance(part, Compare | Match | Arith):
                left, right = self.of(part.left), self.of(part.right)
                if left and right and left != right and not isinstance(part.right, ListOf):
                    yield left, right


# conditions → logic --------------------------------------------------------------------------------------------------


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


class _NotLinear(Exception):
    """The expression is no sum of figures."""


class Reading:
    """Reads conditions of one model as logic; `fixed` gives figures a value so that products with them become linear."""

    def __init__(self, model: Model, fixed: dict[str, Fraction] | None = None) -> None:
        self.model, self.fixed = model, fixed or {}
        self._figures = {item.name: item.tree for item in self.model.figures}
        self._kinds = Kinds(self.model)
        self._evaluator = Evaluator(self.model.functions(), strict=True)
        self._functions = self.model.functions()
        self._cache: dict[str, tuple[dict[str, Fraction], Fraction]] = {}

    def search(self, cents: bool) -> Search:
        """`cents`: amounts have whole cents only, as an officer means it; a table may hold others."""
        units: dict[str, Fraction] = {}
        domains: dict[str, tuple[Any, ...] | None] = {}
        for item in self.model.inputs:
            if item.type in ("integer", "date"):
                units[item.name] = Fraction(1)
            elif item.type == "money":
                if cents:
                    units[item.name] = CENT
            elif item.type == "boolean":
                domains[item.name] = (True, False)
            elif item.type == "string":
                domains[item.name] = None
        for decision in self.model.decisions:
            for index, output in enumerate(decision.outputs):
                name = decision.name if decision.single else f"{decision.name}.{output.name}"
                if decision.table is not None and output.type not in NUMERIC:
                    trees = [rule.outputs[index] for rule in decision.table.rules]
                    values = [tree.value if isinstance(tree, Lit) else None for tree in trees]
                    default = [output.default.value] if isinstance(output.default, Lit) else []
                    known = all(isinstance(tree, Lit) for tree in trees)
                    domains[name] = tuple(dict.fromkeys([*values, *default])) if known else None
        return Search(units, _Domains(domains))

    def background(self) -> list[Formula]:
        """What always holds: inputs are allowed values, standards are one of their values."""
        found: list[Formula] = []
        for item in self.model.inputs:
            if item.allowed is not None:
                found.append(self.formula(substitute(item.allowed, {SUBJECT.name: Name(item.name)})))
        for name in self.model.standard_names:
            values = {standard.value for standard in self.model.standards if standard.name == name}
            if name not in self.fixed and len(values) > MAX_VALUES:
                low, high = min(values), max(values)
                found += [_less({name: Fraction(-1)}, low, False), _less({name: Fraction(1)}, -high, False)]
            elif name not in self.fixed:
                found.append(Some(tuple(_equal({name: Fraction(1)}, -value) for value in sorted(values))))
        return found

    def linear(self, tree: Expr) -> tuple[dict[str, Fraction], Fraction]:
        """An expression as Σ factor · variable + constant. Raises _NotLinear."""
        if not names_in(tree):
            value = self._evaluator.closure(tree)({})
            if type(value) is Fraction:
                return {}, value
            if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
                return {}, Fraction(value.toordinal())
            raise _NotLinear
        match tree:
            case Name(name):
                return self._name(name)
            case Path(Name(base), part) if self._kinds.kinds.get(f"{base}.{part}") == "number":
                return {f"{base}.{part}": Fraction(1)}, Fraction(0)
            case Neg(arg):
                return _times(self.linear(arg), Fraction(-1))
            case Arith("+", left, right):
                return _plus(self.linear(left), self.linear(right))
            case Arith("-", left, right):
                return _plus(self.linear(left), _times(self.linear(right), Fraction(-1)))
            case Arith("*", left, right):
                a, b = self.linear(left), self.linear(right)
                if not b[0]:
                    return _times(a, b[1])
                if not a[0]:
                    return _times(b, a[1])
            case Arith("/", left, right):
                a, b = self.linear(left), self.linear(right)
                if not b[0] and b[1]:
                    return _times(a, 1 / b[1])
            case Call("sum", args) if all(not isinstance(arg, ListOf) for arg in args):
                total: tuple[dict[str, Fraction], Fraction] = ({}, Fraction(0))
                for arg in args:
                    total = _plus(total, self.linear(arg))
                return total
            case Call(name, args) if name in self._functions and len(self._functions[name][0]) == len(args):
                parameters, body = self._functions[name]
                return self.linear(substitute(body, dict(zip(parameters, args, strict=True))))
        raise _NotLinear

    def _name(self, name: str) -> tuple[dict[str, Fraction], Fraction]:
        if name in self.fixed:
            return {}, self.fixed[name]
        if name in self._figures:
            if name not in self._cache:
                try:
                    self._cache[name] = self.linear(self._figures[name])
                except _NotLinear:
                    self._cache[name] = {OPAQUE + name: Fraction(1)}, Fraction(0)
            return self._cache[name]
        if self._kinds.kinds.get(name) in ("number", "date"):
            return {name: Fraction(1)}, Fraction(0)
        raise _NotLinear

    def formula(self, tree: Expr) -> Formula:
        match tree:
            case Lit(value):
                return TRUE if value is True else FALSE
            case Logic("and", args):
                return All(tuple(map(self.formula, args)))
            case Logic("or", args):
                return Some(tuple(map(self.formula, args)))
            case Not(arg):
                return negate(self.formula(arg))
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Match(left, right):
                return self._compare("=", left, right)
            case Name(name) if self._kinds.kinds.get(name) == "boolean":
                return Choice(name, frozenset([True]))
        return self._unread(tree)

    def _unread(self, tree: Expr) -> Formula:
        return Choice(f"{OPAQUE}?{tree!r}", frozenset([True]))

    def _compare(self, op: str, left: Expr, right: Expr) -> Formula:
        kind = self._kinds.of(left) or self._kinds.of(right)
        variable, value = (left, right) if isinstance(right, Lit) else (right, left)
        if kind in ("string", "boolean") and op in ("=", "!=") and isinstance(value, Lit) and value.value is not None:
            name = variable.name if isinstance(variable, Name) else _path_name(variable)
            if name:
                return Choice(name, frozenset([value.value]), op == "=")
        for call, other, sign in ((right, left, op), (left, right, _MIRRORED[op])):
            # against a max or min: against each of its arguments
            if isinstance(call, Call) and call.name in ("min", "max") and sign not in ("=", "!="):
                parts = tuple(self._compare(sign, other, arg) for arg in call.args)
                return All(parts) if (call.name == "max") == (sign in (">", ">=")) else Some(parts)
        try:
            terms, constant = _plus(self.linear(left), _times(self.linear(right), Fraction(-1)))
        except _NotLinear:
            return self._unread(Compare(op, left, right))
        if op in ("<", "<="):
            return _less(terms, constant, op == "<")
        if op in (">", ">="):
            return _less({name: -factor for name, factor in terms.items()}, -constant, op == ">")
        equal = _equal(terms, constant)
        return equal if op == "=" else negate(equal)

    def rule(self, rule: Rule) -> Formula:
        return All(tuple(self.formula(cell.tree) for cell in rule.cells if cell.tree != Lit(True)))


class _Domains(dict[str, "tuple[Any, ...] | None"]):
    """Unread conditions are true or false."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and name.startswith(OPAQUE + "?"))

    def get(self, name: str, default: Any = None) -> Any:
        if super().__contains__(name):
            return self[name]
        return (True, False) if name.startswith(OPAQUE) else default


def _path_name(tree: Expr) -> str:
    return f"{tree.base.name}.{tree.part}" if isinstance(tree, Path) and isinstance(tree.base, Name) else ""


def _plus(
    a: tuple[dict[str, Fraction], Fraction], b: tuple[dict[str, Fraction], Fraction]
) -> tuple[dict[str, Fraction], Fraction]:
    terms = dict(a[0])
    for name, factor in b[0].items():
        terms[name] = terms.get(name, Fraction(0)) + factor
    return {name: factor for name, factor in terms.items() if factor}, a[1] + b[1]


def _times(a: tuple[dict[str, Fraction], Fraction], by: Fraction) -> tuple[dict[str, Fraction], Fraction]:
    return {name: factor * by for name, factor in a[0].items() if by}, a[1] * by


def _less(terms: dict[str, Fraction], constant: Fraction, strict: bool) -> Formula:
    if not terms:
        return TRUE if (constant < 0 if strict else constant <= 0) else FALSE
    return Linear(tuple(sorted(terms.items())), constant, strict)


def _equal(terms: dict[str, Fraction], constant: Fraction) -> Formula:
    return All(
        (_less(terms, constant, False), _less({name: -factor for name, factor in terms.items()}, -constant, False))
    )


# overlaps, gaps, rules out of reach ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """`point`: a family that shows it; `proved`: that there is none."""

    point: dict[str, Any] | None = None
    proved: bool = False


class Prover:
    """Asks one question of a table's rules in every reading that may answer it."""

    def __init__(self, model: Model, table: Table, cents: bool = True) -> None:
        self.model, self.table, self.cents = model, table, cents
        self.plain = Reading(model)
        self.rules = [self.plain.rule(rule) for rule in table.rules]
        self.background = self.plain.background()
        self.search = self.plain.search(cents)
        self._others: list[tuple[Reading, list[Formula], list[Formula]]] | None = None

    def others(self) -> list[tuple[Reading, list[Formula], list[Formula]]]:
        """The readings with the awkward figures fixed."""
        if self._others is None:
            self._others = []
            for fixed in fixings(self.model, self.table):
                reading = Reading(self.model, fixed)
                self._others.append((reading, [reading.rule(rule) for rule in self.table.rules], reading.background()))
        return self._others

    def ask(self, wanted: Iterable[int], unwanted: Iterable[int]) -> Answer:
        wanted, unwanted = list(wanted), list(unwanted)
        try:
            point = self.search.find(
                [*self.background, *(self.rules[i] for i in wanted)], [self.rules[i] for i in unwanted]
            )
        except Undecided:
            return Answer()
        if point is None:
            return Answer(proved=True)
        if not any(name.startswith(OPAQUE) for name in point):
            return Answer(point)
        for reading, rules, background in self.others():
            try:
                point = reading.search(self.cents).find(
                    [*background, *(rules[i] for i in wanted)], [rules[i] for i in unwanted]
                )
            except Undecided:
                continue
            if point is not None and not any(name.startswith(OPAQUE) for name in point):
                return Answer({**point, **reading.fixed})
        return Answer()

    def example(self, point: dict[str, Any]) -> str:
        """A point as a person reads it: the figures that the conditions speak of."""
        used = {name for rule in self.table.rules for name in rule.reads()}
        bases = set(used)
        figures = {item.name: item for item in self.model.figures}
        pending = [name for name in used if name in figures]
        while pending:
            for name in names_in(figures[pending.pop()].tree):
                bases.add(name)
                if name in figures:
                    pending.append(name)
        types = {item.name: item.type for item in self.model.inputs} | {
            name: self.model.standard_type(name) for name in self.model.standard_names
        }
        shown = [
            f"{name} = {_shown(value, types.get(name, 'any'))}"
            for name, value in sorted(point.items())
            if name in bases or name.partition(".")[0] in bases
        ]
        return ", ".join(shown) or "—"


def _shown(value: Any, type_name: str) -> str:
    if type_name == "date" and isinstance(value, Fraction):
        return dt.date.fromordinal(min(max(int(value), 1), dt.date.max.toordinal())).isoformat()
    if isinstance(value, Fraction):
        return show(value, "money") if type_name == "money" else number_text(value)
    return show(value) if isinstance(value, bool) else f'"{value}"'


def fixings(model: Model, table: Table) -> list[dict[str, Fraction]]:
    """Values to try for the figures that divide, or are multiplied with another figure."""
    figures = {item.name: item.tree for item in model.figures}
    standards = {
        name: sorted({standard.value for standard in model.standards if standard.name == name})
        for name in model.standard_names
    }
    integers = {item.name for item in model.inputs if item.type == "integer"}
    awkward: dict[str, None] = {}

    def bases(tree: Expr) -> list[str]:
        return [base for name in names_in(tree) for base in (bases(figures[name]) if name in figures else [name])]

    def look(tree: Expr) -> None:
        for part in walk(tree):
            if isinstance(part, Name) and part.name in figures:
                look(figures[part.name])
            elif isinstance(part, Arith) and part.op == "/":
                awkward.update(dict.fromkeys(bases(part.right)))
            elif isinstance(part, Arith) and part.op == "*" and bases(part.left) and bases(part.right):
                left, right = bases(part.left), bases(part.right)
                simple = min(
                    (left, right),
                    key=lambda names: sum(name not in standards and name not in integers for name in names),
                )
                awkward.update(dict.fromkeys(simple))

    for rule in table.rules:
        for cell in rule.cells:
            look(cell.tree)
    choices: list[list[tuple[str, Fraction]]] = []
    for name in awkward:
        values = standards.get(name, [Fraction(n) for n in (1, 2, 3)])
        choices.append([(name, value) for value in dict.fromkeys([values[0], values[-1], *values[1:2]])])
    return [dict(chosen) for chosen in itertools.islice(itertools.product(*choices), MAX_FIXINGS)] if choices else []


def proofs(model: Model, bases: Callable[[str], tuple[str, ...]]) -> dict[str, tuple[bool, bool]]:
    """By decision with a table: its rules are proved never to overlap; they are proved to leave no gap.

    Nothing is proved where an input may be left out, since then every comparison with it is false.
    """
    optional = {item.name for item in model.inputs if item.optional}
    found = {}
    for decision in model.decisions:
        table = decision.table
        if table is None or table.hit not in ("U", "A", "F", "P"):
            continue
        if optional & {base for name in decision.reads() for base in bases(name)}:
            continue
        prover = Prover(model, table, cents=False)
        both = list(itertools.islice(pairs(prover, table), MAX_PROVED_PAIRS + 1)) if table.hit in ("U", "A") else []
        apart = (
            table.hit in ("U", "A")
            and len(both) <= MAX_PROVED_PAIRS
            and all(prover.ask(pair, []).proved for pair in both)
        )
        covered = len(table.rules) <= MAX_PROVED_RULES and prover.ask([], range(len(table.rules))).proved
        found[decision.name] = (apart, covered)
    return found


def pairs(prover: Prover, table: Table) -> Iterator[tuple[int, int]]:
    """Pairs of rules that are not plainly apart by a text or a truth value."""
    wanted: list[dict[str, frozenset[Any]]] = []
    for formula in prover.rules:
        sets: dict[str, frozenset[Any]] = {}
        for part in formula.parts if isinstance(formula, All) else ():
            for name, values in _choice(part):
                sets[name] = sets[name] & values if name in sets else values
        wanted.append(sets)
    names = {name for sets in wanted for name in sets}
    key = max(sorted(names), key=lambda name: len({sets.get(name) for sets in wanted}), default=None)
    buckets: dict[Any, list[int]] = {}
    anywhere: list[int] = []
    for index, sets in enumerate(wanted):
        if key is None or key not in sets:
            anywhere.append(index)
        else:
            for value in sets[key]:
                buckets.setdefault(value, []).append(index)
    found = set(itertools.combinations(anywhere, 2))
    for bucket in buckets.values():
        found |= {(min(a, b), max(a, b)) for a, b in itertools.combinations(bucket, 2)}
        found |= {(min(a, b), max(a, b)) for a in bucket for b in anywhere}
    for a, b in sorted(found):
        if all(wanted[a][name] & wanted[b][name] for name in wanted[a].keys() & wanted[b].keys()):
            yield a, b


def _choice(formula: Formula) -> list[tuple[str, frozenset[Any]]]:
    """The values that a condition asks of one variable."""
    if isinstance(formula, Choice) and formula.positive:
        return [(formula.name, formula.values)]
    if isinstance(formula, Some) and len(variables(formula)) == 1:
        parts = [part for part in formula.parts if isinstance(part, Choice) and part.positive]
        if parts and len(parts) == len(formula.parts):
            return [(parts[0].name, frozenset().union(*(part.values for part in parts)))]
    return []
