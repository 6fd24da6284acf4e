"""Reading the register: who holds which post, what they may reach."""

from datetime import date
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

from nuanxin.records.services import Refused
from nuanxin.union import rules
from nuanxin.union.models import Household, Org, Post, User

M = TypeVar("M", bound=models.Model)

# The path from each kind of row to the organisation that scopes it.
SCOPE_PATHS: dict[str, str] = {
    "union.org": "",
    "union.household": "org",
    "care.round": "org",
    "care.return": "org",
    "care.lead": "org",
    "care.finding": "lead__org",
    "care.householdfile": "household__org",
    "matters.matter": "org",
    "books.bookimport": "org",
}


def posts_of(user: User, on: date) -> models.QuerySet[Post]:
    """The posts held on a day."""
    return Post.objects.filter(user=user, from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))


def line_of(org: Org) -> list[Org]:
    """The organisation and those above it, itself first. Walks the few parents: the recursive query would build the whole tree."""
    line = [org]
    while line[-1].parent is not None:
        line.append(line[-1].parent)
    return line


def roles_at(user: User, org: Org, on: date) -> set[str]:
    """The roles that a user holds over ``org``: a post covers its organisation and everything below."""
    return set(posts_of(user, on).filter(org__in=[node.pk for node in line_of(org)]).values_list("role", flat=True))


def officer(code: str) -> User:
    """The account named by ``--by``. Raises Refused when there is none."""
    found = User.objects.filter(username=code, is_active=True).first()
    if not found:
        known = "、".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:6])
        raise Refused(f"没有经办人「{code}」（现有：{known or '无'}） / there is no officer “{code}”")
    return found


def require(user: User, operation: str, org: Org, on: date) -> set[str]:
    """The roles of ``user`` at ``org``, or Refused when none of them permits the operation."""
    roles = roles_at(user, org, on)
    if not rules.may(operation, roles):
        raise Refused(
            f"{user} 在{org}没有办理「{operation}」的任职 / {user.username} holds no post at {org.code} that permits {operation}"
        )
    return roles


def access(user: User, model: type[M], on: date) -> models.QuerySet[M]:
    """The rows of ``model`` that ``user`` may see on a day: those of the organisations that their posts cover.

    The one way to objects: absent and forbidden give the same answer, an empty queryset.
    """
    path = SCOPE_PATHS[model._meta.label_lower]
    tops = Org.objects.filter(posts__in=posts_of(user, on)).distinct()
    covered: set[int] = set()
    for top in tops:
        covered |= {node.pk for node in top.descendants(include_self=True)}
    lookup: dict[str, Any] = {f"{path}__in" if path else "pk__in": covered}
    return model._default_manager.filter(**lookup)


def city_of(org: Org) -> Org:
    """The city union above (or the org itself when it is one, or the topmost there is)."""
    return line_of(org)[-1]


def city() -> Org:
    """The one city union of a small installation. Raises Refused when there is none or more than one."""
    found = list(Org.objects.filter(parent__isnull=True)[:2])
    if len(found) != 1:
        raise Refused(
            "尚未导入工会组织，请先运行 nuanxin demo load 或 nuanxin union load / no union tree yet: run `nuanxin union load FILE`"
            if not found
            else "有多个市总工会，请用 --org 指明 / there is more than one city union: name it with --org"
        )
    return found[0]


def household(code: str) -> Household:
    """The household of a code; a merged one leads to the one it was merged into. Raises Refused when absent."""
    found = Household.objects.select_related("merged_into").filter(code=code).first()
    if not found:
        raise Refused(f"没有编号为「{code}」的户 / there is no household “{code}”")
    return found.merged_into or found
