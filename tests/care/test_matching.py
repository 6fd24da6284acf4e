"""Matching of reported families: every rule's grade, names, repeats within a batch, clashes, and equal grades by both engines."""

import itertools
import random
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from nuanxin.care import matching
from nuanxin.care.matching import clashes, match_families, name_key, name_keys, name_sound, say, within_batch

pytestmark = pytest.mark.filterwarnings("error")

COLUMNS = {
    "is_worker": pa.bool_(),
    "name": pa.string(),
    "id_hash": pa.string(),
    "phone_hash": pa.string(),
    "born_on": pa.date32(),
    "union": pa.string(),
    "relation": pa.string(),
}
BORN = date(1980, 5, 4)


def row(key: int, name: str | None, number: str | None, phone: str | None = None, union: str = "U1", born: date | None = None,
        worker: bool = False) -> dict[str, Any]:  # fmt: skip
    return {
        "key": key,
        "is_worker": worker,
        "name": name,
        "id_hash": number,
        "phone_hash": phone,
        "born_on": born,
        "union": union,
        "relation": "self" if worker else "other",
    }


def worker(key: int, name: str | None, number: str | None, *more: Any, **named: Any) -> dict[str, Any]:
    return row(key, name, number, *more, worker=True, **named)


def people(key: str, *rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), pa.schema({"key": pa.int64(), **COLUMNS})).rename_columns([key, *COLUMNS])


REGISTER = people(
    "household",
    worker(1, "张建国", "zhang", "p1", "U1", BORN),
    row(1, "李红", "li", born=date(1981, 1, 1)),
    row(1, "张小明", "ming", born=date(2010, 1, 1)),
    worker(2, "马玉兰", "ma", "p2", "U2", date(1975, 2, 2)),
    worker(3, "买买提·艾力", None, "p3", "U3"),
)


def match(*rows: dict[str, Any]) -> dict[str, Any]:
    """The one family's result."""
    (found,) = match_families(people("family", *rows), REGISTER).to_pylist()
    return found


