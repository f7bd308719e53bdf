"""A real Chromium shows a day: the strip, a window's footage, the report."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.clock import FakeClock, Window
from livemon.base.errors import ReportError
from livemon.base.settings.settings import Settings
from livemon.jobs.report_requests import ReportRequests
from livemon.monitor.monitor import Monitor
from livemon.store import archives, hours
from livemon.stream.files.archive import assemble
from tests.conftest import FAST, MORNING
from tests.days import CAM, DAY, analysis, archive, at, incident, report
from tests.recording import record
from tests.waiting import PATIENCE_S, wait_on_page
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

VIDEO = "video => video.currentTime"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


@pytest.fixture
def day(monitor: Monitor, tmp_path: Path) -> Monitor:
    """Three windows: a good one, one with an incident and real footage, and one that failed."""
    segments = record(tmp_path / "segments", at(9, 10), 8)
    folder = monitor.settings.camera_dir(CAM) / "archive"
    made = assemble(CAM, Window(at(9, 10)), segments, folder)
    archives.replace_archives(monitor.database, made, monitor.settings.data_dir)
    archive(monitor, at(9))
    archive(monitor, at(9, 20))
    analysis(monitor, at(9))
    analysis(monitor, at(9, 10), score=48.0, incidents=[incident(at(9, 10, 5), "danger", "Fell from the sofa")])
    analysis(monitor, at(9, 20), "failed", error="the reply ended too early", attempts=5)
    return monitor


def open_day(browser: Browser, monitor: Monitor, query: str = f"?date={DAY}", **context: Any) -> Visit:
    visit = Visit(browser.new_page(**context))
    visit.page.goto(f"{monitor.serve().url}/day{query}")
    visit.page.locator(".lmd-cell").first.wait_for()
    return visit


def selected(page: Page) -> str:
    return str(page.locator(".lmd-cell[aria-selected=true]").get_attribute("data-start"))


def test_a_window_is_chosen_its_video_plays_and_an_incident_is_found_in_it(browser: Browser, day: Monitor) -> None:
    visit = open_day(browser, day)
    page = visit.page
    assert selected(page).startswith("2026-11-22T09:10"), "the lowest score is what is worth seeing"
    page.get_by_role("heading", name="09:10\N{EN DASH}09:20").wait_for()
    video = page.locator("video")
    wait_on_page(page, lambda: video.evaluate("video => video.readyState") >= 1, "the video loads")
    page.get_by_role("button", name="Fell from the sofa").click()
    wait_on_page(page, lambda: video.evaluate(VIDEO) >= 5, "the video goes to the incident")
    wait_on_page(page, lambda: video.evaluate(VIDEO) > 5.2, "and plays on")
    assert video.evaluate(VIDEO) < 8

    page.locator(".lmd-cell[data-state=failed]").click()
    page.get_by_text("the reply ended too early (after 5 tries)").wait_for()
    wait_on_page(page, lambda: "window=2026-11-22T09%3A20" in page.url, "the address names the window")
    page.reload()
    page.get_by_text("the reply ended too early (after 5 tries)").wait_for()
    assert selected(page).startswith("2026-11-22T09:20"), "a reload keeps it"
    assert visit.errors == []
    assert visit.hosts == {day.serve().url.split("/")[2]}, "nothing comes from elsewhere"
    page.close()


def test_a_pointer_that_rests_on_a_window_shows_its_picture(browser: Browser, day: Monitor) -> None:
    visit = open_day(browser, day)
    page = visit.page
    page.locator(".lmd-cell[data-start^='2026-11-22T09:10']").hover()
    picture = page.locator(".lmd-picture")
    picture.wait_for()
    assert "at=2026-11-22T09%3A10%3A05" in str(picture.get_attribute("src")), "of what happened in it"
    page.locator(".lmd-cell[data-state=not_recorded]").first.hover()
    expect(picture).to_have_count(0)
    assert visit.errors == []
    page.close()


def test_the_strip_is_walked_by_keyboard(browser: Browser, day: Monitor) -> None:
    page = open_day(browser, day).page
    strip = page.get_by_role("listbox")
    strip.focus()
    strip.press("ArrowLeft")
    page.get_by_role("heading", name="09:00\N{EN DASH}09:10").wait_for()
    expect(page.locator(".lmd-tip")).to_have_text(re.compile("^09:00\N{EN DASH}09:10"))
    strip.press("ArrowDown")
    page.get_by_role("heading", name="10:00\N{EN DASH}10:10").wait_for()
    page.get_by_text("Not recorded: what happened is not known.").first.wait_for()
    strip.press("Home")
    page.get_by_role("heading", name="00:00\N{EN DASH}00:10").wait_for()
    chosen = page.get_by_role("option", selected=True)
    assert "00:00" in str(chosen.get_attribute("aria-label"))
    assert strip.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.close()


def test_a_failed_window_is_tried_again(browser: Browser, day: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []
    monkeypatch.setattr(day.backfill, "retry", lambda _camera_id, start: asked.append(start))
    page = open_day(browser, day, f"?date={DAY}&window=2026-11-22T09:20:00Z").page
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("It is analysed as soon as a model is free.").wait_for()
    assert asked == [at(9, 20)]
    page.close()


def test_a_report_is_previewed_listed_and_made(browser: Browser, day: Monitor) -> None:
    report(day, text="<h1>A quiet day</h1>")
    report(day, DAY - timedelta(days=1), text="<h1>The day before</h1>")
    going = threading.Event()

    def make(camera_id: str, made: Any, *, timezone: str, language: str, on_progress: Any) -> None:
        on_progress(0.5, "drawing charts")
        assert going.wait(PATIENCE_S)
        raise ReportError("The disk is full. Make room.")

    day.report_requests = ReportRequests(make)
    visit = open_day(browser, day)
    page = visit.page
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="A quiet day").wait_for()
    page.get_by_role("link", name="Sat 21 Nov 2026").click()
    frame.get_by_role("heading", name="The day before").wait_for()
    visit.wait_until_drawn()

    page.get_by_role("button", name="The day before").click()  # 20 November: none yet
    page.get_by_text("No report of this day").wait_for()
    visit.press(page.get_by_role("button", name="Make report"), page.get_by_text("Making the report: drawing charts"))
    going.set()
    page.get_by_text("The disk is full.").wait_for()
    assert visit.errors == []
    page.close()


def test_a_day_without_footage_does_not_say_that_nothing_happened(browser: Browser, monitor: Monitor) -> None:
    page = open_day(browser, monitor).page
    page.get_by_text("That does not mean that nothing happened").wait_for()
    page.get_by_text("There is nothing to see for this day.").wait_for()
    page.close()


def test_a_phone_needs_no_sideways_scrolling_and_windows_can_be_tapped(browser: Browser, day: Monitor) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = open_day(browser, day, **phone).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator(".lmd-row")).to_have_count(4)
    cell = page.locator(".lmd-cell[data-state=failed]")
    assert cell.evaluate("cell => cell.getBoundingClientRect().width") > 8
    cell.tap()
    page.get_by_text("the reply ended too early").first.wait_for()
    page.close()


def test_the_pages_lead_to_each_other_and_keep_the_camera(browser: Browser, settings: Settings) -> None:
    cameras = {name: {"source": "test-pattern", "name": name.title(), "autostart": False} for name in ("hall", "attic")}
    with Monitor(Settings.model_validate(settings.model_dump() | {"cameras": cameras}), profile=FAST) as monitor:
        page = open_day(browser, monitor, "?camera=attic").page
        page.get_by_role("link", name="Live", exact=True).click()
        page.locator(".lm-player").wait_for()
        expect(page.get_by_role("combobox").first).to_have_text("Attic")
        page.get_by_role("link", name="Day", exact=True).click()
        page.locator(".lmd-cell").first.wait_for()
        assert page.url.endswith("/day?camera=attic")
        page.close()


def test_a_missed_event_is_marked_where_the_video_stands(browser: Browser, day: Monitor) -> None:
    visit = open_day(browser, day, f"?date={DAY}&window=2026-11-22T09:10:00.000Z")
    page = visit.page
    video = page.locator("video")
    wait_on_page(page, lambda: video.evaluate("video => video.readyState") >= 1, "the video loads")
    video.evaluate("video => { video.pause(); video.currentTime = 4; }")
    page.get_by_role("button", name="Mark a missed event here").click()
    time = page.get_by_role("textbox", name="Time")
    wait_on_page(page, lambda: time.input_value() == "09:10:04", "the form has the video's moment")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Describe what happened.").wait_for()
    page.get_by_role("textbox", name="What happened").fill("Pulled the lamp down")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("It is kept as a missed event.").wait_for()
    page.get_by_role("button", name="Pulled the lamp down").wait_for()  # among the window's moments
    (event,) = day.events(CAM).to_dict("records")
    assert (event["label"], event["start_utc"]) == ("missed", at(9, 10, 4))
    assert visit.errors == []
    page.close()


def test_four_weeks_are_shown_and_lead_to_their_days(browser: Browser, day: Monitor) -> None:
    hours.compute_hour(day.database, CAM, at(9), at(11))
    page = open_day(browser, day).page
    field = page.get_by_role("img", name="Sun 22 Nov 09:00: lowest score 48, 1 incident, 0 events, recorded 20 min")
    field.wait_for()
    expect(page.get_by_role("cell").first).to_be_visible()
    page.get_by_role("radio", name="Events").or_(page.get_by_role("button", name="Events")).first.click()
    page.locator(".heat .much").first.wait_for()
    page.get_by_role("link", name="Sat 21 Nov").click()
    page.get_by_text("Saturday 21 November 2026").wait_for()
    page.close()
