"""The tables of the lab: labels of footage, frozen datasets, experiments and their results, shadows.

As recordings.py: columns that say what they hold, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from livemon.base.messages.message import Told
from livemon.store.tables.columns import JsonOf, SaidColumn, TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime


class LabelRow(Base):
    """One person's label of a stretch of footage. Never changed: who thinks again says so in a newer row."""

    __tablename__ = "labels"
    __table_args__ = (Index("ix_labels_footage", "camera_id", "start_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(TextColumn(64), comment="a camera's id, or a clip's: clip-...")
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="from when")
    end_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="to when")
    labeller: Mapped[str] = mapped_column(TextColumn(100), comment="who says so")
    verdict: Mapped[str] = mapped_column(
        TextColumn(16), comment="watched: all of it was seen; right, wrong: of what was said; missed; unsure; withdrawn"
    )
    kind: Mapped[str] = mapped_column(
        TextColumn(64), comment="what happened, as a machine word; empty when nothing did"
    )
    severity: Mapped[str] = mapped_column(
        TextColumn(16), comment="danger, warning, info or safe; empty when nothing did"
    )
    about: Mapped[str] = mapped_column(
        TextColumn(64),
        comment="what it judges, event-<id>, result-<id>-<n>, call-<id>-<n>; label-<id> that it withdraws",
    )
    note: Mapped[str] = mapped_column(TextColumn(), comment="in their own words")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when they said so")


class DatasetRow(Base):
    """Footage with its known events, frozen: its version is the hash of its content."""

    __tablename__ = "datasets"

    version: Mapped[str] = mapped_column(TextColumn(64), primary_key=True, comment="content hash")
    name: Mapped[str] = mapped_column(TextColumn(100), comment="what it was called when it was frozen")
    items: Mapped[int] = mapped_column(comment="how many stretches of footage")
    content: Mapped[dict[str, Any]] = mapped_column(
        JsonOf(dict), comment="name, how it was sampled, items with their truths"
    )
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was frozen")


class DatasetFootage(Base):
    """Footage that is kept as long as a dataset that has it."""

    __tablename__ = "dataset_footage"

    version: Mapped[str] = mapped_column(
        ForeignKey("datasets.version", ondelete="CASCADE"), primary_key=True, comment="whose footage"
    )
    camera_id: Mapped[str] = mapped_column(
        TextColumn(64), primary_key=True, comment="a camera's id, or a clip's: clip-..."
    )
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, comment="from when")
    end_utc: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, comment="to when")


class ExperimentRow(Base):
    """Prompts x models x dataset, or a replay of the live prompt."""

    __tablename__ = "experiments"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(TextColumn(100), comment="what people call it")
    kind: Mapped[str] = mapped_column(TextColumn(16), comment="experiment or replay")
    dataset_version: Mapped[str | None] = mapped_column(
        ForeignKey("datasets.version"), comment="what was shown; NULL for a replay"
    )
    content: Mapped[dict[str, Any]] = mapped_column(
        JsonOf(dict), comment="arms, repeats, rule; of a replay camera and time"
    )
    status: Mapped[str] = mapped_column(TextColumn(16), comment="planned, running, stopped or done")
    reason: Mapped[str] = mapped_column(TextColumn(), comment="why it stopped; empty when it did not")
    cap_usd: Mapped[float | None] = mapped_column(comment="what it may cost; NULL when all of it is free")
    by: Mapped[str] = mapped_column(TextColumn(100), comment="who began it")
    created_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was planned")
    finished_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was done")


class ExperimentResult(Base):
    """One answer of an experiment, asked or taken from an earlier one that asked just the same."""

    __tablename__ = "experiment_results"
    __table_args__ = (
        UniqueConstraint("experiment_id", "arm", "item", "repeat", "number", name="uq_experiment_results_place"),
        # Earlier answers are looked up by this.
        Index("ix_experiment_results_asked", "item", "prompt_version", "model", "repeat"),
        Index("ix_experiment_results_camera", "camera_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id", ondelete="CASCADE"), comment="whose result")
    arm: Mapped[str] = mapped_column(TextColumn(200), comment="prompt and model, as the experiment calls them")
    item: Mapped[str] = mapped_column(TextColumn(64), comment="content hash of the footage's stretch and its truths")
    repeat: Mapped[int] = mapped_column(comment="0, 1 ...: models answer differently when asked again")
    number: Mapped[int] = mapped_column(comment="0, 1 ...: which question about this item")
    questions: Mapped[int] = mapped_column(comment="how many questions there are about this item")
    camera_id: Mapped[str] = mapped_column(TextColumn(64), comment="a camera's id, or a clip's: whose footage")
    request_sha256: Mapped[str] = mapped_column(TextColumn(64), comment="content hash of all that decides the answer")
    cached: Mapped[bool] = mapped_column(comment="taken from an earlier experiment: nothing was paid")
    reason: Mapped[str] = mapped_column(TextColumn(32), comment="why the plan looks here: interval, motion, heartbeat")
    told_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when its footage was complete, and it could look")
    frames: Mapped[list[str]] = mapped_column(JsonOf(list), comment="frame times, in time order")
    model: Mapped[str] = mapped_column(TextColumn(100), comment="the model that was asked, as it stands in the catalog")
    prompt_version: Mapped[str] = mapped_column(
        TextColumn(80), comment="content hash; empty for a model without prompts"
    )
    status: Mapped[str] = mapped_column(TextColumn(16), comment="only ok speaks of the scene; see AnswerStatus")
    raw_text: Mapped[str] = mapped_column(TextColumn(), comment="the reply as it came")
    scene: Mapped[str] = mapped_column(TextColumn(), comment="the scene in a sentence; told at the next look")
    said: Mapped[list[dict[str, Any]]] = mapped_column(
        JsonOf(list), comment="what was seen: kind, severity, start, end ..."
    )
    error: Mapped[Told] = mapped_column(SaidColumn(), comment="what went wrong; empty when ok")
    input_tokens: Mapped[int] = mapped_column(comment="as the provider counts")
    output_tokens: Mapped[int] = mapped_column(comment="as the provider counts, thoughts included")
    latency_ms: Mapped[float] = mapped_column(comment="from asking to the answer, when it was asked")
    cost_usd: Mapped[float | None] = mapped_column(comment="what it cost when it was asked; NULL is unknown, not 0")
    asked_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the row was made")


class ShadowRow(Base):
    """A prompt that looks along with a camera's live one for some time, without anybody being told."""

    __tablename__ = "shadows"
    __table_args__ = (Index("ix_shadows_camera", "camera_id", "until_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    version: Mapped[str] = mapped_column(ForeignKey("prompt_versions.version"), comment="the prompt that looks along")
    from_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="from when")
    until_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="until when; earlier when it was ended")
    by: Mapped[str] = mapped_column(TextColumn(100), comment="who began it")
