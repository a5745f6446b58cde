"""JSON Schema 2020-12 as OpenAPI 3.0 writes it: by table, and never narrower than what it was."""

from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator, OAS31Validator
from pydantic import TypeAdapter

from plugwright.protocols.openapi.dialect import schema_30
from tests.openapi.everything import BODY_TYPES

M = {"$ref": "#/components/schemas/M"}


NULL = {"nullable": True, "enum": [None]}
NULLABLE: list[Any] = [
    # `nullable` counts only beside `type`, so a reference or a union needs a part of its own for null.
    ({"anyOf": [M, {"type": "null"}]}, {"anyOf": [M, NULL]}),
    (
        {"oneOf": [{"type": "string"}, M, {"type": "null"}], "title": "t"},
        {"oneOf": [{"type": "string"}, M, NULL], "title": "t"},
    ),
]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({}, {}),
        (True, {}),
        (False, {"not": {}}),
        ({"type": "string", "minLength": 1, "maxLength": 2, "pattern": "a", "format": "date"},) * 2,
        ({"const": "a", "type": "string"}, {"enum": ["a"], "type": "string"}),
        ({"const": 0}, {"enum": [0]}),
        ({"type": "integer", "exclusiveMinimum": 1}, {"type": "integer", "minimum": 1, "exclusiveMinimum": True}),
        ({"type": "number", "exclusiveMaximum": 2.5}, {"type": "number", "maximum": 2.5, "exclusiveMaximum": True}),
        ({"type": "integer", "minimum": 0, "maximum": 9, "multipleOf": 3},) * 2,
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
            {"type": "integer", "minimum": 1, "nullable": True},
        ),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "description": "d"},
            {"type": "integer", "nullable": True, "default": None, "description": "d"},
        ),
        ({"anyOf": [{"type": "string"}, M]},) * 2,
        *NULLABLE,
        (M, M),
        ({**M, "description": "d"}, {"allOf": [M], "description": "d"}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "array", "items": {"const": 1}, "uniqueItems": True},
            {"type": "array", "items": {"enum": [1]}, "uniqueItems": True},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, M], "minItems": 2, "maxItems": 2},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, M]}, "minItems": 2, "maxItems": 2},
        ),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "object", "additionalProperties": False},) * 2,
        (
            {
                "type": "object",
                "properties": {"a": {"const": 1}},
                "required": ["a"],
                "additionalProperties": {"const": 2},
            },
            {
                "type": "object",
                "properties": {"a": {"enum": [1]}},
                "required": ["a"],
                "additionalProperties": {"enum": [2]},
            },
        ),
        ({"type": "object", "patternProperties": {"^x": {}}, "propertyNames": {"pattern": "x"}}, {"type": "object"}),
        ({"allOf": [{"const": 1}], "oneOf": [{"const": 2}]}, {"allOf": [{"enum": [1]}], "oneOf": [{"enum": [2]}]}),
        (
            {"type": "string", "$comment": "x", "contentMediaType": "a/b", "deprecated": True},
            {"type": "string", "deprecated": True},
        ),
        ({"type": "string", "x-note": {"const": 1}},) * 2,
        (
            {"type": "object", "properties": {"const": {"type": "string"}, "examples": {"type": "null"}}},
            {
                "type": "object",
                "properties": {"const": {"type": "string"}, "examples": {"nullable": True, "enum": [None]}},
            },
        ),
    ],
)
def test_each_keyword_has_its_form(new: Any, old: dict[str, Any]) -> None:
    assert schema_30(new) == old


def test_the_schema_it_was_made_from_stays_as_it_was() -> None:
    new = {"anyOf": [{"type": "integer", "exclusiveMinimum": 1}, {"type": "null"}], "examples": [2]}
    before = repr(new)
    schema_30(new)
    assert repr(new) == before


VALUES: list[Any] = [
    *(None, True, 0, 1, 2, 5, 9, 10, 1.5),
    *("", "a", "ab", "only", "red", "x-1"),
    *([], [1], [None], [1, 1], [1, "a"], [1, "a", {"x": 1}]),
    *({}, {"x": 1}, {"x": 0}, {"x": 11}, {"x-a": 1}, {"red": 1}, {"text": "a", "colours": ["red"]}),
    *({"kind": "cat"}, {"kind": "dog"}, {"kind": "eel"}),
    *({"value": None, "children": [{"children": []}]}, {"items": [1], "following": None}),
]


def refers(schema: Any) -> Any:
    """A schema whose references have the root of a component."""
    return TypeAdapter(schema).json_schema(ref_template="#/components/schemas/{model}")


@pytest.mark.parametrize("name", BODY_TYPES)
def test_what_fitted_before_fits_after(name: str) -> None:
    new = refers(BODY_TYPES[name] or type(None))
    definitions = new.pop("$defs", {})
    old = schema_30(new) | {"components": {"schemas": {key: schema_30(value) for key, value in definitions.items()}}}
    new["components"] = {"schemas": definitions}

    fitting = [value for value in VALUES if OAS31Validator(new).is_valid(value)]
    assert [value for value in fitting if not OAS30Validator(old).is_valid(value)] == []
