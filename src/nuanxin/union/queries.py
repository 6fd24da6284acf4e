"""Reading the register: who holds which post, what they may reach."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Case, Count, Expression, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from nuanxin.records.rules import parts
from nuanxin.records.services import Refused
from nuanxin.union import rules
from nuanxin.union.models import Household, Kinship, Notice, Org, Post, SavedFilter, User

M = TypeVar("M", bound=models.Model)

# How each kind of row is reached by an officer: the path to the organisation that scopes it, and the operation that the post
# must permit.
SCOPES: dict[str, tuple[str, str]] = {
    "union.org": ("", "round.read"),
    "union.household": ("org", "family.read"),
    "union.user": ("posts__org", "account.read"),
    "union.post": ("org", "account.read"),
    "union.claim": ("org", "account.link"),
    "care.round": ("org", "round.read"),
    "care.owed": ("org", "return.read"),
    "care.return": ("org", "return.read"),
    "care.lead": ("org", "family.read"),
    "care.visit": ("lead__org", "visit.read"),
    "care.visitpaper": ("visit__lead__org", "visit.paper"),
    "care.finding": ("lead__org", "family.read"),
    "care.offer": ("finding__lead__org", "family.read"),
    "care.householdfile": ("household__org", "family.read"),
    "rulebook.draft": ("org", "policy.read"),
    "care.hardshipapplication": ("org", "family.read"),
    "care.paper": ("lead__org", "family.read"),
    "matters.matter": ("org", "matter.read"),
    "books.bookimport": ("org", "book.read"),
    "reports.issue": ("org", "brief.read"),
}
# Roles that see only the rows given to their own account, within the subtree of the post: the paths to the accounts.
ASSIGNED: dict[str, tuple[str, tuple[str, ...]]] = {
    "care.visit": (rules.VISITOR, ("account_one", "account_two")),
}
# The path from each kind of row to the account of the worker whose own it is.
OWN: dict[str, str] = {
    "union.person": "account",
    "union.claim": "user",
    "union.addition": "user",
    "union.household": "members__person__account",
    "care.finding": "household__members__person__account",
    "care.consent": "household__members__person__account",
    "care.householdfile": "household__members__person__account",
    "care.lead": "household__members__person__account",
    "care.hardshipapplication": "user",
    "care.paper": "application__user",
    "matters.matter": "account",
}


def posts_of_all(on: date) -> models.QuerySet[Post]:
    """Everybody's posts held on a day."""
    return Post.objects.filter(from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))


def posts_of(user: User, on: date) -> models.QuerySet[Post]:
    """The posts held on a day."""
    return posts_of_all(on).filter(user=user)


def is_officer(user: User, on: date) -> bool:
    """Whether an account holds an officer's post, or will."""
    alive = Post.objects.filter(user=user).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))
    return alive.exclude(role=rules.WORKER).exists()


def line_of(org: Org) -> list[Org]:
    """The organisation and those above it, itself first. Walks the few parents: the recursive query would build the whole tree."""
    line = [org]
    while line[-1].parent is not None:
        line.append(line[-1].parent)
    return line


def covering_orgs(operation: str, org: Org) -> list[Org]:
    """Where a post permits an operation at ``org``: there or above it; there alone where the operation reaches no further."""
    return line_of(org) if rules.reach(operation) != {"own"} else [org]


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
    """The roles of ``user`` at ``org`` that permit the operation, or Refused when none does: what else the account is gives it nothing here."""
    held = posts_of(user, on).filter(org__in=[node.pk for node in covering_orgs(operation, org)])
    roles = set(held.filter(role__in=rules.PERMITS[operation]).values_list("role", flat=True))
    if not roles:
        raise Refused(
            f"{user} 在{org}没有办理「{operation}」的任职 / {user.username} holds no post at {org.code} that permits {operation}"
        )
    return roles


def covering(operation: str, org: Org, on: date) -> models.QuerySet[User]:
    """The accounts whose posts permit the operation at ``org``."""
    places = [node.pk for node in covering_orgs(operation, org)]
    held = posts_of_all(on).filter(org__in=places, role__in=rules.PERMITS[operation])
    return User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("username")


