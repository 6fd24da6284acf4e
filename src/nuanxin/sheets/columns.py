"""From what stands in the cells of one column to typed values: whole columns at once, with a slow path for the dirty few.

A column goes in as the list of its cells (str, float, bool, date, datetime, time, timedelta as the spreadsheet reader gives
them) and comes out as ``Typed``: a value or None per cell, a state per cell, and the problems by position.
"""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from stdnum import numdb

from nuanxin.sheets.form import Field, fold, without_invisible
from nuanxin.sheets.masks import mask_digits, mask_id, mask_name, mask_phone
from nuanxin.sheets.messages import NOTHING

BLANK, VALUE, REFUSED, MARK = 0, 1, 2, 3
"""States of a cell. MARK: a dash or 无 that stands for the blank meaning; among a family's later rows it gives way to a figure."""

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "name": pa.string(),
    "resident_id": pa.string(),
    "card": pa.string(),
    "phone": pa.string(),
    "amount": pa.int64(),
    "integer": pa.int32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "choice": pa.string(),
    "date": pa.date32(),
    "year_month": pa.date32(),
    "year": pa.int32(),
}

DASHES = frozenset(
    {"/", "//", "-", "--", "---", "—", "——", "–", "―", "─", "_", "\\", "|", "空", "n/a", "na", "null", "、", "~", ""}
)
NONES = frozenset({"无", "没有", "零", "〇", "暂无", "没", "未发生", "无此项", "无此情况", "不涉及"})
RAW_MARKS = DASHES | NONES | {"／", "－", "＼", "｜", "＿", "～", "N/A", "NA", "NULL", "Null", "None"}
_NO_MONEY = frozenset({"无收入", "无支出", "无费用", "无损失", "没有收入", "没有支出", "无医疗费", "无教育支出"})
_MAX_FEN = 10**14

_AMOUNT = re.compile(
    r"(?:¥|rmb|cny|人民币)?(?P<figure>\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?P<unit>万元|千元|万|千|元|圆|块)?(?:整|正)?(?:人民币)?(?:/年|每年|一年)?",
)
_NEGATIVE = re.compile(r"(?:¥|rmb|人民币)?-\s*(?:¥)?[\d.,]+\D{0,3}|\([\d.,]+\)")
_UNITS = {"万元": 10_000, "万": 10_000, "千元": 1_000, "千": 1_000, "元": 1, "圆": 1, "块": 1}
_INTEGER = re.compile(r"(?P<figure>\d{1,9})(?:\.0*)?(?:人次|学年|人|口|户|套|辆|处|间|年|天|日|个|名|台|次|所|部|岗)?")
_CHINESE_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_CHINESE_INTEGER = re.compile(r"(?P<figure>[零〇一二两三四五六七八九十])(?:人|口|户|套|辆|处|间|年|天|个|名|台|次)?")
_NUMBER = re.compile(r"(?P<figure>\d+(?:,\d{3})*(?:\.\d+)?)(?:平方米|平米|平方|m2|㎡|米|元)?")
_YES = frozenset({"是", "有", "√", "✓", "✔", "☑", "y", "yes", "true", "1", "对", "v", "属于", "具备"})
_NO = frozenset(
    {"否", "无", "没有", "×", "✗", "✘", "x", "n", "no", "false", "0", "不是", "非", "未", "不属于", "不具备", "没"}
)
_FLAG_WITH_REMARK = re.compile(r"(是|有|否|无)[(,:;，：；].+")
_DATE = re.compile(
    r"(?P<y>\d{4})(?:[-/.年])(?P<m>\d{1,2})(?:[-/.月])(?P<d>\d{1,2})[日号]?(?:[t ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_DATE_PLAIN = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_MONTH = re.compile(r"(?P<y>\d{4})(?:[-/.年])(?P<m>\d{1,2})月?(?:份)?")
_MONTH_PLAIN = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})")
_YEAR = re.compile(r"(?P<y>(?:19|20)\d{2})(?:\.0)?年?(?:[级届])?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}-?[2-9]\d{6,7}(?:(?:-|转|ext)\d{1,6})?")
_PHONE_JOIN = re.compile(r"[/、,;或]|\s{2,}|\n")
_SPACE_RUN = re.compile(r"[^\S\n]+")
_ALL_SPACE = re.compile(r"\s+")
_AS_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?e[+-]?\d+|\d{10,}\.\d*", re.IGNORECASE)
_ID_SEPARATORS = re.compile(r"[\s\-'’‘`\"·]+")
_NOT_PLAIN = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u0000-\u001f\u007f]"
)
_EPOCH = dt.date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with, or noticed at, one position of a column. ``found`` is already fit to be shown."""

    at: int
    code: str
    found: str
    args: Mapping[str, object]
    refused: bool


@dataclass(slots=True)
class Typed:
    """A typed column: value or None, state, and problems. ``births`` (yyyymmdd, 0 unknown) comes with ID numbers only."""

    values: list[object]
    state: npt.NDArray[np.uint8]
    problems: list[Problem] = field(default_factory=list)
    births: npt.NDArray[np.int32] | None = None


class _Cell(NamedTuple):
    """What one distinct cell content comes to."""

    value: object = None
    state: int = VALUE
    code: str = ""
    args: Mapping[str, object] = NOTHING


_BLANK_CELL = _Cell(None, BLANK)


def text_of(value: object) -> str:
    """A cell as the text a person sees: whole floats without their .0, dates in ISO, long floats as the spreadsheet shows them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if abs(value) >= 1e12:
            return f"{value:.5E}" if abs(value) >= 1e15 else f"{value:.0f}"
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value)


