"""The work of the benchmark: a million households of 300 cities, and the same rule written by hand for each engine."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa

POLICY = Path(__file__).parent / "measure"
AS_OF = "2023-06-30"


def standards(on: str = AS_OF) -> dict[str, int]:
    """City → M in yuan on a date."""
    found: dict[str, int] = {}
    with (POLICY / "standards.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["from"] <= on:
                found[row["area"]] = int(row["value"])
    return found


def households(count: int, seed: int = 7) -> pa.Table:
    """Generated families; amounts in whole fen."""
    random = np.random.default_rng(seed)
    members = random.integers(1, 7, count)
    fen = lambda high: random.integers(0, high, count)  # noqa: E731
    rare = lambda share: random.random(count) < share  # noqa: E731
    names = np.array(sorted(standards()))
    return pa.table(
        {
            "city": pa.array(names[random.integers(0, len(names), count)]),
            "income": pa.array(members * fen(2_400_000)),
            "illness_cost": pa.array(np.where(rare(0.3), fen(5_000_000), 0)),
            "schooling_cost": pa.array(np.where(rare(0.3), fen(2_000_000), 0)),
            "medical_own": pa.array(np.where(rare(0.4), fen(20_000_000), 0)),
            "training_cost": pa.array(np.where(rare(0.1), fen(900_000), 0)),
            "members": pa.array(members),
            "homes": pa.array(random.choice([0, 1, 1, 1, 2], count)),
            "children_compulsory": pa.array(random.integers(0, 3, count)),
            "children_upper": pa.array(random.integers(0, 2, count)),
            "trainees": pa.array(random.integers(0, 2, count)),
            "runs_business": pa.array(rare(0.05)),
            "costly_school": pa.array(rare(0.03)),
            "event_disabled": pa.array(rare(0.02)),
        }
    )


AMOUNTS = ("income", "illness_cost", "schooling_cost", "medical_own", "training_cost")


def in_doubles(table: pa.Table) -> pa.Table:
    """The same households with amounts in yuan as doubles, as one would by hand."""
    for name in AMOUNTS:
        column = pa.array(table.column(name).to_numpy() / 100.0)
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


BY_HAND = """
SELECT *,
  CASE WHEN tier = 'deep' THEN 12 * m WHEN tier = 'relative' THEN 8 * m ELSE 0 END AS living,
  CASE WHEN tier = 'deep' THEN least(medical_own, 150000) WHEN tier = 'relative' THEN least(round(0.8 * medical_own, 2), 150000) ELSE 0 END AS medical,
  CASE WHEN tier = 'none' THEN 0 ELSE 3000 * children_compulsory + 10000 * children_upper END AS schooling,
  CASE WHEN tier = 'none' THEN 0 ELSE least(3000 * trainees, training_cost) END AS training,
  CASE WHEN tier = 'none' THEN 0 WHEN event_disabled THEN 10000 ELSE 0 END AS event
FROM (SELECT *, CASE tier_rule WHEN 'deep' THEN 'deep' WHEN 'relative' THEN 'relative' ELSE 'none' END AS tier FROM (SELECT *,
  CASE WHEN homes >= 2 THEN 'homes' WHEN runs_business THEN 'business' WHEN costly_school THEN 'school'
       WHEN y < m THEN 'deep' WHEN y < 2 * m THEN 'relative' ELSE 'over' END AS tier_rule
  FROM (SELECT h.*, s.m, (income - illness_cost - schooling_cost) / 12 / members AS y FROM {source} h JOIN standards s ON h.city = s.city)))
"""

SUMMED = """
SELECT city, tier, tier_rule, count(*) AS families, sum(living) AS living, sum(medical) AS medical, sum(schooling) AS schooling,
  sum(training) AS training, sum(event) AS event
FROM ({decided}) GROUP BY ALL ORDER BY ALL
"""
