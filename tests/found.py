"""A camera's events as a test reads them: newest first."""

from __future__ import annotations

from typing import Any

import pandas as pd

from livemon.store import event_search
from livemon.store.event_search import EventSearch
from livemon.store.session import Database


def events_of(
    database: Database, camera_id: str, limit: int = 100, before_id: int | None = None, **wanted: Any
) -> pd.DataFrame:
    """The camera's events; `wanted` as `EventSearch` has it."""
    return event_search.search(database, EventSearch((camera_id,), **wanted), limit, before_id)
