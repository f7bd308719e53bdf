"""The Prompts page: live prompts by camera with their date; a diff of two; promotion, and going back.

The actions live in inference/prompts.py, as for the command line and notebooks. Drawing lives in parts/prompt_text.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message
from livemon.base.model_types import Purpose
from livemon.base.roles import Role
from livemon.inference.prompts import Live
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_message, tr_options
from livemon.web.pages.parts.prompt_text import STYLES, diff_html, history_html, live_html, prompt_options
from livemon.web.pages.shell.nav import PROMPTS, Nav
from livemon.web.pages.shell.page import (
    CARD_CSS,
    PAGE_CSS,
    asked_for,
    camera_options,
    follow,
    heading,
    make_page,
    offer_cameras,
    prepare_page,
    status_html,
)

TICK_MS = 1000
FRESH_S = 2.0
"""Files of prompts change, and promotions are made, without anybody being told."""

PURPOSES = {"cameras.looks": Purpose.LOOK, "cameras.studies_title": Purpose.STUDY}


@dataclass(frozen=True, slots=True)
class PromptsReading:
    """Data of the page: `live` has a row for each camera and purpose, `table` one for each prompt."""

    live: pd.DataFrame
    table: pd.DataFrame
    problems: tuple[Message, ...]
    history: pd.DataFrame


class PromptsPage(pn.viewable.Viewer):
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
        self._monitor = monitor
        self.nav = nav
        self._live = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        field: dict[str, Any] = {"size": "small", "width": 230, "margin": (8, 5)}
        self._camera = pmui.Select(label=tr("page.camera"), options=camera_options(monitor), **field)
        self._purpose = pmui.Select(
            label=tr("cameras.for"), options=tr_options(PURPOSES), value=Purpose.LOOK, **field | {"width": 120}
        )
        self._prompt = pmui.Select(label=tr("page.prompt_title"), options={}, **field | {"width": 300})
        self._note = pmui.TextInput(label=tr("cameras.why_kept_in_history"), max_length=300, **field | {"width": 300})
        button: dict[str, Any] = {"size": "small", "margin": (12, 5)}
        self._use = pmui.Button(label=tr("cameras.make_live"), on_click=self._on_use, **button)
        self._back = pmui.Button(label=tr("cameras.roll_back"), variant="outlined", on_click=self._on_back, **button)
        self._reset = pmui.Button(
            label=tr("cameras.as_in_settings_title"), variant="text", on_click=self._on_reset, **button
        )
        self._said = pn.pane.HTML("", sizing_mode="stretch_width")
        self._history = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._one = pmui.Select(label=tr("cameras.this"), options={}, **field | {"width": 300})
        self._other = pmui.Select(label=tr("cameras.and"), options={}, **field | {"width": 300})
        self._diff = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._reading = False
        self._gone = ""
        self._version = asked_for("version")
        if asked_for("camera") in self._camera.options.values():
            self._camera.value = asked_for("camera")
        for widget in (self._camera, self._purpose):
            widget.param.watch(self._on_choice, "value")
        for widget in (self._one, self._other):
            widget.param.watch(self._on_compare, "value")

    def __panel__(self) -> pn.viewable.Viewable:
        card = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        chooser = pmui.FlexBox(self._camera, self._purpose, self._prompt, self._note, margin=0)
        self._buttons = pmui.FlexBox(self._use, self._back, self._reset, margin=0)
        return pn.Column(
            pn.Column(heading(tr("cameras.live_prompts")), self._live, **card),
            pn.Column(heading(tr("cameras.change_title")), chooser, self._buttons, self._said, self._history, **card),
            pn.Column(
                heading(tr("cameras.compare")), pmui.FlexBox(self._one, self._other, margin=0), self._diff, **card
            ),
            stylesheets=[PAGE_CSS],
            sizing_mode="stretch_width",
        )

    def read(self) -> PromptsReading | LivemonError | None:
        """Read the page's data, once for all sessions that see the same cameras; None without a camera."""
        try:
            cameras = tuple(self._monitor.cameras)
            camera_id, purpose = self._camera.value, self._purpose.value
            if camera_id is None:
                return None
            self._monitor.camera(camera_id)
            return self._monitor.read(
                cameras,
                ("prompts", cameras, camera_id, purpose),
                lambda monitor: _read(monitor, cameras, camera_id, purpose),
                fresh_s=FRESH_S,
            )
        except LivemonError as exc:
            return exc

    def show(self, reading: PromptsReading | LivemonError | None) -> None:
        """Put a reading on the page; what did not change is not sent."""
        if reading is None:
            _set(self._live, object=status_html("#b54708", tr("page.no_camera"), tr("page.add_one_on_cameras")))
            return
        if isinstance(reading, LivemonError):
            _set(self._live, object=status_html("#d92d20", tr("page.cannot_read"), tr_message(reading.said)))
            return
        zone = self._monitor.zone
        problems = "".join(
            status_html("#b54708", tr("cameras.not_read"), tr_message(problem)) for problem in reading.problems
        )
        names = {camera_id: camera.name for camera_id, camera in self._monitor.cameras.items()}
        _set(self._live, object=live_html(reading.live, names, zone) + problems)
        _set(self._history, object=history_html(reading.history, zone))
        mine = reading.table[reading.table["purpose"] == self._purpose.value.value]
        _options(self._prompt, prompt_options(mine))
        everything = prompt_options(reading.table)
        now = reading.live[(reading.live["camera_id"] == self._camera.value)]
        is_live = next(iter(now[now["purpose"] == self._purpose.value.value]["version"]), "")
        _options(self._one, everything, is_live)
        _options(self._other, everything, self._version or is_live)
        operates = self._monitor.may(Role.OPERATOR, self._camera.value)
        _set(self._buttons, visible=operates)
        _set(self._note, visible=operates)
        _set(self._prompt, visible=operates)

    async def tick(self) -> None:
        """Bring the page up to date."""
        if self._reading:
            return
        self._gone = offer_cameras(self._camera, camera_options(self._monitor)) or self._gone
        self._reading = True
        try:
            asked = (self._camera.value, self._purpose.value)
            reading = await beside(self.read)
            if asked == (self._camera.value, self._purpose.value):  # otherwise something else was chosen meanwhile
                self.show(reading)
                if not self._diff.object:
                    await self._on_compare(None)
        finally:
            self._reading = False

    async def _on_choice(self, _event: Any) -> None:
        gone, self._gone = self._gone, ""
        words = tr("day.there_no_camera", name=gone)
        self._said.object = status_html("#b54708", tr("page.no_camera"), words) if gone else ""
        self.nav.write_address({"camera": self._camera.value or ""})
        await self.tick()

    async def _on_compare(self, _event: Any) -> None:
        one, other = self._one.value, self._other.value
        if one and other:
            try:
                monitor = self._monitor.check(Role.VIEWER, self._camera.value)
                found = await asyncio.to_thread(monitor.prompts.diff, one, other)
                _set(self._diff, object=diff_html(found))
            except LivemonError as exc:
                _set(self._diff, object=status_html("#d92d20", tr("page.no"), tr_message(exc.said)))

    async def _on_use(self, _event: Any) -> None:
        camera_id, prompt = self._camera.value, self._prompt.value

        def use(monitor: Monitor) -> str:
            made = monitor.prompts.promote(camera_id, prompt, by=self._monitor.identity.name, note=self._why)
            return tr("cameras.version_live_for_from", version=made.version[:8], id=camera_id)

        await self._change("make a prompt live", use)

    async def _on_back(self, _event: Any) -> None:
        camera_id, purpose = self._camera.value, self._purpose.value

        def back(monitor: Monitor) -> str:
            live = monitor.prompts.roll_back(
                camera_id, purpose, by=self._monitor.identity.name, note=self._why or "rolled back"
            )
            return tr("cameras.version_live_for_again", **_named(live), id=camera_id)

        await self._change("roll a prompt back", back)

    async def _on_reset(self, _event: Any) -> None:
        camera_id, purpose = self._camera.value, self._purpose.value

        def reset(monitor: Monitor) -> str:
            monitor.prompts.demote(camera_id, purpose, by=self._monitor.identity.name, note=self._why)
            live, _ = monitor.prompts.in_use(camera_id, purpose)
            return tr("cameras.version_live_for_as", **_named(live), id=camera_id)

        await self._change("reset the prompt", reset)

    @property
    def _why(self) -> str:
        return (self._note.value_input or self._note.value or "").strip()

    async def _change(self, action: str, work: Callable[[Monitor], str]) -> None:
        camera_id = self._camera.value

        def checked() -> str:
            self._monitor.camera(camera_id)  # it may have been removed
            return work(self._monitor.act(action, camera_id))

        try:
            said = status_html("#067647", tr("page.done"), await beside(checked))
            self._note.value = ""
        except LivemonError as exc:
            said = status_html("#d92d20", tr("page.no"), tr_message(exc.said))
        self._monitor.forget("prompts")
        await self.tick()
        self._said.object = said


