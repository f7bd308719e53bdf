"""CameraCopies: which of a camera's footage only the bucket has, and which of that was fetched and can be read here.

Fetching does not belong here (copy_reader.py), nor reading footage (archive/footage.py).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from livemon.archive.copies.address import bucket_label
from livemon.archive.copies.layout import fetched_folder
from livemon.base.datatypes import Archive, Segment
from livemon.base.errors import ArchiveError
from livemon.base.settings.settings import Settings
from livemon.store import copies
from livemon.store.copies import CopyRecord
from livemon.store.session import Database
from livemon.store.tables.copies import CopyKind
from livemon.stream.files.archive_check import read_archive
from livemon.stream.files.spans import Span, uncovered_s
from livemon.stream.segments import list_segments

log = logging.getLogger(__name__)

UNCOVERED_S = 0.05
"""Footage that lacks no more than this of a copy holds all of it; of a single moment, half of that moment."""


class CameraCopies:
    """The copies of one camera's footage. Its methods block.

    Parameters
    ----------
    camera_id, settings, database
        The camera of the copies, and their bucket.
    """

    def __init__(self, camera_id: str, settings: Settings, database: Database) -> None:
        self._camera_id = camera_id
        self._data_dir = settings.data_dir
        self._database = database
        self._bucket = bucket_label(settings) if settings.copies.enabled else ""
        self._folder = fetched_folder(settings, camera_id)
        self._read_archive = lru_cache(maxsize=64)(read_archive)

    def segments(self, besides: Collection[str]) -> list[Segment]:
        """Return fetched segments, without those of these names."""
        return [segment for segment in list_segments(self._folder) if segment.path.name not in besides]

    def here(self, archive: Archive) -> Archive | None:
        """Return an archive with its file, the camera's own or a fetched one; None when neither is here."""
        if archive.path.is_file():
            return archive
        fetched = self._folder / archive.path.name
        return replace(archive, path=fetched) if fetched.is_file() else None

    def archives(self, start: datetime, end: datetime, besides: Collection[str]) -> list[Archive]:
        """Return fetched archives of [start, end) that have no row any more: retention deleted it."""
        if not self._bucket or not self._folder.is_dir():
            return []
        found = []
        for copy in self._between(start, end, CopyKind.ARCHIVE):
            fetched = self._folder / Path(copy.path).name
            if fetched.name not in besides and fetched.is_file():
                try:
                    found.append(self._read_archive(fetched))
                except ArchiveError as exc:
                    log.warning("camera %s: %s", self._camera_id, exc)
        return found

    def wanted(self, start: datetime, end: datetime, here: Sequence[Span]) -> list[CopyRecord]:
        """Return the copies to fetch for all of [start, end) that the bucket has.

        Segments of events are small: an archive is fetched only for footage that they do not hold.

        Parameters
        ----------
        here
            Footage of that time that can be read already.
        """

        def is_missing(copy: CopyRecord, spans: Sequence[tuple[datetime, datetime]]) -> bool:
            first, last = max(start, copy.start_utc), min(end, copy.end_utc)
            least_s = min(UNCOVERED_S, (last - first).total_seconds() / 2)
            return uncovered_s(spans, first, last) > least_s and not self._file(copy).is_file()

        spans = [(span.start_utc, span.end_utc) for span in here]
        clips = [copy for copy in self._between(start, end, CopyKind.CLIP) if is_missing(copy, spans)]
        both = spans + [(copy.start_utc, copy.end_utc) for copy in clips]
        archives = [copy for copy in self._between(start, end, CopyKind.ARCHIVE) if is_missing(copy, both)]
        # A window is taken from its archive as a whole.
        return archives + [
            clip for clip in clips if not any(a.start_utc <= clip.start_utc < a.end_utc for a in archives)
        ]

    def archives_only_there(self, start: datetime, end: datetime) -> list[CopyRecord]:
        """Return the copies of archives that begin in [start, end) and whose file is not here."""
        found = self._between(start, end, CopyKind.ARCHIVE)
        return [copy for copy in found if start <= copy.start_utc < end and not (self._data_dir / copy.path).is_file()]

    def of_segment(self, name: str) -> list[CopyRecord]:
        """Return the copies to fetch for a segment of a playlist: itself, or the archive it is a piece of."""
        if not self._bucket:
            return []
        folder, _, file = name.rpartition("/")
        path = f"hls/{file}" if not folder else f"archive/{folder.rpartition('-')[0]}.mp4"
        copy = copies.copy_of(self._database, self._bucket, f"cameras/{self._camera_id}/{path}")
        if copy is None or (self._data_dir / copy.path).is_file() or self._file(copy).is_file():
            return []
        return [copy]

    def fetched(self, name: str) -> Path | None:
        """Return the file of a fetched segment; None when it was not fetched."""
        path = self._folder / name
        return path if Path(name).name == name and path.is_file() else None

    def _between(self, start: datetime, end: datetime, kind: CopyKind) -> list[CopyRecord]:
        if not self._bucket:
            return []
        return copies.copies_between(self._database, self._bucket, self._camera_id, kind, start, end)

    def _file(self, copy: CopyRecord) -> Path:
        return self._folder / Path(copy.path).name
