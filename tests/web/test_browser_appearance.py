"""Light or dark in a real Chromium: as the system, or as it was chosen, on the first page and on every next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.pages.shell import page as page_module
from tests.conftest import FAST
from tests.web.test_browser import browser

__all__ = ["browser"]  # the fixture

pytestmark = pytest.mark.browser


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    with Monitor(settings, profile=FAST) as monitor:
        yield monitor.serve().url


def toggle(page: Page) -> Any:
    return page.get_by_role("button", name="Toggle theme")


def is_shown(page: Page, scheme: str) -> None:
    """By the bar's colour, which is one of two (THEME in page.py)."""
    colour = {"light": "rgb(52, 72, 197)", "dark": "rgb(27, 33, 48)"}[scheme]
    expect(page.locator(".MuiAppBar-root").first).to_have_css("background-color", colour)


def test_a_page_is_dark_where_the_system_is(browser: Browser, url: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(url + "/system")
    is_shown(page, "dark")
    page.emulate_media(color_scheme="light")  # the sun rises
    is_shown(page, "light")
    page.close()


def test_a_choice_goes_with_its_visitor_until_it_is_what_the_system_has(browser: Browser, url: str) -> None:
    page = browser.new_page(color_scheme="light")
    page.goto(url + "/system")
    is_shown(page, "light")
    toggle(page).dispatch_event("click")
    is_shown(page, "dark")
    page.wait_for_function("() => localStorage.getItem('livemon_theme') === 'dark'")  # the choice is kept
    page.goto(url + "/events")
    is_shown(page, "dark")
    made = page.evaluate("fetch('/prompts').then(answer => answer.text())")
    assert 'if (wanted === "dark") return;' in made  # by the server, not only by the browser
    toggle(page).dispatch_event("click")
    is_shown(page, "light")
    page.wait_for_function("() => localStorage.getItem('livemon_theme') === null")
    page.emulate_media(color_scheme="dark")
    is_shown(page, "dark")
    page.close()


def test_a_browser_that_keeps_nothing_gets_a_page_all_the_same(browser: Browser, url: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.add_init_script("""
        Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
        Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("no"); } });
    """)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.is_navigation_request() else None)
    page.goto(url + "/system")
    is_shown(page, "light")
    assert asked == [url + "/system"]
    page.close()


def test_where_a_proxy_takes_the_cookies_the_page_is_asked_for_twice_at_most(
    browser: Browser, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "kept_dark", lambda: False)
    page = browser.new_page(color_scheme="dark")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.is_navigation_request() else None)
    page.goto(url + "/system")
    is_shown(page, "light")
    assert asked == [url + "/system"] * 2
    page.close()
