"""AuthorizedMonitor: what a page may call, and what it gets for a role."""

from __future__ import annotations

import pytest

from livemon.base.errors import NotAllowed, NotLoggedIn
from livemon.base.roles import Identity, Proof, Role
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import AuthorizedMonitor, of_session

VIEWER = Identity("vera", Role.VIEWER, Proof.SESSION, frozenset({"camera-1"}))


def test_a_page_reaches_no_part_of_the_monitor_without_a_check(monitor: Monitor) -> None:
    parts = {name for name in vars(monitor) if not name.startswith("_")}
    assert {"database", "prompts", "camera_registry", "eraser", "notify", "settings"} <= parts
    visited = of_session(monitor, "")
    assert {name for name in parts if hasattr(visited, name)} == {"clock"}


def test_a_check_returns_the_monitor_for_the_role_and_the_camera_only(monitor: Monitor) -> None:
    visited = AuthorizedMonitor(monitor, lambda: VIEWER)
    assert visited.check(Role.VIEWER, "camera-1") is monitor
    for role, camera_id in ((Role.OPERATOR, "camera-1"), (Role.VIEWER, "camera-2"), (Role.VIEWER, None)):
        with pytest.raises(NotAllowed):
            visited.check(role, camera_id)


def test_what_others_have_read_is_shown_to_those_who_may_see_the_camera(monitor: Monitor) -> None:
    owner, viewer = of_session(monitor, ""), AuthorizedMonitor(monitor, lambda: VIEWER)
    assert owner.read(("camera-1", "camera-2"), ("both",), lambda _monitor: "a picture") == "a picture"
    with pytest.raises(NotAllowed):
        viewer.read(("camera-1", "camera-2"), ("both",), lambda _monitor: "a picture")


def test_a_login_that_ended_reads_nothing_that_is_kept(monitor: Monitor) -> None:
    ended = False

    def identify() -> Identity:
        if ended:
            raise NotLoggedIn("access.logged_out")
        return VIEWER

    visited = AuthorizedMonitor(monitor, identify)
    assert visited.read(("camera-1",), ("one",), lambda _monitor: 1) == 1
    ended = True
    with pytest.raises(NotLoggedIn):
        visited.read(("camera-1",), ("one",), lambda _monitor: 1)
    with pytest.raises(NotLoggedIn):
        visited.read((), ("none",), lambda _monitor: 1)
