"""Every shared part of a page on both faces, in its states: what the browser tests look at, and what an engineer copies from.

Served beside the product's own pages by ``tests.browser.settings``; never part of the product.
"""

import time
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from nuanxin.ui.forms import ASKED, Form
from nuanxin.ui.parts import Chart, Fact, Filter, Happening, Map, Place, Step
from nuanxin.union.models import User

TODAY = date(2023, 6, 28)
CHOICES = [
    ("wait", "外卖送餐"),
    ("post", "快递"),
    ("car", "网约车"),
    ("truck", "货车司机"),
    ("plant", "工厂"),
    ("other", "其他"),
]


class Asked(Form):
    """One field of each kind."""

    name = forms.CharField(label="姓名", widget=forms.TextInput(attrs=ASKED["name"]))
    number = forms.CharField(
        label="身份证号", help_text="只用来核实身份，填完就打码", widget=forms.TextInput(attrs=ASKED["id_number"])
    )
    work = forms.ChoiceField(label="您做什么工作", choices=CHOICES, widget=forms.RadioSelect)
    month = forms.ChoiceField(label="哪个月起", choices=[("1", "1月"), ("2", "2月")])
    why = forms.CharField(label="想说两句", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    needs = forms.MultipleChoiceField(
        label="要办的事", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("law", "法律援助和劳动争议调解"), ("health", "健康体检")],
    )  # fmt: skip
    paper = forms.FileField(
        label="照片", required=False, widget=forms.FileInput(attrs={"accept": "image/*", "capture": "environment"})
    )
    agreed = forms.BooleanField(label="我自愿申请，愿意接受核查")


class Reason(Form):
    reason = forms.CharField(label="理由", help_text="写进办理记录", widget=forms.Textarea(attrs={"rows": 2}))


STEPS = [Step("已提交", "done"), Step("已受理", "done"), Step("正在办理", "now"), Step("办结", "todo")]
FACTS = [
    Fact("姓名", "陈立冬", "/gallery/phone/"),
    Fact("身份证号", "6403**********2315", "/gallery/phone/", masked=True),
    Fact("手机", "138****6021", masked=True),
    Fact("职业", ""),
]
HAPPENINGS = [
    Happening(
        "今天 10:20 · 滨河商圈工会", "热水器已装好，正在通水检测", "就在滨河商圈驿站一楼，合格后就能用。", now=True
    ),
    Happening("6月13日 09:10 · 滨河商圈工会", "已受理，按“即时解决”办", url="/gallery/phone/"),
]
MONTHS = ["1月", "2月", "3月", "4月", "5月", "6月"]
CHARTS = [
    Chart(
        "months", "每月受理和办结", "6月受理 71 件，办结 58 件", "mixed", MONTHS,
        [("受理", [33, 38, 51, 56, 64, 71]), ("办结", [36, 36, 49, 55, 62, 58])], "件", ["/gallery/desk/"] * 6, "月份",
    ),
    Chart(
        "money", "资金用在哪里", "一线慰问最多，38.2 万元", "ring", ["一线慰问", "助学", "生活救助"],
        [("资金", [Decimal("38.2"), Decimal("23.8"), Decimal("14.6")])], "万元", (), "去向",
    ),
    Chart("asked", "反映最多的难题", "进门难 46 件", "rows", ["进门难", "停车难", "充电难"], [("件数", [46, 41, 33])], "件", (), "难题"),
    Chart("line", "每月建档", "6月建档 5 户", "line", MONTHS, [("建档", [2, 3, 3, 4, 4, 5])], "户", (), "月份"),
    Chart("bars", "每月走访", "6月走访 23 户", "bars", MONTHS, [("走访", [12, 13, 13, 14, 24, 23])], "户", (), "月份"),
]  # fmt: skip
MAP = Map(
    "visits", "6月29日走访的 15 户，两组",
    [
        *(
            Place(f"高＊望 {n}", "小坝镇", "/gallery/desk/", str(n), "房屋漏雨", "red" if n == 1 else "green", "一组",
                  Decimal("38.02") + Decimal(n) / 200, Decimal("106.07") + Decimal(n % 4) / 100)
            for n in range(1, 14)
        ),
        Place("石＊", "峡口镇", "/gallery/desk/", "1", "慢性病", "blue", "二组", Decimal("37.9"), Decimal("106.0")),
        Place("夏＊舒", "叶盛镇", "", "2", "住院", "blue", "二组"),
    ],
    ["小坝镇", "大坝镇", "青铜峡镇", "叶盛镇", "瞿靖镇", "峡口镇", "邵岗镇", "陈袁滩镇", "裕民街道"],
)  # fmt: skip