class Reach(frozenset[int]):
    """Keys of organisations. In a filter (``org__in=reach``) it is one parameter however many they are: a page of today's work asks
    by some forty of these, and a city has a thousand unions."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> "_Keys":
        return _Keys(self)


class _Keys(Expression):
    """A ``Reach`` as the right side of IN."""

    output_field = models.BigIntegerField()

    def __init__(self, keys: Reach) -> None:
        super().__init__()
        self.keys = keys

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not self.keys:
            raise EmptyResultSet
        if connection.vendor == "postgresql":
            return "(SELECT unnest(%s::bigint[]))", [sorted(self.keys)]
        return "(SELECT value FROM json_each(%s))", [json.dumps(sorted(self.keys))]


def below(tops: Iterable[Org]) -> Reach:
    """The keys of organisations and of everything below them."""
    keys = [org.pk for org in tops]
    if not keys:
        return Reach()
    table = connection.ops.quote_name(Org._meta.db_table)
    marks = ", ".join(["%s"] * len(keys))
    # The names are our own table's. Not tree-queries' ``descendants``: it sorts the whole tree by its path first.
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE below(id) AS (SELECT id FROM {table} WHERE id IN ({marks}) UNION "  # noqa: S608
            f"SELECT child.id FROM {table} AS child JOIN below ON child.parent_id = below.id) SELECT id FROM below",
            keys,
        )
        return Reach(row[0] for row in cursor.fetchall())


def reached(operation: str, tops: Iterable[Org], spread: Callable[[Iterable[Org]], Reach] = below) -> Reach:
    """The keys that posts at ``tops`` reach for an operation: everything below too, unless it is a union's own to do."""
    return spread(tops) if rules.reach(operation) != {"own"} else Reach(org.pk for org in tops)


def covered(user: User, operation: str, on: date) -> Reach:
    """The keys of the organisations that the user's posts cover for an operation on a day."""
    held = posts_of(user, on).filter(role__in=rules.PERMITS[operation])
    return reached(operation, Org.objects.filter(posts__in=held).distinct())


def access(user: User, model: type[M], on: date) -> models.QuerySet[M]:
    """The rows of ``model`` that ``user`` may see on a day as an officer: those of the organisations that their posts cover.

    The one way to others' objects: absent and forbidden give the same answer, an empty queryset.
    """
    return within(model, list(posts_of(user, on).select_related("org", "org__parent")))


def within(
    model: type[M], posts: Sequence[Post], reach: Callable[[Iterable[Org]], Reach] = below
) -> models.QuerySet[M]:
    """The rows of ``model`` that these posts give a sight of. A round is its city's, and is seen by whoever holds a post in that
    city's tree: it says when a return is due, and nothing of a family."""
    path, operation = SCOPES[model._meta.label_lower]
    narrow, accounts = ASSIGNED.get(model._meta.label_lower, ("", ()))
    permitted = [post for post in posts if post.role in rules.PERMITS[operation]]
    tops = {post.org_id: post.org for post in permitted if post.role != narrow}
    keys = reach(tops.values())
    if model._meta.label_lower == "care.round":
        keys = Reach(keys | {city_of(org).pk for org in tops.values()})
    lookup = f"{path}__in" if path else "pk__in"
    seen = Q(**{lookup: keys})
    if given := [post for post in permitted if post.role == narrow]:
        mine = Q(*((account, given[0].user_id) for account in accounts), _connector=Q.OR)
        seen |= Q(**{lookup: reach({post.org_id: post.org for post in given}.values())}) & mine
    found = model._default_manager.filter(seen)
    return found.distinct() if path.startswith("posts__") else found


def own(user: User, model: type[M], on: date) -> models.QuerySet[M]:
    """The rows of ``model`` that are a worker's own on a day: of the worker, or of the household the worker lives in.

    The one way to one's own objects; empty without a worker's post.
    """
    if not posts_of(user, on).filter(role=rules.WORKER).exists():
        return model._default_manager.none()
    path = OWN[model._meta.label_lower]
    found = {path: user}
    if "members__" in path:
        # Who has left the household sees it no more.
        found[path.replace("person__account", "until_on__isnull")] = True  # type: ignore[assignment]
    return model._default_manager.filter(**found).distinct()


