"""Recorded footage over HTTP: half of it out of an archive, half of it still live."""

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from livemon.base.clock import Window
from livemon.base.datatypes import Segment
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import archives
from livemon.stream.files.archive import assemble
from livemon.stream.playlist import parse_playlist
from tests.conftest import FAST, MORNING
from tests.recording import record
from tests.waiting import PATIENCE_S
from tests.web.api.test_api import Client

START = MORNING + timedelta(seconds=580)
SPAN = "start=2026-11-23T08:09:40Z&end=2026-11-23T08:10:20Z"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(tmp_path_factory.mktemp("recorded"), START, 40)


@pytest.fixture
def api(settings: Settings, recorded: list[Segment]) -> Iterator[Client]:
    hls = settings.camera_dir("camera-1") / "hls"
    hls.mkdir(parents=True)
    for segment in recorded[10:]:
        (hls / segment.path.name).write_bytes(segment.path.read_bytes())
    with Monitor(settings, profile=FAST) as monitor:
        made = assemble("camera-1", Window(MORNING), recorded[:10], settings.camera_dir("camera-1") / "archive")
        archives.replace_archives(monitor.database, made, settings.data_dir)
        yield Client(monitor.serve().url)


def picture(body: bytes) -> tuple[int, ...]:
    image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape


def test_a_playlist_over_archive_and_live_footage_plays_without_a_gap(api: Client, tmp_path: Path) -> None:
    reply = api(f"/playback/camera-1.m3u8?{SPAN}")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/vnd.apple.mpegurl")
    playlist = parse_playlist(reply.body.decode())
    at = START
    played = 0
    for entry in playlist.entries:
        assert entry.program_date_time == at
        at = entry.end_utc
        segment = api(f"/playback/{entry.uri}")
        assert segment.headers["Content-Type"] == "video/mp2t"
        assert segment.body[0] == 0x47
        (tmp_path / "piece.ts").write_bytes(segment.body)
        command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v"]
        command += ["-show_entries", "stream=nb_read_frames", "-of", "json", str(tmp_path / "piece.ts")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        played += int(json.loads(done.stdout)["streams"][0]["nb_read_frames"])
    assert (at, played) == (START + timedelta(seconds=40), 1000)


def test_a_players_demuxer_reads_the_playlist_through(api: Client) -> None:
    url = f"{api.url}/api/live-monitoring/playback/camera-1.m3u8?{SPAN}"
    command = ["ffmpeg", "-v", "error", "-i", url, "-map", "0:v", "-f", "null", "-progress", "pipe:1", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert "frame=1000" in done.stdout


def test_a_frame_is_a_jpeg_with_its_own_time(api: Client) -> None:
    reply = api("/frames/camera-1.jpg?at=2026-11-23T08:09:45.130Z&width=32")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/jpeg")
    assert reply.headers["X-Frame-Utc"] == "2026-11-23T08:09:45.120Z"
    assert picture(reply.body) == (24, 32, 3)
    seoul = quote("2026-11-23T17:10:05+09:00")
    assert api(f"/frames/camera-1.jpg?at={seoul}").headers["X-Frame-Utc"] == "2026-11-23T08:10:05.000Z"


def test_the_newest_picture_is_a_jpeg_with_its_own_time(api: Client) -> None:
    reply = api("/cameras/camera-1/latest.jpg?width=32")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/jpeg")
    assert reply.headers["Cache-Control"] == "no-store"
    at_utc = reply.headers["X-Frame-Utc"]
    assert picture(reply.body)[1] == 32
    same = api(f"/frames/camera-1.jpg?at={at_utc}&width=32")
    assert same.body == reply.body
    assert at_utc >= "2026-11-23T08:10:19", "footage ends at 08:10:20"


def test_without_footage_there_is_no_newest_picture(settings: Settings) -> None:
    with Monitor(settings, profile=FAST) as monitor:
        reply = Client(monitor.serve().url)("/cameras/camera-1/latest.jpg")
    assert reply.status == 404 and reply.json["detail"] == "Nothing of camera-1 is recorded yet."


def test_a_clip_is_an_mp4_that_can_be_sought_in(api: Client) -> None:
    url = "/clips/camera-1.mp4?start=2026-11-23T08:09:55Z&end=2026-11-23T08:10:05.5Z"
    whole = api(url)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert whole.body[4:8] == b"ftyp"
    assert "clip_20261123T080955.000Z_20261123T081005.500Z.mp4" in whole.headers["Content-Disposition"]
    part = api(url, Range="bytes=4-7")
    assert (part.status, part.body) == (206, b"ftyp")
    head = api(url, "HEAD")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(whole.body)))


