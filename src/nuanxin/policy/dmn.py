"""Reads and writes DMN 1.1–1.5 files.

Source: OMG DMN 1.5, chapter 6–8 and the XSD. What a folder says and DMN cannot (dated standards, money, labels, validity) travels in
extension elements and attributes of our own namespace, which other tools keep or ignore; a standard is also a decision table over area
and date, so that the file decides the same anywhere.
"""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from lxml import etree

from nuanxin.policy.feel import Lit, Scope, names_in, parse, parse_cell, plain, put_in
from nuanxin.policy.folder import (
    ALIASES,
    CASES_FILE,
    check_outputs,
    clean,
    decode,
    make_cell,
    no_name,
    ordered,
    placed,
    read_cases,
    type_named,
    with_columns,
    without_circles,
)
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.model import (
    HIT_POLICIES,
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
from nuanxin.policy.values import TYPES, Unreadable, number_text, read_date

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
OURS = "urn:nuanxin:policy:1"
AS_OF = "as_of"  # the date input that an exported standard reads
_AGGREGATORS = {"SUM": "C+", "MIN": "C<", "MAX": "C>", "COUNT": "C#"}
_XML_ID = re.compile(r"[^\W\d][\w.-]*")
MAX_BYTES = 20_000_000
FEEL_NAMES = {"feel", "s-feel", "sfeel"}  # how the parts of an expressionLanguage, a URI in most files, name FEEL
FORMULAS = ("literalExpression", "invocation", "context", "list")
BOXED = (*FORMULAS, "decisionTable", "relation", "functionDefinition", "conditional", "for", "some", "every", "filter")
EXPRESSIONS = (
    "literalExpression", "inputExpression", "inputEntry", "outputEntry", "defaultOutputEntry",
    "inputValues", "outputValues", "allowedValues",
)  # fmt: skip
NAMED = ("inputData", "decision", "businessKnowledgeModel", "itemDefinition", "itemComponent", "formalParameter")


def _local(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: Any, *names: str) -> list[Any]:
    return [child for child in element if _local(child) in names]


def _logic(element: Any) -> Any:
    """The boxed expression in an element that can be read as a formula; None where there is none."""
    return next(iter(_children(element, *FORMULAS)), None)


def _child(element: Any, name: str) -> Any:
    return next(iter(_children(element, name)), None)


def _text(element: Any) -> str:
    """The text of a `<text>` child; "" where there is none."""
    found = None if element is None else _child(element, "text")
    return (found.text or "").strip() if found is not None else ""


def _parameters(knowledge: Any) -> tuple[str, ...]:
    """The parameter names of a business knowledge model."""
    logic = _child(knowledge, "encapsulatedLogic")
    return tuple(clean(part.get("name")) for part in _children(logic, "formalParameter")) if logic is not None else ()


def _ours(element: Any, name: str) -> str:
    """An attribute of our namespace; "" where there is none."""
    return str(element.get(f"{{{OURS}}}{name}") or "")


@dataclass(frozen=True, slots=True)
class _Type:
    base: str
    parts: tuple[str, ...] = ()
    allowed: str = ""


class _Reader:
    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        if len(content) > MAX_BYTES:
            raise PolicyError("bad-dmn", file, 0, why_zh="文件太大", why_en="the file is too large")
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, remove_comments=True, load_dtd=False, huge_tree=False
        )
        try:
            self.root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError as error:
            raise PolicyError("bad-dmn", file, error.lineno or 0, why_zh=str(error), why_en=str(error)) from None
        if self.root.getroottree().docinfo.doctype:
            raise PolicyError("bad-dmn", file, 1, why_zh="不允许 DOCTYPE", why_en="a DOCTYPE is not allowed")
        if _local(self.root) != "definitions":
            raise PolicyError("bad-dmn", file, 1, why_zh="不是 DMN 文件", why_en="this is not a DMN file")
        for imported in _children(self.root, "import"):
            self._refuse(imported, "引用了别的模型", "it imports another model")
        self.content = content
        for item in self.root.iter():
            # With an href it is no definition but points at one, as in a decision service.
            if _local(item) in NAMED and item.get("href") is None:
                name = clean(item.get("name") or "")
                if not name:
                    self._refuse(item, f"{_local(item)} 没有 name", f"this {_local(item)} has no name")
                if no_name(name):
                    raise PolicyError("bad-name", file, item.sourceline or 0, name=name)
        self._languages()
        self.definitions = {clean(item.get("name")): item for item in _children(self.root, "itemDefinition")}
        self.types: dict[str, _Type] = {}
        for name in self.definitions:
            self._defined(name, ())

    def _languages(self) -> None:
        """Raises PolicyError where an expression is in another language than FEEL: it would be read as what it is not."""
        for item in self.root.iter():
            if _local(item) in EXPRESSIONS:
                says = item if item.get("expressionLanguage") else self.root
                language = says.get("expressionLanguage") or "FEEL"
                if not FEEL_NAMES & set(re.split("[/:#]", language.strip().lower())):
                    self._refuse(
                        says,
                        f"expressionLanguage 是 {language}，只读 FEEL 和 S-FEEL；请把公式改写成 FEEL",
                        f"the expressionLanguage is {language}: only FEEL and S-FEEL are read, write the expressions in FEEL",
                    )

    def _refuse(self, element: Any, zh: str, en: str) -> NoReturn:
        raise PolicyError("bad-dmn", self.file, element.sourceline or 0, why_zh=zh, why_en=en)

    def _defined(self, name: str, through: tuple[str, ...]) -> _Type:
        """The type of an item definition. `through`: those whose typeRefs led to it. Raises PolicyError where they go in a circle."""
        if name in through:
            names = " → ".join((*through[through.index(name) :], name))
            self._refuse(
                self.definitions[name],
                f"类型 {names} 只互相引用；其中一个的 typeRef 应是 number、string 等基本类型",
                f"the types {names} name each other only: one of them must name a type such as number or string",
            )
        if name not in self.types:
            self.types[name] = self._item(self.definitions[name], (*through, name))
        return self.types[name]

    def _item(self, item: Any, through: tuple[str, ...]) -> _Type:
        parts = tuple(clean(part.get("name")) for part in item.iter() if _local(part) == "itemComponent")
        reference = _child(item, "typeRef")
        if _children(item, "itemComponent"):
            found = _Type("context", parts)
        else:
            found = self._named(reference.text if reference is not None else "any", item, through)
        if item.get("isCollection") == "true":
            simple = found.base in TYPES and found.base not in ("context", "any", "list")
            return _Type(f"list<{found.base}>" if simple else "list", found.parts)
        return replace(found, allowed=_text(_child(item, "allowedValues")) or found.allowed)

    def _named(self, reference: str | None, where: Any, through: tuple[str, ...]) -> _Type:
        """The type that an item definition's typeRef names, a type of DMN before one defined in the file. Raises PolicyError for one that is neither."""
        given = clean(reference or "any")
        name = given.rpartition("}")[2] if given.startswith("{") else given.rpartition(":")[2]
        name = {
            "Any": "any",
            "yearMonthDuration": "years and months duration",
            "dayTimeDuration": "days and time duration",
            "long": "integer",  # Camunda's
            "double": "number",
        }.get(name, ALIASES.get(name, name))
        if name in TYPES:
            return _Type(name)
        own = next((one for one in (given, name) if one in self.definitions), None)
        if own is None:
            at = where.sourceline or 0
            known = ", ".join((*TYPES, *sorted(self.definitions)))
            raise PolicyError(
                "bad-type", self.file, at, name=where.get("name") or _local(where), type=given, known=known
            )
        return self._defined(own, through)

    def type_of(self, reference: str | None, where: Any) -> _Type:
        """The type that a typeRef names, one defined in the file before a type of DMN. Raises PolicyError for one that is neither."""
        name = clean(reference or "")
        return self.types.get(name) or self.types.get(name.rpartition(":")[2]) or self._named(reference, where, ())

    def _own_type(self, element: Any, otherwise: str) -> str:
        """The type that our attribute says (money, a whole number), else `otherwise`."""
        own = _ours(element, "type")
        return (
            type_named(own, clean(element.get("name") or ""), element.sourceline or 0, self.file) if own else otherwise
        )

    def _day(self, text: str | None, element: Any) -> dt.date | None:
        try:
            return read_date(text) if text else None
        except Unreadable:
            raise PolicyError("bad-date", self.file, element.sourceline or 0, value=text) from None

    # the model
    def read(self) -> Model:
        root = self.root
        standards, names = self._standards()
        decisions = [item for item in _children(root, "decision") if clean(item.get("name")) not in names]
        if not decisions:
            raise PolicyError("no-decision", self.file, 1)
        asked = self._asked()
        inputs = tuple(self._input(item, asked) for item in _children(root, "inputData") if not _ours(item, "as_of"))
        inputs += self._undeclared(asked, {*(item.name for item in inputs), *names})
        all_names = [item.name for item in inputs] + list(names) + [clean(item.get("name")) for item in decisions]
        seen: set[str] = set()
        for name in all_names:
            if name in seen:
                raise PolicyError("duplicate-name", self.file, 1, name=name)
            seen.add(name)
        models = _children(root, "businessKnowledgeModel")
        parts = {part for kind in self.types.values() for part in kind.parts}
        parts |= {
            clean(output.get("name"))
            for item in decisions
            for output in item.iter()
            if _local(output) == "output" and output.get("name")
        }
        self.scope = Scope(all_names, {clean(item.get("name")): _parameters(item) for item in models}, parts)
        knowledge = without_circles(tuple(self._knowledge(item) for item in models), self.file)
        figures = tuple(self._figure(item) for item in decisions if _ours(item, "figure"))
        made = with_columns(tuple(self._decision(item) for item in decisions if not _ours(item, "figure")), inputs)
        extension = _child(root, "extensionElements")
        own = next((e for e in (extension if extension is not None else ()) if e.tag == f"{{{OURS}}}policy"), None)
        about = dict(own.attrib) if own is not None else {}
        cases = next((e.text or "" for e in (own if own is not None else ()) if e.tag == f"{{{OURS}}}cases"), "")
        name = clean(root.get("name") or Path(self.file).stem)
        files = {CASES_FILE: cases.encode()} if cases else {}
        start, end = (self._day(about.get(key), own) for key in ("effective_from", "effective_to"))
        if start and end and start > end:
            raise PolicyError("effective-order", self.file, getattr(own, "sourceline", 0), start=start, end=end)
        return Model(
            id=about.get("id") or Path(self.file).stem,
            name=Label(about.get("zh") or name, about.get("en") or name),
            body=about.get("body", ""),
            document=about.get("document", ""),
            version=about.get("version", ""),
            effective_from=start,
            effective_to=end,
            inputs=inputs,
            figures=figures,
            decisions=made,
            standards=standards,
            area_input=about.get("area", ""),
            knowledge=knowledge,
            cases=read_cases(files, inputs, made),
            order=ordered(figures, made, self.file),
            files={Path(self.file).name: self.content, **files},
        )

    def _label(self, element: Any, name: str) -> Label:
        given = element.get("label") or ""
        return Label(_ours(element, "zh") or given or name, _ours(element, "en") or given or name)

    def _asked(self) -> dict[str, Any]:
        """The input expressions of tables that are a name alone, by the name."""
        found: dict[str, Any] = {}
        for item in self.root.iter():
            name = clean(_text(item)) if _local(item) == "inputExpression" else ""
            if name and (name not in found or not found[name].get("typeRef")):
                found[name] = item
        return found

    def _undeclared(self, asked: dict[str, Any], declared: set[str]) -> tuple[Input, ...]:
        """Inputs that tables read and no inputData declares, as dmn.io and Camunda leave them out; nothing that the file calls so itself."""
        own = {clean(item.get("name") or "") for item in self.root.iter() if _local(item) != "inputData"} | declared
        return tuple(
            Input(name, self.type_of(item.get("typeRef"), item).base, Label(name, name), line=item.sourceline or 0)
            for name, item in asked.items()
            if name not in own
            and _XML_ID.fullmatch(name)
            and "." not in name
            and "-" not in name
            and no_name(name) is False
        )

    def _input(self, item: Any, asked: dict[str, Any]) -> Input:
        name = clean(item.get("name"))
        variable = _child(item, "variable")
        reference = variable.get("typeRef") if variable is not None else None
        if reference is None and name in asked:
            reference = asked[name].get("typeRef")
        kind = self.type_of(reference, item)
        allowed = _ours(item, "allowed") or kind.allowed
        at = item.sourceline or 0
        return Input(
            name=name,
            type=self._own_type(item, kind.base),
            label=self._label(item, name),
            unit=_ours(item, "unit"),
            optional=_ours(item, "optional") == "true",
            allowed=placed(self.file, at, parse_cell, allowed, Scope(())) if allowed else None,
            allowed_text=allowed,
            line=at,
            parts=kind.parts if kind.base == "context" else (),
        )

    def _standards(self) -> tuple[tuple[Standard, ...], dict[str, None]]:
        """The decision tables that our own export marked as standards."""
        found: list[Standard] = []
        orders: list[int] = []
        names: dict[str, None] = {}
        for item in _children(self.root, "decision"):
            if not _ours(item, "standard"):
                continue
            name = clean(item.get("name"))
            names[name] = None
            for row in item.iter(f"{{{OURS}}}dated"):
                start, at = self._day(row.get("from") or "—", row), row.sourceline or 0
                try:
                    value = Fraction(row.get("value") or "—")
                except (ValueError, ZeroDivisionError):
                    raise PolicyError("bad-number", self.file, at, value=row.get("value") or "—") from None
                order = row.get("order", "0")
                found.append(
                    Standard(
                        name, row.get("area", ""), start or dt.date.min, value, row.get("document", ""),
                        at, self.file,
                    )
                )  # fmt: skip
                orders.append(int(order) if order.isdecimal() else len(orders))
        return tuple(found[index] for index in sorted(range(len(found)), key=orders.__getitem__)), names

    def _knowledge(self, item: Any) -> Knowledge:
        logic = _child(item, "encapsulatedLogic")
        literal: Any = _logic(logic) if logic is not None else None
        if literal is None:
            self._refuse(
                item,
                "业务知识只支持公式；是表的，请改成决定",
                "business knowledge must be a literal expression: make a decision of a table",
            )
        parameters = _parameters(item)
        scope = Scope(parameters, self.scope.functions, self.scope.parts)
        text = self._formula(literal, scope)
        at = literal.sourceline or 0
        return Knowledge(clean(item.get("name")), parameters, text, placed(self.file, at, parse, text, scope), at)

    def _figure(self, item: Any) -> Figure:
        name, literal = clean(item.get("name")), _child(item, "literalExpression")
        text, at = _text(literal), item.sourceline or 0
        return Figure(
            name, text, placed(self.file, at, parse, text, self.scope), self._own_type(item, "number"), self._label(item, name),
            _ours(item, "unit"), _ours(item, "clause"), at,
        )  # fmt: skip

    def _decision(self, item: Any) -> Decision:
        name, at = clean(item.get("name")), item.sourceline or 0
        variable = _child(item, "variable")
        kind = self.type_of(variable.get("typeRef") if variable is not None else None, item)
        literal, table = _logic(item), _child(item, "decisionTable")
        label, clause = self._label(item, name), _ours(item, "clause")
        if literal is not None:
            text = self._formula(literal, self.scope)
            tree = placed(self.file, literal.sourceline or at, parse, text, self.scope)
            own = self._own_type(item, kind.base)
            column = _ours(item, "output") or name
            called = (
                Label(_ours(item, "output_zh") or column, _ours(item, "output_en") or column)
                if column != name
                else label
            )
            output = Output(column, own, called, column, words=self._words(item))
            return Decision(name, label, (output,), None, tree, text, clause, self.file, at)
        if table is None:
            logic = next((_local(part) for part in item if _local(part) in BOXED), "—")
            self._refuse(
                item,
                f"决定 {name} 不是表也不是表达式（{logic}）；请改成决策表或公式",
                f"decision {name} is neither a table nor a literal expression ({logic}): make it one of these",
            )
        made, outputs = self._table(table, name, kind)
        check_outputs(made.hit, outputs, self.file, at)
        return Decision(name, label, outputs, made, None, "", clause, self.file, at)

    def _formula(self, element: Any, scope: Scope) -> str:
        """A boxed expression as one FEEL text: an invocation is a call by name; of a context with a result the entries are put in, of a list the items."""
        kind = _local(element)
        if kind == "literalExpression":
            return _text(element)
        if kind == "list":
            return f"[{', '.join(self._part(part, element, scope) for part in element if _local(part) in BOXED)}]"
        if kind == "invocation":
            given = [
                f"{clean(_child(part, 'parameter').get('name'))}: {self._part(_logic(part), part, scope)}"
                for part in _children(element, "binding")
            ]
            return f"{self._part(_child(element, 'literalExpression'), element, scope)}({', '.join(given)})"
        known: dict[str, str] = {}
        for entry in _children(element, "contextEntry"):
            variable, inner = _child(entry, "variable"), scope.extended(known)
            text = self._part(_logic(entry), entry, inner)
            text = placed(self.file, entry.sourceline or 0, put_in, text, inner, known)
            known[clean(variable.get("name") or "") if variable is not None else ""] = f"({text})"
        if "" not in known:
            self._refuse(
                element,
                "context 没有结果一格（最后一个不带变量的条目）；请改成决策表或公式",
                "the context has no result, an entry without a variable at its end: make it a table or a literal expression",
            )
        return known[""][1:-1]

    def _part(self, element: Any, within: Any, scope: Scope) -> str:
        """The text of a boxed expression inside another. Raises PolicyError where it is missing or none that is read."""
        if element is None:
            zh, en = (
                "框式表达式里缺少公式，或是不能读的一种；请写成公式",
                "a boxed expression lacks a literal expression",
            )
            self._refuse(within, zh, en)
        if _local(element) not in FORMULAS:
            kind = _local(element)
            self._refuse(element, f"不能读 {kind}；请改成公式", f"a {kind} is not read: write a literal expression")
        return self._formula(element, scope)

    def _table(self, table: Any, name: str, kind: _Type) -> tuple[Table, tuple[Output, ...]]:
        hit = clean(table.get("hitPolicy") or "UNIQUE")
        hit = {long: short for short, long in HIT_POLICIES.items()}.get(hit, hit)
        hit = _AGGREGATORS.get(clean(table.get("aggregation") or ""), hit) if hit == "C" else hit
        if hit not in HIT_POLICIES:
            raise PolicyError(
                "bad-hit-policy", self.file, table.sourceline or 0, value=hit, known=", ".join(HIT_POLICIES)
            )
        columns = []
        for item in _children(table, "input"):
            expression = _child(item, "inputExpression")
            text, at = _text(expression), item.sourceline or 0
            columns.append(
                Column(
                    text,
                    placed(self.file, at, parse, text, self.scope),
                    expression.get("typeRef", "") if expression is not None else "",
                    _text(_child(item, "inputValues")),
                )
            )
        outputs = tuple(self._output(item, name, kind, table) for item in _children(table, "output"))
        rules = tuple(
            self._rule(item, number, columns, outputs) for number, item in enumerate(_children(table, "rule"), 1)
        )
        if not rules:
            raise PolicyError("no-rules", self.file, table.sourceline or 0)
        return Table(hit, tuple(columns), rules), outputs

    def _output(self, item: Any, name: str, kind: _Type, table: Any) -> Output:
        own = clean(item.get("name") or "")
        only = len(_children(table, "output")) == 1
        reference = item.get("typeRef") or (table.get("typeRef") if only else None)
        found = self.type_of(reference, item) if reference else kind if only else _Type("any")
        base = found.base
        many = base.startswith("list<") and clean(table.get("hitPolicy") or "") in (
            "RULE ORDER",
            "OUTPUT ORDER",
            "COLLECT",
        )
        base = base[5:-1] if many else base
        values_text = _text(_child(item, "outputValues")) or found.allowed
        literals = self._literals(values_text, item)
        default = _text(_child(item, "defaultOutputEntry"))
        return Output(
            name=own or name,
            type=self._own_type(item, base),
            label=self._label(item, own or name),
            column=own or name,
            values=tuple(literals),
            default=placed(self.file, item.sourceline or 0, parse, default, self.scope) if default else None,
            default_text=default,
            words=self._words(item),
        )

    def _literals(self, text: str, item: Any) -> list[Any]:
        """The constants of a list of allowed values, in order; none where they are a range. Raises PolicyError for what is neither."""
        if not text:
            return []
        at = next((part.sourceline for part in _children(item, "outputValues")), item.sourceline) or 0
        try:
            values = parse(f"[{text}]", Scope(()))
        except PolicyError:
            placed(self.file, at, parse_cell, text, Scope(()))
            return []
        return [part.value for part in getattr(values, "items", ()) if isinstance(part, Lit)]

    def _words(self, item: Any) -> tuple[tuple[str, Label], ...]:
        try:
            return tuple((value, Label(zh, en)) for value, zh, en in json.loads(_ours(item, "words") or "[]"))
        except (ValueError, TypeError):
            return self._refuse(item, "nuanxin:words 写法有误", "nuanxin:words cannot be read")

    def _rule(self, item: Any, number: int, columns: list[Column], outputs: tuple[Output, ...]) -> Rule:
        at = item.sourceline or 0
        cells, results = _children(item, "inputEntry"), _children(item, "outputEntry")
        if len(cells) != len(columns) or len(results) != len(outputs):
            raise PolicyError(
                "cells", self.file, at, found=len(cells) + len(results), expected=len(columns) + len(outputs)
            )
        conditions = tuple(
            placed(self.file, cell.sourceline or at, make_cell, _text(cell) or "-", column, self.scope)
            for cell, column in zip(cells, columns, strict=True)
        )
        texts = tuple(_text(result) or "null" for result in results)
        trees = tuple(placed(self.file, at, parse, text, self.scope) for text in texts)
        notes = [_text(note) for note in _children(item, "annotationEntry")]
        description = _child(item, "description")
        clause = next(
            (note for note in notes if note), (description.text or "").strip() if description is not None else ""
        )
        return Rule(clean(_ours(item, "rule") or item.get("id") or number), conditions, trees, texts, clause, at)


