"""Processes below one, looked at while they come and go."""

from __future__ import annotations

from contextlib import suppress

import psutil


def children_named(name: str, pid: int | None = None) -> list[psutil.Process]:
    """Return the processes of a name below `pid`, or this one; those that end meanwhile are left out."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.name() == name:
                found.append(child)
    return found


def command_of(process: psutil.Process) -> list[str]:
    """Return a process's arguments; none when it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []
