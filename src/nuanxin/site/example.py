"""A whole folder of quarters, run the way two officers would: one proposes, the other certifies, on dates that fit.

The folder is laid out like ``examples/``: ``unions.csv``, a folder a quarter with the unions' files and 走访记录, and the books beside
them. Running it again changes nothing.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from nuanxin.books.services import import_books
from nuanxin.care.models import Lead, Round
from nuanxin.care.rules import default_dates
from nuanxin.care.services import decide, offers, publish, returns, rounds, visits
from nuanxin.matters import services as matters
from nuanxin.matters.models import Matter
from nuanxin.records import clock
from nuanxin.records.models import Job
from nuanxin.records.services import Refused, balance_line, workday_after
from nuanxin.reports.brief import make_brief
from nuanxin.sheets import read_file
from nuanxin.site.demo import OFFICERS, load_accounts, load_worker
from nuanxin.site.setup import initialise
from nuanxin.union import rules as union_rules
from nuanxin.union.models import Org, User
from nuanxin.union.queries import city
from nuanxin.union.services import load_unions

QUARTER_FOLDER = re.compile(r"^\d{4}Q[1-4]$")
POLICY = "qingtongxia"
Say = Callable[[str], Any]
# The demo's matters: what was answered (a part of its content, the answer), how many are left overdue, and what came in the first
# working days of the open quarter.
ANSWERED = (
    ("充电", "车棚已加装 12 个充电口，今天起可用。"),
    ("暑期", "暑期托管班已开班，名额已给您留好，请到工会登记。"),
    ("早餐", "食堂早餐改为 6:30 开餐，下周一起。"),
    ("公交", "公交公司已把末班车延到 23:30。"),
    ("高温", "车间已加装 4 台风扇和饮水点，高温时段轮休。"),
    ("进门", "小区物业已发骑手通行码，在门岗登记就能进。"),
    ("热水", "驿站已装热水器，全天可以接水。"),
    ("合同", "法律援助律师已陪同签好合同。"),
    ("更衣室", "更衣柜已加到每人一个。"),
    ("招标", "已开会定下方案并完成招标，按期开工。"),
)
ANSWERED_ELSE = {Matter.WISH: "心愿已送到本人手上。", Matter.PROBLEM: "已办好，本人确认。"}
LEFT_OVERDUE = 3
NEW = (
    (3, Matter.WISH, "给值夜班的母亲买一个小台灯", "罗晓梅", "QTX-03-C2"),
    (4, Matter.PROBLEM, "厂门口电动车充电口坏了两个", "马建军", "QTX-01-E06"),
    (5, Matter.PROBLEM, "送餐时小区不让进门", "贺志强", "QTX-07-E08"),
)


def load_demo(unions: Path | None = None, *, on: date = date(2022, 1, 1)) -> dict[str, Any]:
    """The demo union's tree and two officers, each with the posts to propose and to certify. Again changes nothing."""
    initialise()
    path = unions or Path(__file__).resolve().parents[3] / "examples" / "unions.csv"
    counts = load_unions(path, by=OFFICERS[0][0], on=on)
    org = city()
    officers = [
        {"user": user, "name": name, "roles": list(roles), "org": held.code}
        for user, name, roles, held in load_accounts(org, on=on)
    ]
    return {"unions": counts, "officers": officers}


def begin_demo() -> str | None:
    """Open the quarter after the last closed one, and put the demo's day into it; once. Returns the open quarter."""
    org = city()
    last = Round.objects.filter(org=org).order_by("-quarter").first()
    if last is None:
        load_worker(on=date(2022, 1, 1))
        return None
    if last.state != "closed":
        load_worker(on=last.opened_on)
        return last.quarter
    first = union_rules.quarter_span(last.quarter)[1] + timedelta(days=1)
    quarter = union_rules.quarter_of(first)
    by = User.objects.get(username=OFFICERS[0][0])
    day = workday_after(first, 5)
    _answer_old(before=day, by=by)
    rounds.open_round(org=org, quarter=quarter, policy=last.policy, area=last.area, by=by, on=first)
    for on, kind, words, name, union in NEW:
        matters.enter(
            kind=kind, content=words, raised_by=name, phone="", org=Org.objects.get(code=union), meeting=None, by=by,
            on=workday_after(first, on),
        )  # fmt: skip
    clock.set_demo_day(day)
    load_worker(on=first)
    return quarter


def _answer_old(*, before: date, by: User) -> None:
    """What was due before the demo's day has its answer, but for the last few, which are overdue: a desk that people work at."""
    due = Matter.objects.filter(state=Matter.OPEN, due_on__lt=before).select_related("owner", "org")
    for matter in due.order_by("due_on", "pk")[: max(0, due.count() - LEFT_OVERDUE)]:
        said = next((words for content, words in ANSWERED if content in matter.content), ANSWERED_ELSE[matter.kind])
        matters.answer(matter, text=said, outcome=Matter.DONE, by=by, on=matter.due_on)


