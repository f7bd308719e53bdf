"""JupyterLab in a process of its own with one notebook, and Chromium before it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Error, Page, sync_playwright

from tests.ports import free_port
from tests.waiting import PATIENCE_S, answers, wait_until
from tests.web.test_browser import CHROMIUM, Visit


@contextmanager
def jupyterlab(folder: Path, *cells: str) -> Iterator[Visit]:
    """Open a notebook of these cells and run them all; nothing is waited for."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [nbformat.v4.new_code_cell(one) for one in cells]
    nbformat.write(notebook, folder / "notebook.ipynb")
    port = free_port()
    options = [f"--port={port}", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}"]
    lab = subprocess.Popen(command, env=os.environ | {"PATH": path})
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            visit = Visit(chromium.new_page(viewport={"width": 1300, "height": 1400}))
            visit.page.goto(f"{url}/lab/tree/notebook.ipynb?reset")
            _run_all(visit.page)
            yield visit
            chromium.close()
    finally:
        lab.terminate()
        lab.wait(PATIENCE_S)


def _wait(url: str) -> None:
    wait_until(lambda: answers(f"{url}/api/status"), f"nothing answers at {url}")


def _run_all(page: Page) -> None:
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE_S * 1000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=PATIENCE_S * 1000)
    for _ in range(10):  # a kernel that has just said that it is idle may not take cells yet
        page.keyboard.press("Escape")  # a menu that is still open would be closed by the click that shall open it
        page.get_by_text("Run", exact=True).first.click()
        try:
            page.get_by_text("Run All Cells", exact=True).first.click(timeout=3000)
        except Error:
            continue
        page.wait_for_timeout(2000)
        if "[ ]" not in page.locator(".jp-Notebook .jp-InputPrompt").first.inner_text():
            return
    raise AssertionError("the kernel runs no cell")
