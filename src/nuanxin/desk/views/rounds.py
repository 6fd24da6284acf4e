"""Rounds: the list, the board, the families and the returns of one."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care.models import Lead, Round
from nuanxin.desk import exports, queries, words
from nuanxin.desk.bulk import Bulk, bulk_acts
from nuanxin.desk.opening import opens_at
from nuanxin.desk.round_acts import ACTS, Act
from nuanxin.desk.tasks import next_step, tasks
from nuanxin.ui.pages import choice, export, framed, lang, listed, paged, seen_by, typed
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("round.read", change="list.export")
def rounds(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The rounds, newest first; sent out as a spreadsheet by POST."""
    state, text = choice(request.GET, "state", words.ROUND), typed(request.GET)
    rows = queries.rounds(seen, state, text)
    if request.method == "POST":
        columns = [column for column in exports.ROUND_COLUMNS if seen.may(column.operation)]
        sheet = [[column.value(row) for column in columns] for row in rows]
        return export(request, seen, f"org:{seen.org.code}", "rounds", [column.title for column in columns], sheet)
    fields = [
        Filter("state", _("全部状态"), state, words.options(words.ROUND)),
        Filter("q", _("季度（如 2023Q3）或市"), text),
    ]
    return listed(
        request, "desk/rounds.html",
        framed("rounds", page=paged(request, rows, 20), fields=fields, may_open=opens_at(seen) is not None),
    )  # fmt: skip


def find_round(seen: Viewer, round_code: str) -> Round:
    """The round of that code, or 404."""
    found = queries.find_round(seen, round_code)
    if found is None:
        raise Http404
    return found


@require_safe
@seen_by("round.read")
def board(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """A round at a glance: steps, returns, five columns of families."""
    round_ = find_round(seen, round_code)
    shown = queries.board(seen, round_)
    # The steps are the city union's work: who sees a part of the families only sees no steps.
    working = round_.state != "closed" and seen.may_at("family.read", round_.org)
    steps = tasks(seen, round_, silent=shown.silent, rows=shown.refused_rows) if working else []
    return render(
        request, "desk/board.html",
        framed("rounds", round=round_, board=shown, tasks=steps, next=next_step(steps), refused=shown.counts.get("refused", 0), known=shown.counts.get("known", 0),
        ),
    )  # fmt: skip


def asked_families(query: QueryDict) -> queries.AskedFamilies:
    """The filter of the families list as an address has it."""
    return queries.AskedFamilies(
        choice(query, "column", words.COLUMNS), choice(query, "state", words.STATES), choice(query, "tier", words.TIERS),
        typed(query, "union"), typed(query),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("family.read", change="list.export")
def families(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """The families of a round, filtered; sent out as a spreadsheet by POST."""
    round_ = find_round(seen, round_code)
    column, state, tier, union, text = asked = asked_families(request.GET)
    rows = queries.described(seen, queries.asked_families(seen, round_, asked))
    if request.method == "POST":
        name = "-".join(["families", round_.code, *filter(None, [column, tier, state])])
        return export(request, seen, f"round:{round_.code}", name, exports.FAMILY_TITLES, exports.family_rows(rows))
    unions = queries.union_choices(seen.rows(Lead).filter(round=round_))
    fields = [
        Filter("column", _("全部环节"), column, words.options(words.COLUMNS)),
        Filter("state", _("全部状态"), state, words.options(words.STATES)),
        Filter("tier", _("全部类别"), tier, words.options(words.TIERS)),
        Filter("union", _("全部工会"), union, unions),
        Filter("q", _("姓名、编号或工会"), text),
    ]
    heading = words.COLUMNS[column][0] if column else words.STATES[state][0] if state else _("全部家庭")
    chosen = [act for act in ACTS if act.chooses or act.key == "certify"]
    page = paged(request, rows)
    acting = round_.state != "closed"
    acts = chosen if acting and any(lead.finding_code for lead in page) else []
    bulk: list[tuple[str, Act | Bulk]] = [(act.key, act) for act in acts if seen.may_at(act.operation, round_.org)]
    if acting and any(lead.state in ("due", "away") for lead in page):
        bulk += bulk_acts(seen, "desk:families")
    return listed(
        request, "desk/families.html",
        framed("rounds", round=round_, page=page, fields=fields, heading=heading, bulk=bulk),
    )  # fmt: skip


def asked_unions(seen: Viewer, round_: Round, query: QueryDict) -> QuerySet[Any]:
    """The unions that owe a return and that the filter of an address finds."""
    state = choice(query, "state", words.RETURN)
    owing = queries.owing(seen, round_)
    return queries.filtered_returns(
        owing.filter(state=state) if state else owing, "unions", typed(query, "union"), typed(query)
    )


PARTS = ("rows", "unions", "back", "history", "warnings")


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("return.read", change="list.export")
def returns(request: HttpRequest, seen: Viewer, round_code: str) -> HttpResponseBase:
    """What the unions sent: rows to mend, who owes, what was sent back, replaced or only warned of; each list is sent out as a
    spreadsheet by POST."""
    round_ = find_round(seen, round_code)
    counts = queries.return_counts(seen, round_)
    part = choice(request.GET, "tab", PARTS) or ("rows" if counts["rows"] else "unions")
    state, union, text = choice(request.GET, "state", words.RETURN), typed(request.GET, "union"), typed(request.GET)
    owing = queries.owing(seen, round_)
    states = dict.fromkeys(words.RETURN, 0)
    for found in owing.values_list("state", flat=True):
        states[found] += 1
    lists: dict[str, Any] = {
        "rows": lambda: queries.refusals(seen, round_, warning=False),
        "warnings": lambda: queries.refusals(seen, round_, warning=True),
        "unions": lambda: owing.filter(state=state) if state else owing,
        "back": lambda: queries.sent_back(seen, round_),
        "history": lambda: queries.corrected(seen, round_),
    }
    all_ = lists[part]()
    rows = queries.filtered_returns(all_, part, union, text)
    if request.method == "POST":
        titles, lines = exports.RETURN_SHEETS[part]
        return export(request, seen, f"round:{round_.code}", f"returns-{round_.code}-{part}", titles, lines(rows))
    page = paged(request, rows)
    files = queries.files_of([row.file for row in page]) if part == "unions" else {}
    tabs = [
        ("rows", _("要改的行"), counts["rows"]), ("unions", _("应报工会"), sum(states.values())),
        ("back", _("整份退回"), counts["back"]), ("history", _("已更正的文件"), counts["history"]),
        ("warnings", _("提醒（已照收）"), counts["warnings"]),
    ]  # fmt: skip
    fields = [
        Filter("tab", "", part), *([Filter("state", _("全部状态"), state, words.options(words.RETURN))] if part == "unions" else []),
        Filter("union", _("全部工会"), union, queries.union_choices(all_, queries.UNION_OF[part])),
        Filter("q", _("工会、文件或内容"), text),
    ]  # fmt: skip
    reminding = part == "unions" and round_.state != "closed" and any(row.state == "silent" for row in page)
    return listed(
        request, "desk/returns.html",
        framed("rounds", round=round_, page=page, part=part, state=state, counts=counts, states=states, tabs=tabs, lang=lang(),
            lines=[(row, files.get(row.file)) for row in page] if part == "unions" else [], fields=fields,
            bulk=bulk_acts(seen, "desk:returns") if reminding else [],
        ),
    )  # fmt: skip
