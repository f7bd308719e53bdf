"""What the Events and Cameras pages let a viewer do: read. A browser may send what it likes."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.base.clock import WINDOW
from livemon.base.datatypes import Severity
from livemon.base.errors import NotAllowed
from livemon.base.model_types import Purpose
from livemon.base.roles import Role
from livemon.monitor.authenticator import session_key
from livemon.monitor.monitor import Monitor
from livemon.store import audit_log, writes
from livemon.store.reviews import EventVerdict, ReviewChange
from livemon.web.auth.session_monitor import AuthorizedMonitor, of_session
from livemon.web.pages.cameras import CamerasPage
from livemon.web.pages.day import DayPage
from livemon.web.pages.events import ReviewPage, ReviewReading
from livemon.web.pages.parts.share_box import ShareBox
from livemon.web.pages.prompts import PromptsPage
from livemon.web.pages.shell.nav import CAMERAS, DAY, EVENTS, PROMPTS, Nav
from tests.conftest import MORNING, seen
from tests.days import CAM
from tests.web.api.houses import OTHER, PASSWORD, House
from tests.web.test_login import house

__all__ = ["house"]  # the fixture


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the page tells its user."""
    import panel as pn

    told: list[str] = []
    tell = SimpleNamespace(error=lambda text, **_: told.append(text), success=lambda text, **_: told.append(text))
    monkeypatch.setattr(type(pn.state), "notifications", property(lambda _self: tell))
    return iter([told])


def happen(monitor: Monitor, camera_id: str) -> int:
    return writes.add_event(monitor.database, camera_id, seen(0, severity=Severity.DANGER), MORNING, model="m")


def visit(house: House, name: str) -> AuthorizedMonitor:
    return of_session(house.monitor, session_key(house.monitor.authenticator.log_in(name, PASSWORD, "127.0.0.1")))


async def say(view: ReviewPage, **said: Any) -> None:
    await view._on_said(SimpleNamespace(new=[said]))


async def test_a_viewer_reads_their_events_and_judges_none(house: House, notices: Iterator[list[str]]) -> None:
    told = next(notices)
    house.add_user("vera", Role.VIEWER, frozenset({CAM}))
    mine, other = happen(house.monitor, CAM), happen(house.monitor, OTHER)
    visited = visit(house, "vera")
    view = ReviewPage(visited, Nav(EVENTS, "./", visited))
    view.show(view.read())
    assert [row["id"] for row in view._queue.rows] == [mine]
    assert not view._queue.can_review
    await say(view, number=1, action="wrong", ids=[mine])
    await say(view, number=2, action="wrong", ids=[other])
    assert len(told) == 2
    assert house.monitor.events(CAM)["label"].isna().all()
    assert house.monitor.events(OTHER)["label"].isna().all()
    refused = audit_log.deeds(house.monitor.database, limit=2)
    assert list(refused["outcome"]) == [403, 403]
    assert set(refused["action"]) == {"review events"}


async def test_an_operator_of_one_camera_judges_nothing_of_another(house: House, notices: Iterator[list[str]]) -> None:
    next(notices)
    house.add_user("otto", Role.OPERATOR, frozenset({CAM}))
    mine, other = happen(house.monitor, CAM), happen(house.monitor, OTHER)
    visited = visit(house, "otto")
    view = ReviewPage(visited, Nav(EVENTS, "./", visited))
    await say(view, number=1, action="right", ids=[mine, other])  # all or none
    assert house.monitor.events(CAM)["label"].isna().all()
    view._queue.selected = other  # a number that was guessed
    reading = view.read()
    assert isinstance(reading, ReviewReading)
    assert reading.chosen is None
    await say(view, number=2, action="right", ids=[mine])
    assert list(house.monitor.events(CAM)["label"]) == ["right"]


