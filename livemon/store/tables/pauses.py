"""The table of pauses: begin, end and author of each. Queries live in store/pauses.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from livemon.store.tables.columns import TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime


class PauseRow(Base):
    """A time in which a camera neither records nor looks. A camera has at most one that is not over."""

    __tablename__ = "pauses"
    __table_args__ = (Index("ix_pauses_camera_begun", "camera_id", "begun_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    begun_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it began")
    until_utc: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when the camera starts by itself; NULL: until it is started"
    )
    paused_by: Mapped[str] = mapped_column(TextColumn(200), comment="who said so; empty: not known")
    ended_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was over; NULL: it is not")
