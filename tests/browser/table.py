"""Every page type of the product, in its empty, full and error states: what ``test_every_page`` walks.

**To add a page**: one row in ``PAGES``. ``page`` is its URL name, ``args`` what the address needs, ``query`` what follows it; ``who`` is the demo
account that looks (``""``: nobody is signed in), and what it has to find is made in ``prepare.py``; ``face`` decides the window sizes; ``state`` names the row. Where a state needs a deed (an empty form
sent, a tab opened), ``do`` gets Playwright's page and does it; the row is then checked after it. A second state is a second row.
What is no page (a file, a fragment, a redirect, an address that is only posted to) stands in ``NO_PAGE`` with its reason.
``test_every_address_is_a_row`` fails on an address in neither table.

What a row is checked for: ``test_every_page``'s head says. To look at one: ``pytest tests/browser -k "files-full"``, with ``NUANXIN_SHOTS=folder`` to keep
its pictures.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page

CITY, POLICY, ADMIN, WORKER, NEW, CLAIMING, NOBODY = "he", "pan", "guan", "w-demo", "w-new", "w-claiming", ""
QUARTER, OPEN_QUARTER = "QTX-2022Q4", "QTX-2023Q3"
# The demo's day: visits of bai and luo are planned for it (prepare.a_visitors_day).
VISIT_DAY = "2023-07-07"
MATTER = "QTX-M-2023Q2-0023"
# Raised by w-demo, and added to (prepare.workers).
PROBLEM = "QTX-M-2023Q3-0004"
FAMILY, DRAFT, LEAD, FILTER = "QTX-H000011", "QTX-qingtongxia-001", "QTX-2023Q3/QTX-01-E06/1/2", "777001"

# The grass-roots officer of another town than that of the families below (prepare.more_officers), and one of the city who decided nothing yet.
OTHER, THIRD = "ding", "wen"

# A worker's family that was refused (prepare.a_family_that_was_refused).
# A family that its union reported (prepare.papers_of_a_family): its account, its household (its lead is LEAD); and one with no papers, its file opened.
REPORTED, REPORTED_FAMILY, PAPERLESS = "w-reported", "QTX-H000003", "QTX-H000015"

FILE, FILE_SENT, FILE_PROBLEM = "w-file", "QTX-W000002", "QTX-M-2023Q3-0005"
FILE_LEAD, FILE_FINDING = "QTX-2022Q4/QTX-01-E01/1/1", "QTX-2022Q4-F00001"

KINDS = ("survey", "visits", "books", "checks")


def draft_token(kind: str, state: str) -> str:
    """Where a sheet of a kind, sent in by the city officer he, stands (prepare.sheets_of_every_kind)."""
    return f"{kind}-{state}".ljust(16, "-")


@dataclass(frozen=True, slots=True)
class Row:
    """One page type in one state."""

    page: str
    state: str = "full"
    args: tuple[str, ...] = ()
    query: str = ""
    who: str = CITY
    face: Literal["desk", "phone"] = "desk"
    do: Callable[[Page], None] | None = None

    @property
    def id(self) -> str:
        return f"{self.page.replace(':', '-')}-{self.state}"


# The page's own form: the first that asks for something (a list's export, in its fold, is not meant), as the server sees it when the browser does not check.
OWN_FORM = """() => {
  const asks = field => field.matches("input:not([type=hidden]), select, textarea") && !field.closest("details");
  const form = [...document.querySelectorAll("main form[method=post]")].find(form => [...form.elements].some(asks));
  form.noValidate = true;
  return [...form.elements].find(field => field.type === "submit");
}"""


def send_empty(page: Page) -> None:
    """Send the page's form as it stands, with nothing written into it."""
    page.evaluate_handle(OWN_FORM).as_element().click()
    page.wait_for_load_state()


def send_other(page: Page) -> None:
    """Send in a table that is of no known kind."""
    page.locator("input[type=file]").set_input_files(
        {"name": "值班表.csv", "mimeType": "text/csv", "buffer": "姓名,星期\n某某,一\n".encode()}
    )
    send_empty(page)


def return_without_a_reason(page: Page) -> None:
    """Return what was sent for approval, saying nothing."""
    page.locator("main button[value=return]").click()
    page.wait_for_load_state()


