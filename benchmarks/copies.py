"""Cost of copies off the premises: seconds to the bucket, CPU of a camera, memory when unused, and a restore.

Over rclone's S3 on loopback, encrypted. Events come one after the other while an archive is under way, so that the
lanes matter. `python benchmarks/copies.py [EVENTS]`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil
import sqlalchemy as sa
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.common import record
from livemon.archive.copies.inspection import inspect_bucket
from livemon.archive.copies.restore import restore
from livemon.base.clock import SystemClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.store import copies, writes
from livemon.store.tables.copies import CopyRow, CopyState
from livemon.store.tables.recordings import RealtimeEvent
from livemon.stream.segments import segment_name
from tests.archive.copies.houses import CAM, House
from tests.archive.copies.servers import SECRET, USER, rclone_s3
from tests.archive.copies.test_copying import vault_of

ARCHIVE_BYTES = 33_000_000
"""Ten minutes of the rendered clips."""
SEGMENT_BYTES = ARCHIVE_BYTES // 60
ARCHIVES = 12
YEAR_OF_EVENTS = 365 * 100


def main() -> None:
    """Measure all of it."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder, rclone_s3(_made(Path(folder) / "server")) as server:
        house = House(Path(folder) / "home", server.url, **server.options)
        house.settings = house.settings.model_copy(update={"copies_user": USER, "copies_secret": SecretStr(SECRET)})
        house.clock = SystemClock()
        house.restart()
        asyncio.run(_events(house, events))
        _full_camera(house)
        _restore(house, Path(folder))
        house.close()
    _memory()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _events(house: House, count: int) -> None:
    """Let a danger happen every two seconds, with archives waiting all the time."""
    for n in range(3):
        house.archive(10 * n, size=ARCHIVE_BYTES)
    await house.worker.start()
    waited: list[float] = []
    for n in range(count):
        now = house.clock.now()
        _segment(house, now)
        picture = house.settings.camera_dir(CAM) / "thumbnails" / "20261123" / f"{n}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(secrets.token_bytes(20_000))
        seen = Observation(
            *(f"kind-{n}", EventType.SAFETY, Severity.DANGER, "A danger", "", 1.0, now, now), evidence_utcs=()
        )
        await asyncio.to_thread(
            writes.add_event, house.database, CAM, seen, now, model="local", thumbnail=f"20261123/{n}.jpg"
        )
        committed_s = time.monotonic()
        while not await asyncio.to_thread(_is_copied, house, f"{n}.jpg"):
            await house.clock.sleep(0.1)
        waited.append(time.monotonic() - committed_s)
    await house.worker.stop()
    ordered = sorted(waited)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    record(
        "copies.events", {"events": count, "median_s": statistics.median(waited), "p95_s": p95, "worst_s": ordered[-1]}
    )


def _segment(house: House, now: object) -> None:
    folder = house.settings.camera_dir(CAM) / "hls"
    folder.mkdir(parents=True, exist_ok=True)
    start = now - timedelta(seconds=10)  # type: ignore[operator]
    (folder / segment_name(start, 10.0, 10.0)).write_bytes(secrets.token_bytes(SEGMENT_BYTES))


def _is_copied(house: House, name: str) -> bool:
    query = sa.select(CopyRow.state).where(CopyRow.path.endswith(name))
    with house.database.reading() as connection:
        state = connection.execute(query).scalar()
    return state in (CopyState.STORED.value, CopyState.LISTED.value)


def _full_camera(house: House) -> None:
    """CPU seconds for ten minutes of a camera: its archive and, as if danger never ended, all its segments."""
    house.restart()
    _drain(house)
    process = psutil.Process()
    house.archive(600, size=ARCHIVE_BYTES)
    now = house.clock.now()
    for n in range(60):
        _segment(house, now - timedelta(seconds=10 * n))
    seen = Observation(
        *("long", EventType.SAFETY, Severity.DANGER, "Long", "", 1.0, now - timedelta(seconds=600), now),
        evidence_utcs=(),
    )
    writes.add_event(house.database, CAM, seen, now, model="local")
    house.restart()  # looks for archives at once
    before = process.cpu_times()
    sent = _drain(house)
    after = process.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    record("copies.full_camera", {"megabytes": sent / 1e6, "cpu_s": cpu_s, "percent_of_a_core": cpu_s / 600 * 100})


def _drain(house: House) -> int:
    sent = 0
    house.worker.plan()
    while (size := house.worker.send((0, 1, 2, 3))) is not None:
        sent += size
    house.worker.plan()
    return sent


def _restore(house: House, folder: Path) -> None:
    """Two hours of footage and a year of rows, to an empty folder, each file compared with its hash."""
    for n in range(ARCHIVES):
        house.archive(10 * n, size=ARCHIVE_BYTES)
    _year_of_rows(house)
    house.nightly(house.clock.now().date())
    house.restart()
    _drain(house)
    files = {p.relative_to(house.data_dir): p for p in house.data_dir.glob("cameras/*/archive/*")}
    before = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    vault = vault_of(house)
    target = house.settings.model_copy(update={"data_dir": folder / "restored", "prompts_dir": folder / "prompts"})
    begun_s = time.monotonic()
    restored = restore(target, vault)
    took_s = time.monotonic() - begun_s
    after = {name: hashlib.sha256((target.data_dir / name).read_bytes()).hexdigest() for name in before}
    assert after == before and restored.database and not restored.missing
    inspected_s = time.monotonic()
    assert inspect_bucket(vault, deep=True).findings == ()
    values = {"megabytes": restored.bytes / 1e6, "files": sum(restored.files.values()), "restore_s": took_s}
    record("copies.restore", values | {"events": YEAR_OF_EVENTS, "verify_deep_s": time.monotonic() - inspected_s})
    assert copies.totals(house.database, house.worker.bucket).counts.get("waiting", 0) == 0


def _year_of_rows(house: House) -> None:
    now = house.clock.now()
    row = {"camera_id": CAM, "kind": "movement", "event_type": "activity", "severity": "info", "location": ""}
    row |= {"title": "Something moved", "description": "A part of the picture changed.", "confidence": 0.5}
    row |= {"evidence_utcs": [], "model": "local", "prompt_version": "", "created_utc": now}
    rows = [
        row | {"start_utc": now - timedelta(seconds=864 * n), "last_seen_utc": now - timedelta(seconds=864 * n)}
        for n in range(YEAR_OF_EVENTS)
    ]
    with house.database.writing() as session:
        session.execute(sa.insert(RealtimeEvent), rows)


def _memory() -> None:
    """Resident memory that the package adds to a process without an address: its modules, and no library."""
    code = (
        "import psutil, livemon.archive.cleanup, livemon.store.archives, cryptography.hazmat.primitives.ciphers.aead\n"
        "import livemon.base.settings.settings, livemon.base.secret_key\n"
        "before = psutil.Process().memory_info().rss\n"
        "import livemon.archive.copies.worker, livemon.archive.copies.erasure\n"
        "print((psutil.Process().memory_info().rss - before) / 1e6)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    record("copies.unused", {"memory_mb": float(run.stdout)})


if __name__ == "__main__":
    main()
