"""Brings the demo into the states that rows of the table need, by the services that people use. Run once, in the demo's data folder.

Add a function and call it in ``main``; what an address needs to know (a code) is fixed here and named in the table.
"""

import csv
import io
import os
import re
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.utils import timezone

from tests.browser.table import draft_token
from tests.care.paper import TITLES as SURVEY_TITLES
from tests.care.paper import number
from tests.pictures import camera

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
INCOME = 8


def policy_draft() -> None:
    """A draft of the next policy, a cell of which is wrong: QTX-qingtongxia-001."""
    from nuanxin.records import clock
    from nuanxin.rulebook import services
    from nuanxin.rulebook.queries import table_of
    from nuanxin.union.models import User
    from nuanxin.union.queries import city

    pan, today = User.objects.get(username="pan"), clock.today()
    draft = services.begin(policy="qingtongxia", version="2022-1", org=city(), by=pan, on=today)
    rows = [list(row) for row in table_of(draft.files, "tier.csv")]
    rows[-1][0] = "< 很多"
    services.save_table(draft=draft, file="tier.csv", rows=rows, edits=draft.edits, by=pan, on=today)


def opened_file() -> None:
    """The city officer he has opened a family's file today."""
    from nuanxin.care.services.reading import open_file
    from nuanxin.records import clock
    from nuanxin.union.models import User
    from nuanxin.union.queries import household

    he = User.objects.get(username="he")
    open_file(household=household("QTX-H000011"), by=he, on=clock.today(), reason="办理季度认证")


def notices() -> None:
    """Three notices of the city officer he, one of them read."""
    from nuanxin.records import clock
    from nuanxin.union.models import User
    from nuanxin.union.queries import notices_of
    from nuanxin.union.services import mark_read, tell

    he, today = User.objects.get(username="he"), clock.today()
    lines = [
        (he.pk, "review.asked", "household:QTX-H000011", {}),
        (he.pk, "matter.raised", "matter:1", {}),
        (he.pk, "application.sent", "application:1", {"round": "QTX-2023Q3", "union": "QTX"}),
    ]
    tell(lines, on=today)
    mark_read(by=he, keys=[notices_of(he).order_by("pk").values_list("pk", flat=True)[0]])


def somebody_to_confirm() -> None:
    """A worker whose phone is not the register's says “this is me”: w-claiming."""
    from nuanxin.records import clock
    from nuanxin.union import accounts, secrets
    from nuanxin.union.models import Household, Org, User
    from nuanxin.union.services import appoint

    head = Household.objects.filter(org__code="QTX-01-E01", worker__isnull=False).order_by("code")[0].worker
    made = User.objects.create(
        username="w-claiming",
        first_name=head.name,
        phone_hash=secrets.find_key("13900009999"),
        phone_mask="139****9999",
    )
    union = Org.objects.get(code="QTX-01-E01")
    appoint(user=made.username, name=head.name, org=union, role="worker", from_on=clock.today(), by="guan")
    accounts.claim(name=head.name, number=secrets.unseal(bytes(head.id_cipher)), by=made, on=clock.today())


def returns_of_the_open_quarter() -> None:
    """Three unions' returns of the open quarter, from their sheets of an earlier one: families to visit and rows to mend."""
    from nuanxin.care.models import Round
    from nuanxin.care.services import register, returns
    from nuanxin.records import clock
    from nuanxin.union.models import User

    he, today = User.objects.get(username="he"), clock.today()
    round_ = Round.objects.exclude(state="closed").get()
    year, number = round_.quarter.split("Q")
    named = f"{year}年第{'一二三四'[int(number) - 1]}季度"
    with tempfile.TemporaryDirectory() as folder:
        for sheet in EXAMPLES.glob("2022Q4/QTX-*会.csv"):
            title, *rows = list(csv.reader(sheet.read_text(encoding="gb18030").splitlines()))
            title[0] = re.sub(r"\d{4}年第?.季度|2022年.*?季度", named, title[0])
            for row in rows[2:]:
                # A family whose figures are those on file is not visited again.
                row[INCOME] = "1.9" if row[INCOME] else ""
            with (Path(folder) / sheet.name).open("w", encoding="gb18030", newline="") as file:
                csv.writer(file).writerows([title, *rows])
        returns.receive(round_=round_, paths=sorted(Path(folder).iterdir()), by=he, on=today)
    register.match_round(round_, by=he, on=today)


