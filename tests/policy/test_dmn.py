"""DMN in and out: what both forms can say survives the way there and back."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.dmn import write_dmn, write_folder
from nuanxin.policy.folder import read_folder
from nuanxin.policy.model import Decision, Model
from nuanxin.policy.tck import answer

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
FOLDERS = sorted(path.parent for path in POLICIES.glob("*/policy.toml"))


def bare(model: Model) -> Model:
    """The model without where it was read from."""

    def decision(item: Decision) -> Decision:
        table = item.table and replace(item.table, rules=tuple(replace(rule, line=0) for rule in item.table.rules))
        return replace(item, file="", line=0, table=table)

    decisions = tuple(decision(item) for item in model.decisions)
    return replace(
        model,
        inputs=tuple(replace(item, line=0) for item in model.inputs),
        figures=tuple(replace(item, line=0) for item in model.figures),
        knowledge=tuple(replace(item, line=0) for item in model.knowledge),
        standards=tuple(replace(item, line=0) for item in model.standards),
        cases=tuple(replace(case, line=0) for case in model.cases),
        decisions=decisions,
        order=(),
        files={},
    )


def saved(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_survives_the_way_through_dmn(folder: Path, tmp_path: Path) -> None:
    model = read_folder(folder)
    (tmp_path / "policy.dmn").write_bytes(write_dmn(model))
    through = Policy.load(tmp_path / "policy.dmn").model
    assert bare(through) == bare(model)
    assert through.digest() == model.digest()
    assert bare(read_folder(saved(write_folder(through), tmp_path / "back"))) == bare(model)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_worked_cases_hold_after_dmn(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.dmn").write_bytes(write_dmn(read_folder(folder)))
    assert all(result.holds for result in Policy.load(tmp_path / "policy.dmn").run_cases())


def test_a_standard_is_a_table_that_any_engine_can_decide(tmp_path: Path) -> None:
    """Stripped of our marks, the file still gives M by area and date."""
    text = write_dmn(read_folder(POLICIES / "qingtongxia")).decode()
    text = text.replace('nuanxin:standard="true"', "").replace('nuanxin:as_of="true"', "")
    (tmp_path / "plain.dmn").write_text(text, encoding="utf-8")
    request = {
        "model": str(tmp_path / "plain.dmn"),
        "decision": "M",
        "inputs": {"area": "QTX", "as_of": {"date": "2022-12-31"}},
    }
    assert answer(request) == {"value": {"number": "680"}}
    request["inputs"] = {"area": "QTX", "as_of": {"date": "2023-01-01"}}
    assert answer(request) == {"value": {"number": "715"}}


def test_a_folder_with_names_of_every_kind_becomes_a_folder_again(tmp_path: Path) -> None:
    files = {
        "policy.toml": """id = "names"
[[input]]
name = "家庭 收入"
type = "money"
[[input]]
name = "birth date"
type = "date"
optional = true
[[knowledge]]
name = "per head"
parameters = ["sum of it", "n"]
expression = "sum of it / n"
[[decision]]
name = "level"
hit_policy = "P"
file = "level.csv"
outputs = [{name = "level", type = "string", values = ["high", "low"], default = '"none"'}]
[[decision]]
name = "each"
expression = 'per head(家庭 收入, 3)'
type = "number"
""".encode(),
        "level.csv": 'rule,家庭 收入,birth date,→ level,clause\na,> 10,"< date(""2000-01-01"")","""low""",x\nb,> 5,-,"""high""",y\n'.encode(),
    }
    model = read_folder(saved(files, tmp_path / "one"))
    (tmp_path / "p.dmn").write_bytes(write_dmn(model))
    again = Policy.load(tmp_path / "p.dmn")
    assert bare(again.model) == bare(model)
    found = again.evaluate({"家庭 收入": 11, "birth date": "1999-12-31"}, dt.date(2023, 1, 1))
    assert (found["level"], found["level_rule"]) == ("high", "b")
    assert again.evaluate({"家庭 收入": 1}, dt.date(2023, 1, 1))["level"] == "none"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("<a/>", 1, "not a DMN file"),
        ('<!DOCTYPE a [<!ENTITY x "y">]>\n<definitions>&x;</definitions>', 1, "DOCTYPE"),
        ("<definitions>\n<decision name='d'>\n</definitions>", 3, "mismatch"),
        ("<definitions>\n<decision name='d'><context/></decision></definitions>", 2, "neither a table nor"),
        (
            "<definitions>\n<decision name='d'>\n<literalExpression><text>a + 1</text></literalExpression></decision></definitions>",
            3,
            "unknown name a",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, content: str, line: int, words: str
) -> None:
    (tmp_path / "bad.dmn").write_text(content)
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path / "bad.dmn")
    assert caught.value.problem.line == line
    assert words in caught.value.problem.sentence("en")
