"""The doors of the ground floor: write events, move rows, run jobs, insert in bulk, keep files, count working days."""

import csv
import hashlib
import io
import json
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from nuanxin.records import rules
from nuanxin.records.flows import Flow
from nuanxin.records.models import Attachment, CalendarDay, Event, Job

Line = tuple[str, str, dict[str, Any]]  # verb, subject, facts


class Refused(Exception):
    """Something that may not be done now, with the list of what is missing or wrong; a sentence each, for people."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        super().__init__("；".join(reasons))


@dataclass(frozen=True, slots=True)
class Many:
    """What an act on many rows came to: how many were ``done``, how many stood so already (the ``same`` act again changes nothing), and
    the codes of those that somebody has ``changed`` since they were looked at, which were left alone."""

    done: int
    same: int
    changed: tuple[str, ...]


def sort_out(shown: Mapping[str, str], now: Mapping[str, str], wanted: str) -> tuple[list[str], Many]:
    """What is left to do when rows were looked at as ``shown`` (code → how it stood) and stand as ``now``: the codes to act on, and what
    the act comes to. Who stands as ``wanted`` needs nothing; who is gone has changed."""
    same = [code for code in shown if now.get(code) == wanted]
    doing = [code for code, was in shown.items() if now.get(code) == was and was != wanted]
    changed = sorted(set(shown) - set(same) - set(doing))
    return doing, Many(len(doing), len(same), tuple(changed))


# ---------------------------------------------------------------------------------------------------------------- events


def write_events(*, chain: str, lines: Sequence[Line], by: str, on: date) -> None:
    """Append events to the chain of one organisation, in the caller's transaction.

    The unique place in the chain makes two writers who read the same end fail instead of forking; on PostgreSQL the chain's
    last row is locked first, so that the second one waits.
    """
    if not lines:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("an event is written in the transaction of what it tells of")
    last = Event.objects.select_for_update().filter(chain=chain).order_by("-seq").first()
    seq, previous = (last.seq, last.hash) if last else (0, "")
    at = timezone.now()
    rows = []
    for verb, subject, facts in lines:
        seq += 1
        fields = {"chain": chain, "seq": seq, "verb": verb, "subject": subject, "by": by, "on": on, "facts": facts}
        hash_ = rules.event_hash(previous, fields)
        rows.append((chain, seq, verb, subject, by, on, at, facts, previous, hash_))
        previous = hash_
    insert(Event, ["chain", "seq", "verb", "subject", "by", "on", "at", "facts", "previous", "hash"], rows)


def verify_chain(chain: str) -> int:
    """Recompute the whole chain; returns its length. Raises Refused naming the first event that does not fit."""
    previous, count = "", 0
    for event in Event.objects.filter(chain=chain).order_by("seq").iterator():
        count += 1
        fields = {
            "chain": event.chain, "seq": event.seq, "verb": event.verb, "subject": event.subject, "by": event.by,
            "on": event.on, "facts": event.facts,
        }  # fmt: skip
        if (event.seq, event.previous, event.hash) != (count, previous, rules.event_hash(previous, fields)):
            raise Refused(f"事件链 {chain} 在第 {event.seq} 条断开 / chain {chain} is broken at event {event.seq}")
        previous = event.hash
    return count


# ------------------------------------------------------------------------------------------------------------------ move


def move(
    flow: Flow,
    verb: str,
    rows: models.QuerySet[Any],
    *,
    by: str,
    on: date,
    roles: Iterable[str],
    chain: str,
    missing: Iterable[str] = (),
    facts: Mapping[str, Any] | None = None,
    **changes: Any,
) -> int:
    """The one door through which rows change their state.

    Collects what is missing and refuses with that list, or updates the rows where the state is still one that the verb
    starts from: one UPDATE whose count must match (somebody faster: nothing is changed), and an Event for each row.
    ``rows`` is a queryset of a model with ``code`` and ``state``, filtered by what the update does not change; ``roles``
    are those that ``by`` holds here; ``missing`` are sentences of needs that are not met. Returns how many moved.
    """
    step = flow.moves[verb]
    reasons = list(missing)
    if not set(step.who) & set(roles):
        reasons.insert(0, f"{by} 无权办理「{verb}」 / {by} may not {verb}")
    if reasons:
        raise Refused(*reasons)
    with transaction.atomic():
        found = list(rows.order_by("pk").values_list("code", "state"))
        late = sum(state not in step.sources for _, state in found)
        if late:
            raise Refused(
                f"有 {late} 条已不在可「{verb}」的状态，可能有人先办了，请刷新后再试"
                f" / {late} rows can no longer {verb}: somebody may have been faster"
            )
        moved = rows.filter(state__in=step.sources).update(state=step.target, **changes)
        if moved != len(found):
            raise Refused("有人先办了一步，本次未作任何更改 / somebody was faster: nothing was changed")
        lines = [
            (f"{flow.name}.{verb}", f"{flow.name}:{code}", {"from": state, "to": step.target, **(facts or {})})
            for code, state in found
        ]
        write_events(chain=chain, lines=lines, by=by, on=on)
    return moved


# ------------------------------------------------------------------------------------------------------------------ jobs


class Progress:
    """What a running job tells: counts in and out, and how far it is (``tick`` is shown by the caller, if at all)."""

    def __init__(self, job: Job, show: Callable[[int, int], None] | None) -> None:
        self.job, self.show = job, show
        self.balance: dict[str, dict[str, int]] = {"in": {}, "out": {}}
        self._saved = time.monotonic()

    def tick(self, done: int, total: int) -> None:
        self.job.done, self.job.total = done, total
        if self.show:
            self.show(done, total)
        if time.monotonic() - self._saved > 1 and not connection.in_atomic_block:
            self.job.save(update_fields=["done", "total"])
            self._saved = time.monotonic()

    def count(self, side: str, name: str, n: int) -> None:
        self.balance[side][name] = self.balance[side].get(name, 0) + n


@contextmanager
def job(
    *, step: str, key: str, by: str, on: date, show: Callable[[int, int], None] | None = None
) -> Iterator[Progress]:
    """Run one step. It must balance: counts in = counts out, or it fails loudly. The last run's line stays with the Job."""
    row = Job.objects.create(step=step, key=key, by=by, on=on, state=Job.RUNNING, started_at=timezone.now())
    progress = Progress(row, show)
    try:
        yield progress
        if not rules.balanced(progress.balance):
            raise AssertionError(f"{step} {key} does not balance: {balance_line(step, progress.balance)}")
    except BaseException:
        Job.objects.filter(pk=row.pk).update(state=Job.FAILED, ended_at=timezone.now())
        raise
    # As pairs: PostgreSQL keeps no order of keys, and the line is read in its order.
    row.balance = {side: list(counts.items()) for side, counts in progress.balance.items()}
    row.state, row.ended_at = Job.DONE, timezone.now()
    row.save()