def send_without_a_day(page: Page) -> None:
    """Send the page's form with its days taken out: what it proposes by itself would be done."""
    for day in page.locator("main input[type=date]").all():
        day.fill("")
    send_empty(page)


def press(name: str) -> Callable[[Page], None]:
    """Press a button where it is; a page that was opened before has it no more."""

    def do(page: Page) -> None:
        button = page.get_by_role("button", name=name)
        if button.count():
            button.click()
            page.wait_for_load_state()

    return do


def send_both_times(page: Page) -> None:
    """Give a visit an hour and a half of the day as well."""
    page.locator("main input[type=time]").first.fill("09:00")
    page.locator("main .v-when select").first.select_option("am")
    page.locator("main .v-order button").first.click()
    page.wait_for_load_state()


_phones = itertools.count(13900010001)


def send_without_a_name(page: Page) -> None:
    page.locator("main [name=name]").fill("")
    send_empty(page)


def ask_code(page: Page) -> None:
    """Have a code sent to a phone that nobody knows; each time another, since a phone is not sent many."""
    page.get_by_role("textbox").fill(str(next(_phones)))
    page.locator(".w-actions button").click()
    page.wait_for_url("**/phone/code/")


def prove_phone(page: Page) -> None:
    """Come as far as the first login's page: the code is read in the demo's inbox."""
    ask_code(page)
    inbox = page.context.new_page()
    inbox.goto(page.url.replace("account/phone/code/", "inbox/"))
    code = re.findall(r"\b\d{6}\b", inbox.locator("main").inner_text())[0]
    inbox.close()
    page.get_by_role("textbox").fill(code)
    page.locator(".w-actions button").click()
    page.wait_for_url("**/phone/join/")


def send_door_empty(page: Page) -> None:
    """A form with nothing in it that a script looks at first: what is missing stands on the page a moment later."""
    send_empty(page)
    page.locator(".u-errors").wait_for()


def send_first(page: Page) -> None:
    """Send the first form of the page as it stands."""
    page.locator("main form[data-draft] button").first.click()
    page.wait_for_selector(".u-errors")


def tick_first(act: str) -> Callable[[Page], None]:
    """From a list, to which the address of an act on many rows leads while none is ticked: tick the first row, and look at what the act would touch."""

    def do(page: Page) -> None:
        page.locator("main input[name=keys]").first.check()
        page.locator(f"button[formaction$='/many/{act}/']").click()
        page.wait_for_url(f"**/many/{act}/")

    return do


def remind_all(page: Page) -> None:
    """From the returns, to which the address leads while no union is ticked: look at what reminding all would touch."""
    page.locator("form[action$='/many/remind/'] button").click()
    page.wait_for_url("**/many/remind/")


def answer_all(page: Page) -> None:
    """Answer every question of the self-test."""
    for field in page.locator("main input.w-input").all():
        field.fill("1")
    for choice in page.locator("main input[value=no]").all():
        choice.check(force=True)
    page.locator("button[form=ask]").click()
    page.wait_for_load_state()


