"""A data folder may have any name: nothing of it is taken for a protocol, an option, a pattern or an escape."""

from datetime import timedelta
from pathlib import Path

import pytest

from livemon.archive.camera_archive import CameraArchive
from livemon.archive.footage import Footage
from livemon.base.clock import Window
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.settings import Settings
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.sources.video_queue import VideoQueue
from tests.conftest import FAST, MORNING, make_video
from tests.recording import record


@pytest.mark.parametrize("name", ["x:y", "-dash", "100%06d %2F", "wh?t#'\"& [br]*", "ünï코드"])
def test_everything_works_in_a_relative_folder_of_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data_dir = Path(name)
    made = record(tmp_path / "made", MORNING, 4)
    videos = make_video(tmp_path / "videos" / "a.mp4", 1).parent
    settings = Settings(data_dir=data_dir, cameras={"camera-1": CameraSettings(source=str(videos))})
    database = Database(settings.database)
    try:
        assert (data_dir / "livemon.db").is_file()
        writes.upsert_camera(database, "camera-1", "Playroom", "videos", MORNING)
        assert VideoQueue(videos, data_dir / "clips", FAST, pytest.fail).next_clip().frames == 5
        hls = settings.camera_dir("camera-1") / "hls"
        hls.mkdir(parents=True)
        for segment in made:
            segment.path.rename(hls / segment.path.name)
        keeper = CameraArchive("camera-1", settings, database)
        keeper.make(Window(MORNING), keeper.segments())
        assert keeper.examine(deep=True) == []
        for segment in keeper.segments():
            segment.path.unlink()
        footage = Footage("camera-1", settings, database)
        at = MORNING + timedelta(seconds=1)
        assert footage.frame(at).utc == at
        assert [s.duration_s for s in footage.segments(MORNING, MORNING + timedelta(seconds=4))] == [4.0]
        assert footage.clip(at, at + timedelta(seconds=2)).bytes > 0
    finally:
        database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "made", "videos"])