def balance_line(step: str, balance: Mapping[str, Any]) -> str:
    """``rows 45 = accepted 44 + refused 1``."""

    def side(counts: Any) -> str:
        return " + ".join(f"{name} {n:,}" for name, n in dict(counts).items()) or "0"

    return f"{step}: {side(balance['in'])} = {side(balance['out'])}"


HELD_FOR = timedelta(seconds=60)


class Lost(Exception):
    """Another worker holds the job by now: whatever this one was doing is taken back."""


def ask_job(*, step: str, key: str, by: str, on: date, total: int, asked: Mapping[str, Any]) -> Job:
    """A job that waits for a worker; asked for again it is the same one."""
    told = {
        "by": by,
        "on": on,
        "state": Job.WAITING,
        "total": total,
        "asked": dict(asked),
        "started_at": timezone.now(),
    }
    return Job.objects.get_or_create(step=step, key=key, defaults=told)[0]


def claim_job(step: str, *, holder: str, key: str | None = None) -> Job | None:
    """The oldest job of a step (or the one of a key) that waits, or whose holder has not been heard of in time; None when there is none.
    Of several who claim it one has it: one UPDATE that matches what was seen."""
    now = timezone.now()
    free = Q(state=Job.WAITING) | Q(state=Job.RUNNING, free_at__lt=now)
    jobs = Job.objects.filter(free, step=step, **({"key": key} if key else {})).order_by("pk")
    for seen in jobs:
        as_seen = Job.objects.filter(pk=seen.pk, state=seen.state, holder=seen.holder, free_at=seen.free_at)
        if as_seen.update(state=Job.RUNNING, holder=holder, free_at=now + HELD_FOR):
            return Job.objects.get(pk=seen.pk)
    return None