PARTS = """{% load nuanxin_ui %}
<h2>步骤和期限</h2>
<section class="u-card"><div class="u-card__bd">{% steps steps "办理进度" %}</div></section>
<p>{% for day in days %}{{ day|due:today }} {% endfor %}{% chip "待认定" "amber" %} {% chip "已办结" "green" %} {% chip "超期" "red" %} {% chip "报名中" "blue" %} {% chip "草稿" %}</p>
<p class="u-num">{{ amount|money }} · {% icon "map-pin" %} 峡口镇</p>
{% quota 31 34 "已报 31 家，应报 34 家" %}
<h2>要点</h2>
<section class="u-card"><div class="u-card__bd">{% facts facts_ %}</div></section>
<h2>经过</h2>
<section class="u-card"><div class="u-card__bd">{% timeline happenings %}</div></section>
<h2>没有内容</h2>
<section class="u-card">{% empty "还没有档案" "folder" "/gallery/desk/" "看本季度" %}</section>
<div class="u-note">{% icon "info-circle" %}<p>说明一件事。</p></div><div class="u-note u-note--red">{% icon "alert-circle" %}<p>没有保存。</p></div>
"""
DESK = (
    """{% extends "ui/desk_base.html" %}{% load nuanxin_ui %}{% block title %}部件{% endblock %}{% block heading %}部件{% endblock %}
{% block scripts %}{% chart_scripts %}{% map_scripts %}{% endblock %}
{% block content %}{% errors form %}<div class="d-cols d-cols--main"><div class="d-stack">"""
    + PARTS
    + """<section class="u-card">{% filters fields %}<div class="u-card__bd"><p>表</p></div>{% pager page "户" %}</section>
<section class="u-card"><div class="u-card__hd"><h2>走访安排</h2></div>{% map_figure map %}{% map_list map %}</section>
{% for one in charts %}<section class="u-card"><div class="u-card__hd"><h2>{{ one.title }}</h2></div><div class="u-card__bd">{% chart one %}</div></section>
{% endfor %}</div><section class="u-card"><div class="u-card__bd"><form method="post" action="/gallery/desk/">{% for bound in form %}{% field bound %}{% endfor %}<button class="btn btn-primary">提交</button></form></div></section></div>{% endblock %}"""
)
PHONE = (
    """{% extends "ui/phone_base.html" %}{% load nuanxin_ui %}{% block title %}部件{% endblock %}{% block heading %}部件{% endblock %}
{% block scripts %}{% chart_scripts %}{% map_scripts %}{% endblock %}
{% block errors %}{% errors form %}{% endblock %}{% block lead %}<p class="w-lead">三步，约 2 分钟，提交后随时看进度。</p>{% endblock %}
{% block content %}"""
    + PARTS
    + """{% map_figure small_map %}{% chart charts.0 %}
<form method="post" id="asked" enctype="multipart/form-data" action="/gallery/phone/">{% for bound in form %}{% worker_field bound %}{% endfor %}</form>{% endblock %}
{% block action %}<div class="w-actions"><div class="w-actions__in"><a class="w-btn w-btn--quiet w-btn--part" href="tel:12351">{% icon "phone" %}问一问</a><button class="w-btn" form="asked">下一步：核对</button></div></div>{% endblock %}"""
)
HOME = """{% extends "ui/phone_base.html" %}{% load nuanxin_ui %}{% block title %}首页{% endblock %}{% block head %}<h1 class="u-vh">首页</h1>{% endblock %}
{% block content %}<a class="u-card u-card--link w-pad w-gap-below" href="/gallery/phone/"><div class="w-row"><span><span class="u-cap">我正在办的事</span><br><b class="u-strong">送餐路上喝不上热水</b></span>{{ days.3|due:today }}</div>{% steps steps "办理进度" %}</a>
<h2 class="w-h2">有事找工会</h2><div class="w-grid"><a class="w-tile" href="/gallery/phone/"><i class="w-tile__i">{% icon "home-heart" %}</i><b>家里有困难</b><span>生活 看病 上学</span></a>
<a class="w-tile" href="/gallery/phone/"><i class="w-tile__i">{% icon "tool" %}</i><b>工作有难题</b><span>停车 进门 欠薪</span></a></div>
<h2 class="w-h2">我的消息<a href="/gallery/phone/">全部 6 条</a></h2><div class="u-card"><a class="w-item" href="/gallery/phone/"><span class="w-item__i">{% icon "heartbeat" %}</span><span class="w-item__b"><b>免费“两癌”筛查</b><span>35–60 岁女职工</span></span>{% icon "chevron-right" %}</a></div>{% endblock %}"""


