"""A household's day over HTTP: cameras that the caller may see, and verdicts by a message's link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Severity
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.notify.household_links import LINK_LASTS, household_link
from livemon.store import notifications, writes
from livemon.store.event_search import found_event
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM
from tests.web.api.houses import OTHER, House, with_a_login

DAY = MORNING.date()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("household")
    cameras = {CAM: {"source": "test-pattern", "name": "Playroom"}}
    plain = Settings(data_dir=folder, cameras=cameras, timezone="UTC", port=0, public_url="https://cameras.example")
    with Monitor(with_a_login(plain), clock=FakeClock(MORNING), profile=FAST) as monitor:
        yield House(monitor)


def happen(house: House, camera_id: str, start_s: float = 0.0) -> int:
    observation = seen(start_s, severity=Severity.DANGER, event_type=EventType.SAFETY, title=f"Fell before {camera_id}")
    return writes.add_event(house.monitor.database, camera_id, observation, MORNING, model="hosted")


def path_of_link(house: House, name: str, user_name: str | None = None) -> str:
    """The address in a message about the day to a recipient, who may be a user."""
    monitor = house.monitor
    monitor.notify.put(name, ["webhook+http://127.0.0.1:9/"], reports=True, user_name=user_name)
    entry = monitor.notify.named(name)
    row = {"recipient_id": entry.id, "about": "report", "camera_id": "", "topic": DAY.isoformat(), "weight": "info"}
    row |= {"state": "sent", "why": "", "created_utc": MORNING, "next_try_utc": MORNING}
    number = notifications.add_one(monitor.database, row)
    return household_link(monitor.settings, monitor.notify.secrets, number).partition("/api/live-monitoring")[2]


def test_a_viewer_reads_of_the_cameras_that_they_may_see(house: House) -> None:
    happen(house, CAM)
    happen(house, OTHER)
    token = house.token(Role.VIEWER, frozenset({OTHER}))
    reply = house.ask(f"/household-report?date={DAY}", token=token)
    assert reply.status == 200 and "script" not in reply.headers["Content-Security-Policy"]
    assert f"Fell before {OTHER}" in reply.body.decode() and f"Fell before {CAM}" not in reply.body.decode()
    assert house.ask(f"/household-report?date={DAY}").status == 401


def test_a_thumb_becomes_a_label_with_the_recipients_name_and_opening_changes_nothing(house: House) -> None:
    event_id = happen(house, CAM)
    path = path_of_link(house, "Grandmother")
    page = house.ask(path)
    assert page.status == 200 and f"event={event_id}&amp;said=wrong" in page.body.decode()

    def label() -> tuple[object, object]:
        return judgement(house, event_id)

    assert label() == (None, "")
    judged = house.ask(f"{path}?event={event_id}&said=wrong", "POST")
    assert judged.status == 200 and "aria-pressed='true'" in judged.body.decode()
    assert label() == ("wrong", "Grandmother")
    house.ask(f"{path}?event={event_id}&said=right", "POST")
    assert label() == ("right", "Grandmother"), "a person may think again"


def test_an_event_of_another_day_is_not_judged_by_the_link(house: House) -> None:
    other_day = happen(house, CAM, timedelta(days=-2).total_seconds())
    path = path_of_link(house, "Uncle")
    assert house.ask(f"{path}?event={other_day}&said=right", "POST").status == 403
    assert judgement(house, other_day) == (None, "")


def test_a_user_of_one_camera_neither_sees_nor_judges_another(house: House) -> None:
    event_id = happen(house, CAM)
    house.add_user("vera", Role.VIEWER, frozenset({OTHER}))
    path = path_of_link(house, "Vera", "vera")
    assert f"Fell before {CAM}" not in house.ask(path).body.decode()
    assert house.ask(f"{path}?event={event_id}&said=right", "POST").status == 403
    assert judgement(house, event_id) == (None, "")


def test_a_link_that_is_none_or_too_old_opens_nothing(house: House) -> None:
    path = path_of_link(house, "Aunt")
    assert house.ask(path).status == 200
    assert house.ask(path[:-4] + "AAAA").status == 401
    clock = house.monitor.clock
    assert isinstance(clock, FakeClock)
    clock.advance(LINK_LASTS.total_seconds() + 1)
    assert house.ask(path).status == 401
    house.monitor.notify.remove("Aunt")


def judgement(house: House, event_id: int) -> tuple[object, object]:
    found = found_event(house.monitor.database, [CAM], event_id)
    assert found is not None
    return found["label"], found["reviewed_by"]
