"""Every list page of the desk with a large register on SQLite: queries and milliseconds, beside Django's admin list of the same table.

    python -m bench.pages [--families 31000] [--times 20] [--keep FOLDER]

The register is made by the main job from generated returns (31,000 families are about 100,000 persons); ``--keep`` leaves it in a folder
and takes it from there the next time. Pages are asked for within the process that is set up as it is served, signed in, in turn with the admin's; whole answers, templates included.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ADMIN = ("/admin/union/household/", "/admin/union/household/?q=王", "/admin/care/lead/?state=decided")
# Addresses that show a list for other parameters than none.
MORE = (
    "/households/?q=王", "/households/?state=on_file&page=100", "/households/?q=建国", "/rounds/QTX-2022Q3/families/?column=aid",
    "/rounds/QTX-2022Q3/families/?q=王&page=3", "/rounds/QTX-2022Q3/returns/?tab=unions", "/rounds/QTX-2022Q3/returns/?tab=rows",
    "/brief/visits/?from=2022Q3&to=2022Q3", "/brief/households_filed/?from=2022Q3&to=2022Q3&page=100",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, default=31_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="nuanxin-bench-"))
    made = (folder / "home" / "nuanxin.sqlite3").exists()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["NUANXIN_HOME"] = str(folder / "home")
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.admin_settings"
    try:
        if not made:
            from bench.main_job import run

            run(folder, options.families, 33, 10)
        measure(options.times)
    finally:
        if not options.keep:
            shutil.rmtree(folder)


def list_pages() -> list[str]:
    """The addresses of the desk's pages that need no more than a round: lists, boards, dashboards."""
    from django.urls import reverse

    from nuanxin.desk.urls import urlpatterns

    found = []
    for pattern in urlpatterns:
        wanted = set(pattern.pattern.converters) - {"round_code"}
        if wanted or not pattern.name or pattern.name.endswith(("_pdf", "_docx", "template")):
            continue
        found.append(reverse(f"desk:{pattern.name}", kwargs=dict.fromkeys(pattern.pattern.converters, "QTX-2022Q3")))
    return found


def measure(times: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    import nuanxin.site.wsgi  # noqa: F401 — as it is served
    from nuanxin.union.models import Household, Person, User

    call_command("migrate", verbosity=0)
    he = User.objects.get(username="he")
    boss, _ = User.objects.get_or_create(username="bench-admin", defaults={"is_staff": True, "is_superuser": True})
    print(f"{Person.objects.count():,} persons, {Household.objects.count():,} households; {times} times each\n")
    clients = {}
    for user in (he, boss):
        client = clients[user] = Client(HTTP_HOST="127.0.0.1")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        # The second factor is behind it, as for every officer at work.
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    rows = []
    for url in [*ADMIN, *list_pages(), *MORE]:
        client = clients[boss if url.startswith("/admin/") else he]
        first = client.get(url)
        if first.status_code != 200:
            print(f"  {first.status_code} {url}", file=sys.stderr)
            continue
        spent = []
        for _ in range(times):
            start = time.perf_counter()
            client.get(url)
            spent.append((time.perf_counter() - start) * 1000)
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        p95 = statistics.quantiles(spent, n=20)[-1] if times > 1 else spent[0]
        rows.append((url, len(asked), statistics.median(spent), p95))
    peer = next(row[3] for row in rows if row[0] == ADMIN[0])
    print("| page | queries | median ms | p95 ms | p95 × admin's list |\n|---|--:|--:|--:|--:|")
    for url, asked, median, p95 in rows:
        print(f"| `{url}` | {asked} | {median:.0f} | {p95:.0f} | {p95 / peer:.2f} |")


if __name__ == "__main__":
    main()
