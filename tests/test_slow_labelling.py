"""Labelling in JupyterLab, in a browser: its keys are the widget's, and what was said is in the database."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import lab
from tests.jupyter import jupyterlab
from tests.web.labelled import clips

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_footage_is_labelled_in_jupyterlab(settings: Settings, tmp_path: Path) -> None:
    with Monitor(settings) as monitor:
        data = clips(monitor, 2, 3)
        lab.keep_dataset(monitor.database, data.version, data.content, [], monitor.clock.now())
    folder = tmp_path / "notebooks"
    folder.mkdir()
    make = f"monitor = lm.Monitor(data_dir={str(settings.data_dir)!r}, port=0)"
    show = "monitor.view.labeller(monitor.lab.dataset('clips'), by='mia')"
    with jupyterlab(folder, f"import livemon as lm\n{make}\n{show}") as visit:
        page, keys = visit.page, visit.page.keyboard
        page.locator(".lml-title", has_text="2 s").click(timeout=90_000)
        video = page.locator(".lml video").element_handle()
        page.wait_for_function("video => video.readyState >= 2", arg=video)
        for key in ("a", "b", "x"):  # in a notebook's command mode they add and cut cells
            keys.press(key)
        keys.press("Enter")
        expect(page.locator(".lml-title")).to_have_text("3 s")
        keys.press("s")
        keys.press("1")
        keys.press("t")
        keys.type("fall")
        keys.press("Enter")
        keys.press("m")
        expect(page.locator(".lml-told")).to_have_text("Kept: missed.")
        page.wait_for_function("video => video.readyState >= 2", arg=video)
        assert page.locator(".jp-Notebook .jp-Cell").count() == 1
        assert visit.errors == []
        assert len(visit.hosts - {""}) == 1, "everything comes from Jupyter itself"
    with Monitor(settings) as monitor:
        said = monitor.lab.labels()
    assert said["verdict"].tolist() == ["watched", "missed"]
    assert said["labeller"].tolist() == ["mia", "mia"]
