"""``nuanxin brief``: the brief of a range of quarters, and the records behind each of its figures."""

from pathlib import Path
from typing import Annotated, Any

import typer

from nuanxin.records import clock
from nuanxin.records.services import Refused
from nuanxin.reports import queries
from nuanxin.reports.brief import LANGS, as_number, make_brief, plain
from nuanxin.reports.figures import FIGURES, Figure, Range, make_range
from nuanxin.sheets import write_table
from nuanxin.site.cli import common
from nuanxin.union.models import Org
from nuanxin.union.queries import city

brief = typer.Typer(
    invoke_without_command=True,
    help="简报：每个数字都能打开它所依据的记录 / the brief; every figure opens the records it counts",
)
FORMATS = {"text": ".txt", "docx": ".docx", "pdf": ".pdf"}
TABLES = (".xlsx", ".csv")

OrgOption = Annotated[
    str | None,
    typer.Option("--org", metavar="CODE", help="工会代码，默认市总工会 / code of a union; default: the city union"),
]
PageOption = Annotated[int, typer.Option("--page", min=1, help="第几页 / which page")]
SizeOption = Annotated[int, typer.Option("--size", min=1, max=1000, help="每页条数 / records on a page")]
From = Annotated[
    str | None,
    typer.Option("--from", parser=common._quarter, metavar="QUARTER", help="起始季度，默认最早一季 / first quarter"),
]
To = Annotated[
    str | None,
    typer.Option("--to", parser=common._quarter, metavar="QUARTER", help="截止季度，默认最近一季 / last quarter"),
]


def _lang(text: str) -> str:
    if text not in LANGS:
        raise typer.BadParameter(f"「{text}」应为 zh 或 en / zh or en")
    return text


Lang = Annotated[str, typer.Option("--lang", parser=_lang, metavar="zh|en", help="文字 / language")]


def register(app: typer.Typer) -> None:
    app.add_typer(brief, name="brief")


def org_of(code: str | None) -> Org:
    """The union of a code, the city union without one. Raises Refused when there is none."""
    if code is None:
        return city()
    found = Org.objects.filter(code=code).first()
    if not found:
        raise Refused(f"没有代码为「{code}」的工会 / there is no union “{code}”")
    return found


def _range(org: str | None, first: str | None, last: str | None) -> Range:
    here = org_of(org)
    whole = queries.whole_range(here, clock.today())
    if first is None or last is None:
        # One end given: the other is that of the records, or the same quarter where these end before it.
        first, last = first or min(whole.first, last or whole.first), last or max(whole.last, first or whole.last)
    if first > last:
        raise typer.BadParameter(f"--from {first} 在 --to {last} 之后 / --from is after --to")
    return make_range(here, first, last)


def _format(text: str) -> str:
    if text not in FORMATS:
        raise typer.BadParameter(f"「{text}」应为 {', '.join(FORMATS)} 之一 / one of {', '.join(FORMATS)}")
    return text


@brief.callback()
def make(
    context: typer.Context,
    first: From = None,
    last: To = None,
    form: Annotated[
        str | None,
        typer.Option("--format", parser=_format, metavar="text|docx|pdf", help="格式，默认按文件名 / format"),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件 / write to a file")] = None,
    org: OrgOption = None,
    lang: Lang = "zh",
    as_json: common.Json = False,
) -> None:
    """生成简报（文字、docx、PDF 或 JSON）/ Make the brief as text, docx, PDF or JSON."""
    if context.invoked_subcommand:
        return
    form, output = _target(form, output)
    span = _range(org, first, last)
    made = make_brief(span.org, span.first, span.last, made_at=clock.now(), lang=lang)
    if form != "text":
        # Loaded here: the fonts and printers take longer than the whole of a brief on the screen.
        from nuanxin.reports import prints

        output = output or Path(f"简报-{span.first}-{span.last}{FORMATS[form]}")
        printed = prints.render("brief", made.values()) if form == "pdf" else prints.render_docx(made.values())
        output.write_bytes(printed)
    elif output:
        output.write_text(made.text + "\n", encoding="utf-8")
    written = [f"已写入 {output} / written"] if output else made.text
    common.answer(made.as_json(), written, as_json=as_json)


def _target(form: str | None, output: Path | None) -> tuple[str, Path | None]:
    """The format asked for, or that of the file's name; a name that says another format is wrong usage."""
    suffix = output.suffix.lower() if output else ""
    named = next((name for name, ending in FORMATS.items() if ending == suffix), None)
    if form and named and form != named:
        raise typer.BadParameter(f"-o {output} 与 --format {form} 不一致 / -o and --format disagree")
    if output and not form and not named:
        raise typer.BadParameter(
            f"-o 应以 {'、'.join(FORMATS.values())} 结尾，或用 --format 指明 / end the name of -o in one of these, or give --format"
        )
    return form or named or "text", output


@brief.command("open")
def open_(
    name: Annotated[str, typer.Argument(metavar="FIGURE", help="指标名 / the name of a figure, as in brief --json")],
    first: From = None,
    last: To = None,
    page: PageOption = 1,
    size: SizeOption = 50,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="全部记录写入 xlsx 或 csv / all records to xlsx or csv")
    ] = None,
    org: OrgOption = None,
    lang: Lang = "zh",
    as_json: common.Json = False,
) -> None:
    """列出一个数字所依据的记录；姓名、证件号、电话遮掩 / List the records that a figure counts, masked."""
    if name not in FIGURES:
        raise typer.BadParameter(f"没有指标「{name}」，可用 / no such figure; there are: {', '.join(FIGURES)}")
    if output and output.suffix.lower() not in TABLES:
        raise typer.BadParameter(f"-o 应以 .xlsx 或 .csv 结尾 / end the name of -o in .xlsx or .csv: {output}")
    figure, span = FIGURES[name], _range(org, first, last)
    found = queries.page_of(figure, span, page=page, size=size)
    titles = [column.zh if lang == "zh" else column.en for column in found.columns]
    if output:
        # A title above the header is for people; a CSV is read by programs.
        title = figure.label(lang) if output.suffix.lower() == ".xlsx" else None
        write_table(output, titles, queries.all_rows(figure, span), title=title)
    head = f"{figure.label(lang)}　{span.first}–{span.last}　{plain(figure.value(span))} {figure.unit[lang]}"
    tail = (
        f"已写入 {output}，{found.measured.records} 条 / written, {found.measured.records} records"
        if output
        else f"共 {found.measured.records} 条，第 {page}/{found.pages} 页 / {found.measured.records} records, page {page} of {found.pages}"
    )
    rows = [] if output else ["　".join(titles), *("　".join(map(_cell, row)) for row in found.rows)]
    common.answer(_as_json(figure, span, found, lang, size), [head, *rows, tail], as_json=as_json)


def _cell(value: Any) -> str:
    return "—" if value is None or value == "" else str(value)


def _as_json(figure: Figure, span: Range, found: queries.Page, lang: str, size: int) -> dict[str, Any]:
    keys = [column.key for column in found.columns]
    return {
        "name": figure.name, "label": figure.label(lang), "unit": figure.unit[lang], "from": span.first, "to": span.last,
        "value": as_number(found.measured.value), "records": found.measured.records, "page": found.page, "pages": found.pages, "size": size,
        "columns": [{"key": column.key, "title": column.zh if lang == "zh" else column.en} for column in found.columns],
        "rows": [dict(zip(keys, row, strict=True)) for row in found.rows], "query": found.measured.query,
    }  # fmt: skip
