"""Which rows of a sheet are data: blank rows, totals, signatures, examples, repeated headers and nil statements are told apart."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from nuanxin.sheets.columns import DASHES, NONES, RAW_MARKS, text_of
from nuanxin.sheets.form import Form, fold, forms, without_invisible
from nuanxin.sheets.layout import Layout, same_header

Label = Literal["", "example", "total", "footer", "nil"]
Kind = Literal["data", "blank", "example", "total", "footer", "nil", "header", "remark"]

_EXAMPLE = re.compile(
    r"(?:填写|填报|填表)?(?:例|示例|样例|例子|范例|举例|例如|样表)(?:[\d一二三四五六七八九十]*[:、.]?$|[:,。请])"
)
_TOTAL = re.compile(
    r"(?:本页|本户|本表|全部|全表|家庭|户数|人数)?(?:合计|小计|总计|共计|累计|总合计)(?:[:(\d].*)?$|共\d+[户人].*"
)
_FOOTER = re.compile(
    r"(?:(?:单位|工会|部门)?(?:填表|填报|制表|审核|审批|负责|联系|经办|复核|报送|统计|录入|核实|上报)(?:人|单位|部门|日期|时间|说明|要求)(?:员|姓名|签字|签名|签章)*(?:[:(]|$)"
    r"|(?:制表|审核|审批|复核|签字|签名|签章|盖章|备注|说明|注|附|附注|日期|电话|联系电话|联系方式|填表说明|填写说明)(?:[:;]|$)"
    r"|(?:工会)?(?:主席|主任|负责人|领导)(?:签字|签名|签章)?(?:[:(]|$)"
    r"|(?:单位|工会|公)?\(?(?:盖章|公章|签章)\)?(?:[:(]|$)|注\d|说明\d|填表须知|填写要求|填报要求)"
)
_DATE_LINE = re.compile(r"(?:\d{4})?年(?:\d{1,2})?月(?:\d{1,2})?日")
_NIL = re.compile(
    r"(?:本|我|该|各|全|经|已|季度?|单位|工会|社区|村|企业|公司|期|月份?|年度?|次|联合会|委员会|摸排|排查|核查|了解|统计|暂时?|目前|现|均|确|尚|也|共|,)*"
    r"(?:无|没有|零报告|零上报|零申报|无上报)"
    r"(?:$|.{0,12}(?:困难|上报|申报|报送|符合|家庭|需要|此类|此项|情况|对象|人员|新增|难题|心愿|诉求|问题|事项|变化).{0,20})[。.!]?"
)


@lru_cache(maxsize=65_536)
def label_of(text: str) -> Label:
    """What a cell at the beginning of a row announces."""
    plain = re.sub(r"\s+", "", without_invisible(unicodedata.normalize("NFKC", text)))
    if _EXAMPLE.match(plain):
        return "example"
    if _TOTAL.match(plain):
        return "total"
    if _FOOTER.match(plain):
        return "footer"
    if _NIL.fullmatch(plain):
        return "nil"
    return ""


@dataclass(frozen=True, slots=True)
class SortedRows:
    """The rows below a header: the 0-based places of the data rows within the sheet, and how many were skipped for what."""

    data: list[int]
    skipped: Counter[str]
    remarks: list[tuple[int, int, object]]
    """(row, column, cell) of texts that were taken for remarks."""


def _is_mark(cell: object) -> bool:
    if not isinstance(cell, str):
        return False
    plain = fold(cell)
    return plain in DASHES or plain in NONES


def _numbering(texts: list[str]) -> bool:
    """A row of column numbers under the header: 1 2 3 … or 甲 乙 1 2 …"""
    numbers = [int(t) for t in texts if t.isdigit() and len(t) < 3]
    return (
        len(numbers) >= 4
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and len(texts) - len(numbers) <= 3
    )


def _kind(
    row: Sequence[object], header: Sequence[object], form: Form, layout: Layout, needed: list[int], markers: list[int]
) -> Kind:
    filled = [(i, text) for i, cell in enumerate(row) if cell != "" and (text := text_of(cell).strip())]
    if not filled:
        return "blank"
    if same_header(row, header) or _numbering([text for _, text in filled]):
        return "header"
    if any(label_of(text_of(row[i])) == "example" for i in markers):
        return "example"
    real = [i for i in needed if text_of(row[i]).strip() and not _is_mark(row[i])]
    if "note" in layout.columns and label_of(text_of(row[layout.columns["note"].index])) == "example":
        return "example"
    if len(real) == len(needed) and form.has_households:
        return "data"
    # A number at the beginning (序号, 户编号) says nothing about what kind of row it is.
    telling = [(i, text) for i, text in filled if not (i in markers and re.fullmatch(r"[\d.]+", text))]
    if not telling:
        return "blank"
    for _, text in telling[:4]:
        label = label_of(text)
        if (label == "total" and telling[0][1] == text) or (label in ("total", "footer") and len(real) < len(needed)):
            return label
    if len(telling) == 1 and _DATE_LINE.fullmatch(re.sub(r"\s+", "", telling[0][1])):
        return "footer"
    if label_of(telling[0][1]) == "nil" and all(label_of(text_of(row[i])) == "nil" for i in real):
        return "nil"
    if all(_is_mark(text) for _, text in telling):
        return "nil" if any(fold(text) in NONES for _, text in telling) else "blank"
    known = {column.index: name for name, column in layout.columns.items()}
    words = all(
        known.get(i) in (None, "seq", "family_no", "note") or i in markers or len(telling) == 1 for i, _ in telling
    )
    figures = any(
        form.fields[known[i]].type in ("amount", "integer", "date", "resident_id")
        for i, _ in telling
        if i in known and i not in markers
    )
    if not real and words and not figures:
        return "remark"
    return "data"


def _cell_text(row: Sequence[object], layout: Layout, name: str) -> str:
    return text_of(row[layout.columns[name].index]).strip() if name in layout.columns else ""


def sort_rows(rows: Sequence[Sequence[object]], layout: Layout) -> SortedRows:
    """Tell the data rows below the header from all others. Most rows are settled by whole columns; the rest one by one."""
    form = forms()[layout.form]
    header = rows[layout.body_row - 1]
    body = rows[layout.body_row :]
    skipped: Counter[str] = Counter()
    remarks: list[tuple[int, int, object]] = []
    if not body:
        return SortedRows([], skipped, remarks)
    columns = list(zip(*body, strict=True))
    needed = [layout.columns[name].index for name in form.needed if name in layout.columns]
    markers = sorted({layout.columns[n].index for n in ("seq", "family_no") if n in layout.columns} | {0})
    doubtful = {k for k, cells in enumerate(zip(*(columns[i] for i in needed), strict=True)) if "" in cells}
    if _numbering([text_of(cell) for cell in body[0] if cell != ""]):
        doubtful.add(0)
    watched = {(i, v) for i in needed for v in set(columns[i]) & RAW_MARKS if v != ""}
    watched |= {
        (i, v) for i in markers for v in set(columns[i]) if type(v) is str and v and not v.isdigit() and label_of(v)
    }
    if "note" in layout.columns:
        i = layout.columns["note"].index
        watched |= {(i, v) for v in set(columns[i]) if type(v) is str and "例" in v and label_of(v) == "example"}
    if needed and header[needed[0]] in columns[needed[0]]:
        watched.add((needed[0], header[needed[0]]))
    for i, value in watched:
        doubtful |= {k for k, v in enumerate(columns[i]) if v == value}
    width = len(header)
    own = (
        {word for word, key in form.fields["relation"].choices.items() if key == "self"}
        if form.has_households
        else set()
    )
    data: list[int] = []
    example_number: str | None = None
    in_example = False
    for k, row in enumerate(body):
        if k in doubtful:
            kind: Kind = "blank" if row.count("") == width else _kind(row, header, form, layout, needed, markers)  # type: ignore[attr-defined]
        else:
            kind = "data"
        if kind == "example":
            in_example, example_number = True, _cell_text(row, layout, "family_no")
        elif kind == "data" and in_example and form.has_households:
            # The members of the example's family stand below it without a number of their own, or with the example's.
            number, order = _cell_text(row, layout, "family_no"), _cell_text(row, layout, "seq")
            starts = fold(_cell_text(row, layout, "relation")) in own
            if not starts and (number == example_number if number else not order):
                kind = "example"
            else:
                in_example = False
        if kind == "data":
            data.append(layout.body_row + k)
            continue
        skipped[kind] += 1
        if kind == "remark":
            at, cell = next((i, c) for i, c in enumerate(row) if c != "" and text_of(c).strip())
            remarks.append((layout.body_row + k, at, cell))
    return SortedRows(data, skipped, remarks)