def shown(one: Field | None, value: object) -> str:
    """A cell as a refusal may quote it: masked where the column or the content is personal, at most 40 characters."""
    text = without_invisible(text_of(value)).strip()
    if one is not None and text:
        if one.type in ("resident_id", "card") and isinstance(value, str):
            folded = _ALL_SPACE.sub("", unicodedata.normalize("NFKC", text))
            if not _AS_NUMBER.fullmatch(folded):
                text = mask_id(folded)
            elif len(folded) > 12:
                # As the spreadsheet shows such a number in a narrow column: more digits would give the person away.
                text = f"{float(folded):.5E}"
        elif one.type == "phone":
            text = mask_phone(text)
        elif one.type == "name":
            text = mask_name(text)
    if one is None or one.type not in ("resident_id", "card"):
        text = mask_digits(text)
    return text if len(text) <= 40 else text[:39] + "…"


def _plain(text: str) -> str:
    """NFKC, no invisible characters, no spaces, lower case: the form in which figures and marks are recognised."""
    return _ALL_SPACE.sub("", without_invisible(unicodedata.normalize("NFKC", text))).lower()


def _zero_or_blank(one: Field, strong: bool) -> _Cell:
    """A dash (or, strong, a 无) under the column's blank meaning."""
    if one.type in ("amount", "integer", "number") and (one.blank == "zero" or strong):
        return _Cell(0, MARK)
    if one.type == "flag" and (one.blank == "no" or strong):
        return _Cell(False, MARK)
    return _BLANK_CELL


# --- one cell, by type: the slow path and the path of distinct values -------------------------------------------------


def _amount(one: Field, value: object, unit: int) -> _Cell:
    if isinstance(value, str):
        text = _plain(value)
        if text in DASHES:
            return _zero_or_blank(one, strong=False) if text else _BLANK_CELL
        if text in NONES or text in _NO_MONEY:
            return _zero_or_blank(one, strong=True)
        match = _AMOUNT.fullmatch(text)
        if match is None or len(match["figure"]) > 24:
            return _Cell(None, REFUSED, "amount_negative" if _NEGATIVE.fullmatch(text) else "amount_unclear")
        figure = Decimal(match["figure"].replace(",", ""))
        exact = figure * (_UNITS[match["unit"]] if match["unit"] else unit) * 100
    elif isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value):
        exact = Decimal(f"{value:.15g}") * unit * 100
    else:
        return _Cell(None, REFUSED, "amount_unclear")
    if exact < 0:
        return _Cell(None, REFUSED, "amount_negative")
    if exact > _MAX_FEN:
        return _Cell(None, REFUSED, "amount_too_large")
    fen = int(exact.to_integral_value(ROUND_HALF_UP))
    if fen != exact:
        return _Cell(fen, VALUE, "amount_rounded", {"rounded": f"{Decimal(fen) / 100:.2f}"})
    return _Cell(fen)


