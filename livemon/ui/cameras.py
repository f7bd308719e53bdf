"""The Cameras page: what each camera is doing; adding, trying, changing, starting, stopping, removing, erasing.

The form stands in camera_form.py. What may be done to cameras is the fleet's and the eraser's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from livemon.access import Role
from livemon.calls import Purpose
from livemon.errors import ConfigError, LivemonError
from livemon.monitor import Monitor
from livemon.stream.redact import redact_url
from livemon.stream.source_check import SourceReport
from livemon.ui.camera_form import CameraForm, Values
from livemon.ui.language import beside, tr
from livemon.ui.page import CAMERAS, CARD_CSS, Nav, heading, make_page, prepare_page, status_html
from livemon.ui.said import tr_said
from livemon.ui.states import state_chip, status_sentence
from livemon.ui.upload_area import UploadDesk
from livemon.ui.visit import Visit, visit

TICK_MS = 1000

GRID_CSS = """
:host { display: grid; gap: 14px; grid-auto-rows: max-content; align-items: start; padding: 14px;
  grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); box-sizing: border-box; width: 100%; max-width: 1500px;
  margin: 0 auto; }
.scroll-button { display: none; }
@media (max-width: 900px) { :host { grid-template-columns: minmax(0, 1fr); padding: 8px; gap: 8px; } }
"""
COLUMN_CSS = (
    ":host { display: grid; gap: 14px; grid-template-columns: minmax(0, 1fr); } .scroll-button { display: none; }"
)
ROW_CSS = """
:host { border-top: 1px solid color-mix(in srgb, var(--mui-palette-text-primary) 13%, transparent);
  padding: 10px 0 6px; }
