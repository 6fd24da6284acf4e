"""Conditions of a policy as logic: exact linear arithmetic, choices among values, and what is left out.

A formula allows at least every family that there can be; what is not linear stands as a variable or a choice of its own.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from nuanxin.policy.evaluate import Evaluator
from nuanxin.policy.feel import (
    ANY,
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
from nuanxin.policy.logic import FALSE, TRUE, All, Choice, Formula, Linear, Search, Some, negate
from nuanxin.policy.model import MANY, Decision, Model, Output, Rule, Table
from nuanxin.policy.rows import rank
from nuanxin.policy.values import NUMERIC

OPAQUE = "§"  # marks a variable that stands for something the reading does not look into
OPEN = "?"  # marks the truth value: the decision of that name is not made
ABSENT = "∅"  # marks the truth value: the figure of that name is left out
MAX_VALUES = 8  # of a standard; more are taken as a range
MAX_NODES = 2000  # of an expression with its figures and knowledge put in
MAX_EXTREMES = 4  # min, max and abs in one comparison, which is told apart by each of them
MAX_DEFINED = 60  # rules of a table that another one reads
CENT = Fraction(1, 100)
DAY_0 = dt.date(2000, 1, 1).toordinal()  # the day that a date counts from, so that examples stand near it


# kinds of expressions -------------------------------------------------------------------------------------------------


class Kinds:
    """The kinds of expressions as far as declarations tell; "" where they do not."""

    def __init__(self, model: Model) -> None:
        self.kinds: dict[str, str] = dict.fromkeys(model.standard_names, "number")
        self.kinds |= {item.name: self._kind(item.type) for item in model.inputs}
        self.kinds |= {item.name: self._kind(item.type) for item in model.figures}
        for decision in (item for item in model.order if isinstance(item, Decision)):
            for index, output in enumerate(decision.outputs):
                lists = decision.table is not None and decision.table.hit in ("R", "O", "C")
                declared = self._result(decision, index) if output.type == "any" else self._kind(output.type)
                self.kinds[variable(decision, output)] = "" if lists else declared

    def _result(self, decision: Decision, index: int) -> str:
        """The kind of an output of any type, where everything that it gives is of one."""
        rules = decision.table.rules if decision.table else ()
        trees = [decision.tree, *(rule.outputs[index] for rule in rules), decision.outputs[index].default]
        kinds = {self.of(tree) for tree in trees if tree is not None and tree != Lit(None)}
        return kinds.pop() if len(kinds) == 1 else ""

    @staticmethod
    def _kind(type_name: str) -> str:
        return "number" if type_name in NUMERIC else type_name if type_name in ("string", "boolean", "date") else ""

    def of(self, tree: Expr) -> str:
        match tree:
            case Lit(bool()) | Compare(_, _, _) | Match(_, _) | Logic(_, _) | Not(_):
                return "boolean"
            case Lit(value):
                return "number" if isinstance(value, Fraction) else "string" if isinstance(value, str) else ""
            case Name(_) | Path(Name(_), _):
                return self.kinds.get(_variable(tree), "")
            case Arith(_, left, right):
                both = {self.of(left), self.of(right)}
                return both.pop() if len(both) == 1 else ""
            case Call("date", _):
                return "date"
            case Call("min" | "max", args):
                both = {self.of(arg) for arg in (args[0].items if isinstance(args[0], ListOf) else args)}
                return both.pop() if len(both) == 1 else ""
            case Call("sum" | "abs" | "floor" | "ceiling" | "round half up" | "round up" | "round down", _) | Neg(_):
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
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
# Calls that give a number for numbers, whatever these are; others may be null.
TOTAL = ("min", "max", "sum", "abs", "floor", "ceiling", "round half up", "round up", "round down")

Values = frozenset[Any]  # of a condition: True, False, None (null)
YES: Values = frozenset([True])
NO: Values = frozenset([False, None])
Sum = tuple[dict[str, Fraction], Fraction]  # Σ factor · variable + constant
Ranks = list[tuple[int, ...] | None]
ONE: Sum = ({}, Fraction(1))


class _NotLinear(Exception):
    """The expression is no sum of figures."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One sum divided by another."""

    top: Sum
    below: Sum = ONE


