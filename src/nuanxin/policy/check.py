"""Looks a policy over: what is wrong or doubtful although it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nuanxin.policy.feel import names_in
from nuanxin.policy.folder import CASES_FILE, POLICY_FILE
from nuanxin.policy.messages import Problem
from nuanxin.policy.model import Figure, Model

if TYPE_CHECKING:
    from nuanxin.policy.policy import Policy


def check(policy: Policy) -> list[Problem]:
    """All problems, in the order of the policy."""
    model = policy.model
    return [*_standards(model), *_unused(model), *_clauses(model), *_cases(policy)]


def _standards(model: Model) -> Iterator[Problem]:
    """Two values of one standard for one area from one day."""
    seen = set()
    for standard in model.standards:
        key = (standard.name, standard.area, standard.start)
        if key in seen:
            values = {"name": standard.name, "area": standard.area or "*", "on": standard.start.isoformat()}
            yield Problem("dates-overlap", "standards.csv", standard.line, values)
        seen.add(key)


def _unused(model: Model) -> Iterator[Problem]:
    used = {
        name for item in model.order for name in (names_in(item.tree) if isinstance(item, Figure) else item.reads())
    }
    if model.standards:
        used.add(model.area_input)
    for item in model.inputs:
        if item.name not in used:
            yield Problem("unused-input", POLICY_FILE, item.line, {"name": item.name}, "warning")


def _clauses(model: Model) -> Iterator[Problem]:
    for decision in model.decisions:
        for rule in decision.table.rules if decision.table else ():
            if not rule.clause:
                yield Problem("no-clause", decision.file, rule.line, {"rule": rule.id}, "warning")


def _cases(policy: Policy) -> Iterator[Problem]:
    """Worked cases that do not come out, and rules that none exercises."""
    results = policy.run_cases()
    if not results:
        yield Problem("no-cases", CASES_FILE, 0, {}, "warning")
    for result in results:
        for column, (expected, found) in result.differences.items():
            values = {"case": result.case.name, "column": column, "expected": expected, "found": found or "—"}
            yield Problem("case-fails", CASES_FILE, result.case.line, values)
    for decision in policy.model.decisions:
        used = {rule for result in results for rule in result.rules.get(decision.name, ())}
        for rule in decision.table.rules if decision.table else ():
            if rule.id not in used:
                yield Problem("no-case", decision.file, rule.line, {"rule": rule.id}, "warning")
