"""A data folder with footage, events and rows, without cameras that run; and the steps of a worker, one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from livemon.archive.copies.vault import Vault
from livemon.archive.copies.worker import CopyWorker
from livemon.base.clock import FakeClock, Window
from livemon.base.datatypes import Archive, Severity
from livemon.base.errors import LivemonError
from livemon.base.settings.copies import CopySettings
from livemon.base.settings.settings import Settings
from livemon.store import archives, copies, writes
from livemon.store.backup import Backups
from livemon.store.copies import CopyTotals
from livemon.store.session import Database
from livemon.stream.segments import segment_name
from tests.conftest import MORNING, seen

CAM, OTHER = "camera-1", "hall"
NOW = MORNING + timedelta(minutes=5)


class House:
    """One data folder, a clock, and the worker of its copies."""

    def __init__(self, folder: Path, url: str, *, database_url: str = "", **copied: object) -> None:
        self.settings = Settings(
            data_dir=folder / "data",
            timezone="UTC",
            prompts_dir=folder / "prompts",
            database_url=database_url,
            cameras={CAM: {"source": "test-pattern"}, OTHER: {"source": "test-pattern"}},
            copies=CopySettings(**{"url": url, "archives": "all", **copied}),
        )
        self.clock = FakeClock(NOW)
        self.database = Database(self.settings.database)
        writes.add_missing_cameras(self.database, {CAM: "Playroom", OTHER: "Hall"}, NOW)
        self.worker = CopyWorker(self.settings, self.database, self.clock)

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def restart(self) -> None:
        """As after a kill: another worker over the same rows and files."""
        self.worker.release()
        self.worker = CopyWorker(self.settings, self.database, self.clock)

    def segments(self, count: int = 12, camera_id: str = CAM, start: datetime = MORNING) -> list[Path]:
        """Ten-second segments from a moment on, each with content of its own."""
        folder = self.settings.camera_dir(camera_id) / "hls"
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for n in range(count):
            path = folder / segment_name(start + timedelta(seconds=10 * n), 10.0, 10.0)
            path.write_bytes(f"footage {camera_id} {path.name} ".encode() * 1000)
            paths.append(path)
        return paths

    def event(self, at_s: float, severity: Severity = Severity.DANGER, camera_id: str = CAM, **more: str) -> None:
        """A grave event with a picture."""
        folder = self.settings.camera_dir(camera_id) / "thumbnails" / "20261123"
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / f"{camera_id.replace('-', '_')}_{at_s:g}.jpg"
        picture.write_bytes(f"picture {picture.name}".encode() * 50)
        observed = seen(at_s, kind=f"kind-{at_s:g}", severity=severity, **more)
        thumbnail = f"20261123/{picture.name}"
        writes.add_event(self.database, camera_id, observed, self.clock.now(), model="local", thumbnail=thumbnail)

    def archive(self, minutes: int = 0, camera_id: str = CAM, size: int = 50_000) -> Path:
        """The archive of a window, with its row."""
        window = Window(MORNING - timedelta(hours=3) + timedelta(minutes=minutes))
        folder = self.settings.camera_dir(camera_id) / "archive"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"segment_{window.start_utc:%Y%m%d_%H%M%S}.mp4"
        path.write_bytes((f"archive {camera_id} {path.name} ".encode() * (size // 10))[:size])
        digest = sha256(path.read_bytes()).hexdigest()
        made = Archive(
            camera_id, window.start_utc, window.start_utc, window.end_utc, path, 3000, size, digest, 600.0, ()
        )
        archives.add_archive(self.database, made, self.data_dir)
        return path

    def nightly(self, day: date = date(2026, 11, 23)) -> Path:
        """The nightly copy of the database."""
        return Backups(self.database, self.data_dir / "backups").make(day)

    def work(self, rounds: int = 200) -> None:
        """Let the worker choose and send until nothing is due; a bucket that refuses is waited for."""
        assert self.worker.claim()
        for number in range(rounds):
            self.clock.advance(31)
            self.worker.plan()
            while self.worker.send((0, 1, 2, 3)) is not None:
                pass
            if number and not self.totals().counts.get("waiting"):
                break
        self.worker.plan()

    def work_later(self) -> None:
        """Let a new worker go on some minutes after the last one, and remove what is marked."""
        self.clock.advance(600)
        self.restart()
        self.work()
        self.clock.advance(60)
        self.worker.plan()

    def totals(self) -> CopyTotals:
        return copies.totals(self.database, self.worker.bucket)

    def close(self) -> None:
        self.worker.release()
        self.database.close()


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by name."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def attempt(step: object) -> LivemonError | None:
    """Do something that a bucket may refuse; returns the refusal."""
    try:
        step()  # type: ignore[operator]
    except LivemonError as exc:
        return exc
    return None


__all__ = ["CAM", "MORNING", "NOW", "OTHER", "UTC", "House", "Vault", "attempt", "files_of"]
