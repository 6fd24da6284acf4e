from datetime import date

import pytest

from nuanxin.matters import queries, services
from nuanxin.matters.models import Matter
from nuanxin.matters.services import MatterRow
from nuanxin.records.models import Event
from nuanxin.records.services import Refused, verify_chain
from nuanxin.union.models import Org
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
FRIDAY = date(2022, 9, 9)  # Monday 12 September 2022 was a holiday (Mid-Autumn)


def row(
    content="一个头盔",
    *,
    kind="wish",
    org="QTX-01-E01",
    source="R1",
    phone="13812346021",
    on=FRIDAY,
    by="蒋晓春",
    said=None,
):
    return MatterRow(kind, content, by, phone, Org.objects.get(code=org), source, "2022Q3", on, said)


def receive(cast, *rows, on=FRIDAY, replacing=()):
    ids = services.receive_many(rows, by=cast["he"], on=on, replacing=replacing)
    found = Matter.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


def test_ids_and_codes_follow_the_rows(cast):
    matters = receive(cast, row("一"), row("二", org="QTX-02-C8"), row("三"))
    assert [m.content for m in matters] == ["一", "二", "三"]
    assert [m.code for m in matters] == ["QTX-M-2022Q3-0001", "QTX-M-2022Q3-0002", "QTX-M-2022Q3-0003"]
    (after,) = receive(cast, row("四", source="R2"))
    assert after.code == "QTX-M-2022Q3-0004"


def test_numbers_go_on_past_9999(cast):
    receive(cast, row("一"))
    Matter.objects.update(code="QTX-M-2022Q3-9999")
    assert [m.code for m in receive(cast, row("二"), row("三"))] == ["QTX-M-2022Q3-10000", "QTX-M-2022Q3-10001"]
    assert receive(cast, row("四"))[0].code == "QTX-M-2022Q3-10002"


def test_owner_and_deadline_follow_the_class(cast):
    at_once, meeting, said = receive(
        cast, row("电动车充电难"), row("道路照明改造，需会议决策并招标"), row("路灯", said=True)
    )
    assert (at_once.meeting, at_once.owner.code, at_once.due_on) == (False, "QTX-01-E01", date(2022, 9, 13))
    assert (meeting.meeting, meeting.owner.code, meeting.due_on) == (True, "QTX", date(2022, 12, 9))
    assert said.meeting


def test_the_union_or_one_above_sets_the_days(cast):
    Org.objects.filter(code="QTX-01").update(at_once_days=3)
    Org.objects.filter(code="QTX-01-E06").update(at_once_days=0)
    street, own, other = receive(cast, row("一"), row("二", org="QTX-01-E06"), row("三", org="QTX-02-C8"))
    assert [m.due_on for m in (street, own, other)] == [date(2022, 9, 15), FRIDAY, date(2022, 9, 13)]


def test_the_phone_is_sealed_and_masked(cast):
    known, none = receive(cast, row(), row(phone=None))
    assert (known.phone_mask, none.phone_mask, none.phone_hash, none.phone_cipher) == ("138****6021", "", "", None)
    assert known.phone_hash
    assert b"13812346021" not in bytes(known.phone_cipher)
    assert "6021" not in str(list(Event.objects.values_list("facts", flat=True)))


def test_each_matter_has_its_event_and_the_chain_holds(cast):
    matters = receive(cast, row("一"), row("二"))
    told = Event.objects.filter(verb="matter.receive").order_by("seq")
    assert [e.subject for e in told] == [f"matter:{m.code}" for m in matters]
    verify_chain("QTX")


def test_many_rows_cost_no_more_queries_than_few(cast, django_assert_max_num_queries):
    few = [row(str(n)) for n in range(400)]
    with django_assert_max_num_queries(20):
        services.receive_many(few, by=cast["he"], on=FRIDAY)


def test_nothing_received_is_nothing_done(cast):
    assert services.receive_many([], by=cast["he"], on=FRIDAY) == []


def test_text_longer_than_the_column_is_cut_not_lost(cast):
    (matter,) = receive(cast, row("长" * 600))
    assert len(matter.content) == 500
    assert matter.content.endswith("…")


def test_withdrawing_a_source_takes_its_matters_alone_and_once(cast):
    gone, answered, stays = receive(cast, row("一"), row("二"), row("三", source="R2"))
    services.answer(answered, text="已送到", outcome="done", by=cast["he"], on=FRIDAY)
    assert services.withdraw("R1", by=cast["he"], on=date(2022, 9, 20)) == 2
    assert services.withdraw("R1", by=cast["he"], on=date(2022, 9, 21)) == 0
    for m in (gone, answered, stays):
        m.refresh_from_db()
    assert [m.state for m in (gone, answered, stays)] == ["withdrawn", "withdrawn", "open"]
    assert gone.ended_on == date(2022, 9, 20)
    verify_chain("QTX")


def test_a_stranger_withdraws_nothing(cast):
    receive(cast, row())
    with pytest.raises(Refused):
        services.withdraw("R1", by=cast["wu"], on=FRIDAY)
    assert Matter.objects.get().state == "open"


