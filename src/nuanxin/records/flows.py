"""Moves between states, as tables. ``move()`` in services is the one door that carries them out."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """``verb`` takes a row from one of ``sources`` to ``target``; only a holder of a role in ``who`` may; ``needs`` names what
    must be there first (each a key of the caller's checks)."""

    verb: str
    sources: tuple[str, ...]
    target: str
    who: tuple[str, ...]
    needs: tuple[str, ...] = ()


class Flow:
    """The moves of one kind of row; a verb is unique within it."""

    def __init__(self, name: str, states: Iterable[str], moves: Iterable[Move]) -> None:
        self.name, self.states, self.moves = name, tuple(states), {move.verb: move for move in moves}
        for move in self.moves.values():
            unknown = {move.target, *move.sources} - set(self.states)
            if unknown:
                raise ValueError(f"flow {name}: {move.verb} names unknown states {sorted(unknown)}")

    def next(self, state: str) -> list[Move]:
        """What may happen to a row in ``state``."""
        return [move for move in self.moves.values() if state in move.sources]
