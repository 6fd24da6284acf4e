"""The example policy against the rule as its document says it, written again here in plain Fractions."""

import datetime as dt
import os
import random
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nuanxin.policy import Policy
from nuanxin.policy.values import round_half_up

FOLDER = Path(__file__).parents[2] / "examples" / "policies" / "qingtongxia"
PROPERTY = int(os.environ.get("NUANXIN_PROPERTY", "20000"))
ZERO = Fraction(0)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load(FOLDER)


def by_hand(row: dict[str, Any], on: dt.date) -> dict[str, Any]:
    """The document's rule, with cross-multiplied limits."""
    standard = 680 if on < dt.date(2023, 1, 1) else 715
    members = row["members"]
    if members < 1:
        return {"tier": None}
    net = Fraction(row["income"]) - Fraction(row["medical_paid"]) - Fraction(row["schooling_paid"])
    line = 12 * members * standard
    if row["homes"] >= 2:
        tier, rule = "none", "excluded-homes"
    elif row["runs_business"]:
        tier, rule = "none", "excluded-business"
    elif row["costly_school"]:
        tier, rule = "none", "excluded-school"
    elif net < line:
        tier, rule = "deep", "deep"
    elif net < 2 * line:
        tier, rule = "relative", "relative"
    elif row["loss"] > 0 and net - Fraction(row["loss"]) < 3 * line:
        tier, rule = "accident", "accident"
    else:
        tier, rule = "none", "over-line"
    medical = {"deep": Fraction(1), "relative": Fraction(4, 5)}.get(tier, ZERO) * Fraction(row["medical_paid"])
    schooling = 3000 * row["children_compulsory"] + 10000 * row["children_upper"] if tier in ("deep", "relative") else 0
    aid = {
        "living": Fraction({"deep": 12, "relative": 8}.get(tier, 0) * standard),
        "medical": round_half_up(min(medical, Fraction(150000)), 2),
        "schooling": Fraction(schooling),
        "accident": round_half_up(min(Fraction(row["loss"]) * 15 / 100, Fraction(10000)), 2)
        if tier == "accident"
        else ZERO,
    }
    return {"tier": tier, "tier_rule": rule, **aid, "total": sum(aid.values(), ZERO)}


def boundary_rows(count: int) -> list[dict[str, Any]]:
    """Families at a limit, one cent to either side of it, and anywhere."""
    random.seed(20230331)
    cent = Decimal("0.01")
    rows = []
    for _ in range(count):
        on = random.choice([dt.date(2022, 1, 1), dt.date(2022, 12, 31), dt.date(2023, 1, 1), dt.date(2023, 6, 30)])
        standard = 680 if on < dt.date(2023, 1, 1) else 715
        members = random.choice([0, 1, 2, 3, 4, 5, 6, 7, 11])
        medical = Decimal(random.choice([0, random.randint(0, 20_000_000)])) / 100
        schooling = Decimal(random.choice([0, random.randint(0, 3_000_000)])) / 100
        loss = Decimal(random.choice([0, 0, random.randint(1, 20_000_000)])) / 100
        base = (
            12 * members * standard * random.choice([1, 2, 3]) + medical + schooling + random.choice([Decimal(0), loss])
        )
        income = random.choice([base, base + cent, base - cent, Decimal(random.randint(0, 30_000_000)) / 100])
        rows.append(
            {
                "area": "QTX",
                "income": max(income, Decimal(0)),
                "medical_paid": medical,
                "schooling_paid": schooling,
                "members": members,
                "homes": random.choice([0, 1, 1, 1, 2, 3]),
                "runs_business": random.random() < 0.05,
                "costly_school": random.random() < 0.05,
                "loss": loss,
                "children_compulsory": random.randint(0, 2),
                "children_upper": random.randint(0, 2),
                "on": on,
            }
        )
    return rows


def as_table(rows: list[dict[str, Any]], money: pa.DataType) -> pa.Table:
    def column(name: str) -> pa.Array:
        values = [row[name] for row in rows]
        if not isinstance(values[0], Decimal):
            return pa.array(values)
        if pa.types.is_string(money):
            return pa.array([str(value) for value in values])
        return pa.array([float(value) for value in values]) if pa.types.is_floating(money) else pa.array(values, money)

    return pa.table({name: column(name) for name in rows[0]})


@pytest.mark.parametrize("money", [pa.decimal128(18, 2), pa.float64(), pa.string()], ids=str)
def test_every_boundary_household_is_decided_as_exact_arithmetic_says(policy: Policy, money: pa.DataType) -> None:
    rows = boundary_rows(PROPERTY)
    decided = policy.decide(as_table(rows, money), "on").to_pylist()
    for row, found in zip(rows, decided, strict=True):
        for name, value in by_hand(row, row["on"]).items():
            assert found[name] == (
                value if not isinstance(value, Fraction) else Decimal(value.numerator) / value.denominator
            ), row


