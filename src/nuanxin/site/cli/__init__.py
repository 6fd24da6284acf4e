"""The command ``nuanxin``: one module for each part of the work, each a thin layer over one service."""

import sys
from importlib import import_module

import typer

from nuanxin.site.cli import common

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="暖心：工会服务工作台 / Nuanxin: a service desk for trade unions",
)

# Which module brings which commands: only the one that is asked for is loaded, so that a small command starts quickly.
PARTS = {
    "system": ("init", "serve", "work", "verify", "recompute", "calendar"),
    "example": ("demo", "example"),
    "union": ("union", "account"),
    "sheets": ("sheet",),
    "care": ("round", "returns", "visits", "match", "offer", "review", "lead", "file", "consent", "checks"),
    "books": ("books",),
    "matters": ("matter",),
    "reports": ("brief",),
    "policy": ("policy",),
}


def main() -> None:
    """Run a command; what may not be done is said in sentences, with exit status 1."""
    if sys.argv[1:2] == ["policy"]:  # a library of its own: neither settings nor a data folder are wanted
        from nuanxin.policy.cli import app as library

        library(sys.argv[2:], prog_name="nuanxin policy")
    common.setup()
    from django.db import OperationalError, ProgrammingError

    from nuanxin.records.rules import UnknownYear
    from nuanxin.records.services import Refused

    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = [part for part, names in PARTS.items() if asked in names] or list(PARTS)
    for part in wanted:
        import_module(f"nuanxin.site.cli.{part}").register(app)
    if len(wanted) == 1 and len(app.registered_commands) + len(app.registered_groups) == 1:
        # One command alone would swallow its own name.
        app.callback()(lambda: None)
    try:
        app()
    except Refused as refused:
        common.refuse(refused.reasons)
        sys.exit(1)
    except UnknownYear as error:
        common.refuse([str(error)])
        sys.exit(1)
    except (OperationalError, ProgrammingError) as error:
        if "no such table" not in str(error) and "does not exist" not in str(error):
            raise
        common.refuse(["数据库尚未建立，请先运行 nuanxin init / no database yet: run `nuanxin init` first"])
        sys.exit(1)
    except FileNotFoundError as error:
        common.refuse([f"没有这个文件：{error.filename} / no such file: {error.filename}"])
        sys.exit(1)
    except Exception as error:
        # The policy library is heavy and most commands do without it: only where it was loaded can it have refused.
        policy = sys.modules.get("nuanxin.policy.messages")
        if policy is None or not isinstance(error, policy.PolicyError):
            raise
        common.refuse([str(error)])
        sys.exit(1)
