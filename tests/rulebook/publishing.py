"""Two cities, each with its two policy officers, and a version that one of them publishes."""

from datetime import date

from nuanxin.rulebook import services
from nuanxin.rulebook.models import Draft
from nuanxin.union.models import Org, User
from nuanxin.union.services import appoint

DAY = date(2023, 7, 7)
OFFICERS = {"QTX": ("pan", "qin"), "WZ": ("ye", "yu")}


def other_city() -> Org:
    """The other city, with policy officers of its own."""
    other = Org.objects.get(code="WZ")
    for name in OFFICERS["WZ"]:
        appoint(user=name, name=f"{name}外", org=other, role="policy_officer", from_on=date(2022, 1, 1), by="setup")
    return other


def published(
    org: Org, *, version: str = "2023-2", begins: str = "2023-10-01", document: str = "本市第二号文", line: str = "< M",
    by: tuple[str, str] = (), base: str = "2022-1",
) -> Draft:  # fmt: skip
    """A version that ``org`` has published by its two officers, in which who lives on less than ``line`` is in deep hardship."""
    first, second = (User.objects.get(username=name) for name in by or OFFICERS[org.code])
    draft = services.begin(policy="qingtongxia", version=base, org=org, by=first, on=DAY)
    text = services.with_settings(
        draft.files["policy.toml"], {"version": version, "effective_from": begins, "document": document}
    )
    services.save_settings(draft=draft, text=text, edits=draft.edits, by=first, on=DAY)
    draft.refresh_from_db()
    # Its worked cases are those of the line as it was.
    cases = draft.files["cases.csv"].splitlines()[:2]
    tier = draft.files["tier.csv"].replace("< M", line, 1)
    Draft.objects.filter(pk=draft.pk).update(
        files={**draft.files, "tier.csv": tier, "cases.csv": "\n".join(cases) + "\n"}, compared_edits=draft.edits
    )
    draft.refresh_from_db()
    services.submit(draft=draft, decided_until=None, by=first, on=DAY)
    draft.refresh_from_db()
    services.publish(draft=draft, edits=draft.edits, decided_until=None, by=second, on=DAY)
    draft.refresh_from_db()
    return draft