def visits_of_the_open_quarter() -> None:
    """What is to be visited is planned for bai and luo; one family waits for a new plan."""
    from nuanxin.care.models import Lead, Round
    from nuanxin.care.services import visit_plan
    from nuanxin.records import clock
    from nuanxin.records.services import workdays_from
    from nuanxin.union.models import User

    he, today = User.objects.get(username="he"), clock.today()
    round_ = Round.objects.exclude(state="closed").get()
    teams = [(User.objects.get(username="bai"), User.objects.get(username="luo"))]
    visit_plan.plan(round_=round_, teams=teams, days=workdays_from(today, 3), by=he, on=today)
    lead = Lead.objects.get(code="QTX-2023Q3/QTX-01-E06/1/2")
    visit_plan.excuse(lead=lead, reason="住院，出院后再访", until=workdays_from(today, 15)[-1], by=he, on=today)


def workers() -> None:
    """The demo's worker has begun an application and raised a problem (PROBLEM in the table); w-new, another, has done nothing yet."""
    from nuanxin.care.services import apply
    from nuanxin.matters.services import add, raise_one
    from nuanxin.records import clock
    from nuanxin.union import rules
    from nuanxin.union.models import Org, User
    from nuanxin.union.services import appoint

    worker, today = User.objects.get(username="w-demo"), clock.today()
    org = Org.objects.get(code="QTX-01-E09")
    apply.begin(by=worker, on=today)
    raised = raise_one(kind="problem", content="送餐路上喝不上热水", org=org, by=worker, on=today)
    add(matter=raised, text="中午站点都锁着门。", photo=b"", by=worker, on=today)
    add(matter=raised, text="这是站点的门。", photo=camera(), by=worker, on=today)
    appoint(user="w-new", name="贺新来", org=org, role=rules.WORKER, from_on=today, by="setup")


def a_visitors_day() -> None:
    """Three families in urgent need are visited today: the first visit of bai and luo is to be made (777001); at the second nobody was
    home (777002); at the third one figure was another than that reported (777003)."""
    from nuanxin.care.models import HouseholdFile, Round, Visit
    from nuanxin.care.services import offers, visit_plan, visits
    from nuanxin.records import clock
    from nuanxin.records.services import workdays_from
    from nuanxin.union.models import Household, User

    he, bai, today = User.objects.get(username="he"), User.objects.get(username="bai"), clock.today()
    for file in HouseholdFile.objects.filter(closed_on=None).select_related("household__org").order_by("code")[:3]:
        offers.urgent(household=file.household, reason="突发重病", by=he, on=today)
    round_ = Round.objects.exclude(state="closed").get()
    visit_plan.plan(round_=round_, teams=[("bai", "luo")], days=workdays_from(today, 3), by=he, on=today)
    own = Visit.objects.filter(account_one=bai, lead__source="urgent", visited_on=None).order_by("pk")
    for key, found in zip((777001, 777002, 777003), own.values_list("pk", flat=True), strict=True):
        Visit.objects.filter(pk=found).update(id=key)
    Household.objects.filter(leads__visits__account_one=bai).update(address="小坝镇利民路 9 号楼 2 单元 301 室")
    signed = [visits.Paper("family", typed="家属"), visits.Paper("visitors", typed="白秀磊、罗小满")]
    visits.record_one(
        visit=Visit.objects.get(pk=777003), submission="differs", visited_on=today, nobody_home=False,
        found={"income": Decimal("18000.50")}, note="", consented=True, papers=signed, by=bai, on=today,
    )  # fmt: skip
    visits.record_one(
        visit=Visit.objects.get(pk=777002), submission="prepared", visited_on=today, nobody_home=True, found={}, note="",
        consented=False, papers=[visits.Paper("visitors", typed="白秀磊、罗小满")], by=bai, on=today,
    )  # fmt: skip


