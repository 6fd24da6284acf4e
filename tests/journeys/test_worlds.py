"""Generated unions through ``example run``, compared family by family with a truth computed apart from the product.

``NUANXIN_WORLDS=40 pytest tests/journeys/test_worlds.py`` runs more seeds than the few of a normal run;
``NUANXIN_WORLDS=7:8`` runs seed 7 alone.
"""

import os
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from .desk import ID_NUMBER, Desk
from .worlds import FamilyTruth, QuarterTruth, World, build


def seeds() -> range:
    """The seeds of this run."""
    wanted = os.environ.get("NUANXIN_WORLDS", "3")
    first, _, after = wanted.rpartition(":")
    return range(int(first or 0), int(after))


RULES = {
    "homes": "homes",
    "business": "business",
    "school": "school",
    "deep": "deep",
    "relative": "relative",
    "accident": "accident",
    "line": "line",
}


def masked(number: str) -> str:
    return f"{number[:4]}**********{number[-4:]}"


def name_masked(name: str) -> str:
    return name[0] + "＊" + (name[-1] if len(name) > 2 else "")


def exact(text: Any) -> Fraction:
    return Fraction(Decimal(str(text)))


def find(found: list[dict[str, Any]], family: FamilyTruth) -> list[dict[str, Any]]:
    """The entries of a family: by its number, or by name and union where the number itself was refused."""
    if family.number:
        return [entry for entry in found if entry["worker_id"] == masked(family.number)]
    return [
        entry
        for entry in found
        if entry["worker_id"] is None
        and entry["worker"] == name_masked(family.name)
        and entry["union"] in family.unions
    ]


def family_differences(family: FamilyTruth, entry: dict[str, Any]) -> list[str]:
    wrong = []

    def same(what: str, got: object, wanted: object) -> None:
        if got != wanted:
            wrong.append(f"{what}: got {got}, expected {wanted}")

    same("worker", entry["worker"], name_masked(family.name))
    same("new", entry["new"], family.new)
    same("tier", entry["tier"], family.tier)
    if entry["union"] not in family.unions:
        wrong.append(f"union: got {entry['union']}, expected one of {sorted(family.unions)}")
    if family.tier is None:
        if not entry["held"]:
            wrong.append("held says nothing")
        same("figures while undecided", entry["figures"], None)
        same("aid while undecided", entry["aid"], None)
        return wrong
    same("held", entry["held"], None)
    assert family.rule is not None
    if RULES[family.rule] not in str(entry["rule"]):
        wrong.append(f"rule: got {entry['rule']}, expected {family.rule}")
    for part, wanted in (("figures", family.figures), ("aid", family.aid)):
        for key, value in wanted.items():
            got = (entry[part] or {}).get(key)
            if got is None or exact(got) != value:
                wrong.append(f"{part}.{key}: got {got}, expected {float(value)}")
    return wrong


def round_differences(truth: QuarterTruth, shown: dict[str, Any]) -> list[str]:
    wrong = []
    seen = 0
    for family in truth.families:
        label = f"{truth.quarter} {family.name} {family.number}"
        entries = find(shown["families"], family)
        if family.known and not entries and find(shown["carried"], family):
            continue
        seen += len(entries)
        if len(entries) != 1:
            wrong.append(f"{label}: stands {len(entries)} times in families, expected once as {family.tier or 'held'}")
            continue
        wrong += [f"{label}: {what}" for what in family_differences(family, entries[0])]
    if seen != len(shown["families"]):
        expected = {masked(f.number) for f in truth.families if f.number}
        extra = [e for e in shown["families"] if e["worker_id"] not in expected and e["worker_id"]]
        wrong.append(f"{truth.quarter}: {len(shown['families'])} families shown, {seen} expected; extra: {extra}")
    carried = 0
    for family in truth.carried:
        entries = find(shown["carried"], family)
        carried += len(entries)
        if len(entries) != 1 and not (family.known and find(shown["families"], family)):
            wrong.append(
                f"{truth.quarter} {family.name} {family.number}: {len(entries)} times in carried, expected once"
            )
        elif entries and entries[0]["tier"] != family.tier:
            wrong.append(f"{truth.quarter} {family.name} carried as {entries[0]['tier']}, expected {family.tier}")
    if carried != len(shown["carried"]):
        wrong.append(f"{truth.quarter}: {len(shown['carried'])} carried, {carried} expected")
    return wrong


