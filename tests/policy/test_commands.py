"""The commands over real files: csv, xlsx and parquet in and out, exit codes, JSON."""

import csv
import datetime as dt
import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from nuanxin.policy import PolicyError
from nuanxin.policy.cli import app
from nuanxin.policy.commands import decide
from nuanxin.policy.policy import Policy
from nuanxin.policy.tables import read_table, write_table

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
GAOYOU, HUZHOU = POLICIES / "gaoyou", POLICIES / "huzhou"
HEAD = ["code", "union", "income", "in_service", "unit_has_union", "deductions", "members"]
ROWS = [
    ["H1", "东街", "60000", "是", "是", "24000", "3"],
    ["H2", "东街", "39780", "true", "1", "", "3"],
    ["H3", "=1+1", "约3万", "是", "是", "0", "3"],
    ["H4", "西苑,北", "79,560.00", "是", "是", "0", "0"],
    ["H5", "西苑", "132600.01", "是", "是", "0", "4"],
]


def run(*args: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result.stdout


def write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream).writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_keeps_its_cells_and_gains_columns(tmp_path: Path, encoding: str) -> None:
    table = write_csv(tmp_path / "in.csv", [HEAD, *ROWS], encoding)
    run("decide", HUZHOU, table, "-o", tmp_path / "out.csv", "--as-of", "2023-03-31")
    found = read_csv(tmp_path / "out.csv")
    assert list(found[0]) == [*HEAD, "tier", "tier_rule", "tier_problem"]
    assert [[row[name] for name in HEAD] for row in found] == ROWS
    assert [row["tier"] for row in found] == ["deep", "", "", "", "none"]
    assert "needs deductions" in found[1]["tier_problem"]
    assert "income is unreadable" in found[2]["tier_problem"]
    assert "members" in found[3]["tier_problem"]
    assert found[4]["tier_rule"] == "over-line"


def test_json_counts_every_row(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "in.csv", [HEAD, *ROWS])
    found = json.loads(run("decide", HUZHOU, table, "-o", tmp_path / "o.csv", "--as-of", "2023-03-31", "--json"))
    tier = found["decisions"]["tier"]
    assert found["rows"] == tier["decided"] + tier["problems"] == 5
    assert sum(tier["rules"].values()) == tier["decided"]
    assert found["digest"] == Policy.load(HUZHOU).digest


def test_xlsx_and_parquet_give_the_same(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[Any]] = [
        HEAD,
        ["H1", "=东街", 60000, True, True, 24000.5, 3],
        ["H2", "x", 39780.01, True, True, 0, 3],
    ]
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(line, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    book.save(tmp_path / "in.xlsx")
    run("decide", HUZHOU, tmp_path / "in.xlsx", "-o", tmp_path / "out.xlsx", "--as-of", "2023-03-31")
    run("decide", HUZHOU, tmp_path / "in.xlsx", "-o", tmp_path / "out.parquet", "--as-of", "2023-03-31")
    active = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert active is not None
    written = [list(row) for row in active.iter_rows(values_only=True)]
    assert written[1][:7] == rows[1]
    assert active.cell(2, 2).data_type == "s"
    assert written[1][7:9] == ["deep", "deep"]
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column("tier").to_pylist() == ["deep", "relative"]
    assert found.column("income").to_pylist() == [60000, 39780.01]


def test_money_and_numbers_are_plain_text_in_csv(tmp_path: Path) -> None:
    folder = POLICIES / "measure-x"
    case = Policy.load(folder).model.cases[0]
    table = write_csv(tmp_path / "in.csv", [list(case.row), list(case.row.values())])
    run("decide", folder, table, "-o", tmp_path / "out.csv", "--as-of", "2023-03-31", "--lang", "en")
    (row,) = read_csv(tmp_path / "out.csv")
    assert (row["medical"], row["medical_share"], row["total"]) == ("30000.00", "1", "53900.00")


def test_a_large_parquet_file_keeps_its_order(tmp_path: Path) -> None:
    count = 300_000
    policy = POLICIES / "qingtongxia"
    columns: dict[str, Any] = {item.name: pa.array([0] * count) for item in Policy.load(policy).model.inputs}
    columns["area"] = pa.array(["QTX"] * count)
    columns["members"] = pa.array([1 + n % 6 for n in range(count)])
    columns["income"] = pa.array([Decimal(n * 100 + n % 7) / 100 for n in range(count)], pa.decimal128(18, 2))
    columns |= {name: pa.array([n % 50 == 0 for n in range(count)]) for name in ("runs_business", "costly_school")}
    table = pa.table({"row": pa.array(range(count)), **columns})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=20_000)
    run("decide", policy, tmp_path / "in.parquet", "-o", tmp_path / "out.parquet", "--as-of", "2023-03-31")
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.column("row").to_pylist() == list(range(count))
    assert written.equals(Policy.load(policy).decide(table, dt.date(2023, 3, 31)).cast(written.schema))
    # one family without an income: the same command, another way inside, every other row as before
    incomes = [None if n == 250_001 else value for n, value in enumerate(table.column("income").to_pylist())]
    table = table.set_column(table.column_names.index("income"), "income", pa.array(incomes, pa.decimal128(18, 2)))
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=20_000)
    run("decide", policy, tmp_path / "in.parquet", "-o", tmp_path / "out.parquet", "--as-of", "2023-03-31")
    again = pq.read_table(tmp_path / "out.parquet")
    assert [n for n, text in enumerate(again.column("tier_problem").to_pylist()) if text] == [250_001]
    assert again.slice(0, 250_001).equals(written.slice(0, 250_001).cast(again.schema))


