"""A union's return in the browser: looked at first, taken when confirmed, marked for its sender; only for one's own unions."""

import io
from datetime import date
from html import unescape

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nuanxin.care.models import Lead, Refusal, Return
from nuanxin.care.services import rounds
from nuanxin.records.models import Attachment, Event, Job

pytestmark = pytest.mark.django_db
OPENED, DAY = date(2022, 10, 1), date(2022, 11, 20)
URL = "/rounds/QTX-2022Q4/returns/"


@pytest.fixture
def round_(city, cast, monkeypatch):
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)
    made, _ = rounds.open_round(org=city, quarter="2022Q4", policy="qingtongxia", area="QTX", by=cast["he"], on=OPENED)
    return made


@pytest.fixture
def upload(examples):
    def upload(client, *names, url=f"{URL}send/"):
        files = []
        for name in names:
            (path,) = (examples / "2022Q4").glob(f"{name}*")
            files.append(SimpleUploadedFile(path.name, path.read_bytes()))
        return client.post(url, {"sheets": files})

    return upload


def text(answer):
    return unescape(answer.content.decode())


def stored():
    return [model.objects.count() for model in (Return, Refusal, Lead, Attachment)]


def test_a_look_stores_nothing_and_a_confirmation_takes_what_was_shown(sign_in, round_, upload):
    client = sign_in("ma")
    answer = upload(client, "QTX-01-E01", "QTX-01-E09")
    assert stored() == [0, 0, 0, 0]
    assert not Job.objects.filter(step="returns").exists()
    look = answer.headers["Location"]
    shown = client.get(look)
    preview = shown.context["shown"]
    assert "还没有收" in text(shown)
    assert f"收下 {preview.accepted} 行" in text(shown)
    assert stored() == [0, 0, 0, 0]
    sent = client.post(look, {"do": "receive"}, follow=True)
    made = Return.objects.filter(state="taken")
    assert made.count() == 2
    assert sum(one.accepted for one in made) == preview.accepted
    assert sum(one.refused for one in made) == preview.refused
    assert Lead.objects.filter(from_return__in=made).count() == preview.families
    assert f"{preview.accepted + preview.refused} 行 = 接受 {preview.accepted} 行 + 退回 {preview.refused} 行" in text(
        sent
    )
    assert Event.objects.filter(verb="return.take", by="ma").count() == 2
    # The draft is gone: a second click, or the back button, takes nothing again.
    before = stored()
    assert client.post(look, {"do": "receive"}).headers["Location"] == f"{look}sent/"
    assert stored() == before


