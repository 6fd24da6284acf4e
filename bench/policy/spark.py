"""From which size Spark pays: the same families decided here and on Spark, the answers compared bit for bit.

    python bench/policy/spark.py [--families 100000 1000000] [--cluster]

Spark is `NUANXIN_SPARK`, else this machine's cores; `--cluster` starts a master and two workers of one core on loopback first. Parquet in,
Parquet out, both times. The last lines give the fixed cost and the cost of a million families of either, and from which size a
cluster of how many cores is done first.
"""

import argparse
import contextlib
import datetime as dt
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import work

from nuanxin.policy import Policy
from nuanxin.policy.spark import decide_frame, session

ON = dt.date.fromisoformat(work.AS_OF)


@contextlib.contextmanager
def cluster() -> Iterator[None]:
    """A standalone master and two workers, each a process of its own; `NUANXIN_SPARK` names the master."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable,
        "NUANXIN_SPARK": f"spark://127.0.0.1:{port}", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as work_folder:
        os.environ["SPARK_WORKER_DIR"] = work_folder
        base = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
        master = [base[0], f"{base[1]}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
        worker = [base[0], f"{base[1]}.worker.Worker", "--cores", "1", "--memory", "2g", "--webui-port", "0", os.environ["NUANXIN_SPARK"]]  # fmt: skip
        running = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for command in (master, worker, worker)
        ]
        try:
            time.sleep(8)  # workers ask again until the master answers; the session waits for them
            yield
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(30)


def same(one: Path, other: Path) -> bool:
    """Whether both hold the same families with the same answers, bit for bit; Spark's parts in the order of their names."""
    left, right = pq.read_table(one), pq.read_table(other)
    return left.cast(right.schema).combine_chunks().equals(right.combine_chunks())


def measure(policy: Policy, sizes: list[int], runs: int) -> dict[int, tuple[float, float]]:
    """Seconds by size: here and on Spark, medians of runs in turn after one that is not counted."""
    start = time.perf_counter()
    spark = session()
    print(f"  a session on {spark.sparkContext.master}: {time.perf_counter() - start:.1f} s")
    found = {}
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, out, there = Path(folder) / "in.parquet", Path(folder) / "out.parquet", Path(folder) / "spark"
            pq.write_table(work.households(count), source, row_group_size=122_880)
            taken: list[tuple[float, float]] = []
            for turn in range(runs + 1):
                start = time.perf_counter()
                policy.decide_parquet(source, out, ON)
                middle = time.perf_counter()
                decided = decide_frame(policy, spark.read.parquet(str(source)), ON)
                decided.write.mode("overwrite").parquet(str(there))
                end = time.perf_counter()
                if turn:
                    taken.append((middle - start, end - middle))
                else:
                    print(
                        f"  {count:>11,} families, first time on Spark {end - middle:.2f} s; equal bit for bit: {same(there, out)}"
                    )
            found[count] = tuple(statistics.median(part) for part in zip(*taken, strict=True))
            print(f"  {count:>11,} families: here {found[count][0]:.2f} s, Spark {found[count][1]:.2f} s", flush=True)
    spark.stop()
    return found


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--families", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 5_000_000])
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--cluster", action="store_true")
    options = asked.parse_args()
    pa.set_cpu_count(2)
    policy = Policy.load(work.POLICY)
    with cluster() if options.cluster else contextlib.nullcontext():
        found = measure(policy, sorted(options.families), options.runs)
    if len(found) < 2:
        return
    sizes = sorted(found)
    low, high = sizes[-2], sizes[-1]
    millions = (high - low) / 1_000_000
    ours, theirs = ((found[high][side] - found[low][side]) / millions for side in (0, 1))
    fixed = found[low][1] - theirs * low / 1_000_000
    print(
        f"  a million more families: here {ours:.2f} s, Spark {theirs:.2f} s on two cores; Spark's fixed cost {fixed:.1f} s"
    )
    for cores in (4, 8, 16, 32, 64, 128):
        gain = ours - theirs * 2 / cores
        told = f"from {fixed / gain:.1f} million families" if gain > 0 else "never"
        print(f"  a cluster of {cores} such cores, if it scales: {told}")


if __name__ == "__main__":
    main()
