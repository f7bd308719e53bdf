"""Hours put together to days and weeks."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.reports.facts.weeks import DAYS, Weeks, read_weeks
from livemon.store import hours
from tests.conftest import FAST
from tests.days import CAM, DAY, MIDNIGHT, analysis, archive, at, incident


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        yield made


def hour(monitor: Monitor, back_days: int, at_hour: int, score: float | None, incidents: int = 0) -> None:
    start = at(at_hour) - timedelta(days=back_days)
    archive(monitor, start)
    analysis(monitor, start, score=score, incidents=[incident(start)] * incidents)
    assert hours.compute_hour(monitor.database, CAM, start, MIDNIGHT + timedelta(days=2))


def weeks_of(monitor: Monitor, zone: str = "UTC", last: date = DAY) -> Weeks:
    return read_weeks(monitor.database, CAM, last, ZoneInfo(zone))


def test_weeks_are_the_sums_of_their_hours(monitor: Monitor) -> None:
    hour(monitor, 0, 9, 40, incidents=2)
    hour(monitor, 1, 10, 100)
    hour(monitor, 8, 9, None)
    made = weeks_of(monitor).weeks
    assert [(first, last) for first, last, _ in made][-1] == (DAY - timedelta(days=6), DAY)
    this, before = made[-1][2], made[-2][2]
    assert (this.average_safety_score, this.lowest_safety_score, this.incident_count) == (70, 40, 2)
    assert this.recorded_s == 1200
    assert this.development == {"gross_motor": 2}
    assert (before.average_safety_score, before.incident_count) == (None, None), "unknown is not safe"
    assert before.development == {"gross_motor": 1}


def test_days_are_local_and_nothing_lies_outside(monitor: Monitor) -> None:
    hour(monitor, 0, 23, 80)
    hour(monitor, DAYS, 9, 10)
    seoul = weeks_of(monitor, "Asia/Seoul", DAY + timedelta(days=1))
    assert seoul.hours[["date", "hour"]].to_numpy().tolist() == [[DAY + timedelta(days=1), 8]]
    assert len(seoul.dates) == DAYS
    assert weeks_of(monitor).of(DAY, DAY).lowest_safety_score == 80


def test_without_hours_there_is_nothing(monitor: Monitor) -> None:
    found = weeks_of(monitor)
    assert len(found.hours) == 0
    assert found.of(DAY, DAY).average_safety_score is None
