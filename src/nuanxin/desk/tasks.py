"""How far a round is, step by step: what is done, what can be done now, by whom, and what is missing for it.

The needs are those of ``care.flows`` in the sentences that the services refuse with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from nuanxin.care import queries as care
from nuanxin.care.flows import ROUND
from nuanxin.care.models import Round
from nuanxin.desk import round_acts, words
from nuanxin.desk.round_acts import STATE_OF
from nuanxin.ui.pages import in_language
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import ROLE
from nuanxin.union.rules import PERMITS


@dataclass(frozen=True, slots=True)
class Task:
    """One step of a round. ``state``: done, now (something can be done), wait (something is missing) or later. ``lines`` say what there
    is, each with the list that shows it; ``url`` is where the viewer does it, empty for who may not."""

    key: str
    label: str
    state: str
    lines: Sequence[tuple[str, str]]
    who: str
    url: str = ""
    verb: str = ""
    icon: str = ""


def tasks(seen: Viewer, round_: Round, *, silent: int, rows: int) -> list[Task]:
    """The steps of a round, in order. ``silent`` unions have sent nothing, ``rows`` wait for a correction."""
    count = care.census(round_, by=seen.user.username, on=seen.today)
    listed = reverse("desk:families", args=[round_.code])
    sent = reverse("desk:returns", args=[round_.code])
    closed = round_.state == "closed"

    def lines(*said: tuple[int, str, str, str]) -> list[tuple[str, str]]:
        return [(text % {"n": n}, f"{where}?{query}") for n, text, where, query in said if n]

    def lacks(verb: str) -> list[tuple[str, str]]:
        missing = care.lacking(ROUND.moves[verb], count)
        return [(in_language(said), f"{listed}?state={STATE_OF[need]}") for need, said in missing.items()]

    def task(
        key: str,
        operation: str,
        said: Sequence[tuple[str, str]],
        *,
        now: bool,
        over: bool,
        page: str = "",
        still: bool = False,
    ) -> Task:
        # ``still``: it can be done beside the steps after it, at whatever union of the viewer's.
        known = {act.key: act for act in round_acts.ACTS}
        url = ""
        if not closed and ((still and seen.may(operation)) or (now and seen.may_at(operation, round_.org))):
            url = reverse(page or f"desk:{key}", args=[round_.code])
        act = known.get(key)
        label, icon, verb = TITLES[key]
        return Task(
            key, str(label), "done" if closed or over else "now" if now else "wait" if said else "later", said,
            _("、").join(str(ROLE[role]) for role in PERMITS[operation]), url, str(act.label if act else verb),
            act.icon if act else icon,
        )  # fmt: skip

    returns = lines(
        (silent, _("%(n)d 家工会未报"), sent, "tab=unions&state=silent"), (rows, _("%(n)d 行要改"), sent, "tab=rows"),
        (count.doubtful, _("%(n)d 户疑似重复"), listed, "state=doubtful"),
    )  # fmt: skip
    visits = lines(
        (count.due, _("%(n)d 户待走访"), listed, "state=due"), (count.away, _("%(n)d 户家中无人"), listed, "state=away")
    )
    deciding = lines(
        (count.visited, _("%(n)d 户已走访，待认定"), listed, "state=visited"),
        (count.returned, _("%(n)d 户退回，待重新认定"), listed, "state=returned"),
        (count.problems, _("%(n)d 户政策无法认定"), listed, "state=problem"),
    )  # fmt: skip
    posting = lines(
        (count.proposals, _("%(n)d 户待公示"), listed, "state=proposed"),
        (count.objected, _("%(n)d 户有异议"), listed, "state=objected"),
    )
    certifying = lines(
        (count.ready, _("%(n)d 户公示期满"), listed, "state=ready"), (count.refusals, _("%(n)d 户不符合，待确认"), listed, "state=to_refuse"),
        (count.running, _("%(n)d 户公示中"), listed, "state=running"),
    )  # fmt: skip
    own = count.own and seen.may_at("finding.certify", round_.org)
    if own:
        certifying.append((_("其中 %(n)d 条由您提出，请另一人认证") % {"n": count.own}, ""))
    waiting = count.ready + count.refusals
    started, open_ = round_.state != "open", seen.today <= round_.returns_due_on
    return [
        # Who has not sent or was not reached by the last day holds up nothing: the one waits, the other goes on to the next quarter.
        task(
            "returns", "return.receive", returns, now=bool(returns) and not started and open_, over=not returns or (started and not open_),
            page="desk:send", still=bool(returns) and open_,
        ),
        task(
            "visits", "visit.plan", visits, now=count.due > 0 and seen.today <= round_.visits_due_on,
            over=not visits and (started or count.visited > 0), page="desk:visits",
        ),
        task("decide", "round.decide", deciding, now=count.visited + count.returned > 0, over=started and not deciding),
        task(
            "publish", "round.publish", [*posting, *lacks("publish")] if started else posting,
            now=not count.problems and (round_.state == "decided" or (round_.state == "published" and count.proposals > 0)),
            over=round_.state == "published" and not posting,
        ),
        task(
            "certify", "finding.certify", certifying, now=round_.state == "published" and waiting > (count.own if own else 0),
            over=round_.state == "published" and not certifying and not count.objected,
        ),
        task(
            "offers", "finding.offer", lines((count.bare, _("%(n)d 户还没转介"), listed, "state=bare")), now=count.bare > 0,
            over=round_.state == "published" and not count.bare and not count.refusals,
        ),
        task(
            "close", "round.close", lacks("close") if round_.state == "published" else [],
            now=round_.state == "published" and not lacks("close"), over=closed,
        ),
    ]  # fmt: skip


TITLES: dict[str, tuple[words.Words, str, words.Words]] = {
    "returns": (words.TASK["returns"], "file-spreadsheet", words.TASK["returns"]),
    "visits": (words.TASK["visits"], "map-2", words.TASK["visits"]),
    **{key: (words.TASK[key], "", "") for key in ("decide", "publish", "certify", "offers", "close")},
}


def next_step(steps: Sequence[Task]) -> Task | None:
    """The one thing to do next: the first step that the viewer can do now."""
    return next((task for task in steps if task.state == "now" and task.url), None)
