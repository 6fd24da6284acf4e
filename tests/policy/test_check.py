"""What `check` says of faulty policies: file, line, sentence; overlaps and gaps computed, never guessed."""

import datetime as dt
import random
import re
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.dmn import write_dmn
from nuanxin.policy.messages import Problem

TOML = """id = "t"
[[input]]
name = "x"
type = "{kind}"
[[input]]
name = "city"
type = "string"
[[input]]
name = "flag"
type = "boolean"
[[derived]]
name = "double"
expression = "2 * x"
[[decision]]
name = "d"
hit_policy = "{hit}"
file = "d.csv"
outputs = [{{name = "d", type = "string"}}]
"""


def write(folder: Path, rows: list[str], hit: str = "U", kind: str = "number") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.toml").write_text(TOML.format(hit=hit, kind=kind), encoding="utf-8")
    (folder / "d.csv").write_text(
        "\n".join(["rule;x;double;city;flag;→ d;clause".replace(";", ","), *rows]) + "\n", encoding="utf-8"
    )
    return folder


def problems(folder: Path, *codes: str) -> list[Problem]:
    return [problem for problem in Policy.load(folder).check() if problem.code in codes]


FAULTS = ("overlap", "gap", "unreachable", "cannot-tell", "type-mismatch")


def test_rules_that_divide_the_line_are_in_order(tmp_path: Path) -> None:
    rows = ['a,< 10,-,-,-,"""p""",c', 'b,>= 10,< 40,-,-,"""q""",c', 'e,-,>= 40,-,-,"""r""",c']
    assert problems(write(tmp_path, rows), *FAULTS) == []


def test_an_overlap_and_a_gap_are_shown_by_a_family(tmp_path: Path) -> None:
    rows = ['a,< 10,-,-,-,"""p""",c', 'b,>= 9.99,-,"""A""",-,"""q""",c', 'e,> 10,-,"not(""A"")",-,"""r""",c']
    found = problems(write(tmp_path, rows), *FAULTS)
    assert [(problem.code, problem.file, problem.line) for problem in found] == [
        ("overlap", "d.csv", 3),
        ("gap", "d.csv", 1),
    ]
    assert "x = 9.99" in found[0].sentence("en")
    assert 'city = "A"' in found[0].sentence("en")
    assert "x = 10" in found[1].sentence("zh")


def test_money_has_no_value_between_two_cents(tmp_path: Path) -> None:
    rows = ['a,<= 10,-,-,-,"""p""",c', 'b,>= 10.01,-,-,-,"""q""",c']
    assert problems(write(tmp_path / "money", rows, kind="money"), *FAULTS) == []
    assert [problem.code for problem in problems(write(tmp_path / "number", rows), *FAULTS)] == ["gap"]


def test_a_rule_behind_the_others_is_unreachable(tmp_path: Path) -> None:
    rows = ['a,< 10,-,-,-,"""p""",c', 'b,-,>= 19,-,true,"""q""",c', 'e,> 9,-,-,true,"""r""",c', 'z,-,-,-,-,"""s""",c']
    found = problems(write(tmp_path, rows, hit="F"), *FAULTS)
    assert [(problem.code, problem.line) for problem in found] == [("unreachable", 4)]


def test_a_rule_that_contradicts_itself_is_unreachable(tmp_path: Path) -> None:
    rows = ['a,> 10,< 20,-,-,"""p""",c', 'z,-,-,-,-,"""s""",c']
    assert [problem.code for problem in problems(write(tmp_path, rows, hit="P" if False else "C"), *FAULTS)] == [
        "unreachable"
    ]


def test_an_any_table_may_overlap_where_it_says_the_same(tmp_path: Path) -> None:
    rows = ['a,< 10,-,-,-,"""p""",c', 'b,>= 5,-,-,-,"""p""",c', 'e,> 100,-,-,-,"""q""",c']
    found = problems(write(tmp_path, rows, hit="A"), *FAULTS)
    assert [problem.values.get("a", "") + problem.values.get("b", "") for problem in found] == ["be"]


