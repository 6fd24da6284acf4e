"""Taking in a book: each row of its sheet becomes a record; totals are computed by whoever reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models, transaction

from nuanxin.books import rules
from nuanxin.books.models import BookImport
from nuanxin.books.queries import MODELS, days_of
from nuanxin.records.services import insert, job, keep_file, sha256_of, write_events
from nuanxin.sheets import Reading, Refusal, read_file
from nuanxin.union import secrets
from nuanxin.union.models import Org, User
from nuanxin.union.queries import require
from nuanxin.union.rules import mask_id

# What of a row is kept, beside its day and, for mutual aid, the ID number: the names of the form are those of the model.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "jobs": ("event", "employer", "post", "places"),
    "consolation": ("campaign", "group", "people", "amount"),
    "grants": ("student", "parent", "stage", "amount"),
    "mutual_aid": ("name", "hospital", "days", "amount"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one book of one file. ``record`` is None when the file was refused whole, with ``why`` in both languages;
    ``same``: this content had been taken before, so nothing changed; ``warnings`` are remarks on rows that were taken."""

    file: str
    book: str | None
    record: BookImport | None
    same: bool = False
    why: dict[str, str] = field(default_factory=dict)
    warnings: tuple[Refusal, ...] = ()


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The spreadsheets named, and those directly in the folders named; a correction comes after what it corrects."""
    found = [
        file
        for path in paths
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
        if not path.is_dir()
        or (file.is_file() and file.suffix.lower() in rules.SUFFIXES and not file.name.startswith((".", "~$")))
    ]
    return sorted(dict.fromkeys(found), key=lambda file: rules.corrects(file.stem))


def import_book(path: Path, *, by: User, on: date, org: Org, book: str | None = None) -> list[Taken]:
    """Take in one file; a Taken for each book it holds (nearly always one). See ``import_books``."""
    return import_books([path], by=by, on=on, org=org, book=book)


def import_books(
    paths: Iterable[Path],
    *,
    by: User,
    on: date,
    org: Org,
    book: str | None = None,
    show: Callable[[int, int], None] | None = None,
) -> list[Taken]:
    """Take in files and folders of files, in order; each file in one transaction, with its Event.

    The form tells the book; ``book`` allows one alone. Content taken before changes nothing, whatever its name. A file named
    更正, or one of the same name, book and quarters with other content, replaces the earlier one: its rows stop counting and
    stay. Rows = accepted + refused; refused ones stand on the import. Raises Refused when ``by`` may not, and
    FileNotFoundError.
    """
    require(by, "book.import", org, on)
    files = files_in(paths)
    known: dict[str, list[BookImport]] = {}
    imports = BookImport.objects.filter(org=org).select_related("attachment").order_by("pk")
    for record in imports.filter(book=book) if book else imports:
        known.setdefault(record.attachment.sha256, []).append(record)
    digests = {path: sha256_of(path) for path in files}
    if all(digest in known for digest in digests.values()):
        return [_again(path, record) for path in files for record in known[digests[path]]]
    taken: list[Taken] = []
    with job(step="books", key=org.code, by=by.username, on=on, show=show) as progress:
        for n, path in enumerate(files, 1):
            before = known.get(digests[path])
            if before:
                taken += [_again(path, record) for record in before]
            else:
                made = _take(read_file(path, expect={book} if book else set(MODELS)), by=by, on=on, org=org)
                known[digests[path]] = [one.record for one in made if one.record]
                taken += made
                for record in known[digests[path]]:
                    progress.count("in", f"{record.book} rows", record.accepted + record.refused)
                    progress.count("out", "accepted", record.accepted)
                    progress.count("out", "refused", record.refused)
            progress.tick(n, len(files))
    return taken


def _again(path: Path, record: BookImport) -> Taken:
    return Taken(path.name, record.book, record, same=True)


@transaction.atomic
def _take(reading: Reading, *, by: User, on: date, org: Org) -> list[Taken]:
    """The books of one file that was read."""
    if reading.refused_whole is not None:
        why = {lang: reading.refused_whole.text(lang) for lang in ("zh", "en")}
        return [Taken(reading.name, None, None, why=why)]
    made = []
    for book in (book for book in MODELS if book in reading.tables):
        rows = [row for row in reading.tables[book].to_pylist() if row["accepted"]]
        sheets = set(reading.tables[book].column("sheet").to_pylist())
        refusals = [refusal for refusal in reading.refusals if len(reading.tables) == 1 or refusal.sheet in sheets]
        warnings = [warning for warning in reading.warnings if len(reading.tables) == 1 or warning.sheet in sheets]
        replaced, heir, unclear = _place(Path(reading.name).stem, book, [row["on"] for row in rows], org)
        if unclear:
            made.append(Taken(reading.name, book, None, why=unclear))
            continue
        record = BookImport.objects.create(
            org=org, book=book, file_name=reading.name, imported_on=on, by=by.username, accepted=len(rows),
            attachment=keep_file(reading.path, sha256=reading.sha256, name=reading.name),
            refused=reading.tables[book].num_rows - len(rows), refusals=[_kept(refusal) for refusal in refusals],
            replaced_by=heir,
        )  # fmt: skip
        BookImport.objects.filter(pk__in=[one.pk for one in replaced]).update(replaced_by=record)
        _insert(record, rows)
        facts = {
            "book": book, "sha256": reading.sha256, "accepted": record.accepted, "refused": record.refused,
            "replaces": [one.pk for one in replaced], "replaced_by": heir.pk if heir else None,
        }  # fmt: skip
        write_events(chain=org.code, lines=[("book.import", f"book:{record.pk}", facts)], by=by.username, on=on)
        made.append(Taken(reading.name, book, record, warnings=tuple(warnings)))
    return made


def _place(
    stem: str, book: str, days: list[date], org: Org
) -> tuple[list[BookImport], BookImport | None, dict[str, str]]:
    """Where a new file stands among those there are: which it replaces, which replaces it at once (the correction had come
    first), or why that cannot be told."""
    standing = list(BookImport.objects.filter(org=org, book=book, replaced_by=None).order_by("pk"))
    base, correction = rules.base_name(stem), rules.corrects(stem)
    named = [one for one in standing if rules.base_name(Path(one.file_name).stem) == base]
    if correction:
        if named:
            return named, None, {}
        near = [one for one in standing if rules.quarters_meet(days_of(one), days)]
        if len(near) > 1:
            names = "、".join(one.file_name for one in near)
            return [], None, {
                "zh": f"文件名写着“更正”，但看不出更正的是哪一个（{names}）；请以原文件名加（更正）命名后再导入",
                "en": f"the name says “correction”, but not of which file ({names}): name it as that file with （更正） added",
            }  # fmt: skip
        return near, None, {}
    met = [one for one in named if rules.quarters_meet(days_of(one), days)]
    heirs = [one for one in met if rules.corrects(Path(one.file_name).stem)]
    return ([], heirs[-1], {}) if heirs else (met, None, {})


def _insert(record: BookImport, rows: list[dict[str, Any]]) -> None:
    """The accepted rows as records; ID numbers sealed and hashed, amounts from fen to yuan."""
    model, names = MODELS[record.book], _COLUMNS[record.book]
    sealed: list[tuple[Any, ...]] = [()] * len(rows)
    extra: list[str] = []
    if record.book == "mutual_aid":
        numbers = [row["resident_id"] for row in rows]
        masks = [mask_id(number) for number in numbers]
        sealed = list(zip(secrets.find_keys(numbers), secrets.seal_all(numbers), masks, strict=True))
        extra = ["id_hash", "id_cipher", "id_mask"]
    turn = [(name, _turn(model._meta.get_field(name))) for name in names]
    values = [
        (record.pk, row["row"], row["on"], *(change(row[name]) for name, change in turn), *more)
        for row, more in zip(rows, sealed, strict=True)
    ]
    insert(model, ["source", "row", "on", *names, *extra], values)


def _turn(column: Any) -> Callable[[Any], Any]:
    """How a cell of a sheet becomes the value of a column: fen to yuan, a missing number 0, a text that fits."""
    if isinstance(column, models.DecimalField):
        return lambda fen: Decimal(fen).scaleb(-2)
    if isinstance(column, models.CharField):
        return lambda text: rules.fit(text, column.max_length or 0)
    return lambda number: number or 0


def _kept(refusal: Refusal) -> dict[str, Any]:
    """A refusal as it stands on the import, for good: the sentence of today in both languages."""
    return {
        "sheet": refusal.sheet, "row": refusal.row, "column": refusal.column, "found": refusal.found, "code": refusal.code,
        "why": {lang: refusal.why(lang) for lang in ("zh", "en")},
        "mend": {lang: refusal.mend(lang) for lang in ("zh", "en")},
    }  # fmt: skip
