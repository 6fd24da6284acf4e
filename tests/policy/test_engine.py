"""Tables as a hostile user would send them, under policies of our own: every family answered, nothing silent."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.engine import ARROW_TYPES, ROW, as_kind, connection, in_order

ON = dt.date(2024, 1, 1)


def load(folder: Path, inputs: str, decisions: str, head: str = "", **tables: str) -> Policy:
    """A policy; `inputs`: "name type, …"."""
    text = ['id = "own"', head]
    for item in inputs.split(", "):
        name, _, kind = item.partition(" ")
        text += ["[[input]]", f'name = "{name}"', f'type = "{kind}"']
    (folder / "policy.toml").write_text("\n".join([*text, decisions]), encoding="utf-8")
    for name, cells in tables.items():
        (folder / f"{name}.csv").write_text(cells, encoding="utf-8")
    return Policy.load(folder)


@pytest.fixture
def heads(tmp_path: Path) -> Policy:
    """Two rules that overlap from 5 to below 10 and leave what is beyond 20; an amount that needs no head count."""
    return load(
        tmp_path,
        "x number, m integer",
        '[[derived]]\nname = "y"\nexpression = "x / m"\n'
        '[[decision]]\nname = "t"\nhit_policy = "U"\noutputs = [{name = "t", type = "string"}]\n'
        '[[decision]]\nname = "amount"\nexpression = "x * 2"\ntype = "money"\n',
        t='rule,y,→ t,clause\na,< 10,"""lo""",1\nb,"[5..20]","""mid""",2\n',
    )


def test_each_family_has_its_own_error_and_the_rest_are_decided(heads: Policy) -> None:
    table = pa.table({"x": ["3", "7", "15", "30", "abc", None, "3"], "m": ["1", "1", "1", "1", "1", "1", "0"]})
    found = heads.decide(table, ON, lang="en")
    assert found["t"].to_pylist() == ["lo", None, "mid", None, None, None, None]
    sides = (
        "if x below 5: lo; if x from 5 to below 10: conflict: the rules a + b all match where only one may; "
        "if x from 10 to 20: mid; if x above 20: not decided: no rule matches"
    )
    assert found["t_problem"].to_pylist() == [
        None,
        "conflict: the rules a + b all match where only one may",
        None,
        "not decided: no rule matches",
        f"x is unreadable: “abc” is not a number; {sides}",
        f"needs x; {sides}",
        "y cannot be computed (a division by zero)",
    ]
    assert found["amount"].to_pylist()[:4] == [Decimal(6), Decimal(14), Decimal(30), Decimal(60)]
    assert found["amount_problem"].to_pylist() == [None] * 4 + [
        "x is unreadable: “abc” is not a number; if x is given: cannot tell what would follow",
        "needs x; if x is given: cannot tell what would follow",
        None,
    ]


@pytest.mark.parametrize(
    ("x", "m"),
    [
        (pa.array([3.0, float("nan"), float("inf"), 1e300]), pa.array([1, 1, 0, 1])),
        (pa.array([Decimal("3.00"), Decimal("7.01")]), pa.array([0, None], pa.int8())),
        (pa.array([3, 2**64 - 1], pa.uint64()), pa.array([1.0, 2.5])),
        (pa.array([True, False]), pa.array([True, None])),
        (pa.array([[1], [2, 3]]), pa.array([1, 1])),
        (pa.array(["3", "x"]).dictionary_encode(), pa.array([1, 2], pa.uint8())),
        (pa.array([3.5, 0.1], pa.float32()), pa.array(["1", "2"], pa.large_string())),
        (pa.nulls(2), pa.array([dt.date(2020, 1, 1), None])),
        (pa.array([2**62, -(2**63), 5]), pa.array([2**62, -(2**63), 1])),
    ],
    ids=["doubles", "decimals", "unsigned", "truth values", "lists", "dictionary", "float32", "nothing", "64 bits"],
)
def test_a_column_of_any_type_is_decided_as_its_rows_alone(heads: Policy, x: pa.Array, m: pa.Array) -> None:
    table = pa.table({"x": x, "m": m})
    for row, got in zip(table.to_pylist(), heads.decide(table, ON).to_pylist(), strict=True):
        alone = heads.evaluate(row, ON)
        assert {name: got[name] for name in ("t", "t_rule", "t_problem", "amount_problem")} == {
            name: alone[name] for name in ("t", "t_rule", "t_problem", "amount_problem")
        }


@pytest.mark.parametrize("hit", ["U", "A", "F", "P"])
def test_a_table_over_truth_values_and_results_is_worked_out_beforehand(tmp_path: Path, hit: str) -> None:
    """Every combination, also those that conflict or that no rule meets, as the row evaluator decides it."""
    policy = load(
        tmp_path,
        "n integer, f boolean, g boolean",
        '[[decision]]\nname = "size"\nhit_policy = "F"\noutputs = [{name = "size", type = "string"}]\n'
        f'[[decision]]\nname = "d"\nhit_policy = "{hit}"\n'
        'outputs = [{name = "d", type = "string", values = ["x", "y", "it\'s"]}]\n'
        '[[decision]]\nname = "e"\nhit_policy = "F"\noutputs = [{name = "pay", type = "money"}]\n',
        size='rule,n,→ size,clause\ns,< 3,"""small""",1\nm,< 6,"""middle""",1\nl,< 9,"""large""",1\n',
        d='rule,size,f,g,→ d,clause\nr1,"""small""",true,-,"""x""",1\nr2,"""small"",""middle""",-,true,"""y""",1\n'
        'r3,"not(""small"")",true,-,"""it\'s""",1\nr4,"""large""",false,false,"""x""",1\n',
        e='rule,d,f,→ pay,clause\np1,"""x""",true,n * 10,1\np2,"""y"",""it\'s""",-,n / 3,1\np3,-,-,0,1\n',
    )
    rows = [{"n": n, "f": f, "g": g} for n in range(11) for f in (True, False, None) for g in (True, False)]
    plan = policy._engine.select("t", {"n": "BIGINT", "f": "BOOLEAN", "g": "BOOLEAN"}, ON, "en")
    assert plan is not None
    assert plan.count("CASE WHEN _c2 THEN") == 4  # no row is asked the same twice
    found = policy.decide(pa.Table.from_pylist(rows), ON)
    for row, got in zip(rows, found.to_pylist(), strict=True):
        alone = policy.evaluate(row, ON)
        for name in ("size", "d", "d_rule", "d_problem", "e_rule", "e_problem"):
            assert got[name] == alone[name], (row, name)
        assert got["pay"] == (None if alone["pay"] is None else Decimal(round(alone["pay"] * 100)) / 100)
    conflicts = sum("冲突" in (text or "") for text in found["d_problem"].to_pylist())
    assert (conflicts > 0) is (hit in "UA")


