"""What can be proved of a table's rules: that they never overlap, leave no gap, or that one can never apply.

Conditions are turned into exact linear arithmetic (`logic`) that allows at least every family that there can be: where that has no point, there is proved to
be none. A point that is found is decided by the evaluator itself, and shown only where that agrees. In between, figures are given values (the standards
of each area and day; factors of a product) until the conditions are linear; where that shows nothing and proves nothing, the answer is open.
`check` tells people, the engine leaves out tests that cannot fail.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from nuanxin.policy.feel import (
    Arith,
    Call,
    Compare,
    Expr,
    Lit,
    Match,
    Name,
    resting_on,
    walk,
)
from nuanxin.policy.logic import All, Choice, Formula, Search, Some, Undecided, variables
from nuanxin.policy.model import Cell, Decision, Model, Rule, Table
from nuanxin.policy.reading import ABSENT, DAY_0, Reading, Setting, Shape, ranked, sign, variable, variables_in
from nuanxin.policy.rows import Decided, RowDecider
from nuanxin.policy.values import NUMERIC, UNKNOWN, number_text, show

MAX_VIEWS = 12  # sets of values tried for what makes a condition not linear
MAX_PROVED_RULES = 60
MAX_PROVED_PAIRS = 2000


# overlaps, gaps, rules out of reach ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """`point`: a family that shows it; `proved`: that there is none. `absent`: the inputs that it leaves out."""

    point: dict[str, Any] | None = None
    proved: bool = False
    absent: tuple[str, ...] = ()


@dataclass(slots=True)
class View:
    """One reading of a table's rules. `whole`: it allows every family, so that what it excludes is excluded."""

    reading: Reading
    rules: Sequence[Rule]
    search: Search
    background: list[Formula]
    whole: bool
    setting: Setting | None = None
    _matches: dict[int, Formula] = field(default_factory=dict)
    _fails: dict[int, Formula] = field(default_factory=dict)

    def matches(self, index: int) -> Formula:
        if index not in self._matches:
            self._matches[index] = self.reading.rule(self.rules[index])
        return self._matches[index]

    def fails(self, index: int) -> Formula:
        if index not in self._fails:
            self._fails[index] = self.reading.fails(self.rules[index])
        return self._fails[index]

    def all_match(self, indexes: Iterable[int]) -> list[Formula]:
        return [self.matches(index) for index in indexes]

    def all_fail(self) -> list[Formula]:
        return [self.fails(index) for index in range(len(self.rules))]


Question = Callable[[View], list[Formula]]


