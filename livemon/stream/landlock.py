"""Run a command that can open only the files that its arguments name, and the system's own (Landlock, Linux 5.13).

A script of its own, for `sandbox.py`: `python landlock.py ffmpeg -i file:/in.mp4 file:/out.ts`. On a kernel without
Landlock the command runs without it. Nothing of livemon is imported: it must start quickly.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""System calls, the same on every architecture."""
PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14
"""Rights that a rule for a file may give; the others are those of folders."""
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""All rights over files that each version of Landlock knows, with truncation since the third."""

PROGRAMS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/nix", "/gnu", "/proc", "/sys", "/run")
# Not all of /etc: livemon.toml may lie there.
SETTINGS = re.compile(
    r"ld\.so\..*|resolv\.conf|hosts|host\.conf|nsswitch\.conf|gai\.conf|ssl|pki|ca-certificates|crypto-policies|gnutls"
    r"|localtime|services|protocols"
)


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def named(command: list[str]) -> Iterator[tuple[Path, bool]]:
    """Yield the inputs of an ffmpeg command, and its outputs (True); every local file begins with `file:`."""
    probes = Path(command[0]).name == "ffprobe"
    for before, word in pairwise(command):
        if word.startswith("file:"):
            path = Path(word.removeprefix("file:"))
            if probes or before == "-i":
                yield path, False
            else:
                # Else the segment muxer's pattern, in which % stands twice where it is itself.
                yield path if path.is_file() else Path(str(path.parent).replace("%%", "%")), True


def restrict(command: list[str]) -> None:
    """Restrict this process, and its successor, to the paths that a command names; do nothing if the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return
    handled = RIGHTS[min(version, 3)]
    rules = _Ruleset(handled)
    size = ctypes.c_size_t(ctypes.sizeof(rules))
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(rules), size, ctypes.c_uint32(0))
    if ruleset < 0:
        return
    settings = (entry for entry in Path("/etc").glob("*") if SETTINGS.fullmatch(entry.name))
    for path in (*map(Path, PROGRAMS), *settings, *_installed(command[0])):
        _allow(libc, ruleset, path, READ & handled)
    _allow(libc, ruleset, Path("/dev"), (READ | WRITE_FILE) & handled)
    for path, written in named(command):
        _allow(libc, ruleset, path, handled & ~EXECUTE if written else READ_FILE)
    if libc.syscall(RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) != 0:
        return  # without no_new_privs, which setpriv has set
    os.close(ruleset)


def _installed(program: str) -> list[Path]:
    """Return where a program outside the system's folders keeps its libraries; conda's stand beside its `bin`."""
    folders = [path.parent for path in (Path(program).absolute(), Path(program).resolve())]
    whole = [folder.parent for folder in folders if folder.name == "bin" and (folder.parent / "lib").is_dir()]
    # All of the environment that config.tool_environment left.
    return [*folders, *whole, *map(Path, filter(None, os.getenv("LD_LIBRARY_PATH", "").split(":")))]


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine, and then ffmpeg says so
    allowed = rights if path.is_dir() else rights & OF_FILES
    rule = _Beneath(allowed, handle)
    libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
    os.close(handle)


if __name__ == "__main__":
    restrict(sys.argv[1:])
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - a list, and never a shell
