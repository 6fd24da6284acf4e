"""One family from "I need help" to "certified", as people who have never seen the program do it: from the front door, by what stands on the pages alone.

Once all of them are at a desk and once all of them on a phone; everybody signs in with what the demo prints. No address is typed but the front door's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Visit, plain_copy, served
from tests.browser.test_entrance import sign_in
from tests.browser.test_visits import sign
from tests.pictures import camera

QUARTER = "2023年第三季度"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo of its own, as ``make run`` leaves it: its day is moved and its round decided here."""
    with served(plain_copy(tmp_path_factory)) as address:
        yield address


@dataclass
class People:
    """Who works at this journey, each in a window of their own."""

    open_window: Opener
    size: tuple[int, int]
    windows: list[Visit]

    def officer(self, account: str) -> Page:
        visit = self._open()
        sign_in(visit.page, visit.site, account)
        return visit.page

    def worker(self) -> Page:
        visit = self._open()
        page = visit.page
        page.goto(visit.site)
        number = re.findall(r"1\d{2} \d{4} \d{4}", page.locator("main").inner_text())[0]
        page.get_by_role("link", name="手机号登录").click()
        page.get_by_role("textbox").fill(number)
        page.locator(".w-actions button").click()
        page.get_by_role("link", name="演示收件箱").click()
        page.wait_for_url("**/inbox/")
        code = re.findall(r"\b\d{6}\b", page.locator("main").inner_text())[0]
        page.go_back()
        page.get_by_role("textbox").fill(code)
        page.locator(".w-actions button").click()
        return page

    def _open(self) -> Visit:
        visit = self.open_window("", self.size)
        self.windows.append(visit)
        return visit


@pytest.fixture
def people(open_window: Opener, size: tuple[int, int]) -> People:
    return People(open_window, size, [])


def answer(page: Page, label: str, value: str) -> None:
    page.get_by_label(label).fill(value)


def choose(page: Page, question: str, option: str) -> None:
    page.get_by_role("group", name=question).get_by_role("radio", name=option).check()


def asks_what_may_be(page: Page) -> None:
    page.get_by_role("link", name="测一测").click()
    answer(page, "全家一年一共挣多少钱", "9000")
    answer(page, "一年里看病自己掏了多少钱", "12000")
    answer(page, "一年里孩子上学花了多少钱", "0")
    answer(page, "今年有没有意外损失", "0")
    answer(page, "家里几口人", "1")
    answer(page, "家里有几套房", "1")
    choose(page, "家里有人开公司、办企业吗", "否")
    choose(page, "孩子上高收费民办学校或自费留学吗", "否")
    answer(page, "有几个孩子上幼儿园", "0")
    answer(page, "有几个孩子上高中", "0")
    page.get_by_role("button", name="看结果").click()
    expect(page.get_by_text("这不是最后结论")).to_be_visible()
    expect(page.get_by_role("heading", name="为什么这样说")).to_be_visible()


def fills_in(page: Page) -> None:
    page.get_by_role("button", name="提交困难申报").click()
    expect(page.get_by_role("heading", name="家里人")).to_be_visible()
    page.get_by_role("link", name="下一步：家里情况").click()
    # What was said in the self-test is not asked again.
    expect(page.get_by_label("全家一年一共挣多少钱")).to_have_value(re.compile("9000"))
    choose(page, "家里有人开公司、办企业吗", "否")
    choose(page, "孩子上高收费民办学校或自费留学吗", "否")
    page.get_by_label("最主要的困难").select_option(label="本人大病")
    answer(page, "想说的话", "住院三次")
    answer(page, "家住哪里", "小坝镇利民路 9 号楼")
    page.get_by_role("button", name="下一步：材料").click()
    page.get_by_label("是什么材料").select_option(label="看病票据")
    page.get_by_label("拍照或选文件").set_input_files(
        {"name": "bill.jpg", "mimeType": "image/jpeg", "buffer": camera()}
    )
    page.get_by_role("button", name="上传这一份").click()
    expect(page.get_by_text("收到了，可以接着传")).to_be_visible()
    page.get_by_role("button", name="下一步：核对").click()


