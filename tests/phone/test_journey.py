"""One family from "家里有困难" on the phone to the result, and what others may not see of it."""

import io
import json
import re
import zipfile
from datetime import date, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.care.paper import number, visit_sheet
from tests.phone.conftest import DAY
from tests.pictures import camera

from nuanxin.care.models import Consent, Finding, HardshipApplication, Lead, Paper
from nuanxin.care.routing import Hours
from nuanxin.care.services import decide, offers, papers, publish, visit_plan, visits
from nuanxin.care.services.reading import open_file
from nuanxin.matters.models import Matter
from nuanxin.matters.services import add, answer, raise_one
from nuanxin.records.models import Event
from nuanxin.records.services import Refused
from nuanxin.site.demo import NUMBERS as OF_NOBODY
from nuanxin.union.models import Addition, Household, Notice, Person
from nuanxin.union.services import tell

pytestmark = pytest.mark.django_db
MINE, CHILD = number("19800101"), number("20120303", 5)
NUMBERS = re.compile(r"(?<![\dA-Fa-f])\d{17}[\dXx]|(?<!\d)1[3-9]\d{9}(?!\d)")
FIGURES = {
    "income": "24000", "medical": "3000", "schooling": "0", "loss": "0", "homes": "1", "runs_business": "no",
    "costly_school": "no", "cause": "本人大病", "note": "住院三次", "address": "古峡街道",
}  # fmt: skip


