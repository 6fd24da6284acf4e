from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def told_by_the_application(apps, schema_editor):
    """Papers so far are of applications: added by the worker who applies, and of the lead that the application became."""
    Paper, Application = apps.get_model("care", "Paper"), apps.get_model("care", "HardshipApplication")
    of = Application.objects.filter(pk=OuterRef("application"))
    Paper.objects.update(added_by=Subquery(of.values("user__username")[:1]), lead=Subquery(of.values("lead")[:1]))


class Migration(migrations.Migration):
    dependencies = [("care", "0006_problems_whole")]

    operations = [
        migrations.AlterField(
            "paper",
            "application",
            models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="papers", to="care.hardshipapplication"),
        ),
        migrations.AddField(
            "paper",
            "lead",
            models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="papers", to="care.lead"),
        ),
        migrations.AddField("paper", "added_by", models.CharField(default="", max_length=150), preserve_default=False),
        migrations.RunPython(told_by_the_application, migrations.RunPython.noop),
        migrations.AddConstraint(
            "paper", models.UniqueConstraint(fields=["lead", "attachment"], name="paper_once_in_a_round")
        ),
        migrations.AddConstraint(
            "paper",
            models.CheckConstraint(
                condition=Q(application__isnull=False) | Q(lead__isnull=False), name="paper_goes_with_something"
            ),
        ),
    ]
