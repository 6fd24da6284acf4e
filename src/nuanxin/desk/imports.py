"""The sheets that the desk reads, as a table: a kind is one row, with the forms that its files hold, the operation that sends them in,
and the one service call that takes files in. Looking at files is the same call, taken back.

What is confirmed is a job (docs/decisions/0015-long-imports.md): a short one is done at once, a long one by a worker, file by file; each
file with the word that it is done, in one transaction.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import OperationalError
from django.utils.translation import gettext_lazy as _

from nuanxin.books.queries import MODELS
from nuanxin.books.services import import_books
from nuanxin.care.models import Round
from nuanxin.care.services import returns, visits
from nuanxin.care.services.offers import import_checks
from nuanxin.care.services.register import match_round
from nuanxin.desk import queries
from nuanxin.desk.words import Words
from nuanxin.records.models import Job
from nuanxin.records.previews import Looked, Preview, Remark
from nuanxin.records.services import (
    Lost,
    Refused,
    ask_job,
    claim_job,
    drafts_of,
    drop_files,
    end_job,
    keep_drafts,
    note_draft,
    noted,
    part_of,
    tried,
)  # fmt: skip
from nuanxin.sheets import forms_in
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import User


@dataclass(frozen=True, slots=True)
class Kind:
    """``forms`` (name → what it is in words) are those of ``nuanxin.sheets``; ``operation`` is what sending it in needs; ``take`` takes
    files in and says what became of them; ``quarterly``: they are of a round."""

    key: str
    label: Words
    operation: str
    use: Words
    forms: Mapping[str, Words]
    take: Callable[[Viewer, Round | None, Sequence[Path]], Preview]
    quarterly: bool = False
    # What remains to be done when all files of a job are in; gives what became of them by then.
    end: Callable[[Viewer, Round | None, Preview], Preview] = lambda seen, round_, came_to: came_to


def _take_returns(seen: Viewer, round_: Round | None, paths: Sequence[Path]) -> Preview:
    assert round_ is not None
    return returns.came_to(returns.receive(round_=round_, paths=paths, by=seen.user, on=seen.today, match=False))


def _end_returns(seen: Viewer, round_: Round | None, came_to: Preview) -> Preview:
    """All families are matched at once; what is in doubt is known only now."""
    assert round_ is not None
    match_round(round_, by=seen.user, on=seen.today)
    made = {
        one.code: one
        for one in round_.returns.filter(code__in=[one.code for one in came_to.files]).select_related("org")
    }
    kept = returns.came_to(returns.Received([made[one.code] for one in came_to.files]))
    return Preview(kept.files, came_to.same, came_to.skipped)


def _take_visits(seen: Viewer, round_: Round | None, paths: Sequence[Path]) -> Preview:
    assert round_ is not None
    return Preview([
        Looked(
            one.file, why_zh=one.refused_whole or "", why_en=one.refused_whole_en, rows=one.rows, accepted=one.recorded + one.same,
            refused=one.rows - one.recorded - one.same, same=one.same, refusals=one.refusals, warnings=one.warnings,
        )
        for one in visits.record(round_=round_, paths=paths, by=seen.user, on=seen.today)
    ])  # fmt: skip


def _take_books(seen: Viewer, round_: Round | None, paths: Sequence[Path]) -> Preview:
    org = seen.org_for("book.import")
    files, same = [], []
    for one in import_books(paths, by=seen.user, on=seen.today, org=org):
        record = one.record
        if one.same:
            same.append(one.file)
        elif record is None:
            files.append(Looked(one.file, why_zh=one.why["zh"], why_en=one.why["en"]))
        else:
            refusals = [
                Remark(
                    r["sheet"], r["row"], r["column"], r["found"], r["why"]["zh"], r["why"]["en"], r["mend"]["zh"], r["mend"]["en"]
                )
                for r in record.refusals
            ]  # fmt: skip
            before = record.replaces.order_by("-pk").first()
            files.append(Looked(
                one.file, str(BOOKS[record.book]), rows=record.accepted + record.refused, accepted=record.accepted,
                refused=record.refused, replaces=before.file_name if before else "", replaced=record.replaced_by_id is not None,
                refusals=refusals, warnings=[Remark.of(warning) for warning in one.warnings],
            ))  # fmt: skip
    return Preview(files, same)


def _take_checks(seen: Viewer, round_: Round | None, paths: Sequence[Path]) -> Preview:
    return Preview(import_checks(paths=paths, org=seen.org_for("check.import"), by=seen.user, on=seen.today))


BOOKS: dict[str, Words] = {
    "jobs": _("招聘岗位"), "consolation": _("慰问支出"), "grants": _("金秋助学"), "mutual_aid": _("医疗互助"),
}  # fmt: skip
KINDS: Sequence[Kind] = (
    Kind(
        "survey", _("摸排表"), "return.receive",
        _("一家工会一个文件，文件名前写工会代码；难题和微心愿可以放在同一文件里，也可以另存为“同名-难题和微心愿”一起上传。"),
        {"survey": _("困难职工家庭摸排表"), "matters": _("难题和微心愿")}, _take_returns, quarterly=True, end=_end_returns,
    ),
    Kind(
        "visits", _("走访记录"), "visit.record", _("两人走访后填写，一户一行；空着的数字表示与申报一致。"),
        {"visits": _("走访记录")}, _take_visits, quarterly=True,
    ),
    Kind(
        "books", _("台账"), "book.import", _("一行一笔；同名的更正表替换原来的一份。"),
        {book: BOOKS[book] for book in MODELS}, _take_books,
    ),
    Kind(
        "checks", _("民政比对结果"), "check.import", _("一人一行；没有签字授权的家庭不能比对。"),
        {"register_check": _("民政比对结果")}, _take_checks,
    ),
)  # fmt: skip


def kinds_for(seen: Viewer) -> list[Kind]:
    """The kinds that the viewer may send in."""
    return [kind for kind in KINDS if seen.may(kind.operation)]


def kind_of(path: Path) -> Kind | None:
    """The kind of a file by the forms that are found in it; the first of the table where it holds several."""
    found = forms_in(path)
    return next((kind for kind in KINDS if found & set(kind.forms)), None)


@dataclass(frozen=True, slots=True)
class Draft:
    """Files that were looked at and wait to be confirmed, or were taken in (``taken``)."""

    kind: str
    round: str
    preview: Preview
    taken: bool


def keep(account: str, files: Sequence[Any]) -> tuple[str, list[Path]]:
    """Keep uploaded files as a draft: its token and its files."""
    token = keep_drafts(account, [(one.name, one.chunks()) for one in files])
    return token, drafts_of(account, token)


def look(seen: Viewer, token: str, kind: Kind, round_: Round | None) -> Preview:
    """Look at a draft's files: what confirming would do, to the row. Raises Refused as the service does."""
    paths = returns.in_order(drafts_of(seen.user.username, token))
    preview = tried(lambda: kind.end(seen, round_, kind.take(seen, round_, paths)), paths)
    _note(seen.user.username, token, Draft(kind.key, round_.code if round_ else "", preview, taken=False))
    return preview


