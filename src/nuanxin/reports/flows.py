"""The states of a brief that was sent for approval. ``records.services.move`` carries the moves out."""

from nuanxin.records.flows import Flow, Move
from nuanxin.union.rules import PERMITS

_APPROVE = PERMITS["brief.approve"]

# Two people put out a brief: one sends it, another approves it or returns it with a reason. Returned, a new one is sent.
ISSUE = Flow(
    "issue",
    ("sent", "returned", "approved"),
    [
        Move("approve", ("sent",), "approved", _APPROVE, ("another person", "as it was looked at")),
        Move("return", ("sent",), "returned", _APPROVE, ("another person", "reason")),
    ],
)