def _integer(one: Field, value: object) -> _Cell:
    if isinstance(value, str):
        text = _plain(value)
        if text in DASHES:
            return _zero_or_blank(one, strong=False) if text else _BLANK_CELL
        if text in NONES:
            return _zero_or_blank(one, strong=True)
        if match := _INTEGER.fullmatch(text.replace(",", "")):
            return _Cell(int(match["figure"]))
        if match := _CHINESE_INTEGER.fullmatch(text):
            return _Cell(_CHINESE_DIGITS[match["figure"]])
        return _Cell(None, REFUSED, "integer_negative" if _NEGATIVE.fullmatch(text) else "integer_unclear")
    if isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value):
        if value < 0:
            return _Cell(None, REFUSED, "integer_negative")
        if value == int(value) and value < 2**31:
            return _Cell(int(value))
    return _Cell(None, REFUSED, "integer_unclear")


def _number(one: Field, value: object) -> _Cell:
    if isinstance(value, str):
        text = _plain(value)
        if text in DASHES or text in NONES:
            return _BLANK_CELL
        match = _NUMBER.fullmatch(text)
        return _Cell(float(match["figure"].replace(",", ""))) if match else _Cell(None, REFUSED, "number_unclear")
    if isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return _Cell(float(value))
    return _Cell(None, REFUSED, "number_unclear")


def _flag(one: Field, value: object) -> _Cell:
    text = _plain(text_of(value))
    if text in DASHES:
        return _zero_or_blank(one, strong=False) if text else _BLANK_CELL
    if match := _FLAG_WITH_REMARK.fullmatch(text):
        text = match[1]
    if text in _YES:
        return _Cell(True)
    if text in _NO or text in NONES:
        return _Cell(False)
    return _Cell(None, REFUSED, "flag_unclear")


_REMARK = re.compile(r"\([^()]*\)")
_COUNTED = re.compile(r"(?:\d+|[一二三四五])$")


def _choice(one: Field, value: object) -> _Cell:
    text = fold(text_of(value))
    for key in (text, _REMARK.sub("", text), _COUNTED.sub("", text)):
        if key in one.choices:
            return _Cell(one.choices[key])
    for start, identifier in one.prefixes:
        if text.startswith(start):
            return _Cell(identifier)
    if text in DASHES or text in NONES or text in one.nothing:
        return _BLANK_CELL
    return _Cell(None, REFUSED, "choice_unknown", {"choices": "、".join(one.choice_titles.values())})


def _real_date(year: int, month: int, day: int) -> dt.date | None:
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return None
    return found if 1900 <= year <= 2199 else None


def _date(one: Field, value: object) -> _Cell:
    found: dt.date | None = None
    if isinstance(value, dt.datetime):
        found = value.date()
    elif isinstance(value, dt.date):
        found = value
    elif isinstance(value, str | float | int) and not isinstance(value, bool):
        text = value if isinstance(value, str) else f"{value:.15g}"
        # A time after the date is kept apart by its space, so spaces go only around the date's own parts.
        text = without_invisible(unicodedata.normalize("NFKC", text)).strip().lower()
        tight = re.sub(r"\s*([-/.年月日])\s*", r"\1", text)
        if tight in DASHES or tight in NONES:
            return _BLANK_CELL
        if match := _DATE.fullmatch(tight) or _DATE_PLAIN.fullmatch(tight):
            found = _real_date(int(match["y"]), int(match["m"]), int(match["d"]))
        elif one.type == "year_month" and (match := _MONTH.fullmatch(tight) or _MONTH_PLAIN.fullmatch(tight)):
            found = _real_date(int(match["y"]), int(match["m"]), 1)
        elif re.fullmatch(r"[2-9]\d{4}(?:\.\d+)?", tight):
            # The spreadsheet's serial of a date in 1954 to 2173, left as a number by a lost cell format.
            found = _EPOCH + dt.timedelta(days=int(float(tight)))
    if found is None or not 1900 <= found.year <= 2199:
        return _Cell(None, REFUSED, "date_unclear")
    return _Cell(found.replace(day=1) if one.type == "year_month" else found)


def _year(one: Field, value: object) -> _Cell:
    text = _plain(text_of(value))
    if match := _YEAR.fullmatch(text):
        return _Cell(int(match["y"]))
    whole = _date(Field(one.field, one.title, "year_month"), value)
    return _Cell(whole.value.year) if isinstance(whole.value, dt.date) else whole


