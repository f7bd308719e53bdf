"""What Chromium is tested for, in WebKit and Firefox: play, go back, recover, review, log in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from livemon.base.clock import iso
from livemon.base.datatypes import EventType, Severity
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import users, writes
from livemon.store.event_search import found_event
from tests.conftest import FAST, MORNING, make_video, seen
from tests.days import CAM
from tests.ports import free_port
from tests.waiting import wait_until
from tests.web.api.houses import PASSWORD, with_a_login
from tests.web.other_browsers import RemotePage, opened, programs
from tests.web.test_browser import PLAYABLE
from tests.web.test_browser_bar import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PLAYER = 'const player = deep(".lm-player")[0]; const video = deep(".lm-player video")[0];'


@pytest.fixture(scope="module", params=["webkit", "firefox"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemotePage]:
    if not programs(request.param):
        pytest.skip(f"{request.param} is not installed: make test-browsers installs it")
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    make_video(settings.data_dir.parent / "videos" / "a.mp4", duration_s=10, size="160x120")
    with Monitor(settings, profile=PLAYABLE) as made:
        yield made


def wait_for(page: RemotePage, script: str) -> Any:
    """Wait until a script returns something true, and return that."""
    found: list[Any] = [None]

    def is_there() -> bool:
        found[0] = page.run(script)
        return bool(found[0])

    wait_until(is_there, script)
    return found[0]


def state(page: RemotePage) -> str:
    return str(page.run(PLAYER + "return player ? player.dataset.state : ''"))


def press(page: RemotePage, words: str) -> None:
    wait_for(page, f"const node = named('button', {words!r}); if (node) node.click(); return Boolean(node)")


def test_the_live_picture_plays_and_goes_back_and_comes_again(page: RemotePage, monitor: Monitor) -> None:
    monitor.start(CAM)
    wait_until(lambda: monitor.status(CAM).last_segment_end_utc is not None)
    page.goto(monitor.serve().url)
    wait_until(lambda: state(page) == "live", "the picture is live")
    begun_s = page.run(PLAYER + "return video.currentTime")
    wait_for(page, PLAYER + f"return video.currentTime >= {begun_s} + 3")
    back = iso(monitor.clock.now() - timedelta(seconds=8))
    page.goto(f"{monitor.serve().url}/?camera={CAM}&at={back}")
    wait_until(lambda: state(page) == "past", "a moment of before is shown")
    wait_for(page, PLAYER + "return video.readyState >= 2")
    page.goto(monitor.serve().url)
    wait_until(lambda: state(page) == "live", "the picture is live again")


def test_the_page_comes_back_when_the_server_was_killed(page: RemotePage, tmp_path: Path) -> None:
    port = free_port()
    server = serve(tmp_path, port)
    try:
        page.goto(f"http://127.0.0.1:{port}")
        wait_until(lambda: state(page) == "live")
        page.run("window.before = true")
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        wait_until(lambda: state(page) == "error", "the page says that it lost livemon")
        server = serve(tmp_path, port)
        wait_for(page, "return !window.before")
        wait_until(lambda: state(page) == "live")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def test_an_event_is_reviewed(page: RemotePage, monitor: Monitor) -> None:
    observed = replace(seen(0, severity=Severity.DANGER, title="Fell from the sofa"), event_type=EventType.SAFETY)
    event_id = writes.add_event(monitor.database, CAM, observed, MORNING, model="hosted")
    page.goto(f"{monitor.serve().url}/events")
    wait_for(page, "const row = deep('[role=option]')[0]; if (row) row.click(); return Boolean(row)")
    wait_for(page, "return deep('h2').some(node => node.textContent.includes('Fell from the sofa'))")
    press(page, "Right")

    def label() -> object:
        found = found_event(monitor.database, [CAM], event_id)
        return found and found["label"]

    wait_until(lambda: label() == "right", "the verdict is kept")


def test_a_person_logs_in(page: RemotePage, settings: Settings) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        hashed = monitor.authenticator.hashed(PASSWORD)
        assert users.add_user(monitor.database, "root", hashed, Role.ADMIN, None, monitor.clock.now())
        page.goto(f"{monitor.serve().url}/events")
        for name, text in (("username", "root"), ("password", PASSWORD)):
            wait_for(page, f"const field = deep('input[name={name}]')[0]; field.value = {text!r}; return true")
        page.run("deep('form button')[0].click()")
        wait_for(page, "return document.title.startsWith('Events')")
