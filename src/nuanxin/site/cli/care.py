"""``round``, ``returns``, ``visits``, ``match``, ``offer``, ``review``, ``consent``, ``lead``, ``checks``: the main job by command."""

from datetime import date, time
from pathlib import Path
from typing import Annotated, Any

import typer

from nuanxin.site.cli.common import By, Json, Lang, On, Quarter, QuarterOption, _day, answer, progress

Paths = Annotated[list[Path], typer.Argument(help="文件或文件夹 / files or folders")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="户编号 / the household's code")]
Text = Annotated[str, typer.Option("--text", help="内容 / the text")]


def _round(quarter: str) -> Any:
    from nuanxin.care.services.rounds import find_round
    from nuanxin.union.queries import city

    return find_round(city(), quarter)


def _who(by: str) -> Any:
    from nuanxin.union.queries import officer

    return officer(by)


def _household_lead(round_: Any, code: str) -> Any:
    from nuanxin.records.services import Refused

    leads = round_.leads.exclude(state__in=["replaced", "repeated"]).select_related(
        "round__org", "household", "candidate"
    )
    found = leads.filter(household__code=code).first() or round_.leads.filter(code=code).first()
    if not found:
        raise Refused(f"{round_.quarter} 没有「{code}」的线索 / {round_.quarter} has no lead of “{code}”")
    return found


# ----------------------------------------------------------------------------------------------------------------- round

rounds = typer.Typer(no_args_is_help=True, help="季度认证 / the quarter's certification")