def _phone(one: Field, value: object) -> _Cell:
    if isinstance(value, float | int) and not isinstance(value, bool):
        text = f"{value:.0f}" if math.isfinite(value) and value == int(value) else ""
    elif isinstance(value, str):
        text = without_invisible(unicodedata.normalize("NFKC", value)).strip()
        if fold(text) in DASHES or fold(text) in NONES:
            return _BLANK_CELL
    else:
        text = ""
    for index, part in enumerate(_PHONE_JOIN.split(text)):
        number = re.sub(r"[\s()\-]", "", part)
        number = re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}(?:\.0+)?$)", "", re.sub(r"\.0+$", "", number))
        land = re.sub(r"[\s()]", "", part.replace(")", "-"))
        if _MOBILE.fullmatch(number):
            clean = number
        elif _LANDLINE.fullmatch(land):
            clean = land
        else:
            continue
        second = index > 0 or len(_PHONE_JOIN.split(text)) > 1
        return _Cell(clean, VALUE, "phone_second" if second else "")
    return _Cell(None, REFUSED, "phone_unreadable")


def _card(one: Field, value: object) -> _Cell:
    if not isinstance(value, str):
        return _Cell(None, REFUSED, "card_as_number")
    text = _ID_SEPARATORS.sub("", without_invisible(unicodedata.normalize("NFKC", value)))
    if text.lower() in DASHES or text in NONES:
        return _BLANK_CELL
    if _AS_NUMBER.fullmatch(text):
        return _Cell(None, REFUSED, "card_as_number")
    if not re.fullmatch(r"\d{12,19}", text):
        return _Cell(None, REFUSED, "card_digits")
    doubled = [int(d) * 2 for d in text[-2::-2]]
    total = sum(int(d) for d in text[-1::-2]) + sum(d - 9 if d > 9 else d for d in doubled)
    return _Cell(text, VALUE, "" if total % 10 == 0 else "card_luhn")


def _text(one: Field, value: object) -> _Cell:
    text = without_invisible(text_of(value)).strip()
    text = _SPACE_RUN.sub(" ", text).replace("\x00", "")
    return _BLANK_CELL if _plain(text) in DASHES or text == "无" else _Cell(text)


def _name(one: Field, value: object) -> _Cell:
    text = _ALL_SPACE.sub(" ", without_invisible(text_of(value)).replace("\x00", "")).strip()
    return _BLANK_CELL if _plain(text) in DASHES or text in NONES else _Cell(text)


_BY_VALUE: dict[str, Callable[[Field, object], _Cell]] = {
    "text": _text,
    "name": _name,
    "card": _card,
    "phone": _phone,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "date": _date,
    "year_month": _date,
    "year": _year,
}

_WARNING_ONLY = frozenset({"amount_rounded", "card_luhn", "phone_second", "phone_unreadable"})


# --- whole columns ----------------------------------------------------------------------------------------------------


def _distinct(cells: list[object]) -> set[Hashable]:
    return set(cells)  # type: ignore[arg-type]


def _without_bools(cells: list[object]) -> list[object]:
    """True equals 1.0 to a dictionary, so logical cells are spelled out before distinct values are taken."""
    if bool in set(map(type, cells)):
        return [("TRUE" if c else "FALSE") if isinstance(c, bool) else c for c in cells]
    return cells


def _scatter(cells: list[object], known: Mapping[object, _Cell], one: Field) -> Typed:
    """Give each position what its content comes to."""
    value_of = {content: cell.value for content, cell in known.items()}
    state_of = {content: cell.state for content, cell in known.items()}
    values = list(map(value_of.__getitem__, cells))
    state = np.frombuffer(bytes(map(state_of.__getitem__, cells)), dtype=np.uint8).copy()
    problems = []
    noticed = {content: cell for content, cell in known.items() if cell.code}
    if noticed:
        problems = [
            Problem(at, cell.code, shown(one, content), cell.args, cell.code not in _WARNING_ONLY)
            for at, content in enumerate(cells)
            if (cell := noticed.get(content)) is not None
        ]
    return Typed(values, state, problems)


