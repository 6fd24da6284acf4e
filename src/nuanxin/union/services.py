"""Changes to the register: the union tree, posts, revealing a number, notices to accounts."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

from django.db import transaction
from django.utils import timezone

from nuanxin.records.pictures import keep_picture
from nuanxin.records.services import Many, Refused, insert, sort_out, write_events
from nuanxin.sheets.masks import mask_digits
from nuanxin.union import secrets
from nuanxin.union.models import Addition, Muted, Notice, Org, Person, Post, SavedFilter, User
from nuanxin.union.queries import notices_of, require
from nuanxin.union.rules import MUTABLE

_LEVELS = {level for level, _ in Org.LEVELS}
_TITLES = {
    "代码": "code",
    "名称": "name",
    "上级代码": "parent",
    "层级": "level",
    "纬度": "latitude",
    "经度": "longitude",
}


@transaction.atomic
def load_unions(path: Path, *, by: str, on: date) -> dict[str, int]:
    """Load the union tree from CSV (代码,名称,上级代码,层级[,纬度,经度]); a changed name or upper union is updated.

    Returns {"new": n, "changed": n, "same": n}. Raises Refused with a sentence per wrong line; then nothing is changed.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_bytes().decode("gb18030")
    lines = list(csv.reader(text.splitlines()))
    titles = [_TITLES.get(re.sub(r"\s", "", title), title) for title in lines[0]] if lines else []
    if not {"code", "name", "parent", "level"} <= set(titles):
        raise Refused(f"{path.name}：第 1 行应有 代码,名称,上级代码,层级 / line 1 must have these four columns")
    rows = [
        (n, dict(zip(titles, map(str.strip, line), strict=False))) for n, line in enumerate(lines[1:], 2) if any(line)
    ]
    codes = Counter(row["code"] for _, row in rows)
    standing = set(Org.objects.values_list("code", flat=True))
    wrong = [
        *(
            f"第 {n} 行：层级「{r['level']}」应为 {'/'.join(sorted(_LEVELS))}"
            for n, r in rows
            if r["level"] not in _LEVELS
        ),
        *(f"第 {n} 行：代码「{r['code']}」重复" for n, r in rows if codes[r["code"]] > 1),
        *(
            f"第 {n} 行：上级代码「{r['parent']}」不存在"
            for n, r in rows
            if r["parent"] and r["parent"] not in codes and r["parent"] not in standing
        ),
    ]
    if wrong:
        raise Refused(*(f"{path.name} {line}" for line in wrong))
    known = {org.code: org for org in Org.objects.all()}
    counts = {"new": 0, "changed": 0, "same": 0}
    waiting = [row for _, row in rows]
    while waiting:
        ready = [row for row in waiting if not row["parent"] or row["parent"] in known]
        if not ready:
            raise Refused(
                f"{path.name}：上级关系成环：{'、'.join(row['code'] for row in waiting)} / the tree has a loop"
            )
        for row in ready:
            parent = known.get(row["parent"])
            wanted = {
                "name": row["name"], "level": row["level"], "parent_id": parent.pk if parent else None,
            }  # fmt: skip
            wanted |= {k: row[k] for k in ("latitude", "longitude") if row.get(k)}
            org = known.get(row["code"])
            if org is None:
                known[row["code"]] = Org.objects.create(code=row["code"], **wanted)
                counts["new"] += 1
            elif any(str(getattr(org, key)) != str(value) for key, value in wanted.items()):
                for key, value in wanted.items():
                    setattr(org, key, value)
                org.save()
                counts["changed"] += 1
            else:
                counts["same"] += 1
        waiting = [row for row in waiting if row not in ready]
    if counts["new"] or counts["changed"]:
        root = next(row["code"] for _, row in rows)
        write_events(chain=root, lines=[("union.load", f"org:{root}", counts)], by=by, on=on)
    return counts


