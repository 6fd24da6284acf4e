"""Generated unions whose truth is known: a seed gives a folder laid out like ``examples/`` and what must come of it.

The truth is a plain reading of ``examples/README.md`` with Fractions and shares no code with the product. Money is in
yuan. Everything random comes from the seed, so a failing seed is its own minimal report.
"""

import random
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from . import gridfiles
from .gridfiles import Grid, Value

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章"
GIVEN = "春夏秋冬梅兰竹菊山川江河湖海云雨雪霜金银铜铁松柏榆槐德仁义礼智信文武成康安宁永和"
AREAS = ("640381", "640302", "110105", "310104", "440306", "510107", "620102")
CITIES = (("QTX", "青铜峡市"), ("LWX", "灵武市"), ("HB2", "河滨区"))
STEMS = ("红星", "建安", "东街", "西苑", "光明", "利民", "长河", "北塔", "石嘴", "永宁", "中卫", "沙湖")
CN_QUARTER = "一二三四"
NIL_WORDS = ("无", "本季度无困难职工家庭", "本季度无困难职工家庭。", "无困难职工家庭", "", "本季度无")
FAULTS = ("id_number", "id_scientific", "id_check_digit", "id_no_such_date", "amount_about", "amount_monthly")
SCHOOL_AID = {"学前": 3000, "义务教育": 3000, "高中": 10000, "大学": 10000}
FATES = {"plain": 10, "held": 3, "doubled": 1, "corrected": 1, "dropped": 1}
AMOUNT_COLUMNS = ("income", "medical", "schooling", "loss")

HEADERS: dict[str, tuple[str, ...]] = {
    "serial": ("序号",),
    "code": ("户编号", "户号"),
    "worker": ("职工姓名", "困难职工姓名"),
    "member": ("家庭成员姓名", "成员姓名"),
    "relation": ("与职工关系", "与职工关系", "与本人关系"),
    "id": ("身份证号", "公民身份号码", "身份证\n号码", "证件号码", "身份证号码"),
    "phone": ("联系电话", " 手机号 ", "手机", "电话", "手机号码"),
    "job": ("就业状况", "就业情况"),
    "income": ("家庭年收入", "家庭总收入", "家庭年\n收入"),
    "medical": ("自付医疗费", "自付医疗费用"),
    "schooling": ("教育支出",),
    "study": ("在读情况", "就读情况"),
    "homes": ("住房套数",),
    "cars": ("机动车（辆）", "机动车辆数"),
    "business": ("是否经商办企业", "经商办企业"),
    "costly": ("是否高收费私立学校或自费留学",),
    "loss": ("意外损失",),
    "cause": ("主要致困原因", "致困原因"),
    "note": ("备注",),
}
GROUPS = (("基本情况", 8), ("收入和支出", 4), ("住房和资产", 4), ("其他", 3))


@dataclass(slots=True)
class Member:
    """One person of a family as the return names them."""

    name: str
    relation: str
    number: str
    job: str
    study: str = ""


@dataclass(slots=True)
class Family:
    """A family as it is now; amounts in yuan."""

    key: int
    members: list[Member]
    phone: str
    income: Fraction
    medical: Fraction
    schooling: Fraction
    loss: Fraction
    homes: int = 1
    cars: int = 0
    business: bool = False
    costly: bool = False

    @property
    def head(self) -> Member:
        return self.members[0]


@dataclass(slots=True)
class Fault:
    """What makes one row of a family be refused: which row, and how."""

    kind: str
    at: int


@dataclass(slots=True)
class Report:
    """A family as one union reports it in one file."""

    family: Family
    fault: Fault | None = None


@dataclass(slots=True)
class Visit:
    """A row of the visit sheet; an override of None means as reported."""

    family: Family
    home: bool = True
    members: int | None = None
    income: Fraction | None = None
    homes: int | None = None
    medical: Fraction | None = None


@dataclass(slots=True)
class FileTruth:
    """What must come of one file."""

    union: str | None
    rows_accepted: int = 0
    rows_refused: int = 0
    households: int = 0
    wishes: int = 0
    problems: int = 0
    nil: bool = False
    refused_rows: list[int] = field(default_factory=list)
    refused_whole: bool = False
    replaced_by: str | None = None


@dataclass(slots=True)
class FamilyTruth:
    """What must come of one family in one round; tier None means held."""

    name: str
    number: str | None
    unions: set[str]
    new: bool
    tier: str | None = None
    rule: str | None = None
    figures: dict[str, Fraction] = field(default_factory=dict)
    aid: dict[str, Fraction] = field(default_factory=dict)
    known: bool = False
    """On file before and held now: the text allows it in families or in carried."""


