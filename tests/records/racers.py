"""Several processes that want to move the same round at the same moment. Run by test_race.py, each on the database it is given."""

import os
import sys
import time
from datetime import date


def main(how: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "nuanxin.site.settings"
    import django

    django.setup()
    from django.db import transaction

    from nuanxin.care.flows import ROUND
    from nuanxin.care.models import Round
    from nuanxin.records.services import Refused, move

    day = date(2022, 9, 1)
    rows = Round.objects.filter(code="R")
    rows.first()
    # However long each took to come so far, all begin together.
    print("ready", flush=True)
    time.sleep(max(0.0, float(sys.stdin.readline()) - time.time()))
    if how == "move":
        try:
            waiting = rows.filter(decided_on=None)
            moved = move(ROUND, "decide", waiting, by="r", on=day, roles=["city_officer"], chain="R", decided_on=day)
            won = moved == 1
        except Refused:
            won = False
    else:
        # The same with its lock off: look, think, write.
        found = rows.get()
        won = found.state == "open"
        time.sleep(1)
        if won:
            with transaction.atomic():
                rows.update(state="decided", decided_on=day)
    print("won" if won else "late")


if __name__ == "__main__":
    main(sys.argv[1])