def test_explain_prints_the_sheet_in_both_languages_and_json(tmp_path: Path) -> None:
    pairs = ["income=60000", "deductions=0", "members=3", "in_service=是", "unit_has_union=是"]
    text = run("explain", HUZHOU, *pairs, "--as-of", "2023-03-31")
    assert "人均月收入 1,666.67 元" in text
    assert "怎样会改变结果" in text
    assert "Rules" not in run("explain", HUZHOU, *pairs, "--as-of", "2023-03-31", "--lang", "en").split("Decision")[0]
    sheet = json.loads(run("explain", HUZHOU, *pairs, "--as-of", "2023-03-31", "--json"))
    changes = {(change["name"], change["result"]): change["new_value"] for change in sheet["decisions"][0]["changes"]}
    assert changes["income", "deep"] == "39780"
    assert changes["income", "accident"] == "79560.01"
    assert changes["in_service", "none"] is False
    assert run("explain", HUZHOU, *pairs, "--html", "--as-of", "2023-03-31").startswith("<section")


def test_compare_balances_and_charts(tmp_path: Path) -> None:
    new = shutil.copytree(POLICIES / "gaoyou", tmp_path / "new")
    text = (new / "tier.csv").read_text(encoding="utf-8-sig").replace("< 2 * M", "< 2.5 * M")
    (new / "tier.csv").write_text(text, encoding="utf-8")
    cases = Policy.load(GAOYOU).model.cases
    rows = [["union", *cases[0].row], *([f"U{n % 2}", *case.row.values()] for n, case in enumerate(cases))]
    table = write_csv(tmp_path / "in.csv", rows)
    command = [
        "compare",
        GAOYOU,
        new,
        table,
        "--as-of",
        "2023-03-31",
        "--by",
        "union",
        "-o",
        tmp_path / "r.html",
        "--json",
    ]
    found = json.loads(run(*command))
    assert (
        found["families"] == found["enter"] + found["leave"] + found["move"] + found["stay"] + found["undecided"] == 10
    )
    assert found["enter"] == 1
    assert found["moves"] == sorted(found["moves"], key=lambda move: (move["old"], move["new"]))
    assert sum(group["families"] for group in found["groups"]) == 10
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count("<svg") == 2


def test_export_and_import(tmp_path: Path) -> None:
    run("export", GAOYOU, tmp_path / "g.dmn")
    found = json.loads(run("import", tmp_path / "g.dmn", tmp_path / "g", "--json"))
    assert found["files"] == ["cases.csv", "policy.toml", "standards.csv", "tier.csv"]
    assert "10/10" in run("check", tmp_path / "g")
    run("import", tmp_path / "g.dmn", tmp_path / "g", code=1)


