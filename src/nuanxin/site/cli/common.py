"""What every command shares: the options ``--by``, ``--on`` and ``--json``, one way to answer, one way to refuse.

Exit status: 0 done (refusals inside the input included), 1 not done, 2 wrong usage. With ``--json`` standard output is JSON and
nothing else; progress and remarks go to standard error.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

By = Annotated[str, typer.Option("--by", help="经办人账号 / the officer who acts")]
Lang = Annotated[Literal["zh", "en"], typer.Option("--lang", help="语言 / language")]
Json = Annotated[bool, typer.Option("--json", help="只输出 JSON / print JSON and nothing else")]
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"「{text}」不是日期，应写作 2022-09-30 / write a date as 2022-09-30") from None


On = Annotated[date, typer.Option("--on", parser=_day, metavar="YYYY-MM-DD", help="办理日期 / the date of the act")]


def _quarter(text: str) -> str:
    from nuanxin.union.rules import quarter_span

    try:
        quarter_span(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


Quarter = Annotated[
    str, typer.Argument(parser=_quarter, metavar="QUARTER", help="季度，如 2022Q3 / a quarter as 2022Q3")
]
QuarterOption = Annotated[str, typer.Option("--quarter", parser=_quarter, metavar="QUARTER", help="季度 / the quarter")]


def setup() -> None:
    """Start Django; called before any command that needs the database."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.site.settings")
    if not apps.ready:
        django.setup()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in JSON")


def answer(data: Any, text: str | list[str], *, as_json: bool) -> None:
    """Print the answer: ``data`` as JSON, or ``text`` for people."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1, default=_plain) + "\n")
        return
    for line in [text] if isinstance(text, str) else text:
        sys.stdout.write(line + "\n")


def refuse(reasons: list[str]) -> None:
    """Say why something was not done, on standard error, or as JSON where JSON was asked for."""
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": "；".join(reasons), "reasons": reasons}, ensure_ascii=False) + "\n")
    for reason in reasons:
        errors.print(f"未办理 / not done: {reason}", markup=False)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error for long work; silent where nobody watches."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=errors, transient=True, disable=not errors.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
