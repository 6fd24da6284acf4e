"""DMN files as other modellers write them: inputs left undeclared, boxed expressions, prefixes, types of their own."""

from fractions import Fraction
from pathlib import Path

import pytest

from nuanxin.policy import Policy, PolicyError
from nuanxin.policy.dmn import write_dmn, write_folder
from nuanxin.policy.folder import read_files

CAMUNDA = """<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd" id="d" name="Dish" namespace="http://camunda.org/schema/1.0/dmn">
  <decision id="dish" name="Dish">
    <decisionTable id="t">
      <input id="i1" label="Season"><inputExpression id="e1" typeRef="string"><text>season</text></inputExpression></input>
      <input id="i2"><inputExpression id="e2" typeRef="TYPE"><text>guestCount</text></inputExpression></input>
      <output id="o" label="Dish" name="desiredDish" typeRef="string" />
      <rule id="r1"><inputEntry><text>"Fall"</text></inputEntry><inputEntry><text>&lt;= 8</text></inputEntry><outputEntry><text>"Spareribs"</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>not("Fall","Winter")</text></inputEntry><inputEntry><text></text></inputEntry><outputEntry><text>"Steak"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  MORE
</definitions>
"""


def load(folder: Path, text: str) -> Policy:
    (folder / "p.dmn").write_text(text, encoding="utf-8")
    return Policy.load(folder / "p.dmn")


def camunda(folder: Path, kind: str = "integer", more: str = "") -> Policy:
    return load(folder, CAMUNDA.replace("TYPE", kind).replace("MORE", more))


@pytest.mark.parametrize(
    ("kind", "type_name"), [("integer", "integer"), ("long", "integer"), ("double", "number"), ("number", "number")]
)
def test_an_input_that_only_a_table_names_is_one(tmp_path: Path, kind: str, type_name: str) -> None:
    """dmn.io and Camunda do not ask for an inputData; the type stands at the table's input."""
    policy = camunda(tmp_path, kind)
    assert [(item.name, item.type) for item in policy.model.inputs] == [("season", "string"), ("guestCount", type_name)]
    assert policy.evaluate({"season": "Fall", "guestCount": " 8 "})["desiredDish"] == "Spareribs"
    back = Policy(read_files(write_folder(load(tmp_path, write_dmn(policy.model).decode()).model)))
    assert back.evaluate({"season": "Spring", "guestCount": "80"})["Dish_rule"] == "r2"


def test_an_input_without_a_type_takes_that_of_the_tables_input(tmp_path: Path) -> None:
    policy = camunda(tmp_path, more='<inputData id="x" name="guestCount"/><inputData id="y" name="other"/>')
    assert {item.name: item.type for item in policy.model.inputs} == {
        "guestCount": "integer",
        "other": "any",
        "season": "string",
    }
    (found,) = [problem for problem in policy.check() if problem.code == "untyped"]
    assert (found.file, found.line, found.values["name"]) == ("p.dmn", 11, "other")


def test_what_another_decision_gives_is_no_input(tmp_path: Path) -> None:
    """Camunda calls a decision by its output, DMN by its name: that is told, not read as a figure that families bring."""
    other = '<decision id="s" name="Season of today"><variable name="season"/><literalExpression><text>"Fall"</text></literalExpression></decision>'
    with pytest.raises(PolicyError, match="unknown name season") as caught:
        camunda(tmp_path, more=other)
    assert caught.value.problem.line == 4


def test_a_gap_is_told_with_the_line_of_its_table(tmp_path: Path) -> None:
    (gap,) = [problem for problem in camunda(tmp_path).check() if problem.code == "gap"]
    assert (gap.file, gap.line) == ("p.dmn", 2)


