"""Schemas of answers from which something is left out: fields that nobody asked for, or nulls."""

from collections.abc import Callable

from plugwright.json_types import is_array, is_object
from plugwright.operations.schemas import Schema, resolve

_MAPS = ("properties", "$defs")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties")


def parts_of(schema: Schema) -> Schema:
    """The schema of any selection from an answer: nothing in it is required."""

    def loosened(part: Schema) -> Schema:
        part = {key: value for key, value in part.items() if key not in {"required", "discriminator"}}
        if "oneOf" in part:
            # Without what tells them apart, several members of a union may fit.
            part["anyOf"] = part.pop("oneOf")
        return part

    return _changed(schema, loosened)


def without_nulls(schema: Schema) -> Schema:
    """The schema of an answer whose fields are left out when they are null: those that can be are not required."""

    def loosened(part: Schema) -> Schema:
        if "required" not in part or "properties" not in part:
            return part
        kept = [name for name in part["required"] if not _may_be_null(part["properties"].get(name, {}), schema)]
        rest = {key: value for key, value in part.items() if key != "required"}
        return {**rest, "required": kept} if kept else rest

    return _changed(schema, loosened)


def _changed(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """The schema with a change to itself and to every schema in it."""
    result = dict(schema)
    for key in _MAPS:
        if key in result:
            result[key] = {name: _changed(part, change) for name, part in result[key].items()}
    for key in _LISTS:
        if key in result:
            result[key] = [_changed(part, change) for part in result[key]]
    for key in _SINGLE:
        if is_object(result.get(key)):
            result[key] = _changed(result[key], change)
    return change(result)


def _may_be_null(schema: Schema, root: Schema) -> bool:
    schema = resolve(schema, root)
    if "const" in schema or "enum" in schema:
        return None in schema.get("enum", [schema.get("const")])
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return any(_may_be_null(part, root) for part in schema[keyword])
    kind = schema.get("type", "null")  # a schema that names no type admits every one
    return "null" in kind if is_array(kind) else kind == "null"
