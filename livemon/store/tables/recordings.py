"""The tables of recordings, events, calls and costs, as typed SQLAlchemy models. Every column has a comment.

Derived rows (analyses, hours, reports, jobs) live in jobs.py. Queries and writes do not belong here, nor do schema
changes: those are migrations.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from livemon.base.clock import require_utc
from livemon.base.datatypes import EventType, Severity
from livemon.base.messages.message import Told
from livemon.base.model_types import AnswerStatus
from livemon.store.tables.columns import (
    ChoiceColumn,
    CountColumn,
    IntegerColumn,
    JsonOf,
    NumberColumn,
    Processor,
    SaidColumn,
    TextColumn,
    or_else,
)

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware UTC time. SQLite drops offsets, so naive times are refused going in and restored coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; convert to UTC."""
        return None if value is None else require_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the offset back to databases that drop it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Replace an invalid time by `LONG_AGO`: over, expired, the oldest."""
        stored = self.impl_instance.result_processor(dialect, coltype)
        return or_else(stored, LONG_AGO, lambda value: self.process_result_value(value, dialect))


def dump_json(value: Any) -> str:
    """JSON for columns; NaN is refused, because one NaN breaks every later query in SQLite."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


class Base(DeclarativeBase):
    """All tables of livemon. A column reads whatever lies in it (columns.py)."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {int: IntegerColumn, float: NumberColumn}


class CameraRow(Base):
    """A configured camera."""

    __tablename__ = "cameras"

    id: Mapped[str] = mapped_column(TextColumn(64), primary_key=True, comment="the id in URLs and folders")
    name: Mapped[str] = mapped_column(TextColumn(200), comment="what people call it")
    source: Mapped[str] = mapped_column(TextColumn(), comment="where its picture comes from; never a credential")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="first seen in the settings")
    sealed_settings: Mapped[str | None] = mapped_column(
        TextColumn(), comment="encrypted settings of a camera that was added over the API; NULL: of livemon.toml"
    )
    sealed_changes: Mapped[str | None] = mapped_column(
        TextColumn(), comment="encrypted settings that differ from livemon.toml's, changed over the API; NULL: none"
    )


class ArchiveRow(Base):
    """The MP4 of a ten-minute window or a part of it. The row exists only once the file is complete and on the disk."""

    __tablename__ = "archives"
    __table_args__ = (
        UniqueConstraint("camera_id", "window_start_utc", "part", name="uq_archives_camera_window_part"),
        Index("ix_archives_end", "end_utc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="whose footage")
    window_start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="the window, on a ten-minute mark")
    part: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="0, 1 ...: another picture size or format begins another file"
    )
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="time of the first frame, PTS 0")
    end_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="first moment after the last frame")
    path: Mapped[str] = mapped_column(TextColumn(), comment="file, relative to data_dir")
    frames: Mapped[int] = mapped_column(comment="frames in the file; 3000 when the whole window ran at 5 fps")
    bytes: Mapped[int] = mapped_column(comment="file size")
    sha256: Mapped[str] = mapped_column(TextColumn(64), comment="content hash of the file")
    coverage_s: Mapped[float] = mapped_column(comment="seconds of the window that were recorded, 0 to 600")
    gaps: Mapped[list[dict[str, str]]] = mapped_column(JsonOf(list), comment="[{start_utc, end_utc}] without footage")
    pinned: Mapped[bool] = mapped_column(default=False, comment="kept from retention")
    lease_epoch: Mapped[int | None] = mapped_column(
        CountColumn(), comment="epoch of the camera lease it was written under; NULL: without one"
    )
    folder_id: Mapped[str] = mapped_column(
        TextColumn(32), default="", server_default="", comment="data folder with the file; empty: the only one"
    )


class VlmCallRow(Base):
    """One call of a model, never changed afterwards."""

    __tablename__ = "vlm_calls"
    __table_args__ = (
        Index("ix_vlm_calls_camera_time", "camera_id", "called_utc"),
        # Covers the sums of the ledger, which every paid call asks for.
        Index("ix_vlm_calls_cost", "called_utc", "camera_id", "cost_usd", "bound_usd"),
        Index("ix_vlm_calls_request", "request_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="whose frames")
    called_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the answer was recorded")
    purpose: Mapped[str] = mapped_column(TextColumn(32), comment="look: live frames; study: a window")
    reason: Mapped[str] = mapped_column(TextColumn(32), comment="of a look: interval, motion, heartbeat; else empty")
    model: Mapped[str] = mapped_column(TextColumn(100), comment="the model that answered")
    prompt_version: Mapped[str] = mapped_column(
        TextColumn(80), comment="content hash; empty for a model without prompts"
    )
    frames: Mapped[list[dict[str, str]]] = mapped_column(JsonOf(list), comment="[{utc, sha256}] in time order")
    request_sha256: Mapped[str] = mapped_column(
        TextColumn(64), comment="content hash of all that decides the answer; key of the answer cache"
    )
    parameters: Mapped[dict[str, Any]] = mapped_column(
        JsonOf(dict), comment="what the call was made with: media resolution, layout ..."
    )
    status: Mapped[str] = mapped_column(
        ChoiceColumn(AnswerStatus, AnswerStatus.FAILED), comment="only ok speaks of the scene; see AnswerStatus"
    )
    finish_reason: Mapped[str] = mapped_column(TextColumn(40), comment="the provider's word for why the reply ended")
    attempts: Mapped[int] = mapped_column(comment="how often it was sent")
    raw_text: Mapped[str] = mapped_column(TextColumn(), comment="the reply as it came")
    error: Mapped[Told] = mapped_column(SaidColumn(), comment="what went wrong; empty when ok")
    input_tokens: Mapped[int] = mapped_column(comment="as the provider counts")
    output_tokens: Mapped[int] = mapped_column(comment="as the provider counts")
    thought_tokens: Mapped[int] = mapped_column(comment="thoughts, which cost as much as output")
    cached_tokens: Mapped[int] = mapped_column(comment="the part of input_tokens that the provider had cached")
    input_by_modality: Mapped[dict[str, int]] = mapped_column(
        JsonOf(dict), comment="input tokens of text, image, video, audio"
    )
    latency_ms: Mapped[float] = mapped_column(comment="from asking to the answer")
    cost_usd: Mapped[float | None] = mapped_column(comment="0 for a free model; NULL is unknown, not 0")
    bound_usd: Mapped[float | None] = mapped_column(comment="the most it could cost; NULL when the price is not known")
    fallback_for: Mapped[int | None] = mapped_column(comment="the failed call that this one stands in for")


class VlmReservation(Base):
    """Money set aside for a call that is under way. One that stays behind counts as spent: it may have been."""

    __tablename__ = "vlm_reservations"
    __table_args__ = (Index("ix_vlm_reservations_time", "reserved_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="whose call")
    model: Mapped[str] = mapped_column(TextColumn(100), comment="the model that is asked")
    bound_usd: Mapped[float | None] = mapped_column(comment="the most it can cost; NULL when the price is not known")
    reserved_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the call began")


class LedgerLock(Base):
    """One row, which who reserves writes first: two processes never both take the last dollar."""

    __tablename__ = "ledger_lock"

    id: Mapped[int] = mapped_column(primary_key=True)
    turns: Mapped[int] = mapped_column(BigInteger, comment="reservations so far")


class BudgetState(Base):
    """Step of a camera's budget ladder."""

    __tablename__ = "budget_states"

    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), primary_key=True, comment="which camera")
    step: Mapped[int] = mapped_column(comment="0 normal to 4 local only; see livemon.vlm.budget_ladder.Step")
    reason: Mapped[str] = mapped_column(TextColumn(), comment="why, in a sentence")
    since_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it stepped there")


