"""Response models of the API: the source of the OpenAPI document, and the check of every answer.

Models of analyses, hours, days and reports live in derived_answers.py, rows of tables in rows.py.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from livemon.base.datatypes import EventType, Severity
from livemon.base.model_types import AnswerStatus
from livemon.base.stream_types import StreamMode, StreamState
from livemon.store import queries
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.web.api.operation import NextCursor, OpenResponseModel, ResponseModel
from livemon.web.api.rows import Rows, Url, Utc, row_model


class Problem(ResponseModel):
    """An error, and its remedy (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
    hint: str = ""
    code: str = Field("", description="Which error it is, in any language: docs/messages.md.")


class Media(ResponseModel):
    """Format of a source."""

    codec: str
    width: int
    height: int
    frames: int
    duration_s: float
    fps: float
    pixel_format: str
    b_frames: int
    rotated: bool
    audio_codec: str
    container: str
    timed: bool
    picture_index: int
    sound_index: int | None
    transfer: str
    interlaced: bool


class Status(ResponseModel):
    """State of a camera, its reason, and its start."""

    camera_id: str
    name: str
    state: StreamState
    reason: str
    since_utc: Utc
    mode: StreamMode | None
    mode_reason: str
    media: Media | None
    restarts: int
    last_segment_end_utc: Utc | None
    counters: dict[str, int]
    looks: bool = Field(description="Whether the model looks at live pictures.")
    playlist_url: Url


class Cameras(ResponseModel):
    """The status of every camera that the caller may see."""

    cameras: list[Status]
    problems: list[str] = Field(description="Cameras that are kept and cannot be used, a sentence each.")


Event = row_model(
    "Event",
    EVENT_COLUMNS,
    ("thumbnail",),
    severity=Severity,
    event_type=EventType,
    label=str | None,
    said=dict[str, Any] | None,
    box=list[int] | None,
    repeats=Rows,
    people=int | None,
    pets=list[str] | None,
    zones=list[str] | None,
    thumbnail_url=Url | None,
    clip_url=Url,
)


class Events(ResponseModel):
    """Events, newest first."""

    events: list[Event]  # type: ignore[valid-type]
    next_cursor: NextCursor
    notes: list[str] = Field(description="What to know of a search by words: what is not in the index yet, for one.")


class LatestEvent(ResponseModel):
    """The newest event; null when there is none, which says nothing about what was not looked at."""

    event: Event | None  # type: ignore[valid-type]


class Stats(ResponseModel):
    """The last 24 hours in numbers."""

    events: dict[Severity, int]
    looks: dict[AnswerStatus, int]
    cost_usd: float
    calls_of_unknown_cost: int
    archives: int
    recorded_s: float


Archive = row_model("Archive", queries.ARCHIVE_COLUMNS, ("path",), gaps=Rows, url=Url)


class Archives(ResponseModel):
    """Ten-minute archives, newest first."""

    archives: list[Archive]  # type: ignore[valid-type]
    next_cursor: NextCursor


Spent = row_model("Spent", queries.COST_COLUMNS)


class PromptName(ResponseModel):
    """A prompt by name and content hash."""

    name: str
    version: str


class Step(ResponseModel):
    """Step of a camera's budget ladder."""

    number: int
    words: str
    reason: str


class Costs(ResponseModel):
    """Costs of a camera's model; null is unknown."""

    camera_id: str
    look_prompt: PromptName
    spent_today: list[Spent]  # type: ignore[valid-type]
    step: Step
    budget: Rows
    forecast: Rows


Call = row_model("Call", queries.CALL_COLUMNS, status=AnswerStatus)


class Calls(ResponseModel):
    """Calls of models, newest first."""

    calls: list[Call]  # type: ignore[valid-type]
    next_cursor: NextCursor


class WholeCall(OpenResponseModel):
    """Everything that is kept of one call."""

    id: int
    camera_id: str
    called_utc: Utc
    status: AnswerStatus
    raw_text: str
    frames: Rows
    cost_usd: float | None
