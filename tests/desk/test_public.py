"""What everybody may read without a login: masked names while the clock runs, afterwards the fact alone; never another city's."""

import io
import re
from datetime import date

import pytest
from django.test import Client
from pypdf import PdfReader
from tests.care.paper import family
from tests.desk.office import CERTIFIED, DECIDED, E01

from nuanxin.care.models import Finding, Posted, Posting, Round
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
URL = "/public/notices/QTX-2022Q3-P1/"


@pytest.fixture
def posted(office):
    office.report(E01, family("张刚强", seq=1, income=9000), family("李红梅", seq=2, homes=2))
    office.on(DECIDED)
    office.do("he", "decide")
    office.do("he", "publish", days=5)
    return office


def read(url):
    answer = Client(HTTP_HOST="127.0.0.1").get(url)
    return answer, answer.content.decode() if answer.status_code == 200 and "text" in answer.headers[
        "Content-Type"
    ] else ""


def shown(url):
    """The page without its tokens."""
    return re.sub(r'value="\w{64}"', "", read(url)[1])


def test_everybody_reads_masked_names_and_how_to_object(posted):
    answer, text = read(URL)
    assert answer.status_code == 200
    assert ("张＊强" in text, "张刚强" in text, "李＊梅" in text, "QTX-H" in text) == (True, False, False, False)
    assert "12351" in text
    assert "640381" not in text


def test_after_the_clock_the_names_are_gone_and_the_fact_remains(posted):
    posted.on(CERTIFIED)
    answer, text = read(URL)
    assert (answer.status_code, "张＊强" in text, "名单不再显示" in text) == (200, False, True)
    assert read(f"{URL}notice.pdf")[0].status_code == 404
    assert "已结束" in read("/public/notices/")[1]


def test_the_list_is_filtered_and_paged(posted, city):
    first = Posting.objects.get()
    older = [
        Posting(
            code=f"QTX-2021Q4-P{n}", round=first.round, from_on=date(2021, 12, 1), days=5, until_on=date(2021, 12, 8)
        )
        for n in range(25)
    ]
    Posting.objects.bulk_create(older)
    assert read("/public/notices/")[1].count("/public/notices/QTX-") == 20
    assert read("/public/notices/?page=2")[1].count("/public/notices/QTX-") == 6
    running = read("/public/notices/?state=running")[1]
    assert (running.count("/public/notices/QTX-"), first.code in running) == (1, True)
    assert first.code not in read("/public/notices/?year=2021")[1]
    assert "没有这样的公示" in read("/public/notices/?year=2021&state=running")[1]
    assert read("/public/notices/?year=x&state=y&page=99")[0].status_code == 200


def test_a_finding_that_was_sent_back_is_gone_at_once_and_an_objection_is_not_seen(posted):
    finding = Finding.objects.get(household__worker_name="张刚强")
    before = shown(URL)
    Finding.objects.filter(pk=finding.pk).update(state="objected")
    assert shown(URL) == before
    Finding.objects.filter(pk=finding.pk).update(state="returned")
    assert "张＊强" not in read(URL)[1]


def test_the_printed_notice_says_the_same(posted):
    answer, _ = read(f"{URL}notice.pdf")
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert ("张＊强" in text, "张刚强" in text, "李＊梅" in text) == (True, False, False)


def test_two_cities_each_have_their_own_list(posted):
    other = Org.objects.get(code="WZ")
    round_ = Round.objects.create(
        code="WZ-2022Q3", org=other, quarter="2022Q3", opened_on=DECIDED, returns_due_on=CERTIFIED, visits_due_on=CERTIFIED,
        policy="qingtongxia", area="QTX", state="published", decided_on=DECIDED,
    )  # fmt: skip
    Posting.objects.create(code="WZ-2022Q3-P1", round=round_, from_on=DECIDED, days=5, until_on=CERTIFIED, by="wu")
    front = read("/public/notices/")[1]
    assert "吴忠市总工会" in front
    assert "-P1" not in front
    ours = read("/public/notices/?union=QTX")[1]
    assert ("QTX-2022Q3-P1" in ours, "WZ-2022Q3-P1" in ours, "吴忠" in ours) == (True, False, False)
    assert read("/public/notices/?union=XX")[0].status_code == 404


def test_what_begins_later_or_never_was_is_not_there(posted):
    Posting.objects.update(from_on=date(2022, 9, 21))
    assert read(URL)[0].status_code == 404
    assert read("/public/notices/QTX-2031Q1-P1/")[0].status_code == 404


def test_a_clock_of_its_own_is_said(posted):
    Posted.objects.update(until_on=date(2022, 9, 30))
    assert "到9月30日" in read(URL)[1]


def test_without_any_posting_the_page_says_so(city):
    assert "现在没有公示" in read("/public/notices/")[1]
