"""JSON schema of an answer's pydantic model for requests, without parts that only cost tokens.

The answers live in answers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

UNSAID = frozenset({"title", "pattern", "minimum", "maximum", "maxItems", "maxLength"})
"""Constraints that are checked all the same, so that calls need not pay for them.

They are titles, and bounds that the descriptions say in words.
"""


@lru_cache(maxsize=8)
def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a self-contained JSON schema without titles, every object closed.

    ``additionalProperties: false`` and every property required is what OpenAI's strict mode asks for
    (https://platform.openai.com/docs/guides/structured-outputs).
    """
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    return dict(_inlined(schema, definitions))


@lru_cache(maxsize=8)
def gemini_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema in Gemini's subset: type names in capitals, properties in a stated order, objects open.

    https://ai.google.dev/api/caching#Schema; ``additionalProperties`` is refused there.
    """
    return _gemini(json_schema(model))


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        return _inlined({**target, **{key: value for key, value in node.items() if key != "$ref"}}, definitions)
    is_object = node.get("type") == "object"
    # An object's description is its class's docstring.
    dropped = {"title", "description"} if is_object else UNSAID
    kept = {
        key: {name: _inlined(one, definitions) for name, one in value.items()}
        if key == "properties"
        else _inlined(value, definitions)
        for key, value in node.items()
        if key == "properties" or key not in dropped
    }
    return {**kept, "additionalProperties": False} if is_object else kept


def _gemini(node: Mapping[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in node.items() if key != "additionalProperties"}
    schema["type"] = node["type"].upper()
    if "properties" in node:
        schema["properties"] = {name: _gemini(one) for name, one in node["properties"].items()}
        schema["property_ordering"] = list(node["properties"])
    if "items" in node:
        schema["items"] = _gemini(node["items"])
    return schema