@dataclass(slots=True)
class QuarterTruth:
    """What must come of one quarter."""

    quarter: str
    unions: dict[str, str] = field(default_factory=dict)
    files: dict[str, FileTruth] = field(default_factory=dict)
    families: list[FamilyTruth] = field(default_factory=list)
    carried: list[FamilyTruth] = field(default_factory=list)
    wishes: int = 0
    filed: int = 0
    books: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """A folder and its truth."""

    folder: Path
    quarters: list[QuarterTruth]
    numbers: set[str]
    """Every full ID number in the folder: none may appear in any output."""


def standard(quarter: str) -> Fraction:
    """M in yuan per person per month in a quarter like ``2022Q3``."""
    return Fraction(680 if quarter < "2023" else 715)


def cents(amount: Fraction) -> Fraction:
    """Rounded half up to the cent."""
    return Fraction((amount * 100 + Fraction(1, 2)).__floor__(), 100)


def decide(family: Family, visit: Visit, quarter: str) -> tuple[str, str, dict[str, Fraction], dict[str, Fraction]]:
    """Tier, rule group, figures and aid by the README's policy."""
    members = len(family.members) if visit.members is None else visit.members
    income = family.income if visit.income is None else visit.income
    medical = family.medical if visit.medical is None else visit.medical
    homes = family.homes if visit.homes is None else visit.homes
    m = standard(quarter)
    net = income - medical - family.schooling
    line = 12 * members * m
    if homes >= 2:
        tier, rule = "none", "homes"
    elif family.business:
        tier, rule = "none", "business"
    elif family.costly:
        tier, rule = "none", "school"
    elif net < line:
        tier, rule = "deep", "deep"
    elif net < 2 * line:
        tier, rule = "relative", "relative"
    elif family.loss > 0 and net - family.loss < 3 * line:
        tier, rule = "accident", "accident"
    else:
        tier, rule = "none", "line"
    children = sum(SCHOOL_AID.get(member.study, 0) for member in family.members if member.relation == "子女")
    aid = dict.fromkeys(("living", "medical", "schooling", "accident"), Fraction(0))
    if tier in ("deep", "relative"):
        aid["living"] = (12 if tier == "deep" else 8) * m
        share = Fraction(1) if tier == "deep" else Fraction(4, 5)
        aid["medical"] = min(cents(medical * share), Fraction(150000))
        aid["schooling"] = Fraction(children)
    if tier == "accident":
        aid["accident"] = min(cents(family.loss * Fraction(15, 100)), Fraction(10000))
    aid["total"] = sum(aid.values(), Fraction(0))
    figures = {
        "income": income,
        "deductions": medical + family.schooling,
        "net": net,
        "members": Fraction(members),
        "M": m,
    }
    return tier, rule, figures, aid