def _amounts(one: Field, cells: list[object], unit: int) -> Typed:
    known: dict[object, _Cell] = {"": _BLANK_CELL}
    distinct = _distinct(cells) - {""}
    floats = [c for c in distinct if type(c) is float]
    if floats:
        figures = np.array(floats, dtype=np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            fen = figures * (unit * 100)
            whole = np.rint(fen)
            clean = (np.abs(fen - whole) <= 1e-9 * np.maximum(1.0, np.abs(fen))) & (fen >= 0) & (fen < 1e13)
        for figure, amount, sure in zip(
            floats, np.where(clean, whole, 0).astype(np.int64).tolist(), clean.tolist(), strict=True
        ):
            known[figure] = _Cell(amount) if sure else _amount(one, figure, unit)
    for content in distinct:
        if content not in known:
            known[content] = _amount(one, content, unit)
    return _scatter(cells, known, one)


_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, *[0] * 87], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class CheckedIds:
    """ID numbers checked in columns: which fail which test, and the dates of birth as yyyymmdd."""

    characters: npt.NDArray[np.bool_]
    check: npt.NDArray[np.bool_]
    date: npt.NDArray[np.bool_]
    range: npt.NDArray[np.bool_]
    births: npt.NDArray[np.int32]
    numbers: list[str]


def check_ids(numbers: Sequence[str], today: dt.date) -> CheckedIds:
    """Check texts of exactly 18 ASCII characters, all at once. Each array says True where that test fails."""
    count = len(numbers)
    joined = "".join(numbers).encode("ascii")
    grid = np.frombuffer(joined, dtype=np.uint8).reshape(count, 18).copy() if count else np.empty((0, 18), np.uint8)
    last = grid[:, 17]
    last[last == ord("x")] = ord("X")
    digits = grid[:, :17].astype(np.int32) - ord("0")
    characters = ((digits < 0) | (digits > 9)).any(axis=1) | ~(((last >= 48) & (last <= 57)) | (last == ord("X")))
    digits = np.where(characters[:, None], 0, digits)
    expected = _CHECK[(digits @ _WEIGHTS) % 11]
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1], dtype=np.int32)
    month = digits[:, 10] * 10 + digits[:, 11]
    day = digits[:, 12] * 10 + digits[:, 13]
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    days = _MONTH_DAYS[month] + (leap & (month == 2))
    births = (year * 10_000 + month * 100 + day).astype(np.int32)
    date_wrong = ~characters & ((day < 1) | (day > days))
    limit = today.year * 10_000 + today.month * 100 + today.day
    text = grid.tobytes().decode("ascii")
    return CheckedIds(
        characters=characters,
        check=~characters & (expected != last),
        date=date_wrong,
        range=~characters & ~date_wrong & ((births < 19_000_101) | (births > limit)),
        births=births,
        numbers=[text[k : k + 18] for k in range(0, 18 * count, 18)],
    )


def _id_text(value: object) -> tuple[str, _Cell | None]:
    """A cell of an ID column as its bare text, or why it cannot be one."""
    if not isinstance(value, str):
        return "", _Cell(None, REFUSED, "id_as_number")
    text = _ID_SEPARATORS.sub("", without_invisible(unicodedata.normalize("NFKC", value)))
    if text.lower() in DASHES or text in NONES:
        return "", _BLANK_CELL
    if _AS_NUMBER.fullmatch(text):
        return "", _Cell(None, REFUSED, "id_as_number")
    if len(text) == 15 and text.isascii() and text.isdigit():
        return "", _Cell(None, REFUSED, "id_old")
    if len(text) != 18 and re.fullmatch(r"\d+[Xx]?", text):
        return "", _Cell(None, REFUSED, "id_length", {"length": len(text)})
    if len(text) != 18 or not text.isascii():
        return "", _Cell(None, REFUSED, "id_characters")
    return text, None


