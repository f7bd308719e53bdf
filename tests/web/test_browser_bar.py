"""A real Chromium uses the bar under the picture: drag back, events as marks, keys, snapshot, rest, restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.datatypes import Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.conftest import FAST, MORNING, make_video, seen
from tests.ports import free_port
from tests.recording import record
from tests.waiting import PATIENCE_S, wait_on_page
from tests.web.test_browser import PLAYABLE, Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

CAM = "camera-1"


@pytest.fixture
def house(settings: Settings) -> Iterator[tuple[Monitor, datetime]]:
    """A stopped camera with 24 seconds of a minute, five minutes ago, in which a child fell, and laughed later."""
    # A zone that no browser here is in: 12 h 45 min ahead of Greenwich.
    with Monitor(settings.model_copy(update={"timezone": "Pacific/Chatham"}), profile=FAST) as monitor:
        start = (monitor.clock.now() - timedelta(minutes=5)).replace(second=10, microsecond=0)
        record(settings.camera_dir(CAM) / "hls", start, 24, size="160x120")
        since_s = (start - MORNING).total_seconds()
        for second, title, severity in ((8, "Fell", Severity.DANGER), (18, "Laughed", Severity.INFO)):
            observed = seen(since_s + second, kind=title.lower(), severity=severity, title=title)
            writes.add_event(monitor.database, CAM, observed, monitor.clock.now(), model="local")
        yield monitor, start


def open_live(browser: Browser, url: str) -> Visit:
    visit = Visit(browser.new_page())
    visit.page.goto(url)
    visit.page.locator(".lm-bar").wait_for()
    visit.page.get_by_role("button", name="Start").wait_for()
    return visit


def drag_to(page: Page, at: datetime) -> None:
    page.get_by_role("slider", name="Time shift").evaluate(
        """(range, ms) => {
            range.value = Math.round((ms - Date.now()) / 1000);
            range.dispatchEvent(new Event("input"));
            range.dispatchEvent(new Event("change"));
        }""",
        at.timestamp() * 1000,
    )


def played_s(page: Page) -> float:
    return float(page.locator(".lm-player video").evaluate("video => video.readyState < 2 ? 0 : video.currentTime"))


def test_the_bar_goes_back_and_comes_back_to_now(browser: Browser, house: tuple[Monitor, datetime]) -> None:
    monitor, start = house
    visit = open_live(browser, monitor.serve().url)
    page = visit.page
    drag_to(page, start + timedelta(seconds=2))
    visit.wait_for_state("past")
    wait_on_page(page, lambda: played_s(page) > 0.5)
    expect(page.locator(".lm-badge")).to_contain_text("min ago")
    drag_to(page, start - timedelta(minutes=30))
    expect(page.locator(".lm-badge")).to_contain_text("Nothing at")
    wait_on_page(page, lambda: played_s(page) > 0.5), "the next that was recorded plays"
    drag_to(page, start + timedelta(minutes=2))
    page.get_by_text("Nothing was recorded then").wait_for()
    page.get_by_role("button", name="Back to live").click()
    visit.wait_for_state("off")
    expect(page.get_by_role("button", name="Back to live")).to_be_disabled()
    assert [error for error in visit.errors if "play()" not in error] == []
    page.close()


def test_keys_go_from_event_to_event_and_a_snapshot_is_saved(browser: Browser, house: tuple[Monitor, datetime]) -> None:
    monitor, start = house
    visit = open_live(browser, monitor.serve().url)
    page = visit.page
    expect(page.locator(".lm-bar .lm-mark")).to_have_count(2)
    page.locator(".lm-live").focus()
    page.keyboard.press(",")
    visit.wait_for_state("past")
    laughed = (start + timedelta(seconds=15)).astimezone(monitor.settings.zone)
    expect(page.locator(".lm-badge")).to_contain_text(f"{laughed:%H:%M}")
    wait_on_page(page, lambda: played_s(page) > 0.2)
    page.keyboard.press("k")
    expect(page.locator(".lm-badge")).to_contain_text("Paused")
    with page.expect_download() as waiting:
        page.keyboard.press("s")
    assert waiting.value.suggested_filename.startswith(f"{CAM} {laughed:%Y-%m-%d %H.%M}")
    assert cv2.imread(str(waiting.value.path())).shape == (120, 160, 3)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    page.keyboard.press("l")
    visit.wait_for_state("off")
    page.close()


def test_a_click_on_a_mark_plays_its_event(browser: Browser, house: tuple[Monitor, datetime]) -> None:
    monitor, start = house
    visit = open_live(browser, monitor.serve().url)
    page = visit.page
    page.locator(".lm-bar .lm-mark[title$=Fell]").dispatch_event("click")
    visit.wait_for_state("past")
    fell = (start + timedelta(seconds=5)).astimezone(monitor.settings.zone)
    wait_on_page(page, lambda: played_s(page) > 0.2)
    expect(page.locator(".lm-badge")).to_contain_text(f"{fell:%H:%M}")
    page.close()


def test_the_bar_zooms_shows_small_pictures_and_its_moment_can_be_sent(
    browser: Browser, house: tuple[Monitor, datetime]
) -> None:
    monitor, start = house
    visit = open_live(browser, monitor.serve().url)
    page = visit.page
    expect(page.locator(".lm-rec")).to_have_count(1)
    expect(page.locator(".lm-mark[data-rank='3']")).to_have_count(1)
    last = page.locator(".lm-scale .lm-mark").last
    assert last.get_attribute("data-rank") == "3", "the danger lies on top"
    drag_to(page, start + timedelta(seconds=2))
    visit.wait_for_state("past")
    for _ in range(3):
        page.get_by_role("button", name="Show a shorter time").click()
    expect(page.get_by_role("button", name="Show a shorter time")).to_be_disabled()
    slider = page.get_by_role("slider", name="Time shift")
    assert slider.evaluate("range => range.max - range.min") == 120
    # Handle and marks share one scale: the mark of a moment lies where the handle of that moment would.
    handle, mark = slider.evaluate(
        """(range, ms) => {
            const share = (ms / 1000 - Date.now() / 1000 - range.min) / (range.max - range.min);
            const bounds = range.getBoundingClientRect();
            const fell = range.parentElement.querySelector(".lm-mark[data-rank='3']").getBoundingClientRect();
            return [bounds.left + 8 + share * (bounds.width - 16), fell.left + fell.width / 2];
        }""",
        (start + timedelta(seconds=8)).timestamp() * 1000,
    )
    assert abs(handle - mark) < 10
    with page.expect_response(lambda answer: "/frames/" in answer.url) as waiting:
        page.mouse.move(mark, page.locator(".lm-track").bounding_box()["y"] + 30)
    assert waiting.value.ok
    expect(page.locator(".lm-peek img")).to_be_visible()
    page.wait_for_url("**at=*")
    sent = browser.new_page()
    sent.goto(page.url)
    Visit(sent).wait_for_state("past")
    sent.close()
    page.close()


def test_a_picture_that_nobody_sees_loads_nothing(browser: Browser, settings: Settings) -> None:
    make_video(settings.data_dir.parent / "videos" / "a.mp4", duration_s=10, size="160x120")
    with Monitor(settings, profile=PLAYABLE) as monitor:
        monitor.start(CAM)
        visit = Visit(browser.new_page(viewport={"width": 600, "height": 500}))
        page = visit.page
        page.goto(monitor.serve().url)
        visit.wait_for_state("live")
        segments: list[str] = []
        page.locator(".lm-player").evaluate("player => player.style.marginTop = '3000px'")
        visit.wait_for_state("resting")
        page.on("request", lambda request: segments.append(request.url) if ".ts" in request.url else None)
        reached = monitor.status(CAM).last_segment_end_utc
        assert reached is not None
        later = reached + timedelta(seconds=2 * PLAYABLE.segment_s)
        wait_on_page(page, lambda: (monitor.status(CAM).last_segment_end_utc or reached) >= later)
        assert segments == []
        page.locator(".lm-player").evaluate("player => player.style.marginTop = '0'")
        visit.wait_for_state("live")
        assert segments
        page.close()


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {"LIVEMON_DATA_DIR": str(folder / "data"), "LIVEMON_PORT": str(port), "PATH": os.environ["PATH"]}
    (folder / "livemon.toml").write_text('[cameras.camera-1]\nsource = "test-pattern"\nlatency = "low"\n')
    command = [sys.executable, "-m", "livemon", "serve"]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()  # the address: it listens
    return process


GIVES_UP = """() => Bokeh.documents[0].on_event("connection_lost", (_, event) => {
  if (event.timeout === null) window.gaveUp = true;
})"""


@pytest.mark.parametrize("outage", ["short", "longer than Bokeh tries"])
def test_the_page_comes_back_by_itself_when_the_server_was_killed(
    browser: Browser, tmp_path: Path, outage: str
) -> None:
    port = free_port()
    server = serve(tmp_path, port)
    try:
        visit = Visit(browser.new_page())
        visit.page.goto(f"http://127.0.0.1:{port}")
        visit.wait_for_state("live")
        visit.page.evaluate("window.before = true")
        visit.page.evaluate(GIVES_UP)
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        visit.page.get_by_text("Connection to livemon lost").wait_for()
        visit.wait_for_state("error")
        if outage != "short":
            visit.page.wait_for_function("() => window.gaveUp")
        server = serve(tmp_path, port)
        visit.page.wait_for_function("() => !window.before")  # the page, too, has loaded itself again
        visit.wait_for_state("live")
        visit.page.get_by_role("button", name="Stop").click()
        visit.wait_for_state("off")
        visit.page.close()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE_S)
