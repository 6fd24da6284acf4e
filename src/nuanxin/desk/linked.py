"""The text of a brief in pieces, so that each figure in it can be a link.

The text stays the brief's own, letter by letter: only the places of the figures in it are found, by the sentences that made it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nuanxin.reports.brief import SECTIONS, Brief


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a paragraph; ``figure`` names the figure that it is, or is empty."""

    text: str
    figure: str = ""


def linked(brief: Brief) -> list[tuple[str, list[Piece]]]:
    """The paragraphs of a brief: (heading, pieces). The pieces joined are the paragraph's text."""
    # What is planned was written by hand: no number in it is a figure.
    return [
        (heading, [Piece(text)] if text == brief.plans else list(_pieces(text, brief.lang)))
        for heading, text in brief.paragraphs
    ]


def _pieces(text: str, lang: str) -> Iterator[Piece]:
    marks: list[tuple[int, int, str]] = []
    for pattern in _PATTERNS[lang]:
        found = pattern.search(text)
        if found:
            marks += [(*found.span(name), name) for name in found.groupdict()]
    at = 0
    for start, end, name in sorted(marks):
        if start < at:
            continue
        if start > at:
            yield Piece(text[at:start])
        yield Piece(text[start:end], name)
        at = end
    if at < len(text):
        yield Piece(text[at:])


def _pattern(sentence: str) -> re.Pattern[str]:
    """A clause as an expression that finds it in the text: its figures are the groups."""
    parts = re.split(r"\{(\w+)\}", sentence)
    # A number, or an amount with its unit: 3,584; 约 71.8 万元; 8,357.20 元; 8,357 yuan.
    figure = r"(?P<{}>(?:约 )?[\d,]+(?:\.\d+)?(?: 万?元| yuan)?)"
    joined = "".join(figure.format(part) if n % 2 else re.escape(part) for n, part in enumerate(parts))
    return re.compile(rf"(?<![^\s，,。.]){joined}(?=[，。,.])", re.IGNORECASE)


_PATTERNS = {
    lang: [
        _pattern(clause.zh if lang == "zh" else clause.en)
        for section in SECTIONS
        for sentence in section.sentences
        for clause in sentence
    ]
    for lang in ("zh", "en")
}
