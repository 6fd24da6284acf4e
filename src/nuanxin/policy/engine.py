"""Decides whole tables: profiles the columns, compiles, runs DuckDB, and gives the rest to the row evaluator."""

import datetime as dt
import functools
import math
import os
import threading
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nuanxin.policy.feel import Expr, Lit
from nuanxin.policy.folder import clean
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.model import Decision, Input, Model, Output
from nuanxin.policy.nearby import with_sides
from nuanxin.policy.proofs import proofs
from nuanxin.policy.rows import NUMBER_PLACES, Reason, RowDecider, sentence, stored, unreadable
from nuanxin.policy.sql import BLANKS, SOURCE, Column, Compiler, NotCompiled, Num, Plan, constant, ident, quoted
from nuanxin.policy.values import NUMERIC, UNKNOWN, Unreadable, read

AMOUNT_BITS = 43  # amounts assumed below 2^43 fen, 88 billion yuan
SMALL_BITS = 20
AS_OF = "_nuanxin_as_of"  # each row's date, where it is a column's
ROW = "_nuanxin_row"  # the row's number: threads give their rows back in any order
MANY_ROWS = 100_000  # that another thread is worth its start when columns are converted
MANY_PIECES = 1000  # of a table, beyond which copying the rows is quicker than what each piece costs afterwards
CAP = 10**13  # bounds that columns are cut to where a policy's arithmetic would not fit their true ones
ARROW_TYPES: dict[str, pa.DataType] = {
    "money": pa.decimal128(18, 2),
    "number": pa.decimal128(38, NUMBER_PLACES),
    "integer": pa.int64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_INTEGER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_local = threading.local()


def connection() -> duckdb.DuckDBPyConnection:
    """This thread's in-memory DuckDB: opening one costs more than deciding a thousand families."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(":memory:")
        _local.connection.execute("SET preserve_insertion_order = true")
    return _local.connection  # type: ignore[no-any-return]


def plain_in_sql(names: Collection[str]) -> bool:
    """Whether SQL tells columns of these names apart from one another, in upper or lower case, and from those that we add, which begin with _."""
    return len({name.casefold() for name in names}) == len(names) and all(name and name[0] != "_" for name in names)


def to_arrow(table: Any) -> pa.Table:
    """An Arrow table from Arrow, pandas, Polars, a DuckDB relation, or anything that speaks Arrow's stream protocol.

    Raises PolicyError for anything else.
    """
    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, duckdb.DuckDBPyRelation):
        return table.to_arrow_table()
    if hasattr(table, "iloc") and hasattr(table, "columns"):
        return _from_pandas(table)
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    if hasattr(table, "to_arrow"):
        return table.to_arrow()
    raise PolicyError("not-a-table", kind=type(table).__name__)


def _from_pandas(frame: Any) -> pa.Table:
    """A pandas frame without its index. A column that mixes figures with texts, as one read from a spreadsheet may, becomes text."""

    def column(place: int) -> pa.Array:
        series = frame.iloc[:, place]
        try:
            return pa.array(series, from_pandas=True)
        except (pa.ArrowException, TypeError):
            present = series.notna()
            return pa.array(
                [text_of(value) if there else None for value, there in zip(series, present, strict=True)], pa.string()
            )

    names = [str(name) for name in frame.columns]
    return pa.Table.from_arrays([column(place) for place in range(len(names))], names=names)


def literal_type(tree: Expr) -> str:
    if isinstance(tree, Lit):
        if isinstance(tree.value, bool):
            return "boolean"
        if isinstance(tree.value, Fraction):
            return "number"
        return "string" if isinstance(tree.value, str) else ""
    return ""


def resolved_type(decision: Decision, output: Output) -> str:
    """The output's type; where none is declared, that of its constants, else text."""
    if output.type != "any":
        return output.type
    if decision.table is None:
        return "any"
    index = decision.outputs.index(output)
    kinds = {literal_type(rule.outputs[index]) for rule in decision.table.rules}
    return kinds.pop() if len(kinds) == 1 and "" not in kinds else "any"


def arrow_type(decision: Decision, output: Output) -> pa.DataType:
    base = ARROW_TYPES.get(resolved_type(decision, output).partition("<")[0], pa.string())
    many = decision.table is not None and decision.table.hit in ("R", "O", "C")
    return pa.list_(base) if many or output.type.startswith("list") else base


def result_schema(model: Model, figures: bool) -> dict[str, pa.DataType]:
    """The columns that deciding adds, in order."""
    found: dict[str, pa.DataType] = {}
    for decision in model.decisions:
        columns = [(output.column, arrow_type(decision, output)) for output in decision.outputs]
        columns += [(f"{decision.name}_rule", pa.string()), (f"{decision.name}_problem", pa.string())]
        for name, kind in columns:
            if name in found:
                raise PolicyError("duplicate-name", decision.file, decision.line, name=name)
            found[name] = kind
    if figures:
        for figure in model.figures:
            found[figure.name] = ARROW_TYPES.get(figure.type, pa.string())
        for name in model.standard_names:
            found[name] = ARROW_TYPES[model.standard_type(name)]
    return found


def dates_of(table: pa.Table, name: str) -> list[dt.date | Reason]:
    """Each row's date in the column `name`, or why it has none. Raises PolicyError where the table has no column of that name, or two."""
    if name not in table.column_names:
        raise PolicyError("no-as-of", name=name)
    if table.column_names.count(name) > 1:
        raise PolicyError("duplicate-column", name=name)

    def date(value: Any) -> dt.date | Reason:
        try:
            return read(value, "date") or ("needs", {"names": name})
        except Unreadable:
            return unreadable(name, value, "date")

    return [date(value) for value in table.column(name).to_pylist()]


# profile -------------------------------------------------------------------------------------------------------------


def _aggregates(item: Input, kind: str) -> dict[str, str]:
    """What to ask of a column: SQL aggregates by name."""
    raw = ident(item.name)
    found = {"nulls": f"count(*) - count({raw})"}
    if item.type in NUMERIC:
        if kind in _INTEGER_TYPES or kind.startswith("DECIMAL"):
            found |= {"low": f"min({raw})", "high": f"max({raw})"}
        elif kind in ("DOUBLE", "FLOAT"):
            sound = f"isfinite({raw})"
            value = f"CAST({raw} AS DOUBLE)"
            found |= {"low": f"min({value}) FILTER ({sound})", "high": f"max({value}) FILTER ({sound})"}
            found |= {"odd": f"count(*) FILTER (NOT {sound})"}
            for places in (0, 2, 4):
                found[f"off{places}"] = (
                    f"count(*) FILTER ({sound} AND round({value} * 1e{places}) / 1e{places} <> {value})"
                )
        elif kind == "VARCHAR":
            text = f"trim({raw}, {quoted(BLANKS)})"
            value = f"TRY_CAST({text} AS DECIMAL(24, 4))"
            found |= {"low": f"min({value})", "high": f"max({value})"}
            found["places"] = f"max(length(regexp_extract({text}, '^[+-]?\\d+\\.(\\d{{1,4}})$', 1)))"
    elif item.type == "string" and kind == "VARCHAR":
        found["odd"] = f"count(*) FILTER (trim({raw}, {quoted(BLANKS)}) = '')"
    return found


def column_types(source: str) -> dict[str, str]:
    """DuckDB's types of a relation's columns."""
    return {row[0]: str(row[1]).upper() for row in connection().execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}  # noqa: S608


def profile(model: Model, source: str) -> dict[str, Column]:
    """One pass over the table: bounds, decimals, nulls of each input's column."""
    con, kinds = connection(), column_types(source)
    asked: dict[tuple[str, str], str] = {}
    for item in model.inputs:
        for name, sql in _aggregates(item, kinds[item.name]).items():
            asked[item.name, name] = sql
    values = con.execute(f"SELECT {', '.join(asked.values())} FROM {source}").fetchall()[0] if asked else ()  # noqa: S608
    answers: dict[str, dict[str, Any]] = {item.name: {} for item in model.inputs}
    for (name, what), value in zip(asked, values, strict=True):
        answers[name][what] = value
    return {item.name: _column(item, kinds[item.name], answers[item.name]) for item in model.inputs}


def _column(item: Input, kind: str, found: dict[str, Any]) -> Column:
    nulls = bool(found["nulls"])
    if item.type not in NUMERIC:
        loose = (
            bool(found.get("odd"))
            if "odd" in found
            else kind not in ("BOOLEAN", "DATE", "TIMESTAMP") and not kind.startswith("ENUM")
        )
        return Column(kind, nulls=nulls, loose=loose)
    low, high = found.get("low"), found.get("high")
    low, high = (Fraction(0), Fraction(0)) if low is None or high is None else (Fraction(low), Fraction(high))
    scale, loose = 0, False
    if kind.startswith("DECIMAL"):
        scale = int(kind.rstrip(")").partition(",")[2] or 0)
    elif kind in ("DOUBLE", "FLOAT"):
        scale = next((places for places in (0, 2, 4) if not found[f"off{places}"]), 4)
        loose = bool(found["odd"] or found[f"off{scale}"] or max(abs(low), abs(high)) >= 10**15)
    elif kind == "VARCHAR":
        scale = int(found.get("places") or 0)
        loose = True
    bounds = [
        int(value * 10**scale) + extra for value, extra in ((low, -1 if low % 1 else 0), (high, 1 if high % 1 else 0))
    ]
    if max(abs(bounds[0]), abs(bounds[1])) >= 2**62:
        bounds, loose = [max(bounds[0], -(2**62)), min(bounds[1], 2**62)], True
    return Column(kind, scale, bounds[0], bounds[1], nulls, loose)


def _rounded_bounds(found: dict[str, Column]) -> dict[str, Column]:
    """Bounds widened to powers of two, so that tables alike share one compiled plan; 0 stays a bound, for it matters to divisors."""

    def outer(value: int, up: bool) -> int:
        if value == 0 or (value == 1 and not up):
            return value
        size = 2 ** (abs(value) - 1).bit_length()
        return (size if up else 1) if value > 0 else (0 if up else -size)

    return {
        name: replace(column, low=outer(column.low, False), high=outer(column.high, True))
        for name, column in found.items()
    }


def _capped(found: dict[str, Column]) -> dict[str, Column]:
    return {
        name: replace(column, low=max(column.low, -CAP), high=min(column.high, CAP), loose=True)
        if max(abs(column.low), abs(column.high)) > CAP
        else column
        for name, column in found.items()
    }


def assumed(model: Model, kinds: dict[str, str]) -> dict[str, Column] | None:
    """A profile from the column types alone, its bounds checked row by row; None where the types do not say enough."""
    found: dict[str, Column] = {}
    for item in model.inputs:
        kind = kinds[item.name]
        if item.optional:
            return None
        if item.type in NUMERIC and (kind in _INTEGER_TYPES or kind.startswith("DECIMAL")):
            scale = 0 if kind in _INTEGER_TYPES else int(kind.rstrip(")").partition(",")[2] or 0)
            bits = SMALL_BITS if item.type == "integer" else AMOUNT_BITS
            found[item.name] = Column(kind, scale, 0, 2**bits - 1, nulls=False, loose=False, guarded=True)
        elif item.type == "string" and kind == "VARCHAR":
            found[item.name] = Column(kind, nulls=True, loose=False, guarded=True)
        elif (item.type, kind) in (("boolean", "BOOLEAN"), ("date", "DATE")):
            found[item.name] = Column(kind, nulls=True, loose=False)
        else:
            return None
    return found


# deciding ------------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _compiled(
    engine: "Engine",
    key: tuple[tuple[str, Column], ...],
    standards: tuple[tuple[str, Num], ...],
    lang: str,
    figures: bool,
    fen: bool,
    carried: tuple[str, ...],
) -> Plan:
    columns = dict(key)
    why = ""
    for attempt in (columns, _capped(columns)):
        try:
            return Compiler(
                engine.model, attempt, dict(standards), lang, figures, fen, carried, engine.proofs
            ).compile()
        except NotCompiled as error:
            why = str(error)
    return Plan("", [], whole_by_rows=why)


