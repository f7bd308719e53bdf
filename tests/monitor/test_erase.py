"""After an erase nothing of a camera is left: in no row, no file, no page of the database, no write-ahead log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError, StoreError, UnknownCamera
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import reviews, session, writes
from livemon.store.backup import Backups
from livemon.store.tables.recordings import CameraRow, VlmCallRow
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, analysis, at, incident, report
from tests.spent import spend
from tests.web.api.houses import OTHER

MARKER = "Marked-by-the-test"
KEPT = "Kept-of-the-other-camera"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    cameras = {**settings.cameras, OTHER: settings.cameras[CAM]}
    with Monitor(settings.model_copy(update={"cameras": cameras}), clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


def fill(monitor: Monitor, camera_id: str = CAM, words: str = MARKER) -> None:
    """Enough rows that pages are split and merged, changed and deleted before the erase, too."""
    database, folder = monitor.database, monitor.settings.camera_dir(camera_id)
    ids = [
        writes.add_event(database, camera_id, seen(n, title=f"{words} {n}" * 3), MORNING, model="local")
        for n in range(200)
    ]
    reviews.review_events(database, ids[:50], {"note": f"{words} " * 100}, MORNING)
    reviews.review_events(database, ids[:50], {"note": f"{words} again"}, MORNING)
    analysis(monitor, at(14), camera_id=camera_id, incidents=[incident(at(14, 2))], summary=words * 50)
    for name in ("thumbnails/20261123/a.jpg", "archive/segment_20261122_140000.mp4", "hls/x.ts"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)


def places(folder: Path, words: str) -> list[str]:
    """The files with these words in them."""
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and words.encode() in path.read_bytes()]


def erase(monitor: Monitor, camera_id: str = CAM) -> Any:
    return monitor.eraser.reset(camera_id, monitor.eraser.confirmation(camera_id))


def test_no_byte_of_a_camera_is_left_in_the_data_folder(monitor: Monitor) -> None:
    fill(monitor, OTHER, KEPT)
    fill(monitor)
    report(monitor, text=MARKER)
    call = spend(monitor.database, MORNING, 0.25)
    with monitor.database.writing() as open_session:
        open_session.execute(
            sa.update(VlmCallRow).values(raw_text=MARKER, error=MARKER, parameters={"x": MARKER}, request_sha256="x")
        )
    piece = monitor.settings.data_dir / "cache" / "playback" / "segment_20261122_140000-0" / "seg_1.ts"
    piece.parent.mkdir(parents=True)
    piece.write_text(MARKER)
    with monitor.database.reading() as connection:  # it is in the database's files before
        assert connection.execute(sa.select(sa.func.count()).select_from(VlmCallRow)).scalar_one() == 1
    assert len(places(monitor.settings.data_dir, MARKER)) >= 5
    erase(monitor)
    assert places(monitor.settings.data_dir, MARKER) == []
    assert places(monitor.settings.data_dir, KEPT), "what is another camera's stays"
    assert len(monitor.events(OTHER, limit=1000)) == 200
    assert call is None or monitor.stats(CAM)["cost_usd"] == 0.25, "what calls cost stays counted"


def test_the_nightly_copies_go_too(monitor: Monitor) -> None:
    fill(monitor)
    copy = Backups(monitor.database, monitor.settings.data_dir / "backups").make(date(2026, 11, 23))
    assert str(copy) in places(monitor.settings.data_dir, MARKER)
    erase(monitor)
    assert places(monitor.settings.data_dir, MARKER) == []


def test_what_was_deleted_before_is_gone_from_the_pages_too(monitor: Monitor) -> None:
    fill(monitor)
    with sqlite3.connect(
        monitor.settings.data_dir / "livemon.db"
    ) as other:  # an older livemon, which overwrote nothing
        other.execute("pragma secure_delete=off")
        other.execute("delete from realtime_events")
        other.execute("delete from changes")
    other.close()
    erase(monitor)
    assert places(monitor.settings.data_dir, MARKER) == []


def test_an_erase_that_cannot_be_proved_says_so_and_can_be_asked_again(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(monitor)
    monkeypatch.setattr(session, "BUSY_TIMEOUT_S", 0)
    monitor.database.engine.dispose()  # connections from now on wait for nobody
    reader = sqlite3.connect(monitor.settings.data_dir / "livemon.db")
    reader.execute("begin")
    reader.execute("select count(*) from realtime_events").fetchall()
    with pytest.raises(StoreError, match="another program reads the database"):
        erase(monitor)
    reader.close()
    erase(monitor)
    assert places(monitor.settings.data_dir, MARKER) == []


def test_a_removed_cameras_data_can_be_erased(monitor: Monitor) -> None:
    monitor.camera_registry.add("hall", source="test-pattern", name=MARKER)
    fill(monitor, "hall")
    monitor.camera_registry.remove("hall")
    assert places(monitor.settings.data_dir, MARKER)
    assert monitor.eraser.inventory("hall").rows["events"] == 200
    removed = erase(monitor, "hall")
    assert removed.rows["events"] == 200 and removed.files["archive"] == 1
    assert places(monitor.settings.data_dir, MARKER) == []
    with monitor.database.reading() as connection:
        assert connection.execute(sa.select(CameraRow.name).where(CameraRow.id == "hall")).scalar_one() == "hall"


@pytest.mark.parametrize("camera_id", ["nowhere", "../..", "..", "a/b", ""])
def test_what_never_was_a_camera_cannot_be_erased(monitor: Monitor, camera_id: str) -> None:
    with pytest.raises(UnknownCamera):
        monitor.eraser.inventory(camera_id)
    with pytest.raises((UnknownCamera, ConfigError)):
        monitor.eraser.reset(camera_id, "x")
