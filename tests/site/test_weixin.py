"""WeChat's login against a server on this machine that answers as WeChat's does; real WeChat is not reachable from a test."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.weixin import views as weixin
from django.test import Client
from django.urls import path

from nuanxin.site.urls import urlpatterns as ours
from nuanxin.union import secrets
from nuanxin.union.models import TextMessage, User

pytestmark = pytest.mark.django_db
urlpatterns = [
    path("account/weixin/", weixin.oauth2_login, name="weixin_login"),
    path("account/weixin/callback/", weixin.oauth2_callback, name="weixin_callback"),
    *ours,
]
PROFILE = {"openid": "o-1", "unionid": "u-1", "nickname": "梅", "headimgurl": "", "sex": 2}


class WeChat(BaseHTTPRequestHandler):
    profile = PROFILE

    def answer(self):
        body = (
            {"access_token": "t-1", "expires_in": 7200, "openid": "o-1"}
            if self.path.startswith("/token")
            else type(self).profile
        )
        sent = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def wechat(settings, monkeypatch):
    server = HTTPServer(("127.0.0.1", 0), WeChat)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    at = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(weixin.WeixinOAuth2Adapter, "access_token_url", f"{at}/token")
    monkeypatch.setattr(weixin.WeixinOAuth2Adapter, "profile_url", f"{at}/userinfo")
    settings.ROOT_URLCONF = __name__
    settings.NUANXIN_WEIXIN = ("wx-1", "secret-1")
    settings.SOCIALACCOUNT_PROVIDERS = {"weixin": {"APPS": [{"client_id": "wx-1", "secret": "secret-1"}]}}
    yield WeChat
    WeChat.profile = PROFILE
    server.shutdown()
    thread.join()
    server.server_close()


def come_back(client):
    """To WeChat and back, as a browser would."""
    sent = client.get("/account/weixin/")
    asked = urlsplit(sent.headers["Location"])
    assert asked.netloc == "open.weixin.qq.com"
    state = parse_qs(asked.query)["state"][0]
    return client.get("/account/weixin/callback/", {"code": "c-1", "state": state})


def test_the_first_time_the_phone_is_proved_and_then_wechat_alone_is_enough(city, wechat):
    client = Client(HTTP_HOST="127.0.0.1")
    assert "微信登录" in client.get("/").content.decode()
    assert come_back(client).headers["Location"] == "/account/phone/"
    assert not User.objects.exists()
    client.post("/account/phone/", {"phone": "13800002023"})
    text = secrets.unseal(bytes(TextMessage.objects.get().text_cipher))
    client.post("/account/phone/code/", {"code": re.search(r"\d{6}", text)[0]})
    client.post("/account/phone/join/", {"name": "韩梅晓", "org": "QTX-01-E01"})
    worker = User.objects.get()
    kept = SocialAccount.objects.get()
    # The same person has another openid in every mini-program: the unionid is the one that stays, and nothing else is kept.
    assert (kept.uid, kept.user, kept.extra_data) == ("u-1", worker, {})
    assert not SocialToken.objects.exists()

    again = Client(HTTP_HOST="127.0.0.1")
    wechat.profile = PROFILE | {"openid": "o-of-another-program"}
    assert come_back(again).status_code == 302
    assert again.session["_auth_user_id"] == str(worker.pk)


def test_without_a_unionid_nobody_comes_in(city, wechat):
    wechat.profile = {"openid": "o-1", "nickname": "梅"}
    client = Client(HTTP_HOST="127.0.0.1")
    page = come_back(client)
    assert "微信登录没有成功" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_answer_that_nobody_asked_for_is_refused(city, wechat):
    client = Client(HTTP_HOST="127.0.0.1")
    page = client.get("/account/weixin/callback/", {"code": "c-1", "state": "made-up"})
    assert "微信登录没有成功" in page.content.decode()
