"""Probe files, and build the commands of ffmpeg and ffprobe (with ffmpeg-python).

Finite commands are built here, each argument with its reason. The live command lives in live/ffmpeg_command.py, its
execution in live/hls.py; folder layouts are unknown here.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import ffmpeg

from livemon.base.errors import NotAVideo, SourceError
from livemon.base.messages.message import Message, Told, message
from livemon.base.private_files import CHILD_UMASK
from livemon.base.settings.settings import tool_environment
from livemon.base.stream_types import MediaInfo, StreamProfile
from livemon.stream.media import has_only_sound, read_probe
from livemon.stream.sandbox import DECODER_THREADS, FINITE, limited
from livemon.stream.tools import find_tool

log = logging.getLogger(__name__)

# A file that calls itself video.mp4 may be a playlist that makes ffmpeg read other files, so the containers are listed
# too. Measured: an m3u8 or ffconcat reads them even under a protocol whitelist of `file`.
SAFE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,h264,image2,gif,mjpeg"
STOP_POLL_S = 0.2
SHOW = ("-show_streams", "-show_programs", "-show_format")

SDR_WHITE_NITS = 100
"""White level of ITU-R BT.1886 screens."""

NARROWEST_PIXEL = 0.25
"""Width by height; a pixel's shape that is out of all reason, also the other way, is not believed."""

SHOWN_ASPECT = f"if(between(sar,{NARROWEST_PIXEL},{1 / NARROWEST_PIXEL}),dar,a)"
"""Width by height of a picture as it is meant to be seen."""

SAFE_INPUT = {"protocol_whitelist": "file", "format_whitelist": SAFE_FORMATS}


def local_url(path: Path) -> str:
    """Spell a path so that ffmpeg can read it as nothing else (`x:y.mp4` would be a protocol)."""
    return f"file:{path.absolute()}"


def probe(path: Path, timeout_s: float = 20.0) -> MediaInfo:
    """Ask ffprobe for the format of a local file.

    Raises
    ------
    NotAVideo
        When there is no picture stream that can be described; the message says why.
    ToolMissing
        When ffprobe is not installed.
    """
    if path.stat().st_size == 0:
        raise NotAVideo("video.empty_file", file=path.name)
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
        raise NotAVideo("video.read_too_slow", file=path.name, timeout_s=timeout_s) from exc
    media = read_probe(done.stdout)
    if media is None:
        said = done.stderr.strip().splitlines()
        silent = json.loads(done.stdout or "{}").get("streams")
        reason: Told = Message("video.no_stream")
        if has_only_sound(done.stdout):
            reason = Message("video.only_sound")
        elif silent:
            reason = Message("video.no_picture")
        elif said:
            reason = said[-1].split(": ")[-1]
        raise NotAVideo("video.not_a_video", file=path.name, reason=reason)
    return media


def probe_command(url: str, options: dict[str, Any]) -> list[str]:
    """Ask ffprobe for JSON about an input that is read with `options` (None: a flag without value)."""
    flags = [part for key, value in options.items() for part in ((f"-{key}",) if value is None else (f"-{key}", value))]
    command = [find_tool("ffprobe"), "-v", "error", *map(str, flags), *SHOW, "-of", "json"]
    return [*command, url]


def picture_of(source: Any, media: MediaInfo | None) -> Any:
    """Return the stream of an ffmpeg-python input that is its picture."""
    return source["v:0" if media is None else str(media.picture_index)]


def sound_of(source: Any, media: MediaInfo | None) -> Any:
    """Return the stream of an ffmpeg-python input that is its sound."""
    return source["a:0" if media is None or media.sound_index is None else str(media.sound_index)]


def fit(stream: Any, profile: StreamProfile, media: MediaInfo | None = None) -> Any:
    """Turn a picture into the profile's, for any browser and model.

    Whole pictures instead of fields, at the profile's rate, turned as it says. They are scaled to their display size,
    with square pixels and black bars around; HDR is brought down to the range of screens.

    Parameters
    ----------
    media
        Format of the source; None when livemon made the pictures itself, or a device does.
    """
    if media is not None and media.interlaced:
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    # Frames that are not wanted are dropped before the work of scaling them.
    return shape(turn(stream.filter("fps", profile.fps), profile.rotate), profile, media)


def turn(stream: Any, degrees: int) -> Any:
    """Turn pictures clockwise by 0, 90, 180 or 270 degrees."""
    if degrees == 180:
        return stream.filter("hflip").filter("vflip")
    return stream.filter("transpose", "clock" if degrees == 90 else "cclock") if degrees else stream


