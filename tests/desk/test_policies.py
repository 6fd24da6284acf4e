"""Policy officers at the desk: a version read, the next one written, tried, and put in force by two people."""

import io
import re
import zipfile
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.rulebook.publishing import other_city, published

from nuanxin.records import clock
from nuanxin.rulebook import services
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.queries import installed, table_of, version_at
from nuanxin.union.models import Org
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)


@pytest.fixture(autouse=True)
def _own_home(settings, tmp_path):
    settings.NUANXIN_HOME = tmp_path
    clock.set_demo_day(DAY)


@pytest.fixture
def draft(cast, city):
    return services.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)


def page(draft, part=""):
    return f"/policies/drafts/{draft.code}/{part}"


def form(draft, table, **changed):
    rows = table_of(draft.files, table)
    cells = {f"c-{n}-{column}": cell for n, row in enumerate(rows) for column, cell in enumerate(row)}
    return {"edits": draft.edits, "first": 1, **cells, **changed}


def test_a_draft_goes_from_a_version_to_force_by_two_people(sign_in, city):
    pan, qin = sign_in("pan"), sign_in("qin")
    assert pan.get("/policies/").status_code == 200
    begun = pan.post("/policies/qingtongxia/2022-1/")
    draft = Draft.objects.get()
    assert begun.headers["Location"] == page(draft)
    for part in ("", "settings/", "cases/", "compare/", "tables/tier.csv/", "tables/standards.csv/"):
        assert pan.get(page(draft, part)).status_code == 200, part
    pan.post(
        page(draft, "settings/"),
        {"edits": 0, "version": "2023-2", "effective_from": "2023-10-01", "document": "第二号"},
    )
    draft.refresh_from_db()
    pan.post(page(draft, "move/"), {"verb": "submit"})
    draft.refresh_from_db()
    assert draft.state == "draft", "it was not tried on the register"
    services.compared(draft=draft, edits=draft.edits, by=draft_user("pan"), on=DAY)
    pan.post(page(draft, "move/"), {"verb": "submit"})
    assert "等另一位政策管理员发布" in pan.get(page(draft)).content.decode()
    pan.post(page(draft, "publish/"), {"edits": draft.edits})
    draft.refresh_from_db()
    assert draft.state == "submitted", "who submitted it published it"
    assert "审核无误" in qin.get(page(draft)).content.decode()
    looked = confirmed(
        re.search(r'action="[^"]*publish/".*?</form>', qin.get(page(draft)).content.decode(), re.DOTALL)[0]
    )
    qin.post(page(draft, "publish/"))
    draft.refresh_from_db()
    assert draft.state == "submitted", "it was published without being looked at"
    qin.post(page(draft, "publish/"), looked)
    qin.post(page(draft, "publish/"), looked)
    draft.refresh_from_db()
    assert (draft.state, draft.published_by) == ("published", "qin")
    assert version_at("qingtongxia", city, date(2023, 10, 1)).policy.version == "2023-2"
    assert version_at("qingtongxia", city, date(2023, 9, 30)).policy.version == "2022-1"


def draft_user(name):
    from nuanxin.union.models import User

    return User.objects.get(username=name)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("save", ["excluded-homes", "excluded-business", "excluded-school", "deep", "relative", "accident", "over-line"]),
        ("up:5", ["excluded-homes", "excluded-business", "excluded-school", "relative", "deep", "accident", "over-line"]),
        ("down:4", ["excluded-homes", "excluded-business", "excluded-school", "relative", "deep", "accident", "over-line"]),
        ("up:1", ["excluded-homes", "excluded-business", "excluded-school", "deep", "relative", "accident", "over-line"]),
        ("delete:7", ["excluded-homes", "excluded-business", "excluded-school", "deep", "relative", "accident"]),
        ("copy:4", ["excluded-homes", "excluded-business", "excluded-school", "deep", "deep-2", "relative", "accident", "over-line"]),
        ("add:7", ["excluded-homes", "excluded-business", "excluded-school", "deep", "relative", "accident", "over-line", ""]),
        ("nonsense:9", ["excluded-homes", "excluded-business", "excluded-school", "deep", "relative", "accident", "over-line"]),
    ],
)  # fmt: skip
def test_rows_are_added_copied_moved_deleted(sign_in, draft, op, expected):
    sign_in("pan").post(page(draft, "tables/tier.csv/"), form(draft, "tier.csv", op=op))
    draft.refresh_from_db()
    assert [row[0] for row in table_of(draft.files, "tier.csv")[1:]] == expected


