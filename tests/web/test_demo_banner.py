"""The strip of the demo: seen by whom the demo's camera is shown to, and its button by administrators only."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import panel as pn
import panel_material_ui as pmui
import pytest

from livemon.base.roles import Role
from livemon.monitor.demo import DEMO_CAMERA, MARKER, is_there
from livemon.web.pages.shell.demo_banner import _on_remove, demo_banner
from tests.conftest import make_video
from tests.days import CAM
from tests.web.api.houses import House
from tests.web.test_login import house
from tests.web.test_pages_of_viewers import visit

__all__ = ["house"]  # the fixture


def buttons(banner: pn.Row) -> list[Any]:
    return list(banner.select(pmui.Button))


async def test_who_sees_the_demo_is_told_of_it_and_administrators_remove_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = house.monitor
    house.add_user("ada", Role.ADMIN)
    house.add_user("vera", Role.VIEWER)
    house.add_user("otto", Role.VIEWER, frozenset({CAM}))
    assert demo_banner(visit(house, "ada")) is None
    folder = monitor.settings.data_dir.absolute() / "videos" / DEMO_CAMERA
    make_video(folder / "a.mp4")
    monitor.camera_registry.add(DEMO_CAMERA, source=str(folder))
    assert demo_banner(visit(house, "vera")) is None, "a camera that a person called so is not the demo"
    (folder / MARKER).touch()
    assert demo_banner(visit(house, "otto")) is None
    shown = demo_banner(visit(house, "vera"))
    assert shown is not None
    assert "scripted" in shown[0].object
    assert buttons(shown) == []
    told: list[str] = []
    tell = SimpleNamespace(success=lambda text, **_: told.append(text), error=lambda text, **_: told.append(text))
    monkeypatch.setattr(type(pn.state), "notifications", property(lambda _self: tell))
    await _on_remove(visit(house, "vera"), shown, pmui.Button())
    assert is_there(monitor)
    assert shown.visible
    offered = demo_banner(visit(house, "ada"))
    assert offered is not None
    (button,) = buttons(offered)
    await _on_remove(visit(house, "ada"), offered, button)
    assert not is_there(monitor)
    assert not offered.visible
    assert not button.loading
    assert [path.name for path in folder.iterdir()] == ["a.mp4"], "what a person put there stays"
    assert ["admin" in told[0], "removed" in told[1]] == [True, True]
