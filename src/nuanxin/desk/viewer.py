"""Who looks at the desk: the one place that a login will change.

Until there are accounts, pages open in demo mode on this machine alone (``nuanxin.ui.guard``), and the viewer is the demo officer:
the holder of the first city post.
"""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from nuanxin.union import rules
from nuanxin.union.models import Org, Post, User
from nuanxin.union.queries import access

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Viewer:
    """An officer at the desk on a day: ``org`` is where the post is held. Rows are reached through ``rows`` alone."""

    user: User
    org: Org
    today: date

    def rows(self, model: type[M]) -> QuerySet[M]:
        """The rows of ``model`` that the officer may see today."""
        return access(self.user, model, self.today)


def viewer() -> Viewer | None:
    """The demo officer, or None when the installation has no officer yet."""
    today = timezone.localdate()
    held = (
        Post.objects.filter(role=rules.CITY, from_on__lte=today, user__is_active=True)
        .filter(Q(until_on__isnull=True) | Q(until_on__gte=today))
        .select_related("user", "org").order_by("pk").first()
    )  # fmt: skip
    return Viewer(held.user, held.org, today) if held else None
