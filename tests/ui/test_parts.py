"""The shared parts that pages put together: fields, errors, facts, timelines, messages, confirmation, charts, maps."""

import json
import re
from decimal import Decimal
from html import unescape

import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

from nuanxin.ui.forms import ASKED, Form
from nuanxin.ui.parts import Chart, Fact, Happening, Map, Place


class Asked(Form):
    name = forms.CharField(label="姓名", help_text="与身份证一致", widget=forms.TextInput(attrs=ASKED["name"]))
    work = forms.ChoiceField(
        label="工作", choices=[("a", "外卖送餐"), ("b", "建筑工地上做工的人")], widget=forms.RadioSelect
    )
    month = forms.ChoiceField(label="月份", choices=[("1", "1月")], required=False)
    agreed = forms.BooleanField(label="同意")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False, initial="x")


def show(source: str, language: str = "zh-hans", **context: object) -> str:
    with override(language):
        template = engines["django"].from_string("{% load nuanxin_ui %}" + source)
        return template.render(context, RequestFactory().get("/")).strip()


@pytest.mark.parametrize(
    ("tag", "control", "help_class"), [("field", "form-control", "u-help"), ("worker_field", "w-input", "w-hint")]
)
def test_a_field_ties_label_help_and_error_to_its_input(tag, control, help_class):
    plain = show(f"{{% {tag} form.name %}}", form=Asked())
    assert '<label for="id_name">姓名</label>' in plain
    assert f'<span class="{help_class}" id="id_name_help">与身份证一致</span>' in plain
    (box,) = re.findall(r"<input[^>]+>", plain)
    assert f'class="{control}"' in box
    assert 'autocomplete="name"' in box
    assert 'aria-describedby="id_name_help"' in box
    assert "aria-invalid" not in box
    wrong = show(f"{{% {tag} form.name %}}", form=Asked({"name": ""}))
    (box,) = re.findall(r"<input[^>]+>", wrong)
    assert 'aria-describedby="id_name_help id_name_error"' in box
    assert 'aria-invalid="true"' in box
    assert '<span class="u-err" id="id_name_error">请填写</span>' in wrong


def test_choices_are_a_fieldset_that_can_be_jumped_to():
    form = Asked({"name": "x"})
    desk, worker = show("{% field form.work %}", form=form), show("{% worker_field form.work %}", form=form)
    for drawn in (desk, worker):
        assert re.match(r'<fieldset class="[^"]+" id="id_work" tabindex="-1" aria-describedby="id_work_error">', drawn)
        assert drawn.count('type="radio"') == 2
        assert "请选择一项" in drawn
        assert len(re.findall(r'id="id_work"', drawn)) == 1
    # A long choice makes the tiles a list.
    assert "w-choices--list" in worker
    assert "w-choices" not in desk


def test_optional_fields_say_so_and_hidden_ones_say_nothing():
    assert "（可不填）" in show("{% field form.month %}", form=Asked())
    assert "(optional)" in show("{% worker_field form.month %}", "en", form=Asked())
    assert "（可不填）" not in show("{% field form.name %}", form=Asked())
    assert (
        show("{% field form.hidden %}", form=Asked()) == '<input type="hidden" name="hidden" value="x" id="id_hidden">'
    )


def test_what_a_person_typed_is_escaped():
    assert "<x" not in show("{% field form.name %}{% errors form %}", form=Asked({"name": '"><x'}))


def test_error_summary_links_to_each_field():
    form = Asked({"name": ""})
    form.add_error(None, "这家已经申报过")
    drawn = show("{% errors form %}", form=form)
    assert 'role="alert" tabindex="-1"' in drawn
    assert "有 4 处要改" in drawn
    assert re.findall(r'<a href="#([^"]+)">([^<]+)</a>', drawn) == [
        ("id_name", "姓名：请填写"), ("id_work", "工作：请选择一项"), ("id_agreed", "同意：请勾选后再提交"),
    ]  # fmt: skip
    assert "<li>这家已经申报过</li>" in drawn
    one = Asked({"name": "x", "work": "a"})
    assert "1 thing to mend" in show("{% errors form %}", "en", form=one)
    assert show("{% errors form nothing %}", form=Asked(), nothing=None) == ""


def test_a_forms_own_sentence_is_kept():
    class Own(Form):
        agreed = forms.BooleanField(error_messages={"required": "请勾选“我自愿”"})

    assert Own({}).errors["agreed"] == ["请勾选“我自愿”"]


def test_facts_have_a_change_link_only_where_they_can_be_changed():
    drawn = show(
        "{% facts rows %}",
        rows=[Fact("姓名", "<b>", "/me/"), Fact("手机", "138****6021", masked=True), Fact("职业", "")],
    )
    assert re.findall(r'<dd class="u-act"><a href="/me/">改<span class="u-vh"> 姓名</span></a></dd>', drawn)
    assert drawn.count("u-act") == 1
    assert "&lt;b&gt;" in drawn
    assert '<dd class="u-mask">138****6021</dd>' in drawn
    assert "<dd>—</dd>" in drawn
    # Nothing but terms and descriptions may stand in a list of them.
    assert not re.search(r"</dd><a|<div><a", drawn)


