"""What can be changed has an ETag, and a change of another version than the one that was read is refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import users, writes
from livemon.web.api.app import ROUTES
from livemon.web.api.operation import operation_of
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM
from tests.web.api.test_api import Reply
from tests.web.api.test_cameras import Caller


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        made.camera_registry.add("hall", source="test-pattern")
        writes.add_event(made.database, CAM, seen(0), MORNING, model="local")
        users.add_user(made.database, "anna", "", Role.ADMIN, None, MORNING)
        users.add_user(made.database, "ben", "", Role.VIEWER, None, MORNING)
        yield made


@pytest.fixture
def patch(monitor: Monitor) -> Callable[..., Reply]:
    url = monitor.serve().url

    def send(path: str, body: Any, **headers: str) -> Reply:
        made = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(
            f"{url}/api/live-monitoring{path}", json.dumps(body).encode(), made, method="PATCH"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())

    return send


CHANGES = {
    "/cameras/{camera_id}": ("/cameras/hall", {"name": "Hall"}, {"name": "Other"}),
    "/events/{camera_id}/{event_id}": (f"/events/{CAM}/1", {"label": "right"}, {"label": "wrong"}),
    "/users/{user_name}": ("/users/ben", {"role": "operator"}, {"role": "admin"}),
}


def test_every_change_is_tried_here() -> None:
    assert set(CHANGES) == {template for template, handler in ROUTES if operation_of(handler, "PATCH")}


@pytest.mark.parametrize("path,first,second", CHANGES.values(), ids=list(CHANGES))
def test_a_change_of_what_was_changed_meanwhile_is_refused(
    monitor: Monitor, patch: Callable[..., Reply], path: str, first: Any, second: Any
) -> None:
    api = Caller(monitor.serve().url)
    read = api(path).headers["Etag"]
    assert api(path).headers["Etag"] == read
    assert api(path, **{"If-None-Match": read}).status == 304
    changed = patch(path, first, **{"If-Match": read})
    assert changed.status == 200 and changed.headers["Etag"] == api(path).headers["Etag"] != read
    late = patch(path, second, **{"If-Match": read})
    assert (late.status, late.json["title"]) == (412, "Precondition failed")
    assert "changed since you read it" in late.json["detail"]
    assert api(path).json == changed.json, "nothing was changed"
    weak = f'"another", W/{changed.headers["Etag"]}'
    assert patch(path, second, **{"If-Match": weak}).status == 200
    assert patch(path, first, **{"If-Match": "*"}).status == 200
    assert patch(path, second).status == 200, "without If-Match it goes on as ever"
    assert patch(path, first, **{"If-Match": "nonsense"}).status == 412
