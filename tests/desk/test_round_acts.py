"""The acts on a round in a browser: what is shown before, who may, what a second click and somebody faster do."""

import re
from datetime import date

import pytest
from tests.care.paper import family, number, visit_sheet
from tests.desk.office import C1, CERTIFIED, DECIDED, E01, told

from nuanxin.care.models import Finding, HouseholdFile, Offer, Owed, Posting, Round
from nuanxin.records.models import Event, Job
from nuanxin.records.rules import balanced
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
FASTER = "有人先办了一步"
ACTS = ("decide", "publish", "certify", "offers", "close")


@pytest.fixture
def visited(office):
    """Two poor families, one with two homes; visited, and it is the day to decide."""
    office.report(E01, family("张刚", seq=1, income=9000), family("李红梅", seq=2, homes=2, cause="子女上学"))
    office.report(C1, family("马有福", seq=3, income=9000))
    office.on(DECIDED)
    return office


@pytest.fixture
def decided(visited):
    visited.do("he", "decide")
    visited.round.refresh_from_db()
    return visited


@pytest.fixture
def published(decided):
    decided.do("he", "publish", days=5)
    decided.round.refresh_from_db()
    return decided


def states(office):
    live = office.round.findings.exclude(state="superseded")
    return dict(live.values_list("household__worker_name", "state"))


def test_deciding_shows_whom_it_touches_and_then_that_it_balances(visited):
    _, page, _ = visited.look("he", "decide")
    text = page.content.decode()
    assert "按政策逐户认定 3 户已走访的家庭" in text
    assert ("张＊" in text, "张刚" in text) == (True, False)
    done = visited.do("he", "decide")
    [said] = told(done)
    # In the words of the glossary, not by the names that a policy gives its rules.
    assert re.fullmatch(r"已认定 3 户：(?:(?:深度困难|相对困难|意外致困|不符合) \d、?)+。", said), said
    assert done.redirect_chain[-1][0] == "/rounds/QTX-2022Q3/"
    assert set(states(visited).values()) == {"proposed"}
    job = Job.objects.filter(step="decide", state="done").get()
    assert balanced({side: dict(counts) for side, counts in job.balance.items()})


def test_what_is_to_be_certified_only_after_publishing_says_so(decided):
    _, page, _ = decided.look("xu", "certify")
    assert "要先由市总工会经办点“公示”" in page.content.decode()


def test_a_cause_that_the_sheets_offer_is_said_in_english(visited):
    visited.round.leads.filter(cause="子女上学").update(cause="厂里停工")
    client = visited.browser("he")
    client.cookies["django_language"] = "en"
    for url in ("/rounds/QTX-2022Q3/", "/rounds/QTX-2022Q3/families/"):
        page = client.get(url).content.decode()
        assert "Low income" in page
        assert "收入低" not in page
        assert "厂里停工" in page  # a return's own words stay


def test_deciding_again_counts_only_what_changed(visited):
    visited.do("he", "decide")
    made = visited.round.findings.count()
    assert told(visited.do("he", "decide")) == ["没有变化：3 户的数字和政策都没变，原意见照旧。"]
    assert visited.round.findings.count() == made
    one = visited.round.findings.order_by("pk").first()
    visited.round.findings.filter(pk=one.pk).update(policy_digest="of another table")
    [said] = told(visited.do("he", "decide"))
    assert said.startswith("已认定 1 户：")
    assert said.endswith("另有 2 户没有变化。")
    assert visited.round.findings.count() == made + 1


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("name", ["wu", "ma", "tian", "shen", "bai", "pan", "guan"])
def test_who_may_not_finds_no_page_and_posts_nothing(published, name, act):
    events = Event.objects.count()
    client = published.browser(name)
    allowed = {"he": ACTS, "xu": ACTS}.get(name, ())
    assert act not in allowed
    assert client.get(published.page(act)).status_code == 404
    assert client.post(published.page(act), {"mark": "x"}).status_code == 404
    assert Event.objects.count() == events


