import re

import pytest

from nuanxin.sheets import Message, Refusal
from nuanxin.sheets.masks import mask_digits, mask_id, mask_name, mask_phone
from nuanxin.sheets.messages import CELL, WHOLE


def test_every_sentence_stands_in_both_languages_with_the_same_arguments() -> None:
    for code, languages in WHOLE.items():
        assert set(languages) == {"zh", "en"}, code
        assert set(re.findall(r"\{(\w+)\}", languages["zh"])) == set(re.findall(r"\{(\w+)\}", languages["en"])), code
        assert languages["zh"].endswith("。"), code
        assert languages["en"].endswith("."), code
    for code, pairs in CELL.items():
        assert set(pairs) == {"zh", "en"}, code
        assert len(pairs["zh"]) == len(pairs["en"]) == 2, code
        assert all(pairs["zh"]), code
        assert all(pairs["en"]), code
        assert not re.search(r"[一-鿿]", pairs["en"][0].replace("万元", "").replace("本人", "")), code


def test_a_refusal_says_where_what_and_how_to_mend() -> None:
    refusal = Refusal("甲.xlsx", "摸排表", 7, "家庭年收入（元）", "income", "约3万", "amount_unclear")
    assert refusal.sentence("zh").startswith(
        "甲.xlsx 工作表“摸排表” 第 7 行 “家庭年收入（元）”列：“约3万”不是一个确定的数"
    )
    assert refusal.sentence("en").startswith(
        "甲.xlsx, sheet “摸排表”, row 7, column “家庭年收入（元）”: “约3万” is not one definite figure"
    )
    assert refusal.sentence("zh").endswith(f"{refusal.mend('zh')}。")


def test_values_are_not_templates() -> None:
    refusal = Refusal("a", "s", 1, "c", "income", "{row} {0} %s", "amount_unclear")
    assert "{row} {0} %s" in refusal.why()
    assert Message("not_spreadsheet", {"kind": "网页"}).text("en").count("a web page") == 1


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (mask_id("640381197112122498"), "6403**********2498"),
        (mask_id("123456"), "12****"),
        (mask_phone("13800006021"), "138****6021"),
        (mask_name("韩春晓"), "韩＊晓"),
        (mask_name("田英"), "田＊"),
        (mask_name("欧阳春华"), "欧＊＊华"),
        (mask_name("张"), "＊"),
        (mask_digits("电话13800006021，卡6222021234567890123"), "电话1380***6021，卡6222***********0123"),
    ],
)
def test_masks(made: str, expected: str) -> None:
    assert made == expected
