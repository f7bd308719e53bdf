"""Hours: a stretch of the local day as people write it, 07:00-20:00, also across midnight.

The actions at these hours live elsewhere.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field

_TWO_TIMES = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


def _checked(text: str) -> str:
    text = text.replace(" ", "")
    if text and (not _TWO_TIMES.fullmatch(text) or text[:5] == text[6:]):
        raise ValueError("two different times of day, such as 07:00-20:00")
    return text


Hours = Annotated[str, Field(max_length=20), AfterValidator(_checked)]
"""Two local times, 07:00-20:00; empty is always."""


def is_within(hours: str, local: time) -> bool:
    """Return whether a time of day lies within hours; their end does not."""
    if not hours:
        return True
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    return start <= local < end if start < end else local >= start or local < end