async def test_a_viewer_and_an_operator_neither_add_nor_try_nor_erase_cameras(house: House) -> None:
    for name, role in (("vera", Role.VIEWER), ("otto", Role.OPERATOR)):
        house.add_user(name, role)
        visited = visit(house, name)
        view = CamerasPage(visited, Nav(CAMERAS, "./", visited))
        view.__panel__()
        view.show()
        assert not view._adding.visible
        with pytest.raises(NotAllowed):
            await view._try("test-pattern")
        with pytest.raises(NotAllowed):
            await view._save("attic", {"source": "test-pattern"}, True)
        for work in (view._remove, view._erase):
            with pytest.raises(NotAllowed):
                work(CAM)
    assert set(house.monitor.cameras) == {CAM, OTHER}


async def test_a_viewer_is_offered_nothing_on_the_day_page(house: House) -> None:
    house.add_user("vera", Role.VIEWER)
    offered = []
    for name in ("root", "vera"):
        visited = visit(house, name)
        view = DayPage(visited, Nav(DAY, "./", visited))
        view.show(view.read())
        offered.append(view._shelf._make.visible)
    assert offered == [True, False]


async def test_an_admin_of_one_camera_adds_none(house: House) -> None:
    house.add_user("ada", Role.ADMIN, frozenset({CAM}))
    visited = visit(house, "ada")
    view = CamerasPage(visited, Nav(CAMERAS, "./", visited))
    with pytest.raises(NotAllowed, match="all cameras"):
        await view._save("attic", {"source": "test-pattern"}, True)
    with pytest.raises(NotAllowed):
        view._erase(OTHER)
    happen(house.monitor, CAM)
    assert f"of {CAM} are erased" in view._erase(CAM)
    assert house.monitor.events(CAM).empty


async def test_a_viewer_sees_prompts_and_makes_none_live(house: House) -> None:
    house.add_user("vera", Role.VIEWER, frozenset({CAM}))
    visited = visit(house, "vera")
    view = PromptsPage(visited, Nav(PROMPTS, "./", visited))
    view.__panel__()
    await view.tick()
    assert OTHER not in view._live.object
    assert not view._buttons.visible
    await view._on_use(None)
    assert "vera needs the operator role" in view._said.object
    assert house.monitor.prompts.history(CAM, Purpose.LOOK).empty


async def test_a_verdict_is_taken_back_as_it_was_and_only_by_who_may_judge(
    house: House, notices: Iterator[list[str]]
) -> None:
    next(notices)
    house.add_user("ada", Role.OPERATOR)
    first, second = happen(house.monitor, CAM), happen(house.monitor, OTHER)
    visited = visit(house, "ada")
    view = ReviewPage(visited, Nav(EVENTS, "./", visited))
    await say(view, number=1, action="right", ids=[first])
    judged = house.monitor.events(CAM).iloc[0]
    assert (judged["reviewed_by"], judged["first_reviewed_by"]) == ("ada", "ada")
    await say(view, number=2, action="wrong", ids=[first, second])
    assert view._queue.can_undo
    await say(view, number=3, action="undo", ids=[])
    assert house.monitor.events(CAM)["label"].tolist() == ["right"]
    assert house.monitor.events(CAM)["reviewed_utc"].iloc[0] == judged["reviewed_utc"]
    assert house.monitor.events(OTHER)["label"].isna().all()
    assert house.monitor.events(OTHER)["reviewed_utc"].isna().all()
    assert view._queue.selected == first
    house.add_user("vera", Role.VIEWER)
    other = ReviewPage(visit(house, "vera"), Nav(EVENTS, "./", visited))
    nothing = EventVerdict(None, None)
    other._changes = [[ReviewChange(first, nothing, EventVerdict(judged["label"], judged["reviewed_utc"]))]]
    await say(other, number=1, action="undo", ids=[])
    assert house.monitor.events(CAM)["label"].tolist() == ["right"]


def test_a_link_is_offered_to_who_may_make_one(house: House) -> None:
    house.add_user("vera", Role.VIEWER, frozenset({CAM}))
    house.add_user("ada", Role.OPERATOR, frozenset({CAM}))
    offered = {}
    for name in ("vera", "ada"):
        visited = visit(house, name)
        box = ShareBox.for_page(visited)
        box.offer(visited, CAM, MORNING, MORNING + WINDOW)
        offered[name] = (box.visible, box.can_share)
        box.offer(visited, OTHER)
        assert not box.can_share
    assert offered == {"vera": (True, False), "ada": (True, True)}
