"""A bad row in the database breaks no page: what can be read is shown, and what cannot is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import panel as pn
import pytest

from livemon.base.messages.message import message
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import AuthorizedMonitor, of_session
from livemon.web.pages.cameras import CamerasPage
from livemon.web.pages.day import DayPage
from livemon.web.pages.events import ReviewPage
from livemon.web.pages.live import Dashboard
from livemon.web.pages.notifications import NotificationsPage
from livemon.web.pages.prompts import PromptsPage
from livemon.web.pages.shell.nav import CAMERAS, DAY, EVENTS, LIVE, NOTIFICATIONS, PROMPTS, SYSTEM, Nav
from livemon.web.pages.system import SystemPage
from tests.days import CAM
from tests.web.api.test_bad_rows import BAD, ODD, monitor, raw

__all__ = ["monitor"]  # the fixture

PAGES = [
    (LIVE, Dashboard),
    (EVENTS, ReviewPage),
    (DAY, DayPage),
    (CAMERAS, CamerasPage),
    (PROMPTS, PromptsPage),
    (SYSTEM, SystemPage),
    (NOTIFICATIONS, NotificationsPage),
]


def words(view: Any) -> str:
    """All HTML of a page."""
    return " ".join(str(one.object) for one in view.__panel__().select(pn.pane.HTML))


async def shown(monitor: Monitor, name: str, kind: Any) -> str:
    return shown_to(of_session(monitor, ""), name, kind)


def shown_to(visited: AuthorizedMonitor, name: str, kind: Any) -> str:
    view = kind(visited, Nav(name, "./", visited))
    said = words(view)
    if isinstance(view, CamerasPage):
        view.show()
    else:
        view.show(view.read())
    return said + words(view)


@pytest.mark.parametrize("bad", (*BAD, *ODD))
@pytest.mark.parametrize(("name", "kind"), PAGES)
async def test_no_page_fails_for_a_bad_row(monitor: Monitor, name: str, kind: Any, bad: str) -> None:
    raw(monitor.settings, bad)
    assert "Cannot read" not in await shown(monitor, name, kind)


async def test_the_prompts_page_says_which_cameras_prompt_is_not_there(settings: Settings) -> None:
    own = settings.cameras[CAM].model_copy(update={"look_prompt": "gone"})
    other = settings.cameras[CAM]
    with Monitor(settings.model_copy(update={"cameras": {CAM: own, "hall": other}})) as made:
        said = await shown(made, PROMPTS, PromptsPage)
        assert "There is no prompt &#x27;gone&#x27;." in said
        assert "Cannot read" not in said


@pytest.fixture
def unusable(monitor: Monitor) -> Iterator[Monitor]:
    monitor.camera_registry._book.unreadable["hall"] = message(
        "camera.kept_settings_wrong", camera="hall", problems="name: too long"
    )
    yield monitor


async def test_the_cameras_page_says_which_kept_camera_cannot_be_used(unusable: Monitor) -> None:
    assert "The stored settings of hall are wrong" in await shown(unusable, CAMERAS, CamerasPage)
