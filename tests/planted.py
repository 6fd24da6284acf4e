"""Families that could leak: the same everywhere, in one quarter and the same states, found by the same words; told apart by their marks."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from nuanxin.books.models import BookImport, Consolation, JobOffer, MutualAid, StudentGrant
from nuanxin.care.models import (
    AidPlan,
    Consent,
    Finding,
    HardshipApplication,
    HouseholdFile,
    Lead,
    Paper,
    Raised,
    Refusal,
    RegisterCheck,
    ReportedMember,
    Return,
    Review,
    Round,
)
from nuanxin.care.services.reading import open_file
from nuanxin.matters.models import Matter
from nuanxin.records.services import keep_content, write_events
from nuanxin.union import rules, secrets
from nuanxin.union.models import Addition, Claim, Household, Kinship, Org, Person, SavedFilter, User
from nuanxin.union.services import appoint
from tests.pictures import png


@dataclass(frozen=True)
class Mark:
    """What tells a family from the others of the same kind. ``word`` stands in its address, matter, files and books; ``number`` (four
    digits) in every code and number; ``code`` in the codes of what it sent. ``key`` numbers what is named by its key."""

    word: str
    surname: str
    number: str
    code: str
    key: int

    @property
    def name(self) -> str:
        return f"{self.surname}无痕"

    @property
    def resident_id(self) -> str:
        return f"64038119770707{self.number}"

    @property
    def phone(self) -> str:
        return f"1387000{self.number}"

    @property
    def card(self) -> str:
        return f"621700000000{self.number[::-1]}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that a page could show of the family, in full or masked."""
        return (
            self.word, self.surname, rules.mask_name(self.name), self.resident_id, rules.mask_id(self.resident_id), self.phone,
            rules.mask_phone(self.phone), self.card, rules.mask_card(self.card), f"H{self.number}", f"2023-{self.number}", f"-{self.code}", f"w-{self.code}".lower(),
        )  # fmt: skip

    @property
    def family(self) -> tuple[str, ...]:
        """What the family's file alone says: for those who may read it."""
        return (
            f"{self.word}巷",
            f"H{self.number}",
            f"2023Q3-{self.code}",
            rules.mask_id(self.resident_id),
            rules.mask_card(self.card),
        )

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers in full: in no page."""
        return (self.resident_id, self.phone, self.card)


PLANT = Mark("隐泉", "独孤", "7391", "PLANT", 777777)


def plant(mark: Mark, *, org: Org, round_: Round, by: User, other: User, visitors: tuple[User, User], on: date) -> None:
    """Families of ``org`` in every state that a round has, with all that hangs on them."""
    city, quarter = round_.org, round_.quarter
    code = f"{city.code}-{quarter}-{mark.code}"
    file = keep_content(f"姓名,身份证号\n{mark.name},\n".encode(), name=f"{mark.word}.csv")
    photo = keep_content(png(grey=mark.key % 250), name=f"{mark.word}.png")

    def returned(end: str, **more: Any) -> Return:
        return Return.objects.create(
            **{
                "code": f"{code}-{end}/1", "round": round_, "org": org, "file_name": f"{mark.word}{end}.csv", "received_on": on, "late": False,
                "by": by.username, "attachment": file, **more,
            }
        )  # fmt: skip

    sent = returned("RETURN", state="taken", rows=3, accepted=2, refused=1, problems=1, wishes=1)
    returned("OLD", state="replaced", replaced_by=sent)
    returned(
        "BACK", state="refused", refused_whole={"code": "x", "zh": f"{mark.word}认不出", "en": f"{mark.word} unknown"}
    )
    for warning in (False, True):
        Refusal.objects.create(
            source=sent, warning=warning, sheet=f"{mark.word}表", row=3, column="姓名", found=mark.name, code="x", why_zh=f"{mark.word}不对",
            why_en=f"{mark.word} is wrong", mend_zh="请改", mend_en="mend it",
        )  # fmt: skip

    worker = User.objects.create(
        username=f"w-{mark.code}".lower(), first_name=mark.name, phone_hash=secrets.find_key(mark.phone), phone_mask=rules.mask_phone(mark.phone),
    )  # fmt: skip
    appoint(user=worker.username, name=mark.name, org=org, role="worker", from_on=on, by="setup")

    def person(name: str, n: int) -> Person:
        number = f"{mark.resident_id[:12]}{n:02}{mark.number}"
        return Person.objects.create(
            name=name, id_hash=secrets.find_key(number), id_cipher=secrets.seal(number), id_mask=rules.mask_id(number), born_on=date(1977, 7, 7),
            sex="m", phone_hash=secrets.find_key(mark.phone), phone_cipher=secrets.seal(mark.phone), phone_mask=rules.mask_phone(mark.phone),
        )  # fmt: skip

    def house(n: int) -> Household:
        head = person(mark.name, 7 if n == 7 else n)
        made = Household.objects.create(
            code=f"{city.code}-H{mark.number}{n}",
            org=org,
            worker=head,
            worker_name=mark.name,
            address=f"{mark.word}巷 {n} 号 3 单元 201",
        )
        Kinship.objects.create(household=made, person=head, relation="self", from_on=on)
        Kinship.objects.create(
            household=made, person=person(f"{mark.surname}小痕", 20 + n), relation="child", from_on=on
        )
        Consent.objects.create(household=made, signed_on=on, how="paper", recorded_by=by.username)
        return made

    def lead(end: str, state: str, **more: Any) -> Lead:
        figures = {
            "members": 2, "income": 12000, "medical": 0, "schooling": 0, "loss": 0, "homes": 1, "runs_business": False, "costly_school": False,
            "cause": f"{mark.word}重病", "note": f"住{mark.word}巷", "more": {"address": f"{mark.word}巷", "card_mask": mark.card[-4:]},
        }  # fmt: skip
        return Lead.objects.create(
            code=f"{code}{end}", round=round_, org=org, worker_name=mark.name, opened_on=on, clock_on=on, state=state,
            **({"source": "reported", "from_return": sent} | figures | more),
        )  # fmt: skip

    def finding(n: int, of: Lead, tier: str, state: str, **more: Any) -> Finding:
        return Finding.objects.create(
            code=f"{code}-F{n}", lead=of, round=round_, household=of.household, policy="qingtongxia", policy_version="2022-1",
            policy_digest="0" * 64, as_of=date(2023, 9, 30), tier=tier, rule=tier, figures={"inputs": {}}, income=12000, net=12000, members=2,
            living=8580, total=8580, new=True, proposed_by=by.username, proposed_on=on, state=state, **more,
        )  # fmt: skip

    def visited(of: Lead) -> None:
        consent = of.household.consents.get()  # type: ignore[union-attr]
        made = {
            "visitor_one": "白秀磊",
            "visitor_two": "罗小满",
            "visited_on": on,
            "conclusion": "as_reported",
            "consent": consent,
        }
        of.visits.create(note=f"{mark.word}属实", **made)

    # Decided, and waiting for a second visit that is planned; the worker of this family is on the phone.
    first = house(7)
    User.objects.filter(pk=worker.pk).update(person=first.worker)
    decided = lead("", "decided", source="urgent", household=first)
    visited(decided)
    ReportedMember.objects.create(
        lead=decided, row=2, accepted=True, name=mark.name, relation="self", id_hash=first.worker.id_hash, id_mask=first.worker.id_mask,  # type: ignore[union-attr]
        born_on=date(1977, 7, 7), phone_mask=rules.mask_phone(mark.phone), work_state="失业",
    )  # fmt: skip
    proposed = finding(7, decided, "deep", "proposed")
    HouseholdFile.objects.create(
        code=f"{city.code}-2023-{mark.number}",
        household=first,
        tier="deep",
        finding=proposed,
        opened_on=on,
        opened_in=quarter,
    )
    RegisterCheck.objects.create(
        household=first, person=first.worker, result=f"{mark.word}低保", checked_on=on, attachment=file
    )
    waiting = lead("-AGAIN", "due", source="review", household=first)
    planned = waiting.visits.create(
        pk=mark.key, visitor_one=str(visitors[0]), visitor_two=str(visitors[1]), planned_on=on, account_one=visitors[0], account_two=visitors[1],
    )  # fmt: skip
    planned.papers.create(pk=mark.key, kind="family", attachment=photo)
    asked = HardshipApplication.objects.create(
        code=f"{city.code}-A-{mark.code}", user=worker, org=org, state="sent", started_on=on, sent_on=on, lead=decided
    )
    Paper.objects.create(
        pk=mark.key,
        application=asked,
        lead=decided,
        attachment=photo,
        kind="medical",
        added_on=on,
        added_by=worker.username,
    )
    lead("-DOUBT", "doubtful", candidate=first, grade="doubtful", reasons=[])
    lead("-JUDGED", "known", candidate=first, household=first, grade="exact", reasons=[f"accepted-by:{by.username}"])
    lead("-HELD", "held", held_code="x")
    # To be decided, to be planned, refused and asked to be looked at again, certified.
    visited(lead("-SEEN", "visited", household=house(2)))
    lead("-DUE", "due", household=house(3))
    refused = finding(
        4,
        lead("-REFUSED", "decided", household=house(4)),
        "none",
        "refused",
        certified_by=other.username,
        certified_on=on,
    )
    Review.objects.create(finding=refused, asked_on=on, text=f"{mark.word}巷请再看")
    certified = finding(
        5,
        lead("-FILED", "decided", household=house(5)),
        "deep",
        "certified",
        certified_by=other.username,
        certified_on=on,
    )
    HouseholdFile.objects.create(
        code=f"{city.code}-2023-{mark.number[::-1]}", household=certified.household, tier="deep", finding=certified, opened_on=on, opened_in=quarter,
    )  # fmt: skip
    AidPlan.objects.create(
        finding=certified, household=certified.household, year=2023, item="living", amount=Decimal(8580)
    )
    open_file(household=first, by=by, on=on, reason=f"核对{mark.word}巷")

    for kind in ("problem", "wish"):
        matter = Matter.objects.create(
            code=f"{city.code}-M-{mark.code}{'' if kind == 'problem' else '-W'}", kind=kind, content=f"{mark.word}车间没有热水", org=org, owner=org,
            source="test", quarter=quarter, received_on=on, meeting=False, due_on=on, raised_by=mark.name, phone_mask=rules.mask_phone(mark.phone),
            account=worker,
        )  # fmt: skip
        Raised.objects.create(source=sent, matter=matter)
    more = Addition.objects.create(
        id=mark.key, subject=f"matter:{city.code}-M-{mark.code}", text=f"{mark.word}车间还是没有", photo=photo, user=worker, added_on=on
    )  # fmt: skip
    write_events(
        chain=city.code, lines=[("matter.more", more.subject, {"addition": more.pk})], by=worker.username, on=on
    )
    Claim.objects.create(
        user=worker, org=org, name=mark.name, id_hash=secrets.find_key(mark.resident_id), id_cipher=secrets.seal(mark.resident_id),
        id_mask=rules.mask_id(mark.resident_id), asked_on=on,
    )  # fmt: skip
    SavedFilter.objects.create(user=worker, org=org, page="desk:matters", query="q=a", name=mark.word, shared=True)

    def book(kind: str) -> BookImport:
        return BookImport.objects.create(
            org=org,
            book=kind,
            file_name=f"{mark.word}.xlsx",
            attachment=file,
            imported_on=on,
            by=by.username,
            accepted=1,
            refused=0,
        )

    JobOffer.objects.create(
        source=book("jobs"), row=2, on=on, event=f"{mark.word}招聘会", employer=f"{mark.word}厂", post="钳工", places=3
    )
    Consolation.objects.create(
        source=book("consolation"), row=2, on=on, campaign=f"{mark.word}慰问", group="职工", people=4, amount=500
    )
    StudentGrant.objects.create(
        source=book("grants"), row=2, on=on, student=f"{mark.surname}小痕", parent=mark.name, stage="本科", amount=3000
    )
    MutualAid.objects.create(
        source=book("mutual_aid"), row=2, on=on, name=mark.name, id_hash=secrets.find_key(mark.resident_id),
        id_cipher=secrets.seal(mark.resident_id), id_mask=rules.mask_id(mark.resident_id), hospital=f"{mark.word}医院", days=4, amount=900,
    )  # fmt: skip
