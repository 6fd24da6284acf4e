"""Serving an installation: with a database that is not there, or older than the program, one sentence says what to do."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


def nuanxin(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "from nuanxin.site.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words], env=os.environ | {"NUANXIN_HOME": str(home)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [("serve", "--port", "1"), ("work", "--once")], ids=lambda words: words[0])
def test_a_database_that_is_older_is_told(tmp_path, monkeypatch, words):
    monkeypatch.delenv("NUANXIN_DATABASE_URL", raising=False)
    assert "nuanxin init" in nuanxin(tmp_path, *words).stderr
    assert nuanxin(tmp_path, "init").returncode == 0
    with sqlite3.connect(tmp_path / "nuanxin.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'reports' AND name = '0002_towns_of_a_brief'")
    told = nuanxin(tmp_path, *words)
    assert (told.returncode, "Traceback" in told.stderr) == (1, False), told.stderr
    assert "nuanxin init" in told.stderr
