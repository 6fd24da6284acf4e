"""Deciding the same families beside named peers, in turn in one run, the answers compared value by value first.

    make peers && .venv/bin/python bench/policy/peers.py [--families 1000000] [--single 10000] [--runs 5]

OpenFisca-core and Polars decide all families from inputs in memory in their own form and sum them by city, tier and rule; zen-engine decides
single families, one call each and in batches, and is handed the standard of the city. What a peer needs to be made ready is not counted.
"""

import argparse
import csv
import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import work
import zen
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum, EnumArray
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import MONTH
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from nuanxin.policy import Policy
from nuanxin.policy.engine import column_types, connection

ON = dt.date.fromisoformat(work.AS_OF)
PERIOD = work.AS_OF[:7]
RULES = ("homes", "business", "school", "deep", "relative", "over")
TIERS = ("deep", "relative", "none")
ITEMS = ("living", "medical", "schooling", "training", "event")
INPUTS = (
    "income", "illness_cost", "schooling_cost", "medical_own", "training_cost", "members", "homes", "children_compulsory",
    "children_upper", "trainees", "runs_business", "costly_school", "event_disabled",
)  # fmt: skip

# ours ----------------------------------------------------------------------------------------------------------------


def ours(policy: Policy, families: pa.Table) -> Callable[[], list[Any]]:
    """A DuckDB table decided in exact arithmetic and summed."""
    con = connection()
    con.execute("SET threads = 2")
    con.register("_families", families)
    con.execute("CREATE OR REPLACE TABLE families AS SELECT * FROM _families")
    select = policy._engine.select("families", column_types("families"), ON, "both", fen=True, carried=("city",))
    assert select is not None
    return lambda: con.execute(work.SUMMED.format(decided=select)).fetchall()


# OpenFisca -----------------------------------------------------------------------------------------------------------


