"""Screenshots of every page for README and docs: `make screenshots`. Wide, on a phone, light and dark.

The live pictures and their events are real: rendered clips, streamed, looked at by the local model. The weeks
before are made up (tests/days.py), so that there is something to see.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, sync_playwright

from livemon import Monitor, render_demo_clips
from livemon.base.clock import WINDOW, floor_to
from livemon.base.settings.settings import Settings
from livemon.store import hours
from livemon.store.tables.recordings import ArchiveRow
from tests.days import CAM, analysis, archive, incident
from tests.web.test_browser import CHROMIUM

IMAGES = Path(__file__).parents[1] / "docs" / "images"
VIDEOS = Path(__file__).parents[1] / "videos" / "camera-1"
WATCH_S = 75
HOUR = timedelta(hours=1)
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
INCIDENTS = (("danger", "Fell from the sofa"), ("warning", "Climbed the sofa"), ("warning", "Pulled at the cable"))

SHOTS: tuple[tuple[str, str, bool, bool], ...] = (
    ("dashboard", "/", False, False),
    ("dashboard-dark", "/", False, True),
    ("dashboard-phone", "/", True, False),
    ("wall", "/?camera=*", False, False),
    ("events", "/events?state=any&event=1", False, False),
    ("events-dark", "/events?state=any&event=1", False, True),
    ("events-phone", "/events?state=any", True, False),
    ("day", "/day?date={yesterday}", False, False),
    ("day-phone", "/day?date={yesterday}", True, False),
    ("cameras", "/cameras", False, False),
    ("prompts", "/prompts?version={other}", False, False),
    ("system", "/system", False, False),
    ("system-phone", "/system", True, True),
)
"""Name, address, whether on a phone, whether dark."""


def make_weeks(monitor: Monitor, now: datetime) -> None:
    """Make up four weeks; yesterday has all its windows, and one with a clip."""
    chance = random.Random(7)
    clip = min(VIDEOS.glob("*.mp4"), key=lambda path: path.stat().st_size)
    for back in range(28, 0, -1):
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
        for hour in range(7, 20):
            for place in range(6 if back == 1 else 1):
                start = midnight + hour * HOUR + place * WINDOW
                if chance.random() < 0.06:
                    continue
                found = [incident(start + timedelta(seconds=3), *chance.choice(INCIDENTS))] * (chance.random() < 0.09)
                score = {0: 100.0 - chance.choice((0, 0, 0, 3, 6))}.get(len(found), 0.0)
                if found:
                    score = 45.0 if found[0]["severity"] == "danger" else 78.0
                archive(monitor, start, clip if back == 1 else None)
                analysis(monitor, start, score=score, incidents=found)
            hours.compute_hour(monitor.database, CAM, midnight + hour * HOUR, now)
    with monitor.database.writing() as session:  # their files were never there, and would be missed
        session.execute(sa.delete(ArchiveRow).where(ArchiveRow.start_utc < now.replace(hour=0) - timedelta(days=1)))


def shoot(browser: Browser, url: str, name: str, phone: bool, dark: bool) -> list[str]:
    """Save one page; returns what went wrong on it."""
    context = browser.new_context(
        viewport=PHONE if phone else WIDE,
        is_mobile=phone,
        has_touch=phone,
        device_scale_factor=2 if phone else 1,
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(url)
    settle(page)
    page.screenshot(path=IMAGES / f"{name}.png")
    width = page.evaluate("document.documentElement.scrollWidth")
    if phone and width > PHONE["width"]:
        wrong.append(f"{width} pixels wide")
    context.close()
    return wrong


def settle(page: Page) -> None:
    """Wait until the page stands still."""
    page.get_by_role("navigation", name="Pages").wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    if page.locator(".lm-player").count():
        page.locator(".lm-player[data-state=live], .lm-player[data-state=off]").first.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)


def main(wanted: list[str]) -> int:
    if not any(VIDEOS.glob("*.mp4")):
        render_demo_clips(VIDEOS)
    IMAGES.mkdir(exist_ok=True)
    problems = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(
            data_dir=Path(folder) / "data",
            port=0,
            timezone="UTC",
            cameras={
                CAM: {
                    "source": os.path.relpath(VIDEOS),
                    "name": "Playroom",
                    "latency": "low",
                },  # as it stands in README
                "camera-2": {"source": "test-pattern", "name": "Hall", "latency": "low"},
                "camera-3": {"source": "test-pattern", "name": "Garden", "autostart": False},
            },
        )
        with Monitor(settings) as monitor:
            now = floor_to(monitor.clock.now(), HOUR)
            make_weeks(monitor, now)
            monitor.start_all()
            url = monitor.serve().url
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            chromium.new_page().wait_for_timeout(WATCH_S * 1000)
            address = {
                "yesterday": f"{now - timedelta(days=1):%Y-%m-%d}",
                "other": monitor.prompts.get("look_ko").version,
            }
            for name, path, phone, dark in SHOTS:
                if not wanted or name in wanted:
                    wrong = shoot(chromium, url + path.format(**address), name, phone, dark)
                    print(f"{name}: {'; '.join(wrong) or 'ok'}", flush=True)
                    problems += len(wrong)
            chromium.close()
    return problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
