"""A real Chromium works through the review queue: filters, keys, verdicts, clip and evidence, news of others."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from livemon.base.clock import Window
from livemon.base.datatypes import EventType, Severity
from livemon.base.detections import DetectionSummary, PetKind
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import analyses, archives, event_search, reviews, work, writes
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.stream.files.archive import assemble
from tests.conftest import FAST, MORNING, seen
from tests.recording import record
from tests.spent import spend
from tests.waiting import PATIENCE_S, wait_on_page
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

CAM = "camera-1"
TITLES = {
    "climbing": "Climbed the sofa",
    "fall": "Fell from the sofa",
    "walking": "First steps",
    "knife": "Holds a knife",
}


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        yield made


def happen(monitor: Monitor, kind: str, severity: Severity, second: float, **call: Any) -> int:
    """Commit an event of the morning; returns its id."""
    observed = seen(second, kind=kind, severity=severity, title=TITLES[kind])
    now = MORNING + timedelta(seconds=second)
    return writes.add_event(monitor.database, CAM, observed, now, model="gemini-3.5-flash-lite", **call)


@pytest.fixture
def house(monitor: Monitor, tmp_path: Path) -> Monitor:
    """Footage of sixteen seconds, a danger in it with its call, a warning and a piece of news."""
    segments = record(tmp_path / "segments", MORNING, 16)
    made = assemble(CAM, Window(MORNING), segments, monitor.settings.camera_dir(CAM) / "archive")
    archives.replace_archives(monitor.database, made, monitor.settings.data_dir)
    call = spend(monitor.database, MORNING, 0.0004)
    happen(monitor, "climbing", Severity.WARNING, 120)
    happen(monitor, "fall", Severity.DANGER, 8, call_id=call, prompt_version="look_en-1234")
    happen(monitor, "walking", Severity.INFO, 300)
    return monitor


def open_events(browser: Browser, monitor: Monitor, query: str = "?severity=any", **context: Any) -> Visit:
    visit = Visit(browser.new_page(**context))
    visit.page.goto(f"{monitor.serve().url}/events{query}")
    visit.page.locator(".lmq-queue").wait_for()
    return visit


def titles(page: Page) -> list[str]:
    return page.locator(".lmq-title").all_text_contents()  # also while the page is not shown yet


def test_the_queue_is_worked_through_by_keyboard(browser: Browser, house: Monitor) -> None:
    visit = open_events(browser, house)
    page = visit.page
    expect(page.locator(".lmq-list li")).to_have_count(3)
    assert titles(page) == ["Fell from the sofa", "Climbed the sofa", "First steps"]  # the worst first
    page.get_by_role("listbox").focus()
    page.keyboard.press("j")
    page.get_by_role("heading", name="Fell from the sofa").wait_for()
    assert "event=2" in page.url
    page.keyboard.press("w")  # a wrong alert; the next one follows by itself
    page.get_by_role("heading", name="Climbed the sofa").wait_for()
    expect(page.locator(".lmq-list li")).to_have_count(2)
    page.keyboard.press("r")
    expect(page.locator(".lmq-list li")).to_have_count(1)
    page.keyboard.press("e")
    page.get_by_text("Nothing to review").wait_for()
    events = house.events(CAM).set_index("title")
    assert events["label"].fillna("").to_dict() == {
        "Fell from the sofa": "wrong",
        "Climbed the sofa": "right",
        "First steps": "",
    }
    assert events["reviewed_utc"].notna().all()
    assert visit.errors == []
    page.close()


def test_an_event_has_its_clip_evidence_answer_and_cost(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house, "?severity=any&event=2").page
    page.get_by_role("heading", name="Fell from the sofa").wait_for()
    video = page.locator("video")
    video.wait_for()
    page.wait_for_function("video => video.readyState >= 2 && video.duration > 6", arg=video.element_handle())
    page.get_by_text("Who says so").click()
    page.get_by_text("look_en-1234").wait_for()
    page.get_by_text("$0.0004").wait_for()
    page.get_by_text("The model's answer").click()
    picture = page.locator(".frames img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    page.get_by_label("Note").first.fill("The blanket fell, not the child.")
    page.get_by_role("button", name="Save note").click()
    page.get_by_text("The note is saved.").wait_for()
    assert house.events(CAM).set_index("id")["note"][2] == "The blanket fell, not the child."
    page.close()


def test_windows_with_the_words_stand_below_the_list_and_lead_to_their_day(browser: Browser, house: Monitor) -> None:
    for number, summary in enumerate(("Played on the <b>sofa</b>.", "Slept.")):
        window = Window(MORNING + number * timedelta(minutes=10))
        row = analyses.analysis_id(house.database, CAM, window)
        assert work.claim(house.database, SegmentAnalysis, row, "me", MORNING)
        assert work.complete(house.database, SegmentAnalysis, row, "me", MORNING, summary=summary, analysis_result={})
    visit = open_events(browser, house, "?state=any&q=sofa")
    page = visit.page
    expect(page.locator(".lmq-list li")).to_have_count(2)
    expect(page.get_by_text("Played on the <b>sofa</b>.")).to_be_visible()
    expect(page.get_by_text("Slept.")).to_have_count(0)
    page.get_by_role("listitem").filter(has_text="Played on the").get_by_role("link").click()
    page.wait_for_url("**/day?*")
    assert f"camera={CAM}" in page.url
    assert visit.errors == []
    page.close()


def test_many_are_reviewed_at_once(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house).page
    page.get_by_role("checkbox", name="Choose all that are shown").check()
    page.get_by_text("3 chosen").wait_for()
    page.get_by_role("button", name="Reviewed", exact=True).click()
    page.get_by_text("Nothing to review").wait_for()
    assert house.events(CAM)["reviewed_utc"].notna().all()
    page.close()


def test_filters_stand_in_the_address_and_are_taken_from_it(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house, "?state=any&q=sofa&severity=danger").page
    expect(page.locator(".lmq-list li")).to_have_count(1)
    assert titles(page) == ["Fell from the sofa"]
    page.get_by_label("Search").fill("kitchen")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing found").wait_for()
    page.wait_for_url("**/events?state=any&severity=danger&q=kitchen")
    page.reload()
    page.get_by_text("Nothing found").wait_for()
    found = DetectionSummary(2, (PetKind.DOG,), ("cot",))
    event_id = happen(house, "knife", Severity.INFO, 360, detected=found)
    page.goto(f"{page.url.split('?')[0]}?state=any&seen=pets&event={event_id}")
    expect(page.locator(".detected")).to_have_text("Detector: 2 people, a dog; zone: cot")
    assert titles(page) == ["Holds a knife"]
    page.get_by_role("combobox", name="Seen").click()
    page.locator("li", has_text="No people").click()
    page.get_by_text("None passes these filters").wait_for()
    page.wait_for_url("**/events?state=any&seen=nobody*")
    page.close()


def test_the_first_judge_and_the_chosen_dates_are_shown(browser: Browser, house: Monitor) -> None:
    reviews.review_events(house.database, [2], {"label": "right"}, MORNING, "Ada")
    reviews.review_events(house.database, [2], {"label": "wrong"}, MORNING + timedelta(hours=1), "Ben & Eva")
    page = open_events(browser, house, "?state=any&event=2&from=2026-11-23&to=2026-11-23").page
    judged = page.locator(".judged")
    expect(judged).to_contain_text("First judged by Ada")
    expect(judged).to_contain_text("Last judged by Ben & Eva")
    expect(page.locator(".lmq-list li")).to_have_count(3)
    expect(page.get_by_label("From", exact=True).first).to_be_visible()
    page.goto(page.url.replace("2026-11-23", "2026-11-21"))
    page.get_by_text("None passes these filters").wait_for()
    page.close()


def test_an_event_and_a_range_are_shared_by_a_link_and_saved(browser: Browser, house: Monitor) -> None:
    visit = open_events(browser, house, "?severity=any&event=2")
    page = visit.page
    page.get_by_text("Share and save").click()
    page.get_by_role("button", name="Make link").click()
    link = page.get_by_label("Link", exact=True)
    expect(link).to_have_value(re.compile(r"/links/.+/events/camera-1/2/clip[.]mp4$"))
    page.get_by_label("What").select_option("range")
    expect(page.get_by_label("From", exact=True).last).to_have_value("2026-11-23T08:00:03")  # five seconds before it
    expect(link).to_be_hidden()  # it was the event's
    page.get_by_role("button", name="Make link").click()
    expect(link).to_have_value(re.compile("/links/.+/clips/camera-1[.]mp4"))
    shared = link.input_value()
    with urllib.request.urlopen(shared, timeout=PATIENCE_S) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"] == "video/mp4"
    signed = shared.split("/links/")[1].split("/")[0]
    for changed in (shared.replace("08%3A00%3A03", "08%3A00%3A01"), shared.replace(signed, f"{signed}x")):
        assert changed != shared
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(changed, timeout=PATIENCE_S)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save file").click()
    assert Path(saved.value.path()).stat().st_size > 0
    assert visit.errors == []
    page.close()


def test_what_happens_and_what_another_browser_says_comes_by_itself(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house, "?severity=any&event=3").page
    other = open_events(browser, house, "?severity=any&event=1").page
    page.get_by_role("heading", name="First steps").wait_for()
    other.get_by_role("heading", name="Climbed the sofa").wait_for()
    other.get_by_role("button", name="Right").click()
    expect(page.locator(".lmq-list li")).to_have_count(2)
    happen(house, "knife", Severity.DANGER, 360)
    expect(page.locator(".lmq-title").first).to_have_text("Holds a knife")
    assert page.locator("[aria-selected=true] .lmq-title").inner_text() == "First steps"  # what was chosen stays
    expect(other.locator(".lmq-title").first).to_have_text("Holds a knife")

    def nothing_is_read() -> bool:
        made = house.query_cache.made
        page.wait_for_timeout(1500)
        return house.query_cache.made == made

    wait_on_page(page, nothing_is_read, "nothing happens, so nothing is read once all have read the last event")
    page.close()
    other.close()


def test_events_go_home_as_csv_without_formulas(browser: Browser, house: Monitor) -> None:
    happen(house, "knife", Severity.DANGER, 360)
    event_id = int(house.events(CAM)["id"].max())
    page = open_events(browser, house, f"?severity=any&event={event_id}").page
    page.get_by_label("Note").first.fill("=1+1")
    page.get_by_role("button", name="Save note").click()
    page.get_by_text("The note is saved.").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert lines[0].startswith("id,camera_id,start_utc")
    assert len(lines) == 5
    assert ",'=1+1," in lines[1]
    page.close()


def test_a_phone_shows_the_queue_without_sideways_scrolling(browser: Browser, house: Monitor) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = open_events(browser, house, **phone).page
    page.locator(".lmq-list li").first.tap()
    page.get_by_role("heading", name="Fell from the sofa").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()


def test_without_events_it_does_not_say_that_nothing_happened(browser: Browser, monitor: Monitor) -> None:
    page = open_events(browser, monitor, "?state=any").page
    page.get_by_text("No events yet").wait_for()
    page.get_by_text("The Day page shows what was looked at.").wait_for()
    assert event_search.count(monitor.database, event_search.EventSearch((CAM,))) == {}
    page.close()


def labels(house: Monitor) -> dict[str, str]:
    return dict(house.events(CAM).set_index("title")["label"].fillna("").to_dict())


def test_verdicts_that_are_given_at_once_all_arrive(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house).page
    expect(page.locator(".lmq-list li")).to_have_count(3)
    page.get_by_role("listbox").focus()
    page.keyboard.press("Home")
    page.get_by_role("heading", name="Fell from the sofa").wait_for()
    page.locator(".lmq-list").evaluate("""list => {
      for (const key of ["w", "r", "w"]) list.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }""")
    page.get_by_text("Nothing to review").wait_for()
    assert labels(house) == {"Fell from the sofa": "wrong", "Climbed the sofa": "right", "First steps": "wrong"}
    page.close()


def test_a_double_click_and_a_key_that_is_held_judge_one_event(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house, "?severity=any&event=2").page
    page.get_by_role("heading", name="Fell from the sofa").wait_for()
    page.get_by_role("button", name="Right", exact=True).dblclick()
    expect(page.locator(".lmq-list li")).to_have_count(2)
    page.get_by_role("heading", name="Climbed the sofa").wait_for()
    page.locator(".lmq-list").evaluate("""list => {
      for (const repeat of [false, true, true])
        list.dispatchEvent(new KeyboardEvent("keydown", { key: "w", repeat, bubbles: true }));
    }""")
    expect(page.locator(".lmq-list li")).to_have_count(1)
    assert labels(house) == {"Fell from the sofa": "right", "Climbed the sofa": "wrong", "First steps": ""}
    page.close()


def test_a_note_is_kept_with_the_verdict_and_when_another_event_is_chosen(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house, "?severity=any&event=2").page
    page.get_by_role("heading", name="Fell from the sofa").wait_for()
    note = page.get_by_label("Note").first
    note.fill("Only the blanket.")
    page.get_by_role("button", name="Wrong", exact=True).click()
    page.get_by_role("heading", name="Climbed the sofa").wait_for()
    expect(note).to_have_value("")
    note.fill("Up to the window.")
    page.locator(".lmq-list li", has_text="First steps").click()
    page.get_by_role("heading", name="First steps").wait_for()
    expect(note).to_have_value("")
    notes = house.events(CAM).set_index("title")["note"].to_dict()
    assert notes == {
        "Fell from the sofa": "Only the blanket.",
        "Climbed the sofa": "Up to the window.",
        "First steps": "",
    }
    page.close()


def test_on_a_phone_what_was_tapped_comes_into_sight(browser: Browser, house: Monitor) -> None:
    for second in range(20):
        happen(house, "knife", Severity.WARNING, 1000 + second)
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = open_events(browser, house, **phone).page
    expect(page.locator(".lmq-list li")).to_have_count(23)
    page.locator(".lmq-list li", has_text="First steps").locator(".lmq-title").tap()
    expect(page.get_by_role("heading", name="First steps")).to_be_in_viewport()
    page.close()


def test_a_camera_that_is_added_or_goes_is_in_the_filter_at_once(browser: Browser, house: Monitor) -> None:
    page = open_events(browser, house).page
    expect(page.locator(".lmq-list li")).to_have_count(3)
    house.camera_registry.add("attic", source="test-pattern", name="Attic")
    page.get_by_role("combobox", name="Camera").click()
    expect(page.locator("li", has_text="Attic")).to_be_visible()
    page.locator("li", has_text="Attic").click()
    page.get_by_text("Nothing to review").wait_for()
    house.camera_registry.remove("attic")
    expect(page.locator(".lmq-list li")).to_have_count(3)  # of all cameras again
    page.close()


def test_what_livemon_says_of_itself_keeps_its_severity(browser: Browser, house: Monitor) -> None:
    told = seen(400, kind="camera_offline", severity=Severity.WARNING, title="Camera is offline")
    told = replace(told, event_type=EventType.SYSTEM)
    writes.add_event(house.database, CAM, told, MORNING, model="livemon")
    page = open_events(browser, house).page
    row = page.locator(".lmq-list li", has_text="Camera is offline")
    expect(row.locator(".lmq-chip")).to_have_text("Warning")
    expect(row.locator(".lmq-about")).to_have_text("livemon")
    page.close()
