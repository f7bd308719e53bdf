"""The one way tests wait: for a condition, never for a duration. How long it took decides nothing.

Playwright's own waits get the same patience where the browser starts (tests/web/test_browser.py).
"""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_S = 120.0
"""Only what hangs takes longer, also on a machine that does much else. `timeout` in pyproject.toml is above it."""

PAUSE_S = 0.02

STILL = """() => {
    const roots = [document];
    for (const root of roots)
        for (const element of root.querySelectorAll("*")) if (element.shadowRoot) roots.push(element.shadowRoot);
    const fading = roots.flatMap(root => root.getAnimations()).some(one => one instanceof CSSTransition);
    const now = performance.now();
    if (fading) window.stillSince = now;
    window.stillSince ??= now;
    return now - window.stillSince > 250;
}"""
"""For `Page.wait_for_function`: whether nothing has moved, and no colour has changed, for a moment."""


def wait_until(condition: Callable[[], object], what: object = "", timeout_s: float = PATIENCE_S) -> None:
    """Block until `condition()` is true; `what` is said when it does not become so."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s:g} s: {what}"
        time.sleep(PAUSE_S)


def answers(url: str) -> bool:
    """Whether something answers at an address, be it with a refusal."""
    try:
        urllib.request.urlopen(url, timeout=PATIENCE_S).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_on_page(page: Page, condition: Callable[[], object], what: object = "") -> None:
    """Wait as `wait_until` does, and let Playwright handle the page's events meanwhile."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {PATIENCE_S:g} s: {what}"
        page.wait_for_timeout(PAUSE_S * 1000)


async def wait_async(condition: Callable[[], object], what: object = "", timeout_s: float = PATIENCE_S) -> None:
    """Wait as `wait_until` does, and let the event loop run meanwhile."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s:g} s: {what}"
        await asyncio.sleep(PAUSE_S)