def test_timeline_marks_the_current_entry():
    drawn = show(
        "{% timeline rows %}",
        rows=[Happening("今天", "已受理", "罗小满负责", now=True), Happening("昨天", "已提交", url="/x/")],
    )
    assert drawn.count('class="is-now"') == 1
    assert "<b" in drawn
    assert '<a href="/x/">已提交</a>' in drawn


@pytest.mark.parametrize(
    ("level", "tone"),
    [
        (constants.SUCCESS, "u-note--green"),
        (constants.WARNING, "u-note--amber"),
        (constants.ERROR, "u-note--red"),
        (constants.INFO, "u-note"),
    ],
)
def test_messages_are_notes_in_a_status_region(level, tone):
    drawn = render_to_string("ui/_messages.html", {"messages": [Message(level, "<b>已保存")]})
    assert 'role="status"' in drawn
    assert re.search(rf'class="u-note[^"]*{tone.removeprefix("u-note")}"', drawn)
    assert "&lt;b&gt;已保存" in drawn
    assert "<svg" in drawn
    assert render_to_string("ui/_messages.html", {}).strip() == ""


@pytest.mark.parametrize("page", ["ui/confirm.html", "ui/phone_confirm.html"])
def test_confirmation_names_what_it_touches_and_posts(page, rf):
    class Reason(Form):
        reason = forms.CharField(label="理由")

    context = {
        "question": "把 2 户退回？", "touched": ["QTX-H000011", "QTX-H000012"], "verb": "退回 2 户", "warning": "意见作废。",
        "back_url": "/rounds/", "carried": {"household": "11"}, "form": Reason({}),
    }  # fmt: skip
    with override("zh-hans"):
        drawn = render_to_string(page, context, rf.get("/"))
    (form,) = re.findall(r'<form method="post">.*?</form>', drawn, re.DOTALL)
    for part in (
        "csrfmiddlewaretoken",
        'name="household" value="11"',
        "QTX-H000012",
        "意见作废。",
        'href="/rounds/"',
        "id_reason_error",
    ):
        assert part in form, part
    assert re.search(r"<button[^>]*>退回 2 户</button>", form)
    assert drawn.index('role="alert"') < drawn.index("id_reason_error")


def chart(**more: object) -> Chart:
    given = {
        "code": "money", "title": "资金", "sentence": "助学最多", "kind": "bars", "categories": ["助学", "<医疗>"],
        "series": [("金额", [Decimal("38.20"), Decimal("11.4")])], "unit": "万元", "urls": ["/a/", "/b/"], "first_column": "去向",
    }  # fmt: skip
    return Chart(**{**given, **more})  # type: ignore[arg-type]


def test_chart_and_table_hold_the_same_figures():
    drawn = show("{% chart one %}", one=chart())
    data = json.loads(unescape(re.findall(r'data-chart="([^"]+)"', drawn)[0]))
    assert data["series"] == [{"name": "金额", "values": [38.2, 11.4]}]
    assert data["categories"] == ["助学", "<医疗>"]
    assert re.findall(r'<td class="r">([^<]+)</td>', drawn) == ["38.20", "11.4"]
    assert '<th scope="row"><a href="/a/">助学</a></th>' in drawn
    assert "金额 （万元）" in drawn
    # Without a script the table stands open and no empty drawing shows.
    assert "<details open>" in drawn
    assert re.search(r'role="img" aria-label="助学最多" hidden', drawn)
    assert "<script" not in drawn
    assert "<医疗>" not in drawn


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"series": [("金额", [1])]}, "one value per category"),
        ({"urls": ["/a/"]}, "one address"),
        ({"kind": "ring", "series": [("a", [1, 2]), ("b", [1, 2])]}, "one series"),
    ],
)
def test_a_chart_that_does_not_fit_together_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        chart(**wrong)


def the_map() -> Map:
    here = Place("高＊望", "小坝镇", "/h/1/", "1", "漏雨", "red", "一组", Decimal("38.02"), Decimal("106.07"))
    return Map("visits", "走访 2 户", [here, Place("石<＊>", "峡口镇", mark="2")], ["小坝镇", "峡口镇"])


def test_map_without_tiles_is_drawn_here_with_its_pins_as_links(settings):
    settings.NUANXIN_TILES = ""
    drawn = show("{% map_figure one %}{% map_list one %}{% map_scripts %}", one=the_map())
    assert 'href="/h/1/" aria-label="高＊望 1"' in drawn
    assert drawn.count("石&lt;＊&gt;") == 3
    assert "data-map" not in drawn
    assert "leaflet" not in drawn
    assert drawn.count('href="/h/1/"') == 2


def test_map_with_tiles_keeps_the_drawing_for_who_has_no_script(settings):
    settings.NUANXIN_TILES = "/tiles/{z}/{x}/{y}.png"
    drawn = show("{% map_figure one %}{% map_scripts %}", one=the_map())
    data = json.loads(unescape(re.findall(r'data-map="([^"]+)"', drawn)[0]))
    assert data["tiles"] == "/tiles/{z}/{x}/{y}.png"
    assert [(place["label"], place["at"]) for place in data["places"]] == [("高＊望", [38.02, 106.07])]
    assert "<svg" in drawn
    assert "leaflet.js" in drawn
