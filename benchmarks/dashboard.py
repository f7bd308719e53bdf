"""Speed, weight and smoothness of the dashboard in Chromium, and the cost of its pages for the server.

    python benchmarks/dashboard.py [--only paint weight latency memory loop] [--events 100000] [--pages 10] [--record]

The server is a process of its own (fresh folder, SQLite, `test-pattern` running), Chromium is in this one: on loopback,
on the same cores. *paint* and *weight* open Live with a cold browser; *latency* has events committed and notes when the
page has their title, with an empty database and with a full one; *memory* and *loop* keep pages of all kinds open over
the full one. The loop's heartbeat is due every 5 ms; while it is late a thread notes what runs. Chromium takes the
server's cores away: `--nice -10` (as root) lets the server go first, and what then blocks is its own; `--apart` leaves
it a core of its own, as it has where browsers run on phones and not on the server's machine. `--record` keeps
the figures in results.json.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
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

from livemon.base.clock import SystemClock, floor_to
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent
from livemon.web.server.serve import serve_forever

CAMERA = "camera-1"
PARTS = ("paint", "weight", "latency", "memory", "loop")
PATHS = ("/", "/events?state=any", "/day", "/cameras", "/system")
READY = {"/": ".lm-player", "/events?state=any": ".lmq-queue", "/day": ".lmd-cell", "/cameras": "text=Add a camera"}
DAYS, KEPT_DAYS = 90, 6  # of events, of archives
BEAT_S, SUSPECT_S, BLOCKED_S = 0.005, 0.02, 0.05
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ROOTS = """const inside = root => [...root.querySelectorAll('*')];
const roots = root => [root, ...inside(root).flatMap(node => node.shadowRoot ? roots(node.shadowRoot) : [])];"""
SHOWN = f"""(() => {{ {ROOTS}
  const visible = node => node.checkVisibility() && node.clientHeight;
  const seen = what => roots(document).some(root => [...root.querySelectorAll(what)].some(visible));
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
    if (!list?.isConnected || !list.querySelector('.lmq-title, .what'))
      list = roots(document).find(r => r.querySelector('.lmq-title, .what'));
    const nodes = list?.querySelectorAll('.lmq-title, .what') ?? [];
    for (const node of nodes) window.titles[node.textContent] ??= Date.now();
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
        self._blocks: dict[str, list[tuple[float, float, float, list[str]]]] = {}
        self._collected: dict[str, list[tuple[float, float]]] = {}
        self._seen: list[str] = []
        gc.callbacks.append(self._collecting)
        self._due_s, self._cpu_s, self._all_s = time.perf_counter(), time.thread_time(), time.process_time()
        self._beat()
        threading.Thread(target=self._watch, daemon=True).start()

    def _beat(self) -> None:
        now_s, cpu_s, all_s = time.perf_counter(), time.thread_time(), time.process_time()
        late_s = max(0.0, now_s - self._due_s)
        seen, self._seen = self._seen, []
        self._late_s.setdefault(self.phase, []).append(late_s)
        if late_s > BLOCKED_S:
            block = (late_s, cpu_s - self._cpu_s, all_s - self._all_s, seen)
            self._blocks.setdefault(self.phase, []).append(block)
        self._due_s, self._cpu_s, self._all_s = now_s + BEAT_S, cpu_s, all_s
        self._loop.call_later(BEAT_S, self._beat)

    def _collecting(self, event: str, about: dict[str, int]) -> None:
        """Note how long a search of everything took, and the CPU time of its thread: all others wait for it."""
        if about["generation"] < 2:
            return
        if event == "start":
            self._since = (time.perf_counter(), time.thread_time())
        else:
            took = (time.perf_counter() - self._since[0], time.thread_time() - self._since[1])
            self._collected.setdefault(self.phase, []).append(took)

    def _watch(self) -> None:
        OWN.add(threading.get_ident())
        while True:
            time.sleep(BEAT_S)
            if time.perf_counter() - self._due_s > SUSPECT_S:
                frames = sys._current_frames()
                stack = stack_of(frames[self._thread])
                if stack.startswith("selectors.py"):  # it waits, or for the interpreter lock: who has it?
                    others = [stack_of(f, 4) for one, f in frames.items() if one not in OWN | {self._thread}]
                    stack = "\n".join(["idle", *(each for each in others if not each.startswith(RESTING))])
                self._seen.append(stack)

    def report(self) -> dict[str, Any]:
        """Return each phase's lateness in ms, its blocks, and the stacks in them with how many had each."""
        told = {}
        for phase, late_s in self._late_s.items():
            blocks = self._blocks.get(phase, [])
            late_ms = sorted(1000 * each for each in late_s)
            stacks = Counter(stack for *_, seen in blocks for stack in seen)
            collected = self._collected.get(phase, [])
            told[phase] = {
                "beats": len(late_ms),
                "p50_ms": round(statistics.median(late_ms), 1),
                "p99.9_ms": round(late_ms[int(0.999 * len(late_ms))], 1),
                "longest_ms": round(late_ms[-1], 1),
                # Time that the process cannot have caused was spent waiting for a core.
                "longest_own_ms": round(1000 * max((cpu_s for _, cpu_s, *_ in blocks), default=0.0), 1),
                "longest_caused_ms": round(1000 * max((min(block[0], block[2]) for block in blocks), default=0.0), 1),
                "collections": len(collected),
                "longest_collection_ms": round(1000 * max((wall_s for wall_s, _ in collected), default=0.0), 1),
                "longest_collection_cpu_ms": round(1000 * max((cpu_s for _, cpu_s in collected), default=0.0), 1),
                "blocks": [[round(1000 * each) for each in block[:3]] for block in blocks],
                "stacks": stacks.most_common(25),
                "own": Counter(own_line(stack) for *_, seen in blocks for stack in seen).most_common(25),
            }
        return told


RESTING = ("threading.py", "thread.py", "selectors.py", "queue.py", "subprocess.py", "unix_events.py")
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
    """Return the innermost line of livemon's pages in a stack; without one, how the loop came to what it runs."""
    if stack.startswith("idle"):
        return "idle, or waiting for the interpreter lock"
    lines = stack.split("\n")
    own = [line for line in lines if line.startswith("livemon/") and not line.startswith("livemon/web/server/serve.py")]
    ran = next(
        (n for n, line in enumerate(lines) if line.startswith("events.py") and line.endswith(" _run")), len(lines)
    )
    return own[0] if own else "no page's code: " + " < ".join(lines[max(0, ran - 6) : ran])


def serve(data_dir: Path) -> None:
    """Be the measured server: answer each line of stdin with one line of JSON."""
    cameras = {CAMERA: {"source": "test-pattern", "name": "Playroom"}}
    cameras["hall"] = {"source": "test-pattern", "name": "Hall", "autostart": False}
    report = {"enabled": False}  # seven days of them would be caught up with
    settings = Settings(data_dir=data_dir, port=0, timezone="UTC", cameras=cameras, report=report)
    with Monitor(settings) as monitor:
        monitor.start(CAMERA)

        def obey(heart: Heart) -> None:
            OWN.add(threading.get_ident())
            for line in sys.stdin:
                word, _, rest = line.strip().partition(" ")
                answer: Any = None
                if word == "add":
                    now = monitor.clock.now()
                    seen = Observation(
                        "walking", EventType.ACTIVITY, Severity.INFO, rest, "Seen.", 0.5, now, now, (now,)
                    )
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

    def __init__(self, data_dir: Path, nice: int, *, apart: bool) -> None:
        command = [sys.executable, __file__, "--serve", str(data_dir), "--nice", str(nice)]
        command += ["--apart"] if apart else []
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
def server(events: int, warm_up_s: float, nice: int, *, apart: bool) -> Iterator[Served]:
    """Run a server over so many events until the block ends."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if events:
            fill(Path(folder), events)
        served = Served(Path(folder), nice, apart=apart)
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
        count = events // DAYS + (number < events % DAYS)
        rows = chance.sample(events_of(day, chance), min(count, EVENTS_A_DAY))
        for row in rows:
            row["reviewed_utc"] = row["start_utc"] + timedelta(hours=1) if chance.random() < 0.5 else None
        with database.writing() as session:
            session.execute(sa.insert(RealtimeEvent), rows)
            if number < KEPT_DAYS:
                session.execute(sa.insert(ArchiveRow), archives_of(day))
                session.execute(sa.insert(SegmentAnalysis), analyses_of(day, chance))
    database.close()


# What is measured


def told(figure: str, value: float, unit: str, bar: float | None = None) -> None:
    """Print a figure, with its bar beside it."""
    verdict = "" if bar is None else f"   bar {bar:g} {unit}: {'met' if value <= bar else 'MISSED'}"
    print(f"{figure:58} {value:9.2f} {unit}{verdict}", flush=True)


def paint(browser: Browser, served: Served, runs: int) -> dict[str, Any]:
    """Open Live with a cold browser; from the navigation's start to chooser and player."""
    shown_s = []
    for _ in range(runs):
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(SHOWN)
        page.goto(served.url + "/")
        page.wait_for_function("window.shownMs", timeout=60_000)
        shown_s.append(page.evaluate("window.shownMs") / 1000)
        context.close()
    told(f"paint: Live, median of {runs}", statistics.median(shown_s), "s", 2.5)
    told("paint: Live, longest", max(shown_s), "s", 2.5)
    print("   runs:", " ".join(f"{each:.2f}" for each in shown_s))
    return {"median_s": round(statistics.median(shown_s), 2), "longest_s": round(max(shown_s), 2)}


def weight(browser: Browser, served: Served, _runs: int) -> dict[str, Any]:
    """Open Live with a cold browser and add up what is transferred until the picture moves."""
    context = browser.new_context()
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    files: dict[str, dict[str, Any]] = {}
    sizes: Counter[str] = Counter()
    frames: list[int] = []
    cdp.on("Network.responseReceived", lambda told: files.update({told["requestId"]: told["response"]}))
    cdp.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: int(told["encodedDataLength"])}))
    cdp.on("Network.webSocketFrameReceived", lambda told: frames.append(len(told["response"]["payloadData"])))
    page.goto(served.url + "/")
    page.locator(".lm-player[data-state=live]").wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    video = {
        one for one, file in files.items() if "/hls/" in file["url"] and not file["url"].split("?")[0].endswith("m3u8")
    }
    total_mb = sum(size for one, size in sizes.items() if one not in video) / 1e6
    told("weight: Live cold, without video", total_mb, "MB", 6.0)
    told("weight: websocket received, as text", sum(frames) / 1e6, "MB")
    told("weight: files", len(sizes) - len(video), "")
    heaviest = [(one, size) for one, size in sizes.most_common() if one not in video and one in files][:5]
    for one, size in heaviest:
        headers = {name.lower(): value for name, value in files[one]["headers"].items()}
        packed = headers.get("content-encoding", "not compressed")
        print(f"   {size / 1e6:6.2f} MB  {files[one]['url'].removeprefix(served.url)[:110]}  ({packed})")
    context.close()
    return {"mb": round(total_mb, 2), "websocket_mb": round(sum(frames) / 1e6, 2)}


