"""Finished segments into one MP4, packet by packet, each at its own wall-clock time; no picture is touched.

`Content` describes what one MP4 can hold, and `write_mp4` derives its times from the segments'. The segments of an
archive, and its name, are chosen in archive.py.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.base.datatypes import Segment
from livemon.base.errors import SourceError
from livemon.base.private_files import create
from livemon.stream.ffmpeg import local_url

if TYPE_CHECKING:
    from av import AudioStream, Packet
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

TICKS = 90_000
"""Time base of the MP4's tracks: MPEG-TS's own, so that nothing is rounded at rate 1."""

AUDIO_CODECS = frozenset({"aac", "mp3", "ac3", "eac3", "opus"})
"""Codecs that an MP4 can carry and players understand; other sound is left out."""

SAFE_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": "mpegts"}


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a segment, as far as one MP4 track can hold only one kind of it.

    Attributes
    ----------
    picture
        Codec, size and parameter sets. A camera that comes back with another size has others.
    sound
        Codec, rate and channels; empty when there is none.
    """

    picture: str
    sound: str

    def takes(self, other: Content) -> bool:
        """Whether a file that began with this content can go on with `other`; silence is not a change."""
        return self.picture == other.picture and other.sound in ("", self.sound)


def content(path: Path) -> Content:
    """Look into a segment's first packets; about 2 ms.

    Raises
    ------
    SourceError
        When there is no picture in it; a power cut leaves empty files.
    """
    with _opened(path) as container:
        codec = container.streams.video[0].codec_context
        # Start codes have three bytes or four, and zeros may follow: the same parameter sets come in several spellings.
        sets = (codec.extradata or b"").replace(b"\0\0\0\1", b"\0\0\1").rstrip(b"\0")
        picture = f"{codec.name} {codec.width}x{codec.height} {sets.hex()}"
        sound = _sound(container)
        audio = sound.codec_context if sound else None
        return Content(picture, f"{audio.name} {audio.sample_rate} {audio.layout.name}" if audio else "")


def write_mp4(segments: Sequence[Segment], target: Path, start_utc: datetime, comment: str) -> int:
    """Write segments of equal content into one MP4; returns the number of pictures. Blocks.

    A picture's PTS is its wall-clock time minus `start_utc`: its segment's start, plus its distance from the segment's
    first picture at the segment's rate. So gaps keep their time, and a camera whose clock runs fast does not push the
    archive ahead of the wall clock. The index comes first (faststart).

    Raises
    ------
    SourceError
        When a segment cannot be read, or the disk refuses.
    """
    import av

    pictures = 0
    written: dict[str, int] = {}
    try:
        create(target)
        with av.open(local_url(target), "w", format="mp4", options={"movflags": "+faststart"}) as out:
            out.metadata["comment"] = comment
            tracks: dict[str, Stream] = {}
            # An MP4 counts sound in samples: times that are less than one apart would be the same.
            steps = {"video": 1, "audio": 1}
            for segment in segments:
                offset = round((segment.start_utc - start_utc).total_seconds() * TICKS)
                with _opened(segment.path) as container:
                    _add_tracks(out, container, tracks)
                    if sound := _sound(container):
                        steps["audio"] = math.ceil(TICKS / sound.codec_context.sample_rate)
                    # Timestamps that jump within a segment cannot lead out of it.
                    limit = offset + round(segment.duration_s * TICKS)
                    for packet, pts, dts in _from_first_picture(container, tracks, segment.rate, offset):
                        kind = packet.stream.type
                        # At the joint of two segments a rounding may swap two times; the muxer wants them rising.
                        step = steps[kind]
                        packet.dts = written[kind] = max(min(dts, limit), written.get(kind, dts - step) + step)
                        packet.pts = max(min(pts, limit), packet.dts)
                        packet.time_base = Fraction(1, TICKS)
                        packet.stream = tracks[kind]
                        if kind == "video":
                            pictures += 1
                            out.mux_one(packet)
                        else:
                            # A damaged piece of sound is left out; it is not worth ten minutes of pictures.
                            with contextlib.suppress(av.InvalidDataError, av.PatchWelcomeError):
                                out.mux_one(packet)
    except (OSError, ValueError, av.FFmpegError) as exc:
        raise SourceError("footage.remux_failed", file=target.name, reason=exc) from exc
    if not pictures:
        raise SourceError("footage.would_be_empty", file=target.name)
    return pictures


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """Open a segment that has a picture."""
    import av

    try:
        with av.open(local_url(path), options=SAFE_OPTIONS, metadata_errors="replace") as container:
            if not container.streams.video or not container.streams.video[0].codec_context.width:
                raise SourceError("footage.no_picture", file=path.name)
            yield container
    except (OSError, ValueError, av.FFmpegError) as exc:
        raise SourceError("footage.file_not_readable", file=path.name, reason=exc) from exc


def _sound(container: InputContainer) -> AudioStream | None:
    """Return the audio stream when an MP4 can carry it and it really sends something."""
    audio = next(iter(container.streams.audio), None)
    if audio is None or audio.codec_context.name not in AUDIO_CODECS or not audio.codec_context.sample_rate:
        return None
    return audio


def _add_tracks(out: OutputContainer, container: InputContainer, tracks: dict[str, Stream]) -> None:
    """Make the MP4's tracks like the first segment's streams; the others' fit them."""
    if tracks:
        return
    for stream in (container.streams.video[0], _sound(container)):
        if stream is not None:
            track = out.add_stream_from_template(stream)
            track.time_base = Fraction(1, TICKS)
            tracks[stream.type] = track


def _packets(container: InputContainer, streams: Sequence[Stream]) -> Iterator[Packet[Any]]:
    """Yield packets up to the end, or to damage that looks like a new stream (PyAV raises IndexError there)."""
    packets = container.demux(*streams)
    while True:
        try:
            yield next(packets)
        except (StopIteration, IndexError):
            return


def _from_first_picture(
    container: InputContainer, tracks: dict[str, Stream], rate: float, offset: int
) -> Iterator[tuple[Packet[Any], int, int]]:
    """Yield a segment's packets with their PTS and DTS in the archive; `offset` is where its first picture lies."""
    sound = _sound(container) if "audio" in tracks else None
    streams = [container.streams.video[0], *([sound] if sound is not None else [])]
    early: list[Packet[Any]] = []
    first_s: Fraction | None = None
    for packet in _packets(container, streams):
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            continue  # the empty packet at the end
        if first_s is None and packet.stream.type != "video":
            early.append(packet)  # sound usually begins some milliseconds before the picture
            continue
        if first_s is None:
            first_s = packet.pts * packet.time_base
        for ready in (*early, packet):
            assert ready.pts is not None and ready.dts is not None and ready.time_base is not None
            scale = float(ready.time_base * TICKS) * rate
            first = float(first_s / ready.time_base)
            ready.duration = round((ready.duration or 0) * scale)
            yield ready, offset + round((ready.pts - first) * scale), offset + round((ready.dts - first) * scale)
        early.clear()
