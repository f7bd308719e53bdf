"""Cost of a daily report, and the time to read hours and days in a large database.

    python benchmarks/daily_report.py [days] [reads]

The database holds 2,000 events, 144 archives, 144 analyses and 700 calls a day, 1,000,000 events in all. `livemon
report` makes yesterday's report, with twelve pictures and clips out of real archives. Memory is the resident sum of its
whole process tree (command, worker, kernel, ffmpeg), asked for every 50 ms. Then random days and hours are read.
"""

from __future__ import annotations

import contextlib
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import sqlalchemy as sa
from common import demo_clips, record

from livemon.base.clock import WINDOW, SystemClock, Window, floor_to, iso
from livemon.reports.facts.day import read_day
from livemon.reports.making.files import report_files
from livemon.store import day_queries, hours, queries, writes
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent, VlmCallRow
from livemon.stream.files.archive import archive_name

CAMERA, MODEL, PROMPT = "camera-1", "gemini-3.5-flash-lite", "0123456789abcdef"
EVENTS_A_DAY, CALLS_A_DAY = 2000, 700
ONE_DAY, ONE_HOUR = timedelta(days=1), timedelta(hours=1)
BAR_S, BAR_MB, BAR_MS = 10.0, 400.0, 50.0
KINDS = [("activity", "info", "play")] * 14 + [("development", "info", "gross_motor")] * 5
KINDS += [("safety", "warning", "climbing")]


def events_of(day: datetime, chance: random.Random) -> list[dict[str, Any]]:
    """A day's events, one in twenty a warning."""
    rows = []
    for number in range(EVENTS_A_DAY):
        start = day + number * ONE_DAY / EVENTS_A_DAY
        event_type, severity, kind = chance.choice(KINDS)
        row = {"camera_id": CAMERA, "start_utc": start, "last_seen_utc": start + timedelta(seconds=5)}
        row |= {"created_utc": start, "kind": kind, "event_type": event_type, "severity": severity}
        row |= {"title": f"Seen {kind} {number % 9}", "description": "A child on the mat, beside the sofa. " * 3}
        row |= {"location": "", "confidence": chance.random(), "evidence_utcs": [iso(start)], "model": MODEL}
        rows.append({**row, "prompt_version": PROMPT, "thumbnail": "", "suppressed": 0})
    return rows


def archives_of(day: datetime) -> list[dict[str, Any]]:
    """A day's archives."""
    rows = []
    for number in range(144):
        start = day + number * WINDOW
        path = f"cameras/{CAMERA}/archive/{archive_name(Window(start))}"
        row = {"camera_id": CAMERA, "window_start_utc": start, "part": 0, "start_utc": start, "path": path}
        row |= {"end_utc": start + WINDOW, "frames": 3000, "bytes": 1000, "sha256": f"{start:%Y%m%d%H%M}"}
        rows.append({**row, "coverage_s": 600.0, "gaps": [], "pinned": False})
    return rows


def analyses_of(day: datetime, chance: random.Random) -> list[dict[str, Any]]:
    """A day's analyses, in each third an incident and an observation."""
    rows = []
    for number in range(144):
        start = day + number * WINDOW
        at, until = iso(start + timedelta(minutes=4)), iso(start + timedelta(minutes=5))
        said = {"title": f"Thing {chance.randrange(9)}", "evidence": "Stands on the sofa and reaches out. " * 2}
        incident = {"start_utc": at, "end_utc": until, "kind": "fall", "severity": "warning", "confidence": 0.7, **said}
        observed = {"at_utc": at, "area": "gross_motor", "level": "emerging", **said}
        result = {"incidents": [incident] if number % 3 == 0 else [], "development": [observed] if number % 3 else []}
        result["activities"] = [{"start_utc": at, "end_utc": until, "what": said["title"]}]
        row = {"camera_id": CAMERA, "window_start_utc": start, "status": "completed", "attempts": 1, "error": ""}
        row |= {"safety_score": 88.0, "incident_count": 1, "summary": "Played.", "analysis_result": result}
        rows.append({**row, "coverage_s": 600.0, "model": MODEL, "prompt_version": PROMPT, "cost_usd": 0.002})
    return rows


def calls_of(day: datetime) -> list[dict[str, Any]]:
    """A day's looks and studies."""
    row = {"camera_id": CAMERA, "reason": "motion", "model": MODEL, "prompt_version": PROMPT, "frames": []}
    row |= {"request_sha256": "", "parameters": {}, "status": "ok", "finish_reason": "STOP", "attempts": 1}
    row |= {"raw_text": "{}", "error": "", "input_tokens": 1800, "output_tokens": 60, "thought_tokens": 0}
    row |= {"cached_tokens": 0, "input_by_modality": {}, "latency_ms": 900.0, "cost_usd": 0.0008, "bound_usd": 0.002}
    return [
        {**row, "called_utc": day + n * ONE_DAY / CALLS_A_DAY, "purpose": "study" if n % 5 == 0 else "look"}
        for n in range(CALLS_A_DAY)
    ]


