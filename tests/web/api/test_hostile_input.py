"""What somebody may send that nobody should: each is refused with a sentence, and nothing of it stays."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from livemon.base.clock import FakeClock
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.api.app import ROUTES
from livemon.web.api.guard import API_ROOT
from livemon.web.api.operation import operation_of
from livemon.web.api.request_body import MAX_JSON_BYTES
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM
from tests.web.api.test_access import address
from tests.web.api.test_cameras import Caller

CHANGING = ("POST", "PATCH", "PUT", "DELETE")


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


@pytest.fixture
def api(monitor: Monitor) -> Caller:
    return Caller(monitor.serve().url)


def camera(**values: Any) -> dict[str, Any]:
    return {"id": "hall", "source": "test-pattern", "start": False, **values}


ZONE = {"name": "Stairs", "box": [0, 0, 500, 500]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (camera(name="x" * 500_000), "'name'"),
        (camera(name="a\x00b"), "'name' must be plain text"),
        (camera(name="a\nb"), "a line break"),
        (camera(name="\ud800"), "'name' must not contain half a character"),
        (camera(place="\x1b[2J"), "'place' must be plain text"),
        (camera(source="rtsp://host/" + "x" * 2000), "'source'"),
        (camera(source="  "), "'source' must not be empty"),
        (camera(look_prompt="no_such_prompt"), "There is no prompt 'no_such_prompt'"),
        (camera(study_prompt="look_en"), "is for a look, not for a study"),
        (camera(zones=[{**ZONE, "name": "\u202ex"}]), "'zones.0.name' must be plain text"),
        (camera(zones=[{**ZONE, "name": "   "}]), "'zones.0.name' must not be empty"),
        (camera(zones=[{**ZONE, "note": "a\x07"}]), "'zones.0.note' must be plain text"),
        (camera(zones=[ZONE] * 51), "'zones'"),
        (camera(**{"\ud800": 1}), "'field' must not contain half a character"),
        (camera(hours="x" * 1000), "'hours'"),
    ],
)
def test_a_camera_of_odd_texts_is_refused_in_a_sentence(api: Caller, body: Any, said: str) -> None:
    reply = api.send("/cameras", "POST", body)
    assert reply.status == 400 and said in reply.json["detail"], reply.body[:300]
    assert len(reply.body) < 2000
    assert [one["camera_id"] for one in api("/cameras").json["cameras"]] == [CAM]


def test_a_change_to_odd_texts_is_refused_and_changes_nothing(api: Caller) -> None:
    assert api.send("/cameras", "POST", camera(name="  Hall ")).json["name"] == "Hall"
    for values in ({"name": "a\x00"}, {"look_prompt": "nowhere"}, {"name": "\ud800"}):
        assert api.send("/cameras/hall", "PATCH", values).status == 400
    told = api("/cameras/hall").json
    assert (told["name"], told["settings"]["look_prompt"]) == ("Hall", "")


@pytest.mark.parametrize("note", ["a\x00b", "\ud800", "x" * 2001])
def test_a_note_of_odd_text_is_refused(api: Caller, monitor: Monitor, note: str) -> None:
    event = writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
    reply = api.send(f"/events/{CAM}/{event}", "PATCH", {"note": note})
    assert reply.status == 400 and reply.json["detail"]
    assert api.send(f"/events/{CAM}/{event}", "PATCH", {"note": "one\r\ntwo"}).json["note"] == "one\ntwo"


def test_an_argument_that_is_no_text_is_a_sentence(api: Caller) -> None:
    for query in ("timezone=%ff", "timezone=%ED%A0%80", "timezone=a%00b", "timezone=../../etc/passwd"):
        reply = api(f"/day/{CAM}?{query}")
        assert reply.status == 400 and reply.json["detail"], query


def sent_by(api: Caller, method: str, path: str, body: Iterator[bytes] | bytes, chunked: bool) -> tuple[int, Any]:
    parts = urlsplit(api.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"Content-Type": "application/json"}
    connection.request(method, API_ROOT + path, body, headers, encode_chunked=chunked)
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read() or b"null")


BODIES = [
    (method, template)
    for template, handler in ROUTES
    for method in CHANGING
    if operation_of(handler, method) is not None and template != "/upload-video"
]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("method", "template"), BODIES)
def test_a_body_that_is_too_long_is_answered(api: Caller, method: str, template: str, chunked: bool) -> None:
    piece = b"x" * 100_000
    pieces = MAX_JSON_BYTES // len(piece) + 20
    body = iter([piece] * pieces) if chunked else piece * pieces
    needed = {"/reset": "?confirm=x", "/answers": "?said=seen", "/household-reports": "?event=1&said=right"}
    query = next((one for path, one in needed.items() if template.startswith(path)), "")
    query = query or ("?date=2026-11-22" if "report" in template else "")
    status, problem = sent_by(api, method, address(template) + query, body, chunked)
    assert (status, problem["title"]) == (413, "Request Entity Too Large"), problem
    assert "longer than 1000000 bytes" in problem["detail"]
    assert api("/healthz").status == 200


def test_a_long_body_to_no_route_and_of_a_read_is_answered(api: Caller) -> None:
    for method, path, expected in [("POST", "/nowhere", 404), ("GET", "/cameras", 413), ("PUT", "/cameras", 405)]:
        assert sent_by(api, method, path, b"x" * 3_000_000, False)[0] == expected


def test_a_body_of_just_the_longest_length_is_read(api: Caller) -> None:
    body = json.dumps(camera()).encode()
    request = urllib.request.Request(
        f"{api.url}{API_ROOT}/cameras",
        body + b" " * (MAX_JSON_BYTES - len(body)),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201
