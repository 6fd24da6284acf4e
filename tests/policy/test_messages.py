"""Every sentence exists in both languages and takes the same values in each."""

import string

import pytest

from nuanxin.policy.messages import CATALOGUE, PolicyError, Problem, say


def fields(text: str) -> set[str]:
    """The names a sentence takes, without the ending that tells the languages apart."""
    found = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return {name.removesuffix("_zh").removesuffix("_en") for name in found}


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_sentence_says_the_same_in_both_languages(code: str) -> None:
    assert set(CATALOGUE[code]) == {"zh", "en"}
    assert fields(CATALOGUE[code]["zh"]) == fields(CATALOGUE[code]["en"])
    assert CATALOGUE[code]["zh"] != CATALOGUE[code]["en"]


def test_a_problem_tells_its_place() -> None:
    problem = Problem("no-clause", "tier.csv", 3, {"rule": "deep"})
    assert str(problem) == "tier.csv:3: 规则 deep 没有写明条款 / rule deep names no clause"
    assert problem.to_dict()["en"] == say("no-clause", "en", rule="deep")
    error = PolicyError("no-file", name="x").at("policy.toml", 7)
    assert (error.code, error.problem.file, error.problem.line) == ("no-file", "policy.toml", 7)
