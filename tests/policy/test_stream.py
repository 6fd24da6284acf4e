"""Parquet to Parquet: one pass, or batch after batch; whole or not at all."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.stream import MOST, SMALL, buffers

ON = dt.date(2023, 3, 31)
COUNT = SMALL + 17


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "policy.toml").write_text(
        'id = "p"\n[[input]]\nname = "income"\ntype = "money"\nunit = "fen"\n'
        '[[input]]\nname = "members"\ntype = "integer"\nallowed = "> 0"\n'
        '[[derived]]\nname = "y"\nexpression = "income / members"\n'
        '[[decision]]\nname = "tier"\nhit_policy = "F"\noutputs = [{name = "tier", type = "string"}]\n',
        encoding="utf-8",
    )
    (folder / "tier.csv").write_text(
        'rule,y,→ tier,clause\nlow,< 10,"""deep""",1\nhigh,-,"""none""",2\n', encoding="utf-8"
    )
    return Policy.load(folder)


def families(**changed: Any) -> pa.Table:
    """Families in a known order; `changed`: column → {row: value}."""
    columns = {
        "row": list(range(COUNT)),
        "income": [n % 5000 for n in range(COUNT)],
        "members": [1 + n % 3 for n in range(COUNT)],
    }
    for name, cells in changed.items():
        for row, value in cells.items():
            columns[name][row] = value
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})


@pytest.mark.parametrize(
    "changed",
    [{}, {"income": {5: None}}, {"members": {5: 0}}, {"members": {5: 2**62}}, {"income": {5: -(2**63)}}],
    ids=["clean", "a missing figure", "nobody at home", "too large to multiply", "too small to negate"],
)
def test_every_way_gives_what_decide_gives(tmp_path: Path, policy: Policy, changed: dict[str, Any]) -> None:
    table = families(**changed)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=50_000)
    counts = policy.decide_parquet(tmp_path / "in.parquet", tmp_path / "out.parquet", ON)
    written, expected = pq.read_table(tmp_path / "out.parquet"), policy.decide(table, ON)
    assert written.equals(expected.cast(written.schema))
    alone = policy.evaluate(table.slice(5, 1).to_pylist()[0], ON)
    assert (written["tier"][5].as_py(), written["tier_problem"][5].as_py()) == (alone["tier"], alone["tier_problem"])
    problems = sum(text is not None for text in expected["tier_problem"].to_pylist())
    tier = counts["decisions"]["tier"]
    assert (counts["rows"], tier["problems"]) == (COUNT, problems)
    assert tier["decided"] == COUNT - problems == sum(tier["rules"].values())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet", "policy"]


def test_a_file_of_more_columns_than_the_buffers_hold(tmp_path: Path, policy: Policy) -> None:
    """Names, addresses and remarks go through unchanged, whatever the way."""
    texts = pa.array([f"街道{n % 9973}" for n in range(COUNT)])
    table = families()
    for number in range(120):
        table = table.append_column(f"t{number}", texts)
    assert buffers(table.num_columns) < buffers(20) <= MOST
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=50_000)
    policy.decide_parquet(tmp_path / "in.parquet", tmp_path / "out.parquet", ON)
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.select(table.column_names).equals(table)
    assert written["tier"].to_pylist() == policy.decide(table, ON)["tier"].to_pylist()


def test_a_file_may_be_decided_into_itself(tmp_path: Path, policy: Policy) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(families(income={7: None}), path)
    policy.decide_parquet(path, path, ON)
    assert pq.read_table(path)["tier_rule"].null_count == 1
    with pytest.raises(PolicyError, match="tier"):  # decided already: refused, and the file is as it was
        policy.decide_parquet(path, path, ON)
    assert pq.read_metadata(path).num_rows == COUNT


def test_what_is_no_parquet_is_told(tmp_path: Path, policy: Policy) -> None:
    (tmp_path / "in.parquet").write_text("income\n1\n")
    with pytest.raises(PolicyError) as told:
        policy.decide_parquet(tmp_path / "in.parquet", tmp_path / "out.parquet", ON)
    assert told.value.code == "bad-table"
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("names", [("Income", "TIER"), ("_rest", "_standard_0"), ("", "x"), ("Row",)], ids=str)
def test_columns_that_sql_would_take_for_others_go_through(
    tmp_path: Path, policy: Policy, names: tuple[str, ...]
) -> None:
    """To SQL `Income` is `income` and `_rest` one of ours: the file's own would come out as another, or stop the command."""
    table = families()
    for name in names:
        table = table.append_column(name, pa.array([f"own {name}"] * COUNT))
    pq.write_table(table, tmp_path / "in.parquet")
    policy.decide_parquet(tmp_path / "in.parquet", tmp_path / "out.parquet", ON)
    written, expected = pq.read_table(tmp_path / "out.parquet"), policy.decide(table, ON)
    assert written.column_names == [*table.column_names, "tier", "tier_rule", "tier_problem"]
    assert written.equals(expected.cast(written.schema))
