"""ModelOptions: options of a model call in a prompt, besides its words. Part of the prompt's version.

The catalog holds the options of each model; a provider's spelling lives with the provider.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

MOST_ON_A_SHEET = 25
"""Five by five: 45 tokens each in high resolution, where a video frame is worth 70. More would be specks."""


class Layout(StrEnum):
    """Layout of the frames sent to the model."""

    SHEET = "sheet"
    """Contact sheets of 25 at most, each picture numbered and stamped with its time."""
    PARTS = "parts"
    """One image each, in time order."""


class MediaResolution(StrEnum):
    """Number of tokens for a picture (Gemini's words)."""

    AUTO = "auto"
    """low for one to four pictures on a sheet, medium to nine, high for more: about a video frame's tokens each."""
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Thinking(StrEnum):
    """Length of the model's thinking before it answers."""

    DEFAULT = "default"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class StudyInput(StrEnum):
    """Form of a window sent to the model."""

    FRAMES = "frames"
    """The moments that matter, as `layout` says."""
    VIDEO = "video"
    """The archive itself; only models that take video."""


class ModelOptions(BaseModel):
    """Options of a model call in a prompt; every field has a default that costs little."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field("", description="Which model answers; the one of the settings when empty.")
    layout: Layout = Field(Layout.SHEET, description="Frames on one contact sheet, or as parts.")
    frames: int = Field(16, ge=1, le=400, description="The most frames that one question carries.")
    frame_width: int = Field(320, ge=64, le=2048, description="Width of a frame in pixels.")
    crops: bool = Field(False, description="Add crops of people to sheets, where that costs no more.")
    media_resolution: MediaResolution = Field(MediaResolution.AUTO, description="Tokens that a picture is worth.")
    thinking: Thinking = Field(Thinking.DEFAULT, description="How long the model may think.")
    max_output_tokens: int = Field(1024, ge=64, le=65536, description="Longest answer, thoughts included.")
    temperature: float | None = Field(None, ge=0, le=2, description="Only for models that still take it.")
    seed: int | None = Field(None, description="For models that repeat themselves when asked to.")
    study_input: StudyInput = Field(StudyInput.FRAMES, description="What of a window goes to the model.")
    video_fps: float = Field(1.0, gt=0, le=24, description="Frames a second that the model samples from a video.")
    clip_start_s: float = Field(0, ge=0, description="Where in the video to begin.")
    clip_end_s: float | None = Field(None, gt=0, description="Where in the video to end; at its end when not given.")

    @model_serializer(mode="wrap")
    def _without_unused_crops(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave `crops` out when it is off: prompts that were made before it keep their version and their answers."""
        values: dict[str, Any] = handler(self)
        if not self.crops:
            values.pop("crops", None)
        return values

    def resolution_for(self, pictures: int) -> MediaResolution:
        """Return the resolution for a sheet of so many pictures (parts: always that of one)."""
        if self.media_resolution is not MediaResolution.AUTO:
            return self.media_resolution
        if self.layout is Layout.PARTS or pictures <= 4:
            return MediaResolution.LOW
        return MediaResolution.MEDIUM if pictures <= 9 else MediaResolution.HIGH
