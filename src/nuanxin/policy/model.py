"""What a policy is: its parts as frozen records. Read by `folder` and `dmn`, evaluated by `decide`, compiled by `sql`."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from nuanxin.policy.feel import Expr, names_in, same_form

HIT_POLICIES: Final = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
    "C+": "COLLECT SUM",
    "C<": "COLLECT MIN",
    "C>": "COLLECT MAX",
    "C#": "COLLECT COUNT",
}
MANY: Final = ("R", "O", "C", "C+", "C<", "C>", "C#")


@dataclass(frozen=True, slots=True)
class Label:
    """What people call it, in Chinese and English."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Input:
    """A figure that the family brings. `optional`: it may be left out and then satisfies no comparison.

    `allowed`: unary tests over `?` that a readable value must pass; a value that fails is treated as missing, and said to be.
    `parts`: the component names of a context. `unit`: shown to people; `fen`/`分` and `万元` are also applied (an amount of type money is yuan in every expression).
    """

    name: str
    type: str
    label: Label
    unit: str = ""
    optional: bool = False
    allowed: Expr | None = None
    allowed_text: str = ""
    line: int = 0
    parts: tuple[str, ...] = ()

    @property
    def factor(self) -> Fraction:
        """What a value in the table is multiplied by to give the value that expressions see."""
        if self.type != "money":
            return Fraction(1)
        return {"fen": Fraction(1, 100), "分": Fraction(1, 100), "万元": Fraction(10_000)}.get(self.unit, Fraction(1))


@dataclass(frozen=True, slots=True)
class Standard:
    """One dated local figure. `area` "" holds everywhere."""

    name: str
    area: str
    start: dt.date
    value: Fraction
    document: str = ""
    line: int = 0
    file: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """A derived figure: computed from inputs, standards and earlier figures; never rounded before it is compared."""

    name: str
    text: str
    tree: Expr
    type: str
    label: Label
    unit: str = ""
    clause: str = ""
    line: int = 0

    def reads(self) -> tuple[str, ...]:
        return names_in(self.tree)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A named piece of business knowledge: a function of its parameters."""

    name: str
    parameters: tuple[str, ...]
    text: str
    tree: Expr
    line: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """`column`: its name in a decided table. `values`: allowed values, the most important first (hit policies P and O).

    `words`: what people call the texts it gives, for explanations; tables keep the texts.
    """

    name: str
    type: str
    label: Label
    column: str
    values: tuple[Any, ...] = ()
    default: Expr | None = None
    default_text: str = ""
    words: tuple[tuple[str, Label], ...] = ()

    def said(self, value: Any, lang: str) -> Any:
        """A text it gives as people call it, with the text itself in brackets; any other value as it is."""
        label = dict(self.words).get(value) if isinstance(value, str) else None
        if label is None or label.text(lang) == value:
            return value
        return f"{label.zh}（{value}）" if lang == "zh" else f"{label.en} ({value})"


@dataclass(frozen=True, slots=True)
class Cell:
    """A condition as written, and as a boolean tree with the column's expression put for `?`."""

    text: str
    tree: Expr


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    cells: tuple[Cell, ...]
    outputs: tuple[Expr, ...]
    output_texts: tuple[str, ...]
    clause: str = ""
    line: int = 0

    def reads(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for cell in self.cells for name in names_in(cell.tree)))


