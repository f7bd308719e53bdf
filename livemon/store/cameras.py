"""Cameras: which the database knows, and the sealed settings of those that were added while livemon runs."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.store.session import Database
from livemon.store.tables.recordings import CameraRow


def known_cameras(database: Database) -> list[str]:
    """Return the ids of all cameras that the database knows, also of those that were removed; sorted."""
    with database.reading() as connection:
        return list(connection.execute(sa.select(CameraRow.id).order_by(CameraRow.id)).scalars())


def sealed_cameras(database: Database) -> dict[str, str]:
    """Return the sealed settings by camera."""
    query = sa.select(CameraRow.id, CameraRow.sealed_settings).where(CameraRow.sealed_settings.is_not(None))
    with database.reading() as connection:
        return {row.id: str(row.sealed_settings) for row in connection.execute(query.order_by(CameraRow.id))}


def sealed_changes(database: Database) -> dict[str, str]:
    """Return the sealed changes of cameras that are in livemon.toml."""
    query = sa.select(CameraRow.id, CameraRow.sealed_changes).where(CameraRow.sealed_changes.is_not(None))
    with database.reading() as connection:
        return {row.id: str(row.sealed_changes) for row in connection.execute(query.order_by(CameraRow.id))}


def keep_changes(database: Database, camera_id: str, name: str, source: str, sealed: str | None, now: datetime) -> None:
    """Keep the changes of a camera of livemon.toml; None restores the file's settings. See `keep_camera`."""
    with database.writing() as session:
        row = _row(session, camera_id, now)
        row.name, row.source, row.sealed_changes = name, source, sealed


def keep_camera(database: Database, camera_id: str, name: str, source: str, sealed: str | None, now: datetime) -> None:
    """Keep a camera's sealed settings; None removes the camera, and its recordings stay.

    Parameters
    ----------
    source
        The part of the source that may be shown: never a credential.
    """
    with database.writing() as session:
        row = _row(session, camera_id, now)
        row.name, row.source, row.sealed_settings, row.sealed_changes = name, source, sealed, None


def _row(session: Session, camera_id: str, now: datetime) -> CameraRow:
    row: CameraRow | None = session.get(CameraRow, camera_id)
    if row is None:
        row = CameraRow(id=camera_id, created_utc=now)
        session.add(row)
    return row
