"""Words of the desk: every state, event and kind that can be stored has its words, in Chinese and in English."""

import gettext
import re
from pathlib import Path

import pytest
from django.utils.translation import override

from nuanxin.care import flows
from nuanxin.care.models import AidPlan, Consent, Finding, Lead, Offer, Visit
from nuanxin.care.rules import HELD
from nuanxin.desk import words
from nuanxin.union.models import Kinship

CATALOGUE = Path(__file__).parents[2] / "src/nuanxin/desk/locale/en/LC_MESSAGES"


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.ROUND, flows.ROUND.states),
        (words.LEAD, flows.LEAD.states),
        (words.FINDING, flows.FINDING.states),
        (words.TIERS, dict(Finding.TIERS)),
        (words.RELATION, dict(Kinship.RELATIONS)),
        (words.ITEM, dict(AidPlan.ITEMS)),
        (words.OFFER, {"": 0} | dict(Offer.KINDS)),
        (words.HELD, HELD),
        (words.CONSENT, dict(Consent._meta.get_field("how").choices)),
        (words.CONCLUSION, dict(Visit._meta.get_field("conclusion").choices)),
        (words.SOURCE, dict(Lead._meta.get_field("source").choices)),
    ],
)
def test_every_code_has_its_words(table, codes):
    assert set(table) == set(codes)


def test_every_event_of_a_finding_has_its_sentence():
    assert {f"finding.{verb}" for verb in flows.FINDING.moves} <= set(words.EVENTS)


def test_an_event_says_its_facts_in_words():
    assert words.event("file.tier", {"from": "deep", "to": "relative"}) == "类别变更：深度困难 → 相对困难"
    assert words.event("finding.offer", {"kind": "declined"}) == "转介帮扶：不接受其他帮扶"
    assert words.event("file.open", {}) == "建档"
    assert words.event("new.verb", {}) == "new.verb"
    with override("en"):
        assert words.event("visit.record", {"conclusion": "nobody_home"}) == "Visited: Nobody home"


def test_places_and_names_are_short():
    assert words.short_union("古峡社区工会联合会") == "古峡社区"
    assert words.short_union("红柳酿造工会委员会") == "红柳酿造"
    assert words.short_union("工会") == "工会"
    assert words.street("小坝镇利民街12号3单元401") == "小坝镇＊＊"
    assert words.street("某处") == "＊＊"
    assert words.street("") == ""


def test_the_compiled_catalogue_is_of_the_current_source():
    source = (CATALOGUE / "django.po").read_text(encoding="utf-8")
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"', source, re.MULTILINE)
    assert pairs
    assert all(compiled.gettext(zh) == en for zh, en in pairs)