PAGES = (
    # ----------------------------------------------------------------------------------------------------------- the entrance
    Row("home", who=NOBODY, face="phone"),
    Row("account_login", who=NOBODY, face="phone"),
    Row("account_login", "error", who=NOBODY, face="phone", do=send_empty),
    Row("phone_login", who=NOBODY, face="phone"),
    Row("phone_login", "error", who=NOBODY, face="phone", do=send_empty),
    Row("phone_code", who=NOBODY, face="phone", do=ask_code),
    Row("phone_join", who=NOBODY, face="phone", do=prove_phone),
    Row("demo_inbox", who=NOBODY, face="phone"),
    Row("inbox", who=ADMIN, face="phone"),
    Row("account_choose_password", who=NOBODY, face="phone"),
    Row("account_choose_password", "error", who=NOBODY, face="phone", do=send_empty),
    Row("account_claim", who=WORKER, face="phone"),
    Row("account_sessions", who=CITY, face="phone"),
    Row("account_change_password", who=CITY, face="phone"),
    Row("account_logout", who=CITY, face="phone"),
    Row("account_change_password", "error", who=CITY, face="phone", do=send_empty),
    Row("account_claim", "waiting", who=CLAIMING, face="phone"),
    Row("mfa_index", who=CITY, face="phone"),
    Row("mfa_index", "unset", who="bai", face="phone"),
    Row("mfa_activate_totp", who="bai", face="phone"),
    Row("mfa_activate_totp", "error", who="bai", face="phone", do=send_empty),
    Row("mfa_add_webauthn", who="bai", face="phone"),
    Row("mfa_reauthenticate", who=CITY, face="phone"),
    Row("account_reauthenticate", who="bai", face="phone"),
    Row("mfa_deactivate_totp", who=CITY, face="phone"),
    Row("mfa_generate_recovery_codes", who=CITY, face="phone"),
    Row("mfa_list_webauthn", "empty", who=CITY, face="phone"),
    # ----------------------------------------------------------------------------------------------------------- accounts
    Row("desk:accounts", who=ADMIN),
    Row("desk:accounts", "empty", query="?q=zzz", who=ADMIN),
    Row("desk:account_new", who=ADMIN),
    Row("desk:account_new", "error", who=ADMIN, do=send_empty),
    Row("desk:account", args=("ma",), who=ADMIN),
    Row("desk:account", "looked-at", args=("ma",), who="shen"),
    Row("desk:account_password", args=("ma",), who=ADMIN),
    Row("desk:post_end", args=("ma", "grassroots_officer", "QTX-01"), who=ADMIN),
    Row("desk:post_end", "error", args=("ma", "grassroots_officer", "QTX-01"), who=ADMIN, do=send_empty),
    Row("desk:claims", who="ma"),
    Row("desk:claims", "empty", query="?q=zzz", who="ma"),
    Row("desk:claim", args=("w-claiming",), who="ma"),
    Row("desk:public_notices", who=NOBODY, face="phone"),
    Row("desk:public_notice", "ended", args=("QTX-2023Q2-P1",), who=NOBODY, face="phone"),
    Row("desk:notices"),
    Row("desk:notices", "empty", who="shen"),
    Row("desk:notice_choices"),
    # ---------------------------------------------------------------------------------------------------------- the worker's
    Row("phone:home", who=WORKER, face="phone"),
    Row("phone:home", "empty", who=NEW, face="phone"),
    Row("phone:selftest", who=WORKER, face="phone"),
    Row("phone:selftest", "error", who=NOBODY, face="phone", query="?income=x&go=1"),
    Row("phone:apply", who=NEW, face="phone"),
    Row("phone:family", "draft", who=WORKER, face="phone"),
    Row("phone:member", who=WORKER, face="phone", args=("0",)),
    Row("phone:member", "another", who=WORKER, face="phone", args=("1",)),
    Row("phone:member", "error", who=WORKER, face="phone", args=("1",), do=send_door_empty),
    Row("phone:figures", who=WORKER, face="phone"),
    Row("phone:figures", "error", who=WORKER, face="phone", do=send_door_empty),
    Row("phone:papers", "empty", who=WORKER, face="phone"),
    Row("phone:check", "missing", who=WORKER, face="phone"),
    Row("phone:matters", who=WORKER, face="phone"),
    Row("phone:matters", "empty", who=NEW, face="phone"),
    Row("phone:raise", who=WORKER, face="phone", args=("problem",)),
    Row("phone:raise", "error", who=WORKER, face="phone", args=("wish",), do=send_door_empty),
    Row("phone:messages", "empty", who=NEW, face="phone"),
    Row("phone:messages", who=FILE, face="phone"),
    Row("phone:me", who=WORKER, face="phone"),
    Row("phone:consent", who=WORKER, face="phone"),
    Row("phone:readers", who=WORKER, face="phone"),
    Row("phone:copy", who=WORKER, face="phone"),
    Row("phone:home", "known", who=FILE, face="phone"),
    Row("phone:selftest", "likely", who=WORKER, face="phone", do=answer_all),
    Row("phone:selftest", "missing", who=NOBODY, face="phone", do=send_empty),
    Row("phone:sent", who=FILE, face="phone", args=(FILE_SENT,)),
    Row("phone:hardship", "under-way", who=FILE, face="phone", args=(FILE_SENT,)),
    Row("phone:hardship", "no-photo", who=FILE, face="phone", args=(FILE_SENT,), do=send_first),
    Row("phone:hardship", "reported", who=REPORTED, face="phone", args=(LEAD,)),
    Row("phone:hardship", "refused", who=FILE, face="phone", args=(FILE_LEAD,)),
    Row("phone:review", who=FILE, face="phone", args=(FILE_FINDING,)),
    Row("phone:review", "error", who=FILE, face="phone", args=(FILE_FINDING,), do=send_door_empty),
    Row("phone:matter", "answered", who=FILE, face="phone", args=(FILE_PROBLEM,)),
    Row("phone:matter", "added-to", who=WORKER, face="phone", args=(PROBLEM,)),
    Row("phone:more", who=WORKER, face="phone", args=(PROBLEM,)),
    Row("phone:more", "error", who=WORKER, face="phone", args=(PROBLEM,), do=send_door_empty),
    Row("phone:unsolved", who=FILE, face="phone", args=(FILE_PROBLEM,)),
    Row("phone:unsolved", "error", who=FILE, face="phone", args=(FILE_PROBLEM,), do=send_door_empty),
    Row("phone:consent", "known", who=FILE, face="phone"),
    Row("phone:readers", "known", who=FILE, face="phone"),
    Row("phone:me", "known", who=FILE, face="phone"),
    # ----------------------------------------------------------------------------------------------- the desk: today's work
    Row("desk:home", query="?tab=all"),
    Row("desk:home", "empty", who=POLICY),
    Row("desk:home", "filtered", query="?tab=all&kind=review"),
    # --------------------------------------------------------------------------------------------------- the desk: matters
    Row("desk:search", "empty"),
    Row("desk:search", query="?q=韩"),
    Row("desk:search", "nothing-found", query="?q=没有这个人"),
    Row("desk:matters"),
    Row("desk:matters", "empty", query="?q=没有这件事"),
    Row("desk:matters", "odd", query="?state=nonsense&page=99"),
    Row("desk:matters", "saved", query="?kind=problem"),
    Row("desk:matter", args=(MATTER,)),
    Row("desk:matter", "unanswered", args=(MATTER,), do=send_empty),
    Row("desk:matter", "added-to", args=(PROBLEM,)),
    Row("desk:raise"),
    Row("desk:raise", "nothing-filled-in", do=send_empty),
    # ------------------------------------------------------------------------------------------- the desk: rounds, households
    Row("desk:rounds"),
    Row("desk:board", args=(QUARTER,)),
    Row("desk:board", "open", args=(OPEN_QUARTER,)),
    Row("desk:open"),
    Row("desk:open", "error", do=send_without_a_day),
    *(Row(f"desk:{act}", args=(OPEN_QUARTER,)) for act in ("decide", "publish", "certify", "offers", "close")),
    Row("desk:families", args=(QUARTER,)),
    Row("desk:families", "filtered", args=(QUARTER,), query="?column=refused"),
    Row("desk:families", "empty", args=(QUARTER,), query="?q=没有这个人"),
    Row("desk:returns", args=(QUARTER,)),
    Row("desk:returns", "unions", args=(QUARTER,), query="?tab=unions"),
    Row("desk:returns", "sent-back", args=(QUARTER,), query="?tab=back"),
    Row("desk:returns", "history", args=(QUARTER,), query="?tab=history"),
    Row("desk:returns", "open", args=(OPEN_QUARTER,)),
    Row("desk:sheets"),
    Row("desk:sheets", "nothing-chosen", do=send_empty),
    Row("desk:send", args=(OPEN_QUARTER,)),
    Row("desk:send", "nothing-chosen", args=(OPEN_QUARTER,), do=send_empty),
    Row("desk:sheets", "unknown", do=send_other),
    *(Row(f"desk:look_{kind}", args=(draft_token(kind, "look"),)) for kind in KINDS),
    *(Row(f"desk:look_{kind}", "goes-back-whole", args=(draft_token(kind, "back"),)) for kind in KINDS),
    *(Row(f"desk:look_{kind}", "under-way", args=(draft_token(kind, "held"),)) for kind in KINDS),
    *(Row(f"desk:look_{kind}", "broken-off", args=(draft_token(kind, "lost"),)) for kind in KINDS),
    *(Row(f"desk:sent_{kind}", args=(draft_token(kind, "sent"),)) for kind in KINDS),
    Row("desk:matches"),
    Row("desk:matches", "judged", query="?tab=judged"),
    Row("desk:files"),
    Row("desk:files", "empty", query="?q=没有这个人"),
    Row("desk:household", "sealed", args=(FAMILY,), who="xu"),
    Row("desk:household", "decision", args=(FAMILY,)),
    Row("desk:household", "readers", args=(FAMILY,), query="?tab=readers"),
    Row("desk:household_print", args=(FAMILY,)),
    Row("desk:household_reveal", args=(FAMILY,)),
    Row("desk:household_reveal", "error", args=(FAMILY,), do=send_empty),
    *(Row(f"desk:household_{act}", args=(FAMILY,)) for act in ("consent-withdraw", "urgent")),
    Row("desk:household_paper", args=(REPORTED_FAMILY,)),
    Row("desk:household_paper", "error", args=(REPORTED_FAMILY,), do=send_empty),
    Row("desk:household", "papers", args=(REPORTED_FAMILY,), query="?tab=papers"),
    Row("desk:household", "papers-none", args=(PAPERLESS,), query="?tab=papers"),
    Row("desk:household", "members", args=(FAMILY,), query="?tab=members"),
    Row("desk:household", "visits", args=(FAMILY,), query="?tab=visits"),
    Row("desk:household", "aid", args=(FAMILY,), query="?tab=aid"),
    Row("desk:household", "history", args=(FAMILY,), query="?tab=history"),
    # ------------------------------------------------------------------------------------------------------- the desk: visits
    Row("desk:visits", args=(OPEN_QUARTER,)),
    Row("desk:visits", "waiting", args=(OPEN_QUARTER,), query="?day=none"),
    Row("desk:visits", "done", args=(QUARTER,), query="?day=done"),
    Row("desk:visits", "own", args=(OPEN_QUARTER,), who="bai"),
    Row("desk:visits_new", args=(OPEN_QUARTER,)),
    Row("desk:visits_new", "error", args=(OPEN_QUARTER,), query="?look=1&one_0=bai&per_day=0"),
    Row(
        "desk:visits_new",
        "looked-at",
        args=(OPEN_QUARTER,),
        query="?look=1&one_0=bai&two_0=luo&day=2023-07-07&per_day=4",
    ),
    Row("desk:visit_sheet", "closed", args=(OPEN_QUARTER, VISIT_DAY), who=THIRD),
    Row("desk:visit_sheet", args=(OPEN_QUARTER, VISIT_DAY), do=press("打开路线单")),
    Row("desk:visit_sheet", "own", args=(OPEN_QUARTER, VISIT_DAY), who="bai", do=press("打开路线单")),
    Row("desk:visit_sheet", "empty", args=(OPEN_QUARTER, "2023-07-31")),
    Row("desk:visit_order", args=(OPEN_QUARTER, VISIT_DAY)),
    Row("desk:visit_order", "empty", args=(OPEN_QUARTER, "2023-07-31")),
    Row("desk:visit_order", "error", args=(OPEN_QUARTER, VISIT_DAY), do=send_both_times),
    Row("desk:visit_excuse", args=(OPEN_QUARTER, LEAD)),
    Row("desk:visit_excuse", "error", args=(OPEN_QUARTER, LEAD), do=send_empty),
    # --------------------------------------------------------------------------------- the desk: many rows, saved filters, the calendar
    Row("desk:matters_assign", do=tick_first("assign")),
    Row("desk:families_excuse", args=(OPEN_QUARTER,), do=tick_first("excuse")),
    Row("desk:families_team", args=(OPEN_QUARTER,), do=tick_first("team")),
    Row("desk:returns_remind", args=(OPEN_QUARTER,), do=remind_all),
    Row("desk:notices_read", do=tick_first("read")),
    Row("desk:filter", args=(FILTER,)),
    Row("desk:filter", "error", args=(FILTER,), do=send_without_a_name),
    Row("desk:calendar"),
    Row("desk:calendar", "of-another-year", query="?month=2024-02-01"),
    Row("desk:calendar", "administrator", who=ADMIN),
    Row("desk:calendar", "not-entered", query="?month=2030-01-01", who=ADMIN),
    Row("desk:calendar", "error", who=ADMIN, do=send_empty),
    # ----------------------------------------------------------------------------------------------------- the desk: policies
    Row("desk:policies", who=POLICY),
    Row("desk:policy", args=("qingtongxia", "2022-1"), who=POLICY),
    Row("desk:draft", "faulty", args=(DRAFT,), who=POLICY),
    Row("desk:draft_settings", args=(DRAFT,), who=POLICY),
    Row("desk:draft_table", "faulty", args=(DRAFT, "tier.csv"), who=POLICY),
    Row("desk:draft_table", args=(DRAFT, "standards.csv"), who=POLICY),
    Row("desk:draft_cases", "faulty", args=(DRAFT,), who=POLICY),
    Row("desk:draft_compare", args=(DRAFT,), who=POLICY),
    Row("desk:draft_files", args=(DRAFT,), who=POLICY),
    # ---------------------------------------------------------------------------------------------------------- at the door
    Row("desk:my_visits", who="bai", face="phone"),
    Row("desk:my_visits", "none", face="phone", who="xu"),
    Row("desk:door", args=("777001",), who="bai", face="phone"),
    Row("desk:door", "error", args=("777001",), who="bai", face="phone", do=send_door_empty),
    Row("desk:door", "recorded", args=("777002",), who="bai", face="phone"),
    Row("desk:door", "differs", args=("777003",), who="bai", face="phone"),
    Row("desk:door_excuse", args=("777001",), who="bai", face="phone"),
    # ------------------------------------------------------------------------------------------------------ the desk: figures
    Row("desk:dashboard"),
    Row("desk:dashboard", "wrong-range", query="?from=2023Q2&to=2022Q3"),
    Row("desk:brief"),
    Row("desk:brief", "wrong-range", query="?from=2023Q2&to=2022Q3"),
    Row("desk:brief", "few", query="?part=overview&part=open"),
    Row("desk:issues"),
    Row("desk:issues", "empty", query="?state=returned"),
    Row("desk:issue", args=("QTX-B0001",), who="xu"),
    Row("desk:issue", "error", args=("QTX-B0001",), who="xu", do=return_without_a_reason),
    Row("desk:issue", "looked-at", args=("QTX-B0001",)),
    Row("desk:issue", "approved", args=("QTX-B0002",), who="xu"),
    Row("desk:figure", args=("households_filed",)),
)