@functools.lru_cache(maxsize=64)
def _standards(engine: "Engine", as_of: dt.date | str) -> dict[str, Num]:
    found = {}
    for number, name in enumerate(engine.model.standard_names):
        rows = [standard for standard in engine.model.standards if standard.name == name]
        scale = math.lcm(*(standard.value.denominator for standard in rows))
        if isinstance(as_of, dt.date) and not any(standard.area for standard in rows):
            standard = engine.model.standard_on(name, None, as_of)
            if standard is not None:
                found[name] = constant(standard.value)
                continue
        values = [int(standard.value * scale) for standard in rows]
        found[name] = Num(f"_standard_{number}", min(values), max(values), scale)
        if min(values) == max(values):  # a column may still lack it
            found[name] = Num(f"_standard_{number}", min(values) - 1, max(values), scale)
    return found


@functools.lru_cache(maxsize=64)
def with_standards(engine: "Engine", source: str, as_of: dt.date, in_order: bool, text: bool = True) -> str:
    """A source in SQL with the columns `_standard_<n>`, looked up by area.

    A hash join is quicker but does not keep the rows in order; `in_order` looks up the place of the area in an ENUM instead. `text`: the
    area's column is text.
    """
    wanted = {name: node for name, node in engine.standards(as_of).items() if node.constant is None}
    if not wanted:
        return source
    in_force = {
        (item.name, item.area): str(int(item.value * wanted[item.name].scale))
        for item in sorted(engine.model.standards, key=lambda item: item.start)  # the last to begin wins
        if item.start <= as_of and item.name in wanted
    }

    def value(name: str, area: str) -> str:
        return in_force.get((name, area), "NULL")

    areas = list(dict.fromkeys(standard.area for standard in engine.model.standards if standard.area))
    if not areas:
        everywhere = (f"CAST({value(name, '')} AS BIGINT) AS {node.num}" for name, node in wanted.items())
        return f"(SELECT *, {', '.join(everywhere)} FROM {source})"  # noqa: S608
    column = ident(engine.model.area_input)
    found = []
    for name, node in wanted.items():
        own = f"_v.{node.num}"
        if in_order:
            place = f"enum_code(TRY_CAST({column} AS ENUM ({', '.join(map(quoted, areas))})))"
            own = f"(CAST('[{', '.join(value(name, area) for area in areas)}]' AS BIGINT[]))[{place} + 1]"
        general = value(name, "")
        found.append(f"{own} AS {node.num}" if general == "NULL" else f"coalesce({own}, {general}) AS {node.num}")
    if in_order:
        return f"(SELECT *, {', '.join(found)} FROM {source})"  # noqa: S608
    # lists written as one text each, in a row of its own: 300 areas as rows of SQL take longer to parse than a million families to look
    # up, and as a constant each step of the planner copies them
    separator = next(char for char in map(chr, range(31, 0, -1)) if not any(char in area for area in areas))
    texts, lists = [separator.join(areas)], [f"unnest(string_split(_t0, {quoted(separator)})) AS _area"]
    for name, node in wanted.items():
        lists.append(f"unnest(CAST(_t{len(texts)} AS BIGINT[])) AS {node.num}")
        texts.append(f"[{', '.join(value(name, area) for area in areas)}]")
    row = (
        f"(VALUES ({', '.join(map(quoted, texts))})) AS _t({', '.join(f'_t{number}' for number in range(len(texts)))})"
    )
    return f"(SELECT _s.*, {', '.join(found)} FROM {source} _s LEFT JOIN (SELECT {', '.join(lists)} FROM {row}) AS _v ON {'' if text else 'CAST'}(_s.{column}{'' if text else ' AS VARCHAR'}) = _v._area)"  # noqa: S608


