"""JSON Schema 2020-12 from pydantic types, without what a model does not need to read."""

from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from plugwright.json_types import is_array, is_object
from plugwright.operations.untrusted import describe_untrusted

Schema = dict[str, Any]
_KINDS: dict[type[Any], str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
}


class _PlainSchema(GenerateJsonSchema):
    """No titles made from names: they cost tokens and say nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 the base class calls it with the schema
        return False


def json_schema(adapter: TypeAdapter[Any], mode: Literal["validation", "serialization"]) -> Schema:
    """The schema of a type, local ``$defs`` included."""
    schema = adapter.json_schema(mode=mode, schema_generator=_PlainSchema, ref_template="#/$defs/{model}")
    schema.pop("title", None)
    for name, definition in schema.get("$defs", {}).items():
        if definition.get("title") == name:
            del definition["title"]
    describe_untrusted(schema)
    return schema


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema behind a local ``$ref``, or the schema itself."""
    while "$ref" in schema:
        target = schema["$ref"]
        if not target.startswith("#/$defs/"):
            return schema
        schema = root["$defs"][target.removeprefix("#/$defs/")]
    return schema


def wire_kinds(schema: Schema, root: Schema) -> frozenset[str]:
    """The JSON types that a value of this schema can have: ``string``, ``integer``, …, all through unions."""
    schema = resolve(schema, root)
    if "const" in schema:
        return frozenset({_kind_of(schema["const"])})
    if "enum" in schema:
        return frozenset(_kind_of(value) for value in schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return frozenset[str]().union(*(wire_kinds(part, root) for part in schema[keyword]))
    kind = schema.get("type")
    if is_array(kind):
        return frozenset(str(name) for name in kind)
    return frozenset({kind}) if kind else frozenset({"object"})


def item_schemas(schema: Schema, root: Schema) -> list[Schema]:
    """The schemas of an array's items, all through unions; empty when there is no array with typed items."""
    schema = resolve(schema, root)
    found = [schema["items"]] if is_object(schema.get("items")) else []
    for keyword in ("anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            found += item_schemas(part, root)
    return found


def _kind_of(value: object) -> str:
    return _KINDS.get(type(value), "object")
