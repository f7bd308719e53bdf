"""RetentionCleanup: delete by age, and make room in a stated order when the disk is full (docs/retention.md).

One cleanup works on a data folder, in the process that streams first. Deletion is decided in store/retention.py;
archiving lives in archiver.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from livemon.archive.copies.layout import FETCHED
from livemon.base.clock import Clock, Window
from livemon.base.datatypes import EventType, Observation, Segment, Severity
from livemon.base.disk import FreeBytes, free_bytes
from livemon.base.errors import LockBusy, StoreError
from livemon.base.file_lock import try_lock
from livemon.base.messages.message import Message, message
from livemon.base.notices import SYSTEM
from livemon.base.private_files import make_folder, open_private
from livemon.base.settings.settings import Settings
from livemon.base.tasks import survive
from livemon.store import archives, changes, detections, notifications, pauses, retention, writes
from livemon.store.archives import ArchiveRecord
from livemon.store.backup import Backups
from livemon.store.retention import Room, Stage
from livemon.store.session import Database
from livemon.stream import cache
from livemon.stream.archive_lock import archive_lock
from livemon.stream.reserve_file import Ballast
from livemon.stream.segments import list_segments

log = logging.getLogger(__name__)

TICK_S = 30.0
EXPIRE_EVERY_S = 600.0
"""Interval of deletion by age: every folder is read for it."""
KEEP_ARCHIVED_S = 600.0
"""On a full disk an archived segment is kept this long: players that are a little behind still find it."""
CHANGES_KEPT = timedelta(days=7)
"""A subscriber that was away longer is notified that it missed messages."""
FETCHED_KEPT = timedelta(days=1)
"""Footage that was fetched from the bucket to be played is fetched again after this time."""
LIVE_S = 120.0
"""On a full disk with nothing left to delete, footage is kept this long: the live playlist and a little more."""
BACKUP_HOUR = 3
"""From this hour of the night on the day's copy of the database is made."""
BACKUP_RETRY_S = 3600.0
BATCH = 100
"""Rows deleted in one transaction, so that no writer waits long for the database."""