class Prover:
    """Asks questions of one table's rules, in every view that may answer them."""

    def __init__(
        self, model: Model, decision: Decision, table: Table, rows: RowDecider, shape: Shape, cents: bool = True
    ) -> None:
        self.model, self.decision, self.table, self.rows, self.cents = model, decision, table, rows, cents
        self.shape = shape
        self.names = set(resting_on(decision.reads(), rows.reads))
        self.ranks = ranked(decision, table)
        self._earlier = [item for item in model.decisions if item.name in self.names]
        self.before = [item for item in model.order if item.name in self.names]
        self.optional = [item.name for item in model.inputs if item.optional and item.name in self.names]
        self.plain = self._view({}, False, True)
        self._settings_views: dict[Setting, View] = {}

    def _view(self, fixed: dict[str, Fraction], defined: bool, whole: bool, setting: Setting | None = None) -> View:
        earlier = self._earlier if defined else []
        used = {name for name in self.model.standard_names if name in self.names}
        missing = frozenset(used - {name for name, _ in setting.values}) if setting is not None else frozenset()
        decided = frozenset(item.name for item in earlier)
        reading = Reading(self.shape, fixed, not whole, decided, missing)
        background = reading.background(self.names)
        if setting is not None and self.by_area:
            areas = frozenset(item.area for item in self.settings if item.area)
            home = Choice(
                self.model.area_input, frozenset([setting.area]) if setting.area else areas, bool(setting.area)
            )
            background.append(home)
        background += reading.definitions(earlier)
        return View(reading, self.table.rules, reading.search(self.cents), background, whole, setting)

    @cached_property
    def but_for_optional(self) -> list[Rule]:
        """The rules without the cells that rest on what may be left out."""

        def given(cell: Cell) -> bool:
            return not self.shape.nullable & set(variables_in(self.shape.opened(cell.tree)))

        return [replace(rule, cells=tuple(filter(given, rule.cells))) for rule in self.table.rules]

    @cached_property
    def _defined(self) -> list[View]:
        return [self._view({}, True, True)] if self._earlier else []

    @cached_property
    def by_area(self) -> bool:
        """Whether the conditions ask for the area itself, beside the standards that it has."""
        return self.model.area_input in self.names

    @cached_property
    def settings(self) -> list[Setting]:
        """The standards that the table rests on, as they hold somewhere on some day; those that differ. A standard that an area lacks is left out."""
        model = self.model
        used = [name for name in model.standard_names if name in self.names]
        if not used:
            return [Setting("", ())]
        first, last = model.effective_from or dt.date.min, model.effective_to or dt.date.max
        days = sorted({max(item.start, first) for item in model.standards if item.start <= last and item.name in used})
        found: dict[Any, Setting] = {}
        for area in dict.fromkeys([*(item.area for item in model.standards), ""]):
            mine = replace(model, standards=tuple(item for item in model.standards if item.area in (area, "")))
            for day in days:
                standards = [(name, mine.standard_on(name, area, day)) for name in used]
                values = tuple((name, item.value) for name, item in standards if item is not None)
                found.setdefault((area if self.by_area else None, values), Setting(area, values))
        return list(found.values())

    def _setting_view(self, setting: Setting) -> View:
        if setting not in self._settings_views:
            self._settings_views[setting] = self._view(dict(setting.values), True, False, setting)
        return self._settings_views[setting]

    @cached_property
    def _tried(self) -> list[View]:
        """Views with values for what makes the conditions not linear."""
        found: list[View] = []
        for fixed in fixings(self.shape, self._expressions()):
            for setting in self.settings[:3]:
                if len(found) < MAX_VIEWS:
                    view = self._view({**dict(setting.values), **fixed}, True, False, setting)
                    for name, value in fixed.items():
                        view.background.append(sign("=", ({name: Fraction(1)}, -value)))
                    found.append(view)
        return found

    def _expressions(self) -> Iterator[Expr]:
        """The table's conditions, and the conditions and results of earlier decisions, figures and knowledge put in."""
        for decision in (*self._earlier, self.decision):
            if decision.tree is not None:
                yield self.shape.opened(decision.tree)
            for rule in decision.table.rules if decision.table else ():
                yield from self.shape.conditions(rule)
                if decision is not self.decision:
                    yield from map(self.shape.opened, rule.outputs)

    @cached_property
    def _asked(self) -> list[dict[str, frozenset[Any]]]:
        """By rule the values of texts and truth values that it asks for; not of inputs that another rule asks to be missing, which leaves it open."""
        found = []
        for index in range(len(self.table.rules)):
            formula = self.plain.matches(index)
            sets: dict[str, frozenset[Any]] = {}
            for part in formula.parts if isinstance(formula, All) else (formula,):
                for name, values in _choice(part):
                    if name in self.shape.asked:
                        continue
                    sets[name] = sets[name] & values if name in sets else values
            found.append(sets)
        return found

    @cached_property
    def _buckets(self) -> tuple[str, dict[Any, list[int]]]:
        """The text or truth value that parts the rules best, and the rules by its value; None: those that do not ask for it."""
        names = {name for sets in self._asked for name in sets}
        key = max(sorted(names), key=lambda name: len({sets.get(name) for sets in self._asked}), default="")
        found: dict[Any, list[int]] = {}
        for index, sets in enumerate(self._asked):
            for value in sets.get(key, (None,)):
                found.setdefault(value, []).append(index)
        return key, found

    def near(self, index: int) -> list[int]:
        """The other rules that are not plainly apart from a rule by a text or a truth value, in order."""
        key, buckets = self._buckets
        mine = self._asked[index]
        values = mine[key] | {None} if key in mine else buckets
        others = {other for value in values for other in buckets.get(value, ())} - {index}
        return [
            other
            for other in sorted(others)
            if all(mine[name] & self._asked[other][name] for name in mine.keys() & self._asked[other].keys())
        ]

    def proved(self, question: Question) -> bool:
        """Whether the plain view shows that there is no such family."""
        try:
            return self.plain.search.find([*self.plain.background, *question(self.plain)]) is None
        except Undecided:
            return False

    def ask(self, question: Question, confirm: Callable[[Decided], bool]) -> Answer:
        """`question`: what is asked, as logic; `confirm`: whether a decided family shows it."""
        area = None
        for view in (self.plain, *self._defined):
            none, point = self._find(view, question)
            if none:
                return Answer(proved=True)
            area = point.get(self.model.area_input, area) if point else area
            if found := self._confirmed(point, view, confirm):
                return found
        settings = sorted(self.settings, key=lambda item: item.area != area)
        shut = len(settings) <= MAX_VIEWS
        for view in (self._setting_view(setting) for setting in settings[:MAX_VIEWS]):
            none, point = self._find(view, question)
            shut = shut and none
            if found := self._confirmed(point, view, confirm):
                return found
        if shut:
            return Answer(proved=True)
        for view in self._tried:
            if found := self._confirmed(self._find(view, question)[1], view, confirm):
                return found
        return Answer()

    @staticmethod
    def _find(view: View, question: Question) -> tuple[bool, dict[str, Any] | None]:
        """Whether there is no point; one, unless there is none or the search was given up."""
        try:
            point = view.search.find([*view.background, *question(view)])
        except Undecided:
            return False, None
        return point is None, point

    # trying a point
    def _confirmed(self, point: dict[str, Any] | None, view: View, confirm: Callable[[Decided], bool]) -> Answer | None:
        """The point, where the evaluator finds of it what was asked."""
        setting = None if point is None else view.setting or self._setting_of(point)
        if point is None or setting is None:
            return None
        env: dict[str, Any] = dict.fromkeys(self.model.standard_names, UNKNOWN)
        for item in self.model.inputs:
            env[item.name] = self._given(item.name, item.type, point, item.optional)
            if env[item.name] not in (None, UNKNOWN) and not self.rows.allowed(item.name, env[item.name]):
                if item.name in self.names:
                    return None
                env[item.name] = UNKNOWN
        if self.model.area_input and self.model.area_input not in point:
            env[self.model.area_input] = setting.area or "other"
        env |= dict(setting.values)
        state = self.rows.at(env, self.before)
        if not confirm(state):
            return None
        absent = tuple(name for name in self.optional if env[name] is None)
        return Answer(
            {
                name: self._seen(name, state.env)
                for name in {*point, *dict(setting.values), *view.reading.fixed, *self._lists}
            },
            absent=absent,
        )

    @cached_property
    def _lists(self) -> list[str]:
        """What the conditions read and the reading does not look into, such as lists."""
        kinds = self.shape.kinds.kinds
        return [name for rule in self.table.rules for name in rule.reads() if kinds.get(name) == ""]

    def _setting_of(self, point: dict[str, Any]) -> Setting | None:
        named = {item.area for item in self.settings}
        area = point.get(self.model.area_input, "")
        for setting in self.settings:
            if self.by_area and len(named) > 1 and setting.area != (area if area in named else ""):
                continue
            if all(point.get(name, value) == value for name, value in setting.values):
                return setting
        return None

    def _given(self, name: str, kind: str, point: dict[str, Any], optional: bool) -> Any:
        """An input's value at a point, as expressions see it; a usual one where the point does not speak of it."""
        if point.get(ABSENT + name) is True or point.get(name, 0) is None:
            return None if optional else UNKNOWN
        if kind == "date":
            day = int(point.get(name, Fraction(0))) + DAY_0
            return dt.date.fromordinal(min(max(day, 1), dt.date.max.toordinal()))
        usual: dict[str, Any] = {"string": "other", "boolean": False, **dict.fromkeys(NUMERIC, Fraction(0))}
        return point.get(name, usual.get(kind, None if optional else UNKNOWN))

    def _seen(self, name: str, env: dict[str, Any]) -> Any:
        base, _, part = name.partition(".")
        value = env.get(name, env.get(base))
        return value.get(part) if isinstance(value, dict) else value

    def example(self, answer: Answer) -> str:
        """A family as a person reads it: the figures that the conditions speak of."""
        point = answer.point or {}
        reads = {item.name: item.reads() for item in self.model.figures}
        bases = resting_on((name for rule in self.table.rules for name in rule.reads()), reads)
        types = {item.name: item.type for item in self.model.inputs} | {
            name: self.model.standard_type(name) for name in self.model.standard_names
        }
        types |= {variable(item, output): output.type for item in self.model.decisions for output in item.outputs}
        shown = [
            f"{name} = {_shown(value, types.get(name, 'any'))}"
            for name, value in sorted(point.items())
            if (name in bases or name.partition(".")[0] in bases)
            and name not in answer.absent
            and value is not UNKNOWN
            and not isinstance(value, dict)
        ]
        return ", ".join(shown)


