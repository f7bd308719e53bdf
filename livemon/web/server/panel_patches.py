"""Patches of Panel and Bokeh: pages are built, and released, without blocking the server's loop.

Each is here because there is no other way in. One that does not fit any more is left out (patch_targets.py), and
tests/web/test_page_thread.py fails. When and where pages are built does not belong here (page_thread.py).
"""

from __future__ import annotations

import threading
from collections import UserList
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import bokeh.io.doc
import panel as pn
import panel.io.server
import param
from bokeh.document import Document
from bokeh.model import Model
from bokeh.server.session import ServerSession, _needs_document_lock
from panel.io.resources import Resources
from panel.reactive import ReactiveCustomBase, Syncable
from panel.util import _descendents, edit_readonly

from livemon.web.server.patch_targets import fits, fits_context_manager, fits_list

Run = Callable[[Callable[[], Any]], Awaitable[Any]]

_html: WeakKeyDictionary[Document, str] = WeakKeyDictionary()
_pulls: WeakKeyDictionary[Document, Run] = WeakKeyDictionary()
_editing = threading.RLock()
_made = threading.Lock()
_done: list[bool] = []  # whether pages may be built by a thread, once that is known

PAGE_PARAMETERS = ("session", "resources", "title", "token", "template", "template_variables")


@dataclass(frozen=True, slots=True)
class Unsent:
    """Parts of a session that its HTML needs, before there is a session."""

    document: Document
    token: str


def make_room_for_a_thread() -> bool:
    """Replace what pages share without asking which thread; once for the process.

    Returns whether a thread may build pages: without the replacements that keep threads apart it may not.
    """
    with _made:
        if not _done:
            _done.append(_replace())
    return _done[0]


def _replace() -> bool:
    managers = (edit_readonly, param.edit_constant)
    apart = fits_list(bokeh.io.doc, "_PATCHED_CURDOCS") and all(map(fits_context_manager, managers))
    if apart:
        bokeh.io.doc._PATCHED_CURDOCS = _OfEachThread()
        for manager in managers:
            _one_at_a_time(manager)
        if fits(panel.io.server, "server_html_page_for_session", PAGE_PARAMETERS):
            _send_written_html()
        if fits(ServerSession, "_handle_pull", ("self", "message", "connection")):
            _pull_beside()
    if fits(Resources, "extra_resources", ("self", "resources", "resource_type")):
        _remember_resources()
    if fits(Syncable, "_link_props", ("self", "model", "properties", "doc", "root", "comm")):
        _link_with_one_callback()
    if fits(Model, "destroy", ("self",)):
        _let_models_go()
    return apart


def take_html(document: Document, html: str) -> None:
    """Keep the HTML of a page until it is sent."""
    _html[document] = html


def take_pulls(document: Document, run: Run) -> None:
    """Let what browsers pull of a document be written by `run`."""
    _pulls[document] = run


class _OfEachThread(threading.local, UserList[Any]):
    """The documents that are being worked on, innermost last, for each thread.

    Bokeh has one list: what the loop does for one session while a page is built would take the new page for its own.
    """


def _one_at_a_time(manager: Callable[..., Any]) -> None:
    """Let only one thread at a time take the locks off parameters, which objects of a class share.

    Two at once see each other's parameters unlocked, and the first to end locks what the other is about to set.
    """
    cell = manager.__closure__[0]  # type: ignore[index]  # of contextlib.contextmanager, which all importers share
    edit = cell.cell_contents

    def edit_alone(parameterized: param.Parameterized) -> Iterator[None]:
        with _editing:
            yield from edit(parameterized)

    cell.cell_contents = edit_alone


def _remember_resources() -> None:
    """Let Panel look for the files of its components once, not by thousands of looks at the disk for each page."""
    find = Resources.extra_resources
    known: dict[tuple[str, str, str], tuple[list[Any], list[str]]] = {}

    def extra_resources(self: Resources, resources: list[str], resource_type: str) -> None:
        loaded = [one for one in _descendents(ReactiveCustomBase, concrete=True) if one._loaded()]
        key = (resource_type, self.mode, pn.state.rel_path or "")
        kept = known.get(key)
        if kept is None or kept[0] != loaded:
            found: list[str] = []
            find(self, found, resource_type)
            kept = known[key] = (loaded, found)
        resources.extend(one for one in kept[1] if one not in resources)

    Resources.extra_resources = extra_resources


def _send_written_html() -> None:
    """Let Panel's handler send the HTML that was written with the page."""
    write = panel.io.server.server_html_page_for_session

    def written(session: ServerSession, *args: Any, **kwargs: Any) -> str:
        html = _html.pop(session.document, None)
        return html if html is not None else write(session, *args, **kwargs)

    panel.io.server.server_html_page_for_session = written


def _pull_beside() -> None:
    """Let the models that a browser pulls be written beside the loop; the document's lock prevents changes."""

    async def handle_pull(self: ServerSession, message: Any, connection: Any) -> Any:
        def reply() -> Any:
            made = connection.protocol.create("PULL-DOC-REPLY", message.header["msgid"], self.document)
            made.content_json  # noqa: B018  # written now, and kept
            return made

        run = _pulls.get(self.document)
        if run is None:
            return reply()
        try:
            return await run(reply)
        except RuntimeError:  # changed without the lock meanwhile, as Panel does in some callbacks
            return reply()

    ServerSession._handle_pull = _needs_document_lock(handle_pull)


def _link_with_one_callback() -> None:
    """Let Panel listen to all properties of a model with one callback, not one each: a sixth of a page's objects."""
    link = Syncable._link_props

    def link_props(
        self: Syncable, model: Any, properties: Sequence[Any], doc: Document, root: Any, comm: Any = None
    ) -> None:
        names = [name[1] if isinstance(name, tuple) else name for name in properties]
        if comm is not None or pn.config.embed or any("." in name for name in names):
            link(self, model, properties, doc, root, comm)
            return
        changed = partial(self._server_change, doc, root.ref["id"], None)
        for name in names:
            model.on_change(name, changed)

    Syncable._link_props = link_props


def _let_models_go() -> None:
    """Let a model that is destroyed forget all that refers back to it, not its set values alone (sessions.py)."""
    destroy = Model.destroy

    def destroy_all(self: Model) -> None:
        destroy(self)
        self._unstable_default_values.clear()
        self._callbacks.clear()
        self._event_callbacks.clear()

    Model.destroy = destroy_all
