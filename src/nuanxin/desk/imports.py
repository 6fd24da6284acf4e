"""The sheets that the desk reads, as a table: a kind is one row, with the forms that its files hold and the operation that sends them in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from nuanxin.books.queries import MODELS
from nuanxin.desk.words import Words
from nuanxin.ui.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Kind:
    """``forms`` (name → what it is in words) are those of ``nuanxin.sheets``; ``operation`` is what sending it in needs."""

    key: str
    label: Words
    operation: str
    use: Words
    forms: dict[str, Words]


BOOKS: dict[str, Words] = {
    "jobs": _("招聘岗位"), "consolation": _("慰问支出"), "grants": _("金秋助学"), "mutual_aid": _("医疗互助"),
}  # fmt: skip
KINDS: Sequence[Kind] = (
    Kind(
        "survey", _("摸排表"), "return.receive",
        _("一家工会一个文件，文件名前写工会代码；难题和微心愿可以放在同一文件里，也可以另存为“同名-难题和微心愿”一起上传。"),
        {"survey": _("困难职工家庭摸排表"), "matters": _("难题和微心愿")},
    ),
    Kind(
        "visits", _("走访记录"), "visit.record", _("两人走访后填写，一户一行；空着的数字表示与申报一致。"),
        {"visits": _("走访记录")},
    ),
    Kind(
        "books", _("台账"), "book.import", _("一行一笔；同名的更正表替换原来的一份。"),
        {book: BOOKS[book] for book in MODELS},
    ),
    Kind(
        "checks", _("民政比对结果"), "check.import", _("一人一行；没有签字授权的家庭不能比对。"),
        {"register_check": _("民政比对结果")},
    ),
)  # fmt: skip


def kinds_for(seen: Viewer) -> list[Kind]:
    """The kinds that the viewer may send in."""
    return [kind for kind in KINDS if seen.may(kind.operation)]
