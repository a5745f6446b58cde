"""The OpenAPI description of all operations, built once at start-up."""

from collections.abc import Iterable, Mapping
from typing import Any

from plugwright.auth.kinds import Auth
from plugwright.json_types import is_array, is_object
from plugwright.operations.error_schema import ERROR_SCHEMA
from plugwright.operations.identity import Identity
from plugwright.operations.operation import Operation
from plugwright.operations.schemas import Schema, wire_kinds
from plugwright.protocols.openapi.dialect import schema_30
from plugwright.protocols.openapi.security import refusals, security_of, security_schemes

_FAILURES = {
    "400": "The input does not fit.",
    "404": "What was asked for does not exist.",
    "500": "The plugin failed unexpectedly.",
    "503": "The plugin, or a service it needs, cannot answer now.",
    "504": "The operation took too long.",
}
_KEYED = {
    "409": "A call with the same Idempotency-Key is running, or nobody knows how it ended.",
    "422": "The Idempotency-Key was used for another input.",
}
_LIMITED = {
    "description": "The caller called too often.",
    "headers": {
        "Retry-After": {"description": "Seconds until the next call is let through.", "schema": {"type": "integer"}}
    },
}
_QUEUED = {
    "description": "Queued: ask for the job.",
    "headers": {
        "Location": {"description": "Where to ask for the job.", "schema": {"type": "string"}},
        "Retry-After": {"description": "Seconds after which to ask.", "schema": {"type": "integer"}},
    },
}
_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name for this call, such as a UUID. A repeat with the same key gets the same answer again.",
}
_KEY = "^[A-Za-z0-9._~:/+=@-]{%d,255}$"
_FEWEST = {True: 20, False: 1}  # characters, by whether anybody may call
_BLOCKS: Schema = {"type": "array", "items": {"type": "object"}, "description": "Content blocks of MCP."}
_DESCRIPTION_LIMIT = 300  # of an operation's description, for GPT Actions


def openapi(identity: Identity, operations: Iterable[Operation], public_url: str, auth: Auth = None) -> dict[str, Any]:
    """The OpenAPI 3.1.0 document as data."""
    components: dict[str, Schema] = {"Error": ERROR_SCHEMA}
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, None] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, components)
        tags |= dict.fromkeys(operation.tags)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": identity.title,
            "version": identity.version,
            "summary": identity.summary,
            "description": identity.summary,
            "termsOfService": identity.legal_url,
            "contact": {"email": identity.contact_email},
        },
        "servers": [{"url": public_url}],
        "security": [],
        "paths": paths,
        "components": {"schemas": components},
    }
    if schemes := security_schemes(auth, public_url):
        document["components"]["securitySchemes"] = schemes
    if tags:
        document["tags"] = [{"name": tag} for tag in tags]
    return document


def openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """A 3.1.0 document of ours as OpenAPI 3.0.1."""
    info = {key: value for key, value in document["info"].items() if key != "summary"}
    schemas = {name: schema_30(schema) for name, schema in document["components"]["schemas"].items()}
    return {
        **document,
        "openapi": "3.0.1",
        "info": info,
        "paths": {
            path: {method: _operation_30(operation) for method, operation in item.items()}
            for path, item in document["paths"].items()
        },
        "components": {**document["components"], "schemas": schemas},
    }


def _operation(operation: Operation, components: dict[str, Schema]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "x-openai-isConsequential": operation.is_consequential,
    }
    if operation.description != operation.summary and len(operation.description) <= _DESCRIPTION_LIMIT:
        entry["description"] = operation.description
    if operation.tags:
        entry["tags"] = list(operation.tags)
    schema = _hoisted(operation.name, operation.input.schema, components)
    in_query = operation.takes_query
    parameters = [
        _parameter(operation, name, schema)
        for name in operation.input.properties
        if in_query or name in operation.path_parameters
    ]
    if operation.takes_key:
        pattern = _KEY % _FEWEST[operation.access.is_public]
        parameters.append({**_IDEMPOTENCY_KEY, "schema": {"type": "string", "pattern": pattern}})
    if parameters:
        entry["parameters"] = parameters
    if not in_query:
        entry["requestBody"] = _request_body(operation, schema)
    security = security_of(operation.access)
    if security is not None:
        entry["security"] = security
    entry["responses"] = _responses(operation, components)
    return entry


def _parameter(operation: Operation, name: str, root: Schema) -> dict[str, Any]:
    schema = dict(root["properties"][name])
    in_path = name in operation.path_parameters
    is_list = "array" in wire_kinds(operation.input.properties[name], operation.input.schema)
    entry: dict[str, Any] = {
        "name": name,
        "in": "path" if in_path else "query",
        "required": in_path or name in operation.input.required,
        "description": schema.pop("description", ""),
        "schema": _without_null(schema),
    }
    if is_list:
        # Names of fields are separated by commas.
        entry |= {"style": "form", "explode": not operation.is_choice(name)}
    example = next((sample[name] for sample in operation.examples if name in sample), None)
    if example is not None:
        entry["example"] = example
    return entry


