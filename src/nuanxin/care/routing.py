"""Which team visits which family on which day, and in which order. Pure: no database, no clock.

A team works eight hours a day (visits and the way between them) and makes at most ``per_day`` visits. Town first: changing the town within a
day costs. Due dates are hard; a visit that cannot be made in time is planned late and says so, and what fits nowhere is returned without a
day and with a reason: every stop comes back exactly once.

With coordinates, OR-Tools assigns and orders (way = great circle × 1.3 at 30 km/h; a stop without coordinates is taken to be at the middle of
its town's known stops, or a nominal way off). Without any, whole towns are dealt out by due date and key; so are more than ``ROUTED`` stops, and
OR-Tools then orders each team's day. The
search ends after a fixed number of solutions, so the same input gives the same plan in whatever order it comes; the time limit is a
safety net that a plan of that size does not reach.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal

DAY_MINUTES = 8 * 60
ROUTED = 160
_KM_PER_MINUTE = 30 / 60
_DETOUR = 1.3
_EARTH_KM = 6371.0
# Ways that nobody can measure, in minutes.
_SAME_TOWN, _OTHER_TOWN = 10, 30
# What a change of town within a day costs beside its minutes; what a day of waiting costs an ordinary and an urgent visit.
_TOWN_CHANGE, _WAIT, _WAIT_URGENT = 20, 10, 600
_DROP = 1_000_000
_SOLUTIONS, _SECONDS = 400, 2
_HORIZONS = (None, 7, 3, 1, 0)

REASONS: dict[str, dict[Literal["zh", "en"], str]] = {
    "no-team": {"zh": "没有走访小组", "en": "there is no team"},
    "no-day": {"zh": "没有可安排的日期", "en": "there is no day"},
    "too-long": {"zh": "一次走访超过一个工作日", "en": "the visit takes longer than a working day"},
    "no-room": {"zh": "走访力量不足，这些日期已排满", "en": "every team is full on all days"},
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A family to be visited. ``lat``/``lon`` in degrees (one datum for all), None when not known; ``minutes`` at the door."""

    key: str
    town: str
    due_on: date
    lat: float | None = None
    lon: float | None = None
    minutes: int = 40
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """Two visitors who go together."""

    one: str
    two: str


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A stop's place in the plan: day, team, ``order`` within the team's day (from 1), minutes on the way there from the visit before (0 for the
    first). ``late``: after its due date. Not planned: on, team and order are None and ``reason`` is a code of ``REASONS``."""

    key: str
    on: date | None
    team: Team | None
    order: int | None
    way_minutes: int = 0
    late: bool = False
    reason: str = ""


Way = Callable[[Stop, Stop], int]
# A team's day: (index of the day, index of the team).
_Slot = tuple[int, int]


def plan_days(
    stops: Sequence[Stop], teams: Sequence[Team], days: Iterable[date], *, per_day: int = 8
) -> list[PlannedVisit]:
    """Plan all ``stops`` for ``teams`` on ``days``: the planned by day, team and order, then the unplanned by key.

    Raises ValueError for a key that comes twice, a person who stands in two teams (or twice in one), a negative duration.
    """
    days = sorted(set(days))
    _refuse_nonsense(stops, teams, per_day)
    stops = sorted(stops, key=lambda stop: stop.key)
    if not teams or not days:
        return [_unplanned(stop, "no-day" if teams else "no-team") for stop in stops]
    possible = [stop for stop in stops if stop.minutes <= DAY_MINUTES]
    way = _ways(possible)
    routes: dict[_Slot, list[Stop]] = {}
    if _located(possible) and len(possible) <= ROUTED:
        # A due date only ever forbids later days, so the days after those needed only slow the search down.
        visits_a_day = len(teams) * min(
            per_day, DAY_MINUTES // (sum(s.minutes for s in possible) // len(possible) + _SAME_TOWN)
        )
        needed = math.ceil(1.5 * len(possible) / max(visits_a_day, 1)) + 1
        routes = _routed(possible, len(teams), days[:needed], per_day, way)
    if not routes:
        fewest = (0, 0)
        # Whole towns if every date can be kept so, else the town only for what is due within ever fewer days.
        for horizon in _HORIZONS:
            plan = _dealt(possible, len(teams), days, per_day, way, horizon=horizon)
            lacking = _lacking(plan, possible)
            if horizon is None or lacking < fewest:
                routes, fewest = plan, lacking
            if lacking == (0, 0):
                break
        routes = {slot: _ordered(route, days[slot[0]], way) for slot, route in routes.items()}
    _place_rest(routes, possible, len(teams), days, per_day, way)
    visits = []
    for (day, team), route in sorted(routes.items()):
        before: Stop | None = None
        for order, stop in enumerate(route, 1):
            minutes = way(before, stop) if before else 0
            visits.append(PlannedVisit(stop.key, days[day], teams[team], order, minutes, days[day] > stop.due_on))
            before = stop
    planned = {visit.key for visit in visits}
    left = [stop for stop in stops if stop.key not in planned]
    return visits + [_unplanned(stop, "too-long" if stop.minutes > DAY_MINUTES else "no-room") for stop in left]


@dataclass(frozen=True, slots=True)
class Hours:
    """When a day's visits begin, and from when to when the team rests."""

    start: time
    rest: tuple[time, time] | None = None


