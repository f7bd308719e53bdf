"""Rules of a generateContent request: turns, parts, media, thinking, sampling.

Out comes a checked Prompt.

Names and types were checked by wire.py before; answers live in replies.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from livemon.sim.servers.gemini.errors import invalid_field
from livemon.sim.servers.gemini.models import INPUT_LIMIT, OUTPUT_LIMIT, Model
from livemon.sim.servers.gemini.schema_rules import response_schema
from livemon.sim.servers.gemini.tokens import FRAMES_PER_S, MediaPart, prompt_tokens
from livemon.sim.servers.gemini.wire import seconds
from livemon.sim.servers.media import ALL_MIMES, BadMedia, ReceivedMedia, decode_base64, open_media
from livemon.sim.servers.records import Refused
from livemon.sim.servers.schemas import Schema

MAX_INLINE_BYTES = 20 * 1024 * 1024
MAX_FPS = 24.0

FindFile = Callable[[str, str], ReceivedMedia]
"""Returns the uploaded file with this URI and type; raises Refused when it cannot be used."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Input of the model: text and media.

    Attributes
    ----------
    texts
        Each text part.
    parts
        Each picture and film.
    """

    texts: list[str] = field(default_factory=list)
    parts: list[MediaPart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GeminiPrompt:
    """A request that broke no rule.

    Attributes
    ----------
    schema
        JSON Schema of the answer, when one was asked for.
    tokens, cached
        By modality; `tokens` has the cached ones too.
    max_output_tokens
        The most that answer and thoughts may take together.
    """

    model: Model
    body: dict[str, Any]
    contents: Contents
    schema: Schema | None
    wants_json: bool
    tokens: Counter[str]
    cached: Counter[str]
    max_output_tokens: int
    thoughts: int


def check_size(raw: bytes) -> None:
    """Refuse a body of more than 20 MB."""
    if len(raw) > MAX_INLINE_BYTES:
        raise Refused(400, f"Request payload size exceeds the limit: {MAX_INLINE_BYTES} bytes.")


def check_generate(
    body: dict[str, Any], model: Model, find_file: FindFile, cached: Counter[str] | None = None
) -> GeminiPrompt:
    """Check a request with camelCase names.

    Parameters
    ----------
    cached
        Tokens of the cachedContent that the request names.

    Raises
    ------
    Refused
        With the first rule that it breaks.
    """
    config = body.get("generationConfig", {})
    resolution = config.get("mediaResolution", "").removeprefix("MEDIA_RESOLUTION_")
    contents = check_contents(body.get("contents", []), model, find_file, resolution)
    system = check_system(body)
    _check_sampling(config, model)
    thoughts = _check_thinking(config.get("thinkingConfig", {}), model)
    schema = response_schema(config)
    max_output = config.get("maxOutputTokens", OUTPUT_LIMIT)
    if not 1 <= max_output <= OUTPUT_LIMIT:
        raise invalid_field(
            "generation_config.max_output_tokens",
            f"Unable to submit request because it has a maxOutputTokens value of {max_output} but the supported range "
            f"is from 1 (inclusive) to {OUTPUT_LIMIT + 1} (exclusive).",
        )
    sent = config.get("responseSchema", config.get("responseJsonSchema"))
    texts = [*system, *contents.texts]
    counted = [*texts, json.dumps(sent, separators=(",", ":"), ensure_ascii=False)] if sent else texts
    cached = cached or Counter()
    tokens = prompt_tokens(model, counted, contents.parts) + cached
    if tokens.total() > INPUT_LIMIT:
        raise Refused(
            400,
            f"The input token count ({tokens.total()}) exceeds the maximum number of tokens allowed ({INPUT_LIMIT}).",
        )
    return GeminiPrompt(
        model=model,
        body=body,
        contents=Contents(texts, contents.parts),
        schema=schema,
        wants_json=config.get("responseMimeType") == "application/json",
        tokens=tokens,
        cached=cached,
        max_output_tokens=max_output,
        thoughts=thoughts,
    )


def check_contents(contents: list[dict[str, Any]], model: Model, find_file: FindFile, resolution: str = "") -> Contents:
    """Check turns and parts, and open their media; raises Refused.

    Parameters
    ----------
    resolution
        That of the whole request, for parts without their own.
    """
    if not contents:
        raise invalid_field("contents", "* GenerateContentRequest.contents: contents is not specified")
    found = Contents()
    for turn, content in enumerate(contents):
        path = f"contents[{turn}]"
        if content.get("role", "user") not in ("user", "model"):
            raise invalid_field(path, "Please use a valid role: user, model.")
        if not content.get("parts"):
            raise invalid_field(path, f"* GenerateContentRequest.{path}.parts: contents.parts must not be empty.")
        for index, part in enumerate(content["parts"]):
            _check_part(part, f"{path}.parts[{index}]", model, find_file, resolution, found)
    if contents[-1].get("role") == "model":
        raise invalid_field("contents", "Please ensure that multiturn requests end with a user turn.")
    return found


def check_system(body: dict[str, Any]) -> list[str]:
    """Return the texts of systemInstruction, which may hold nothing else; raises Refused."""
    if "systemInstruction" not in body:
        return []
    parts = body["systemInstruction"].get("parts", [])
    if not parts or any(set(part) - {"text"} or not part.get("text") for part in parts):
        raise invalid_field("system_instruction", "systemInstruction must have text parts, and only text parts.")
    return [part["text"] for part in parts]


def _check_part(
    part: dict[str, Any], path: str, model: Model, find_file: FindFile, resolution: str, found: Contents
) -> None:
    kinds = [name for name in ("text", "inlineData", "fileData") if name in part]
    if not kinds:
        text = f"* GenerateContentRequest.{path}.data: required oneof field 'data' must have one initialized field"
        raise invalid_field(path, text)
    if len(kinds) > 1:
        raise invalid_field(path, f"Invalid value (oneof), oneof field 'data' is already set. Cannot set '{kinds[1]}'.")
    media = None
    if kinds == ["text"]:
        if not part["text"]:
            raise invalid_field(path, f"* GenerateContentRequest.{path}: text must not be empty.")
        found.texts.append(part["text"])
    elif kinds == ["fileData"]:
        media = find_file(part["fileData"].get("fileUri", ""), part["fileData"].get("mimeType", ""))
    else:
        media = _inline(part["inlineData"], path)
    if "videoMetadata" in part and not (media and media.is_video):
        raise invalid_field(path, f"{path}.video_metadata: only a video part can have it.")
    level = part.get("mediaResolution", {}).get("level", "")
    if level:
        if model.family != 3:
            raise invalid_field(path, f"Media resolution of a part is not supported by {model.name}.")
        if media is None:
            raise invalid_field(path, f"{path}.media_resolution: only a media part can have it.")
    if media is not None:
        own = level.removeprefix("MEDIA_RESOLUTION_")
        own = own if own not in ("", "UNSPECIFIED") else resolution
        found.parts.append(_clip(media, own, part.get("videoMetadata", {}), path))


def _inline(blob: dict[str, Any], path: str) -> ReceivedMedia:
    mime = blob.get("mimeType", "")
    if mime not in ALL_MIMES:
        raise invalid_field(path, f"Unsupported MIME type: {mime}")
    try:
        data = decode_base64(blob.get("data", ""))
    except BadMedia as exc:
        raise invalid_field(f"{path}.inline_data.data", f"Invalid value at '{path}.inline_data.data', {exc}") from exc
    try:
        return open_media(mime, data)
    except BadMedia as exc:
        kind = mime.split("/")[0]
        raise invalid_field(path, f"Unable to process input {kind}. Please retry or report. ({path}: {exc})") from exc


def _clip(media: ReceivedMedia, resolution: str, metadata: dict[str, Any], path: str) -> MediaPart:
    """Return the stretch of a film that the request wants looked at."""
    fps = metadata.get("fps", FRAMES_PER_S)
    if not 0 < fps <= MAX_FPS:
        raise invalid_field(path, f"{path}.video_metadata.fps: {fps} is not in (0.0, {MAX_FPS}].")
    start_s = seconds(metadata.get("startOffset", "0s"))
    end_s = seconds(metadata["endOffset"]) if "endOffset" in metadata else media.duration_s
    # A container's duration is rounded; a client may round it up to a whole frame.
    if metadata and not start_s < end_s <= media.duration_s + 0.1:
        raise invalid_field(
            path,
            f"{path}.video_metadata: the stretch from {start_s:g}s to {end_s:g}s is not in a video of "
            f"{media.duration_s:g}s.",
        )
    return MediaPart(media, resolution, fps, start_s, end_s)


def _check_sampling(config: dict[str, Any], model: Model) -> None:
    """Refuse what newer models do not take; the real API ignores it today and says that it will refuse."""
    if config.get("candidateCount", 1) > 1:
        raise invalid_field("generation_config.candidate_count", "Multiple candidates is not enabled for this model")
    if model.sampling:
        return
    for name in ("temperature", "topP", "topK"):
        if name in config:
            raise invalid_field(f"generation_config.{name}", f"{name} is not supported by {model.name}.")


def _check_thinking(config: dict[str, Any], model: Model) -> int:
    """Return what thinking will cost; raises Refused."""
    path = "generation_config.thinking_config"
    level, budget = config.get("thinkingLevel"), config.get("thinkingBudget")
    if level is not None and budget is not None:
        raise invalid_field(path, "You can only set only one of thinking budget and thinking level.")
    if model.family == 2 and level is not None:
        raise invalid_field(path, f"Thinking level is not supported for this model: {model.name}.")
    if model.family == 3 and budget is not None:
        raise invalid_field(path, f"Thinking budget is not supported for this model: {model.name}. Set a level.")
    if level is not None and level != "THINKING_LEVEL_UNSPECIFIED" and level not in model.levels:
        raise invalid_field(path, f"Thinking level {level} is not supported for this model: {model.name}.")
    return model.thought_tokens(config)
