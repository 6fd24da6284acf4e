"""The public notice of a posting (公示): masked names, tier and union, for as long as each clock runs; no more than may be public."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from nuanxin.care.models import Posted, Posting
from nuanxin.care.services.decide import policy_of
from nuanxin.reports.prints import NoticeValues
from nuanxin.union.rules import mask_name, quarter_zh

HOTLINE = "12351"


def standing(posting: Posting, on: date) -> QuerySet[Posted]:
    """The entries that may be read on a day: their own clock runs and the proposal stands. An objection changes nothing that the public
    sees; after the last day only the fact of the posting is left."""
    rows = posting.posted.select_related("finding__household", "finding__lead__org").order_by(
        "finding__household__code"
    )
    if on < posting.from_on:
        return rows.none()
    return rows.filter(until_on__gte=on, finding__state__in=["published", "objected"])


def notice_values(posting: Posting, posted: Iterable[Posted]) -> NoticeValues:
    """What the printed notice needs."""
    round_ = posting.round
    families = [
        {"name": mask_name(p.finding.household.worker_name), "org": p.finding.lead.org.name, "tier": p.finding.get_tier_display()}
        for p in posted
    ]  # fmt: skip
    return {
        "code": posting.code, "issuer": round_.org.name, "quarter": quarter_zh(round_.quarter),
        "basis": policy_of(round_).model.document, "families": families, "from_on": posting.from_on,  # type: ignore[typeddict-item]
        "until_on": posting.until_on, "days": posting.days, "office": round_.org.name, "phone": HOTLINE, "address": None,
        "issued_on": posting.from_on,
    }  # fmt: skip
