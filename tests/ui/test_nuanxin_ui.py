"""Template tags and filters, used through real templates."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils.translation import override

from nuanxin.ui.parts import Chart, Filter, Step

TODAY = date(2023, 6, 28)


def show(source: str, address: str = "/", language: str = "zh-hans", **context: object) -> str:
    with override(language):
        template = engines["django"].from_string("{% load nuanxin_ui %}" + source)
        return template.render(context, RequestFactory().get(address)).strip()


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def test_icon_is_inlined_hidden_from_readers_and_without_styles():
    drawn = show('{% icon "map-pin" %}')
    assert drawn.startswith('<svg class="u-ico"')
    assert 'aria-hidden="true"' in drawn
    assert "style=" not in drawn
    assert "<path" in drawn


@pytest.mark.parametrize("name", ["no-such-icon", "../tabler/LICENSE", ""])
def test_unknown_icon_is_an_error(name):
    with pytest.raises(ValueError, match="no icon"):
        show("{% icon name %}", name=name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("935000"), "935,000.00"),
        ("62300.5", "62,300.50"),
        (0, "0.00"),
        (Decimal("-12.30"), "-12.30"),
        # A figure just over a limit of 1,105 must not be shown as the limit.
        (Decimal("1105.0033"), "1,105.0033"),
        (Decimal("1E+3"), "1,000.00"),
        (None, "—"),
        ("", "—"),
    ],
)
def test_amount(value, shown):
    assert show("{{ value|amount }}", value=value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (3912, "3,912"), (Decimal("226980.02"), "226,980.02"), (None, "—"), ("", "—")]
)
def test_figures_have_thousands_separators(value, shown):
    assert show("{{ value|number }}", value=value) == shown
    chart = Chart("one", "图", "句", "bars", ["甲"], [("数", [value or 0])])
    assert f'<td class="r">{shown.replace("—", "0")}</td>' in show("{% chart one %}", one=chart)


def test_a_long_lists_pager_has_them_too():
    pages = Paginator(range(3912), 2)
    assert "共 3,912 户，第 1,000 / 1,956 页" in show('{% pager page "户" %}', page=pages.page(1000))


def test_amount_refuses_floats():
    with pytest.raises(TypeError, match="Decimal"):
        show("{{ value|amount }}", value=0.1)


def test_money_and_fen_carry_their_unit():
    assert show("{{ value|money }}", value=Decimal("8000")) == '<span class="u-money">8,000.00<small>元</small></span>'
    assert words(show("{{ value|fen }}", value=93500001)) == "935,000.01 元"
    assert words(show("{{ value|money }}", language="en", value=Decimal("8000"))) == "8,000.00 yuan"
    assert show("{{ value|fen }}", value=None) == "—"


def test_masks():
    assert show("{{ a|mask_name }} {{ b|mask_name }}", a="韩春晓", b="田禾") == "韩＊晓 田＊"
    assert show("{{ a|mask_id }}", a="640321198704280428") == "6403**********0428"
    assert show("{{ a|mask_phone }}", a="13812346021") == "138****6021"
    assert show("{{ a|mask_card }}", a="6228480402564892290") == "尾号 2290"


def test_quarter_name_in_both_languages():
    assert show("{{ q|quarter_name }}", q="2023Q2") == "2023年第二季度"
    assert show("{{ q|quarter_name }}", language="en", q="2023Q2") == "2023 Q2"
    with pytest.raises(ValueError, match="2022Q3"):
        show("{{ q|quarter_name }}", q="2023Q5")


@pytest.mark.parametrize(
    ("day", "tone", "zh", "en"),
    [
        (date(2023, 6, 25), "over", "超期 3 天", "3 days overdue"),
        (date(2023, 6, 27), "over", "超期 1 天", "1 day overdue"),
        (date(2023, 6, 28), "soon", "今天到期", "Due today"),
        (date(2023, 6, 29), "soon", "明天到期", "Due tomorrow"),
        (date(2023, 6, 30), "ok", "还有 2 天", "2 days left"),
    ],
)
def test_due_says_it_in_words_with_an_icon(day, tone, zh, en):
    badge = show("{{ day|due:today }}", day=day, today=TODAY)
    assert f"u-due--{tone}" in badge
    assert "<svg" in badge
    assert words(badge) == zh
    assert words(show("{{ day|due:today }}", language="en", day=day, today=TODAY)) == en


def test_no_deadline_shows_nothing():
    assert show("{{ day|due:today }}", day=None, today=TODAY) == ""


def test_chip_escapes_and_knows_its_tones():
    assert (
        show('{% chip text "amber" %}', text="<b>待认定") == '<span class="u-chip u-chip--amber">&lt;b&gt;待认定</span>'
    )
    with pytest.raises(ValueError, match="green"):
        show('{% chip "x" "pink" %}')


def test_steps_mark_the_current_one():
    steps = [Step("摸排", "done", "4月1日–20日"), Step("走访", "now"), Step("认定", "todo")]
    drawn = show('{% steps steps "本季度进度" %}', steps=steps)
    assert 'aria-label="本季度进度：走访"' in drawn
    assert re.search(r'<li class="is-now" aria-current="step">走访', drawn)
    assert drawn.count("aria-current") == 1
    assert "4月1日–20日" in drawn


@pytest.mark.parametrize(("done", "total", "width"), [(88, 94, "93.6%"), (0, 0, "0.0%"), (95, 94, "100.0%")])
def test_quota_draws_its_share_without_a_style(done, total, width):
    drawn = show("{% quota done total label %}", done=done, total=total, label="已上报")
    assert f'<rect width="{width}"' in drawn
    assert 'aria-label="已上报"' in drawn
    assert "style=" not in drawn


def test_pager_keeps_the_other_parameters():
    page = Paginator(range(45), 20).page(2)
    drawn = show('{% pager page "户" %}', "/files/?q=韩&tier=deep&page=2", page=page)
    assert "共 45 户，第 2 / 3 页" in words(drawn)
    before, after = re.findall(r'href="([^"]+)"', drawn)
    for link, number in ((before, 1), (after, 3)):
        assert f"page={number}" in link
        assert "tier=deep" in link
        assert "q=" in link
    first = show('{% pager page "户" %}', page=Paginator(range(3), 20).page(1))
    assert "href" not in first


def test_filters_are_a_get_form_that_keeps_what_was_chosen():
    fields = [
        Filter("q", "姓名", '"><x'),
        Filter("tier", "类别", "deep", [("deep", "深度困难"), ("relative", "相对困难")]),
    ]
    drawn = show("{% filters fields %}", fields=fields)
    assert 'method="get"' in drawn
    assert '<option value="deep" selected>' in drawn
    assert '<option value="relative">' in drawn
    assert "<x" not in drawn
    assert "清除" in drawn
    assert "清除" not in show("{% filters fields %}", fields=[Filter("q", "姓名")])


def test_empty_state_has_one_sentence_and_at_most_one_action():
    assert "<a " not in show('{% empty "还没有档案" %}')
    assert '<a href="/rounds/">看本季度</a>' in show('{% empty "还没有档案" "folder" "/rounds/" "看本季度" %}')


def test_all_icons_can_be_drawn():
    folder = Path(__file__).parents[2] / "src/nuanxin/ui/static/nuanxin/vendor/tabler-icons"
    names = [path.stem for path in folder.glob("*.svg")]
    assert len(names) >= 60
    for name in names:
        assert "<path" in show("{% icon name %}", name=name)
