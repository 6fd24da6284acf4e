"""One family in the browser: its file opened with a reason, what is done to it, who has read."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.care.paper import family, number
from tests.desk.office import C1, CERTIFIED, DECIDED, E01, SEEN, told
from tests.pictures import png

from nuanxin.care.models import Finding, Lead, Objection, Offer, Paper, Review
from nuanxin.care.services import papers
from nuanxin.desk.today import Asked, Queue
from nuanxin.records.models import Event
from nuanxin.records.services import Refused
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import User
from nuanxin.union.services import appoint

pytestmark = pytest.mark.django_db
WHY = {"why": "certify"}
FASTER = "有人先办了一步"
ACTS = (
    "object",
    "answer",
    "return",
    "help",
    "review",
    "review-end",
    "consent",
    "consent-withdraw",
    "urgent",
    "excuse",
    "paper",
)


class House:
    """A family of the office's and its pages."""

    def __init__(self, office, worker):
        self.office, self.code = office, office.code(worker)

    @property
    def url(self):
        return f"/households/{self.code}/"

    def page(self, name, tab=""):
        return self.office.browser(name).get(f"{self.url}?tab={tab}").content.decode()

    def open(self, name):
        return self.office.browser(name).post(f"{self.url}open/", WHY, follow=True)

    def mark(self, name, act):
        text = self.office.browser(name).get(f"{self.url}{act}/").content.decode()
        found = re.search(r'name="mark" value="(\w+)"', text)
        return found[1] if found else ""

    def do(self, name, act, **said):
        return self.office.browser(name).post(f"{self.url}{act}/", {"mark": self.mark(name, act), **said}, follow=True)


@pytest.fixture
def poor(office):
    """A family whose proposal is published."""
    office.report(E01, family("张刚", seq=1, income=9000), family("李红梅", seq=2, homes=2, cause="子女上学"))
    office.on(DECIDED)
    office.do("he", "decide")
    office.do("he", "publish", days=5)
    return House(office, "张刚")


@pytest.fixture
def refused(poor):
    poor.office.on(CERTIFIED)
    poor.office.do("xu", "certify")
    return House(poor.office, "李红梅")


def test_a_file_is_sealed_until_it_is_opened_with_a_reason_and_that_is_read_by_the_family(poor):
    sealed = poor.page("xu")
    assert "打开档案" in sealed
    assert "6403" not in sealed
    assert not Event.objects.filter(verb="household.read").exists()
    poor.open("xu")
    assert "6403**********" in poor.page("xu")
    event = Event.objects.get(verb="household.read")
    assert (event.by, event.facts["reason"], event.facts["what"]) == ("xu", "办理季度认证", "file")
    poor.open("xu")
    assert Event.objects.filter(verb="household.read").count() == 1
    assert "打开档案" in poor.page("he")
    readers = poor.page("xu", "readers")
    assert ("许安然" in readers, "办理季度认证" in readers) == (True, True)


