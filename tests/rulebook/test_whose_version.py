"""A version counts for the union that published it and those below; another city that uses the policy of that name is decided as before."""

import os
import subprocess
import sys
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from nuanxin.care.models import Finding, Lead
from nuanxin.care.queries import visited_rounds
from nuanxin.care.services import decide, rounds
from nuanxin.records.services import Refused
from nuanxin.rulebook import services
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.queries import books, installed, version_at, version_named, versions
from nuanxin.union.models import Household, Org, User
from nuanxin.union.services import appoint
from tests.rulebook.publishing import DAY, other_city, published

pytestmark = pytest.mark.django_db
LATER = date(2023, 12, 31)


@pytest.fixture(autouse=True)
def _own_home(settings, tmp_path):
    settings.NUANXIN_HOME = tmp_path


@pytest.fixture
def other(cast):
    return other_city()


@pytest.fixture
def province(city, other):
    """The province above both cities."""
    above = Org.objects.create(code="NX", name="宁夏总工会", level="province")
    Org.objects.filter(code__in=["QTX", "WZ"]).update(parent=above)
    for name in ("sheng", "shen2"):
        appoint(user=name, name=name, org=above, role="policy_officer", from_on=date(2022, 1, 1), by="setup")
    city.refresh_from_db()
    other.refresh_from_db()
    return above


def counts(org, on=LATER):
    found = version_at("qingtongxia", org, on)
    return found.policy.version, found.org


def visited(org, quarter, by, income=25740, n=1):
    """A round of a city with a family that was visited; of three people on 25,740 yuan a year each has exactly the standard of 715."""
    round_ = rounds.open_round(org=org, quarter=quarter, policy="qingtongxia", area="QTX", by=by, on=DAY)[0]
    union = Org.objects.get(code=f"{org.code}-01-E01")
    house = Household.objects.get_or_create(
        code=f"{org.code}-H{n}", defaults={"org": union, "worker_name": f"隐泉{n}"}
    )[0]
    Lead.objects.create(
        code=f"{round_.code}-L{n}", round=round_, source="reported", org=union, household=house, worker_name=f"隐泉{n}", members=3,
        income=income, medical=0, schooling=0, loss=0, homes=1, runs_business=False, costly_school=False,
        opened_on=DAY, clock_on=DAY, state="visited",
    )  # fmt: skip
    return round_


def test_a_version_counts_for_its_city_and_below_and_nowhere_else(city, other):
    published(city)
    assert counts(city) == ("2023-2", city)
    assert counts(Org.objects.get(code="QTX-01-E01")) == ("2023-2", city)
    assert counts(city, date(2023, 9, 30)) == ("2022-1", None)
    for org in (other, Org.objects.get(code="WZ-01-E01")):
        assert counts(org) == ("2022-1", None)
        assert [found.policy.version for found in versions("qingtongxia", org)] == ["2022-1"]
        assert [found.policy.version for found in books(org)["qingtongxia"]] == ["2022-1"]
        with pytest.raises(Refused):
            version_named("qingtongxia", "2023-2", org)


def test_two_cities_publish_the_same_name_number_and_day(city, other):
    ours, theirs = published(city), published(other, line="<= M", document="吴忠第二号文")
    assert ours.digest != theirs.digest
    for org, draft in ((city, ours), (other, theirs)):
        found = version_at("qingtongxia", org, LATER)
        assert (found.policy.digest, found.org) == (draft.digest, org)


def test_a_provinces_version_counts_for_its_cities_unless_one_has_its_own(city, other, province):
    published(province, by=("sheng", "shen2"), version="P-1", document="全省第一号文")
    assert counts(province) == counts(city) == counts(other) == ("P-1", province)
    published(city, version="C-1", begins="2023-11-01")
    assert counts(city, date(2023, 10, 31)) == ("P-1", province)
    assert counts(city) == ("C-1", city)
    assert counts(other) == ("P-1", province)
    # A later one of the province leaves the city's own.
    published(province, by=("sheng", "shen2"), version="P-2", begins="2023-12-01", base="P-1")
    assert counts(city) == ("C-1", city)
    assert counts(other) == ("P-2", province)


