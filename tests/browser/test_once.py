"""Every act is done once: by a double click on the button that confirms it, and by the same form that another tab still has open.

``CHAINS`` is the table: acts that build on one another stand in one chain. An address that is posted to is in it, or in ``NO_ACT`` with what a second
POST of it comes to; ``test_every_act_is_in_the_table`` fails on one that is in neither.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import RequestFactory
from django.urls import URLResolver, get_resolver
from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.conftest import SIZES, Opener, Visit, demo_copy, served, watch
from tests.browser.table import (
    DRAFT,
    FILE_FINDING,
    FILE_PROBLEM,
    FILE_SENT,
    FILTER,
    LEAD,
    MATTER,
    REPORTED_FAMILY,
)
from tests.browser.test_entrance import sign_in
from tests.browser.test_journey import signs
from tests.browser.test_visits import sign
from tests.care.paper import number
from tests.pictures import camera

DESK, PHONE = SIZES["desk"][0], SIZES["phone"][0]
# A route sheet is a look at each of its families: the looks at one of them are counted.
_LOOKS = "records_event WHERE verb = 'household.read' AND facts LIKE '%route%'"
ROUTE_LOOK = f"rows:{_LOOKS} AND subject = (SELECT min(subject) FROM {_LOOKS})"
ROUND, REFUSED, VISITED = "/rounds/QTX-2023Q3/", "QTX-H000010", "QTX-H000004"


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each chain's own: what one leaves is nothing to another."""
    return demo_copy(tmp_path_factory)


@pytest.fixture
def site(home: Path) -> Iterator[str]:
    with served(home) as address:
        yield address


def nothing(page: Page) -> None:
    """What needs nothing."""


@dataclass(frozen=True)
class Act:
    """``page``: the address that is posted to. ``counts``: the event of the act, or the table whose rows it makes or takes (``rows:…``). ``who`` does ``before`` once,
    opens ``at`` (where empty: where that has led) in two tabs, does ``fill`` in each and presses ``button``, named or by its selector."""

    page: str
    counts: str
    who: str
    at: str
    button: str
    fill: Callable[[Page], None] = nothing
    before: Callable[[Page], None] = nothing
    size: tuple[int, int] = DESK
    # What the form was about is there no more: the other tab is told that on the page for what is not there.
    gone: bool = False

    def press(self, page: Page) -> Locator:
        if self.button.startswith("main "):
            return page.locator(self.button).first
        return page.locator("main, .w-actions").get_by_role("button", name=self.button, exact=True).first


def on_the_phone(page: str, counts: str, who: str, at: str, button: str, *does: Callable[[Page], None]) -> Act:
    return Act(page, counts, who, at, button, *does, size=PHONE)


# ------------------------------------------------------------------------------------------------------------------- what is filled in


def write(text: str) -> Callable[[Page], None]:
    return lambda page: page.locator("main textarea, main input[name=reason]").first.fill(text)


def named(**values: str) -> Callable[[Page], None]:
    """Fields by their names; a choice is ticked or chosen."""

    def fill(page: Page) -> None:
        for name, value in values.items():
            field = page.locator(f"main [name={name}]")
            kind = field.first.evaluate("part => part.type")
            if kind in ("radio", "checkbox"):
                page.locator(f"main [name={name}][value='{value}']").check()
            elif kind.startswith("select"):
                field.select_option(value)
            else:
                field.fill(value)

    return fill


def ticks(act: str, at: str = "main input[name=keys]", **values: str) -> Callable[[Page], None]:
    """From a list to what an act on its first row would touch, and what that asks."""

    def fill(page: Page) -> None:
        page.locator(at).first.check()
        page.locator(f"button[formaction$='/{act}/']").click()
        page.wait_for_url(f"**/{act}/")
        named(**values)(page)

    return fill


def in_turn(*does: Callable[[Page], None]) -> Callable[[Page], None]:
    def fill(page: Page) -> None:
        for one in does:
            one(page)

    return fill


def presses(name: str, *, link: bool = False) -> Callable[[Page], None]:
    def fill(page: Page) -> None:
        with page.expect_event("load"):
            page.locator("main, .w-actions").get_by_role(
                "link" if link else "button", name=name, exact=True
            ).first.click()

    return fill


def origin(page: Page) -> str:
    return page.url[: page.url.index("/", len("http://"))]


