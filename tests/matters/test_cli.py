import json
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from nuanxin.matters import services
from nuanxin.matters.models import Matter
from nuanxin.matters.services import MatterRow
from nuanxin.records.services import Refused
from nuanxin.site.cli import matters
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
FRIDAY = date(2022, 9, 9)


@pytest.fixture
def run(cast):
    app = typer.Typer()
    matters.register(app)
    return lambda *words: CliRunner().invoke(app, ["matter", *map(str, words)])


@pytest.fixture
def three(cast):
    union = Org.objects.get(code="QTX-01-E01")
    rows = [
        MatterRow("wish", "一个头盔，电话 13812346021", "蒋晓春", "13812346021", union, "R1", "2022Q3", FRIDAY),
        MatterRow("problem", "道路照明改造，需会议决策并招标", "唐洋", None, union, "R1", "2022Q3", FRIDAY),
        MatterRow("problem", "电动车充电难", "", None, union, "R2", "2022Q4", date(2022, 12, 9)),
    ]
    services.receive_many(rows, by=cast["he"], on=FRIDAY)


def listed(run, *words):
    made = run("list", "--org", "QTX", "--json", *words)
    assert made.exit_code == 0, made.output
    return json.loads(made.stdout)


def test_the_list_is_masked_and_knows_what_is_late(run, three):
    found = listed(run, "--on", "2022-09-14")
    first = found["rows"][0]
    assert (first["raised_by"], first["phone"], first["content"]) == (
        "蒋＊春",
        "138****6021",
        "一个头盔，电话 138****6021",
    )
    assert (first["overdue"], first["days_left"], first["due_on"], first["owner"]) == (
        True,
        -1,
        "2022-09-13",
        "QTX-01-E01",
    )
    assert [row["overdue"] for row in found["rows"]] == [True, False, False]
    assert (found["total"], found["pages"]) == (3, 1)
    text = run("list", "--org", "QTX", "--on", "2022-09-14").stdout
    assert "超期 1 天" in text
    assert "13812346021" not in text
    assert "蒋晓春" not in text


def test_filters_and_pages(run, three):
    assert [row["kind"] for row in listed(run, "--kind", "problem")["rows"]] == ["problem", "problem"]
    assert listed(run, "--quarter", "2022Q4")["total"] == 1
    assert listed(run, "--owner", "QTX")["total"] == 1
    assert listed(run, "--overdue", "--on", "2022-09-14")["total"] == 1
    page = listed(run, "--page", 2, "--size", 2)
    assert (page["total"], page["pages"], len(page["rows"])) == (3, 2, 1)
    assert run("list", "--kind", "cats").exit_code == 2
    assert run("list", "--quarter", "2022Q9").exit_code == 2
    assert run("list", "--page", 0).exit_code == 2


def test_assign_and_answer(run, three):
    code = Matter.objects.first().code
    said = ("--by", "he", "--on", "2022-09-13", "--json")
    assert json.loads(run("assign", code, "--to", "QTX-01", *said).stdout)["owner"] == "QTX-01"
    done = json.loads(run("answer", code, "已送到", *said).stdout)
    assert (done["state"], done["answer"], done["ended_on"], done["days_left"]) == (
        "done",
        "已送到",
        "2022-09-13",
        None,
    )
    other = Matter.objects.filter(state="open").first().code
    assert json.loads(run("answer", other, "不归工会管", "--declined", *said).stdout)["state"] == "declined"
    assert isinstance(run("answer", code, "再答", *said).exception, Refused)
    assert isinstance(run("answer", "QTX-M-1", "好", *said).exception, Refused)
    assert isinstance(run("assign", code, "--to", "NO", *said).exception, Refused)


def test_a_withdrawn_one_is_listed_when_asked_for(run, three, cast):
    services.withdraw("R1", by=cast["he"], on=FRIDAY)
    assert listed(run)["total"] == 1
    assert listed(run, "--state", "withdrawn")["total"] == 2
