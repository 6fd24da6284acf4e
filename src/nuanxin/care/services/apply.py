"""A worker applies on a phone: the draft is kept step by step, sent once, and becomes a lead as a union's report does.

The draft is sealed, since it holds ID numbers; what it says is a small dictionary: members, figures, cause, note, address. Keeping a
draft is no Event (nothing has happened to anybody yet); beginning, papers, sending and withdrawing are.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Length

from nuanxin.care import rules
from nuanxin.care.models import HardshipApplication, Lead, ReportedMember, Round
from nuanxin.care.services import notices, register
from nuanxin.records.services import Line, Refused, write_events
from nuanxin.sheets import Refusal, read_typed
from nuanxin.union import secrets
from nuanxin.union.models import Org, User
from nuanxin.union.queries import city_of, owns, posts_of
from nuanxin.union.rules import PERMITS, mask_id, mask_phone

# What a member row holds, and the figures that an application may hold (in yuan, as text).
MEMBER = ("name", "relation", "resident_id", "phone", "study_stage")
MONEY = ("income", "medical", "schooling", "loss")
FLAGS = ("runs_business", "costly_school")
CAUSES = ("本人大病", "家属大病", "残疾", "子女上学", "意外灾害", "下岗失业", "单亲", "收入低", "其他")
MOST_MEMBERS = 15


class Misread(Refused):
    """Fields that could not be read: {field: sentence}, each with what is wrong and how to mend it, in both languages."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(*fields.values())
        self.fields = dict(fields)


def told(application: HardshipApplication) -> dict[str, Any]:
    """What a draft says; empty fields where nothing was said yet."""
    empty: dict[str, Any] = {"members": [], "figures": {}, "cause": "", "note": "", "address": ""}
    return empty | (json.loads(secrets.unseal(bytes(application.sealed))) if application.sealed else {})


ASKED_FIRST = (*MONEY, *FLAGS, "homes")  # what a self-test hands on


def begin(*, by: User, on: date, figures: Mapping[str, str] | None = None) -> HardshipApplication:
    """The worker's draft: the one that stands, or a new one at the union of the worker's post. ``figures``: what was typed in a self-test,
    by the names of ``ASKED_FIRST``; what cannot be read of it is asked again."""
    standing = HardshipApplication.objects.filter(user=by, state=HardshipApplication.DRAFT).first()
    if standing is not None:
        return standing
    post = posts_of(by, on).filter(role__in=PERMITS["own.apply"]).select_related("org").order_by("pk").first()
    if post is None:
        raise Refused("没有职工身份，不能申报 / only a worker can apply")
    with transaction.atomic():
        city = city_of(post.org)
        # Two beginners of one city would get the same number: the second waits for the first.
        Org.objects.select_for_update().get(pk=city.pk)
        head = f"{city.code}-W"
        last = (
            HardshipApplication.objects.filter(code__startswith=head).order_by(Length("code").desc(), "-code").first()
        )
        number = int(last.code[len(head) :]) + 1 if last else 1
        made = HardshipApplication.objects.create(code=f"{head}{number:06d}", user=by, org=post.org, started_on=on)
        said: dict[str, Any] = {"members": [_oneself(by)]} if by.first_name else {}
        said["figures"] = {}
        for name in ASKED_FIRST:
            value, refusal = read_typed("survey", name, (figures or {}).get(name, ""), today=on)
            if value is not None and refusal is None:
                said["figures"][name] = str(Decimal(value).scaleb(-2)) if name in MONEY else value
        _keep(made, said)
        _event(made, "begin", {}, by, on)
    return made


def _oneself(by: User) -> dict[str, str]:
    """The worker's own row; what the register holds of a confirmed person is not asked again."""
    row = {"name": by.first_name, "relation": "self"}
    if by.person is not None:
        sealed = {"resident_id": by.person.id_cipher, "phone": by.person.phone_cipher or by.phone_cipher}
        row |= {name: secrets.unseal(bytes(cipher)) for name, cipher in sealed.items() if cipher}
    return row