def opens(address: str) -> Callable[[Page], None]:
    def fill(page: Page) -> None:
        page.goto(origin(page) + address)

    return fill


def unfolds(page: Page) -> None:
    page.locator("main details summary").last.click()


def a_photo(page: Page) -> None:
    page.locator("main input[type=file]").first.set_input_files(
        {"name": "bill.jpg", "mimeType": "image/jpeg", "buffer": camera()}
    )


def tells_all(page: Page) -> None:
    """Answer what a draft is still asked."""
    opens("/my/apply/figures/")(page)
    for field in page.locator("main input.w-input").all():
        field.fill("1")
    for choice in page.locator("main input[value=no]").all():
        choice.check(force=True)
    page.locator("main [name=cause]").select_option(index=1)
    presses("下一步：材料")(page)


def sheet(name: str, *lines: str) -> Callable[[Page], None]:
    """Send a sheet in; what it would bring is looked at."""

    def before(page: Page) -> None:
        opens("/sheets/")(page)
        page.locator("main input[type=file]").set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
        )
        presses("上传并检查")(page)

    return before


def knows_the_family(code: str) -> Callable[[Page], None]:
    """Open a family's file, where it was not opened today."""

    def before(page: Page) -> None:
        opens(f"/households/{code}/")(page)
        if page.get_by_role("button", name="打开档案").count():
            page.locator("main").get_by_role("radio").first.check()
            presses("打开档案")(page)

    return before


def at_the_door(page: Page) -> None:
    """A visit that finds an income with which nobody gets help."""
    page.locator("[name=home][value=yes]").check()
    for item in page.locator("[data-item]").all():
        item.get_by_role("radio", name="属实").check()
    page.locator("[name=is_income][value=differs]").check()
    page.fill("[name=found_income]", "980000")
    if page.locator("[name=consented]").count():
        page.locator("[name=consented]").check()
    sign(page, "family")
    sign(page, "visitors")


def a_visit_of_ones_own(page: Page) -> None:
    opens("/visits/")(page)
    page.locator(".v-stops a").last.click()
    page.wait_for_url(re.compile(r"/visits/\d+/$"))
    page.goto(f"{page.url}excuse/")


def decided_again(page: Page) -> None:
    opens(f"{ROUND}decide/")(page)
    presses("按政策认定")(page)


def six_days_later(page: Page) -> None:
    opens("/desk/")(page)
    for _day in range(6):
        page.locator(".d-own summary").click()
        with page.expect_event("load"):
            page.get_by_role("button", name="到下一个工作日").click()


def ma_comes_in(page: Page) -> None:
    """Another account is signed in, elsewhere and by the door."""
    assert page.context.browser
    elsewhere = page.context.browser.new_context()
    sign_in(elsewhere.new_page(), origin(page), "ma")
    elsewhere.close()


