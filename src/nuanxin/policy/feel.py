"""S-FEEL: text → tree. The expression language of DMN, as far as decision tables and literal expressions need it.

Source: OMG Decision Model and Notation 1.3–1.5, chapters 9 (S-FEEL) and 10.3 (FEEL grammar). Names with spaces, hyphens, slashes or
Chinese characters work because the parser is told the names in scope and takes the longest that fits.

A cell (unary tests) is parsed into a boolean expression over `?`, the value of its column. So there is one kind of tree to
evaluate, to compile and to analyse.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nuanxin.policy.messages import PolicyError


@dataclass(frozen=True, slots=True)
class Lit:
    """A constant: Fraction, str, bool or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """A component of a context, or a property of a date: `loan.rate`, `born.year`."""

    base: "Expr"
    part: str


@dataclass(frozen=True, slots=True)
class Neg:
    arg: "Expr"


@dataclass(frozen=True, slots=True)
class Arith:
    """`op`: + - * / **"""

    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Compare:
    """`op`: = != < <= > >="""

    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Logic:
    """`op`: and, or; two arguments or more."""

    op: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Not:
    arg: "Expr"


@dataclass(frozen=True, slots=True)
class Match:
    """A cell's plain value against the column's value: equal to it, or one of a list."""

    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple["Expr", ...]


Expr = Lit | Name | Path | Neg | Arith | Compare | Logic | Not | Match | Call | ListOf

ANY = Lit(True)
SUBJECT = Name("?")

FUNCTIONS: dict[str, tuple[int, int]] = {
    # name: fewest and most arguments (-1: any number)
    "min": (1, -1),
    "max": (1, -1),
    "sum": (1, -1),
    "count": (1, -1),
    "mean": (1, -1),
    "abs": (1, 1),
    "floor": (1, 2),
    "ceiling": (1, 2),
    "decimal": (2, 2),
    "round up": (1, 2),
    "round down": (1, 2),
    "round half up": (1, 2),
    "round half down": (1, 2),
    "modulo": (2, 2),
    "not": (1, 1),
    "date": (1, 3),
    "time": (1, 1),
    "date and time": (1, 2),
    "duration": (1, 1),
    "years and months duration": (2, 2),
    "number": (1, 1),
    "string": (1, 1),
    "list contains": (2, 2),
    "contains": (2, 2),
    "starts with": (2, 2),
    "ends with": (2, 2),
    "string length": (1, 1),
    "upper case": (1, 1),
    "lower case": (1, 1),
}
PARAMETERS: dict[str, tuple[tuple[str, ...], ...]] = {
    # name: the parameter names of each form; only the first of a form are needed where fewer arguments are allowed
    **dict.fromkeys(("min", "max", "sum", "count", "mean"), (("list",),)),
    **dict.fromkeys(("floor", "ceiling", "decimal"), (("n", "scale"),)),
    **dict.fromkeys(("round up", "round down", "round half up", "round half down"), (("n", "scale"),)),
    **dict.fromkeys(("string length", "upper case", "lower case"), (("string",),)),
    **dict.fromkeys(("contains", "starts with", "ends with"), (("string", "match"),)),
    **dict.fromkeys(("time", "duration", "number", "string"), (("from",),)),
    "abs": (("n",),),
    "not": (("negand",),),
    "modulo": (("dividend", "divisor"),),
    "date": (("from",), ("year", "month", "day")),
    "date and time": (("from",), ("date", "time")),
    "years and months duration": (("from", "to"),),
    "list contains": (("list", "element"),),
}
PROPERTIES = (
    "year",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
    "second",
    "years",
    "months",
    "days",
    "hours",
    "minutes",
    "seconds",
)
KEYWORDS = {"and", "or", "not", "true", "false", "null", "between", "in"}

