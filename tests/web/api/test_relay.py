"""One screen: a host shows the cameras that another one records, and nobody gets more by it than footage."""

from __future__ import annotations

import dataclasses
import http.client
import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import SystemClock
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.cameras.lease_keeper import LeaseKeeper
from livemon.monitor.monitor import Monitor
from livemon.stream.playlist import parse_playlist
from livemon.web.auth.host_signature import LASTS_S, SCHEME, is_signed, sign
from tests.conftest import FAST
from tests.days import CAM
from tests.ports import free_port
from tests.waiting import wait_until
from tests.web.api.houses import House, with_a_login
from tests.web.api.test_api import Client, Reply

SECRET = "0123456789abcdef" * 2
LIVE = f"/hls/{CAM}/index.m3u8"
LATEST = f"/cameras/{CAM}/latest.jpg"


@dataclasses.dataclass
class Pair:
    """A host that records, and one that shows; `elsewhere` says whom each takes for the owner, by name."""

    owner: Monitor
    shows: House
    elsewhere: dict[str, str]

    @property
    def url(self) -> str:
        return self.owner.serve().url

    def watch(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """As a viewer of the host that shows."""
        return self.shows.ask(path, method, self.shows.token(Role.VIEWER), **headers)


@pytest.fixture
def pair(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    common = settings.model_copy(update={"host_secret": Settings(host_secret=SECRET).host_secret})
    with (
        Monitor(common.model_copy(update={"data_dir": tmp_path / "owner"}), profile=FAST) as owner,
        Monitor(with_a_login(common.model_copy(update={"data_dir": tmp_path / "shows"})), profile=FAST) as shows,
    ):
        elsewhere = {"shows": owner.serve().url}
        names = {id(owner.leases): "owner", id(shows.leases): "shows"}

        def owner_url(keeper: LeaseKeeper, camera_id: str) -> str:
            return elsewhere.get(names[id(keeper)], "") if camera_id == CAM else ""

        monkeypatch.setattr(LeaseKeeper, "owner_url", owner_url)
        others = lambda keeper: tuple(filter(None, [elsewhere.get(f"{names[id(keeper)]} others")]))  # noqa: E731
        monkeypatch.setattr(LeaseKeeper, "other_urls", property(others))
        owner.start(CAM)
        wait_until(lambda: owner.status(CAM).last_segment_end_utc is not None, "a segment")
        yield Pair(owner, House(shows), elsewhere)


def test_the_live_picture_of_another_host_is_shown_as_it_is_there(pair: Pair) -> None:
    direct = Client(pair.url)
    playlist = pair.watch(LIVE)
    assert (playlist.status, playlist.headers["Content-Type"]) == (200, "application/vnd.apple.mpegurl")
    assert playlist.headers["Cache-Control"] == "no-store"
    segment = f"/hls/{CAM}/{parse_playlist(playlist.body.decode()).entries[-1].uri}"
    whole = pair.watch(segment)
    assert whole.body == direct(segment).body and whole.body[0] == 0x47
    part = pair.watch(segment, Range="bytes=188-375")
    assert (part.status, part.body) == (206, whole.body[188:376])
    assert part.headers["Content-Range"] == f"bytes 188-375/{len(whole.body)}"
    head = pair.watch(segment, "HEAD")
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(whole.body)))
    picture = pair.watch(LATEST)
    assert (picture.status, picture.body[:2]) == (200, b"\xff\xd8") and picture.headers["X-Frame-Utc"]
    assert not list((pair.shows.monitor.settings.data_dir / "cameras").rglob("*.ts")), "nothing is kept on the way"


def test_roles_are_checked_where_the_visitor_comes_in(pair: Pair) -> None:
    for path in (LIVE, LATEST):
        assert pair.shows.api(path).status == 401
        other = pair.shows.token(Role.VIEWER, frozenset({"camera-2"}))
        assert pair.shows.ask(path, token=other).status == 403


def test_a_host_that_is_away_is_no_live_picture_and_not_an_error_of_ours(pair: Pair) -> None:
    pair.elsewhere["shows"] = f"http://127.0.0.1:{free_port()}"
    assert pair.watch(LIVE).status == 404
    assert pair.watch(LATEST).status == 404


def test_an_answer_that_ends_too_early_is_not_taken_for_the_whole(pair: Pair) -> None:
    class Breaks(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"some of it")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaks) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pair.elsewhere["shows"] = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            pair.watch(LIVE)
        server.shutdown()
    pair.elsewhere["shows"] = pair.url
    assert pair.watch(LIVE).status == 200, "the next one is well"


def test_footage_from_before_a_camera_moved_is_found_on_the_host_that_has_it(pair: Pair) -> None:
    frame = f"/frames/{CAM}.jpg?at={Client(pair.url)(LATEST).headers['X-Frame-Utc']}"
    pair.elsewhere.clear()
    assert Client(pair.url)(frame).status == 200
    assert pair.watch(frame).status == 404
    pair.elsewhere["shows others"] = pair.url
    found = pair.watch(frame)
    assert (found.status, found.body[:2]) == (200, b"\xff\xd8")


def test_hosts_that_take_each_other_for_the_owner_do_not_ask_for_ever(pair: Pair) -> None:
    pair.owner.stop(CAM)
    pair.elsewhere |= {"owner": pair.shows.url, "owner others": pair.shows.url, "shows others": pair.url}
    assert pair.watch(LIVE).status == 404
    assert pair.watch(f"/frames/{CAM}.jpg?at=2020-01-01T00:00:00Z").status == 404


def test_only_a_signature_for_this_very_address_opens_it_and_only_footage(pair: Pair) -> None:
    """The shown host has a login, so what is let in is let in by the signature."""
    now = SystemClock().now()
    ask = pair.shows.api
    path = f"frames/{CAM}.jpg?at=2020-01-01T00:00:00Z"

    def asked(header: str, below: str = path, method: str = "GET") -> int:
        return ask(f"/{below}", method, Authorization=header).status

    pair.elsewhere.clear()
    assert asked(sign(SECRET, path, now)) == 404, "authorized; that moment has no footage"
    refused = {
        "of another secret": sign("f" * 32, path, now),
        "too old": sign(SECRET, path, now - timedelta(seconds=LASTS_S + 5)),
        "of the future": sign(SECRET, path, now + timedelta(seconds=LASTS_S + 5)),
        "for another moment": sign(SECRET, path.replace("2020", "2021"), now),
        "empty": SCHEME,
        "without a time": f"{SCHEME} .{sign(SECRET, path, now).rpartition('.')[2]}",
        "not a signature": f"{SCHEME} {int(now.timestamp())}.x",
    }
    assert {name: asked(header) for name, header in refused.items()} == dict.fromkeys(refused, 401)
    for below, method in (("cameras", "GET"), (f"events/{CAM}", "GET"), (f"stop-hls-stream/{CAM}", "POST")):
        assert asked(sign(SECRET, below, now), below, method) == 401, below


def test_without_a_secret_no_signature_is_good() -> None:
    now = SystemClock().now()
    assert not is_signed("", "x", sign("", "x", now).partition(" ")[2], now)