class PromptVersion(Base):
    """A prompt by its content hash, never changed afterwards."""

    __tablename__ = "prompt_versions"

    version: Mapped[str] = mapped_column(TextColumn(64), primary_key=True, comment="content hash")
    name: Mapped[str] = mapped_column(TextColumn(100), comment="what it was called when it was first kept")
    purpose: Mapped[str] = mapped_column(TextColumn(16), comment="look or study")
    language: Mapped[str] = mapped_column(TextColumn(8), comment="en or ko")
    content: Mapped[dict[str, Any]] = mapped_column(
        JsonOf(dict), comment="instructions, template, answer schema, options"
    )
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was first kept")


class Promotion(Base):
    """From when on a prompt is live for a camera. The newest row counts; older ones are the history."""

    __tablename__ = "promotions"
    __table_args__ = (Index("ix_promotions_camera", "camera_id", "purpose", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    purpose: Mapped[str] = mapped_column(TextColumn(16), comment="look or study")
    version: Mapped[str | None] = mapped_column(
        ForeignKey("prompt_versions.version"), comment="what is live; NULL: what the settings say"
    )
    from_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="from when on")
    by: Mapped[str] = mapped_column(TextColumn(100), comment="who did it")
    note: Mapped[str] = mapped_column(TextColumn(), comment="on which evidence")


def _there(name: str, column: str, *columns: str) -> Index:
    """Return an index of the events of which a column says something."""
    there = text(f"{column} IS NOT NULL")
    return Index(f"ix_realtime_events_{name}", *columns, sqlite_where=there, postgresql_where=there)


class RealtimeEvent(Base):
    """Something that was seen, once; repetitions within the cooldown are counted on it.

    Triggers count its rows (migration 0010): a migration that copies the table has to make them again.
    """

    __tablename__ = "realtime_events"
    __table_args__ = (
        Index("ix_realtime_events_camera_id", "camera_id", "id"),
        Index("ix_realtime_events_camera_start", "camera_id", "start_utc"),
        # Covers the counts of the review queue, which is read after each event.
        Index("ix_realtime_events_review", "camera_id", "reviewed_utc", "severity", "start_utc"),
        # Covers lists and counts of a severity.
        Index("ix_realtime_events_severity", "camera_id", "severity", "start_utc", "id", "last_seen_utc"),
        # Few events are reviewed.
        _there("reviewed", "reviewed_utc", "camera_id", "severity", "start_utc", "id"),
        _there("label", "label", "camera_id", "label", "severity", "start_utc", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it began, by frame time")
    last_seen_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was last seen, by frame time")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the row was made")
    kind: Mapped[str] = mapped_column(TextColumn(64), comment="machine word, part of the event's identity")
    event_type: Mapped[str] = mapped_column(
        ChoiceColumn(EventType, EventType.SAFETY), comment="safety, development, activity or system"
    )
    severity: Mapped[str] = mapped_column(
        ChoiceColumn(Severity, Severity.DANGER), comment="danger, warning, info or safe"
    )
    title: Mapped[str] = mapped_column(TextColumn(200), comment="a few words")
    description: Mapped[str] = mapped_column(TextColumn(), comment="what was seen, in plain words")
    said: Mapped[dict[str, Any] | None] = mapped_column(
        JsonOf(dict), comment="{title, description} as {code, values}, of what livemon says; NULL for a model's words"
    )
    location: Mapped[str] = mapped_column(TextColumn(200), comment="where in the picture; empty when not said")
    confidence: Mapped[float] = mapped_column(comment="the model's own, 0 to 1")
    box: Mapped[list[int] | None] = mapped_column(
        JsonOf(list), comment="[ymin, xmin, ymax, xmax] of 1000 in the best picture; NULL for all of it"
    )
    evidence_utcs: Mapped[list[str]] = mapped_column(JsonOf(list), comment="frame times, the best picture first")
    thumbnail: Mapped[str] = mapped_column(
        TextColumn(), default="", comment="JPEG under thumbnails/; empty when there is none"
    )
    model: Mapped[str] = mapped_column(TextColumn(100), comment="who says so")
    prompt_version: Mapped[str] = mapped_column(
        TextColumn(80), comment="content hash; empty for a model without prompts"
    )
    vlm_call_id: Mapped[int | None] = mapped_column(
        ForeignKey("vlm_calls.id"), comment="the call; NULL for system events"
    )
    suppressed: Mapped[int] = mapped_column(default=0, comment="repetitions folded into this row")
    repeats: Mapped[list[dict[str, Any]]] = mapped_column(
        JsonOf(list),
        default=list,
        server_default="[]",
        comment="[{start_utc, end_utc, severity, title, description}] of the latest grave ones folded into this row",
    )
    people: Mapped[int | None] = mapped_column(
        CountColumn(), comment="most people whom the detector found at its moment; NULL: unknown, which is not 0"
    )
    pets: Mapped[list[str] | None] = mapped_column(
        JsonOf(list), comment="kinds of pets that it found then: dog, cat; NULL: not looked for"
    )
    zones: Mapped[list[str] | None] = mapped_column(
        JsonOf(list), comment="zones with a person in them then, and the zone that the event is about; NULL: unknown"
    )
    reviewed_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when a person judged it last")
    reviewed_by: Mapped[str] = mapped_column(
        TextColumn(200), default="", server_default="", comment="who judged it last; empty: not known"
    )
    first_reviewed_utc: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when a person judged it first; NULL: not yet, or before this was kept"
    )
    first_reviewed_by: Mapped[str] = mapped_column(
        TextColumn(200), default="", server_default="", comment="who judged it first; empty: not known"
    )
    label: Mapped[str | None] = mapped_column(
        TextColumn(16), comment="a person's verdict: right, wrong, or missed by every look"
    )
    note: Mapped[str] = mapped_column(
        TextColumn(), default="", server_default="", comment="what a person wrote about it"
    )
    lease_epoch: Mapped[int | None] = mapped_column(
        CountColumn(), comment="epoch of the camera lease it was written under; NULL: without one"
    )
