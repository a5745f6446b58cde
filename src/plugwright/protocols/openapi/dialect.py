"""JSON Schema 2020-12 as the schema dialect of OpenAPI 3.0 (its "Schema Object").

What 3.0 cannot say is widened, never narrowed: a document may admit more than the server, which still refuses it.
"""

from typing import Any

from plugwright.json_types import is_array

_KEPT = frozenset({
    "title", "description", "default", "format", "pattern", "minLength", "maxLength", "multipleOf", "minItems",
    "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "enum", "readOnly", "writeOnly",
    "deprecated", "discriminator", "example",
})  # fmt: skip
_NULL = {"nullable": True, "enum": [None]}
_CHILDREN = ("allOf", "anyOf", "oneOf")


def schema_30(schema: Any) -> dict[str, Any]:
    """One schema in the 3.0 dialect; references point where they pointed before."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if "$ref" in schema:
        reference = {"$ref": schema["$ref"]}
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        # 3.0 ignores whatever stands beside a reference.
        return {"allOf": [reference]} | schema_30(rest) if rest else reference
    result = {key: value for key, value in schema.items() if key in _KEPT or key.startswith("x-")}
    if "const" in schema:
        result["enum"] = [schema["const"]]
    if schema.get("examples"):
        result["example"] = schema["examples"][0]
    result |= _bounds(schema)
    result |= _children(schema)
    return _with_type(result, schema)


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for keyword, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if keyword in schema:
            found[keyword] = schema[keyword]
        if exclusive in schema:
            found |= {keyword: schema[exclusive], exclusive: True}
    return found


def _children(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "properties" in schema:
        found["properties"] = {name: schema_30(value) for name, value in schema["properties"].items()}
    if "additionalProperties" in schema:
        extra = schema["additionalProperties"]
        found["additionalProperties"] = extra if isinstance(extra, bool) else schema_30(extra)
    if "prefixItems" in schema:
        places = [schema_30(item) for item in schema["prefixItems"]]
        found["items"] = {"anyOf": places} if places else {}
    elif "items" in schema:
        found["items"] = schema_30(schema["items"])
    elif schema.get("type") == "array":
        found["items"] = {}
    if "not" in schema:
        found["not"] = schema_30(schema["not"])
    for keyword in _CHILDREN:
        if keyword in schema:
            found[keyword] = [schema_30(part) for part in schema[keyword]]
    return found


def _with_type(result: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if is_array(kind):
        kinds = [name for name in kind if name != "null"]
        if len(kinds) == 1:
            result["type"] = kinds[0]
        elif kinds:
            result["anyOf"] = [{"type": name} for name in kinds]
        if "null" in kind:
            result["nullable"] = True
    elif kind == "null":
        result |= _NULL
    elif kind is not None:
        result["type"] = kind
    return _without_null(result, schema)


def _without_null(result: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A union with null: as ``nullable`` where one plain schema is left, which alone 3.0 reads that way."""
    for keyword in ("anyOf", "oneOf"):
        parts = schema.get(keyword)
        if not parts or {"type": "null"} not in parts:
            continue
        kept = [schema_30(part) for part in parts if part != {"type": "null"}]
        if len(kept) == 1 and "type" in kept[0]:
            del result[keyword]
            result = kept[0] | result | {"nullable": True}
            if "enum" in result and None not in result["enum"]:
                result["enum"] = [*result["enum"], None]
        else:
            result[keyword] = [*kept, _NULL]
    return result