def test_rules_of_an_any_table_disagree_by_any_of_their_results(tmp_path: Path) -> None:
    folder = write(tmp_path, ['a,-,-,-,-,"""p""",c'], hit="A")
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    outputs = 'outputs = [{name = "word", type = "string"}, {name = "amount", type = "number"}]'
    (folder / "policy.toml").write_text(re.sub(r"(?m)^outputs = .*$", outputs, text), encoding="utf-8")
    head = "rule,x,→ word,→ amount,clause\n"
    (folder / "d.csv").write_text(head + 'a,<= 5,"""p""",1,c\nb,> 3,"""p""",x - 3,c\n', encoding="utf-8")
    (found,) = problems(folder, *FAULTS)
    assert found.code == "overlap"
    (folder / "d.csv").write_text(head + 'a,4,"""p""",1,c\nb,-,"""p""",x - 3,c\n', encoding="utf-8")
    assert problems(folder, *FAULTS) == []


def test_a_product_of_figures_is_tried_or_said_to_be_open(tmp_path: Path) -> None:
    folder = write(tmp_path, ['a,< 10,-,-,-,"""p""",c', 'b,>= 10,-,-,-,"""q""",c'])
    text = (folder / "policy.toml").read_text()
    (folder / "policy.toml").write_text(text.replace("2 * x", "x * x"))
    (folder / "d.csv").write_text('rule,double,→ d,clause\na,< 4,"""p""",c\nb,>= 4,"""q""",c\ne,< -1,"""r""",c\n')
    found = problems(folder, *FAULTS)
    assert {problem.code for problem in found} == {"cannot-tell"}
    assert all(problem.severity == "unknown" for problem in found)


