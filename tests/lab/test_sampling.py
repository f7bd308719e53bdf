"""Which windows are drawn to be labelled, and of what kind they are."""

from datetime import timedelta

from livemon.base.clock import Window
from livemon.base.datatypes import EventType, Severity
from livemon.lab.data.sampling import ALERTED, MOVING, QUIET, Stratum, draw, strata_of
from livemon.monitor.monitor import Monitor
from livemon.store import reviews, writes
from tests import days
from tests.conftest import seen


def windows(alerted: int = 3, moving: int = 20, quiet: int = 100) -> list[Stratum]:
    names = [ALERTED] * alerted + [MOVING] * moving + [QUIET] * quiet
    start = days.MIDNIGHT
    return [Stratum("hall", Window(start + n * timedelta(minutes=10)), name) for n, name in enumerate(names)]


def test_a_third_of_each_kind_is_drawn_and_more_where_one_runs_out() -> None:
    drawn = draw(windows(), 15)
    assert {name: sum(one.name == name for one in drawn) for name in (ALERTED, MOVING, QUIET)} == {
        ALERTED: 3,
        MOVING: 6,
        QUIET: 6,
    }
    assert drawn == sorted(drawn, key=lambda one: one.window)


def test_a_larger_sample_has_the_smaller_one_in_it_and_a_seed_is_a_lot() -> None:
    small, large = draw(windows(), 9), draw(windows(), 30)
    assert set(small) < set(large)
    assert draw(list(reversed(windows())), 9) == small
    assert draw(windows(), 9, seed=1) != small


def test_all_are_drawn_when_there_are_no_more() -> None:
    assert len(draw(windows(1, 1, 1), 10)) == 3
    assert draw([], 10) == []


def test_windows_are_of_the_kind_of_what_was_noticed_in_them(monitor: Monitor) -> None:
    for hour in range(5):
        days.archive(monitor, days.at(hour))
    database, now = monitor.database, days.at(8)

    def event(hour: int, severity: Severity, event_type: EventType = EventType.SAFETY) -> None:
        one = seen((days.at(hour, 3) - days.MIDNIGHT).total_seconds(), severity=severity, event_type=event_type)
        shift = days.MIDNIGHT - seen(0).start_utc
        moved = type(one)(
            one.kind, one.event_type, one.severity, one.title, one.description, 0.5, one.start_utc + shift,
            one.end_utc + shift, (one.start_utc + shift,),
        )  # fmt: skip
        writes.add_event(database, days.CAM, moved, now, model="local")

    event(0, Severity.DANGER)
    event(1, Severity.INFO)
    event(2, Severity.WARNING, EventType.SYSTEM)
    missed = {"severity": Severity.DANGER, "event_type": EventType.SAFETY}
    reviews.add_missed(database, days.CAM, days.at(3, 1), "Fell", now, **missed)  # type: ignore[arg-type]
    found = strata_of(database, days.CAM, days.at(0), days.at(23))
    assert [one.name for one in found] == [ALERTED, MOVING, QUIET, QUIET, QUIET]
    assert strata_of(database, days.CAM, days.at(10), days.at(23)) == []