def test_refused_rows_say_where_what_why_and_come_back_marked(sign_in, round_, upload):
    client = sign_in("he")
    names = [
        "QTX-05-C4",
        "QTX-05-C3",
        "QTX-01-E01",
        "QTX-01-E09",
        "QTX-02-C8",
        "QTX-03-C5-利民社区工会联合会.csv",
        "QTX-04-C1",
    ]
    look = upload(client, *names).headers["Location"]
    shown = client.get(look)
    bad = [file for file in shown.context["shown"].files if file.refused]
    assert bad
    line = bad[0].refusals[0]
    assert line.why_zh in text(shown)
    assert f"第 {line.row} 行" in text(shown)
    client.post(look, {"do": "receive"})
    made = Return.objects.filter(refused__gt=0).first()
    answer = client.post(f"{URL}marked/{made.code}/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    assert any(cell.comment for sheet in book for row in sheet for cell in row)
    assert Event.objects.filter(verb="return.mark", subject=f"return:{made.code}", by="he").exists()
    assert sign_in("wu").post(f"{URL}marked/{made.code}/").status_code == 404
    assert sign_in("shen").post(f"{URL}marked/{made.code}/").status_code == 404


def test_the_same_file_again_changes_nothing(sign_in, round_, upload):
    client = sign_in("ma")
    client.post(upload(client, "QTX-01-E01").headers["Location"], {"do": "receive"})
    before = stored()
    look = upload(client, "QTX-01-E01").headers["Location"]
    assert "以前收过" in text(client.get(look))
    assert "没有新的表可以收" in text(client.get(look))
    client.post(look, {"do": "receive"})
    assert stored() == before


def test_a_correction_says_first_what_it_replaces(sign_in, round_, upload):
    client = sign_in("he")
    client.post(upload(client, "QTX-03-C2-西苑社区工会联合会.xlsx").headers["Location"], {"do": "receive"})
    look = upload(client, "QTX-03-C2-西苑社区工会联合会（").headers["Location"]
    assert "收下后替换原来的「QTX-03-C2-西苑社区工会联合会.xlsx」" in text(client.get(look))
    client.post(look, {"do": "receive"})
    assert list(Return.objects.order_by("pk").values_list("state", flat=True)) == ["replaced", "taken"]


def test_given_up_is_given_up(sign_in, round_, upload):
    client = sign_in("ma")
    look = upload(client, "QTX-01-E01").headers["Location"]
    client.post(look, {"do": "drop"})
    assert stored() == [0, 0, 0, 0]
    assert client.get(look).status_code == 404


def test_another_unions_return_is_refused_with_a_sentence(sign_in, round_, upload):
    client = sign_in("ma")
    look = upload(client, "QTX-03-C2-西苑社区工会联合会.xlsx").headers["Location"]
    shown = client.get(look)
    assert "您只能上报自己的工会和它下面的工会" in text(shown)
    assert "收下 " not in text(shown)
    client.post(look, {"do": "receive"})
    (made,) = Return.objects.all()
    assert (made.state, made.org) == ("refused", None)
    assert not Lead.objects.exists()


def test_a_draft_is_its_senders_alone(sign_in, round_, upload):
    look = upload(sign_in("ma"), "QTX-01-E01").headers["Location"]
    for who in ("he", "wu", "tian", "shen"):
        assert sign_in(who).get(look).status_code == 404
    assert sign_in("ma").get(f"{URL}send/..%2F..%2Fx/").status_code == 404


@pytest.mark.parametrize("who", ["tian", "bai", "shen", "pan", "guan", "wu"])
def test_who_may_not_send_has_no_such_page(sign_in, round_, who):
    client = sign_in(who)
    for url in ("send/",):
        assert client.get(URL + url).status_code == 404
    assert client.post(f"{URL}nil/", {"union": "QTX-01-E01"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("表.pdf", b"%PDF", "不是电子表格"), ("表.xlsx", b"x" * (20 * 2**20 + 1), "超过 20 MB")],
)
def test_a_file_that_cannot_be_one_is_told_at_once(sign_in, round_, name, content, sentence):
    answer = sign_in("ma").post(f"{URL}send/", {"sheets": [SimpleUploadedFile(name, content)]})
    assert answer.status_code == 422
    assert sentence in text(answer)


def test_nobody_to_report_is_one_button_and_once_is_enough(sign_in, round_, upload):
    client = sign_in("ma")
    assert "没有困难家庭" in text(client.get(f"{URL}send/"))
    for _ in range(2):
        assert "本季度没有困难家庭" in text(client.post(f"{URL}nil/", {"union": "QTX-01-E06"}, follow=True))
    (made,) = Return.objects.all()
    assert (made.nil, made.state, made.org.code) == (True, "taken", "QTX-01-E06")
    assert client.post(f"{URL}nil/", {"union": "QTX-03-C2"}).status_code == 404
    client.post(upload(client, "QTX-01-E01").headers["Location"], {"do": "receive"})
    again = client.post(f"{URL}nil/", {"union": "QTX-01-E01"}, follow=True)
    assert "已经报了家庭" in text(again)
    assert Return.objects.get(org__code="QTX-01-E01").state == "taken"


def test_the_page_lists_ones_own_unions_alone(sign_in, round_):
    page = text(sign_in("ma").get(f"{URL}send/"))
    assert "QTX-01-E06" in page
    assert "QTX-03" not in page
    assert "QTX-03" in text(sign_in("he").get(f"{URL}send/"))


def test_in_english(sign_in, round_, upload):
    client = sign_in("ma")
    client.cookies["django_language"] = "en"
    assert "Upload and check" in text(client.get(f"{URL}send/"))
    assert "Nothing is taken yet" in text(client.get(upload(client, "QTX-01-E01").headers["Location"]))
