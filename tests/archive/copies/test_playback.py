"""Footage that only the bucket has: the same addresses, playlists and pages, through livemon; and buckets that fail."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from livemon.archive.cleanup import RetentionCleanup
from livemon.archive.copies import copy_reader
from livemon.archive.copies.address import open_vault
from livemon.archive.copies.buckets.folder import FolderBucket
from livemon.archive.copies.copy_reader import CopyReader
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.footage import Footage
from livemon.base.clock import Window, iso
from livemon.base.datatypes import Segment
from livemon.base.errors import BucketError, CopyError, TooManyRequests
from livemon.base.roles import Role
from livemon.base.settings.access import AccessSettings, Login
from livemon.monitor.monitor import Monitor
from livemon.store import archives, copies, users
from livemon.store.copies import CopyRecord
from livemon.store.tables.copies import CopyRow
from livemon.stream.files.archive import assemble
from livemon.stream.playlist import parse_playlist
from livemon.web.api.copied_media import byte_range
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.parts.day_data import read_page
from livemon.web.pages.parts.event_detail import footage_html, read_event
from livemon.web.pages.parts.window_view import draw_window
from tests.archive.copies.houses import CAM, MORNING, OTHER, House, files_of
from tests.archive.copies.servers import SECRET, SERVERS, USER, CopyServer
from tests.archive.copies.test_buckets import EACH
from tests.archive.copies.test_faults import secret
from tests.conftest import FAST
from tests.recording import record
from tests.waiting import PATIENCE_S, wait_until
from tests.web.api.test_api import Client, Reply

START = MORNING + timedelta(seconds=580)
SPAN = "start=2026-11-23T08:09:40Z&end=2026-11-23T08:10:20Z"
ARCHIVE = f"/archives/{CAM}/segment_20261123_080000.mp4"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(tmp_path_factory.mktemp("recorded"), START, 40)


@pytest.fixture(scope="module", params=EACH)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CopyServer]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as running:  # type: ignore[attr-defined]
        yield running


def fill(house: House, recorded: list[Segment]) -> House:
    """A danger, an archive of the window before it, and live segments of its own; all of it copied."""
    house.settings = house.settings.model_copy(update={"port": 0, "detector": "none"})
    hls = house.settings.camera_dir(CAM) / "hls"
    hls.mkdir(parents=True)
    for segment in recorded[10:]:
        (hls / segment.path.name).write_bytes(segment.path.read_bytes())
    made = assemble(CAM, Window(MORNING), recorded[:10], house.settings.camera_dir(CAM) / "archive")
    archives.replace_archives(house.database, made, house.data_dir)
    house.clock.advance(timedelta(minutes=6).total_seconds())
    house.event(607)
    house.work()
    return house


def lose(house: House, *, rows: bool) -> None:
    """Retention deletes rows and files; a lost disk only files."""
    if rows:
        archives.delete_rows(house.database, [row.id for row in archives.records(house.database)])
    for name in ("hls", "archive", "clips", "thumbnails"):
        shutil.rmtree(house.settings.camera_dir(CAM) / name, ignore_errors=True)
    shutil.rmtree(house.data_dir / "cache", ignore_errors=True)


@pytest.fixture
def house(server: CopyServer, tmp_path: Path, recorded: list[Segment]) -> Iterator[House]:
    made = House(tmp_path / "home", f"{server.url}/{secrets.token_hex(4)}", **server.options)
    made.settings = made.settings.model_copy(update={"copies_user": USER, "copies_secret": secret(SECRET)})
    made.restart()
    yield fill(made, recorded)
    made.close()


@pytest.fixture
def near(tmp_path: Path, recorded: list[Segment]) -> Iterator[House]:
    """The same, with a folder for a bucket."""
    made = fill(House(tmp_path / "home", str(tmp_path / "bucket")), recorded)
    yield made
    made.close()


def test_what_retention_has_left_to_the_bucket_is_answered_byte_by_byte_as_before(house: House) -> None:
    answered_as_before(house, rows=True)


def test_what_a_lost_disk_has_left_to_the_bucket_is_answered_byte_by_byte_as_before(near: House) -> None:
    answered_as_before(near, rows=False)


def answered_as_before(house: House, *, rows: bool) -> None:
    """Ask for archive, playlist, segments, clip and pictures, lose them, and ask again."""
    with Monitor(house.settings, profile=FAST) as monitor:
        api = Client(monitor.serve().url)
        playlist = api(f"/playback/{CAM}.m3u8?{SPAN}").body.decode()
        names = [entry.uri for entry in parse_playlist(playlist).entries]
        event_id = int(monitor.events(CAM)["id"].iloc[0])
        asked = [ARCHIVE, *(f"/playback/{name}" for name in names), f"/events/{CAM}/{event_id}/clip.mp4"]
        asked += [f"/frames/{CAM}.jpg?at=2026-11-23T08:09:45Z", f"/thumbnails/{CAM}/20261123/camera_1_607.jpg"]
        before = {path: api(path) for path in asked}
        lose(house, rows=rows)
        whole = before[ARCHIVE].body
        for given, part in (("bytes=1000-1999", whole[1000:2000]), ("bytes=-10", whole[-10:]), ("bytes=5-", whole[5:])):
            reply = api(ARCHIVE, Range=given)
            assert (reply.status, reply.body) == (206, part), given
        assert api(ARCHIVE, Range="bytes=4-7").headers["Content-Range"] == f"bytes 4-7/{len(whole)}"
        head = api(ARCHIVE, "HEAD")
        assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(whole)))
        past = api(ARCHIVE, Range=f"bytes={len(whole)}-")
        assert (past.status, past.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
        assert not (house.settings.camera_dir(CAM) / "fetched").exists(), "a file by itself is passed through"
        assert api(f"/playback/{CAM}.m3u8?{SPAN}").body.decode().replace("#EXT-X-DISCONTINUITY\n", "") == (
            playlist.replace("#EXT-X-DISCONTINUITY\n", "")
        )
        for path, reply in before.items():
            again = api(path)
            assert (again.status, again.headers["Content-Type"]) == (200, reply.headers["Content-Type"]), path
            assert again.body == reply.body, path
        assert api("/archives/camera-1/segment_20261123_070000.mp4").status == 404


def test_pages_show_what_only_the_bucket_has_and_say_so(near: House) -> None:
    def pages(monitor: Monitor) -> tuple[str, str, list[dict[str, object]]]:
        visited = of_session(monitor, "")
        event = read_event(visited, int(monitor.events(CAM)["id"].iloc[0]))
        assert event is not None
        window = draw_window(read_page(visited, CAM, MORNING.date(), iso(MORNING)).window)
        return footage_html(event), window.facts, window.video["parts"]

    with Monitor(near.settings, profile=FAST) as monitor:
        event, facts, parts = pages(monitor)
        assert "<video" in event and "Only the bucket" not in event + facts and parts[0]["poster"]
        lose(near, rows=True)
        event, facts, (part,) = pages(monitor)
        assert "<video" in event and "Only the bucket" in event and "Only the bucket" in facts
        assert str(part["src"]).endswith(ARCHIVE) and part["poster"] == ""
        assert not (near.settings.camera_dir(CAM) / "fetched").exists(), "looking at a page fetches nothing"


def test_without_the_role_nothing_of_the_bucket_is_answered(near: House) -> None:
    lose(near, rows=True)
    closed = near.settings.model_copy(update={"access": AccessSettings(login=Login.PASSWORD)})
    with Monitor(closed, profile=FAST) as monitor:
        hashed = monitor.authenticator.hashed("four words nobody guesses")
        assert users.add_user(monitor.database, "root", hashed, Role.ADMIN, None, monitor.clock.now())
        api = Client(monitor.serve().url)
        tokens = {
            one: monitor.authenticator.new_token(one, Role.VIEWER, frozenset({one}), None)[1] for one in (CAM, OTHER)
        }
        for path in (ARCHIVE, f"/playback/{CAM}.m3u8?{SPAN}", f"/clips/{CAM}.mp4?{SPAN}"):
            assert api(path).status == 401
            assert api(path, Authorization=f"Bearer {tokens[OTHER]}").status in (403, 404)
            assert api(path, Authorization=f"Bearer {tokens[CAM]}").status == 200


def test_a_server_that_is_gone_is_a_sentence_with_503_and_back_again_it_plays(
    server: CopyServer, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_reader, "REST_S", 0.0)
    lose(house, rows=True)
    with Monitor(house.settings, profile=FAST) as monitor:
        api = Client(monitor.serve().url)
        server.kill()
        for path in (ARCHIVE, f"/playback/{CAM}.m3u8?{SPAN}", f"/frames/{CAM}.jpg?at=2026-11-23T08:10:05Z"):
            refused = api(path)
            assert (refused.status, refused.json["code"]) == (503, "copies.unreachable"), path
            assert SECRET not in refused.body.decode()
        server.start()
        wait_until(lambda: api(ARCHIVE).status == 200, "it plays again")


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_server_that_never_answers_is_refused_in_time_and_delays_nothing_else(
    near: House, silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("READ_LIMIT_S", "FETCH_LIMIT_S"):
        monkeypatch.setattr(copy_reader, name, 1.0)
    url = {"url": "s3://livemon/home", "endpoint": f"http://127.0.0.1:{silent.getsockname()[1]}"}
    there = near.settings.copies.model_copy(update=url)
    with near.database.writing() as session:
        session.execute(sa.update(CopyRow).values(bucket="s3://livemon/home"))
    lose(near, rows=True)
    own = near.settings.model_copy(update={"copies": there, "copies_user": USER, "copies_secret": secret(SECRET)})
    with Monitor(own, profile=FAST) as monitor:
        api = Client(monitor.serve().url)
        replies: dict[str, Reply] = {}
        # More than there are threads that read and that decode.
        paths = [ARCHIVE, *(f"/frames/{CAM}.jpg?at=2026-11-23T08:10:{n:02}Z" for n in range(6))]
        asking = [threading.Thread(target=lambda p=path: replies.update({p: api(p)})) for path in paths]
        for thread in asking:
            thread.start()
        assert api("/cameras").status == 200 and api(f"/events/{CAM}").status == 200
        for thread in asking:
            thread.join(PATIENCE_S)
        said = {reply.json["code"] for reply in replies.values()}
        assert {reply.status for reply in replies.values()} == {503} and len(replies) == len(paths)
        assert said == {"copies.too_slow", "copies.being_fetched"}


def reader_of(house: House) -> CopyReader:
    keys = KeyStore(house.data_dir).keys()
    return CopyReader(house.settings, house.database, house.clock, lambda: open_vault(house.settings, keys))


def archive_copy(house: House) -> CopyRecord:
    found = copies.copy_of(house.database, house.worker.bucket, f"cameras/{CAM}/archive/segment_20261123_080000.mp4")
    assert found is not None
    return found


def fetched(house: House) -> list[str]:
    return [name for name in files_of(house.settings.camera_dir(CAM)) if name.startswith("fetched/")]


def test_footage_of_a_camera_that_is_erased_meanwhile_is_not_put_in_place(
    near: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, reader = archive_copy(near), reader_of(near)
    read = FolderBucket.read

    def erased_meanwhile(self: FolderBucket, name: str, start: int = 0, end: int | None = None) -> bytes:
        block = read(self, name, start, end)
        copies.mark_camera(near.database, CAM, near.clock.now())
        return block

    monkeypatch.setattr(FolderBucket, "read", erased_meanwhile)
    with pytest.raises(CopyError):
        asyncio.run(reader.fetch([copy]))
    assert fetched(near) == [] and not list((near.data_dir / "copies" / "outgoing").iterdir())
    reader.close()


def test_a_damaged_copy_is_never_put_in_place(near: House, tmp_path: Path) -> None:
    copy, reader = archive_copy(near), reader_of(near)
    sealed = tmp_path / "bucket" / copy.name
    content = sealed.read_bytes()
    sealed.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    with pytest.raises(CopyError) as damaged:
        asyncio.run(reader.fetch([copy]))
    assert damaged.value.said.code == "copies.damaged" and fetched(near) == []
    reader.close()


def test_two_requests_for_one_file_fetch_it_once_and_one_that_gives_up_leaves_it_to_the_next(
    near: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, reader = archive_copy(near), reader_of(near)
    go_on, started, reads = threading.Event(), threading.Event(), []
    read = FolderBucket.read

    def held(self: FolderBucket, name: str, start: int = 0, end: int | None = None) -> bytes:
        reads.append((start, end))
        started.set()
        assert go_on.wait(PATIENCE_S)
        return read(self, name, start, end)

    monkeypatch.setattr(FolderBucket, "read", held)
    monkeypatch.setattr(copy_reader, "FETCH_LIMIT_S", 0.05)

    async def twice() -> list[object]:
        return await asyncio.gather(reader.fetch([copy]), reader.fetch([copy]), return_exceptions=True)

    refusals = asyncio.run(twice())
    assert [one.said.code for one in refusals if isinstance(one, BucketError)] == ["copies.being_fetched"] * 2
    go_on.set()
    monkeypatch.setattr(copy_reader, "FETCH_LIMIT_S", PATIENCE_S)
    asyncio.run(reader.fetch([copy]))
    assert len(reads) == len(set(reads)) and len(fetched(near)) == 1
    reader.close()


def test_a_bucket_that_refused_is_left_alone_for_a_while(near: House, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, reader = archive_copy(near), reader_of(near)
    tries = []

    def refuse(self: FolderBucket, name: str, start: int = 0, end: int | None = None) -> bytes:
        tries.append(name)
        raise BucketError("copies.unreachable", bucket=self.label, reason="test")

    monkeypatch.setattr(FolderBucket, "read", refuse)
    for _ in range(5):
        with pytest.raises(BucketError):
            asyncio.run(reader.read(copy, 0, 10))
    assert len(tries) == 1
    near.clock.advance(copy_reader.REST_S)
    monkeypatch.undo()
    assert len(asyncio.run(reader.read(copy, 0, 10))) == 10
    reader.close()


def test_readers_beyond_the_bound_are_refused(near: House, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, reader = archive_copy(near), reader_of(near)
    monkeypatch.setattr(copy_reader, "MOST_WAITING", 3)

    async def many() -> list[object]:
        return await asyncio.gather(*(reader.read(copy, 0, 10) for _ in range(5)), return_exceptions=True)

    answers = asyncio.run(many())
    assert sum(isinstance(one, TooManyRequests) for one in answers) == 2
    assert sum(isinstance(one, bytes) for one in answers) == 3
    reader.close()


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-", (90, 100)),
        ("bytes=-5", (95, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=50-500", (50, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-3", (0, 100)),
        ("bytes=0-1,5-6", (0, 100)),
        ("bytes=-", (0, 100)),
        ("lines=1-2", (0, 100)),
        ("bytes=0-" + "9" * 30, (0, 100)),
    ],
)
def test_a_range_is_read_as_http_says(header: str, wanted: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == wanted


def test_clips_of_events_are_preferred_to_a_whole_archive(near: House) -> None:
    lose(near, rows=True)
    footage = Footage(CAM, near.settings, near.database, near.clock)
    danger = MORNING + timedelta(seconds=607)
    assert {copy.kind for copy in footage.only_in_bucket(danger, danger + timedelta(seconds=5))} == {"clip"}
    assert {copy.kind for copy in footage.only_in_bucket(danger, danger)} == {"clip"}, "of a moment, too"
    before = footage.only_in_bucket(START, START + timedelta(seconds=5))
    assert {copy.kind for copy in before} == {"archive"}
    assert footage.only_in_bucket(MORNING - timedelta(hours=1), MORNING) == []


def test_what_was_fetched_goes_a_day_later_and_with_its_camera(near: House) -> None:
    reader = reader_of(near)
    asyncio.run(reader.fetch([archive_copy(near)]))
    reader.close()
    file = near.settings.camera_dir(CAM) / fetched(near)[0]
    used = near.clock.now().timestamp()
    os.utime(file, (used, used))
    cleanup = RetentionCleanup(near.settings, near.database, near.clock)
    cleanup.tick()
    assert fetched(near)
    near.clock.advance(timedelta(days=1).total_seconds())
    cleanup.tick()
    assert fetched(near) == []


def test_a_report_that_only_the_bucket_has_keeps_its_type_and_policy(near: House) -> None:
    name = "2026-11-22.UTC.en.html"
    page = near.settings.camera_dir(CAM) / "reports" / name
    page.parent.mkdir(parents=True)
    page.write_text("<h1>footage of a day</h1>")
    near.work()
    with Monitor(near.settings, profile=FAST) as monitor:
        api = Client(monitor.serve().url)
        before = api(f"/daily-reports/{CAM}/files/{name}")
        page.unlink()
        again = api(f"/daily-reports/{CAM}/files/{name}")
    assert (again.status, again.body) == (200, before.body)
    for header in ("Content-Type", "Content-Security-Policy", "Cache-Control"):
        assert again.headers[header] == before.headers[header], header
