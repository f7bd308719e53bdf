"""Find ffmpeg and ffprobe, ask what a file is, and build the commands (with ffmpeg-python).

Every ffmpeg argument of the project stands here, with its reason. Running a live ffmpeg does not belong here
(hls.py), nor does anything that knows a folder layout.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from livemon.datatypes import StreamProfile
from livemon.errors import NotAVideo, SourceError, ToolMissing

INSTALL_HINT = "Install it: `apt-get install ffmpeg` (Debian, Ubuntu) or `conda install -c conda-forge ffmpeg`."

# A file that calls itself video.mp4 may be a playlist that makes ffmpeg read other files (measured: an m3u8 or
# ffconcat reads them even under a protocol whitelist of `file`), so the containers are listed too.
SAFE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,h264,image2,gif,mjpeg"
STOP_POLL_S = 0.2

SAFE_INPUT = {"protocol_whitelist": "file", "format_whitelist": SAFE_FORMATS}


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What ffprobe says about a file's first picture stream."""

    codec: str
    width: int
    height: int
    frames: int
    """Frames the container counts; 0 when it does not count."""
    duration_s: float
    """0.0 when the container does not say."""


def find_tool(name: str) -> str:
    """Return the path of `ffmpeg` or `ffprobe`.

    Raises
    ------
    ToolMissing
        When it is not on PATH.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolMissing(f"{name} is not installed.", INSTALL_HINT)
    return path


def local_url(path: Path) -> str:
    """Spell a path so that ffmpeg can read it as nothing else (`x:y.mp4` would be a protocol)."""
    return f"file:{path.absolute()}"


def probe(path: Path, timeout_s: float = 20.0) -> MediaInfo:
    """Ask ffprobe what a local file is.

    Raises
    ------
    NotAVideo
        When there is no picture stream that can be described; the message says why.
    ToolMissing
        When ffprobe is not installed.
    """
    if path.stat().st_size == 0:
        raise NotAVideo(f"{path.name} is empty (0 bytes).", "Copy the file again.")
    options = [part for key, value in SAFE_INPUT.items() for part in (f"-{key}", value)]
    command = [find_tool("ffprobe"), "-v", "error", *options, "-show_streams", "-show_format", "-of", "json"]
    try:
        done = subprocess.run(
            [*command, local_url(path)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise NotAVideo(f"{path.name} could not be read within {timeout_s:.0f} s.", "Check the file.") from exc
    answer: dict[str, Any] = json.loads(done.stdout or "{}")
    video = next((s for s in answer.get("streams", []) if s.get("codec_type") == "video"), None)
    if video is None or not video.get("width"):
        said = done.stderr.strip().splitlines()
        reason = "it has no picture" if answer.get("streams") else (said[-1].split(": ")[-1] if said else "no stream")
        raise NotAVideo(f"{path.name} is no video: {reason}.", "Remove it or put a playable video in its place.")
    return MediaInfo(
        codec=video.get("codec_name", "unknown"),
        width=int(video["width"]),
        height=int(video["height"]),
        frames=int(video.get("nb_frames", 0)),
        duration_s=float(answer.get("format", {}).get("duration", 0.0)),
    )


def fit(stream: Any, profile: StreamProfile) -> Any:
    """Scale into the profile's picture, aspect kept, black bars around, square pixels."""
    size = {"w": profile.width, "h": profile.height}
    return (
        stream.filter("scale", **size, force_original_aspect_ratio="decrease", force_divisible_by=2)
        .filter("pad", **size, x="(ow-iw)/2", y="(oh-ih)/2")
        .filter("setsar", 1)
        .filter("format", "yuv420p")
    )