def a_family_that_was_refused() -> None:
    """w-file is of the family QTX-H000010, refused in 2022Q4: its reasons, its file read by an officer, an application sent, a problem
    answered (the codes FILE_… in the table)."""
    from nuanxin.care.models import Finding
    from nuanxin.care.services import apply
    from nuanxin.care.services.reading import open_file
    from nuanxin.matters.services import answer, raise_one
    from nuanxin.records import clock
    from nuanxin.union import rules, secrets
    from nuanxin.union.models import User
    from nuanxin.union.services import appoint

    he, today = User.objects.get(username="he"), clock.today()
    house = Finding.objects.get(code="QTX-2022Q4-F00001").household
    appoint(user="w-file", name=house.worker.name, org=house.org, role=rules.WORKER, from_on=today, by="setup")
    account = User.objects.get(username="w-file")
    account.person = house.worker
    account.save()
    open_file(household=house, by=he, on=today, reason="核对住址")
    done = raise_one(kind="problem", content="更衣室没有热水", org=house.org, by=account, on=today)
    answer(done, text="已装热水器，今天起可用。", outcome="done", by=he, on=today)
    draft = apply.begin(by=account, on=today)
    me = {
        "name": house.worker.name, "relation": "本人", "resident_id": secrets.unseal(bytes(house.worker.id_cipher)),
    }  # fmt: skip
    apply.keep_member(application=draft, place=0, fields=me, by=account, on=today)
    asked = {"income": "30000", "medical": "0", "schooling": "0", "loss": "0", "homes": "1"}
    told = asked | {"runs_business": "否", "costly_school": "否", "cause": "收入低", "note": "", "address": ""}
    apply.keep_figures(application=draft, fields=told, by=account, on=today)
    apply.send(
        application=draft,
        signed=house.worker.name,
        agreed=True,
        truthful=True,
        asked=tuple(asked),
        by=account,
        on=today,
    )


def papers_of_a_family() -> None:
    """w-reported lives in a family that its union reported, and has sent two papers; the city officer he has opened them today, and the
    file of a family without any."""
    from nuanxin.care.models import Lead
    from nuanxin.care.queries import takes_papers
    from nuanxin.care.services import papers
    from nuanxin.care.services.reading import open_file
    from nuanxin.records import clock
    from nuanxin.union import rules
    from nuanxin.union.models import User
    from nuanxin.union.queries import household
    from nuanxin.union.services import appoint

    he, today = User.objects.get(username="he"), clock.today()
    house = household("QTX-H000003")
    appoint(user="w-reported", name=house.worker.name, org=house.org, role=rules.WORKER, from_on=today, by="setup")
    account = User.objects.get(username="w-reported")
    account.person = house.worker
    account.save()
    lead = takes_papers(Lead.objects.filter(household=house))[0]
    photo = (EXAMPLES.parent / "docs" / "screenshots" / "today.png").read_bytes()
    for kind, content in (("identity", photo), ("income", b"%PDF-1.4\n%%EOF\n")):
        papers.add(to=lead, kind=kind, content=content, name="", by=account, on=today)
    open_file(household=household("QTX-H000015"), by=he, on=today, reason="核对上报和材料")
    for what in ("file", "papers"):
        open_file(household=house, by=he, on=today, reason="核对上报和材料", what=what)


def more_officers() -> None:
    """ding reports the families of another town (QTX-02) than that of the others of this cast."""
    from nuanxin.records import clock
    from nuanxin.union import rules
    from nuanxin.union.models import Org
    from nuanxin.union.services import appoint

    appoint(
        user="ding",
        name="丁一川",
        org=Org.objects.get(code="QTX-02"),
        role=rules.GRASSROOTS,
        from_on=clock.today(),
        by="setup",
    )


def a_saved_filter() -> None:
    """The city officer he keeps a filter of the matters (777001)."""
    from nuanxin.union.models import SavedFilter, User
    from nuanxin.union.queries import city
    from nuanxin.union.services import save_filter

    he = User.objects.get(username="he")
    made = save_filter(page="desk:matters", query="kind=problem", name="难题", org=city(), by=he)
    SavedFilter.objects.filter(pk=made.pk).update(id=777001)