WORKER_SAYS = (
    on_the_phone("phone:raise", "matter.receive", "w-new", "/my/matters/new/wish/", "交给工会", write("给值班室添一台电扇")),
    on_the_phone("account_claim", "claim.ask", "w-new", "/account/me/", "提交核对", named(name="贺新来", number=number("19900101"))),
    on_the_phone("phone:apply", "application.begin", "w-new", "/my/apply/", "开始填写"),
)  # fmt: skip
WORKER_APPLIES = (
    on_the_phone("phone:more", "matter.more", "w-demo", "/my/matters/QTX-M-2023Q3-0004/more/", "提交", in_turn(write("三号楼也没有热水"), a_photo)),
    on_the_phone("phone:matter", "matter.take_back", "w-demo", "/my/matters/QTX-M-2023Q3-0004/", "撤回这件事", unfolds),
    on_the_phone("phone:papers", "application.paper", "w-demo", "/my/apply/papers/", "上传这一份", a_photo),
    on_the_phone("phone:check", "application.send", "w-demo", "/my/apply/check/", "提交困难申报", signs, tells_all),
)  # fmt: skip
WORKER_FOLLOWS = (
    on_the_phone("phone:unsolved", "matter.reopen", "w-file", f"/my/matters/{FILE_PROBLEM}/unsolved/", "提交", lambda page: page.locator("main [type=radio]").first.check()),
    on_the_phone("phone:review", "review.ask", "w-file", f"/my/review/{FILE_FINDING}/", "请另一个人复核", write("票据都在")),
    on_the_phone("phone:hardship", "application.paper", "w-file", f"/my/hardship/{FILE_SENT}/", "补充", a_photo),
    on_the_phone("phone:hardship", "application.more", "w-file", f"/my/hardship/{FILE_SENT}/", "补充", write("又住院了")),
    on_the_phone("phone:hardship", "application.withdraw", "w-file", f"/my/hardship/{FILE_SENT}/", "撤回申报", unfolds),
    on_the_phone("phone:consent", "consent.withdraw", "w-file", "/my/me/consent/", "撤回授权"),
    on_the_phone("phone:consent", "consent.record", "w-file", "/my/me/consent/", "授权", lambda page: page.get_by_role("checkbox").check()),
    Act("desk:household_review-end", "review.end", "wen", f"/households/{REFUSED}/review-end/", "办结复核", named(upheld="no", outcome="维持"), knows_the_family(REFUSED)),
    Act("desk:household_review", "review.ask", "wen", f"/households/{REFUSED}/review/", "受理复核", write("再看一次")),
    Act("desk:household_help", "finding.offer", "wen", f"/households/{REFUSED}/help/", "登记帮扶或不接受", named(kind="legal_aid")),
)  # fmt: skip
MATTERS = (
    Act("desk:raise", "matter.receive", "he", "/matters/new/", "登记", named(kind="problem", content="车棚漏雨", raised_by="冯某", org="QTX-01-E01")),
    Act("desk:matter_assign", "matter.assign", "he", f"/matters/{MATTER}/", "交办", named(owner="QTX-04-C1")),
    Act("desk:matters_assign", "matter.assign", "he", "/matters/?state=open", "交办", ticks("many/assign", "main input[value='QTX-M-2023Q2-0022']", owner="QTX")),
    Act("desk:matter_answer", "matter.done", "he", f"/matters/{MATTER}/", "答复并办结", named(outcome="done", text="灯已经送到")),
    Act("desk:notices_read", "rows:union_notice WHERE read_at IS NOT NULL", "he", "/notices/", "标为已读", ticks("many/read")),
    Act("desk:filter_save", "rows:union_savedfilter", "he", "/matters/?kind=wish", "保存", in_turn(lambda page: page.locator("main details:has([name=address]) summary").click(), named(name="微心愿"))),
    Act("desk:filter", "rows:union_savedfilter", "he", f"/filters/{FILTER}/", "删除这个筛选", gone=True),
)  # fmt: skip
FAMILIES = (
    Act("desk:household_open", "household.read", "wen", f"/households/{REPORTED_FAMILY}/", "打开档案", lambda page: page.locator("main [type=radio]").first.check()),
    Act("desk:household_papers", "household.read", "wen", f"/households/{REPORTED_FAMILY}/?tab=papers", "main form[action$='/papers/'] button"),
    Act("desk:household_urgent", "lead.urgent", "he", "/households/QTX-H000019/urgent/", "登记急难", write("家里失火"), knows_the_family("QTX-H000019")),
    Act("desk:household_paper", "lead.paper", "he", f"/households/{REPORTED_FAMILY}/paper/", "补材料", in_turn(a_photo, named(kind="medical")), knows_the_family(REPORTED_FAMILY)),
    Act("desk:household_consent-withdraw", "consent.withdraw", "he", "/households/QTX-H000020/consent-withdraw/", "撤回授权", nothing, knows_the_family("QTX-H000020")),
    Act("desk:household_consent", "consent.record", "he", "/households/QTX-H000020/consent/", "登记授权"),
    Act("desk:household_excuse", "visit.excuse", "he", "/households/QTX-H000019/excuse/", "走访延期", named(reason="住院", until="2023-07-20")),
    Act("desk:visits_new", "visit.plan", "he", f"{ROUND}visits/plan/", "就这样安排", in_turn(named(day="2023-07-10"), presses("先看看怎么排"))),
    Act("desk:visit_sheet", ROUTE_LOOK, "he", f"{ROUND}visits/2023-07-07/?team=1", "打开路线单"),
    Act("desk:visit_order", "visit.order", "he", f"{ROUND}visits/2023-07-07/order/", "保存时间", lambda page: page.locator("main input[type=time]").first.fill("09:10")),
    Act("desk:door_excuse", "visit.excuse", "bai", "", "登记延期", named(reason="住院", until="2023-07-20"), a_visit_of_ones_own, PHONE, gone=True),
    Act("desk:visit_excuse", "visit.excuse", "he", f"{ROUND}visits/{LEAD}/excuse/", "登记延期", named(reason="出差", until="2023-07-21")),
    Act("desk:families_team", "visit.assign", "he", f"{ROUND}families/?column=due", "安排走访人", ticks("many/team", one="bai", two="luo", day="2023-07-11")),
    Act("desk:families_excuse", "visit.excuse", "he", f"{ROUND}families/?column=due", "走访延期", ticks("many/excuse", reason="封路", until="2023-07-25")),
)  # fmt: skip
RETURNS = (
    Act("desk:returns_remind", "return.remind", "he", f"{ROUND}returns/?tab=unions", "催报", ticks("many/remind", "main input[value='QTX-01-E10']")),
    Act("desk:nil", "return.take", "ma", f"{ROUND}returns/send/", "main form[action$='/nil/'] button"),
    Act("desk:look_survey", "return.take", "he", "", "收下 1 行", nothing, sheet(
        "QTX-09-E02-黄河灌区机电工会委员会.csv", "黄河灌区机电工会委员会2023年第三季度困难职工家庭摸排表",
        "序号,户编号,困难职工姓名,家庭成员姓名,与职工关系,公民身份号码,联系电话,就业状况,家庭年收入（元）,自付医疗费（元）,教育支出（元）,在读情况,住房套数,机动车（辆）,是否经商办企业,是否高收费私立学校或自费留学,意外损失（元）,主要致困原因",
        f"1,01,石新来,石新来,本人,{number('19810101')},13800000007,在岗,18000,9000,0,,1,0,否,否,0,本人大病",
    )),
    Act("desk:look_visits", "visit.record", "he", "", "收下 1 行", nothing, sheet(
        "走访.csv", "走访记录", "走访日期,职工姓名,身份证号,走访人一,走访人二,走访结论,核查授权签字日期", f"2023-07-07,石新来,{number('19810101')},白秀磊,罗小满,属实,2023-07-06",
    )),
    Act("desk:look_books", "book.import", "he", "", "收下 1 行", nothing, sheet(
        "慰问.csv", "慰问支出", "日期,项目,慰问对象,人数,金额", "2023-07-06,送清凉,快递员,12,1800",
    )),
    Act("desk:look_checks", "check.import", "he", "", "收下 1 行", nothing, sheet(
        "比对.csv", "民政比对结果", "姓名,身份证号,比对结果,核查授权", f"石新来,{number('19810101')},无,",
    )),
)  # fmt: skip
ROUNDS = (
    Act("desk:my_visits", "visit.address", "bai", "/visits/", "开始今天的走访", size=PHONE),
    Act("desk:door", "visit.record", "bai", "/visits/777001/", "提交走访", at_the_door, size=PHONE),
    Act("desk:decide", "round.decide", "he", f"{ROUND}decide/", "按政策认定"),
    Act("desk:back", "finding.return", "xu", f"{ROUND}families/", "退回重办", ticks("back", f"main input[name=codes][value={VISITED}]", reason="再核对")),
    Act("desk:decide", "round.decide", "he", f"{ROUND}decide/", "按政策认定"),
    Act("desk:household_return", "finding.return", "xu", f"/households/{VISITED}/return/", "退回重办", write("再核对"), knows_the_family(VISITED)),
    Act("desk:publish", "round.publish", "he", f"{ROUND}publish/", "公示", nothing, decided_again),
    Act("desk:household_object", "finding.object", "he", f"/households/{VISITED}/object/", "登记异议", write("两套房"), knows_the_family(VISITED)),
    Act("desk:household_answer", "finding.dismiss", "wen", f"/households/{VISITED}/answer/", "答复异议", named(upheld="no", outcome="只有一套"), knows_the_family(VISITED)),
    Act("desk:certify", "finding.certify", "xu", f"{ROUND}certify/", "认证", nothing, six_days_later),
    Act("desk:offers", "finding.offer", "he", f"{ROUND}offers/", "转介帮扶"),
    Act("desk:offer", "finding.offer", "he", f"{ROUND}families/", "登记帮扶或不接受", ticks("offer", f"main input[name=codes][value={REPORTED_FAMILY}]", kind="legal_aid")),
    Act("desk:close", "round.close", "he", f"{ROUND}close/", "办结本季度"),
    Act("desk:open", "round.open", "he", "/rounds/open/", "开展这个季度"),
)  # fmt: skip
BRIEFS = (
    Act("desk:brief_send", "issue.send", "he", "/brief/?from=2023Q1&to=2023Q1", "送审", named(plans="下季度先走访新增的家庭")),
    Act("desk:issue_end", "issue.approve", "xu", "/brief/issues/QTX-B0003/", "同意"),
    Act("desk:issue_end", "issue.return", "xu", "/brief/issues/QTX-B0001/", "退回", named(reason="资金请再核对")),
)  # fmt: skip
POLICIES = (
    Act("desk:draft_move", "draft.discard", "pan", f"/policies/drafts/{DRAFT}/", "放弃草稿"),
    Act("desk:policy", "draft.begin", "pan", "/policies/qingtongxia/2022-1/", "起草下一版"),
    Act("desk:draft_move", "draft.submit", "pan", "/policies/drafts/QTX-qingtongxia-002/", "提交审核", nothing, in_turn(
        opens("/policies/drafts/QTX-qingtongxia-002/settings/"), named(version="2023-2", effective_from="2023-10-01", document="第二号"), presses("保存"),
        opens("/policies/drafts/QTX-qingtongxia-002/compare/"), presses("试算"),
    )),
    Act("desk:draft_move", "draft.take_back", "pan", "/policies/drafts/QTX-qingtongxia-002/", "退回修改"),
    Act("desk:draft_move", "draft.submit", "pan", "/policies/drafts/QTX-qingtongxia-002/", "提交审核"),
    Act("desk:draft_publish", "draft.publish", "qin", "/policies/drafts/QTX-qingtongxia-002/", "审核无误，发布"),
)  # fmt: skip
ACCOUNTS = (
    Act("desk:claim", "account.link", "ma", "/claims/w-claiming/", "核实无误，关联"),
    Act("desk:account_act", "account.sessions_end", "guan", "/accounts/ma/", "退出所有登录", nothing, ma_comes_in),
    Act("desk:account_act", "account.factor_reset", "guan", "/accounts/xu/", "重设两步验证"),
    Act("desk:account_new", "account.open", "guan", "/accounts/new/", "开账号，给设密码的链接", named(name="新来的", username="xinlai", role="visitor", org="QTX")),
    Act("desk:account", "post.give", "guan", "/accounts/xinlai/", "任职", named(role="city_officer", org="QTX")),
    Act("desk:post_end", "post.end", "guan", "/accounts/xinlai/city_officer/QTX/end/", "结束任职", named(reason="调走"), gone=True),
    Act("desk:calendar", "calendar.load", "guan", "/calendar/", "录入", in_turn(named(days="2030-01-01,0,元旦"), lambda page: page.locator("main form:has([name=days]) button").click())),
)  # fmt: skip
CHAINS = {
    "worker-says": WORKER_SAYS, "worker-applies": WORKER_APPLIES, "worker-follows": WORKER_FOLLOWS, "matters": MATTERS,
    "families": FAMILIES, "returns": RETURNS, "round": ROUNDS, "policy": POLICIES, "brief": BRIEFS, "accounts": ACCOUNTS,
}  # fmt: skip
# Address → what it comes to when it is posted to twice.
NO_ACT = {
    "demo_day": "each press is a day, in the demo alone",
    "ui:text_size": "how pages look",
    "phone_login": "each is a code, of which there are so many in a time",
    "phone_code": "a code lets in once: tests/union/test_accounts.py",
    "phone_join": "the same phone is the same account: tests/union/test_accounts.py",
    "account_sessions": "what has ended has ended",
    "account_choose_password": "a link is good once: tests/union/test_accounts.py",
    "phone:selftest": "nothing is kept",
    "phone:member": "a draft keeps a member at his place",
    "phone:figures": "a draft keeps what it was told last",
    "phone:messages": "what was read was read",
    "phone:copy": "a file",
    "desk:notices": "what was read was read",
    "desk:notice_choices": "what stands in the form stands then",
    "desk:send": "looked at; nothing is taken",
    "desk:sheets": "looked at; nothing is taken",
    "desk:marked": "a file",
    "desk:household_print": "a file; that it was printed is written down each time",
    "desk:household_reveal": "shown; that it was is written down each time",
    "desk:account_password": "each time another link, and the one before is dead",
    "desk:search": "found; nothing is kept",
    "desk:draft_settings": "an edit of a draft that was edited since is refused: tests/desk/test_policies.py",
    "desk:draft_table": "an edit of a draft that was edited since is refused: tests/desk/test_policies.py",
    "desk:draft_files": "an edit of a draft that was edited since is refused: tests/desk/test_policies.py",
    "desk:draft_compare": "figures; nothing is kept but that they were looked at",
    "desk:draft_check": "told; nothing is kept",
    "desk:match": "a pair stands only while in doubt: tests/desk/test_matches.py",
    "desk:match_undo": "a pair stands only while in doubt: tests/desk/test_matches.py",
}
# django-allauth's form behind a line of ours.
LIBRARIES_OWN = {"account_change_password"}
# A list that is sent out, with what for, is written down each time.
EXPORTS = {"list.export", "account.export"}