def test_dates_and_lists(tmp_path: Path) -> None:
    policy = load(
        tmp_path,
        "born date, ills list",
        '[[decision]]\nname = "t"\nhit_policy = "C+"\noutputs = [{name = "t", type = "money"}]\n',
        t='rule,born,"list contains(ills, ""cancer"")",count(ills),→ t,clause\n'
        'old,"< date(""1960-02-29"")",-,-,10,1\nill,-,true,-,100,2\nmany,-,-,>= 2,1.005,3\n',
    )
    cases: list[tuple[Any, Any, Any]] = [
        ("1960-02-28", ["cancer"], Decimal(110)),
        ("1960-02-29", ["cancer", "x"], Decimal("101.01")),
        (" 1959-1-1 ", [], Decimal(10)),
        ("1961-02-29", ["cancer"], None),
        ("1960-03-01", None, None),
        ("1960-03-01", [], None),
    ]
    table = pa.table({"born": [born for born, _, _ in cases], "ills": [ills for _, ills, _ in cases]})
    found = policy.decide(table, ON, lang="en")
    assert found["t"].to_pylist() == [expected for _, _, expected in cases]
    told = found["t_problem"].to_pylist()
    assert told[3].startswith(
        "born is unreadable: “1961-02-29” is not a date; if born before 1960-02-29: rule old+ill; "
    )
    assert told[4:] == ["needs ills; if ills is given: cannot tell what would follow", "not decided: no rule matches"]


def test_amounts_in_whole_fen_become_amounts_of_two_decimals() -> None:
    """Below zero, without a value, in a piece of a longer column, and in lists."""
    fen = [-(10**18) + 1, -1, None, 0, 1, 10**18 - 1]
    amounts = [None if value is None else Decimal(value).scaleb(-2) for value in fen]
    column = pa.chunked_array([pa.array([7, *fen], pa.int64()).slice(1), pa.array([5], pa.int64())])
    assert as_kind(column, ARROW_TYPES["money"]).to_pylist() == [*amounts, Decimal("0.05")]
    lists = pa.chunked_array([pa.array([[9], [], None, [-1, 250]], pa.list_(pa.int64())).slice(1)])
    assert as_kind(lists, pa.list_(ARROW_TYPES["money"])).to_pylist() == [[], None, [Decimal("-0.01"), Decimal("2.50")]]


