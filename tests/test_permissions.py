"""Who may do what, walked over every address: each role, at the object's own union, above it, below it, beside it, in another city.

A new address is walked as soon as it exists: its view says which operation it is (``seen_by``), and whether that answers is compared with
``union.rules``. An address that names an object needs a row in ``OBJECTS``: a family, a return, a draft that could leak.

Then nothing of the planted families is found by those who may not see them. What each of them can ask is found by asking: every link and
every form of their pages, followed and sent (lists, filters, searches, exports, looks at what an act would touch and their confirmations).
All answers are the same with and without the planted families: pages, messages, counts, charts, calendars, spreadsheets cell by cell.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from nuanxin.care.models import Lead
from nuanxin.care.services import rounds
from nuanxin.care.services.reading import open_file
from nuanxin.desk.household_acts import HOUSEHOLD_ACTS
from nuanxin.desk.imports import KINDS
from nuanxin.desk.round_acts import ACTS
from nuanxin.records import clock
from nuanxin.records.models import Event
from nuanxin.records.previews import Looked, Preview, Remark
from nuanxin.records.services import keep_drafts, note_draft
from nuanxin.reports.models import Issue
from nuanxin.rulebook import services as rulebook
from nuanxin.union import rules
from nuanxin.union.models import Household, Org, SavedFilter, User
from nuanxin.union.services import appoint
from tests.answers import Ask, asks, is_page, read, without_tokens
from tests.planted import PLANT, Mark, plant

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent
DAY = date(2023, 7, 7)
# Where the viewer's post is held, seen from the union that has the families: its own union; its street, city and province above it; a
# union below it, one beside it, another city, another province.
POSTS = {
    "own": "QTX-01-E01",
    "street": "QTX-01",
    "city": "QTX",
    "province": "NX",
    "under": "QTX-01-E01-A",
    "beside": "QTX-01-E06",
    "other": "WZ",
    "other_province": "HB",
}
# The same, as the table of permissions says it: where the families are, seen from the post.
PLACE = {
    "own": "own", "street": "below", "city": "below", "province": "below", "under": "above", "beside": "beside", "other": "other_city",
    "other_province": "other_city", "self": "self",
}  # fmt: skip
# Some objects are one account's own: that account, by its role, stands where this says.
SELF = {rules.WORKER: "own", rules.VISITOR: "city", rules.CITY: "city"}
UNION, CITY = {"own", "street", "city", "province"}, {"city", "province"}
ROUND, PUBLIC = UNION | {"under", "beside"}, set(POSTS)
HIDDEN = ("under", "beside", "other", "other_province")
# Families that those elsewhere have themselves, found by the same words.
NEAR = {
    "under": Mark("明泉", "慕容", "2450", "NEARA", 222222),
    "beside": Mark("清泉", "欧阳", "3562", "NEARB", 333333),
    "other": Mark("甘泉", "上官", "4683", "NEARC", 444444),
}
# The name of the planted families' union: its own subordinates know it.
UNION_NAME = "隐湖工会委员会"
# What all of them are found by.
WORDS = ("无痕", "泉", "QTX-2023Q3")


@dataclass(frozen=True)
class Sample:
    """The words of an address that names an object, the posts from which the object is in sight, what is posted to name it."""

    words: dict[str, Any]
    seen_from: set[str]
    posted: dict[str, str] = field(default_factory=dict)
    # An operation that the sight of the object needs beside the page's own.
    needs: str = ""
    # From where it can be changed, where that is less.
    changed_from: set[str] | None = None
    # The role whose own account reaches it besides.
    own: str = ""


OBJECTS: dict[str, Sample] = {
    "desk:board": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:families": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:returns": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    # Only a city union has rounds: a post held lower down opens none and acts on none, one held above it opens none of its own.
    "desk:open": Sample({}, {"city", "other"}),
    **{f"desk:{act.key}": Sample({"round_code": "QTX-2023Q3"}, CITY) for act in ACTS},
    "desk:families_excuse": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:families_team": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:returns_remind": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:visits": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:visits_new": Sample({"round_code": "QTX-2023Q3"}, CITY),
    "desk:visit_sheet": Sample({"round_code": "QTX-2023Q3", "day": DAY}, ROUND),
    "desk:visit_order": Sample({"round_code": "QTX-2023Q3", "day": DAY}, CITY),
    "desk:visit_excuse": Sample({"round_code": "QTX-2023Q3", "code": "QTX-2023Q3-PLANT-AGAIN"}, UNION),
    # Only the two visitors of the visit reach these.
    "desk:door": Sample({"pk": 777777}, set(), own=rules.VISITOR),
    "desk:door_excuse": Sample({"pk": 777777}, set(), own=rules.VISITOR),
    "desk:visit_paper": Sample({"pk": 777777, "paper": 777777}, UNION),
    "desk:household": Sample({"code": "QTX-H73917"}, UNION),
    "desk:household_papers": Sample({"code": "QTX-H73917"}, UNION),
    "desk:household_proof": Sample({"code": "QTX-H73917", "pk": 777777}, UNION),
    "desk:household_open": Sample({"code": "QTX-H73917"}, UNION),
    "desk:household_print": Sample({"code": "QTX-H73917"}, UNION),
    "desk:household_reveal": Sample({"code": "QTX-H73917"}, UNION, needs="family.read"),
    **{
        f"desk:household_{act.key}": Sample({"code": "QTX-H73917"}, CITY if act.city else UNION, needs="family.read")
        for act in HOUSEHOLD_ACTS
    },
    # Another officer's saved filter is nobody else's to change.
    "desk:filter_save": Sample({}, PUBLIC, {"address": "/desk/?kind=visit", "name": "我的走访"}),
    "desk:filter": Sample({"pk": 777777}, set(), own=rules.CITY),
    "desk:figure": Sample({"figure": "wishes"}, PUBLIC),
    "desk:issue": Sample({"code": "QTX-B-PLANT"}, CITY),
    "desk:issue_end": Sample({"code": "QTX-B-PLANT"}, CITY, {"verb": "return", "reason": "再核"}),
    "desk:issue_pdf": Sample({"code": "QTX-B-PLANT"}, CITY),
    "desk:issue_docx": Sample({"code": "QTX-B-PLANT"}, CITY),
    "desk:account": Sample({"name": "ma"}, UNION - {"own"}),
    "desk:account_act": Sample({"name": "ma"}, UNION - {"own"}),
    "desk:account_password": Sample({"name": "ma"}, UNION - {"own"}),
    "desk:post_end": Sample({"name": "ma", "role": "grassroots_officer", "org": "QTX-01"}, UNION - {"own"}),
    "desk:claim": Sample({"name": "w-plant"}, UNION),
    "desk:matter": Sample({"code": "QTX-M-PLANT"}, UNION),
    "desk:matter_photo": Sample({"code": "QTX-M-PLANT", "pk": 777777}, UNION),
    "desk:matter_assign": Sample({"code": "QTX-M-PLANT"}, UNION),
    "desk:matter_answer": Sample({"code": "QTX-M-PLANT"}, UNION),
    # The two families of a pair may be of any two unions of the city: a pair is judged, and seen, over the whole of it.
    "desk:match": Sample({"code": "QTX-2023Q3-PLANT-DOUBT"}, CITY, {"same": "no"}),
    "desk:match_undo": Sample({"code": "QTX-2023Q3-PLANT-JUDGED"}, CITY),
    "desk:send": Sample({"round_code": "QTX-2023Q3"}, ROUND),
    "desk:blank": Sample({"form": "survey"}, PUBLIC, needs="return.receive"),
    "desk:nil": Sample({"round_code": "QTX-2023Q3"}, UNION, {"union": "QTX-01-E01"}),
    # What another officer has sent and not confirmed is nobody else's.
    **{
        f"desk:{step}_{kind.key}": Sample({"token": f"{step}-{kind.key}".ljust(16, "0")}, set(), own=rules.CITY)
        for step in ("look", "sent")
        for kind in KINDS
    },
    "desk:marked": Sample({"round_code": "QTX-2023Q3", "code": "QTX-2023Q3-PLANT-RETURN/1"}, UNION),
    # A worker's own: the walk's workers are others than the one who lives in the family.
    "phone:member": Sample({"place": 1}, PUBLIC),
    "phone:raise": Sample({"kind": "problem"}, PUBLIC),
    "phone:sent": Sample({"code": "QTX-A-PLANT"}, set(), own=rules.WORKER),
    "phone:paper": Sample({"key": 777777}, set(), own=rules.WORKER),
    "phone:photo": Sample({"key": 777777}, set(), own=rules.WORKER),
    "phone:more": Sample({"code": "QTX-M-PLANT"}, set(), own=rules.WORKER),
    "phone:matter": Sample({"code": "QTX-M-PLANT"}, set(), own=rules.WORKER),
    "phone:unsolved": Sample({"code": "QTX-M-PLANT"}, set(), own=rules.WORKER),
    "phone:review": Sample({"code": "QTX-2023Q3-PLANT-F7"}, set(), own=rules.WORKER),
    "phone:hardship": Sample({"code": "QTX-2023Q3-PLANT"}, set(), own=rules.WORKER),
    "desk:policy": Sample({"name": "qingtongxia", "version": "2022-1"}, PUBLIC),
    # A union's rules are its own: who stands above reads them.
    **{
        f"desk:{name}": Sample({"code": "QTX-qingtongxia-001"}, CITY, {"verb": "discard"}, changed_from={"city"})
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
        f"desk:{name}": Sample({"code": "QTX-qingtongxia-001", "file": "tier.csv"}, CITY, changed_from={"city"})
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


def address_of(name: str) -> str:
    sample = OBJECTS.get(name)
    return reverse(name, kwargs=sample.words if sample else None)


@pytest.fixture
def town(city, cast, settings, tmp_path, monkeypatch):
    """A city with families in the unions that stand around the one of the walk, which has none yet; a province above, another beside."""
    settings.NUANXIN_HOME, settings.NUANXIN_FILES = tmp_path, tmp_path / "files"
    clock.set_demo_day(DAY)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    provinces = [
        Org.objects.create(code=code, name=name, level=Org.PROVINCE)
        for code, name in (("NX", "宁夏总工会"), ("HB", "湖北省总工会"))
    ]
    Org.objects.filter(code__in=["QTX", "WZ"]).update(parent=provinces[0])
    Org.objects.create(code="WH", name="武汉市总工会", level=Org.CITY, parent=provinces[1])
    union = Org.objects.get(code=POSTS["own"])
    Org.objects.filter(pk=union.pk).update(name=UNION_NAME)
    Org.objects.create(code=POSTS["under"], name="分工会", level="enterprise", parent=union)
    for role in (rules.VISITOR, rules.CITY):
        appoint(user=f"{role}-self", name="某人", org=city, role=role, from_on=DAY, by="setup")
    both = {
        org.code: rounds.open_round(
            org=org, quarter="2023Q3", policy="qingtongxia", area="QTX", by=by, on=date(2023, 7, 1)
        )[0]
        for org, by in ((Org.objects.get(code="QTX"), cast["he"]), (Org.objects.get(code="WZ"), cast["wu"]))
    }
    for place, mark in NEAR.items():
        near = Org.objects.get(code="WZ-01-E01" if place == "other" else POSTS[place])
        by, other = (cast["wu"], cast["he"]) if place == "other" else (cast["he"], cast["xu"])
        round_ = both["WZ" if place == "other" else "QTX"]
        if place == "beside":
            # Reported there, and perhaps the same family as one that is known at the union of the walk.
            known = Household.objects.create(
                code="QTX-H73910", org=union, worker_name=PLANT.name, address=f"{PLANT.word}巷 1 号"
            )
            Lead.objects.create(
                code="QTX-2023Q3-CROSS", round=round_, source="reported", org=near, candidate=known, worker_name=mark.name, members=2,
                opened_on=DAY, clock_on=DAY, state="doubtful", grade="doubtful", score=7.5,
            )  # fmt: skip
        plant(mark, org=near, round_=round_, by=by, other=other, visitors=(cast["bai"], cast["xu"]), on=DAY)
    return both["QTX"]


@pytest.fixture
def viewer(town, cast, passed) -> Callable[[str, str], Client]:
    """A browser signed in as somebody with a post: a role (or several, with + between) at a place; ``self``: the account whose own the planted things are."""

    def signed_in(roles: str, place: str) -> Client:
        role = roles.partition("+")[0]
        at = POSTS[SELF[role] if place == "self" else place]
        name = "w-plant" if (role, place) == (rules.WORKER, "self") else f"{roles}-{place}"
        for role in () if User.objects.filter(username=name).exists() else roles.split("+"):
            appoint(user=name, name="某人", org=Org.objects.get(code=at), role=role, from_on=DAY, by="setup")
        client = Client(HTTP_HOST="127.0.0.1", raise_request_exception=True)
        client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
        return passed(client)

    return signed_in


@pytest.fixture
def planted(town, cast) -> Callable[[], None]:
    """Plant the families of the walk, and what is somebody's own."""

    def planted() -> None:
        visitors = (User.objects.get(username="visitor-self"), cast["xu"])
        plant(
            PLANT,
            org=Org.objects.get(code=POSTS["own"]),
            round_=town,
            by=cast["he"],
            other=cast["xu"],
            visitors=visitors,
            on=DAY,
        )
        officer = User.objects.get(username="city_officer-self")
        SavedFilter.objects.create(
            pk=777777, user=officer, org=town.org, page="desk:matters", query="q=a", name=PLANT.word, shared=False
        )
        Issue.objects.create(
            code="QTX-B-PLANT", org=town.org, first="2023Q2", last="2023Q2", parts=["overview"], plans=PLANT.word, figures={"wishes": ["777777", 1]},
            paragraphs={"zh": [["一、下一步", PLANT.word]], "en": [["1. Next", PLANT.word]]}, digest="0" * 64, taken_at=clock.now(),
            sent_by=cast["he"].username, sent_on=DAY, due_on=DAY,
        )  # fmt: skip
        rulebook.begin(policy="qingtongxia", version="2022-1", org=town.org, by=cast["pan"], on=DAY)
        for step in ("look", "sent"):
            for kind in KINDS:
                drafted(officer.username, kind, OBJECTS[f"desk:{step}_{kind.key}"].words["token"], taken=step == "sent")

    return planted


