"""Printed documents, rendered whole and read back. The samples hold rare name characters and long lists; the people are fictional."""

import hashlib
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
import typst
from docx import Document
from docx.oxml.ns import qn
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from nuanxin.reports.prints import (
    FONTS,
    TEMPLATES,
    BriefValues,
    HouseholdFileValues,
    MemberValues,
    NoticeValues,
    PrintError,
    missing_glyphs,
    render,
    render_docx,
)


def member(name: str, relation: str, **known: str | Decimal | date | None) -> MemberValues:
    """A member with only ``known`` filled in; the rest is left blank, to be written by hand."""
    blank: MemberValues = {
        "name": name, "sex": None, "relation": relation, "id_number": None, "born_on": None, "phone": None, "health": None,
        "disability_kind": None, "disability_degree": None, "medical_insurance": None, "marital_state": None,
        "registration_kind": None, "work_unit": None, "work_state": None, "contract_from": None, "contract_until": None,
        "school": None, "study_stage": None, "entered_in": None, "school_years": None, "monthly_income": None,
        "yearly_income": None,
    }  # fmt: skip
    return blank | known  # type: ignore[return-value]


HOUSEHOLD_FILE: HouseholdFileValues = {
    "code": "QTX-2023-0018",
    "org": "青铜峡市红石机械厂工会委员会",
    "tier": "深度困难",
    "opened_on": date(2023, 7, 12),
    "worker": member(
        "韩𠮷晓", "本人", sex="女", id_number="6403**********0428", born_on=date(1987, 4, 28), phone="139****7718",
        health="患重大疾病", disability_kind="无", medical_insurance="城镇职工医疗保险", marital_state="已婚",
        registration_kind="非农业户口", work_unit="青铜峡市红石机械厂", work_state="在岗", contract_from=date(2019, 3, 1),
        contract_until=date(2024, 2, 29), monthly_income=Decimal("1750"), yearly_income=Decimal("21000"),
    ),
    "address": "宁夏回族自治区青铜峡市红石街道＊＊小区",
    "members": [
        member(
            "王䶮", "配偶", sex="男", id_number="6403**********1537", born_on=date(1985, 11, 3), health="健康",
            medical_insurance="城乡居民医疗保险", marital_state="已婚", registration_kind="农业户口", work_state="灵活就业",
            monthly_income=Decimal("1200.5"), yearly_income=Decimal("14406"),
        ),
        member(
            "王＊＊", "子女", sex="女", id_number="6403**********2226", born_on=date(2006, 2, 14), health="残疾",
            disability_kind="听力残疾", disability_degree="三级", medical_insurance="城乡居民医疗保险", marital_state="未婚",
            registration_kind="非农业户口", work_state="在校学生", school="青铜峡市第一中学", study_stage="高中",
            entered_in="2021年9月", school_years="3年",
        ),
        *(member(f"王家第{place}人", "父母") for place in range(1, 9)),
    ],
    "household_size": 11,
    "home_type": "自有住房",
    "floor_area": "63",
    "monthly_income": Decimal("2950.5"),
    "yearly_income": Decimal("35406"),
    "cause": "本人患病",
    "second_cause": "子女上学",
    "single_parent": False,
    "nobody_employed": False,
    "able_to_help_themselves": True,
    "bank": "宁夏银行",
    "branch": None,
    "card": "尾号 2290",
    "consent_on": date(2023, 4, 15),
    "visits": [
        {
            "visited_on": date(2023, 6, 26),
            "visitors": "何秋实、许安然",
            "found": "入户核对医院发票十四张，自付 62,300 元，与申报一致；住房一套，无机动车。本人已在走访表上签字确认。",
        }
    ],
    "decision": {
        "quarter": "2023年第二季度", "tier": "深度困难", "policy": "困难职工家庭认定办法（青工发〔2023〕1号）", "version": "2023-01",
        "as_of": date(2023, 6, 30), "rule": "tier.1", "clause": "第五条第一款",
        "terms": [
            {"label": "家庭年收入（元）", "figure": "35,406.00", "limit": None, "distance": None},
            {"label": "允许扣除（元）", "figure": "62,300.00", "limit": None, "distance": None},
            {"label": "扣除后人均月收入（元）", "figure": "0.00", "limit": "低于 650.00", "distance": "650.00"},
        ],
    },
    "aid": [
        {"year": "2023", "item": "生活", "amount": Decimal("7800"), "cut": None, "clause": "第十条：不超过 12 个月低保标准"},
        {"year": "2023", "item": "医疗", "amount": Decimal("20000"), "cut": Decimal("42300"), "clause": "第十一条：每户每年不超过 20,000 元"},
    ],
    "aid_total": Decimal("27800"),
    "publication": {"from_on": date(2023, 7, 3), "until_on": date(2023, 7, 7), "place": "厂务公开栏", "result": "公示期满，没有异议"},
    "unit_opinion": {"org": "青铜峡市红石机械厂工会委员会", "text": "情况属实，同意上报。", "signed_by": None, "signed_on": None},
    "street_opinion": {"org": "红石街道总工会", "text": None, "signed_by": None, "signed_on": None},
    "upper_opinion": {
        "org": "青铜峡市总工会", "text": "同意认定为深度困难职工家庭。", "signed_by": "许安然", "signed_on": date(2023, 7, 12),
    },
    "attachments": ["身份证复印件", "户口簿复印件", "医院发票十四张", "残疾证复印件", "核查授权书"],
    "filled_by": "马国强", "filled_on": date(2023, 4, 18),
    "checked_by": "何秋实", "checked_on": date(2023, 7, 1),
    "decided_by": "许安然", "decided_on": date(2023, 7, 12),
}  # fmt: skip