def test_a_corrected_return_keeps_clock_owner_and_answer_of_what_stayed_the_same(cast):
    a, b, _ = receive(cast, row("一个头盔"), row("一副护膝"), row("写错了"))
    services.answer(a, text="已送到", outcome="done", by=cast["he"], on=date(2022, 9, 13))
    services.assign(b, owner=Org.objects.get(code="QTX-01"), by=cast["he"], on=FRIDAY)
    later = date(2022, 9, 20)
    new = receive(
        cast, row("一个 头盔", source="R2", on=later), row("一副护膝", source="R2", on=later), row("改对了", source="R2", on=later),
        row("一个头盔", source="R2", on=later), on=later, replacing=["R1"],
    )  # fmt: skip
    assert [m.state for m in new] == ["done", "open", "open", "open"]
    assert [m.received_on for m in new] == [FRIDAY, FRIDAY, later, later]
    assert (new[0].answer, new[0].ended_on) == ("已送到", date(2022, 9, 13))
    assert new[1].owner.code == "QTX-01"
    assert set(Matter.objects.filter(source="R1").values_list("state", flat=True)) == {"withdrawn"}


def test_assign_needs_the_city_and_stays_in_it(cast):
    (matter,) = receive(cast, row())
    street, stranger = Org.objects.get(code="QTX-01"), Org.objects.get(code="WZ-01-E01")
    with pytest.raises(Refused):
        services.assign(matter, owner=street, by=cast["ma"], on=FRIDAY)
    with pytest.raises(Refused):
        services.assign(matter, owner=stranger, by=cast["he"], on=FRIDAY)
    assert services.assign(matter, owner=street, by=cast["he"], on=FRIDAY).owner == street
    # Another tab gives it to the same owner once more: it has that owner already.
    services.assign(matter, owner=street, by=cast["he"], on=FRIDAY)
    assert Event.objects.get(verb="matter.assign").facts["owner"] == "QTX-01"
    services.answer(matter, text="好了", outcome="done", by=cast["he"], on=FRIDAY)
    with pytest.raises(Refused):
        services.assign(matter, owner=street, by=cast["he"], on=FRIDAY)


def test_the_owner_answers_once_with_a_text(cast):
    (matter,) = receive(cast, row())
    for text, by, on in [
        ("", "ma", FRIDAY),
        ("好", "wu", FRIDAY),
        ("好", "ma", date(2022, 9, 1)),
        ("长" * 501, "ma", FRIDAY),
    ]:
        with pytest.raises(Refused):
            services.answer(matter, text=text, outcome="done", by=cast[by], on=on)
    done = services.answer(matter, text=" 已送到 ", outcome="done", by=cast["ma"], on=date(2022, 9, 13))
    assert (done.state, done.answer, done.ended_on) == ("done", "已送到", date(2022, 9, 13))
    with pytest.raises(Refused):
        services.answer(matter, text="再答", outcome="declined", by=cast["ma"], on=date(2022, 9, 14))


def test_overdue_is_read_from_the_clock(cast):
    (matter,) = receive(cast, row())  # due 2022-09-13
    for today, overdue, left in [(date(2022, 9, 13), False, 0), (date(2022, 9, 14), True, -1), (FRIDAY, False, 4)]:
        found = queries.with_clock(Matter.objects.all(), today).get()
        assert (found.overdue, found.left.days) == (overdue, left)
    services.answer(matter, text="好", outcome="done", by=cast["he"], on=date(2022, 9, 20))
    assert queries.with_clock(Matter.objects.all(), date(2022, 9, 30)).get().left is None
    late = [day for day in (13, 14, 19, 20) if Matter.objects.filter(queries.late_at(date(2022, 9, day))).exists()]
    assert late == [14, 19]  # as of a day in the past it was late, whatever happened since


def test_lists_by_owner_and_by_tree(cast):
    receive(cast, row("一"), row("二"), row("需招标的三"), row("四", org="QTX-02-C8"))
    found = list(queries.by_owner(Matter.objects.all(), date(2022, 9, 20)))
    assert [(r["owner__code"], r["open"], r["overdue"]) for r in found] == [
        ("QTX-01-E01", 2, 2),
        ("QTX-02-C8", 1, 1),
        ("QTX", 1, 0),
    ]
    assert queries.matters_under(Org.objects.get(code="QTX-01")).count() == 3


def test_many_matters_go_to_an_owner_of_their_own_city_alone(cast, city):
    """An officer who holds a post in two cities: none of one city goes to an owner of the other, whichever stands first."""
    appoint(user="he", name="何秋实", org=Org.objects.get(code="WZ"), role="city_officer", from_on=FRIDAY, by="guan")
    ours, theirs = receive(cast, row("一"), row("二", org="WZ-01-E01"))
    shown = {matter.code: matter.owner.code for matter in (ours, theirs)}
    street = Org.objects.get(code="QTX-01")
    with pytest.raises(Refused, match=theirs.code):
        services.assign_many(shown=shown, owner=street, by=cast["he"], on=FRIDAY)
    assert not Matter.objects.filter(owner=street).exists()
    assert not Event.objects.filter(verb="matter.assign").exists()
    came = services.assign_many(shown={ours.code: shown[ours.code]}, owner=street, by=cast["he"], on=FRIDAY)
    assert (came.done, came.changed) == (1, ())
