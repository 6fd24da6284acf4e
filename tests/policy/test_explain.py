"""The sheet of one family, of policies of unusual forms: what was given, what each cell saw, the results of every hit policy, nothing that HTML would run."""

import json
from pathlib import Path
from typing import Any

import pytest

from nuanxin.policy import Policy

MARK = "<script>alert('x')</script>&"
HEAD = """id = "<b>"
name = {zh = "<i>政策", en = "<i>policy"}
[[input]]
name = "ill"
type = "list<string>"
optional = true
[[input]]
name = "born"
type = "date"
[[input]]
name = "n"
type = "integer"
allowed = "> 0"
[[input]]
name = "note"
type = "string"
optional = true
"""
ROW = {"ill": ["癌", "<u>"], "born": "2000-02-29", "n": 3, "note": MARK}
RULES = "rule,ill,n * 2,born,note,→ a,→ b,clause\n"
CELLS = (
    '1,"list contains(?, ""癌"")",-,-,-,"""<em>""",n,<s>1\n'
    '2,"list contains(?, ""肺"")",-,-,-,"""y""",2,\n'
    '3,-,"? + 1 > 9",-,-,"""z""",3,\n'
    '4,-,6,"< date(""2000-01-01"")",-,"""w""",4,\n'
    '5,-,-,-,"starts with(?, ""<s"")","""v""",born,\n'
)


@pytest.fixture(params=["R", "O", "C"])
def policy(request: Any, tmp_path: Path) -> Policy:
    head = f"""{HEAD}[[decision]]
name = "t"
file = "t.csv"
hit_policy = "{request.param}"
outputs = [{{name = "a", type = "string", values = ["v", "w", "z", "y", "<em>"]}}, {{name = "b", type = "any"}}]
"""
    (tmp_path / "policy.toml").write_text(head, encoding="utf-8")
    (tmp_path / "t.csv").write_text(RULES + CELLS, encoding="utf-8")
    return Policy.load(tmp_path)


def test_every_rule_is_told_with_what_its_cells_saw(policy: Policy) -> None:
    sheet = policy.explain(ROW, "2023-01-01", changes=True)
    tried = sheet.to_dict()["decisions"][0]["tried"]
    assert [one["result"] for one in tried] == [True, False, False, False, True]
    seen = [(one["failed"] or one["cells"][0])["value"] for one in tried]
    assert seen == [ROW["ill"], ROW["ill"], "6", "2000-02-29", MARK]
    failed = [one["failed"] and (one["failed"]["column"], one["failed"]["cell"]) for one in tried]
    assert failed == [
        None,
        ("ill", 'list contains(?, "肺")'),
        ("n * 2", "? + 1 > 9"),
        ("born", '< date("2000-01-01")'),
        None,
    ]
    for lang, absent in (("zh", "未填"), ("en", "not given")):
        text = sheet.text(lang)
        assert absent not in text
        assert all(f" {rule} " in text for rule in "12345")
        html = sheet.html(lang)
        for sign in ("<script", "<em>", "<u>", "<s>", "<b>", "<i>"):
            assert sign not in html
        assert "&lt;script&gt;" in html


def test_a_value_that_cannot_be_used_is_shown_as_it_was_given(policy: Policy) -> None:
    sheet = policy.explain({**ROW, "n": 0, "born": MARK}, "2023-01-01")
    assert "n “0”（无法使用）" in sheet.text("zh")
    assert f"born “{MARK}” (cannot be used)" in sheet.text("en")
    assert "<script" not in sheet.html("en")
    told = json.loads(json.dumps(sheet.to_dict()))
    assert {name: item["value"] for name, item in told["unusable"].items()} == {"n": "0", "born": MARK}
    assert told["unusable"]["n"]["en"] == "n: “0” is not an allowed value (it must be > 0)"
    assert policy.explain(ROW, "2023-01-01").to_dict()["unusable"] == {}


def test_what_is_worked_out_and_has_no_value_is_not_called_left_out(policy: Policy) -> None:
    """Nobody could fill it in: the figure that it lacks is named beside it."""
    text = policy.explain({**ROW, "n": ""}, "2023-01-01").text("zh")
    assert "  n 未填" in text
    assert "n * 2 算不出，要求 ? + 1 > 9" in text
    assert "n * 2 cannot be computed, required" in policy.explain({**ROW, "n": ""}, "2023-01-01").text("en")
