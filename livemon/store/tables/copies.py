"""The table of copies: files due for a bucket, and files in it. Queries live in store/copies.py."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from livemon.base.messages.message import Told
from livemon.store.tables.columns import ChoiceColumn, SaidColumn, TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime


class CopyKind(StrEnum):
    """Kinds of files that are copied."""

    CLIP = "clip"
    """A finished segment of an event."""
    PICTURE = "picture"
    """The picture of an event."""
    DATABASE = "database"
    """The nightly copy of the database."""
    SETTING = "setting"
    """The settings file, a prompt, the secret of the installation."""
    REPORT = "report"
    """A file of a daily report."""
    ARCHIVE = "archive"
    """The archive of a window."""


class CopyState(StrEnum):
    """Progress of a copy."""

    WAITING = "waiting"
    """To be sent."""
    STORED = "stored"
    """In the bucket, and not in its manifest yet."""
    LISTED = "listed"
    """In the bucket and its manifest."""
    LOST = "lost"
    """The file was gone before it could be sent."""
    GIVEN_UP = "given_up"
    """The queue was full; sent after all when there is room while the file is here."""
    REMOVING = "removing"
    """To be deleted from the bucket."""


class CopyRow(Base):
    """One file's copy in one bucket."""

    __tablename__ = "copies"
    __table_args__ = (
        UniqueConstraint("bucket", "name", name="uq_copies_bucket_name"),
        Index("ix_copies_queue", "state", "rank", "start_utc"),
        Index("ix_copies_camera", "camera_id"),
        Index("ix_copies_path", "path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(TextColumn(500), comment="the bucket's address, without credentials")
    name: Mapped[str] = mapped_column(TextColumn(500), comment="name of the object, below the address")
    path: Mapped[str] = mapped_column(TextColumn(500), comment="file, relative to data_dir")
    kind: Mapped[str] = mapped_column(ChoiceColumn(CopyKind, CopyKind.ARCHIVE), comment="what it is; see CopyKind")
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id"), comment="whose footage; NULL: of none")
    rank: Mapped[int] = mapped_column(comment="0 danger, 1 warning, 2 rows and reports, 3 archives: sent in this order")
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="what time it is about: from")
    end_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="what time it is about: to")
    bytes: Mapped[int] = mapped_column(BigInteger, comment="of the file")
    sha256: Mapped[str] = mapped_column(TextColumn(64), comment="of the file; empty until it is known")
    stored_bytes: Mapped[int] = mapped_column(BigInteger, comment="of the object; 0 until it is sent")
    stored_sha256: Mapped[str] = mapped_column(TextColumn(64), comment="of the object; empty until it is sent")
    state: Mapped[str] = mapped_column(
        ChoiceColumn(CopyState, CopyState.WAITING), comment="how far it has come; see CopyState"
    )
    attempts: Mapped[int] = mapped_column(comment="how often sending failed")
    next_try_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="not sent before")
    error: Mapped[Told] = mapped_column(SaidColumn(), comment="why sending failed; empty when it did not")
    queued_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was put in the queue")
    copied_utc: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was sent; NULL: not yet")
