"""django-allauth in our house: who may come in, what is said, what is kept sealed, and what happens around a login."""

import base64
import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.records import clock
from nuanxin.records.services import write_events
from nuanxin.site import demo, sessions
from nuanxin.ui.guard import LAST
from nuanxin.ui.viewer import mark_of
from nuanxin.union import accounts, secrets
from nuanxin.union.models import User
from nuanxin.union.queries import posts_of

# What allauth tells, by its template's name, in our words; what is not here is not told.
TOLD = {
    "account/messages/password_changed.txt": _("密码已修改，其他地方的登录已退出。"),
    "account/messages/logged_out.txt": _("已退出登录。"),
    "mfa/messages/totp_activated.txt": _("身份验证器已启用。"),
    "mfa/messages/totp_deactivated.txt": _("身份验证器已停用。"),
    "mfa/messages/recovery_codes_generated.txt": _("已生成新的恢复码，旧的不能再用。"),
    "mfa/messages/webauthn_added.txt": _("安全密钥已添加。"),
    "mfa/messages/webauthn_removed.txt": _("安全密钥已移除。"),
}
_TOO_MANY = _("试的次数太多，请 5 分钟后再试。")


_PRINTED = _("这是演示用的密码，这里不能用；请系统管理员重设密码。")


class NotPrinted:
    """Nobody chooses the demo's printed password."""

    def validate(self, password: str, user: Any = None) -> None:
        if password == demo.PASSWORD:
            raise ValidationError(_PRINTED)

    def get_help_text(self) -> str:
        return ""


class Accounts(DefaultAccountAdapter):
    """Officers sign in with account and password; nobody signs up by password, and no mail is sent."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("账号或密码不对，请核对后再试。"),
        "incorrect_password": _("密码不对。"),
        "enter_current_password": _("现在的密码不对。"),
        "too_many_login_attempts": _TOO_MANY,
        "rate_limited": _TOO_MANY,
        "same_as_current": _("新密码要和现在的不同。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """A locked account or address is told until when, and no password is looked at; the demo's printed one is none outside a demo."""
        if not settings.NUANXIN_DEMO and credentials.get("password") == demo.PASSWORD:
            raise ValidationError(_PRINTED)
        account, address = self._counted(request, credentials)
        for limit, who in (("password.account", account), ("password.address", address)):
            if until := accounts.locked_until(limit, [who]).get(who):
                at = timezone.localtime(until)
                raise ValidationError(
                    gettext("密码错了太多次，为了安全已锁定，%(time)s 以后可以再试；急用请联系系统管理员解锁。")
                    % {"time": f"{at:%H:%M}"}
                )

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        account, address = self._counted(request, credentials)
        accounts.note_wrong_password(tried=account, address=address, on=clock.today())

    def _counted(self, request: HttpRequest, credentials: dict[str, Any]) -> tuple[str, str]:
        """What a try counts against: the account, on a device of its own apart, and the address. Whoever guesses elsewhere locks the account
        there, and its person comes in where that one has signed in before."""
        username = credentials.get("username", "").strip().lower()
        found = User.objects.filter(username=username).first()
        known = found is not None and request.COOKIES.get(LAST) == mark_of(found)
        return accounts.tried_as(username, known=known), self.get_client_ip(request)

    def _rollback_login_failed_rl_usage(self) -> None:
        # We count failures alone: there is nothing to take back after a success.
        return

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        accounts.forget_wrong_passwords(self._counted(request, {"username": user.username})[0])
        return super().post_login(request, user, **more)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None,
        message_context: dict[str, Any] | None = None, extra_tags: str = "", message: str | None = None,
    ) -> None:  # fmt: skip
        if words := message or TOLD.get(message_template or ""):
            messages.add_message(request, level, str(words), extra_tags=extra_tags)

    def send_notification_mail(self, *args: Any, **more: Any) -> None:
        return

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Not within minutes of a login by password: who has just come in is not asked twice."""
        return not any(
            record["method"] == "password" and time.time() - record["at"] < account_settings.REAUTHENTICATION_TIMEOUT
            for record in get_authentication_records(context.request, context.request.user)
        )


class SecondFactors(DefaultMFAAdapter):
    """Secrets of second factors are sealed at rest."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("验证码不对，请核对后再试。"),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(secrets.seal(text)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        secret = secrets.unseal(base64.b64decode(encrypted_text))
        # The demo's printed secret opens nothing outside a demo: another one that nobody knows stands for it.
        return secret if settings.NUANXIN_DEMO or secret != demo.SECRET else generate_totp_secret()

    def get_totp_label(self, user: Any) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return gettext("职工服务工作台")

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("密钥 %(number)d") % {"number": number}