def _named(live: Live) -> dict[str, str]:
    return {"name": live.name, "version": live.prompt.version[:8]}


def _read(monitor: Monitor, cameras: tuple[str, ...], camera_id: str, purpose: Purpose) -> PromptsReading:
    rows = []
    for each in cameras:
        for one in Purpose:
            live, _ = monitor.prompts.in_use(each, one)
            history = monitor.prompts.history(each, one)
            since = history["from_utc"].iloc[0] if len(history) else None
            rows.append((each, one.value, live.name, live.prompt.version, live.by, since))
    columns = ["camera_id", "purpose", "name", "version", "by", "since_utc"]
    return PromptsReading(
        live=pd.DataFrame(rows, columns=columns),
        table=monitor.prompts.table(),
        problems=tuple(monitor.prompts.problems(cameras)),
        history=monitor.prompts.history(camera_id, purpose),
    )


def _options(select: Any, options: dict[str, str], wanted: str = "") -> None:
    """Offer these; the chosen option stays chosen while it is there."""
    if select.options == options:
        return
    values = list(options.values())
    chosen = select.value if select.value in values else wanted if wanted in values else next(iter(values), None)
    select.param.update(options=options, value=chosen)


def _set(component: Any, **values: Any) -> None:
    """Change values that differ; without a change the browser is sent nothing."""
    changed = {name: value for name, value in values.items() if getattr(component, name) != value}
    if changed:
        component.param.update(**changed)


def prompts_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = PromptsPage(monitor, Nav(PROMPTS, live, monitor))
    page = make_page(view.nav, view)
    # The page is sent as it is now; changes follow once it is drawn.
    view.show(view.read())
    follow(view.nav, view.tick, TICK_MS)
    return page
