"""``nuanxin matter``: problems and wishes, whose they are and what is late."""

from datetime import date
from typing import Annotated, Any

import typer
from django.db.models import QuerySet
from django.utils import timezone

from nuanxin.matters import queries, services
from nuanxin.matters.models import Matter
from nuanxin.reports.figures import free_text
from nuanxin.site.cli import common
from nuanxin.site.cli.reports import OrgOption, PageOption, SizeOption, org_of
from nuanxin.union.queries import officer
from nuanxin.union.rules import mask_name

matter = typer.Typer(no_args_is_help=True, help="难题和微心愿 / problems and micro-wishes")

Code = Annotated[str, typer.Argument(metavar="CODE", help="诉求编号 / the code of the matter")]


def register(app: typer.Typer) -> None:
    app.add_typer(matter, name="matter")


def _one_of(*allowed: str) -> Any:
    def parse(text: str) -> str:
        if text not in allowed:
            raise typer.BadParameter(f"「{text}」应为 {', '.join(allowed)} 之一 / one of {', '.join(allowed)}")
        return text

    return parse


@matter.command("list")
def list_(
    overdue: Annotated[bool, typer.Option("--overdue", help="只看超期的 / only what is overdue")] = False,
    kind: Annotated[
        str | None,
        typer.Option("--kind", parser=_one_of(Matter.WISH, Matter.PROBLEM), metavar="wish|problem", help="类别 / kind"),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state", parser=_one_of("open", "done", "declined", "withdrawn"), metavar="STATE", help="状态 / state"
        ),
    ] = None,
    quarter: Annotated[
        str | None, typer.Option("--quarter", parser=common._quarter, metavar="QUARTER", help="季度 / quarter")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="ORG", help="承办工会代码 / code of the owner")
    ] = None,
    on: Annotated[
        date | None,
        typer.Option(
            "--on", parser=common._day, metavar="YYYY-MM-DD", help="按哪天算期限，默认今天 / the day to reckon by"
        ),
    ] = None,
    org: OrgOption = None,
    page: PageOption = 1,
    size: SizeOption = 50,
    as_json: common.Json = False,
) -> None:
    """列出诉求，期限按当天推算；姓名、电话遮掩 / List matters; overdue is computed on reading, names are masked."""
    today = on or timezone.localdate()
    found: QuerySet[Any] = queries.with_clock(queries.matters_under(org_of(org)), today)
    wanted = {"kind": kind, "state": state, "quarter": quarter, "owner__code": owner, "overdue": overdue or None}
    found = found.filter(**{path: value for path, value in wanted.items() if value is not None})
    if state is None:
        found = found.exclude(state=Matter.WITHDRAWN)
    total = found.count()
    rows = list(found.select_related("org", "owner").order_by("due_on", "code")[(page - 1) * size : page * size])
    pages = max(1, -(-total // size))
    common.answer(
        {
            "on": today,
            "total": total,
            "page": page,
            "pages": pages,
            "size": size,
            "rows": [_as_json(row) for row in rows],
        },
        [
            *(_line(row) for row in rows),
            f"共 {total} 件，第 {page}/{pages} 页，期限按 {today} 计 / {total} matters, page {page} of {pages}, as of {today}",
        ],
        as_json=as_json,
    )


@matter.command("assign")
def assign(
    code: Code,
    to: Annotated[str, typer.Option("--to", metavar="ORG", help="承办工会代码 / code of the new owner")],
    by: common.By,
    on: common.On,
    as_json: common.Json = False,
) -> None:
    """交办给一个工会 / Give a matter to an owner."""
    moved = services.assign(queries.matter(code), owner=org_of(to), by=officer(by), on=on)
    _tell(moved, on, as_json)


@matter.command("answer")
def answer(
    code: Code,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="给职工的答复 / the answer to the worker")],
    by: common.By,
    on: common.On,
    declined: Annotated[bool, typer.Option("--declined", help="不予办理 / it will not be done")] = False,
    as_json: common.Json = False,
) -> None:
    """办结并答复；加 --declined 为不予办理 / End a matter with its answer; --declined: it will not be done."""
    outcome = Matter.DECLINED if declined else Matter.DONE
    moved = services.answer(queries.matter(code), text=text, outcome=outcome, by=officer(by), on=on)
    _tell(moved, on, as_json)


def _tell(moved: Matter, on: date, as_json: bool) -> None:
    row = queries.with_clock(Matter.objects.select_related("org", "owner"), on).get(pk=moved.pk)
    common.answer(_as_json(row), _line(row), as_json=as_json)


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "code": row.code, "kind": row.kind, "content": free_text(row.content), "raised_by": mask_name(row.raised_by),
        "phone": row.phone_mask, "union": row.org.code, "owner": row.owner.code, "quarter": row.quarter,
        "received_on": row.received_on, "meeting": row.meeting, "due_on": row.due_on, "state": row.state,
        "ended_on": row.ended_on, "answer": free_text(row.answer), "overdue": row.overdue,
        "days_left": row.left.days if row.left is not None else None,
    }  # fmt: skip


def _line(row: Any) -> str:
    late = f"　超期 {-row.left.days} 天 / overdue" if row.overdue and row.left is not None else ""
    return (
        f"{row.code}　{row.get_kind_display()}　{free_text(row.content)}　{mask_name(row.raised_by)}　{row.phone_mask}"
        f"　{row.org.name}　承办 {row.owner.name}　应于 {row.due_on} 前　{row.get_state_display()}{late}"
    )
