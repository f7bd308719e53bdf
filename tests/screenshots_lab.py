"""Pictures of the lab for the docs, part of `make screenshots`: an experiment, its plot, the labeller in JupyterLab.

What the stand-in server answers is made up; the pictures show how the lab looks, and no model's figures.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from livemon import Practice
from tests.jupyter import jupyterlab
from tests.screenshots import IMAGES
from tests.web.test_browser import CHROMIUM


def report(folder: Path) -> Path:
    """Run an experiment of two prompts; returns its page."""
    with Practice(folder / "data", port=0) as practice:
        lab = practice.monitor.lab
        data = lab.from_scenes()
        practice.teach(data)
        shipped = practice.monitor.prompts.get("look_en").changed(layout="parts", frames=8)
        words = "\nA fall off a sofa or other furniture is a danger, too."
        words += "\nA child who lies down on purpose, to sleep or to rest, has not fallen."
        mine = shipped.changed(instructions=shipped.instructions + words)
        prompts = {"shipped": shipped, "mine": mine, "sparing": mine.changed(frames=2)}
        made = lab.experiment(data, prompts, ["", "local"], name="falls off furniture, and naps")
        made.run(1.0, progress=False).plot_tradeoff().savefig(IMAGES / "tradeoff.png", dpi=100)
        return made.report(folder / "page.html")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page_file = report(folder)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            page = chromium.new_page(viewport={"width": 1100, "height": 1250})
            page.goto(page_file.as_uri())
            page.screenshot(path=IMAGES / "experiment.png")
            chromium.close()
        (folder / "notebooks").mkdir()
        make = f"import livemon as lm\n\npractice = lm.Practice({str(folder / 'data')!r}, port=0)"
        show = "practice.monitor.view.labeller(practice.monitor.lab.from_scenes(), by='ann')"
        with jupyterlab(folder / "notebooks", make, show) as visit:
            title = visit.page.locator(".lml-title")
            title.wait_for(timeout=90_000)
            visit.page.wait_for_timeout(4000)
            title.click()
            visit.page.keyboard.press("j")
            visit.page.wait_for_timeout(4000)
            visit.page.locator(".lml").screenshot(path=IMAGES / "labeller.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
