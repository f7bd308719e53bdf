"""The full-text index: words of events, with notes of people and detections in them, and of windows' analyses.

FTS5 in SQLite, a column of type tsvector in PostgreSQL; both hold the words of search_words.py. The writer of a row
calls `put_events` or `put_analyses` in the same transaction; a deleted row takes its words along (migration 0010). Rows
that are older than the index get into it in batches, the newest first. Looking for words does not belong here
(event_search.py, window_search.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from livemon.base.errors import SearchError
from livemon.store.search_words import MARK, Terms, split_words
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import RealtimeEvent
from livemon.store.tables.search import WordIndexProgress

EVENTS, WINDOWS = "event_words", "window_words"
MOST_PLACE = 16_000
"""PostgreSQL knows no later place in a text."""
BATCH = 1000


class SeenFilter(StrEnum):
    """Result of the detector at the moment of an event; an event with people may have pets, too."""

    PEOPLE = "people"
    PETS = "pets"
    NOBODY = "nobody"
    """The detector looked, and found no person."""
    UNKNOWN = "unknown"
    """The detector did not look for people, or was not sure."""


event_words, window_words = (sa.table(name, sa.column("rowid"), sa.column("words")) for name in (EVENTS, WINDOWS))

EVENT_TEXT = tuple(
    getattr(RealtimeEvent, name)
    for name in (
        *("id", "severity", "title", "description", "location", "note", "kind", "repeats"),
        *("people", "pets", "zones"),
    )
)
ANALYSIS_TEXT = (SegmentAnalysis.id, SegmentAnalysis.summary, SegmentAnalysis.analysis_result)
SAID = {"incidents": ("title", "evidence"), "development": ("title", "evidence"), "activities": ("what",)}
"""Indexed fields of an analysis beside its summary."""


def put_events(session: Session, rows: Sequence[RealtimeEvent]) -> None:
    """Index events as they are now; flushes them first."""
    session.flush()
    _put(session, EVENTS, [(row.id, event_text(row)) for row in rows])


def put_analyses(session: Session, rows: Sequence[SegmentAnalysis]) -> None:
    """Index windows' analyses as they are now; flushes them first."""
    session.flush()
    _put(session, WINDOWS, [(row.id, analysis_text(row)) for row in rows])


def event_text(row: Any) -> list[str]:
    """Return the words of an event, given a row with `EVENT_TEXT`; its severity and detections are among them."""
    texts = (row.title, row.description, row.location, row.note, row.kind, *_texts(row.repeats, "title", "description"))
    return [severity_word(row.severity), *detection_words(row), *split_words(" \n".join(texts))]


def analysis_text(row: Any) -> list[str]:
    """Return the words of a window's analysis, given a row with `ANALYSIS_TEXT`."""
    result = row.analysis_result or {}
    texts = [text for name, fields in SAID.items() for text in _texts(result.get(name), *fields)]
    return split_words(" \n".join((row.summary, *texts)))


def severity_word(severity: str) -> str:
    """Return the word that stands for a severity in the index."""
    return f"{MARK}{severity}"


def detection_words(row: Any) -> list[str]:
    """Return the words that stand for the people, pets and zones of an event."""
    known = SeenFilter.PEOPLE if row.people else SeenFilter.NOBODY
    seen = [SeenFilter.UNKNOWN if row.people is None else known, *((SeenFilter.PETS,) if row.pets else ())]
    return [*(seen_word(one) for one in seen), *(zone_word(str(name)) for name in row.zones or ())]


def seen_word(seen: SeenFilter) -> str:
    """Return the word that stands for what the detector found."""
    return f"{MARK}seen{MARK}{seen}"


def zone_word(name: str) -> str:
    """Return the word that stands for a zone, whatever letters its name has."""
    return f"{MARK}zone{MARK}{name.encode('utf-8', 'replace').hex()}"