def sheets_of_every_kind() -> None:
    """The city officer he has sent in sheets of every kind (``draft_token`` tells their addresses): one with a row that is good and one that is
    not, looked at (look) and taken in (sent); one that goes back whole (back); one that a worker is at (held), one that broke off (lost)."""
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile

    from nuanxin.care.models import Consent, Lead, Round
    from nuanxin.desk import imports
    from nuanxin.records import clock
    from nuanxin.records.models import Job
    from nuanxin.records.services import ask_job, claim_job, end_job
    from nuanxin.sheets import write_table
    from nuanxin.ui.viewer import Viewer
    from nuanxin.union import secrets
    from nuanxin.union.models import Org, User

    seen = Viewer(User.objects.get(username="he"), clock.today())
    round_, union = Round.objects.exclude(state="closed").get(), Org.objects.get(code="QTX-09-C7")
    lead = Lead.objects.filter(round=round_, state="due", org__code="QTX-05-E05").order_by("code").last()
    agreed = Consent.objects.filter(withdrawn_on=None).exclude(household__org__code="QTX-01-E01").order_by("pk").last()
    assert lead is not None
    assert agreed is not None
    visited, checked = lead.household.worker, agreed.household.worker
    newcomer, stranger, day = number("20010309"), number("20010310"), seen.today.isoformat()
    sheets = {
        "survey": (
            f"{union.code}-{union.name}.xlsx", SURVEY_TITLES,
            [
                ["1", "01", "尚未来", "尚未来", "本人", newcomer, "13800000001", "在岗", "18000", "9000", "0", "", "1", "0", "否", "否", "0", "本人大病"],
                ["2", "02", "阎冬青", "阎冬青", "本人", newcomer[:-2] + "00", "13800000002", "在岗", "18000", "0", "0", "", "1", "0", "否", "否", "0", "收入低"],
            ],
        ),
        "visits": (
            "走访记录.xlsx", ["走访日期", "职工姓名", "身份证号", "走访人一", "走访人二", "走访结论"],
            [
                [day, visited.name, secrets.unseal(bytes(visited.id_cipher)), "白秀磊", "罗小满", "家中无人"],
                [day, "无此人", stranger, "白秀磊", "罗小满", "属实"],
            ],
        ),
        "books": (
            "慰问支出（补）.xlsx", ["日期", "项目", "慰问对象", "人数", "金额"],
            [[day, "送清凉", "户外职工", "30", "4500.50"], [day, "送清凉", "环卫工人", "三十来个", "4500"]],
        ),
        "checks": (
            "民政比对结果.xlsx", ["姓名", "身份证号", "比对结果"],
            [[checked.name, secrets.unseal(bytes(checked.id_cipher)), "无"], ["无此人", stranger, "低保"]],
        ),
    }  # fmt: skip
    for kind in imports.KINDS:
        name, titles, rows = sheets[kind.key]
        title = f"{union.name}2023年第三季度{kind.label}" if kind.key == "survey" else str(kind.label)
        out, other = io.BytesIO(), io.BytesIO()
        write_table(out, titles, rows, title=title, format="xlsx")
        write_table(other, ["甲", "乙"], [["1", "2"]], format="xlsx")
        place = round_ if kind.quarterly else None
        for state in ("look", "back", "held", "lost", "sent"):
            content = other if state == "back" else out
            kept, _paths = imports.keep("he", [SimpleUploadedFile(name, content.getvalue())])
            token = draft_token(kind.key, state)
            drafts = settings.NUANXIN_FILES / "drafts" / "he"
            (drafts / kept).rename(drafts / token)
            imports.look(seen, token, kind, place)
            one = imports.draft(seen, token, kind)
            assert one is not None
            if state == "sent":
                imports.confirm(seen, token, one)
            elif state in ("held", "lost"):
                asked = {"token": token, "kind": kind.key, "round": one.round}
                ask_job(step=imports.STEP, key=token, by="he", on=seen.today, total=3, asked=asked)
                job = claim_job(imports.STEP, holder="prepared", key=token)
                assert job is not None
                # Nobody takes it over while the pages are looked at.
                Job.objects.filter(pk=job.pk).update(done=1, free_at=timezone.now() + timedelta(days=365))
                if state == "lost":
                    end_job(job, balance={"in": [], "out": []}, failed="本季度已办结 / the quarter is closed")


def briefs_sent_for_approval() -> None:
    """Two briefs that he sent: one waits (QTX-B0001), the other was approved by xu (QTX-B0002), and a figure of it has changed since."""
    from nuanxin.records import clock
    from nuanxin.reports import services
    from nuanxin.reports.brief import PARTS
    from nuanxin.reports.figures import make_range
    from nuanxin.reports.models import Issue
    from nuanxin.union.models import User
    from nuanxin.union.queries import city

    he, xu, today, org = User.objects.get(username="he"), User.objects.get(username="xu"), clock.today(), city()
    for first, last, plans in (("2022Q3", "2023Q2", "先走访新报的家庭，再催超期的难题。"), ("2022Q4", "2022Q4", "")):
        span = make_range(org, first, last)
        services.send(span=span, parts=PARTS, plans=plans, by=he, on=today, at=clock.now())
    two = Issue.objects.get(code="QTX-B0002")
    services.approve(issue=two, digest=two.digest, by=xu, on=today)
    two.figures["jobs"][0] = "1"
    two.save()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.site.settings")
    import django

    django.setup()
    policy_draft()
    opened_file()
    returns_of_the_open_quarter()
    visits_of_the_open_quarter()
    workers()
    a_visitors_day()
    somebody_to_confirm()
    a_family_that_was_refused()
    notices()
    a_saved_filter()
    papers_of_a_family()
    more_officers()
    sheets_of_every_kind()
    briefs_sent_for_approval()


if __name__ == "__main__":
    main()
