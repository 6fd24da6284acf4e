"""Policies: the versions there are, and the draft of the next one: written table by table, tried, published by a second person."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.care.queries import visited_rounds
from nuanxin.care.services.decide import decided_until, what_if
from nuanxin.desk import exports, words
from nuanxin.policy import Policy, PolicyError, Problem
from nuanxin.policy.dmn import write_dmn
from nuanxin.policy.folder import ARROWS, CASES_FILE, POLICY_FILE
from nuanxin.records.services import Refused
from nuanxin.rulebook import queries, services
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.packing import Parcel, packed, unpacked
from nuanxin.ui.forms import Form, ManyFiles
from nuanxin.ui.pages import (
    choice,
    done,
    export,
    framed,
    in_language,
    lang,
    listed,
    paged,
    seen_by,
    send_sheet,
    sent_file,
    typed,
)
from nuanxin.ui.parts import Filter
from nuanxin.ui.viewer import Viewer

ROWS = 40
CASE_STATES = {"wrong": gettext_lazy("不符"), "holds": gettext_lazy("一致")}
SETTINGS = ("version", "effective_from", "document")


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="list.export")
def policies(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Every policy with the versions that the viewer's union sees, and the drafts; those are sent out as a spreadsheet by POST."""
    books = queries.books(seen.org_for("policy.read"))
    versions = [(name, found, queries.counting(found, seen.today)) for name, found in books.items()]
    if "sheet" in request.POST:
        sheets = {name: exports.version_sheet(found, lang()) for name, found in books.items()}
        return send_sheet(request, seen, f"org:{seen.org.code}", "policy", sheets)
    state, text = choice(request.GET, "state", words.DRAFT), typed(request.GET)
    drafts = seen.rows(Draft).defer("files")
    if state:
        drafts = drafts.filter(state=state)
    if text:
        drafts = drafts.filter(Q(code__icontains=text) | Q(policy__icontains=text) | Q(begun_by__icontains=text))
    if request.method == "POST":
        return export(request, seen, f"org:{seen.org.code}", "drafts", exports.DRAFT_TITLES, exports.draft_rows(drafts))
    fields = [
        Filter("state", _("全部状态"), state, words.options(words.DRAFT)), Filter("q", _("编号、政策或起草人"), text),
    ]  # fmt: skip
    in_force = ((name, now.policy.version) for name, _found, now in versions if now)
    begin = next((reverse("desk:policy", args=place) for place in in_force), "")
    return listed(
        request, "desk/policies.html",
        framed(
            "policies", policies=versions, today=seen.today, page=paged(request, drafts, 20), fields=fields,
            begin=begin if seen.may("policy.edit") else "",
        ),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="policy.edit")
def version(request: HttpRequest, seen: Viewer, name: str, version: str) -> HttpResponseBase:
    """One version, in the words of its tables; a draft of the next begins here by POST."""
    found = _version(seen, name, version)
    if request.method == "POST":
        begun: list[Draft] = []
        if done(
            request,
            lambda: begun.append(
                services.begin(
                    policy=name, version=version, org=seen.org_for("policy.edit"), by=seen.user, on=seen.today
                )
            ),
            _("草稿已建好，可以改了。"),
        ):
            return redirect("desk:draft", begun[0].code)
        return redirect("desk:policy", name, version)
    shown = [(decision, list(_ruled(found.policy, decision.name))) for decision in found.policy.model.decisions]
    return render(
        request, "desk/policy.html",
        framed(
            "policies", name=name, version=found, model=found.policy.model, decisions=shown, ceilings=found.ceilings(),
            cases=found.policy.run_cases(), may_edit=seen.may("policy.edit"),
        ),
    )  # fmt: skip


def _version(seen: Viewer, name: str, version: str) -> queries.Version:
    """A version that the viewer's union sees: its own, of those above, the installation's. Another city's is not there."""
    try:
        return queries.version_named(name, version, seen.org_for("policy.read"))
    except Refused:
        raise Http404 from None


