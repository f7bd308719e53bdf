"""From scripts to files: frames piped to one ffmpeg a clip, and the label file beside it.

A clip takes its final name only when it is complete, and its label is there before it. The pictures themselves live in
picture.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.base.errors import LivemonError, ToolMissing
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.day import clips
from livemon.sim.scenes.geometry import HEIGHT_PX, WIDTH_PX
from livemon.sim.scenes.lab_days import lab_clips
from livemon.sim.scenes.truth import ground_truth

if TYPE_CHECKING:
    from livemon.base.datatypes import Image
    from livemon.sim.scenes.picture import Painter

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and a sentence."""


def clip_names() -> list[str]:
    """Return the file names of the demo clips, in the order of the day."""
    return [clip.name for clip in clips()]


def scene_clip(name: str, start_s: float = 0.0, duration_s: float | None = None) -> SceneClip:
    """Return a demo clip by file name, with or without suffix, or a part of it.

    Raises
    ------
    KeyError
        When there is no such clip.
    """
    by_name = {clip.name.removesuffix(".mp4"): clip for clip in clips()}
    clip = by_name[name.removesuffix(".mp4")]
    if start_s == 0.0 and duration_s is None:
        return clip
    return clip.part(start_s, clip.duration_s - start_s if duration_s is None else duration_s)


def draw_frame(clip: SceneClip, time_s: float) -> Image:
    """Return the picture `time_s` after the clip's start, (480, 640, 3) uint8 BGR; see `Painter` for many."""
    from livemon.sim.scenes.picture import Painter

    return Painter().frame(clip, time_s)


def render_demo_clips(folder: Path, *, on_progress: Progress | None = None) -> list[Path]:
    """Render the demo clips that are not in `folder` yet, and their labels into `folder`/labels.

    Parameters
    ----------
    folder
        Made if missing. Clips that exist are left alone.
    on_progress
        Told the share of all frames done, 0 to 1, and what is being done.

    Returns
    -------
    list of Path
        All demo clips, in order.

    Raises
    ------
    ToolMissing
        When ffmpeg is not installed.
    LivemonError
        When a clip could not be written.
    """
    return render_clips(clips(), folder, on_progress=on_progress)


def render_lab_days(folder: Path, *, on_progress: Progress | None = None) -> list[Path]:
    """Render the eight days that the lab tries prompts on, as `render_demo_clips` does; half a minute."""
    return render_clips(lab_clips(), folder, on_progress=on_progress)


def render_clips(scripts: Sequence[SceneClip], folder: Path, *, on_progress: Progress | None = None) -> list[Path]:
    """Render any clips as `render_demo_clips` does; parts of one are told apart only by the name you give them."""
    tell = on_progress or (lambda _share, _text: None)
    missing = [clip for clip in scripts if not (folder / clip.name).exists()]
    frames_total, frames_done = sum(clip.frames for clip in missing), 0
    painter = None
    for clip in scripts:
        _write_label(clip, folder / "labels" / f"{clip.name}.json")
        if clip not in missing:
            continue
        if painter is None:
            from livemon.sim.scenes.picture import Painter

            painter = Painter()
        done = frames_done

        def told(frames: int, name: str = clip.name, done: int = done) -> None:
            tell((done + frames) / frames_total, f"Rendering {name}")

        render_clip(clip, folder / clip.name, painter, on_frames=told)
        frames_done += clip.frames
    tell(1.0, "The clips are ready")
    return [folder / clip.name for clip in scripts]


def render_clip(
    clip: SceneClip, path: Path, painter: Painter, *, on_frames: Callable[[int], None] = lambda _frames: None
) -> None:
    """Render one clip to `path`, which appears only when it is complete."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise ToolMissing("demo.no_ffmpeg")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _encode(ffmpeg, clip, partial, painter, on_frames)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _encode(ffmpeg: str, clip: SceneClip, path: Path, painter: Painter, on_frames: Callable[[int], None]) -> None:
    """Pipe every frame of a clip through libx264 into `path`; ffmpeg has ended when this returns or raises."""
    process = subprocess.Popen(
        [
            ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
            "-f", "rawvideo", "-pixel_format", "bgr24", "-video_size", f"{WIDTH_PX}x{HEIGHT_PX}",
            "-framerate", str(clip.fps), "-i", "pipe:0",
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-pix_fmt", "yuv420p", "-g", str(2 * clip.fps),
            "-movflags", "+faststart", "-f", "mp4", f"file:{path}",
        ],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None and process.stderr is not None
    try:
        try:
            for index in range(clip.frames):
                process.stdin.write(painter.frame(clip, index / clip.fps).tobytes())
                if index % clip.fps == 0:
                    on_frames(index)
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg gave up; its own words below say why
        complaint = process.stderr.read().decode(errors="replace").strip()
        if process.wait() != 0:
            raise LivemonError("demo.clip_failed", clip=clip.name, complaint=complaint)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


def _write_label(clip: SceneClip, path: Path) -> None:
    """Write a clip's label file, unless it is there already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    partial.write_text(json.dumps(ground_truth(clip), indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
