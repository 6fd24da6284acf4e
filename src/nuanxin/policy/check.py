"""Looks a policy over: what is wrong or doubtful although it can be read.

Overlaps, gaps and rules that can never apply are computed, not sampled (`proofs`); where that neither shows nor proves, the answer is "cannot tell".
"""

from collections.abc import Iterator, Sequence
from functools import partial

from nuanxin.policy.evaluate import Evaluator, equal
from nuanxin.policy.feel import (
    Arith,
    Call,
    Compare,
    Expr,
    Lit,
    Logic,
    Match,
    names_in,
    walk,
)
from nuanxin.policy.folder import CASES_FILE, POLICY_FILE
from nuanxin.policy.logic import Formula, negate
from nuanxin.policy.messages import TYPE_WORDS, Problem
from nuanxin.policy.model import CaseResult, Decision, Model, Table
from nuanxin.policy.proofs import Answer, Prover, View, pairs
from nuanxin.policy.reading import TOTAL, Kinds, Shape, either, outranking, variables_in
from nuanxin.policy.rows import Decided, RowDecider

UNEQUAL = frozenset([True, None])


def _home(model: Model) -> str:
    """The file that inputs, figures and knowledge stand in."""
    return POLICY_FILE if POLICY_FILE in model.files else next(iter(model.files), POLICY_FILE)


def _head(model: Model, decision: Decision) -> int:
    """The line that a decision's table begins on: the first of its own file, or where one file says everything the decision's."""
    return decision.line if decision.file == _home(model) else 1


def check(model: Model, results: Sequence[CaseResult]) -> list[Problem]:
    """All problems, in the order of the policy; `results`: its worked cases, tried."""
    found = [
        *_standards(model),
        *_unused(model),
        *_untyped(model),
        *_columns(model),
        *_types(model),
        *_values(model),
        *_outcomes(model),
        *_left_out(model),
        *_clauses(model),
    ]
    rows, shape = RowDecider(model), Shape(model)
    for decision in model.decisions:
        if decision.table is not None:
            exercised = {rule for result in results for rule in result.rules.get(decision.name, ())}
            found += _tables(model, decision, decision.table, exercised, rows, shape)
    return [*found, *_cases(model, results)]


def _standards(model: Model) -> Iterator[Problem]:
    """Two values of one standard for one area from one day."""
    seen = set()
    for standard in model.standards:
        key = (standard.name, standard.area, standard.start)
        if key in seen:
            values = {"name": standard.name, "area": standard.area or "*", "on": standard.start.isoformat()}
            yield Problem("dates-overlap", standard.file, standard.line, values)
        seen.add(key)


def _unused(model: Model) -> Iterator[Problem]:
    used = {name for item in model.order for name in item.reads()}
    if model.standards:
        used.add(model.area_input)
    for item in model.inputs:
        if item.name not in used:
            yield Problem("unused-input", _home(model), item.line, {"name": item.name}, "warning")


def _untyped(model: Model) -> Iterator[Problem]:
    """Inputs of any type: of a CSV file their figures stay texts."""
    for item in model.inputs:
        if item.type == "any":
            yield Problem("untyped", _home(model), item.line, {"name": item.name}, "warning")


def _columns(model: Model) -> Iterator[Problem]:
    """A column that stands twice in a table."""
    for decision in model.decisions:
        texts = [column.text for column in decision.table.columns] if decision.table else []
        for text in dict.fromkeys(text for text in texts if texts.count(text) > 1):
            yield Problem("duplicate-column", decision.file, _head(model, decision), {"name": text}, "warning")


def _written(model: Model) -> Iterator[tuple[str, int, str, Expr]]:
    """Every expression and cell of the policy: file, line, text, tree."""
    for item in model.knowledge:
        yield _home(model), item.line, item.text, item.tree
    for figure in model.figures:
        yield _home(model), figure.line, figure.text, figure.tree
    for decision in model.decisions:
        if decision.tree is not None:
            yield decision.file, decision.line, decision.text, decision.tree
        for rule in decision.table.rules if decision.table else ():
            for cell in rule.cells:
                yield decision.file, rule.line, cell.text, cell.tree
            for text, tree in zip(rule.output_texts, rule.outputs, strict=True):
                yield decision.file, rule.line, text, tree


def _values(model: Model) -> Iterator[Problem]:
    """Constants that have no value (a date that there is not, a division by zero), and knowledge with other arguments than it takes."""
    functions = model.functions()
    evaluator = Evaluator(functions, strict=True)
    for file, line, text, tree in _written(model):
        for part in walk(tree):
            if isinstance(part, Call) and part.name in functions and len(part.args) != len(functions[part.name][0]):
                counts = {"expected": len(functions[part.name][0]), "found": len(part.args)}
                yield Problem("arguments", file, line, {"text": text, "name": part.name, **counts})
            elif isinstance(part, Call) and part.args and all(isinstance(arg, Lit) for arg in part.args):
                if part.name not in functions and evaluator.closure(part)({}) is None:
                    yield Problem("no-value", file, line, {"text": text, "part": f"{part.name}(…)"})
            elif isinstance(part, Arith) and part.op == "/" and _is_zero(part.right, evaluator):
                yield Problem("no-value", file, line, {"text": text, "part": "/ 0"})