def _context(**more: object) -> dict[str, object]:
    days = [TODAY + timedelta(days=n) for n in (-3, 0, 1, 5)]
    return {
        "org_name": "青铜峡市总工会", "officer": "何秋实", "officer_post": "权益保障部", "greeting": "陈师傅，您好",
        "steps": STEPS, "days": days, "today": TODAY, "amount": Decimal("8000"), "facts_": FACTS, "happenings": HAPPENINGS,
        "charts": CHARTS, "map": MAP, "small_map": Map("near", "走访的 3 户", MAP.places[11:], MAP.towns, columns=2),
        "fields": [Filter("state", "全部状态", "open", [("open", "在办")]), Filter("q", "姓名")],
        "page": Paginator(range(45), 20).page(2), **more,
    }  # fmt: skip


def _drawn(request: HttpRequest, source: str, **more: object) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(source).render(_context(**more), request))


def _form(request: HttpRequest) -> Asked:
    return Asked(request.POST if request.method == "POST" else None)


@login_not_required
@csrf_exempt
def desk(request: HttpRequest) -> HttpResponse:
    return _drawn(request, DESK, form=_form(request))


@login_not_required
@csrf_exempt
def phone(request: HttpRequest) -> HttpResponse:
    return _drawn(request, PHONE, form=_form(request), back_url="/gallery/home/")


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    return _drawn(request, HOME, section="home", tab_counts={"matters": 1})


@login_not_required
def confirm(request: HttpRequest, face: str) -> HttpResponse:
    asked = Reason(request.POST) if request.method == "POST" else Reason()
    return render(
        request, "ui/phone_confirm.html" if face == "phone" else "ui/confirm.html",
        _context(
            question="把 2 户退回重新走访？", touched=["QTX-H000011 高＊望", "QTX-H000012 石＊"], form=asked, verb="退回 2 户",
            warning="退回后，已写的认定意见作废。", back_url="/gallery/home/", carried={"household": "11"},
        ),
    )  # fmt: skip


@login_not_required
@csrf_exempt
@require_POST
def sign_in(request: HttpRequest, username: str) -> HttpResponse:
    """Sign a demo account in with its second factor behind it, for tests of what comes after."""
    user = User.objects.get(username=username)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    request.session["account_authentication_methods_user"] = request.session["_auth_user_id"]
    request.session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()}, {"method": "mfa", "type": "totp", "at": 0},
    ]  # fmt: skip
    request.session["account_authentication_methods_user"] = request.session["_auth_user_id"]
    return HttpResponse("ok")


_tabs = [path(f"gallery/{name}/", home, name=name) for name in ("home", "matters", "messages", "me")]
urlpatterns = [
    path("gallery/desk/", desk),
    path("gallery/phone/", phone),
    path("gallery/sign-in/<str:username>/", sign_in),
    path("gallery/confirm/<str:face>/", confirm),
    path("", include((_tabs, "gallery"))),
    path("", include("nuanxin.site.urls")),
]