def test_the_other_city_does_not_reach_this_ones_round_even_with_one_of_its_own(published):
    """wu is city officer and approver of Wuzhong, which has a round of the same quarter."""
    from nuanxin.union.models import Org

    Round.objects.create(
        code="WZ-2022Q3", org=Org.objects.get(code="WZ"), quarter="2022Q3", opened_on=DECIDED, returns_due_on=CERTIFIED,
        visits_due_on=CERTIFIED, policy="qingtongxia", area="QTX", state="published", decided_on=DECIDED,
    )  # fmt: skip
    published.on(CERTIFIED)
    client, page, code = published.browser("wu"), "/rounds/WZ-2022Q3/certify/", published.code("张刚")
    text = client.get(page).content.decode()
    assert "QTX-H" not in text
    assert "现在没有可办的家庭" in text
    answer = client.post(page, {"codes": [code]})
    assert code not in answer.content.decode().replace(f'value="{code}"', "")
    assert client.post(published.page("certify"), {"codes": [code]}).status_code == 404
    assert set(states(published).values()) == {"published", "proposed"}


def test_a_second_click_decides_nothing_twice(visited):
    client, _, mark = visited.look("he", "decide")
    client.post(visited.page("decide"), {"mark": mark})
    before = (Finding.objects.count(), Event.objects.count())
    again = client.post(visited.page("decide"), {"mark": mark}, follow=True)
    assert FASTER in told(again)[-1]
    assert (Finding.objects.count(), Event.objects.count()) == before


def test_publishing_lists_the_families_masked_and_names_the_last_day(decided):
    _, page, _ = decided.look("he", "publish")
    text = page.content.decode()
    assert "公示 2 户符合标准的家庭，姓名打码" in text
    assert "1 户不符合的不公示" in text
    assert "李＊梅" not in text
    answer = decided.do("he", "publish", days=3)
    posting = Posting.objects.get()
    assert (posting.days, posting.until_on) == (3, date(2022, 9, 23))
    assert told(answer) == ["已公示 2 户，到 2022年9月23日。"]


@pytest.mark.parametrize("days", ["", "0", "31", "x"])
def test_a_wrong_number_of_days_is_told_with_a_link_to_the_field(decided, days):
    client, _, mark = decided.look("he", "publish")
    answer = client.post(decided.page("publish"), {"mark": mark, "days": days})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert 'role="alert"' in text
    assert 'href="#id_days"' in text
    assert not Posting.objects.exists()


def test_two_tabs_publish_once(decided):
    first, _, mark = decided.look("he", "publish")
    second, _, same = decided.look("xu", "publish")
    assert mark == same
    first.post(decided.page("publish"), {"mark": mark, "days": 5})
    late = second.post(decided.page("publish"), {"mark": same, "days": 5}, follow=True)
    assert FASTER in told(late)[-1]
    assert Posting.objects.count() == 1


def test_the_proposer_is_told_before_trying_that_another_person_certifies(published):
    published.on(CERTIFIED)
    _, page, mark = published.look("he", "certify")
    text = page.content.decode()
    assert "3 条意见由您提出" in text
    assert "btn-primary" not in text
    published.browser("he").post(published.page("certify"), {"mark": mark})
    assert "certified" not in states(published).values()


def test_another_person_certifies_what_is_ready_and_confirms_the_refusals(published):
    published.on(CERTIFIED)
    answer = published.do("xu", "certify")
    assert told(answer) == ["已认证 2 户，确认不符合 1 户；公示中或有异议的还有 0 户。"]
    assert states(published) == {"张刚": "certified", "马有福": "certified", "李红梅": "refused"}
    assert HouseholdFile.objects.count() == 2


def test_only_the_ticked_families_are_certified(published):
    published.on(CERTIFIED)
    answer = published.do("xu", "certify", [published.code("张刚")])
    assert told(answer)[0].startswith("已认证 1 户，确认不符合 0 户")
    assert states(published) == {"张刚": "certified", "马有福": "published", "李红梅": "proposed"}


def test_nothing_is_certified_while_the_clock_runs(published):
    _, page, _ = published.look("xu", "certify", [published.code("张刚")])
    text = page.content.decode()
    assert "1 户公示期未满" in text
    assert "btn-primary" not in text


