"""A quarter's desk work in a browser: a return whose refused row is mended and sent again; a decision without a script, an objection to it that another
person answers.
"""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Opener, Visit, demo_copy, served

DESK, PHONE = SIZES["desk"][0], SIZES["phone"][0]
BOARD = "/rounds/QTX-2023Q3/"
UNION, SILENT = "QTX-01-E10-田园乳业工会委员会.csv", "田园乳业"
RETURN = """田园乳业工会委员会2023年第三季度困难职工家庭摸排表
序号,户编号,困难职工姓名,家庭成员姓名,与职工关系,公民身份号码,联系电话,就业状况,家庭年收入（元）,自付医疗费（元）,教育支出（元）,在读情况,住房套数,机动车（辆）,是否经商办企业,是否高收费私立学校或自费留学,意外损失（元）,主要致困原因,备注
1,01,辛小麦,辛小麦,本人,640381198205140219,13895310042,在岗,18000,9000,0,,1,0,否,否,0,本人大病,
,,,柯月明,配偶,{spouse},,无业,,,,,,,,,,,
填表人：柯某,,,,,,,审核人：辛某,,,,,,,,,,,
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int]) -> Path:
    return demo_copy(tmp_path_factory)


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[str]:
    with served(home) as address:
        yield address


def happened(home: Path, verb: str) -> int:
    """How often it happened, as the installation's own record of events says."""
    database = sqlite3.connect(home / "nuanxin.sqlite3")
    try:
        return database.execute("SELECT count(*) FROM records_event WHERE verb = ?", [verb]).fetchone()[0]
    finally:
        database.close()


def sound(visit: Visit) -> None:
    """Nothing is wrong with the page that is open; nor is it too wide for the other kind of window."""
    own = visit.page.viewport_size
    assert own
    assert [*visit.axe(), *visit.overflow(), *visit.numbers(), *visit.wrong] == [], visit.page.url
    width, height = PHONE if own["width"] > PHONE[0] else DESK
    visit.page.set_viewport_size({"width": width, "height": height})
    assert visit.overflow() == [], visit.page.url
    visit.page.set_viewport_size(own)


def send_in(page: Page, spouse: str) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": UNION, "mimeType": "text/csv", "buffer": RETURN.format(spouse=spouse).encode("gb18030")}
    )
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("还没有收任何数据")).to_be_visible()


def open_file(page: Page) -> None:
    """Say why a family's file is opened, where that was not said today."""
    reason = page.get_by_role("button", name="打开档案")
    expect(reason.or_(page.get_by_role("link", name="打印档案"))).to_be_visible()
    if reason.count():
        page.get_by_role("radio").first.check()
        reason.click()
        expect(reason).to_have_count(0)


def test_a_refused_row_is_mended_and_the_return_sent_again(open_window: Opener, size: tuple[int, int], home: Path):
    visit = open_window("ma", size)
    page = visit.page
    before = happened(home, "return.take")
    # Her first page says which of her unions are silent, and leads to where a return is sent.
    visit.go("/desk/")
    page.get_by_role("row", name=re.compile(f"还没有上报.*{SILENT}")).get_by_role("link", name="去上报").click()
    send_in(page, "640381198503090329")
    expect(page.get_by_role("alert")).to_contain_text("有 1 行要改，另外 1 行没有问题")
    sound(visit)
    page.get_by_role("button", name="收下 1 行").dblclick()
    expect(page.get_by_text("2 行 = 接受 1 行 + 退回 1 行")).to_be_visible()
    assert happened(home, "return.take") == before + 1
    # Back is where it was looked at, which is over: what became of it is shown, and nothing is taken a second time.
    sent = page.url
    page.go_back()
    expect(page).to_have_url(sent)
    assert happened(home, "return.take") == before + 1
    page.get_by_role("link", name="再报一份").click()
    send_in(page, "640381198503090328")
    expect(page.get_by_text(f"收下后替换原来的「{UNION}」")).to_be_visible()
    sound(visit)
    page.get_by_role("button", name="收下 2 行").click()
    expect(page.get_by_text("2 行 = 接受 2 行 + 退回 0 行")).to_be_visible()
    sound(visit)
    page.get_by_role("link", name="看单位上报").click()
    expect(page.get_by_role("row", name=re.compile(SILENT)).first).to_be_visible()
    visit.go("/desk/?tab=all")
    expect(page.get_by_role("row", name=re.compile(f"还没有上报.*{SILENT}"))).to_have_count(0)
    assert visit.wrong == []


def test_a_decision_without_a_script_is_objected_to_and_another_person_answers(
    open_window: Opener, size: tuple[int, int], home: Path
):
    plain = open_window("he", size, javascript=False)
    page = plain.page
    for verb, told in (("按政策认定", "已认定 1 户"), ("公示", "已公示 1 户")):
        plain.go(BOARD)
        page.get_by_role("link", name=verb, exact=True).first.click()
        page.get_by_role("button", name=verb, exact=True).click()
        expect(page.get_by_text(told)).to_be_visible()
    page.get_by_role("link", name=re.compile("公示中")).click()
    page.locator("main a[href^='/households/']").first.click()
    open_file(page)
    family = page.url
    page.get_by_role("link", name="登记异议").click()
    page.locator("main textarea").fill("邻居说他家有两套房")
    page.get_by_role("button", name="登记异议").click()
    expect(page.get_by_text("已登记异议，公示的时钟停下了")).to_be_visible()
    assert happened(home, "finding.object") == 1

    # Another officer finds it among today's work, and answers it with one act.
    other = open_window("wen", size)
    page = other.page
    other.go("/desk/")
    page.get_by_role("row", name=re.compile("异议")).get_by_role("link").click()
    open_file(page)
    page.get_by_role("link", name="答复异议").click()
    sound(other)
    page.get_by_role("radio", name=re.compile("异议不成立")).check()
    page.locator("main textarea").fill("不动产登记只有一套")
    page.get_by_role("button", name="答复异议").dblclick()
    expect(page.get_by_text("已答复异议")).to_be_visible()
    assert happened(home, "finding.dismiss") == 1
    sound(other)
    # Back, and once more: it is answered already.
    page.go_back()
    page.wait_for_load_state()
    again = page.get_by_role("button", name="答复异议")
    if again.count():
        page.get_by_role("radio", name=re.compile("异议不成立")).check()
        page.locator("main textarea").fill("再答一次")
        again.click()
        page.wait_for_load_state()
    assert happened(home, "finding.dismiss") == 1
    # Who proposed it reads the answer in the file.
    plain.page.goto(family)
    plain.page.get_by_role("link", name=re.compile("历次认定")).click()
    expect(plain.page.get_by_text("异议不成立，继续公示").first).to_be_visible()
    assert plain.wrong == []
