"""What changes on a page reaches the browser, also when Panel is just sending something else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from bokeh.document import Document
from panel.io.document import extra_socket_handlers, schedule_write_events
from playwright.sync_api import Browser

from livemon.monitor.monitor import Monitor
from livemon.web.pages.shell.page import send_what_waits
from tests.web.test_browser import browser

__all__ = ["browser"]  # the fixture

DRAWN = """async () => {
  const models = () => [...(window.Bokeh?.documents?.[0]?._all_models.values() ?? [])];
  while (!models().some(model => model.attributes.drawn)) await new Promise(resolve => setTimeout(resolve, 10));
  return Bokeh.documents[0].is_idle;
}"""
"""Waits until the page is brought up to date from now on; whether all its parts are drawn by then."""


class Socket:
    """A browser that takes messages when it is told to."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.taken: list[asyncio.Future[None]] = []

    def take(self) -> None:
        for future in self.taken:
            if not future.done():
                future.set_result(None)

    def write(self, message: Any) -> list[asyncio.Future[None]]:
        self.messages.append(message)
        self.taken.append(asyncio.get_running_loop().create_future())
        return [self.taken[-1]]


class Connection:
    """What Panel knows of a browser; messages are the events themselves."""

    def __init__(self) -> None:
        self._socket = Socket()
        self.protocol = self

    def create(self, _kind: str, events: Any) -> Any:
        return events


@pytest.fixture
def connection() -> Iterator[Any]:
    extra_socket_handlers[Socket] = lambda connection, events=None, msg=None: connection._socket.write(msg)
    yield Connection()
    del extra_socket_handlers[Socket]


def test_a_change_that_panel_holds_back_is_sent_by_the_next_tick(connection: Any) -> None:
    async def page() -> None:
        document, browser = Document(), connection._socket
        schedule_write_events(document, [connection], ["first"])
        await asyncio.sleep(0)
        assert browser.messages == [["first"]]
        browser.take()  # the first is sent ...
        schedule_write_events(document, [connection], ["second"])  # ... while this comes
        await settle(browser)
        send_what_waits(document)
        await settle(browser)
        assert browser.messages == [["first"], ["second"]]

    asyncio.run(page())


async def settle(browser: Socket) -> None:
    for _ in range(20):
        await asyncio.sleep(0)
        browser.take()


@pytest.mark.browser
def test_a_page_is_brought_up_to_date_once_all_its_parts_listen(browser: Browser, monitor: Monitor) -> None:
    page = browser.new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"{monitor.serve().url}/prompts")
    assert page.evaluate(DRAWN)
    page.close()
