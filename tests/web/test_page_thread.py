"""Pages are built beside the server's loop, and are the same pages; what breaks one page or holds it up is its own."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import bokeh.io
import panel as pn
import panel.io.resources
import panel.io.server
import panel.reactive
import panel_material_ui as pmui
import param
import pytest
from bokeh.document import Document
from bokeh.server.tornado import BokehTornado
from panel.util import edit_readonly

from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import visit
from livemon.web.i18n.language import language, take_language, tr
from livemon.web.server import page_thread, panel_patches
from tests.conftest import FAST
from tests.waiting import PATIENCE_S
from tests.web.api.houses import House, with_a_login
from tests.web.raw_client import open_page
from tests.web.test_login import Browser

BUILDER = "livemon-pages"
LONG_S = PATIENCE_S


class Pages:
    """A server on whose System page a test puts what it likes."""

    def __init__(self, monitor: Monitor, patch: pytest.MonkeyPatch) -> None:
        self.monitor = monitor
        self.make: Callable[[], Any] = lambda: pn.pane.HTML("A page")
        build_beside = page_thread.build_beside

        def noted(server: BokehTornado) -> page_thread.PageThread:
            self.bokeh, self.loop = server, asyncio.get_running_loop()
            self.thread = build_beside(server)
            return self.thread

        patch.setattr(page_thread, "build_beside", noted)
        patch.setattr("livemon.web.pages.system.system_page", lambda _monitor: self.make())

    def serve(self) -> Pages:
        self.server = self.monitor.serve()
        self.url = f"{self.server.url}/system"
        return self

    def html(self) -> str:
        with urlopen(self.url, timeout=LONG_S) as answer:
            return str(answer.read().decode())

    def pulled(self) -> str:
        """What a browser is given to show."""
        session = open_page(self.url)
        try:
            return json.dumps(session.document.to_json(), default=str)
        finally:
            session.close()

    def on_loop(self, function: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(LONG_S)

    def forget_sessions(self) -> None:
        """Do what Bokeh does some seconds after nobody is connected any more."""
        for context in self.bokeh._applications.values():
            asyncio.run_coroutine_threadsafe(context._cleanup_sessions(0), self.loop).result(LONG_S)


@pytest.fixture
def pages(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    yield Pages(monitor, monkeypatch).serve()


def note_threads(patch: pytest.MonkeyPatch, owner: Any, name: str) -> list[str]:
    """Note which threads call a function."""
    called, threads = getattr(owner, name), []

    def noted(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread().name)
        return called(*args, **kwargs)

    patch.setattr(owner, name, noted)
    return threads


def test_a_page_its_html_and_what_the_browser_pulls_are_made_beside_the_loop(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = note_threads(monkeypatch, panel.io.server, "html_page_for_render_items")
    pulled = note_threads(monkeypatch, Document, "to_json")
    built: list[str] = []

    def page() -> Any:
        built.append(threading.current_thread().name)
        return pn.pane.HTML("Said by the page")

    pages.make = page
    session = open_page(pages.url)
    assert [name.rpartition("_")[0] for name in (*built, *written)] == [BUILDER, BUILDER]
    assert pulled[0].startswith(BUILDER)
    assert "Said by the page" in json.dumps(session.document.to_json(), default=str)
    session.close()


def test_all_pages_of_livemon_are_the_same_as_when_the_loop_builds_them(monitor: Monitor) -> None:
    url = monitor.serve().url
    for path in ("/", "/events", "/day", "/cameras", "/prompts", "/system", "/notifications"):
        session = open_page(url + path)
        assert session.document.title == "livemon"
        names = {root.name for root in session.document.roots}
        assert {"location", "notifications"} <= names
        assert "Traceback" not in json.dumps(session.document.to_json(), default=str)
        session.close()


def test_a_page_that_waits_holds_up_nobody_elses_answers(pages: Pages) -> None:
    asked, may_go = threading.Event(), threading.Event()

    def slow() -> Any:
        asked.set()
        assert may_go.wait(LONG_S)
        return pn.pane.HTML("At last")

    pages.make = slow
    with ThreadPoolExecutor() as people:
        page = people.submit(pages.html)
        try:
            assert asked.wait(LONG_S)
            with urlopen(f"{pages.server.url}/api/live-monitoring/cameras", timeout=LONG_S) as answer:
                assert answer.status == 200
            assert not page.done()
        finally:
            may_go.set()
        assert "bokeh" in page.result(LONG_S)


def test_while_a_page_is_built_the_loop_is_on_no_page(pages: Pages) -> None:
    asked, may_go, building_one = threading.Event(), threading.Event(), []

    def slow() -> Any:
        building_one.append(bokeh.io.curdoc() is pn.state.curdoc)
        asked.set()
        assert may_go.wait(LONG_S)
        return pn.pane.HTML("")

    pages.make = slow
    with ThreadPoolExecutor() as people:
        page = people.submit(pages.html)
        assert asked.wait(LONG_S)
        assert pages.on_loop(lambda: (pn.state.curdoc, bokeh.io.curdoc().session_context)) == (None, None)
        may_go.set()
        page.result(LONG_S)
    assert building_one == [True]


def test_two_who_come_at_once_have_each_their_own_name_language_and_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        pages = Pages(monitor, monkeypatch)
        house = House(monitor)
        house.add_user("vera", Role.VIEWER)
        may_go, seen = threading.Event(), []

        def who() -> Any:
            assert may_go.wait(LONG_S)
            take_language()
            asked = pn.state.session_args["mine"][0].decode()
            seen.append((visit(monitor).identity.name, language(), asked, pn.state.location.search, tr("page.day")))
            return pn.pane.HTML("")

        pages.make = who
        people = {"root": Browser(house.url), "vera": Browser(house.url)}
        for name, person in people.items():
            person.log_in(name)
        with ThreadPoolExecutor() as at_once:
            tongue = {"root": "ko", "vera": "en"}
            answers = [
                at_once.submit(person.get, f"/system?mine={name}", None, **{"Accept-Language": tongue[name]})
                for name, person in people.items()
            ]
            may_go.set()
            assert [answer.result(LONG_S)[0] for answer in answers] == [200, 200]
    assert sorted(seen) == [
        ("root", "ko", "root", "?mine=root", "하루"),
        ("vera", "en", "vera", "?mine=vera", "Day"),
    ]


def test_a_page_that_raises_says_so_on_the_page_and_once_in_the_log(
    pages: Pages, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Any:
        raise ValueError("This page is broken")

    pages.make = broken
    assert "bokeh" in pages.html()
    out, err = capfd.readouterr()
    assert (out + err).count("ValueError: This page is broken") == 1
    assert "This page is broken" in pages.pulled()
    pages.make = lambda: pn.pane.HTML("The next one is not")
    assert "The next one is not" in pages.pulled()


def test_html_that_cannot_be_written_is_an_error_500_and_the_next_is_not(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any, **_kwargs: Any) -> str:
        raise ValueError("No page today")

    with monkeypatch.context() as once:
        once.setattr(panel.io.server, "html_page_for_render_items", fails)
        with pytest.raises(HTTPError) as refused:
            pages.html()
    assert refused.value.code == 500
    assert "bokeh" in pages.html()


def test_a_reader_who_left_before_the_page_was_built_leaves_nothing_behind(pages: Pages) -> None:
    asked, may_go = threading.Event(), threading.Event()
    documents: list[weakref.ref[Document]] = []

    def slow() -> Any:
        documents.append(weakref.ref(pn.state.curdoc))
        asked.set()
        assert may_go.wait(LONG_S)
        return pn.pane.HTML("For nobody")

    pages.make = slow
    with socket.create_connection(("127.0.0.1", pages.server.port)) as reader:
        reader.sendall(b"GET /system HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert asked.wait(LONG_S)
    may_go.set()
    pages.make = lambda: pn.pane.HTML("")
    pages.html()  # the one before is done when this is
    pages.forget_sessions()
    deadline_s = time.monotonic() + LONG_S
    while documents[0]() is not None and time.monotonic() < deadline_s:
        pages.on_loop(gc.collect)
        time.sleep(0.1)
    assert documents[0]() is None, "and what is kept of a document goes with it"


def test_a_page_that_could_not_be_written_leaves_nothing_behind(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as once:
        once.setattr(panel.io.server, "html_page_for_render_items", lambda *_, **__: 1 / 0)
        with pytest.raises(HTTPError):
            pages.html()
    for context in pages.bokeh._applications.values():
        for handler in context.application.handlers:
            assert not getattr(handler, "_built", None)


def test_the_thread_ends_with_the_server(pages: Pages) -> None:
    pages.html()
    mine = [thread for thread in threading.enumerate() if thread.name.startswith(BUILDER)]
    assert mine
    pages.server.stop()
    assert not any(thread.is_alive() for thread in mine)


def test_stopping_waits_for_the_page_that_is_being_built(pages: Pages) -> None:
    asked, may_go, ended = threading.Event(), threading.Event(), []

    def slow() -> Any:
        asked.set()
        assert may_go.wait(LONG_S)
        ended.append(pages.monitor.cameras)
        return pn.pane.HTML("")

    pages.make = slow
    with ThreadPoolExecutor() as people:
        page = people.submit(pages.html)
        assert asked.wait(LONG_S)
        stopping = people.submit(pages.server.stop)
        assert not stopping.done()
        may_go.set()
        stopping.result(LONG_S)
        assert ended, "nothing is built after the server has stopped"
        assert page.exception(LONG_S) is not None or "bokeh" in page.result()


def test_panel_serve_builds_beside_its_loop_too(tmp_path: Path, video_folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "livemon.toml").write_text(
        f'data_dir = "data"\n[cameras.camera-1]\nsource = "{video_folder}"\nautostart = false\n'
    )
    (tmp_path / "said.py").write_text(
        "import threading\nimport panel as pn\npn.pane.HTML(f'built by {threading.current_thread().name}').servable()\n"
    )
    command = [sys.executable, "-m", "panel", "serve", "said.py", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--plugins", "livemon.web.server.plugin"], cwd=tmp_path, stderr=subprocess.DEVNULL
    ) as server:
        try:
            deadline_s = time.monotonic() + 60
            while time.monotonic() < deadline_s:
                try:
                    session = open_page(f"http://127.0.0.1:{port}/said")
                    break
                except OSError:
                    time.sleep(0.3)
            assert f"built by {BUILDER}" in json.dumps(session.document.to_json(), default=str)
            session.close()
        finally:
            server.terminate()
            server.wait(30)


def test_the_files_of_components_are_looked_for_once(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.html()
    looked = note_threads(monkeypatch, panel.io.resources, "component_resource_path")
    head = [re.sub(r"[0-9a-f-]{36}|p\d+|nonce=\S+", "", pages.html().split("<body")[0]) for _ in range(2)]
    assert not looked
    assert head[0] == head[1]


def test_locks_come_off_parameters_one_thread_at_a_time() -> None:
    panel_patches.make_room_for_a_thread()

    class Kept(param.Parameterized):  # type: ignore[misc]
        value = param.Integer(default=0, constant=True)

    def free() -> bool:
        got = panel_patches._editing.acquire(blocking=False)
        if got:
            panel_patches._editing.release()
        return got

    with ThreadPoolExecutor() as other:
        for manager in (edit_readonly, param.edit_constant):
            kept = Kept()
            with manager(kept):
                kept.value += 1
                assert not other.submit(free).result(LONG_S)
            assert other.submit(free).result(LONG_S)


def test_one_callback_listens_to_all_that_a_browser_can_change(pages: Pages) -> None:
    """The garbage collector looks at each."""
    made: list[pmui.TextInput] = []

    def page() -> Any:
        made[:] = [pmui.TextInput(value="before")]
        return made[0]

    pages.make = page
    session = open_page(pages.url)
    document = pages.bokeh._applications["/system"].get_session(session.id).document
    model = next(one for one in document.models if "value" in one._callbacks and "filter_str" not in one._callbacks)
    listening = [callback for callbacks in model._callbacks.values() for callback in callbacks]
    assert len(listening) > 10
    assert len({id(callback) for callback in listening}) == 1
    theirs = session.document.get_model_by_id(model.id)
    theirs.value = "after"
    session.force_roundtrip()
    deadline_s = time.monotonic() + LONG_S
    while made[0].value != "after" and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert made[0].value == "after"
    session.close()


def test_what_is_replaced_is_there_to_be_replaced() -> None:
    """What no other test here would miss."""
    assert bokeh.io.doc.curdoc.__globals__ is vars(bokeh.io.doc)
    assert {"_PATCHED_CURDOCS"} <= set(bokeh.io.doc.patch_curdoc.__wrapped__.__code__.co_names)
    assert "_handle_pull" in bokeh.server.session.ServerSession.pull.__func__.__code__.co_names
    assert "_server_change" in panel.reactive.Syncable._link_props.__code__.co_names, "also when it was replaced"
    assert "server_html_page_for_session" in panel.io.server.DocHandler.get.__wrapped__.__code__.co_names