def _ruled(policy: Policy, decision: str) -> Iterator[tuple[Any, list[tuple[str, str]], list[tuple[str, str]]]]:
    """The rules of a table in words: (rule, [(condition's label, cell)], [(output's label, cell)])."""
    model = policy.model
    labels = {item.name: item.label.text(lang()) for item in model.inputs}
    labels |= {figure.name: figure.label.text(lang()) for figure in model.figures}
    labels |= {item.name: item.label.text(lang()) for item in model.decisions}
    found = next(item for item in model.decisions if item.name == decision)
    for rule in found.table.rules if found.table else ():
        assert found.table is not None
        conditions = [
            (labels.get(column.text, column.text), cell.text)
            for column, cell in zip(found.table.columns, rule.cells, strict=True)
            if cell.text != "-"
        ]
        outputs = [
            (output.label.text(lang()), text) for output, text in zip(found.outputs, rule.output_texts, strict=True)
        ]
        yield rule, conditions, outputs


# ------------------------------------------------------------------------------------------------------------------ drafts


def _draft(seen: Viewer, code: str) -> Draft:
    found = seen.rows(Draft).select_related("org").filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _decided_until(draft: Draft) -> date | None:
    """The last day as of which families of the draft's union were decided under its policy."""
    return decided_until(draft.policy, draft.org)


def _base(draft: Draft) -> queries.Version:
    """The version that a draft began from; where that is not its union's any more, the one that counts."""
    found = queries.versions(draft.policy, draft.org)
    named = (version for version in found if version.policy.version == draft.base_version)
    return next(named, None) or queries.counting(found, draft.begun_on) or found[0]


def _told(problems: tuple[Problem, ...]) -> list[tuple[Problem, str]]:
    return [(problem, problem.sentence(lang())) for problem in problems]


def _draft_page(seen: Viewer, draft: Draft, tab: str, looked: queries.Looked, **more: Any) -> dict[str, Any]:
    """The frame of a draft's pages: its tabs with what is wrong in each."""
    wrong = {name: sum(problem.file == name for problem in looked.errors) for name in draft.files}
    # What the tables are called is taken from the version the draft began from: that one can be read.
    base = _base(draft).policy.model
    called = {decision.file: decision.label.text(lang()) for decision in base.decisions}
    called |= {"standards.csv": _("标准"), queries.CEILINGS_FILE: _("封顶"), CASES_FILE: _("算例表")}
    order = {name: place for place, name in enumerate(called)}
    tables = sorted(
        (name for name in draft.files if name.endswith(".csv")),
        key=lambda name: (order.get(name, len(order)), name),
    )
    may_edit = seen.may_at("policy.edit", draft.org)
    return framed(
        "policies", draft=draft, called=base.name, tab=tab, looked=looked, problems=_told(looked.problems),
        editable=draft.state == "draft" and may_edit, may_edit=may_edit,
        settings_wrong=wrong.get(POLICY_FILE, 0), tables=[(name, called.get(name, name), wrong[name]) for name in tables], **more,
    )  # fmt: skip


