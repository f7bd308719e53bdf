"""A bad row in the database breaks no list and no page: it is shown as unknown, which is never safe."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError
from livemon.base.model_types import Purpose
from livemon.base.roles import Role
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import tokens, users, writes
from livemon.store.tables.columns import IntegerColumn, JsonOf, NumberColumn, TextColumn
from livemon.store.tables.recordings import Base
from livemon.web.api.app import ROUTES
from livemon.web.api.operation import JSON, operation_of
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, analysis, at, incident, report
from tests.spent import spend
from tests.web.api.test_access import address
from tests.web.api.test_cameras import Caller

LISTS = [
    template
    for template, handler in ROUTES
    if (found := operation_of(handler, "GET")) is not None
    and found.media == JSON
    and not template.startswith(("/push", "/uploads", "/reset"))
]
QUERIES = {"/daily-report/{camera_id}": "?date=2026-11-22", "/day/{camera_id}": "?date=2026-11-22"}
BAD = (
    "update realtime_events set severity = 'purple', event_type = 'odd', box = '{', evidence_utcs = 'x'",
    "update realtime_events set start_utc = 'yesterday', reviewed_utc = 'x'",
    "update realtime_events set title = char(0) || x'01'",
    "update vlm_calls set status = 'odd', frames = '{', parameters = 'x', input_by_modality = '[]'",
    "update segment_analyses set status = 'odd', analysis_result = '{', finished_utc = 'x'",
    "update daily_reports set timeline = '{', coverage = 'x', hourly_summary = '5'",
    "update prompt_versions set content = '{', language = 'xx'",
    "update prompt_versions set content = '{}'",
    "pragma foreign_keys=off; update promotions set version = 'nowhere'",
    "update changes set payload = '{', severity = 'purple'",
    "update cameras set name = '', source = x'ff'",
)


TABLES = (
    "realtime_events",
    "vlm_calls",
    "segment_analyses",
    "archives",
    "daily_reports",
    "changes",
    "users",
    "api_tokens",
)
KEYS = ("id", "camera_id", "version", "name")


def in_all_columns(kind: type, value: str) -> Iterator[str]:
    """Statements that put a value into every column of a kind, but keys: one for each table."""
    for table in TABLES:
        columns = Base.metadata.tables[table].columns
        own = [each for each in columns if isinstance(each.type, kind) and each.name not in KEYS]
        if own:
            yield f"update {table} set " + ", ".join(f"{each.name} = {value}" for each in own)


ODD = (
    *in_all_columns(NumberColumn, "'xyz'"),
    *in_all_columns(NumberColumn, "9e999"),
    *in_all_columns(IntegerColumn, "'xyz'"),
    *in_all_columns(IntegerColumn, "9e999"),
    *in_all_columns(TextColumn, "x'fffe'"),
    *in_all_columns(JsonOf, f"'{'[' * 5000}'"),
)


def raw(settings: Settings, statements: str) -> None:
    """Write what livemon itself never would."""
    with sqlite3.connect(settings.data_dir / "livemon.db") as connection:
        connection.executescript(statements)


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(at(20)), profile=FAST) as made:
        writes.add_event(made.database, CAM, seen(-60 * 60 * 18), MORNING, model="local")
        spend(made.database, at(15), 0.25)
        analysis(made, at(14), incidents=[incident(at(14, 2))])
        report(made)
        made.prompts.promote(CAM, "look_ko", by="anna")
        yield made


@pytest.mark.parametrize("bad", (*BAD, *ODD))
def test_no_list_of_the_api_fails_for_a_bad_row(monitor: Monitor, bad: str) -> None:
    api = Caller(monitor.serve().url)
    raw(monitor.settings, bad)
    for template in LISTS:
        reply = api(address(template) + QUERIES.get(template, ""))
        assert reply.status < 500, (template, reply.body)


def test_an_event_of_an_unknown_severity_is_told_as_danger_and_stays_in_the_list(monitor: Monitor) -> None:
    good = writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
    raw(monitor.settings, f"update realtime_events set severity = 'purple', box = '{{' where id != {good}")
    told = Caller(monitor.serve().url)(f"/events/{CAM}").json["events"]
    assert [one["severity"] for one in told] == ["info", "danger"], "unknown is never safe"


def test_prompts_that_cannot_be_read_are_named_and_the_others_are_there(monitor: Monitor) -> None:
    raw(monitor.settings, "update prompt_versions set content = '{'")
    live, wrong = monitor.prompts.in_use(CAM, Purpose.LOOK)
    assert live.name == "look_en" and str(wrong).startswith(f"{CAM}: The prompt version")
    assert "look_ko" in set(monitor.prompts.table()["name"])
    assert monitor.prompts.problems([CAM]) == [wrong]
    costs = Caller(monitor.serve().url)(f"/costs/{CAM}")
    assert costs.status == 200 and costs.json["look_prompt"]["name"] == "look_en"


def test_a_prompt_of_the_settings_that_is_not_there_breaks_nothing(settings: Settings) -> None:
    own = settings.cameras[CAM].model_copy(update={"look_prompt": "gone"})
    with Monitor(settings.model_copy(update={"cameras": {CAM: own}}), profile=FAST) as monitor:
        assert list(map(str, monitor.prompts.problems([CAM]))) == [f"{CAM}: There is no prompt 'gone'."]
        assert CAM in ", ".join(monitor.prompts.table()["live_for"])
        assert Caller(monitor.serve().url)(f"/costs/{CAM}").status == 200


@pytest.mark.parametrize("bad", ["not sealed", "wrong settings", "wrong picture"])
def test_a_kept_camera_that_cannot_be_used_is_named_and_the_others_run(settings: Settings, bad: str) -> None:
    with Monitor(settings, profile=FAST) as monitor:
        for camera_id in ("hall", "attic"):
            monitor.camera_registry.add(camera_id, source="test-pattern")
    seal = Secrets(settings.data_dir).seal
    sealed = {
        "not sealed": "gAAAA",
        "wrong settings": seal(json.dumps({"source": "test-pattern", "name": "x" * 500_000})),
        "wrong picture": seal(json.dumps({"source": "test-pattern", "nominal": "/nowhere.jpg"})),
    }[bad]
    raw(settings, f"update cameras set sealed_settings = '{sealed}' where id = 'hall'")
    with Monitor(settings.model_copy(update={"cameras": {CAM: settings.cameras[CAM]}}), profile=FAST) as monitor:
        api = Caller(monitor.serve().url)
        told = api("/cameras").json
        assert [one["camera_id"] for one in told["cameras"]] == [CAM, "attic"]
        assert len(told["problems"]) == 1 and "hall" in told["problems"][0] and len(told["problems"][0]) < 300
        assert api.send("/cameras", "POST", {"id": "hall", "source": "test-pattern"}).status == 400
        assert api("/cameras/hall", "DELETE").status == 204
        assert api("/cameras").json["problems"] == []
        assert api.send("/cameras", "POST", {"id": "hall", "source": "test-pattern", "start": False}).status == 201


def test_cameras_sealed_with_another_secret_are_not_given_up(settings: Settings) -> None:
    with Monitor(settings, profile=FAST) as monitor:
        monitor.camera_registry.add("hall", source="test-pattern")
    (settings.data_dir / "secret.key").write_text("0" * 64)
    again = settings.model_copy(update={"cameras": {CAM: settings.cameras[CAM]}})
    with pytest.raises(ConfigError, match="is not the secret"):
        Monitor(again, profile=FAST)


@pytest.mark.parametrize("bad", ["role = 'king'", "cameras = '{'", "cameras = '{}'", "role = 'king', cameras = '5'"])
def test_rights_that_cannot_be_read_allow_nothing(monitor: Monitor, bad: str) -> None:
    assert users.add_user(monitor.database, "anna", "", Role.ADMIN, None, MORNING)
    monitor.authenticator.new_token("door", Role.ADMIN, None, None)
    raw(monitor.settings, f"update users set {bad}; update api_tokens set {bad}")
    known: list[Any] = [*users.accounts(monitor.database), *tokens.tokens(monitor.database)]
    assert [one.cameras for one in known] == [frozenset(), frozenset()]


def test_a_token_whose_end_cannot_be_read_has_ended(monitor: Monitor) -> None:
    monitor.authenticator.new_token("door", Role.ADMIN, None, None)
    raw(monitor.settings, "update api_tokens set expires_utc = 'never'")
    assert not tokens.tokens(monitor.database)[0].works(MORNING)
