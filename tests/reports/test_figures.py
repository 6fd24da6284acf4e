from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from nuanxin.records.services import Refused
from nuanxin.reports.figures import FIGURES, OPENED, make_range, measure
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db


def value(name, org, first="2022Q3", last="2022Q3"):
    return FIGURES[name].value(make_range(org, first, last))


def count(name, org, first="2022Q3", last="2022Q3"):
    return FIGURES[name].count(make_range(org, first, last))


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_register_gives_zero_everywhere(name, city):
    assert (value(name, city), count(name, city)) == (0, 0)


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_has_labels_units_columns_and_its_query(name, city):
    figure = FIGURES[name]
    assert figure.label("zh") != figure.label("en")
    assert set(figure.unit) == {"zh", "en"}
    assert figure.columns
    assert len({column.key for column in figure.columns}) == len(figure.columns)
    query = measure([figure], make_range(city, "2022Q3", "2023Q2"))[figure.name].query
    assert query.startswith("SELECT ")
    assert "2022Q3" not in query
    assert "%s" not in query


def test_books_count_by_day_at_both_ends_of_the_range(rows, city):
    for day in (date(2022, 6, 30), date(2022, 7, 1), date(2022, 9, 30), date(2022, 10, 1)):
        rows.job(100, on=day)
        rows.consolation(7, "10.10", on=day)
    assert value("jobs", city) == 200
    assert value("people_visited", city) == 14
    assert value("jobs", city, "2022Q2", "2022Q4") == 400


def test_a_replaced_import_counts_no_more(rows, city):
    new = rows.book("jobs")
    rows.job(5, source=rows.book("jobs", replaced_by=new))
    rows.job(7, source=new)
    assert (value("jobs", city), count("jobs", city)) == (7, 1)


def test_spending_is_consolation_and_grants_and_opens_both(rows, city):
    rows.consolation(10, "100.10")
    rows.grant("3000.25")
    rows.mutual_aid("999.99")
    assert value("spent_yuan", city) == Decimal("3100.35")
    assert value("consolation_yuan", city) + value("grants_yuan", city) == value("spent_yuan", city)
    assert count("spent_yuan", city) == 2
    assert value("mutual_aid_yuan", city) == Decimal("999.99")


def test_sums_of_fen_are_exact(rows, city):
    source = rows.book("consolation")
    for _ in range(300):
        rows.consolation(1, "0.10", source=source)
    rows.consolation(1, "99999999999.29", source=source)
    assert value("consolation_yuan", city) == Decimal("100000000029.29")


def test_the_statement_shown_is_the_statement_run(rows, city):
    rows.consolation(10, "100.10")
    span = make_range(city, "2022Q3", "2022Q3")
    with connection.cursor() as cursor:
        cursor.execute(*FIGURES["consolation_yuan"].parts[0].statement(span))
        assert Decimal(cursor.fetchone()[0]) / 100 == FIGURES["consolation_yuan"].value(span)


def test_a_fair_is_a_day_and_an_event(rows, city):
    for day, event in [(1, "夜市"), (1, "夜市"), (1, "专场"), (2, "夜市")]:
        rows.job(on=date(2022, 9, day), event=event)
    assert (value("job_fairs", city), count("job_fairs", city)) == (3, 4)


def test_students_and_inpatients_are_rows(rows, city):
    rows.grant()
    rows.grant()
    rows.mutual_aid()
    assert (value("students", city), value("inpatients", city)) == (2, 1)


def test_matters_count_by_quarter_without_the_withdrawn(rows, city):
    rows.matter(quarter="2022Q2")
    rows.matter()
    rows.matter(state="done", ended=date(2022, 9, 3))
    rows.matter(state="done", ended=date(2022, 10, 3))
    rows.matter(state="withdrawn", ended=date(2022, 9, 3))
    rows.matter("problem")
    assert (value("wishes", city), value("problems", city), value("wishes_done", city)) == (3, 1, 1)
    assert value("wishes", city, "2022Q2", "2022Q3") == 4
    assert value("wishes_done", city, "2022Q3", "2022Q4") == 2


def test_overdue_is_as_of_the_end_of_the_range(rows, city):
    rows.matter("problem", due=date(2022, 9, 30))  # its latest date is the last day: not overdue yet
    rows.matter("problem", due=date(2022, 9, 29))
    rows.matter("problem", due=date(2022, 9, 29), state="done", ended=date(2022, 10, 5))  # ended after the range
    rows.matter("problem", due=date(2022, 9, 29), state="done", ended=date(2022, 9, 30))
    rows.matter("problem", quarter="2022Q1", received=date(2022, 1, 4), due=date(2022, 2, 1))  # older, still open
    rows.matter("problem", quarter="2022Q4", received=date(2022, 11, 1), due=date(2022, 11, 2))
    assert value("problems_overdue", city) == 3


def test_files_by_quarter_of_opening_and_leaving(rows, city):
    rows.file("2022Q2")
    rows.file("2022Q3", closed="2022Q4")
    rows.file("2022Q3", "relative")
    rows.file("2022Q4", "accident")
    assert [value(n, city) for n in ("households_filed", "households_on_file", "households_left")] == [2, 3, 0]
    assert [
        value(n, city, "2022Q4", "2022Q4") for n in ("households_filed", "households_on_file", "households_left")
    ] == [1, 3, 1]
    whole = ("2022Q2", "2022Q4")
    assert [value(f"households_{t}", city, *whole) for t in ("deep", "relative", "accident")] == [2, 1, 1]


