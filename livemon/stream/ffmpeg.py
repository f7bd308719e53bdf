"""Ask what a file is, and build the commands of ffmpeg and ffprobe (with ffmpeg-python).

Finite commands stand here, each argument with its reason. The live one stands in live_command.py; running it does
not belong here (hls.py), nor does anything that knows a folder layout.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from livemon.config import tool_environment
from livemon.errors import NotAVideo, SourceError
from livemon.private_files import CHILD_UMASK
from livemon.stream.limits import DECODER_THREADS, FINITE, limited
from livemon.stream.tools import find_tool
from livemon.streaming import MediaInfo, StreamProfile

# A file that calls itself video.mp4 may be a playlist that makes ffmpeg read other files (measured: an m3u8 or
# ffconcat reads them even under a protocol whitelist of `file`), so the containers are listed too.
SAFE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,h264,image2,gif,mjpeg"
STOP_POLL_S = 0.2

SAFE_INPUT = {"protocol_whitelist": "file", "format_whitelist": SAFE_FORMATS}


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
    try:
        done = subprocess.run(
            limited(probe_command(local_url(path), SAFE_INPUT), FINITE),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            env=tool_environment(),
        )
    except subprocess.TimeoutExpired as exc:
        raise NotAVideo(f"{path.name} could not be read within {timeout_s:.0f} s.", "Check the file.") from exc
    media = read_probe(done.stdout)
    if media is None:
        said = done.stderr.strip().splitlines()
        silent = json.loads(done.stdout or "{}").get("streams")
        reason = "it has no picture" if silent else (said[-1].split(": ")[-1] if said else "no stream")
        raise NotAVideo(f"{path.name} is no video: {reason}.", "Remove it or put a playable video in its place.")
    return media


def probe_command(url: str, options: dict[str, Any]) -> list[str]:
    """Ask ffprobe for JSON about an input that is read with `options` (None: a flag without value)."""
    flags = [part for key, value in options.items() for part in ((f"-{key}",) if value is None else (f"-{key}", value))]
    command = [find_tool("ffprobe"), "-v", "error", *map(str, flags), "-show_streams", "-show_format", "-of", "json"]
    return [*command, url]


def read_probe(text: str) -> MediaInfo | None:
    """Return what ffprobe's JSON says of the first picture and sound; None when there is no picture.

    Raises
    ------
    ValueError
        When the text is no JSON.
    """
    answer: dict[str, Any] = json.loads(text or "{}")
    streams = answer.get("streams", [])
    video = next((s for s in streams if s.get("codec_type") == "video" and s.get("width")), None)
    if video is None:
        return None
    audio: dict[str, Any] = next((s for s in streams if s.get("codec_type") == "audio"), {})
    numerator, _, denominator = video.get("avg_frame_rate", "0/0").partition("/")
    return MediaInfo(
        codec=video.get("codec_name", "unknown"),
        width=int(video["width"]),
        height=int(video["height"]),
        frames=int(video.get("nb_frames", 0)),
        duration_s=float(answer.get("format", {}).get("duration", 0.0)),
        fps=round(int(numerator) / int(denominator), 3) if int(denominator or 0) else 0.0,
        pixel_format=video.get("pix_fmt", ""),
        b_frames=int(video.get("has_b_frames", 0)),
        rotated=any(float(data.get("rotation", 0)) % 360 for data in video.get("side_data_list", [])),
        # A track without samples, or without a known codec, is no sound.
        audio_codec=audio.get("codec_name", "") if audio.get("sample_rate", "0") != "0" else "",
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
    picture = fit(
        ffmpeg.input(local_url(source), t=limit_s, threads=DECODER_THREADS, **SAFE_INPUT).video.filter(
            "fps", profile.fps
        ),
        profile,
    )
    encoder = {"vcodec": "libx264", "preset": "veryfast", "crf": 18, "bf": 0, "g": profile.gop_frames * 5}
    return compile_command(picture.output(local_url(target), format="h264", an=None, **encoder), overwrite=True)


def expand_command(source: Path, folder: Path, times_s: Sequence[float]) -> list[str]:
    """Take an MP4 apart into ``000000.ts`` and so on, cut at the first keyframe at or after each of `times_s`."""
    # Timestamps stay as they are: ffmpeg would move them by the decoder's delay, and every cut with them.
    whole = ffmpeg.input(local_url(source), copyts=None, **SAFE_INPUT)
    output = ffmpeg.output(
        whole["v:0"],
        whole["a:0?"],
        # The muxer replaces %d in the whole path.
        local_url(folder).replace("%", "%%") + "/%06d.ts",
        c="copy",
        format="segment",
        segment_format="mpegts",
        segment_times=",".join(f"{time_s:.6f}" for time_s in times_s) or "1000000",
    )
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
        limited(command, FINITE),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # A terminal's Ctrl-C goes to its whole process group, and would look like a file that cannot be decoded.
        start_new_session=True,
        umask=CHILD_UMASK,
        env=tool_environment(),
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
