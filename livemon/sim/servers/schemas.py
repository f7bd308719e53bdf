"""JSON Schema, as much as answers need: an example of a schema, and what of a value does not obey it.

Gemini's own dialect is translated into it by `from_gemini`. Whether a schema may be sent is not decided here.
"""

from __future__ import annotations

import re
from typing import Any

CANNED = "canned answer of a stand-in server, no model looked"

Schema = dict[str, Any]

# For fields whose text must have a shape. The first that fits is taken.
_SHAPES = (CANNED, "canned", "00:00", "00:00:00", "0", "a", "2000-01-01", "2000-01-01T00:00:00Z", "0.0", "A", "a-a", "")
_FORMATS = {"date-time": "2000-01-01T00:00:00Z", "date": "2000-01-01", "time": "00:00:00Z", "duration": "PT0S"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


class NoExample(Exception):
    """No example of a schema can be made up."""


def from_gemini(schema: Schema) -> Schema:
    """Translate Gemini's dialect (upper-case types, `nullable`, an order of its own) into JSON Schema.

    Parameters
    ----------
    schema
        As wire.py leaves it: documented keys in camelCase, numbers as numbers.
    """
    made: Schema = {key: value for key, value in schema.items() if key not in ("nullable", "propertyOrdering")}
    if "type" in made:
        made["type"] = made["type"].lower()
    if "items" in made:
        made["items"] = from_gemini(made["items"])
    if "anyOf" in made:
        made["anyOf"] = [from_gemini(option) for option in made["anyOf"]]
    if "properties" in made:
        order = schema.get("propertyOrdering") or []
        names = [name for name in order if name in made["properties"]]
        names += [name for name in made["properties"] if name not in names]
        made["properties"] = {name: from_gemini(made["properties"][name]) for name in names}
    if schema.get("nullable"):
        made = {"anyOf": [made, {"type": "null"}]}
    return made


def resolve(schema: Schema, root: Schema) -> Schema:
    """Follow `$ref` within `root`.

    Raises
    ------
    KeyError
        When it leads nowhere.
    """
    seen = 0
    while "$ref" in schema:
        reference = schema["$ref"]
        if not reference.startswith("#"):
            raise KeyError(reference)
        target: Any = root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = target[step] if step else target
        seen += 1
        if seen > 20 or not isinstance(target, dict):
            raise KeyError(reference)
        schema = target
    return schema


def example(schema: Schema, root: Schema | None = None) -> Any:
    """Make the smallest value that obeys `schema`: arrays empty, texts that say that they are canned.

    Raises
    ------
    NoExample
        When a text must have a shape that is not known here.
    """
    root = schema if root is None else root
    schema = resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            rest = {k: v for k, v in schema.items() if k != key}
            options = [option for option in schema[key] if option.get("type") != "null"] or schema[key]
            return example({**rest, **resolve(options[0], root)}, root)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((k for k in kinds if k != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "object":
        properties = schema.get("properties", {})
        names = [name for name in properties if name in schema.get("required", [])] or list(properties)
        return {name: example(properties[name], root) for name in names}
    if kind == "array":
        first = [example(each, root) for each in schema.get("prefixItems", [])]
        more = max(0, schema.get("minItems", 0) - len(first))
        return first + [example(schema.get("items", {}), root)] * more
    if kind in ("number", "integer"):
        return _number(schema, kind)
    return {"boolean": False, "null": None}.get(kind) if kind != "string" else _text(schema)


def _number(schema: Schema, kind: str) -> float | int:
    step = 1 if kind == "integer" else 0.5
    low = schema.get("minimum", schema["exclusiveMinimum"] + step if "exclusiveMinimum" in schema else None)
    high = schema.get("maximum", schema["exclusiveMaximum"] - step if "exclusiveMaximum" in schema else None)
    value = low if low is not None else (min(0, high) if high is not None else 0)
    return int(value) if kind == "integer" else value


def _text(schema: Schema) -> str:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" not in schema and schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    for shape in (schema.get("example"), schema.get("default"), *_SHAPES):
        if not isinstance(shape, str):
            continue
        shape = shape.ljust(low, ".") if high is None else shape.ljust(low, ".")[:high]
        if re.search(schema.get("pattern", ""), shape):
            return shape
    raise NoExample(f"no canned text has the shape {schema['pattern']}")


def violations(value: Any, schema: Schema, root: Schema | None = None, path: str = "$") -> list[str]:
    """Return what of `value` does not obey `schema`, each with its place; empty when all does."""
    root = schema if root is None else root
    schema = resolve(schema, root)
    found: list[str] = []
    for key in ("anyOf", "oneOf"):
        if schema.get(key) and all(violations(value, option, root, path) for option in schema[key]):
            found.append(f"{path} is none of the {key}")
    for option in schema.get("allOf", []):
        found += violations(value, option, root, path)
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [*found, f"{path} is not of the type {' or '.join(kinds)}"]
    if schema.get("enum") and value not in schema["enum"]:
        found.append(f"{path} is {value!r}, not one of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{path} is not {schema['const']!r}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
        if properties and schema.get("additionalProperties") is not True:
            found += [f"{path}.{name} is not in the schema" for name in value if name not in properties]
        for name in value.keys() & properties.keys():
            found += violations(value[name], properties[name], root, f"{path}.{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            prefix = schema.get("prefixItems", [])
            item = prefix[index] if index < len(prefix) else schema.get("items", {})
            found += violations(each, item, root, f"{path}[{index}]")
    return found + [f"{path} breaks {key}" for key in _BOUNDS if key in schema and not _within(value, key, schema[key])]


_BOUNDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems", "minLength", "maxLength"),
)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _within(value: Any, key: str, bound: float) -> bool:
    """Tell whether a value keeps a bound; bounds of other types hold."""
    if key.endswith(("Items", "Length")):
        if not isinstance(value, list if key.endswith("Items") else str):
            return True
        size: float = len(value)
    elif isinstance(value, (int, float)):
        size = value
    else:
        return True
    if key.startswith("exclusive"):
        return size > bound if "Min" in key else size < bound
    return size >= bound if key.startswith("min") else size <= bound
