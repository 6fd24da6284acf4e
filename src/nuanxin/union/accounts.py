"""Accounts: codes to phones, workers' first login, linking to the register, posts that end, locks, passwords, sessions."""

import hmac
import secrets as random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from nuanxin.records.services import Refused, write_events
from nuanxin.union import rules, secrets, texts
from nuanxin.union.models import Attempt, Claim, OneTimeCode, Org, Person, Post, User
from nuanxin.union.queries import covered, line_of, posts_of, require
from nuanxin.union.services import appoint, tell

# How long a proved phone may wait for its account to be made.
JOIN_WITHIN = timedelta(minutes=30)


# ------------------------------------------------------------------------------------------------------------ tries, counted


def key_of(limit: str, who: str) -> str:
    """Where tries are counted; nothing in it can be read."""
    return secrets.find_key(f"{limit}:{who.strip().lower()}")


def locked_until(limit: str, whos: Iterable[str]) -> dict[str, datetime]:
    """Who has used up a limit, and until when."""
    times, minutes = rules.LIMITS[limit]
    span, now = timedelta(minutes=minutes), timezone.now()
    keys = {key_of(limit, who): who for who in whos}
    tried: dict[str, list[datetime]] = {}
    for key, at in Attempt.objects.filter(key__in=keys, at__gt=now - span).order_by("-at").values_list("key", "at"):
        tried.setdefault(key, []).append(at)
    return {keys[key]: at[times - 1] + span for key, at in tried.items() if len(at) >= times}


def count(limit: str, who: str) -> bool:
    """Count one try; whether it was the one that uses up the limit. Tries too old for any limit are forgotten."""
    now = timezone.now()
    Attempt.objects.filter(at__lt=now - timedelta(days=2)).delete()
    Attempt.objects.create(key=key_of(limit, who), at=now)
    times, minutes = rules.LIMITS[limit]
    span = timedelta(minutes=minutes)
    return Attempt.objects.filter(key=key_of(limit, who), at__gt=now - span).count() == times


def _take(limit: str, who: str, zh: str, en: str) -> None:
    """Count one try, or Refused with when it may be tried again."""
    if until := locked_until(limit, [who]).get(who):
        at = timezone.localtime(until)
        raise Refused(f"{zh}，请在 {at:%H:%M} 以后再试 / {en}: try again after {at:%H:%M}")
    count(limit, who)


# Behind an account's name: tries on a device on which it has signed in before, which are counted apart.
_KNOWN = " @known"


def tried_as(username: str, *, known: bool) -> str:
    """What tries of an account's password are counted by."""
    return username + _KNOWN if known else username


def _both(*usernames: str) -> list[str]:
    """What tries of these accounts' passwords are counted by, on any device."""
    return [tried_as(name, known=known) for name in usernames for known in (False, True)]


def locked_accounts(usernames: Iterable[str]) -> dict[str, datetime]:
    """Which accounts are locked, on known devices or on others, and until when."""
    until = locked_until("password.account", _both(*usernames))
    return {name.removesuffix(_KNOWN): until[name] for name in sorted(until, key=until.__getitem__)}


@transaction.atomic
def note_wrong_password(*, tried: str, address: str, on: date) -> None:
    """Count a wrong password; that an account got locked is an Event, so that its administrator knows."""
    count("password.address", address)
    if not count("password.account", tried):
        return
    username = tried.removesuffix(_KNOWN)
    post = Post.objects.filter(user__username=username).select_related("org").order_by("org__level", "pk").first()
    if post:
        _told(post.org, "account.lock", username, "-", on, {"minutes": rules.LIMITS["password.account"][1]})


def forget_wrong_passwords(*tried: str) -> None:
    """After a login, the account's count begins anew, on such devices; the address's does not."""
    Attempt.objects.filter(key__in=[key_of("password.account", one) for one in tried]).delete()