@transaction.atomic
def appoint(*, user: str, name: str, org: Org, role: str, from_on: date, by: str) -> Post:
    """Give a person a post; the account is made when missing, without a usable password."""
    account, made = User.objects.get_or_create(username=user, defaults={"first_name": name})
    if made:
        account.set_unusable_password()
        account.save()
    post, new = Post.objects.get_or_create(user=account, org=org, role=role, from_on=from_on)
    if new:
        write_events(
            chain=org.code, lines=[("post.give", f"user:{user}", {"role": role, "org": org.code})], by=by, on=from_on
        )
    return post


@transaction.atomic
def tell_search(*, by_what: str, found: int, org: Org, by: User, on: date) -> None:
    """Somebody looked for a person by a whole number (``by_what``: id or phone): that is written down, the number is not."""
    require(by, "family.read", org, on)
    facts = {"by": by_what, "found": found}
    write_events(chain=org.code, lines=[("person.search", f"org:{org.code}", facts)], by=by.username, on=on)


@transaction.atomic
def reveal(person: Person, *, org: Org, reason: str, by: User, on: date, what: Literal["id", "phone"] = "id") -> str:
    """The full ID number (or phone number), against a reason; the look is an Event. Raises Refused without a post, a reason or a number."""
    require(by, "person.reveal", org, on)
    if not reason.strip():
        raise Refused("查看完整号码须填写理由 / a reason is needed to see a full number")
    cipher = person.id_cipher if what == "id" else person.phone_cipher
    if cipher is None:
        raise Refused("没有登记手机号 / no phone number is known")
    lines = [("person.reveal", f"person:{person.pk}", {"reason": reason.strip()[:200], "what": what})]
    write_events(chain=org.code, lines=lines, by=by.username, on=on)
    return secrets.unseal(bytes(cipher))


def tell(lines: Iterable[tuple[int, str, str, dict[str, Any]]], *, on: date) -> int:
    """Make notices, in the caller's transaction: (user, what, subject, facts) each. ``what`` is a key of ``ui.words.NOTICE``; facts hold
    no name and no number of a person; what an account has muted comes as read. Returns how many were made."""
    at, lines = timezone.now(), list(lines)
    officers = {user for user, what, _subject, _facts in lines if what in MUTABLE}
    muted = set(Muted.objects.filter(user__in=officers).values_list("user_id", "what")) if officers else set()
    rows = [
        (user, what, subject, facts, on, at, at if (user, what) in muted else None)
        for user, what, subject, facts in lines
    ]
    return insert(Notice, ["user", "what", "subject", "facts", "on", "at", "read_at"], rows)


def tell_unless_unread(users: Iterable[int], what: str, subject: str, facts: dict[str, Any], *, on: date) -> int:
    """``tell`` those accounts that have read all they were told of this before: who has not will find it there. Returns how many."""
    waiting = Notice.objects.filter(what=what, subject=subject, read_at=None).values_list("user_id", flat=True)
    return tell([(user, what, subject, facts) for user in sorted(set(users) - set(waiting))], on=on)


MOST_ADDED = 20


def add_more(*, subject: str, text: str, photo: bytes, by: User, on: date) -> tuple[Addition, bool]:
    """Keep what a worker adds to something of their own, in the transaction of the caller, who has seen to it that it is theirs and open, and
    holds its row. The same again is the same addition. Returns it, and whether it is new.

    Raises Refused without words and photo, for more than 500 characters or ``MOST_ADDED`` additions, or as ``keep_picture``.
    """
    text = text.strip()
    if not text and not photo:
        raise Refused("写两句或添一张照片 / write something or add a photo")
    if len(text) > 500:
        raise Refused("请写 500 字以内 / write at most 500 characters")
    kept = keep_picture(photo, "photo") if photo else None
    there = Addition.objects.filter(subject=subject)
    standing = there.filter(text=text, photo=kept).first()
    if standing is not None:
        return standing, False
    if there.count() >= MOST_ADDED:
        raise Refused(f"最多补充 {MOST_ADDED} 次；还有要说的请打 12351 / at most {MOST_ADDED} times: call 12351")
    return Addition.objects.create(subject=subject, text=text, photo=kept, user=by, added_on=on), True


