"""Other records of the union's work, each row of a book (台账) a record; totals are computed, never stored."""

from django.db import models
from django.db.models import Q

from nuanxin.records.models import Attachment
from nuanxin.union.models import Org


class BookImport(models.Model):
    """One sheet of records that was taken in. The same file again changes nothing; a corrected one replaces it."""

    org = models.ForeignKey(Org, models.PROTECT, related_name="book_imports")
    book = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    attachment = models.ForeignKey(Attachment, models.PROTECT)
    imported_on = models.DateField()
    by = models.CharField(max_length=150)
    accepted = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    refusals = models.JSONField(default=list)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaces")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "book", "attachment"], condition=Q(replaced_by__isnull=True), name="book_file_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.book} {self.file_name}"


class Record(models.Model):
    """What the rows of all books share: where the row came from, its day and, where it costs, its amount in yuan."""

    source = models.ForeignKey(BookImport, models.CASCADE, related_name="%(class)s_rows")
    row = models.PositiveIntegerField()
    on = models.DateField(db_index=True)

    class Meta:
        abstract = True


class JobOffer(Record):
    """Jobs offered at a fair (招聘岗位): ``places`` posts of one kind at one employer."""

    event = models.CharField(max_length=120)
    employer = models.CharField(max_length=120)
    post = models.CharField(max_length=120)
    places = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.on} {self.employer} {self.post}"


class Consolation(Record):
    """One consolation (慰问): how many people of which group, and what it cost in yuan."""

    campaign = models.CharField(max_length=120)
    group = models.CharField(max_length=120)
    people = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.on} {self.campaign} {self.group}"


class StudentGrant(Record):
    """A grant to one student (金秋助学)."""

    student = models.CharField(max_length=60)
    parent = models.CharField(max_length=60)
    stage = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.on} {self.stage}"


class MutualAid(Record):
    """A reimbursement to one inpatient by the medical mutual-aid fund (职工医疗互助)."""

    name = models.CharField(max_length=60)
    id_hash = models.CharField(max_length=64, db_index=True)
    id_cipher = models.BinaryField()
    id_mask = models.CharField(max_length=18)
    hospital = models.CharField(max_length=120)
    days = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.on} {self.id_mask}"
