"""Where the form stands in a sheet: the header among title rows, groups and notes, and what the title says."""

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nuanxin.sheets.columns import text_of
from nuanxin.sheets.form import Field, Form, find_field, fold, forms, title_key, unit_only

SEARCH_ROWS = 30
"""How many rows from the top a header is looked for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet that was recognised: where it stands, its title as written, and for an amount the header's unit."""

    index: int
    title: str
    unit: int | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A recognised form: the 0-based row where the data start, its columns by field, the titles that belong to no field."""

    form: str
    header_row: int
    body_row: int
    columns: Mapping[str, Column]
    unknown: tuple[tuple[int, str], ...]
    doubled: tuple[tuple[str, tuple[str, ...]], ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing and not self.doubled


@dataclass(frozen=True, slots=True)
class Title:
    """What stands above the header."""

    text: str = ""
    quarter: str | None = None
    org_name: str | None = None
    filled_on: dt.date | None = None
    unit: int | None = None


def _shown_title(cell: str) -> str:
    return re.sub(r"\s+", "", cell)


@lru_cache(maxsize=4096)
def _match(form_name: str, cells: tuple[str, ...], groups: tuple[str, ...]) -> Layout:
    """Assign the columns of one header row (with the group names above it, or empty texts) to a form's fields."""
    form = forms()[form_name]
    sure: dict[str, list[int]] = {}
    claims: list[tuple[int, tuple[str, ...]]] = []
    units: dict[int, int | None] = {}
    titles: dict[int, str] = {}
    unknown: list[tuple[int, str]] = []
    for index, (cell, group) in enumerate(zip(cells, groups, strict=True)):
        if not cell and not group:
            continue
        titles[index] = _shown_title(cell or group)
        wordings = [cell, f"{group}{cell}", group] if group and cell else [cell or group]
        if cell and group and unit_only(cell):
            wordings = [f"{group}{cell if cell[0] in '(（[' else f'({cell})'}"]
            titles[index] = _shown_title(wordings[0])
        for wording in wordings:
            name, weak, unit = find_field(form, wording)
            if name is None and not weak:
                continue
            units[index] = unit if unit is not None else (title_key(group)[1] if group else None)
            if name is not None:
                sure.setdefault(name, []).append(index)
            else:
                claims.append((index, weak))
            break
        else:
            unknown.append((index, titles[index]))
    for index, weak in claims:
        free = next((name for name in weak if name not in sure), None)
        if free is None:
            unknown.append((index, titles[index]))
        else:
            sure[free] = [index]
    columns = {name: Column(places[0], titles[places[0]], units.get(places[0])) for name, places in sure.items()}
    doubled = tuple((name, tuple(titles[p] for p in places)) for name, places in sure.items() if len(places) > 1)
    missing = tuple(form.fields[name].title for name in form.required if name not in sure)
    return Layout(form_name, 0, 0, columns, tuple(sorted(unknown)), doubled, missing)


def _as_titles(row: Sequence[object]) -> tuple[str, ...]:
    return tuple(c.strip() if isinstance(c, str) else text_of(c) for c in row)


def _filled_groups(groups: tuple[str, ...], below: tuple[str, ...]) -> tuple[str, ...]:
    """Group names carried right over the blanks that a horizontal merge leaves, where a sub-title stands below."""
    filled: list[str] = []
    last = ""
    for group, sub in zip(groups, below, strict=True):
        if group:
            last = group
        filled.append(group or (last if sub else ""))
        if not group and not sub:
            last = ""
    return tuple(filled)


def _header_like(row: tuple[str, ...]) -> bool:
    """Whether a row may be the lower half of a header: words only, none of them with digits."""
    filled = [cell for cell in row if cell]
    return bool(filled) and not any(re.search(r"\d", unicodedata.normalize("NFKC", cell)) for cell in filled)


def _unit_word(cell: str) -> bool:
    """Whether a lower header cell only states a unit: （万元）, 辆, （平方米）."""
    return unit_only(cell) is not None or fold(cell).strip("()[]") in (
        "人",
        "户",
        "套",
        "辆",
        "岁",
        "天",
        "个",
        "平方米",
        "㎡",
        "m2",
        "年",
    )


def find_layout(rows: Sequence[Sequence[object]], names: Collection[str], sheet_name: str = "") -> Layout | None:
    """The best header in the first rows for any of the forms named; complete ones first. None when no row looks like one."""
    best: Layout | None = None
    best_rank: tuple[bool, int, bool, int] = (False, 0, False, 0)
    for at in range(min(SEARCH_ROWS, len(rows))):
        cells = _as_titles(rows[at])
        if sum(1 for cell in cells if cell) < 2:
            continue
        below = _as_titles(rows[at + 1]) if at + 1 < len(rows) else ()
        for name in names:
            form = forms()[name]
            single = _match(name, cells, ("",) * len(cells))
            found, depth = single, 1
            # One word recognised by chance is no header; a group row above a full header row recognises nothing.
            if below and _header_like(below) and len(single.columns) + len(single.unknown) > 1:
                both = _match(name, below, _filled_groups(cells, below))
                gained = len(both.columns) - len(single.columns)
                lower = _match(name, below, ("",) * len(below))
                units = gained >= 0 and all(_unit_word(cell) for cell in below if cell)
                if units or (gained > 0 and len(both.columns) > len(lower.columns)):
                    found, depth = both, 2
            if len(found.columns) < 2:
                continue
            hinted = any(hint in sheet_name for hint in form.hints)
            rank = (
                found.complete or bool(found.doubled and not found.missing),
                len(found.columns),
                hinted,
                -len(found.missing),
            )
            if rank > best_rank:
                best_rank = rank
                best = Layout(name, at, at + depth, found.columns, found.unknown, found.doubled, found.missing)
        if best is not None and best.complete:
            break
    return best


