"""In Chromium, what a page wants to do later is done on the loop, though a thread built the page."""

from __future__ import annotations

import threading
from typing import Any

import panel as pn
import pytest
from playwright.sync_api import Browser

from tests.waiting import wait_until
from tests.web.test_browser import browser, monitor
from tests.web.test_page_thread import Pages, pages
from tests.web.test_sessions import sessions

__all__ = ["browser", "monitor", "pages"]  # the fixtures

pytestmark = pytest.mark.browser


def test_what_a_page_wants_to_do_later_is_done_on_the_loop(pages: Pages, browser: Browser) -> None:
    done: dict[str, set[str]] = {"onload": set(), "periodic": set(), "tick": set()}
    text: list[Any] = []

    def note(name: str) -> None:
        done[name].add(threading.current_thread().name)
        text[0].object = " and ".join(sorted(name for name, threads in done.items() if threads))

    async def tick() -> None:
        note("tick")

    def page() -> Any:
        text[:] = [pn.pane.HTML("Not yet")]
        pn.state.onload(lambda: note("onload"))
        pn.state.add_periodic_callback(lambda: note("periodic"), 50)
        pn.state.execute(tick)
        return text[0]

    pages.make = page
    opened = browser.new_page()
    opened.goto(pages.url)
    opened.get_by_text("onload and periodic and tick").wait_for()
    opened.close()
    assert done == {name: {"livemon-server"} for name in done}


def test_a_page_that_is_loaded_again_or_closed_leaves_no_session(pages: Pages, browser: Browser) -> None:
    pages.make = lambda: pn.pane.HTML("Here")
    opened = browser.new_page()
    opened.goto(pages.url)
    opened.get_by_text("Here").wait_for()
    wait_until(lambda: len(pages.bokeh._clients) == 1)
    first = sessions(pages)
    opened.reload()
    opened.get_by_text("Here").wait_for()
    wait_until(lambda: len(sessions(pages)) == 1)
    assert not first & sessions(pages)
    opened.close()
    wait_until(lambda: not sessions(pages))