def check_digit(seventeen: str) -> str:
    """The 18th character of a resident ID number."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(c) * w for c, w in zip(seventeen, weights, strict=True)) % 11]


class Builder:
    """Grows one world quarter by quarter."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.folder = folder
        self.city, self.city_name = self.rng.choice(CITIES)
        self.tails: set[str] = set()
        self.numbers: set[str] = set()
        self.next_key = 0
        self.on_file: dict[int, str] = {}
        self.away: list[tuple[Family, set[str]]] = []
        self.held: list[tuple[Family, str]] = []
        self.known: dict[int, tuple[Family, set[str]]] = {}
        self.left: dict[int, tuple[Family, set[str]]] = {}
        self.over: dict[int, tuple[Family, set[str]]] = {}
        self.unions = self.make_unions()

    # The people

    def number(self, born: date) -> str:
        while True:
            body = f"{self.rng.choice(AREAS)}{born:%Y%m%d}{self.rng.randrange(1, 999):03d}"
            number = body + check_digit(body)
            if number[-4:] not in self.tails:
                self.tails.add(number[-4:])
                self.numbers.add(number)
                return number

    def born(self, first: int, last: int) -> date:
        return date(self.rng.randint(first, last), self.rng.randint(1, 12), self.rng.randint(1, 28))

    def name(self, surname: str = "") -> str:
        given = "".join(self.rng.sample(GIVEN, self.rng.choice((1, 2, 2))))
        return (surname or self.rng.choice(SURNAMES)) + given

    def family(self, quarter: str, kind: str = "") -> Family:
        """A new family; ``kind`` steers the figures to a limit of the policy."""
        rng = self.rng
        kind = kind or rng.choice(
            (
                "any",
                "any",
                "any",
                "edge",
                "edge",
                "edge",
                "accident",
                "accident",
                "cap",
                "half",
                "homes",
                "business",
                "costly",
            )
        )
        size = rng.choice((1, 2, 3, 3, 4, 5, 7))
        head = self.name()
        members = [Member(head, "本人", self.number(self.born(1968, 1985)), rng.choice(("在岗", "下岗", "灵活就业")))]
        if size > 1:
            members.append(Member(self.name(), "配偶", self.number(self.born(1968, 1985)), "务农"))
        for _ in range(max(0, min(size - 2, 3))):
            study = rng.choice(("学前", "义务教育", "义务教育", "高中", "大学", ""))
            members.append(Member(self.name(head[0]), "子女", self.number(self.born(2004, 2019)), "学生", study))
        while len(members) < size:
            members.append(Member(self.name(), "父母", self.number(self.born(1938, 1949)), "无业"))
        self.next_key += 1
        whole = Fraction(rng.randrange(0, 12000))
        made = Family(
            key=self.next_key,
            members=members,
            phone=f"1{rng.randrange(3, 10)}{rng.randrange(10**9):09d}",
            income=Fraction(rng.randrange(1000, 90000)),
            medical=rng.choice((Fraction(0), whole, whole + Fraction(rng.randrange(100), 100))),
            schooling=rng.choice((Fraction(0), Fraction(rng.randrange(20) * 500))),
            loss=Fraction(0),
            cars=rng.choice((0, 0, 1)),
        )
        line = 12 * size * standard(quarter)
        if kind == "edge":
            times = rng.choice((1, 2))
            made.income = (
                times * line + made.medical + made.schooling + rng.choice((0, -Fraction(1, 100), Fraction(1, 100)))
            )
        elif kind == "accident":
            made.loss = Fraction(rng.choice((3000, 66666, 66667, 70000, 120000))) + Fraction(
                rng.choice((0, 50, 10)), 100
            )
            edge = rng.choice((-Fraction(1, 100), Fraction(0), Fraction(1, 100), -Fraction(5000)))
            made.income = 3 * line + made.loss + made.medical + made.schooling + edge
        elif kind == "cap":
            made.medical = Fraction(rng.choice((150000, 187500, 187501, 260000)))
            made.income = made.medical + rng.choice((Fraction(1, 2), Fraction(3, 2))) * line
        elif kind == "half":
            made.medical = Fraction(rng.randrange(1000, 9000)) + Fraction(rng.choice((1, 3, 8, 13, 18, 63)), 100)
            made.income = made.medical + made.schooling + Fraction(3, 2) * line
        elif kind in ("homes", "business", "costly"):
            made.homes = 2 if kind == "homes" else rng.choice((0, 1))
            made.business = kind == "business"
            made.costly = kind == "costly"
            if rng.random() < 0.3:
                made.business = made.costly = True
        return made

    def change(self, family: Family, quarter: str) -> Family:
        """The same family with other figures."""
        changed = deepcopy(family)
        line = 12 * len(family.members) * standard(quarter)
        changed.income += self.rng.choice((line, 3 * line, Fraction(5000), Fraction(1, 100)))
        if self.rng.random() < 0.3 and len(changed.members) < 8:
            changed.members.append(
                Member(self.name(family.head.name[0]), "子女", self.number(self.born(2019, 2021)), "无")
            )
        return changed

    # The unions

    def make_unions(self) -> list[tuple[str, str, str, str]]:
        rng = self.rng
        city = self.city
        rows = [(city, f"{self.city_name}总工会", "", "city")]
        streets = [f"{city}-{i:02d}" for i in range(1, rng.randint(3, 6))]
        rows += [(code, f"{stem}镇总工会", city, "street") for code, stem in zip(streets, STEMS[6:], strict=False)]
        stems = rng.sample(STEMS[:6], 4)
        leaves = [
            (f"{streets[0]}-E1", f"{stems[0]}物业工会委员会", streets[0], "enterprise"),
            (f"{streets[0]}-E10", f"新{stems[0]}物业工会委员会", streets[0], "enterprise"),
            (f"{streets[0]}-E11", f"{stems[0]}物业第二分公司工会委员会", streets[0], "enterprise"),
            (f"{streets[1]}-C1", f"{stems[1]}社区工会联合会", streets[1], "community"),
            (f"{streets[1]}-C12", f"新{stems[1]}社区工会联合会", streets[1], "community"),
            (f"{streets[-1]}-C2", f"{stems[2]}社区工会联合会", streets[-1], "community"),
        ]
        for i in range(3, 3 + rng.randint(1, 5)):
            street = rng.choice(streets)
            leaves.append(
                (f"{street}-E{i:02d}", f"{stems[3]}{'甲乙丙丁戊己庚辛'[i - 3]}厂工会委员会", street, "enterprise")
            )
        rng.shuffle(leaves)
        self.leaves = leaves
        return rows + leaves

    # A quarter

    def quarter(self, quarter: str, last: bool) -> QuarterTruth:
        rng = self.rng
        truth = QuarterTruth(quarter)
        folder = self.folder / quarter
        folder.mkdir(parents=True)
        codes = [leaf[0] for leaf in self.leaves]
        names = {leaf[0]: leaf[1] for leaf in self.leaves}
        modes = {code: rng.choices(("families", "nil", "silent", "other"), (7, 2, 1, 1))[0] for code in codes}
        modes[codes[0]] = modes[codes[1]] = modes[codes[2]] = "families"
        open_unions = [code for code in codes if modes[code] == "families"]
        reports: dict[str, list[Report]] = {code: [] for code in open_unions}
        earlier: dict[str, list[Report]] = {}
        visits: list[Visit] = []
        outcome: list[FamilyTruth] = []
        decided: set[int] = set()
        held_known: set[int] = set()
        away_now: list[tuple[Family, set[str]]] = []
        held_now: list[tuple[Family, str]] = []

        def hold(family: Family, unions: set[str], number: str | None) -> None:
            known = family.key in self.on_file
            if known:
                held_known.add(family.key)
            outcome.append(FamilyTruth(family.head.name, number, unions, not known, known=known))

        def settle(family: Family, unions: set[str], visit: Visit) -> None:
            visits.append(visit)
            tier, rule, figures, aid = decide(family, visit, quarter)
            new = family.key not in self.on_file
            outcome.append(FamilyTruth(family.head.name, family.head.number, unions, new, tier, rule, figures, aid))
            decided.add(family.key)
            self.over.pop(family.key, None)
            self.left.pop(family.key, None)
            if tier == "none":
                if not new:
                    del self.on_file[family.key]
                    self.left[family.key] = (family, unions)
                else:
                    self.over[family.key] = (family, unions)
                self.known.pop(family.key, None)
            else:
                truth.filed += new
                self.on_file[family.key] = tier
                self.known[family.key] = (family, unions)

        def visit_of(family: Family) -> Visit:
            visit = Visit(family)
            if rng.random() < 0.3:
                what = rng.choice(("members", "income", "homes", "medical", "both"))
                if what in ("members", "both"):
                    visit.members = max(1, len(family.members) + rng.choice((-1, 1)))
                if what in ("income", "both"):
                    visit.income = family.income + rng.choice((0, 6000, 20000, Fraction(1, 100)))
                if what == "homes":
                    visit.homes = rng.choice((1, 2))
                if what == "medical":
                    visit.medical = rng.choice((Fraction(0), family.medical + 2600, Fraction(9000)))
            return visit

        def go(family: Family, unions: set[str]) -> None:
            """The family is due: visited, or nobody home."""
            if rng.random() < 0.15:
                visits.append(Visit(family, home=False))
                hold(family, unions, family.head.number)
                away_now.append((family, unions))
            else:
                settle(family, unions, visit_of(family))

        for family, unions in self.away:
            go(family, unions)
        busy = {family.key for family, _ in self.away}
        for family, _ in self.held:
            if rng.random() < 0.6:
                union = rng.choice(open_unions)
                reports[union].append(Report(family))
                go(family, {union})
        for table in (self.known, self.left, self.over):
            for key, (family, unions) in list(table.items()):
                if key in decided or key in busy or rng.random() < 0.45:
                    continue
                reporter = rng.choice(
                    sorted(unions & reports.keys()) if unions & reports.keys() and rng.random() < 0.5 else open_unions
                )
                how = (
                    "go"
                    if table is not self.known
                    else rng.choice(("same", "same", "moved", "quiet", "seen", "refused"))
                )
                now = family if how in ("same", "seen", "refused") else self.change(family, quarter)
                if how in ("same", "seen") and rng.random() < 0.5:
                    now = deepcopy(now)
                    now.phone = f"138{rng.randrange(10**8):08d}"
                fault = self.fault(now) if how == "refused" else None
                if fault and fault.kind.startswith("id") and fault.at == 0:
                    fault = Fault("amount_about", 0)
                reports[reporter].append(Report(now, fault))
                if how == "refused":
                    hold(now, {reporter}, now.head.number)
                elif how in ("go", "moved", "seen"):
                    go(now, {reporter})

        for union in open_unions:
            for _ in range(rng.choice((0, 1, 1, 2, 3)) or (not reports[union])):
                family = self.family(quarter)
                fate = rng.choices(tuple(FATES), tuple(FATES.values()))[0]
                if fate in ("corrected", "dropped") and (union in earlier or rng.random() < 0.3):
                    fate = "plain"
                if fate == "plain":
                    reports[union].append(Report(family))
                    go(family, {union})
                elif fate == "held":
                    fault = self.fault(family)
                    reports[union].append(Report(family, fault))
                    number = None if fault.kind.startswith("id") and fault.at == 0 else family.head.number
                    hold(family, {union}, number)
                    held_now.append((family, union))
                    if number and rng.random() < 0.3:
                        visits.append(Visit(family))
                elif fate == "doubled":
                    other = rng.choice([code for code in open_unions if code != union])
                    reports[union].append(Report(family))
                    reports[other].append(Report(family))
                    go(family, {union, other})
                elif fate == "corrected":
                    earlier[union] = [Report(family, self.fault(family))]
                    reports[union].append(Report(family))
                    go(family, {union})
                else:
                    earlier[union] = [Report(family)]

        for code in codes:
            mode = modes[code]
            truth.unions[code] = {"families": "returned", "nil": "nil"}.get(mode, "silent")
            if mode == "silent":
                continue
            if mode == "families" and not reports[code]:
                truth.unions[code] = "nil"
            if code in earlier:
                wrong = {report.family.key for report in earlier[code]}
                first = earlier[code] + [report for report in reports[code] if report.family.key not in wrong]
                main = self.write(folder, truth, code, names[code], quarter, first, "")
                fixed = self.write(folder, truth, code, names[code], quarter, reports[code], "（更正）")
                truth.files[main].replaced_by = fixed
                continue
            given = reports.get(code, [])
            if mode == "other":
                other = rng.choice([q for q in ("2021Q4", "2022Q2", "2023Q4", "2024Q3") if q != quarter])
                given = [Report(self.family(quarter)) for _ in range(rng.choice((0, 1)))]
                name = self.write(folder, truth, code, names[code], other, given, "")
                truth.files[name] = FileTruth(code, refused_whole=True)
            else:
                self.write(folder, truth, code, names[code], quarter, given, "")
        if rng.random() < 0.6:
            stranger = Report(self.family(quarter))
            name = self.write(folder, truth, f"{self.city}-88-E77", "海市蜃楼商贸工会委员会", quarter, [stranger], "")
            truth.files[name] = FileTruth(None, refused_whole=True)
        self.write_visits(folder, quarter, visits)
        for file in truth.files.values():
            if not file.replaced_by:
                truth.wishes += file.wishes
        truth.families = outcome
        self.away, self.held = away_now, held_now
        before = {key: entry for key, entry in self.known.items() if key not in decided}
        for key, (family, unions) in before.items():
            carried = FamilyTruth(family.head.name, family.head.number, unions, False, self.on_file[key])
            carried.known = key in held_known
            truth.carried.append(carried)
        return truth

    def fault(self, family: Family) -> Fault:
        kind = self.rng.choice(FAULTS)
        at = 0 if kind.startswith("amount") else self.rng.randrange(len(family.members))
        return Fault(kind, at)

    # Files

    def amount(self, value: Fraction, wan: bool, style: str) -> Value:
        """One amount cell: a number or a text, in the header's unit unless the cell names its own."""
        rng = self.rng
        if value == 0:
            return rng.choice((None, 0, "无", "/", "—", "0元", "0", "-", "　"))
        unit = value / 10000 if wan else value
        exact = Decimal(unit.numerator) / Decimal(unit.denominator)
        if style == "noise":
            return float(exact) * (1 + 2e-16 * rng.choice((-1, 0, 1)))
        if style == "number":
            return int(unit) if unit.denominator == 1 else float(exact)
        yuan = Decimal(value.numerator) / Decimal(value.denominator)
        if style == "cell":
            wanted = value / 10000
            return rng.choice(
                (f"{yuan}元", f"{Decimal(wanted.numerator) / Decimal(wanted.denominator)}万元", f"{yuan:,}元")
            )
        if style == "commas":
            return f"{exact:,}"
        if style == "wide":
            return gridfiles.full_width(str(exact))
        return rng.choice((str(exact), f" {exact} "))

    def id_text(self, number: str) -> str:
        rng = self.rng
        style = rng.choice(("plain", "plain", "plain", "spaced", "wide", "zero", "lower", "tail"))
        return {
            "plain": number,
            "spaced": f"{number[:6]} {number[6:14]} {number[14:]}",
            "wide": gridfiles.full_width(number),
            "zero": "\u200b" + number[:10] + "\ufeff" + number[10:],
            "lower": number.lower(),
            "tail": number + " \u3000",
        }[style]

    def bad_id(self, number: str, kind: str) -> Value:
        if kind == "id_number":
            return float(number[:17] + "0")
        if kind == "id_scientific":
            return f"{number[0]}.{number[1:6]}E+17"
        if kind == "id_check_digit":
            wrong = "0" if number[-1] != "0" else "1"
            return number[:-1] + wrong
        body = number[:10] + self.rng.choice(("0231", "1301", "0431", "0010")) + number[14:17]
        return body + check_digit(body)

    def title(self, name: str, quarter: str) -> str:
        year, n = quarter[:4], int(quarter[5])
        return self.rng.choice(
            (
                f"{name}{year}年第{CN_QUARTER[n - 1]}季度困难职工家庭摸排表",
                f"{name}{year}年第{CN_QUARTER[n - 1]}季度困难职工家庭摸排表",
                f"{year}年第{CN_QUARTER[n - 1]}季度{name}困难职工家庭摸排表",
                f"{name}{year}年第{n}季度困难职工家庭摸排表",
                f"{name}（{year}年{CN_QUARTER[n - 1]}季度）困难职工家庭摸排表",
            )
        )

    def write(
        self, folder: Path, truth: QuarterTruth, code: str, name: str, quarter: str, reports: list[Report], suffix: str
    ) -> str:
        """Write one return and its truth; gives the file's name."""
        rng = self.rng
        kind = rng.choice(gridfiles.KINDS)
        wan = rng.random() < 0.3
        style = rng.choice(("number", "number", "commas", "wide", "cell", "noise", "text"))
        merged = rng.random() < 0.4 and kind != "csv"
        repeated = rng.random() < 0.2 and not merged
        columns = list(HEADERS)
        if rng.random() < 0.3:
            columns = ["serial", "code", "worker", "member", "relation", "id", "loss", "cause", *columns[6:16], "note"]
        elif rng.random() < 0.15:
            columns = ["serial", "worker", "code", "relation", "member", "job", "phone", "id", *columns[8:]]
        labels = {key: rng.choice(HEADERS[key]) for key in columns}
        for key in AMOUNT_COLUMNS:
            labels[key] += "（万元）" if wan else rng.choice(("（元）", "(元)", "（元）"))
        grid = Grid(rng.choice(("困难职工家庭摸排表", "困难职工家庭摸排表", "Sheet1", "摸排表")))
        left = 2 if rng.random() < 0.12 else 0
        width = len(columns)
        for _ in range(rng.choice((0, 0, 0, 1, 3))):
            grid.add([])
        if rng.random() < 0.15:
            grid.add([None] * left + ["附件1"])
        grid.merge(len(grid.rows), left, 0, width - 1)
        grid.add([None] * left + [self.title(name, quarter)])
        if rng.random() < 0.4:
            line: list[Value] = [None] * (left + width)
            line[left] = f"填报单位：{name}（盖章）"
            line[left + 10] = f"填报日期：{rng.choice(('2022年8月15日', '2023年2月3日', '2023.5.6'))}"
            grid.add(line)
        top = rng.random()
        if top < 0.3 and columns == list(HEADERS):
            line = [None] * (left + width)
            at = left
            for label, span in GROUPS:
                line[at] = label
                grid.merge(len(grid.rows), at, 0, span - 1)
                at += span
            grid.add(line)
        if 0.3 <= top < 0.45 and columns == list(HEADERS):
            self.two_levels(grid, labels, left, wan)
        else:
            grid.add([None] * left + [labels[key] for key in columns])

        def row(cells: dict[str, Value]) -> int:
            grid.add([None] * left + [cells.get(key) for key in columns])
            return len(grid.rows)

        file = FileTruth(code)
        if rng.random() < 0.35:
            row(
                {
                    "serial": "例",
                    "code": "00",
                    "worker": "张某某",
                    "member": "张某某",
                    "relation": "本人",
                    "id": "640381198001011234",
                    "phone": "13800000000",
                    "job": "在岗",
                    "income": 36000,
                    "medical": 0,
                    "schooling": 0,
                    "homes": 1,
                    "cars": 0,
                    "business": "否",
                    "costly": "否",
                    "loss": 0,
                    "cause": "本人大病",
                    "note": "示例，请删除",
                }
            )
        for i, report in enumerate(reports, start=1):
            family, fault = report.family, report.fault
            first = len(grid.rows)
            spaced = len(family.head.name) == 2 and rng.random() < 0.3
            head_name = (
                family.head.name[0] + rng.choice((" ", "　")) + family.head.name[1] if spaced else family.head.name
            )
            for j, member in enumerate(family.members):
                number: Value = self.id_text(member.number)
                if fault and fault.at == j and fault.kind.startswith("id"):
                    number = self.bad_id(member.number, fault.kind)
                cells: dict[str, Value] = {
                    "member": head_name if j == 0 else member.name,
                    "relation": member.relation,
                    "id": number,
                    "job": member.job,
                    "study": member.study or None,
                }
                if j == 0:
                    cells |= {
                        "serial": i,
                        "code": f"{i:02d}",
                        "worker": head_name,
                        "phone": int(family.phone) if rng.random() < 0.3 else family.phone,
                        "homes": rng.choice((family.homes, str(family.homes))),
                        "cars": rng.choice((family.cars, str(family.cars)))
                        if family.cars
                        else rng.choice((0, "无", None)),
                        "business": "是" if family.business else rng.choice(("否", "否", "无", None)),
                        "costly": "是" if family.costly else rng.choice(("否", "否", "无", None)),
                        "cause": "收入低",
                        "note": rng.choice((None, "材料后补", "已享受低保", "上季度申报过")),
                    }
                    for key in AMOUNT_COLUMNS:
                        cells[key] = self.amount(getattr(family, key), wan, style)
                    if fault and fault.kind == "amount_about":
                        cells[rng.choice(("income", "medical"))] = rng.choice(("约3万", "约3万元", "大约20000"))
                    if fault and fault.kind == "amount_monthly":
                        cells["income"] = rng.choice(("每月3000", "每月3000元", "月均2500"))
                elif repeated:
                    cells |= {"code": f"{i:02d}", "worker": head_name}
                at = row(cells)
                if fault and fault.at == j:
                    file.refused_rows.append(at)
                    file.rows_refused += 1
                else:
                    file.rows_accepted += 1
            if fault is None:
                file.households += 1
            if merged and len(family.members) > 1:
                for c, key in enumerate(columns):
                    if key not in ("member", "relation", "id", "job", "study"):
                        grid.merge(first, left + c, len(family.members) - 1, 0)
            if rng.random() < 0.15:
                grid.add([])
        if not reports:
            file.nil = True
            words = rng.choice(NIL_WORDS)
            if words:
                row({"serial": words})
        if reports and rng.random() < 0.4:
            total: dict[str, Value] = {"serial": rng.choice(("合计", "总计", "合 计")), "code": f"{len(reports)}户"}
            if rng.random() < 0.5:
                total |= {"income": 123456, "medical": 7890.12}
            row(total)
        if rng.random() < 0.7:
            grid.add([])
            line = [None] * (left + width)
            line[left] = f"填表人：{self.name()}"
            line[left + 8] = f"审核人：{self.name()}"
            grid.add(line)
        if rng.random() < 0.15:
            grid.add([None] * left + ["注：本表一式两份，由基层工会留存一份。"])

        asks = Grid(rng.choice(("难题和微心愿", "难题和微心愿", "Sheet2", "微心愿和难题")))
        if rng.random() < 0.2 and kind != "csv":
            asks.add(["难题和微心愿登记表"])
        asks.add(["序号", "类别", "内容", "提出人", "联系电话"])
        for i in range(rng.choice((0, 1, 1, 2, 3, 5))):
            wish = rng.random() < 0.6
            what = rng.choice(
                ("一台血压计", "一个头盔", "一盏台灯") if wish else ("夜班公交少", "道路改造，需会议决策并招标")
            )
            phone = f"139{rng.randrange(10**8):08d}"
            asks.add([i + 1, "微心愿" if wish else "难题", what, self.name(), rng.choice((phone, int(phone), None))])
            file.wishes += wish
            file.problems += not wish
        if not file.wishes + file.problems and rng.random() < 0.4:
            asks.add(["无"])

        sheets = [grid, asks]
        if rng.random() < 0.15:
            sheets.reverse()
        if rng.random() < 0.25:
            old = Grid("参考", hidden=True)
            old.add(["下拉选项，请勿删除"])
            old.add([labels[key] for key in columns])
            hidden: dict[str, Value] = {
                "serial": 1,
                "code": "01",
                "worker": "旧表人",
                "member": "旧表人",
                "relation": "本人",
            }
            hidden |= {"id": self.number(date(1980, 5, 6)), "income": 1000, "homes": 1}
            old.add([hidden.get(key) for key in columns])
            sheets.insert(rng.choice((0, len(sheets))), old)
        stem = rng.choice((f"{code}-{name}", f"{code}-{name}", f"{name}摸排表最终", f"{code} {name}")) + suffix
        written = gridfiles.write(folder, stem, kind, sheets, main=grid, second=asks, rng=rng)
        truth.files[written] = file
        return written

    def two_levels(self, grid: Grid, labels: dict[str, str], left: int, wan: bool) -> None:
        """A header of two rows: single columns merged downward, groups merged to the right; money may be named above."""
        upper: list[Value] = [None] * left
        lower: list[Value] = [None] * left
        groups = {"member": ("家庭成员情况", 3), "income": (f"家庭收支（{'万元' if wan else '元'}）", 3)}
        at = len(grid.rows)
        span = 0
        for key, label in labels.items():
            if key in groups:
                title, span = groups[key]
                grid.merge(at, len(upper), 0, span - 1)
                upper.append(title)
            elif span:
                upper.append(None)
            else:
                grid.merge(at, len(upper), 1, 0)
                upper.append(label)
                lower.append(None)
                continue
            lower.append(label.partition("（")[0].partition("(")[0] if key in AMOUNT_COLUMNS else label)
            span -= 1
        grid.add(upper)
        grid.add(lower)

    def write_visits(self, folder: Path, quarter: str, visits: list[Visit]) -> None:
        rng = self.rng
        wan = rng.random() < 0.3
        unit = "万元" if wan else "元"
        grid = Grid("走访记录")
        grid.add(
            [
                "走访日期", "职工姓名", "身份证号", "走访人一", "走访人二", "核实家庭人口", f"核实家庭年收入（{unit}）",
                "核实住房套数", f"核实自付医疗费（{unit}）", "走访结论", "备注",
            ]
        )  # fmt: skip
        start = date(int(quarter[:4]), int(quarter[5]) * 3, 1)
        order = list(visits)
        rng.shuffle(order)
        for visit in order:
            day = start + timedelta(days=rng.randrange(20))
            written = rng.choice(
                (day, f"{day.year}.{day.month}.{day.day}", day.isoformat(), f"{day.year}年{day.month}月{day.day}日",
                 f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}")
            )  # fmt: skip

            def over(value: Fraction | None) -> Value:
                if value is None:
                    return None
                shown = value / 10000 if wan else value
                if value == 0:
                    return 0
                exact = Decimal(shown.numerator) / Decimal(shown.denominator)
                return rng.choice((float(exact), str(exact)))

            same = visit.members is None and visit.income is None and visit.homes is None and visit.medical is None
            verdict = "家中无人" if not visit.home else "属实" if same else "与申报不符，以核实为准"
            grid.add(
                [
                    written, visit.family.head.name, self.id_text(visit.family.head.number), self.name(), self.name(),
                    visit.members, over(visit.income), visit.homes, over(visit.medical), verdict,
                    None if visit.home else "改下季度再访",
                ]
            )  # fmt: skip
        gridfiles.write(folder, "走访记录", "openpyxl", [grid], main=grid, second=None, rng=rng)

    def write_books(self, truths: list[QuarterTruth]) -> None:
        rng = self.rng
        days: list[tuple[date, QuarterTruth | None]] = [(date(2020, 5, 5), None), (date(2025, 1, 1), None)]
        for truth in truths:
            truth.books = dict.fromkeys(
                ("jobs", "spent_yuan", "people_visited", "students", "inpatients", "mutual_aid_yuan"), Decimal(0)
            )
            start = date(int(truth.quarter[:4]), int(truth.quarter[5]) * 3 - 2, 1)
            after = date(start.year + (start.month == 10), start.month % 12 + 3 if start.month != 10 else 1, 1)
            days += [(start, truth), (after - timedelta(days=1), truth)]
            days += [(start + timedelta(days=rng.randrange(89)), truth) for _ in range(rng.randrange(12))]

        def shown(day: date) -> Value:
            return rng.choice(
                (day, day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}")
            )

        def add(truth: QuarterTruth | None, **amounts: Decimal | int) -> None:
            if truth:
                for key, amount in amounts.items():
                    truth.books[key] += amount

        def money() -> Decimal:
            return Decimal(rng.randrange(10000, 900000)) / 100

        tables: dict[str, tuple[str, list[str]]] = {
            "招聘岗位": ("岗位", ["日期", "活动", "用工单位", "岗位", "岗位数"]),
            "慰问支出": ("慰问", ["日期", "项目", "慰问对象", "人数", "金额（元）"]),
            "金秋助学": ("助学", ["日期", "学生姓名", "家长（职工）姓名", "学段", "金额（元）"]),
            "医疗互助": ("报销", ["报销日期", "职工姓名", "身份证号", "医院", "住院天数", "报销金额（元）"]),
        }
        for stem, (sheet, header) in tables.items():
            grid = Grid(sheet)
            grid.add(list(header))
            rng.shuffle(days)
            for day, truth in days:
                amount = money()
                count = rng.randrange(1, 500)
                if stem == "招聘岗位":
                    grid.add([shown(day), "夜市招聘", "红星", "保洁", count])
                    add(truth, jobs=count)
                elif stem == "慰问支出":
                    grid.add([shown(day), "夏送清凉", "快递员", count, float(amount)])
                    add(truth, people_visited=count, spent_yuan=amount)
                elif stem == "金秋助学":
                    grid.add([shown(day), self.name(), self.name(), "高中", 3000])
                    add(truth, students=1, spent_yuan=Decimal(3000))
                else:
                    number = self.number(self.born(1960, 1990))
                    grid.add([shown(day), self.name(), number, "市中医医院", count % 30, float(amount)])
                    add(truth, inpatients=1, mutual_aid_yuan=amount)
            gridfiles.write(self.folder, stem, "openpyxl", [grid], main=grid, second=None, rng=rng)


def build(seed: int, folder: Path) -> World:
    """Write the world of a seed into an empty folder and give its truth."""
    folder.mkdir(parents=True, exist_ok=True)
    builder = Builder(seed, folder)
    rng = builder.rng
    lines = ["代码,名称,上级代码,层级", *(",".join(row) for row in builder.unions)]
    (folder / "unions.csv").write_text("\n".join(lines) + "\n", encoding=rng.choice(("utf-8", "utf-8-sig")))
    calendar = [f"{year}Q{n}" for year in (2022, 2023, 2024) for n in (1, 2, 3, 4)]
    start = rng.randrange(0, 7)
    quarters = calendar[start : start + rng.randint(2, 5)]
    truths = [builder.quarter(quarter, quarter == quarters[-1]) for quarter in quarters]
    builder.write_books(truths)
    return World(folder, truths, builder.numbers)
