"""Which reported family is one that the register already knows? Grades with reasons; a person judges the doubtful.

Pure: tables in, tables out; no database of ours, no clock. Weights, reason sentences and character tables: ``matching.toml``.

A pair (reported family, known household) is described by six levels:

==========  =====================================================================================================
id          the worker's ID number: same | crossed (the worker is another member there) | differ | unknown (a null)
members     ID numbers shared besides the reported worker's: two | one | none | unknown. Only under a name that is alike:
            an ID under a clearly different name is a clash, and no evidence
name        the worker's: same | variant | homophone | near | different | unknown
phone       same | new | unknown
unit        the union: same | other
birth       same | other | unknown; only where the ID numbers do not tell it already
==========  =====================================================================================================

The rules, the first that holds gives the grade ("alike" = same, variant or homophone):

========  ========================================================================================================
exact     id same, name not different
doubtful  id same, name different
probable  id crossed, two or more shared ID numbers
doubtful  id crossed
probable  id differ or unknown, another member shared, name alike
probable  id differ, all other members (two or more) shared, and the known worker is among them or the phone is the same
doubtful  another member shared
probable  id unknown, name alike, phone same
probable  id unknown, name alike, birth and union same
doubtful  id unknown, name near, phone same
doubtful  id unknown, name alike, union or birth same
doubtful  id differ, name alike, and phone same or birth and union same (a corrected ID number)
new       anything else: two valid different ID numbers are two people, and a name alone says nothing
========  ========================================================================================================

A grade is taken back one step when the score (the probability that the weights give) is below the grade's threshold, and a
family that fits several households equally well is doubtful. All other members shared is not enough for *probable* under another name
without the third condition: two grown siblings who both list their parents share them too.

Where the work is done: whatever shares an ID number is found by hash joins in DuckDB; only families that are not exact then go
through the fuzzy part (no shared ID number), which compares them inside blocks. It is done by splink from
``splink_from`` families on and by the same comparison in plain SQL below; levels, weights and rules are the same ones.
"""

# ruff: noqa: S608  (the SQL is put together from this module's own tables and weights; every value of a file is a column)

import math
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

Engine = Literal["sql", "splink"]

_CONFIG: dict[str, Any] = tomllib.loads(files("nuanxin.care").joinpath("matching.toml").read_text("utf-8"))
GRADES = ("exact", "probable", "doubtful", "new")

MATCHES = pa.schema(
    {
        "family": pa.int64(),
        "household": pa.int64(),
        "grade": pa.string(),
        "score": pa.float64(),
        "reasons": pa.list_(pa.string()),
    }
)
REPEATS = pa.schema(
    {
        "family": pa.int64(),
        "same_as": pa.int64(),
        "grade": pa.string(),
        "score": pa.float64(),
        "reasons": pa.list_(pa.string()),
    }
)
CLASHES = pa.schema(
    {
        "row": pa.int64(),
        "family": pa.int64(),
        "name": pa.string(),
        "known_name": pa.string(),
        "household": pa.int64(),
        "other_family": pa.int64(),
        "other_row": pa.int64(),
    }
)


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _characters() -> dict[int, str]:
    pairs = {pair[0]: pair[1] for text in _CONFIG["characters"].values() for pair in text.split()}
    # A variant may lead to a traditional character: follow the steps to the last one.
    for written in pairs:
        seen = {written}
        while (target := pairs[written]) in pairs and pairs[target] not in seen and pairs[target] != target:
            seen.add(target)
            pairs[written] = pairs[target]
    return {ord(written): plain for written, plain in pairs.items() if written != plain}


_PLAIN = _characters()
_SURNAMES: dict[str, tuple[str, ...]] = {name: tuple(reading.split()) for name, reading in _CONFIG["surnames"].items()}


