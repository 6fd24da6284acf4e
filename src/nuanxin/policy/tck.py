"""The adapter for the DMN TCK: one JSON object a line in, one a line out.

In: {"model": path, "decision": name, "inputs": {…}}; out: {"value": …} or {"value": null, "error": true}. Text, truth values and
null are plain JSON; others are {"number": "1.5"}, {"date": …}, {"time": …}, {"dateTime": …}, {"duration": …}; lists and objects
hold these. Semantics are the standard's own (`strict`).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanxin.policy.dmn import read_dmn
from nuanxin.policy.messages import PolicyError
from nuanxin.policy.rows import RowDecider
from nuanxin.policy.values import (
    Unreadable,
    number_text,
    read_date,
    read_datetime,
    read_duration,
    read_number,
    read_time,
)

_READERS = {
    "number": read_number,
    "date": read_date,
    "time": read_time,
    "dateTime": read_datetime,
    "duration": read_duration,
}


def from_wire(value: Any) -> Any:
    """A JSON value of the protocol as a policy value."""
    if isinstance(value, list):
        return [from_wire(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, body),) = value.items()
            if key in _READERS and not isinstance(body, dict | list):
                return _READERS[key](body)
        return {key: from_wire(item) for key, item in value.items()}
    return Fraction(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def to_wire(value: Any) -> Any:
    if isinstance(value, Fraction):
        return {"number": number_text(value, 40)}
    if isinstance(value, list):
        return [to_wire(item) for item in value]
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    if isinstance(value, dt.datetime):
        return {"dateTime": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, dt.time):
        return {"time": value.isoformat()}
    return value if value is None or isinstance(value, str | bool) else {"duration": str(value)}


@lru_cache(maxsize=128)
def _decider(path: str) -> RowDecider:
    return RowDecider(read_dmn(Path(path)), strict=True)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """One decision of one model for one set of inputs."""
    try:
        decider = _decider(str(request["model"]))
        inputs = {name: from_wire(value) for name, value in request.get("inputs", {}).items()}
        state = decider.decide(inputs, dt.date(1970, 1, 1))
        outcome = state.outcomes[" ".join(str(request["decision"]).split())]
    except (PolicyError, Unreadable, KeyError) as error:
        return {"value": None, "error": True, "why": str(error)}
    if outcome.problem:
        return {"value": None, "error": True}
    return {"value": to_wire(outcome.value)}


def _answer_line(line: str) -> dict[str, Any]:
    """A line that is no request is answered with an error, so that those after it are still read."""
    try:
        request = json.loads(line)
    except ValueError as error:
        return {"value": None, "error": True, "why": f"not JSON: {error}"}
    return answer(request) if isinstance(request, dict) else {"value": None, "error": True, "why": "not a JSON object"}


def answers(lines: Iterable[str]) -> Iterator[str]:
    """The protocol: a line of JSON for every line of JSON."""
    for line in lines:
        if line.strip():
            yield json.dumps(_answer_line(line), ensure_ascii=False)
