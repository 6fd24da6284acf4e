"""Rows of every kind that a figure counts, made by the ORM: a maker for each kind, with only what the test is about."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nuanxin.books.models import BookImport, Consolation, JobOffer, MutualAid, StudentGrant
from nuanxin.care.models import AidPlan, Finding, HouseholdFile, Lead, Offer, Owed, Return, Round, Visit
from nuanxin.matters.models import Matter
from nuanxin.records.models import Attachment
from nuanxin.union.models import Household, Org
from nuanxin.union.rules import quarter_span


class Rows:
    """Makers of rows for one city."""

    def __init__(self, city: Org) -> None:
        self.city, self._n = city, 0

    def number(self) -> int:
        self._n += 1
        return self._n

    def org(self, code="QTX-01-E01"):
        return Org.objects.get(code=code)

    def attachment(self):
        n = self.number()
        return Attachment.objects.create(
            sha256=f"{n:064x}", name=f"{n}.xlsx", size=1, kept_at=datetime(2022, 9, 1, tzinfo=UTC)
        )

    def book(self, book, *, org=None, replaced_by=None, name=None):
        return BookImport.objects.create(
            org=org or self.city, book=book, file_name=name or f"{book}.xlsx", attachment=self.attachment(),
            imported_on=date(2022, 9, 1), by="he", accepted=1, refused=0, replaced_by=replaced_by,
        )  # fmt: skip

    def job(self, places=10, on=date(2022, 9, 1), source=None, employer="红柳酿造", event="夜市招聘"):
        source = source or self.book("jobs")
        return JobOffer.objects.create(
            source=source, row=2, on=on, event=event, employer=employer, post="保洁", places=places
        )

    def consolation(self, people=10, amount="100.00", on=date(2022, 9, 1), source=None):
        return Consolation.objects.create(
            source=source or self.book("consolation"), row=2, on=on, campaign="夏送清凉", group="快递员", people=people,
            amount=Decimal(amount),
        )  # fmt: skip

    def grant(self, amount="3000.00", on=date(2022, 9, 1), source=None):
        return StudentGrant.objects.create(
            source=source or self.book("grants"), row=2, on=on, student="徐春平", parent="徐飞梅", stage="专科",
            amount=Decimal(amount),
        )  # fmt: skip

    def mutual_aid(self, amount="2178.59", on=date(2022, 9, 1)):
        return MutualAid.objects.create(
            source=self.book("mutual_aid"), row=2, on=on, name="雷敏丽", id_hash="h", id_cipher=b"c", id_mask="6403**********3933",
            hospital="市中医医院", days=3, amount=Decimal(amount),
        )  # fmt: skip

    def matter(
        self,
        kind="wish",
        quarter="2022Q3",
        state="open",
        received=date(2022, 9, 1),
        due=date(2022, 9, 2),
        ended=None,
        **more,
    ):
        org = more.pop("org", None) or self.org()
        return Matter.objects.create(
            code=f"QTX-M-{quarter}-{self.number():04d}", kind=kind, content=more.pop("content", "一个头盔"), raised_by="蒋晓春",
            phone_mask="138****6021", org=org, owner=org, source="R1", quarter=quarter, received_on=received, meeting=False,
            due_on=due, state=state, ended_on=ended, answer="好" if ended else "", **more,
        )  # fmt: skip

    def round(self, quarter="2022Q3"):
        first, last = quarter_span(quarter)
        return Round.objects.get_or_create(
            org=self.city, quarter=quarter,
            defaults={"code": f"{self.city.code}-{quarter}", "opened_on": first, "returns_due_on": last, "visits_due_on": last,
                      "policy": "example", "area": "青铜峡"},
        )[0]  # fmt: skip

    def returned(
        self, org, quarter="2022Q3", *, nil=False, state="taken", companion_of=None, replaced_by=None, urgent=False
    ):
        n = self.number()
        return Return.objects.create(
            code=f"{quarter}/{org.code}/{n}", round=self.round(quarter), org=org, file_name=f"{n}.xlsx", attachment=self.attachment(),
            received_on=date(2022, 9, 1), late=False, by="ma", state=state, nil=nil, companion_of=companion_of,
            urgent=urgent, replaced_by=replaced_by, refused_whole={"zh": "坏"} if state == "refused" else None,
        )  # fmt: skip

    def owed(self, *orgs, quarter="2022Q3"):
        for org in orgs:
            Owed.objects.create(round=self.round(quarter), org=org)

    def household(self, org=None):
        return Household.objects.create(code=f"QTX-H-{self.number():04d}", org=org or self.org(), worker_name="韩梅晓")

    def lead(self, household, quarter="2022Q3"):
        return Lead.objects.create(
            code=f"{quarter}-L{self.number()}", round=self.round(quarter), source="reported", org=household.org, household=household,
            worker_name=household.worker_name, opened_on=date(2022, 9, 1), clock_on=date(2022, 9, 30), state="visited", members=3,
        )  # fmt: skip

    def visit(self, household, quarter="2022Q3", conclusion="as_reported", on=date(2022, 9, 5)):
        from nuanxin.care.models import Consent

        consent, _ = Consent.objects.get_or_create(
            household=household,
            withdrawn_on=None,
            defaults={"signed_on": date(2022, 8, 1), "how": "form", "recorded_by": "ma"},
        )
        return Visit.objects.create(
            lead=self.lead(household, quarter), consent=consent, visitor_one="白秀磊", visitor_two="马国强", visited_on=on,
            conclusion=conclusion if on else "",
        )  # fmt: skip

    def finding(self, household, quarter="2022Q3", tier="deep", state="certified"):
        done = state in ("certified", "refused", "closed")
        return Finding.objects.create(
            code=f"{quarter}-F{self.number()}", lead=self.lead(household, quarter), round=self.round(quarter), household=household,
            policy="example", policy_version="2022-01-01", policy_digest="0", as_of=date(2022, 9, 30), tier=tier, rule="2", figures={},
            new=True, state=state, proposed_by="he", proposed_on=date(2022, 9, 10), certified_by="xu" if done else "",
            certified_on=date(2022, 9, 20) if done else None,
        )  # fmt: skip

    def file(self, opened="2022Q3", tier="deep", closed="", org=None):
        household = self.household(org)
        finding = self.finding(household, opened, tier)
        return HouseholdFile.objects.create(
            code=f"D{self.number():04d}", household=household, tier=tier, finding=finding, opened_on=quarter_span(opened)[1],
            opened_in=opened, closed_in=closed, closed_on=quarter_span(closed)[1] if closed else None,
            close_reason="脱困" if closed else "",
        )  # fmt: skip

    def plan(self, finding, amount, *, item="living", superseded=False, year=2022):
        return AidPlan.objects.create(
            finding=finding,
            household=finding.household,
            year=year,
            item=item,
            amount=Decimal(amount),
            superseded=superseded,
        )

    def offer(self, finding, kind="legal_aid", declined=False):
        return Offer.objects.create(
            finding=finding, kind=kind, declined=declined, offered_on=date(2022, 9, 22), by="he"
        )


@pytest.fixture
def rows(city) -> Rows:
    return Rows(city)