@contextmanager
def part_of(job: Job) -> Iterator[list[Any]]:
    """Do the next part of a claimed job: in one transaction with the word that it is done, so that it is done once. Append to the list
    what became of it. Raises Lost when somebody else holds the job.

    The job's row is held through the transaction: a worker who is at work is not taken for dead however long the part lasts, and one
    that is killed leaves nothing.
    """
    with transaction.atomic():
        mine = Job.objects.filter(pk=job.pk, state=Job.RUNNING, holder=job.holder, done=job.done)
        if not mine.update(free_at=timezone.now() + HELD_FOR):
            raise Lost(f"{job} is held by another worker")
        came_to: list[Any] = []
        yield came_to
        parts, held = [*job.parts, *came_to], timezone.now() + HELD_FOR
        if not mine.update(done=job.done + 1, parts=parts, free_at=held):
            raise Lost(f"{job} is held by another worker")
    job.done, job.parts, job.free_at = job.done + 1, parts, held


def end_job(job: Job, *, balance: Mapping[str, Sequence[tuple[str, int]]], failed: str = "") -> None:
    """End a claimed job: it balances, or it ``failed`` for a reason. Raises Lost when somebody else holds it."""
    sides = {side: dict(counts) for side, counts in balance.items()}
    if not failed and not rules.balanced(sides):
        raise AssertionError(f"{job} does not balance: {balance_line(job.step, balance)}")
    mine = Job.objects.filter(pk=job.pk, state=Job.RUNNING, holder=job.holder)
    asked = {**job.asked, "failed": failed} if failed else job.asked
    state = Job.FAILED if failed else Job.DONE
    if not mine.update(state=state, ended_at=timezone.now(), asked=asked, balance=dict(balance), free_at=None):
        raise Lost(f"{job} is held by another worker")


# ------------------------------------------------------------------------------------------------------------------ bulk


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert many rows past the ORM's objects: COPY on PostgreSQL, executemany on SQLite. Values go through each field's own
    preparation once per column type that needs it (dates, decimals, JSON), so that what is stored equals what ``save`` stores.

    Constraints and triggers of the database hold; ``save`` signals do not run (the house uses none).
    """
    columns: list[Any] = [model._meta.get_field(name) for name in fields]
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    rows = rows if isinstance(rows, list) else list(rows)
    if not rows:
        return 0
    # COPY and the driver's own executemany go past the cursor that is guarded while a page is only read: the guard is asked first.
    for guard in connection.execute_wrappers:
        guard(lambda *_: None, f"INSERT INTO {table}", None, True, {"connection": connection})
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            json_at = [i for i, column in enumerate(columns) if isinstance(column, models.JSONField)]
            for row in rows:
                copy.write_row(_with_json(row, json_at) if json_at else row)
        return len(rows)
    # SQLite has no date, decimal or JSON type: convert just the columns that need it.
    prepare = {
        i: column for i, column in enumerate(columns)
        if isinstance(column, models.DateField | models.DecimalField | models.JSONField | models.BooleanField)
    }  # fmt: skip
    ready: Iterable[Sequence[Any]] = rows
    if prepare:
        turn = [(i, _sqlite_turn(column)) for i, column in prepare.items()]
        ready = (_turned(row, turn) for row in rows)
    marks = ", ".join(["?"] * len(columns))
    connection.ensure_connection()
    # Names of our own tables and columns, nothing from outside.
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
    connection.connection.executemany(statement, ready)
    return len(rows)


def reserve(model: type[models.Model], count: int) -> list[int]:
    """Keys for rows that refer to one another before they are inserted. Call within the transaction that inserts them."""
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key.column, count]
            )
            return [row[0] for row in cursor.fetchall()]
        # Names of our own table and key, nothing from outside.
        highest = f"(SELECT max({key.column}) FROM {table})"  # noqa: S608
        given = "(SELECT seq FROM sqlite_sequence WHERE name = %s)"
        cursor.execute(f"SELECT max(coalesce({given}, 0), coalesce({highest}, 0))", [table])
        last = cursor.fetchone()[0]
    return list(range(last + 1, last + 1 + count))


def _with_json(row: Sequence[Any], at: Sequence[int]) -> list[Any]:
    row = list(row)
    for i in at:
        row[i] = None if row[i] is None else json.dumps(row[i], ensure_ascii=False)
    return row


def _sqlite_turn(column: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    if isinstance(column, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False)
    if isinstance(column, models.DateTimeField):
        return lambda value: connection.ops.adapt_datetimefield_value(value)
    if isinstance(column, models.DateField):
        return date.isoformat
    if isinstance(column, models.DecimalField):
        digits, places = column.max_digits, column.decimal_places
        return lambda value: connection.ops.adapt_decimalfield_value(value, digits, places)
    return int


def _turned(row: Sequence[Any], turn: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    row = list(row)
    for i, change in turn:
        if row[i] is not None:
            row[i] = change(row[i])
    return row


# ----------------------------------------------------------------------------------------------------------------- files


def keep_file(path: Path, *, sha256: str, name: str | None = None) -> Attachment:
    """Keep a copy of a file under its content's hash; the same content is kept once."""
    found = Attachment.objects.filter(sha256=sha256).first()
    if found:
        return found
    kept = Attachment(sha256=sha256, name=name or path.name, size=path.stat().st_size, kept_at=timezone.now())
    kept.path.parent.mkdir(parents=True, exist_ok=True)
    if not kept.path.exists():
        draft = kept.path.with_suffix(".part")
        shutil.copyfile(path, draft)
        draft.chmod(0o600)
        draft.rename(kept.path)
    kept.save()
    return kept