def test_one_row_and_the_whole_table_give_the_same(policy: Policy) -> None:
    rows = boundary_rows(1500)
    decided = policy.decide(as_table(rows, pa.decimal128(18, 2)), "on").to_pylist()
    for row, found in zip(rows, decided, strict=True):
        alone = policy.evaluate(row, row["on"])
        for name in found.keys() - row.keys():
            value = found[name]
            assert alone[name] == (Fraction(value) if isinstance(value, Decimal) else value), (name, row)


def test_worked_cases_hold_and_reach_every_rule(policy: Policy) -> None:
    assert all(result.holds for result in policy.run_cases())
    assert policy.run_cases()
    assert policy.check() == []


def test_a_household_of_nobody_is_refused(policy: Policy) -> None:
    row = {**boundary_rows(1)[0], "members": 0, "homes": 5}
    found = policy.evaluate(row, dt.date(2023, 3, 31))
    assert found["tier"] is None
    assert "members" in found["tier_problem"]


def test_a_missing_figure_is_named_and_stops_only_what_needs_it(policy: Policy) -> None:
    rows = boundary_rows(60)
    for row in rows:
        row |= {"income": None, "members": 3, "medical_paid": Decimal(5)}
    decided = policy.decide(
        as_table([rows[0] | {"income": Decimal(1)}, *rows], pa.decimal128(18, 2)), "on"
    ).to_pylist()[1:]
    for row, found in zip(rows, decided, strict=True):
        if row["homes"] >= 2 or row["runs_business"] or row["costly_school"]:
            assert found["tier"] == "none"
            assert found["total"] == 0
            assert found["tier_problem"] is None
        else:
            assert found["tier"] is None
            assert "needs income" in found["tier_problem"]
            assert found["living"] is None
            assert "needs tier" in found["aid_problem"]


def test_an_area_without_a_standard_is_named(policy: Policy) -> None:
    row = {
        **boundary_rows(1)[0],
        "area": "ZZZ",
        "members": 3,
        "homes": 1,
        "runs_business": False,
        "costly_school": False,
    }
    assert "no standard M for ZZZ on 2023-03-31" in policy.evaluate(row, dt.date(2023, 3, 31))["tier_problem"]


def test_an_old_quarter_keeps_its_standard_and_the_digest_names_the_rules(policy: Policy) -> None:
    row = {**boundary_rows(1)[0], "income": "24480", "medical_paid": 0, "schooling_paid": 0, "members": 3, "homes": 1}
    row |= {"runs_business": False, "costly_school": False, "loss": 0}
    assert policy.evaluate(row, dt.date(2022, 12, 31))["tier"] == "relative"
    assert policy.evaluate(row, dt.date(2023, 1, 1))["tier"] == "deep"
    assert len(policy.digest) == 64
    assert policy.digest == Policy.load(FOLDER).digest


def test_the_explanation_gives_terms_limit_and_distance(policy: Policy) -> None:
    row = {
        **boundary_rows(1)[0],
        "income": "51555.60",
        "medical_paid": 0,
        "schooling_paid": 0,
        "members": 3,
        "homes": 1,
    }
    row |= {"runs_business": False, "costly_school": False, "loss": 0}
    sheet = policy.explain(row, dt.date(2023, 3, 31))
    assert "人均月收入 1,432.10 元" in sheet.text("zh")
    assert "高出标准 2.10 元" in sheet.text("zh")
    assert "above the limit by 2.10" in sheet.text("en")
    relative = next(item for item in sheet.to_dict()["decisions"][0]["tried"] if item["rule"] == "relative")
    assert relative["failed"]["limits"][0]["distance"] == "2.1"
    assert relative["result"] is False
    assert "<script" not in sheet.html()
    assert "over-line" in sheet.html("en")


def test_the_digest_names_what_decides_and_nothing_else(policy: Policy, tmp_path: Path) -> None:
    def changed(file: str, old: str, new: str) -> Policy:
        folder = Path(shutil.copytree(FOLDER, tmp_path / f"{len(list(tmp_path.iterdir()))}"))
        text = (folder / file).read_text(encoding="utf-8-sig")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return Policy.load(folder)

    assert changed("policy.toml", "家庭年收入", "全家年收入").digest == policy.digest
    assert changed("cases.csv", "深度,", "深度一,").digest == policy.digest
    assert changed("tier.csv", "< 2 * M", "<= 2 * M").digest != policy.digest
    assert changed("standards.csv", "715", "716").digest != policy.digest
    later = changed("standards.csv", "QTX,M,2023", "QTX,M,2024-01-01,750,x\nQTX,M,2023")
    assert later.digest != policy.digest
    assert later.digest_on(dt.date(2023, 6, 30)) == policy.digest_on(dt.date(2023, 6, 30))
