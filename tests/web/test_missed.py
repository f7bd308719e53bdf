"""What a person says was missed."""

from datetime import UTC, timedelta

import pytest

from livemon.base.datatypes import EventType, Severity
from livemon.base.errors import ConfigError
from livemon.monitor.monitor import Monitor
from livemon.store import event_search
from livemon.store.event_search import EventSearch, ReviewState
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.parts.missed import Missed, keep_missed, moment_in
from tests.conftest import MORNING


def test_a_time_of_day_is_a_moment_of_the_window() -> None:
    assert moment_in(MORNING, " 08:04:05 ", UTC) == MORNING + timedelta(minutes=4, seconds=5)
    late = MORNING.replace(hour=23, minute=50)
    assert moment_in(late, "23:59:59", UTC) == late + timedelta(seconds=599)


@pytest.mark.parametrize("text", ["08:10:00", "07:59:59", "soon", "", "25:00:00"])
def test_another_time_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(ConfigError, match="from 08:00:00 until before 08:10:00"):
        moment_in(MORNING, text, UTC)


def test_a_missed_event_is_kept_reviewed_and_labelled(monitor: Monitor) -> None:
    visit = of_session(monitor, "")
    keep_missed(visit, "camera-1", Missed(MORNING, "Fell  off\na chair", Severity.DANGER, EventType.SAFETY))
    (event,) = monitor.events("camera-1").to_dict("records")
    assert (event["title"], event["label"], event["severity"]) == ("Fell off a chair", "missed", "danger")
    assert event["start_utc"] == MORNING
    assert event["model"] == "person"
    assert event["reviewed_utc"] is not None
    assert event_search.count(monitor.database, EventSearch(("camera-1",), state=ReviewState.OPEN)) == {}
    assert event_search.count(monitor.database, EventSearch(("camera-1",), state=ReviewState.MISSED)) == {"danger": 1}
