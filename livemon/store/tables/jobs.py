"""The tables of derived data: analyses, hours, daily reports, and the jobs that make them.

As recordings.py: columns that say what they hold, and nothing else.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from livemon.base.messages.message import Told
from livemon.store.tables.columns import ChoiceColumn, JsonOf, SaidColumn, TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime
from livemon.store.tables.work_status import WorkStatus

NOTHING_MOVED = "rule: nothing moved"
"""Stands for the model of a window about which none was asked: the motion gate saw nothing move in all of it."""

NO_PEOPLE = "rule: no people seen"
"""Stands for the model, too: things moved, and the detector saw no person or pet (`studies_need_people`)."""

RULES = (NOTHING_MOVED, NO_PEOPLE)


class Leased:
    """Columns of a piece of work that any number of processes may try to do, and one does at a time (store/work.py)."""

    status: Mapped[str] = mapped_column(
        ChoiceColumn(WorkStatus, WorkStatus.FAILED), comment="pending, processing, completed or failed"
    )
    attempts: Mapped[int] = mapped_column(default=0, comment="how often it was tried since it was asked for")
    lease_owner: Mapped[str | None] = mapped_column(TextColumn(100), comment="process that works on it")
    lease_until_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when the lease runs out")
    next_try_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="not tried before; NULL is at once")
    started_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was tried last")
    finished_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was completed or given up")
    error: Mapped[Told] = mapped_column(
        SaidColumn(), default="", comment="why it failed or waits; empty when all is well"
    )


class SegmentAnalysis(Leased, Base):
    """The detailed analysis of one window. It stays unchanged while another one is being made."""

    __tablename__ = "segment_analyses"
    __table_args__ = (
        UniqueConstraint("camera_id", "window_start_utc", name="uq_segment_analyses_camera_window"),
        Index("ix_segment_analyses_status", "status", "window_start_utc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    window_start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="the window, on a ten-minute mark")
    safety_score: Mapped[float | None] = mapped_column(comment="0 to 100; NULL is unknown, not safe")
    incident_count: Mapped[int | None] = mapped_column(comment="incidents found; NULL is unknown")
    summary: Mapped[str] = mapped_column(TextColumn(), default="", comment="what went on, in some sentences")
    analysis_result: Mapped[dict[str, Any] | None] = mapped_column(
        JsonOf(dict), comment="the validated answer: incidents, development, activities; NULL when none"
    )
    coverage_s: Mapped[float | None] = mapped_column(comment="seconds of footage that were analysed")
    model: Mapped[str] = mapped_column(TextColumn(100), default="", comment="who says so")
    prompt_version: Mapped[str] = mapped_column(
        TextColumn(80), default="", comment="content hash; empty for a model without prompts"
    )
    vlm_call_id: Mapped[int | None] = mapped_column(ForeignKey("vlm_calls.id"), comment="the call that answered")
    cost_usd: Mapped[float | None] = mapped_column(comment="of that call; NULL is unknown, not 0")


class HourlyAnalysis(Base):
    """An hour, aggregated from its six windows and its events. Made again when a late window lands."""

    __tablename__ = "hourly_analyses"
    __table_args__ = (UniqueConstraint("camera_id", "hour_start_utc", name="uq_hourly_analyses_camera_hour"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    hour_start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="full hour, UTC")
    windows_recorded: Mapped[int] = mapped_column(comment="0 to 6 with any footage")
    windows_completed: Mapped[int] = mapped_column(comment="0 to 6 analysed; below 6 the hour is partial")
    windows_failed: Mapped[int] = mapped_column(comment="0 to 6 given up")
    windows_judged: Mapped[int] = mapped_column(comment="0 to 6 with a safety score")
    average_safety_score: Mapped[float | None] = mapped_column(
        comment="over judged windows; NULL is unknown, as when fewer than half of the analysed ones were judged"
    )
    lowest_safety_score: Mapped[float | None] = mapped_column(comment="of the judged windows; NULL is unknown")
    incident_count: Mapped[int | None] = mapped_column(comment="over completed windows; NULL is unknown")
    event_count: Mapped[int] = mapped_column(comment="realtime events that began in the hour, system ones left out")
    coverage_s: Mapped[float] = mapped_column(comment="seconds recorded")
    analysed_s: Mapped[float] = mapped_column(comment="seconds of footage in analysed windows")
    cost_usd: Mapped[float | None] = mapped_column(comment="of the calls made in the hour; NULL is unknown")
    summary: Mapped[dict[str, Any]] = mapped_column(
        JsonOf(dict), comment="{events: {type: {severity: count}}, windows: [summaries in order]}"
    )
    computed_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was aggregated last")


class DailyReport(Base):
    """The report of a local day. The row is written once its files are in place, and replaced with them."""

    __tablename__ = "daily_reports"
    __table_args__ = (
        UniqueConstraint("camera_id", "report_date", "timezone", "language", name="uq_daily_reports_camera_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    report_date: Mapped[date] = mapped_column(comment="the local date")
    timezone: Mapped[str] = mapped_column(TextColumn(64), comment="IANA zone that makes the day 23, 24 or 25 hours")
    language: Mapped[str] = mapped_column(TextColumn(8), comment="en or ko")
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="local midnight")
    end_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="the next local midnight")
    summary: Mapped[str] = mapped_column(TextColumn(), comment="the day in one paragraph")
    average_safety_score: Mapped[float | None] = mapped_column(comment="as of an hour; NULL is unknown")
    lowest_safety_score: Mapped[float | None] = mapped_column(comment="NULL is unknown")
    incident_count: Mapped[int | None] = mapped_column(comment="NULL is unknown")
    event_count: Mapped[int] = mapped_column(comment="realtime events of the day, system ones left out")
    hourly_summary: Mapped[list[dict[str, Any]]] = mapped_column(JsonOf(list), comment="one entry an hour, 23 to 25")
    timeline: Mapped[list[dict[str, Any]]] = mapped_column(JsonOf(list), comment="the day's events in order")
    coverage: Mapped[dict[str, Any]] = mapped_column(JsonOf(dict), comment="windows by state, and the gaps")
    coverage_s: Mapped[float] = mapped_column(comment="seconds recorded")
    analysed_s: Mapped[float] = mapped_column(comment="seconds of footage in analysed windows")
    windows_waiting: Mapped[int] = mapped_column(comment="windows not analysed yet; above 0 it is made once more")
    cost_usd: Mapped[float] = mapped_column(comment="what the day's calls cost, where it is known")
    calls_of_unknown_cost: Mapped[int] = mapped_column(comment="calls of which it is not")
    report_path: Mapped[str] = mapped_column(TextColumn(), comment="HTML file, relative to data_dir")
    pdf_path: Mapped[str] = mapped_column(
        TextColumn(), comment="PDF file, relative to data_dir; empty when there is none"
    )
    notebook_path: Mapped[str] = mapped_column(TextColumn(), comment="the notebook as it ran, relative to data_dir")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the report was made")


class JobRun(Leased, Base):
    """One run of a periodic job: periods are scheduled, not times. Any number of processes may try, one does it."""

    __tablename__ = "job_runs"
    __table_args__ = (
        UniqueConstraint("job", "scope", "period_start_utc", name="uq_job_runs_period"),
        Index("ix_job_runs_status", "status", "job", "period_start_utc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(TextColumn(32), comment="hourly_analysis or daily_report")
    scope: Mapped[str] = mapped_column(TextColumn(100), comment="the camera")
    period_start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="what it is about: from")
    period_end_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="what it is about: to; it is due after that")