def text_of(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    assert not NUMBERS.search(page), url
    return page


def applied(client, **change):
    assert client.post("/my/apply/").headers["Location"] == "/my/apply/family/"
    me = {"name": "丁一禾", "relation": "self", "resident_id": MINE, "phone": "13800000011", "study_stage": ""}
    child = {"name": "丁小满", "relation": "child", "resident_id": CHILD, "phone": "", "study_stage": "compulsory"}
    assert client.post("/my/apply/family/0/", me).status_code == 302
    assert client.post("/my/apply/family/1/", child).status_code == 302
    assert client.post("/my/apply/figures/", FIGURES | change).headers["Location"] == "/my/apply/papers/"
    photo = SimpleUploadedFile("a.jpg", camera())
    assert client.post("/my/apply/papers/", {"kind": "medical", "photo": photo}).status_code == 302
    sent = client.post("/my/apply/check/", {"agreed": "on", "truthful": "on", "signed": "丁一禾"})
    assert sent.status_code == 302, sent.content.decode()
    return HardshipApplication.objects.latest("pk")


def linked(user):
    user.person = Person.objects.get(name="丁一禾")
    user.save()


def visited(round_, cast, tmp_path, **found):
    sheet = visit_sheet(tmp_path, [(date(2023, 7, 12), "丁一禾", MINE, "属实", found)])
    (outcome,) = visits.record(round_=round_, paths=[sheet], by=cast["he"], on=date(2023, 7, 13))
    assert outcome.recorded == 1, outcome.refusals


def test_from_i_need_help_to_certified(phone, workers, round_, cast, day, tmp_path):
    client = phone()
    assert "没有正在办的事" in text_of(client, "/my/matters/")
    application = applied(client)
    receipt = text_of(client, f"/my/apply/sent/{application.code}/")
    assert "困难申报已提交" in receipt
    assert "2023年9月30日前" in receipt
    address = f"/my/hardship/{application.code}/"
    assert "等工会上门走访" in text_of(client, address)
    assert "2023年9月30日" in text_of(client, "/my/") or "困难申报" in text_of(client, "/my/")
    visit_plan.plan(
        round_=round_,
        teams=[("白秀磊", "罗小满")],
        days=[date(2023, 7, 12)],
        by=cast["he"],
        on=DAY,
        hours=Hours(time(9)),
    )
    page = text_of(client, address)
    assert "工会定在 7月12日 9:00 上门走访。" in page
    assert "2023年7月12日" in page
    assert "工会定在 7月12日 9:00 上门走访" in text_of(client, "/my/messages/")
    visited(round_, cast, tmp_path)
    day(date(2023, 7, 13))
    assert "已经走访，正在按政策认定" in text_of(client, address)
    decide.decide(round_=round_, by=cast["he"], on=date(2023, 7, 13))
    assert "深度困难" not in text_of(client, address)
    posting = publish.publish(round_=round_, by=cast["he"], on=date(2023, 7, 13))
    page = text_of(client, address)
    assert "公示到" in page
    assert f"{posting.until_on.month}月{posting.until_on.day}日" in page
    after = posting.until_on + timedelta(days=1)
    publish.certify(round_=round_, by=cast["xu"], on=after)
    day(after)
    # Certified; the account is not known to be this person yet: the step, and nothing of the family.
    page = text_of(client, address)
    assert "审定通过" in page
    assert "深度困难" not in page
    assert "核对身份" in page
    linked(workers["w1"])
    page = text_of(client, address)
    assert "深度困难" in page
    assert "要低于 715.00 元" in page
    assert "医疗补助" in page
    assert "deep hardship" in text_of(phone(language="en"), address).lower()
    told = list(Notice.objects.filter(user=workers["w1"]).order_by("pk").values_list("what", flat=True))
    assert told == ["application.received", "visit.planned", "finding.published", "finding.certified"]
    assert Event.objects.filter(subject=f"application:{application.code}").count() == 3


def test_a_refusal_is_told_with_its_reasons_and_reviewed_by_another(phone, workers, round_, cast, day, tmp_path):
    client = phone()
    application = applied(client, income="500000")
    linked(workers["w1"])
    visited(round_, cast, tmp_path)
    decide.decide(round_=round_, by=cast["he"], on=date(2023, 7, 13))
    publish.publish(round_=round_, by=cast["he"], on=date(2023, 7, 13))
    publish.certify(round_=round_, by=cast["xu"], on=date(2023, 7, 14))
    offers.propose_offers(round_=round_, by=cast["he"], on=date(2023, 7, 14))
    day(date(2023, 7, 14))
    finding = Finding.objects.get()
    address = f"/my/hardship/{application.code}/"
    page = text_of(client, address)
    for words in ("这次不符合", "健康体检", "要低于 715.00 元", "高 ", f"/my/review/{finding.code}/"):
        assert words in page
    # Another worker may neither see nor ask.
    other = phone("w2")
    assert other.get(f"/my/review/{finding.code}/").status_code == 404
    assert other.post(f"/my/review/{finding.code}/", {"text": "x"}).status_code == 404
    assert client.post(f"/my/review/{finding.code}/", {"text": ""}).status_code == 422
    assert client.post(f"/my/review/{finding.code}/", {"text": "药费算漏了"}).status_code == 302
    assert "正由另一个人来看" in text_of(client, address)
    assert not Notice.objects.filter(what="review.asked", user__in=[cast["he"], cast["xu"]]).exists()


def test_everything_of_another_is_not_there(phone, workers, round_, cast, sign_in):
    application = applied(phone())
    linked(workers["w1"])
    lead, paper = Lead.objects.get(), Paper.objects.get()
    client = phone()
    client.post("/my/matters/new/problem/", {"content": "更衣室没有热水"})
    matter = Matter.objects.get()
    more = add(matter=matter, text="", photo=camera(), by=workers["w1"], on=DAY)
    theirs = [
        f"/my/hardship/{application.code}/", f"/my/hardship/{lead.code}/", f"/my/apply/sent/{application.code}/",
        f"/my/papers/{paper.pk}/", f"/my/matters/{matter.code}/", f"/my/matters/{matter.code}/unsolved/",
        f"/my/matters/{matter.code}/more/", f"/my/additions/{more.pk}/",
    ]  # fmt: skip
    for url in theirs:
        assert client.get(url).status_code == 200, url
        assert phone("w2").get(url).status_code == 404, url
        for officer in ("he", "wu"):
            assert sign_in(officer).get(url).status_code == 404, url
    neighbour = phone("w2")
    for url in ("/my/", "/my/matters/", "/my/messages/", "/my/me/", "/my/me/consent/", "/my/me/readers/"):
        page = text_of(neighbour, url)
        assert "丁" not in page
        assert "热水" not in page
    assert neighbour.post(f"/my/hardship/{application.code}/", {"withdraw": "1"}).status_code == 404
    assert neighbour.post(f"/my/matters/{matter.code}/").status_code == 404
    assert neighbour.post("/my/me/consent/", {"withdraw": "1"}).status_code == 302
    assert Consent.objects.get().withdrawn_on is None
    assert neighbour.post("/my/apply/papers/", {"drop": paper.pk}).status_code in (302, 404)
    assert Paper.objects.count() == 1


def test_a_family_that_its_union_reported_adds_papers_by_phone(phone, workers, round_, cast, tmp_path):
    """The neighbour applied for nothing: the union reported the family."""
    applied(phone())
    linked(workers["w1"])
    HardshipApplication.objects.update(user=workers["w2"])  # so that w1 has none, and the lead stays
    Paper.objects.all().delete()
    url = f"/my/hardship/{Lead.objects.get().code}/"
    page = text_of(phone(), url)
    assert (page.count("还缺"), page.count("已有"), "这些材料还没有" in page) == (3, 0, True)
    pdf = SimpleUploadedFile("票据.pdf", b"%PDF-1.4\n%%EOF\n")
    assert phone().post(url, {"kind": "medical", "photo": pdf}).headers["Location"] == url
    made = Paper.objects.get()
    assert (made.kind, made.added_by, made.application, made.lead) == ("medical", "w1", None, Lead.objects.get())
    page = text_of(phone(), url)
    assert (page.count("还缺"), page.count("已有"), "补了一份材料" in page) == (2, 1, True)
    answer = phone().get(f"/my/papers/{made.pk}/")
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    for neighbour in ("w2",):
        assert phone(neighbour).get(f"/my/papers/{made.pk}/").status_code == 404
        assert phone(neighbour).post(url, {"kind": "medical", "photo": pdf}).status_code == 404
    Household.objects.get().members.update(until_on=DAY)
    assert phone().get(f"/my/papers/{made.pk}/").status_code == 404


def test_what_a_worker_sent_with_an_application_is_not_shown_to_the_household(phone, workers, round_):
    applied(phone())
    linked(workers["w1"])
    HardshipApplication.objects.update(user=workers["w2"])
    paper = Paper.objects.get()
    assert paper.lead == Lead.objects.get()
    assert phone().get(f"/my/papers/{paper.pk}/").status_code == 404
    assert phone("w2").get(f"/my/papers/{paper.pk}/").status_code == 200


def test_who_has_left_the_household_sees_it_no_more(phone, workers, round_):
    applied(phone())
    linked(workers["w1"])
    lead = Lead.objects.get()
    assert phone().get(f"/my/hardship/{lead.code}/").status_code == 200
    Household.objects.get().members.update(until_on=DAY)
    assert phone().get(f"/my/hardship/{lead.code}/").status_code == 404


def test_a_photo_is_sent_as_a_file_without_its_place(phone, round_):
    applied(phone())
    answer = phone().get(f"/my/papers/{Paper.objects.get().pk}/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert b"GPS" not in answer.content


def test_a_photo_that_was_chosen_is_not_lost_by_going_straight_on(phone, round_):
    client = phone()
    client.post("/my/apply/")
    client.post("/my/apply/figures/", FIGURES)
    page = client.get("/my/apply/papers/").content.decode()
    assert '<option value="identity" selected>' in page
    photo = SimpleUploadedFile("a.jpg", camera())
    answer = client.post("/my/apply/papers/", {"kind": "identity", "photo": photo, "next": "1"})
    assert answer.headers["Location"] == "/my/apply/check/"
    assert [paper.kind for paper in Paper.objects.all()] == ["identity"]
    # What is sent next is most likely what still lacks; nothing chosen is no fault.
    assert '<option value="income" selected>' in client.get("/my/apply/papers/").content.decode()
    assert client.post("/my/apply/papers/", {"kind": "income", "next": "1"}).headers["Location"] == "/my/apply/check/"
    wrong = SimpleUploadedFile("a.jpg", b"no photo")
    assert client.post("/my/apply/papers/", {"kind": "income", "photo": wrong, "next": "1"}).status_code == 422


def test_what_is_no_photo_is_told_at_its_field(phone, round_):
    client = phone()
    client.post("/my/apply/")
    answer = client.post(
        "/my/apply/papers/", {"kind": "medical", "photo": SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>")}
    )
    assert answer.status_code == 422
    assert "这不是照片" in answer.content.decode()


@pytest.mark.parametrize("place", range(len(OF_NOBODY)))
def test_a_demos_numbers_of_nobody_are_taken_and_stand_on_no_page(phone, round_, settings, place):
    settings.NUANXIN_DEMO = False
    client = phone()
    client.post("/my/apply/")
    for n, relation in enumerate(["self", "child", "child", "spouse", "parent", "parent"][: place + 1]):
        url = f"/my/apply/family/{n}/"
        assert "虚构的号码" not in client.get(url).content.decode()
        settings.NUANXIN_DEMO = True
        page = client.get(url).content.decode()
        assert "虚构的号码" in page
        assert not [one for one in OF_NOBODY if one in page or one.replace(" ", "") in page]
        said = {"name": f"丁{n}", "relation": relation, "resident_id": OF_NOBODY[n], "study_stage": ""}
        assert client.post(url, said).status_code == 302
        page = client.get(url).content.decode()
        assert not [one for one in OF_NOBODY if one in page or one.replace(" ", "") in page]
        settings.NUANXIN_DEMO = False


def test_wrong_numbers_are_told_and_never_shown_again(phone, round_):
    client = phone()
    client.post("/my/apply/")
    bad = "640381198002310011"
    answer = client.post(
        "/my/apply/family/0/", {"name": "丁一禾", "relation": "self", "resident_id": bad, "study_stage": ""}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1980-02-31 不存在" in page
    client.post("/my/apply/family/0/", {"name": "丁一禾", "relation": "self", "resident_id": MINE, "study_stage": ""})
    page = text_of(client, "/my/apply/family/0/")
    assert "6403**********" in page
    assert MINE not in page


def test_the_self_test_asks_the_policy_and_keeps_nothing(client, round_, day):
    from django.test import Client

    nobody = Client(HTTP_HOST="127.0.0.1")
    page = text_of(nobody, "/my/self-test/")
    assert page.count('class="w-field') == 10
    rows = Event.objects.count()
    said = {"income": "24,000", "medical_paid": "0", "schooling_paid": "0", "loss": "0", "members": "3", "homes": "1",
            "runs_business": "no", "costly_school": "no", "children_compulsory": "0", "children_upper": "0"}  # fmt: skip
    page = nobody.post("/my/self-test/", said).content.decode()
    assert "您家很可能可以得到帮扶" in page
    assert "深度困难" in page
    assert "人均月收入 666.67 元，要低于 715.00 元，低 48.33 元" in page
    page = nobody.post("/my/self-test/", said | {"income": "150000"}).content.decode()
    assert "很可能不符合" in page
    assert "怎样会改变结果" in page
    page = nobody.post("/my/self-test/", said | {"medical_paid": "", "income": "60000"}).content.decode()
    assert "还差几个数" in page
    assert "高于 34,260.00 元：深度困难" in page
    page = nobody.post(
        "/my/self-test/", said | {"medical_paid": "", "schooling_paid": "", "income": "60000"}
    ).content.decode()
    assert "补齐：事先无法判断结果" in page
    page = nobody.post("/my/self-test/", said | {"income": "很少"}).content.decode()
    assert "请只写数字" in page
    nobody.cookies["django_language"] = "en"
    page = nobody.post("/my/self-test/", said).content.decode()
    assert "Your family can very likely get help" in page
    assert Event.objects.count() == rows


def test_a_self_test_hands_its_figures_to_the_application(phone, round_):
    client = phone()
    said = {"income": "24000", "homes": "x", "medical": "12.5", "runs_business": "no", "costly_school": ""}
    client.post("/my/apply/", said)
    page = text_of(client, "/my/apply/figures/")
    # What was said is not asked again; what was left open is.
    assert re.findall(r'name="(runs_business|costly_school)" value="(\w+)"[^>]* checked', page) == [
        ("runs_business", "no")
    ]
    assert 'value="24000"' in page  # as it was typed
    assert 'value="12.50"' in page


def test_a_matter_is_raised_answered_reopened_once_and_taken_back(phone, workers, cast, city, day):
    client = phone()
    assert client.post("/my/matters/new/problem/", {"content": ""}).status_code == 422
    first = client.post("/my/matters/new/problem/", {"content": "更衣室没有热水"})
    assert client.post("/my/matters/new/problem/", {"content": "更衣室没有热水"}).headers == first.headers or True
    one = Matter.objects.get()
    assert (one.account, one.source, one.owner.code) == (workers["w1"], "phone", "QTX-01-E01")
    assert Notice.objects.get(what="matter.raised").user == cast["ma"]
    answer(one, text="已装热水器", outcome="done", by=cast["ma"], on=date(2023, 7, 10))
    page = text_of(client, f"/my/matters/{one.code}/")
    assert "已装热水器" in page
    assert "还没解决" in page
    assert "您提的事有答复了" in text_of(client, "/my/messages/")
    again = client.post(f"/my/matters/{one.code}/unsolved/", {"what": "只解决了一部分", "more": "只有冷水"})
    assert again.status_code == 302
    one.refresh_from_db()
    assert (one.state, one.owner.code, one.unsolved) == ("open", "QTX", "只解决了一部分：只有冷水")
    assert one.due_on == date(2023, 7, 11)
    assert client.post(f"/my/matters/{one.code}/unsolved/", {"what": "还是没解决"}).status_code == 422
    assert client.post(f"/my/matters/{one.code}/").status_code == 302
    one.refresh_from_db()
    assert one.state == "withdrawn"


def test_a_worker_adds_to_an_open_matter_once_and_the_officer_reads_it(phone, workers, cast, sign_in, day):
    client = phone()
    client.post("/my/matters/new/problem/", {"content": "更衣室没有热水"})
    one = Matter.objects.get()
    url = f"/my/matters/{one.code}/more/"
    day(date(2023, 7, 10))
    for _press in range(2):
        sent = {"text": "电话 13800000011，洗手间也没有", "photo": SimpleUploadedFile("a.jpg", camera())}
        assert client.post(url, sent).headers["Location"] == f"/my/matters/{one.code}/"
    made = Addition.objects.get()
    assert Event.objects.filter(verb="matter.more").count() == 1
    assert Notice.objects.get(what="matter.more").user == cast["ma"]
    assert client.post(url, {"text": "", "photo": ""}).status_code == 422
    assert client.post(url, {"text": "食堂也没有"}).status_code == 302
    # Who has not read of the first is not told of the second.
    assert Notice.objects.filter(what="matter.more").count() == 1
    assert "食堂也没有" in text_of(client, f"/my/matters/{one.code}/")
    desk = sign_in("ma")
    page = text_of(desk, f"/matters/{one.code}/")
    for words in ("食堂也没有", "洗手间也没有", "职工补充情况"):
        assert words in page
    assert desk.get(f"/matters/{one.code}/photos/{made.pk}/").headers["Content-Type"] == "image/jpeg"
    assert "职工补充了情况" in text_of(desk, "/desk/?tab=mine&new=1")
    answer(one, text="已装热水器", outcome="done", by=cast["ma"], on=date(2023, 7, 10))
    assert client.get(url).status_code == 302
    late = client.post(url, {"text": "又坏了"})
    assert (late.status_code, "这件事已经办结" in late.content.decode()) == (422, True)
    assert Addition.objects.count() == 2


def test_a_family_adds_words_to_its_application_until_it_is_decided(
    phone, workers, round_, cast, sign_in, day, tmp_path
):
    client = phone()
    application = applied(client)
    url = f"/my/hardship/{application.code}/"
    house = Lead.objects.get().household
    for _press in range(2):
        assert client.post(url, {"kind": "medical", "text": "上周又住院了"}).status_code == 302
    assert client.post(url, {"kind": "medical", "text": ""}).status_code == 422
    assert (Addition.objects.count(), Event.objects.filter(verb="application.more").count()) == (1, 1)
    told = Notice.objects.filter(what="application.more")
    assert {(one.user, one.subject) for one in told} == {(cast["ma"], f"household:{house.code}")}
    assert "上周又住院了" in text_of(client, url)
    open_file(household=house, by=cast["he"], on=DAY, reason="核对")
    assert "职工补充情况：上周又住院了" in text_of(sign_in("he"), f"/households/{house.code}/?tab=history")
    visited(round_, cast, tmp_path)
    decide.decide(round_=round_, by=cast["he"], on=date(2023, 7, 13))
    publish.publish(round_=round_, by=cast["he"], on=date(2023, 7, 13))
    publish.certify(round_=round_, by=cast["xu"], on=date(2023, 7, 21))
    with pytest.raises(Refused, match="已经办完"):
        papers.more(to=application, text="还有", kind="", content=b"", name="", by=workers["w1"], on=date(2023, 7, 21))


def test_another_of_the_household_does_not_read_what_was_added(phone, workers, round_):
    applied(phone())
    linked(workers["w1"])
    workers["w2"].person = Person.objects.get(name="丁小满")
    workers["w2"].save()
    HardshipApplication.objects.update(user=workers["w2"])  # so that the case is the lead's for w1
    url = f"/my/hardship/{Lead.objects.get().code}/"
    assert phone().post(url, {"kind": "medical", "text": "上周又住院了"}).status_code == 302
    assert "上周又住院了" in text_of(phone(), url)
    page = text_of(phone("w2"), url)
    assert ("补充了情况" in page, "上周又住院了" in page) == (True, False)


def test_the_family_sees_who_read_and_takes_a_copy(phone, workers, round_, cast):
    applied(phone())
    linked(workers["w1"])
    house = Household.objects.get()
    open_file(household=house, by=cast["he"], on=DAY, reason="核对住址")
    client = phone()
    page = text_of(client, "/my/me/readers/")
    for words in ("打开您家的档案", "青铜峡市总工会", "市总工会经办", "核对住址"):
        assert words in page
    assert "何秋实" not in page
    answer_ = client.post("/my/me/copy/")
    packed = zipfile.ZipFile(io.BytesIO(answer_.content))
    rows = json.loads(packed.read("my-data.json"))
    whole = packed.read("my-data.json").decode()
    assert rows["本人 person"][0]["id_number"] == MINE
    assert CHILD not in whole
    assert [row["kind"] for row in rows["材料 papers"]] == ["medical"]
    assert CHILD not in packed.read("my-data.html").decode()
    assert Event.objects.filter(verb="account.copy", by="w1").count() == 1


def test_consent_is_withdrawn_and_given_again(phone, workers, round_):
    applied(phone())
    linked(workers["w1"])
    client = phone()
    assert "授权有效" in text_of(client, "/my/me/consent/")
    client.post("/my/me/consent/", {"withdraw": "1"})
    assert "现在没有授权" in text_of(client, "/my/me/consent/")
    client.post("/my/me/consent/", {"agreed": "1"})
    assert Consent.objects.filter(withdrawn_on=None).get().how == "phone"


def test_my_matters_are_filtered_and_paged(phone, workers, round_, cast):
    applied(phone())
    for n in range(24):
        made = raise_one(kind="wish", content=f"心愿 {n}", org=workers["w1"].posts.get().org, by=workers["w1"], on=DAY)
        if n < 3:
            answer(made, text="好的", outcome="done", by=cast["he"], on=DAY)
    # Twenty a page, what is open first.
    assert text_of(phone(), "/my/matters/").count("/my/matters/QTX-M") == 20
    assert text_of(phone(), "/my/matters/?page=2").count("/my/matters/QTX-M") == 4
    ended = text_of(phone(), "/my/matters/?state=ended")
    assert (ended.count("/my/matters/QTX-M"), "/my/hardship/" in ended) == (3, False)
    assert text_of(phone(), "/my/matters/?kind=hardship").count("/my/hardship/") == 1
    assert "没有正在办的事" in text_of(phone(), "/my/matters/?kind=problem")
    assert "筛选" not in text_of(phone("w2"), "/my/matters/")


def test_messages_are_read_by_a_post(phone, workers, round_):
    applied(phone())
    client = phone()
    assert Notice.objects.get(user=workers["w1"]).read_at is None
    text_of(client, "/my/messages/")
    one = Notice.objects.get(user=workers["w1"])
    assert one.read_at is None
    assert client.post("/my/messages/", {"notice": one.pk}).headers["Location"].startswith("/my/hardship/")
    one.refresh_from_db()
    assert one.read_at is not None


def test_the_first_page_shows_the_newest_messages_of_ones_own(phone, workers):
    assert "我的消息" not in text_of(phone(), "/my/")
    days = [date(2023, 7, day) for day in (1, 2, 3, 4)]
    tell([(workers["w1"].pk, "visit.planned", "claim:w1", {"day": f"{day}"}) for day in days], on=DAY)
    tell([(workers["w2"].pk, "visit.planned", "claim:w2", {"day": "2023-07-09"})], on=DAY)
    page = text_of(phone(), "/my/")
    assert re.findall(r"工会定在 (7月\d+日) 上门走访", page) == ["7月4日", "7月3日", "7月2日"]
    assert 'action="/my/messages/"' in page
    assert re.findall(r"工会定在 (7月\d+日) 上门走访", text_of(phone("w2"), "/my/")) == ["7月9日"]


@pytest.mark.parametrize("who", ["he", "ma", "bai", "shen", "guan", "wu"])
def test_an_officer_has_no_workers_pages(sign_in, who):
    for name in (
        "home",
        "matters",
        "messages",
        "me",
        "consent",
        "readers",
        "copy",
        "apply",
        "family",
        "figures",
        "papers",
        "check",
    ):
        assert sign_in(who).get(reverse(f"phone:{name}")).status_code == 404, name


def test_without_a_login_every_page_but_the_self_test_leads_to_it(client, db):
    for name in ("home", "matters", "messages", "me", "consent", "readers", "copy", "apply"):
        answer_ = client.get(reverse(f"phone:{name}"), HTTP_HOST="127.0.0.1")
        assert answer_.status_code == 302
        assert answer_.headers["Location"].startswith("/account/")
