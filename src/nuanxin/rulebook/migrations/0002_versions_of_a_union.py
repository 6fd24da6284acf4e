"""A published version is its union's own: the draft is the version, and the folders that counted for the whole installation go out of the way."""

import tomllib
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

ASIDE = ".published"


def _folders() -> Path:
    return Path(settings.NUANXIN_HOME) / "policies"


def say_from_when(apps, schema_editor):
    """A version begins on the day that its policy.toml says; publishing has always asked for one."""
    for draft in apps.get_model("rulebook", "Draft").objects.filter(state="published"):
        begins = tomllib.loads(draft.files["policy.toml"])["effective_from"]
        draft.begins_on = begins if isinstance(begins, date) else date.fromisoformat(begins)
        draft.save(update_fields=["begins_on"])


def move_aside(apps, schema_editor):
    """What the desk wrote to ``policies/NAME/VERSION`` is what the draft holds. Kept, where it counts for nobody."""
    for draft in apps.get_model("rulebook", "Draft").objects.filter(state="published"):
        _move(_folders() / draft.policy / draft.version, _folders() / ASIDE / draft.policy / draft.version)


def move_back(apps, schema_editor):
    for draft in apps.get_model("rulebook", "Draft").objects.filter(state="published"):
        _move(_folders() / ASIDE / draft.policy / draft.version, _folders() / draft.policy / draft.version)


def _move(folder: Path, to: Path) -> None:
    # Moved before: another machine with the same data folder, or a migration that was stopped.
    if folder.is_dir() and not to.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(to)


class Migration(migrations.Migration):
    dependencies = [
        ("rulebook", "0001_drafts_of_policies"),
    ]

    operations = [
        migrations.AddField("draft", "begins_on", models.DateField(null=True)),
        migrations.RunPython(say_from_when, migrations.RunPython.noop),
        migrations.RemoveConstraint("draft", "policy_published_by_another"),
        migrations.AddConstraint(
            "draft",
            models.CheckConstraint(
                condition=~Q(state="published")
                | Q(published_on__isnull=False)
                & ~Q(submitted_by="")
                & ~Q(published_by="")
                & ~Q(published_by=F("submitted_by"))
                & ~Q(version="")
                & Q(begins_on__isnull=False)
                & ~Q(digest=""),
                name="policy_published_by_another",
            ),
        ),
        migrations.RemoveConstraint("draft", "policy_version_published_once"),
        migrations.AddConstraint(
            "draft",
            models.UniqueConstraint(
                fields=["org", "policy", "version"], condition=Q(state="published"), name="policy_version_published_once"
            ),
        ),
        migrations.AddConstraint(
            "draft",
            models.UniqueConstraint(
                fields=["org", "policy", "begins_on"], condition=Q(state="published"), name="policy_one_version_a_day"
            ),
        ),
        migrations.AddConstraint(
            "draft",
            models.UniqueConstraint(
                fields=["org", "policy"],
                condition=Q(state__in=["draft", "submitted"]),
                name="policy_one_draft_under_way",
            ),
        ),
        # Last: what goes wrong before leaves the folders where they were.
        migrations.RunPython(move_aside, move_back),
    ]