@dataclass(frozen=True, slots=True)
class Column:
    """An input column of a table: the expression in its header."""

    text: str
    tree: Expr
    type: str = ""
    values_text: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    hit: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: a table, or one expression (then `tree` is set). Its value is the output, or a context of several."""

    name: str
    label: Label
    outputs: tuple[Output, ...]
    table: Table | None = None
    tree: Expr | None = None
    text: str = ""
    clause: str = ""
    file: str = ""
    line: int = 0

    @property
    def single(self) -> bool:
        """Whether its value is its one output, not a context of several."""
        return len(self.outputs) == 1

    @property
    def many(self) -> bool:
        """Whether several rules may give the result."""
        return self.table is not None and self.table.hit in MANY

    def decisive(self) -> list[Any]:
        """Everything about it that decides, as plain data."""
        outputs = [
            [item.name, item.type, [str(value) for value in item.values], same_form(item.default_text)]
            for item in self.outputs
        ]
        if self.table is None:
            return [self.name, outputs, same_form(self.text), self.clause]
        rules = [
            [rule.id, [same_form(cell.text) for cell in rule.cells], [*map(same_form, rule.output_texts)], rule.clause]
            for rule in self.table.rules
        ]
        columns = [same_form(column.text) for column in self.table.columns]
        return [self.name, outputs, self.table.hit, columns, rules, self.clause]

    def reads(self) -> tuple[str, ...]:
        """Names its value depends on, in order of appearance."""
        if self.table is None:
            return names_in(self.tree) if self.tree is not None else ()
        trees = [column.tree for column in self.table.columns]
        for rule in self.table.rules:
            trees += [cell.tree for cell in rule.cells]
            trees += rule.outputs
        return tuple(dict.fromkeys(name for tree in trees for name in names_in(tree)))


@dataclass(frozen=True, slots=True)
class Case:
    """A worked family: figures in, expected results out (keys: output columns, `<decision>_rule`, `<decision>_problem`)."""

    name: str
    row: dict[str, Any]
    as_of: dt.date | None
    expected: dict[str, str]
    line: int = 0


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A worked case tried: `differences` column → (expected, found), empty when it holds; `rules` by decision."""

    case: Case
    differences: dict[str, tuple[str, str]]
    rules: dict[str, tuple[str, ...]]

    @property
    def holds(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Model:
    """A whole policy, parsed. `order`: figures and decisions so that each comes after what it reads."""

    id: str
    name: Label
    body: str
    document: str
    version: str
    effective_from: dt.date | None
    effective_to: dt.date | None
    inputs: tuple[Input, ...]
    figures: tuple[Figure, ...]
    decisions: tuple[Decision, ...]
    standards: tuple[Standard, ...] = ()
    area_input: str = ""
    knowledge: tuple[Knowledge, ...] = ()
    cases: tuple[Case, ...] = ()
    order: tuple[Figure | Decision, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def standard_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(standard.name for standard in self.standards))

    def standard_type(self, name: str) -> str:
        """Money, or a plain number where one of its values has parts of a cent (a share, a coefficient)."""
        whole = all((item.value * 100).denominator == 1 for item in self.standards if item.name == name)
        return "money" if whole else "number"

    def digest(self, on: dt.date | None = None) -> str:
        """SHA-256 of everything that decides: inputs, figures, standards, tables with their clauses, validity; nothing that is only said.

        Labels, comments, worked cases and the form (folder or DMN) do not count. `on`: without the standards that begin after
        the day, so that a new year's figure leaves the digest of an old decision as it was.
        """
        standards = [
            [item.name, item.area, item.start.isoformat(), str(item.value)]
            for item in self.standards
            if on is None or item.start <= on
        ]
        parts = [
            [self.id, self.version, str(self.effective_from), str(self.effective_to), self.area_input],
            [[i.name, i.type, str(i.factor), i.optional, same_form(i.allowed_text)] for i in self.inputs],
            [[i.name, same_form(i.text), i.type] for i in self.figures],
            [[i.name, list(i.parameters), same_form(i.text)] for i in self.knowledge],
            sorted(standards),
            [item.decisive() for item in self.decisions],
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    def functions(self) -> dict[str, tuple[tuple[str, ...], Expr]]:
        return {item.name: (item.parameters, item.tree) for item in self.knowledge}

    def in_force(self, on: dt.date) -> bool:
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_to is None or on <= self.effective_to
        )

    def standard_on(self, name: str, area: str | None, on: dt.date) -> Standard | None:
        """The figure in force for the area (else the one that holds everywhere): the latest from ≤ `on`."""
        for wanted in (area, ""):
            found = [s for s in self.standards if s.name == name and s.area == wanted and s.start <= on]
            if found:
                return max(found, key=lambda standard: standard.start)
        return None