"""
FACTS_CSS = """
b { font-size: 16px; overflow-wrap: anywhere; } .quiet { opacity: .76; font-size: 13px; overflow-wrap: anywhere; }
"""


class CameraRow(pn.viewable.Viewer):
    """One camera with its buttons; `update` brings it up to date."""

    def __init__(self, page: CamerasPage, camera_id: str) -> None:
        super().__init__()
        self._page, self.camera_id = page, camera_id
        self._facts = pn.pane.HTML("", stylesheets=[FACTS_CSS], sizing_mode="stretch_width", margin=(0, 5))
        button: dict[str, Any] = {"variant": "text", "size": "small", "margin": (2, 2)}
        self._toggle = pmui.Button(label=tr("Start"), on_click=self._on_toggle, **button)
        self._restart = pmui.Button(label=tr("Restart"), on_click=self._on_restart, **button)
        self._change = pmui.Button(label=tr("Change"), on_click=self._on_change, **button)
        self._remove = pmui.Button(label=tr("Remove"), on_click=self._on_remove, **button)
        self._erase = pmui.Button(label=tr("Erase data"), color="error", on_click=self._on_erase, **button)

    def __panel__(self) -> pn.viewable.Viewable:
        buttons = (self._toggle, self._restart, self._change, self._remove, self._erase)
        row = pn.FlexBox(*buttons, margin=0)
        return pn.Column(self._facts, row, stylesheets=[ROW_CSS], sizing_mode="stretch_width", margin=0)

    def update(self, monitor: Visit) -> None:
        """Show what the camera is doing, and what may be done to it; what did not change is not sent."""
        camera = monitor.camera(self.camera_id)
        html = camera_html(monitor, self.camera_id)
        if self._facts.object != html:
            self._facts.object = html
        added, running = monitor.fleet.is_added(self.camera_id), camera.running
        operates, admin = (monitor.may(role, self.camera_id) for role in (Role.OPERATOR, Role.ADMIN))
        label = tr("Stop") if running else tr("Start")
        if self._toggle.label != label:
            self._toggle.label = label
        for button, shown in (
            (self._toggle, operates),
            (self._restart, operates and running),
            (self._change, admin and added),
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
            self._page.change(self.camera_id)

    async def _on_remove(self, _event: Any) -> None:
        self._page.ask(self.camera_id, "remove")

    async def _on_erase(self, _event: Any) -> None:
        self._page.ask(self.camera_id, "erase")


class CamerasPage(pn.viewable.Viewer):
    """The page of one browser session.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    nav
        The page's links.
    """

    def __init__(self, monitor: Visit, nav: Nav) -> None:
        super().__init__()
        self.monitor = monitor
        self.nav = nav
        self.form = CameraForm(self._try, self._save)
        self.form.offer({purpose: _names(monitor, purpose) for purpose in Purpose})
        self._desk = UploadDesk()
        self._rows: dict[str, CameraRow] = {}
        self._list = pn.Column(sizing_mode="stretch_width", margin=0)
        self._said = pn.pane.HTML("", sizing_mode="stretch_width")
        self._asked = ("", "")
        self._typed = pmui.TextInput(label="", size="small", sizing_mode="stretch_width")
        self._sure = pmui.Button(label="", color="error", size="small", on_click=self._on_sure)
        self._no = pmui.Button(
            label=tr("Keep it"), variant="text", size="small", on_click=lambda _event: self.ask("", "")
        )
        self._question = pn.Column(
            self._typed, pn.Row(self._sure, self._no, margin=0), sizing_mode="stretch_width", visible=False, margin=0
        )

    def __panel__(self) -> pn.viewable.Viewable:
        card = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        self._adding = pn.Column(self.form, **card)
        return pn.Column(
            pn.Column(
                pn.Column(heading(tr("Cameras")), self._said, self._question, self._list, **card),
                pn.Column(heading(tr("Bring videos")), self._desk, **card),
                sizing_mode="stretch_width",
                margin=0,
                stylesheets=[COLUMN_CSS],
            ),
            self._adding,
            stylesheets=[GRID_CSS],
            sizing_mode="stretch_width",
        )

    def show(self) -> None:
        """Bring the page up to date; what did not change is not sent."""
        try:
            cameras = list(self.monitor.cameras)
            if cameras != list(self._rows):
                self._rows = {each: self._rows.get(each) or CameraRow(self, each) for each in cameras}
                self._list.objects = list(self._rows.values())
            for row in self._rows.values():
                row.update(self.monitor)
            self._desk.show(self.monitor)
            if not cameras and not self._said.object:
                self._said.object = status_html("#b54708", tr("No camera"), tr("Add one here, or in livemon.toml."))
            may_add = self.monitor.may(Role.ADMIN, None)
            if self._adding.visible != may_add:
                self._adding.visible = may_add
        except LivemonError as exc:
            self._said.object = status_html("#d92d20", tr("Cannot read"), tr_said(str(exc)))

    async def tick(self) -> None:
        """Bring the page up to date; everything is in memory."""
        self.show()

    def ask(self, camera_id: str, what: str) -> None:
        """Have somebody type the camera's id before it is removed or erased; nothing is asked of an empty one."""
        self._asked = (camera_id, what)
        self._question.visible = bool(camera_id)
        if camera_id:
            words = "Type {id} to remove it" if what == "remove" else "Type {id} to erase its data"
            self._typed.param.update(
                value="",
                label=tr(words, id=camera_id),
            )
            self._sure.label = tr("Remove") if what == "remove" else tr("Erase everything recorded of it")

    async def do(self, button: Any, work: Callable[..., Any], *args: Any) -> None:
        """Do something that blocks; the button is locked meanwhile, and what went wrong is said."""
        button.disabled = True
        try:
            said = await beside(partial(work, *args))
            if isinstance(said, str):
                self._said.object = status_html("#067647", tr("Done"), said)
        except LivemonError as exc:
            self._said.object = status_html("#d92d20", tr("No"), tr_said(str(exc)))
        finally:
            button.disabled = False
        self.show()

    async def _on_sure(self, _event: Any) -> None:
        camera_id, what = self._asked
        if self._typed.value.strip() != camera_id:
            self._said.object = status_html(
                "#d92d20", tr("No"), tr("That is not {id}. Nothing was changed.", id=camera_id)
            )
            return
        self.ask("", "")
        await self.do(self._sure, self._remove if what == "remove" else self._erase, camera_id)

    def _remove(self, camera_id: str) -> str:
        self.monitor.act("remove the camera", camera_id, Role.ADMIN)
        self.monitor.fleet.remove(camera_id)
        return tr("{id} is removed. What was recorded of it stays on the disk.", id=camera_id)

    def _erase(self, camera_id: str) -> str:
        self.monitor.act("reset", camera_id, Role.ADMIN)
        eraser = self.monitor.eraser
        removed = eraser.reset(camera_id, eraser.confirmation(camera_id))
        rows, files = sum(removed.rows.values()), sum(removed.files.values())
        return tr(
            "Of {id} {rows} rows and {files} files are erased, {mb} MB.",
            id=camera_id,
            rows=rows,
            files=files,
            mb=f"{removed.bytes / 1e6:.1f}",
        )

    def change(self, camera_id: str) -> None:
        """Put a camera into the form."""
        self.form.change(camera_id, self.monitor.settings.cameras[camera_id], self.monitor.clock.now())

    async def _try(self, source: str) -> SourceReport:
        if not source:
            raise ConfigError("There is no source to try.", "Write a URL, a device, a folder, or test-pattern.")
        self.monitor.check(Role.ADMIN, None)
        return await asyncio.to_thread(self.monitor.fleet.try_source, source)

    async def _save(self, camera_id: str, values: Values, is_new: bool) -> None:
        def save() -> None:
            if is_new:
                self.monitor.act(f"add camera {camera_id[:64]}", None, Role.ADMIN)
                self._add(camera_id, values)
            else:
                self.monitor.act("change the camera", camera_id, Role.ADMIN)
                self.monitor.fleet.change(camera_id, **values)

        await asyncio.to_thread(save)
        self.show()

    def _add(self, camera_id: str, values: Values) -> None:
        """Add a camera and start it; without a source it plays the videos that people bring, when there are some."""
        if values.get("source"):
            self.monitor.fleet.add(camera_id, **values)
            self.monitor.start(camera_id)
            return
        folder = self.monitor.fleet.folders[0] / camera_id
        self.monitor.fleet.add(camera_id, **values | {"source": str(folder)})  # the id is checked by now
        folder.mkdir(parents=True, exist_ok=True)


def _names(monitor: Visit, purpose: Purpose) -> list[str]:
    return [name for name, prompt in monitor.prompts.named().items() if prompt.purpose is purpose]


def camera_html(monitor: Visit, camera_id: str) -> str:
    """Return what a camera is and does; what its source hides is not in it."""
    camera = monitor.camera(camera_id)
    own = monitor.settings.cameras[camera_id]
    colour, word = state_chip(camera.status)
    where = tr("added here") if monitor.fleet.is_added(camera_id) else tr("in livemon.toml")
    source = f", {escape(redact_url(own.source))}" if monitor.may(Role.OPERATOR, camera_id) else ""
    return (
        f"<b>{escape(camera.name)}</b><div class='quiet'>{escape(camera_id)}, {where}{source}</div>"
        f"{status_html(colour, word, status_sentence(camera.status, monitor.settings.zone))}"
    )


def cameras_page(monitor: Monitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    visited = visit(monitor)
    view = CamerasPage(visited, Nav(CAMERAS, live, visited))
    page = make_page("livemon", view.nav, view)
    # The page is sent as it is now; changes follow once it is rendered.
    view.show()
    pn.state.add_periodic_callback(view.tick, TICK_MS)
    return page