# An hour that a family is told is a round one.
_ROUND = 5


def hours_of(legs: Iterable[tuple[int, int]], hours: Hours) -> list[time | None]:
    """The hour of each visit of a team's day, by the minutes on the way there and at the door; one that would reach into the rest is made after
    it. None for one that would begin on the next day."""
    found: list[time | None] = []
    now = _minutes(hours.start)
    for way, stay in legs:
        now = math.ceil((now + way) / _ROUND) * _ROUND
        if hours.rest and now < _minutes(hours.rest[1]) and now + stay > _minutes(hours.rest[0]):
            now = _minutes(hours.rest[1])
        found.append(time(*divmod(now, 60)) if now < 24 * 60 else None)
        now += stay
    return found


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def route_minutes(route: Sequence[Stop]) -> int:
    """How long a team's day is likely to take: the visits and the ways between them."""
    return _length(route, _ways(route))


def shortest(route: Sequence[Stop], on: date) -> list[Stop]:
    """A team's day in the order of the shortest way, where places are known; else as it is."""
    return _ordered(list(route), on, _ways(route))


def _unplanned(stop: Stop, reason: str) -> PlannedVisit:
    return PlannedVisit(stop.key, None, None, None, reason=reason)


def _refuse_nonsense(stops: Sequence[Stop], teams: Sequence[Team], per_day: int) -> None:
    if per_day < 1:
        raise ValueError("per_day must be at least 1")
    if len({stop.key for stop in stops}) < len(stops):
        raise ValueError("a stop's key comes twice")
    if any(stop.minutes < 0 for stop in stops):
        raise ValueError("a visit cannot take less than no time")
    people = [person for team in teams for person in (team.one, team.two)]
    if len(set(people)) < len(people):
        raise ValueError("a person can be in one team only, and a team is two people")


def _ways(stops: Sequence[Stop]) -> Way:
    """Minutes from one stop to the next, in whole minutes."""
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for stop in stops:
        if stop.lat is not None and stop.lon is not None:
            places[stop.town].append((stop.lat, stop.lon))
    middle = {town: (sum(p[0] for p in at) / len(at), sum(p[1] for p in at) / len(at)) for town, at in places.items()}
    at = {
        stop.key: (stop.lat, stop.lon) if stop.lat is not None and stop.lon is not None else middle.get(stop.town)
        for stop in stops
    }

    def way(a: Stop, b: Stop) -> int:
        here, there = at[a.key], at[b.key]
        if here is None or there is None:
            return _SAME_TOWN if a.town == b.town else _OTHER_TOWN
        unlocated = a.town == b.town and (a.lat is None or b.lat is None)
        return max(math.ceil(_kilometres(here, there) * _DETOUR / _KM_PER_MINUTE), _SAME_TOWN if unlocated else 0)

    return way


def _kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great circle (haversine)."""
    (lat_a, lon_a), (lat_b, lon_b) = ((math.radians(lat), math.radians(lon)) for lat, lon in (a, b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def _length(route: Sequence[Stop], way: Way) -> int:
    """Minutes of a team's day: the visits and the ways between them."""
    return sum(stop.minutes for stop in route) + sum(way(a, b) for a, b in itertools.pairwise(route))


