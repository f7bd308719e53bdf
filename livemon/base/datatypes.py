"""The frozen values that travel between stages: Segment → Frame → Observation → event row, and Archive.

Stages (stream, detect, vlm, store) do not import each other; they exchange these. Requests to models and their answers
live in model_types.py. Values only: nothing here opens a file, asks a model or knows a table.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livemon.base.messages.message import Message

Image = NDArray[np.uint8]
"""(H, W, 3) uint8 BGR, the order OpenCV uses."""

Box = tuple[int, int, int, int]
"""(ymin, xmin, ymax, xmax), each 0 to 1000 of the picture's height or width."""


def encode_jpeg(image: Image, quality: int = 85) -> bytes:
    """Return the picture as a JPEG file's bytes; quality 0 to 100."""
    import cv2  # when a picture is shown, not when values travel

    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


class Language(StrEnum):
    """Language of the texts that people read."""

    ENGLISH = "en"
    KOREAN = "ko"


class EventType(StrEnum):
    """Subject of an event."""

    SAFETY = "safety"
    DEVELOPMENT = "development"
    ACTIVITY = "activity"
    SYSTEM = "system"


class Severity(StrEnum):
    """How grave an event is, least first (see `rank`)."""

    SAFE = "safe"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"

    @property
    def rank(self) -> int:
        """0 (safe) to 3 (danger); an escalation is a rise of this number."""
        return list(Severity).index(self)

    @classmethod
    def read(cls, word: str) -> Severity:
        """Return the severity that a kept word names; an unknown one counts as danger, never as safe."""
        return cls(word) if word in list(cls) else cls.DANGER


class LookReason(StrEnum):
    """Why the detector looked."""

    INTERVAL = "interval"
    MOTION = "motion"
    HEARTBEAT = "heartbeat"
    ASKED = "asked"
    """Not the detector: a person did."""
    SHADOW = "shadow"
    """A prompt on trial sees the frames of a live look; its answer notifies no one."""

    @property
    def is_live(self) -> bool:
        """Whether it is one of the looks whose answers become events, and are remembered for the next."""
        return self not in (LookReason.ASKED, LookReason.SHADOW)


NOT_LIVE = tuple(reason.value for reason in LookReason if not reason.is_live)
"""Reasons of looks without notifications: they are not evidence that a time was watched."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A finished HLS media segment on disk. `start_utc` is the time of its first frame.

    `duration_s` is its length on the wall clock, `media_duration_s` by its own timestamps (EXTINF). A camera whose
    clock runs 1 % fast sends 10.1 s of timestamps in 10 s; the ratio maps PTS to wall-clock time (docs/time.md).
    """

    start_utc: datetime
    duration_s: float
    path: Path
    media_duration_s: float

    @property
    def end_utc(self) -> datetime:
        """First moment after the segment."""
        return self.start_utc + timedelta(seconds=self.duration_s)

    @property
    def rate(self) -> float:
        """Wall-clock seconds in a second of the segment's own timestamps; 1.0 for a camera whose clock is right."""
        return self.duration_s / self.media_duration_s


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture with its wall-clock time (segment start + PTS)."""

    camera_id: str
    utc: datetime
    image: Image

    @property
    def sha256(self) -> str:
        """Content hash of the pixels, so that a call's record says exactly what was seen."""
        return hashlib.sha256(np.ascontiguousarray(self.image).tobytes()).hexdigest()

    def _repr_jpeg_(self) -> bytes:
        """Show the picture in a notebook."""
        return encode_jpeg(self.image)


@dataclass(frozen=True, slots=True)
class MotionSample:
    """Motion that the cheap gate measured on one frame, against the frame before it.

    Attributes
    ----------
    changed
        Share of the picture that changed, 0 to 1, camera noise and uniform brightness changes removed.
    brightness
        Mean luma, 0 to 255.
    difference
        Mean absolute luma difference, 0 to 255, nothing removed; exactly 0.0 is a repeated picture.
    """

    utc: datetime
    changed: float
    brightness: float
    difference: float


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing a model says it saw between two moments.

    `kind` is the machine-readable name in snake_case, such as `possible_fall`. Together with the camera, the event type
    and the location it is the identity that the cooldown works on. `confidence` is 0 to 1, the model's own.
    `evidence_utcs` are frame times, the best picture first; `box` is where in that one, None for all of it.
    """

    kind: str
    event_type: EventType
    severity: Severity
    title: str
    description: str
    confidence: float
    start_utc: datetime
    end_utc: datetime
    evidence_utcs: tuple[datetime, ...]
    location: str = ""
    box: Box | None = None
    said: tuple[Message, Message] | None = None
    """Title and description as messages, where livemon itself says them; None for the words of a model."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a window without footage."""

    start_utc: datetime
    end_utc: datetime

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.end_utc - self.start_utc).total_seconds()


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished ten-minute MP4. Its PTS 0 is `start_utc`; gaps keep their time on its timeline."""

    camera_id: str
    window_start_utc: datetime
    start_utc: datetime
    end_utc: datetime
    path: Path
    frames: int
    bytes: int
    sha256: str
    coverage_s: float
    gaps: tuple[Gap, ...]