def _resident_ids(one: Field, cells: list[object], today: dt.date) -> Typed:
    count = len(cells)
    state = np.full(count, VALUE, dtype=np.uint8)
    values: list[object] = [None] * count
    births = np.zeros(count, dtype=np.int32)
    problems: list[Problem] = []
    plain = [type(c) is str and len(c) == 18 and c.isascii() for c in cells]
    if all(plain):
        places, numbers = np.arange(count), cells
    else:
        numbers, kept = [], []
        for at, (cell, is_plain) in enumerate(zip(cells, plain, strict=True)):
            if is_plain and " " not in cell and "-" not in cell:  # type: ignore[operator]
                numbers.append(cell)
                kept.append(at)
                continue
            text, other = (cell, _BLANK_CELL) if cell == "" else _id_text(cell)
            if other is None:
                numbers.append(text)
                kept.append(at)
                continue
            state[at] = other.state
            if other.code:
                problems.append(Problem(at, other.code, shown(one, cell), other.args, True))
        places = np.array(kept, dtype=np.int64)
    checked = check_ids(numbers, today)  # type: ignore[arg-type]
    wrong = checked.characters | checked.check | checked.date | checked.range
    good = ~wrong
    births[places[good]] = checked.births[good]
    if wrong.any():
        state[places[wrong]] = REFUSED
        for at, number in zip(places[good].tolist(), np.array(checked.numbers, dtype=object)[good], strict=True):
            values[at] = number
        for index in np.flatnonzero(wrong).tolist():
            at, number = int(places[index]), checked.numbers[index]
            date = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
            if checked.characters[index] and (rest := _id_text(cells[at])[1]):
                problems.append(Problem(at, rest.code, shown(one, cells[at]), rest.args, True))
                continue
            code = (
                "id_characters"
                if checked.characters[index]
                else "id_date"
                if checked.date[index]
                else "id_future"
                if checked.range[index]
                else "id_check"
            )
            problems.append(Problem(at, code, mask_id(number), {"date": date}, True))
    elif len(places) == count:
        values = list(checked.numbers)
    else:
        for at, number in zip(places.tolist(), checked.numbers, strict=True):
            values[at] = number
    return Typed(values, state, problems, births)


@cache
def _area_spans(area: str) -> tuple[tuple[int, int], ...]:
    """The years in which an area code of six digits was in use; empty when it never was."""
    counties = [properties["county"] for _, properties in numdb.get("cn/loc").info(area) if "county" in properties]
    spans = []
    for county in (part for listed in counties for part in listed.split(",")):
        if years := re.match(r"\[(\d*)-(\d*)\]", county):
            spans.append((int(years[1] or 0), int(years[2] or 9999)))
        else:
            spans.append((0, 9999))
    return tuple(spans)


def area_doubtful(number: str) -> bool:
    """Whether the area code of a valid ID number is unknown or was not in use in its holder's year of birth."""
    year = int(number[6:10])
    return not any(start <= year <= end for start, end in _area_spans(number[:6]))


def type_column(one: Field, cells: list[object], units: Sequence[int] | int, today: dt.date) -> Typed:
    """Type one column. ``units`` gives, for an amount, the yuan per unit of the header: one figure, or one per cell."""
    if one.type == "resident_id":
        return _resident_ids(one, cells, today)
    if not cells:
        return Typed([], np.empty(0, np.uint8))
    cells = _without_bools(cells)
    if one.type == "amount":
        if isinstance(units, int):
            return _amounts(one, cells, units)
        per_cell = np.asarray(units)
        values: list[object] = [None] * len(cells)
        state = np.zeros(len(cells), dtype=np.uint8)
        problems: list[Problem] = []
        for unit in np.unique(per_cell).tolist():
            places = np.flatnonzero(per_cell == unit)
            part = _amounts(one, [cells[at] for at in places.tolist()], unit)
            state[places] = part.state
            for at, value in zip(places.tolist(), part.values, strict=True):
                values[at] = value
            problems += [Problem(int(places[p.at]), p.code, p.found, p.args, p.refused) for p in part.problems]
        return Typed(values, state, sorted(problems, key=lambda p: p.at))
    if one.type in ("name", "text"):
        joined = "".join([c for c in cells if type(c) is str])
        if not _NOT_PLAIN.search(joined):
            return _plain_texts(one, cells)
    read = _BY_VALUE[one.type]
    distinct = _distinct(cells)
    known: dict[object, _Cell] = {}
    if one.type == "phone":
        # Nearly every phone is another one: those that are plainly right need no cleaning.
        known = {
            c: _Cell(c) for c in distinct if type(c) is str and len(c) == 11 and c.isascii() and _MOBILE.fullmatch(c)
        }
    known.update({content: read(one, content) for content in distinct if content not in known})
    return _scatter(cells, known, one)


def _plain_texts(one: Field, cells: list[object]) -> Typed:
    """Texts in which nothing has to be cleaned: only marks for nothing, and cells that are not text, are looked at."""
    odd = {c: _BY_VALUE[one.type](one, c) for c in _distinct(cells) if type(c) is not str or c in RAW_MARKS}
    if not odd:
        return Typed(list(cells), np.full(len(cells), VALUE, dtype=np.uint8))
    values = [odd[c].value if c in odd else c for c in cells]
    return Typed(values, np.frombuffer(bytes([v is not None for v in values]), dtype=np.uint8).copy())