def _routed(stops: Sequence[Stop], teams: int, days: Sequence[date], per_day: int, way: Way) -> dict[_Slot, list[Stop]]:
    """Assignment and order by OR-Tools: one vehicle per team and day, open at both ends. Empty when it finds nothing in time."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # slow to import

    slots = [(day, team) for day in range(len(days)) for team in range(teams)]
    # Node 0 is nowhere: every way from and to it is free, so that a day starts and ends at any stop.
    minutes = [[0] * (len(stops) + 1) for _ in range(len(stops) + 1)]
    costs = [[0] * (len(stops) + 1) for _ in range(len(stops) + 1)]
    for i, a in enumerate(stops, 1):
        for j, b in enumerate(stops, 1):
            if i != j:
                ride = way(a, b)
                minutes[i][j] = ride + a.minutes
                costs[i][j] = ride + (_TOWN_CHANGE if a.town != b.town else 0)
        minutes[i][0] = a.minutes
    manager = pywrapcp.RoutingIndexManager(len(stops) + 1, len(slots), 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(costs))
    routing.AddDimension(routing.RegisterTransitMatrix(minutes), 0, DAY_MINUTES, True, "minutes")
    routing.AddDimension(routing.RegisterUnaryTransitVector([0] + [1] * len(stops)), 0, per_day, True, "visits")
    # Waiting: the sum of a route's weights times the number of its day.
    overdue = [stop.due_on < days[0] for stop in stops]
    weights = [0] + [_WAIT_URGENT if s.urgent or over else _WAIT for s, over in zip(stops, overdue, strict=True)]
    routing.AddDimension(routing.RegisterUnaryTransitVector(weights), 0, sum(weights), True, "waiting")
    waiting = routing.GetDimensionOrDie("waiting")
    for vehicle, (day, _) in enumerate(slots):
        waiting.SetSpanCostCoefficientForVehicle(day, vehicle)
    for node, (stop, over) in enumerate(zip(stops, overdue, strict=True), 1):
        index = manager.NodeToIndex(node)
        if not over:
            in_time = [vehicle for vehicle, (day, _) in enumerate(slots) if days[day] <= stop.due_on]
            routing.VehicleVar(index).SetValues([-1, *in_time])
        routing.AddDisjunction([index], _DROP * (10 if stop.urgent or over else 1))
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    search.solution_limit = _SOLUTIONS
    search.time_limit.seconds = _SECONDS
    solution = routing.SolveWithParameters(search)
    if solution is None:
        return {}
    routes: dict[_Slot, list[Stop]] = {}
    for vehicle, slot in enumerate(slots):
        index, route = routing.Start(vehicle), []
        while not routing.IsEnd(index):
            if node := manager.IndexToNode(index):
                route.append(stops[node - 1])
            index = solution.Value(routing.NextVar(index))
        if route:
            routes[slot] = route
    return routes


def _located(stops: Iterable[Stop]) -> bool:
    return any(stop.lat is not None and stop.lon is not None for stop in stops)


def _ordered(route: list[Stop], on: date, way: Way) -> list[Stop]:
    """One team's day in the order of the shortest way, where places are known."""
    if not _located(route) or len(route) < 3:
        return route
    best = _routed(route, 1, [on], len(route), way).get((0, 0), [])
    return best if len(best) == len(route) else route


def _pressing(stop: Stop) -> tuple[bool, date, str]:
    return (not stop.urgent, stop.due_on, stop.key)


def _dealt(
    stops: Sequence[Stop], teams: int, days: Sequence[date], per_day: int, way: Way, *, horizon: int | None
) -> dict[_Slot, list[Stop]]:
    """Team by team and day by day: the town with the most pressing visit, its stops by urgency, due date and key, then the next town.
    With a ``horizon`` (days) due dates go before urgency, and a team stays in its town only for what is due within that many days. A stop that
    would be late is left out."""
    waiting = sorted(stops, key=_pressing if horizon is None else lambda stop: (stop.due_on, not stop.urgent, stop.key))
    routes: dict[_Slot, list[Stop]] = {}
    for day, on in enumerate(days):
        for team in range(teams):
            route: list[Stop] = []
            able = [s for s in waiting if on <= s.due_on or s.due_on < days[0]]
            soon = date.max if horizon is None else on + timedelta(days=horizon)
            while able and len(route) < per_day:
                stop = next((s for s in able if route and s.town == route[-1].town and s.due_on <= soon), able[0])
                able.remove(stop)
                if _length([*route, stop], way) <= DAY_MINUTES:
                    route.append(stop)
            taken = {stop.key for stop in route}
            waiting = [stop for stop in waiting if stop.key not in taken]
            if route:
                routes[day, team] = _by_town(route)
    return routes


def _by_town(route: Sequence[Stop]) -> list[Stop]:
    """The day's stops town by town, the town of the most pressing one first."""
    towns = {stop.town: n for n, stop in reversed(list(enumerate(sorted(route, key=_pressing))))}
    return sorted(route, key=lambda stop: (towns[stop.town], _pressing(stop)))


def _lacking(routes: dict[_Slot, list[Stop]], stops: Sequence[Stop]) -> tuple[int, int]:
    """How many urgent stops and how many in all have no place."""
    placed = {stop.key for route in routes.values() for stop in route}
    left = [stop for stop in stops if stop.key not in placed]
    return sum(stop.urgent for stop in left), len(left)


def _place_rest(
    routes: dict[_Slot, list[Stop]], stops: Sequence[Stop], teams: int, days: Sequence[date], per_day: int, way: Way
) -> None:
    """Late is better than never: what has no place yet goes to the end of the first day with room, its own town before others."""
    placed = {stop.key for route in routes.values() for stop in route}
    for stop in sorted((s for s in stops if s.key not in placed), key=_pressing):
        room = [
            (day, not any(s.town == stop.town for s in routes.get((day, team), ())), team)
            for day in range(len(days))
            for team in range(teams)
            if len(routes.get((day, team), ())) < per_day
            and _length([*routes.get((day, team), ()), stop], way) <= DAY_MINUTES
        ]
        if room:
            day, _, team = min(room)
            routes.setdefault((day, team), []).append(stop)