@transaction.atomic
def unlock(*, account: User, by: User, on: date) -> None:
    """End an account's lock."""
    org = _reached(account, by, on)
    if account.username not in locked_accounts([account.username]):
        raise Refused(f"{account} 没有被锁定 / {account.username} is not locked")
    forget_wrong_passwords(*_both(account.username))
    _told(org, "account.unlock", account.username, by.username, on)


# ------------------------------------------------------------------------------------------------------------- codes to phones


def send_code(*, phone: str, address: str, text: str) -> OneTimeCode:
    """Send a code to a phone, whether its number is known or not. ``text`` is the message with %(code)s and %(minutes)s.

    Raises Refused for what is no mobile number, too many texts to it or from an address, or a gateway that does not answer.
    """
    number = rules.clean_phone(phone)
    if not number:
        raise Refused(
            "手机号应是 1 开头的 11 位数字，请核对 / a mobile number has 11 digits and begins with 1: please check it"
        )
    _take("text.address", address, "这里发出的验证码太多", "too many codes were asked for from here")
    for limit in ("text.phone", "text.phone.day"):
        _take(limit, number, "发到这个手机的验证码太多", "too many codes were sent to this phone")
    code = f"{random.randbelow(1_000_000):06d}"
    now = timezone.now()
    OneTimeCode.objects.filter(sent_at__lt=now - timedelta(days=1)).delete()
    sent = OneTimeCode.objects.create(
        phone_hash=secrets.find_key(number), phone_cipher=secrets.seal(number), phone_mask=rules.mask_phone(number),
        code_hash="", sent_at=now,
    )  # fmt: skip
    sent.code_hash = secrets.find_key(f"code:{sent.pk}:{code}")
    sent.save(update_fields=["code_hash"])
    try:
        texts.gateway().send(number, text % {"code": code, "minutes": rules.CODE_MINUTES})
    except OSError:
        raise Refused(
            "短信暂时发不出去，请过几分钟再试 / the text could not be sent: try again in a few minutes"
        ) from None
    return sent


def check_code(*, sent: OneTimeCode, code: str) -> OneTimeCode:
    """The code, proved and used up. Raises Refused when it is wrong (with how many tries are left), too old, or used."""
    now = timezone.now()
    again = "请重新获取验证码 / ask for a new code"
    if now > sent.sent_at + timedelta(minutes=rules.CODE_MINUTES):
        raise Refused(f"验证码超过 {rules.CODE_MINUTES} 分钟，已失效，{again}")
    if sent.used_at is not None:
        raise Refused(f"这个验证码已经用过，{again}")
    # The try is counted before it is looked at: two at the same time are two.
    if not OneTimeCode.objects.filter(pk=sent.pk, tries__lt=rules.CODE_TRIES).update(tries=F("tries") + 1):
        raise Refused(f"试了 {rules.CODE_TRIES} 次都不对，{again}")
    if not hmac.compare_digest(sent.code_hash, secrets.find_key(f"code:{sent.pk}:{''.join(code.split())}")):
        left = rules.CODE_TRIES - sent.tries - 1
        if left <= 0:
            raise Refused(f"试了 {rules.CODE_TRIES} 次都不对，{again}")
        raise Refused(f"验证码不对，还可以试 {left} 次 / that is not the code: {left} more tries")
    if not OneTimeCode.objects.filter(pk=sent.pk, used_at__isnull=True).update(used_at=now):
        raise Refused(f"这个验证码已经用过，{again}")
    sent.used_at = now
    return sent


def worker_of(proved: OneTimeCode) -> User | None:
    """The account of a proved phone."""
    return User.objects.filter(phone_hash=proved.phone_hash, is_active=True).first()


