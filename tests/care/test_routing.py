"""The plan of visits: nothing is lost, dates and hours hold, and the same input gives the same plan."""

import itertools
import random
from collections import defaultdict
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nuanxin.care import routing
from nuanxin.care.routing import REASONS, Hours, PlannedVisit, Stop, Team, hours_of, plan_days

FIRST = date(2023, 2, 6)
DAYS = [FIRST + timedelta(days=n) for n in range(10)]
TEAMS = [Team(f"a{n}", f"b{n}") for n in range(8)]


def some(count: int, *, located: float = 1.0, seed: int = 1, due: int = 10) -> list[Stop]:
    """``count`` stops in nine towns of a county, due within ``due`` days."""
    chance = random.Random(seed)
    towns = [(f"T{n}", 37.8 + chance.random() * 0.3, 105.8 + chance.random() * 0.3) for n in range(9)]
    stops = []
    for n in range(count):
        town, lat, lon = chance.choice(towns)
        known = chance.random() < located
        stops.append(
            Stop(
                f"S{n:03d}",
                town,
                FIRST + timedelta(days=chance.randrange(1, due)),
                lat + chance.gauss(0, 0.02) if known else None,
                lon + chance.gauss(0, 0.02) if known else None,
                urgent=chance.random() < 0.1,
            )
        )
    return stops


def check(plan: list[PlannedVisit], stops: list[Stop], teams: list[Team], days: list[date], per_day: int = 8) -> None:
    """What is true of every plan."""
    by_key = {stop.key: stop for stop in stops}
    assert sorted(visit.key for visit in plan) == sorted(by_key)
    routes = defaultdict(list)
    for visit in plan:
        if visit.on is None:
            assert visit.team is visit.order is None
            assert visit.reason in REASONS
            continue
        assert visit.reason == ""
        assert visit.on in days
        assert visit.team in teams
        assert visit.late == (visit.on > by_key[visit.key].due_on)
        routes[visit.on, visit.team].append(visit)
    for route in routes.values():
        # One place at a time: the orders are 1, 2, 3 … and the hours suffice.
        assert [visit.order for visit in route] == list(range(1, len(route) + 1))
        assert len(route) <= per_day
        assert sum(by_key[visit.key].minutes + visit.way_minutes for visit in route) <= 8 * 60


@pytest.mark.parametrize("located", [0.0, 0.5, 1.0])
def test_120_stops_8_teams(located: float) -> None:
    stops = some(120, located=located)
    plan = plan_days(stops, TEAMS, DAYS)
    check(plan, stops, TEAMS, DAYS)
    assert not [visit for visit in plan if visit.late or visit.reason]
    urgent = {stop.key for stop in stops if stop.urgent}
    assert {visit.on for visit in plan if visit.key in urgent} == {FIRST}
    # Town first: a day stays in one or two towns.
    towns = defaultdict(set)
    for visit in plan:
        towns[visit.on, visit.team].add(next(stop.town for stop in stops if stop.key == visit.key))
    assert sum(map(len, towns.values())) / len(towns) < 2


@pytest.mark.parametrize("located", [0.0, 0.5, 1.0])
def test_the_same_plan_whatever_the_order_of_the_stops(located: float) -> None:
    stops = some(60, located=located)
    shuffled = random.Random(2).sample(stops, len(stops))
    assert plan_days(stops, TEAMS[:3], DAYS) == plan_days(shuffled, TEAMS[:3], DAYS[::-1])


def test_routing_is_shorter_than_dealing_out() -> None:
    stops = some(60)
    routed = plan_days(stops, TEAMS[:4], DAYS)
    order = routing._ways(stops)
    by_key = sorted(stops, key=lambda stop: stop.key)
    unrouted = sum(order(a, b) for a, b in itertools.pairwise(by_key))
    assert sum(visit.way_minutes for visit in routed) < unrouted / 2


def test_more_stops_than_routing_takes() -> None:
    stops = some(300, seed=4)
    plan = plan_days(stops, TEAMS, DAYS)
    check(plan, stops, TEAMS, DAYS)
    assert not [visit for visit in plan if visit.reason]


