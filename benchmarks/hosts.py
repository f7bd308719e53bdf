"""Several hosts on one PostgreSQL database: take-over after a kill, and the cost of a relayed live picture.

    python benchmarks/hosts.py [--relay-only]

Hosts are `livemon serve` with data folders of their own, on loopback, as process groups; cameras are test patterns.
*Take-over*: three hosts share twelve cameras, and the one with four of them is killed (SIGKILL). Measured is the time
until every one of them has a new segment elsewhere, and how much of its footage is missing by the segments' times.
*Relay*: players read the live playlist and its segments for a minute, first from the host that records, then from the
other one. Both hosts' CPU is counted, less what it is without players, and the time of each answer.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from common import ROOT, record, tree_cost

sys.path.insert(0, str(ROOT))

from livemon.stream.playlist import parse_playlist
from livemon.stream.segments import list_segments
from tests.ports import free_port
from tests.postgres import postgres

CAMERAS = [f"camera-{number}" for number in range(12)]
PLAYERS, MEASURED_S, PATIENCE_S = 10, 60.0, 120.0
API = "/api/live-monitoring"


class Host:
    """A server with a data folder of its own."""

    def __init__(self, folder: Path, database: str, slots: int, cameras: list[str]) -> None:
        folder.mkdir()
        self.data, self.port = folder / "data", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        each = "".join(f'[cameras.{one}]\nsource = "test-pattern"\nlatency = "low"\n' for one in cameras)
        config = folder / "livemon.toml"
        config.write_text(
            f'data_dir = "{self.data}"\ndatabase_url = "{database}"\nport = {self.port}\nhost_url = "{self.url}"\n'
            f'several_hosts = true\ncamera_slots = {slots}\ndetector = "none"\nmodel = "local"\n{each}'
        )
        environment = {**os.environ, "LIVEMON_HOST_SECRET": "benchmark" * 5}
        command = [sys.executable, "-m", "livemon", "serve", "--config", str(config)]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, start_new_session=True, cwd=folder
            )

    def newest(self) -> dict[str, float]:
        """Return when each camera's newest segment here ends, in seconds since the epoch."""
        found = {one: list_segments(self.data / "cameras" / one / "hls") for one in CAMERAS}
        return {one: segments[-1].end_utc.timestamp() for one, segments in found.items() if segments}

    def spans(self, camera_id: str) -> list[tuple[float, float]]:
        """Return begin and end of each segment of a camera here."""
        segments = list_segments(self.data / "cameras" / camera_id / "hls")
        return [(one.start_utc.timestamp(), one.end_utc.timestamp()) for one in segments]

    def end(self) -> None:
        """End it, and wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


def wait_for(condition: object, what: str) -> float:
    """Return how long it took until something holds."""
    assert callable(condition)
    begun_s = time.monotonic()
    while not condition():
        if time.monotonic() - begun_s > PATIENCE_S:
            raise SystemExit(f"not within {PATIENCE_S:.0f} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - begun_s


def take_over(folder: Path, database: str) -> dict[str, object]:
    """Kill the host that has four of twelve cameras."""
    with ExitStack() as stack:
        hosts: list[Host] = []
        for number, slots in enumerate((4, 4, 12)):
            hosts.append(Host(folder / f"host-{number}", database, slots, CAMERAS))
            stack.callback(hosts[-1].end)
            due = min(12, 4 * (number + 1))
            wait_for(lambda: sum(len(one.newest()) for one in hosts) >= due, f"{due} cameras record")  # noqa: B023
        first, *others = hosts
        lost = sorted(first.newest())
        os.killpg(first.process.pid, signal.SIGKILL)
        killed = time.time()
        first.process.wait()
        took: dict[str, float] = {}

        def all_record() -> bool:
            for host in others:
                for camera_id, until in host.newest().items():
                    if camera_id in lost and until > killed:
                        took.setdefault(camera_id, time.time() - killed)
            return len(took) == len(lost)

        wait_for(all_record, "every camera is recorded elsewhere")
        missing = []
        for camera_id in lost:
            before = max(until for _, until in first.spans(camera_id))
            after = min(start for host in others for start, until in host.spans(camera_id) if until > killed)
            missing.append(after - before)
    return {
        "cameras": len(lost),
        "longest_until_recorded_s": round(max(took.values()), 1),
        "longest_missing_s": round(max(missing), 1),
    }


def play(url: str, camera_id: str, until_s: float, answers_s: list[float]) -> None:
    """Read the playlist, and each new segment, as a player does."""
    base, seen = f"{url}{API}/hls/{camera_id}/", ""
    while time.monotonic() < until_s:
        with urllib.request.urlopen(f"{base}index.m3u8?blocking=no", timeout=30) as answer:
            newest = parse_playlist(answer.read().decode()).entries[-1].uri
        if newest != seen:
            seen, begun_s = newest, time.monotonic()
            with urllib.request.urlopen(base + newest, timeout=30) as answer:
                answer.read()
            answers_s.append(time.monotonic() - begun_s)
        time.sleep(0.5)


def measured(hosts: list[Host], url: str) -> tuple[float, list[float]]:
    """Return both hosts' CPU seconds in a minute, and the seconds of each segment; without a URL none is played."""
    answers_s: list[float] = []
    until_s = time.monotonic() + MEASURED_S
    players = [
        threading.Thread(target=play, args=(url, "camera-0", until_s, answers_s)) for _ in range(PLAYERS if url else 0)
    ]
    before = sum(tree_cost(host.process.pid).cpu_s for host in hosts)
    for player in players:
        player.start()
    for player in players:
        player.join()
    time.sleep(max(0.0, until_s - time.monotonic()))
    return sum(tree_cost(host.process.pid).cpu_s for host in hosts) - before, answers_s


def relay(folder: Path, database: str) -> dict[str, object]:
    """Play one camera directly, and through a host that does not record it."""
    with ExitStack() as stack:
        hosts = []
        for number in range(2):
            hosts.append(Host(folder / f"host-{number}", database, 1 - number, CAMERAS[:1]))
            stack.callback(hosts[-1].end)
            wait_for(lambda: hosts[0].newest(), "the camera records")
        owner, other = hosts

        def relays() -> bool:
            try:
                with urllib.request.urlopen(f"{other.url}{API}/cameras/camera-0/latest.jpg", timeout=30):
                    return True
            except OSError:
                return False

        wait_for(relays, "the other host shows the camera")
        time.sleep(20)
        idle_s, _ = measured(hosts, "")
        direct_s, direct = measured(hosts, owner.url)
        relayed_s, relayed = measured(hosts, other.url)
    return {
        "players": PLAYERS,
        "cpu_s_a_minute": {"no_player": round(idle_s, 2), "direct": round(direct_s, 2), "relayed": round(relayed_s, 2)},
        "live_picture_relayed_to_direct": round(relayed_s / direct_s, 2),
        "players_alone_relayed_to_direct": round((relayed_s - idle_s) / max(direct_s - idle_s, 0.01), 2),
        "segment_ms": {
            "direct": round(1000 * statistics.median(direct), 1),
            "relayed": round(1000 * statistics.median(relayed), 1),
        },
    }


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--relay-only", action="store_true")
    asked = parser.parse_args()
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        if not asked.relay_only:
            (Path(temporary) / "kill").mkdir()
            with postgres() as database:
                results["take_over"] = take_over(Path(temporary) / "kill", database)
        (Path(temporary) / "relay").mkdir()
        with postgres() as database:
            results["relay"] = relay(Path(temporary) / "relay", database)
    record("hosts", results)


if __name__ == "__main__":
    main()