class Engine:
    """One model, ready to decide tables. Compiled plans are kept by the profile of the table."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.rows = RowDecider(model)

    @functools.cached_property
    def proofs(self) -> dict[str, tuple[bool, bool]]:
        """By decision: its rules never overlap; they leave no gap. Proved once; False where it is not."""
        return proofs(self.model, self.rows)

    def plan(
        self,
        found: dict[str, Column],
        standards: dict[str, Num],
        lang: str,
        figures: bool = False,
        *,
        fen: bool = False,
        carried: tuple[str, ...] = (),
    ) -> Plan:
        """The compiled form for tables of this profile."""
        key = tuple(sorted(_rounded_bounds(found).items()))
        return _compiled(self, key, tuple(sorted(standards.items())), lang, figures, fen, carried)

    def select(
        self,
        source: str,
        columns: dict[str, str],
        as_of: dt.date,
        lang: str,
        *,
        fen: bool = False,
        carried: tuple[str, ...] = (),
        in_order: bool = False,
    ) -> str | None:
        """A SELECT that decides the rows of a relation in DuckDB: the `carried` columns, the decisions' and `_rest`.

        `columns`: the relation's column types; `in_order`: the rows stay in order. Rows with `_rest` true are not decided by it. None where the policy, or the kind of
        the columns, needs the other ways.
        """
        untyped = any(resolved_type(item, one) == "any" for item in self.model.decisions for one in item.outputs)
        fits = all(item.name in columns for item in self.model.inputs) and not untyped and self.told_apart
        found = assumed(self.model, columns) if fits else None
        if found is None:
            return None
        plan = self.plan(found, self.standards(as_of), lang, fen=fen, carried=carried)
        return None if plan.whole_by_rows else plan.sql.replace(SOURCE, with_standards(self, source, as_of, in_order))

    def standards(self, as_of: dt.date | str) -> dict[str, Num]:
        """Each standard as a constant, or as a column `_standard_<n>` that the source must bring."""
        return _standards(self, as_of)

    def standard_columns(self, source: pa.Table, as_of: dt.date | str) -> dict[str, pa.Array]:
        """The columns `_standard_<n>` for a table in memory: looked up by area and date."""
        nodes = self.standards(as_of)
        wanted = {name: node for name, node in nodes.items() if node.constant is None}
        if not wanted:
            return {}
        areas = list(dict.fromkeys(standard.area for standard in self.model.standards if standard.area))
        days = sorted(set(source.column(AS_OF).to_pylist())) if isinstance(as_of, str) else [as_of]
        rows = np.full(source.num_rows, len(areas), np.int64)
        if areas:
            column = source.column(self.model.area_input)
            if not pa.types.is_string(column.type):
                column = column.cast(pa.string())
            found = pc.index_in(column, value_set=pa.array(areas, column.type)).combine_chunks()
            rows = pc.fill_null(found, len(areas)).to_numpy(zero_copy_only=False).astype(np.int64)
        if isinstance(as_of, str):
            by_day = pc.index_in(source.column(AS_OF), value_set=pa.array(days, pa.date32())).combine_chunks()
            rows = rows * len(days) + by_day.to_numpy(zero_copy_only=False)
        columns = {}
        for name, node in wanted.items():
            values = [
                None if standard is None else int(standard.value * node.scale)
                for area in (*areas, None)
                for day in days
                for standard in [self.model.standard_on(name, area, day)]
            ]
            columns[node.num] = pa.array(values, pa.int64()).take(pa.array(rows))
        return columns

    def own_names(self, names: Collection[str]) -> list[str]:
        """A table's columns with those that are an input's but for spaces called as the input is. Raises PolicyError where two are."""
        inputs = {item.name for item in self.model.inputs}
        found = [name if (plain := clean(name)) not in inputs else plain for name in names]
        twice = next((name for name in found if name in inputs and found.count(name) > 1), None)
        if twice is not None:
            raise PolicyError("duplicate-column", name=twice)
        return found

    @functools.cached_property
    def told_apart(self) -> bool:
        """Whether SQL, to which `m` and `M` are one column, can tell the policy's names apart."""
        names = [item.name for item in self.model.inputs] + [item.name for item in self.model.figures]
        names += [name for name in result_schema(self.model, False) if name not in names]
        return plain_in_sql(names)

    def refuse_columns(self, names: Collection[str], figures: bool = False) -> dict[str, pa.DataType]:
        """The columns that deciding adds to a table of these. Raises PolicyError where an input is missing or stands twice, or a name is taken."""
        schema = result_schema(self.model, figures)
        own = self.own_names(names)
        missing = [item.name for item in self.model.inputs if item.name not in own and not item.optional]
        if missing:
            there = [name for name in names if name.strip()]
            raise PolicyError("no-columns", names=", ".join(missing), found=", ".join(there[:20]) or "—")
        for name in schema:
            if name in names and not (figures and name in self.model.standard_names):
                raise PolicyError("column-taken", name=name)
        return schema

    def decide(
        self, table: pa.Table, as_of: dt.date | str, lang: str, figures: bool, what_if: bool = False
    ) -> pa.Table:
        """`as_of`: a date on which the policy is in force, or the name of a date column. `what_if`: a row's date may be one on which it is not."""
        schema = self.refuse_columns(table.column_names, figures)
        own = table.rename_columns(self.own_names(table.column_names))
        if isinstance(as_of, str):
            days = dates_of(table, as_of)
            columns = self._by_day(
                own, days if what_if else list(map(self._in_force, days)), as_of, lang, figures, schema
            )
        else:
            columns = self._columns(own, as_of, lang, figures, schema)
        for name, kind in schema.items():
            table = table.append_column(pa.field(name, kind), columns[name])
        return table

    def _by_day(
        self,
        table: pa.Table,
        days: list[dt.date | Reason],
        name: str,
        lang: str,
        figures: bool,
        schema: dict[str, pa.DataType],
    ) -> dict[str, pa.ChunkedArray]:
        """Each row decided on its own date; one that has a reason instead is not decided, and told why. `name`: the dates' column."""
        good = [place for place, day in enumerate(days) if isinstance(day, dt.date)]
        table = table.append_column(
            AS_OF, pa.array([day if isinstance(day, dt.date) else None for day in days], pa.date32())
        )
        if len(good) == len(days):
            return self._columns(table, name, lang, figures, schema)
        decided = self._columns(table.take(pa.array(good, pa.int64())), name, lang, figures, schema)
        places: list[int | None] = [None] * len(days)
        for found, place in enumerate(good):
            places[place] = found
        columns = {column: values.take(pa.array(places, pa.int64())) for column, values in decided.items()}
        said = pa.array([None if isinstance(day, dt.date) else sentence((day,), lang) for day in days], pa.string())
        for decision in self.model.decisions:
            problem = f"{decision.name}_problem"
            columns[problem] = pc.coalesce(columns[problem], said)
        return columns

    def _in_force(self, day: dt.date | Reason) -> dt.date | Reason:
        """A row's date where the policy is in force on it, or why the row cannot be decided."""
        if not isinstance(day, dt.date) or self.model.in_force(day):
            return day
        return "not-in-force", {"id": self.model.id, "on": day.isoformat()}

    def _source(self, table: pa.Table, as_of: dt.date | str) -> pa.Table:
        """The input columns (optional ones that are absent as nulls) and the dates."""
        columns: dict[str, Any] = {}
        for item in self.model.inputs:
            if item.name in table.column_names:
                column = table.column(item.name)
                wide = pa.types.is_decimal256(column.type)  # which DuckDB cannot read
                columns[item.name] = column.cast(pa.string()) if wide else column
            else:
                columns[item.name] = pa.nulls(table.num_rows, ARROW_TYPES.get(item.type, pa.string()))
        if isinstance(as_of, str):
            columns[AS_OF] = table.column(AS_OF)
        return pa.table(columns)

    def _columns(
        self, table: pa.Table, as_of: dt.date | str, lang: str, figures: bool, schema: dict[str, pa.DataType]
    ) -> dict[str, pa.ChunkedArray]:
        source = self._source(table, as_of)
        if not table.num_rows:
            return {name: pa.chunked_array([], kind) for name, kind in schema.items()}
        if isinstance(as_of, str):
            for name, column in self.standard_columns(source, as_of).items():
                source = source.append_column(name, column)
        source = source.append_column(ROW, pa.array(np.arange(source.num_rows)))
        if not self.told_apart:
            return self._by_rows(source, range(source.num_rows), as_of, lang, figures, schema)
        con = connection()
        con.register("_policy_source", source)
        try:
            result = self._compiled_result(source, as_of, lang, figures)
            if result is None:
                return self._by_rows(source, range(source.num_rows), as_of, lang, figures, schema)
        finally:
            con.unregister("_policy_source")
        rest = pc.indices_nonzero(result.column("_rest").combine_chunks()).to_pylist()
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 1 + result.num_rows // MANY_ROWS)) as threads:
            made = threads.map(lambda item: as_kind(result.column(item[0]), item[1]), schema.items())
            columns = dict(zip(schema, made, strict=True))
        if rest:
            mended = self._by_rows(source, rest, as_of, lang, figures, schema)
            columns = {name: patched(columns[name], rest, mended[name]) for name in schema}
        return columns

    def _compiled_result(self, source: pa.Table, as_of: dt.date | str, lang: str, figures: bool) -> pa.Table | None:
        """The compiled form's answer for the registered table; None where the policy could not be compiled for it.

        First with bounds assumed from the column types; where many rows turn out not to fit, again with the bounds of this table.
        """
        con = connection()
        standards, kinds = self.standards(as_of), column_types("_policy_source")
        guess = assumed(self.model, kinds)
        source_sql = "_policy_source"
        if not isinstance(as_of, str):
            source_sql = with_standards(
                self, source_sql, as_of, in_order=False, text=kinds.get(self.model.area_input) == "VARCHAR"
            )
        for found in (guess, None):
            if found is None:
                found = profile(self.model, "_policy_source")
            elif guess is None:
                continue
            plan = self.plan(found, standards, lang, figures, fen=True, carried=(ROW,))
            if plan.whole_by_rows:
                continue
            wanted = [ROW, *(name for name in plan.results if name not in plan.empty), "_rest"]
            sql = f"SELECT {', '.join(map(ident, wanted))} FROM ({plan.sql.replace(SOURCE, source_sql)})"  # noqa: S608
            try:
                result = in_order(con.sql(sql).to_arrow_table())
            except (
                duckdb.OutOfRangeException,
                duckdb.ConversionException,
            ):  # a value far beyond the assumed bounds, met before it was refused
                continue
            if found is not guess or (pc.sum(result.column("_rest")).as_py() or 0) <= source.num_rows // 100:
                for name in plan.empty:
                    result = result.append_column(name, pa.nulls(result.num_rows, pa.string()))
                return result
        return None

    def _by_rows(
        self,
        source: pa.Table,
        indices: Iterable[int],
        as_of: dt.date | str,
        lang: str,
        figures: bool,
        schema: dict[str, pa.DataType],
    ) -> dict[str, pa.ChunkedArray]:
        """The named rows decided one by one, as columns of the schema."""
        chosen = source if isinstance(indices, range) else source.take(pa.array(indices, pa.int64()))
        names = chosen.column_names
        found: dict[str, list[Any]] = {name: [] for name in schema}
        for batch in chosen.to_batches(max_chunksize=65_536):
            lists = [column.to_pylist() for column in batch.columns]
            for values in zip(*lists, strict=True):
                row = dict(zip(names, values, strict=True))
                on = row[AS_OF] if isinstance(as_of, str) else as_of
                state = self.rows.decide(row, on)
                for name, value in self.rows.columns(with_sides(self.rows, state), lang).items():
                    found[name].append(value)
                if figures:
                    for figure in self.model.figures:
                        found[figure.name].append(_figure_value(state.env.get(figure.name), figure.type))
                    for name in self.model.standard_names:
                        found[name].append(_figure_value(state.env.get(name), self.model.standard_type(name)))
        return {name: pa.chunked_array([as_array(found[name], kind)]) for name, kind in schema.items()}


