"""The Cameras page: state of each camera; adding, trying, changing, starting, stopping, removing, erasing.

The form lives in parts/camera_form.py. Changes of cameras are made by the camera_registry and the eraser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from livemon.base.errors import ConfigError, LivemonError
from livemon.base.model_types import Purpose
from livemon.base.private_files import make_folder
from livemon.base.roles import Role
from livemon.cameras.added import settings_of
from livemon.cameras.sideways import degrees_to_turn
from livemon.monitor.monitor import Monitor
from livemon.stream.sources.allowed_hosts import is_on_this_machine
from livemon.stream.sources.check import SourceReport
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_message
from livemon.web.pages.parts.camera_form import CameraForm, Values
from livemon.web.pages.parts.camera_row import CameraListItem, RemovedListItem
from livemon.web.pages.parts.rule_trial_text import trial_text
from livemon.web.pages.parts.upload_area import UploadDesk
from livemon.web.pages.shell.nav import CAMERAS, Nav
from livemon.web.pages.shell.page import CARD_CSS, follow, heading, make_page, prepare_page, status_html

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


class CamerasPage(pn.viewable.Viewer):
    """The page of one browser session.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    nav
        The page's links.
    """

    def __init__(self, monitor: AuthorizedMonitor, nav: Nav) -> None:
        super().__init__()
        self.monitor = monitor
        self.nav = nav
        self.form = CameraForm(self._try, self._save, self._try_rule)
        self.form.offer({purpose: _names(monitor, purpose) for purpose in Purpose})
        self._report_jobs = UploadDesk()
        self._rows: dict[str, CameraListItem] = {}
        self._removed: dict[str, RemovedListItem] = {}
        self._unusable = pn.pane.HTML("", sizing_mode="stretch_width")
        self._list = pn.Column(sizing_mode="stretch_width", margin=0)
        self._said = pn.pane.HTML("", css_classes=["said"], sizing_mode="stretch_width")
        self._asked = ("", "")
        self._typed = pmui.TextInput(label="", size="small", sizing_mode="stretch_width")
        self._sure = pmui.Button(label="", color="error", size="small", on_click=self._on_sure)
        self._no = pmui.Button(
            label=tr("cameras.keep"), variant="text", size="small", on_click=lambda _event: self.ask("", "")
        )
        self._question = pn.Column(
            self._typed,
            pn.Row(self._sure, self._no, margin=0),
            css_classes=["question"],
            sizing_mode="stretch_width",
            margin=0,
        )

    def __panel__(self) -> pn.viewable.Viewable:
        card = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        self._adding = pn.Column(self.form, css_classes=["adding"], **card)
        return pn.Column(
            pn.Column(
                pn.Column(heading(tr("page.cameras")), self._said, self._unusable, self._list, **card),
                pn.Column(heading(tr("cameras.bring_videos")), self._report_jobs, **card),
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
            if cameras != list(self._rows) or not self._list.objects:
                self._rows = {each: self._rows.get(each) or CameraListItem(self, each) for each in cameras}
                self._find_removed()
                self._place()
            for row in self._rows.values():
                row.update(self.monitor)
            self._report_jobs.show(self.monitor)
            self._show_unusable()
            if not cameras and not self._said.object:
                self._said.object = status_html("#b54708", tr("page.no_camera"), tr("cameras.add_one_here_or"))
            may_add = self.monitor.may(Role.ADMIN, None)
            if self._adding.visible != may_add:
                self._adding.visible = may_add
        except LivemonError as exc:
            self._said.object = status_html("#d92d20", tr("page.cannot_read"), tr_message(exc.said))

    def _find_removed(self) -> None:
        """Bring the list of removed cameras up to date; it asks the database."""
        admin = self.monitor.may(Role.ADMIN, None)
        gone = self.monitor.check(Role.ADMIN, None).eraser.removed() if admin else []
        self._removed = {each: self._removed.get(each) or RemovedListItem(self, each) for each in gone}

    def _show_unusable(self) -> None:
        """Say which kept cameras cannot be used, and why; they are removed over the API."""
        said = [tr_message(why) for why in self.monitor.unreadable_cameras.values()]
        shown = "".join(status_html("#b54708", tr("cameras.not_read"), why) for why in said)
        if self._unusable.object != shown:
            self._unusable.object = shown

    async def tick(self) -> None:
        """Bring the page up to date; everything is in memory."""
        self.show()

    def ask(self, camera_id: str, what: str) -> None:
        """Require the camera's id to be typed before it is removed or erased; an empty one ends the question."""
        self._asked = (camera_id, what)
        if camera_id:
            words = "cameras.type_to_remove" if what == "remove" else "cameras.type_to_erase_its"
            self._typed.param.update(
                value="",
                label=tr(words, id=camera_id),
            )
            self._sure.label = tr("cameras.remove") if what == "remove" else tr("cameras.erase_everything_recorded")
            self.nav.look_at("question")
        self._place()  # the words first: what changes while it is drawn can be lost

    def _say(self, colour: str, word: str, sentence: str) -> None:
        self._said.object = status_html(colour, word, sentence)
        self.nav.look_at("said")

    def _place(self) -> None:
        """Put the rows into the list, and what is asked below the row that it is about."""
        shown = {**self._rows, **self._removed}
        rows = [[row, self._question] if each == self._asked[0] else [row] for each, row in shown.items()]
        self._list.objects = [one for row in rows for one in row]

    async def do(self, button: Any, work: Callable[..., Any], *args: Any) -> None:
        """Do something that blocks; the button is locked meanwhile, and what went wrong is said."""
        if button.disabled:
            return  # the second click of two
        button.disabled = True
        try:
            said = await beside(partial(work, *args))
            if isinstance(said, str):
                self._say("#067647", tr("page.done"), said)
        except LivemonError as exc:
            self._say("#d92d20", tr("page.no"), tr_message(exc.said))
        finally:
            button.disabled = False
        self.show()

    async def _on_sure(self, _event: Any) -> None:
        camera_id, what = self._asked
        if self._typed.value.strip() != camera_id:
            self._say("#d92d20", tr("page.no"), tr("cameras.not_nothing_was_changed", id=camera_id))
            return
        self.ask("", "")
        await self.do(self._sure, self._remove if what == "remove" else self._erase, camera_id)

    def _remove(self, camera_id: str) -> str:
        self.monitor.act("remove the camera", camera_id, Role.ADMIN).camera_registry.remove(camera_id)
        return tr("cameras.removed_what_was_recorded", id=camera_id)

    def _erase(self, camera_id: str) -> str:
        eraser = self.monitor.act("reset", camera_id, Role.ADMIN).eraser
        removed = eraser.reset(camera_id, eraser.confirmation(camera_id))
        if camera_id in self._removed:
            self._find_removed()
            self._place()
        rows, files = sum(removed.rows.values()), sum(removed.files.values())
        return tr(
            "cameras.rows_and_files_erased",
            id=camera_id,
            rows=rows,
            files=files,
            mb=f"{removed.bytes / 1e6:.1f}",
        )

    def revert(self, camera_id: str) -> str:
        """Take back the changes of a camera of livemon.toml, and report it."""
        self.monitor.act("take back the camera's changes", camera_id, Role.ADMIN).camera_registry.revert(camera_id)
        return tr("cameras.reverted", id=camera_id)

    async def change(self, camera_id: str) -> None:
        """Put a camera into the form, and say when its newest picture lies on its side."""
        monitor = self.monitor.check(Role.ADMIN, camera_id)
        self.form.change(camera_id, monitor.settings.cameras[camera_id], monitor.clock.now())
        self.nav.look_at("adding")
        degrees = await asyncio.to_thread(monitor.camera(camera_id).degrees_to_turn)
        self.form.notice_sideways(camera_id, degrees)

    async def _try(self, source: str) -> tuple[SourceReport, int]:
        if not source:
            raise ConfigError("camera.no_source")
        registry = self.monitor.check(Role.ADMIN, None).camera_registry
        report = await asyncio.to_thread(registry.try_source, source)
        return report, await asyncio.to_thread(degrees_to_turn, report.picture)

    async def _try_rule(self, camera_id: str, zones: list[Values], rule: Values) -> str:
        camera = self.monitor.check(Role.ADMIN, camera_id).camera(camera_id)
        own = settings_of({"source": "", "zones": zones, "zone_rules": [rule]})
        trial = await asyncio.to_thread(camera.try_rule, own.zone_rules[0], own.zones)
        return trial_text(trial, self.monitor.zone)

    async def _save(self, camera_id: str, values: Values, is_new: bool) -> str:
        def save() -> str:
            if is_new:
                registry = self.monitor.check(Role.ADMIN, None).camera_registry
                new_id = camera_id or registry.free_id(str(values["name"]))
                _add(self.monitor.act(f"add camera {new_id[:64]}", None, Role.ADMIN), new_id, values)
                return new_id
            monitor = self.monitor.act("change the camera", camera_id, Role.ADMIN)
            if is_on_this_machine(str(values.get("source") or "")):
                self.monitor.check(Role.ADMIN, None)
            monitor.camera_registry.change(camera_id, **values)
            return camera_id

        kept_id = await asyncio.to_thread(save)
        self.show()
        return kept_id


def _add(monitor: Monitor, camera_id: str, values: Values) -> None:
    """Add a camera and start it; without a source it plays the videos that people bring, when there are some."""
    if values.get("source"):
        monitor.camera_registry.add(camera_id, **values)
        monitor.start(camera_id)
        return
    folder = monitor.camera_registry.folders[0] / camera_id
    monitor.camera_registry.add(camera_id, **values | {"source": str(folder)})  # the id is checked by now
    make_folder(folder)


def _names(monitor: AuthorizedMonitor, purpose: Purpose) -> list[str]:
    """Return the prompts that the form offers; none to a visitor who cannot change a camera."""
    if not monitor.may(Role.ADMIN, None):
        return []
    named = monitor.check(Role.ADMIN, None).prompts.named()
    return [name for name, prompt in named.items() if prompt.purpose is purpose]


def cameras_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = CamerasPage(monitor, Nav(CAMERAS, live, monitor))
    page = make_page(view.nav, view)
    # The page is sent as it is now; changes follow once it is drawn.
    view.show()
    follow(view.nav, view.tick, TICK_MS)
    return page
