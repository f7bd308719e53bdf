"""Rows of the review queue: days have headings where events are in the order of time, and places are told."""

from __future__ import annotations

from dataclasses import replace

from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.pages.parts.event_queue import queue_rows
from tests.conftest import MORNING, seen
from tests.days import CAM

DAY_S = 24 * 3600


def test_the_first_event_of_each_day_has_a_heading(monitor: Monitor) -> None:
    for second in (0, 60, DAY_S, DAY_S + 60):
        writes.add_event(monitor.database, CAM, seen(second), MORNING, model="m")
    events = monitor.events(CAM)
    days = [row["day"] for row in queue_rows(events, {}, monitor.settings.zone, by_day=True)]
    assert [bool(day) for day in days] == [True, False, True, False]
    assert days[0] != days[2]
    assert {row["day"] for row in queue_rows(events, {}, monitor.settings.zone)} == {""}


def test_a_row_tells_where_in_its_picture_the_event_is(monitor: Monitor) -> None:
    for box in (None, (1, 2, 3, 4)):
        writes.add_event(monitor.database, CAM, replace(seen(0), box=box), MORNING, model="m")
    rows = queue_rows(monitor.events(CAM), {}, monitor.settings.zone)
    assert sorted(row["box"] for row in rows) == [[], [1, 2, 3, 4]]
