"""LivePlaylist: the live playlist's file, from one finished segment to the next, and from one run to the next.

The text of a playlist lives in playlist.py (pure); here are the times of writing, and the state that a new process goes
on from.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from livemon.base.datatypes import Segment
from livemon.base.private_files import write_text
from livemon.base.stream_types import StreamProfile
from livemon.stream.playlist import MediaPlaylist, PlaylistEntry, parse_playlist
from livemon.stream.segments import follows, list_segments

PLAYLIST = "index.m3u8"


class LivePlaylist:
    """Lists a camera's newest segments.

    Parameters
    ----------
    folder
        Holds the segments and ``index.m3u8``.
    profile
        Number of listed segments, and their length.
    first_sequence
        Media sequence to begin with when there is no playlist to go on from.
    """

    def __init__(self, folder: Path, profile: StreamProfile, first_sequence: int) -> None:
        self.path = folder / PLAYLIST
        self._profile = profile
        self._last: Segment | None = None
        self._end_utc: datetime | None = None
        self._playlist = MediaPlaylist(profile.segment_s, first_sequence)

    @property
    def last(self) -> Segment | None:
        """The newest segment of this process."""
        return self._last

    @property
    def end_utc(self) -> datetime | None:
        """End of the newest footage, of earlier processes too; None when there is none. Nothing may begin before."""
        return self._end_utc

    @property
    def target_duration_s(self) -> int:
        """Longest segment, rounded; grows when a camera sends keyframes more rarely than segments should end."""
        return self._playlist.target_duration_s

    def resume(self) -> None:
        """Go on from the state on the disk, which another process may have written, and take the file away.

        Its entries may be hours old and must not be offered as live. OSError when the disk refuses; may be called
        again.
        """
        on_disk = list_segments(self.path.parent)
        self._end_utc = on_disk[-1].end_utc if on_disk else None
        try:
            # The media sequence never goes back: players would take new segments for old ones.
            earlier = parse_playlist(self.path.read_text())
        except (FileNotFoundError, ValueError):
            earlier = self._playlist
        if earlier.target_duration_s != self._profile.segment_s:
            # The setting was changed, or a camera with rare keyframes made it grow: it is found anew.
            earlier = earlier.emptied(self._profile.segment_s)
        self._playlist = earlier
        self.path.unlink(missing_ok=True)

    def add(self, segment: Segment) -> None:
        """List a finished segment; OSError when the disk refuses, and then it is not listed."""
        self._end_utc = segment.end_utc  # listed or not, it is there
        continues = self._last is not None and follows(segment, self._last)
        # The very first segment of an empty playlist continues nothing, so it carries no tag.
        first_ever = not self._playlist.entries and self._playlist.discontinuity_sequence == 0 and self._last is None
        entry = PlaylistEntry(
            segment.path.name, segment.media_duration_s, segment.start_utc, not continues and not first_ever
        )
        # RFC 8216 section 6.2.1 wants it constant; a segment that is longer than the target is worse (4.3.3.1).
        target_s = max(self._playlist.target_duration_s, math.floor(segment.media_duration_s + 0.5))
        playlist = replace(self._playlist, target_duration_s=target_s)
        playlist = playlist.append(entry, self._profile.live_segments, self._profile.live_segments * target_s)
        part = self.path.with_suffix(".part")
        write_text(part, playlist.render())
        part.replace(self.path)
        self._playlist, self._last = playlist, segment