def read_dmn(path: Path) -> Model:
    """Reads a DMN file. Raises PolicyError with file, line and a sentence."""
    if not path.is_file():
        raise PolicyError("no-folder", path=path)
    return _Reader(path.read_bytes(), path.name).read()


# writing -------------------------------------------------------------------------------------------------------------

_DMN_TYPES = {"money": "number", "integer": "number", "any": "Any", "date and time": "dateTime"}
_DMN_TYPES |= {"days and time duration": "dayTimeDuration", "years and months duration": "yearMonthDuration"}


def _dmn_type(type_name: str) -> str:
    return _DMN_TYPES.get(type_name, "Any" if type_name.startswith(("list", "context")) else type_name)


def feel_text(value: Any) -> str:
    """A constant as S-FEEL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return number_text(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Writer:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.root = etree.Element(f"{{{NAMESPACE}}}definitions", nsmap={None: NAMESPACE, "nuanxin": OURS})
        self.root.set("id", "_definitions")
        self.root.set("name", model.name.en)
        self.root.set("namespace", f"urn:nuanxin:{model.id}")
        self.ids: dict[str, str] = {}
        self.rule_ids: set[str] = set()
        names = [*(item.name for item in model.inputs), *(item.name for item in model.order), *model.standard_names]
        parts = [part for item in model.inputs for part in item.parts]
        parts += [output.name for item in model.decisions for output in item.outputs if not item.single]
        functions = {item.name: item.parameters for item in model.knowledge}
        names += [name for item in model.knowledge for name in item.parameters]
        self.scope = Scope(names, functions, parts)

    def add(self, parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
        element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
        if text is not None and tag in EXPRESSIONS:
            text = plain(text, self.scope)
        for key, value in attributes.items():
            if value:
                element.set(key, value)
        if text is not None:
            etree.SubElement(element, f"{{{NAMESPACE}}}text").text = text
        return element

    def ours(self, element: Any, **values: str) -> None:
        for key, value in values.items():
            if value:
                element.set(f"{{{OURS}}}{key}", value)

    def labelled(self, element: Any, name: str, label: Label) -> None:
        if label.zh != name or label.en != name:
            self.ours(element, zh=label.zh, en=label.en)

    def write(self) -> bytes:
        model = self.model
        extension = self.add(self.root, "extensionElements")
        own = etree.SubElement(extension, f"{{{OURS}}}policy")
        about = {
            "id": model.id, "zh": model.name.zh, "en": model.name.en, "body": model.body, "document": model.document,
            "version": model.version, "area": model.area_input,
            "effective_from": model.effective_from.isoformat() if model.effective_from else "",
            "effective_to": model.effective_to.isoformat() if model.effective_to else "",
        }  # fmt: skip
        for key, value in about.items():
            if value:
                own.set(key, value)
        if CASES_FILE in model.files:
            etree.SubElement(own, f"{{{OURS}}}cases").text = (
                model.files[CASES_FILE].decode("utf-8-sig").replace("\r\n", "\n")
            )
        for number, name in enumerate(
            [
                *(i.name for i in model.inputs),
                *model.standard_names,
                *(i.name for i in model.figures),
                *(i.name for i in model.decisions),
            ],
            1,
        ):
            self.ids[name] = f"_n{number}"
        for knowledge in model.knowledge:
            self.ids[knowledge.name] = f"_k{len(self.ids)}"
        for item in model.inputs:
            self._input(item)
        if model.standards:
            self.ids[AS_OF] = "_as_of"
            element = self.add(self.root, "inputData", name=AS_OF, id="_as_of")
            self.ours(element, as_of="true")
            self.add(element, "variable", name=AS_OF, typeRef="date")
        for knowledge in model.knowledge:
            self._knowledge(knowledge)
        for name in model.standard_names:
            self._standard(name)
        for figure in model.figures:
            self._figure(figure)
        for decision in model.decisions:
            self._decision(decision)
        return bytes(etree.tostring(self.root, encoding="UTF-8", xml_declaration=True, pretty_print=True))

    def _input(self, item: Input) -> None:
        element = self.add(self.root, "inputData", name=item.name, id=self.ids[item.name])
        self.labelled(element, item.name, item.label)
        self.ours(
            element, type=item.type, unit=item.unit, optional="true" if item.optional else "", allowed=item.allowed_text
        )
        kind = _dmn_type(item.type)
        if item.parts:
            definition = self.add(self.root, "itemDefinition", name=f"t_{self.ids[item.name]}")
            for part in item.parts:
                component = self.add(definition, "itemComponent", name=part)
                etree.SubElement(component, f"{{{NAMESPACE}}}typeRef").text = "Any"
            kind = f"t_{self.ids[item.name]}"
        self.add(element, "variable", name=item.name, typeRef=kind)

    def _knowledge(self, item: Knowledge) -> None:
        element = self.add(self.root, "businessKnowledgeModel", name=item.name, id=self.ids[item.name])
        self.add(element, "variable", name=item.name)
        logic = self.add(element, "encapsulatedLogic")
        for parameter in item.parameters:
            self.add(logic, "formalParameter", name=parameter)
        self.add(logic, "literalExpression", item.text)

    def _requires(self, element: Any, names: tuple[str, ...]) -> None:
        inputs = {item.name for item in self.model.inputs} | {AS_OF}
        for name in names:
            if name in self.ids:
                requirement = self.add(element, "informationRequirement")
                self.add(
                    requirement, "requiredInput" if name in inputs else "requiredDecision", href=f"#{self.ids[name]}"
                )
        for knowledge in self.model.knowledge:
            requirement = self.add(element, "knowledgeRequirement")
            self.add(requirement, "requiredKnowledge", href=f"#{self.ids[knowledge.name]}")

    def _standard(self, name: str) -> None:
        """A standard as a first-hit table, newest first: own area before what holds everywhere."""
        model = self.model
        element = self.add(self.root, "decision", name=name, id=self.ids[name])
        self.ours(element, standard="true")
        extension = self.add(element, "extensionElements")
        rows = [row for row in model.standards if row.name == name]
        for row in rows:
            dated = etree.SubElement(extension, f"{{{OURS}}}dated")
            values = {
                "area": row.area,
                "from": row.start.isoformat(),
                "value": str(row.value),
                "document": row.document,
            }
            for key, value in {**values, "order": str(model.standards.index(row))}.items():
                if value:
                    dated.set(key, value)
        self.add(element, "variable", name=name, typeRef="number")
        by_area = any(row.area for row in rows)
        self._requires(element, (*((model.area_input,) if by_area else ()), AS_OF))
        table = self.add(element, "decisionTable", hitPolicy="FIRST", id=f"{self.ids[name]}_t")
        for text, kind in [*([(model.area_input, "string")] if by_area else []), (AS_OF, "date")]:
            self.add(self.add(table, "input"), "inputExpression", text, typeRef=kind)
        self.add(table, "output", typeRef="number")
        for row in sorted(rows, key=lambda row: (not row.area, -row.start.toordinal())):
            rule = self.add(table, "rule")
            if by_area:
                self.add(rule, "inputEntry", feel_text(row.area) if row.area else "-")
            self.add(rule, "inputEntry", f'>= date("{row.start.isoformat()}")')
            self.add(rule, "outputEntry", number_text(row.value))
            if row.document:
                self.add(rule, "annotationEntry", row.document)

    def _figure(self, figure: Figure) -> None:
        element = self.add(self.root, "decision", name=figure.name, id=self.ids[figure.name])
        self.labelled(element, figure.name, figure.label)
        self.ours(element, figure="true", type=figure.type, unit=figure.unit, clause=figure.clause)
        self.add(element, "variable", name=figure.name, typeRef=_dmn_type(figure.type))
        self._requires(element, names_in(figure.tree))
        self.add(element, "literalExpression", figure.text)

    def _decision(self, decision: Decision) -> None:
        element = self.add(self.root, "decision", name=decision.name, id=self.ids[decision.name])
        self.labelled(element, decision.name, decision.label)
        self.ours(element, clause=decision.clause)
        kind = _dmn_type(decision.outputs[0].type) if decision.single and not decision.many else "Any"
        self.add(element, "variable", name=decision.name, typeRef=kind)
        self._requires(element, decision.reads())
        if decision.table is None:
            output = decision.outputs[0]
            column = "" if output.name == decision.name else output.name
            self.ours(element, type=output.type, output=column, words=_words_text(output))
            if column and _label_of(output.label, column):
                self.ours(element, output_zh=output.label.zh, output_en=output.label.en)
            self.add(element, "literalExpression", decision.text)
            return
        self._table(element, decision, decision.table)

    def _table(self, element: Any, decision: Decision, hit_table: Table) -> None:
        hit = HIT_POLICIES[hit_table.hit]
        policy, _, aggregation = hit.partition(" ") if hit.startswith("COLLECT") else (hit, "", "")
        table = self.add(
            element, "decisionTable", hitPolicy=policy, aggregation=aggregation, id=f"{self.ids[decision.name]}_t",
            outputLabel=decision.name,
        )  # fmt: skip
        for column in hit_table.columns:
            item = self.add(table, "input")
            self.add(item, "inputExpression", column.text, typeRef=column.type)
            if column.values_text:
                self.add(item, "inputValues", column.values_text)
        for output in decision.outputs:
            named = output.name if not decision.single or output.name != decision.name else ""
            item = self.add(table, "output", name=named, typeRef=_dmn_type(output.type) if output.type != "any" else "")
            self.labelled(item, output.name, output.label)
            self.ours(item, type=output.type, words=_words_text(output))
            if output.values:
                self.add(item, "outputValues", ", ".join(map(feel_text, output.values)))
            if output.default_text:
                self.add(item, "defaultOutputEntry", output.default_text)
        self.add(table, "annotation", name="clause")
        for rule in hit_table.rules:
            row = self.add(table, "rule", id=self._rule_id(rule.id, self.ids[decision.name]))
            self.ours(row, rule="" if row.get("id") == rule.id else rule.id)
            for cell in rule.cells:
                self.add(row, "inputEntry", cell.text)
            for text in rule.output_texts:
                self.add(row, "outputEntry", text)
            self.add(row, "annotationEntry", rule.clause)

    def _rule_id(self, rule: str, decision: str) -> str:
        """The rule's id where XML takes it as one, else one of ours: an id begins with a letter, has no spaces, and stands once in a file."""
        ids = self.ids.values()
        free = _XML_ID.fullmatch(rule) and rule not in self.rule_ids and rule not in ids and rule != "_definitions"
        made = rule if free else f"{decision}_r{len(self.rule_ids) + 1}"
        self.rule_ids.add(made)
        return made


