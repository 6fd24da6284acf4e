"""A policy's next version: written by one, published by another, in force from its day and not before."""

from datetime import date

import pytest

from nuanxin.records.services import Refused
from nuanxin.rulebook import services
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.queries import books, look_over, table_of, version_at, versions

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)


@pytest.fixture(autouse=True)
def _own_home(settings, tmp_path):
    settings.NUANXIN_HOME = tmp_path


@pytest.fixture
def draft(cast, city):
    return services.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)


def finished(draft, by):
    """The draft with a version and a day of its own, and tried on the register."""
    text = services.with_settings(
        draft.files["policy.toml"], {"version": "2023-2", "effective_from": "2023-10-01", "document": "第二号文"}
    )
    services.save_settings(draft=draft, text=text, edits=draft.edits, by=by, on=DAY)
    draft.refresh_from_db()
    services.compared(draft=draft, edits=draft.edits, by=by, on=DAY)
    draft.refresh_from_db()


def test_a_draft_begins_as_a_copy_and_holds_together(draft):
    looked = look_over(draft.files)
    assert looked.errors == []
    assert looked.cases
    assert looked.failing == []
    assert table_of(draft.files, "tier.csv")[0][0] == "rule"


def test_one_draft_at_a_time(draft, cast, city):
    with pytest.raises(Refused, match=draft.code):
        services.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["qin"], on=DAY)


@pytest.mark.parametrize("who", ["he", "xu", "ma", "shen", "guan", "wu"])
def test_only_policy_officers_write(who, cast, city, draft):
    with pytest.raises(Refused):
        services.save_settings(draft=draft, text="", edits=0, by=cast[who], on=DAY)
    with pytest.raises(Refused):
        services.discard(draft=draft, by=cast[who], on=DAY)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_an_older_state_does_not_overwrite_a_newer_one(draft, cast):
    rows = table_of(draft.files, "tier.csv")
    services.save_table(draft=draft, file="tier.csv", rows=[*rows, rows[-1]], edits=0, by=cast["pan"], on=DAY)
    with pytest.raises(Refused, match="没有保存"):
        services.save_table(draft=draft, file="tier.csv", rows=rows[:-1], edits=0, by=cast["qin"], on=DAY)
    draft.refresh_from_db()
    assert len(table_of(draft.files, "tier.csv")) == len(rows) + 1


def test_mistakes_are_kept_and_told_and_stop_the_submission(draft, cast):
    rows = table_of(draft.files, "tier.csv")
    rows[4][rows[0].index("y")] = "< N"
    services.save_table(draft=draft, file="tier.csv", rows=rows, edits=0, by=cast["pan"], on=DAY)
    draft.refresh_from_db()
    problem = look_over(draft.files).errors[0]
    assert (problem.file, problem.line) == ("tier.csv", 5)
    with pytest.raises(Refused, match="错误"):
        services.submit(draft=draft, decided_until=None, by=cast["pan"], on=DAY)


def test_a_case_that_fails_stops_it(draft, cast):
    rows = table_of(draft.files, "tier.csv")
    rows[4][rows[0].index("y")] = "<= M"
    services.save_table(draft=draft, file="tier.csv", rows=rows, edits=0, by=cast["pan"], on=DAY)
    draft.refresh_from_db()
    assert set(services.missing_of(draft, decided_until=None)) == {"cases hold", "a date of its own", "compared"}


@pytest.mark.parametrize(("decided", "right"), [(None, True), (date(2023, 9, 30), True), (date(2023, 12, 31), False)])
def test_it_begins_after_the_last_decision(draft, cast, decided, right):
    finished(draft, cast["pan"])
    assert ("a date of its own" not in services.missing_of(draft, decided_until=decided)) == right


def test_two_people_put_it_in_force_and_only_from_its_day(draft, cast, city):
    finished(draft, cast["pan"])
    services.submit(draft=draft, decided_until=None, by=cast["pan"], on=DAY)
    draft.refresh_from_db()
    with pytest.raises(Refused, match="提交人"):
        services.publish(draft=draft, edits=draft.edits, decided_until=None, by=cast["pan"], on=DAY)
    before = version_at("qingtongxia", city, date(2023, 9, 30)).policy.digest
    services.publish(draft=draft, edits=draft.edits, decided_until=None, by=cast["qin"], on=DAY)
    assert [found.policy.version for found in versions("qingtongxia", city)] == ["2023-2", "2022-1"]
    assert version_at("qingtongxia", city, date(2023, 9, 30)).policy.digest == before
    assert version_at("qingtongxia", city, date(2023, 10, 1)).policy.version == "2023-2"
    assert version_at("qingtongxia", city, date(2023, 10, 1)).ceilings()
    published = Draft.objects.get()
    assert published.digest == version_at("qingtongxia", city, date(2023, 10, 1)).policy.digest
    with pytest.raises(Refused):
        services.publish(draft=draft, edits=draft.edits, decided_until=None, by=cast["qin"], on=DAY)


def test_who_looked_at_an_older_state_does_not_submit_the_newer(draft, cast):
    finished(draft, cast["pan"])
    stale = Draft.objects.get()
    Draft.objects.filter(pk=draft.pk).update(edits=draft.edits + 1, compared_edits=draft.edits + 1)
    with pytest.raises(Refused):
        services.submit(draft=stale, decided_until=None, by=cast["pan"], on=DAY)
    assert Draft.objects.get().state == "draft"


def test_settings_are_set_letter_by_letter():
    text = '# 头\nid = "x"\nversion = "1"\n\n[standards]\nversion = "not mine"\n'
    changed = services.with_settings(text, {"version": '2 "b"', "effective_from": "2023-10-01"})
    assert changed == (
        '# 头\nid = "x"\nversion = "2 \\"b\\""\neffective_from = 2023-10-01\n\n[standards]\nversion = "not mine"\n'
    )
    assert services.settings_of(changed)["effective_from"] == "2023-10-01"


def test_names_are_folders_and_nothing_else(city):
    assert list(books(city)) == ["qingtongxia"]
    for name in ("../policies", "", ".hidden", "nothing"):
        with pytest.raises(Refused):
            versions(name, city)


def test_what_is_published_is_what_the_second_person_looked_at(draft, cast):
    finished(draft, cast["pan"])
    services.submit(draft=draft, decided_until=None, by=cast["pan"], on=DAY)
    looked_at = draft.edits
    # Taken back, changed, and submitted again behind the second person's back.
    services.take_back(draft=draft, by=cast["pan"], on=DAY)
    draft.refresh_from_db()
    text = draft.files["policy.toml"].replace("第二号文", "第三号文")
    services.save_settings(draft=draft, text=text, edits=draft.edits, by=cast["pan"], on=DAY)
    draft.refresh_from_db()
    services.compared(draft=draft, edits=draft.edits, by=cast["pan"], on=DAY)
    draft.refresh_from_db()
    services.submit(draft=draft, decided_until=None, by=cast["pan"], on=DAY)
    with pytest.raises(Refused, match="重新看过"):
        services.publish(draft=draft, edits=looked_at, decided_until=None, by=cast["qin"], on=DAY)
    draft.refresh_from_db()
    assert draft.state == "submitted"
    assert len(versions("qingtongxia", draft.org)) == 1
    services.publish(draft=draft, edits=draft.edits, decided_until=None, by=cast["qin"], on=DAY)
    draft.refresh_from_db()
    assert draft.state == "published"