def dated_standards() -> ParameterNode:
    """The standards as OpenFisca's parameters: a node of 300 cities, each with its dated values."""
    values: dict[str, dict[str, Any]] = {}
    with (work.POLICY / "standards.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            values.setdefault(row["area"], {})[row["from"]] = {"value": float(row["value"])}
    return ParameterNode("", data={"m": {city: {"values": dated} for city, dated in values.items()}})


def openfisca(families: pa.Table, own_parameters: bool) -> Callable[[], Callable[[], dict[str, Any]]]:
    """A function that makes a fresh simulation, so that each run computes; what it gives returns the columns by name.

    `own_parameters`: the standard is OpenFisca's parameter of the city and date, as its formulas are written; else it is taken from a NumPy
    array by the city's number, outside of OpenFisca's dated parameters, which is as quick as can be.
    """
    household = build_entity("household", "households", "A household", is_person=True)
    system = TaxBenefitSystem([household])
    system.parameters = dated_standards()
    cities = sorted(work.standards())
    standards = np.array([work.standards()[city] for city in cities], np.float32)
    numbers = np.searchsorted(cities, np.array(families.column("city").to_pylist())).astype(np.int32)
    city_names = Enum("City", {city: city for city in cities})  # type: ignore[misc]

    def given(name: str, kind: type) -> None:
        attributes = {"value_type": kind, "entity": household, "definition_period": MONTH, "label": name}
        system.add_variable(type(name, (Variable,), attributes))

    for name in INPUTS:
        given(name, float if name in work.AMOUNTS else bool if families.column(name).type == pa.bool_() else int)
    given("city", int)
    named = {"value_type": Enum, "possible_values": city_names, "default_value": next(iter(city_names))}
    named |= {"entity": household, "definition_period": MONTH, "label": "city_name"}
    system.add_variable(type("city_name", (Variable,), named))

    def by_parameter(of: Any, period: Any, parameters: Any) -> Any:
        return parameters(period).m[of("city_name", period)]

    def derived(name: str, kind: type, rule: Callable[[Callable[[str], Any]], Any]) -> None:
        def formula(of: Any, period: Any) -> Any:
            return rule(lambda wanted: of(wanted, period))

        attributes = {
            "value_type": kind,
            "entity": household,
            "definition_period": MONTH,
            "label": name,
            "formula": formula,
        }
        system.add_variable(type(name, (Variable,), attributes))

    if own_parameters:
        own = {
            "value_type": float,
            "entity": household,
            "definition_period": MONTH,
            "label": "m",
            "formula": by_parameter,
        }
        system.add_variable(type("m", (Variable,), own))
    else:
        derived("m", float, lambda get: standards[get("city")])
    derived("y", float, lambda get: (get("income") - get("illness_cost") - get("schooling_cost")) / 12 / get("members"))
    derived(
        "tier_rule", int,
        lambda get: np.select(
            [get("homes") >= 2, get("runs_business"), get("costly_school"), get("y") < get("m"), get("y") < 2 * get("m")],
            range(5), 5,
        ),
    )  # fmt: skip
    derived("tier", int, lambda get: np.array([2, 2, 2, 0, 1, 2])[get("tier_rule")])
    derived("living", float, lambda get: np.array([12, 8, 0])[get("tier")] * get("m"))
    derived(
        "medical", float,
        lambda get: np.select(
            [get("tier") == 0, get("tier") == 1],
            [np.minimum(get("medical_own"), 150_000), np.minimum(np.round(0.8 * get("medical_own"), 2), 150_000)],
        ),
    )  # fmt: skip
    helped = lambda get: get("tier") != 2  # noqa: E731
    derived(
        "schooling", float,
        lambda get: helped(get) * (3000 * get("children_compulsory") + 10000 * get("children_upper")),
    )  # fmt: skip
    derived("training", float, lambda get: helped(get) * np.minimum(3000 * get("trainees"), get("training_cost")))
    derived("event", float, lambda get: helped(get) * get("event_disabled") * 10000)

    own_form = {name: families.column(name).to_numpy() for name in INPUTS}
    own_form = {
        name: (values / 100).astype(np.float32) if name in work.AMOUNTS else values.astype(np.int32) if values.dtype != bool else values
        for name, values in own_form.items()
    }  # fmt: skip
    own_form["city"] = numbers
    own_form["city_name"] = EnumArray(numbers.astype(np.int16), city_names)
    builder = SimulationBuilder()

    def prepared() -> Callable[[], dict[str, Any]]:
        simulation = builder.build_default_simulation(system, families.num_rows)
        for name, values in own_form.items():
            simulation.set_input(name, PERIOD, values)

        def run() -> dict[str, Any]:
            found = {name: simulation.calculate(name, PERIOD) for name in ("tier", "tier_rule", *ITEMS)}
            key = (own_form["city"] * 3 + found["tier"]) * 6 + found["tier_rule"]
            sums = {name: np.bincount(key, found[name]) for name in ITEMS}
            return {**found, "sums": sums, "counts": np.bincount(key)}

        return run

    return prepared


# Polars --------------------------------------------------------------------------------------------------------------


def polars_rows(families: pa.Table) -> pl.LazyFrame:
    """The rule by hand in Polars, in doubles; lazily, so that its streaming engine may run it."""
    frame = pl.from_arrow(work.in_doubles(families)).lazy()  # type: ignore[union-attr]
    standards = work.standards()
    m = pl.LazyFrame({"city": list(standards), "m": [float(value) for value in standards.values()]})
    col, when = pl.col, pl.when
    y = (col("income") - col("illness_cost") - col("schooling_cost")) / 12 / col("members")
    rule = (
        when(col("homes") >= 2).then(0).when(col("runs_business")).then(1).when(col("costly_school")).then(2)
        .when(y < col("m")).then(3).when(y < 2 * col("m")).then(4).otherwise(5)
    )  # fmt: skip

    def by_tier(deep: Any, relative: Any) -> pl.Expr:
        return when(col("tier_rule") == 3).then(deep).when(col("tier_rule") == 4).then(relative).otherwise(0)

    own = pl.min_horizontal
    return (
        frame.join(m, on="city", how="left", maintain_order="left")
        .with_columns(tier_rule=rule.cast(pl.Int8))
        .with_columns(
            tier=when(col("tier_rule") == 3).then(0).when(col("tier_rule") == 4).then(1).otherwise(2).cast(pl.Int8),
            living=by_tier(12 * col("m"), 8 * col("m")),
            medical=by_tier(own("medical_own", 150_000.0), own((col("medical_own") * 0.8).round(2), 150_000.0)),
            schooling=by_tier(*[3000 * col("children_compulsory") + 10000 * col("children_upper")] * 2),
            training=by_tier(*[own(3000.0 * col("trainees"), "training_cost")] * 2),
            event=by_tier(*[when(col("event_disabled")).then(10000).otherwise(0)] * 2),
        )
    )


def polars_job(families: pa.Table) -> Callable[[], pl.DataFrame]:
    # held in memory once: what is timed begins with the columns
    rows = polars_rows(families)
    summed = rows.group_by("city", "tier", "tier_rule").agg(pl.len(), *(pl.col(name).sum() for name in ITEMS))
    return lambda: summed.collect(engine="streaming")


# zen-engine ----------------------------------------------------------------------------------------------------------


def zen_model() -> dict[str, Any]:
    """The same two tables as zen-engine's JSON; the caller brings the standard m, so that no table of 300 cities is needed."""

    def table(name: str, mode: str, inputs: dict[str, str], outputs: tuple[str, ...], rules: list[list[str]]) -> dict[str, Any]:  # fmt: skip
        heads = [*inputs, *outputs]
        return {
            "id": name, "name": name, "type": "decisionTableNode", "position": {"x": 0, "y": 0},
            "content": {
                "hitPolicy": mode, "passThrough": True, "inputField": None, "outputPath": None, "executionMode": "single",
                "inputs": [{"id": key, "name": key, "field": field} for key, field in inputs.items()],
                "outputs": [{"id": key, "name": key, "field": key} for key in outputs],
                "rules": [{"_id": f"{name}{number}", **dict(zip(heads, rule, strict=True))} for number, rule in enumerate(rules)],
            },
        }  # fmt: skip

    figures = {
        "id": "figures", "name": "figures", "type": "expressionNode", "position": {"x": 0, "y": 0},
        "content": {
            "passThrough": True, "inputField": None, "outputPath": None, "executionMode": "single",
            "expressions": [{"id": "y", "key": "y", "value": "(income - illness_cost - schooling_cost) / 12 / members"}],
        },
    }  # fmt: skip
    tier = table(
        "tier_table", "first",
        {"homes": "homes", "business": "runs_business", "school": "costly_school", "y": "y"}, ("tier", "tier_rule"),
        [
            [">= 2", "", "", "", '"none"', '"homes"'], ["", "true", "", "", '"none"', '"business"'],
            ["", "", "true", "", '"none"', '"school"'], ["", "", "", "< m", '"deep"', '"deep"'],
            ["", "", "", "< 2 * m", '"relative"', '"relative"'], ["", "", "", "", '"none"', '"over"'],
        ],
    )  # fmt: skip
    school = "3000 * children_compulsory + 10000 * children_upper"
    training = "min([3000 * trainees, training_cost])"
    event = "event_disabled ? 10000 : 0"
    aid = table(
        "aid_table", "first", {"class": "tier"}, ITEMS,
        [
            ['"deep"', "12 * m", "min([medical_own, 150000])", school, training, event],
            ['"relative"', "8 * m", "min([round(0.8 * medical_own, 2), 150000])", school, training, event],
            ['"none"', "0", "0", "0", "0", "0"],
        ],
    )  # fmt: skip
    ends = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
        {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 0, "y": 0}},
    ]
    chain = ["in", "figures", "tier_table", "aid_table", "out"]
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in pairwise(chain)]
    return {"nodes": [*ends, figures, tier, aid], "edges": edges}


