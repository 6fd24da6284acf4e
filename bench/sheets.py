"""Benchmark of nuanxin.sheets: many small returns read, typed and validated, beside openpyxl's bare reading of the same files.

    python bench/sheets.py [--files 3000] [--families 33] [--workers 2] [--openpyxl 200] [--keep DIR]

Prints rows per second, the peak memory, and how many times as fast as openpyxl (measured on a part of the files).
"""

import argparse
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import xlsxwriter

from nuanxin.sheets import forms, read_files

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玲飞"
AREAS = ("640381", "640302", "640104", "640202", "640500")


def resident_id(born: date, rng: random.Random) -> str:
    """A number whose check digit fits."""
    stem = f"{rng.choice(AREAS)}{born:%Y%m%d}{rng.randrange(1, 1000):03d}"
    return stem + "10X98765432"[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]


def family(number: int, rng: random.Random) -> Iterator[list[object]]:
    """The rows of one family: the worker, a spouse and one to three others, 3.3 on average."""
    surname = rng.choice(SURNAMES)

    def name(first: str = "") -> str:
        return (first or rng.choice(SURNAMES)) + rng.choice(GIVEN) + rng.choice(GIVEN)

    born = date(1965, 1, 1) + timedelta(days=rng.randrange(9_000))
    worker = name(surname)
    income = rng.choice(
        [round(rng.uniform(5_000, 90_000), 2), rng.randrange(5_000, 90_000), f"{rng.randrange(5_000, 90_000):,}"]
    )
    yield [
        number, f"{number:02d}", worker, worker, "本人", resident_id(born, rng), f"13{rng.randrange(10**9):09d}", "在岗", income,
        rng.choice([0, "/", "无", rng.randrange(20_000)]), rng.choice([0, "", rng.randrange(9_000)]), "", 1, 0, "否", "否",
        rng.choice(["无", "/", 0]), rng.choice(["收入低", "本人大病", "子女上学"]), "",
    ]  # fmt: skip
    yield ["", "", "", name(), "配偶", resident_id(born + timedelta(days=400), rng), "", "务农", *[""] * 11]
    for _ in range(rng.choice((1, 1, 1, 2))):
        child = born + timedelta(days=365 * 25 + rng.randrange(3_000))
        yield [
            "",
            "",
            "",
            name(surname),
            "子女",
            resident_id(child, rng),
            "",
            "学生",
            "",
            "",
            "",
            "义务教育",
            *[""] * 7,
        ]


def write_returns(folder: Path, files: int, families: int) -> tuple[list[Path], int]:
    """Write the returns; gives the paths and how many member rows they hold."""
    rng = random.Random(7)
    survey = [column for column in forms()["survey"].fields.values() if not column.optional]
    heads = [f"{c.title}（元）" if c.type == "amount" else c.title for c in survey]
    paths, rows = [], 0
    for index in range(files):
        path = folder / f"QTX-{index:05d}.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("困难职工家庭摸排表")
            sheet.write_string(0, 0, f"第{index}工会委员会2022年第三季度困难职工家庭摸排表")
            sheet.write_row(1, 0, heads)
            at = 2
            for number in range(1, families + 1):
                for row in family(number, rng):
                    for column, value in enumerate(row):
                        if value != "":
                            sheet.write(at, column, value)
                    at += 1
            rows += at - 2
            second = book.add_worksheet("难题和微心愿")
            second.write_row(0, 0, ["序号", "类别", "内容", "提出人", "联系电话"])
            second.write_row(1, 0, [1, "微心愿", "一台血压计", "蒋晓春", "18533767957"])
        paths.append(path)
    return paths, rows


def bare_openpyxl(paths: list[Path]) -> float:
    """Seconds openpyxl takes to load the files and hand over every value."""
    start = time.perf_counter()
    for path in paths:
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets:
            for _ in sheet.iter_rows(values_only=True):
                pass
    return time.perf_counter() - start


def cpu_seconds() -> float:
    """Processor time of this process and of its finished children: what is left of a comparison on a busy machine."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--families", type=int, default=33)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--openpyxl", type=int, default=200, help="how many of the files openpyxl reads")
    parser.add_argument("--keep", type=Path, help="write the files here and keep them")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="nuanxin-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        paths, rows = write_returns(folder, options.files, options.families)
        start, worked = time.perf_counter(), cpu_seconds()
        accepted = refused = 0
        for reading in read_files(paths, expect={"survey", "matters"}, workers=options.workers):
            balance = reading.balance["survey"]
            accepted += int(str(balance["accepted"]))
            refused += int(str(balance["refused"]))
        seconds, worked = time.perf_counter() - start, cpu_seconds() - worked
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
        part = paths[:: max(1, len(paths) // max(1, options.openpyxl))]
        scale = len(paths) / len(part)
        before = cpu_seconds()
        theirs = bare_openpyxl(part) * scale
        their_work = (cpu_seconds() - before) * scale
        print(f"{len(paths)} files, {rows} member rows: {accepted} accepted, {refused} refused")
        print(
            f"nuanxin.sheets  {seconds:8.1f} s  {rows / seconds:10,.0f} rows/s  peak {peak:,.0f} MiB in the largest process"
        )
        print(f"openpyxl bare   {theirs:8.1f} s  {rows / theirs:10,.0f} rows/s  (from {len(part)} files)")
        print(f"ratio           {theirs / seconds:8.1f} x by the clock, {their_work / worked:.1f} x by processor time")
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
