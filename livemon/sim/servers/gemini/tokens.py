"""Token count of a prompt by Google's documented rules, by modality.

Google calls its numbers for pictures approximate maxima; a stand-in needs one number, and takes the maximum.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from livemon.sim.servers.gemini.models import Model
from livemon.sim.servers.media import ReceivedMedia
from livemon.sim.servers.tokens import text_tokens

AUDIO_PER_S = 32
FRAMES_PER_S = 1.0

_IMAGE_3 = {"LOW": 280, "MEDIUM": 560, "HIGH": 1120, "ULTRA_HIGH": 2240}
_FRAME_3 = {"LOW": 70, "MEDIUM": 70, "HIGH": 280, "ULTRA_HIGH": 280}
_IMAGE_2 = {"LOW": 64, "MEDIUM": 256}
_FRAME_2 = {"LOW": 66}
_TILE = 258
_SMALL_PX = 384


@dataclass(frozen=True, slots=True)
class MediaPart:
    """A picture or film with what its part says of it.

    Attributes
    ----------
    resolution
        LOW, MEDIUM, HIGH, ULTRA_HIGH; empty for the model's default.
    start_s, end_s
        The stretch of the film that is looked at.
    """

    media: ReceivedMedia
    resolution: str = ""
    fps: float = FRAMES_PER_S
    start_s: float = 0.0
    end_s: float = 0.0


def prompt_tokens(model: Model, texts: list[str], parts: list[MediaPart]) -> Counter[str]:
    """Count tokens by modality: TEXT, IMAGE, VIDEO, AUDIO; DOCUMENT at a text's price."""
    counted: Counter[str] = Counter(TEXT=sum(text_tokens(text) for text in texts))
    for part in parts:
        counted.update(media_tokens(model, part))
    return +counted


def media_tokens(model: Model, part: MediaPart) -> dict[str, int]:
    """Count the tokens of one picture, film or document."""
    media, seconds = part.media, part.end_s - part.start_s
    if media.is_image:
        return {"IMAGE": _image(model, media, part.resolution)}
    if media.is_video:
        table = _FRAME_3 if model.family == 3 else _FRAME_2
        per_frame = table.get(part.resolution, 70 if model.family == 3 else _TILE)
        sound = math.ceil(seconds * AUDIO_PER_S) if media.has_sound else 0
        # Durations come from floats: 600.0000001 s are 600 frames.
        return {"VIDEO": math.ceil(round(seconds * part.fps, 6)) * per_frame, "AUDIO": sound}
    if media.mime.startswith("audio/"):
        return {"AUDIO": math.ceil(seconds * AUDIO_PER_S)}
    if media.mime == "text/plain":
        return {"TEXT": text_tokens(media.data.decode(errors="replace"))}
    return {"DOCUMENT": _TILE}


def _image(model: Model, media: ReceivedMedia, resolution: str) -> int:
    if model.family == 3:
        return _IMAGE_3.get(resolution, _IMAGE_3["HIGH"])
    if resolution in _IMAGE_2:
        return _IMAGE_2[resolution]
    width, height = media.size_px
    if max(width, height) <= _SMALL_PX:
        return _TILE
    crop = max(1, math.floor(min(width, height) / 1.5))
    return math.ceil(width / crop) * math.ceil(height / crop) * _TILE


def usage(prompt: Counter[str], cached: Counter[str], answer: int, thoughts: int) -> dict[str, Any]:
    """Return usageMetadata. As on the real wire, counts of zero are left out.

    Parameters
    ----------
    prompt
        Tokens by modality, the cached ones among them.
    cached
        Those that came from a cache.
    """
    made: dict[str, Any] = {
        "promptTokenCount": prompt.total(),
        "cachedContentTokenCount": cached.total(),
        "candidatesTokenCount": answer,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt.total() + answer + thoughts,
        "promptTokensDetails": details(prompt),
        "cacheTokensDetails": details(cached),
    }
    return {name: count for name, count in made.items() if count}


def details(counted: Counter[str]) -> list[dict[str, Any]]:
    """Return counts as the API lists them."""
    return [{"modality": modality, "tokenCount": count} for modality, count in counted.items() if count]
