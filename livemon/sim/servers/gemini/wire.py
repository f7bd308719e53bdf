"""The Gemini API's messages: which fields exist, of which type, and the JSON they may be written in.

`normalise` turns a request into camelCase names and refuses names that the API does not know. Rules between fields live
in rules.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livemon.sim.servers.gemini.errors import invalid_field

_UNDERSCORE = re.compile(r"_([a-z0-9])")
_DURATION = re.compile(r"\d+(\.\d{1,9})?s")


@dataclass(frozen=True, slots=True)
class Many:
    """A list of something."""

    of: Any


@dataclass(frozen=True, slots=True)
class Named:
    """A map from names of the user's own to something."""

    of: Any


@dataclass(frozen=True, slots=True)
class Enum:
    """One of some words; `any_case` where the documentation itself writes them small."""

    words: frozenset[str]
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Lazy:
    """A message that is defined later, or contains itself."""

    get: Callable[[], Any]


ANYTHING = object()


def words(prefix: str, names: str, *, any_case: bool = False) -> Enum:
    """Make an Enum of names that share a prefix."""
    return Enum(frozenset(prefix + name for name in names.split()), any_case)


MEDIA_RESOLUTION = words("MEDIA_RESOLUTION_", "UNSPECIFIED LOW MEDIUM HIGH")
PART_MEDIA_RESOLUTION = words("MEDIA_RESOLUTION_", "UNSPECIFIED LOW MEDIUM HIGH ULTRA_HIGH")
THINKING_LEVEL = words("", "THINKING_LEVEL_UNSPECIFIED MINIMAL LOW MEDIUM HIGH", any_case=True)
SERVICE_TIER = words("", "UNSPECIFIED STANDARD FLEX PRIORITY", any_case=True)
MEDIA_PROCESSING = words("", "MEDIA_PROCESSING_UNSPECIFIED STATIC AGENTIC")
SCHEMA_TYPE = words("", "STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL")
HARM = words("HARM_CATEGORY_", "HARASSMENT HATE_SPEECH SEXUALLY_EXPLICIT DANGEROUS_CONTENT CIVIC_INTEGRITY")
THRESHOLD = words("", "HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH")
THRESHOLD = Enum(THRESHOLD.words | {"BLOCK_NONE", "OFF"})

SCHEMA: dict[str, Any] = {
    "type": SCHEMA_TYPE,
    "format": str,
    "title": str,
    "description": str,
    "nullable": bool,
    "enum": Many(str),
    "minItems": int,
    "maxItems": int,
    "minLength": int,
    "maxLength": int,
    "minProperties": int,
    "maxProperties": int,
    "minimum": float,
    "maximum": float,
    "pattern": str,
    "example": ANYTHING,
    "default": ANYTHING,
    "properties": Named(Lazy(lambda: SCHEMA)),
    "required": Many(str),
    "propertyOrdering": Many(str),
    "items": Lazy(lambda: SCHEMA),
    "anyOf": Many(Lazy(lambda: SCHEMA)),
}
PART: dict[str, Any] = {
    "text": str,
    "inlineData": {"mimeType": str, "data": str, "displayName": str},
    "fileData": {"fileUri": str, "mimeType": str, "displayName": str},
    "videoMetadata": {"fps": float, "startOffset": "duration", "endOffset": "duration"},
    "mediaResolution": {"level": PART_MEDIA_RESOLUTION},
    "mediaProcessing": MEDIA_PROCESSING,
    "thought": bool,
    "thoughtSignature": str,
    "partMetadata": ANYTHING,
}
CONTENT: dict[str, Any] = {"role": str, "parts": Many(PART)}
GENERATION_CONFIG: dict[str, Any] = {
    "stopSequences": Many(str),
    "responseMimeType": str,
    "responseSchema": SCHEMA,
    "responseJsonSchema": ANYTHING,
    "responseModalities": Many(str),
    "candidateCount": int,
    "maxOutputTokens": int,
    "temperature": float,
    "topP": float,
    "topK": int,
    "seed": int,
    "presencePenalty": float,
    "frequencyPenalty": float,
    "mediaResolution": MEDIA_RESOLUTION,
    "thinkingConfig": {"includeThoughts": bool, "thinkingBudget": int, "thinkingLevel": THINKING_LEVEL},
}
GENERATE: dict[str, Any] = {
    "model": str,
    "contents": Many(CONTENT),
    "systemInstruction": CONTENT,
    "tools": ANYTHING,
    "toolConfig": ANYTHING,
    "safetySettings": Many({"category": HARM, "threshold": THRESHOLD}),
    "generationConfig": GENERATION_CONFIG,
    "cachedContent": str,
    "serviceTier": SERVICE_TIER,
    "continuationToken": str,
    "store": bool,
}
# v1 does not have these yet.
GENERATE_V1 = {name: kind for name, kind in GENERATE.items() if name not in ("cachedContent", "serviceTier")}
COUNT: dict[str, Any] = {"contents": Many(CONTENT), "generateContentRequest": GENERATE}
FILE: dict[str, Any] = {"file": {"name": str, "displayName": str, "mimeType": str, "sizeBytes": int}}
BATCH_ITEM: dict[str, Any] = {"request": ANYTHING, "metadata": {"key": str}}
BATCH: dict[str, Any] = {
    "batch": {
        "displayName": str,
        "inputConfig": {"requests": {"requests": Many(BATCH_ITEM)}, "fileName": str},
        "priority": int,
    }
}
CACHE: dict[str, Any] = {
    "model": str,
    "contents": Many(CONTENT),
    "systemInstruction": CONTENT,
    "tools": ANYTHING,
    "toolConfig": ANYTHING,
    "ttl": "duration",
    "displayName": str,
}
CACHE_UPDATE: dict[str, Any] = {"ttl": "duration"}


