"""Printed documents: the household file, the public notice and the brief as PDF, and the brief as a Word document.

``render`` fills a typst template of ``prints/`` with values. Values travel as JSON and are never pasted into the template's
source, so a name cannot become markup. Only the fonts that come with the product are used, a character that they lack is an
error and never an empty box, and the same values give the same bytes.

The caller decides what is masked: the documents print the texts they are given (a revealed number is the caller's Event). The
public notice alone refuses a name that is not masked.
"""

import io
import json
import unicodedata
import zipfile
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

import typst
from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from fontTools.ttLib import TTFont

from nuanxin.union.rules import STAR

PACKAGE = Path(__file__).resolve().parent.parent
TEMPLATES = PACKAGE / "reports" / "prints"
FONTS = PACKAGE / "ui" / "fonts"

# One field of a form. None (or an empty text) prints as a line to fill in by hand; a date prints as 2023年6月28日, a Decimal as
# yuan with two decimals and thousands separators, a bool as 是 or 否, an int without separators (it may be a year).
Field = str | int | Decimal | date | None


class MemberValues(TypedDict):
    """The worker or a member of the family. Incomes in yuan; ``entered_in`` is the school entry (year or year and month)."""

    name: Field
    sex: Field
    relation: Field
    id_number: Field
    born_on: Field
    phone: Field
    health: Field
    disability_kind: Field
    disability_degree: Field
    medical_insurance: Field
    marital_state: Field
    registration_kind: Field
    work_unit: Field
    work_state: Field
    contract_from: Field
    contract_until: Field
    school: Field
    study_stage: Field
    entered_in: Field
    school_years: Field
    monthly_income: Field
    yearly_income: Field


class VisitValues(TypedDict):
    """One visit: the day, who went, what was found."""

    visited_on: Field
    visitors: Field
    found: Field


class TermValues(TypedDict):
    """One line of the explanation: what was looked at, the family's figure, the limit, the distance to it."""

    label: Field
    figure: Field
    limit: Field
    distance: Field


class DecisionValues(TypedDict):
    """What the policy decided, with the rule, its clause and each term."""

    quarter: Field
    tier: Field
    policy: Field
    version: Field
    as_of: Field
    rule: Field
    clause: Field
    terms: list[TermValues]


class AidValues(TypedDict):
    """Aid of one item and year in yuan; ``cut`` is what a ceiling took off, ``clause`` the ceiling's or the item's clause."""

    year: Field
    item: Field
    amount: Field
    cut: Field
    clause: Field


class OpinionValues(TypedDict):
    """A union's opinion; its seal and, where blank, its signature and date are put on paper."""

    org: Field
    text: Field
    signed_by: Field
    signed_on: Field


class PublicationValues(TypedDict):
    """The publication 公示: first and last day, where, and its result."""

    from_on: Field
    until_on: Field
    place: Field
    result: Field


class HouseholdFileValues(TypedDict):
    """``household_file``: 困难职工家庭档案 (一户一档). ``members`` are those besides the worker; ``floor_area`` in square metres."""

    code: Field
    org: Field
    tier: Field
    opened_on: Field
    worker: MemberValues
    address: Field
    members: list[MemberValues]
    household_size: Field
    home_type: Field
    floor_area: Field
    monthly_income: Field
    yearly_income: Field
    cause: Field
    second_cause: Field
    single_parent: Field
    nobody_employed: Field
    able_to_help_themselves: Field
    bank: Field
    branch: Field
    card: Field
    consent_on: Field
    visits: list[VisitValues]
    decision: DecisionValues
    aid: list[AidValues]
    aid_total: Field
    publication: PublicationValues
    unit_opinion: OpinionValues
    street_opinion: OpinionValues
    upper_opinion: OpinionValues
    attachments: list[str]
    filled_by: Field
    filled_on: Field
    checked_by: Field
    checked_on: Field
    decided_by: Field
    decided_on: Field


class PostedFamilyValues(TypedDict):
    """A family on the notice: the worker's masked name, the reporting union, the tier in words."""

    name: str
    org: Field
    tier: Field


class NoticeValues(TypedDict):
    """``notice``: 公示. ``basis`` is the policy document; ``days`` working days; objections go to ``office``."""

    code: Field
    issuer: Field
    quarter: Field
    basis: Field
    families: list[PostedFamilyValues]
    from_on: Field
    until_on: Field
    days: Field
    office: Field
    phone: Field
    address: Field
    issued_on: Field


class ParagraphValues(TypedDict):
    """A paragraph of the brief, under its heading (None: under the one before)."""

    heading: str | None
    text: str


class FigureValues(TypedDict):
    """A figure of the brief: ``value`` as it is to be read (3,584), and how many records it counts."""

    label: str
    value: str
    unit: str
    records: int


class TownValues(TypedDict):
    """A row of the towns side by side, its values as they are to be read."""

    name: str
    values: list[str]


class BriefValues(TypedDict):
    """``brief``: 简报. ``period`` in words (2022年第三季度至2023年第二季度), ``number`` of the issue."""

    issuer: Field
    title: str
    number: Field
    period: Field
    issued_on: Field
    paragraphs: list[ParagraphValues]
    figures: list[FigureValues]
    town_heads: list[str]
    towns: list[TownValues]


