"""Rows of segment analyses: due windows, their content, waiting ones, and those that are too old.

Claiming and finishing live in work.py, studying in cameras/segment_analyzer.py, hours in hours.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.base.clock import WINDOW, Window
from livemon.base.messages.message import Message
from livemon.store.archives import of_this_folder
from livemon.store.queries import MAX_ROWS, read_table
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow
from livemon.store.tables.work_status import WorkStatus
from livemon.store.window_search import has_words
from livemon.store.work import OPEN, add_missing, free, tell_analyses

ANALYSIS_COLUMNS: Mapping[str, str] = {
    "camera_id": "str",
    "window_start_utc": "datetime64[us, UTC]",
    "status": "str",
    "attempts": "int64",
    "next_try_utc": "datetime64[us, UTC]",
    "started_utc": "datetime64[us, UTC]",
    "finished_utc": "datetime64[us, UTC]",
    "error": "object",
    "safety_score": "float64",
    "incident_count": "Int64",
    "summary": "str",
    "analysis_result": "object",
    "coverage_s": "float64",
    "model": "str",
    "prompt_version": "str",
    "vlm_call_id": "Int64",
    "cost_usd": "float64",
}


@dataclass(frozen=True, slots=True)
class RecordedWindow:
    """A window that has an archive, and the state of its analysis."""

    camera_id: str
    window: Window
    frames: int
    coverage_s: float
    analysis_id: int | None = None
    status: str = ""
    attempts: int = 0
    prompt_version: str = ""
    model: str = ""

    @property
    def frames_per_s(self) -> float:
        """Pictures in a second of footage."""
        return self.frames / max(self.coverage_s, 1.0)


def due_windows(
    database: Database, camera_id: str, now: datetime, settle: timedelta, since: datetime, limit: int
) -> list[RecordedWindow]:
    """Return this data folder's archived windows to be analysed now, newest first.

    Parameters
    ----------
    settle
        A window is due this long after it ended.
    since
        Only windows that ended after that.
    limit
        At most this many.
    """
    wanted = sa.or_(SegmentAnalysis.id.is_(None), sa.and_(SegmentAnalysis.status.in_(OPEN), free(SegmentAnalysis, now)))
    query = (
        _recorded()
        .where(
            ArchiveRow.camera_id == camera_id,
            of_this_folder(database),
            ArchiveRow.window_start_utc <= now - settle - WINDOW,
            ArchiveRow.window_start_utc > since - WINDOW,
            wanted,
        )
        .order_by(ArchiveRow.window_start_utc.desc())
        .limit(limit)
    )
    return _read(database, query)


def recorded_windows(database: Database, camera_id: str, since: datetime, until: datetime) -> list[RecordedWindow]:
    """Return all archived windows that begin in [since, until), newest first."""
    query = (
        _recorded()
        .where(
            ArchiveRow.camera_id == camera_id,
            ArchiveRow.window_start_utc >= since,
            ArchiveRow.window_start_utc < until,
        )
        .order_by(ArchiveRow.window_start_utc.desc())
    )
    return _read(database, query)


def analysis_id(database: Database, camera_id: str, window: Window) -> int:
    """Return the row of a window's analysis, made when there is none."""
    add_missing(database, SegmentAnalysis, [_new(camera_id, window.start_utc, WorkStatus.PENDING)])
    query = sa.select(SegmentAnalysis.id).where(
        SegmentAnalysis.camera_id == camera_id, SegmentAnalysis.window_start_utc == window.start_utc
    )
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def give_up_old(database: Database, camera_id: str, ended_by: datetime, now: datetime, reason: Message) -> int:
    """Mark windows that ended by then and were never analysed as failed; returns how many.

    Those that wait keep what they waited for as the reason.
    """
    rows = [
        _new(one.camera_id, one.window.start_utc, WorkStatus.PENDING)
        for one in _read(
            database,
            _recorded().where(
                ArchiveRow.camera_id == camera_id,
                ArchiveRow.window_start_utc <= ended_by - WINDOW,
                SegmentAnalysis.id.is_(None),
            ),
        )
    ]
    add_missing(database, SegmentAnalysis, rows)
    waited = sa.case(
        (SegmentAnalysis.error == "", sa.literal(reason, SegmentAnalysis.error.type)), else_=SegmentAnalysis.error
    )
    old = (
        sa.select(SegmentAnalysis.id)
        .where(
            SegmentAnalysis.camera_id == camera_id,
            SegmentAnalysis.window_start_utc <= ended_by - WINDOW,
            SegmentAnalysis.status.in_(OPEN),
            free(SegmentAnalysis, now),
        )
        .order_by(SegmentAnalysis.window_start_utc)
        .with_for_update()
    )
    with database.writing() as session:
        ids = session.scalars(old).all()
        query = sa.update(SegmentAnalysis).where(SegmentAnalysis.id.in_(ids))
        given_up = {"status": WorkStatus.FAILED.value, "finished_utc": now, "error": waited}
        session.execute(
            query.values(**given_up, lease_owner=None, lease_until_utc=None),
            execution_options={"synchronize_session": False},
        )
        tell_analyses(session, ids, now)
        return len(ids)


