"""Pages are built for nobody when a server starts: all of them, before any visitor's, and nothing of them stays."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import panel as pn
import pytest
from bokeh.document import Document

from livemon.base.errors import NotLoggedIn
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import unattended, visit
from livemon.web.server import page_thread, serve, warm_up
from livemon.web.server.login import LivemonAuth
from tests.conftest import FAST
from tests.web.api.houses import with_a_login
from tests.web.test_page_thread import BUILDER, LONG_S, Pages, pages

__all__ = ["pages"]  # the fixture


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """When what is there was kept, without keeping it: a test's own objects are to go."""
    told: list[str] = []
    for module in (serve, warm_up):
        monkeypatch.setattr(module, "keep_what_is_there", lambda: told.append("kept"))
    return told


def warm(pages: Pages, functions: dict[str, Callable[[], Any]]) -> Any:
    return asyncio.run_coroutine_threadsafe(warm_up.warm_up(pages.bokeh, pages.thread, functions), pages.loop)


def test_nothing_of_them_stays_and_what_is_there_is_kept_after_that(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents: list[weakref.ref[Document]] = []
    alive: list[bool] = []

    def keep() -> None:
        gc.collect()
        alive.extend(document() is not None for document in documents)

    monkeypatch.setattr(warm_up, "keep_what_is_there", keep)

    def noted(page: Callable[[], Any]) -> Callable[[], Any]:
        def make() -> Any:
            assert threading.current_thread().name.startswith(BUILDER)
            documents.append(weakref.ref(pn.state.curdoc))
            return page()

        return make

    functions = {path: noted(page) for path, page in serve._pages(lambda: unattended(pages.monitor)).items()}
    warm(pages, functions).result(LONG_S)
    assert alive == [False] * len(functions)


def test_they_are_built_where_people_have_to_log_in_and_nobody_gets_in_by_that(settings: Settings) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        LivemonAuth(monitor)
        assert set(unattended(monitor).cameras) == set(monitor.cameras)
        assert not monitor.authenticator.open
        with pytest.raises(NotLoggedIn):
            visit(monitor).cameras  # noqa: B018


def test_one_that_cannot_be_built_is_said_and_the_others_are(
    pages: Pages, kept: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_html = page_thread.write_html
    written: list[str] = []

    def fails_once(server: Any, document: Document, token: str) -> str:
        written.append(token)
        if len(written) == 1:
            raise ValueError("No page today")
        return write_html(server, document, token)

    monkeypatch.setattr(warm_up, "write_html", fails_once)
    page = {path: lambda: pn.pane.HTML("") for path in ("/broken", "/whole")}
    warm(pages, page).result(LONG_S)
    assert kept == ["kept"]
    assert "/broken could not be built" in caplog.text
    assert "/whole" not in caplog.text


def test_a_visitor_meanwhile_comes_after_what_is_kept(pages: Pages, kept: list[str]) -> None:
    """Otherwise their page would be kept for ever."""
    asked, may_go = threading.Event(), threading.Event()

    def slow() -> Any:
        asked.set()
        assert may_go.wait(LONG_S)
        return pn.pane.HTML("")

    def page() -> Any:
        kept.append("visited")
        return pn.pane.HTML("")

    pages.make = page
    warming_up = warm(pages, {"/": slow})
    assert asked.wait(LONG_S)
    visitor = threading.Thread(target=pages.html)
    visitor.start()
    time.sleep(0.2)
    may_go.set()
    warming_up.result(LONG_S)
    visitor.join(LONG_S)
    assert kept == ["kept", "visited"]


def test_it_ends_with_the_server(pages: Pages, kept: list[str]) -> None:
    asked, may_go, built = threading.Event(), threading.Event(), []

    def slow() -> Any:
        asked.set()
        assert may_go.wait(LONG_S)
        return pn.pane.HTML("")

    def late() -> Any:
        built.append("late")
        return pn.pane.HTML("")

    warm(pages, {"/slow": slow, "/late": late})
    assert asked.wait(LONG_S)
    stopping = threading.Thread(target=pages.server.stop)
    stopping.start()
    assert pages.thread.stopping.wait(LONG_S)
    may_go.set()
    stopping.join(LONG_S)
    assert not stopping.is_alive()
    assert (built, kept) == ([], [])


def test_livemon_serve_builds_them_before_anybody_comes(
    monitor: Monitor, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def system_page(who: str) -> Any:
        kept.append(who)
        return pn.pane.HTML("")

    monkeypatch.setattr("livemon.web.pages.system.system_page", system_page)
    monkeypatch.setattr(serve, "unattended", lambda _monitor: "unattended")
    monkeypatch.setattr(serve, "visit", lambda _monitor: "visitor")

    def visit_and_stop(url: str) -> None:
        try:
            with urlopen(f"{url}/system", timeout=LONG_S) as answer:
                answer.read()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    serve.serve_forever(monitor, lambda url: threading.Thread(target=visit_and_stop, args=[url]).start())
    assert kept == ["kept", "unattended", "kept", "visitor"]
