"""A real Chromium reads the System page: money, calls, skipped looks, the machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from livemon.base.model_types import AnswerStatus
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import lab
from tests.conftest import FAST
from tests.spent import spend
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    cameras = {
        name: {"source": "test-pattern", "name": title, "autostart": False}
        for name, title in (("camera-1", "Living room"), ("hall", "Hall"))
    }
    with Monitor(Settings.model_validate(settings.model_dump() | {"cameras": cameras}), profile=FAST) as made:
        yield made


def open_system(browser: Browser, monitor: Monitor, **context: Any) -> tuple[Visit, Page]:
    visit = Visit(browser.new_page(**context))
    visit.page.goto(f"{monitor.serve().url}/system")
    visit.page.get_by_role("heading", name="Living room").wait_for()
    return visit, visit.page


def test_what_was_spent_and_what_failed_is_said_and_grows_by_itself(browser: Browser, monitor: Monitor) -> None:
    now = monitor.clock.now()
    spend(monitor.database, now, 0.25)
    spend(monitor.database, now, 0.05, camera_id="hall")
    spend(monitor.database, now, 0.0, camera_id="hall", status=AnswerStatus.UNAVAILABLE)
    visit, page = open_system(browser, monitor)
    total = page.locator(".numbers")
    assert "$0.30" in total.inner_text()
    assert "3, 1 failed" in total.inner_text()
    hall = page.locator("section", has=page.get_by_role("heading", name="Hall"))
    assert "unavailable: 1" in hall.inner_text()
    assert "Stopped" in hall.inner_text()
    monitor.start("hall")
    hall.get_by_text("Streaming").wait_for()
    assert "1 / 2" in total.inner_text()
    assert visit.errors == []
    page.close()


def test_the_machine_is_shown_and_a_phone_needs_no_sideways_scrolling(
    browser: Browser, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "paid_since", lambda _database, _since: (0.42, 2))
    _, page = open_system(browser, monitor, **PHONE)
    machine = page.locator("section", has=page.get_by_role("heading", name="This machine")).inner_text()
    assert "GB free" in machine
    assert "sqlite" in machine
    assert "livemon 0." in machine
    assert "$0.42, and 2 calls of unknown cost" in machine
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()
