"""Parquet to Parquet without holding the table: DuckDB reads, decides and writes in one pass, or batch after batch where it cannot."""

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from nuanxin.policy.engine import Engine, plain_in_sql, result_schema
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.model import Model
from nuanxin.policy.sql import ident, quoted

ROW_GROUP = 122_880
BATCH = ROW_GROUP // 3
# DuckDB's buffers fill whatever they are given. An ordered COPY sets 4 MiB a column and thread aside, takes half of what it may use for it, and gets
# as many threads as that pays for: two need 16 MiB a column. Where that is more than MOST, one thread writes with LEAST.
TWO_THREADS = 16  # MiB a column
LEAST, MOST = 134, 420  # MiB
LEFT_OVER = "a row is left to the row evaluator"
SMALL = 200_000  # rows; below, opening a DuckDB costs more than the pass saves


def decide_parquet(engine: Engine, source: Path, out: Path, as_of: dt.date, lang: str) -> dict[str, Any]:
    """Decides a Parquet file into another, its rows in order, in a memory that does not grow with it. Returns the counts of `commands.summary`.

    `out` appears when it is whole. Raises PolicyError for a file that is no Parquet, or a column that is missing or taken.
    """
    with passing_through(engine, source, out) as (file, part):
        names = tuple(file.schema_arrow.names)
        in_sql = file.metadata.num_rows >= SMALL and plain_in_sql((*names, *result_schema(engine.model, False)))
        counts = _copied(engine, source, part, as_of, lang, names) if in_sql else None
        return counts or _in_batches(engine, file, part, as_of, lang)


@contextmanager
def passing_through(engine: Engine, source: Path, out: Path) -> Iterator[tuple[pq.ParquetFile, Path]]:
    """A Parquet file to be read piece by piece, and the path to write to, which becomes `out` when it is whole.

    Raises PolicyError for a file that is no Parquet, or a column that is missing or taken.
    """
    try:
        file = pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20)
    except (pa.ArrowException, OSError) as error:
        raise PolicyError("bad-table", str(source), name=source.name, why=str(error).splitlines()[0]) from error
    part = out.with_name(f"{out.name}.part")
    try:
        engine.refuse_columns(tuple(file.schema_arrow.names))
        out.parent.mkdir(parents=True, exist_ok=True)
        yield file, part
        part.replace(out)
    finally:
        file.close()
        part.unlink(missing_ok=True)


def _copied(
    engine: Engine, source: Path, out: Path, as_of: dt.date, lang: str, names: tuple[str, ...]
) -> dict[str, Any] | None:
    """One COPY. None where it does not fit: columns whose types say too little, a row for the row evaluator, a policy outside of what SQL
    covers, more columns than the buffers hold."""
    with tempfile.TemporaryDirectory(dir=out.parent) as aside, duckdb.connect(":memory:") as con:
        con.execute("SET preserve_insertion_order = true")
        con.execute("SET enable_progress_bar = false")
        # With threads that write on their own, a COPY that is stopped waits for ever now and then (DuckDB 2.0).
        con.execute("SET async_threads = 0")
        con.execute(f"SET temp_directory = {quoted(aside)}")  # row groups that wait for their turn
        con.execute(f"SET memory_limit = '{buffers(len(names) + len(result_schema(engine.model, False)))}MiB'")
        relation = f"read_parquet({quoted(str(source))})"
        described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608
        kinds = {row[0]: str(row[1]).upper() for row in described}
        select = engine.select(relation, kinds, as_of, lang, carried=names, in_order=True)
        if select is None:
            return None
        try:
            con.execute(
                f"COPY ({_or_stop(engine, select, names)}) TO {quoted(str(out))} (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})"
            )
        except (duckdb.OutOfMemoryException, duckdb.OutOfRangeException, duckdb.ConversionException):
            return None
        except duckdb.InvalidInputException as error:
            if LEFT_OVER not in str(error):
                raise
            return None
        return _counts(engine, con, out)


def buffers(columns: int) -> int:
    """MiB for DuckDB when it writes a file of so many columns in order: enough for two threads where that may be."""
    needed = columns * TWO_THREADS + 1
    return needed if needed <= MOST else LEAST


def _or_stop(engine: Engine, select: str, names: Iterable[str]) -> str:
    """The columns in order; a row that is not for SQL stops the copy, which is quicker than looking for one beforehand."""
    schema = result_schema(engine.model, False)
    stop = next(name for name in schema if name.endswith("_problem"))
    wanted = [ident(name) for name in names]
    wanted += [
        f"CASE WHEN _rest THEN error({quoted(LEFT_OVER)}) ELSE {ident(name)} END AS {ident(name)}"
        if name == stop
        else ident(name)
        for name in schema
    ]
    return f"SELECT {', '.join(wanted)} FROM ({select})"  # noqa: S608


def _in_batches(engine: Engine, file: pq.ParquetFile, out: Path, as_of: dt.date, lang: str) -> dict[str, Any]:
    """One batch after another through `Engine.decide`, which does whatever each batch needs."""
    decided = (engine.decide(pa.Table.from_batches([batch]), as_of, lang, False) for batch in file.iter_batches(BATCH))
    return write_decided(engine.model, decided, file.schema_arrow, out)


def write_decided(model: Model, tables: Iterable[pa.Table], given: pa.Schema, out: Path) -> dict[str, Any]:
    """Writes decided tables one after another into a Parquet file. `given`: the columns of the families. Returns the counts of `commands.summary`."""
    added = result_schema(model, False)
    schema = pa.schema([*given, *(pa.field(name, kind) for name, kind in added.items())])
    rules: dict[str, Counter[str]] = {decision.name: Counter() for decision in model.decisions}
    problems: Counter[str] = Counter()
    rows = 0
    with pq.ParquetWriter(out, schema) as writer:
        for decided in tables:
            writer.write_table(decided.cast(schema), row_group_size=ROW_GROUP)
            rows += decided.num_rows
            for name, counter in rules.items():
                for item in decided.column(f"{name}_rule").value_counts().to_pylist():
                    if item["values"] is not None:
                        counter[item["values"]] += item["counts"]
                problems[name] += decided.num_rows - decided.column(f"{name}_problem").null_count
    return {
        "rows": rows,
        "decisions": {
            name: {"decided": rows - problems[name], "problems": problems[name], "rules": dict(sorted(found.items()))}
            for name, found in rules.items()
        },
    }


def _counts(engine: Engine, con: duckdb.DuckDBPyConnection, out: Path) -> dict[str, Any]:
    """Rows by rule, and problems, of each decision in the written file."""
    relation = f"read_parquet({quoted(str(out))})"
    rows = pq.read_metadata(out).num_rows
    decisions: dict[str, Any] = {}
    for decision in engine.model.decisions:
        rule, problem = ident(f"{decision.name}_rule"), ident(f"{decision.name}_problem")
        found = con.execute(
            f"SELECT {rule}, count(*), count({problem}) FROM {relation} GROUP BY 1 ORDER BY 1"  # noqa: S608
        ).fetchall()
        problems = sum(row[2] for row in found)
        decisions[decision.name] = {
            "decided": rows - problems,
            "problems": problems,
            "rules": {row[0]: row[1] for row in found if row[0] is not None},
        }
    return {"rows": rows, "decisions": decisions}
