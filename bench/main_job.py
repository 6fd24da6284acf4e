"""Steps 1 to 6 of the main job on generated returns: rows per second and peak memory of each step, beside bare readings and inserts.

    python -m bench.main_job [--families 100000] [--per-file 33] [--json]

Runs in a data folder of its own (NUANXIN_DATABASE_URL names PostgreSQL instead of the embedded SQLite: an empty database).
Peers in the same run: openpyxl's bare reading of the same files, bare executemany (SQLite) or COPY (PostgreSQL) of the same rows, and
Django's bulk_create of the same rows (each of a sample, scaled up).
"""

import argparse
import csv
import json
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

Measured = list[dict[str, Any]]


def resident_mib() -> float:
    """Resident memory of this process now."""
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


class Peak:
    """The highest resident memory while a step runs, looked at every 20 ms."""

    def __enter__(self) -> "Peak":
        self.mib, self._on = resident_mib(), True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while self._on:
            self.mib = max(self.mib, resident_mib())
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self._on = False
        self._thread.join()


def step(rows: Measured, name: str, count: int, unit: str, work: Callable[[], Any]) -> Any:
    with Peak() as peak:
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
    rows.append(
        {
            "step": name,
            "seconds": seconds,
            "count": count,
            "unit": unit,
            "per_second": count / seconds,
            "peak_mib": peak.mib,
        }
    )
    print(f"  {name:<44}{seconds:9.2f} s {count / seconds:12,.0f} {unit}/s  peak {peak.mib:7,.0f} MiB", file=sys.stderr)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, default=100_000)
    parser.add_argument("--per-file", type=int, default=33)
    parser.add_argument("--sample", type=int, default=100, help="files that openpyxl reads")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="nuanxin-bench-"))
    os.environ["NUANXIN_HOME"] = str(folder / "home")
    os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
    try:
        measured = run(folder, options.families, options.per_file, options.sample)
        if options.json:
            print(json.dumps(measured, indent=1))
    finally:
        shutil.rmtree(folder)


