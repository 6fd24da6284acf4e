"""The register: organisations, posts, people and households."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from tree_queries.models import TreeNode

from nuanxin.records.models import Attachment
from nuanxin.union import rules


class Org(TreeNode):
    """A union organisation (工会). ``code`` is what people use; the parent is the upper union."""

    PROVINCE, CITY, STREET, COMMUNITY, ENTERPRISE = "province", "city", "street", "community", "enterprise"
    LEVELS = [
        (PROVINCE, "省总工会"),
        (CITY, "市总工会"),
        (STREET, "镇（街道）总工会"),
        (COMMUNITY, "社区工会联合会"),
        (ENTERPRISE, "企业工会委员会"),
    ]
    # Who owes a return each quarter: the unions that have members of their own.
    OWING = (COMMUNITY, ENTERPRISE)

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=12, choices=LEVELS)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    # Working days for what needs no meeting; null: the upper union's, else the next working day.
    at_once_days = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """An account (账号). ``username`` is the officer's code, used with ``--by``; ``first_name`` holds the whole name.

    A worker's account has a generated ``username`` and is found by the keyed hash of the phone number; ``person`` is set once it
    is sure who the worker is in the register.
    """

    phone_hash = models.CharField(max_length=64, blank=True, default="")
    phone_cipher = models.BinaryField(null=True)
    phone_mask = models.CharField(max_length=20, blank=True, default="")
    person = models.OneToOneField("Person", models.SET_NULL, null=True, related_name="account")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone_hash"], condition=~Q(phone_hash=""), name="user_phone_once")
        ]

    def __str__(self) -> str:
        return self.first_name or self.username

    @property
    def password_due(self) -> bool:
        """Whether an officer has yet to choose a password, by the link that an administrator hands over."""
        return not self.phone_hash and not self.has_usable_password()


class Post(models.Model):
    """A person's role at an organisation (任职), which covers its subtree, from a day to a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="posts")
    org = models.ForeignKey(Org, models.PROTECT, related_name="posts")
    role = models.CharField(max_length=20, choices=[(role, role) for role in rules.ROLES])
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "org", "role", "from_on"], name="post_once"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="post_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.org}"


class Notice(models.Model):
    """Something an account should know (通知): what happened, to what, on which day; read when ``read_at`` is set.

    Holds a code and plain facts, never a name or a number of a person: the words are made when it is shown, in the reader's
    language (``ui.words.NOTICE``). ``subject`` is what it is about, written as in Event (lead:…, matter:…): each face knows its page.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    what = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    on = models.DateField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "read_at"], name="notice_of_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.what} {self.subject}"


class Addition(models.Model):
    """What a worker added to something of their own after it was sent (补充情况): words, a photo, or both.

    ``subject`` is what it is added to, written as in Event (matter:…, application:…, lead:…).
    """

    subject = models.CharField(max_length=80)
    text = models.CharField(max_length=500, blank=True)
    photo = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="additions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="additions")
    added_on = models.DateField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text="") | Q(photo__isnull=False), name="addition_says_something"),
            models.UniqueConstraint(fields=["subject", "text", "photo"], name="addition_once"),
            models.UniqueConstraint(
                fields=["subject", "text"], condition=Q(photo__isnull=True), name="addition_of_words_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.added_on}"


class Muted(models.Model):
    """A kind of notice that an account does not want to be reminded of (免提醒): it still comes, and comes as read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="muted")
    what = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "what"], name="muted_once"),
            models.CheckConstraint(condition=Q(what__in=rules.MUTABLE), name="muted_is_an_officers"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.what}"