def _outcomes(model: Model) -> Iterator[Problem]:
    """Rules that give a constant which their output does not list; a table by priority would rank it last without a word."""
    for decision in model.decisions:
        for rule in decision.table.rules if decision.table else ():
            for output, text, tree in zip(decision.outputs, rule.output_texts, rule.outputs, strict=True):
                if (
                    output.values
                    and isinstance(tree, Lit)
                    and tree.value is not None
                    and tree.value not in output.values
                ):
                    values = {"rule": rule.id, "value": text, "name": output.name}
                    yield Problem("not-listed", decision.file, rule.line, values)


def _left_out(model: Model) -> Iterator[Problem]:
    """Calculations with a figure that may be left out, where no rule asks whether it is: a family that leaves it out would fail every comparison unseen."""
    optional = {item.name for item in model.inputs if item.optional}
    written = list(_written(model)) if optional else []
    for _, _, _, tree in written:
        for part in walk(tree):
            if isinstance(part, Compare | Match) and Lit(None) in (part.left, part.right):
                optional -= set(names_in(part))
    seen: set[tuple[str, int, str, str]] = set()
    for file, line, text, tree in written:
        sums = (
            part for part in walk(tree) if isinstance(part, Arith) or (isinstance(part, Call) and part.name in TOTAL)
        )
        for name in dict.fromkeys(name for part in sums for name in names_in(part) if name in optional):
            if (file, line, text, name) not in seen:
                seen.add((file, line, text, name))
                yield Problem("left-out", file, line, {"name": name, "text": text}, "warning")


def _is_zero(tree: Expr, evaluator: Evaluator) -> bool:
    return not names_in(tree) and evaluator.closure(tree)({}) == 0


def _clauses(model: Model) -> Iterator[Problem]:
    for decision in model.decisions:
        for rule in decision.table.rules if decision.table else ():
            if not rule.clause:
                yield Problem("no-clause", decision.file, rule.line, {"rule": rule.id}, "warning")


def _cases(model: Model, results: Sequence[CaseResult]) -> Iterator[Problem]:
    """Worked cases that do not come out, and rules that none exercises."""
    if not results:
        yield Problem("no-cases", CASES_FILE, 0, {}, "warning")
    for result in results:
        for column, (expected, found) in result.differences.items():
            values = {"case": result.case.name, "column": column, "expected": expected, "found": found or "—"}
            yield Problem("case-fails", CASES_FILE, result.case.line, values)
    for decision in model.decisions:
        used = {rule for result in results for rule in result.rules.get(decision.name, ())}
        for rule in decision.table.rules if decision.table else ():
            if rule.id not in used:
                yield Problem("no-case", decision.file, rule.line, {"rule": rule.id}, "warning")


# types ---------------------------------------------------------------------------------------------------------------


def _types(model: Model) -> Iterator[Problem]:
    kinds = Kinds(model)

    def clash(file: str, line: int, text: str, tree: Expr) -> Iterator[Problem]:
        for left, right in kinds.clashes(tree):
            zh = f"{TYPE_WORDS[left][0]}不能与{TYPE_WORDS[right][0]}放在一起"
            en = f"{TYPE_WORDS[left][1]} does not go with {TYPE_WORDS[right][1]}"
            yield Problem("type-mismatch", file, line, {"text": text, "why_zh": zh, "why_en": en})

    for figure in model.figures:
        yield from clash(_home(model), figure.line, figure.text, figure.tree)
    for decision in model.decisions:
        if decision.tree is not None:
            yield from clash(decision.file, decision.line, decision.text, decision.tree)
        for rule in decision.table.rules if decision.table else ():
            for cell in rule.cells:
                yield from clash(decision.file, rule.line, cell.text, cell.tree)
            for text, tree in zip(rule.output_texts, rule.outputs, strict=True):
                yield from clash(decision.file, rule.line, text, tree)


def _tables(
    model: Model, decision: Decision, table: Table, exercised: set[str], rows: RowDecider, shape: Shape
) -> Iterator[Problem]:
    """`exercised`: the rules that a worked case has reached, of which nothing need be proved."""
    prover = Prover(model, decision, table, rows, shape)
    rules = table.rules
    for index, rule in enumerate(rules):
        for cell in rule.cells:
            if _either_side(cell.tree) and prover.ask(partial(_not_held, cell.tree), lambda _: False).proved:
                yield Problem("always-holds", decision.file, rule.line, {"rule": rule.id, "text": cell.text})
        if rule.id not in exercised:
            answer = _reached(prover, index)
            if answer.proved:
                yield Problem("unreachable", decision.file, rule.line, {"rule": rule.id})
            elif answer.point is None:
                zh, en = f"规则 {rule.id} 是否会适用", f"whether rule {rule.id} can apply"
                yield _open(decision.file, rule.line, zh, en)
    if table.hit in ("U", "A"):
        for a, b in pairs(prover):
            if table.hit == "A" and rules[a].outputs == rules[b].outputs:
                continue
            answer = _together(prover, a, b)
            if answer.point is not None:
                values = {"a": rules[a].id, "b": rules[b].id, "example": prover.example(answer) or "—"}
                yield Problem("overlap", decision.file, rules[b].line, values)
            elif not answer.proved:
                zh, en = (
                    f"规则 {rules[a].id} 与 {rules[b].id} 是否重叠",
                    f"whether {rules[a].id}, {rules[b].id} overlap",
                )
                yield _open(decision.file, rules[b].line, zh, en)
    if not any(output.default is not None for output in decision.outputs):
        yield from _gaps(prover, decision)


