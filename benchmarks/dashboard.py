"""How quick, how heavy and how smooth the dashboard is in Chromium, and what its pages cost the server.

    python benchmarks/dashboard.py [--only paint weight latency memory loop] [--events 100000] [--pages 10] [--record]

A server of its own process (fresh folder, SQLite, `test-pattern` running), Chromium in this one, on loopback, on the same
cores. *paint* and *weight* open Live with a cold browser; *latency* has events committed and notes when Chromium's page
has their title, with an empty database and with a full one; *memory* and *loop* keep pages of all kinds open over
the full one. The loop's heartbeat is due every 5 ms; while it is late a thread notes what runs. `--record` keeps the
figures in results.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
from common import ROOT, record
from daily_report import EVENTS_A_DAY, ONE_DAY, analyses_of, archives_of, events_of
from playwright.sync_api import Browser, Error, Page, sync_playwright

from livemon.clock import SystemClock, floor_to
from livemon.config import Settings
from livemon.datatypes import EventType, Observation, Severity
from livemon.monitor import Monitor
from livemon.store import writes
from livemon.store.derived import SegmentAnalysis
from livemon.store.models import ArchiveRow, RealtimeEvent
from livemon.store.session import Database
from livemon.ui.serve import serve_forever

CAMERA = "camera-1"
PARTS = ("paint", "weight", "latency", "memory", "loop")
PATHS = ("/", "/events?state=any", "/day", "/cameras", "/system")
READY = {"/": ".lm-player", "/events?state=any": ".lm-queue", "/day": ".lm-cell", "/cameras": "text=Add a camera"}
DAYS, KEPT_DAYS = 90, 6  # of events, of archives
BEAT_S, SUSPECT_S, BLOCKED_S = 0.005, 0.02, 0.05
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ROOTS = """const roots = root => [root, ...[...root.querySelectorAll('*')].flatMap(n => n.shadowRoot ? roots(n.shadowRoot) : [])];
"""
SHOWN = f"""(() => {{ {ROOTS}
  const seen = what => roots(document).some(r => [...r.querySelectorAll(what)].some(n => n.checkVisibility() && n.clientHeight));
  const timer = setInterval(() => {{
    if (!seen('.lm-player') || !seen('[role=combobox]')) return;
    clearInterval(timer);
    requestAnimationFrame(() => window.shownMs = performance.now());
  }}, 25);
}})()"""
NOTE_TITLES = f"""() => {{ {ROOTS}
  window.titles = {{}};
  let list = null;
  const look = () => {{
    if (!list?.isConnected || !list.querySelector('.lm-title, .what'))
      list = roots(document).find(r => r.querySelector('.lm-title, .what'));
    for (const node of list?.querySelectorAll('.lm-title, .what') ?? []) window.titles[node.textContent] ??= Date.now();
    requestAnimationFrame(look);
  }};
  look();
}}"""


# The server's process


class Heart:
    """Beats on a loop; notes each beat's lateness by phase, and what the loop's thread ran while it was late."""

    def __init__(self) -> None:
        self.phase = "start"
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._late_s: dict[str, list[float]] = {}
        self._blocks: dict[str, list[tuple[float, float, list[str]]]] = {}
        self._seen: list[str] = []
        self._due_s, self._cpu_s = time.perf_counter(), time.thread_time()
        self._beat()
        threading.Thread(target=self._watch, daemon=True).start()

    def _beat(self) -> None:
        now_s, cpu_s = time.perf_counter(), time.thread_time()
        late_s = max(0.0, now_s - self._due_s)
        seen, self._seen = self._seen, []
        self._late_s.setdefault(self.phase, []).append(late_s)
        if late_s > BLOCKED_S:
            self._blocks.setdefault(self.phase, []).append((late_s, cpu_s - self._cpu_s, seen))
        self._due_s, self._cpu_s = now_s + BEAT_S, cpu_s
        self._loop.call_later(BEAT_S, self._beat)

    def _watch(self) -> None:
        while True:
            time.sleep(BEAT_S)
            if time.perf_counter() - self._due_s > SUSPECT_S:
                frames = sys._current_frames()
                stack = stack_of(frames[self._thread])
                if stack.startswith("selectors.py"):  # it waits, or for the interpreter lock: who has it?
                    others = [stack_of(f, 3) for ident, f in frames.items() if ident not in OWN and ident != self._thread]
                    stack = "idle; others: " + " | ".join(o for o in others if "threading.py" not in o.split("\n")[0])
                self._seen.append(stack)

    def report(self) -> dict[str, Any]:
        """Return each phase's lateness in ms, its blocks, and the stacks in them with how many had each."""
        told = {}
        for phase, late_s in self._late_s.items():
            blocks = self._blocks.get(phase, [])
            late_ms = sorted(1000 * each for each in late_s)
            stacks = Counter(stack for _, _, seen in blocks for stack in seen)
            told[phase] = {
                "beats": len(late_ms),
                "p50_ms": round(statistics.median(late_ms), 1),
                "p99.9_ms": round(late_ms[int(0.999 * len(late_ms))], 1),
                "longest_ms": round(late_ms[-1], 1),
                "blocks": [[round(1000 * late), round(1000 * cpu)] for late, cpu, _ in blocks],
                "stacks": stacks.most_common(25),
                "own": Counter(own_line(stack) for _, _, seen in blocks for stack in seen).most_common(25),
            }
        return told


