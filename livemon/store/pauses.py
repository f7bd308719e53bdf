"""Pauses of cameras: begun, ended, and read. Starting and stopping cameras does not belong here (cameras/hours.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from livemon.store.session import Database
from livemon.store.tables.pauses import PauseRow
from livemon.store.tables.recordings import CameraRow

PAUSES_KEPT = timedelta(days=400)
"""Reports of a year may be made again, and say why nothing was recorded."""

_COLUMNS = (PauseRow.camera_id, PauseRow.begun_utc, PauseRow.until_utc, PauseRow.paused_by, PauseRow.ended_utc)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a camera neither records nor looks.

    Attributes
    ----------
    until_utc
        When the camera starts by itself; None: when it is started.
    ended_utc
        When it was over; None while it lasts.
    """

    camera_id: str
    begun_utc: datetime
    until_utc: datetime | None
    paused_by: str
    ended_utc: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.until_utc is not None and self.until_utc <= now


def begin(database: Database, camera_id: str, until_utc: datetime | None, paused_by: str, now: datetime) -> Pause:
    """Begin a pause; one that lasts already gets the new end, and who said so."""
    with database.writing() as session:
        session.execute(sa.select(CameraRow.id).where(CameraRow.id == camera_id).with_for_update())
        row = session.scalars(_lasting(camera_id)).first()
        if row is None:
            row = PauseRow(camera_id=camera_id, begun_utc=now)
            session.add(row)
        row.until_utc, row.paused_by = until_utc, paused_by
        return Pause(camera_id, row.begun_utc, until_utc, paused_by)


def end(database: Database, camera_id: str, now: datetime, *, of: Pause | None = None) -> bool:
    """End a camera's pause; False when it has none.

    Parameters
    ----------
    of
        Only when it is still this one: another end, given meanwhile, stays.
    """
    query = sa.update(PauseRow).where(PauseRow.camera_id == camera_id, PauseRow.ended_utc.is_(None))
    if of is not None:
        query = query.where(PauseRow.until_utc == of.until_utc)
    with database.writing() as session:
        result: Any = session.execute(query.values(ended_utc=now).execution_options(synchronize_session=False))
        return bool(result.rowcount)


def lasting(database: Database) -> Mapping[str, Pause]:
    """Return the pauses that are not over, by camera."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(*_COLUMNS).where(PauseRow.ended_utc.is_(None)))
        return {pause.camera_id: pause for pause in (Pause(*row) for row in rows)}


def between(database: Database, camera_id: str, start: datetime, end: datetime) -> list[Pause]:
    """Return a camera's pauses that lie in [start, end) with a part, in order."""
    query = sa.select(*_COLUMNS).where(
        PauseRow.camera_id == camera_id,
        PauseRow.begun_utc < end,
        sa.or_(PauseRow.ended_utc.is_(None), PauseRow.ended_utc > start),
    )
    with database.reading() as connection:
        return [Pause(*row) for row in connection.execute(query.order_by(PauseRow.begun_utc))]


def forget_old(database: Database, ended_by: datetime) -> None:
    """Delete pauses that were over by a time: the footage of that time is gone, too, and so are its gaps."""
    with database.writing() as session:
        session.execute(sa.delete(PauseRow).where(PauseRow.ended_utc <= ended_by))


def _lasting(camera_id: str) -> sa.Select[PauseRow]:
    return sa.select(PauseRow).where(PauseRow.camera_id == camera_id, PauseRow.ended_utc.is_(None))
