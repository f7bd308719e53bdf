"""Ending a process with all that it started, however they hang together, by a mark in their environment.

A Jupyter kernel begins a session of its own, and outlives a worker that is killed: groups and trees miss some.
"""

from __future__ import annotations

import time
from pathlib import Path

import psutil

MARK = "REPORT_MADE_IN"
"""Environment variable with the working folder, which no other process has; children inherit it."""

PASSES = 100
PAUSE_S = 0.02


def kill_marked(work: Path, *, but: int = 0) -> None:
    """Kill every process that bears the mark of a working folder; blocks until none is left.

    Parameters
    ----------
    but
        Process id of the one that is spared.
    """
    for _ in range(PASSES):
        found = [process for process in psutil.process_iter() if process.pid != but and _has_mark(process, work)]
        if not found:
            return
        for process in found:
            try:
                process.kill()
            except psutil.Error:
                continue
        # One that was killed is seen until it is gone, and may have started another just before.
        time.sleep(PAUSE_S)


def _has_mark(process: psutil.Process, work: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(work)
    except (psutil.Error, OSError):  # another user's, or gone
        return False
