"""The same compiled policy on Spark: each Python worker decides the Arrow batches of its partition with the same engine.

Spark spreads the rows; how a row is decided does not change, so that the answers are DuckDB's bit for bit. Workers need this package
installed (and its dependencies: DuckDB, PyArrow, NumPy). The master is `NUANXIN_SPARK` (`spark://host:7077`), else this machine's cores.
"""

import datetime as dt
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from nuanxin.policy.engine import result_schema
from nuanxin.policy.folder import POLICY_FILE, read_files
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.policy import Policy
from nuanxin.policy.stream import passing_through, write_decided

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROW = "_nuanxin_row"
BATCH = 131_072  # rows that a worker decides at a time; with Spark's own 10,000 half of the time goes to beginning anew
PIECE = 4 * BATCH  # rows that the machine with the file sends and takes back at a time


@lru_cache(maxsize=16)
def _policy(files: tuple[tuple[str, bytes], ...]) -> Policy:
    """A worker's policy, read once from the files that the driver sent."""
    return Policy(read_files(dict(files)))


def decider(
    policy: Policy, as_of: dt.date | str, lang: str
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What runs on the workers: Arrow batches in, the same with the decisions' columns out.

    `as_of`: a date on which the policy is known to be in force, or the name of a date column, of which each worker looks at its own.
    """
    files = tuple(sorted(policy.model.files.items()))
    if POLICY_FILE not in policy.model.files:  # a DMN file travels as the folder that says the same
        from nuanxin.policy.dmn import write_folder

        files = tuple(sorted(write_folder(policy.model).items()))

    def decide(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own = _policy(files)
        for batch in batches:
            table = own.decide(pa.Table.from_batches([batch]), as_of, lang=lang, what_if=not isinstance(as_of, str))
            yield from table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]

    return decide


def decide_frame(
    policy: Policy, frame: "DataFrame", as_of: dt.date | str | None = None, lang: str = "both"
) -> "DataFrame":
    """A Spark data frame decided: its columns and the decisions'. Nothing runs until the frame is used."""
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    added = result_schema(policy.model, False)
    for name in added:
        if name in frame.columns:
            raise PolicyError("column-taken", name=name)
    on = policy._when(as_of, frame.columns, False)
    given = to_arrow_schema(frame.schema)
    schema = pa.schema([*given, *(pa.field(name, kind) for name, kind in added.items())])
    return frame.mapInArrow(decider(policy, on, lang), from_arrow_schema(schema))


def session() -> "SparkSession":
    """A Spark session on `NUANXIN_SPARK`. Raises PolicyError where PySpark or Java is missing or the master does not answer."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise PolicyError("no-pyspark") from None
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise PolicyError("no-java")
    master = os.environ.get("NUANXIN_SPARK", "local[*]")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers elsewhere: set it to their Python
    try:
        return (
            SparkSession.builder.master(master)
            .appName("nuanxin policy")
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
            .config("spark.sql.session.timeZone", "Asia/Shanghai")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.executorEnv.PYTHONPATH", str(Path(__file__).parents[2]))
            .getOrCreate()
        )
    except (PySparkException, Py4JError, RuntimeError) as error:
        raise PolicyError("no-spark", why=f"{master}: {next(iter(str(error).splitlines()), '')}") from error


def decide_file(
    policy: Policy, path: Path, out: Path, as_of: dt.date | str | None, lang: str, spark: "SparkSession | None" = None
) -> dict[str, Any]:
    """A Parquet file decided on Spark into another, its rows in order. This machine holds one piece of it at a time. Returns the counts of `commands.summary`."""
    with passing_through(policy._engine, path, out) as (file, part):
        on_spark = spark or session()
        decided = (decide_table(policy, piece, as_of, lang, on_spark) for piece in _pieces(file))
        return write_decided(policy.model, decided, file.schema_arrow, part)


def _pieces(file: Any) -> Iterator[pa.Table]:
    """The rows of a Parquet file, PIECE at a time, however it is cut into row groups."""
    batches = file.iter_batches(BATCH)
    while held := list(islice(batches, PIECE // BATCH)):
        yield pa.Table.from_batches(held)


def decide_table(
    policy: Policy, table: pa.Table, as_of: dt.date | str | None, lang: str, spark: "SparkSession"
) -> pa.Table:
    """An Arrow table sent to Spark, decided there, and brought back in its order."""
    policy._engine.refuse_columns(table.column_names)
    own = table.rename_columns(policy._engine.own_names(table.column_names))
    numbered = own.append_column(ROW, pa.array(range(table.num_rows), pa.int64()))
    frame: Any = spark.createDataFrame(numbered)
    parts = max(spark.sparkContext.defaultParallelism, 2)
    done = decide_frame(policy, frame.repartitionByRange(parts, ROW), as_of, lang).toArrow().sort_by(ROW)
    added = result_schema(policy.model, False)
    for name, kind in added.items():
        table = table.append_column(pa.field(name, kind), done.column(name).cast(kind))
    return table