# Template → the shape of its values and the field whose day is the document's date (PDF/A asks for one; the day of printing would
# make every copy another file). UNDATED stands in when that field is blank.
FORMS: dict[str, tuple[Any, str]] = {
    "household_file": (HouseholdFileValues, "opened_on"),
    "notice": (NoticeValues, "issued_on"),
    "brief": (BriefValues, "issued_on"),
}
UNDATED = date(2000, 1, 1)
SHANGHAI = timezone(timedelta(hours=8))


class PrintError(ValueError):
    """A document that cannot be printed as it should be; the text says why and what to do, in Chinese and English."""


def render(template: str, values: Mapping[str, Any]) -> bytes:
    """The PDF (PDF/A-2b, tagged) of a form of ``FORMS``, of the shape given there; the same values give the same bytes.

    Raises PrintError for values of another shape, for a character that the fonts lack, and for an unmasked name on a notice.
    """
    form, dated_by = FORMS[template]
    _check_shape(values, form, template)
    plain = _plain(values)
    if template == "notice":
        _check_masked(plain["families"])
    text = "".join(_texts(plain))
    if missing := missing_glyphs(text):
        raise PrintError(_missing_sentence(missing))
    compiler = typst.Compiler(
        str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        sys_inputs={"values": json.dumps(plain, ensure_ascii=False)},
    )
    day = values[dated_by] if isinstance(values[dated_by], date) else UNDATED
    pdf = compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=datetime.combine(day, time(), SHANGHAI))
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single document")
    return pdf


def missing_glyphs(text: str) -> set[str]:
    """The characters of ``text`` that the fonts of printed documents cannot draw. Line breaks and variation selectors are drawn as nothing."""
    return {letter for letter in set(text) - _drawable() if letter != "\n" and not _is_selector(letter)}


def _is_selector(letter: str) -> bool:
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"


@cache
def _drawable() -> frozenset[str]:
    covered = []
    for path in sorted(FONTS.glob("*.otf")):
        with TTFont(path, lazy=True) as font:
            covered.append(set(font.getBestCmap()))
    return frozenset(map(chr, set.intersection(*covered)))


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _missing_sentence(missing: set[str]) -> str:
    named = "、".join(f"{letter if letter.isprintable() else ''}(U+{ord(letter):04X})" for letter in sorted(missing))
    made = any(unicodedata.category(letter) == "Co" for letter in missing)
    why = "其中有旧系统的自造字，请改成正式的字再打印" if made else "请核对这些字；确实无误的，请在字体中补上后再打印"
    why_en = (
        "some are private characters of an older system: write the official character and print again"
        if made
        else "check these characters; if they are right, add a font that has them and print again"
    )
    return f"字体里没有这些字，不能打印：{named}。{why}。/ Not printed: the fonts lack {named}; {why_en}."


def _check_masked(families: Sequence[Mapping[str, str]]) -> None:
    for place, family in enumerate(families, start=1):
        if STAR not in family["name"]:
            raise PrintError(
                f"公示的第 {place} 户姓名没有遮掩，不能打印。/ Not printed: the name of family {place} on the notice is not masked."
            )


def _check_shape(value: Any, form: Any, where: str) -> None:
    """A misspelt or forgotten field would print as a blank line and nobody would notice: so it is an error."""
    if is_typeddict(form):
        if not isinstance(value, Mapping):
            raise PrintError(f"{where}：应为一组字段 / {where}: a mapping is needed")
        fields = get_type_hints(form)
        if wrong := sorted(fields.keys() ^ value.keys()):
            raise PrintError(f"{where}：字段缺少或多余 / {where}: fields missing or unknown: {', '.join(wrong)}")
        for name, field in fields.items():
            _check_shape(value[name], field, f"{where}.{name}")
    elif get_origin(form) is list:
        if not isinstance(value, list | tuple):
            raise PrintError(f"{where}：应为列表 / {where}: a list is needed")
        for place, item in enumerate(value, start=1):
            _check_shape(item, get_args(form)[0], f"{where}[{place}]")
    elif not isinstance(value, form) or isinstance(value, datetime):
        raise PrintError(f"{where}：类型不对 / {where}: a {type(value).__name__} cannot be printed")


