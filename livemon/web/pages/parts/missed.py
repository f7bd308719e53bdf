"""Form to mark a missed event; it becomes a label for the lab, and an event of the day.

Keeping it is store/reviews.py's; which window it belongs to, web/pages/day.py's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import WINDOW
from livemon.base.datatypes import EventType, Severity
from livemon.base.errors import ConfigError, LivemonError
from livemon.store import reviews
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr, tr_message, tr_options
from livemon.web.pages.parts.day_text import local_time

SEVERITIES = {"page.danger": Severity.DANGER, "page.warning": Severity.WARNING, "page.info": Severity.INFO}
TYPES = {
    "page.safety": EventType.SAFETY,
    "page.development": EventType.DEVELOPMENT,
    "page.activity": EventType.ACTIVITY,
}


@dataclass(frozen=True, slots=True)
class Missed:
    """An event that a person reports as missed."""

    at_utc: datetime
    title: str
    severity: Severity
    event_type: EventType


class MissedForm(pn.viewable.Viewer):
    """A button that opens the form; `show` says of which window it is.

    Parameters
    ----------
    on_save
        Receives the missed event; raises LivemonError.
    """

    def __init__(self, on_save: Callable[[Missed], Awaitable[None]]) -> None:
        super().__init__()
        self._on_save = on_save
        self._start: datetime | None = None
        self._zone: tzinfo | None = None
        self._place_s = 0.0
        field: dict[str, Any] = {"size": "small", "width": 150, "margin": (6, 5)}
        self._open = pmui.Button(
            label=tr("day.mark_missed_event_here"),
            variant="outlined",
            size="small",
            on_click=self._on_open,
            margin=(4, 5),
        )
        self._time = pmui.TextInput(label=tr("page.time"), **field)
        self._severity = pmui.Select(
            label=tr("page.severity"), options=tr_options(SEVERITIES), value=Severity.WARNING, **field
        )
        self._type = pmui.Select(label=tr("page.type"), options=tr_options(TYPES), value=EventType.SAFETY, **field)
        self._title = pmui.TextInput(label=tr("day.what_happened"), max_length=200, **field | {"width": 310})
        save = pmui.Button(label=tr("page.save"), size="small", on_click=self._on_save_click, margin=(10, 5))
        cancel = pmui.Button(
            label=tr("page.cancel"), variant="text", size="small", on_click=self._on_cancel, margin=(10, 5)
        )
        fields = (self._time, self._severity, self._type, self._title, save, cancel)
        self._form = pmui.FlexBox(*fields, visible=False, margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._open, self._form, sizing_mode="stretch_width", margin=0)

    def show(self, start: datetime | None, zone: tzinfo | None, *, may_write: bool) -> None:
        """Offer it for a window; for none when `start` is None, or the user may not write."""
        offered = start is not None and may_write
        if start != self._start:
            self._start, self._zone, self._place_s = start, zone, 0.0
            self._form.visible = False
        if self._open.visible != (offered and not self._form.visible):
            self._open.visible = offered and not self._form.visible
        if self._form.visible and not offered:
            self._form.visible = False

    def at(self, place_s: float) -> None:
        """Take the moment at which the video was stopped, in seconds since the window's beginning."""
        self._place_s = place_s
        if self._form.visible:
            self._fill()

    def _fill(self) -> None:
        assert self._start is not None
        assert self._zone is not None
        self._time.value = local_time(self._start + timedelta(seconds=self._place_s), self._zone, seconds=True)[:8]

    async def _on_open(self, _event: Any) -> None:
        if self._start is not None:
            self._fill()
            self._title.value = ""
            self._form.visible, self._open.visible = True, False

    async def _on_cancel(self, _event: Any) -> None:
        self._form.visible, self._open.visible = False, True

    async def _on_save_click(self, _event: Any) -> None:
        try:
            await self._on_save(self._said())
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
            return
        self._form.visible, self._open.visible = False, True

    def _said(self) -> Missed:
        """Return what is written; raises ConfigError when it says no moment of the window, or not what."""
        assert self._start is not None
        title = (self._title.value_input or self._title.value or "").strip()
        if not title:
            raise ConfigError("missed.nothing_written")
        at = moment_in(self._start, self._time.value_input or self._time.value or "", self._zone)
        return Missed(at, title, self._severity.value, self._type.value)


def keep_missed(authorized: AuthorizedMonitor, camera_id: str, missed: Missed) -> None:
    """Keep an event that a person reports as missed; blocks briefly.

    Raises
    ------
    NotAllowed, StoreError
        When they may not, or the database refuses.
    """
    monitor = authorized.act("mark a missed event", camera_id)
    reviews.add_missed(
        monitor.database,
        camera_id,
        missed.at_utc,
        missed.title,
        monitor.clock.now(),
        severity=missed.severity,
        event_type=missed.event_type,
        reviewed_by=authorized.identity.name,
    )


def moment_in(start: datetime, text: str, zone: tzinfo | None) -> datetime:
    """Return the moment of a window that a time of day means.

    Raises
    ------
    ConfigError
        When it is not a time, or one of another window.
    """
    try:
        wanted = time.fromisoformat(text.strip())
    except ValueError:
        wanted = time.max
    local = start.astimezone(zone)
    seconds = (wanted.hour - local.hour) * 3600 + (wanted.minute - local.minute) * 60 + wanted.second - local.second
    at = start + timedelta(seconds=seconds % 86400)
    if not start <= at < start + WINDOW:
        end = (start + WINDOW).astimezone(zone)
        raise ConfigError("missed.wrong_time", text=text, local=local, end=end)
    return at
