"""The desk over the whole example: every page that a link leads to, in both languages, as a browser without JavaScript sees it."""

import re
from collections import Counter
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from nuanxin.union.models import User

pytestmark = pytest.mark.django_db
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# A whole resident ID, phone or card number, wherever it stands.
NUMBERS = re.compile(r"(?<![0-9A-Za-z*.])(?:[1-9]\d{16}[\dXx]|1[3-9]\d{9}|\d{16,19})(?![0-9A-Za-z*])")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """The four quarters of the example, run once for this module and taken back."""
    from nuanxin.site.example import run

    with django_db_blocker.unblock(), transaction.atomic():
        run(EXAMPLES, show=lambda done, total: None)
        yield
        transaction.set_rollback(True)


def signed_in(**options):
    """A browser on this machine, signed in as the demo officer he."""
    client = Client(HTTP_HOST="127.0.0.1", **options)
    he = User.objects.get(username="he")
    client.force_login(he, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session["account_authentication_methods_user"] = str(he.pk)
    session.save()
    return client


@pytest.fixture
def page(world):
    """Ask for a page on this machine; the answer has its text and its number of queries."""

    def ask(url, language="", **headers):
        client = signed_in()
        if language:
            client.cookies["django_language"] = language
        if found := re.match(r"/households/(QTX-H\d+)/", url):
            # A file is opened first, which is written down.
            client.post(f"/households/{found[1]}/open/", {"why": "check"})
        # Django keeps the last 9,000 only, fewer than a whole walk asks.
        connection.queries_log.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url, **headers)
        answer.queries = len(queries)
        answer.text_ = answer.content.decode() if "text" in answer.headers.get("Content-Type", "") else ""
        return answer

    return ask


def links(answer, base):
    found = re.findall(r'<a [^>]*?href="([^"#]+)"', answer.text_)
    return {urljoin(base, unescape(link)) for link in found}


@pytest.mark.parametrize("language", ["", "en"])
def test_every_link_leads_to_a_page_and_no_page_gives_a_person_away(page, language):
    waiting, seen, kinds = ["/rounds/"], {}, Counter()
    while waiting:
        url = waiting.pop()
        kind = re.sub(r"\d{4}Q\d|\d{4}-\d\d(-\d\d)?|QTX-[HM][\w-]+|/brief/[a-z_]+/", "*", url)
        # A few of each kind: the parameters make thousands of addresses.
        # An account's own pages ask again who it is: tests/site walks them.
        if url in seen or kinds[kind] >= 4 or url.startswith("/account/"):
            continue
        kinds[kind] += 1
        answer = page(url, language)
        seen[url] = answer
        assert answer.status_code == (302 if url in ("/", "/visit-plan/") else 200), url
        assert not NUMBERS.findall(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.text_)), url
        assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:|<style|<script(?![^>]*\ssrc=)", answer.text_), url
        if not url.endswith(".pdf"):
            # A list asks 12 times at most, the brief and the dashboard no more; a household's file, which is no list, two more.
            assert answer.queries <= (15 if "/households/QTX" in url else 12), (url, answer.queries)
        waiting += sorted(links(answer, url) - seen.keys())
    assert len(seen) > 100


def test_the_first_page_is_todays_work(page):
    answer = page("/desk/")
    assert answer.status_code == 200
    assert "<h1>今天的工作</h1>" in answer.text_


def test_chinese_comes_first_whatever_the_browser_prefers(page):
    assert '<html lang="zh-Hans">' in page("/rounds/", HTTP_ACCEPT_LANGUAGE="en-US,en").text_
    assert '<html lang="en">' in page("/rounds/", "en").text_


def counted(answer):
    """The counts in the heads of the board's columns."""
    return {key: int(n) for key, n in re.findall(r'id="column-(\w+)">.*?<em>(\d+)</em>', answer.text_, re.DOTALL)}


def total(answer):
    """How many rows a list says it has."""
    found = re.search(r"共 (\d+) ", answer.text_)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("quarter", "counts"),
    [
        ("2022Q3", {"survey": 1, "visit": 0, "decide": 0, "file": 0, "aid": 5}),
        ("2022Q4", {"survey": 3, "visit": 1, "decide": 0, "file": 0, "aid": 5}),
        ("2023Q1", {"survey": 0, "visit": 0, "decide": 0, "file": 0, "aid": 6}),
        ("2023Q2", {"survey": 2, "visit": 0, "decide": 0, "file": 0, "aid": 2}),
    ],
)
def test_the_numbers_of_the_board_open_lists_of_that_length(page, quarter, counts):
    from nuanxin.care.models import Lead

    board = page(f"/rounds/QTX-{quarter}/")
    assert counted(board) == counts
    lists = {
        key: total(page(f"/rounds/QTX-{quarter}/families/?column={key}"))
        for key in [*counts, "refused", "known", "gone"]
    }
    assert {key: lists[key] for key in counts} == counts
    assert sum(lists.values()) == Lead.objects.filter(round__quarter=quarter).count()


