"""Step 1 and 2: a union's file is received, whole or not at all, with every refused row; then matched (step 3).

rows = accepted + refused; the same file again changes nothing; a corrected file replaces the earlier one, which is kept.
"""

import csv
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.db import transaction

from nuanxin.care import rules
from nuanxin.care.models import Lead, Raised, Refusal, ReportedMember, Return, Round
from nuanxin.care.queries import RETURNED
from nuanxin.care.services import register
from nuanxin.matters.services import MatterRow, receive_many
from nuanxin.records.previews import Looked, Preview, Remark
from nuanxin.records.services import (
    Refused,
    insert,
    job,
    keep_file,
    reserve,
    sha256_of,
    tried,
    workday_after,
    write_events,
)
from nuanxin.sheets import Reading, forms, read_files
from nuanxin.union import secrets
from nuanxin.union.models import Org, User
from nuanxin.union.queries import below, covered, require, roles_at
from nuanxin.union.rules import mask_id, mask_phone, may, quarter_zh

SUFFIXES = {".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".et", ".txt"}
OTHER_FORMS = {"visits", "jobs", "consolation", "grants", "mutual_aid", "register_check"}
COMPANION = re.compile(r"[-—_－ ]*(难题和微心愿|难题与微心愿|难题|微心愿|诉求)$")
CHUNK = 200

WHOLE = {
    "unknown_union": (
        "文件名和标题都没有指明本市的一个工会；请在文件名前加上工会代码（如 QTX-01-E01），或在标题写工会全称",
        "neither the file name nor the title names a union of this city: put the union's code before the file name",
    ),
    "union_conflict": (
        "文件名与标题指的是两个不同的工会，无法确定是谁的上报；请核对后重新命名",
        "the file name and the title name two different unions: check which one it is of and rename it",
    ),
    "other_quarter": (
        "标题写的是 {title}，本轮是 {wanted}；请换成本季度的表再报",
        "the title says {title} but this round is {wanted}: send the sheet of this quarter",
    ),
    "no_first_file": (
        "只有「难题和微心愿」，没有同名的摸排表；请连同摸排表一起上报（没有困难家庭也要报“无”）",
        "this is the second sheet of a return whose first file has not been taken: send both",
    ),
    "no_survey": (
        "没有找到「困难职工家庭摸排表」；请用 nuanxin sheet template survey 生成的空表填报",
        "the sheet 困难职工家庭摸排表 was not found: use the blank form of `nuanxin sheet template survey`",
    ),
    "not_yours": (
        "这份表是别的工会的，您只能上报自己的工会和它下面的工会；请由那个工会上报，或交市总工会收",
        "this is another union's return: you may send those of your own union and of the unions below it",
    ),
    "not_owing": (
        "{union} 不在本轮应报范围之内",
        "{union} is not a union of this round's city",
    ),
}

# Member-level and household-level answers that are kept as reported but decide nothing here.
MEMBER_MORE = (
    "health", "disability_kind", "disability_degree", "insurance", "marital", "registration", "contract_from",
    "contract_to", "school", "school_entry", "school_years",
)  # fmt: skip
FAMILY_MORE = (
    "home_type", "floor_area", "second_cause", "single_parent", "nobody_employed", "self_help", "bank", "branch",
    "address", "consent_on",
)  # fmt: skip


@dataclass
class Received:
    """What one import did: returns by what became of them, in the order of the files."""

    returns: list[Return] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The spreadsheets among ``paths`` and directly in the folders among them; hidden and temporary files are left out."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [
                file for file in sorted(path.iterdir())
                if file.is_file() and file.suffix.lower() in SUFFIXES and not file.name.startswith((".", "~$"))
            ]  # fmt: skip
        elif path.is_file():
            found.append(path)
        else:
            raise Refused(f"没有这个文件：{path.name} / no such file: {path.name}")
    return found


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Files in the order in which they are received: a second sheet after its first, a correction after what it corrects."""
    return sorted(files_in(paths), key=lambda path: (bool(COMPANION.search(path.stem)), "更正" in path.stem, path.name))


def receive(
    *,
    round_: Round,
    paths: Iterable[Path],
    by: User,
    on: date,
    show: Callable[[int, int], None] | None = None,
    urgent: bool = False,
    match: bool = True,
) -> Received:
    """Receive files for a round. Each file is taken whole with its refused rows named, or refused whole with one sentence.

    ``urgent``: families in urgent need between rounds, each with a clock of its own; the union's return stays as it is.
    ``match`` False leaves the matching to whoever has more files to bring (``register.match_round``). Raises Refused when the round is
    closed or ``by`` holds no post for it.
    """
    if round_.state == "closed":
        raise Refused(
            f"{round_.quarter} 已办结，请随本季度上报 / {round_.quarter} is closed: send it with the current round"
        )
    require_any(by, round_, on)
    done = Received()
    files = in_order(paths)
    # What was refused whole is looked at again: its union may have been entered since, or its first file have come.
    accepted = round_.returns.exclude(state=Return.REFUSED).select_related("attachment")
    kept = {(r.attachment.sha256, r.file_name): r for r in accepted}
    hashes = {sha for (sha, _), r in kept.items() if r.companion_of_id is None}
    fresh, digests = [], {}
    for path in files:
        digests[path] = sha = sha256_of(path)
        if (sha, path.name) in kept or (sha in hashes and not COMPANION.search(path.stem)):
            done.same.append(path.name)
        else:
            fresh.append(path)
    if fresh:
        with job(step="returns", key=round_.code, by=by.username, on=on, show=show) as progress:
            desk = _Desk(round_, by, on, urgent=urgent)
            batch: list[Reading] = []
            for n, reading in enumerate(read_files(fresh, expect={"survey", "matters"} | OTHER_FORMS), 1):
                batch.append(reading)
                if len(batch) == CHUNK or n == len(fresh):
                    _take(desk, batch, done)
                    batch = []
                    progress.tick(n, len(fresh))
            progress.count("in", "rows", sum(r.rows for r in done.returns))
            progress.count("out", "accepted", sum(r.accepted for r in done.returns))
            progress.count("out", "refused", sum(r.refused for r in done.returns))
    if match:
        register.match_round(round_, by=by, on=on, show=show)
    fresh_rows = Return.objects.select_related("org").in_bulk([made.pk for made in done.returns])
    done.returns = [fresh_rows[made.pk] for made in done.returns]
    return done


def look(*, round_: Round, paths: Iterable[Path], by: User, on: date) -> Preview:
    """What ``receive`` would do with the files, to the row: it is done and taken back, so that nothing is stored. Raises Refused as
    ``receive`` does."""
    paths = list(paths)
    return tried(lambda: came_to(receive(round_=round_, paths=paths, by=by, on=on)), files_in(paths))


def came_to(done: Received) -> Preview:
    """What became of received files, to the row."""
    keys = [made.pk for made in done.returns]
    lines: dict[tuple[int, bool], list[Remark]] = defaultdict(list)
    for line in Refusal.objects.filter(source__in=keys):
        told = (line.sheet, line.row, line.column, line.found, line.why_zh, line.why_en, line.mend_zh, line.mend_en)
        lines[line.source_id, line.warning].append(Remark(*told))
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for source, state in Lead.objects.filter(from_return__in=keys).values_list("from_return", "state"):
        counts[source or 0][0] += 1
        counts[source or 0][1] += state == "doubtful"
    before = Return.objects.filter(replaced_by__in=keys, refused_whole__isnull=True).exclude(pk__in=keys)
    heirs = dict(before.order_by("-pk").values_list("replaced_by", "file_name"))
    files = []
    for made in done.returns:
        why = made.refused_whole or {}
        families, doubtful = counts[made.pk]
        files.append(Looked(
            made.file_name, made.org.name if made.org else "", why.get("zh", ""), why.get("en", ""), made.rows, made.accepted,
            made.refused, 0, families, doubtful, made.wishes, made.problems, made.nil, made.late, heirs.get(made.pk, ""),
            made.state == Return.REPLACED, made.code, lines[made.pk, False], lines[made.pk, True],
        ))  # fmt: skip
    return Preview(files, done.same, done.skipped)


def tell_marked(made: Return, *, by: User, on: date) -> None:
    """A file with the numbers of people goes back to its sender, marked: that is written down. Raises Refused without a post."""
    if made.by != by.username:
        require(by, "return.receive", made.org or made.round.org, on)
    chain = (made.org or made.round.org).code
    with transaction.atomic():
        write_events(chain=chain, lines=[("return.mark", f"return:{made.code}", {})], by=by.username, on=on)


def receive_nil(*, round_: Round, org: Org, by: User, on: date) -> Return | None:
    """A union has nobody to report (零报告), said without a sheet of its own: a sheet that says so is made and received like any other.

    Returns the return, or None when the union had said so before. Raises Refused without a post there, or when families were reported:
    a corrected sheet says otherwise, not a button.
    """
    require(by, "return.receive", org, on)
    if not round_.owed.filter(org=org).exists():
        raise Refused(
            WHOLE["not_owing"][0].format(union=org.name) + " / " + WHOLE["not_owing"][1].format(union=org.code)
        )
    if round_.returns.filter(RETURNED, org=org, nil=False).exists():
        raise Refused(
            f"{org.name}本季度已经报了家庭；要改请上传更正后的表 / {org.code} has reported families: send a corrected sheet"
        )
    titles = [one.title for one in forms()["survey"].fields.values() if not one.optional]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{org.code}-{round_.quarter}-零报告.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([[f"{org.name}{quarter_zh(round_.quarter)}困难职工家庭摸排表"], titles, ["无"]])
        done = receive(round_=round_, paths=[path], by=by, on=on)
    return done.returns[0] if done.returns else None


def require_any(by: User, round_: Round, on: date) -> None:
    """A city officer, or a grass-roots officer somewhere below (whose own union is checked file by file)."""
    if not covered(by, "return.receive", on) & below([round_.org]):
        require(by, "return.receive", round_.org, on)


class _Desk:
    """What the receiving of one import needs at hand: the tree by code and name, and numbers for what is new."""

    def __init__(self, round_: Round, by: User, on: date, *, urgent: bool = False) -> None:
        self.round, self.by, self.on, self.urgent = round_, by, on, urgent
        self.clock_on = workday_after(on, rules.URGENT_DAYS) if urgent else max(round_.visits_due_on, on)
        # Codes of the returns whose matters this import corrects.
        self.replacing: list[str] = []
        orgs = list(round_.org.descendants(include_self=True))
        # Whoever holds the post over the whole city holds it over each union; others are asked about file by file.
        self.over_all = may("return.receive", roles_at(by, round_.org, on))
        self.orgs = {org.pk: org for org in orgs}
        self.by_code = {org.code.upper(): org.pk for org in orgs}
        self.by_name = {re.sub(r"[\s（）()]", "", org.name): org.pk for org in orgs}
        numbers: dict[str, int] = defaultdict(int)
        for code in round_.returns.values_list("code", flat=True):
            head, _, number = code.rpartition("/")
            numbers[head] = max(numbers[head], int(number))
        self.numbers = numbers
        self.taken = {r.org_id: r for r in round_.returns.filter(RETURNED)}
        refused = round_.returns.filter(state=Return.REFUSED).select_related("attachment")
        self.refused = {(r.attachment.sha256, r.file_name): r for r in refused}
        self.firsts = {Path(r.file_name).stem: r for r in round_.returns.filter(companion_of=None).order_by("pk")}

    def code(self, org: Org | None) -> str:
        head = f"{self.round.code}/{org.code if org else '-'}"
        self.numbers[head] += 1
        return f"{head}/{self.numbers[head]}"


@transaction.atomic
def _take(desk: _Desk, readings: Sequence[Reading], done: Received) -> None:
    """Take one chunk of files in one transaction: returns, refusals, leads with their member rows, matters."""
    leads: list[tuple[Any, ...]] = []
    members: list[tuple[Any, ...]] = []
    refusals: list[tuple[Any, ...]] = []
    matters: list[tuple[Return, MatterRow]] = []
    events: dict[str, list[Any]] = defaultdict(list)
    pairs = [(made, reading) for reading in readings if (made := _one(desk, reading, done, events)) is not None]
    # A file of this very chunk may have been replaced by a later one.
    replaced = set(
        Return.objects.filter(pk__in=[made.pk for made, _ in pairs], state=Return.REPLACED).values_list("pk", flat=True)
    )
    for made, reading in pairs:
        refusals += [_refusal(made, refusal, False) for refusal in reading.refusals]
        refusals += [_refusal(made, warning, True) for warning in reading.warnings]
        if made.state == Return.REFUSED:
            continue
        if "survey" in reading.tables and not made.companion_of_id:
            state = "replaced" if made.pk in replaced else "reported"
            _families(desk, made, reading.tables["survey"].to_pydict(), leads, members, state)
        if "matters" in reading.tables and made.pk not in replaced:
            matters += [(made, row) for row in _matters(desk, made, reading.tables["matters"].to_pylist())]
    insert(Refusal, _REFUSAL, refusals)
    keys = reserve(Lead, len(leads))
    insert(Lead, _LEAD, [(key, *lead) for key, lead in zip(keys, leads, strict=True)])
    insert(ReportedMember, _MEMBER, [(keys[member[0]], *member[1:]) for member in members])
    ids = receive_many([row for _, row in matters], by=desk.by, on=desk.on, replacing=desk.replacing)
    desk.replacing = []
    insert(Raised, ["source", "matter"], [(made.pk, key) for (made, _), key in zip(matters, ids, strict=True)])
    for chain, lines in events.items():
        write_events(chain=chain, lines=lines, by=desk.by.username, on=desk.on)


def _one(desk: _Desk, reading: Reading, done: Received, events: dict[str, list[Any]]) -> Return | None:
    """The Return of one file, stored; None for a file that is no return at all (a visit sheet in the same folder)."""
    stem = Path(reading.name).stem
    forms = set(reading.tables)
    if forms and not forms & {"survey", "matters"}:
        done.skipped.append(reading.name)
        return None
    base = COMPANION.sub("", stem)
    org_id, problem = rules.union_of_file(base, reading.org_name, desk.by_code, desk.by_name)
    org = desk.orgs.get(org_id) if org_id else None
    whole = _whole(desk, reading, org, problem)
    if whole is not None and whole["code"] == "not_yours":
        # Nothing is written down at a union that the sender has no post over.
        org = None
    first = desk.firsts.get(base) if COMPANION.search(stem) and "survey" not in forms else None
    if whole is None and "survey" not in forms:
        if first is None:
            whole = _sentence("no_first_file" if COMPANION.search(stem) else "no_survey")
        elif first.state == Return.REFUSED:
            whole = first.refused_whole
    before = desk.refused.get((reading.sha256, reading.name))
    if before is not None and whole is not None and (before.refused_whole or {}).get("code") == whole["code"]:
        done.same.append(reading.name)
        desk.firsts.setdefault(stem, before)
        return None
    counts: dict[str, Any] = dict(reading.balance.get("survey", {}))
    accepted, refused = (counts.get("accepted", 0), counts.get("refused", 0)) if whole is None and not first else (0, 0)
    kinds = (
        reading.tables["matters"].filter(pc.field("accepted"))["kind"].to_pylist()
        if "matters" in forms and not whole
        else []
    )
    made = Return(
        code=desk.code(org), round=desk.round, org=org, file_name=reading.name,
        attachment=keep_file(reading.path, sha256=reading.sha256, name=reading.name), received_on=desk.on,
        late=desk.on > desk.round.returns_due_on, by=desk.by.username, correction=reading.correction,
        state=Return.REFUSED if whole else Return.TAKEN, refused_whole=whole, nil=reading.nil and whole is None and not first,
        rows=accepted + refused, accepted=accepted, refused=refused, cells=counts, companion_of=first,
        wishes=kinds.count("wish"), problems=kinds.count("problem"),
    )  # fmt: skip
    if first is not None and first.state == Return.REPLACED:
        made.state, made.replaced_by = Return.REPLACED, first.replaced_by
    made.urgent = desk.urgent
    earlier = desk.taken.get(org.pk) if org and whole is None and first is None and not desk.urgent else None
    if earlier is not None and earlier.correction and not made.correction:
        made.state, made.replaced_by = Return.REPLACED, earlier
    made.save()
    if before is not None:
        Return.objects.filter(pk=before.pk).update(state=Return.REPLACED, replaced_by=made, org=made.org)
    if first is None:
        desk.firsts[stem] = made
    if made.state == Return.TAKEN and org and first is None and not desk.urgent:
        if earlier is not None:
            _replace(earlier, made, desk)
        desk.taken[org.pk] = made
    done.returns.append(made)
    verb = "return.refuse" if whole else "return.take"
    facts = {"sha256": reading.sha256, "accepted": accepted, "refused": refused}
    events[(org or desk.round.org).code].append((verb, f"return:{made.code}", facts))
    return made


def _whole(desk: _Desk, reading: Reading, org: Org | None, problem: str | None) -> dict[str, Any] | None:
    if reading.refused_whole is not None:
        message = reading.refused_whole
        return {"code": message.code, "zh": message.text("zh"), "en": message.text("en")}
    if problem or org is None:
        return _sentence(problem or "unknown_union")
    if reading.quarter and reading.quarter != desk.round.quarter:
        return _sentence("other_quarter", title=reading.quarter, wanted=desk.round.quarter)
    if not desk.over_all and not may("return.receive", roles_at(desk.by, org, desk.on)):
        return _sentence("not_yours")
    return None


def _sentence(code: str, **args: str) -> dict[str, Any]:
    zh, en = WHOLE[code]
    return {"code": code, "zh": zh.format(**args), "en": en.format(**args)}


def _replace(earlier: Return, heir: Return, desk: _Desk) -> None:
    """The corrected file takes the place of the earlier one: its undecided families and its matters leave, and are kept."""
    group = Return.objects.filter(pk=earlier.pk) | Return.objects.filter(companion_of=earlier)
    desk.replacing += list(group.values_list("code", flat=True))
    Return.objects.filter(pk__in=list(group.values_list("pk", flat=True))).update(
        state=Return.REPLACED, replaced_by=heir
    )
    for held in (earlier, *(first for first in desk.firsts.values() if first.pk == earlier.pk)):
        held.state, held.replaced_by = Return.REPLACED, heir
    Lead.objects.filter(from_return=earlier).exclude(state__in=["decided", "replaced"]).update(state="replaced")


_REFUSAL = ["source", "warning", "sheet", "row", "column", "found", "code", "why_zh", "why_en", "mend_zh", "mend_en"]


def _refusal(made: Return, refusal: Any, warning: bool) -> tuple[Any, ...]:
    return (
        made.pk, warning, refusal.sheet[:80], refusal.row, refusal.column[:80], refusal.found[:200], refusal.code,
        refusal.why("zh")[:500], refusal.why("en")[:500], refusal.mend("zh")[:500], refusal.mend("en")[:500],
    )  # fmt: skip


_LEAD = [
    "id", "code", "round", "source", "from_return", "family", "org", "worker_name", "opened_on", "clock_on",
    "state", "held_code", "new", "members", "income", "medical", "schooling", "loss", "homes", "cars", "runs_business",
    "costly_school", "children_compulsory", "children_upper", "cause", "note", "more", "grade", "reasons", "excuse",
]  # fmt: skip
_MEMBER = [
    "lead", "row", "accepted", "name", "relation", "id_hash", "id_cipher", "id_mask", "born_on", "phone_hash",
    "phone_cipher", "phone_mask", "work_state", "study_stage", "more",
]  # fmt: skip


def _families(
    desk: _Desk, made: Return, table: dict[str, list[Any]], leads: list[tuple[Any, ...]], members: list[tuple[Any, ...]],
    state: str,
) -> None:  # fmt: skip
    """The families of one file as leads without their keys, and its member rows, sealed, with the place of their lead."""
    families: dict[int, list[int]] = defaultdict(list)
    for i, family in enumerate(table["family"]):
        families[family].append(i)
    numbers = table["resident_id"]
    hashes, ciphers = secrets.find_keys(numbers), secrets.seal_all(numbers)
    phones = table["phone"]
    phone_hashes, phone_ciphers = secrets.find_keys(phones), secrets.seal_all(phones)
    cards = table.get("card") or [None] * len(numbers)
    round_ = desk.round
    for family, rows in families.items():
        place = len(leads)
        held = not all(table["accepted"][i] for i in rows)
        head = next((i for i in rows if table["worker_row"][i]), rows[0])
        counted = [i for i in rows if table["accepted"][i]]
        stages = [
            table["study_stage"][i] for i in counted
            if table["relation"][i] not in ("self", "spouse", "parent", "grandparent")
        ]  # fmt: skip
        more = {
            name: _plain(table[name][head]) for name in FAMILY_MORE if name in table and table[name][head] is not None
        }
        if cards[head]:
            more |= {"card_mask": cards[head][-4:], "card_seal": (secrets.seal(cards[head])).hex()}
        leads.append((
            f"{made.code}/{family + 1}", round_.pk, Lead.URGENT if desk.urgent else Lead.REPORTED, made.pk, family, made.org_id,
            table["worker_name"][head] or table["name"][head] or "", desk.on, desk.clock_on, state,
            "refused_row" if held else "", True, len(counted), *(_yuan(table[name][head]) for name in
            ("income", "medical", "schooling", "loss")), table["homes"][head], table["cars"][head],
            table["runs_business"][head], table["costly_school"][head], sum(s in rules.COMPULSORY for s in stages),
            sum(s in rules.UPPER for s in stages), table["cause"][head] or "", (table["note"][head] or "")[:300], more, "", [], "",
        ))  # fmt: skip
        for i in rows:
            number, phone = numbers[i], phones[i]
            members.append((
                place, table["row"][i], table["accepted"][i], (table["name"][i] or "")[:60], table["relation"][i] or "other",
                hashes[i], ciphers[i], mask_id(number) if number else "", _born(number), phone_hashes[i] or "",
                phone_ciphers[i], mask_phone(phone) if phone else "", (table["work_state"][i] or "")[:40],
                table["study_stage"][i] or "",
                {name: _plain(table[name][i]) for name in MEMBER_MORE if name in table and table[name][i] is not None},
            ))  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)


def _born(number: str | None) -> date | None:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14])) if number else None


def _matters(desk: _Desk, made: Return, rows: Iterable[dict[str, Any]]) -> list[MatterRow]:
    org = desk.orgs[made.org_id]
    return [
        MatterRow(
            kind=row["kind"], content=row["content"], raised_by=row["name"] or "", phone=row["phone"], org=org,
            source=made.code, quarter=desk.round.quarter, received_on=desk.on, explicit_class=None,
        )
        for row in rows
        if row["accepted"]
    ]  # fmt: skip
