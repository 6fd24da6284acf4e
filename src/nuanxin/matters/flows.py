"""The states of a matter, and who may move it when. ``records.services.move`` carries the moves out."""

from nuanxin.records.flows import Flow, Move
from nuanxin.union.rules import PERMITS

_ANSWER = PERMITS["matter.answer"]

MATTER = Flow(
    "matter",
    ("open", "done", "declined", "withdrawn"),
    [
        Move("assign", ("open",), "open", PERMITS["matter.assign"], ("owner",)),
        Move("done", ("open",), "done", _ANSWER, ("answer",)),
        Move("declined", ("open",), "declined", _ANSWER, ("answer",)),
        # By the worker who raised it: saying more, "not solved", once, and taking it back.
        Move("more", ("open",), "open", PERMITS["own.raise"], ("words",)),
        Move("reopen", ("done", "declined"), "open", PERMITS["own.raise"], ("why",)),
        Move("take_back", ("open",), "withdrawn", PERMITS["own.raise"]),
        # An answered one goes too: the corrected return brings it again, and it must not count twice.
        Move("withdraw", ("open", "done", "declined"), "withdrawn", PERMITS["return.receive"]),
    ],
)
