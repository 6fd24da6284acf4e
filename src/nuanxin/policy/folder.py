"""Reads a policy folder. Every mistake is a PolicyError with file, line and a sentence."""

import csv
import datetime as dt
import io
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

from nuanxin.policy.feel import SUBJECT, Call, Expr, Lit, Match, Scope, parse, parse_cell, substitute, walk
from nuanxin.policy.messages import PolicyError, Problem
from nuanxin.policy.model import (
    HIT_POLICIES,
    Case,
    Cell,
    Column,
    Decision,
    Figure,
    Input,
    Knowledge,
    Label,
    Model,
    Output,
    Rule,
    Standard,
    Table,
)
from nuanxin.policy.values import TYPES, Unreadable, read, read_date, read_number

T = TypeVar("T")
POLICY_FILE = "policy.toml"
CASES_FILE = "cases.csv"
ARROWS = ("→", "->", "=>", "⇒")
ALIASES = {"dateTime": "date and time", "duration": "days and time duration", "bool": "boolean", "text": "string"}

_KEYS = {
    "policy.toml": {
        "id", "name", "body", "document", "version", "effective_from", "effective_to",
        "standards", "input", "derived", "knowledge", "decision",
    },
    "[standards]": {"file", "area"},
    "[[input]]": {"name", "type", "unit", "label", "optional", "allowed", "parts"},
    "[[derived]]": {"name", "expression", "type", "unit", "label", "clause"},
    "[[knowledge]]": {"name", "parameters", "expression"},
    "[[decision]]": {"name", "kind", "file", "expression", "hit_policy", "type", "outputs", "label", "clause", "unit"},
    "outputs": {"name", "type", "values", "default", "label", "words"},
}  # fmt: skip

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML cannot hold
_TOML_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^uU])")