@rounds.command("open", help="开展一个季度 / open a quarter")
def round_open(
    quarter: Quarter, by: By, on: On,
    policy: Annotated[str, typer.Option("--policy", help="政策 / the policy")] = "qingtongxia",
    area: Annotated[str, typer.Option("--area", help="适用地区的标准，默认市总工会 / whose standard counts")] = "",
    due: Annotated[date | None, typer.Option("--due", parser=_day, help="上报截止日 / returns are due by")] = None,
    visits_due: Annotated[date | None, typer.Option("--visits-due", parser=_day, help="走访截止日 / visits are due by")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.decide import area_for
    from nuanxin.care.services.rounds import open_round
    from nuanxin.union.queries import city

    org = city()
    made, new = open_round(
        org=org, quarter=quarter, policy=policy, area=area or area_for(policy, org), by=_who(by), on=on,
        returns_due_on=due, visits_due_on=visits_due,
    )  # fmt: skip
    owed = made.owed.count()
    data = {"quarter": quarter, "opened": new, "state": made.state, "owed": owed, "returns_due_on": made.returns_due_on,
            "visits_due_on": made.visits_due_on, "due_again": made.leads.filter(source="again").count()}  # fmt: skip
    text = f"{quarter} {'已开展' if new else '早已开展，未作更改'}：{owed} 家工会应于 {made.returns_due_on} 前上报"
    answer(data, text, as_json=json)


@rounds.command("decide", help="按政策认定已走访的家庭 / decide the visited families by the policy")
def round_decide(quarter: Quarter, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.queries import tally
    from nuanxin.care.services.decide import decide
    from nuanxin.records.services import balance_line

    round_ = _round(quarter)
    with progress(f"{quarter} 认定 / decide") as show:
        balance = decide(round_=round_, by=_who(by), on=on, show=show)
    tiers = {tier or "problem": n for tier, n in tally(round_).items()}
    answer({"quarter": quarter, "balance": balance, "tiers": tiers}, balance_line("认定 decide", balance), as_json=json)


@rounds.command("publish", help="公示拟认定的家庭 / publish the proposals with masked names")
def round_publish(
    quarter: Quarter, by: By, on: On,
    days: Annotated[int, typer.Option("--days", min=1, help="公示工作日数 / working days")] = 5,
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.publish import publish

    posting = publish(round_=_round(quarter), by=_who(by), on=on, days=days)
    if posting is None:
        answer({"quarter": quarter, "posting": None}, "没有需要公示的新认定 / nothing new to publish", as_json=json)
        return
    n = posting.posted.count()
    data = {
        "quarter": quarter,
        "posting": posting.code,
        "families": n,
        "from_on": posting.from_on,
        "until_on": posting.until_on,
    }
    answer(
        data, f"{posting.code}：公示 {n} 户，{posting.from_on} 起 {days} 个工作日，至 {posting.until_on}", as_json=json
    )


@rounds.command("object", help="登记或答复异议 / record or answer an objection")
def round_object(
    quarter: Quarter, code: Code, by: By, on: On,
    text: Annotated[str, typer.Option("--text", help="异议内容 / what the objection says")] = "",
    dismiss: Annotated[str, typer.Option("--dismiss", help="核实后异议不成立：说明 / dismissed: what was found")] = "",
    uphold: Annotated[str, typer.Option("--uphold", help="异议成立，退回重新认定：说明 / upheld: what was found")] = "",
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.publish import answer_objection, find_finding, object_

    if sum(map(bool, (text, dismiss, uphold))) != 1:
        raise typer.BadParameter("--text、--dismiss、--uphold 须选其一 / give one of --text, --dismiss, --uphold")
    finding = find_finding(_round(quarter), code)
    if text:
        object_(finding=finding, text=text, by=_who(by), on=on)
    else:
        answer_objection(finding=finding, upheld=bool(uphold), outcome=uphold or dismiss, by=_who(by), on=on)
    finding.refresh_from_db()
    posted = finding.posted.order_by("-pk").first()
    data = {"code": code, "state": finding.state, "until_on": posted.until_on if posted else None}
    answer(data, f"{code}：{finding.state}，公示至 {data['until_on']}", as_json=json)


@rounds.command("certify", help="认证（不能是提出人） / certify: another person than proposed")
def round_certify(
    quarter: Quarter, by: By, on: On,
    codes: Annotated[list[str] | None, typer.Argument(metavar="[CODE]...", help="只认证这些户 / only these households")] = None,
    send_back: Annotated[str, typer.Option("--return", help="退回：理由（须指明一户） / send one back: the reason")] = "",
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.publish import certify
    from nuanxin.care.services.publish import send_back as back
    from nuanxin.care.services.rounds import certification_balance
    from nuanxin.records.services import balance_line

    round_, who = _round(quarter), _who(by)
    if send_back:
        if not codes or len(codes) != 1:
            raise typer.BadParameter("--return 须指明一户 / --return needs one household")
        back(round_=round_, codes=codes, reason=send_back, by=who, on=on)
        answer({"code": codes[0], "state": "returned"}, f"{codes[0]} 已退回重新认定", as_json=json)
        return
    done = certify(round_=round_, by=who, on=on, codes=codes)
    balance = certification_balance(round_, by=who, on=on)
    answer({"quarter": quarter, **done, "balance": balance}, balance_line("认证 certify", balance), as_json=json)


@rounds.command("close", help="办结一个季度 / close a quarter")
def round_close(quarter: Quarter, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.rounds import close_round

    round_ = _round(quarter)
    close_round(round_, by=_who(by), on=on)
    answer({"quarter": quarter, "state": round_.state}, f"{quarter} 已办结 / closed", as_json=json)


@rounds.command("show", help="一个季度的全部家庭 / every family of a quarter")
def round_show(quarter: Quarter, json: Json = False) -> None:
    from nuanxin.care.queries import show_round
    from nuanxin.care.rules import TIER_ZH

    shown = show_round(_round(quarter))
    lines = [f"{quarter}  认定或待定 {len(shown['families'])} 户，在册未重新认定 {len(shown['carried'])} 户"]
    for family in shown["families"]:
        if family["tier"]:
            words = f"{TIER_ZH[family['tier']]}（{family['rule']}） 净收入 {family['figures']['net']} 元 · {family['figures']['members']} 人 · 帮扶 {family['aid']['total']} 元"
        else:
            words = f"待定：{family['held']}"
        lines.append(
            f"  {family['code']}  {family['worker']}  {family['worker_id'] or '—'}  {family['union']}  {words}  [{family['state']}]"
        )
    lines += [
        f"  {c['code']}  {c['worker']}  {c['worker_id'] or '—'}  {c['union']}  在册：{TIER_ZH[c['tier']]}"
        for c in shown["carried"]
    ]
    answer(shown, lines, as_json=json)


@rounds.command("explain", help="一户为什么这样认定 / why a family was decided so")
def round_explain(
    quarter: Quarter,
    code: Code,
    lang: Lang = "zh",
    json: Json = False,
) -> None:
    from nuanxin.care.services.decide import explain
    from nuanxin.care.services.publish import find_finding

    finding = find_finding(_round(quarter), code)
    told = explain(finding)
    head = {"code": finding.household.code, "quarter": quarter, "tier": finding.tier, "rule": finding.rule,
            "policy": finding.policy, "version": finding.policy_version, "digest": finding.policy_digest}  # fmt: skip
    answer({**head, "explanation": told.to_dict()}, told.text(lang), as_json=json)


# --------------------------------------------------------------------------------------------------------------- returns

returns = typer.Typer(no_args_is_help=True, help="摸排上报 / returns of the unions")


@returns.command("import", help="收下各工会的摸排表 / receive the unions' files")
def returns_import(paths: Paths, quarter: QuarterOption, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.returns import receive

    round_ = _round(quarter)
    with progress(f"{quarter} 收表 / returns") as show:
        done = receive(round_=round_, paths=paths, by=_who(by), on=on, show=show)
    files = [
        {"file": r.file_name, "union": r.org.code if r.org else None, "state": r.state, "nil": r.nil, "late": r.late,
         "rows_accepted": r.accepted, "rows_refused": r.refused, "refused_whole": r.refused_whole and r.refused_whole["zh"]}
        for r in done.returns
    ]  # fmt: skip
    rows = sum(r.rows for r in done.returns)
    lines = [
        f"收到 {len(files)} 个文件，{len(done.same)} 个此前已收（未作更改），{len(done.skipped)} 个不是上报表",
        f"上报 returns: rows {rows:,} = accepted {sum(r.accepted for r in done.returns):,} + refused {sum(r.refused for r in done.returns):,}",
        *(f"  整表退回 {f['file']}：{f['refused_whole']}" for f in files if f["refused_whole"]),
        *(
            f"  {x.sheet} 第 {x.row} 行「{x.column}」（{r.file_name}）：{x.why_zh}。{x.mend_zh}"
            for r in done.returns for x in r.refusals.filter(warning=False)
        ),
    ]  # fmt: skip
    answer({"quarter": quarter, "files": files, "same": done.same, "not_returns": done.skipped}, lines, as_json=json)


@returns.command("show", help="谁报了、报了什么、退了哪些行 / who returned what, and what was refused")
def returns_show(
    quarter: Quarter,
    silent: Annotated[bool, typer.Option("--silent", help="只列未报单位 / reminders only")] = False,
    json: Json = False,
) -> None:
    from nuanxin.care.queries import show_returns

    shown = show_returns(_round(quarter))
    if silent:
        shown["unions"] = [union for union in shown["unions"] if union["state"] == "silent"]
        answer(shown["unions"], [f"{u['code']}  {u['name']}" for u in shown["unions"]], as_json=json)
        return
    states = [union["state"] for union in shown["unions"]]
    lines = [
        f"{quarter}：应报 {len(states)} 家，已报 {states.count('returned')}，零报告 {states.count('nil')}，未报 {states.count('silent')}"
    ]
    for f in shown["files"]:
        note = f"整表退回：{f['refused_whole']}" if f["refused_whole"] else f"被 {f['replaced_by']} 更正" if f["replaced_by"] else (
            "零报告" if f["nil"] else f"收 {f['rows_accepted']} 行 退 {f['rows_refused']} 行 {f['households']} 户"
        )  # fmt: skip
        lines.append(f"  {f['file']}  {note}  心愿 {f['wishes']} 难题 {f['problems']}")
        lines += [
            f"      {r['sheet']} 第 {r['row']} 行「{r['column']}」：{r['why']}。{r['mend']}" for r in f["refusals"]
        ]
    answer(shown, lines, as_json=json)


@returns.command("mark", help="把退回原因批注在原表上 / mark the refusals in the sender's own file")
def returns_mark(
    quarter: Quarter, file: Annotated[str, typer.Argument(help="文件名 / the file's name")],
    out: Annotated[Path, typer.Option("-o", "--out", help="写到 / where to")], json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.records.services import Refused
    from nuanxin.sheets import mark_up, read_file

    found = _round(quarter).returns.filter(file_name=file).select_related("attachment").order_by("-pk").first()
    if not found:
        raise Refused(f"{quarter} 没有收到「{file}」 / no file “{file}” in {quarter}")
    reading = read_file(found.attachment.path, expect={"survey", "matters"})
    mark_up(found.attachment.path, reading.refusals, out)
    answer(
        {"file": str(out), "refusals": len(reading.refusals)}, f"{out}：批注 {len(reading.refusals)} 处", as_json=json
    )


# ---------------------------------------------------------------------------------------------------------------- visits

visits = typer.Typer(no_args_is_help=True, help="走访 / visits")


@visits.command("import", help="收下走访记录 / record a visit sheet")
def visits_import(paths: Paths, quarter: QuarterOption, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.rounds import visit_balance
    from nuanxin.care.services.visits import record
    from nuanxin.records.services import balance_line

    round_, who = _round(quarter), _who(by)
    with progress(f"{quarter} 走访 / visits") as show:
        done = record(round_=round_, paths=paths, by=who, on=on, show=show)
    balance = visit_balance(round_, by=who, on=on)
    files = [
        {"file": d.file, "recorded": d.recorded, "same": d.same, "refusals": [line.as_dict() for line in d.refusals],
         "warnings": [line.as_dict() for line in d.warnings],
         "refused_whole": d.refused_whole} for d in done
    ]  # fmt: skip
    lines = []
    for d in done:
        lines.append(f"{d.file}：{d.refused_whole or f'记录 {d.recorded}，未变 {d.same}，退回 {len(d.refusals)}'}")
        lines += [f"    第 {r.row} 行「{r.column}」：{r.why_zh}。{r.mend_zh}" for r in d.refusals]
    answer(
        {"quarter": quarter, "files": files, "balance": balance},
        [*lines, balance_line("走访 visits", balance)],
        as_json=json,
    )


def _code(lead: Any) -> str:
    return lead.household.code if lead.household else lead.code


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text.strip().zfill(5))
    except ValueError:
        raise typer.BadParameter("钟点写作 9:00 / write an hour as 9:00") from None


@visits.command("plan", help="安排走访：两人一组，按乡镇排线 / plan the visits by town, two visitors each")
def visits_plan(
    quarter: Quarter, by: By, on: On,
    team: Annotated[list[str], typer.Option("--team", help="一组两人，如 张三+李四 / two visitors, e.g. A+B")],
    day: Annotated[list[date], typer.Option("--day", parser=_day, help="走访日，可多个 / a day, repeatable")],
    per_day: Annotated[int, typer.Option("--per-day", min=1, help="每组每天户数 / families a day")] = 8,
    start: Annotated[time | None, typer.Option("--start", parser=_hour, help="第一户几点，如 9:00 / when the first visit begins")] = None,
    rest: Annotated[str, typer.Option("--rest", help="休息，如 12:00-14:00 / when the teams rest")] = "",
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.routing import Hours
    from nuanxin.care.services.visit_plan import plan
    from nuanxin.union.rules import mask_name

    named = [[part.strip() for part in pair.replace("、", "+").split("+")] for pair in team]
    if any(len(pair) != 2 or not all(pair) or pair[0] == pair[1] for pair in named):
        raise typer.BadParameter("每组须两个不同的人，如 张三+李四 / each team is two different people")
    teams = [(pair[0], pair[1]) for pair in named]
    between = [_hour(part) for part in rest.split("-")] if rest else []
    if between and (start is None or len(between) != 2 or between[0] >= between[1]):
        raise typer.BadParameter("休息写成 12:00-14:00，并写 --start / write 12:00-14:00, and --start")
    hours = Hours(start, (between[0], between[1]) if between else None) if start else None
    planned, left = plan(
        round_=_round(quarter), teams=teams, days=day, by=_who(by), on=on, per_day=per_day, hours=hours
    )
    rows: list[dict[str, Any]] = [
        {"day": v.planned_on, "at": v.when, "order": v.place_in_day, "visitors": [v.visitor_one, v.visitor_two], "household": _code(v.lead),
         "worker": mask_name(v.lead.worker_name), "union": v.lead.org.code, "town": str(v.lead.org.parent or v.lead.org)}
        for v in sorted(planned, key=lambda v: (v.planned_on, v.visitor_one, v.place_in_day))
    ]  # fmt: skip
    lines = [
        f"{r['day']} {r['at']} 第{r['order']}户 {'、'.join(r['visitors'])}  {r['town']}  {r['union']}  {r['worker']}  {r['household']}"
        for r in rows
    ]
    lines += [f"未排入：{_code(lead)} {mask_name(lead.worker_name)}：{why}" for lead, why in left]
    answer({"planned": rows, "left": [{"household": _code(x), "why": w} for x, w in left]}, lines, as_json=json)


@visits.command("excuse", help="登记不能按期走访的原因和新期限 / excuse a visit: why, and until when")
def visits_excuse(
    quarter: Quarter, code: Code, by: By, on: On,
    reason: Annotated[str, typer.Option("--reason", help="原因 / why")],
    until: Annotated[date, typer.Option("--until", parser=_day, help="新期限 / the new latest date")],
    json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.visit_plan import excuse

    excuse(lead=_household_lead(_round(quarter), code), reason=reason, until=until, by=_who(by), on=on)
    answer({"code": code, "until": until}, f"{code} 走访期限延至 {until}", as_json=json)


# ----------------------------------------------------------------------------------------------------------------- match

match = typer.Typer(no_args_is_help=True, help="疑似重复的家庭 / families in doubt")


@match.command("list", help="待人工比对的家庭，并排列出 / the queue, side by side")
def match_list(quarter: Quarter, json: Json = False) -> None:
    from nuanxin.care.services.register import doubtful
    from nuanxin.union.rules import mask_name

    rows = [
        {"lead": lead.code, "worker": mask_name(lead.worker_name), "union": lead.org.code, "score": lead.score,
         "reasons": lead.reasons,
         "reported_members": [{"name": mask_name(m.name), "relation": m.relation, "id": m.id_mask or None} for m in lead.reported.all()],
         "candidate": {"code": lead.candidate.code, "worker": mask_name(lead.candidate.worker_name), "union": lead.candidate.org.code,
                       "members": [{"name": mask_name(k.person.name), "relation": k.relation, "id": k.person.id_mask}
                                   for k in lead.candidate.members.filter(until_on=None).select_related("person")]}}
        for lead in doubtful(_round(quarter))
    ]  # fmt: skip
    lines = [f"{len(rows)} 户待比对"] + [
        f"  {r['lead']}  {r['worker']} {r['union']}  ?=  {r['candidate']['code']} {r['candidate']['worker']} {r['candidate']['union']}"
        f"  分值 {r['score']:.3f}：{'，'.join(r['reasons'])}"
        for r in rows
    ]
    answer({"quarter": quarter, "doubtful": rows}, lines, as_json=json)


def _judge(quarter: str, code: str, by: str, on: date, json: bool, verb: str) -> None:
    from nuanxin.care.services.register import judge, undo

    lead = _household_lead(_round(quarter), code)
    if verb == "undo":
        undo(lead, by=_who(by), on=on)
    else:
        judge(lead, same=verb == "accept", by=_who(by), on=on)
    lead.refresh_from_db()
    data = {"lead": lead.code, "state": lead.state, "household": lead.household.code if lead.household else None}
    answer(data, f"{lead.code}：{lead.state} {data['household'] or ''}", as_json=json)


Lead_ = Annotated[str, typer.Argument(metavar="LEAD", help="线索编号 / the lead's code")]


@match.command("accept", help="是同一户 / it is the same family")
def match_accept(quarter: Quarter, lead: Lead_, by: By, on: On, json: Json = False) -> None:
    _judge(quarter, lead, by, on, json, "accept")


@match.command("reject", help="不是同一户 / it is another family")
def match_reject(quarter: Quarter, lead: Lead_, by: By, on: On, json: Json = False) -> None:
    _judge(quarter, lead, by, on, json, "reject")


@match.command("undo", help="撤销比对 / undo a match")
def match_undo(quarter: Quarter, lead: Lead_, by: By, on: On, json: Json = False) -> None:
    _judge(quarter, lead, by, on, json, "undo")


# ------------------------------------------------------------------------------------------- offers, reviews and the rest

offers = typer.Typer(no_args_is_help=True, help="对不符合家庭的转介帮扶 / other help for the refused")


@offers.command("propose", help="按致困原因为未转介的家庭逐户转介 / offer each what fits its cause")
def offer_propose(quarter: Quarter, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.offers import propose_offers

    n = propose_offers(round_=_round(quarter), by=_who(by), on=on)
    answer({"quarter": quarter, "offered": n}, f"{quarter} 转介 {n} 户", as_json=json)


@offers.command("add", help="登记一项转介 / record an offer")
def offer_add(
    quarter: Quarter, code: Code, by: By, on: On,
    kind: Annotated[str, typer.Option("--kind", help="legal_aid | education | health_check | housing | training")],
    note: Annotated[str, typer.Option("--note")] = "", json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.models import Offer
    from nuanxin.care.services.offers import offer

    offer(round_=_round(quarter), codes=[code], kind=kind, note=note, by=_who(by), on=on)
    answer({"code": code, "kind": kind}, f"{code} 已转介 {dict(Offer.KINDS)[kind]}", as_json=json)


@offers.command("decline", help="登记家庭不接受转介 / record that the family declined")
def offer_decline(
    quarter: Quarter, code: Code, by: By, on: On, note: Annotated[str, typer.Option("--note")] = "", json: Json = False
) -> None:
    from nuanxin.care.services.offers import offer

    offer(round_=_round(quarter), codes=[code], kind=None, note=note, by=_who(by), on=on)
    answer({"code": code, "declined": True}, f"{code} 已登记不接受转介", as_json=json)


reviews = typer.Typer(no_args_is_help=True, help="复核 / reviews by another person")


@reviews.command("ask", help="家庭申请复核 / a family asks for a review")
def review_ask(quarter: Quarter, code: Code, by: By, on: On, text: Text, json: Json = False) -> None:
    from nuanxin.care.services.offers import ask_review
    from nuanxin.care.services.publish import find_finding

    ask_review(finding=find_finding(_round(quarter), code), text=text, by=_who(by), on=on)
    answer({"code": code, "review": "asked"}, f"{code} 已受理复核", as_json=json)


@reviews.command("end", help="复核办结（另一人） / end a review: another person")
def review_end(
    quarter: Quarter, code: Code, by: By, on: On, text: Text,
    upheld: Annotated[bool, typer.Option("--upheld/--rejected", help="支持家庭 / 维持原意见")], json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.offers import end_review
    from nuanxin.care.services.publish import find_finding
    from nuanxin.records.services import Refused

    review = find_finding(_round(quarter), code).reviews.order_by("-pk").first()
    if not review:
        raise Refused(f"{code} 没有复核申请 / no review of {code}")
    end_review(review=review, upheld=upheld, outcome=text, by=_who(by), on=on)
    answer({"code": code, "upheld": upheld}, f"{code} 复核办结", as_json=json)


leads = typer.Typer(no_args_is_help=True, help="线索 / leads")


@leads.command("urgent", help="急难：即时立线索，三个工作日内走访 / urgent need: a lead with its own clock")
def lead_urgent(
    code: Code,
    by: By,
    on: On,
    reason: Annotated[str, typer.Option("--reason", help="情况 / what happened")],
    json: Json = False,
) -> None:
    from nuanxin.care.services.offers import urgent
    from nuanxin.union.queries import household

    lead = urgent(household=household(code), reason=reason, by=_who(by), on=on)
    data = {"lead": lead.code, "clock_on": lead.clock_on, "quarter": lead.round.quarter}
    answer(data, f"{lead.code}：最迟 {lead.clock_on} 走访", as_json=json)


@leads.command("report", help="急难家庭的表：不算也不替换单位的上报 / a family in urgent need, by its form")
def lead_report(paths: Paths, quarter: QuarterOption, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.returns import receive

    round_ = _round(quarter)
    done = receive(round_=round_, paths=paths, by=_who(by), on=on, urgent=True)
    made = round_.leads.filter(from_return__in=[r.pk for r in done.returns]).exclude(state="replaced")
    told = [{"lead": lead.code, "state": lead.state, "clock_on": lead.clock_on} for lead in made.order_by("pk")]
    refused = [r.refused_whole["zh"] for r in done.returns if r.refused_whole]
    lines = [f"{t['lead']}：{t['state']}，最迟 {t['clock_on']} 走访" for t in told] + [
        f"整表退回：{why}" for why in refused
    ]
    answer({"quarter": quarter, "leads": told, "same": done.same, "refused_whole": refused}, lines, as_json=json)


files = typer.Typer(no_args_is_help=True, help="一户一档 / household files")


@files.command("print", help="打印一户的档案（PDF） / print a household's file")
def file_print(
    code: Code,
    on: On,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到 / where to")],
    json: Json = False,
) -> None:
    from nuanxin.reports.household_file import values
    from nuanxin.reports.prints import render
    from nuanxin.union.queries import household

    out.write_bytes(render("household_file", dict(values(household(code), on))))
    answer({"code": code, "file": str(out)}, str(out), as_json=json)


@rounds.command("notice", help="打印公示（PDF，姓名遮掩） / print the notice with masked names")
def round_notice(
    quarter: Quarter,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到 / where to")],
    json: Json = False,
) -> None:
    from nuanxin.records.services import Refused
    from nuanxin.reports.notice import notice_values
    from nuanxin.reports.prints import render

    posting = _round(quarter).postings.order_by("-pk").select_related("round__org").first()
    if posting is None:
        raise Refused(f"{quarter} 还没有公示 / nothing of {quarter} has been published")
    rows = posting.posted.select_related("finding__household", "finding__lead__org")
    values = notice_values(posting, rows.order_by("finding__household__code"))
    out.write_bytes(render("notice", values))
    answer({"posting": posting.code, "families": len(values["families"]), "file": str(out)}, str(out), as_json=json)


consents = typer.Typer(no_args_is_help=True, help="核查授权 / consent to checks")


@consents.command("record", help="登记已签字的授权 / record a signed consent")
def consent_record(
    code: Code, by: By, on: On,
    signed: Annotated[date, typer.Option("--signed", parser=_day, help="签字日期 / signed on")],
    how: Annotated[str, typer.Option("--how", help="form | door | paper")] = "paper", json: Json = False,
) -> None:  # fmt: skip
    from nuanxin.care.services.offers import consent
    from nuanxin.union.queries import household

    made = consent(household=household(code), signed_on=signed, how=how, by=_who(by), on=on)
    answer({"code": code, "signed_on": made.signed_on}, f"{code} 授权 {made.signed_on}", as_json=json)


@consents.command("withdraw", help="撤回授权 / withdraw a consent")
def consent_withdraw(code: Code, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.offers import withdraw_consent
    from nuanxin.union.queries import household

    withdraw_consent(household=household(code), by=_who(by), on=on)
    answer({"code": code, "withdrawn_on": on}, f"{code} 授权已撤回", as_json=json)


checks = typer.Typer(no_args_is_help=True, help="民政比对 / comparison with civil affairs")


@checks.command("import", help="收下民政比对结果 / import the results")
def checks_import(paths: Paths, by: By, on: On, json: Json = False) -> None:
    from nuanxin.care.services.offers import import_checks
    from nuanxin.union.queries import city

    done = import_checks(paths=paths, org=city(), by=_who(by), on=on)
    lines = [f"{d.file}：{d.why_zh or str(d.accepted) + ' 人有结果，退回 ' + str(len(d.refusals))}" for d in done]
    files = [
        {"file": d.file, "rows": d.rows, "accepted": d.accepted, "same": d.same, "refusals": [line.as_dict() for line in d.refusals],
         "refused_whole": d.why_zh or None, "refused_whole_en": d.why_en} for d in done
    ]  # fmt: skip
    answer({"files": files}, lines, as_json=json)


def register(app: typer.Typer) -> None:
    for part, name in (
        (rounds, "round"), (returns, "returns"), (visits, "visits"), (match, "match"), (offers, "offer"), (reviews, "review"),
        (leads, "lead"),
        (files, "file"), (consents, "consent"), (checks, "checks"),
    ):  # fmt: skip
        app.add_typer(part, name=name)