def _event(application: HardshipApplication, verb: str, facts: dict[str, Any], by: User, on: date) -> None:
    line: Line = (f"application.{verb}", f"application:{application.code}", facts)
    write_events(chain=city_of(application.org).code, lines=[line], by=by.username, on=on)


def _keep(application: HardshipApplication, said: Mapping[str, Any]) -> None:
    sealed = secrets.seal(json.dumps(said, ensure_ascii=False))
    kept = HardshipApplication.objects.filter(pk=application.pk, state=HardshipApplication.DRAFT).update(sealed=sealed)
    if not kept:
        raise Refused("这件申报已经提交，不能再改 / this application has been sent and can no longer be changed")
    application.sealed = sealed


def _draft_of(application: HardshipApplication, by: User, on: date) -> dict[str, Any]:
    if not owns(by, "own.apply", application, on):
        raise Refused("没有这件申报 / there is no such application")
    return told(HardshipApplication.objects.select_for_update().get(pk=application.pk))


def _sentence(refusal: Refusal) -> str:
    """为什么，怎么改 / why, and how to mend it."""
    return f"{refusal.why('zh')}。{refusal.mend('zh')}。 / {refusal.why('en')}; {refusal.mend('en')}."


def _read(fields: Mapping[str, str], needed: Mapping[str, str], on: date) -> dict[str, Any]:
    """Typed values of what was filled in. Raises Misread with a sentence a field; ``needed`` gives that of an empty one."""
    got: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in fields.items():
        got[name], refusal = read_typed("survey", name, value, today=on)
        if refusal is not None:
            wrong[name] = _sentence(refusal)
        elif got[name] is None and name in needed:
            wrong[name] = needed[name]
    if wrong:
        raise Misread(wrong)
    return got


@transaction.atomic
def keep_member(
    *, application: HardshipApplication, place: int | None, fields: Mapping[str, str], by: User, on: date
) -> int:
    """Keep one member of the family in the draft: a new one (``place`` None) or that of a place. An empty ID number or phone of a
    standing member stays as it was. Returns the place. Raises Misread with the sentences of a sheet."""
    said = _draft_of(application, by, on)
    members: list[dict[str, Any]] = said["members"]
    old = members[place] if place is not None and place < len(members) else {}
    needed = {"name": "请填写姓名 / fill in the name", "relation": "请选择与您的关系 / choose the relation to you"}
    if not old.get("resident_id"):
        needed["resident_id"] = "请填写身份证号，18 位 / fill in the ID number, 18 characters"
    read = _read({name: fields.get(name, "") for name in MEMBER}, needed, on)
    wrong = {}
    if read["resident_id"] and any(
        row.get("resident_id") == read["resident_id"] for n, row in enumerate(members) if n != place
    ):
        wrong["resident_id"] = "这个身份证号已经填过了，请核对 / this ID number stands already: check it"
    if read["relation"] == "self" and any(row["relation"] == "self" for n, row in enumerate(members) if n != place):
        wrong["relation"] = "本人已经填过了 / you yourself stand already"
    if place is None and len(members) >= MOST_MEMBERS:
        wrong["name"] = f"最多填 {MOST_MEMBERS} 人 / at most {MOST_MEMBERS} people"
    if wrong:
        raise Misread(wrong)
    row = {name: read[name] or (old.get(name) if name in ("resident_id", "phone") else None) for name in MEMBER}
    row = {name: value for name, value in row.items() if value}
    if old:
        members[place] = row  # type: ignore[index]
    else:
        members.append(row)
    # The worker first, as on the paper form.
    members.sort(key=lambda one: one["relation"] != "self")
    _keep(application, said)
    return members.index(row)


@transaction.atomic
def drop_member(*, application: HardshipApplication, place: int, by: User, on: date) -> None:
    said = _draft_of(application, by, on)
    if not 0 <= place < len(said["members"]):
        raise Refused("没有这个人 / there is no such person")
    del said["members"][place]
    _keep(application, said)


