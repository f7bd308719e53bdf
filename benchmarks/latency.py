"""Delay of the live picture in Chromium, and its stalls: segments of 10 s and of 2 s.

    python benchmarks/latency.py [seconds]

Behind = now minus the program date time of the picture on screen, read from the player twice a second. The camera is
`network_camera.py` over HTTP, copied: its delay to livemon (under 0.1 s on loopback) is not in the figure.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import record
from network_camera import NetworkCamera
from playwright.sync_api import sync_playwright

PORT = 8780
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
FIND = """() => {
  const search = root => {
    const own = root.querySelector('.lm-player');
    if (own) return own;
    for (const node of root.querySelectorAll('*')) {
      const found = node.shadowRoot && search(node.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const player = search(document);
  return player ? {state: player.dataset.state, behind: parseFloat(player.dataset.behindS)} : null;
}"""


def watch(latency: str, url: str, measure_s: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        config = Path(temporary) / "livemon.toml"
        camera = f'[cameras.c]\nsource = "{url}"\nlatency = "{latency}"\n'
        config.write_text(f'data_dir = "{temporary}/data"\nport = {PORT}\n{camera}')
        serving = subprocess.Popen([sys.executable, "-m", "livemon", "serve", "--config", str(config)])
        try:
            # A visitor of the page finds a playlist, and not just the first segment of a stream.
            time.sleep(45)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
                page = browser.new_page()
                page.goto(f"http://127.0.0.1:{PORT}/")
                behind: list[float] = []
                waits = 0
                # Half a minute to settle: the player begins a little behind its aim and catches up.
                until_s = time.monotonic() + 30 + measure_s
                while time.monotonic() < until_s:
                    seen = page.evaluate(FIND)
                    if seen and until_s - time.monotonic() < measure_s:
                        if seen["state"] == "live" and seen["behind"] == seen["behind"]:
                            behind.append(seen["behind"])
                        else:
                            waits += 1
                    page.wait_for_timeout(500)
                browser.close()
        finally:
            serving.terminate()
            serving.wait()
    return {
        "median_s": round(statistics.median(behind), 2),
        "longest_s": round(max(behind), 2),
        "shortest_s": round(min(behind), 2),
        "half_seconds_not_playing": waits,
    }


def main(measure_s: float) -> None:
    camera = NetworkCamera(8792)
    try:
        results = {name: watch(name, camera.url, measure_s) for name in ("normal", "low")}
    finally:
        camera.close()
    record("latency", {"measured_s": measure_s, **results})


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 180.0)
