"""Detections as rows: people in the pictures of a look, so that rules and prompts can be replayed on them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from livemon.base.detections import Detections, read_row
from livemon.store.camera_leases import Lease, refuse_stale
from livemon.store.session import Database
from livemon.store.tables.detections import DetectionRow


def add_detections(
    database: Database,
    camera_id: str,
    found: Sequence[Detections],
    call_id: int | None = None,
    lease: Lease | None = None,
) -> None:
    """Keep the people found in the pictures of a look, in time order. Without pictures nothing is written.

    Raises
    ------
    StaleLease
        When another host has the camera by now.
    """
    if not found:
        return
    start, end = found[0].utc, found[-1].utc
    text = json.dumps([one.to_row(start) for one in found], separators=(",", ":"))
    row = DetectionRow(
        camera_id=camera_id,
        start_utc=start,
        end_utc=end,
        vlm_call_id=call_id,
        pictures=zlib.compress(text.encode()),
    )
    with database.writing() as session:
        refuse_stale(session, lease)
        session.add(row)


def detections_between(database: Database, camera_id: str, start: datetime, end: datetime) -> tuple[Detections, ...]:
    """Return the people found in a camera's pictures of [start, end), in time order."""
    columns = DetectionRow.__table__.c
    query = (
        sa.select(columns.start_utc, columns.pictures)
        .where(columns.camera_id == camera_id, columns.start_utc < end, columns.end_utc >= start)
        .order_by(columns.start_utc, columns.id)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    found = [
        read_row(one, since + timedelta(milliseconds=one[0]))
        for since, pictures in rows
        for one in json.loads(zlib.decompress(pictures))
    ]
    return tuple(one for one in found if start <= one.utc < end)


def forget_old(database: Database, before_utc: datetime) -> int:
    """Delete the detections of pictures that are older, as the pictures are; returns how many rows."""
    with database.writing() as session:
        result: Any = session.execute(sa.delete(DetectionRow).where(DetectionRow.end_utc < before_utc))
        return int(result.rowcount)
