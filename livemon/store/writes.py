"""Writes of livemon's rows: each function is one transaction.

A row is committed before anyone is told of it.

Queries do not belong here (queries.py), nor archives (archives.py), nor deciding what is an event (detect/).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.clock import iso
from livemon.base.datatypes import Observation, Severity
from livemon.base.detections import UNKNOWN, DetectionSummary
from livemon.base.model_types import Answer, Look, Question, purpose_of
from livemon.base.stream_types import StreamStatus
from livemon.store.camera_leases import Lease, refuse_stale
from livemon.store.changes import ChangeKind, tell, values_of
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.store.events_said import said_json
from livemon.store.notifications import update_repeated
from livemon.store.session import Database
from livemon.store.tables.notifications import OutboxRow
from livemon.store.tables.recordings import CameraRow, RealtimeEvent, VlmCallRow, VlmReservation
from livemon.store.word_index import put_events

MAX_RAW_CHARS = 100_000
MOST_REPEATS = 50
"""Grave repetitions that an event keeps the words of; what comes after takes the place of the oldest."""
MOST_ODD = 20
"""Oddities of a reply that its row keeps."""


def upsert_camera(database: Database, camera_id: str, name: str, source: str, now: datetime) -> None:
    """Make the camera's row say what the settings say."""
    with database.writing() as session:
        row = session.get(CameraRow, camera_id)
        if row is None:
            session.add(CameraRow(id=camera_id, name=name, source=source, created_utc=now))
        else:
            row.name, row.source = name, source


def add_missing_cameras(database: Database, names: Mapping[str, str], now: datetime) -> None:
    """Make rows, by id, for cameras that the database does not know; those that it knows stay as they are."""
    with database.writing() as session:
        for camera_id, name in names.items():
            if session.get(CameraRow, camera_id) is None:
                session.add(CameraRow(id=camera_id, name=name, source="", created_utc=now))


def add_call(
    database: Database,
    question: Question,
    answer: Answer,
    now: datetime,
    *,
    request_sha256: str = "",
    bound_usd: float | None = 0.0,
    reservation_id: int | None = None,
    fallback_for: int | None = None,
) -> int:
    """Record a call and its answer, whatever became of it, and settle its reservation; returns the row's id."""
    row = VlmCallRow(
        camera_id=question.camera_id,
        called_utc=now,
        purpose=purpose_of(question).value,
        reason=question.reason.value if isinstance(question, Look) else "",
        model=answer.model,
        request_sha256=request_sha256,
        parameters={**answer.parameters, **_odd(answer)},
        finish_reason=clean_text(answer.finish_reason, 40),
        attempts=answer.attempts,
        thought_tokens=answer.usage.thought_tokens,
        cached_tokens=answer.usage.cached_tokens,
        input_by_modality=dict(answer.usage.input_by_modality),
        bound_usd=bound_usd,
        fallback_for=fallback_for,
        prompt_version=answer.prompt_version,
        frames=[{"utc": iso(frame.utc), "sha256": frame.sha256} for frame in question.frames],
        status=answer.status.value,
        raw_text=clean_text(answer.raw_text, MAX_RAW_CHARS),
        error=answer.error,
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        latency_ms=answer.latency_ms,
        cost_usd=answer.cost_usd,
    )
    with database.writing() as session:
        session.add(row)
        if reservation_id is not None:
            session.execute(sa.delete(VlmReservation).where(VlmReservation.id == reservation_id))
        session.flush()
        return row.id


def add_event(
    database: Database,
    camera_id: str,
    seen: Observation,
    now: datetime,
    *,
    model: str,
    prompt_version: str = "",
    call_id: int | None = None,
    thumbnail: str = "",
    label: str | None = None,
    reviewed_by: str = "",
    detected: DetectionSummary = UNKNOWN,
    lease: Lease | None = None,
) -> int:
    """Record a new event; returns its id.

    Parameters
    ----------
    lease
        Lease of the camera whose stream it comes from; None of an event that needs none: people's and livemon's own.
    detected
        People, pets and zones at its moment.
    label
        A person's verdict, of an event that a person reports: it needs no review.
    reviewed_by
        Name of that person; empty when it is not known.

    Raises
    ------
    StaleLease
        When another host has the camera by now.
    """
    row = RealtimeEvent(
        camera_id=camera_id,
        created_utc=now,
        **_observed(seen),
        **_detected(detected),
        thumbnail=thumbnail,
        model=model,
        prompt_version=prompt_version,
        vlm_call_id=call_id,
        suppressed=0,
        reviewed_utc=now if label else None,
        reviewed_by=clean_text(reviewed_by, 200),
        first_reviewed_utc=now if label else None,
        first_reviewed_by=clean_text(reviewed_by, 200),
        label=label,
        note="",
        lease_epoch=lease.epoch if lease else None,
    )
    with database.writing() as session:
        refuse_stale(session, lease)
        session.add(row)
        session.flush()
        put_events(session, [row])
        if label is None:  # of what a person reports, people know
            session.add(OutboxRow(event_id=row.id, camera_id=camera_id, created_utc=now))
        tell_event(session, row, now, is_new=True)
        return row.id


