"""A city union's quarter under way, made with the services that other pages own: returns taken in, visits recorded."""

from datetime import date

from tests.care.paper import survey, visit_sheet

from nuanxin.care.services import returns, rounds, visits
from nuanxin.records import clock

OPEN, SENT, SEEN = date(2022, 7, 1), date(2022, 8, 31), date(2022, 9, 15)
DECIDED, CERTIFIED = date(2022, 9, 20), date(2022, 9, 28)
E01, C1 = ("QTX-01-E01", "峡光铝材工会委员会"), ("QTX-04-C1", "东街社区工会联合会")


class Office:
    """``browser(name)`` is a signed-in client; the day moves by ``on``."""

    def __init__(self, city, cast, sign_in, folder, officer="he"):
        self.city, self.cast, self.browser, self.folder, self.n = city, cast, sign_in, folder, 0
        self.officer = cast[officer]
        self.round, _ = rounds.open_round(
            org=city, quarter="2022Q3", policy="qingtongxia", area="QTX", by=self.officer, on=OPEN
        )
        self.on(OPEN)

    def on(self, day):
        clock.set_demo_day(day)

    def report(self, union, *families):
        """One union's return, and a visit to every family of it that found what was reported."""
        self.n += 1
        folder = self.folder / str(self.n)
        paper = survey(folder, *union, self.round.quarter, families)
        returns.receive(round_=self.round, paths=[paper], by=self.officer, on=SENT)
        sheet = visit_sheet(folder / "visits", [(SEEN, rows[0][0], rows[0][3], "属实", {}) for rows in families])
        visits.record(round_=self.round, paths=[sheet], by=self.officer, on=SEEN)

    def page(self, act):
        return f"/rounds/{self.round.code}/{act}/"

    def look(self, name, act, codes=()):
        """The page of an act as somebody sees it before doing it, with its mark."""
        client = self.browser(name)
        answer = client.post(self.page(act), {"codes": codes}) if codes else client.get(self.page(act))
        return client, answer, mark_of(answer)

    def do(self, name, act, codes=(), **said):
        """Look at an act, then do it; the page that follows."""
        client, answer, mark = self.look(name, act, codes)
        assert answer.status_code == 200, (answer.status_code, act)
        return client.post(self.page(act), {"mark": mark, "chosen": " ".join(codes), **said}, follow=True)

    def code(self, worker):
        """The household's code of a worker."""
        return self.round.leads.exclude(state="replaced").get(worker_name=worker).household.code


def mark_of(answer):
    """The mark that a page of an act carries back."""
    text = answer.content.decode()
    return text.split('name="mark" value="')[1].split('"')[0] if 'name="mark"' in text else ""


def told(answer):
    """The messages that a page shows."""
    return [str(message) for message in answer.context["messages"]]
