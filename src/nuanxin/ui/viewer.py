"""Who looks at a page: the account, the posts it holds today, and the ways to rows. Set once for a request, as ``request.viewer``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from nuanxin.records import clock
from nuanxin.union import rules
from nuanxin.union.models import Org, Post, User
from nuanxin.union.queries import Reach, below, covering_orgs, own, posts_of, reached, with_unread, within

M = TypeVar("M", bound=models.Model)
Answer = Callable[[HttpRequest], HttpResponse]


def mark_of(user: User) -> str:
    """Tells what one account keeps in a browser from what another does, and nothing else."""
    return salted_hmac("nuanxin.account", str(user.pk)).hexdigest()[:16]


@dataclass(frozen=True)
class Viewer:
    """An account on a day. Others' rows are reached through ``rows`` alone, a worker's own through ``own``.

    ``sends`` is the operation by which a list is being sent out: then nothing is in reach beyond the posts that permit it, whatever others
    of the account's posts show on its pages.
    """

    user: User
    today: date
    sends: str = ""

    @cached_property
    def posts(self) -> list[Post]:
        """The posts held today, the widest first."""
        held = list(with_unread(posts_of(self.user, self.today).select_related("org", "org__parent")))
        width = [level for level, _ in Org.LEVELS]
        return sorted(held, key=lambda post: (width.index(post.org.level), rules.ROLES.index(post.role), post.pk))

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(post.role for post in self.posts)

    @property
    def mark(self) -> str:
        return mark_of(self.user)

    @property
    def unread(self) -> int:
        """How many notices wait to be read: every page shows it, so it is asked together with the posts."""
        return self.posts[0].unread  # type: ignore[attr-defined]

    @property
    def org(self) -> Org:
        """Where the widest post is held."""
        return self.posts[0].org

    def org_for(self, operation: str) -> Org:
        """Where the widest post that permits the operation is held. Raises StopIteration when none does: ask ``may`` first."""
        return next(post.org for post in self.posts if post.role in rules.PERMITS[operation])

    @property
    def own_org(self) -> Org:
        """Where the worker's own post is held, whatever other posts the account holds beside it."""
        return self.org_for("own.read")

    @property
    def officer(self) -> bool:
        """Whether some post is an officer's, not a worker's."""
        return bool(self.roles - {rules.WORKER})

    def may(self, operation: str) -> bool:
        """Whether some post permits the operation somewhere; where exactly, the service asks again."""
        return rules.may(operation, self.roles)

    def may_at(self, operation: str, org: Org) -> bool:
        """Whether a post over ``org`` permits the operation."""
        places = {node.pk for node in covering_orgs(operation, org)}
        return rules.may(operation, {post.role for post in self.posts if post.org_id in places})

    def rows(self, model: type[M]) -> QuerySet[M]:
        """The rows of ``model`` that the officer may see today."""
        return within(model, self.posts, self._below)

    def reach(self, operation: str, *, but: str = "") -> Reach:
        """The keys of the organisations that the posts cover for an operation; posts of the role ``but`` do not count."""
        tops = [post.org for post in self.posts if post.role in rules.PERMITS[operation] and post.role != but]
        return reached(operation, tops, self._below)

    def _below(self, tops: Iterable[Org]) -> Reach:
        # Asked for several kinds of rows on one page, mostly from the same top.
        tops = list(tops)
        key = frozenset(org.pk for org in tops)
        if key not in self._reach:
            self._reach[key] = below(tops)
        return Reach(self._reach[key] & self._sent) if self.sends else self._reach[key]

    @cached_property
    def _sent(self) -> Reach:
        return below(post.org for post in self.posts if post.role in rules.PERMITS[self.sends])

    @cached_property
    def _reach(self) -> dict[frozenset[int], Reach]:
        return {}

    def own(self, model: type[M]) -> QuerySet[M]:
        """The rows of ``model`` that are the worker's own today."""
        return own(self.user, model, self.today)


def Viewing(answer: Answer) -> Answer:  # noqa: N802 — named as Django names middleware
    """Give each request of a signed-in account its ``viewer``; an account without a post today has none."""

    def page(request: HttpRequest) -> HttpResponse:
        user = request.user
        request.viewer = None  # type: ignore[attr-defined]
        if isinstance(user, User) and user.is_active:
            seen = Viewer(user, clock.today())
            request.viewer = seen if seen.posts else None  # type: ignore[attr-defined]
        return answer(request)

    return page
