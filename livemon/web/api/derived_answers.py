"""Response models of derived data: analyses, hours, reports, days. As answers.py."""

from __future__ import annotations

from livemon.reports.facts import gap_reasons, incidents, windows
from livemon.store import analyses, hours, queries, reports
from livemon.store.tables.work_status import WorkStatus
from livemon.web.api.answers import Spent
from livemon.web.api.operation import NextCursor, OpenResponseModel, ResponseModel
from livemon.web.api.rows import Date, Rows, Url, Utc, row_model

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


class WholeSegmentAnalysis(SegmentAnalysis, OpenResponseModel):  # type: ignore[valid-type,misc]
    """One window's analysis, with everything that is kept of it."""


class SegmentAnalyses(ResponseModel):
    """Analyses of ten-minute windows, newest first."""

    segment_analyses: list[SegmentAnalysis]  # type: ignore[valid-type]
    next_cursor: NextCursor


class Retried(ResponseModel):
    """A window that is analysed soon."""

    camera_id: str
    window_start_utc: Utc
    status: WorkStatus


Hour = row_model("Hour", hours.HOUR_COLUMNS)


class Hours(ResponseModel):
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


class Files(ResponseModel):
    """Ten-minute files, newest first."""

    files: list[File]  # type: ignore[valid-type]


class FilesOfHour(ResponseModel):
    """The files of an hour, and its facts."""

    hour_start_utc: Utc
    hour_end_utc: Utc
    bytes: int
    coverage_s: float
    analysis: Hour | None  # type: ignore[valid-type]
    files: list[File]  # type: ignore[valid-type]


class HourlyFiles(ResponseModel):
    """Ten-minute files by the hour, newest first."""

    hours: list[FilesOfHour]


class Making(ResponseModel):
    """Progress of a report that is being made."""

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


class Reports(ResponseModel):
    """Reports, the newest day first."""

    reports: list[Report]  # type: ignore[valid-type]
    next_cursor: NextCursor


class WholeReport(Making, OpenResponseModel):
    """A day's report with everything that is kept of it, and whether one is being made."""


class DayTold(ResponseModel):
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
    gaps: list[row_model("DayGap", gap_reasons.REASONED_COLUMNS)]  # type: ignore[valid-type]
    incidents: list[row_model("DayIncident", incidents.INCIDENT_COLUMNS)]  # type: ignore[valid-type]
    development: list[row_model("DayDevelopment", incidents.DEVELOPMENT_COLUMNS)]  # type: ignore[valid-type]
    activities: list[row_model("DayActivity", incidents.ACTIVITY_COLUMNS)]  # type: ignore[valid-type]
    costs: list[Spent]  # type: ignore[valid-type]
