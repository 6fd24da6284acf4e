"""Chinese and English complete: every text of a page is marked for translation, has its English, and the compiled catalogue is of the source.

After a change: add the msgid to ``locale/en/LC_MESSAGES/django.po`` of its app and run ``make messages``. When two branches met in a
``django.mo``, mend the ``.po``, run it again and add both.
"""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from django.utils.translation import gettext as translated
from django.utils.translation import override
from django.utils.translation.template import templatize

SRC = Path(__file__).resolve().parent.parent / "src" / "nuanxin"
HAN = re.compile(r"[\u3400-\u9fff]")
TEMPLATES = sorted(SRC.rglob("*.html"))
CATALOGUES = sorted(SRC.rglob("locale/en/LC_MESSAGES/django.po"))
# Where a page's words are made in Python; commands and the libraries say both languages in one sentence.
FACES = sorted(
    path
    for path in SRC.rglob("*.py")
    if path.stem in ("forms", "menu", "views") or path.parent.name in ("views", "forms")
)
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# Not language: the switch names each language in its own words, the logo is a picture.
SAME_IN_BOTH = ("中文", ">工<", "暖心")


def name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def text_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if word in MARKS:
                yield node


def marked_in_python(source: str) -> Iterator[str]:
    """The texts that the module asks to be translated."""
    for call in calls(ast.parse(source)):
        for argument in call.args[:1]:
            if (text := text_of(argument)) is not None:
                yield text


def marked_in_template(source: str) -> Iterator[str]:
    """The texts that the template asks to be translated, as Django's own extraction sees them."""
    string = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    for found in re.finditer(rf"\b(?:gettext|ngettext|_)\(u?({string})", templatize(source)):
        yield ast.literal_eval(found[1])


MARKED = sorted(
    {(text, name(path)) for path in TEMPLATES for text in marked_in_template(path.read_text(encoding="utf-8"))}
    | {
        (text, name(path))
        for path in SRC.rglob("*.py")
        if "migrations" not in path.parts
        for text in marked_in_python(path.read_text(encoding="utf-8"))
    }
)


def entries(path: Path) -> Iterator[dict[str, str]]:
    """The entries of a catalogue: their fields by name, and ``flags``."""
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        fields, now = {"flags": " ".join(re.findall(r"^#,(.*)$", block, re.M))}, ""
        for line in block.splitlines():
            if found := re.match(r'(msgid|msgid_plural|msgctxt|msgstr(?:\[\d\])?)\s+(".*")$', line):
                now = found[1]
                fields[now] = ast.literal_eval(found[2])
            elif line.startswith('"'):
                fields[now] += ast.literal_eval(line)
        if fields.get("msgid"):
            yield fields


def test_what_is_marked_is_found():
    assert len(MARKED) > 200
    assert {text for text, _ in MARKED} >= {"跳到正文", "还有 %(days)d 天", "有 %(total)s 处要改", "返回"}


def test_every_marked_text_has_its_english():
    with override("en"):
        missing = [(text, where) for text, where in MARKED if HAN.search(text) and HAN.search(translated(text))]
    assert not missing, "no English, or none compiled: " + "; ".join(f"{text!r} in {where}" for text, where in missing)


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_no_english_is_empty_or_doubtful_or_without_its_values(path):
    found = list(entries(path))
    assert found
    seen: set[str] = set()
    for entry in found:
        text = entry["msgid"]
        assert text not in seen, f"{text!r} stands twice"
        seen.add(text)
        assert "fuzzy" not in entry["flags"], text
        english = [value for key, value in entry.items() if key.startswith("msgstr")]
        assert english, text
        assert len(english) == (2 if "msgid_plural" in entry else 1), text
        for words in english:
            assert words.strip(), f"{text!r} has no English"
            assert set(re.findall(r"%\((\w+)\)", words)) == set(re.findall(r"%\((\w+)\)", text)), text


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_compiled_catalogue_is_of_its_source(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in entries(path):
        if "msgid_plural" in entry:
            assert [compiled.ngettext(entry["msgid"], entry["msgid_plural"], n) for n in (1, 2)] == [
                entry["msgstr[0]"], entry["msgstr[1]"],
            ], entry["msgid"]  # fmt: skip
        else:
            assert compiled.gettext(entry["msgid"]) == entry["msgstr"], entry["msgid"]


def unmarked(source: str) -> Iterator[str]:
    """Chinese that a template shows without asking for its translation."""
    inside = ""
    for token in Lexer(source).tokenize():
        word = token.contents.split(" ", 1)[0] if token.token_type == TokenType.BLOCK else ""
        if word in ("blocktranslate", "blocktrans", "comment"):
            inside = f"end{word}"
        elif word and word == inside:
            inside = ""
        elif inside or word in ("translate", "trans") or token.token_type == TokenType.COMMENT:
            continue
        else:
            shown = token.contents if token.token_type == TokenType.TEXT else re.sub(r"_\(.*?\)", "", token.contents)
            for known in SAME_IN_BOTH:
                shown = shown.replace(known, "")
            yield from HAN.findall(shown)[:1] and [shown.strip()[:60]]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_chinese_stands_outside_translation_in_a_template(path):
    assert list(unmarked(path.read_text(encoding="utf-8"))) == []


def test_unmarked_chinese_is_seen():
    assert (
        list(unmarked('{% load i18n %}<p>{% translate "好" %}</p>{% blocktranslate %}好{% endblocktranslate %}')) == []
    )
    for wrong in ("<p>不好</p>", '<a title="不好">', '{% steps rows "不好" %}', "{{ x|default:'不好' }}"):
        assert list(unmarked(wrong)) == [wrong.strip("{%} ")] or len(list(unmarked(wrong))) == 1, wrong


def bare_texts(source: str) -> Iterator[str]:
    """Chinese texts of a module that are neither marked for translation nor its documentation."""
    tree = ast.parse(source)
    fine = {id(node) for call in calls(tree) for node in ast.walk(call)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            fine.add(id(node.body[0].value))  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in fine
            and HAN.search(node.value)
        ):
            yield node.value


@pytest.mark.parametrize("path", FACES, ids=name)
def test_no_chinese_stands_outside_translation_in_a_face(path):
    assert list(bare_texts(path.read_text(encoding="utf-8"))) == []
