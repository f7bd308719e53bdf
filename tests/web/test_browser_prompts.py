"""A real Chromium makes a prompt live, compares it, and rolls it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from livemon.base.model_types import Purpose
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.vlm.prompt import shipped_prompts
from tests.conftest import FAST
from tests.web.test_browser import Visit, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

CAM = "camera-1"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    folder = settings.data_dir.parent / "prompts"
    folder.mkdir()
    mine = shipped_prompts()["look_en"].model_copy(update={"instructions": "Look for falls behind the sofa."})
    (folder / "falls.toml").write_text(mine.to_toml())
    with Monitor(settings.model_copy(update={"prompts_dir": folder}), profile=FAST) as made:
        yield made


def open_prompts(browser: Browser, monitor: Monitor, query: str = "", **context: object) -> Visit:
    visit = Visit(browser.new_page(**context))
    visit.page.goto(f"{monitor.serve().url}/prompts{query}")
    visit.page.get_by_text("Live prompts").wait_for()
    return visit


def test_a_prompt_is_made_live_and_rolled_back(browser: Browser, monitor: Monitor) -> None:
    visit = open_prompts(browser, monitor)
    page = visit.page
    page.get_by_text("Nothing has been changed here yet").wait_for()
    page.get_by_role("combobox", name="Prompt").click()
    page.locator("li", has_text="falls").click()
    page.get_by_label("Why; kept in the history").fill("misses falls")
    page.get_by_role("button", name="Make it live").click()
    page.get_by_text("is live for camera-1, from the next question on.").wait_for()
    assert monitor.prompts.live(CAM, Purpose.LOOK).name == "falls"
    expect(page.get_by_role("cell", name="misses falls")).to_be_visible()
    page.get_by_role("button", name="Roll back").click()
    page.get_by_text("is live for camera-1 again.").wait_for()
    assert monitor.prompts.live(CAM, Purpose.LOOK).name == "look_en"
    assert monitor.prompts.history(CAM, Purpose.LOOK)["by"].tolist() == ["local", "local"]
    assert visit.errors == []
    page.close()


def test_an_address_names_a_version_to_compare_with_what_is_live(browser: Browser, monitor: Monitor) -> None:
    version = monitor.prompts.get("falls").version
    page = open_prompts(browser, monitor, f"?camera={CAM}&version={version}").page
    expect(page.locator("pre .more", has_text="Look for falls behind the sofa.")).to_be_visible()
    expect(page.locator("pre .less").first).to_be_attached()
    page.close()


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_shows_it_and_all_links_without_sideways_scrolling(
    browser: Browser, monitor: Monitor, width: int, language: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844}, is_mobile=True)
    page.goto(f"{monitor.serve().url}/prompts?lang={language}")
    links = page.locator("nav[aria-label] a")
    expect(links).to_have_count(8)  # six pages, the bell, the other language
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for link in links.all():
        box = link.bounding_box()
        assert box is not None and box["height"] >= 40 and box["width"] >= 36, link.inner_html()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, "every link can be seen"
        assert link.evaluate("a => a.scrollWidth <= a.clientWidth"), "no word is cut off"
    page.close()


def test_a_camera_that_is_removed_meanwhile_is_said_and_nothing_is_made_live_for_it(
    browser: Browser, monitor: Monitor
) -> None:
    monitor.camera_registry.add("attic", source="test-pattern", name="Attic")
    page = browser.new_page()
    page.goto(f"{monitor.serve().url}/prompts?camera=attic")
    expect(page.get_by_role("combobox", name="Camera").first).to_have_text("Attic")
    monitor.camera_registry.remove("attic")
    page.get_by_text("There is no camera 'attic'.").wait_for()
    expect(page.get_by_role("combobox", name="Camera").first).not_to_have_text("Attic")
    page.close()
