"""Korean of the player, its bar, videos, the login page, by the English."""

from __future__ import annotations

WORDS: dict[str, str] = {}