@dataclass(frozen=True, slots=True)
class Setting:
    """Standards as they hold in one area on one day. `area` "": in areas that have none of their own."""

    area: str
    values: tuple[tuple[str, Fraction], ...]


def both(*parts: Formula) -> Formula:
    kept = [part for part in parts if part != TRUE]
    return FALSE if FALSE in kept else kept[0] if len(kept) == 1 else All(tuple(kept))


def either(*parts: Formula) -> Formula:
    kept = [part for part in parts if part != FALSE]
    return TRUE if TRUE in kept else kept[0] if len(kept) == 1 else Some(tuple(kept))


class Shape:
    """What a model's names stand for, read once: kinds, what may be null, expressions with figures and knowledge put in."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.kinds = Kinds(model)
        self.inputs = {item.name: item for item in model.inputs}
        self.figures = {item.name: item for item in model.figures}
        self.decisions = {item.name: item for item in model.decisions}
        self.functions = model.functions()
        self.evaluator = Evaluator(self.functions, strict=True)
        self.constants = Evaluator(self.functions, strict=False)
        self._opened: dict[str, Expr] = {}
        self._conditions: dict[int, tuple[Expr, ...]] = {}
        self.optional = {item.name for item in model.inputs if item.optional}
        self.asked: set[str] = set()
        for tree in _trees(model):
            for part in walk(tree):
                if isinstance(part, Compare | Match) and Lit(None) in (part.left, part.right):
                    self.asked |= set(names_in(self.opened(part))) & (set(self.inputs) - self.optional)
        self.nullable = set(self.optional)
        for item in model.order:
            if isinstance(item, Decision) and item.table is not None and item.table.hit not in MANY:
                for index, output in enumerate(item.outputs):
                    results = [rule.outputs[index] for rule in item.table.rules]
                    results += [output.default] if output.default is not None else []
                    if any(self.may_be_null(tree) for tree in results):
                        self.nullable.add(variable(item, output))

    def conditions(self, rule: Rule) -> tuple[Expr, ...]:
        """A rule's cells, figures and knowledge put in; those that any value meets left out."""
        if id(rule) not in self._conditions:
            trees = (self.opened(cell.tree) for cell in rule.cells if cell.tree != ANY)
            self._conditions[id(rule)] = tuple(trees)
        return self._conditions[id(rule)]

    def opened(self, tree: Expr) -> Expr:
        """The expression with figures and knowledge put in, where that does not make it too long."""
        match tree:
            case Name(name):
                if name in self.figures and name not in self._opened:
                    self._opened[name] = _short(self.opened(self.figures[name].tree), tree)
                return self._opened.get(name, tree)
            case Call(name, args) if name in self.functions and len(args) == len(self.functions[name][0]):
                parameters, inner = self.functions[name]
                given = dict(zip(parameters, map(self.opened, args), strict=True))
                return _short(self.opened(substitute(inner, given)), tree)
            case Path(base, part):
                return Path(self.opened(base), part)
            case Neg(arg):
                return Neg(self.opened(arg))
            case Not(arg):
                return Not(self.opened(arg))
            case Arith(op, left, right):
                return Arith(op, self.opened(left), self.opened(right))
            case Compare(op, left, right):
                return Compare(op, self.opened(left), self.opened(right))
            case Match(left, right):
                return Match(self.opened(left), self.opened(right))
            case Logic(op, args):
                return Logic(op, tuple(map(self.opened, args)))
            case Call(name, args):
                return Call(name, tuple(map(self.opened, args)))
            case ListOf(items):
                return ListOf(tuple(map(self.opened, items)))
        return tree

    def total(self, tree: Expr) -> bool:
        """Whether it is a number for certain where its names have values (or not known, by a division by zero)."""
        match tree:
            case Lit(value):
                return type(value) is Fraction
            case Name(name):
                return self.kinds.kinds.get(name) == "number" and name not in self.figures
            case Path(_, _):
                return self.kinds.of(tree) == "number"
            case Neg(arg):
                return self.total(arg)
            case Arith(_, left, right):
                return self.total(left) and self.total(right)
            case Call(name, args) if name in TOTAL and args:
                listed = args[0].items if isinstance(args[0], ListOf) and len(args) == 1 else args
                digits = name not in ("min", "max", "sum", "abs") and len(args) == 2
                whole = not digits or (isinstance(args[1], Lit) and str(args[1].value) in map(str, range(-9, 10)))
                return bool(listed) and whole and all(map(self.total, listed))
        return False

    def may_be_null(self, tree: Expr) -> bool:
        """Whether a rule that gives it may give null."""
        opened = self.opened(tree)
        if isinstance(opened, Lit):
            return opened.value is None
        if any(name in self.nullable for name in variables_in(opened)):
            return True
        plain = isinstance(opened, Name | Path) and self.kinds.of(opened) != ""
        return not (
            plain or self.total(opened) or (isinstance(opened, Call) and opened.name == "date" and not names_in(opened))
        )


