"""Limited processes: what decodes files of people we do not know gets little memory, time and disk, and no network.

util-linux does it (prlimit, unshare, setpriv): every Linux has them. What is run does not belong here (upload.py).
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from livemon.stream.ffmpeg import find_tool

ENVIRONMENT = {"LC_ALL": "C"}
"""All that such a process sees of our environment, which holds keys."""
OPEN_FILES = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may use: address space, CPU time, and the largest file it may write."""

    memory_bytes: int
    cpu_s: int
    file_bytes: int


def limited(command: Sequence[str], limits: Limits) -> list[str]:
    """Return a command that runs another within limits, as gently as possible, without a network where that is allowed.

    It can gain no rights, and dies with the thread that starts it, which is to wait for it.

    Raises
    ------
    ToolMissing
        When the machine has no `prlimit` or `setpriv`.
    """
    return [
        *(find_tool("prlimit"), f"--as={limits.memory_bytes}", f"--cpu={limits.cpu_s}"),
        *(f"--fsize={limits.file_bytes}", f"--nofile={OPEN_FILES}", "--core=0", "--"),
        *without_network(),
        *(find_tool("nice"), "-n", "10"),
        # Last: unshare's new user namespace would undo it.
        *(find_tool("setpriv"), "--no-new-privs", "--pdeathsig", "KILL", "--"),
        *command,
    ]


@cache
def without_network() -> tuple[str, ...]:
    """Return what takes the network from a command; nothing where the kernel does not let us (docs/uploads.md)."""
    unshare = find_tool("unshare")
    for way in ((unshare, "--net"), (unshare, "--user", "--map-current-user", "--net")):
        done = subprocess.run([*way, find_tool("true")], capture_output=True, check=False, env=ENVIRONMENT)
        if done.returncode == 0:
            return way
    return ()
