"""Uploads over HTTP: streamed, refused in sentences, in the queue without a restart, and nothing partial stays."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from livemon.base.roles import Role
from livemon.base.settings.access import AccessSettings, UploadSettings
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.monitor.uploads import UploadState
from livemon.web.api import request_body
from livemon.web.api import uploads as handlers
from livemon.web.api.guard import API_ROOT
from tests.conftest import FAST, make_video
from tests.days import CAM
from tests.stream.test_uploads import long_video, mutated
from tests.waiting import PATIENCE_S, wait_until
from tests.web.api.houses import OTHER, House, with_a_login
from tests.web.api.test_api import Client, Reply

FAST_CALLERS = AccessSettings(requests_per_minute=10_000_000)


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    more = {"pattern": settings.cameras[CAM].model_copy(update={"source": "test-pattern"})}
    made = settings.model_copy(
        update={"cameras": {**settings.cameras, **more}, "min_free_gb": 0.0, "access": FAST_CALLERS}
    )
    with Monitor(made, profile=FAST) as running:
        yield running


class Sender(Client):
    def send(self, body: bytes, query: str = f"camera_id={CAM}", kind: str = "video/mp4", **headers: str) -> Reply:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        try:
            connection.request("POST", f"{API_ROOT}/upload-video?{query}", body, {"Content-Type": kind, **headers})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def form(self, *files: tuple[str, bytes], query: str = f"camera_id={CAM}", field: str = "file") -> Reply:
        edge = "----livemonedge"
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'.encode()
            + b"Content-Type: video/mp4\r\n\r\n"
            + content
            + b"\r\n"
            for name, content in files
        ]
        return self.send(b"".join(parts) + f"--{edge}--\r\n".encode(), query, f"multipart/form-data; boundary={edge}")

    def ended(self, upload_id: str) -> dict[str, Any]:
        told: dict[str, Any] = {}

        def over() -> bool:
            told.update(self(f"/uploads/{upload_id}").json)
            return told["state"] in ("done", "refused", "cancelled")

        wait_until(over, told)
        return told


@pytest.fixture
def api(monitor: Monitor) -> Sender:
    return Sender(monitor.serve().url)


def queue(monitor: Monitor) -> list[str]:
    return sorted(path.name for path in Path(monitor.settings.cameras[CAM].source).iterdir())


def partial(monitor: Monitor) -> list[str]:
    folder = monitor.settings.data_dir / "uploads"
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def test_a_forms_video_is_in_the_running_cameras_queue(api: Sender, monitor: Monitor, video: Path) -> None:
    monitor.start(CAM)
    reply = api.form(("Emma's walk.mp4", video.read_bytes()))
    assert reply.status == 202
    assert reply.headers["Location"].endswith(f"/uploads/{reply.json['upload_id']}")
    told = api.ended(reply.json["upload_id"])
    assert (told["state"], told["clip"], told["error"]) == ("done", "Emma-s-walk.mp4", "")
    assert told["duration_s"] == pytest.approx(2, abs=0.2) and told["progress"] == 1
    assert queue(monitor) == ["Emma-s-walk.mp4", "a.mp4"]
    source = monitor.camera(CAM).source
    wait_until(
        lambda: "Emma-s-walk.mp4" in {name for _, name in source.clip_starts},  # type: ignore[attr-defined]
        "it plays without a restart",
    )
    assert partial(monitor) == []


def test_the_body_itself_may_be_the_video_and_be_asked_for_meanwhile(
    api: Sender, monitor: Monitor, video: Path
) -> None:
    own = str(uuid.uuid4())
    reply = api.send(video.read_bytes(), f"camera_id={CAM}&name=../../x%00y.mov&upload_id={own}")
    assert reply.json["upload_id"] == own
    assert api.ended(own)["clip"] == "y.mp4"
    again = api.send(video.read_bytes(), f"camera_id={CAM}&upload_id={own}")
    assert again.status == 409
    assert api("/uploads").json["uploads"][0]["upload_id"] == own


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"", "video/mp4", 422, "no file"),
        (b"x" * 10, "text/plain", 415, "multipart/form-data"),
        (b"x" * 10, "multipart/form-data", 400, "no boundary"),
        (b"x" * 10, "multipart/form-data; boundary=b", 400, "cannot be read"),
        (b"#EXTM3U\n" + b"x" * 600, "video/mp4", 422, "playlist"),
        (
            b"--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nhalf of a video\r\n",
            "multipart/form-data; boundary=b",
            400,
            "ends in the middle",
        ),
        (
            b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
            422,
            "no file",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(
    api: Sender, monitor: Monitor, body: bytes, kind: str, status: int, said: str
) -> None:
    reply = api.send(body, kind=kind)
    told = f"{reply.json['detail']} {reply.json.get('hint', '')}"
    assert (reply.status, said in told) == (status, True), reply.body
    assert partial(monitor) == [] and queue(monitor) == ["a.mp4"]


def test_two_files_in_a_form_are_one_too_many(api: Sender, monitor: Monitor, video: Path) -> None:
    reply = api.form(("a.mp4", video.read_bytes()), ("b.mp4", video.read_bytes()))
    assert reply.status == 400
    assert "more than one file" in api("/uploads").json["uploads"][0]["error"]
    assert partial(monitor) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("camera_id=pattern", 422), ("camera_id=nobody", 404), ("", 400), (f"camera_id={CAM}&upload_id=../../x", 400)],
)
def test_a_camera_without_a_queue_is_told(api: Sender, query: str, status: int) -> None:
    assert api.send(b"x", query).status == status


@pytest.mark.parametrize("query", ["camera_id=pattern", "camera_id=nobody", f"camera_id={CAM}&upload_id=x"])
def test_who_sends_on_after_a_refusal_gets_the_answer_all_the_same(api: Sender, query: str) -> None:
    for _ in range(5):
        reply = api.send(b"\0" * 20_000_000, query)
        assert reply.status >= 400 and reply.json["detail"]


@pytest.mark.parametrize("chunked", [False, True])
def test_who_may_not_bring_a_video_is_told_however_much_is_sent(settings: Settings, chunked: bool) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        house = House(monitor)
        parts = urlsplit(house.url)
        for token, status in [("", 401), ("livemon_x", 401), (house.token(Role.VIEWER), 403)]:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
            pieces = [b"\0" * 100_000] * 200
            headers = {"Content-Type": "video/mp4", **({"Authorization": f"Bearer {token}"} if token else {})}
            body = iter(pieces) if chunked else b"".join(pieces)
            connection.request(
                "POST", f"{API_ROOT}/upload-video?camera_id={CAM}", body, headers, encode_chunked=chunked
            )
            reply = connection.getresponse()
            assert (reply.status, json.loads(reply.read())["status"]) == (status, status)


def test_who_is_refused_in_the_middle_gets_the_answer_all_the_same(api: Sender, monitor: Monitor) -> None:
    for _ in range(5):
        assert api.send(b"#EXTM3U\n" + b"x" * 20_000_000).status == 422
    assert partial(monitor) == []


def test_who_never_stops_sending_after_a_refusal_is_cut_off(
    api: Sender, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "LINGER_S", 0.3)
    with open_upload(api, b"#EXTM3U\n" + b"x" * 1000, 1_000_000_000) as raw:
        assert b"422" in raw.recv(100)
        with pytest.raises(ConnectionError):
            for _ in range(100):
                raw.sendall(b"x" * 1000)
                time.sleep(0.05)


def test_who_asks_first_is_refused_before_sending(api: Sender) -> None:
    parts = urlsplit(api.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S) as raw:
        head = f"POST {API_ROOT}/upload-video?camera_id=pattern HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n"
        raw.sendall((head + "Content-Type: video/mp4\r\nExpect: 100-continue\r\n\r\n").encode())
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 422") and b"100 (Continue)" not in answer


def test_too_large_is_refused_before_and_while_it_comes(settings: Settings) -> None:
    small = settings.model_copy(update={"upload": UploadSettings(max_gb=0.0001), "min_free_gb": 0.0})
    with Monitor(small, profile=FAST) as monitor:
        api = Sender(monitor.serve().url)
        assert api.send(b"x" * 200_000).status == 413
        parts = urlsplit(api.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S) as raw:
            head = f"POST {API_ROOT}/upload-video?camera_id={CAM} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            raw.sendall((head + "Content-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
            piece = b"\x00\x00\x00\x18ftypisom" + b"\0" * 10_000
            for _ in range(12):
                raw.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            assert b"422" in raw.recv(100)
        assert "larger than" in api("/uploads").json["uploads"][0]["error"]
        assert partial(monitor) == []


def test_a_full_disk_is_said_and_nothing_stays(monitor: Monitor, api: Sender, video: Path) -> None:
    monitor.uploads._free = lambda _folder: 0
    monitor.settings.__dict__["min_free_gb"] = 1.0
    reply = api.send(video.read_bytes())
    assert (reply.status, "no room" in reply.json["detail"]) == (422, True)
    assert partial(monitor) == []


def open_upload(api: Sender, sent: bytes, length: int) -> socket.socket:
    """Begin an upload, and send only some of it."""
    parts = urlsplit(api.url)
    raw = socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S)
    head = f"POST {API_ROOT}/upload-video?camera_id={CAM} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
    raw.sendall((head + "Content-Type: video/mp4\r\n\r\n").encode() + sent)
    return raw


def test_a_sender_that_leaves_leaves_nothing(api: Sender, monitor: Monitor, video: Path) -> None:
    with open_upload(api, video.read_bytes()[:1000], 100_000):
        wait_until(lambda: partial(monitor))
    wait_until(lambda: not partial(monitor))
    told = api("/uploads").json["uploads"][0]
    assert told["state"] == "cancelled" and "connection broke" in told["error"]


def test_a_sender_that_says_nothing_more_is_dropped(
    api: Sender, monitor: Monitor, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "PACE_S", 0.5)
    with open_upload(api, video.read_bytes()[:1000], 100_000) as raw:
        raw.settimeout(PATIENCE_S)
        assert raw.recv(100) == b"", "the connection is closed"
    wait_until(lambda: not partial(monitor))


def test_a_sender_that_drips_is_dropped(
    api: Sender, monitor: Monitor, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "PACE_S", 0.5)
    with open_upload(api, video.read_bytes()[:1000], 10_000_000) as raw, pytest.raises(ConnectionError):
        for _ in range(200):
            raw.sendall(b"x")
            time.sleep(0.05)
    wait_until(lambda: not partial(monitor))


def test_a_sender_that_is_slow_and_goes_on_is_not_dropped(
    api: Sender, monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "PACE_S", 2.0)
    monkeypatch.setattr(handlers, "LEAST_BYTES", 50)
    whole = make_video(tmp_path / "v.mp4").read_bytes()
    with open_upload(api, b"", len(whole)) as raw:
        for at in range(0, len(whole), len(whole) // 10):
            raw.sendall(whole[at : at + len(whole) // 10])
            time.sleep(0.3)
        assert b"202" in raw.recv(100)


def test_only_so_many_are_received_at_once(api: Sender, monitor: Monitor, video: Path) -> None:
    with open_upload(api, video.read_bytes()[:1000], 10_000), open_upload(api, video.read_bytes()[:1000], 10_000):
        wait_until(lambda: len(partial(monitor)) == 2)
        third = api.send(video.read_bytes())
        assert third.status == 429 and third.headers["Retry-After"] == "30"


def test_a_cancelled_upload_leaves_nothing(api: Sender, monitor: Monitor, tmp_path: Path) -> None:
    long = long_video(tmp_path).read_bytes()
    monitor.uploads._limits = monitor.uploads._limits.__class__(3600, 640 * 480, 1024, 60)
    upload_id = api.send(long).json["upload_id"]
    wait_until(lambda: api(f"/uploads/{upload_id}").json["state"] != "waiting")
    assert api(f"/uploads/{upload_id}", "DELETE").status == 204
    assert api.ended(upload_id)["state"] in ("cancelled", "done")
    wait_until(lambda: not partial(monitor))


def test_leftovers_of_a_killed_server_go_at_the_next_start_and_those_of_a_living_one_stay(
    settings: Settings, video: Path
) -> None:
    folder = settings.data_dir / "uploads"
    folder.mkdir(parents=True)
    (folder / "dead.part").write_bytes(b"x")
    with Monitor(settings.model_copy(update={"min_free_gb": 0.0}), profile=FAST) as first:
        assert partial(first) == []
        with open_upload(Sender(first.serve().url), video.read_bytes()[:1000], 10_000):
            wait_until(lambda: len(partial(first)) == 1)
            with Monitor(settings.model_copy(), profile=FAST):
                assert len(partial(first)) == 1


def test_nobody_brings_or_sees_videos_of_another_camera(settings: Settings, video: Path) -> None:
    with Monitor(with_a_login(settings.model_copy(update={"min_free_gb": 0.0})), profile=FAST) as monitor:
        house = House(monitor)
        api = Sender(house.url)
        mine, other = (house.token(Role.OPERATOR, frozenset({one})) for one in (CAM, OTHER))
        assert api.send(video.read_bytes(), Authorization=f"Bearer {other}").status == 403
        brought = api.send(video.read_bytes(), Authorization=f"Bearer {mine}")
        assert brought.status == 202
        path = f"/uploads/{brought.json['upload_id']}"
        assert house.ask(path, token=mine).status == 200
        assert house.ask(path, token=other).status == house.ask(path, "DELETE", other).status == 404
        assert house.ask("/uploads", token=other).json == {"uploads": []}
        wait_until(lambda: monitor.uploads.all()[0].state in (UploadState.DONE, UploadState.REFUSED))


def bring_mutants(api: Sender, monitor: Monitor, tmp_path: Path, count: int) -> dict[str, int]:
    """Send so many mutated videos; returns how they were answered or ended."""
    seeds = [make_video(tmp_path / f"s.{suffix}", duration_s=1).read_bytes() for suffix in ("mp4", "mkv", "ts")]
    chance = random.Random(8)
    ends: dict[str, int] = {}
    for kind in range(count):
        reply = api.send(mutated(kind, chance.choice(seeds), chance))
        assert reply.status in (202, 422), reply.body
        end = str(reply.status) if reply.status != 202 else api.ended(reply.json["upload_id"])["state"]
        ends[end] = ends.get(end, 0) + 1
    return ends


def test_mutated_videos_get_in_only_as_clips_of_ours(api: Sender, monitor: Monitor, tmp_path: Path) -> None:
    ends = bring_mutants(api, monitor, tmp_path, 60)
    assert set(ends) <= {"422", "done", "refused"}
    assert len(queue(monitor)) == 1 + ends.get("done", 0)
    assert partial(monitor) == []


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_ten_thousand_mutated_videos_crash_nothing_and_memory_stays_flat(
    api: Sender, monitor: Monitor, tmp_path: Path
) -> None:
    process = psutil.Process(os.getpid())
    bring_mutants(api, monitor, tmp_path, 300)
    warm = process.memory_info().rss
    ends = bring_mutants(api, monitor, tmp_path, 9_700)
    assert set(ends) <= {"422", "done", "refused"}
    assert process.memory_info().rss - warm < 60e6
    assert partial(monitor) == []
    assert api("/cameras").status == 200


def hostile_paths(count: int) -> list[str]:
    """Addresses that try to get at something else."""
    chance = random.Random(9)
    roots = [
        *(f"hls/{CAM}/", f"archives/{CAM}/", f"thumbnails/{CAM}/20261123/", f"daily-reports/{CAM}/files/", "docs/"),
        *(f"playback/{CAM}/", "clips/", "frames/", "uploads/", "links/x/", f"events/{CAM}/", "cameras/", ""),
    ]
    ups = [
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%5c",
        "..\\",
        "%252e%252e%252f",
        "....//",
        "..;/",
        "%c0%ae%c0%ae/",
    ]
    ends = [
        *(
            "livemon.db",
            "secret.key",
            "etc/passwd",
            "%00",
            "x%00.mp4",
            "%0d%0aX: y",
            "a" * 3000,
            "%ff%fe",
            "index.m3u8",
        ),
        *(
            "seg_1.ts/../../livemon.db",
            "/etc/passwd",
            "//etc/passwd",
            "%2fetc%2fpasswd",
            "con",
            "~root",
            "%u002e",
            "\u202e",
        ),
    ]
    made = []
    for _ in range(count):
        path = chance.choice(roots) + chance.choice(ups) * chance.randint(0, 8) + chance.choice(ends)
        made.append(path.encode("utf-8", "replace").decode("latin-1").replace(" ", "%20"))
    return made


def test_a_thousand_hostile_paths_lead_nowhere(api: Sender, monitor: Monitor) -> None:
    secret = monitor.authenticator.secrets.seal("x").encode()
    key = (monitor.settings.data_dir / "secret.key").read_bytes()
    parts = urlsplit(api.url)
    for path in hostile_paths(1000):
        with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S) as raw:
            request = f"GET {API_ROOT}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            raw.sendall(request.encode("latin-1"))
            answer = b""
            while piece := raw.recv(65536):
                answer += piece
        status = int(answer.split(b" ", 2)[1]) if answer else 400
        assert 400 <= status < 500 or (status in (200, 301, 302) and b"SQLite format" not in answer), (
            path,
            answer[:200],
        )
        assert key not in answer and secret not in answer and b"root:x:" not in answer, path
    assert json.loads(api("/cameras").body)["cameras"]
