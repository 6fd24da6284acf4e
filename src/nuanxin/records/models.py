"""What happened, what ran, what is kept, and which days are worked: the ground that every other app stands on."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Event(models.Model):
    """One thing that happened (事件), for good: the database refuses to change or delete it.

    Holds codes and references, never a name or a number of a person, so that a person can be deleted and the chain still
    holds. ``hash`` = SHA-256 over the previous event's hash of the same chain and this event's own fields; one chain per
    organisation, since one for all would queue every writer.
    """

    chain = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    by = models.CharField(max_length=150)
    on = models.DateField()
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="event_place_in_chain")]
        indexes = [models.Index(fields=["subject", "at"], name="event_subject")]

    def __str__(self) -> str:
        return f"{self.chain}#{self.seq} {self.verb} {self.subject}"


class Job(models.Model):
    """One run of one step (作业): how far it is, and what came in against what went out.

    ``balance`` is {"in": [[name, n], …], "out": [[name, n], …]}; a finished job balances (the service that ends it sees to it). A long
    job waits for a worker, who claims it: ``holder`` holds it until ``free_at``, after which another may carry on. ``asked`` is what
    is to be done, ``parts`` what became of each of the ``done`` parts.
    """

    WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"

    step = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    by = models.CharField(max_length=150)
    on = models.DateField()
    state = models.CharField(max_length=10, choices=[(state, state) for state in (WAITING, RUNNING, DONE, FAILED)])
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    balance = models.JSONField(default=dict)
    asked = models.JSONField(default=dict)
    parts = models.JSONField(default=list)
    holder = models.CharField(max_length=80, blank=True)
    free_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["key", "step"], name="job_key")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], ended_at__isnull=True)
                | Q(ended_at__isnull=False) & ~Q(state__in=["waiting", "running"]),
                name="job_ended_when_done_or_failed",
            ),
            # What was confirmed is done once, however often it is confirmed.
            models.UniqueConstraint(fields=["key"], condition=Q(step="import"), name="job_import_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.key} {self.state}"


class Attachment(models.Model):
    """A kept file (附件), named by its content's SHA-256; the same content is kept once."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def path(self):
        return settings.NUANXIN_FILES / self.sha256[:2] / self.sha256


class CalendarDay(models.Model):
    """A day that differs from the plain week (调休): a weekday off, or a weekend day worked, by the State Council's notice.

    A year is known when it has at least one row; a deadline that needs an unknown year is refused, never guessed.
    """

    on = models.DateField(unique=True)
    worked = models.BooleanField()
    name = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.on} {'worked' if self.worked else 'off'}"
