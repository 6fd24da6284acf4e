"""``sheet``: look at a spreadsheet before it is sent, and write the blank form."""

from pathlib import Path
from typing import Annotated

import typer

from nuanxin.site.cli.common import Json, Lang, answer

sheet = typer.Typer(no_args_is_help=True, help="表格 / spreadsheets")


@sheet.command("check", help="报送前检查：会收哪些行、退哪些行 / what would happen if this file were sent")
def sheet_check(
    file: Annotated[Path, typer.Argument(help="表格文件 / the file")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="把退回原因批注在原表上，写到 / mark up a copy")] = None,
    lang: Lang = "zh", json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.sheets import check_lines, forms, mark_up, read_file

    if not file.is_file():
        raise FileNotFoundError(2, "no such file", str(file))
    reading = read_file(file, expect=set(forms()))
    if out is not None and reading.refused_whole is None:
        mark_up(file, reading.refusals, out)
    whole = reading.refused_whole
    data = {
        "file": reading.name, "quarter": reading.quarter, "union_in_title": reading.org_name, "nil": reading.nil,
        "forms": sorted(reading.tables), "refused_whole": whole.text(lang) if whole else None, "balance": reading.balance,
        "refusals": [
            {"sheet": r.sheet, "row": r.row, "column": r.column, "found": r.found, "why": r.why(lang), "mend": r.mend(lang)}
            for r in reading.refusals
        ],
        "warnings": [{"sheet": r.sheet, "row": r.row, "column": r.column, "found": r.found, "why": r.why(lang)} for r in reading.warnings],
        "marked_up": str(out) if out else None,
    }  # fmt: skip
    answer(data, check_lines(reading, lang), as_json=json)


@sheet.command("template", help="生成空表（下拉选项、填写说明） / write the blank form")
def sheet_template(
    form: Annotated[str, typer.Argument(help="survey | matters | visits | jobs | consolation | grants | mutual_aid | register_check")],
    out: Annotated[Path, typer.Option("-o", "--out", help="写到 / where to")],
    title: Annotated[str, typer.Option("--title", help="标题 / the title")] = "", json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.sheets import forms, write_template

    if form not in forms():
        raise typer.BadParameter(f"没有「{form}」这种表，应为 {' | '.join(sorted(forms()))} / unknown form")
    write_template(form, out, title=title or None)
    answer({"form": form, "file": str(out)}, f"{out}", as_json=json)


def register(app: typer.Typer) -> None:
    app.add_typer(sheet, name="sheet")
