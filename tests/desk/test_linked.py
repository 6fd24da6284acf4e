"""The brief's text in pieces: every figure is found, and no letter changes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from nuanxin.desk.linked import Piece, _pieces, linked
from nuanxin.reports.brief import SECTIONS, make_brief

NOW = datetime(2023, 7, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.django_db
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pieces_are_the_text(city, lang):
    brief = make_brief(city, "2022Q3", "2023Q2", made_at=NOW, lang=lang)
    for (_, text), (_, pieces) in zip(brief.paragraphs, linked(brief), strict=True):
        assert "".join(piece.text for piece in pieces) == text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_clause_gives_its_figures(lang):
    for section in SECTIONS:
        for clauses in section.sentences:
            values = {}
            said = []
            for clause in clauses:
                sentence = clause.zh if lang == "zh" else clause.en
                names = [part.split("}")[0] for part in sentence.split("{")[1:]]
                for n, name in enumerate(names):
                    values[name] = (
                        ("约 71.8 万元" if lang == "zh" else "8,357.25 yuan") if "yuan" in name else f"{n + 1},234"
                    )
                said.append(sentence.format(**values))
            text = ("，" if lang == "zh" else ", ").join(said) + ("。" if lang == "zh" else ".")
            text = text[0].upper() + text[1:]
            found = list(_pieces(text, lang))
            assert {piece.figure: piece.text for piece in found if piece.figure} == values
            assert "".join(piece.text for piece in found) == text


def test_text_without_figures_is_one_piece():
    assert list(_pieces("没有。", "zh")) == [Piece("没有。")]
