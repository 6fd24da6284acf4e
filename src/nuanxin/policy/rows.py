"""Decides one family at a time over the parsed policy, exactly. The compiled form (`sql`) is tested to equal it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nuanxin.policy.evaluate import Closure, Evaluator, equal
from nuanxin.policy.feel import Expr, Name, Path, names_in
from nuanxin.policy.messages import TYPE_WORDS, say
from nuanxin.policy.model import Decision, Figure, Input, Model, Output, Rule, Table
from nuanxin.policy.values import NUMERIC, UNKNOWN, Unreadable, read, round_half_up, show, to_decimal

MONEY_LIMIT = Fraction(10) ** 16  # DECIMAL(18, 2)
NUMBER_LIMIT = Fraction(10) ** 26  # DECIMAL(38, 12)
NUMBER_PLACES = 12

Reason = tuple[str, dict[str, Any]]  # code of a sentence and its values


def sentence(reasons: Iterable[Reason], lang: str) -> str:
    """The sentences of a decision's problem in one line."""
    if lang == "both":
        return f"{sentence(reasons, 'zh')} / {sentence(reasons, 'en')}"
    found = [say(code, lang, **{key: value[lang] if isinstance(value, Both) else value for key, value in values.items()})
             for code, values in reasons]  # fmt: skip
    return ("；" if lang == "zh" else "; ").join(found)


class Both(dict[str, str]):
    """A piece of a sentence that differs by language: {"zh": …, "en": …}."""


def unreadable(name: str, value: Any, type_name: str) -> Reason:
    """The reason that a value is not of its type."""
    zh, en = TYPE_WORDS.get(type_name.partition("<")[0], ("有效值", "a value of its type"))
    return "unreadable", {"name": name, "value": value, "type_zh": zh, "type_en": en}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one decision gave for one family.

    `value`: the output, or a context of several, or (for R, O, C) a list; `rules`: ids of the rules that gave it; `problem`: why it
    could not be made (then `value` is None and unknown to later decisions).
    """

    value: Any
    rules: tuple[str, ...] = ()
    problem: tuple[Reason, ...] = ()
    tried: tuple[Any, ...] = ()  # per rule: True, False, None or UNKNOWN

    def output(self, decision: Decision, output: Output) -> Any:
        """The value of one output column."""
        if self.problem or self.value is None or decision.single:
            return self.value if not self.problem else None
        if isinstance(self.value, list):
            return [item.get(output.name) for item in self.value]
        return self.value.get(output.name) if isinstance(self.value, dict) else None


@dataclass(slots=True)
class Decided:
    """One family decided: the values that expressions saw, why inputs could not be used, and the outcomes by decision."""

    env: dict[str, Any]
    bad: dict[str, Reason]
    outcomes: dict[str, Outcome]
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class _Rule:
    rule: Rule
    cells: tuple[Closure, ...]
    outputs: tuple[Closure, ...]
    priority: tuple[int, ...] | None  # rank by output values; None where it is not constant
    reads: tuple[str, ...]


def rank(outputs: tuple[Output, ...], values: Iterable[Any]) -> tuple[int, ...]:
    """Where the values stand in the order of their outputs' allowed values; a smaller rank is more important."""
    return tuple(
        output.values.index(value) if value in output.values else len(output.values)
        for output, value in zip(outputs, values, strict=True)
        if output.values
    )