def test_the_board_says_who_owes_a_return(page):
    text = page("/rounds/QTX-2022Q4/").text_
    for words in ("19 / 20 家", "11 家报了", "8 家没有", "1 家未报", "3 行要改"):
        assert words in text
    assert total(page("/rounds/QTX-2022Q4/returns/?tab=unions&state=silent")) == 1
    assert total(page("/rounds/QTX-2022Q4/returns/?tab=unions")) == 20


def test_a_refused_row_says_where_what_why_and_how_to_mend_it(page):
    text = page("/rounds/QTX-2022Q4/returns/").text_
    for words in ("约3万", "第 5 行", "家庭年收入（元）", "不写“约”“每月”或范围"):
        assert words in unescape(text)
    history = page("/rounds/QTX-2022Q4/returns/?tab=history").text_
    assert "QTX-03-C2-西苑社区工会联合会.xlsx" in history
    assert "QTX-03-C2-西苑社区工会联合会（更正）.xlsx" in history
    assert "标题写的是 2022Q4" in page("/rounds/QTX-2023Q1/returns/?tab=back").text_


def test_a_decision_is_told_rule_by_rule(page):
    text = page("/households/QTX-H000013/").text_
    for words in (
        "深度困难", "人均月收入 694.44 元（标准：低于 715.00 元），低 20.56 元", "第二条第一项：人均月收入低于低保标准",
        "37,900.00 − 12,900.00", "25,000.00 ÷ 12 ÷ 3", "8,580.00", "许安然",
    ):  # fmt: skip
        assert words in text, words
    assert len(re.findall(r'class="is-deciding"', text)) == 1


def test_a_family_exactly_at_the_line_is_told_so(page):
    from nuanxin.care.models import Finding

    at_line = Finding.objects.get(net="51480.00", round__quarter="2023Q2", tier="none")
    text = page(f"/households/{at_line.household.code}/").text_
    assert "1,430.00 元（标准：低于 1,430.00 元），正好在标准上" in text
    assert "不符合标准的家庭，转介其他帮扶" in text


def test_a_held_family_leads_to_the_row_to_mend(page):
    text = page("/households/QTX-H000014/").text_
    assert "有退回的行，等更正" in text
    assert 'href="/rounds/QTX-2022Q4/returns/?tab=rows"' in text


def test_a_visit_stands_beside_the_report(page):
    from nuanxin.care.models import Visit

    visit = Visit.objects.get(income="47000.00", conclusion="differs")
    text = page(f"/households/{visit.lead.household.code}/?tab=visits").text_
    assert f'<span class="u-cut"><span class="u-num">{visit.lead.income:,.2f} 元</span></span>' in text
    assert '<b class="u-strong"><span class="u-num">47,000.00 元</span></b>' in text


def test_what_happened_stands_in_the_order_of_its_days(page):
    text = page("/households/QTX-H000013/?tab=history").text_
    history = text[text.rindex("u-timeline", 0, text.index('<div class="d-stack">', text.index("d-stack") + 10)) :]
    told = re.findall(r'u-timeline__t">([^<]+)<', text)
    assert told[:5] == ["建档：深度困难", "审定通过", "开始公示", "按政策提出认定意见", "入户走访：属实"]
    assert "u-timeline" in history


@pytest.mark.parametrize(
    ("query", "length"),
    [("state=on_file", 16), ("state=left", 1), ("tier=accident", 2), ("q=QTX-H000013", 1), ("q=马福杰", 1)],
)
def test_the_list_of_files_is_filtered(page, query, length):
    assert total(page(f"/households/?{query}")) == length


def test_a_search_that_finds_nothing_says_so(page):
    assert "没有符合条件的家庭" in page("/households/?q=没有这个人").text_


