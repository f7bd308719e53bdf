"""Zone rules before a live camera: events like others, and trials on what was kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from livemon.base.clock import FakeClock
from livemon.base.datatypes import Image
from livemon.base.detections import Person
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.models import ZoneRuleSettings
from livemon.base.settings.settings import Settings
from livemon.cameras.rule_trial import try_rule
from livemon.cameras.rule_watch import RuleWatch
from livemon.detect.registry import DETECTORS
from livemon.monitor.monitor import Monitor
from livemon.notify.sender import Notifier
from livemon.store import writes
from livemon.store.detections import add_detections
from livemon.store.session import Database
from livemon.store.tables.notifications import OutboxRow
from tests.conftest import FAST, ScriptedModel
from tests.detect.bodies import ASPECT, START, at, found, standing
from tests.waiting import wait_until

LEFT_HALF: dict[str, Any] = {"name": "desk", "box": (0, 0, 1000, 500)}
AT_DESK: dict[str, Any] = {"name": "Somebody at the desk", "when": "inside", "zone": "desk", "for_s": 1}


class SeesSomebody:
    """Sees somebody stand at the desk in every picture."""

    name = "somebody"

    def people(self, image: Image) -> tuple[Person, ...]:
        return (standing(0.25),)


@pytest.fixture
def monitor(settings: Settings, scripted: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    monkeypatch.setitem(DETECTORS, "somebody", SeesSomebody)
    own = settings.cameras["camera-1"].model_dump() | {
        "zones": [LEFT_HALF],
        "zone_rules": [AT_DESK | {"severity": "danger"}, AT_DESK | {"name": "Off", "enabled": False}],
    }
    cameras = {"camera-1": CameraSettings.model_validate(own)}
    with Monitor(settings.model_copy(update={"detector": "somebody", "cameras": cameras}), profile=FAST) as made:
        yield made


def test_a_rule_that_fires_is_an_event_with_a_picture_and_is_handed_to_the_notifications(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave_the_queue(_notifier: Notifier) -> None:
        """Decide about nothing: what is queued stays."""

    monkeypatch.setattr(Notifier, "start", leave_the_queue)
    monitor.start("camera-1")
    wait_until(lambda: "zone_inside" in set(monitor.events("camera-1")["kind"]))
    events = monitor.events("camera-1")
    [fired] = events[events["kind"] == "zone_inside"].to_dict("records")
    told = (fired["title"], fired["severity"], fired["event_type"], fired["location"], fired["model"])
    assert told == ("Somebody at the desk", "danger", "safety", "desk", "local")
    assert (fired["people"], fired["zones"]) == (1, ["desk"])
    assert fired["description"].startswith("Someone has been in “desk” for ")
    assert (monitor.camera("camera-1").thumbnails_folder / fired["thumbnail"]).is_file()
    with monitor.database.reading() as connection:
        queued = connection.execute(sa.select(OutboxRow.event_id)).scalars().all()
    assert fired["id"] in queued


def test_what_the_database_refuses_is_told_with_the_next_segment(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, refused = writes.add_event, []

    def refuse(*args: Any, **kwargs: Any) -> int:
        if not refused:
            refused.append(args)
            raise OSError("disk full")
        return add(*args, **kwargs)

    monkeypatch.setattr("livemon.cameras.event_recorder.writes.add_event", refuse)
    monitor.start("camera-1")
    wait_until(lambda: "zone_inside" in set(monitor.events("camera-1")["kind"]))
    assert refused


@pytest.fixture
def database(tmp_path: Any) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.upsert_camera(made, "hall", "Hall", "videos", START)
    yield made
    made.close()


def test_a_trial_says_how_often_a_rule_would_have_fired_and_how_much_was_watched(database: Database) -> None:
    """Three visits in two hours, kept in rows as looks keep them; a pause in which nothing was watched."""
    for visit in (0, 1200, 7000):
        pictures = [found(visit + i / 2, *([standing(0.25)] if 20 <= i < 60 else [])) for i in range(120)]
        add_detections(database, "hall", pictures[:50])
        add_detections(database, "hall", pictures[50:])
    own = CameraSettings.model_validate({"source": "", "zones": [LEFT_HALF], "zone_rules": [AT_DESK]})
    since, until = at(-60), at(8000)
    trial = try_rule(database, "hall", own.zones, own.zone_rules[0], since, until, local=UTC, aspect=ASPECT)
    assert [round((one.start_utc - START).total_seconds(), -1) for one in trial.firings] == [10, 1210, 7010]
    assert trial.watched_s == pytest.approx(3 * 59.5)
    by_night = own.zone_rules[0].model_copy(update={"hours": "22:00-07:00"})
    nothing = try_rule(database, "hall", own.zones, by_night, since, until, local=UTC, aspect=ASPECT)
    assert (nothing.firings, nothing.watched_s) == ((), 0)


def test_a_trial_fires_as_the_camera_did() -> None:
    own = CameraSettings.model_validate({"source": "", "zones": [LEFT_HALF], "zone_rules": [AT_DESK]})
    watch = RuleWatch(own, UTC)
    pictures = [found(i / 2, standing(0.25)) for i in range(20)]
    told = [one for start in (0, 10) for one in watch.take(pictures[start : start + 10], ASPECT)]
    assert [one.title for one in told] == ["Somebody at the desk"]


def test_rules_of_a_zone_that_is_not_there_and_two_of_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match="rule 'Somebody at the desk' is of zone 'desk', and the zones are"):
        CameraSettings.model_validate({"source": "", "zone_rules": [AT_DESK]})
    with pytest.raises(ValueError, match="two rules have the name 'Somebody at the desk'"):
        CameraSettings.model_validate({"source": "", "zones": [LEFT_HALF], "zone_rules": [AT_DESK, AT_DESK]})


def test_a_trial_of_a_camera_without_footage_finds_nothing(settings: Settings) -> None:
    with Monitor(settings, clock=FakeClock(START + timedelta(days=1)), profile=FAST) as monitor:
        rule = ZoneRuleSettings.model_validate({"name": "anybody", "when": "inside"})
        trial = monitor.camera("camera-1").try_rule(rule)
    assert (trial.firings, trial.watched_s, trial.until_utc - trial.since_utc) == ((), 0, timedelta(days=3))