def test_a_sheet_is_one_picture(api: Client) -> None:
    reply = api(f"/sheets/camera-1.jpg?{SPAN}&columns=5&rows=2")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/jpeg")
    assert picture(reply.body) == (2 * 48, 5 * 64, 3)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/playback/camera-1.m3u8", "start"),
        ("/playback/camera-1.m3u8?start=yesterday", "start"),
        ("/playback/camera-1.m3u8?start=2026-11-20T08:00:00Z&end=2026-11-23T08:00:00Z", "24 hours"),
        ("/frames/camera-1.jpg", "at"),
        ("/frames/camera-1.jpg?at=2026-11-23T08:09:45", "at"),
        ("/frames/camera-1.jpg?at=2026-11-23T08:09:45Z&width=9", "width"),
        ("/frames/camera-1.jpg?at=9999-12-31T23:59:59.999Z", "asked for"),
        ("/playback/camera-1.m3u8?start=9999-12-31T23:59:59.999Z", "asked for"),
        ("/clips/camera-1.mp4?start=2026-11-23T08:10:00Z", "end"),
        ("/clips/camera-1.mp4?start=2026-11-23T08:10:00Z&end=2026-11-23T08:10:00Z", "after the start"),
        ("/clips/camera-1.mp4?start=2026-11-23T08:10:00Z&end=2026-11-23T18:10:00Z", "6 hours"),
        (f"/sheets/camera-1.jpg?{SPAN}&columns=11&rows=10", "100 cells"),
        (f"/sheets/camera-1.jpg?{SPAN}&columns=0", "columns"),
    ],
)
def test_a_wrong_argument_is_named(api: Client, path: str, word: str) -> None:
    reply = api(path)
    assert (reply.status, reply.headers["Content-Type"]) == (400, "application/problem+json")
    assert word in reply.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/playback/camera-1.m3u8?start=2026-11-23T07:00:00Z&end=2026-11-23T07:10:00Z",
        "/frames/camera-1.jpg?at=2026-11-23T07:00:00Z",
        "/clips/camera-1.mp4?start=2026-11-23T07:00:00Z&end=2026-11-23T07:01:00Z",
        "/sheets/camera-1.jpg?start=2026-11-23T07:00:00Z&end=2026-11-23T07:01:00Z",
    ],
)
def test_where_nothing_was_recorded_the_nearest_footage_is_told(api: Client, path: str) -> None:
    reply = api(path)
    assert reply.status == 404
    assert reply.json["hint"] == "The nearest footage begins at 2026-11-23T08:09:40.000Z."


def test_other_cameras_and_other_files_are_not_there(api: Client) -> None:
    for path in [
        "/playback/camera-9.m3u8?start=2026-11-23T08:00:00Z",
        "/frames/camera-9.jpg?at=2026-11-23T08:00:00Z",
        "/playback/camera-1/seg_20261123T080000.000Z_10000ms.ts",
        "/playback/camera-1/..%2f..%2flivemon.db",
        "/playback/..%2fcamera-1/seg_20261123T081000.000Z_2000ms.ts",
    ]:
        assert api(path).status == 404
