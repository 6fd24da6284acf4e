import csv
import json
from datetime import date

import openpyxl
import pytest
import typer
from docx import Document
from typer.testing import CliRunner

from nuanxin.records.services import Refused
from nuanxin.reports.figures import FIGURES
from nuanxin.site.cli import reports

pytestmark = pytest.mark.django_db
RANGE = ("--from", "2022Q3", "--to", "2023Q2")


@pytest.fixture
def run(city):
    app = typer.Typer()
    reports.register(app)
    return lambda *words: CliRunner().invoke(app, ["brief", *map(str, words), "--org", "QTX"])


def test_json_is_all_there_is_on_standard_output(run, rows):
    rows.consolation(5, "935000.00")
    made = run(*RANGE, "--json")
    assert made.exit_code == 0, made.output
    brief = json.loads(made.stdout)
    assert (brief["from"], brief["to"]) == ("2022Q3", "2023Q2")
    figures = {figure["name"]: figure for figure in brief["figures"]}
    wanted = {
        "households_filed",
        "wishes",
        "jobs",
        "spent_yuan",
        "people_visited",
        "students",
        "inpatients",
        "mutual_aid_yuan",
    }
    assert wanted <= set(figures)
    assert figures["spent_yuan"]["value"] == 935000
    assert "93.5 万元" in brief["text"]


def test_text_docx_and_pdf(run, rows, tmp_path):
    rows.job(3584)
    assert "就业岗位 3,584 个" in run(*RANGE).stdout
    assert "3,584 jobs" in run(*RANGE, "--lang", "en").stdout
    for name, form in [("a.pdf", None), ("b.bin", "pdf")]:
        path = tmp_path / name
        assert run(*RANGE, "-o", path, *(["--format", form] if form else [])).exit_code == 0
        assert path.read_bytes().startswith(b"%PDF")
    assert run(*RANGE, "--format", "docx", "-o", tmp_path / "c.docx").exit_code == 0
    assert "3,584" in "".join(paragraph.text for paragraph in Document(tmp_path / "c.docx").paragraphs)
    assert run(*RANGE, "-o", tmp_path / "d.txt").exit_code == 0
    assert "3,584" in (tmp_path / "d.txt").read_text(encoding="utf-8")


def test_without_a_name_a_file_is_named_after_its_range(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*RANGE, "--format", "docx").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["简报-2022Q3-2023Q2.docx"]


def test_the_range_defaults_to_the_rounds(run, rows):
    rows.round("2022Q4"), rows.round("2023Q1")

    def ends(*words):
        brief = json.loads(run(*words, "--json").stdout)
        return brief["from"], brief["to"]

    assert ends() == ("2022Q4", "2023Q1")
    assert ends("--from", "2023Q1") == ("2023Q1", "2023Q1")
    assert ends("--from", "2024Q1") == ("2024Q1", "2024Q1")
    assert ends("--to", "2022Q1") == ("2022Q1", "2022Q1")


def test_an_empty_range_is_no_error(run):
    made = run(*RANGE)
    assert made.exit_code == 0
    assert "各项数据均为零" in made.stdout


def test_open_lists_the_records_masked(run, rows):
    rows.grant("3000.00")
    rows.consolation(5, "10.50")
    made = json.loads(run("open", "spent_yuan", *RANGE, "--json").stdout)
    assert (made["name"], made["value"], made["records"], len(made["rows"])) == ("spent_yuan", "3010.50", 2, 2)
    assert made["rows"][1]["student"] == "徐＊平"
    assert made["rows"][0]["amount"] == "10.50"
    text = run("open", "students", *RANGE).stdout
    assert "徐＊平" in text
    assert "徐春平" not in text
    assert "共 1 条" in text


def test_open_pages(run, rows):
    for _ in range(5):
        rows.job()
    found = [json.loads(run("open", "jobs", *RANGE, "--json", "--size", 2, "--page", n).stdout) for n in (1, 3, 4)]
    assert [len(page["rows"]) for page in found] == [2, 1, 0]
    assert found[0]["pages"] == 3
    assert found[0]["value"] == 50


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_exports_are_inert(run, rows, tmp_path, ending):
    evil = ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "＝1+1"]
    for name in evil:
        rows.job(employer=name, on=date(2022, 9, 1))
    path = tmp_path / f"jobs.{ending}"
    made = run("open", "jobs", *RANGE, "--size", 1, "-o", path)
    assert made.exit_code == 0, made.output
    if ending == "xlsx":
        cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row]
        assert all(cell.data_type != "f" for cell in cells)
        values = [cell.value for cell in cells if isinstance(cell.value, str)]
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            values = [value for row in csv.reader(file) for value in row]
    assert not [value for value in values if value[:1] in ("=", "+", "-", "@", "＝")]
    assert all(any(name in value for value in values) for name in evil)


def test_wrong_usage(run, tmp_path):
    unknown = run("open", "cats", *RANGE)
    assert unknown.exit_code == 2
    assert "households_filed" in unknown.output.replace("\n", "")
    assert run("--from", "2023Q3", "--to", "2022Q3").exit_code == 2
    assert run("--from", "2022Q7").exit_code == 2
    assert run("--format", "odt").exit_code == 2
    assert run("--lang", "fr").exit_code == 2
    assert run("--format", "pdf", "-o", tmp_path / "a.docx").exit_code == 2
    assert run("-o", tmp_path / "a.xyz").exit_code == 2
    assert run("open", "jobs", "-o", tmp_path / "a.pdf").exit_code == 2
    assert run("open", "jobs", "--page", 0).exit_code == 2
    assert not list(tmp_path.iterdir())


def test_an_unknown_union_is_refused(city):
    app = typer.Typer()
    reports.register(app)
    made = CliRunner().invoke(app, ["brief", "--org", "NO"])
    assert isinstance(made.exception, Refused)


def test_every_figure_opens(run):
    for name in FIGURES:
        assert run("open", name, *RANGE, "--json").exit_code == 0