@transaction.atomic
def join(*, proved: OneTimeCode, name: str, org: Org, on: date) -> User:
    """A worker's first login: the account of a proved phone with its post at a union. Again gives the same account."""
    if proved.used_at is None or timezone.now() > proved.used_at + JOIN_WITHIN:
        raise Refused("离验证手机已经太久，请重新获取验证码 / too long since the phone was proved: ask for a new code")
    name = "".join(name.split())
    if not name:
        raise Refused("请填写姓名 / please give your name")
    if User.objects.filter(phone_hash=proved.phone_hash, is_active=False).exists():
        raise Refused("这个账号已停用，请联系工会 / this account is closed: please ask your union")
    if found := worker_of(proved):
        return found
    try:
        with transaction.atomic():
            made = User(
                username=f"w-{random.token_hex(6)}", first_name=name[:60], phone_hash=proved.phone_hash,
                phone_cipher=bytes(proved.phone_cipher), phone_mask=proved.phone_mask,
            )  # fmt: skip
            made.set_unusable_password()
            made.save()
    except IntegrityError:
        # Somebody pressed twice, and the other one was faster.
        return User.objects.get(phone_hash=proved.phone_hash)
    appoint(user=made.username, name=name, org=org, role=rules.WORKER, from_on=on, by=made.username)
    return made


# ------------------------------------------------------------------------------------------------------- linking to the register


@transaction.atomic
def claim(*, name: str, number: str, by: User, on: date) -> Claim:
    """“This is me”: a worker names name and ID number. The same number with the same name and the same phone in the register is
    linked at once; anything else waits for an officer of the worker's union, and nothing is told of the register."""
    post = posts_of(by, on).filter(role=rules.WORKER).select_related("org").first()
    if post is None:
        raise Refused("请先以职工身份登录 / please sign in as a worker first")
    if by.person_id:
        raise Refused("您已经核实过身份 / you are already known in the register")
    if by.claims.filter(state=Claim.WAITING).exists():
        raise Refused("您已经提交过，工会正在核对 / you have already asked: your union is looking into it")
    _take("claim.account", by.username, "提交得太多", "asked too often")
    name, number = "".join(name.split()), "".join(number.split()).upper()
    if wrong := _wrong_id(number, on):
        raise Refused(wrong)
    if not name:
        raise Refused("请填写身份证上的姓名 / please give the name on your ID card")
    made = Claim.objects.create(
        user=by, org=post.org, name=name[:60], id_hash=secrets.find_key(number), id_cipher=secrets.seal(number),
        id_mask=rules.mask_id(number), asked_on=on,
    )  # fmt: skip
    _told(post.org, "claim.ask", by.username, by.username, on)
    person = Person.objects.filter(
        id_hash=made.id_hash, name=made.name, phone_hash=by.phone_hash, account__isnull=True
    ).exclude(phone_hash="").first()  # fmt: skip
    if person:
        _link(made, person, by=by, on=on)
    else:
        _tell_officers(made, on)
    return made


def _tell_officers(made: Claim, on: date) -> None:
    """Those who may confirm a claim have a notice of it."""
    held = Post.objects.filter(org__in=[org.pk for org in line_of(made.org)], role__in=rules.PERMITS["account.link"])
    users = (
        held.filter(from_on__lte=on)
        .filter(Q(until_on__isnull=True) | Q(until_on__gte=on))
        .values_list("user", flat=True)
    )
    tell([(user, "claim.asked", f"claim:{made.user.username}", {}) for user in sorted(set(users))], on=on)


def _wrong_id(number: str, on: date) -> str:
    """What is wrong with an ID number, in a sentence; empty when nothing is."""
    from nuanxin.sheets.columns import check_ids

    if len(number) != 18 or not number.isascii():
        return f"身份证号应是 18 位，现在是 {len(number)} 位，请核对 / an ID number has 18 characters, this has {len(number)}"
    checked = check_ids([number], on)
    if checked.characters[0]:
        return "身份证号只能是数字，最后一位可以是 X，请核对 / an ID number is digits, the last may be X"
    if checked.date[0] or checked.range[0]:
        return "身份证号中的出生日期不存在，请核对第 7 到 14 位 / the date of birth in it does not exist: check digits 7 to 14"
    return (
        "身份证号的最后一位对不上，请逐位核对 / its last digit does not fit: check each digit"
        if checked.check[0]
        else ""
    )


