import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from docx import Document

from nuanxin.reports import brief as briefs
from nuanxin.reports import prints
from nuanxin.reports.figures import FIGURES

AT = datetime(2023, 7, 3, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("935000", "93.5 万元"), ("718000.00", "71.8 万元"), ("10000", "1 万元"), ("9999.99", "9,999.99 元"), ("0", "0 元"),
        ("717999.60", "约 71.8 万元"), ("123456789.00", "约 12,345.68 万元"), ("1000000", "100 万元"),
    ],
)  # fmt: skip
def test_amounts_as_a_report_writes_them(amount, text):
    assert briefs.wan(Decimal(amount)) == text


@pytest.mark.parametrize(("value", "number"), [(3, 3), (Decimal("935000.00"), 935000), (Decimal("0.10"), "0.10")])
def test_numbers_in_json(value, number):
    assert briefs.as_number(value) == number
    assert type(briefs.as_number(value)) is type(number)


def test_every_name_in_a_sentence_is_a_figure_and_is_guarded():
    import re

    for section in briefs.SECTIONS:
        for clause in (clause for sentence in section.sentences for clause in sentence):
            names = re.findall(r"\{(\w+)\}", clause.zh)
            assert set(names) == set(re.findall(r"\{(\w+)\}", clause.en)), clause
            assert set(names) <= set(FIGURES)
            assert clause.when in names
            assert not re.search(r"\d", clause.zh + clause.en), "no figure is typed"


@pytest.mark.django_db
class TestBrief:
    def test_an_empty_range_says_so(self, city):
        brief = briefs.make_brief(city, "2022Q3", "2023Q2", made_at=AT)
        assert [text for _, text in brief.paragraphs] == [briefs.EMPTY_TEXT["zh"]]
        assert all(stated.value == 0 for stated in brief.figures)
        assert "All figures are zero" in briefs.make_brief(city, "2022Q3", "2022Q3", made_at=AT, lang="en").text

    def test_figures_stand_in_the_sentences_and_the_table(self, rows, city):
        rows.job(3584)
        rows.consolation(11026, "650000.00")
        rows.grant("285000.00")
        rows.mutual_aid("718000.00")
        for tier in ("deep", "deep", "accident"):
            rows.file("2022Q3", tier)
        rows.matter()
        text = briefs.make_brief(city, "2022Q3", "2023Q2", made_at=AT).text
        for said in (
            "2022年第三季度至2023年第二季度", "将 3 户困难职工家庭纳入建档帮扶，其中深度困难 2 户，意外致困 1 户。", "就业岗位 3,584 个",
            "93.5 万元", "11,026 人", "1 名住院职工报销 71.8 万元", "征集职工微心愿 1 个", "935,000 元（2 条记录）", "718,000 元（1 条记录）",
        ):  # fmt: skip
            assert said in text
        assert "相对困难 0" not in text.split(briefs.TABLE["zh"])[0]
        english = briefs.make_brief(city, "2022Q3", "2022Q3", made_at=AT, lang="en").text
        assert (
            "3 households in difficulty were taken on file, 2 of them in deep hardship, 1 after an accident." in english
        )
        assert "935,000 yuan were spent" in english

    def test_late_matters_of_before_do_not_make_an_empty_range_busy(self, rows, city):
        rows.matter("problem", quarter="2022Q1", received=date(2022, 1, 4), due=date(2022, 2, 1))
        brief = briefs.make_brief(city, "2022Q3", "2022Q3", made_at=AT)
        assert "超期未办结的难题 1 件" in brief.text

    def test_json_has_every_figure_with_its_query(self, rows, city):
        rows.consolation(5, "10.10")
        rows.grant("3000.00")
        made = json.loads(
            json.dumps(briefs.make_brief(city, "2022Q3", "2022Q3", made_at=AT).as_json(), ensure_ascii=False)
        )
        assert (made["from"], made["to"], made["org"]) == ("2022Q3", "2022Q3", "QTX")
        figures = {figure["name"]: figure for figure in made["figures"]}
        assert set(figures) == set(FIGURES)
        assert figures["spent_yuan"]["value"] == "3010.10"
        assert figures["grants_yuan"]["value"] == 3000
        assert (figures["spent_yuan"]["records"], figures["people_visited"]["value"]) == (2, 5)
        assert figures["spent_yuan"]["query"].count("SELECT COALESCE") == 2
        assert all(figure["label"] and figure["unit"] for figure in made["figures"])

    def test_it_prints_as_pdf_and_docx(self, rows, city):
        rows.job(3584)
        values = briefs.make_brief(city, "2022Q3", "2022Q3", made_at=AT).values()
        assert prints.render("brief", values).startswith(b"%PDF")
        document = Document(io.BytesIO(prints.render_docx(values)))
        assert any("3,584" in paragraph.text for paragraph in document.paragraphs)
