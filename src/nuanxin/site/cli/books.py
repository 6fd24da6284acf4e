"""``nuanxin books``: taking in the sheets of other records (jobs, consolation, student grants, mutual aid)."""

from pathlib import Path
from typing import Annotated, Any

import typer

from nuanxin.books import rules, services
from nuanxin.books.services import Taken
from nuanxin.site.cli import common
from nuanxin.site.cli.reports import OrgOption, org_of
from nuanxin.union.queries import officer

books = typer.Typer(no_args_is_help=True, help="各类台账：招聘、慰问、助学、医疗互助 / other records of the brief")


def register(app: typer.Typer) -> None:
    app.add_typer(books, name="books")


def _book(name: str) -> str:
    if name not in rules.BOOKS:
        raise typer.BadParameter(
            f"「{name}」不是台账，应为 {', '.join(rules.BOOKS)} 之一 / one of {', '.join(rules.BOOKS)}"
        )
    return name


@books.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="表格文件或文件夹 / spreadsheets, or folders of them")],
    by: common.By,
    on: common.On,
    book: Annotated[
        str | None, typer.Option("--book", parser=_book, metavar="BOOK", help="只收这一种台账 / take this book alone")
    ] = None,
    org: OrgOption = None,
    as_json: common.Json = False,
) -> None:
    """导入台账；同一文件再次导入不变，更正的文件替换原文件 / Import; the same file changes nothing, a corrected one replaces."""
    with common.progress("台账 / books") as show:
        taken = services.import_books(paths, by=officer(by), on=on, org=org_of(org), book=book, show=show)
    common.answer(
        {"imports": [_as_json(one) for one in taken]}, [line for one in taken for line in _lines(one)], as_json=as_json
    )


def _as_json(one: Taken) -> dict[str, Any]:
    record = one.record
    return {
        "file": one.file,
        "book": one.book,
        "accepted": record.accepted if record else 0,
        "refused": record.refused if record else 0,
        "refusals": [
            {key: refusal[key] for key in ("sheet", "row", "column", "found")} | {"why": refusal["why"]["zh"]}
            for refusal in (record.refusals if record else [])
        ],
        "refused_whole": one.why["zh"] if one.why else None,
        "same": one.same,
        "replaced_by": record.replaced_by.file_name if record and record.replaced_by else None,
    }


def _lines(one: Taken) -> list[str]:
    if one.record is None:
        return [f"{one.file}：整份退回 / refused whole：{one.why['zh']} / {one.why['en']}"]
    record = one.record
    name = rules.BOOKS[record.book]
    if one.same:
        return [f"{one.file}：{name['zh']}，已导入过，未作更改 / {name['en']}: taken before, nothing changed"]
    lines = [
        f"{one.file}：{name['zh']}，行数 {record.accepted + record.refused} = 接收 {record.accepted} + 退回 {record.refused}"
        f" / {name['en']}: rows = accepted + refused"
    ]
    if record.replaced_by:
        lines.append(
            f"  已有更正文件 {record.replaced_by.file_name}，本份只存档不计数 / a correction is here already: kept, not counted"
        )
    for refusal in record.refusals:
        why, mend = refusal["why"], refusal["mend"]
        lines.append(
            f"  {refusal['sheet']} 第 {refusal['row']} 行「{refusal['column']}」：{why['zh']} {mend['zh']} / row {refusal['row']}: {why['en']}"
        )
    lines += [f"  提示 / note：{warning.sentence('zh')}" for warning in one.warnings]
    return lines
