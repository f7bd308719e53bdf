"""A disk that is really full: a small tmpfs. Needs root to mount one."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon import archivist
from livemon.clock import Window
from livemon.config import Settings
from livemon.errors import ArchiveError
from livemon.keeper import ArchiveKeeper
from livemon.monitor import Monitor
from livemon.store import writes
from livemon.store.session import Database
from livemon.streaming import StreamState
from tests.conftest import FAST, MORNING
from tests.recorded import record

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a tmpfs")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Write until nothing more fits, then give `leave` bytes back."""
    path = folder / "somebody_elses"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass
        file.truncate(max(file.tell() - leave, 0))
    return path


def until(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.05)


def test_an_archive_that_does_not_fit_fails_with_a_sentence_and_loses_nothing(
    small_disk: Path, settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(
        update={"data_dir": small_disk, "database_url": f"sqlite:///{tmp_path / 'elsewhere.db'}"}
    )
    database = Database(settings.database)
    writes.upsert_camera(database, "camera-1", "Playroom", "videos", MORNING)
    keeper = ArchiveKeeper("camera-1", settings, database)
    segments = record(settings.camera_dir("camera-1") / "hls", MORNING, size="320x240", rate=25)
    before = sum(segment.path.stat().st_size for segment in segments)
    foreign = fill(small_disk, leave=before // 2)
    with pytest.raises(ArchiveError, match="No space left on device.*Check free disk space"):
        keeper.make(Window(MORNING), segments)
    assert list(keeper.folder.iterdir()) == [], "nothing half-written is left"
    assert keeper.examine() == []
    foreign.unlink()
    (made,) = keeper.make(Window(MORNING), segments)
    assert (made.frames, made.coverage_s) == (100, 4)
    assert keeper.examine(deep=True) == []
    database.close()


def test_a_camera_survives_a_full_disk_and_archives_what_waited(
    small_disk: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments, playlist, thumbnails, database and archive all refuse; everything goes on when there is room again."""
    monkeypatch.setattr(archivist, "SPARE_BYTES", 1_000_000)
    monkeypatch.setattr(archivist, "ARCHIVE_TICK_S", 0.2)
    settings = settings.model_copy(update={"data_dir": small_disk, "min_free_gb": 0})
    earlier = Window.containing(MORNING - timedelta(days=1))
    with Monitor(settings, profile=FAST) as monitor:
        record(settings.camera_dir("camera-1") / "hls", earlier.start_utc)
        foreign = fill(small_disk, leave=700_000)
        monitor.start("camera-1")
        until(lambda: monitor.status("camera-1").state is StreamState.LIVE)
        assert len(monitor.archives("camera-1")) == 0, "too little room for an archive"
        fill(small_disk)
        until(
            lambda: monitor.status("camera-1").restarts > 0 or monitor.status("camera-1").state is not StreamState.LIVE
        )
        assert monitor.camera("camera-1").running
        foreign.unlink()
        until(lambda: len(monitor.archives("camera-1")) == 1)
        reached = monitor.status("camera-1").last_segment_end_utc
        until(lambda: monitor.status("camera-1").last_segment_end_utc not in (None, reached))
        assert monitor.status("camera-1").state is StreamState.LIVE
        assert list(monitor.archives("camera-1")["coverage_s"]) == [4]
