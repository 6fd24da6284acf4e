"""Reading matters: their clocks, whose they are. Overdue is computed on reading, never stored."""

from datetime import date
from typing import Any

from django.db.models import Case, Count, DateField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.fields import BooleanField

from nuanxin.matters.models import Matter
from nuanxin.records.services import Refused
from nuanxin.union.models import Org


def late_at(day: date) -> Q:
    """The condition of being overdue at the end of ``day``: received, past its latest date, not ended by then.

    A matter is not overdue on its latest date itself; a withdrawn one never is.
    """
    running = Q(received_on__lte=day) & (Q(ended_on__isnull=True) | Q(ended_on__gt=day))
    return running & Q(due_on__lt=day) & ~Q(state=Matter.WITHDRAWN)


def with_clock(matters: QuerySet[Matter], today: date) -> QuerySet[Any]:
    """Each matter with ``overdue`` (bool) and ``left`` (timedelta to the latest date, negative when past, null when ended)."""
    left = ExpressionWrapper(F("due_on") - Value(today, output_field=DateField()), output_field=DurationField())
    return matters.annotate(
        overdue=Case(When(late_at(today), then=True), default=False, output_field=BooleanField()),
        left=Case(When(state=Matter.OPEN, then=left), default=None, output_field=DurationField()),
    )


def matters_under(org: Org) -> QuerySet[Matter]:
    """The matters that the organisation and those below it reported."""
    return Matter.objects.filter(org__in=[node.pk for node in org.descendants(include_self=True)])


def by_owner(matters: QuerySet[Matter], today: date) -> QuerySet[Any]:
    """A row for each owner with open matters: ``owner__code``, ``owner__name``, ``open``, ``overdue``; most overdue first."""
    return (
        matters.filter(state=Matter.OPEN)
        .values("owner__code", "owner__name")
        .annotate(open=Count("pk"), overdue=Count("pk", filter=late_at(today)))
        .order_by("-overdue", "-open", "owner__code")
    )


def matter(code: str) -> Matter:
    """The matter of a code. Raises Refused when there is none."""
    found = Matter.objects.select_related("org", "owner").filter(code=code).first()
    if not found:
        raise Refused(f"没有编号为「{code}」的诉求 / there is no matter “{code}”")
    return found
