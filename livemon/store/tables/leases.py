"""The tables of hosts: which process records a camera, where it is reached, and the rates that all keep together.

Queries live in store/camera_leases.py, store/hosts_seen.py and store/rate_limits.py.
"""

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
    status: Mapped[str] = mapped_column(
        TextColumn(), default="", comment="state of its stream as the owner said last, in JSON; empty: not said"
    )


class HostRow(Base):
    """A process that shares the cameras, and its address for the others."""

    __tablename__ = "hosts"

    owner: Mapped[str] = mapped_column(TextColumn(100), primary_key=True, comment="its name in camera leases")
    url: Mapped[str] = mapped_column(TextColumn(200), comment="where other hosts reach it; empty: nowhere")
    seen_utc: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was there last, by the database's clock")


class RateLimitRow(Base):
    """A token bucket: so many requests may be sent now, and more as time passes."""

    __tablename__ = "rate_limits"

    name: Mapped[str] = mapped_column(TextColumn(200), primary_key=True, comment="provider, model and tier")
    tokens: Mapped[float] = mapped_column(comment="requests that may be sent at once")
    updated_utc: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="when they were counted, by the database's clock"
    )
