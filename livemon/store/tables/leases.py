"""The table of camera leases: which process records a camera. Queries live in store/camera_leases.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from livemon.store.tables.columns import TextColumn
from livemon.store.tables.recordings import Base, UtcDateTime


class CameraLeaseRow(Base):
    """The lease of a camera. Its row outlives the camera, so that no epoch is given twice."""

    __tablename__ = "camera_leases"

    camera_id: Mapped[str] = mapped_column(TextColumn(64), primary_key=True, comment="which camera")
    owner: Mapped[str] = mapped_column(TextColumn(100), comment="host and a random part; empty: given back")
    epoch: Mapped[int] = mapped_column(comment="grows by one with every owner; rows of an older one are refused")
    expires_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="free from then on, by the database's clock")