class SavedFilter(models.Model):
    """A list with its filter, kept under a name (常用筛选): the account's own, or shared with everybody who holds a post at ``org``.

    ``page`` is the name of the list's address, ``query`` the filter as it stands in an address, its parameters in order. It opens nothing:
    who opens it sees what their own posts let them see.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    org = models.ForeignKey(Org, models.PROTECT, related_name="saved_filters")
    page = models.CharField(max_length=60)
    query = models.CharField(max_length=400)
    name = models.CharField(max_length=40)
    shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_named_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(query=""), name="saved_filter_has_name_and_filter"),
        ]
        indexes = [models.Index(fields=["org", "page"], condition=Q(shared=True), name="saved_filter_shared")]

    def __str__(self) -> str:
        return f"{self.user} {self.page} {self.name}"


class Person(models.Model):
    """A person (人员). The ID number and the phone are encrypted; they are found by keyed hash and shown by mask."""

    name = models.CharField(max_length=60)
    id_hash = models.CharField(max_length=64, unique=True)
    id_cipher = models.BinaryField()
    id_mask = models.CharField(max_length=18)
    born_on = models.DateField()
    sex = models.CharField(max_length=1, choices=[("m", "男"), ("f", "女")])
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    phone_cipher = models.BinaryField(null=True)
    phone_mask = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return rules.mask_name(self.name)


class Household(models.Model):
    """A household (户): the people who live together, known by one code for good.

    ``worker`` is null while the worker's ID number has been refused; ``merged_into`` is set when two turned out to be one.
    """

    code = models.CharField(max_length=40, unique=True)
    org = models.ForeignKey(Org, models.PROTECT, related_name="households")
    worker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="headed")
    worker_name = models.CharField(max_length=60)
    address = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(merged_into=F("pk")), name="household_not_merged_into_itself")
        ]

    def __str__(self) -> str:
        return f"{self.code} {rules.mask_name(self.worker_name)}"


class Kinship(models.Model):
    """A person's place in a household (家庭关系), by relation to the worker, from a day to a day."""

    SELF, SPOUSE, CHILD, PARENT = "self", "spouse", "child", "parent"
    RELATIONS = [
        (SELF, "本人"), (SPOUSE, "配偶"), (CHILD, "子女"), (PARENT, "父母"), ("grandparent", "祖父母"),
        ("grandchild", "孙子女"), ("sibling", "兄弟姐妹"), ("other", "其他"),
    ]  # fmt: skip

    household = models.ForeignKey(Household, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="kinships")
    relation = models.CharField(max_length=12, choices=RELATIONS)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "person"], condition=Q(until_on__isnull=True), name="kinship_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.household.code} {self.relation} {self.person}"


class OneTimeCode(models.Model):
    """A code sent to a phone (验证码): kept hashed, good for one session, for five minutes and five tries."""

    phone_hash = models.CharField(max_length=64)
    phone_cipher = models.BinaryField()
    phone_mask = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.phone_mask


class TextMessage(models.Model):
    """A text message in the test inbox (短信), where no gateway sends it on; kept sealed, and only for a day. ``phone_hash`` tells whose
    account it is about, and so which administrator may know of it."""

    phone_hash = models.CharField(max_length=64, default="")
    phone_mask = models.CharField(max_length=20)
    text_cipher = models.BinaryField()
    sent_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.phone_mask


class Attempt(models.Model):
    """One try that is counted (尝试), such as a wrong password. ``key`` is a keyed hash: no account, phone or address in clear."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="attempt_key")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at:%Y-%m-%d %H:%M}"


class Claim(models.Model):
    """A worker's word on who they are in the register (这是我): linked at once when everything fits, else an officer confirms."""

    WAITING, LINKED, REFUSED = "waiting", "linked", "refused"
    STATES = [(WAITING, "待核对"), (LINKED, "已关联"), (REFUSED, "未通过")]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="claims")
    org = models.ForeignKey(Org, models.PROTECT, related_name="claims")
    name = models.CharField(max_length=60)
    id_hash = models.CharField(max_length=64, db_index=True)
    id_cipher = models.BinaryField()
    id_mask = models.CharField(max_length=18)
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    asked_on = models.DateField()
    settled_on = models.DateField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state="waiting"), name="claim_waits_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_on__isnull=True)
                | Q(settled_on__isnull=False) & ~Q(state="waiting"),
                name="claim_settled_when_not_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{rules.mask_name(self.name)} {self.state}"
