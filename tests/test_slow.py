"""What takes minutes: JupyterLab in a browser, and a wheel in an environment of its own."""

import json
import os
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import make_video
from tests.test_cli import free_port
from tests.ui.test_browser import CHROMIUM

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.mark.browser
def test_the_player_plays_in_jupyterlab(tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "a.mp4", duration_s=20, size="320x240")
    notebook = json.loads((ROOT / "notebooks" / "01_watch.ipynb").read_text())
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = (
                f"camera_id = 'camera-1'\nvideos = '{tmp_path}/videos'\ndata_dir = '{tmp_path}/data'\nwatch_s = 5"
            )
    # Without its last cell, so that the stream goes on while it is watched.
    notebook["cells"].pop()
    (tmp_path / "watch.ipynb").write_text(json.dumps(notebook))
    port = free_port()
    options = [
        f"--port={port}",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], env=os.environ | {"PATH": path})
    try:
        url = f"http://127.0.0.1:{port}"
        deadline_s = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=2)
                break
            except OSError:
                assert time.monotonic() < deadline_s
                time.sleep(0.5)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            page = browser.new_page(viewport={"width": 1300, "height": 1400})
            foreign: set[str] = set()
            page.on("request", lambda r: foreign.add(r.url.split("/")[2]) if r.url.startswith("http") else None)
            page.goto(f"{url}/lab/tree/watch.ipynb?reset")
            page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
            page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=60_000)
            page.get_by_text("Run", exact=True).first.click()
            page.get_by_text("Run All Cells", exact=True).first.click()
            page.locator(".lm-player[data-state=live]").wait_for(timeout=90_000)
            before = page.locator(".lm-player video").evaluate("video => video.currentTime")
            page.wait_for_timeout(15_000)
            assert page.locator(".lm-player video").evaluate("video => video.currentTime") > before
            assert foreign == {f"127.0.0.1:{port}"}, "everything comes from Jupyter itself"
            browser.close()
    finally:
        lab.terminate()
        lab.wait(30)


def test_a_wheel_carries_the_built_player(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True)
    wheel = next(tmp_path.glob("livemon-*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in ("panel_player.bundle.js", "jupyter_player.bundle.js"):
        assert f"livemon/ui/static/{needed}" in names
    assert "livemon/store/migrations/versions/0001_first_tables.py" in names
    assert "livemon/py.typed" in names
    assert "livemon/reports/notebooks/daily_report.ipynb" in names
    assert "livemon/reports/style.css" in names
    assert not any("node_modules" in name for name in names)
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
    )
    code = "import livemon.ui.player as p; print(p.built_player('panel_player'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(target)},
        cwd=tmp_path,
    )
    assert str(target) in done.stdout