def _link(made: Claim, person: Person, *, by: User, on: date) -> None:
    made.state, made.settled_on = Claim.LINKED, on
    made.save(update_fields=["state", "settled_on"])
    made.user.person = person
    made.user.save(update_fields=["person"])
    _told(made.org, "account.link", made.user.username, by.username, on, {"person": person.pk})


def person_of(made: Claim, by: User, on: date) -> Person | None:
    """The person of a claim's ID number, when it lives in a household that ``by`` may link: a neighbour's register answers as if the number
    were not there, and whoever covers both unions finds it."""
    orgs = covered(by, "account.link", on)
    return Person.objects.filter(id_hash=made.id_hash, kinships__household__org__in=orgs).distinct().first()


@transaction.atomic
def settle_claim(*, claim: Claim, accept: bool, reason: str, by: User, on: date) -> None:
    """An officer of the union confirms that the worker is the person with this ID number, or says why not."""
    require(by, "account.link", claim.org, on)
    found = Claim.objects.select_for_update().select_related("user", "org").get(pk=claim.pk)
    if found.state != Claim.WAITING:
        raise Refused("已有人先核对了 / somebody was faster")
    if found.user_id == by.pk:
        raise Refused("不能核对自己的 / nobody confirms themselves")
    if not accept:
        if not reason.strip():
            raise Refused("请写明未通过的原因，职工会看到 / say why not: the worker reads it")
        found.state, found.settled_on, found.reason = Claim.REFUSED, on, reason.strip()[:200]
        found.save(update_fields=["state", "settled_on", "reason"])
        _told(found.org, "claim.refuse", found.user.username, by.username, on)
        tell([(found.user_id, "claim.refused", f"claim:{found.user.username}", {})], on=on)
        return
    person = person_of(found, by, on)
    if person is None:
        raise Refused(
            "您管的台账中没有这个身份证号；登记在别的工会的，由上级工会关联；没有登记的，职工可以先提交困难申请，建档后再关联"
            " / the register that you look after has no such number: who is registered at another union is linked by the upper union;"
            " who is not can apply first"
        )
    if User.objects.filter(person=person).exists():
        raise Refused(
            "这个人已关联了另一个账号，请先核实 / this person has another account already: look into it first"
        )
    _link(found, person, by=by, on=on)
    tell([(found.user_id, "claim.linked", f"claim:{found.user.username}", {})], on=on)


# -------------------------------------------------------------------------------------------------------------- posts, accounts


def _told(org: Org, verb: str, username: str, by: str, on: date, facts: dict[str, object] | None = None) -> None:
    write_events(chain=org.code, lines=[(verb, f"user:{username}", facts or {})], by=by, on=on)


def _reached(account: User, by: User, on: date) -> Org:
    """The organisation through which ``by`` may change an account: all that it may do now or later must lie below ``by``'s posts, since
    who sets its password or factor could act as it. Without a post any more, one held before is enough. Refused otherwise."""
    posts = list(account.posts.select_related("org").order_by("org__level", "pk"))
    alive = [post for post in posts if post.until_on is None or post.until_on >= on]
    mine = covered(by, "account.change", on)
    reached = [post.org for post in alive or posts if post.org_id in mine]
    if not reached:
        raise Refused(f"{by} 不管理这个账号 / {by.username} does not look after this account")
    if len(reached) < len(alive):
        raise Refused(
            "这个账号在您管理的范围之外还有任职，请上级工会的管理员办理"
            " / this account holds a post beyond yours: ask the administrator of the upper union"
        )
    return reached[0]


