"""Two servers on one PostgreSQL database, each with its own data folder, share the cameras: one writer at a time."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from livemon.store import camera_leases
from livemon.store.session import Database
from livemon.store.tables.leases import CameraLeaseRow
from livemon.store.tables.recordings import RealtimeEvent
from livemon.stream.segments import list_segments
from tests.ports import free_port
from tests.postgres import postgres
from tests.processes import children_named, command_of
from tests.waiting import wait_until

CAMERAS = ("a", "b", "c", "d")
TAKEN_OVER_S = 15.0
"""Ten seconds until a lease expires, three until the next look at it, and two for ffmpeg to start."""


LEASE_S = float(os.environ.get("LIVEMON_TEST_LEASE_S", "3"))
"""Of the host that pauses; one second is given up early, and taken again, while the machine is busy."""


class Host:
    """A server of its own, and its data folder."""

    def __init__(self, folder: Path, url: str, **settings: object) -> None:
        folder.mkdir()
        self.data = folder / "data"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        values = {"port": port, "several_hosts": "true", "host_url": f'"{self.url}"', **settings}
        cameras = "".join(f'[cameras.{one}]\nsource = "test-pattern"\nlatency = "low"\n' for one in CAMERAS)
        config = folder / "livemon.toml"
        config.write_text(
            f'data_dir = "{self.data}"\ndatabase_url = "{url}"\ndetector = "none"\nmodel = "local"\n'
            + "".join(f"{name} = {value}\n" for name, value in values.items())
            + cameras
        )
        self.log = folder / "log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "livemon", "serve", "--config", str(config)]
            environment = {**os.environ, "LIVEMON_HOST_SECRET": "0123456789abcdef" * 2}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def shows(self, camera_id: str) -> bool:
        """Whether its server gives a camera's live picture, whichever host records it."""
        with (
            suppress(OSError),
            urllib.request.urlopen(
                f"{self.url}/api/live-monitoring/cameras/{camera_id}/latest.jpg", timeout=30
            ) as answer,
        ):
            return bool(answer.read(2) == b"\xff\xd8")
        return False

    def segments(self, camera_id: str) -> int:
        return len(list_segments(self.data / "cameras" / camera_id / "hls"))

    def streams(self) -> set[str]:
        """Cameras of which an ffmpeg of this host runs."""
        return {
            camera_id
            for child in children_named("ffmpeg", self.process.pid)
            for camera_id in CAMERAS
            if f"/cameras/{camera_id}/" in " ".join(command_of(child))
        }

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


@contextmanager
def hosts(folder: Path, *each: dict[str, float]) -> Iterator[tuple[Database, list[Host]]]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres())
        database = stack.enter_context(closing(Database(url)))
        made: list[Host] = []
        for number, settings in enumerate(each):
            made.append(Host(folder / f"host-{number}", url, **settings))
            stack.callback(made[-1].end)
            slots = settings.get("camera_slots", len(CAMERAS))
            held = sum(int(one.get("camera_slots", 4)) for one in each[:number])
            wait_until(lambda: len(owners(database)) >= min(len(CAMERAS), held + slots), "cameras are leased")  # noqa: B023
        yield database, made


def owners(database: Database) -> dict[str, str]:
    """Owners of the leases that hold, by camera."""
    seen, _ = camera_leases.seen(database)
    return {camera_id: lease.owner for camera_id, lease in seen.items() if not lease.free}


def epochs(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        rows = connection.execute(sa.select(CameraLeaseRow.camera_id, CameraLeaseRow.epoch))
        return {row.camera_id: row.epoch for row in rows}


def epochs_of_events(database: Database, camera_id: str) -> list[int]:
    query = sa.select(RealtimeEvent.lease_epoch).where(
        RealtimeEvent.camera_id == camera_id, RealtimeEvent.lease_epoch.is_not(None)
    )
    with database.reading() as connection:
        return list(connection.execute(query.order_by(RealtimeEvent.id)).scalars())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hosts_share_four_cameras_and_one_takes_over_from_the_other(tmp_path: Path) -> None:
    with hosts(tmp_path, {"camera_slots": 2}, {}) as (database, (first, second)):
        wait_until(lambda: len(first.streams()) == 2 and len(second.streams()) == 2, "two cameras each")
        assert first.streams() | second.streams() == set(CAMERAS)
        for camera_id in CAMERAS:
            wait_until(lambda: first.segments(camera_id) or second.segments(camera_id), "a segment")  # noqa: B023
        for host, camera_id in itertools.product((first, second), CAMERAS):
            wait_until(lambda: host.shows(camera_id), "each host shows each camera")  # noqa: B023
        moved = first.streams()
        before = {camera_id: second.segments(camera_id) for camera_id in moved}
        first.signal(signal.SIGKILL)
        killed_s = time.monotonic()
        wait_until(lambda: second.streams() == set(CAMERAS), "the other host takes over")
        took_s = time.monotonic() - killed_s
        for camera_id in moved:
            wait_until(lambda: second.segments(camera_id) > before[camera_id], "it records")  # noqa: B023
        for camera_id in CAMERAS:
            wait_until(lambda: second.shows(camera_id), "all cameras on one screen")  # noqa: B023
        print(f"taken over after {took_s:.1f} s")
        assert took_s <= TAKEN_OVER_S
        assert {camera_id: epochs(database)[camera_id] for camera_id in moved} == dict.fromkeys(moved, 2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_host_that_only_paused_never_writes_beside_the_one_that_took_over(tmp_path: Path) -> None:
    rounds = int(os.environ.get("LIVEMON_TEST_ROUNDS", "5"))
    with hosts(tmp_path, {"lease_s": LEASE_S}, {"lease_s": LEASE_S}) as (database, pair):
        for number in range(rounds):
            paused, other = pair if number % 2 == 0 else reversed(pair)
            wait_until(lambda: paused.streams() == set(CAMERAS), "it records all")  # noqa: B023
            was = epochs(database)
            paused.signal(signal.SIGSTOP)
            wait_until(lambda: other.streams() == set(CAMERAS), "the other takes over")  # noqa: B023
            paused.signal(signal.SIGCONT)
            wait_until(lambda: not paused.streams(), "the one that was paused stops by itself")  # noqa: B023
            now = epochs(database)
            assert all(now[camera_id] > was[camera_id] for camera_id in CAMERAS)
            assert len(set(owners(database).values())) == 1
        for camera_id in CAMERAS:
            written = epochs_of_events(database, camera_id)
            assert all(one <= next_one for one, next_one in itertools.pairwise(written)), "an older epoch wrote later"
