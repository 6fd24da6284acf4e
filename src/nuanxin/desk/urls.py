"""Addresses of the desk."""

from datetime import date

from django.urls import URLPattern, path, register_converter

from nuanxin.desk.views import (
    accounts,
    acts,
    brief,
    bulk,
    calendar,
    dashboard,
    door,
    filters,
    household_acts,
    households,
    matches,
    matters,
    menu,
    notices,
    policies,
    public,
    rounds,
    search,
    sending,
    sheets,
    today,
    visits,
)


class RoundCode:
    """A city's quarter in an address, by the round's code: QTX-2022Q3. Every city has its own, and a province reads them all."""

    regex = r"[^/]+-\d{4}Q[1-4]"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Day:
    """A day in an address: 2022-09-05."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return f"{value}"


register_converter(RoundCode, "round")
register_converter(Day, "day")
app_name = "desk"
urlpatterns: list[URLPattern] = [
    path("desk/", today.home, name="home"),
    path("desk/counts/", menu.menu_counts, name="menu_counts"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/open/", acts.open_, name="open"),
    path("rounds/<round:round_code>/", rounds.board, name="board"),
    *(path(f"rounds/<round:round_code>/{key}/", page, name=key) for key, page in acts.PAGES.items()),
    *(path(where, page, name=name) for name, (where, page) in bulk.PAGES.items()),
    path("rounds/<round:round_code>/families/", rounds.families, name="families"),
    path("rounds/<round:round_code>/returns/", rounds.returns, name="returns"),
    path("rounds/<round:round_code>/visits/", visits.plan, name="visits"),
    path("rounds/<round:round_code>/visits/plan/", visits.plan_new, name="visits_new"),
    path("rounds/<round:round_code>/visits/<path:code>/excuse/", visits.excuse, name="visit_excuse"),
    path("rounds/<round:round_code>/visits/<day:day>/", visits.sheet, name="visit_sheet"),
    path("rounds/<round:round_code>/visits/<day:day>/order/", visits.order, name="visit_order"),
    path("visit-plan/", visits.latest, name="visits_latest"),
    path("visits/", door.mine, name="my_visits"),
    path("visits/calendar.ics", door.calendar, name="my_visits_calendar"),
    path("visits/worker.js", door.worker, name="visits_worker"),
    path("visits/<int:pk>/", door.door, name="door"),
    path("visits/<int:pk>/excuse/", door.excuse, name="door_excuse"),
    path("visits/<int:pk>/papers/<int:paper>/", door.paper, name="visit_paper"),
    path("notices/", notices.notices, name="notices"),
    path("notices/choices/", notices.choices, name="notice_choices"),
    path("rounds/<round:round_code>/returns/send/", sending.send, name="send"),
    path("rounds/<round:round_code>/returns/nil/", sending.nil, name="nil"),
    path("rounds/<round:round_code>/returns/marked/<path:code>/", sending.marked, name="marked"),
    path("public/notices/", public.notices, name="public_notices"),
    path("public/notices/<str:code>/", public.notice, name="public_notice"),
    path("public/notices/<str:code>/notice.pdf", public.notice_pdf, name="public_notice_pdf"),
    path("households/", households.files, name="files"),
    path("households/<str:code>/", households.household, name="household"),
    path("households/<str:code>/open/", household_acts.open_, name="household_open"),
    path("households/<str:code>/papers/", household_acts.open_papers, name="household_papers"),
    path("households/<str:code>/papers/<int:pk>/", household_acts.paper, name="household_proof"),
    path("households/<str:code>/print/", household_acts.print_, name="household_print"),
    path("households/<str:code>/reveal/", household_acts.reveal_, name="household_reveal"),
    *(
        path(f"households/<str:code>/{key}/", page, name=f"household_{key}")
        for key, page in household_acts.PAGES.items()
    ),
    path("policies/", policies.policies, name="policies"),
    path("policies/drafts/<str:code>/", policies.draft, name="draft"),
    path("policies/drafts/<str:code>/move/", policies.draft_move, name="draft_move"),
    path("policies/drafts/<str:code>/publish/", policies.draft_publish, name="draft_publish"),
    path("policies/drafts/<str:code>/settings/", policies.draft_settings, name="draft_settings"),
    path("policies/drafts/<str:code>/cases/", policies.draft_cases, name="draft_cases"),
    path("policies/drafts/<str:code>/compare/", policies.draft_compare, name="draft_compare"),
    path("policies/drafts/<str:code>/tables/<str:file>/", policies.draft_table, name="draft_table"),
    path("policies/drafts/<str:code>/tables/<str:file>/check/", policies.draft_check, name="draft_check"),
    path("policies/drafts/<str:code>/files/", policies.draft_files, name="draft_files"),
    path("policies/drafts/<str:code>/files/<slug:form>/", policies.draft_packed, name="draft_packed"),
    path("policies/<str:name>/<str:version>/", policies.version, name="policy"),
    path("policies/<str:name>/<str:version>/files/<slug:form>/", policies.version_packed, name="policy_packed"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("filters/save/", filters.save, name="filter_save"),
    path("filters/<int:pk>/", filters.saved, name="filter"),
    path("sheets/", sheets.sheets, name="sheets"),
    *(path(where, page, name=name) for name, (where, page) in sheets.PAGES.items()),
    path("sheets/<slug:form>.xlsx", sheets.blank, name="blank"),
    path("search/", search.search, name="search"),
    path("matches/", matches.matches, name="matches"),
    path("matches/undo/<path:code>/", matches.undo, name="match_undo"),
    path("matches/<path:code>/", matches.match, name="match"),
    path("matters/", matters.matters, name="matters"),
    path("matters/new/", matters.enter, name="raise"),
    path("matters/<str:code>/", matters.matter, name="matter"),
    path("matters/<str:code>/photos/<int:pk>/", matters.photo, name="matter_photo"),
    path("matters/<str:code>/assign/", matters.assign, name="matter_assign"),
    path("matters/<str:code>/answer/", matters.answer, name="matter_answer"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/<str:name>/", accounts.account, name="account"),
    path("accounts/<str:name>/act/", accounts.account_act, name="account_act"),
    path("accounts/<str:name>/password/", accounts.account_password, name="account_password"),
    path("accounts/<str:name>/<slug:role>/<str:org>/end/", accounts.post_end, name="post_end"),
    path("claims/", accounts.claims, name="claims"),
    path("claims/<str:name>/", accounts.claim, name="claim"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("brief/", brief.brief, name="brief"),
    path("brief/brief.pdf", brief.brief_document, {"form": "pdf"}, name="brief_pdf"),
    path("brief/brief.docx", brief.brief_document, {"form": "docx"}, name="brief_docx"),
    path("brief/issues/", brief.issues, name="issues"),
    path("brief/issues/<str:code>/", brief.issue, name="issue"),
    path("brief/issues/<str:code>/end/", brief.issue_end, name="issue_end"),
    path("brief/issues/<str:code>/brief.pdf", brief.issue_document, {"form": "pdf"}, name="issue_pdf"),
    path("brief/issues/<str:code>/brief.docx", brief.issue_document, {"form": "docx"}, name="issue_docx"),
    path("brief/send/", brief.send, name="brief_send"),
    path("brief/<slug:figure>/", brief.figure, name="figure"),
]
