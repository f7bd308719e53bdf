"""A real Chromium plays recorded footage: a playlist over an archive and live segments, and a clip."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from livemon.base.clock import Window
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import archives
from livemon.stream.files.archive import assemble
from tests.conftest import FAST, MORNING
from tests.recording import LEVELS, record
from tests.web.test_browser import CHROMIUM

pytestmark = pytest.mark.browser

HLS_JS = Path(__file__).parents[2] / "livemon" / "web" / "js" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
START = MORNING + timedelta(seconds=588)
"""Twelve seconds of it lie in the window that is archived, the others are live."""

# The number of the picture that a video element shows, by its brightness (tests/recording.py).
LOOK = """async second => {
    const video = document.querySelector('video');
    const seeked = new Promise(done => video.addEventListener('seeked', done, {once: true}));
    video.currentTime = second;
    await seeked;
    // A browser says "seeked" when it has the picture, up to some pictures of the screen before it shows it.
    for (let n = 0; n < 10; n++) await new Promise(done => requestAnimationFrame(done));
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 16];
    const paper = canvas.getContext('2d');
    paper.drawImage(video, 0, 0, 16, 16);
    return paper.getImageData(8, 8, 1, 1).data[0];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    hls = settings.camera_dir("camera-1") / "hls"
    segments = record(hls, START, 24, size="160x120")
    with Monitor(settings, profile=FAST) as made:
        window = assemble("camera-1", Window(MORNING), segments[:6], settings.camera_dir("camera-1") / "archive")
        archives.replace_archives(made.database, window, settings.data_dir)
        for segment in segments[:6]:
            segment.path.unlink()
        yield made


def open_video(browser: Browser, monitor: Monitor) -> tuple[Page, str]:
    api = f"{monitor.serve().url}/api/live-monitoring"
    page = browser.new_page(bypass_csp=True)  # the test's own page, on livemon's address
    page.goto(f"{api}/cameras")
    page.evaluate("document.body.innerHTML = '<video muted></video>'")
    return page, api


def shown(page: Page, second: float) -> float:
    """Return the number of the picture shown at a second of the video."""
    return float(page.evaluate(LOOK, second)) * 219 / 255 / 4 % LEVELS


@pytest.mark.skipif(not HLS_JS.is_file(), reason="hls.js is not installed: make player")
def test_a_past_playlist_plays_from_the_archive_into_live_footage(browser: Browser, monitor: Monitor) -> None:
    page, api = open_video(browser, monitor)
    page.add_script_tag(path=str(HLS_JS))
    url = f"{api}/playback/camera-1.m3u8?start=2026-11-23T08:09:51Z&end=2026-11-23T08:10:12Z"
    started_s = page.evaluate(
        """url => new Promise((done, failed) => {
            const video = document.querySelector('video');
            window.hls = new Hls({maxBufferLength: 60});
            hls.on(Hls.Events.ERROR, (_, data) => failed(JSON.stringify(data.details)));
            hls.attachMedia(video);
            hls.loadSource(url);
            video.addEventListener('playing', () => {video.pause(); done(video.currentTime);}, {once: true});
            video.play();
        })""",
        url,
    )
    assert 3 <= started_s < 5, "it begins at the moment asked for, three seconds into the first segment"
    page.wait_for_function("document.querySelector('video').buffered.length == 1 && hls.media.buffered.end(0) > 23.8")
    # Sought from the end of the archive over the seam into live footage: one timeline, the right picture everywhere.
    # hls.js begins its timeline at the first decoding time, which is two pictures before the first one is shown.
    for second in (0.5, 5.1, 9.9, 11.5, 11.9, 12.1, 12.5, 17.3, 23.3):
        assert shown(page, second + 0.02) == pytest.approx(int(second * 25 + 1e-6) % LEVELS, abs=3.5)
    page.close()


def test_a_clip_begins_with_the_picture_asked_for(browser: Browser, monitor: Monitor) -> None:
    page, api = open_video(browser, monitor)
    url = f"{api}/clips/camera-1.mp4?start=2026-11-23T08:09:58.720Z&end=2026-11-23T08:10:04Z"
    duration_s = page.evaluate(
        """url => new Promise((done, failed) => {
            const video = document.querySelector('video');
            video.addEventListener('loadeddata', () => done(video.duration), {once: true});
            video.addEventListener('error', () => failed(video.error.message), {once: true});
            video.src = url;
        })""",
        url,
    )
    assert duration_s == pytest.approx(5.28, abs=0.2)
    for second in (0.0, 0.4, 1.2, 1.5, 5.0):
        number = int((10.72 + second) * 25 + 1e-6) % LEVELS
        assert shown(page, second + 0.02) == pytest.approx(number, abs=1.5)
    page.close()