def test_a_button_saves_what_stands_in_the_form(sign_in, draft):
    sign_in("pan").post(page(draft, "tables/tier.csv/"), form(draft, "tier.csv", op="up:5", **{"c-4-8": "改过的依据"}))
    draft.refresh_from_db()
    assert table_of(draft.files, "tier.csv")[5][8] == "改过的依据"


def test_a_mistake_is_told_in_its_row_and_as_one_types(sign_in, draft):
    pan = sign_in("pan")
    wrong = form(draft, "tier.csv", **{"c-4-4": "< N"})
    typed = pan.post(page(draft, "tables/tier.csv/check/"), wrong).content.decode()
    assert "第 5 行" in typed
    draft.refresh_from_db()
    assert draft.edits == 0, "the check saved something"
    pan.post(page(draft, "tables/tier.csv/"), wrong | {"op": "save"})
    text = pan.get(page(draft, "tables/tier.csv/")).content.decode()
    assert re.search(r'id="row-4" class="u-bad"', text)
    # The part that is swapped in is the part of the page.
    part = re.search(r'<section class="u-card" id="problems".*?</section>', text, re.DOTALL)[0]
    draft.refresh_from_db()
    same = pan.post(page(draft, "tables/tier.csv/check/"), form(draft, "tier.csv")).content.decode()
    assert same.strip() == part.strip()


def test_somebody_was_faster(sign_in, draft):
    pan, qin = sign_in("pan"), sign_in("qin")
    first, second = (form(draft, "tier.csv", op="save", **{"c-4-8": words}) for words in ("甲", "乙"))
    pan.post(page(draft, "tables/tier.csv/"), first)
    told = qin.post(page(draft, "tables/tier.csv/"), second, follow=True).content.decode()
    draft.refresh_from_db()
    assert table_of(draft.files, "tier.csv")[4][8] == "甲"
    assert "没有保存" in told


def test_a_long_table_is_edited_a_part_at_a_time(sign_in, draft, cast):
    rows = table_of(draft.files, "tier.csv")
    many = [rows[0], *([f"r{n}", *row[1:]] for n, row in enumerate(rows[1:] * 20))]
    services.save_table(draft=draft, file="tier.csv", rows=many, edits=0, by=cast["pan"], on=DAY)
    text = sign_in("pan").get(page(draft, "tables/tier.csv/?first=41")).content.decode()
    assert 'name="c-41-0"' in text
    assert 'name="c-40-0"' not in text
    draft.refresh_from_db()
    part = {"edits": draft.edits, "first": 41, "c-41-8": "改", "op": "save"}
    sign_in("pan").post(page(draft, "tables/tier.csv/"), part)
    draft.refresh_from_db()
    saved = table_of(draft.files, "tier.csv")
    assert (len(saved), saved[41][8], saved[42]) == (len(many), "改", many[42])


