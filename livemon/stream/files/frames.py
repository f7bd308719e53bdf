"""Frames with exact times out of finished segments and archives, and thumbnails of them.

The time of a frame is its file's start plus its PTS after the first picture's, at the file's rate. The choice of frames
lives elsewhere, contact sheets in base/contact_sheet.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.base.datatypes import Frame, Image, Segment, encode_jpeg
from livemon.base.errors import SourceError
from livemon.base.private_files import make_folder, write_bytes
from livemon.stream.ffmpeg import NARROWEST_PIXEL, SAFE_INPUT, local_url

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

THUMBNAIL_WIDTH = 480
TIME_TOLERANCE_S = 0.010
"""Names and rows keep milliseconds; two frames are never this close."""

REACH_BACK_S = 30.0
"""A picture that cannot be decoded leaves the one before it standing; farther back than this nothing is looked for."""

MS = timedelta(milliseconds=1)

_OPENING = {**SAFE_INPUT, "probesize": "65536", "analyzeduration": "100000"}
"""The format of our own files is known: analysing five seconds of each, the default, costs as much as two pictures."""

Wants = Callable[[datetime, datetime | None], bool]
"""Asked of each group of pictures: its first moment, and the next one's keyframe (None for the last group)."""


def read_frames(
    camera_id: str,
    segment: Segment,
    utcs: Collection[datetime] | None = None,
    width: int | None = None,
    *,
    keyframes_only: bool = False,
    every_s: float = 0.0,
) -> Iterator[Frame]:
    """Decode a segment's frames one by one; blocks.

    Parameters
    ----------
    utcs
        Only frames of these times; all when None. Groups of pictures without a wanted one are not decoded.
    width
        Scale down to this width in pixels, aspect kept; never up.
    keyframes_only
        Only frames that stand for themselves: one in every GOP, at a small part of the cost.
    every_s
        Only frames at least so far apart; the others are decoded, and not made into pictures.

    Yields
    ------
    Frame
        In time order; image (H, W, 3) uint8 BGR.

    Raises
    ------
    SourceError
        When the file is missing or cannot be decoded.
    """
    wanted = None if utcs is None else sorted(utcs)
    tolerance = timedelta(seconds=TIME_TOLERANCE_S)

    def wants(first: datetime, after: datetime | None) -> bool:
        return wanted is None or any(
            first - tolerance <= utc and (after is None or utc < after - tolerance) for utc in wanted
        )

    with _opened(segment) as video:
        last = max(wanted, default=segment.start_utc) + tolerance if wanted is not None else None
        apart, due = timedelta(seconds=every_s) - tolerance, segment.start_utc - tolerance
        for utc, picture in video.pictures(wants, last, keyframes_only=keyframes_only):
            if utc < due:
                continue
            due = utc + apart
            if wanted is not None:
                while wanted and utc - wanted[0] > tolerance:
                    wanted.pop(0)
                if not wanted:
                    return
                if wanted[0] - utc > tolerance:
                    continue
                wanted.pop(0)
            yield Frame(camera_id, utc, video.image(picture, width))
            if wanted is not None and not wanted:
                return


def frame_at(
    camera_id: str, segment: Segment, at: datetime, width: int | None = None, *, keyframes_only: bool = False
) -> Frame | None:
    """Return the picture shown at a moment: the last frame at or before it; blocks.

    In an MP4 the moment is sought, so an archive can be given as one long segment.

    Parameters
    ----------
    width
        As in `read_frames`.
    keyframes_only
        The last keyframe at or before the moment: some seconds older, and cheap.

    Returns
    -------
    Frame or None
        None when no picture of the last `REACH_BACK_S` before the moment can be decoded.

    Raises
    ------
    SourceError
        When the file is missing or cannot be decoded.
    """

    def shown(first: datetime, after: datetime | None) -> bool:
        return first <= at and (after is None or after > at)

    def reach_back(first: datetime, after: datetime | None) -> bool:
        return first <= at and (at - first).total_seconds() <= REACH_BACK_S

    for wants, reach_s in ((shown, 1.0), (reach_back, REACH_BACK_S)):
        with _opened(segment) as video:
            if segment.path.suffix == ".mp4":
                video.seek(at - timedelta(seconds=reach_s))
            last: tuple[datetime, VideoFrame] | None = None
            for utc, picture in video.pictures(wants, at, keyframes_only=keyframes_only):
                if utc > at:
                    break
                last = utc, picture
            if last is not None:
                return Frame(camera_id, last[0], video.image(last[1], width))
    return None


