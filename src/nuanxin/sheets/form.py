"""Forms: what columns a sheet may have and how each is read. A form is a TOML file in ``forms/``; docs/sheets.md tells how to add one."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

type_names = (
    "text",
    "name",
    "resident_id",
    "card",
    "phone",
    "amount",
    "integer",
    "number",
    "flag",
    "choice",
    "date",
    "year_month",
    "year",
)

FORMS = Path(__file__).with_name("forms")
# The sheet of a blank form that explains its columns; it comes back with the filled-in form and holds no rows.
HELP_SHEET = "填表说明"

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_SPACES = re.compile(r"\s+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>|〔[^〔〕]*〕")
_UNIT_WORDS = {
    "元": 1,
    "人民币元": 1,
    "人民币": 1,
    "圆": 1,
    "rmb": 1,
    "¥": 1,
    "千元": 1_000,
    "万元": 10_000,
    "万": 10_000,
}
_UNIT_AT_END = re.compile(r"^(.+?)[/:,;\-_、]?(千元|万元|元)$")


def without_invisible(text: str) -> str:
    """The text without zero-width, direction and other characters that nobody sees."""
    return _INVISIBLE.sub("", text)


def fold(text: str) -> str:
    """A text as titles and choices are compared: NFKC, no spaces, no invisible characters, no required mark, lower case."""
    folded = _SPACES.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).lower()
    return folded.strip("*＊:：、.。")


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a form.

    ``required``: the header must have it. ``needed``: the cell of a data row must not be empty. ``blank``: what an empty cell
    means (zero, null, no). ``level``: whether the value is the row's own or the household's, which is written once per family.
    ``optional``: left out of the short blank form. ``unit`` of an amount is always yuan; it is kept in fen.
    """

    field: str
    title: str
    type: str
    synonyms: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    unit: Literal["yuan", "none"] = "none"
    required: bool = False
    needed: bool = False
    blank: Literal["zero", "null", "no"] = "null"
    warn_blank: bool = False
    level: Literal["household", "member"] = "member"
    optional: bool = False
    suggest: tuple[str, ...] = ()
    note: str = ""
    header_unit: str = ""
    width: int = 14
    choices: Mapping[str, str] = with_default(default_factory=dict)
    """Folded word -> identifier."""
    choice_titles: Mapping[str, str] = with_default(default_factory=dict)
    """Identifier -> the word the blank form offers."""
    prefixes: tuple[tuple[str, str], ...] = ()
    """(folded beginning, identifier), longest first."""
    nothing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of sheet: its name, its Chinese title and its columns in the order of the blank form."""

    name: str
    title: str
    english: str
    hints: tuple[str, ...]
    fields: Mapping[str, Field]
    strong: Mapping[str, str]
    """Folded title or synonym -> field."""
    weak: Mapping[str, tuple[str, ...]]
    """Folded title that several fields may claim -> those fields, first claim first."""

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(f.field for f in self.fields.values() if f.required)

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(f.field for f in self.fields.values() if f.needed)

    @property
    def has_households(self) -> bool:
        return any(f.level == "household" for f in self.fields.values())


def title_key(title: str) -> tuple[str, int | None]:
    """A header cell as (folded name without bracketed remarks, unit in yuan that it states or None)."""
    folded = fold(title)
    unit: int | None = None
    for bracket in _BRACKETS.findall(folded):
        inner = bracket[1:-1].removeprefix("单位:").removeprefix("单位")
        if inner in _UNIT_WORDS:
            unit = _UNIT_WORDS[inner]
        elif unit is None:
            # (元,税后) and (单位:万元/年) state a unit beside something else.
            for part in re.split(r"[,;/、，；]", inner):
                unit = _UNIT_WORDS.get(part, unit)
    bare = _BRACKETS.sub("", folded).strip("*:、.。/")
    return bare, unit


def unit_only(title: str) -> int | None:
    """The unit, when the cell holds nothing but a unit of money such as （万元）."""
    folded = fold(title)
    inner = folded[1:-1] if _BRACKETS.fullmatch(folded) else folded
    return _UNIT_WORDS.get(inner.removeprefix("单位:"))


def find_field(form: Form, title: str) -> tuple[str | None, tuple[str, ...], int | None]:
    """Which field a header cell names: (field that it surely names, fields that it may name, unit stated)."""
    folded = fold(title)
    bare, unit = title_key(title)
    for key in (folded, bare):
        if key in form.strong:
            return form.strong[key], (), unit
    for key in (folded, bare):
        if key in form.weak:
            return None, form.weak[key], unit
    if found := _UNIT_AT_END.match(bare):
        key = found[1]
        if key in form.strong:
            return form.strong[key], (), _UNIT_WORDS[found[2]]
    return None, (), unit


def _field(raw: dict[str, object], document: dict[str, dict[str, object]]) -> Field:
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if k != "choices"}
    name = str(raw["field"])
    if raw["type"] not in type_names:
        raise ValueError(f"{name}: unknown type {raw['type']!r}")
    chosen = raw.get("choices")
    words: dict[str, list[str]] = document.get("choices", {}).get(str(chosen), {}) if chosen else {}  # type: ignore[assignment]
    starts: dict[str, list[str]] = document.get("prefixes", {}).get(str(chosen), {}) if chosen else {}  # type: ignore[assignment]
    nothing: list[str] = document.get("nothing", {}).get(name, [])  # type: ignore[assignment]
    choices = {fold(word): key for key, listed in words.items() for word in (*listed, key)}
    return Field(
        **values,  # type: ignore[arg-type]
        choices=MappingProxyType(choices),
        choice_titles=MappingProxyType({key: listed[0] for key, listed in words.items()}),
        prefixes=tuple(sorted(((fold(w), key) for key, ws in starts.items() for w in ws), key=lambda p: -len(p[0]))),
        nothing=frozenset(fold(word) for word in nothing),
    )


def load_form(path: Path) -> Form:
    """Read one form. Raises ValueError when a type is unknown or when two columns claim the same title."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    fields = {str(raw["field"]): _field(raw, document) for raw in document["columns"]}
    strong: dict[str, str] = {}
    weak: dict[str, tuple[str, ...]] = {}
    for one in fields.values():
        for word in (one.title, *one.synonyms):
            for key in {fold(word), title_key(word)[0]} - {""}:
                if strong.setdefault(key, one.field) != one.field:
                    raise ValueError(f"{path.name}: {word} names both {strong[key]} and {one.field}")
        for word in one.weak:
            weak[fold(word)] = (*weak.get(fold(word), ()), one.field)
    # A family member's own name is the first claim on a bare 姓名; needed fields come before the others.
    weak = {key: tuple(sorted(names, key=lambda n: not fields[n].needed)) for key, names in weak.items()}
    return Form(
        name=document["name"],
        title=document["title"],
        english=document["english"],
        hints=tuple(document.get("hints", ())),
        fields=MappingProxyType(fields),
        strong=MappingProxyType(strong),
        weak=MappingProxyType(weak),
    )


@cache
def forms() -> Mapping[str, Form]:
    """Every form there is, by name."""
    loaded = [load_form(path) for path in sorted(FORMS.glob("*.toml"))]
    return MappingProxyType({form.name: form for form in loaded})
