"""Cost of a fault: frames lost, the time until the picture is back, the notifications of people.

    python benchmarks/recovery.py [rounds]
    python benchmarks/recovery.py steady MINUTES

The source knows every frame: each carries its number, drawn as black and white cells, and is sent at its moment. Two
cameras record it, copied, in segments of ten seconds and of two. Faults are made from outside; then every recorded
segment is decoded and its numbers are read. `tests/test_recovery.py` runs the small form.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import av
import numpy as np
import psutil

from livemon.base.clock import Window
from livemon.base.settings.settings import Settings
from livemon.store import event_search
from livemon.store.event_search import EventSearch
from livemon.store.session import Database
from livemon.stream.files.archive import parse_archive_name
from livemon.stream.segments import list_segments
from livemon.stream.sources.network import IO_TIMEOUT_US

FPS = 10
BITS, CELL, ROW = 24, 16, 144
AWAY_S = 20.0
SETTLE_S = 24.0
PATIENCE_S = 120.0
SILENT_S = IO_TIMEOUT_US / 1e6
"""So long a connection may say nothing before it is given up."""
DATED_WITHIN_S = 0.3
PICTURES = 0x100
"""ffmpeg's packet identifier of a transport stream's first stream (ISO/IEC 13818-1 section 2.4.3.2)."""
CAMERAS = {"ten": "normal", "two": "low"}
SERVER = """
import sys, time
from livemon.monitor.monitor import Monitor
cameras = {name: {"source": sys.argv[2], "latency": latency} for name, latency in (("ten", "normal"), ("two", "low"))}
with Monitor(data_dir=sys.argv[1], cameras=cameras) as monitor:
    monitor.start_all()
    print("ready", flush=True)
    time.sleep(3600)
"""


class NumberedSource:
    """Sends numbered frames as MPEG-TS over HTTP, and can go away, fall silent, or lose its connections."""

    def __init__(self) -> None:
        with socket.socket() as probing:
            probing.bind(("127.0.0.1", 0))
            self.port = int(probing.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/live.ts"
        self.begun_s = 0.0
        self.sent_s: list[float] = []
        self.silent = False
        self._ended = threading.Event()
        self._clients: list[Queue[bytes | None]] = []
        self._deaf: list[Queue[bytes | None]] = []
        self._server: ThreadingHTTPServer | None = None
        picture = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{BITS * CELL}x{2 * ROW}", "-r", str(FPS), "-i", "-"]
        coded = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"]
        coded += ["-pix_fmt", "yuv420p", "-g", str(FPS), "-crf", "12"]
        sent = ["-mpegts_flags", "+pat_pmt_at_frames", "-flush_packets", "1", "-muxdelay", "0", "-f", "mpegts", "-"]
        self._encoder = subprocess.Popen(
            ["ffmpeg", "-v", "error", "-probesize", "32", *picture, *coded, *sent],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._draw, daemon=True).start()
        threading.Thread(target=self._send, daemon=True).start()
        self.appear()

    def appear(self) -> None:
        """Listen for those who want to see it."""
        source = self

        class Handler(BaseHTTPRequestHandler):
            # Else the rest of a picture waits for an acknowledgement, up to 0.2 s.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "video/mp2t")
                self.end_headers()
                queue: Queue[bytes | None] = Queue()
                source._clients.append(queue)
                with suppress(OSError):
                    while (chunk := queue.get()) is not None:
                        self.wfile.write(chunk)

            def log_message(self, *_: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def vanish(self) -> None:
        """Close every connection and refuse new ones."""
        assert self._server
        self._server.shutdown()
        self._server.server_close()
        clients, self._clients = self._clients, []
        for queue in clients:
            queue.put(None)

    def forget(self) -> None:
        """Let the connections that there are stand for ever without a word; new ones are served."""
        self._deaf += self._clients
        self._clients = []

    def close(self) -> None:
        """Go for good."""
        self._ended.set()
        self.vanish()
        self._encoder.kill()
        self._encoder.wait()

    def _draw(self) -> None:
        assert self._encoder.stdin
        self.begun_s = time.time()
        with suppress(OSError):
            for number in range(2**BITS):
                self._encoder.stdin.write(drawn(number).tobytes())
                self._encoder.stdin.flush()
                if self._ended.wait(max(0.0, self.begun_s + (number + 1) / FPS - time.time())):
                    return

    def _send(self) -> None:
        assert self._encoder.stdout
        while chunk := self._encoder.stdout.read(188):
            chunk += self._encoder.stdout.read(-len(chunk) % 188)
            # The first packet of a picture.
            if chunk[1] & 0x40 and int.from_bytes(chunk[1:3], "big") & 0x1FFF == PICTURES:
                self.sent_s.append(time.time())
            for queue in [] if self.silent else self._clients:
                queue.put(chunk)


@dataclass
class Recorded:
    """One camera's frames: number and the time that livemon gives it, in the order of the segments."""

    numbers: list[int] = field(default_factory=list)
    dated_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """Effect of one fault on one camera."""

    fault: str
    camera: str
    lost_s: float
    own_s: float
    back_s: float
    late_s: float

    @property
    def extra_s(self) -> float:
        """Loss beyond the fault itself."""
        return max(0.0, self.lost_s - self.own_s)