def fold_event(
    database: Database,
    event_id: int,
    last_seen_utc: datetime,
    now: datetime,
    seen: Observation | None = None,
    *,
    lease: Lease | None = None,
) -> None:
    """Count a repetition on the event it repeats; of a danger or a warning keep when it was, and its words.

    Parameters
    ----------
    seen
        The repetition; only counted when None.
    lease
        As of `add_event`.

    Raises
    ------
    StaleLease
        When another host has the camera by now.
    """
    with database.writing() as session:
        refuse_stale(session, lease)
        session.execute(
            sa.update(RealtimeEvent)
            .where(RealtimeEvent.id == event_id)
            .values(suppressed=RealtimeEvent.suppressed + 1, last_seen_utc=last_seen_utc)
        )
        row = session.get(RealtimeEvent, event_id)
        if row is not None:  # the row may have been erased
            if seen is not None and seen.severity.rank >= Severity.WARNING.rank:
                row.repeats = [*row.repeats, _repeat(seen)][-MOST_REPEATS:]
                put_events(session, [row])
                update_repeated(session, event_id)
            tell_event(session, row, now, is_new=False)


def tell_event(session: Session, row: RealtimeEvent, now: datetime, *, is_new: bool) -> None:
    """Tell subscribers of an event: as the API answers it, and whether it is new."""
    told = values_of(row, EVENT_COLUMNS) | {"is_new": is_new}
    tell(session, ChangeKind.EVENT, row.camera_id, now, told, row.severity)


def tell_status(database: Database, status: StreamStatus, now: datetime) -> None:
    """Tell subscribers what a camera's stream is doing."""
    told = {
        "state": status.state.value,
        "reason": clean_text(status.reason, 2000),
        "since_utc": status.since_utc,
        "mode": status.mode.value if status.mode else None,
        "looks": status.looks,
    }
    with database.writing() as session:
        tell(session, ChangeKind.STATUS, status.camera_id, now, told)


def _observed(seen: Observation) -> dict[str, Any]:
    """Return the columns of what was observed; text fit for any database."""
    return {
        "start_utc": seen.start_utc,
        "last_seen_utc": seen.end_utc,
        "kind": clean_text(seen.kind, 64),
        "event_type": seen.event_type.value,
        "severity": seen.severity.value,
        "title": clean_text(seen.title, 200),
        "description": clean_text(seen.description, 4000),
        "said": said_json(seen),
        "location": clean_text(seen.location, 200),
        "confidence": seen.confidence,
        "box": list(seen.box) if seen.box else None,
        "evidence_utcs": [iso(utc) for utc in seen.evidence_utcs],
    }


def _detected(found: DetectionSummary) -> dict[str, Any]:
    """Return the columns of what the detector found; NULL where it is unknown."""
    return {
        "people": found.people,
        "pets": None if found.pets is None else [kind.value for kind in found.pets],
        "zones": None if found.zones is None else list(found.zones),
    }


def _repeat(seen: Observation) -> dict[str, Any]:
    said = said_json(seen)
    return {
        "start_utc": iso(seen.start_utc),
        "end_utc": iso(seen.end_utc),
        "severity": seen.severity.value,
        "title": clean_text(seen.title, 200),
        "description": clean_text(seen.description, 4000),
        **({"said": said} if said else {}),
    }


def _odd(answer: Answer) -> dict[str, list[str]]:
    """Return what was odd in a reply, beside what the call was made with; nothing when all was as it should be."""
    return {"odd": [clean_text(said, 200) for said in answer.odd[:MOST_ODD]]} if answer.odd else {}


def clean_text(text: str, max_chars: int) -> str:
    """Model text fit for any database: no NUL, no lone surrogates (PostgreSQL refuses both), not endless."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:max_chars]
