"""Rules of JSON Schemas as a response format of an OpenAI-compatible API, loosely and with `strict`."""

from __future__ import annotations

from typing import Any

from livemon.sim.servers.records import Refused
from livemon.sim.servers.schemas import Schema, resolve

_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}


def check_strict(schema: Schema, *, strict: bool) -> None:
    """Check a schema; a strict one leaves nothing open.

    Raises
    ------
    Refused
        When its types or references make no sense. With `strict` also when the root is not an object, an object allows
        additional properties, or a property is not required.
    """
    root = _resolved(schema, schema, ())
    if strict and (root.get("type") != "object" or "anyOf" in root):
        raise Refused(400, f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{root.get('type')}\"'.")
    _check(schema, schema, (), strict=strict)
    for name, each in schema.get("$defs", {}).items():
        _check(each, schema, ("$defs", name), strict=strict)


def _check(schema: Any, root: Schema, path: tuple[str, ...], *, strict: bool) -> None:
    place = f"In context={path}, "
    if not isinstance(schema, dict):
        raise Refused(400, f"{place}schema must be an object.")
    if "$ref" in schema:
        _resolved(schema, root, path)
        return
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in _TYPES:
            raise Refused(400, f"{place}'{kind}' is not valid under any of the given schemas.")
    properties = schema.get("properties", {})
    if strict and (schema.get("type") == "object" or properties):
        if schema.get("additionalProperties") is not False:
            raise Refused(400, f"{place}'additionalProperties' is required to be supplied and to be false.")
        if missing := [name for name in properties if name not in schema.get("required", [])]:
            raise Refused(
                400,
                f"{place}'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{missing[0]}'.",
            )
    if strict and schema.get("type") == "array" and "items" not in schema:
        raise Refused(400, f"{place}array schema missing items.")
    if strict and not (schema.keys() & {"type", "enum", "const", "anyOf"}):
        raise Refused(400, f"{place}schema must have a 'type' key.")
    if extra := [name for name in schema.get("required", []) if name not in properties]:
        raise Refused(400, f"{place}'required' names '{extra[0]}', which is no property.")
    for name, each in properties.items():
        _check(each, root, (*path, "properties", name), strict=strict)
    if "items" in schema:
        _check(schema["items"], root, (*path, "items"), strict=strict)
    for key in ("anyOf", "oneOf", "allOf"):
        if strict and key != "anyOf" and key in schema:
            raise Refused(400, f"{place}'{key}' is not permitted.")
        for index, each in enumerate(schema.get(key, [])):
            _check(each, root, (*path, key, str(index)), strict=strict)


def _resolved(schema: Schema, root: Schema, path: tuple[str, ...]) -> Schema:
    try:
        return resolve(schema, root)
    except (KeyError, TypeError) as exc:
        raise Refused(400, f"In context={path}, the reference '{schema['$ref']}' leads nowhere.") from exc