class _Video:
    """An open file: its pictures with their times."""

    def __init__(self, container: InputContainer, segment: Segment) -> None:
        from av.video.reformatter import VideoReformatter

        self._container = container
        self._segment = segment
        self._stream = container.streams.video[0]
        self._decoder = self._stream.codec_context
        # One thread: frames are small, and decoder threads would each hold their own pictures.
        self._decoder.thread_count = 1
        self._first_pts = self._stream.start_time or 0
        self._tick_s = float(self._stream.time_base or 0) * segment.rate
        self._reformatter: VideoReformatter = VideoReformatter()

    def time_of(self, pts: int) -> datetime:
        """Return the wall-clock time of a timestamp, in whole milliseconds.

        So that a time that was written down, in a name, a row or an address, finds its own frame again.
        """
        return self._segment.start_utc + round((pts - self._first_pts) * self._tick_s * 1000) * MS

    def seek(self, moment: datetime) -> None:
        """Go on from the keyframe at or before a moment; from the beginning where the index is damaged."""
        from av import FFmpegError

        after_s = max(0.0, (moment - self._segment.start_utc).total_seconds())
        with suppress(FFmpegError):
            self._container.seek(self._first_pts + int(after_s / self._tick_s), stream=self._stream)

    def pictures(
        self, wants: Wants, until: datetime | None, *, keyframes_only: bool
    ) -> Iterator[tuple[datetime, VideoFrame]]:
        """Decode the wanted groups that begin by `until`, in time order; damaged parts are left out.

        Raises
        ------
        SourceError
            When nothing in the file begins a picture.
        """
        groups = self._groups()
        group = next(groups, None)
        if group is None:
            raise SourceError("footage.no_decodable_picture", file=self._segment.path.name)
        decoding = False
        while group:
            following = next(groups, None)
            # Pictures shown before their keyframe (open GOP) need the group before as well.
            first = self.time_of(min(packet.pts or 0 for packet in group))
            if until is not None and first > until:
                break
            if wants(first, self.time_of(following[0].pts or 0) if following else None):
                yield from self._decode(group[:1] if keyframes_only else group)
                decoding = True
            elif decoding:
                yield from self._drain()
                decoding = False
            group = following
        if decoding:
            yield from self._drain()

    def image(self, picture: VideoFrame, width: int | None) -> Image:
        """Return the pixels, BGR, square, scaled down where asked."""
        shown_width, height = round(picture.width * self._pixel_aspect()), picture.height
        if width is None or width >= shown_width:
            width = shown_width
        else:
            height = max(1, round(height * width / shown_width))
        # AREA averages what it drops: without aliasing, and in libswscale the fastest of those that do.
        scaled = self._reformatter.reformat(picture, width, height, "bgr24", interpolation="AREA", threads=1)
        return scaled.to_ndarray().astype("uint8", copy=False)

    def _pixel_aspect(self) -> float:
        """Return how wide a pixel is meant to be seen for its height; known once a picture was decoded."""
        aspect = float(self._decoder.sample_aspect_ratio or 1)
        return aspect if NARROWEST_PIXEL <= aspect <= 1 / NARROWEST_PIXEL else 1.0

    def _groups(self) -> Iterator[list[Packet[Any]]]:
        """Yield packets from one keyframe up to the next; where reading fails the file ends."""
        from av import FFmpegError

        packets = self._container.demux(self._stream)
        group: list[Packet[Any]] = []
        while True:
            try:
                packet = next(packets, None)
            except (FFmpegError, IndexError):  # IndexError: damage that looks like a new stream
                packet = None
            if packet is None:
                break
            if packet.pts is None:
                continue
            if packet.is_keyframe and group:
                yield group
                group = []
            if group or packet.is_keyframe:
                group.append(packet)
        if group:
            yield group

    def _decode(self, packets: Sequence[Packet[Any] | None]) -> Iterator[tuple[datetime, VideoFrame]]:
        from av import FFmpegError

        for packet in packets:
            try:
                pictures = self._decoder.decode(packet)
            except FFmpegError:
                continue
            for picture in pictures:
                utc = self.time_of(picture.pts or 0)
                if not picture.is_corrupt and picture.pts is not None and utc >= self._segment.start_utc:
                    yield utc, picture

    def _drain(self) -> Iterator[tuple[datetime, VideoFrame]]:
        """Give what the decoder still holds, and make it ready for a group that does not follow."""
        yield from self._decode([None])
        self._decoder.flush_buffers()


@contextmanager
def _opened(segment: Segment) -> Iterator[_Video]:
    """Open a segment's or an archive's file; SourceError when that fails or it has no picture."""
    import av

    try:
        container = av.open(local_url(segment.path), options=_OPENING, metadata_errors="replace")
    except (av.FFmpegError, OSError) as exc:
        raise SourceError("footage.segment_not_decodable", file=segment.path.name) from exc
    with container:
        if not container.streams.video:
            raise SourceError("footage.segment_damaged", file=segment.path.name)
        yield _Video(container, segment)


def scale_down(image: Image, width: int | None) -> Image:
    """Return the image at most `width` pixels wide, aspect kept."""
    import cv2  # when a thumbnail is made, not when frames are read

    height, full_width = image.shape[:2]
    if width is None or width >= full_width:
        return image
    scaled: Image = cv2.resize(image, (width, round(height * width / full_width)), interpolation=cv2.INTER_AREA).astype(
        "uint8", copy=False
    )
    return scaled


def write_thumbnail(frame: Frame, folder: Path) -> Path:
    """Write the frame as a small JPEG named by its time; returns the path.

    Raises
    ------
    SourceError
        When the disk refuses.
    """
    day = folder / f"{frame.utc:%Y%m%d}"
    path = day / f"{frame.utc:%Y%m%dT%H%M%S}.{frame.utc.microsecond // 1000:03d}Z.jpg"
    try:
        make_folder(day)
        part = path.with_suffix(".part")
        write_bytes(part, encode_jpeg(scale_down(frame.image, THUMBNAIL_WIDTH), quality=80))
        part.replace(path)
    except OSError as exc:
        raise SourceError("footage.thumbnail_not_written", file=path.name, reason=exc) from exc
    return path
