"""Which policies there are, which version counts for a union on a day, what a draft would be.

A policy of the house is a folder of a pack. Who runs the installation may put another in its place: ``policies/NAME`` in the data
folder holds either a policy folder, or a folder a version, or both. These count for every union of the installation. What a union
publishes in the desk is a published ``Draft`` and counts for it and those below it: the nearest that has a version in force on the
day comes first, then those above it, then the installation. Of one place's versions the one that began last counts, so that
a new one ends its predecessor without a word of it being changed.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from nuanxin.policy import Policy, PolicyError, Problem
from nuanxin.policy.folder import POLICY_FILE, csv_rows, read_files
from nuanxin.policy.model import CaseResult
from nuanxin.records.services import Refused
from nuanxin.rulebook.models import Draft
from nuanxin.union.models import Org
from nuanxin.union.queries import line_of

HOUSE = Path(__file__).resolve().parents[1] / "packs" / "quarterly-certification" / "policies"
CEILINGS_FILE = "ceilings.csv"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy and its files as text by name: policy.toml and its tables. ``org``: the union that published it, None for
    the installation's; ``shipped``: it came with the program."""

    policy: Policy
    files: Mapping[str, str]
    org: Org | None = None
    shipped: bool = False

    @property
    def begins(self) -> date:
        return self.policy.model.effective_from or date.min

    def ceilings(self) -> list[dict[str, str]]:
        """The ceilings on planned aid that stand beside the rules: item or *, per item|year|total, amount, clause."""
        return list(csv.DictReader(self.files.get(CEILINGS_FILE, "").splitlines()))


def installation_folder() -> Path:
    """Where who runs the installation puts policies of their own."""
    return settings.NUANXIN_HOME / "policies"


def _folders(name: str) -> Iterator[tuple[Path, bool]]:
    """The folders of the installation's versions of a policy, and whether each came with the program."""
    if not name or "/" in name or name.startswith("."):
        return
    own = installation_folder() / name
    base = (own, False) if (own / POLICY_FILE).is_file() else (HOUSE / name, True)
    later = sorted(own.iterdir()) if own.is_dir() else []
    for folder, shipped in (base, *((entry, False) for entry in later if not entry.name.startswith("."))):
        if (folder / POLICY_FILE).is_file():
            yield folder, shipped


@cache
def _loaded(folder: Path, _stamp: tuple[int, ...]) -> tuple[Policy, dict[str, str]]:
    """A folder's policy and files; read again only when one of its files has changed."""
    policy = Policy.load(folder)
    files = [file for file in sorted(folder.iterdir()) if file.name == POLICY_FILE or file.suffix == ".csv"]
    return policy, {file.name: file.read_text(encoding="utf-8-sig") for file in files}


@lru_cache(maxsize=100)
def _read(files: tuple[tuple[str, str], ...]) -> Policy:
    """The policy of a published draft; by all its files, for keys are given again in another database."""
    return Policy(read_files({name: text.encode() for name, text in files}))


def installed(name: str) -> list[Version]:
    """The installation's versions of a policy, which count where no union above has published its own: the last to begin first."""
    found = []
    for folder, shipped in _folders(name):
        policy, files = _loaded(folder, tuple(sorted(file.stat().st_mtime_ns for file in folder.iterdir())))
        found.append(Version(policy, files, shipped=shipped))
    return sorted(found, key=lambda version: (version.begins, not version.shipped))[::-1]


def _published(org: Org, **which: Any) -> dict[str, list[Version]]:
    """What ``org`` and those above it have published, by policy: the nearest first, of each the last to begin first."""
    line = {node.pk: (place, node) for place, node in enumerate(line_of(org))}
    rows = Draft.objects.filter(state="published", org__in=list(line), **which).order_by("-begins_on")
    found: dict[str, list[Version]] = {}
    for row in sorted(rows, key=lambda row: line[row.org_id][0]):
        policy = _read(tuple(sorted(row.files.items())))
        found.setdefault(row.policy, []).append(Version(policy, row.files, line[row.org_id][1]))
    return found


def books(org: Org) -> dict[str, list[Version]]:
    """Every policy that counts for ``org``, by name, with its versions as ``versions`` gives them."""
    folders = {entry.name for root in (HOUSE, installation_folder()) if root.is_dir() for entry in root.iterdir()}
    published = _published(org)
    found = {name: [*published.get(name, []), *installed(name)] for name in sorted({*folders, *published})}
    return {name: versions for name, versions in found.items() if versions}


def versions(name: str, org: Org) -> list[Version]:
    """The versions of a policy that ``org`` may come to be decided by: its own, those of the unions above it, the installation's. In the
    order in which they count: the first that is in force on a day is the one. Raises Refused when there is no policy of that name.
    """
    found = [*_published(org, policy=name).get(name, []), *installed(name)]
    if not found:
        raise Refused(f"没有名为「{name}」的政策 / there is no policy “{name}”")
    return found


def counting(found: list[Version], on: date) -> Version | None:
    """The one of ``versions`` that is in force on a day."""
    return next((version for version in found if version.policy.model.in_force(on)), None)


def version_at(name: str, org: Org, on: date) -> Version:
    """The version in force for ``org`` on a day. Raises Refused when none is."""
    found = counting(versions(name, org), on)
    if found is None:
        raise Refused(f"政策「{name}」在 {on} 没有施行中的版本 / no version of “{name}” is in force on {on}")
    return found


def version_named(name: str, version: str, org: Org) -> Version:
    """The version of that number that ``org`` sees. Raises Refused when there is none."""
    found = next((found for found in versions(name, org) if found.policy.version == version), None)
    if found is None:
        raise Refused(f"政策「{name}」没有版本 {version} / there is no version {version} of “{name}”")
    return found


def version_recorded(name: str, version: str, digest: str, org: Org, on: date) -> Version:
    """The version by which something of ``org`` was decided as of a day: the one of that number whose rules of that day have that digest.

    Where ``org`` sees none such, it is looked for among all that any union has published, for before versions were a union's own they
    counted everywhere, and what was decided then stays explained. Raises Refused when it is not there any more.
    """
    elsewhere = Draft.objects.filter(state="published", policy=name, version=version).select_related("org")

    def candidates() -> Iterator[Version]:
        yield from versions(name, org)
        for row in elsewhere:
            yield Version(_read(tuple(sorted(row.files.items()))), row.files, row.org)

    for found in candidates():
        if found.policy.version == version and found.policy.digest_on(on) == digest:
            return found
    raise Refused(
        f"政策文件已改动，与认定时的版本 {version} 不一致 / the policy's files differ from those that decided ({version})"
    )


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