def test_the_trial_counts_on_the_register_and_shows_no_family(sign_in, draft, city, cast):
    from nuanxin.care.models import Lead
    from nuanxin.care.services import rounds
    from nuanxin.union.models import Household

    round_, _ = rounds.open_round(
        org=city, quarter="2023Q2", policy="qingtongxia", area="QTX", by=cast["he"], on=date(2023, 4, 1)
    )
    org = Org.objects.get(code="QTX-01-E01")
    for n, income in enumerate((20000, 25740, 60000)):
        house = Household.objects.create(code=f"QTX-H{n}", org=org, worker_name=f"试算人{n}")
        Lead.objects.create(
            code=f"L{n}", round=round_, source="reported", org=org, household=house, worker_name=f"试算人{n}", members=3,
            income=income, medical=0, schooling=0, loss=0, homes=1, runs_business=False, costly_school=False,
            opened_on=DAY, clock_on=DAY, state="visited",
        )  # fmt: skip
    rows = table_of(draft.files, "tier.csv")
    rows[4][4] = "<= M"
    services.save_table(draft=draft, file="tier.csv", rows=rows, edits=0, by=cast["pan"], on=DAY)
    text = sign_in("pan").post(page(draft, "compare/"), {"round": "QTX-2023Q2"}).content.decode()
    draft.refresh_from_db()
    assert draft.compared_edits == draft.edits
    # 25,740 yuan for three is exactly the standard of 715: strict before, included now.
    assert re.search(r"变档</div><div class=\"u-stat__n\">1<", text)
    assert "试算人" not in text
    assert "QTX-H1" not in text
    sheet = (
        sign_in("pan")
        .post(page(draft, "compare/"), {"round": "QTX-2023Q2", "format": "csv", "purpose": "试算"})
        .content.decode("utf-8-sig")
    )
    assert len(sheet.strip().splitlines()) == 2


@pytest.mark.parametrize(("who", "reads", "writes"), [
    ("pan", 200, 302), ("he", 200, 404), ("xu", 200, 404), ("shen", 200, 404), ("ma", 404, 404), ("bai", 404, 404),
    ("tian", 404, 404), ("guan", 404, 404), ("wu", 404, 404),
])  # fmt: skip
def test_who_reads_and_who_writes(sign_in, draft, who, reads, writes):
    client = sign_in(who)
    for part in ("", "settings/", "cases/", "compare/", "tables/tier.csv/"):
        assert client.get(page(draft, part)).status_code == reads, part
    assert client.post(page(draft, "tables/tier.csv/"), form(draft, "tier.csv", op="save")).status_code == writes
    assert client.post(page(draft, "move/"), {"verb": "discard"}).status_code == writes


def test_the_other_citys_policy_officer_sees_the_policies_of_the_house_and_no_draft_of_ours(sign_in, draft, cast):
    appoint(user="wu", name="吴外人", org=Org.objects.get(code="WZ"), role="policy_officer", from_on=DAY, by="setup")
    client = sign_in("wu")
    assert draft.code not in client.get("/policies/").content.decode()
    assert client.get(page(draft)).status_code == 404
    assert client.post(page(draft, "move/"), {"verb": "discard"}).status_code == 404
    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize("url", ["tables/nothing.csv/", "tables/policy.toml/", "tables/..%2Fkeys.json/"])
def test_what_is_no_table_is_not_there(sign_in, draft, url):
    assert sign_in("pan").get(page(draft, url)).status_code == 404
    assert sign_in("pan").get("/policies/..%2Fpolicies/x/").status_code == 404


def test_settings_that_cannot_be_read_are_kept_and_told(sign_in, draft):
    pan = sign_in("pan")
    pan.post(page(draft, "settings/"), {"edits": 0, "text": "id = [broken"})
    assert "policy.toml" in pan.get(page(draft, "settings/")).content.decode()
    for part in ("", "cases/", "compare/", "tables/tier.csv/"):
        assert pan.get(page(draft, part)).status_code == 200, part


def sent(name, content):
    return SimpleUploadedFile(name, content)


def confirmed(text):
    """The fields of the confirming form of the page."""
    found = re.findall(r'<input type="hidden" name="(edits|whole|name|text)" value="([^"]*)">', text)
    fields = {}
    for name, value in found:
        fields.setdefault(name, []).append(unescape(value))
    return fields


