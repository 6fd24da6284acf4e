"""Which day it is: the one place that faces and commands ask.

A demo installation keeps a day of its own, so that its quarter is always under way and a working-day clock can be seen to run out;
it is moved by hand. Everywhere else it is the calendar's day in the installation's time zone.
"""

from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils import timezone


def _kept() -> Path:
    return settings.NUANXIN_HOME / "demo-day"


def demo_day() -> date | None:
    """The demo's day, or None where this is no demo or no day was set."""
    if not settings.NUANXIN_DEMO or not _kept().exists():
        return None
    return date.fromisoformat(_kept().read_text(encoding="ascii").strip())


def set_demo_day(day: date) -> None:
    """Move the demo to a day. Raises RuntimeError outside a demo: real time is not ours to move."""
    if not settings.NUANXIN_DEMO:
        raise RuntimeError("only a demo has a day of its own")
    # Whoever asks for the day meanwhile reads the one or the other, never an empty file.
    draft = _kept().with_suffix(f".{uuid4()}")
    draft.write_text(day.isoformat(), encoding="ascii")
    draft.replace(_kept())


def today() -> date:
    """The day on which what is done now is done."""
    return demo_day() or timezone.localdate()


def now() -> datetime:
    """The moment at which what is done now is done: the time of the clock, on ``today``."""
    time = timezone.localtime()
    return datetime.combine(demo_day() or time.date(), time.timetz())
