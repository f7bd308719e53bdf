from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from livemon.base.datatypes import Severity
from livemon.base.messages.message import Message
from livemon.base.stream_types import StreamState, StreamStatus
from livemon.monitor.monitor import Monitor
from livemon.store import reviews, writes
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.live import Dashboard
from livemon.web.pages.parts.event_table import event_markers, table_html
from livemon.web.pages.parts.live_track import read_track
from livemon.web.pages.parts.states import status_sentence
from livemon.web.pages.parts.wall import Wall, columns_for, dangers_now, kiosk_columns
from livemon.web.pages.shell.nav import LIVE, Nav
from tests.conftest import MORNING, seen
from tests.days import CAM
from tests.recording import record


def dashboard_of(monitor: Monitor, visitor: str = "") -> Dashboard:
    visited = of_session(monitor, visitor)
    return Dashboard(visited, Nav(LIVE, ".", visited))


def test_a_button_that_the_browser_says_is_loading_is_free_again_at_the_next_refresh(monitor: Monitor) -> None:
    """The browser's echo of `loading` may come after the camera has stopped; seen in Chromium on a busy machine."""
    view = dashboard_of(monitor)
    view._toggle.loading = True
    view.show(view.read())
    assert not view._toggle.loading


@pytest.mark.parametrize(("tiles", "columns"), [(0, 1), (1, 1), (2, 2), (4, 3), (9, 5), (16, 6)])
def test_as_few_columns_as_let_all_tiles_fit_on_a_wall_screen(tiles: int, columns: int) -> None:
    assert columns_for(tiles) == columns


@pytest.mark.parametrize(("tiles", "columns"), [(0, 1), (1, 1), (2, 2), (4, 2), (9, 5), (16, 6)])
def test_the_tiles_of_a_wall_screen_are_as_large_as_let_all_be_seen(tiles: int, columns: int) -> None:
    assert kiosk_columns(tiles) == columns


def test_a_fresh_danger_has_a_frame_for_viewers_too_until_it_is_reviewed(monitor: Monitor) -> None:
    visited = of_session(monitor, "")
    wall = Wall(visited, kiosk=True)
    now = monitor.clock.now()
    grave = replace(seen(0, kind="fall", severity=Severity.DANGER, title="Fell"), start_utc=now, end_utc=now)
    event_id = writes.add_event(monitor.database, CAM, grave, now, model="m")
    later = replace(grave, kind="play", severity=Severity.INFO, title="Plays")
    writes.add_event(monitor.database, CAM, later, now, model="m")
    assert dangers_now(visited, wall.read()) == [[event_id, "Playroom: Fell"]], "news does not hide it"
    reviews.review_events(monitor.database, [event_id], {"reviewed": True}, now)
    assert dangers_now(visited, wall.read()) == []


def test_the_moment_that_is_played_stands_in_the_address(monitor: Monitor) -> None:
    view = dashboard_of(monitor)
    view._on_moment(SimpleNamespace(new="2026-11-23T14:02:10.000Z"))
    asked = parse_qs(view.nav.lifeline.address.removeprefix("?"))
    assert asked == {"camera": [CAM], "at": ["2026-11-23T14:02:10.000Z"]}
    view._on_moment(SimpleNamespace(new=""))
    assert "at=" not in view.nav.lifeline.address


def test_the_bar_has_a_line_only_where_something_was_recorded(monitor: Monitor) -> None:
    assert read_track(monitor, CAM) == {"recorded": [], "moved": []}
    start = (monitor.clock.now() - timedelta(minutes=5)).replace(microsecond=0)
    record(monitor.settings.camera_dir(CAM) / "hls", start, 4)
    assert read_track(monitor, CAM)["recorded"] == [[start.timestamp(), start.timestamp() + 4]]


def test_a_mark_knows_how_grave_its_event_is_and_a_card_its_moment_and_place(monitor: Monitor) -> None:
    grave = seen(0, kind="fall", severity=Severity.DANGER, title="Fell")
    for box in (None, (100, 250, 600, 750)):
        writes.add_event(monitor.database, CAM, replace(grave, box=box), MORNING, model="m", thumbnail="a/b.jpg")
    events = monitor.events(CAM)
    assert [mark[3] for mark in event_markers(events)] == [Severity.DANGER.rank] * 2
    html = table_html(events, monitor.settings.zone, "")
    assert html.count("<i class='box'") == 1
    assert "left:25.0%;top:10.0%;width:50.0%;height:50.0%" in html
    assert html.count(f"data-moment='{MORNING:%Y-%m-%dT%H:%M:%S}") == 2


def test_a_camera_whose_looks_are_switched_off_says_so_while_it_streams() -> None:
    live = StreamStatus(CAM, StreamState.LIVE, Message("stream.live"), MORNING)
    assert "model does not look" in status_sentence(replace(live, looks=False), None)
    assert "model does not look" not in status_sentence(live, None)
    stopped = replace(live, state=StreamState.STOPPED, said=Message("stream.stopped"), looks=False)
    assert "model does not look" not in status_sentence(stopped, None)
