"""Making an installation, and serving it on one machine."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone


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


def serve(host: str, port: int) -> None:
    """Serve with gunicorn in this process; returns when stopped. Ready for one machine: one worker, a few threads."""
    from gunicorn.app.base import BaseApplication

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.site.settings")

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

        def load(self) -> Any:
            from nuanxin.site.wsgi import application

            return application

    Desk().run()
