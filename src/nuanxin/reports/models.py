"""Briefs that were sent for approval: the one thing that the reports keep."""

from django.db import models
from django.db.models import F, Q

from nuanxin.reports import flows
from nuanxin.union.models import Org


class Issue(models.Model):
    """A brief that was sent for approval (送审的简报), with its figures of that moment.

    ``figures`` are {name: [value as text, records]}, ``towns`` [code, name, {figure: number}] of each town; ``parts`` what it holds and ``plans`` what is planned; ``paragraphs`` its text in each
    language. ``digest`` is the SHA-256 of all of that: what the approver looked at is what is approved. Nobody changes it any more; what
    the figures are by now is asked anew and shown beside.
    """

    code = models.CharField(max_length=60, unique=True)
    org = models.ForeignKey(Org, models.PROTECT, related_name="issues")
    first = models.CharField(max_length=6)
    last = models.CharField(max_length=6)
    parts = models.JSONField()
    plans = models.CharField(max_length=1000, blank=True)
    figures = models.JSONField()
    towns = models.JSONField(default=list)
    paragraphs = models.JSONField()
    digest = models.CharField(max_length=64)
    taken_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[(state, state) for state in flows.ISSUE.states], default="sent")
    sent_by = models.CharField(max_length=150)
    sent_on = models.DateField()
    due_on = models.DateField()
    ended_by = models.CharField(max_length=150, blank=True)
    ended_on = models.DateField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    # 第几期: of those that the union approved in the year.
    year = models.PositiveIntegerField(null=True)
    number = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="issue_range_runs_forward"),
            models.CheckConstraint(
                condition=Q(state="sent", ended_on__isnull=True, ended_by="")
                | ~Q(state="sent") & Q(ended_on__isnull=False) & ~Q(ended_by="") & ~Q(ended_by=F("sent_by")),
                name="issue_ended_by_another",
            ),
            models.CheckConstraint(condition=~Q(state="returned") | ~Q(reason=""), name="issue_returned_says_why"),
            models.CheckConstraint(
                condition=Q(state="approved", number__isnull=False, year__isnull=False)
                | ~Q(state="approved") & Q(number__isnull=True, year__isnull=True),
                name="issue_numbered_when_approved",
            ),
            models.UniqueConstraint(
                fields=["org", "first", "last"], condition=Q(state="sent"), name="issue_one_under_way"
            ),
            models.UniqueConstraint(fields=["org", "year", "number"], name="issue_number_once"),
        ]

    def __str__(self) -> str:
        return self.code
