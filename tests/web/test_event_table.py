import pandas as pd
import pytest

from livemon.base.datatypes import EventType, Severity
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.pages.parts.event_table import EventTable, table_html
from tests.conftest import MORNING, seen


def html(table: EventTable) -> str:
    return str(table.__panel__().object)


@pytest.fixture
def table(scripted_monitor: Monitor) -> EventTable:
    return EventTable()


def update(table: EventTable, monitor: Monitor, reason: str) -> None:
    table.update(table_html(events(monitor), monitor.settings.zone, reason))


def events(monitor: Monitor) -> pd.DataFrame:
    return monitor.events("camera-1")


def test_an_empty_table_says_why(table: EventTable, scripted_monitor: Monitor) -> None:
    update(table, scripted_monitor, "The camera is stopped: nothing is looked at.")
    assert "nothing is looked at" in html(table)


def test_text_of_a_model_is_never_html(table: EventTable, scripted_monitor: Monitor) -> None:
    nasty = seen(0, title="<img src=x onerror=alert(1)>")
    writes.add_event(scripted_monitor.database, "camera-1", nasty, MORNING, model="local")
    update(table, scripted_monitor, "")
    assert "<img src=x" not in html(table)
    assert "&lt;img src=x onerror=alert(1)&gt;" in html(table)


def test_a_row_shows_severity_time_and_how_often(table: EventTable, scripted_monitor: Monitor) -> None:
    fall = seen(
        0, 5, kind="possible_fall", severity=Severity.WARNING, event_type=EventType.SAFETY, title="Possible fall"
    )
    event_id = writes.add_event(
        scripted_monitor.database,
        "camera-1",
        fall,
        MORNING,
        model="local",
        thumbnail="20261123/20261123T080000.000Z.jpg",
    )
    writes.fold_event(scripted_monitor.database, event_id, seen(0, 65).end_utc, MORNING)
    update(table, scripted_monitor, "")
    shown = html(table)
    assert "Warning" in shown
    assert "Mon 23 Nov 08:00:00&ndash;08:01:05" in shown
    assert "seen 2 times" in shown
    assert "50% sure" in shown
    assert "src='api/live-monitoring/thumbnails/camera-1/20261123/20261123T080000.000Z.jpg'" in shown


def test_nothing_is_sent_when_nothing_changed(table: EventTable, scripted_monitor: Monitor) -> None:
    writes.add_event(scripted_monitor.database, "camera-1", seen(0), MORNING, model="local")
    update(table, scripted_monitor, "")
    sent: list[object] = []
    table.__panel__().param.watch(sent.append, "object")
    update(table, scripted_monitor, "")
    assert sent == []