def posted_to(resolver: URLResolver, space: str = "") -> set[str]:
    """The names of the addresses of ours that answer a POST, other than by sending a list out: an OPTIONS that a page does not know is told what it does."""
    found: set[str] = set()
    for part in resolver.url_patterns:
        if isinstance(part, URLResolver):
            found |= posted_to(part, f"{space}{part.namespace}:" if part.namespace else space)
            continue
        name = f"{space}{part.name}"
        if name in LIBRARIES_OWN:
            continue
        if part.callback.__module__.startswith("nuanxin."):
            asked = RequestFactory(headers={"host": "127.0.0.1"}).options("/")
            allowed = part.callback(asked).headers.get("Allow", "POST")
            if "POST" in allowed and getattr(part.callback, "change", "") not in EXPORTS:
                found.add(name)
    return found


def test_every_act_is_in_the_table():
    acts = {act.page for chain in CHAINS.values() for act in chain}
    found = posted_to(get_resolver("nuanxin.site.urls"))
    assert found - acts - NO_ACT.keys() == set(), "an act in CHAINS, or a line in NO_ACT, for each of these"
    assert (acts | NO_ACT.keys()) - found == set()
    assert not NO_ACT.keys() & acts


# ------------------------------------------------------------------------------------------------------------------------- pressed


