"""The parts of a page appear together on a phone: none pushes another down while the page loads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.web.test_browser import browser
from tests.web.test_browser_accessibility import PAGES, PHONE, Houses, houses

pytestmark = pytest.mark.browser
__all__ = ["browser", "houses"]  # the fixtures

MOST = 0.1
"""Cumulative layout shift that web.dev calls good."""
WATCH = """
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts.push(one.value);
  }).observe({type: "layout-shift", buffered: true});
"""
SHOWN = """() => document.documentElement.style.getPropertyValue("--lm-wait") === "none" &&
  new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))"""
"""Whether the parts are seen, and have been for a frame."""


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("wall", "kiosk", "login")])
def test_no_part_of_a_page_pushes_another_down_while_it_loads(browser: Browser, houses: Houses, name: str) -> None:
    of, address, there = PAGES[name]
    page = browser.new_page(**PHONE)
    page.add_init_script(WATCH)
    page.goto(getattr(houses, of) + address)
    page.locator(there).first.wait_for()
    page.wait_for_function(SHOWN)
    assert sum(page.evaluate("window.shifts")) < MOST
    page.close()