class RowDecider:
    """A policy made ready to decide single families. `strict`: the DMN standard's nulls instead of "needs X"."""

    def __init__(self, model: Model, strict: bool = False) -> None:
        self.model, self.strict = model, strict
        make = Evaluator(model.functions(), strict)
        self._allowed = {item.name: make.closure(item.allowed) for item in model.inputs if item.allowed is not None}
        self._figures = {item.name: make.closure(item.tree) for item in model.figures}
        self._trees = {item.name: make.closure(item.tree) for item in model.decisions if item.tree is not None}
        self._defaults = {
            item.name: [None if output.default is None else make.closure(output.default) for output in item.outputs]
            for item in model.decisions
        }
        self._tables = {
            item.name: [self._rule(make, item, rule) for rule in item.table.rules]
            for item in model.decisions
            if item.table
        }
        self._standards: dict[tuple[str | None, dt.date], dict[str, Any]] = {}
        self._standard_names = model.standard_names
        self._inputs = [(item, item.factor if item.factor != 1 else None) for item in model.inputs]
        self._optional = {item.name for item in model.inputs if item.optional}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._upstream: dict[str, tuple[Decision, ...]] = {}
        self._inputs_of: dict[str, tuple[Input, ...]] = {}
        self._standards_used: dict[str, tuple[str, ...]] = {}
        self._followers: dict[str, tuple[Figure | Decision, ...]] = {}
        self.reads = {item.name: item.reads() for item in model.order}

    def _rule(self, make: Evaluator, decision: Decision, rule: Rule) -> _Rule:
        outputs = tuple(make.closure(tree) for tree in rule.outputs)
        constant = not any(names_in(tree) for tree in rule.outputs)
        rank_of = rank(decision.outputs, (one({}) for one in outputs)) if constant else None
        return _Rule(rule, tuple(make.closure(cell.tree) for cell in rule.cells), outputs, rank_of, rule.reads())

    # inputs ----------------------------------------------------------------------------------------------------------

    def environment(self, row: Mapping[str, Any], as_of: dt.date) -> tuple[dict[str, Any], dict[str, Reason]]:
        """The typed inputs and the standards in force; what could not be used is UNKNOWN, with its reason."""
        env: dict[str, Any] = {}
        bad: dict[str, Reason] = {}
        missing: Any = None if self.strict else UNKNOWN
        for item, factor in self._inputs:
            given = row.get(item.name)
            try:
                value = read(given, item.type)
            except Unreadable:
                bad[item.name] = unreadable(item.name, given, item.type)
                env[item.name] = missing
                continue
            if value is None:
                env[item.name] = None if item.optional else missing
                continue
            if factor is not None:
                value *= factor
            if not self.allowed(item.name, value):
                bad[item.name] = self._not_allowed(item.name, value)
                env[item.name] = missing
                continue
            env[item.name] = value
        if self.model.standards:
            area = env.get(self.model.area_input)
            env |= self.standards(area if isinstance(area, str) else None, as_of)
        return env, bad

    def _not_allowed(self, name: str, value: Any) -> Reason:
        text = next(item.allowed_text for item in self.model.inputs if item.name == name)
        return "not-allowed", {"name": name, "value": show(value), "allowed": text}

    def allowed(self, name: str, value: Any) -> bool:
        """Whether an input may have the value."""
        return name not in self._allowed or self._allowed[name]({"?": value}) is True

    def standards(self, area: str | None, as_of: dt.date) -> dict[str, Any]:
        key = (area, as_of)
        if key not in self._standards:
            found: dict[str, Any] = {}
            for name in self._standard_names:
                standard = self.model.standard_on(name, area, as_of)
                found[name] = standard.value if standard else None if self.strict else UNKNOWN
            if len(self._standards) > 10_000:
                self._standards.clear()
            self._standards[key] = found
        return self._standards[key]

    # decisions -------------------------------------------------------------------------------------------------------

    def decide(self, row: Mapping[str, Any], as_of: dt.date) -> Decided:
        env, bad = self.environment(row, as_of)
        state = Decided(env, bad, {}, as_of)
        self._run(self.model.order, state)
        return state

    def at(self, env: dict[str, Any], items: Iterable[Figure | Decision]) -> Decided:
        """Figures and decisions, in order, worked out from inputs and standards as expressions see them."""
        state = Decided(dict(env), {}, {}, dt.date.min)
        self._run(items, state)
        return state

    def matches(self, decision: Decision, index: int, state: Decided) -> Any:
        """Whether a rule of its table matches: True, False or UNKNOWN."""
        return self._matches(self._tables[decision.name][index], state.env)

    def results(self, decision: Decision, index: int, state: Decided) -> list[Any]:
        """What a rule of its table gives."""
        return [one(state.env) for one in self._tables[decision.name][index].outputs]

    def again(self, state: Decided, name: str, value: Any, known: dict[Any, Outcome]) -> Decided:
        """The same family with another value of one input, as expressions see it: only what rests on that input is worked out again.

        `known`: the outcomes found so far for other values of it, by what each decision reads; most decisions see few.
        """
        found = Decided(*self._put(state, name, value), dict(state.outcomes), state.as_of)
        reached = self._resting_on(name)
        moved = {name, *self._standard_names, *(item.name for item in reached)}
        for item in reached:
            if isinstance(item, Figure):
                self._run((item,), found)
                continue
            seen = [found.env.get(one) for one in self.reads[item.name] if one in moved]
            if any(isinstance(one, list | dict) for one in seen):
                self._run((item,), found)
                continue
            key = (item.name, name, name in found.bad, *((type(one), one) for one in seen))
            if key in known:
                self._note(item, known[key], found)
            else:
                self._run((item,), found)
                known[key] = found.outcomes[item.name]
        return found

    def figures(self, state: Decided, name: str, value: Any) -> dict[str, Any]:
        """What expressions see with another value of one input, decisions left as they are."""
        found = Decided(*self._put(state, name, value), state.outcomes, state.as_of)
        self._run((item for item in self._resting_on(name) if isinstance(item, Figure)), found)
        return found.env

    def reached(self, name: str) -> set[str]:
        """The names that change with an input: its own, the figures and decisions that rest on it, by area the standards."""
        standards = set(self._standard_names) if name == self.model.area_input else set()
        return {name} | standards | {item.name for item in self._resting_on(name)}

    def _put(self, state: Decided, name: str, value: Any) -> tuple[dict[str, Any], dict[str, Reason]]:
        env = {**state.env, name: value}
        bad = {key: reason for key, reason in state.bad.items() if key != name}
        if not self.allowed(name, value):
            bad[name] = self._not_allowed(name, value)
            env[name] = None if self.strict else UNKNOWN
        if name == self.model.area_input and self.model.standards:
            env |= self.standards(env[name] if isinstance(env[name], str) else None, state.as_of)
        return env, bad

    def _run(self, items: Iterable[Figure | Decision], state: Decided) -> None:
        for item in items:
            if isinstance(item, Figure):
                state.env[item.name] = self._figures[item.name](state.env)
                continue
            self._note(item, self.outcome(item, state), state)

    def _note(self, decision: Decision, outcome: Outcome, state: Decided) -> None:
        state.outcomes[decision.name] = outcome
        state.env[decision.name] = (None if self.strict else UNKNOWN) if outcome.problem else outcome.value

    def _resting_on(self, name: str) -> tuple[Figure | Decision, ...]:
        """The figures and decisions that an input reaches, in order."""
        if name not in self._followers:
            reached = {name} | (set(self._standard_names) if name == self.model.area_input else set())
            found: list[Figure | Decision] = []
            for item in self.model.order:
                if reached.intersection(self.reads[item.name]):
                    reached.add(item.name)
                    found.append(item)
            self._followers[name] = tuple(found)
        return self._followers[name]

    def outcome(self, decision: Decision, state: Decided) -> Outcome:
        """What the decision gives where what it reads is worked out."""
        refused = (
            tuple(
                state.bad[base]
                for base in dict.fromkeys(base for name in self.reads[decision.name] for base in self.bases(name))
                if base in state.bad and state.bad[base][0] == "not-allowed"
            )
            if state.bad
            else ()
        )
        if refused:  # bad data (a household of nobody) is refused, whatever rule would have come first
            return Outcome(None, (), refused)
        if decision.table is None:
            value = self._trees[decision.name](state.env)
            if value is UNKNOWN or (value is None and not self.strict):
                return Outcome(None, (), self._why(decision, names_in(decision.tree) if decision.tree else (), state))
            return self._typed(decision, (value,), (), ())
        return self._decide_table(decision, decision.table, state)

    def _decide_table(self, decision: Decision, table: Table, state: Decided) -> Outcome:
        env, rules = state.env, self._tables[decision.name]
        tried = []
        first = table.hit == "F"
        for item in rules:
            result = self._matches(item, env)
            tried.append(result)
            if first and result is True:
                break
        hits = [item for item, result in zip(rules, tried, strict=False) if result is True]
        blocking = self._blocking(table, rules, tried, hits)
        if blocking:
            reads = tuple(name for item in blocking for name in item.reads)
            return Outcome(None, (), self._why(decision, reads, state), tuple(tried))
        if not hits:
            return self._default(decision, state, tuple(tried))
        if table.hit == "U" and len(hits) > 1:
            ids = " + ".join(item.rule.id for item in hits)
            return Outcome(None, (), (("two-rules", {"rules": ids}),), tuple(tried))
        return self._hit(decision, table, hits, state, tuple(tried))

    def _matches(self, item: _Rule, env: Mapping[str, Any]) -> Any:
        result: Any = True
        for cell in item.cells:
            value = cell(env)
            if value is UNKNOWN:
                result = UNKNOWN
            elif value is not True:
                return False
        return result

    def _blocking(self, table: Table, rules: list[_Rule], tried: list[Any], hits: list[_Rule]) -> list[_Rule]:
        """The rules of which it is not known whether they match, where that could change the result.

        A U or A table says that no other rule gives another result, so one sure match settles it (as in DMN).
        """
        open_rules = [item for item, result in zip(rules, tried, strict=False) if result is UNKNOWN]
        if not open_rules or (hits and table.hit in ("U", "A")):
            return []
        if table.hit == "P" and hits and all(item.priority is not None for item in (*open_rules, *hits)):
            best = min(item.priority or () for item in hits)
            return [item for item in open_rules if (item.priority or ()) < best]
        return open_rules

    def _default(self, decision: Decision, state: Decided, tried: tuple[Any, ...]) -> Outcome:
        defaults = self._defaults[decision.name]
        if any(defaults):
            values = tuple(None if one is None else one(state.env) for one in defaults)
            # no rule matched: a collecting table gives one entry, the default
            many = decision.table is not None and decision.table.hit in ("R", "O", "C")
            return self._typed(decision, tuple([value] for value in values) if many else values, (), tried)
        return Outcome(None, (), (("not-decided", {}),), tried)

    def _hit(
        self, decision: Decision, table: Table, hits: list[_Rule], state: Decided, tried: tuple[Any, ...]
    ) -> Outcome:
        results = [tuple(one(state.env) for one in item.outputs) for item in hits]
        used = list(zip(hits, results, strict=True))
        if table.hit == "A":
            if any(equal(list(result), list(results[0])) is not True for result in results[1:]):
                ids = " + ".join(item.rule.id for item in hits)
                return Outcome(None, (), (("rules-disagree", {"rules": ids}),), tried)
            used = used[:1]
        elif table.hit in ("P", "O"):
            used.sort(key=lambda pair: rank(decision.outputs, pair[1]))
            used = used[:1] if table.hit == "P" else used
        if any(value is UNKNOWN for _, result in used for value in result):
            reads = [name for item, _ in used for tree in item.rule.outputs for name in names_in(tree)]
            return Outcome(None, (), self._why(decision, reads, state), tried)
        applied = tuple(item.rule.id for item, _ in used)
        if table.hit in ("U", "A", "P", "F"):
            return self._typed(decision, used[0][1], applied, tried)
        gathered = tuple(list(values) for values in zip(*(result for _, result in used), strict=True))
        if table.hit in ("R", "O", "C"):
            return self._typed(decision, gathered, applied, tried)
        return self._aggregate(decision, table.hit, gathered[0], applied, tried)

    def _aggregate(
        self, decision: Decision, hit: str, values: list[Any], ids: tuple[str, ...], tried: tuple[Any, ...]
    ) -> Outcome:
        if hit == "C#":
            return self._typed(decision, (Fraction(len(values)),), ids, tried)
        if any(value is None or type(value) is not type(values[0]) for value in values):
            return Outcome(None, (), (("needs-none", {"name": decision.name}),), tried)
        if hit == "C+":
            if type(values[0]) is not Fraction:
                return Outcome(None, (), (("needs-none", {"name": decision.name}),), tried)
            return self._typed(decision, (sum(values, Fraction(0)),), ids, tried)
        return self._typed(decision, (min(values) if hit == "C<" else max(values),), ids, tried)

    def _typed(
        self, decision: Decision, values: tuple[Any, ...], ids: tuple[str, ...], tried: tuple[Any, ...]
    ) -> Outcome:
        """The outcome with every output brought to its type: money rounded once, half up, to the cent."""
        many = decision.table is not None and decision.table.hit in ("R", "O", "C")
        done = []
        for output, value in zip(decision.outputs, values, strict=True):
            items = value if many else [value]
            typed = [self._as_type(output, item) for item in items]
            if UNKNOWN in typed:
                item = items[typed.index(UNKNOWN)]
                too_large = (
                    type(item) is Fraction
                    and output.type in NUMERIC
                    and not (output.type == "integer" and item.denominator > 1)
                )
                words = TYPE_WORDS.get(output.type.partition("<")[0], ("有效值", "a value of its type"))
                reason: Reason = (
                    ("too-large", {"name": output.name})
                    if too_large
                    else (
                        "wrong-type",
                        {"name": output.name, "value": show(item), "type_zh": words[0], "type_en": words[1]},
                    )
                )
                return Outcome(None, (), (reason,), tried)
            done.append(typed if many else typed[0])
        if decision.single:
            return Outcome(done[0], ids, (), tried)
        names = [output.name for output in decision.outputs]
        if many:
            return Outcome([dict(zip(names, entry, strict=True)) for entry in zip(*done, strict=True)], ids, (), tried)
        return Outcome(dict(zip(names, done, strict=True)), ids, (), tried)

    def _as_type(self, output: Output, value: Any) -> Any:
        """`value` in the output's type; UNKNOWN where it is not of it or too large to write down."""
        base = output.type.partition("<")[0]
        if value is None or base == "any":
            return value
        if base in NUMERIC:
            if type(value) is not Fraction:
                return UNKNOWN
            if base == "money":
                rounded = round_half_up(value, 2)
                return rounded if self.strict or abs(rounded) < MONEY_LIMIT else UNKNOWN
            if base == "integer" and value.denominator != 1:
                return UNKNOWN
            return value if self.strict or abs(value) < NUMBER_LIMIT else UNKNOWN
        if isinstance(value, list) and base != "list":
            return self._as_type(output, value[0]) if len(value) == 1 else UNKNOWN
        try:
            fits = not isinstance(value, Fraction) and read(value, output.type) == value
        except (Unreadable, TypeError):
            return UNKNOWN
        return value if fits else UNKNOWN

    # why a decision could not be made --------------------------------------------------------------------------------

    def bases(self, name: str) -> tuple[str, ...]:
        """What a figure rests on: inputs, standards and decisions."""
        if name not in self._bases:
            figure = next((item for item in self.model.figures if item.name == name), None)
            self._bases[name] = (
                (name,)
                if figure is None
                else tuple(dict.fromkeys(base for read_name in names_in(figure.tree) for base in self.bases(read_name)))
            )
        return self._bases[name]

    def upstream(self, decision: Decision) -> tuple[Decision, ...]:
        """The decision and those it rests on."""
        if decision.name not in self._upstream:
            earlier = {item.name: item for item in self.model.decisions}
            found = {decision.name: decision}
            pending = [decision]
            while pending:
                for base in (base for name in self.reads[pending.pop().name] for base in self.bases(name)):
                    if base in earlier and base not in found:
                        found[base] = earlier[base]
                        pending.append(earlier[base])
            self._upstream[decision.name] = tuple(found.values())
        return self._upstream[decision.name]

    def inputs(self, decision: Decision) -> tuple[Input, ...]:
        """The inputs that the decision rests on, through figures and earlier decisions."""
        if decision.name not in self._inputs_of:
            reads = [name for one in self.upstream(decision) for name in self.reads[one.name]]
            names = {base for name in reads for base in self.bases(name)}
            self._inputs_of[decision.name] = tuple(item for item in self.model.inputs if item.name in names)
        return self._inputs_of[decision.name]

    def standards_of(self, decision: Decision) -> tuple[str, ...]:
        """The standards that the decision rests on."""
        if decision.name not in self._standards_used:
            reads = [name for one in self.upstream(decision) for name in self.reads[one.name]]
            names = {base for name in reads for base in self.bases(name)}
            self._standards_used[decision.name] = tuple(name for name in self._standard_names if name in names)
        return self._standards_used[decision.name]

    def _why(self, decision: Decision, reads: Iterable[str], state: Decided) -> tuple[Reason, ...]:
        """Which missing figures stand behind an unknown result: those that its names rest on and that have no value."""
        names = list(dict.fromkeys(reads))
        bases = list(dict.fromkeys(base for name in names for base in self.bases(name)))
        absent = [
            base
            for base in bases
            if state.env.get(base) is UNKNOWN or (state.env.get(base) is None and base not in self._optional)
        ]
        found: list[Reason] = [state.bad[name] for name in absent if name in state.bad]
        plain: list[str] = []
        for name in absent:
            if name in state.bad:
                continue
            if name not in self._standard_names:
                plain.append(name)
                continue
            reason = self._no_standard(name, state)
            if reason is not None:
                found.append(reason)
            elif self.model.area_input in state.bad:
                found.append(state.bad[self.model.area_input])
            else:
                plain.append(self.model.area_input)
        found = [reason for place, reason in enumerate(found) if reason not in found[:place]]
        plain = list(dict.fromkeys(plain))
        if plain:
            found.insert(0, ("needs", {"names": Both(zh="、".join(plain), en=", ".join(plain))}))
        if not found:
            figures = [name for name in names if state.env.get(name) is UNKNOWN]
            found = [("zero-division", {"name": name}) for name in figures] or [("needs-none", {"name": decision.name})]
        return tuple(found)

    def _no_standard(self, name: str, state: Decided) -> Reason | None:
        """Why a standard has no value on the day; None where the area, which is not known, would tell."""
        area = state.env.get(self.model.area_input)
        known = isinstance(area, str)
        dated = [row for row in self.model.standards if row.name == name and (not known or row.area in (area, ""))]
        first = min(dated, key=lambda row: row.start, default=None)
        on = state.as_of.isoformat()
        if first is None:
            return "no-standard", {"name": name, "area": area, "on": on}
        if not known and first.start <= state.as_of:
            return None
        where = Both(zh=f"{first.area} 的", en=f" for {first.area}") if known and first.area else Both(zh="", en="")
        return "no-standard-yet", {"name": name, "where": where, "on": on, "first": first.start.isoformat()}

    # the columns of a decided table ----------------------------------------------------------------------------------

    def columns(self, state: Decided, lang: str) -> dict[str, Any]:
        """Per decision: its output columns, `<decision>_rule` and `<decision>_problem`, as a decided table holds them."""
        found: dict[str, Any] = {}
        for decision in self.model.decisions:
            outcome = state.outcomes[decision.name]
            for output in decision.outputs:
                found[output.column] = stored(outcome.output(decision, output), output.type)
            found[f"{decision.name}_rule"] = "+".join(outcome.rules) or None
            found[f"{decision.name}_problem"] = sentence(outcome.problem, lang) if outcome.problem else None
        return found


def stored(value: Any, type_name: str) -> Any:
    """A value as a decided table holds it: money and numbers as Decimal, integers as int, durations as text."""
    if isinstance(value, list):
        return [stored(item, type_name) for item in value]
    if isinstance(value, Fraction):
        if type_name == "integer":
            return int(value)
        return to_decimal(value, 2 if type_name == "money" else NUMBER_PLACES)
    return value if isinstance(value, str | bool | dt.date | dt.time) or value is None else str(value)


def simple_names(tree: Expr) -> bool:
    """Whether the expression is a name or a component of one."""
    return isinstance(tree, Name) or (isinstance(tree, Path) and simple_names(tree.base))
