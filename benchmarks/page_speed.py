"""How soon the pages are there, over a slow network and warm, and how much they move while they load.

    python benchmarks/page_speed.py [--runs 5] [--record]

The server is `livemon demo` in a fresh folder, on loopback, on Chromium's cores. *Cold Live* has an empty cache and
1.6 Mbit/s with 150 ms: its first paint, the picture that moves, and what was transferred until then without video.
Chromium slows what a WebSocket brings by its size before compression, and loses nothing. The document of Live, 260 kB,
takes 1.5 s by that; compressed it is a tenth. *Transferred* counts HTTP.
*Warm* is the way from one page to the next by the menu, with a full cache and no limit. *Shift* is the layout shift
(CLS: the worst window of 5 s) of each page, cold, at 1440 and at 390 px, until 5 s after the page is there.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import record
from playwright.sync_api import Browser, sync_playwright

PORT = 8781
URL = f"http://127.0.0.1:{PORT}"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 1.6e6 / 8}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SIZES: dict[str, dict[str, Any]] = {"1440": {"viewport": {"width": 1440, "height": 900}}, "390": PHONE}
PAGES = {
    "/": ".lm-player",
    "/events": ".lmq-queue",
    "/day": ".lmd-cell",
    "/cameras": "text=Add a camera",
    "/prompts": "main h2",
    "/system": "text=This machine",
    "/notifications": "text=Recipients",
}
"""Each page, and what is on it when it is there."""
BARS = {"first paint": None, "picture": 12.0, "transferred": 2.0, "warm": 1.0, "shift": 0.1}
SETTLES_S, PATIENCE_MS = 5, 90_000
MOVES = """() => {
  const roots = [document];
  for (const root of roots)
    for (const node of root.querySelectorAll('*')) {
      if (node.tagName === 'VIDEO' && node.currentTime > 0 && node.readyState > 2) return performance.now();
      if (node.shadowRoot) roots.push(node.shadowRoot);
    }
  return false;
}"""
PAINTED = "performance.getEntriesByName('first-paint')[0]?.startTime"
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts.push([one.startTime, one.value]);
  }).observe({type: 'layout-shift', buffered: true});
"""


@contextmanager
def serving() -> Iterator[None]:
    """Serve the demo in a fresh folder until the block ends; its camera streams, and its week is made."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        config = Path(temporary) / "livemon.toml"
        config.write_text(f'data_dir = "{temporary}/data"\n')
        command = [sys.executable, "-m", "livemon", "demo", "--config", str(config), "--port", str(PORT)]
        process = subprocess.Popen(command, cwd=temporary)
        try:
            until_s = time.monotonic() + 300
            while not ready():
                if process.poll() is not None or time.monotonic() > until_s:
                    raise SystemExit("the demo was not served within 300 s")
                time.sleep(1)
            yield
        finally:
            process.terminate()
            process.wait()


def ready() -> bool:
    """Return whether the demo's camera has a playlist."""
    try:
        with urllib.request.urlopen(f"{URL}/api/live-monitoring/cameras/demo/latest.jpg", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def cold_live(browser: Browser, runs: int) -> dict[str, Any]:
    """Open Live with an empty cache over the slow network."""
    found = [one_cold_live(browser) for _ in range(runs)]
    figures: dict[str, Any] = {}
    for name, unit in (("first paint", "s"), ("picture", "s"), ("transferred", "MB")):
        values = [one[name] for one in found]
        figures[name] = {"median": statistics.median(values), "worst": max(values)}
        told(f"cold Live at 1.6 Mbit/s: {name}", f"{statistics.median(values):.2f} ({max(values):.2f})", unit, name)
    return figures


def one_cold_live(browser: Browser) -> dict[str, float]:
    context = browser.new_context(**SIZES["390"])
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    video, sizes = set[str](), dict[str, int]()
    moved: list[float] = []

    def note(event: dict[str, Any]) -> None:
        if "/hls/" in event["response"]["url"]:
            video.add(event["requestId"])

    def add(event: dict[str, Any]) -> None:
        if not moved:
            sizes[event["requestId"]] = sizes.get(event["requestId"], 0) + event["encodedDataLength"]

    network.on("Network.responseReceived", note)
    network.on("Network.dataReceived", add)
    page.goto(URL, wait_until="commit", timeout=PATIENCE_MS)
    moved.append(page.wait_for_function(MOVES, timeout=PATIENCE_MS).json_value() / 1000)
    painted_s = page.evaluate(PAINTED) / 1000
    context.close()
    transferred_mb = sum(size for one, size in sizes.items() if one not in video) / 1e6
    return {"first paint": round(painted_s, 2), "picture": round(moved[0], 2), "transferred": round(transferred_mb, 2)}


def warm(browser: Browser, runs: int) -> dict[str, float]:
    """Go from page to page by their addresses, with what the cache has."""
    context = browser.new_context(**SIZES["1440"])
    page = context.new_page()
    took_s: dict[str, list[float]] = {path: [] for path in PAGES}
    for number in range(runs + 1):
        for path, there in PAGES.items():
            start_s = time.perf_counter()
            page.goto(URL + path, wait_until="commit")
            page.locator(there).first.wait_for(timeout=PATIENCE_MS)
            if number:  # the first round fills the cache
                took_s[path].append(time.perf_counter() - start_s)
    context.close()
    medians = {path: round(statistics.median(values), 2) for path, values in took_s.items()}
    for path, values in took_s.items():
        told(f"warm: {path}", f"{statistics.median(values):.2f} ({max(values):.2f})", "s", "warm")
    return medians


def shifts(browser: Browser) -> dict[str, float]:
    """Load each page cold at both sizes, and add up what moves."""
    found = {}
    for size, shape in SIZES.items():
        for path, there in PAGES.items():
            context = browser.new_context(**shape)
            page = context.new_page()
            page.add_init_script(WATCH_SHIFTS)
            page.goto(URL + path)
            page.locator(there).first.wait_for(timeout=PATIENCE_MS)
            page.wait_for_timeout(1000 * SETTLES_S)
            found[f"{path} {size}"] = round(layout_shift(page.evaluate("window.shifts")), 3)
            told(f"shift: {path} at {size} px", found[f"{path} {size}"], "", "shift")
            context.close()
    return found


def layout_shift(moves: list[tuple[float, float]]) -> float:
    """Return the CLS of shifts (ms, value): the worst of windows of at most 5 s, ended by a second without any."""
    worst = window = 0.0
    begun_ms = last_ms = -1e9
    for at_ms, value in moves:
        if at_ms - last_ms > 1000 or at_ms - begun_ms > 5000:
            window, begun_ms = 0.0, at_ms
        window, last_ms = window + value, at_ms
        worst = max(worst, window)
    return worst


def told(name: str, value: object, unit: str, bar: str) -> None:
    """Print a figure beside its bar."""
    limit = BARS[bar]
    print(f"{name:50} {value} {unit}" + (f" (bar {limit:g})" if limit else ""), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="keep the figures in results.json")
    asked = parser.parse_args()
    with serving(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        figures = {"cold": cold_live(browser, asked.runs), "warm_s": warm(browser, asked.runs)}
        figures["shift"] = shifts(browser)
        browser.close()
    if asked.record:
        record("page_speed", figures)


if __name__ == "__main__":
    main()
