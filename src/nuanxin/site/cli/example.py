"""``demo load`` and ``example run``: the demo union, and a whole folder of quarters run as two demo officers would."""

from pathlib import Path
from typing import Annotated

import typer

from nuanxin.site.cli.common import Json, answer, progress

demo = typer.Typer(no_args_is_help=True, help="演示数据 / demo data")
example = typer.Typer(no_args_is_help=True, help="样例 / examples")


@demo.command("load", help="载入演示工会和两名演示经办人 / load the demo union and its two officers")
def demo_load(
    unions: Annotated[
        Path | None, typer.Option("--unions", help="工会组织 CSV，默认随附的青铜峡 / the union tree")
    ] = None,
    json: Json = False,
) -> None:
    from django.conf import settings

    from nuanxin.records import clock
    from nuanxin.site import demo as logins
    from nuanxin.site.example import begin_demo, load_demo

    loaded = load_demo(unions)
    lines = [f"工会：新增 {loaded['unions']['new']}，未变 {loaded['unions']['same']}"]
    lines += [f"账号 {o['user']}（{o['name']}）：{'、'.join(o['roles'])}，{o['org']}" for o in loaded["officers"]]
    if settings.NUANXIN_DEMO:
        quarter = begin_demo()
        worker = next(row for row in logins.table() if row.username == logins.WORKER)
        lines.append(
            f"职工 {worker.name}：手机 {worker.login}，验证码在 /inbox/ / the worker's phone; her code is at /inbox/"
        )
        lines.append(
            f"演示密码 / demo password: {logins.PASSWORD}（两步验证码显示在登录页 / the second step is shown at login）"
        )
        lines.append(f"申报时可写的虚构身份证号：{'，'.join(logins.NUMBERS)} / fictional ID numbers to apply with")
        if quarter:
            lines.append(f"演示季度 {quarter}，演示日期 {clock.demo_day()} / the demo's quarter and day")
    else:
        lines.append(
            "不是演示模式：账号没有密码 / not a demo: the accounts have no passwords (nuanxin account password NAME)"
        )
    answer(loaded, lines, as_json=json)


@example.command("run", help="把一个文件夹里的各季度从收表办到简报 / run every quarter of a folder to the brief")
def example_run(
    folder: Annotated[Path, typer.Argument(help="布局如 examples/ / laid out like examples/")], json: Json = False
) -> None:
    from nuanxin.site.example import run

    with progress("样例 / example") as show:
        done = run(folder, show=show, say=None if json else typer.echo)
    answer(done, done["brief"]["text"], as_json=json)


def register(app: typer.Typer) -> None:
    app.add_typer(demo, name="demo")
    app.add_typer(example, name="example")
