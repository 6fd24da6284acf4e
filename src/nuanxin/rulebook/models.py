"""A policy's next version while it is being written."""

from django.db import models
from django.db.models import F, Q

from nuanxin.rulebook import flows
from nuanxin.union.models import Org


class Draft(models.Model):
    """The draft of a policy's next version (政策草稿): the files of a policy folder, as text by name.

    It may hold mistakes at any time: they are told, and it cannot be submitted with them. ``edits`` counts the changes: who edits an
    older state than the one that stands is refused. ``compared_edits`` is the state that was last tried on the register.

    A published draft is the version itself: it counts at ``org`` and below it from ``begins_on``, and nobody changes it any more.
    """

    code = models.CharField(max_length=80, unique=True)
    org = models.ForeignKey(Org, models.PROTECT, related_name="drafts")
    policy = models.CharField(max_length=60)
    base_version = models.CharField(max_length=40)
    files = models.JSONField()
    edits = models.PositiveIntegerField(default=0)
    compared_edits = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=[(state, state) for state in flows.DRAFT.states], default="draft")
    begun_by = models.CharField(max_length=150)
    begun_on = models.DateField()
    submitted_by = models.CharField(max_length=150, blank=True)
    submitted_on = models.DateField(null=True)
    published_by = models.CharField(max_length=150, blank=True)
    published_on = models.DateField(null=True)
    version = models.CharField(max_length=40, blank=True)
    begins_on = models.DateField(null=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
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
            models.CheckConstraint(
                condition=~Q(state="submitted") | ~Q(submitted_by="") & Q(submitted_on__isnull=False),
                name="submitted_draft_has_its_submitter",
            ),
            models.UniqueConstraint(
                fields=["org", "policy", "version"],
                condition=Q(state="published"),
                name="policy_version_published_once",
            ),
            models.UniqueConstraint(
                fields=["org", "policy", "begins_on"], condition=Q(state="published"), name="policy_one_version_a_day"
            ),
            models.UniqueConstraint(
                fields=["org", "policy"],
                condition=Q(state__in=["draft", "submitted"]),
                name="policy_one_draft_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.code