def test_families_are_sent_back_with_a_reason_and_decided_again(published):
    codes = [published.code("张刚"), published.code("马有福")]
    client, page, mark = published.look("xu", "back", codes)
    assert "退回 2 户的认定意见" in page.content.decode()
    empty = client.post(published.page("back"), {"mark": mark, "chosen": " ".join(codes), "reason": " "})
    assert (empty.status_code, 'href="#id_reason"' in empty.content.decode()) == (422, True)
    answer = client.post(
        published.page("back"), {"mark": mark, "chosen": " ".join(codes), "reason": "收入要再核"}, follow=True
    )
    assert told(answer) == ["已退回 2 户，等重新认定。"]
    assert set(Finding.objects.filter(state="returned").values_list("return_reason", flat=True)) == {"收入要再核"}
    again = client.post(
        published.page("back"), {"mark": mark, "chosen": " ".join(codes), "reason": "再退"}, follow=True
    )
    assert FASTER in told(again)[-1]
    published.do("xu", "decide")
    assert set(Finding.objects.filter(state="proposed", tier="relative").values_list("proposed_by", flat=True)) == {
        "xu"
    }


def test_nobody_sends_back_their_own_proposal(published):
    code = published.code("张刚")
    _, page, mark = published.look("he", "back", [code])
    assert "不能自己退回" in page.content.decode()
    published.browser("he").post(published.page("back"), {"mark": mark, "chosen": code, "reason": "x"})
    assert states(published)["张刚"] == "published"


def test_a_list_act_without_ticks_says_what_to_do(published):
    answer = published.browser("xu").get(published.page("back"), follow=True)
    assert "请先勾选家庭" in told(answer)[0]


@pytest.fixture
def certified(published):
    published.on(CERTIFIED)
    published.do("xu", "certify")
    return published


def test_every_refused_family_is_offered_what_fits_its_cause(certified):
    _, page, mark = certified.look("he", "offers")
    assert "子女教育 1" in page.content.decode()
    assert told(certified.do("he", "offers")) == ["已转介 1 户。"]
    late = certified.browser("he").post(certified.page("offers"), {"mark": mark}, follow=True)
    assert FASTER in told(late)[-1]
    assert Offer.objects.get().kind == "education"


def test_declined_is_recorded_for_ticked_families_once(certified):
    codes = [certified.code("李红梅"), certified.code("张刚")]
    _, page, _ = certified.look("he", "offer", codes)
    assert "1 户不是已确认的不符合家庭" in page.content.decode()
    assert told(certified.do("he", "offer", codes, kind="declined", note="家里说不用")) == ["已登记 1 户。"]
    offer = Offer.objects.get()
    assert (offer.declined, offer.note) == (True, "家里说不用")


def test_closing_lists_what_is_missing_with_its_list_and_then_closes(certified):
    from re import findall

    client, page, mark = certified.look("xu", "close")
    text = page.content.decode()
    assert "1 户不符合的家庭还没有转介帮扶" in text
    [link] = findall(r'href="(/rounds/QTX-2022Q3/families/\?state=bare)"', text)
    listed = client.get(link).content.decode()
    assert ("李＊梅" in listed, "张＊" in listed) == (True, False)
    assert "btn-primary" not in text
    client.post(certified.page("close"), {"mark": mark})
    certified.do("he", "offers")
    assert told(certified.do("xu", "close")) == ["本季度已办结。"]
    certified.round.refresh_from_db()
    assert certified.round.state == "closed"


def test_the_refusal_of_the_service_and_the_page_say_the_same(certified):
    from nuanxin.care.services import rounds
    from nuanxin.records.services import Refused
    from nuanxin.ui.pages import in_language

    with pytest.raises(Refused) as refused:
        rounds.close_round(certified.round, by=certified.cast["xu"], on=CERTIFIED)
    _, page, _ = certified.look("xu", "close")
    for reason in refused.value.reasons:
        assert in_language(reason) in page.content.decode()