def keep_content(content: bytes, *, name: str) -> Attachment:
    """Keep what was sent in, as ``keep_file`` does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        path.write_bytes(content)
        return keep_file(path, sha256=hashlib.sha256(content).hexdigest(), name=name)


def drop_unkept(digests: Iterable[str]) -> None:
    """Remove copies that no Attachment names, left by work that was taken back."""
    digests = set(digests)
    for sha256 in digests - set(Attachment.objects.filter(sha256__in=digests).values_list("sha256", flat=True)):
        Attachment(sha256=sha256).path.unlink(missing_ok=True)


T = TypeVar("T")


def tried(call: Callable[[], T], paths: Iterable[Path]) -> T:
    """What a call comes to that takes files in, without its having happened: it is done and taken back, the copies it kept too."""
    try:
        with transaction.atomic():
            got = call()
            transaction.set_rollback(True)
    finally:
        drop_unkept(sha256_of(path) for path in paths)
    return got


DRAFT_DAYS = 2


def keep_drafts(account: str, files: Iterable[tuple[str, Iterable[bytes]]]) -> str:
    """Keep uploaded files under their names until they are confirmed or given up; returns the token of their folder. They are the
    account's alone; drafts older than ``DRAFT_DAYS`` days go."""
    home = settings.NUANXIN_FILES / "drafts" / account
    for old in home.iterdir() if home.exists() else ():
        if time.time() - old.stat().st_mtime > DRAFT_DAYS * 24 * 3600:
            shutil.rmtree(old)
    token = secrets.token_urlsafe(12)
    folder = home / token
    folder.mkdir(parents=True, mode=0o700)
    for name, chunks in files:
        path = folder / Path(name).name
        with path.open("wb") as file:
            file.writelines(chunks)
        path.chmod(0o600)
    return token


def drafts_of(account: str, token: str) -> list[Path]:
    """The files of a draft, by name; none when the account has no such draft."""
    folder = settings.NUANXIN_FILES / "drafts" / account / token
    return (
        sorted(path for path in folder.iterdir() if path.name != _NOTE)
        if re.fullmatch(r"[\w-]{16}", token) and folder.is_dir()
        else []
    )


_NOTE = ".note"


def note_draft(account: str, token: str, text: str) -> None:
    """Keep what was found out about a draft beside its files."""
    path = settings.NUANXIN_FILES / "drafts" / account / token / _NOTE
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def noted(account: str, token: str) -> str:
    """What ``note_draft`` kept; nothing where the account has no such draft."""
    path = settings.NUANXIN_FILES / "drafts" / account / token / _NOTE
    return path.read_text(encoding="utf-8") if re.fullmatch(r"[\w-]{16}", token) and path.is_file() else ""


def drop_drafts(account: str, token: str) -> None:
    """Give a draft up."""
    if drafts_of(account, token):
        shutil.rmtree(settings.NUANXIN_FILES / "drafts" / account / token)


