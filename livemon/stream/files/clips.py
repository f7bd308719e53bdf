"""Clips: any stretch of footage as one MP4, copied packet by packet, that plays from the moment asked for.

No picture is touched, so the file begins at the keyframe before; an edit list makes players begin at the moment itself.
Segments are chosen in archive/footage.py; archives live in archive.py and remux.py.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.base.clock import iso, require_utc
from livemon.base.datatypes import Segment
from livemon.base.disk import free_bytes
from livemon.base.errors import SourceError
from livemon.base.messages.message import message
from livemon.base.private_files import create, make_folder
from livemon.stream.ffmpeg import SAFE_INPUT, local_url

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

TICKS = 90_000
"""Time base of the clip's tracks: MPEG-TS's own."""

HEVC_PARAMETER_SETS = frozenset({32, 33, 34})
"""VPS, SPS and PPS (ISO/IEC 23008-2, table 7-1); messages of the encoder stand beside them."""

SEEK_EARLY = LATE_SOUND = TICKS
"""A second: pictures are reordered, and sound lies apart from them, by less."""

AUDIO_CODECS = frozenset({"aac", "mp3", "ac3", "eac3", "opus"})
"""Sound that an MP4 can carry; other sound is left out."""


@dataclass(frozen=True, slots=True)
class Clip:
    """An MP4 of the footage of [start_utc, end_utc); its time 0 is `start_utc`."""

    path: Path
    start_utc: datetime
    end_utc: datetime
    bytes: int


def clip_name(start_utc: datetime, end_utc: datetime) -> str:
    """Return the file name, for example ``clip_20261123T130500.200Z_20261123T130510.000Z.mp4``."""
    start, end = (iso(moment).replace("-", "").replace(":", "") for moment in (start_utc, end_utc))
    return f"clip_{start}_{end}.mp4"


def write_clip(
    segments: Iterable[Segment], start_utc: datetime, end_utc: datetime, target: Path, keep_free_bytes: int = 0
) -> Clip:
    """Copy the footage of [start_utc, end_utc) into `target`; blocks.

    The clip's timeline is the wall clock from `start_utc` on. In missing footage the last picture stands still, so a
    picture's time is `start_utc` + PTS. Sound is kept as long as it stays what it was at the beginning.

    Parameters
    ----------
    segments
        In time order, the first one holding `start_utc`; archives too, but not beside segments of a stream. One that
        cannot be read counts as missing.
    keep_free_bytes
        Left free on the disk: recording comes first.

    Raises
    ------
    SourceError
        When the picture changes its size or encoding on the way, nothing can be read, or the disk refuses; no file
        is left behind.
    """
    import av

    part = target.with_name(f"{target.stem}_{uuid.uuid4().hex}.part")
    try:
        make_folder(target.parent)
        create(part)
        with av.open(local_url(part), "w", format="mp4", options={"movflags": "+faststart"}) as out:
            writer = _Writer(out, require_utc(start_utc), require_utc(end_utc))
            for segment in segments:
                if free_bytes(target.parent) < keep_free_bytes:
                    raise SourceError("footage.no_room", file=target.name)
                writer.add(segment)
            if not writer.pictures:
                raise SourceError("footage.no_picture_for_clip", file=target.name)
        part.replace(target)
        return Clip(target, start_utc, end_utc, target.stat().st_size)
    except (OSError, ValueError, av.FFmpegError) as exc:
        raise SourceError("footage.not_written", file=target.name, reason=exc) from exc
    finally:
        part.unlink(missing_ok=True)


class _Writer:
    """An MP4 being written: its tracks, and how far each has come."""

    def __init__(self, out: OutputContainer, start_utc: datetime, end_utc: datetime) -> None:
        self._out = out
        self._start_utc = start_utc
        self._end = round((end_utc - start_utc).total_seconds() * TICKS)
        self._tracks: dict[str, Stream] = {}
        self._kinds: dict[str, tuple[Any, ...]] = {}
        self._last_dts: dict[str, int] = {}
        self._after_end: list[tuple[Packet[Any], int, int]] = []
        self.pictures = 0

    def add(self, segment: Segment) -> None:
        """Copy the part of a segment that the clip needs."""
        import av

        try:
            source = av.open(local_url(segment.path), options=dict(SAFE_INPUT), metadata_errors="replace")
        except (OSError, av.FFmpegError):
            return
        with source:
            video = next(iter(source.streams.video), None)
            if video is None or not video.codec_context.width:
                return
            audio = next((s for s in source.streams.audio if s.codec_context.name in AUDIO_CODECS), None)
            self._begin(segment, video, audio)
            if self._kinds.get("audio") != (audio and _audio_kind(audio)):
                audio = None
            for packet, pts, dts in self._packets(source, segment, video, audio):
                self._write(packet, pts, dts)

    def _begin(self, segment: Segment, video: VideoStream, audio: AudioStream | None) -> None:
        """Make the tracks like the first segment's streams, and see that the others' pictures fit them."""
        kind = _video_kind(video)
        if not self._tracks:
            self._kinds["video"] = kind
            self._tracks["video"] = self._out.add_stream_from_template(video)
            if audio is not None:
                self._kinds["audio"] = _audio_kind(audio)
                self._tracks["audio"] = self._out.add_stream_from_template(audio)
            for track in self._tracks.values():
                track.time_base = Fraction(1, TICKS)
        elif kind != self._kinds["video"]:
            (codec, width, height, _), (_, old_width, old_height, _) = kind, self._kinds["video"]
            same_size = (width, height) == (old_width, old_height)
            what = (
                message("footage.changed_encoding", codec=codec)
                if same_size
                else message("footage.changed_size", before=f"{old_width}x{old_height}", now=f"{width}x{height}")
            )
            raise SourceError("footage.camera_changed", what=what, start_utc=iso(segment.start_utc))

    def _packets(
        self, source: InputContainer, segment: Segment, video: VideoStream, audio: AudioStream | None
    ) -> Iterator[tuple[Packet[Any], int, int]]:
        """Yield a segment's packets with their PTS and DTS in the clip, from the last keyframe before its start on."""
        import av

        offset = (segment.start_utc - self._start_utc).total_seconds() * TICKS
        first_s = (video.start_time or 0) * float(video.time_base or 0)
        early: list[tuple[Packet[Any], int, int]] = []
        if segment.path.suffix == ".mp4" and -offset > SEEK_EARLY:
            # An index knows decoding times: a second before, the keyframe is the right one or the one before it.
            with suppress(av.FFmpegError):
                after_s = (-offset - SEEK_EARLY) / TICKS + first_s
                source.seek(int(after_s / float(video.time_base or 1)), stream=video)
        packets = source.demux(*([video] if audio is None else [video, audio]))
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, IndexError):  # cut off, or damage that looks like a new stream: it ends there
                packet = None
            if packet is None:
                break
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue
            scale = float(packet.time_base) * TICKS * segment.rate
            shift = offset - first_s * TICKS * segment.rate
            timed = packet, round(packet.pts * scale + shift), round(packet.dts * scale + shift)
            if timed[2] > self._end + LATE_SOUND:
                break
            packet.duration = round((packet.duration or 0) * scale)
            if packet.stream.type == "video" and packet.is_keyframe and timed[1] <= 0:
                early = [sound for sound in early if sound[0].stream.type == "audio"]
            early.append(timed)
            if timed[2] >= 0:
                yield from early
                early = []
        yield from early

    def _write(self, packet: Packet[Any], pts: int, dts: int) -> None:
        """Write a packet if the clip needs it."""
        if packet.stream.type == "audio":
            if pts < self._end and pts + (packet.duration or 0) > 0:
                self._put(packet, pts, dts)
        elif pts < self._end:
            for ahead in self._after_end:
                self._put(*ahead)
            self._after_end.clear()
            self._put(packet, pts, dts)
        elif dts < self._end:
            # Shown after the end, but pictures that are shown before it may need it: then they follow.
            self._after_end.append((packet, pts, dts))

    def _put(self, packet: Packet[Any], pts: int, dts: int) -> None:
        import av

        kind = packet.stream.type
        # At the joint of two segments a rounding may swap two times; the muxer wants them rising.
        dts = max(dts, self._last_dts.get(kind, dts - 1) + 1)
        packet.pts, packet.dts, packet.time_base = max(pts, dts), dts, Fraction(1, TICKS)
        self._last_dts[kind] = dts
        packet.stream = self._tracks[kind]
        # A damaged packet of sound is left out: the muxer reads its header.
        with suppress(av.error.InvalidDataError, av.error.PatchWelcomeError):
            self._out.mux_one(packet)
            self.pictures += kind == "video"


