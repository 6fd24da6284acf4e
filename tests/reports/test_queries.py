from datetime import date

import pytest

from nuanxin.records.services import Refused
from nuanxin.reports import queries
from nuanxin.reports.figures import FIGURES, make_range

pytestmark = pytest.mark.django_db
TODAY = date(2024, 5, 5)


@pytest.fixture
def span(city):
    return make_range(city, "2022Q3", "2022Q3")


def test_pages_of_a_composed_figure_follow_through_its_parts(rows, span):
    for day in (1, 2, 3):
        rows.consolation(on=date(2022, 9, day))
    for day in (4, 5):
        rows.grant(on=date(2022, 9, day))
    figure = FIGURES["spent_yuan"]
    pages = [queries.page_of(figure, span, page=n, size=2) for n in (1, 2, 3, 4)]
    days = [[row[0].day for row in page.rows] for page in pages]
    assert days == [[1, 2], [3, 4], [5], []]
    assert {(page.measured.records, page.pages) for page in pages} == {(5, 3)}
    assert [row[0].day for row in queries.all_rows(figure, span)] == [1, 2, 3, 4, 5]


def test_columns_of_a_composed_figure_are_joined(rows, span):
    rows.consolation()
    rows.grant()
    page = queries.page_of(FIGURES["spent_yuan"], span)
    keys = [column.key for column in page.columns]
    assert keys == ["on", "campaign", "group", "people", "student", "parent", "stage", "amount", "file", "row"]
    consolation, grant = page.rows
    assert consolation[keys.index("student")] is None
    assert grant[keys.index("student")] == "徐＊平"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_lists_as_many_records_as_it_says(name, rows, span):
    rows.matter("problem", due=date(2022, 9, 2))
    rows.matter(due=date(2022, 9, 2))
    rows.matter(state="done", ended=date(2022, 9, 3))
    rows.matter("problem", state="done", ended=date(2022, 9, 3))
    rows.job(), rows.consolation(), rows.grant(), rows.mutual_aid()
    for tier in ("deep", "relative", "accident"):
        file = rows.file("2022Q3", tier)
    rows.plan(file.finding, "1.00")
    rows.file("2022Q2", closed="2022Q3")
    rows.offer(rows.finding(rows.household(), tier="none", state="refused"))
    rows.visit(rows.household())
    rows.owed(*(rows.org(code) for code in ("QTX-01-E01", "QTX-01-E06", "QTX-02-C8")))
    rows.returned(rows.org("QTX-01-E01"))
    rows.returned(rows.org("QTX-01-E06"), nil=True)
    figure = FIGURES[name]
    page = queries.page_of(figure, span, size=1000)
    assert len(page.rows) == page.measured.records == figure.count(span) > 0
    assert figure.value(span) > 0
    assert list(queries.all_rows(figure, span)) == page.rows


def test_the_whole_range_is_that_of_the_rounds_then_of_the_records_then_today(rows, city):
    def ends():
        span = queries.whole_range(city, TODAY)
        return span.first, span.last

    assert ends() == ("2024Q2", "2024Q2")
    rows.job(on=date(2021, 1, 1))
    rows.matter(quarter="2022Q4", received=date(2022, 12, 1), due=date(2022, 12, 2))
    assert ends() == ("2021Q1", "2022Q4")
    rows.round("2022Q3"), rows.round("2023Q2")
    assert ends() == ("2022Q3", "2023Q2")


def test_an_unknown_figure_names_those_there_are():
    with pytest.raises(Refused, match="households_filed"):
        queries.figure("cats")
