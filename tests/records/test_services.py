"""Events are for good, moves are one UPDATE that matches the old state, jobs balance, bulk rows equal saved ones."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from nuanxin.books.models import BookImport, Consolation
from nuanxin.care.flows import ROUND
from nuanxin.care.models import Round
from nuanxin.records import rules, services
from nuanxin.records.models import Attachment, Event, Job
from nuanxin.records.services import Refused

DAY = date(2022, 9, 1)


def write(*lines, chain="QTX"):
    with transaction.atomic():
        services.write_events(chain=chain, lines=[(v, s, {}) for v, s in lines], by="he", on=DAY)


@pytest.mark.django_db
class TestEvents:
    def test_chain_holds_and_each_org_has_its_own(self):
        write(("a.b", "x:1"), ("a.c", "x:2"))
        write(("a.d", "x:3"))
        write(("a.b", "x:1"), chain="WZ")
        assert services.verify_chain("QTX") == 3
        assert services.verify_chain("WZ") == 1
        assert [e.seq for e in Event.objects.filter(chain="QTX").order_by("pk")] == [1, 2, 3]

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE records_event SET verb = 'other'",
            "DELETE FROM records_event",
            "UPDATE records_event SET facts = '{}'",
        ],
    )
    def test_database_refuses_to_change_or_delete(self, statement):
        write(("a.b", "x:1"))
        with pytest.raises(DatabaseError, match="for good"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert Event.objects.get().verb == "a.b"

    def test_a_forged_event_breaks_the_chain(self):
        write(("a.b", "x:1"))
        last = Event.objects.get()
        Event.objects.create(
            chain="QTX", seq=2, verb="forged", subject="x:9", by="he", on=DAY, at=datetime(2022, 9, 1, tzinfo=UTC),
            previous=last.hash, hash="0" * 64,
        )  # fmt: skip
        with pytest.raises(Refused, match="第 2 条"):
            services.verify_chain("QTX")

    def test_two_writers_of_one_place_do_not_fork_the_chain(self):
        write(("a.b", "x:1"))
        last = Event.objects.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            Event.objects.create(
                chain="QTX", seq=1, verb="twin", subject="x:9", by="he", on=DAY, at=datetime(2022, 9, 1, tzinfo=UTC),
                previous="", hash=last.hash,
            )  # fmt: skip


@pytest.mark.django_db(transaction=False)
class TestMove:
    @pytest.fixture
    def round_(self, city):
        return Round.objects.create(
            code="QTX-2022Q3", org=city, quarter="2022Q3", opened_on=DAY, returns_due_on=DAY, visits_due_on=DAY, policy="p",
            area="QTX",
        )  # fmt: skip

    def move(self, round_, verb="decide", roles=("city_officer",), **more):
        return services.move(
            ROUND, verb, Round.objects.filter(pk=round_.pk), by="he", on=DAY, roles=roles, chain="QTX", **more
        )  # fmt: skip

    def test_moves_and_writes_an_event(self, round_):
        assert self.move(round_, decided_on=DAY) == 1
        round_.refresh_from_db()
        event = Event.objects.get(verb="round.decide")
        assert (round_.state, event.subject, event.facts) == (
            "decided",
            "round:QTX-2022Q3",
            {"from": "open", "to": "decided"},
        )

    def test_refuses_with_the_whole_list(self, round_):
        with pytest.raises(Refused) as refused:
            self.move(round_, roles=["visitor"], missing=["没有提出意见"])
        assert len(refused.value.reasons) == 2
        round_.refresh_from_db()
        assert round_.state == "open"
        assert not Event.objects.filter(verb="round.decide").exists()

    def test_wrong_state_is_refused(self, round_):
        with pytest.raises(Refused, match="faster"):
            self.move(round_, verb="close", roles=["approver"])

    def test_a_state_without_its_evidence_is_refused_by_the_database(self, round_):
        with pytest.raises(DatabaseError), transaction.atomic():
            self.move(round_)
        round_.refresh_from_db()
        assert round_.state == "open"


@pytest.mark.django_db
class TestJobs:
    def test_an_unbalanced_job_fails_loudly(self):
        def run():
            with services.job(step="s", key="k", by="he", on=DAY) as p:
                p.count("in", "rows", 2)
                p.count("out", "accepted", 1)

        with pytest.raises(AssertionError, match="does not balance"):
            run()
        assert Job.objects.get().state == Job.FAILED

    def test_a_balanced_job_keeps_its_line(self):
        with services.job(step="s", key="k", by="he", on=DAY) as p:
            p.count("in", "rows", 1200)
            p.count("out", "accepted", 1100)
            p.count("out", "refused", 100)
        assert (
            services.balance_line("收表", Job.objects.get().balance)
            == "收表: rows 1,200 = accepted 1,100 + refused 100"
        )


@pytest.mark.django_db
class TestInsert:
    def test_bulk_rows_equal_saved_ones(self, city):
        kept = Attachment.objects.create(
            sha256="a" * 64, name="x.xlsx", size=1, kept_at=datetime(2022, 9, 1, 8, tzinfo=UTC)
        )
        source = BookImport.objects.create(
            org=city,
            book="consolation",
            file_name="x.xlsx",
            attachment=kept,
            imported_on=DAY,
            by="he",
            accepted=1,
            refused=0,
        )
        values = {
            "row": 2,
            "on": DAY,
            "campaign": "夏送清凉",
            "group": "快递员",
            "people": 3,
            "amount": Decimal("1234.50"),
        }
        Consolation.objects.create(source=source, **values)
        services.insert(Consolation, ["source", *values], [(source.pk, *values.values())])
        with connection.cursor() as cursor:
            cursor.execute('SELECT row, "on", campaign, people, amount FROM books_consolation')
            one, other = cursor.fetchall()
        assert one == other

    def test_reserved_keys_are_free_and_ascending(self, city):
        keys = services.reserve(BookImport, 3)
        assert len(set(keys)) == 3
        assert keys == sorted(keys)


@pytest.mark.django_db
class TestCalendar:
    @pytest.mark.parametrize(
        ("start", "days", "expected"),
        [
            (date(2022, 9, 30), 1, date(2022, 10, 8)),  # National Day, and the Saturday worked instead
            (date(2022, 12, 30), 1, date(2023, 1, 3)),
            (date(2023, 1, 20), 5, date(2023, 2, 1)),  # Spring Festival, with Saturday and Sunday worked
            (date(2023, 6, 16), 5, date(2023, 6, 26)),  # Dragon Boat, Sunday worked
        ],
    )
    def test_working_days_follow_the_official_calendar(self, start, days, expected):
        assert services.workday_after(start, days) == expected
        assert services.workdays_between(start, expected) == days

    def test_an_unknown_year_is_refused_not_guessed(self):
        with pytest.raises(rules.UnknownYear, match="2027"):
            services.workday_after(date(2026, 12, 31), 1)

    def test_an_administrator_enters_a_year(self):
        services.load_calendar("date,worked,name\n2027-01-01,0,元旦\n", chain="QTX", by="he", on=DAY)
        # The same days again change nothing and are no event; a corrected one is.
        again = "date,worked,name\n2027-01-01,0,元旦\n"
        assert services.load_calendar(again, chain="QTX", by="he", on=DAY) == 0
        assert Event.objects.get(verb="calendar.load").subject == "calendar:2027"
        assert services.load_calendar(f"{again}2027-01-09,1,补班\n", chain="QTX", by="he", on=DAY) == 1
        assert Event.objects.filter(verb="calendar.load").count() == 2
        assert services.workday_after(date(2026, 12, 31), 1) == date(2027, 1, 4)

    def test_a_line_that_cannot_be_read_is_named_and_nothing_is_written(self):
        with pytest.raises(Refused, match="第 3 行"):
            services.load_calendar(
                "date,worked,name\n2027-01-01,0,元旦\n2027-13-01,0,x\n", chain="QTX", by="he", on=DAY
            )
        assert services.next_year_missing(date(2026, 11, 1)) == 2027

    def test_a_name_that_is_too_long_is_refused_not_cut(self):
        with pytest.raises(Refused, match="第 2 行的名称超过 40 个字"):
            services.load_calendar(f"date,worked,name\n2027-01-01,0,{'元' * 41}\n", chain="QTX", by="he", on=DAY)
        assert services.next_year_missing(date(2026, 11, 1)) == 2027

    def test_seeding_again_adds_nothing(self):
        assert services.seed_calendar() == 0