@transaction.atomic
def keep_figures(*, application: HardshipApplication, fields: Mapping[str, str], by: User, on: date) -> None:
    """Keep the family's figures and words in the draft. ``fields``: figures by the names of ``rules.FIGURES`` (those the policy asks),
    cause, note, address. Raises Misread for what cannot be read."""
    said = _draft_of(application, by, on)
    figures = {name: value for name, value in fields.items() if name in rules.FIGURES}
    needed = {name: "请填写，没有就填 0 / fill this in, 0 for none" for name in (*MONEY, "homes") if name in figures}
    needed |= {name: "请选择一项 / choose one" for name in FLAGS if name in figures}
    read = _read(figures, needed, on)
    texts = {name: fields.get(name, "").strip() for name in ("cause", "note", "address")}
    wrong = {
        name: f"不超过 {most} 字 / at most {most} characters"
        for name, most in (("note", 300), ("address", 100))
        if len(texts[name]) > most
    }
    if texts["cause"] not in CAUSES:
        wrong["cause"] = "请选择最主要的原因 / choose the main cause"
    if wrong:
        raise Misread(wrong)
    said["figures"] = {name: str(Decimal(value).scaleb(-2)) if name in MONEY else value for name, value in read.items()}
    _keep(application, said | texts)


def lacking(said: Mapping[str, Any], asked: tuple[str, ...]) -> dict[str, str]:
    """What a draft lacks before it can be sent: {step: sentence}. ``asked``: the figures that the policy asks."""
    missing = {}
    heads = [row for row in said["members"] if row["relation"] == "self"]
    bare = [row["name"] for row in said["members"] if not row.get("resident_id")]
    if not heads:
        missing["family"] = "请先填您本人 / fill in yourself first"
    elif bare:
        missing["family"] = f"还差{'、'.join(bare)}的身份证号 / an ID number is missing for {', '.join(bare)}"
    if not said["cause"] or any(name not in said["figures"] for name in asked):
        missing["figures"] = "家里情况还没填完 / your family's figures are not filled in yet"
    return missing


@transaction.atomic
def send(
    *, application: HardshipApplication, signed: str, agreed: bool, truthful: bool, asked: tuple[str, ...], by: User,
    on: date,
) -> HardshipApplication:  # fmt: skip
    """Send the application: with the worker's typed name as signature, the consent to checks and the pledge of truth.

    It becomes a lead of the city's open round at the worker's union and goes the way of a reported family; where no round is open,
    it waits for the next one (``take_waiting``). Sending again changes nothing. Raises Refused with what is missing.
    """
    application = HardshipApplication.objects.select_for_update().get(pk=application.pk)
    if not owns(by, "own.apply", application, on):
        raise Refused("没有这件申报 / there is no such application")
    if application.state == HardshipApplication.SENT:
        return application
    said = told(application)
    missing = list(lacking(said, asked).values())
    head = next((row["name"] for row in said["members"] if row["relation"] == "self"), "")
    if application.state == HardshipApplication.WITHDRAWN:
        missing = ["这件申报已撤回 / this application was withdrawn"]
    if not agreed:
        missing.append("请勾选“同意工会核查” / tick that the union may check")
    if not truthful:
        missing.append("请勾选“以上都是实情” / tick that all of it is true")
    if head and "".join(signed.split()) != "".join(head.split()):
        missing.append("签名请填您本人的姓名 / sign with your own name")
    if missing:
        raise Refused(*missing)
    HardshipApplication.objects.filter(pk=application.pk).update(state=HardshipApplication.SENT, sent_on=on)
    application.refresh_from_db()
    _event(application, "send", {"members": len(said["members"])}, by, on)
    round_ = Round.objects.filter(org=city_of(application.org)).exclude(state="closed").order_by("-quarter").first()
    if round_ is None:
        notices.tell_applicant("application.waits", application, on=on)
        return application
    _lead(application, said, round_, on)
    register.match_round(round_, by=by, on=on)
    application.refresh_from_db()
    notices.tell_applicant("application.received", application, on=on)
    notices.tell_officers(
        "application.sent", "return.receive", application.org, f"application:{application.code}", on=on,
        round=round_.code, union=application.org.code,
    )  # fmt: skip
    return application