def _video_kind(video: VideoStream) -> tuple[str, int, int, frozenset[bytes]]:
    """Return what one MP4 track can hold only one of: codec, size and parameter sets (repetitions do not matter)."""
    codec = video.codec_context
    # Zeros at the end of one belong to the next one's start code (ISO/IEC 14496-10 Annex B).
    sets = frozenset(part.rstrip(b"\x00") for part in _parameter_sets(codec.name, codec.extradata or b""))
    return codec.name, codec.width, codec.height, sets


def _parameter_sets(codec: str, extradata: bytes) -> list[bytes]:
    """Return the parameter sets of a stream, or of an MP4's track (avcC and hvcC, ISO/IEC 14496-15)."""
    if extradata[:1] != b"\x01" or codec not in ("h264", "hevc"):
        return re.split(rb"\x00{2,3}\x01", extradata)
    if codec == "h264":
        sps, at = _length_prefixed(extradata, 6, _number(extradata, 5, 1) & 0x1F)
        return sps + _length_prefixed(extradata, at + 1, _number(extradata, at, 1))[0]
    sets, at = [], 23
    for _ in range(_number(extradata, 22, 1)):
        unit_type = _number(extradata, at, 1) & 0x3F
        found, at = _length_prefixed(extradata, at + 3, _number(extradata, at + 1, 2))
        sets += found if unit_type in HEVC_PARAMETER_SETS else []
    return sets


def _length_prefixed(extradata: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """Return `count` units that each stand behind their length in two bytes, and where the next thing stands."""
    units = []
    for _ in range(count):
        if at >= len(extradata):
            break
        length = _number(extradata, at, 2)
        units.append(extradata[at + 2 : at + 2 + length])
        at += 2 + length
    return units, at


def _number(data: bytes, at: int, length: int) -> int:
    """Return an unsigned number; 0 behind the end, so that damage only means fewer sets."""
    return int.from_bytes(data[at : at + length])


def _audio_kind(audio: AudioStream) -> tuple[str, int, str]:
    codec = audio.codec_context
    return codec.name, codec.sample_rate, codec.layout.name
