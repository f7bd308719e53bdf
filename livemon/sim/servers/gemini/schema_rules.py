"""Rules of response schemas of the Gemini API: its own dialect strictly, JSON Schema as far as it must make sense."""

from __future__ import annotations

from typing import Any

from livemon.sim.servers.gemini.errors import invalid_field
from livemon.sim.servers.records import Refused
from livemon.sim.servers.schemas import Schema, from_gemini, resolve

ROOT = "generation_config.response_schema"
# Seen in replies of the real API: it takes no other formats, whatever its documentation lists.
_FORMATS = {
    "STRING": {"enum", "date-time"},
    "NUMBER": {"float", "double"},
    "INTEGER": {"int32", "int64"},
}
_JSON_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}


def response_schema(config: dict[str, Any]) -> Schema | None:
    """Check the schema of a generationConfig and return it as JSON Schema; None when there is none.

    Raises
    ------
    Refused
        When it cannot be taken, or the reply was not asked for as JSON.
    """
    own, json_schema = config.get("responseSchema"), config.get("responseJsonSchema")
    mime = config.get("responseMimeType", "text/plain")
    if mime not in ("text/plain", "application/json", "text/x.enum"):
        raise invalid_field(
            "generation_config.response_mime_type", f"Unhandled response mime type {mime}: use application/json."
        )
    if own is None and json_schema is None:
        return None
    if own is not None and json_schema is not None:
        raise invalid_field(ROOT, "Only one of response_schema and response_json_schema can be set.")
    if mime != "application/json":
        text = f"A response schema needs response_mime_type application/json, not '{mime}'."
        raise invalid_field("generation_config.response_mime_type", text)
    if own is not None:
        _check_own(own, ROOT)
        return from_gemini(own)
    assert json_schema is not None
    _check_json_schema(json_schema, json_schema, "generation_config.response_json_schema")
    return dict(json_schema)


def _refuse(path: str, text: str) -> Refused:
    return invalid_field(path, f"* GenerateContentRequest.{path}: {text}")


def _check_own(schema: Schema, path: str) -> None:
    """Check Gemini's dialect; unknown keys were refused by wire.py."""
    kind = schema.get("type")
    if kind is None:
        if "anyOf" not in schema:
            raise _refuse(f"{path}.type", "must be specified.")
    elif kind == "OBJECT":
        if not schema.get("properties"):
            raise _refuse(f"{path}.properties", "should be non-empty for OBJECT type")
    elif kind == "ARRAY" and "items" not in schema:
        raise _refuse(f"{path}.items", "missing field.")
    if "enum" in schema:
        if kind not in ("STRING", None):
            raise _refuse(f"{path}.enum", "only allowed for STRING type")
        if not schema["enum"] or "" in schema["enum"]:
            raise _refuse(f"{path}.enum", "cannot be empty")
    if "format" in schema and schema["format"] not in _FORMATS.get(kind or "", set()):
        allowed = " and ".join(f"'{name}'" for name in sorted(_FORMATS.get(kind or "", set()))) or "no formats"
        raise _refuse(f"{path}.format", f"only {allowed} are supported for {kind} type")
    properties = schema.get("properties", {})
    for key in ("required", "propertyOrdering"):
        for index, name in enumerate(schema.get(key, [])):
            if name not in properties:
                raise _refuse(f"{path}.{key}[{index}]", "property is not defined")
    for low, high in (("minItems", "maxItems"), ("minLength", "maxLength"), ("minimum", "maximum")):
        if low in schema and high in schema and schema[low] > schema[high]:
            raise _refuse(f"{path}.{low}", f"is greater than {high}")
    for name, each in properties.items():
        _check_own(each, f"{path}.properties[{name}]")
    if "items" in schema:
        _check_own(schema["items"], f"{path}.items")
    for index, each in enumerate(schema.get("anyOf", [])):
        _check_own(each, f"{path}.any_of[{index}]")


def _check_json_schema(schema: Any, root: Any, path: str) -> None:
    """Check JSON Schema; keys that the API does not use are ignored, as it says it does."""
    if not isinstance(schema, dict):
        raise _refuse(path, "must be an object.")
    if "$ref" in schema:
        try:
            resolve(schema, root)
        except (KeyError, TypeError) as exc:
            raise _refuse(f"{path}.$ref", f"'{schema['$ref']}' leads nowhere.") from exc
        return
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in _JSON_TYPES:
            raise _refuse(f"{path}.type", f"'{kind}' is no type of JSON Schema.")
    properties = schema.get("properties", {})
    if schema.get("type") == "object" and not properties:
        raise _refuse(f"{path}.properties", "should be non-empty for object type")
    if missing := [name for name in schema.get("required", []) if name not in properties]:
        raise _refuse(f"{path}.required", f"property '{missing[0]}' is not defined")
    for name, each in properties.items():
        _check_json_schema(each, root, f"{path}.properties[{name}]")
    for name, each in schema.get("$defs", {}).items():
        _check_json_schema(each, root, f"{path}.$defs[{name}]")
    if isinstance(schema.get("items"), dict):
        _check_json_schema(schema["items"], root, f"{path}.items")
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for index, each in enumerate(schema.get(key, [])):
            _check_json_schema(each, root, f"{path}.{key}[{index}]")