def take_waiting(round_: Round, *, by: User, on: date) -> int:
    """Applications that were sent while no round was open become leads of this one. Returns how many; within ``open_round``."""
    waiting = HardshipApplication.objects.filter(state=HardshipApplication.SENT, lead=None)
    waiting = waiting.filter(org__in=round_.org.descendants(include_self=True)).select_related("org").order_by("pk")
    taken = [_lead(application, told(application), round_, on) for application in waiting]
    if taken:
        register.match_round(round_, by=by, on=on)
    return len(taken)


def _lead(application: HardshipApplication, said: Mapping[str, Any], round_: Round, on: date) -> Lead:
    """The lead of an application with its member rows; the draft's copy of them is emptied."""
    members, figures = said["members"], said["figures"]
    head = next(row for row in members if row["relation"] == "self")
    stages = [
        row.get("study_stage") for row in members if row["relation"] not in ("self", "spouse", "parent", "grandparent")
    ]
    number = Lead.objects.filter(round=round_, source=Lead.APPLIED).count() + 1
    lead = Lead.objects.create(
        code=f"{round_.code}-W{number:04d}", round=round_, source=Lead.APPLIED, org=application.org,
        worker_name=head["name"], opened_on=on, clock_on=max(round_.visits_due_on, on), state="reported",
        members=len(members), homes=figures.get("homes"), runs_business=figures.get("runs_business"),
        costly_school=figures.get("costly_school"), children_compulsory=sum(s in rules.COMPULSORY for s in stages),
        children_upper=sum(s in rules.UPPER for s in stages), cause=said["cause"], note=said["note"],
        more={"address": said["address"]} if said["address"] else {},
        **{name: None if figures.get(name) is None else Decimal(figures[name]) for name in MONEY},
    )  # fmt: skip
    rows = []
    for n, row in enumerate(members, 1):
        number_, phone = row["resident_id"], row.get("phone")
        rows.append(
            ReportedMember(
                lead=lead, row=n, accepted=True, name=row["name"][:60], relation=row["relation"],
                id_hash=secrets.find_key(number_), id_cipher=secrets.seal(number_), id_mask=mask_id(number_),
                born_on=date(int(number_[6:10]), int(number_[10:12]), int(number_[12:14])),
                phone_hash=secrets.find_key(phone) if phone else "", phone_cipher=secrets.seal(phone) if phone else None,
                phone_mask=mask_phone(phone) if phone else "", study_stage=row.get("study_stage", ""),
            )
        )  # fmt: skip
    ReportedMember.objects.bulk_create(rows)
    HardshipApplication.objects.filter(pk=application.pk).update(lead=lead, sealed=None)
    application.papers.update(lead=lead)
    return lead


@transaction.atomic
def withdraw(*, application: HardshipApplication, by: User, on: date) -> None:
    """The worker withdraws an application: a draft, or one that nobody has visited yet. What was filled in is deleted with a draft."""
    application = HardshipApplication.objects.select_for_update().get(pk=application.pk)
    if not owns(by, "own.apply", application, on):
        raise Refused("没有这件申报 / there is no such application")
    if application.state == HardshipApplication.WITHDRAWN:
        return
    if application.lead_id is not None:
        gone = Lead.objects.filter(
            pk=application.lead_id, state__in=["reported", "held", "doubtful", "due", "away", "known", "repeated"]
        )
        if not gone.update(state="replaced"):
            raise Refused(
                "已经上门走访，不能撤回，可以撤回核查授权 / the visit has been made: it can no longer be withdrawn"
            )
        lead = Lead.objects.select_related("round__org").get(pk=application.lead_id)
        register.follow([lead.household_id], lead.round, by=by, on=on)
    else:
        application.papers.all().delete()
    HardshipApplication.objects.filter(pk=application.pk).update(state=HardshipApplication.WITHDRAWN, sealed=None)
    _event(application, "withdraw", {}, by, on)
