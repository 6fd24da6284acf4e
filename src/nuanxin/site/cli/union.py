"""``union``: the tree of unions and who holds which post."""

from pathlib import Path
from typing import Annotated

import typer

from nuanxin.site.cli.common import By, Json, On, answer

union = typer.Typer(no_args_is_help=True, help="工会组织与任职 / the union tree and its posts")


@union.command("load", help="导入工会组织（代码,名称,上级代码,层级） / load the union tree from CSV")
def union_load(file: Annotated[Path, typer.Argument(help="CSV")], by: By, on: On, json: Json = False) -> None:
    from nuanxin.union.services import load_unions

    counts = load_unions(file, by=by, on=on)
    answer(counts, f"新增 {counts['new']}，更新 {counts['changed']}，未变 {counts['same']}", as_json=json)


@union.command("appoint", help="给某人一个任职 / give somebody a post")
def union_appoint(
    user: Annotated[str, typer.Argument(help="账号 / account")], by: By, on: On,
    name: Annotated[str, typer.Option("--name", help="姓名 / name")],
    role: Annotated[str, typer.Option("--role", help="city_officer | approver | visitor | grassroots_officer | auditor")],
    org: Annotated[str, typer.Option("--org", help="工会代码 / the union's code")], json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.records.services import Refused
    from nuanxin.union.models import Org
    from nuanxin.union.rules import ROLES
    from nuanxin.union.services import appoint

    if role not in ROLES:
        raise typer.BadParameter(f"角色应为 {' | '.join(ROLES)} / unknown role")
    found = Org.objects.filter(code=org).first()
    if not found:
        raise Refused(f"没有代码为「{org}」的工会 / there is no union “{org}”")
    post = appoint(user=user, name=name, org=found, role=role, from_on=on, by=by)
    answer(
        {"user": user, "role": role, "org": org, "from_on": post.from_on},
        f"{name}：{found}，{role}，{on} 起",
        as_json=json,
    )


def register(app: typer.Typer) -> None:
    app.add_typer(union, name="union")
