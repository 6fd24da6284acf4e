"""A schematic map: towns as tiles, places as pins on them. Only values; the template ``ui/_map.html`` draws it as svg.

It stands where no tile source is set (``NUANXIN_TILES``) and where no script runs, and needs no boundary map.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from nuanxin.ui.parts import Map, Place

# User units; on a desk about one pixel each.
_TILE, _GAP, _HEAD, _STEP_X, _STEP_Y = 212, 10, 34, 50, 44
_PER_LINE, _LINES = 4, 3


@dataclass(frozen=True, slots=True)
class Tile:
    """One town's rectangle, ``more`` of whose places found no room."""

    name: str
    x: int
    y: int
    width: int
    height: int
    more: int


@dataclass(frozen=True, slots=True)
class Pin:
    """A place's spot on its town's tile."""

    place: Place
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of a schematic map, in a box of ``width`` × ``height``; a line is a team's way from pin to pin."""

    width: int
    height: int
    tiles: Sequence[Tile]
    pins: Sequence[Pin]
    lines: Sequence[str]


def draw(shown: Map) -> Drawing:
    """Lay the towns out in ``columns``, each with its places in their order; a town shows at most twelve, then says how many more."""
    inside: dict[str, list[Place]] = {town: [] for town in shown.towns}
    for place in shown.places:
        inside.setdefault(place.town, []).append(place)
    towns = list(inside)
    tiles: list[Tile] = []
    pins: dict[Place, Pin] = {}
    top = _GAP
    for start in range(0, len(towns), shown.columns):
        row = towns[start : start + shown.columns]
        lines = min(_LINES, max(1, *(-(-len(inside[town]) // _PER_LINE) for town in row)))
        height = _HEAD + lines * _STEP_Y + 4
        for column, town in enumerate(row):
            left = _GAP + column * (_TILE + _GAP)
            places, room = inside[town], lines * _PER_LINE
            fitting = places if len(places) <= room else places[: room - 1]
            tiles.append(Tile(town, left, top, _TILE, height, len(places) - len(fitting)))
            for n, place in enumerate(fitting):
                pins[place] = Pin(
                    place, left + 31 + n % _PER_LINE * _STEP_X, top + _HEAD + 20 + n // _PER_LINE * _STEP_Y
                )
        top += height + _GAP
    ways: dict[str, list[str]] = {}
    for place in shown.places:
        if place.group and place in pins:
            ways.setdefault(place.group, []).append(f"{pins[place].x},{pins[place].y}")
    return Drawing(
        width=_GAP + min(shown.columns, len(towns) or 1) * (_TILE + _GAP),
        height=top,
        tiles=tiles,
        pins=list(pins.values()),
        lines=[" ".join(points) for points in ways.values() if len(points) > 1],
    )
