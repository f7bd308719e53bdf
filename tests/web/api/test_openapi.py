"""The OpenAPI document, and the API held against it by schemathesis: no 5xx, and every answer of the declared form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from livemon.base.clock import FakeClock
from livemon.base.settings.access import AccessSettings
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.api import media
from livemon.web.api.app import PARTS, ROUTES, openapi_text
from livemon.web.api.openapi import METHODS, document
from livemon.web.api.operation import operation_of
from tests.conftest import FAST, MORNING, make_video, seen
from tests.days import CAM, analysis, archive, at, incident, report
from tests.waiting import PATIENCE_S
from tests.web.api.test_api import Client

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]

WITHOUT_END = ("GET /push", "GET /push/events")
KNOWN = {"camera_id": CAM, "event_id": "2", "window": "2026-11-22T14:00:00Z", "report_file": "2026-11-22.en.html"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """A monitor with a day in its database."""
    folder = tmp_path_factory.mktemp("house")
    make_video(folder / "videos" / "a.mp4")
    made = Settings(
        data_dir=folder / "data",
        port=0,
        timezone="UTC",
        access=AccessSettings(requests_per_minute=10_000_000),
        cameras={CAM: {"source": str(folder / "videos"), "name": "Playroom"}},
    )
    with Monitor(made, clock=FakeClock(MORNING), profile=FAST) as monitor, pytest.MonkeyPatch.context() as patch:
        patch.setattr(media, "FIRST_SEGMENT_WAIT_S", 0.1)  # no player waits here
        for minute in range(3):
            writes.add_event(monitor.database, CAM, seen(60 * minute), MORNING, model="local")
        archive(monitor, at(14), folder / "videos" / "a.mp4")
        analysis(monitor, at(14), incidents=[incident(at(14, 2))], score=88.0)
        analysis(monitor, at(14, 10), "failed", error="The model does not answer.", attempts=3)
        report(monitor)
        yield monitor


SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi_text()))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.mark.parametrize("examples", [8, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.label for one in OPERATIONS])
def test_whatever_is_asked_the_answer_is_as_declared(operation: Any, examples: int, house: Monitor) -> None:
    if operation.label in WITHOUT_END:
        pytest.skip("it answers for ever; tests of its own ask it")
    url = f"{house.serve().url}/api/live-monitoring"

    # Known cameras and numbers half of the time, so that more than refusals is seen.
    @given(case=operation.as_strategy(), known=st.booleans())
    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def hold(case: schemathesis.Case, known: bool) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **KNOWN}
        case.call_and_validate(base_url=url, checks=CHECKS, timeout=PATIENCE_S)

    hold()


def test_every_method_of_every_route_is_in_the_document() -> None:
    made = document(ROUTES, PARTS)
    for template, handler in ROUTES:
        for method in METHODS:
            declared = operation_of(handler, method) is not None
            assert (method.lower() in made["paths"].get(template, {})) == declared, (method, template)


def test_the_document_says_what_a_caller_needs(house: Monitor) -> None:
    api = Client(house.serve().url)
    reply = api("/openapi.json")
    made = reply.json
    assert reply.headers["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert made["openapi"].startswith("3.1")
    events = made["paths"]["/events/{camera_id}"]["get"]
    named = {one["name"]: one for one in events["parameters"]}
    assert set(named) == {"camera_id", "since", "until", "severity", "type", "text", "seen", "zone", "limit", "cursor"}
    assert named["severity"]["schema"]["enum"] == ["safe", "info", "warning", "danger"]
    assert "role viewer" in events["description"]
    assert made["paths"]["/daily-report/{camera_id}"]["get"]["parameters"][1]["required"] is True


def test_the_page_of_the_document_needs_nothing_from_elsewhere(house: Monitor) -> None:
    api = Client(house.serve().url)
    page = api("/docs")
    assert b"http" not in page.body
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    for name in ("docs/docs.bundle.js", "docs/docs.bundle.css"):
        assert api(f"/{name}").status == 200
