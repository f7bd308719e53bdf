"""A real Chromium labels footage by keyboard: the built widget, its Python side, and the kernel's own server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.clock import Window
from livemon.base.settings.settings import Settings
from livemon.lab.data.sampling import QUIET, Stratum
from livemon.monitor.monitor import Monitor
from livemon.web.widgets.labeller import LabelWidget
from tests.conftest import MORNING
from tests.days import CAM
from tests.web.labelled import clips, labelled_house, shown, traits
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

WINDOW = Stratum(CAM, Window(MORNING), QUIET)

# An anywidget model whose messages go to the widget's Python side, and come back as what they changed.
MOUNT = """async ([esm, state]) => {
    const whole = (value) => {
        if (Array.isArray(value)) return value.map(whole);
        if (!value || typeof value !== "object") return value;
        if ("jpeg" in value && value.jpeg.jpeg) {
            const bytes = Uint8Array.from(atob(value.jpeg.jpeg), (one) => one.charCodeAt(0));
            return {...value, jpeg: new DataView(bytes.buffer)};
        }
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, whole(one)]));
    };
    const heard = {};
    const traits = whole(state);
    window.changed = (change) => {
        Object.assign(traits, whole(change));
        for (const name of Object.keys(change)) for (const told of heard[`change:${name}`] ?? []) told();
    };
    const model = {
        get: (name) => traits[name],
        on: (name, told) => (heard[name] ??= []).push(told),
        off: (name, told) => { heard[name] = heard[name].filter((one) => one !== told); },
        send: async (message) => window.changed(await window.toPython(message)),
    };
    window.strayed = [];
    document.addEventListener("keydown", (event) => window.strayed.push(event.key));
    const made = await import(URL.createObjectURL(new Blob([esm], {type: "text/javascript"})));
    window.remove = made.default.render({model, el: document.body});
}"""


@pytest.fixture
def house(settings: Settings) -> Iterator[Monitor]:
    with labelled_house(settings) as made:
        yield made


def mount(browser: Browser, widget: LabelWidget, url: str, **context: Any) -> Visit:
    visit = Visit(browser.new_page(**context))
    page = visit.page

    def to_python(message: Any) -> dict[str, Any]:
        before = {name: getattr(widget, name) for name in traits(widget)}
        widget._handle_custom_msg(message, [])
        shown(widget)
        return traits(widget, before)

    shown(widget)
    page.expose_function("toPython", to_python)
    head = "<!doctype html><meta name=viewport content='width=device-width'>"
    page.route(f"{url}/notebook", lambda route: route.fulfill(body=f"{head}<body>", content_type="text/html"))
    page.goto(f"{url}/notebook")
    page.evaluate(MOUNT, [widget._esm, traits(widget)])
    return visit


def played(page: Page) -> None:
    """Wait until the video of the stop is there."""
    video = page.locator("video")
    page.wait_for_function("video => video.readyState >= 2", arg=video.element_handle())


def told(page: Page, text: str) -> None:
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def test_a_window_is_labelled_from_end_to_end_by_keyboard(browser: Browser, house: Monitor) -> None:
    widget = house.view.labeller([WINDOW, *clips(house, 2).items], by="mia")
    url = house.serve().url
    visit = mount(browser, widget, url)
    page, keys = visit.page, visit.page.keyboard
    expect(page.locator(".lml-count")).to_have_text("1 of 2, 2 left")
    expect(page.locator(".lml-row .lml-what")).to_have_text(["A climbing", "A fall"])
    expect(page.locator(".lml-strip img")).to_have_count(12)
    page.locator(".lml").focus()
    played(page)

    keys.press("r")  # the first that is open is chosen by itself
    told(page, "Kept: right.")
    expect(page.locator(".lml-row[aria-pressed=true] .lml-what")).to_have_text("A fall")
    keys.press("w")
    told(page, "Kept: wrong.")
    expect(page.locator(".lml-verdict")).to_have_text(["Right", "Wrong"])

    page.locator(".lml-strip button").nth(8).click()  # a picture, 11.3 s in
    page.wait_for_function("() => document.querySelector('video').currentTime > 11")
    keys.press("s")
    before_s = page.evaluate("document.querySelector('video').currentTime")
    for _ in range(5):
        keys.press(".")
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(before_s + 0.2, abs=0.02)
    keys.press("e")
    keys.press("m")
    told(page, "Kind or severity is missing")
    keys.type("Water spilt")  # the field for it has the focus already
    keys.press("Enter")
    keys.press("1")
    keys.press("m")
    told(page, "Kept: missed.")

    keys.press("Enter")
    told(page, "Kept: all of it watched.")
    expect(page.locator(".lml-title")).to_have_text("2 s")
    expect(page.locator(".lml-count")).to_have_text("2 of 2, 1 left")
    expect(page.locator(".lml-line i")).to_have_count(0)

    found = widget.labels.sort_values("id")
    assert found["verdict"].tolist() == ["right", "wrong", "missed", "watched"]
    missed = found.iloc[2]
    assert (missed["kind"], missed["severity"]) == ("water_spilt", "danger")
    assert (missed["start_utc"] - MORNING).total_seconds() == pytest.approx(11.33, abs=0.1)
    assert (missed["end_utc"] - missed["start_utc"]).total_seconds() == pytest.approx(0.2, abs=0.03)
    assert visit.errors == []
    assert visit.hosts == {url.split("/")[2]}, "nothing comes from elsewhere"
    assert page.evaluate("window.strayed") == [], "no key reaches what is around the widget"
    page.close()
    widget.close()


def test_the_next_stop_is_shown_before_the_kernel_answers(browser: Browser, house: Monitor) -> None:
    widget = house.view.labeller(clips(house, 2, 3, 4), by="mia")
    while widget.ahead.get("number") != 1:
        pass
    page = mount(browser, widget, house.serve().url).page
    page.evaluate("() => { window.toPython = () => new Promise(() => {}); }")  # a kernel that is busy
    page.locator(".lml").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lml-title")).to_have_text("3 s")
    expect(page.locator(".lml-strip img")).to_have_count(12)
    page.keyboard.press("s")
    told(page, "Being kept")
    told(page, "The kernel is busy.")
    state = traits(widget)
    page.evaluate("window.changed", {"stop": {**state["stop"], "done": True}})
    expect(page.locator(".lml-title")).to_have_text("3 s")  # what it says of the stop before pulls nobody back
    page.evaluate("window.changed", {"told": {"number": 1, "text": "The disk is full.", "bad": True}})
    expect(page.locator(".lml-title")).to_have_text("2 s")  # but what was not kept does
    told(page, "The disk is full.")
    page.close()
    widget.close()


def test_undo_goes_back_to_where_it_was_said(browser: Browser, house: Monitor) -> None:
    widget = house.view.labeller(clips(house, 2, 3), by="mia")
    page = mount(browser, widget, house.serve().url).page
    page.locator(".lml").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lml-title")).to_have_text("3 s")
    page.keyboard.press("z")
    expect(page.locator(".lml-title")).to_have_text("2 s")
    told(page, "Taken back.")
    expect(page.locator(".lml-done")).to_be_hidden()
    assert len(widget.labels) == 0
    page.close()
    widget.close()


def test_a_clip_plays_pauses_and_says_where_it_is(browser: Browser, house: Monitor) -> None:
    widget = house.view.labeller(clips(house, 3), by="mia")
    page = mount(browser, widget, house.serve().url).page
    page.locator(".lml").focus()
    played(page)
    assert page.evaluate("document.querySelector('video').paused"), "it waits for its person"
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.5")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('video').paused")
    at_s = page.evaluate("document.querySelector('video').currentTime")
    expect(page.locator(".lm-badge")).to_have_text(f"0:{at_s:04.1f}")
    page.close()
    widget.close()


def test_keys_of_another_alphabet_and_held_keys(browser: Browser, house: Monitor) -> None:
    widget = house.view.labeller(clips(house, 2, 3, 4), by="mia")
    page = mount(browser, widget, house.serve().url).page
    page.locator(".lml").focus()
    press = (
        "(key) => document.querySelector('.lml').dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...key}))"
    )
    page.evaluate(press, {"key": "ㅓ", "code": "KeyJ"})
    expect(page.locator(".lml-title")).to_have_text("3 s")
    page.evaluate(press, {"key": "Enter", "code": "Enter", "repeat": True})
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".lml-title")).to_have_text("2 s")
    assert len(widget.labels) == 0, "a key that is held labels nothing"
    page.close()
    widget.close()


def test_text_of_models_is_text_and_a_phone_needs_no_sideways_scrolling(browser: Browser, house: Monitor) -> None:
    event = house.events(CAM)["id"].min()
    with house.database.writing() as session:
        from livemon.store.tables.recordings import RealtimeEvent

        row = session.get(RealtimeEvent, int(event))
        assert row is not None
        row.title, row.description = "<img src=x onerror=window.hacked=1>", "w" * 300
    widget = house.view.labeller([WINDOW], by="mia")
    context = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    visit = mount(browser, widget, house.serve().url, **context)
    page = visit.page
    expect(page.get_by_text("<img src=x onerror=window.hacked=1>")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Wrong").tap()
    told(page, "Kept: wrong.")
    assert widget.labels["verdict"].tolist() == ["wrong"]
    page.close()
    widget.close()


def test_footage_that_is_gone_and_nothing_to_label_are_said(browser: Browser, house: Monitor) -> None:
    gone = Stratum(CAM, Window(MORNING.replace(hour=6)), QUIET)
    widget = house.view.labeller([gone, WINDOW], by="mia")
    visit = mount(browser, widget, house.serve().url)
    page = visit.page
    expect(page.locator(".lml-note")).to_contain_text("Its footage is gone.")
    expect(page.locator(".lm-note")).to_contain_text("Go on to the next with j.")
    page.locator(".lml").focus()
    page.keyboard.press("j")
    expect(page.locator(".lml-strip img")).to_have_count(12)
    played(page)
    page.evaluate("window.remove()")
    assert page.locator(".lml").count() == 0
    assert visit.errors == []
    page.close()
    widget.close()

    empty = LabelWidget(house, (), "mia")
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(MOUNT, [empty._esm, traits(empty)])
    page.get_by_text("There is nothing to label").wait_for()
    page.close()
    empty.close()
