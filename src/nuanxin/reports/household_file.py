"""The values of the printed household file (困难职工家庭档案), from the rows of one household; all personal numbers masked."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from nuanxin.care.models import AidPlan, Finding, ReportedMember, Visit
from nuanxin.care.services.decide import explain, policy_that_decided
from nuanxin.policy.explain import say_value
from nuanxin.records.services import Refused
from nuanxin.reports.prints import DecisionValues, Field, HouseholdFileValues, MemberValues, OpinionValues, VisitValues
from nuanxin.sheets.masks import mask_digits
from nuanxin.union.models import Household, Person, User
from nuanxin.union.rules import mask_name, quarter_zh

TIERS, ITEMS, CONCLUSIONS = (
    dict(Finding.TIERS),
    dict(AidPlan.ITEMS),
    dict(Visit._meta.get_field("conclusion").choices or []),
)
STAGES = {"preschool": "学前", "compulsory": "义务教育", "upper_secondary": "高中（中职）", "university": "大学"}
FOUND = {
    "members": "共同生活人口 {} 人", "income": "年收入 {} 元", "medical": "自付医疗费 {} 元", "schooling": "教育支出 {} 元",
    "loss": "意外损失 {} 元", "homes": "住房 {} 套",
}  # fmt: skip
LIMITS = {"<": "低于", "<=": "不高于", ">": "高于", ">=": "不低于", "=": "", "!=": "不是"}
# The form's field ← the answer kept with the report, by member and by household.
MEMBER_MORE = {
    "health": "health", "disability_kind": "disability_kind", "disability_degree": "disability_degree",
    "medical_insurance": "insurance", "marital_state": "marital", "registration_kind": "registration", "school": "school",
    "entered_in": "school_entry", "school_years": "school_years", "contract_from": "contract_from",
    "contract_until": "contract_to",
}  # fmt: skip
HOUSE_MORE = {
    "home_type": "home_type", "floor_area": "floor_area", "second_cause": "second_cause", "single_parent": "single_parent",
    "nobody_employed": "nobody_employed", "able_to_help_themselves": "self_help", "bank": "bank", "branch": "branch",
}  # fmt: skip


def values(household: Household, today: date) -> HouseholdFileValues:
    """What the form needs. What nobody has told stays blank, to be filled in by hand."""
    finding = (
        household.findings.exclude(state="superseded")
        .select_related("round__org", "lead__from_return")
        .order_by("-round__quarter", "-pk")
        .first()
    )
    # The report that was decided on, else the newest one.
    latest = household.leads.exclude(state__in=["replaced", "repeated"]).select_related("from_return")
    lead = finding.lead if finding else latest.order_by("-round__quarter", "-pk").first()
    file = household.files.order_by("-pk").first()
    people = list(household.members.filter(until_on=None).select_related("person"))
    # A lead for a review has no rows of its own: those last reported count.
    reported = ReportedMember.objects.filter(lead__household=household, accepted=True).exclude(lead__state="replaced")
    rows = {row.id_hash: row for row in reported.order_by("pk")}
    yearly = finding.income if finding else lead.income if lead else None
    sent = lead.from_return if lead else None
    consent = household.consents.filter(withdrawn_on=None).first()
    posted = finding.posted.select_related("posting").order_by("-pk").first() if finding else None
    plans = list(household.plans.filter(superseded=False).order_by("year", "pk"))
    names = {user.username: str(user) for user in User.objects.all()}
    more: dict[str, Any] = lead.more if lead else {}
    house = household.worker
    self_row = rows.get(house.id_hash) if house else None
    made: dict[str, Any] = {
        "code": file.code if file else household.code,
        "org": household.org.name,
        "tier": TIERS.get(file.tier) if file else (TIERS.get(finding.tier or "") if finding else None),
        "opened_on": file.opened_on if file else None,
        "worker": _member(house, "本人", self_row, household.org.name, household.worker_name),
        "address": _text(household.address),
        "members": [
            _member(kin.person, kin.get_relation_display(), rows.get(kin.person.id_hash), None, kin.person.name)
            for kin in people if house is None or kin.person_id != house.pk
        ],
        "household_size": (finding.members if finding else None) or (lead.members if lead and lead.members else None),
        "monthly_income": _monthly(yearly),
        "yearly_income": yearly,
        "cause": _text(lead.cause) if lead else None,
        "card": f"尾号 {more['card_mask'][-4:]}" if more.get("card_mask") else None,
        "consent_on": consent.signed_on if consent else None,
        "visits": [
            _visit(visit) for visit in Visit.objects.filter(lead__household=household, visited_on__isnull=False)
        ],
        "decision": _decision(finding),
        "aid": [
            {
                "year": plan.year, "item": ITEMS[plan.item], "amount": plan.amount, "cut": plan.cut or None,
                "clause": _text(plan.cut_clause),
            } for plan in plans
        ],
        "aid_total": sum((plan.amount for plan in plans), Decimal(0)) if plans else None,
        "publication": {
            "from_on": posted.posting.from_on if posted else None, "until_on": posted.until_on if posted else None, "place": None,
            "result": _posting_result(finding, posted),
        },
        "unit_opinion": _opinion(household.org.name), "street_opinion": _opinion(_street(household)),
        "upper_opinion": _opinion(finding.round.org.name if finding else None),
        "attachments": [],
        "filled_by": names.get(sent.by) if sent else None, "filled_on": sent.received_on if sent else None,
        "checked_by": names.get(finding.proposed_by) if finding else None, "checked_on": finding.proposed_on if finding else None,
        "decided_by": names.get(finding.certified_by) if finding else None,
        "decided_on": finding.certified_on if finding else None,
        **{field: _said(more.get(key)) for field, key in HOUSE_MORE.items()},
    }  # fmt: skip
    return made  # type: ignore[return-value]


def _text(text: str | None) -> Field:
    return mask_digits(text) if text else None


def _said(value: Any) -> Field:
    """An answer kept as JSON, as the form prints it."""
    if value is None or value == "":
        return None
    return value if isinstance(value, bool | int) else mask_digits(str(value))


def _monthly(yearly: Decimal | None) -> Decimal | None:
    return None if yearly is None else (yearly / 12).quantize(Decimal("0.01"))


def _member(person: Person | None, relation: str, row: Any, unit: str | None, name: str) -> MemberValues:
    more: dict[str, Any] = row.more if row else {}
    made: dict[str, Any] = {
        "name": mask_name(person.name if person else name), "relation": relation,
        "sex": person.get_sex_display() if person else None, "id_number": person.id_mask if person else None,
        "born_on": person.born_on if person else None, "phone": person.phone_mask or None if person else None,
        "work_unit": unit, "work_state": _text(row.work_state) if row else None,
        "study_stage": STAGES.get(row.study_stage) if row else None, "monthly_income": None, "yearly_income": None,
        **{field: _said(more.get(key)) for field, key in MEMBER_MORE.items()},
    }  # fmt: skip
    return made  # type: ignore[return-value]


def _visit(visit: Visit) -> VisitValues:
    found = [text.format(getattr(visit, name)) for name, text in FOUND.items() if getattr(visit, name) is not None]
    note = [mask_digits(visit.note)] if visit.note else []
    return {
        "visited_on": visit.visited_on, "visitors": f"{mask_name(visit.visitor_one)}、{mask_name(visit.visitor_two)}",
        "found": "；".join([CONCLUSIONS.get(visit.conclusion, visit.conclusion), *found, *note]),
    }  # fmt: skip


def _decision(finding: Finding | None) -> DecisionValues:
    blank: DecisionValues = {
        "quarter": None, "tier": None, "policy": None, "version": None, "as_of": None, "rule": None, "clause": None, "terms": [],
    }  # fmt: skip
    if finding is None:
        return blank
    blank |= {
        "quarter": quarter_zh(finding.round.quarter), "tier": TIERS.get(finding.tier or "", finding.problem or None),
        "version": finding.policy_version, "as_of": finding.as_of, "rule": finding.rule or None,
    }  # fmt: skip
    try:
        blank["policy"] = policy_that_decided(finding).model.document
        sheets = explain(finding).decisions
        sheet = next((sheet for sheet in sheets if sheet.decision.name == "tier"), sheets[0])
    except Refused:
        return blank
    blank["clause"] = "；".join(clause for _, clause in sheet.rules if clause) or None
    for tried in sheet.tried:
        for cell in tried.cells:
            item = cell.comparisons[0] if cell.comparisons else None
            if item is None or item.distance is None:
                continue
            gap: Fraction = item.distance
            said = say_value(abs(gap), cell.type, cell.unit, "zh")
            blank["terms"].append({
                "label": cell.label.zh, "figure": say_value(item.value, cell.type, cell.unit, "zh"),
                "limit": f"{LIMITS.get(item.op, item.op)} {say_value(item.limit, cell.type, cell.unit, 'zh')}",
                "distance": "正好在标准上" if not gap else f"高 {said}" if gap > 0 else f"低 {said}",
            })  # fmt: skip
    return blank


def _posting_result(finding: Finding | None, posted: Any) -> Field:
    if finding is None or posted is None:
        return None
    if finding.state == "certified":
        return "公示期内的异议均已核实答复" if posted.objections.exists() else "公示期满，没有异议"
    return None


def _opinion(org: str | None) -> OpinionValues:
    return {"org": org, "text": None, "signed_by": None, "signed_on": None}


def _street(household: Household) -> str | None:
    parent = household.org.parent
    return parent.name if parent else None