def _shown(value: Any, type_name: str) -> str:
    if isinstance(value, Fraction):
        return show(value, "money") if type_name == "money" else number_text(value)
    if isinstance(value, str):
        return f'"{value}"'
    return "null" if value is None else show(value)


def _number(tree: Expr) -> Any:
    return tree.value if isinstance(tree, Lit) else None


def fixings(shape: Shape, trees: Iterable[Expr]) -> list[dict[str, Fraction]]:
    """Values to try for the figures that divide, or are multiplied with another: of an input small ones and those about the
    limits that cells name, of an earlier decision those that its table lists."""
    integers = {item.name for item in shape.model.inputs if item.type == "integer"}
    listed = {
        variable(item, output): [_number(rule.outputs[index]) for rule in item.table.rules]
        for item in shape.model.decisions
        for index, output in enumerate(item.outputs)
        if item.table is not None
    }
    listed = {name: values for name, values in listed.items() if all(type(value) is Fraction for value in values)}
    limits: dict[str, list[Fraction]] = {}
    awkward: dict[str, None] = {}

    def figures(tree: Expr) -> list[str]:
        return [
            name
            for name in variables_in(tree)
            if name in listed or (name in shape.inputs and shape.kinds.kinds[name] == "number")
        ]

    for part in (part for tree in trees for part in walk(tree)):
        match part:
            case Arith("/", _, right):
                awkward.update(dict.fromkeys(figures(right)))
            case Arith("**", left, _) | Call("modulo" | "floor" | "ceiling", (left, *_)):
                awkward.update(dict.fromkeys(figures(left)))
            case Arith("*", left, right):
                sides = [side for side in (figures(left), figures(right)) if side]
                if len(sides) == 2:
                    costs = [sum(name not in integers and name not in listed for name in side) for side in sides]
                    awkward.update(dict.fromkeys(sides[costs.index(min(costs))]))
            case Compare(_, Name(name), Lit(Fraction() as limit)) | Match(Name(name), Lit(Fraction() as limit)):
                limits.setdefault(name, []).extend((limit, limit + 1, limit - 1))
    usual = Fraction(1), Fraction(2), Fraction(3)
    choices = [
        [(name, value) for value in dict.fromkeys(listed.get(name) or (usual[0], *limits.get(name, ()), *usual))]
        for name in awkward
    ]
    return [dict(chosen) for chosen in itertools.islice(itertools.product(*choices), MAX_VIEWS)] if choices else []


