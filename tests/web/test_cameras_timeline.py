"""The rows of all cameras on the Day page: one scale, dangers and warnings, and only what the visitor may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from livemon.base.clock import FakeClock, iso
from livemon.base.datatypes import Severity
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.authenticator import session_key
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.parts.cameras_timeline import READ_EVERY_S, CamerasTimeline, timeline_html
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, DAY, analysis, archive, at
from tests.web.api.houses import OTHER, PASSWORD, House
from tests.web.test_login import house

__all__ = ["house"]  # the fixture


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MORNING)


@pytest.fixture
def monitor(settings: Settings, clock: FakeClock) -> Iterator[Monitor]:
    cameras = {name: {"source": "test-pattern", "name": name.title()} for name in (CAM, "hall")}
    with Monitor(Settings.model_validate(settings.model_dump() | {"cameras": cameras}), clock=clock, profile=FAST) as m:
        yield m


def rows(monitor: Monitor) -> list[str]:
    days = [monitor.day(camera_id, DAY) for camera_id in (CAM, "hall")]
    return re.split("(?=class='track')", timeline_html(days, CAM))[1:]


def test_each_camera_has_a_row_on_one_scale(monitor: Monitor) -> None:
    for hour in (9, 10):
        archive(monitor, at(hour))
        analysis(monitor, at(hour), score=40.0 if hour == 10 else 100.0)
    mine, other = rows(monitor)
    assert f"class='high' style='left:{100 * 9 / 24:.3f}%" in mine
    assert f"class='low' style='left:{100 * 10 / 24:.3f}%" in mine
    assert "class='not_recorded' style='left:0.000%;width:100.000%'" in other
    assert mine.count("class='hour'") == 2 and "class='hour'" not in other


def test_dangers_and_warnings_lead_to_their_window_and_notes_are_left_out(monitor: Monitor) -> None:
    for minute, severity in ((3, Severity.INFO), (14, Severity.DANGER), (25, Severity.WARNING)):
        moment = at(10, minute)
        observation = seen((moment - MORNING).total_seconds(), severity=severity)
        writes.add_event(monitor.database, "hall", observation, moment, model="local")
    mine, other = rows(monitor)
    assert "class='mark" not in mine
    assert re.findall("class='mark (\\w+)'", other) == ["danger", "warning"]
    assert f"camera=hall&amp;date={DAY}&amp;window={iso(at(10, 10)).replace(':', '%3A')}" in other
    assert "aria-label='Hall: danger 10:14'" in other


def test_one_camera_alone_has_no_rows(settings: Settings) -> None:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as monitor:
        shown = CamerasTimeline()
        shown.draw(of_session(monitor, ""), CAM, DAY)
        assert shown.is_empty


def test_the_rows_are_read_again_after_a_while_and_for_another_day(monitor: Monitor, clock: FakeClock) -> None:
    shown, visitor = CamerasTimeline(), of_session(monitor, "")
    shown.draw(visitor, CAM, DAY)
    read = monitor.query_cache.made
    shown.draw(visitor, CAM, DAY)
    assert monitor.query_cache.made == read
    shown.draw(visitor, CAM, DAY - timedelta(days=1))
    assert monitor.query_cache.made == read + 2
    clock.advance(READ_EVERY_S)
    shown.draw(visitor, CAM, DAY - timedelta(days=1))
    assert monitor.query_cache.made == read + 4


async def test_a_viewer_of_one_camera_sees_no_row_of_another(house: House) -> None:
    house.add_user("vera", Role.VIEWER, frozenset({OTHER}))
    shown = CamerasTimeline()
    vera = of_session(house.monitor, session_key(house.monitor.authenticator.log_in("vera", PASSWORD, "127.0.0.1")))
    shown.draw(vera, OTHER, DAY)
    assert shown.is_empty
