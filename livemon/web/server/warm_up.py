"""Warm-up: each page is built once at the start of a server, so that caches of the libraries are filled.

That is some 18,000 objects of imports and caches. The garbage collector, which holds every thread while it looks at
objects, would visit them with those of open pages again and again. After this they are left out
(livemon.web.server.memory), and the first visitor waits less. Pages for visitors are built in page_thread.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from bokeh.server.session import ServerSession
from bokeh.server.tornado import BokehTornado
from panel.io.application import build_applications
from panel.io.document import _cleanup_doc
from panel.io.session import generate_session
from panel.io.state import set_curdoc

from livemon.web.server.memory import keep_what_is_there
from livemon.web.server.page_thread import PageThread, write_html

log = logging.getLogger(__name__)

NOTHING_ASKED: dict[str, dict[str, Any]] = {"arguments": {}, "cookies": {}, "headers": {}}
"""An empty request, as for a page without a browser."""


async def warm_up(server: BokehTornado, thread: PageThread, pages: Mapping[str, Callable[[], Any]]) -> None:
    """Build the pages, let go of them, and keep what is there then; one turn of the thread, so before any visitor's.

    Objects of a visitor at that time would be kept for ever.

    Parameters
    ----------
    server
        The monitor in whose name they are built.
    thread
        Of the server; what was asked of it before is done first.
    pages
        Their functions by path, of an `unattended` monitor (web/auth/session_monitor.py).
    """
    loop = asyncio.get_running_loop()

    def build(path: str, application: Any) -> None:
        try:
            session = generate_session(application, payload=NOTHING_ASKED)
            try:
                _write(server, session)
            finally:
                # On the loop, because Panel has it do some of that later. It may be waiting for this thread to stop.
                gone = asyncio.run_coroutine_threadsafe(_destroy(session), loop)
                while not gone.done() and not thread.stopping.wait(0.01):
                    pass
        except Exception:
            log.exception("the page %s could not be built when the server started", path)

    def build_all() -> None:
        for path, application in build_applications(dict(pages)).items():
            build(path, application)
            if thread.stopping.is_set():
                return
        keep_what_is_there()

    await thread.run(build_all)


def _write(server: BokehTornado, session: ServerSession) -> None:
    """Write the HTML of a page, and what a browser pulls."""
    with set_curdoc(session.document):
        write_html(server, session.document, session.token)
    session.document.to_json()


async def _destroy(session: ServerSession) -> None:
    _cleanup_doc(session.document)  # as Panel does with what it warms up; Bokeh's own way leaves a page's views behind
