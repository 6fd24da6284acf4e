"""Compiles a policy into one relational expression for DuckDB, in exact integer arithmetic.

A number is a pair of whole-number expressions, numerator and denominator; nothing is divided before it is rounded for output, and limits are compared
by cross-multiplication. The bounds of every expression follow from the bounds of the table's columns (`Profile`), so each is
computed in 64 bits where that suffices and in 128 where it must; what would not fit is left to the row evaluator, never
wrapped around.

A row that the SQL form does not decide (a missing or unreadable figure, a conflict, a division by zero) has `_rest` true and is decided, or
refused with its sentence, by `rows`.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from nuanxin.policy.evaluate import Evaluator
from nuanxin.policy.feel import (
    Arith,
    Call,
    Compare,
    Expr,
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
from nuanxin.policy.messages import say
from nuanxin.policy.model import MANY, Decision, Figure, Input, Model, Output, Rule, Table
from nuanxin.policy.rows import NUMBER_LIMIT, NUMBER_PLACES, rank
from nuanxin.policy.values import FALSE_WORDS, NUMERIC, TRUE_WORDS, round_half_up

INT64 = 2**63 - 1
INT128 = 2**127 - 1
MONEY_FEN_LIMIT = 10**18
NO_RULE = (
    32767  # the number of the rule where none matches: after all others, so that ranges of rules are one comparison
)
SOURCE = "{_nuanxin_source_}"
BLANKS = " \t\n\r\v\f\u3000\u00a0"


class NotCompiled(Exception):
    """The expression is outside of what the SQL form covers, or would not fit into 128 bits."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a pass over the table found out about one input's column.

    `sql_type`: DuckDB's type; `scale`: decimals that are kept; `low`, `high`: bounds of value × 10^scale; `nulls`: whether any row has
    nothing; `loose`: whether some rows may not be readable at that scale; `guarded`: the bounds are assumed, and each row is
    checked against them (high is then a power of two less one, low is 0).
    """

    sql_type: str
    scale: int = 0
    low: int = 0
    high: int = 0
    nulls: bool = True
    loose: bool = True
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Num:
    """value = num / (scale · den), scale > 0 a constant, den > 0 an expression or "" for 1; low ≤ num ≤ high, den ≤ den_high."""

    num: str
    low: int
    high: int
    scale: int = 1
    den: str = ""
    den_high: int = 1
    optional: frozenset[str] = frozenset()

    @property
    def constant(self) -> Fraction | None:
        return Fraction(self.low, self.scale) if self.low == self.high and not self.den and not self.optional else None


@dataclass(frozen=True, slots=True)
class Plain:
    """A boolean, string or date expression.

    `hit`, `rules`: for a decision whose rules have constant outputs, the column with the rule's number and the numbers by output, so that
    a later test of the output is one of the number. `written`: the column as results hold it, where that is an ENUM and not a text.
    """

    sql: str
    kind: str
    optional: frozenset[str] = frozenset()
    hit: str = ""
    rules: tuple[tuple[Any, tuple[int, ...]], ...] = ()
    written: str = ""


Node = Num | Plain


MANY_RULES = 24  # a table with more is compiled to a tree of comparisons instead of a chain
MANY_CASES = 64  # a table over things that can take no more combinations than this is worked out beforehand
SHORT = 100  # characters of an expression that may be written twice
CONFLICT = -1
NO_TEXT = "CAST(NULL AS VARCHAR)"
_TEXT = re.compile(r"'(?:[^']|'')*'")
_CONSTANT = re.compile(r"'(?:[^']|'')*'|CAST\('-?\d+' AS \w+\)|TRUE|FALSE")


def _first(conditions: Sequence[str], numbers: Sequence[int] | None = None) -> str:
    """The number of the first condition that holds."""
    cases = " ".join(
        f"WHEN {condition} THEN {number}"
        for condition, number in zip(conditions, numbers or range(1, len(conditions) + 1), strict=True)
    )
    return f"CASE {cases} ELSE {NO_RULE} END" if cases else str(NO_RULE)


def _tree(column: str, leaves: Sequence[str], start: int) -> str:
    """The leaf number `column` − `start`, by halving."""
    if all(leaf == leaves[0] for leaf in leaves):
        return leaves[0]
    half = len(leaves) // 2
    return f"CASE WHEN {column} < {start + half} THEN {_tree(column, leaves[:half], start)} ELSE {_tree(column, leaves[half:], start + half)} END"


def _named_values(tree: Expr) -> tuple[str, frozenset[str]] | None:
    """The one name and the texts of a cell that is a list of texts."""
    parts = tree.args if isinstance(tree, Logic) and tree.op == "or" else (tree,)
    found: set[tuple[str, str]] = set()
    for part in parts:
        match part:
            case Match(Name(name), Lit(str() as value)) | Compare("=", Name(name), Lit(str() as value)):
                found.add((name, value))
            case _:
                return None
    names = {name for name, _ in found}
    return (names.pop(), frozenset(value for _, value in found)) if len(names) == 1 else None


def _splitter(rules: list[Rule], allowed: set[str]) -> tuple[str, dict[str, tuple[frozenset[str], int]]]:
    """The text input that most rules ask for by value, and per rule its values and the number of the cell."""
    found: dict[str, dict[str, tuple[frozenset[str], int]]] = {}
    for rule in rules:
        for index, cell in enumerate(rule.cells):
            named = _named_values(cell.tree)
            if named and named[0] in allowed:
                found.setdefault(named[0], {}).setdefault(rule.id, (named[1], index))
    name = max(sorted(found), key=lambda key: len(found[key]), default="")
    return name, found.get(name, {})


def _in_rules(hit: str, numbers: Sequence[int], done: Container[int] = ()) -> str:
    """Whether the rule's number is one of `numbers` (rising); those in `done` cannot come any more."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1 and not (first == 1 or all(number in done for number in range(1, first))):
        return f"{hit} = {first}"
    if any(number not in numbers and number not in done for number in range(first, last)):
        return f"{hit} IN ({', '.join(map(str, numbers))})"
    if all(number in done for number in range(1, first)):
        return f"{hit} <= {last}"
    return f"{hit} BETWEEN {first} AND {last}"


