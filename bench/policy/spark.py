"""From which size Spark pays: the same families decided here and on Spark (`NUANXIN_SPARK`, else this machine's cores).

python bench/policy/spark.py [--families 100000 1000000]
"""

import argparse
import datetime as dt
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
import work

from nuanxin.policy import Policy
from nuanxin.policy.spark import decide_frame, session

ON = dt.date.fromisoformat(work.AS_OF)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--families", type=int, nargs="+", default=[100_000, 1_000_000])
    policy = Policy.load(work.POLICY)
    start = time.perf_counter()
    spark = session()
    print(f"  a Spark session: {time.perf_counter() - start:.1f} s")
    for count in asked.parse_args().families:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "in.parquet"
            pq.write_table(work.households(count), source, row_group_size=122_880)
            for turn in ("first", "second"):
                start = time.perf_counter()
                decide_frame(policy, spark.read.parquet(str(source)), ON).write.mode("overwrite").parquet(
                    f"{folder}/spark"
                )
                there = time.perf_counter() - start
                start = time.perf_counter()
                if policy.decide_parquet(source, Path(folder) / "out.parquet", ON) is None:
                    pq.write_table(policy.decide(pq.read_table(source), ON), Path(folder) / "out.parquet")
                here = time.perf_counter() - start
                print(f"  {count:>10,} families, {turn} time: Spark {there:.2f} s, DuckDB {here:.2f} s")
    spark.stop()


if __name__ == "__main__":
    main()
