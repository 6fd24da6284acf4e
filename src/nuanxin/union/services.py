"""Changes to the register: the union tree, posts, revealing a number."""

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

from django.db import transaction

from nuanxin.records.services import Refused, write_events
from nuanxin.union import secrets
from nuanxin.union.models import Org, Person, Post, User
from nuanxin.union.queries import require

_LEVELS = {"city", "street", "community", "enterprise"}
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
def reveal(person: Person, *, org: Org, reason: str, by: User, on: date) -> str:
    """The full ID number, against a reason; the look is an Event. Raises Refused without a post or a reason."""
    require(by, "person.reveal", org, on)
    if not reason.strip():
        raise Refused("查看完整号码须填写理由 / a reason is needed to see a full number")
    lines = [("person.reveal", f"person:{person.pk}", {"reason": reason[:200]})]
    write_events(chain=org.code, lines=lines, by=by.username, on=on)
    return secrets.unseal(bytes(person.id_cipher))