def shape(stream: Any, profile: StreamProfile, media: MediaInfo | None = None) -> Any:
    """Scale and colour pictures that come at the profile's rate already; see `fit`."""
    width, height = profile.width, profile.height
    stream = stream.filter(
        "scale",
        w=f"max(2,trunc(min({width},{height}*{SHOWN_ASPECT})/2)*2)",
        h=f"max(2,trunc(min({height},{width}/({SHOWN_ASPECT}))/2)*2)",
    )
    # The scaled picture's own pixels are square now, whatever they were.
    return (
        to_sdr(stream.filter("setsar", 1), media)
        .filter("pad", w=width, h=height, x="(ow-iw)/2", y="(oh-ih)/2")
        .filter("setsar", 1)
        .filter("format", "yuv420p")
    )


def as_shown(stream: Any, media: MediaInfo | None) -> Any:
    """Convert pictures to their display form, at their own height: whole, with square pixels, in SDR."""
    if media is not None and media.interlaced:
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    square = stream.filter("scale", w=f"max(2,trunc(ih*{SHOWN_ASPECT}/2)*2)", h="ih").filter("setsar", 1)
    return to_sdr(square, media)


def to_sdr(stream: Any, media: MediaInfo | None) -> Any:
    """Bring HDR (ITU-R BT.2100: PQ, HLG) down to BT.709; other pictures stay as they are."""
    if media is None or not media.hdr:
        return stream
    if not can_map_tones():
        log.warning("this ffmpeg has no zscale or no tonemap, so HDR is shown pale; livemon doctor says what to do")
        return stream
    return (
        # Encoders often tell the transfer only; the rest is the same in all HDR.
        stream.filter("setparams", color_primaries="bt2020", color_trc=media.transfer, colorspace="bt2020nc")
        .filter("zscale", t="linear", npl=SDR_WHITE_NITS)
        .filter("format", "gbrpf32le")
        .filter("zscale", p="bt709")
        # The range of SDR stays as it is up to 70 %; above that lights are compressed, not clipped.
        .filter("tonemap", "mobius", param=0.7, desat=0)
        .filter("zscale", t="bt709", m="bt709", r="tv")
        .filter("format", "yuv420p")
    )


@cache
def can_map_tones() -> bool:
    """Whether this ffmpeg has the filters that bring HDR down; not every build has zimg."""
    done = subprocess.run(
        [find_tool("ffmpeg"), "-hide_banner", "-filters"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=tool_environment(),
    )
    return {"zscale", "tonemap"} <= {words[1] for line in done.stdout.splitlines() if len(words := line.split()) > 1}


def normalise_command(
    source: Path, target: Path, profile: StreamProfile, media: MediaInfo, limit_s: float = 86_400
) -> list[str]:
    """Any video to an Annex B H.264 file of the profile's size and constant frame rate.

    Elementary streams of one encoder setting follow one another by plain concatenation: there are no
    timestamps in them to disagree (ISO/IEC 14496-10 Annex B). No B-frames, so that decode order is time order.
    At most the first `limit_s` seconds.
    """
    read = ffmpeg.input(local_url(source), t=limit_s, threads=DECODER_THREADS, **SAFE_INPUT)
    picture = fit(picture_of(read, media), profile, media)
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


def compile_command(output: Any, *, overwrite: bool, says: str = "warning") -> list[str]:
    """Turn an ffmpeg-python graph into a command line with the flags that every ffmpeg of ours gets.

    Parameters
    ----------
    says
        Level of its messages to standard error, as in its manual: ``-loglevel``.
    """
    arguments: list[str] = ffmpeg.compile(
        output.global_args("-hide_banner", "-nostdin", "-nostats", "-loglevel", says),
        cmd=find_tool("ffmpeg"),
        overwrite_output=overwrite,
    )
    return arguments


def run(command: list[str], timeout_s: float, stop: threading.Event | None = None) -> str:
    """Run a finite ffmpeg to its end, or until `stop` is set; returns its warnings.

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
                    reason = Message("video.stopped") if stopped else message("video.not_within", limit_s=timeout_s)
                    raise SourceError("video.ffmpeg_stopped", reason=reason) from None
    if process.returncode != 0:
        lines = said.strip().splitlines()
        raise SourceError(
            "video.ffmpeg_failed", reason=lines[-1] if lines else message("video.exit_code", status=process.returncode)
        )
    return said
