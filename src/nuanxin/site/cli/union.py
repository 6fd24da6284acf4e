"""``union`` and ``account``: the tree of unions, who holds which post, links to choose a password."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from nuanxin.site.cli.common import By, Json, On, _day, answer

account = typer.Typer(no_args_is_help=True, help="账号 / accounts")
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


@union.command("end-post", help="结束一个任职 / end a post")
def union_end_post(
    user: Annotated[str, typer.Argument(help="账号 / account")], by: By, on: On,
    role: Annotated[str, typer.Option("--role", help="角色 / role")],
    org: Annotated[str, typer.Option("--org", help="工会代码 / the union's code")],
    reason: Annotated[str, typer.Option("--reason", help="原因 / why")],
    last: Annotated[
        date | None, typer.Option("--last", parser=_day, metavar="YYYY-MM-DD", help="最后一天，默认前一天，即马上结束 / its last day")
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.records.services import Refused
    from nuanxin.union.accounts import end_post
    from nuanxin.union.models import Post
    from nuanxin.union.queries import officer

    post = Post.objects.filter(user__username=user, role=role, org__code=org).order_by("-from_on").first()
    if post is None:
        raise Refused(f"{user} 在 {org} 没有「{role}」任职 / {user} holds no such post")
    last_on = last or on - timedelta(days=1)
    ended = end_post(post=post, last_on=last_on, reason=reason, by=officer(by), on=on)
    words = f"{user}：{role}，{org}，到 {last_on} 为止，退出 {ended} 处登录 / ended"
    answer({"user": user, "role": role, "org": org, "until_on": last_on, "sessions": ended}, words, as_json=json)


@account.callback()
def account_group() -> None:
    """One command alone would swallow its own name."""


@account.command(
    "password", help="给本人一个设密码的链接，旧密码作废 / a link to choose a password; the old one is gone"
)
def account_password(user: Annotated[str, typer.Argument(help="账号 / account")], on: On, json: Json = False) -> None:
    from django.urls import reverse

    from nuanxin.union.accounts import reset_password
    from nuanxin.union.queries import officer

    token = reset_password(account=officer(user), by=None, on=on)
    page = f"{reverse('account_choose_password')}#{user}/{token}"
    words = f"{user}：3 天内打开一次，自己设密码 / open once within 3 days to choose a password: {page}"
    answer({"user": user, "page": page}, words, as_json=json)


def permissions() -> None:
    """谁可以做什么：角色 × 操作 × 位置，CSV / who may do what, as CSV (docs/permissions.csv)"""
    import csv
    import sys

    from nuanxin.union.rules import permission_rows

    csv.writer(sys.stdout, lineterminator="\n").writerows(permission_rows())


def register(app: typer.Typer) -> None:
    app.add_typer(union, name="union")
    app.add_typer(account, name="account")
    app.command("permissions")(permissions)
