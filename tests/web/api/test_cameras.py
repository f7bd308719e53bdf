"""Cameras over HTTP: added, changed, removed and erased while livemon runs."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.roles import Role
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.store.cameras import sealed_cameras
from livemon.store.detections import add_detections
from livemon.store.erase import count_rows
from livemon.stream.live import outage
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, analysis, archive, at, incident, report
from tests.detect.bodies import START, found, standing
from tests.network_cameras import free_port
from tests.spent import spend
from tests.waiting import PATIENCE_S, wait_until
from tests.web.api.houses import House, with_a_login
from tests.web.api.test_api import Client, Reply

SECRET = "rtsp://viewer:s3cret-pass@192.168.1.20/stream1"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


class Caller(Client):
    def send(self, path: str, method: str, body: Any, **headers: str) -> Reply:
        self.body = body
        request = urllib.request.Request(
            f"{self.url}/api/live-monitoring{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())


@pytest.fixture
def api(monitor: Monitor) -> Caller:
    return Caller(monitor.serve().url)


def test_a_camera_is_added_shown_changed_and_taken_away(api: Caller, monitor: Monitor) -> None:
    added = api.send("/cameras", "POST", {"id": "hall", "source": SECRET, "name": "Hall", "start": False})
    assert added.status == 201
    assert added.headers["Location"].endswith("/cameras/hall")
    assert added.json["name"] == "Hall" and added.json["added"]
    assert [one["camera_id"] for one in api("/cameras").json["cameras"]] == [CAM, "hall"]
    assert api("/events/hall").json == {"events": [], "notes": [], "next_cursor": None}
    changed = api.send("/cameras/hall", "PATCH", {"name": "The hall", "language": "ko"})
    assert changed.json["name"] == "The hall" and changed.json["settings"]["language"] == "ko"
    assert api("/cameras/hall", "DELETE").status == 204
    assert api("/cameras/hall").status == 404


def test_a_camera_of_the_file_is_changed_shown_as_such_and_put_back(api: Caller, monitor: Monitor) -> None:
    before = api(f"/cameras/{CAM}").json
    assert not before["added"] and before["changed"] == []
    changed = api.send(f"/cameras/{CAM}", "PATCH", {"name": "Den", "place": "upstairs"}).json
    assert changed["changed"] == ["name", "place"] and changed["name"] == "Den"
    refused = api(f"/cameras/{CAM}", "DELETE")
    assert refused.status == 403 and "livemon.toml" in refused.json["hint"]
    assert api(f"/cameras/{CAM}/changes", "DELETE").json == before
    assert api("/cameras/hall/changes", "DELETE").status == 404


def test_an_added_camera_is_there_after_a_restart_and_its_password_is_nowhere(
    api: Caller, monitor: Monitor, settings: Settings
) -> None:
    reply = api.send("/cameras", "POST", {"id": "hall", "source": SECRET, "start": False})
    told = reply.body + api("/cameras").body + api("/cameras/hall").body + api("/audit-log").body
    monitor.close()
    with Monitor(settings.model_copy(), profile=FAST) as again:
        assert again.settings.cameras["hall"].source == SECRET
        assert "hall" in again.cameras
    kept = b"".join(path.read_bytes() for path in settings.data_dir.glob("livemon.db*"))
    assert b"s3cret-pass" not in told + kept
    assert sealed_cameras(monitor.database)["hall"].startswith("gAAAA")
    assert (settings.data_dir / "secret.key").stat().st_mode & 0o077 == 0


def test_a_camera_without_a_cap_has_none_after_a_restart_either(
    api: Caller, monitor: Monitor, settings: Settings
) -> None:
    body = {"id": "hall", "source": SECRET, "start": False, "usd_per_day": math.inf}
    assert api.send("/cameras", "POST", body).json["settings"]["usd_per_day"] == "Infinity"
    again = api.send("/cameras/hall", "PATCH", {"usd_per_day": "Infinity"})
    assert again.status == 200, again.json
    monitor.close()
    with Monitor(settings.model_copy(), profile=FAST) as later:
        assert later.settings.camera_cap_usd("hall") is None


def test_ids_that_differ_only_by_case_do_not_share_a_folder(api: Caller, monitor: Monitor, settings: Settings) -> None:
    body = {"source": SECRET, "start": False}
    refused = api.send("/cameras", "POST", {"id": CAM.upper(), **body})
    assert refused.status == 400 and "differ only by case" in refused.json["detail"]
    assert api.send("/cameras", "POST", {"id": "hall", **body}).status == 201
    assert api.send("/cameras", "POST", {"id": "Hall", **body}).status == 400
    # What was recorded of a camera that was taken away is still there.
    (settings.data_dir / "cameras" / "Gone").mkdir(parents=True)
    assert api.send("/cameras", "POST", {"id": "gone", **body}).status == 400
    assert api.send("/cameras", "POST", {"id": "Gone", **body}).status == 201
    monitor.close()
    named = {"HALL": CameraSettings(source="test-pattern")}
    # One camera does not keep the others from starting: the one that was added is set aside, and named.
    with Monitor(settings.model_copy(update={"cameras": named}), profile=FAST) as again:
        assert set(again.cameras) == {"HALL", "Gone"}
        problems = Caller(again.serve().url)("/cameras").json["problems"]
    assert any("'HALL' and 'hall' differ only by case" in said for said in map(str, problems))


def test_of_a_camera_s_address_only_scheme_and_host_come_out(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "GRACE_S", 0.0)
    hidden = "user=Zq7a_password=Zq7b_channel=1?loginpas=Zq7c&psw=Zq7d&subtype=0#Zq7e"
    port = free_port()
    source = f"http://Zq7f:Zq7g@127.0.0.1:{port}/{hidden}"
    away = settings.model_copy(update={"cameras": {"hall": CameraSettings(source=source)}})
    with Monitor(away, profile=FAST) as monitor:
        api = Caller(monitor.serve().url)
        monitor.start("hall")
        wait_until(lambda: "refuses" in monitor.status("hall").reason and len(monitor.events("hall")) > 0)
        shared = [api(path).body for path in ("/cameras", "/stream-status/hall", "/events/hall", "/audit-log")]
        operators = api("/cameras/hall")
    kept = [path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file()]
    assert b"Zq7" not in b"".join([*shared, operators.body, *kept, caplog.text.encode()])
    assert operators.json["source"] == f"http://127.0.0.1:{port}/…?subtype=0&…#…"
    # What viewers read names no port and no query.
    assert b"http://127.0.0.1 refuses connections" in shared[1]
    assert str(port).encode() not in b"".join(shared)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"id": "../x", "source": "test-pattern"}, 400, "'id'"),
        ({"id": CAM, "source": "test-pattern"}, 400, "There is already a camera"),
        ({"id": "x"}, 400, "'source' is missing"),
        ({"id": "x", "source": "test-pattern", "colour": "red"}, 400, "There is no field 'colour'"),
        ({"id": "x", "source": "test-pattern", "latency": "none"}, 400, "must be one of normal, low"),
        ({"id": "x", "source": "test-pattern", "nominal": "/etc/passwd"}, 400, "nominal"),
        ({"id": "x", "source": "test-pattern", "usd_per_day": math.nan}, 400, "'usd_per_day'"),
        ({"id": "x", "source": "test-pattern", "usd_per_day": -math.inf}, 400, "'usd_per_day'"),
        ([], 400, "must be an object"),
    ],
)
def test_what_cannot_be_a_camera_is_refused_in_a_sentence(api: Caller, body: Any, status: int, said: str) -> None:
    reply = api.send("/cameras", "POST", body)
    assert (reply.status, said in reply.json["detail"]) == (status, True), reply.json
    assert [one["camera_id"] for one in api("/cameras").json["cameras"]] == [CAM]


def test_a_body_that_is_no_json_is_refused(api: Caller) -> None:
    reply = api("/cameras", "POST", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert reply.status == 415


class TestReset:
    def fill(self, monitor: Monitor) -> None:
        writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local", thumbnail="20261123/a.jpg")
        picture = monitor.camera(CAM).thumbnails_folder / "20261123" / "a.jpg"
        picture.parent.mkdir(parents=True)
        picture.write_bytes(b"x" * 100)
        archive(monitor, at(14), next(iter(monitor.camera(CAM).source.files())))
        analysis(monitor, at(14), incidents=[incident(at(14, 2))])
        report(monitor)

    def test_everything_of_a_camera_goes_and_what_went_is_told(self, api: Caller, monitor: Monitor) -> None:
        self.fill(monitor)
        found = api(f"/reset/{CAM}").json
        assert found["rows"]["events"] == found["rows"]["archives"] == found["rows"]["reports"] == 1
        assert found["files"] == {"archive": 1, "reports": 4, "thumbnails": 1}
        erased = api(f"/reset/{CAM}?confirm={found['confirmation']}", "DELETE")
        assert erased.status == 200
        assert (erased.json["rows"], erased.json["files"]) == (found["rows"], found["files"])
        assert not any(count_rows(monitor.database, CAM).values())
        left = [path.name for path in monitor.settings.camera_dir(CAM).rglob("*")]
        assert sorted(left) == ["archive.lock", "camera.lock"]
        assert len(list(monitor.camera(CAM).source.files())) == 1, "the videos are the user's own"

    def test_nothing_goes_without_the_right_confirmation(self, api: Caller, monitor: Monitor) -> None:
        self.fill(monitor)
        clock = monitor.clock
        assert isinstance(clock, FakeClock)
        assert api(f"/reset/{CAM}", "DELETE").status == 400
        confirmation = api(f"/reset/{CAM}").json["confirmation"]
        for wrong in ("yes", confirmation[:-1], confirmation + "x"):
            assert api(f"/reset/{CAM}?confirm={wrong}", "DELETE").status == 400
        clock.advance(301)
        late = api(f"/reset/{CAM}?confirm={confirmation}", "DELETE")
        assert late.status == 400 and "Nothing was erased" in late.json["detail"]
        assert count_rows(monitor.database, CAM)["events"] == 1

    def test_a_confirmation_is_good_once_and_for_its_camera(self, api: Caller, monitor: Monitor) -> None:
        api.send("/cameras", "POST", {"id": "hall", "source": "test-pattern", "start": False})
        confirmation = api(f"/reset/{CAM}").json["confirmation"]
        assert api(f"/reset/hall?confirm={confirmation}", "DELETE").status == 400
        assert api(f"/reset/{CAM}?confirm={confirmation}", "DELETE").status == 200
        assert api(f"/reset/{CAM}?confirm={confirmation}", "DELETE").status == 400

    def test_a_running_camera_streams_again_afterwards(self, scripted_monitor: Monitor) -> None:
        monitor, api = scripted_monitor, Caller(scripted_monitor.serve().url)
        api(f"/start-hls-stream/{CAM}", "POST")
        assert api(f"/hls/{CAM}/index.m3u8").status == 200
        confirmation = api(f"/reset/{CAM}").json["confirmation"]
        assert api(f"/reset/{CAM}?confirm={confirmation}", "DELETE").status == 200
        assert monitor.camera(CAM).running
        assert api(f"/hls/{CAM}/index.m3u8").status == 200

    def test_what_calls_cost_stays_and_what_they_said_goes(self, monitor: Monitor, api: Caller) -> None:
        spend(monitor.database, MORNING, 0.25)
        before = monitor.stats(CAM)["cost_usd"]
        confirmation = api(f"/reset/{CAM}").json["confirmation"]
        api(f"/reset/{CAM}?confirm={confirmation}", "DELETE")
        assert monitor.stats(CAM)["cost_usd"] == before
        calls = monitor.costs.calls(CAM)
        assert all(monitor.costs.call(int(one))["raw_text"] == "" for one in calls["id"])  # type: ignore[index]


class TestEvents:
    def test_an_event_is_reviewed_labelled_and_noted(self, api: Caller, monitor: Monitor) -> None:
        event = writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
        path = f"/events/{CAM}/{event}"
        assert api(path).json["label"] is None
        said = api.send(path, "PATCH", {"label": "wrong", "note": "It was the cat."}).json
        assert (said["label"], said["note"], said["reviewed_utc"]) == (
            "wrong",
            "It was the cat.",
            "2026-11-23T08:00:00.000Z",
        )
        assert (said["first_reviewed_by"], said["first_reviewed_utc"]) == ("local", "2026-11-23T08:00:00.000Z")
        back = api.send(path, "PATCH", {"label": None, "reviewed": False}).json
        assert (back["label"], back["note"], back["reviewed_utc"]) == (None, "It was the cat.", None)

    @pytest.mark.parametrize("body", [{}, {"label": "perhaps"}, {"title": "x"}, {"note": "x" * 2001}])
    def test_what_nobody_can_say_of_an_event_is_refused(self, api: Caller, monitor: Monitor, body: Any) -> None:
        event = writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
        assert api.send(f"/events/{CAM}/{event}", "PATCH", body).status == 400

    def test_another_cameras_event_is_not_there(self, api: Caller, monitor: Monitor) -> None:
        api.send("/cameras", "POST", {"id": "hall", "source": "test-pattern", "start": False})
        event = writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
        assert api(f"/events/hall/{event}").status == 404
        assert api.send(f"/events/hall/{event}", "PATCH", {"reviewed": True}).status == 404
        assert monitor.events(CAM)["reviewed_utc"].isna().all()


def test_a_device_of_this_machine_is_chosen_by_an_admin_of_all_cameras(settings: Settings) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        house = House(monitor)
        monitor.camera_registry.add("hall", source="test-pattern")
        api = Caller(house.url)
        for cameras, status in ((frozenset({"hall"}), 403), (None, 200)):
            token = {"Authorization": f"Bearer {house.token(Role.ADMIN, cameras)}"}
            assert api.send("/cameras/hall", "PATCH", {"source": "/dev/video0"}, **token).status == status
        assert api.send("/cameras/hall", "PATCH", {"source": "test-pattern"}, **token).status == 200


DESK = {"name": "desk", "box": [0, 0, 1000, 500]}
AT_DESK = {"name": "At the desk", "when": "inside", "zone": "desk", "for_s": 2}


def test_zone_rules_are_kept_and_tried_on_the_past(api: Caller, monitor: Monitor) -> None:
    values = {"id": "hall", "source": "test-pattern", "start": False, "zones": [DESK], "zone_rules": [AT_DESK]}
    added = api.send("/cameras", "POST", values)
    assert added.status == 201
    (kept,) = added.json["settings"]["zone_rules"]
    assert (kept["when"], kept["severity"], kept["enabled"], kept["line"]) == ("inside", "warning", True, None)
    long_ago = MORNING - timedelta(hours=5) - START
    pictures = [found(long_ago.total_seconds() + i / 2, standing(0.25)) for i in range(40)]
    add_detections(monitor.database, "hall", pictures)
    tried = api.send("/cameras/hall/zone-rule-trial", "POST", {"rule": AT_DESK, "days": 1})
    assert tried.status == 200
    assert (tried.json["count"], tried.json["watched_s"], tried.json["fired"][0]["people"]) == (1, 19.5, 1)
    elsewhere = {**DESK, "box": [0, 600, 1000, 1000]}
    other = api.send("/cameras/hall/zone-rule-trial", "POST", {"rule": AT_DESK, "zones": [elsewhere]})
    assert other.json["count"] == 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"rule": {**AT_DESK, "zone": "door"}}, "is of zone 'door'"),
        ({"rule": {**AT_DESK, "when": "asleep"}}, "asleep"),
        ({"rule": AT_DESK, "days": 0}, "days"),
        ({"rule": AT_DESK, "days": 32}, "days"),
        ({}, "rule"),
    ],
)
def test_a_trial_that_cannot_be_is_refused_in_words(api: Caller, wrong: dict[str, Any], why: str) -> None:
    reply = api.send(f"/cameras/{CAM}/zone-rule-trial", "POST", wrong)
    assert reply.status == 400
    assert why in reply.body.decode()
