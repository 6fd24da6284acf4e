"""A brief sent for approval: by one person, approved or returned by another, and what it says from then on."""

from datetime import date, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from nuanxin.matters.models import Matter
from nuanxin.matters.services import enter
from nuanxin.records.models import Event
from nuanxin.records.services import Refused
from nuanxin.reports import services
from nuanxin.reports.figures import make_range
from nuanxin.reports.models import Issue
from nuanxin.union.models import Notice, Org
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 7)
AT = datetime(2023, 7, 7, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def wish(cast, content):
    ma = cast["ma"]
    org = Org.objects.get(code="QTX-01-E01")
    said = {"kind": Matter.WISH, "content": content, "raised_by": "田秀兰", "phone": "", "meeting": None}
    return enter(**said, org=org, by=ma, on=DAY)


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr("nuanxin.records.clock.demo_day", lambda: DAY)


@pytest.fixture
def sent(cast, city, today):
    def sent(by="he", parts=("done", "figures"), plans="", quarter="2023Q3"):
        span = make_range(city, quarter, quarter)
        return services.send(span=span, parts=parts, plans=plans, by=cast[by], on=DAY, at=AT)

    wish(cast, "一盏台灯")
    return sent


def test_sent_once_and_approved_by_another(cast, sent):
    issue = sent(plans="请找 13800000011")
    assert sent(plans="请找 13800000011").pk == issue.pk
    assert (issue.state, issue.parts, issue.due_on) == ("sent", ["done", "figures"], date(2023, 7, 12))
    assert "13800000011" not in str(issue.paragraphs)
    with pytest.raises(Refused, match="已有一份"):
        sent(parts=("overview",))
    with pytest.raises(Refused, match="没有办理"):
        sent(by="ma", quarter="2023Q2")
    assert [one.user for one in Notice.objects.filter(what="issue.sent")] == [cast["xu"]]
    with pytest.raises(Refused):
        services.approve(issue=issue, digest=issue.digest, by=cast["he"], on=DAY)
    with pytest.raises(Refused, match="内容和您看到的不同"):
        services.approve(issue=issue, digest="0" * 64, by=cast["xu"], on=DAY)
    services.approve(issue=issue, digest=issue.digest, by=cast["xu"], on=DAY)
    assert (issue.state, issue.year, issue.number, issue.ended_by) == ("approved", 2023, 1, "xu")
    with pytest.raises(Refused):
        services.send_back(issue=issue, reason="再看", by=cast["xu"], on=DAY)
    assert Notice.objects.get(what="issue.approved").user == cast["he"]
    assert list(Event.objects.filter(subject=f"issue:{issue.code}").values_list("verb", flat=True)) == [
        "issue.send",
        "issue.approve",
    ]


def test_the_sender_may_not_approve_even_as_an_approver(cast, city, sent):
    appoint(user="he", name="何秋实", org=city, role="approver", from_on=DAY, by="guan")
    issue = sent()
    for end in (
        lambda: services.approve(issue=issue, digest=issue.digest, by=cast["he"], on=DAY),
        lambda: services.send_back(issue=issue, reason="再看", by=cast["he"], on=DAY),
    ):
        with pytest.raises(Refused, match="不能自己审批"):
            end()
    assert [one.user for one in Notice.objects.filter(what="issue.sent")] == [cast["xu"]]


def test_returned_says_why_and_another_is_sent(cast, sent):
    issue = sent()
    with pytest.raises(Refused, match="理由"):
        services.send_back(issue=issue, reason=" ", by=cast["xu"], on=DAY)
    services.send_back(issue=issue, reason="资金再核", by=cast["xu"], on=DAY)
    assert (issue.state, issue.reason, issue.number) == ("returned", "资金再核", None)
    again = sent()
    assert again.code != issue.code
    services.approve(issue=again, digest=again.digest, by=cast["xu"], on=DAY)
    assert again.number == 1


def test_what_was_sent_stays_and_what_changed_is_said(cast, sent):
    issue = Issue.objects.get(pk=sent().pk)
    assert services.digest_of(issue) == issue.digest
    assert services.changed_since(issue) == {}
    wish(cast, "一张躺椅")
    assert services.changed_since(issue)["wishes"] == ("1", 2)
    made = services.kept_brief(issue, "zh")
    assert "征集职工微心愿 1 个" in made.text
    assert "总体情况" not in made.text
    assert "1 micro-wishes" in services.kept_brief(issue, "en").text
    # What was written behind the program's back is not what was looked at.
    Issue.objects.filter(pk=issue.pk).update(plans="多发些钱")
    issue.refresh_from_db()
    with pytest.raises(Refused, match="内容和您看到的不同"):
        services.approve(issue=issue, digest=issue.digest, by=cast["xu"], on=DAY)


def test_a_brief_of_an_earlier_version_is_read_as_it_was_sent(sent):
    """A figure that came later, or is gone by now, does not stand in the way."""
    issue = sent()
    issue.figures = {"wishes": ["1", 1], "gone": ["3", 3]}
    issue.save()
    assert services.kept_brief(issue, "zh").paragraphs == tuple(map(tuple, issue.paragraphs["zh"]))
    assert services.changed_since(issue) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "approved", "ended_on": DAY, "ended_by": "he", "year": 2023, "number": 1},
        {"state": "approved", "ended_on": DAY, "ended_by": "xu"},
        {"state": "returned", "ended_on": DAY, "ended_by": "xu"},
        {"ended_on": DAY},
    ],
)
def test_the_database_ties_a_state_to_its_evidence(sent, wrong):
    issue = sent()
    with pytest.raises(IntegrityError), transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(**wrong)


