"""Writing a policy's next version: begun from the one in force, edited table by table, submitted by one, published by another.

Nothing of it counts before it is published, and then from its day on, for the union whose draft it was and those below it; what
was decided before stays as it was.
"""

import csv
import io
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import F

from nuanxin.policy.folder import CASES_FILE, POLICY_FILE
from nuanxin.policy.model import Model
from nuanxin.records.services import Refused, move, write_events
from nuanxin.rulebook.flows import DRAFT
from nuanxin.rulebook.models import Draft
from nuanxin.rulebook.packing import Parcel
from nuanxin.rulebook.queries import look_over, version_named, versions
from nuanxin.union.models import Org, User
from nuanxin.union.queries import below, require

VERSION = re.compile(r"^[\w.-]{1,40}$", re.ASCII)


@transaction.atomic
def begin(*, policy: str, version: str, org: Org, by: User, on: date) -> Draft:
    """Begin a union's draft from a version that it sees of a policy: a copy of its files. Raises Refused while another draft of it is under way."""
    require(by, "policy.edit", org, on)
    # Two who begin at once: the second sees the first's.
    Org.objects.select_for_update().get(pk=org.pk)
    open_ = Draft.objects.filter(policy=policy, org=org, state__in=["draft", "submitted"]).first()
    if open_:
        raise Refused(f"这个政策已有草稿 {open_.code}，请先办完它 / draft {open_.code} of this policy is under way")
    base = version_named(policy, version, org)
    number = Draft.objects.filter(policy=policy, org=org).count() + 1
    draft = Draft.objects.create(
        code=f"{org.code}-{policy}-{number:03d}", org=org, policy=policy, base_version=base.policy.version, files=dict(base.files),
        begun_by=by.username, begun_on=on,
    )  # fmt: skip
    _told(draft, "draft.begin", {"from": base.policy.version}, by, on)
    return draft


def _told(draft: Draft, verb: str, facts: dict[str, object], by: User, on: date) -> None:
    write_events(chain=draft.org.code, lines=[(verb, f"draft:{draft.code}", facts)], by=by.username, on=on)


@transaction.atomic
def _store(draft: Draft, put: Callable[[dict[str, str]], dict[str, str]], edits: int, by: User, on: date) -> None:
    """Give the draft the files that ``put`` makes of those it has, where nobody has changed it since the editor read it."""
    require(by, "policy.edit", draft.org, on)
    before = Draft.objects.select_for_update().get(pk=draft.pk).files
    files = put(before)
    touched = sorted(name for name in {*before, *files} if before.get(name) != files.get(name))
    if not touched:
        return
    changed = Draft.objects.filter(pk=draft.pk, state="draft", edits=edits).update(files=files, edits=F("edits") + 1)
    if not changed:
        raise Refused(
            "草稿已被别人改过或已提交，您的改动没有保存，请刷新后再改 / somebody has changed or submitted the draft: nothing was saved"
        )
    _told(draft, "draft.edit", {"file": "、".join(touched), "edits": edits + 1}, by, on)


def save_table(*, draft: Draft, file: str, rows: Sequence[Sequence[str]], edits: int, by: User, on: date) -> None:
    """Replace a table of the draft; the first row is its head and keeps its columns. Cells may hold mistakes: they are told, not refused.

    ``edits`` is the state of the draft that was edited: an older one is refused, so that nobody overwrites another's work.
    """
    if file not in draft.files or not file.endswith(".csv"):
        raise Refused(f"草稿里没有表「{file}」 / the draft has no table “{file}”")
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise Refused("表格的列数不齐，没有保存 / the rows differ in length: nothing was saved")
    _store(draft, lambda files: {**files, file: as_csv(rows)}, edits, by, on)


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows as CSV text; a line break within a cell becomes a space, so that a row is a line and a problem's line its row."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[" ".join(cell.split()) for cell in row] for row in rows])
    return out.getvalue()


def save_settings(*, draft: Draft, text: str, edits: int, by: User, on: date) -> None:
    """Replace policy.toml: names, dates, inputs, derived figures, decisions. Mistakes in it are told, not refused."""
    _store(draft, lambda files: {**files, POLICY_FILE: text.replace("\r\n", "\n")}, edits, by, on)


def take_in(*, draft: Draft, parcel: Parcel, edits: int, by: User, on: date) -> None:
    """Put the files of a parcel over the draft's (see ``Parcel.over``). Mistakes in them are told, not refused."""
    _store(draft, parcel.over, edits, by, on)


def with_settings(text: str, settings: Mapping[str, str]) -> str:
    """policy.toml with some of its top lines (``version``, ``document``, ``effective_from``) set; dates are bare, the rest in quotes.

    Everything else in the text stays, letter by letter.
    """
    head, sep, rest = text.partition("\n[")
    for key, value in settings.items():
        quoted = value if key.startswith("effective_") else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
        line, pattern = f"{key} = {quoted}", re.compile(rf"(?m)^{key}\s*=.*$")
        if not value:
            head = pattern.sub("", head)
        elif pattern.search(head):
            head = pattern.sub(lambda _, line=line: line, head)  # type: ignore[misc]
        else:
            head = head.rstrip("\n") + "\n" + line + "\n"
    return head + sep + rest