def latency(browser: Browser, served: Served, runs: int, events: int = 0) -> dict[str, Any]:
    """Commit events at random moments; when is each title in the page?"""
    result = {}
    for path, ready in (("/events?state=any", ".lmq-queue"), ("/", ".lm-player[data-state=live]")):
        page = browser.new_page()
        page.goto(served.url + path)
        page.locator(ready).wait_for(timeout=60_000)
        page.wait_for_timeout(2000)
        page.evaluate(NOTE_TITLES)
        committed_s = {}
        for number in range(runs):
            title = f"Commit {path} {number} of {runs}"
            committed_s[title] = served.ask(f"add {title}")
            page.wait_for_timeout(400 + 700 * random.random())
        page.wait_for_timeout(3000)
        seen_ms = page.evaluate("window.titles")
        page.close()
        took_ms = sorted(seen_ms[title] - 1000 * at for title, at in committed_s.items() if title in seen_ms)
        name = f"latency: {path.split('?')[0]:7} {events:6} events before,"
        figures = {"p50": took_ms[len(took_ms) // 2], "p95": took_ms[int(0.95 * len(took_ms))], "longest": took_ms[-1]}
        for figure, value in figures.items():
            told(f"{name} {figure}", value, "ms", 500 if figure == "p95" else None)
        told(f"{name} never seen", runs - len(took_ms), "", 0)
        result[f"{path} {events}"] = {figure: round(value) for figure, value in figures.items()}
    return result


def open_pages(browser: Browser, served: Served, count: int) -> list[tuple[str, Page]]:
    """Open pages of all kinds, each in a browser of its own: browsers share six connections among their tabs."""
    pages = []
    for number in range(count):
        path = PATHS[number % len(PATHS)]
        page = browser.new_context().new_page()
        page.set_default_timeout(15_000)
        page.goto(served.url + path)
        page.locator(READY.get(path, "h2")).first.wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        pages.append((path, page))
    return pages


def use(path: str, page: Page, step: int) -> None:
    """Do what a person does on a page."""
    if path.startswith("/events"):
        page.locator(".lmq-list li").nth(step + 1).click()
        page.wait_for_timeout(1000)
        page.get_by_role("combobox").nth((0, 2, 4)[step % 3]).click()
        page.locator(".MuiMenuItem-root").nth(step % 2).click()
    elif path == "/day":
        windows = page.locator(".lmd-cell:not([aria-disabled=true])")
        windows.nth(7 * step % max(1, windows.count())).click()
        page.wait_for_timeout(1000)
        page.get_by_role("button", name="The day before").click()
    elif path == "/":
        page.get_by_role("combobox").first.click()
        page.locator(".MuiMenuItem-root").nth((1, 2, 0)[step % 3]).click()
    elif path == "/cameras":
        page.get_by_role("textbox").first.fill(f"Room {step}")
    page.wait_for_timeout(1000)


def many(browser: Browser, served: Served, parts: list[str], count: int, idle_s: float) -> dict[str, Any]:
    """Hold pages open over the large database: memory after a minute, and how long the loop was blocked."""
    result: dict[str, Any] = {"rss_before_mb": round(served.rss_mb())}
    told("memory: before any page, ffmpeg not counted", served.rss_mb(), "MB")
    served.ask("phase open")
    pages = open_pages(browser, served, count)
    told(f"memory: {count} pages just opened", served.rss_mb(), "MB")
    served.ask("phase rest")
    time.sleep(5)
    if "memory" in parts:
        time.sleep(idle_s - 5)
        result["rss_mb"] = round(served.rss_mb())
        told(f"memory: {count} pages, after {idle_s:g} s", served.rss_mb(), "MB", 350)
    if "loop" in parts:
        for phase, rounds in (("use", 3), ("commit", 1), ("reload", 1)):
            served.ask(f"phase {phase}")
            for step, (path, page) in [(step, each) for step in range(rounds) for each in pages]:
                try:
                    if phase == "use":
                        use(path, page, step)
                    elif phase == "commit":
                        served.ask(f"add Commit {path}")
                        page.wait_for_timeout(1000)
                    else:
                        page.reload()
                        page.wait_for_timeout(2000)
                except Error as exc:
                    print(f"   {phase} of {path} failed: {str(exc).splitlines()[0]}")
        told(f"memory: {count} pages, after use and a reload of each", served.rss_mb(), "MB")
        phases = served.ask("report")
        for phase in ("rest", "use", "commit", "open", "reload"):
            show_loop(phase, phases[phase])
        result["loop"] = {phase: {k: v for k, v in told.items() if "_ms" in k} for phase, told in phases.items()}
    for _, page in pages:
        page.context.close()
    return result


def show_loop(phase: str, found: dict[str, Any]) -> None:
    """Print how late the loop was in a phase, and what ran when that was long."""
    built = " (pages are built)" if phase in ("open", "reload") else ""
    told(f"loop: {phase}{built}, p50", found["p50_ms"], "ms")
    told(f"loop: {phase}{built}, p99.9", found["p99.9_ms"], "ms")
    told(f"loop: {phase}{built}, longest", found["longest_ms"], "ms", 50)
    told(f"loop: {phase}{built}, most work of its own in one over 50", found["longest_own_ms"], "ms", 50)
    told(f"loop: {phase}{built}, most that this process can have held it", found["longest_caused_ms"], "ms", 50)
    told(f"loop: {phase}{built}, searches of everything for garbage", found["collections"], "")
    told(f"loop: {phase}{built}, the longest of them", found["longest_collection_ms"], "ms")
    told(f"loop: {phase}{built}, most CPU of one of them", found["longest_collection_cpu_ms"], "ms", 50)
    if found["blocks"]:
        print(
            f"   blocked {len(found['blocks'])} times over 50 ms, [ms, CPU of its thread, of all threads]:",
            found["blocks"],
        )
    for line, count in found["own"]:
        print(f"   {count:5} samples in {line}")
    for stack, count in found["stacks"]:
        print(f"   {count:5} samples:", *stack.split("\n")[:12], sep="\n          ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="these parts")
    parser.add_argument("--events", type=int, default=100_000, help="in the full database; most 2,000 a day of 90")
    parser.add_argument("--pages", type=int, default=10, help="open at once")
    parser.add_argument("--runs", type=int, default=7, help="of paint")
    parser.add_argument("--commits", type=int, default=60, help="of latency, for each page")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds before memory is read")
    parser.add_argument("--warm-up", type=float, default=40.0, help="seconds before a server is measured")
    parser.add_argument("--nice", type=int, default=0, help="of the server")
    parser.add_argument("--apart", action="store_true", help="the first core is the server's, the others Chromium's")
    parser.add_argument("--record", action="store_true", help="keep the figures in results.json")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.apart:
        os.sched_setaffinity(0, {0} if asked.serve else set(range(1, os.cpu_count() or 2)))
    if asked.serve:
        os.nice(asked.nice)
        serve(asked.serve)
        return
    result: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        if {"paint", "weight", "latency"} & set(asked.only):
            with server(0, asked.warm_up, asked.nice, apart=asked.apart) as served:
                for name, measure, runs in (
                    ("paint", paint, asked.runs),
                    ("weight", weight, 1),
                    ("latency", latency, asked.commits),
                ):
                    if name in asked.only:
                        result[name] = measure(browser, served, runs)
        if {"latency", "memory", "loop"} & set(asked.only):
            with server(asked.events, asked.warm_up, asked.nice, apart=asked.apart) as served:
                if {"memory", "loop"} & set(asked.only):
                    result["many"] = many(browser, served, asked.only, asked.pages, asked.idle)
                if "latency" in asked.only:
                    result["latency"] |= latency(browser, served, asked.commits, asked.events)
        browser.close()
    if asked.record:
        record("dashboard", result)


if __name__ == "__main__":
    main()
