"""Pure rules of the books: their names, which file corrects which."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date

from nuanxin.union.rules import quarter_of

# book → its name in Chinese and English; the book is also the name of its form in ``sheets``.
BOOKS: dict[str, dict[str, str]] = {
    "jobs": {"zh": "招聘岗位", "en": "job offers"},
    "consolation": {"zh": "慰问支出", "en": "consolation spending"},
    "grants": {"zh": "金秋助学", "en": "student grants"},
    "mutual_aid": {"zh": "医疗互助", "en": "mutual-aid reimbursements"},
}
SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".et", ".txt"})
_CORRECTION = re.compile(r"[(\[【〔_\-— ]*(更正|修正|订正)(表|版|稿|后)?[)\]】〕]*")


def corrects(stem: str) -> bool:
    """Whether a file's name says that it corrects an earlier one: ``慰问支出（更正）``."""
    return bool(_CORRECTION.search(unicodedata.normalize("NFKC", stem)))


def base_name(stem: str) -> str:
    """The name without the mark of a correction and without spaces, to tell which file is corrected.

    >>> base_name("慰问支出（更正）"), base_name("慰问支出 更正表")
    ('慰问支出', '慰问支出')
    """
    return re.sub(r"\s", "", _CORRECTION.sub("", unicodedata.normalize("NFKC", stem))).casefold()


def quarters_meet(first: Collection[date], second: Collection[date]) -> bool:
    """Whether two sets of dates, each taken from its first to its last quarter, overlap; a set without dates meets any.

    Two sheets of one name and of different quarters are two sheets; of the same quarter, the later replaces the earlier.
    """
    if not first or not second:
        return True
    spans = [(quarter_of(min(days)), quarter_of(max(days))) for days in (first, second)]
    return max(start for start, _ in spans) <= min(end for _, end in spans)


def fit(text: str | None, length: int) -> str:
    """The text, cut with … where the column ends; the kept file has the whole. None is an empty text."""
    text = text or ""
    return text if len(text) <= length else text[: length - 1] + "…"
