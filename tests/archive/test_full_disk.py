"""A disk that is really full: a small tmpfs. Needs root to mount one."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.archive import archiver
from livemon.archive.camera_archive import CameraArchive
from livemon.base.clock import Window
from livemon.base.errors import ArchiveError
from livemon.base.settings.cameras import ModeSetting
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamMode, StreamState
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.live.unfinished import read_pictures
from livemon.stream.segments import list_segments
from tests.conftest import FAST, MORNING, make_video
from tests.recorded import record
from tests.waiting import wait_until

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


def test_an_archive_that_does_not_fit_fails_with_a_sentence_and_loses_nothing(
    small_disk: Path, settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(
        update={"data_dir": small_disk, "database_url": f"sqlite:///{tmp_path / 'elsewhere.db'}"}
    )
    database = Database(settings.database)
    writes.upsert_camera(database, "camera-1", "Playroom", "videos", MORNING)
    keeper = CameraArchive("camera-1", settings, database)
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


@pytest.mark.parametrize("kind", ["copy", "transcode"])
def test_what_is_listed_on_a_full_disk_holds_the_pictures_that_it_tells_of(
    small_disk: Path, settings: Settings, tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    video = make_video(tmp_path / "videos" / "a.mp4", duration_s=20, rate="10", gop=10)
    camera = settings.cameras["camera-1"].model_copy(update={"source": str(video), "mode": ModeSetting(kind)})
    settings = settings.model_copy(
        update={
            "data_dir": small_disk,
            "min_free_gb": 0,
            "cameras": {"camera-1": camera},
            "database_url": f"sqlite:///{tmp_path / 'elsewhere.db'}",
        }
    )
    with Monitor(settings, profile=FAST) as monitor:
        monitor.start("camera-1")
        wait_until(lambda: monitor.status("camera-1").state is StreamState.LIVE)
        foreign = fill(small_disk)
        wait_until(lambda: monitor.status("camera-1").restarts >= 3)
        mode = monitor.status("camera-1").mode
        said = Counter(record.getMessage() for record in caplog.records if record.name.startswith("livemon"))
        # A try that ends gives back a little room, and then something fails anew.
        assert max(said.values()) <= monitor.status("camera-1").restarts + 1, "one sentence, not one a second"
        foreign.unlink()
        reached = monitor.status("camera-1").last_segment_end_utc
        wait_until(lambda: monitor.status("camera-1").last_segment_end_utc not in (None, reached))
        assert monitor.status("camera-1").mode is mode is StreamMode(kind), "a full disk is no reason to transcode"
        segments = list_segments(monitor.camera("camera-1").hls_folder)
    for segment in segments:
        pictures = read_pictures(segment.path)
        assert segment.path.stat().st_size > 0
        assert pictures is None or pictures.duration_s == pytest.approx(segment.media_duration_s, abs=0.25)


def test_a_camera_survives_a_full_disk_and_archives_what_waited(
    small_disk: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments, playlist, thumbnails, database and archive all refuse; everything goes on when there is room again."""
    monkeypatch.setattr(archiver, "SPARE_BYTES", 100_000_000)  # more than the disk holds
    monkeypatch.setattr(archiver, "ARCHIVE_TICK_S", 0.2)
    settings = settings.model_copy(update={"data_dir": small_disk, "min_free_gb": 0})
    earlier = Window.containing(MORNING - timedelta(days=1)).start_utc
    with Monitor(settings, profile=FAST) as monitor:
        record(settings.camera_dir("camera-1") / "hls", earlier)

        def archived() -> list[float]:
            table = monitor.archives("camera-1")
            return list(table[table["start_utc"] == earlier]["coverage_s"])

        def live() -> bool:
            return monitor.status("camera-1").state is StreamState.LIVE

        def suffers() -> bool:
            fill(small_disk)  # also what was given back meanwhile
            return monitor.status("camera-1").restarts > 0

        monitor.start("camera-1")
        wait_until(live)
        wait_until(
            lambda: "archive_failed" in set(monitor.events("camera-1")["kind"]), "too little room for an archive"
        )
        assert archived() == []
        wait_until(suffers)
        assert monitor.camera("camera-1").running
        monkeypatch.setattr(archiver, "SPARE_BYTES", 1_000_000)
        (small_disk / "somebody_elses").unlink()
        wait_until(archived)
        assert archived() == [4]
        reached = monitor.status("camera-1").last_segment_end_utc
        wait_until(lambda: monitor.status("camera-1").last_segment_end_utc not in (None, reached))
        wait_until(live)
