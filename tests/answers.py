"""An answer as the one who gets it reads it: every word of a page or a file, the links and the forms of a page."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import unquote, urlencode, urljoin

import openpyxl
from django.http import HttpResponseBase
from lxml import etree, html
from pypdf import PdfReader

# Headers that are the same on every page, of the browser's session, or of the time.
_FRAME = {"content-security-policy", "set-cookie", "content-length", "expires", "date"}


def content_of(answer: HttpResponseBase) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def read(answer: HttpResponseBase) -> str:
    """All that an answer says: its headers (the name of a file, where it leads to), and its content as ``words`` reads it."""
    heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in _FRAME)
    return f"{answer.status_code}\n{unquote(heads)}\n{words(content_of(answer))}"


def words(content: bytes, name: str = "") -> str:
    """All text of a page or a file, told by its content: of a zip its members, of a workbook its sheets, cells and comments, of a PDF its
    pages; markup, JSON, addresses and folded lines of a calendar are read through."""
    if content.startswith(b"PK\x03\x04"):
        return _unpacked(content)
    if content.startswith(b"%PDF"):
        pages = PdfReader(io.BytesIO(content)).pages
        # A line that is broken is read whole.
        return "\n".join(re.sub(r"\s+", "", page.extract_text()) for page in pages)
    if name.endswith((".xml", ".rels")):
        # A word may be written in several runs.
        return "".join(etree.fromstring(content).itertext())
    text = content.decode("utf-8-sig", errors="replace")
    if text.startswith("BEGIN:VCALENDAR"):
        return re.sub(r"\r?\n[ \t]", "", text).replace("\\,", ",").replace("\\n", "\n")
    plain = unescape(text)
    if "\\u" in plain:
        plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), plain)
    return unquote(plain) if "%" in plain else plain


def _unpacked(content: bytes) -> str:
    parts = []
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            parts += [name, "" if name.endswith("/") else words(packed.read(name), name)]
        if "xl/workbook.xml" in packed.namelist():
            parts += _cells(content)
    return "\n".join(parts)


def _cells(content: bytes) -> Iterator[str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book.worksheets:
        yield f"{sheet.title} {sheet.sheet_state}"
        for row in sheet.iter_rows():
            for cell in row:
                yield "" if cell.value is None else str(cell.value)
                if cell.comment:
                    yield cell.comment.text


# What differs between two askings of the same page and says nothing of what it shows: the token of its forms, the token of a sheet that was
# sent, the key of a filter that was saved, when a workbook was written.
_TOKENS = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<="X-CSRFToken": ")[^"]*|(?<=/sheets/)\w+/[\w-]{16}/|(?<=/filters/)\d+'
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
)


def without_tokens(text: str) -> str:
    return _TOKENS.sub("", text)


@dataclass(frozen=True)
class Ask:
    """What is sent to an address: nothing (a GET), or a form's fields in order."""

    url: str
    fields: tuple[tuple[str, str], ...] | None = None
    # The fields that take files.
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        sent = "" if self.fields is None else f" {dict(self.fields)}"
        return f"{'GET' if self.fields is None else 'POST'} {self.url}{sent}"[:300]


def asks(page: str, url: str, typed: dict[str, str]) -> Iterator[Ask]:
    """What a page lets its reader ask: its links, and its forms filled in, once for each of their buttons.

    ``typed`` is what is written into empty fields by the name of the field, else by its type.
    """
    if not page.strip():
        # A part of a page that has nothing to show.
        return
    drawn = html.document_fromstring(page)
    for link in drawn.xpath("//a[@href]"):
        yield Ask(_at(url, link.get("href")))
    for form in drawn.xpath("//form"):
        here = form.get("action") or url
        posts = form.get("method", "get").lower() == "post"
        fields, files = _filled(drawn, form, typed, chooses=posts)
        buttons = [one for one in form.iter("button") if one.get("type", "submit") == "submit"]
        for button in buttons or [None]:
            if not posts:
                # The empty fields of a filter are left out, as the page's script does: fewer addresses that mean the same.
                query = urlencode([(name, value) for name, value in fields if value])
                yield Ask(_at(url, f"{here.partition('?')[0]}?{query}"))
                continue
            pressed = (
                [(button.get("name"), button.get("value", ""))] if button is not None and button.get("name") else []
            )
            to = here if button is None else button.get("formaction") or here
            yield Ask(_at(url, to), (*fields, *pressed), files)


def _at(url: str, to: str) -> str:
    return urljoin(url, to.strip()).partition("#")[0]


def _filled(
    drawn: Any, form: Any, typed: dict[str, str], *, chooses: bool
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    outside = drawn.xpath("//*[@form=$id]", id=form.get("id")) if form.get("id") else []
    fields: list[tuple[str, str]] = []
    files: list[str] = []
    for one in [*form.iter("input", "select", "textarea"), *outside]:
        name, kind = one.get("name"), one.get("type", "text") if one.tag == "input" else one.tag
        if not name or name == "csrfmiddlewaretoken" or kind in ("submit", "button") or one.get("disabled") is not None:
            continue
        if kind == "file":
            files.append(name)
        elif kind == "radio":
            if name not in dict(fields):
                fields.append((name, one.get("value", "")))
        elif kind == "select":
            values = [option.get("value", option.text) for option in one.iter("option")]
            chosen = [
                option.get("value", option.text) for option in one.iter("option") if option.get("selected") is not None
            ]
            # Of a filter nothing is chosen: what it offers are the page's links, or other walks' pages.
            fields.append((name, next(filter(None, [*chosen, *(values if chooses else [])]), "")))
        else:
            value = one.get("value") or (one.text or "" if kind == "textarea" else "on" if kind == "checkbox" else "")
            fields.append((name, value or typed.get(name) or typed.get(kind, typed["text"])))
    return tuple(fields), tuple(files)


def is_page(answer: HttpResponseBase) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")