def fill(database: Database, last: datetime, days: int) -> None:
    """Write `days` days, `last` the last of them."""
    chance = random.Random(1)
    writes.upsert_camera(database, CAMERA, "Playroom", "", last)
    for number in range(days):
        day = last - number * ONE_DAY
        with database.writing() as session:
            session.execute(sa.insert(RealtimeEvent), events_of(day, chance))
            session.execute(sa.insert(ArchiveRow), archives_of(day))
            session.execute(sa.insert(SegmentAnalysis), analyses_of(day, chance))
            session.execute(sa.insert(VlmCallRow), calls_of(day))


def record_day(data_dir: Path, day: datetime) -> None:
    """Put an MP4 behind every archive of a day: one file of ten minutes, under each name."""
    folder = data_dir / "cameras" / CAMERA / "archive"
    folder.mkdir(parents=True)
    clip = sorted(demo_clips().glob("*.mp4"))[0]
    made = folder / "made.mp4"
    command = ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", str(clip), "-t", "600", "-an", "-r", "5"]
    subprocess.run([*command, "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", str(made)], check=True)
    for number in range(144):
        (folder / archive_name(Window(day + number * WINDOW))).hardlink_to(made)


def tree_mb(root: psutil.Process) -> float:
    """Resident memory of a process with its children; one that has just been forked is still its parent's."""
    found = [root, *root.children(recursive=True)]
    lines = {process.pid: process.cmdline() for process in found}
    own = [one for one in found if one is root or lines[one.pid] != lines.get(one.ppid())]
    return sum(one.memory_info().rss for one in own) / 1e6


def make(folder: Path, day: datetime) -> tuple[float, float, float]:
    """Make a report; returns wall and CPU seconds and the most memory of the process tree in MB."""
    config = folder / "livemon.toml"
    config.write_text(f'data_dir = "{folder}/data"\ntimezone = "UTC"\n[cameras.{CAMERA}]\nsource = "test-pattern"\n')
    command = [sys.executable, "-m", "livemon", "report", "--camera", CAMERA, "--date", f"{day:%Y-%m-%d}"]
    began_s, most_mb = time.monotonic(), 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([*command, "--config", str(config)])
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            most_mb = max(most_mb, tree_mb(psutil.Process(process.pid)))
        time.sleep(0.05)
    assert process.returncode == 0, "the report failed"
    wall_s, after = time.monotonic() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most_mb


def p95_ms(read: Callable[[datetime], object], moments: list[datetime]) -> dict[str, float]:
    """Return within how many milliseconds 95 of 100 reads are done, and how much of them is CPU."""
    took: dict[str, list[float]] = {"wall": [], "cpu": []}
    for moment in moments:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        read(moment)
        took["wall"].append((time.perf_counter() - wall_s) * 1000)
        took["cpu"].append((time.process_time() - cpu_s) * 1000)
    return {clock: round(sorted(times)[int(0.95 * len(times))], 1) for clock, times in took.items()}


def query_day(database: Database, day: datetime) -> None:
    """Ask the database everything that a day is made of."""
    for query in (
        day_queries.archived_windows,
        day_queries.analyses_of,
        day_queries.events_begun,
        day_queries.answering,
    ):
        query(database, CAMERA, day, day + ONE_DAY)
    queries.costs(database, day, day + ONE_DAY, CAMERA)


def main(days: int, reads: int) -> None:
    last = floor_to(SystemClock().now(), ONE_DAY) - ONE_DAY
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        database = Database(f"sqlite:///{folder}/data/livemon.db")
        fill(database, last, days)
        record_day(folder / "data", last)
        wall_s, cpu_s, most_mb = make(folder, last)
        made = report_files(folder / "data" / "cameras" / CAMERA / "reports", f"{last:%Y-%m-%d}", "en", "UTC")
        clips = len(list((made.folder / made.clips).glob("*.mp4")))
        chance = random.Random(2)
        some_days = [last - chance.randrange(days) * ONE_DAY for _ in range(reads)]
        some_hours = [day + chance.randrange(24) * ONE_HOUR for day in some_days]
        zone, now = ZoneInfo("UTC"), datetime.now(UTC)
        values: dict[str, object] = {
            "events": days * EVENTS_A_DAY,
            "report": {
                "wall_s": round(wall_s, 1),
                "cpu_s": round(cpu_s, 1),
                "most_mb": round(most_mb),
                "page_mb": round(made.html.stat().st_size / 1e6, 2),
                "pdf_mb": round(made.pdf.stat().st_size / 1e6, 2),
                "clips": clips,
            },
            "p95_ms": {
                "an hour is aggregated and written": p95_ms(
                    lambda at: hours.compute_hour(database, CAMERA, at, now), some_hours
                ),
                "a day's hours are read": p95_ms(
                    lambda at: hours.hourly_analyses(database, CAMERA, since=at, until=at + ONE_DAY), some_days
                ),
                "a day's queries": p95_ms(lambda at: query_day(database, at), some_days),
                "a day is read and put together": p95_ms(
                    lambda at: read_day(database, CAMERA, at.date(), zone, now), some_days
                ),
            },
            "bars": {"wall_s": BAR_S, "most_mb": BAR_MB, "p95_ms": BAR_MS},
        }
        database.close()
    record("daily_report", values)


if __name__ == "__main__":
    main(*(int(given) for given in (sys.argv[1:] + ["500", "200"][len(sys.argv) - 1 :])))
