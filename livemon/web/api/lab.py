"""Footage of the lab's clips, for labelling.

Recordings of cameras are played by playback.py.

A clip does not belong to a camera. Its caller must have the right to see all cameras, and to change something:
labelling is beyond a viewer's role.
"""

from __future__ import annotations

from livemon.archive.footage import Footage
from livemon.base.errors import LabError
from livemon.base.roles import Role
from livemon.web.api.base import NotThere
from livemon.web.api.media import CONTENT_TYPES
from livemon.web.api.operation import Scope, operation
from livemon.web.api.playback import FootageHandler, PlaybackSegmentsHandler, StretchQuery

ID = r"clip-[0-9a-f]{16}"
"""Pattern of a clip's id: it cannot lead out of the folder of clips."""


class _ClipFootage(FootageHandler):
    async def footage(self, clip_id: str) -> Footage:
        """Return a clip's footage; NotThere when the lab does not have it."""
        try:
            return await self.blocking(self.monitor.lab.clips.footage, clip_id)
        except LabError as exc:
            raise NotThere(exc.said.code, **exc.said.values) from exc


class ClipPlaylistHandler(_ClipFootage):
    """/lab/{clip_id}.m3u8: a clip of the lab as a playlist."""

    @operation(
        "Footage of a clip of the lab as a playlist",
        Role.OPERATOR,
        scope=Scope.ALL,
        query=StretchQuery,
        media=CONTENT_TYPES[".m3u8"],
    )
    async def get(self, clip_id: str) -> None:
        """Answer with the playlist."""
        query = self.query(StretchQuery)
        footage = await self.footage(clip_id)
        text = await self.asked(footage.playlist, query.start, query.end)
        self.set_header("Content-Type", CONTENT_TYPES[".m3u8"])
        self.set_header("Cache-Control", "no-store")
        self.write_text(text)


class ClipSegmentsHandler(_ClipFootage, PlaybackSegmentsHandler):
    """/lab/{clip_id}/{segment}: a segment of such a playlist."""

    @operation("A segment of a clip of the lab", Role.OPERATOR, scope=Scope.ALL, media=CONTENT_TYPES[".ts"])
    async def get(self, clip_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file."""
        footage = await self.footage(clip_id)
        await self.send_segment(footage, clip_id, name, include_body)