def plausible(layout: Layout) -> bool:
    """Whether an incomplete layout is still surely this form with something missing, and not just another table."""
    required = len(forms()[layout.form].required)
    return len(layout.columns) >= 3 and required - len(layout.missing) >= max(1, required // 2)


# --- what the title says ----------------------------------------------------------------------------------------------

_CHINESE_YEAR = str.maketrans("〇零○Ｏ一二三四五六七八九", "0000123456789")
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_QUARTER = re.compile(
    r"(?P<year>(?:19|20)\d{2}|[一二][〇零○0一二三四五六七八九]{3})\s*(?:年度?)?\s*(?:[-—_.]?\s*(?:第\s*)?(?P<q>[一二三四1-4])\s*季度?|[-_ ]?[Qq](?P<e>[1-4]))"
)
_MONTHS = re.compile(r"(?P<year>(?:19|20)\d{2})\s*年\s*(?P<from>\d{1,2})\s*月?\s*[-—~至到]+\s*(?P<to>\d{1,2})\s*月")
_UNIT_LINE = re.compile(r"(?<!填报)(?<!上报)(?<!报送)(?<!工作)(?:金额)?单位\s*[::]\s*(?:人民币)?(千元|万元|元)")
_ORG = re.compile(r"(?:填报|上报|报送|申报)(?:单位|工会)(?:名称)?[^\S\n]*[::]?[^\S\n]*(?P<org>[^\s::，,;；]+)")
_FILLED = re.compile(
    r"(?:填报|填表|上报|报送|制表)(?:日期|时间)[^\S\n]*[::]?[^\S\n]*(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})"
)
_SEAL = re.compile(r"\((?:盖章|公章|签章|章|加盖公章)\)|[【\[](?:盖章|公章)[】\]]")
_FORM_WORDS = re.compile(
    r"(?:城镇|城市)?(?:困难职工(?:家庭)?|职工困难家庭)?(?:基本)?(?:情况)?(?:摸底|排查|摸排|统计|调查|登记|上报|申报)*(?:情况)?(?:汇总|统计|登记|明细|一览)?表?(?:\(更正\)|更正表?)?$"
)
_EDGES = " ：:-—_，,、关于的（）()《》"


def quarter_of(text: str) -> str | None:
    """The quarter a text names, as 2022Q3: 2022年第三季度, 2022年三季度, 2022年3季度, 2022Q3, 二〇二二年第三季度, 2022年7-9月."""
    plain = unicodedata.normalize("NFKC", text)
    if found := _QUARTER.search(plain):
        return f"{found['year'].translate(_CHINESE_YEAR)}Q{_QUARTERS[found['q']] if found['q'] else found['e']}"
    if (found := _MONTHS.search(plain)) and (int(found["from"]), int(found["to"])) in (
        (1, 3),
        (4, 6),
        (7, 9),
        (10, 12),
    ):
        return f"{found['year']}Q{int(found['to']) // 3}"
    return None


def _org_of(title: str) -> str | None:
    """The union that a title names: what is left of it without the quarter and the words of the form."""
    plain = unicodedata.normalize("NFKC", title)
    found = _QUARTER.search(plain) or _MONTHS.search(plain)
    if found is None:
        return None
    before, after = plain[: found.start()].strip(_EDGES), plain[found.end() :].strip(_EDGES)
    if before:
        return before
    left = _FORM_WORDS.sub("", after).strip(_EDGES)
    return left if len(left) >= 3 else None


def read_title(rows: Sequence[Sequence[object]]) -> Title:
    """What the rows above the header say."""
    lines: list[str] = []
    for row in rows:
        lines += [text for text in (text_of(cell).strip() for cell in row) if text]
    if not lines:
        return Title()
    whole = "\n".join(unicodedata.normalize("NFKC", line) for line in lines)
    quarter_line = next((line for line in lines if quarter_of(line)), None)
    title = quarter_line or lines[0]
    org = _ORG.search(_SEAL.sub("", whole))
    named = org["org"].strip(_EDGES) if org else ""
    filled = _FILLED.search(whole)
    filled_on = None
    if filled:
        try:
            filled_on = dt.date(int(filled["y"]), int(filled["m"]), int(filled["d"]))
        except ValueError:
            filled_on = None
    unit = _UNIT_LINE.search(whole)
    return Title(
        text=re.sub(r"\s+", "", title),
        quarter=quarter_of(quarter_line) if quarter_line else None,
        org_name=named or _org_of(re.sub(r"\s+", "", title)),
        filled_on=filled_on,
        unit={"元": 1, "千元": 1_000, "万元": 10_000}[unit[1]] if unit else None,
    )


def unit_of(column: Column, title: Title) -> int:
    """Yuan per unit of an amount column: what its header says, else what the title says, else yuan."""
    return column.unit or title.unit or 1


def title_of(form: Form, name: str, columns: Mapping[str, Column]) -> str:
    """A field's title as the sheet has it, or the form's own."""
    one: Field = form.fields[name]
    return columns[name].title if name in columns else one.title


def same_header(row: Sequence[object], header: Sequence[object]) -> bool:
    """Whether a body row repeats the header (a page break)."""
    return all(a == b or fold(text_of(a)) == fold(text_of(b)) for a, b in zip(row, header, strict=True))