@pytest.mark.parametrize(
    "state", ["held", "doubtful", "due", "visited", "problem", "proposed", "running", "objected", "ready", "to_refuse", "returned",
              "certified", "bare", "refused", "unended"],
)  # fmt: skip
def test_every_part_of_the_list_counts_what_the_census_counts(published, state):
    from nuanxin.care.queries import census

    published.on(CERTIFIED)
    published.do("xu", "certify", [published.code("张刚"), published.code("李红梅")])
    names = {"proposed": "proposals", "problem": "problems", "to_refuse": "refusals"}
    count = getattr(census(published.round, by="xu", on=CERTIFIED), names.get(state, state))
    text = published.browser("xu").get(f"/rounds/QTX-2022Q3/families/?state={state}").content.decode()
    assert (f"共 {count} 户" in text) if count else ("没有符合条件的家庭" in text)


def shown_steps(office, name):
    page = office.browser(name).get("/rounds/QTX-2022Q3/")
    return page, {task.key: task for task in page.context["tasks"]}


def test_the_board_says_the_next_step_to_who_may_do_it(visited):
    page, steps = shown_steps(visited, "he")
    assert page.content.decode().count("btn-primary") == 1
    assert page.context["next"].key in ("visits", "decide")
    assert steps["decide"].url == visited.page("decide")
    assert steps["publish"].state == "later"


def test_the_auditor_sees_the_steps_and_no_button(published):
    page, steps = shown_steps(published, "shen")
    text = page.content.decode()
    assert steps["certify"].lines
    assert not any(task.url for task in steps.values())
    assert "btn-primary" not in text
    assert 'type="checkbox"' not in published.browser("shen").get("/rounds/QTX-2022Q3/families/").content.decode()


def test_an_approver_alone_sees_certification_and_closing_alone(published):
    published.cast["xu"].posts.filter(role="city_officer").delete()
    published.on(CERTIFIED)
    _, steps = shown_steps(published, "xu")
    assert {key for key, task in steps.items() if task.url} == {"certify"}
    for act in ("decide", "publish", "offers"):
        assert published.browser("xu").get(published.page(act)).status_code == 404
    listed = published.browser("xu").get("/rounds/QTX-2022Q3/families/").content.decode()
    assert 'formaction="/rounds/QTX-2022Q3/certify/"' in listed
    assert 'formaction="/rounds/QTX-2022Q3/offer/"' not in listed


def test_a_grassroots_officer_sees_the_own_unions_families_and_no_step(published):
    text = published.browser("ma").get("/rounds/QTX-2022Q3/").content.decode()
    assert ("张＊" in text, "马＊福" in text) == (True, False)
    assert "d-tasks" not in text
    listed = published.browser("ma").get("/rounds/QTX-2022Q3/families/?state=running").content.decode()
    assert ("张＊" in listed, "马＊福" in listed) == (True, False)


def test_who_has_not_sent_may_send_until_the_last_day_beside_the_steps_after_it(published):
    late = Org.objects.create(
        code="QTX-01-E88", name="迟到的工会委员会", level="enterprise", parent=Org.objects.get(code="QTX-01")
    )
    rounds = Round.objects.filter(code="QTX-2022Q3")
    Owed.objects.create(round=rounds.get(), org=late)
    send = "/rounds/QTX-2022Q3/returns/send/"
    for due, state, url in ((date(2099, 12, 31), "wait", send), (date(2022, 8, 31), "done", "")):
        rounds.update(returns_due_on=due)
        page, steps = shown_steps(published, "he")
        assert (steps["returns"].state, steps["returns"].url) == (state, url)
        assert page.context["next"] is None or page.context["next"].key != "returns"
    assert f'href="{send}"' in published.browser("ma").get("/rounds/QTX-2022Q3/").content.decode()
    Owed.objects.filter(org__code__startswith="QTX-01").delete()
    assert f'href="{send}"' not in published.browser("ma").get("/rounds/QTX-2022Q3/").content.decode()


