"""A household's day: what is usual, what is new, and a page that says what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.reports.facts.household import BEFORE, Household, read_household, usual_day
from livemon.reports.facts.weeks import HOUR_COLUMNS, Weeks
from livemon.reports.facts.windows import table
from livemon.reports.render.household import household_html, household_summary
from livemon.reports.render.text import Words
from livemon.store import writes
from livemon.store.hours import compute_hour
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, DAY, analysis, archive, at

ZONE = ZoneInfo("UTC")
ENGLISH = Words("en", ZONE)
HALL = "hall"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    cameras = {name: {"source": "test-pattern", "name": name.title()} for name in (CAM, HALL)}
    values = settings.model_dump() | {"cameras": cameras, "timezone": "UTC"}
    with Monitor(Settings.model_validate(values), clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


def household(monitor: Monitor) -> Household:
    return read_household(monitor.settings, monitor.database, (CAM, HALL), DAY, ZONE, monitor.clock.now())


def happen(monitor: Monitor, camera_id: str, moment: datetime, kind: str, severity: Severity = Severity.INFO) -> int:
    event_type = EventType.SAFETY if severity in (Severity.DANGER, Severity.WARNING) else EventType.ACTIVITY
    start_s, title = (moment - MORNING).total_seconds(), f"{kind} <b>seen</b>"
    observation = seen(start_s, kind=kind, severity=severity, event_type=event_type, title=title)
    return writes.add_event(monitor.database, camera_id, observation, moment, model="hosted", thumbnail=f"{kind}.jpg")


def hour(day: date, **values: Any) -> dict[str, Any]:
    start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    known = {"start_utc": start, "date": day, "hour": 9, "development": {}, "recorded_s": 0.0, "analysed_s": 0.0}
    counts = {"event_count": 0, "windows_judged": 0, "incident_count": None}
    return known | counts | {"average_safety_score": None, "lowest_safety_score": None} | values


def test_a_usual_day_is_the_mean_of_the_recorded_ones_of_a_week() -> None:
    rows = [
        hour(DAY - timedelta(days=BEFORE + 1), recorded_s=3600.0, event_count=90),  # too long ago
        hour(DAY - timedelta(days=3), event_count=7),  # not recorded
        hour(DAY - timedelta(days=2), recorded_s=3600.0, event_count=2, incident_count=1),
        hour(DAY - timedelta(days=1), recorded_s=1800.0, event_count=5),
    ]
    usual = usual_day(Weeks(CAM, DAY - timedelta(days=1), table(rows, HOUR_COLUMNS)))
    assert (usual.days, usual.recorded_s, usual.event_count, usual.incident_count) == (2, 2700.0, 3.5, 1.0)
    assert usual.average_safety_score is None, "unknown, and not 0"


def test_without_a_recorded_day_nothing_is_usual_and_nothing_new(monitor: Monitor) -> None:
    happen(monitor, CAM, at(9), "climbing")
    found = household(monitor)
    assert not found.is_comparable and found.new == ()
    assert "nothing to compare with" in household_html(found, ENGLISH, picture_of=lambda *_: "")


def test_new_is_a_kind_that_no_camera_had_in_the_days_before_the_gravest_first(monitor: Monitor) -> None:
    before = at(9) - timedelta(days=2)
    archive(monitor, before)
    compute_hour(monitor.database, CAM, before, monitor.clock.now())
    happen(monitor, HALL, before, "movement")
    happen(monitor, HALL, at(9) - timedelta(days=BEFORE + 1), "fall")
    for moment, kind, severity in (
        (at(8), "movement", Severity.INFO),
        (at(9), "cat_on_table", Severity.INFO),
        (at(10), "fall", Severity.DANGER),
        (at(11), "cat_on_table", Severity.INFO),
    ):
        happen(monitor, CAM, moment, kind, severity)
    assert [(row["kind"], row["start_utc"]) for row in household(monitor).new] == [
        ("fall", at(10)),
        ("cat_on_table", at(9)),
    ]


def test_the_paragraph_says_what_is_not_known(monitor: Monitor) -> None:
    archive(monitor, at(9))
    analysis(monitor, at(9))
    said = household_summary(household(monitor), ENGLISH)
    assert "No danger or warning was found." in said
    assert f"{HALL.title()} recorded nothing: what happened there is not known." in said
    happen(monitor, CAM, at(9, 3), "fall", Severity.DANGER)
    assert "1 danger" in household_summary(household(monitor), ENGLISH)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_page_has_the_gravest_first_with_two_thumbs_and_runs_nothing_of_a_models(
    monitor: Monitor, language: str
) -> None:
    climbing = happen(monitor, HALL, at(9), "climbing", Severity.WARNING)
    fall = happen(monitor, CAM, at(10), "fall", Severity.DANGER)
    page = household_html(
        household(monitor),
        Words(language, ZONE),
        picture_of=lambda camera_id, name: f"{camera_id}/{name}",
        answer_address="signed",
    )
    assert page.index(f"event={fall}&amp;said=right") < page.index(f"event={climbing}&amp;said=right")
    assert page.count("<form") == 4
    assert f"src='{CAM}/fall.jpg'" in page
    assert "<b>" not in page and "&lt;b&gt;" in page
    quiet = household_html(household(monitor), Words(language, ZONE), picture_of=lambda *_: "")
    assert "<form" not in quiet
