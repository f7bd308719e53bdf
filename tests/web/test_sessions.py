"""A page that was left leaves no session; one whose network failed finds its own again."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import panel as pn
import panel.io.document
import panel_material_ui as pmui
import param
import pytest
from bokeh.client.session import ClientSession
from bokeh.model import Model
from param.parameterized import Watcher

from livemon.web.auth.session_monitor import visit
from livemon.web.pages.shell.nav import SYSTEM, Nav
from livemon.web.pages.shell.page import make_page
from livemon.web.server import sessions as leaving
from tests.waiting import wait_until
from tests.web.raw_client import open_page
from tests.web.test_page_thread import Pages, pages

__all__ = ["pages"]  # the fixture

GOING_AWAY, ANOTHER_REASON = 1001, 1006 - 6


def sessions(pages: Pages) -> set[str]:
    return {session.id for session in pages.bokeh._applications["/system"].sessions}


def close(session: ClientSession, code: int) -> None:
    session._connection._socket.close(code, "")


def connected(pages: Pages, session_id: str) -> int:
    return int(pages.on_loop(lambda: pages.bokeh._applications["/system"].get_session(session_id).connection_count))


def test_the_session_of_a_page_that_was_left_goes_at_once(pages: Pages) -> None:
    left, stays = open_page(pages.url), open_page(pages.url)
    assert sessions(pages) == {left.id, stays.id}
    close(left, GOING_AWAY)
    wait_until(lambda: sessions(pages) == {stays.id})
    assert connected(pages, stays.id) == 1


def test_who_lost_the_connection_finds_the_session_again(pages: Pages) -> None:
    lost = open_page(pages.url)
    close(lost, ANOTHER_REASON)
    wait_until(lambda: not connected(pages, lost.id))
    pages.on_loop(lambda: None)
    assert sessions(pages) == {lost.id}


def test_garbage_is_looked_for_when_the_last_page_is_gone(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[str] = []
    monkeypatch.setattr(leaving, "_servers", {pages.bokeh})  # without those of other tests
    monkeypatch.setattr(gc, "collect", lambda: searches.append("searched"))
    collect = panel.io.document._destroy_document.__globals__["_garbage_collect"]
    assert "_garbage_collect" in panel.io.document._destroy_document.__code__.co_names
    one, other = open_page(pages.url), open_page(pages.url)
    for session, then in ((one, []), (other, ["searched"])):
        close(session, GOING_AWAY)
        wait_until(lambda gone=session.id: gone not in sessions(pages))
        pages.on_loop(collect)
        assert searches == then


def test_a_session_that_somebody_else_has_open_stays(pages: Pages) -> None:
    one = open_page(pages.url)
    other = open_page(pages.url, one.token)
    close(one, GOING_AWAY)
    wait_until(lambda: connected(pages, one.id) == 1)
    pages.on_loop(lambda: None)
    assert sessions(pages) == {other.id}


@pytest.fixture
def no_search(pages: Pages) -> Iterator[Pages]:
    """A server in whose process nobody searches for garbage."""
    gc.disable()
    yield pages
    gc.enable()


def copies_for(parts: list[Any]) -> list[param.Parameter]:
    """The parameters that are some part's own."""
    found = (each for each in gc.get_objects() if isinstance(each, param.Parameter))
    return [each for each in found if any(each.owner is part for part in parts)]


def watched(parts: list[Any]) -> list[Watcher]:
    """The watchers of some part."""
    found = [each for each in gc.get_objects() if isinstance(each, Watcher)]
    return [each for each in found if any(each.inst is part for part in parts)]


def made_and_left(pages: Pages) -> tuple[list[Any], list[weakref.ref[Model]]]:
    """Let a page be made that is left then; its parts, and their models."""
    parts: list[Any] = []
    models: list[weakref.ref[Model]] = []

    def page() -> Any:
        choice = pmui.Select(label="Camera", options=["hall", "playroom"])
        choice.param.watch(lambda event: None, "value")
        button, said = pmui.Button(label="Start"), pn.pane.HTML("Said")
        button.on_click(lambda event: choice.param.trigger("value"))
        parts.extend([choice, button, said])
        nav = Nav(SYSTEM, "", visit(pages.monitor))
        return make_page(nav, pn.Column(choice, button, pn.Row(said)))

    pages.make = page
    session = open_page(pages.url)

    def note() -> None:
        models.extend(weakref.ref(model) for part in parts for model, _ in part._models.values())
        assert len(models) == len(parts)
        assert copies_for(parts)
        assert watched(parts)

    pages.on_loop(note)
    close(session, GOING_AWAY)
    wait_until(lambda: session.id not in sessions(pages))
    pages.on_loop(lambda: None)
    return parts, models


def test_what_a_page_that_was_left_was_made_of_goes_without_a_search_for_it(no_search: Pages) -> None:
    parts, models = made_and_left(no_search)
    assert not copies_for(parts)
    assert not watched(parts)
    assert not [model() for model in models if model() is not None]


def test_what_is_set_in_a_page_that_was_left_changes_nothing(no_search: Pages) -> None:
    (choice, button, said), _ = made_and_left(no_search)
    choice.options, choice.value, button.clicks, said.object = ["garden"], "garden", 2, "Late"
    assert (choice.value, said.object) == ("garden", "Late")