# What stands in the link by which an account's own person chooses the password: signed, for some days, dead once the password is another.
# It is made of the password as it is kept, so it is written down nowhere.
_link_of = PasswordResetTokenGenerator()


@transaction.atomic
def open_account(
    *, username: str, name: str, org: Org, role: str, from_on: date, by: User, on: date
) -> tuple[User, str]:
    """Make an officer's account with its first post; returns it with the token to hand over (``choose_password``)."""
    require(by, "account.change", org, on)
    username, name = username.strip().lower(), "".join(name.split())
    if (
        not username.isascii()
        or not username.replace("-", "").replace(".", "").isalnum()
        or username.startswith("w-")
        or username == "new"
    ):
        raise Refused("账号只用小写字母、数字、点和横线，不以 w- 开头 / an account is letters, digits, dots and dashes")
    if not name:
        raise Refused("请填写姓名 / please give the name")
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(
            f"账号「{username}」已经有了，请换一个 / there is an account “{username}” already: choose another"
        )
    made = User(username=username, first_name=name[:60])
    made.set_unusable_password()
    made.save()
    _told(org, "account.open", username, by.username, on)
    give_post(account=made, org=org, role=role, from_on=from_on, by=by, on=on)
    return made, _link_of.make_token(made)


@transaction.atomic
def give_post(*, account: User, org: Org, role: str, from_on: date, by: User, on: date) -> Post:
    """Give an account a post. Nobody gives one to themselves."""
    require(by, "account.change", org, on)
    if account.pk == by.pk:
        raise Refused("不能给自己任职，请另一位管理员办理 / nobody gives themselves a post: ask another administrator")
    if role not in rules.ROLES:
        raise Refused("请选择角色 / choose a role")
    if from_on < on:
        raise Refused("任职不能从过去开始 / a post does not begin in the past")
    if posts_of(account, from_on).filter(org=org, role=role).exists():
        raise Refused(f"{account} 在{org}已有这个任职 / {account.username} holds this post already")
    if role != rules.WORKER and account.phone_hash:
        # A worker's session is long; an officer's is not.
        end_sessions(account)
    return appoint(user=account.username, name=account.first_name, org=org, role=role, from_on=from_on, by=by.username)


@transaction.atomic
def end_post(*, post: Post, last_on: date, reason: str, by: User | None, on: date) -> int:
    """End a post, with ``last_on`` as its last day; yesterday ends it at once. Returns how many sessions were ended with it.

    ``by`` is None only at the command line of the machine itself. A post that had not begun is taken back as if never given.
    """
    if by is not None:
        require(by, "account.change", post.org, on)
    if not reason.strip():
        raise Refused("请写明原因 / say why")
    if post.until_on is not None and post.until_on < on:
        raise Refused("这个任职已经结束 / this post has ended already")
    if last_on < on - timedelta(days=1):
        raise Refused("最后一天不能早于昨天 / the last day is yesterday or later")
    if post.role == rules.ADMIN:
        others = Post.objects.filter(role=rules.ADMIN, user__is_active=True).exclude(pk=post.pk).exclude(user=post.user)
        others = others.filter(org=post.org, from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gt=last_on))
        if not others.exists():
            raise Refused(
                "这是这里最后一位管理员，请先任命另一位 / the last administrator here: appoint another one first"
            )
    username, org, role = post.user.username, post.org, post.role
    facts: dict[str, object] = {
        "role": role,
        "org": org.code,
        "last_on": last_on.isoformat(),
        "reason": reason.strip()[:200],
    }
    _told(org, "post.end", username, by.username if by else "-", on, facts)
    if last_on < post.from_on:
        post.delete()
    else:
        post.until_on = last_on
        post.save(update_fields=["until_on"])
    return 0 if posts_of(post.user, on).exists() else end_sessions(post.user)


