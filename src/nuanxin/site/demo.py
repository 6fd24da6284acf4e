"""The demo's accounts: one a role, with logins that are printed for everybody. In demo mode alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nuanxin.union import rules, secrets
from nuanxin.union.models import Household, Org, Person, User
from nuanxin.union.services import appoint

# Numbers of nobody, for who tries the demo out: without one no family could be told, and nobody should write a real one.
NUMBERS = (
    "640381 19850312 0021", "640381 20080304 0015", "640381 20140721 003X", "640381 19830216 0019", "640381 19550518 0040",
    "640381 19570909 0020",
)  # fmt: skip

# he and xu may each propose, and then the other certifies. (account, name, roles, union)
OFFICERS: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    ("he", "何秋实", (rules.CITY, rules.APPROVER), ""),
    ("xu", "许安然", (rules.CITY, rules.APPROVER), ""),
)
# The others, one a role.
STAFF: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    # What he proposed and xu certified is reviewed by a third.
    ("wen", "文可心", (rules.CITY,), ""),
    ("bai", "白秀磊", (rules.VISITOR,), ""),
    ("luo", "罗小满", (rules.VISITOR,), ""),
    ("ma", "马国强", (rules.GRASSROOTS,), "QTX-01"),
    ("tian", "田小组", (rules.STEWARD,), "QTX-01-E01"),
    ("pan", "潘立言", (rules.POLICY,), ""),
    ("qin", "秦守正", (rules.POLICY,), ""),
    ("shen", "沈明", (rules.AUDITOR,), ""),
    ("guan", "管理员", (rules.ADMIN,), ""),
)
WORKER = "w-demo"
WORKER_UNION = "QTX-01-E09"
# Where no example has been run, nobody in the register has a phone yet.
_LONE_WORKER = ("贺冬梅", "13800002023")
# Printed for everybody, in demo mode alone.
PASSWORD = "warm-heart-2023"  # noqa: S105
SECRET = "NUANXIN7DEMO7NUANXIN7DEMO7NUANXI"  # noqa: S105

# What each does in the demo, in the order of the work.
DOES: dict[str, Promise] = {
    WORKER: _("用手机说家里的困难、交材料、看办到哪一步"),
    "tian": _("替本企业职工反映难题和心愿"),
    "ma": _("上报本镇各工会的困难家庭，核对职工身份"),
    "he": _("开展季度、安排走访、提出认定、公示"),
    "bai": _("上门走访，用手机记录"),
    "luo": _("和白秀磊一组走访"),
    "xu": _("认证何秋实提出的认定，反过来也可以"),
    "wen": _("复核前两人办过的意见：复核不能由经手人办结"),
    "pan": _("起草、修改政策"),
    "qin": _("和潘立言两人发布政策"),
    "shen": _("查看全部办理经过，不能改"),
    "guan": _("管理账号和任职，看不到困难家庭"),
}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One row of the table on the front door; ``login`` is the account, or the worker's phone number in groups."""

    username: str
    name: str
    roles: Sequence[str]
    org: str
    login: str
    does: Promise


def load_accounts(org: Org, *, on: date) -> list[tuple[str, str, tuple[str, ...], Org]]:
    """Every demo account with its posts; passwords, second factors and the worker in demo mode alone. Again changes nothing."""
    made = []
    for user, name, roles, code in (*OFFICERS, *(STAFF if settings.NUANXIN_DEMO else ())):
        held = Org.objects.filter(code=code).first() or org
        for role in roles:
            appoint(user=user, name=name, org=held, role=role, from_on=on, by=OFFICERS[0][0])
        made.append((user, name, roles, held))
    if settings.NUANXIN_DEMO:
        _printed_logins()
    return made


def _printed_logins() -> None:
    """The printed password and second factor, where an account has none of its own."""
    for account in User.objects.filter(username__in=[row[0] for row in (*OFFICERS, *STAFF)]):
        if not account.has_usable_password():
            account.set_password(PASSWORD)
            account.save(update_fields=["password"])
        needs = set(account.posts.values_list("role", flat=True)) & rules.SECOND_FACTOR
        if needs and not Authenticator.objects.filter(user=account).exists():
            TOTP.activate(account, SECRET)


def load_worker(*, on: date) -> User:
    """The demo's worker: head of a family of one union that is not on file, already linked to the register.
    Without examples, somebody whom the register does not know."""
    found = User.objects.filter(username=WORKER).first()
    if found:
        return found
    org = Org.objects.filter(code=WORKER_UNION).first() or Org.objects.filter(level__in=Org.OWING).first()
    if org is None:
        raise RuntimeError("a demo worker needs a union: load the tree first")
    person = _worker_person()
    name, phone = (person.name, secrets.unseal(bytes(person.phone_cipher or b""))) if person else _LONE_WORKER
    made = User(
        username=WORKER, first_name=name, person=person, phone_hash=secrets.find_key(phone), phone_cipher=secrets.seal(phone),
        phone_mask=rules.mask_phone(phone),
    )  # fmt: skip
    made.set_unusable_password()
    made.save()
    appoint(user=WORKER, name=name, org=org, role=rules.WORKER, from_on=on, by=OFFICERS[0][0])
    return made


def _worker_person() -> Person | None:
    """Of the union's families that are not on file and asked for nothing in the open quarter, the first one's worker."""
    from nuanxin.care.models import Lead

    busy = Lead.objects.exclude(round__state="closed").exclude(household=None).values("household")
    found = (
        Household.objects.filter(org__code=WORKER_UNION, merged_into=None, worker__isnull=False, files__isnull=True)
        .exclude(pk__in=busy).exclude(worker__phone_hash="").order_by("code").select_related("worker").first()
    )  # fmt: skip
    return found.worker if found else None


def table() -> list[DemoAccount]:
    """The demo accounts that exist, in the order of the work; empty outside a demo."""
    if not settings.NUANXIN_DEMO:
        return []
    found = {
        account.username: account
        for account in User.objects.filter(username__in=DOES).prefetch_related("posts", "posts__org")
    }
    rows = []
    for username, does in DOES.items():
        if account := found.get(username):
            posts = list(account.posts.all())
            login = _grouped(account) if username == WORKER else username
            org = posts[0].org.name if posts else ""
            rows.append(DemoAccount(username, account.first_name, [post.role for post in posts], org, login, does))
    return rows


def _grouped(account: User) -> str:
    phone = secrets.unseal(bytes(account.phone_cipher or b""))
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
