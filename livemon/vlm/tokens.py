"""Estimated tokens of a question, before it is asked: for forecasts and for the bound of a call.

By the documented rules of each model family (catalog.toml). The provider reports the real count of a call.
"""

from __future__ import annotations

import math

from livemon.vlm.catalog import ModelEntry
from livemon.vlm.options import MediaResolution

ASCII_CHARS_PER_TOKEN = 4.0
"""https://ai.google.dev/gemini-api/docs/tokens: a token is about four characters."""

OTHER_CHARS_PER_TOKEN = 1.5
"""Hangul and other scripts take more; on the safe side of what tokenizers make of Korean."""

UNKNOWN_IMAGE_TOKENS = 1500
"""For a model of which nothing is known: more than a 960x720 picture is worth to common open models."""


def text_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    ascii_chars = sum(character.isascii() for character in text)
    return math.ceil(ascii_chars / ASCII_CHARS_PER_TOKEN + (len(text) - ascii_chars) / OTHER_CHARS_PER_TOKEN)


def image_tokens(model: ModelEntry, resolution: MediaResolution) -> int:
    """Return how many tokens one image is worth to the model, whatever its size in pixels."""
    return UNKNOWN_IMAGE_TOKENS if model.rules is None else model.rules.image_tokens[resolution.value]


def video_tokens(model: ModelEntry, duration_s: float, fps: float, resolution: MediaResolution, *, sound: bool) -> int:
    """Return how many tokens a video is worth: its sampled frames and, per second, its sound."""
    if model.rules is None:
        raise ValueError(f"{model.name} takes no video")
    frames = math.ceil(duration_s * fps)
    heard = math.ceil(duration_s) * model.rules.audio_tokens_per_s if sound else 0
    return frames * model.rules.video_frame_tokens[resolution.value] + heard