def proofs(model: Model, rows: RowDecider) -> dict[str, tuple[bool, bool]]:
    """By decision with a table: its rules are proved never to overlap; they are proved to leave no gap.

    Nothing is proved where an input may be left out, since then every comparison with it is false.
    """
    shape = Shape(model)
    found = {}
    for decision in model.decisions:
        table = decision.table
        if table is None or table.hit not in ("U", "A", "F", "P"):
            continue
        if shape.optional & {base for name in decision.reads() for base in rows.bases(name)}:
            continue
        prover = Prover(model, decision, table, rows, shape, cents=False)
        pairs_of = itertools.islice(pairs(prover), MAX_PROVED_PAIRS + 1) if table.hit in ("U", "A") else ()
        both_match = list(pairs_of)
        apart = (
            table.hit in ("U", "A")
            and len(both_match) <= MAX_PROVED_PAIRS
            and all(prover.proved(partial(View.all_match, indexes=pair)) for pair in both_match)
        )
        covered = len(table.rules) <= MAX_PROVED_RULES and prover.proved(View.all_fail)
        found[decision.name] = (apart, covered)
    return found


def pairs(prover: Prover) -> Iterator[tuple[int, int]]:
    """Pairs of rules that are not plainly apart."""
    for index in range(len(prover.table.rules)):
        yield from ((index, other) for other in prover.near(index) if other > index)


def _choice(formula: Formula) -> list[tuple[str, frozenset[Any]]]:
    """The values that a condition asks of one variable."""
    if isinstance(formula, Choice) and formula.positive:
        return [(formula.name, formula.values)]
    if isinstance(formula, Some) and len(variables(formula)) == 1:
        parts = [part for part in formula.parts if isinstance(part, Choice) and part.positive]
        if parts and len(parts) == len(formula.parts):
            return [(parts[0].name, frozenset().union(*(part.values for part in parts)))]
    return []
