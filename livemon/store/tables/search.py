"""The tables that make search quick: counts of events by day, and how far the index of words has come.

As recordings.py: columns that say what they hold, and nothing else. The tables of words are each database's own
(migrations/full_text.py).
"""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from livemon.store.tables.columns import TextColumn
from livemon.store.tables.recordings import Base


class EventCount(Base):
    """Number of a camera's events that began on a day, by the columns that pages ask for.

    Triggers count in each row's transaction.
    """

    __tablename__ = "event_counts"
    # In the order of the key, so that a camera's counts lie together.
    __table_args__ = ({"sqlite_with_rowid": False},)

    camera_id: Mapped[str] = mapped_column(TextColumn(64), primary_key=True, comment="which camera")
    severity: Mapped[str] = mapped_column(TextColumn(16), primary_key=True, comment="as the event's row has it")
    day: Mapped[str] = mapped_column(TextColumn(10), primary_key=True, comment="2026-11-22, UTC")
    event_type: Mapped[str] = mapped_column(TextColumn(16), primary_key=True, comment="as the event's row has it")
    reviewed: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="1: a person looked at it")
    label: Mapped[str] = mapped_column(TextColumn(16), primary_key=True, comment="a person's verdict; empty for none")
    events: Mapped[int] = mapped_column(comment="how many")
    longest_s: Mapped[float] = mapped_column(comment="none of them went on for longer; may be more than that")


class WordIndexProgress(Base):
    """Progress of an index of words, or of the counts, with rows older than themselves; newer ones are in at once.

    Without a row, all are in.
    """

    __tablename__ = "word_index_progress"

    name: Mapped[str] = mapped_column(
        TextColumn(32), primary_key=True, comment="event_words, window_words or event_counts"
    )
    below_id: Mapped[int] = mapped_column(comment="rows with a smaller id are not in it yet; 0: all are")
    first_below_id: Mapped[int] = mapped_column(comment="what below_id was when it began")
