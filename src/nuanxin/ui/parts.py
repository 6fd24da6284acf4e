"""Small values that pages hand to the shared parts of a page (steps, filters)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One of two to five steps. ``note`` is a short second line, such as the dates."""

    label: str
    state: Literal["done", "now", "todo"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """One field of a list's filter bar, sent as the GET parameter ``name``.

    ``options`` are (value, label) pairs; the empty value stands for all. Without options it is a text field.
    """

    name: str
    label: str
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