def camel(name: str) -> str:
    """Turn snake_case into camelCase; camelCase stays."""
    return _UNDERSCORE.sub(lambda match: match.group(1).upper(), name)


def seconds(duration: str) -> float:
    """Return the seconds of a duration such as `600s`."""
    return float(duration.removesuffix("s"))


def normalise(value: Any, kind: Any, path: str = "") -> Any:
    """Return a request with camelCase names, every field of its right type.

    Raises
    ------
    Refused
        400 with the place, when a name is unknown or a value of the wrong type.
    """
    if isinstance(kind, Lazy):
        kind = kind.get()
    if kind is ANYTHING:
        return value
    if isinstance(kind, Many):
        if not isinstance(value, list):
            raise invalid_field(path, f"Invalid JSON payload received. Expected a list at '{path}'.")
        return [normalise(each, kind.of, f"{path}[{index}]") for index, each in enumerate(value)]
    if isinstance(kind, Named):
        return {name: normalise(each, kind.of, f"{path}.{name}") for name, each in _object(value, path).items()}
    if isinstance(kind, dict):
        return _message(_object(value, path), kind, path)
    return _leaf(value, kind, path)


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid_field(path, f"Invalid JSON payload received. Expected an object at '{path}'.")
    return value


def _message(value: dict[str, Any], kind: dict[str, Any], path: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for written, each in value.items():
        name = camel(written)
        place = f" at '{path}'" if path else ""
        if name not in kind:
            text = f'Invalid JSON payload received. Unknown name "{written}"{place}: Cannot find field.'
            raise invalid_field(path, text)
        if name in made:
            raise invalid_field(path, f'Invalid JSON payload received. "{name}"{place} is set twice.')
        if each is not None:  # null is the same as not set
            made[name] = normalise(each, kind[name], f"{path}.{name}" if path else name)
    return made


def _leaf(value: Any, kind: Any, path: str) -> Any:
    if isinstance(kind, Enum):
        word = value.upper() if kind.any_case and isinstance(value, str) else value
        if isinstance(word, str) and word in kind.words:
            return word
    elif kind in (int, float) and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        number = _number(value)
        if number is not None and (kind is float or number.is_integer()):
            return int(number) if kind is int else number
    elif (kind in (str, bool) and isinstance(value, kind)) or (
        kind == "duration" and isinstance(value, str) and _DURATION.fullmatch(value)
    ):
        return value
    raise invalid_field(path, f"Invalid value at '{path}', {str(value)[:80]!r}")


def _number(value: float | str) -> float | None:
    """Read a number; protobuf's JSON takes it as text too."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
