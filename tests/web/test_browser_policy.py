"""The pages work under their Content Security Policy, and nothing that is put into an open page runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from livemon.monitor.monitor import Monitor
from livemon.web.server.headers import PAGE_POLICY
from tests.web.test_browser import browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture
PAGES = ("/", "/events", "/day", "/cameras", "/prompts", "/system", "/notifications")


def open_page(browser: Browser, url: str) -> tuple[Page, list[str]]:
    """Open a page and wait until it is drawn; returns it with what the browser refused."""
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    page.goto(url)
    page.get_by_role("link", name="Events").first.wait_for()
    page.wait_for_function("() => window.Bokeh?.index && document.readyState === 'complete'")
    page.wait_for_load_state("networkidle")
    return page, refused


def test_scripts_need_a_nonce_and_are_not_made_from_text() -> None:
    scripts = next(part for part in PAGE_POLICY.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "nonce-" in scripts


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_that_the_policy_refuses(browser: Browser, monitor: Monitor, path: str) -> None:
    page, refused = open_page(browser, monitor.serve().url + path)
    assert refused == []
    page.close()


def test_what_is_put_into_a_page_does_not_run(browser: Browser, monitor: Monitor) -> None:
    page, refused = open_page(browser, monitor.serve().url)
    page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = 1'>");
            const script = document.createElement("script");
            script.textContent = "window.ran = 2";
            document.body.append(script);
        }"""
    )
    page.wait_for_function("() => document.querySelector('img[src=x]').complete")
    assert page.evaluate("() => window.ran ?? 0") == 0
    assert len(refused) >= 2
    page.close()


def test_each_answer_has_a_nonce_of_its_own(browser: Browser, monitor: Monitor) -> None:
    url = monitor.serve().url
    page = browser.new_page()
    policies = {page.request.get(url).headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3
    page.close()
