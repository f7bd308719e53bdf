"""The frozen values of streams: a source's format, the output profile, and the stream's state.

Values only, as in datatypes.py; ffmpeg and files do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from livemon.base.messages.message import Message, Told

HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
"""PQ and HLG (ITU-R BT.2100), as ffmpeg names them."""


class StreamState(StrEnum):
    """State of a camera's stream."""

    STARTING = "starting"
    LIVE = "live"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"
    FAILED = "failed"


class StreamMode(StrEnum):
    """ffmpeg's handling of a source's pictures: copied or transcoded."""

    COPY = "copy"
    TRANSCODE = "transcode"


class ModeSetting(StrEnum):
    """Values of a camera's `mode` setting; `auto` copies codecs that every browser plays."""

    AUTO = "auto"
    COPY = "copy"
    TRANSCODE = "transcode"


@dataclass(frozen=True, slots=True)
class StreamProfile:
    """Output of the transcode profile; the defaults are DESIGN's.

    `gop_s` and `segment_s` are whole multiples of a frame, and a segment is a whole number of GOPs. So every segment
    opens with a keyframe (RFC 8216 section 3: independently decodable segments).
    """

    width: int = 640
    height: int = 480
    fps: int = 5
    gop_s: int = 2
    segment_s: int = 10
    live_segments: int = 6
    rotate: int = 0
    """Degrees clockwise by which the source's pictures are turned: 0, 90, 180 or 270."""

    @property
    def gop_frames(self) -> int:
        """Frames from one keyframe to the next."""
        return self.fps * self.gop_s

    @property
    def segment_frames(self) -> int:
        """Frames in a full segment."""
        return self.fps * self.segment_s

    @property
    def frame_s(self) -> float:
        """Duration of a frame in seconds."""
        return 1.0 / self.fps


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Result of ffprobe for a file or a camera: its picture, and the sound that belongs to it."""

    codec: str
    width: int
    height: int
    frames: int
    """Frames the container counts; 0 when it does not count."""
    duration_s: float
    """0.0 when the container does not say."""
    fps: float = 0.0
    """Frames a second on average; 0.0 when not known."""
    pixel_format: str = ""
    b_frames: int = 0
    """Pictures that may be sent out of order."""
    rotated: bool = False
    """Whether metadata asks players to turn the picture."""
    audio_codec: str = ""
    """Empty without sound."""
    container: str = ""
    """ffmpeg's name of the format."""
    timed: bool = True
    """Whether the format carries times; without them pictures are dated when they arrive."""
    picture_index: int = 0
    """Index of the picture's stream in the input."""
    sound_index: int | None = None
    """Index of the sound's stream; None without sound."""
    transfer: str = ""
    """Transfer characteristics of the light, in ffmpeg's words."""
    interlaced: bool = False
    """Whether each picture is made of two fields."""

    @property
    def hdr(self) -> bool:
        """Whether its light is coded for HDR screens."""
        return self.transfer in HDR_TRANSFERS

    def __str__(self) -> str:
        rate = f", {self.fps:g} fps" if self.fps else ""
        return f"{self.codec} {self.width}x{self.height}{rate}, {self.audio_codec or 'no sound'}"


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """State of a camera, its reason, and its start."""

    camera_id: str
    state: StreamState
    said: Message
    """Why."""
    since_utc: datetime
    restarts: int = 0
    last_segment_end_utc: datetime | None = None
    mode: StreamMode | None = None
    """None until ffmpeg ran once."""
    mode_reason: Told = ""
    media: MediaInfo | None = None
    """Properties of the source's own video, where livemon does not define them."""
    counters: Mapping[str, int] = field(default_factory=dict)
    looks: bool = True
    """Whether the model looks at live pictures."""

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.said)

    def __str__(self) -> str:
        return f"{self.camera_id}: {self.state.value} ({self.reason})"
