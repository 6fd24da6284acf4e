"""What the worker holds over the own data: consent, who has read the file, a copy of everything; and the messages."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.care.models import Consent, HouseholdFile
from nuanxin.care.services import offers
from nuanxin.phone import own_copy, queries, words
from nuanxin.records.models import Event
from nuanxin.ui.menu import page_url
from nuanxin.ui.pages import done, framed, paged, seen_by
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import ROLE, notice
from nuanxin.union.models import Household, Notice, Org, Person
from nuanxin.union.queries import notices_of
from nuanxin.union.services import mark_read


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read")
def messages_(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """消息. A POST marks one (``notice``) or all as read, and goes on to the page of what it is about."""
    if request.method == "POST":
        asked = request.POST.get("notice", "")
        one = notices_of(seen.user).filter(pk=int(asked)).first() if asked.isdigit() else None
        mark_read(by=seen.user, keys=[one.pk] if one else None)
        return redirect((_page_of(one) if one else "") or reverse("phone:messages"))
    page = paged(request, notices_of(seen.user), 20)
    return render(
        request, "phone/messages.html",
        framed("messages", rows=notice_rows(page), page=page, unread=seen.unread, org_name=queries.city_of(seen.own_org).name,
            tab_counts={"messages": seen.unread}),
    )  # fmt: skip


def notice_rows(notices: Iterable[Notice]) -> list[tuple[Notice, str, str, bool]]:
    """Notices as the phone lists them: each with its sentence, its day and whether it leads to a page."""
    return [(one, notice(one.what, one.facts), words.day(one.on), bool(_page_of(one))) for one in notices]


def _page_of(one: Notice) -> str:
    kind, _sep, code = one.subject.partition(":")
    if kind in ("application", "lead"):
        return reverse("phone:hardship", args=[code])
    if kind == "claim":
        return reverse("account_claim")
    return reverse("phone:matter", args=[code]) if kind == "matter" else ""


@require_safe
@seen_by("own.read")
def me(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """我: who I am here, and what I can do with my data."""
    person = seen.own(Person).first()
    file = seen.own(HouseholdFile).filter(closed_on=None).first()
    return render(
        request, "phone/me.html",
        framed("me", person=person, file=file, tier=words.word(words.TIERS, file.tier) if file else "",
            claim_url=page_url("account_claim") if person is None else "", sign_out=page_url("account_logout"),
            org_name=queries.city_of(seen.own_org).name, tab_counts={"messages": seen.unread}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read", change="own.consent")
def consent(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The consent to checks: seen, given, withdrawn."""
    house = seen.own(Household).select_related("org").first()
    if request.method == "POST":
        if house is None:
            pass  # nothing to consent to yet: the page says so
        elif "withdraw" in request.POST:
            done(
                request, lambda: offers.withdraw_consent(household=house, by=seen.user, on=seen.today), _("授权已撤回")
            )
        else:
            done(
                request,
                lambda: offers.consent(household=house, signed_on=seen.today, how="phone", by=seen.user, on=seen.today),
                _("授权已登记"),
            )
        return redirect("phone:consent")
    rows = [
        (row, words.day(row.signed_on), words.day(row.withdrawn_on), words.word(words.CONSENT, row.how))
        for row in seen.own(Consent).order_by("-signed_on", "-pk")
    ]
    now = next((row for row in rows if row[0].withdrawn_on is None), None)
    return render(
        request, "phone/consent.html",
        {"house": house, "now": now, "rows": rows, "back_url": reverse("phone:me"), "back_label": _("我")},
    )  # fmt: skip


@require_safe
@seen_by("own.read")
def readers(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Who has read my file: the post and its union, the day, the reason; not the officer's name."""
    codes = list(seen.own(Household).values_list("code", flat=True))
    people = list(seen.own(Person).values_list("pk", flat=True))
    subjects = [f"household:{code}" for code in codes] + [f"person:{key}" for key in people]
    looks = Event.objects.filter(subject__in=subjects, verb__in=["household.read", "person.reveal"]).order_by("-pk")
    page = paged(request, looks, 20)
    places = {one.facts.get("org", one.chain) for one in page}
    names = dict(Org.objects.filter(code__in=places).values_list("code", "name"))
    rows = [
        (words.day(one.on), words.word(words.READ, one.facts.get("what", "reveal")), names.get(one.facts.get("org", one.chain), ""),
            str(ROLE.get(one.facts.get("role", ""), _("工作人员"))), one.facts.get("reason", ""))
        for one in page
    ]  # fmt: skip
    return render(
        request, "phone/readers.html",
        {"rows": rows, "page": page, "known": bool(codes), "back_url": reverse("phone:me"), "back_label": _("我")},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read")
def copy(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """A copy of everything: a page to read and the same as data, in one file; made by a POST, which is written down."""
    if request.method == "POST":
        answer = HttpResponse(own_copy.packed(seen), content_type="application/zip")
        answer.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
    return render(request, "phone/copy.html", {"back_url": reverse("phone:me"), "back_label": _("我")})