@transaction.atomic
def compared(*, draft: Draft, edits: int, by: User, on: date) -> None:
    """Remember that this state of the draft was tried on the register."""
    require(by, "policy.edit", draft.org, on)
    if Draft.objects.filter(pk=draft.pk, state="draft", edits=edits).update(compared_edits=edits):
        _told(draft, "draft.compare", {"edits": edits}, by, on)


def missing_of(draft: Draft, *, decided_until: date | None) -> dict[str, str]:
    """What a draft still needs before it can be submitted: need → sentence; empty when nothing is missing.

    ``decided_until``: the last day as of which families were decided under this policy; a new version begins after it, so that no
    decision is changed behind its back.
    """
    looked = look_over(draft.files)
    needs: dict[str, str] = {}
    if looked.errors:
        needs["no errors"] = f"还有 {len(looked.errors)} 处错误 / {len(looked.errors)} errors are left"
    if looked.policy is None:
        unread = "政策读通之后才能看 / the policy must be readable first"
        needs |= {"cases hold": unread, "a date of its own": unread}
    elif looked.failing or not looked.cases:
        needs["cases hold"] = (
            f"有 {len(looked.failing)} 个算例与期望不符 / {len(looked.failing)} worked cases come out differently"
            if looked.cases
            else f"{CASES_FILE} 里没有算例 / there are no worked cases"
        )
    if looked.policy and (wrong := _date_of_its_own(draft, looked.policy.model, decided_until)):
        needs["a date of its own"] = wrong
    if draft.compared_edits != draft.edits:
        needs["compared"] = "这一稿还没有在台账上试算 / this state was not tried on the register yet"
    return needs


def _date_of_its_own(draft: Draft, model: Model, decided_until: date | None) -> str:
    begins, version = model.effective_from, model.version
    if begins is None:
        return "须写明施行日期 / the day from which it is in force is missing"
    if not VERSION.match(version):
        return "版本号用字母、数字、点和横线 / a version is written in letters, digits, dots and hyphens"
    if model.id != draft.policy:
        return f"政策代号应仍是 {draft.policy} / the policy's id must stay {draft.policy}"
    standing = versions(draft.policy, draft.org)
    # Also those of unions below, which would see two of one number.
    published = Draft.objects.filter(
        state="published", policy=draft.policy, version=version, org__in=below([draft.org])
    )
    if version in {known.policy.version for known in standing} or published.exists():
        return f"版本号 {version} 已经用过 / the version {version} exists already"
    own = [known for known in standing if known.org == draft.org]
    base = [known for known in standing if known.policy.version == draft.base_version]
    last = max(known.begins for known in own or base or standing)
    if begins <= last:
        return f"施行日期应晚于现行版本的 {last} / it must begin after the present version's {last}"
    if decided_until is not None and begins <= decided_until:
        return f"已有家庭按 {decided_until} 认定，施行日期应在其后 / families are decided as of {decided_until}: it must begin later"
    return ""


def _move(draft: Draft, verb: str, by: User, on: date, **more: object) -> None:
    """Move the draft in the state that was looked at; where it was changed since, nothing is done."""
    roles = require(by, f"policy.{'publish' if verb == 'publish' else 'edit'}", draft.org, on)
    rows = Draft.objects.filter(pk=draft.pk, edits=draft.edits)
    if not move(DRAFT, verb, rows, by=by.username, on=on, roles=roles, chain=draft.org.code, **more):  # type: ignore[arg-type]
        raise Refused("草稿刚被改过，请刷新后再试 / the draft was changed just now: look at it again")


def submit(*, draft: Draft, decided_until: date | None, by: User, on: date) -> None:
    """Hand the draft to the one who publishes. Raises Refused with all that is missing."""
    missing = missing_of(draft, decided_until=decided_until).values()
    _move(draft, "submit", by, on, missing=missing, submitted_by=by.username, submitted_on=on)


def take_back(*, draft: Draft, by: User, on: date) -> None:
    """Back to editing, by the submitter or the one who looked it over."""
    _move(draft, "take_back", by, on, submitted_by="", submitted_on=None)


def discard(*, draft: Draft, by: User, on: date) -> None:
    """Give the draft up; what it held stays on record."""
    _move(draft, "discard", by, on)


@transaction.atomic
def publish(*, draft: Draft, edits: int, decided_until: date | None, by: User, on: date) -> None:
    """Put the draft in force from its day: by another person than submitted it, and looked over once more.

    ``edits`` is the state that this person looked at: taken back, changed and submitted again meanwhile, it is refused.
    From then on the draft is the version.
    """
    draft.refresh_from_db()
    if draft.edits != edits:
        raise Refused(
            "您看过之后草稿又改过，请重新看过再发布 / the draft was changed after you looked at it: look at it again before it is published"
        )
    missing = list(missing_of(draft, decided_until=decided_until).values())
    if draft.submitted_by == by.username:
        missing.insert(0, "提交人不能自己发布，请另一位政策管理员发布 / who submitted it cannot publish it")
    policy = look_over(draft.files).policy
    facts = {"version": policy.version, "digest": policy.digest} if policy else {}
    begins = policy.model.effective_from if policy else None
    _move(
        draft, "publish", by, on, missing=missing, facts=facts, published_by=by.username, published_on=on, begins_on=begins, **facts
    )  # fmt: skip


def settings_of(text: str) -> dict[str, str]:
    """The top lines of policy.toml that the form shows; empty where the text cannot be read."""
    try:
        top = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    return {key: str(top.get(key, "")) for key in ("version", "document", "effective_from")}