def zen_jobs(families: pa.Table) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]]]:
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"aid": zen_model()}}})
    decision = engine.create_decision(json.dumps(zen_model()))
    standards = work.standards()
    rows = [{**row, "m": standards[row["city"]]} for row in work.in_doubles(families).to_pylist()]
    requests = [{"key": "aid", "context": row} for row in rows]
    return (
        lambda: [decision.evaluate(row)["result"] for row in rows],
        lambda: [answer["data"]["result"] for answer in engine.evaluate_batch(requests)],
    )


# comparing and timing ------------------------------------------------------------------------------------------------


def fen(values: Any) -> np.ndarray:
    return np.rint(np.asarray(values, np.float64) * 100).astype(np.int64)


def differences(name: str, exact: pa.Table, tiers: Any, rules: Any, amounts: dict[str, np.ndarray]) -> None:
    """Says how many of a peer's answers differ from the exact ones, and by how much."""
    same = {
        "tier": np.asarray(exact.column("tier").to_pylist()) == np.asarray(tiers),
        "tier_rule": np.asarray(exact.column("tier_rule").to_pylist()) == np.asarray(rules),
    }
    told = [f"{key} {int((~equal).sum())}" for key, equal in same.items()]
    for item in ITEMS:
        gap = np.abs(fen(exact.column(item).cast(pa.float64()).to_numpy()) - fen(amounts[item]))
        alike = gap[same["tier"]]  # another tier is another amount: counted above
        told.append(f"{item} {int((alike > 0).sum())}" + (f" (at most {alike.max()} fen)" if alike.any() else ""))
    print(f"  {name}, answers that differ of {exact.num_rows:,}: " + ", ".join(told))


