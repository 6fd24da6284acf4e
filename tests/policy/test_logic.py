"""The exact search against trying every point of a grid."""

import itertools
import random
from fractions import Fraction

import pytest

from nuanxin.policy.logic import All, Choice, Formula, Linear, Search, Some, Undecided, holds, negate

GRID = [Fraction(n, 2) for n in range(-8, 9)]


def linear(terms: dict[str, int], constant: int, strict: bool) -> Linear:
    return Linear(
        tuple(sorted((name, Fraction(factor)) for name, factor in terms.items() if factor)), Fraction(constant), strict
    )


def random_formula(depth: int) -> Formula:
    if depth == 0 or random.random() < 0.3:
        if random.random() < 0.25:
            return Choice("c", frozenset(random.sample(["p", "q", "r"], random.randint(1, 2))), random.random() < 0.7)
        names = random.sample(["x", "y"], random.randint(1, 2))
        return linear(
            {name: random.randint(-3, 3) or 1 for name in names}, random.randint(-6, 6), random.random() < 0.5
        )
    parts = tuple(random_formula(depth - 1) for _ in range(random.randint(1, 3)))
    made = All(parts) if random.random() < 0.5 else Some(parts)
    return negate(made) if random.random() < 0.2 else made


@pytest.mark.parametrize("seed", range(150))
def test_a_point_is_found_where_there_is_one_and_every_point_found_is_one(seed: int) -> None:
    random.seed(seed)
    wanted = [random_formula(2) for _ in range(random.randint(1, 3))]
    unwanted = [random_formula(1) for _ in range(random.randint(0, 2))]
    found = Search({}, {"c": ("p", "q", "r")}).find([*wanted, *map(negate, unwanted)])
    fits = (
        {"x": x, "y": y, "c": c}
        for x, y, c in itertools.product(GRID, GRID, "pqr")
        if all(holds(f, {"x": x, "y": y, "c": c}) for f in wanted)
        and not any(holds(f, {"x": x, "y": y, "c": c}) for f in unwanted)
    )
    if found is None:
        assert next(fits, None) is None
    else:
        point = {"x": Fraction(0), "y": Fraction(0), "c": "p", **found}
        assert all(holds(formula, point) for formula in wanted)
        assert not any(holds(formula, point) for formula in unwanted)


def test_whole_numbers_and_cents_have_nothing_in_between() -> None:
    between = [linear({"x": 1}, -3, True), linear({"x": -1}, 2, True)]
    assert Search({}, {}).find(between) is not None
    assert Search({"x": Fraction(1)}, {}).find(between) is None
    assert Search({"x": Fraction(1, 100)}, {}).find(between) == {"x": Fraction(201, 100)}


def test_an_open_choice_has_a_value_that_nobody_named() -> None:
    named = [Choice("c", frozenset([name]), False) for name in ("p", "q")]
    assert Search({}, {"c": None}).find(named) == {"c": "other"}
    assert Search({}, {"c": ("p", "q")}).find(named) is None


def test_a_sum_of_cents_is_whole_cents_and_a_part_given_up_hides_no_point() -> None:
    cents = {"x": Fraction(1, 100), "y": Fraction(1, 100)}
    between = [
        Linear((("x", Fraction(1)), ("y", Fraction(-1))), Fraction(-1001, 100), True),
        Linear((("x", Fraction(-1)), ("y", Fraction(1))), Fraction(10), True),
    ]
    assert Search({}, {}).find(between) is not None
    assert Search(cents, {}).find(between) is None
    hard = All((linear({"x": 2, "z": 3}, -1, False), linear({"x": -2, "z": -3}, 1, False), linear({"x": 5, "w": 7}, -1, False),
                linear({"x": -5, "w": -7}, 1, False)))  # fmt: skip
    units = {"x": Fraction(1), "z": Fraction(1), "w": Fraction(1)}
    with pytest.raises(Undecided):
        Search(units, {}).find([hard])
    assert Search(units, {"c": ("p", "q")}).find([Some((hard, linear({"x": -1}, 5, False)))]) is not None
