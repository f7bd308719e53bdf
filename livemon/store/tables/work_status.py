"""What has become of a piece of work: the word that its row says. What is done with it stands in work.py."""

from __future__ import annotations

from enum import StrEnum


class WorkStatus(StrEnum):
    """What has become of a piece of work."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