def run(folder: Path, families: int, per_file: int, sample: int) -> Measured:
    import django

    django.setup()
    from bench.sheets import bare_openpyxl, write_returns

    files = -(-families // per_file)
    returns_folder = folder / "returns"
    returns_folder.mkdir()
    paths, persons = write_returns(returns_folder, files, per_file)
    with (folder / "unions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["代码", "名称", "上级代码", "层级"])
        writer.writerow(["QTX", "某市总工会", "", "city"])
        writer.writerows([f"QTX-{n:05d}", f"第{n}工会委员会", "QTX", "enterprise"] for n in range(files))
    families = files * per_file
    print(f"{families:,} families, {persons:,} persons, {files:,} files", file=sys.stderr)

    from nuanxin.care.services import decide, publish, register, returns, rounds
    from nuanxin.sheets import read_files
    from nuanxin.site.example import load_demo
    from nuanxin.union.models import User
    from nuanxin.union.queries import city

    measured: Measured = []
    load_demo(folder / "unions.csv")
    he, xu = User.objects.get(username="he"), User.objects.get(username="xu")
    part = paths[:: max(1, files // sample)][:sample]
    theirs = bare_openpyxl(part) * files / len(part)
    measured.append(
        {
            "step": "openpyxl, bare reading",
            "seconds": theirs,
            "count": persons,
            "unit": "rows",
            "per_second": persons / theirs,
        }
    )
    print(f"  {'openpyxl, bare reading (from a sample)':<44}{theirs:9.2f} s", file=sys.stderr)

    step(measured, "1 read + type + validate", persons, "rows",
         lambda: [None for _ in read_files(paths, expect={"survey", "matters"})])  # fmt: skip
    round_, _ = rounds.open_round(
        org=city(), quarter="2022Q3", policy="qingtongxia", area="QTX", by=he, on=date(2022, 7, 1)
    )
    matching = register.match_round
    register.match_round = lambda *_, **__: None  # type: ignore[assignment]
    step(measured, "2 receive (read, insert returns and rows)", persons, "rows",
         lambda: returns.receive(round_=round_, paths=[returns_folder], by=he, on=date(2022, 8, 31)))  # fmt: skip
    register.match_round = matching
    step(measured, "3 match and enter the register", persons, "rows",
         lambda: register.match_round(round_, by=he, on=date(2022, 8, 31)))  # fmt: skip
    sheets = visit_sheets(folder, round_)
    step(measured, "4 record visits", families, "families", lambda: record(round_, sheets, he))
    step(measured, "5 decide", families, "families", lambda: decide.decide(round_=round_, by=he, on=date(2022, 9, 20)))
    step(
        measured, "6 publish", families, "families", lambda: publish.publish(round_=round_, by=he, on=date(2022, 9, 20))
    )
    step(measured, "6 certify, file, plan aid", families, "families",
         lambda: publish.certify(round_=round_, by=xu, on=date(2022, 9, 28)))  # fmt: skip
    inserts(measured, persons)
    return measured


def visit_sheets(folder: Path, round_: Any) -> list[Path]:
    """Visit sheets of 2,000 families each, as the city union types them."""
    import xlsxwriter

    from nuanxin.union import secrets

    rows = list(
        round_.leads.filter(state="due").order_by("pk").values_list("household__worker__id_cipher", "worker_name")
    )
    paths = []
    for n in range(0, len(rows), 2000):
        path = folder / f"走访记录{n:06d}.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("走访记录")
            titles = ["走访日期", "职工姓名", "身份证号", "走访人一", "走访人二", "核实家庭人口", "核实家庭年收入（元）", "核实住房套数",
                      "核实自付医疗费（元）", "走访结论", "备注"]  # fmt: skip
            sheet.write_row(0, 0, titles)
            for i, (cipher, name) in enumerate(rows[n : n + 2000], 1):
                sheet.write_row(
                    i, 0, ["2022-09-10", name, secrets.unseal(cipher), "白秀磊", "程国", "", "", "", "", "属实", ""]
                )
        paths.append(path)
    return paths


def record(round_: Any, sheets: list[Path], by: Any) -> None:
    from nuanxin.care.services import visits

    visits.record(round_=round_, paths=sheets, by=by, on=date(2022, 9, 19))


def inserts(measured: Measured, persons: int) -> None:
    """The reported rows once more: through our door, by the bare driver, and by bulk_create (of a tenth)."""
    from django.db import connection, transaction

    from nuanxin.care.models import ReportedMember
    from nuanxin.care.services.returns import _MEMBER
    from nuanxin.records.services import insert

    names = [ReportedMember._meta.get_field(name).attname for name in _MEMBER]
    rows = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
            for row in ReportedMember.objects.values_list(*names)[:persons]]  # fmt: skip
    table = ReportedMember._meta.db_table
    columns = ", ".join(ReportedMember._meta.get_field(name).column for name in _MEMBER)

    def ours() -> None:
        with transaction.atomic():
            insert(ReportedMember, _MEMBER, rows)
            transaction.set_rollback(True)

    def bare() -> None:
        ready = [
            tuple(json.dumps(v) if isinstance(v, dict) else v.isoformat() if isinstance(v, date) else v for v in row)
            for row in rows
        ]
        start = time.perf_counter()
        with transaction.atomic():
            connection.ensure_connection()
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in ready:
                        copy.write_row(row)
            else:
                marks = ", ".join("?" * len(_MEMBER))
                connection.connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", ready)
            transaction.set_rollback(True)
        seconds = time.perf_counter() - start
        measured.append(
            {
                "step": "bare insert",
                "seconds": seconds,
                "count": len(rows),
                "unit": "rows",
                "per_second": len(rows) / seconds,
            }
        )
        print(f"  {'bare executemany / COPY of the same rows':<44}{seconds:9.2f} s", file=sys.stderr)

    def orm() -> None:
        part = rows[::10]
        start = time.perf_counter()
        with transaction.atomic():
            ReportedMember.objects.bulk_create(
                [ReportedMember(**dict(zip(names, row, strict=True))) for row in part], batch_size=1000
            )
            transaction.set_rollback(True)
        seconds = (time.perf_counter() - start) * len(rows) / max(len(part), 1)
        measured.append(
            {
                "step": "bulk_create",
                "seconds": seconds,
                "count": len(rows),
                "unit": "rows",
                "per_second": len(rows) / seconds,
            }
        )
        print(f"  {'bulk_create of the same rows (from a tenth)':<44}{seconds:9.2f} s", file=sys.stderr)

    step(measured, "insert through our door", len(rows), "rows", ours)
    bare()
    orm()


if __name__ == "__main__":
    main()
