"""A long import is a job: done by a worker, shown while it runs, carried on by another when its worker is killed, and never done twice."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.desk.test_sheets import TYPED, a_sheet
from tests.records.test_race import together

from nuanxin.books.models import BookImport
from nuanxin.desk import imports
from nuanxin.records.models import Job
from nuanxin.sheets import write_table

WORKERS = Path(__file__).with_name("import_workers.py")
TITLES = ("日期", "项目", "慰问对象", "人数", "金额（元）")
FILES = 5


def text(answer):
    return unescape(answer.content.decode())


# ------------------------------------------------------------------------------------------------------ in the browser


@pytest.fixture
def confirmed(sign_in, office, monkeypatch):
    """Two files of a book, looked at and confirmed, long enough to be left to a worker."""
    office.on(date(2022, 9, 20))
    monkeypatch.setattr(imports, "LONG", 1)
    client = sign_in("he")
    sheets = [
        SimpleUploadedFile(name, a_sheet(sign_in, "consolation", TYPED["consolation"] | {"people": people}))
        for name, people in (("甲.xlsx", 30), ("乙.xlsx", 40))
    ]
    look = client.post("/sheets/", {"sheets": sheets}).headers["Location"]
    client.post(look, {"do": "receive"})
    return client, look


@pytest.mark.django_db
def test_a_long_import_waits_shows_how_far_it_is_and_ends(confirmed, sign_in):
    client, look = confirmed
    assert not BookImport.objects.exists()
    page = text(client.get(look))
    assert "排队中" in page
    assert "刷新" in page
    # A second click, the back button: the same job.
    client.post(look, {"do": "receive"})
    client.post(look, {"do": "drop"})
    assert Job.objects.filter(step="import").count() == 1

    seen = []
    job = imports.claim_job("import", holder="one")
    imports.carry_on(job, lambda done, total: seen.append(text(client.get(look))))
    assert ["2 个文件中已收 0 个" in seen[0], "2 个文件中已收 1 个" in seen[1]] == [True, True]
    part = client.get(look, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert part.headers["HX-Redirect"] == f"{look}sent/"
    assert "2 行 = 接受 2 行 + 退回 0 行" in text(client.get(look, follow=True))
    job.refresh_from_db()
    assert (job.state, job.balance) == ("done", {"in": [["rows", 2]], "out": [["accepted", 2], ["refused", 0]]})
    assert imports.work_once("two") is False
    assert BookImport.objects.count() == 2
    assert sign_in("wu").get(look).status_code == 404


@pytest.mark.django_db
def test_the_part_that_is_asked_for_is_that_of_the_page(confirmed):
    client, look = confirmed
    page = text(client.get(look))
    part = text(client.get(look, headers={"HX-Request": "true", "HX-Target": "progress"}))
    assert part.strip() in page


@pytest.mark.django_db
def test_what_may_not_be_done_any_more_ends_with_the_reason(confirmed, office):
    client, look = confirmed
    office.cast["he"].posts.all().update(until_on=date(2022, 9, 1))
    imports.work_once("one")
    job = Job.objects.get(step="import")
    assert (job.state, job.done) == ("failed", 0)
    assert job.asked["failed"]
    assert not BookImport.objects.exists()
    office.cast["he"].posts.all().update(until_on=None)
    page = text(client.get(look))
    assert "2 个文件中收了 0 个" in page
    assert "he 已没有上传这种表的任职" in page
    client.cookies["django_language"] = "en"
    assert "he holds no post any more" in text(client.get(look))


@pytest.mark.django_db
def test_a_part_whose_job_another_holds_is_taken_back(confirmed):
    job = imports.claim_job("import", holder="one")

    def lose(done, total):
        if done == 1:
            Job.objects.filter(pk=job.pk).update(holder="two")

    imports.carry_on(job, lose)
    assert [one.file_name for one in BookImport.objects.all()] == ["乙.xlsx"]
    assert Job.objects.get(pk=job.pk).done == 1


# ------------------------------------------------------------------------------------------- real processes, real kills


def environment(home, database=""):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUANXIN")}
    return kept | {"NUANXIN_HOME": str(home)} | ({"NUANXIN_DATABASE_URL": database} if database else {})


@pytest.fixture(scope="module")
def waiting(tmp_path_factory):
    """A data folder, and on PostgreSQL a database, with an import that waits; copied for each who works on it."""
    folder = tmp_path_factory.mktemp("import")
    files = folder / "sheets"
    files.mkdir()
    for n in range(FILES):
        rows = [[date(2022, 9, 1), f"项目{n}", "户外职工", 10 + i, 100 + i] for i in range(3)]
        write_table(files / f"慰问{n}.xlsx", TITLES, rows)
    server = os.environ.get("NUANXIN_TEST_DATABASE_URL", "")
    name = f"nuanxin_import_{os.getpid()}"
    if server:
        admin(server, f"CREATE DATABASE {name}")
    home = folder / "home"
    home.mkdir()
    env = environment(home, at(server, name))
    subprocess.run([sys.executable, str(WORKERS), "make", str(files)], env=env, check=True, timeout=300)
    yield home, server, name
    if server:
        admin(server, f"DROP DATABASE {name}")


@pytest.fixture
def started(waiting, tmp_path):
    """A copy of its own; run something of ``import_workers`` on it."""
    made, server, template = waiting
    names = []

    def start(name):
        home = shutil.copytree(made, tmp_path / name)
        own = f"{template}_{name}"
        if server:
            admin(server, f"CREATE DATABASE {own} TEMPLATE {template}")
            names.append(own)
        env = environment(home, at(server, own))

        def run(*words, background=False):
            command = [sys.executable, str(WORKERS), *map(str, words)]
            if words[0] == "nuanxin":
                command = [sys.executable, "-c", "from nuanxin.site.cli import main; main()", *words[1:]]
            if background:
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
                return subprocess.Popen(command, env=env, **pipes)
            return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout

        return run

    yield start
    for name in names:
        admin(server, f"DROP DATABASE {name}")


def admin(url, statement):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def at(server, name):
    return urlsplit(server)._replace(path=f"/{name}").geturl() if server else ""


def test_a_killed_worker_leaves_nothing_half_and_another_finishes(started):
    calm = started("calm")
    calm("nuanxin", "work", "--once")
    undisturbed = json.loads(calm("tell"))
    assert undisturbed["job"][:2] == ["done", FILES]
    assert len(undisturbed["rows"]) == 3 * FILES

    run = started("killed")
    first = run("hang", 2, background=True)
    assert first.stdout.readline().strip() == "midway"
    first.kill()
    first.communicate()
    left = json.loads(run("tell"))
    # Two files are in, whole; of the third, in whose middle the worker died, there is nothing.
    assert (left["job"][:2], len(left["imports"]), len(left["rows"]), len(left["events"])) == (["running", 2], 2, 6, 2)
    # The dead worker may still be alive for all that the others know: nobody takes over before its time is over.
    run("nuanxin", "work", "--once")
    assert json.loads(run("tell")) == left
    run("let-go")
    run("nuanxin", "work", "--once")
    assert json.loads(run("tell")) == undisturbed


def test_what_waits_is_done_beside_the_pages(started):
    run = started("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = run("nuanxin", "serve", "--port", str(port), background=True)
    try:
        for _ in range(100):
            if json.loads(run("tell"))["job"][0] == "done":
                break
            assert server.poll() is None
            time.sleep(0.2)
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert json.loads(run("tell"))["job"][:2] == ["done", FILES]


@pytest.mark.parametrize(("how", "once"), [("claim", True), ("claim off", False)])
def test_workers_who_race_do_it_once(started, how, once):
    run = started("race")
    racers = [run("race", how, background=True) for _ in range(3)]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 3
    did = [told.strip() for told in together(racers, f"{time.time() + 0.5}\n")]
    assert (sorted(did) == ["0", "0", f"{FILES}"]) is once, did
    if once:
        assert all(racer.returncode == 0 for racer in racers)
        assert json.loads(run("tell"))["job"][:2] == ["done", FILES]
