"""The same policy on a real standalone Spark: a master and two workers on loopback; answers equal to DuckDB's, bit for bit.

Needs Java and PySpark. Without them the test is skipped with a message; where NUANXIN_SPARK_TESTS is 1 (the project's own checks) they must be there.
"""

import datetime as dt
import importlib.util
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nuanxin.policy import Policy, PolicyError

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
SOURCE = Path(__file__).parents[2] / "src"
READY = shutil.which("java") is not None and importlib.util.find_spec("pyspark") is not None
ON = dt.date(2022, 12, 31)

pytestmark = [
    pytest.mark.skipif(
        not READY and os.environ.get("NUANXIN_SPARK_TESTS") != "1",
        reason="Java or PySpark is missing: Spark is not tried here",
    ),
    pytest.mark.filterwarnings("ignore"),  # PySpark's own deprecations
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(log: Path, words: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if words in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    raise TimeoutError(log.read_text(errors="replace")[-2000:])


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A master and two workers, each a process of its own, and a session on them."""
    import pyspark

    from nuanxin.policy import spark as ours

    home = tmp_path_factory.mktemp("spark")
    command = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    environment = {
        **os.environ,
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(home / "work"),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(SOURCE),
    }
    port = free_port()
    master = f"spark://127.0.0.1:{port}"
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> Path:
        log = home / f"{name}.log"
        with log.open("wb") as stream:
            running.append(
                subprocess.Popen([command, *arguments], env=environment, stdout=stream, stderr=subprocess.STDOUT)
            )
        return log

    before = {
        name: os.environ.get(name) for name in ("NUANXIN_SPARK", "PYSPARK_PYTHON", "PYTHONPATH", "SPARK_LOCAL_IP")
    }
    try:
        log = start(
            "master",
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--webui-port",
            str(free_port()),
        )
        wait_for(log, "I have been elected leader")
        for number in range(2):
            log = start(
                f"worker{number}", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g",
                "--webui-port", str(free_port()), master,
            )  # fmt: skip
            wait_for(log, "Successfully registered with master")
        os.environ |= {
            "NUANXIN_SPARK": master,
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(SOURCE),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        session = ours.session()
        yield session
        session.stop()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for process in reversed(running):
            process.terminate()
            process.wait(30)


def families(policy: Policy, count: int) -> pa.Table:
    """Families as text cells, some with a missing or unreadable figure."""
    random.seed(11)

    def cell(kind: str, name: str) -> str | None:
        if random.random() < 0.02:
            return random.choice([None, "n/a"])
        if name == policy.model.area_input:
            return "QTX"
        if kind == "boolean":
            return random.choice(["是", "否", "否"])
        if kind == "string":
            return random.choice(["deep", "relative", "accident"])
        return (
            str(random.randint(0, 6))
            if kind == "integer"
            else f"{random.randint(0, 90_000)}.{random.randint(0, 99):02}"
        )

    return pa.table(
        {
            item.name: pa.array([cell(item.type, item.name) for _ in range(count)], pa.string())
            for item in policy.model.inputs
        }
    )


@pytest.mark.parametrize("name", ["qingtongxia", "huzhou", "measure-y"])
def test_spark_answers_as_duckdb_does(spark: Any, name: str) -> None:
    from nuanxin.policy.spark import decide_table

    policy = Policy.load(POLICIES / name)
    table = families(policy, 4000)
    here, there = policy.decide(table, ON), decide_table(policy, table, ON, "both", spark)
    assert there.schema.equals(here.schema)
    assert there.combine_chunks().equals(here.combine_chunks())


def test_the_command_writes_the_same_file_on_spark(spark: Any, tmp_path: Path) -> None:
    from nuanxin.policy import commands
    from nuanxin.policy.tables import write_table

    policy = POLICIES / "gaoyou"
    write_table(families(Policy.load(policy), 300), tmp_path / "in.csv")
    told = {
        engine: commands.decide(policy, tmp_path / "in.csv", tmp_path / f"{engine}.csv", ON.isoformat(), engine)
        for engine in ("duckdb", "spark")
    }
    assert (tmp_path / "spark.csv").read_bytes() == (tmp_path / "duckdb.csv").read_bytes()
    assert told["spark"]["decisions"] == told["duckdb"]["decisions"]


def test_a_parquet_file_passes_through_in_pieces(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pieces than one, cut otherwise than the row groups: rows in order, counts whole, nothing left beside the result."""
    from nuanxin.policy import commands
    from nuanxin.policy import spark as ours

    monkeypatch.setattr(ours, "BATCH", 400)
    monkeypatch.setattr(ours, "PIECE", 1000)
    policy = POLICIES / "gaoyou"
    pq.write_table(families(Policy.load(policy), 2500), tmp_path / "in.parquet", row_group_size=700)
    out = tmp_path / "not there yet"
    told = {
        engine: commands.decide(policy, tmp_path / "in.parquet", out / f"{engine}.parquet", ON.isoformat(), engine)
        for engine in ("spark", "duckdb")
    }
    assert pq.read_table(out / "spark.parquet").equals(pq.read_table(out / "duckdb.parquet"))
    assert told["spark"]["decisions"] == told["duckdb"]["decisions"]
    assert told["spark"]["rows"] == 2500
    assert sorted(path.name for path in out.iterdir()) == ["duckdb.parquet", "spark.parquet"]


def test_a_dmn_file_and_a_date_column_on_spark(spark: Any, tmp_path: Path) -> None:
    from nuanxin.policy.dmn import write_dmn
    from nuanxin.policy.spark import decide_table

    (tmp_path / "policy.dmn").write_bytes(write_dmn(Policy.load(POLICIES / "qingtongxia").model))
    policy = Policy.load(tmp_path / "policy.dmn")
    days = pa.array([dt.date(2022, 7, 1), dt.date(2023, 3, 31)] * 100)
    table = families(policy, 200).append_column("day", days)
    here = policy.decide(table, "day")
    assert decide_table(policy, table, "day", "both", spark).combine_chunks().equals(here.combine_chunks())
    some = pa.array(["2022-07-01", "1999-01-01", None, "soon"] * 50)
    bad = table.set_column(table.column_names.index("day"), "day", some)
    there = decide_table(policy, bad, "day", "both", spark).combine_chunks()
    assert there.equals(policy.decide(bad, "day").combine_chunks())
    fourth = pa.array(range(0, 200, 4))  # the day it had before
    assert there["tier_problem"].take(fourth).equals(here["tier_problem"].take(fourth))
    assert there["tier_problem"].null_count == here["tier_problem"].take(fourth).null_count > 0


def test_both_workers_take_part(spark: Any) -> None:
    from nuanxin.policy.spark import decide_frame

    policy = Policy.load(POLICIES / "huzhou")
    frame = spark.createDataFrame(families(policy, 200)).repartition(8)

    def place(batches: Any) -> Any:
        for batch in batches:
            time.sleep(0.3)
            yield pa.RecordBatch.from_pydict(
                {"place": [os.environ.get("SPARK_EXECUTOR_DIRS", "") + str(Path.cwd())] * batch.num_rows}
            )

    places = decide_frame(policy, frame, ON).mapInArrow(place, "place string").distinct().count()
    assert places == 2


def test_a_missing_column_is_told_before_anything_runs(spark: Any) -> None:
    from nuanxin.policy.spark import decide_table

    policy = Policy.load(POLICIES / "huzhou")
    with pytest.raises(PolicyError, match="income"):
        decide_table(policy, pa.table({"members": ["1"]}), ON, "both", spark)
