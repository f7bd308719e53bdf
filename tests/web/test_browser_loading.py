"""What a page loads: each file once, no fonts of other scripts, and pictures of events after the live picture."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from livemon.base.datatypes import Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.pages import live
from tests.conftest import seen
from tests.days import CAM
from tests.web.test_browser import PLAYABLE, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture


def test_a_page_loads_each_file_once_and_the_live_picture_before_those_of_events(
    browser: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HELD_S", 600.0)  # however slow the machine is
    with Monitor(settings, profile=PLAYABLE) as monitor:
        monitor.start(CAM)
        picture = monitor.settings.camera_dir(CAM) / "thumbnails" / "20261123" / "a.jpg"
        picture.parent.mkdir(parents=True)
        picture.write_bytes(b"\xff\xd8")
        writes.add_event(
            monitor.database, CAM, seen(0, severity=Severity.INFO), monitor.clock.now(), model="local",
            thumbnail="20261123/a.jpg",
        )  # fmt: skip
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        page.goto(monitor.serve().url)
        page.locator(".lm-player[data-state=live]").wait_for()
        page.locator(".shot img").first.wait_for()
        page.close()
    counted = Counter(PurePosixPath(path).name for path in asked)
    for once in ("panel-material-ui.bundle.js", "panel_player.bundle.js"):
        assert counted[once] == 1, counted
    fonts = {name for name in counted if name.endswith((".woff", ".woff2"))}
    assert fonts and all(name.startswith("roboto-latin-") for name in fonts), fonts
    segment = next(place for place, path in enumerate(asked) if path.endswith(".ts"))
    assert segment < next(place for place, path in enumerate(asked) if path.endswith("/a.jpg"))
