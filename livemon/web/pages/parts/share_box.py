"""ShareBox: a file of an event, a moment or any range, and a link to it that expires; see share_box.js.

Links are made, signed and checked by the API (web/api/links.py), which asks for the role again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.base.clock import iso
from livemon.base.roles import Role
from livemon.web.api.guard import API_ROOT
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr_all
from livemon.web.pages.parts.player import STATIC

DAYS = (1, 7, 30)
"""Offered lifetimes of a link; the setting access.link_days is the limit."""

WORDS = {
    "title": "share.title",
    "what": "share.what",
    "event": "share.event",
    "range": "share.range",
    "moment": "share.moment",
    "from": "review.from",
    "to": "review.to",
    "save": "share.save",
    "works_for": "share.works_for",
    "n_days": "share.n_days",
    "make": "share.make",
    "link": "share.link",
    "copy": "share.copy",
    "copied": "share.copied",
    "until": "share.until",
    "failed": "share.failed",
    "wrong_times": "share.wrong_times",
    "needs_operator": "share.needs_operator",
}


class ShareBox(JSComponent):
    """It offers the event, when there is one, and any range or moment of the camera."""

    camera = param.String(default="", doc="Whose footage.")
    event = param.Integer(default=0, doc="Id of the event; 0 for none.")
    start = param.String(default="", doc="Where the range begins at first, in ISO 8601; empty: a minute ago.")
    end = param.String(default="", doc="Where it ends; empty: a minute later.")
    zone = param.String(default="", doc="IANA name of the zone in which times are written.")
    can_share = param.Boolean(default=False, doc="Whether a link may be made; the API asks again.")
    days = param.List(default=[1])
    api = param.String(default=API_ROOT.lstrip("/"), doc="The API's root, relative to the page.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "share_box.bundle.js"

    @classmethod
    def for_page(cls, monitor: AuthorizedMonitor) -> ShareBox:
        """Return a box for a page; it shows nothing before `offer`."""
        return cls(
            zone=monitor.zone_name,
            days=list(DAYS),
            words=tr_all(WORDS),
            visible=False,
            sizing_mode="stretch_width",
        )

    def offer(
        self,
        monitor: AuthorizedMonitor,
        camera_id: str,
        start: datetime | None = None,
        end: datetime | None = None,
        event_id: int = 0,
    ) -> None:
        """Offer an event or a stretch of a camera; without a camera nothing. Unchanged values are not sent."""
        wanted = {
            "camera": camera_id,
            "event": event_id,
            "start": "" if start is None else iso(start),
            "end": "" if end is None else iso(end),
            "can_share": bool(camera_id) and monitor.may(Role.OPERATOR, camera_id),
            "visible": bool(camera_id),
        }
        self.param.update(**{name: value for name, value in wanted.items() if getattr(self, name) != value})