def returns_differences(truth: QuarterTruth, shown: dict[str, Any]) -> list[str]:
    wrong = []
    states = {union["code"]: union["state"] for union in shown["unions"]}
    for code in truth.unions.keys() | states.keys():
        if states.get(code) != truth.unions.get(code):
            wrong.append(f"{truth.quarter} union {code}: got {states.get(code)}, expected {truth.unions.get(code)}")
    files = {file["file"]: file for file in shown["files"]}
    if sorted(files) != sorted(truth.files):
        wrong.append(f"{truth.quarter} files: got {sorted(files)}, expected {sorted(truth.files)}")
    for name, wanted in truth.files.items():
        got = files.get(name)
        if got is None:
            continue
        if wanted.refused_whole:
            if not got["refused_whole"]:
                wrong.append(f"{truth.quarter}/{name}: should be refused whole")
            continue
        for key in ("union", "rows_accepted", "rows_refused", "households", "nil", "replaced_by"):
            if got[key] != getattr(wanted, key):
                wrong.append(f"{truth.quarter}/{name} {key}: got {got[key]}, expected {getattr(wanted, key)}")
        if got["refused_whole"]:
            wrong.append(f"{truth.quarter}/{name} refused whole: {got['refused_whole']}")
        if not wanted.replaced_by:
            for key in ("wishes", "problems"):
                if got[key] != getattr(wanted, key):
                    wrong.append(f"{truth.quarter}/{name} {key}: got {got[key]}, expected {getattr(wanted, key)}")
        rows = sorted({refusal["row"] for refusal in got["refusals"]})
        if rows != sorted(wanted.refused_rows):
            wrong.append(f"{truth.quarter}/{name} refused rows: got {got['refusals']}, expected {wanted.refused_rows}")
        for refusal in got["refusals"]:
            if not (refusal["sheet"] and refusal["column"] and refusal["found"] and refusal["why"]):
                wrong.append(f"{truth.quarter}/{name}: a refusal that does not say all: {refusal}")
    return wrong


def brief_differences(truths: list[QuarterTruth], desk: Desk) -> list[str]:
    wrong = []
    span = ("--from", truths[0].quarter, "--to", truths[-1].quarter)
    brief = desk.data("brief", *span)
    figures = {figure["name"]: figure for figure in brief["figures"]}
    wanted: Counter[str] = Counter()
    for truth in truths:
        wanted.update({"households_filed": truth.filed, "wishes": truth.wishes} | truth.books)  # type: ignore[arg-type]
    for name, value in wanted.items():
        if exact(figures[name]["value"]) != Fraction(value):
            wrong.append(f"brief {span} {name}: got {figures[name]['value']}, expected {value}")
    for name in ("households_filed", "wishes"):
        opened = desk.data("brief", "open", name, *span, "--size", "1000")
        records = opened["rows"]
        if len(records) != wanted[name]:
            wrong.append(f"brief open {name} {span}: {len(records)} records, expected {wanted[name]}")
    return wrong


def differences(world: World, desk: Desk) -> list[str]:
    """Everything in which the product and the truth disagree."""
    wrong = []
    for truth in world.quarters:
        wrong += returns_differences(truth, desk.data("returns", "show", truth.quarter))
        wrong += round_differences(truth, desk.data("round", "show", truth.quarter))
    wrong += brief_differences(world.quarters, desk)
    wrong += brief_differences(world.quarters[1:], desk)
    leaked = world.numbers & set(ID_NUMBER.findall(desk.said.upper()))
    if leaked:
        wrong.append(f"full ID numbers printed: {sorted(leaked)}")
    return wrong


@pytest.mark.parametrize("seed", seeds())
def test_world(seed: int, tmp_path: Path) -> None:
    world = build(seed, tmp_path / "world")
    desk = Desk(tmp_path / "home")
    desk.ok("example", "run", world.folder)
    wrong = differences(world, desk)
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