def _short(tree: Expr, instead: Expr) -> Expr:
    return tree if sum(1 for _ in itertools.islice(walk(tree), MAX_NODES)) < MAX_NODES else instead


def _trees(model: Model) -> Iterator[Expr]:
    for figure in model.figures:
        yield figure.tree
    for decision in model.decisions:
        if decision.tree is not None:
            yield decision.tree
        for rule in decision.table.rules if decision.table else ():
            yield from (cell.tree for cell in rule.cells)
            yield from rule.outputs
    for item in model.knowledge:
        yield item.tree


def variable(decision: Decision, output: Output) -> str:
    """The variable that stands for an output, as expressions name it."""
    return decision.name if decision.single else f"{decision.name}.{output.name}"


def _variable(tree: Expr) -> str:
    """The variable that an expression is, as ``variable`` names it; "" where it is none."""
    match tree:
        case Name(name):
            return name
        case Path(Name(base), part):
            return f"{base}.{part}"
    return ""


def variables_in(tree: Expr) -> tuple[str, ...]:
    """The variables of an expression, each once; of an output among several also the decision's name."""
    return tuple(dict.fromkeys(name for part in walk(tree) if (name := _variable(part))))


class Reading:
    """Reads conditions as logic. `fixed` gives figures a value so that products with them become linear; with `ratios` a quotient is compared by

    its parts, which needs no value where the other side is constant.
    """

    def __init__(
        self,
        shape: Shape,
        fixed: dict[str, Fraction] | None = None,
        ratios: bool = False,
        decided: frozenset[str] | None = None,
        missing: frozenset[str] = frozenset(),
    ) -> None:
        """`decided`: the decisions that may be open, where that is looked into; `missing`: standards that there are not."""
        self.shape, self.fixed, self.ratios, self.missing = shape, fixed or {}, ratios, missing
        self.decided = decided or frozenset()
        self._all_known = not (missing or shape.asked or self.decided)
        self._cache: dict[Expr, Ratio | None] = {}

    def search(self, cents: bool) -> Search:
        """`cents`: amounts have whole cents only, as an officer means it; a table may hold others."""
        model, shape = self.shape.model, self.shape
        units: dict[str, Fraction] = {}
        domains: dict[str, tuple[Any, ...] | None] = {}
        for item in model.inputs:
            nothing = (None,) if item.name in shape.nullable | shape.asked else ()
            if item.type in ("integer", "date"):
                units[item.name] = Fraction(1)
            elif item.type == "money" and cents:
                units[item.name] = CENT
            elif item.type == "boolean":
                domains[item.name] = (True, False, *nothing)
            elif item.type == "string":
                domains[item.name] = None
        for name in model.standard_names:
            if model.standard_type(name) == "money":
                units[name] = CENT
        for decision in model.decisions:
            for index, output in enumerate(decision.outputs):
                name = variable(decision, output)
                if output.type in ("integer", "date"):
                    units[name] = Fraction(1)
                elif output.type == "money":
                    units[name] = CENT
                elif shape.kinds.kinds[name] in ("string", "boolean"):
                    domains[name] = self._domain(decision, index, output, name)
        return Search(units, _Domains(domains))

    def _domain(self, decision: Decision, index: int, output: Output, name: str) -> tuple[Any, ...] | None:
        trees = [rule.outputs[index] for rule in decision.table.rules] if decision.table else []
        trees += [output.default] if output.default is not None else []
        if trees and all(isinstance(tree, Lit) for tree in trees) and decision.table and decision.table.hit not in MANY:
            return tuple(dict.fromkeys(tree.value for tree in trees if isinstance(tree, Lit)))
        if self.shape.kinds.kinds[name] == "boolean":
            return (True, False, None) if name in self.shape.nullable else (True, False)
        return None

    # what is left out
    def absent(self, name: str) -> Formula:
        """That a name has no value."""
        if name not in self.shape.nullable | self.shape.asked:
            return FALSE
        if self.shape.kinds.kinds.get(name) in ("string", "boolean"):
            return Choice(name, frozenset([None]))
        return Choice(ABSENT + name, YES)

    def present(self, name: str) -> Formula:
        absent = self.absent(name)
        return absent.negated() if isinstance(absent, Choice) else TRUE

    def known(self, tree: Expr) -> Formula:
        """That nothing is missing that an expression reads: not a figure that must be given, a standard, or an earlier decision."""
        if self._all_known:
            return TRUE
        found: list[Formula] = []
        for name in variables_in(tree):
            base = name.partition(".")[0]
            if name in self.missing:
                return FALSE
            if name in self.shape.asked:
                found.append(self.present(name))
            elif name in self.decided or base in self.decided:
                found.append(Choice(OPEN + (name if name in self.decided else base), frozenset([False])))
        return both(*dict.fromkeys(found))

    def _null(self, tree: Expr) -> Formula:
        """That an expression is null since a figure that may be left out is."""
        if not self.shape.nullable:
            return FALSE
        return either(*(self.absent(name) for name in variables_in(tree) if name in self.shape.nullable))

    def _there(self, *trees: Expr) -> Formula:
        if not (self.shape.nullable or self.shape.asked):
            return TRUE
        return both(*(self.present(name) for tree in trees for name in variables_in(tree)))

    # numbers and dates
    def value(self, tree: Expr) -> Ratio:
        """A number or a date, in cents of nothing: yuan and days. What is not linear is one variable. Raises _NotLinear where it may be no number."""
        if isinstance(tree, Lit):  # not kept: 1 and true are one key
            return self._value(tree)
        if tree not in self._cache:
            try:
                self._cache[tree] = self._value(tree)
            except _NotLinear:
                opaque = Ratio(({OPAQUE + repr(tree): Fraction(1)}, Fraction(0)))
                self._cache[tree] = opaque if self.shape.total(tree) else None
        found = self._cache[tree]
        if found is None:
            raise _NotLinear
        return found

    def _value(self, tree: Expr) -> Ratio:
        if not names_in(tree):
            constant = self.shape.evaluator.closure(tree)({})
            if type(constant) is Fraction:
                return Ratio(({}, constant))
            if isinstance(constant, dt.date) and not isinstance(constant, dt.datetime):
                return Ratio(({}, Fraction(constant.toordinal() - DAY_0)))
            raise _NotLinear
        if isinstance(tree, Name | Path):
            name = _variable(tree)
            if name in self.fixed:
                return Ratio(({}, self.fixed[name]))
            if name not in self.shape.figures and self.shape.kinds.of(tree) in ("number", "date"):
                return Ratio(({name: Fraction(1)}, Fraction(0)))
            raise _NotLinear
        if not self.shape.total(tree):
            raise _NotLinear
        match tree:
            case Neg(arg):
                return self._scaled(self.value(arg), Fraction(-1))
            case Arith("+", left, right):
                return self._added(self.value(left), self.value(right))
            case Arith("-", left, right):
                return self._added(self.value(left), self._scaled(self.value(right), Fraction(-1)))
            case Arith("*", left, right):
                a, b = self.value(left), self.value(right)
                if _constant(b):
                    return self._scaled(a, b.top[1])
                if _constant(a):
                    return self._scaled(b, a.top[1])
            case Arith("/", left, right):
                a, b = self.value(left), self.value(right)
                if _constant(b) and b.top[1]:
                    return self._scaled(a, 1 / b.top[1])
                if self.ratios and b.below == ONE and b.top[0] and not a.below[0]:
                    return Ratio(a.top, _times(b.top, a.below[1]))
            case Call("sum", args):
                total = Ratio(({}, Fraction(0)))
                for arg in args[0].items if isinstance(args[0], ListOf) else args:
                    total = self._added(total, self.value(arg))
                return total
        raise _NotLinear

    @staticmethod
    def _scaled(a: Ratio, by: Fraction) -> Ratio:
        return Ratio(_times(a.top, by), a.below if by else ONE)

    @staticmethod
    def _added(a: Ratio, b: Ratio) -> Ratio:
        if a.below == b.below:
            return Ratio(_plus(a.top, b.top), a.below)
        if not b.top[0] and b.below == ONE:
            return Ratio(_plus(a.top, _times(a.below, b.top[1])), a.below)
        if not a.top[0] and a.below == ONE:
            return Ratio(_plus(b.top, _times(b.below, a.top[1])), b.below)
        if a.below[0].keys() == b.below[0].keys() and a.below[0]:
            name = next(iter(a.below[0]))
            factor = a.below[0][name] / b.below[0][name]
            if _times(b.below, factor) == a.below:
                return Ratio(_plus(a.top, _times(b.top, factor)), a.below)
        raise _NotLinear

    # conditions
    def when(self, tree: Expr, values: Values) -> Formula:
        """That a condition, figures and knowledge put in, has one of the values for certain (True, False or null; not: unknown)."""
        if {True, False, None} <= values:
            return TRUE
        match tree:
            case Lit(value):
                return TRUE if (value if isinstance(value, bool) else None) in values else FALSE
            case Logic(op, args):
                return self._logic(op == "or", args, values)
            case Not(arg):
                return self.when(arg, frozenset(None if value is None else not value for value in values))
            case Match(left, ListOf(items)) if Lit(None) not in items and self.shape.kinds.of(left) != "":
                tests = tuple(Compare("=", left, item) for item in items)
                among = either(*(self.when(test, YES) for test in tests)) if True in values else FALSE
                outside = both(*(self.when(test, NO) for test in tests)) if False in values else FALSE
                return either(among, outside)
            case Compare(op, left, right):
                return self._compare(op, left, right, values)
            case Match(left, right):
                return self._compare("=", left, right, values)
            case Name(_) | Path(Name(_), _) if self.shape.kinds.of(tree) == "boolean":
                name = _variable(tree)
                if name not in self.shape.figures:
                    return both(self.known(tree), Choice(name, values))
        return self._unread(tree, values)

    def _unread(self, tree: Expr, values: Values) -> Formula:
        return both(self.known(tree), Choice(f"{OPAQUE}?{tree!r}", values))

    def _logic(self, stops: bool, args: tuple[Expr, ...], values: Values) -> Formula:
        """`stops`: the value of one argument that settles it; otherwise the other value needs all, and null what is left."""
        goes = not stops
        found: list[Formula] = []
        if stops in values:
            wanted = values & {stops, None}
            found.append(either(*(self.when(arg, wanted) for arg in args)))
        if goes in values or (None in values and stops not in values):
            wanted = (values & {goes, None}) | ({goes} if None in values else set())
            some = TRUE if goes in values else either(*(self.when(arg, frozenset([None])) for arg in args))
            found.append(both(some, *(self.when(arg, wanted) for arg in args)))
        return either(*found)

    def _compare(self, op: str, left: Expr, right: Expr, values: Values) -> Formula:
        shape = self.shape
        if not names_in(left) and not names_in(right):
            return TRUE if shape.constants.closure(Compare(op, left, right))({}) in values else FALSE
        if Lit(None) in (left, right) and op in ("=", "!="):
            other = left if right == Lit(None) else right
            if isinstance(other, Name) and other.name in shape.inputs and shape.kinds.of(other):
                there, gone = self.present(other.name), self.absent(other.name)
                return either(*([gone] if (op == "=") in values else []), *([there] if (op != "=") in values else []))
            return self._unread(Compare(op, left, right), values)
        kind, other_kind = shape.kinds.of(left), shape.kinds.of(right)
        if kind != other_kind or kind == "":
            return self._unread(Compare(op, left, right), values)
        tested, value = (left, right) if isinstance(right, Lit) else (right, left)
        if kind == "boolean" and isinstance(value, Lit) and op in ("=", "!="):
            true, false = [value.value], [not value.value, None]
            wanted = {*(true if (op == "=") in values else ()), *(false if (op != "=") in values else ())}
            return self.when(tested, frozenset(wanted))
        if kind == "string" and isinstance(value, Lit) and op in ("=", "!=") and isinstance(tested, Name | Path):
            name = _variable(tested)
            if name and name not in shape.figures:
                is_it = Choice(name, frozenset([value.value]))
                yes, no = is_it if (op == "=") in values else FALSE, is_it.negated() if (op != "=") in values else FALSE
                return both(self.known(tested), either(yes, no))
        if kind not in ("number", "date"):
            return self._unread(Compare(op, left, right), values)
        try:
            holds, fails = self.numbers(op, left, right), self.numbers(_OPPOSITE[op], left, right)
        except _NotLinear:
            return self._unread(Compare(op, left, right), values)
        # A comparison with nothing is false; two nothings are equal.
        there, no_left, no_right = self._there(left, right), self._null(left), self._null(right)
        if op in ("=", "!="):
            same = both(no_left, no_right)
            differ = either(both(no_left, self._there(right)), both(no_right, self._there(left)))
            also_true, also_false = (same, differ) if op == "=" else (differ, same)
        else:
            also_true, also_false = FALSE, either(no_left, no_right)
        found = either(
            either(both(there, holds), also_true) if True in values else FALSE,
            either(both(there, fails), also_false) if False in values else FALSE,
        )
        return both(self.known(left), self.known(right), found)

    def numbers(self, op: str, left: Expr, right: Expr) -> Formula:
        """A comparison of two numbers or dates that are there. Raises _NotLinear."""
        for call, other, way in ((right, left, op), (left, right, _MIRRORED[op])):
            if (extreme := _extreme(call)) is None:
                continue
            if way in ("=", "!="):
                ends = ("<=", ">=") if way == "=" else ("<", ">")
                low, high = (self.numbers(end, other, call) for end in ends)
                return both(low, high) if way == "=" else either(low, high)
            most, args = extreme  # against each of them
            parts = [self.numbers(way, other, arg) for arg in args]
            return both(*parts) if most == (way in (">", ">=")) else either(*parts)
        try:
            found = self._added(self.value(left), self._scaled(self.value(right), Fraction(-1)))
        except _NotLinear:
            if not self.ratios:
                raise
            return self._plain.numbers(op, left, right)
        if not found.below[0]:
            return sign(op, _times(found.top, 1 / found.below[1]))
        return either(
            both(sign(">", found.below), sign(op, found.top)),
            both(sign("<", found.below), sign(_MIRRORED[op], found.top)),
        )

    @cached_property
    def _plain(self) -> "Reading":
        return Reading(self.shape, self.fixed, False, self.decided, self.missing)

    def rule(self, rule: Rule) -> Formula:
        """That a rule matches."""
        return both(*(self.when(tree, YES) for tree in self.shape.conditions(rule)))

    def fails(self, rule: Rule) -> Formula:
        """That a rule does not match, for certain: a missing figure leaves it open."""
        return either(*(self.when(tree, NO) for tree in self.shape.conditions(rule)))

    # what always holds
    def background(self, names: set[str]) -> list[Formula]:
        """Of what the names stand for: inputs are allowed values, standards are one of their values."""
        model = self.shape.model
        found: list[Formula] = []
        for item in model.inputs:
            if item.name not in names:
                continue
            if item.allowed is not None:
                tree = substitute(item.allowed, {SUBJECT.name: Name(item.name)})
                found.append(either(self.absent(item.name), self.when(self.shape.opened(tree), YES)))
            if item.type == "date":
                days = ({item.name: Fraction(1)}, Fraction(DAY_0))
                found += [
                    sign(">=", _plus(days, ({}, Fraction(-1)))),
                    sign("<=", _plus(days, ({}, Fraction(-dt.date.max.toordinal())))),
                ]
        for name in model.standard_names:
            values = sorted({standard.value for standard in model.standards if standard.name == name})
            one: Sum = ({name: Fraction(1)}, Fraction(0))
            if name in self.fixed or name not in names:
                continue
            if len(values) > MAX_VALUES:
                found += [sign(">=", _plus(one, ({}, -values[0]))), sign("<=", _plus(one, ({}, -values[-1])))]
            else:
                found.append(either(*(sign("=", _plus(one, ({}, -value))) for value in values)))
        return found

    def definitions(self, decisions: Iterable[Decision]) -> list[Formula]:
        """Of earlier decisions: that their outputs are what they give; nothing is said where that is not linear."""
        return [self._defined(decision) for decision in decisions]

    def _defined(self, decision: Decision) -> Formula:
        table, outputs = decision.table, decision.outputs
        if table is None:
            tree = self.shape.opened(decision.tree or Lit(None))
            made = both(self.known(tree), self._there(tree), self._is(variable(decision, outputs[0]), outputs[0], tree))
            return self._or_open(decision, [made])
        if table.hit in MANY or len(table.rules) > MAX_DEFINED:
            return TRUE
        found = []
        ranks = ranked(decision, table)
        for index, rule in enumerate(table.rules):
            results = [
                self._is(variable(decision, output), output, tree)
                for output, tree in zip(outputs, rule.outputs, strict=True)
            ]
            outranked = outranking(table, ranks, index, range(len(ranks)))
            before, ties = ([table.rules[i] for i in indexes] for indexes in outranked)
            others = [*map(self.fails, before), *(negate(self.rule(other)) for other in ties)]
            found.append(both(self.rule(rule), *results, *others))
        if any(output.default is not None for output in outputs):
            results = [self._is(variable(decision, output), output, output.default or Lit(None)) for output in outputs]
            found.append(both(*results, *(self.fails(rule) for rule in table.rules)))
        return self._or_open(decision, found)

    def _or_open(self, decision: Decision, made: list[Formula]) -> Formula:
        """A decision as it is made, or not made."""
        closed = Choice(OPEN + decision.name, frozenset([False]))
        return either(*(both(closed, one) for one in made), closed.negated())

    def _is(self, name: str, output: Output, tree: Expr) -> Formula:
        """That an output is the expression; TRUE where that cannot be said."""
        tree = self.shape.opened(tree)
        if tree == Lit(None):
            return self.absent(name)
        kind = self.shape.kinds.kinds[name]
        if kind == "string" and isinstance(tree, Lit):
            return Choice(name, frozenset([tree.value]))
        if kind == "boolean":
            values: list[Any] = [True, False, *([None] if name in self.shape.nullable else [])]
            return either(*(both(Choice(name, frozenset([v])), self.when(tree, frozenset([v]))) for v in values))
        if kind not in ("number", "date") or self.shape.kinds.of(tree) != kind:
            return TRUE
        base, _, part = name.partition(".") if "." in name and name not in self.shape.decisions else (name, "", "")
        own: Expr = Path(Name(base), part) if part else Name(base)
        half = CENT / 2 if output.type == "money" and not self._whole_cents(tree) else Fraction(0)
        try:
            if half:  # rounded to the nearest cent
                low, high = Arith("-", tree, Lit(half)), Arith("+", tree, Lit(half))
                same = both(self.numbers(">=", own, low), self.numbers("<=", own, high))
            else:
                same = self.numbers("=", own, tree)
        except _NotLinear:
            return TRUE
        there = both(self.present(name), self._there(tree), same)
        return both(self.known(tree), either(there, both(self.absent(name), self._null(tree))))

    def _whole_cents(self, tree: Expr) -> bool:
        """Whether an expression has whole cents, so that nothing is rounded."""
        if extreme := _extreme(tree):
            return all(map(self._whole_cents, extreme[1]))
        try:
            found = self.value(tree)
        except _NotLinear:
            return False
        units = self._units
        return (
            found.below == ONE
            and all(
                name in units and (factor * units[name] / CENT).denominator == 1
                for name, factor in found.top[0].items()
            )
            and (found.top[1] / CENT).denominator == 1
        )

    @cached_property
    def _units(self) -> dict[str, Fraction]:
        return dict(self.search(cents=False).units)


