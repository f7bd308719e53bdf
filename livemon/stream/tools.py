"""The programs that livemon runs: where they are. Their arguments live with their callers."""

from __future__ import annotations

import shutil

from livemon.base.errors import ToolMissing

PACKAGES = {"prlimit": "util-linux", "setpriv": "util-linux", "unshare": "util-linux", "nice": "coreutils"}


def find_tool(name: str) -> str:
    """Return the path of a program, such as `ffmpeg`.

    Raises
    ------
    ToolMissing
        When it is not on PATH; the hint says what to install.
    """
    path = shutil.which(name)
    if path is None:
        package = PACKAGES.get(name, "ffmpeg")
        raise ToolMissing("tool.no_ffmpeg" if package == "ffmpeg" else "tool.not_installed", name=name, package=package)
    return path