STEP, LONG = "import", 2_000
"""The step of the jobs here, and from how many rows on one is left to a worker."""


def confirm(seen: Viewer, token: str, one: Draft) -> Job:
    """Take a draft's files in: at once, or by a worker where they are long. Confirmed again (a second click, another tab) it is the same
    job."""
    account = seen.user.username
    asked = {"token": token, "kind": one.kind, "round": one.round}
    total = len(drafts_of(account, token))
    job = ask_job(step=STEP, key=token, by=account, on=seen.today, total=total, asked=asked)
    if one.preview.rows <= LONG and (mine := claim_job(STEP, holder=f"page-{uuid4()}", key=token)):
        carry_on(mine)
    return job


def job_of(token: str) -> Job | None:
    """The job of a draft that was confirmed."""
    return Job.objects.filter(step=STEP, key=token).first()


def work_once(holder: str) -> bool:
    """Claim the next job that waits, or whose worker died, and carry it on to its end; False when there is none."""
    job = claim_job(STEP, holder=holder)
    if job is not None:
        carry_on(job)
    return job is not None


def carry_on(job: Job, show: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Do what is left of a claimed job, file by file. What the service refuses ends it, with the reason; when another worker has taken it
    over, it is left to that one."""
    try:
        _carry_on(job, show)
    except Lost:
        return
    except Refused as refused:
        end_job(job, balance={"in": [], "out": []}, failed=str(refused))
    except OperationalError:
        # A database that is locked or away: whoever claims the job when its time is over carries on.
        raise
    except Exception as broken:
        told = f"程序出错，请找管理员：{type(broken).__name__} / the program failed, tell the administrator: {type(broken).__name__}"
        end_job(job, balance={"in": [], "out": []}, failed=told)
        raise


def _carry_on(job: Job, show: Callable[[int, int], None]) -> None:
    token, kind = job.asked["token"], next(kind for kind in KINDS if kind.key == job.asked["kind"])
    seen = Viewer(User.objects.get(username=job.by), job.on)
    round_ = queries.find_round(seen, job.asked["round"]) if kind.quarterly else None
    if not seen.may(kind.operation) or (kind.quarterly and round_ is None):
        raise Refused(f"{job.by} 已没有上传这种表的任职 / {job.by} holds no post any more that sends in such sheets")
    paths = returns.in_order(drafts_of(job.by, token))
    while job.done < len(paths):
        with part_of(job) as came_to:
            came_to.append(kind.take(seen, round_, [paths[job.done]]).as_text())
            show(job.done, len(paths))
    told = [Preview.from_text(text) for text in job.parts]
    whole = Preview(*([one for part in told for one in getattr(part, side)] for side in ("files", "same", "skipped")))
    whole = kind.end(seen, round_, whole)
    _note(job.by, token, Draft(kind.key, job.asked["round"], whole, taken=True))
    rows = [("rows", whole.rows)]
    end_job(job, balance={"in": rows, "out": [("accepted", whole.accepted), ("refused", whole.refused)]})
    drop_files(job.by, token)


def draft(seen: Viewer, token: str, kind: Kind) -> Draft | None:
    """The viewer's own draft of a kind."""
    text = noted(seen.user.username, token)
    told = json.loads(text) if text else {}
    if told.get("kind") != kind.key:
        return None
    return Draft(told["kind"], told["round"], Preview.from_text(told["preview"]), told["taken"])


def _note(account: str, token: str, one: Draft) -> None:
    told = {"kind": one.kind, "round": one.round, "preview": one.preview.as_text(), "taken": one.taken}
    note_draft(account, token, json.dumps(told, ensure_ascii=False))
