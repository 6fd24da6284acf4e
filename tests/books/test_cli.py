import json

import pytest
import typer
from typer.testing import CliRunner

from nuanxin.books.models import BookImport
from nuanxin.records.services import Refused
from nuanxin.site.cli import books

pytestmark = pytest.mark.django_db
JOBS = [
    ["2022-07-06", "夜市招聘", "黄河灌区机电", "配送员", 191],
    ["2022-07-07", "社区招聘", "蓝骑手", "电工", "约六十"],
]


@pytest.fixture
def run(cast):
    app = typer.Typer()
    books.register(app)

    def do(*words, by="he", on="2022-09-30"):
        return CliRunner().invoke(app, ["books", "import", *map(str, words), "--by", by, "--on", on, "--org", "QTX"])

    return do


def test_json_tells_every_file_and_refusal(run, sheet, tmp_path):
    path = sheet("招聘岗位.xlsx", "jobs", JOBS)
    (tmp_path / "坏.csv").write_bytes(b"\x00\x01\x02")
    made = run(tmp_path, "--json")
    assert made.exit_code == 0, made.output
    found = {one["file"]: one for one in json.loads(made.stdout)["imports"]}
    jobs = found["招聘岗位.xlsx"]
    assert (jobs["book"], jobs["accepted"], jobs["refused"], jobs["refused_whole"], jobs["same"]) == (
        "jobs",
        1,
        1,
        None,
        False,
    )
    (refusal,) = jobs["refusals"]
    assert (refusal["sheet"], refusal["row"], refusal["column"], refusal["found"]) == ("jobs", 3, "岗位数", "约六十")
    assert refusal["why"]
    assert found["坏.csv"]["refused_whole"]
    again = json.loads(run(path, "--json").stdout)["imports"]
    assert [(one["same"], one["accepted"], one["refused"]) for one in again] == [(True, 1, 1)]


def test_text_says_the_balance_and_each_refusal(run, sheet):
    path = sheet("招聘岗位.xlsx", "jobs", JOBS)
    text = run(path).stdout
    assert "行数 2 = 接收 1 + 退回 1" in text
    assert "约六十" in text
    assert "未作更改" in run(path).stdout


def test_wrong_usage_and_what_may_not_be_done(run, sheet, tmp_path):
    path = sheet("招聘岗位.xlsx", "jobs", JOBS)
    assert run(path, "--book", "cats").exit_code == 2
    assert run(path, on="yesterday").exit_code == 2
    assert isinstance(run(path, by="nobody").exception, Refused)
    assert isinstance(run(path, by="ma").exception, Refused)
    assert isinstance(run(tmp_path / "none.xlsx").exception, FileNotFoundError)
    assert BookImport.objects.count() == 0