def _either_side(tree: Expr) -> bool:
    """Whether a cell asks for either of two sides, as in `>= 5, < 10`."""
    tests = tree.args if isinstance(tree, Logic) and tree.op == "or" else ()
    return {test.op[0] for test in tests if isinstance(test, Compare)} >= {"<", ">"}


def _not_held(tree: Expr, view: View) -> list[Formula]:
    """A family for which a cell does not hold although all that it reads is given."""
    reading = view.reading
    opened = reading.shape.opened(tree)
    return [reading.when(opened, frozenset([False])), *map(reading.present, variables_in(opened))]


def _reached(prover: Prover, index: int) -> Answer:
    """A family to which a rule applies: it matches, and none that is tried before it or outranks it does."""
    decision, table, rows = prover.decision, prover.table, prover.rows
    before, ties = outranking(table, prover.ranks, index, prover.near(index))
    computed = table.hit == "P" and None in prover.ranks

    def applies(state: Decided) -> bool:
        if computed:
            return rows.outcome(decision, state).rules == (table.rules[index].id,)
        if rows.matches(decision, index, state) is not True:
            return False
        return all(rows.matches(decision, i, state) is False for i in before) and not any(
            rows.matches(decision, i, state) is True for i in ties
        )

    def question(view: View) -> list[Formula]:
        return [view.matches(index), *map(view.fails, before), *map(negate, view.all_match(ties))]

    return prover.ask(question, applies)


def _together(prover: Prover, a: int, b: int) -> Answer:
    """A family that two rules both match; in an A table with different results."""
    decision, table, rows, shape = prover.decision, prover.table, prover.rows, prover.shape
    differing = table.hit == "A"

    def question(view: View) -> list[Formula]:
        found = [view.matches(a), view.matches(b)]
        if differing:
            results = zip(table.rules[a].outputs, table.rules[b].outputs, strict=True)
            trees = [Compare("!=", shape.opened(one), shape.opened(other)) for one, other in results]
            found.append(either(*(view.reading.when(tree, UNEQUAL) for tree in trees)))
        return found

    def both_match(state: Decided) -> bool:
        if any(rows.matches(decision, index, state) is not True for index in (a, b)):
            return False
        return not differing or equal(rows.results(decision, a, state), rows.results(decision, b, state)) is not True

    return prover.ask(question, both_match)


def _gaps(prover: Prover, decision: Decision) -> Iterator[Problem]:
    """A family that no rule matches although all is given, and one that falls through since it leaves out what may be left out."""
    everything = range(len(prover.table.rules))
    names = prover.optional

    def undecided(state: Decided) -> bool:
        return all(prover.rows.matches(decision, index, state) is False for index in everything)

    def given(view: View) -> list[Formula]:
        return [*view.all_fail(), *map(view.reading.present, names)]

    def left_out(view: View) -> list[Formula]:
        return [*view.all_fail(), either(*map(view.reading.absent, names))]

    def only_left_out(view: View) -> list[Formula]:
        """Of families that some rule would cover but for what they leave out: the others are in the gap that is told already."""
        return [*left_out(view), either(*map(view.reading.rule, prover.but_for_optional))]

    told, line = False, _head(prover.model, decision)
    for question in (given, *([left_out] if names else [])):
        answer = prover.ask(only_left_out if told else question, undecided)
        if answer.point is not None:
            missing, example = ", ".join(answer.absent), prover.example(answer)
            values = {
                "where_zh": f"没有填 {missing} 时，" if missing else "",
                "where_en": f" where {missing} is left out" if missing else "",
                "example_zh": f"，例如 {example}" if example else "",
                "example_en": f", for example {example}" if example else "",
            }
            yield Problem("gap", decision.file, line, values, "warning")
            told = True
        elif not answer.proved:
            yield _open(decision.file, line, "是否有遗漏的情形", "whether every family is covered")
            return


def _open(file: str, line: int, zh: str, en: str) -> Problem:
    why = {"why_zh": "条件不是线性的或太复杂", "why_en": "a condition is not linear or too involved"}
    return Problem("cannot-tell", file, line, {"what_zh": zh, "what_en": en, **why}, "unknown")