def normalise_command(source: Path, target: Path, profile: StreamProfile, limit_s: float = 86_400) -> list[str]:
    """Any video to an Annex B H.264 file of the profile's size and constant frame rate.

    Elementary streams of one encoder setting follow one another by plain concatenation: there are no
    timestamps in them to disagree (ISO/IEC 14496-10 Annex B). No B-frames, so that decode order is time order.
    At most the first `limit_s` seconds.
    """
    picture = fit(ffmpeg.input(local_url(source), t=limit_s, **SAFE_INPUT).video.filter("fps", profile.fps), profile)
    output = picture.output(
        str(target), format="h264", vcodec="libx264", preset="veryfast", crf=18, bf=0, g=profile.gop_frames * 5, an=None
    )
    return compile_command(output, overwrite=True)


def live_command(source: Any, folder: Path, profile: StreamProfile, first_frame: int) -> list[str]:
    """Transcode `source` to MPEG-TS segments on the profile's grid, each announced on stdout when finished.

    Parameters
    ----------
    source
        An ffmpeg-python input stream.
    folder
        Receives ``000000.ts`` and so on.
    first_frame
        Index of the first frame within its grid slot, 0 for a start exactly on the grid. Output timestamps
        begin there, so cuts fall on whole multiples of `segment_s` of wall-clock time.
    """
    output = fit(source.video, profile).output(
        str(folder / "%06d.ts"),
        format="segment",
        segment_format="mpegts",
        segment_time=profile.segment_s,
        segment_list="pipe:1",
        segment_list_type="csv",
        output_ts_offset=first_frame * profile.frame_s,
        r=profile.fps,
        vcodec="libx264",
        preset="veryfast",
        crf=23,
        # One thread: a 480p 5 fps stream needs a few per cent of a core, and threads cost memory per camera.
        threads=1,
        # Without it the encoder holds back ten frames for its rate control: two seconds at 5 fps.
        tune="zerolatency",
        bf=0,
        g=profile.gop_frames,
        keyint_min=1,
        sc_threshold=0,
        # Counted from the grid, not from the first frame, so that the frame at every cut is a keyframe.
        force_key_frames=f"expr:not(mod(n+{first_frame},{profile.gop_frames}))",
        an=None,
    )
    return compile_command(output, overwrite=True)


def remux_command(concat_list: Path, target: Path) -> list[str]:
    """Join finished segments into one MP4 without touching the pictures; the index stands in front (faststart)."""
    source = ffmpeg.input(str(concat_list), format="concat", safe=0, protocol_whitelist="file")
    output = source.output(str(target), format="mp4", c="copy", map="0:v:0", movflags="+faststart")
    return compile_command(output, overwrite=True)


def compile_command(output: Any, *, overwrite: bool) -> list[str]:
    """Turn an ffmpeg-python graph into a command line with the flags that every ffmpeg of ours gets."""
    arguments: list[str] = ffmpeg.compile(
        output.global_args("-hide_banner", "-nostdin", "-loglevel", "warning"),
        cmd=find_tool("ffmpeg"),
        overwrite_output=overwrite,
    )
    return arguments


def run(command: list[str], timeout_s: float, stop: threading.Event | None = None) -> str:
    """Run a finite ffmpeg to its end, or until `stop` is set; returns what it warned of.

    Raises
    ------
    SourceError
        When it fails, takes longer than `timeout_s`, or was stopped; the message is ffmpeg's last line.
    """
    deadline_s = time.monotonic() + timeout_s
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # A terminal's Ctrl-C goes to its whole process group, and would look like a file that cannot be decoded.
        start_new_session=True,
    ) as process:
        while True:
            try:
                _, said = process.communicate(timeout=STOP_POLL_S)
                break
            except subprocess.TimeoutExpired:
                stopped = stop is not None and stop.is_set()
                if stopped or time.monotonic() > deadline_s:
                    process.kill()
                    process.communicate()
                    reason = "was stopped" if stopped else f"did not finish within {timeout_s:.0f} s"
                    raise SourceError(f"ffmpeg {reason}.") from None
    if process.returncode != 0:
        lines = said.strip().splitlines()
        raise SourceError(f"ffmpeg failed: {lines[-1] if lines else f'exit code {process.returncode}'}.")
    return said
