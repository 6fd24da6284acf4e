"""Matching reported families against a register of the same size, with planted duplicates whose truth is known.

``python bench/matching.py [10000 100000]``: for each number of families and each engine of the fuzzy part, in a process of its own: rows per second,
peak memory, precision and recall of each grade, and the same for families reported twice in the batch.
Peak memory is the process's whole, above what the generated tables and the libraries took before the call.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

Row = dict[str, Any]
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤哈纳单仇解"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国春生海燕文志学小晓雪婷宇浩然子轩欣怡佳琪俊峰云飞龙凤鹏程思雨梦瑶嘉诚立新永福成林国庆金山宝贵德胜少东振兴淑珍凤琴翠花素英秋菊冬梅爱民和平"
TRADITIONAL = {
    "张": "張",
    "刘": "劉",
    "陈": "陳",
    "华": "華",
    "国": "國",
    "丽": "麗",
    "伟": "偉",
    "晓": "曉",
    "云": "雲",
    "红": "紅",
}
HOMOPHONE = {"丽": "莉", "伟": "玮", "晓": "小", "华": "桦", "志": "智", "婷": "亭", "敏": "闵", "英": "瑛", "军": "君"}
SCHEMA = {
    "is_worker": pa.bool_(),
    "name": pa.string(),
    "id_hash": pa.string(),
    "phone_hash": pa.string(),
    "born_on": pa.date32(),
    "union": pa.string(),
    "relation": pa.string(),
}


class World:
    """People with unlike ID numbers; names by a distribution as skewed as real ones (a few surnames are half the people)."""

    def __init__(self, seed: int, unions: int) -> None:
        self.chance, self.unions, self.people = random.Random(seed), unions, 0

    def name(self) -> str:
        surname = SURNAMES[min(int(self.chance.expovariate(1 / 18)), len(SURNAMES) - 1)]
        return surname + "".join(self.chance.choices(GIVEN, k=2 if self.chance.random() < 0.8 else 1))

    def person(self, relation: str, union: str, born: int) -> Row:
        self.people += 1
        return {
            "is_worker": relation == "self",
            "name": self.name(),
            "id_hash": f"{self.people:064x}",
            "phone_hash": f"{self.chance.getrandbits(40):x}" if relation == "self" else None,
            "born_on": date(born, 1, 1) + timedelta(days=self.chance.randrange(9000)),
            "union": union,
            "relation": relation,
        }

    def family(self) -> list[Row]:
        union = f"U{self.chance.randrange(self.unions):05d}"
        rows = [self.person("self", union, 1960)]
        if self.chance.random() < 0.1:  # the union's own phone instead of the family's
            rows[0]["phone_hash"] = f"office {union}"
        if self.chance.random() < 0.8:
            rows.append(self.person("spouse", union, 1960))
        rows += [self.person("child", union, 1995) for _ in range(self.chance.choice((0, 1, 1, 2)))]
        rows += [self.person("parent", union, 1935) for _ in range(self.chance.choice((0, 0, 1, 2)))]
        return rows

    def written(self, name: str) -> str:
        """The name as another clerk writes it."""
        table = self.chance.choice((TRADITIONAL, HOMOPHONE, {}))
        return "".join(table.get(c, c) for c in name) if table else name[0] + " " + name[1:]


def plant(size: int) -> tuple[pa.Table, pa.Table, dict[int, int | None], dict[int, int]]:
    """(reported, known, family → household or None, family → the lower family that it repeats)."""
    world = World(7, max(size // 33, 5))
    chance = world.chance
    known = [world.family() for _ in range(size)]
    families: list[tuple[int | None, list[Row]]] = []
    for household in chance.sample(range(size), int(size * 0.8)):
        rows = [dict(row) for row in known[household]]
        draw = chance.random()
        if draw < 0.12 and len(rows) > 1 and rows[1]["relation"] == "spouse":  # the spouse applies
            rows[0], rows[1] = rows[1], rows[0]
            rows[0].update(is_worker=True, relation="self", phone_hash=f"{chance.getrandbits(40):x}")
            rows[1].update(is_worker=False, relation="spouse", phone_hash=None)
        elif draw < 0.2:  # the worker's ID was refused
            rows[0].update(id_hash=None, born_on=None)
        elif draw < 0.24:  # everybody's was
            for row in rows:
                row.update(id_hash=None, born_on=None)
        elif draw < 0.27:  # it was corrected
            rows[0]["id_hash"] = f"fixed{household}"
        if chance.random() < 0.15:
            rows[0]["name"] = world.written(rows[0]["name"])
        if chance.random() < 0.25:
            rows[0]["phone_hash"] = f"{chance.getrandbits(40):x}"
        if chance.random() < 0.1:
            union = f"U{chance.randrange(world.unions):05d}"
            rows = [row | {"union": union} for row in rows]
        if chance.random() < 0.1:
            rows = rows[:-1] or rows
        families.append((household, rows if any(row["is_worker"] for row in rows) else known[household]))
    while len(families) < size:  # new ones, the hard kinds among them
        rows, other = world.family(), known[chance.randrange(size)]
        draw = chance.random()
        if draw < 0.1:  # a namesake in the same union
            rows = [row | {"union": other[0]["union"]} for row in rows]
            rows[0]["name"] = other[0]["name"]
            if chance.random() < 0.2:
                rows[0].update(id_hash=None, born_on=None)
        elif draw < 0.15:  # a grown sibling who lists the same parents
            rows += [dict(row, union=rows[0]["union"]) for row in other if row["relation"] == "parent"]
        elif draw < 0.18:  # another's ID number
            rows[0]["id_hash"] = other[0]["id_hash"]
        elif draw < 0.3:
            rows[0].update(id_hash=None, born_on=None)
        families.append((None, rows))
    chance.shuffle(families)
    truth = {n: household for n, (household, _) in enumerate(families)}
    repeats = {}
    for n in chance.sample(range(size), size // 20):
        again = len(truth)
        union = f"U{chance.randrange(world.unions):05d}"
        rows = [row | {"union": union} for row in families[n][1]]
        rows[0] = rows[0] | {"name": world.written(rows[0]["name"])}
        families.append((families[n][0], rows))
        truth[again], repeats[again] = families[n][0], n
    reported = pa.Table.from_pylist(
        [{"family": n, **row} for n, (_, rows) in enumerate(families) for row in rows],
        pa.schema({"family": pa.int64(), **SCHEMA}),
    )
    register = pa.Table.from_pylist(
        [{"household": n, **row} for n, rows in enumerate(known) for row in rows],
        pa.schema({"household": pa.int64(), **SCHEMA}),
    )
    return reported, register, truth, repeats


def _resident() -> float:
    """Resident memory now, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def measure(size: int, engine: str) -> dict[str, Any]:
    from nuanxin.care import matching

    reported, known, truth, repeats = plant(size)
    before = _resident()
    chosen: Any = None if engine == "auto" else engine
    start = time.perf_counter()
    result = matching.match_families(reported, known, engine=chosen)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures: dict[str, Any] = {
        "families": size,
        "persons": len(reported) + len(known),
        "engine": engine,
        "seconds": round(seconds, 2),
        "rows_per_second": round((len(reported) + len(known)) / seconds),
        "peak_mib": round(peak),
        "before_mib": round(before),
    }
    rows = result.to_pylist()
    for grade in matching.GRADES:
        of_grade = [row for row in rows if row["grade"] == grade]
        right = sum(row["household"] == truth[row["family"]] for row in of_grade)
        figures[grade] = {"families": len(of_grade), "precision": round(right / max(len(of_grade), 1), 5)}
    matched = [row for row in rows if truth[row["family"]] is not None]
    sure = sum(row["household"] == truth[row["family"]] and row["grade"] in ("exact", "probable") for row in matched)
    found = sum(row["household"] == truth[row["family"]] for row in matched)
    figures["recall"] = {"sure": round(sure / len(matched), 4), "with_doubtful": round(found / len(matched), 4)}
    start = time.perf_counter()
    twice = matching.within_batch(reported, engine=chosen).to_pylist()
    figures["within_batch"] = {"seconds": round(time.perf_counter() - start, 2)}
    joined = [row for row in twice if row["grade"] != "doubtful"]
    figures["within_batch"] |= {
        "precision": round(
            sum(repeats.get(row["family"]) == row["same_as"] for row in joined) / max(len(joined), 1), 5
        ),
        "recall": round(sum(repeats.get(row["family"]) == row["same_as"] for row in twice) / len(repeats), 4),
        "doubtful": len(twice) - len(joined),
    }
    start = time.perf_counter()
    figures["clashes"] = {
        "rows": len(matching.clashes(reported, known)),
        "seconds": round(time.perf_counter() - start, 2),
    }
    figures["peak_all_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--engine", choices=("sql", "splink", "auto"), action="append")
    parser.add_argument("--here", action="store_true", help="measure in this process (one size, one engine)")
    options = parser.parse_args()
    engines = options.engine or ["sql", "splink"]
    for size in options.sizes:
        for engine in engines:
            if options.here:
                print(json.dumps(measure(size, engine)))
                continue
            # A process of its own: peak memory is a figure of the whole process.
            subprocess.run([sys.executable, __file__, str(size), "--engine", engine, "--here"], check=True)


if __name__ == "__main__":
    main()
