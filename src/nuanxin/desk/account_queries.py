"""Accounts for their administrators: who has which post, who is locked out, who asks to be linked to the register."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from nuanxin.records.models import Event
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import ROLE
from nuanxin.union import accounts as service
from nuanxin.union import rules
from nuanxin.union.models import Claim, Org, Person, Post, User
from nuanxin.union.queries import covered

FACTOR = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)


def accounts(seen: Viewer, role: str = "", state: str = "", text: str = "") -> QuerySet[Any]:
    """The accounts in sight, each with its posts in sight (``seen_posts``) and whether it has a second factor (``factor``)."""
    held = (
        seen.rows(Post).filter(from_on__lte=seen.today).filter(Q(until_on__isnull=True) | Q(until_on__gte=seen.today))
    )
    rows = seen.rows(User).annotate(factor=Exists(FACTOR))
    if role:
        rows = rows.filter(pk__in=held.filter(role=role).values("user"))
    if state == "with":
        rows = rows.filter(pk__in=held.values("user"))
    elif state == "without":
        rows = rows.exclude(pk__in=held.values("user"))
    elif state == "due":
        rows = rows.filter(phone_hash="", password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if text:
        by_union = seen.rows(Post).filter(Q(org__name__icontains=text) | Q(org__code__iexact=text)).values("user")
        rows = rows.filter(
            Q(username__icontains=text) | Q(first_name__icontains=text, phone_hash="") | Q(pk__in=by_union)
        )
    prefetched = Prefetch("posts", held.select_related("org").order_by("org__code", "role"), to_attr="seen_posts")
    return rows.order_by("phone_hash", "username").prefetch_related(prefetched)


def shown_name(account: User) -> str:
    """An officer's name; a worker's is masked, since who looks after accounts looks after no families."""
    return rules.mask_name(account.first_name) if account.phone_hash else account.first_name


@dataclass(frozen=True, slots=True)
class Line:
    account: Any
    name: str
    needs_factor: bool
    locked: datetime | None


def lines(page: Sequence[Any]) -> list[Line]:
    locked = service.locked_accounts(account.username for account in page)
    return [
        Line(
            account, shown_name(account), bool({post.role for post in account.seen_posts} & rules.SECOND_FACTOR),
            locked.get(account.username),
        )
        for account in page
    ]  # fmt: skip


TITLES = ("账号", "姓名", "任职", "两步验证", "最近登录")


def export_rows(rows: QuerySet[Any]) -> list[list[str]]:
    return [
        [
            account.username, shown_name(account), "；".join(f"{ROLE[p.role]} {p.org.name}" for p in account.seen_posts),
            _("已设") if account.factor else "", f"{timezone.localtime(account.last_login):%Y-%m-%d}" if account.last_login else "",
        ]
        for account in rows
    ]  # fmt: skip


def has_factor(account: User) -> bool:
    return Authenticator.objects.filter(user=account).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def find_account(seen: Viewer, name: str) -> User | None:
    return seen.rows(User).filter(username=name).first()


def posts_of(seen: Viewer, account: User) -> list[tuple[Post, str]]:
    """Every post of an account in sight, the current first, each with its state: now, later, ended."""
    rows = seen.rows(Post).filter(user=account).select_related("org").order_by("-from_on", "pk")
    return sorted(((post, post_state(post, seen.today)) for post in rows), key=lambda row: _ORDER.index(row[1]))


_ORDER = ("now", "later", "ended")


def post_state(post: Post, on: date) -> str:
    if post.until_on is not None and post.until_on < on:
        return "ended"
    return "later" if post.from_on > on else "now"


def find_post(seen: Viewer, name: str, role: str, org: str) -> Post | None:
    """The post of an account that has not ended, by role and union."""
    return (
        seen.rows(Post).filter(user__username=name, role=role, org__code=org)
        .filter(Q(until_on__isnull=True) | Q(until_on__gte=seen.today)).select_related("org", "user").order_by("from_on").first()
    )  # fmt: skip


def unions(seen: Viewer) -> QuerySet[Org]:
    """Where the viewer may give posts."""
    return Org.objects.filter(pk__in=covered(seen.user, "account.change", seen.today)).order_by("code")


def happenings(seen: Viewer, account: User) -> QuerySet[Event]:
    """What was done to an account at the unions in sight, the latest first: its posts elsewhere are theirs."""
    chains = Org.objects.filter(pk__in=seen.reach("account.read")).values("code")
    return Event.objects.filter(subject=f"user:{account.username}", chain__in=chains).order_by("-at", "-seq")[:20]


# ----------------------------------------------------------------------------------------------------------------- claims


def claims(seen: Viewer, state: str = "", text: str = "") -> QuerySet[Claim]:
    rows = seen.rows(Claim).select_related("user", "org")
    if state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(org__name__icontains=text))
    return rows.order_by("-state", "asked_on", "pk")


def find_claim(seen: Viewer, name: str) -> Claim | None:
    """The latest claim of a worker's account."""
    return seen.rows(Claim).filter(user__username=name).select_related("user", "org").order_by("-pk").first()


def person_of(seen: Viewer, claim: Claim) -> Person | None:
    return service.person_of(claim, seen.user, seen.today)
