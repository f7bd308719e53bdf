"""A wall screen in a real Chromium: no navigation, all cameras fit, frame and sound at a danger, the way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.datatypes import Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import reviews, writes
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

WALL = {"width": 2560, "height": 1440}


@pytest.fixture
def house(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        yield made


def open_kiosk(browser: Browser, house: Monitor, query: str = "?kiosk=1", **context: object) -> Visit:
    visit = Visit(browser.new_page(**{"viewport": WALL, **context}))
    visit.page.goto(f"{house.serve().url}/{query}")
    visit.page.locator(".lm-player").first.wait_for()
    visit.wait_until_drawn()
    return visit


def happen(house: Monitor, title: str) -> int:
    second = (house.clock.now() - MORNING).total_seconds()
    observed = seen(second, kind=title, severity=Severity.DANGER, title=title)
    return writes.add_event(house.database, CAM, observed, house.clock.now(), model="local")


def is_all_on_the_screen(page: Page, players: int) -> None:
    expect(page.locator(".lm-player")).to_have_count(players)
    boxes = [one.bounding_box() for one in page.locator(".lm-player").all()]
    seen_boxes = boxes + [one.bounding_box() for one in page.locator(".last").all()]
    assert len(seen_boxes) == 2 * players
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= WALL["width"] for box in seen_boxes)
    assert all(box and box["y"] >= 0 and box["y"] + box["height"] <= WALL["height"] for box in seen_boxes)
    # Nine pictures of four by three and their words fill a screen of this shape so far.
    assert sum(box["width"] * box["height"] for box in boxes if box) > 0.4 * WALL["width"] * WALL["height"]


def test_a_danger_has_a_frame_until_it_is_reviewed_and_a_sound_only_when_it_is_on(
    browser: Browser, house: Monitor
) -> None:
    visit = open_kiosk(browser, house)
    page = visit.page
    frame = page.locator(".lmk-frame")
    expect(frame).to_be_hidden()
    expect(page.locator(".MuiAppBar-root")).to_be_hidden()
    is_all_on_the_screen(page, 1)
    first = happen(house, "Fell <b>hard</b>")
    expect(frame).to_be_visible()
    expect(page.locator(".lmk-said")).to_have_text("Playroom: Fell <b>hard</b>")
    tools = page.locator(".lmk-tools")
    assert tools.get_attribute("data-sounded") is None, "sound is off until it is asked for"
    reviews.review_events(house.database, [first], {"reviewed": True}, house.clock.now(), "Ada")
    expect(frame).to_be_hidden()
    page.get_by_role("button", name="Sound: off").click()
    second = happen(house, "Burns")
    expect(tools).to_have_attribute("data-sounded", str(second))
    expect(frame).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "kiosk" not in url)
    expect(page.locator(".MuiAppBar-root").first).to_be_visible()
    assert visit.errors == []
    page.close()


def test_nine_cameras_fill_the_screen_and_one_can_be_chosen(browser: Browser, house: Monitor) -> None:
    for number in range(2, 10):
        house.camera_registry.add(f"room-{number}", source="test-pattern", name=f"Room {number}")
    visit = open_kiosk(browser, house)
    page = visit.page
    is_all_on_the_screen(page, 9)
    page.goto(f"{house.serve().url}/?kiosk=1&camera=room-4")
    page.get_by_text("Room 4").wait_for()
    is_all_on_the_screen(page, 1)
    page.get_by_role("button", name="Leave").click()
    page.wait_for_url(lambda url: url.endswith("?camera=room-4"))
    page.get_by_role("link", name="Wall screen").click()
    page.wait_for_url(lambda url: "kiosk=1&camera=room-4" in url)
    assert visit.errors == []
    page.close()


def test_a_camera_that_does_not_exist_is_named(browser: Browser, house: Monitor) -> None:
    page = browser.new_page(viewport=WALL)
    page.goto(f"{house.serve().url}/?kiosk=1&camera=attic")
    expect(page.get_by_text("attic")).to_be_visible()
    expect(page.locator(".lm-player")).to_have_count(0)
    page.close()


def test_an_old_danger_has_no_frame(browser: Browser, house: Monitor) -> None:
    at = house.clock.now() - timedelta(hours=1)
    observed = seen((at - MORNING).total_seconds(), kind="fall", severity=Severity.DANGER, title="Fell")
    writes.add_event(house.database, CAM, observed, at, model="local")
    page = open_kiosk(browser, house).page
    page.get_by_text("Fell").wait_for()
    expect(page.locator(".lmk-frame")).to_be_hidden()
    page.close()