def count(home: Path, what: str) -> int:
    """How often it happened, as the installation's own record says."""
    rows = what.removeprefix("rows:") if what.startswith("rows:") else f"records_event WHERE verb = '{what}'"
    database = sqlite3.connect(home / "nuanxin.sqlite3")
    try:
        return database.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
    finally:
        database.close()


def ends(got: Response) -> bool:
    """Whether it is where a form that was sent leads in the end."""
    return (got.request.is_navigation_request() or got.request.method == "POST") and not 300 <= got.status < 400


@pytest.mark.parametrize("chain", CHAINS.values(), ids=list(CHAINS))
def test_an_act_is_done_once(open_window: Opener, home: Path, chain: tuple[Act, ...]):
    windows: dict[tuple[str, tuple[int, int]], Visit] = {}
    for act in chain:
        if (act.who, act.size) not in windows:
            windows[act.who, act.size] = open_window(act.who, act.size)
            windows[act.who, act.size].go("/account/sessions/")
        first = windows[act.who, act.size]
        act.before(first.page)
        second = Visit(first.page.context.new_page(), first.site)
        watch(second)
        at = act.at or first.page.url.removeprefix(first.site)
        for tab in (first, second):
            # A tab behind another draws next to nothing, and a signature is drawn.
            tab.page.bring_to_front()
            tab.go(at)
            act.fill(tab.page)
        before = count(home, act.counts)
        first.page.bring_to_front()
        with first.page.expect_event("load"):
            act.press(first.page).dblclick()
        told = first.page.locator(".u-note--red, .u-errors").all_inner_texts()
        happened = abs(count(home, act.counts) - before)
        assert (happened, told) == (1, []), act
        # The other tab was too late, and is answered with a page.
        second.page.bring_to_front()
        with second.page.expect_response(ends) as got:
            act.press(second.page).click()
        assert got.value.status in ((404,) if act.gone else (200, 422)), act
        expect(second.page.locator("h1")).to_be_visible()
        assert abs(count(home, act.counts) - before) == 1, act
        second.page.close()
        wrong = [line for line in first.wrong + second.wrong if not (act.gone and "status of 404" in line)]
        assert wrong == [], (act.page, wrong)
