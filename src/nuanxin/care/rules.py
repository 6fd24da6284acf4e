"""Pure rules of the main job: the union and quarter of a file, the figures of a family, same or changed, which offer fits."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

# The reported figures that make a family "the same as before"; the number of cars decides nothing.
FIGURES = (
    "members", "income", "medical", "schooling", "loss", "homes", "runs_business", "costly_school",
    "children_compulsory", "children_upper",
)  # fmt: skip
# What a visit may find otherwise than reported.
VISITED = ("members", "income", "medical", "schooling", "loss", "homes", "runs_business", "costly_school")

# The papers that a family is asked for (a kind of Paper) and the reported figure that asks for it; "" asks every family.
PAPERS = {"identity": "", "income": "", "medical": "medical", "school": "schooling", "loss": "loss"}

COMPULSORY, UPPER = ("preschool", "compulsory"), ("upper_secondary", "university")

# Working days: the posting, and the visit to an urgent family.
POSTING_DAYS = 5
URGENT_DAYS = 3

# The main cause of hardship → the help that is proposed to a family that does not meet the standard; an officer may choose
# another. 学 = schooling, 病 = illness …: matched in this order within the cause as written.
OFFERS = (
    ("学", "education"), ("病", "health_check"), ("残", "health_check"), ("住房", "housing"), ("下岗", "training"),
    ("失业", "training"), ("收入", "training"), ("灾", "legal_aid"), ("意外", "legal_aid"), ("工资", "legal_aid"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """Why a family is undecided, in words: held for a row, in doubt, not visited, nobody home, problem of the policy."""

    code: str
    zh: str
    en: str


HELD = {
    "refused_row": Held("refused_row", "有退回的行，等更正", "a row was refused: waits for the correction"),
    "no_members": Held("no_members", "户内没有可用的成员行", "the household has nobody in it"),
    "doubtful": Held("doubtful", "疑似重复，待人工比对", "may be a family on file: waits for a person"),
    "not_visited": Held("not_visited", "尚未走访", "not visited yet"),
    "nobody_home": Held("nobody_home", "家中无人，下季度再访", "nobody home: due in the next quarter"),
    "not_decided": Held("not_decided", "已走访，待认定", "visited, not decided yet"),
    "problem": Held("problem", "政策无法认定", "the policy could not decide"),
}


# The hour from which families are reminded of tomorrow's visit.
EVENING = 18


def round_code(city: str, quarter: str) -> str:
    """The code of a city's round, which is its address too: QTX-2023Q3."""
    return f"{city}-{quarter}"


def papers_asked(figures: Mapping[str, Any]) -> list[str]:
    """The kinds of papers that a family with these reported figures is asked for; a figure that is not known asks for none."""
    return [kind for kind, figure in PAPERS.items() if not figure or Decimal(figures.get(figure) or 0) > 0]


def union_of_file(
    stem: str, title_name: str | None, by_code: Mapping[str, int], by_name: Mapping[str, int]
) -> tuple[int | None, str | None]:
    """The union that a file is of: by the code in its name, else by the union that its title or name spells.

    Returns (org id, None) or (None, code of the refusal): ``unknown_union``, or ``union_conflict`` when file name and title
    name two different known unions.
    """
    code = _coded(stem, by_code)
    titled = _named(title_name, by_name)
    if code is None:
        found = titled if titled is not None else _named(stem, by_name, inside=True)
        return (found, None) if found is not None else (None, "unknown_union")
    if titled is not None and titled != by_code[code]:
        return None, "union_conflict"
    return by_code[code], None


def _coded(stem: str, by_code: Mapping[str, int]) -> str | None:
    """The known code that stands in a file name, whole: QTX-01-E1 is not QTX-01-E10, and QTX-01-E99 is not its upper union QTX-01.
    A quarter or a date may be tied to it by a hyphen."""
    plain = stem.upper().replace("－", "-").replace("—", "-")
    for run in re.findall(r"[A-Z0-9]+(?:-[A-Z0-9]+)*", plain):
        bare = re.sub(r"^(?:\d{4}Q\d|\d{4,8})-|-(?:\d{4}Q\d|\d{4,8})$", "", run)
        for code in (run, bare):
            if code in by_code:
                return code
    return None


def _named(text: str | None, by_name: Mapping[str, int], *, inside: bool = False) -> int | None:
    if not text:
        return None
    plain = re.sub(r"[\s（）()]", "", text)
    if plain in by_name:
        return by_name[plain]
    within = [name for name in by_name if name in plain] if inside or len(plain) > 4 else []
    return by_name[max(within, key=len)] if within else None


def same_figures(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two reports of a family say the same in every figure that can decide something (nothing said is 0 or no)."""
    return all((one.get(name) or 0) == (other.get(name) or 0) for name in FIGURES)


def used_figures(reported: Mapping[str, Any], found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the decision uses: reported figures, each overridden by what the visits found, the latest visit last."""
    used = {name: reported.get(name) for name in FIGURES}
    for visit in found:
        used |= {name: visit[name] for name in VISITED if visit.get(name) is not None}
    return used


def offer_for(cause: str) -> str:
    """The help proposed for a main cause of hardship; legal aid and policy guidance where nothing else fits."""
    return next((kind for word, kind in OFFERS if word in cause), "legal_aid")


def leaves_because(rule: str, tier_before: str) -> str:
    """The reason written on a file that closes: 脱困 with the rule that decided."""
    return f"脱困：原为{TIER_ZH.get(tier_before, tier_before)}，本季度认定不再符合（{rule}）"


TIER_ZH = {"deep": "深度困难", "relative": "相对困难", "accident": "意外致困", "none": "不符合"}


def cut_to_ceilings(
    amounts: Mapping[str, Decimal], ceilings: Sequence[Mapping[str, Any]], given: Mapping[tuple[str, str], Decimal]
) -> dict[str, tuple[Decimal, Decimal, str]]:
    """Bring planned amounts under ceilings: {item: (amount, cut, clause)}.

    ``ceilings`` are rows {item or "*", per: "item"|"year"|"total", amount, clause}; ``given`` is what stands already, keyed
    (item, "year"|"total"). A ceiling over all items is used up in the order of ``amounts``.
    """
    planned: dict[str, tuple[Decimal, Decimal, str]] = {}
    for item, wanted in amounts.items():
        amount, clause = wanted, ""
        for row in ceilings:
            if row["item"] not in (item, "*"):
                continue
            room = Decimal(row["amount"])
            if row["per"] != "item":
                of = [item] if row["item"] == item else list(amounts)
                room -= sum((given.get((name, row["per"]), Decimal(0)) for name in of), Decimal(0))
                room -= sum((planned[name][0] for name in of if name in planned), Decimal(0))
            if amount > max(room, Decimal(0)):
                amount, clause = max(room, Decimal(0)), row["clause"]
        planned[item] = (amount, wanted - amount, clause)
    return planned


def default_dates(first: date, last: date) -> tuple[date, date]:
    """Returns are due at the end of the quarter's second month, visits at the quarter's end."""
    third = date(last.year, last.month, 1)
    return date.fromordinal(third.toordinal() - 1), last