def test_where_the_citys_own_has_ended_the_provinces_counts_again(city, province):
    own = published(city, version="C-1")
    text = services.with_settings(own.files["policy.toml"], {"effective_to": "2023-11-30"})
    Draft.objects.filter(pk=own.pk).update(files={**own.files, "policy.toml": text})
    published(province, by=("sheng", "shen2"), version="P-1", document="全省第一号文")
    assert counts(city, date(2023, 11, 30)) == ("C-1", city)
    assert counts(city, date(2023, 12, 1)) == ("P-1", province)


def test_a_number_that_a_city_below_uses_is_not_the_provinces_too(city, province):
    published(city)
    with pytest.raises(Refused, match="2023-2 已经用过"):
        published(province, by=("sheng", "shen2"))


def test_what_one_city_publishes_leaves_the_decisions_of_the_other(city, other, cast):
    ours, theirs = visited(city, "2023Q4", cast["he"]), visited(other, "2023Q4", cast["wu"])
    decide.decide(round_=theirs, by=cast["wu"], on=DAY)
    before = list(Finding.objects.filter(round=theirs).values())
    assert [row["tier"] for row in before] == ["relative"]
    published(city, line="<= M")
    decide.decide(round_=ours, by=cast["he"], on=DAY)
    found = Finding.objects.get(round=ours)
    assert (found.tier, found.policy_version) == ("deep", "2023-2"), "the version counts where it was published"
    # A family more in the other city, and all of it decided again.
    house = Household.objects.create(code="WZ-H2", org=Org.objects.get(code="WZ-01-E01"), worker_name="隐泉乙")
    second = Lead.objects.get(round=theirs)
    second.pk, second.code, second.household, second.state = None, "WZ-L2", house, "visited"
    second.save()
    decide.decide(round_=theirs, by=cast["wu"], on=DAY)
    assert list(Finding.objects.filter(round=theirs, household__code="WZ-H1").values()) == before
    fresh = Finding.objects.get(round=theirs, household=house)
    assert (fresh.tier, fresh.policy_version, fresh.policy_digest) == ("relative", "2022-1", before[0]["policy_digest"])
    assert decide.recompute(ours) == decide.recompute(theirs) == []


def test_what_was_decided_when_versions_counted_everywhere_stays_explained(city, other, cast):
    theirs = visited(other, "2023Q4", cast["wu"])
    draft = published(city, line="<= M")
    # As it came about before: the other city's version had been put in force for all.
    policy = version_at("qingtongxia", city, LATER).policy
    decide.decide(round_=theirs, by=cast["wu"], on=DAY)
    Finding.objects.update(
        policy_version="2023-2",
        policy_digest=policy.digest_on(LATER),
        tier="deep",
        rule="deep",
        living=8580,
        total=8580,
    )
    finding = Finding.objects.get()
    assert decide.policy_that_decided(finding).digest == draft.digest
    assert decide.explain(finding).decisions
    assert decide.recompute(theirs) == []
    Finding.objects.update(policy_digest="0" * 64)
    with pytest.raises(Refused, match="不一致"):
        decide.explain(Finding.objects.get())


def test_both_who_put_it_in_force_are_of_the_city(city, other, province):
    draft = services.begin(
        policy="qingtongxia", version="2022-1", org=city, by=User.objects.get(username="pan"), on=DAY
    )
    for name in ("ye", "sheng"):
        who = User.objects.get(username=name)
        for call in (
            lambda who=who: services.begin(policy="qingtongxia", version="2022-1", org=city, by=who, on=DAY),
            lambda who=who: services.save_settings(draft=draft, text="", edits=0, by=who, on=DAY),
            lambda who=who: services.compared(draft=draft, edits=0, by=who, on=DAY),
            lambda who=who: services.discard(draft=draft, by=who, on=DAY),
        ):
            with pytest.raises(Refused):
                call()
    services.discard(draft=draft, by=User.objects.get(username="pan"), on=DAY)
    for name in ("ye", "sheng"):
        with pytest.raises(Refused, match="没有办理"):
            published(city, by=("pan", name))
        Draft.objects.filter(state="submitted").update(state="discarded")
    assert not Draft.objects.filter(state="published").exists()