BOXED = """<s:definitions xmlns:s="http://www.omg.org/spec/DMN/20180521/MODEL/" xmlns:feel="http://www.omg.org/spec/DMN/20180521/FEEL/" id="_x1" name="Aid" namespace="n">
  <s:itemDefinition name="tFamily"><s:itemComponent name="income"><s:typeRef>number</s:typeRef></s:itemComponent>
    <s:itemComponent name="head count"><s:typeRef>number</s:typeRef></s:itemComponent></s:itemDefinition>
  <s:inputData name="Family"><s:variable name="Family" typeRef="tFamily"/></s:inputData>
  <s:businessKnowledgeModel name="per head"><s:variable name="per head" typeRef="number"/>
    <s:encapsulatedLogic><s:formalParameter name="sum of"/><s:formalParameter name="n"/>KNOWLEDGE</s:encapsulatedLogic></s:businessKnowledgeModel>
  <s:decision name="Aid"><s:variable name="Aid" typeRef="TYPE"/>
LOGIC</s:decision>
  <s:decisionService name="Aid service"><s:outputDecision href="#a"/></s:decisionService>
</s:definitions>
"""


def literal(text: str) -> str:
    return f"<s:literalExpression><s:text>{text}</s:text></s:literalExpression>"


def entry(name: str, logic: str) -> str:
    variable = f'<s:variable name="{name}"/>' if name else ""
    return f"<s:contextEntry>{variable}{logic}</s:contextEntry>"


def binding(name: str, logic: str) -> str:
    return f'<s:binding><s:parameter name="{name}"/>{logic}</s:binding>'


INVOCATION = f"<s:invocation>{literal('per head')}{binding('n', literal('Family.head count'))}{binding('sum of', literal('Family.income'))}</s:invocation>"
PLAIN = literal("sum of / 12 / n")


@pytest.mark.parametrize(
    ("knowledge", "logic", "kind", "value"),
    [
        (PLAIN, INVOCATION, "number", Fraction(700)),
        (PLAIN, f"<s:context>{entry('a head', INVOCATION)}{entry('half', literal('a head / 2'))}{entry('', literal('a head - half * 2 + half'))}</s:context>", "number", 350),
        # put in as a whole: 1 + 1 times 3 is 6, not 4
        (PLAIN, f"<s:context>{entry('two', literal('1 + 1'))}{entry('', literal('two * 3'))}</s:context>", "number", 6),
        # a name after a dot, and one before a colon, is none of the entries'
        (PLAIN, f"<s:context>{entry('income', literal('5'))}{entry('n', literal('2'))}{entry('', literal('income + per head(n: n, sum of: Family.income)'))}</s:context>", "number", 705),
        (f"<s:context>{entry('year', literal('sum of / n'))}{entry('', literal('year / 12'))}</s:context>", INVOCATION, "number", 700),
        (PLAIN, f"<s:list>{literal('1')}{INVOCATION}</s:list>", "Any", [1, 700]),
    ],
)  # fmt: skip
def test_boxed_expressions_are_read_as_formulas(
    tmp_path: Path, knowledge: str, logic: str, kind: str, value: object
) -> None:
    policy = load(tmp_path, BOXED.replace("KNOWLEDGE", knowledge).replace("LOGIC", logic).replace("TYPE", kind))
    family = {"Family": {"income": 16800, "head count": 2}}
    assert policy.evaluate(family)["Aid"] == value
    back = Policy(read_files(write_folder(policy.model)))
    assert back.evaluate(family)["Aid"] == value
    assert load(tmp_path, write_dmn(back.model).decode()).evaluate(family)["Aid"] == value


@pytest.mark.parametrize(
    ("logic", "said"),
    [
        (f"<s:context>{entry('a', literal('1'))}</s:context>", "the context has no result"),
        (f"<s:context>{entry('', '<s:relation/>')}</s:context>", "lacks a literal expression"),
        (f"<s:context>{entry('a', literal('1'))}{entry('', literal('b'))}</s:context>", "unknown name b"),
        (
            f"<s:invocation>{literal('per heads')}{binding('n', literal('1'))}</s:invocation>",
            "unknown name per",
        ),
        ("<s:relation/>", "neither a table nor a literal expression (relation): make it one of these"),
    ],
)
def test_a_boxed_expression_that_is_not_read_is_told_with_its_line(tmp_path: Path, logic: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, BOXED.replace("KNOWLEDGE", PLAIN).replace("LOGIC", logic).replace("TYPE", "number"))
    assert said in caught.value.problem.sentence("en")
    assert caught.value.problem.line in (7, 8)