@pytest.mark.parametrize("piece", [1, 2, 7])
def test_pieces_that_threads_handed_over_in_any_order_are_put_in_order(piece: int) -> None:
    """Also where a thread's batch holds several, and where they are so many that the rows are sorted instead."""
    numbers = np.arange(2800).reshape(-1, piece)[::-1].ravel()
    batches = pa.table({ROW: numbers, "x": numbers * 3}).to_batches(max_chunksize=500)
    found = in_order(pa.Table.from_batches(batches))
    assert found.column(ROW).to_pylist() == list(range(2800))
    assert found.column("x").to_pylist() == list(range(0, 8400, 3))


DAYS = ["2023-12-31", "soon", None, "2024-01-01", "", "2025-01-01", "2024-02-30", "2024/1/1"]
WHY = [
    "policy own is not in force on 2023-12-31",
    "day is unreadable: “soon” is not a date",
    "needs day",
    None,
    "needs day",
    "policy own is not in force on 2025-01-01",
    "day is unreadable: “2024-02-30” is not a date",
    None,
]


@pytest.fixture
def year(tmp_path: Path) -> Policy:
    """In force for 2024 alone; a list of amounts, and a standard that changes within the year."""
    (tmp_path / "standards.csv").write_text(
        "area,name,from,value\n,M,2023-01-01,3\n,M,2024-01-02,5\n", encoding="utf-8"
    )
    return load(
        tmp_path,
        "x number",
        '[[decision]]\nname = "t"\nhit_policy = "C"\noutputs = [{name = "t", type = "money"}]\n'
        '[[decision]]\nname = "n"\nexpression = "x * M"\ntype = "number"\n',
        head="effective_from = 2024-01-01\neffective_to = 2024-12-31\n",
        t="rule,x,→ t\n1,>= 0,x\n2,>= 2,M\n",
    )


def by_day(days: Any) -> dict[str, Any]:
    return {"x": list(range(1, len(days) + 1)), "day": days}


def as_frames(days: list[Any]) -> dict[str, Any]:
    """The same rows in every form that a policy decides."""
    table = pa.table(by_day(days))
    return {
        "arrow": table,
        "batch": table.to_batches()[0],
        "pieces": pa.concat_tables([table.slice(0, 3), table.slice(3)]),
        "pandas": pd.DataFrame(by_day(days)),
        "stream": pa.RecordBatchReader.from_batches(table.schema, table.to_batches()),  # as Polars gives itself
        "duckdb": connection().from_arrow(table),
    }


@pytest.mark.parametrize("form", ["arrow", "batch", "pieces", "pandas", "stream", "duckdb"])
def test_a_row_without_a_usable_date_has_its_own_problem(year: Policy, form: str) -> None:
    found = year.decide(as_frames(DAYS)[form], "day", lang="en", figures=True)
    assert found["t_problem"].to_pylist() == found["n_problem"].to_pylist() == WHY
    assert found["t"].to_pylist() == [[4, 3] if row == 3 else [8, 3] if row == 7 else None for row in range(8)]
    assert found["n"].to_pylist() == [12 if row == 3 else 24 if row == 7 else None for row in range(8)]
    assert found["n_rule"].null_count == 8
    assert found["t_rule"].to_pylist() == ["1+2" if why is None else None for why in WHY]
    assert found["M"].to_pylist() == [3 if why is None else None for why in WHY]
    assert found["day"].to_pylist() == DAYS


def test_what_if_decides_days_on_which_the_policy_is_not_in_force(year: Policy) -> None:
    said = year.decide(pa.table(by_day(DAYS)), "day", lang="en", what_if=True)["t_problem"].to_pylist()
    assert said == [None if why is None or "in force" in why else why for why in WHY]


def test_days_of_other_kinds(year: Policy) -> None:
    """Days, moments at midnight, and columns that hold no date at all."""
    days = [dt.date(2024, 1, 1), None, dt.date(2024, 1, 2)]
    moments = [day and dt.datetime.combine(day, dt.time()) for day in days]
    for column in (days, moments, pd.Series(moments)):
        found = year.decide(pd.DataFrame({"x": [1, 2, 3], "day": column}), "day", lang="en")
        assert found["n"].to_pylist() == [3, None, 15]
        assert found["n_problem"].to_pylist() == [None, "needs day", None]
    for nothing in ([[1], [2]], [1.5, float("nan")], [None, None]):
        found = year.decide(pa.table({"x": [1, 2], "day": nothing}), "day")
        assert found["n_problem"].null_count == 0
    assert year.decide(pa.table(by_day(DAYS)).slice(0, 0), "day").num_rows == 0


def test_a_date_column_that_is_there_twice_or_not(year: Policy) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["2024-01-01"]), pa.array([""])], ["x", "day", "day"])
    with pytest.raises(PolicyError, match="day stands twice"):
        year.decide(table, "day")
    with pytest.raises(PolicyError, match="no date column other"):
        year.decide(table, "other")
