"""``init``, ``serve``, ``work``, ``verify``, ``recompute``: the installation itself."""

from pathlib import Path
from typing import Annotated

import typer

from nuanxin.site.cli.common import By, Json, On, Quarter, answer, errors


def init(json: Json = False) -> None:
    """建立数据文件夹和数据库 / make the data folder and the database"""
    from nuanxin.site.setup import initialise

    made = initialise()
    if made["calendar_missing"]:
        errors.print(
            f"{made['calendar_missing']} 年的放假调休尚未录入，请用 nuanxin calendar / next year's calendar is not entered"
        )
    words = f"数据文件夹 {made['home']}：数据库就绪，新增放假调休 {made['calendar_days']} 天 / ready"
    answer(made, words, as_json=json)


def serve(
    port: Annotated[int, typer.Option("--port", help="端口 / port")] = 8000,
    host: Annotated[str, typer.Option("--host", help="地址 / address")] = "127.0.0.1",
) -> None:
    """打开工作台网页 / serve the desk"""
    from nuanxin.site.setup import need_ready
    from nuanxin.site.setup import serve as run

    need_ready()
    typer.echo(f"工作台 / the desk: http://{host}:{port}/   （Ctrl+C 停止 / stops）")
    run(host, port)


def work(
    once: Annotated[bool, typer.Option("--once", help="做完排队的就停 / stop when nothing waits")] = False,
) -> None:
    """做排队的长作业（大表导入）；中断的接着做 / do the long jobs that wait, carry on those whose worker died"""
    from nuanxin.site.setup import need_ready
    from nuanxin.site.setup import work as run

    need_ready()
    run(once=once)


def verify(json: Json = False) -> None:
    """核验事件链：每个工会的记录未被改动 / verify the chains of events"""
    from nuanxin.records.models import Event
    from nuanxin.records.services import verify_chain

    chains = Event.objects.order_by("chain").values_list("chain", flat=True).distinct()
    lengths = {chain: verify_chain(chain) for chain in chains}
    words = f"{len(lengths)} 条链、{sum(lengths.values())} 个事件，全部相符 / all chains hold"
    answer({"chains": lengths}, words, as_json=json)


def recompute(quarter: Quarter, json: Json = False) -> None:
    """用当时的数字和政策重算一个季度 / decide an old round again from its stored figures"""
    from nuanxin.care.services.decide import recompute as again
    from nuanxin.care.services.rounds import find_round
    from nuanxin.union.queries import city

    differing = again(find_round(city(), quarter))
    data = {
        "quarter": quarter,
        "differ": [{"code": f.household.code, "then": f.tier, "now": got.get("tier")} for f, got in differing],
    }
    words = f"{quarter} 重算：{'全部一致' if not differing else str(len(differing)) + ' 户不同'}"
    answer(data, words, as_json=json)
    if differing:
        raise typer.Exit(1)


def calendar(
    file: Annotated[Path, typer.Argument(help="CSV：date,worked(0|1),name")], by: By, on: On, json: Json = False
) -> None:
    """录入一年的放假调休（国务院通知） / enter a year's official calendar"""
    from nuanxin.records.services import load_calendar
    from nuanxin.union.queries import city, officer, require

    org, who = city(), officer(by)
    require(who, "register.load", org, on)
    days = load_calendar(file.read_text(encoding="utf-8-sig"), chain=org.code, by=by, on=on)
    answer({"days": days}, f"录入 {days} 天", as_json=json)


def register(app: typer.Typer) -> None:
    for command in (init, serve, work, verify, recompute, calendar):
        app.command()(command)
