"""What holds for every route: HEAD answers wherever GET does, and an argument that is not known is refused."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from livemon.base.clock import FakeClock
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.api.app import ROUTES
from livemon.web.api.guard import API_ROOT
from livemon.web.api.openapi import METHODS
from livemon.web.api.operation import operation_of
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, analysis, archive, at, report
from tests.web.api.test_access import address
from tests.web.api.test_api import Client

READ = [template for template, handler in ROUTES if operation_of(handler, "GET") is not None]
DECLARED = [
    (method, template)
    for template, handler in ROUTES
    for method in METHODS
    if operation_of(handler, method) is not None
]
QUERIES = {
    "/playback/{camera_id}.m3u8": "?start=2026-11-22T14:00:00Z",
    "/frames/{camera_id}.jpg": "?at=2026-11-22T14:00:00Z",
    "/clips/{camera_id}.mp4": "?start=2026-11-22T14:00:00Z&end=2026-11-22T14:00:10Z",
    "/sheets/{camera_id}.jpg": "?start=2026-11-22T14:00:00Z&end=2026-11-22T14:00:10Z",
    "/lab/{clip_id}.m3u8": "?start=2026-11-22T14:00:00Z&end=2026-11-22T14:00:10Z",
    "/daily-report/{camera_id}": "?date=2026-11-22",
}
OF_EACH_ANSWER = ("Date", "X-Request-Id")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, video: Path) -> Iterator[Monitor]:
    folder = tmp_path_factory.mktemp("methods")
    (folder / "videos").mkdir()
    settings = Settings(
        data_dir=folder / "data", port=0, timezone="UTC", cameras={CAM: {"source": str(folder / "videos")}}
    )
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as monitor:
        writes.add_event(monitor.database, CAM, seen(-60 * 60 * 18), MORNING, model="local", thumbnail="20261122/a.jpg")
        picture = monitor.camera(CAM).thumbnails_folder / "20261122" / "a.jpg"
        picture.parent.mkdir(parents=True)
        picture.write_bytes(b"x" * 100)
        archive(monitor, at(14), video)
        analysis(monitor, at(14))
        report(monitor)
        yield monitor


def asked(monitor: Monitor, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(monitor.serve().url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request(method, API_ROOT + path)
    reply = connection.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read()


@pytest.mark.parametrize("template", [one for one in READ if not one.startswith("/push")])
def test_head_answers_as_get_does_without_the_body(house: Monitor, template: str) -> None:
    path = address(template) + QUERIES.get(template, "")
    status, headers, body = asked(house, "GET", path)
    again, same, nothing = asked(house, "HEAD", path)
    assert (again, nothing) == (status, b"")
    for one in OF_EACH_ANSWER:
        headers.pop(one, None), same.pop(one, None)
    changing = template in ("/metrics", "/reset/{camera_id}")  # each answer of them is another
    if changing:
        for one in ("Etag", "Content-Length"):
            assert (one in same) == (one in headers)
            headers.pop(one, None), same.pop(one, None)
    assert same == headers
    assert changing or int(same["Content-Length"]) == len(body)


def test_head_of_what_is_told_without_end_has_an_end(house: Monitor) -> None:
    status, headers, body = asked(house, "HEAD", "/push/events")
    assert (status, headers["Content-Type"], body) == (200, "text/event-stream", b"")
    assert asked(house, "HEAD", "/push")[0] == asked(house, "GET", "/push")[0] == 400
    assert house.change_feed.subscribers == 0


@pytest.mark.parametrize(("method", "template"), DECLARED)
def test_an_argument_that_nobody_knows_is_refused_on_every_route(house: Monitor, method: str, template: str) -> None:
    if "index.m3u8" in template:
        return  # players may send directives of later editions (RFC 8216bis 6.2.5)
    reply = Client(house.serve().url)(f"{address(template)}?colour=red", method)
    assert reply.status == 400, reply.body
    assert "There is no argument 'colour'." in reply.json["detail"]


def test_a_clip_has_its_length_before_it_is_fetched(house: Monitor) -> None:
    start = at(14)
    query = f"?start={start:%Y-%m-%dT%H:%M:%SZ}&end={start + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"
    status, headers, _ = asked(house, "HEAD", f"/clips/{CAM}.mp4{query}")
    assert (status, headers["Accept-Ranges"]) == (200, "bytes")
    assert int(headers["Content-Length"]) == len(asked(house, "GET", f"/clips/{CAM}.mp4{query}")[2])
