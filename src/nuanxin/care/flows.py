"""The states of the main job, and who may move them when. ``records.services.move`` carries them out."""

from nuanxin.records.flows import Flow, Move
from nuanxin.union.rules import APPROVER, CITY, VISITOR

# A round: open for returns → decided (proposals made) → published → closed.
ROUND = Flow(
    "round",
    ("open", "decided", "published", "closed"),
    [
        Move("decide", ("open", "decided", "published"), "decided", (CITY,)),
        Move("publish", ("decided",), "published", (CITY,), ("no problem left",)),
        Move(
            "close",
            ("published",),
            "closed",
            (CITY, APPROVER),
            ("visited families decided", "findings ended", "offer or declined"),
        ),
    ],
)

# A lead: from the report of a family to its decision.
#   reported received, not yet matched against the register
#   held     a row of the family was refused: undecided until the corrected row comes
#   doubtful it may be a family on file: a person judges
#   due      to be visited
#   away     the visit found nobody home: due again in the next quarter
#   visited  ready to be decided
#   decided  has a finding
#   known    on file with the same figures: nothing is asked again
#   repeated the same family stands in another lead of this round
#   replaced the return it stood in was replaced by a corrected one
LEAD = Flow(
    "lead",
    ("reported", "held", "doubtful", "due", "away", "visited", "decided", "known", "repeated", "replaced"),
    [
        Move("visit", ("due", "away", "known", "visited"), "visited", (CITY, VISITOR), ("two visitors", "consent")),
        Move("miss", ("due", "away"), "away", (CITY, VISITOR)),
        Move("decide", ("visited",), "decided", (CITY,)),
        Move(
            "replace",
            ("reported", "held", "doubtful", "due", "away", "visited", "known", "repeated"),
            "replaced",
            (CITY,),
        ),
    ],
)

# A finding: proposed by one officer, published, certified by another.
#   returned  the certifier sent it back (or an objection was upheld): a person decides again
#   refused   tier none, confirmed by the certifier; the family is owed an offer
#   closed    a refusal with an offer or a recorded "declined"
FINDING = Flow(
    "finding",
    ("proposed", "published", "objected", "certified", "refused", "closed", "returned", "superseded"),
    [
        Move("publish", ("proposed",), "published", (CITY,), ("notice",)),
        Move("object", ("published",), "objected", (CITY, APPROVER), ("text",)),
        Move("dismiss", ("objected",), "published", (CITY, APPROVER), ("outcome",)),
        Move("uphold", ("objected",), "returned", (CITY, APPROVER), ("outcome",)),
        Move("certify", ("published",), "certified", (APPROVER,), ("another person", "clock run out")),
        Move("refuse", ("proposed",), "refused", (APPROVER,), ("another person",)),
        Move("return", ("proposed", "published"), "returned", (APPROVER,), ("reason",)),
        Move("close", ("refused",), "closed", (CITY, APPROVER), ("offer or declined",)),
        Move(
            "supersede",
            ("proposed", "published", "returned", "refused", "closed", "certified"),
            "superseded",
            (CITY, APPROVER),
        ),
    ],
)
