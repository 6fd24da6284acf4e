"""Accounts and posts: the list, one account, a new one, a post given or ended, a link handed over to choose the password; workers who say “this is me”."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from nuanxin.desk import account_queries, exports, words
from nuanxin.records.services import Refused
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import choice, done, export, framed, in_language, listed, paged, seen_by, send_sheet, typed
from nuanxin.ui.parts import Fact, Filter, Happening
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import ROLE
from nuanxin.union import accounts as service
from nuanxin.union import rules
from nuanxin.union.models import Claim, Org, User

STATES = {
    "with": gettext_lazy("有任职"),
    "without": gettext_lazy("没有任职"),
    "due": gettext_lazy("还没设密码"),
}
POST_STATES: words.Toned = {
    "now": (gettext_lazy("在任"), "green"),
    "later": (gettext_lazy("未开始"), "blue"),
    "ended": (gettext_lazy("已结束"), "grey"),
}
CLAIM_STATES: words.Toned = {
    Claim.WAITING: (gettext_lazy("待核对"), "amber"),
    Claim.LINKED: (gettext_lazy("已关联"), "green"),
    Claim.REFUSED: (gettext_lazy("未通过"), "grey"),
}
# What an account's Event was, in words.
VERBS = {
    "post.give": gettext_lazy("任职"),
    "post.end": gettext_lazy("结束任职"),
    "account.open": gettext_lazy("开账号"),
    "account.password": gettext_lazy("设自己的密码"),
    "account.password_reset": gettext_lazy("密码被重设"),
    "account.lock": gettext_lazy("密码错太多次，锁定"),
    "account.unlock": gettext_lazy("解锁"),
    "account.factor_add": gettext_lazy("设置两步验证"),
    "account.factor_remove": gettext_lazy("停用一种两步验证"),
    "account.factor_reset": gettext_lazy("两步验证被重设"),
    "account.sessions_end": gettext_lazy("所有登录被退出"),
    "account.link": gettext_lazy("关联到台账中的人"),
    "claim.ask": gettext_lazy("提交“这是我”"),
    "claim.refuse": gettext_lazy("“这是我”未通过"),
}


class GivePost(Form):
    """A role at a union. The union is typed with the browser's own list of suggestions, by code or by name."""

    role = forms.ChoiceField(label=gettext_lazy("角色"))
    org = forms.CharField(label=gettext_lazy("工会"), help_text=gettext_lazy("代码或全称"), max_length=160)
    from_on = forms.DateField(
        label=gettext_lazy("从哪天起"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, seen: Viewer, **more: Any) -> None:
        super().__init__(*args, **more)
        self.unions = account_queries.unions(seen)
        officers = [(role, ROLE[role]) for role in rules.ROLES if role != rules.WORKER]
        self.fields["role"].choices = [("", _("请选择")), *officers]  # type: ignore[attr-defined]
        self.fields["org"].widget.attrs |= {"list": "unions", "autocomplete": "off"}
        self.fields["from_on"].initial = seen.today

    def clean_org(self) -> Org:
        text = self.cleaned_data["org"].strip()
        found = self.unions.filter(code__iexact=text.split(" ")[0]).first() or self.unions.filter(name=text).first()
        if found is None:
            raise forms.ValidationError(_("没有这个工会，或不归您管理；请从列表中选一个。"))
        return found


class OpenAccount(GivePost):
    username = forms.CharField(
        label=gettext_lazy("账号"), help_text=gettext_lazy("小写字母、数字、点和横线，如姓名拼音"), max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ("name", "username", "role", "org", "from_on")


class EndPost(Form):
    last_on = forms.DateField(
        label=gettext_lazy("最后一天"),
        help_text=gettext_lazy("昨天：马上结束"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class Refusing(Form):
    reason = forms.CharField(
        label=gettext_lazy("不通过的原因"), help_text=gettext_lazy("职工会看到"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


def _tell(form: Form, refused: Refused) -> None:
    for reason in refused.reasons:
        form.add_error(None, in_language(reason))


def _account(seen: Viewer, name: str) -> User:
    found = account_queries.find_account(seen, name)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.read", change="account.export", sends="account.export")
def accounts(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """The accounts, filtered; sent out as a spreadsheet by POST."""
    role, state = choice(request.GET, "role", rules.ROLES), choice(request.GET, "state", STATES)
    text = typed(request.GET)
    rows = account_queries.accounts(seen, role, state, text)
    if request.method == "POST":
        name = "-".join(["accounts", *filter(None, [role, state])])
        sent = account_queries.export_rows(rows)
        return export(request, seen, f"org:{seen.org.code}", name, account_queries.TITLES, sent, "account.export")
    page = paged(request, rows)
    fields = [
        Filter("role", _("全部角色"), role, [(code, str(ROLE[code])) for code in rules.ROLES]),
        Filter("state", _("全部状态"), state, [(code, str(label)) for code, label in STATES.items()]),
        Filter("q", _("姓名、账号或工会"), text),
    ]
    return listed(
        request, "desk/accounts.html",
        framed("accounts", page=page, lines=account_queries.lines(list(page)), fields=fields),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.change")
def account_new(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """A new officer's account with its first post; the link to choose its password is shown once, to be handed over."""
    form = OpenAccount(request.POST or None, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            made, token = service.open_account(by=seen.user, on=seen.today, **form.cleaned_data)
        except Refused as refused:
            _tell(form, refused)
        else:
            return _link_shown(request, made, token)
    return render(request, "desk/account_new.html", framed("accounts", form=form, unions=form.unions[:500]))


def _link_shown(request: HttpRequest, account: User, token: str) -> HttpResponseBase:
    # No redirect: the token is in this answer alone. It stands behind a #, which a browser sends to nobody.
    page = request.build_absolute_uri(reverse("account_choose_password"))
    shown = {"account": account, "token": token, "page": page, "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)}
    return render(request, "desk/account_link.html", framed("accounts", **shown))


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.read", change="account.change", sends="account.export")
def account(request: HttpRequest, seen: Viewer, name: str) -> HttpResponseBase:
    """One account: its posts, its state, what was done to it; a post is given by POST."""
    found = _account(seen, name)
    if "sheet" in request.POST:
        sheets = {"posts": exports.post_sheet(account_queries.posts_of(seen, found), POST_STATES)}
        return send_sheet(request, seen, f"account:{found.username}", found.username, sheets, "account.export")
    form = GivePost(request.POST or None, seen=seen)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        told = _("%(name)s：%(role)s，%(org)s") % {"name": found, "role": ROLE[values["role"]], "org": values["org"]}
        done(request, lambda: service.give_post(account=found, by=seen.user, on=seen.today, **values), told)
        return redirect("desk:account", name)
    locked = service.locked_accounts([found.username]).get(found.username)
    sessions = service.sessions_of(found)
    facts = [
        Fact(_("账号"), found.username),
        Fact(_("手机"), found.phone_mask, masked=True) if found.phone_hash else Fact(_("密码"), _password_words(found)),
        Fact(_("最近登录"), f"{timezone.localtime(found.last_login):%Y-%m-%d %H:%M}" if found.last_login else ""),
        Fact(_("现在登录"), _("%(count)d 处") % {"count": len(sessions)}),
    ]
    told_of = [
        Happening(f"{event.on:%Y-%m-%d} · {event.by}", str(VERBS.get(event.verb, event.verb)), _role_words(event.facts))
        for event in account_queries.happenings(seen, found)
    ]
    posts = [(post, *POST_STATES[state], state) for post, state in account_queries.posts_of(seen, found)]
    return render(
        request, "desk/account.html",
        framed("accounts", account=found, name=account_queries.shown_name(found), facts=facts, posts=posts, form=form,
            locked=timezone.localtime(locked) if locked else None, told_of=told_of, sessions=sessions, may=seen.may("account.change"),
            unions=form.unions[:500], itself=found.pk == seen.user.pk, factor=account_queries.has_factor(found),
        ),
    )  # fmt: skip


def _password_words(account: User) -> str:
    return _("还没有") if account.password_due else _("自己的密码")


def _role_words(facts: dict[str, Any]) -> str:
    parts = [
        str(ROLE[facts["role"]]) if facts.get("role") in ROLE else "",
        facts.get("org", ""),
        facts.get("reason", ""),
    ]
    return " · ".join(filter(None, parts))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.change")
def account_password(request: HttpRequest, seen: Viewer, name: str) -> HttpResponseBase:
    """Take a password away, after a look at what that does; the link to choose another is shown once."""
    found = _account(seen, name)
    form = Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            return _link_shown(request, found, service.reset_password(account=found, by=seen.user, on=seen.today))
        except Refused as refused:
            form.is_valid()
            _tell(form, refused)
    return render(
        request, "ui/confirm.html",
        framed("accounts", question=_("给 %(name)s 重设密码") % {"name": found}, verb=_("重设密码"), form=form,
            back_url=reverse("desk:account", args=[name]),
            touched=[_("现在的密码马上不能用，所有登录退出"), _("给本人一个链接自己设新密码，只显示一次，用一次"), _("锁定解除，两步验证不变")],
        ),
    )  # fmt: skip


# The small acts on an account: what is called, and what is told.
ACTS = {
    "unlock": (service.unlock, gettext_lazy("已解锁，可以马上登录。")),
    "factor": (service.reset_factor, gettext_lazy("两步验证已重设，下次登录时重新设置。")),
    "sessions": (service.drop_sessions, gettext_lazy("已退出所有登录。")),
}


@require_http_methods(["POST"])
@seen_by("account.read", change="account.change")
def account_act(request: HttpRequest, seen: Viewer, name: str) -> HttpResponseBase:
    """Unlock, take the second factors away, end the sessions."""
    found = _account(seen, name)
    if act := ACTS.get(request.POST.get("act", "")):
        verb, told = act
        done(request, lambda: verb(account=found, by=seen.user, on=seen.today), str(told))
    return redirect("desk:account", name)


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.change")
def post_end(request: HttpRequest, seen: Viewer, name: str, role: str, org: str) -> HttpResponseBase:
    """End a post, in two steps: what it will touch, then done."""
    post = account_queries.find_post(seen, name, role, org)
    if post is None:
        raise Http404
    form = EndPost(request.POST or None, initial={"last_on": seen.today - timedelta(days=1)})
    if request.method == "POST" and form.is_valid():
        try:
            ended = service.end_post(post=post, by=seen.user, on=seen.today, **form.cleaned_data)
        except Refused as refused:
            _tell(form, refused)
        else:
            told = _("任职已结束，同时退出了 %(count)d 处登录。") if ended else _("任职已结束。")
            done(request, lambda: None, told % {"count": ended} if ended else told)
            return redirect("desk:account", name)
    facts = [
        Fact(_("谁"), account_queries.shown_name(post.user)), Fact(_("任职"), str(ROLE[post.role])), Fact(_("工会"), post.org.name),
        Fact(_("从"), _day(post.from_on)),
    ]  # fmt: skip
    return render(
        request, "ui/confirm.html",
        framed("accounts", question=_("结束这个任职"), facts=facts, verb=_("结束任职"), form=form,
            back_url=reverse("desk:account", args=[name]),
            warning=_("没有别的任职时，这个账号的所有登录马上退出，再登录也看不到任何页面。"),
        ),
    )  # fmt: skip


def _day(day: date) -> str:
    return day.isoformat()


# ------------------------------------------------------------------------------------------------------------------- this is me


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.link", change="list.export")
def claims(request: HttpRequest, seen: Viewer) -> HttpResponseBase:
    """Workers who say who they are in the register, those who wait first; sent out as a spreadsheet by POST."""
    state = choice(request.GET, "state", CLAIM_STATES)
    text = typed(request.GET)
    found = account_queries.claims(seen, state, text)
    if request.method == "POST":
        return export(
            request,
            seen,
            f"org:{seen.org.code}",
            "claims",
            exports.CLAIM_TITLES,
            exports.claim_rows(found, CLAIM_STATES),
        )
    page = paged(request, found)
    fields = [
        Filter("state", _("全部状态"), state, words.options(CLAIM_STATES)),
        Filter("q", _("姓名或工会"), text),
    ]
    rows = [(claim, *CLAIM_STATES[claim.state]) for claim in page]
    return listed(request, "desk/claims.html", framed("claims", page=page, rows=rows, fields=fields))


@require_http_methods(["GET", "HEAD", "POST"])
@seen_by("account.link")
def claim(request: HttpRequest, seen: Viewer, name: str) -> HttpResponseBase:
    """One claim beside what the register has; confirmed, or refused with a reason."""
    found = account_queries.find_claim(seen, name)
    if found is None:
        raise Http404
    form = Refusing(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accept = request.POST.get("verdict") == "accept"
        told = _("已关联，职工可以在手机上看到自己家的档案。") if accept else _("已告诉职工没有通过。")
        done(
            request,
            lambda: service.settle_claim(
                claim=found, accept=accept, reason=form.cleaned_data["reason"], by=seen.user, on=seen.today
            ),
            told,
        )
        return redirect("desk:claim", name)
    person = account_queries.person_of(seen, found)
    said = [
        (_("姓名"), found.name, person.name if person else "", bool(person and person.name == found.name)),
        (_("身份证号"), found.id_mask, person.id_mask if person else "", person is not None),
        (_("手机"), found.user.phone_mask, person.phone_mask if person else "",
            bool(person and person.phone_hash and person.phone_hash == found.user.phone_hash)),
    ]  # fmt: skip
    return render(
        request, "desk/claim.html",
        framed("claims", claim=found, person=person, said=said, form=form, state=CLAIM_STATES[found.state]),
    )  # fmt: skip