class Social(DefaultSocialAccountAdapter):
    """WeChat: who is not known yet proves the phone first, so that every worker's account has one."""

    WAITING = "weixin_waiting"

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        from allauth.core.exceptions import ImmediateHttpResponse
        from django.shortcuts import redirect

        if sociallogin.is_existing:
            return
        request.session[self.WAITING] = sociallogin.account.uid
        messages.info(request, gettext("微信已核实。第一次使用，请再验证一次手机号，以后用微信就能直接进来。"))
        raise ImmediateHttpResponse(redirect(reverse("phone_login")))


# ------------------------------------------------------------------------------------------------ what happens around a login


def second_factor_added(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    """Who has just set up a second factor has passed it in this session. Recovery codes are none of their own."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        recovery_codes_made(sender, request, user, authenticator)
    else:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        second_factor_used(sender, request, authenticator)
        _written(user, "account.factor_add", authenticator)


def recovery_codes_made(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    """allauth writes down that codes were looked at; the page that shows them is a GET, so it is written as they are made."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        authenticator.wrap().mark_as_viewed()


def second_factor_removed(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    """A session that was let in by a factor that is gone has passed none; other sessions end."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    key = AUTHENTICATION_METHODS_SESSION_KEY
    if not Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        request.session[key] = [record for record in request.session.get(key, []) if record["method"] != "mfa"]
        accounts.end_sessions(user, but=request.session.session_key or "")
    _written(user, "account.factor_remove", authenticator)


def second_factor_used(sender: Any, request: HttpRequest, authenticator: Authenticator, **more: Any) -> None:
    """A code is good for once, as long as any code is taken: allauth remembers it for one period, and takes those beside it too. In a demo
    everybody shares the accounts and sees the same code: it may be used twice."""
    if authenticator.type != Authenticator.Type.TOTP:
        return
    used = authenticator.wrap()._get_used_cache_key(request.POST.get("code", ""))
    if settings.NUANXIN_DEMO:
        cache.delete(used)
    else:
        cache.set(used, "y", mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1))


def password_changed(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    """A new password ends the other sessions."""
    accounts.end_sessions(user, but=request.session.session_key or "")
    _written(user, "account.password", None)


def _written(user: User, verb: str, authenticator: Authenticator | None) -> None:
    on = clock.today()
    post = posts_of(user, on).select_related("org").first()
    if post is None:
        return
    facts = {"type": authenticator.type} if authenticator else {}
    with transaction.atomic():
        write_events(chain=post.org.code, lines=[(verb, f"user:{user.username}", facts)], by=user.username, on=on)


def connect() -> None:
    """Called once, when the apps are ready."""
    from allauth.account import signals as account_signals
    from allauth.mfa import signals
    from django.contrib.auth.signals import user_logged_in

    user_logged_in.connect(sessions.begun)
    signals.authenticator_added.connect(second_factor_added)
    signals.authenticator_reset.connect(recovery_codes_made)
    signals.authenticator_removed.connect(second_factor_removed)
    signals.authenticator_used.connect(second_factor_used)
    account_signals.password_changed.connect(password_changed)