def test_queries_do_not_grow_with_the_list(page):
    for url, one in (
        ("/households/", "/households/?q=QTX-H000013"),
        ("/rounds/QTX-2022Q4/families/", "/rounds/QTX-2022Q4/families/?column=visit"),
        ("/rounds/QTX-2022Q4/", "/rounds/QTX-2023Q2/"),
        ("/brief/?from=2022Q3&to=2023Q2", "/brief/?from=2022Q3&to=2022Q3"),
    ):
        assert page(url).queries == page(one).queries, url


def test_the_brief_states_the_figures_and_each_opens_its_records(page):
    text = page("/brief/").text_
    figures = dict(
        re.findall(r'class="d-figure" href="/brief/(\w+)/\?org=QTX&amp;from=2022Q3&amp;to=2023Q2">([^<]+)<', text)
    )
    expected = {
        "households_filed": "17", "wishes": "73", "jobs": "3,584", "people_visited": "11,026", "students": "95",
        "inpatients": "276",
    }  # fmt: skip
    assert expected.items() <= figures.items()
    assert '<a class="d-figure" href="/brief/spent_yuan/?org=QTX&amp;from=2022Q3&amp;to=2023Q2">93.5 万元</a>' in text
    assert total(page("/brief/households_filed/?from=2022Q3&to=2023Q2")) == 17
    assert "请重新选择季度" in page("/brief/?from=2023Q2&to=2022Q3").text_
    assert "请重新选择季度" in page("/brief/?from=<script>").text_


def test_the_brief_and_the_file_can_be_printed_and_that_is_written_down(world, tmp_path):
    from nuanxin.records.models import Event

    client = signed_in()
    before = Event.objects.count()
    for url, head in (
        ("/brief/brief.pdf", b"%PDF"),
        ("/brief/brief.docx", b"PK"),
        ("/households/QTX-H000001/print/", b"%PDF"),
    ):
        answer = client.post(url, {"why": "check"})
        assert answer.status_code == 200
        assert answer.content.startswith(head)
        assert "attachment" in answer.headers["Content-Disposition"]
    told = Event.objects.order_by("pk").values_list("verb", flat=True)[before:]
    assert list(told) == ["list.export", "list.export", "household.read"]
    path = tmp_path / "file.pdf"
    path.write_bytes(answer.content)
    text = "".join("".join(sheet.extract_text().split()) for sheet in PdfReader(path).pages)
    assert "彭＊" in text
    assert "6403**********400X" in text
    assert "公示期满，没有异议" in text
    assert not NUMBERS.findall(text)


@pytest.mark.parametrize(
    ("url", "rows"),
    [("/rounds/QTX-2022Q4/families/", 13), ("/households/?state=on_file", 16), ("/brief/inpatients/", 276)],
)
def test_a_list_goes_out_masked_and_is_written_down(world, tmp_path, url, rows):
    from nuanxin.records.models import Event

    client = signed_in()
    answer = client.post(url, {"format": "xlsx", "purpose": "季度汇总"})
    path = tmp_path / "list.xlsx"
    path.write_bytes(answer.content)
    sheet = openpyxl.load_workbook(path).active
    cells = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    assert len(cells) == rows + 1
    assert not NUMBERS.findall("\n".join("\t".join(row) for row in cells))
    told = Event.objects.filter(verb="list.export").order_by("-pk").first()
    assert (told.by, told.facts["rows"], told.facts["format"]) == ("he", rows, "xlsx")
    csv = client.post(url, {"format": "csv", "purpose": "核对"}).content.decode("utf-8-sig")
    assert len(csv.strip().splitlines()) == rows + 1


def test_an_export_needs_its_token(world):
    client = signed_in(enforce_csrf_checks=True)
    assert client.post("/households/", {"format": "xlsx"}).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "/rounds/QTX-2031Q1/",
        "/rounds/QTX-2022Q9/",
        "/households/QTX-H999999/",
        "/households/x'--/",
        "/brief/nothing/",
        "/rounds/QTX-2031Q1/returns/",
    ],
)
def test_what_is_not_there_is_not_found(page, url):
    assert page(url).status_code == 404


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=99999", "page=x", "page=９", "column=x&tier=x&union=x", "tab=x"]
)
def test_strange_parameters_do_no_harm(page, query):
    for url in (
        "/rounds/",
        "/rounds/QTX-2022Q4/families/",
        "/rounds/QTX-2022Q4/returns/",
        "/households/",
        "/brief/wishes/",
        "/households/QTX-H000001/",
    ):
        assert page(f"{url}?{query}").status_code == 200


def test_without_a_login_nothing_is_seen(world):
    assert Client(HTTP_HOST="127.0.0.1").get("/rounds/").status_code == 302
