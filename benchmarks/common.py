"""Common parts of the benchmarks: demo clips, CPU and memory of a process tree, the place of results."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"


def demo_clips() -> Path:
    """Return the folder of the rendered demo clips, rendering them when they are not there."""
    from livemon.sim.scenes import render_demo_clips

    folder = ROOT / "videos" / "camera-1"
    render_demo_clips(folder)
    return folder


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds and resident memory of a process with all its children."""

    cpu_s: float
    rss_mb: float


def tree_cost(pid: int) -> Cost:
    """Read the cost so far of a process and its living children; children that ended count through their parent."""
    root = psutil.Process(pid)
    cpu_s = rss = 0.0
    for process in [root, *root.children(recursive=True)]:
        times = process.cpu_times()
        cpu_s += times.user + times.system + times.children_user + times.children_system
        rss += process.memory_info().rss
    return Cost(cpu_s, rss / 1e6)


def steady_cost(pids: list[int], warm_up_s: float, measure_s: float) -> list[Cost]:
    """Return each tree's CPU seconds over `measure_s` after warming up, and its memory at the end."""
    time.sleep(warm_up_s)
    before = [tree_cost(pid) for pid in pids]
    time.sleep(measure_s)
    after = [tree_cost(pid) for pid in pids]
    return [Cost(b.cpu_s - a.cpu_s, b.rss_mb) for a, b in zip(before, after, strict=True)]


def record(name: str, values: dict[str, object]) -> None:
    """Print a result and keep it in results.json beside the machine, the commit and the date."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT).stdout
    results[name] = {
        **values,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit.strip(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(name, json.dumps(values, indent=1))