def test_another_reason_must_be_written(poor):
    answer = poor.office.browser("xu").post(f"{poor.url}open/", {"why": "other", "other": " "})
    assert (answer.status_code, 'href="#id_other"' in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("act", [*ACTS, "open", "print", "reveal"])
@pytest.mark.parametrize("name", ["wu", "bai", "tian", "pan", "guan"])
def test_who_sees_no_families_and_the_other_city_find_nothing(poor, name, act):
    events = Event.objects.count()
    client = poor.office.browser(name)
    assert client.post(f"{poor.url}{act}/", {**WHY, "mark": "x"}).status_code == 404
    assert client.get(f"{poor.url}{act}/").status_code in (404, 405)
    assert Event.objects.count() == events


def test_the_auditor_reads_and_finds_no_button(poor):
    poor.open("shen")
    text = poor.page("shen")
    for act in ACTS:
        assert f"{poor.url}{act}/" not in text
        assert poor.office.browser("shen").post(f"{poor.url}{act}/", {"mark": "x"}).status_code == 404
    assert f"{poor.url}reveal/" not in text


def test_an_objection_stops_the_clock_until_it_is_answered(poor):
    assert "已登记异议" in told(poor.do("he", "object", text="邻居说他家有两套房"))[0]
    assert Finding.objects.get(household__code=poor.code).state == "objected"
    answer = poor.do("xu", "answer", upheld="no", outcome="房管查过，只有一套")
    assert told(answer) == ["已答复异议。"]
    objection = Objection.objects.get()
    assert (objection.upheld, objection.answered_by) == (False, "xu")
    assert Finding.objects.get(household__code=poor.code).state == "published"


def test_an_upheld_objection_sends_the_finding_back(poor):
    poor.do("he", "object", text="两套房")
    poor.do("xu", "answer", upheld="yes", outcome="确有两套")
    assert Finding.objects.get(household__code=poor.code).state == "returned"


def test_the_proposer_has_no_button_to_answer_an_objection_and_it_is_not_on_their_day(poor):
    poor.do("he", "object", text="两套房")
    poor.open("he")
    poor.open("xu")
    assert f"{poor.url}answer/" not in poor.page("he")
    assert f"{poor.url}answer/" in poor.page("xu")
    mine = Asked("mine", kind="objection")
    day = {name: Queue(Viewer(User.objects.get(username=name), DECIDED)).count(mine) for name in ("he", "xu")}
    assert day == {"he": 0, "xu": 1}


def test_a_second_click_objects_once_and_says_so(poor):
    mark = poor.mark("he", "object")
    client = poor.office.browser("he")
    client.post(f"{poor.url}object/", {"mark": mark, "text": "一"})
    again = client.post(f"{poor.url}object/", {"mark": mark, "text": "一"}, follow=True)
    assert FASTER in told(again)[-1]
    assert Objection.objects.count() == 1


def test_an_empty_objection_is_told_at_its_field(poor):
    answer = poor.office.browser("he").post(f"{poor.url}object/", {"mark": poor.mark("he", "object"), "text": ""})
    assert (answer.status_code, 'href="#id_text"' in answer.content.decode()) == (422, True)


def test_the_proposer_sees_no_button_to_send_back_and_another_person_does_it(poor):
    poor.open("he")
    assert f"{poor.url}return/" not in poor.page("he")
    assert FASTER in told(poor.office.browser("he").post(f"{poor.url}return/", {"reason": "x"}, follow=True))[-1]
    poor.do("xu", "return", reason="收入要再核")
    finding = Finding.objects.get(household__code=poor.code)
    assert (finding.state, finding.return_reason) == ("returned", "收入要再核")


def test_a_refusal_gets_an_offer_and_a_review_by_another_person(refused):
    refused.do("he", "help", kind="education", note="金秋助学")
    assert Offer.objects.get().kind == "education"
    refused.do("he", "review", text="那是老宅")
    for name in ("he", "xu"):
        refused.open(name)
        assert f"{refused.url}review-end/" not in refused.page(name)
    from nuanxin.union.models import Org
    from nuanxin.union.services import appoint

    appoint(
        user="third",
        name="第三人",
        org=Org.objects.get(code="QTX"),
        role="approver",
        from_on=date(2022, 1, 1),
        by="setup",
    )
    from nuanxin.union.models import User

    refused.office.cast["third"] = User.objects.get(username="third")
    refused.do("third", "review-end", upheld="no", outcome="房产证两本")
    review = Review.objects.get()
    assert (review.reviewer, review.upheld) == ("third", False)


def test_consent_is_withdrawn_and_signed_again(poor):
    assert told(poor.do("he", "consent-withdraw")) == ["已撤回核查授权。"]
    assert told(poor.do("he", "consent", signed_on="2022-09-20", how="paper")) == ["已登记核查授权。"]
    late = poor.do("he", "consent-withdraw")
    assert told(late) == ["已撤回核查授权。"]
    assert Event.objects.filter(verb="consent.withdraw").count() == 2


def test_urgent_need_opens_a_lead_once(refused):
    assert "三个工作日内走访" in told(refused.do("ma", "urgent", reason="家里着火"))[0]
    assert Lead.objects.filter(source="urgent").count() == 1
    assert FASTER in told(refused.do("he", "urgent", reason="再报"))[-1]


def test_a_full_number_is_shown_once_against_a_reason(poor):
    client = poor.office.browser("he")
    whose = re.search(r'<option value="(\d+)"', client.get(f"{poor.url}reveal/").content.decode())[1]
    full = number("19750101", 1)
    nothing = client.post(f"{poor.url}reveal/", {"whose": whose, "what": "id", "reason": " "})
    assert (nothing.status_code, full in nothing.content.decode()) == (422, False)
    answer = client.post(f"{poor.url}reveal/", {"whose": whose, "what": "id", "reason": "去医保局核对"})
    assert full in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    phone = client.post(f"{poor.url}reveal/", {"whose": whose, "what": "phone", "reason": "约走访"}).content.decode()
    assert "13800000001" in phone
    looks = list(Event.objects.filter(verb="person.reveal").values_list("facts__what", "facts__reason").order_by("pk"))
    assert looks == [("id", "去医保局核对"), ("phone", "约走访")]
    assert full not in client.get(f"{poor.url}reveal/").content.decode()
    poor.open("he")
    readers = poor.page("he", "readers")
    assert ("完整身份证号" in readers, "完整手机号" in readers, full in readers) == (True, True, False)
    assert not Event.objects.filter(facts__icontains=full).exists()


def test_printing_leaves_a_trace(poor):
    client = poor.office.browser("xu")
    assert client.get(f"{poor.url}print/").status_code == 200
    assert not Event.objects.filter(verb="household.read").exists()
    answer = client.post(f"{poor.url}print/", {"why": "other", "other": "归档"})
    assert answer.content.startswith(b"%PDF")
    event = Event.objects.get(verb="household.read")
    assert (event.facts["what"], event.facts["reason"]) == ("print", "归档")


class TestPapers:
    """What a family hands in, on the page of its file."""

    @pytest.fixture
    def sick(self, office):
        office.report(E01, family("张刚", seq=1, income=9000, medical=30000))
        house = House(office, "张刚")
        for name in ("he", "ma", "shen"):
            house.open(name)
        return house

    def add(self, house, name, kind="medical", content=None):
        said = {"kind": kind, "file": SimpleUploadedFile("票据.png", png() if content is None else content)}
        return house.do(name, "paper", **said)

    def test_an_officer_adds_one_and_what_is_missing_is_told(self, sick):
        before = sick.page("ma", "papers")
        assert (before.count("还缺"), before.count("已有")) == (3, 0)
        assert told(self.add(sick, "ma")) == ["材料已收下。"]
        made = Paper.objects.get()
        assert (made.kind, made.added_by, made.lead.household.code) == ("medical", "ma", sick.code)
        after = sick.page("ma", "papers")
        assert (after.count("还缺"), after.count("已有")) == (2, 1)
        assert User.objects.get(username="ma").first_name in after
        self.add(sick, "ma")
        assert Paper.objects.count() == 1
        assert Event.objects.filter(verb="lead.paper").count() == 1

    def test_a_worker_who_added_one_is_named_masked(self, sick):
        head = Lead.objects.get().household.worker
        appoint(user="w1", name=head.name, org=Lead.objects.get().org, role="worker", from_on=SEEN, by="setup")
        account = User.objects.get(username="w1")
        User.objects.filter(pk=account.pk).update(person=head)
        papers.add(to=Lead.objects.get(), kind="income", content=png(), name="", by=account, on=SEEN)
        page = sick.page("ma", "papers")
        assert "张＊" in page
        assert head.name not in page

    def test_looking_at_them_is_written_down_once_a_day(self, sick):
        self.add(sick, "he")
        url = f"{sick.url}papers/{Paper.objects.get().pk}/"
        client = sick.office.browser("ma")
        assert url not in sick.page("ma", "papers")
        assert client.get(url).status_code == 302
        for _ in range(2):
            client.post(f"{sick.url}papers/")
        assert Event.objects.filter(verb="household.read", by="ma", facts__what="papers").count() == 1
        assert sick.page("ma", "papers").count(url) == 2
        answer = client.get(url)
        assert (answer.content, answer.headers["Content-Type"]) == (png(), "image/png")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "核对上报和材料" in sick.page("he", "readers")

    def test_a_sealed_file_does_not_open_its_papers(self, sick):
        sick.office.browser("xu").post(f"{sick.url}papers/")
        assert not Event.objects.filter(verb="household.read", by="xu").exists()

    def test_only_who_has_the_family_in_reach_sees_or_adds(self, sick):
        self.add(sick, "he")
        number_ = Paper.objects.get().pk
        for name in ("bai", "tian", "pan", "guan", "wu"):
            client = sick.office.browser(name)
            assert client.get(f"{sick.url}papers/{number_}/").status_code == 404, name
            assert client.post(f"{sick.url}papers/").status_code == 404, name
        assert sick.office.browser("shen").post(f"{sick.url}paper/", {"kind": "medical"}).status_code == 404
        sick.office.report(C1, family("李红梅", seq=2))
        other = House(sick.office, "李红梅")
        for name in ("he", "ma"):
            other.open(name)
        sick.office.browser("he").post(f"{other.url}papers/")
        assert sick.office.browser("he").get(f"{other.url}papers/{number_}/").status_code == 404

    def test_what_is_neither_photo_nor_pdf_is_refused(self, sick):
        assert "这不是照片" in told(self.add(sick, "ma", content=b"MZ"))[0]
        assert not Paper.objects.exists()

    def test_when_the_round_is_done_with_the_family_nothing_is_added(self, sick):
        sick.office.on(DECIDED)
        sick.office.do("he", "decide")
        Finding.objects.update(state="certified", certified_by="xu", certified_on=DECIDED)
        sick.open("he")
        assert f"{sick.url}paper/" not in sick.page("he", "papers")
        with pytest.raises(Refused, match="已经办完"):
            papers.add(
                to=Lead.objects.get(), kind="medical", content=png(), name="a", by=sick.office.cast["he"], on=DECIDED
            )
