"""The entrance: a worker's phone and code, the first login, “this is me”, sessions, the test inbox."""

import re
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.internal.httpkit import get_client_ip
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from nuanxin.records import clock
from nuanxin.records.services import Refused
from nuanxin.site import forms
from nuanxin.site.adapters import Social
from nuanxin.ui.guard import known_here
from nuanxin.ui.pages import done, in_language, seen_by
from nuanxin.ui.viewer import Viewer
from nuanxin.union import accounts, rules, secrets, texts
from nuanxin.union.models import Claim, OneTimeCode, Org, TextMessage, User

# What the session remembers on the way in: which code was sent (never the phone or the code), which phone was proved, where to go.
SENT, PROVED, NEXT = "code_sent", "phone_proved", "door_next"


def _tell(form: Any, field: str | None, refused: Refused) -> None:
    for reason in refused.reasons:
        form.add_error(field, in_language(reason))


def _kept(request: HttpRequest, key: str) -> OneTimeCode | None:
    return OneTimeCode.objects.filter(pk=request.session.get(key, 0)).first()


@login_not_required
@never_cache
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
def phone_login(request: HttpRequest) -> HttpResponseBase:
    """A worker gives the phone number; a code is sent, whether the number is known or not."""
    if request.user.is_authenticated:
        return redirect("home")
    form = forms.Phone(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = _("【工会职工服务】验证码 %(code)s，%(minutes)s 分钟内有效。不是您本人操作，请不要告诉任何人。")
        try:
            sent = accounts.send_code(
                phone=form.cleaned_data["phone"], address=get_client_ip(request) or "-", text=words
            )
        except Refused as refused:
            _tell(form, "phone", refused)
        else:
            request.session[SENT] = sent.pk
            return redirect("phone_code")
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        request.session[NEXT] = wanted
    return render(request, "site/phone_login.html", {"form": form, "back_url": "/", "weixin": weixin_on()})


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def phone_code(request: HttpRequest) -> HttpResponseBase:
    """The code that was sent; a known phone is in, an unknown one chooses its union."""
    if request.user.is_authenticated:
        return redirect("home")
    sent = _kept(request, SENT)
    if sent is None:
        return redirect("phone_login")
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proved = accounts.check_code(sent=sent, code=form.cleaned_data["code"])
        except Refused as refused:
            _tell(form, "code", refused)
        else:
            del request.session[SENT]
            if worker := accounts.worker_of(proved):
                return _enter(request, worker)
            request.session[PROVED] = proved.pk
            return redirect("phone_join")
    shown = {"form": form, "sent": sent, "minutes": rules.CODE_MINUTES, "back_url": "/account/phone/"}
    return render(request, "site/phone_code.html", shown)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone_join(request: HttpRequest) -> HttpResponseBase:
    """The first login: the worker's name and union."""
    proved = _kept(request, PROVED)
    if proved is None:
        return redirect("home" if request.user.is_authenticated else "phone_login")
    finding = "find" in request.POST
    form = forms.Join(initial={"name": request.POST.get("name", "")}) if finding else forms.Join(request.POST or None)
    if request.method == "POST" and not finding and form.is_valid():
        org = _union(request.POST.get("org", ""))
        if org is None:
            form.add_error(None, _("请选择您的工会；不知道或没有，就选最后一项。"))
        else:
            try:
                joined = accounts.join(proved=proved, name=form.cleaned_data["name"], org=org, on=clock.today())
            except Refused as refused:
                _tell(form, None, refused)
            else:
                del request.session[PROVED]
                return _enter(request, joined)
    text = request.POST.get("q", "").strip()
    unions = Org.objects.filter(level__in=Org.OWING).select_related("parent").order_by("parent__code", "name")
    if text:
        unions = unions.filter(name__icontains=text)
    shown = {
        "form": form, "cities": _cities(), "unions": unions[:UNIONS], "more": max(0, unions.count() - UNIONS), "q": text,
        "chosen": request.POST.get("org", ""), "mask": proved.phone_mask,
    }  # fmt: skip
    return render(request, "site/phone_join.html", shown)


UNIONS = 30


def _cities() -> QuerySet[Org]:
    """Whose a worker is who has no union: of the city that the worker names, never of another one nor of the province."""
    return Org.objects.filter(Q(level=Org.CITY) | Q(parent=None)).exclude(level=Org.PROVINCE).order_by("code")


def _union(code: str) -> Org | None:
    """The union that a worker chose, or the city."""
    return (Org.objects.filter(level__in=Org.OWING) | _cities()).filter(code=code).first()


def _enter(request: HttpRequest, worker: User) -> HttpResponseBase:
    """Sign a worker in; a WeChat account that was waiting for the phone is joined to it."""
    waiting = request.session.pop(Social.WAITING, None)
    wanted = request.session.pop(NEXT, None)
    if waiting:
        SocialAccount.objects.get_or_create(provider="weixin", uid=waiting, defaults={"user": worker})
    record_authentication(request, worker, "code")
    return perform_login(request, Login(user=worker, redirect_url=wanted))


def weixin_on() -> bool:
    return all(settings.NUANXIN_WEIXIN)


# ------------------------------------------------------------------------------------------------------------------ this is me


@never_cache
@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("own.read")
def claim(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """“This is me”: name and ID number, linked at once or looked into by the union."""
    form = forms.Claiming(request.POST or None, initial={"name": seen.user.first_name})
    if request.method == "POST" and form.is_valid():
        try:
            made = accounts.claim(by=seen.user, on=seen.today, **form.cleaned_data)
        except Refused as refused:
            _tell(form, None, refused)
        else:
            linked = made.state == Claim.LINKED
            words = _("已核实您的身份。") if linked else _("已提交，您的工会核对后，结果写在这一页。")
            done(request, lambda: None, words)
            return redirect("account_claim")
    asked = seen.own(Claim).order_by("-pk").first()
    return render(
        request, "site/claim.html", {"form": form, "asked": asked, "back_url": "/", "person": seen.user.person}
    )


@login_not_required
@never_cache
@sensitive_post_parameters("token", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def choose_password(request: HttpRequest) -> HttpResponseBase:
    """An officer chooses the password, by the link that an administrator handed over, and then signs in with it."""
    form = forms.ChoosePassword(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            accounts.choose_password(
                username=told["login"], token=told["token"], password=told["password1"], on=clock.today()
            )
        except Refused as refused:
            _tell(form, None, refused)
        else:
            messages.success(request, _("密码已设好，请用它登录。"))
            return known_here(redirect("account_login"), User.objects.get(username=told["login"].strip().lower()))
    return render(request, "site/choose_password.html", {"form": form, "back_url": "/"})


# -------------------------------------------------------------------------------------------------------------------- sessions


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.own")
def sessions(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Where the account is signed in; ended one by one, or all others at once."""
    here = request.session.session_key or ""
    if request.method == "POST":
        one = request.POST.get("session", "")
        if one.isdigit():
            done(request, lambda: accounts.end_sessions(seen.user, only=[int(one)]), _("已退出那一处的登录。"))
        else:
            ended = _("其他地方的登录都已退出。")
            done(request, lambda: accounts.end_sessions(seen.user, but=here), ended)
        return redirect("account_sessions")
    rows = [(row, device(row), row.session_key == here, ends) for row, ends in accounts.sessions_of(seen.user)]
    shown = {"rows": rows, "back_url": "/", "idle": settings.NUANXIN_IDLE_MINUTES if seen.officer else 0}
    return render(request, "site/sessions.html", shown)


# What a browser says of itself, in the order of asking: each contains the names of those after it.
_BROWSERS = (
    ("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def device(row: UserSession) -> str:
    """A session's device in a few words: 微信 · Android."""
    named = [next((words for mark, words in marks if mark in row.user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, named)) or _("其他设备")


# ------------------------------------------------------------------------------------------------------------------- test inbox


@login_not_required
@never_cache
@require_safe
def demo_inbox(request: HttpRequest) -> HttpResponseBase:
    """A demo's texts, for everybody who is trying it out; not there outside a demo."""
    if not settings.NUANXIN_DEMO:
        raise Http404
    return _inbox(request, TextMessage.objects.all())


@never_cache
@require_safe
@seen_by("inbox.read")
def inbox(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The texts that no gateway sends on, for administrators: those to accounts in their sight, outside a demo without the codes. Not
    there where a gateway is set."""
    known = seen.rows(User).exclude(phone_hash="").order_by().values("phone_hash")
    return _inbox(request, TextMessage.objects.filter(phone_hash__in=known))


CODE = re.compile(r"\d{4,}")


def _inbox(request: HttpRequest, found: QuerySet[TextMessage]) -> HttpResponseBase:
    if not texts.embedded():
        raise Http404
    rows = [(message, secrets.unseal(bytes(message.text_cipher))) for message in found.order_by("-sent_at", "-pk")[:20]]
    if not settings.NUANXIN_DEMO:
        # Whoever reads a code is in as the worker.
        rows = [(message, CODE.sub(lambda digits: "*" * len(digits[0]), text)) for message, text in rows]
    coming = _kept(request, SENT) is not None and not request.user.is_authenticated
    return render(request, "site/inbox.html", {"rows": rows, "coming": coming, "back_url": "/"})
