"""A real Chromium plays the stream and shows the dashboard."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.conftest import FAST, MORNING, ScriptedModel, make_video, seen
from tests.waiting import PATIENCE_S, wait_on_page

pytestmark = pytest.mark.browser

# A picture that browsers decode in hardware or not alike, with two-second segments.
PLAYABLE = replace(FAST, width=160, height=120, gop_s=2, segment_s=2, live_segments=6)
CLICKED_AGAIN_MS = 5000
"""A click that shows nothing for so long is made again."""
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        for make in (chromium.new_page, chromium.new_context):
            setattr(chromium, make.__name__, patient(make))
        yield chromium
        chromium.close()


def patient(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return `make`, whose pages or contexts wait as long as all tests do."""

    def made(**options: Any) -> Any:
        page = make(**options)
        page.set_default_timeout(PATIENCE_S * 1000)
        return page

    return made


@pytest.fixture
def monitor(settings: Settings, scripted: ScriptedModel) -> Iterator[Monitor]:
    make_video(settings.data_dir.parent / "videos" / "a.mp4", duration_s=10, size="160x120")
    with Monitor(settings.model_copy(update={"model": "scripted"}), profile=PLAYABLE) as made:
        yield made


class Visit:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def wait_for_state(self, state: str) -> None:
        # Panel's components stand in shadow roots; Playwright's locators pierce them.
        try:
            self.page.locator(f".lm-player[data-state={state}]").wait_for()
        except Error as exc:
            shown = self.page.locator(".lm-player").inner_text()
            raise AssertionError(f"the player is not {state} but says {shown!r}; errors: {self.errors}") from exc

    def wait_until_drawn(self) -> None:
        """Wait until the page listens: what the server changes before that is not seen (js/lifeline.js)."""
        self.page.wait_for_function(
            "() => [...Bokeh.documents[0]._all_models.values()].some(model => model.attributes.drawn === true)"
        )

    def press(self, button: Locator, shows: Locator) -> None:
        """Click until the click shows: one that comes while parts move hits what lies there, and people click again.

        Only for what may be asked for twice.
        """

        def clicked() -> bool:
            if button.is_visible() and button.is_enabled():
                button.click()
            with suppress(Error):
                shows.wait_for(timeout=CLICKED_AGAIN_MS)
            return shows.is_visible()

        wait_on_page(self.page, clicked, f"no click showed {shows}")

    def current_time_s(self) -> float:
        return float(self.page.locator(".lm-player video").evaluate("video => video.currentTime"))


def test_the_dashboard_plays_live_and_grows_by_itself(browser: Browser, monitor: Monitor) -> None:
    server = monitor.serve()
    visits = [Visit(browser.new_page()) for _ in range(2)]
    for visit in visits:
        visit.page.goto(server.url)
    first = visits[0]
    first.page.get_by_role("button", name="Start").click()
    for visit in visits:
        visit.wait_for_state("live")
        visit.page.get_by_role("button", name="Stop").wait_for()
    begun_s = first.current_time_s()
    wait_on_page(first.page, lambda: first.current_time_s() >= begun_s + 3)
    first.page.locator(".lm-badge", has_text="s behind").wait_for()
    writes.add_event(monitor.database, "camera-1", seen(0, title="A cat came in"), monitor.clock.now(), model="local")
    for visit in visits:
        visit.page.get_by_text("A cat came in").wait_for()
        assert visit.errors == []
        assert visit.hosts == {server.url.split("/")[2]}, "nothing comes from elsewhere"
        visit.page.close()


def test_the_player_recovers_when_the_camera_is_stopped_and_started(browser: Browser, monitor: Monitor) -> None:
    monitor.start("camera-1")
    visit = Visit(browser.new_page())
    visit.page.goto(monitor.serve().url)
    visit.wait_for_state("live")
    visit.page.get_by_role("button", name="Stop").click()
    visit.wait_for_state("off")
    expect(visit.page.locator(".lm-note")).to_contain_text("Not streaming")
    visit.page.get_by_role("button", name="Start").click()
    visit.wait_for_state("live")
    visit.page.close()