def name_key(name: str) -> str:
    """The form by which names are compared: folded widths (NFKC) and case, no spaces, dots or invisible characters, variant and
    traditional characters as simplified ones. ``"買買提 · 艾力"`` → ``"买买提艾力"``; empty when nothing is left."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded.translate(_PLAIN) if c.isalnum())


@cache
def _reading(character: str) -> str:
    from pypinyin import lazy_pinyin  # slow to import, and not needed where names are equal

    return lazy_pinyin(character)[0]


def name_sound(key: str) -> str:
    """How the name of a ``name_key`` sounds, without tones: ``"单雄信"`` → ``"shan xiong xin"``. Surnames are read as
    surnames; a character without a known reading stands for itself."""
    surname = next((s for s in (key[:2], key[:1]) if s in _SURNAMES), "") if len(key) > 1 else ""
    return " ".join((*_SURNAMES.get(surname, ()), *(_reading(c) for c in key[len(surname) :])))


def name_keys(names: pa.ChunkedArray | pa.Array) -> pa.Table:
    """``name_key`` and ``name_sound`` of a whole column: a table (key, sound) of the same length. Each distinct name is worked
    out once; null and empty names give null."""
    coded = pc.dictionary_encode(pa.chunked_array([names]) if isinstance(names, pa.Array) else names).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else pa.array([], pa.dictionary(pa.int32(), pa.string()))
    keys = [name_key(name) or None if name is not None else None for name in coded.dictionary.to_pylist()]
    sounds = [name_sound(key) if key else None for key in keys]
    return pa.table(
        {
            "key": pa.array(keys, pa.string()).take(coded.indices),
            "sound": pa.array(sounds, pa.string()).take(coded.indices),
        }
    )


def say(reason: str, language: Literal["zh", "en"] = "zh") -> str:
    """The sentence of a reason code (``"shared-members:3"``). Raises KeyError for a code that does not exist."""
    code, _, number = reason.partition(":")
    return str(_CONFIG["reasons"][code][language]).format(n=number)


# ── Levels: one table for splink and for plain SQL ──────────────────────────────────────────────────────────────────────

_SAME_NAME = (
    ("same", "name_l = name_r"),
    ("variant", "key_l = key_r"),
    ("homophone", "sound_l = sound_r"),
    (
        "near",
        "length(key_l) >= 3 and length(key_r) >= 3 and (starts_with(key_l, key_r) or starts_with(key_r, key_l)"
        " or length(key_l) = length(key_r)"
        " and len(list_filter(range(1, length(key_l) + 1), lambda i: key_l[i] <> key_r[i])) = 1)",
    ),
)
UNKNOWN = "unknown"
_NO_ID = "id_hash_l is null or id_hash_r is null"
# comparison → (level, condition) in order; "unknown" weighs nothing. {crossed} and {others} are facts of the pair.
_LEVELS: dict[str, tuple[tuple[str, str], ...]] = {
    "id": (("same", "id_hash_l = id_hash_r"), ("crossed", "{crossed}"), (UNKNOWN, _NO_ID), ("differ", "else")),
    "members": (
        ("two", "{others} >= 2"),
        ("one", "{others} = 1"),
        (UNKNOWN, "ids_l = 0 or ids_r = 0"),
        ("none", "else"),
    ),
    # Two valid ID numbers that differ say already that the workers are two: their names differ then as a matter of course.
    "name": (
        *_SAME_NAME,
        (UNKNOWN, "key_l is null or key_r is null or {crossed} or id_hash_l <> id_hash_r"),
        ("different", "else"),
    ),
    "phone": (("same", "phone_l = phone_r"), (UNKNOWN, "phone_l is null or phone_r is null"), ("new", "else")),
    "unit": (("same", "unit_l = unit_r"), (UNKNOWN, "unit_l is null or unit_r is null"), ("other", "else")),
    # An ID number contains the birth date: equal IDs have equal dates, and differing IDs excuse differing dates.
    "birth": (
        ("same", f"born_l = born_r and ({_NO_ID} or id_hash_l <> id_hash_r)"),
        (UNKNOWN, f"born_l is null or born_r is null or not ({_NO_ID})"),
        ("other", "else"),
    ),
}
_ALIKE = "name in ('same', 'variant', 'homophone')"
_RULES: tuple[tuple[str, str], ...] = (
    ("exact", "id = 'same' and name <> 'different' and name <> 'unknown'"),
    ("doubtful", "id = 'same'"),
    ("probable", "id = 'crossed' and shared >= 2"),
    ("doubtful", "id = 'crossed'"),
    ("probable", f"others >= 1 and {_ALIKE}"),
    ("probable", "id = 'differ' and whole and others >= 2 and (heir or phone = 'same')"),
    ("doubtful", "others >= 1"),
    ("probable", f"id = 'unknown' and {_ALIKE} and phone = 'same'"),
    ("probable", f"id = 'unknown' and {_ALIKE} and birth = 'same' and unit = 'same'"),
    ("doubtful", "id = 'unknown' and name = 'near' and phone = 'same'"),
    ("doubtful", f"id = 'unknown' and {_ALIKE} and (unit = 'same' or birth = 'same')"),
    ("doubtful", f"id = 'differ' and {_ALIKE} and (phone = 'same' or birth = 'same' and unit = 'same')"),
)
# Pairs that a rule without a shared ID could grade lie in one of these blocks. first and last: of three characters one may differ.
# "name and union" and "sound and birth" skip the pairs of two valid ID numbers that no rule grades: they would be nearly all.
_BLOCKS = (
    "l.phone = r.phone and l.sound = r.sound",
    "l.phone = r.phone and l.first = r.first and (l.id_hash is null or r.id_hash is null)",
    "l.phone = r.phone and l.last = r.last and (l.id_hash is null or r.id_hash is null)",
    "l.sound = r.sound and l.unit = r.unit and (l.id_hash is null or r.id_hash is null)",
    "l.sound = r.sound and l.born = r.born and (l.id_hash is null or r.id_hash is null or l.unit = r.unit)",
)
_REASONS = (
    ("case id when 'same' then 'same-worker-id' when 'crossed' then 'other-worker' when 'differ' then 'different-worker-id'"
     " else 'no-worker-id' end"),
    "case when heir then 'worker-is-member' end",
    "case when shared > 1 or shared = 1 and id <> 'same' then 'shared-members:' || shared end",
    "case when whole and others > 0 then 'all-members' end",
    ("case name when 'same' then 'same-name' when 'variant' then 'name-variant' when 'homophone' then 'name-homophone'"
     " when 'near' then 'name-near' when 'different' then 'other-name' else case when id = 'differ' and key_l <> key_r then 'other-name' end end"),
    "case phone when 'same' then 'same-phone' when 'new' then 'new-phone' end",
    "case unit when 'same' then 'same-union' when 'other' then 'other-union' end",
    "case when born_l = born_r and id <> 'same' then 'same-birth' when born_l <> born_r then 'other-birth' end",
)  # fmt: skip


def _weight(comparison: str, level: str) -> float:
    figures = _CONFIG["weights"][comparison].get(level)
    return math.log2(figures["m"] / figures["u"]) if figures else 0.0


_PRIOR_BITS = math.log2(_CONFIG["prior"] / (1 - _CONFIG["prior"]))


def _case(pairs: Iterable[tuple[str, str]], otherwise: str) -> str:
    """``case when … then …`` of (value, condition); a value is written as an SQL string, ``otherwise`` as it stands."""
    return (
        "case " + " ".join(f"when {condition} then '{value}'" for value, condition in pairs) + f" else {otherwise} end"
    )


def _level_sql(comparison: str, **facts: str) -> str:
    *levels, (last, _) = _LEVELS[comparison]
    return _case([(level, condition.format(**facts)) for level, condition in levels], f"'{last}'")


def _bits_sql() -> str:
    return " + ".join(
        f"case {comparison} "
        + " ".join(f"when '{level}' then {_weight(comparison, level)!r}" for level, _ in levels)
        + " end"
        for comparison, levels in _LEVELS.items()
    )


# ── Tables in DuckDB ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, in memory; what does not fit goes to a private folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="nuanxin-match-") as spill, duckdb.connect() as db:
        db.execute("set temp_directory = ?", [spill])
        db.execute("set memory_limit = '600MB'")
        db.execute("set autoinstall_known_extensions = false")
        db.execute("set preserve_insertion_order = false")
        yield db


def _load(db: duckdb.DuckDBPyConnection, side: str, table: pa.Table, key: str) -> None:
    """Create ``{side}_person`` (rows) and ``{side}_family`` (what the comparison sees of a family) from a table of people."""
    wanted = {key, "is_worker", "name", "id_hash", "phone_hash", "born_on", "union"}
    if missing := wanted - set(table.column_names):
        raise ValueError(f"columns missing: {', '.join(sorted(missing))}")
    names = pc.utf8_trim_whitespace(table["name"].cast(pa.string()))
    keys = name_keys(names)
    people = pa.table(
        {
            "row": pa.array(range(len(table)), pa.int64()),
            "k": table[key].cast(pa.int64()),
            "is_worker": pc.fill_null(table["is_worker"].cast(pa.bool_()), False),
            "name": names,
            "key": keys["key"],
            "sound": keys["sound"],
            "id_hash": table["id_hash"].cast(pa.binary()),
            "phone": table["phone_hash"].cast(pa.binary()),
            "born": table["born_on"].cast(pa.date32()),
            "unit": table["union"].cast(pa.string()),
        }
    )
    db.register("people", people)
    db.execute(f"create table {side}_person as select * from people")
    db.unregister("people")
    # The worker is the first worker row; without one the family has no worker's name, number or birth date.
    db.execute(
        f"""
        create table {side}_family as
        with family as (
            select k, min(row) filter (is_worker) as head, min(phone) as any_phone, min(unit) as any_unit
            from {side}_person group by k
        ), ids as (
            select p.k, count(distinct p.id_hash) as ids from {side}_person p join family f on f.k = p.k
            where p.row is distinct from f.head group by p.k
        )
        select f.k as unique_id, f.head, w.name, w.key, w.sound, w.key[1] as first, w.key[-1] as last, w.id_hash, w.born,
            coalesce(w.phone, f.any_phone) as phone, coalesce(w.unit, f.any_unit) as unit, coalesce(ids.ids, 0) as ids
        from family f left join {side}_person w on w.row = f.head left join ids on ids.k = f.k
        """
    )


_COMPARED = ("name", "key", "sound", "id_hash", "born", "phone", "unit", "ids")
_COLUMNS = ", ".join(f"l.{c} as {c}_l, r.{c} as {c}_r" for c in _COMPARED)


def _grade_pairs(db: duckdb.DuckDBPyConnection, left: str, right: str, order: str, engine: Engine | None) -> None:
    """Create table ``graded`` (f, h, grade, score, reasons) of all pairs that share anything. ``order``: a condition on
    l.k and r.k that a pair must meet."""
    alike = " or ".join(f"({condition})" for _, condition in _SAME_NAME)
    # By ID numbers: hash joins.
    db.execute(
        f"""
        create table by_id as
        with hit as (
            select f, h, id_hash, l_head, r_head, coalesce({alike}, false) as alike from (
                select l.k as f, r.k as h, l.id_hash, l.row = lf.head as l_head, r.row = rf.head as r_head,
                    l.name as name_l, r.name as name_r, l.key as key_l, r.key as key_r, l.sound as sound_l, r.sound as sound_r
                from {left}_person l join {right}_person r on l.id_hash = r.id_hash and ({order.format("k")})
                join {left}_family lf on lf.unique_id = l.k join {right}_family rf on rf.unique_id = r.k
            )
        )
        select f, h,
            coalesce(bool_or(l_head and not r_head and alike), false) and not coalesce(bool_or(l_head and r_head), false) as crossed,
            coalesce(bool_or(not l_head and r_head and alike), false) as heir,
            count(distinct id_hash) filter (alike) as shared,
            count(distinct id_hash) filter (alike and not coalesce(l_head, false)) as others,
            count(distinct id_hash) filter (alike and not coalesce(r_head, false)) as others_r
        from hit group by f, h
        having bool_or(alike) or bool_or(l_head and r_head)
        """
    )
    levels = ", ".join(f"{_level_sql(c, crossed='crossed', others='others')} as {c}" for c in _LEVELS)
    db.execute(
        f"""
        create table compared as
        select *, {levels} from (
            select f, h, crossed, heir, shared, others, others = l.ids and others_r = r.ids as whole, {_COLUMNS}
            from by_id join {left}_family l on l.unique_id = f join {right}_family r on r.unique_id = h
        )
        """
    )
    db.execute(
        f"alter table compared add column bits double; update compared set bits = {_PRIOR_BITS!r} + {_bits_sql()}"
    )
    # Only families that are not exact yet go on.
    db.execute(
        f"""
        create table open_family as select * from {left}_family where key is not null and unique_id not in
            (select f from compared where id = 'same' and name not in ('different', 'unknown'))
        """
    )
    waiting = db.execute("select count(*) from open_family").fetchall()[0][0]
    if engine is None:
        engine = "splink" if waiting >= _CONFIG["splink_from"] else "sql"
    if waiting:
        (_fuzzy_by_splink if engine == "splink" else _fuzzy_by_sql)(db, right, order)
        db.execute(
            f"""
            insert into compared by name
            select f, h, false as crossed, false as heir, 0 as shared, 0 as others, false as whole, {_COLUMNS},
                id_level as id, members_level as members, name_level as name, phone_level as phone, unit_level as unit,
                birth_level as birth, bits
            from fuzzy join open_family l on l.unique_id = f join {right}_family r on r.unique_id = h
            where not exists (select 1 from by_id where by_id.f = fuzzy.f and by_id.h = fuzzy.h)
            """
        )
    rule = _case(_RULES, "'new'")
    reasons = ", ".join(_REASONS)
    db.execute(
        f"""
        create table graded as
        select f, h, score, list_filter([{reasons}], lambda x: x is not null) as reasons,
            case when rule = 'probable' and score < {_CONFIG["probable"]!r} then 'doubtful'
                 when rule = 'doubtful' and score < {_CONFIG["doubtful"]!r} then 'new' else rule end as grade
        from (select *, 1 / (1 + pow(2, -bits)) as score, {rule} as rule from compared)
        """
    )


_NO_SHARED = {"crossed": "false", "others": "0"}


def _fuzzy_by_sql(db: duckdb.DuckDBPyConnection, right: str, order: str) -> None:
    """Create table ``fuzzy`` (f, h, a level per comparison, bits): the pairs of all blocks, each once."""
    blocks = " union ".join(
        f"select l.unique_id as f, r.unique_id as h from open_family l join {right}_family r on {block} and ({order.format('unique_id')})"
        for block in _BLOCKS
    )
    levels = ", ".join(f"{_level_sql(c, **_NO_SHARED)} as {c}" for c in _LEVELS)
    named = ", ".join(f"{c} as {c}_level" for c in _LEVELS)
    db.execute(
        f"""
        create table fuzzy as
        select f, h, {named}, {_PRIOR_BITS!r} + {_bits_sql()} as bits from (
            select f, h, {levels} from (
                select f, h, {_COLUMNS} from ({blocks}) join open_family l on l.unique_id = f join {right}_family r on r.unique_id = h
            )
        )
        """
    )


def _fuzzy_by_splink(db: duckdb.DuckDBPyConnection, right: str, order: str) -> None:
    """The same table by splink, with our levels and figures: nothing is estimated, so that a grade never depends on the batch."""
    import logging

    from splink import DuckDBAPI, Linker  # slow to import

    comparisons = []
    names: dict[str, dict[int, str]] = {}
    for comparison, levels in _LEVELS.items():
        known = [level for level, _ in levels if level != UNKNOWN]
        names[comparison] = {-1: UNKNOWN} | {len(known) - 1 - i: level for i, level in enumerate(known)}
        comparisons.append(
            {
                "output_column_name": comparison,
                "comparison_levels": [
                    {
                        "sql_condition": "ELSE" if condition == "else" else condition.format(**_NO_SHARED),
                        "label_for_charts": level,
                        **(
                            {"is_null_level": True}
                            if level == UNKNOWN
                            else {
                                "m_probability": _CONFIG["weights"][comparison][level]["m"],
                                "u_probability": _CONFIG["weights"][comparison][level]["u"],
                            }
                        ),
                    }
                    for level, condition in levels
                ],
            }
        )
    settings = {
        "link_type": "link_only",
        "probability_two_random_records_match": _CONFIG["prior"],
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [f"{block} and ({order.format('unique_id')})" for block in _BLOCKS],
        "retain_matching_columns": True,  # brings the levels too, which the rules need
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": [],
    }
    logging.getLogger("splink").setLevel(logging.WARNING)
    api = DuckDBAPI(connection=db)
    # splink puts the data set whose name sorts first on the left.
    sides = [
        api.register("open_family", dataset_display_name="a_reported"),
        api.register(f"{right}_family", dataset_display_name="b_known"),
    ]
    linker = Linker(sides, settings, log_level=logging.WARNING)
    predicted = linker.inference.predict(threshold_match_weight=None).physical_name
    mapped = ", ".join(
        f"case gamma_{c} "
        + " ".join(f"when {gamma} then '{level}'" for gamma, level in names[c].items())
        + f" end as {c}_level"
        for c in _LEVELS
    )
    db.execute(
        f"create table fuzzy as select unique_id_l as f, unique_id_r as h, {mapped}, match_weight as bits from {predicted}"
    )


_RANK = "case grade when 'exact' then 0 when 'probable' then 1 when 'doubtful' then 2 else 3 end"


# ── What callers ask ──────────────────────────────────────────────────────────────────────────────────────────────────────


def match_families(reported: pa.Table, known: pa.Table, *, engine: Engine | None = None) -> pa.Table:
    """One row for every reported family: which household of the register it is, how surely, and why.

    ``reported``: a row per person: family (int64), is_worker (bool), name, id_hash and phone_hash (string or binary; null where
    refused or absent), born_on (date32), union (code), relation. ``known``: the same of the register's people with household instead of
    family. Result ``MATCHES``, ordered by family: household is null for *new*; score is the probability of being one family; reasons are codes for ``say``.
    ``engine`` forces the fuzzy part's engine; the grades do not depend on it. Raises ValueError when a column is missing.
    """
    with _duckdb() as db:
        _load(db, "reported", reported, "family")
        _load(db, "known", known, "household")
        _grade_pairs(db, "reported", "known", "true", engine)
        # Several households at the best grade, where that grade would join without asking: a person judges.
        result = db.sql(
            f"""
            with ranked as (
                select *, {_RANK} as place, row_number() over (partition by f order by {_RANK}, score desc, h) as n,
                    count(*) over (partition by f, grade) > 1 and grade in ('exact', 'probable') as several
                from graded
            )
            select p.unique_id as family,
                case when grade <> 'new' then h end as household,
                case when several then 'doubtful' else coalesce(grade, 'new') end as grade,
                coalesce(score, 0.0) as score,
                case when grade is null or grade = 'new' then []::varchar[]
                     when several then list_append(reasons, 'several-candidates') else reasons end as reasons
            from reported_family p left join ranked on ranked.f = p.unique_id and n = 1 order by family
            """
        ).to_arrow_table()
    # Sorted here too: DuckDB's threads may hand a large result on out of its order.
    return result.cast(MATCHES).sort_by("family")


def within_batch(reported: pa.Table, *, engine: Engine | None = None) -> pa.Table:
    """Families of one batch that are the same family reported twice: by two unions, or twice by one.

    Result ``REPEATS``, ordered by family: a row for each family that repeats one with a lower key. ``same_as`` is the lowest key of the
    same family; over several steps (3 is 2, 2 is 1) the weakest grade counts. A doubtful step is not followed further.
    Columns and engine as in ``match_families``.
    """
    with _duckdb() as db:
        _load(db, "reported", reported, "family")
        _grade_pairs(db, "reported", "reported", "l.{0} > r.{0}", engine)
        pairs = db.execute(
            f"select f, h, grade, score, reasons from graded where grade <> 'new' order by f, {_RANK}, score desc, h"
        ).fetchall()
    found: dict[int, tuple[int, str, float, list[str]]] = {}

    def root(family: int) -> tuple[int, str, float]:
        """The lowest family that this one surely is, with the weakest grade and score on the way (it may be itself)."""
        if family not in found or found[family][1] == "doubtful":
            return family, "exact", 1.0
        return found[family][:3]

    joined: dict[int, set[int]] = {}
    for family, other, grade, score, reasons in pairs:
        origin, step, surety = root(other)
        worst = max(grade, step, key=GRADES.index)
        if family not in found:
            found[family] = (origin, worst, min(score, surety), reasons)
        if grade == found[family][1] and grade != "doubtful":
            joined.setdefault(family, set()).add(origin)
            # Two different families fit equally well: a person judges.
            if len(joined[family]) > 1:
                first, _, weight, why = found[family]
                found[family] = (first, "doubtful", weight, [*why, "several-candidates"])
    rows = [(family, *values) for family, values in sorted(found.items())]
    return pa.Table.from_pylist([dict(zip(REPEATS.names, row, strict=True)) for row in rows], REPEATS)


def clashes(reported: pa.Table, known: pa.Table) -> pa.Table:
    """Rows whose ID number stands under a clearly different name in the register or elsewhere in the batch: another person's ID.

    Names that differ by a space, a dot, a variant or homophone character, or by one character of three, do not clash; 张刚 and 李红 do. Result
    ``CLASHES``, ordered by row: row is the row's position in ``reported`` (from 0), with the lowest household it clashes with; else (household
    null) other_family and other_row of the first row of the batch it clashes with. Either of two rows may be the wrong one: both are named.
    """
    alike = " or ".join(f"({condition})" for _, condition in _SAME_NAME)
    pair = (
        "l.row, l.k as family, l.name, r.name as known_name, l.name as name_l, r.name as name_r, l.key as key_l, r.key as key_r,"
        " l.sound as sound_l, r.sound as sound_r"
    )
    with _duckdb() as db:
        _load(db, "reported", reported, "family")
        _load(db, "known", known, "household")
        result = db.sql(
            f"""
            with pair as (
                select {pair}, r.k as household, null::bigint as other_family, null::bigint as other_row
                from reported_person l join known_person r on l.id_hash = r.id_hash
                union all
                select {pair}, null::bigint, r.k, r.row
                from reported_person l join reported_person r on l.id_hash = r.id_hash and l.row <> r.row
            )
            select row, family, name, known_name, household, other_family, other_row from pair
            where key_l is not null and key_r is not null and not ({alike})
            qualify row_number() over (partition by row order by household nulls last, other_row) = 1
            order by row
            """
        ).to_arrow_table()
    return result.cast(CLASHES).sort_by("row")
