from decimal import Decimal

import pytest

from nuanxin.care import rules

CODES = {"QTX": 1, "QTX-01": 2, "QTX-01-E1": 3, "QTX-01-E10": 4, "QTX-09-E02": 5}
NAMES = {
    "某市总工会": 1,
    "小坝镇总工会": 2,
    "峡光铝材工会委员会": 3,
    "峡光铝材二厂工会委员会": 4,
    "灌区机电工会委员会": 5,
}


@pytest.mark.parametrize(
    ("stem", "title", "found"),
    [
        ("QTX-01-E1-峡光铝材工会委员会", "峡光铝材工会委员会", (3, None)),
        ("QTX-01-E10-峡光铝材二厂", None, (4, None)),
        ("qtx-01-e1_峡光", None, (3, None)),
        ("2022Q3-QTX-01-E1", None, (3, None)),
        ("QTX-01-E1-20220815", None, (3, None)),
        ("QTX-01-E99-新厂", None, (None, "unknown_union")),
        ("摸排表最终", "峡光铝材工会委员会", (3, None)),
        ("峡光铝材二厂工会委员会摸排表最终", None, (4, None)),
        ("摸排表", None, (None, "unknown_union")),
        ("QTX-01-E1", "灌区机电工会委员会", (None, "union_conflict")),
        ("QTX-01-E1", "没有登记的名字", (3, None)),
    ],
)
def test_whose_file_it_is(stem, title, found):
    assert rules.union_of_file(stem, title, CODES, NAMES) == found


def test_same_figures_read_nothing_as_zero():
    one = {"members": 3, "income": Decimal(100), "loss": None, "runs_business": False}
    assert rules.same_figures(one, {"members": 3, "income": Decimal("100.00"), "loss": Decimal(0)})
    assert not rules.same_figures(one, {"members": 3, "income": Decimal("100.01")})


def test_the_last_visit_has_the_last_word():
    used = rules.used_figures(
        {"members": 4, "income": Decimal(9)}, [{"members": 3, "income": None}, {"income": Decimal(0)}]
    )
    assert (used["members"], used["income"]) == (3, Decimal(0))


@pytest.mark.parametrize(
    ("cause", "kind"),
    [("本人大病", "health_check"), ("子女上学", "education"), ("下岗失业", "training"), ("", "legal_aid")],
)
def test_an_offer_fits_the_cause(cause, kind):
    assert rules.offer_for(cause) == kind


class TestCeilings:
    AMOUNTS = {"living": Decimal(8160), "medical": Decimal(120000), "schooling": Decimal(3000)}

    def cut(self, rows, given=None):
        return {item: amount for item, (amount, _, _) in rules.cut_to_ceilings(self.AMOUNTS, rows, given or {}).items()}

    def test_of_an_item(self):
        cut = rules.cut_to_ceilings(
            self.AMOUNTS, [{"item": "medical", "per": "item", "amount": "100000", "clause": "c"}], {}
        )
        assert cut["medical"] == (Decimal(100000), Decimal(20000), "c")
        assert cut["living"] == (Decimal(8160), Decimal(0), "")

    def test_of_all_items_in_a_year_is_used_up_in_order(self):
        rows = [{"item": "*", "per": "year", "amount": "100000", "clause": "c"}]
        assert self.cut(rows) == {"living": Decimal(8160), "medical": Decimal(91840), "schooling": Decimal(0)}

    def test_in_total_counts_what_was_given(self):
        rows = [{"item": "medical", "per": "total", "amount": "150000", "clause": "c"}]
        assert self.cut(rows, {("medical", "total"): Decimal(100000)})["medical"] == Decimal(50000)
