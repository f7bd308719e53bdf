"""The Notifications page in Chromium: a recipient is added, tested and removed, and what was told is seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.notify.expansion import expand
from livemon.notify.policy import Limits
from livemon.store import notifications, writes
from livemon.store.event_search import found_event
from tests.conftest import FAST, MORNING
from tests.days import CAM
from tests.web.test_browser import Visit, browser

__all__ = ["browser"]

pytestmark = pytest.mark.browser


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


def open_page(browser: Browser, monitor: Monitor, query: str = "") -> Visit:
    visit = Visit(browser.new_page())
    visit.page.goto(f"{monitor.serve().url}/notifications{query}")
    visit.page.get_by_role("heading", name="Recipients").wait_for()
    visit.wait_until_drawn()
    return visit


def test_a_recipient_is_added_tested_and_removed(browser: Browser, monitor: Monitor) -> None:
    visit = open_page(browser, monitor)
    page = visit.page
    page.get_by_text("No one is notified of a danger").wait_for()
    page.get_by_text("Nothing has been sent yet.").wait_for()
    page.get_by_label("Name").fill("Mother")
    page.get_by_label("Where to").fill("nonsense")
    add = page.get_by_role("button", name="Add recipient")
    visit.press(add, page.get_by_text("begins with a scheme").first)
    page.get_by_label("Where to").fill("ntfy://127.0.0.1:9/our-secret-topic")
    page.get_by_label("Quiet hours").fill("22:00-07:00")
    visit.press(add, page.get_by_text("only danger from 22:00-07:00"))
    page.get_by_text("ntfy (ntfy)").wait_for()
    assert "our-secret-topic" not in page.content()
    assert page.get_by_text("No one is notified of a danger").count() == 0
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("A test to Mother is on its way.").wait_for()
    page.get_by_role("cell", name="waiting").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("No one is notified of a danger").wait_for()
    assert visit.errors == []
    page.close()


def test_what_was_told_and_held_back_is_seen(browser: Browser, monitor: Monitor) -> None:
    monitor.notify.put("Mother", ["ntfy://127.0.0.1:9/topic"])
    for title in ("It <burns>", "It burns again"):
        seen = Observation("fire", EventType.SAFETY, Severity.DANGER, title, "", 0.9, MORNING, MORNING, ())
        writes.add_event(monitor.database, CAM, seen, MORNING, model="local")
    expand(monitor.database, [one.for_policy for one in monitor.notify.all()], MORNING, Limits())
    visit = open_page(browser, monitor)
    visit.page.get_by_role("cell", name="It <burns>").wait_for()
    visit.page.get_by_role("cell", name="held back: the same danger was sent a moment before").wait_for()
    visit.page.get_by_role("link", name="Notifications").wait_for()
    assert visit.errors == []
    visit.page.close()


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, monitor: Monitor) -> None:
    monitor.notify.put("Mother", ["ntfy://127.0.0.1:9/topic"], quiet=[{"start": "22:00", "end": "07:00"}])
    page = browser.new_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.goto(f"{monitor.serve().url}/notifications")
    button = page.get_by_role("button", name="Add recipient")
    button.wait_for()
    for shown in (button, page.get_by_role("button", name="Send a test"), page.get_by_label("Where to")):
        box = shown.bounding_box()
        assert box is not None and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()


def test_the_page_behind_a_messages_link_takes_the_answer(browser: Browser, monitor: Monitor) -> None:
    """A browser tells with a form where it comes from, which only the page's own policy can forbid it to."""
    monitor.notify.put("Mother", ["webhook+http://127.0.0.1:9/"])
    seen = Observation("fall", EventType.SAFETY, Severity.DANGER, "Fell", "On the floor.", 0.9, MORNING, MORNING, ())
    event_id = writes.add_event(monitor.database, CAM, seen, MORNING, model="local")
    mother = monitor.notify.named("Mother")
    row = {"recipient_id": mother.id, "about": "event", "event_id": event_id, "camera_id": CAM, "weight": "danger"}
    row |= {"state": "sent", "created_utc": MORNING, "next_try_utc": MORNING}
    number = notifications.add_one(monitor.database, row)
    page = browser.new_page()
    signed = monitor.notify.secrets.sign({"answer": number})
    page.goto(f"{monitor.serve().url}/api/live-monitoring/answers/{signed}")
    page.get_by_role("button", name="It was right").click()
    page.get_by_role("status").wait_for()
    found = found_event(monitor.database, [CAM], event_id)
    assert found is not None
    assert (found["label"], found["reviewed_by"]) == ("right", "Mother")
    page.close()
