"""The command ``nuanxin``: one module for each part of the work, each a thin layer over one service."""

import sys

import typer

from nuanxin.site.cli import common

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="暖心：工会服务工作台 / Nuanxin: a service desk for trade unions",
)


def main() -> None:
    """Run a command; what may not be done is said in sentences, with exit status 1."""
    common.setup()
    from django.db import OperationalError

    from nuanxin.policy import PolicyError
    from nuanxin.records.rules import UnknownYear
    from nuanxin.records.services import Refused
    from nuanxin.site.cli import books, care, example, matters, policy, reports, sheets, system, union

    for part in (system, union, example, sheets, care, books, matters, reports, policy):
        part.register(app)
    try:
        app()
    except Refused as refused:
        common.refuse(refused.reasons)
        sys.exit(1)
    except (UnknownYear, PolicyError) as error:
        common.refuse([str(error)])
        sys.exit(1)
    except OperationalError as error:
        if "no such table" not in str(error) and "does not exist" not in str(error):
            raise
        common.refuse(["数据库尚未建立，请先运行 nuanxin init / no database yet: run `nuanxin init` first"])
        sys.exit(1)
    except FileNotFoundError as error:
        common.refuse([f"没有这个文件：{error.filename} / no such file: {error.filename}"])
        sys.exit(1)