@require_safe
@seen_by("policy.read")
def draft(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The draft at a glance: what is still missing, what it changes, what is next and by whom."""
    found = _draft(seen, code)
    looked = queries.look_over(found.files)
    needs = services.missing_of(found, decided_until=_decided_until(found)) if found.state != "published" else {}
    steps = [
        (_("政策读得通，没有错误"), "no errors", "#problems"), (_("算例都符合期望"), "cases hold", reverse("desk:draft_cases", args=[code])),
        (_("版本号和施行日期"), "a date of its own", reverse("desk:draft_settings", args=[code])),
        (_("在台账上试算过这一稿"), "compared", reverse("desk:draft_compare", args=[code])),
    ]  # fmt: skip
    checklist = [(label, in_language(needs.get(key, "")), where) for label, key, where in steps]
    own = found.submitted_by == seen.user.username
    return render(
        request, "desk/draft.html",
        _draft_page(
            seen, found, "overview", looked, checklist=checklist, ready=not needs, own=own, changes=list(_changes(_base(found).files, found.files)),
            may_publish=seen.may_at("policy.publish", found.org),
        ),
    )  # fmt: skip


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What differs between two states of a policy's files: (file, [("-" or "+", line)])."""
    for name in sorted({*before, *after}):
        lines = difflib.unified_diff(
            _rows(before.get(name, ""), name), _rows(after.get(name, ""), name), lineterm="", n=0
        )
        changed = [(line[0], line[1:]) for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]
        if changed:
            yield name, changed


def _rows(text: str, name: str) -> list[str]:
    """The lines to compare: of a table its rows, so that quotes alone are no change."""
    if name.endswith(".csv"):
        try:
            return [" | ".join(row) for row in queries.table_of({name: text}, name)]
        except PolicyError:
            pass
    return text.splitlines()


class Packet(Form):
    """A policy's files from an office's computer."""

    sent = forms.FileField(
        label=gettext_lazy("选择文件"), widget=ManyFiles(attrs={"accept": ".zip,.dmn,.xml,.csv,.toml"}),
        help_text=gettext_lazy("整个文件夹压缩成一个 zip，或几张 CSV 表，或一个 DMN 文件。上传后先看改了什么，您确认了才放进草稿。"),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="policy.edit")
def draft_files(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The draft as files: taken along, and sent back from a spreadsheet program or a modeller. What is sent is first shown, with what it
    would change and what is wrong with it; nothing is kept before that is confirmed."""
    found = _draft(seen, code)
    if "name" in request.POST:
        return _take_in(request, seen, found)
    if request.method == "POST":
        parcel = _parcel(request, [(file.name or "", file.read()) for file in request.FILES.getlist("sent")])
        if parcel is None:
            return redirect("desk:draft_files", code)
        after = parcel.over(found.files)
        return render(
            request, "desk/draft_files_look.html",
            _draft_page(
                seen, found, "files", queries.look_over(after), parcel=parcel, changes=list(_changes(found.files, after)),
                gone=sorted({*found.files} - {*after}), fresh=sorted({*after} - {*found.files}),
            ),
        )  # fmt: skip
    return render(
        request, "desk/draft_files.html",
        _draft_page(seen, found, "files", queries.look_over(found.files), form=Packet()),
    )  # fmt: skip


def _take_in(request: HttpRequest, seen: Viewer, found: Draft) -> HttpResponse:
    """Put into the draft what was shown; the form carries it back."""
    texts = zip(request.POST.getlist("name"), request.POST.getlist("text"), strict=False)
    parcel = _parcel(request, [(name, text.encode()) for name, text in texts])
    if parcel is None:
        return redirect("desk:draft_files", found.code)
    parcel = Parcel(parcel.files, whole="whole" in request.POST)
    kept = done(
        request,
        lambda: services.take_in(draft=found, parcel=parcel, edits=_edits(request), by=seen.user, on=seen.today),
        _("文件已放进草稿。"),
    )
    return redirect("desk:draft" if kept else "desk:draft_files", found.code)


def _parcel(request: HttpRequest, sent: Sequence[tuple[str, bytes]]) -> Parcel | None:
    """What was sent; None where it cannot be, and then it is told why."""
    try:
        return unpacked(sent)
    except Refused as refused:
        told = [in_language(reason) for reason in refused.reasons]
    except PolicyError as error:
        told = [str(problem) for problem in error.problems]
    for sentence in told:
        messages.error(request, sentence)
    return None


@require_safe
@seen_by("policy.read")
def draft_packed(request: HttpRequest, seen: Viewer, code: str, form: str) -> HttpResponseBase:
    """A draft to take along, as it stands: a zip of its folder, or a DMN file where it can be read."""
    found = _draft(seen, code)
    return _packed(found.files, queries.look_over(found.files).policy, found.code, form)


@require_safe
@seen_by("policy.read")
def version_packed(request: HttpRequest, seen: Viewer, name: str, version: str, form: str) -> HttpResponseBase:
    """A version to take along."""
    found = _version(seen, name, version)
    return _packed(found.files, found.policy, f"{name}-{version}", form)


def _packed(files: Mapping[str, str], policy: Policy | None, name: str, form: str) -> HttpResponse:
    if form == "zip":
        return sent_file(packed(files, name), name, form)
    if form == "dmn" and policy is not None:
        return sent_file(write_dmn(policy.model), name, form)
    raise Http404


@require_POST
@seen_by("policy.read", change="policy.edit")
def draft_move(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Submit, take back, give up."""
    found = _draft(seen, code)
    moves = {
        "submit": (
            lambda: services.submit(draft=found, decided_until=_decided_until(found), by=seen.user, on=seen.today),
            _("已提交，请另一位政策管理员审核发布。"),
        ),
        "take_back": (lambda: services.take_back(draft=found, by=seen.user, on=seen.today), _("已退回修改。")),
        "discard": (lambda: services.discard(draft=found, by=seen.user, on=seen.today), _("草稿已放弃。")),
    }
    verb = request.POST.get("verb", "")
    if verb in moves:
        done(request, *moves[verb])
    return redirect("desk:draft", code)


@require_POST
@seen_by("policy.read", change="policy.publish")
def draft_publish(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Publish a submitted draft: the second person."""
    found = _draft(seen, code)
    done(
        request,
        lambda: services.publish(
            draft=found, edits=_edits(request), decided_until=_decided_until(found), by=seen.user, on=seen.today
        ),
        _("已发布。到施行之日起生效，此前的认定不受影响。"),
    )
    return redirect("desk:draft", code)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="policy.edit")
def draft_settings(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """Version, day and document as a form; below it policy.toml as it stands, for inputs, figures and decisions."""
    found = _draft(seen, code)
    text = found.files[POLICY_FILE]
    if request.method == "POST":
        if "text" in request.POST:
            text = request.POST["text"]
        else:
            asked = {key: request.POST.get(key, "").strip() for key in SETTINGS}
            if not _is_day(asked["effective_from"]):
                asked.pop("effective_from")
            text = services.with_settings(text, asked)
        done(
            request,
            lambda: services.save_settings(draft=found, text=text, edits=_edits(request), by=seen.user, on=seen.today),
            _("已保存。"),
        )
        return redirect("desk:draft_settings", code)
    looked = queries.look_over(found.files)
    here = [(problem, told) for problem, told in _told(looked.problems) if problem.file == POLICY_FILE]
    return render(
        request, "desk/draft_settings.html",
        _draft_page(seen, found, "settings", looked, text=text, values=services.settings_of(text), here=here),
    )  # fmt: skip


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _edits(request: HttpRequest) -> int:
    asked = request.POST.get("edits", "")
    return int(asked) if asked.isdecimal() and len(asked) < 9 else -1


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the editor: its place in the table from 1 (0 is the head), its cells, what is wrong in it."""

    number: int
    cells: list[str]
    wrong: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="policy.edit")
def draft_table(request: HttpRequest, seen: Viewer, code: str, file: str) -> HttpResponseBase:
    """The table editor: cells, and rows added, copied, moved, deleted; each button saves what stands in the form first."""
    found = _draft(seen, code)
    table = _table(found, file)
    first = _first(request, len(table))
    if request.method == "POST":
        changed = _with_cells(table, request, first)
        verb, _sep, place = request.POST.get("op", "save").partition(":")
        if verb in OPERATIONS and place.isdecimal() and len(place) < 6:
            OPERATIONS[verb](changed, int(place))
        done(
            request,
            lambda: services.save_table(
                draft=found, file=file, rows=changed, edits=_edits(request), by=seen.user, on=seen.today
            ),
            _("已保存。"),
        )
        anchor = f"#row-{place}" if place else ""
        return redirect(f"{request.path}?first={first}{anchor}")
    looked = queries.look_over(found.files)
    return render(
        request,
        "desk/draft_table.html",
        _draft_page(seen, found, file, looked, **_grid(found, file, table, first, looked)),
    )


@require_POST
@seen_by("policy.read", change="policy.edit")
def draft_check(request: HttpRequest, seen: Viewer, code: str, file: str) -> HttpResponseBase:
    """What the form as it is typed would be told: looked over, not saved."""
    found = _draft(seen, code)
    table = _with_cells(_table(found, file), request, _first(request, 10**6))
    looked = queries.look_over({**found.files, file: services.as_csv(table)})
    return render(request, "desk/_problems.html", {"problems": _told(looked.problems), "looked": looked, "file": file})


def _table(draft: Draft, file: str) -> list[list[str]]:
    if file not in draft.files or not file.endswith(".csv"):
        raise Http404
    try:
        return queries.table_of(draft.files, file) or [["rule", "clause"]]
    except PolicyError:
        raise Http404 from None


def _first(request: HttpRequest, rows: int) -> int:
    """The first row (from 1) of the part of the table that is edited."""
    asked = (request.POST if request.method == "POST" else request.GET).get("first", "1")
    return max(1, min(int(asked), rows)) if asked.isdecimal() and len(asked) < 7 else 1


def _with_cells(table: list[list[str]], request: HttpRequest, first: int) -> list[list[str]]:
    """The table with the cells of the form put in: c-ROW-COLUMN, for the head and the part that is shown."""
    changed = [list(row) for row in table]
    for n in (0, *range(first, min(first + ROWS, len(changed)))):
        for column in range(len(changed[n])):
            changed[n][column] = str(request.POST.get(f"c-{n}-{column}", changed[n][column])).strip()
    return changed


def _fresh(table: list[list[str]]) -> list[str]:
    """A new row: in a table of rules its conditions hold for everything; nothing else is filled in."""
    head = table[0]
    if head[0] != "rule":
        return [""] * len(head)
    return ["" if n in (0, len(head) - 1) or head[n].startswith(ARROWS) else "-" for n in range(len(head))]


def _add(table: list[list[str]], n: int) -> None:
    table.insert(min(n, len(table) - 1) + 1, _fresh(table))


def _copy(table: list[list[str]], n: int) -> None:
    if 0 < n < len(table):
        copied = list(table[n])
        if table[0][0] == "rule":
            copied[0] += "-2"
        table.insert(n + 1, copied)


def _up(table: list[list[str]], n: int) -> None:
    if 1 < n < len(table):
        table[n - 1], table[n] = table[n], table[n - 1]


def _down(table: list[list[str]], n: int) -> None:
    _up(table, n + 1)


def _delete(table: list[list[str]], n: int) -> None:
    if 0 < n < len(table):
        del table[n]


def _add_column(table: list[list[str]], n: int) -> None:
    for number, row in enumerate(table):
        row.insert(min(n, len(row)), "" if number == 0 else "-")


def _delete_column(table: list[list[str]], n: int) -> None:
    for row in table:
        if n < len(row) > 1:
            del row[n]


OPERATIONS = {
    "add": _add, "copy": _copy, "up": _up, "down": _down, "delete": _delete, "add_column": _add_column,
    "delete_column": _delete_column,
}  # fmt: skip


def _grid(draft: Draft, file: str, table: list[list[str]], first: int, looked: queries.Looked) -> dict[str, Any]:
    """The part of the table that is shown, with what is wrong row by row, and the names that cells may use."""
    wrong: dict[int, list[str]] = {}
    for problem, told in _told(looked.problems):
        if problem.file == file and problem.line:
            wrong.setdefault(problem.line - 1, []).append(told)
    rows = [Row(n, table[n], wrong.get(n, [])) for n in range(first, min(first + ROWS, len(table)))]
    return {
        "file": file, "head": Row(0, table[0], wrong.get(0, [])), "rows": rows, "first": first, "total": len(table) - 1,
        "before": max(1, first - ROWS) if first > 1 else 0, "after": first + ROWS if first + ROWS < len(table) else 0,
        "names": list(_names(looked.policy)), "is_rules": file not in (CASES_FILE, queries.CEILINGS_FILE, "standards.csv"),
    }  # fmt: skip


def _names(policy: Policy | None) -> Iterator[tuple[str, str, str]]:
    """The names that cells may use: (name, label, type or what it is worked out from)."""
    if policy is None:
        return
    for item in policy.model.inputs:
        yield item.name, item.label.text(lang()), str(words.VALUE_TYPES.get(item.type, item.type))
    for figure in policy.model.figures:
        yield figure.name, figure.label.text(lang()), figure.text
    for name in policy.model.standard_names:
        yield name, _("标准"), "standards.csv"


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="list.export")
def draft_cases(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The worked cases tried: what was expected, what came out; sent out as a spreadsheet by POST."""
    found = _draft(seen, code)
    looked = queries.look_over(found.files)
    state, text = choice(request.GET, "state", CASE_STATES), typed(request.GET)
    cases = [
        one for one in looked.cases
        if state in ("", "holds" if one.holds else "wrong") and text.lower() in "".join(one.case.name.split()).lower()
    ]  # fmt: skip
    if request.method == "POST":
        return export(
            request, seen, f"draft:{found.code}", f"cases-{found.code}", exports.CASE_TITLES, exports.case_rows(cases)
        )
    fields = [
        Filter("state", _("全部结果"), state, [(key, str(label)) for key, label in CASE_STATES.items()]),
        Filter("q", _("算例名称"), text),
    ]
    return listed(
        request,
        "desk/draft_cases.html",
        _draft_page(seen, found, "cases", looked, page=paged(request, cases), fields=fields),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("policy.read", change="policy.edit")
def draft_compare(request: HttpRequest, seen: Viewer, code: str) -> HttpResponseBase:
    """The draft on the real register: who would enter, leave, move, and what it would cost, beside the version that decided."""
    found = _draft(seen, code)
    rounds = list(visited_rounds(found.org)[:12])
    looked = queries.look_over(found.files)
    chosen = next((round_ for round_ in rounds if round_.code == request.POST.get("round", "")), None)
    shown: dict[str, Any] = {"rounds": rounds, "chosen": chosen}
    if request.method == "POST" and chosen is not None and looked.policy is not None:
        try:
            result = what_if(chosen, looked.policy, found.org)
        except PolicyError as error:
            shown["wrong"] = [problem.sentence(lang()) for problem in error.problems]
        else:
            services.compared(draft=found, edits=found.edits, by=seen.user, on=seen.today)
            if "format" in request.POST:
                return _exported(request, seen, found, result)
            widest = max([Decimal(1), *(abs(item.change) for item in result.items)])
            shown["result"] = result
            shown["items"] = [(item, int(abs(item.change) * 100 / widest)) for item in result.items]
            shown["moves"] = [
                (words.TIERS.get(a, (a, ""))[0], words.TIERS.get(b, (b, ""))[0], n)
                for (a, b), n in result.moves.items()
            ]
    return render(request, "desk/draft_compare.html", _draft_page(seen, found, "compare", looked, **shown))


def _exported(request: HttpRequest, seen: Viewer, draft: Draft, result: Any) -> HttpResponse:
    titles = [_("工会"), _("家庭"), _("进入"), _("退出"), _("变档"), _("原费用"), _("新费用")]
    rows = [[g.name, g.families, g.enter, g.leave, g.move, g.old, g.new] for g in result.groups]
    return export(request, seen, f"draft:{draft.code}", f"compare-{draft.code}", titles, rows)