def in_order(result: pa.Table) -> pa.Table:
    """The rows by their number. DuckDB's threads hand over what they took from the table in any order, but piece by piece: mostly it is
    enough to put the pieces in order, which copies nothing."""
    numbers = result.column(ROW).to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)  # where a row does not follow on the one before
    if len(starts) == 1:
        return result
    if len(starts) > MANY_PIECES:
        return result.take(pa.array(np.argsort(numbers)))
    ends = np.append(starts[1:], len(numbers))
    return pa.concat_tables(
        result.slice(starts[piece], ends[piece] - starts[piece]) for piece in np.argsort(numbers[starts])
    )


def _figure_value(value: Any, type_name: str) -> Any:
    return None if value is UNKNOWN else stored(value, type_name)


def as_array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        values = [value if value is None or isinstance(value, str) else text_of(value) for value in values]
    return pa.array(values, kind)


def as_kind(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A compiled column in the type of the result; a figure of an output without a type is its plain text."""
    if pa.types.is_string(kind) and pa.types.is_decimal(column.type):
        return pc.replace_substring_regex(column.cast(pa.decimal128(38, NUMBER_PLACES)).cast(kind), r"\.?0+$", "")
    if pa.types.is_decimal(kind) and pa.types.is_integer(column.type):
        return pa.chunked_array([_from_fen(chunk, kind) for chunk in column.chunks], kind)
    if pa.types.is_list(kind) and pa.types.is_decimal(kind.value_type) and pa.types.is_integer(column.type.value_type):
        chunks = [
            pa.ListArray.from_arrays(
                chunk.offsets, _from_fen(chunk.values, kind.value_type), kind, mask=chunk.is_null()
            )
            for chunk in (column.combine_chunks(),)
        ]
        return pa.chunked_array(chunks, kind)
    return column.cast(kind)


def _from_fen(fen: pa.Array, kind: pa.DataType) -> pa.Array:
    """Whole fen in 64 bits as amounts of two decimals in 128: the same number, its sign carried on."""
    numbers = np.frombuffer(fen.buffers()[1], np.int64)[fen.offset : fen.offset + len(fen)]
    wide = np.empty((len(fen), 2), np.int64)
    wide[:, 0] = numbers
    np.right_shift(numbers, 63, out=wide[:, 1])
    known = fen.is_valid().buffers()[1] if fen.null_count else None
    return pa.Array.from_buffers(kind, len(fen), [known, pa.py_buffer(wide)], fen.null_count)


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def patched(column: pa.ChunkedArray, indices: list[int], values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with the values put at the indices."""
    total = len(column)
    order = np.arange(total)
    order[indices] = total + np.arange(len(indices))
    both = pa.chunked_array([*column.chunks, *values.chunks], column.type)
    return both.take(pa.array(order))
