"""Which policies there are, which version is in force on a day, what a draft would be.

A policy of the house is a folder of a pack. A union's own comes first: ``policies/NAME`` in the data folder holds either a policy
folder, or a folder a version, or both. On a day the version that began last counts, so that a new one ends its predecessor
without a word of it being changed.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings

from nuanxin.policy import Policy, PolicyError, Problem
from nuanxin.policy.folder import POLICY_FILE, csv_rows, read_files
from nuanxin.policy.model import CaseResult
from nuanxin.records.services import Refused

HOUSE = Path(__file__).resolve().parents[1] / "packs" / "quarterly-certification" / "policies"
CEILINGS_FILE = "ceilings.csv"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy in its folder. ``own``: the union's, not the house's."""

    policy: Policy
    folder: Path
    own: bool

    @property
    def begins(self) -> date:
        return self.policy.model.effective_from or date.min

    def files(self) -> dict[str, str]:
        """The version's files as text by name: policy.toml and its tables."""
        return {
            file.name: file.read_text(encoding="utf-8-sig")
            for file in sorted(self.folder.iterdir())
            if file.name == POLICY_FILE or file.suffix == ".csv"
        }

    def ceilings(self) -> list[dict[str, str]]:
        """The ceilings on planned aid that stand beside the rules: item or *, per item|year|total, amount, clause."""
        path = self.folder / CEILINGS_FILE
        if not path.exists():
            return []
        return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def names() -> list[str]:
    """The policies there are, by name."""
    roots = (HOUSE, own_folder())
    return sorted({entry.name for root in roots if root.is_dir() for entry in root.iterdir() if _folders(entry.name)})


def own_folder() -> Path:
    return settings.NUANXIN_HOME / "policies"


def _folders(name: str) -> list[tuple[Path, bool]]:
    own = own_folder() / name
    base = [(own, True)] if (own / POLICY_FILE).is_file() else [(HOUSE / name, False)]
    entries = sorted(own.iterdir()) if own.is_dir() else []
    later = [(entry, True) for entry in entries if (entry / POLICY_FILE).is_file() and not entry.name.startswith(".")]
    return [(folder, mine) for folder, mine in (*base, *later) if (folder / POLICY_FILE).is_file()]


@cache
def _loaded(folder: Path, _stamp: tuple[int, ...]) -> Policy:
    return Policy.load(folder)


def versions(name: str) -> list[Version]:
    """The versions of a policy, the first to begin first; each is read again only when one of its files has changed.

    Raises Refused when there is no policy of that name.
    """
    found = [
        Version(_loaded(folder, tuple(sorted(file.stat().st_mtime_ns for file in folder.iterdir()))), folder, own)
        for folder, own in (_folders(name) if name and "/" not in name and not name.startswith(".") else [])
    ]
    if not found:
        raise Refused(f"没有名为「{name}」的政策 / there is no policy “{name}”")
    return sorted(found, key=lambda version: (version.begins, version.own))


def version_at(name: str, on: date) -> Version:
    """The version in force on a day. Raises Refused when none is."""
    found = [version for version in versions(name) if version.policy.model.in_force(on)]
    if not found:
        raise Refused(f"政策「{name}」在 {on} 没有施行中的版本 / no version of “{name}” is in force on {on}")
    return found[-1]


def version_named(name: str, version: str, on: date) -> Version:
    """The version that a record names; the one of the day where the record's version is not there any more."""
    named = [found for found in versions(name) if found.policy.version == version]
    return named[-1] if named else version_at(name, on)


# ------------------------------------------------------------------------------------------------------------------ drafts


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking a draft over tells: the policy where it can be read, the problems, the worked cases tried."""

    policy: Policy | None
    problems: tuple[Problem, ...]
    cases: tuple[CaseResult, ...]

    @property
    def errors(self) -> list[Problem]:
        """What is wrong with the policy itself; a worked case that comes out differently is told as a case."""
        return [problem for problem in self.problems if problem.severity == "error" and problem.code != "case-fails"]

    @property
    def failing(self) -> list[CaseResult]:
        return [case for case in self.cases if not case.holds]


def look_over(files: Mapping[str, str]) -> Looked:
    """Read a draft's files and check them whole: what cannot be read, overlaps, gaps, cases that come out differently."""
    try:
        policy = Policy(read_files({name: text.encode() for name, text in files.items()}))
    except PolicyError as error:
        return Looked(None, error.problems, ())
    return Looked(policy, tuple(policy.check()), tuple(policy.run_cases()))


def table_of(files: Mapping[str, str], name: str) -> list[list[str]]:
    """A CSV file of a draft as rows of cells, each as long as the head; the head is the first row.

    Raises PolicyError where the file is no table.
    """
    rows = [cells for _, cells in csv_rows(files[name].encode(), name)]
    width = max((len(row) for row in rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]