class RetentionCleanup:
    """Keeps the data folder within what the settings allow.

    Parameters
    ----------
    settings, database, clock
        Retention settings, and the time.
    free
        Says how many bytes are free.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock, free: FreeBytes = free_bytes) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._free_bytes = free
        self._room = Room.of(settings.min_free_gb)
        self._ballast = Ballast(settings.data_dir / "ballast")
        self._stage = Stage.ROOM
        self._backups = Backups(database, settings.data_dir / "backups")
        self._next_backup_s = clock.monotonic_s()
        self._expired_s = clock.monotonic_s() - EXPIRE_EVERY_S
        self._nothing_left = False
        self._unsaid: list[tuple[datetime, Severity, Message, Message]] = []
        self._lock: IO[str] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def stage(self) -> Stage:
        """Stage of a full disk."""
        return self._stage

    async def start(self) -> None:
        """Begin to tick; harmless when begun. Not before the first camera starts: who only reads deletes nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="cleanup")

    async def stop(self) -> None:
        """Stop ticking and let another process do it; harmless when not begun."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _run(self) -> None:
        while True:
            await survive(asyncio.to_thread(self.tick), "tidying")
            await self._clock.sleep(TICK_S)

    def tick(self) -> None:
        """Delete by age, then make room when there is too little. Blocks."""
        if not self._is_ours():
            return
        if self._clock.monotonic_s() - self._expired_s >= EXPIRE_EVERY_S:
            self._expired_s = self._clock.monotonic_s()
            try:
                self._expire()
            except (OSError, StoreError, LockBusy) as exc:
                log.warning("not all that is old was deleted: %s", exc)  # a full disk perhaps: making room comes next
        self._make_room()
        self._say_unsaid()
        self._copy_database()

    def _copy_database(self) -> None:
        """Copy the database once a night; at once when there is no copy at all."""
        local = self._clock.now().astimezone(self._settings.zone)
        backups = self._backups
        early = local.hour < BACKUP_HOUR and backups.paths()
        rests = self._clock.monotonic_s() < self._next_backup_s
        if early or rests or not backups.is_due(local.date()):
            return
        if self._free() - backups.needed_bytes < self._room.wanted:
            return
        try:
            log.info("the database was copied: %s", backups.make(local.date()))
        except (StoreError, LockBusy) as exc:
            self._next_backup_s = self._clock.monotonic_s() + BACKUP_RETRY_S
            log.warning("%s", exc)

    def _is_ours(self) -> bool:
        """Whether no other process tidies this folder; once it is ours it stays so until `stop`."""
        if self._lock is None:
            make_folder(self._settings.data_dir)
            file = open_private(self._settings.data_dir / "cleanup.lock", "a")
            if not try_lock(file):
                file.close()
                return False
            self._lock = file
        return True

    def _expire(self) -> None:
        """Delete archives, pictures and never archived segments that are older than the setting, and old changes."""
        now, days = self._clock.now(), self._settings.retention_days
        changes.forget_old(self._database, now - CHANGES_KEPT)
        pauses.forget_old(self._database, now - pauses.PAUSES_KEPT)
        notifications.forget_old(self._database, now - notifications.KEPT)
        ended_by = now - timedelta(days=days)
        detections.forget_old(self._database, ended_by)
        old = archives.records(self._database, ended_by=ended_by)
        self._delete_archives(retention.too_old(old, now, days), f"older than {days:g} days")
        pinned = [archive for archive in old if archive.pinned]
        for folder in self._camera_folders():
            for segment in list_segments(folder / "hls"):
                if segment.end_utc > ended_by:
                    break
                segment.path.unlink(missing_ok=True)
            fetched = cache.entries(folder / FETCHED)
            unused = [each for each in fetched if each.used_ns <= (now - FETCHED_KEPT).timestamp() * 1e9]
            cache.free(unused, sum(each.bytes for each in unused))
            own = [archive for archive in pinned if archive.camera_id == folder.name]
            pictures = folder / "thumbnails"
            names = [path.name for path in pictures.iterdir() if path.is_dir()] if pictures.is_dir() else []
            for day in retention.old_days(names, own, now, days):
                archives.forget_thumbnails(self._database, folder.name, day)
                for path in (pictures / day).iterdir():
                    path.unlink(missing_ok=True)
                (pictures / day).rmdir()

    def _make_room(self) -> None:
        """Give up one thing after the other until there is enough room; say when a stage begins and when it is over."""
        room = self._room
        if self._free() >= room.recovered:
            self._ballast.keep(self._free() - room.recovered)
            self._nothing_left = False
            self._enter(Stage.ROOM)
            return
        if self._free() >= room.wanted:
            if self._stage is Stage.LIVE_ONLY:
                self._enter(Stage.ARCHIVES)  # footage is kept again
            return
        if self._free() < room.least:
            self._ballast.drop()
        for stage, step in (
            (Stage.CACHES, self._free_caches),
            (Stage.SEGMENTS, self._free_archived_segments),
            (Stage.ARCHIVES, self._free_oldest_archives),
        ):
            reached = stage
            try:
                step()
            except (OSError, LockBusy) as exc:  # a file that is not ours keeps nothing else from going
                log.warning("disk: not all could be deleted: %s", exc)
            if self._free() >= room.enough:
                break
        else:
            self._say_nothing_left()
            if self._free() < room.least:
                reached = Stage.LIVE_ONLY
                self._free_unarchived_segments()
        # A stage lasts until there is room again, so that one full disk is not said again and again.
        if reached > self._stage:
            self._enter(reached)

    def _free_caches(self) -> None:
        data_dir = self._settings.data_dir
        folders = [data_dir / "clips", *(data_dir / "cache").glob("*"), *data_dir.glob("cameras/*/clips")]
        folders += data_dir.glob(f"cameras/*/{FETCHED}")
        found = [entry for folder in folders if folder.is_dir() for entry in cache.entries(folder)]
        cache.free(sorted(found, key=lambda entry: entry.used_ns), self._needed(self._room.enough))

    def _free_archived_segments(self) -> None:
        keep_from = self._clock.now() - timedelta(seconds=KEEP_ARCHIVED_S)
        for folder in self._camera_folders():
            segments = [s for s in list_segments(folder / "hls") if s.end_utc <= keep_from]
            if segments:
                first = Window.containing(segments[0].start_utc)
                try:
                    archived = archives.archived_windows(self._database, folder.name, first)
                except StoreError as exc:
                    log.warning("which segments are archived cannot be asked: %s", exc)
                    continue
                self._delete_segments(folder, [s for s in segments if Window.containing(s.start_utc) in archived])

    def _free_oldest_archives(self) -> None:
        try:
            chosen = retention.oldest_to_free(archives.records(self._database), self._needed(self._room.enough))
            self._delete_archives(chosen, "no room")
        except StoreError as exc:
            # Not even a row can be deleted, and no file goes before its row: the next stage needs no database.
            log.warning("no archive could be deleted: %s", exc)

    def _free_unarchived_segments(self) -> None:
        """Delete footage that is archived nowhere, the oldest first, but never what the live picture needs."""
        keep_from = self._clock.now() - timedelta(seconds=LIVE_S)
        found = [(s, folder) for folder in self._camera_folders() for s in list_segments(folder / "hls")]
        lost = 0
        for segment, folder in sorted(found, key=lambda pair: pair[0].start_utc):
            if segment.end_utc > keep_from or not self._needed(2 * self._room.least):
                break
            self._delete_segments(folder, [segment])
            lost += 1
        log.warning("%d segments that are archived nowhere were deleted: the disk is full", lost)

    def _delete_archives(self, chosen: list[ArchiveRecord], why: str) -> None:
        """Delete archives: row first, so that no row speaks of a file that is gone; a kill leaves a file to adopt."""
        by_camera: dict[str, list[int]] = {}
        for archive in chosen:
            by_camera.setdefault(archive.camera_id, []).append(archive.id)
        for camera_id, ids in by_camera.items():
            for at in range(0, len(ids), BATCH):
                # Under the lock: between row and file, a file without a row would be adopted by a camera that starts.
                with archive_lock(self._settings.camera_dir(camera_id)):
                    for path in archives.delete_rows(self._database, ids[at : at + BATCH]):
                        (self._settings.data_dir / path).unlink(missing_ok=True)
                        log.info("deleted %s: %s", path, why)

    def _delete_segments(self, folder: Path, segments: list[Segment]) -> None:
        with archive_lock(folder):
            for segment in segments:
                segment.path.unlink(missing_ok=True)

    def _camera_folders(self) -> list[Path]:
        """Return the folders of all cameras with footage, also of those no longer in the settings."""
        return sorted(path for path in self._settings.data_dir.glob("cameras/*") if path.is_dir())

    def _free(self) -> int:
        return self._free_bytes(self._settings.data_dir)

    def _needed(self, wanted: int) -> int:
        return max(wanted - self._free(), 0)

    def _enter(self, stage: Stage) -> None:
        if stage is self._stage:
            return
        severity, title = Severity.INFO, message("event.disk_keeps_again")
        if stage > self._stage:
            severity, title = Severity.WARNING, message("event.disk_full")
        elif stage is Stage.ROOM:
            title = message("event.disk_room")
        log.log(logging.INFO if severity is Severity.INFO else logging.WARNING, "disk: %s", stage.said)
        self._stage = stage
        text = message("event.disk_stage", free_gb=self._free() / 1e9, stage=stage.said)
        self._unsaid.append((self._clock.now(), severity, title, text))

    def _say_nothing_left(self) -> None:
        """Say once that livemon has nothing more to delete, and why."""
        if self._nothing_left:
            return
        try:
            pinned = sum(archive.bytes for archive in archives.records(self._database) if archive.pinned)
        except StoreError:
            return
        self._nothing_left = True
        own, live = self._own_bytes()
        text = message("event.nothing_left_text", own_gb=own / 1e9, pinned_gb=pinned / 1e9, live_gb=live / 1e9)
        log.warning("disk: %s", text)
        self._unsaid.append((self._clock.now(), Severity.WARNING, message("event.nothing_left"), text))

    def _own_bytes(self) -> tuple[int, int]:
        """Return how much of the disk livemon fills, and how much of that is live footage."""
        own = live = 0
        for folder, _, names in os.walk(self._settings.data_dir):
            for name in names:
                with contextlib.suppress(OSError):
                    size = (Path(folder) / name).lstat().st_size
                    own += size
                    live += size if Path(folder).name == "hls" else 0
        return own, live

    def _say_unsaid(self) -> None:
        """Write the pending notices as one event of each camera; those that the database refuses are tried again."""
        now = self._clock.now()
        with contextlib.suppress(StoreError):
            while self._unsaid:
                at_utc, severity, title, text = self._unsaid[0]
                seen = Observation(
                    *("disk", EventType.SYSTEM, severity, str(title), str(text), 1.0, at_utc, at_utc),
                    evidence_utcs=(),
                    said=(title, text),
                )
                for camera_id in self._settings.cameras:
                    writes.add_event(self._database, camera_id, seen, now, model=SYSTEM)
                self._unsaid.pop(0)
