"""Settings of one camera: `[cameras.<id>]`. settings.py puts them together with the others and reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from livemon.base.datatypes import Language
from livemon.base.settings.hours import Hours, is_within
from livemon.base.settings.models import ZoneRuleSettings, ZoneSettings
from livemon.base.stream_types import ModeSetting, StreamProfile
from livemon.base.texts import Line

MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
LOW_LATENCY_SEGMENT_S = 1
LOW_LATENCY_PLAYLIST_S = 30
MOST_SOURCE_CHARS = 2000
MOST_ZONES = 50
MOST_ZONE_RULES = 50


class AudioSetting(StrEnum):
    """Handling of sound that is not AAC."""

    TRANSCODE = "transcode"
    DROP = "drop"


class LatencySetting(StrEnum):
    """Delay of the live picture."""

    NORMAL = "normal"
    LOW = "low"


class OrderSetting(StrEnum):
    """Order in which the files of a folder play."""

    NAME = "name"
    SHUFFLE = "shuffle"


class CameraSettings(BaseModel):
    """One camera: `[cameras.<id>]`."""

    # JSON has no word for infinite, and null is another cap than none.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    source: Line = Field(
        max_length=MOST_SOURCE_CHARS,
        description="A folder or file of video, rtsp/http/rtmp URL, /dev/video0, or test-pattern.",
        repr=False,
    )
    name: Line = Field("", max_length=100, description="What people call it; the id when empty.")
    autostart: bool = Field(True, description="Start streaming when `livemon serve` starts.")
    mode: ModeSetting = Field(ModeSetting.AUTO, description="auto copies what every browser plays; or copy, transcode.")
    rotate: Literal[0, 90, 180, 270] = Field(
        0, description="Degrees clockwise by which its pictures are turned; a turned camera is transcoded."
    )
    audio: AudioSetting = Field(AudioSetting.TRANSCODE, description="Sound that is not AAC: transcode it, or drop it.")
    latency: LatencySetting = Field(LatencySetting.NORMAL, description="normal: segments of 10 s; low: of 1 s.")
    order: OrderSetting = Field(OrderSetting.NAME, description="Order of a folder's files: name, or shuffle.")
    shuffle_seed: int = Field(0, description="Another seed, another shuffled order.")
    language: Language = Field(Language.ENGLISH, description="Language of the model's answers: en or ko.")
    place: Line = Field("", max_length=100, description="Where the camera is; told to the model.")
    born: str = Field(
        "", max_length=7, description="Month in which the child was born, 2024-03; the model is told its age."
    )
    zones: tuple[ZoneSettings, ...] = Field(
        (), max_length=MOST_ZONES, description="Named parts of the picture; told to the model."
    )
    zone_rules: tuple[ZoneRuleSettings, ...] = Field(
        (), max_length=MOST_ZONE_RULES, description="What people or pets in zones make an event, without a model."
    )
    nominal: Path | None = Field(None, description="Picture of the place when all is well; shown with every look.")
    looks: bool = Field(
        True, description="The model looks at live pictures. Without, recording, falls and zone rules go on."
    )
    look_prompt: Line = Field(
        "", max_length=100, description="Prompt of the looks, by name or version; the shipped one when empty."
    )
    study_prompt: Line = Field("", max_length=100, description="Prompt of the studies; the shipped one when empty.")
    usd_per_day: float | None = Field(None, ge=0, description="What this camera may spend in a day.")
    heartbeat_s: float | None = Field(
        None, ge=60, le=604_800, description="Look at a still scene this often; as all cameras when not given."
    )
    studies_need_people: bool = Field(
        False,
        description="Ask no model that costs about windows in which things moved and no person or pet was seen.",
    )
    host: Line = Field(
        "", max_length=60, description="Of several hosts only the one of this name records it; any when empty."
    )
    hours: Hours = Field("", description="Local times in which it runs by itself: 07:00-20:00; always when empty.")

    @field_validator("born")
    @classmethod
    def _born_is_a_month(cls, text: str) -> str:
        if text and not MONTH.fullmatch(text):
            raise ValueError("a year and a month, such as 2024-03")
        return text

    @model_validator(mode="after")
    def _a_copy_cannot_be_turned(self) -> Self:
        if self.rotate and self.mode is ModeSetting.COPY:
            raise ValueError("a copied picture cannot be turned: leave mode out, or rotate")
        return self

    @model_validator(mode="after")
    def _rules_are_of_its_zones(self) -> Self:
        names = [zone.name for zone in self.zones]
        for rule in self.zone_rules:
            if rule.zone and rule.zone not in names:
                raise ValueError(f"rule '{rule.name}' is of zone '{rule.zone}', and the zones are {names}")
        twice = {rule.name for rule in self.zone_rules if [one.name for one in self.zone_rules].count(rule.name) > 1}
        if twice:
            raise ValueError(f"two rules have the name '{sorted(twice)[0]}': give each its own")
        return self

    def runs_at(self, local: time) -> bool:
        """Whether it runs by itself at a time of day; hours may go across midnight."""
        return is_within(self.hours, local)

    def age_months(self, today: date) -> int | None:
        """Return the child's age in whole months; None when its birth is not given."""
        if not self.born:
            return None
        year, month = map(int, self.born.split("-"))
        return max(0, (today.year - year) * 12 + today.month - month)

    @property
    def shuffle(self) -> int | None:
        """Seed of the shuffled order; None for name order."""
        return self.shuffle_seed if self.order is OrderSetting.SHUFFLE else None

    @property
    def stream_mode(self) -> ModeSetting:
        """Whether it may be copied: a copy cannot be turned."""
        return ModeSetting.TRANSCODE if self.rotate else self.mode

    def profile(self, normal: StreamProfile) -> StreamProfile:
        """Return the stream profile of this camera, given that of cameras with normal latency."""
        normal = replace(normal, rotate=self.rotate)
        if self.latency is LatencySetting.NORMAL:
            return normal
        # As many seconds in the playlist as a player needs to come back from a short hiccup.
        return replace(
            normal,
            segment_s=LOW_LATENCY_SEGMENT_S,
            gop_s=LOW_LATENCY_SEGMENT_S,
            live_segments=LOW_LATENCY_PLAYLIST_S // LOW_LATENCY_SEGMENT_S,
        )


IN_PLAIN_WORDS = {
    "Value error, ": "",
    "Extra inputs are not permitted": "there is no such setting",
    "Input should be a valid number, unable to parse string as a number": "a number is needed",
    "Input should be greater than or equal to": "at least",
    "Input should be greater than": "more than",
}


def problems(wrong: ValidationError) -> str:
    """Return the invalid settings with the reasons, without their values: one may be a password."""
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {_in_plain_words(error['msg'])}" for error in wrong.errors())


def field_problems(values: Mapping[str, object]) -> dict[str, str]:
    """Return the errors of a camera's settings, by setting; empty when all are valid. See `problems`."""
    try:
        CameraSettings.model_validate(values)
    except ValidationError as exc:
        return {str(error["loc"][0]) if error["loc"] else "": _in_plain_words(error["msg"]) for error in exc.errors()}
    return {}


def _in_plain_words(said: str) -> str:
    for pydantics, ours in IN_PLAIN_WORDS.items():
        said = said.replace(pydantics, ours)
    return said
