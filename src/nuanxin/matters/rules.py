"""Pure rules of matters: which deadline class, and the latest date.

What needs a meeting's decision and a tender is due three months from receipt; the rest at once. The words that tell the two
apart are data: ``deadlines.csv`` beside this file.
"""

import csv
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from nuanxin.records.rules import add_months

MEETING_MONTHS = 3
# Working days for what needs no meeting, where neither the union nor one above it sets another.
AT_ONCE_DAYS = 1


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """effect → words, longest first: ``meeting`` puts a matter into the class, ``drop`` is a longer word that only looks like one,
    ``negate`` takes the rest of its clause away."""
    path = Path(__file__).with_name("deadlines.csv")
    words: dict[str, list[str]] = {"meeting": [], "drop": [], "negate": []}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words[row["effect"]].append(row["word"])
    return {effect: tuple(sorted(found, key=len, reverse=True)) for effect, found in words.items()}


def deadline_class(content: str, explicit: bool | None = None) -> bool:
    """Whether a matter needs a meeting's decision and a tender: what the sender said (``explicit``), else the words of the content.

    >>> deadline_class("职工澡堂重建，需会议决策并招标"), deadline_class("会议室空调不制冷"), deadline_class("买台灯，无需招标")
    (True, False, False)
    """
    if explicit is not None:
        return explicit
    words = _words()
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", content))
    for word in words["drop"]:
        text = text.replace(word, "")
    clauses = re.split(r"[,，。;；!！?？、]", text)
    negation = re.compile("|".join(map(re.escape, words["negate"])))
    return any(word in negation.split(clause, maxsplit=1)[0] for clause in clauses for word in words["meeting"])


def due_on(received_on: date, *, meeting: bool, after_workdays: Callable[[date], date]) -> date:
    """The latest date. ``after_workdays`` gives the working day that ends the at-once class for a day of receipt."""
    return add_months(received_on, MEETING_MONTHS) if meeting else after_workdays(received_on)