NOTICE: NoticeValues = {
    "code": "QTX-2023Q2-1",
    "issuer": "青铜峡市总工会",
    "quarter": "2023年第二季度",
    "basis": "《困难职工家庭认定办法》（青工发〔2023〕1号）",
    "families": [
        {"name": name, "org": org, "tier": tier}
        for name, org, tier in (
            ("韩＊晓", "红石机械厂工会委员会", "深度困难"),
            ("𠮷＊", "青桥社区工会联合会", "相对困难"),
            ("欧＊＊䶮", "速达快递青铜峡分公司工会委员会", "意外致困"),
        )
    ]
    + [{"name": f"田＊{place}", "org": "南湖街道总工会", "tier": "相对困难"} for place in range(1, 48)],
    "from_on": date(2023, 7, 3),
    "until_on": date(2023, 7, 7),
    "days": 5,
    "office": "青铜峡市总工会权益保障部",
    "phone": "0953-12351",
    "address": None,
    "issued_on": date(2023, 7, 3),
}

BRIEF: BriefValues = {
    "issuer": "青铜峡市总工会",
    "title": "困难职工季度认证工作简报",
    "number": "第2期",
    "period": "2022年第三季度至2023年第二季度",
    "issued_on": date(2023, 7, 18),
    "paragraphs": [
        {
            "heading": "一、总体情况",
            "text": "全市九十四家企业、社区和街道工会完成摸排。累计将 17 户纳入建档帮扶，投入资金 93.5 万元，慰问 11,026 人。",
        },
        {
            "heading": "二、办了哪些事",
            "text": "征集微心愿 73 条；提供岗位 3,584 个；帮助 95 名学子圆梦；为 276 名住院职工报销医疗互助金 71.8 万元。",
        },
        {"heading": None, "text": "各单位对重大事项逐件研究，在三个月内答复；其余事项在下一个工作日答复。"},
        {
            "heading": "三、还没办好的事",
            "text": "超期 2 件：北门小区骑手进门难，正与物业协商；东关街道 1 户走访未完成。",
        },
    ],
    "figures": [
        {"label": "新建困难职工家庭档案", "value": "17", "unit": "户", "records": 17},
        {"label": "微心愿", "value": "73", "unit": "条", "records": 73},
        {"label": "提供岗位", "value": "3,584", "unit": "个", "records": 41},
        {"label": "投入资金", "value": "935,000.00", "unit": "元", "records": 22},
        *({"label": f"慰问活动第{place}批", "value": "120", "unit": "人", "records": 1} for place in range(1, 41)),
    ],
    "town_heads": ["有困难家庭", "零报告"],
    "towns": [
        {"name": "小坝镇总工会", "values": ["3", "1,004"]},
        {"name": "不属于镇（街道）的工会", "values": ["0", "1"]},
    ],
}

