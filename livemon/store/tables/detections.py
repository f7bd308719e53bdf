"""The table of detections: people found in the pictures of a look. Queries live in store/detections.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from livemon.store.tables.recordings import Base, UtcDateTime


class DetectionRow(Base):
    """The pictures that were searched for people between two looks, and the people found in them."""

    __tablename__ = "detections"
    __table_args__ = (Index("ix_detections_camera_start", "camera_id", "start_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id"), comment="which camera")
    start_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="first picture")
    end_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="last picture")
    vlm_call_id: Mapped[int | None] = mapped_column(
        ForeignKey("vlm_calls.id"), comment="the call of the look; NULL when nobody was asked"
    )
    pictures: Mapped[bytes] = mapped_column(
        LargeBinary, comment="zlib of JSON: [[ms since start_utc, [box, score, keypoints of a person], ...], ...]"
    )
