"""EventRecorder: writes rows of the events of one camera's models, and of livemon itself.

New or a repetition, a picture beside it, one commit. The times of looks live in detect/, the wiring of a camera in
camera.py.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from livemon.base.clock import Clock
from livemon.base.datatypes import EventType, Observation, Segment, Severity
from livemon.base.detections import UNKNOWN, DetectionSummary
from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message
from livemon.base.notices import SYSTEM
from livemon.detect.cooldown import Cooldown
from livemon.store import writes
from livemon.store.camera_leases import HeldLease, without_lease
from livemon.store.session import Database
from livemon.stream.files.frames import read_frames, write_thumbnail

log = logging.getLogger(__name__)


class EventRecorder:
    """Commits one camera's events. Its methods block, and may be called from any worker thread.

    Parameters
    ----------
    thumbnails
        Folder for the events' pictures.
    segments
        The segments that evidence may lie in; read anew at each event.
    lease
        The lease under which events are written.
    """

    def __init__(
        self,
        camera_id: str,
        database: Database,
        clock: Clock,
        cooldown: Cooldown,
        thumbnails: Path,
        segments: Iterable[Segment],
        lease: HeldLease = without_lease,
    ) -> None:
        self._camera_id = camera_id
        self._database = database
        self._clock = clock
        self._cooldown = cooldown
        self._thumbnails = thumbnails
        self._segments = segments
        self._lease = lease
        self._lock = threading.Lock()

    def observed(
        self,
        seen: Observation,
        *,
        model: str,
        prompt_version: str = "",
        call_id: int | None = None,
        detected: DetectionSummary = UNKNOWN,
    ) -> None:
        """Commit an observation as a new event, or count it on the event it repeats.

        Parameters
        ----------
        detected
            People, pets and zones at its moment; those of a repetition are not kept.
        """
        with self._lock:
            repeats, lease = self._cooldown.consider(seen), self._lease()
            if repeats is not None:
                now = self._clock.now()
                writes.fold_event(self._database, repeats.event_id, repeats.last_seen_utc, now, seen, lease=lease)
                return
            event_id = writes.add_event(
                self._database,
                self._camera_id,
                seen,
                self._clock.now(),
                model=model,
                prompt_version=prompt_version,
                call_id=call_id,
                thumbnail=self._thumbnail(seen.evidence_utcs),
                detected=detected,
                lease=lease,
            )
            self._cooldown.remember(event_id, seen)
        log.info("camera %s: %s (%s)", self._camera_id, seen.title, seen.severity.value)

    def warn(
        self,
        kind: str,
        title: Message,
        reason: Message,
        *,
        about: str = "",
        call_id: int | None = None,
        when: tuple[datetime, datetime] | None = None,
    ) -> None:
        """Commit a warning about livemon itself. `about` tells two of a kind apart; `when` is now when None."""
        self._say(Severity.WARNING, kind, title, reason, about, call_id, when)

    def inform(
        self, kind: str, title: Message, text: Message, *, when: tuple[datetime, datetime] | None = None
    ) -> None:
        """Commit good news about livemon itself."""
        self._say(Severity.INFO, kind, title, text, "", None, when)

    def _say(
        self,
        severity: Severity,
        kind: str,
        title: Message,
        text: Message,
        about: str,
        call_id: int | None,
        when: tuple[datetime, datetime] | None,
    ) -> None:
        now = self._clock.now()
        start_utc, end_utc = when or (now, now)
        seen = Observation(
            *(kind, EventType.SYSTEM, severity, str(title), str(text), 1.0, start_utc, end_utc),
            evidence_utcs=(),
            location=about,
            said=(title, text),
        )
        self.observed(seen, model=SYSTEM, call_id=call_id)

    def _thumbnail(self, evidence_utcs: Iterable[datetime]) -> str:
        """Write the best picture of an event; an event without a picture is still an event."""
        try:
            for utc in evidence_utcs:
                for segment in tuple(self._segments):
                    if segment.start_utc <= utc < segment.end_utc:
                        for frame in read_frames(self._camera_id, segment, [utc]):
                            path = write_thumbnail(frame, self._thumbnails)
                            return path.relative_to(self._thumbnails).as_posix()
        except LivemonError as exc:
            log.warning("camera %s: no thumbnail: %s", self._camera_id, exc)
        return ""
