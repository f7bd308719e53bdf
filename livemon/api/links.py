"""Signed links: what lets somebody without a login see one clip, picture or report, for a while."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import unquote

from pydantic import Field

from livemon.access import Role
from livemon.api.base import ApiHandler, BadRequest
from livemon.api.guard import LINKS
from livemon.api.operation import Asked, Scope, Told, operation
from livemon.api.rows import Url, Utc
from livemon.clock import iso

LINKABLE = re.compile(
    r"(?:"
    r"thumbnails/(?P<a>[^/]+)/\d{8}/[0-9A-Za-z._]+\.jpg"
    r"|archives/(?P<b>[^/]+)/segment_[0-9_]+\.mp4"
    r"|clips/(?P<c>[^/]+)\.mp4\?[0-9A-Za-z=&:.%+-]+"
    r"|frames/(?P<d>[^/]+)\.jpg\?[0-9A-Za-z=&:.%+-]+"
    r"|events/(?P<e>[^/]+)/\d{1,18}/clip\.mp4"
    r"|(?P<day>daily-reports/(?P<f>[^/]+)/files/\d{4}-\d\d-\d\d)[./][0-9A-Za-z._-]+"
    r")"
)
"""What can be linked to. A link to a report leads to all files of its day: the page plays its clips."""


class NewLink(Asked):
    """What to link to, and for how long."""

    path: str = Field(
        max_length=500,
        description="An address below /api/live-monitoring/, with its query.",
        examples=["events/camera-1/42/clip.mp4", "daily-reports/camera-1/files/2026-11-23.en.html"],
    )
    hours: float = Field(24, gt=0, description="How long it works; at most the setting access.link_days.")


class LinkTold(Told):
    """A link that works without a login."""

    url: Url
    until_utc: Utc


class Links(ApiHandler):
    """/links."""

    @operation(
        "Make a link that works without a login",
        Role.OPERATOR,
        scope=Scope.OWN,
        body=NewLink,
        answer=LinkTold,
        status=HTTPStatus.CREATED,
    )
    async def post(self) -> None:
        """Answer with the link."""
        asked = self.body(NewLink)
        found = LINKABLE.fullmatch(asked.path)
        if found is None:
            raise BadRequest(
                f"'{asked.path}' is nothing that can be linked to.",
                "Give the address of a clip, frame, picture, archive or report, without what stands before it.",
            )
        named = {name: text for name, text in found.groupdict().items() if text is not None}
        day = named.pop("day", None)
        camera_id = unquote(next(iter(named.values())))
        self.require(Role.OPERATOR, camera_id)
        self.monitor.camera(camera_id)
        self.deed_detail = asked.path
        lasts = timedelta(hours=min(asked.hours, 1e6))
        signed = await self.blocking(self.monitor.doorman.link, camera_id, f"{day}*" if day else asked.path, lasts)
        self.set_status(HTTPStatus.CREATED)
        url = self.absolute_url(f"{LINKS}/{signed}/{asked.path}")
        self.tell(LinkTold, {"url": url, "until_utc": iso(self.monitor.clock.now() + lasts)})
