"""What programs learn of copies off the premises, and that a running monitor makes them by itself."""

from __future__ import annotations

import json
from pathlib import Path

from livemon.base.datatypes import Severity
from livemon.base.settings.copies import CopySettings
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.conftest import FAST, seen
from tests.days import CAM
from tests.waiting import wait_until
from tests.web.api.test_api import Client
from tests.web.api.test_health import samples


def test_without_an_address_nothing_is_enabled_or_measured(monitor: Monitor) -> None:
    answer = json.loads(Client(monitor.serve().url)("/copies").body)
    assert answer["enabled"] is False and answer["bucket"] == ""
    assert not [key for key in samples(monitor) if key[0].startswith("livemon_copies")]


def test_a_running_monitor_copies_by_itself_and_says_how_it_stands(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"copies": CopySettings(url=str(tmp_path / "bucket"))})
    with Monitor(own, profile=FAST) as monitor:
        picture = own.camera_dir(CAM) / "thumbnails" / "20261123" / "a.jpg"
        picture.parent.mkdir(parents=True)
        picture.write_bytes(b"picture")
        monitor.start_all()
        danger = seen(0, severity=Severity.DANGER)
        writes.add_event(monitor.database, CAM, danger, monitor.clock.now(), model="local", thumbnail="20261123/a.jpg")
        api = Client(monitor.serve().url)

        def listed() -> int:
            states = json.loads(api("/copies").body)["states"]
            return next(one["count"] for one in states if one["state"] == "listed")

        wait_until(lambda: listed() >= 1, "something is in the bucket and its manifest")
        wait_until(lambda: list((tmp_path / "bucket").rglob("a.jpg.enc")), "the picture is in the bucket")
        found = samples(monitor)
        assert found["livemon_copies", "listed"] >= 1
        assert ("livemon_copies_oldest_waiting_seconds",) in found
    assert len(list((tmp_path / "bucket").rglob("a.jpg.enc"))) == 1
