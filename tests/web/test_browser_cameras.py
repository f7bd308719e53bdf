"""A real Chromium adds, tries, changes, stops, erases and removes cameras."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.datatypes import Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import audit_log, writes
from livemon.store.detections import add_detections
from tests.conftest import FAST, MORNING, make_video, seen
from tests.detect.bodies import START, found, standing
from tests.waiting import STILL, wait_on_page
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    cameras = {"camera-1": {"source": "test-pattern", "name": "Living room", "autostart": False}}
    with Monitor(Settings.model_validate(settings.model_dump() | {"cameras": cameras}), profile=FAST) as made:
        yield made


def open_cameras(browser: Browser, monitor: Monitor, **context: Any) -> tuple[Visit, Page]:
    visit = Visit(browser.new_page(**context))
    visit.page.goto(f"{monitor.serve().url}/cameras")
    visit.page.get_by_role("heading", name="Add a camera").wait_for()
    return visit, visit.page


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_label(label).first.fill(text)
    page.keyboard.press("Tab")


def unfold(page: Page, what: str) -> None:
    page.get_by_role("button", name=what).click()


def wait_until_open(page: Page, what: str) -> None:
    """A button that moves while it is pressed gets no click."""
    expect(page.get_by_role("button", name=what)).to_have_attribute("aria-expanded", "true")
    page.wait_for_function(STILL)


def test_a_camera_is_tried_added_changed_and_removed(browser: Browser, monitor: Monitor) -> None:
    visit, page = open_cameras(browser, monitor)
    fill(page, "Id:", "hall")
    fill(page, "Source:", "http://127.0.0.1:9/secret")
    page.get_by_role("button", name="Try the source").click()
    page.get_by_text("this machine").first.wait_for()  # refused: the server must not fetch from itself
    expect(page.get_by_label("Source:").first).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Try the source")).to_be_enabled()
    fill(page, "Source:", "test-pattern")
    page.get_by_role("button", name="Try the source").click()
    picture = page.get_by_role("img", name="Current picture of the source")
    picture.wait_for()
    wait_on_page(page, lambda: picture.evaluate("image => image.naturalWidth") > 0)
    fill(page, "Name", "Hall")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("hall, added here").wait_for()
    page.get_by_text("Streaming").wait_for()
    page.get_by_role("button", name="Change").nth(1).click()
    page.get_by_role("heading", name="Change hall").wait_for()
    fill(page, "Name", "The long hall")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The long hall").first).to_be_visible()
    assert monitor.settings.cameras["hall"].source == "test-pattern"  # not written, so it stays
    page.get_by_role("button", name="Remove", exact=True).click()
    fill(page, "Type hall", "hal")
    page.locator(".question").get_by_role("button", name="Remove").click()
    page.get_by_text("That is not hall").wait_for()
    fill(page, "Type hall", "hall")
    page.locator(".question").get_by_role("button", name="Remove").click()
    page.get_by_text("hall is removed").wait_for()
    assert list(monitor.cameras) == ["camera-1"]
    actions = set(audit_log.deeds(monitor.database, limit=50)["action"])
    assert {"add camera hall", "change the camera", "remove the camera"} <= actions
    assert visit.errors == []
    page.close()


def test_a_camera_of_livemon_toml_is_changed_and_put_back(browser: Browser, monitor: Monitor) -> None:
    visit, page = open_cameras(browser, monitor)
    page.get_by_role("button", name="Change").click()
    page.get_by_role("heading", name="Change camera-1").wait_for()
    fill(page, "Name", "Den")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("in livemon.toml (changed here: name)").wait_for()
    assert monitor.camera("camera-1").name == "Den"
    page.get_by_role("button", name="Back to livemon.toml").click()
    page.get_by_text("camera-1 is as it stands in livemon.toml again").wait_for()
    expect(page.get_by_text("changed here")).to_have_count(0)
    assert monitor.camera("camera-1").name == "Living room"
    assert visit.errors == []
    page.close()


def test_erasing_says_what_went(browser: Browser, monitor: Monitor) -> None:
    writes.add_event(monitor.database, "camera-1", seen(0, severity=Severity.DANGER), MORNING, model="m")
    _, page = open_cameras(browser, monitor)
    page.get_by_role("button", name="Erase data").click()
    fill(page, "Type camera-1", "camera-1")
    page.get_by_role("button", name="Erase everything").click()
    page.get_by_text("rows and 0 files of ").wait_for()
    assert len(monitor.events("camera-1")) == 0
    expect(page.get_by_role("button", name="Remove", exact=True)).to_have_count(0)  # it stands in livemon.toml
    page.close()


def test_a_removed_camera_s_data_can_be_erased(browser: Browser, monitor: Monitor) -> None:
    monitor.camera_registry.add("hall", source="test-pattern")
    writes.add_event(monitor.database, "hall", seen(0, severity=Severity.DANGER), MORNING, model="m")
    monitor.camera_registry.remove("hall")
    visit, page = open_cameras(browser, monitor)
    page.get_by_text("removed; its recordings are still here").wait_for()
    page.get_by_role("button", name="Erase data").last.click()
    fill(page, "Type hall", "hall")
    page.get_by_role("button", name="Erase everything").click()
    page.get_by_text("rows and 0 files of ").wait_for()
    expect(page.get_by_text("are still here")).to_have_count(0)
    assert monitor.eraser.removed() == []
    assert visit.errors == []
    page.close()


def test_a_phone_starts_and_stops_a_camera(browser: Browser, monitor: Monitor) -> None:
    _, page = open_cameras(browser, monitor, **PHONE)
    page.get_by_role("button", name="Start", exact=True).tap()
    page.get_by_text("Streaming").wait_for()
    page.get_by_role("button", name="Stop", exact=True).tap()
    page.get_by_role("button", name="Start", exact=True).wait_for()
    assert not monitor.camera("camera-1").running
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()


def test_zones_are_drawn_on_the_picture_and_kept_with_hours_and_prompt(browser: Browser, monitor: Monitor) -> None:
    visit, page = open_cameras(browser, monitor)
    fill(page, "Id:", "hall")
    fill(page, "Source:", "test-pattern")
    page.get_by_role("button", name="Try the source").click()
    page.get_by_role("img", name="Current picture of the source").wait_for()
    unfold(page, "Zones and rules")
    frame = page.locator(".lmz-frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6, steps=5)
    page.mouse.up()
    page.get_by_label("Name of zone 1").fill("stairs")
    page.keyboard.press("Tab")
    page.get_by_label("Severity of zone 1").select_option("danger")
    page.locator(".lmz-zone").first.focus()
    page.keyboard.press("ArrowRight")
    unfold(page, "More settings")
    fill(page, "Runs at these hours only", "00:00-23:59")
    fill(page, "Dollars a day at most", "0.25")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("hall, added here").wait_for()
    own = monitor.settings.cameras["hall"]
    (zone,) = own.zones
    assert (zone.name, zone.severity) == ("stairs", "danger")
    assert [abs(mark - wanted) <= 15 for mark, wanted in zip(zone.box, (200, 110, 600, 510), strict=True)] == [True] * 4
    assert (own.hours, own.usd_per_day) == ("00:00-23:59", 0.25)
    page.get_by_role("button", name="Change").nth(1).click()
    expect(page.get_by_label("Name of zone 1")).to_have_value("stairs")
    unfold(page, "More settings")
    expect(page.get_by_label("Dollars a day at most").first).to_have_value("0.25")
    assert visit.errors == []
    page.close()


def test_a_rule_is_added_tried_and_switched_on_and_the_line_of_another_is_moved(
    browser: Browser, monitor: Monitor
) -> None:
    stairs = {"name": "stairs", "box": [0, 0, 1000, 500]}
    monitor.camera_registry.add("hall", source="test-pattern", zones=[stairs])
    seen_at = (monitor.clock.now() - timedelta(hours=2) - START).total_seconds()
    add_detections(monitor.database, "hall", [found(seen_at + i / 2, standing(0.25)) for i in range(60)])
    visit, page = open_cameras(browser, monitor)
    page.get_by_role("button", name="Change").nth(1).click()
    expect(page.get_by_label("Name of zone 1")).to_have_value("stairs")  # the form is this camera's by now
    wait_until_open(page, "Zones and rules")
    page.get_by_role("button", name="Add a rule").click()
    name = page.get_by_label("Name of rule 1")
    name.fill("On the stairs")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Zone of rule 1")).to_have_value("stairs")
    page.get_by_role("button", name="Try On the stairs").click()
    page.get_by_text("In the last 3 days it would have fired once.").wait_for()
    page.get_by_label("On 1", exact=True).check()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("When 2").select_option("crossed")
    expect(page.get_by_label("Zone of rule 2")).to_have_count(0)
    end = page.locator(".lmz-end").first
    end.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Severity of rule 2").select_option("danger")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved").wait_for()
    inside, crossed = monitor.settings.cameras["hall"].zone_rules
    assert (inside.name, inside.zone, inside.enabled) == ("On the stairs", "stairs", True)
    assert (crossed.when, crossed.line, crossed.enabled) == ("crossed", (200, 510, 900, 500), False)
    assert crossed.severity == "danger"
    assert visit.errors == []
    page.close()


def test_a_rule_goes_with_its_zone_when_that_gets_another_name(browser: Browser, monitor: Monitor) -> None:
    stairs = {"name": "stairs", "box": [0, 0, 1000, 500]}
    rule = {"name": "On the stairs", "when": "inside", "zone": "stairs"}
    monitor.camera_registry.add("hall", source="test-pattern", zones=[stairs], zone_rules=[rule])
    visit, page = open_cameras(browser, monitor)
    page.get_by_role("button", name="Change").nth(1).click()
    expect(page.get_by_label("Zone of rule 1")).to_have_value("stairs")
    page.get_by_label("Name of zone 1").fill("steps")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Zone of rule 1")).to_have_value("steps")
    page.get_by_label("At these hours 1").fill("at night")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("two different times of day").wait_for()
    page.get_by_label("At these hours 1").fill("22:00-07:00")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved").wait_for()
    (kept,) = monitor.settings.cameras["hall"].zone_rules
    assert (kept.zone, kept.hours) == ("steps", "22:00-07:00")
    assert visit.errors == []
    page.close()


def test_a_picture_on_its_side_is_noticed_and_turned_by_a_button(
    browser: Browser, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people look like on their side, tests/detect/test_sideways.py tells."""
    monkeypatch.setattr("livemon.web.pages.cameras.degrees_to_turn", lambda jpeg: 90 if jpeg else 0)
    monkeypatch.setattr("livemon.cameras.camera.Camera.degrees_to_turn", lambda camera: 180)
    visit, page = open_cameras(browser, monitor)
    fill(page, "Id:", "hall")
    fill(page, "Source:", "test-pattern")
    page.get_by_role("button", name="Try the source").click()
    page.get_by_text("people are recognised when it is turned by 90 degrees").wait_for()
    page.get_by_role("button", name="Turn the picture by 90 degrees").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("hall, added here").wait_for()
    assert monitor.settings.cameras["hall"].rotate == 90
    page.get_by_role("button", name="Change").nth(1).click()
    page.get_by_role("button", name="Turn the picture by 270 degrees").click()
    expect(page.get_by_role("button", name="Turn the picture by 270 degrees")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved").wait_for()
    assert monitor.settings.cameras["hall"].rotate == 270
    assert visit.errors == []
    page.close()


def test_videos_are_brought_to_a_camera_that_is_made_for_them(
    browser: Browser, monitor: Monitor, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "birthday.mp4", duration_s=3)
    nonsense = tmp_path / "letter.mp4"
    nonsense.write_text("Dear diary")
    visit, page = open_cameras(browser, monitor)
    page.get_by_text("No camera here plays a folder").wait_for()
    fill(page, "Id:", "tapes")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("tapes, added here").wait_for()
    page.locator(".lmu-drop").wait_for()
    page.locator(".lmu-drop input").set_input_files([video, nonsense])
    page.get_by_text("It is in the camera's queue.").wait_for()
    page.locator(".lmu-files .bad").wait_for()
    assert len(list((monitor.settings.data_dir / "videos" / "tapes").glob("*.mp4"))) == 1
    page.get_by_role("button", name="Start").last.click()
    page.get_by_text("Streaming").wait_for()
    assert visit.errors == []
    page.close()


def test_what_is_asked_and_what_is_changed_is_in_sight(browser: Browser, monitor: Monitor) -> None:
    for number in range(8):
        monitor.camera_registry.add(f"room-{number}", source="test-pattern")
    visit, page = open_cameras(browser, monitor, **PHONE)
    expect(page.get_by_role("button", name="Remove", exact=True)).to_have_count(8)
    page.get_by_role("button", name="Remove", exact=True).last.click()
    expect(page.get_by_label("Type room-7 to remove it")).to_be_in_viewport()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_label("Type room-7 to remove it")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove", exact=True)).to_have_count(8)
    page.get_by_role("button", name="Change", exact=True).nth(8).click()
    expect(page.get_by_role("heading", name="Change room-7")).to_be_in_viewport()
    assert visit.errors == []
    page.close()


def test_an_id_is_made_of_the_name_and_what_is_wrong_is_said_at_its_field(browser: Browser, monitor: Monitor) -> None:
    monitor.camera_registry.add("the-den", source="test-pattern")
    visit, page = open_cameras(browser, monitor)
    fill(page, "Source:", "gopher://den")
    fill(page, "Name", "The Den")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("Source:").first).to_have_attribute("aria-invalid", "true")
    fill(page, "Source:", "test-pattern")
    unfold(page, "More settings")
    fill(page, "Runs at these hours only", "at night")
    unfold(page, "More settings")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Correct the marked fields").wait_for()
    hours = page.get_by_label("Runs at these hours only").first
    expect(hours).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Source:").first).to_have_attribute("aria-invalid", "false")
    fill(page, "Runs at these hours only", "")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("the-den-2, added here").wait_for()
    assert monitor.camera("the-den-2").name == "The Den"
    assert visit.errors == []
    page.close()


def test_a_double_click_adds_once_and_says_so(browser: Browser, monitor: Monitor) -> None:
    _, page = open_cameras(browser, monitor)
    fill(page, "Id:", "hall")
    fill(page, "Source:", "test-pattern")
    page.get_by_role("button", name="Add", exact=True).dblclick()
    page.get_by_text("hall, added here").wait_for()
    expect(page.get_by_text("Added", exact=True)).to_be_visible()
    expect(page.get_by_text("There is already a camera 'hall'")).to_have_count(0)
    page.close()


def test_the_form_shows_no_picture_of_another_camera(browser: Browser, monitor: Monitor) -> None:
    _, page = open_cameras(browser, monitor)
    unfold(page, "Zones and rules")
    nothing = page.locator(".lmz-nothing")
    expect(nothing).to_be_visible()
    fill(page, "Id:", "hall")
    fill(page, "Source:", "test-pattern")
    page.get_by_role("button", name="Try the source").click()
    expect(page.locator(".lmz-frame img")).to_be_visible()
    expect(nothing).to_be_hidden()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("hall, added here").wait_for()
    unfold(page, "Zones and rules")
    expect(nothing).to_be_visible()
    expect(page.locator(".lmz-frame img")).to_be_hidden()
    page.close()
