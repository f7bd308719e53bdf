"""Signed links: one clip, picture or report can be seen without a login, for a while."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from pydantic import Field

from livemon.base.clock import iso
from livemon.base.roles import Role
from livemon.store import links
from livemon.store.links import Link
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.guard import LINKS
from livemon.web.api.operation import RequestModel, ResponseModel, Scope, operation
from livemon.web.api.rows import Url, Utc

LINKABLE = re.compile(
    r"(?:"
    r"thumbnails/(?P<a>[^/]+)/\d{8}/[0-9A-Za-z._]+\.jpg"
    r"|archives/(?P<b>[^/]+)/segment_[0-9_]+\.mp4"
    r"|clips/(?P<c>[^/]+)\.mp4\?[0-9A-Za-z=&:.%+-]+"
    r"|frames/(?P<d>[^/]+)\.jpg\?[0-9A-Za-z=&:.%+-]+"
    r"|events/(?P<e>[^/]+)/\d{1,18}/clip\.mp4"
    r"|(?P<day>daily-reports/(?P<f>[^/]+)/files/\d{4}-\d\d-\d\d)[./][0-9A-Za-z._-]+\.(?:html|pdf|mp4)"
    r")"
)
"""Paths that can be linked to.

A link to a report leads to its day's HTML, PDF and clips, which the page plays.
"""
LINK_ID = "[0-9a-f]{16}"


class NewLink(RequestModel):
    """Target of a link, and its lifetime."""

    path: str = Field(
        max_length=500,
        description="An address below /api/live-monitoring/, with its query.",
        examples=["events/camera-1/42/clip.mp4", "daily-reports/camera-1/files/2026-11-23.en.html"],
    )
    hours: float = Field(24, gt=0, description="How long it works; at most the setting access.link_days.")


class LinkTold(ResponseModel):
    """A link that works without a login. Its address is shown once, when it is made."""

    id: str
    camera_id: str
    path: str = Field(description="What it opens; a star at its end: all that begins so.")
    who: str = Field(description="Who made it.")
    created_utc: Utc
    until_utc: Utc


class LinkMade(LinkTold):
    """A new link."""

    url: Url


class LinksTold(ResponseModel):
    """Links that work, the newest first."""

    links: list[LinkTold]


class _LinkHandler(ApiHandler):
    def seen(self, link: Link) -> bool:
        """Whether the caller may see and revoke a link: an admin of its camera, or who made it."""
        who = self.identity
        if who is None:
            return False
        own = (link.who, link.proof) == (who.name, who.proof.value) and who.sees(link.camera_id)
        return own or who.may(Role.ADMIN, link.camera_id)


class LinksHandler(_LinkHandler):
    """/links."""

    @operation("Links that work, newest first", Role.OPERATOR, scope=Scope.OWN, answer=LinksTold)
    async def get(self) -> None:
        """Answer with the links that the caller made; an admin sees those of others, too."""
        found = await self.blocking(links.links, self.monitor.database, self.monitor.clock.now())
        self.tell(LinksTold, {"links": [_told(one) for one in found if self.seen(one)]})

    @operation(
        "Make a link that works without a login",
        Role.OPERATOR,
        scope=Scope.OWN,
        body=NewLink,
        answer=LinkMade,
        status=HTTPStatus.CREATED,
    )
    async def post(self) -> None:
        """Answer with the link."""
        asked = self.body(NewLink)
        found = LINKABLE.fullmatch(asked.path)
        if found is None:
            raise BadRequest("api.not_linkable", path=asked.path)
        named = {name: text for name, text in found.groupdict().items() if text is not None}
        day = named.pop("day", None)
        camera_id = unquote(next(iter(named.values())))
        self.require(Role.OPERATOR, camera_id)
        self.monitor.camera(camera_id)
        self.deed_detail = asked.path
        lasts = timedelta(hours=min(asked.hours, 1e6))
        identity = self.identity
        assert identity is not None, "the guard lets nobody else in"
        path = f"{day}*" if day else asked.path
        made, signed = await self.blocking(self.monitor.authenticator.link, camera_id, path, lasts, identity)
        self.set_status(HTTPStatus.CREATED)
        self.tell(LinkMade, {**_told(made), "url": self.absolute_url(f"{LINKS}/{signed}/{asked.path}")})


class OneLinkHandler(_LinkHandler):
    """/links/{link_id}."""

    @operation("Revoke a link", Role.OPERATOR, scope=Scope.OWN, status=HTTPStatus.NO_CONTENT)
    async def delete(self, link_id: str) -> None:
        """Make a link stop working: at once here, within five seconds in other processes."""
        found = await self.blocking(links.link_of, self.monitor.database, link_id, self.monitor.clock.now())
        if found is None or not self.seen(found):
            raise NotThere("api.no_link", link_id=link_id)
        self.deed_detail = found.path
        await self.blocking(self.monitor.authenticator.revoke_link, link_id)
        self.set_status(HTTPStatus.NO_CONTENT)


def _told(link: Link) -> dict[str, Any]:
    return {
        "id": link.id,
        "camera_id": link.camera_id,
        "path": link.path,
        "who": link.who,
        "created_utc": iso(link.created_utc),
        "until_utc": iso(link.until_utc),
    }
