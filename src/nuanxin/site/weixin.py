"""WeChat's login, keyed on ``unionid``: one person has one openid per mini-program or official account, but one unionid for all."""

from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.weixin.provider import WeixinProvider


class Weixin(WeixinProvider):
    """Registered by the setting ``provider_class``; nothing of the profile is kept but the unionid."""

    def extract_uid(self, data: dict[str, Any]) -> str:
        if not data.get("unionid"):
            raise OAuth2Error("no unionid: bind the official account to an account of the WeChat open platform")
        return str(data["unionid"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}
