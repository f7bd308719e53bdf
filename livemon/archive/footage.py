"""Footage: one camera's recorded pictures by the time they were taken: a frame, a clip, a sheet, a playlist.

Wires stream (files) and store (which archives there are). Live segments are taken where they are still there,
archives for what is older. All methods block, and may be called from any thread. Recording does not belong here
(cameras/camera.py, archiver.py), nor drawing and copying (stream/).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from livemon.archive.copies.camera_copies import CameraCopies
from livemon.base.clock import Clock, SystemClock, iso, require_utc
from livemon.base.contact_sheet import CELL_WIDTH, Sheet, draw_sheet, time_label
from livemon.base.datatypes import Archive, Frame, Segment
from livemon.base.errors import ArchiveError, NoFootage, SourceError
from livemon.base.settings.settings import Settings
from livemon.store.copies import CopyRecord
from livemon.store.recordings import archives_beside, archives_between
from livemon.store.session import Database
from livemon.stream import cache
from livemon.stream.files.clips import Clip, clip_name, write_clip
from livemon.stream.files.frames import frame_at
from livemon.stream.files.spans import Span, missing_s, nearest_edge, spans_of, whole
from livemon.stream.files.split import expand, pieces
from livemon.stream.playlist import PlaylistEntry, render_recording
from livemon.stream.segments import follows, list_segments, parse_segment

log = logging.getLogger(__name__)

LONGEST_CLIP = timedelta(hours=6)
LONGEST_PLAYLIST = timedelta(hours=24)
MOST_CELLS = 100
CACHE_BYTES = 2 * 1024**3
"""Archives taken apart, of all cameras together; the longest unused goes first."""

NEWEST_TRIED = 3
"""Segments and archives; one that is just being deleted, or is damaged, is followed by the one before."""
CLIPS_BYTES = 2 * 1024**3
"""Clips of one camera; the longest unused goes first. A longer one is made all the same."""

SETTLE = timedelta(seconds=15)
"""A moment is over when its segment must have been finished: a segment and a half later."""

JOIN = timedelta(milliseconds=2)
"""Names carry milliseconds: a hole of this length between two segments is not a hole."""

MISSING_S = 0.05
"""Live segments that lack no more of an archive than this hold all of it."""


class Footage:
    """Recordings of one camera.

    Parameters
    ----------
    camera_id, settings, database
        The camera, and the folder of its footage.
    clock
        The time; the machine's when None.

    Attributes
    ----------
    copies
        Its copies in the bucket.
    """

    def __init__(self, camera_id: str, settings: Settings, database: Database, clock: Clock | None = None) -> None:
        self._camera_id = camera_id
        self._database = database
        self._clock = clock or SystemClock()
        self._data_dir = settings.data_dir
        self._folder = settings.camera_dir(camera_id)
        self.copies = CameraCopies(camera_id, settings, database)
        self._cache = settings.data_dir / "cache" / "playback"
        self._zone = settings.zone or UTC
        self._keep_free_bytes = int(settings.min_free_gb * 1e9)
        self._pieces = lru_cache(maxsize=1024)(pieces)
        self._expanding = threading.Lock()
        self._clipping = threading.Lock()

    def segments(self, start: datetime, end: datetime) -> list[Segment]:
        """Return the segments with footage of [start, end), in time order and without overlap.

        Raises
        ------
        ArchiveError
            When an archive cannot be taken apart into segments.
        """
        return list(self._ready(self._plan(*_range(start, end))))

    def recorded(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the stretches of [start, end) that were recorded, in time order; no file is opened."""
        start, end = _range(start, end)
        stretches: list[tuple[datetime, datetime]] = []
        for span in sorted(self._spans(start, end), key=lambda span: span.start_utc):
            first, last = max(span.start_utc, start), min(span.end_utc, end)
            if stretches and first <= stretches[-1][1] + JOIN:
                stretches[-1] = stretches[-1][0], max(last, stretches[-1][1])
            else:
                stretches.append((first, last))
        return stretches

    def only_in_bucket(self, start: datetime, end: datetime | None) -> list[CopyRecord]:
        """Return the copies to fetch (`CopyReader.fetch`) before all of [start, end) can be read; opens no file.

        Parameters
        ----------
        end
            Now when None, as for `playlist`; when it is the start, what is wanted is the moment itself.
        """
        start = require_utc(start)
        until = max(self._clock.now(), start) if end is None else end
        start, end = _range(start, until if until != start else start + JOIN)
        return self.copies.wanted(start, end, self._spans(start, end))

    def frame(self, at: datetime, width: int | None = None) -> Frame:
        """Return the picture that was shown at a moment: the last frame at or before it, exactly.

        Parameters
        ----------
        width
            Scale down to this width in pixels, aspect kept; never up.

        Raises
        ------
        NoFootage
            When nothing was recorded then; the hint says what is nearest.
        """
        at = require_utc(at)
        spans = [span for span in self._spans(at - JOIN, at + JOIN) if span.start_utc <= at]
        for span in sorted(spans, key=lambda span: (span.archived, at - span.start_utc)):
            frame = self._try(span, at, width)
            if frame is not None:
                return frame
        raise self._nothing(at)

    def latest(self, width: int | None = None) -> Frame:
        """Return the newest picture that is recorded; `width` as for `frame`.

        Raises
        ------
        NoFootage
            When nothing is recorded (yet).
        """
        now = self._clock.now()
        beside = archives_beside(self._database, self._camera_id, now, self._data_dir)
        spans = sorted(spans_of(self._live(), beside), key=lambda span: (span.end_utc, not span.archived))
        for span in reversed(spans[-NEWEST_TRIED:]):
            frame = self._try(span, span.end_utc - JOIN, width)
            if frame is not None:
                return frame
        raise NoFootage("footage.nothing_recorded", camera=self._camera_id)

    def clip(self, start: datetime, end: datetime) -> Clip:
        """Cut [start, end) out as an MP4 with its sound; copied, never encoded, and kept for the next time.

        It holds what there is: `Clip.start_utc` and `end_utc` say from when to when. A picture's time is `start_utc`
        + its time in the clip: where footage is missing the last picture stands still.

        Raises
        ------
        NoFootage
            When nothing was recorded then.
        SourceError
            When the camera changed its picture's size meanwhile, or the disk refuses.
        """
        start, end = _range(start, end, LONGEST_CLIP)
        plan = self._plan(start, end)
        if not plan:
            raise self._nothing(start)
        start, end = max(start, plan[0][0].start_utc), min(end, plan[-1][0].end_utc)
        start = start.replace(microsecond=start.microsecond // 1000 * 1000)
        target = self._folder / "clips" / clip_name(start, end)
        with self._clipping:  # one at a time: it is all disk
            if target.is_file():
                os.utime(target)
                return Clip(target, start, end, target.stat().st_size)
            cache.bound(target.parent, CLIPS_BYTES)
            return write_clip(self._sources(plan), start, end, target, self._keep_free_bytes)

    def sheet(self, start: datetime, end: datetime, columns: int = 4, rows: int = 4) -> Sheet:
        """Return pictures of [start, end) side by side, one from each of `columns` x `rows` equal parts.

        A part is shown by the keyframe before its middle, or by the picture at its middle without one. Each picture is
        stamped with its own time.

        Raises
        ------
        NoFootage
            When nothing was recorded in the whole time.
        """
        start, end = _range(start, end)
        count = columns * rows
        if min(columns, rows) < 1 or count > MOST_CELLS:
            raise ValueError(f"a sheet has 1 to {MOST_CELLS} cells, not {columns} x {rows}")
        spans = self._spans(start, end)
        step = (end - start) / count
        cells = [self._cell(spans, start + n * step, start + (n + 1) * step) for n in range(count)]
        if not any(cells):
            raise self._nothing(start)
        labels = [time_label(cell.utc, self._zone) if cell else "" for cell in cells]
        image = draw_sheet([cell.image if cell else None for cell in cells], labels, columns)
        return Sheet(start, end, tuple(cell.utc if cell else None for cell in cells), image)

    def playlist(self, start: datetime, end: datetime | None = None) -> str:
        """Return a media playlist (HLS) of [start, end); behind ``<camera_id>/`` stand names for `segment_path`.

        With `end` None, or not over yet, it goes on growing; its first segment stays its first.

        Raises
        ------
        NoFootage
            When nothing was recorded (yet).
        """
        now = self._clock.now()
        start, until = _range(start, end or max(now, require_utc(start) + JOIN), LONGEST_PLAYLIST)
        plan = self._plan(start, until)
        if not plan:
            raise self._nothing(start)
        entries = []
        last: Segment | None = None
        for segment, archive in plan:
            # Timestamps go on within a run and within an archive only.
            breaks = last is not None and not (follows(segment, last) and segment.path.parent == last.path.parent)
            # A piece may be named like a live segment, but its timestamps are others.
            name = segment.path.relative_to(segment.path.parents[1] if archive else segment.path.parent).as_posix()
            uri = f"{self._camera_id}/{name}"
            entries.append(PlaylistEntry(uri, segment.media_duration_s, segment.start_utc, breaks))
            last = segment
        complete = end is not None and (until <= now - SETTLE or plan[-1][0].end_utc >= until)
        first = plan[0][0]
        offset_s = max(0.0, (start - first.start_utc).total_seconds()) / first.rate
        return render_recording(entries, start_offset_s=offset_s, complete=complete)

    def segment_path(self, name: str) -> Path:
        """Return the file of a segment that `playlist` names, made again from its archive when need be.

        Raises
        ------
        NoFootage
            When there is no such segment, or no longer.
        """
        named = parse_segment(Path(name))
        if named is not None and name == named.path.name and (self._folder / "hls" / name).is_file():
            return self._folder / "hls" / name
        if named is not None and (fetched := self.copies.fetched(name)) is not None:
            return fetched
        for archive in self._archives(named.start_utc, named.start_utc + JOIN) if named is not None else ():
            for piece in self._pieces(archive, self._expanded(archive)):
                if piece.path == self._cache / name:
                    return next(self._ready([(piece, archive)])).path
        raise NoFootage("footage.no_segment", camera=self._camera_id, name=name)

    def _plan(self, start: datetime, end: datetime) -> list[tuple[Segment, Archive | None]]:
        """Choose the segments of a time, each with the archive that it comes from; pieces need not be there yet.

        A window is taken from its archive as a whole, or from its live segments as a whole: the two are cut at
        different keyframes.
        """
        live = [s for s in self._live() if s.start_utc < end and s.end_utc > start]
        found: list[tuple[Segment, Archive | None]] = []
        for archive in self._archives(start, end):
            if missing_s(archive, live, start, end) <= MISSING_S:
                continue
            try:
                made = self._pieces(archive, self._expanded(archive))
            except ArchiveError as exc:
                log.warning("camera %s: %s", self._camera_id, exc)
                continue
            live = [s for s in live if not archive.start_utc <= s.start_utc < archive.end_utc]
            found += [(piece, archive) for piece in made if piece.start_utc < end and piece.end_utc > start]
        found += [(segment, None) for segment in live]
        chosen: list[tuple[Segment, Archive | None]] = []
        for segment, source in sorted(found, key=lambda pair: pair[0]):
            # After a clock was set back a time was recorded twice; the first of both is taken.
            if not chosen or segment.start_utc >= chosen[-1][0].end_utc - JOIN:
                chosen.append((segment, source))
        return chosen

    def _ready(self, plan: Iterable[tuple[Segment, Archive | None]]) -> Iterator[Segment]:
        """Yield segments whose files are there, taking archives apart one after the other."""
        for segment, archive in plan:
            if archive is not None and not segment.path.is_file():
                with self._expanding:
                    if not segment.path.is_file():
                        cache.bound(self._cache, max(0, CACHE_BYTES - archive.bytes))
                        expand(archive, segment.path.parent)
            if archive is not None and segment.path.parent.is_dir():
                os.utime(segment.path.parent)
            yield segment

    def _sources(self, plan: Sequence[tuple[Segment, Archive | None]]) -> Iterable[Segment]:
        """Return the sources of a clip: archives as they are, or pieces where one track cannot hold both kinds."""
        archives = {archive.path: archive for _, archive in plan if archive is not None}
        if any(archive is None for _, archive in plan):
            return self._ready(plan)
        return [whole(archive) for archive in archives.values()]

    def _archives(self, start: datetime, end: datetime) -> list[Archive]:
        found = archives_between(self._database, self._camera_id, start, end, self._data_dir)
        here = [archive for archive in map(self.copies.here, found) if archive is not None]
        return here + self.copies.archives(start, end, {archive.path.name for archive in found})

    def _expanded(self, archive: Archive) -> Path:
        """Return the folder of an archive's pieces: one for this camera and this content of the file."""
        digest = sha256(f"{self._camera_id}/{archive.sha256}".encode()).hexdigest()
        return self._cache / f"{archive.path.stem}-{digest[:8]}"

    def _live(self) -> list[Segment]:
        own = list_segments(self._folder / "hls")
        fetched = self.copies.segments({segment.path.name for segment in own})
        return sorted(own + fetched) if fetched else own

    def _spans(self, start: datetime, end: datetime) -> list[Span]:
        spans = spans_of(self._live(), self._archives(start, end))
        return [span for span in spans if span.start_utc < end and span.end_utc > start]

    def _cell(self, spans: list[Span], start: datetime, end: datetime) -> Frame | None:
        """Return a picture of [start, end), from as near to its middle as there is footage."""
        middle = start + (end - start) / 2
        inside = [
            (min(max(middle, span.start_utc), span.end_utc - JOIN), span)
            for span in spans
            if span.start_utc < end and span.end_utc - JOIN > start
        ]
        for at, span in sorted(inside, key=lambda near: (abs(near[0] - middle), near[1].archived))[:2]:
            cheap = self._try(span, at, CELL_WIDTH, keyframes_only=True)
            frame = cheap if cheap and cheap.utc >= start else self._try(span, at, CELL_WIDTH)
            if frame is not None:
                return frame
        return None

    def _try(self, span: Span, at: datetime, width: int | None, *, keyframes_only: bool = False) -> Frame | None:
        try:
            frame = frame_at(self._camera_id, span.source, at, width, keyframes_only=keyframes_only)
        except SourceError as exc:  # deleted meanwhile, or damaged: another file may hold the same moment
            log.info("camera %s: %s", self._camera_id, exc)
            return None
        # If nothing after a gap can be decoded, the picture before it is not what was shown.
        return frame if frame and frame.utc >= span.start_utc else None

    def _nothing(self, at: datetime) -> NoFootage:
        beside = archives_beside(self._database, self._camera_id, at, self._data_dir)
        edge = nearest_edge(spans_of(self._live(), beside), at)
        if edge is None:
            return NoFootage("footage.none_yet", camera=self._camera_id, at=iso(at))
        return NoFootage(f"footage.none_{edge[0]}", camera=self._camera_id, at=iso(at), nearest=iso(edge[1]))


def _range(start: datetime, end: datetime, longest: timedelta | None = None) -> tuple[datetime, datetime]:
    start, end = require_utc(start), require_utc(end)
    if end <= start:
        raise ValueError(f"the end, {iso(end)}, must be after the start, {iso(start)}")
    if longest is not None and end - start > longest:
        raise ValueError(f"at most {longest.total_seconds() / 3600:g} hours at a time, not {end - start}")
    return start, end
