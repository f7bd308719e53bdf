"""Uploads: identify an uploaded file by its content, and convert it to a clip of our own making.

The file is decoded in a limited process only, and the kept file comes from our encoder: no foreign bytes reach a
camera. The clip's name and place live in upload_place.py, receiving in livemon/monitor/uploads.py.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from livemon.base.errors import SourceError, UploadRefused
from livemon.base.messages.message import message
from livemon.base.private_files import CHILD_UMASK
from livemon.base.settings.settings import tool_environment
from livemon.base.stream_types import MediaInfo, StreamProfile
from livemon.stream.ffmpeg import compile_command, fit, local_url, picture_of, probe_command
from livemon.stream.media import has_only_sound, read_probe
from livemon.stream.sandbox import ProcessLimits, limited

HEAD_BYTES = 4096
PROBE_TIMEOUT_S = 30.0
POLL_S = 0.2
STREAMS_AT_MOST = 16
BYTES_PER_PIXEL_FRAME = 2
"""A clip is never larger: H.264 at crf 20 takes a tenth of it."""
TS_PACKET = 188

FTYP_MIN_BYTES = 8
EBML = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Limits of a video, and of the cost of its conversion."""

    duration_s: float
    pixels: int
    memory_mb: int
    timeout_s: float


def sniff(head: bytes) -> str:
    """Return ffmpeg's name of the container that a file begins like.

    Only containers of one video each, that name no other files. A playlist that calls itself video.mp4 would make
    ffmpeg read other cameras' footage (measured, even when only local files are allowed).

    Raises
    ------
    UploadRefused
        When it is not one of them; the sentence says what it looks like.
    """
    if len(head) >= FTYP_MIN_BYTES and head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head.startswith(EBML):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:11] == b"AVI":
        return "avi"
    # Every packet begins with this byte; those of camcorders (AVCHD) with four bytes of time before it.
    if head[:1] == head[TS_PACKET : TS_PACKET + 1] == b"\x47" or head[4:5] == head[TS_PACKET + 8 :][:1] == b"\x47":
        return "mpegts"
    if head.startswith(b"\x00\x00\x01\xba"):
        return "mpeg"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
        return "asf"
    raise UploadRefused("upload.not_a_video", looks=message(_looks_like(head)))


