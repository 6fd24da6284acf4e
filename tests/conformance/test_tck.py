"""The DMN technology compatibility kit, compliance level 2: every case of the copied files, by the adapter's own protocol.

The files are OMG's DMN TCK (Apache-2.0, see dmn-tck/LICENSE-ASL-2.0.txt). The published result is docs/conformance.md; this test fails where it
is not what comes out.
"""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from nuanxin.policy.tck import answer

ROOT = Path(__file__).parent / "dmn-tck"
DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NUMBERS = ("decimal", "double", "float", "integer", "int", "long")


def name_of(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def value_of(element: Any) -> Any:
    """A value of the kit's XML in the adapter's JSON form."""
    for child in element:
        if name_of(child) == "list":
            if child.get(f"{XSI}nil") == "true":
                return None
            return [value_of(item) for item in child if name_of(item) == "item"]
        if name_of(child) == "value":
            if child.get(f"{XSI}nil") == "true":
                return None
            kind, text = (child.get(f"{XSI}type") or "string").rpartition(":")[2], child.text or ""
            if kind == "boolean":
                return text.strip() == "true"
            if kind in NUMBERS:
                return {"number": text.strip()}
            return {kind: text.strip()} if kind in ("date", "time", "dateTime", "duration") else text
    parts = [child for child in element if name_of(child) == "component"]
    return {part.get("name"): value_of(part) for part in parts} or None


def same(expected: Any, found: Any) -> bool:
    if isinstance(expected, dict) and isinstance(found, dict):
        if "number" in expected and "number" in found:
            a, b = Decimal(expected["number"]), Decimal(found["number"])
            return abs(a - b) <= Decimal("1e-8") * max(1, abs(a))
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return type(expected) is type(found) and bool(expected == found)


def cases() -> Iterator[tuple[str, str, str, Any, Path]]:
    """Folder, file, case id, the case and its model."""
    for file in sorted(ROOT.glob("compliance-level-2/*/*test*.xml")):
        root = etree.parse(file).getroot()
        model = file.parent / next(child.text for child in root if name_of(child) == "modelName")
        for case in root:
            if name_of(case) == "testCase":
                yield f"compliance-level-2/{file.parent.name}", file.stem, case.get("id"), case, model


CASES = list(cases())


def outcome(case: Any, model: Path) -> tuple[str, str]:
    """SUCCESS, or ERROR with the difference."""
    inputs = {child.get("name"): value_of(child) for child in case if name_of(child) == "inputNode"}
    for result in case:
        if name_of(result) != "resultNode":
            continue
        expected = next((value_of(child) for child in result if name_of(child) == "expected"), None)
        found = answer({"model": str(model), "decision": result.get("name"), "inputs": inputs})
        if not same(expected, found["value"]) or (result.get("errorResult") == "true" and not found.get("error")):
            return "ERROR", f"{result.get('name')}: {expected} / {found}"
    return "SUCCESS", ""


@pytest.mark.parametrize(
    ("folder", "file", "identifier", "case", "model"), CASES, ids=[f"{c[1]}-{c[2]}" for c in CASES]
)
def test_case(folder: str, file: str, identifier: str, case: Any, model: Path) -> None:
    assert outcome(case, model) == ("SUCCESS", "")


def test_the_published_result_is_this_result() -> None:
    published = re.search(r"```csv\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assert published
    rows = list(csv.reader(io.StringIO(published[1])))
    assert rows == [
        [folder, file, identifier, *outcome(case, model)] for folder, file, identifier, case, model in CASES
    ]
    assert len(rows) == 116
