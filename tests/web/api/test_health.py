"""Health and metrics."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.web.api.health import not_ready
from tests.conftest import MORNING, seen
from tests.days import CAM
from tests.spent import spend
from tests.web.api.test_api import Client


class Samples(dict[tuple[str, ...], float]):
    """Values by name and labels, in whatever order these come."""

    def __getitem__(self, key: tuple[str, ...]) -> float:
        return super().__getitem__((key[0], *sorted(key[1:])))


def samples(monitor: Monitor) -> Samples:
    reply = Client(monitor.serve().url)("/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain")
    found = text_string_to_metric_families(reply.body.decode())
    return Samples({(one.name, *sorted(one.labels.values())): one.value for family in found for one in family.samples})


def test_cameras_models_money_and_requests_are_counted(monitor: Monitor) -> None:
    spend(monitor.database, MORNING, 0.25)
    spend(monitor.database, MORNING, None)
    writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
    api = Client(monitor.serve().url)
    api(f"/events/{CAM}")
    api("/events/nobody")
    found = samples(monitor)
    assert found["livemon_camera_state", CAM, "stopped"] == 1
    assert found["livemon_camera_state", CAM, "live"] == 0
    model = "gemini-3.5-flash-lite"
    assert found["livemon_cost_dollars_total", CAM, model] == 0.25
    assert found["livemon_calls_of_unknown_cost_total", CAM, model] == 1
    assert found["livemon_tokens_total", CAM, model, "input"] == 2000
    assert found["livemon_events_stored", CAM, "info"] == 1
    assert found["livemon_http_requests_total", "/events/{camera_id}", "GET", "200"] == 1
    assert found["livemon_http_requests_total", "/events/{camera_id}", "GET", "404"] == 1
    assert found["livemon_push_clients",] == 0
    assert found["livemon_process_resident_bytes",] > 10e6
    assert not any("nobody" in part for key in found for part in key), "no address is a label"


def test_what_is_skipped_and_waits_is_counted_by_reason(scripted_monitor: Monitor) -> None:
    found = samples(scripted_monitor)
    reasons = {part for key in found if key[0] == "livemon_skips_total" for part in key[1:]}
    assert reasons >= {"still", "early", "bounded", "over_budget", "unanswered"}
    assert found["livemon_segments_waiting", CAM] == 0
    assert found["livemon_segments_late_total", CAM] == 0


def test_health_says_that_it_lives_and_readiness_what_is_wrong(monitor: Monitor) -> None:
    api = Client(monitor.serve().url)
    assert api("/healthz").json == {"status": "ok"}
    assert api("/readyz").json == {"status": "ready"}
    monitor.database.reading = _refusing  # type: ignore[method-assign]
    reply = api("/readyz")
    assert (reply.status, reply.json["detail"]) == (503, "Not ready: the database does not answer.")
    assert reply.headers["Retry-After"] == "5"
    del monitor.database.reading  # type: ignore[misc]


def test_a_data_folder_that_cannot_be_written_is_not_ready(monitor: Monitor) -> None:
    moved = monitor.settings.data_dir.with_name("moved")
    monitor.settings.data_dir.rename(moved)
    monitor.settings.data_dir.write_text("in the way")
    assert not_ready(monitor) == "the data folder cannot be written"
    monitor.settings.data_dir.unlink()
    moved.rename(monitor.settings.data_dir)
    assert not_ready(monitor) == ""


def _refusing() -> None:
    from livemon.base.errors import StoreError

    raise StoreError("The database refused.")


def test_a_closed_monitor_is_not_ready(monitor: Monitor) -> None:
    monitor.close()
    assert not_ready(monitor) == "the engine has ended"