def looked_up(texts: Sequence[str], place: str) -> str:
    """The text constant number `place` (from 1) of a list, as an ENUM: a byte a row, cheap to group and to write."""
    values = list(dict.fromkeys(text for text in texts if text != NO_TEXT))
    if not values:
        return NO_TEXT
    items = ", ".join("NULL" if text == NO_TEXT else text for text in texts)
    return f"(CAST([{items}] AS ENUM ({', '.join(values)})[]))[{place}]"


_MULTIPLE = re.compile(r"\((\w+) \* CAST\('(\d+)' AS BIGINT\)\)")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _integer(text: str, low: int, high: int) -> str:
    """`text` computed wide enough: raises where 128 bits do not suffice."""
    if max(abs(low), abs(high)) > INT128:
        raise NotCompiled("more than 128 bits")
    return text


def _wide(text: str, low: int, high: int, target_low: int, target_high: int) -> str:
    """An operand cast to 128 bits where the result needs it and the operand does not have it yet."""
    needs = max(abs(target_low), abs(target_high)) > INT64
    return f"CAST({text} AS HUGEINT)" if needs and max(abs(low), abs(high)) <= INT64 else text


def _literal(value: int) -> str:
    if abs(value) > INT128:
        raise NotCompiled("a constant of more than 128 bits")
    return f"CAST('{value}' AS {'BIGINT' if abs(value) <= INT64 else 'HUGEINT'})"


def constant(value: Fraction) -> Num:
    return Num(_literal(value.numerator), value.numerator, value.numerator, value.denominator)


def scaled(text: str, low: int, high: int, factor: int) -> tuple[str, int, int]:
    """`text` · factor."""
    if factor == 1:
        return text, low, high
    if low == high:
        return _literal(low * factor), low * factor, low * factor
    if found := _MULTIPLE.fullmatch(text):  # a column already multiplied: one multiplication for both
        text, before = found[1], int(found[2])
        low, high, factor = low // before, high // before, factor * before
    bounds = sorted((low * factor, high * factor))
    body = f"({_wide(text, low, high, *bounds)} * {_literal(factor)})"
    return _integer(body, *bounds), bounds[0], bounds[1]


def times(a: tuple[str, int, int], b: tuple[str, int, int]) -> tuple[str, int, int]:
    """The product of two whole-number expressions with their bounds."""
    if a[1] == a[2]:
        return scaled(*b, a[1])
    if b[1] == b[2]:
        return scaled(*a, b[1])
    corners = [left * right for left in a[1:] for right in b[1:]]
    low, high = min(corners), max(corners)
    body = f"({_wide(*a, low, high)} * {_wide(*b, low, high)})"
    return _integer(body, low, high), low, high


def plus(a: tuple[str, int, int], b: tuple[str, int, int], sign: str = "+") -> tuple[str, int, int]:
    low, high = (a[1] + b[1], a[2] + b[2]) if sign == "+" else (a[1] - b[2], a[2] - b[1])
    if a[1] == a[2] and b[1] == b[2]:
        return _literal(low), low, high
    body = f"({_wide(*a, low, high)} {sign} {_wide(*b, low, high)})"
    return _integer(body, low, high), low, high


def _den(node: Num) -> tuple[str, int, int]:
    return (node.den, 1, node.den_high) if node.den else (_literal(1), 1, 1)


