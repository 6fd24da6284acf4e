"""The states of a policy's draft, and who may move it when. ``records.services.move`` carries the moves out."""

from nuanxin.records.flows import Flow, Move
from nuanxin.union.rules import PERMITS

_EDIT, _PUBLISH = PERMITS["policy.edit"], PERMITS["policy.publish"]

# Two people put a policy in force: one submits, another publishes.
DRAFT = Flow(
    "draft",
    ("draft", "submitted", "published", "discarded"),
    [
        Move("submit", ("draft",), "submitted", _EDIT, ("no errors", "cases hold", "a date of its own", "compared")),
        Move("take_back", ("submitted",), "draft", _EDIT),
        Move("publish", ("submitted",), "published", _PUBLISH, ("another person",)),
        Move("discard", ("draft", "submitted"), "discarded", _EDIT),
    ],
)