def test_random_tables_agree_with_every_point_of_a_grid(tmp_path: Path) -> None:
    """What check says about a U table over one whole number and one flag is what trying every value says."""
    random.seed(3)
    for number in range(60):
        rows, tests = [], []
        for rule in range(random.randint(1, 4)):
            low, high, flag = random.randint(0, 6), random.randint(0, 6), random.choice(["true", "false", "-"])
            cell = random.choice(
                [f"[{low}..{high}]", f"({low}..{high})", f"< {low}", f">= {low}", "-", f"{low},{high}"]
            )
            rows.append(f'r{rule},"{cell}",-,-,{flag},"""v{rule}""",c')
            tests.append(rows[-1])
        folder = write(tmp_path / str(number), rows, kind="integer")
        policy = Policy.load(folder)
        found = {problem.code for problem in policy.check() if problem.code in FAULTS}
        seen = [
            policy.evaluate({"x": Fraction(x), "city": "A", "flag": flag})
            for x in range(-2, 10)
            for flag in (True, False)
        ]
        expected = set()
        if any("conflict" in (row["d_problem"] or "") for row in seen):
            expected.add("overlap")
        if any("not decided" in (row["d_problem"] or "") for row in seen):
            expected.add("gap")
        assert found - {"unreachable"} == expected, rows


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        ("a,< 10,-,-,-,p,c", 2, "unknown name p"),
        ('a,< 10,,-,-,"""p""",c', 2, "cell “double” is empty"),
        ('a,< ten,-,-,-,"""p""",c', 2, "unknown name ten"),
        ('a,< 10,-,-,"""p""",c', 2, "expected"),
        ('a,[1..2,-,-,-,"""p""",c', 2, "cannot be read"),
        ('a,< 10,-,-,-,"""p""",c\na,>= 10,-,-,-,"""p""",c', 3, "rule id a is used twice"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, row: str, line: int, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.load(write(tmp_path, [row]))
    assert caught.value.problem.file == "d.csv"
    assert caught.value.problem.line == line
    if words != "expected":
        assert words in caught.value.problem.sentence("en")


def test_all_cells_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    rows = ['a,< ten,(1..,-,-,"""p""",c', "b,,-,-,-,q,c", 'b,-,-,-,-,"""r""",c']
    with pytest.raises(PolicyError) as caught:
        Policy.load(write(tmp_path, rows))
    told = [(problem.line, problem.code) for problem in caught.value.problems]
    assert told == [(2, "unknown-name"), (2, "syntax"), (3, "empty-cell"), (3, "unknown-name")]


def test_other_faults_are_named(tmp_path: Path) -> None:
    rows = ['a,"""10""",-,-,-,"""p""",', 'z,-,-,-,-,"""s""",c']
    codes = [problem.code for problem in Policy.load(write(tmp_path, rows, hit="F")).check()]
    assert codes.count("type-mismatch") == 1
    assert codes.count("no-clause") == 1
    assert codes.count("no-cases") == 1
    assert "no-case" in codes


def ranked(folder: Path, outputs: str, rows: list[str], hit: str = "P") -> Path:
    write(folder, rows, hit)
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(re.sub(r"(?m)^outputs = .*$", f"outputs = [{outputs}]", text), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("kind", "values", "cells", "best"),
    [
        ("number", '["3", "2", "1"]', ("1", "2", "3"), 3),
        ("number", "[3, 2.0, 1]", ("1", "2", "3"), 3),
        ("money", '["3000", "1000.50"]', ("1000.5", "1000.50", "3000"), 3000),
        ("string", '["deep", "relative"]', ('"""relative"""', '"""relative"""', '"""deep"""'), "deep"),
        ("date", '["2023-05-01", "2023-01-01"]', ('"date(""2023-01-01"")"', '"date(""2023-01-01"")"', '"date(""2023-05-01"")"'), dt.date(2023, 5, 1)),
        ("boolean", "[true, false]", ("false", "false", "true"), True),
    ],
)  # fmt: skip
def test_the_most_important_value_is_read_by_the_outputs_type(
    tmp_path: Path, kind: str, values: str, cells: tuple[str, ...], best: object
) -> None:
    rows = [f"{rule},>= {n},-,-,-,{cell},c" for n, (rule, cell) in enumerate(zip("abe", cells, strict=True), 1)]
    output = f'{{name = "d", type = "{kind}", values = {values}}}'
    policy = Policy.load(ranked(tmp_path, output, rows))
    given = {"x": ["3"], "city": ["A"], "flag": ["true"]}
    decided = policy.decide(pa.table(given)).to_pylist()[0]
    assert (decided["d"], decided["d_rule"]) == (best, "e")
    assert policy.explain({name: column[0] for name, column in given.items()}).to_dict()["decisions"][0]["rule"] == "e"
    assert [problem for problem in policy.check() if problem.code == "not-listed"] == []


def test_a_value_that_its_type_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.load(ranked(tmp_path, '{name = "d", type = "number", values = ["high"]}', ["a,-,-,-,-,1,c"]))
    (found,) = refused.value.problems
    assert (found.code, found.file) == ("bad-allowed", "policy.toml")
    assert "high" in found.sentence("zh")


def test_an_outcome_that_is_not_listed_is_told_with_its_rule(tmp_path: Path) -> None:
    rows = ['a,>= 1,-,-,-,"""deeep""",c', 'b,-,-,-,-,"""relative""",c', "e,-,-,-,-,null,c"]
    folder = ranked(tmp_path, '{name = "d", type = "string", values = ["deep", "relative"]}', rows)
    (found,) = problems(folder, "not-listed")
    assert (found.file, found.line, found.severity, found.values["rule"]) == ("d.csv", 2, "error", "a")


def test_two_standards_from_one_day_are_told_where_they_stand(tmp_path: Path) -> None:
    folder = write(tmp_path, ['a,< M,-,-,-,"""p""",c', 'b,>= M,-,-,-,"""q""",c'])
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    standards = text.replace('id = "t"', 'id = "t"\n[standards]\nfile = "低保.csv"\narea = "city"')
    (folder / "policy.toml").write_text(standards, encoding="utf-8")
    (folder / "低保.csv").write_text("area,name,from,value\n*,M,2022-01-01,1\nA,M,2022-01-01,2\n*,M,2022-01-01,3\n")
    (found,) = problems(folder, "dates-overlap")
    assert (found.file, found.line) == ("低保.csv", 4)
    assert "M" in found.sentence("zh")
    files = write_dmn(Policy.load(folder).model)
    (folder / "p.dmn").write_bytes(files)
    (found,) = problems(folder / "p.dmn", "dates-overlap")
    assert found.file == "p.dmn"
    assert 'value="3"' in files.decode().splitlines()[found.line - 1]


# what may be left out, earlier figures, more important rules ----------------------------------------------------------


def test_a_gap_where_a_figure_may_be_left_out_is_told_once(tmp_path: Path) -> None:
    rows = ['a,< 10,-,-,-,"""p""",c', 'b,>= 10,-,-,-,"""q""",c']
    folder = write(tmp_path, rows)
    assert problems(folder, *FAULTS) == []  # a figure that must be given is asked for
    toml = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(
        toml.replace('type = "number"', 'type = "number"\noptional = true'), encoding="utf-8"
    )
    assert (
        Policy.load(folder).evaluate({"city": "A", "flag": "true"})["d_problem"]
        == "未作决定：没有规则适用 / not decided: no rule matches"
    )
    (found,) = problems(folder, *FAULTS)
    assert (found.code, found.file, found.line, found.severity) == ("gap", "d.csv", 1, "warning")
    assert found.sentence("en") == "no rule matches some families where x is left out"
    assert found.sentence("zh").startswith("没有填 x 时，有些情形没有规则适用")
    (folder / "d.csv").write_text(
        (folder / "d.csv").read_text(encoding="utf-8") + 'e,null,-,-,-,"""r""",c\n', encoding="utf-8"
    )
    assert problems(folder, *FAULTS) == []


def test_a_plain_gap_and_one_where_a_figure_is_left_out_are_both_shown(tmp_path: Path) -> None:
    folder = write(tmp_path, ['a,< 10,-,-,-,"""p""",c', 'b,> 10,-,-,-,"""q""",c'])
    toml = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(
        toml.replace('type = "number"', 'type = "number"\noptional = true'), encoding="utf-8"
    )
    assert [found.sentence("en") for found in problems(folder, *FAULTS)] == [
        "no rule matches some families, for example x = 10",
        "no rule matches some families where x is left out",
    ]
    write_rows = (
        'a,-,-,"""A""",-,"""p""",c'  # of another city no rule speaks, whatever x is: that is one gap, told once
    )
    (folder / "d.csv").write_text(f"rule,x,double,city,flag,→ d,clause\n{write_rows}\n", encoding="utf-8")
    (found,) = problems(folder, *FAULTS)
    assert found.sentence("en").startswith("no rule matches some families, for example city")


EARLIER = [
    # figure or decision before, hit policy, rows of `aid`, told
    ('expression = "x + 1"', "U", ["a,< 3,p", "b,>= 3,q"], []),
    ('expression = "x + 1"', "U", ["a,< 3,p", "b,>= 2,q"], ["overlap"]),
    ('expression = "max(0, x)"', "U", ["a,0,p", "b,> 0,q"], []),
    ('expression = "max(0, x)"', "U", ["a,0,p", "b,> 0,q", "e,< 0,r"], ["unreachable"]),
    ('expression = "min(x, 100) - 2"', "F", ["a,> 98,p", "b,-,q"], ["unreachable"]),
    ('expression = "x * x"', "U", ["a,< 0,p", "b,>= 0,q"], ["cannot-tell"]),
]  # fmt: skip


@pytest.mark.parametrize(("earlier", "hit", "rows", "said"), EARLIER)
def test_a_figure_decided_before_is_looked_into(
    tmp_path: Path, earlier: str, hit: str, rows: list[str], said: list[str]
) -> None:
    folder = write(tmp_path, ['a,-,-,-,-,"""p""",c'], hit)
    toml = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(
        toml + f'[[decision]]\nname = "aid"\ntype = "number"\n{earlier}\n', encoding="utf-8"
    )
    lines = [f'{rule},{cell},"""{out}""",c' for rule, cell, out in (row.split(",") for row in rows)]
    (folder / "d.csv").write_text("\n".join(["rule,aid,→ d,clause", *lines]) + "\n", encoding="utf-8")
    assert [problem.code for problem in problems(folder, *FAULTS)] == said


def test_a_figure_that_a_table_gives_has_that_tables_values(tmp_path: Path) -> None:
    folder = write(tmp_path, ['a,-,-,-,-,"""p""",c'])
    toml = (folder / "policy.toml").read_text(encoding="utf-8")
    table = '[[decision]]\nname = "points"\nfile = "points.csv"\nhit_policy = "F"\noutputs = [{name = "points", type = "number"}]\n'
    (folder / "policy.toml").write_text(toml + table, encoding="utf-8")
    (folder / "points.csv").write_text("rule,x,→ points,clause\na,< 10,1,c\nb,-,2,c\n", encoding="utf-8")
    head = "rule,points,x,→ d,clause\n"
    (folder / "d.csv").write_text(head + 'a,1,-,"""p""",c\nb,2,-,"""q""",c\ne,3,-,"""r""",c\n', encoding="utf-8")
    assert [(problem.code, problem.line) for problem in problems(folder, *FAULTS)] == [("unreachable", 4)]
    (folder / "d.csv").write_text(head + 'a,1,-,"""p""",c\nb,2,>= 10,"""q""",c\n', encoding="utf-8")
    assert problems(folder, *FAULTS) == []
    (folder / "d.csv").write_text(head + 'a,1,-,"""p""",c\nb,2,> 10,"""q""",c\n', encoding="utf-8")
    (found,) = problems(folder, *FAULTS)
    assert found.sentence("en") == "no rule matches some families, for example points = 2, x = 10"


def test_a_rule_that_more_important_ones_always_outrank_is_unreachable(tmp_path: Path) -> None:
    rows = [
        'a,< 10,-,-,-,"""low""",c',
        'b,-,< 14,-,-,"""high""",c',
        'e,> 6,-,-,-,"""middle""",c',
        'z,5,-,-,-,"""high""",c',
    ]
    output = '{name = "d", type = "string", values = ["high", "middle", "low"]}'
    found = problems(ranked(tmp_path, output, rows), *FAULTS)
    # a: below 7 b outranks it, above 6 e does; z: b is as important and stands first
    assert [(problem.code, problem.line) for problem in found] == [("unreachable", 2), ("unreachable", 5)]
    collected = problems(ranked(tmp_path / "o", output, rows, "O"), *FAULTS)
    assert collected == []


def test_two_areas_do_not_share_their_standards(tmp_path: Path) -> None:
    """City A's limit is 1: above it and below the other city's 2 nothing overlaps, and its rule for 3 is out of reach."""
    rows = [
        'a,< M,-,"""A""",-,"""p""",c',
        'b,>= 1,-,"""A""",-,"""q""",c',
        'e,-,-,"not(""A"")",-,"""r""",c',
        'z,-,-,"""C""",-,"""s""",c',
    ]
    folder = write(tmp_path, rows[:3])
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(
        text.replace('id = "t"', 'id = "t"\n[standards]\narea = "city"'), encoding="utf-8"
    )
    (folder / "standards.csv").write_text(
        "area,name,from,value\nA,M,2022-01-01,1\nB,M,2022-01-01,2\n", encoding="utf-8"
    )
    assert problems(folder, *FAULTS) == []
    # a city without a standard: rules that do not read it still meet
    write(tmp_path, rows)
    (folder / "policy.toml").write_text(
        text.replace('id = "t"', 'id = "t"\n[standards]\narea = "city"'), encoding="utf-8"
    )
    assert [problem.code for problem in problems(folder, *FAULTS)] == ["overlap"]


def test_a_quotient_is_compared_by_its_parts(tmp_path: Path) -> None:
    """Nothing is tried out: whatever the head count, a table over the quotient, the head count and the limit is whole."""
    folder = write(tmp_path, ['a,-,-,-,-,"""p""",c'])
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    members = '[[input]]\nname = "members"\ntype = "integer"\nallowed = "> 0"\n[[derived]]\nname = "y"\nexpression = "x / members"\n'
    (folder / "policy.toml").write_text(text.replace("[[derived]]", members + "[[derived]]", 1), encoding="utf-8")
    head = "rule,y,members,x,→ d,clause\n"
    rows = 'a,< 5,-,-,"""p""",c\nb,>= 5,> 40,-,"""q""",c\ne,>= 5,<= 40,-,"""r""",c\n'
    (folder / "d.csv").write_text(head + rows, encoding="utf-8")
    assert problems(folder, *FAULTS) == []
    (folder / "d.csv").write_text(head + rows + 'z,< 5,> 40,>= 205,"""s""",c\n', encoding="utf-8")
    (overlap,) = problems(folder, *FAULTS)
    assert overlap.sentence("en").startswith("rules a and z can both match, for example members = 42, x = 205")
    (folder / "d.csv").write_text(head + rows + 'z,< 5,[41..50],>= 250,"""s""",c\n', encoding="utf-8")
    (found,) = problems(folder, *FAULTS)
    assert (found.code, found.line) == ("unreachable", 5)


def test_words_that_nobody_named_and_named_others_are_both_tried(tmp_path: Path) -> None:
    rows = [
        'a,-,-,"""other"", ""other1""",-,"""p""",c',
        'b,-,-,"not(""other"", ""other1"", ""A"")",-,"""q""",c',
        'e,-,-,"""A""",-,"""r""",c',
    ]
    assert problems(write(tmp_path, rows), *FAULTS) == []
    (found,) = problems(write(tmp_path / "gap", [rows[0]]), *FAULTS)
    assert 'city = "other2"' in found.sentence("en")


def test_a_share_that_an_earlier_table_gives_is_put_in(tmp_path: Path) -> None:
    """A product of two figures is worked out for each of the shares; results of any type are what they are."""
    folder = write(tmp_path, ['a,-,-,-,-,"""p""",c'])
    toml = (folder / "policy.toml").read_text(encoding="utf-8")
    more = '[[decision]]\nname = "share"\nfile = "share.csv"\n[[decision]]\nname = "aid"\nexpression = "share * x"\n'
    (folder / "policy.toml").write_text(toml + more, encoding="utf-8")
    (folder / "share.csv").write_text("rule,flag,→ share,clause\na,true,1,c\nb,false,0.8,c\n", encoding="utf-8")
    (folder / "d.csv").write_text('rule,aid,x,→ d,clause\na,< 8,-,"""p""",c\nb,> 8,-,"""q""",c\n', encoding="utf-8")
    (found,) = problems(folder, *FAULTS)
    assert found.sentence("en") == "no rule matches some families, for example aid = 8"
    (folder / "d.csv").write_text('rule,share,→ d,clause\na,1,"""p""",c\nb,0.8,"""q""",c\n', encoding="utf-8")
    assert problems(folder, *FAULTS) == []


def test_what_must_be_given_and_is_asked_for_leaves_other_rules_open(tmp_path: Path) -> None:
    """Without a city rule b waits for it, so that z is never reached; without rule a everything else would be."""
    rows = ['b,-,-,"""B""",-,"""x""",c', 'z,-,-,null,-,"""z""",c', 'y,-,-,-,-,"""y""",c']
    found = problems(write(tmp_path, rows, hit="F"), *FAULTS)
    assert [(problem.code, problem.line) for problem in found] == [("unreachable", 3)]