# Full-width and typographic forms that a Chinese keyboard types outside of quotes.
_WIDE = str.maketrans("（）［］，、．＜＞＝＋－＊／？：！０１２３４５６７８９", "()[],,.<>=+-*/?:!0123456789")
_WIDE_PAIRS = {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">=", "≠": "!=", "×": "*", "÷": "/"}
_QUOTES = {'"': '"', "“": "”", "”": "”", "＂": "＂"}
_PLAIN_QUOTES = str.maketrans(dict.fromkeys("“”＂", '"'))
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")  # 1,000: to FEEL it is the two values 1 and 000
_BARE_DAY = re.compile(r"\d{4}([-/])\d{1,2}\1\d{1,2}(?!\w)")  # 2023-01-31: to FEEL it is a subtraction
_IDENT = re.compile(r"[^\W\d]\w*")
_OPERATOR = re.compile(r"\*\*|\.\.|<=|>=|!=|[-+*/<>=()\[\],.?@:]")
# What people write that S-FEEL has not, and what to write instead.
_INSTEAD = {
    "~": ("区间写作 [a..b)", "an interval is written [a..b)"),
    "～": ("区间写作 [a..b)", "an interval is written [a..b)"),
    "%": ("百分之八十写作 0.8", "eighty per cent is written 0.8"),
    "％": ("百分之八十写作 0.8", "eighty per cent is written 0.8"),
    "；": ("几个值之间用逗号", "several values are parted by commas"),
    ";": ("几个值之间用逗号", "several values are parted by commas"),
    "【": ("区间写作 [a..b)", "an interval is written [a..b)"),
    "&": ("两个条件写作 ? > 1 and ? < 5", "two conditions are written ? > 1 and ? < 5"),
    "|": ("几个值之间用逗号", "several values are parted by commas"),
    "'": ("文字用双引号", "texts stand in double quotes"),
    "‘": ("文字用双引号", "texts stand in double quotes"),
    "「": ("文字用双引号", "texts stand in double quotes"),
    "。": ("小数点写作 .", "a decimal point is written ."),
    "{": ("组合不能直接写", "a context cannot be written out"),
}
_ORDERS = ("<", "<=", ">", ">=")
DASHES = ("-", "－", "–", "—", "——")
_NOT_READ = ("if", "for", "some", "every", "function")
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|[nrtbf"\'\\/])')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # number, string, name, word, op, end
    text: str


def _fail(text: str, zh: str, en: str) -> PolicyError:
    return PolicyError("syntax", text=text, why_zh=zh, why_en=en)


def _unescape(found: re.Match[str]) -> str:
    code = found.group(1)
    return chr(int(code[1:], 16)) if code[0] in "uU" else _ESCAPED.get(code, code)


class Scope:
    """The names an expression may use: inputs, figures, decisions, standards, parameters, and the components of contexts.

    `functions`: the business knowledge, name → names of its parameters.
    """

    def __init__(
        self, names: Iterable[str], functions: Mapping[str, tuple[str, ...]] | None = None, parts: Iterable[str] = ()
    ) -> None:
        self.names = {" ".join(name.split()) for name in names}
        self.functions = dict(functions or {})
        self.parts = {" ".join(name.split()) for name in parts} | set(PROPERTIES)
        long_names = self.names | self.parts | set(self.functions) | set(FUNCTIONS)
        long_names |= {name for names_of in self.functions.values() for name in names_of}
        long_names.discard("")
        # Only names that a plain identifier would not cover need the longest-match search; of full-width signs it sees the plain ones.
        self.special = sorted(
            (name for name in long_names if not _IDENT.fullmatch(name) or normalise(name) != name),
            key=len,
            reverse=True,
        )
        self._patterns = [
            (name, re.compile(r"\s+".join(re.escape(part) for part in normalise(name).split()) + r"(?!\w)"))
            for name in self.special
        ]

    def extended(self, names: Iterable[str]) -> "Scope":
        return Scope(self.names | set(names), self.functions, self.parts)

    def special_at(self, text: str, at: int) -> tuple[str, int] | None:
        for name, pattern in self._patterns:
            if found := pattern.match(text, at):
                return name, found.end()
        return None


def normalise(text: str) -> str:
    """Full-width punctuation outside of quotes becomes ASCII; what stands in quotes is left alone."""
    out: list[str] = []
    closing = ""
    for char in text:
        if closing:
            closing = "" if char == closing else closing
            out.append(char)
        elif char in _QUOTES:
            closing = _QUOTES[char]
            out.append(char)
        else:
            out.append(_WIDE_PAIRS.get(char) or char.translate(_WIDE))
    return "".join(out)


def same_form(text: str) -> str:
    """One form for texts that differ in full-width signs and quotes alone, for telling whether two say the same."""
    return "-" if text.strip() in DASHES else normalise(text).translate(_PLAIN_QUOTES)


def _refuse_misread(text: str, source: str, at: int, before: str) -> None:
    """Raises PolicyError for a figure or a day as people write them, which would be read as something else without a word."""
    if day := _BARE_DAY.match(source, at):
        plain = "-".join(part.zfill(2) for part in day.group().split(day.group(1)))
        raise _fail(text, f'日期写作 date("{plain}")', f'a date is written date("{plain}")')
    if grouped := _GROUPED.match(source, at):
        first, *groups = grouped.group().split(",")
        compared = before in ("<", "<=", ">", ">=")
        if compared or any(group.startswith("0") for group in groups):
            plain = "".join((first, *groups))
            raise _fail(
                text,
                f"千位不加逗号，写作 {plain}；逗号分开的是几个值",
                f"write {plain} without commas, which part several values",
            )


def tokens(text: str, scope: Scope) -> list[Token]:
    return [token for token, _, _ in _scanned(text, normalise(text), scope)]


def plain(text: str, scope: Scope) -> str:
    """The text as any FEEL engine reads it: plain signs for full-width ones and plain quotes, names and texts as they are."""
    source, out, at = normalise(text), "", 0
    if text.strip() in DASHES:
        return "-"
    for token, start, end in _scanned(text, source, scope):
        written = source[start:end]
        if token.kind in ("name", "word"):
            written = token.text
        elif token.kind == "string" and written[0] != '"':
            written = '"' + written[1:-1].replace('"', '\\"') + '"'
        out, at = out + source[at:start] + written, end
    return out.strip()


def put_in(text: str, scope: Scope, known: Mapping[str, str]) -> str:
    """The text with the texts put in that some of its names stand for."""
    source, out, at = normalise(text), "", 0
    found = _scanned(text, source, scope)
    for (token, start, end), (following, _, _) in zip(found, [*found[1:], found[-1]], strict=True):
        named = token.kind == "name" and token.text in known and following != Token("op", ":")
        after_dot = source[:start].rstrip().endswith(".")
        out += source[at:start] + (known[token.text] if named and not after_dot else source[start:end])
        at = end
    return out


def _scanned(text: str, source: str, scope: Scope) -> list[tuple[Token, int, int]]:
    """The tokens and where each stands in the source, which is the text normalised."""
    found: list[tuple[Token, int, int]] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char.isspace() or char in "​﻿":
            at += 1
        elif char in _QUOTES:
            end = at + 1
            while end < len(source) and source[end] != _QUOTES[char]:
                end += 2 if source[end] == "\\" else 1
            if end >= len(source):
                raise _fail(text, "引号没有配对", "a quote is not closed")
            found.append((Token("string", _ESCAPE.sub(_unescape, source[at + 1 : end])), at, end + 1))
            at = end + 1
        elif special := scope.special_at(source, at):
            found.append((Token("name", special[0]), at, special[1]))
            at = special[1]
        elif number := _NUMBER.match(source, at):
            # "1..5" is an interval, not "1." and ".5"
            body = number.group()
            _refuse_misread(text, source, at, found[-1][0].text if found else "")
            found.append((Token("number", body), at, at + len(body)))
            at += len(body)
            if word := _IDENT.match(source, at):
                name = word.group()
                raise _fail(text, f"数字后要写乘号：{body} * {name}", f"a number is multiplied as {body} * {name}")
        elif word := _IDENT.match(source, at):
            name = word.group()
            name = name.lower() if name.lower() in ("true", "false") else name  # as a spreadsheet program writes them
            known = name in KEYWORDS and not {name, word.group()} & scope.names
            found.append((Token("word" if known else "name", name if known else word.group()), at, word.end()))
            at = word.end()
        elif op := _OPERATOR.match(source, at):
            found.append((Token("op", op.group()), at, op.end()))
            at = op.end()
        else:
            zh, en = _INSTEAD.get(char, ("", ""))
            raise _fail(
                text,
                f"不认识字符 {char}" + (f"，{zh}" if zh else ""),
                f"unknown character {char}" + (f", {en}" if en else ""),
            )
    found.append((Token("end", ""), at, at))
    return found


class _Parser:
    """Recursive descent over the tokens of one text. `MAX_DEPTH` keeps a hostile cell from exhausting the stack."""

    MAX_DEPTH = 60
    MAX_SIGNS = 150

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope, self.at, self.depth = text, scope, 0, 0
        self.tokens = tokens(text, scope)
        if sum(token.kind == "op" and token.text in "+-*/**" for token in self.tokens) > self.MAX_SIGNS:
            raise _fail(text, "太长，请分成几个派生数", "too long; divide it into several derived figures")

    # reading tokens
    def peek(self, *texts: str, kind: str = "op") -> bool:
        token = self.tokens[self.at]
        return token.kind == kind and token.text in texts

    def word(self, *texts: str) -> bool:
        return self.peek(*texts, kind="word")

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        if self.peek(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            found = self.tokens[self.at].text or "…"
            raise _fail(self.text, f"这里应是 {text}，看到的是 {found}", f"expected {text}, found {found}")

    def finish(self, tree: Expr) -> Expr:
        if self.tokens[self.at].kind != "end":
            extra = self.tokens[self.at].text
            if extra == "..":
                raise _fail(self.text, "区间写作 [a..b)", "an interval is written [a..b)")
            raise _fail(self.text, f"多出 {extra}", f"unexpected {extra}")
        return tree

    # expressions, loosest first
    def expression(self) -> Expr:
        self.depth += 1
        if self.depth > self.MAX_DEPTH:
            raise _fail(self.text, "嵌套太深", "nested too deeply")
        tree = self._logic("or", lambda: self._logic("and", self.comparison))
        self.depth -= 1
        return tree

    def _logic(self, op: str, below: Any) -> Expr:
        args = [below()]
        while self.word(op):
            self.take()
            args.append(below())
        if len(args) > 1 and any(isinstance(arg, Lit) and isinstance(arg.value, str) for arg in args):
            raise _fail(
                self.text, '几个文字之间用逗号，如 "甲","乙"', 'several texts are parted by commas, as in "a","b"'
            )
        return args[0] if len(args) == 1 else Logic(op, tuple(args))

    def comparison(self) -> Expr:
        left = self.sum()
        if self.word("between"):
            self.take()
            low = self.sum()
            if not self.word("and"):
                raise _fail(self.text, "between 后应有 and", "between needs and")
            self.take()
            return Logic("and", (Compare(">=", left, low), Compare("<=", left, self.sum())))
        if self.word("in"):
            self.take()
            if self.peek("(") and not self._is_interval():
                self.take()
                tests = self.tests(left)
                self.expect(")")
                return tests
            return self.test(left)
        while self.peek("=", "!=", *_ORDERS):
            if isinstance(left, Compare) and left.op in _ORDERS and self.peek(*_ORDERS):
                raise _fail(
                    self.text,
                    "两个比较不能连写，写作 [a..b) 或 ? >= a and ? < b",
                    "two comparisons in a row are written [a..b) or ? >= a and ? < b",
                )
            left = Compare(self.take().text, left, self.sum())
        return left

    def sum(self) -> Expr:
        left = self.product()
        while self.peek("+", "-"):
            left = Arith(self.take().text, left, self.product())
        return left

    def product(self) -> Expr:
        left = self.power()
        while self.peek("*", "/"):
            left = Arith(self.take().text, left, self.power())
        return left

    def power(self) -> Expr:
        left = self.negation()
        while self.accept("**"):
            left = Arith("**", left, self.negation())
        return left

    def negation(self) -> Expr:
        if self.accept("-"):
            self.depth += 1
            if self.depth > self.MAX_DEPTH:
                raise _fail(self.text, "嵌套太深", "nested too deeply")
            arg = self.negation()
            self.depth -= 1
            return Lit(-arg.value) if isinstance(arg, Lit) and type(arg.value) is Fraction else Neg(arg)
        return self.path()

    def path(self) -> Expr:
        tree = self.primary()
        while self.accept("."):
            part = self.take()
            if part.kind not in ("name", "word"):
                raise _fail(self.text, "点后应是名称", "a name must follow the dot")
            tree = Path(tree, part.text)
        return tree

    def primary(self) -> Expr:
        token = self.take()
        if token.kind == "number":
            if len(token.text.lower().partition("e")[2].lstrip("+-")) > 3:
                raise _fail(self.text, f"{token.text} 太大", f"{token.text} is too large")
            return Lit(Fraction(token.text))
        if token.kind == "string":
            return Lit(token.text)
        if token.kind == "word" and token.text in ("true", "false", "null"):
            return Lit({"true": True, "false": False, "null": None}[token.text])
        if token.kind == "op" and token.text == "(":
            tree = self.expression()
            self.expect(")")
            return tree
        if token.kind == "op" and token.text == "[":
            items: list[Expr] = []
            if not self.accept("]"):
                items = list(self._separated())
                self.expect("]")
            return ListOf(tuple(items))
        if token.kind == "op" and token.text == "?":
            return SUBJECT
        if token.kind == "op" and token.text == "@":
            return self._at_literal()
        if token.kind == "name" or (token.kind == "word" and token.text == "not"):
            return self._named(token)
        raise _fail(self.text, f"看不懂 {token.text or '（末尾）'}", f"cannot read {token.text or 'the end'}")

    def _at_literal(self) -> Expr:
        token = self.take()
        if token.kind != "string":
            raise _fail(self.text, "@ 后应是引号", "a quoted text must follow @")
        body = token.text.lstrip("-")
        name = (
            "duration"
            if body.startswith("P")
            else "date and time"
            if "T" in body
            else "date"
            if re.match(r"\d+-", body)
            else "time"
        )
        return Call(name, (Lit(token.text),))

    def _named(self, token: Token) -> Expr:
        if self.accept("("):
            args: list[Expr] = []
            if self.tokens[self.at].kind in ("name", "word") and self.tokens[self.at + 1] == Token("op", ":"):
                args = self._by_name(token.text)
            elif not self.peek(")"):
                args = list(self._separated())
            self.expect(")")
            return self._call(token.text, tuple(args))
        if token.text in self.scope.names or token.text == "?":
            return Name(token.text)
        if token.text in _NOT_READ:
            raise _fail(
                self.text,
                f"不支持 {token.text}，请写成决策表",
                f"{token.text} is not read; write a decision table instead",
            )
        raise PolicyError("unknown-name", text=self.text, name=token.text)

    def _by_name(self, function: str) -> list[Expr]:
        """Arguments written `name: value`, brought into the order of the parameters. One left out is null, at the end it is left out."""
        given: dict[str, Expr] = {}
        while True:
            name = self.take().text
            self.expect(":")
            if name in given:
                raise _fail(self.text, f"参数 {name} 写了两次", f"the argument {name} is given twice")
            given[name] = self.expression()
            if not self.accept(","):
                break
        own = self.scope.functions.get(function)
        forms = (own,) if own is not None else PARAMETERS.get(function, ())
        form = next((form for form in forms if given.keys() <= set(form)), None)
        if form is None:
            known = "; ".join(", ".join(form) for form in forms) or "—"
            names = ", ".join(given)
            raise _fail(
                self.text,
                f"{function} 没有参数 {names}，有的是 {known}",
                f"{function} has no parameters {names}, it has {known}",
            )
        wanted = form if own is not None else form[: max(form.index(name) for name in given) + 1]
        return [given.get(name, Lit(None)) for name in wanted]

    def _call(self, name: str, args: tuple[Expr, ...]) -> Expr:
        if name in self.scope.functions:
            return Call(name, args)
        if name not in FUNCTIONS:
            raise _fail(self.text, f"没有函数 {name}", f"there is no function {name}")
        fewest, most = FUNCTIONS[name]
        if len(args) < fewest or (most >= 0 and len(args) > most):
            raise _fail(self.text, f"{name} 的参数个数不对", f"{name} takes another number of arguments")
        return Not(args[0]) if name == "not" else Call(name, args)

    def _separated(self) -> Iterator[Expr]:
        yield self.expression()
        while self.accept(","):
            yield self.expression()

    # unary tests
    def _is_interval(self) -> bool:
        """Whether the bracket at hand opens an interval: a `..` stands at its own depth before it closes."""
        depth = 0
        for token in self.tokens[self.at :]:
            if token.kind != "op":
                continue
            if token.text == ".." and depth == 1:
                return True
            if token.text in "([":
                depth += 1
            elif token.text in ")]":
                depth -= 1
                if depth <= 0:
                    return False
        return False

    def tests(self, subject: Expr) -> Expr:
        args = [self.test(subject)]
        while self.accept(","):
            args.append(self.test(subject))
        return args[0] if len(args) == 1 else Logic("or", tuple(args))

    def test(self, subject: Expr) -> Expr:
        if self.peek("<", "<=", ">", ">=", "=", "!="):
            op = self.take().text
            return Compare(op, subject, self.sum())
        if self.peek("]") or (self.peek("(", "[") and self._is_interval()):
            left_open = self.take().text != "["
            low = self.sum()
            self.expect("..")
            high = self.sum()
            if not self.peek("]", ")", "["):
                raise _fail(self.text, "区间没有结束", "the interval is not closed")
            right_open = self.take().text != "]"
            return Logic(
                "and",
                (
                    Compare(">" if left_open else ">=", subject, low),
                    Compare("<" if right_open else "<=", subject, high),
                ),
            )
        value = self.expression()
        return value if mentions(value, "?") else Match(subject, value)

    def cell(self) -> Expr:
        if self.word("not") and self.tokens[self.at + 1] == Token("op", "("):
            start = self.at
            self.at += 2
            tests = self.tests(SUBJECT)
            self.expect(")")
            if self.tokens[self.at].kind == "end":
                return Not(tests)
            self.at = start
        return self.finish(self.tests(SUBJECT))


def parse(text: str, scope: Scope) -> Expr:
    """A literal expression. Raises PolicyError (code "syntax" or "unknown-name") without file and line; the caller adds them."""
    parser = _Parser(text, scope)
    tree = parser.finish(parser.expression())
    if mentions(tree, SUBJECT.name):
        raise _fail(
            text,
            "? 代表单元格所在的列，只能写在条件单元格里",
            "? stands for a cell's column and is written in cells alone",
        )
    return tree


# Conditions as documents word them. 以上, 以下 and 以内 include the figure itself (Civil Code of the PRC, article 1259), 超过 and 不满 do not.
_UNIT = "周岁|岁|元|人|口|个月|月|年|户|套|处|辆|次|天|日|级|分"
_AMOUNT = re.compile(rf"([\d.,，]+)\s*(万元|万|%|％|{_UNIT})?")
_TIMES = re.compile(r"(?:(?P<a>[^\W\d].*?)的?\s*)?(?P<n>[\d.]+|[两二三四五])\s*倍(?:的?\s*(?P<b>[^\W\d].*))?")
_SHARE = re.compile(r"([^\W\d].*?)的?\s*([\d.]+)\s*[%％]")
_SPAN = re.compile(r"(\d[\d.]*)\s*[-－]\s*(\d[\d.]*)")
_BETWEEN = re.compile(r"(.+?)\s*(?:至|到|~|～|—+|–|-|－)\s*(.+?)(?:以内|之间)?")
_AND = re.compile(r"\s*(?:并且|而且|且|&+|\band\b|[,，])\s*(?=[<>≤≥＜＞不低小高大超])")
_PAIR = re.compile(r"([\[(（［])\s*([^,，、]+?)\s*[,，、]\s*([^,，、]+?)\s*([\])）］])")
_INCLUDED = r"\s*(?:[（(]含[)）]|[（(]含本数[)）])?"
_WORDED = (
    (re.compile(rf"(?:[≥>]=?)?\s*(.+?)\s*(?:及其?|或)?以上{_INCLUDED}"), ">= {}"),
    (re.compile(rf"(?:[≤<]=?)?\s*(.+?)\s*(?:及其?|或)?(?:以下|以内){_INCLUDED}"), "<= {}"),
    (
        re.compile(rf"(?:不低于|不少于|不小于|大于等于|大于或等于|至少|年?满|达到|≥|>=|＞＝|=>)\s*(.+?){_INCLUDED}"),
        ">= {}",
    ),
    (
        re.compile(rf"(?:不高于|不超过|不大于|不多于|小于等于|小于或等于|至多|最多|≤|<=|＜＝|=<)\s*(.+?){_INCLUDED}"),
        "<= {}",
    ),
    (re.compile(r"(?:不等于|不是|非|<>|≠|!=|！＝)\s*(.+)"), "not({})"),
    (re.compile(r"(?:超过|大于|高于|多于|>|＞)\s*(.+)"), "> {}"),
    (re.compile(r"(?:低于|小于|少于|不足|不满|未满|<|＜)\s*(.+)"), "< {}"),
    (re.compile(r"(?:等于|==)\s*(.+)"), "{}"),
)
_ONE_WORD = {
    **dict.fromkeys(("不限", "任意", "任何", "均可", "全部", "无要求", "/", "／", "*", "＊", "N/A", "n/a"), "-"),
    **dict.fromkeys(("是", "有", "√"), "true"),
    **dict.fromkeys(("否", "无", "没有"), "false"),
    **dict.fromkeys(("空", "未填", "空白"), "null"),
}


def _amount(text: str) -> str:
    """A figure as people write it, as an expression: 1,000元, 5万, 80%, 低保标准的2倍; "" where it is none."""
    if found := _AMOUNT.fullmatch(text):
        number, unit = re.sub("[,，]", "", found.group(1)), found.group(2) or ""
        if number.count(".") > 1 or number.strip(".") == "":
            return ""
        value = Fraction(number) * (10_000 if unit[:1] == "万" else 1) / (100 if unit in ("%", "％") else 1)
        return f"{float(value):.12g}" if value.denominator > 1 else str(value)
    if (found := _TIMES.fullmatch(text)) and (found["a"] is None) != (found["b"] is None):
        count = {"两": "2", "二": "2", "三": "3", "四": "4", "五": "5"}.get(found["n"], found["n"])
        return f"{count} * {found['a'] or found['b']}"
    if found := _SHARE.fullmatch(text):
        return f"{float(found.group(2)) / 100:.12g} * {found.group(1)}"
    return text if _IDENT.fullmatch(text) or (len(text) > 1 and text[0] in _QUOTES) else ""


def in_words(text: str) -> tuple[str, str] | None:
    """What a condition in words is written as, in Chinese and English, as far as its form tells."""
    said = text.strip()
    if said in _ONE_WORD:
        value = _ONE_WORD[said]
        if value in ("true", "false"):
            return f'{value}；是文字则加引号，如 "{said}"', f'{value}, or "{said}" where it is a text'
        return value, value
    tests = [found for part in _AND.split(said) for found in (_worded(part.strip()),)]
    if len(tests) > 1:
        meant = " and ".join(f"? {test}" for test in tests) if all(test[:1] in tuple("<>") for test in tests) else ""
    else:
        meant = tests[0]
    if not meant or "".join(meant.split()) == "".join(normalise(said).split()):
        return None
    if re.search("以[上下内]", said):
        return f"{meant}（“以上”“以下”含本数）", f"{meant} (以上 and 以下 include the figure itself)"
    return meant, meant


def _worded(said: str) -> str:
    """One test; "" where its form tells nothing, or it is written as it should be."""
    for form, written in _WORDED:
        if (found := form.fullmatch(said)) and (value := _amount(found.group(1).strip())):
            return written.format(value)
    if found := _BETWEEN.fullmatch(said):
        low, high = (_amount(part.strip()) for part in found.groups())
        if low and high:
            return f"[{low}..{high}]"
    if found := _PAIR.fullmatch(said):
        return "{}{}..{}{}".format(*found.groups()).translate(_WIDE)
    value = _amount(said)
    return value if value != said else ""


def parse_cell(text: str, scope: Scope) -> Expr:
    """The unary tests of a cell, as a boolean expression over `?`. A dash is `true`."""
    if text.strip() in DASHES:
        return ANY
    try:
        if _SPAN.fullmatch(text.strip()):  # 60-69: to FEEL it is a subtraction
            raise _fail(text, "区间写作 [a..b]", "an interval is written [a..b]")
        return _Parser(text, scope).cell()
    except PolicyError as error:
        if error.code in ("syntax", "unknown-name") and (meant := in_words(text)):
            raise _fail(text, f"写作 {meant[0]}", f"write {meant[1]}") from None
        raise error from None


def children(tree: Expr) -> tuple[Expr, ...]:
    match tree:
        case Path(base, _):
            return (base,)
        case Neg(arg) | Not(arg):
            return (arg,)
        case Arith(_, left, right) | Compare(_, left, right) | Match(left, right):
            return (left, right)
        case Logic(_, args) | Call(_, args) | ListOf(args):
            return args
    return ()


def walk(tree: Expr) -> Iterator[Expr]:
    yield tree
    for child in children(tree):
        yield from walk(child)


def mentions(tree: Expr, name: str) -> bool:
    return any(isinstance(node, Name) and node.name == name for node in walk(tree))


def names_in(tree: Expr) -> tuple[str, ...]:
    """The names the expression reads, in order of appearance, each once; `?` left out."""
    return tuple(dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Name) and node.name != "?"))


def resting_on(names: Iterable[str], reads: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The names and all that they rest on, each once. `reads`: what a name is worked out from; of others nothing is known."""
    found: dict[str, None] = {}
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = None
            pending += reads.get(name, ())
    return tuple(found)


def substitute(tree: Expr, values: dict[str, Expr]) -> Expr:
    """The tree with each named leaf replaced."""
    match tree:
        case Name(name):
            return values.get(name, tree)
        case Path(base, part):
            return Path(substitute(base, values), part)
        case Neg(arg):
            return Neg(substitute(arg, values))
        case Not(arg):
            return Not(substitute(arg, values))
        case Arith(op, left, right):
            return Arith(op, substitute(left, values), substitute(right, values))
        case Compare(op, left, right):
            return Compare(op, substitute(left, values), substitute(right, values))
        case Match(left, right):
            return Match(substitute(left, values), substitute(right, values))
        case Logic(op, args):
            return Logic(op, tuple(substitute(arg, values) for arg in args))
        case Call(name, args):
            return Call(name, tuple(substitute(arg, values) for arg in args))
        case ListOf(items):
            return ListOf(tuple(substitute(item, values) for item in items))
    return tree