def test_opening_the_next_quarter_says_what_it_touches_and_opens_once(office):
    office.on(date(2022, 10, 8))
    client = office.browser("he")
    page = client.get("/rounds/open/")
    assert "20 家工会应报摸排表" in page.content.decode()
    said = {
        "quarter": "2022Q4", "policy": "qingtongxia", "area": "QTX", "returns_due_on": "2022-11-30", "visits_due_on": "2022-12-31",
    }  # fmt: skip
    answer = client.post("/rounds/open/", said, follow=True)
    assert told(answer) == ["2022年第四季度已开展：20 家工会应于2022年11月30日前上报。"]
    assert answer.redirect_chain[-1][0] == "/rounds/QTX-2022Q4/"
    again = client.post("/rounds/open/", said)
    assert Round.objects.filter(quarter="2022Q4").count() == 1
    assert again.status_code in (302, 422)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"returns_due_on": "2022-10-01"}, "returns_due_on"),
        ({"visits_due_on": "2022-11-01"}, "visits_due_on"),
        ({"quarter": "2031Q1"}, "quarter"),
        ({"returns_due_on": "31.2."}, "returns_due_on"),
    ],
)
def test_wrong_dates_are_told_at_their_field(office, wrong, field):
    office.on(date(2022, 10, 8))
    said = {
        "quarter": "2022Q4", "policy": "qingtongxia", "area": "QTX", "returns_due_on": "2022-11-30", "visits_due_on": "2022-12-31",
    }  # fmt: skip
    answer = office.browser("he").post("/rounds/open/", said | wrong)
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in answer.content.decode()
    assert not Round.objects.filter(quarter="2022Q4").exists()


@pytest.mark.parametrize("name", ["ma", "bai", "shen", "guan", "tian"])
def test_only_a_city_officer_opens_a_quarter(office, name):
    assert office.browser(name).get("/rounds/open/").status_code == 404
    assert office.browser(name).post("/rounds/open/", {}).status_code == 404
    assert "/rounds/open/" not in office.browser(name).get("/rounds/").content.decode()


def test_the_other_city_opens_its_own_quarter_alone(office):
    client = office.browser("wu")
    assert "1 家工会应报摸排表" in client.get("/rounds/open/").content.decode()


def test_a_problem_stops_publishing_and_leads_to_the_family(visited):
    visited.do("he", "decide")
    Finding.objects.filter(household__worker_name="马有福").update(tier=None, rule="", problem="缺收入")
    visited.round.refresh_from_db()
    _, page, mark = visited.look("he", "publish")
    text = page.content.decode()
    assert "1 户政策未能认定" in text
    assert "/families/?state=problem" in text
    visited.browser("he").post(visited.page("publish"), {"mark": mark, "days": 5})
    assert not Posting.objects.exists()


def test_a_changed_visit_between_look_and_click_is_shown_again(visited):
    """Somebody records another visit while the decision is looked at: the families are shown anew."""
    from nuanxin.care.services import visits

    visited.report(E01, family("周小川", seq=9, income=9000))
    client, _, mark = visited.look("he", "decide")
    sheet = visit_sheet(visited.folder / "late", [(DECIDED, "周小川", number("19750101", 9), "家中无人", {})])
    visits.record(round_=visited.round, paths=[sheet], by=visited.cast["he"], on=DECIDED)
    answer = client.post(visited.page("decide"), {"mark": mark}, follow=True)
    assert FASTER in told(answer)[-1]
    assert answer.redirect_chain[-1][0] == visited.page("decide")
    assert not Finding.objects.exists()


@pytest.mark.parametrize("act", ACTS)
def test_the_pages_are_in_english_too(published, act):
    from re import findall

    client = published.browser("xu")
    client.cookies["django_language"] = "en"
    text = client.get(published.page(act)).content.decode()
    main = text[text.index("<main") : text.index("</main>")]
    for known in ("青铜峡市总工会", "峡光铝材", "东街社区", "张", "马", "福", "李", "梅"):
        main = main.replace(known, "")
    assert findall(r"[\u4e00-\u9fff]+", main.replace("困难职工家庭认定与帮扶办法（示例）", "")) == []
