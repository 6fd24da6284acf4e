"""Deciding a million families, beside the same rule by hand, in turn in one run.

    python bench/policy/run.py [--families 1000000] [--runs 7] [--big]

Figures are medians of ratios over the runs; answers are compared value by value before anything is timed. CPU seconds stand beside wall
seconds, since a shared machine disturbs the latter.
"""

import argparse
import datetime as dt
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import work

from nuanxin.policy import Policy
from nuanxin.policy.engine import column_types, connection
from nuanxin.policy.explain import explainer

ON = dt.date.fromisoformat(work.AS_OF)


def in_turn(runs: int, jobs: dict[str, Callable[[], Any]]) -> dict[str, tuple[float, float]]:
    """Each job once a round: medians of wall and CPU seconds."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(runs):
        for name, job in jobs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            job()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    first = next(iter(jobs))
    for name, found in taken.items():
        ratios = [a[0] / b[0] for a, b in zip(found, taken[first], strict=True)]
        cpu_ratios = [a[1] / b[1] for a, b in zip(found, taken[first], strict=True)]
        wall, cpu = (statistics.median(item[i] for item in found) for i in (0, 1))
        print(
            f"  {name:44} {wall:8.3f} s  {cpu:8.3f} s cpu  × {statistics.median(ratios):.2f}  cpu × {statistics.median(cpu_ratios):.2f}"
        )
    return {
        name: (statistics.median(item[0] for item in found), statistics.median(item[1] for item in found))
        for name, found in taken.items()
    }


def close(left: list[Any], right: list[Any]) -> bool:
    """Equal keys and counts; sums equal to the cent (doubles drift below it). ENUMs sort otherwise than texts: the rows are sorted here."""
    left, right = sorted(left), sorted(right)
    return len(left) == len(right) and all(
        a[:4] == b[:4] and all(abs(float(x) - float(y)) < 0.01 for x, y in zip(a[4:], b[4:], strict=True))
        for a, b in zip(left, right, strict=True)
    )


def in_memory(families: pa.Table, policy: Policy, runs: int) -> None:
    con = connection()
    con.execute("SET threads = 2")
    con.register("_fen", families)
    con.register("_yuan", work.in_doubles(families))
    con.execute("CREATE OR REPLACE TABLE fen AS SELECT * FROM _fen")
    con.execute("CREATE OR REPLACE TABLE yuan AS SELECT * FROM _yuan")
    standards = work.standards()
    con.register(
        "_m", pa.table({"city": list(standards), "m": pa.array([float(value) for value in standards.values()])})
    )
    con.execute("CREATE OR REPLACE TABLE standards AS SELECT * FROM _m")
    by_hand = work.SUMMED.format(decided=work.BY_HAND.format(source="yuan"))
    kinds = column_types("fen")

    def decided(fen: bool) -> list[Any]:
        select = policy._engine.select("fen", kinds, ON, "both", fen=fen, carried=("city",))
        assert select is not None
        return con.execute(work.SUMMED.format(decided=select)).fetchall()

    hand = con.execute(by_hand).fetchall()
    ours = [(*row[:4], *(value / 100 for value in row[4:])) for row in decided(True)]
    print(
        "in memory: a DuckDB table decided, summed by city, tier and rule; equal answers:",
        close(hand, ours),
        close(hand, decided(False)),
    )
    in_turn(
        runs,
        {
            "DuckDB SQL by hand, double": lambda: con.execute(by_hand).fetchall(),
            "nuanxin, exact, amounts in whole fen": lambda: decided(True),
            "nuanxin, exact, amounts DECIMAL(18,2)": lambda: decided(False),
        },
    )
    to_arrow = work.BY_HAND.format(source="_yuan")
    print("Arrow to Arrow: every column of every family, nothing summed")
    in_turn(
        runs,
        {
            "DuckDB SQL by hand, double": lambda: con.sql(to_arrow).to_arrow_table(),
            "nuanxin decide(Arrow)": lambda: policy.decide(families, ON),
        },
    )


def parquet(families: pa.Table, policy: Policy, runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pq.write_table(families, root / "fen.parquet", row_group_size=122_880)
        pq.write_table(work.in_doubles(families), root / "yuan.parquet", row_group_size=122_880)
        standards = work.standards()
        pq.write_table(
            pa.table({"city": list(standards), "m": pa.array([float(v) for v in standards.values()])}),
            root / "m.parquet",
        )
        sql = work.BY_HAND.format(source=f"read_parquet('{root}/yuan.parquet')").replace(
            "standards s", f"read_parquet('{root}/m.parquet') s"
        )

        def by_hand() -> None:
            with duckdb.connect(":memory:") as con:
                con.execute(
                    f"COPY (SELECT * EXCLUDE (m, y) FROM ({sql})) TO '{root}/hand.parquet' (FORMAT parquet, ROW_GROUP_SIZE 122880)"
                )

        by_hand()
        policy.decide_parquet(root / "fen.parquet", root / "ours.parquet", ON)
        given, ours = families, pq.read_table(root / "ours.parquet")
        print(
            "parquet to parquet; rows in order:",
            all(ours.column(name).equals(given.column(name)) for name in given.column_names),
        )
        in_turn(
            runs,
            {
                "DuckDB SQL by hand, double": by_hand,
                "nuanxin decide_parquet": lambda: policy.decide_parquet(
                    root / "fen.parquet", root / "ours.parquet", ON
                ),
            },
        )


def one_family(families: pa.Table, policy: Policy) -> None:
    row = families.slice(0, 1).to_pylist()[0]
    policy.explain(row, ON).to_dict()
    explainer(policy._rows)
    for name, job in {
        "one family decided": lambda: policy.evaluate(row, ON),
        "one family explained (dict)": lambda: policy.explain(row, ON).to_dict(),
        "one family explained (text)": lambda: policy.explain(row, ON).text("zh"),
        "… with what would have to change": lambda: policy.explain(row, ON, changes=True).text("zh"),
    }.items():
        taken = []
        for _ in range(200):
            start = time.perf_counter()
            job()
            taken.append(time.perf_counter() - start)
        print(f"  {name:44} {statistics.median(taken) * 1000:8.3f} ms")


PEAK = """
import sys, datetime as dt
from pathlib import Path
from nuanxin.policy import Policy
policy = Policy.load(sys.argv[1])
counts = policy.decide_parquet(Path(sys.argv[2]), Path(sys.argv[3]), dt.date.fromisoformat(sys.argv[4]))
high = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(counts["rows"], int(high.split()[1]) // 1024)
"""


def peak(counts: list[int]) -> None:
    """Peak memory of a process of its own, parquet to parquet."""
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            with pq.ParquetWriter(root / "in.parquet", work.households(1).schema) as writer:
                for part in range(count // 1_000_000):
                    writer.write_table(work.households(1_000_000, part), row_group_size=122_880)
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", PEAK, str(work.POLICY), str(root / "in.parquet"), str(root / "out.parquet"), work.AS_OF],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            rows, mib = done.stdout.split()[-2:]
            print(
                f"  {int(rows):>12,} rows parquet to parquet: peak {mib} MiB, {time.perf_counter() - start:.2f} s with the start of Python"
            )


def wide(tmp: Path) -> None:
    """1,000 rules over 300 cities: load, compile, decide a million."""
    cities = sorted(work.standards())
    (tmp / "policy.toml").write_text(
        'id = "wide"\n[[input]]\nname = "city"\ntype = "string"\n[[input]]\nname = "income"\ntype = "money"\nunit = "fen"\n'
        '[[input]]\nname = "members"\ntype = "integer"\nallowed = "> 0"\n'
        '[[derived]]\nname = "y"\nexpression = "income / 12 / members"\n'
        '[[decision]]\nname = "class"\nhit_policy = "U"\noutputs = [{name = "class", type = "string"}]\n',
        encoding="utf-8",
    )
    lines = ["rule,city,y,→ class,clause"]
    for number, city in enumerate(cities):
        low, middle, high = 500 + number, 900 + number, 1500 + number
        cells = [
            (f"< {low}", "deep"),
            (f"[{low}..{middle})", "relative"),
            (f"[{middle}..{high})", "edge"),
            (f">= {high}", "none"),
        ]
        cells = cells if number % 3 else [*cells[:2], (f">= {middle}", "none")]
        lines += [f'{city}-{name},"""{city}""",{cell},"""{name}""",c' for cell, name in cells]
    (tmp / "class.csv").write_text("\n".join(lines), encoding="utf-8")
    start = time.perf_counter()
    policy = Policy.load(tmp)
    policy._rows  # noqa: B018 (makes the closures)
    loaded = time.perf_counter() - start
    families = work.households(1_000_000).select(["city", "income", "members"])
    start, cpu = time.perf_counter(), time.process_time()
    select = policy._engine.select("x", {"city": "VARCHAR", "income": "BIGINT", "members": "BIGINT"}, ON, "both")
    compiled, compiled_cpu = time.perf_counter() - start, time.process_time() - cpu
    start, cpu = time.perf_counter(), time.process_time()
    done = policy.decide(families, ON)
    taken, taken_cpu = time.perf_counter() - start, time.process_time() - cpu
    problems = done.num_rows - done.column("class_problem").null_count
    rules = len(policy.model.decisions[0].table.rules)  # type: ignore[union-attr]
    print(
        f"  {rules} rules, 300 cities: loaded {loaded:.2f} s, compiled {compiled:.2f} s ({compiled_cpu:.2f} cpu, {len(select or '')} characters), "
        f"a million in {taken:.2f} s ({taken_cpu:.2f} cpu), {problems} problems"
    )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--families", type=int, default=1_000_000)
    asked.add_argument("--runs", type=int, default=7)
    asked.add_argument("--big", action="store_true", help="also ten million rows for the peak of memory")
    options = asked.parse_args()
    policy = Policy.load(work.POLICY)
    families = work.households(options.families)
    print(json.dumps({"families": options.families, "duckdb": duckdb.__version__, "python": sys.version.split()[0]}))
    in_memory(families, policy, options.runs)
    parquet(families, policy, options.runs)
    print("one family, warm")
    one_family(families, policy)
    print("a wide policy")
    with tempfile.TemporaryDirectory() as folder:
        wide(Path(folder))
    print("peak memory")
    peak([1_000_000, 10_000_000] if options.big else [1_000_000])
    print(f"  this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
