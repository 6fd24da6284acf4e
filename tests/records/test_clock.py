"""One clock: the demo's day is the day of everything that says when it was made."""

from datetime import date

from django.utils import timezone

from nuanxin.records import clock


def test_now_stands_on_the_demos_day_and_elsewhere_on_the_calendars(settings, tmp_path):
    settings.NUANXIN_HOME, settings.NUANXIN_DEMO = tmp_path, True
    assert clock.now().date() == clock.today() == timezone.localdate()
    clock.set_demo_day(date(2023, 7, 7))
    assert clock.now().date() == clock.today() == date(2023, 7, 7)
    assert clock.now().utcoffset() == timezone.localtime().utcoffset()
    settings.NUANXIN_DEMO = False
    assert clock.now().date() == timezone.localdate()


def test_whoever_reads_the_day_while_it_is_moved_reads_a_whole_one(settings, tmp_path):
    settings.NUANXIN_HOME, settings.NUANXIN_DEMO = tmp_path, True
    clock.set_demo_day(date(2023, 7, 7))
    with (tmp_path / "demo-day").open(encoding="ascii") as reader:
        clock.set_demo_day(date(2023, 7, 10))
        assert reader.read() == "2023-07-07"
    assert clock.today() == date(2023, 7, 10)
    assert [kept.name for kept in tmp_path.iterdir()] == ["demo-day"]
