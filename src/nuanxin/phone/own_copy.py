"""A copy of everything about a worker: the same rows as data and as a page to read. Numbers of others in the household are masked."""

import io
import json
import zipfile
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string

from nuanxin.care.models import Consent, Finding, HardshipApplication, HouseholdFile, Lead
from nuanxin.care.rules import FIGURES
from nuanxin.care.services.apply import told
from nuanxin.matters.models import Matter
from nuanxin.phone.queries import papers
from nuanxin.records.models import Event
from nuanxin.records.services import write_events
from nuanxin.ui.viewer import Viewer
from nuanxin.ui.words import notice
from nuanxin.union import secrets
from nuanxin.union.models import Addition, Household, Kinship, Person
from nuanxin.union.queries import city_of, notices_of
from nuanxin.union.rules import mask_id, mask_phone


def packed(seen: Viewer) -> bytes:
    """A zip of ``my-data.json`` and ``my-data.html``. That it was made is an Event."""
    rows = _everything(seen)
    with transaction.atomic():
        line = ("account.copy", f"user:{seen.user.username}", {"parts": len(rows)})
        write_events(chain=city_of(seen.own_org).code, lines=[line], by=seen.user.username, on=seen.today)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("my-data.json", json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        file.writestr("my-data.html", render_to_string("phone/my_data.html", {"parts": rows, "day": seen.today}))
    return out.getvalue()


def _everything(seen: Viewer) -> dict[str, Any]:
    """Part → rows, each a dictionary of plain values."""
    user = seen.user
    person = seen.own(Person).first()
    houses = seen.own(Household)
    living = Kinship.objects.filter(household__in=houses, until_on=None).select_related("person").order_by("pk")
    codes = list(houses.values_list("code", flat=True))
    looks = Event.objects.filter(subject__in=[f"household:{code}" for code in codes], verb="household.read")
    return {
        "账号 account": [
            {"name": user.first_name, "phone": user.phone_mask, "union": seen.own_org.name, "roles": sorted(seen.roles)}
        ],
        "本人 person": [
            {
                "name": one.name, "id_number": secrets.unseal(bytes(one.id_cipher)), "born_on": one.born_on, "sex": one.sex,
                "phone": one.phone_mask,
            }
            for one in ([person] if person else [])
        ],
        "户 household": list(houses.values("code", "worker_name", "address", "org__name")),
        "家庭成员 members": [
            {"relation": kin.relation, "name": kin.person.name, "id_number": kin.person.id_mask, "since": kin.from_on}
            for kin in living
        ],
        "困难申报 applications": [_application(one) for one in seen.own(HardshipApplication).order_by("pk")],
        "材料 papers": list(
            papers(seen).order_by("pk").values("kind", "added_on", "application__code", "lead__round__quarter")
        ),
        "申报情况 reported": list(seen.own(Lead).order_by("pk").values("code", "round__quarter", "source", "state", "opened_on", *FIGURES)),
        "认定 decisions": list(
            seen.own(Finding).filter(state__in=("published", "objected", "certified", "refused", "closed")).order_by("pk").values(
                "code", "round__quarter", "tier", "rule", "state", "policy", "policy_version", "as_of", "net", "members",
                "standard", "living", "medical", "schooling", "accident", "total", "certified_on",
            )
        ),
        "困难档案 files": list(seen.own(HouseholdFile).order_by("pk").values("code", "tier", "opened_on", "closed_on", "close_reason")),
        "授权 consents": list(seen.own(Consent).order_by("pk").values("signed_on", "how", "withdrawn_on")),
        "诉求 matters": list(
            seen.own(Matter).order_by("pk").values(
                "code", "kind", "content", "received_on", "due_on", "state", "answer", "unsolved", "owner__name"
            )
        ),
        "补充情况 additions": list(seen.own(Addition).order_by("pk").values("subject", "added_on", "text", "photo__name")),
        "谁看过 readers": [
            {"on": one.on, "what": one.facts.get("what"), "union": one.facts.get("org"), "reason": one.facts.get("reason")}
            for one in looks.order_by("pk")
        ],
        "消息 messages": [
            {"on": one.on, "text": notice(one.what, one.facts), "read_at": one.read_at} for one in notices_of(user)
        ],
    }  # fmt: skip


def _application(one: HardshipApplication) -> dict[str, Any]:
    said = told(one)
    members = [
        row | {"resident_id": mask_id(row.get("resident_id", "")), "phone": mask_phone(row.get("phone", ""))}
        for row in said["members"]
    ]
    return {
        "code": one.code, "state": one.state, "started_on": one.started_on, "sent_on": one.sent_on, "members": members,
        "figures": said["figures"], "cause": said["cause"], "note": said["note"],
    }  # fmt: skip