@transaction.atomic
def mute(*, whats: Iterable[str], by: User) -> None:
    """From now on the account is not reminded of these kinds of notices, and is of all others. Raises Refused for a kind that is not an
    officer's to mute. No Event: it changes nobody's case."""
    wanted = set(whats)
    if wrong := sorted(wanted - set(MUTABLE)):
        raise Refused(f"“{wrong[0]}”不能免提醒 / {wrong[0]} cannot be muted")
    Muted.objects.filter(user=by).exclude(what__in=wanted).delete()
    Muted.objects.bulk_create([Muted(user=by, what=what) for what in sorted(wanted)], ignore_conflicts=True)


def mark_read(*, by: User, keys: Iterable[int] | None = None) -> int:
    """The account has read its notices: those named, or all of them. Returns how many were unread. No Event: it changes nobody's case."""
    waiting = notices_of(by).filter(read_at=None)
    if keys is not None:
        waiting = waiting.filter(pk__in=list(keys))
    return waiting.update(read_at=timezone.now())


@transaction.atomic
def mark_many_read(*, shown: Mapping[str, str], by: User) -> Many:
    """The account has read those of its notices that were ``shown`` as unread (key → "unread"), in one UPDATE. No Event, as above."""
    found = notices_of(by).filter(pk__in=[int(key) for key in shown if key.isdigit()])
    now = {str(pk): "read" if read_at else "unread" for pk, read_at in found.values_list("pk", "read_at")}
    doing, came_to = sort_out(shown, now, "read")
    found.filter(pk__in=doing, read_at=None).update(read_at=timezone.now())
    return came_to


# A list with more tabs above it than this is searched, not read.
SAVED = 12


def _filter_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 40 or mask_digits(name) != name:
        raise Refused("请写一个不超过 40 个字、不带号码的名字 / a name of at most 40 characters, without numbers")
    return name


@transaction.atomic
def save_filter(*, page: str, query: str, name: str, org: Org, by: User) -> SavedFilter:
    """Keep a list's filter under a name; the same name again replaces the filter. Raises Refused without a name or a filter, for a number
    of a person in either, and when there are ``SAVED`` already. No Event: it changes nobody's case and opens nothing."""
    name = _filter_name(name)
    if not query or len(query) > 400:
        raise Refused("请先筛选，再保存 / filter the list first, then save the filter")
    if any(mask_digits(value) != value for _key, value in parse_qsl(query)):
        raise Refused("条件里不要写号码 / no number of a person may stand in a saved filter")
    if SavedFilter.objects.filter(user=by, page=page).exclude(name=name).count() >= SAVED:
        raise Refused(
            f"每个清单最多保存 {SAVED} 个筛选，请先删去不用的 / at most {SAVED} filters a list: delete one first"
        )
    saved, _new = SavedFilter.objects.update_or_create(
        user=by, page=page, name=name, defaults={"query": query, "org": org}
    )
    return saved


@transaction.atomic
def change_filter(saved: SavedFilter, *, name: str, shared: bool, by: User, on: date) -> None:
    """Give a filter of one's own another name, share it with the posts of its union or no more. Raises Refused for a name that is taken or
    has a number in it, and when sharing is not the account's to do. No Event, as with ``save_filter``."""
    name = _filter_name(name)
    if SavedFilter.objects.filter(user=by, page=saved.page, name=name).exclude(pk=saved.pk).exists():
        raise Refused(f"已经有叫“{name}”的筛选 / another filter of this list has that name")
    if shared and not saved.shared:
        require(by, "filter.share", saved.org, on)
    SavedFilter.objects.filter(pk=saved.pk, user=by).update(name=name, shared=shared)


def drop_filter(saved: SavedFilter, *, by: User) -> int:
    """Forget a filter of one's own; how many there were, so that a second click does nothing."""
    return SavedFilter.objects.filter(pk=saved.pk, user=by).delete()[0]
