"""States of a piece of work, as its row holds them. The transitions live in work.py."""

from __future__ import annotations

from enum import StrEnum


class WorkStatus(StrEnum):
    """State of a piece of work."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