def segment_analyses(
    database: Database,
    camera_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    status: str | None = None,
    text: str | None = None,
    limit: int = 144,
) -> pd.DataFrame:
    """Return a camera's analyses, newest first, with the columns of `ANALYSIS_COLUMNS`; 144 are a day.

    Parameters
    ----------
    since, until
        Only windows that begin in [since, until).
    text
        Words that must all be in summary, incidents, development or activities; see search_words.py.

    Raises
    ------
    SearchError
        When the text cannot be looked for.
    """
    query = sa.select(*(getattr(SegmentAnalysis, name) for name in ANALYSIS_COLUMNS)).where(
        SegmentAnalysis.camera_id == camera_id
    )
    if since is not None:
        query = query.where(SegmentAnalysis.window_start_utc >= since)
    if until is not None:
        query = query.where(SegmentAnalysis.window_start_utc < until)
    if status is not None:
        query = query.where(SegmentAnalysis.status == status)
    if text is not None:
        query = query.where(has_words(database, text))
    query = query.order_by(SegmentAnalysis.window_start_utc.desc()).limit(min(max(limit, 1), MAX_ROWS))
    return read_table(database, query, ANALYSIS_COLUMNS)


def segment_analysis(database: Database, camera_id: str, window_start_utc: datetime) -> dict[str, Any] | None:
    """Return one analysis with all of its stored fields; None when there is none."""
    query = sa.select(SegmentAnalysis.__table__).where(
        SegmentAnalysis.camera_id == camera_id, SegmentAnalysis.window_start_utc == window_start_utc
    )
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else dict(row._mapping)


def waiting_windows(database: Database, camera_id: str, since: datetime, until: datetime) -> int:
    """Return how many archived windows that begin in [since, until) are not analysed and not given up."""
    return sum(one.status in ("", *OPEN) for one in recorded_windows(database, camera_id, since, until))


def _recorded() -> sa.Select[Any]:
    """Return the query for windows with an archive, each with its analysis; an archive may have parts."""
    own = (
        SegmentAnalysis.id,
        sa.func.coalesce(SegmentAnalysis.status, "", type_=sa.String()),  # as a Choice, "" would be no word of it
        sa.func.coalesce(SegmentAnalysis.attempts, 0),
        sa.func.coalesce(SegmentAnalysis.prompt_version, ""),
        sa.func.coalesce(SegmentAnalysis.model, ""),
    )
    same_window = sa.and_(
        SegmentAnalysis.camera_id == ArchiveRow.camera_id,
        SegmentAnalysis.window_start_utc == ArchiveRow.window_start_utc,
    )
    columns: list[Any] = [
        ArchiveRow.camera_id,
        ArchiveRow.window_start_utc,
        sa.func.sum(ArchiveRow.frames),
        sa.func.sum(ArchiveRow.coverage_s),
        *own,
    ]
    return (
        sa.select(*columns)
        .outerjoin(SegmentAnalysis, same_window)
        .group_by(
            ArchiveRow.camera_id,
            ArchiveRow.window_start_utc,
            SegmentAnalysis.id,
            SegmentAnalysis.status,
            SegmentAnalysis.attempts,
            SegmentAnalysis.prompt_version,
            SegmentAnalysis.model,
        )
    )


def _read(database: Database, query: sa.Select[Any]) -> list[RecordedWindow]:
    with database.reading() as connection:
        return [
            RecordedWindow(camera_id, Window(start), int(frames), float(coverage_s), *own)
            for camera_id, start, frames, coverage_s, *own in connection.execute(query)
        ]


def _new(camera_id: str, window_start_utc: datetime, status: WorkStatus) -> dict[str, Any]:
    return {"camera_id": camera_id, "window_start_utc": window_start_utc, "status": status.value}
