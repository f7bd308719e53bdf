"""From typing `livemon serve` to the first frame that Chromium shows, and `import livemon`.

    python benchmarks/startup.py [runs]

The camera starts with the server; the page is opened when the server says its address. The first frame needs the first
finished segment, which ends on the next ten-second mark: 0 to 10 s of the time are waiting for the clock.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import demo_clips, record
from playwright.sync_api import Browser, sync_playwright

PLAYING = """() => {
  const find = root => { for (const e of root.querySelectorAll('*')) {
    if (e.tagName === 'VIDEO') return e;
    const inside = e.shadowRoot && find(e.shadowRoot);
    if (inside) return inside;
  } };
  const video = find(document);
  return video && video.currentTime > 0 && video.readyState >= 2;
}"""


def import_s() -> float:
    """Return the best of five imports in fresh processes, interpreter start not counted."""
    code = "import time; t = time.perf_counter(); import livemon; print(time.perf_counter() - t)"
    return min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5))


def one_run(clips: Path, browser: Browser, port: int) -> tuple[float, float, float]:
    """Return seconds to the address, to the page, and to the first frame playing."""
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary) / "livemon.toml"
        source = f'[cameras.c]\nsource = "{clips}"\n'
        config.write_text(f'data_dir = "{temporary}/data"\nport = {port}\n{source}')
        begun_s = time.monotonic()
        command = [sys.executable, "-m", "livemon", "serve", "--config", str(config)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            url = process.stdout.readline().split()[-1]
            address_s = time.monotonic() - begun_s
            page = browser.new_page()
            page.goto(url)
            page.get_by_role("button", name="Stop").wait_for()
            page_s = time.monotonic() - begun_s
            page.wait_for_function(PLAYING, timeout=60_000, polling=50)
            first_frame_s = time.monotonic() - begun_s
            page.close()
            return address_s, page_s, first_frame_s
        finally:
            process.terminate()
            process.wait()


def main(runs: int) -> None:
    clips = demo_clips()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        times = [one_run(clips, browser, 8710 + i) for i in range(runs)]
        browser.close()
    address, page, first_frame = zip(*times, strict=True)
    record(
        "startup",
        {
            "runs": runs,
            "import_livemon_s": round(import_s(), 3),
            "address_s": round(statistics.median(address), 1),
            "page_s": round(statistics.median(page), 1),
            "first_frame_s": {
                "min": round(min(first_frame), 1),
                "median": round(statistics.median(first_frame), 1),
                "max": round(max(first_frame), 1),
            },
        },
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
