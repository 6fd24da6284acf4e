"""What the frame around every page shows: whose desk it is, which post, which day."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from nuanxin.records import clock
from nuanxin.ui.words import ROLE


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    seen = getattr(request, "viewer", None)
    shown: dict[str, Any] = {"demo": settings.NUANXIN_DEMO, "demo_day": clock.demo_day()}
    if seen is not None:
        shown |= {
            "viewer": seen, "org_name": seen.org.name, "officer": str(seen.user), "today": seen.today,
            "officer_post": ROLE[seen.posts[0].role],
            "unread": seen.unread,
        }  # fmt: skip
    return shown
