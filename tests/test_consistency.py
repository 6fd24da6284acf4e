"""The house keeps its own promises: words, rooms, locks, and what may not stand in the project."""

import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
OURS = [m for m in apps.get_models() if m.__module__.startswith("nuanxin.")]
CHOSEN = [
    (m, f)
    for m in OURS
    for f in m._meta.get_fields()
    if isinstance(f, models.CharField) and f.choices and f.name != "sex"
]
TRACKED = [
    ROOT / line
    for line in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_every_model_stands_in_the_glossary(model):
    assert re.search(rf"^\| [^|]+ \| {model.__name__} \| [^|]+\. \|$", GLOSSARY, re.M)
    assert model.__doc__
    assert not model.__doc__.startswith(model.__name__ + "(")


def test_every_row_of_the_glossary_is_a_model():
    rows = GLOSSARY.split("## Rows")[1].split("## Values")[0]
    named = set(re.findall(r"^\| [^|]+ \| (\w+) \|", rows, re.M)) - {"identifier"}
    assert named == {m.__name__ for m in OURS}


@pytest.mark.parametrize(("model", "field"), CHOSEN, ids=lambda x: getattr(x, "__name__", getattr(x, "name", "")))
def test_every_value_stands_in_the_glossary(model, field):
    stated = {
        word.strip()
        for zh, words in re.findall(
            rf"^\| ([^|]+) \| ([^|]+) \| (?:{model.__name__}|Finding|Kinship)\.{field.name} \|$", GLOSSARY, re.M
        )
        for word in words.split(",")
    }
    values = {value for value, _ in field.flatchoices}
    assert values <= stated, f"{model.__name__}.{field.name}: {sorted(values - stated)}"


def test_dates_and_instants_are_named_by_their_kind():
    for model in OURS:
        if model.__name__ == "User":
            continue
        for field in model._meta.fields:
            if isinstance(field, models.DateTimeField):
                assert field.name.endswith("_at") or field.name == "at", f"{model.__name__}.{field.name}"
            elif isinstance(field, models.DateField):
                assert field.name.endswith(("_on",)) or field.name in ("on", "as_of"), f"{model.__name__}.{field.name}"


@pytest.mark.parametrize("word", ["utils", "util", "helpers", "manager", "misc", "common_utils"])
def test_no_room_for_odds_and_ends(word):
    assert not [path for path in TRACKED if path.stem == word and path.suffix == ".py"]


def test_locks_hold_hashes_and_no_address():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-zA-Z0-9_.\[\]-]+==", text, re.M)
        assert len(pins) > 20
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
    assert not [path for path in TRACKED if path.name == "uv.lock"]


def test_every_flow_names_roles_that_exist():
    from nuanxin.care import flows as care_flows
    from nuanxin.matters import flows as matter_flows
    from nuanxin.union.rules import ROLES

    for flow in (care_flows.ROUND, care_flows.LEAD, care_flows.FINDING, matter_flows.MATTER):
        for move in flow.moves.values():
            assert set(move.who) <= set(ROLES), (flow.name, move.verb)