OWN: set[int] = set()
"""The threads that measure."""


def stack_of(frame: FrameType | None, most: int = 400) -> str:
    """Return a stack, the innermost first, as lines `file:line function`."""
    lines = []
    while frame and len(lines) < most:
        name = frame.f_code.co_filename.split("site-packages/")[-1].removeprefix(f"{ROOT}/")
        name = name if "/" in name and not name.startswith("/") else Path(name).name
        lines.append(f"{name}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return "\n".join(lines)


def own_line(stack: str) -> str:
    """Return the innermost line of livemon's own code in a stack; otherwise its innermost line."""
    lines = stack.split("\n")
    return next((line for line in lines if line.startswith("livemon/")), f"not livemon: {lines[0]}")


def serve(data_dir: Path) -> None:
    """Be the measured server: answer each line of stdin with one line of JSON."""
    cameras = {CAMERA: {"source": "test-pattern", "name": "Playroom"}}
    cameras["hall"] = {"source": "test-pattern", "name": "Hall", "autostart": False}
    settings = Settings(data_dir=data_dir, port=0, timezone="UTC", cameras=cameras)
    with Monitor(settings) as monitor:
        monitor.start(CAMERA)

        def obey(heart: Heart) -> None:
            OWN.add(threading.get_ident())
            for line in sys.stdin:
                word, _, rest = line.strip().partition(" ")
                answer: Any = None
                if word == "add":
                    now = monitor.clock.now()
                    seen = Observation("walking", EventType.ACTIVITY, Severity.INFO, rest, "Seen.", 0.5, now, now, (now,))
                    writes.add_event(monitor.database, CAMERA, seen, now, model="local")
                    answer = time.time()
                elif word == "phase":
                    heart.phase = rest
                elif word == "report":
                    answer = heart.report()
                print("@" + json.dumps(answer), flush=True)

        def ready(url: str) -> None:
            threading.Thread(target=obey, args=[Heart()], daemon=True).start()
            print("@" + json.dumps(url), flush=True)

        serve_forever(monitor, ready)


class Served:
    """A server's process, as the benchmark has it."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, __file__, "--serve", str(data_dir)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url: str = self._answer()

    def ask(self, line: str) -> Any:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer()

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _answer(self) -> Any:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("@"):
                return json.loads(line[1:])
        raise RuntimeError("the server ended")


@contextmanager
def server(events: int, warm_up_s: float) -> Iterator[Served]:
    """Run a server over so many events until the block ends."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if events:
            fill(Path(folder), events)
        served = Served(Path(folder))
        try:
            time.sleep(warm_up_s)
            yield served
        finally:
            served.stop()


def fill(data_dir: Path, events: int) -> None:
    """Write events of 90 days, half of them reviewed, and the windows of the days whose footage is kept."""
    chance, today = random.Random(1), floor_to(SystemClock().now(), ONE_DAY)
    database = Database(Settings(data_dir=data_dir).database)
    writes.upsert_camera(database, CAMERA, "Playroom", "", today)
    for number in range(DAYS):
        day = today - (number + 1) * ONE_DAY
        rows = []
        while len(rows) < events // DAYS + (number < events % DAYS):
            rows += events_of(day, chance)[: max(1, min(EVENTS_A_DAY, events // DAYS + 1 - len(rows)))]
        for row in chance.sample(rows, events // DAYS + (number < events % DAYS)):
            row["reviewed_utc"] = row["start_utc"] + timedelta(hours=1) if chance.random() < 0.5 else None
        with database.writing() as session:
            session.execute(sa.insert(RealtimeEvent), [{"reviewed_utc": None, **row} for row in rows])
            if number < KEPT_DAYS:
                session.execute(sa.insert(ArchiveRow), archives_of(day))
                session.execute(sa.insert(SegmentAnalysis), analyses_of(day, chance))
    database.close()


# What is measured
