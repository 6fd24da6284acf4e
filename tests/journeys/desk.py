"""Runs the ``nuanxin`` command as a person would, in a data folder of its own."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("nuanxin")
# What a command takes at most is measured from a small process: on Linux the peak of a child begins with what its parent holds.
PEAK = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); sys.stdout.flush();"
    "print('', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, sep='\\n', file=sys.stderr); sys.exit(code)"
)
ID_NUMBER = re.compile(r"(?<![0-9])[1-9]\d{5}(?:19|20)\d{9}[0-9Xx](?![0-9])")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The whole of stdout as JSON; anything else on stdout is an error."""
        return json.loads(self.out)


@dataclass(slots=True)
class Desk:
    """A data folder and everything that was printed from it."""

    home: Path
    said: str = ""

    def run(self, *words: str | Path, seconds: float = 180, through: tuple[str, ...] = ()) -> Answer:
        settings = {
            key: value for key, value in os.environ.items() if not key.startswith(("NUANXIN", "DJANGO", "PYTEST"))
        }
        done = subprocess.run(
            [*through, COMMAND, *map(str, words)],
            env=settings | {"NUANXIN_HOME": str(self.home), "COLUMNS": "200"},
            cwd=self.home.parent,
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
        self.said += done.stdout + done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def measured(self, *words: str | Path, seconds: float = 180) -> tuple[Answer, int]:
        """As ``run``, and the kilobytes that the command took at most."""
        answer = self.run(*words, seconds=seconds, through=(sys.executable, "-c", PEAK))
        rest, _, peak = answer.err.rstrip("\n").rpartition("\n")
        return Answer(answer.code, answer.out, rest), int(peak)

    def ok(self, *words: str | Path) -> Answer:
        answer = self.run(*words)
        assert answer.code == 0, f"{' '.join(map(str, words))}\nexit {answer.code}\n{answer.out}\n{answer.err}"
        return answer

    def data(self, *words: str | Path) -> Any:
        """The JSON answer of a command that must succeed."""
        return self.ok(*words, "--json").json()
