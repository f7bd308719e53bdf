"""Files of the demo week's windows: clips brought to five pictures a second, and put one after the other.

Each kind of window is one file; a clip is encoded once. The schedule lives in `week`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from livemon.base.errors import LivemonError, ToolMissing
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.day import clips
from livemon.sim.scenes.week import KINDS, WINDOW_S, window_clips

FPS = 5
FRAMES = round(WINDOW_S * FPS)


def write_window_files(clips_folder: Path, folder: Path) -> dict[str, Path]:
    """Write a file for each kind of window into `folder`; takes some seconds.

    Parameters
    ----------
    clips_folder
        Folder of the rendered clips.
    folder
        Must exist; what is written beside the windows is only needed while this runs.

    Raises
    ------
    ToolMissing
        When ffmpeg is not installed.
    LivemonError
        When a file could not be written.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise ToolMissing("demo.no_ffmpeg")
    short = {clip.name: _at_five(ffmpeg, clip, clips_folder, folder) for clip in clips()}
    return {kind: _together(ffmpeg, kind, short, folder) for kind in KINDS}


def _at_five(ffmpeg: str, clip: SceneClip, clips_folder: Path, folder: Path) -> Path:
    """Encode a clip as live footage is: five pictures a second, a keyframe every two seconds."""
    target = folder / f"short_{clip.name}"
    _run(
        ffmpeg, clip.name,
        "-i", f"file:{clips_folder / clip.name}", "-vf", f"fps={FPS}", "-an",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-pix_fmt", "yuv420p", "-bf", "0",
        "-g", str(2 * FPS), "-keyint_min", str(2 * FPS), "-sc_threshold", "0", "-f", "mp4", f"file:{target}",
    )  # fmt: skip
    return target


def _together(ffmpeg: str, kind: str, short: dict[str, Path], folder: Path) -> Path:
    """Put the clips of a kind of window one after the other, without encoding them again."""
    names = folder / f"{kind}.txt"
    shown = window_clips(kind)
    names.write_text("".join(f"file '{short[one.clip.name].name}'\n" for one in shown), encoding="utf-8")
    target = folder / f"{kind}.mp4"
    _run(
        ffmpeg, target.name,
        "-f", "concat", "-i", f"file:{names}", "-c", "copy", "-frames:v", str(FRAMES),
        "-movflags", "+faststart", "-f", "mp4", f"file:{target}",
    )  # fmt: skip
    return target


def _run(ffmpeg: str, name: str, *arguments: str) -> None:
    done = subprocess.run(
        [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise LivemonError("demo.clip_failed", clip=name, complaint=done.stderr.decode(errors="replace").strip())