CASES = {
    "the worker's ID, another phone, another union": (
        [worker(9, "张建国", "zhang", "new", "U9")],
        ("exact", 1, {"same-worker-id", "same-name", "new-phone", "other-union"}),
    ),
    "a space in the name": ([worker(9, "张 建国", "zhang")], ("exact", 1, {"name-variant"})),
    "one character of three": ([worker(9, "张健民", "zhang")], ("doubtful", 1, {"other-name"})),
    "one character of three is near": ([worker(9, "张建民", "zhang")], ("exact", 1, {"name-near"})),
    "another's ID": ([worker(9, "王五", "zhang")], ("doubtful", 1, {"same-worker-id", "other-name"})),
    "the spouse applies": (
        [worker(9, "李红", "li"), row(9, "张建国", "zhang")],
        ("probable", 1, {"other-worker", "worker-is-member", "shared-members:2"}),
    ),
    "the spouse applies alone": ([worker(9, "李红", "li")], ("doubtful", 1, {"other-worker"})),
    "a member's ID under another name is no evidence": ([worker(9, "王五", "li")], ("new", None, set())),
    "ID corrected, child shared": (
        [worker(9, "张建国", "zhang2"), row(9, "张小明", "ming")],
        ("probable", 1, {"different-worker-id", "shared-members:1", "same-name"}),
    ),
    "another worker, a child shared": ([worker(9, "王五", "wang"), row(9, "张小明", "ming")], ("doubtful", 1, {"shared-members:1"})),
    "another worker, all others shared with the old worker among them": (
        [worker(9, "王五", "wang"), row(9, "张建国", "zhang"), row(9, "李红", "li"), row(9, "张小明", "ming")],
        ("probable", 1, {"worker-is-member", "all-members"}),
    ),
    "grown siblings share both parents": (
        [worker(9, "张海燕", "hai"), row(9, "李红", "li"), row(9, "张小明", "ming")],
        ("doubtful", 1, {"different-worker-id", "all-members", "shared-members:2"}),
    ),
    "ID corrected, same phone": ([worker(9, "张建国", "zhang2", "p1")], ("doubtful", 1, {"same-phone"})),
    "ID corrected, same birth and union": ([worker(9, "张建国", "zhang2", None, "U1", BORN)], ("doubtful", 1, {"same-birth"})),
    "a namesake in the union": ([worker(9, "张建国", "zhang2", "p9", "U1", date(1990, 1, 1))], ("new", None, set())),
    "a namesake in the union, births unknown": ([worker(9, "张建国", "zhang2", "p9")], ("new", None, set())),
    "no ID, a child shared": ([worker(9, "张建國", None), row(9, "张小明", "ming")], ("probable", 1, {"no-worker-id", "name-variant"})),
    "no ID, another name, a child shared": ([worker(9, "王五", None), row(9, "张小明", "ming")], ("doubtful", 1, {"other-name"})),
    "no ID, name and phone": ([worker(9, "张建国", None, "p1", "U9")], ("probable", 1, {"same-phone", "other-union"})),
    "no ID, homophone and phone": ([worker(9, "章建国", None, "p1", "U9")], ("probable", 1, {"name-homophone"})),
    "no ID, near name and phone": ([worker(9, "张建军", None, "p1", "U1")], ("doubtful", 1, {"name-near", "same-phone"})),
    "no ID, the surname misread, same phone": ([worker(9, "弓建国", None, "p1", "U1")], ("doubtful", 1, {"name-near"})),
    "no ID, name and union": ([worker(9, "张建国", None, "p9", "U1")], ("doubtful", 1, {"same-name", "same-union"})),
    "no ID, name, union, another birth": ([worker(9, "张建国", None, "p9", "U1", date(1990, 1, 1))], ("new", None, set())),
    "no ID, name, phone, another birth": ([worker(9, "张建国", None, "p1", "U9", date(1990, 1, 1))], ("doubtful", 1, {"other-birth"})),
    "no ID, name, union and birth": ([worker(9, "张建国", None, "p9", "U1", BORN)], ("probable", 1, {"same-birth", "same-union"})),
    "no ID, the name alone": ([worker(9, "张建国", None, "p9", "U9")], ("new", None, set())),
    "no ID, the phone alone": ([worker(9, "王五", None, "p1", "U1")], ("new", None, set())),
    "the register lacks the ID": ([worker(9, "買買提艾力", "mai", "p3", "U3")], ("probable", 3, {"name-variant", "same-phone"})),
    "the row of the worker is missing": ([row(9, "李红", "li"), row(9, "张小明", "ming")], ("doubtful", 1, {"shared-members:2"})),
    "nothing known": ([worker(9, None, None)], ("new", None, set())),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_grade(case: str) -> None:
    rows, (grade, household, reasons) = CASES[case]
    found = match(*rows)
    assert (found["family"], found["grade"], found["household"]) == (9, grade, household)
    assert reasons <= set(found["reasons"])
    assert all(say(reason, language) for reason in found["reasons"] for language in ("zh", "en"))


def test_score_carries_the_grade() -> None:
    for rows, (grade, *_) in CASES.values():
        score = match_families(people("family", *rows), REGISTER)["score"][0].as_py()
        least = {"exact": 0.99, "probable": 0.99, "doubtful": 0.05, "new": 0.0}[grade]
        assert least <= score <= 1


def test_every_case_has_the_same_grade_in_one_batch_and_by_splink() -> None:
    batch = people("family", *(r | {"key": n} for n, (rows, _) in enumerate(CASES.values()) for r in rows))
    expected = [(grade, household) for _, (grade, household, _) in CASES.values()]
    for engine in ("sql", "splink"):
        found = match_families(batch, REGISTER, engine=engine).to_pylist()  # type: ignore[arg-type]
        assert [(row["grade"], row["household"]) for row in found] == expected


def test_a_new_phone_never_hurts_an_id_match() -> None:
    old, new = (match(worker(9, "张建国", "zhang", phone)) for phone in ("p1", "p9"))
    assert old["grade"] == new["grade"] == "exact"
    assert "new-phone" in new["reasons"]


def test_two_households_that_fit_equally_are_for_a_person() -> None:
    known = people("household", worker(1, "张刚", None, "p", "U1"), worker(2, "张刚", None, "p", "U2"))
    (found,) = match_families(people("family", worker(9, "张刚", "g", "p", "U1")), known).to_pylist()
    assert (found["grade"], found["household"]) == ("doubtful", 1)
    assert "several-candidates" in found["reasons"]


def test_an_exact_household_wins_over_the_parents_household() -> None:
    known = people(
        "household",
        worker(1, "张建国", "zhang"),
        row(1, "张小明", "ming"),
        row(1, "李红", "li"),
        worker(2, "张小明", "ming"),
    )
    (found,) = match_families(people("family", worker(9, "张小明", "ming"), row(9, "李红", "li")), known).to_pylist()
    assert (found["grade"], found["household"]) == ("exact", 2)


def test_one_row_for_every_family_and_an_empty_register() -> None:
    reported = people("family", worker(5, "张刚", "a"), row(5, "李红", "b"), worker(2, "张刚", None))
    found = match_families(reported, REGISTER.slice(0, 0))
    assert found.schema == matching.MATCHES
    assert found["family"].to_pylist() == [2, 5]
    assert found["grade"].to_pylist() == ["new", "new"]
    assert match_families(reported.slice(0, 0), REGISTER).num_rows == 0
    assert within_batch(reported.slice(0, 0)).schema == matching.REPEATS
    assert clashes(reported.slice(0, 0), REGISTER).schema == matching.CLASHES


def test_hashes_may_be_bytes_and_tables_may_be_chunked() -> None:
    known = REGISTER.set_column(
        REGISTER.column_names.index("id_hash"), "id_hash", REGISTER["id_hash"].cast(pa.binary())
    )
    one, two = people("family", worker(9, "张建国", "zhang")), people("family", worker(8, "马玉兰", "ma"))
    found = match_families(pa.concat_tables([one, two]), known)
    assert found["household"].to_pylist() == [2, 1]
    assert found["grade"].to_pylist() == ["exact", "exact"]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="phone_hash"):
        match_families(REGISTER.rename_columns({"household": "family"}).drop_columns(["phone_hash"]), REGISTER)


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张刚", "张 刚"),
        ("张刚", "張剛"),
        ("张刚", "张\u200b刚\u3000"),
        ("买买提·艾力", "買買提・艾力"),
        ("买买提·艾力", "买买提•艾力"),
        ("吕峰", "呂峯"),
        ("吴晓", "呉暁"),
        ("马龙", "⻢⻰"),
        ("Anna", "ＡＮＮＡ"),
    ],
)
def test_name_key_equal(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_name_key_keeps_what_differs_and_rare_characters() -> None:
    assert name_key("张刚") != name_key("张钢")
    assert name_key("𠮷田䶮") == "𠮷田䶮"
    assert name_key(" · ") == ""


@pytest.mark.parametrize(
    ("name", "sound"),
    [("单雄信", "shan xiong xin"), ("查良镛", "zha liang yong"), ("仇英", "qiu ying"), ("解晓东", "xie xiao dong"),
     ("曾小明", "zeng xiao ming"), ("尉迟恭", "yu chi gong"), ("王单", "wang dan"), ("𠮷", "𠮷")],
)  # fmt: skip
def test_surnames_sound_as_surnames(name: str, sound: str) -> None:
    assert name_sound(name) == sound


def test_the_column_equals_the_single_name() -> None:
    names = ["张 刚", None, "", "單雄信", "张 刚", " "]
    table = name_keys(pa.chunked_array([names[:2], names[2:]], pa.string()))
    assert table["key"].to_pylist() == [name_key(n) or None if n is not None else None for n in names]
    assert table["sound"].to_pylist() == ["zhang gang", None, None, "shan xiong xin", "zhang gang", None]


# ── The same family twice in a batch ─────────────────────────────────────────────────────────────────────────────────


def test_reported_by_two_unions_and_a_third_time_without_id() -> None:
    batch = people(
        "family",
        worker(4, "张刚", "a", "p", "U1"),
        row(4, "李红", "b"),
        worker(7, "张 刚", "a", "q", "U2"),
        worker(11, "张刚", None, "q", "U3"),
        worker(12, "马云", "m", "r", "U3"),
    )
    for engine in ("sql", "splink"):
        repeats = within_batch(batch, engine=engine).to_pylist()  # type: ignore[arg-type]
        assert [(r["family"], r["same_as"], r["grade"]) for r in repeats] == [(7, 4, "exact"), (11, 4, "probable")]
    assert "other-union" in repeats[0]["reasons"]


def test_three_exact_reports_are_one_family_and_not_several_candidates() -> None:
    batch = people("family", *(worker(key, "张刚", "a", f"p{key}", f"U{key}") for key in (3, 1, 2)))
    repeats = within_batch(batch).to_pylist()
    assert [(r["family"], r["same_as"], r["grade"]) for r in repeats] == [(2, 1, "exact"), (3, 1, "exact")]


def test_a_doubtful_repeat_is_not_followed_further() -> None:
    batch = people(
        "family",
        worker(1, "张刚", "a", "p", "U1"),
        worker(2, "张刚", "a2", "p", "U1"),  # a corrected ID? a person judges
        worker(3, "张刚", "a2", "q", "U2"),  # surely 2
    )
    repeats = within_batch(batch).to_pylist()
    assert [(r["family"], r["same_as"], r["grade"]) for r in repeats] == [(2, 1, "doubtful"), (3, 2, "exact")]


def test_between_two_different_families_a_person_judges() -> None:
    batch = people(
        "family",
        worker(1, "张刚", "a", "p", "U1", BORN),
        worker(2, "张钢", "b", "p", "U1", date(1999, 1, 1)),
        worker(3, "张刚", None, "p", "U1"),
    )
    found = {r["family"]: r for r in within_batch(batch).to_pylist()}
    assert found[3]["grade"] == "doubtful"
    assert "several-candidates" in found[3]["reasons"]


# ── Another person's ID ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["张 建国", "張建國", "章建国", "张建民", "张建国国"])
def test_a_variant_is_no_clash(name: str) -> None:
    assert clashes(people("family", worker(9, name, "zhang")), REGISTER).num_rows == 0


def test_clashes_with_the_register_and_within_the_batch() -> None:
    batch = people(
        "family",
        worker(8, "王五", "w"),
        row(8, "李红", "ma"),  # 马玉兰 of household 2
        worker(9, "张刚", "g"),
        row(9, "李红", "g"),  # one number twice in a family
        row(9, None, "zhang"),  # no name: nothing to say
    )
    assert clashes(batch, REGISTER).to_pylist() == [
        {
            "row": 1,
            "family": 8,
            "name": "李红",
            "known_name": "马玉兰",
            "household": 2,
            "other_family": None,
            "other_row": None,
        },
        {
            "row": 2,
            "family": 9,
            "name": "张刚",
            "known_name": "李红",
            "household": None,
            "other_family": 9,
            "other_row": 3,
        },
        {
            "row": 3,
            "family": 9,
            "name": "李红",
            "known_name": "张刚",
            "household": None,
            "other_family": 9,
            "other_row": 2,
        },
    ]


# ── Both engines, blocks and planted truth ───────────────────────────────────────────────────────────────────────────


def _crowd(seed: int, families: int) -> tuple[pa.Table, pa.Table]:
    """Few names, phones, unions and birth dates, so that everything coincides with everything."""
    chance = random.Random(seed)
    names = ["张刚", "张钢", "张 刚", "張剛", "王小明", "王大明", "王晓明", "王明", "买买提", "买买提·艾力", None]
    numbers = [None, *(f"n{i}" for i in range(families))]

    def crowd(key: str) -> pa.Table:
        rows = []
        for n in range(families):
            for member in range(chance.randrange(1, 4)):
                rows.append(
                    row(n, chance.choice(names), chance.choice(numbers), chance.choice([None, "p1", "p2", "p3", "p4"]),
                        chance.choice(["U1", "U2", "U3"]), chance.choice([None, BORN, date(1990, 1, 1)]), member == 0)
                )  # fmt: skip
        return people(key, *rows)

    return crowd("family"), crowd("household")


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_give_equal_grades(seed: int) -> None:
    reported, known = _crowd(seed, 60)
    plain, splink = (match_families(reported, known, engine=engine) for engine in ("sql", "splink"))
    assert plain.drop_columns(["score"]) == splink.drop_columns(["score"])
    assert plain["score"].to_pylist() == pytest.approx(splink["score"].to_pylist())
    assert len(set(plain["grade"].to_pylist())) >= 3
    once, again = (within_batch(reported, engine=engine).drop_columns(["score"]) for engine in ("sql", "splink"))
    assert once == again


def test_the_engine_is_chosen_by_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    reported, known = _crowd(5, 30)
    expected = match_families(reported, known, engine="sql")
    called = []
    by_splink = matching._fuzzy_by_splink
    monkeypatch.setattr(matching, "_fuzzy_by_splink", lambda *a: (called.append(1), by_splink(*a)))
    match_families(reported, known)
    assert not called
    monkeypatch.setitem(matching._CONFIG, "splink_from", 1)
    assert match_families(reported, known).drop_columns(["score"]) == expected.drop_columns(["score"])
    assert called


@pytest.mark.parametrize("seed", range(3))
def test_blocks_lose_no_pair_that_a_rule_would_grade(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reported, known = _crowd(10 + seed, 40)
    blocked = match_families(reported, known, engine="sql")
    monkeypatch.setattr(matching, "_BLOCKS", ("true",))  # every pair
    every = match_families(reported, known, engine="sql")
    graded = [
        (a, b)
        for a, b in zip(blocked.to_pylist(), every.to_pylist(), strict=True)
        if b["grade"] != "new" or a["grade"] != "new"
    ]
    assert graded
    assert all(a == b for a, b in graded)


def test_the_result_does_not_depend_on_the_order_of_rows() -> None:
    # Whole families are shuffled: which worker row is first within a family does mean something.
    reported, known = _crowd(20, 50)
    groups = [list(g) for _, g in itertools.groupby(reported.to_pylist(), lambda r: r["family"])]
    random.Random(1).shuffle(groups)
    shuffled = pa.Table.from_pylist([r for g in groups for r in g], reported.schema)
    assert match_families(shuffled, known) == match_families(reported, known)
    assert within_batch(shuffled) == within_batch(reported)


def test_every_level_has_its_weight_and_every_reason_its_sentence() -> None:
    for comparison, levels in matching._LEVELS.items():
        assert {level for level, _ in levels} - {"unknown"} == set(matching._CONFIG["weights"][comparison])
    codes = {
        part
        for case in matching._REASONS
        for part in case.split("'")
        if part.rstrip(":") in matching._CONFIG["reasons"]
    }
    assert {code.rstrip(":") for code in codes} | {"several-candidates"} == set(matching._CONFIG["reasons"])
    with pytest.raises(KeyError):
        say("no-such-reason")
