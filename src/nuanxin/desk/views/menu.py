"""How much waits behind the entries of the menu: asked for when a page is there, so that no page waits for it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nuanxin.desk import account_queries, match_queries, matter_queries, visit_queries
from nuanxin.desk.today import Asked, Queue
from nuanxin.matters.models import Matter
from nuanxin.ui.pages import seen_by
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Claim

# An entry of the menu → the operation of its page, and how many of what the page lists wait for somebody.
COUNTED: dict[str, tuple[str, Callable[[Viewer], int]]] = {
    "today": ("desk.read", lambda seen: Queue(seen).count(Asked("mine"))),
    "matches": ("match.judge", lambda seen: match_queries.matches(seen).count()),
    "my_visits": (
        "visit.record",
        lambda seen: visit_queries.own_visits(seen).filter(visited_on=None, planned_on__isnull=False).count(),
    ),
    "matters": ("matter.read", lambda seen: matter_queries.matters(seen).filter(state=Matter.OPEN).count()),
    "claims": ("account.link", lambda seen: account_queries.claims(seen, Claim.WAITING, "").count()),
}


@require_safe
@seen_by("desk.read")
def menu_counts(request: HttpRequest, seen: Viewer) -> HttpResponse:
    """A fragment: the counts of the menu, those of pages that the viewer may open; what nothing waits behind has none."""
    counts = [(section, count(seen)) for section, (operation, count) in COUNTED.items() if seen.may(operation)]
    return render(request, "desk/menu_counts.html", {"counts": [(section, n) for section, n in counts if n]})
