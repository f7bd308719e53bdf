"""When there was motion: the looks that motion caused. Motion itself is measured all the time and kept of no moment.

Events are in queries.py; what a look saw is a call's answer (models.VlmCallRow).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from livemon.base.datatypes import LookReason
from livemon.base.model_types import Purpose
from livemon.store.session import Database
from livemon.store.tables.recordings import VlmCallRow


def motion_looks(database: Database, camera_id: str, start: datetime, end: datetime) -> list[datetime]:
    """Return when a camera was looked at because something moved, in [start, end), oldest first."""
    query = (
        sa.select(VlmCallRow.called_utc)
        .where(
            VlmCallRow.camera_id == camera_id,
            VlmCallRow.called_utc >= start,
            VlmCallRow.called_utc < end,
            VlmCallRow.purpose == Purpose.LOOK.value,
            VlmCallRow.reason == LookReason.MOTION.value,
        )
        .order_by(VlmCallRow.called_utc)
    )
    with database.reading() as connection:
        return list(connection.execute(query).scalars())


def counted(moments: list[datetime], start: datetime, step: timedelta, steps: int) -> list[int]:
    """Return how many moments lie in each of so many steps from `start` on."""
    counts = [0] * steps
    for moment in moments:
        place = (moment - start) // step
        if 0 <= place < steps:
            counts[place] += 1
    return counts
