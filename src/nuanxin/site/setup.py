"""Making an installation, and serving it on one machine."""

import os
import socket
import time
from datetime import datetime
from threading import Thread
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections
from django.utils import timezone

from nuanxin.records import clock


def initialise() -> dict[str, Any]:
    """Make the data folder and bring the database up to date; the official calendar is seeded. Again changes nothing."""
    from nuanxin.records.services import next_year_missing, seed_calendar

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    settings.NUANXIN_FILES.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "home": str(settings.NUANXIN_HOME),
        "calendar_days": seed_calendar(),
        "calendar_missing": next_year_missing(timezone.localdate()),
    }


def need_ready() -> None:
    """Raises Refused where the database is not there, or older than the program: pages would break one by one."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from nuanxin.records.services import Refused

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused(
            "数据库还没有建好，或比程序旧，请先运行 nuanxin init / the database is not made yet, or older than the program: run nuanxin init"
        )


PAUSE = 2.0
"""Seconds between two looks at whether a job waits."""


def remind(now: datetime) -> int:
    """What an evening does by itself, again and again with nothing more to do: families are told of tomorrow's visits."""
    from nuanxin.care.rules import EVENING
    from nuanxin.care.services.visit_plan import remind_families

    return remind_families(on=now.date()) if now.hour >= EVENING else 0


def work(*, once: bool = False) -> None:
    """Do the long jobs that wait, one after another, and what an evening does; returns when nothing waits any more (``once``), else when
    stopped."""
    from nuanxin.desk.imports import work_once

    holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4()}"[:80]
    while True:
        close_old_connections()
        remind(clock.now())
        if not work_once(holder):
            if once:
                return
            time.sleep(PAUSE)


def work_beside() -> None:
    """The embedded default's worker: a thread beside the pages. A job that breaks is told on the console, and the next one is done."""

    def keep_on() -> None:
        while True:
            one = Thread(target=work, kwargs={"once": True})
            one.start()
            one.join()
            time.sleep(PAUSE)

    Thread(target=keep_on, daemon=True).start()


def serve(host: str, port: int) -> None:
    """Serve with gunicorn in this process; returns when stopped. Ready for one machine: one worker, a few threads."""
    from gunicorn.app.base import BaseApplication

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.site.settings")

    def start_work(worker: Any) -> None:
        work_beside()

    class Desk(BaseApplication):
        def load_config(self) -> None:
            options = {
                "bind": f"{host}:{port}",
                "workers": 1,
                "threads": 4,
                "loglevel": "warning",
                "worker_class": "gthread",
            }
            for key, value in options.items():
                self.cfg.set(key, value)
            if settings.NUANXIN_WORK_BESIDE:
                self.cfg.set("post_worker_init", start_work)

        def load(self) -> Any:
            from nuanxin.site.wsgi import application

            return application

    Desk().run()