def test_a_folder_is_taken_along_and_sent_back(sign_in, draft):
    pan = sign_in("pan")
    taken = pan.get(page(draft, "files/zip/"))
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{draft.code}.zip"'
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        files = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    files["tier.csv"] = files["tier.csv"].replace(b"< M", b"< 2 * M", 1)
    files["extra.csv"] = b"a,b\r\n1,<b>2</b>\r\n"
    del files["ceilings.csv" if "ceilings.csv" in files else "cases.csv"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"我市/{name}", content)
    shown = pan.post(page(draft, "files/"), {"sent": sent("我市.zip", out.getvalue()), "edits": 0})
    text = shown.content.decode()
    assert "&lt; 2 * M" in text
    assert "<b>2</b>" not in text
    draft.refresh_from_db()
    assert (draft.edits, "extra.csv" in draft.files) == (0, False), "looking saved something"
    fields = confirmed(text)
    assert pan.post(page(draft, "files/"), fields).headers["Location"] == page(draft)
    draft.refresh_from_db()
    assert draft.edits == 1
    assert draft.files["extra.csv"] == "a,b\n1,<b>2</b>\n"
    assert "< 2 * M" in draft.files["tier.csv"]
    # A double click, and the back button: the older state overwrites nothing.
    services.save_settings(draft=draft, text="later", edits=1, by=draft_user("pan"), on=DAY)
    again = pan.post(page(draft, "files/"), fields, follow=True).content.decode()
    assert "草稿已被别人改过" in again
    draft.refresh_from_db()
    assert draft.files["policy.toml"] == "later"


def test_one_table_goes_over_its_own_and_a_mistake_in_it_is_told_before(sign_in, draft):
    pan = sign_in("pan")
    wrong = draft.files["tier.csv"].replace("< M", "< N", 1).encode("utf-8-sig")
    text = pan.post(page(draft, "files/"), {"sent": sent("tier.csv", wrong), "edits": 0}).content.decode()
    assert "第 5 行" in text
    fields = confirmed(text)
    assert "whole" not in fields
    pan.post(page(draft, "files/"), fields)
    before = set(draft.files)
    draft.refresh_from_db()
    assert set(draft.files) == before
    assert "< N" in draft.files["tier.csv"]


def test_a_policy_goes_out_as_dmn_and_comes_back(sign_in, draft):
    pan = sign_in("pan")
    dmn = pan.get("/policies/qingtongxia/2022-1/files/dmn/")
    assert dmn.headers["Content-Type"] == "application/xml"
    text = pan.post(page(draft, "files/"), {"sent": sent("q.dmn", dmn.content), "edits": 0}).content.decode()
    pan.post(page(draft, "files/"), confirmed(text))
    draft.refresh_from_db()
    assert "算例" in pan.get(page(draft)).content.decode()
    assert "没有错误" in pan.get(page(draft)).content.decode()


def test_what_is_no_policy_is_refused_in_words(sign_in, draft):
    pan = sign_in("pan")
    for name, said in (("a.exe", "不是政策的文件"), ("a.zip", "打不开"), ("x.dmn", "x.dmn")):
        told = pan.post(page(draft, "files/"), {"sent": sent(name, b"\x00\x01"), "edits": 0}, follow=True)
        assert said in told.content.decode(), name
    assert "请先选文件" in pan.post(page(draft, "files/"), {"edits": 0}, follow=True).content.decode()
    draft.refresh_from_db()
    assert draft.edits == 0


def test_files_are_looked_at_by_readers_and_sent_by_policy_officers(sign_in, draft):
    shen = sign_in("shen")
    assert shen.get(page(draft, "files/")).status_code == 200
    assert shen.get(page(draft, "files/zip/")).status_code == 200
    assert shen.post(page(draft, "files/"), {"sent": sent("tier.csv", b"a"), "edits": 0}).status_code == 404
    for path in (page(draft, "files/"), page(draft, "files/zip/"), "/policies/qingtongxia/2022-1/files/zip/"):
        assert sign_in("ma").get(path).status_code == 404, path
    assert shen.get("/policies/qingtongxia/2022-1/files/exe/").status_code == 404
    assert shen.get("/policies/qingtongxia/none/files/zip/").status_code == 404


