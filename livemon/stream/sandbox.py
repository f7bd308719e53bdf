"""Limited processes: every ffmpeg gets little memory and no secrets; one that reads files gets no network either.

util-linux does it (prlimit, unshare, setpriv): every Linux has them. The commands live in process.py, ffmpeg.py and
files/uploads.py, the inputs allowed to ffmpeg in sources/network.py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from livemon.base.settings.settings import tool_environment
from livemon.stream.tools import find_tool

OPEN_FILES = 64
LANDLOCK = Path(__file__).with_name("landlock.py")


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Limits of a process: memory of its own, the largest file that it writes, CPU time (None: any), niceness."""

    memory_bytes: int
    file_bytes: int
    cpu_s: int | None = None
    niceness: int = 0


# A 4K HEVC stream takes 0.3 GB to transcode (measured). A camera runs for months, so its CPU time has no sum. Instead
# it is nicer than livemon, decodes in few threads (DECODER_THREADS), and is ended when no segment comes.
LIVE = ProcessLimits(memory_bytes=2 * 2**30, file_bytes=2 * 2**30, niceness=5)
# Finite commands are ended by the clock; a normalised day of video takes 4 GB.
FINITE = ProcessLimits(memory_bytes=2 * 2**30, file_bytes=32 * 2**30, niceness=5)
DECODER_THREADS = 4


def limited(command: Sequence[str], limits: ProcessLimits, *, network: bool = False) -> list[str]:
    """Return a command that runs another within limits, without a network where that is possible and none is wanted.

    If the kernel can, it opens only the files that it names, spelt by `local_url`, and the system's (landlock.py).

    It can gain no rights, and dies with the thread that starts it (prctl(2)). Use it from the engine's loop, which
    lives as long as its Monitor, or from a thread that waits for it.

    Raises
    ------
    ToolMissing
        When the machine has no `prlimit` or `setpriv`.
    """
    cpu = () if limits.cpu_s is None else (f"--cpu={limits.cpu_s}",)
    return [
        *(find_tool("prlimit"), f"--data={limits.memory_bytes}", *cpu),
        *(f"--fsize={limits.file_bytes}", f"--nofile={OPEN_FILES}", "--core=0", "--"),
        *(() if network else without_network()),
        *(find_tool("nice"), "-n", str(limits.niceness)),
        # Last: unshare's new user namespace would undo it.
        *(find_tool("setpriv"), "--no-new-privs", "--pdeathsig", "KILL", "--"),
        *(sys.executable, "-I", "-S", str(LANDLOCK)),
        *command,
    ]


@cache
def without_network() -> tuple[str, ...]:
    """Return what takes the network from a command; nothing where the kernel does not let us (docs/uploads.md)."""
    unshare = find_tool("unshare")
    for way in ((unshare, "--net"), (unshare, "--user", "--map-current-user", "--net")):
        done = subprocess.run([*way, find_tool("true")], capture_output=True, check=False, env=tool_environment())
        if done.returncode == 0:
            return way
    return ()