def _words_text(output: Output) -> str:
    """The words as JSON, "" where there are none."""
    found = [[value, label.zh, label.en] for value, label in output.words]
    return json.dumps(found, ensure_ascii=False) if found else ""


def write_dmn(model: Model) -> bytes:
    """The policy as a DMN 1.5 file."""
    return _Writer(model).write()


# a model → the files of a folder -------------------------------------------------------------------------------------


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return number_text(value)
    if isinstance(value, Label):
        return f"{{zh = {_toml(value.zh)}, en = {_toml(value.en)}}}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + "}"
    if not isinstance(value, str):
        return str(value.isoformat())
    escaped = (
        value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'"{escaped}"'


def _block(header: str, values: dict[str, Any]) -> list[str]:
    return [
        "",
        header,
        *(f"{key} = {_toml(value)}" for key, value in values.items() if value not in ("", None, (), [])),
    ]


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _label_of(label: Label, name: str) -> Label | None:
    return None if label.zh == name and label.en == name else label


def write_folder(model: Model) -> dict[str, bytes]:
    """The files of a policy folder that says what the model says. CSV files open in a spreadsheet program."""
    lines = [
        f"{key} = {_toml(value)}"
        for key, value in {
            "id": model.id, "name": model.name, "body": model.body, "document": model.document, "version": model.version,
            "effective_from": model.effective_from, "effective_to": model.effective_to,
        }.items()
        if value not in ("", None)
    ]  # fmt: skip
    files: dict[str, bytes] = {}
    values: dict[str, Any]
    if model.standards:
        lines += _block("[standards]", {"file": "standards.csv", "area": model.area_input})
        rows = [[s.area, s.name, s.start.isoformat(), number_text(s.value), s.document] for s in model.standards]
        files["standards.csv"] = _csv([["area", "name", "from", "value", "document"], *rows])
    for item in model.inputs:
        values = {
            "name": item.name, "type": item.type, "unit": item.unit, "optional": item.optional or None,
            "allowed": item.allowed_text, "parts": item.parts, "label": _label_of(item.label, item.name),
        }  # fmt: skip
        lines += _block("[[input]]", values)
    for knowledge in model.knowledge:
        values = {"name": knowledge.name, "parameters": knowledge.parameters, "expression": knowledge.text}
        lines += _block("[[knowledge]]", values)
    for figure in model.figures:
        values = {
            "name": figure.name, "expression": figure.text, "type": figure.type, "unit": figure.unit,
            "clause": figure.clause, "label": _label_of(figure.label, figure.name),
        }  # fmt: skip
        lines += _block("[[derived]]", values)
    for decision in model.decisions:
        outputs = [_output(output) for output in decision.outputs]
        values = {"name": decision.name, "label": _label_of(decision.label, decision.name), "clause": decision.clause}
        if decision.table is None:
            values |= {"kind": "expression", "expression": decision.text, "outputs": outputs}
        else:
            name = _file_name(decision.name, files)
            values |= {"kind": "table", "file": name, "hit_policy": decision.table.hit, "outputs": outputs}
            files[name] = _csv(_table_rows(decision, decision.table))
        lines += _block("[[decision]]", values)
    files["policy.toml"] = ("\n".join(lines) + "\n").encode()
    if CASES_FILE in model.files:
        text = decode(model.files[CASES_FILE], CASES_FILE)
        files[CASES_FILE] = _csv(list(csv.reader(io.StringIO(text, newline=""))))
    return files


def _file_name(name: str, files: Collection[str]) -> str:
    """A file for a decision's table that is no other's, also where upper and lower case are one."""
    plain = "".join(char if char.isalnum() or char in "-_" else "-" for char in name).strip("-").lower()
    taken = {*files, "standards.csv", CASES_FILE}
    names = (f"{plain or 'table'}{end}.csv" for end in ("", *(f"-{number}" for number in range(2, len(taken) + 2))))
    return next(one for one in names if one not in taken)


def _output(output: Output) -> dict[str, Any]:
    values = {
        "name": output.name, "type": output.type, "values": list(output.values), "default": output.default_text,
        "label": _label_of(output.label, output.name), "words": {_key(value): label for value, label in output.words},
    }  # fmt: skip
    return {key: value for key, value in values.items() if value not in ("", None, [], {})}


def _key(text: str) -> str:
    """A key of an inline table."""
    return text if text.isascii() and text.replace("-", "").replace("_", "").isalnum() else _toml(text)


def _table_rows(decision: Decision, table: Table) -> list[list[str]]:
    head = [
        "rule",
        *(column.text for column in table.columns),
        *(f"→ {output.name}" for output in decision.outputs),
        "clause",
    ]
    return [
        head,
        *([rule.id, *(cell.text for cell in rule.cells), *rule.output_texts, rule.clause] for rule in table.rules),
    ]
