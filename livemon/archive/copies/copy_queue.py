"""CopyQueue: copies waiting to be sent: a row each, and for footage of events a second name of its file.

A segment is deleted two hours after it is archived, and on a full disk sooner; its second name keeps it until it is
sent. The queue is bounded: above the setting, the least grave and oldest footage is given up, and that is said.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from livemon.archive.copies.layout import queue_folder
from livemon.base.messages.message import message
from livemon.base.private_files import make_folder
from livemon.base.settings.settings import Settings
from livemon.store import copies
from livemon.store.copies import CopyCandidate
from livemon.store.session import Database
from livemon.store.tables.copies import CopyKind, CopyState


class CopyQueue:
    """The queue of one bucket. Its methods block."""

    def __init__(self, settings: Settings, database: Database, bucket: str) -> None:
        self._folder = queue_folder(settings)
        self._data_dir = settings.data_dir
        self._limit_bytes = int(settings.copies.queue_gb * 1e9)
        self._database = database
        self._bucket = bucket

    def add(self, candidates: Sequence[CopyCandidate], now: datetime) -> int:
        """Queue candidates; returns how many were not queued or sent already."""
        clips = [one for one in candidates if one.kind is CopyKind.CLIP]
        # The file is kept before its row promises it; a file without a row is removed by `tidy`.
        for one in copies.to_queue(self._database, self._bucket, clips):
            self.keep(one.path)
        return copies.add(self._database, self._bucket, candidates, now)

    def resume(self, now: datetime) -> int:
        """Queue given-up copies again, gravest and newest first, as far as there is room and the file is here."""
        given_up = copies.copies(self._database, self._bucket, [CopyState.GIVEN_UP], kind=CopyKind.CLIP)
        if not given_up:
            return 0
        gone = [row.id for row in given_up if not (self._data_dir / row.path).is_file()]
        copies.set_state(self._database, gone, CopyState.LOST, message("copies.queue_full", limit_gb=self._limit_gb))
        room = self._limit_bytes - sum(path.stat().st_size for path in self._files())
        again = []
        for row in sorted(given_up, key=lambda row: (row.rank, -row.start_utc.timestamp())):
            if row.id not in gone and row.bytes <= room:
                room -= row.bytes
                self.keep(row.path)
                again.append(row.id)
        copies.requeue(self._database, again, now)
        return len(again)

    def done(self, path: str) -> None:
        """Let go of a file that was sent or given up; its folders go with the last one."""
        kept = self._folder / path
        kept.unlink(missing_ok=True)
        for folder in list(kept.relative_to(self._folder).parents)[:-1]:
            with contextlib.suppress(OSError):
                (self._folder / folder).rmdir()

    def tidy(self) -> None:
        """Remove files whose copy does not wait: a kill left them."""
        waiting = copies.copies(self._database, self._bucket, [CopyState.WAITING], kind=CopyKind.CLIP)
        wanted = {row.path for row in waiting}
        for path in self._files():
            name = path.relative_to(self._folder).as_posix()
            if name not in wanted:
                self.done(name)

    def bound(self) -> int:
        """Give up footage above the limit, the least grave and oldest first; returns how many segments."""
        sizes = {path.relative_to(self._folder).as_posix(): path.stat().st_size for path in self._files()}
        over = sum(sizes.values()) - self._limit_bytes
        if over <= 0:
            return 0
        waiting = copies.copies(self._database, self._bucket, [CopyState.WAITING], kind=CopyKind.CLIP)
        given_up = []
        for row in sorted(waiting, key=lambda row: (-row.rank, row.start_utc)):
            if over <= 0:
                break
            over -= sizes.get(row.path, 0)
            given_up.append(row)
        said = message("copies.queue_full", limit_gb=self._limit_gb)
        copies.set_state(self._database, [row.id for row in given_up], CopyState.GIVEN_UP, said)
        for row in given_up:
            self.done(row.path)
        return len(given_up)

    @property
    def _limit_gb(self) -> float:
        return self._limit_bytes / 1e9

    def keep(self, path: str) -> None:
        """Give a file its second name; harmless when it has one, or when the file is gone."""
        source, kept = self._data_dir / path, self._folder / path
        if kept.exists():
            return
        make_folder(kept.parent)
        try:
            os.link(source, kept)
        except FileNotFoundError:
            return  # deleted meanwhile: sending says so
        except OSError:  # some file systems have no second names
            beside = kept.with_suffix(".part")
            shutil.copyfile(source, beside)
            beside.replace(kept)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.rglob("*") if path.is_file()) if self._folder.is_dir() else []
