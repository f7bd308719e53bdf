"""Prompts in the database: versions by content hash, and which was live for which camera from when.

The prompt itself lives in vlm/prompt.py; here it is its content, as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.store.session import Database
from livemon.store.tables.recordings import Promotion, PromptVersion
from livemon.store.writes import clean_text


def keep_version(database: Database, version: str, name: str, content: Mapping[str, Any], now: datetime) -> None:
    """Keep a prompt; one that is kept already stays as it is."""
    with database.writing() as session:
        if session.get(PromptVersion, version) is None:
            session.add(
                PromptVersion(
                    version=version,
                    name=clean_text(name, 100),
                    purpose=content["purpose"],
                    language=content["language"],
                    content=dict(content),
                    created_utc=now,
                )
            )


def find_versions(database: Database, beginning: str) -> list[PromptVersion]:
    """Return the prompts whose version begins so; an empty beginning returns all, newest first."""
    query = sa.select(PromptVersion).order_by(PromptVersion.created_utc.desc(), PromptVersion.version)
    if beginning:
        query = query.where(PromptVersion.version.startswith(beginning, autoescape=True))
    with database.reading() as connection, Session(connection) as session:
        return list(session.scalars(query))


def promote(
    database: Database, camera_id: str, purpose: str, version: str | None, now: datetime, *, by: str, note: str
) -> None:
    """Make a kept version live for a camera; None gives the choice back to the settings."""
    said = {"by": clean_text(by, 100), "note": clean_text(note, 2000)}
    with database.writing() as session:
        session.add(Promotion(camera_id=camera_id, purpose=purpose, version=version, from_utc=now, **said))


def promotions(database: Database, camera_id: str, purpose: str) -> list[Promotion]:
    """Return the promotions for a camera, the newest first."""
    query = (
        sa.select(Promotion)
        .where(Promotion.camera_id == camera_id, Promotion.purpose == purpose)
        .order_by(Promotion.id.desc())
    )
    with database.reading() as connection, Session(connection) as session:
        return list(session.scalars(query))
