"""A camera end to end: folder, ffmpeg, segments, motion gate, scripted model, rows."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.errors import CameraBusy, ConfigError, EmptyFolder, UnknownCamera
from livemon.base.model_types import Answer, AnswerStatus, Look
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamState
from livemon.cameras import camera
from livemon.monitor.monitor import Monitor
from livemon.store.tables.recordings import VlmCallRow
from livemon.stream.lock import CameraLock
from livemon.stream.segments import list_segments, segment_name
from livemon.stream.sources.source import Recipe
from tests.conftest import FAST, ScriptedModel, make_video
from tests.processes import children_named, command_of
from tests.waiting import wait_until


def saw_something(look: Look) -> Answer:
    observation = Observation(
        kind="movement",
        event_type=EventType.ACTIVITY,
        severity=Severity.INFO,
        title="Something moved",
        description="A part of the picture changed.",
        confidence=0.5,
        start_utc=look.frames[0].utc,
        end_utc=look.frames[-1].utc,
        evidence_utcs=(look.frames[-1].utc,),
    )
    return Answer("scripted", AnswerStatus.OK, (observation,), raw_text="moved")


def test_what_the_model_sees_becomes_a_row_with_a_picture(scripted_monitor: Monitor, scripted: ScriptedModel) -> None:
    scripted.reply = saw_something
    scripted_monitor.start("camera-1")
    wait_until(lambda: len(scripted_monitor.events("camera-1")) > 0)
    event = scripted_monitor.events("camera-1").iloc[-1]
    assert (event["title"], event["model"]) == ("Something moved", "scripted")
    assert (scripted_monitor.camera("camera-1").thumbnails_folder / event["thumbnail"]).is_file()
    look = scripted.looks[0]
    assert 1 <= len(look.frames) <= scripted.frames_per_look
    assert all(frame.image.shape[1] == scripted.frame_width for frame in look.frames)
    assert event["start_utc"] == look.frames[0].utc


def test_going_on_is_one_event_with_a_count(scripted_monitor: Monitor, scripted: ScriptedModel) -> None:
    scripted.reply = saw_something
    scripted_monitor.start("camera-1")
    wait_until(lambda: scripted_monitor.events("camera-1")["suppressed"].sum() >= 2)
    assert len(scripted_monitor.events("camera-1")) == 1


@pytest.mark.parametrize("how", ["raises", "says failed"])
def test_a_failed_look_is_a_warning_and_never_silence(
    scripted_monitor: Monitor, scripted: ScriptedModel, how: str
) -> None:
    def reply(look: Look) -> Answer:
        if how == "raises":
            raise RuntimeError("the network is down")
        return Answer("scripted", AnswerStatus.FAILED, error="the network is down")

    scripted.reply = reply
    scripted_monitor.start("camera-1")
    wait_until(lambda: len(scripted_monitor.events("camera-1")) > 0)
    event = scripted_monitor.events("camera-1").iloc[-1]
    assert (event["kind"], event["event_type"], event["severity"]) == ("look_failed", "system", "warning")
    assert "the network is down" in event["description"]
    wait_until(lambda: scripted_monitor.status("camera-1").counters["failed_looks"] >= 1)
    with scripted_monitor.database.reading() as connection:
        assert set(connection.execute(sa.select(VlmCallRow.status)).scalars()) == {"failed"}
    assert scripted_monitor.status("camera-1").state is StreamState.LIVE


def test_a_slow_model_never_blocks_the_stream(scripted_monitor: Monitor, scripted: ScriptedModel) -> None:
    def reply(look: Look) -> Answer:
        time.sleep(0.3)  # blocks the engine's loop, the worst a model can do
        return Answer("scripted", AnswerStatus.OK)

    scripted.reply = reply
    scripted_monitor.start("camera-1")
    wait_until(lambda: scripted_monitor.status("camera-1").counters["looks"] >= 3)
    status = scripted_monitor.status("camera-1")
    assert status.state is StreamState.LIVE
    assert status.restarts == 0


def test_a_broken_file_is_an_event_and_the_rest_plays(scripted_monitor: Monitor, settings: Settings) -> None:
    folder = settings.cameras["camera-1"].source
    (Path(folder) / "0_broken.mp4").write_text("no video")
    scripted_monitor.start("camera-1")
    wait_until(lambda: scripted_monitor.status("camera-1").state is StreamState.LIVE)
    event = scripted_monitor.events("camera-1", event_type="system").iloc[0]
    assert (event["kind"], event["title"]) == ("file_skipped", "0_broken.mp4 is skipped")


def test_starting_and_stopping_twice_is_harmless(scripted_monitor: Monitor) -> None:
    scripted_monitor.start("camera-1")
    scripted_monitor.start("camera-1")
    assert scripted_monitor.camera("camera-1").running
    assert scripted_monitor.stop("camera-1").state is StreamState.STOPPED
    assert scripted_monitor.stop("camera-1").state is StreamState.STOPPED
    scripted_monitor.start("camera-1")
    wait_until(lambda: scripted_monitor.status("camera-1").state is StreamState.LIVE)


def test_hammered_starts_and_stops_leave_one_true_state(scripted_monitor: Monitor) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(6) as pool:
        for action in [
            scripted_monitor.start,
            scripted_monitor.stop,
            scripted_monitor.stop,
            scripted_monitor.start,
        ] * 3:
            pool.submit(action, "camera-1")
    scripted_monitor.start("camera-1")
    wait_until(lambda: scripted_monitor.status("camera-1").state is StreamState.LIVE)
    streams = [child for child in children_named("ffmpeg") if "pipe:0" in command_of(child)]
    assert len(streams) == 1
    with pytest.raises(CameraBusy):
        CameraLock(scripted_monitor.camera("camera-1").hls_folder.parent).acquire(scripted_monitor.clock.now())


def test_an_unexpected_error_is_said_and_the_camera_comes_back(
    scripted_monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scripted_monitor.camera("camera-1").source
    prepare, trouble = source.prepare, [OSError("the mount is gone")]

    async def unlucky(*, may_copy: bool) -> Recipe:
        if trouble:
            raise trouble.pop()
        return await prepare(may_copy=may_copy)

    monkeypatch.setattr(source, "prepare", unlucky)
    scripted_monitor.start("camera-1")
    wait_until(lambda: "the mount is gone" in scripted_monitor.status("camera-1").reason)
    wait_until(lambda: scripted_monitor.status("camera-1").state is StreamState.LIVE)


def test_a_camera_has_one_streamer(scripted_monitor: Monitor, settings: Settings) -> None:
    scripted_monitor.start("camera-1")
    with Monitor(settings, profile=FAST) as second:
        with pytest.raises(CameraBusy, match="process .* since"):
            second.start("camera-1")
        scripted_monitor.stop("camera-1")
        second.start("camera-1")


def test_a_camera_that_another_process_streams_is_taken_over_when_that_ends(
    scripted_monitor: Monitor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "START_RETRY_S", 0.1)
    scripted_monitor.start("camera-1")
    with Monitor(settings, profile=FAST) as second:
        second.start_all()
        status = second.status("camera-1")
        assert (status.state, second.camera("camera-1").running) == (StreamState.FAILED, True)
        assert "is already streamed by process" in status.reason
        scripted_monitor.close()
        wait_until(lambda: second.status("camera-1").state is StreamState.LIVE)
        assert list(second.events("camera-1", event_type="system")["title"]) == [], "it was never offline"
        second.stop("camera-1")
        assert second.status("camera-1").state is StreamState.STOPPED


def test_a_start_that_fails_is_tried_again_until_the_camera_is_stopped(
    settings: Settings, scripted: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "START_RETRY_S", 0.1)
    in_the_way = settings.data_dir / "cameras" / "camera-1"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("in the way")
    with Monitor(settings.model_copy(update={"model": "scripted"}), profile=FAST) as monitor:
        with pytest.raises(ConfigError, match="camera-1 cannot be written"):
            monitor.start("camera-1")
        assert monitor.status("camera-1").state is StreamState.FAILED
        assert "camera-1 cannot be written" in monitor.status("camera-1").reason
        monitor.stop("camera-1")
        assert monitor.status("camera-1").state is StreamState.STOPPED
        with pytest.raises(ConfigError, match="camera-1 cannot be written"):
            monitor.start("camera-1")
        wait_until(lambda: list(monitor.events("camera-1")["title"]) == ["Camera is offline"])
        in_the_way.unlink()
        wait_until(lambda: monitor.status("camera-1").state is StreamState.LIVE)
        wait_until(lambda: list(monitor.events("camera-1")["title"]) == ["Camera is back", "Camera is offline"])


def test_a_hole_that_a_killed_process_left_is_told_and_one_of_a_stop_is_not(scripted_monitor: Monitor) -> None:

    def missing() -> list[dict[str, object]]:
        rows = scripted_monitor.events("camera-1", event_type="system").to_dict("records")
        return [dict(row) for row in rows if row["kind"] == "footage_missing"]

    scripted_monitor.start("camera-1")
    hls = scripted_monitor.camera("camera-1").hls_folder
    wait_until(lambda: len(list_segments(hls)) >= 2)
    scripted_monitor.stop("camera-1")
    # Moved an hour back: what was recorded ended long ago.
    for segment in list_segments(hls):
        early_utc = segment.start_utc - timedelta(hours=1)
        segment.path.rename(hls / segment_name(early_utc, segment.duration_s, segment.media_duration_s))
    ended_utc = list_segments(hls)[-1].end_utc
    scripted_monitor.start("camera-1")
    wait_until(lambda: scripted_monitor.status("camera-1").state is StreamState.LIVE)
    scripted_monitor.stop("camera-1")
    assert len(missing()) == 0
    for segment in list_segments(hls)[-3:]:
        if segment.start_utc > ended_utc:
            segment.path.unlink()
    (hls.parent / "camera.lock").write_text("process 1 since yesterday")
    scripted_monitor.start("camera-1")
    wait_until(lambda: len(missing()) == 1)
    event = missing()[0]
    assert (event["title"], event["start_utc"]) == ("Footage is missing", ended_utc)
    first = next(segment for segment in list_segments(hls) if segment.start_utc > ended_utc)
    assert event["last_seen_utc"] == first.start_utc
    assert "livemon ended without stopping the camera" in str(event["description"])


def test_an_unknown_camera_is_named_with_the_known_ones(scripted_monitor: Monitor) -> None:
    with pytest.raises(UnknownCamera, match="camera-9.*camera-1"):
        scripted_monitor.start("camera-9")
    with pytest.raises(UnknownCamera):
        scripted_monitor.events("camera-9")


def test_a_missing_folder_is_said_at_start_and_start_all_waits_for_it(
    settings: Settings, scripted: ScriptedModel
) -> None:
    source = settings.data_dir.parent / "later"
    camera = settings.cameras["camera-1"].model_copy(update={"source": str(source)})
    late = settings.model_copy(update={"cameras": {"camera-1": camera}, "model": "scripted"})
    with Monitor(late, profile=FAST) as monitor:
        with pytest.raises(EmptyFolder, match="does not exist"):
            monitor.start("camera-1")
        assert not monitor.camera("camera-1").running
        monitor.start_all()
        wait_until(lambda: monitor.status("camera-1").state is StreamState.FAILED)
        make_video(source / "a.mp4")
        monitor.start("camera-1")
        wait_until(lambda: monitor.status("camera-1").state is StreamState.LIVE)


def test_a_camera_that_somebody_starts_again_is_said_to_be_back(settings: Settings, scripted: ScriptedModel) -> None:
    source = settings.data_dir.parent / "later"
    camera = settings.cameras["camera-1"].model_copy(update={"source": str(source)})
    late = settings.model_copy(update={"cameras": {"camera-1": camera}, "model": "scripted"})
    with Monitor(late, profile=FAST) as monitor:
        titles = lambda: list(monitor.events("camera-1")["title"])  # noqa: E731
        monitor.start_all()
        wait_until(lambda: titles() == ["Camera is offline"])
        make_video(source / "a.mp4")
        monitor.start("camera-1")
        wait_until(lambda: titles() == ["Camera is back", "Camera is offline"])


def test_a_camera_whose_folder_cannot_be_written_keeps_no_other_from_starting(
    settings: Settings, scripted: ScriptedModel
) -> None:
    camera = settings.cameras["camera-1"]
    two = settings.model_copy(update={"cameras": {"camera-1": camera, "camera-2": camera}, "model": "scripted"})
    (settings.data_dir / "cameras").mkdir(parents=True)
    (settings.data_dir / "cameras" / "camera-1").write_text("in the way")
    with Monitor(two, profile=FAST) as monitor:
        monitor.start_all()
        wait_until(lambda: monitor.status("camera-2").state is StreamState.LIVE)
        with pytest.raises(ConfigError, match="camera-1 cannot be written"):
            monitor.start("camera-1")


def test_windows_of_an_earlier_run_are_archived_at_the_next_start(settings: Settings, scripted: ScriptedModel) -> None:
    settings = settings.model_copy(update={"model": "scripted"})
    with Monitor(settings, profile=FAST) as monitor:
        monitor.start("camera-1")
        wait_until(lambda: len(list(monitor.camera("camera-1").hls_folder.glob("seg_*_1000ms.ts"))) >= 2)
        folder = monitor.camera("camera-1").hls_folder
    # An hour ago in name: the window has closed while nothing ran.
    moved = [replace(s, start_utc=s.start_utc - timedelta(hours=1)) for s in list_segments(folder)]
    for segment in moved:
        segment.path.rename(folder / segment_name(segment.start_utc, segment.duration_s, segment.media_duration_s))
    with Monitor(settings, profile=FAST) as monitor:
        monitor.start("camera-1")
        wait_until(lambda: len(monitor.archives("camera-1")) >= 1)
        row = monitor.archives("camera-1").iloc[-1]
        assert monitor.path(row["path"]).stat().st_size == row["bytes"]
        assert 0 < row["frames"] <= 5 * len(moved) + 5
        assert row["coverage_s"] < 600
        assert row["gaps"]


def test_closing_twice_is_harmless_and_two_monitors_live_side_by_side(settings: Settings, tmp_path: object) -> None:
    one = Monitor(settings, profile=FAST)
    other = Monitor(settings.model_copy(update={"data_dir": settings.data_dir.parent / "other"}), profile=FAST)
    one.start("camera-1")
    other.start("camera-1")
    one.close()
    one.close()
    assert other.camera("camera-1").running
    other.close()
