"""Forms of the entrance: allauth's with our words, and the worker's own."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as factor
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn import forms as key
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from nuanxin.records.services import Refused
from nuanxin.site import demo
from nuanxin.ui.forms import ASKED, Form
from nuanxin.ui.pages import in_language
from nuanxin.union import accounts

_WORDS = {
    "login": _("账号"),
    "password": _("密码"),
    "oldpassword": _("现在的密码"),
    "password1": _("新密码"),
    "password2": _("再输一遍新密码"),
    "token": _("口令"),
    "code": _("6 位验证码"),
    "name": _("给密钥起个名字"),
}
_HELP = {"password1": _("至少 10 位；不要用常见的密码，也不要和账号、姓名相近。")}


class _Ours:
    """Our labels, no words inside the fields, and a sentence for what is empty."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, field in self.fields.items():
            field.label = _WORDS.get(name, field.label)
            field.help_text = _HELP.get(name, "")
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = _("请填写")
        if "code" in self.fields:
            self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}


class Login(_Ours, account.LoginForm):
    """``?as=he`` fills the account in, for the links of the demo's table."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        asked = self.request.GET.get("as", "") if self.request and not self.is_bound else ""
        self.fields["login"].initial = asked
        self.fields["password" if asked else "login"].widget.attrs["autofocus"] = True

    @property
    def demo_password(self) -> str:
        return demo.PASSWORD if settings.NUANXIN_DEMO else ""


class ChangePassword(_Ours, account.ChangePasswordForm):
    pass


class ChoosePassword(_Ours, account.PasswordVerificationMixin, forms.Form):  # type: ignore[misc]
    """The own password, by what was handed over; a script fills in account and token from the link."""

    login = forms.CharField(
        max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"})
    )
    token = forms.CharField(
        max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    password1 = account.PasswordField(label="", autocomplete="new-password")
    password2 = account.PasswordField(label="", autocomplete="new-password")

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or {})
        if "login" in told and "token" in told:
            try:
                self.user = accounts.invited(told["login"], told["token"])
            except Refused as refused:
                raise forms.ValidationError([in_language(reason) for reason in refused.reasons]) from None
            if password := told.get("password1"):
                try:
                    validate_password(password, self.user)
                except forms.ValidationError as wrong:
                    self.add_error("password1", wrong)
        return told


class Reauthenticate(_Ours, account.ReauthenticateForm):
    pass


class Factor(_Ours, factor.AuthenticateForm):
    """The challenge; in a demo it knows the current code, which the page then shows."""

    @property
    def demo_code(self) -> str:
        return demo_code(self.user)

    @property
    def has_key(self) -> bool:
        return Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).exists()


class FactorAgain(_Ours, factor.ReauthenticateForm):
    @property
    def demo_code(self) -> str:
        return demo_code(self.user)


class ActivateTotp(_Ours, totp.ActivateTOTPForm):
    pass


class AddKey(_Ours, key.AddWebAuthnForm):
    pass


class EditKey(_Ours, key.EditWebAuthnForm):
    pass


def demo_code(user: Any) -> str:
    """The code that an authenticator app would show now, for an account with the demo's printed secret; else empty."""
    if not settings.NUANXIN_DEMO:
        return ""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if found is None or decrypt(found.data["secret"]) != demo.SECRET:
        return ""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(demo.SECRET, counters[len(counters) // 2]))


class Phone(Form):
    phone = forms.CharField(
        label=_("手机号"), max_length=20,
        widget=forms.TextInput(attrs={**ASKED["phone"], "type": "tel", "maxlength": "20", "autofocus": True}),
    )  # fmt: skip


class Code(Form):
    code = forms.CharField(
        label=_("6 位验证码"), max_length=12,
        widget=forms.TextInput(attrs={**ASKED["code"], "maxlength": "7", "autofocus": True}),
    )  # fmt: skip


class Join(Form):
    name = forms.CharField(label=_("姓名"), max_length=60, widget=forms.TextInput(attrs=dict(ASKED["name"])))


class Claiming(Form):
    name = forms.CharField(
        label=_("姓名"),
        help_text=_("和身份证上的一样"),
        max_length=60,
        widget=forms.TextInput(attrs=dict(ASKED["name"])),
    )
    number = forms.CharField(
        label=_("身份证号"), help_text=_("只用来核实身份，提交后只显示前四位和后四位"), max_length=20,
        widget=forms.TextInput(attrs=dict(ASKED["id_number"])),
    )  # fmt: skip
