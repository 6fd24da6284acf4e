"""The desk's first page: today's work."""

from dataclasses import replace
from datetime import date

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from nuanxin.care.models import Round
from nuanxin.desk import words
from nuanxin.desk.today import KINDS, TABS, TITLES, WHEN, Asked, Part, Queue
from nuanxin.ui.pages import choice, day_asked, export, framed, listed, paged, seen_by, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer
from nuanxin.union.rules import mask_name

# How many quarters under way stand in the line below the title.
MOST_ROUNDS = 3


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("desk.read", change="list.export")
def home(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Everything that waits for the viewer, in the order of its latest date; sent out as a spreadsheet by POST."""
    queue = Queue(seen)
    counts = {tab: queue.count(Asked(tab)) for tab in TABS}
    # Who has nothing of their own sees what there is to follow.
    tab = choice(request.GET, "tab", TABS) or next((tab for tab in TABS if counts[tab]), "mine")
    unions = queue.unions()
    asked = Asked(
        tab, choice(request.GET, "when", WHEN), request.GET.get("new") == "1", choice(request.GET, "kind", KINDS),
        choice(request.GET, "union", [code for code, _name in unions]), typed(request.GET), day_asked(request.GET, "day"),
    )  # fmt: skip
    rows = queue.rows(asked)
    if request.method == "POST":
        return export(request, seen, f"org:{seen.org.code}", "today", TITLES, _sheet(rows))
    fields = [
        Filter("tab", "", tab), Filter("day", "", asked.day.isoformat() if asked.day else ""), Filter("when", "", asked.when), Filter("new", "", "1" if asked.new else ""),
        Filter("kind", _("全部类型"), asked.kind, [(key, str(KINDS[key].label)) for key in queue.kinds()]),
        Filter("union", _("全部工会"), asked.union, [(code, words.short_union(name)) for code, name in unions]),
        Filter("q", _("姓名、事项、编号或工会"), asked.text),
    ]  # fmt: skip
    page = paged(request, rows)
    groups = [
        (
            when,
            label,
            queue.count(replace(asked, when=when)),
            [work for work in page if _when(seen, work.due_on) == when],
        )
        for when, label in WHEN.items()
    ]
    cards = [(when, queue.count(Asked(tab, when)), queue.oldest(Asked(tab, when))) for when in WHEN]
    return listed(
        request, "desk/today.html",
        framed("today", page=page, asked=asked, fields=fields, cards=cards, fresh=queue.count(Asked(tab, new=True)),
            groups=[group for group in groups if group[3]], tabs=[(key, TABS[key], counts[key]) for key in TABS],
            rounds=_under_way(seen), most=MOST_ROUNDS,
        ),
    )  # fmt: skip


def _under_way(seen: Viewer) -> list[Round]:
    """The rounds that are not closed, the one whose visits end first at the top."""
    if not seen.may("round.read"):
        return []
    open_ = seen.rows(Round).exclude(state="closed").select_related("org")
    return list(open_.order_by("visits_due_on", "quarter", "pk")[: MOST_ROUNDS + 1])


def _when(seen: Viewer, due_on: date) -> str:
    left = (due_on - seen.today).days
    return "over" if left < 0 else "soon" if left <= 1 else "ok"


def _sheet(rows: Part) -> list[list[object]]:
    """The list for a spreadsheet, masked."""
    return [
        [
            work.due_on, work.quarter, str(work.kind.label), str(work.kind.title or work.what), mask_name(work.who), work.many, work.org,
            work.union, str(work.stands), str(work.owner or work.kind.owner),
        ]
        for work in rows[:]
    ]  # fmt: skip
