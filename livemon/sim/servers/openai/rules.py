"""Rules of a chat completion request: parameters, messages, pictures, response format.

Out comes a checked Prompt.

Answers live in server.py. Local servers take more than this (vLLM, Ollama); what passes here passes there.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from livemon.sim.servers.media import BadMedia, ReceivedMedia, decode_base64, open_media
from livemon.sim.servers.openai.errors import invalid
from livemon.sim.servers.openai.schema_rules import check_strict
from livemon.sim.servers.records import Refused
from livemon.sim.servers.schemas import Schema
from livemon.sim.servers.tokens import text_tokens

_PARAMETERS: dict[str, type | tuple[type, ...]] = {
    "model": str,
    "messages": list,
    "response_format": dict,
    "max_tokens": int,
    "max_completion_tokens": int,
    "temperature": (int, float),
    "top_p": (int, float),
    "presence_penalty": (int, float),
    "frequency_penalty": (int, float),
    "seed": int,
    "n": int,
    "stop": (str, list),
    "stream": bool,
    "user": str,
    "reasoning_effort": str,
    "service_tier": str,
    "store": bool,
    "metadata": dict,
    "logprobs": bool,
}
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
    "n": (1, 1),
}
_ROLES = ("system", "developer", "user", "assistant")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
_IMAGE_MIMES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+/-]+);base64,(?P<data>[A-Za-z0-9+/]+={0,2})")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PER_MESSAGE = 4
_LOW, _TILE = 85, 170


@dataclass(frozen=True, slots=True)
class OpenAIPrompt:
    """A request that broke no rule; tokens are counted as OpenAI counts for its models with tiles."""

    body: dict[str, Any]
    text: str
    media: tuple[ReceivedMedia, ...]
    schema: Schema | None
    wants_json: bool
    tokens: int
    max_output_tokens: int | None


def check_completion(body: dict[str, Any]) -> OpenAIPrompt:
    """Check a request.

    Raises
    ------
    Refused
        With the first rule that it breaks.
    """
    _check_parameters(body)
    texts: list[str] = []
    media: list[ReceivedMedia] = []
    tokens = 3
    if not body["messages"]:
        raise invalid("Invalid 'messages': empty array. Expected at least one message.", "messages", "empty_array")
    for index, message in enumerate(body["messages"]):
        tokens += _PER_MESSAGE + _check_message(message, f"messages[{index}]", texts, media)
    if not any(message["role"] == "user" for message in body["messages"]):
        raise invalid("The messages have none of the user.", "messages")
    schema, wants_json = _check_format(body.get("response_format"), texts)
    tokens += sum(text_tokens(text) for text in texts)
    if schema is not None:
        tokens += text_tokens(json.dumps(schema, separators=(",", ":"), ensure_ascii=False))
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    return OpenAIPrompt(body, "\n".join(texts), tuple(media), schema, wants_json, tokens, limit)


def _check_parameters(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name not in _PARAMETERS:
            raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        wanted: Any = _PARAMETERS[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise invalid(f"Invalid type for '{name}'.", name, "invalid_type")
        low, high = _RANGES.get(name, (-math.inf, math.inf))
        if name in _RANGES and not low <= value <= high:
            raise invalid(f"Invalid '{name}': {value} is not from {low} to {high}.", name, "invalid_value")
    for name in ("model", "messages"):
        if name not in body:
            raise invalid(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    if "max_tokens" in body and "max_completion_tokens" in body:
        raise invalid("Set only one of max_tokens and max_completion_tokens.", "max_tokens")
    for name in ("max_tokens", "max_completion_tokens"):
        if body.get(name, 1) < 1:
            raise invalid(
                f"Invalid '{name}': {body[name]} is below the minimum value.", name, "integer_below_min_value"
            )
    if body.get("reasoning_effort", "low") not in _EFFORTS:
        raise invalid(f"Invalid value: '{body['reasoning_effort']}'.", "reasoning_effort", "invalid_value")
    if body.get("stream"):
        raise invalid("The stand-in does not stream.", "stream")


def _check_message(message: Any, path: str, texts: list[str], media: list[ReceivedMedia]) -> int:
    """Collect a message's texts and pictures; returns the pictures' tokens."""
    if not isinstance(message, dict):
        raise invalid(f"Invalid type for '{path}': expected an object.", path, "invalid_type")
    if unknown := set(message) - {"role", "content", "name"}:
        raise invalid(f"Unknown parameter: '{path}.{min(unknown)}'.", path, "unknown_parameter")
    if message.get("role") not in _ROLES:
        raise invalid(f"Invalid value: '{message.get('role')}'. Supported values are: {_ROLES}.", f"{path}.role")
    content = message.get("content")
    if isinstance(content, str):
        texts.append(content)
        return 0
    if not isinstance(content, list) or not content:
        raise invalid(f"Invalid type for '{path}.content': expected text or parts.", f"{path}.content", "invalid_type")
    return sum(
        _check_part(part, f"{path}.content[{index}]", message["role"], texts, media)
        for index, part in enumerate(content)
    )


def _check_part(part: Any, path: str, role: str, texts: list[str], media: list[ReceivedMedia]) -> int:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in ("text", "image_url"):
        raise invalid(f"Invalid value: '{kind}'. Supported values are: 'text', 'image_url'.", path, "invalid_value")
    if set(part) != {"type", kind}:
        raise invalid(f"'{path}' must have type and {kind}, and nothing else.", path)
    if kind == "text":
        if not isinstance(part["text"], str):
            raise invalid(f"Invalid type for '{path}.text'.", path, "invalid_type")
        texts.append(part["text"])
        return 0
    if role != "user":
        raise invalid(f"Image URLs are only allowed for messages with role 'user', not '{role}'.", path)
    image = part["image_url"]
    if not isinstance(image, dict) or set(image) - {"url", "detail"} or not isinstance(image.get("url"), str):
        raise invalid(f"'{path}.image_url' must have a url, and may have a detail.", path)
    detail = image.get("detail", "auto")
    if detail not in ("auto", "low", "high"):
        raise invalid(f"Invalid value: '{detail}'.", f"{path}.image_url.detail", "invalid_value")
    found = _picture(image["url"], f"{path}.image_url.url")
    media.append(found)
    return _LOW if detail == "low" else _image_tokens(*found.size_px)


def _picture(url: str, path: str) -> ReceivedMedia:
    match = _DATA_URL.fullmatch(url)
    if match is None or match["mime"] not in _IMAGE_MIMES:
        raise invalid(
            f"Expected a base64-encoded data URL with one of {_IMAGE_MIMES}; got '{url[:40]}'. "
            "The stand-in fetches no addresses.",
            path,
            "invalid_image_url",
        )
    try:
        return open_media(match["mime"], decode_base64(match["data"]))
    except BadMedia as exc:
        raise invalid(f"You uploaded an unsupported image. {exc}", path, "image_parse_error") from exc


def _image_tokens(width: int, height: int) -> int:
    """Count as OpenAI documents it: fit into 2048, short side to 768, tiles of 512."""
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    tiles = math.ceil(round(width * scale, 3) / 512) * math.ceil(round(height * scale, 3) / 512)
    return _LOW + _TILE * tiles


def _check_format(wanted: dict[str, Any] | None, texts: list[str]) -> tuple[Schema | None, bool]:
    """Return the schema of the answer, if any, and whether it is to be JSON."""
    kind = "text" if wanted is None else wanted.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise invalid(f"Invalid value: '{kind}'.", "response_format.type", "invalid_value")
    if wanted is None or kind == "text":
        return None, False
    if set(wanted) - {"type", kind}:
        raise invalid(f"Unknown parameter: 'response_format.{min(set(wanted) - {'type', kind})}'.", "response_format")
    if kind == "json_object":
        if "json" not in " ".join(texts).lower():
            raise invalid(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                "messages",
            )
        return None, True
    return _check_json_schema(wanted.get("json_schema")), True


def _check_json_schema(inner: Any) -> Schema:
    path = "response_format.json_schema"
    if not isinstance(inner, dict):
        raise invalid(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")
    if unknown := set(inner) - {"name", "schema", "strict", "description"}:
        raise invalid(f"Unknown parameter: '{path}.{min(unknown)}'.", path, "unknown_parameter")
    if not isinstance(inner.get("name"), str) or not _NAME.fullmatch(inner["name"]):
        raise invalid(f"Invalid '{path}.name': expected 1 to 64 of a-z, A-Z, 0-9, _ and -.", f"{path}.name")
    if not isinstance(inner.get("schema"), dict):
        raise invalid(f"Missing required parameter: '{path}.schema'.", path, "missing_required_parameter")
    schema: Schema = inner["schema"]
    try:
        check_strict(schema, strict=bool(inner.get("strict", False)))
    except Refused as refused:
        text = f"Invalid schema for response_format '{inner['name']}': {refused.message}"
        raise invalid(text, "response_format") from refused
    return schema