def test_ceilings_are_said_in_words(sign_in):
    page = sign_in("pan").get("/policies/qingtongxia/2022-1/").content.decode()
    assert '<td>医疗 · 每年</td><td class="r">150,000.00</td>' in page
    assert "medical / year" not in page


VERSION = "/policies/qingtongxia/2023-2/"


def exported(client, page):
    """The versions' sheet of a policy as it is sent out."""
    return client.post(page, {"sheet": "qingtongxia", "format": "csv", "purpose": "核对"}).content.decode("utf-8-sig")


def test_what_a_city_publishes_is_in_its_own_desk_and_in_no_others(sign_in, cast, city):
    other_city()
    published(city, document="隐泉第二号文")
    ours, theirs = sign_in("pan"), sign_in("ye")
    for client, seen in ((ours, True), (sign_in("shen"), True), (theirs, False), (sign_in("wu"), False)):
        status = 200 if seen else 404
        listed = client.get("/policies/").content.decode()
        assert ("隐泉第二号文" in listed, VERSION in listed) == (seen, seen)
        for path in ("", "files/zip/", "files/dmn/"):
            assert client.get(VERSION + path).status_code == status, path
        for path in ("", "settings/", "cases/", "compare/", "files/", "files/zip/", "files/dmn/", "tables/tier.csv/"):
            assert client.get(f"/policies/drafts/QTX-qingtongxia-001/{path}").status_code == status, path
        assert ("隐泉第二号文" in exported(client, "/policies/")) == seen
        drafts = client.post("/policies/", {"format": "csv", "purpose": "核对"}).content.decode("utf-8-sig")
        assert ("QTX-qingtongxia-001" in drafts) == seen
        for address in ("/policies/?q=QTX-qing", "/search/?q=2023-2", "/search/?q=隐泉第二", "/search/?q=QTX-qing"):
            text = client.get(address).content.decode()
            assert not ("隐泉第二号文" in text or 'href="/policies/drafts/QTX' in text) or seen, address
    # Nor can the other city begin from it, or learn from what is refused that it is there.
    assert theirs.post(VERSION).status_code == theirs.post("/policies/qingtongxia/2023-9/").status_code == 404
    assert not Draft.objects.filter(org__code="WZ").exists()
    # And its own of the same number is its own.
    published(Org.objects.get(code="WZ"), document="吴忠第二号文")
    assert "吴忠第二号文" in theirs.get(VERSION).content.decode()
    assert "隐泉第二号文" in ours.get(VERSION).content.decode()
    assert "吴忠" not in ours.get("/policies/").content.decode()


def test_a_citys_officer_writes_and_publishes_no_draft_of_the_other(sign_in, cast, city):
    other_city()
    draft = services.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)
    before = Draft.objects.values().get()
    ye = sign_in("ye")
    for part, sent in (
        ("tables/tier.csv/", form(draft, "tier.csv", op="delete:4")), ("tables/tier.csv/check/", form(draft, "tier.csv")),
        ("settings/", {"edits": 0, "text": "id = 1"}), ("files/", {"name": "tier.csv", "text": "x", "edits": 0}),
        ("move/", {"verb": "discard"}), ("compare/", {"round": "QTX-2023Q2"}), ("publish/", {"edits": 0}),
    ):  # fmt: skip
        assert ye.post(page(draft, part), sent).status_code == 404, part
    Draft.objects.update(state="submitted", submitted_by="pan", submitted_on=DAY)
    assert ye.post(page(draft, "publish/"), {"edits": 0}).status_code == 404
    Draft.objects.update(state="draft", submitted_by="", submitted_on=None)
    assert Draft.objects.values().get() == before


