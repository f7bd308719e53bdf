"""What a model must answer, as pydantic models, and a reply's text to such an answer, strictly.

The order of fields is the order in which the model writes: evidence first, the verdict last, and every field is
required, because optional ones are written last or not at all. What an answer means for livemon stands in
reading.py; asking does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livemon.calls import AnswerStatus

Severity = Literal["danger", "warning", "info", "safe"]
View = Literal["clear", "partly_hidden", "too_dark", "covered", "nothing_to_judge"]
SafetyKind = Literal[
    "fall",
    "climbing",
    "choking",
    "face_covered",
    "hot_or_sharp",
    "fire",
    "water",
    "trapped",
    "left_the_area",
    "stranger",
    "rough_play",
    "crying",
    "other_risk",
]
ActivityKind = Literal["person_came", "person_left", "play", "eating", "sleeping", "care", "other_activity"]
Area = Literal["gross_motor", "fine_motor", "cognition", "language", "social_emotional"]
Kind = Literal[SafetyKind, Area, ActivityKind]
Mark = Annotated[int, Field(ge=0, le=1000)]
Box = Annotated[list[Mark], Field(max_length=4)]
Offset = Annotated[str, Field(pattern=r"^\d{1,3}:[0-5]\d$", description="MM:SS from the beginning")]

FENCE = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*)\n[ \t]*```\s*\Z", re.DOTALL)


class _Answer(BaseModel):
    # A field too many is dropped; one that is missing or of another type makes the reply unparsable.
    model_config = ConfigDict(strict=True, frozen=True)


class SeenEvent(_Answer):
    """One thing that happened in the frames of a look."""

    evidence: str = Field(description="what is visible that shows it")
    frames: list[int] = Field(max_length=100, description="numbers of the pictures, the clearest first")
    box_2d: Box = Field(description="ymin, xmin, ymax, xmax in the clearest picture, 0-1000; [] for all of it")
    location: str
    kind: Kind
    title: str = Field(description="a few words")
    confidence: float = Field(ge=0, le=1, description="0 to 1")
    severity: Severity


class LookAnswer(_Answer):
    """The answer to a look."""

    view: View
    scene: str = Field(description="one sentence: who and what is there, at the end")
    events: list[SeenEvent] = Field(max_length=25)


class Activity(_Answer):
    """What went on for a while."""

    start: Offset
    end: Offset
    what: str


class Observed(_Answer):
    """A skill that the child showed."""

    at: Offset
    evidence: str
    area: Area
    title: str = Field(description="a few words")
    level: Literal["emerging", "practising", "secure"]


class Incident(_Answer):
    """Something that endangered the child."""

    start: Offset
    end: Offset
    evidence: str = Field(description="what is visible that shows it")
    box_2d: Box = Field(description="ymin, xmin, ymax, xmax at its start, 0-1000; [] for all of it")
    kind: SafetyKind
    title: str = Field(description="a few words")
    confidence: float = Field(ge=0, le=1, description="0 to 1")
    severity: Severity


class StudyAnswer(_Answer):
    """The answer to a study of a window."""

    view: View
    activities: list[Activity] = Field(max_length=60)
    development: list[Observed] = Field(max_length=40)
    incidents: list[Incident] = Field(max_length=40)
    summary: str


SCHEMAS: Mapping[str, type[LookAnswer] | type[StudyAnswer]] = {"look": LookAnswer, "study": StudyAnswer}


class BadReply(Exception):
    """A reply that is no valid answer; its text says why. It never leaves vlm, where it becomes an Answer."""

    def __init__(self, status: AnswerStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def parse(text: str, schema: type[BaseModel]) -> BaseModel:
    """Return the answer in a reply.

    A single code fence around the whole is taken off, because small open models cannot help it; nothing else is
    guessed at.

    Raises
    ------
    BadReply
        When the text is empty, is not one JSON value, or does not fit the schema.
    """
    if not text.strip():
        raise BadReply(AnswerStatus.EMPTY, "the reply has no text")
    fenced = FENCE.match(text)
    try:
        return schema.model_validate_json(fenced.group(1) if fenced else text)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        more = f" and {exc.error_count() - 1} more" if exc.error_count() > 1 else ""
        said = f"{where}: {first['msg']}" if where else first["msg"]
        raise BadReply(AnswerStatus.UNPARSABLE, f"the reply does not fit the answer schema: {said}{more}") from exc
