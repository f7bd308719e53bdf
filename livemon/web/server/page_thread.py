"""Pages are built beside the server's loop: making a page takes 0.1 to 0.6 s of Python, and the loop also sends video.

Bokeh awaits the hooks of a new session, and then builds its page on the loop. Here the page is built in that awaited
part, by the one thread of a server that builds pages. So are the HTML that the browser gets and the models that it
pulls. The content of a page, and its life once it is open, live in ../pages; the replacements in Panel and Bokeh live
in panel_patches.py.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.application.application import Application, ServerContext, SessionContext
from bokeh.application.handlers.handler import Handler
from bokeh.document import Document
from bokeh.server.tornado import BokehTornado
from panel.io.resources import Resources
from panel.io.server import server_html_page_for_session
from panel.io.state import set_curdoc

from livemon.web.server.panel_patches import Unsent, make_room_for_a_thread, take_html, take_pulls

T = TypeVar("T")


def build_beside(server: BokehTornado) -> PageThread:
    """Let a server build its pages in a thread, one at a time: what pages share in Panel was not made for more.

    If Panel or Bokeh differ from the known versions, pages are built on the loop, as Bokeh does.
    """
    beside = make_room_for_a_thread()
    thread = PageThread()
    if not beside:
        return thread
    for context in server._applications.values():
        context.application.add(_BuildsBeside(context.application, thread, server))
    return thread


class PageThread:
    """The thread of a server that builds its pages; starts with the first of them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "livemon-pages")
        self.stopping = threading.Event()

    async def run(self, function: Callable[[], T]) -> T:
        """Run a function when its turn comes; what it sets as context is forgotten after it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, function)

    def stop(self) -> None:
        """Begin nothing more, and wait for the page that is being built: its database may be closed after this."""
        self.stopping.set()
        self._pool.shutdown(cancel_futures=True)


class _BuildsBeside(Handler):
    """Part of an application: fills the documents of its sessions as they are created.

    Parameters
    ----------
    application
        The application of the pages; hooks that are not awaited, as with `panel serve --warm`, still build on the loop.
    thread
        The server's page thread.
    server
        The server whose resources its pages name.
    """

    def __init__(self, application: Application, thread: PageThread, server: BokehTornado) -> None:
        super().__init__()
        self._thread, self._server = thread, server
        self._build = application.initialize_document
        self._built: WeakKeyDictionary[Document, Exception | None] = WeakKeyDictionary()
        application.initialize_document = self._initialize

    def modify_document(self, doc: Document) -> None:
        """Add nothing: the application's other handlers fill the document."""

    async def on_session_created(self, session_context: SessionContext) -> None:
        """Build the session's page and write its HTML, beside the loop."""
        document: Document = session_context._document
        take_pulls(document, self._thread.run)
        try:
            await self._thread.run(lambda: self._make(document, session_context))
            self._built[document] = None
        except Exception as exc:
            self._built[document] = exc  # here Bokeh would log it and show an empty page
        # Panel takes the thread that built a page for the one that may change it.
        pn.state._thread_id_[document] = threading.get_ident()

    def on_server_unloaded(self, server_context: ServerContext) -> None:
        """Stop the thread with the server."""
        self._thread.stop()

    def _make(self, document: Document, session_context: SessionContext) -> None:
        self._build(document)
        with set_curdoc(document):
            html = write_html(self._server, document, session_context._token)
        take_html(document, html)

    def _initialize(self, document: Document) -> None:
        """Be the application's `initialize_document`: say what became of the document, or build it now."""
        if document not in self._built:
            self._build(document)
        # Taken out, because what was raised refers to the document, which could not go otherwise.
        elif (failure := self._built.pop(document)) is not None:
            raise failure


def write_html(server: BokehTornado, document: Document, token: str) -> str:
    """Return the HTML of a page that was built, as Panel writes it; the document is the current one."""
    return str(
        server_html_page_for_session(
            Unsent(document, token),
            resources=Resources.from_bokeh(server.resources()),
            title=document.title,
            template=document.template,
            template_variables=document.template_variables,
        )
    )