def _without_null(schema: Schema) -> Schema:
    # A query string cannot carry null: leaving the parameter out is how it is said.
    parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if not parts or len(parts) == len(schema["anyOf"]):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf" and not (key == "default" and value is None)}
    return parts[0] | rest if len(parts) == 1 else {"anyOf": parts} | rest


def _request_body(operation: Operation, root: Schema) -> dict[str, Any]:
    properties = {
        name: schema for name, schema in root.get("properties", {}).items() if name not in operation.path_parameters
    }
    required = [name for name in operation.input.required if name not in operation.path_parameters]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    media: dict[str, Any] = {"schema": schema}
    if operation.examples:
        media["examples"] = {
            f"example{number}": {"value": dict(sample)} for number, sample in enumerate(operation.examples, 1)
        }
    return {"required": bool(required), "content": {"application/json": media}}


def _responses(operation: Operation, components: dict[str, Schema]) -> dict[str, Any]:
    if operation.output.is_nothing:
        good: dict[str, Any] = {"204": {"description": "Done."}}
    else:
        answer = _BLOCKS if operation.output.schema is None else operation.output.schema
        schema = _hoisted(operation.name, answer, components)
        content = {"application/json": {"schema": schema}}
        good = (
            {"202": {**_QUEUED, "content": content}}
            if operation.is_background
            else {"200": {"description": "The answer.", "content": content}}
        )
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    described = {status: {"description": text} for status, text in _FAILURES.items()} | refusals(operation.access)
    if operation.takes_key:
        described |= {status: {"description": text} for status, text in _KEYED.items()}
    if operation.limits is not None:
        described["429"] = _LIMITED
    failures = {status: {**described[status], "content": error} for status in sorted(described)}
    return good | failures | {"default": {"description": "Any other failure.", "content": error}}


def _hoisted(operation: str, schema: Schema, components: dict[str, Schema]) -> Schema:
    """The schema with its ``$defs`` moved to the components.

    A definition whose name means something else there gets another; so does whatever refers to it.
    """
    definitions: dict[str, Schema] = schema.get("$defs", {})
    names = {name: name for name in definitions}
    while True:
        moved = {name: _pointing(definition, names) for name, definition in definitions.items()}
        clashing = [name for name in names if components.get(names[name], moved[name]) != moved[name]]
        if not clashing:
            break
        names |= {name: _next_name(operation, name, names[name]) for name in clashing}
    components |= {names[name]: definition for name, definition in moved.items()}
    return _pointing({key: value for key, value in schema.items() if key != "$defs"}, names)


def _next_name(operation: str, name: str, tried: str) -> str:
    first = f"{operation}_{name}"
    if tried == name:
        return first
    number = int(tried.removeprefix(first).lstrip("_") or 1)
    return f"{first}_{number + 1}"


def _pointing(value: Any, names: Mapping[str, str]) -> Any:
    if is_array(value):
        return [_pointing(item, names) for item in value]
    if not is_object(value):
        return value
    pointed = {key: _pointing(item, names) for key, item in value.items()}
    if isinstance(value.get("$ref"), str):
        pointed["$ref"] = _target(value["$ref"], names)
    discriminator = value.get("discriminator")
    if is_object(discriminator) and is_object(discriminator.get("mapping")):
        mapping = {key: _target(str(item), names) for key, item in discriminator["mapping"].items()}
        pointed["discriminator"] = {**discriminator, "mapping": mapping}
    return pointed


def _target(reference: str, names: Mapping[str, str]) -> str:
    name = reference.removeprefix("#/$defs/")
    return f"#/components/schemas/{names[name]}" if name != reference else reference


def _operation_30(operation: dict[str, Any]) -> dict[str, Any]:
    converted = {key: value for key, value in operation.items() if key != "parameters"}
    # Who reads this version, such as GPT Actions, takes no headers.
    if sent := [parameter for parameter in operation.get("parameters", ()) if parameter["in"] != "header"]:
        converted["parameters"] = [{**parameter, "schema": schema_30(parameter["schema"])} for parameter in sent]
    if "requestBody" in operation:
        converted["requestBody"] = {
            **operation["requestBody"],
            "content": _content_30(operation["requestBody"]["content"]),
        }
    converted["responses"] = {
        status: {**response, "content": _content_30(response["content"])} if "content" in response else response
        for status, response in operation["responses"].items()
    }
    return converted


def _content_30(content: dict[str, Any]) -> dict[str, Any]:
    return {kind: {**media, "schema": schema_30(media["schema"])} for kind, media in content.items()}
