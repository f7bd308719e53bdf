"""A question and a prompt to the request that goes out: texts, images, options, and how many tokens that will be.

The same for every provider. Requests are sent in hosted/gemini.py and hosted/openai_compat.py, replies are interpreted
in interpret.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel

from livemon.base.model_types import Look, Question, Study
from livemon.base.settings.models import ServiceTier
from livemon.vlm.catalog import ModelEntry, TokenRules
from livemon.vlm.crop_sheet import PIXELS_PER_TOKEN
from livemon.vlm.options import MOST_ON_A_SHEET, Layout, MediaResolution, ModelOptions, StudyInput
from livemon.vlm.pictures import LaidOut, Picture, lay_out
from livemon.vlm.prompt import Prompt
from livemon.vlm.schema import json_schema
from livemon.vlm.text import (
    ANSWER_IN,
    SCHEMA_FOLLOWS,
    WORDS,
    age_text,
    clock_time,
    local_time,
    offset,
    one_line,
    stage_text,
    zones_text,
)
from livemon.vlm.tokens import image_tokens, text_tokens, video_tokens

TOKENS_OF_A_LABEL = 8
BOUND_MARGIN = 1.25
"""Rules for tokens are rounded maxima by the documentation; timestamps and separators are counted too."""


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that goes to a model, once.

    Attributes
    ----------
    model
        The provider's name for it.
    instructions, text
        The system instruction, and the text beside the pictures.
    pictures, resolution
        The images, and what each is worth.
    of_frames
        Number of frames of the question when not all of them are shown; else 0.
    crops
        Number of crops on the sheets.
    video, video_s, video_sound
        The MP4 to study instead of pictures, how much of it is asked about in seconds, and whether it has sound.
    tier
        In which of the provider's queues it stands; the answer does not depend on it.
    """

    model: str
    instructions: str
    text: str
    pictures: tuple[Picture, ...]
    resolution: MediaResolution
    options: ModelOptions
    schema: type[BaseModel]
    of_frames: int = 0
    crops: int = 0
    video: Path | None = None
    video_s: float = 0.0
    video_sound: bool = False
    tier: ServiceTier = ServiceTier.STANDARD

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters of the call, for its record."""
        asked = self.options.model_dump(mode="json", exclude_defaults=True, exclude={"model"})
        sent = "video" if self.video else f"{len(self.pictures)} image(s)"
        fewer = {"of_frames": self.of_frames} if self.of_frames else {}
        crops = {"crops_sent": self.crops} if self.crops else {}
        tier = {"tier": self.tier.value} if self.tier is not ServiceTier.STANDARD else {}
        return {**asked, "media_resolution": self.resolution.value, "sent": sent, **fewer, **crops, **tier}

    @property
    def media_bytes(self) -> int:
        """Size of the pictures as base64; a video does not count, because it is sent as a file."""
        return sum(len(picture.jpeg) for picture in self.pictures) * 4 // 3

    @property
    def sha256(self) -> str:
        """Content hash of all that decides the answer; the key of the answer cache."""
        digest = hashlib.sha256()
        told = [self.model, self.instructions, self.text, self.options.model_dump_json(), self.resolution.value]
        digest.update(json.dumps([*told, json_schema(self.schema)], sort_keys=True).encode())
        for picture in self.pictures:
            digest.update(picture.label.encode() + b"\0" + hashlib.sha256(picture.jpeg).digest())
        if self.video is not None:
            with self.video.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def input_tokens(self, entry: ModelEntry) -> int:
        """Return about how many tokens go in, by the documented rules."""
        words = (
            text_tokens(self.instructions) + text_tokens(self.text) + text_tokens(json.dumps(json_schema(self.schema)))
        )
        seen = len(self.pictures) * image_tokens(entry, self.resolution)
        labels = TOKENS_OF_A_LABEL * sum(bool(picture.label) for picture in self.pictures)
        if self.video is None:
            return words + seen + labels
        return words + video_tokens(
            entry, self.video_s, self.options.video_fps, self.resolution, sound=self.video_sound
        )

    def most_tokens(self, entry: ModelEntry) -> tuple[int, int]:
        """Return the most tokens in and out that the call can be; what it is never expected to pass."""
        return round(self.input_tokens(entry) * BOUND_MARGIN), self.options.max_output_tokens


def make_request(
    question: Question,
    prompt: Prompt,
    options: ModelOptions,
    model: str,
    *,
    every: int = 1,
    tells_schema: bool = False,
    rules: TokenRules | None = None,
) -> Request:
    """Return what goes out for a question under a prompt.

    Parameters
    ----------
    options
        The prompt's, or what the budget left of them.
    model
        The provider's name of the model.
    every
        Show every so-manieth frame, the last among them; each keeps its number.
    tells_schema
        Say the answer's schema in words too, for servers that may ignore it elsewhere.
    rules
        How the model counts pictures; without them crops are not shown, because they might cost more.
    """
    video = isinstance(question, Study) and options.study_input is StudyInput.VIDEO and question.video is not None
    shown = sorted(range(len(question.frames) - 1, -1, -every))
    tiles = len(shown) + (question.scene.nominal is not None)
    resolution = options.resolution_for(1 if video else min(tiles, MOST_ON_A_SHEET))
    laid_out = LaidOut((), 0) if video else _laid_out(question, options, shown, resolution, rules)
    text = _text(question, prompt, options, laid_out, count=0 if video else len(shown), video=video)
    if tells_schema:
        text += f"\n{SCHEMA_FOLLOWS[prompt.language]}\n{json.dumps(json_schema(prompt.schema_class))}"
    request = Request(
        model=model,
        instructions=prompt.instructions,
        text=text,
        pictures=laid_out.pictures,
        crops=laid_out.crops,
        resolution=resolution,
        options=options,
        schema=prompt.schema_class,
        of_frames=0 if video or every == 1 else len(question.frames),
    )
    if not video:
        return request
    assert isinstance(question, Study) and question.video is not None
    end_s = min(question.duration_s, options.clip_end_s or question.duration_s)
    return replace(
        request,
        video=question.video,
        video_s=max(0.0, end_s - options.clip_start_s),
        video_sound=question.video_sound,
    )


def _laid_out(
    question: Question,
    options: ModelOptions,
    shown: Sequence[int],
    resolution: MediaResolution,
    rules: TokenRules | None,
) -> LaidOut:
    """Draw the frames of these places, and their crops where they cost nothing."""
    if not question.frames:
        return LaidOut((), 0)
    times = _times(question)
    labels = [f"{number + 1} {times[number]}" for number in shown]
    images = [question.frames[number].image for number in shown]
    if rules is None or not options.crops:
        return lay_out(images, labels, options.layout, question.scene.nominal)
    places = {number: place for place, number in enumerate(shown)}
    crops = [replace(crop, frame=places[crop.frame]) for crop in question.crops if crop.frame in places]
    most_pixels = PIXELS_PER_TOKEN * rules.image_tokens[resolution.value]
    return lay_out(images, labels, options.layout, question.scene.nominal, crops, most_pixels)


def _times(question: Question) -> list[str]:
    """When each frame was, as the model is told: the time of day of a look, the offset of a study."""
    if isinstance(question, Look):
        return [clock_time(frame.utc, question.scene.zone) for frame in question.frames]
    return [offset((frame.utc - question.start_utc).total_seconds()) for frame in question.frames]


def _text(
    question: Question, prompt: Prompt, options: ModelOptions, laid_out: LaidOut, *, count: int, video: bool
) -> str:
    """Fill the template; a line whose placeholders are all empty is left out."""
    values = _values(question, prompt, options, laid_out, count=count, video=video)
    lines = []
    for line in prompt.template.splitlines():
        template = Template(line)
        names = template.get_identifiers()
        if not names or any(values[name] for name in names):
            lines.append(template.substitute(values))
    language = question.scene.language
    if language != prompt.language:
        lines.append(ANSWER_IN[prompt.language][language])
    return "\n".join(lines)


def _values(
    question: Question, prompt: Prompt, options: ModelOptions, laid_out: LaidOut, *, count: int, video: bool
) -> Mapping[str, str]:
    scene, language = question.scene, prompt.language
    look = isinstance(question, Look)
    moment = question.start_utc if isinstance(question, Study) else None
    if look and question.frames:
        moment = question.frames[-1].utc
    seen = ""
    if scene.last_seen:
        when = f"{clock_time(scene.last_seen_utc, scene.zone)}: " if scene.last_seen_utc else ""
        seen = when + one_line(scene.last_seen)
    return {
        "camera": one_line(scene.camera, 60),
        "place": one_line(scene.place, 100),
        "local_time": local_time(moment, scene.zone) if moment else "",
        "duration": offset(question.duration_s) if isinstance(question, Study) else "",
        "age": age_text(scene.age_months, language),
        "stage": stage_text(scene.age_months, language),
        "zones": zones_text(scene.zones),
        "last_seen": seen,
        "pictures": _about_pictures(question, options, language, laid_out, count=count, video=video),
    }


def _about_pictures(
    question: Question, options: ModelOptions, language: str, laid_out: LaidOut, *, count: int, video: bool
) -> str:
    words = WORDS[language]
    if video and isinstance(question, Study):
        return words["video"].format(duration=offset(question.duration_s))
    if not count:
        return ""
    kind = "sheet" if options.layout is Layout.SHEET else "parts"
    said = [words[kind].format(columns=laid_out.columns, count=count)]
    if laid_out.crops:
        said.append(words["crops"])
    if question.scene.nominal is not None:
        said.append(words["normal"])
    return " ".join(said)