def test_on_the_pages(cast, sign_in, sent):
    he, xu = sign_in("he"), sign_in("xu")

    def page(client, url, status=200):
        answer = client.get(url)
        assert answer.status_code == status, url
        return unescape(answer.content.decode())

    text = page(he, "/brief/?from=2023Q3&to=2023Q3&part=done")
    assert "征集职工微心愿" in text
    assert "<h3>附：主要数据</h3>" not in text
    assert 'form="send"' in text
    appoint(user="approver", name="某人", org=Org.objects.get(code="QTX"), role="approver", from_on=DAY, by="guan")
    approver = sign_in("approver")
    assert 'form="send"' not in page(approver, "/brief/")
    where = "/brief/send/?from=2023Q3&to=2023Q3&part=done"
    gone = he.post(where, {"plans": "先办 30 户次走访"})
    issue = Issue.objects.get()
    assert (
        gone.headers["Location"]
        == f"/brief/issues/{issue.code}/"
        == he.post(where, {"plans": "先办 30 户次走访"}).headers["Location"]
    )
    assert approver.post(where, {"plans": ""}).status_code == 404
    assert "去审批" in page(xu, "/desk/?tab=mine&kind=issue")
    assert "去审批" not in page(he, "/desk/?tab=mine&kind=issue")
    here = f"/brief/issues/{issue.code}/"
    assert 'value="approve"' in page(xu, here)
    assert 'value="approve"' not in page(he, here)
    assert "不能自己审批" in unescape(
        he.post(f"{here}end/", {"verb": "approve", "digest": issue.digest}, follow=True).content.decode()
    )
    assert xu.post(f"{here}end/", {"verb": "return", "reason": ""}).status_code == 422
    assert xu.post(f"{here}end/", {"verb": "approve", "digest": issue.digest}).status_code == 302
    wish(cast, "一张躺椅")
    text = page(he, here)
    for words in ("已审定", "2023年第1期", "1 →", "先办 30 户次走访"):
        assert words in text
    for form, head in (("pdf", b"%PDF"), ("docx", b"PK")):
        assert he.post(f"{here}brief.{form}").content.startswith(head)
    assert Event.objects.filter(verb="list.export", subject=f"issue:{issue.code}").count() == 2
    assert issue.code in page(he, "/brief/issues/?state=approved")
    assert sign_in("wu").get(here).status_code == 404
