"""The examples from the unions' files to the brief, in this database (SQLite, and PostgreSQL in CI), family by family."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from nuanxin.care.models import Finding, Round
from nuanxin.care.queries import show_returns, show_round
from nuanxin.care.services import decide
from nuanxin.records.models import Event, Job
from nuanxin.records.services import verify_chain
from nuanxin.site import example
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db

# Who is on file in which tier, who was refused by which rule, who is held: worked out by hand from the papers and the policy
# in examples/README.md. (worker, last four of the ID) → outcome.
WORKED = {
    "2022Q3": {
        ("彭＊", "400X"): "deep", ("杜＊", None): "held", ("赵＊刚", "9570"): "excluded-homes", ("张＊", "2498"): "deep",
        ("丁＊超", "2015"): "relative", ("方＊", "1163"): "relative", ("姚＊", "7203"): "excluded-business",
        ("沈＊", "4096"): "deep", ("程＊国", "4104"): "over-line",
    },
    "2022Q4": {
        ("戴＊梅", "9182"): "excluded-homes", ("龙＊华", "9468"): "relative", ("付＊明", "175X"): "deep", ("马＊杰", "1158"): "held",
        ("钱＊", "4665"): "held", ("夏＊春", "9810"): "accident", ("李＊", "4395"): "relative", ("顾＊洋", None): "held",
        ("叶＊磊", "1124"): "held", ("闫＊海", "6822"): "excluded-school", ("雷＊", "362X"): "deep",
    },
    "2023Q1": {
        ("丁＊超", "2015"): "deep", ("方＊", "1163"): "over-line", ("马＊杰", "1158"): "deep", ("廖＊", "8130"): "relative",
        ("吴＊华", "421X"): "accident", ("曾＊贵", "7869"): "over-line", ("姜＊", "7607"): "relative", ("向＊", "4546"): "over-line",
        ("白＊兰", "2439"): "deep",
    },
    "2023Q2": {
        ("徐＊华", "443X"): "relative", ("任＊勇", "6067"): "relative", ("蔡＊娟", "5806"): "over-line", ("曹＊", "557X"): "over-line",
        ("谭＊", "2129"): "held", ("金＊娜", "7085"): "held",
    },
}  # fmt: skip
PUBLISHED = {
    "households_filed": 17, "households_on_file": 16, "households_left": 1, "wishes": 73, "jobs": 3584, "spent_yuan": 935000,
    "people_visited": 11026, "students": 95, "inpatients": 276, "mutual_aid_yuan": 718000,
}  # fmt: skip


@pytest.fixture
def done(examples, monkeypatch):
    # The test's database stands already; making an installation is tested by the command.
    monkeypatch.setattr(example, "initialise", lambda: None)
    return example.run(examples, show=lambda *_: None)


def test_from_the_papers_to_the_brief(done, examples):
    for quarter, expected in WORKED.items():
        shown = show_round(Round.objects.get(quarter=quarter))["families"]
        got = {(f["worker"], f["worker_id"] and f["worker_id"][-4:]): "held" if f["held"] else f["rule"] for f in shown}
        assert got == expected, quarter
    figures = {figure["name"]: figure["value"] for figure in done["brief"]["figures"]}
    assert {name: figures[name] for name in PUBLISHED} == PUBLISHED
    for name in ("17", "73", "3,584", "93.5", "11,026", "95", "276", "71.8"):
        assert name in done["brief"]["text"]

    check_by_fractions()
    for round_ in Round.objects.all():
        assert decide.recompute(round_) == []
    assert all(verify_chain(chain) for chain in Event.objects.values_list("chain", flat=True).distinct())

    states = [union["state"] for union in show_returns(Round.objects.get(quarter="2023Q1"))["unions"]]
    assert (states.count("returned"), states.count("nil"), states.count("silent")) == (8, 10, 2)

    before = (Event.objects.count(), Finding.objects.count(), Job.objects.count(), Org.objects.count())
    again = example.run(examples, show=lambda *_: None)
    assert again["brief"]["figures"] == done["brief"]["figures"]
    assert (Event.objects.count(), Finding.objects.count(), Job.objects.count(), Org.objects.count()) == before


def check_by_fractions():
    """Every finding once more by plain fractions, from the figures that it stored."""
    cents = Decimal("0.01")
    for finding in Finding.objects.exclude(state="superseded").select_related("round"):
        given = finding.figures["inputs"]
        money = {k: Fraction(given[k]) for k in ("income", "medical_paid", "schooling_paid", "loss")}
        m = 680 if finding.round.quarter < "2023Q1" else 715
        net = money["income"] - money["medical_paid"] - money["schooling_paid"]
        a_head = net / 12 / given["members"]
        if given["homes"] >= 2 or given["runs_business"] or given["costly_school"]:
            tier = "none"
        elif a_head < 2 * m:
            tier = "deep" if a_head < m else "relative"
        else:
            tier = "accident" if money["loss"] and (net - money["loss"]) / 12 / given["members"] < 3 * m else "none"
        living = {"deep": 12 * m, "relative": 8 * m}.get(tier, 0)
        share = {"deep": Fraction(1), "relative": Fraction(8, 10)}.get(tier, Fraction(0))
        medical = min(share * money["medical_paid"], Fraction(150000))
        schooling = (
            3000 * given["children_compulsory"] + 10000 * given["children_upper"] if tier in ("deep", "relative") else 0
        )
        accident = min(Fraction(15, 100) * money["loss"], Fraction(10000)) if tier == "accident" else Fraction(0)
        aid = [
            (Decimal(f.numerator) / Decimal(f.denominator)).quantize(cents, ROUND_HALF_UP)
            for f in map(Fraction, (living, medical, schooling, accident))
        ]
        assert (finding.tier, finding.net) == (tier, Decimal(net.numerator) / Decimal(net.denominator)), (
            finding.household.code
        )
        assert [finding.living, finding.medical, finding.schooling, finding.accident] == aid, finding.household.code
        assert finding.total == sum(aid)