def owns(by: User, operation: str, row: models.Model, on: date) -> bool:
    """Whether ``by`` may do ``operation`` to a row because it is a worker's own: services ask this beside ``require``."""
    permitted = posts_of(by, on).filter(role__in=rules.PERMITS[operation]).exists()
    return permitted and own(by, type(row), on).filter(pk=row.pk).exists()


def accounts_of(houses: Iterable[int]) -> dict[int, list[int]]:
    """The accounts of those who live in the households: {household: [user, …]}, keys of both; those without one are left out."""
    found: dict[int, list[int]] = {}
    for part in parts(sorted(set(houses))):
        living = Kinship.objects.filter(household__in=part, until_on=None, person__account__is_active=True)
        for house, user in living.order_by("pk").values_list("household_id", "person__account"):
            found.setdefault(house, []).append(user)
    return found


def nearest_holders(operation: str, org: Org, on: date, *, but: Iterable[str] = ()) -> list[int]:
    """The keys of the officers who would act on ``org``'s business: those whose post permits the operation at the organisation, else
    at the nearest one above it; ``but`` names accounts that are left out."""
    return nearest_of_each(operation, [org], on, but=but)[org.pk]


def nearest_of_each(
    operation: str, orgs: Iterable[Org], on: date, *, but: Iterable[str] = (), but_role: str = ""
) -> dict[int, list[int]]:
    """``nearest_holders`` of many organisations, by their keys, in as many queries as the tree has levels; posts of the role
    ``but_role`` do not count."""
    asked = {org.pk: org.parent_id for org in orgs}
    above, missing = dict(asked), Reach(parent for parent in asked.values() if parent)
    while missing := Reach(missing - above.keys()):
        found = dict(Org.objects.filter(pk__in=missing).values_list("pk", "parent_id"))
        above |= found
        missing = Reach(parent for parent in found.values() if parent)
    roles = [role for role in rules.PERMITS[operation] if role != but_role]
    held = posts_of_all(on).filter(role__in=roles, org__in=Reach(above), user__is_active=True)
    by_org: dict[int | None, set[int]] = {}
    for place, user in held.exclude(user__username__in=list(but)).values_list("org_id", "user_id"):
        by_org.setdefault(place, set()).add(user)

    def nearest(place: int | None) -> list[int]:
        while place is not None and place not in by_org:
            place = above[place]
        return sorted(by_org.get(place, ()))

    return {key: nearest(key) for key in asked}


def notices_of(user: User) -> models.QuerySet[Notice]:
    """An account's own notices, the newest first."""
    return Notice.objects.filter(user=user)


def filtered_notices(user: User, state: str = "", kind: str = "", text: str = "") -> models.QuerySet[Notice]:
    """A part of an account's notices: read or unread, about a kind of thing (matter, household…), with a text in its code."""
    found = notices_of(user)
    if state:
        found = found.filter(read_at__isnull=state == "unread")
    if kind:
        found = found.filter(subject__startswith=f"{kind}:")
    return found.filter(subject__icontains=text) if text else found


def filters_of(user: User, orgs: Iterable[int], page: str) -> models.QuerySet[SavedFilter]:
    """The filters of a list that an account has saved, then those shared at ``orgs``, where the account holds its posts."""
    mine = Q(user=user) | Q(shared=True, org__in=list(orgs))
    own = Case(When(user=user, then=Value(0)), default=Value(1))
    return SavedFilter.objects.filter(mine, page=page).select_related("user").order_by(own, "pk")


def with_unread(posts: models.QuerySet[Post]) -> models.QuerySet[Any]:
    """Posts with ``unread``: how many notices their account has not read."""
    waiting = Notice.objects.filter(user=OuterRef("user"), read_at=None).order_by().values("user")
    counted = Subquery(waiting.annotate(n=Count("pk")).values("n"))
    return posts.annotate(unread=Coalesce(counted, 0))


def city_of(org: Org) -> Org:
    """The city union above (or the org itself when it is one, or the topmost there is). Above a city there may be a province."""
    line = line_of(org)
    return next((node for node in line if node.level == Org.CITY), line[-1])


def city() -> Org:
    """The one city union of a small installation. Raises Refused when there is none or more than one."""
    found = list(Org.objects.filter(level=Org.CITY)[:2])
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
