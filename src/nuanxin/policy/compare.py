"""What-if: two policies over the same families. Who enters, who leaves, who moves, what it costs, per item and per union."""

import datetime as dt
import html
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from nuanxin.policy.messages import PolicyError
from nuanxin.policy.policy import Policy, today
from nuanxin.policy.sql import quoted
from nuanxin.policy.values import money_text, read_number

UNDECIDED = "?"  # stands for a family that a policy could not decide


@dataclass(frozen=True, slots=True)
class Item:
    """What one amount costs under both policies, over all families."""

    name: str
    old: Decimal
    new: Decimal

    @property
    def change(self) -> Decimal:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Group:
    """One union (or whatever the families are grouped by)."""

    name: str
    families: int
    enter: int
    leave: int
    move: int
    old: Decimal
    new: Decimal

    @property
    def change(self) -> Decimal:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two policies over the same families. `moves`: (old result, new result) → families; families = Σ moves."""

    old: str
    new: str
    decision: str
    families: int
    enter: int
    leave: int
    move: int
    stay: int
    undecided: int
    moves: dict[tuple[str, str], int]
    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    by: str | None

    def to_dict(self) -> dict[str, Any]:
        def money(part: Item | Group) -> dict[str, str]:
            return {"old": str(part.old), "new": str(part.new), "change": str(part.change)}

        return {
            "old": self.old,
            "new": self.new,
            "decision": self.decision,
            "families": self.families,
            "enter": self.enter,
            "leave": self.leave,
            "move": self.move,
            "stay": self.stay,
            "undecided": self.undecided,
            "moves": [{"old": old, "new": new, "families": count} for (old, new), count in self.moves.items()],
            "items": [{"name": item.name, **money(item)} for item in self.items],
            "by": self.by,
            "groups": [
                {"name": g.name, "families": g.families, "enter": g.enter, "leave": g.leave, "move": g.move, **money(g)}
                for g in self.groups
            ],
        }

    def text(self) -> str:
        lines = [
            f"{self.old} → {self.new}",
            f"家庭 families {self.families} = 进入 enter {self.enter} + 退出 leave {self.leave} + 变档 move {self.move} + 不变 stay {self.stay} + 未决 undecided {self.undecided}",
        ]
        lines += [f"  {old} → {new}: {count}" for (old, new), count in self.moves.items()]
        widest = max([Decimal(1), *(abs(item.change) for item in self.items)])
        for item in self.items:
            bar = ("+" if item.change > 0 else "−") * int(abs(item.change) / widest * 30)
            lines.append(
                f"  {item.name:14} {_yuan(item.old):>18} → {_yuan(item.new):>18}  {_yuan(item.change):>18}  {bar}"
            )
        lines += [
            f"  {self.by} {group.name}: {group.families}, +{group.enter} −{group.leave} ~{group.move}, {_yuan(group.change)} 元"
            for group in self.groups
        ]
        return "\n".join(lines)

    def html(self) -> str:
        """A page of its own with a bar chart (SVG) of what each item and union costs more or less."""
        rows = "".join(
            f"<tr><td>{html.escape(old)}</td><td>{html.escape(new)}</td><td>{count}</td></tr>"
            for (old, new), count in self.moves.items()
        )
        title = html.escape(f"{self.old} → {self.new}")
        return (
            f'<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>'
            f"<p>家庭 families {self.families}：进入 enter {self.enter}，退出 leave {self.leave}，变档 move {self.move}，"
            f"不变 stay {self.stay}，未决 undecided {self.undecided}</p>"
            f"<table><thead><tr><th>原 old</th><th>新 new</th><th>家庭 families</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<h2>费用变化 change of cost（元 yuan）</h2>{chart([(item.name, item.change) for item in self.items])}"
            + (
                f"<h2>{html.escape(str(self.by))}</h2>{chart([(g.name, g.change) for g in self.groups[:40]])}"
                if self.groups
                else ""
            )
            + "</body></html>"
        )


def _yuan(value: Decimal) -> str:
    return money_text(read_number(value))


def chart(bars: list[tuple[str, Decimal]]) -> str:
    """Horizontal bars around zero, as SVG; every bar has its figure in words."""
    widest = max([Decimal(1), *(abs(value) for _, value in bars)])
    parts = []
    for row, (name, value) in enumerate(bars):
        width = float(abs(value) / widest) * 200
        start = 360 if value >= 0 else 360 - width
        y = row * 26 + 4
        label = html.escape(name)
        parts.append(
            f'<text x="0" y="{y + 14}">{label}</text>'
            f'<rect x="{start:.1f}" y="{y}" width="{width:.1f}" height="18" fill="{"#b3261e" if value >= 0 else "#1b6e3c"}"/>'
            f'<text x="580" y="{y + 14}">{_yuan(value)}</text>'
        )
    height = len(bars) * 26 + 8
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="740" height="{height}" font-size="13">{"".join(parts)}</svg>'


def _shared(old: Policy, new: Policy) -> tuple[str, list[str]]:
    """The decision to compare (the first of the old that both have with a text result) and the amounts that both give."""

    def outputs(policy: Policy, *types: str) -> list[str]:
        return [
            output.column for decision in policy.model.decisions for output in decision.outputs if output.type in types
        ]

    results = [name for name in outputs(old, "string", "any") if name in outputs(new, "string", "any")]
    if not results:
        raise PolicyError("nothing-shared", old=old.id, new=new.id)
    amounts = [name for name in outputs(old, "money") if name in outputs(new, "money")]
    return results[0], amounts


def _as_table(policy: Policy, table: pa.Table, on: dt.date | str | None, wanted: Iterable[str]) -> pa.Table:
    """The wanted result columns; columns of the table that would be in their way are left out."""
    needed = {item.name for item in policy.model.inputs} | ({on} if isinstance(on, str) else set())
    return policy.decide(
        table.select([name for name in table.column_names if name in needed]), on, what_if=True
    ).select(list(wanted))


def compare(
    old: Policy,
    new: Policy,
    table: pa.Table,
    as_of: dt.date | str | None = None,
    by: str | None = None,
    outside: str = "none",
) -> Comparison:
    """Decides the families under both policies. `outside`: the result that means "does not qualify"; `by`: a column to group by.

    Raises PolicyError where the policies share no result or the table lacks a column.
    """
    on = as_of or today()
    result, amounts = _shared(old, new)
    if by is not None and by not in table.column_names:
        raise PolicyError("no-columns", names=by, found=", ".join(table.column_names[:20]) or "—")
    wanted = [result, *amounts]
    first, second = (_as_table(policy, table, on, wanted) for policy in (old, new))
    columns: dict[str, Any] = {f"o{i}": first.column(i) for i in range(len(wanted))}
    columns |= {f"n{i}": second.column(i) for i in range(len(wanted))}
    columns["g"] = table.column(by).cast(pa.string()) if by else pa.nulls(table.num_rows, pa.string())
    with duckdb.connect(":memory:") as con:
        con.register("decided", pa.table(columns))
        con.execute(
            f"CREATE TEMP TABLE cases AS SELECT *, coalesce(o0::VARCHAR, '{UNDECIDED}') AS o, coalesce(n0::VARCHAR, '{UNDECIDED}') AS n, "  # noqa: S608
            f"CASE WHEN o0 IS NULL OR n0 IS NULL THEN 'undecided' WHEN o0 = n0 THEN 'stay' WHEN o0::VARCHAR = {quoted(outside)} THEN 'enter' "
            f"WHEN n0::VARCHAR = {quoted(outside)} THEN 'leave' ELSE 'move' END AS kind FROM decided"
        )
        kinds = dict(con.execute("SELECT kind, count(*) FROM cases GROUP BY 1").fetchall())
        moves = {
            (o, n): count
            for o, n, count in con.execute("SELECT o, n, count(*) FROM cases GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
        }
        sums = ", ".join(f"coalesce(sum(o{i}), 0), coalesce(sum(n{i}), 0)" for i in range(1, len(wanted)))
        totals = con.execute(f"SELECT {sums} FROM cases").fetchall()[0] if sums else ()  # noqa: S608
        plain = [i for i, name in enumerate(wanted) if i and name != "total"] or list(range(1, len(wanted)))
        cost = [" + ".join(f"coalesce(sum({side}{i}), 0)" for i in plain) or "0" for side in "on"]
        counted = ", ".join(f"count(*) FILTER (kind = '{kind}')" for kind in ("enter", "leave", "move"))
        groups = (
            con.execute(
                f"SELECT coalesce(g, ''), count(*), {counted}, {cost[0]}, {cost[1]} FROM cases GROUP BY 1 ORDER BY 1"  # noqa: S608
            ).fetchall()
            if by
            else []
        )
    items = tuple(Item(name, Decimal(totals[2 * i]), Decimal(totals[2 * i + 1])) for i, name in enumerate(amounts))
    return Comparison(
        old=f"{old.id} {old.version}".strip(),
        new=f"{new.id} {new.version}".strip(),
        decision=result,
        families=table.num_rows,
        enter=kinds.get("enter", 0),
        leave=kinds.get("leave", 0),
        move=kinds.get("move", 0),
        stay=kinds.get("stay", 0),
        undecided=kinds.get("undecided", 0),
        moves=moves,
        items=items,
        groups=tuple(Group(row[0], row[1], row[2], row[3], row[4], Decimal(row[5]), Decimal(row[6])) for row in groups),
        by=by,
    )


def compare_files(old: Path, new: Path, table: Path, as_of: str | None, by: str | None, outside: str) -> Comparison:
    """`compare` for paths, as the command has them."""
    from nuanxin.policy.commands import day, load
    from nuanxin.policy.tables import read_table

    on: dt.date | str | None = day(as_of) if as_of is None or as_of[:1].isdigit() else as_of
    rows = read_table(table)
    first, second = (load(path, on if isinstance(on, dt.date) else None) for path in (old, new))
    return compare(first, second, rows, on, by, outside)
