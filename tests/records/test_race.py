"""Of several who move the same row at the same moment one wins; and the test is seen to fail with the lock off."""

import os
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


@pytest.mark.parametrize(("how", "one"), [("move", True), ("lock off", False)])
def test_one_wins(tmp_path, how, one):
    env = {k: v for k, v in os.environ.items() if not k.startswith("NUANXIN")} | {"NUANXIN_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", SETUP], env=env, check=True)
    at = str(time.time() + 4)
    racers = [
        subprocess.Popen([sys.executable, RACERS, how, at], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert all(racer.returncode == 0 for racer in racers)
    events, length = map(
        int,
        subprocess.run(
            [sys.executable, "-c", CHECK], env=env, check=True, capture_output=True, text=True
        ).stdout.split(),
    )
    assert (said.count("won") == 1) is one, said
    assert events == length == (1 if one else 0)