def test_the_province_reads_a_citys_draft_and_changes_nothing_of_it(sign_in, cast, city):
    above = Org.objects.create(code="NX", name="宁夏总工会", level="province")
    Org.objects.filter(code="QTX").update(parent=above)
    appoint(user="sheng", name="盛省长", org=above, role="policy_officer", from_on=date(2022, 1, 1), by="setup")
    draft = services.begin(policy="qingtongxia", version="2022-1", org=city, by=cast["pan"], on=DAY)
    sheng = sign_in("sheng")
    for part in ("", "settings/", "files/", "tables/tier.csv/"):
        text = sheng.get(page(draft, part)).content.decode()
        assert ">保存<" not in text
        assert "放弃草稿" not in text
        assert "上传并检查" not in text
    sheng.post(page(draft, "tables/tier.csv/"), form(draft, "tier.csv", op="delete:4"))
    sheng.post(page(draft, "move/"), {"verb": "discard"})
    assert (Draft.objects.get().edits, Draft.objects.get().state) == (0, "draft")


def test_a_drafts_pages_say_of_which_policy(sign_in, draft):
    name = installed("qingtongxia")[0].policy.model.name.zh
    for part in ("", "settings/", "tables/tier.csv/"):
        text = sign_in("pan").get(page(draft, part)).content.decode()
        assert name in re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]
        assert name in re.search(r"<h1.*?</h1>", text, re.DOTALL)[0]


def test_the_trial_takes_the_rounds_of_the_own_city_alone(sign_in, draft, cast):
    from tests.rulebook.test_whose_version import visited

    other = other_city()
    visited(other, "2023Q2", cast["wu"])
    pan = sign_in("pan")
    assert "WZ-2023Q2" not in pan.get(page(draft, "compare/")).content.decode()
    pan.post(page(draft, "compare/"), {"round": "WZ-2023Q2"})
    draft.refresh_from_db()
    assert draft.compared_edits is None


def test_the_list_says_where_a_version_comes_from_and_which_counts(sign_in, cast, city):
    published(city, begins="2023-07-01")
    published(city, version="2024-1", begins="2024-01-01", base="2023-2")
    text = sign_in("pan").get("/policies/").content.decode()
    rows = re.findall(r"<tr>\s*<td><a class=\"u-row\".*?</tr>", text.split('id="list"')[0], re.DOTALL)
    assert [re.findall(r">(2022-1|2023-2|2024-1|青铜峡市总工会|随软件附带|施行中|未到施行日|已被取代)<", row) for row in rows] == [
        ["2024-1", "青铜峡市总工会", "未到施行日"], ["2023-2", "青铜峡市总工会", "施行中"], ["2022-1", "随软件附带", "已被取代"],
    ]  # fmt: skip


def test_what_is_still_missing_leads_to_where_it_is_mended(sign_in, draft):
    page = sign_in("pan").get(f"/policies/drafts/{draft.code}/").content.decode()
    for part in ("settings", "compare"):
        assert f'<span class="u-sub"><a href="/policies/drafts/{draft.code}/{part}/">' in page


def test_who_drafts_is_shown_where_to_begin(sign_in, cast, city):
    Draft.objects.all().delete()
    assert "打开施行中的版本" in sign_in("pan").get("/policies/").content.decode()
    assert "打开施行中的版本" not in sign_in("shen").get("/policies/").content.decode()


def test_a_submitted_draft_waits_for_the_other_policy_officer(sign_in, draft):
    Draft.objects.update(state="submitted", submitted_by="pan", submitted_on=DAY)
    to_do = f'href="/policies/drafts/{draft.code}/"'
    page = sign_in("qin").get("/desk/").content.decode()
    assert to_do in page
    assert "去审核" in page
    assert "去审核" not in sign_in("pan").get("/desk/").content.decode()  # who submitted it sees where it stands
    assert to_do not in sign_in("guan").get("/desk/?tab=all").content.decode()
