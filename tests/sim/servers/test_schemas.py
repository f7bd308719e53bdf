"""Examples obey their schemas, and what does not obey is found."""

from __future__ import annotations

from typing import Any

import pytest

from livemon.sim.servers.schemas import CANNED, NoExample, example, from_gemini, violations

SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "string"}, CANNED),
    ({"type": "string", "maxLength": 6}, "canned"),
    ({"type": "string", "enum": ["b", "a"]}, "b"),
    ({"type": "string", "pattern": r"^\d\d:\d\d$"}, "00:00"),
    ({"type": "string", "format": "date-time"}, "2000-01-01T00:00:00Z"),
    ({"type": "integer", "minimum": 3}, 3),
    ({"type": "integer", "maximum": -2}, -2),
    ({"type": "number", "exclusiveMinimum": 0}, 0.5),
    ({"type": "boolean"}, False),
    ({"type": "null"}, None),
    ({"const": "x"}, "x"),
    ({"type": ["null", "integer"]}, 0),
    ({"type": "array", "items": {"type": "integer"}}, []),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
    ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}]}, [0, False]),
    ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 0),
    (
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["b"]},
        {"b": 0},
    ),
    ({"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 0}),
    ({"$defs": {"n": {"type": "integer"}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/n"}}}, {"a": 0}),
]


@pytest.mark.parametrize(("schema", "expected"), SCHEMAS)
def test_an_example_is_small_and_obeys(schema: dict[str, Any], expected: Any) -> None:
    assert example(schema) == expected
    assert violations(expected, schema) == []


def test_a_text_of_unknown_shape_is_not_made_up() -> None:
    with pytest.raises(NoExample, match="^no canned text"):
        example({"type": "string", "pattern": "^xyz$"})


@pytest.mark.parametrize(
    ("value", "schema", "where"),
    [
        (1, {"type": "string"}, "$ is not of the type string"),
        (True, {"type": "integer"}, "$ is not of the type integer"),
        ("c", {"enum": ["a"]}, "$ is 'c', not one of ['a']"),
        ([1, 2], {"type": "array", "maxItems": 1}, "$ breaks maxItems"),
        (5, {"maximum": 4}, "$ breaks maximum"),
        (0, {"exclusiveMinimum": 0}, "$ breaks exclusiveMinimum"),
        ({}, {"required": ["a"]}, "$.a is missing"),
        ({"b": 1}, {"properties": {"a": {}}}, "$.b is not in the schema"),
        ({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}}, "$.a[1] is not of the type integer"),
        ("x", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "$ is none of the anyOf"),
    ],
)
def test_a_violation_names_its_place(value: Any, schema: dict[str, Any], where: str) -> None:
    assert violations(value, schema) == [where]


def test_geminis_dialect_keeps_its_order_and_its_nulls() -> None:
    schema = {
        "type": "OBJECT",
        "properties": {"a": {"type": "STRING"}, "b": {"type": "INTEGER", "nullable": True}},
        "required": ["a", "b"],
        "propertyOrdering": ["b", "a"],
    }
    made = from_gemini(schema)
    assert list(example(made)) == ["b", "a"]
    assert violations({"a": "x", "b": None}, made) == []
    assert violations({"a": None, "b": 1}, made) == ["$.a is not of the type string"]
