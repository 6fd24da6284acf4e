"""Addresses of the faces. Of allauth's pages only those that are used, one by one."""

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.weixin import views as weixin
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from nuanxin.site import entrance, views
from nuanxin.union.models import User


def change_password(request: HttpRequest, **address: Any) -> HttpResponseBase:
    """Not there for who has no password, as a worker has none."""
    if not (isinstance(request.user, User) and request.user.has_usable_password()):
        raise Http404
    return account.password_change(request, **address)


ENTRANCE: list[URLPattern] = [
    path("phone/", entrance.phone_login, name="phone_login"),
    path("phone/code/", entrance.phone_code, name="phone_code"),
    path("phone/join/", entrance.phone_join, name="phone_join"),
    path("me/", entrance.claim, name="account_claim"),
    path("sessions/", entrance.sessions, name="account_sessions"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/choose/", entrance.choose_password, name="account_choose_password"),
    path("password/", change_password, name="account_change_password"),
    path("second/", mfa.index, name="mfa_index"),
    path("second/code/", mfa.authenticate, name="mfa_authenticate"),
    path("second/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("second/app/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("second/codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("second/keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("second/keys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("second/keys/again/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("second/keys/<int:pk>/edit/", keys.edit_webauthn, name="mfa_edit_webauthn"),
]
if entrance.weixin_on():
    ENTRANCE += [
        path("weixin/", weixin.oauth2_login, name="weixin_login"),
        path("weixin/callback/", weixin.oauth2_callback, name="weixin_callback"),
        path("weixin/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
        path("weixin/error/", social.login_error, name="socialaccount_login_error"),
    ]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("demo/day/", views.demo_day, name="demo_day"),
    path("inbox/", entrance.demo_inbox, name="demo_inbox"),
    path("texts/", entrance.inbox, name="inbox"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("account/", include(ENTRANCE)),
    path("", include("nuanxin.ui.urls")),
    path("my/", include("nuanxin.phone.urls")),
    path("", include("nuanxin.desk.urls")),
]
