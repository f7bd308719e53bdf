"""Shadows: which prompt looks along with which camera's live one, from when until when. Written and read here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from livemon.base.datatypes import NOT_LIVE, LookReason
from livemon.base.model_types import Purpose
from livemon.store.queries import read_table
from livemon.store.session import Database
from livemon.store.tables.lab import ShadowRow
from livemon.store.tables.recordings import VlmCallRow
from livemon.store.writes import clean_text

SHADOW_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "camera_id": "str",
    "version": "str",
    "from_utc": "datetime64[us, UTC]",
    "until_utc": "datetime64[us, UTC]",
    "by": "str",
}
LOOK_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "called_utc": "datetime64[us, UTC]",
    "reason": "str",
    "model": "str",
    "prompt_version": "str",
    "status": "str",
    "frames": "object",
    "raw_text": "str",
    "cost_usd": "float64",
    "latency_ms": "float64",
}


def begin_shadow(database: Database, camera_id: str, version: str, now: datetime, until_utc: datetime, by: str) -> int:
    """Let a kept prompt look along from now on, instead of another one that may; returns the shadow's id."""
    row = ShadowRow(camera_id=camera_id, version=version, from_utc=now, until_utc=until_utc, by=clean_text(by, 100))
    with database.writing() as session:
        session.execute(_end(ShadowRow.camera_id == camera_id, now))
        session.add(row)
        session.flush()
        return row.id


def end_shadow(database: Database, shadow_id: int, now: datetime) -> None:
    """End a shadow now; harmless when it has ended."""
    with database.writing() as session:
        session.execute(_end(ShadowRow.id == shadow_id, now))


def shadow_now(database: Database, camera_id: str, now: datetime) -> str:
    """Return the version of the prompt that looks along with a camera now; empty when none does."""
    query = (
        sa.select(ShadowRow.version)
        .where(ShadowRow.camera_id == camera_id, ShadowRow.from_utc <= now, ShadowRow.until_utc > now)
        .order_by(ShadowRow.id.desc())
        .limit(1)
    )
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none() or ""


def shadows(database: Database, shadow_id: int | None = None) -> pd.DataFrame:
    """Return the shadows there were, the newest first, with the columns of `SHADOW_COLUMNS`; or one of them."""
    query = sa.select(*(getattr(ShadowRow, name) for name in SHADOW_COLUMNS)).order_by(ShadowRow.id.desc())
    if shadow_id is not None:
        query = query.where(ShadowRow.id == shadow_id)
    return read_table(database, query, SHADOW_COLUMNS)


def looks_of(
    database: Database, camera_id: str, since: datetime, until: datetime, *, shadow: str | None = None
) -> pd.DataFrame:
    """Return the live looks of [since, until), or those of a shadow, oldest first, with the columns of `LOOK_COLUMNS`.

    Parameters
    ----------
    shadow
        Version of the prompt that looked along; None for the live one.
    """
    query = sa.select(*(getattr(VlmCallRow, name) for name in LOOK_COLUMNS)).where(
        VlmCallRow.camera_id == camera_id,
        VlmCallRow.purpose == Purpose.LOOK.value,
        VlmCallRow.called_utc >= since,
        VlmCallRow.called_utc < until,
    )
    if shadow is None:
        query = query.where(VlmCallRow.reason.not_in(NOT_LIVE))
    else:
        query = query.where(VlmCallRow.reason == LookReason.SHADOW.value, VlmCallRow.prompt_version == shadow)
    return read_table(database, query.order_by(VlmCallRow.id), LOOK_COLUMNS)


def _end(which: sa.ColumnElement[bool], now: datetime) -> Any:
    # An end in the future is brought forward; one that is past stays.
    return sa.update(ShadowRow).where(which, ShadowRow.until_utc > now).values(until_utc=now)


FRESH = timedelta(seconds=5)
"""A shadow begun by another process is seen at most this much later."""