def test_not_done_and_wrong_usage(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "in.csv", [HEAD[:3], ROWS[0][:3]])
    out = tmp_path / "o.csv"
    run("decide", HUZHOU, table, "-o", out, "--as-of", "2023-03-31", code=1)
    run("decide", HUZHOU, table, "-o", tmp_path / "o.txt", code=1)
    run("decide", tmp_path / "none", table, "-o", out, code=1)
    run("decide", GAOYOU, table, "-o", out, "--as-of", "2021-12-31", code=1)
    run("decide", HUZHOU, table, code=2)
    run("decide", HUZHOU, table, "-o", out, "--engine", "abacus", code=2)
    error = json.loads(run("decide", tmp_path / "none", table, "-o", out, "--json", code=1))
    assert error["error"]["code"] == "no-folder"
    assert not out.exists()


def test_check_says_file_and_line(tmp_path: Path) -> None:
    folder = shutil.copytree(HUZHOU, tmp_path / "p")
    text = (folder / "tier.csv").read_text(encoding="utf-8-sig").replace("(M..2 * M]", "[M..2 * M]")
    (folder / "tier.csv").write_text(text, encoding="utf-8")
    found = json.loads(run("check", folder, "--json", code=1))
    (overlap,) = [problem for problem in found["problems"] if problem["code"] == "overlap"]
    assert (overlap["file"], overlap["line"]) == ("tier.csv", 5)
    assert "deep" in overlap["zh"]
    assert "relative" in overlap["en"]


def test_the_version_in_force_is_taken_from_a_folder_of_versions(tmp_path: Path) -> None:
    root = tmp_path / "versions"
    for name, start, end, factor in (("old", "2022-01-01", "2022-12-31", "2"), ("new", "2023-01-01", "", "3")):
        folder = shutil.copytree(GAOYOU, root / name, ignore=shutil.ignore_patterns("cases.csv"))
        toml = (folder / "policy.toml").read_text(encoding="utf-8")
        last = f"\neffective_to = {end}" if end else ""
        toml = toml.replace("effective_from = 2022-01-01", f"effective_from = {start}{last}").replace(
            '"2022"', f'"{name}"'
        )
        (folder / "policy.toml").write_text(toml, encoding="utf-8")
        rules = (folder / "tier.csv").read_text(encoding="utf-8-sig").replace("< 2 * M", f"< {factor} * M")
        (folder / "tier.csv").write_text(rules, encoding="utf-8")
    case = dict(Policy.load(GAOYOU).model.cases[1].row)
    table = write_csv(tmp_path / "in.csv", [list(case), list(case.values())])
    for on, tier in (("2022-12-31", "none"), ("2023-01-01", "relative")):
        run("decide", root, table, "-o", tmp_path / "out.csv", "--as-of", on)
        assert read_csv(tmp_path / "out.csv")[0]["tier"] == tier
    days = ["2022-12-31", "2021-12-31", "", "2023-01-01", "soon", "2022-01-01"]
    whole = write_csv(tmp_path / "all.csv", [["day", *case], *([day, *case.values()] for day in days)])
    run("decide", root, whole, "-o", tmp_path / "all.parquet", "--as-of", "day", "--lang", "en")
    run("decide", root, tmp_path / "all.parquet", "-o", tmp_path / "out.csv", "--as-of", "day", code=1)  # columns taken
    run("decide", root, whole, "-o", tmp_path / "all.csv", "--as-of", "day", "--lang", "en")
    for found in (pq.read_table(tmp_path / "all.parquet").to_pylist(), read_csv(tmp_path / "all.csv")):
        assert [row["day"] or "" for row in found] == days
        assert [row["tier"] or "" for row in found] == ["none", "", "", "relative", "", "none"]
        assert [row["tier_problem"] or "" for row in found] == [
            "", "policy gaoyou is not in force on 2021-12-31", "needs day", "", "day is unreadable: “soon” is not a date", "",
        ]  # fmt: skip
    assert json.loads(run("check", root, "--json"))["errors"] == 0
    toml = (root / "old" / "policy.toml").read_text(encoding="utf-8")
    (root / "old" / "policy.toml").write_text(
        toml.replace("effective_to = 2022-12-31", "effective_to = 2023-01-01"), encoding="utf-8"
    )
    (problem,) = [
        item for item in json.loads(run("check", root, "--json", code=1))["problems"] if item["severity"] == "error"
    ]
    assert problem["code"] == "two-versions"
    assert "2023-01-01" in problem["zh"]
    run("decide", root, table, "-o", tmp_path / "out.csv", "--as-of", "2023-01-01", code=1)