def test_a_family_that_moved_tier_counts_where_it_began(rows, city):
    file = rows.file("2022Q3", "deep")
    file.tier, file.finding = "relative", rows.finding(file.household, "2022Q4", "relative")
    file.save()
    assert (value("households_deep", city), value("households_relative", city)) == (1, 0)


def test_refusals_and_offers(rows, city):
    refused = rows.finding(rows.household(), tier="none", state="refused")
    closed = rows.finding(rows.household(), tier="none", state="closed")
    rows.finding(rows.household(), tier="none", state="proposed")
    rows.finding(rows.household(), "2022Q4", tier="none", state="refused")
    rows.offer(refused)
    rows.offer(closed, declined=True, kind="")
    assert (value("households_refused", city), value("offers", city)) == (2, 1)


def test_aid_planned_is_another_figure_than_spending(rows, city):
    finding = rows.finding(rows.household())
    rows.plan(finding, "8160.00")
    rows.plan(finding, "120.50", item="medical")
    rows.plan(finding, "999.00", item="schooling", superseded=True)
    rows.plan(rows.finding(rows.household(), "2022Q4"), "5.00")
    assert (value("household_aid_yuan", city), value("spent_yuan", city)) == (Decimal("8280.50"), 0)


def test_visits_that_met_the_family(rows, city):
    rows.visit(rows.household())
    rows.visit(rows.household(), conclusion="nobody_home")
    rows.visit(rows.household(), on=None)
    rows.visit(rows.household(), "2022Q4")
    assert value("visits", city) == 1


def test_returned_nil_and_silent_make_what_is_owed(rows, city):
    a, b, c, d = (rows.org(code) for code in ("QTX-01-E01", "QTX-01-E06", "QTX-02-C8", "QTX-03-C5"))
    rows.owed(a, b, c, d)
    first = rows.returned(a)
    rows.returned(a, companion_of=first)
    rows.returned(a, state="replaced", replaced_by=first)
    rows.returned(b, nil=True)
    rows.returned(c, state="refused")
    # Sent between rounds for a family in need: no union's return.
    rows.returned(a, urgent=True)
    rows.returned(d, urgent=True)
    names = ("returns_owed", "returns_received", "returns_nil", "returns_silent")
    assert [value(name, city) for name in names] == [4, 1, 1, 2]


def test_figures_keep_to_the_tree(rows, city):
    other = Org.objects.get(code="WZ")
    rows.job(5, source=rows.book("jobs", org=other))
    rows.matter(org=Org.objects.get(code="WZ-01-E01"))
    rows.file(org=Org.objects.get(code="WZ-01-E01"))
    rows.matter()
    assert [value(n, city) for n in ("jobs", "wishes", "households_filed")] == [0, 1, 0]
    assert [value(n, other) for n in ("jobs", "wishes", "households_filed")] == [5, 1, 1]
    assert value("wishes", Org.objects.get(code="QTX-01")) == 1
    assert value("wishes", Org.objects.get(code="QTX-02")) == 0


def test_lists_are_masked(rows, city):
    rows.matter(content="我叫他 13812346021 或 640381197402175012 联系\x1b[31m")
    rows.file()
    rows.grant()
    rows.mutual_aid()
    span = make_range(city, "2022Q3", "2022Q3")
    shown = ""
    for figure in FIGURES.values():
        for part in figure.parts:
            for record in part.records(span):
                shown += " ".join(str(column.value(record)) for column in part.columns) + "\n"
    for secret in ("蒋晓春", "韩梅晓", "徐春平", "徐飞梅", "雷敏丽", "13812346021", "640381197402175012", "\x1b"):
        assert secret not in shown
    for mask in ("蒋＊春", "韩＊晓", "徐＊平", "138****6021", "6403**********5012", "6403**********3933"):
        assert mask in shown


def test_a_range_that_runs_backwards_is_refused(city):
    with pytest.raises(Refused):
        make_range(city, "2023Q1", "2022Q4")
    with pytest.raises(ValueError, match="2022Q5"):
        make_range(city, "2022Q5", "2022Q5")


def test_all_figures_come_from_one_statement_each_as_it_comes_alone(rows, city, django_assert_num_queries):
    file = rows.file("2022Q3")
    rows.plan(file.finding, "8160.05")
    rows.job(5, event="夜市")
    rows.job(7, event="夜市")
    rows.consolation(3, "10.10")
    rows.grant("3000.25")
    rows.matter("problem", due=date(2022, 9, 29))
    span = make_range(city, "2022Q3", "2022Q3")
    with django_assert_num_queries(1):
        found = measure(OPENED.values(), span)
    assert found.keys() == OPENED.keys()
    for name, figure in OPENED.items():
        assert found[name] == measure([figure], span)[name], name
        assert found[name].records == sum(len(records) for records in figure.records(span)), name
        assert found[name].query.count("?") > 0, name
    assert found["spent_yuan"].value == Decimal("3010.35")
    assert (found["job_fairs"].value, found["job_fairs"].records, found["jobs"].value) == (1, 2, 12)
    assert measure([], span) == {}
