"""What the API answers, as models: they make the OpenAPI document, and every answer is held against them.

Rows of tables take their fields from the columns that the readers in store/ and reports/ declare. How values become
JSON stands in values.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, create_model

from livemon.api.operation import NextCursor, Told, Whole
from livemon.calls import AnswerStatus
from livemon.datatypes import EventType, Severity
from livemon.reports import incidents, windows
from livemon.store import analyses, hours, queries, reports
from livemon.store.work import WorkStatus
from livemon.streaming import StreamMode, StreamState

Utc = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339, UTC.")]
Date = Annotated[str, Field(json_schema_extra={"format": "date"})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Rows = list[dict[str, Any]]

TYPES: Mapping[str, Any] = {
    "str": str,
    "int64": int,
    "Int64": int | None,
    "float64": float | None,
    "object": Any,
    windows.TIME: Utc | None,
}


def row_model(name: str, columns: Mapping[str, str], without: tuple[str, ...] = (), /, **more: Any) -> type[Told]:
    """Return the model of a table's rows; a number or time that is not known is null.

    Parameters
    ----------
    columns
        As readers declare them: pandas' type by name.
    without
        Columns that the API does not tell.
    more
        Fields besides: type by name, also in the place of a column's.
    """
    fields = {column: TYPES[kind] for column, kind in columns.items() if column not in without} | more
    return create_model(name, __base__=Told, **{field: (kind, ...) for field, kind in fields.items()})  # type: ignore[call-overload,no-any-return]


class Problem(Told):
    """What was wrong, and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
    hint: str = ""


class Media(Told):
    """What a source sends."""

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


class Status(Told):
    """What a camera is doing, why, and since when."""

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
    playlist_url: Url


class Cameras(Told):
    """The status of every camera that the caller may see."""

    cameras: list[Status]


Event = row_model(
    "Event",
    queries.EVENT_COLUMNS,
    ("thumbnail",),
    severity=Severity,
    event_type=EventType,
    label=str | None,
    thumbnail_url=Url | None,
    clip_url=Url,
)


class Events(Told):
    """Events, newest first."""

    events: list[Event]  # type: ignore[valid-type]
    next_cursor: NextCursor


class LatestEvent(Told):
    """The newest event; null when there is none, which says nothing about what was not looked at."""

    event: Event | None  # type: ignore[valid-type]


class Stats(Told):
    """The last 24 hours in numbers."""

    events: dict[Severity, int]
    looks: dict[AnswerStatus, int]
    cost_usd: float
    calls_of_unknown_cost: int
    archives: int
    recorded_s: float


Archive = row_model("Archive", queries.ARCHIVE_COLUMNS, ("path",), gaps=Rows, url=Url)


class Archives(Told):
    """Ten-minute archives, newest first."""

    archives: list[Archive]  # type: ignore[valid-type]
    next_cursor: NextCursor


Spent = row_model("Spent", queries.COST_COLUMNS)


class Prompt(Told):
    """A prompt by name and content hash."""

    name: str
    version: str


class Step(Told):
    """How far a camera has stepped down for money."""

    number: int
    words: str
    reason: str


class Costs(Told):
    """What a camera's model costs; null is unknown."""

    camera_id: str
    look_prompt: Prompt
    spent_today: list[Spent]  # type: ignore[valid-type]
    step: Step
    budget: Rows
    forecast: Rows


Call = row_model("Call", queries.CALL_COLUMNS, status=AnswerStatus)


class Calls(Told):
    """Calls of models, newest first."""

    calls: list[Call]  # type: ignore[valid-type]
    next_cursor: NextCursor


class WholeCall(Whole):
    """Everything that is kept of one call."""

    id: int
    camera_id: str
    called_utc: Utc
    status: AnswerStatus
    raw_text: str
    frames: Rows
    cost_usd: float | None