def _plain(value: Any) -> Any:
    """Values as the texts that stand on paper."""
    match value:
        case Mapping():
            return {name: _plain(field) for name, field in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
        case Decimal():
            return f"{value:,.2f}"
        case _:
            return str(value)


def _texts(plain: Any) -> Iterator[str]:
    match plain:
        case dict():
            for field in plain.values():
                yield from _texts(field)
        case list():
            for item in plain:
                yield from _texts(item)
        case _:
            yield plain


# The brief as a Word document, laid out as GB/T 9704-2012 asks: A4, 方正小标宋 二号 for the title, 黑体 三号 for headings, 仿宋 三号 for
# the body, lines of 28 points, 28 characters a line and 22 lines a page.
TITLE, HEADING, BODY, LATIN = "方正小标宋简体", "黑体", "仿宋", "Times New Roman"
# Where a font is not installed, Word takes the first of these that is.
STAND_INS = {
    TITLE: "方正小标宋_GBK,小标宋体,华文中宋,宋体",
    HEADING: "SimHei,Noto Sans CJK SC",
    BODY: "仿宋_GB2312,FangSong,华文仿宋,宋体",
}
ER_HAO, SAN_HAO, SI_HAO, XIAO_SI = Pt(22), Pt(16), Pt(14), Pt(12)
LINE = Pt(28)
TABLE, TABLE_HEADINGS = "附表：数据及依据", ("指标", "数值", "单位", "依据记录数")
TOWN_TABLE, TOWN = "附表：各镇（街道）对比", "镇（街道）"


def render_docx(values: BriefValues) -> bytes:
    """The brief as a Word document (GB/T 9704-2012), of the same values as the PDF; the same values give the same bytes."""
    _check_shape(values, BriefValues, "brief")
    plain = _plain(values)
    document = Document()
    _lay_out(document)
    _paragraph(document, plain["title"], TITLE, ER_HAO, centred=True)
    meta = "　".join(part for part in (plain["issuer"], plain["period"], plain["number"], plain["issued_on"]) if part)
    _paragraph(document, meta, BODY, SAN_HAO, centred=True)
    for paragraph in plain["paragraphs"]:
        if paragraph["heading"]:
            _paragraph(document, paragraph["heading"], HEADING, SAN_HAO, style="Heading 1")
        _paragraph(document, paragraph["text"], BODY, SAN_HAO)
    if plain["towns"]:
        heads, rows = plain["town_heads"], [[town["name"], *town["values"]] for town in plain["towns"]]
        widths = (Mm(48), *[Mm(108 / len(heads))] * len(heads))
        _paragraph(document, TOWN_TABLE, HEADING, SAN_HAO, style="Heading 1")
        _table(document, (TOWN, *heads), rows, widths, right=range(1, len(widths)))
    if plain["figures"]:
        rows = [[figure[name] for name in ("label", "value", "unit", "records")] for figure in plain["figures"]]
        _paragraph(document, TABLE, HEADING, SAN_HAO, style="Heading 1")
        _table(document, TABLE_HEADINGS, rows, (Mm(76), Mm(32), Mm(20), Mm(28)), right=(1, 3))
    document.core_properties.title = plain["title"]
    document.core_properties.author = plain["issuer"]
    document.core_properties.comments = ""
    file = io.BytesIO()
    document.save(file)
    return _undated(file.getvalue())


def _lay_out(document: WordDocument) -> None:
    section = document.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    _font(document.styles["Normal"].element.get_or_add_rPr(), BODY)
    _page_number(section.footer.paragraphs[0])
    for part in document.part.package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            part._blob = _font_table()


def _font_table() -> bytes:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/></w:font>' for name, others in STAND_INS.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>{fonts}</w:fonts>'.encode()
    )


def _font(run: Any, name: str) -> None:
    """Chinese letters take the East Asian font, which python-docx does not set; figures and Latin letters take their own."""
    fonts = run.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for kind, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", name)):
        fonts.set(qn(f"w:{kind}"), font)
    language = run.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        run.append(language)
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")


def _paragraph(
    document: WordDocument, text: str, font: str, size: Length, *, centred: bool = False, style: str | None = None
) -> None:
    paragraph = document.add_paragraph(style=style)
    _write(paragraph, text, font, size, line=LINE)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Pt(size.pt * 2)


def _write(paragraph: Paragraph, text: str, font: str, size: Length, *, line: Length) -> None:
    run = paragraph.add_run(text)
    run.font.size = size
    run.font.bold = False
    run.font.color.rgb = RGBColor(0, 0, 0)
    _font(run._element.get_or_add_rPr(), font)
    layout = paragraph.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    layout.line_spacing = line


def _table(
    document: WordDocument, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[Length], *, right: Container[int],
) -> None:  # fmt: skip
    """A table with its heads on each page that it runs over; the columns of ``right`` hold numbers."""
    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, heading in zip(table.rows[0].cells, heads, strict=True):
        _write(cell.paragraphs[0], heading, HEADING, XIAO_SI, line=Pt(22))
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for values in rows:
        row = table.add_row()
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        for n, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            _write(cell.paragraphs[0], value, BODY, XIAO_SI, line=Pt(22))
            if n in right:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for column, width in zip(table.columns, widths, strict=True):
        for cell in column.cells:
            cell.width = width


def _page_number(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(paragraph, "— ", "宋体", SI_HAO, line=Pt(18))
    paragraph._p.append(
        parse_xml(
            f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:t>1</w:t></w:r></w:fldSimple>'
        )
    )
    _write(paragraph, " —", "宋体", SI_HAO, line=Pt(18))


def _undated(docx: bytes) -> bytes:
    """The same archive with one fixed date on its members, so that equal briefs are equal files."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            entry = zipfile.ZipInfo(member.filename, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(member.filename))
    return target.getvalue()