def drafted(account: str, kind: Any, token: str, *, taken: bool) -> None:
    """A sheet that an officer has sent and looked at, with a row of the planted family."""
    from django.conf import settings

    made = keep_drafts(account, [(f"{PLANT.word}.csv", [f"姓名\n{PLANT.name}\n".encode()])])
    folder = settings.NUANXIN_FILES / "drafts" / account
    (folder / made).rename(folder / token)
    remark = Remark("表", 2, "姓名", PLANT.name, "不对", "is wrong", "请改", "mend it")
    preview = Preview(
        [Looked(f"{PLANT.word}.csv", rows=1, refused=1, code="QTX-2023Q3-PLANT-RETURN/1", refusals=[remark])]
    )
    told = {
        "kind": kind.key,
        "round": "QTX-2023Q3" if kind.quarterly else "",
        "preview": preview.as_text(),
        "taken": taken,
    }
    note_draft(account, token, json.dumps(told))


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """What is posted within is undone, and the browser is as it was."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def expected(name: str, operation: str, role: str, place: str, *, changes: bool = False) -> bool:
    """Whether the address answers: the role permits the operation, and the object it names is in sight from the post."""
    sample = OBJECTS.get(name)
    if role not in rules.PERMITS[operation] or (sample and sample.needs and role not in rules.PERMITS[sample.needs]):
        return False
    if sample is None:
        return True
    seen_from = sample.changed_from if changes and sample.changed_from is not None else sample.seen_from
    if place == "self":
        return sample.own == role or SELF[role] in seen_from
    return place in seen_from


def methods(client: Client) -> dict[str, set[str]]:
    """What each address takes, as its view declares it: told to whoever sends what no view takes, before anything else is looked at."""
    told = {name: client.generic("BREW", address_of(name)) for name in ours()}
    return {
        name: set(answer.headers["Allow"].split(", ")) if answer.status_code == 405 else set()
        for name, answer in told.items()
    }


def hidden_from(role: str, place: str) -> tuple[str, ...]:
    """The marks that no answer to this viewer may show."""
    if place == "self":
        return ()
    elsewhere = (*PLANT.secrets, *(() if place == "under" else (UNION_NAME,))) if place in HIDDEN else ()
    return (*elsewhere, *(() if role in rules.PERMITS["family.read"] else PLANT.family))


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


def test_every_object_is_there_for_somebody():
    """What answers nobody in the walk could not leak either."""
    places = [(role, place) for role in rules.ROLES for place in (*POSTS, *(["self"] if role in SELF else []))]
    unseen = {
        name for name, entry in ours().items()
        if not any(expected(name, entry.callback.operation, *where) for where in places)
        or not any(expected(name, entry.callback.change, *where, changes=True) for where in places)
    }  # fmt: skip
    assert unseen == set()


@pytest.mark.parametrize("role", rules.ROLES)
def test_what_answers_and_what_does_not(viewer, planted, role):
    planted()
    clients = {place: viewer(role, place) for place in (*POSTS, *(["self"] if role in SELF else []))}
    takes = methods(clients["city"])
    wrong, leaks, cells = [], [], Counter()
    for place, client in clients.items():
        hidden = hidden_from(role, place)
        for name, entry in ours().items():
            url, operation, change = address_of(name), entry.callback.operation, entry.callback.change
            told, may, said = f"{role} {place}", expected(name, operation, role, place), ""
            # Whom the role refuses, it refuses before anything is looked for: each place is asked once, by what could do more harm.
            once = role not in rules.PERMITS[operation] and place != "city" and "POST" in takes[name]
            answer = client.get(url) if not once else None
            if answer is None:
                pass
            elif (
                answer.status_code != 405 if "GET" not in takes[name] else (answer.status_code not in (200, 302)) == may
            ):
                wrong.append(f"{told} GET {url} {answer.status_code}, expected {'an answer' if may else 'none'}")
            if answer is not None:
                said = read(answer)
            with taken_back(client):
                before = Event.objects.count()
                answer = client.post(url, OBJECTS[name].posted if name in OBJECTS else {}, follow=bool(hidden))
                status = answer.redirect_chain[0][1] if getattr(answer, "redirect_chain", None) else answer.status_code
                sees, may = may, may and expected(name, change, role, place, changes=True)
                same = Event.objects.count() == before
                if "POST" not in takes[name]:
                    fits = status == 405
                elif may:
                    fits = status in (200, 302, 303, 400, 409, 422)
                elif sees and role in rules.PERMITS[change]:
                    # It is there to be read: that it cannot be changed from here may be said on it.
                    fits = status in (200, 302, 404, 409, 422) and same
                else:
                    fits = status == 404 and same
                if not fits:
                    wrong.append(f"{told} POST {url} {status}, expected {'an answer' if may else 'none'}")
                said += read(answer)
            # The address that was asked may stand in the answer again (the switch of languages leads back to it), and nothing else.
            said = said.replace(unquote(url), "")
            leaks += [f"{told} {url} shows {word}" for word in hidden if word in said]
            # In full they are shown against a reason, and in the copy of their own that a worker takes.
            if name != "desk:household_reveal" and (role, place) != (rules.WORKER, "self"):
                leaks += [f"{told} {url} shows {word} in full" for word in PLANT.numbers if word in said]
            cells += Counter({(operation, PLACE[place]): 1, (change, PLACE[place]): 1})
    assert wrong == []
    assert leaks == []
    walked = {entry.callback.operation for entry in ours().values()} | {
        entry.callback.change for entry in ours().values()
    }
    places = [place for place in rules.PLACES if place != "self" or role in SELF]
    assert [(operation, place) for operation in sorted(walked) for place in places if not cells[operation, place]] == []


# What is written into the empty fields of a form, by the field's name or else by its type.
TYPED = {
    "text": "无痕", "q": "无痕", "purpose": "核对", "reason": "核对", "date": DAY.isoformat(), "number": "1", "textarea": "无痕", "tel": "",
    "hidden": "", "password": "", "email": "", "search": "无痕", "time": "",
}  # fmt: skip


def where_to(url: str) -> Any:
    """The address that a link leads to, when it is one of ours and says which operation it is."""
    try:
        found = resolve(urlsplit(url).path)
    except Resolver404:
        return None
    return found if hasattr(found.func, "operation") else None


def first_asks() -> list[Ask]:
    """Where a walk begins: every address that names no object but a quarter, and searches for what the planted families are found by."""
    plain = [name for name in ours() if name not in OBJECTS or not set(OBJECTS[name].words) - {"round_code"}]
    searches = [Ask(f"{reverse('desk:search')}?{urlencode({'q': word})}") for word in WORDS]
    numbers = [Ask(reverse("desk:search"), (("q", number),)) for number in (PLANT.resident_id, PLANT.phone)]
    return [*(Ask(address_of(name)) for name in plain), *searches, *numbers]


def parts_of(ask: Ask) -> set[tuple[Any, ...]]:
    """What an ask is made of: the address without the object that it names, each parameter, the shape of its form, each choice in it. One
    that is made of what others were made of before tells nothing new."""
    found, query = where_to(ask.url), parse_qsl(urlsplit(ask.url).query)
    kinds = [
        value
        for name, value in found.kwargs.items()
        if name in ("form", "file", "kind") or (name == "figure" and ask.fields is None)
    ]
    at = (found.view_name, *kinds)
    if ask.fields is None:
        return {(at,), *((at, *pair) for pair in query)}
    shape = (at, tuple(sorted({name for name, _value in ask.fields})))
    return {shape, *((shape, *pair) for pair in query), *((shape, *pair) for pair in ask.fields if pair[0] in CHOICES)}


# The buttons of a form that do different things by the same name.
CHOICES = ("format", "sheet", "act", "do", "verb", "same", "verdict")


def answers(client: Client, ask: Ask) -> list[tuple[str, str]]:
    """What comes of an ask: each page on the way with what was asked. What a page that follows a form lets its reader confirm is
    confirmed; in the end all is taken back."""
    if ask.fields is None:
        return [(str(ask), without_tokens(read(client.get(ask.url))))]
    with taken_back(client):
        return _sent(client, ask, depth=2)


def _sent(client: Client, ask: Ask, depth: int) -> list[tuple[str, str]]:
    sent: dict[str, Any] = {}
    for name, value in ask.fields or ():
        sent.setdefault(name, []).append(value)
    for name in ask.files:
        sent[name] = SimpleUploadedFile("QTX-2023Q3.csv", f"姓名\n{PLANT.name}\n".encode())
    answer = client.post(ask.url, sent, follow=True)
    told = [(str(ask), without_tokens(read(answer)))]
    if depth and answer.status_code == 200 and is_page(answer):
        here = answer.redirect_chain[-1][0] if answer.redirect_chain else ask.url
        following = [
            one for one in asks(answer.content.decode(), here, TYPED) if one.fields is not None and confirms(ask, one)
        ]
        for one in following[:2]:
            with taken_back(client):
                told += _sent(client, one, depth - 1)
    return told


def confirms(ask: Ask, following: Ask) -> bool:
    """Whether a form that follows goes on with what was asked: it carries what was looked at."""
    return (
        bool({"shown", "seen", "mark", "do"} & {name for name, _value in following.fields or ()}) and following != ask
    )


# So many values of one parameter are asked: a calendar has no last month.
MANY = 5


def walk(client: Client) -> dict[Ask, list[tuple[str, str]]]:
    """All that a viewer can ask, beginning at the menus, with what came of it."""
    waiting, done, known, values = first_asks(), {}, set(), Counter()
    while waiting:
        ask = waiting.pop(0)
        if ask in done or where_to(ask.url) is None or (parts_of(ask) <= known and ask not in first_asks()):
            continue
        new = parts_of(ask) - known
        if any(values[part[:-1]] >= MANY for part in new if len(part) > 1):
            continue
        known |= new
        values.update(part[:-1] for part in new)
        if ask.fields is not None:
            done[ask] = answers(client, ask)
            continue
        answer = client.get(ask.url)
        done[ask] = [(str(ask), without_tokens(read(answer)))]
        if answer.status_code == 200 and is_page(answer):
            waiting += asks(answer.content.decode(), ask.url, TYPED)
    return done


# Whose pages are walked: at each place who holds all of an officer's roles, so that every page and act is there; and beside the planted
# families those who have pages that are made for them alone.
ALL = "+".join(rules.ROLES[1:])
WALKS = [
    *((ALL, place) for place in HIDDEN),
    *((role, "beside") for role in (rules.WORKER, rules.STEWARD, rules.GRASSROOTS, rules.VISITOR)),
]


@pytest.mark.parametrize(("roles", "place"), WALKS, ids=lambda part: "all" if part == ALL else part)
def test_nothing_of_it_is_found_elsewhere(viewer, planted, roles, place):
    client = viewer(roles, place)
    user = User.objects.get(username=f"{roles}-{place}")
    if place in NEAR and set(roles.split("+")) & set(rules.PERMITS["family.read"]):
        own = Household.objects.get(code__endswith=f"-H{NEAR[place].number}7")
        for what in ("file", "papers"):
            open_file(household=own, by=user, on=DAY, reason="核对", what=what)
    before = walk(client)
    planted()
    differ, leaks = [], []
    for ask, told in before.items():
        for (what, was), (_what, now) in zip(told, answers(client, ask), strict=True):
            if was != now:
                differ.append(f"{what}: {first_difference(was, now)}")
            leaks += [f"{what} shows {word}" for word in hidden_from(roles.partition("+")[0], place) if word in now]
    assert differ == []
    assert leaks == []


def first_difference(was: str, now: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    return f"…{was[max(0, at - 60) : at + 60]!r} became …{now[max(0, at - 60) : at + 60]!r}"


def test_the_table_in_the_docs_is_made_from_the_code():
    with (ROOT / "docs" / "permissions.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == rules.permission_rows(), "run make permissions"


def test_operations_name_roles_that_exist():
    for operation, roles in rules.PERMITS.items():
        assert roles, operation
        assert set(roles) <= set(rules.ROLES), operation
    assert not rules.SECOND_FACTOR & {"worker", "visitor", "steward"}