@pytest.mark.parametrize("located", [0.0, 1.0])
def test_due_dates_are_hard_where_they_can_be_met(located: float) -> None:
    # One team, two visits a day: only by due date does everything fit, against town and key.
    at = {"lat": 38.0, "lon": 106.0} if located else {}
    stops = [Stop(f"S{n}", "TB" if n % 2 else "TA", FIRST + timedelta(days=4 - n // 2), **at) for n in range(10)]
    plan = plan_days(stops, TEAMS[:1], DAYS, per_day=2)
    check(plan, stops, TEAMS[:1], DAYS, 2)
    assert not [visit for visit in plan if visit.late or visit.reason]


@pytest.mark.parametrize("located", [0.0, 1.0])
def test_late_is_better_than_never_and_what_fits_nowhere_says_why(located: float) -> None:
    at = {"lat": 38.0, "lon": 106.0} if located else {}
    stops = [Stop(f"S{n}", "T", FIRST, **at) for n in range(6)] + [Stop("X", "T", FIRST, minutes=500, **at)]
    plan = plan_days(stops, TEAMS[:1], DAYS[:2], per_day=2)
    check(plan, stops, TEAMS[:1], DAYS[:2], 2)
    assert [visit.late for visit in plan[:4]] == [False, False, True, True]
    assert sorted((visit.key == "X", visit.reason) for visit in plan if visit.reason) == [
        (False, "no-room"),
        (False, "no-room"),
        (True, "too-long"),
    ]


def test_overdue_visits_come_first_and_are_called_late() -> None:
    stops = [Stop(f"S{n}", "T", DAYS[5], 38.0, 106.0) for n in range(4)] + [
        Stop("Z", "T", FIRST - timedelta(days=3), 38.0, 106.0)
    ]
    plan = plan_days(stops, TEAMS[:1], DAYS, per_day=2)
    late = next(visit for visit in plan if visit.key == "Z")
    assert (late.on, late.late) == (FIRST, True)


def test_without_coordinates_by_town_then_due_date_then_key() -> None:
    stops = [
        Stop("c", "TA", DAYS[3]), Stop("a", "TB", DAYS[5]), Stop("b", "TA", DAYS[3]), Stop("d", "TA", DAYS[2]), Stop("e", "TB", DAYS[4]),
    ]  # fmt: skip
    assert [visit.key for visit in plan_days(stops, TEAMS[:1], DAYS)] == ["d", "b", "c", "e", "a"]


def test_hours_are_round_and_leave_the_rest_alone() -> None:
    legs = [(0, 40), (12, 40), (20, 40), (30, 40)]
    assert hours_of(legs, Hours(time(9))) == [time(9), time(9, 55), time(10, 55), time(12, 5)]
    rest = Hours(time(9), (time(11, 30), time(14, 30)))
    assert hours_of(legs, rest) == [time(9), time(9, 55), time(14, 30), time(15, 40)]
    assert hours_of([(0, 40), (0, 40)], Hours(time(23, 30))) == [time(23, 30), None]
    assert hours_of([(0, 40)], Hours(time(12), (time(11), time(13)))) == [time(13)], "a day that begins in the rest"


def test_nobody_and_no_day() -> None:
    stops = some(2)
    assert {visit.reason for visit in plan_days(stops, [], DAYS)} == {"no-team"}
    assert {visit.reason for visit in plan_days(stops, TEAMS, [])} == {"no-day"}
    assert plan_days([], TEAMS, DAYS) == []


def test_nonsense_is_refused() -> None:
    stop = Stop("a", "T", FIRST)
    with pytest.raises(ValueError, match="twice"):
        plan_days([stop, stop], TEAMS, DAYS)
    with pytest.raises(ValueError, match="one team only"):
        plan_days([stop], [Team("a", "b"), Team("b", "c")], DAYS)
    with pytest.raises(ValueError, match="one team only"):
        plan_days([stop], [Team("a", "a")], DAYS)
    with pytest.raises(ValueError, match="per_day"):
        plan_days([stop], TEAMS, DAYS, per_day=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.builds(
            Stop,
            key=st.integers(0, 10_000).map(str),
            town=st.sampled_from("ABC"),
            due_on=st.integers(-2, 6).map(lambda n: FIRST + timedelta(days=n)),
            lat=st.none() | st.floats(37.5, 38.5),
            lon=st.none() | st.floats(105.5, 106.5),
            minutes=st.integers(0, 600),
            urgent=st.booleans(),
        ),
        max_size=15,
        unique_by=lambda stop: stop.key,
    ),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 4),
)
def test_every_plan_accounts_for_every_stop(stops: list[Stop], teams: int, days: int, per_day: int) -> None:
    plan = plan_days(stops, TEAMS[:teams], DAYS[:days], per_day=per_day)
    check(plan, stops, TEAMS[:teams], DAYS[:days], per_day)
