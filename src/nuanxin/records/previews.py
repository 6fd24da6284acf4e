"""What sending in some files would do, or did: the same shape for every kind of sheet, kept as text beside the files."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Remark:
    """A row to mend, or only warned of: where, what was found, why, how to mend it."""

    sheet: str
    row: int
    column: str
    found: str
    why_zh: str
    why_en: str
    mend_zh: str
    mend_en: str

    @classmethod
    def of(cls, refusal: Any) -> "Remark":
        """Of a refusal or a warning of ``nuanxin.sheets``."""
        said = [getattr(refusal, what)(lang) for what in ("why", "mend") for lang in ("zh", "en")]
        return cls(refusal.sheet, refusal.row, refusal.column, refusal.found, *said)

    def as_dict(self) -> dict[str, Any]:
        """As the commands' JSON tells it: Chinese by the bare name, English beside it."""
        return {name.removesuffix("_zh"): value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Looked:
    """What becomes of a file: taken, or why not (``why``); rows = accepted + refused, of the accepted ``same`` stood so already.

    ``of`` is the union or the book that it is of; ``replaces`` the file that it takes the place of; ``code`` what it is kept under. Of
    a return's families ``doubtful`` wait for a person.
    """

    file: str
    of: str = ""
    why_zh: str = ""
    why_en: str = ""
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    same: int = 0
    families: int = 0
    doubtful: int = 0
    wishes: int = 0
    problems: int = 0
    nil: bool = False
    late: bool = False
    replaces: str = ""
    replaced: bool = False
    code: str = ""
    refusals: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preview:
    """What becomes of some files. ``same``: received before, they change nothing; ``skipped``: of another kind."""

    files: list[Looked]
    same: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def accepted(self) -> int:
        return sum(file.accepted for file in self.files)

    @property
    def refused(self) -> int:
        return sum(file.refused for file in self.files)

    @property
    def families(self) -> int:
        return sum(file.families for file in self.files)

    @property
    def back(self) -> int:
        """Files that are refused whole."""
        return sum(bool(file.why_zh) for file in self.files)

    @property
    def takes(self) -> bool:
        """Whether something of it is taken."""
        return self.back < len(self.files)

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Preview":
        told = json.loads(text)
        files = [
            Looked(**file | {side: [Remark(**line) for line in file[side]] for side in ("refusals", "warnings")})
            for file in told["files"]
        ]
        return cls(files, told["same"], told["skipped"])
