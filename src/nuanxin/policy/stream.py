"""Parquet to Parquet without holding the table: DuckDB reads, decides and writes in one pass."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from nuanxin.policy.engine import Engine, result_schema
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.sql import ident, quoted

ROW_GROUP = 122_880
MEMORY = "360MB"  # for the engine's buffers; without it they grow with the file although nothing needs them
LEFT_OVER = "a row is left to the row evaluator"
SMALL = 200_000  # rows; below, the table is simply read


def decide_parquet(engine: Engine, source: Path, out: Path, as_of: dt.date, lang: str) -> dict[str, Any] | None:
    """Decides a Parquet file into another; the rows stay in order. Returns the counts of `commands.summary`.

    None where this way does not fit (a small file, columns whose types say too little, rows left over for the row evaluator,
    a policy outside of what SQL covers): the caller then reads the table. Raises PolicyError for a column that is taken.
    """
    file = pq.ParquetFile(source)
    if file.metadata.num_rows < SMALL:
        return None
    names = tuple(file.schema_arrow.names)
    schema = result_schema(engine.model, False)
    for name in schema:
        if name in names:
            raise PolicyError("column-taken", name=name)
    with duckdb.connect(":memory:") as con:
        con.execute("SET preserve_insertion_order = true")
        con.execute("SET enable_progress_bar = false")
        con.execute(f"SET memory_limit = '{MEMORY}'")
        relation = f"read_parquet({quoted(str(source))})"
        kinds = {row[0]: str(row[1]).upper() for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}  # noqa: S608
        select = engine.select(relation, kinds, as_of, lang, carried=names, in_order=True)
        if select is None:
            return None
        # a row that is not for SQL stops the copy, which is quicker than looking for one beforehand
        stop = ident(next(name for name in schema if name.endswith("_problem")))
        wanted = ", ".join(ident(name) for name in (*names, *schema))
        wanted = wanted.replace(stop, f"CASE WHEN _rest THEN error({quoted(LEFT_OVER)}) ELSE {stop} END AS {stop}")
        try:
            con.execute(
                f"COPY (SELECT {wanted} FROM ({select})) TO {quoted(str(out))} (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})"  # noqa: S608
            )
        except duckdb.OutOfMemoryException:
            out.unlink(missing_ok=True)
            return None
        except duckdb.InvalidInputException as error:
            if LEFT_OVER not in str(error):
                raise
            out.unlink(missing_ok=True)
            return None
        return _counts(engine, con, out)


def _counts(engine: Engine, con: duckdb.DuckDBPyConnection, out: Path) -> dict[str, Any]:
    """Rows by rule, and problems, of each decision in the written file."""
    relation = f"read_parquet({quoted(str(out))})"
    rows = pq.ParquetFile(out).metadata.num_rows
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