def decode(content: bytes, file: str) -> str:
    """The text of a file of a policy. Raises PolicyError where it is not UTF-8, or has a control sign, which nobody sees and DMN cannot hold."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError("bad-text", file, content.count(b"\n", 0, error.start) + 1) from None
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise PolicyError("control-sign", file, line, sign=f"U+{ord(found.group()):04X}")
    return text


def _controls(value: Any) -> list[str]:
    """The control signs in what a TOML file holds, names of keys included."""
    if isinstance(value, str):
        return _CONTROL.findall(value)
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [sign for part in parts for sign in _controls(part)]


def _refuse_escaped(text: str, top: dict[str, Any]) -> None:
    """Raises PolicyError for a control sign that a TOML file writes as an escape, such as `\\u0001`."""
    signs = _controls(top)
    for found in _TOML_ESCAPE.finditer(text) if signs else ():
        # in a remark or a text in single quotes an escape is none: the one that is, the file has fewer signs without
        without = text[: found.start()] + "\ue000" + text[found.end() :]
        if found.group()[1] in "bfuU" and len(_controls(tomllib.loads(without))) < len(signs):
            line = text.count("\n", 0, found.start()) + 1
            raise PolicyError("control-sign", POLICY_FILE, line, sign=found.group())


class _Lines:
    """Finds the line of a block of policy.toml, since the TOML reader does not keep it."""

    def __init__(self, text: str) -> None:
        self.lines = text.split(
            "\n"
        )  # as editors count them: a text may hold other signs that Python takes for ends of lines

    def block(self, header: str, index: int) -> int:
        """Line of the `index`-th `[[header]]`, from 1."""
        seen = -1
        for number, line in enumerate(self.lines, 1):
            if re.match(rf"\s*\[\[\s*{re.escape(header)}\s*\]\]", line):
                seen += 1
                if seen == index:
                    return number
        return 1

    def table(self, header: str) -> int:
        """Line of `[header]` or `header = …`, from 1."""
        wanted = re.compile(rf"\s*(\[+\s*{re.escape(header)}\s*\]|\"?{re.escape(header)}\"?\s*=)")
        return next((number for number, line in enumerate(self.lines, 1) if wanted.match(line)), 1)

    def key(self, start: int, key: str) -> int:
        """Line of `key = …` from `start` to the next block; `start` where it is not found."""
        for number, line in enumerate(self.lines[start - 1 :], start):
            if number > start and line.lstrip().startswith("["):
                break
            if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return number
        return start


def line_of(files: dict[str, bytes], key: str) -> int:
    """The line of policy.toml that gives a key of its head; the first where none does."""
    return _Lines(decode(files[POLICY_FILE], POLICY_FILE)).key(1, key)


def _keys(block: dict[str, Any], where: str, line: int) -> None:
    for key in block:
        if key not in _KEYS[where]:
            raise PolicyError("unknown-key", POLICY_FILE, line, where=where, key=key)


def _need(block: dict[str, Any], key: str, where: str, line: int) -> Any:
    if block.get(key) in (None, "", []):
        raise PolicyError("missing-key", POLICY_FILE, line, where=where, key=key)
    return block[key]


def _label(value: Any, name: str) -> Label:
    if isinstance(value, dict):
        return Label(str(value.get("zh") or name), str(value.get("en") or value.get("zh") or name))
    return Label(str(value or name), str(value or name))


def clean(name: Any) -> str:
    return " ".join(str(name).split())


def no_name(name: str) -> bool:
    """Whether a name already means something in an expression: `?`, `-`, a figure, a quoted text, `true`."""
    try:
        tree = parse_cell(name, Scope(()))
    except PolicyError:  # what cannot be read without names is free to be one
        return False
    return tree in (SUBJECT, Lit(True)) or (isinstance(tree, Match) and isinstance(tree.right, Lit))


def type_named(value: Any, name: str, line: int, file: str = POLICY_FILE) -> str:
    given = clean(value)
    base, _, item = given.partition("<")
    base = ALIASES.get(base, base)
    if base not in TYPES:
        raise PolicyError("bad-type", file, line, name=name, type=given, known=", ".join(TYPES))
    return f"{base}<{type_named(item.rstrip('>'), name, line, file)}>" if item else base


def _allowed(value: Any, kind: str, name: str, line: int) -> Any:
    """One of an output's allowed values, read by the output's type, so that it equals what the rules give."""
    kind = kind[5:-1] if kind.startswith("list<") else kind
    try:
        if kind == "any":
            return value if isinstance(value, str | bool) else read_number(value)
        return read(value, kind)
    except Unreadable:
        raise PolicyError("bad-allowed", POLICY_FILE, line, name=name, value=value, type=kind) from None


def _date(value: Any, line: int) -> dt.date | None:
    if value in (None, ""):
        return None
    try:
        return read_date(value)
    except Unreadable:
        raise PolicyError("bad-date", POLICY_FILE, line, value=value) from None


class Collected:
    """Gathers the errors of parts that are read one after another, so that a policy officer is told all of them at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, make: Callable[..., T], *args: Any) -> list[T]:
        """What `make(*args)` gives, as a list of one; empty where it raised."""
        try:
            return [make(*args)]
        except PolicyError as error:
            self.problems += error.problems
            return []

    def finish(self) -> None:
        """Raises the first of the errors with the others, if there were any."""
        if self.problems:
            first, *others = self.problems
            raise PolicyError(first.code, first.file, first.line, **first.values).with_others(others)


def placed(file: str, line: int, make: Any, *args: Any) -> Any:
    """Calls `make(*args)`; a PolicyError is told where it happened."""
    try:
        return make(*args)
    except PolicyError as error:
        raise error.at(file, line) from None


