"""Korean of the Cameras and Prompts pages, by the English."""

from __future__ import annotations

WORDS: dict[str, str] = {}
