"""The register: organisations, posts, people and households."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from tree_queries.models import TreeNode

from nuanxin.union import rules


class Org(TreeNode):
    """A union organisation (工会). ``code`` is what people use; the parent is the upper union."""

    CITY, STREET, COMMUNITY, ENTERPRISE = "city", "street", "community", "enterprise"
    LEVELS = [
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
    """An account (账号). ``username`` is the officer's code, used with ``--by``; ``first_name`` holds the whole name."""

    def __str__(self) -> str:
        return self.first_name or self.username


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
