"""Small values that pages hand to the shared parts of a page: steps, filters, facts, happenings, charts, maps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Tone = Literal["green", "amber", "red", "blue", "grey"]


@dataclass(frozen=True, slots=True)
class Step:
    """One of two to five steps. ``note`` is a short second line, such as the dates."""

    label: str
    state: Literal["done", "now", "todo"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """One field of a list's filter bar, sent as the GET parameter ``name``.

    ``options`` are (value, label) pairs; the empty value stands for all. None makes it a text field, no pair leaves it out (there is nothing to
    choose), no label makes it a hidden one that keeps the tab where one is.
    """

    name: str
    label: str
    value: str = ""
    options: Sequence[tuple[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a page as it is sent out: its titles, and its rows, masked as on the page. ``rows`` is asked when it is."""

    titles: Sequence[str]
    rows: Callable[[], Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of a list of facts. ``change_url`` gives it a 改 link, ``masked`` the letter-spacing of a masked value."""

    label: str
    value: str
    change_url: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a timeline: ``at`` is when and who, in words; ``title`` one sentence; ``now`` marks the latest or current one."""

    at: str
    title: str
    note: str = ""
    url: str = ""
    now: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and, from the same figures, its table.

    ``series`` are (name, values), one value per category. ``urls`` gives each category the page of its records, ``value_urls`` each value of
    each series its own. ``sentence`` says the main
    thing for who cannot see the drawing. ``kind``: bars, rows (bars lying down), line, mixed (first series bars, the others lines) or ring
    (one series only).
    """

    code: str
    title: str
    sentence: str
    kind: Literal["bars", "rows", "line", "mixed", "ring"]
    categories: Sequence[str]
    series: Sequence[tuple[str, Sequence[int | Decimal]]]
    unit: str = ""
    urls: Sequence[str] = ()
    first_column: str = ""
    value_urls: Sequence[Sequence[str]] = ()

    def __post_init__(self) -> None:
        wrong = [name for name, values in self.series if len(values) != len(self.categories)]
        if wrong:
            raise ValueError(f"chart {self.code}: {wrong[0]} has not one value per category")
        if self.urls and len(self.urls) != len(self.categories):
            raise ValueError(f"chart {self.code}: not one address per category")
        if self.value_urls and [len(urls) for urls in self.value_urls] != [len(values) for _, values in self.series]:
            raise ValueError(f"chart {self.code}: not one address per value")
        if self.kind == "ring" and len(self.series) != 1:
            raise ValueError(f"chart {self.code}: a ring shows one series")


@dataclass(frozen=True, slots=True)
class Place:
    """A pin. ``mark`` is what stands on it (a number), ``group`` joins pins by a line in their order (a team's way).

    ``latitude``/``longitude`` in degrees, in the datum of the tiles; without them the place is only on the schematic map.
    """

    label: str
    town: str
    url: str = ""
    mark: str = ""
    note: str = ""
    tone: Tone = "green"
    group: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """Places on a map with the same places in a list beside it. ``towns`` are all towns of the area, in the order of the list."""

    code: str
    sentence: str
    places: Sequence[Place]
    towns: Sequence[str]
    columns: int = 3
