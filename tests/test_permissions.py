"""Who may do what, walked over every address: each role, at the object's own union, above it, below it, beside it, in another city.

A new address is walked as soon as it exists: its view says which operation it is (``seen_by``), and whether that answers is compared with
``union.rules``. An address that names an object needs a row in ``OBJECTS``: a family, a return, a draft that could leak. Every page that
opens is searched for what its viewer must not see.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from nuanxin.desk.household_acts import HOUSEHOLD_ACTS
from nuanxin.desk.imports import KINDS
from nuanxin.desk.round_acts import ACTS
from nuanxin.records import clock
from nuanxin.union import rules

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent
DAY = date(2023, 7, 7)
# Where the viewer's post is held, seen from the union that has the family: its own union, its street and city above it, a union below it,
# one beside it, another city.
POSTS = {
    "own": "QTX-01-E01",
    "street": "QTX-01",
    "city": "QTX",
    "under": "QTX-01-E01-A",
    "beside": "QTX-01-E06",
    "other": "WZ",
}
UNION, ROUND, CITY, PUBLIC = (
    {"own", "street", "city"}, {"own", "street", "city", "under", "beside"}, {"city"}, set(POSTS),
)  # fmt: skip
# Words that stand on the planted family, its union and its matter alone.
SECRETS = ("QTX-H777777", "隐泉", "QTX-2023Q3-PLANT", "QTX-M-PLANT")
FAMILY = ("QTX-H777777", "隐泉巷", "QTX-2023Q3-PLANT")


@dataclass(frozen=True)
class Sample:
    """The words of an address that names an object, the posts from which the object is in sight, what is posted to name it."""

    words: dict[str, Any]
    seen_from: set[str]
    posted: dict[str, str] = field(default_factory=dict)
    # An operation that the sight of the object needs beside the page's own.
    needs: str = ""


OBJECTS: dict[str, Sample] = {
    "desk:board": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:families": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:returns": Sample({"quarter": "2023Q3"}, ROUND),
    # Only a city union has rounds: a post held lower down opens none and acts on none.
    "desk:open": Sample({}, CITY | {"other"}),
    **{f"desk:{act.key}": Sample({"quarter": "2023Q3"}, CITY) for act in ACTS},
    "desk:families_excuse": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:families_team": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:returns_remind": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:visits": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:visits_new": Sample({"quarter": "2023Q3"}, CITY),
    "desk:visit_excuse": Sample({"quarter": "2023Q3", "code": "QTX-2023Q3-PLANTED-AGAIN"}, UNION),
    # Only the two visitors of the visit reach these; the walk's are others.
    "desk:door": Sample({"pk": 777777}, set()),
    "desk:door_excuse": Sample({"pk": 777777}, set()),
    "desk:visit_paper": Sample({"pk": 777777, "paper": 777777}, UNION),
    "desk:household": Sample({"code": "QTX-H777777"}, UNION),
    "desk:household_papers": Sample({"code": "QTX-H777777"}, UNION),
    "desk:household_proof": Sample({"code": "QTX-H777777", "pk": 777777}, UNION),
    "desk:household_open": Sample({"code": "QTX-H777777"}, UNION),
    "desk:household_print": Sample({"code": "QTX-H777777"}, UNION),
    "desk:household_reveal": Sample({"code": "QTX-H777777"}, UNION, needs="family.read"),
    **{
        f"desk:household_{act.key}": Sample({"code": "QTX-H777777"}, CITY if act.city else UNION, needs="family.read")
        for act in HOUSEHOLD_ACTS
    },
    # Another officer's saved filter is nobody else's to change.
    "desk:filter_save": Sample({}, PUBLIC, {"address": "/desk/?kind=visit", "name": "我的走访"}),
    "desk:filter": Sample({"pk": 777777}, set()),
    "desk:figure": Sample({"figure": "wishes"}, PUBLIC),
    "desk:account": Sample({"name": "ma"}, {"street", "city"}),
    "desk:account_act": Sample({"name": "ma"}, {"street", "city"}),
    "desk:account_password": Sample({"name": "ma"}, {"street", "city"}),
    "desk:post_end": Sample({"name": "ma", "role": "grassroots_officer", "org": "QTX-01"}, {"street", "city"}),
    "desk:claim": Sample({"name": "w-plant"}, UNION),
    "desk:matter": Sample({"code": "QTX-M-PLANT"}, UNION),
    "desk:matter_assign": Sample({"code": "QTX-M-PLANT"}, UNION),
    "desk:matter_answer": Sample({"code": "QTX-M-PLANT"}, UNION),
    "desk:match": Sample({"code": "QTX-2023Q3-PLANT-DOUBT"}, UNION, {"same": "no"}),
    "desk:match_undo": Sample({"code": "QTX-2023Q3-PLANT-DOUBT"}, set()),
    "desk:send": Sample({"quarter": "2023Q3"}, ROUND),
    "desk:blank": Sample({"form": "survey"}, PUBLIC, needs="return.receive"),
    "desk:nil": Sample({"quarter": "2023Q3"}, UNION, {"union": "QTX-01-E01"}),
    # What another officer has sent and not confirmed is nobody else's.
    **{f"desk:{step}_{kind.key}": Sample({"token": "0" * 16}, set()) for step in ("look", "sent") for kind in KINDS},
    "desk:marked": Sample({"quarter": "2023Q3", "code": "QTX-2023Q3-PLANT-RETURN"}, UNION),
    # A worker's own: the walk's workers are others than the one who lives in the family.
    "phone:member": Sample({"place": 1}, PUBLIC),
    "phone:raise": Sample({"kind": "problem"}, PUBLIC),
    "phone:sent": Sample({"code": "QTX-A-PLANT"}, set()),
    "phone:paper": Sample({"key": 777777}, set()),
    "phone:matter": Sample({"code": "QTX-M-PLANT"}, set()),
    "phone:unsolved": Sample({"code": "QTX-M-PLANT"}, set()),
    "phone:review": Sample({"code": "QTX-2023Q3-F77777"}, set()),
    "phone:hardship": Sample({"code": "QTX-2023Q3-PLANT"}, set()),
    "desk:policy": Sample({"name": "qingtongxia", "version": "2022-1"}, PUBLIC),
    **{
        f"desk:{name}": Sample({"code": "QTX-qingtongxia-001"}, CITY)
        for name in (
            "draft",
            "draft_move",
            "draft_publish",
            "draft_settings",
            "draft_cases",
            "draft_compare",
            "draft_files",
        )
    },
    **{
        f"desk:{name}": Sample({"code": "QTX-qingtongxia-001", "file": "tier.csv"}, CITY)
        for name in ("draft_table", "draft_check")
    },
    "desk:draft_packed": Sample({"code": "QTX-qingtongxia-001", "form": "zip"}, CITY),
    "desk:policy_packed": Sample({"name": "qingtongxia", "version": "2022-1", "form": "zip"}, PUBLIC),
}


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the program by its name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        else:
            yield f"{space}{entry.name or ''}", entry


def ours() -> dict[str, URLPattern]:
    """The addresses whose views say which operation they are."""
    return {name: entry for name, entry in addresses() if hasattr(entry.callback, "operation")}


@pytest.fixture
def world(city, cast, settings, tmp_path):
    """One family, reported and visited, with a matter and a draft, at one enterprise; nothing of it may be seen from elsewhere."""
    from nuanxin.care.models import Consent, Finding, HardshipApplication, HouseholdFile, Lead, Paper, Return
    from nuanxin.care.services import rounds
    from nuanxin.matters.models import Matter
    from nuanxin.records.services import keep_content
    from nuanxin.rulebook import services as rulebook
    from nuanxin.union.models import Claim, Household, Org, SavedFilter, User
    from nuanxin.union.services import appoint

    settings.NUANXIN_HOME = tmp_path
    clock.set_demo_day(DAY)
    union = Org.objects.get(code="QTX-01-E01")
    Org.objects.filter(pk=union.pk).update(name="隐泉工会委员会")
    Org.objects.create(code=POSTS["under"], name="分工会", level="enterprise", parent=union)
    round_, _ = rounds.open_round(
        org=city, quarter="2023Q3", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2023, 7, 1)
    )
    house = Household.objects.create(
        code="QTX-H777777", org=union, worker_name="独孤无痕", address="隐泉巷 9 号 3 单元 201"
    )
    consent = Consent.objects.create(household=house, signed_on=DAY, how="paper", recorded_by="he")
    lead = Lead.objects.create(
        code="QTX-2023Q3-PLANT", round=round_, source="urgent", org=union, household=house, worker_name="独孤无痕", members=2,
        income=12000, medical=0, schooling=0, loss=0, homes=1, runs_business=False, costly_school=False, opened_on=DAY, clock_on=DAY,
        state="decided", cause="隐泉重病",
    )  # fmt: skip
    lead.visits.create(
        visitor_one="白秀磊", visitor_two="罗小满", visited_on=DAY, conclusion="as_reported", consent=consent
    )
    waiting = Lead.objects.create(
        code="QTX-2023Q3-PLANTED-AGAIN", round=round_, source="review", org=union, household=house, worker_name="独孤无痕",
        members=2, opened_on=DAY, clock_on=DAY, state="due",
    )  # fmt: skip
    planned = waiting.visits.create(
        pk=777777,
        visitor_one="白秀磊",
        visitor_two="罗小满",
        planned_on=DAY,
        account_one=cast["bai"],
        account_two=cast["xu"],
    )
    signed = keep_content(b"\x89PNG", name="family.png")
    planned.papers.create(pk=777777, kind="family", attachment=signed)
    finding = Finding.objects.create(
        code="QTX-2023Q3-F77777", lead=lead, round=round_, household=house, policy="qingtongxia", policy_version="2022-1",
        policy_digest="0" * 64, as_of=date(2023, 9, 30), tier="deep", rule="deep", figures={"inputs": {}}, income=12000, total=8580,
        new=True, proposed_by="he", proposed_on=DAY, state="proposed",
    )  # fmt: skip
    HouseholdFile.objects.create(
        code="QTX-2023-7777", household=house, tier="deep", finding=finding, opened_on=DAY, opened_in="2023Q3"
    )
    Matter.objects.create(
        code="QTX-M-PLANT", kind="problem", content="隐泉车间没有热水", org=union, owner=city, source="test", quarter="2023Q3",
        received_on=DAY, meeting=False, due_on=DAY,
    )  # fmt: skip
    worker = User.objects.create(username="w-plant", first_name="独孤无痕", phone_hash="x", phone_mask="138****0000")
    appoint(user="w-plant", name="独孤无痕", org=union, role="worker", from_on=DAY, by="setup")
    Matter.objects.filter(code="QTX-M-PLANT").update(account=worker)
    asked = HardshipApplication.objects.create(
        code="QTX-A-PLANT", user=worker, org=union, state="sent", started_on=DAY, sent_on=DAY, lead=lead
    )
    Paper.objects.create(pk=777777, application=asked, lead=lead, attachment=signed, added_on=DAY, added_by="w-plant")
    Lead.objects.create(
        code="QTX-2023Q3-PLANT-DOUBT", round=round_, source="reported", org=union, candidate=house, worker_name="独孤无痕", members=2,
        opened_on=DAY, clock_on=DAY, state="doubtful", grade="doubtful",
    )  # fmt: skip
    Return.objects.create(
        code="QTX-2023Q3-PLANT-RETURN", round=round_, org=union, file_name="隐泉.csv", received_on=DAY, late=False, by="ma", state="taken",
        attachment=keep_content("姓名,身份证号\n".encode(), name="隐泉.csv"),
    )  # fmt: skip
    Claim.objects.create(
        user=worker, org=union, name="独孤无痕", id_hash="x", id_cipher=b"x", id_mask="6403**********0000", asked_on=DAY
    )
    SavedFilter.objects.create(
        pk=777777, user=cast["he"], org=city, page="desk:matters", query="q=a", name="隐泉", shared=False
    )
    rulebook.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)


@pytest.fixture
def viewer(world, passed) -> Callable[[str, str], Client]:
    """A browser signed in as somebody with one post: a role at a place."""
    from nuanxin.union.models import Org, User
    from nuanxin.union.services import appoint

    def signed_in(role: str, place: str) -> Client:
        name = f"{role}-{place}"
        appoint(user=name, name="某人", org=Org.objects.get(code=POSTS[place]), role=role, from_on=DAY, by="setup")
        client = Client(HTTP_HOST="127.0.0.1", raise_request_exception=True)
        client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
        return passed(client)

    return signed_in


def address_of(name: str, entry: URLPattern) -> str:
    sample = OBJECTS.get(name)
    return reverse(name, kwargs=sample.words if sample else None)


def expected(name: str, operation: str, role: str, place: str) -> bool:
    """Whether the address answers: the role permits the operation, and the object it names is in sight from the post."""
    sample = OBJECTS.get(name)
    if sample and sample.needs and role not in rules.PERMITS[sample.needs]:
        return False
    return role in rules.PERMITS[operation] and (sample is None or place in sample.seen_from)


def test_every_address_says_what_it_is():
    open_ = {name for name, entry in addresses() if not getattr(entry.callback, "login_required", True)}
    unnamed = {
        name for name, entry in addresses()
        if name not in ours() and name not in open_ and not name.startswith(("account_", "mfa_", "socialaccount_", "usersessions_"))
    }  # fmt: skip
    assert {name for name in unnamed if name} == set()


def test_every_address_that_names_an_object_is_walked():
    missing = {
        name for name, entry in ours().items()
        if (set(entry.pattern.converters) - set(entry.default_args)) and name not in OBJECTS
    }  # fmt: skip
    assert missing == set(), "give these a row in OBJECTS"


@pytest.mark.parametrize("place", POSTS)
@pytest.mark.parametrize("role", rules.ROLES)
def test_what_is_seen_and_what_is_not(viewer, role, place):
    client = viewer(role, place)
    wrong, leaks = [], []
    hidden = SECRETS if place in ("under", "beside", "other") else ()
    if role not in rules.PERMITS["family.read"]:
        hidden = (*hidden, *FAMILY)
    for name, entry in ours().items():
        url = address_of(name, entry)
        if "POST" in getattr(entry.callback, "only", ()):
            continue
        answer = client.get(url)
        may = expected(name, entry.callback.operation, role, place)
        if (answer.status_code not in (404, 405)) != may and answer.status_code != 405:
            wrong.append(f"{url} {answer.status_code}, expected {'an answer' if may else '404'}")
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith(("text/", "application/json")):
            text = answer.content.decode()
            leaks += [f"{url} shows {word}" for word in hidden if word in text]
    assert wrong == []
    assert leaks == []


@pytest.mark.parametrize("place", POSTS)
@pytest.mark.parametrize("role", rules.ROLES)
def test_what_may_be_changed_and_what_not(viewer, role, place):
    from nuanxin.records.models import Event

    client = viewer(role, place)
    wrong = []
    for name, entry in ours().items():
        url = address_of(name, entry)
        before = Event.objects.count()
        answer = client.post(url, OBJECTS[name].posted if name in OBJECTS else {})
        may = all(expected(name, asked, role, place) for asked in (entry.callback.operation, entry.callback.change))
        if not may and (answer.status_code not in (404, 405) or Event.objects.count() != before):
            wrong.append(f"{url} {answer.status_code}, expected 404")
        if may and answer.status_code not in (200, 302, 303, 400, 405, 409, 422):
            wrong.append(f"{url} {answer.status_code}, expected an answer")
    assert wrong == []


def test_the_table_in_the_docs_is_made_from_the_code():
    with (ROOT / "docs" / "permissions.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == rules.permission_rows(), "run make permissions"


def test_operations_name_roles_that_exist():
    for operation, roles in rules.PERMITS.items():
        assert roles, operation
        assert set(roles) <= set(rules.ROLES), operation
    assert not rules.SECOND_FACTOR & {"worker", "visitor", "steward"}
