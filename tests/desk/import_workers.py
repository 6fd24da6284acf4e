"""Processes that take a confirmed import in. Run by test_long_imports.py, each on the database that it is given."""

import os
import sys
import time
from datetime import date
from pathlib import Path

DAY = date(2022, 9, 20)


def make(files: Path) -> None:
    """A city union with its officer, and a confirmed import of every file in a folder that waits for a worker."""
    from nuanxin.desk import imports
    from nuanxin.records.services import ask_job, drafts_of, keep_drafts
    from nuanxin.site.setup import initialise
    from nuanxin.union.models import Org
    from nuanxin.union.services import appoint

    initialise()
    org = Org.objects.create(code="R", name="R", level="city")
    appoint(user="he", name="何秋实", org=org, role="city_officer", from_on=date(2022, 1, 1), by="setup")
    token = keep_drafts("he", [(path.name, [path.read_bytes()]) for path in sorted(files.iterdir())])
    asked = {"token": token, "kind": "books", "round": ""}
    ask_job(step=imports.STEP, key=token, by="he", on=DAY, total=len(drafts_of("he", token)), asked=asked)


def hang(after: int) -> None:
    """Work until a part is in the middle of its transaction, say so, and go no further."""
    from nuanxin.desk import imports
    from nuanxin.records.services import claim_job

    def show(done: int, total: int) -> None:
        if done == after:
            print("midway", flush=True)
            time.sleep(600)

    job = claim_job(imports.STEP, holder="first")
    assert job is not None
    imports.carry_on(job, show)


def race(how: str) -> None:
    """Work as soon as the others do; says how many parts this one did."""
    from nuanxin.desk import imports
    from nuanxin.records.models import Job
    from nuanxin.records.services import claim_job

    did: list[int] = []
    job = Job.objects.get(step=imports.STEP)
    # However long each took to come so far, all begin together.
    print("ready", flush=True)
    time.sleep(max(0.0, float(sys.stdin.readline()) - time.time()))
    if how == "claim":
        mine = claim_job(imports.STEP, holder=f"{os.getpid()}")
    else:
        # The same with the claim off: who sees the job takes it, and no part asks whose it is.
        mine = job
        Job.objects.update(state=Job.RUNNING)
        imports.part_of = loose
        imports.end_job = lambda *a, **k: None
    if mine is not None:
        imports.carry_on(mine, lambda done, total: did.append(done))
    print(len(did))


def loose(job):
    from contextlib import contextmanager

    from django.db import transaction

    @contextmanager
    def part():
        with transaction.atomic():
            came_to = []
            yield came_to
        job.done, job.parts = job.done + 1, [*job.parts, *came_to]

    return part()


def let_go() -> None:
    """The time that a dead worker's claim holds is over."""
    from datetime import timedelta

    from django.utils import timezone

    from nuanxin.records.models import Job

    assert Job.objects.filter(state=Job.RUNNING).update(free_at=timezone.now() - timedelta(seconds=1)) == 1


def tell() -> None:
    """What is stored, without keys and instants."""
    import json

    from nuanxin.books.models import BookImport, Consolation
    from nuanxin.desk import imports
    from nuanxin.records.models import Event, Job
    from nuanxin.records.services import noted, verify_chain

    job = Job.objects.get(step=imports.STEP)
    told = {
        "job": [job.state, job.done, job.balance, len(job.parts)],
        "imports": sorted(BookImport.objects.values_list("file_name", "accepted", "refused", "attachment__sha256")),
        "rows": sorted(
            f"{x}" for x in Consolation.objects.values_list("source__file_name", "row", "on", "people", "amount")
        ),
        "events": [[verb, facts["sha256"], facts["accepted"]] for verb, facts in
                   Event.objects.filter(verb="book.import").order_by("seq").values_list("verb", "facts")],
        "chain": verify_chain("R") > 0,
        "told": noted("he", job.key),
    }  # fmt: skip
    print(json.dumps(told, ensure_ascii=False, default=str))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
    import django

    django.setup()
    verb, *words = sys.argv[1:]
    {
        "make": lambda: make(Path(words[0])),
        "hang": lambda: hang(int(words[0])),
        "race": lambda: race(words[0]),
        "let-go": let_go,
        "tell": tell,
    }[verb]()
