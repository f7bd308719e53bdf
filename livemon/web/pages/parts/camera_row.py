"""CameraListItem: a camera on the Cameras page, with its state and its buttons.

The actions of the buttons live in web/pages/cameras.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any, Protocol
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import floor_to, iso
from livemon.base.roles import Role
from livemon.base.stream_types import StreamState
from livemon.stream.redact import redact_url
from livemon.web.api.guard import API_ROOT
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr
from livemon.web.pages.parts.camera_form import PICTURE_AGE
from livemon.web.pages.parts.states import state_chip, status_sentence
from livemon.web.pages.shell.page import status_html

ROW_CSS = """
:host { border-top: 1px solid color-mix(in srgb, var(--mui-palette-text-primary) 13%, transparent);
  padding: 10px 0 6px; }
"""
FACTS_CSS = """
.camera { display: flex; gap: 12px; align-items: flex-start; }
.picture { flex: none; width: 112px; aspect-ratio: 16/9; border-radius: 8px; background: #0b0d17 center/cover; }
b { font-size: 16px; overflow-wrap: anywhere; } .quiet { opacity: .76; font-size: 13px; overflow-wrap: anywhere; }
"""


PICTURE_WIDTH = 224
PICTURE_EVERY = timedelta(seconds=30)
"""Interval between pictures of each camera."""


class Commands(Protocol):
    """Actions of a row's buttons."""

    monitor: AuthorizedMonitor

    async def do(self, button: pmui.Button, step: Callable[..., Any], *args: Any) -> None:
        """Do one thing to cameras, with its button asleep meanwhile."""
        ...

    async def change(self, camera_id: str) -> None:
        """Open the form with a camera's settings."""
        ...

    def revert(self, camera_id: str) -> str:
        """Take back the changes of a camera of livemon.toml, and report it."""
        ...

    def ask(self, camera_id: str, what: str) -> None:
        """Ask whether a camera shall be removed or erased."""
        ...


class CameraListItem(pn.viewable.Viewer):
    """One camera with its buttons; `update` brings it up to date."""

    def __init__(self, page: Commands, camera_id: str) -> None:
        super().__init__()
        self._page, self.camera_id = page, camera_id
        self._facts = pn.pane.HTML("", stylesheets=[FACTS_CSS], sizing_mode="stretch_width", margin=(0, 5))
        button: dict[str, Any] = {"variant": "text", "size": "small", "margin": (2, 2)}
        self._toggle = pmui.Button(label=tr("page.start"), on_click=self._on_toggle, **button)
        self._restart = pmui.Button(label=tr("cameras.restart"), on_click=self._on_restart, **button)
        self._change = pmui.Button(label=tr("cameras.change_title"), on_click=self._on_change, **button)
        self._revert = pmui.Button(label=tr("cameras.revert"), on_click=self._on_revert, **button)
        self._remove = pmui.Button(label=tr("cameras.remove"), on_click=self._on_remove, **button)
        self._erase = pmui.Button(label=tr("cameras.erase_data"), color="error", on_click=self._on_erase, **button)

    def __panel__(self) -> pn.viewable.Viewable:
        buttons = (self._toggle, self._restart, self._change, self._revert, self._remove, self._erase)
        row = pmui.FlexBox(*buttons, margin=0)
        return pn.Column(self._facts, row, stylesheets=[ROW_CSS], sizing_mode="stretch_width", margin=0)

    def update(self, monitor: AuthorizedMonitor) -> None:
        """Show the camera's state, and its available actions; unchanged parts are not sent."""
        camera = monitor.camera(self.camera_id)
        html = camera_html(monitor, self.camera_id)
        if self._facts.object != html:
            self._facts.object = html
        registry = monitor.check(Role.VIEWER, self.camera_id).camera_registry
        added, running = registry.is_added(self.camera_id), camera.running
        operates, admin = (monitor.may(role, self.camera_id) for role in (Role.OPERATOR, Role.ADMIN))
        label = tr("page.stop") if running else tr("page.start")
        if self._toggle.label != label:
            self._toggle.label = label
        for button, shown in (
            (self._toggle, operates),
            (self._restart, operates and running),
            (self._change, admin),
            (self._revert, admin and bool(registry.changes(self.camera_id))),
            (self._remove, admin and added),
            (self._erase, admin),
        ):
            if button.visible != shown:
                button.visible = shown

    async def _on_toggle(self, _event: Any) -> None:
        monitor = self._page.monitor
        running = monitor.camera(self.camera_id).running
        await self._page.do(self._toggle, monitor.stop if running else monitor.start, self.camera_id)

    async def _on_restart(self, _event: Any) -> None:
        monitor = self._page.monitor

        def restart() -> None:
            monitor.stop(self.camera_id)
            monitor.start(self.camera_id)

        await self._page.do(self._restart, restart)

    async def _on_change(self, _event: Any) -> None:
        if self._page.monitor.may(Role.ADMIN, self.camera_id):  # a button that is not shown can be pressed all the same
            await self._page.change(self.camera_id)

    async def _on_revert(self, _event: Any) -> None:
        await self._page.do(self._revert, self._page.revert, self.camera_id)

    async def _on_remove(self, _event: Any) -> None:
        self._page.ask(self.camera_id, "remove")

    async def _on_erase(self, _event: Any) -> None:
        self._page.ask(self.camera_id, "erase")


class RemovedListItem(pn.viewable.Viewer):
    """A removed camera whose data is still here, with the button that erases it."""

    def __init__(self, page: Commands, camera_id: str) -> None:
        super().__init__()
        self._page, self.camera_id = page, camera_id
        kept = tr("cameras.removed_what_was_recorded_word")
        html = f"<b>{escape(camera_id)}</b><div class='quiet'>{kept}</div>"
        self._facts = pn.pane.HTML(html, stylesheets=[FACTS_CSS], sizing_mode="stretch_width", margin=(0, 5))
        self._erase = pmui.Button(
            label=tr("cameras.erase_data"),
            color="error",
            variant="text",
            size="small",
            margin=(2, 2),
            on_click=self._on_erase,
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._facts, self._erase, stylesheets=[ROW_CSS], sizing_mode="stretch_width", margin=0)

    async def _on_erase(self, _event: Any) -> None:
        self._page.ask(self.camera_id, "erase")


def camera_html(monitor: AuthorizedMonitor, camera_id: str) -> str:
    """Return a camera's name and state; hidden parts of its source are left out."""
    house = monitor.check(Role.VIEWER, camera_id)
    camera, own = house.camera(camera_id), house.settings.cameras[camera_id]
    colour, word = state_chip(camera.status)
    where = tr("cameras.added_here") if house.camera_registry.is_added(camera_id) else tr("cameras.in_livemon_toml")
    if changed := house.camera_registry.changes(camera_id):
        where += f" ({tr('cameras.changed_here', settings=', '.join(changed))})"
    source = f", {escape(redact_url(own.source))}" if monitor.may(Role.OPERATOR, camera_id) else ""
    return (
        f"<div class='camera'>{_picture(monitor, camera_id)}<div>"
        f"<b>{escape(camera.name)}</b><div class='quiet'>{escape(camera_id)}, {where}{source}</div>"
        f"{status_html(colour, word, status_sentence(camera.status, monitor.zone))}</div></div>"
    )


def _picture(monitor: AuthorizedMonitor, camera_id: str) -> str:
    """Return the newest picture of a camera that has been live for a while; of another an empty frame."""
    status = monitor.camera(camera_id).status
    if status.state is not StreamState.LIVE or monitor.clock.now() - status.since_utc < PICTURE_AGE + PICTURE_EVERY:
        return "<span class='picture'></span>"
    at_utc = floor_to(monitor.clock.now(), PICTURE_EVERY) - PICTURE_AGE
    asked = urlencode({"at": iso(at_utc), "width": PICTURE_WIDTH})
    address = escape(f"{API_ROOT.lstrip('/')}/frames/{camera_id}.jpg?{asked}", quote=True)
    return f"<span class='picture' style='background-image:url({address})'></span>"