def check(path: Path, limits: UploadLimits) -> tuple[str, MediaInfo]:
    """Return the container and the media of an uploaded file; blocks.

    Raises
    ------
    UploadRefused
        When it is not a video, or too long or too large; the sentence says why.
    """
    with path.open("rb") as file:
        container = sniff(file.read(HEAD_BYTES))
    options = {"protocol_whitelist": "file", "format_whitelist": _whitelist(container), "f": container}
    said = _run(probe_command(local_url(path), options), limits, PROBE_TIMEOUT_S, 0)
    try:
        streams = json.loads(said or "{}").get("streams", [])
        media = read_probe(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        streams, media = [], None
    if media is None and has_only_sound(said):
        raise UploadRefused("upload.sound_only")
    if media is None:
        raise UploadRefused("upload.no_readable_picture")
    if len(streams) > STREAMS_AT_MOST:
        raise UploadRefused("upload.too_many_tracks", tracks=len(streams), limit=STREAMS_AT_MOST)
    if not 0 < media.width * media.height <= limits.pixels:
        raise UploadRefused("upload.picture_too_large", width=media.width, height=media.height, pixels=limits.pixels)
    if not 0 <= media.duration_s <= limits.duration_s:  # NaN is neither
        raise UploadRefused("upload.too_long", duration_min=media.duration_s / 60, limit_min=limits.duration_s / 60)
    return container, media


def convert(
    path: Path,
    target: Path,
    container: str,
    media: MediaInfo,
    profile: StreamProfile,
    limits: UploadLimits,
    on_progress: Callable[[float], None],
    stop: threading.Event,
) -> int:
    """Write a clip of the profile's picture and frame rate; returns its frames. Blocks.

    Parameters
    ----------
    on_progress
        Called again and again with how much is done, 0 to 1; 0 when the file does not say how long it is. An exception
        that it raises ends the conversion, and is passed on.
    stop
        Ends it at once when set.

    Raises
    ------
    UploadRefused
        When it cannot be decoded, or that takes more than the limits allow.
    SourceError
        When `stop` was set.
    """
    source = ffmpeg.input(
        local_url(path),
        protocol_whitelist="file",
        format_whitelist=_whitelist(container),
        format=container,
        threads=2,
        t=limits.duration_s,
    )
    picture = fit(picture_of(source, media), profile, media)
    encoder = {"vcodec": "libx264", "preset": "veryfast", "crf": 20, "g": profile.gop_frames, "threads": 2}
    output = picture.output(
        local_url(target), format="mp4", an=None, map_metadata=-1, movflags="+faststart", **encoder
    ).global_args("-progress", "pipe:1", "-nostats")
    frames_at_most = math.ceil(limits.duration_s * profile.fps)
    largest = frames_at_most * profile.width * profile.height * BYTES_PER_PIXEL_FRAME
    frames = 0

    def read(line: str) -> None:
        nonlocal frames
        name, _, value = line.partition("=")
        if name == "frame" and value.strip().isdecimal():
            frames = int(value)
            on_progress(min(1.0, frames / (media.duration_s * profile.fps)) if media.duration_s else 0.0)

    command = compile_command(output, overwrite=True)
    _run(command, limits, limits.timeout_s, largest, on_line=read, stop=stop)
    if frames == 0:
        raise UploadRefused("upload.no_picture")
    return frames


def _whitelist(container: str) -> str:
    """Return ffmpeg's whole name of a demuxer, which a whitelist wants; nothing else is opened."""
    return {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}.get(container, container)


def _run(
    command: list[str],
    limits: UploadLimits,
    timeout_s: float,
    file_bytes: int,
    *,
    on_line: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> str:
    """Run a command within limits; returns its standard output, or hands it on line by line.

    Raises
    ------
    UploadRefused
        When it fails or takes too long.
    SourceError
        When `stop` was set.
    Exception
        Any exception of `on_line`; the process is ended then.
    """
    within = ProcessLimits(limits.memory_mb * 2**20, max(file_bytes, 1), math.ceil(timeout_s * 2), niceness=10)
    with subprocess.Popen(
        limited(command, within),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env=tool_environment(),
        start_new_session=True,
        umask=CHILD_UMASK,
    ) as process:
        ended, too_late = threading.Event(), threading.Event()
        watched = (process.pid, timeout_s, ended, too_late, stop)
        watcher = threading.Thread(target=_kill_when_late, args=watched, name="livemon-upload-watch", daemon=True)
        watcher.start()
        assert process.stdout is not None
        lines = []
        try:
            for line in process.stdout:
                if on_line is not None:
                    on_line(line)
                else:
                    lines.append(line)
            process.wait()
        except BaseException:
            _kill_group(process.pid)
            raise
        finally:
            ended.set()
            watcher.join()
    if stop is not None and stop.is_set():
        raise SourceError("upload.cancelled_by_caller")
    if too_late.is_set():
        raise UploadRefused("upload.read_too_slow", timeout_s=timeout_s)
    if process.returncode != 0:
        raise UploadRefused("upload.not_decodable")
    return "".join(lines)


def _kill_when_late(
    pid: int, timeout_s: float, ended: threading.Event, too_late: threading.Event, stop: threading.Event | None
) -> None:
    """Kill a process group after a time, or when told to stop, unless it ended before."""
    deadline_s = time.monotonic() + timeout_s
    while not ended.wait(POLL_S):
        if time.monotonic() > deadline_s:
            too_late.set()
        if too_late.is_set() or (stop is not None and stop.is_set()):
            _kill_group(pid)
            return


def _kill_group(pid: int) -> None:
    """Kill a process group, also one that is stopped (SIGSTOP)."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _looks_like(head: bytes) -> str:
    """Return the kind of a file that is not a video, as the code of a message."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        return "upload.looks_empty"
    if start.startswith((b"#EXTM3U", b"ffconcat")):
        return "upload.looks_playlist"
    if start.startswith(b"<"):
        return "upload.looks_web_page"
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*", b"MM")):
        return "upload.looks_picture"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z", b"Rar!", b"\xfd7zXZ")):
        return "upload.looks_compressed"
    return "upload.looks_unknown"
