"""Of several who move the same row at the same moment one wins; and the test is seen to fail with the lock off."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

RACERS = Path(__file__).with_name("racers.py")
SETUP = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
import django; django.setup()
from datetime import date
from nuanxin.site.setup import initialise
from nuanxin.care.models import Round
from nuanxin.union.models import Org
initialise()
d = date(2022, 9, 1)
org = Org.objects.create(code="R", name="R", level="city")
Round.objects.create(code="R", org=org, quarter="2022Q3", opened_on=d, returns_due_on=d, visits_due_on=d, policy="p", area="a")
"""
CHECK = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
import django; django.setup()
from nuanxin.records.models import Event
from nuanxin.records.services import verify_chain
print(Event.objects.filter(verb="round.decide").count(), verify_chain("R"))
"""


def _environment(home: Path) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("NUANXIN")} | {"NUANXIN_HOME": str(home)}


@pytest.fixture(scope="module")
def open_round(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an open round; copied for each race."""
    home = tmp_path_factory.mktemp("race") / "home"
    subprocess.run([sys.executable, "-c", SETUP], env=_environment(home), check=True)
    return home


@pytest.mark.parametrize(("how", "one"), [("move", True), ("lock off", False)])
def test_one_wins(tmp_path, open_round, how, one):
    env = _environment(shutil.copytree(open_round, tmp_path / "home"))
    racers = [
        subprocess.Popen(
            [sys.executable, RACERS, how], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 4
    at = f"{time.time() + 0.5}\n"
    said = [told.strip() for told in together(racers, at)]
    assert all(racer.returncode == 0 for racer in racers)
    events, length = map(
        int,
        subprocess.run(
            [sys.executable, "-c", CHECK], env=env, check=True, capture_output=True, text=True
        ).stdout.split(),
    )
    assert (said.count("won") == 1) is one, said
    assert events == length == (1 if one else 0)


def together(racers, at):
    """Tell all of them when it begins; what each says in the end."""
    for racer in racers:
        racer.stdin.write(at)
        racer.stdin.flush()
    return [racer.communicate(timeout=120)[0] for racer in racers]