@transaction.atomic
def reset_password(*, account: User, by: User | None, on: date) -> str:
    """Take an account's password away; its sessions end. Returns the token with which its own person chooses another, shown once."""
    org = _reached(account, by, on) if by is not None else None
    if account.phone_hash:
        raise Refused("职工用手机验证码登录，没有密码 / a worker signs in with a code, there is no password")
    if by is not None and account.pk == by.pk:
        raise Refused("请用“修改密码”改自己的密码 / change your own password on its page")
    # Another one that is none: tokens handed over before are dead.
    account.set_unusable_password()
    account.save(update_fields=["password"])
    forget_wrong_passwords(*_both(account.username))
    end_sessions(account)
    chain = org or next((post.org for post in account.posts.select_related("org")), None)
    if chain:
        _told(chain, "account.password_reset", account.username, by.username if by else "-", on)
    return _link_of.make_token(account)


def invited(username: str, token: str) -> User:
    """The account that a token was handed over for. Refused with one sentence, whatever is wrong with it."""
    found = User.objects.filter(username=username.strip().lower(), phone_hash="", is_active=True).first()
    if found is None or not _link_of.check_token(found, token.strip()):
        raise Refused(
            "链接不完整、已经用过或过期了，请管理员再给一个"
            " / the link is not whole, was used, or is too old: ask your administrator for another"
        )
    return found


@transaction.atomic
def choose_password(*, username: str, token: str, password: str, on: date) -> None:
    """The own person chooses the password; the token is used up with it. The password was checked by the caller."""
    found = invited(username, token)
    old = found.password
    found.set_password(password)
    if not User.objects.filter(pk=found.pk, password=old).update(password=found.password):
        raise Refused("链接刚刚用过了 / the link has just been used")
    forget_wrong_passwords(*_both(found.username))
    end_sessions(found)
    post = found.posts.select_related("org").order_by("org__level", "pk").first()
    if post:
        _told(post.org, "account.password", found.username, found.username, on)


@transaction.atomic
def reset_factor(*, account: User, by: User, on: date) -> None:
    """Take an account's second factors away, for who has lost the phone: they are set up anew at the next login."""
    org = _reached(account, by, on)
    if account.pk == by.pk:
        raise Refused("请在“两步验证”里改自己的 / change your own on its page")
    if not Authenticator.objects.filter(user=account).delete()[0]:
        raise Refused(f"{account} 没有设置两步验证 / {account.username} has no second factor")
    end_sessions(account)
    _told(org, "account.factor_reset", account.username, by.username, on)


# --------------------------------------------------------------------------------------------------------------------- sessions


def sessions_of(account: User) -> list[tuple[UserSession, datetime]]:
    """The sessions of an account that can still be used, each with when it ends at the latest; the one that began last first."""
    ends = dict(Session.objects.filter(
        session_key__in=UserSession.objects.filter(user=account).values("session_key"), expire_date__gt=timezone.now()
    ).values_list("session_key", "expire_date"))  # fmt: skip
    rows = UserSession.objects.filter(user=account, session_key__in=ends).order_by("-created_at", "-pk")
    return [(row, ends[row.session_key]) for row in rows]


@transaction.atomic
def end_sessions(account: User, *, but: str = "", only: Sequence[int] | None = None) -> int:
    """End the sessions of an account: all, all but one (its key), or those of some rows. Returns how many were ended."""
    rows = UserSession.objects.filter(user=account)
    rows = rows.filter(pk__in=only) if only is not None else rows.exclude(session_key=but)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


@transaction.atomic
def drop_sessions(*, account: User, by: User, on: date) -> int:
    """An administrator ends an account's sessions. Raises Refused where there is none."""
    org = _reached(account, by, on)
    ended = end_sessions(account)
    if not ended:
        raise Refused(f"{account} 没有在任何地方登录 / {account.username} is signed in nowhere")
    _told(org, "account.sessions_end", account.username, by.username, on, {"sessions": ended})
    return ended