def signs(page: Page) -> None:
    page.get_by_role("checkbox", name="我同意工会核查").check()
    page.get_by_role("checkbox", name="以上都是实情").check()
    answer(page, "签名", page.locator("main dt").first.inner_text().split(" · ")[0])


def applies(page: Page) -> None:
    fills_in(page)
    signs(page)
    page.get_by_role("button", name="提交困难申报").dblclick()
    expect(page.get_by_role("heading", name="困难申报已提交")).to_be_visible()
    page.get_by_role("link", name="看办理进度").click()
    expect(page.get_by_text("等工会上门走访").first).to_be_visible()


def hears_of_it(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^通知")).click()
    page.get_by_role("link", name=re.compile("有职工在手机上提交了困难申报")).click()


def sees_it_in_todays_work(page: Page) -> None:
    page.get_by_role("link", name="今天的工作").click()
    page.get_by_role("link", name=re.compile("^全部 ")).click()
    page.get_by_label("全部类型").select_option(label="走访")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_role("row", name=re.compile("入户走访"))).to_have_count(1)


def plans_the_visit(page: Page) -> None:
    page.get_by_role("row", name=re.compile("入户走访")).get_by_role("link").click()
    page.get_by_role("link", name="安排新的走访").click()
    page.get_by_role("group", name="哪几天走访").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="先看看怎么排").click()
    page.get_by_role("button", name="就这样安排").dblclick()
    expect(page.get_by_text("已安排 1 户")).to_be_visible()


def records_the_visit(page: Page) -> None:
    page.get_by_role("link", name="我的走访").first.click()
    page.get_by_role("button", name="开始今天的走访").click()
    page.locator(".v-stops a").click()
    page.get_by_role("radio", name="有人，已入户").check()
    for item in page.locator("[data-item]").all():
        item.get_by_role("radio", name="属实").check()
    answer(page, "补充说明", "情况属实")
    sign(page, "family")
    sign(page, "visitors")
    page.get_by_role("button", name="提交走访").click()
    expect(page.get_by_text("已登记：")).to_be_visible()


def open_board(page: Page) -> None:
    page.get_by_role("link", name="季度认证").first.click()
    page.get_by_role("link", name=QUARTER).click()


def act(page: Page, verb: str, told: str) -> None:
    open_board(page)
    page.get_by_role("link", name=verb, exact=True).first.click()
    page.get_by_role("button", name=verb, exact=True).dblclick()
    expect(page.get_by_text(told).first).to_be_visible()


def test_one_family_from_asking_to_certified(people: People):
    worker = people.worker()
    asks_what_may_be(worker)
    applies(worker)
    hears_of_it(people.officer("ma"))
    he = people.officer("he")
    sees_it_in_todays_work(he)
    plans_the_visit(he)
    bai = people.officer("bai")
    records_the_visit(bai)
    act(he, "按政策认定", "已认定 1 户")
    act(he, "公示", "已公示 1 户")
    worker.reload()
    expect(worker.get_by_text("认定意见开始公示").first).to_be_visible()
    xu = people.officer("xu")
    for _day in range(6):
        xu.locator(".d-own summary").click()
        xu.get_by_role("button", name="到下一个工作日").click()
        expect(xu.get_by_text("演示日期：")).to_be_visible()
    act(xu, "认证", "已认证 1 户")
    worker.reload()
    expect(worker.get_by_role("heading", name="结果")).to_be_visible()
    expect(worker.get_by_role("heading", name="为什么")).to_be_visible()
    expect(worker.get_by_text("审定通过").first).to_be_visible()
    worker.get_by_role("link", name="我的事").first.click()
    worker.get_by_role("link", name="我", exact=True).click()
    worker.get_by_role("link", name="谁看过我家的档案").click()
    expect(worker.get_by_role("heading", name="谁看过我家的档案")).to_be_visible()
    assert [line for window in people.windows for line in window.wrong] == []
