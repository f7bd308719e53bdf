"""Media playlists (RFC 8216), pure: values in, text out, and back.

File names and times of writing live in live/hls.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from livemon.base.clock import iso, require_utc


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    """One media segment of a playlist.

    `discontinuity` says that timestamps do not continue from the segment before (RFC 8216 section 4.3.2.3).
    """

    uri: str
    duration_s: float
    program_date_time: datetime
    discontinuity: bool = False

    @property
    def end_utc(self) -> datetime:
        """First moment after the segment."""
        return self.program_date_time + timedelta(seconds=self.duration_s)


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """A live media playlist. It never gets an EXT-X-ENDLIST: a camera that stops may start again."""

    target_duration_s: int
    media_sequence: int
    discontinuity_sequence: int = 0
    entries: tuple[PlaylistEntry, ...] = ()

    @property
    def next_sequence(self) -> int:
        """Media sequence number that the next segment will get."""
        return self.media_sequence + len(self.entries)

    def append(self, entry: PlaylistEntry, max_entries: int, max_age_s: float) -> MediaPlaylist:
        """Return the playlist with `entry` at its end and old entries gone from its front.

        Entries that ended more than `max_age_s` before the new one starts go too. After a long stop a player must not
        be offered old footage as live. Each removal raises the media sequence by one. It also raises the discontinuity
        sequence when the removed segment carried the tag (RFC 8216 section 6.2.2).
        """
        kept = (*self.entries, entry)
        removed = 0
        while len(kept) - removed > max_entries or (
            (entry.program_date_time - kept[removed].end_utc).total_seconds() > max_age_s
        ):
            removed += 1
        return replace(
            self,
            media_sequence=self.media_sequence + removed,
            discontinuity_sequence=self.discontinuity_sequence + sum(e.discontinuity for e in kept[:removed]),
            entries=kept[removed:],
        )

    def emptied(self, target_duration_s: int) -> MediaPlaylist:
        """Return the playlist that goes on after this one with another target duration: numbers only, no entries."""
        return MediaPlaylist(
            target_duration_s,
            self.next_sequence,
            self.discontinuity_sequence + sum(entry.discontinuity for entry in self.entries),
        )

    def render(self) -> str:
        """Return the playlist as text, UTF-8 without BOM, lines ended by LF."""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            f"#EXT-X-TARGETDURATION:{self.target_duration_s}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        return "\n".join([*lines, *_entry_lines(self.entries, self.target_duration_s)]) + "\n"


def render_recording(entries: Sequence[PlaylistEntry], *, start_offset_s: float, complete: bool) -> str:
    """Return recorded footage as a playlist's text: one that players may seek in from its beginning.

    Parameters
    ----------
    start_offset_s
        Seconds into the first segment at which players shall begin.
    complete
        Whether this is all (VOD); else it grows at its end, and never changes before (EVENT).
    """
    target_duration_s = max([1, *(math.floor(entry.duration_s + 0.5) for entry in entries)])
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if complete else 'EVENT'}",
        f"#EXT-X-TARGETDURATION:{target_duration_s}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        # Without it a player begins a growing playlist at its end.
        f"#EXT-X-START:TIME-OFFSET={start_offset_s:.3f},PRECISE=YES",
        *_entry_lines(entries, target_duration_s),
    ]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if complete else [])]) + "\n"


def _entry_lines(entries: Sequence[PlaylistEntry], target_duration_s: int) -> list[str]:
    lines = []
    for entry in entries:
        # EXTINF rounded to the nearest integer must not exceed the target duration (section 4.3.3.1).
        if math.floor(entry.duration_s + 0.5) > target_duration_s:
            raise ValueError(f"{entry.uri} lasts {entry.duration_s} s, over the target duration")
        if entry.discontinuity:
            lines.append("#EXT-X-DISCONTINUITY")
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso(entry.program_date_time)}")
        lines.append(f"#EXTINF:{entry.duration_s:.3f},")
        lines.append(entry.uri)
    return lines


def parse_playlist(text: str) -> MediaPlaylist:
    """Read a playlist that `render` wrote.

    Raises
    ------
    ValueError
        When it is not a media playlist with a target duration and a program date time on each segment.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U":
        raise ValueError("a playlist begins with #EXTM3U")
    header: dict[str, int] = {}
    entries: list[PlaylistEntry] = []
    duration_s: float | None = None
    moment: datetime | None = None
    discontinuity = False
    for line in lines[1:]:
        tag, _, value = line.partition(":")
        if tag in ("#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE"):
            header[tag] = int(value)
        elif tag == "#EXT-X-DISCONTINUITY":
            discontinuity = True
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            moment = require_utc(datetime.fromisoformat(value))
        elif tag == "#EXTINF":
            duration_s = float(value.split(",")[0])
        elif not line.startswith("#"):
            if duration_s is None or moment is None:
                raise ValueError(f"{line} has no EXTINF or no program date time")
            entries.append(PlaylistEntry(line, duration_s, moment, discontinuity))
            duration_s, moment, discontinuity = None, None, False
    if "#EXT-X-TARGETDURATION" not in header:
        raise ValueError("a media playlist has a target duration")
    return MediaPlaylist(
        target_duration_s=header["#EXT-X-TARGETDURATION"],
        media_sequence=header.get("#EXT-X-MEDIA-SEQUENCE", 0),
        discontinuity_sequence=header.get("#EXT-X-DISCONTINUITY-SEQUENCE", 0),
        entries=tuple(entries),
    )