def together(a: Num, b: Num) -> tuple[tuple[str, int, int], tuple[str, int, int], int, str, int]:
    """The numerators of two numbers over one denominator: (num a, num b, scale, den, den_high)."""
    scale = math.lcm(a.scale, b.scale)
    left = scaled(a.num, a.low, a.high, scale // a.scale)
    right = scaled(b.num, b.low, b.high, scale // b.scale)
    if a.den == b.den:
        return left, right, scale, a.den, a.den_high
    left, right = times(left, _den(b)), times(right, _den(a))
    den, _, high = times(_den(a), _den(b))
    return left, right, scale, den, high


def whole(node: Num, places: int, how: str) -> tuple[str, int, int]:
    """node · 10^places as a whole number: `how` half_up (ties away from zero), floor or ceiling."""
    factor = Fraction(10) ** places / node.scale
    num = scaled(node.num, node.low, node.high, factor.numerator)
    den = times(_den(node), (_literal(factor.denominator), factor.denominator, factor.denominator))
    if den[1] == den[2] == 1:
        return num
    text, low, high = num
    smallest = max(den[1], 1)
    if node.den:  # the engine raises on a division by zero; such a row is for the row evaluator
        den = (f"nullif({den[0]}, 0)", *den[1:])
    value_low, value_high = (
        Fraction(low, smallest if low < 0 else den[2]),
        Fraction(high, smallest if high > 0 else den[2]),
    )
    if how == "half_up":
        twice, both = scaled(text, low, high, 2), scaled(*den, 2)
        up, down = plus(twice, den), plus(scaled(*twice, -1), den)
        wide_den = _wide(*both, *up[1:])
        body = f"({up[0]} // {wide_den})"
        if low < 0:
            body = f"(CASE WHEN {text} < 0 THEN -({down[0]} // {wide_den}) ELSE {body} END)"
        return body, round_half_up(value_low).numerator, round_half_up(value_high).numerator
    wide_den = _wide(*den, low, high)
    quotient = f"({_wide(text, low, high, den[1], den[2])} // {wide_den})"
    rest = f"({_wide(text, low, high, den[1], den[2])} % {wide_den})"
    step = f"- CAST({rest} < 0 AS BIGINT)" if how == "floor" else f"+ CAST({rest} > 0 AS BIGINT)"
    return f"({quotient} {step})", math.floor(value_low), math.ceil(value_high)


@dataclass(slots=True)
class Layer:
    """One SELECT over the one before it."""

    columns: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """The compiled policy.

    `sql`: a SELECT over `SOURCE` with the columns `results` (as a decided table holds them), `figures` when asked for, and
    `_rest`. `empty`: those of `results` that hold nothing in any row. `whole_by_rows`: why nothing could be compiled, else "".
    """

    sql: str
    results: list[str]
    empty: list[str] = field(default_factory=list)
    whole_by_rows: str = ""


class Compiler:
    """Compiles one model for tables of one profile.

    `standards`: each standard as a constant, or as a column of the source that holds value × scale (NULL where there is none). `proofs`:
    by decision, whether its rules are proved never to overlap, and to leave no gap. `fen`: amounts as whole fen in BIGINT. `carried`: columns of the source that the result keeps, before its own.
    """

    def __init__(
        self,
        model: Model,
        profile: dict[str, Column],
        standards: dict[str, "Num"],
        lang: str = "both",
        figures: bool = False,
        fen: bool = False,
        carried: Sequence[str] = (),
        proofs: dict[str, tuple[bool, bool]] | None = None,
    ) -> None:
        self.model, self.profile, self.standards, self.lang, self.figures = model, profile, standards, lang, figures
        self.proofs, self.fen, self.carried = proofs or {}, fen, carried
        self.nodes: dict[str, Node] = {}
        self.layers: list[Layer] = []
        self.rest: list[str] = []
        self.count = 0
        self.evaluator = Evaluator(model.functions(), strict=False)
        self.functions = model.functions()
        used = {name for item in model.order for name in item.reads()}
        self.used = used | ({model.area_input} if used & set(model.standard_names) else set())
        self.problems: dict[str, str] = {}

    # columns and layers ----------------------------------------------------------------------------------------------

    def column(self, sql: str) -> str:
        """Puts an expression into the current layer and returns its column's name."""
        self.count += 1
        name = f"_c{self.count}"
        self.layers[-1].columns.append((name, sql))
        return name

    def keep(self, node: Node) -> Node:
        """The node as a column of the current layer, so that what follows refers to it by name."""
        if isinstance(node, Plain):
            return replace(node, sql=self.column(node.sql))
        if node.constant is not None:
            return node
        den = node.den
        if den and not den.isidentifier():
            den = self.column(den)
        num = node.num if node.num.isidentifier() else self.column(node.num)
        return replace(node, num=num, den=den)

    # inputs ----------------------------------------------------------------------------------------------------------

    def compile(self) -> Plan:
        self.layers.append(Layer())
        for item in self.model.inputs:
            if item.name in self.used:
                self._input(item)
        for name in self.model.standard_names:
            if name in self.used:
                self._standard(name)
        self.layers.append(Layer())
        for item in self.model.inputs:
            if item.name in self.used and item.allowed is not None:
                allowed = self.boolean(substitute(item.allowed, {"?": Name(item.name)}))
                self.rest.append(f"NOT {allowed}" if not item.optional else f"NOT coalesce({allowed}, TRUE)")
        results: list[tuple[str, str]] = []
        for step in self.model.order:
            self.layers.append(Layer())
            if isinstance(step, Figure):
                self.nodes[step.name] = self.keep(self.node(step.tree))
            else:
                results += self._decision(step)
        if self.figures:
            results += [(figure.name, self._shown(figure)) for figure in self.model.figures]
            results += [
                (name, self._stored(self.nodes[name], self.model.standard_type(name)))
                for name in self.model.standard_names
                if name in self.nodes
            ]
        order = {name: index for index, name in enumerate(self._result_names())}
        results.sort(key=lambda pair: order[pair[0]])
        rest = " OR ".join(dict.fromkeys(self.rest)) or "FALSE"
        final = ", ".join(
            [
                *map(ident, self.carried),
                *(f"{sql} AS {ident(name)}" for name, sql in results),
                f"coalesce({rest}, TRUE) AS _rest",
            ]
        )
        empty = [name for name, sql in results if sql == NO_TEXT]
        return Plan(f"SELECT {final} FROM ({self._nested()})", [name for name, _ in results], empty)  # noqa: S608

    def _result_names(self) -> Iterable[str]:
        for decision in self.model.decisions:
            yield from (output.column for output in decision.outputs)
            yield f"{decision.name}_rule"
            yield f"{decision.name}_problem"
        yield from (figure.name for figure in self.model.figures)
        yield from self.model.standard_names

    def _nested(self) -> str:
        sql = SOURCE
        for index, layer in enumerate(self.layers):
            if not layer.columns and index:
                continue
            carried = list(map(ident, self.carried)) if index == 0 else []
            own = (
                ", ".join([*carried, *(f"{expression} AS {name}" for name, expression in layer.columns)]) or "1 AS _c0"
            )
            sql = f"SELECT {own} FROM {sql}" if index == 0 else f"SELECT *, {own} FROM ({sql})"  # noqa: S608
        return sql

    def _input(self, item: Input) -> None:
        found = self.profile[item.name]
        raw = ident(item.name)
        if item.type in NUMERIC:
            sql = number_sql(raw, found)
            factor = item.factor
            name = self.column(sql)
            low, high = found.low, found.high
            node: Node = Num(name, low, high, 10**found.scale)
            if factor != 1:
                text, low, high = scaled(name, low, high, factor.numerator)
                node = Num(text, low, high, 10**found.scale * factor.denominator)
            if found.guarded and not item.optional:
                # one comparison a column: the engine leaves out those that its statistics of the table already prove
                self.rest.append(f"{name} NOT BETWEEN 0 AND {found.high}")
            if item.type == "integer" and found.scale:
                self.rest.append(f"{name} % {10**found.scale} <> 0")
        elif item.type == "string":
            name = self.column(string_sql(raw, found))
            node = Plain(name, "string")
        elif item.type == "boolean":
            name = self.column(boolean_sql(raw, found))
            node = Plain(name, "boolean")
        elif item.type == "date":
            name = self.column(date_sql(raw, found))
            node = Plain(name, "date")
        else:
            raise NotCompiled(f"input type {item.type}")
        if item.optional and found.nulls:
            node = replace(node, optional=frozenset([name]))
            if found.loose:
                # nothing there is an answer; something there that cannot be read is not
                self.rest.append(f"({name} IS NULL AND {self.column(f'{raw} IS NOT NULL')})")
        elif found.guarded and item.type == "string":
            # what may be blank starts with a space of some kind; a null fails too
            if item.name != self.model.area_input:
                self.rest.append(
                    f"NOT ({name} >= '!' AND {name} NOT BETWEEN '\u3000' AND '\u3001' AND {name} NOT BETWEEN '\u00a0' AND '\u00a1')"
                )
        elif not (found.guarded and item.type in NUMERIC) and (found.nulls or found.loose):
            self.rest.append(f"{name} IS NULL")
        self.nodes[item.name] = node

    def _standard(self, name: str) -> None:
        node = self.standards[name]
        if node.constant is None:
            column = self.column(node.num)
            self.rest.append(f"{column} IS NULL")
            node = replace(node, num=column)
        self.nodes[name] = node

    # expressions -----------------------------------------------------------------------------------------------------

    def node(self, tree: Expr) -> Node:
        if not names_in(tree) and not any(isinstance(part, Name) for part in walk(tree)):
            return self._constant(self.evaluator.closure(tree)({}))
        match tree:
            case Name(name):
                if name not in self.nodes:
                    raise NotCompiled(f"no column for {name}")
                return self.nodes[name]
            case Path(Name(base), part) if f"{base}.{part}" in self.nodes:
                return self.nodes[f"{base}.{part}"]
            case Path(base, "year" | "month" | "day" as part):
                inner = self.node(base)
                if isinstance(inner, Plain) and inner.kind == "date":
                    return Num(f"CAST({part}({inner.sql}) AS BIGINT)", 0, 9999, optional=inner.optional)
            case Neg(arg):
                inner = self.node(arg)
                if isinstance(inner, Num):
                    text, low, high = scaled(inner.num, inner.low, inner.high, -1)
                    return replace(inner, num=text, low=low, high=high)
            case Arith(op, left, right):
                return self._arithmetic(op, self.node(left), self.node(right))
            case Compare(_, _, _) | Match(_, _) | Logic(_, _) | Not(_):
                return Plain(self.boolean(tree), "boolean")
            case Call(name, args):
                return self._call(name, args)
        raise NotCompiled(f"{type(tree).__name__} is not compiled")

    def _constant(self, value: Any) -> Node:
        if isinstance(value, bool):
            return Plain("TRUE" if value else "FALSE", "boolean")
        if isinstance(value, Fraction):
            return constant(value)
        if isinstance(value, str):
            return Plain(quoted(value), "string")
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return Plain(f"DATE '{value.isoformat()}'", "date")
        raise NotCompiled("a constant without an SQL form")

    def _arithmetic(self, op: str, a: Node, b: Node) -> Node:
        optional = a.optional | b.optional
        if isinstance(a, Plain) and isinstance(b, Plain) and a.kind == b.kind == "string" and op == "+":
            return Plain(f"({a.sql} || {b.sql})", "string", optional)
        if not isinstance(a, Num) or not isinstance(b, Num):
            raise NotCompiled("arithmetic on something else than numbers")
        left, right = a.constant, b.constant
        if op in ("+", "-"):
            if left is not None and right is not None:
                return constant(left + right if op == "+" else left - right)
            x, y, scale, den, den_high = together(a, b)
            text, low, high = plus(x, y, op)
            return Num(text, low, high, scale, den, den_high, optional)
        if op == "*":
            if left is not None and right is not None:
                return constant(left * right)
            text, low, high = times((a.num, a.low, a.high), (b.num, b.low, b.high))
            den, _, den_high = (
                times(_den(a), _den(b)) if a.den and b.den else (a.den or b.den, 1, a.den_high * b.den_high)
            )
            return Num(text, low, high, a.scale * b.scale, den, den_high, optional)
        if op == "/":
            return self._divide(a, b, optional)
        if op == "**" and right is not None and right.denominator == 1 and 0 < right <= 8:
            result: Node = a
            for _ in range(int(right) - 1):
                result = self._arithmetic("*", result, a)
            return result
        raise NotCompiled(f"{op} is not compiled")

    def _divide(self, a: Num, b: Num, optional: frozenset[str]) -> Num:
        if b.constant is not None:
            if b.constant == 0:
                raise NotCompiled("a division by zero")
            product = self._arithmetic("*", a, constant(1 / b.constant))
            assert isinstance(product, Num)
            return product
        num = times(scaled(a.num, a.low, a.high, b.scale), _den(b))
        divisor = (b.num, b.low, b.high)
        if b.low <= 0:
            if not b.optional:
                self.rest.append(f"{self.keep_text(b.num)} = 0")
            else:
                raise NotCompiled("a division by a figure that may be left out")
        if b.low < 0:
            size = max(abs(num[1]), abs(num[2]))
            num = (f"(CASE WHEN {b.num} < 0 THEN -{num[0]} ELSE {num[0]} END)", -size, size)
            divisor = (f"abs({b.num})", 0, max(abs(b.low), abs(b.high)))
        den = times(divisor, _den(a)) if a.den else divisor
        return Num(num[0], num[1], num[2], a.scale, den[0], max(den[2], 1), optional)

    def keep_text(self, sql: str) -> str:
        return sql if sql.isidentifier() else self.column(sql)

    def _call(self, name: str, args: tuple[Expr, ...]) -> Node:
        if name in self.functions:
            parameters, body = self.functions[name]
            if len(parameters) != len(args) or any(
                isinstance(part, Call) and part.name in self.functions for part in walk(body)
            ):
                raise NotCompiled("this function is not compiled")
            return self.node(substitute(body, dict(zip(parameters, args, strict=True))))
        nodes = [self.node(arg) for arg in args]
        if not all(isinstance(node, Num) for node in nodes):
            raise NotCompiled(f"{name} of something else than numbers")
        numbers = [node for node in nodes if isinstance(node, Num)]
        optional = frozenset().union(*(node.optional for node in numbers))
        if name in ("min", "max"):
            best = numbers[0]
            for other in numbers[1:]:
                best = self._pick(best, other, "<=" if name == "min" else ">=")
            return best
        if name == "sum":
            total: Node = numbers[0]
            for other in numbers[1:]:
                total = self._arithmetic("+", total, other)
            return total
        if name == "abs":
            only = numbers[0]
            size = max(abs(only.low), abs(only.high))
            return replace(only, num=f"abs({only.num})", low=0, high=size)
        how = {"round half up": "half_up", "floor": "floor", "ceiling": "ceiling"}.get(name)
        digits = numbers[1].constant if len(numbers) > 1 else Fraction(0)
        if how and digits is not None and digits.denominator == 1 and 0 <= digits <= 12:
            text, low, high = whole(numbers[0], int(digits), how)
            return Num(text, low, high, 10 ** int(digits), optional=optional)
        raise NotCompiled(f"{name} is not compiled")

    def _pick(self, a: Num, b: Num, op: str) -> Num:
        """The smaller (or greater) of two numbers, without dividing."""
        x, y, scale, den, den_high = together(a, b)
        low, high = (min(x[1], y[1]), min(x[2], y[2])) if op == "<=" else (max(x[1], y[1]), max(x[2], y[2]))
        if a.optional or b.optional:  # null where either is, as in FEEL
            text = f"(CASE WHEN {x[0]} {op} {y[0]} THEN {_wide(*x, low, high)} WHEN {y[0]} {op} {x[0]} THEN {_wide(*y, low, high)} END)"
        elif len(x[0]) + len(y[0]) < SHORT:  # quicker than `least`, which asks for nulls; but each is written twice
            text = f"(CASE WHEN {x[0]} {op} {y[0]} THEN {_wide(*x, low, high)} ELSE {_wide(*y, low, high)} END)"
        else:
            text = f"{'least' if op == '<=' else 'greatest'}({_wide(*x, low, high)}, {_wide(*y, low, high)})"
        return Num(text, low, high, scale, den, den_high, a.optional | b.optional)

    # conditions ------------------------------------------------------------------------------------------------------

    def boolean(self, tree: Expr) -> str:
        match tree:
            case Lit(bool() as value):
                return "TRUE" if value else "FALSE"
            case Not(arg):
                return f"(NOT {self.boolean(arg)})"
            case Logic(op, args):
                return "(" + f" {op.upper()} ".join(self.boolean(arg) for arg in args) + ")"
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Match(left, right):
                return self._compare("=", left, right)
        node = self.node(tree)
        if isinstance(node, Plain) and node.kind == "boolean" and not node.optional:
            return node.sql
        raise NotCompiled("not a condition")

    def _compare(self, op: str, left: Expr, right: Expr) -> str:
        if Lit(None) in (left, right):
            raise NotCompiled("a test for null")
        a, b = self.node(left), self.node(right)
        if a.optional and b.optional:
            raise NotCompiled("two figures that may be left out")
        sql_op = "<>" if op == "!=" else op
        if op in ("=", "!=") and isinstance(a, Plain) and a.hit and isinstance(right, Lit):
            return self._hit_test(a, right.value, op == "=")
        if isinstance(a, Num) and isinstance(b, Num):
            x, y, _, _, _ = together(a, b)
            body = f"({_wide(*x, *y[1:])} {sql_op} {_wide(*y, *x[1:])})"
        elif isinstance(a, Plain) and isinstance(b, Plain) and a.kind == b.kind:
            if a.kind == "boolean":
                if op not in ("=", "!="):
                    raise NotCompiled("truth values have no order")
                positive = {("=", "TRUE"): a.sql, ("=", "FALSE"): f"(NOT {a.sql})"}
                body = positive.get((op, b.sql), f"({a.sql} {sql_op} {b.sql})")
            else:
                body = f"({a.sql} {sql_op} {b.sql})"
        else:
            raise NotCompiled("a comparison of different kinds")
        missing = sorted(a.optional | b.optional)
        if missing:
            nothing = " OR ".join(f"{name} IS NULL" for name in missing)
            body = f"(CASE WHEN {nothing} THEN {'TRUE' if op == '!=' else 'FALSE'} ELSE {body} END)"
        return body

    @staticmethod
    def _hit_test(node: Plain, value: Any, wanted: bool) -> str:
        """Whether a decision has an output, asked of the number of its rule."""
        numbers = dict(node.rules).get(value, ())
        if not numbers:
            return "FALSE" if wanted else "TRUE"
        inside = _in_rules(node.hit, numbers)
        if len(numbers) > MANY_RULES and " IN " in inside:
            count = max(number for _, own in node.rules for number in own)
            inside = (
                f"coalesce(([{', '.join(str(n in numbers).upper() for n in range(1, count + 1))}])[{node.hit}], FALSE)"
            )
        return f"({inside})" if wanted else f"(NOT {inside})"

    # decisions -------------------------------------------------------------------------------------------------------

    def _decision(self, decision: Decision) -> list[tuple[str, str]]:
        if decision.table is None:
            assert decision.tree is not None
            output = decision.outputs[0]
            node = self.node(decision.tree)
            if node.optional:
                names = " OR ".join(f"{name} IS NULL" for name in sorted(node.optional))
                self.rest.append(f"({names})")
            value = self.typed(output, [node], None)
            self.nodes[decision.name] = value
            return [
                (output.column, self._stored(value, output.type)),
                (f"{decision.name}_rule", NO_TEXT),
                (f"{decision.name}_problem", NO_TEXT),
            ]
        return self._table(decision, decision.table)

    def _table(self, decision: Decision, table: Table) -> list[tuple[str, str]]:
        if table.hit in MANY:
            return self._collecting_table(decision, table)
        rules = list(table.rules)
        if table.hit == "P":
            if any(names_in(tree) for rule in rules for tree in rule.outputs):
                raise NotCompiled("a priority that is computed")
            values = {rule.id: [self.evaluator.closure(tree)({}) for tree in rule.outputs] for rule in rules}
            rules.sort(key=lambda rule: rank(decision.outputs, values[rule.id]))
        if any(output.default is not None for output in decision.outputs):
            # the default is a last rule without a name, which every family meets
            rules.append(Rule("", (), tuple(output.default or Lit(None) for output in decision.outputs), ()))
        apart, covered = self.proofs.get(decision.name, (False, False))
        unsure = table.hit in ("U", "A") and not apart
        hit, always = self._worked_out(table, rules, unsure), covered
        if hit is None and len(rules) > MANY_RULES:
            hit = self._dispatched(table, rules, unsure)
        if hit is None:
            conditions = [self.condition(rule) for rule in rules]
            if unsure:
                conditions = [
                    condition if condition in ("TRUE", "FALSE") else self.column(condition) for condition in conditions
                ]
                self.layers.append(Layer())
                if matched := self._matched(table, rules, conditions):
                    self.rest.append(f"{self.column(matched)} > 1")
            hit = self.column(f"CAST({_first(conditions)} AS SMALLINT)")
            always = covered or conditions[-1] == "TRUE"
        self.layers.append(Layer())
        found = self._outputs(decision, rules, hit, always)
        rule_id = looked_up([quoted(rule.id) if rule.id else NO_TEXT for rule in rules], hit)
        problem = NO_TEXT
        if not always:
            problem = f"CASE WHEN {hit} = {NO_RULE} THEN {quoted(say('not-decided', self.lang))} END"
            self._undecided(decision, f"{hit} = {NO_RULE}")
        return [*found, (f"{decision.name}_rule", rule_id), (f"{decision.name}_problem", problem)]

    def _finite(self, name: str) -> "tuple[list[dict[str, Any]], Callable[[list[str]], str]] | None":
        """The values a name can take, as expressions see them, and what chooses among texts, one a value; None where there are too many."""
        node = self.nodes.get(name)
        if isinstance(node, Plain) and node.hit:
            hit, values = node.hit, {number: value for value, numbers in node.rules for number in numbers}
            return [{name: values[number]} for number in sorted(values)], lambda texts: self._choose(texts, hit, True)
        if isinstance(node, Plain) and node.kind == "boolean" and not node.optional:
            sql = node.sql
            return (
                [{name: True}, {name: False}],
                lambda texts: (
                    texts[0] if texts[0] == texts[1] else f"CASE WHEN {sql} THEN {texts[0]} ELSE {texts[1]} END"
                ),
            )
        return None

    def _worked_out(self, table: Table, rules: list[Rule], unsure: bool) -> str | None:
        """The number of the rule where the cells ask only for truth values and the results of constant tables: every combination is decided
        here, by the row evaluator's closures, and a row is led to its own through one test after another."""
        names = list(dict.fromkeys(name for rule in rules for name in rule.reads()))
        found = [self._finite(name) for name in names]
        subjects = [item for item in found if item is not None]
        if not subjects or len(subjects) < len(found) or math.prod(len(values) for values, _ in subjects) > MANY_CASES:
            return None
        tests = [[self.evaluator.closure(cell.tree) for cell in rule.cells] for rule in rules]
        numbers: set[int] = set()

        def number(env: dict[str, Any]) -> str:
            hits = [number for number, cells in enumerate(tests, 1) if all(cell(env) is True for cell in cells)]
            results = {self._result_key(table, rules[number - 1]) for number in hits if rules[number - 1].id}
            found = CONFLICT if unsure and len(results) > 1 else hits[0] if hits else NO_RULE
            numbers.add(found)
            return str(found)

        def led(env: dict[str, Any], rest: list[Any]) -> str:
            if not rest:
                return number(env)
            (values, choose), *rest = rest
            return choose([led(env | value, rest) for value in values])

        hit = self.column(f"CAST({led({}, subjects)} AS SMALLINT)")
        if CONFLICT in numbers:
            self.rest.append(f"{hit} = {CONFLICT}")
        return hit

    @staticmethod
    def _result_key(table: Table, rule: Rule) -> tuple[str, ...]:
        """What tells the result of a rule from another's: of an A table the outputs where they are constant, else the rule itself."""
        same = table.hit == "A" and not any(names_in(tree) for tree in rule.outputs)
        return tuple(map(repr, rule.outputs)) if same else (rule.id,)

    def _dispatched(self, table: Table, rules: list[Rule], unsure: bool) -> str | None:
        """The number of the rule by way of the text (the city) that most rules name: only its own rules are tried for a row."""
        name, named = _splitter(
            rules, {item.name for item in self.model.inputs if item.type == "string" and not item.optional}
        )
        anywhere = [index for index, rule in enumerate(rules) if rule.id not in named]
        if not name or len(anywhere) > MANY_RULES:
            return None
        groups: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            for value in named.get(rule.id, (frozenset(), 0))[0]:
                groups.setdefault(value, []).append(index)
        values = sorted(groups)

        def leaf(indices: list[int]) -> str:
            chosen = [rules[index] for index in indices]
            conditions = [self.condition(rule, named[rule.id][1] if rule.id in named else -1) for rule in chosen]
            found = _first(conditions, [index + 1 for index in indices])
            matched = self._matched(table, chosen, conditions) if unsure else ""
            return f"CASE WHEN {matched} > 1 THEN {CONFLICT} ELSE {found} END" if matched else found

        subject = self.nodes[name]
        assert isinstance(subject, Plain)
        place = self.column(
            f"CAST(enum_code(TRY_CAST({subject.sql} AS ENUM ({', '.join(map(quoted, values))}))) AS INTEGER)"
        )
        self.layers.append(Layer())
        tree = _tree(place, [leaf(sorted([*groups[value], *anywhere])) for value in values], 0)
        hit = self.column(f"CAST(CASE WHEN {place} IS NULL THEN {leaf(anywhere)} ELSE {tree} END AS SMALLINT)")
        if unsure:
            self.rest.append(f"{hit} = {CONFLICT}")
        return hit

    def condition(self, rule: Rule, without: int = -1) -> str:
        """The rule's condition, less the cell number `without`."""
        parts = [
            self.boolean(cell.tree)
            for index, cell in enumerate(rule.cells)
            if cell.tree != Lit(True) and index != without
        ]
        return "(" + " AND ".join(parts) + ")" if len(parts) > 1 else parts[0] if parts else "TRUE"

    def _undecided(self, decision: Decision, condition: str) -> None:
        """What reads an undecided decision needs it: left to the row evaluator, which says so."""
        if any(decision.name in item.reads() for item in self.model.order):
            self.rest.append(condition)

    def _matched(self, table: Table, rules: list[Rule], conditions: list[str]) -> str:
        """How many rules match, those of an A table with equal outputs counted as one; "" where no two can differ."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for rule, condition in zip(rules, conditions, strict=True):
            if not rule.id:
                continue
            groups.setdefault(self._result_key(table, rule), []).append(condition)
        if len(groups) < 2:
            return ""
        return "(" + " + ".join(f"CAST(({' OR '.join(group)}) AS SMALLINT)" for group in groups.values()) + ")"

    def _outputs(self, decision: Decision, rules: list[Rule], hit: str, covered: bool) -> list[tuple[str, str]]:
        found = []
        for index, output in enumerate(decision.outputs):
            nodes = [self.node(rule.outputs[index]) for rule in rules]
            for number, node in enumerate(nodes, 1):
                if node.optional:
                    names = " OR ".join(f"{name} IS NULL" for name in sorted(node.optional))
                    self.rest.append(f"({hit} = {number} AND ({names}))")
            value = self.typed(output, nodes, hit, covered)
            if isinstance(value, Plain) and all(isinstance(rule.outputs[index], Lit) for rule in rules):
                numbers: dict[Any, tuple[int, ...]] = {}
                for number, rule in enumerate(rules, 1):
                    constant_value = rule.outputs[index].value  # type: ignore[union-attr]
                    numbers[constant_value] = (*numbers.get(constant_value, ()), number)
                value = replace(value, hit=hit, rules=tuple(numbers.items()))
            self.nodes[decision.name if decision.single else f"{decision.name}.{output.name}"] = value
            found.append((output.column, self._stored(value, output.type)))
        self.layers.append(Layer())
        return found

    def typed(self, output: Output, nodes: list[Node], hit: str | None, covered: bool = False) -> Node:
        """An output as a column, in its type; one node per rule, chosen by the column `hit`."""
        kinds = {node.kind if isinstance(node, Plain) else "number" for node in nodes}
        if len(kinds) != 1:
            raise NotCompiled("outputs of different kinds")
        (kind,) = kinds
        base = "number" if output.type in NUMERIC else output.type
        if base not in (kind, "any"):
            raise NotCompiled("an output that is not of its type")
        if kind != "number":
            texts = [node.sql for node in nodes if isinstance(node, Plain)]
            if kind == "string" and hit is not None and all(_TEXT.fullmatch(text) for text in texts):
                name = self.column(looked_up(texts, hit))
                return Plain(f"CAST({name} AS VARCHAR)", kind, written=name)
            return Plain(self.column(self._choose(texts, hit, covered)), kind)
        numbers = [node for node in nodes if isinstance(node, Num)]
        if output.type == "money":
            rounded = [whole(node, 2, "half_up") for node in numbers]
            low, high = min(item[1] for item in rounded), max(item[2] for item in rounded)
            name = self.column(self._choose([_wide(*item, low, high) for item in rounded], hit, covered))
            if max(abs(low), abs(high)) >= MONEY_FEN_LIMIT:
                self.rest.append(f"abs({name}) >= {MONEY_FEN_LIMIT}")
                low, high = max(low, -MONEY_FEN_LIMIT), min(high, MONEY_FEN_LIMIT)
            return Num(name, low, high, 100)
        if any(node.den for node in numbers):
            if len(numbers) > 1:
                raise NotCompiled("a quotient as one of several outputs")
            return self.keep(numbers[0])
        scale = math.lcm(*(node.scale for node in numbers))
        items = [scaled(node.num, node.low, node.high, scale // node.scale) for node in numbers]
        low, high = min(item[1] for item in items), max(item[2] for item in items)
        name = self.column(self._choose([_wide(*item, low, high) for item in items], hit, covered))
        if output.type == "integer" and scale > 1:
            self.rest.append(f"{name} % {scale} <> 0")
        if max(abs(low), abs(high)) >= NUMBER_LIMIT * scale:
            raise NotCompiled("a number that may be too large")
        return Num(name, low, high, scale)

    @staticmethod
    def _choose(texts: list[str], hit: str | None, covered: bool) -> str:
        """The text of the rule that matched. `covered`: some rule always does, so that the last text needs no test."""
        if hit is None:
            return texts[0]
        groups: dict[str, list[int]] = {}
        for index, text in enumerate(texts, 1):
            groups.setdefault(text, []).append(index)
        if len(texts) > MANY_RULES:
            if all(_CONSTANT.fullmatch(text) for text in groups):
                return f"([{', '.join(texts)}])[{hit}]"
            return f"CASE WHEN {hit} BETWEEN 1 AND {len(texts)} THEN {_tree(hit, texts, 1)} END"
        # those that are a run of rules are told by one comparison; the most scattered comes last
        ordered = sorted(groups.items(), key=lambda item: (item[1][-1] - item[1][0] + 1 - len(item[1]), item[1][0]))
        done: set[int] = set()
        cases = []
        for text, numbers in ordered[:-1] if covered else ordered:
            cases.append(f"WHEN {_in_rules(hit, numbers, done)} THEN {text}")
            done |= set(numbers)
        if not cases:
            return ordered[-1][0]
        return f"CASE {' '.join(cases)} {f'ELSE {ordered[-1][0]} ' if covered else ''}END"

    def _collecting_table(self, decision: Decision, table: Table) -> list[tuple[str, str]]:
        """R, O, C and the aggregates: every rule that matches counts."""
        if any(output.default is not None for output in decision.outputs):
            raise NotCompiled("a default output of a collecting table")
        rules = list(table.rules)
        if table.hit == "O":
            if any(names_in(tree) for rule in rules for tree in rule.outputs):
                raise NotCompiled("an order that is computed")
            values = {rule.id: [self.evaluator.closure(tree)({}) for tree in rule.outputs] for rule in rules}
            rules.sort(key=lambda rule: rank(decision.outputs, values[rule.id]))
        conditions = [self.column(self.condition(rule)) for rule in rules]
        self.layers.append(Layer())
        count = self.column(" + ".join(f"CAST({condition} AS BIGINT)" for condition in conditions))
        if table.hit in ("R", "O", "C"):
            results = [self._list(output, index, rules, conditions) for index, output in enumerate(decision.outputs)]
        else:
            results = [self._aggregate(decision, table.hit, rules, conditions, count)]
        self.layers.append(Layer())
        ids = ", ".join(
            f"CASE WHEN {condition} THEN {quoted(rule.id)} END"
            for rule, condition in zip(rules, conditions, strict=True)
        )
        self._undecided(decision, f"{count} = 0")
        return [
            *((column, f"CASE WHEN {count} > 0 THEN {result} END") for column, result in results),
            (f"{decision.name}_rule", f"nullif(concat_ws('+', {ids}), '')"),
            (f"{decision.name}_problem", f"CASE WHEN {count} = 0 THEN {quoted(say('not-decided', self.lang))} END"),
        ]

    def _list(self, output: Output, index: int, rules: list[Rule], conditions: list[str]) -> tuple[str, str]:
        """The outputs of the rules that match, as a list; no later decision reads it in SQL."""
        nodes = [self.node(rule.outputs[index]) for rule in rules]
        if any(node.optional for node in nodes) or output.type == "integer":
            raise NotCompiled("a list of such outputs")
        texts = [self._stored(self.typed(output, [node], None), output.type) for node in nodes]
        self.layers.append(Layer())
        items = ", ".join(
            f"CASE WHEN {condition} THEN {text} END" for condition, text in zip(conditions, texts, strict=True)
        )
        return output.column, f"list_filter([{items}], lambda item: item IS NOT NULL)"

    def _aggregate(
        self, decision: Decision, hit: str, rules: list[Rule], conditions: list[str], count: str
    ) -> tuple[str, str]:
        output = decision.outputs[0]
        if hit == "C#":
            total = Num(count, 0, len(rules))
        else:
            numbers = []
            for rule in rules:
                node = self.node(rule.outputs[0])
                if not isinstance(node, Num) or node.den or node.optional:
                    raise NotCompiled("an aggregate of something else than plain numbers")
                numbers.append(node)
            scale = math.lcm(*(node.scale for node in numbers))
            items = [scaled(node.num, node.low, node.high, scale // node.scale) for node in numbers]
            if hit == "C+":
                sums: tuple[str, int, int] = (_literal(0), 0, 0)
                for condition, (text, low, high) in zip(conditions, items, strict=True):
                    sums = plus(sums, (f"(CASE WHEN {condition} THEN {text} ELSE 0 END)", min(low, 0), max(high, 0)))
                total = Num(sums[0], sums[1], sums[2], scale)
            else:
                low, high = min(item[1] for item in items), max(item[2] for item in items)
                chosen = ", ".join(
                    f"CASE WHEN {condition} THEN {_wide(*item, low, high)} END"
                    for condition, item in zip(conditions, items, strict=True)
                )
                total = Num(f"{'least' if hit == 'C<' else 'greatest'}({chosen})", low, high, scale)
        value = self.typed(output, [total], None)
        self.nodes[decision.name] = value
        return output.column, self._stored(value, output.type)

    # how results are written down ------------------------------------------------------------------------------------

    def _stored(self, node: Node, type_name: str) -> str:
        if isinstance(node, Plain):
            return node.written or node.sql
        if type_name == "money":
            text, low, high = whole(node, 2, "half_up")
            if self.fen:
                return f"{'CAST' if max(abs(low), abs(high)) < MONEY_FEN_LIMIT else 'TRY_CAST'}({text} AS BIGINT)"
            if max(abs(low), abs(high)) < MONEY_FEN_LIMIT:
                return f"(CAST({text} AS DECIMAL(18, 0)) * CAST('0.01' AS DECIMAL(3, 2)))"
            # what is too large is left to the row evaluator, and must not stop the others
            return f"TRY_CAST(TRY_CAST({text} AS DECIMAL(36, 0)) * CAST('0.01' AS DECIMAL(2, 2)) AS DECIMAL(18, 2))"
        if type_name == "integer":
            return f"CAST({whole(node, 0, 'floor')[0]} AS BIGINT)"
        text, low, high = whole(node, NUMBER_PLACES, "half_up")
        return f"CAST(CAST({text} AS DECIMAL(38, 0)) * CAST('0.000000000001' AS DECIMAL(12, 12)) AS DECIMAL(38, 12))"

    def _shown(self, figure: Figure) -> str:
        return self._stored(self.nodes[figure.name], figure.type)


# reading columns in SQL ----------------------------------------------------------------------------------------------


def number_sql(raw: str, found: Column) -> str:
    """A column's value × 10^scale as BIGINT; NULL where there is nothing or where it does not fit exactly."""
    kind, factor = found.sql_type, 10**found.scale
    inside = f"BETWEEN {found.low} AND {found.high}"
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"):
        if not found.loose:
            return raw if kind == "BIGINT" else f"CAST({raw} AS BIGINT)"
        return f"CASE WHEN {raw} {inside} THEN CAST({raw} AS BIGINT) END"
    if kind.startswith("DECIMAL"):
        text = f"TRY_CAST({raw} * {factor} AS BIGINT)" if found.loose else f"CAST({raw} * {factor} AS BIGINT)"
        return f"CASE WHEN {text} {inside} THEN {text} END" if found.loose else text
    if kind in ("DOUBLE", "FLOAT"):
        text = f"TRY_CAST(round(CAST({raw} AS DOUBLE) * {factor}) AS BIGINT)"
        if not found.loose:
            return text
        exact = f"CAST({raw} AS DOUBLE) = CAST({text} AS DOUBLE) / {factor}"
        return f"CASE WHEN {text} {inside} AND {exact} THEN {text} END"
    if kind == "VARCHAR":
        simple = f"regexp_full_match({raw}, '\\s*[+-]?\\d{{1,14}}(\\.\\d{{1,{max(found.scale, 1)}}})?\\s*')"
        text = (
            f"CAST(TRY_CAST(trim({raw}, {quoted(BLANKS)}) AS DECIMAL(24, {max(found.scale, 1)})) * {factor} AS BIGINT)"
        )
        return f"CASE WHEN {simple} THEN CASE WHEN {text} {inside} THEN {text} END END"
    raise NotCompiled(f"a number column of type {kind}")


def string_sql(raw: str, found: Column) -> str:
    if found.sql_type == "VARCHAR":
        return raw if not found.loose else f"CASE WHEN trim({raw}, {quoted(BLANKS)}) <> '' THEN {raw} END"
    if found.sql_type.startswith("ENUM") or found.sql_type in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        return f"CAST({raw} AS VARCHAR)"
    raise NotCompiled(f"a text column of type {found.sql_type}")


def boolean_sql(raw: str, found: Column) -> str:
    if found.sql_type == "BOOLEAN":
        return raw
    if found.sql_type in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        return f"CASE {raw} WHEN 1 THEN TRUE WHEN 0 THEN FALSE END"
    if found.sql_type == "VARCHAR":
        text = f"lower(trim({raw}, {quoted(BLANKS)}))"
        yes, no = (", ".join(map(quoted, words)) for words in (TRUE_WORDS, FALSE_WORDS))
        return f"CASE WHEN {text} IN ({yes}) THEN TRUE WHEN {text} IN ({no}) THEN FALSE END"
    raise NotCompiled(f"a truth column of type {found.sql_type}")


def date_sql(raw: str, found: Column) -> str:
    if found.sql_type == "DATE":
        return raw
    if found.sql_type in ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"):
        return f"CAST({raw} AS DATE)"
    if found.sql_type == "VARCHAR":
        simple = f"regexp_full_match({raw}, '\\s*\\d{{4}}-\\d\\d-\\d\\d\\s*')"
        return f"CASE WHEN {simple} THEN TRY_CAST(trim({raw}, {quoted(BLANKS)}) AS DATE) END"
    raise NotCompiled(f"a date column of type {found.sql_type}")