class _Folder:
    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        if POLICY_FILE not in files:
            raise PolicyError("no-file", name=POLICY_FILE)
        text = decode(files[POLICY_FILE], POLICY_FILE)
        try:
            self.top: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found.group(1)) if found else 0
            body = text.splitlines()[line - 1] if 0 < line <= len(text.splitlines()) else ""
            signs = " ".join(dict.fromkeys(re.findall("[“”‘’＂＝［］｛｝，]", body.partition("#")[0])))
            if signs:
                raise PolicyError("bad-toml-signs", POLICY_FILE, line, signs=signs) from None
            if "key part" in str(error) and not body.isascii():
                raise PolicyError("bad-toml-key", POLICY_FILE, line) from None
            raise PolicyError("bad-toml", POLICY_FILE, line, why=str(error)) from None
        _refuse_escaped(text, self.top)
        self.lines = _Lines(text)
        _keys(self.top, "policy.toml", 1)

    def blocks(self, header: str) -> Iterable[tuple[dict[str, Any], int]]:
        found = self.top.get(header, [])
        if not (isinstance(found, list) and all(isinstance(block, dict) for block in found)):
            line = self.lines.table(header)
            raise PolicyError("block-form", POLICY_FILE, line, key=header, form=f"[[{header}]]")
        for index, block in enumerate(found):
            line = self.lines.block(header, index)
            _keys(block, f"[[{header}]]", line)
            yield block, line

    def rows(self, file: str) -> list[tuple[int, list[str]]]:
        """The records of a CSV file with the line each starts on; blank records and trailing blank cells go."""
        if file not in self.files:
            raise PolicyError("no-file", file, name=file)
        return csv_rows(self.files[file], file)

    def read(self) -> Model:
        top, lines = self.top, self.lines
        identifier = clean(_need(top, "id", "policy.toml", 1))
        start, end = (_date(top.get(key), lines.key(1, key)) for key in ("effective_from", "effective_to"))
        if start and end and start > end:
            raise PolicyError("effective-order", POLICY_FILE, lines.key(1, "effective_from"), start=start, end=end)
        self.inputs = tuple(self._input(block, line) for block, line in self.blocks("input"))
        standards, area = self._standards()
        if (
            standards
            and any(standard.area for standard in standards)
            and area not in {item.name for item in self.inputs}
        ):
            raise PolicyError("no-area-input", POLICY_FILE, lines.key(1, "area"), name=area)
        names = self._names(standards)
        shells = [self._outputs(block, line) for block, line in self.blocks("decision")]
        if not shells:
            raise PolicyError("no-decision", POLICY_FILE, 1)
        functions = {
            clean(_need(block, "name", "[[knowledge]]", line)): tuple(map(clean, block.get("parameters", ())))
            for block, line in self.blocks("knowledge")
        }
        parts = {output.name for outputs in shells for output in outputs if len(outputs) > 1}
        parts |= {part for item in self.inputs for part in item.parts}
        self.scope = Scope(names, functions, parts)
        errors = Collected()
        knowledge = tuple(
            item for block, line in self.blocks("knowledge") for item in errors.read(self._knowledge, block, line)
        )
        figures = tuple(
            item for block, line in self.blocks("derived") for item in errors.read(self._figure, block, line)
        )
        decisions = tuple(
            item
            for (block, line), outputs in zip(self.blocks("decision"), shells, strict=True)
            for item in errors.read(self._decision, block, line, outputs)
        )
        without_circles(knowledge, POLICY_FILE)
        decisions = with_columns(decisions, self.inputs)
        cases = errors.read(read_cases, self.files, self.inputs, decisions) if not errors.problems else []
        errors.finish()
        return Model(
            id=identifier,
            name=_label(top.get("name"), identifier),
            body=str(top.get("body", "")),
            document=str(top.get("document", "")),
            version=str(top.get("version", "")),
            effective_from=start,
            effective_to=end,
            inputs=self.inputs,
            figures=figures,
            decisions=decisions,
            standards=standards,
            area_input=area,
            knowledge=knowledge,
            cases=cases[0],
            order=ordered(figures, decisions),
            files=self.files,
        )

    def _names(self, standards: tuple[Standard, ...]) -> list[str]:
        names = [item.name for item in self.inputs]
        names += dict.fromkeys(standard.name for standard in standards)
        for header in ("derived", "decision"):
            names += [clean(_need(block, "name", f"[[{header}]]", line)) for block, line in self.blocks(header)]
        seen: set[str] = set()
        for name in names:
            if name in seen or no_name(name):
                line = next(
                    (n for n, text in enumerate(self.lines.lines, 1) if re.search(rf'"{re.escape(name)}"', text)), 1
                )
                raise PolicyError("duplicate-name" if name in seen else "bad-name", POLICY_FILE, line, name=name)
            seen.add(name)
        return names

    def _input(self, block: dict[str, Any], line: int) -> Input:
        name = clean(_need(block, "name", "[[input]]", line))
        allowed = str(block.get("allowed", ""))
        tree = placed(POLICY_FILE, self.lines.key(line, "allowed"), parse_cell, allowed, Scope(())) if allowed else None
        return Input(
            name=name,
            type=type_named(block.get("type", "number"), name, self.lines.key(line, "type")),
            label=_label(block.get("label"), name),
            unit=str(block.get("unit", "")),
            optional=self._flag(block, "optional", line),
            allowed=tree,
            allowed_text=allowed,
            line=line,
            parts=tuple(map(clean, block.get("parts", ()))),
        )

    def _flag(self, block: dict[str, Any], key: str, line: int) -> bool:
        value = block.get(key, False)
        if not isinstance(value, bool):
            raise PolicyError("bad-flag", POLICY_FILE, self.lines.key(line, key), key=key)
        return value

    def _standards(self) -> tuple[tuple[Standard, ...], str]:
        block = self.top.get("standards", {})
        if not isinstance(block, dict):
            raise PolicyError(
                "block-form", POLICY_FILE, self.lines.table("standards"), key="standards", form="[standards]"
            )
        _keys(block, "[standards]", self.lines.table("standards"))
        file, area = str(block.get("file", "standards.csv")), clean(block.get("area", "area"))
        if file not in self.files and not block:
            return (), ""
        rows = self.rows(file)
        if not rows:
            raise PolicyError("missing-key", file, 1, where=file, key="area, name, from, value")
        head_line, head = rows[0]
        _once(head, file, head_line)
        wanted = ["area", "name", "from", "value", "document"]
        for key in wanted[1:4]:
            if key not in head:
                raise PolicyError("missing-key", file, head_line, where=file, key=key)
        found = []
        for line, cells in rows[1:]:
            if not len(wanted) - 2 <= len(cells) <= len(head):
                raise PolicyError("cells", file, line, found=len(cells), expected=len(head))
            row = dict.fromkeys(head, "") | dict(zip(head, cells, strict=False))
            if not row["name"]:
                raise PolicyError("empty-name", file, line)
            try:
                start = read_date(row["from"])
            except Unreadable:
                raise PolicyError("bad-date", file, line, value=row["from"] or "—") from None
            try:
                value = read_number(row["value"])
            except Unreadable:
                raise PolicyError("bad-number", file, line, value=row["value"] or "—") from None
            place = row.get("area", "")
            area_of = "" if place in ("*", "＊") else place
            found.append(Standard(clean(row["name"]), area_of, start, value, row.get("document", ""), line, file))
        return tuple(found), area

    def _knowledge(self, block: dict[str, Any], line: int) -> Knowledge:
        parameters = tuple(clean(name) for name in block.get("parameters", []))
        for name in parameters:
            if no_name(name):
                raise PolicyError("bad-name", POLICY_FILE, self.lines.key(line, "parameters"), name=name)
        text = str(_need(block, "expression", "[[knowledge]]", line))
        tree = placed(
            POLICY_FILE, self.lines.key(line, "expression"), parse, text, Scope(parameters, self.scope.functions)
        )
        return Knowledge(clean(block["name"]), parameters, text, tree, line)

    def _figure(self, block: dict[str, Any], line: int) -> Figure:
        name, text = clean(block["name"]), str(_need(block, "expression", "[[derived]]", line))
        at = self.lines.key(line, "expression")
        return Figure(
            name=name,
            text=text,
            tree=placed(POLICY_FILE, at, parse, text, self.scope),
            type=type_named(block.get("type", "number"), name, self.lines.key(line, "type")),
            label=_label(block.get("label"), name),
            unit=str(block.get("unit", "")),
            clause=str(block.get("clause", "")),
            line=at,
        )

    def _outputs(self, block: dict[str, Any], line: int) -> tuple[Output, ...]:
        """The outputs of a decision; their literal values are read without names in scope."""
        name = clean(_need(block, "name", "[[decision]]", line))
        given = block.get("outputs") or [{"type": block.get("type", "any"), "label": block.get("label")}]
        if not (isinstance(given, list) and all(isinstance(item, dict) for item in given)):
            at, form = self.lines.key(line, "outputs"), '[{name = "…", type = "…"}]'
            raise PolicyError("block-form", POLICY_FILE, at, key="outputs", form=form)
        found = []
        for item in given:
            _keys(item, "outputs", line)
            own = clean(item.get("name", "")) or name
            at = self.lines.key(line, "outputs")
            kind = type_named(item.get("type", "any"), own, at)
            default = item.get("default", "")
            default = str(default).lower() if isinstance(default, bool) else str(default)
            found.append(
                Output(
                    name=own,
                    type=kind,
                    label=_label(item.get("label"), own),
                    column=own,
                    values=tuple(_allowed(value, kind, own, at) for value in item.get("values", ())),
                    default=placed(POLICY_FILE, at, parse, default, Scope(())) if default else None,
                    default_text=default,
                    words=tuple(
                        (str(value), _label(label, str(value))) for value, label in item.get("words", {}).items()
                    ),
                )
            )
        return tuple(found)

    def _decision(self, block: dict[str, Any], line: int, outputs: tuple[Output, ...]) -> Decision:
        name = clean(block["name"])
        label, clause = _label(block.get("label"), name), str(block.get("clause", ""))
        kind = block.get("kind") or ("expression" if "expression" in block else "table")
        if kind == "expression":
            text = str(_need(block, "expression", "[[decision]]", line))
            at = self.lines.key(line, "expression")
            tree = placed(POLICY_FILE, at, parse, text, self.scope)
            return Decision(name, label, outputs, None, tree, text, clause, POLICY_FILE, at)
        file = str(block.get("file", f"{name}.csv"))
        hit = str(block.get("hit_policy", "U")).strip().upper()
        hit = {long: short for short, long in HIT_POLICIES.items()}.get(hit, hit)
        if hit not in HIT_POLICIES:
            at = self.lines.key(line, "hit_policy")
            raise PolicyError("bad-hit-policy", POLICY_FILE, at, value=hit, known=", ".join(HIT_POLICIES))
        table, outputs = self._table(file, hit, name, outputs, "outputs" in block)
        check_outputs(hit, outputs, POLICY_FILE, line)
        return Decision(name, label, outputs, table, None, "", clause, file, line)

    def _table(
        self, file: str, hit: str, name: str, outputs: tuple[Output, ...], declared: bool
    ) -> tuple[Table, tuple[Output, ...]]:
        rows = self.rows(file)
        if not rows:
            raise PolicyError("no-rules", file, 1)
        head_line, head = rows[0]
        is_output = [cell.startswith(ARROWS) for cell in head]
        if not any(is_output):
            raise PolicyError("no-output-column", file, head_line)
        first, last = is_output.index(True), len(head) - 1 - is_output[::-1].index(True)
        found = [clean(re.sub(r"^(→|->|=>|⇒)\s*", "", cell)) or name for cell in head[first : last + 1]]
        if declared and found != [output.name for output in outputs]:
            expected = ", ".join(output.name for output in outputs)
            raise PolicyError("outputs-differ", file, head_line, found=", ".join(found), expected=expected)
        if not declared:
            outputs = tuple(Output(column, "any", _label(None, column), column) for column in found)
        columns = tuple(Column(text, placed(file, head_line, parse, text, self.scope)) for text in head[1:first])
        errors = Collected()
        rules: list[Rule] = []
        seen: set[str] = set()
        for number, (line, cells) in enumerate(rows[1:], 1):
            for rule in errors.read(self._rule, file, line, cells, number, head, (first, last), columns):
                if rule.id in seen:
                    errors.problems.append(Problem("duplicate-rule", file, line, {"rule": rule.id}))
                seen.add(rule.id)
                rules.append(rule)
        errors.finish()
        if not rules:
            raise PolicyError("no-rules", file, head_line)
        return Table(hit, columns, tuple(rules)), outputs

    def _rule(
        self,
        file: str,
        line: int,
        cells: list[str],
        number: int,
        head: list[str],
        outputs: tuple[int, int],
        columns: tuple[Column, ...],
    ) -> Rule:
        """One row of a table. `outputs`: the first and the last place of the output columns."""
        first, last = outputs
        if len(cells) < last + 1 or len(cells) > len(head):
            raise PolicyError("cells", file, line, found=len(cells), expected=len(head))
        rule = cells[0] or str(number)
        errors = Collected()
        for column, text in zip(head[1 : last + 1], cells[1 : last + 1], strict=True):
            if not text:
                errors.problems.append(Problem("empty-cell", file, line, {"rule": rule, "column": column}))
        conditions = tuple(
            cell
            for column, text in zip(columns, cells[1:first], strict=True)
            if text
            for cell in errors.read(placed, file, line, make_cell, text, column, self.scope)
        )
        texts = tuple(cells[first : last + 1])
        trees = tuple(
            tree for text in texts if text for tree in errors.read(placed, file, line, parse, text, self.scope)
        )
        errors.finish()
        clause = next((cell for cell in cells[last + 1 :] if cell), "")
        return Rule(rule, conditions, trees, texts, clause, line)