def matches(database: Database, table: Any, terms: Terms, *also: str) -> sa.ColumnElement[bool]:
    """Return the condition that a row of an index has all that is looked for, and the words `also`.

    Raises
    ------
    SearchError
        When the database has no index of words.
    """
    phrases = (*((word,) for word in also), *terms.phrases)
    condition: sa.ColumnElement[bool]
    if database.engine.dialect.name == "sqlite":
        wanted = " AND ".join(f'"{" ".join(phrase)}"' for phrase in phrases)
        condition = table.c.words.op("MATCH", is_comparison=True)(wanted)
        return condition
    if database.engine.dialect.name == "postgresql":
        wanted = " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)
        condition = table.c.words.op("@@", is_comparison=True)(sa.cast(wanted, TSQUERY))
        return condition
    raise SearchError("search.no_index")


def holds(database: Database, table: Any, terms: Terms) -> sa.ColumnElement[bool]:
    """Return the condition of `matches` for rows that are looked up by their number, without the index; same raises."""
    if database.engine.dialect.name != "sqlite":
        return matches(database, table, terms)
    words = " " + table.c.words + " "
    return sa.and_(*(sa.func.instr(words, f" {' '.join(phrase)} ") > 0 for phrase in terms.phrases))


def missing_share(database: Database, name: str) -> float:
    """Return which part of the rows that are older than an index is not in it yet, 0 to 1."""
    query = sa.select(WordIndexProgress.below_id, WordIndexProgress.first_below_id)
    with database.reading() as connection:
        below, first = connection.execute(query.where(WordIndexProgress.name == name)).one()
    return below / first if first else 0.0


def fill(database: Database, name: str, most: int = BATCH) -> bool:
    """Index the newest rows that are not indexed yet, `most` of them, in one transaction; whether more are left."""
    columns: Sequence[Any] = EVENT_TEXT if name == EVENTS else ANALYSIS_TEXT
    row_id, words_of = columns[0], event_text if name == EVENTS else analysis_text
    with database.writing() as session:
        progress = session.get_one(WordIndexProgress, name, with_for_update=True)
        if not progress.below_id or not _has_index(session):
            return False
        query = sa.select(*columns).where(row_id < progress.below_id).order_by(row_id.desc()).limit(most)
        # Locked, so that a row that is changed or deleted meanwhile is not indexed as it was.
        rows = session.execute(query.with_for_update(read=True)).all()
        _put(session, name, [(row.id, words_of(row)) for row in rows])
        progress.below_id = rows[-1].id if len(rows) == most else 0
        return progress.below_id > 0


def _put(session: Session, name: str, rows: Sequence[tuple[int, list[str]]]) -> None:
    if not rows or not _has_index(session):
        return
    if _dialect(session) == "sqlite":
        statement = f"INSERT OR REPLACE INTO {name} (rowid, words) VALUES (:id, :words)"  # noqa: S608
        values = [{"id": row_id, "words": " ".join(words)} for row_id, words in rows]
    else:
        statement = (
            f"INSERT INTO {name} (rowid, words) VALUES (:id, CAST(:words AS tsvector)) "  # noqa: S608
            "ON CONFLICT (rowid) DO UPDATE SET words = excluded.words"
        )
        values = [{"id": row_id, "words": " ".join(placed(words))} for row_id, words in rows]
    session.execute(sa.text(statement), values)


def placed(words: Iterable[str]) -> Iterator[str]:
    """Yield words with their places, as PostgreSQL reads them."""
    for place, word in enumerate(words, 1):
        yield f"'{word}':{min(place, MOST_PLACE)}"


def _texts(rows: Any, *fields: str) -> list[str]:
    """Return texts of a list of dicts; items of other types are left out."""
    found = (row.get(field) for row in rows or () if isinstance(row, dict) for field in fields)
    return [text for text in found if isinstance(text, str)]


def _has_index(session: Session) -> bool:
    return _dialect(session) in ("sqlite", "postgresql")


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