def timed(job: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - cpu


def in_turn(runs: int, jobs: dict[str, Callable[[], Callable[[], Any]]]) -> dict[str, list[tuple[float, float]]]:
    """Each job once a round, after a round that does not count. A job is prepared, then timed."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for turn in range(runs + 1):
        for name, prepare in jobs.items():
            found = timed(prepare())
            if turn:
                taken[name].append(found)
    return taken


def report(taken: dict[str, list[tuple[float, float]]], first: str, counts: dict[str, int]) -> None:
    for name, found in taken.items():
        each = [
            [(one[i] / counts[name]) / (base[i] / counts[first]) for one, base in zip(found, taken[first], strict=True)]
            for i in (0, 1)
        ]
        wall, cpu = (statistics.median(one[i] for one in found) for i in (0, 1))
        print(
            f"  {name:44} {wall:8.3f} s {cpu:8.3f} s cpu, {counts[name] / wall:14,.0f} families a second, "
            f"a family × {statistics.median(each[0]):,.2f}, cpu × {statistics.median(each[1]):,.2f}"
        )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--families", type=int, default=1_000_000)
    asked.add_argument("--single", type=int, default=10_000, help="families that the row engine decides")
    asked.add_argument("--runs", type=int, default=5)
    options = asked.parse_args()
    packages = ("duckdb", "openfisca-core", "polars", "zen-engine", "numpy")
    print(json.dumps({name: version(name) for name in packages} | {"python": sys.version.split()[0]}))

    policy, families = Policy.load(work.POLICY), work.households(options.families)
    few = families.slice(0, options.single)
    exact = policy.decide(families, ON)
    fisca, bare = openfisca(families, True), openfisca(families, False)
    summed, (single, batch) = polars_job(families), zen_jobs(few)
    decided = ours(policy, families)

    print("equal answers")
    found = fisca()()
    differences("OpenFisca-core (float32)", exact, np.array(TIERS)[found["tier"]], np.array(RULES)[found["tier_rule"]], found)  # fmt: skip
    rows = polars_rows(families).collect(engine="streaming")
    differences("Polars (double)", exact, np.array(TIERS)[rows["tier"]], np.array(RULES)[rows["tier_rule"]], {name: rows[name].to_numpy() for name in ITEMS})  # fmt: skip
    for name, answers in (("zen-engine, one by one", single()), ("zen-engine, in batches", batch())):
        columns = {key: [answer[key] for answer in answers] for key in ("tier", "tier_rule", *ITEMS)}
        differences(name, exact.slice(0, options.single), columns["tier"], columns["tier_rule"], columns)

    first = "nuanxin, exact, in memory, summed"
    jobs: dict[str, Callable[[], Callable[[], Any]]] = {
        first: lambda: decided,
        "nuanxin, decide(Arrow) → Arrow": lambda: lambda: policy.decide(families, ON),
        "Polars streaming, by hand, double": lambda: summed,
        "OpenFisca-core, float32": fisca,
        "OpenFisca-core, standards by NumPy": bare,
        "zen-engine, one call a family": lambda: single,
        "zen-engine, in batches": lambda: batch,
    }
    counts = {name: options.single if name.startswith("zen") else options.families for name in jobs}
    print(f"in turn, {options.runs} runs, medians of the ratios")
    report(in_turn(options.runs, jobs), first, counts)


if __name__ == "__main__":
    main()