SegmentAnalysis = row_model(
    "SegmentAnalysis",
    analyses.ANALYSIS_COLUMNS,
    ("analysis_result",),
    status=WorkStatus,
    window_end_utc=Utc,
    incidents=Rows,
    development=Rows,
    activities=Rows,
    video_urls=list[Url],
)


class WholeSegmentAnalysis(SegmentAnalysis, Whole):  # type: ignore[valid-type,misc]
    """One window's analysis, with everything that is kept of it."""


class SegmentAnalyses(Told):
    """Analyses of ten-minute windows, newest first."""

    segment_analyses: list[SegmentAnalysis]  # type: ignore[valid-type]
    next_cursor: NextCursor


class Retried(Told):
    """A window that is analysed soon."""

    camera_id: str
    window_start_utc: Utc
    status: WorkStatus


Hour = row_model("Hour", hours.HOUR_COLUMNS)


class Hours(Told):
    """Hours, UTC, newest first."""

    hourly_analyses: list[Hour]  # type: ignore[valid-type]
    next_cursor: NextCursor


File = row_model(
    "File",
    queries.ARCHIVE_COLUMNS,
    ("path", "sha256"),
    name=str,
    url=Url,
    gaps=Rows,
    status=WorkStatus | None,
    safety_score=float | None,
    incident_count=int | None,
)


class Files(Told):
    """Ten-minute files, newest first."""

    files: list[File]  # type: ignore[valid-type]


class FilesOfHour(Told):
    """The files of an hour, and what is known of it."""

    hour_start_utc: Utc
    hour_end_utc: Utc
    bytes: int
    coverage_s: float
    analysis: Hour | None  # type: ignore[valid-type]
    files: list[File]  # type: ignore[valid-type]


class HourlyFiles(Told):
    """Ten-minute files by the hour, newest first."""

    hours: list[FilesOfHour]


class Making(Told):
    """How far a report is that is being made."""

    being_made: bool
    progress: float | None
    doing: str
    error: str


class ReportAsked(Making):
    """A report that was asked for."""

    camera_id: str
    report_date: Date


REPORT_FILES = {"report_path": "html_url", "pdf_path": "pdf_url", "notebook_path": "notebook_url"}

Report = row_model(
    "Report",
    reports.REPORT_COLUMNS,
    tuple(REPORT_FILES),
    report_date=Date,
    clip_urls=list[Url],
    **dict.fromkeys(REPORT_FILES.values(), Url | None),
)


class Reports(Told):
    """Reports, the newest day first."""

    reports: list[Report]  # type: ignore[valid-type]
    next_cursor: NextCursor


class WholeReport(Making, Whole):
    """A day's report with everything that is kept of it, and whether one is being made."""


class DayTold(Told):
    """A local day as its page shows it."""

    camera_id: str
    camera_name: str
    date: Date
    timezone: str
    start_utc: Utc
    end_utc: Utc
    now: Utc
    is_over: bool
    length_s: float
    recorded_s: float
    analysed_s: float
    nothing_recorded: bool
    average_safety_score: float | None
    lowest_safety_score: float | None
    incident_count: int | None
    event_count: int
    looks_ok: int
    looks_failed: int
    cost_usd: float
    calls_of_unknown_cost: int
    windows_by_state: dict[windows.WindowState, int]
    windows: list[row_model("DayWindow", windows.WINDOW_COLUMNS)]  # type: ignore[valid-type]
    hours: list[row_model("DayHour", windows.HOUR_COLUMNS)]  # type: ignore[valid-type]
    gaps: list[row_model("DayGap", windows.GAP_COLUMNS)]  # type: ignore[valid-type]
    incidents: list[row_model("DayIncident", incidents.INCIDENT_COLUMNS)]  # type: ignore[valid-type]
    development: list[row_model("DayDevelopment", incidents.DEVELOPMENT_COLUMNS)]  # type: ignore[valid-type]
    activities: list[row_model("DayActivity", incidents.ACTIVITY_COLUMNS)]  # type: ignore[valid-type]
    costs: list[Spent]  # type: ignore[valid-type]