SAMPLES = {"household_file": HOUSEHOLD_FILE, "notice": NOTICE, "brief": BRIEF}


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without the spaces that the reader puts between cells."""
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return "".join(pages(pdf))


@pytest.mark.parametrize("template", SAMPLES)
def test_the_same_values_give_the_same_bytes(template):
    first = render(template, SAMPLES[template])
    assert first == render(template, SAMPLES[template])
    assert first.startswith(b"%PDF-")


@pytest.mark.parametrize("template", SAMPLES)
def test_pdf_is_tagged_and_carries_only_our_fonts(template):
    reader = PdfReader(io.BytesIO(render(template, SAMPLES[template])))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith("zh")
    assert b"pdfaid" in reader.trailer["/Root"]["/Metadata"].get_data()
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    assert fonts
    assert all("NotoSansCJKsc" in font for font in fonts)


def test_household_file_shows_every_field():
    text = text_of(render("household_file", HOUSEHOLD_FILE))
    for shown in (
        "韩𠮷晓", "王䶮", "6403**********0428", "1987年4月28日", "患重大疾病", "听力残疾", "三级", "城镇职工医疗保险", "已婚",
        "非农业户口", "在岗", "2019年3月1日", "2024年2月29日", "青铜峡市第一中学", "2021年9月", "学制3年", "自有住房", "63", "2,950.50",
        "35,406.00", "11", "本人患病", "子女上学", "宁夏银行", "尾号2290", "医院发票十四张", "情况属实，同意上报。", "红石街道总工会",
        "同意认定为深度困难职工家庭。", "公示期满，没有异议", "马国强", "何秋实", "许安然", "2023-01", "tier.1", "第五条第一款",
        "低于650.00", "20,000.00", "42,300.00", "27,800.00", "入户核对医院发票十四张", "139****7718",
    ):  # fmt: skip
        assert shown in text, shown
    assert text.count("（盖章处）") == 3
    assert "None" not in text
    assert "none" not in text


def test_household_file_with_everything_blank_is_a_form_to_fill_in():
    def emptied(value):
        match value:
            case dict():
                return {name: emptied(field) for name, field in value.items()}
            case list():
                return []
            case _:
                return None

    text = text_of(render("household_file", emptied(HOUSEHOLD_FILE)))
    assert "困难职工家庭档案" in text
    assert "None" not in text
    assert text.count("（盖章处）") == 3


def test_long_member_list_repeats_its_headings_on_each_page():
    many = [member(f"成员{place}", "其他") for place in range(60)]
    told = [page for page in pages(render("household_file", HOUSEHOLD_FILE | {"members": many})) if "成员" in page]
    listing = [page for page in told if "其他家庭成员" in page or "成员59" in page or "成员30" in page]
    assert len(listing) > 1
    assert all("身份证号出生日期" in page for page in listing)


def test_notice_lists_all_families_and_how_to_object():
    printed = pages(render("notice", NOTICE))
    text = "".join(printed)
    assert "关于2023年第二季度困难职工家庭认定情况的公示" in text
    assert "韩＊晓" in text
    assert "𠮷＊" in text
    assert "欧＊＊䶮" in text
    assert "田＊47" in text
    assert "下列50户" in text
    assert "2023年7月3日至2023年7月7日" in text
    assert "共5个工作日" in text
    assert "0953-12351" in text
    assert "青铜峡市总工会权益保障部" in text
    # A list over pages has its headings on each.
    assert sum("职工姓名" in page for page in printed) == sum("相对困难" in page for page in printed) > 1
    # Who objects finds the way and the seal on one page.
    assert any("联系电话" in page and "（盖章处）" in page and "不同意见" in page for page in printed)


def test_notice_refuses_a_name_that_is_not_masked():
    families = [*NOTICE["families"], {"name": "韩晓", "org": "某工会", "tier": "深度困难"}]
    with pytest.raises(PrintError, match="第 51 户") as refusal:
        render("notice", NOTICE | {"families": families})
    assert "韩晓" not in str(refusal.value)


def test_brief_prints_text_figures_and_how_many_records():
    printed = pages(render("brief", BRIEF))
    text = "".join(printed)
    for paragraph in BRIEF["paragraphs"]:
        assert paragraph["text"].replace(" ", "") in text
    assert "提供岗位3,584个41" in text
    assert "镇（街道）有困难家庭零报告小坝镇总工会31,004" in text
    assert sum("依据记录数" in page for page in printed) == len(printed) > 1


def test_values_are_text_and_never_markup():
    text = text_of(render("brief", BRIEF | {"title": "#evil() *x* $y$ <z> = @k"}))
    assert "#evil()*x*$y$<z>=@k" in text


@pytest.mark.parametrize("letter", ["\U00031350", "\ue863", "\x07", "😀"])
def test_a_character_that_the_fonts_lack_stops_the_print_and_is_named(letter):
    worker = HOUSEHOLD_FILE["worker"] | {"name": f"韩{letter}"}
    with pytest.raises(PrintError, match=rf"U\+{ord(letter):04X}"):
        render("household_file", HOUSEHOLD_FILE | {"worker": worker})


def test_an_old_private_character_is_told_apart():
    with pytest.raises(PrintError, match="自造字"):
        render("brief", BRIEF | {"title": "\ue863"})


def test_missing_glyphs_names_just_those():
    assert missing_glyphs("𠮷䶮＊ 6403**********0428\n2023年") == set()
    assert missing_glyphs("葛\U000e0100") == set()
    assert missing_glyphs("甲\U00031350乙😀") == {"\U00031350", "😀"}


def test_every_character_of_the_templates_can_be_drawn():
    for template in TEMPLATES.glob("*.typ"):
        assert missing_glyphs(template.read_text(encoding="utf-8")) == set(), template.name


def test_both_weights_cover_the_same_characters_and_are_the_files_of_the_recipe():
    covered = []
    for path in sorted(FONTS.glob("*.otf")):
        with TTFont(path, lazy=True) as font:
            covered.append(set(font.getBestCmap()))
    assert len(covered) == 2
    assert covered[0] == covered[1]
    assert {0x20BB7, 0x4DAE, *range(0x4E00, 0x9FF0)} <= covered[0]
    sums = dict(line.split()[::-1] for line in (FONTS / "SHA256SUMS").read_text().splitlines())
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.glob("*.otf")}
    assert sum(path.stat().st_size for path in FONTS.iterdir()) < 30_000_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"titel": "x"}, "titel"),
        ({"figures": [{"label": "户", "value": "1", "unit": "户"}]}, "records"),
        ({"figures": {"label": "户"}}, "brief.figures"),
        ({"issued_on": 0.5}, "float"),
        ({"issued_on": datetime(2023, 7, 1, 8, 0)}, "datetime"),
        ({"paragraphs": ["一段"]}, r"brief.paragraphs\[1\]"),
    ],
)
def test_values_of_another_shape_are_refused_with_the_field(change, told):
    with pytest.raises(PrintError, match=told):
        render("brief", {**BRIEF, **change})
    with pytest.raises(PrintError, match=told):
        render_docx({**BRIEF, **change})


def test_an_undated_document_prints_too():
    undated = BRIEF | {"issued_on": None}
    assert render("brief", undated) == render("brief", undated)


def test_our_font_folder_is_one_family():
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    assert fonts.families() == ["Noto Sans CJK SC"]


def test_docx_holds_the_brief_in_the_official_layout():
    docx = render_docx(BRIEF)
    assert docx == render_docx(BRIEF)
    document = Document(io.BytesIO(docx))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == BRIEF["title"]
    assert [p["text"] for p in BRIEF["paragraphs"]] == [
        text for text in texts if text in {p["text"] for p in BRIEF["paragraphs"]}
    ]
    title, body = (
        document.paragraphs[0],
        next(p for p in document.paragraphs if p.text == BRIEF["paragraphs"][0]["text"]),
    )
    assert title.runs[0].font.size.pt == 22
    assert body.runs[0].font.size.pt == 16
    assert body.paragraph_format.line_spacing.pt == 28
    assert body.paragraph_format.first_line_indent.pt == 32
    east_asian = [p.runs[0]._element.rPr.rFonts.get(qn("w:eastAsia")) for p in (title, body)]
    assert east_asian == ["方正小标宋简体", "仿宋"]
    towns, figures = document.tables
    assert [[cell.text for cell in row.cells] for row in towns.rows][:2] == [
        ["镇（街道）", "有困难家庭", "零报告"],
        ["小坝镇总工会", "3", "1,004"],
    ]
    rows = [[cell.text for cell in row.cells] for row in figures.rows]
    assert rows[0] == ["指标", "数值", "单位", "依据记录数"]
    assert rows[3] == ["提供岗位", "3,584", "个", "41"]
    assert len(rows) == 1 + len(BRIEF["figures"])
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        assert "仿宋_GB2312" in archive.read("word/fontTable.xml").decode()
        assert "tblHeader" in archive.read("word/document.xml").decode()