# Address (or the whole of a namespace) → why it is no page of ours.
NO_PAGE = {
    "desk:public_notice_pdf": "a file",
    "desk:match_undo": "posted to",
    "desk:match": "a pair stands only while in doubt: tests/desk/test_matches.py",
    **{
        f"desk:household_{act}": "a page of the same template, when it is that family's turn"
        for act in ("object", "answer", "return", "help", "review", "review-end", "consent", "excuse")
    },
    "desk:back": "leads to the list where nothing is ticked",
    "desk:offer": "leads to the list where nothing is ticked",
    "desk:filter_save": "posted to",
    "desk:marked": "a file",
    "desk:blank": "a file",
    "desk:nil": "posted to",
    "desk:menu_counts": "a fragment",
    "desk:matter_assign": "posted to",
    "desk:matter_answer": "posted to",
    "demo_day": "posted to",
    "desk:account_act": "posted to",
    "set_language": "posted to",
    "ui:text_size": "posted to",
    "desk:visits_latest": "leads on",
    "desk:draft_move": "posted to",
    "desk:draft_publish": "posted to",
    "desk:draft_check": "a fragment",
    "desk:draft_packed": "a file",
    "desk:policy_packed": "a file",
    "phone:paper": "a file",
    "phone:photo": "a file",
    "desk:matter_photo": "a file",
    "desk:my_visits_calendar": "a file",
    "desk:visits_worker": "a script",
    "desk:visit_paper": "a file",
    "desk:household_open": "posted to",
    "desk:household_papers": "posted to",
    "desk:household_proof": "a file",
    "desk:brief_send": "posted to",
    "desk:issue_end": "posted to",
    "desk:issue_pdf": "a file",
    "desk:issue_docx": "a file",
    "desk:brief_pdf": "a file",
    "desk:brief_docx": "a file",
}
# django-allauth brings many addresses; those that people are led to have their rows.
NOT_OURS = ("account_", "mfa_", "socialaccount_", "usersessions_", "weixin_", "social/")