def drop_files(account: str, token: str) -> None:
    """A draft was taken in: its files go, what was noted stays until the draft is old."""
    for path in drafts_of(account, token):
        path.unlink()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -------------------------------------------------------------------------------------------------------------- calendar


DAY_NAME = CalendarDay._meta.get_field("name").max_length or 0


def seed_calendar(*, through: int | None = None) -> int:
    """Fill the official calendar from the package ``chinesecalendar`` (State Council notices, 2004 on) where days are missing.

    The table is the law here: an administrator may add or correct days; seeding never overwrites. Returns days added.
    """
    import chinese_calendar

    known = set(CalendarDay.objects.values_list("on", flat=True))
    rows = [
        (day, worked, str(name)[:DAY_NAME])
        for days, worked in ((chinese_calendar.holidays, False), (chinese_calendar.workdays, True))
        for day, name in days.items()
        if day not in known and (through is None or day.year <= through) and worked != (day.weekday() < 5)
    ]
    return insert(CalendarDay, ["on", "worked", "name"], rows)


def read_calendar(text: str) -> list[tuple[date, bool, str]]:
    """Days from CSV ``date,worked(0|1),name``: what an administrator types from the State Council's notice. Raises Refused naming the
    first line that cannot be read."""
    rows = []
    for n, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        try:
            name = row["name"].strip()
            rows.append((date.fromisoformat(row["date"].strip()), {"0": False, "1": True}[row["worked"].strip()], name))
        except (KeyError, ValueError, AttributeError, TypeError):
            raise Refused(
                f"第 {n} 行应为 date,worked,name，如 2027-01-01,0,元旦 / line {n}: write date,worked(0 or 1),name"
            ) from None
        if len(name) > DAY_NAME:
            raise Refused(
                f"第 {n} 行的名称超过 {DAY_NAME} 个字 / line {n}: the name is longer than {DAY_NAME} characters"
            )
    return rows


def load_calendar(text: str, *, chain: str, by: str, on: date) -> int:
    """Add the days of ``read_calendar``; a day that stands already is corrected, one that stands so is left alone. Returns days written."""
    rows = read_calendar(text)
    with transaction.atomic():
        standing = {
            (day.on, day.worked, day.name) for day in CalendarDay.objects.filter(on__in=[row[0] for row in rows])
        }
        rows = [row for row in rows if row not in standing]
        CalendarDay.objects.filter(on__in=[row[0] for row in rows]).delete()
        insert(CalendarDay, ["on", "worked", "name"], rows)
        years = sorted({row[0].year for row in rows})
        lines = [
            ("calendar.load", f"calendar:{year}", {"days": sum(row[0].year == year for row in rows)}) for year in years
        ]
        write_events(chain=chain, lines=lines, by=by, on=on)
    return len(rows)


def official_days(first: date, last: date) -> dict[date, tuple[bool, str]]:
    """The days between that differ from the plain week, each with whether it is worked and why."""
    found = CalendarDay.objects.filter(on__range=(first, last)).values_list("on", "worked", "name")
    return {on: (worked, name) for on, worked, name in found}


def official_years() -> frozenset[int]:
    """The years that are entered."""
    return _calendar()[1]


def _calendar() -> tuple[dict[date, bool], frozenset[int]]:
    days = dict(CalendarDay.objects.values_list("on", "worked"))
    return days, frozenset(day.year for day in days)


def workday_after(start: date, days: int) -> date:
    """The ``days``-th working day after ``start`` by the official calendar. Raises UnknownYear rather than guess."""
    return rules.add_workdays(start, days, *_calendar())


def workdays_from(start: date, count: int) -> list[date]:
    """The first ``count`` working days from ``start`` on, itself included; fewer where the coming year's calendar is not entered."""
    known, years = _calendar()
    days: list[date] = []
    day = start
    while len(days) < count and day.year in years:
        if rules.is_workday(day, known, years):
            days.append(day)
        day += timedelta(days=1)
    return days


def workdays_between(start: date, end: date) -> int:
    """Working days after ``start`` up to and including ``end``."""
    return rules.workdays_between(start, end, *_calendar())


def next_year_missing(today: date) -> int | None:
    """The coming year when its calendar is not entered yet and today is in the last quarter: the desk shows an alarm."""
    following = (today.replace(month=12, day=31) + timedelta(days=1)).year
    if today.month < 10 or CalendarDay.objects.filter(on__year=following).exists():
        return None
    return following
