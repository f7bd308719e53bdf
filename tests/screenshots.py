"""Pictures of every page for README and docs, and a short animated one of a danger arriving: `make screenshots`.

All is the demo's: a scripted week, and live events that the local model finds in rendered clips.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections import deque
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from livemon import Monitor
from livemon.base.clock import local_day
from livemon.base.datatypes import Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.demo import DEMO_CAMERA, make_demo
from tests.web.test_browser import CHROMIUM

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

ANIMATED = "danger.webp"
ANIMATED_SIZE = {"width": 1040, "height": 640}
ANIMATED_FPS = 2
BEFORE_S, AFTER_S = 8, 6
"""How much of the time before a danger is shown, and after it."""
LONGEST_S = 300

SHOTS: tuple[tuple[str, str, bool, bool], ...] = (
    ("dashboard", "/?camera=demo", False, False),
    ("dashboard-dark", "/?camera=demo", False, True),
    ("dashboard-phone", "/?camera=demo", True, False),
    ("wall", "/?camera=*", False, False),
    ("events", "/events?state=any&event={danger}", False, False),
    ("events-dark", "/events?state=any&event={danger}", False, True),
    ("events-phone", "/events?state=any", True, False),
    ("day", "/day?camera=demo&date={yesterday}", False, False),
    ("day-phone", "/day?camera=demo&date={yesterday}", True, False),
    ("cameras", "/cameras", False, False),
    ("prompts", "/prompts?version={other}", False, False),
    ("system", "/system", False, False),
    ("system-phone", "/system", True, True),
)
"""Name, address, whether on a phone, whether dark."""


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


def animate(browser: Browser, monitor: Monitor, url: str) -> None:
    """Save an animated picture of the Live page while a danger is found."""
    page = browser.new_page(viewport=ANIMATED_SIZE)
    page.goto(f"{url}/?camera={DEMO_CAMERA}")
    settle(page)
    begun_utc, give_up_s = monitor.clock.now(), time.monotonic() + LONGEST_S
    frames: deque[Image.Image] = deque(maxlen=BEFORE_S * ANIMATED_FPS)
    while not dangers_since(monitor, begun_utc) and time.monotonic() < give_up_s:
        frames.append(picture(page))
    shown = [*frames, *(picture(page) for _ in range(AFTER_S * ANIMATED_FPS))]
    page.close()
    step_ms = 1000 // ANIMATED_FPS
    shown[0].save(
        IMAGES / ANIMATED, save_all=True, append_images=shown[1:], duration=step_ms, loop=0, quality=55, method=6
    )


def dangers_since(monitor: Monitor, since_utc: datetime) -> int:
    """Return how many dangers were found live since a moment."""
    found = monitor.events(DEMO_CAMERA, severity=Severity.DANGER.value, limit=5)
    return int((found["start_utc"] >= since_utc).sum())


def picture(page: Page) -> Image.Image:
    """Return the page as it is, no sooner than the frame rate asks for."""
    begun_s = time.monotonic()
    taken = Image.open(io.BytesIO(page.screenshot(type="jpeg", quality=90))).convert("RGB")
    page.wait_for_timeout(max(0.0, 1000 / ANIMATED_FPS - (time.monotonic() - begun_s) * 1000))
    return taken


def main(wanted: list[str]) -> int:
    IMAGES.mkdir(exist_ok=True)
    problems = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(
            data_dir=Path(folder) / "data",
            port=0,
            timezone="UTC",
            cameras={
                "hall": {"source": "test-pattern", "name": "Hall", "latency": "low"},
                "garden": {"source": "test-pattern", "name": "Garden", "autostart": False},
            },
        )
        with Monitor(settings) as monitor:
            make_demo(monitor)
            monitor.start_all()
            url = monitor.serve().url.rstrip("/")
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            if not wanted or Path(ANIMATED).stem in wanted:
                animate(chromium, monitor, url)
            dangers = monitor.events(DEMO_CAMERA, severity=Severity.DANGER.value, limit=1)
            address = {
                "yesterday": (local_day(monitor.clock.now(), settings.zone)[0] - timedelta(days=1)).isoformat(),
                "other": monitor.prompts.get("look_ko").version,
                "danger": dangers["id"].iloc[0],
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
