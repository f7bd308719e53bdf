"""The HTTP API on a real server over a real stream."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import quote

import pytest

from livemon.base.errors import PortInUse
from livemon.monitor.monitor import Monitor
from livemon.store import archives, writes
from livemon.stream.playlist import parse_playlist
from livemon.web.api.app import routes
from livemon.web.server.serve import serve_in_thread
from tests.conftest import MORNING, seen
from tests.waiting import PATIENCE_S, wait_until


@dataclass
class Reply:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, path: str, method: str = "GET", **headers: str) -> Reply:
        url = path if path.startswith("http") else f"{self.url}/api/live-monitoring{path}"
        request = urllib.request.Request(url, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())


@pytest.fixture
def api(scripted_monitor: Monitor) -> Client:
    return Client(scripted_monitor.serve().url)


def test_start_answers_with_a_playlist_that_plays(api: Client, scripted_monitor: Monitor) -> None:
    started = api("/start-hls-stream/camera-1", "POST")
    assert started.status == 200
    assert started.json["state"] in ("starting", "live")
    # At once, without waiting for the first segment: the playlist's handler waits.
    playlist_reply = api(started.json["playlist_url"])
    assert playlist_reply.status == 200
    assert playlist_reply.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert playlist_reply.headers["Cache-Control"] == "no-store"
    playlist = parse_playlist(playlist_reply.body.decode())
    segment = api(started.json["playlist_url"].replace("index.m3u8", playlist.entries[0].uri))
    assert segment.headers["Content-Type"] == "video/mp2t"
    assert segment.body[0] == 0x47, "an MPEG-TS packet begins with its sync byte"
    assert "immutable" in segment.headers["Cache-Control"]


def test_a_changed_playlist_is_never_called_unchanged(api: Client, scripted_monitor: Monitor) -> None:
    url = api("/start-hls-stream/camera-1", "POST").json["playlist_url"]
    first = api(url)
    replies = [first]

    def changed() -> bool:
        replies.append(api(url, **{"If-None-Match": first.headers["Etag"]}))
        return replies[-1].body not in (first.body, b"")

    wait_until(changed)
    again = replies[-1]
    assert parse_playlist(again.body.decode()).next_sequence > parse_playlist(first.body.decode()).next_sequence


def test_stop_ends_the_stream_and_the_playlist_says_so(api: Client) -> None:
    url = api("/start-hls-stream/camera-1", "POST").json["playlist_url"]
    assert api(url).status == 200
    assert api("/stop-hls-stream/camera-1", "POST").json["state"] == "stopped"
    assert api("/stop-hls-stream/camera-1", "POST").status == 200
    gone = api(url)
    assert gone.status == 404
    assert "not streaming" in gone.json["detail"]


def test_a_pause_stops_a_camera_until_its_time_or_until_it_is_started(api: Client) -> None:
    paused = api("/pause/camera-1?minutes=30", "POST").json
    assert paused["state"] == "stopped"
    assert paused["reason"].startswith("Paused until ")
    assert api("/pause/camera-1?minutes=0", "POST").status == 400
    assert api("/pause/camera-9", "POST").status == 404
    assert api("/start-hls-stream/camera-1", "POST").json["state"] != "stopped"
    assert api("/stop-hls-stream/camera-1", "POST").json["reason"] == "Paused until it is started"


def test_status_tells_what_why_and_since_when(api: Client) -> None:
    status = api("/stream-status/camera-1").json
    assert status["state"] == "stopped"
    assert status["name"] == "Playroom"
    assert status["since_utc"].endswith("Z")
    assert [camera["camera_id"] for camera in api("/cameras").json["cameras"]] == ["camera-1"]


def test_an_unknown_camera_is_a_problem_with_a_hint(api: Client) -> None:
    for path, method in [("/start-hls-stream/x", "POST"), ("/stream-status/x", "GET"), ("/events/x", "GET")]:
        reply = api(path, method)
        assert reply.status == 404
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.json["detail"] == "There is no camera 'x'."
        assert "camera-1" in reply.json["hint"]


def test_an_empty_folder_is_a_problem_that_says_what_to_do(api: Client, scripted_monitor: Monitor) -> None:
    source = scripted_monitor.camera("camera-1").source
    for path in source.files():
        path.unlink()
    reply = api("/start-hls-stream/camera-1", "POST")
    assert reply.status == 409
    assert "holds no video" in reply.json["detail"]
    assert "Put video files" in reply.json["hint"]


def test_events_are_paged_newest_first(api: Client, scripted_monitor: Monitor) -> None:
    database = scripted_monitor.database
    ids = [writes.add_event(database, "camera-1", seen(60 * n), MORNING, model="local") for n in range(5)]
    first = api("/events/camera-1?limit=2").json
    assert [event["id"] for event in first["events"]] == [ids[4], ids[3]]
    second = api(f"/events/camera-1?limit=2&cursor={first['next_cursor']}").json
    assert [event["id"] for event in second["events"]] == [ids[2], ids[1]]
    last = api(f"/events/camera-1?limit=2&cursor={second['next_cursor']}").json
    assert [event["id"] for event in last["events"]] == [ids[0]]
    assert last["next_cursor"] is None
    event = first["events"][0]
    assert event["start_utc"] == "2026-11-23T08:04:00.000Z"
    assert event["thumbnail_url"] is None
    since = api("/events/camera-1?since=2026-11-23T08:02:30Z&until=2026-11-23T08:03:30Z").json
    assert [event["id"] for event in since["events"]] == [ids[3]]


def test_latest_is_null_before_anything_was_seen(api: Client, scripted_monitor: Monitor) -> None:
    assert api("/events/camera-1/latest").json == {"event": None}
    event_id = writes.add_event(scripted_monitor.database, "camera-1", seen(0), MORNING, model="local")
    assert api("/events/camera-1/latest").json["event"]["id"] == event_id


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=5000",
        "severity=bad",
        "type=x",
        "since=yesterday",
        "limit=" + "9" * 5000,
        "since=0001-01-01T00:00:00%2B14:00",
        "since=2026-11-23T08:00:00",
    ],
)
def test_a_wrong_argument_is_named(api: Client, query: str) -> None:
    reply = api(f"/events/camera-1?{query}")
    assert reply.status == 400
    assert query.split("=")[0] in reply.json["detail"]


def test_stats_speak_of_looks_and_not_only_of_events(api: Client) -> None:
    stats = api("/stats/camera-1").json
    nothing = {"cost_usd": 0.0, "calls_of_unknown_cost": 0, "archives": 0, "recorded_s": 0.0}
    assert stats == {"events": {}, "looks": {}, **nothing}


def test_files_outside_the_cameras_folder_are_not_served(api: Client, scripted_monitor: Monitor) -> None:
    scripted_monitor.settings.data_dir.mkdir(exist_ok=True)
    outside = scripted_monitor.settings.data_dir.parent / "outside" / "archive"
    outside.mkdir(parents=True)
    (outside / "segment_20260101_000000.mp4").write_bytes(b"secret")
    assert api(f"/archives/{quote(str(outside.parent), safe='')}/segment_20260101_000000.mp4").status == 404
    for path in ["/hls/camera-1/..%2f..%2flivemon.db", "/hls/..%2fcamera-1/index.m3u8", "/hls/camera-1/camera.lock"]:
        assert api(path).status == 404
    assert api("/archives/camera-1/segment_20261123_080000.mp4").status == 404


def test_another_sites_page_may_not_change_anything(api: Client, scripted_monitor: Monitor) -> None:
    assert api("/start-hls-stream/camera-1", "POST", Origin="https://evil.example").status == 403
    assert not scripted_monitor.camera("camera-1").running
    own = api.url
    assert api("/start-hls-stream/camera-1", "POST", Origin=own).status == 200


def test_a_foreign_name_for_this_address_is_refused(api: Client) -> None:
    reply = api("/cameras", Host="evil.example:8000")
    assert reply.status == 403
    assert "allowed_hosts" in reply.json["hint"]
    assert api("/cameras", Host="localhost").status == 200


def test_an_unknown_address_is_a_problem_and_not_a_page(api: Client) -> None:
    reply = api("/nothing/here")
    assert reply.status == 404
    assert "docs/api.md" in reply.json["hint"]
    assert api("/start-hls-stream/camera-1").status == 405


def test_archives_are_listed_and_can_be_sought_in(api: Client, scripted_monitor: Monitor) -> None:
    from datetime import timedelta

    from livemon.base.datatypes import Archive

    folder = scripted_monitor.settings.camera_dir("camera-1") / "archive"
    folder.mkdir(parents=True)
    path = folder / "segment_20261123_080000.mp4"
    path.write_bytes(bytes(range(256)))
    end = MORNING + timedelta(minutes=10)
    made = Archive("camera-1", MORNING, MORNING, end, path, 3000, 256, "0" * 64, 600.0, ())
    archives.add_archive(scripted_monitor.database, made, scripted_monitor.settings.data_dir)
    row = api("/archives/camera-1").json["archives"][0]
    assert (row["frames"], row["coverage_s"], row["gaps"]) == (3000, 600.0, [])
    part = api(row["url"], Range="bytes=10-19")
    assert (part.status, part.body) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Type"] == "video/mp4"


def test_a_port_in_use_is_said(api: Client, scripted_monitor: Monitor) -> None:
    port = int(api.url.rsplit(":", 1)[1])
    with pytest.raises(PortInUse, match=f"Port {port}"):
        serve_in_thread(scripted_monitor, port)


def test_every_route_answers_errors_as_problems(scripted_monitor: Monitor) -> None:
    from livemon.web.api.base import ApiHandler

    assert all(issubclass(handler, ApiHandler) for _, handler, _ in routes(scripted_monitor))
