"""Reading the books: the rows that count, the imports there are."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from django.db.models import QuerySet

from nuanxin.books.models import BookImport, Consolation, JobOffer, MutualAid, Record, StudentGrant
from nuanxin.union.models import Org

R = TypeVar("R", bound=Record)

MODELS: dict[str, type[Record]] = {
    "jobs": JobOffer,
    "consolation": Consolation,
    "grants": StudentGrant,
    "mutual_aid": MutualAid,
}


def counting(model: type[R]) -> QuerySet[R]:
    """The rows of a book that count: those of imports that no corrected file has replaced."""
    return model._default_manager.filter(source__replaced_by__isnull=True)


def days_of(record: BookImport) -> list[date]:
    """The first and the last day of an import's rows; empty when it has none."""
    rows: QuerySet[Any] = MODELS[record.book]._default_manager.filter(source=record)
    ends = [rows.order_by(order).values_list("on", flat=True).first() for order in ("on", "-on")]
    return [day for day in ends if day is not None]


def imports_of(orgs: Iterable[Org]) -> QuerySet[BookImport]:
    """The imports of some organisations, the newest first, replaced ones too."""
    return BookImport.objects.filter(org__in=orgs).select_related("attachment", "replaced_by").order_by("-pk")
