"""What is said of one family where a decision cannot be made."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from nuanxin.policy import Policy

POLICY = """id = "p"
[standards]
area = "place"
[[input]]
name = "place"
type = "string"
{allowed}
[[input]]
name = "income"
[[decision]]
name = "tier"
file = "tier.csv"
outputs = [{{name = "tier", type = "string"}}]
"""
TIER = 'rule,income,→ tier\n1,< M,"""poor"""\n2,>= M,"""no"""\n'
YET = "there is no standard M{where} on {on} yet; the first begins on {first}"


def load(folder: Path, *standards: str, allowed: str = "") -> Policy:
    (folder / "policy.toml").write_text(POLICY.format(allowed=allowed), encoding="utf-8")
    (folder / "tier.csv").write_text(TIER, encoding="utf-8")
    lines = ("area,name,from,value", *standards)
    (folder / "standards.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Policy.load(folder)


def problem(policy: Policy, on: str, place: str | None) -> str | None:
    """The problem, the same for the family alone, in its sheet, and in a table."""
    row = {"place": place, "income": 5}
    table = pa.table({"place": pa.array([place], pa.string()), "income": [5]})
    found = policy.decide(table, on, lang="en")["tier_problem"][0].as_py()
    both = policy.evaluate(row, on)["tier_problem"]
    assert both is None if found is None else both.endswith(f" / {found}")
    sheet = policy.explain(row, on).text("en")
    assert all(part in sheet for part in (found or "").split("; if "))  # the sides stand in lines of their own
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("place", ["gy", None])
def test_before_the_first_standard_its_day_is_said(tmp_path: Path, place: str | None) -> None:
    everywhere = load(tmp_path, ",M,2022-01-01,10")
    assert problem(everywhere, "2021-12-31", place) == YET.format(where="", on="2021-12-31", first="2022-01-01")
    assert problem(everywhere, "2022-01-01", place) is None


def test_the_day_is_that_of_the_family_s_own_area(tmp_path: Path) -> None:
    policy = load(tmp_path, "gy,M,2023-01-01,10", "gy,M,2022-01-01,9", "hz,M,2020-01-01,10")
    assert problem(policy, "2021-01-01", "gy") == YET.format(where=" for gy", on="2021-01-01", first="2022-01-01")
    assert problem(policy, "2021-01-01", "hz") is None
    assert problem(policy, "2021-01-01", "zz") == "no standard M for zz on 2021-01-01"
    assert (problem(policy, "2021-01-01", None) or "").startswith("needs place; if place ")
    assert problem(policy, "2019-12-31", None) == YET.format(where="", on="2019-12-31", first="2020-01-01")


def test_an_area_that_is_not_allowed_is_the_reason(tmp_path: Path) -> None:
    policy = load(tmp_path, "gy,M,2022-01-01,9", allowed="allowed = '\"gy\"'")
    said = problem(policy, "2022-01-01", "zz") or ""
    assert said.startswith('place: “zz” is not an allowed value (it must be "gy")')


def test_an_old_case_still_has_its_old_day(tmp_path: Path) -> None:
    policy = load(tmp_path, "gy,M,2022-01-01,9", "gy,M,2023-01-01,4")
    days = pa.table({"place": ["gy"] * 2, "income": [5] * 2, "day": [dt.date(2022, 12, 31), dt.date(2023, 1, 1)]})
    assert policy.decide(days, "day")["tier"].to_pylist() == ["poor", "no"]