class House:
    """A livemon in a process of its own, which can be killed."""

    def __init__(self, data: Path, source: NumberedSource) -> None:
        self.data = data
        self.source = source
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it has started its cameras."""
        command = [sys.executable, "-c", SERVER, str(self.data), self.source.url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def ffmpegs(self) -> list[psutil.Process]:
        """The cameras' ffmpegs."""
        assert self._process
        children = psutil.Process(self._process.pid).children(recursive=True)
        return [child for child in children if child.name() == "ffmpeg"]

    def ends_s(self) -> dict[str, float]:
        """Until when there is footage of each camera."""
        ends = {}
        for name in CAMERAS:
            segments = list_segments(self.data / "cameras" / name / "hls")
            ends[name] = segments[-1].end_utc.timestamp() if segments else 0.0
        return ends

    def recorded(self, name: str) -> Recorded:
        """Decode all that was recorded."""
        found = Recorded()
        for segment in list_segments(self.data / "cameras" / name / "hls"):
            with av.open(str(segment.path)) as container:
                frames = list(container.decode(video=0))
            first_s = min((float(frame.time) for frame in frames), default=0.0)
            for frame in frames:
                found.numbers.append(number_in(frame.to_ndarray(format="gray")))
                since_s = (float(frame.time) - first_s) * segment.rate
                found.dated_s.append(segment.start_utc.timestamp() + since_s)
        return found

    def windows(self, name: str) -> tuple[int, int]:
        """Return how many archives there are, and how many do not hold just the frames of their segments."""
        segments = list_segments(self.data / "cameras" / name / "hls")
        made = {
            found[0]: self._numbers(path)
            for path in sorted((self.data / "cameras" / name / "archive").glob("*.mp4"))
            if (found := parse_archive_name(path.name)) is not None
        }
        own = {
            window: [
                number
                for segment in segments
                if Window.containing(segment.start_utc) == window
                for number in self._numbers(segment.path)
            ]
            for window in made
        }
        return len(made), sum(made[window] != own[window] for window in made)

    def _numbers(self, path: Path) -> list[int]:
        with av.open(str(path)) as container:
            return [number_in(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]

    def told(self, name: str) -> list[str]:
        """Reports of livemon about itself, the oldest first."""
        settings = Settings(data_dir=self.data, cameras={c: {"source": self.source.url} for c in CAMERAS})
        database = Database(settings.database)
        rows = event_search.search(database, EventSearch((name,), event_types=("system",)), 1000).to_dict("records")
        database.close()
        kinds = ("camera_offline", "camera_online", "footage_missing")
        return [f"{row['title']}: {row['description']}" for row in reversed(rows) if row["kind"] in kinds]


def drawn(number: int) -> np.ndarray:
    """Return a frame's picture: its number in black and white cells, and below them the opposite."""
    bits = np.array([number >> bit & 1 for bit in range(BITS)], np.uint8) * 255
    return np.stack([bits, 255 - bits]).repeat(ROW, axis=0).repeat(CELL, axis=1)


def number_in(picture: np.ndarray) -> int:
    """Read a frame's number; ValueError when the picture is damaged."""
    cells = picture.reshape(2, ROW, BITS, CELL).mean(axis=(1, 3)) > 127
    if not np.array_equal(cells[0], ~cells[1]):
        raise ValueError("a frame's number cannot be read")
    return sum(1 << bit for bit in range(BITS) if cells[0][bit])


@contextmanager
def house() -> Iterator[House]:
    """A source and a livemon that records it."""
    source = NumberedSource()
    with tempfile.TemporaryDirectory() as folder:
        made = House(Path(folder) / "data", source)
        made.start()
        try:
            yield made
        finally:
            made.kill()
            source.close()


def kill_ffmpeg(house: House) -> None:
    """Kill the ffmpegs."""
    for child in house.ffmpegs():
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)


def kill_server(house: House) -> None:
    """Kill livemon with all that it started, and start it again."""
    house.kill()
    house.start()


def source_away(house: House) -> None:
    """Let the source refuse connections for a while."""
    house.source.vanish()
    time.sleep(AWAY_S)
    house.source.appear()


def source_frozen(house: House) -> None:
    """Let the source say nothing for a while, while its connections stand."""
    house.source.silent = True
    time.sleep(AWAY_S)
    house.source.silent = False


def network_cut(house: House) -> None:
    """Lose the connections without a word to either side; new ones work at once."""
    house.source.forget()


FAULTS: dict[str, Callable[[House], None]] = {
    "ffmpeg killed": kill_ffmpeg,
    "server killed": kill_server,
    "source away 20 s": source_away,
    "source frozen 20 s": source_frozen,
    "connection cut": network_cut,
}


