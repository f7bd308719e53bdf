"""The pages' parts in notebooks: what they show, what a verdict does; drawn by Chromium as JupyterLab would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.datatypes import Severity
from livemon.base.errors import UnknownCamera
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.store.event_search import ReviewState
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, DAY, analysis, at
from tests.web.test_browser import browser

__all__ = ["browser"]  # the fixture

# An anywidget model, as far as widgets use it; what the widget sets is kept in `model.was_set`.
MOUNT = """async ([esm, traits]) => {
    const model = {
        was_set: {}, listeners: {},
        get: (name) => model.was_set[name] ?? traits[name],
        set: (name, value) => { model.was_set[name] = value; },
        save_changes: () => {},
        on: (name, told) => { model.listeners[name] = told; },
        off: () => {},
    };
    window.model = model;
    const made = await import(URL.createObjectURL(new Blob([esm], {type: "text/javascript"})));
    document.body.innerHTML = "";
    made.default.render({model, el: document.body});
}"""


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        for second, title in ((0, "Climbed the sofa"), (60, "Fell")):
            happened = seen(second, kind=title.lower(), severity=Severity.WARNING, title=title)
            writes.add_event(made.database, CAM, happened, MORNING, model="m", thumbnail="a.jpg")
        yield made


def mount(browser: Browser, widget: Any) -> Page:
    page = browser.new_page()
    page.goto("about:blank")
    traits = {name: getattr(widget, name) for name in widget.keys if not name.startswith("_") and name != "layout"}
    page.evaluate(MOUNT, [widget._esm, {name: value for name, value in traits.items() if name != "tabbable"}])
    return page


def test_events_are_judged_from_a_notebook(monitor: Monitor) -> None:
    widget = monitor.view.events(CAM, state=ReviewState.OPEN)
    assert [row["title"] for row in widget.rows] == ["Fell", "Climbed the sofa"]
    widget.said = {"number": 1, "action": "wrong", "ids": [widget.rows[0]["id"]]}
    assert [row["title"] for row in widget.rows] == ["Climbed the sofa"]
    assert monitor.events(CAM).set_index("title")["label"]["Fell"] == "wrong"


def test_a_timeline_shows_a_day_and_chooses_what_is_worth_seeing(monitor: Monitor) -> None:
    analysis(monitor, at(9), score=40)
    widget = monitor.view.timeline(CAM, DAY)
    assert len(widget.day["cells"]) == 144
    assert widget.selected == "2026-11-22T09:00:00.000Z"
    assert monitor.view.timeline(CAM).selected == ""


def test_views_of_no_camera_are_refused(monitor: Monitor) -> None:
    for view in (monitor.view.player, monitor.view.events, monitor.view.timeline):
        with pytest.raises(UnknownCamera):
            view("garage")


@pytest.mark.browser
def test_a_notebook_draws_events_with_pictures_of_the_kernels_server(browser: Browser, monitor: Monitor) -> None:
    widget = monitor.view.events()
    page = mount(browser, widget)
    expect(page.locator(".lmq-title")).to_have_text(["Fell", "Climbed the sofa"])
    picture = page.locator("img.lmq-pic").first.get_attribute("src")
    assert picture == f"{monitor.serve().url}/api/live-monitoring/thumbnails/camera-1/a.jpg"
    page.get_by_role("listbox").focus()
    page.keyboard.press("j")
    assert page.evaluate("model.was_set.selected") == widget.rows[0]["id"]
    page.close()


@pytest.mark.browser
def test_a_notebook_draws_a_day(browser: Browser, monitor: Monitor) -> None:
    analysis(monitor, at(9), score=40)
    page = mount(browser, monitor.view.timeline(CAM, DAY))
    expect(page.locator(".lmd-cell")).to_have_count(144)
    expect(page.locator("[aria-selected=true] .lmd-low")).to_have_count(1)
    page.close()


@pytest.mark.browser
def test_all_views_stand_in_one_notebook_without_changing_each_other(browser: Browser, monitor: Monitor) -> None:
    analysis(monitor, at(9), score=40)
    views = {"lmq-tick": monitor.view.events(CAM), "lmd-tick": monitor.view.timeline(CAM, DAY)}
    look = "node => { const s = getComputedStyle(node); return [s.position, s.borderTopWidth, s.width, s.fontSize]; }"
    alone = {}
    for name, widget in views.items():
        page = mount(browser, widget)
        alone[name] = page.locator(f".{name}").first.evaluate(look)
    together = browser.new_page()
    together.goto("about:blank")
    for widget in (*views.values(), monitor.view.player(CAM)):
        traits = {name: getattr(widget, name) for name in widget.keys if not name.startswith("_") and name != "layout"}
        given = {name: value for name, value in traits.items() if name != "tabbable"}
        together.evaluate(MOUNT.replace('document.body.innerHTML = "";', "").replace(
            "el: document.body", "el: document.body.appendChild(document.createElement('div'))"
        ), [widget._esm, given])  # fmt: skip
    expect(together.locator(".lm-player")).to_have_count(1)
    assert {name: together.locator(f".{name}").first.evaluate(look) for name in views} == alone


def test_a_player_in_a_notebook_says_that_its_camera_was_stopped_and_its_monitor_closed(monitor: Monitor) -> None:
    monitor.start(CAM)
    player = monitor.view.player(CAM)
    live = player.path
    assert live.endswith(".m3u8")
    assert player.notice == ""
    monitor.stop(CAM)
    assert (player.path, player.notice) == ("", "Stopped. Start it again: monitor.start('camera-1')")
    monitor.start(CAM)
    assert (player.path, player.notice) == (live, "")
    monitor.close()
    assert (player.path, player.past) == ("", "")
    assert player.notice.startswith("The monitor was closed.")


@pytest.mark.browser
def test_a_player_that_has_ended_shows_a_sentence_and_tries_nothing(browser: Browser, monitor: Monitor) -> None:
    player = monitor.view.player(CAM)
    monitor.close()
    page = mount(browser, player)
    expect(page.locator(".lm-player[data-state=off]")).to_have_count(1)
    expect(page.locator(".lm-note")).to_contain_text("The monitor was closed. What was recorded is kept.")