def test_a_missing_folder_is_said_on_the_screen(browser: Browser, monitor: Monitor) -> None:
    for path in monitor.camera("camera-1").source.files():
        path.unlink()
    visit = Visit(browser.new_page())
    visit.page.goto(monitor.serve().url)
    visit.page.get_by_role("button", name="Start").click()
    visit.page.get_by_text("holds no video file").first.wait_for()
    visit.page.close()


def test_a_camera_that_cannot_be_reached_is_offline_and_says_why(browser: Browser, settings: Settings) -> None:
    nobody = settings.model_dump() | {"cameras": {"c1": {"source": "rtsp://127.0.0.1:9/nobody"}}}
    with Monitor(Settings.model_validate(nobody), profile=PLAYABLE) as monitor:
        monitor.start_all()
        visit = Visit(browser.new_page())
        visit.page.goto(monitor.serve().url)
        visit.page.locator(".lm-badge", has_text="Offline").wait_for()
        note = visit.page.locator(".lm-note")
        wait_on_page(visit.page, lambda: monitor.status("c1").reason in note.inner_text())
        visit.page.close()


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, monitor: Monitor) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
    page.goto(monitor.serve().url)
    page.get_by_role("button", name="Start").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()


def test_all_cameras_play_at_once_and_only_while_they_are_shown(browser: Browser, settings: Settings) -> None:
    cameras = {f"c{n}": {"source": "test-pattern", "name": f"Room {n}"} for n in range(3)}
    several = Settings.model_validate(settings.model_dump() | {"cameras": cameras})
    with Monitor(several, profile=PLAYABLE) as monitor:
        monitor.start_all()
        visit = Visit(browser.new_page())
        visit.page.goto(monitor.serve().url)
        visit.wait_for_state("live")
        visit.page.get_by_role("combobox").first.click()
        visit.page.locator("li", has_text="All cameras").click()
        playing = visit.page.locator(".lm-player[data-state=live]")
        expect(playing).to_have_count(3)
        monitor.camera_registry.add("c3", source="test-pattern", name="Attic")
        visit.page.get_by_role("link", name="Attic").wait_for()
        now = monitor.clock.now()
        jumped = seen((now - MORNING).total_seconds(), title="Jumped")
        writes.add_event(monitor.database, "c1", jumped, now, model="local")
        visit.page.get_by_role("link", name="Jumped").wait_for()
        expect(visit.page.locator(".spark")).to_have_count(4)
        monitor.camera_registry.remove("c3")
        visit.page.get_by_role("link", name="Attic").wait_for(state="detached")
        visit.page.get_by_role("combobox").first.click()
        visit.page.locator("li", has_text="Room 1").click()
        visit.page.get_by_role("button", name="Stop").wait_for()
        visit.wait_for_state("live")
        expect(visit.page.locator(".lm-player")).to_have_count(1)  # what is not shown loads nothing
        assert visit.errors == []
        visit.page.close()


def test_a_reload_shows_the_camera_that_was_chosen_and_one_that_is_gone_is_said(
    browser: Browser, settings: Settings
) -> None:
    cameras = {f"c{n}": {"source": "test-pattern", "name": f"Room {n}"} for n in range(2)}
    several = Settings.model_validate(settings.model_dump() | {"cameras": cameras})
    with Monitor(several, profile=PLAYABLE) as monitor:
        monitor.camera_registry.add("attic", source="test-pattern", name="Attic")
        url = monitor.serve().url
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("combobox").first.click()
        page.locator("li", has_text="Attic").click()
        page.wait_for_url("**/?camera=attic")
        page.reload()
        expect(page.get_by_role("combobox").first).to_have_text("Attic")
        page.locator(".lm-player").wait_for()
        monitor.camera_registry.remove("attic")
        page.get_by_text("There is no camera 'attic'.").wait_for()
        expect(page.get_by_role("combobox").first).to_have_text("Room 0")
        page.goto(url + "/?camera=nonesuch")
        page.get_by_text("There is no camera 'nonesuch'.").wait_for()
        page.get_by_role("combobox").first.click()
        page.locator("li", has_text="All cameras").click()
        page.wait_for_url("**/?camera=*")
        page.close()