def test_the_commands_want_neither_settings_nor_a_data_folder(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", [HEAD, *ROWS])
    script = (
        "import sys; from nuanxin.site.cli import main\n"
        "try: main()\nfinally: print(sorted(name for name in sys.modules if name == 'django'), file=sys.stderr)"
    )
    asked = ["policy", "decide", str(HUZHOU), "in.csv", "-o", "out.csv", "--as-of", "2023-03-31"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script, *asked],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, kind: str) -> None:
    table = write_csv(tmp_path / "in.csv", [HEAD, *ROWS])
    (tmp_path / f"out.{kind}").mkdir()
    result = CliRunner().invoke(app, ["decide", str(HUZHOU), str(table), "-o", str(tmp_path / f"out.{kind}")])
    assert result.exit_code == 1
    assert "无法读写" in result.output


def test_a_table_is_decided_into_itself(tmp_path: Path) -> None:
    policy = Policy.load(HUZHOU)
    table = pa.table(dict(zip(HEAD, map(list, zip(*ROWS, strict=True)), strict=True)))
    many = pa.concat_tables([table] * 5_000)
    pq.write_table(many, tmp_path / "t.parquet")
    run("decide", HUZHOU, tmp_path / "t.parquet", "-o", tmp_path / "t.parquet", "--as-of", "2023-03-31")
    assert pq.read_table(tmp_path / "t.parquet").equals(policy.decide(many, "2023-03-31"))


@pytest.mark.parametrize("table", [{"income": [1]}, [1], None, "in.csv"])
def test_what_is_no_table_is_told(table: Any) -> None:
    with pytest.raises(PolicyError, match="is no table"):
        Policy.load(HUZHOU).decide(table, "2023-03-31")


def test_versions_that_give_other_columns_are_told(tmp_path: Path) -> None:
    for name, day, kind in (("a", "to = 2022-12-31", "number"), ("b", "from = 2023-01-01", "money")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.toml").write_text(
            f'id = "{name}"\neffective_{day}\n[[input]]\nname = "x"\n[[decision]]\nname = "d"\nexpression = "x"\ntype = "{kind}"\n'
        )
    table = write_csv(tmp_path / "in.csv", [["x", "day"], ["1", "2022-01-01"]])
    with pytest.raises(PolicyError, match="the versions give other columns"):
        decide(tmp_path, table, tmp_path / "out.csv", "day")
    with pytest.raises(PolicyError, match=r"in\.csv:1: .*no date column other"):
        decide(tmp_path, table, tmp_path / "out.csv", "other")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_date_column_of_a_file_may_have_bad_cells(tmp_path: Path, kind: str) -> None:
    days = ["2023-03-31", "", "31.3.2023", "2023-03-31"]
    rows = [[*ROWS[0][1:], day] for day in days]
    source = write_csv(tmp_path / "in.csv", [[*HEAD[1:], "day"], *rows])
    if kind != "csv":
        write_table(read_table(source), tmp_path / f"in.{kind}")
    out = tmp_path / f"out.{kind}"
    run("decide", HUZHOU, tmp_path / f"in.{kind}", "-o", out, "--as-of", "day", "--lang", "en")
    found = read_table(out).to_pylist()
    assert [row["tier"] for row in found] == ["deep", None, None, "deep"]
    assert [row["tier_problem"] for row in found] == [
        None, "needs day", "day is unreadable: “31.3.2023” is not a date", None,
    ]  # fmt: skip
