"""Questions to a vision model and their results: Look, Study → Answer.

Frozen values that travel.

Asking does not belong here (vlm/), nor keeping (store/), nor what livemon makes of an answer
(cameras/event_recorder.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any

from livemon.base.datatypes import Box, Frame, Image, LookReason, Observation
from livemon.base.detections import Sighting
from livemon.base.messages.message import Told


class Purpose(StrEnum):
    """The purpose of a call."""

    LOOK = "look"
    STUDY = "study"


class AnswerStatus(StrEnum):
    """Outcome of a call. Only `ok` says anything about the scene; the others are unknown, never safe."""

    OK = "ok"
    UNPARSABLE = "unparsable"
    """A reply that is not a valid answer: not JSON, a field missing, a wrong type."""
    TRUNCATED = "truncated"
    """The reply was longer than it may be and broke off."""
    BLOCKED = "blocked"
    """The provider withheld the reply: safety, recitation, a blocked prompt."""
    EMPTY = "empty"
    """A reply without text."""
    UNAVAILABLE = "unavailable"
    """No reply for now: too many requests, a server error, no network, a timeout. Another model may help."""
    REFUSED = "refused"
    """The provider refuses until its user changes something: wrong key, missing permission, unknown model."""
    FAILED = "failed"
    """Anything else that went wrong."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture with a name."""

    name: str
    box: Box
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Context that a model cannot see and should know.

    Attributes
    ----------
    camera, place
        The camera's display name, and its place.
    zone
        Of the times that the model is told.
    language
        Of its answers: ``en`` or ``ko``.
    age_months
        Age of the child; None without a child, or if it is not set.
    last_seen
        The scene as a model described it in the look before, and when.
    nominal
        (H, W, 3) uint8 BGR: how it looks when all is as it should be.
    """

    camera: str = ""
    place: str = ""
    zone: tzinfo = UTC
    language: str = "en"
    age_months: int | None = None
    zones: tuple[Zone, ...] = ()
    last_seen: str = ""
    last_seen_utc: datetime | None = None
    nominal: Image | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a frame around people, at up to the resolution of the source.

    Attributes
    ----------
    frame
        Place of the frame in the question, from 0.
    box
        Part of the frame.
    image
        (H, W, 3) uint8 BGR.
    """

    frame: int
    box: Box
    image: Image = field(compare=False)


@dataclass(frozen=True, slots=True)
class Look:
    """One question to a model about live frames, in time order.

    `sightings` are the findings of the camera's watcher since the look before; None when it did not watch. `crops`
    show the people in the frames larger, in the frames' order.
    """

    camera_id: str
    reason: LookReason
    frames: tuple[Frame, ...]
    scene: Scene = Scene()
    sightings: tuple[Sighting, ...] | None = None
    crops: tuple[Crop, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """One question to a model about a stretch of recorded footage, normally a ten-minute window.

    `frames` are the moments that matter, in time order; `video` is an MP4 whose PTS 0 is `start_utc`. A model takes
    what its prompt says. `crops` are as of a `Look`.
    """

    camera_id: str
    start_utc: datetime
    duration_s: float
    frames: tuple[Frame, ...]
    video: Path | None = None
    video_sound: bool = False
    scene: Scene = Scene()
    crops: tuple[Crop, ...] = ()

    @property
    def end_utc(self) -> datetime:
        """First moment after the stretch."""
        return self.start_utc + timedelta(seconds=self.duration_s)


Question = Look | Study


def purpose_of(question: Question) -> Purpose:
    """Return what kind of question it is."""
    return Purpose.LOOK if isinstance(question, Look) else Purpose.STUDY


@dataclass(frozen=True, slots=True)
class Usage:
    """Token usage by kind, as the provider reports it.

    `input_tokens` contain `cached_tokens`; `output_tokens` do not contain `thought_tokens`, which cost the same.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    thought_tokens: int = 0
    cached_tokens: int = 0
    input_by_modality: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's reply, or what went wrong instead.

    Attributes
    ----------
    scene
        One sentence on the scene, given to the model at the next look.
    result
        The validated reply as it is kept: of a study the incidents, observations and summary.
    parameters
        Parameters of the call, for the record: layout, media resolution, thinking level ...
    cost_usd
        None when the model's price is unknown; never 0 instead.
    retry_after_s
        How long the provider asks to wait; None when it did not say, 0 when only this question is wrong.
    server_utc
        The provider's clock when it answered; None when it did not say.
    odd
        Faults of the reply that were corrected, set to unknown or dropped; the verdict stands.
    too_large
        True when even the smallest form of the question was too large for one request, so that no model answered.
    """

    model: str
    status: AnswerStatus
    observations: tuple[Observation, ...] = ()
    scene: str = ""
    result: Mapping[str, Any] | None = None
    raw_text: str = ""
    error: Told = ""
    prompt_version: str = ""
    finish_reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 1
    latency_ms: float = 0.0
    usage: Usage = Usage()
    cost_usd: float | None = 0.0
    retry_after_s: float | None = None
    server_utc: datetime | None = None
    odd: tuple[str, ...] = ()
    too_large: bool = False