def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for something; TimeoutError when it does not happen."""
    give_up_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > give_up_s:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.05)


def footage_since(house: House, moment_s: float, patience_s: float = PATIENCE_S) -> dict[str, float]:
    """Wait until both cameras have footage that ends after a moment; return when each had."""
    seen: dict[str, float] = {}

    def all_seen() -> bool:
        for name, end_s in house.ends_s().items():
            if end_s > moment_s and name not in seen:
                seen[name] = time.time()
        return len(seen) == len(CAMERAS)

    until(all_seen, patience_s)
    return seen


@dataclass(frozen=True)
class Mark:
    """When a fault was made, when it was over, and when each camera's footage was back."""

    fault: str
    begun_s: float
    over_s: float
    back_s: dict[str, float]

    @property
    def own_s(self) -> float:
        """Time in which nothing could be recorded.

        A connection that was cut and one that is silent look the same.
        """
        return SILENT_S if self.fault == "connection cut" else self.over_s - self.begun_s


def run(names: list[str]) -> tuple[list[Row], dict[str, Recorded]]:
    """Make the faults, one after the other; return what each did, and all that was recorded."""
    marks: list[Mark] = []
    with house() as made:
        footage_since(made, time.time() + SETTLE_S)
        for name in names:
            begun_s = time.time()
            FAULTS[name](made)
            over_s = time.time()
            marks.append(Mark(name, begun_s, over_s, footage_since(made, over_s + 0.5)))
            footage_since(made, time.time() + SETTLE_S)
        ended_s = time.time()
        recorded = {camera: made.recorded(camera) for camera in CAMERAS}
        for camera, one in recorded.items():
            print(f"\nsegments of {camera}: {len(one.numbers)} frames, told:", *made.told(camera), sep="\n  ")
    nexts = [*(mark.begun_s for mark in marks[1:]), ended_s]
    return [
        measured(mark, next_s, camera, one, made.source)
        for camera, one in recorded.items()
        for mark, next_s in zip(marks, nexts, strict=True)
    ], recorded


def measured(mark: Mark, next_s: float, camera: str, recorded: Recorded, source: NumberedSource) -> Row:
    """Return what one fault did to one camera, up to the next fault."""
    shown_s = [source.begun_s + number / FPS for number in recorded.numbers]
    around = [
        n for n, at_s in zip(recorded.numbers, shown_s, strict=True) if mark.begun_s - SETTLE_S / 2 < at_s < next_s
    ]
    lost = sum(after - before - 1 for before, after in itertools.pairwise(around))
    since = [(n, dated_s) for n, dated_s in zip(recorded.numbers, recorded.dated_s, strict=True) if n in around]
    since = [(n, dated_s) for n, dated_s in since if source.begun_s + n / FPS > mark.over_s]
    # Time for drawing and encoding, on however busy a machine, is the source's.
    own_delay_s = min((source.sent_s[n] - source.begun_s - n / FPS for n, _ in since), default=0.0)
    errors = [abs(dated_s - source.begun_s - n / FPS - own_delay_s) for n, dated_s in since]
    worst_s = max(errors, default=float("inf"))
    return Row(mark.fault, camera, lost / FPS, mark.own_s, mark.back_s[camera] - mark.over_s, worst_s)


def disorder_of(recorded: dict[str, Recorded]) -> dict[str, int]:
    """Return how many frames are repeated or out of order, by camera."""
    return {camera: sum(b <= a for a, b in itertools.pairwise(one.numbers)) for camera, one in recorded.items()}


def steady(minutes: float) -> dict[str, dict[str, float]]:
    """Record without a fault; return how many frames there are, and are missing, disordered, or wrong in archives."""
    found = {}
    with house() as made:
        footage_since(made, time.time() + 60 * minutes, 60 * minutes + PATIENCE_S)
        recorded = {camera: made.recorded(camera) for camera in CAMERAS}
        disorder = disorder_of(recorded)
        for camera, one in recorded.items():
            lost = sum(after - before - 1 for before, after in itertools.pairwise(one.numbers))
            base_s = [dated_s - n / FPS for n, dated_s in zip(one.numbers, one.dated_s, strict=True)]
            windows, wrong = made.windows(camera)
            found[camera] = {
                "minutes": round(minutes, 1),
                "frames": len(one.numbers),
                "lost": lost,
                "disorder": disorder[camera],
                "dates_apart_s": round(max(base_s) - min(base_s), 3),
                "windows": windows,
                "wrong_windows": wrong,
            }
    return found


def main(rounds: int) -> None:
    from common import record

    rows, recorded = run([name for name in FAULTS for _ in range(rounds)])
    print("\n| fault | segments, s | lost, s | of it the fault itself | picture back after, s | dated wrong by, s |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        length = 10 if row.camera == "ten" else 2
        print(f"| {row.fault} | {length} | {row.lost_s:.1f} | {row.own_s:.1f} | {row.back_s:.1f} | {row.late_s:.2f} |")
    disorder = disorder_of(recorded)
    print("\nrepeated or out of order:", disorder)
    keys = ("fault", "camera", "lost_s", "own_s", "back_s", "late_s")
    record("recovery", {"rows": [{key: getattr(row, key) for key in keys} for row in rows], "disorder": disorder})


def main_steady(minutes: float) -> None:
    from common import record

    record("recovery_steady", steady(minutes))


if __name__ == "__main__":
    if sys.argv[1:2] == ["steady"]:
        main_steady(float(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
