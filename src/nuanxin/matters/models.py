"""What workers raise: problems at work and micro-wishes, each with an owner and a latest date."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from nuanxin.union.models import Org


class Matter(models.Model):
    """One problem (难题) or wish (微心愿), from receipt to its end.

    ``meeting`` = needs a meeting's decision and a tender: three months from receipt; otherwise at once, which is the next
    working day unless the union sets another. Overdue is computed on reading, never stored. ``source`` is the code of what it
    came in by (a return's file, later a phone); a matter of a return that was replaced is withdrawn.
    """

    WISH, PROBLEM = "wish", "problem"
    OPEN, DONE, DECLINED, WITHDRAWN = "open", "done", "declined", "withdrawn"

    code = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=[(WISH, "微心愿"), (PROBLEM, "难题")])
    content = models.CharField(max_length=500)
    raised_by = models.CharField(max_length=60, blank=True)
    phone_hash = models.CharField(max_length=64, blank=True)
    phone_cipher = models.BinaryField(null=True)
    phone_mask = models.CharField(max_length=20, blank=True)
    org = models.ForeignKey(Org, models.PROTECT, related_name="matters")
    owner = models.ForeignKey(Org, models.PROTECT, related_name="owned_matters")
    source = models.CharField(max_length=80)
    quarter = models.CharField(max_length=6)
    received_on = models.DateField()
    meeting = models.BooleanField()
    due_on = models.DateField()
    state = models.CharField(
        max_length=10,
        choices=[(OPEN, "办理中"), (DONE, "已办结"), (DECLINED, "不予办理"), (WITHDRAWN, "已撤回")],
        default=OPEN,
    )
    ended_on = models.DateField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    # Raised on a phone by this account; null for what came in otherwise.
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="matters")
    # The worker said once that it was not solved: the answer before stays, the matter is looked at again.
    unsolved = models.CharField(max_length=200, blank=True, default="", db_default="")
    reopened_on = models.DateField(null=True)
    # When the worker last added something (``union.Addition``).
    more_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["quarter", "kind", "state"], name="matter_quarter")]
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=F("received_on")), name="matter_due_after_receipt"),
            models.CheckConstraint(
                condition=Q(state="open", ended_on__isnull=True) | ~Q(state="open") & Q(ended_on__isnull=False),
                name="matter_ends_with_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "declined"]) | ~Q(answer=""), name="matter_ends_with_an_answer"
            ),
            models.CheckConstraint(
                condition=Q(reopened_on__isnull=True, unsolved="") | Q(reopened_on__isnull=False) & ~Q(unsolved=""),
                name="matter_reopened_says_why",
            ),
            models.CheckConstraint(
                condition=Q(more_on__isnull=True) | Q(more_on__gte=F("received_on")), name="matter_more_after_receipt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.content}"