def run(folder: Path, *, show: Callable[[int, int], None], say: Say | None = None) -> dict[str, Any]:
    """Run every quarter of ``folder`` to the brief. Returns the balance line of each step and the brief."""
    quarters = sorted(path for path in folder.iterdir() if path.is_dir() and QUARTER_FOLDER.match(path.name))
    if not quarters:
        raise Refused(f"{folder} 里没有 2022Q3 这样的季度文件夹 / no folder like 2022Q3 in {folder}")
    if not (folder / "unions.csv").exists():
        raise Refused(f"{folder} 里没有 unions.csv / there is no unions.csv in {folder}")
    tell = say or (lambda _: None)
    before = Job.objects.order_by("-pk").values_list("pk", flat=True).first() if _ready() else None
    first_day = union_rules.quarter_span(quarters[0].name)[0]
    load_demo(folder / "unions.csv", on=min(first_day, date(2022, 1, 1)))
    proposer, certifier = (User.objects.get(username=user) for user, *_ in OFFICERS)
    org = city()
    lines: list[str] = []

    def step(line: str) -> None:
        lines.append(line)
        tell(line)

    for n, path in enumerate(quarters):
        show(n, len(quarters))
        _quarter(path, org, proposer, certifier, step)
    last = union_rules.quarter_span(quarters[-1].name)[1]
    sheets = [path for path in returns.files_in([folder]) if path.name != "unions.csv"]
    for taken in import_books(sheets, by=proposer, on=last, org=org):
        if taken.record is None:
            step(f"台账 book {taken.file}：{taken.why['zh']}")
            continue
        accepted, refused = taken.record.accepted, taken.record.refused
        step(f"台账 book {taken.file}: rows {accepted + refused:,} = accepted {accepted:,} + refused {refused:,}")
    show(len(quarters), len(quarters))
    brief = make_brief(org, quarters[0].name, quarters[-1].name, made_at=timezone.now())
    jobs = Job.objects.filter(pk__gt=before or 0)
    return {"folder": str(folder), "lines": lines, "jobs": jobs.count(), "brief": brief.as_json()}


def _ready() -> bool:
    initialise()
    return True


def _quarter(path: Path, org: Org, proposer: User, certifier: User, step: Say) -> None:
    """One quarter, each act on a day that fits: returns by their due date, visits when they were made, the decision on the next
    working day, certification when the clock has run out."""
    quarter = path.name
    first, last = union_rules.quarter_span(quarter)
    due, _ = default_dates(first, last)
    round_, opened = rounds.open_round(
        org=org, quarter=quarter, policy=POLICY, area=decide.area_for(POLICY, org), by=proposer, on=first
    )
    step(f"{quarter} 应报 owed {round_.owed.count()}，上季度待访 due again {round_.leads.filter(source=Lead.AGAIN).count()}"
         + ("" if opened else "（早已开展 / opened before）"))  # fmt: skip
    if round_.state == "closed":
        unknown = _new_files(round_, path)
        step(
            f"{quarter} 已办结，未作更改 / closed, nothing changed"
            + (f"；新文件 {unknown} 个未收 / not taken" if unknown else "")
        )
        for kept in ("returns", "match", "visits", "decide", "certify"):
            found = Job.objects.filter(key=round_.code, step=kept, state=Job.DONE).order_by("-pk").first()
            if found:
                step(f"{quarter} {balance_line(kept, found.balance)}")
        return
    received = returns.receive(round_=round_, paths=[path], by=proposer, on=due)
    for kept in ("returns", "match"):
        found = Job.objects.filter(key=round_.code, step=kept, state=Job.DONE).order_by("-pk").first()
        if found and received.returns:
            step(f"{quarter} {balance_line(kept, found.balance)}")
    sheets = [file for file in returns.files_in([path]) if "走访" in file.name or file.name in received.skipped]
    made = visits.record(round_=round_, paths=sheets, by=proposer, on=_last_visit(sheets, due, last))
    for sheet in made:
        for refusal in sheet.refusals:
            step(f"{quarter} {sheet.file} 第 {refusal.row} 行「{refusal.column}」：{refusal.why_zh}")
        if sheet.refused_whole:
            step(f"{quarter} {sheet.file}：{sheet.refused_whole}")
    seen = [
        day
        for day in round_.leads.filter(visits__visited_on__isnull=False).values_list("visits__visited_on", flat=True)
        if day
    ]
    day = workday_after(max([*seen, due]), 1)
    step(f"{quarter} {balance_line('visits', rounds.visit_balance(round_, by=proposer, on=day))}")
    step(f"{quarter} {balance_line('decide', decide.decide(round_=round_, by=proposer, on=day))}")
    posting = publish.publish(round_=round_, by=proposer, on=day)
    if posting is not None:
        day = workday_after(posting.until_on, 1)
    publish.certify(round_=round_, by=certifier, on=day)
    offered = offers.propose_offers(round_=round_, by=proposer, on=day)
    rounds.close_round(round_, by=certifier, on=workday_after(day, 1))
    step(
        f"{quarter} {balance_line('certify', rounds.certification_balance(round_, by=certifier, on=day))}；转介 offers {offered}"
    )


def _last_visit(sheets: list[Path], due: date, last: date) -> date:
    """The day of the last visit in the sheets, on which they are handed in; a slip of the pen far ahead does not count."""
    days = [
        day
        for sheet in sheets
        for table in read_file(sheet, expect={"visits"}).tables.values()
        for day in table["visited_on"].to_pylist()
        if day and day <= last + timedelta(days=31)
    ]
    return max([due, *days])


def _new_files(round_: Round, path: Path) -> int:
    known = set(round_.returns.values_list("file_name", flat=True))
    return sum(file.name not in known and "走访" not in file.name for file in returns.files_in([path]))