class _Domains(dict[str, "tuple[Any, ...] | None"]):
    """Unread conditions are true, false or null; figures are there or left out, decisions are made or open."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and name.startswith((OPAQUE + "?", ABSENT, OPEN)))

    def get(self, name: str, default: Any = None) -> Any:
        if super().__contains__(name):
            return self[name]
        if name.startswith((ABSENT, OPEN)):
            return False, True
        return (True, False, None) if name.startswith(OPAQUE + "?") else default


def _constant(a: Ratio) -> bool:
    return not a.top[0] and a.below == ONE


def _extreme(tree: Expr) -> tuple[bool, tuple[Expr, ...]] | None:
    """An expression as the greatest (True) or least of others, where it is one; an amount without its sign is the greater of two."""
    if sum(isinstance(part, Call) and part.name in ("min", "max", "abs") for part in walk(tree)) > MAX_EXTREMES:
        return None
    match tree:
        case Call("min" | "max" as name, (first, *more)):
            return name == "max", first.items if isinstance(first, ListOf) and not more else (first, *more)
        case Call("abs", (arg,)):
            return True, (arg, Neg(arg))
        case Neg(arg) if found := _extreme(arg):
            return not found[0], tuple(map(Neg, found[1]))
        case Arith("+" | "-" as op, left, right):
            if found := _extreme(left):
                return found[0], tuple(Arith(op, one, right) for one in found[1])
            if found := _extreme(right):
                return found[0] == (op == "+"), tuple(Arith(op, left, one) for one in found[1])
        case Arith("*", Lit(_) as factor, other):
            return _extreme(Arith("*", other, factor))
        case Arith("*" | "/" as op, left, Lit(Fraction() as factor)) if factor and (found := _extreme(left)):
            return found[0] == (factor > 0), tuple(Arith(op, one, Lit(factor)) for one in found[1])
    return None


def _plus(a: Sum, b: Sum) -> Sum:
    terms = dict(a[0])
    for name, factor in b[0].items():
        terms[name] = terms.get(name, Fraction(0)) + factor
    return {name: factor for name, factor in terms.items() if factor}, a[1] + b[1]


def _times(a: Sum, by: Fraction) -> Sum:
    return {name: factor * by for name, factor in a[0].items() if by}, a[1] * by


def sign(op: str, a: Sum) -> Formula:
    """That a sum stands in a relation to zero."""
    if op in (">", ">="):
        return sign(_MIRRORED[op], _times(a, Fraction(-1)))
    if op == "=":
        return both(sign("<=", a), sign(">=", a))
    if op == "!=":
        return either(sign("<", a), sign(">", a))
    if not a[0]:
        return TRUE if (a[1] < 0 if op == "<" else a[1] <= 0) else FALSE
    return Linear(tuple(sorted(a[0].items())), a[1], op == "<")


# which rule applies --------------------------------------------------------------------------------------------------


def ranked(decision: Decision, table: Table) -> Ranks:
    """Where each rule stands by the order of its outputs' values; None where its outputs are computed."""
    evaluator = Evaluator({}, strict=True)
    return [
        None
        if any(names_in(tree) for tree in rule.outputs)
        else rank(decision.outputs, [evaluator.closure(tree)({}) for tree in rule.outputs])
        for rule in table.rules
    ]


def outranking(table: Table, ranks: Ranks, index: int, among: Sequence[int]) -> tuple[list[int], list[int]]:
    """Those of the rules `among` that keep a matching rule from applying, as far as that is certain: those that must not even be open, and those that must not match.

    In an F table earlier ones, in a P table more important ones; of equally important ones of a P table the earlier applies, but does not wait.
    """
    if table.hit == "F":
        return [i for i in among if i < index], []
    mine = ranks[index]
    if table.hit != "P" or mine is None:
        return [], []
    better = [i for i in among if (rank_of := ranks[i]) is not None and rank_of < mine]
    return better, [i for i in among if i < index and ranks[i] == mine]