def test_only_families_of_the_own_tree_hold_the_day_back_and_are_tried(city, other, cast, province):
    ours, theirs = visited(city, "2023Q2", cast["he"]), visited(other, "2023Q4", cast["wu"])
    decide.decide(round_=theirs, by=cast["wu"], on=DAY)
    assert decide.decided_until("qingtongxia", city) is None
    assert decide.decided_until("qingtongxia", other) == decide.decided_until("qingtongxia", province) == LATER
    assert list(visited_rounds(city)) == [ours]
    assert list(visited_rounds(province)) == [theirs, ours]
    new = installed("qingtongxia")[0].policy
    assert decide.what_if(theirs, new, other).families == 1
    # A family that moved between the cities is the other's to try.
    Lead.objects.filter(round=theirs).update(org=Org.objects.get(code="QTX-01-E01"))
    assert decide.what_if(theirs, new, other).families == 0


def test_the_policys_id_stays(city, cast):
    draft = services.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)
    draft.files["policy.toml"] = services.with_settings(
        draft.files["policy.toml"], {"id": "another", "version": "2023-2", "effective_from": "2023-10-01"}
    )
    assert "qingtongxia" in services.missing_of(draft, decided_until=None)["a date of its own"]


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"begins_on": date(2024, 1, 1)}, "policy_version_published_once"),
        ({"version": "2024-1"}, "policy_one_version_a_day"),
        ({"state": "draft"}, "policy_one_draft_under_way"),
        ({"version": "2024-1", "begins_on": None}, "policy_published_by_another"),
        ({"version": "", "begins_on": date(2024, 1, 1)}, "policy_published_by_another"),
    ],
)
def test_the_database_keeps_one_version_a_number_and_a_day(city, other, changed, constraint):
    draft = published(city)
    if changed.get("state"):
        services.begin(policy="qingtongxia", version="2023-2", org=city, by=User.objects.get(username="pan"), on=DAY)
    draft.pk, draft.code = None, "again"
    for name, value in changed.items():
        setattr(draft, name, value)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        draft.save()
    assert constraint in str(refused.value) or "UNIQUE" in str(refused.value)
    # The other city's is none of it.
    if draft.begins_on and draft.version:
        draft.org = other
        draft.save()


BEFORE = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
import django; django.setup()
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from nuanxin.rulebook.queries import installed
call_command("migrate", "rulebook", "0001", verbosity=0)
apps = MigrationExecutor(connection).loader.project_state([("rulebook", "0001_drafts_of_policies"), ("union", "0002_accounts_of_workers")]).apps
org = apps.get_model("union", "Org").objects.create(code="QTX", name="Q", level="city")
files = dict(installed("qingtongxia")[0].files)
files["policy.toml"] = files["policy.toml"].replace("2022-01-01", "2023-10-01", 1)
kept = {"org": org, "policy": "qingtongxia", "base_version": "2022-1", "files": files, "begun_by": "pan", "begun_on": "2023-07-07"}
Draft = apps.get_model("rulebook", "Draft")
Draft.objects.create(code="open", **kept)
Draft.objects.create(code="done", state="published", submitted_by="pan", submitted_on="2023-07-07", published_by="qin",
    published_on="2023-07-07", version="2023-2", digest="d", **kept)
for version in ("2023-2", "typed-by-hand"):
    folder = settings.NUANXIN_HOME / "policies" / "qingtongxia" / version
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text.replace('version = "2022-1"', f'version = "{version}"'))
"""
AFTER = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.queries import installed
call_command("migrate", verbosity=0)
print(*((draft.code, draft.org.code, str(draft.begins_on)) for draft in Draft.objects.order_by("code")))
print(*(found.policy.version for found in installed("qingtongxia")))
print((settings.NUANXIN_HOME / "policies/.published/qingtongxia/2023-2/policy.toml").is_file())
call_command("migrate", "rulebook", "0001", verbosity=0)
print(*(found.policy.version for found in installed("qingtongxia")))
"""


def test_what_was_published_for_all_becomes_the_unions_whose_draft_it_was(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("NUANXIN")} | {"NUANXIN_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", BEFORE], env=env, check=True)
    said = subprocess.run([sys.executable, "-c", AFTER], env=env, check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == [
        "('done', 'QTX', '2023-10-01') ('open', 'QTX', 'None')",
        "typed-by-hand 2022-1",
        "True",
        "typed-by-hand 2023-2 2022-1",
    ]
