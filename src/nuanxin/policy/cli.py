"""`nuanxin policy …`: the Typer commands. They print; `commands` does the work. Exit 0 done, 1 not done, 2 wrong usage."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from nuanxin.policy import commands
from nuanxin.policy.messages import PolicyError

app = typer.Typer(help="政策：决策表 / Policies: decision tables", no_args_is_help=True, pretty_exceptions_enable=False)

PolicyPath = Annotated[Path, typer.Argument(metavar="POLICY", help="政策文件夹或 DMN 文件 / policy folder or DMN file")]
TablePath = Annotated[Path, typer.Argument(metavar="TABLE", help="csv、xlsx 或 parquet / csv, xlsx or parquet")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="依据日期，缺省为今天 / date of the decision, today if absent"),
]
AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON / JSON only on stdout")]
Lang = Annotated[str, typer.Option("--lang", help="zh、en 或 both / zh, en or both")]


P = ParamSpec("P")


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """A PolicyError, or a file that cannot be read or written, becomes its sentence and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PolicyError as error:
            if kwargs.get("as_json"):
                _print_json({"error": error.problem.to_dict()})
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        except OSError as error:
            problem = PolicyError("no-access", str(error.filename or ""), why=error.strerror or str(error))
            if kwargs.get("as_json"):
                _print_json({"error": problem.problem.to_dict()})
            typer.echo(str(problem), err=True)
            raise typer.Exit(1) from None

    return run


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


@app.command()
@_told
def check(policy: PolicyPath, as_json: AsJson = False) -> None:
    """检查政策有无错漏 / Say what is wrong with a policy; exit 1 when it has errors."""
    found = commands.check(policy)
    if as_json:
        _print_json(found)
    else:
        for problem in found["problems"]:
            place = f"{problem['file']}:{problem['line']}: " if problem["line"] else f"{problem['file']}: "
            typer.echo(f"{problem['severity']:8} {place if problem['file'] else ''}{problem['zh']} / {problem['en']}")
        typer.echo(
            f"{found['policy']}: {found['errors']} 错误 errors, {found['warnings']} 提醒 warnings, "
            f"{found['cases_hold']}/{found['cases']} 算例 cases hold"
        )
    if found["errors"]:
        raise typer.Exit(1)


@app.command()
@_told
def decide(
    policy: PolicyPath,
    table: TablePath,
    out: Annotated[Path, typer.Option("-o", "--out", help="结果文件 / file of the result")],
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DATE|COLUMN",
            help="依据日期，或写着各户日期的列；缺省为今天 / a date, or the column with each family's; today if absent",
        ),
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="duckdb 或 spark / duckdb or spark")] = "duckdb",
    lang: Lang = "both",
    as_json: AsJson = False,
) -> None:
    """对整张表作决定 / Decide every family of a table."""
    if engine not in ("duckdb", "spark"):
        raise typer.BadParameter("duckdb | spark", param_hint="--engine")
    if lang not in ("zh", "en", "both"):
        raise typer.BadParameter("zh | en | both", param_hint="--lang")
    found = commands.decide(policy, table, out, as_of, engine, lang)
    if as_json:
        _print_json(found)
        return
    for name, counts in found["decisions"].items():
        rules = "  ".join(f"{rule} {rows}" for rule, rows in counts["rules"].items())
        typer.echo(f"{name}: {found['rows']} = {counts['decided']} + {counts['problems']}  {rules}")


@app.command()
@_told
def explain(
    policy: PolicyPath,
    figures: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="一户的数据 / one family's figures")
    ] = None,
    table: Annotated[Path | None, typer.Option("--table", help="从表中取一户 / take the family from a table")] = None,
    row: Annotated[int, typer.Option("--row", help="表中第几行，从 1 起 / which row, from 1")] = 1,
    as_of: AsOf = None,
    lang: Annotated[str, typer.Option("--lang", help="zh 或 en / zh or en")] = "zh",
    html: Annotated[bool, typer.Option("--html", help="输出 HTML / print HTML")] = False,
    as_json: AsJson = False,
) -> None:
    """逐项说明一户的决定 / Explain one family's decision term by term."""
    sheet = commands.explain(policy, figures or [], table, row, as_of)
    if as_json:
        _print_json(sheet.to_dict())
    else:
        typer.echo(sheet.html(lang) if html else sheet.text(lang))


@app.command()
@_told
def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="原政策 / the old policy")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="新政策 / the new policy")],
    table: TablePath,
    as_of: AsOf = None,
    by: Annotated[
        str | None, typer.Option("--by", help="按此列分组，如工会 / group by this column, such as the union")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="HTML 报告（含图） / HTML report with a chart")
    ] = None,
    outside: Annotated[
        str, typer.Option("--outside", help="表示不符合的结果 / the result that means not qualifying")
    ] = "none",
    as_json: AsJson = False,
) -> None:
    """两个政策对同一批家庭的差别 / What a new policy changes for the same families."""
    from nuanxin.policy.compare import compare_files

    found = compare_files(old, new, table, as_of, by, outside)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(found.html(), encoding="utf-8")
    if as_json:
        _print_json(found.to_dict())
    else:
        typer.echo(found.text())


@app.command()
@_told
def export(
    policy: PolicyPath,
    out: Annotated[Path, typer.Argument(metavar="OUT.dmn")],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """政策文件夹存为 DMN / Save a policy folder as a DMN file."""
    found = commands.export(policy, out, as_of)
    if as_json:
        _print_json(found)
    else:
        typer.echo(f"{found['policy']} → {found['out']}")


@app.command(name="import")
@_told
def take_in(
    dmn: Annotated[Path, typer.Argument(metavar="FILE.dmn")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    as_json: AsJson = False,
) -> None:
    """DMN 文件存为政策文件夹 / Save a DMN file as a policy folder."""
    found = commands.take_in(dmn, folder)
    if as_json:
        _print_json(found)
    else:
        typer.echo(f"{found['policy']} → {found['out']}: {', '.join(found['files'])}")


@app.command()
def tck() -> None:
    """DMN TCK 适配器：每行一个 JSON / Adapter for the DMN TCK: one JSON object a line."""
    from nuanxin.policy.tck import answers

    for line in answers(sys.stdin):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    app()
