"""Footage of the lab's clips over HTTP: played as a camera's is, by who may, and nothing beside it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.lab.data.clips import LabClip
from livemon.monitor.monitor import Monitor
from livemon.stream.playlist import parse_playlist
from tests.conftest import FAST, make_video
from tests.days import CAM
from tests.waiting import PATIENCE_S
from tests.web.api.houses import House, with_a_login
from tests.web.api.test_api import Client

SPAN = "start=2026-01-01T12:00:00Z&end=2026-01-01T12:00:03Z"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, profile=FAST) as made:
        yield made


def bring(monitor: Monitor) -> LabClip:
    return monitor.lab.clips.bring(make_video(monitor.settings.data_dir / "brought.mp4", duration_s=3))


def test_a_clip_plays_from_its_playlist(monitor: Monitor) -> None:
    clip = bring(monitor)
    api = Client(monitor.serve().url)
    reply = api(f"/lab/{clip.id}.m3u8?{SPAN}")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/vnd.apple.mpegurl")
    text = reply.body.decode()
    assert "#EXT-X-ENDLIST" in text, "it is all there"
    assert parse_playlist(text).entries[0].program_date_time == clip.start_utc
    url = f"{api.url}/api/live-monitoring/lab/{clip.id}.m3u8?{SPAN}"
    command = ["ffmpeg", "-v", "error", "-i", url, "-map", "0:v", "-f", "null", "-progress", "pipe:1", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert "frame=15" in done.stdout


def test_nothing_but_segments_of_a_clip_is_answered(monitor: Monitor) -> None:
    clip = bring(monitor)
    api = Client(monitor.serve().url)
    assert api(f"/lab/clip-{'0' * 16}.m3u8?{SPAN}").status == 404
    assert api(f"/lab/clip-{'0' * 16}/seg_1.ts").status == 404
    for path in (
        f"/lab/..%2Fcameras%2F{CAM}.m3u8?{SPAN}",
        f"/lab/{CAM}.m3u8?{SPAN}",
        f"/lab/{clip.id}/..%2F..%2Flivemon.db",
        f"/lab/{clip.id}/segments.csv",
        f"/lab/{clip.id}/seg_nothing.ts",
    ):
        assert api(path).status == 404, path
    assert api(f"/lab/{clip.id}.m3u8").status == 400, "it must be said from when to when"


def test_only_who_may_work_on_all_cameras_sees_clips(settings: Settings) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        clip = bring(monitor)
        house = House(monitor)
        path = f"/lab/{clip.id}.m3u8?{SPAN}"
        assert house.ask(path).status == 401
        assert house.ask(path, token=house.token(Role.VIEWER)).status == 403
        assert house.ask(path, token=house.token(Role.OPERATOR, frozenset({CAM}))).status == 403
        assert house.ask(path, token=house.token(Role.OPERATOR)).status == 200
