"""``policy``: the commands of the policy library, which need no database."""

import typer

from nuanxin.policy.cli import app as policy


def register(app: typer.Typer) -> None:
    app.add_typer(policy, name="policy")