def _once(head: list[str], file: str, line: int) -> None:
    """Raises PolicyError for a column that stands twice."""
    for name in head:
        if name and head.count(name) > 1:
            raise PolicyError("duplicate-column", file, line, name=name)


def parted_by(head: str) -> str:
    """The sign that stands where commas should in a header read as one cell; "" where there is none."""
    signs = {";": ";", "；": "；", "\t": "Tab", "，": "，"}
    return next((told for sign, told in signs.items() if sign in head), "")


def csv_rows(content: bytes, file: str) -> list[tuple[int, list[str]]]:
    """The records of a CSV file with the line each starts on; blank records and trailing blank cells go."""
    reader = csv.reader(io.StringIO(decode(content, file), newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                found.append((start, cells))
            start = reader.line_num + 1
    except csv.Error:
        raise PolicyError("bad-csv-quotes", file, start) from None
    if found and len(found[0][1]) == 1 and (sign := parted_by(found[0][1][0])):
        raise PolicyError("bad-separator", file, found[0][0], sign=sign)
    if found:
        width = max(index + 1 for index, cell in enumerate(found[0][1]) if cell)
        ends = [max(index + 1 for index, cell in enumerate(cells) if cell) for _, cells in found]
        found = [(line, cells[: max(width, end)]) for (line, cells), end in zip(found, ends, strict=True)]
    return found


def read_cases(
    files: dict[str, bytes], all_inputs: tuple[Input, ...], decisions: tuple[Decision, ...]
) -> tuple[Case, ...]:
    """The worked families of cases.csv; none where there is no such file. Raises PolicyError."""
    if CASES_FILE not in files:
        return ()
    rows = csv_rows(files[CASES_FILE], CASES_FILE)
    if not rows:
        return ()
    head_line, head = rows[0]
    inputs = {item.name for item in all_inputs}
    results = {output.column for decision in decisions for output in decision.outputs}
    results |= {f"{decision.name}_{end}" for decision in decisions for end in ("rule", "problem")}
    plain = [clean(re.sub(r"^(→|->|=>|⇒)\s*", "", cell)) for cell in head]
    _once(plain, CASES_FILE, head_line)
    for name in plain:
        if name not in inputs | results | {"case", "as_of", "note", ""}:
            raise PolicyError("bad-case", CASES_FILE, head_line, name=name)
    found: list[Case] = []
    for line, cells in rows[1:]:
        if len(cells) > len(head):
            raise PolicyError("cells", CASES_FILE, line, found=len(cells), expected=len(head))
        row = {name: cell for name, cell in zip(plain, cells, strict=False) if name}
        try:
            on = read_date(row["as_of"]) if row.get("as_of") else None
        except Unreadable:
            raise PolicyError("bad-date", CASES_FILE, line, value=row["as_of"]) from None
        found.append(
            Case(
                name=row.get("case") or str(len(found) + 1),
                row={name: row[name] for name in row if name in inputs},
                as_of=on,
                expected={name: row[name] for name in row if name in results},
                line=line,
            )
        )
    return tuple(found)


def make_cell(text: str, column: Column, scope: Scope) -> Cell:
    tree: Expr = parse_cell(text, scope)
    return Cell(text, substitute(tree, {SUBJECT.name: column.tree}))


def check_outputs(hit: str, outputs: tuple[Output, ...], file: str, line: int) -> None:
    if hit in ("P", "O") and not any(output.values for output in outputs):
        raise PolicyError("priority-values", file, line, hit=hit)
    if hit in ("C+", "C<", "C>", "C#") and len(outputs) > 1:
        raise PolicyError("aggregate-outputs", file, line, hit=hit)


def with_columns(decisions: tuple[Decision, ...], inputs: Iterable[Input]) -> tuple[Decision, ...]:
    """The decisions with the columns of their outputs in a decided table: the output's name, or `decision.output` where that name is taken twice.

    An output that bears its decision's name keeps it: no other decision can have it.
    """
    taken = Counter(item.name for item in inputs)
    for decision in decisions:
        taken.update([f"{decision.name}_rule", f"{decision.name}_problem", *(one.column for one in decision.outputs)])
        if all(one.column != decision.name for one in decision.outputs):
            taken.update([decision.name])

    def column(decision: Decision, output: Output) -> str:
        plain = taken[output.column] == 1 or output.column == decision.name
        return output.column if plain else f"{decision.name}.{output.name}"

    return tuple(
        replace(decision, outputs=tuple(replace(one, column=column(decision, one)) for one in decision.outputs))
        for decision in decisions
    )


def without_circles(knowledge: tuple[Knowledge, ...], file: str) -> tuple[Knowledge, ...]:
    """The knowledge itself. Raises PolicyError where it calls itself, which would never end."""
    calls = {item.name: [part.name for part in walk(item.tree) if isinstance(part, Call)] for item in knowledge}
    graph = {name: [call for call in called if call in calls] for name, called in calls.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        line = next(item.line for item in knowledge if item.name == error.args[1][0])
        raise PolicyError("cycle", file, line, names=" → ".join(error.args[1])) from None
    return knowledge


def ordered(
    figures: tuple[Figure, ...], decisions: tuple[Decision, ...], file: str = POLICY_FILE
) -> tuple[Figure | Decision, ...]:
    """Figures and decisions so that each comes after what it reads; else in the order they are written."""
    everything: list[Figure | Decision] = [*figures, *decisions]
    items = {item.name: item for item in everything}
    graph = {name: [read for read in item.reads() if read in items] for name, item in items.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = " → ".join(error.args[1])
        raise PolicyError("cycle", file, items[error.args[1][0]].line, names=names) from None
    done: dict[str, Figure | Decision] = {}

    def add(name: str) -> None:
        if name not in done:
            for read in graph[name]:
                add(read)
            done[name] = items[name]

    for name in items:
        add(name)
    return tuple(done.values())


def read_folder(path: Path) -> Model:
    """Reads the folder's policy.toml and CSV files. Raises PolicyError."""
    if not path.is_dir():
        raise PolicyError("no-folder", path=path)
    wanted = [file for file in sorted(path.iterdir()) if file.name == POLICY_FILE or file.suffix == ".csv"]
    return read_files({file.name: file.read_bytes() for file in wanted})


def read_files(files: dict[str, bytes]) -> Model:
    """The model of a policy folder's files by name. Raises PolicyError."""
    return _Folder(files).read()
