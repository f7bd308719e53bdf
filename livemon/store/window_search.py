"""Ten-minute windows whose analysis has certain words: summary, incidents, development, activities.

Events are found by event_search.py, from the same text.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import sqlalchemy as sa

from livemon.store.event_search import EventSearch
from livemon.store.queries import MAX_ROWS, read_table
from livemon.store.search_words import read_terms
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.word_index import matches, window_words
from livemon.store.word_order import newest_ids

FOUND_WINDOW_COLUMNS: Mapping[str, str] = {
    "camera_id": "str",
    "window_start_utc": "datetime64[us, UTC]",
    "status": "str",
    "safety_score": "float64",
    "summary": "str",
}


def has_words(database: Database, text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a window's analysis has all words of a text; raises as `search_windows`."""
    found = sa.select(window_words.c.rowid).where(matches(database, window_words, read_terms(text)))
    return SegmentAnalysis.id.in_(found)


def search_windows(database: Database, wanted: EventSearch, limit: int = 100) -> pd.DataFrame:
    """Return the windows with the words looked for, those analysed last first, with `FOUND_WINDOW_COLUMNS`.

    Severities, types and states are of events: they leave no window out. None is found without words.

    Raises
    ------
    SearchError
        When the text cannot be looked for.
    """
    window, ids = SegmentAnalysis, list[int]()
    if wanted.text:
        joined = window_words.join(window.__table__, window.id == window_words.c.rowid)
        asked = sa.select(window.id).select_from(joined)
        asked = asked.where(
            matches(database, window_words, read_terms(wanted.text)), window.camera_id.in_(wanted.cameras)
        )
        if wanted.since is not None:
            asked = asked.where(window.window_start_utc >= wanted.since)
        if wanted.until is not None:
            asked = asked.where(window.window_start_utc < wanted.until)
        with database.reading() as connection:
            ids = newest_ids(connection, asked, window_words, min(max(limit, 1), MAX_ROWS))
    query = sa.select(*(getattr(window, name) for name in FOUND_WINDOW_COLUMNS)).where(window.id.in_(ids))
    return read_table(database, query.order_by(window.id.desc()), FOUND_WINDOW_COLUMNS)
